/*
 * rename.c - renameat2(2): moving, replacing, exchanging.
 *
 * All that can fail here comes first: both names as they are now, permissions, room in the
 * tables, mount points. Then the host renames, and if it did, the tree follows, which
 * cannot fail. Where others rename too, the host may have moved something else
 * than was looked at; then the names are found to be others at their next use.
 *
 * DIFF-LINUX: RENAME_WHITEOUT is EINVAL, since it makes a device node.
 *
 * Locks: as in memfs: the rename lock when two directories are involved, the directories,
 * the ancestor first. The inodes are not locked: what is in a directory is the host's to
 * know.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "host.h"

struct rename {
        const struct vfs_ctx *ctx;
        struct host *fs;
        uint32_t flags;
        struct vfs_dentry *olddir, *newdir;
        struct vfs_dentry *from, *to; /* to: NULL when the new name is free */
        const struct vfs_rename_source *source;
        const char *name; /* the new one */
        size_t len;
        int slash, replaced;
        struct host_drops drops;
};

static void lock_dirs(struct rename *rn)
{
        struct vfs_dentry *first = rn->olddir, *second = rn->newdir;

        if (first == second) {
                host_lock(first->inode);
                return;
        }
        vfs_mutex_lock(&rn->fs->rename_lock, VFS_LOCK_FS);
        if (vfs_tree_is_below(first, second) ||
            (!vfs_tree_is_below(second, first) && (uintptr_t)first > (uintptr_t)second)) {
                first = rn->newdir;
                second = rn->olddir;
        }
        host_lock(first->inode);
        host_lock(second->inode);
}

static void unlock_dirs(struct rename *rn)
{
        host_unlock(rn->olddir->inode);
        if (rn->olddir == rn->newdir)
                return;
        host_unlock(rn->newdir->inode);
        vfs_mutex_unlock(&rn->fs->rename_lock, VFS_LOCK_FS);
}

/*
 * Before both directories are locked: what a name is now, and its directory. A directory
 * that is moved may be above the other one, so that its lock cannot be taken later.
 */
static void confirm(struct vfs_dentry *dir, const char *name, size_t len, struct host_drops *drops)
{
        struct vfs_dentry *child;

        if (!host_is_shared(host_of(dir->fs)) || len > VFS_NAME_MAX)
                return;
        host_lock(dir->inode);
        /* What fails now fails again, in its turn. */
        if (!host_is_dead(dir) && host_refresh_locked(dir) == 0)
                host_child(dir, name, len, drops, &child);
        host_unlock(dir->inode);
}

/* Finds both names, in Linux's order. Positive: there is nothing to do. */
static int find(struct rename *rn)
{
        const struct vfs_rename_source *source = rn->source;
        int from_dir, r;

        if (host_is_dead(rn->olddir))
                return -ENOENT;
        if (source->len > VFS_NAME_MAX)
                return -ENAMETOOLONG;
        r = host_child_as(rn->olddir, source->name, source->len, HOST_CONFIRMED, &rn->drops, &rn->from);
        if (r == 0 && host_is_dead(rn->newdir))
                r = -ENOENT;
        if (r < 0)
                return r == -EXDEV ? -EBUSY : r;
        if (rn->len > VFS_NAME_MAX)
                return -ENAMETOOLONG;
        r = host_child_as(rn->newdir, rn->name, rn->len, HOST_CONFIRMED, &rn->drops, &rn->to);
        if (r < 0 && r != -ENOENT)
                return r == -EXDEV ? -EBUSY : r;
        if (rn->to && (rn->flags & VFS_RENAME_NOREPLACE))
                return -EEXIST;
        if (!rn->to && (rn->flags & VFS_RENAME_EXCHANGE))
                return -ENOENT;
        from_dir = host_is_dir(rn->from->inode);
        if ((rn->flags & VFS_RENAME_EXCHANGE) && rn->slash && !host_is_dir(rn->to->inode))
                return -ENOTDIR;
        if (!from_dir && (source->must_be_dir || (rn->slash && !(rn->flags & VFS_RENAME_EXCHANGE))))
                return -ENOTDIR;
        if (rn->olddir != rn->newdir) {
                if (from_dir && vfs_tree_is_below(rn->newdir, rn->from))
                        return -EINVAL;
                if (rn->to && host_is_dir(rn->to->inode) && vfs_tree_is_below(rn->olddir, rn->to))
                        return rn->flags & VFS_RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
        }
        return rn->to && rn->to->inode == rn->from->inode;
}

static int check_permissions(const struct rename *rn)
{
        const struct vfs_cred *cred = rn->ctx->cred;
        const int from_dir = host_is_dir(rn->from->inode);
        const int exchange = (rn->flags & VFS_RENAME_EXCHANGE) != 0;
        const int to_dir = rn->to && host_is_dir(rn->to->inode);
        struct vfs_attr attr;
        int r;

        r = host_may_delete(cred, rn->olddir, rn->from, from_dir);
        if (r < 0)
                return r;
        if (!rn->to)
                r = host_may_create(cred, rn->newdir);
        else
                r = host_may_delete(cred, rn->newdir, rn->to, exchange ? to_dir : from_dir);
        if (r < 0 || rn->olddir == rn->newdir)
                return r;
        /* A directory that changes its parent changes itself: "..". */
        if (from_dir) {
                vfs_inode_read_attr(rn->from->inode, &attr);
                r = vfs_may(cred, &attr, VFS_W_OK);
        }
        if (r == 0 && exchange && to_dir) {
                vfs_inode_read_attr(rn->to->inode, &attr);
                r = vfs_may(cred, &attr, VFS_W_OK);
        }
        return r;
}

/* Both dentries are prepared, the directories pinned. */
static int act(struct rename *rn, int oldfd, int newfd)
{
        const unsigned int exchange = rn->flags & VFS_RENAME_EXCHANGE;
        struct vfs_arena *arena = rn->fs->base.arena;
        struct host_name oldname, newname;
        void *long_name = NULL;
        int r;

        r = vfs_tree_reserve(rn->newdir, arena);
        if (r == 0 && exchange)
                r = vfs_tree_reserve(rn->olddir, arena);
        if (r == 0 && !exchange)
                r = vfs_tree_alloc_name(arena, rn->name, rn->len, &long_name);
        if (r < 0)
                return r;
        host_name_set(&oldname, rn->source->name, rn->source->len);
        host_name_set(&newname, rn->name, rn->len);
        if (renameat2(oldfd, oldname.s, newfd, newname.s, rn->flags) < 0) {
                r = -errno;
                vfs_tree_free_name(arena, long_name);
                return r;
        }
        if (exchange) {
                vfs_tree_exchange(rn->from, rn->to);
        } else {
                vfs_tree_rename(rn->from, rn->newdir, rn->name, rn->len, long_name, rn->to);
                rn->replaced = rn->to != NULL;
        }
        vfs_dentry_commit_rename(rn->from, rn->to, rn->replaced);
        return 0;
}

/* With the directories' locks held. */
static int rename_locked(struct rename *rn)
{
        int oldfd, newfd, r;

        r = find(rn);
        if (r != 0)
                return r;
        r = check_permissions(rn);
        if (r < 0)
                return r;
        /* In the way of the new name, and not seen by it. */
        if (!rn->to)
                host_forget_negative(rn->newdir, rn->name, rn->len, &rn->drops);
        else if (__atomic_load_n(&rn->to->refs, __ATOMIC_RELAXED) > 1)
                host_keep_fd(rn->to);
        r = host_pin(rn->olddir, &oldfd);
        if (r < 0)
                return r;
        r = host_pin(rn->newdir, &newfd);
        if (r < 0)
                goto out;
        r = vfs_dentry_prepare_rename(rn->ctx->mntns, rn->from, rn->to);
        if (r < 0)
                goto out_new;
        r = act(rn, oldfd, newfd);
        if (r < 0) {
                vfs_dentry_abort_rename(rn->from, rn->to);
                goto out_new;
        }
        host_dir_changed(rn->olddir, oldfd);
        if (rn->olddir != rn->newdir)
                host_dir_changed(rn->newdir, newfd);
        vfs_dentry_get(rn->from);
        if (rn->to && !rn->replaced)
                vfs_dentry_get(rn->to);
out_new:
        host_unpin(rn->newdir);
out:
        host_unpin(rn->olddir);
        return r;
}

static int is_dots(const char *name, size_t len)
{
        return len == 0 || (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')));
}

int host_rename_at(struct vfs_filesystem *base, struct vfs_rp *rp, const struct vfs_path *old,
                   const struct vfs_rename_source *source, uint32_t flags)
{
        struct rename rn = {
                .ctx = vfs_rp_ctx(rp),
                .fs = host_of(base),
                .flags = flags,
                .olddir = old->dentry,
                .source = source,
        };
        struct vfs_mount *mount;
        enum vfs_last_type last;
        int r;

        if (flags & ~(VFS_RENAME_NOREPLACE | VFS_RENAME_EXCHANGE))
                return -EINVAL;
        if ((flags & VFS_RENAME_EXCHANGE) && (flags & VFS_RENAME_NOREPLACE))
                return -EINVAL;
        r = vfs_tree_walk_parent(rp, &rn.newdir, &last, &rn.slash);
        if (r != 0)
                return r;
        mount = vfs_rp_mount(rp);
        if (old->mount != mount)
                return -EXDEV;
        if (is_dots(source->name, source->len))
                return -EBUSY;
        if (last != VFS_LAST_NAME)
                return flags & VFS_RENAME_NOREPLACE ? -EEXIST : -EBUSY;
        rn.name = vfs_rp_name(rp, &rn.len);
        r = vfs_mount_begin_write(mount);
        if (r < 0)
                return r;
        confirm(rn.olddir, source->name, source->len, &rn.drops);
        confirm(rn.newdir, rn.name, rn.len, &rn.drops);
        lock_dirs(&rn);
        r = rename_locked(&rn);
        unlock_dirs(&rn);
        vfs_mount_end_write(mount);
        if (r == 0) {
                host_inode_changed(rn.from);
                vfs_dentry_put(rn.from);
                if (rn.to && !rn.replaced) {
                        host_inode_changed(rn.to);
                        vfs_dentry_put(rn.to);
                } else if (rn.to) {
                        host_unlinked(rn.to);
                        host_node_of(rn.to)->drop_next = rn.drops.first;
                        rn.drops.first = host_node_of(rn.to);
                }
        }
        host_drops_run(&rn.drops);
        host_trim(base);
        return r > 0 ? 0 : r;
}
