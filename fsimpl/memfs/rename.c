/*
 * rename.c - renameat2(2): moving, replacing, exchanging, leaving a whiteout.
 *
 * Locks, outermost first: the filesystem's rename lock, when two directories are
 * involved, so that nobody else changes who is above whom and no loop can be
 * made; the directories, the ancestor first, else by address; the inodes that
 * are moved or replaced, directories before others, else by address. Then memory
 * is reserved and both dentries are prepared; the first change to the tree comes
 * after the last thing that can fail.
 *
 * A whiteout is attached while the old name is still there: a lock-free walk
 * finds one of the two, and never none.
 */
#include <errno.h>
#include <string.h>

#include "memfs.h"

struct rename {
        const struct vfs_ctx *ctx;
        struct memfs *fs;
        uint32_t flags;
        struct vfs_dentry *olddir, *newdir;
        struct vfs_dentry *from, *to; /* to: NULL when the new name is free */
        const struct vfs_rename_source *source;
        const char *name; /* the new one */
        size_t len;
        int slash;
        struct memfs_node *whiteout; /* with VFS_RENAME_WHITEOUT */
        struct vfs_timespec now;
};

static void lock_dirs(struct rename *rn)
{
        struct vfs_dentry *first = rn->olddir, *second = rn->newdir;

        if (first == second) {
                vfs_mutex_lock(&first->inode->lock, VFS_LOCK_DIR);
                return;
        }
        vfs_mutex_lock(&rn->fs->rename_lock, VFS_LOCK_FS);
        if (vfs_tree_is_below(first, second) ||
            (!vfs_tree_is_below(second, first) && (uintptr_t)first > (uintptr_t)second)) {
                first = rn->newdir;
                second = rn->olddir;
        }
        vfs_mutex_lock(&first->inode->lock, VFS_LOCK_DIR);
        vfs_mutex_lock(&second->inode->lock, VFS_LOCK_DIR);
}

static void unlock_dirs(struct rename *rn)
{
        vfs_mutex_unlock(&rn->olddir->inode->lock, VFS_LOCK_DIR);
        if (rn->olddir == rn->newdir)
                return;
        vfs_mutex_unlock(&rn->newdir->inode->lock, VFS_LOCK_DIR);
        vfs_mutex_unlock(&rn->fs->rename_lock, VFS_LOCK_FS);
}

/* The moved and the replaced inode: two different ones, or just one. */
static void lock_inodes(struct rename *rn)
{
        struct vfs_inode *a = rn->from->inode, *b = rn->to ? rn->to->inode : NULL;

        if (!b) {
                memfs_lock(a);
                return;
        }
        if (memfs_is_dir(a) == memfs_is_dir(b) ? (uintptr_t)a > (uintptr_t)b : !memfs_is_dir(a)) {
                struct vfs_inode *swap = a;

                a = b;
                b = swap;
        }
        memfs_lock(a);
        memfs_lock(b);
}

static void unlock_inodes(struct rename *rn)
{
        if (rn->to)
                memfs_unlock(rn->to->inode);
        memfs_unlock(rn->from->inode);
}

/*
 * Finds both names, and makes the checks that Linux makes before it looks at
 * permissions. Positive: there is nothing to do.
 */
static int find(struct rename *rn)
{
        const struct vfs_rename_source *source = rn->source;
        unsigned int from_dir;

        if (memfs_dentry_dead(rn->olddir))
                return -ENOENT;
        if (source->len > VFS_NAME_MAX)
                return -ENAMETOOLONG;
        rn->from = vfs_tree_child(rn->olddir, source->name, source->len);
        if (!rn->from || memfs_dentry_dead(rn->newdir))
                return -ENOENT;
        if (rn->len > VFS_NAME_MAX)
                return -ENAMETOOLONG;
        rn->to = vfs_tree_child(rn->newdir, rn->name, rn->len);
        if (rn->to && (rn->flags & VFS_RENAME_NOREPLACE))
                return -EEXIST;
        if (!rn->to && (rn->flags & VFS_RENAME_EXCHANGE))
                return -ENOENT;
        from_dir = memfs_is_dir(rn->from->inode);
        if ((rn->flags & VFS_RENAME_EXCHANGE) && rn->slash && !memfs_is_dir(rn->to->inode))
                return -ENOTDIR;
        if (!from_dir && (source->must_be_dir || (rn->slash && !(rn->flags & VFS_RENAME_EXCHANGE))))
                return -ENOTDIR;
        if (rn->olddir != rn->newdir) {
                if (from_dir && vfs_tree_is_below(rn->newdir, rn->from))
                        return -EINVAL;
                if (rn->to && memfs_is_dir(rn->to->inode) && vfs_tree_is_below(rn->olddir, rn->to))
                        return rn->flags & VFS_RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
        }
        return rn->to && rn->to->inode == rn->from->inode;
}

static int check_permissions(const struct rename *rn)
{
        const struct vfs_cred *cred = rn->ctx->cred;
        const unsigned int from_dir = memfs_is_dir(rn->from->inode);
        const unsigned int exchange = rn->flags & VFS_RENAME_EXCHANGE;
        const unsigned int to_dir = rn->to && memfs_is_dir(rn->to->inode);
        int r;

        r = memfs_may_delete(cred, rn->olddir, rn->from, from_dir);
        if (r < 0)
                return r;
        if (!rn->to)
                r = memfs_may_create(cred, rn->newdir);
        else
                r = memfs_may_delete(cred, rn->newdir, rn->to, exchange ? to_dir : from_dir);
        if (r < 0 || rn->olddir == rn->newdir)
                return r;
        /* A directory that changes its parent changes itself: "..". */
        if (from_dir)
                r = vfs_may(cred, &rn->from->inode->attr, VFS_W_OK);
        if (r == 0 && exchange && to_dir)
                r = vfs_may(cred, &rn->to->inode->attr, VFS_W_OK);
        return r;
}

/* Room in both directories, and the whiteout. */
static int reserve(struct rename *rn)
{
        struct vfs_arena *arena = rn->fs->base.arena;
        struct memfs_new new = { .mode = VFS_S_IFCHR, .nlink = 1, .now = rn->now };
        int r;

        r = vfs_tree_reserve(rn->newdir, arena);
        if (r < 0 || !(rn->flags & (VFS_RENAME_WHITEOUT | VFS_RENAME_EXCHANGE)))
                return r;
        r = vfs_tree_reserve(rn->olddir, arena);
        if (r < 0 || !(rn->flags & VFS_RENAME_WHITEOUT))
                return r;
        vfs_new_owner(rn->ctx, &rn->olddir->inode->attr, &new.mode, &new.uid, &new.gid);
        return memfs_node_new(rn->fs, &new, rn->source->name, rn->source->len, &rn->whiteout);
}

static int exchange(struct rename *rn)
{
        const int from_dir = (int)memfs_is_dir(rn->from->inode), to_dir = (int)memfs_is_dir(rn->to->inode);
        int r = reserve(rn);

        if (r < 0)
                return r;
        vfs_tree_exchange(rn->from, rn->to);
        vfs_dentry_commit_rename(rn->from, rn->to, 0);
        memfs_inode_change_nlink(rn->from->inode, 0, &rn->now);
        memfs_inode_change_nlink(rn->to->inode, 0, &rn->now);
        memfs_dir_changed(rn->olddir->inode, 0, rn->olddir == rn->newdir ? 0 : to_dir - from_dir, &rn->now);
        if (rn->olddir != rn->newdir)
                memfs_dir_changed(rn->newdir->inode, 0, from_dir - to_dir, &rn->now);
        return 0;
}

/* Both dentries are prepared. */
static int move(struct rename *rn)
{
        const int dir = (int)memfs_is_dir(rn->from->inode), replaced = rn->to != NULL;
        const int dirs_gone = replaced && dir;
        struct vfs_inode *olddir = rn->olddir->inode, *newdir = rn->newdir->inode;
        void *long_name;
        int r;

        if (replaced && dir && vfs_tree_count(rn->to) != 0)
                return -ENOTEMPTY;
        r = reserve(rn);
        if (r < 0)
                return r;
        r = vfs_tree_alloc_name(rn->fs->base.arena, rn->name, rn->len, &long_name);
        if (r < 0)
                return r;
        if (rn->whiteout)
                vfs_tree_attach(rn->olddir, &rn->whiteout->d);
        vfs_tree_rename(rn->from, rn->newdir, rn->name, rn->len, long_name, rn->to);
        vfs_dentry_commit_rename(rn->from, rn->to, replaced);
        memfs_inode_change_nlink(rn->from->inode, 0, &rn->now);
        if (replaced) {
                if (!dir && rn->to->inode->attr.nlink > 1)
                        memfs_uncharge_space(rn->fs, MEMFS_INODE_SPACE);
                memfs_inode_change_nlink(rn->to->inode, dir ? -2 : -1, &rn->now);
        }
        if (olddir == newdir) {
                memfs_dir_changed(olddir, (rn->whiteout != NULL) - replaced, -dirs_gone, &rn->now);
                return 0;
        }
        memfs_dir_changed(olddir, (rn->whiteout != NULL) - 1, -dir, &rn->now);
        memfs_dir_changed(newdir, 1 - replaced, dir - dirs_gone, &rn->now);
        return 0;
}

/* With the directories' locks held. */
static int rename_locked(struct rename *rn)
{
        int r;

        r = find(rn);
        if (r != 0)
                return r;
        lock_inodes(rn);
        r = check_permissions(rn);
        if (r < 0)
                goto out;
        vfs_now(rn->fs->base.vfs, &rn->now);
        r = vfs_dentry_prepare_rename(rn->ctx->mntns, rn->from, rn->to);
        if (r < 0)
                goto out;
        r = rn->flags & VFS_RENAME_EXCHANGE ? exchange(rn) : move(rn);
        if (r == 0)
                goto out;
        vfs_dentry_abort_rename(rn->from, rn->to);
        if (rn->whiteout)
                vfs_dentry_put(&rn->whiteout->d);
out:
        unlock_inodes(rn);
        return r;
}

static int is_dots(const char *name, size_t len)
{
        return len == 0 || (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')));
}

int memfs_rename_at(struct vfs_filesystem *base, struct vfs_rp *rp, const struct vfs_path *old,
                    const struct vfs_rename_source *source, uint32_t flags)
{
        struct rename rn = {
                .ctx = vfs_rp_ctx(rp),
                .fs = memfs_of(base),
                .flags = flags,
                .olddir = old->dentry,
                .source = source,
        };
        struct vfs_mount *mount;
        enum vfs_last_type last;
        int r;

        if (flags & ~(VFS_RENAME_NOREPLACE | VFS_RENAME_EXCHANGE | VFS_RENAME_WHITEOUT))
                return -EINVAL;
        if ((flags & VFS_RENAME_EXCHANGE) && (flags & (VFS_RENAME_NOREPLACE | VFS_RENAME_WHITEOUT)))
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
        lock_dirs(&rn);
        r = rename_locked(&rn);
        unlock_dirs(&rn);
        vfs_mount_end_write(mount);
        if (r == 0 && rn.to && !(flags & VFS_RENAME_EXCHANGE)) {
                vfs_dentry_detach_mounts(rn.to);
                memfs_put_removed(rn.fs, rn.to);
        }
        return r > 0 ? 0 : r;
}
