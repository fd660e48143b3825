/*
 * mntns.h - mount namespaces, and the user namespaces that own them:
 * mount_namespaces(7), user_namespaces(7).
 */
#ifndef VFS_MNTNS_H
#define VFS_MNTNS_H

#include <vfs/instance.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Mount namespaces
 */

/*
 * A mount namespace whose root is a new filesystem. type, source and data as
 * for vfs_mount; its owner is cred's user namespace. The caller gets one reference.
 * May block in the filesystem.
 * Errors: EINVAL, ENODEV (unknown type), ENOMEM, and the filesystem's own.
 */
VFS_API int vfs_mntns_new(struct vfs *vfs, const struct vfs_cred *cred, const char *source, const char *type,
                          uint32_t flags, const char *data, struct vfs_mntns **ret_ns);
/*
 * A copy of ctx's namespace: unshare(2) and clone(2) with CLONE_NEWNS. owner is the
 * user namespace of the new one (NULL: the first). Peers stay peers; in a namespace
 * with another owner, mounts that were shared become slaves and are locked: what
 * its users may not reveal or loosen. ret_root and ret_cwd (may be NULL) are ctx's
 * root and working directory in the copy, where they are places of it. All results
 * are referenced. Does not block.
 * Errors: EPERM (no VFS_CAP_SYS_ADMIN in owner), EINVAL (ctx's namespace is a
 * detached tree), ENOMEM.
 */
VFS_API int vfs_mntns_clone(const struct vfs_ctx *ctx, struct vfs_userns *owner, struct vfs_mntns **ret_ns,
                            struct vfs_path *ret_root, struct vfs_path *ret_cwd);
/*
 * May ctx enter ns? setns(2). On success ret_root is the namespace's root, referenced,
 * which becomes root and working directory. Does not block.
 * Errors: EINVAL (a detached tree), EPERM (no VFS_CAP_SYS_ADMIN in its owner, or no
 * VFS_CAP_SYS_CHROOT or VFS_CAP_SYS_ADMIN at home).
 */
VFS_API int vfs_mntns_enter(const struct vfs_ctx *ctx, struct vfs_mntns *ns, struct vfs_path *ret_root);
/* One more reference; returns ns. */
VFS_API struct vfs_mntns *vfs_mntns_get(struct vfs_mntns *ns);
/* The last put unmounts the whole tree, as umount2(MNT_DETACH). NULL is allowed. May block. */
VFS_API void vfs_mntns_put(struct vfs_mntns *ns);
/* The root of a namespace (the top mount there), referenced: put it with vfs_path_put. */
VFS_API void vfs_mntns_root(struct vfs_mntns *ns, struct vfs_path *ret_root);
/* A number that no other namespace of the instance has had: statmount(2)'s mnt_ns_id. */
VFS_API uint64_t vfs_mntns_id(const struct vfs_mntns *ns);
/* The user namespace that owns it, borrowed; NULL: the first one. */
VFS_API struct vfs_userns *vfs_mntns_owner(const struct vfs_mntns *ns);

/*
 * Changes. The event number moves with every change of the namespace's mounts and of their
 * flags (of propagation alone it does not, as on Linux): what poll(2) on /proc/PID/mountinfo reports (EPOLLPRI and
 * EPOLLERR) to a reader whose number is another. A watch is a structure of the
 * embedder's; changed is called after every change, on the thread that made it,
 * with locks held: it must not call the library, and only notes or wakes. A watch
 * is removed before its memory or ns goes; afterwards no call is under way. None blocks.
 */
struct vfs_mntns_watch {
        void (*changed)(struct vfs_mntns_watch *watch);
        struct vfs_mntns_watch *next, **prev; /* the library's */
};
VFS_API uint64_t vfs_mntns_event(const struct vfs_mntns *ns);
VFS_API void vfs_mntns_watch_add(struct vfs_mntns *ns, struct vfs_mntns_watch *watch);
VFS_API void vfs_mntns_watch_remove(struct vfs_mntns *ns, struct vfs_mntns_watch *watch);

/*
 * User namespaces
 *
 * Ids in this library are those of the first user namespace; translating them is the
 * embedder's. What a user namespace decides here is who is privileged over what:
 * capabilities of credentials count in their namespace and in those below it, the
 * owner of a namespace has all of them there, and over a file they count only if
 * its owner and group are among the namespace's ids.
 */
struct vfs_id_range {
        uint32_t first, count;
};
struct vfs_userns_opts {
        uint32_t size; /* sizeof(struct vfs_userns_opts) */
        struct vfs_userns *parent; /* NULL: the first */
        uint32_t uid, gid;         /* its creator's: uid owns it */
        /* The ids that are mapped in it, as ids of the first namespace; at most 340 ranges each. */
        const struct vfs_id_range *uids, *gids;
        uint32_t nuids, ngids;
};
/*
 * The caller gets one reference; the parent is referenced, the ranges are copied. Who
 * may make one, and which ids of the parent's it may have, is the embedder's to ask.
 * Errors: EINVAL (size; a range that is empty, overlaps another or goes beyond the
 * last id, UINT32_MAX - 1; too many), ENOSPC (a 34th level below the first), ENOMEM.
 */
VFS_API int vfs_userns_new(const struct vfs_userns_opts *opts, struct vfs_userns **ret_userns);
/* References; NULL is allowed in both, and get returns its argument. Neither blocks. */
VFS_API struct vfs_userns *vfs_userns_get(struct vfs_userns *userns);
VFS_API void vfs_userns_put(struct vfs_userns *userns);

#ifdef __cplusplus
}
#endif

#endif
