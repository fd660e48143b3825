/*
 * alloc.h - memory: the instance's allocator, and arenas.
 *
 * An arena is the memory of one filesystem: it counts its bytes, and destroying
 * it frees whatever is left in it at once. With jemalloc it is a jemalloc arena;
 * with an embedder's allocator, or without jemalloc, its blocks are on a list.
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

struct vfs_arena {
        const struct vfs_allocator *allocator; /* c */
        int flags;                             /* c  jemalloc's, or -1: blocks on a list */
        uint32_t index, tcache;                /* c  jemalloc's arena and cache */
        uint64_t bytes;                        /* a  written under lock */
        struct vfs_mutex lock;                 /*    bytes, blocks, cache; rank LEAF */
        struct vfs_arena_block *blocks;        /* lock */
        uint16_t usable[VFS_ARENA_CLASSES];    /* c  what jemalloc takes for a size / 8, rounded up */
        struct vfs_limbo limbo;
};

/* NULL when there is no memory. a (may be NULL) must outlive the arena. */
struct vfs_arena *vfs_arena_new(const struct vfs_allocator *a);
/*
 * Frees everything left in it, without calling what was deferred (vfs_limbo_drain
 * does, before). No lock-free reader may be left. NULL is allowed.
 */
void vfs_arena_destroy(struct vfs_arena *arena);

#endif
