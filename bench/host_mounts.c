/*
 * host_mounts.c - the host's mounts: the namespace that vfsbench works in, and the
 * system calls on mounts.
 *
 * The tmpfs is mounted in a mount namespace of our own (in a user namespace too,
 * where we are not root), so that nobody else sees it and nothing is left behind. All
 * of its mounts are private, so what is measured as shared was made so on purpose.
 *
 * A thread that goes on in a copy of the namespace has a root and a working directory of its
 * own from then on. It comes back by setns(2), which ends the copy, since nobody
 * else is in it.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/host.h"

#define below  bench_host_below
#define result bench_host_result

#define MOUNTINFO_READ 65536 /* bytes */

/* Linux 6.8; older headers lack them. */
#ifndef SYS_statmount
#define SYS_statmount 457
#define SYS_listmount 458
#endif
#define LISTMOUNT_ROOT UINT64_MAX
/* The superblock, the mount, its root, its point and the type: what mountinfo tells, too. */
#define STATMOUNT_MASK UINT64_C(0x3b)

struct mnt_id_req_64 {
        uint32_t size, spare;
        uint64_t mnt_id, param;
};

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
static int mount_tmpfs(void)
{
        static const char *const places[] = { "/dev/shm", "/mnt", "/media", "/tmp" };
        int r = -ENOENT;

        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -errno;
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                r = result(mount("vfsbench", places[i], "tmpfs", 0, "nr_inodes=0"));
                if (r >= 0)
                        return result(chdir(places[i]));
        }
        return r;
}

int bench_host_mount_private(struct host_target *h)
{
        int r;

        r = enter_namespace();
        if (r >= 0)
                r = mount_tmpfs();
        if (r < 0)
                return r;
        h->namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
        h->root = open("/", O_PATH | O_CLOEXEC);
        h->cwd = open(".", O_PATH | O_CLOEXEC);
        return h->namespace < 0 || h->root < 0 || h->cwd < 0 ? -errno : 0;
}

void bench_host_close(struct host_target *h)
{
        const int fds[] = { h->namespace, h->root, h->cwd };

        for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
                if (fds[i] >= 0)
                        close(fds[i]);
}

int bench_host_mount(struct bench_target *t, const char *path)
{
        return result(mount("vfsbench", below(path), "tmpfs", 0, "nr_inodes=0"));
}

int bench_host_umount(struct bench_target *t, const char *path)
{
        return result(umount2(below(path), 0));
}

int bench_host_bind(struct bench_target *t, const char *from, const char *to)
{
        return result(mount(below(from), below(to), NULL, MS_BIND, NULL));
}

int bench_host_detach(struct bench_target *t, const char *path)
{
        return result(umount2(below(path), MNT_DETACH));
}

int bench_host_move(struct bench_target *t, const char *from, const char *to)
{
        return result(mount(below(from), below(to), NULL, MS_MOVE, NULL));
}

int bench_host_share(struct bench_target *t, const char *path)
{
        return result(mount(NULL, below(path), NULL, MS_SHARED, NULL));
}

int bench_host_unshare(struct bench_target *t)
{
        return result(unshare(CLONE_NEWNS));
}

int bench_host_rejoin(struct bench_target *t)
{
        struct host_target *h = (struct host_target *)t;

        /* To its root; ours may be another. */
        if (setns(h->namespace, CLONE_NEWNS) < 0 || fchdir(h->root) < 0 || chroot(".") < 0)
                return -errno;
        return result(fchdir(h->cwd));
}

int bench_host_clone(struct bench_target *t)
{
        int r = bench_host_unshare(t);

        return r < 0 ? r : bench_host_rejoin(t);
}

int bench_host_enter(struct bench_target *t, const char *path)
{
        if (unshare(CLONE_FS) < 0 || chroot(below(path)) < 0)
                return -errno;
        return result(chdir("/"));
}

void bench_host_leave(struct bench_target *t)
{
        /* It is the thread's own, and ends with it. */
}

int bench_host_pivot(struct bench_target *t, const char *new_root, const char *put_old)
{
        return result(syscall(SYS_pivot_root, new_root, put_old));
}

int bench_host_mountinfo(struct bench_target *t, size_t *ret_bytes)
{
        char buf[MOUNTINFO_READ];
        size_t bytes = 0;
        ssize_t n;
        int fd;

        fd = open("/proc/thread-self/mountinfo", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        while ((n = read(fd, buf, sizeof(buf))) > 0)
                bytes += (size_t)n;
        close(fd);
        *ret_bytes = bytes;
        return n < 0 ? -errno : 0;
}

int bench_host_listmount(struct bench_target *t, uint64_t *ids, size_t n, size_t *ret_n)
{
        struct mnt_id_req_64 req = { .size = sizeof(req), .mnt_id = LISTMOUNT_ROOT };
        long r = syscall(SYS_listmount, &req, ids, n, 0);

        if (r < 0)
                return -errno;
        *ret_n = (size_t)r;
        return 0;
}

int bench_host_statmount(struct bench_target *t, uint64_t id)
{
        struct mnt_id_req_64 req = { .size = sizeof(req), .mnt_id = id, .param = STATMOUNT_MASK };
        uint64_t buf[1024];

        return result(syscall(SYS_statmount, &req, buf, sizeof(buf), 0));
}
