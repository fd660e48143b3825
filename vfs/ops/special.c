/*
 * special.c - opening what is no file of its filesystem: FIFOs, devices, sockets.
 *
 * The inode only names them. A FIFO's pipe hangs off it (pipe.c), a device is
 * looked up in the instance's registry, and a socket cannot be opened. DIFF-LINUX:
 * the registry begins empty, so that /dev/null and its like are ENXIO until the
 * embedder registers them.
 */
#include <errno.h>

#include "mount/mount.h"
#include "vfs/object/device.h"
#include "vfs/ops/pipe.h"

static int vfs_device_open(const struct vfs_ctx *ctx, const struct vfs_path *path, uint32_t flags,
                           struct vfs_file **ret_file)
{
        const struct vfs_attr *attr = &path->dentry->inode->attr;
        const struct vfs_device_ops *ops;
        void *device;
        int r;

        if ((vfs_load_relaxed(&path->mount->flags) & VFS_MS_NODEV) != 0 || path->mount->fs->userns != NULL)
                return -EACCES;
        r = vfs_device_find(path->mount->vfs, vfs_inode_type(path->dentry->inode), attr->rdev_major,
                            attr->rdev_minor, &ops, &device);
        if (r < 0)
                return r;
        return ops->open(device, ctx, path, flags, ret_file);
}

int vfs_special_open(const struct vfs_ctx *ctx, const struct vfs_path *path, uint32_t flags,
                     struct vfs_file **ret_file)
{
        switch (vfs_inode_type(path->dentry->inode)) {
        case VFS_S_IFIFO:
                return vfs_pipe_open(ctx, path, flags, ret_file);
        case VFS_S_IFCHR:
        case VFS_S_IFBLK:
                return vfs_device_open(ctx, path, flags, ret_file);
        default:
                return -ENXIO;
        }
}
