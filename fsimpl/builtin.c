/*
 * builtin.c - the filesystem types that the library brings.
 */
#include "vfs/ops/builtin.h"

#include <stddef.h>

#include "fsimpl/memfs/memfs.h"

const struct vfs_fstype *const vfs_builtin_fstypes[] = {
        &vfs_tmpfs_type,
        &vfs_memfs_type,
        NULL,
};
