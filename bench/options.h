/*
 * options.h - vfsbench's command line, and its usage.
 */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_MAX_DEPTHS  32
#define BENCH_MAX_DEPTH   500 /* keeps the longest path below PATH_MAX */
#define BENCH_MAX_THREADS 64
#define BENCH_MAX_FILES   100000000
#define BENCH_MAX_MOUNTS  50000 /* the host allows 100,000 in a namespace */

enum bench_command {
        BENCH_COMMAND_HELP,
        BENCH_COMMAND_STAT,
        BENCH_COMMAND_OPS,
        BENCH_COMMAND_LOAD,
        BENCH_COMMAND_MOUNTS,
        BENCH_COMMAND_TREE,
};

struct bench_options {
        enum bench_command command;
        unsigned depths[BENCH_MAX_DEPTHS];
        size_t n_depths;
        unsigned threads; /* 0: not given */
        uint64_t files;   /* 0: not given */
        uint64_t mounts;  /* 0: not given */
        unsigned reps;
        unsigned ms; /* length of a repetition */
        bool mount;
        bool json;
        const char *peer; /* NULL: none */
        const char *dir;  /* tree's */
};

extern const char bench_usage[];

/*
 * Reads the command line. On a mistake prints one line that names it and the
 * usage on standard error, and returns -EINVAL.
 */
int bench_options_parse(int argc, char **argv, struct bench_options *ret_options);

#endif
