/*
 * mount.h - filesystem types, mounts and mount namespaces.
 */
#ifndef VFS_MOUNT_H
#define VFS_MOUNT_H

#include <vfs/instance.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A mount namespace whose root is a new filesystem. type, source and data as
 * for vfs_mount; the caller gets one reference.
 * Errors: EINVAL, ENODEV (unknown type), ENOMEM, and the filesystem's own.
 */
VFS_API int vfs_mntns_new(struct vfs *vfs, const struct vfs_cred *cred, const char *source, const char *type,
                          uint32_t flags, const char *data, struct vfs_mntns **ret_ns);
/* One more reference; returns ns. */
VFS_API struct vfs_mntns *vfs_mntns_get(struct vfs_mntns *ns);
/* The last put unmounts the whole tree, as umount2(MNT_DETACH). NULL is allowed. May block. */
VFS_API void vfs_mntns_put(struct vfs_mntns *ns);
/* The root of a namespace (the top mount there), referenced: put it with vfs_path_put. */
VFS_API void vfs_mntns_root(struct vfs_mntns *ns, struct vfs_path *ret_root);

/*
 * mount(2), the part of it that is here: a new mount (type, source, data), a
 * bind (VFS_MS_BIND, source is a path), a remount of one mount's flags
 * (VFS_MS_REMOUNT | VFS_MS_BIND) and of a filesystem (VFS_MS_REMOUNT). With
 * VFS_MS_REC a bind takes along what is mounted below its source. target is a
 * path, a symlink at its end is followed; mounts stack. source and data may be NULL
 * where nothing needs them. May block in the filesystem.
 * Errors: the target's path errors, EPERM (no VFS_CAP_SYS_ADMIN), EINVAL (no type,
 * no source for a bind, a remount of what is no mount point, another namespace),
 * ENODEV, the filesystem's own, EBUSY (remount read-only with writers; the same
 * filesystem already there), ENOENT (target removed or detached), ENOTDIR (directory
 * over file or file over directory), ENOSPC (too many mounts), ENOMEM. Flags of
 * mount(2) that are not mentioned here but change what it does are EINVAL.
 */
VFS_API int vfs_mount(const struct vfs_ctx *ctx, const char *source, const char *target, const char *type,
                      uint64_t flags, const char *data);
/*
 * umount2(2). flags: VFS_MNT_FORCE, VFS_MNT_DETACH, VFS_UMOUNT_NOFOLLOW. Without
 * VFS_MNT_DETACH, the mount of ctx's root stays and its filesystem becomes
 * read-only instead, as in Linux. May block in the filesystem.
 * Errors: EINVAL (unknown flags), the path's errors, EPERM, EINVAL (no mount point,
 * another namespace, VFS_MNT_EXPIRE), EBUSY (in use).
 */
VFS_API int vfs_umount(const struct vfs_ctx *ctx, const char *target, uint32_t flags);

/*
 * The text of /proc/PID/mountinfo for ctx (proc_pid_mountinfo(5)): the mounts
 * of its namespace that are reachable from its root. Writes at most size bytes,
 * no NUL; returns the length of the whole text, which may be more than size: then
 * call again with a larger buffer. Errors: ENOMEM.
 */
VFS_API int64_t vfs_mountinfo(const struct vfs_ctx *ctx, char *buf, size_t size);

#ifdef __cplusplus
}
#endif

#endif
