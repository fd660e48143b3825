/*
 * mount.h - mounts, their table and their namespaces: what the layers above see.
 *
 * A mount shows a filesystem, from one of its dentries down, at a place of
 * another mount; analogous to Linux's struct mount. It is in one of these
 * states: attached (in a namespace), detached (unmounted lazily, or because its
 * mount point was removed; lives as long as somebody holds it), or eagerly
 * unmounted (nobody held it). docs/lifetimes.md has the references.
 *
 * Lock key: c constant after init, a atomic, m vfs.mount_lock, s written under m
 * inside the mount table's sequence count and read lock-free under it.
 */
#ifndef MOUNT_MOUNT_H
#define MOUNT_MOUNT_H

#include "vfs/object/instance.h"

struct vfs_mount {
        /* The first 64 bytes are what a walk reads; what others write is behind them. */
        struct vfs_mount *parent;  /* s  NULL: a namespace's root, or not connected; referenced if attached */
        struct vfs_dentry *point;  /* s  in parent; referenced */
        struct vfs_dentry *root;   /* c  referenced */
        struct vfs_filesystem *fs; /* c  referenced */
        uint64_t hash;             /* c  a random word of its own, mixed into the table's hash */
        struct vfs *vfs;           /* c */
        uint64_t unique_id;        /* c  never recycled */
        uint32_t id;               /* c  mountinfo's, recycled */
        uint32_t flags;            /* a  VFS_MS_* values of the per-mount flags */

        uint64_t refs;        /* a  VFS_MOUNT_UMOUNTED: eagerly unmounted, tryget fails */
        uint64_t writers;     /* a  VFS_MOUNT_RDONLY: read-only, begin_write fails */
        struct vfs_mntns *ns; /* m  NULL: not in one (detached) */
        struct vfs_mount *children, **children_tail;    /* m  oldest first */
        struct vfs_mount *sibling_next, **sibling_prev; /* m */
        struct vfs_mount *ns_next, **ns_prev;           /* m  all mounts of ns, in order of mounting */
        struct vfs_mount *point_next, **point_prev;     /* m  mounts whose points share a bucket */
        struct vfs_mount *all_next, **all_prev;         /* m  all mounts that exist */
        /* To be put once mount_lock is released: the next to do, and the place that was mounted on. */
        struct vfs_mount *drop_next;   /* m */
        struct vfs_mount *drop_parent; /* m */
        struct vfs_dentry *drop_point; /* m */
        struct vfs_deferred deferred;
};
#define VFS_MOUNT_UMOUNTED (UINT64_C(1) << 63)
#define VFS_MOUNT_RDONLY   (UINT64_C(1) << 63)

/*
 * References. tryget: inside an epoch section; false once eagerly unmounted or
 * dead. The last put may block, and takes mount_lock; put takes NULL.
 */
void vfs_mount_get(struct vfs_mount *mount);
bool vfs_mount_tryget(struct vfs_mount *mount);
void vfs_mount_put(struct vfs_mount *mount);

/*
 * Inside an epoch section; results are no references.
 * lookup: the topmost mount over (mount, point), or NULL. parent: the place that
 * mount is mounted on; false when it has no parent.
 */
struct vfs_mount *vfs_mount_lookup_rcu(struct vfs *vfs, struct vfs_mount *mount, struct vfs_dentry *point);
bool vfs_mount_parent_rcu(struct vfs_mount *mount, struct vfs_path *ret_point);
/* The table's sequence count, for walks that must know that no mount changed. */
uint32_t vfs_mounts_seq_begin(struct vfs *vfs);
bool vfs_mounts_seq_retry(struct vfs *vfs, uint32_t start);

/* Is this mount read-only, for the mount's or the filesystem's part? */
bool vfs_mount_is_rdonly(const struct vfs_mount *mount);

/* Begin and end of the mounts' part of an instance. Errors: ENOMEM. */
int vfs_mounts_init(struct vfs *vfs);
void vfs_mounts_fini(struct vfs *vfs);

struct vfs_mntns {
        struct vfs *vfs;        /* c */
        uint64_t refs;          /* a */
        struct vfs_mount *root; /* c  the mount at the bottom of the root's stack; referenced */
        struct vfs_mount *mounts, **mounts_tail; /* m  in order of mounting */
        uint32_t nmounts;                        /* m */
        uint64_t event;                          /* a  moves with every change */
};

/*
 * The same, on resolved places; the entry points of vfs/ops/mount.c resolve.
 * All are called with no lock held and may block. cred has been checked.
 */
int vfs_mount_new_at(const struct vfs_ctx *ctx, const struct vfs_path *target, const char *source,
                     const char *type, uint64_t flags, const char *data);
int vfs_mount_bind_at(const struct vfs_ctx *ctx, const struct vfs_path *source, const struct vfs_path *target,
                      uint64_t flags);
int vfs_mount_remount_at(const struct vfs_ctx *ctx, const struct vfs_path *target, uint64_t flags,
                         const char *data);
int vfs_mount_umount_at(const struct vfs_ctx *ctx, const struct vfs_path *target, uint32_t flags);

/*
 * Reverse paths: writes the path of `path` at the end of buf, so that it begins
 * at *ret_start and ends with a NUL at buf + size. Relative to root where it is
 * below it. Takes no lock unless renames or mounts race, and then mount_lock and
 * tree_lock.
 * ret_flags: VFS_REVERSE_*. Errors: ENAMETOOLONG (does not fit).
 */
#define VFS_REVERSE_UNREACHABLE 1u /* root was not met: the path begins where the walk up ended */
#define VFS_REVERSE_DELETED     2u /* path itself was unlinked */
int vfs_path_reverse(struct vfs *vfs, const struct vfs_path *root, const struct vfs_path *path, char *buf,
                     size_t size, char **ret_start, uint32_t *ret_flags);

#endif
