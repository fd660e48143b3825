/*
 * host.c - the host kernel as a target: the system calls, on a tmpfs.
 *
 * The tmpfs is mounted in a mount namespace of our own (in a user namespace too,
 * where we are not root), so that nobody else sees it and nothing is left behind.
 * The working directory becomes its root, and every path is given relative to it:
 * a walk on the host then begins at the tmpfs's root, as a walk of vfs2's does,
 * and has as many components.
 *
 * Limits: where namespaces are forbidden, a directory in /dev/shm takes the
 * tmpfs's place, and rows with a mount are left out.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/loops.h"
#include "bench/target.h"

struct host_target {
        struct bench_target base;
        char *scratch; /* the directory in /dev/shm; NULL: a tmpfs of our own */
};

/* The path below the working directory. */
static inline const char *below(const char *path)
{
        return path + 1;
}

static inline int result(long r)
{
        return r < 0 ? -errno : 0;
}

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

static int host_mount(struct bench_target *t, const char *path)
{
        return result(mount("vfsbench", below(path), "tmpfs", 0, "nr_inodes=0"));
}

static int host_umount(struct bench_target *t, const char *path)
{
        return result(umount2(below(path), 0));
}

static int host_exchange(struct bench_target *t, const char *a, const char *b)
{
        return result(renameat2(AT_FDCWD, below(a), AT_FDCWD, below(b), RENAME_EXCHANGE));
}

static int host_bind(struct bench_target *t, const char *from, const char *to)
{
        return result(mount(below(from), below(to), NULL, MS_BIND, NULL));
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
        .mount = host_mount,
        .umount = host_umount,
        .exchange = host_exchange,
        .bind = host_bind,
        .thread = host_thread,
        .free = host_free,
};

static int host_run(struct bench_target *t, const struct bench_work *w, unsigned thread, uint64_t n)
{
        return bench_loop(&host_calls, t, w, thread, n);
}

/* Writes a file of /proc/self. */
static int write_proc(const char *path, const char *text)
{
        ssize_t n;
        int fd, r;

        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        n = write(fd, text, strlen(text));
        r = n < 0 ? -errno : 0;
        close(fd);
        return r;
}

/* A mount namespace: as we are, or with a user namespace in which we stay who we are. */
static int enter_namespace(void)
{
        char map[64];
        uid_t uid = geteuid();
        gid_t gid = getegid();
        int r;

        if (unshare(CLONE_NEWNS) == 0)
                return 0;
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
                return -errno;
        r = write_proc("/proc/self/setgroups", "deny");
        if (r < 0 && r != -ENOENT)
                return r;
        snprintf(map, sizeof(map), "%u %u 1", (unsigned)uid, (unsigned)uid);
        r = write_proc("/proc/self/uid_map", map);
        if (r < 0)
                return r;
        snprintf(map, sizeof(map), "%u %u 1", (unsigned)gid, (unsigned)gid);
        return write_proc("/proc/self/gid_map", map);
}

/* Mounts our tmpfs over a directory that we do not need, and goes there. */
static int mount_private(void)
{
        static const char *const places[] = { "/dev/shm", "/mnt", "/media", "/tmp" };
        int r;

        r = enter_namespace();
        if (r < 0)
                return r;
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -errno;
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                r = result(mount("vfsbench", places[i], "tmpfs", 0, "nr_inodes=0"));
                if (r >= 0)
                        return result(chdir(places[i]));
        }
        return r;
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
        h->base = (struct bench_target){ .impl = "host", .calls = &host_calls, .run = host_run };
        if (dir) {
                r = result(chdir(dir));
        } else {
                r = mount_private();
                h->base.can_mount = r >= 0;
                if (r < 0)
                        r = make_scratch(&h->scratch);
        }
        if (r < 0) {
                free(h);
                return r;
        }
        *ret_target = &h->base;
        return 0;
}
