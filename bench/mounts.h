/*
 * mounts.h - what the parts of vfsbench mounts share.
 */
#ifndef BENCH_MOUNTS_H
#define BENCH_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/contend.h"
#include "bench/measure.h"
#include "bench/names.h"
#include "bench/options.h"
#include "bench/progress.h"
#include "bench/rows.h"
#include "bench/target.h"

#define BENCH_MOUNTS_REPS  3 /* at most, of what makes or ends a whole set */
#define BENCH_MOUNTS_SIZES 3

struct bench_mounts {
        const struct bench_options *options;
        struct bench_target *targets[BENCH_MAX_TARGETS]; /* those that may mount */
        size_t n_targets;
        size_t most;   /* mounts at the most */
        size_t middle; /* mounts beside which most things churn, and in a namespace that is copied: 1,000 */
        size_t sizes[BENCH_MOUNTS_SIZES], n_sizes; /* of the sets: 10, middle, most */
        unsigned reps;                             /* of what makes or ends a whole set */
        struct bench_progress progress;
        struct bench_rows rows;
};

/*
 * Appends a row of t: op, unit, depth, files, mounts and the figures are set. Nothing, where the figures
 * are NAN.
 */
int bench_mounts_add(struct bench_mounts *m, const struct bench_target *t, struct bench_row row);
/* The rows of a contest: op's own is the writer's. */
int bench_mounts_add_contest(struct bench_mounts *m, const char *op, const struct bench_contest *side,
                             uint64_t mounts);
/* Measures one work on all targets; the figures are divided by each, where one operation is many. */
int bench_mounts_measure(struct bench_mounts *m, struct bench_row row, const struct bench_work *work,
                         double each);
/* Says what failed, on which target (NULL: while measuring). Returns r. */
int bench_mounts_failed(const char *what, const struct bench_target *t, int r);

/* The tree that all parts use: /bound with a file and a directory in it; /points with most directories. */
int bench_mounts_make_tree(struct bench_mounts *m, struct bench_target *t);
void bench_mounts_point_name(char *buf, size_t i); /* /points/I */
/* call(t, "/bound", path) at the names from first to the one before last. */
int bench_mounts_bind(struct bench_target *t, const struct bench_names *points, size_t first, size_t last);

/* The parts. Each says what went wrong, and leaves no mount behind when nothing did. */
int bench_mounts_lookup(struct bench_mounts *m); /* stat below mounts, few and many; and churn beside it */
int bench_mounts_churn(struct bench_mounts *m, size_t size); /* beside so many mounts at /points */
int bench_mounts_make(struct bench_mounts *m);               /* many are made and torn down */
int bench_mounts_copies(struct bench_mounts *m);             /* propagation, copies of namespaces */
int bench_mounts_listings(struct bench_mounts *m);           /* mountinfo and its relatives */

#endif
