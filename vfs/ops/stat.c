/*
 * stat.c - statx, faccessat2, readlinkat: what only reads, and so needs no
 * reference on the way or at the end.
 */
#include "vfs/ops/walk.h"

#include "vfs/object/cred.h"

#define VFS_STATX_FLAGS                                                                            \
        (VFS_AT_SYMLINK_NOFOLLOW | VFS_AT_NO_AUTOMOUNT | VFS_AT_EMPTY_PATH |                       \
         VFS_AT_STATX_FORCE_SYNC | VFS_AT_STATX_DONT_SYNC)

int vfs_statx(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
              uint32_t mask, struct vfs_statx *ret_stat)
{
        const uint32_t sync = VFS_AT_STATX_FORCE_SYNC | VFS_AT_STATX_DONT_SYNC;
        int r;

        if (vfs_unlikely((flags & ~VFS_STATX_FLAGS) || (flags & sync) == sync ||
                         (mask & VFS_STATX__RESERVED)))
                return -EINVAL;
        if (vfs_unlikely(path == NULL)) {
                if (!(flags & VFS_AT_EMPTY_PATH))
                        return -EFAULT;
                path = "";
        }
        VFS_WALK(r, ctx, dir, path, vfs_walk_flags(flags), 0, fs->ops->stat_at(fs, rp, mask, ret_stat));
        return r;
}

int vfs_access(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t mode,
               uint32_t flags)
{
        struct vfs_ctx asker = *ctx;
        int r;

        if ((mode & ~(VFS_R_OK | VFS_W_OK | VFS_X_OK)) ||
            (flags & ~(VFS_AT_EACCESS | VFS_AT_SYMLINK_NOFOLLOW | VFS_AT_EMPTY_PATH)))
                return -EINVAL;
        if (!(flags & VFS_AT_EACCESS))
                asker.cred = vfs_cred_real(ctx->cred);
        VFS_WALK(r, &asker, dir, path, vfs_walk_flags(flags), 0, fs->ops->access_at(fs, rp, mode));
        return r;
}

int64_t vfs_readlink(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, char *buf, size_t size)
{
        size_t len = 0;
        int r;

        if (size == 0)
                return -EINVAL;
        VFS_WALK(r, ctx, dir, path, VFS_RP_EMPTY, 0, fs->ops->readlink_at(fs, rp, buf, size, &len));
        /* An empty path names a descriptor, which is no link: no such file. */
        if (r == -EINVAL && path[0] == '\0')
                return -ENOENT;
        return r != 0 ? r : (int64_t)len;
}
