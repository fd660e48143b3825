/*
 * alloc.c - the instance's allocator, and arenas.
 *
 * An arena is a jemalloc arena with a thread cache of its own: explicit, because
 * jemalloc's automatic caches belong to threads and would keep memory of an
 * arena that is gone, and because going without one costs ten times as much
 * (137 ns instead of 14 for one allocation and free of 192 bytes, measured). An
 * explicit cache is used by one thread at a time, hence the arena's lock, which
 * also guards the count of bytes. Destroying the arena gives back everything
 * that is in it, whatever it was used for: 15 ms for a million nodes.
 *
 * The first blocks of an arena are in its own structure, and the jemalloc arena is made
 * when they fill that: to make and to destroy one takes 60 us.
 *
 * Where there is an embedder's allocator or no jemalloc, and when jemalloc's
 * arenas (about 4,000 per process) have run out, blocks carry a header and are
 * on a list, and destroying walks it.
 *
 * Alignment: 16 bytes, and 64 for sizes that are multiples of 64. jemalloc's size
 * classes give that by themselves; the list makes room for it.
 */
#include "vfs/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vfs/fsapi.h>
#include "vfs/base/check.h"

#ifndef VFS_HAVE_JEMALLOC
#define VFS_HAVE_JEMALLOC 0
#endif

#if VFS_HAVE_JEMALLOC
/* Keeps the names with je_ valid, whatever prefix this jemalloc was built with. */
#define JEMALLOC_NO_DEMANGLE
#include <jemalloc/jemalloc.h>
#endif

/* No flags of jemalloc's, whose lowest byte is 0 here. */
#define VFS_ARENA_LIST  (-1)
#define VFS_ARENA_FIRST (-2) /* all that there is fits into the structure */

struct vfs_arena_block {
        struct vfs_arena_block *next, **prev;
        void *base;   /* what the allocator returned */
        size_t total; /* bytes there */
};
_Static_assert(sizeof(struct vfs_arena_block) % 16 == 0, "the header keeps the alignment");

void *vfs_alloc(const struct vfs_allocator *a, size_t size)
{
        size += size == 0;
        if (a != NULL && a->alloc != NULL)
                return a->alloc(a->user, size);
#if VFS_HAVE_JEMALLOC
        return je_mallocx(size, 0);
#else
        return malloc(size);
#endif
}

void *vfs_zalloc(const struct vfs_allocator *a, size_t size)
{
        void *p = vfs_alloc(a, size);

        if (p != NULL)
                memset(p, 0, size);
        return p;
}

void vfs_dealloc(const struct vfs_allocator *a, void *p, size_t size)
{
        if (p == NULL)
                return;
        size += size == 0;
        if (a != NULL && a->alloc != NULL) {
                a->free(a->user, p, size);
                return;
        }
#if VFS_HAVE_JEMALLOC
        je_sdallocx(p, size, 0);
#else
        free(p);
#endif
}

#if VFS_HAVE_JEMALLOC
/* Under lock: from now on blocks come from a jemalloc arena or, where none is left, from a list. */
static void vfs_arena_open(struct vfs_arena *arena)
{
        size_t n = sizeof(arena->index);
        int flags;

        if (je_mallctl("arenas.create", &arena->index, &n, NULL, 0) != 0) {
                vfs_store(&arena->flags, VFS_ARENA_LIST);
                return;
        }
        flags = MALLOCX_ARENA(arena->index);
        n = sizeof(arena->tcache);
        if (je_mallctl("tcache.create", &arena->tcache, &n, NULL, 0) == 0) {
                flags |= MALLOCX_TCACHE(arena->tcache);
        } else {
                arena->tcache = UINT32_MAX;
                flags |= MALLOCX_TCACHE_NONE;
        }
        for (size_t i = 1; i < VFS_ARENA_CLASSES; i++)
                arena->usable[i] = (uint16_t)je_nallocx(i * 8, 0);
        vfs_store(&arena->flags, flags);
}

/* A block of the structure itself. NULL: it is full, and the arena is another one now. */
static void *vfs_arena_first_alloc(struct vfs_arena *arena, size_t size)
{
        const uintptr_t align = size % 64 == 0 ? 64 : 16;
        char *p = NULL;
        size_t skip;

        vfs_mutex_lock(&arena->lock, VFS_LOCK_LEAF);
        if (vfs_load_relaxed(&arena->flags) == VFS_ARENA_FIRST) {
                p = arena->first + arena->first_used;
                skip = -(uintptr_t)p & (align - 1);
                if (size <= VFS_ARENA_FIRST_SIZE && arena->first_used + skip + size <= VFS_ARENA_FIRST_SIZE) {
                        p += skip;
                        arena->first_used += (uint16_t)(skip + size);
                        vfs_store_relaxed(&arena->bytes, arena->bytes + size);
                } else {
                        p = NULL;
                        vfs_arena_open(arena);
                }
        }
        vfs_mutex_unlock(&arena->lock, VFS_LOCK_LEAF);
        return p;
}

static void vfs_arena_first_free(struct vfs_arena *arena, size_t size)
{
        vfs_mutex_lock(&arena->lock, VFS_LOCK_LEAF);
        vfs_store_relaxed(&arena->bytes, arena->bytes - size);
        vfs_mutex_unlock(&arena->lock, VFS_LOCK_LEAF);
}

/* What a block of size bytes takes: jemalloc's classes are multiples of 8. */
static size_t vfs_arena_usable(const struct vfs_arena *arena, size_t size)
{
        const size_t i = (size + 7) / 8;

        return vfs_likely(i < VFS_ARENA_CLASSES) ? arena->usable[i] : je_nallocx(size, 0);
}

static void vfs_arena_close(struct vfs_arena *arena)
{
        char name[40];

        if (arena->tcache != UINT32_MAX)
                je_mallctl("tcache.destroy", NULL, NULL, &arena->tcache, sizeof(arena->tcache));
        snprintf(name, sizeof(name), "arena.%u.destroy", arena->index);
        je_mallctl(name, NULL, NULL, NULL, 0);
}
#endif

static void *vfs_arena_list_alloc(struct vfs_arena *arena, size_t size)
{
        struct vfs_arena_block *b;
        size_t total;
        char *base, *p;

        if (__builtin_add_overflow(size, sizeof(*b) + 48, &total))
                return NULL;
        if (size % 64 != 0)
                total -= 48;
        base = vfs_alloc(arena->allocator, total);
        if (base == NULL)
                return NULL;
        p = base + sizeof(*b);
        if (size % 64 == 0)
                p += -(uintptr_t)p & 63;
        b = (struct vfs_arena_block *)p - 1;
        b->base = base;
        b->total = total;

        vfs_mutex_lock(&arena->lock, VFS_LOCK_LEAF);
        b->next = arena->blocks;
        b->prev = &arena->blocks;
        if (b->next != NULL)
                b->next->prev = &b->next;
        arena->blocks = b;
        vfs_store_relaxed(&arena->bytes, arena->bytes + total);
        vfs_mutex_unlock(&arena->lock, VFS_LOCK_LEAF);
        return p;
}

static void vfs_arena_list_free(struct vfs_arena *arena, void *p)
{
        struct vfs_arena_block *b = (struct vfs_arena_block *)p - 1;

        vfs_mutex_lock(&arena->lock, VFS_LOCK_LEAF);
        *b->prev = b->next;
        if (b->next != NULL)
                b->next->prev = b->prev;
        vfs_store_relaxed(&arena->bytes, arena->bytes - b->total);
        vfs_mutex_unlock(&arena->lock, VFS_LOCK_LEAF);
        vfs_dealloc(arena->allocator, b->base, b->total);
}

struct vfs_arena *vfs_arena_new(const struct vfs_allocator *a)
{
        struct vfs_arena *arena = vfs_zalloc(a, sizeof(*arena));

        if (arena == NULL)
                return NULL;
        arena->allocator = a;
        arena->flags = VFS_ARENA_LIST;
#if VFS_HAVE_JEMALLOC
        if (a == NULL || a->alloc == NULL)
                arena->flags = VFS_ARENA_FIRST;
#endif
        return arena;
}

void vfs_arena_destroy(struct vfs_arena *arena)
{
        struct vfs_arena_block *b, *next;

        if (arena == NULL)
                return;
#if VFS_HAVE_JEMALLOC
        if (arena->flags != VFS_ARENA_LIST && arena->flags != VFS_ARENA_FIRST)
                vfs_arena_close(arena);
#endif
        for (b = arena->blocks; b != NULL; b = next) {
                next = b->next;
                vfs_dealloc(arena->allocator, b->base, b->total);
        }
        vfs_dealloc(arena->allocator, arena, sizeof(*arena));
}

void *vfs_arena_alloc(struct vfs_arena *arena, size_t size)
{
        int flags = vfs_load(&arena->flags);
        void *p;

        size += size == 0;
#if VFS_HAVE_JEMALLOC
        if (vfs_unlikely(flags == VFS_ARENA_FIRST)) {
                p = vfs_arena_first_alloc(arena, size);
                if (p != NULL)
                        return p;
                flags = vfs_load(&arena->flags);
        }
#endif
        if (flags == VFS_ARENA_LIST)
                return vfs_arena_list_alloc(arena, size);
#if VFS_HAVE_JEMALLOC
        vfs_mutex_lock(&arena->lock, VFS_LOCK_LEAF);
        p = je_mallocx(size, flags);
        if (p != NULL)
                vfs_store_relaxed(&arena->bytes, arena->bytes + vfs_arena_usable(arena, size));
        vfs_mutex_unlock(&arena->lock, VFS_LOCK_LEAF);
#else
        p = NULL;
#endif
        return p;
}

void *vfs_arena_zalloc(struct vfs_arena *arena, size_t size)
{
        void *p = vfs_arena_alloc(arena, size);

        if (p != NULL)
                memset(p, 0, size);
        return p;
}

void vfs_arena_free(struct vfs_arena *arena, void *p, size_t size)
{
        if (p == NULL)
                return;
        size += size == 0;
#if VFS_HAVE_JEMALLOC
        if (vfs_unlikely((uintptr_t)p - (uintptr_t)arena->first < VFS_ARENA_FIRST_SIZE)) {
                vfs_arena_first_free(arena, size);
                return;
        }
#endif
        if (vfs_load_relaxed(&arena->flags) == VFS_ARENA_LIST) {
                vfs_arena_list_free(arena, p);
                return;
        }
#if VFS_HAVE_JEMALLOC
        vfs_mutex_lock(&arena->lock, VFS_LOCK_LEAF);
        vfs_store_relaxed(&arena->bytes, arena->bytes - vfs_arena_usable(arena, size));
        je_sdallocx(p, size, arena->flags);
        vfs_mutex_unlock(&arena->lock, VFS_LOCK_LEAF);
#endif
}

void vfs_arena_defer(struct vfs_arena *arena, struct vfs_deferred *d)
{
        vfs_limbo_add(&arena->limbo, d, arena);
}

uint64_t vfs_arena_bytes(const struct vfs_arena *arena)
{
        return vfs_load_relaxed(&arena->bytes);
}
