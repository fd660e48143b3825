/*
 * side.h - one of the two kernels that run a sequence: a driver, the
 * descriptors in its slots, and what it answered.
 */
#ifndef TESTS_ORACLE_SIDE_H
#define TESTS_ORACLE_SIDE_H

#include "tests/oracle/op.h"
#include "tests/semantics/driver.h"

#define OUTCOME_TEXT 768

/* An answer: what the call returned (descriptors as 0), and in words what it delivered. */
struct outcome {
        int64_t r;
        char text[OUTCOME_TEXT];
        int bad_fd; /* the slot was empty: the embedder's EBADF, whatever the kernel looks at first */
        /* Of a watched operation, for each ctime: 'C' changed, '=' kept, 'o' another file, '-' none. */
        char changes[8];
};

int outcome_same(const struct op *op, const struct outcome *host, const struct outcome *vfs2);

struct side {
        struct driver *d;
        int fds[OP_SLOTS]; /* DRIVER_BAD_FD: empty */
        int user;
};

void side_init(struct side *side, struct driver *d);
void side_run(struct side *side, const struct op *op, struct outcome *ret);
/*
 * Waits for two ticks of the kernel's coarse clock: what is stamped then is later than what was
 * stamped before.
 */
void side_wait_for_ticks(void);
/*
 * The state of everything: each file in order of its path, with attributes,
 * content, target and extended attributes, and each open file. The text is
 * the caller's to free; NULL: no memory.
 */
char *side_dump(struct side *side);

#endif
