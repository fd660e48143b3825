/*
 * mounts_listings.c - the mounts of a namespace with very many, listed: as the text of
 * /proc/PID/mountinfo, and by listmount(2) with a statmount(2) of each. Figures are of one
 * mount. Kernels before 6.8 have only the text.
 */
#include <errno.h>
#include <stdlib.h>

#include "bench/mounts.h"

#define OTHERS 4096 /* mounts of the namespace besides ours, at the most */

/* listmount and statmount of one target; the ids are its own. */
static int measure_ids(struct bench_mounts *m, struct bench_target *t, uint64_t *ids, size_t room)
{
        struct bench_plan plan = { .threads = 1, .reps = m->options->reps, .ms = m->options->ms };
        struct bench_side side = { .target = t, .work = { .op = BENCH_LISTMOUNT, .ids = ids } };
        struct bench_row list = { .op = "listmount", .unit = "ns", .depth = 1, .mounts = m->most };
        struct bench_row stat = { .op = "statmount", .unit = "ns", .depth = 1, .mounts = m->most };
        int r;

        r = t->calls->listmount(t, ids, room, &side.work.n_ids);
        if (r == -ENOSYS || r == -EPERM)
                return 0;
        if (r >= 0)
                r = bench_measure(&plan, &side, 1);
        if (r < 0)
                return r;
        list.best = side.result.best / (double)side.work.n_ids;
        list.median = side.result.median / (double)side.work.n_ids;
        side.work.op = BENCH_STATMOUNT;
        plan.min_n = side.work.n_ids;
        r = bench_measure(&plan, &side, 1);
        if (r < 0)
                return r;
        stat.best = side.result.best;
        stat.median = side.result.median;
        r = bench_mounts_add(m, t, list);
        return r < 0 ? r : bench_mounts_add(m, t, stat);
}

int bench_mounts_listings(struct bench_mounts *m)
{
        const struct bench_row row = { .op = "mountinfo", .unit = "ns", .depth = 1, .mounts = m->most };
        const struct bench_work work = { .op = BENCH_MOUNTINFO };
        uint64_t *ids = calloc(m->most + OTHERS, sizeof(*ids));
        struct bench_target *failed = NULL;
        struct bench_names points = { 0 };
        int r;

        r = ids ? bench_names_new(m->most, bench_mounts_point_name, 0, &points) : -ENOMEM;
        for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                failed = m->targets[i];
                r = bench_mounts_bind(failed, &points, 0, points.n);
        }
        if (r >= 0) {
                failed = NULL;
                r = bench_mounts_measure(m, row, &work, (double)m->most);
        }
        for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                failed = m->targets[i];
                r = measure_ids(m, failed, ids, m->most + OTHERS);
        }
        for (size_t i = 0; i < m->n_targets; i++)
                for (size_t k = 0; k < points.n && r >= 0; k++) {
                        failed = m->targets[i];
                        r = failed->calls->umount(failed, points.path[k]);
                }
        bench_names_fini(&points);
        free(ids);
        return bench_mounts_failed("listings", failed, r);
}
