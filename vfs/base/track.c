/*
 * track.c - the map of live references of debug builds.
 *
 * A table from object to its number of references: open addressing, linear
 * probing, backward-shift deletion, under one lock. An entry exists while its
 * number is not 0; it may be below 0 for a moment, when a get is recorded after
 * the put of another thread.
 *
 * Known limit: when there is no memory for the map, it forgets what it has and
 * records nothing more (capacity is then SIZE_MAX), since a test of exhausted
 * memory must not fail for the map's sake.
 */
#include "vfs/base/track.h"

#if VFS_DEBUG

#include "vfs/base/alloc.h"

#define VFS_TRACK_BROKEN SIZE_MAX

static size_t vfs_track_index(const struct vfs_track *track, const void *object)
{
        uint64_t h = (uint64_t)(uintptr_t)object * UINT64_C(0x9e3779b97f4a7c15);

        return (size_t)(h >> 32) & (track->capacity - 1);
}

/* The object's slot, or the free one where it would be. */
static struct vfs_track_slot *vfs_track_probe(struct vfs_track *track, const void *object)
{
        size_t i = vfs_track_index(track, object);

        while (track->slots[i].object != NULL && track->slots[i].object != object)
                i = (i + 1) & (track->capacity - 1);
        return &track->slots[i];
}

static bool vfs_track_grow(struct vfs_track *track)
{
        struct vfs_track_slot *old = track->slots;
        size_t n = track->capacity;

        track->slots = vfs_zalloc(NULL, (n != 0 ? 2 * n : 64) * sizeof(*old));
        if (track->slots == NULL) {
                vfs_dealloc(NULL, old, n * sizeof(*old));
                track->capacity = VFS_TRACK_BROKEN;
                track->used = 0;
                return false;
        }
        track->capacity = n != 0 ? 2 * n : 64;
        for (size_t i = 0; i < n; i++) {
                if (old[i].object != NULL)
                        *vfs_track_probe(track, old[i].object) = old[i];
        }
        vfs_dealloc(NULL, old, n * sizeof(*old));
        return true;
}

static void vfs_track_remove(struct vfs_track *track, struct vfs_track_slot *slot)
{
        size_t mask = track->capacity - 1;
        size_t hole = (size_t)(slot - track->slots);

        /* What follows in the same run moves into the hole, unless its own place lies behind it. */
        for (size_t i = (hole + 1) & mask; track->slots[i].object != NULL; i = (i + 1) & mask) {
                size_t home = vfs_track_index(track, track->slots[i].object);

                if (((i - home) & mask) >= ((i - hole) & mask)) {
                        track->slots[hole] = track->slots[i];
                        hole = i;
                }
        }
        track->slots[hole] = (struct vfs_track_slot){ 0 };
        track->used--;
}

void vfs_track_ref(struct vfs_track *track, const void *object, const char *kind, int delta)
{
        struct vfs_track_slot *slot;

        vfs_mutex_lock(&track->lock, VFS_LOCK_LEAF);
        if (track->capacity == VFS_TRACK_BROKEN)
                goto out;
        if (2 * (track->used + 1) > track->capacity && !vfs_track_grow(track))
                goto out;
        slot = vfs_track_probe(track, object);
        if (slot->object == NULL) {
                *slot = (struct vfs_track_slot){ .object = object, .kind = kind };
                track->used++;
        }
        slot->refs += delta;
        if (slot->refs == 0)
                vfs_track_remove(track, slot);
out:
        vfs_mutex_unlock(&track->lock, VFS_LOCK_LEAF);
}

size_t vfs_track_live(struct vfs_track *track, void (*fn)(void *user, const struct vfs_track_slot *slot),
                      void *user)
{
        size_t n;

        vfs_mutex_lock(&track->lock, VFS_LOCK_LEAF);
        n = track->used;
        for (size_t i = 0; fn != NULL && n != 0 && i < track->capacity; i++) {
                if (track->slots[i].object != NULL)
                        fn(user, &track->slots[i]);
        }
        vfs_mutex_unlock(&track->lock, VFS_LOCK_LEAF);
        return n;
}

size_t vfs_track_drop(struct vfs_track *track, bool (*match)(const void *user, const struct vfs_track_slot *slot),
                      const void *user)
{
        size_t n = 0;

        vfs_mutex_lock(&track->lock, VFS_LOCK_LEAF);
        for (size_t i = 0; track->used != 0 && i < track->capacity; i++) {
                /* A removal may move another entry to this place, so the same place is looked at again. */
                while (track->slots[i].object != NULL && match(user, &track->slots[i])) {
                        vfs_track_remove(track, &track->slots[i]);
                        n++;
                }
        }
        vfs_mutex_unlock(&track->lock, VFS_LOCK_LEAF);
        return n;
}

void vfs_track_fini(struct vfs_track *track)
{
        if (track->capacity != VFS_TRACK_BROKEN)
                vfs_dealloc(NULL, track->slots, track->capacity * sizeof(*track->slots));
        *track = (struct vfs_track){ 0 };
}

#endif
