/*
 * mounts_make.c - many mounts are made, and torn down again: one by one; together, by a lazy
 * unmount of the mount that they are on; and with the namespace that they are in.
 *
 * They are binds of one directory, or a new tmpfs each; all on directories of the
 * target's one filesystem, seen through a bind of their own parent. For the third end
 * they are made in a copy of the namespace, where nobody else holds them.
 */
#include <stdio.h>

#include "bench/mounts.h"

enum phase { MAKE, UMOUNT, DETACH, DROP, N_PHASES };

static const struct {
        bool binds;
        const char *rows[N_PHASES];
} kinds[] = {
        { true, { "bind", "bind-umount", "bind-detach", "bind-drop" } },
        { false, { "tmpfs", "tmpfs-umount", "tmpfs-detach", "tmpfs-drop" } },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void place_name(char *buf, size_t i)
{
        snprintf(buf, BENCH_NAME_SIZE, "/places/%zu", i);
}

static int make(struct bench_target *t, bool binds, const struct bench_names *places)
{
        int r = 0;

        for (size_t i = 0; i < places->n && r >= 0; i++)
                r = binds ? t->calls->bind(t, "/bound", places->path[i])
                          : t->calls->mount(t, places->path[i]);
        return r;
}

/* What end tears down, in nanoseconds. */
static int tear_down(struct bench_target *t, enum phase end, const struct bench_names *places,
                     uint64_t *ret_time)
{
        uint64_t begin = bench_now();
        int r = 0;

        for (size_t i = 0; i < places->n && end == UMOUNT && r >= 0; i++)
                r = t->calls->umount(t, places->path[i]);
        if (end == DETACH)
                r = t->calls->detach(t, "/places");
        if (end == DROP)
                r = t->calls->rejoin(t);
        *ret_time = bench_now() - begin;
        if (end == UMOUNT && r >= 0)
                r = t->calls->umount(t, "/places");
        return r;
}

/* Nanoseconds of one mount's making, and of its end. */
static int make_once(struct bench_target *t, bool binds, enum phase end, const struct bench_names *places,
                     double *ret_make, double *ret_end)
{
        uint64_t begin, time = 0;
        int r = 0;

        if (end == DROP)
                r = t->calls->unshare(t);
        if (r >= 0)
                r = t->calls->bind(t, "/points", "/places");
        if (r < 0)
                return r;
        begin = bench_now();
        r = make(t, binds, places);
        *ret_make = (double)(bench_now() - begin) / (double)places->n;
        if (r >= 0)
                r = tear_down(t, end, places, &time);
        *ret_end = (double)time / (double)places->n;
        return r;
}

static int measure_kind(struct bench_mounts *m, size_t kind, const struct bench_names *places)
{
        double values[N_PHASES][BENCH_MAX_TARGETS][BENCH_MOUNTS_REPS], make_ns = 0;
        struct bench_target *failed = NULL;
        int r = 0;

        for (unsigned rep = 0; rep < m->reps && r >= 0; rep++)
                for (enum phase end = UMOUNT; end < N_PHASES && r >= 0; end++) {
                        for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                                failed = m->targets[i];
                                r = make_once(failed, kinds[kind].binds, end, places, &make_ns,
                                              &values[end][i][rep]);
                                if (end == UMOUNT)
                                        values[MAKE][i][rep] = make_ns;
                        }
                        bench_progress_step(&m->progress, 30 / (m->reps * (N_PHASES - 1) * N_KINDS));
                }
        for (int phase = 0; phase < N_PHASES && r >= 0; phase++)
                for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                        struct bench_result result = bench_statistics(values[phase][i], m->reps);
                        struct bench_row row = { .unit = "ns",
                                                 .depth = 1,
                                                 .mounts = places->n,
                                                 .reps = m->reps,
                                                 .best = result.best,
                                                 .median = result.median };

                        snprintf(row.op, sizeof(row.op), "%s", kinds[kind].rows[phase]);
                        r = bench_mounts_add(m, m->targets[i], row);
                }
        return bench_mounts_failed(kinds[kind].rows[MAKE], failed, r);
}

int bench_mounts_make(struct bench_mounts *m)
{
        struct bench_names places;
        int r;

        r = bench_names_new(m->most, place_name, 0, &places);
        for (size_t i = 0; i < m->n_targets && r >= 0; i++)
                r = m->targets[i]->calls->mkdir(m->targets[i], "/places");
        if (r < 0)
                return bench_mounts_failed("places", NULL, r);
        for (size_t kind = 0; kind < N_KINDS && r >= 0; kind++)
                r = measure_kind(m, kind, &places);
        bench_names_fini(&places);
        return r;
}
