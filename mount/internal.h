/*
 * internal.h - what the files of mount/ share, and nobody else uses.
 *
 * Functions named _locked have mount_lock held. They never put a reference
 * themselves, since a last put enters a filesystem: they leave it in a struct
 * vfs_mount_drops, which vfs_mounts_unlock() works off once the lock is released.
 *
 * How the files divide the work:
 *      mount.c          references, writers, making and freeing
 *      mount_table.c    lookup by (parent, point)
 *      dentry_mounts.c  lookup by point alone; deleting and renaming mount points
 *      namespace.c      namespaces
 *      attach.c         new mounts and binds; a move belongs there too
 *      umount.c         eager and lazy unmounting; expiry belongs there too
 *      remount.c        flags of mounts and filesystems
 *      reverse.c, mountinfo.c  names
 */
#ifndef MOUNT_INTERNAL_H
#define MOUNT_INTERNAL_H

#include "mount/mount.h"
#include "mount/mount_table.h"

/* The per-mount flags, as mount(2) has them. */
#define VFS_MOUNT_ATIME_FLAGS (VFS_MS_NOATIME | VFS_MS_NODIRATIME | VFS_MS_RELATIME)
#define VFS_MOUNT_FLAGS                                                                      \
        (VFS_MS_RDONLY | VFS_MS_NOSUID | VFS_MS_NODEV | VFS_MS_NOEXEC | VFS_MS_NOSYMFOLLOW | \
         VFS_MOUNT_ATIME_FLAGS)

/*
 * vfs_filesystem.flags holds the superblock's flags with their VFS_MS_* values
 * (VFS_FS_RDONLY is VFS_MS_RDONLY), and this mark: a remount is finding out
 * whether there are writers, and new ones wait for the answer.
 */
#define VFS_FS_REMOUNTING    (1u << 31)
#define VFS_FS_FLAGS         (VFS_MS_RDONLY | VFS_MS_SYNCHRONOUS | VFS_MS_MANDLOCK | VFS_MS_DIRSYNC | VFS_MS_LAZYTIME)
#define VFS_FS_REMOUNT_FLAGS (VFS_MS_RDONLY | VFS_MS_SYNCHRONOUS | VFS_MS_MANDLOCK | VFS_MS_LAZYTIME)

/* Numbers of mounts: the lowest free one first. */
struct vfs_mount_ids {
        uint64_t *words; /* m  bit set: in use */
        uint32_t nwords; /* m */
        uint32_t first;  /* m  no free number in the words before this one */
};

/* Mounts by the dentry they are mounted on: buckets of lists. */
struct vfs_mount_points {
        struct vfs_mount **buckets; /* m */
        uint32_t log2;              /* m  of the number of buckets */
        uint32_t count;             /* m */
};

/* All that an instance has for its mounts. vfs.mount_table points to the first member. */
struct vfs_mounts {
        struct vfs_mount_table table;
        struct vfs_mount_points points; /* m */
        struct vfs_mount_ids ids;       /* m */
        struct vfs_mount *all;          /* m  every mount that exists */
};

static inline struct vfs_mounts *vfs_mounts_of(struct vfs *vfs)
{
        return vfs_container_of(vfs->mount_table, struct vfs_mounts, table);
}

static inline void vfs_mounts_lock(struct vfs *vfs)
{
        vfs_mutex_lock(&vfs->mount_lock, VFS_LOCK_MOUNT);
}

/* Mounts whose tree references, and whose places, are to be put. */
struct vfs_mount_drops {
        struct vfs_mount *first;
};

/* Releases mount_lock and puts what has been collected. No other lock is held; may block. */
void vfs_mounts_unlock(struct vfs *vfs, struct vfs_mount_drops *drops);

/*
 * A new mount of fs from root down; takes references on both. The caller gets the
 * tree reference: the one that being attached, or being made, stands for.
 * Errors: ENOMEM.
 */
int vfs_mount_new_locked(struct vfs *vfs, struct vfs_filesystem *fs, struct vfs_dentry *root, uint32_t flags,
                         struct vfs_mount **ret_mount);
/* Drops a reference that is known not to be the last. */
void vfs_mount_unref_locked(struct vfs_mount *m);
/* Leaves m's tree reference, and those in drop_*, to be put. */
void vfs_mount_drop_locked(struct vfs_mount_drops *drops, struct vfs_mount *m);

/* mount_ids.c */
int vfs_mount_ids_alloc(struct vfs_mount_ids *ids, struct vfs *vfs, uint32_t *ret_id);
void vfs_mount_ids_free(struct vfs_mount_ids *ids, uint32_t id);
void vfs_mount_ids_fini(struct vfs_mount_ids *ids, struct vfs *vfs);

/* dentry_mounts.c: the index by point. reserve: room for n more. Errors: ENOMEM. */
int vfs_mount_points_reserve(struct vfs_mount_points *points, struct vfs *vfs, uint32_t n);
void vfs_mount_points_add(struct vfs_mount_points *points, struct vfs_mount *m);
void vfs_mount_points_remove(struct vfs_mount_points *points, struct vfs_mount *m);
void vfs_mount_points_fini(struct vfs_mount_points *points, struct vfs *vfs);

/* attach.c */

/*
 * Connects m over (parent, point), where nothing is mounted; room was reserved,
 * and point's lock is held. Takes references on parent and point.
 */
void vfs_mount_connect_locked(struct vfs_mount *m, struct vfs_mount *parent, struct vfs_dentry *point);
/* The reverse; the references on parent and point are left in m->drop_*. */
void vfs_mount_disconnect_locked(struct vfs_mount *m);
/* The topmost mount at target, or target itself. */
void vfs_mount_top_locked(const struct vfs_path *target, struct vfs_path *ret_top);
/* The next mount of the tree below top in pre-order, NULL at the end. */
struct vfs_mount *vfs_mount_next_locked(struct vfs_mount *m, struct vfs_mount *top);
/* A filesystem of a type; both results are referenced. Errors: EINVAL, ENODEV, the filesystem's own. */
int vfs_mount_new_filesystem(struct vfs *vfs, const struct vfs_cred *cred, const char *source,
                             const char *type, uint64_t flags, const char *data,
                             struct vfs_filesystem **ret_fs, struct vfs_dentry **ret_root);
/* VFS_MS_* bits of mount(2) as the mount's own flags. */
uint32_t vfs_mount_parse_flags(uint64_t flags);

/* namespace.c: the list of a namespace's mounts. */
void vfs_mntns_add_locked(struct vfs_mntns *ns, struct vfs_mount *m);
void vfs_mntns_remove_locked(struct vfs_mount *m);

/* umount.c */
enum vfs_umount_how {
        VFS_UMOUNT_APART,     /* every mount of the tree stands alone afterwards */
        VFS_UMOUNT_CONNECTED, /* those below top stay mounted there until their parent is freed */
};
/* Takes top, which is in a namespace, and what is mounted below it out of that. */
void vfs_umount_tree_locked(struct vfs_mount_drops *drops, struct vfs_mount *top, enum vfs_umount_how how);

/* remount.c: the filesystem becomes read-only, unless somebody writes. Errors: EBUSY. */
int vfs_mount_fs_set_rdonly_locked(struct vfs_filesystem *fs);

/* reverse.c: vfs_path_reverse; and the same up to the root of d's filesystem. */
int vfs_path_reverse_locked(struct vfs *vfs, const struct vfs_path *root, const struct vfs_path *path,
                            char *buf, size_t size, char **ret_start, uint32_t *ret_flags);
int vfs_dentry_reverse_locked(struct vfs *vfs, struct vfs_dentry *d, char *buf, size_t size, char **ret_start,
                              uint32_t *ret_flags);

#endif
