/*
 * mount.c - mount(2) and umount2(2): resolving, permission, and which of the
 * operations of mount/ is meant. As in Linux, the target is looked up before the
 * caller's right to mount is asked for.
 *
 * DIFF-LINUX: propagation is not here yet, so changes of it (MS_SHARED, MS_PRIVATE,
 * MS_SLAVE, MS_UNBINDABLE) are EINVAL, on a mount point too; so are MS_MOVE and
 * MNT_EXPIRE.
 */
#include <errno.h>

#include <vfs/mount.h>
#include <vfs/ops.h>
#include "mount/mount.h"

/* Old programs put a magic number into the upper half. */
#define VFS_MS_MGC_VAL UINT64_C(0xc0ed0000)
#define VFS_MS_MGC_MSK UINT64_C(0xffff0000)
#define VFS_MS_NOUSER  (UINT64_C(1) << 31)

static int vfs_mount_bind(const struct vfs_ctx *ctx, const char *source, const struct vfs_path *target,
                          uint64_t flags)
{
        struct vfs_path from;
        int r;

        if (source == NULL || *source == '\0')
                return -EINVAL;
        r = vfs_lookup(ctx, NULL, source, 0, &from);
        if (r < 0)
                return r;
        r = vfs_mount_bind_at(ctx, &from, target, flags);
        vfs_path_put(&from);
        return r;
}

int vfs_mount(const struct vfs_ctx *ctx, const char *source, const char *target, const char *type,
              uint64_t flags, const char *data)
{
        struct vfs_path path;
        int r;

        r = vfs_lookup(ctx, NULL, target, 0, &path);
        if (r < 0)
                return r;
        if ((flags & VFS_MS_MGC_MSK) == VFS_MS_MGC_VAL)
                flags &= ~VFS_MS_MGC_MSK;
        if (flags & VFS_MS_NOUSER)
                r = -EINVAL;
        else if (!vfs_cred_capable(ctx->cred, VFS_CAP_SYS_ADMIN))
                r = -EPERM;
        else if (flags & VFS_MS_REMOUNT)
                r = vfs_mount_remount_at(ctx, &path, flags, data);
        else if (flags & VFS_MS_BIND)
                r = vfs_mount_bind(ctx, source, &path, flags);
        else if (flags & (VFS_MS_SHARED | VFS_MS_PRIVATE | VFS_MS_SLAVE | VFS_MS_UNBINDABLE | VFS_MS_MOVE))
                r = -EINVAL;
        else
                r = vfs_mount_new_at(ctx, &path, source, type, flags, data);
        vfs_path_put(&path);
        return r;
}

int vfs_umount(const struct vfs_ctx *ctx, const char *target, uint32_t flags)
{
        struct vfs_path path;
        int r;

        if (flags & ~(VFS_MNT_FORCE | VFS_MNT_DETACH | VFS_MNT_EXPIRE | VFS_UMOUNT_NOFOLLOW))
                return -EINVAL;
        r = vfs_lookup(ctx, NULL, target, flags & VFS_UMOUNT_NOFOLLOW ? VFS_AT_SYMLINK_NOFOLLOW : 0, &path);
        if (r < 0)
                return r;
        if (!vfs_cred_capable(ctx->cred, VFS_CAP_SYS_ADMIN))
                r = -EPERM;
        else
                r = vfs_mount_umount_at(ctx, &path, flags);
        vfs_path_put(&path);
        return r;
}
