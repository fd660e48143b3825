/*
 * contend.c - a reader and a writer at the same time.
 *
 * The writer repeats its operation until the reader has done all of its own. Each
 * is timed by itself: the reader from the opening of the gate to its end, the
 * writer from there to the end of the operation it was in.
 *
 * Limits: the walks that are counted are both threads'. On a machine with one
 * free processor the threads take turns, and few walks meet a change.
 */
#include "bench/contend.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <threads.h>

#define WRITER_STEP 2 /* operations between two looks at the reader: a rename to and fro */

/* What is measured in a repetition. */
struct figures {
        double read, write; /* nanoseconds */
        struct bench_walks walks;
};

struct writer {
        struct bench_contest *side;
        atomic_bool ready, open, stop;
        uint64_t done, finished;
        int r;
};

static int writer_main(void *arg)
{
        struct writer *w = arg;
        struct bench_target *t = w->side->target;

        w->r = t->calls->thread(t);
        atomic_store(&w->ready, true);
        while (!atomic_load_explicit(&w->open, memory_order_acquire))
                ;
        while (w->r >= 0 && (!w->done || !atomic_load_explicit(&w->stop, memory_order_relaxed))) {
                w->r = t->run(t, &w->side->writer, 0, WRITER_STEP);
                w->done += WRITER_STEP;
        }
        w->finished = bench_now();
        return 0;
}

static void count_walks(struct bench_target *t, struct bench_walks *ret_walks)
{
        if (t->calls->walks)
                t->calls->walks(t, ret_walks);
        else
                *ret_walks = (struct bench_walks){ 0 };
}

static int contend_once(struct bench_contest *side, uint64_t n, uint64_t *ret_time,
                        struct figures *ret_figures)
{
        struct bench_target *t = side->target;
        struct writer writer = { .side = side };
        struct bench_walks before, after;
        uint64_t begin, end;
        thrd_t thread;
        int r;

        if (thrd_create(&thread, writer_main, &writer) != thrd_success)
                return -EAGAIN;
        while (!atomic_load(&writer.ready))
                thrd_yield();
        count_walks(t, &before);
        begin = bench_now();
        atomic_store_explicit(&writer.open, true, memory_order_release);
        r = t->run(t, &side->reader, 0, n);
        end = bench_now();
        atomic_store_explicit(&writer.stop, true, memory_order_relaxed);
        thrd_join(thread, NULL);
        count_walks(t, &after);
        if (r < 0 || writer.r < 0)
                return r < 0 ? r : writer.r;

        *ret_figures = (struct figures){
                .read = (double)(end - begin) / (double)n,
                .write = (double)(writer.finished - begin) / (double)writer.done,
                .walks = { .lockfree = after.lockfree - before.lockfree,
                           .reference = after.reference - before.reference },
        };
        *ret_time = end - begin;
        return 0;
}

static int calibrate(const struct bench_plan *plan, struct bench_contest *side, uint64_t *ret_n)
{
        uint64_t n = plan->min_n > 2 ? plan->min_n : 2, time;
        struct figures figures;
        int r;

        for (;; n *= 2) {
                r = contend_once(side, n, &time, &figures);
                if (r < 0)
                        return r;
                if (time >= plan->ms * UINT64_C(1000000))
                        break;
        }
        *ret_n = n;
        return 0;
}

static double of_a_million(uint64_t some, const struct bench_walks *walks)
{
        uint64_t all = walks->lockfree + walks->reference;

        return all ? 1e6 * (double)some / (double)all : NAN;
}

int bench_contend(const struct bench_plan *plan, struct bench_contest *sides, size_t n_sides)
{
        struct bench_walks walks[BENCH_MAX_TARGETS] = { 0 };
        uint64_t n[BENCH_MAX_TARGETS], time;
        struct figures figures;
        double *values;
        int r = 0;

        values = calloc(n_sides * 2 * plan->reps, sizeof(*values));
        if (!values)
                return -ENOMEM;
        for (size_t i = 0; i < n_sides; i++) {
                r = calibrate(plan, &sides[i], &n[i]);
                if (r < 0)
                        goto out;
        }
        for (unsigned rep = 0; rep < plan->reps; rep++)
                for (size_t i = 0; i < n_sides; i++) {
                        r = contend_once(&sides[i], n[i], &time, &figures);
                        if (r < 0)
                                goto out;
                        values[2 * i * plan->reps + rep] = figures.read;
                        values[(2 * i + 1) * plan->reps + rep] = figures.write;
                        walks[i].lockfree += figures.walks.lockfree;
                        walks[i].reference += figures.walks.reference;
                }
        for (size_t i = 0; i < n_sides; i++) {
                double *own = values + 2 * i * plan->reps;

                sides[i].read = bench_statistics(own, plan->reps);
                sides[i].write = bench_statistics(own + plan->reps, plan->reps);
                sides[i].reference = of_a_million(walks[i].reference, &walks[i]);
        }
out:
        free(values);
        return r;
}
