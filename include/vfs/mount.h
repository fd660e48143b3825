/*
 * mount.h - mounting: mount(2), umount2(2), pivot_root(2), the calls of the new
 * mount API that work on trees of mounts, and listings. Namespaces are in mntns.h,
 * the making of filesystems step by step in fscontext.h.
 *
 * dir, path, "the path's errors" and "..." as in ops.h. Who mounts needs
 * VFS_CAP_SYS_ADMIN in the user namespace that owns ctx's mount namespace.
 * "A mount of this namespace" is one of ctx->mntns.
 */
#ifndef VFS_MOUNT_H
#define VFS_MOUNT_H

#include <vfs/mntns.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * mount(2). As Linux reads flags, the first that applies: VFS_MS_REMOUNT |
 * VFS_MS_BIND changes one mount's flags; VFS_MS_REMOUNT those of the filesystem and of
 * the mount; VFS_MS_BIND binds source, a path (with VFS_MS_REC with all that is
 * mounted below it); exactly one of VFS_MS_SHARED, _PRIVATE, _SLAVE and _UNBINDABLE
 * changes propagation (with VFS_MS_REC of the whole tree); VFS_MS_MOVE moves the mount
 * at source; otherwise a filesystem of type is mounted. The target is a path, a
 * symlink at its end is followed; mounts stack. source and data may be NULL where
 * nothing needs them. May block in the filesystem.
 * Errors, beside the target's path errors, which come first: EINVAL (MS_NOUSER), EPERM, then
 * of each kind:
 *   remount: EINVAL (no mount point, or not of this namespace), EPERM (clears a locked
 *     flag), EINVAL (an option), EPERM (the filesystem's owner is another), EBUSY
 *     (read-only, and there are writers), the filesystem's own.
 *   bind: EINVAL (no source), source's path errors, ENOENT (target removed or
 *     detached), EINVAL (another namespace, unbindable, a locked mount below),
 *     ENOTDIR (a directory over a file or the reverse).
 *   propagation: EINVAL (no mount point, not exactly one kind, other flags), EPERM.
 *   move: EINVAL (no source), source's path errors, EINVAL (source is no mount point,
 *     locked, below a shared mount, or the root; a directory to a file or the
 *     reverse; unbindable to a shared mount), ENOENT, ELOOP (to below itself).
 *   new: EINVAL (no type), ENODEV, EINVAL (an option), EPERM (a type that only the
 *     first user namespace may mount), the filesystem's own, ENOENT, EINVAL, EBUSY (the same
 *     filesystem is there already), ENOTDIR.
 * Of all that add mounts: ENOSPC (more than config.mount_max in a namespace, copies
 * included), ENOMEM. What fails changes nothing.
 */
VFS_API int vfs_mount(const struct vfs_ctx *ctx, const char *source, const char *target, const char *type,
                      uint64_t flags, const char *data);
/*
 * umount2(2). flags: VFS_MNT_FORCE, VFS_MNT_DETACH, VFS_MNT_EXPIRE, VFS_UMOUNT_NOFOLLOW.
 * Takes away the topmost mount there, and what propagation had made of it elsewhere.
 * Without VFS_MNT_DETACH, the mount of ctx's root stays and its filesystem becomes
 * read-only instead, as in Linux. May block in the filesystem.
 * Errors: EINVAL (unknown flags), ..., EPERM, EINVAL (no mount point, another
 * namespace, locked, EXPIRE with another flag or of the root), EBUSY (in use, here or
 * where it propagated to), EAGAIN (EXPIRE: it is marked now, and goes if the next such
 * call finds that nobody used it).
 */
VFS_API int vfs_umount(const struct vfs_ctx *ctx, const char *target, uint32_t flags);
/*
 * pivot_root(2): new_root, a mount point, becomes what ctx's root is mounted as, and
 * the old root's mount goes to put_old. On success ret_old and ret_new are the old
 * root and the new, both referenced: every task whose root or working directory is
 * ret_old moves to ret_new; vfs_fsctx_pivot_root does that. Does not block.
 * Errors: EPERM, the two paths' errors, ENOTDIR, ENOENT (put_old removed or detached),
 * EINVAL (a shared mount where new_root, put_old or the root is mounted; another namespace; new_root
 * is locked), ENOENT (new_root removed), EBUSY (new_root or put_old on the root's
 * mount), EINVAL (root or new_root is no mount point, put_old is not below new_root,
 * new_root is not below the root).
 */
VFS_API int vfs_pivot_root(const struct vfs_ctx *ctx, const char *new_root, const char *put_old,
                           struct vfs_path *ret_old, struct vfs_path *ret_new);

/*
 * open_tree(2): flags VFS_AT_EMPTY_PATH, _NO_AUTOMOUNT, _SYMLINK_NOFOLLOW, VFS_OPEN_TREE_CLOEXEC
 * (ignored), VFS_OPEN_TREE_CLONE, and with that VFS_AT_RECURSIVE. The result is a file
 * as of O_PATH. With CLONE it is the root of a copy that is mounted nowhere: a
 * starting point like any other, which the last put of the file unmounts, unless it
 * was moved somewhere. Does not block.
 * Errors: EINVAL (flags), EPERM (CLONE), ..., EINVAL (CLONE: not a mount of this
 * namespace or of a detached tree of it; unbindable; a locked mount below), EPERM (a
 * mount below is locked and unbindable), ENOMEM.
 */
VFS_API int vfs_open_tree(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                          struct vfs_file **ret_file);
/*
 * open_tree_attr(2): the same, and changes the copy (without CLONE: the mount itself) as
 * vfs_mount_setattr does, recursively with VFS_AT_RECURSIVE; attr may be NULL with size 0.
 * Errors: EINVAL (attr NULL, size not 0), then of both.
 */
VFS_API int vfs_open_tree_attr(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                               uint32_t flags, const struct vfs_mount_attr *attr, size_t size,
                               struct vfs_file **ret_file);
/*
 * move_mount(2). flags: VFS_MOVE_MOUNT_*. Moves a mount of this namespace, or a whole
 * detached tree, to a place of this namespace or of another detached tree of it. BENEATH
 * puts it under the topmost mount there; SET_GROUP instead gives the mount at to_path the
 * peers and the master of the one at from_path. Does not block.
 * Errors: EPERM, EINVAL (flags), to's and from's path errors, then as moving by vfs_mount; EINVAL
 * (BENEATH: no mount point, the root, locked, or the mount would propagate onto itself);
 * SET_GROUP: EINVAL (not two mount points of one filesystem, to private and from not,
 * from's root above to's), EPERM.
 */
VFS_API int vfs_move_mount(const struct vfs_ctx *ctx, struct vfs_file *from_dir, const char *from_path,
                           struct vfs_file *to_dir, const char *to_path, uint32_t flags);
/*
 * mount_setattr(2). flags: VFS_AT_EMPTY_PATH, _RECURSIVE, _SYMLINK_NOFOLLOW,
 * _NO_AUTOMOUNT. size is the caller's sizeof(struct vfs_mount_attr); bytes behind what is
 * known here must be zero. All mounts change, or none. Does not block.
 * Errors: EINVAL (flags), E2BIG (size above 4096), EINVAL (size below 32), EPERM, E2BIG (nonzero
 * bytes behind), 0 if nothing is asked, EINVAL (unknown bits, half an access time mode, not one
 * kind of propagation, clearing IDMAP), ..., EINVAL (no mount point, neither of this
 * namespace nor the root of a detached tree), EPERM (clears a locked flag), EINVAL (IDMAP: no
 * filesystem here can), EBUSY (read-only, and there are writers), ENOMEM.
 */
VFS_API int vfs_mount_setattr(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                              uint32_t flags, const struct vfs_mount_attr *attr, size_t size);

/*
 * Listings of the mounts of ctx's namespace that are reachable from its root, in
 * the order in which they were made. Each writes at most size bytes, no NUL, and returns
 * the length of the whole text, which may be more than size: then call again with a larger
 * buffer. May block in a filesystem. Errors: ENOMEM.
 * vfs_mountinfo: /proc/PID/mountinfo; vfs_mounts: /proc/PID/mounts; vfs_mountstats:
 * /proc/PID/mountstats.
 */
VFS_API int64_t vfs_mountinfo(const struct vfs_ctx *ctx, char *buf, size_t size);
VFS_API int64_t vfs_mounts(const struct vfs_ctx *ctx, char *buf, size_t size);
VFS_API int64_t vfs_mountstats(const struct vfs_ctx *ctx, char *buf, size_t size);
/*
 * statmount(2): fills buf, of size bytes, about the mount with the unique id
 * req->mnt_id (STATX_MNT_ID_UNIQUE) in the namespace req->mnt_ns_id (0: ctx's);
 * req->param says what is wanted: VFS_STATMOUNT_*. Of another namespace paths are those
 * from its root. mask says what was written: a string that the mount has not, or a mount
 * point that ctx's root does not reach, is left out. Strings are behind the structure, offsets
 * count from its str; where none is wanted, a smaller buffer gets the structure's
 * beginning. flags must be 0. May block in the filesystem.
 * Errors: EINVAL (flags), E2BIG (req larger than 4096), EINVAL (smaller than 24), E2BIG (nonzero
 * bytes behind what is known here), EINVAL (its spare not 0, an id not above 2^31), ENOENT
 * (no such namespace), EPERM (another namespace, without VFS_CAP_SYS_ADMIN in its owner),
 * ENOENT (no such mount in it), EPERM (not reachable from ctx's root, without
 * VFS_CAP_SYS_ADMIN in the namespace's owner), EOVERFLOW (size too small), ENOMEM.
 */
VFS_API int vfs_statmount(const struct vfs_ctx *ctx, const struct vfs_mnt_id_req *req,
                          struct vfs_statmount *buf, size_t size, uint32_t flags);
/*
 * listmount(2): the unique ids of the mounts below req->mnt_id, children of children
 * included, without that mount; or, with VFS_LSMT_ROOT, of all that the root reaches: ctx's, or that
 * of the other namespace req->mnt_ns_id. In ascending order those above req->param, or with
 * VFS_LISTMOUNT_REVERSE in descending order those below it (0: from the end on); at most n.
 * Returns how many were written. Does not block.
 * Errors: EINVAL (flags), EOVERFLOW (n above 1,000,000), those of req as for vfs_statmount,
 * EINVAL (param neither 0 nor above 2^31), ENOENT (no such namespace; another one without
 * VFS_CAP_SYS_ADMIN in its owner; no such mount in it), EPERM (not reachable, as for vfs_statmount).
 */
VFS_API int64_t vfs_listmount(const struct vfs_ctx *ctx, const struct vfs_mnt_id_req *req, uint64_t *ids,
                              size_t n, uint32_t flags);

#ifdef __cplusplus
}
#endif

#endif
