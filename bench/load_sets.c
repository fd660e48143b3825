/*
 * load_sets.c - sets of files that are large: a working set beyond the caches,
 * one directory with all of them, and names that a small and a large directory
 * do not have.
 *
 * The big sets live in filesystems of their own, one after the other. What is
 * read at random was made in another order, so that neighbours in time are no
 * neighbours in memory. Each repetition goes on in the set where the last one
 * ended, and nothing is seen twice before all the rest has been.
 */
#include <errno.h>
#include <stdio.h>

#include "bench/layout.h"
#include "bench/load.h"
#include "bench/names.h"

#define WINDOW         65536 /* names of one repetition */
#define PER_DIRECTORY  1000
#define MISSING        1024 /* different names in turn */
#define MISSING_SMALL  10
#define MISSING_LARGE  10000
#define SEED           1
#define PROGRESS_EVERY 16384

/* Where a side is in the set. */
struct window {
        const struct bench_names *names;
        size_t at, len;
};

static void set_name(char *buf, size_t i)
{
        snprintf(buf, BENCH_NAME_SIZE, "/set/%zu/file%zu", i / PER_DIRECTORY, i % PER_DIRECTORY);
}

static void set_directory(char *buf, size_t i)
{
        snprintf(buf, BENCH_NAME_SIZE, "/set/%zu", i);
}

static void directory_name(char *buf, size_t i)
{
        snprintf(buf, BENCH_NAME_SIZE, "/directory/file%zu", i);
}

static void missing_small(char *buf, size_t i)
{
        snprintf(buf, BENCH_NAME_SIZE, "/small/absent%zu", i);
}

static void missing_large(char *buf, size_t i)
{
        snprintf(buf, BENCH_NAME_SIZE, "/large/absent%zu", i);
}

static int make_place(struct bench_target *t, const char *base)
{
        int r = t->calls->mkdir(t, base);

        return r < 0 ? r : t->calls->mount(t, base);
}

static int remove_place(struct bench_target *t, const char *base)
{
        int r = t->calls->umount(t, base);

        return r < 0 ? r : t->calls->rmdir(t, base);
}

/* call on every name: nanoseconds for each. */
static int for_all(struct bench_load *load, struct bench_target *t, const struct bench_names *names,
                   int (*call)(struct bench_target *t, const char *path), double *ret_ns)
{
        uint64_t begin = bench_now();
        int r = 0;

        for (size_t i = 0; i < names->n && r >= 0; i++) {
                r = call(t, names->path[i]);
                if ((i + 1) % PROGRESS_EVERY == 0)
                        bench_progress_step(&load->progress, PROGRESS_EVERY);
        }
        *ret_ns = (double)(bench_now() - begin) / (double)names->n;
        bench_progress_step(&load->progress, names->n % PROGRESS_EVERY);
        return r;
}

static int next_window(struct bench_side *side)
{
        struct window *window = side->user;

        if (window->at + window->len > window->names->n)
                window->at = 0;
        side->work.paths = window->names->path + window->at;
        side->work.n_paths = window->len;
        window->at += window->len;
        return 0;
}

/* stat of the names, at random, on all targets that have them. */
static int measure_random(struct bench_load *load, enum bench_load_op op, unsigned depth,
                          const struct bench_names *names)
{
        struct bench_side sides[BENCH_MAX_TARGETS];
        struct window windows[BENCH_MAX_TARGETS];
        size_t len = names->n < WINDOW ? names->n : WINDOW, n = 0;
        struct bench_plan plan = { .threads = 1,
                                   .reps = load->options->reps,
                                   .ms = load->options->ms,
                                   .min_n = len,
                                   .max_n = len,
                                   .reset = next_window };
        int r;

        for (size_t i = 0; i < BENCH_MAX_TARGETS; i++) {
                if (!load->big[i])
                        continue;
                windows[n] = (struct window){ .names = names, .len = len };
                sides[n] = (struct bench_side){ .target = load->targets[i],
                                                .work = { .op = BENCH_STAT },
                                                .user = &windows[n] };
                n++;
        }
        r = bench_measure(&plan, sides, n);
        for (size_t i = 0; i < n && r >= 0; i++)
                r = bench_load_add(load, op, sides[i].target, depth, load->files, plan.reps, sides[i].result);
        bench_progress_step(&load->progress, load->files);
        return r;
}

/* A million files in directories of 1,000. */
static int measure_working_set(struct bench_load *load)
{
        struct bench_names directories = { 0 }, ordered = { 0 }, random = { 0 };
        struct bench_target *failed = NULL;
        double ns;
        int r;

        r = bench_names_new((load->files + PER_DIRECTORY - 1) / PER_DIRECTORY, set_directory, 0,
                            &directories);
        if (r >= 0)
                r = bench_names_new(load->files, set_name, 0, &ordered);
        if (r >= 0)
                r = bench_names_new(load->files, set_name, SEED, &random);
        for (size_t i = 0; i < BENCH_MAX_TARGETS && r >= 0; i++) {
                struct bench_target *t = load->targets[i];

                if (!load->big[i])
                        continue;
                failed = t;
                r = make_place(t, "/set");
                for (size_t k = 0; k < directories.n && r >= 0; k++)
                        r = t->calls->mkdir(t, directories.path[k]);
                if (r >= 0)
                        r = for_all(load, t, &ordered, t->calls->mknod, &ns);
        }
        if (r >= 0) {
                failed = NULL;
                r = measure_random(load, BENCH_LOAD_WORKING_SET, 2, &random);
        }
        for (size_t i = 0; i < BENCH_MAX_TARGETS && r >= 0; i++)
                if (load->big[i])
                        r = remove_place(load->targets[i], "/set");
        bench_names_fini(&directories);
        bench_names_fini(&ordered);
        bench_names_fini(&random);
        return bench_load_failed("working set", failed, r);
}

/* stat of names that a directory of n files does not have. */
static int measure_missing(struct bench_load *load, const char *base, size_t n, bench_name_fn name)
{
        struct bench_names names = { 0 };
        struct bench_side sides[BENCH_MAX_TARGETS];
        struct bench_plan plan = {
                .threads = 1, .reps = load->options->reps, .ms = load->options->ms, .min_n = MISSING
        };
        struct bench_target *failed = NULL;
        char path[BENCH_NAME_SIZE];
        int r;

        r = bench_names_new(MISSING, name, SEED, &names);
        for (size_t i = 0; i < BENCH_MAX_TARGETS && r >= 0; i++) {
                struct bench_target *t = failed = load->targets[i];

                r = t->calls->mkdir(t, base);
                for (size_t k = 0; k < n && r >= 0; k++) {
                        snprintf(path, sizeof(path), "%s/file%zu", base, k);
                        r = t->calls->mknod(t, path);
                }
                sides[i] = (struct bench_side){
                        .target = t,
                        .work = { .op = BENCH_STAT_MISSING, .paths = names.path, .n_paths = names.n },
                };
        }
        if (r >= 0) {
                failed = NULL;
                r = bench_measure(&plan, sides, BENCH_MAX_TARGETS);
        }
        for (size_t i = 0; i < BENCH_MAX_TARGETS && r >= 0; i++)
                r = bench_load_add(load, BENCH_LOAD_MISSING, sides[i].target, 1, n, plan.reps,
                                   sides[i].result);
        bench_names_fini(&names);
        return bench_load_failed("missing names", failed, r);
}

/* Reads the whole directory: nanoseconds for each entry. */
static int list_once(struct bench_target *t, uint64_t files, double *ret_ns)
{
        union bench_file file;
        unsigned entries;
        uint64_t begin;
        int r;

        r = t->calls->open(t, "/directory", BENCH_OPEN_DIR, &file);
        if (r < 0)
                return r;
        begin = bench_now();
        r = t->calls->list(t, file, &entries);
        *ret_ns = (double)(bench_now() - begin) / (double)files;
        t->calls->close(t, file);
        return r < 0 ? r : entries == files + 2 ? 0 : -EIO;
}

enum { CREATE, LIST, REMOVE, N_PHASES };

/* One phase of a repetition on one target. */
static int directory_phase(struct bench_load *load, struct bench_target *t, int phase,
                           const struct bench_names *ordered, const struct bench_names *random,
                           double *ret_ns)
{
        int r;

        switch (phase) {
        case CREATE:
                r = make_place(t, "/directory");
                return r < 0 ? r : for_all(load, t, ordered, t->calls->mknod, ret_ns);
        case LIST:
                return list_once(t, load->files, ret_ns);
        default:
                r = for_all(load, t, random, t->calls->unlink, ret_ns);
                return r < 0 ? r : remove_place(t, "/directory");
        }
}

/* All files in one directory: made in order, read and removed at random. */
static int measure_directory(struct bench_load *load)
{
        static const enum bench_load_op ops[N_PHASES] = { BENCH_LOAD_DIR_CREATE, BENCH_LOAD_DIR_LIST,
                                                          BENCH_LOAD_DIR_REMOVE };
        double values[N_PHASES][BENCH_MAX_TARGETS][BENCH_LOAD_REPS];
        struct bench_names ordered = { 0 }, random = { 0 };
        struct bench_target *failed = NULL;
        int r;

        r = bench_names_new(load->files, directory_name, 0, &ordered);
        if (r >= 0)
                r = bench_names_new(load->files, directory_name, SEED, &random);
        for (unsigned rep = 0; rep < load->reps && r >= 0; rep++)
                for (int phase = CREATE; phase < N_PHASES && r >= 0; phase++) {
                        for (size_t i = 0; i < BENCH_MAX_TARGETS && r >= 0; i++) {
                                if (!load->big[i])
                                        continue;
                                failed = load->targets[i];
                                r = directory_phase(load, failed, phase, &ordered, &random,
                                                    &values[phase][i][rep]);
                        }
                        if (r < 0 || rep > 0 || phase != CREATE)
                                continue;
                        failed = NULL;
                        r = measure_random(load, BENCH_LOAD_DIR_STAT, 1, &random);
                }
        for (int phase = CREATE; phase < N_PHASES && r >= 0; phase++)
                for (size_t i = 0; i < BENCH_MAX_TARGETS && r >= 0; i++)
                        if (load->big[i])
                                r = bench_load_add(load, ops[phase], load->targets[i], 1, load->files,
                                                   load->reps,
                                                   bench_statistics(values[phase][i], load->reps));
        bench_names_fini(&ordered);
        bench_names_fini(&random);
        return bench_load_failed("big directory", failed, r);
}

int bench_load_sets(struct bench_load *load)
{
        int r;

        r = measure_working_set(load);
        if (r >= 0)
                r = measure_missing(load, "/small", MISSING_SMALL, missing_small);
        if (r >= 0 && load->files >= MISSING_LARGE)
                r = measure_missing(load, "/large", MISSING_LARGE, missing_large);
        if (r >= 0)
                r = measure_directory(load);
        return r;
}

uint64_t bench_load_sets_steps(const struct bench_load *load)
{
        uint64_t targets = (uint64_t)load->big[0] + (uint64_t)load->big[1];

        /* Made once, then made and removed in each repetition; and read at random twice. */
        return load->files * (targets * (1 + 2 * load->reps) + 2);
}
