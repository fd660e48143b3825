/*
 * random.h - what the makers of random operations share.
 */
#ifndef TESTS_ORACLE_RANDOM_H
#define TESTS_ORACLE_RANDOM_H

#include <string.h>

#include "tests/oracle/op.h"

struct rng {
        uint64_t state;
};

static inline uint64_t next(struct rng *rng)
{
        uint64_t z = (rng->state += UINT64_C(0x9e3779b97f4a7c15));

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

static inline uint32_t below(struct rng *rng, uint32_t n)
{
        return (uint32_t)((next(rng) >> 32) * n >> 32);
}

/* True in percent of a hundred cases. */
static inline int chance(struct rng *rng, uint32_t percent)
{
        return below(rng, 100) < percent;
}

#define PICK(rng, array) ((array)[below((rng), sizeof(array) / sizeof((array)[0]))])

/* Appends a part of a path, if it fits. */
static inline void add(char *path, const char *s)
{
        size_t used = strlen(path), n = strlen(s);

        if (used + n < OP_PATH_MAX)
                memcpy(path + used, s, n + 1);
}

#endif
