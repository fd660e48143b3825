/*
 * race.h - threads that work on one namespace at once, until the time is up or
 * one of them has seen what must not be.
 */
#ifndef TESTS_THREADS_RACE_H
#define TESTS_THREADS_RACE_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <vfs/vfs.h>

#include "tests/unit/test_main.h"

struct race {
        struct vfs *vfs;
        struct vfs_mntns *ns;
        struct vfs_cred *root, *user; /* user: 1000, no capabilities */
        struct vfs_ctx ctx;           /* of the main thread */
        atomic_int stop;
        atomic_int failed; /* who is first writes message */
        char message[256];
        atomic_long counters[8]; /* for the test's own use */
};

/* One step of a thread's work; repeated until the end. round counts from 0. */
typedef void race_step(struct race *race, const struct vfs_ctx *ctx, long round);

struct race_worker {
        race_step *step;
        int threads;
        int how; /* RACE_* */
};
#define RACE_AS_USER 1
/* Many times a second it is stopped for a moment, wherever it is: what it has left half done shows. */
#define RACE_JOLTS 2

/* Ends the race as failed. */
#define RACE_FAIL(race, ...)                                                             \
        do {                                                                             \
                if (!atomic_exchange(&(race)->failed, 1))                                \
                        snprintf((race)->message, sizeof((race)->message), __VA_ARGS__); \
                atomic_store(&(race)->stop, 1);                                          \
        } while (0)

/* r must be 0 or one of two errnos. */
#define RACE_WANT(race, what, r, err1, err2)                                                 \
        do {                                                                                 \
                int64_t want_r_ = (r);                                                       \
                if (want_r_ < 0 && want_r_ != -(err1) && want_r_ != -(err2))                 \
                        RACE_FAIL(race, "%s gave %s", what, strerrorname_np((int)-want_r_)); \
        } while (0)

void race_setup(struct race *race);
void race_setup_with(struct race *race, const struct vfs_config *config);
void race_teardown(struct race *race);
/* Runs the workers for so many milliseconds; fails the test if one of them failed. */
void race_run(struct race *race, const struct race_worker *workers, size_t n, int milliseconds);
/* Of the walks so far, the share in percent that took no lock. */
int race_lockfree_percent(struct race *race);

/* Small things that must succeed, by the main thread. */
void race_mkdir(struct race *race, const char *path);
void race_file(struct race *race, const char *path, uint32_t mode);
uint64_t race_ino(struct race *race, const char *path);

/* In workers. */
int64_t race_stat(const struct vfs_ctx *ctx, const char *path, struct vfs_statx *st);
int race_create(const struct vfs_ctx *ctx, const char *path);

#endif
