/*
 * contend.h - timing under contention: one thread reads while another one changes.
 */
#ifndef BENCH_CONTEND_H
#define BENCH_CONTEND_H

#include "bench/measure.h"
#include "bench/target.h"

/* One side of a measurement. */
struct bench_contest {
        struct bench_target *target;
        struct bench_work reader, writer;
        const char *writer_root; /* the writer's own root; NULL: the same as the reader's */
        bool compare;            /* measure the reader without the writer, too */
        /* Filled in: nanoseconds of one operation, */
        struct bench_result read, write;
        /* of a million walks in all repetitions, how many went under locks; NAN: not counted; */
        double reference;
        /* of a million reads, how often the reader was put to sleep; */
        double waits;
        /*
         * and with compare, by how many percent reading takes more processor time than alone, and than
         * beside a thread that does nothing but keep a processor busy: medians.
         */
        double over_alone, over_busy;
};

/*
 * Measures all sides, a repetition of each in turn: as many operations of the
 * reader as last plan->ms, and the writer's for so long. plan->threads and
 * plan->reset mean nothing here.
 * Errors: the operations' own, ENOMEM, EAGAIN (no thread).
 */
int bench_contend(const struct bench_plan *plan, struct bench_contest *sides, size_t n_sides);

#endif
