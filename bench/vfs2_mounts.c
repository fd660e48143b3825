/*
 * vfs2_mounts.c - the library's mounts. What an unmount defers belongs to its price, so
 * each that unmounts also completes what is due.
 *
 * The one context of the target moves to a copy of its namespace and back while no other
 * thread uses it. Beside other threads a copy is made and put, and who pivots has a context of
 * its own.
 */
#include "bench/vfs2.h"

#include <errno.h>
#include <stdlib.h>

static inline const struct vfs_ctx *ctx(struct bench_target *t)
{
        return &bench_vfs2(t)->ctx;
}

int bench_vfs2_mount(struct bench_target *t, const char *path)
{
        return vfs_mount(ctx(t), "vfsbench", path, "tmpfs", 0, "nr_inodes=0");
}

int bench_vfs2_umount(struct bench_target *t, const char *path)
{
        return vfs_umount(ctx(t), path, 0);
}

int bench_vfs2_bind(struct bench_target *t, const char *from, const char *to)
{
        return vfs_mount(ctx(t), from, to, NULL, VFS_MS_BIND, NULL);
}

int bench_vfs2_detach(struct bench_target *t, const char *path)
{
        int r = vfs_umount(ctx(t), path, VFS_MNT_DETACH);

        vfs_reclaim(ctx(t)->vfs, 0);
        return r;
}

int bench_vfs2_move(struct bench_target *t, const char *from, const char *to)
{
        return vfs_mount(ctx(t), from, to, NULL, VFS_MS_MOVE, NULL);
}

int bench_vfs2_share(struct bench_target *t, const char *path)
{
        return vfs_mount(ctx(t), NULL, path, NULL, VFS_MS_SHARED, NULL);
}

int bench_vfs2_unshare(struct bench_target *t)
{
        struct vfs2_target *v = bench_vfs2(t);
        struct vfs_path root, cwd;
        struct vfs_mntns *copy;
        int r;

        r = vfs_mntns_clone(&v->ctx, NULL, &copy, &root, &cwd);
        if (r < 0)
                return r;
        v->home = v->ctx;
        v->ctx.mntns = copy;
        v->ctx.root = root;
        v->ctx.cwd = cwd;
        return 0;
}

int bench_vfs2_rejoin(struct bench_target *t)
{
        struct vfs2_target *v = bench_vfs2(t);
        struct vfs_ctx copy = v->ctx;

        v->ctx = v->home;
        vfs_path_put(&copy.cwd);
        vfs_path_put(&copy.root);
        vfs_mntns_put(copy.mntns);
        vfs_reclaim(v->vfs, 0);
        return 0;
}

int bench_vfs2_clone(struct bench_target *t)
{
        struct vfs_mntns *copy;
        int r;

        r = vfs_mntns_clone(ctx(t), NULL, &copy, NULL, NULL);
        if (r < 0)
                return r;
        vfs_mntns_put(copy);
        vfs_reclaim(ctx(t)->vfs, 0);
        return 0;
}

int bench_vfs2_enter(struct bench_target *t, const char *path)
{
        struct vfs2_target *v = bench_vfs2(t);
        struct vfs_path root;
        int r;

        r = vfs_lookup(&v->ctx, NULL, path, 0, &root);
        if (r < 0)
                return r;
        v->inner = v->ctx;
        v->inner.root = root;
        v->inner.cwd = root;
        return 0;
}

void bench_vfs2_leave(struct bench_target *t)
{
        vfs_path_put(&bench_vfs2(t)->inner.root);
}

int bench_vfs2_pivot(struct bench_target *t, const char *new_root, const char *put_old)
{
        struct vfs_ctx *inner = &bench_vfs2(t)->inner;
        struct vfs_path old;
        int r;

        /* The caller of the library is the one to move its tasks. */
        r = vfs_pivot_root(inner, new_root, put_old, &old, &inner->cwd);
        if (r < 0)
                return r;
        vfs_path_put(&inner->root);
        vfs_path_put(&old);
        inner->root = inner->cwd;
        return 0;
}

int bench_vfs2_mountinfo(struct bench_target *t, size_t *ret_bytes)
{
        struct vfs2_target *v = bench_vfs2(t);
        int64_t n;

        while ((n = vfs_mountinfo(ctx(t), v->text, v->text_size)) > (int64_t)v->text_size) {
                char *more = realloc(v->text, (size_t)n * 2);

                if (!more)
                        return -ENOMEM;
                v->text = more;
                v->text_size = (size_t)n * 2;
        }
        if (n < 0)
                return (int)n;
        *ret_bytes = (size_t)n;
        return 0;
}

int bench_vfs2_listmount(struct bench_target *t, uint64_t *ids, size_t n, size_t *ret_n)
{
        const struct vfs_mnt_id_req req = { .size = VFS_MNT_ID_REQ_SIZE_VER0, .mnt_id = VFS_LSMT_ROOT };
        int64_t r = vfs_listmount(ctx(t), &req, ids, n, 0);

        if (r < 0)
                return (int)r;
        *ret_n = (size_t)r;
        return 0;
}

int bench_vfs2_statmount(struct bench_target *t, uint64_t id)
{
        const struct vfs_mnt_id_req req = {
                .size = VFS_MNT_ID_REQ_SIZE_VER0,
                .mnt_id = id,
                /* What mountinfo tells, too. */
                .param = VFS_STATMOUNT_SB_BASIC | VFS_STATMOUNT_MNT_BASIC | VFS_STATMOUNT_MNT_ROOT |
                         VFS_STATMOUNT_MNT_POINT | VFS_STATMOUNT_FS_TYPE,
        };
        uint64_t buf[1024];

        return vfs_statmount(ctx(t), &req, (struct vfs_statmount *)buf, sizeof(buf), 0);
}
