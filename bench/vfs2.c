/*
 * vfs2.c - the library as a target: an instance, a namespace with one memfs, and
 * a context of root. What is about mounts is in vfs2_mounts.c. Public interface only;
 * <vfs/fsapi.h> for the one figure that embedders do not get, the bytes of a filesystem's arena.
 *
 * One context serves all threads: calls do not change it.
 */
#include "bench/vfs2.h"

#include <stdlib.h>
#include <string.h>

#include <vfs/fsapi.h>
#include <vfs/vfs.h>

#include "bench/loops.h"
#include "bench/target.h"

#define vfs2 bench_vfs2

static inline const struct vfs_ctx *ctx(struct bench_target *t)
{
        return &vfs2(t)->ctx;
}

static int vfs2_stat(struct bench_target *t, const char *path)
{
        struct vfs_statx st;

        return vfs_statx(ctx(t), NULL, path, 0, VFS_STATX_BASIC_STATS, &st);
}

static int vfs2_lstat(struct bench_target *t, const char *path)
{
        struct vfs_statx st;

        return vfs_statx(ctx(t), NULL, path, VFS_AT_SYMLINK_NOFOLLOW, VFS_STATX_BASIC_STATS, &st);
}

static int vfs2_open(struct bench_target *t, const char *path, enum bench_open how,
                     union bench_file *ret_file)
{
        static const uint32_t flags[] = {
                [BENCH_OPEN_READ] = VFS_O_RDONLY,
                [BENCH_OPEN_WRITE] = VFS_O_RDWR,
                [BENCH_OPEN_CREATE] = VFS_O_RDWR | VFS_O_CREAT | VFS_O_EXCL,
                [BENCH_OPEN_APPEND] = VFS_O_RDWR | VFS_O_CREAT | VFS_O_APPEND,
                [BENCH_OPEN_DIR] = VFS_O_RDONLY | VFS_O_DIRECTORY,
        };

        return vfs_open(ctx(t), NULL, path, flags[how], 0644, &ret_file->file);
}

static void vfs2_close(struct bench_target *t, union bench_file file)
{
        vfs_file_put(file.file);
}

static int vfs2_fstat(struct bench_target *t, union bench_file file)
{
        struct vfs_statx st;

        return vfs_file_statx(ctx(t), file.file, VFS_STATX_BASIC_STATS, &st);
}

static int vfs2_mknod(struct bench_target *t, const char *path)
{
        return vfs_mknod(ctx(t), NULL, path, VFS_S_IFREG | 0644, 0);
}

static int vfs2_unlink(struct bench_target *t, const char *path)
{
        return vfs_unlink(ctx(t), NULL, path, 0);
}

static int vfs2_mkdir(struct bench_target *t, const char *path)
{
        return vfs_mkdir(ctx(t), NULL, path, 0755);
}

static int vfs2_rmdir(struct bench_target *t, const char *path)
{
        return vfs_rmdir(ctx(t), NULL, path);
}

static int vfs2_rename(struct bench_target *t, const char *from, const char *to)
{
        return vfs_rename(ctx(t), NULL, from, NULL, to, 0);
}

/* A transfer of a page: all of it, or an error. */
static inline int whole_page(int64_t n)
{
        return n == BENCH_PAGE ? 0 : n < 0 ? (int)n : -EIO;
}

static int vfs2_pread(struct bench_target *t, union bench_file file, void *page)
{
        struct vfs_iter it;

        vfs_iter_init_buf(&it, page, BENCH_PAGE);
        return whole_page(vfs_file_pread(ctx(t), file.file, &it, 0, 0));
}

static int vfs2_pwrite(struct bench_target *t, union bench_file file, void *page)
{
        struct vfs_iter it;

        vfs_iter_init_buf(&it, page, BENCH_PAGE);
        return whole_page(vfs_file_pwrite(ctx(t), file.file, &it, 0, 0));
}

static int vfs2_write(struct bench_target *t, union bench_file file, void *page)
{
        struct vfs_iter it;

        vfs_iter_init_buf(&it, page, BENCH_PAGE);
        return whole_page(vfs_file_write(ctx(t), file.file, &it, 0));
}

static int vfs2_truncate(struct bench_target *t, union bench_file file)
{
        return vfs_file_truncate(ctx(t), file.file, 0);
}

static int vfs2_list(struct bench_target *t, union bench_file file, unsigned *ret_entries)
{
        char buf[BENCH_DENTS] __attribute__((aligned(8)));
        unsigned entries = 0;
        int64_t n;

        n = vfs_file_lseek(ctx(t), file.file, 0, VFS_SEEK_SET);
        if (n < 0)
                return (int)n;
        while ((n = vfs_file_getdents(ctx(t), file.file, buf, sizeof(buf))) > 0)
                for (int64_t at = 0; at < n; at += ((struct vfs_dirent *)(buf + at))->reclen)
                        entries++;
        if (n < 0)
                return (int)n;
        *ret_entries = entries;
        return 0;
}

static int vfs2_memory(struct bench_target *t, const char *path, uint64_t *ret_bytes)
{
        struct vfs_path place;
        int r;

        r = vfs_lookup(ctx(t), NULL, path, 0, &place);
        if (r < 0)
                return r;
        *ret_bytes = vfs_arena_bytes(place.dentry->fs->arena);
        vfs_path_put(&place);
        return 0;
}

static int vfs2_exchange(struct bench_target *t, const char *a, const char *b)
{
        return vfs_rename(ctx(t), NULL, a, NULL, b, VFS_RENAME_EXCHANGE);
}

static void vfs2_walks(struct bench_target *t, struct bench_walks *ret_walks)
{
        struct vfs_stats stats = { .size = sizeof(stats) };

        vfs_get_stats(vfs2(t)->vfs, &stats);
        *ret_walks = (struct bench_walks){ .lockfree = stats.walks_lockfree,
                                           .reference = stats.walks_reference };
}

static int vfs2_thread(struct bench_target *t)
{
        return vfs_thread_prepare();
}

static void vfs2_free(struct bench_target *t)
{
        vfs_mntns_put(vfs2(t)->ns);
        vfs_cred_put(vfs2(t)->cred);
        vfs_free(vfs2(t)->vfs);
        free(vfs2(t)->text);
        free(t);
}

static const struct bench_calls vfs2_calls = {
        .stat = vfs2_stat,
        .lstat = vfs2_lstat,
        .open = vfs2_open,
        .close = vfs2_close,
        .fstat = vfs2_fstat,
        .mknod = vfs2_mknod,
        .unlink = vfs2_unlink,
        .mkdir = vfs2_mkdir,
        .rmdir = vfs2_rmdir,
        .rename = vfs2_rename,
        .pread = vfs2_pread,
        .pwrite = vfs2_pwrite,
        .write = vfs2_write,
        .truncate = vfs2_truncate,
        .list = vfs2_list,
        .mount = bench_vfs2_mount,
        .umount = bench_vfs2_umount,
        .memory = vfs2_memory,
        .exchange = vfs2_exchange,
        .bind = bench_vfs2_bind,
        .detach = bench_vfs2_detach,
        .move = bench_vfs2_move,
        .share = bench_vfs2_share,
        .unshare = bench_vfs2_unshare,
        .rejoin = bench_vfs2_rejoin,
        .clone = bench_vfs2_clone,
        .enter = bench_vfs2_enter,
        .leave = bench_vfs2_leave,
        .pivot = bench_vfs2_pivot,
        .mountinfo = bench_vfs2_mountinfo,
        .listmount = bench_vfs2_listmount,
        .statmount = bench_vfs2_statmount,
        .walks = vfs2_walks,
        .thread = vfs2_thread,
        .free = vfs2_free,
};

static int vfs2_run(struct bench_target *t, const struct bench_work *w, unsigned thread, uint64_t n)
{
        return bench_loop(&vfs2_calls, t, w, thread, n);
}

int bench_vfs2_new(struct bench_target **ret_target)
{
        struct vfs2_target *v;
        int r;

        v = calloc(1, sizeof(*v));
        if (!v)
                return -ENOMEM;
        v->base = (struct bench_target){
                .impl = "vfs2", .calls = &vfs2_calls, .run = vfs2_run, .can_mount = true
        };
        r = vfs_new(NULL, &v->vfs);
        if (r < 0)
                goto out;
        r = vfs_cred_new_root(&v->cred);
        if (r < 0)
                goto out;
        r = vfs_mntns_new(v->vfs, v->cred, "vfsbench", "tmpfs", 0, "nr_inodes=0", &v->ns);
        if (r < 0)
                goto out;
        vfs_ctx_init(&v->ctx, v->ns, v->cred);
        *ret_target = &v->base;
        v = NULL;
out:
        if (v)
                vfs2_free(&v->base);
        return r;
}

const struct vfs_ctx *bench_vfs2_ctx(struct bench_target *t)
{
        return ctx(t);
}
