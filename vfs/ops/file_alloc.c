/*
 * file_alloc.c - fallocate(2): the checks that come before the filesystem.
 */
#include <vfs/fsapi.h>

#include <errno.h>

#include "vfs/base/sync.h"

#define VFS_FALLOC_WRITE_ZEROES 0x80u /* Linux 6.17; no filesystem here has it */

/* Which modes exist, and whether each goes with KEEP_SIZE. */
static int vfs_alloc_mode_check(uint32_t mode)
{
        switch (mode & ~VFS_FALLOC_KEEP_SIZE) {
        case 0:
        case VFS_FALLOC_UNSHARE_RANGE:
        case VFS_FALLOC_ZERO_RANGE:
                return 0;
        case VFS_FALLOC_PUNCH_HOLE:
                return (mode & VFS_FALLOC_KEEP_SIZE) != 0 ? 0 : -EOPNOTSUPP;
        case VFS_FALLOC_COLLAPSE_RANGE:
        case VFS_FALLOC_INSERT_RANGE:
        case VFS_FALLOC_WRITE_ZEROES:
                return (mode & VFS_FALLOC_KEEP_SIZE) == 0 ? 0 : -EOPNOTSUPP;
        default:
                return -EOPNOTSUPP;
        }
}

int vfs_file_allocate(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t mode, int64_t offset,
                      int64_t length)
{
        const struct vfs_inode *inode = file->path.dentry->inode;
        int64_t end;
        int r;

        if ((file->mode & VFS_FILE_PATH) != 0)
                return -EBADF;
        if (offset < 0 || length <= 0)
                return -EINVAL;
        r = vfs_alloc_mode_check(mode);
        if (r < 0)
                return r;
        if ((file->mode & VFS_FILE_WRITE) == 0)
                return -EBADF;
        switch (vfs_inode_type(inode)) {
        case VFS_S_IFREG:
        case VFS_S_IFBLK:
                break;
        case VFS_S_IFIFO:
                return -ESPIPE;
        case VFS_S_IFDIR:
                return -EISDIR;
        default:
                return -ENODEV;
        }
        if (__builtin_add_overflow(offset, length, &end))
                return -EFBIG;
        if ((mode & VFS_FALLOC_KEEP_SIZE) == 0 && ctx->fsize_limit != 0 && (uint64_t)end > ctx->fsize_limit &&
            (uint64_t)end > vfs_load_relaxed(&inode->attr.size))
                return -EFBIG;
        if (file->ops->allocate == NULL)
                return -EOPNOTSUPP;
        return file->ops->allocate(ctx, file, mode, offset, length);
}
