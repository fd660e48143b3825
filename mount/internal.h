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
 *      mount_list.c     lookup by id, and order
 *      dentry_mounts.c  lookup by point alone; deleting and renaming mount points
 *      connect.c        where a mount is connected: one mount, a few at once, trees
 *      propagation.c    peer groups and their masters
 *      copy.c           copies of mounts and of trees
 *      attach.c         trees come to be mounted, here and where that propagates to
 *      move.c           trees are moved; pivot_root
 *      umount.c         eager and lazy unmounting, expiry; umount_set.c: and where that propagates to
 *      namespace.c      namespaces
 *      flags.c          flags of mounts; remount.c: and of filesystems
 *      reverse.c        paths of places; text.c: the parts of a line about a mount
 *      mountinfo.c, statmount.c  listings
 */
#ifndef MOUNT_INTERNAL_H
#define MOUNT_INTERNAL_H

#include <vfs/fsapi.h>
#include "mount/mount.h"
#include "mount/mount_table.h"
#include "mount/propagation.h"

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

/* Numbers of mounts and of peer groups: the lowest free one first. */
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
        struct vfs_mount_ids peer_ids;  /* m */
        struct vfs_mount *all;          /* m  every mount that exists */
        struct vfs_mntns *namespaces;   /* m  all of them, detached trees, too */
        uint64_t last_mntns_id;         /* m */
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

/* mount_list.c. reserve: room for n more; add needs it. Errors: ENOMEM. */
int vfs_mount_list_reserve(struct vfs_mount_list *list, struct vfs *vfs, uint32_t n);
void vfs_mount_list_add(struct vfs_mount_list *list, struct vfs_mount *m);
void vfs_mount_list_remove(struct vfs_mount_list *list, const struct vfs_mount *m);
/* The mount with that id; the first one behind it (0: of all); the last one before it (UINT64_MAX). NULL: none. */
struct vfs_mount *vfs_mount_list_find(const struct vfs_mount_list *list, uint64_t id);
struct vfs_mount *vfs_mount_list_after(const struct vfs_mount_list *list, uint64_t id);
struct vfs_mount *vfs_mount_list_before(const struct vfs_mount_list *list, uint64_t id);
void vfs_mount_list_fini(struct vfs_mount_list *list, struct vfs *vfs);

/* dentry_mounts.c: the index by point. reserve: room for n more. Errors: ENOMEM. */
int vfs_mount_points_reserve(struct vfs_mount_points *points, struct vfs *vfs, uint32_t n);
void vfs_mount_points_add(struct vfs_mount_points *points, struct vfs_mount *m);
void vfs_mount_points_remove(struct vfs_mount_points *points, struct vfs_mount *m);
/* A mount on d: any if ns is NULL, else one in ns. */
struct vfs_mount *vfs_mount_points_find(const struct vfs_mount_points *points, const struct vfs_dentry *d,
                                        const struct vfs_mntns *ns);
void vfs_mount_points_fini(struct vfs_mount_points *points, struct vfs *vfs);

/* connect.c */

/* Room for n more mounts in the tables, so that connecting cannot fail. Errors: ENOMEM. */
int vfs_mounts_reserve_locked(struct vfs *vfs, uint32_t n);
/*
 * A pinned dentry stays usable as a mount point: whoever removes it meanwhile waits for
 * mount_lock and then finds what was mounted. Errors: ENOENT (it is removed already).
 */
int vfs_mount_pin_locked(struct vfs_dentry *point);
void vfs_mount_unpin_locked(struct vfs_dentry *point);
/* Where a mount is to go: over (parent, point), or nowhere (NULLs). */
struct vfs_mount_step {
        struct vfs_mount *mount, *parent;
        struct vfs_dentry *point;
};
#define VFS_MOUNT_STEPS 3u /* at the most */
/*
 * Makes all steps at once, as lock-free readers see it. Mounts that are connected leave
 * their place first; what they held there is put, or left in drops. Afterwards no two
 * mounts are at one place. Room was reserved for each mount that was not connected.
 */
void vfs_mounts_reconnect_locked(const struct vfs_mount_step *steps, unsigned int n,
                                 struct vfs_mount_drops *drops);
/* Connects m, which was not; and the reverse, where what it held is left in m->drop_*. */
void vfs_mount_connect_locked(struct vfs_mount *m, struct vfs_mount *parent, struct vfs_dentry *point);
void vfs_mount_disconnect_locked(struct vfs_mount *m);
/* May m be unmounted alone? Its parent counts those that may not. */
static inline bool vfs_mount_locked(const struct vfs_mount *m)
{
        return (m->state & VFS_MOUNT_LOCKED) != 0;
}
void vfs_mount_set_locked(struct vfs_mount *m, bool locked);
/* What is mounted directly on (parent, point), the bottom of a stack; NULL: nothing. */
struct vfs_mount *vfs_mount_at_locked(struct vfs_mount *parent, struct vfs_dentry *point);
/* The top of the stack on m's root: m, if there is none. */
struct vfs_mount *vfs_mount_topmost_locked(struct vfs_mount *m);
/* The topmost mount at target, or target itself. */
void vfs_mount_top_locked(const struct vfs_path *target, struct vfs_path *ret_top);
/* The next mount of the tree below top in pre-order, NULL at the end; skip: without what is below m. */
struct vfs_mount *vfs_mount_next_locked(struct vfs_mount *m, struct vfs_mount *top);
struct vfs_mount *vfs_mount_skip_locked(struct vfs_mount *m, struct vfs_mount *top);
uint32_t vfs_mount_count_locked(struct vfs_mount *top);
/* Is m in the tree below top (which is)? */
bool vfs_mount_is_below_locked(const struct vfs_mount *m, const struct vfs_mount *top);
/* Is d equal to or below ancestor, in one filesystem? */
bool vfs_mount_dentry_is_below(struct vfs *vfs, struct vfs_dentry *d, const struct vfs_dentry *ancestor);
/* Is (m, d) at or below root, across mounts? Analogous to Linux's is_path_reachable. */
bool vfs_mount_reaches_locked(struct vfs_mount *m, struct vfs_dentry *d, const struct vfs_path *root);

/* propagation.c */

/* Of m alone: makes it shared (a no-op if it is). Errors: ENOMEM. */
int vfs_mount_share_locked(struct vfs_mount *m);
/* Undoes share for a mount that was not shared before. */
void vfs_mount_unshare_locked(struct vfs_mount *m);
/* Leaves its group; slaves it was the last master of go to its own master. */
void vfs_mount_make_private_locked(struct vfs_mount *m);
/* to, which is private, gets the peers and the master of from. Errors: ENOMEM. */
int vfs_mount_join_locked(struct vfs_mount *to, const struct vfs_mount *from);
/* to, which is private, becomes a slave of from's peers, or, where from is not shared, of its master. Errors: ENOMEM. */
int vfs_mount_enslave_locked(struct vfs_mount *to, const struct vfs_mount *from);
/*
 * Changes the propagation of m, with recurse of its whole tree, to one of VFS_MS_SHARED,
 * _PRIVATE, _SLAVE, _UNBINDABLE: prepare does what can fail, and commit the rest, mount by
 * mount; abort undoes prepare. Errors: ENOMEM.
 */
int vfs_mount_change_prepare_locked(struct vfs_mount *m, uint32_t type, bool recurse);
void vfs_mount_change_commit_locked(struct vfs_mount *m, uint32_t type, bool recurse);
void vfs_mount_change_abort_locked(struct vfs_mount *m, bool recurse);
/* The groups at and below top, masters first; skip: without those below g. NULL at the end. */
struct vfs_peers *vfs_peers_next_locked(struct vfs_peers *g, struct vfs_peers *top);
struct vfs_peers *vfs_peers_skip_locked(struct vfs_peers *g, struct vfs_peers *top);
/* May ctx change the propagation of m? Errors: EINVAL (not mounted), EPERM. */
int vfs_mount_may_change_propagation(const struct vfs_ctx *ctx, const struct vfs_mount *m);
/* Does to receive what happens on from, being a peer of it or below it? */
bool vfs_mount_receives_locked(const struct vfs_mount *to, const struct vfs_mount *from);

/* copy.c */
#define VFS_COPY_SLAVE      0x1u /* copies are slaves of what was shared, not peers */
#define VFS_COPY_SHARED     0x2u /* copies are shared, whatever was */
#define VFS_COPY_UNBINDABLE 0x4u /* unbindable mounts, too */
/*
 * Copies source from root down, with all that is mounted below root; with alone without
 * that. The copy is connected in itself, and to nothing else, and in no namespace; abandon undoes it.
 * Errors: EINVAL (source is unbindable), EPERM (one below is unbindable and locked), ENOMEM.
 */
int vfs_mount_copy_tree_locked(struct vfs_mount *source, struct vfs_dentry *root, uint32_t how, bool alone,
                               struct vfs_mount_drops *drops, struct vfs_mount **ret_top);
/*
 * The copy that a bind makes: may ctx copy from there? Errors: EINVAL (not a mount of ctx's namespace or
 * of a detached tree of it, unbindable, alone with a locked mount below), EPERM, ENOMEM.
 */
int vfs_mount_copy_bind_locked(const struct vfs_ctx *ctx, const struct vfs_path *source, bool recurse,
                               struct vfs_mount_drops *drops, struct vfs_mount **ret_top);
/* Is there a locked mount on m at or below d? */
bool vfs_mount_has_locked_below(struct vfs_mount *m, struct vfs_dentry *d);

/* attach.c */
/*
 * Puts the tree of source over (parent, point), which is pinned, and copies of it wherever
 * that propagates to; what is mounted there already goes on top. source is new, or the
 * root of a detached tree, or connected. Nothing has changed when it fails.
 * Errors: ENOENT (what source shows was removed), ENOSPC, ENOMEM.
 */
int vfs_mount_attach_locked(const struct vfs_ctx *ctx, struct vfs_mount *source, struct vfs_mount *parent,
                            struct vfs_dentry *point, struct vfs_mount_drops *drops);
/*
 * The target of a mount: the topmost mount at path, pinned on success.
 * Errors: ENOENT (removed, or not mounted any more).
 */
int vfs_mount_target_locked(const struct vfs_path *path, struct vfs_path *ret_target);
/*
 * A filesystem of a type; both results are referenced. ctx: who mounts it, NULL: who may anyway.
 * Errors: EINVAL, ENODEV, EPERM (ctx may not mount the type), ENOMEM, the type's.
 */
int vfs_mount_new_filesystem(struct vfs *vfs, const struct vfs_cred *cred, const struct vfs_ctx *ctx,
                             const char *source, const char *type, uint64_t flags, const char *data,
                             struct vfs_filesystem **ret_fs, struct vfs_dentry **ret_root);

/* namespace.c */
int vfs_mntns_alloc(struct vfs *vfs, struct vfs_userns *owner, struct vfs_mntns **ret_ns);
/* Undoes alloc, for a namespace without mounts. */
void vfs_mntns_free_locked(struct vfs_mntns *ns);
/* Into ns, where room was reserved; all mounts of a tree. */
void vfs_mntns_add_locked(struct vfs_mntns *ns, struct vfs_mount *m);
void vfs_mntns_add_tree_locked(struct vfs_mntns *ns, struct vfs_mount *top);
/* Out of its namespace; a detached tree's ends with its last mount. */
void vfs_mntns_remove_locked(struct vfs_mount *m);
/* Something has changed: tells those who wait. */
void vfs_mntns_touch_locked(struct vfs_mntns *ns);
/* Is m a mount of ctx's namespace? Of that, or of a detached tree that ctx may use? The root of a detached tree? */
bool vfs_mount_is_ours(const struct vfs_ctx *ctx, const struct vfs_mount *m);
bool vfs_mount_is_usable(const struct vfs_ctx *ctx, const struct vfs_mount *m);
bool vfs_mount_is_detached_root(const struct vfs_mount *m);

/* umount.c */
enum vfs_umount_how {
        VFS_UMOUNT_APART,     /* every mount of the tree stands alone afterwards, unless it is locked */
        VFS_UMOUNT_CONNECTED, /* those below top stay mounted there until their parent is freed */
        VFS_UMOUNT_PROPAGATE, /* as APART, and where that propagates to */
};
/* Takes top and what is mounted below it out of its namespace (if it is in one) and apart. */
void vfs_umount_tree_locked(struct vfs_mount_drops *drops, struct vfs_mount *top, enum vfs_umount_how how);

/* umount_set.c: mounts of an unmount under way, linked by work_next, marked VFS_MOUNT_GOING. */
struct vfs_umount_set {
        struct vfs_mount *first, **tail;
};
/* top and what is below it. */
void vfs_umount_set_init(struct vfs_umount_set *set, struct vfs_mount *top);
/* Adds the copies that go, too. abort undoes init and find. */
void vfs_umount_set_find(struct vfs_umount_set *set);
void vfs_umount_set_abort(struct vfs_umount_set *set);
/* What is mounted over those of set, and stays, comes to where they were. */
void vfs_umount_set_lower(struct vfs_umount_set *set, struct vfs_mount_drops *drops);

/* flags.c */
/* VFS_MS_* bits of mount(2) as a mount's own flags; for remounts with those that m has. */
uint32_t vfs_mount_parse_flags(uint64_t flags);
uint32_t vfs_mount_remount_flags(const struct vfs_mount *m, uint64_t flags);
/* May m's flags become these: is none of them locked? */
bool vfs_mount_may_change_flags(const struct vfs_mount *m, uint32_t flags);
/* Sets m's flags, read-only too, whoever writes. */
void vfs_mount_set_flags_locked(struct vfs_mount *m, uint32_t flags);
/* A remount with VFS_MS_BIND. Errors: EINVAL, EPERM, EBUSY. */
int vfs_mount_remount_bind_at(const struct vfs_ctx *ctx, const struct vfs_path *target, uint64_t flags);
/* Locks the flags of a tree, and its mounts but top in their places, for less privileged users. */
void vfs_mount_lock_tree_locked(struct vfs_mount *top);

/* remount.c: the filesystem becomes read-only, unless somebody writes. Errors: EBUSY. */
int vfs_mount_fs_set_rdonly_locked(struct vfs_filesystem *fs);

/*
 * mountinfo.c: of the groups that m receives from, the id of the closest one with a member
 * in m's namespace that root reaches; 0: none. Analogous to Linux's get_dominating_id.
 */
uint32_t vfs_mount_dominating_id_locked(const struct vfs_mount *m, const struct vfs_path *root);

/* reverse.c: vfs_path_reverse; and the same up to the root of d's filesystem. */
int vfs_path_reverse_locked(struct vfs *vfs, const struct vfs_path *root, const struct vfs_path *path,
                            char *buf, size_t size, char **ret_start, uint32_t *ret_flags);
int vfs_dentry_reverse_locked(struct vfs *vfs, struct vfs_dentry *d, char *buf, size_t size, char **ret_start,
                              uint32_t *ret_flags);

#endif
