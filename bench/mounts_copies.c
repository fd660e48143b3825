/*
 * mounts_copies.c - what makes many mounts at once: a copy of a namespace, and a bind in a
 * mount with many peers, each of which gets a copy. Figures are of one mount.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/mounts.h"

#define MOST_PEERS 1000

static void peer_name(char *buf, size_t i)
{
        snprintf(buf, BENCH_NAME_SIZE, "/peer/%zu", i);
}

static int add_row(struct bench_mounts *m, const char *op, const struct bench_target *t, size_t mounts,
                   double *values, unsigned reps)
{
        const struct bench_result result = bench_statistics(values, reps);
        struct bench_row row = { .unit = "ns",
                                 .depth = 1,
                                 .mounts = mounts,
                                 .reps = reps,
                                 .best = result.best,
                                 .median = result.median };

        snprintf(row.op, sizeof(row.op), "%s", op);
        return bench_mounts_add(m, t, row);
}

/*
 * first, then second, one after the other on each target, as often as reps says; each makes or ends n
 * mounts.
 */
static int measure_pair(struct bench_mounts *m, size_t n, const char *const names[2],
                        int (*first)(struct bench_target *t), int (*second)(struct bench_target *t))
{
        const unsigned reps = m->options->reps;
        double *values = calloc((size_t)reps * m->n_targets * 2, sizeof(*values));
        struct bench_target *failed = NULL;
        int r = values ? 0 : -ENOMEM;

        for (unsigned rep = 0; rep < reps && r >= 0; rep++)
                for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                        uint64_t begin = bench_now(), middle;

                        failed = m->targets[i];
                        r = first(failed);
                        middle = bench_now();
                        if (r >= 0)
                                r = second(failed);
                        values[2 * i * reps + rep] = (double)(middle - begin) / (double)n;
                        values[(2 * i + 1) * reps + rep] = (double)(bench_now() - middle) / (double)n;
                }
        for (size_t k = 0; k < 2 && r >= 0; k++)
                for (size_t i = 0; i < m->n_targets && r >= 0; i++)
                        r = add_row(m, names[k], m->targets[i], n, values + (2 * i + k) * reps, reps);
        free(values);
        return bench_mounts_failed(names[0], failed, r);
}

/*
 * Namespaces
 */

static int unshare_once(struct bench_target *t)
{
        return t->calls->unshare(t);
}

static int rejoin_once(struct bench_target *t)
{
        return t->calls->rejoin(t);
}

static int measure_clone(struct bench_mounts *m, size_t n)
{
        static const char *const rows[] = { "clone", "clone-drop" };
        struct bench_names points;
        int r;

        r = bench_names_new(n, bench_mounts_point_name, 0, &points);
        for (size_t i = 0; i < m->n_targets && r >= 0; i++)
                r = bench_mounts_bind(m->targets[i], &points, 0, n);
        if (r >= 0)
                r = measure_pair(m, n, rows, unshare_once, rejoin_once);
        for (size_t i = 0; i < m->n_targets; i++)
                for (size_t k = 0; k < n && r >= 0; k++)
                        r = m->targets[i]->calls->umount(m->targets[i], points.path[k]);
        bench_names_fini(&points);
        return bench_mounts_failed("copies of namespaces", NULL, r);
}

/*
 * Propagation
 */

static int bind_shared(struct bench_target *t)
{
        return t->calls->bind(t, "/bound", "/source/point");
}

static int umount_shared(struct bench_target *t)
{
        return t->calls->umount(t, "/source/point");
}

static int add_peers(struct bench_target *t, size_t n, size_t last)
{
        char path[BENCH_NAME_SIZE];
        int r = 0;

        for (; n < last && r >= 0; n++) {
                peer_name(path, n);
                r = t->calls->mkdir(t, path);
                if (r >= 0)
                        r = t->calls->bind(t, "/source", path);
        }
        return r;
}

static int make_source(struct bench_target *t)
{
        int r;

        r = t->calls->mkdir(t, "/source");
        if (r >= 0)
                r = t->calls->mkdir(t, "/peer");
        if (r >= 0)
                r = t->calls->mount(t, "/source");
        if (r >= 0)
                r = t->calls->mkdir(t, "/source/point");
        return r < 0 ? r : t->calls->share(t, "/source");
}

static int remove_source(struct bench_target *t, size_t peers)
{
        char path[BENCH_NAME_SIZE];
        int r = 0;

        for (size_t i = 1; i < peers && r >= 0; i++) {
                peer_name(path, i);
                r = t->calls->umount(t, path);
        }
        return r < 0 ? r : t->calls->umount(t, "/source");
}

static int measure_propagation(struct bench_mounts *m)
{
        static const char *const rows[] = { "propagate", "propagate-umount" };
        static const size_t sizes[] = { 10, 100, MOST_PEERS };
        struct bench_target *failed = NULL;
        size_t n = 1;
        int r = 0;

        for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                failed = m->targets[i];
                r = make_source(failed);
        }
        for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]) && r >= 0 && sizes[k] <= m->most; k++) {
                for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                        failed = m->targets[i];
                        r = add_peers(failed, n, sizes[k]);
                }
                n = sizes[k];
                if (r >= 0) {
                        failed = NULL;
                        r = measure_pair(m, n, rows, bind_shared, umount_shared);
                }
        }
        for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                failed = m->targets[i];
                r = remove_source(failed, n);
        }
        return bench_mounts_failed("propagation", failed, r);
}

int bench_mounts_copies(struct bench_mounts *m)
{
        int r;

        r = measure_clone(m, m->middle);
        if (r >= 0 && m->most > m->middle)
                r = measure_clone(m, m->most);
        return r < 0 ? r : measure_propagation(m);
}
