/*
 * ops.h - operations on paths.
 *
 * Common to all of them. ctx says who asks. dir is the starting point of a
 * relative path: an open file, NULL for the working directory (AT_FDCWD), or
 * VFS_BAD_FILE for a descriptor number that is not open. Paths end with NUL.
 * The result is 0 (or a count) or a negative errno; outputs are untouched on
 * failure. Arguments are borrowed and outputs referenced.
 *
 * Errors that every path can give, in this order: ENAMETOOLONG (path of 4096
 * bytes or more), ENOENT (empty path without VFS_AT_EMPTY_PATH), EBADF (dir is
 * VFS_BAD_FILE and the path relative), ENOTDIR (dir is no directory), then for
 * each component from the left: EACCES (no search permission), ENAMETOOLONG (a
 * name of more than 255 bytes), ENOENT, ENOTDIR, ELOOP (more than 40 symlinks);
 * and ENOMEM. Unknown flag bits are EINVAL before anything is looked up.
 *
 * None of them blocks, except where its comment says so.
 */
#ifndef VFS_OPS_H
#define VFS_OPS_H

#include <vfs/instance.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As dir: a descriptor that is not open. EBADF where it would be used. */
#define VFS_BAD_FILE ((struct vfs_file *)(uintptr_t)-1)

/*
 * Opens a file: openat(2). The caller gets one reference on the file. mode is
 * used with O_CREAT and O_TMPFILE only; umask applies. O_CLOEXEC is ignored
 * here: it belongs to a descriptor table. Blocks when opening a FIFO without
 * O_NONBLOCK.
 * Errors after the path's own: EINVAL, EEXIST, EISDIR, ENOTDIR, ELOOP, EACCES,
 * EPERM, EROFS, ENXIO, ENOSPC, EOPNOTSUPP, ETXTBSY, EINTR.
 */
VFS_API int vfs_open(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                     uint32_t mode, struct vfs_file **ret_file);
/*
 * openat2(2). size is the caller's sizeof(struct vfs_open_how).
 * Errors before the path's own: EINVAL (size below 24, unknown bits, mode
 * without a creating flag, BENEATH with IN_ROOT), E2BIG (nonzero bytes beyond
 * what is known); and EXDEV, ELOOP, EAGAIN as the resolve flags ask.
 */
VFS_API int vfs_openat2(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                        const struct vfs_open_how *how, size_t size, struct vfs_file **ret_file);

/*
 * Attributes: statx(2). flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH (path may be
 * NULL), AT_NO_AUTOMOUNT, AT_STATX_*. Fills what it has, whatever mask asks.
 */
VFS_API int vfs_statx(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                      uint32_t mask, struct vfs_statx *ret_stat);
/* statfs(2). */
VFS_API int vfs_statfs(const struct vfs_ctx *ctx, const char *path, struct vfs_statfs *ret_statfs);

/*
 * faccessat2(2). mode: VFS_F_OK or bits of VFS_{R,W,X}_OK. flags: AT_EACCESS,
 * AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. Errors: EINVAL, EACCES, EROFS.
 */
VFS_API int vfs_access(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t mode,
                       uint32_t flags);

/* mkdirat(2). Errors: EEXIST, ENOENT (parent removed), EROFS, EACCES, EMLINK, ENOSPC. */
VFS_API int vfs_mkdir(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t mode);
/* mknodat(2). dev: VFS_DEV(). Errors: EPERM, EINVAL, then as vfs_mkdir. */
VFS_API int vfs_mknod(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t mode,
                      uint64_t dev);
/* symlinkat(2): makes path a link to target. Errors: ENOENT (empty target), then as vfs_mkdir. */
VFS_API int vfs_symlink(const struct vfs_ctx *ctx, const char *target, struct vfs_file *dir, const char *path);
/*
 * readlinkat(2). Writes at most size bytes, no NUL, and returns how many; an
 * empty path reads the link that dir was opened on. Errors: EINVAL.
 */
VFS_API int64_t vfs_readlink(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, char *buf,
                             size_t size);
/* linkat(2). flags: AT_SYMLINK_FOLLOW, AT_EMPTY_PATH. Errors: EEXIST, ENOENT, EXDEV, EPERM, EMLINK, EROFS. */
VFS_API int vfs_link(const struct vfs_ctx *ctx, struct vfs_file *olddir, const char *oldpath,
                     struct vfs_file *newdir, const char *newpath, uint32_t flags);
/* unlinkat(2). flags: AT_REMOVEDIR. Errors: EROFS, ENOENT, EACCES, EPERM, EISDIR, ENOTDIR, EBUSY. */
VFS_API int vfs_unlink(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags);
/* rmdir(2). Errors: EINVAL, ENOTEMPTY, EBUSY, EROFS, ENOENT, EACCES, EPERM, ENOTDIR. */
VFS_API int vfs_rmdir(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path);
/* renameat2(2). flags: VFS_RENAME_*. Errors: EINVAL, EXDEV, EBUSY, EROFS, ENOENT, EEXIST, ... as there. */
VFS_API int vfs_rename(const struct vfs_ctx *ctx, struct vfs_file *olddir, const char *oldpath,
                       struct vfs_file *newdir, const char *newpath, uint32_t flags);

/* fchmodat2(2). flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. Errors: EOPNOTSUPP (a symlink), EROFS, EPERM. */
VFS_API int vfs_chmod(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t mode,
                      uint32_t flags);
/* fchownat(2). uid or gid UINT32_MAX leaves it. flags as vfs_chmod. Errors: EROFS, EPERM. */
VFS_API int vfs_chown(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t uid,
                      uint32_t gid, uint32_t flags);
/*
 * utimensat(2). times: access and modification, or NULL for now; nsec may be
 * VFS_UTIME_NOW or VFS_UTIME_OMIT. Errors: EINVAL, EROFS, EACCES, EPERM.
 */
VFS_API int vfs_utimens(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                        const struct vfs_timespec times[2], uint32_t flags);
/* truncate(2). Errors: EINVAL, EISDIR, EROFS, EACCES, EFBIG, EPERM, ETXTBSY. */
VFS_API int vfs_truncate(const struct vfs_ctx *ctx, const char *path, int64_t length);

/*
 * Extended attributes: xattr(7), and the *at forms. flags of set: VFS_XATTR_*;
 * at_flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. get and list return the length;
 * with size 0 they only tell it. Errors: ERANGE, E2BIG, EOPNOTSUPP, EPERM,
 * ENODATA, EEXIST, EROFS, ENOSPC.
 */
VFS_API int vfs_setxattr(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, const char *name,
                         const void *value, size_t size, uint32_t flags, uint32_t at_flags);
VFS_API int64_t vfs_getxattr(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                             const char *name, void *value, size_t size, uint32_t at_flags);
VFS_API int64_t vfs_listxattr(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, char *list,
                              size_t size, uint32_t at_flags);
VFS_API int vfs_removexattr(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                            const char *name, uint32_t at_flags);

/*
 * Paths as places. lookup returns a referenced place (flags: AT_SYMLINK_NOFOLLOW,
 * AT_EMPTY_PATH). chdir and chroot return the place that the embedder makes its
 * context's cwd or root: chdir(2), fchdir(2) (path NULL), chroot(2).
 * Errors: ENOTDIR, EACCES; chroot EPERM without VFS_CAP_SYS_CHROOT.
 */
VFS_API int vfs_lookup(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                       struct vfs_path *ret_path);
VFS_API int vfs_chdir(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                      struct vfs_path *ret_path);
VFS_API int vfs_chroot(const struct vfs_ctx *ctx, const char *path, struct vfs_path *ret_path);

/*
 * Places as paths. Each writes a path with its NUL into buf and returns its
 * length with the NUL.
 * vfs_getcwd: getcwd(2): relative to ctx->root, "(unreachable)" in front when it
 * is not below it. Errors: ENOENT (removed), ERANGE (size too small).
 * vfs_path_name: as /proc/PID/fd shows it: " (deleted)" behind a removed one;
 * relative to ctx->root where it is below it. Errors: ENAMETOOLONG (size too small).
 */
VFS_API int64_t vfs_getcwd(const struct vfs_ctx *ctx, char *buf, size_t size);
VFS_API int64_t vfs_path_name(const struct vfs_ctx *ctx, const struct vfs_path *path, char *buf, size_t size);

#ifdef __cplusplus
}
#endif

#endif
