/*
 * file_sync.c - fsync(2) and fdatasync(2).
 */
#include <vfs/fsapi.h>

#include <errno.h>

int vfs_file_sync(const struct vfs_ctx *ctx, struct vfs_file *file, int data_only)
{
        if ((file->mode & VFS_FILE_PATH) != 0)
                return -EBADF;
        if (file->ops->sync != NULL)
                return file->ops->sync(ctx, file, data_only);
        /* A pipe has nothing to be written back to. */
        return (file->mode & VFS_FILE_STREAM) != 0 ? -EINVAL : 0;
}
