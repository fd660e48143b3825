/*
 * mount_tree.c - open_tree(2), move_mount(2), mount_setattr(2): the calls of the new mount
 * API that name mounts by descriptor and path. What they do is in mount/.
 */
#include "vfs/ops/walk.h"

#include <string.h>

#include <vfs/mount.h>

/*
 * open_tree
 */

/* A file as of O_PATH for place, whose references it takes over, or puts on failure. */
static int vfs_open_tree_file(const struct vfs_ctx *ctx, struct vfs_path *place, struct vfs_file **ret_file)
{
        int r = vfs_file_new_move(ctx, place, NULL, VFS_O_PATH, sizeof(struct vfs_file), ret_file);

        if (r < 0)
                vfs_path_put(place);
        return r;
}

int vfs_open_detached(const struct vfs_ctx *ctx, struct vfs_path *root, struct vfs_file **ret_file)
{
        struct vfs_path place = *root;
        int r;

        r = vfs_file_new_move(ctx, &place, NULL, VFS_O_PATH, sizeof(struct vfs_file), ret_file);
        if (r < 0) {
                vfs_mount_dissolve(place.mount);
                vfs_path_put(&place);
                return r;
        }
        (*ret_file)->mode |= VFS_FILE_UNMOUNT;
        return 0;
}

int vfs_open_tree(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                  struct vfs_file **ret_file)
{
        const uint32_t known = VFS_AT_EMPTY_PATH | VFS_AT_NO_AUTOMOUNT | VFS_AT_RECURSIVE |
                               VFS_AT_SYMLINK_NOFOLLOW | VFS_OPEN_TREE_CLONE | VFS_OPEN_TREE_CLOEXEC;
        struct vfs_path place, root;
        int r;

        if ((flags & ~known) || (flags & (VFS_AT_RECURSIVE | VFS_OPEN_TREE_CLONE)) == VFS_AT_RECURSIVE)
                return -EINVAL;
        if ((flags & VFS_OPEN_TREE_CLONE) && !vfs_may_mount(ctx))
                return -EPERM;
        r = vfs_walk_place(ctx, dir, path, vfs_walk_flags(flags), &place);
        if (r < 0)
                return r;
        if (!(flags & VFS_OPEN_TREE_CLONE))
                return vfs_open_tree_file(ctx, &place, ret_file);
        r = vfs_mount_detached_copy(ctx, &place, (flags & VFS_AT_RECURSIVE) != 0, &root);
        vfs_path_put(&place);
        return r < 0 ? r : vfs_open_detached(ctx, &root, ret_file);
}

/*
 * mount_setattr
 */

#define VFS_MOUNT_ATTR_SIZE_VER0 32u

/* 1: attr asks for something; 0: for nothing. Errors: E2BIG, EINVAL, EPERM, E2BIG, EINVAL, in this order. */
static int vfs_mount_attr_read(const struct vfs_ctx *ctx, const struct vfs_mount_attr *attr, size_t size,
                               bool copy)
{
        const unsigned char *bytes = (const unsigned char *)attr;

        if (size > 4096)
                return -E2BIG;
        if (size < VFS_MOUNT_ATTR_SIZE_VER0)
                return -EINVAL;
        if (!vfs_may_mount(ctx))
                return -EPERM;
        for (size_t i = sizeof(*attr); i < size; i++) {
                if (bytes[i] != 0)
                        return -E2BIG;
        }
        return vfs_mount_attr_check(attr, copy);
}

int vfs_mount_setattr(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                      const struct vfs_mount_attr *attr, size_t size)
{
        struct vfs_path place;
        int r;

        if (flags & ~(VFS_AT_EMPTY_PATH | VFS_AT_RECURSIVE | VFS_AT_SYMLINK_NOFOLLOW | VFS_AT_NO_AUTOMOUNT))
                return -EINVAL;
        r = vfs_mount_attr_read(ctx, attr, size, false);
        if (r <= 0)
                return r;
        r = vfs_walk_place(ctx, dir, path, vfs_walk_flags(flags), &place);
        if (r < 0)
                return r;
        r = vfs_mount_setattr_at(ctx, &place, attr, (flags & VFS_AT_RECURSIVE) != 0);
        vfs_path_put(&place);
        return r;
}

int vfs_open_tree_attr(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                       const struct vfs_mount_attr *attr, size_t size, struct vfs_file **ret_file)
{
        struct vfs_file *file;
        int r;

        if (attr == NULL && size != 0)
                return -EINVAL;
        r = vfs_open_tree(ctx, dir, path, flags, &file);
        if (r < 0)
                return r;
        if (attr != NULL) {
                r = vfs_mount_attr_read(ctx, attr, size, (flags & VFS_OPEN_TREE_CLONE) != 0);
                if (r > 0)
                        r = vfs_mount_setattr_at(ctx, &file->path, attr, (flags & VFS_AT_RECURSIVE) != 0);
        }
        if (r < 0) {
                vfs_file_put(file);
                return r;
        }
        *ret_file = file;
        return 0;
}

/*
 * move_mount
 */

static int vfs_move_mount_place(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                                bool follow, bool empty, struct vfs_path *ret_place)
{
        return vfs_walk_place(ctx, dir, path, (follow ? VFS_RP_FOLLOW : 0) | (empty ? VFS_RP_EMPTY : 0),
                              ret_place);
}

int vfs_move_mount(const struct vfs_ctx *ctx, struct vfs_file *from_dir, const char *from_path,
                   struct vfs_file *to_dir, const char *to_path, uint32_t flags)
{
        const uint32_t from_flags = VFS_MOVE_MOUNT_F_SYMLINKS | VFS_MOVE_MOUNT_F_AUTOMOUNTS |
                                    VFS_MOVE_MOUNT_F_EMPTY_PATH;
        const uint32_t to_flags = VFS_MOVE_MOUNT_T_SYMLINKS | VFS_MOVE_MOUNT_T_AUTOMOUNTS |
                                  VFS_MOVE_MOUNT_T_EMPTY_PATH;
        const uint32_t modes = VFS_MOVE_MOUNT_BENEATH | VFS_MOVE_MOUNT_SET_GROUP;
        struct vfs_path from, to;
        int r;

        if (!vfs_may_mount(ctx))
                return -EPERM;
        if ((flags & ~(from_flags | to_flags | modes)) || (flags & modes) == modes)
                return -EINVAL;
        r = vfs_move_mount_place(ctx, to_dir, to_path, (flags & VFS_MOVE_MOUNT_T_SYMLINKS) != 0,
                                 (flags & VFS_MOVE_MOUNT_T_EMPTY_PATH) != 0, &to);
        if (r < 0)
                return r;
        r = vfs_move_mount_place(ctx, from_dir, from_path, (flags & VFS_MOVE_MOUNT_F_SYMLINKS) != 0,
                                 (flags & VFS_MOVE_MOUNT_F_EMPTY_PATH) != 0, &from);
        if (r == 0) {
                if (flags & VFS_MOVE_MOUNT_SET_GROUP)
                        r = vfs_mount_set_group_at(ctx, &from, &to);
                else
                        r = vfs_mount_move_at(ctx, &from, &to, (flags & VFS_MOVE_MOUNT_BENEATH) != 0);
                vfs_path_put(&from);
        }
        vfs_path_put(&to);
        return r;
}
