/*
 * namei.c - making and removing names: mkdir, mknod, symlink, link, unlink, rmdir.
 *
 * Each is three steps: walk to the parent, check under the parent's lock, act.
 * The order of the checks is Linux's: making a name that exists is EEXIST even
 * on a read-only mount, while removing asks for the right to write first.
 *
 * Locks: the parent's inode lock, then the victim's or the linked inode's. What
 * was removed is put, and mounts on it are detached, after all locks.
 */
#include <errno.h>
#include <string.h>

#include "memfs.h"

void memfs_dir_changed(struct vfs_inode *dir, int entries, int dirs, const struct vfs_timespec *now)
{
        vfs_inode_write_begin(dir);
        memfs_set(dir->attr.size, dir->attr.size + (uint64_t)(int64_t)(entries * (int)MEMFS_ENTRY_SIZE));
        memfs_set(dir->attr.nlink, dir->attr.nlink + (uint32_t)dirs);
        memfs_set_time(&dir->attr.mtime, now);
        memfs_set_time(&dir->attr.ctime, now);
        vfs_inode_write_end(dir);
}

int memfs_may_create(const struct vfs_cred *cred, const struct vfs_dentry *dir)
{
        if (memfs_dentry_dead(dir))
                return -ENOENT;
        return vfs_may_create(cred, dir->fs, &dir->inode->attr);
}

int memfs_may_delete(const struct vfs_cred *cred, const struct vfs_dentry *dir,
                     const struct vfs_dentry *victim, unsigned int dir_wanted)
{
        int r;

        r = vfs_may(cred, &dir->inode->attr, VFS_W_OK | VFS_X_OK);
        if (r < 0)
                return r;
        r = vfs_may_delete_sticky(cred, &dir->inode->attr, &victim->inode->attr);
        if (r < 0)
                return r;
        if (dir_wanted)
                return memfs_is_dir(victim->inode) ? 0 : -ENOTDIR;
        return memfs_is_dir(victim->inode) ? -EISDIR : 0;
}

/*
 * The checks that every new name has in common; parent.lock held. write is what
 * vfs_mount_begin_write said.
 */
static int check_new_name(const struct vfs_ctx *ctx, struct vfs_dentry *parent, const char *name, size_t len,
                          int want_dir, int write)
{
        if (memfs_dentry_dead(parent))
                return -ENOENT;
        if (len > VFS_NAME_MAX)
                return -ENAMETOOLONG;
        if (vfs_tree_child(parent, name, len))
                return -EEXIST;
        if (!want_dir)
                return -ENOENT;
        return write;
}

static int is_whiteout(uint32_t mode, uint64_t dev)
{
        return (mode & VFS_S_IFMT) == VFS_S_IFCHR && dev == 0;
}

/* Makes a node of new->mode under the last name of rp. */
static int create(struct vfs_filesystem *base, struct vfs_rp *rp, struct memfs_new *new)
{
        const struct vfs_ctx *ctx = vfs_rp_ctx(rp);
        const uint32_t type = new->mode &VFS_S_IFMT;
        struct memfs *fs = memfs_of(base);
        struct vfs_dentry *parent;
        struct memfs_node *node;
        struct vfs_mount *mount;
        enum vfs_last_type last;
        const char *name;
        int r, slash, write;
        size_t len;

        r = vfs_tree_walk_parent(rp, &parent, &last, &slash);
        if (r != 0)
                return r;
        if (last != VFS_LAST_NAME)
                return -EEXIST;
        name = vfs_rp_name(rp, &len);
        mount = vfs_rp_mount(rp);
        write = vfs_mount_begin_write(mount);
        vfs_mutex_lock(&parent->inode->lock, VFS_LOCK_DIR);
        r = check_new_name(ctx, parent, name, len, !slash || type == VFS_S_IFDIR, write);
        if (r < 0)
                goto out;
        r = vfs_may_create(ctx->cred, base, &parent->inode->attr);
        if (r < 0)
                goto out;
        if ((type == VFS_S_IFCHR || type == VFS_S_IFBLK) && !is_whiteout(new->mode, new->rdev) &&
            !vfs_cred_capable(ctx->cred, VFS_CAP_MKNOD)) {
                r = -EPERM;
                goto out;
        }
        r = vfs_tree_reserve(parent, base->arena);
        if (r < 0)
                goto out;
        vfs_new_owner(ctx, &parent->inode->attr, &new->mode, &new->uid, &new->gid);
        if (type == VFS_S_IFLNK)
                new->mode = VFS_S_IFLNK | 0777;
        vfs_now(base->vfs, &new->now);
        r = memfs_node_new(fs, new, name, len, &node);
        if (r < 0)
                goto out;
        vfs_tree_attach(parent, &node->d);
        memfs_dir_changed(parent->inode, 1, type == VFS_S_IFDIR, &new->now);
out:
        vfs_mutex_unlock(&parent->inode->lock, VFS_LOCK_DIR);
        if (write == 0)
                vfs_mount_end_write(mount);
        return r;
}

int memfs_mkdir_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mode)
{
        struct memfs_new new = { .mode = VFS_S_IFDIR | (mode & (0777 | VFS_S_ISVTX)), .nlink = 2 };

        return create(fs, rp, &new);
}

int memfs_mknod_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mode, uint64_t dev)
{
        struct memfs_new new = { .mode = mode & (VFS_S_IFMT | 07777), .nlink = 1 };

        switch (mode & VFS_S_IFMT) {
        case 0:
                new.mode |= VFS_S_IFREG;
                break;
        case VFS_S_IFCHR:
        case VFS_S_IFBLK:
                new.rdev = dev;
                break;
        case VFS_S_IFREG:
        case VFS_S_IFIFO:
        case VFS_S_IFSOCK:
                break;
        case VFS_S_IFDIR:
                return -EPERM;
        default:
                return -EINVAL;
        }
        return create(fs, rp, &new);
}

int memfs_symlink_at(struct vfs_filesystem *fs, struct vfs_rp *rp, const char *target)
{
        struct memfs_new new = { .mode = VFS_S_IFLNK | 0777, .nlink = 1, .target = target };

        return create(fs, rp, &new);
}

/* inode.lock held: may it get another name? ENOENT: it has lost its last one. */
static int check_linkable(const struct vfs_inode *inode)
{
        return inode->attr.nlink == 0 && !(inode->flags & MEMFS_I_LINKABLE) ? -ENOENT : 0;
}

int memfs_link_at(struct vfs_filesystem *base, struct vfs_rp *rp, const struct vfs_path *old)
{
        const struct vfs_ctx *ctx = vfs_rp_ctx(rp);
        struct memfs *fs = memfs_of(base);
        struct vfs_dentry *parent, *link;
        struct vfs_inode *inode = old->dentry->inode;
        struct vfs_timespec now;
        struct vfs_mount *mount;
        enum vfs_last_type last;
        struct vfs_attr attr;
        const char *name;
        int r, slash, write;
        size_t len;

        r = vfs_tree_walk_parent(rp, &parent, &last, &slash);
        if (r != 0)
                return r;
        if (last != VFS_LAST_NAME)
                return -EEXIST;
        name = vfs_rp_name(rp, &len);
        mount = vfs_rp_mount(rp);
        write = vfs_mount_begin_write(mount);
        vfs_mutex_lock(&parent->inode->lock, VFS_LOCK_DIR);
        r = check_new_name(ctx, parent, name, len, !slash, write);
        if (r < 0)
                goto out;
        r = -EXDEV;
        if (old->mount != mount)
                goto out;
        vfs_inode_read_attr(inode, &attr);
        r = vfs_may_link(ctx, &attr);
        if (r < 0)
                goto out;
        r = vfs_may_create(ctx->cred, base, &parent->inode->attr);
        if (r < 0)
                goto out;
        r = -EPERM;
        if (memfs_is_dir(inode))
                goto out;
        r = vfs_tree_reserve(parent, base->arena);
        if (r < 0)
                goto out;
        vfs_mutex_lock(&inode->lock, VFS_LOCK_INODE);
        r = check_linkable(inode);
        if (r == 0)
                r = memfs_link_new(fs, (struct memfs_inode *)inode, inode->attr.nlink != 0, name, len, &link);
        if (r == 0) {
                vfs_now(base->vfs, &now);
                inode->flags &= ~MEMFS_I_LINKABLE;
                memfs_inode_set_removed(fs, inode, 0);
                memfs_inode_change_nlink(inode, 1, &now);
                vfs_tree_attach(parent, link);
                memfs_dir_changed(parent->inode, 1, 0, &now);
        }
        vfs_mutex_unlock(&inode->lock, VFS_LOCK_INODE);
out:
        vfs_mutex_unlock(&parent->inode->lock, VFS_LOCK_DIR);
        if (write == 0)
                vfs_mount_end_write(mount);
        return r;
}

/* victim.inode.lock and parent's held: takes the name away. */
static int remove_locked(const struct vfs_ctx *ctx, struct vfs_dentry *parent, struct vfs_dentry *victim,
                         unsigned int dir)
{
        struct vfs_inode *inode = victim->inode;
        struct vfs_timespec now;
        int r;

        r = memfs_may_delete(ctx->cred, parent, victim, dir);
        if (r < 0)
                return r;
        r = vfs_dentry_prepare_delete(ctx->mntns, victim);
        if (r < 0)
                return r;
        if (dir && vfs_tree_count(victim) != 0) {
                vfs_dentry_abort_delete(victim);
                return -ENOTEMPTY;
        }
        vfs_tree_detach(victim);
        vfs_dentry_commit_delete(victim);
        vfs_now(victim->fs->vfs, &now);
        if (!dir && inode->attr.nlink > 1)
                memfs_uncharge_space(memfs_of(victim->fs), MEMFS_INODE_SPACE);
        memfs_inode_change_nlink(inode, dir ? -2 : -1, &now);
        memfs_dir_changed(parent->inode, -1, dir ? -1 : 0, &now);
        return 0;
}

/* unlink and rmdir, behind what "." and its like mean to them. */
static int remove_name(struct vfs_rp *rp, struct vfs_dentry *parent, int slash, unsigned int dir)
{
        const struct vfs_ctx *ctx = vfs_rp_ctx(rp);
        struct vfs_mount *mount = vfs_rp_mount(rp);
        struct vfs_dentry *victim;
        const char *name;
        size_t len;
        int r;

        name = vfs_rp_name(rp, &len);
        r = vfs_mount_begin_write(mount);
        if (r < 0)
                return r;
        vfs_mutex_lock(&parent->inode->lock, VFS_LOCK_DIR);
        r = -ENOENT;
        if (memfs_dentry_dead(parent))
                goto out;
        r = -ENAMETOOLONG;
        if (len > VFS_NAME_MAX)
                goto out;
        r = -ENOENT;
        victim = vfs_tree_child(parent, name, len);
        if (!victim)
                goto out;
        if (slash && !dir) {
                r = memfs_is_dir(victim->inode) ? -EISDIR : -ENOTDIR;
                goto out;
        }
        memfs_lock(victim->inode);
        r = remove_locked(ctx, parent, victim, dir);
        memfs_unlock(victim->inode);
out:
        vfs_mutex_unlock(&parent->inode->lock, VFS_LOCK_DIR);
        vfs_mount_end_write(mount);
        if (r == 0) {
                vfs_dentry_detach_mounts(victim);
                memfs_put_removed(memfs_of(victim->fs), victim);
        }
        return r;
}

int memfs_unlink_at(struct vfs_filesystem *fs, struct vfs_rp *rp)
{
        struct vfs_dentry *parent;
        enum vfs_last_type last;
        int r, slash;

        r = vfs_tree_walk_parent(rp, &parent, &last, &slash);
        if (r != 0)
                return r;
        if (last != VFS_LAST_NAME)
                return -EISDIR;
        return remove_name(rp, parent, slash, 0);
}

int memfs_rmdir_at(struct vfs_filesystem *fs, struct vfs_rp *rp)
{
        struct vfs_dentry *parent;
        enum vfs_last_type last;
        int r, slash;

        r = vfs_tree_walk_parent(rp, &parent, &last, &slash);
        if (r != 0)
                return r;
        switch (last) {
        case VFS_LAST_NAME:
                return remove_name(rp, parent, slash, 1);
        case VFS_LAST_DOT:
                return -EINVAL;
        case VFS_LAST_DOTDOT:
                return -ENOTEMPTY;
        default:
                return -EBUSY;
        }
}
