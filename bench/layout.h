/*
 * layout.h - the trees that stat is measured on. gVisor's side makes the same ones.
 */
#ifndef BENCH_LAYOUT_H
#define BENCH_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/target.h"

/* Absolute paths, and one array of pointers to them. */
struct bench_paths {
        char **path;
        size_t n;
};

void bench_paths_fini(struct bench_paths *paths);
/* The next number of a sequence; *state is not 0. */
uint64_t bench_random(uint64_t *state);
/* The same order for the same seed. */
void bench_paths_shuffle(struct bench_paths *paths, uint64_t seed);

/*
 * depth directories from base on, one in the other, and an empty file in the
 * last. With mount, base is a mount point.
 */
int bench_layout_chain(struct bench_target *t, const char *base, unsigned depth, bool mount,
                       struct bench_paths *ret_paths);
/*
 * n files below depth directories each, at least 16 in a directory; all
 * directories from base on branch alike. The paths come back in random order.
 */
int bench_layout_forest(struct bench_target *t, const char *base, unsigned depth, size_t n, bool mount,
                        struct bench_paths *ret_paths);

/* Whether a target can be asked to make so many files in a filesystem of their own; says why it cannot. */
bool bench_layout_fits(const struct bench_target *t, uint64_t files);

#endif
