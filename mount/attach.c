/*
 * attach.c - mounts come to be mounted: new filesystems and binds.
 *
 * Everything that allocates or enters a filesystem happens first; then, under
 * mount_lock, the target is found again (something may have been mounted on it
 * meanwhile, and a new mount goes on top of that) and checked under its dentry's
 * lock, by which rmdir and unlink exclude new mounts; then nothing can fail.
 *
 * A tree of mounts (a recursive bind) is built as a list of copies, still
 * unconnected, that note where each one belongs; connecting them ends with the
 * top, so that lookups see all of it at once: nobody comes to a mount that others
 * of the tree cover.
 *
 * Limits: propagation (MS_SHARED and its relatives) and MS_MOVE are EINVAL.
 */
#include "mount/internal.h"

#include <errno.h>

#include "vfs/object/dentry.h"

/*
 * Connecting and disconnecting
 */

void vfs_mount_connect_locked(struct vfs_mount *m, struct vfs_mount *parent, struct vfs_dentry *point)
{
        struct vfs *vfs = m->vfs;
        struct vfs_mounts *mounts = vfs_mounts_of(vfs);

        vfs_assert(m->parent == NULL);
        vfs_mount_get(parent);
        vfs_dentry_get(point);
        /* Before the flag: who sees that sees this. */
        vfs_store_relaxed(&point->only_mount, point->mounts == 0 ? m : NULL);
        if (point->mounts++ == 0)
                vfs_dentry_set_flags_locked(point, VFS_D_MOUNTED, 0);

        m->sibling_next = NULL;
        m->sibling_prev = parent->children_tail;
        *parent->children_tail = m;
        parent->children_tail = &m->sibling_next;

        vfs_seq_write_begin(&mounts->table.seq);
        vfs_store_relaxed(&m->parent, parent);
        vfs_store_relaxed(&m->point, point);
        vfs_mount_table_insert_seq(&mounts->table, m);
        vfs_seq_write_end(&mounts->table.seq);
        vfs_mount_points_add(&mounts->points, m);
}

void vfs_mount_disconnect_locked(struct vfs_mount *m)
{
        struct vfs_mounts *mounts = vfs_mounts_of(m->vfs);
        struct vfs_mount *parent = m->parent;
        struct vfs_dentry *point = m->point;

        vfs_mount_points_remove(&mounts->points, m);
        vfs_seq_write_begin(&mounts->table.seq);
        vfs_mount_table_remove_seq(&mounts->table, m);
        vfs_store_relaxed(&m->parent, NULL);
        vfs_store_relaxed(&m->point, NULL);
        vfs_seq_write_end(&mounts->table.seq);

        *m->sibling_prev = m->sibling_next;
        if (m->sibling_next != NULL)
                m->sibling_next->sibling_prev = m->sibling_prev;
        else
                parent->children_tail = m->sibling_prev;

        vfs_mutex_lock(&point->lock, VFS_LOCK_DENTRY);
        if (vfs_load_relaxed(&point->only_mount) == m)
                vfs_store_relaxed(&point->only_mount, NULL);
        if (--point->mounts == 0)
                vfs_dentry_set_flags_locked(point, 0, VFS_D_MOUNTED);
        vfs_mutex_unlock(&point->lock, VFS_LOCK_DENTRY);

        /* A mount that stayed connected to a detached parent holds no reference on that. */
        m->drop_point = point;
        m->drop_parent = m->ns != NULL ? parent : NULL;
}

struct vfs_mount *vfs_mount_next_locked(struct vfs_mount *m, struct vfs_mount *top)
{
        if (m->children != NULL)
                return m->children;
        for (; m != top; m = m->parent) {
                if (m->sibling_next != NULL)
                        return m->sibling_next;
        }
        return NULL;
}

/*
 * Attaching a list of mounts
 */

/*
 * New mounts that are not connected yet, in pre-order. Of each but the first,
 * drop_parent and drop_point tell where it belongs (borrowed).
 */
struct vfs_mount_build {
        struct vfs_mount *first, *last;
        uint32_t count;
};

static void vfs_mount_build_add(struct vfs_mount_build *build, struct vfs_mount *m, struct vfs_mount *parent,
                                struct vfs_dentry *point)
{
        m->drop_parent = parent;
        m->drop_point = point;
        m->drop_next = NULL;
        if (build->last != NULL)
                build->last->drop_next = m;
        else
                build->first = m;
        build->last = m;
        build->count++;
}

static void vfs_mount_build_abort(struct vfs_mount_drops *drops, struct vfs_mount_build *build)
{
        struct vfs_mount *m, *next;

        for (m = build->first; m != NULL; m = next) {
                next = m->drop_next;
                m->drop_parent = NULL;
                m->drop_point = NULL;
                vfs_mount_drop_locked(drops, m);
        }
}

void vfs_mount_top_locked(const struct vfs_path *target, struct vfs_path *ret_top)
{
        struct vfs_mount *m = vfs_mount_table_lookup(target->mount->vfs->mount_table, target->mount,
                                                     target->dentry);

        *ret_top = *target;
        if (m != NULL) {
                ret_top->mount = m;
                ret_top->dentry = m->root;
        }
}

/* May build be attached over top? Errors: see vfs_mount_attach_locked. */
static int vfs_mount_check_attach_locked(const struct vfs_ctx *ctx, const struct vfs_path *top,
                                         const struct vfs_mount_build *build)
{
        const uint32_t max = ctx->vfs->config.mount_max != 0 ? ctx->vfs->config.mount_max : 100000;
        const uint64_t target = vfs_load_relaxed(&top->dentry->word);
        const uint64_t root = vfs_load_relaxed(&build->first->root->word);
        const struct vfs_mntns *ns = top->mount->ns;

        if (ns == NULL || (target & VFS_D_DEAD))
                return -ENOENT;
        if (ns != ctx->mntns)
                return -EINVAL;
        if ((target ^ root) & VFS_D_DIR)
                return -ENOTDIR;
        if (root & VFS_D_DEAD)
                return -ENOENT; /* a bind of something removed */
        return build->count > max || ns->nmounts > max - build->count ? -ENOSPC : 0;
}

/*
 * Attaches build over top, in the namespace of ctx; leaves it to be put when that
 * fails. Errors, in Linux's order: ENOENT (top was removed, or is in no
 * namespace), EINVAL (in another one), ENOTDIR, ENOENT (a removed root), ENOSPC,
 * ENOMEM.
 */
static int vfs_mount_attach_locked(const struct vfs_ctx *ctx, const struct vfs_path *top,
                                   struct vfs_mount_build *build, struct vfs_mount_drops *drops)
{
        struct vfs *vfs = ctx->vfs;
        struct vfs_mounts *mounts = vfs_mounts_of(vfs);
        struct vfs_mount *first = build->first, *m, *next;
        bool dead;
        int r;

        r = vfs_mount_check_attach_locked(ctx, top, build);
        if (r == 0)
                r = vfs_mount_table_reserve(&mounts->table, vfs, build->count);
        if (r == 0)
                r = vfs_mount_points_reserve(&mounts->points, vfs, build->count);
        if (r < 0) {
                vfs_mount_build_abort(drops, build);
                return r;
        }

        vfs_mntns_add_locked(ctx->mntns, first);
        for (m = first->drop_next; m != NULL; m = next) {
                struct vfs_dentry *point = m->drop_point;

                next = m->drop_next;
                vfs_mntns_add_locked(ctx->mntns, m);
                vfs_mutex_lock(&point->lock, VFS_LOCK_DENTRY);
                vfs_mount_connect_locked(m, m->drop_parent, point);
                vfs_mutex_unlock(&point->lock, VFS_LOCK_DENTRY);
                m->drop_parent = NULL;
                m->drop_point = NULL;
        }
        vfs_mutex_lock(&top->dentry->lock, VFS_LOCK_DENTRY);
        dead = (vfs_load_relaxed(&top->dentry->word) & VFS_D_DEAD) != 0;
        if (!dead)
                vfs_mount_connect_locked(first, top->mount, top->dentry);
        vfs_mutex_unlock(&top->dentry->lock, VFS_LOCK_DENTRY);
        if (!dead)
                return 0;
        /* Removed meanwhile. */
        vfs_umount_tree_locked(drops, first, VFS_UMOUNT_APART);
        return -ENOENT;
}

/*
 * New mounts
 */

uint32_t vfs_mount_parse_flags(uint64_t flags)
{
        uint32_t f = (uint32_t)flags & (VFS_MOUNT_FLAGS & ~VFS_MS_RELATIME);

        if (flags & VFS_MS_STRICTATIME)
                f &= ~VFS_MS_NOATIME;
        else if (!(flags & VFS_MS_NOATIME))
                f |= VFS_MS_RELATIME;
        return f;
}

int vfs_mount_new_filesystem(struct vfs *vfs, const struct vfs_cred *cred, const char *source,
                             const char *type, uint64_t flags, const char *data,
                             struct vfs_filesystem **ret_fs, struct vfs_dentry **ret_root)
{
        const struct vfs_fstype *fstype;
        struct vfs_filesystem *fs;
        struct vfs_dentry *root;
        int r;

        if (type == NULL)
                return -EINVAL;
        fstype = vfs_fstype_find(vfs, type);
        if (fstype == NULL)
                return -ENODEV;
        r = fstype->mount(fstype, vfs, cred, source, data, &fs, &root);
        if (r < 0)
                return r;
        /* Nobody else sees the filesystem yet, unless the type hands out one that is already mounted. */
        vfs_mounts_lock(vfs);
        vfs_store_relaxed(&fs->flags, fs->flags | ((uint32_t)flags & VFS_FS_FLAGS));
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        *ret_fs = fs;
        *ret_root = root;
        return 0;
}

int vfs_mount_new_at(const struct vfs_ctx *ctx, const struct vfs_path *target, const char *source,
                     const char *type, uint64_t flags, const char *data)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs_mount_build build = { NULL, NULL, 0 };
        struct vfs *vfs = ctx->vfs;
        struct vfs_filesystem *fs;
        struct vfs_dentry *root;
        struct vfs_mount *m;
        struct vfs_path top;
        int r;

        r = vfs_mount_new_filesystem(vfs, ctx->cred, source, type, flags, data, &fs, &root);
        if (r < 0)
                return r;
        vfs_mounts_lock(vfs);
        vfs_mount_top_locked(target, &top);
        if (top.mount->ns == ctx->mntns && top.mount->fs == fs && top.dentry == top.mount->root) {
                /* The same filesystem twice at one place. */
                r = -EBUSY;
                goto out;
        }
        r = vfs_mount_new_locked(vfs, fs, root, vfs_mount_parse_flags(flags), &m);
        if (r < 0)
                goto out;
        vfs_mount_build_add(&build, m, NULL, NULL);
        r = vfs_mount_attach_locked(ctx, &top, &build, &drops);
out:
        vfs_mounts_unlock(vfs, &drops);
        vfs_dentry_put(root);
        vfs_filesystem_put(fs);
        return r;
}

/*
 * Binds
 */

/* Is d equal to or below ancestor, in one filesystem? */
static bool vfs_mount_dentry_is_below(struct vfs *vfs, struct vfs_dentry *d,
                                      const struct vfs_dentry *ancestor)
{
        vfs_mutex_lock(&vfs->tree_lock, VFS_LOCK_TREE);
        while (d != ancestor && vfs_load_relaxed(&d->parent) != d)
                d = vfs_load_relaxed(&d->parent);
        vfs_mutex_unlock(&vfs->tree_lock, VFS_LOCK_TREE);
        return d == ancestor;
}

static int vfs_mount_copy_locked(struct vfs_mount_build *build, const struct vfs_mount *source,
                                 struct vfs_dentry *root, struct vfs_mount *parent)
{
        struct vfs_mount *m;
        int r;

        r = vfs_mount_new_locked(source->vfs, source->fs, root, vfs_load_relaxed(&source->flags), &m);
        if (r < 0)
                return r;
        vfs_mount_build_add(build, m, parent, parent != NULL ? source->point : NULL);
        return 0;
}

/* Copies source from root down, and with recurse what is mounted below root. Errors: ENOMEM. */
static int vfs_mount_copy_tree_locked(struct vfs_mount_build *build, struct vfs_mount *source,
                                      struct vfs_dentry *root, bool recurse)
{
        struct vfs_mount *child, *m, *from, *copy;
        int r;

        r = vfs_mount_copy_locked(build, source, root, NULL);
        if (r < 0 || !recurse)
                return r;
        for (child = source->children; child != NULL; child = child->sibling_next) {
                if (!vfs_mount_dentry_is_below(source->vfs, child->point, root))
                        continue;
                from = source;
                copy = build->first;
                for (m = child; m != NULL; m = vfs_mount_next_locked(m, child)) {
                        for (; from != m->parent; from = from->parent)
                                copy = copy->drop_parent;
                        r = vfs_mount_copy_locked(build, m, m->root, copy);
                        if (r < 0)
                                return r;
                        from = m;
                        copy = build->last;
                }
        }
        return 0;
}

int vfs_mount_bind_at(const struct vfs_ctx *ctx, const struct vfs_path *source, const struct vfs_path *target,
                      uint64_t flags)
{
        struct vfs_mount_drops drops = { NULL };
        struct vfs_mount_build build = { NULL, NULL, 0 };
        struct vfs *vfs = ctx->vfs;
        struct vfs_path top;
        int r;

        vfs_mounts_lock(vfs);
        vfs_mount_top_locked(target, &top);
        /* Linux finds a dead target before it looks at the source. */
        if (top.mount->ns == NULL || vfs_load_relaxed(&top.dentry->word) & VFS_D_DEAD)
                r = -ENOENT;
        else if (top.mount->ns != ctx->mntns || source->mount->ns != ctx->mntns)
                r = -EINVAL;
        else
                r = vfs_mount_copy_tree_locked(&build, source->mount, source->dentry,
                                               (flags & VFS_MS_REC) != 0);
        if (r == 0)
                r = vfs_mount_attach_locked(ctx, &top, &build, &drops);
        else
                vfs_mount_build_abort(&drops, &build);
        vfs_mounts_unlock(vfs, &drops);
        return r;
}
