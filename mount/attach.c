/*
 * attach.c - trees of mounts come to be mounted: new filesystems, binds, detached trees,
 * and mounts that move.
 *
 * Everything that allocates or enters a filesystem happens first; then, under
 * mount_lock, the target is found again (something may have been mounted on it
 * meanwhile, and a new mount goes on top of that) and pinned, by which rmdir and unlink
 * exclude new mounts; then the copies for all places that the mount propagates to are
 * made, and room is reserved for them; then nothing can fail.
 *
 * Where something is mounted already at such a place, it goes on top of the copy: what was
 * seen there is seen still. The same happens when a mount is moved beneath another.
 *
 * A tree is connected with its top last, so that lookups see all of it at once: nobody
 * comes to a mount that others of the tree cover.
 */
#include "mount/internal.h"

#include <errno.h>

#include "vfs/object/fs_context.h"

/* The copies of one operation: their tops, linked by work_next. Where each goes is in drop_parent, borrowed. */
struct vfs_mount_copies {
        struct vfs_mount *first, **tail;
        uint32_t count; /* tops */
};

/*
 * Room in a namespace
 */

/* Counts mounts that are to come to ns, against its limit. Errors: ENOSPC. */
static int vfs_mntns_expect_locked(struct vfs_mntns *ns, uint32_t n)
{
        const uint64_t max = ns->vfs->config.mount_max;

        if ((uint64_t)ns->list.count + ns->expected + n > max)
                return -ENOSPC;
        ns->expected += n;
        return 0;
}

/*
 * The copies
 */

/* Does the event on (parent, point) reach m? */
static bool vfs_mount_is_receiver(struct vfs_mount *m, const struct vfs_mount *parent,
                                  struct vfs_dentry *point)
{
        /* Those without a namespace are copies of this very operation. */
        if (m == parent || m->ns == NULL || m->ns->detached)
                return false;
        return m->root == parent->root || vfs_mount_dentry_is_below(m->vfs, point, m->root);
}

/*
 * The copies for one group. The first is a slave of the copy further up that g->master got, the others are
 * peers of it. Of a group that gets none, those below it are slaves of what is further up.
 */
static int vfs_mount_copy_to_group(struct vfs_peers *g, struct vfs_peers *top, struct vfs_mount *source,
                                   struct vfs_mount *parent, struct vfs_dentry *point,
                                   struct vfs_mount_copies *copies, struct vfs_mount_drops *drops)
{
        uint32_t how = VFS_COPY_SLAVE | (g->id != 0 ? VFS_COPY_SHARED : 0);
        struct vfs_mount *copy;
        int r;

        g->work_copy = g == top ? source : g->master->work_copy;
        if (g == top)
                how = VFS_COPY_SHARED;
        for (struct vfs_mount *m = g->members; m != NULL; m = m->peer_next) {
                if (!vfs_mount_is_receiver(m, parent, point))
                        continue;
                /* What moves may receive itself; until it has moved it is not shared. */
                if ((m->state & VFS_MOUNT_NEWLY_SHARED) && g != top)
                        how &= ~VFS_COPY_SHARED;
                r = vfs_mount_copy_tree_locked(g->work_copy, g->work_copy->root, how, false, drops, &copy);
                if (r < 0)
                        return r;
                copy->drop_parent = m;
                *copies->tail = copy;
                copies->tail = &copy->work_next;
                copies->count++;
                g->work_copy = copy;
                how = VFS_COPY_SHARED;
                r = vfs_mntns_expect_locked(m->ns, vfs_mount_count_locked(copy));
                if (r < 0)
                        return r;
        }
        return 0;
}

static int vfs_mount_make_copies(struct vfs_mount *source, struct vfs_mount *parent, struct vfs_dentry *point,
                                 struct vfs_mount_copies *copies, struct vfs_mount_drops *drops)
{
        struct vfs_peers *top = parent->peers;
        int r = 0;

        for (struct vfs_peers *g = top; g != NULL && r == 0; g = vfs_peers_next_locked(g, top))
                r = vfs_mount_copy_to_group(g, top, source, parent, point, copies, drops);
        return r;
}

/* Room for all that is to be connected, so that nothing can fail any more. Errors: ENOMEM. */
static int vfs_mount_make_room(struct vfs_mntns *ns, const struct vfs_mount_copies *copies)
{
        int r = vfs_mounts_reserve_locked(ns->vfs, copies->count + 1);

        if (r == 0)
                r = vfs_mount_list_reserve(&ns->list, ns->vfs, ns->expected);
        for (struct vfs_mount *m = copies->first; m != NULL && r == 0; m = m->work_next) {
                ns = m->drop_parent->ns;
                r = vfs_mount_list_reserve(&ns->list, ns->vfs, ns->expected);
        }
        return r;
}

/* Connects a finished tree over (parent, point), beneath what is there. */
static void vfs_mount_place(const struct vfs_ctx *ctx, struct vfs_mount *top, struct vfs_mount *parent,
                            struct vfs_dentry *point, struct vfs_mount_drops *drops)
{
        struct vfs_mount *there = vfs_mount_at_locked(parent, point), *over;
        struct vfs_mount_step steps[2] = { { top, parent, point } };

        if (parent->ns->owner != ctx->mntns->owner)
                vfs_mount_lock_tree_locked(top);
        if (there != NULL) {
                over = vfs_mount_topmost_locked(top);
                steps[1] = (struct vfs_mount_step){ there, over, over->root };
        }
        if (top->ns == NULL)
                vfs_mntns_add_tree_locked(parent->ns, top);
        vfs_mounts_reconnect_locked(steps, there != NULL ? 2 : 1, drops);
        vfs_mntns_touch_locked(parent->ns);
}

int vfs_mount_attach_locked(const struct vfs_ctx *ctx, struct vfs_mount *source, struct vfs_mount *parent,
                            struct vfs_dentry *point, struct vfs_mount_drops *drops)
{
        struct vfs_mount_copies copies = { .tail = &copies.first };
        const bool shared = vfs_mount_is_shared(parent);
        struct vfs_mntns *ns = parent->ns;
        struct vfs_mount *m, *next;
        int r = 0;

        /* What is shown there was removed. */
        if (vfs_load_relaxed(&vfs_mount_topmost_locked(source)->root->word) & VFS_D_DEAD)
                return -ENOENT;
        if (source->parent == NULL)
                r = vfs_mntns_expect_locked(ns, vfs_mount_count_locked(source));
        if (r == 0 && shared) {
                /* What is mounted on a shared mount is shared. */
                r = vfs_mount_change_prepare_locked(source, VFS_MS_SHARED, true);
                if (r == 0)
                        r = vfs_mount_make_copies(source, parent, point, &copies, drops);
        }
        if (r == 0)
                r = vfs_mount_make_room(ns, &copies);
        ns->expected = 0;
        for (m = copies.first; m != NULL; m = next) {
                next = m->work_next;
                m->drop_parent->ns->expected = 0;
                if (r == 0)
                        continue;
                m->drop_parent = NULL;
                vfs_umount_tree_locked(drops, m, VFS_UMOUNT_APART);
        }
        if (r < 0) {
                if (shared)
                        vfs_mount_change_abort_locked(source, true);
                return r;
        }

        if (shared)
                vfs_mount_change_commit_locked(source, VFS_MS_SHARED, true);
        if (source->parent == NULL && source->ns != NULL) {
                for (m = source; m != NULL; m = vfs_mount_next_locked(m, source))
                        vfs_mntns_remove_locked(m);
        }
        vfs_mount_place(ctx, source, parent, point, drops);
        for (m = copies.first; m != NULL; m = next) {
                struct vfs_mount *receiver = m->drop_parent;

                next = m->work_next;
                m->drop_parent = NULL;
                vfs_mount_place(ctx, m, receiver, point, drops);
        }
        return 0;
}

/*
 * Mounting
 */

int vfs_mount_target_locked(const struct vfs_path *path, struct vfs_path *ret_target)
{
        vfs_mount_top_locked(path, ret_target);
        return ret_target->mount->ns == NULL ? -ENOENT : vfs_mount_pin_locked(ret_target->dentry);
}

/* Puts a new tree over target, which is pinned. Errors: ENOTDIR; attach's. */
static int vfs_mount_graft_locked(const struct vfs_ctx *ctx, struct vfs_mount *top,
                                  const struct vfs_path *target, struct vfs_mount_drops *drops)
{
        if ((vfs_load_relaxed(&target->dentry->word) ^ vfs_load_relaxed(&top->root->word)) & VFS_D_DIR)
                return -ENOTDIR;
        return vfs_mount_attach_locked(ctx, top, target->mount, target->dentry, drops);
}

int vfs_mount_new_filesystem(struct vfs *vfs, const struct vfs_cred *cred, const struct vfs_ctx *ctx,
                             const char *source, const char *type, uint64_t flags, const char *data,
                             struct vfs_filesystem **ret_fs, struct vfs_dentry **ret_root)
{
        const struct vfs_fstype *fstype;
        struct vfs_fs_context *fc;
        int r;

        if (type == NULL)
                return -EINVAL;
        fstype = vfs_fstype_find(vfs, type);
        if (fstype == NULL)
                return -ENODEV;
        r = vfs_fs_context_new(vfs, fstype, cred, ctx, (uint32_t)flags & VFS_FS_FLAGS, &fc);
        if (r < 0)
                return r;
        if (source != NULL)
                r = vfs_fs_context_parse_string(fc, "source", source);
        if (r == 0)
                r = vfs_fs_context_parse_data(fc, data);
        if (r == 0 && ctx != NULL && !vfs_fs_context_may_create(fc, cred))
                r = -EPERM;
        if (r == 0)
                r = vfs_fs_context_get_tree(fc);
        if (r == 0) {
                *ret_fs = fc->fs;
                *ret_root = fc->root;
                vfs_filesystem_get(fc->fs);
                vfs_dentry_get(fc->root);
        }
        vfs_fs_context_free(fc);
        return r;
}

int vfs_mount_new_at(const struct vfs_ctx *ctx, const struct vfs_path *target, const char *source,
                     const char *type, uint64_t flags, const char *data)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs *vfs = ctx->vfs;
        struct vfs_filesystem *fs;
        struct vfs_dentry *root;
        struct vfs_mount *m = NULL;
        struct vfs_path top;
        int r;

        r = vfs_mount_new_filesystem(vfs, ctx->cred, ctx, source, type, flags, data, &fs, &root);
        if (r < 0)
                return r;
        vfs_mounts_lock(vfs);
        r = vfs_mount_target_locked(target, &top);
        if (r < 0)
                goto out;
        if (!vfs_mount_is_ours(ctx, top.mount))
                r = -EINVAL;
        else if (top.mount->fs == fs && top.dentry == top.mount->root)
                r = -EBUSY; /* the same filesystem twice at one place */
        else
                r = vfs_mount_new_locked(vfs, fs, root, vfs_mount_parse_flags(flags), &m);
        if (r == 0) {
                r = vfs_mount_graft_locked(ctx, m, &top, &drops);
                if (r < 0)
                        vfs_umount_tree_locked(&drops, m, VFS_UMOUNT_APART);
        }
        vfs_mount_unpin_locked(top.dentry);
out:
        vfs_mounts_unlock(vfs, &drops);
        vfs_dentry_put(root);
        vfs_filesystem_put(fs);
        return r;
}

int vfs_mount_bind_at(const struct vfs_ctx *ctx, const struct vfs_path *source, const struct vfs_path *target,
                      uint64_t flags)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs *vfs = ctx->vfs;
        struct vfs_mount *copy;
        struct vfs_path top;
        int r;

        vfs_mounts_lock(vfs);
        /* Linux finds a removed target before it looks at the source. */
        r = vfs_mount_target_locked(target, &top);
        if (r < 0)
                goto out;
        r = vfs_mount_is_ours(ctx, top.mount) ? 0 : -EINVAL;
        if (r == 0)
                r = vfs_mount_copy_bind_locked(ctx, source, (flags & VFS_MS_REC) != 0, &drops, &copy);
        if (r == 0) {
                r = vfs_mount_graft_locked(ctx, copy, &top, &drops);
                if (r < 0)
                        vfs_umount_tree_locked(&drops, copy, VFS_UMOUNT_APART);
        }
        vfs_mount_unpin_locked(top.dentry);
out:
        vfs_mounts_unlock(vfs, &drops);
        return r;
}

/*
 * Detached trees
 */

/* Makes top's tree that of a namespace of its own. Errors: ENOMEM; then top is abandoned. */
static int vfs_mount_detach_new_locked(const struct vfs_ctx *ctx, struct vfs_mntns *ns, struct vfs_mount *top,
                                       struct vfs_mount_drops *drops, struct vfs_path *ret_root)
{
        int r = vfs_mount_list_reserve(&ns->list, ctx->vfs, vfs_mount_count_locked(top));

        if (r < 0) {
                vfs_umount_tree_locked(drops, top, VFS_UMOUNT_APART);
                return r;
        }
        ns->detached = true;
        ns->root = top;
        vfs_mntns_add_tree_locked(ns, top);
        *ret_root = (struct vfs_path){ top, top->root };
        vfs_path_get(ret_root);
        return 0;
}

int vfs_mount_detached_copy(const struct vfs_ctx *ctx, const struct vfs_path *source, bool recurse,
                            struct vfs_path *ret_root)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs *vfs = ctx->vfs;
        struct vfs_mount *top;
        struct vfs_mntns *ns;
        int r;

        r = vfs_mntns_alloc(vfs, ctx->mntns->owner, &ns);
        if (r < 0)
                return r;
        vfs_mounts_lock(vfs);
        r = vfs_mount_copy_bind_locked(ctx, source, recurse, &drops, &top);
        if (r == 0) {
                const struct vfs_mntns *from = source->mount->ns;

                ns->origin = from->detached ? from->origin : from->id;
                r = vfs_mount_detach_new_locked(ctx, ns, top, &drops, ret_root);
        }
        if (r < 0)
                vfs_mntns_free_locked(ns);
        vfs_mounts_unlock(vfs, &drops);
        return r;
}

int vfs_mount_detached_new(const struct vfs_ctx *ctx, struct vfs_filesystem *fs, struct vfs_dentry *root,
                           uint32_t flags, struct vfs_path *ret_root)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs *vfs = ctx->vfs;
        struct vfs_mount *top;
        struct vfs_mntns *ns;
        int r;

        r = vfs_mntns_alloc(vfs, ctx->mntns->owner, &ns);
        if (r < 0)
                return r;
        vfs_mounts_lock(vfs);
        r = vfs_mount_new_locked(vfs, fs, root, flags, &top);
        if (r == 0)
                r = vfs_mount_detach_new_locked(ctx, ns, top, &drops, ret_root);
        if (r < 0)
                vfs_mntns_free_locked(ns);
        vfs_mounts_unlock(vfs, &drops);
        return r;
}

int vfs_mount_new_internal(struct vfs *vfs, struct vfs_filesystem *fs, struct vfs_dentry *root,
                           struct vfs_mount **ret_mount)
{
        int r;

        vfs_mounts_lock(vfs);
        r = vfs_mount_new_locked(vfs, fs, root, 0, ret_mount);
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        return r;
}

void vfs_mount_dissolve(struct vfs_mount *m)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs *vfs = m->vfs;

        vfs_mounts_lock(vfs);
        if (vfs_mount_is_detached_root(m))
                vfs_umount_tree_locked(&drops, m, VFS_UMOUNT_CONNECTED);
        vfs_mounts_unlock(vfs, &drops);
}
