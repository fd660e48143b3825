/*
 * umount.c - mounts go: eagerly, when nobody uses them, or lazily.
 *
 * An eager unmount succeeds if nothing is mounted on the mount and its only
 * references are its tree reference and the caller's path; both are found out,
 * and new references refused, by one compare-and-swap on the count. The copies that
 * propagation made of it go with it, and are asked the same.
 *
 * A lazy one takes the mount and everything mounted below it out of the
 * namespace and apart, as Linux does: who still holds one of them sees it as a
 * tree of its own, in which ".." ends at its root. Mounts that are locked in their
 * place stay connected to the one that they are on, so that what they cover is not
 * revealed, and so do all when a mount point was removed or a detached tree ends; they then hold
 * no reference on their parent, which takes them along when it is freed (mount.c).
 *
 * MNT_FORCE has nothing to abort in a filesystem of this library.
 */
#include "mount/internal.h"

#include <errno.h>

static void vfs_umount_one_locked(struct vfs_mount_drops *drops, struct vfs_mount *m, enum vfs_umount_how how)
{
        if (m->ns != NULL)
                vfs_mntns_remove_locked(m);
        vfs_mount_make_private_locked(m);
        if (m->parent != NULL && (m->parent->state & VFS_MOUNT_GOING) &&
            (vfs_mount_locked(m) || how == VFS_UMOUNT_CONNECTED)) {
                /* The parent has its tree reference still. */
                if (m->state & VFS_MOUNT_HOLDS_PARENT)
                        vfs_mount_unref_locked(m->parent);
                m->state &= ~VFS_MOUNT_HOLDS_PARENT;
                return;
        }
        if (m->parent != NULL)
                vfs_mount_disconnect_locked(m);
        vfs_mount_drop_locked(drops, m);
}

/* Each before those on it, so that no walk that is inside comes to a mount that they cover. */
static void vfs_umount_set_locked(struct vfs_mount_drops *drops, struct vfs_umount_set *set,
                                  enum vfs_umount_how how)
{
        struct vfs_mount *m;

        for (m = set->first; m != NULL; m = m->work_next)
                vfs_umount_one_locked(drops, m, how);
        for (m = set->first; m != NULL; m = m->work_next)
                m->state &= ~VFS_MOUNT_GOING;
}

void vfs_umount_tree_locked(struct vfs_mount_drops *drops, struct vfs_mount *top, enum vfs_umount_how how)
{
        struct vfs_umount_set set;

        vfs_umount_set_init(&set, top);
        if (how == VFS_UMOUNT_PROPAGATE) {
                vfs_umount_set_find(&set);
                vfs_umount_set_lower(&set, drops);
        }
        vfs_umount_set_locked(drops, &set, how);
}

/*
 * Eagerly
 */

/*
 * The references that m has when nobody uses it: its tree reference, that of what is mounted over it, if
 * that is all that is mounted on it, and own. 0: something else is mounted on it. Then nobody is
 * asked whether it is in use, and it stays, or goes lazily with what is on it.
 */
static uint64_t vfs_umount_idle_refs(struct vfs_mount *m, uint64_t own)
{
        if (m->children == NULL)
                return 1 + own;
        if (m->children->sibling_next != NULL || m->children->point != m->root)
                return 0;
        return 2 + own;
}

/* Is a copy of m in use, where m's parent propagates to? */
static bool vfs_umount_copies_busy(struct vfs_mount *m)
{
        struct vfs_peers *top = vfs_mount_is_shared(m->parent) ? m->parent->peers : NULL;

        for (struct vfs_peers *g = top; g != NULL; g = vfs_peers_next_locked(g, top)) {
                for (struct vfs_mount *p = g->members; p != NULL; p = p->peer_next) {
                        struct vfs_mount *copy = p != m->parent ? vfs_mount_at_locked(p, m->point) : NULL;
                        uint64_t idle = copy != NULL && copy != m ? vfs_umount_idle_refs(copy, 0) : 0;

                        if (idle != 0 && vfs_load(&copy->refs) > idle)
                                return true;
                }
        }
        return false;
}

/* Refuses new references on all of set, or changes nothing. own: the caller's references on the first. */
static int vfs_umount_refuse_references(struct vfs_umount_set *set, uint64_t own)
{
        struct vfs_mount *m, *undo;

        for (m = set->first; m != NULL; m = m->work_next, own = 0) {
                uint64_t idle = vfs_umount_idle_refs(m, own);

                if (idle != 0 && !vfs_cas_u64(&m->refs, idle, idle | VFS_MOUNT_UMOUNTED))
                        break;
        }
        if (m == NULL)
                return 0;
        /* Their counts can only have fallen. */
        for (undo = set->first; undo != m; undo = undo->work_next) {
                if (vfs_load_relaxed(&undo->refs) & VFS_MOUNT_UMOUNTED)
                        vfs_fetch_add_u64(&undo->refs, -VFS_MOUNT_UMOUNTED);
        }
        return -EBUSY;
}

/* own: the references that the caller holds. Errors: EBUSY. */
static int vfs_umount_eagerly_locked(struct vfs_mount_drops *drops, struct vfs_mount *m, uint64_t own)
{
        struct vfs_umount_set set;
        int r;

        if (m->children != NULL || vfs_load(&m->refs) > 1 + own || vfs_umount_copies_busy(m))
                return -EBUSY;
        vfs_umount_set_init(&set, m);
        vfs_umount_set_find(&set);
        r = vfs_umount_refuse_references(&set, own);
        if (r < 0) {
                vfs_umount_set_abort(&set);
                return r;
        }
        vfs_umount_set_lower(&set, drops);
        vfs_umount_set_locked(drops, &set, VFS_UMOUNT_PROPAGATE);
        return 0;
}

/* The second of two calls between which nobody used it. */
static int vfs_umount_expire_locked(struct vfs_mount *m, uint64_t own)
{
        if (m->children != NULL || vfs_load(&m->refs) != 1 + own)
                return -EBUSY;
        return vfs_swap_u32(&m->expiring, 1) == 0 ? -EAGAIN : 0;
}

/* Without VFS_MNT_DETACH the root of the caller stays, and becomes read-only. */
static int vfs_umount_root_locked(const struct vfs_ctx *ctx, struct vfs_mount *m)
{
        if (!vfs_cred_ns_capable(ctx->cred, m->fs->userns, VFS_CAP_SYS_ADMIN))
                return -EPERM;
        return vfs_mount_fs_set_rdonly_locked(m->fs);
}

int vfs_mount_umount_at(const struct vfs_ctx *ctx, const struct vfs_path *target, uint32_t flags)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs *vfs = ctx->vfs;
        struct vfs_mount *m;
        struct vfs_path top;
        uint64_t own;
        int r = 0;

        vfs_mounts_lock(vfs);
        vfs_mount_top_locked(target, &top);
        m = top.mount;
        /* Of a path that is covered the caller holds what is below. */
        own = m == target->mount ? 1 : 0;
        if (top.dentry != m->root || !vfs_mount_is_ours(ctx, m) || vfs_mount_locked(m))
                r = -EINVAL;
        else if ((flags & VFS_MNT_FORCE) && !vfs_cred_ns_capable(ctx->cred, m->fs->userns, VFS_CAP_SYS_ADMIN))
                r = -EPERM;
        else if (flags & VFS_MNT_EXPIRE)
                r = m == ctx->root.mount || (flags & (VFS_MNT_FORCE | VFS_MNT_DETACH))
                            ? -EINVAL
                            : vfs_umount_expire_locked(m, own);
        if (r < 0)
                goto out;
        if (flags & VFS_MNT_DETACH)
                vfs_umount_tree_locked(&drops, m, VFS_UMOUNT_PROPAGATE);
        else if (m == ctx->root.mount)
                r = vfs_umount_root_locked(ctx, m);
        else
                r = m->parent == NULL ? -EBUSY : vfs_umount_eagerly_locked(&drops, m, own);
out:
        vfs_mounts_unlock(vfs, &drops);
        return r;
}
