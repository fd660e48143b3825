/*
 * create.c - new names: mkdirat, mknodat, symlinkat, linkat.
 *
 * The walk to the parent, the checks of the last component and the change are
 * the filesystem's; here are the checks of arguments that Linux makes before.
 *
 * DIFF-LINUX: device numbers have 32 bits each; Linux's have 12 and 20.
 */
#include "vfs/ops/walk.h"

#include "vfs/object/cred.h"

int vfs_mkdir(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t mode)
{
        int r;

        VFS_WALK(r, ctx, dir, path, 0, 0,
                 fs->ops->mkdir_at != NULL ? fs->ops->mkdir_at(fs, rp, mode & 01777)
                                           : vfs_refuse_at(fs, rp, -EPERM));
        return r;
}

int vfs_mknod(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t mode, uint64_t dev)
{
        int r;

        switch (mode & VFS_S_IFMT) {
        case 0:
                mode |= VFS_S_IFREG;
                break;
        case VFS_S_IFREG:
        case VFS_S_IFCHR:
        case VFS_S_IFBLK:
        case VFS_S_IFIFO:
        case VFS_S_IFSOCK:
                break;
        case VFS_S_IFDIR:
                return -EPERM;
        default:
                return -EINVAL;
        }
        if ((mode & VFS_S_IFMT) != VFS_S_IFCHR && (mode & VFS_S_IFMT) != VFS_S_IFBLK)
                dev = 0;
        VFS_WALK(r, ctx, dir, path, 0, 0,
                 fs->ops->mknod_at != NULL ? fs->ops->mknod_at(fs, rp, mode & (VFS_S_IFMT | 07777), dev)
                                           : vfs_refuse_at(fs, rp, -EPERM));
        return r;
}

int vfs_symlink(const struct vfs_ctx *ctx, const char *target, struct vfs_file *dir, const char *path)
{
        int r;

        if (target[0] == '\0')
                return -ENOENT;
        if (strnlen(target, VFS_PATH_MAX) == VFS_PATH_MAX)
                return -ENAMETOOLONG;
        VFS_WALK(r, ctx, dir, path, 0, 0,
                 fs->ops->symlink_at != NULL ? fs->ops->symlink_at(fs, rp, target)
                                             : vfs_refuse_at(fs, rp, -EPERM));
        return r;
}

int vfs_link(const struct vfs_ctx *ctx, struct vfs_file *olddir, const char *oldpath, struct vfs_file *newdir,
             const char *newpath, uint32_t flags)
{
        uint32_t walk = flags & VFS_AT_SYMLINK_FOLLOW ? VFS_RP_FOLLOW : 0;
        struct vfs_path old;
        int r;

        if (flags & ~(VFS_AT_SYMLINK_FOLLOW | VFS_AT_EMPTY_PATH))
                return -EINVAL;
        if ((flags & VFS_AT_EMPTY_PATH) && oldpath[0] != '/') {
                /*
                 * Naming a descriptor's file is for who opened it, or may search everything
                 * where that one lives; Linux asks whatever the path.
                 */
                if (olddir != NULL && olddir != VFS_BAD_FILE && olddir->cred != ctx->cred &&
                    !vfs_cred_ns_capable(ctx->cred, vfs_cred_userns(olddir->cred), VFS_CAP_DAC_READ_SEARCH))
                        return -ENOENT;
                walk |= VFS_RP_EMPTY;
        }
        r = vfs_walk_place(ctx, olddir, oldpath, walk, &old);
        if (r != 0)
                return r;
        VFS_WALK(r, ctx, newdir, newpath, 0, 0,
                 fs->ops->link_at != NULL ? fs->ops->link_at(fs, rp, &old) : vfs_refuse_at(fs, rp, -EPERM));
        vfs_path_put(&old);
        return r;
}
