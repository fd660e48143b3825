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

#define SIDE_TASKS  3
#define SIDE_NS     4
#define SIDE_LISTED 1024

/*
 * Of a world of namespaces: the tasks that take part, and an observer, a task that looks into
 * the remembered namespaces and otherwise stays in one of its own.
 */
struct side_mounts {
        int on;
        int task;                /* the current one, of: */
        int tasks[SIDE_TASKS];   /* their numbers */
        int users[SIDE_TASKS];   /* of those that are not current */
        int rooted[SIDE_TASKS];  /* its root is elsewhere: it may not see all mounts */
        int observer, home;      /* a task, and its namespace */
        int ns[SIDE_NS], nsaved; /* -1: none; all that were remembered ever */
        /* The mounts that were listed last, and after which operation first. */
        struct {
                int id, since;
        } listed[SIDE_LISTED];
        size_t nlisted;
        int looks;
        size_t most; /* mounts in any namespace, when it was last looked at */
};

struct side {
        struct driver *d;
        int fds[OP_SLOTS]; /* DRIVER_BAD_FD: empty */
        int user;
        struct side_mounts mounts;
};

void side_init(struct side *side, struct driver *d);
/* For a world of namespaces, after side_init. A negative errno when that is not possible. */
int side_init_namespaces(struct side *side);
void side_run(struct side *side, const struct op *op, struct outcome *ret);
/*
 * Must op not be run? Asked of the host, where a namespace must not lose its root mount: the kernel's
 * own, which is below, is the same file system for all of its namespaces.
 */
int side_avoids(struct side *side, const struct op *op);
/* Is the host's answer one that vfs2 is known not to give, so that it is not asked? */
int side_excuses(struct side *side, const struct op *op, const struct outcome *host);
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
/* In a world of namespaces: the mounts and the visible tree of each namespace, tasks, open files. */
char *side_dump_namespaces(struct side *side);
/* The mounts that the current task sees, and which of them are new since the last call. */
char *side_dump_mounts(struct side *side);

#endif
