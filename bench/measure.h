/*
 * measure.h - timing: repetitions of one operation on several targets, taken in
 * turn, so that whatever else the machine does meets all of them.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "bench/options.h"
#include "bench/target.h"

#define BENCH_MAX_TARGETS 2

struct bench_result {
        double best, median; /* nanoseconds of one operation in one thread */
};

/* One side of a measurement. */
struct bench_side {
        struct bench_target *target;
        struct bench_work work;
        void *user;                 /* reset's */
        struct bench_result result; /* filled in */
};

struct bench_plan {
        unsigned threads;
        unsigned reps;
        unsigned ms;    /* length of a repetition */
        uint64_t min_n; /* operations of a repetition at least */
        uint64_t max_n; /* and at most; 0: no limit */
        /* Called untimed before each repetition; NULL: nothing to do. */
        int (*reset)(struct bench_side *side);
};

uint64_t bench_now(void); /* nanoseconds of the monotonic clock */

/* Sorts values; the smallest and the middle one. n is not 0. */
struct bench_result bench_statistics(double *values, size_t n);

/*
 * Measures all sides, a repetition of each in turn.
 * Errors: the operations' own, ENOMEM, EAGAIN (no thread).
 */
int bench_measure(const struct bench_plan *plan, struct bench_side *sides, size_t n_sides);

#endif
