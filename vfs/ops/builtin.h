/*
 * builtin.h - the filesystem types that every instance has: fsimpl/builtin.c says which.
 */
#ifndef VFS_OPS_BUILTIN_H
#define VFS_OPS_BUILTIN_H

struct vfs_fstype;

/* Ends with NULL. */
extern const struct vfs_fstype *const vfs_builtin_fstypes[];

#endif
