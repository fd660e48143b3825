/*
 * open.c - open(2): existing files, O_CREAT, O_TMPFILE.
 *
 * The steps are memfs's; what is different is the host's descriptor. Of an
 * existing file it is opened through the O_PATH descriptor, once it is known to be
 * a regular file or a directory: FIFOs, sockets and device nodes of the host are never
 * opened. A FIFO is the instance's own, between those who open it through here, and a
 * device is the instance's of that number (vfs_special_open). A new file's is what
 * made it.
 *
 * The O_PATH descriptor stays pinned as long as the file is open, so that what is done
 * to an open file does not depend on its name.
 *
 * DIFF-LINUX: O_DIRECT and O_ASYNC are shown by F_GETFL, and not asked of the host.
 *
 * Locks: the parent's inode lock while a file is made.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

/* With which access the host's file is opened. 3 is neither; such a file serves nothing here. */
static int host_access(uint32_t flags)
{
        switch (flags & VFS_O_ACCMODE) {
        case VFS_O_WRONLY:
                return O_WRONLY;
        case VFS_O_RDWR:
                return O_RDWR;
        default:
                return O_RDONLY;
        }
}

/* A descriptor for d, which is pinned with it. The host's access times are those of what is opened so. */
static int open_io(struct vfs_dentry *d, const struct vfs_mount *mount, uint32_t flags, int *ret_fd)
{
        struct host *fs = host_of(d->fs);
        int how = host_is_dir(d->inode) ? O_RDONLY | O_DIRECTORY : host_access(flags) | O_NONBLOCK;
        int path_fd, r;

        r = host_pin(d, &path_fd);
        if (r < 0)
                return r;
        r = -EPERM;
        if ((flags & VFS_O_NOATIME) || vfs_mount_keeps_atime(mount, d->inode))
                r = host_reopen(fs, path_fd, how | O_NOATIME, 0);
        /* The guest may, by its own rules; that the process may not only shows in a time. */
        if (r == -EPERM)
                r = host_reopen(fs, path_fd, how, 0);
        if (r < 0) {
                host_unpin(d);
                return r;
        }
        *ret_fd = r;
        return 0;
}

static void close_io(struct vfs_dentry *d, int fd)
{
        close(fd);
        host_unpin(d);
}

/* Empties a file that was opened with O_TRUNC. */
static int truncate_open(const struct vfs_ctx *ctx, struct vfs_dentry *d)
{
        const struct vfs_setattr set = { .valid = VFS_SET_SIZE | VFS_SET_OPEN };

        return host_setattr(ctx, d, &set);
}

/* Makes the open file of a regular file or a directory; takes over path's references when it succeeds. */
static int open_host(const struct vfs_ctx *ctx, struct vfs_path *path, uint32_t flags,
                     struct vfs_file **ret_file)
{
        struct vfs_dentry *d = path->dentry;
        const struct vfs_file_ops *ops = host_is_dir(d->inode) ? &host_dir_ops : &host_file_ops;
        int fd, r;

        r = open_io(d, path->mount, flags, &fd);
        if (r < 0)
                return r;
        r = vfs_file_new_move(ctx, path, ops, flags, sizeof(struct host_file), ret_file);
        if (r < 0) {
                close_io(d, fd);
                return r;
        }
        host_file_of(*ret_file)->fd = fd;
        host_node_used(host_of(d->fs), d);
        return 0;
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
        case VFS_S_IFDIR:
                r = open_host(ctx, path, flags, &file);
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
                vfs_mount_end_write(file->path.mount);
                if (r < 0) {
                        vfs_file_put(file);
                        /* Its references went with the file. */
                        return r;
                }
        }
        *ret_file = file;
        return 0;
out:
        if (trunc)
                vfs_mount_end_write(path->mount);
        return r;
}

/* Makes the open file of a node that is not visible yet; takes over fd, of the file itself, if it succeeds. */
static int open_new(const struct vfs_ctx *ctx, struct vfs_mount *mount, struct host_node *node, int fd,
                    uint32_t flags, uint32_t state, struct vfs_file **ret_file)
{
        const struct vfs_path path = { .mount = mount, .dentry = &node->d };
        struct host *fs = host_of(node->d.fs);
        int path_fd, r;

        path_fd = host_reopen(fs, fd, O_PATH, 0);
        if (path_fd < 0)
                return path_fd;
        host_give_pinned(fs, host_inode_of(&node->d), path_fd, state);
        r = vfs_file_new(ctx, &path, &host_file_ops, flags, sizeof(struct host_file), ret_file);
        if (r < 0) {
                host_unpin(&node->d);
                return r;
        }
        host_file_of(*ret_file)->fd = fd;
        return 0;
}

/* The host's file is made, and fd open: the rest. */
static int attach_open(struct vfs_rp *rp, struct vfs_dentry *parent, int dirfd, int fd, const char *name,
                       size_t len, const struct host_new *new, uint32_t flags, struct host_drops *drops,
                       struct vfs_file **ret_file)
{
        struct host *fs = host_of(parent->fs);
        struct host_node *node;
        struct statx st;
        int r;

        r = host_statx(fd, NULL, &st);
        if (r == 0)
                r = host_set_owner(fs, fd, new, &st);
        if (r == 0)
                r = host_node_new(fs, &st, NULL, name, len, &node);
        if (r < 0)
                return r;
        r = open_new(vfs_rp_ctx(rp), vfs_rp_mount(rp), node, fd, flags, 0, ret_file);
        if (r < 0) {
                vfs_dentry_put(&node->d);
                return r;
        }
        host_forget_negative(parent, name, len, drops);
        vfs_tree_attach(parent, &node->d);
        host_dir_changed(parent, dirfd);
        return 0;
}

/* parent.lock held, the name is free: makes and opens it. write: what vfs_mount_begin_write said. */
static int create_open(struct vfs_rp *rp, struct vfs_dentry *parent, const char *name, size_t len,
                       uint32_t flags, uint32_t mode, int write, struct host_drops *drops,
                       struct vfs_file **ret_file)
{
        const struct vfs_ctx *ctx = vfs_rp_ctx(rp);
        struct host *fs = host_of(parent->fs);
        struct host_new new = { .mode = VFS_S_IFREG | (mode & 07777) };
        struct host_name host_name;
        int dirfd, fd, r;

        if (write < 0)
                return write;
        r = host_may_create(ctx->cred, parent);
        if (r < 0)
                return r;
        r = vfs_tree_reserve(parent, fs->base.arena);
        if (r < 0)
                return r;
        vfs_new_owner(ctx, &parent->inode->attr, &new.mode, &new.uid, &new.gid);
        r = host_pin(parent, &dirfd);
        if (r < 0)
                return r;
        host_name_set(&host_name, name, len);
        do
                fd = openat(dirfd, host_name.s,
                            host_access(flags) | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
                            host_first_mode(fs, &new));
        while (fd < 0 && host_make_room(fs, errno));
        r = fd < 0 ? -errno : 0;
        if (r == 0) {
                r = attach_open(rp, parent, dirfd, fd, name, len, &new, flags, drops, ret_file);
                if (r < 0) {
                        unlinkat(dirfd, host_name.s, 0);
                        close(fd);
                }
        }
        host_unpin(parent);
        return r;
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

/* parent.lock held: the child, referenced, or a new file. */
static int find_or_create(struct vfs_rp *rp, struct vfs_dentry *parent, const char *name, size_t len,
                          uint32_t flags, uint32_t mode, int write, struct host_drops *drops,
                          struct vfs_dentry **ret_child, struct vfs_file **ret_file)
{
        int r = -ENOENT;

        *ret_child = NULL;
        if (host_is_dead(parent))
                return -ENOENT;
        if (len > VFS_NAME_MAX)
                return -ENAMETOOLONG;
        if (host_word(parent) & VFS_D_REVALIDATE)
                r = host_refresh_locked(parent);
        if (r < 0 && r != -ENOENT)
                return r == -ESTALE ? -ENOENT : r;
        /* Others may make the name between the question and the answer. */
        for (int i = 0; i < 8; i++) {
                r = host_child(parent, name, len, drops, ret_child);
                if (r == 0) {
                        vfs_dentry_get(*ret_child);
                        return 0;
                }
                if (r != -ENOENT)
                        return r;
                r = create_open(rp, parent, name, len, flags, mode, write, drops, ret_file);
                if (r != -EEXIST || (flags & VFS_O_EXCL))
                        break;
                host_forget_negative(parent, name, len, drops);
        }
        return r;
}

/* One round of an open with O_CREAT; VFS_RP_AGAIN: a symlink was pushed. */
static int open_create(struct vfs_rp *rp, uint32_t flags, uint32_t mode, struct vfs_file **ret_file)
{
        struct host_drops drops = { NULL };
        struct vfs_dentry *parent, *child;
        struct vfs_filesystem *fs;
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
        fs = parent->fs;
        name = vfs_rp_name(rp, &len);
        mount = vfs_rp_mount(rp);
        write = vfs_mount_begin_write(mount);
        host_lock(parent->inode);
        r = find_or_create(rp, parent, name, len, flags, mode, write, &drops, &child, ret_file);
        dir = parent->inode->attr;
        host_unlock(parent->inode);
        if (write == 0)
                vfs_mount_end_write(mount);
        if (child) {
                r = vfs_tree_step(rp, child);
                if (r == 0)
                        r = open_found(rp, &dir, child, flags, ret_file);
                vfs_dentry_put(child);
        }
        host_drops_run(&drops);
        host_trim(fs);
        return r;
}

/* In dir, a host file without a name. */
static int tmpfile_in(const struct vfs_ctx *ctx, const struct vfs_path *dir, const struct host_new *new,
                      uint32_t flags, struct vfs_file **ret_file)
{
        struct host *fs = host_of(dir->dentry->fs);
        struct host_node *node = NULL;
        struct statx st;
        char name[24];
        int dirfd, fd, r;

        r = host_pin(dir->dentry, &dirfd);
        if (r < 0)
                return r;
        fd = host_reopen(fs, dirfd, O_TMPFILE | host_access(flags) | (flags & VFS_O_EXCL ? O_EXCL : 0),
                         host_first_mode(fs, new));
        host_unpin(dir->dentry);
        if (fd < 0)
                return fd;
        r = host_statx(fd, NULL, &st);
        if (r == 0)
                r = host_set_owner(fs, fd, new, &st);
        if (r < 0)
                goto fail;
        snprintf(name, sizeof(name), "#%llu", (unsigned long long)st.stx_ino);
        r = host_node_new(fs, &st, NULL, name, strlen(name), &node);
        if (r < 0)
                goto fail;
        vfs_tree_orphan(dir->dentry, &node->d);
        r = open_new(ctx, dir->mount, node, fd, flags, HOST_I_STICKY, ret_file);
        vfs_dentry_put(&node->d);
        if (r == 0)
                return 0;
fail:
        close(fd);
        return r;
}

static int open_tmpfile(struct vfs_filesystem *base, struct vfs_rp *rp, uint32_t flags, uint32_t mode,
                        struct vfs_file **ret_file)
{
        const struct vfs_ctx *ctx = vfs_rp_ctx(rp);
        struct host_new new = { .mode = VFS_S_IFREG | (mode & 07777) };
        struct vfs_path path;
        struct vfs_attr dir;
        int r;

        r = vfs_tree_lookup_at(base, rp, &path);
        if (r != 0)
                return r;
        r = vfs_mount_begin_write(path.mount);
        if (r < 0)
                goto out_path;
        vfs_inode_read_attr(path.dentry->inode, &dir);
        r = -ENOTDIR;
        if ((dir.mode & VFS_S_IFMT) != VFS_S_IFDIR)
                goto out_write;
        r = vfs_may_create(ctx->cred, base, &dir);
        if (r < 0)
                goto out_write;
        vfs_new_owner(ctx, &dir, &new.mode, &new.uid, &new.gid);
        r = tmpfile_in(ctx, &path, &new, flags, ret_file);
        if (r == 0 && (flags & VFS_O_EXCL))
                (*ret_file)->mode |= VFS_FILE_NONAME;
out_write:
        vfs_mount_end_write(path.mount);
out_path:
        vfs_path_put(&path);
        return r;
}

int host_open_at(struct vfs_filesystem *base, struct vfs_rp *rp, uint32_t flags, uint32_t mode,
                 struct vfs_file **ret_file)
{
        struct vfs_path path;
        int r;

        if ((flags & VFS_O_TMPFILE) == VFS_O_TMPFILE)
                return open_tmpfile(base, rp, flags, mode, ret_file);
        if (flags & VFS_O_CREAT) {
                do
                        r = open_create(rp, flags, mode, ret_file);
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
