/*
 * load.h - what the parts of vfsbench load share.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/contend.h"
#include "bench/measure.h"
#include "bench/options.h"
#include "bench/progress.h"
#include "bench/rows.h"
#include "bench/target.h"

#define BENCH_LOAD_REPS 2 /* at most, of what makes or removes a whole set */

struct bench_load {
        const struct bench_options *options;
        struct bench_target *targets[BENCH_MAX_TARGETS];
        uint64_t files;              /* of the big sets */
        unsigned reps;               /* of what makes or removes a whole set */
        bool big[BENCH_MAX_TARGETS]; /* the target can be asked for the big sets */
        struct bench_progress progress;
        struct bench_rows rows;
};

/* The operations, in the order of the table. */
enum bench_load_op {
        BENCH_LOAD_WORKING_SET,
        BENCH_LOAD_MISSING,
        BENCH_LOAD_DIR_CREATE,
        BENCH_LOAD_DIR_STAT,
        BENCH_LOAD_DIR_LIST,
        BENCH_LOAD_DIR_REMOVE,
        BENCH_LOAD_RENAME, /* this one and all that follow: two threads */
        BENCH_LOAD_RENAME_STAT,
        BENCH_LOAD_RENAME_REFERENCE,
        BENCH_LOAD_EXCHANGE,
        BENCH_LOAD_EXCHANGE_STAT,
        BENCH_LOAD_EXCHANGE_REFERENCE,
        BENCH_LOAD_N_OPS,
};

/* Appends a row, unless its figures are NAN: there is none. */
int bench_load_add(struct bench_load *load, enum bench_load_op op, const struct bench_target *t,
                   unsigned depth, uint64_t files, unsigned reps, struct bench_result result);
/* The three rows of a contest: op is the writer's, and the other two follow it. */
int bench_load_add_contest(struct bench_load *load, enum bench_load_op op, const struct bench_contest *side,
                           unsigned depth, uint64_t files);
/* Says what failed, on which target (NULL: while measuring). Returns r. */
int bench_load_failed(const char *what, const struct bench_target *t, int r);

/* The parts. Each says what went wrong, and leaves no mount behind when nothing did. */
int bench_load_sets(struct bench_load *load);  /* working set, missing names, big directory */
int bench_load_races(struct bench_load *load); /* renames on the path of readers */

/* How far each of them moves the progress bar, about its time. */
uint64_t bench_load_sets_steps(const struct bench_load *load);
uint64_t bench_load_races_steps(const struct bench_load *load);

#endif
