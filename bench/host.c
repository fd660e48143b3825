/*
 * host.c - the host kernel as a target: the system calls, on a tmpfs. Those on mounts
 * are in host_mounts.c.
 *
 * The working directory becomes the root of the tmpfs, and every path is given relative to it:
 * a walk on the host then begins at the tmpfs's root, as a walk of vfs2's does,
 * and has as many components.
 *
 * Limits: where namespaces are forbidden, a directory in /dev/shm takes the
 * tmpfs's place, and rows with a mount are left out.
 */
#include "bench/host.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/loops.h"

#define below  bench_host_below
#define result bench_host_result

static int host_stat(struct bench_target *t, const char *path)
{
        struct stat st;

        return result(stat(below(path), &st));
}

static int host_lstat(struct bench_target *t, const char *path)
{
        struct stat st;

        return result(lstat(below(path), &st));
}

static int host_open(struct bench_target *t, const char *path, enum bench_open how,
                     union bench_file *ret_file)
{
        static const int flags[] = {
                [BENCH_OPEN_READ] = O_RDONLY,
                [BENCH_OPEN_WRITE] = O_RDWR,
                [BENCH_OPEN_CREATE] = O_RDWR | O_CREAT | O_EXCL,
                [BENCH_OPEN_APPEND] = O_RDWR | O_CREAT | O_APPEND,
                [BENCH_OPEN_DIR] = O_RDONLY | O_DIRECTORY,
        };
        int fd = open(below(path), flags[how] | O_CLOEXEC, 0644);

        if (fd < 0)
                return -errno;
        ret_file->fd = fd;
        return 0;
}

static void host_close(struct bench_target *t, union bench_file file)
{
        close(file.fd);
}

static int host_fstat(struct bench_target *t, union bench_file file)
{
        struct stat st;

        return result(fstat(file.fd, &st));
}

static int host_mknod(struct bench_target *t, const char *path)
{
        return result(mknod(below(path), S_IFREG | 0644, 0));
}

static int host_unlink(struct bench_target *t, const char *path)
{
        return result(unlink(below(path)));
}

static int host_mkdir(struct bench_target *t, const char *path)
{
        return result(mkdir(below(path), 0755));
}

static int host_rmdir(struct bench_target *t, const char *path)
{
        return result(rmdir(below(path)));
}

static int host_rename(struct bench_target *t, const char *from, const char *to)
{
        return result(rename(below(from), below(to)));
}

/* A transfer of a page: all of it, or an error. */
static inline int whole_page(ssize_t n)
{
        return n == BENCH_PAGE ? 0 : n < 0 ? -errno : -EIO;
}

static int host_pread(struct bench_target *t, union bench_file file, void *page)
{
        return whole_page(pread(file.fd, page, BENCH_PAGE, 0));
}

static int host_pwrite(struct bench_target *t, union bench_file file, void *page)
{
        return whole_page(pwrite(file.fd, page, BENCH_PAGE, 0));
}

static int host_write(struct bench_target *t, union bench_file file, void *page)
{
        return whole_page(write(file.fd, page, BENCH_PAGE));
}

static int host_truncate(struct bench_target *t, union bench_file file)
{
        return result(ftruncate(file.fd, 0));
}

static int host_list(struct bench_target *t, union bench_file file, unsigned *ret_entries)
{
        char buf[BENCH_DENTS] __attribute__((aligned(8)));
        unsigned entries = 0;
        ssize_t n;

        if (lseek(file.fd, 0, SEEK_SET) < 0)
                return -errno;
        while ((n = getdents64(file.fd, buf, sizeof(buf))) > 0)
                for (ssize_t at = 0; at < n; at += ((struct dirent64 *)(buf + at))->d_reclen)
                        entries++;
        if (n < 0)
                return -errno;
        *ret_entries = entries;
        return 0;
}

static int host_exchange(struct bench_target *t, const char *a, const char *b)
{
        return result(renameat2(AT_FDCWD, below(a), AT_FDCWD, below(b), RENAME_EXCHANGE));
}

static int host_thread(struct bench_target *t)
{
        return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static void host_free(struct bench_target *t)
{
        struct host_target *h = (struct host_target *)t;

        if (h->scratch) {
                nftw(h->scratch, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
                free(h->scratch);
        }
        bench_host_close(h);
        free(h);
}

static const struct bench_calls host_calls = {
        .stat = host_stat,
        .lstat = host_lstat,
        .open = host_open,
        .close = host_close,
        .fstat = host_fstat,
        .mknod = host_mknod,
        .unlink = host_unlink,
        .mkdir = host_mkdir,
        .rmdir = host_rmdir,
        .rename = host_rename,
        .pread = host_pread,
        .pwrite = host_pwrite,
        .write = host_write,
        .truncate = host_truncate,
        .list = host_list,
        .mount = bench_host_mount,
        .umount = bench_host_umount,
        .exchange = host_exchange,
        .bind = bench_host_bind,
        .detach = bench_host_detach,
        .move = bench_host_move,
        .share = bench_host_share,
        .unshare = bench_host_unshare,
        .rejoin = bench_host_rejoin,
        .clone = bench_host_clone,
        .enter = bench_host_enter,
        .leave = bench_host_leave,
        .pivot = bench_host_pivot,
        .mountinfo = bench_host_mountinfo,
        .listmount = bench_host_listmount,
        .statmount = bench_host_statmount,
        .thread = host_thread,
        .free = host_free,
};

static int host_run(struct bench_target *t, const struct bench_work *w, unsigned thread, uint64_t n)
{
        return bench_loop(&host_calls, t, w, thread, n);
}

/* A directory on the tmpfs that most machines have. */
static int make_scratch(char **ret_scratch)
{
        char *scratch = strdup("/dev/shm/vfsbench-XXXXXX");
        int r;

        if (!scratch)
                return -ENOMEM;
        if (!mkdtemp(scratch) || chdir(scratch) < 0) {
                r = -errno;
                free(scratch);
                return r;
        }
        *ret_scratch = scratch;
        return 0;
}

int bench_host_new(const char *dir, struct bench_target **ret_target)
{
        struct host_target *h;
        int r;

        h = calloc(1, sizeof(*h));
        if (!h)
                return -ENOMEM;
        *h = (struct host_target){
                .base = { .impl = "host", .calls = &host_calls, .run = host_run },
                .namespace = -1,
                .root = -1,
                .cwd = -1,
        };
        if (dir) {
                r = result(chdir(dir));
        } else {
                r = bench_host_mount_private(h);
                h->base.can_mount = r >= 0;
                if (r < 0)
                        r = make_scratch(&h->scratch);
        }
        if (r < 0) {
                bench_host_close(h);
                free(h);
                return r;
        }
        *ret_target = &h->base;
        return 0;
}
