/*
 * loops.h - the loops that are timed, the same for every target.
 *
 * bench_loop() is inlined into each target's run() with its table of calls as a
 * constant, so that the compiler sees direct calls in it.
 */
#ifndef BENCH_LOOPS_H
#define BENCH_LOOPS_H

#include <errno.h>

#include "bench/target.h"

#define BENCH_INLINE static inline __attribute__((always_inline))

/* Walks through the paths; each thread begins somewhere else. */
BENCH_INLINE int bench_loop_paths(int (*call)(struct bench_target *, const char *), struct bench_target *t,
                                  const struct bench_work *w, unsigned thread, uint64_t n)
{
        size_t k = thread * (w->n_paths / 2) % w->n_paths;
        int r = 0;

        for (; n && r >= 0; n--) {
                r = call(t, w->paths[k]);
                if (++k == w->n_paths)
                        k = 0;
        }
        return r;
}

BENCH_INLINE int bench_loop_stat(const struct bench_calls *c, struct bench_target *t,
                                 const struct bench_work *w, unsigned thread, uint64_t n)
{
        const char *path = w->paths[0];
        int r = 0;

        if (w->n_paths > 1)
                return bench_loop_paths(c->stat, t, w, thread, n);
        for (; n && r >= 0; n--)
                r = c->stat(t, path);
        return r;
}

/* Of paths that do not exist, or may not. */
BENCH_INLINE int bench_loop_absent(const struct bench_calls *c, struct bench_target *t,
                                   const struct bench_work *w, bool may_exist, uint64_t n)
{
        size_t k = 0;
        int r;

        for (; n; n--) {
                r = c->stat(t, w->paths[k]);
                if (r >= 0 && !may_exist)
                        return -EEXIST;
                if (r < 0 && r != -ENOENT)
                        return r;
                if (++k == w->n_paths)
                        k = 0;
        }
        return 0;
}

BENCH_INLINE int bench_loop_statmount(const struct bench_calls *c, struct bench_target *t,
                                      const struct bench_work *w, uint64_t n)
{
        size_t k = 0;
        int r = 0;

        for (; n && r >= 0; n--) {
                r = c->statmount(t, w->ids[k]);
                if (++k == w->n_ids)
                        k = 0;
        }
        return r;
}

/* There and back; each counts. */
BENCH_INLINE int bench_loop_pair(int (*call)(struct bench_target *, const char *, const char *),
                                 struct bench_target *t, const char *const there[2],
                                 const char *const back[2], uint64_t n)
{
        int r = 0;

        for (; n >= 2 && r >= 0; n -= 2) {
                r = call(t, there[0], there[1]);
                if (r >= 0)
                        r = call(t, back[0], back[1]);
        }
        return r;
}

/* One operation of the second table. */
BENCH_INLINE int bench_loop_once(const struct bench_calls *c, struct bench_target *t,
                                 const struct bench_work *w, enum bench_op op)
{
        union bench_file file;
        unsigned entries;
        size_t size;
        int r;

        switch (op) {
        case BENCH_OPEN_CLOSE:
                r = c->open(t, w->a, BENCH_OPEN_READ, &file);
                if (r >= 0)
                        c->close(t, file);
                return r;
        case BENCH_FSTAT:
                return c->fstat(t, w->file);
        case BENCH_MKNOD_UNLINK:
                r = c->mknod(t, w->a);
                return r < 0 ? r : c->unlink(t, w->a);
        case BENCH_CREATE_UNLINK:
                r = c->open(t, w->a, BENCH_OPEN_CREATE, &file);
                if (r < 0)
                        return r;
                c->close(t, file);
                return c->unlink(t, w->a);
        case BENCH_MKDIR_RMDIR:
                r = c->mkdir(t, w->a);
                return r < 0 ? r : c->rmdir(t, w->a);
        case BENCH_READ:
                return c->pread(t, w->file, w->page);
        case BENCH_WRITE:
                return c->pwrite(t, w->file, w->page);
        case BENCH_APPEND:
                return c->write(t, w->file, w->page);
        case BENCH_READDIR:
                r = c->list(t, w->file, &entries);
                return r < 0 ? r : entries == w->entries ? 0 : -EIO;
        case BENCH_EXCHANGE:
                return c->exchange(t, w->a, w->b);
        case BENCH_BIND_UMOUNT:
                r = c->bind(t, w->a, w->b);
                return r < 0 ? r : c->umount(t, w->b);
        case BENCH_CLONE:
                return c->clone(t);
        case BENCH_MOUNTINFO:
                return c->mountinfo(t, &size);
        case BENCH_LISTMOUNT:
                r = c->listmount(t, w->ids, w->n_ids, &size);
                return r < 0 ? r : size == w->n_ids ? 0 : -EIO;
        default:
                return -EINVAL;
        }
}

/* The switch is outside the loop: op is a constant within each case. */
#define BENCH_LOOP_CASE(OP)                               \
        case OP:                                          \
                for (; n && r >= 0; n--)                  \
                        r = bench_loop_once(c, t, w, OP); \
                return r

BENCH_INLINE int bench_loop(const struct bench_calls *c, struct bench_target *t, const struct bench_work *w,
                            unsigned thread, uint64_t n)
{
        const char *const to[2] = { w->a, w->b }, *const from[2] = { w->b, w->a };
        const char *const pivot_there[2] = { "/new", "/new/old" }, *const pivot_back[2] = { "/old",
                                                                                            "/old/new" };
        int r = 0;

        switch (w->op) {
        case BENCH_STAT:
                return bench_loop_stat(c, t, w, thread, n);
        case BENCH_LSTAT:
                return bench_loop_paths(c->lstat, t, w, thread, n);
        case BENCH_RENAME:
                return bench_loop_pair(c->rename, t, to, from, n);
        case BENCH_MOVE:
                return bench_loop_pair(c->move, t, to, from, n);
        case BENCH_PIVOT:
                return bench_loop_pair(c->pivot, t, pivot_there, pivot_back, n);
        case BENCH_STATMOUNT:
                return bench_loop_statmount(c, t, w, n);
        case BENCH_STAT_MISSING:
                return bench_loop_absent(c, t, w, false, n);
        case BENCH_STAT_RACING:
                return bench_loop_absent(c, t, w, true, n);
                BENCH_LOOP_CASE(BENCH_OPEN_CLOSE);
                BENCH_LOOP_CASE(BENCH_FSTAT);
                BENCH_LOOP_CASE(BENCH_MKNOD_UNLINK);
                BENCH_LOOP_CASE(BENCH_CREATE_UNLINK);
                BENCH_LOOP_CASE(BENCH_MKDIR_RMDIR);
                BENCH_LOOP_CASE(BENCH_READ);
                BENCH_LOOP_CASE(BENCH_WRITE);
                BENCH_LOOP_CASE(BENCH_APPEND);
                BENCH_LOOP_CASE(BENCH_READDIR);
                BENCH_LOOP_CASE(BENCH_EXCHANGE);
                BENCH_LOOP_CASE(BENCH_BIND_UMOUNT);
                BENCH_LOOP_CASE(BENCH_CLONE);
                BENCH_LOOP_CASE(BENCH_MOUNTINFO);
                BENCH_LOOP_CASE(BENCH_LISTMOUNT);
        }
        return -EINVAL;
}

#endif
