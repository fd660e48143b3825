/*
 * fsctx.c - a filesystem context: root, working directory and umask of the tasks
 * that share it.
 *
 * Each state of a context has a number that no other state in the instance has had
 * (until 2^32 changes have passed). A task's vfs_ctx remembers the number of the
 * state that it copied, so vfs_fsctx_refresh is a load and a compare while nothing
 * changed, also for a task that has moved from one context to another. The number
 * is stored last, under the lock; a task that sees it takes the lock to copy.
 *
 * A vfs_ctx holds references on what it copied, hence a root or a directory that
 * another task has left stays valid for a call that is under way.
 */
#include <vfs/fdtable.h>
#include <vfs/fsapi.h>
#include <vfs/ops.h>

#include <errno.h>

#include "mount/mount.h"

struct vfs_fsctx {
        struct vfs *vfs;                /* c */
        uint64_t refs;                  /* a */
        struct vfs_mutex lock;          /*    rank FDTABLE */
        uint32_t state;                 /* lock, read without it: number of this state, never 0 */
        uint32_t umask;                 /* lock */
        struct vfs_mntns *ns;           /* lock  referenced */
        struct vfs_path root;           /* lock  referenced */
        struct vfs_path cwd;            /* lock  referenced */
        struct vfs_fsctx *next, **prev; /* r  all contexts of the instance */
};
/* Lock key: a atomic, c constant after init, r vfs.registry_lock. */

static uint32_t vfs_fsctx_next_state(struct vfs *vfs)
{
        uint32_t n;

        do {
                n = vfs_fetch_add_u32(&vfs->fsctx_changes, 1) + 1;
        } while (n == 0);
        return n;
}

/*
 * A context of these members, whose references it takes over, or puts on failure. Only now
 * others find it, so it is complete.
 */
static int vfs_fsctx_make(struct vfs_mntns *ns, struct vfs_path *root, struct vfs_path *cwd, uint32_t umask,
                          struct vfs_fsctx **ret_fs)
{
        struct vfs *vfs = root->mount->vfs;
        struct vfs_fsctx *fs = vfs_mem_zalloc(vfs, sizeof(*fs));

        if (fs == NULL) {
                vfs_path_put(cwd);
                vfs_path_put(root);
                vfs_mntns_put(ns);
                return -ENOMEM;
        }
        fs->vfs = vfs;
        fs->ns = ns;
        fs->refs = 1;
        fs->state = vfs_fsctx_next_state(vfs);
        fs->umask = umask;
        fs->root = *root;
        fs->cwd = *cwd;
        vfs_mutex_lock(&vfs->registry_lock, VFS_LOCK_LEAF);
        fs->next = vfs->fsctxs;
        fs->prev = &vfs->fsctxs;
        if (fs->next != NULL)
                fs->next->prev = &fs->next;
        vfs->fsctxs = fs;
        vfs_mutex_unlock(&vfs->registry_lock, VFS_LOCK_LEAF);
        *ret_fs = fs;
        return 0;
}

int vfs_fsctx_new(struct vfs_mntns *ns, struct vfs_fsctx **ret_fs)
{
        struct vfs_path root, cwd;

        vfs_mntns_root(ns, &root);
        cwd = root;
        vfs_path_get(&cwd);
        return vfs_fsctx_make(vfs_mntns_get(ns), &root, &cwd, 022, ret_fs);
}

/* What fs consists of, at one moment; all referenced. Returns the state's number. */
static uint32_t vfs_fsctx_read(struct vfs_fsctx *fs, struct vfs_mntns **ret_ns, struct vfs_path *ret_root,
                               struct vfs_path *ret_cwd, uint32_t *ret_umask)
{
        uint32_t state;

        vfs_mutex_lock(&fs->lock, VFS_LOCK_FDTABLE);
        state = fs->state;
        *ret_umask = fs->umask;
        *ret_ns = vfs_mntns_get(fs->ns);
        *ret_root = fs->root;
        *ret_cwd = fs->cwd;
        vfs_path_get(ret_root);
        vfs_path_get(ret_cwd);
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FDTABLE);
        return state;
}

int vfs_fsctx_copy(struct vfs_fsctx *fs, struct vfs_fsctx **ret_fs)
{
        struct vfs_path root, cwd;
        struct vfs_mntns *ns;
        uint32_t umask;

        vfs_fsctx_read(fs, &ns, &root, &cwd, &umask);
        return vfs_fsctx_make(ns, &root, &cwd, umask, ret_fs);
}

struct vfs_fsctx *vfs_fsctx_get(struct vfs_fsctx *fs)
{
        vfs_fetch_add_u64(&fs->refs, 1);
        return fs;
}

void vfs_fsctx_put(struct vfs_fsctx *fs)
{
        uint64_t old;

        if (fs == NULL)
                return;
        old = vfs_fetch_add_u64(&fs->refs, (uint64_t)-1);
        vfs_check(old != 0);
        if (old != 1)
                return;
        vfs_mutex_lock(&fs->vfs->registry_lock, VFS_LOCK_LEAF);
        *fs->prev = fs->next;
        if (fs->next != NULL)
                fs->next->prev = fs->prev;
        vfs_mutex_unlock(&fs->vfs->registry_lock, VFS_LOCK_LEAF);
        vfs_path_put(&fs->cwd);
        vfs_path_put(&fs->root);
        vfs_mntns_put(fs->ns);
        vfs_mem_free(fs->vfs, fs, sizeof(*fs));
}

void vfs_fsctx_release(struct vfs_ctx *ctx)
{
        if (ctx->fsctx_seen == 0)
                return;
        vfs_path_put(&ctx->cwd);
        vfs_path_put(&ctx->root);
        vfs_mntns_put(ctx->mntns);
        ctx->mntns = NULL;
        ctx->fsctx_seen = 0;
}

void vfs_fsctx_refresh(struct vfs_fsctx *fs, struct vfs_ctx *ctx)
{
        struct vfs_path root, cwd;
        struct vfs_mntns *ns;
        uint32_t state, umask;

        if (vfs_likely(vfs_load(&fs->state) == ctx->fsctx_seen))
                return;
        state = vfs_fsctx_read(fs, &ns, &root, &cwd, &umask);
        vfs_fsctx_release(ctx);
        ctx->vfs = fs->vfs;
        ctx->mntns = ns;
        ctx->root = root;
        ctx->cwd = cwd;
        ctx->umask = umask;
        ctx->fsctx_seen = state;
}

/* Swaps in a place whose references are handed over; the old one's are dropped unlocked. */
static void vfs_fsctx_replace(struct vfs_fsctx *fs, struct vfs_path *place, struct vfs_path *with)
{
        struct vfs_path old;

        vfs_mutex_lock(&fs->lock, VFS_LOCK_FDTABLE);
        old = *place;
        *place = *with;
        vfs_store(&fs->state, vfs_fsctx_next_state(fs->vfs));
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FDTABLE);
        vfs_path_put(&old);
}

int vfs_fsctx_chdir(struct vfs_fsctx *fs, const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path)
{
        struct vfs_path place;
        int r = vfs_chdir(ctx, dir, path, &place);

        if (r < 0)
                return r;
        vfs_fsctx_replace(fs, &fs->cwd, &place);
        return 0;
}

int vfs_fsctx_chroot(struct vfs_fsctx *fs, const struct vfs_ctx *ctx, const char *path)
{
        struct vfs_path place;
        int r = vfs_chroot(ctx, path, &place);

        if (r < 0)
                return r;
        vfs_fsctx_replace(fs, &fs->root, &place);
        return 0;
}

uint32_t vfs_fsctx_umask(struct vfs_fsctx *fs, uint32_t mask)
{
        uint32_t old;

        mask &= 0777;
        vfs_mutex_lock(&fs->lock, VFS_LOCK_FDTABLE);
        old = fs->umask;
        if (old != mask) {
                fs->umask = mask;
                vfs_store(&fs->state, vfs_fsctx_next_state(fs->vfs));
        }
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FDTABLE);
        return old;
}

/*
 * Namespaces
 */

/* Goes on in ns at root and cwd, whose references are handed over. */
static void vfs_fsctx_replace_ns(struct vfs_fsctx *fs, struct vfs_mntns *ns, struct vfs_path *root,
                                 struct vfs_path *cwd)
{
        struct vfs_path old_root, old_cwd;
        struct vfs_mntns *old;

        vfs_mutex_lock(&fs->lock, VFS_LOCK_FDTABLE);
        old = fs->ns;
        old_root = fs->root;
        old_cwd = fs->cwd;
        fs->ns = ns;
        fs->root = *root;
        fs->cwd = *cwd;
        vfs_store(&fs->state, vfs_fsctx_next_state(fs->vfs));
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FDTABLE);
        vfs_path_put(&old_cwd);
        vfs_path_put(&old_root);
        vfs_mntns_put(old);
}

int vfs_fsctx_unshare(struct vfs_fsctx *fs, const struct vfs_ctx *ctx, struct vfs_userns *owner)
{
        struct vfs_path root, cwd;
        struct vfs_mntns *ns;
        int r = vfs_mntns_clone(ctx, owner, &ns, &root, &cwd);

        if (r < 0)
                return r;
        vfs_fsctx_replace_ns(fs, ns, &root, &cwd);
        return 0;
}

int vfs_fsctx_setns(struct vfs_fsctx *fs, const struct vfs_ctx *ctx, struct vfs_mntns *ns)
{
        struct vfs_path root, cwd;
        int r;

        r = vfs_mntns_enter(ctx, ns, &root);
        if (r < 0)
                return r;
        if (vfs_load(&fs->refs) != 1) {
                vfs_path_put(&root);
                return -EINVAL;
        }
        cwd = root;
        vfs_path_get(&cwd);
        vfs_fsctx_replace_ns(fs, vfs_mntns_get(ns), &root, &cwd);
        return 0;
}

/* Goes through the contexts of an instance: puts fs (NULL: begin), returns the next one, referenced, or NULL. */
static struct vfs_fsctx *vfs_fsctx_next(struct vfs *vfs, struct vfs_fsctx *fs)
{
        struct vfs_fsctx *next;

        vfs_mutex_lock(&vfs->registry_lock, VFS_LOCK_LEAF);
        next = fs != NULL ? fs->next : vfs->fsctxs;
        while (next != NULL && !vfs_ref_tryget(&next->refs))
                next = next->next;
        vfs_mutex_unlock(&vfs->registry_lock, VFS_LOCK_LEAF);
        vfs_fsctx_put(fs);
        return next;
}

/* Where place is old it becomes with; true: and a reference on old is to be put. */
static bool vfs_fsctx_pivot_place(struct vfs_path *place, const struct vfs_path *old,
                                  const struct vfs_path *with)
{
        if (place->mount != old->mount || place->dentry != old->dentry)
                return false;
        *place = *with;
        vfs_path_get(place);
        return true;
}

static void vfs_fsctx_pivot(struct vfs_fsctx *fs, const struct vfs_path *old, const struct vfs_path *with)
{
        struct vfs_path drop;
        int moved;

        vfs_mutex_lock(&fs->lock, VFS_LOCK_FDTABLE);
        moved = vfs_fsctx_pivot_place(&fs->root, old, with) + vfs_fsctx_pivot_place(&fs->cwd, old, with);
        if (moved != 0)
                vfs_store(&fs->state, vfs_fsctx_next_state(fs->vfs));
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FDTABLE);
        for (; moved > 0; moved--) {
                drop = *old;
                vfs_path_put(&drop);
        }
}

int vfs_fsctx_pivot_root(struct vfs_fsctx *fs, const struct vfs_ctx *ctx, const char *new_root,
                         const char *put_old)
{
        struct vfs_path old, with;
        int r = vfs_pivot_root(ctx, new_root, put_old, &old, &with);

        if (r < 0)
                return r;
        for (struct vfs_fsctx *p = vfs_fsctx_next(fs->vfs, NULL); p != NULL; p = vfs_fsctx_next(fs->vfs, p))
                vfs_fsctx_pivot(p, &old, &with);
        vfs_path_put(&old);
        vfs_path_put(&with);
        return 0;
}
