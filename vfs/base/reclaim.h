/*
 * reclaim.h - deferred frees.
 *
 * A limbo holds objects that were unlinked but that lock-free readers may still
 * be reading. It keeps two generations: objects enter the current one; once that
 * has some size and the epoch has moved far enough since the old one was closed,
 * the old one is freed and the current one closed, by whatever thread adds. So no
 * thread has to come back, and only an open section holds up frees. All zeroes is
 * an empty limbo.
 */
#ifndef VFS_BASE_RECLAIM_H
#define VFS_BASE_RECLAIM_H

#include <stddef.h>
#include <stdint.h>

#include <vfs/fs/object.h>
#include "vfs/base/sync.h"

struct vfs_limbo {
        struct vfs_mutex lock;       /*       rank LEAF */
        uint32_t count;              /* lock  objects in current */
        uint32_t closed;             /* lock  the epoch when old was closed */
        struct vfs_deferred *current; /* lock, asked without it whether there is any */
        struct vfs_deferred *old;     /* lock */
};

/* Adds d; calls d->free(d, owner) later, from any thread, with no lock held. */
void vfs_limbo_add(struct vfs_limbo *limbo, struct vfs_deferred *d, void *owner);
/* Frees at most max objects (0: all) that no reader can see any more; returns how many. */
size_t vfs_limbo_collect(struct vfs_limbo *limbo, void *owner, size_t max);
/* Frees everything. The caller knows that no reader is left (vfs_epoch_synchronize). */
size_t vfs_limbo_drain(struct vfs_limbo *limbo, void *owner);

#endif
