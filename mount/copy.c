/*
 * copy.c - copies of mounts and of trees of mounts: for binds, for detached trees, for
 * namespaces, and for the places that a mount propagates to.
 *
 * A copy shows the same filesystem with the same flags. It is a peer of what it is a copy of,
 * if that is shared, and a slave of the same master; or, for propagation and for
 * less privileged namespaces, a slave of it. What may not be copied is left out, with what is
 * below it.
 *
 * A tree is connected in itself as it is copied; nobody comes there before its top is
 * connected to a place that somebody can reach.
 */
#include "mount/internal.h"

#include <errno.h>

static int vfs_mount_copy_one(struct vfs_mount *source, struct vfs_dentry *root, uint32_t how,
                              struct vfs_mount_drops *drops, struct vfs_mount **ret_mount)
{
        struct vfs_mount *m;
        int r;

        r = vfs_mount_new_locked(source->vfs, source->fs, root, vfs_load_relaxed(&source->flags), &m);
        if (r < 0)
                return r;
        m->locked = source->locked;
        r = how & VFS_COPY_SLAVE ? vfs_mount_enslave_locked(m, source) : vfs_mount_join_locked(m, source);
        if (r == 0 && (how & VFS_COPY_SHARED))
                r = vfs_mount_share_locked(m);
        if (r < 0) {
                vfs_mount_make_private_locked(m);
                vfs_mount_drop_locked(drops, m);
                return r;
        }
        *ret_mount = m;
        return 0;
}

/* Copies what is mounted on source below root onto top, source's copy. What was made before it failed stays there. */
static int vfs_mount_copy_children(struct vfs_mount *source, struct vfs_dentry *root, uint32_t how,
                                   struct vfs_mount_drops *drops, struct vfs_mount *top)
{
        const bool whole = root->parent == root;
        struct vfs_mount *m = vfs_mount_next_locked(source, source), *copy;
        struct vfs_mount *from = source, *to = top; /* the last one copied, and its copy */
        int r;

        while (m != NULL) {
                bool visible = whole || m->parent != source ||
                               vfs_mount_dentry_is_below(m->vfs, m->point, root);

                if (visible && (m->state & VFS_MOUNT_UNBINDABLE) && !(how & VFS_COPY_UNBINDABLE)) {
                        if (vfs_mount_locked(m))
                                return -EPERM;
                        visible = false;
                }
                if (!visible) {
                        m = vfs_mount_skip_locked(m, source);
                        continue;
                }
                for (; from != m->parent; from = from->parent)
                        to = to->parent;
                r = vfs_mounts_reserve_locked(m->vfs, 1);
                if (r == 0)
                        r = vfs_mount_copy_one(m, m->root, how, drops, &copy);
                if (r < 0)
                        return r;
                vfs_mount_set_locked(copy, vfs_mount_locked(m));
                vfs_mount_connect_locked(copy, to, m->point);
                from = m;
                to = copy;
                m = vfs_mount_next_locked(m, source);
        }
        return 0;
}

int vfs_mount_copy_tree_locked(struct vfs_mount *source, struct vfs_dentry *root, uint32_t how, bool alone,
                               struct vfs_mount_drops *drops, struct vfs_mount **ret_top)
{
        struct vfs_mount *top;
        int r;

        if ((source->state & VFS_MOUNT_UNBINDABLE) && !(how & VFS_COPY_UNBINDABLE))
                return -EINVAL;
        r = vfs_mount_copy_one(source, root, how, drops, &top);
        if (r < 0)
                return r;
        if (!alone)
                r = vfs_mount_copy_children(source, root, how, drops, top);
        if (r < 0) {
                vfs_umount_tree_locked(drops, top, VFS_UMOUNT_APART);
                return r;
        }
        *ret_top = top;
        return 0;
}

bool vfs_mount_has_locked_below(struct vfs_mount *m, struct vfs_dentry *d)
{
        struct vfs_mount *child = m->locked_children != 0 ? m->children : NULL;

        for (; child != NULL; child = child->sibling_next) {
                if (vfs_mount_locked(child) && vfs_mount_dentry_is_below(m->vfs, child->point, d))
                        return true;
        }
        return false;
}

int vfs_mount_copy_bind_locked(const struct vfs_ctx *ctx, const struct vfs_path *source, bool recurse,
                               struct vfs_mount_drops *drops, struct vfs_mount **ret_top)
{
        if (!vfs_mount_is_usable(ctx, source->mount))
                return -EINVAL;
        if (!recurse && vfs_mount_has_locked_below(source->mount, source->dentry))
                return -EINVAL;
        return vfs_mount_copy_tree_locked(source->mount, source->dentry, 0, !recurse, drops, ret_top);
}
