/*
 * host.h - the host's target, for the files that it is made of: host.c, host_mounts.c.
 */
#ifndef BENCH_HOST_H
#define BENCH_HOST_H

#include <errno.h>

#include "bench/target.h"

struct host_target {
        struct bench_target base;
        char *scratch; /* the directory in /dev/shm; NULL: a tmpfs of our own */
        /* To come back to from a copy of the namespace; -1: no namespace of our own. */
        int namespace, root, cwd;
};

/* The path below the working directory. */
static inline const char *bench_host_below(const char *path)
{
        return path + 1;
}

static inline int bench_host_result(long r)
{
        return r < 0 ? -errno : 0;
}

/*
 * host_mounts.c: enters a mount namespace of our own, mounts a tmpfs in it, and goes there. Errors: EPERM
 * and others.
 */
int bench_host_mount_private(struct host_target *h);
void bench_host_close(struct host_target *h);

int bench_host_mount(struct bench_target *t, const char *path);
int bench_host_umount(struct bench_target *t, const char *path);
int bench_host_bind(struct bench_target *t, const char *from, const char *to);
int bench_host_detach(struct bench_target *t, const char *path);
int bench_host_move(struct bench_target *t, const char *from, const char *to);
int bench_host_share(struct bench_target *t, const char *path);
int bench_host_unshare(struct bench_target *t);
int bench_host_rejoin(struct bench_target *t);
int bench_host_clone(struct bench_target *t);
int bench_host_enter(struct bench_target *t, const char *path);
void bench_host_leave(struct bench_target *t);
int bench_host_pivot(struct bench_target *t, const char *new_root, const char *put_old);
int bench_host_mountinfo(struct bench_target *t, size_t *ret_bytes);
int bench_host_listmount(struct bench_target *t, uint64_t *ids, size_t n, size_t *ret_n);
int bench_host_statmount(struct bench_target *t, uint64_t id);

#endif
