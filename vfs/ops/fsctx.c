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
        struct vfs *vfs;       /* c */
        struct vfs_mntns *ns;  /* c  referenced */
        uint64_t refs;         /* a */
        struct vfs_mutex lock; /*    rank FDTABLE */
        uint32_t state;        /* lock, read without it: number of this state, never 0 */
        uint32_t umask;        /* lock */
        struct vfs_path root;  /* lock  referenced */
        struct vfs_path cwd;   /* lock  referenced */
};
/* Lock key: a atomic, c constant after init. */

static uint32_t vfs_fsctx_next_state(struct vfs *vfs)
{
        uint32_t n;

        do {
                n = vfs_fetch_add_u32(&vfs->fsctx_changes, 1) + 1;
        } while (n == 0);
        return n;
}

static int vfs_fsctx_alloc(struct vfs *vfs, struct vfs_mntns *ns, struct vfs_fsctx **ret_fs)
{
        struct vfs_fsctx *fs = vfs_mem_zalloc(vfs, sizeof(*fs));

        if (fs == NULL)
                return -ENOMEM;
        fs->vfs = vfs;
        fs->ns = vfs_mntns_get(ns);
        fs->refs = 1;
        fs->state = vfs_fsctx_next_state(vfs);
        *ret_fs = fs;
        return 0;
}

int vfs_fsctx_new(struct vfs_mntns *ns, struct vfs_fsctx **ret_fs)
{
        struct vfs_fsctx *fs;
        struct vfs_path root;
        int r;

        vfs_mntns_root(ns, &root);
        r = vfs_fsctx_alloc(root.mount->vfs, ns, &fs);
        if (r < 0) {
                vfs_path_put(&root);
                return r;
        }
        fs->umask = 022;
        fs->root = root;
        fs->cwd = root;
        vfs_path_get(&fs->cwd);
        *ret_fs = fs;
        return 0;
}

int vfs_fsctx_copy(struct vfs_fsctx *fs, struct vfs_fsctx **ret_fs)
{
        struct vfs_fsctx *copy;
        int r;

        r = vfs_fsctx_alloc(fs->vfs, fs->ns, &copy);
        if (r < 0)
                return r;
        vfs_mutex_lock(&fs->lock, VFS_LOCK_FDTABLE);
        copy->umask = fs->umask;
        copy->root = fs->root;
        copy->cwd = fs->cwd;
        vfs_path_get(&copy->root);
        vfs_path_get(&copy->cwd);
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FDTABLE);
        *ret_fs = copy;
        return 0;
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
        uint32_t state, umask;

        if (vfs_likely(vfs_load(&fs->state) == ctx->fsctx_seen))
                return;
        vfs_mutex_lock(&fs->lock, VFS_LOCK_FDTABLE);
        state = fs->state;
        umask = fs->umask;
        root = fs->root;
        cwd = fs->cwd;
        vfs_path_get(&root);
        vfs_path_get(&cwd);
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FDTABLE);
        vfs_mntns_get(fs->ns);
        vfs_fsctx_release(ctx);
        ctx->vfs = fs->vfs;
        ctx->mntns = fs->ns;
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
