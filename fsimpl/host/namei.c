/*
 * namei.c - making and removing names: mkdir, mknod, symlink, link, unlink, rmdir.
 *
 * As in memfs: walk to the parent, check under its lock, act. What may be done is
 * decided by the guest's credentials and the host's attributes, before the host is
 * asked; the host then does it with the process's own rights, and may still refuse. A
 * new file is made with permissions for its maker alone, gets its owner and mode through a
 * descriptor, and is in the tree after that.
 *
 * DIFF-LINUX: device nodes cannot be made (EPERM); those of the host are seen, and opening
 * one looks for the instance's device of that number.
 *
 * Locks: the parent's inode lock, across the host's calls. What was removed is let go
 * after all locks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

int host_may_create(const struct vfs_cred *cred, const struct vfs_dentry *dir)
{
        if (host_is_dead(dir))
                return -ENOENT;
        return vfs_may_create(cred, dir->fs, &dir->inode->attr);
}

int host_may_delete(const struct vfs_cred *cred, const struct vfs_dentry *dir,
                    const struct vfs_dentry *victim, int dir_wanted)
{
        struct vfs_attr attr;
        int r;

        r = vfs_may(cred, &dir->inode->attr, VFS_W_OK | VFS_X_OK);
        if (r < 0)
                return r;
        vfs_inode_read_attr(victim->inode, &attr);
        r = vfs_may_delete_sticky(cred, &dir->inode->attr, &attr);
        if (r < 0)
                return r;
        if (dir_wanted)
                return host_is_dir(victim->inode) ? 0 : -ENOTDIR;
        return host_is_dir(victim->inode) ? -EISDIR : 0;
}

/* dir.lock held: what decides about dir is what the host says now. */
static int lock_parent(struct vfs_dentry *dir)
{
        int r = 0;

        host_lock(dir->inode);
        if (host_is_dead(dir))
                r = -ENOENT;
        else if (host_word(dir) & VFS_D_REVALIDATE)
                r = host_refresh_locked(dir);
        return r == -ESTALE ? -ENOENT : r;
}

unsigned int host_first_mode(const struct host *fs, const struct host_new *new)
{
        return new->uid == fs->uid ? new->mode & 0777 : new->mode & 0700;
}

int host_set_owner(const struct host *fs, int fd, const struct host_new *new, struct statx *st)
{
        int changed = 0, r;

        if (st->stx_uid != new->uid || st->stx_gid != new->gid) {
                /* Who may not give files away, or has no such id to give them to, makes its own. */
                if (fchownat(fd, "", new->uid, new->gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) == 0)
                        changed = 1;
                else if (errno != EPERM && errno != EINVAL)
                        return -errno;
        }
        if (!S_ISLNK(st->stx_mode) && (changed || ((st->stx_mode ^ new->mode) & 07777) != 0)) {
                r = host_chmod(fs, fd, new->mode & 07777);
                if (r < 0)
                        return r;
                changed = 1;
        }
        return changed ? host_statx(fd, NULL, st) : 0;
}

/* The host's call that makes the name. */
static int make(int dirfd, const char *name, const struct host_new *new, unsigned int mode,
                const char *target)
{
        int r;

        switch (new->mode &VFS_S_IFMT) {
        case VFS_S_IFDIR:
                r = mkdirat(dirfd, name, mode);
                break;
        case VFS_S_IFLNK:
                r = symlinkat(target, dirfd, name);
                break;
        default:
                r = mknodat(dirfd, name, (new->mode &VFS_S_IFMT) | mode, 0);
                break;
        }
        return r < 0 ? -errno : 0;
}

/*
 * Makes the name on the host with its owner and mode. In a directory that others change,
 * too, what is there afterwards may be something else, which is left alone (ESTALE).
 */
static int make_owned(struct host *fs, int dirfd, const char *name, const struct host_new *new,
                      const char *target, struct statx *st)
{
        const int is_dir = (new->mode &VFS_S_IFMT) == VFS_S_IFDIR;
        int fd, r;

        r = make(dirfd, name, new, host_first_mode(fs, new), target);
        if (r < 0)
                return r;
        fd = host_open_path(dirfd, name);
        if (fd < 0)
                return fd;
        r = host_statx(fd, NULL, st);
        if (r == 0 && (((st->stx_mode ^ new->mode) & VFS_S_IFMT) || st->stx_uid != geteuid() ||
                       (!is_dir && st->stx_nlink != 1)))
                r = -ESTALE;
        if (r == 0) {
                r = host_set_owner(fs, fd, new, st);
                if (r < 0)
                        unlinkat(dirfd, name, is_dir ? AT_REMOVEDIR : 0);
        }
        close(fd);
        return r;
}

/* The checks that all new names share; parent.lock held. write is what vfs_mount_begin_write said. */
static int check_new_name(struct vfs_dentry *parent, const char *name, size_t len, int want_dir, int write,
                          struct host_drops *drops)
{
        struct vfs_dentry *child;
        int r;

        if (len > VFS_NAME_MAX)
                return -ENAMETOOLONG;
        r = host_child(parent, name, len, drops, &child);
        if (r == 0)
                return -EEXIST;
        /* A mount point of the host's is a name, too. */
        if (r == -EXDEV)
                return -EEXIST;
        if (r != -ENOENT)
                return r;
        if (!want_dir)
                return -ENOENT;
        return write;
}

/* With parent's lock held and all checks made. */
static int create_locked(struct host *fs, struct vfs_dentry *parent, const char *name, size_t len,
                         const struct host_new *new, const char *target, struct host_drops *drops)
{
        struct host_name host_name;
        struct host_node *node;
        struct statx st;
        int dirfd, r;

        r = vfs_tree_reserve(parent, fs->base.arena);
        if (r < 0)
                return r;
        r = host_pin(parent, &dirfd);
        if (r < 0)
                return r;
        host_name_set(&host_name, name, len);
        r = make_owned(fs, dirfd, host_name.s, new, target, &st);
        if (r == 0) {
                host_forget_negative(parent, name, len, drops);
                /* Without memory the name is there all the same, and found when it is looked for. */
                host_attach_new(fs, parent, &st, target, name, len, &node);
                host_dir_changed(parent, dirfd);
        }
        host_unpin(parent);
        return r;
}

/* Makes a node of mode under the last name of rp. */
static int create(struct vfs_filesystem *base, struct vfs_rp *rp, uint32_t mode, const char *target)
{
        const struct vfs_ctx *ctx = vfs_rp_ctx(rp);
        const uint32_t type = mode & VFS_S_IFMT;
        struct host_drops drops = { NULL };
        struct host_new new = { .mode = mode };
        struct vfs_dentry *parent;
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
        r = lock_parent(parent);
        if (r < 0)
                goto out;
        r = check_new_name(parent, name, len, !slash || type == VFS_S_IFDIR, write, &drops);
        if (r < 0)
                goto out;
        r = host_may_create(ctx->cred, parent);
        if (r < 0)
                goto out;
        r = -EPERM;
        if (type == VFS_S_IFCHR || type == VFS_S_IFBLK)
                goto out;
        vfs_new_owner(ctx, &parent->inode->attr, &new.mode, &new.uid, &new.gid);
        if (type == VFS_S_IFLNK)
                new.mode = VFS_S_IFLNK | 0777;
        r = create_locked(host_of(base), parent, name, len, &new, target, &drops);
out:
        host_unlock(parent->inode);
        if (write == 0)
                vfs_mount_end_write(mount);
        host_drops_run(&drops);
        host_trim(base);
        return r;
}

int host_mkdir_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mode)
{
        return create(fs, rp, VFS_S_IFDIR | (mode & (0777 | VFS_S_ISVTX)), NULL);
}

int host_mknod_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mode, uint64_t dev)
{
        return create(fs, rp, mode & (VFS_S_IFMT | 07777), NULL);
}

int host_symlink_at(struct vfs_filesystem *fs, struct vfs_rp *rp, const char *target)
{
        return create(fs, rp, VFS_S_IFLNK | 0777, target);
}

/* parent.lock held, all checks made: links what old's descriptor stands for, whatever its names are. */
static int link_locked(struct host *fs, struct vfs_dentry *parent, struct vfs_dentry *old, const char *name,
                       size_t len, struct host_drops *drops)
{
        struct host_inode *inode = host_inode_of(old);
        struct host_name host_name;
        struct host_node *node;
        struct host_link link;
        int dirfd, fd, r;

        r = vfs_tree_reserve(parent, fs->base.arena);
        if (r < 0)
                return r;
        r = host_pin(old, &fd);
        if (r < 0)
                return r == -ESTALE ? -ENOENT : r;
        r = host_pin(parent, &dirfd);
        if (r < 0)
                goto out;
        host_name_set(&host_name, name, len);
        host_link_name(&link, fd);
        if (linkat(fs->proc_fd, link.s, dirfd, host_name.s, AT_SYMLINK_FOLLOW) < 0)
                r = -errno;
        if (r == 0) {
                host_forget_negative(parent, name, len, drops);
                if (host_node_link(fs, inode, name, len, &node) == 0)
                        vfs_tree_attach(parent, &node->d);
                host_dir_changed(parent, dirfd);
        }
        host_unpin(parent);
out:
        host_unpin(old);
        return r;
}

int host_link_at(struct vfs_filesystem *base, struct vfs_rp *rp, const struct vfs_path *old)
{
        const struct vfs_ctx *ctx = vfs_rp_ctx(rp);
        struct host_drops drops = { NULL };
        struct vfs_dentry *parent;
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
        r = lock_parent(parent);
        if (r < 0)
                goto out;
        r = check_new_name(parent, name, len, !slash, write, &drops);
        if (r < 0)
                goto out;
        r = -EXDEV;
        if (old->mount != mount)
                goto out;
        vfs_inode_read_attr(old->dentry->inode, &attr);
        r = vfs_may_link(ctx, &attr);
        if (r < 0)
                goto out;
        r = host_may_create(ctx->cred, parent);
        if (r < 0)
                goto out;
        r = host_is_dir(old->dentry->inode)
                    ? -EPERM
                    : link_locked(host_of(base), parent, old->dentry, name, len, &drops);
out:
        host_unlock(parent->inode);
        if (r == 0)
                host_inode_changed(old->dentry);
        if (write == 0)
                vfs_mount_end_write(mount);
        host_drops_run(&drops);
        host_trim(base);
        return r;
}

/* A name of victim's has gone on the host; no lock held. */
void host_unlinked(struct vfs_dentry *victim)
{
        struct host *fs = host_of(victim->fs);
        struct vfs_attr attr;
        int r;

        vfs_inode_read_attr(victim->inode, &attr);
        if (__atomic_load_n(&victim->refs, __ATOMIC_RELAXED) == 1 &&
            (host_is_dir(victim->inode) || attr.nlink <= 1)) {
                /* Nobody will ask. */
                host_inode_unhash(fs, host_inode_of(victim));
                return;
        }
        host_lock(victim->inode);
        r = host_refresh_locked(victim);
        if (r < 0) {
                vfs_inode_write_begin(victim->inode);
                __atomic_store_n(&victim->inode->attr.nlink,
                                 host_is_dir(victim->inode) || attr.nlink == 0 ? 0 : attr.nlink - 1,
                                 __ATOMIC_RELAXED);
                vfs_inode_write_end(victim->inode);
        }
        if (victim->inode->attr.nlink == 0)
                host_inode_unhash(fs, host_inode_of(victim));
        host_unlock(victim->inode);
}

/* parent.lock held: takes the name away. */
static int remove_locked(const struct vfs_ctx *ctx, struct vfs_dentry *parent, struct vfs_dentry *victim,
                         const char *name, size_t len, int dir)
{
        struct host_name host_name;
        int dirfd, r;

        r = host_may_delete(ctx->cred, parent, victim, dir);
        if (r < 0)
                return r;
        r = host_pin(parent, &dirfd);
        if (r < 0)
                return r;
        /* Who uses it may go on; that its descriptor is not there any more is no reason to keep the name. */
        if (__atomic_load_n(&victim->refs, __ATOMIC_RELAXED) > 1)
                host_keep_fd(victim);
        r = vfs_dentry_prepare_delete(ctx->mntns, victim);
        if (r < 0)
                goto out;
        host_name_set(&host_name, name, len);
        r = unlinkat(dirfd, host_name.s, dir ? AT_REMOVEDIR : 0) < 0 ? -errno : 0;
        if (r < 0) {
                vfs_dentry_abort_delete(victim);
                goto out;
        }
        vfs_tree_detach(victim);
        vfs_dentry_commit_delete(victim);
        host_dir_changed(parent, dirfd);
out:
        host_unpin(parent);
        return r;
}

/* unlink and rmdir, behind what "." and its like mean to them. */
static int remove_name(struct vfs_rp *rp, struct vfs_dentry *parent, int slash, int dir)
{
        const struct vfs_ctx *ctx = vfs_rp_ctx(rp);
        struct vfs_mount *mount = vfs_rp_mount(rp);
        struct host_drops drops = { NULL };
        struct vfs_dentry *victim = NULL;
        struct vfs_filesystem *fs = parent->fs;
        const char *name;
        size_t len;
        int r;

        name = vfs_rp_name(rp, &len);
        r = vfs_mount_begin_write(mount);
        if (r < 0)
                return r;
        r = lock_parent(parent);
        if (r < 0)
                goto out;
        r = -ENAMETOOLONG;
        if (len > VFS_NAME_MAX)
                goto out;
        r = host_child(parent, name, len, &drops, &victim);
        /* A mount point of the host's cannot be removed. */
        if (r == -EXDEV)
                r = -EBUSY;
        if (r < 0)
                goto out;
        if (slash && !dir) {
                r = host_is_dir(victim->inode) ? -EISDIR : -ENOTDIR;
                goto out;
        }
        r = remove_locked(ctx, parent, victim, name, len, dir);
out:
        host_unlock(parent->inode);
        vfs_mount_end_write(mount);
        if (r == 0) {
                host_unlinked(victim);
                host_node_of(victim)->drop_next = drops.first;
                drops.first = host_node_of(victim);
        }
        host_drops_run(&drops);
        host_trim(fs);
        return r;
}

int host_unlink_at(struct vfs_filesystem *fs, struct vfs_rp *rp)
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

int host_rmdir_at(struct vfs_filesystem *fs, struct vfs_rp *rp)
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
