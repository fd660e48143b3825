/*
 * inode.c - inodes and names: how they begin and end, and their attributes.
 *
 * An inode counts its dentries, first name and links alike (inode.refs). A
 * dentry's release drops one of them; the last one frees the data, gives back
 * what was counted, and hands the node to the arena's limbo, since lock-free
 * walks may still look at it. The node's own dentry and its inode end in any
 * order; the node goes with the later one, which is always the inode's end.
 *
 * Locks: inode.lock guards the attributes and the map. inode_space is an atomic.
 */
#include <errno.h>
#include <string.h>

#include "memfs.h"

int memfs_charge_space(struct memfs *fs, uint64_t bytes)
{
        uint64_t limit = __atomic_load_n(&fs->inode_limit, __ATOMIC_RELAXED);
        uint64_t used = __atomic_load_n(&fs->inode_space, __ATOMIC_RELAXED);

        /* A limit that is not there does not come back: see inode_limit_fits. */
        if (limit == 0)
                return 0;
        /* Not added first and taken back: others would be refused meanwhile. */
        do {
                if (used > limit || bytes > limit - used)
                        return -ENOSPC;
        } while (!__atomic_compare_exchange_n(&fs->inode_space, &used, used + bytes, 1, __ATOMIC_RELAXED,
                                              __ATOMIC_RELAXED));
        return 0;
}

void memfs_uncharge_space(struct memfs *fs, uint64_t bytes)
{
        if (__atomic_load_n(&fs->inode_limit, __ATOMIC_RELAXED) != 0)
                __atomic_sub_fetch(&fs->inode_space, bytes, __ATOMIC_RELAXED);
}

static void free_node(struct vfs_deferred *self, void *owner)
{
        struct vfs_dentry *d = (struct vfs_dentry *)((char *)self - offsetof(struct vfs_dentry, deferred));
        struct memfs_node *node = (struct memfs_node *)d;
        struct vfs_arena *arena = owner;
        struct vfs_inode *inode = &node->i.base;

        if (memfs_is_dir(inode))
                vfs_tree_dir_free(d, arena);
        else if (vfs_inode_type(inode) == VFS_S_IFLNK)
                vfs_arena_free(arena, (char *)(uintptr_t)inode->target, inode->attr.size + 1);
        vfs_dentry_fini(d);
        vfs_arena_free(arena, node, sizeof(*node));
}

static void free_link(struct vfs_deferred *self, void *owner)
{
        struct vfs_dentry *d = (struct vfs_dentry *)((char *)self - offsetof(struct vfs_dentry, deferred));

        vfs_dentry_fini(d);
        vfs_arena_free(owner, d, sizeof(struct memfs_link));
}

int memfs_node_new(struct memfs *fs, const struct memfs_new *new, const char *name, size_t len,
                   struct memfs_node **ret_node)
{
        struct vfs_arena *arena = fs->base.arena;
        struct memfs_node *node;
        char *target = NULL;
        size_t target_len = 0;
        uint32_t blocks = 0;
        int r;

        r = memfs_charge_space(fs, MEMFS_INODE_SPACE);
        if (r < 0)
                return r;
        if (new->target) {
                target_len = strlen(new->target);
                blocks = target_len >= MEMFS_LONG_SYMLINK;
                if (blocks && (r = memfs_blocks_charge(&fs->blocks, 1)) < 0)
                        goto fail_space;
                r = -ENOMEM;
                target = vfs_arena_alloc(arena, target_len + 1);
                if (!target)
                        goto fail_blocks;
                memcpy(target, new->target, target_len + 1);
        }
        r = -ENOMEM;
        node = vfs_arena_alloc(arena, sizeof(*node));
        if (!node)
                goto fail_target;
        vfs_inode_init(&node->i.base, &fs->base, __atomic_add_fetch(&fs->next_ino, 1, __ATOMIC_RELAXED),
                       new->mode, new->uid, new->gid, new->nlink, new->rdev, &new->now);
        memset(&node->i.map, 0, sizeof(node->i) - offsetof(struct memfs_inode, map));
        switch (new->mode &VFS_S_IFMT) {
        case VFS_S_IFREG:
                /* As tmpfs: seals are for memfd_create. */
                node->i.base.flags = VFS_F_SEAL_SEAL;
                break;
        case VFS_S_IFDIR:
                node->i.base.attr.size = 2 * MEMFS_ENTRY_SIZE;
                break;
        case VFS_S_IFLNK:
                node->i.base.target = target;
                node->i.base.attr.size = target_len;
                node->i.base.attr.blocks = blocks * (MEMFS_BLOCK_SIZE / 512);
                break;
        default:
                break;
        }
        r = vfs_dentry_init(&node->d, &fs->base, &node->i.base, name, len);
        if (r < 0)
                goto fail_node;
        *ret_node = node;
        return 0;
fail_node:
        vfs_arena_free(arena, node, sizeof(*node));
fail_target:
        vfs_arena_free(arena, target, target_len + 1);
fail_blocks:
        if (blocks)
                memfs_blocks_uncharge(&fs->blocks, blocks);
fail_space:
        memfs_uncharge_space(fs, MEMFS_INODE_SPACE);
        return r;
}

int memfs_link_new(struct memfs *fs, struct memfs_inode *inode, int charge, const char *name, size_t len,
                   struct vfs_dentry **ret_dentry)
{
        struct memfs_link *link;
        int r;

        r = charge ? memfs_charge_space(fs, MEMFS_INODE_SPACE) : 0;
        if (r < 0)
                return r;
        r = -ENOMEM;
        link = vfs_arena_alloc(fs->base.arena, sizeof(*link));
        if (!link)
                goto fail_space;
        r = vfs_dentry_init(&link->d, &fs->base, &inode->base, name, len);
        if (r < 0)
                goto fail_link;
        __atomic_add_fetch(&inode->base.refs, 1, __ATOMIC_RELAXED);
        *ret_dentry = &link->d;
        return 0;
fail_link:
        vfs_arena_free(fs->base.arena, link, sizeof(*link));
fail_space:
        if (charge)
                memfs_uncharge_space(fs, MEMFS_INODE_SPACE);
        return r;
}

void memfs_inode_set_removed(struct memfs *fs, struct vfs_inode *inode, int removed)
{
        if (((inode->flags & MEMFS_I_REMOVED) != 0) == removed)
                return;
        inode->flags ^= MEMFS_I_REMOVED;
        __atomic_add_fetch(&fs->base.removed, removed ? 1u : UINT32_MAX, __ATOMIC_SEQ_CST);
}

/*
 * Mostly nobody else has it, and then it goes without having been counted. Who opens it at this very moment
 * is missed: the open came just before the name went.
 */
void memfs_put_removed(struct memfs *fs, struct vfs_dentry *victim)
{
        struct vfs_inode *inode = victim->inode;

        if (__atomic_load_n(&victim->refs, __ATOMIC_RELAXED) > 1 ||
            __atomic_load_n(&inode->refs, __ATOMIC_RELAXED) > 1) {
                memfs_lock(inode);
                if (inode->attr.nlink == 0)
                        memfs_inode_set_removed(fs, inode, 1);
                memfs_unlock(inode);
        }
        vfs_dentry_put(victim);
}

/* The inode has no name and no handle any more. */
static void end_inode(struct memfs *fs, struct memfs_inode *inode)
{
        uint64_t space = MEMFS_INODE_SPACE;

        switch (inode->base.attr.mode & VFS_S_IFMT) {
        case VFS_S_IFREG:
                if (inode->base.attr.blocks != 0 || inode->map.height != 0)
                        memfs_map_free(&inode->map, &fs->blocks, 0, MEMFS_MAP_END, 0, 0);
                break;
        case VFS_S_IFLNK:
                if (inode->base.attr.blocks != 0)
                        memfs_blocks_uncharge(&fs->blocks, 1);
                break;
        default:
                break;
        }
        if (inode->base.xattrs) {
                space += inode->xattr_space;
                vfs_xattrs_free(&inode->base, fs->base.arena);
        }
        memfs_inode_set_removed(fs, &inode->base, 0);
        memfs_uncharge_space(fs, space);
        vfs_arena_defer(fs->base.arena, &memfs_node_of(inode)->d.deferred);
}

static void memfs_release(struct vfs_dentry *d)
{
        struct memfs_inode *inode = memfs_inode_of(d);
        struct memfs *fs = memfs_of(d->fs);
        struct memfs_node *node = memfs_node_of(inode);

        /*
         * Whoever ends the inode sees all that was done through other names. A last
         * name has nobody to race with: a further one is made of one that is held.
         */
        if (__atomic_load_n(&inode->base.refs, __ATOMIC_ACQUIRE) == 1 ||
            __atomic_sub_fetch(&inode->base.refs, 1, __ATOMIC_ACQ_REL) == 0) {
                node->d.deferred.free = free_node;
                end_inode(fs, inode);
        }
        if (d != &node->d) {
                d->deferred.free = free_link;
                vfs_arena_defer(fs->base.arena, &d->deferred);
        }
}

void memfs_inode_change_nlink(struct vfs_inode *inode, int delta, const struct vfs_timespec *now)
{
        vfs_inode_write_begin(inode);
        memfs_set(inode->attr.nlink, inode->attr.nlink + (uint32_t)delta);
        memfs_set_time(&inode->attr.ctime, now);
        vfs_inode_write_end(inode);
}

/*
 * inode.lock held: does this size change touch times? Linux's tmpfs leaves them
 * alone when nothing can have changed.
 */
static int truncate_touches(const struct vfs_inode *inode, const struct vfs_setattr *set)
{
        return (set->valid & VFS_SET_OPEN) || set->size != inode->attr.size || inode->attr.blocks != 0;
}

static int memfs_setattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const struct vfs_setattr *set)
{
        struct vfs_inode *inode = d->inode;
        struct memfs *fs = memfs_of(d->fs);
        struct vfs_attr next, *attr = &inode->attr;
        struct vfs_timespec now;
        int r, size_touches = 0;

        memfs_lock(inode);
        next = *attr;
        r = vfs_check_setattr(ctx, attr, set, &next);
        if (r < 0)
                goto out;
        if ((inode->flags & VFS_F_SEAL_EXEC) && memfs_is_reg(inode) && ((attr->mode ^ next.mode) & 0111)) {
                r = -EPERM;
                goto out;
        }
        if (set->valid & VFS_SET_SIZE) {
                size_touches = truncate_touches(inode, set);
                r = memfs_inode_truncate(fs, memfs_inode_of(d), set->size);
                if (r < 0)
                        goto out;
        }
        vfs_now(d->fs->vfs, &now);
        vfs_inode_write_begin(inode);
        memfs_set(attr->mode, next.mode);
        memfs_set(attr->uid, next.uid);
        memfs_set(attr->gid, next.gid);
        if (set->valid & VFS_SET_ATIME)
                memfs_set_time(&attr->atime, &set->atime);
        if (set->valid & VFS_SET_ATIME_NOW)
                memfs_set_time(&attr->atime, &now);
        if (set->valid & VFS_SET_MTIME)
                memfs_set_time(&attr->mtime, &set->mtime);
        if ((set->valid & VFS_SET_MTIME_NOW) || size_touches)
                memfs_set_time(&attr->mtime, &now);
        if (size_touches || (set->valid & ~(VFS_SET_SIZE | VFS_SET_OPEN)))
                memfs_set_time(&attr->ctime, &now);
        vfs_inode_write_end(inode);
        if (memfs_is_dir(inode))
                vfs_dentry_mode_changed(d);
        else if (set->valid & (VFS_SET_SIZE | VFS_SET_CHOWN))
                memfs_drop_capability(fs, memfs_inode_of(d));
out:
        memfs_unlock(inode);
        return r;
}

const struct vfs_dentry_ops memfs_dentry_ops = {
        .size = sizeof(struct vfs_dentry_ops),
        .release = memfs_release,
        .setattr = memfs_setattr,
        .setxattr = memfs_setxattr,
        .getxattr = memfs_getxattr,
        .listxattr = memfs_listxattr,
        .removexattr = memfs_removexattr,
};
