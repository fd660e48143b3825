/*
 * move.c - mounts change their place: mount(2) with MS_MOVE, move_mount(2), pivot_root(2).
 *
 * A move is an attachment of a tree that is connected somewhere else (attach.c), so it
 * propagates like one. pivot_root changes two places at once, and propagates
 * nowhere: it refuses shared mounts.
 */
#include "mount/internal.h"

#include <errno.h>

#include "vfs/object/dentry.h"

static bool vfs_mount_tree_is_unbindable(struct vfs_mount *top)
{
        struct vfs_mount *m = top;

        while (m != NULL && !(m->state & VFS_MOUNT_UNBINDABLE))
                m = vfs_mount_next_locked(m, top);
        return m != NULL;
}

/* May what is at from be moved to where, into one of the namespaces that are allowed? Errors: EINVAL. */
static int vfs_mount_check_move(const struct vfs_ctx *ctx, const struct vfs_mount *from,
                                const struct vfs_mount *parent)
{
        if (!vfs_mount_is_ours(ctx, from)) {
                /* A whole detached tree, to this namespace or to another such tree. */
                if (!vfs_mount_is_detached_root(from) || from->ns == parent->ns ||
                    !vfs_mount_is_usable(ctx, parent))
                        return -EINVAL;
                return 0;
        }
        if (vfs_mount_locked(from) || !vfs_mount_is_ours(ctx, parent))
                return -EINVAL;
        /* The root of a namespace is an ancestor of every target, which is an error of its own. */
        return from->parent != NULL && vfs_mount_is_shared(from->parent) ? -EINVAL : 0;
}

/* Would a mount on (from, point) be propagated onto to itself, over its root? */
static bool vfs_mount_would_cover(const struct vfs_mount *from, const struct vfs_mount *to,
                                  const struct vfs_dentry *point)
{
        return to->root == point && vfs_mount_receives_locked(to, from);
}

/* May from be mounted beneath over, which is on target? Errors: EINVAL. */
static int vfs_mount_check_beneath(const struct vfs_ctx *ctx, struct vfs_mount *from,
                                   const struct vfs_mount *over, const struct vfs_path *target)
{
        if (vfs_mount_locked(over) || vfs_mount_at_locked(from, from->root) != NULL ||
            over == ctx->root.mount || vfs_mount_is_below_locked(from, over))
                return -EINVAL;
        if (vfs_mount_would_cover(target->mount, over, target->dentry))
                return -EINVAL;
        return vfs_mount_is_ours(ctx, from) && vfs_mount_would_cover(target->mount, from, target->dentry)
                       ? -EINVAL
                       : 0;
}

/* The place that the topmost mount at path is on, pinned on success. Errors: EINVAL, ENOENT. */
static int vfs_mount_target_beneath_locked(const struct vfs_path *path, struct vfs_path *ret_target,
                                           struct vfs_mount **ret_over)
{
        struct vfs_mount *over;

        if (path->dentry != path->mount->root)
                return -EINVAL;
        over = vfs_mount_topmost_locked(path->mount);
        if (over->ns == NULL)
                return -ENOENT;
        /* On Linux such a mount is on itself, and whether that was removed is asked first. */
        if (over->parent == NULL)
                return vfs_load_relaxed(&over->root->word) & VFS_D_DEAD ? -ENOENT : -EINVAL;
        *ret_over = over;
        *ret_target = (struct vfs_path){ over->parent, over->point };
        return vfs_mount_pin_locked(over->point);
}

int vfs_mount_move_at(const struct vfs_ctx *ctx, const struct vfs_path *from, const struct vfs_path *to,
                      bool beneath)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs_mount *m = from->mount, *over = NULL;
        struct vfs *vfs = ctx->vfs;
        struct vfs_path target;
        int r;

        if (from->dentry != m->root ||
            ((vfs_load_relaxed(&from->dentry->word) ^ vfs_load_relaxed(&to->dentry->word)) & VFS_D_DIR))
                return -EINVAL;
        vfs_mounts_lock(vfs);
        r = beneath ? vfs_mount_target_beneath_locked(to, &target, &over)
                    : vfs_mount_target_locked(to, &target);
        if (r < 0)
                goto out;
        r = vfs_mount_check_move(ctx, m, target.mount);
        if (r == 0 && beneath)
                r = vfs_mount_check_beneath(ctx, m, over, &target);
        if (r == 0 && vfs_mount_is_shared(target.mount) && vfs_mount_tree_is_unbindable(m))
                r = -EINVAL;
        if (r == 0 && vfs_mount_is_below_locked(target.mount, m))
                r = -ELOOP;
        if (r == 0)
                r = vfs_mount_attach_locked(ctx, m, target.mount, target.dentry, &drops);
        vfs_mount_unpin_locked(target.dentry);
out:
        vfs_mounts_unlock(vfs, &drops);
        return r;
}

static int vfs_mount_set_group_locked(const struct vfs_ctx *ctx, const struct vfs_path *from,
                                      const struct vfs_path *to)
{
        int r;

        r = vfs_mount_may_change_propagation(ctx, from->mount);
        if (r == 0)
                r = vfs_mount_may_change_propagation(ctx, to->mount);
        if (r < 0)
                return r;
        if (from->dentry != from->mount->root || to->dentry != to->mount->root ||
            from->mount->fs != to->mount->fs ||
            !vfs_mount_dentry_is_below(ctx->vfs, to->dentry, from->dentry) ||
            vfs_mount_has_locked_below(from->mount, to->dentry) || to->mount->peers != NULL ||
            from->mount->peers == NULL)
                return -EINVAL;
        r = vfs_mount_join_locked(to->mount, from->mount);
        if (r == 0 && vfs_mount_is_shared(to->mount))
                to->mount->state &= ~VFS_MOUNT_UNBINDABLE;
        return r;
}

int vfs_mount_set_group_at(const struct vfs_ctx *ctx, const struct vfs_path *from, const struct vfs_path *to)
{
        int r;

        vfs_mounts_lock(ctx->vfs);
        r = vfs_mount_set_group_locked(ctx, from, to);
        vfs_mutex_unlock(&ctx->vfs->mount_lock, VFS_LOCK_MOUNT);
        return r;
}

/*
 * pivot_root(2)
 */

static bool vfs_mount_parent_is_shared(const struct vfs_mount *m)
{
        return m->parent != NULL && vfs_mount_is_shared(m->parent);
}

/* Errors: in Linux's order. */
static int vfs_mount_check_pivot(const struct vfs_ctx *ctx, const struct vfs_path *new_root,
                                 const struct vfs_path *old)
{
        struct vfs_mount *n = new_root->mount, *root = ctx->root.mount;

        if (vfs_mount_is_shared(old->mount) || vfs_mount_parent_is_shared(n) ||
            vfs_mount_parent_is_shared(root))
                return -EINVAL;
        if (!vfs_mount_is_ours(ctx, root) || !vfs_mount_is_ours(ctx, n) || vfs_mount_locked(n))
                return -EINVAL;
        if (vfs_load_relaxed(&new_root->dentry->word) & VFS_D_DEAD)
                return -ENOENT;
        if (n == root || old->mount == root)
                return -EBUSY;
        if (ctx->root.dentry != root->root || new_root->dentry != n->root || n->parent == NULL)
                return -EINVAL;
        if (!vfs_mount_reaches_locked(old->mount, old->dentry, new_root) ||
            !vfs_mount_reaches_locked(n, new_root->dentry, &ctx->root))
                return -EINVAL;
        return 0;
}

static void vfs_mount_pivot_locked(const struct vfs_ctx *ctx, struct vfs_mount *n, const struct vfs_path *old,
                                   struct vfs_mount_drops *drops)
{
        struct vfs_mount *root = ctx->root.mount;
        struct vfs_mntns *ns = ctx->mntns;
        const struct vfs_mount_step steps[] = {
                { n, root->parent, root->point },
                { root, old->mount, old->dentry },
        };

        if (vfs_mount_locked(root)) {
                vfs_mount_set_locked(n, true);
                vfs_mount_set_locked(root, false);
        }
        vfs_mounts_reconnect_locked(steps, 2, drops);
        if (ns->root == root) {
                ns->root = n;
                vfs_mount_get(n);
                vfs_mount_unref_locked(root);
        }
        vfs_mntns_touch_locked(ns);
}

int vfs_mount_pivot_at(const struct vfs_ctx *ctx, const struct vfs_path *new_root,
                       const struct vfs_path *put_old)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs *vfs = ctx->vfs;
        struct vfs_path old;
        int r;

        vfs_mounts_lock(vfs);
        r = vfs_mount_target_locked(put_old, &old);
        if (r < 0)
                goto out;
        r = vfs_mount_check_pivot(ctx, new_root, &old);
        if (r == 0)
                r = vfs_mounts_reserve_locked(vfs, 1);
        if (r == 0)
                vfs_mount_pivot_locked(ctx, new_root->mount, &old, &drops);
        vfs_mount_unpin_locked(old.dentry);
out:
        vfs_mounts_unlock(vfs, &drops);
        return r;
}
