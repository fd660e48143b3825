/*
 * namespace.c - mount namespaces: their lifetime, what belongs to them, and the
 * news of their changes.
 *
 * A namespace is a root mount and the mounts attached below it. What makes a mount
 * attached is its ns pointer: such a mount keeps others from removing its mount point in
 * that namespace, and counts against mount_max. The namespace holds a
 * reference on its root besides the root's tree reference, so that the root
 * stays a place even after it was lazily unmounted.
 *
 * A detached tree has a namespace, too, which nobody is in: it says what may be done with
 * the tree, and ends with its last mount.
 *
 * DIFF-LINUX: there is no mount below a namespace's root (Linux has an empty one there, that
 * nobody sees). So the root is shown as its own parent, and it can be pivoted away.
 */
#include "mount/internal.h"

#include <errno.h>

#include "vfs/object/cred.h"
#include "vfs/object/dentry.h"
#include "vfs/object/userns.h"

/*
 * The mounts of a namespace
 */

void vfs_mntns_touch_locked(struct vfs_mntns *ns)
{
        vfs_store(&ns->event, ns->event + 1);
        vfs_mutex_lock(&ns->watch_lock, VFS_LOCK_LEAF);
        for (struct vfs_mntns_watch *w = ns->watches; w != NULL; w = w->next)
                w->changed(w);
        vfs_mutex_unlock(&ns->watch_lock, VFS_LOCK_LEAF);
}

void vfs_mntns_add_locked(struct vfs_mntns *ns, struct vfs_mount *m)
{
        m->ns = ns;
        vfs_mount_list_add(&ns->list, m);
}

void vfs_mntns_add_tree_locked(struct vfs_mntns *ns, struct vfs_mount *top)
{
        for (struct vfs_mount *m = top; m != NULL; m = vfs_mount_next_locked(m, top))
                vfs_mntns_add_locked(ns, m);
}

void vfs_mntns_remove_locked(struct vfs_mount *m)
{
        struct vfs_mntns *ns = m->ns;

        vfs_mount_list_remove(&ns->list, m);
        m->ns = NULL;
        if (ns->detached && ns->list.count == 0)
                vfs_mntns_free_locked(ns);
        else
                vfs_mntns_touch_locked(ns);
}

bool vfs_mount_is_ours(const struct vfs_ctx *ctx, const struct vfs_mount *m)
{
        return m->ns != NULL && m->ns == ctx->mntns;
}

bool vfs_mount_is_usable(const struct vfs_ctx *ctx, const struct vfs_mount *m)
{
        if (m->ns == NULL || !m->ns->detached)
                return vfs_mount_is_ours(ctx, m);
        return m->ns->origin == 0 || m->ns->origin == ctx->mntns->id;
}

bool vfs_mount_is_detached_root(const struct vfs_mount *m)
{
        return m->ns != NULL && m->ns->detached && m->ns->root == m;
}

int vfs_mount_may_change_propagation(const struct vfs_ctx *ctx, const struct vfs_mount *m)
{
        if (m->ns == NULL)
                return -EINVAL;
        return vfs_cred_ns_capable(ctx->cred, m->ns->owner, VFS_CAP_SYS_ADMIN) ? 0 : -EPERM;
}

bool vfs_may_mount(const struct vfs_ctx *ctx)
{
        return vfs_cred_ns_capable(ctx->cred, ctx->mntns->owner, VFS_CAP_SYS_ADMIN);
}

bool vfs_mount_may_suid(const struct vfs_ctx *ctx, const struct vfs_mount *m)
{
        bool ours;

        vfs_mounts_lock(ctx->vfs);
        ours = vfs_mount_is_ours(ctx, m);
        vfs_mutex_unlock(&ctx->vfs->mount_lock, VFS_LOCK_MOUNT);
        return ours && !(vfs_load_relaxed(&m->flags) & VFS_MS_NOSUID) &&
               vfs_userns_is_below(vfs_cred_userns(ctx->cred), m->fs->userns);
}

/*
 * Lifetime
 */

int vfs_mntns_alloc(struct vfs *vfs, struct vfs_userns *owner, struct vfs_mntns **ret_ns)
{
        struct vfs_mounts *mounts = vfs_mounts_of(vfs);
        struct vfs_mntns *ns = vfs_zalloc(&vfs->allocator, sizeof(*ns));

        if (ns == NULL)
                return -ENOMEM;
        ns->vfs = vfs;
        ns->owner = vfs_userns_get(owner);
        ns->refs = 1;
        vfs_mounts_lock(vfs);
        ns->id = ++mounts->last_mntns_id;
        ns->next = mounts->namespaces;
        ns->prev = &mounts->namespaces;
        if (ns->next != NULL)
                ns->next->prev = &ns->next;
        mounts->namespaces = ns;
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        *ret_ns = ns;
        return 0;
}

void vfs_mntns_free_locked(struct vfs_mntns *ns)
{
        struct vfs *vfs = ns->vfs;

        vfs_assert(ns->list.count == 0 && ns->watches == NULL);
        *ns->prev = ns->next;
        if (ns->next != NULL)
                ns->next->prev = ns->prev;
        vfs_mount_list_fini(&ns->list, vfs);
        vfs_userns_put(ns->owner);
        vfs_dealloc(&vfs->allocator, ns, sizeof(*ns));
}

int vfs_mntns_new(struct vfs *vfs, const struct vfs_cred *cred, const char *source, const char *type,
                  uint32_t flags, const char *data, struct vfs_mntns **ret_ns)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs_filesystem *fs;
        struct vfs_dentry *root;
        struct vfs_mntns *ns;
        int r;

        r = vfs_mount_new_filesystem(vfs, cred, NULL, source, type, flags, data, &fs, &root);
        if (r < 0)
                return r;
        r = vfs_mntns_alloc(vfs, vfs_cred_userns(cred), &ns);
        if (r < 0)
                goto out;
        vfs_mounts_lock(vfs);
        r = vfs_mount_list_reserve(&ns->list, vfs, 1);
        if (r == 0)
                r = vfs_mount_new_locked(vfs, fs, root, vfs_mount_parse_flags(flags), &ns->root);
        if (r == 0) {
                vfs_mntns_add_locked(ns, ns->root);
                vfs_mount_get(ns->root);
                vfs_track_ref(&vfs->track, ns, "namespace", 1);
                *ret_ns = ns;
        } else {
                vfs_mntns_free_locked(ns);
        }
        vfs_mounts_unlock(vfs, &drops);
out:
        vfs_dentry_put(root);
        vfs_filesystem_put(fs);
        return r;
}

/* Where path is in the copy: the mount beside the one that it was on. Left alone if it is not in the tree. */
static void vfs_mntns_translate(const struct vfs_mount *from, struct vfs_mount *to,
                                const struct vfs_path *path, struct vfs_path *ret_path)
{
        if (ret_path == NULL || path->mount != from)
                return;
        *ret_path = (struct vfs_path){ to, path->dentry };
}

/* Errors: ENOMEM. */
static int vfs_mntns_copy_locked(const struct vfs_ctx *ctx, struct vfs_mntns *ns,
                                 struct vfs_mount_drops *drops, struct vfs_path *ret_root,
                                 struct vfs_path *ret_cwd)
{
        struct vfs_mount *old = ctx->mntns->root, *new_root, *from, *to;
        const bool foreign = ns->owner != ctx->mntns->owner;
        int r;

        r = vfs_mount_copy_tree_locked(old, old->root, VFS_COPY_UNBINDABLE | (foreign ? VFS_COPY_SLAVE : 0),
                                       false, drops, &new_root);
        if (r < 0)
                return r;
        r = vfs_mount_list_reserve(&ns->list, ns->vfs, vfs_mount_count_locked(new_root));
        if (r < 0) {
                vfs_umount_tree_locked(drops, new_root, VFS_UMOUNT_APART);
                return r;
        }
        if (foreign)
                vfs_mount_lock_tree_locked(new_root);
        /* The top of a copy is not locked, but on Linux the root is not its top. */
        vfs_mount_set_locked(new_root, foreign || vfs_mount_locked(old));
        ns->root = new_root;
        vfs_mount_get(new_root);
        vfs_mntns_add_tree_locked(ns, new_root);
        /* The trees are the same, but for what is on a point that was moved out of the root's sight. */
        from = old;
        for (to = new_root; to != NULL; to = vfs_mount_next_locked(to, new_root)) {
                while (from->root != to->root || (from != old && from->point != to->point))
                        from = vfs_mount_skip_locked(from, old);
                vfs_mntns_translate(from, to, &ctx->root, ret_root);
                vfs_mntns_translate(from, to, &ctx->cwd, ret_cwd);
                from = vfs_mount_next_locked(from, old);
        }
        return 0;
}

int vfs_mntns_clone(const struct vfs_ctx *ctx, struct vfs_userns *owner, struct vfs_mntns **ret_ns,
                    struct vfs_path *ret_root, struct vfs_path *ret_cwd)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs_path root = ctx->root, cwd = ctx->cwd;
        struct vfs *vfs = ctx->vfs;
        struct vfs_mntns *ns;
        int r;

        if (!vfs_cred_ns_capable(ctx->cred, owner, VFS_CAP_SYS_ADMIN))
                return -EPERM;
        r = vfs_mntns_alloc(vfs, owner, &ns);
        if (r < 0)
                return r;
        vfs_mounts_lock(vfs);
        r = vfs_mntns_copy_locked(ctx, ns, &drops, &root, &cwd);
        if (r == 0) {
                vfs_track_ref(&vfs->track, ns, "namespace", 1);
                *ret_ns = ns;
                if (ret_root != NULL) {
                        *ret_root = root;
                        vfs_path_get(ret_root);
                }
                if (ret_cwd != NULL) {
                        *ret_cwd = cwd;
                        vfs_path_get(ret_cwd);
                }
        } else {
                vfs_mntns_free_locked(ns);
        }
        vfs_mounts_unlock(vfs, &drops);
        return r;
}

int vfs_mntns_enter(const struct vfs_ctx *ctx, struct vfs_mntns *ns, struct vfs_path *ret_root)
{
        struct vfs_userns *home = vfs_cred_userns(ctx->cred);

        if (!vfs_cred_ns_capable(ctx->cred, ns->owner, VFS_CAP_SYS_ADMIN) ||
            !vfs_cred_ns_capable(ctx->cred, home, VFS_CAP_SYS_CHROOT) ||
            !vfs_cred_ns_capable(ctx->cred, home, VFS_CAP_SYS_ADMIN))
                return -EPERM;
        vfs_mntns_root(ns, ret_root);
        return 0;
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
        struct vfs_mount *root;
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
        root = ns->root;
        if (root->ns == ns)
                vfs_umount_tree_locked(&drops, root, VFS_UMOUNT_APART);
        vfs_mntns_free_locked(ns);
        vfs_mounts_unlock(vfs, &drops);
        vfs_mount_put(root);
}

/*
 * Asking
 */

static struct vfs_mount *vfs_mntns_top_locked(const struct vfs_mntns *ns)
{
        return vfs_mount_topmost_locked(ns->root);
}

void vfs_mntns_root(struct vfs_mntns *ns, struct vfs_path *ret_root)
{
        struct vfs_mount *m;

        /* mount_lock rather than an epoch section: this cannot fail, so it must not need a thread record. */
        vfs_mounts_lock(ns->vfs);
        m = vfs_mntns_top_locked(ns);
        *ret_root = (struct vfs_path){ m, m->root };
        vfs_path_get(ret_root);
        vfs_mutex_unlock(&ns->vfs->mount_lock, VFS_LOCK_MOUNT);
}

uint64_t vfs_mntns_id(const struct vfs_mntns *ns)
{
        return ns->id;
}

struct vfs_userns *vfs_mntns_owner(const struct vfs_mntns *ns)
{
        return ns->owner;
}

uint64_t vfs_mntns_event(const struct vfs_mntns *ns)
{
        return vfs_load(&ns->event);
}

void vfs_mntns_watch_add(struct vfs_mntns *ns, struct vfs_mntns_watch *watch)
{
        vfs_mutex_lock(&ns->watch_lock, VFS_LOCK_LEAF);
        watch->next = ns->watches;
        watch->prev = &ns->watches;
        if (watch->next != NULL)
                watch->next->prev = &watch->next;
        ns->watches = watch;
        vfs_mutex_unlock(&ns->watch_lock, VFS_LOCK_LEAF);
}

void vfs_mntns_watch_remove(struct vfs_mntns *ns, struct vfs_mntns_watch *watch)
{
        vfs_mutex_lock(&ns->watch_lock, VFS_LOCK_LEAF);
        *watch->prev = watch->next;
        if (watch->next != NULL)
                watch->next->prev = watch->prev;
        vfs_mutex_unlock(&ns->watch_lock, VFS_LOCK_LEAF);
}

void vfs_ctx_init(struct vfs_ctx *ctx, struct vfs_mntns *ns, const struct vfs_cred *cred)
{
        struct vfs_mount *m;

        vfs_mounts_lock(ns->vfs);
        m = vfs_mntns_top_locked(ns);
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
