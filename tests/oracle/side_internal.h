/*
 * side_internal.h - what the files of a side share.
 */
#ifndef TESTS_ORACLE_SIDE_INTERNAL_H
#define TESTS_ORACLE_SIDE_INTERNAL_H

#include "tests/oracle/side.h"

void say(struct outcome *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The descriptor in a slot; a descriptor into a slot: then *r is 0. */
int fd_of(struct side *side, int slot);
void take(struct side *side, int slot, int64_t *r);
/*
 * Names of a directory, each with "|" and its type behind it, in order; free_names frees them. A
 * negative errno on failure.
 */
int64_t list_names(struct driver *d, int fd, char ***ret_names);
void free_names(char **names, int64_t count);
/* The current task gets a user's credentials. */
void side_become(struct side *side, int user);
/* An operation on mounts or namespaces, or a task's; with its paths, as they are to be given. */
int64_t side_run_mount(struct side *side, const struct op *op, const char *path, const char *path2,
                       struct outcome *out);
/* What statmount(2) or listmount(2) say about what is at a path. */
int64_t side_ask_mount(struct side *side, const struct op *op, const char *path, struct outcome *out);
/* Makes the task with that number the current one. */
void side_switch(struct side *side, int task);

#endif
