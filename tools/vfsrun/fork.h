/*
 * fork.h - fork(2), clone(2), clone3(2).
 */
#ifndef VFSRUN_FORK_H
#define VFSRUN_FORK_H

#include "tools/vfsrun/vfsrun.h"

/*
 * A call that makes a child, with those flags; record: clone3's in the guest's memory, or 0. Returns
 * what a handler returns.
 */
int64_t fork_run(struct call *c, uint64_t flags, uint64_t record);

#endif
