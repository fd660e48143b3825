/*
 * world.h - a sequence run on both kernels, in a process of its own, from two
 * empty trees; and the shortest sequence that still differs.
 */
#ifndef TESTS_ORACLE_WORLD_H
#define TESTS_ORACLE_WORLD_H

#include "tests/oracle/op.h"

#define WORLD_MESSAGE 6000
#define WORLD_ERRNOS  134

/* Shared between the process that runs a world and the one that asked. */
struct world_report {
        uint32_t done;   /* operations run */
        uint32_t failed; /* they differed, or the process died */
        /* Only in a ctime that the host may have set to what it was: believed when it repeats. */
        uint32_t soft;
        /* What kind of difference it is: a sequence is cut down only as long as it shows the same. */
        uint32_t kind;
        int32_t host_r, vfs2_r;
        uint32_t skipped; /* the host cannot be used: a negative errno, as a positive number */
        char message[WORLD_MESSAGE];
        uint8_t pairs[OP_COUNT][WORLD_ERRNOS]; /* reached: operation and errno on the host */
};

struct world_report *world_report_new(void);

/*
 * Compares the trees every interval operations, and at the end. verbose: prints each operation
 * and its answers.
 */
void world_run(const struct op *ops, size_t n, unsigned int flags, size_t interval, int verbose,
               struct world_report *report);
/* Cuts ops down to a sequence that still fails; returns its length, and what it says in report. */
size_t world_shrink(struct op *ops, size_t n, unsigned int flags, size_t interval,
                    struct world_report *report);

#endif
