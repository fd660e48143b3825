/*
 * mounts_lookup.c - stat of a file below a mount, while the namespace has few mounts and
 * many: what finding a mount costs must not depend on how many there are.
 *
 * They are binds of one directory on the children of another one, all of one mount, which is
 * what bind-beside and umount-beside are the price of. Below one of them: the
 * same path each time. In two namespaces: the same in a copy of the namespace, so that every
 * mount point has two mounts, and which of them is meant is looked up. A random one: each has
 * its own directory entry, mount and place in the table, which caches hold or not.
 * One in the other: the same directory is mounted on its own child again and again,
 * and the path crosses all of them.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/mounts.h"

#define SEED 2

static void file_name(char *buf, size_t i)
{
        snprintf(buf, BENCH_NAME_SIZE, "/points/%zu/file", i);
}

static struct bench_row stat_row(const char *op, size_t size, size_t files)
{
        struct bench_row row = { .unit = "ns", .depth = 2, .mount = true, .files = files, .mounts = size };

        snprintf(row.op, sizeof(row.op), "%s", op);
        return row;
}

static int in_copies(struct bench_mounts *m, bool begin)
{
        int r = 0;

        for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                struct bench_target *t = m->targets[i];

                r = begin ? t->calls->unshare(t) : t->calls->rejoin(t);
        }
        return r;
}

static int measure_flat(struct bench_mounts *m, size_t size)
{
        const char *const one = "/points/0/file";
        struct bench_work work = { .op = BENCH_STAT, .paths = &one, .n_paths = 1 };
        struct bench_names files;
        int r;

        r = bench_mounts_measure(m, stat_row("stat", size, 1), &work, 1);
        if (r >= 0)
                r = in_copies(m, true);
        if (r >= 0)
                r = bench_mounts_measure(m, stat_row("stat-twice", size, 1), &work, 1);
        if (r >= 0)
                r = in_copies(m, false);
        if (r >= 0)
                r = bench_names_new(size, file_name, SEED, &files);
        if (r < 0)
                return r;
        work.paths = files.path;
        work.n_paths = files.n;
        r = bench_mounts_measure(m, stat_row("stat-random", size, size), &work, 1);
        bench_names_fini(&files);
        return r;
}

/* Where mount n of the chain is, and what is there. buf: of PATH_MAX. */
static void chain_path(char *buf, size_t n, const char *last)
{
        char *end = stpcpy(buf, "/chain");

        for (; n; n--)
                end = stpcpy(end, "/inner");
        stpcpy(end, last);
}

static int grow_chain(struct bench_target *t, size_t n, size_t size)
{
        char path[PATH_MAX];
        int r = 0;

        for (; n < size && r >= 0; n++) {
                chain_path(path, n, "");
                r = t->calls->bind(t, "/bound", path);
        }
        return r;
}

static int measure_chain(struct bench_mounts *m)
{
        static const size_t lengths[] = { 10, 100, 500 }; /* so that the path fits into PATH_MAX */
        struct bench_target *failed = NULL;
        char path[PATH_MAX];
        const char *const name = path;
        struct bench_work work = { .op = BENCH_STAT, .paths = &name, .n_paths = 1 };
        size_t n = 0;
        int r = 0;

        for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                failed = m->targets[i];
                r = failed->calls->mkdir(failed, "/chain");
        }
        for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]) && r >= 0; k++) {
                struct bench_row row = stat_row("stat-chain", lengths[k], 1);

                if (lengths[k] > m->most)
                        break;
                for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                        failed = m->targets[i];
                        r = grow_chain(failed, n, lengths[k]);
                }
                n = lengths[k];
                if (r >= 0) {
                        chain_path(path, n - 1, "/file");
                        row.depth = (unsigned)n;
                        failed = NULL;
                        r = bench_mounts_measure(m, row, &work, (double)n);
                }
        }
        for (size_t i = 0; i < m->n_targets && n && r >= 0; i++) {
                failed = m->targets[i];
                r = failed->calls->detach(failed, "/chain");
        }
        return bench_mounts_failed("chain", failed, r);
}

/* How many of the walks so far went under locks. */
static int add_reference(struct bench_mounts *m)
{
        struct bench_walks walks;
        int r = 0;

        for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                struct bench_row row = { .op = "stat-reference", .unit = "ppm", .depth = 2, .mount = true };

                if (!m->targets[i]->calls->walks)
                        continue;
                m->targets[i]->calls->walks(m->targets[i], &walks);
                row.best = row.median = 1e6 * (double)walks.reference /
                                        (double)(walks.reference + walks.lockfree);
                r = bench_mounts_add(m, m->targets[i], row);
        }
        return r;
}

/* Mounts at the points from first to the one before last, or (bind false) unmounts there: and a row of it. */
static int change(struct bench_mounts *m, bool bind, const struct bench_names *points, size_t first,
                  size_t last)
{
        struct bench_target *t = NULL;
        int r = 0;

        for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                struct bench_row row = { .unit = "ns", .depth = 1, .mounts = last, .reps = 1 };
                uint64_t begin = bench_now();

                t = m->targets[i];
                for (size_t k = first; k < last && r >= 0; k++)
                        r = bind ? t->calls->bind(t, "/bound", points->path[k])
                                 : t->calls->umount(t, points->path[k]);
                row.best = row.median = (double)(bench_now() - begin) / (double)(last - first);
                snprintf(row.op, sizeof(row.op), "%s", bind ? "bind-beside" : "umount-beside");
                if (r >= 0)
                        r = bench_mounts_add(m, t, row);
        }
        return bench_mounts_failed(bind ? "bind" : "umount", t, r);
}

int bench_mounts_lookup(struct bench_mounts *m)
{
        struct bench_names points;
        size_t n = 0;
        int r;

        r = bench_names_new(m->most, bench_mounts_point_name, 0, &points);
        if (r < 0)
                return bench_mounts_failed("lookup", NULL, r);
        for (size_t k = 0; k < m->n_sizes && r >= 0; k++) {
                r = change(m, true, &points, n, m->sizes[k]);
                n = m->sizes[k];
                if (r >= 0)
                        r = bench_mounts_failed("stat", NULL, measure_flat(m, n));
                if (r >= 0)
                        r = bench_mounts_churn(m, n);
        }
        if (r >= 0)
                r = add_reference(m);
        if (r >= 0)
                r = change(m, false, &points, 0, n);
        bench_names_fini(&points);
        return r < 0 ? r : measure_chain(m);
}
