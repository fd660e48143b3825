/*
 * umount.c - mounts go: eagerly, when nobody uses them, or lazily.
 *
 * An eager unmount succeeds if nothing is mounted on the mount and its only
 * references are its tree reference and the caller's path; both are found out,
 * and new references refused, by one compare-and-swap on the count.
 *
 * A lazy one takes the mount and everything mounted below it out of the
 * namespace and apart, as Linux does: who still holds one of them sees it as a
 * tree of its own, in which ".." ends at its root. Only when a mount point was
 * removed do the mounts below stay connected to the one that was on it, until
 * nobody holds that any more; they then hold no reference on their parent, which
 * takes them along when it is freed (mount.c).
 *
 * Limits: MNT_EXPIRE is EINVAL. MNT_FORCE has nothing to abort in a filesystem
 * of this library.
 */
#include "mount/internal.h"

#include <errno.h>

#include "vfs/object/dentry.h"

static void vfs_umount_one_locked(struct vfs_mount_drops *drops, struct vfs_mount *m)
{
        if (m->parent != NULL)
                vfs_mount_disconnect_locked(m);
        vfs_mntns_remove_locked(m);
        vfs_mount_drop_locked(drops, m);
}

void vfs_umount_tree_locked(struct vfs_mount_drops *drops, struct vfs_mount *top, enum vfs_umount_how how)
{
        struct vfs_mount *m, *todo, *child;

        /* The top first: then nobody outside sees half a tree. */
        vfs_umount_one_locked(drops, top);
        if (how == VFS_UMOUNT_CONNECTED) {
                for (m = vfs_mount_next_locked(top, top); m != NULL; m = vfs_mount_next_locked(m, top)) {
                        vfs_mntns_remove_locked(m);
                        /* The parent has its tree reference still. */
                        vfs_mount_unref_locked(m->parent);
                }
                return;
        }
        /* Each before those on it, so that no walk that is inside comes to a mount that they cover. */
        top->sibling_next = NULL;
        for (todo = top; (m = todo) != NULL;) {
                todo = m->sibling_next;
                while ((child = m->children) != NULL) {
                        vfs_umount_one_locked(drops, child);
                        child->sibling_next = todo;
                        todo = child;
                }
        }
}

int vfs_mount_umount_at(const struct vfs_ctx *ctx, const struct vfs_path *target, uint32_t flags)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs *vfs = ctx->vfs;
        struct vfs_mount *m;
        struct vfs_path top;
        uint64_t refs;
        int r = 0;

        if (flags & VFS_MNT_EXPIRE)
                return -EINVAL;
        vfs_mounts_lock(vfs);
        vfs_mount_top_locked(target, &top);
        m = top.mount;
        /* The tree's reference, and the caller's if the path is not covered. */
        refs = m == target->mount ? 2 : 1;

        if (top.dentry != m->root || m->ns != ctx->mntns)
                r = -EINVAL;
        else if (flags & VFS_MNT_DETACH)
                vfs_umount_tree_locked(&drops, m, VFS_UMOUNT_APART);
        else if (m == ctx->root.mount)
                /* The caller's root cannot go; as Linux does, it becomes read-only instead. */
                r = vfs_mount_fs_set_rdonly_locked(m->fs);
        else if (m == m->ns->root || m->children != NULL ||
                 !vfs_cas_u64(&m->refs, refs, refs | VFS_MOUNT_UMOUNTED))
                r = -EBUSY;
        else
                vfs_umount_one_locked(&drops, m);
        vfs_mounts_unlock(vfs, &drops);
        return r;
}
