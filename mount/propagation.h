/*
 * propagation.h - which mounts see the mounts and unmounts of others: the kernel's
 * Documentation/filesystems/sharedsubtree.rst.
 *
 * Mounts that share are a peer group: what happens on one happens on all. A group
 * may have a master group, from which it receives and to which it gives
 * nothing; so groups are the nodes of trees, and an event on a mount goes to its peers and
 * to everything below its group. A mount that receives only (a slave that is not
 * shared) is a group of its own, without an id: nobody else is in it or below it. A
 * private mount has no group. Peers always have the same master.
 *
 * All of it is guarded by vfs.mount_lock. Lock key: see mount.h.
 */
#ifndef MOUNT_PROPAGATION_H
#define MOUNT_PROPAGATION_H

#include "mount/mount.h"

struct vfs_peers {
        uint32_t id;                    /* m  as mountinfo shows it; 0: only receives */
        struct vfs_mount *members;      /* m  linked by peer_next */
        struct vfs_peers *master;       /* m */
        struct vfs_peers *slaves;       /* m  the groups whose master this is */
        struct vfs_peers *next, **prev; /* m  among them */
        struct vfs_mount *work_copy;    /* m  of a mount under way: the copy that it is a copy of */
};

static inline bool vfs_mount_is_shared(const struct vfs_mount *m)
{
        return m->peers != NULL && m->peers->id != 0;
}

static inline bool vfs_mount_is_slave(const struct vfs_mount *m)
{
        return m->peers != NULL && m->peers->master != NULL;
}

#endif
