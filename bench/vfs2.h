/*
 * vfs2.h - the context behind vfs2's target, for what only vfs2 is asked: the
 * import of a tree.
 */
#ifndef BENCH_VFS2_H
#define BENCH_VFS2_H

#include <vfs/vfs.h>

#include "bench/target.h"

/* Borrowed; t is a target of bench_vfs2_new(). */
const struct vfs_ctx *bench_vfs2_ctx(struct bench_target *t);

#endif
