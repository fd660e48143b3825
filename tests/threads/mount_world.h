/*
 * mount_world.h - a namespace with very many mounts, in which threads change some and walk through others;
 * and how they know whether what they saw was right.
 *
 * Places are told apart by the size of the file "id" in them. A change has a clock: it ticks when the
 * change begins and when it is done, so that somebody who looked knows which states he may have seen. If
 * nothing changed meanwhile, it is exactly one; and what one thread has seen, no later look of another one
 * falls behind.
 */
#ifndef TESTS_THREADS_MOUNT_WORLD_H
#define TESTS_THREADS_MOUNT_WORLD_H

#include <stdbool.h>

#include "tests/threads/race.h"

#define WORLD_MANY    1024 /* mounts at /many/0 and so on, which stay */
#define WORLD_MANY_ID 7    /* the size of their id */
#define WORLD_ROOT_ID 5    /* of /id */
#define WORLD_MOUNTS  (WORLD_MANY + 1)

void world_setup(struct race *race);
void world_setup_with(struct race *race, const struct vfs_config *config);
/* Everything that a test mounted is gone, or goes with the namespace; then no mount may be left. */
void world_teardown(struct race *race);
/* So many mounts exist in the instance. */
void world_counts(struct race *race, uint32_t mounts);

/* Makes a directory, and in it an id of that size; in one that is there already (0755). */
void world_dir(struct race *race, const char *path, int id);
void world_id(struct race *race, const char *path, int id);
/* Things that must succeed, by the main thread. */
void world_bind(struct race *race, const char *from, const char *to);
void world_tmpfs(struct race *race, const char *path, int id);         /* with an id in it */
void world_change(struct race *race, const char *path, uint64_t kind); /* VFS_MS_SHARED and others */

/* The size of the file at path, or a negative errno. */
long world_see(const struct vfs_ctx *ctx, const char *path);
/* The same through open: what was opened is asked. */
long world_open_see(const struct vfs_ctx *ctx, const char *path);

struct world_clock {
        atomic_long begun, done;
        atomic_long seen; /* somebody has seen this state */
};

static inline void world_begin(struct world_clock *clock)
{
        atomic_fetch_add(&clock->begun, 1);
}

static inline void world_end(struct world_clock *clock)
{
        atomic_fetch_add(&clock->done, 1);
}

/* Which states a look may have met: from the one it began in to the one it ended in. */
struct world_span {
        long first, last;
};

static inline struct world_span world_look(struct world_clock *clock)
{
        const long done = atomic_load(&clock->done), seen = atomic_load(&clock->seen);

        return (struct world_span){ .first = done > seen ? done : seen };
}

static inline void world_looked(struct world_span *span, struct world_clock *clock)
{
        span->last = atomic_load(&clock->begun);
}

/* Can one of n states that take turns have been met: number k? */
static inline bool world_met(const struct world_span *span, long k, long n)
{
        if (span->last - span->first >= n)
                return true;
        for (long s = span->first; s <= span->last; s++) {
                if (s % n == k)
                        return true;
        }
        return false;
}

/*
 * Looks at path: in state k (of n, in turn) it is ids[k]. Fails the race if it is something else, or what
 * it cannot be at the time.
 */
void world_expect(struct race *race, const struct vfs_ctx *ctx, struct world_clock *clock, const char *path,
                  const long *ids, long n);

/* A worker's step that looks at one of the many mounts, which stay as they are. */
race_step world_look_at_many;

#endif
