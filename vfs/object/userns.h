/*
 * userns.h - user namespaces, as the layers above see them. NULL is the first one,
 * in which every id is mapped; it is level 0.
 */
#ifndef VFS_OBJECT_USERNS_H
#define VFS_OBJECT_USERNS_H

#include <stdbool.h>

#include <vfs/mntns.h>

/* Immutable but for refs. Lock key: a atomic, c constant after vfs_userns_new. */
struct vfs_userns {
        uint64_t refs;                /* a */
        struct vfs_userns *parent;    /* c  referenced */
        uint32_t level;               /* c  the parent's and one */
        uint32_t uid;                 /* c  its owner's */
        uint32_t nuids, ngids;        /* c */
        struct vfs_id_range ranges[]; /* c  of uids, then of gids; both ascending, apart, none empty */
};

static inline uint32_t vfs_userns_level(const struct vfs_userns *userns)
{
        return userns != NULL ? userns->level : 0;
}

/* Has the id, one of the first namespace, a name in userns? Analogous to kuid_has_mapping. */
bool vfs_userns_maps_uid(const struct vfs_userns *userns, uint32_t uid);
bool vfs_userns_maps_gid(const struct vfs_userns *userns, uint32_t gid);

/* Is userns equal to or below ancestor? Analogous to in_userns. */
bool vfs_userns_is_below(const struct vfs_userns *userns, const struct vfs_userns *ancestor);

#endif
