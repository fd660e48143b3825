/*
 * ops.h - operations on paths.
 *
 * Common to all of them. ctx says who asks. dir is the starting point of a
 * relative path: an open file, NULL for the working directory (AT_FDCWD), or
 * VFS_BAD_FILE for a descriptor number that is not open. Paths end with NUL.
 * The result is 0 (or a count) or a negative errno; outputs are untouched on
 * failure. Arguments are borrowed and outputs referenced.
 *
 * "The path's errors", those that every path can give, in this order:
 * ENAMETOOLONG (path of 4096 bytes or more), ENOENT (empty path without
 * VFS_AT_EMPTY_PATH), EBADF (dir is VFS_BAD_FILE and the path relative), ENOTDIR
 * (dir is no directory), then for each component from the left: EACCES (no search
 * permission), ENAMETOOLONG (a name of more than 255 bytes), ENOENT, ENOTDIR, ELOOP
 * (more than 40 symlinks, or a mount with MS_NOSYMFOLLOW). Unknown flag bits are
 * EINVAL before anything is looked up. ENOMEM can come from every call, at any
 * point, and has then changed nothing.
 *
 * "Errors:" lists what comes beside those, in the order in which it is found;
 * "..." stands for the path's errors. A filesystem may add EIO and its like.
 *
 * Calls wait for locks that other calls hold for a short time; "blocks" says that
 * one may wait for another task. Those that change something may enter a
 * filesystem that blocks; memfs does not.
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
 * used with O_CREAT and O_TMPFILE only; ctx->umask applies. Unknown bits of flags
 * are ignored, as open(2) does, and so is O_CLOEXEC: it belongs to a descriptor
 * table. Blocks when opening a FIFO without O_NONBLOCK until the other side is
 * open, or the call is interrupted.
 * Errors: EINVAL (O_CREAT with O_DIRECTORY, O_TMPFILE without write access), ...,
 * EISDIR (O_CREAT with a trailing slash), EEXIST (O_EXCL), EISDIR (O_CREAT, and it
 * is a directory), EACCES (protected_regular, protected_fifos), ENOTDIR
 * (O_DIRECTORY), EROFS (creating, O_TRUNC), EOVERFLOW (creating, as vfs_mkdir), ELOOP
 * (O_NOFOLLOW, and it is a symlink), EISDIR (write access to a directory), EACCES,
 * EPERM (O_NOATIME of a file of somebody else), ENOSPC, EROFS (write access), ENXIO
 * (socket, unknown device, FIFO without a reader), EINTR, EOPNOTSUPP, EINVAL (O_DIRECT
 * on a directory or FIFO).
 */
VFS_API int vfs_open(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                     uint32_t mode, struct vfs_file **ret_file);
/*
 * openat2(2). size is the caller's sizeof(struct vfs_open_how); bytes behind what
 * is known here must be zero. References and blocking as vfs_open.
 * Errors: EINVAL (size below 24), E2BIG (nonzero bytes behind what is known, or
 * size above 4096), EINVAL (unknown bits, mode without a creating flag, BENEATH
 * with IN_ROOT), EAGAIN (CACHED with a flag that changes something), then as
 * vfs_open; EXDEV (out of BENEATH's or NO_XDEV's scope), ELOOP (NO_SYMLINKS),
 * EAGAIN (a ".." raced with a rename or a mount; try again).
 */
VFS_API int vfs_openat2(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                        const struct vfs_open_how *how, size_t size, struct vfs_file **ret_file);

/*
 * Opens a program, as execve(2) and execveat(2) do first. flags: AT_SYMLINK_NOFOLLOW,
 * AT_EMPTY_PATH. The caller gets one reference on the file. It need not be readable,
 * only executable; vfs_file_read and vfs_file_map read it all the same. So it is for a
 * loader, and never to be handed to a guest as a descriptor. Does not block.
 * Errors: EINVAL (flags), ..., ELOOP (a symlink, with AT_SYMLINK_NOFOLLOW), EACCES (no
 * regular file, a noexec mount, no execute permission).
 */
VFS_API int vfs_open_exec(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                          struct vfs_file **ret_file);
/*
 * The ids that a program which vfs_open_exec opened gives to who runs it, by its set-id bits:
 * UINT32_MAX where the caller's stay. None on a mount with VFS_MS_NOSUID or of another
 * namespace, of a filesystem whose user namespace the caller is not in, and of a file
 * whose owner or group is not mapped in the caller's. Does not block.
 */
VFS_API void vfs_file_exec_ids(const struct vfs_ctx *ctx, const struct vfs_file *file, uint32_t *ret_uid,
                               uint32_t *ret_gid);

/*
 * Attributes: statx(2). flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH (path may be
 * NULL), AT_NO_AUTOMOUNT, AT_STATX_*. Fills what it has, whatever mask asks; of
 * mask only MNT_ID_UNIQUE matters, which picks that id for mnt_id.
 * Errors: EINVAL (flags, both AT_STATX_*, the mask's reserved bit), EFAULT (path
 * NULL without AT_EMPTY_PATH), ...
 */
VFS_API int vfs_statx(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                      uint32_t mask, struct vfs_statx *ret_stat);
/* statfs(2): of the filesystem, with the mount's flags. Errors: ..., ENOSYS (the filesystem has none). */
VFS_API int vfs_statfs(const struct vfs_ctx *ctx, const char *path, struct vfs_statfs *ret_statfs);

/*
 * faccessat2(2). mode: VFS_F_OK or bits of VFS_{R,W,X}_OK. flags: AT_EACCESS (ask
 * with the effective ids; else with the real ones), AT_SYMLINK_NOFOLLOW,
 * AT_EMPTY_PATH.
 * Errors: EINVAL (mode, flags), ..., EACCES (X_OK of a file on a noexec mount),
 * EROFS (W_OK, read-only filesystem), EACCES, EROFS (W_OK, read-only mount).
 */
VFS_API int vfs_access(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t mode,
                       uint32_t flags);

/*
 * mkdirat(2). mode: permission and sticky bits; umask applies. Errors: ..., EEXIST,
 * ENOENT (parent removed), ENAMETOOLONG, EEXIST, EROFS, EOVERFLOW (the caller's uid or
 * gid is not mapped in the user namespace that the filesystem belongs to), EACCES,
 * ENOSPC; EPERM where the filesystem has no directories to make.
 */
VFS_API int vfs_mkdir(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t mode);
/*
 * mknodat(2). mode with a type, or without one for a regular file; umask applies.
 * dev: VFS_DEV(), used for devices only. Errors: EPERM (a directory), EINVAL (no
 * such type), then as vfs_mkdir, with ENOENT (trailing slash) before EROFS and EPERM
 * (a device without VFS_CAP_MKNOD in the first user namespace; character device 0:0
 * is free) after EACCES.
 */
VFS_API int vfs_mknod(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t mode,
                      uint64_t dev);
/*
 * symlinkat(2): makes path a link to target, any text of 1 to 4095 bytes. Errors:
 * ENOENT (empty target), ENAMETOOLONG (longer), then as vfs_mknod.
 */
VFS_API int vfs_symlink(const struct vfs_ctx *ctx, const char *target, struct vfs_file *dir, const char *path);
/*
 * readlinkat(2). Writes at most size bytes, no NUL, and returns how many; an
 * empty path reads the link that dir was opened on (O_PATH, O_NOFOLLOW).
 * Errors: EINVAL (size 0), ..., EINVAL (no symlink), ENOENT (the same, empty path).
 */
VFS_API int64_t vfs_readlink(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, char *buf,
                             size_t size);
/*
 * linkat(2). flags: AT_SYMLINK_FOLLOW, AT_EMPTY_PATH (oldpath may be empty: for who
 * opened olddir, or has VFS_CAP_DAC_READ_SEARCH in its user namespace; else ENOENT).
 * Errors: EINVAL (flags), both paths' errors, EEXIST, ENOENT (trailing slash,
 * parent removed), EROFS, EXDEV (another mount), EPERM (protected_hardlinks),
 * EOVERFLOW (as vfs_mkdir), EACCES, EPERM (a directory), ENOENT (no name is left), ENOSPC.
 */
VFS_API int vfs_link(const struct vfs_ctx *ctx, struct vfs_file *olddir, const char *oldpath,
                     struct vfs_file *newdir, const char *newpath, uint32_t flags);
/*
 * unlinkat(2). flags: AT_REMOVEDIR: as vfs_rmdir. Errors: EINVAL (flags), ...,
 * EISDIR ("/", "." and ".." at the end), EROFS, ENOENT, ENOTDIR (trailing slash),
 * EACCES, EPERM (sticky directory), EISDIR, EBUSY (a mount point in ctx->mntns).
 */
VFS_API int vfs_unlink(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags);
/*
 * rmdir(2), from a starting point. Errors: ..., EINVAL ("." at the end), ENOTEMPTY
 * (".."), EBUSY ("/"), EROFS, ENOENT, EACCES, EPERM (sticky directory), ENOTDIR,
 * EBUSY (a mount point in ctx->mntns), ENOTEMPTY.
 */
VFS_API int vfs_rmdir(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path);
/*
 * renameat2(2). flags: VFS_RENAME_*. Two names of one file: 0, and both stay.
 * Errors: EINVAL (flags), both paths' errors, EXDEV (another mount), EBUSY ("/",
 * "." or ".." at an end; EEXIST for the new path with NOREPLACE), EROFS, ENOENT,
 * ENAMETOOLONG, EEXIST (NOREPLACE), ENOENT (EXCHANGE), ENOTDIR (trailing slash),
 * EINVAL (into itself), ENOTEMPTY (over what is above it), EACCES, EPERM (sticky
 * directory), EOVERFLOW (to a free name, as vfs_mkdir), ENOTDIR (directory over file),
 * EISDIR (file over directory), ENOSPC, EBUSY (a mount point in ctx->mntns), ENOTEMPTY.
 */
VFS_API int vfs_rename(const struct vfs_ctx *ctx, struct vfs_file *olddir, const char *oldpath,
                       struct vfs_file *newdir, const char *newpath, uint32_t flags);

/*
 * fchmodat2(2). mode: permission bits, suid, sgid, sticky. flags:
 * AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. Errors: EINVAL (flags), ..., EROFS, EOPNOTSUPP
 * (a symlink), EPERM (not the owner).
 */
VFS_API int vfs_chmod(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t mode,
                      uint32_t flags);
/*
 * fchownat(2). uid or gid UINT32_MAX leaves it. flags as vfs_chmod. Errors: EINVAL
 * (flags), ..., EROFS, EINVAL (an id that is not mapped in the caller's user namespace),
 * EPERM.
 */
VFS_API int vfs_chown(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t uid,
                      uint32_t gid, uint32_t flags);
/*
 * utimensat(2). times: access and modification, or NULL for now; nsec may be
 * VFS_UTIME_NOW or VFS_UTIME_OMIT. Both omitted: 0, and the path is not even
 * looked at. Errors: EINVAL (flags), ..., EINVAL (nsec), EROFS, EACCES (now, by who
 * may not write), EPERM (given times, by who is not the owner).
 */
VFS_API int vfs_utimens(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                        const struct vfs_timespec times[2], uint32_t flags);
/*
 * truncate(2). length in bytes; the file is cut, or grows by a hole. Errors: EINVAL
 * (negative), ..., EISDIR, EINVAL (no regular file), EROFS, EFBIG (above
 * ctx->fsize_limit), EACCES, EPERM (sealed).
 */
VFS_API int vfs_truncate(const struct vfs_ctx *ctx, const char *path, int64_t length);

/*
 * Extended attributes: xattr(7), and the *at forms. flags of set: VFS_XATTR_*;
 * at_flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. get and list return the length in
 * bytes; with size 0 they only tell it. list gives names, each with its NUL.
 * Errors: EINVAL (flags), ERANGE (a name empty or above 255 bytes), E2BIG (a value
 * above 64 KiB), ..., EROFS (set, remove), EPERM or EACCES (set, remove), ENODATA or
 * EACCES (get), EOPNOTSUPP (namespace), EINVAL (nothing behind "user."), ENOSPC,
 * EEXIST, ENODATA, ERANGE (get, list: size too small).
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
 * AT_EMPTY_PATH). chdir and chroot return the referenced place that the embedder
 * makes its context's cwd or root: chdir(2), fchdir(2) (path NULL), chroot(2). Put
 * it with vfs_path_put.
 * Errors: EINVAL (flags), EBADF (path NULL, and dir NULL or VFS_BAD_FILE), ...,
 * ENOTDIR, EACCES (no search permission); chroot EPERM without VFS_CAP_SYS_CHROOT in
 * the caller's user namespace.
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
 * is not below it. Errors: ENAMETOOLONG (4096 bytes or more), ENOENT (removed),
 * ERANGE (size too small).
 * vfs_path_name: as /proc/PID/fd shows it: " (deleted)" behind a removed one;
 * relative to ctx->root where it is below it; of a file that is on no filesystem that
 * anybody sees "anon_inode:[fscontext]" or the like. Errors: ENAMETOOLONG (size too small).
 */
VFS_API int64_t vfs_getcwd(const struct vfs_ctx *ctx, char *buf, size_t size);
VFS_API int64_t vfs_path_name(const struct vfs_ctx *ctx, const struct vfs_path *path, char *buf, size_t size);

#ifdef __cplusplus
}
#endif

#endif
