/*
 * exec.h - execve(2) and execveat(2) of virtual files.
 */
#ifndef VFSRUN_EXEC_H
#define VFSRUN_EXEC_H

#include "tools/vfsrun/vfsrun.h"

/*
 * dir and path say what; flags: VFS_AT_*; name is what it is called by (a path, or /dev/fd/N for an empty
 * one). argv and envp are the guest's. Returns what a handler returns.
 */
int64_t exec_run(struct call *c, struct vfs_file *dir, const char *path, const char *name, uint32_t flags,
                 uint64_t argv, uint64_t envp);

#endif
