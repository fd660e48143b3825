/*
 * attr.c - attributes and extended attributes by path: fchmodat2, fchownat,
 * utimensat, truncate, and the xattr calls. Each is a walk to a place and then
 * what place.h shares with the open-file forms.
 */
#include "vfs/ops/walk.h"

#include "vfs/ops/place.h"

#define VFS_ATTR_FLAGS (VFS_AT_SYMLINK_NOFOLLOW | VFS_AT_EMPTY_PATH)

static int vfs_setattr(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                       const struct vfs_setattr *set)
{
        struct vfs_path place;
        int r;

        if (flags & ~VFS_ATTR_FLAGS)
                return -EINVAL;
        r = vfs_walk_place(ctx, dir, path, vfs_walk_flags(flags), &place);
        if (r != 0)
                return r;
        r = vfs_path_setattr(ctx, &place, set);
        vfs_path_put(&place);
        return r;
}

int vfs_chmod(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t mode, uint32_t flags)
{
        struct vfs_setattr set = vfs_mode_setattr(mode);

        return vfs_setattr(ctx, dir, path, flags, &set);
}

int vfs_chown(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t uid, uint32_t gid,
              uint32_t flags)
{
        struct vfs_setattr set = vfs_owner_setattr(uid, gid);

        return vfs_setattr(ctx, dir, path, flags, &set);
}

int vfs_utimens(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                const struct vfs_timespec times[2], uint32_t flags)
{
        struct vfs_setattr set;
        struct vfs_path place;
        int r;

        if (vfs_times_omitted(times))
                return 0;
        if (flags & ~VFS_ATTR_FLAGS)
                return -EINVAL;
        r = vfs_walk_place(ctx, dir, path, vfs_walk_flags(flags), &place);
        if (r != 0)
                return r;
        r = vfs_times_setattr(times, &set);
        if (r == 0)
                r = vfs_path_setattr(ctx, &place, &set);
        vfs_path_put(&place);
        return r;
}

int vfs_truncate(const struct vfs_ctx *ctx, const char *path, int64_t length)
{
        struct vfs_path place;
        int r;

        if (length < 0)
                return -EINVAL;
        r = vfs_walk_place(ctx, NULL, path, VFS_RP_FOLLOW, &place);
        if (r != 0)
                return r;
        r = vfs_path_truncate(ctx, &place, length);
        vfs_path_put(&place);
        return r;
}

int vfs_setxattr(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, const char *name,
                 const void *value, size_t size, uint32_t flags, uint32_t at_flags)
{
        struct vfs_path place;
        int r;

        if (at_flags & ~VFS_ATTR_FLAGS)
                return -EINVAL;
        r = vfs_xattr_check_set(name, size, flags);
        if (r != 0)
                return r;
        r = vfs_walk_place(ctx, dir, path, vfs_walk_flags(at_flags), &place);
        if (r != 0)
                return r;
        r = vfs_path_setxattr(ctx, &place, name, value, size, flags);
        vfs_path_put(&place);
        return r;
}

int64_t vfs_getxattr(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, const char *name,
                     void *value, size_t size, uint32_t at_flags)
{
        struct vfs_path place;
        int64_t n;

        if (at_flags & ~VFS_ATTR_FLAGS)
                return -EINVAL;
        n = vfs_xattr_check_name(name);
        if (n != 0)
                return n;
        n = vfs_walk_place(ctx, dir, path, vfs_walk_flags(at_flags), &place);
        if (n != 0)
                return n;
        n = vfs_path_getxattr(ctx, &place, name, value, size);
        vfs_path_put(&place);
        return n;
}

int64_t vfs_listxattr(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, char *list, size_t size,
                      uint32_t at_flags)
{
        struct vfs_path place;
        int64_t n;

        if (at_flags & ~VFS_ATTR_FLAGS)
                return -EINVAL;
        n = vfs_walk_place(ctx, dir, path, vfs_walk_flags(at_flags), &place);
        if (n != 0)
                return n;
        n = vfs_path_listxattr(ctx, &place, list, size);
        vfs_path_put(&place);
        return n;
}

int vfs_removexattr(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, const char *name,
                    uint32_t at_flags)
{
        struct vfs_path place;
        int r;

        if (at_flags & ~VFS_ATTR_FLAGS)
                return -EINVAL;
        r = vfs_xattr_check_name(name);
        if (r != 0)
                return r;
        r = vfs_walk_place(ctx, dir, path, vfs_walk_flags(at_flags), &place);
        if (r != 0)
                return r;
        r = vfs_path_removexattr(ctx, &place, name);
        vfs_path_put(&place);
        return r;
}
