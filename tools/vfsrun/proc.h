/*
 * proc.h - /proc, by name.
 */
#ifndef VFSRUN_PROC_H
#define VFSRUN_PROC_H

#include "tools/vfsrun/vfsrun.h"

/* What a handler of proc_* returns when the path is not below /proc, or is for the library after all. */
#define PROC_NOT (INT64_MIN + 2)

/*
 * A path that was copied from the guest: a magic link on its way (/proc/self/cwd/x) is replaced by what it
 * leads to; with follow, also one at its end. Errors: ENOENT, ENAMETOOLONG.
 */
int proc_resolve(struct call *c, char path[VFS_PATH_MAX], int follow);
/*
 * A path relative to a descriptor of the host's that is a directory of /proc: made absolute. Errors:
 * ENOTDIR.
 */
int proc_absolute(struct task *t, int fd, char path[VFS_PATH_MAX]);

int64_t proc_open(struct call *c, const char *path, uint32_t flags);
/* x: as statx(2) fills it. */
int64_t proc_stat(struct call *c, const char *path, uint32_t flags, struct vfs_statx *x);
int64_t proc_readlink(struct call *c, const char *path, char *buf, size_t size);
int64_t proc_access(struct call *c, const char *path, uint32_t mode);

/* setns(2) to a descriptor of /proc/PID/ns/mnt. */
struct vfs_mntns *proc_mntns(const struct vfs_file *file);

#endif
