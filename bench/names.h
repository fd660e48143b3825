/*
 * names.h - the names of large sets.
 */
#ifndef BENCH_NAMES_H
#define BENCH_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_NAME_SIZE 64

struct bench_names {
        char *text;
        const char **path;
        size_t n;
};

/* Writes the path of entry i into buf, of BENCH_NAME_SIZE bytes. */
typedef void (*bench_name_fn)(char *buf, size_t i);

/* n names: seed 0 in order, otherwise at random, the same order for the same seed. Errors: ENOMEM. */
int bench_names_new(size_t n, bench_name_fn name, uint64_t seed, struct bench_names *ret_names);
void bench_names_fini(struct bench_names *names);

#endif
