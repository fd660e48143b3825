/*
 * instance.h - struct vfs: what one instance consists of.
 *
 * Lock key: c constant after vfs_new, a atomic, m mount_lock, r registry_lock,
 * t tree_lock.
 */
#ifndef VFS_OBJECT_INSTANCE_H
#define VFS_OBJECT_INSTANCE_H

#include <vfs/fsapi.h>
#include "vfs/base/alloc.h"
#include "vfs/base/check.h"
#include "vfs/base/reclaim.h"
#include "vfs/base/sync.h"
#include "vfs/base/track.h"

struct vfs_mount_table;
struct vfs_device;
struct vfs_fstype_entry;
struct vfs_fsctx;

/* Counts of one thread, or of a few that share a shard and may then lose some. */
struct vfs_walk_shard {
        uint64_t lockfree;
        uint64_t pad[7];
};
#define VFS_WALK_SHARDS 64u

struct vfs {
        struct vfs_config config;            /* c */
        struct vfs_allocator allocator;      /* c */
        uint64_t hash_key[4];                /* c  odd random words */
        struct vfs_mount_table *mount_table; /* c  mount/mount_table.h */

        struct vfs_mutex mount_lock;         /*    rank MOUNT; analogous to Linux's namespace_sem */
        uint32_t nmounts;                    /* m */
        uint64_t next_mount_unique_id;       /* m */

        /*
         * Moves of directories between parents or names, instance-wide: a leaf
         * lock held for the pointer changes only, and its sequence count, by
         * which walks of ".." and reverse paths know that nothing moved.
         */
        struct vfs_mutex tree_lock;
        struct vfs_seq rename_seq; /* t */

        struct vfs_mutex registry_lock;      /*    rank LEAF */
        struct vfs_fstype_entry *fstypes;    /* r */
        struct vfs_device *devices;          /* r */
        struct vfs_filesystem *filesystems;  /* r */
        struct vfs_fsctx *fsctxs;            /* r */
        struct vfs_mount *anon_mount;        /* r, read lock-free: vfs/ops/anon.c; NULL: none yet */
        uint32_t next_dev_minor;             /* r  anonymous block devices: major 0 */

        struct vfs_limbo limbo;              /*    mounts, mount-table arrays, files' tables */
        uint32_t fsctx_changes;              /* a  numbers the states of filesystem contexts */
        uint64_t walks_reference;                /* a */
        struct vfs_walk_shard *walk_shards;  /* c  VFS_WALK_SHARDS; each written by few threads */
        struct vfs_track track;              /*    debug; see track.h */
};

/* Memory of the instance that is freed once lock-free readers are gone. */
static inline void vfs_defer(struct vfs *vfs, struct vfs_deferred *d)
{
        vfs_limbo_add(&vfs->limbo, d, vfs);
}

/* The type of that name, or NULL. */
const struct vfs_fstype *vfs_fstype_find(struct vfs *vfs, const char *name);
/* Forgets all types: the end of an instance. */
void vfs_fstypes_fini(struct vfs *vfs);

/* Goes through the filesystems of an instance: puts fs (NULL: begin) and returns the next one, referenced, or NULL. */
struct vfs_filesystem *vfs_filesystem_next(struct vfs *vfs, struct vfs_filesystem *fs);
/* Before others see fs: it belongs to userns, which it references. Analogous to s_user_ns. */
void vfs_filesystem_set_owner(struct vfs_filesystem *fs, struct vfs_userns *userns);
/* What is allocated in the arenas of all filesystems. */
uint64_t vfs_filesystems_bytes(struct vfs *vfs);

#endif
