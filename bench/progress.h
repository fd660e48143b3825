/*
 * progress.h - a progress bar, shown only when standard output is a terminal.
 */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct bench_progress {
        const char *label;
        uint64_t total, done;
        uint64_t shown; /* when it was last drawn, in nanoseconds; 0: never */
        bool active;
};

/* quiet: not even on a terminal. total 0: the end is not known, only a count is shown. */
void bench_progress_begin(struct bench_progress *p, const char *label, uint64_t total, bool quiet);
void bench_progress_step(struct bench_progress *p, uint64_t more);
/* Wipes the bar. */
void bench_progress_end(struct bench_progress *p);

#endif
