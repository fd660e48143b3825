/*
 * load_races.c - renames on the path of readers.
 *
 * A chain of directories with a file at its end is read by one thread, while
 * another one changes the name of the directory in its middle. Renamed to and
 * fro, the path is missing half of the time, and ENOENT is a right answer.
 * Exchanged with another directory that holds the same names, the path is never
 * missing, and ENOENT would be an error.
 */
#include <stdio.h>

#include "bench/layout.h"
#include "bench/load.h"

#define DEPTH  8
#define WEIGHT 100000 /* of the progress bar, for each race */

static const struct race {
        const char *name;
        enum bench_load_op row;
        enum bench_op writer, reader;
        const char *a, *b;
        const char *path;
} races[] = {
        { "rename", BENCH_LOAD_RENAME, BENCH_RENAME, BENCH_STAT_RACING, "/race/1/2/3", "/race/1/2/moved",
          "/race/1/2/3/4/5/6/7/file" },
        { "exchange", BENCH_LOAD_EXCHANGE, BENCH_EXCHANGE, BENCH_STAT, "/race/1/2/3", "/race/1/2/other",
          "/race/1/2/3/4/5/6/7/file" },
};
#define N_RACES (sizeof(races) / sizeof(races[0]))

/* The chain that is read, and below /race/1/2/other the same names again. */
static int make_tree(struct bench_target *t)
{
        static const char *const dirs[] = { "/race/1/2/other", "/race/1/2/other/4", "/race/1/2/other/4/5",
                                            "/race/1/2/other/4/5/6", "/race/1/2/other/4/5/6/7" };
        struct bench_paths paths = { 0 };
        int r;

        r = bench_layout_chain(t, "/race", DEPTH, false, &paths);
        for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && r >= 0; i++)
                r = t->calls->mkdir(t, dirs[i]);
        if (r >= 0)
                r = t->calls->mknod(t, "/race/1/2/other/4/5/6/7/file");
        bench_paths_fini(&paths);
        return r;
}

static int measure_race(struct bench_load *load, const struct race *race)
{
        struct bench_plan plan = { .threads = 1, .reps = load->options->reps, .ms = load->options->ms };
        struct bench_contest contests[BENCH_MAX_TARGETS];
        int r;

        for (size_t i = 0; i < BENCH_MAX_TARGETS; i++)
                contests[i] = (struct bench_contest){
                        .target = load->targets[i],
                        .reader = { .op = race->reader, .paths = &race->path, .n_paths = 1 },
                        .writer = { .op = race->writer, .a = race->a, .b = race->b },
                };
        r = bench_contend(&plan, contests, BENCH_MAX_TARGETS);
        for (size_t i = 0; i < BENCH_MAX_TARGETS && r >= 0; i++)
                r = bench_load_add_contest(load, race->row, &contests[i], DEPTH, 1);
        bench_progress_step(&load->progress, WEIGHT);
        return bench_load_failed(race->name, NULL, r);
}

int bench_load_races(struct bench_load *load)
{
        int r = 0;

        for (size_t i = 0; i < BENCH_MAX_TARGETS && r >= 0; i++)
                r = bench_load_failed("renames", load->targets[i], make_tree(load->targets[i]));
        for (size_t i = 0; i < N_RACES && r >= 0; i++)
                r = measure_race(load, &races[i]);
        return r;
}

uint64_t bench_load_races_steps(const struct bench_load *load)
{
        return N_RACES * WEIGHT;
}
