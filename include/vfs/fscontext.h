/*
 * fscontext.h - filesystems made and changed step by step: fsopen(2), fsconfig(2),
 * fsmount(2), fspick(2).
 *
 * A context is an open file: reading it gives the messages that say what was
 * wrong, one per read, as "e tmpfs: Unknown parameter 'x'" and a newline (w and i for
 * warnings and remarks); the last 8 are kept. Read errors: ENODATA (none left), EMSGSIZE (the
 * first buffer is too small; the message stays).
 */
#ifndef VFS_FSCONTEXT_H
#define VFS_FSCONTEXT_H

#include <vfs/file.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * fsopen(2): a context for a new filesystem of a type. flags: VFS_FSOPEN_CLOEXEC
 * (ignored: it belongs to a descriptor table). The caller gets one reference.
 * Errors: EPERM (no VFS_CAP_SYS_ADMIN in the owner of ctx's mount namespace), EINVAL
 * (flags), ENODEV (unknown type), ENOMEM, the type's own.
 */
VFS_API int vfs_fsopen(const struct vfs_ctx *ctx, const char *type, uint32_t flags, struct vfs_file **ret_file);
/*
 * fspick(2): a context for changing the filesystem mounted at a mount point.
 * flags: VFS_FSPICK_*. Errors: EPERM, EINVAL (flags), the path's errors, EINVAL (no mount
 * point), ENOMEM, the type's own.
 */
VFS_API int vfs_fspick(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                       struct vfs_file **ret_file);
/*
 * fsconfig(2). cmd: VFS_FSCONFIG_*; key and value as it needs them: a string; with
 * SET_BINARY aux bytes; with SET_PATH a path, relative to file (or, with SET_PATH_EMPTY, file itself
 * where value is ""), aux being VFS_AT_FDCWD or not negative; with SET_FD file, aux not
 * negative. file may be NULL (the working directory) or VFS_BAD_FILE. CMD_CREATE makes the
 * filesystem, CMD_CREATE_EXCL one that is nobody else's, CMD_RECONFIGURE changes it; all may
 * block in it. A parameter that is refused changes nothing; a command that fails is the
 * context's end, but for create's EPERM.
 * Errors: EINVAL (an argument missing or one too many), EOPNOTSUPP (cmd), EBADF (context is none, or
 * O_PATH), EINVAL (context is no context, a key or string above 255 bytes), ENOENT, ENAMETOOLONG (of
 * a path; whether it exists is the filesystem's to find out), EBADF (SET_FD: file), EBUSY (not what is
 * to be done now), EINVAL (an option), EPERM (create: a type that only the first user namespace may
 * mount; reconfigure: not the filesystem's owner), EINVAL (reconfigure: a flag that does not change),
 * EBUSY (reconfigure: read-only, and there are writers), the filesystem's own.
 */
VFS_API int vfs_fsconfig(const struct vfs_ctx *ctx, struct vfs_file *context, uint32_t cmd, const char *key,
                         const void *value, int aux, struct vfs_file *file);
/*
 * fsmount(2): mounts what the context made, nowhere yet: the result is a file as
 * vfs_open_tree gives it. The context goes on as one that changes the filesystem. flags:
 * VFS_FSMOUNT_CLOEXEC (ignored); attr_flags: VFS_MOUNT_ATTR_*.
 * Errors: EPERM, EINVAL (flags, attr_flags), EBADF (context), EINVAL (context is no context, nothing
 * made yet), EBUSY (mounted already), ENOMEM.
 */
VFS_API int vfs_fsmount(const struct vfs_ctx *ctx, struct vfs_file *context, uint32_t flags,
                        uint32_t attr_flags, struct vfs_file **ret_file);

#ifdef __cplusplus
}
#endif

#endif
