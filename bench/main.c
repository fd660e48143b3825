/*
 * vfsbench: vfs2 beside the host kernel, measured in the same run.
 *
 *      main.c      dispatch
 *      options.c   command line
 *      stat.c      stat by depth: the first table of figures
 *      ops.c       the other operations: the second table
 *      load.c      large sets and contention: load_sets.c, load_races.c
 *      mounts.c    mounts: mounts_lookup.c, mounts_churn.c, mounts_make.c, mounts_copies.c,
 *                  mounts_listings.c
 *      tree.c      a real tree: import, check, random stat
 *      measure.c   clock, repetitions, threads, best and median
 *      contend.c   the same beside a thread that changes things
 *      loops.h     the loops that are timed
 *      target.h    what they run on: vfs2.c and host.c, and their mounts
 *      layout.c    the trees they run on
 *      names.c     names of large sets, in order or at random
 *      rows.c      results as JSON and as tables
 *      peer.c      gVisor's side (gvisor/), a program of its own
 */
#include <stdio.h>
#include <string.h>

#include "bench/commands.h"
#include "bench/options.h"

int bench_targets_new(const char *dir, struct bench_target *ret_targets[2])
{
        struct bench_target *vfs2 = NULL, *host = NULL;
        int r;

        r = bench_vfs2_new(&vfs2);
        if (r < 0) {
                fprintf(stderr, "vfsbench: vfs2: %s\n", strerror(-r));
                return r;
        }
        r = bench_host_new(dir, &host);
        if (r < 0) {
                fprintf(stderr, "vfsbench: host: %s: %s\n", dir ? dir : "tmpfs", strerror(-r));
                bench_target_free(vfs2);
                return r;
        }
        ret_targets[0] = vfs2;
        ret_targets[1] = host;
        return 0;
}

void bench_targets_free(struct bench_target *targets[2])
{
        bench_target_free(targets[0]);
        bench_target_free(targets[1]);
}

int main(int argc, char **argv)
{
        struct bench_options options;

        if (bench_options_parse(argc, argv, &options) < 0)
                return 2;
        switch (options.command) {
        case BENCH_COMMAND_HELP:
                fputs(bench_usage, stdout);
                return 0;
        case BENCH_COMMAND_STAT:
                return bench_command_stat(&options);
        case BENCH_COMMAND_OPS:
                return bench_command_ops(&options);
        case BENCH_COMMAND_LOAD:
                return bench_command_load(&options);
        case BENCH_COMMAND_MOUNTS:
                return bench_command_mounts(&options);
        case BENCH_COMMAND_TREE:
                return bench_command_tree(&options);
        }
        return 2;
}
