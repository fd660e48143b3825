/*
 * track.h - debug builds keep a map of live references, so that a test that
 * leaks one fails. Elsewhere these are nothing.
 *
 * Who takes a reference on an object of an instance records it here, and who
 * drops it records that, before dropping. A dentry's first reference, the tree's,
 * is recorded as well; it leaves the map with the final put. Since a filesystem
 * frees its linked dentries at once with its arena, releasing a filesystem
 * forgets each of its dentries that has nothing but the tree's reference; one
 * with more, or one that was unlinked and never put, stays in the map as a leak
 * (object/filesystem.c). vfs_free() checks that the map is empty.
 */
#ifndef VFS_BASE_TRACK_H
#define VFS_BASE_TRACK_H

#include <stddef.h>
#include <stdint.h>

#include "vfs/base/check.h"
#include "vfs/base/sync.h"

struct vfs_track_slot {
        const void *object;
        const char *kind;
        int64_t refs;
};

struct vfs_track {
        struct vfs_mutex lock; /* rank LEAF */
        struct vfs_track_slot *slots;
        size_t capacity, used;
};

#if VFS_DEBUG
/* Counts delta more (or fewer) references that somebody holds on object. */
void vfs_track_ref(struct vfs_track *track, const void *object, const char *kind, int delta);
/* Objects with references left. fn may be NULL. */
size_t vfs_track_live(struct vfs_track *track, void (*fn)(void *user, const struct vfs_track_slot *slot),
                      void *user);
/* Forgets the objects that match; returns how many. match is called with the map's lock held. */
size_t vfs_track_drop(struct vfs_track *track, bool (*match)(const void *user, const struct vfs_track_slot *slot),
                      const void *user);
void vfs_track_fini(struct vfs_track *track);
#else
static inline void vfs_track_ref(struct vfs_track *track, const void *object, const char *kind, int delta)
{
        (void)track, (void)object, (void)kind, (void)delta;
}
static inline void vfs_track_fini(struct vfs_track *track)
{
        (void)track;
}
#endif

#endif
