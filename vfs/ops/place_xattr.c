/*
 * place_xattr.c - extended attributes of a resolved place: xattr(7).
 *
 * The library checks the arguments' limits and the mount; permission by namespace
 * and what a namespace means is the filesystem's (vfs_may_xattr).
 */
#include <errno.h>
#include <string.h>

#include "vfs/ops/place.h"

int vfs_xattr_check_name(const char *name)
{
        size_t len = strnlen(name, VFS_XATTR_NAME_MAX + 1);

        return len == 0 || len > VFS_XATTR_NAME_MAX ? -ERANGE : 0;
}

int vfs_xattr_check_set(const char *name, size_t size, uint32_t flags)
{
        int r;

        if ((flags & ~(VFS_XATTR_CREATE | VFS_XATTR_REPLACE)) != 0)
                return -EINVAL;
        r = vfs_xattr_check_name(name);
        if (r < 0)
                return r;
        return size > VFS_XATTR_SIZE_MAX ? -E2BIG : 0;
}

int vfs_path_setxattr(const struct vfs_ctx *ctx, const struct vfs_path *path, const char *name,
                      const void *value, size_t size, uint32_t flags)
{
        const struct vfs_dentry_ops *dops = path->dentry->fs->dops;
        int r;

        r = vfs_mount_begin_write(path->mount);
        if (r < 0)
                return r;
        r = dops->setxattr != NULL ? dops->setxattr(ctx, path->dentry, name, value, size, flags)
                                   : -EOPNOTSUPP;
        vfs_mount_end_write(path->mount);
        return r;
}

int64_t vfs_path_getxattr(const struct vfs_ctx *ctx, const struct vfs_path *path, const char *name,
                          void *value, size_t size)
{
        const struct vfs_dentry_ops *dops = path->dentry->fs->dops;

        if (dops->getxattr == NULL)
                return -EOPNOTSUPP;
        if (size > VFS_XATTR_SIZE_MAX)
                size = VFS_XATTR_SIZE_MAX;
        return dops->getxattr(ctx, path->dentry, name, value, size);
}

int64_t vfs_path_listxattr(const struct vfs_ctx *ctx, const struct vfs_path *path, char *list, size_t size)
{
        const struct vfs_dentry_ops *dops = path->dentry->fs->dops;
        int64_t n;

        if (dops->listxattr == NULL)
                return -EOPNOTSUPP;
        n = dops->listxattr(ctx, path->dentry, list, size > VFS_XATTR_LIST_MAX ? VFS_XATTR_LIST_MAX : size);
        return n == -ERANGE && size >= VFS_XATTR_LIST_MAX ? -E2BIG : n;
}

int vfs_path_removexattr(const struct vfs_ctx *ctx, const struct vfs_path *path, const char *name)
{
        const struct vfs_dentry_ops *dops = path->dentry->fs->dops;
        int r;

        r = vfs_mount_begin_write(path->mount);
        if (r < 0)
                return r;
        r = dops->removexattr != NULL ? dops->removexattr(ctx, path->dentry, name) : -EOPNOTSUPP;
        vfs_mount_end_write(path->mount);
        return r;
}
