/*
 * accessed.c - an open file was read: its access time, unless O_NOATIME.
 */
#include "vfs/path/atime.h"

void vfs_file_accessed(struct vfs_file *file)
{
        if ((vfs_load_relaxed(&file->flags) & VFS_O_NOATIME) == 0)
                vfs_atime_touch(file->path.mount, file->path.dentry->inode);
}
