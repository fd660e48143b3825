/*
 * progress.c - draws the bar at most ten times a second.
 */
#include "bench/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "bench/measure.h"

#define BAR_WIDTH 40
#define INTERVAL  UINT64_C(100000000)

void bench_progress_begin(struct bench_progress *p, const char *label, uint64_t total, bool quiet)
{
        *p = (struct bench_progress){
                .label = label,
                .total = total,
                .active = !quiet && isatty(STDOUT_FILENO),
        };
        bench_progress_step(p, 0);
}

static void draw(const struct bench_progress *p)
{
        static const char full[BAR_WIDTH + 1] = "########################################";
        uint64_t done = p->done < p->total ? p->done : p->total;

        if (p->total) {
                int width = (int)(done * BAR_WIDTH / p->total);

                printf("\r%-12s [%-*.*s] %3u%%", p->label, BAR_WIDTH, width, full,
                       (unsigned)(done * 100 / p->total));
        } else {
                printf("\r%-12s %llu", p->label, (unsigned long long)p->done);
        }
        fflush(stdout);
}

void bench_progress_step(struct bench_progress *p, uint64_t more)
{
        uint64_t now;

        p->done += more;
        if (!p->active)
                return;
        now = bench_now();
        if (p->shown && now - p->shown < INTERVAL)
                return;
        p->shown = now;
        draw(p);
}

void bench_progress_end(struct bench_progress *p)
{
        if (p->active)
                fputs("\r\033[K", stdout);
        p->active = false;
}
