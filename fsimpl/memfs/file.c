/*
 * file.c - reading, writing and seeking in regular files.
 *
 * Data is copied run by run: as many consecutive blocks as the block map finds
 * at once. A write into a hole takes blocks first, fills them, and enters them
 * into the map last, so that nobody ever sees a block's old bytes, whatever
 * fails in between.
 *
 * Invariant: bytes behind the end of the file in its last block are zero, and so
 * are whole blocks behind it, unless they are marked unwritten.
 *
 * Locks: the inode's lock, for reads too. The guest's memory is touched under it;
 * a copy hook must not call back.
 *
 * DIFF-LINUX: a read never sees half of a write, as it may on Linux's tmpfs; one
 * lock is simpler.
 */
#include <errno.h>
#include <string.h>

#include "memfs.h"

#define BLOCK_MASK (MEMFS_BLOCK_SIZE - 1)

/* Copies at most n bytes at pos from one run of the map. Returns the bytes, and what was asked of the run. */
static size_t read_run(struct memfs *fs, const struct memfs_inode *inode, struct vfs_iter *it, uint64_t pos,
                       size_t n, size_t *ret_asked)
{
        const size_t off = pos & BLOCK_MASK;
        memfs_entry entry;
        uint64_t run;

        run = memfs_map_run(&inode->map, pos >> MEMFS_BLOCK_SHIFT,
                            (off + n + BLOCK_MASK) >> MEMFS_BLOCK_SHIFT, &entry);
        if (n > (run << MEMFS_BLOCK_SHIFT) - off)
                n = (run << MEMFS_BLOCK_SHIFT) - off;
        *ret_asked = n;
        if (entry == 0 || (entry & MEMFS_ENTRY_UNWRITTEN))
                return vfs_iter_zero(it, n);
        return vfs_iter_copy_to(it, memfs_block_addr(&fs->blocks, entry & MEMFS_ENTRY_BLOCK) + off, n);
}

int64_t memfs_file_read(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, int64_t *pos,
                        uint32_t flags)
{
        struct memfs *fs = memfs_of(file->path.dentry->fs);
        struct memfs_inode *inode = memfs_inode_of(file->path.dentry);
        uint64_t at = (uint64_t)*pos, left;
        int64_t done = 0;

        vfs_mutex_lock(&inode->base.lock, VFS_LOCK_INODE);
        left = at < inode->base.attr.size ? inode->base.attr.size - at : 0;
        if (left > it->count)
                left = it->count;
        while (left > 0) {
                size_t asked, n = read_run(fs, inode, it, at, left, &asked);

                at += n;
                left -= n;
                done += (int64_t)n;
                if (n < asked) {
                        done = done ? done : -EFAULT;
                        break;
                }
        }
        vfs_mutex_unlock(&inode->base.lock, VFS_LOCK_INODE);
        if (done >= 0)
                vfs_file_accessed(file);
        *pos = (int64_t)at;
        return done;
}

/* Fills existing blocks of one run. */
static size_t write_over(struct memfs *fs, struct memfs_inode *inode, struct vfs_iter *it, uint64_t pos,
                         size_t n, memfs_entry entry)
{
        char *addr = memfs_block_addr(&fs->blocks, entry & MEMFS_ENTRY_BLOCK);
        const size_t off = pos & BLOCK_MASK;
        uint64_t index = pos >> MEMFS_BLOCK_SHIFT;
        const size_t blocks = (off + n + BLOCK_MASK) >> MEMFS_BLOCK_SHIFT;
        size_t copied;

        if (entry & MEMFS_ENTRY_UNWRITTEN) {
                uint32_t room;
                memfs_entry *slots = memfs_map_slots(&inode->map, fs->base.arena, index, &room);

                /* Their bytes are undefined: those that are not written become zero. */
                memset(addr, 0, off);
                copied = vfs_iter_copy_from(it, addr + off, n);
                memset(addr + off + copied, 0, (blocks << MEMFS_BLOCK_SHIFT) - off - copied);
                for (size_t i = 0; i < blocks && (i << MEMFS_BLOCK_SHIFT) < off + copied; i++)
                        slots[i] &= ~MEMFS_ENTRY_UNWRITTEN;
                return copied;
        }
        return vfs_iter_copy_from(it, addr + off, n);
}

/* Fills a hole with new blocks. Bytes written, *ret_asked of them wanted; or ENOSPC, ENOMEM. */
static int64_t write_hole(struct memfs *fs, struct memfs_inode *inode, struct vfs_iter *it, uint64_t pos,
                          size_t n, uint64_t run, size_t *ret_asked)
{
        const uint64_t index = pos >> MEMFS_BLOCK_SHIFT;
        const size_t off = pos & BLOCK_MASK;
        uint32_t block, hint = 0, room, used;
        memfs_entry *slots, before = 0;
        size_t copied;
        int dirty, got;
        char *addr;

        slots = memfs_map_slots(&inode->map, fs->base.arena, index, &room);
        if (!slots)
                return -ENOMEM;
        if (run > room)
                run = room;
        if (index > 0)
                memfs_map_run(&inode->map, index - 1, 1, &before);
        if (before != 0)
                hint = (before & MEMFS_ENTRY_BLOCK) + 1;
        got = memfs_blocks_alloc(&fs->blocks, hint, (uint32_t)run, &block, &dirty);
        if (got < 0) {
                memfs_map_prune(&inode->map, fs->base.arena, index, index + 1);
                return got;
        }
        if (n > ((size_t)got << MEMFS_BLOCK_SHIFT) - off)
                n = ((size_t)got << MEMFS_BLOCK_SHIFT) - off;
        *ret_asked = n;
        addr = memfs_block_addr(&fs->blocks, block);
        copied = vfs_iter_copy_from(it, addr + off, n);
        used = copied ? (uint32_t)((off + copied + BLOCK_MASK) >> MEMFS_BLOCK_SHIFT) : 0;
        if (dirty && copied) {
                memset(addr, 0, off);
                memset(addr + off + copied, 0, ((size_t)used << MEMFS_BLOCK_SHIFT) - off - copied);
        }
        for (uint32_t i = 0; i < used; i++)
                slots[i] = block + i;
        if (used < (uint32_t)got)
                memfs_blocks_free(&fs->blocks, block + used, (uint32_t)got - used);
        if (used == 0) {
                memfs_map_prune(&inode->map, fs->base.arena, index, index + 1);
                return 0;
        }
        vfs_inode_write_begin(&inode->base);
        memfs_set(inode->base.attr.blocks,
                  inode->base.attr.blocks + (uint64_t)used * (MEMFS_BLOCK_SIZE / 512));
        vfs_inode_write_end(&inode->base);
        return (int64_t)copied;
}

/* How far a write may go: seals. At most count bytes, 0 when there is nothing to write, or EPERM. */
static int64_t write_allowed(const struct memfs_inode *inode, uint64_t pos, size_t count)
{
        const uint32_t seals = inode->base.flags & MEMFS_I_SEALS;
        const uint64_t size = inode->base.attr.size;

        if (__builtin_expect((seals & ~VFS_F_SEAL_SEAL) == 0, 1) || count == 0)
                return (int64_t)count;
        if (seals & (VFS_F_SEAL_WRITE | VFS_F_SEAL_FUTURE_WRITE))
                return -EPERM;
        if ((seals & VFS_F_SEAL_GROW) && pos + count > size) {
                /* Linux asks page by page: the pages wholly inside the file are written. */
                const uint64_t end = size & ~(uint64_t)BLOCK_MASK;

                return pos < end ? (int64_t)(end - pos) : -EPERM;
        }
        return (int64_t)count;
}

/* inode.lock held: writes n bytes at pos; returns how many, or why none. */
static int64_t write_locked(struct memfs *fs, struct memfs_inode *inode, struct vfs_iter *it, uint64_t pos,
                            uint64_t n)
{
        uint64_t left = n;

        while (left > 0) {
                const size_t off = pos & BLOCK_MASK;
                size_t asked = left;
                memfs_entry entry;
                int64_t r;
                uint64_t run;

                run = memfs_map_run(&inode->map, pos >> MEMFS_BLOCK_SHIFT,
                                    (off + left + BLOCK_MASK) >> MEMFS_BLOCK_SHIFT, &entry);
                if (asked > (run << MEMFS_BLOCK_SHIFT) - off)
                        asked = (run << MEMFS_BLOCK_SHIFT) - off;
                if (entry != 0)
                        r = (int64_t)write_over(fs, inode, it, pos, asked, entry);
                else
                        r = write_hole(fs, inode, it, pos, asked, run, &asked);
                if (r < 0)
                        return left < n ? (int64_t)(n - left) : r;
                pos += (uint64_t)r;
                left -= (uint64_t)r;
                if ((size_t)r < asked)
                        return left < n ? (int64_t)(n - left) : -EFAULT;
        }
        return (int64_t)n;
}

int64_t memfs_file_write(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, int64_t *pos,
                         uint32_t flags)
{
        struct memfs *fs = memfs_of(file->path.dentry->fs);
        struct memfs_inode *inode = memfs_inode_of(file->path.dentry);
        struct vfs_attr *attr = &inode->base.attr;
        struct vfs_timespec now;
        uint64_t at;
        int64_t done;

        vfs_mutex_lock(&inode->base.lock, VFS_LOCK_INODE);
        at = flags & VFS_RWF_APPEND ? attr->size : (uint64_t)*pos;
        done = -EFBIG;
        if (at >= INT64_MAX && it->count > 0)
                goto out;
        done = (int64_t)(it->count < INT64_MAX - at ? it->count : INT64_MAX - at);
        done = write_allowed(inode, at, (size_t)done);
        if (done <= 0)
                goto out;
        if (at > attr->size)
                memfs_inode_extend(fs, inode, at);
        done = write_locked(fs, inode, it, at, (uint64_t)done);
        if (done <= 0)
                goto out;
        at += (uint64_t)done;
        vfs_now(fs->base.vfs, &now);
        memfs_drop_capability(fs, inode);
        vfs_inode_write_begin(&inode->base);
        if (at > attr->size)
                memfs_set(attr->size, at);
        if (__builtin_expect(attr->mode & (VFS_S_ISUID | VFS_S_ISGID), 0))
                vfs_inode_drop_privs(ctx->cred, &inode->base);
        memfs_set_time(&attr->mtime, &now);
        memfs_set_time(&attr->ctime, &now);
        vfs_inode_write_end(&inode->base);
        *pos = (int64_t)at;
out:
        vfs_mutex_unlock(&inode->base.lock, VFS_LOCK_INODE);
        return done;
}

/*
 * inode.lock held: the first place at or behind pos that is data, or that is not;
 * size when there is none. DIFF-LINUX: tmpfs does not find the last page of a file
 * of the largest size.
 */
static uint64_t seek_data(const struct memfs_inode *inode, uint64_t pos, int data)
{
        const uint64_t size = inode->base.attr.size;

        while (pos < size) {
                const uint64_t index = pos >> MEMFS_BLOCK_SHIFT;
                memfs_entry entry;
                uint64_t n = memfs_map_run(&inode->map, index, ((size - 1) >> MEMFS_BLOCK_SHIFT) + 1 - index,
                                           &entry);

                if ((entry != 0 && !(entry & MEMFS_ENTRY_UNWRITTEN)) == data)
                        return pos;
                pos = (index + n) << MEMFS_BLOCK_SHIFT;
        }
        return size;
}

static int64_t memfs_file_lseek(const struct vfs_ctx *ctx, struct vfs_file *file, int64_t pos, int64_t offset,
                                int whence)
{
        struct memfs_inode *inode = memfs_inode_of(file->path.dentry);
        int64_t size, r;

        vfs_mutex_lock(&inode->base.lock, VFS_LOCK_INODE);
        size = (int64_t)inode->base.attr.size;
        switch (whence) {
        case VFS_SEEK_SET:
                r = offset;
                break;
        case VFS_SEEK_CUR:
        case VFS_SEEK_END:
                /* Beyond what a file can be, as Linux says of both ends. */
                if (__builtin_add_overflow(whence == VFS_SEEK_CUR ? pos : size, offset, &r))
                        r = -1;
                break;
        case VFS_SEEK_DATA:
        case VFS_SEEK_HOLE:
                r = -ENXIO;
                if (offset < 0 || offset >= size)
                        goto out;
                r = (int64_t)seek_data(inode, (uint64_t)offset, whence == VFS_SEEK_DATA);
                if (whence == VFS_SEEK_DATA && r == size)
                        r = -ENXIO;
                goto out;
        default:
                r = -1;
                break;
        }
        if (r < 0)
                r = -EINVAL;
out:
        vfs_mutex_unlock(&inode->base.lock, VFS_LOCK_INODE);
        return r;
}

const struct vfs_file_ops memfs_file_ops = {
        .size = sizeof(struct vfs_file_ops),
        .read = memfs_file_read,
        .write = memfs_file_write,
        .lseek = memfs_file_lseek,
        .allocate = memfs_file_allocate,
        .map = memfs_file_map,
        .unmap = memfs_file_unmap,
        .map_run = memfs_file_map_run,
        .get_seals = memfs_file_get_seals,
        .add_seals = memfs_file_add_seals,
};
