/*
 * mount.c - mount(2), umount2(2) and pivot_root(2): resolving, permission, and which of
 * the operations of mount/ is meant. As in Linux, mount and umount2 look up the target
 * before the caller's right to mount is asked for, pivot_root after.
 */
#include "vfs/ops/walk.h"

#include <vfs/mount.h>

/* Old programs put a magic number into the upper half. */
#define VFS_MS_MGC_VAL UINT64_C(0xc0ed0000)
#define VFS_MS_MGC_MSK UINT64_C(0xffff0000)
#define VFS_MS_NOUSER  (UINT64_C(1) << 31)
#define VFS_MS_KINDS   (VFS_MS_SHARED | VFS_MS_PRIVATE | VFS_MS_SLAVE | VFS_MS_UNBINDABLE)

/* Bind or move: source is a path, too. */
static int vfs_mount_from(const struct vfs_ctx *ctx, const char *source, const struct vfs_path *target,
                          uint64_t flags)
{
        struct vfs_path from;
        int r;

        if (source == NULL || *source == '\0')
                return -EINVAL;
        r = vfs_lookup(ctx, NULL, source, 0, &from);
        if (r < 0)
                return r;
        r = flags & VFS_MS_BIND ? vfs_mount_bind_at(ctx, &from, target, flags)
                                : vfs_mount_move_at(ctx, &from, target, false);
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
        else if (!vfs_may_mount(ctx))
                r = -EPERM;
        else if (flags & VFS_MS_REMOUNT)
                r = vfs_mount_remount_at(ctx, &path, flags, data);
        else if (flags & VFS_MS_BIND)
                r = vfs_mount_from(ctx, source, &path, flags);
        else if (flags & VFS_MS_KINDS)
                r = vfs_mount_change_at(ctx, &path, flags);
        else if (flags & VFS_MS_MOVE)
                r = vfs_mount_from(ctx, source, &path, flags);
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
        r = vfs_may_mount(ctx) ? vfs_mount_umount_at(ctx, &path, flags) : -EPERM;
        vfs_dentry_put(path.dentry);
        /* To unmount is not to use. */
        vfs_mount_put_unused(path.mount);
        return r;
}

int vfs_pivot_root(const struct vfs_ctx *ctx, const char *new_root, const char *put_old,
                   struct vfs_path *ret_old, struct vfs_path *ret_new)
{
        struct vfs_path new_path, old_path;
        int r;

        if (!vfs_may_mount(ctx))
                return -EPERM;
        r = vfs_walk_place(ctx, NULL, new_root, VFS_RP_FOLLOW | VFS_RP_DIRECTORY, &new_path);
        if (r < 0)
                return r;
        r = vfs_walk_place(ctx, NULL, put_old, VFS_RP_FOLLOW | VFS_RP_DIRECTORY, &old_path);
        if (r == 0) {
                r = vfs_mount_pivot_at(ctx, &new_path, &old_path);
                vfs_path_put(&old_path);
        }
        if (r < 0) {
                vfs_path_put(&new_path);
                return r;
        }
        *ret_old = ctx->root;
        vfs_path_get(ret_old);
        *ret_new = new_path;
        return 0;
}
