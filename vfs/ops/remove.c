/*
 * remove.c - names that go or move: unlinkat, rmdir, renameat2.
 */
#include "vfs/ops/walk.h"

int vfs_rmdir(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path)
{
        int r;

        VFS_WALK(r, ctx, dir, path, 0, 0,
                 fs->ops->rmdir_at != NULL ? fs->ops->rmdir_at(fs, rp) : vfs_refuse_at(fs, rp, -EPERM));
        return r;
}

int vfs_unlink(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags)
{
        int r;

        if (flags & ~VFS_AT_REMOVEDIR)
                return -EINVAL;
        if (flags & VFS_AT_REMOVEDIR)
                return vfs_rmdir(ctx, dir, path);
        VFS_WALK(r, ctx, dir, path, 0, 0,
                 fs->ops->unlink_at != NULL ? fs->ops->unlink_at(fs, rp) : vfs_refuse_at(fs, rp, -EPERM));
        return r;
}

int vfs_rename(const struct vfs_ctx *ctx, struct vfs_file *olddir, const char *oldpath, struct vfs_file *newdir,
               const char *newpath, uint32_t flags)
{
        struct vfs_rp old_rp, new_rp;
        struct vfs_rename_source source;
        struct vfs_path old;
        int r;

        if ((flags & ~(VFS_RENAME_NOREPLACE | VFS_RENAME_EXCHANGE | VFS_RENAME_WHITEOUT)) ||
            ((flags & VFS_RENAME_EXCHANGE) && (flags & (VFS_RENAME_NOREPLACE | VFS_RENAME_WHITEOUT))))
                return -EINVAL;
        r = vfs_rp_begin(&old_rp, ctx, olddir, oldpath, 0, 0);
        if (r != 0)
                return r;
        VFS_RP_RUN(&old_rp, r, fs->ops->parent_at(fs, &old_rp, &old));
        vfs_rp_end(&old_rp);
        if (r != 0)
                return r;
        /* The name is in oldpath: a walk to a parent ends in the path itself, never in a symlink's target. */
        source.name = old_rp.last.name;
        source.len = old_rp.last.len;
        source.must_be_dir = source.len != 0 && vfs_component_slash(&old_rp.last);
        r = vfs_rp_begin(&new_rp, ctx, newdir, newpath, VFS_RP_HELD, 0);
        if (r != 0)
                goto out;
        /* Mostly it is the same directory, and is held by now. */
        new_rp.held = &old;
        VFS_RP_RUN(&new_rp, r,
                   fs->ops->rename_at != NULL ? fs->ops->rename_at(fs, &new_rp, &old, &source, flags)
                                              : vfs_refuse_at(fs, &new_rp, -EPERM));
        vfs_rp_end(&new_rp);
out:
        vfs_path_put(&old);
        return r;
}
