/*
 * namespace.c - mount namespaces: their lifetime and their list of mounts.
 *
 * A namespace is a root mount, which never changes, and the mounts attached
 * below it, in the order in which they were mounted (mountinfo's order). It holds
 * a reference on its root besides the root's tree reference, so that the root
 * stays a place even after it was lazily unmounted.
 *
 * What makes a mount attached is its ns pointer: such a mount holds a reference
 * on the mount it is on, keeps others from removing its mount point in that
 * namespace, and counts against mount_max.
 */
#include "mount/internal.h"

#include <errno.h>

#include "vfs/object/dentry.h"

void vfs_mntns_add_locked(struct vfs_mntns *ns, struct vfs_mount *m)
{
        m->ns = ns;
        m->ns_next = NULL;
        m->ns_prev = ns->mounts_tail;
        *ns->mounts_tail = m;
        ns->mounts_tail = &m->ns_next;
        ns->nmounts++;
        vfs_store_relaxed(&ns->event, ns->event + 1);
}

void vfs_mntns_remove_locked(struct vfs_mount *m)
{
        struct vfs_mntns *ns = m->ns;

        *m->ns_prev = m->ns_next;
        if (m->ns_next != NULL)
                m->ns_next->ns_prev = m->ns_prev;
        else
                ns->mounts_tail = m->ns_prev;
        m->ns = NULL;
        ns->nmounts--;
        vfs_store_relaxed(&ns->event, ns->event + 1);
}

int vfs_mntns_new(struct vfs *vfs, const struct vfs_cred *cred, const char *source, const char *type,
                  uint32_t flags, const char *data, struct vfs_mntns **ret_ns)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs_filesystem *fs;
        struct vfs_dentry *root;
        struct vfs_mntns *ns;
        int r;

        ns = vfs_zalloc(&vfs->allocator, sizeof(*ns));
        if (ns == NULL)
                return -ENOMEM;
        ns->vfs = vfs;
        ns->refs = 1;
        ns->mounts_tail = &ns->mounts;
        r = vfs_mount_new_filesystem(vfs, cred, source, type, flags, data, &fs, &root);
        if (r < 0)
                goto fail;

        vfs_mounts_lock(vfs);
        r = vfs_mount_new_locked(vfs, fs, root, vfs_mount_parse_flags(flags), &ns->root);
        if (r == 0) {
                vfs_mntns_add_locked(ns, ns->root);
                vfs_mount_get(ns->root);
        }
        vfs_mounts_unlock(vfs, &drops);
        vfs_dentry_put(root);
        vfs_filesystem_put(fs);
        if (r < 0)
                goto fail;
        vfs_track_ref(&vfs->track, ns, "namespace", 1);
        *ret_ns = ns;
        return 0;
fail:
        vfs_dealloc(&vfs->allocator, ns, sizeof(*ns));
        return r;
}

struct vfs_mntns *vfs_mntns_get(struct vfs_mntns *ns)
{
        vfs_check(vfs_fetch_add_u64(&ns->refs, 1) != 0);
        vfs_track_ref(&ns->vfs->track, ns, "namespace", 1);
        return ns;
}

void vfs_mntns_put(struct vfs_mntns *ns)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs *vfs;
        uint64_t old;

        if (ns == NULL)
                return;
        vfs = ns->vfs;
        vfs_track_ref(&vfs->track, ns, "namespace", -1);
        old = vfs_fetch_add_u64(&ns->refs, (uint64_t)-1);
        vfs_check(old != 0);
        if (old != 1)
                return;
        vfs_mounts_lock(vfs);
        if (ns->root->ns == ns)
                vfs_umount_tree_locked(&drops, ns->root, VFS_UMOUNT_APART);
        vfs_assert(ns->mounts == NULL);
        vfs_mounts_unlock(vfs, &drops);
        vfs_mount_put(ns->root);
        vfs_dealloc(&vfs->allocator, ns, sizeof(*ns));
}

/* The topmost mount over the root; inside an epoch section. */
static struct vfs_mount *vfs_mntns_top_rcu(struct vfs_mntns *ns)
{
        struct vfs_mount *m = ns->root, *top = vfs_mount_lookup_rcu(ns->vfs, m, m->root);

        return top != NULL ? top : m;
}

void vfs_mntns_root(struct vfs_mntns *ns, struct vfs_path *ret_root)
{
        struct vfs_mount *m;

        /* mount_lock rather than an epoch section: this cannot fail, so it must not need a thread record. */
        vfs_mounts_lock(ns->vfs);
        m = vfs_mntns_top_rcu(ns);
        ret_root->mount = m;
        ret_root->dentry = m->root;
        vfs_path_get(ret_root);
        vfs_mutex_unlock(&ns->vfs->mount_lock, VFS_LOCK_MOUNT);
}

void vfs_ctx_init(struct vfs_ctx *ctx, struct vfs_mntns *ns, const struct vfs_cred *cred)
{
        struct vfs_mount *m;

        vfs_mounts_lock(ns->vfs);
        m = vfs_mntns_top_rcu(ns);
        vfs_mutex_unlock(&ns->vfs->mount_lock, VFS_LOCK_MOUNT);
        memset(ctx, 0, sizeof(*ctx));
        ctx->vfs = ns->vfs;
        ctx->cred = cred;
        ctx->root.mount = m;
        ctx->root.dentry = m->root;
        ctx->cwd = ctx->root;
        ctx->mntns = ns;
        ctx->umask = 022;
}
