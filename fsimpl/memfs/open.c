/*
 * open.c - open(2): existing files, O_CREAT, O_TMPFILE.
 *
 * Without O_CREAT the tree walks to the end and one permission check decides.
 * With it the walk ends at the parent: under its lock the name is looked up, and
 * made if it is missing; an existing one is stepped onto without the lock, which
 * may lead across a mount or through a symlink to yet another parent.
 *
 * Locks: the parent's inode lock while a file is made. The open file exists
 * before its name does, so nothing fails after the name is visible.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "memfs.h"

static int64_t dir_lseek(const struct vfs_ctx *ctx, struct vfs_file *file, int64_t pos, int64_t offset,
                         int whence)
{
        if (whence == VFS_SEEK_CUR) {
                if (__builtin_add_overflow(pos, offset, &offset))
                        return -EOVERFLOW;
        } else if (whence != VFS_SEEK_SET) {
                return -EINVAL;
        }
        return offset < 0 ? -EINVAL : offset;
}

static const struct vfs_file_ops memfs_dir_ops = {
        .size = sizeof(struct vfs_file_ops),
        .iterate = vfs_tree_iterate,
        .lseek = dir_lseek,
};

/* Empties a file that was opened with O_TRUNC. */
static int truncate_open(const struct vfs_ctx *ctx, struct vfs_dentry *d)
{
        const struct vfs_setattr set = { .valid = VFS_SET_SIZE | VFS_SET_OPEN };

        return d->fs->dops->setattr(ctx, d, &set);
}

/* Opens what path names, whose references it takes over when it succeeds. */
static int open_existing(const struct vfs_ctx *ctx, struct vfs_path *path, uint32_t flags,
                         struct vfs_file **ret_file)
{
        struct vfs_dentry *d = path->dentry;
        struct vfs_attr attr;
        struct vfs_file *file;
        int r, trunc;

        vfs_inode_read_attr(d->inode, &attr);
        if ((flags & VFS_O_DIRECTORY) && (attr.mode & VFS_S_IFMT) != VFS_S_IFDIR)
                return -ENOTDIR;
        trunc = (flags & VFS_O_TRUNC) && (attr.mode & VFS_S_IFMT) == VFS_S_IFREG;
        if (trunc) {
                r = vfs_mount_begin_write(path->mount);
                if (r < 0)
                        return r;
        }
        r = vfs_may_open(ctx, path->mount, &attr, flags);
        if (r < 0)
                goto out;
        switch (attr.mode & VFS_S_IFMT) {
        case VFS_S_IFREG:
                r = vfs_file_new_move(ctx, path, &memfs_file_ops, flags, sizeof(*file), &file);
                break;
        case VFS_S_IFDIR:
                r = vfs_file_new_move(ctx, path, &memfs_dir_ops, flags, sizeof(*file), &file);
                break;
        default:
                r = vfs_special_open(ctx, path, flags, &file);
                if (r == 0)
                        vfs_path_put(path);
                break;
        }
        if (r < 0)
                goto out;
        if (trunc) {
                r = truncate_open(ctx, d);
                if (r < 0) {
                        vfs_mount_end_write(file->path.mount);
                        vfs_file_put(file);
                        return r;
                }
                vfs_mount_end_write(file->path.mount);
        }
        *ret_file = file;
        return 0;
out:
        if (trunc)
                vfs_mount_end_write(path->mount);
        return r;
}

/* A new file's open file, for a node that is not yet visible. */
static int open_new(const struct vfs_ctx *ctx, struct vfs_mount *mount, struct memfs_node *node,
                    uint32_t flags, struct vfs_file **ret_file)
{
        const struct vfs_path path = { .mount = mount, .dentry = &node->d };

        return vfs_file_new(ctx, &path, &memfs_file_ops, flags, sizeof(struct vfs_file), ret_file);
}

/* parent.lock held, the name is free: makes and opens it. write: what vfs_mount_begin_write said. */
static int create_open(struct memfs *fs, struct vfs_rp *rp, struct vfs_dentry *parent, const char *name,
                       size_t len, uint32_t flags, uint32_t mode, int write, struct vfs_file **ret_file)
{
        const struct vfs_ctx *ctx = vfs_rp_ctx(rp);
        struct memfs_new new = { .mode = VFS_S_IFREG | (mode & 07777), .nlink = 1 };
        struct memfs_node *node;
        int r;

        if (write < 0)
                return write;
        r = vfs_may_create(ctx->cred, &fs->base, &parent->inode->attr);
        if (r < 0)
                return r;
        r = vfs_tree_reserve(parent, fs->base.arena);
        if (r < 0)
                return r;
        vfs_new_owner(ctx, &parent->inode->attr, &new.mode, &new.uid, &new.gid);
        vfs_now(fs->base.vfs, &new.now);
        r = memfs_node_new(fs, &new, name, len, &node);
        if (r < 0)
                return r;
        r = open_new(ctx, vfs_rp_mount(rp), node, flags, ret_file);
        if (r < 0) {
                vfs_dentry_put(&node->d);
                return r;
        }
        vfs_tree_attach(parent, &node->d);
        memfs_dir_changed(parent->inode, 1, 0, &new.now);
        return 0;
}

/*
 * The end of a walk with O_CREAT: child exists. dir is the attributes of the
 * directory that its name, or its mount point, is in; NULL when it has neither.
 */
static int open_found(struct vfs_rp *rp, const struct vfs_attr *dir, struct vfs_dentry *child, uint32_t flags,
                      struct vfs_file **ret_file)
{
        const struct vfs_ctx *ctx = vfs_rp_ctx(rp);
        struct vfs_path path;
        struct vfs_attr attr;
        int r;

        if (flags & VFS_O_EXCL)
                return -EEXIST;
        vfs_inode_read_attr(child->inode, &attr);
        if ((attr.mode & VFS_S_IFMT) == VFS_S_IFDIR)
                return -EISDIR;
        r = dir ? vfs_may_create_in_sticky(ctx, dir, &attr) : 0;
        if (r < 0)
                return r;
        path = (struct vfs_path){ .mount = vfs_rp_mount(rp), .dentry = child };
        vfs_path_get(&path);
        r = open_existing(ctx, &path, flags, ret_file);
        if (r < 0)
                vfs_path_put(&path);
        return r;
}

/* One round of an open with O_CREAT; VFS_RP_AGAIN: a symlink was pushed. */
static int open_create(struct memfs *fs, struct vfs_rp *rp, uint32_t flags, uint32_t mode,
                       struct vfs_file **ret_file)
{
        struct vfs_dentry *parent, *child;
        struct vfs_mount *mount;
        enum vfs_last_type last;
        struct vfs_attr dir;
        const char *name;
        int r, slash, write;
        size_t len;

        r = vfs_tree_walk_parent(rp, &parent, &last, &slash);
        if (r != 0)
                return r;
        if (last != VFS_LAST_NAME)
                return open_found(rp, vfs_rp_last_dir(rp), parent, flags, ret_file);
        if (slash)
                return -EISDIR;
        name = vfs_rp_name(rp, &len);
        mount = vfs_rp_mount(rp);
        write = vfs_mount_begin_write(mount);
        vfs_mutex_lock(&parent->inode->lock, VFS_LOCK_DIR);
        r = -ENOENT;
        child = NULL;
        if (memfs_dentry_dead(parent))
                goto unlock;
        r = -ENAMETOOLONG;
        if (len > VFS_NAME_MAX)
                goto unlock;
        child = vfs_tree_child(parent, name, len);
        if (!child) {
                r = create_open(fs, rp, parent, name, len, flags, mode, write, ret_file);
        } else {
                vfs_dentry_get(child);
                dir = parent->inode->attr;
        }
unlock:
        vfs_mutex_unlock(&parent->inode->lock, VFS_LOCK_DIR);
        if (write == 0)
                vfs_mount_end_write(mount);
        if (child) {
                r = vfs_tree_step(rp, child);
                if (r == 0)
                        r = open_found(rp, &dir, child, flags, ret_file);
                vfs_dentry_put(child);
        }
        return r;
}

/* A file without a name, that was never one of dir's. flags: of its inode (seals, MEMFS_I_LINKABLE). */
static int open_nameless(const struct vfs_ctx *ctx, const struct vfs_path *dir, struct memfs_new *new,
                         const char *name, size_t len, uint32_t inode_flags, uint32_t flags,
                         struct vfs_file **ret_file)
{
        struct memfs *fs = memfs_of(dir->dentry->fs);
        struct memfs_node *node;
        int r;

        vfs_now(fs->base.vfs, &new->now);
        r = memfs_node_new(fs, new, name, len, &node);
        if (r < 0)
                return r;
        node->i.base.flags = inode_flags;
        memfs_inode_set_removed(fs, &node->i.base, 1);
        vfs_tree_orphan(dir->dentry, &node->d);
        r = open_new(ctx, dir->mount, node, flags, ret_file);
        vfs_dentry_put(&node->d);
        return r;
}

int memfs_open_sealable(const struct vfs_ctx *ctx, const struct vfs_path *dir, const char *name,
                        uint32_t mode, uint32_t seals, struct vfs_file **ret_file)
{
        struct memfs_new new = {
                .mode = VFS_S_IFREG | (mode & 0777),
                .uid = vfs_cred_uid(ctx->cred),
                .gid = vfs_cred_gid(ctx->cred),
        };

        return open_nameless(ctx, dir, &new, name, strlen(name), seals, VFS_O_RDWR, ret_file);
}

/* In the directory that rp leads to. */
static int open_tmpfile(struct memfs *fs, struct vfs_rp *rp, uint32_t flags, uint32_t mode,
                        struct vfs_file **ret_file)
{
        const uint32_t linkable = flags & VFS_O_EXCL ? 0 : MEMFS_I_LINKABLE;
        const struct vfs_ctx *ctx = vfs_rp_ctx(rp);
        struct memfs_new new = { .mode = VFS_S_IFREG | (mode & 07777) };
        struct vfs_path path;
        struct vfs_attr dir;
        char name[24];
        int r, len;

        r = vfs_tree_lookup_at(&fs->base, rp, &path);
        if (r != 0)
                return r;
        r = vfs_mount_begin_write(path.mount);
        if (r < 0)
                goto out_path;
        vfs_inode_read_attr(path.dentry->inode, &dir);
        r = -ENOTDIR;
        if ((dir.mode & VFS_S_IFMT) != VFS_S_IFDIR)
                goto out_write;
        r = vfs_may_create(ctx->cred, &fs->base, &dir);
        if (r < 0)
                goto out_write;
        vfs_new_owner(ctx, &dir, &new.mode, &new.uid, &new.gid);
        /*
         * As Linux shows it: "#" and the inode's number. DIFF-LINUX: when others create
         * files at the same moment, the number may be one of theirs.
         */
        len = snprintf(name, sizeof(name), "#%llu",
                       (unsigned long long)__atomic_load_n(&fs->next_ino, __ATOMIC_RELAXED) + 1);
        r = open_nameless(ctx, &path, &new, name, (size_t)len, VFS_F_SEAL_SEAL | linkable, flags, ret_file);
        if (r == 0 && !linkable)
                (*ret_file)->mode |= VFS_FILE_NONAME;
out_write:
        vfs_mount_end_write(path.mount);
out_path:
        vfs_path_put(&path);
        return r;
}

int memfs_open_at(struct vfs_filesystem *base, struct vfs_rp *rp, uint32_t flags, uint32_t mode,
                  struct vfs_file **ret_file)
{
        struct memfs *fs = memfs_of(base);
        struct vfs_path path;
        int r;

        if ((flags & VFS_O_TMPFILE) == VFS_O_TMPFILE)
                return open_tmpfile(fs, rp, flags, mode, ret_file);
        if (flags & VFS_O_CREAT) {
                do
                        r = open_create(fs, rp, flags, mode, ret_file);
                while (r == VFS_RP_AGAIN);
                return r;
        }
        r = vfs_tree_lookup_at(base, rp, &path);
        if (r != 0)
                return r;
        r = open_existing(vfs_rp_ctx(rp), &path, flags, ret_file);
        if (r < 0)
                vfs_path_put(&path);
        return r;
}
