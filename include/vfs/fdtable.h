/*
 * fdtable.h - ready-made parts for embedders that want them: a table of file
 * descriptors, and a filesystem context (root, working directory, umask).
 * Analogous to Linux's struct files_struct and struct fs_struct.
 */
#ifndef VFS_FDTABLE_H
#define VFS_FDTABLE_H

#include <vfs/file.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vfs_fdtable;

/*
 * A table for descriptors 0 to limit - 1 (0: 1048576), empty; the caller gets one
 * reference. Errors: EINVAL (limit above 2^30), ENOMEM.
 */
VFS_API int vfs_fdtable_new(struct vfs *vfs, uint32_t limit, struct vfs_fdtable **ret_table);
/* A copy for fork(2): same numbers, same files, same flags. Errors: ENOMEM. */
VFS_API int vfs_fdtable_copy(struct vfs_fdtable *table, struct vfs_fdtable **ret_table);
/* References: clone(2) with CLONE_FILES. The last put closes all, which may block. NULL is allowed in put. */
VFS_API struct vfs_fdtable *vfs_fdtable_get(struct vfs_fdtable *table);
VFS_API void vfs_fdtable_put(struct vfs_fdtable *table);
/* RLIMIT_NOFILE: numbers at or above limit (at most 2^30) are not given out any more; open ones stay. */
VFS_API void vfs_fdtable_set_limit(struct vfs_fdtable *table, uint32_t limit);

/*
 * Puts a file (borrowed; the table takes its own reference) at the lowest free
 * number at or above min. flags: VFS_O_CLOEXEC or 0. Returns the number.
 * Errors: EINVAL (flags, min negative, min not 0 and at or above the limit),
 * EMFILE, ENOMEM.
 */
VFS_API int vfs_fdtable_install(struct vfs_fdtable *table, struct vfs_file *file, int min, uint32_t flags);
/* The file at a number, referenced: put it after the call that it is for. Errors: EBADF. */
VFS_API int vfs_fdtable_file(struct vfs_fdtable *table, int fd, struct vfs_file **ret_file);
/* close(2). May block, if it was the last reference on the file. Errors: EBADF. */
VFS_API int vfs_fdtable_close(struct vfs_fdtable *table, int fd);
/*
 * dup(2), dup2(2), dup3(2) (flags: VFS_O_CLOEXEC). Return the new number. What was
 * at newfd is closed, which may block. Errors: EINVAL (dup3: flags, equal numbers),
 * EBADF (also newfd negative or at the limit), EMFILE (dup), ENOMEM.
 */
VFS_API int vfs_fdtable_dup(struct vfs_fdtable *table, int fd);
VFS_API int vfs_fdtable_dup2(struct vfs_fdtable *table, int oldfd, int newfd);
VFS_API int vfs_fdtable_dup3(struct vfs_fdtable *table, int oldfd, int newfd, uint32_t flags);
/*
 * close_range(2), first to last inclusive. flags: VFS_CLOSE_RANGE_CLOEXEC: mark
 * them instead (UNSHARE is the embedder's, who copies the table first, and is
 * ignored). May block. Errors: EINVAL (flags, first above last).
 */
VFS_API int vfs_fdtable_close_range(struct vfs_fdtable *table, uint32_t first, uint32_t last, uint32_t flags);
/* Closes what is marked close-on-exec: execve(2). May block. */
VFS_API void vfs_fdtable_exec(struct vfs_fdtable *table);
/*
 * fcntl(2): F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL,
 * F_ADD_SEALS, F_GET_SEALS. Returns what fcntl does. Errors: EBADF, EINVAL (any other
 * cmd; F_DUPFD at or above the limit), EMFILE, ENOMEM, and those of vfs_file_setfl
 * and vfs_file_add_seals.
 */
VFS_API int vfs_fdtable_fcntl(const struct vfs_ctx *ctx, struct vfs_fdtable *table, int fd, int cmd,
                              uint64_t arg);

/*
 * Filesystem context: root, working directory and umask of one or more tasks.
 */
struct vfs_fsctx;

/*
 * At the root of a namespace, with umask 022; it references the namespace. copy:
 * fork(2) without CLONE_FS. The caller gets one reference. Errors: ENOMEM.
 */
VFS_API int vfs_fsctx_new(struct vfs_mntns *ns, struct vfs_fsctx **ret_fs);
VFS_API int vfs_fsctx_copy(struct vfs_fsctx *fs, struct vfs_fsctx **ret_fs);
/* References: clone(2) with CLONE_FS. The last put may block. NULL is allowed in put. */
VFS_API struct vfs_fsctx *vfs_fsctx_get(struct vfs_fsctx *fs);
VFS_API void vfs_fsctx_put(struct vfs_fsctx *fs);
/*
 * Before each operation: brings ctx's vfs, root, cwd, umask and mntns up to date;
 * cred, hooks and limits are the embedder's. ctx begins zeroed, holds references
 * from the first call on, and nothing is written while nothing has changed.
 * vfs_fsctx_release drops them; what was dropped may have been the last, so both may
 * block. Not for a context that vfs_ctx_init filled, which borrows.
 */
VFS_API void vfs_fsctx_refresh(struct vfs_fsctx *fs, struct vfs_ctx *ctx);
VFS_API void vfs_fsctx_release(struct vfs_ctx *ctx);
/*
 * chdir(2), fchdir(2) (path NULL), chroot(2): ctx is the caller's, refreshed before.
 * umask(2): of mask the lower nine bits; returns the old one.
 * Errors: as vfs_chdir and vfs_chroot.
 */
VFS_API int vfs_fsctx_chdir(struct vfs_fsctx *fs, const struct vfs_ctx *ctx, struct vfs_file *dir,
                            const char *path);
VFS_API int vfs_fsctx_chroot(struct vfs_fsctx *fs, const struct vfs_ctx *ctx, const char *path);
VFS_API uint32_t vfs_fsctx_umask(struct vfs_fsctx *fs, uint32_t mask);
/*
 * Namespaces; ctx is the caller's, refreshed before. unshare: unshare(2) with CLONE_NEWNS:
 * fs goes on in a copy of its namespace, owned by owner (NULL: the first user namespace). setns:
 * setns(2): fs goes on at the root of ns. pivot_root: pivot_root(2), and every filesystem
 * context of the instance that had the old root as its root or working directory has the
 * new one. setns and pivot_root may block.
 * Errors: as vfs_mntns_clone, vfs_mntns_enter and vfs_pivot_root; setns EINVAL (others share fs).
 */
VFS_API int vfs_fsctx_unshare(struct vfs_fsctx *fs, const struct vfs_ctx *ctx, struct vfs_userns *owner);
VFS_API int vfs_fsctx_setns(struct vfs_fsctx *fs, const struct vfs_ctx *ctx, struct vfs_mntns *ns);
VFS_API int vfs_fsctx_pivot_root(struct vfs_fsctx *fs, const struct vfs_ctx *ctx, const char *new_root,
                                 const char *put_old);

#ifdef __cplusplus
}
#endif

#endif
