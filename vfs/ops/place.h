/*
 * place.h - what the path forms and the open-file forms share: operations on a
 * place that is resolved and referenced.
 *
 * fchmod(2) and chmod(2) differ only in how they come to the file. Each function
 * here does everything after that, in Linux's order of errors: the read-only
 * check, the limits, then the filesystem's operation or its default.
 */
#ifndef VFS_OPS_PLACE_H
#define VFS_OPS_PLACE_H

#include <vfs/fsapi.h>

/*
 * notify_change: counts a writer of the mount around the filesystem's setattr.
 * Errors: EROFS, EINVAL (an id that is not mapped in the caller's user namespace),
 * EOPNOTSUPP (mode of a symlink; no setattr), EFBIG (size beyond ctx->fsize_limit), then
 * the filesystem's.
 */
int vfs_path_setattr(const struct vfs_ctx *ctx, const struct vfs_path *path, const struct vfs_setattr *set);

/* truncate(2) after its walk. Errors: EINVAL (length), EISDIR, EINVAL (no regular file), then setattr's. */
int vfs_path_truncate(const struct vfs_ctx *ctx, const struct vfs_path *path, int64_t length);

/*
 * utimensat(2)'s argument as what setattr takes; times may be NULL. Both OMIT
 * succeed before the path or the descriptor is looked at: ask first with
 * vfs_times_omitted. Errors: EINVAL (nsec), which Linux gives after the lookup.
 */
int vfs_times_omitted(const struct vfs_timespec *times);
int vfs_times_setattr(const struct vfs_timespec *times, struct vfs_setattr *ret_set);

/* chmod(2) and chown(2) arguments. */
static inline struct vfs_setattr vfs_mode_setattr(uint32_t mode)
{
        return (struct vfs_setattr){ .valid = VFS_SET_MODE, .mode = mode & 07777u };
}
struct vfs_setattr vfs_owner_setattr(uint32_t uid, uint32_t gid);

/* statfs(2): the filesystem's part, and the flags of mount and filesystem. Errors: ENOSYS. */
int vfs_path_statfs(const struct vfs_path *path, struct vfs_statfs *ret_statfs);

/*
 * Limits on the arguments of the xattr calls, which come before everything else,
 * the descriptor's validity included.
 * set: EINVAL (flags), ERANGE (name), E2BIG (size). name: ERANGE (empty, too long).
 */
int vfs_xattr_check_set(const char *name, size_t size, uint32_t flags);
int vfs_xattr_check_name(const char *name);

/* After those checks. Errors: EROFS (set, remove), EOPNOTSUPP (no operation), then the filesystem's. */
int vfs_path_setxattr(const struct vfs_ctx *ctx, const struct vfs_path *path, const char *name,
                      const void *value, size_t size, uint32_t flags);
int64_t vfs_path_getxattr(const struct vfs_ctx *ctx, const struct vfs_path *path, const char *name,
                          void *value, size_t size);
int64_t vfs_path_listxattr(const struct vfs_ctx *ctx, const struct vfs_path *path, char *list, size_t size);
int vfs_path_removexattr(const struct vfs_ctx *ctx, const struct vfs_path *path, const char *name);

#endif
