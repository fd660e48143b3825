/*
 * alloc.h - memory: the instance's allocator, and arenas.
 *
 * An arena is the memory of one filesystem: it counts its bytes, and destroying
 * it frees whatever is left in it at once. With jemalloc it is a jemalloc arena, once
 * it has more in it than fits into the structure itself: many a filesystem is mounted for
 * a handful of files, and a jemalloc arena takes longer than all the rest of a mount. With
 * an embedder's allocator, or without jemalloc, its blocks are on a list.
 */
#ifndef VFS_BASE_ALLOC_H
#define VFS_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

#include "vfs/base/reclaim.h"
#include "vfs/base/sync.h"

struct vfs_allocator {
        void *(*alloc)(void *user, size_t size); /* NULL: the library's */
        void (*free)(void *user, void *p, size_t size);
        void *user;
};

/* Not zeroed; NULL when there is no memory. a NULL: the library's allocator. */
void *vfs_alloc(const struct vfs_allocator *a, size_t size);
void *vfs_zalloc(const struct vfs_allocator *a, size_t size);
void vfs_dealloc(const struct vfs_allocator *a, void *p, size_t size); /* p may be NULL */

#define VFS_ARENA_CLASSES 65u /* of sizes up to 512 bytes, in steps of 8 */

#define VFS_ARENA_FIRST_SIZE 1024u

struct vfs_arena {
        const struct vfs_allocator *allocator; /* c */
        int flags;                             /* a  jemalloc's, or how it does without: written under lock, once */
        uint32_t index, tcache;                /* c  jemalloc's arena and cache, when it has one */
        uint64_t bytes;                        /* a  written under lock */
        struct vfs_mutex lock;                 /*    bytes, blocks, cache; rank LEAF */
        struct vfs_arena_block *blocks;        /* lock */
        uint16_t usable[VFS_ARENA_CLASSES];    /* c  what jemalloc takes for a size / 8, rounded up */
        uint16_t first_used;                   /* lock  bytes of first */
        struct vfs_limbo limbo;
        char first[VFS_ARENA_FIRST_SIZE];      /* the first blocks; what is freed here is not used again */
};

/* NULL when there is no memory. a (may be NULL) must outlive the arena. */
struct vfs_arena *vfs_arena_new(const struct vfs_allocator *a);
/*
 * Frees everything left in it, without calling what was deferred (vfs_limbo_drain
 * does, before). No lock-free reader may be left. NULL is allowed.
 */
void vfs_arena_destroy(struct vfs_arena *arena);

#endif
