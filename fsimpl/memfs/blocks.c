/*
 * blocks.c - the allocator of blocks.
 *
 * All file data of a filesystem lies in one memfd, mapped in windows of 1 GiB.
 * A window has three bitmaps: used (a file has the block), dirty (it was used
 * before, so its bytes are old), and committed, for granules of 64 KiB (the
 * host has given memory). Nothing in a window is touched before it is
 * committed, so that a host without memory is an error here and never SIGBUS at
 * the first store. The first 2 MiB are committed a granule at a time, so that a
 * small filesystem stays small; later commits go to the end of a 2 MiB chunk.
 *
 * Runs: a file asks for the block behind its last one; when that is taken, or
 * for a first block, the lowest free one is used. That keeps the memory dense
 * and freed blocks in use while they are warm. A chunk whose last block was
 * freed goes back to the host when more than the slack is unused.
 *
 * Block 0 is never given out: it is the block map's hole. The memory of a
 * window stays mapped until the filesystem goes.
 *
 * Locks: everything is under memfs_blocks.lock, but the table of the windows'
 * addresses, which readers load without it; a grown table replaces the old one,
 * which is kept until the end (its size doubles, so the kept ones add up to less
 * than the newest).
 *
 * DIFF-LINUX: a filesystem's data is at most 4 TiB (MEMFS_BLOCKS_MAX), then ENOSPC.
 *
 * Known limits: two files that grow in turns get alternating blocks. Giving
 * memory back happens under the lock.
 */
#include "blocks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define WORD_BITS      64u
#define GRANULE_SHIFT  4 /* blocks: 64 KiB */
#define GRANULES       (MEMFS_WINDOW_BLOCKS >> GRANULE_SHIFT)
#define CHUNK_SHIFT    9 /* blocks: 2 MiB */
#define CHUNK_BLOCKS   (1u << CHUNK_SHIFT)
#define CHUNKS         (MEMFS_WINDOW_BLOCKS >> CHUNK_SHIFT)
#define SLACK_BLOCKS   4096u /* committed and unused, before memory is given back: 16 MiB */
#define WINDOW_BYTES   ((size_t)MEMFS_WINDOW_BLOCKS << MEMFS_BLOCK_SHIFT)
#define MAX_WINDOWS    (MEMFS_BLOCKS_MAX >> MEMFS_WINDOW_SHIFT)
#define FIRST_CAPACITY 4u

struct memfs_window {
        char *base;
        uint32_t nfree;
        uint16_t chunk_used[CHUNKS];
        uint64_t committed[GRANULES / WORD_BITS];
        uint64_t used[MEMFS_WINDOW_BLOCKS / WORD_BITS];
        uint64_t dirty[MEMFS_WINDOW_BLOCKS / WORD_BITS];
};

static inline int bit_test(const uint64_t *map, uint32_t i)
{
        return (map[i / WORD_BITS] >> (i % WORD_BITS)) & 1;
}

/* Sets or clears [from, from + n); returns whether any bit of them was set before. */
static int bits_put(uint64_t *map, uint32_t from, uint32_t n, int set)
{
        uint64_t before = 0;

        while (n > 0) {
                uint32_t shift = from % WORD_BITS;
                uint32_t k = WORD_BITS - shift < n ? WORD_BITS - shift : n;
                uint64_t mask = (k == WORD_BITS ? UINT64_MAX : (UINT64_C(1) << k) - 1) << shift;
                uint64_t *word = &map[from / WORD_BITS];

                before |= *word & mask;
                if (set)
                        *word |= mask;
                else
                        *word &= ~mask;
                from += k;
                n -= k;
        }
        return before != 0;
}

static int bits_any(const uint64_t *map, uint32_t from, uint32_t n)
{
        while (n > 0) {
                uint32_t shift = from % WORD_BITS;
                uint32_t k = WORD_BITS - shift < n ? WORD_BITS - shift : n;
                uint64_t mask = (k == WORD_BITS ? UINT64_MAX : (UINT64_C(1) << k) - 1) << shift;

                if (map[from / WORD_BITS] & mask)
                        return 1;
                from += k;
                n -= k;
        }
        return 0;
}

/* The first clear bit at or above from, or limit. */
static uint32_t bits_find_clear(const uint64_t *map, uint32_t from, uint32_t limit)
{
        while (from < limit) {
                uint64_t free = ~map[from / WORD_BITS] & (UINT64_MAX << (from % WORD_BITS));

                from &= ~(WORD_BITS - 1);
                if (free != 0) {
                        from += (uint32_t)__builtin_ctzll(free);
                        return from < limit ? from : limit;
                }
                from += WORD_BITS;
        }
        return limit;
}

/* The number of clear bits from `from` on, at most max. */
static uint32_t bits_clear_run(const uint64_t *map, uint32_t from, uint32_t max)
{
        uint32_t n = 0;

        while (n < max) {
                uint32_t shift = (from + n) % WORD_BITS;
                uint64_t used = map[(from + n) / WORD_BITS] >> shift;

                if (used != 0) {
                        n += (uint32_t)__builtin_ctzll(used);
                        break;
                }
                n += WORD_BITS - shift;
        }
        return n < max ? n : max;
}

void memfs_blocks_init(struct memfs_blocks *b, struct vfs_arena *arena, uint64_t limit)
{
        *b = (struct memfs_blocks){ .fd = -1, .arena = arena, .limit = limit, .lowest = 1 };
}

void memfs_blocks_fini(struct memfs_blocks *b)
{
        for (uint32_t i = 0; i < b->nwindows; i++)
                munmap(b->windows[i]->base, WINDOW_BYTES);
        if (b->fd >= 0)
                close(b->fd);
        b->fd = -1;
        b->nwindows = 0;
}

static int open_memfd(struct memfs_blocks *b)
{
        int fd = memfd_create("vfs2-memfs", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

        if (fd < 0 && errno == EINVAL)
                fd = memfd_create("vfs2-memfs", MFD_CLOEXEC);
        if (fd < 0)
                return -ENOMEM;
        b->fd = fd;
        return 0;
}

/* Makes room for one more window in both tables. */
static int grow_tables(struct memfs_blocks *b)
{
        uint32_t old = b->table ? b->table->capacity : 0;
        uint32_t capacity = old ? old * 2 : FIRST_CAPACITY;
        struct memfs_window **windows;
        struct memfs_window_table *table;

        if (b->nwindows < old)
                return 0;
        windows = vfs_arena_alloc(b->arena, capacity * sizeof(windows[0]));
        if (!windows)
                return -ENOMEM;
        table = vfs_arena_alloc(b->arena, sizeof(*table) + capacity * sizeof(table->base[0]));
        if (!table) {
                vfs_arena_free(b->arena, windows, capacity * sizeof(windows[0]));
                return -ENOMEM;
        }
        table->old = b->table;
        table->capacity = capacity;
        for (uint32_t i = 0; i < b->nwindows; i++) {
                windows[i] = b->windows[i];
                table->base[i] = b->table->base[i];
        }
        vfs_arena_free(b->arena, b->windows, old * sizeof(windows[0]));
        b->windows = windows;
        __atomic_store_n(&b->table, table, __ATOMIC_RELEASE);
        return 0;
}

static int add_window(struct memfs_blocks *b)
{
        struct memfs_window *w;
        void *base;
        int r;

        if (b->nwindows == MAX_WINDOWS)
                return -ENOSPC;
        if (b->fd < 0) {
                r = open_memfd(b);
                if (r < 0)
                        return r;
        }
        r = grow_tables(b);
        if (r < 0)
                return r;
        w = vfs_arena_zalloc(b->arena, sizeof(*w));
        if (!w)
                return -ENOMEM;
        if (ftruncate(b->fd, (off_t)WINDOW_BYTES * (b->nwindows + 1)) < 0)
                goto fail;
        base = mmap(NULL, WINDOW_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, b->fd,
                    (off_t)WINDOW_BYTES * b->nwindows);
        if (base == MAP_FAILED)
                goto fail;
        w->base = base;
        w->nfree = MEMFS_WINDOW_BLOCKS;
        if (b->nwindows == 0) {
                w->used[0] = 1;
                w->nfree--;
                w->chunk_used[0] = 1;
        }
        b->windows[b->nwindows] = w;
        /* No reader asks for this entry before a block of it is handed out, under the lock. */
        b->table->base[b->nwindows] = base;
        b->nwindows++;
        return 0;
fail:
        vfs_arena_free(b->arena, w, sizeof(*w));
        return -ENOMEM;
}

/* Asks the host for memory behind n granules. */
static int populate(struct memfs_blocks *b, uint32_t window, uint32_t granule, uint32_t n)
{
        size_t offset = (size_t)granule << (GRANULE_SHIFT + MEMFS_BLOCK_SHIFT);
        size_t length = (size_t)n << (GRANULE_SHIFT + MEMFS_BLOCK_SHIFT);
        int r;

        do
                r = madvise(b->windows[window]->base + offset, length, MADV_POPULATE_WRITE);
        while (r < 0 && errno == EINTR);
        if (r < 0 && errno == EINVAL)
                r = fallocate(b->fd, 0, (off_t)(WINDOW_BYTES * window + offset), (off_t)length);
        return r < 0 ? -ENOMEM : 0;
}

/* Commits the granules of [from, from + n); returns how many of these blocks now are, from the first on. */
static uint32_t commit(struct memfs_blocks *b, uint32_t window, uint32_t from, uint32_t n)
{
        struct memfs_window *w = b->windows[window];
        uint32_t first = from >> GRANULE_SHIFT, last = (from + n - 1) >> GRANULE_SHIFT;

        for (uint32_t g = first; g <= last;) {
                uint32_t end = g + 1;

                if (bit_test(w->committed, g)) {
                        g++;
                        continue;
                }
                /* All that is needed, and once the filesystem is no longer small, the rest of the chunk. */
                while (end < GRANULES && !bit_test(w->committed, end) &&
                       (end <= last ||
                        (b->committed >= CHUNK_BLOCKS && end % (CHUNK_BLOCKS >> GRANULE_SHIFT) != 0)))
                        end++;
                if (populate(b, window, g, end - g) < 0) {
                        end = g + 1;
                        if (populate(b, window, g, 1) < 0)
                                return g == first ? 0 : (g << GRANULE_SHIFT) - from;
                }
                bits_put(w->committed, g, end - g, 1);
                b->committed += (uint64_t)(end - g) << GRANULE_SHIFT;
                g = end;
        }
        return n;
}

/* The place of the next run: hint if that is free, else the lowest free block. */
static int find(struct memfs_blocks *b, uint32_t hint, uint32_t *ret_block)
{
        uint32_t window = hint >> MEMFS_WINDOW_SHIFT, i;
        int r;

        if (hint != 0 && window < b->nwindows &&
            !bit_test(b->windows[window]->used, hint & (MEMFS_WINDOW_BLOCKS - 1))) {
                *ret_block = hint;
                return 0;
        }
        for (window = b->lowest >> MEMFS_WINDOW_SHIFT; window < b->nwindows; window++) {
                i = window == b->lowest >> MEMFS_WINDOW_SHIFT ? b->lowest & (MEMFS_WINDOW_BLOCKS - 1) : 0;
                if (b->windows[window]->nfree == 0)
                        continue;
                i = bits_find_clear(b->windows[window]->used, i, MEMFS_WINDOW_BLOCKS);
                if (i < MEMFS_WINDOW_BLOCKS)
                        goto found;
        }
        window = b->nwindows;
        r = add_window(b);
        if (r < 0)
                return r;
        i = window == 0 ? 1 : 0;
found:
        b->lowest = *ret_block = (window << MEMFS_WINDOW_SHIFT) + i;
        return 0;
}

static void count_chunks(struct memfs_window *w, uint32_t from, uint32_t n, int sign)
{
        while (n > 0) {
                uint32_t k = CHUNK_BLOCKS - from % CHUNK_BLOCKS;

                if (k > n)
                        k = n;
                w->chunk_used[from >> CHUNK_SHIFT] += (uint16_t)((int)k * sign);
                from += k;
                n -= k;
        }
}

int memfs_blocks_alloc(struct memfs_blocks *b, uint32_t hint, uint32_t want, uint32_t *ret_block,
                       int *ret_dirty)
{
        struct memfs_window *w;
        uint32_t block, from, n;
        int r;

        vfs_mutex_lock(&b->lock, VFS_LOCK_FS_INNER);
        r = -ENOSPC;
        if (b->limit != 0) {
                if (b->used >= b->limit)
                        goto out;
                if (want > b->limit - b->used)
                        want = (uint32_t)(b->limit - b->used);
        }
        r = find(b, hint, &block);
        if (r < 0)
                goto out;
        w = b->windows[block >> MEMFS_WINDOW_SHIFT];
        from = block & (MEMFS_WINDOW_BLOCKS - 1);
        if (want > MEMFS_WINDOW_BLOCKS - from)
                want = MEMFS_WINDOW_BLOCKS - from;
        n = bits_clear_run(w->used, from, want);
        n = commit(b, block >> MEMFS_WINDOW_SHIFT, from, n);
        if (n == 0) {
                r = -ENOMEM;
                goto out;
        }
        bits_put(w->used, from, n, 1);
        *ret_dirty = bits_any(w->dirty, from, n);
        count_chunks(w, from, n, 1);
        w->nfree -= n;
        b->used += n;
        if (block == b->lowest)
                b->lowest += n;
        *ret_block = block;
        r = (int)n;
out:
        vfs_mutex_unlock(&b->lock, VFS_LOCK_FS_INNER);
        return r;
}

/* Gives a chunk without used blocks back to the host, when enough is unused. */
static void release_chunk(struct memfs_blocks *b, uint32_t window, uint32_t chunk)
{
        struct memfs_window *w = b->windows[window];
        uint32_t granule = chunk << (CHUNK_SHIFT - GRANULE_SHIFT);
        uint64_t offset = WINDOW_BYTES * window + ((uint64_t)chunk << (CHUNK_SHIFT + MEMFS_BLOCK_SHIFT));

        if (b->committed < b->used + SLACK_BLOCKS + b->used / 8)
                return;
        if (fallocate(b->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
                      (off_t)CHUNK_BLOCKS << MEMFS_BLOCK_SHIFT) < 0)
                return;
        for (uint32_t g = granule; g < granule + (CHUNK_BLOCKS >> GRANULE_SHIFT); g++) {
                if (bit_test(w->committed, g))
                        b->committed -= 1u << GRANULE_SHIFT;
        }
        bits_put(w->committed, granule, CHUNK_BLOCKS >> GRANULE_SHIFT, 0);
        bits_put(w->dirty, chunk << CHUNK_SHIFT, CHUNK_BLOCKS, 0);
}

void memfs_blocks_free(struct memfs_blocks *b, uint32_t block, uint32_t n)
{
        uint32_t window = block >> MEMFS_WINDOW_SHIFT, from = block & (MEMFS_WINDOW_BLOCKS - 1);
        struct memfs_window *w;

        vfs_mutex_lock(&b->lock, VFS_LOCK_FS_INNER);
        w = b->windows[window];
        bits_put(w->used, from, n, 0);
        bits_put(w->dirty, from, n, 1);
        count_chunks(w, from, n, -1);
        w->nfree += n;
        b->used -= n;
        if (block < b->lowest)
                b->lowest = block;
        for (uint32_t c = from >> CHUNK_SHIFT; c <= (from + n - 1) >> CHUNK_SHIFT; c++) {
                if (w->chunk_used[c] == 0)
                        release_chunk(b, window, c);
        }
        vfs_mutex_unlock(&b->lock, VFS_LOCK_FS_INNER);
}

int memfs_blocks_charge(struct memfs_blocks *b, uint32_t n)
{
        int r = 0;

        vfs_mutex_lock(&b->lock, VFS_LOCK_FS_INNER);
        if (b->limit != 0 && (b->used >= b->limit || n > b->limit - b->used))
                r = -ENOSPC;
        else
                b->used += n;
        vfs_mutex_unlock(&b->lock, VFS_LOCK_FS_INNER);
        return r;
}

void memfs_blocks_uncharge(struct memfs_blocks *b, uint32_t n)
{
        vfs_mutex_lock(&b->lock, VFS_LOCK_FS_INNER);
        b->used -= n;
        vfs_mutex_unlock(&b->lock, VFS_LOCK_FS_INNER);
}

void memfs_blocks_usage(struct memfs_blocks *b, uint64_t *ret_used, uint64_t *ret_limit)
{
        vfs_mutex_lock(&b->lock, VFS_LOCK_FS_INNER);
        *ret_used = b->used;
        *ret_limit = b->limit;
        vfs_mutex_unlock(&b->lock, VFS_LOCK_FS_INNER);
}

int memfs_blocks_set_limit(struct memfs_blocks *b, uint64_t limit)
{
        int r = 0;

        vfs_mutex_lock(&b->lock, VFS_LOCK_FS_INNER);
        if (limit != 0 && (b->limit == 0 || b->used > limit))
                r = -EINVAL;
        else
                b->limit = limit;
        vfs_mutex_unlock(&b->lock, VFS_LOCK_FS_INNER);
        return r;
}
