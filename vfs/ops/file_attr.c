/*
 * file_attr.c - stat, the calls that change attributes, and xattrs, on an open file.
 *
 * What they share with the path forms is in place.c and place_xattr.c; here is
 * what differs: O_PATH, and what ftruncate asks of the descriptor. Arguments that
 * Linux checks before it looks at the descriptor come first.
 */
#include <errno.h>

#include "vfs/ops/place.h"
#include "vfs/path/refresh.h"
#include "vfs/path/stat_fill.h"

static inline int vfs_file_no_path(const struct vfs_file *file)
{
        return vfs_unlikely((file->mode & VFS_FILE_PATH) != 0) ? -EBADF : 0;
}

int vfs_file_statx(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t mask,
                   struct vfs_statx *ret_stat)
{
        int r;

        if (vfs_unlikely((mask & VFS_STATX__RESERVED) != 0))
                return -EINVAL;
        r = vfs_dentry_refresh(ctx, file->path.dentry);
        if (vfs_unlikely(r != 0))
                return r;
        vfs_stat_fill(file->path.mount, file->path.dentry, mask, ret_stat);
        return 0;
}

int vfs_file_statfs(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_statfs *ret_statfs)
{
        return vfs_path_statfs(&file->path, ret_statfs);
}

int vfs_file_chmod(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t mode)
{
        struct vfs_setattr set = vfs_mode_setattr(mode);
        int r = vfs_file_no_path(file);

        return r < 0 ? r : vfs_path_setattr(ctx, &file->path, &set);
}

int vfs_file_chown(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t uid, uint32_t gid)
{
        struct vfs_setattr set = vfs_owner_setattr(uid, gid);
        int r = vfs_file_no_path(file);

        return r < 0 ? r : vfs_path_setattr(ctx, &file->path, &set);
}

int vfs_file_utimens(const struct vfs_ctx *ctx, struct vfs_file *file, const struct vfs_timespec times[2])
{
        struct vfs_setattr set;
        int r;

        if (vfs_times_omitted(times))
                return 0;
        r = vfs_file_no_path(file);
        if (r < 0)
                return r;
        r = vfs_times_setattr(times, &set);
        return r < 0 ? r : vfs_path_setattr(ctx, &file->path, &set);
}

int vfs_file_truncate(const struct vfs_ctx *ctx, struct vfs_file *file, int64_t length)
{
        struct vfs_setattr set = { .valid = VFS_SET_SIZE | VFS_SET_OPEN, .size = (uint64_t)length };
        int r;

        if (length < 0)
                return -EINVAL;
        r = vfs_file_no_path(file);
        if (r < 0)
                return r;
        if (vfs_inode_type(file->path.dentry->inode) != VFS_S_IFREG ||
            (file->mode & VFS_FILE_WRITE) == 0)
                return -EINVAL;
        return vfs_path_setattr(ctx, &file->path, &set);
}

int vfs_file_setxattr(const struct vfs_ctx *ctx, struct vfs_file *file, const char *name, const void *value,
                      size_t size, uint32_t flags)
{
        int r = vfs_xattr_check_set(name, size, flags);

        if (r == 0)
                r = vfs_file_no_path(file);
        return r < 0 ? r : vfs_path_setxattr(ctx, &file->path, name, value, size, flags);
}

int64_t vfs_file_getxattr(const struct vfs_ctx *ctx, struct vfs_file *file, const char *name, void *value,
                          size_t size)
{
        int r = vfs_xattr_check_name(name);

        if (r == 0)
                r = vfs_file_no_path(file);
        return r < 0 ? r : vfs_path_getxattr(ctx, &file->path, name, value, size);
}

int64_t vfs_file_listxattr(const struct vfs_ctx *ctx, struct vfs_file *file, char *list, size_t size)
{
        int r = vfs_file_no_path(file);

        return r < 0 ? r : vfs_path_listxattr(ctx, &file->path, list, size);
}

int vfs_file_removexattr(const struct vfs_ctx *ctx, struct vfs_file *file, const char *name)
{
        int r = vfs_xattr_check_name(name);

        if (r == 0)
                r = vfs_file_no_path(file);
        return r < 0 ? r : vfs_path_removexattr(ctx, &file->path, name);
}
