/*
 * allocate.c - a file's extent: truncation, fallocate(2), hole punching.
 *
 * fallocate enters blocks marked unwritten: they count, but read as zeroes and
 * are holes to lseek, as on Linux; their bytes are undefined until written.
 *
 * While a file is mapped, its blocks must stay where they are: the embedder's
 * guest has them in its page tables. Truncation and punching then zero blocks
 * and mark them stale; the end of the last mapping frees those that are behind
 * the end of the file or still zero. DIFF-LINUX: on Linux the pages go at once,
 * st_blocks with them, and a guest that touches what was cut off gets SIGBUS.
 *
 * Locks: the inode's lock is held throughout.
 */
#include <errno.h>
#include <string.h>

#include "memfs.h"

#define BLOCK_MASK ((uint64_t)MEMFS_BLOCK_SIZE - 1)

/* The first block at or behind pos, and the one that pos is in. */
static inline uint64_t index_up(uint64_t pos)
{
        return (pos + BLOCK_MASK) >> MEMFS_BLOCK_SHIFT;
}

static inline uint64_t index_of(uint64_t pos)
{
        return pos >> MEMFS_BLOCK_SHIFT;
}

static void set_blocks(struct memfs_inode *inode, int64_t blocks)
{
        if (blocks == 0)
                return;
        vfs_inode_write_begin(&inode->base);
        memfs_set(inode->base.attr.blocks,
                  inode->base.attr.blocks + (uint64_t)(blocks * (int64_t)(MEMFS_BLOCK_SIZE / 512)));
        vfs_inode_write_end(&inode->base);
}

struct zeroing {
        struct memfs *fs;
        uint64_t from, to; /* bytes */
        int stale;         /* mark the blocks */
};

static void zero_visit(void *arg, uint64_t index, memfs_entry *slots, uint32_t n)
{
        const struct zeroing *z = arg;

        for (uint32_t i = 0; i < n; i++) {
                uint64_t start = (index + i) << MEMFS_BLOCK_SHIFT, end = start + MEMFS_BLOCK_SIZE;
                uint64_t from = z->from > start ? z->from : start, to = z->to < end ? z->to : end;

                if (slots[i] & MEMFS_ENTRY_UNWRITTEN)
                        continue;
                memset(memfs_block_addr(&z->fs->blocks, slots[i] & MEMFS_ENTRY_BLOCK) + (from - start), 0,
                       to - from);
                if (z->stale && from == start && to == end)
                        slots[i] |= MEMFS_ENTRY_STALE;
        }
}

static void zero_range(struct memfs *fs, struct memfs_inode *inode, uint64_t from, uint64_t to, int stale)
{
        struct zeroing z = { fs, from, to, stale };

        if (from < to)
                memfs_map_each(&inode->map, index_of(from), index_up(to), zero_visit, &z);
}

void memfs_inode_extend(struct memfs *fs, struct memfs_inode *inode, uint64_t size)
{
        if (inode->base.flags & MEMFS_I_STALE)
                zero_range(fs, inode, inode->base.attr.size, size, 0);
}

/* Takes the data of [from, to) out of the file: frees whole blocks, and zeroes parts. */
static void remove_range(struct memfs *fs, struct memfs_inode *inode, uint64_t from, uint64_t to)
{
        uint64_t first = index_up(from), last = to == UINT64_MAX ? MEMFS_MAP_END : index_of(to);

        if (inode->mapped != 0) {
                zero_range(fs, inode, from, to == UINT64_MAX ? UINT64_MAX - BLOCK_MASK : to, 1);
                inode->base.flags |= MEMFS_I_STALE;
                /* What was never written is in nobody's page table. */
                set_blocks(inode, -(int64_t)memfs_map_free(&inode->map, &fs->blocks, first, last,
                                                           MEMFS_ENTRY_UNWRITTEN, MEMFS_ENTRY_UNWRITTEN));
                return;
        }
        /* The parts of blocks at both ends; it may be one block. */
        if (first > last) {
                zero_range(fs, inode, from, to, 0);
                return;
        }
        zero_range(fs, inode, from, first << MEMFS_BLOCK_SHIFT, 0);
        if (to != UINT64_MAX)
                zero_range(fs, inode, last << MEMFS_BLOCK_SHIFT, to, 0);
        set_blocks(inode, -(int64_t)memfs_map_free(&inode->map, &fs->blocks, first, last, 0, 0));
}

int memfs_inode_truncate(struct memfs *fs, struct memfs_inode *inode, uint64_t size)
{
        struct vfs_attr *attr = &inode->base.attr;
        const uint32_t seals = inode->base.flags;
        const uint64_t old = attr->size;

        if ((size < attr->size && (seals & VFS_F_SEAL_SHRINK)) ||
            (size > attr->size && (seals & VFS_F_SEAL_GROW)))
                return -EPERM;
        if (size > attr->size)
                memfs_inode_extend(fs, inode, size);
        vfs_inode_write_begin(&inode->base);
        memfs_set(attr->size, size);
        vfs_inode_write_end(&inode->base);
        /* Blocks behind the end, too, that fallocate made; even when the size stays, but not when it grows, as on Linux. */
        if (attr->blocks != 0 && size <= old)
                remove_range(fs, inode, size, UINT64_MAX);
        return 0;
}

struct releasing {
        struct memfs *fs;
        uint64_t end; /* index of the first block behind the file */
};

static int is_zero(const char *p)
{
        return p[0] == 0 && memcmp(p, p + 1, MEMFS_BLOCK_SIZE - 1) == 0;
}

/* Leaves the mark on what is to be freed. */
static void stale_visit(void *arg, uint64_t index, memfs_entry *slots, uint32_t n)
{
        const struct releasing *rel = arg;

        for (uint32_t i = 0; i < n; i++) {
                if (!(slots[i] & MEMFS_ENTRY_STALE) || index + i >= rel->end)
                        continue;
                if (!is_zero(memfs_block_addr(&rel->fs->blocks, slots[i] & MEMFS_ENTRY_BLOCK)))
                        slots[i] &= ~MEMFS_ENTRY_STALE;
        }
}

void memfs_inode_release_stale(struct memfs *fs, struct memfs_inode *inode)
{
        struct releasing rel = { fs, index_up(inode->base.attr.size) };

        if (!(inode->base.flags & MEMFS_I_STALE))
                return;
        memfs_map_each(&inode->map, 0, MEMFS_MAP_END, stale_visit, &rel);
        set_blocks(inode, -(int64_t)memfs_map_free(&inode->map, &fs->blocks, 0, MEMFS_MAP_END,
                                                   MEMFS_ENTRY_STALE, MEMFS_ENTRY_STALE));
        inode->base.flags &= ~MEMFS_I_STALE;
}

/* Unwritten blocks become blocks of zeroes. */
static void write_visit(void *arg, uint64_t index, memfs_entry *slots, uint32_t n)
{
        struct memfs *fs = arg;

        for (uint32_t i = 0; i < n; i++) {
                if (!(slots[i] & MEMFS_ENTRY_UNWRITTEN))
                        continue;
                slots[i] &= ~MEMFS_ENTRY_UNWRITTEN;
                memset(memfs_block_addr(&fs->blocks, slots[i] & MEMFS_ENTRY_BLOCK), 0, MEMFS_BLOCK_SIZE);
        }
}

/*
 * Enters unwritten blocks into the holes of [index, end). On failure what is
 * unwritten up to there goes again, as on Linux.
 */
static int fill_holes(struct memfs *fs, struct memfs_inode *inode, uint64_t index, uint64_t end)
{
        const uint64_t first = index;
        uint32_t block, room, hint = 0;
        memfs_entry *slots, entry;
        int64_t added = 0;
        uint64_t run;
        int r, dirty;

        for (; index < end; index += run) {
                run = memfs_map_run(&inode->map, index, end - index, &entry);
                if (entry != 0) {
                        /* Allocated before: Linux clears such a page, and from then on it is data to lseek. */
                        if (entry & MEMFS_ENTRY_UNWRITTEN)
                                memfs_map_each(&inode->map, index, index + run, write_visit, fs);
                        hint = (entry & MEMFS_ENTRY_BLOCK) + (uint32_t)run;
                        continue;
                }
                slots = memfs_map_slots(&inode->map, fs->base.arena, index, &room);
                r = -ENOMEM;
                if (!slots)
                        goto fail;
                if (run > room)
                        run = room;
                r = memfs_blocks_alloc(&fs->blocks, hint, (uint32_t)run, &block, &dirty);
                if (r < 0)
                        goto fail;
                run = (uint64_t)r;
                for (uint32_t i = 0; i < run; i++)
                        slots[i] = (block + i) | MEMFS_ENTRY_UNWRITTEN;
                hint = block + (uint32_t)run;
                added += (int64_t)run;
        }
        set_blocks(inode, added);
        return 0;
fail:
        added -= (int64_t)memfs_map_free(&inode->map, &fs->blocks, first, index + 1, MEMFS_ENTRY_UNWRITTEN,
                                         MEMFS_ENTRY_UNWRITTEN);
        set_blocks(inode, added);
        return r;
}

static int punch(struct memfs *fs, struct memfs_inode *inode, uint64_t offset, uint64_t end)
{
        if (inode->base.flags & (VFS_F_SEAL_WRITE | VFS_F_SEAL_FUTURE_WRITE))
                return -EPERM;
        if (inode->base.attr.blocks != 0)
                remove_range(fs, inode, offset, end);
        return 0;
}

static int preallocate(struct memfs *fs, struct memfs_inode *inode, uint32_t mode, uint64_t offset,
                       uint64_t end)
{
        uint64_t used, limit;
        int r;

        if ((inode->base.flags & VFS_F_SEAL_GROW) && end > inode->base.attr.size)
                return -EPERM;
        memfs_blocks_usage(&fs->blocks, &used, &limit);
        if (limit != 0 && index_up(end) - index_of(offset) > limit)
                return -ENOSPC;
        r = fill_holes(fs, inode, index_of(offset), index_up(end));
        if (r < 0)
                return r;
        if (!(mode & VFS_FALLOC_KEEP_SIZE) && end > inode->base.attr.size) {
                memfs_inode_extend(fs, inode, end);
                vfs_inode_write_begin(&inode->base);
                memfs_set(inode->base.attr.size, end);
                vfs_inode_write_end(&inode->base);
        }
        return 0;
}

int memfs_file_allocate(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t mode, int64_t offset,
                        int64_t length)
{
        struct memfs *fs = memfs_of(file->path.dentry->fs);
        struct memfs_inode *inode = memfs_inode_of(file->path.dentry);
        const uint64_t end = (uint64_t)offset + (uint64_t)length;
        struct vfs_timespec now;
        int r;

        if (mode != 0 && mode != VFS_FALLOC_KEEP_SIZE &&
            mode != (VFS_FALLOC_KEEP_SIZE | VFS_FALLOC_PUNCH_HOLE))
                return -EOPNOTSUPP;
        if (end > INT64_MAX)
                return -EFBIG;
        vfs_mutex_lock(&inode->base.lock, VFS_LOCK_INODE);
        if (mode & VFS_FALLOC_PUNCH_HOLE)
                r = punch(fs, inode, (uint64_t)offset, end);
        else
                r = preallocate(fs, inode, mode, (uint64_t)offset, end);
        if (r == 0) {
                vfs_now(fs->base.vfs, &now);
                memfs_drop_capability(fs, inode);
                vfs_inode_write_begin(&inode->base);
                vfs_inode_drop_privs(ctx->cred, &inode->base);
                memfs_set_time(&inode->base.attr.mtime, &now);
                memfs_set_time(&inode->base.attr.ctime, &now);
                vfs_inode_write_end(&inode->base);
        }
        vfs_mutex_unlock(&inode->base.lock, VFS_LOCK_INODE);
        return r;
}
