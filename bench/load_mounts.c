/*
 * load_mounts.c - very many mounts: made, looked up at random, unmounted, and
 * stat of files below them while another thread mounts and unmounts.
 *
 * They are bind mounts of one directory, so that what is measured is mounts, not
 * filesystems. A set grows from 10 to 10,000; what the additional ones cost is a
 * row of each size, and unmounting is a row of the last one.
 */
#include <errno.h>
#include <stdio.h>

#include "bench/load.h"
#include "bench/names.h"

#define SEED   2
#define WEIGHT 200000 /* of the progress bar, for each size */

static const size_t sizes[] = { 10, 10000 };
#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))
#define MOST    10000

static void point_name(char *buf, size_t i)
{
        snprintf(buf, BENCH_NAME_SIZE, "/mounts/%zu", i);
}

static void file_name(char *buf, size_t i)
{
        snprintf(buf, BENCH_NAME_SIZE, "/mounts/%zu/file", i);
}

static bool wanted(const struct bench_load *load, size_t size)
{
        return size == sizes[0] || size <= load->files;
}

static int make_tree(struct bench_target *t, const struct bench_names *points)
{
        static const char *const dirs[] = { "/bound", "/churn", "/mounts" };
        int r = 0;

        for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && r >= 0; i++)
                r = t->calls->mkdir(t, dirs[i]);
        if (r >= 0)
                r = t->calls->mknod(t, "/bound/file");
        for (size_t i = 0; i < points->n && r >= 0; i++)
                r = t->calls->mkdir(t, points->path[i]);
        return r;
}

/* Mounts at the points from first to the one before last: nanoseconds for each. */
static int bind_points(struct bench_target *t, const struct bench_names *points, size_t first, size_t last,
                       double *ret_ns)
{
        uint64_t begin = bench_now();
        int r = 0;

        for (size_t i = first; i < last && r >= 0; i++)
                r = t->calls->bind(t, "/bound", points->path[i]);
        *ret_ns = (double)(bench_now() - begin) / (double)(last - first);
        return r;
}

static int umount_points(struct bench_target *t, const struct bench_names *points, size_t n, double *ret_ns)
{
        uint64_t begin = bench_now();
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i++)
                r = t->calls->umount(t, points->path[i]);
        *ret_ns = (double)(bench_now() - begin) / (double)n;
        return r;
}

/* Random files below the mounts: alone, then while another thread mounts one more and unmounts it. */
static int measure_stat(struct bench_load *load, struct bench_target *const *targets, size_t n_targets,
                        size_t size)
{
        struct bench_contest contests[BENCH_MAX_TARGETS];
        struct bench_side sides[BENCH_MAX_TARGETS];
        struct bench_plan plan = {
                .threads = 1, .reps = load->options->reps, .ms = load->options->ms, .min_n = size
        };
        struct bench_names files;
        int r;

        r = bench_names_new(size, file_name, SEED, &files);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n_targets; i++) {
                struct bench_work reader = { .op = BENCH_STAT, .paths = files.path, .n_paths = files.n };

                sides[i] = (struct bench_side){ .target = targets[i], .work = reader };
                contests[i] = (struct bench_contest){
                        .target = targets[i],
                        .reader = reader,
                        .writer = { .op = BENCH_BIND_UMOUNT, .a = "/bound", .b = "/churn" },
                };
        }
        r = bench_measure(&plan, sides, n_targets);
        if (r >= 0)
                r = bench_contend(&plan, contests, n_targets);
        for (size_t i = 0; i < n_targets && r >= 0; i++) {
                r = bench_load_add(load, BENCH_LOAD_STAT_MOUNTS, targets[i], 2, size, plan.reps,
                                   sides[i].result);
                if (r >= 0)
                        r = bench_load_add_contest(load, BENCH_LOAD_CHURN, &contests[i], 2, size);
        }
        bench_names_fini(&files);
        return r;
}

int bench_load_mounts(struct bench_load *load)
{
        double bind[N_SIZES][BENCH_MAX_TARGETS][BENCH_LOAD_REPS], umount[BENCH_MAX_TARGETS][BENCH_LOAD_REPS];
        struct bench_target *targets[BENCH_MAX_TARGETS], *failed = NULL;
        struct bench_names points = { 0 };
        size_t n = 0, made = 0;
        int r;

        r = bench_names_new(wanted(load, MOST) ? MOST : sizes[0], point_name, 0, &points);
        for (size_t i = 0; i < BENCH_MAX_TARGETS && r >= 0; i++) {
                if (!load->targets[i]->can_mount)
                        continue;
                failed = targets[n++] = load->targets[i];
                r = make_tree(failed, &points);
        }
        for (unsigned rep = 0; rep < load->reps && r >= 0; rep++) {
                made = 0;
                for (size_t k = 0; k < N_SIZES && wanted(load, sizes[k]) && r >= 0; k++) {
                        for (size_t i = 0; i < n && r >= 0; i++) {
                                failed = targets[i];
                                r = bind_points(failed, &points, made, sizes[k], &bind[k][i][rep]);
                        }
                        made = sizes[k];
                        if (r >= 0 && rep == 0) {
                                failed = NULL;
                                r = measure_stat(load, targets, n, made);
                        }
                        bench_progress_step(&load->progress, WEIGHT);
                }
                for (size_t i = 0; i < n && r >= 0; i++) {
                        failed = targets[i];
                        r = umount_points(failed, &points, made, &umount[i][rep]);
                }
        }
        for (size_t i = 0; i < n && r >= 0; i++) {
                for (size_t k = 0; k < N_SIZES && sizes[k] <= made && r >= 0; k++)
                        r = bench_load_add(load, BENCH_LOAD_BIND, targets[i], 1, sizes[k], load->reps,
                                           bench_statistics(bind[k][i], load->reps));
                if (r >= 0)
                        r = bench_load_add(load, BENCH_LOAD_UMOUNT, targets[i], 1, made, load->reps,
                                           bench_statistics(umount[i], load->reps));
        }
        bench_names_fini(&points);
        return bench_load_failed("mounts", failed, r);
}

uint64_t bench_load_mounts_steps(const struct bench_load *load)
{
        return WEIGHT * load->reps * (wanted(load, MOST) ? N_SIZES : 1);
}
