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

#include <vfs/mount.h>
#include "vfs/object/instance.h"

struct vfs_fs_context;
struct vfs_peers;

/* Mounts in the order of their unique ids; see mount_list.c. */
struct vfs_mount_list {
        struct vfs_mount_entry *entries; /* m  NULL mounts are gaps */
        uint32_t used, capacity;         /* m  of entries */
        uint32_t count;                  /* m  mounts in it */
};
struct vfs_mount_entry {
        uint64_t id;
        struct vfs_mount *mount;
};

struct vfs_mount {
        /* The first 64 bytes are what a walk reads; what others write is behind them. */
        struct vfs_mount *parent;  /* s  NULL: a namespace's root, or not connected */
        struct vfs_dentry *point;  /* s  in parent; referenced */
        struct vfs_dentry *root;   /* c  referenced */
        struct vfs_filesystem *fs; /* c  referenced */
        uint64_t hash;             /* c  a random word of its own, mixed into the table's hash */
        uint64_t unique_id;        /* c  never recycled */
        uint32_t id;               /* c  mountinfo's, recycled */
        uint32_t flags;            /* a  VFS_MS_* values of the per-mount flags */
        uint32_t expiring;         /* a  MNT_EXPIRE has marked it, and nobody has used it since */
        struct vfs_seq moves;      /* m  parent and point of this mount alone */

        uint64_t refs;            /* a  VFS_MOUNT_UMOUNTED: eagerly unmounted, tryget fails */
        uint64_t writers;         /* a  VFS_MOUNT_RDONLY: read-only, begin_write fails */
        struct vfs *vfs;          /* c */
        struct vfs_mntns *ns;     /* m  NULL: not in one (detached, or being made) */
        uint32_t state;           /* m  VFS_MOUNT_* below */
        uint32_t locked;          /* m  VFS_MS_* flags that may not go; VFS_MS_RELATIME: nor the atime mode change */
        uint32_t locked_children; /* m  of the children those with VFS_MOUNT_LOCKED */
        uint32_t pad;
        struct vfs_mount *children, **children_tail;    /* m  oldest first */
        struct vfs_mount *sibling_next, **sibling_prev; /* m */
        struct vfs_mount *point_next, **point_prev;     /* m  mounts whose points share a bucket */
        struct vfs_mount *all_next, **all_prev;         /* m  all mounts that exist */
        /* Propagation: mount/propagation.h. */
        struct vfs_peers *peers;                  /* m  NULL: private */
        struct vfs_mount *peer_next, **peer_prev; /* m  the members of peers */
        /* To be put once mount_lock is released: the next to do, and the place that was mounted on. */
        struct vfs_mount *drop_next;   /* m */
        struct vfs_mount *drop_parent; /* m */
        struct vfs_dentry *drop_point; /* m */
        /* Of an operation under way. */
        struct vfs_mount *work_next;  /* m */
        struct vfs_peers *work_peers; /* m */
        struct vfs_deferred deferred;
};

/* vfs_mount.state */
#define VFS_MOUNT_HOLDS_PARENT 0x01u /* references parent; not so when it outlived an unmount connected to it */
#define VFS_MOUNT_LOCKED       0x02u /* may not be unmounted alone: it would reveal what is under it */
#define VFS_MOUNT_UNBINDABLE   0x04u
/* Of a change under way. */
#define VFS_MOUNT_NEWLY_SHARED 0x10u /* to be undone should it fail */
/* Of an unmount under way: umount_set.c. */
#define VFS_MOUNT_GOING     0x20u  /* decided */
#define VFS_MOUNT_CANDIDATE 0x40u  /* a copy, undecided */
#define VFS_MOUNT_VISITED   0x80u  /* its copies are known */
#define VFS_MOUNT_TRIMMED   0x100u /* something below it stays */
#define VFS_MOUNT_UNLOCKED  0x200u /* its lock does not count */

#define VFS_MOUNT_UMOUNTED (UINT64_C(1) << 63) /* of refs */
#define VFS_MOUNT_RDONLY   (UINT64_C(1) << 63) /* of writers */
#define VFS_MOUNT_HOLD     (UINT64_C(1) << 62) /* of writers: whether it becomes read-only is being decided */

/*
 * References. tryget: inside an epoch section; false once eagerly unmounted or
 * dead. The last put may block, and takes mount_lock; put takes NULL.
 */
void vfs_mount_get(struct vfs_mount *mount);
bool vfs_mount_tryget(struct vfs_mount *mount);
void vfs_mount_put(struct vfs_mount *mount);
/* The same, but not a use of it: for MNT_EXPIRE. */
void vfs_mount_put_unused(struct vfs_mount *mount);

/* Somebody uses it: MNT_EXPIRE has to begin again. Every put says so, and a walk that takes no reference. */
static inline void vfs_mount_used(struct vfs_mount *mount)
{
        if (vfs_unlikely(vfs_load_relaxed(&mount->expiring) != 0))
                vfs_store_relaxed(&mount->expiring, 0);
}

/*
 * Is m over (parent, point), and nothing over m, at one moment? Without the table's count, which
 * changes elsewhere move, too. That nothing is on top is asked while m is known to be there.
 */
static inline bool vfs_mount_is_top_at_rcu(const struct vfs_mount *m, const struct vfs_mount *parent,
                                           const struct vfs_dentry *point)
{
        uint32_t seq = vfs_seq_read_begin(&m->moves);

        return vfs_load_relaxed(&m->parent) == parent && vfs_load_relaxed(&m->point) == point &&
               !(vfs_load(&m->root->word) & VFS_D_MOUNTED) && !vfs_seq_retry(&m->moves, seq);
}

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
        struct vfs *vfs;          /* c */
        struct vfs_userns *owner; /* c  referenced; NULL: the first user namespace */
        uint64_t id;              /* c  never recycled */
        uint64_t
                origin; /* c  of a detached tree: id of the namespace that it was copied from, 0: from none */
        uint32_t expected;               /* m  mounts that an operation under way is to add */
        bool detached;                   /* c  a tree that is mounted nowhere: it ends with its last mount */
        uint64_t refs;                   /* a  of a detached tree: 1 while it has mounts */
        struct vfs_mount *root;          /* s  the mount at the bottom of the root's stack; referenced */
        struct vfs_mount_list list;      /* m  its mounts, by unique_id */
        uint64_t event;                  /* a  moves with every change */
        struct vfs_mntns_watch *watches; /* watch_lock */
        struct vfs_mutex watch_lock;     /*    rank LEAF */
        struct vfs_mntns *next, **prev;  /* m  all namespaces */
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
int vfs_mount_change_at(const struct vfs_ctx *ctx, const struct vfs_path *target, uint64_t flags);
int vfs_mount_move_at(const struct vfs_ctx *ctx, const struct vfs_path *from, const struct vfs_path *to,
                      bool beneath);
int vfs_mount_set_group_at(const struct vfs_ctx *ctx, const struct vfs_path *from, const struct vfs_path *to);
int vfs_mount_umount_at(const struct vfs_ctx *ctx, const struct vfs_path *target, uint32_t flags);
int vfs_mount_pivot_at(const struct vfs_ctx *ctx, const struct vfs_path *new_root,
                       const struct vfs_path *put_old);
int vfs_mount_setattr_at(const struct vfs_ctx *ctx, const struct vfs_path *target,
                         const struct vfs_mount_attr *attr, bool recurse);
/* Does attr ask for anything? 1 or 0. copy: of a mount that was just copied. Errors: EINVAL. */
int vfs_mount_attr_check(const struct vfs_mount_attr *attr, bool copy);
/* fsmount(2)'s VFS_MOUNT_ATTR_* as VFS_MS_*. Errors: EINVAL. */
int vfs_mount_attr_new_flags(uint64_t attr, uint32_t *ret_flags);

/*
 * Detached trees: a copy of source as the root of one; a new mount, with flags of its own (VFS_MS_*), as one.
 * ret_root is referenced, and ends with vfs_mount_dissolve (unless it was moved), before the
 * reference is put. Errors: as of a bind; ENOMEM.
 */
int vfs_mount_detached_copy(const struct vfs_ctx *ctx, const struct vfs_path *source, bool recurse,
                            struct vfs_path *ret_root);
int vfs_mount_detached_new(const struct vfs_ctx *ctx, struct vfs_filesystem *fs, struct vfs_dentry *root,
                           uint32_t flags, struct vfs_path *ret_root);
void vfs_mount_dissolve(struct vfs_mount *m);
/* A mount that no namespace ever has; ret_mount is referenced. Analogous to kern_mount. Errors: ENOMEM. */
int vfs_mount_new_internal(struct vfs *vfs, struct vfs_filesystem *fs, struct vfs_dentry *root,
                           struct vfs_mount **ret_mount);
/*
 * Changes fc's filesystem as fc asks. Errors: EINVAL (flags that do not change), EBUSY (it is to
 * become read-only, and there are writers), the type's.
 */
int vfs_mount_reconfigure_fs(struct vfs_fs_context *fc);

/* Has ctx the right to mount in its namespace? Do set-id bits on m count for it? */
bool vfs_may_mount(const struct vfs_ctx *ctx);
bool vfs_mount_may_suid(const struct vfs_ctx *ctx, const struct vfs_mount *m);

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
