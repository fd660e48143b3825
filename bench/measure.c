/*
 * measure.c - clock, repetitions, threads and statistics.
 *
 * A repetition does a fixed number of operations between two readings of the
 * clock. The number is found for each target by doubling until a repetition lasts
 * as long as asked. Best is the smallest time of all repetitions, median the
 * middle one.
 *
 * With several threads all of them do that number of operations; the time runs
 * from the opening of the gate, when all are ready, until the last one has
 * finished. The time of an operation is thus a thread's, not the machine's.
 */
#include "bench/measure.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

#define CALIBRATIONS 3

struct gate {
        atomic_uint ready;
        atomic_bool open;
};

struct worker {
        thrd_t thread;
        struct gate *gate;
        struct bench_side *side;
        unsigned index;
        uint64_t n;
        uint64_t finished;
        int r;
};

uint64_t bench_now(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

struct bench_result bench_statistics(double *values, size_t n)
{
        qsort(values, n, sizeof(*values), compare_doubles);
        return (struct bench_result){ .best = values[0], .median = values[n / 2] };
}

static int worker_main(void *arg)
{
        struct worker *w = arg;
        struct bench_target *t = w->side->target;

        w->r = t->calls->thread(t);
        atomic_fetch_add(&w->gate->ready, 1);
        while (!atomic_load_explicit(&w->gate->open, memory_order_acquire))
                ;
        if (w->r >= 0)
                w->r = t->run(t, &w->side->work, w->index, w->n);
        w->finished = bench_now();
        return 0;
}

/* One repetition with threads: its time in nanoseconds. */
static int time_threads(struct bench_side *side, unsigned threads, uint64_t n, uint64_t *ret_time)
{
        struct worker workers[BENCH_MAX_THREADS];
        struct gate gate = { 0 };
        uint64_t begin, end = 0;
        unsigned started;
        int r = 0;

        for (started = 0; started < threads; started++) {
                struct worker *w = &workers[started];

                *w = (struct worker){ .gate = &gate, .side = side, .index = started, .n = n };
                if (thrd_create(&w->thread, worker_main, w) != thrd_success) {
                        r = -EAGAIN;
                        break;
                }
        }
        while (atomic_load(&gate.ready) < started)
                thrd_yield();
        begin = bench_now();
        atomic_store_explicit(&gate.open, true, memory_order_release);
        for (unsigned i = 0; i < started; i++) {
                thrd_join(workers[i].thread, NULL);
                if (workers[i].r < 0)
                        r = workers[i].r;
                if (workers[i].finished > end)
                        end = workers[i].finished;
        }
        *ret_time = end - begin;
        return r;
}

static int time_once(const struct bench_plan *plan, struct bench_side *side, uint64_t n, uint64_t *ret_time)
{
        uint64_t begin;
        int r;

        if (plan->reset) {
                r = plan->reset(side);
                if (r < 0)
                        return r;
        }
        if (plan->threads > 1)
                return time_threads(side, plan->threads, n, ret_time);
        begin = bench_now();
        r = side->target->run(side->target, &side->work, 0, n);
        *ret_time = bench_now() - begin;
        return r;
}

/* The shortest of a few, so that a moment's interruption is not taken for the work. */
static int time_shortest(const struct bench_plan *plan, struct bench_side *side, uint64_t n,
                         uint64_t *ret_time)
{
        uint64_t time, shortest = UINT64_MAX;
        int r = 0;

        for (int i = 0; i < CALIBRATIONS && r >= 0; i++) {
                r = time_once(plan, side, n, &time);
                if (r >= 0 && time < shortest)
                        shortest = time;
        }
        *ret_time = shortest;
        return r;
}

/* How many operations make a repetition: an even number. */
static int calibrate(const struct bench_plan *plan, struct bench_side *side, uint64_t *ret_n)
{
        uint64_t time, n = plan->min_n > 2 ? plan->min_n + plan->min_n % 2 : 2;
        int r;

        for (;;) {
                r = time_shortest(plan, side, n, &time);
                if (r < 0)
                        return r;
                if (time >= plan->ms * UINT64_C(1000000) || (plan->max_n && n * 2 > plan->max_n))
                        break;
                n *= 2;
        }
        *ret_n = n;
        return 0;
}

int bench_measure(const struct bench_plan *plan, struct bench_side *sides, size_t n_sides)
{
        uint64_t n[BENCH_MAX_TARGETS], time;
        double *times;
        int r = 0;

        times = calloc(n_sides * plan->reps, sizeof(*times));
        if (!times)
                return -ENOMEM;
        for (size_t i = 0; i < n_sides; i++) {
                r = calibrate(plan, &sides[i], &n[i]);
                if (r < 0)
                        goto out;
        }
        for (unsigned rep = 0; rep < plan->reps; rep++)
                for (size_t i = 0; i < n_sides; i++) {
                        r = time_once(plan, &sides[i], n[i], &time);
                        if (r < 0)
                                goto out;
                        times[i * plan->reps + rep] = (double)time / (double)n[i];
                }
        for (size_t i = 0; i < n_sides; i++)
                sides[i].result = bench_statistics(times + i * plan->reps, plan->reps);
out:
        free(times);
        return r;
}
