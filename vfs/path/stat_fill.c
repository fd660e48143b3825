/*
 * stat_fill.c - vfs_fill_statx for filesystems that do not use the tree's walks.
 */
#include "vfs/path/stat_fill.h"

void vfs_fill_statx(struct vfs_mount *mount, const struct vfs_dentry *d, uint32_t mask,
                    struct vfs_statx *ret_stat)
{
        vfs_stat_fill(mount, d, mask, ret_stat);
}
