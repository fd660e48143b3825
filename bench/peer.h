/*
 * peer.h - gVisor's side: a program of its own beside vfsbench, which prints rows as JSON.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "bench/options.h"
#include "bench/progress.h"
#include "bench/rows.h"

/*
 * Runs it with the same options, and appends its rows. Prints what is wrong.
 * Errors: ENOENT (not built), EIO (it failed), ENOMEM.
 */
int bench_peer_run(const struct bench_options *options, struct bench_progress *progress,
                   struct bench_rows *rows);

#endif
