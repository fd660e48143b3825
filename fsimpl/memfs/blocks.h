/*
 * blocks.h - the blocks of one filesystem: 4 KiB pieces of one memfd, mapped.
 */
#ifndef FSIMPL_MEMFS_BLOCKS_H
#define FSIMPL_MEMFS_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include <vfs/fsapi.h>

#define MEMFS_BLOCK_SHIFT   12
#define MEMFS_BLOCK_SIZE    (1u << MEMFS_BLOCK_SHIFT)
#define MEMFS_WINDOW_SHIFT  18 /* blocks in a window: 1 GiB */
#define MEMFS_WINDOW_BLOCKS (1u << MEMFS_WINDOW_SHIFT)
#define MEMFS_BLOCKS_MAX    (1u << 30) /* block numbers are below this: 4 TiB */

struct memfs_window;

/* The windows' addresses, for readers without the lock; grown by replacement. */
struct memfs_window_table {
        struct memfs_window_table *old; /* the table that this one replaced: freed at the end */
        uint32_t capacity;
        char *base[]; /* one for each window */
};

/* Lock key: l lock, a atomic, c constant after init. */
struct memfs_blocks {
        struct vfs_mutex lock;            /*    rank FS_INNER */
        int fd;                           /* l  the memfd; -1 before the first block; then constant */
        struct vfs_arena *arena;          /* c */
        uint64_t used;                    /* l  blocks in files */
        uint64_t limit;                   /* l  size=; 0 is none */
        uint64_t committed;               /* l  blocks with host memory behind them */
        uint32_t lowest;                  /* l  no free block is below this one */
        uint32_t nwindows;                /* l */
        struct memfs_window **windows;    /* l  nwindows of them */
        struct memfs_window_table *table; /* a */
};

void memfs_blocks_init(struct memfs_blocks *b, struct vfs_arena *arena, uint64_t limit);
/* Unmaps and closes. What came from the arena goes with it. */
void memfs_blocks_fini(struct memfs_blocks *b);

/*
 * Takes up to want consecutive blocks, if it can from hint on (0: no hint).
 * Returns how many, at least one, and the first of them; ret_dirty: nonzero
 * when they may hold old bytes, otherwise they are zero.
 * Errors: ENOSPC (the limit), ENOMEM.
 */
int memfs_blocks_alloc(struct memfs_blocks *b, uint32_t hint, uint32_t want, uint32_t *ret_block,
                       int *ret_dirty);
void memfs_blocks_free(struct memfs_blocks *b, uint32_t block, uint32_t n);
/*
 * Counts n blocks that have no memory in the memfd (long symlinks) against the
 * limit, or gives them back. Errors: ENOSPC.
 */
int memfs_blocks_charge(struct memfs_blocks *b, uint32_t n);
void memfs_blocks_uncharge(struct memfs_blocks *b, uint32_t n);
/* used and limit, at one moment. */
void memfs_blocks_usage(struct memfs_blocks *b, uint64_t *ret_used, uint64_t *ret_limit);
/* Errors: EINVAL (no limit before, or more is in use). */
int memfs_blocks_set_limit(struct memfs_blocks *b, uint64_t limit);

/* A block's bytes. Consecutive blocks of one run are consecutive in memory. */
static inline char *memfs_block_addr(const struct memfs_blocks *b, uint32_t block)
{
        const struct memfs_window_table *t = __atomic_load_n(&b->table, __ATOMIC_ACQUIRE);

        return t->base[block >> MEMFS_WINDOW_SHIFT] +
               ((size_t)(block & (MEMFS_WINDOW_BLOCKS - 1)) << MEMFS_BLOCK_SHIFT);
}

/* Where a block lies in the memfd. */
static inline int64_t memfs_block_offset(uint32_t block)
{
        return (int64_t)block << MEMFS_BLOCK_SHIFT;
}

#endif
