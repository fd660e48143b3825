/*
 * commands.h - vfsbench's commands. Each prints its results and returns the exit status.
 */
#ifndef BENCH_COMMANDS_H
#define BENCH_COMMANDS_H

#include "bench/options.h"
#include "bench/target.h"

int bench_command_stat(const struct bench_options *options);
int bench_command_ops(const struct bench_options *options);
int bench_command_load(const struct bench_options *options);
int bench_command_mounts(const struct bench_options *options);
int bench_command_tree(const struct bench_options *options);

/* vfs2 and the host, in this order. Prints what is wrong. dir: the host's root, NULL: a tmpfs. */
int bench_targets_new(const char *dir, struct bench_target *ret_targets[2]);
void bench_targets_free(struct bench_target *targets[2]);

#endif
