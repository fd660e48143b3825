/*
 * builtin.c - the filesystem types that the library brings.
 */
#include "vfs/ops/builtin.h"

#include <stddef.h>

const struct vfs_fstype *const vfs_builtin_fstypes[] = {
        NULL,
};
