/*
 * contend.c - a reader and a writer at the same time.
 *
 * The writer repeats its operation until the reader has done all of its own. Each
 * is timed by itself: the reader from the opening of the gate to its end, the
 * writer from there to the end of the operation it was in.
 *
 * What the writer costs the reader is found in pairs: just before each repetition the
 * same reads are made alone, and beside a thread that only counts. The latter tells what
 * the machine takes when both of its processors are busy from what the writer
 * takes. What is compared is the reader's processor time, in which other processes of the machine do not
 * count, nor sleeping: how often the reader is put to sleep is counted.
 *
 * Limits: the walks that are counted are both threads'. On a machine with one
 * free processor the threads take turns, and few walks meet a change.
 */
#include "bench/contend.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <threads.h>
#include <time.h>

#define WRITER_STEP 2 /* operations between two looks at the reader: a rename to and fro */

/* What is measured in a repetition: each of all sides has an array of every figure. */
enum figure { READ, WRITE, OVER_ALONE, OVER_BUSY, N_FIGURES };

struct counts {
        struct bench_walks walks;
        uint64_t reads, waits;
};

struct writer {
        struct bench_contest *side; /* NULL: it counts */
        atomic_bool ready, open, stop;
        uint64_t done, finished;
        int r;
};

static void count(struct writer *w)
{
        while (!atomic_load_explicit(&w->stop, memory_order_relaxed))
                w->done++;
}

static void write_until_stopped(struct writer *w)
{
        struct bench_target *t = w->side->target;

        while (w->r >= 0 && (!w->done || !atomic_load_explicit(&w->stop, memory_order_relaxed))) {
                w->r = t->run(t, &w->side->writer, 0, WRITER_STEP);
                w->done += WRITER_STEP;
        }
}

static int writer_main(void *arg)
{
        struct writer *w = arg;
        struct bench_target *t = w->side ? w->side->target : NULL;
        const char *root = t ? w->side->writer_root : NULL;
        bool entered = false;

        if (t)
                w->r = t->calls->thread(t);
        if (root && w->r >= 0) {
                w->r = t->calls->enter(t, root);
                entered = w->r >= 0;
        }
        atomic_store(&w->ready, true);
        while (!atomic_load_explicit(&w->open, memory_order_acquire))
                ;
        if (t)
                write_until_stopped(w);
        else
                count(w);
        w->finished = bench_now();
        if (entered)
                t->calls->leave(t);
        return 0;
}

static void count_walks(struct bench_target *t, struct bench_walks *ret_walks)
{
        if (t->calls->walks)
                t->calls->walks(t, ret_walks);
        else
                *ret_walks = (struct bench_walks){ 0 };
}

/* How often this thread gave its processor away to wait for something. */
static uint64_t count_waits(void)
{
        struct rusage usage;

        return getrusage(RUSAGE_THREAD, &usage) < 0 ? 0 : (uint64_t)usage.ru_nvcsw;
}

/* Nanoseconds that this thread has run. */
static uint64_t processor_time(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
        return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

struct times {
        uint64_t passed, run; /* the clock's time, and the thread's */
};

static void times_begin(struct times *times)
{
        times->run = processor_time();
        times->passed = bench_now();
}

static void times_end(struct times *times)
{
        times->passed = bench_now() - times->passed;
        times->run = processor_time() - times->run;
}

/* Times of n reads, beside a writer. ret_write: nanoseconds of one of its operations; ret_counts: added to. */
static int read_beside(struct bench_contest *side, struct writer *writer, uint64_t n, struct times *ret_times,
                       double *ret_write, struct counts *ret_counts)
{
        struct bench_target *t = side->target;
        struct bench_walks before, after;
        uint64_t begin, waits;
        thrd_t thread;
        int r;

        if (thrd_create(&thread, writer_main, writer) != thrd_success)
                return -EAGAIN;
        while (!atomic_load(&writer->ready))
                thrd_yield();
        count_walks(t, &before);
        waits = count_waits();
        times_begin(ret_times);
        begin = ret_times->passed;
        atomic_store_explicit(&writer->open, true, memory_order_release);
        r = t->run(t, &side->reader, 0, n);
        times_end(ret_times);
        waits = count_waits() - waits;
        atomic_store_explicit(&writer->stop, true, memory_order_relaxed);
        thrd_join(thread, NULL);
        count_walks(t, &after);
        if (r < 0 || writer->r < 0)
                return r < 0 ? r : writer->r;

        *ret_write = (double)(writer->finished - begin) / (double)writer->done;
        ret_counts->walks.lockfree += after.lockfree - before.lockfree;
        ret_counts->walks.reference += after.reference - before.reference;
        ret_counts->reads += n;
        ret_counts->waits += waits;
        return 0;
}

/* The reader without the writer: processor time of n reads. */
static int read_without(struct bench_contest *side, uint64_t n, uint64_t *ret_alone, uint64_t *ret_busy)
{
        struct writer counter = { 0 };
        struct counts counts = { 0 };
        struct times times;
        double write;
        int r;

        times_begin(&times);
        r = side->target->run(side->target, &side->reader, 0, n);
        times_end(&times);
        *ret_alone = times.run;
        if (r >= 0)
                r = read_beside(side, &counter, n, &times, &write, &counts);
        *ret_busy = times.run;
        return r;
}

static double percent_over(uint64_t time, uint64_t other)
{
        return 100 * ((double)time / (double)other - 1);
}

static int contend_once(struct bench_contest *side, uint64_t n, uint64_t *ret_time,
                        double ret_figures[N_FIGURES], struct counts *ret_counts)
{
        struct writer writer = { .side = side };
        uint64_t alone = 0, busy = 0;
        struct times times;
        int r = 0;

        if (side->compare)
                r = read_without(side, n, &alone, &busy);
        if (r >= 0)
                r = read_beside(side, &writer, n, &times, &ret_figures[WRITE], ret_counts);
        if (r < 0)
                return r;
        *ret_time = times.passed;
        ret_figures[READ] = (double)times.passed / (double)n;
        ret_figures[OVER_ALONE] = side->compare ? percent_over(times.run, alone) : NAN;
        ret_figures[OVER_BUSY] = side->compare ? percent_over(times.run, busy) : NAN;
        return 0;
}

static int calibrate(const struct bench_plan *plan, struct bench_contest *side, uint64_t *ret_n)
{
        uint64_t n = plan->min_n > 2 ? plan->min_n : 2, time;
        double figures[N_FIGURES];
        struct counts counts = { 0 };
        int r;

        for (;; n *= 2) {
                r = contend_once(side, n, &time, figures, &counts);
                if (r < 0)
                        return r;
                if (time >= plan->ms * UINT64_C(1000000))
                        break;
        }
        *ret_n = n;
        return 0;
}

static double of_a_million(uint64_t some, uint64_t all)
{
        return all ? 1e6 * (double)some / (double)all : NAN;
}

/* values: reps of each figure, one figure after the other. */
static void fill_in(struct bench_contest *side, double *values, size_t reps, const struct counts *counts)
{
        side->read = bench_statistics(values + READ * reps, reps);
        side->write = bench_statistics(values + WRITE * reps, reps);
        side->reference = of_a_million(counts->walks.reference,
                                       counts->walks.lockfree + counts->walks.reference);
        side->waits = of_a_million(counts->waits, counts->reads);
        side->over_alone = side->over_busy = NAN;
        if (side->compare) {
                side->over_alone = bench_statistics(values + OVER_ALONE * reps, reps).median;
                side->over_busy = bench_statistics(values + OVER_BUSY * reps, reps).median;
        }
}

int bench_contend(const struct bench_plan *plan, struct bench_contest *sides, size_t n_sides)
{
        const size_t reps = plan->reps;
        struct counts counts[BENCH_MAX_TARGETS] = { 0 };
        uint64_t n[BENCH_MAX_TARGETS], time;
        double figures[N_FIGURES], *values;
        int r = 0;

        values = calloc(n_sides * N_FIGURES * reps, sizeof(*values));
        if (!values)
                return -ENOMEM;
        for (size_t i = 0; i < n_sides; i++) {
                r = calibrate(plan, &sides[i], &n[i]);
                if (r < 0)
                        goto out;
        }
        for (size_t rep = 0; rep < reps; rep++)
                for (size_t i = 0; i < n_sides; i++) {
                        r = contend_once(&sides[i], n[i], &time, figures, &counts[i]);
                        if (r < 0)
                                goto out;
                        for (size_t k = 0; k < N_FIGURES; k++)
                                values[(i * N_FIGURES + k) * reps + rep] = figures[k];
                }
        for (size_t i = 0; i < n_sides; i++)
                fill_in(&sides[i], values + i * N_FIGURES * reps, reps, &counts[i]);
out:
        free(values);
        return r;
}
