/*
 * fcntl.c - status flags and seals: the parts of fcntl(2) that concern an open
 * file description. The parts that concern descriptors are in fdtable.c.
 *
 * DIFF-LINUX: the commands that are in neither file (locks, leases, owners, pipe
 * sizes) are EINVAL.
 */
#include <vfs/fsapi.h>

#include <errno.h>

#include "vfs/base/sync.h"

#define VFS_SETFL_MASK (VFS_O_APPEND | VFS_O_NONBLOCK | VFS_O_DIRECT | VFS_O_NOATIME)
#define VFS_SEALS_ALL                                                               \
        (VFS_F_SEAL_SEAL | VFS_F_SEAL_SHRINK | VFS_F_SEAL_GROW | VFS_F_SEAL_WRITE | \
         VFS_F_SEAL_FUTURE_WRITE | VFS_F_SEAL_EXEC)

int vfs_file_getfl(struct vfs_file *file, uint32_t *ret_flags)
{
        *ret_flags = vfs_load_relaxed(&file->flags);
        return 0;
}

int vfs_file_setfl(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t flags)
{
        const struct vfs_inode *inode = file->path.dentry->inode;
        uint32_t mask = VFS_SETFL_MASK;
        uint32_t old;

        if ((file->mode & VFS_FILE_PATH) != 0)
                return -EBADF;
        old = vfs_load_relaxed(&file->flags);
        if ((flags & VFS_O_NOATIME) != 0 && (old & VFS_O_NOATIME) == 0) {
                struct vfs_attr attr;

                vfs_inode_read_attr(inode, &attr);
                if (!vfs_is_owner(ctx->cred, &attr))
                        return -EPERM;
        }
        if ((flags & VFS_O_DIRECT) != 0 && vfs_inode_type(inode) == VFS_S_IFDIR)
                return -EINVAL;
        /* Only pipes can send SIGIO; elsewhere Linux ignores the bit. */
        if ((file->mode & VFS_FILE_STREAM) != 0)
                mask |= VFS_O_ASYNC;
        while (!vfs_cas_u32(&file->flags, old, (flags & mask) | (old & ~mask)))
                old = vfs_load_relaxed(&file->flags);
        return 0;
}

int vfs_file_get_seals(struct vfs_file *file, uint32_t *ret_seals)
{
        if ((file->mode & VFS_FILE_PATH) != 0)
                return -EBADF;
        return file->ops->get_seals != NULL ? file->ops->get_seals(file, ret_seals) : -EINVAL;
}

int vfs_file_add_seals(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t seals)
{
        if ((file->mode & VFS_FILE_PATH) != 0)
                return -EBADF;
        if ((file->mode & VFS_FILE_WRITE) == 0)
                return -EPERM;
        if ((seals & ~VFS_SEALS_ALL) != 0)
                return -EINVAL;
        return file->ops->add_seals != NULL ? file->ops->add_seals(file, seals) : -EINVAL;
}
