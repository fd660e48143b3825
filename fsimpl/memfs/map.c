/*
 * map.c - mapping a file as (descriptor, offset), and seals.
 *
 * A mapping pins: while an inode has one, none of its blocks is freed or moved
 * (allocate.c). The embedder asks run by run which part of the memfd backs the
 * mapping; a hole gets blocks then, as a page fault would, a few at a time.
 *
 * Seals are memfd_create(2)'s; a file of the tree begins with F_SEAL_SEAL, as on
 * tmpfs. F_SEAL_WRITE is refused while a shared mapping exists through a file
 * that is open for writing, even one that only reads: it could be made writable.
 * Such a mapping is counted, unless the file had a write seal when it was made,
 * which mapping.priv remembers.
 *
 * Locks: the inode's lock.
 */
#include <errno.h>
#include <string.h>

#include "memfs.h"

#define WRITE_SEALS (VFS_F_SEAL_WRITE | VFS_F_SEAL_FUTURE_WRITE)
#define ALL_SEALS   (VFS_F_SEAL_SEAL | VFS_F_SEAL_SHRINK | VFS_F_SEAL_GROW | WRITE_SEALS | VFS_F_SEAL_EXEC)
/* Blocks given to a hole at once. DIFF-LINUX: a page fault gives one page, which shows in st_blocks. */
#define FAULT_AROUND 16u

int memfs_file_map(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_mapping *mapping)
{
        struct memfs_inode *inode = memfs_inode_of(file->path.dentry);
        const int may_write = mapping->shared && (file->mode & VFS_FILE_WRITE);
        int r = 0;

        vfs_mutex_lock(&inode->base.lock, VFS_LOCK_INODE);
        if ((inode->base.flags & WRITE_SEALS) && mapping->shared && (mapping->prot & VFS_PROT_WRITE)) {
                r = -EPERM;
        } else {
                mapping->priv = may_write && !(inode->base.flags & WRITE_SEALS);
                inode->mapped++;
                inode->mapped_shared += (uint32_t)mapping->priv;
        }
        vfs_mutex_unlock(&inode->base.lock, VFS_LOCK_INODE);
        return r;
}

void memfs_file_unmap(struct vfs_file *file, struct vfs_mapping *mapping)
{
        struct memfs_inode *inode = memfs_inode_of(file->path.dentry);

        vfs_mutex_lock(&inode->base.lock, VFS_LOCK_INODE);
        inode->mapped--;
        inode->mapped_shared -= (uint32_t)mapping->priv;
        if (inode->mapped == 0)
                memfs_inode_release_stale(memfs_of(file->path.dentry->fs), inode);
        vfs_mutex_unlock(&inode->base.lock, VFS_LOCK_INODE);
}

/* Gives blocks of zeroes to the hole at index, at most n. */
static int fill_hole(struct memfs *fs, struct memfs_inode *inode, uint64_t index, uint64_t n)
{
        memfs_entry *slots, before = 0;
        uint32_t block, room, hint = 0;
        int r, dirty;

        slots = memfs_map_slots(&inode->map, fs->base.arena, index, &room);
        if (!slots)
                return -ENOMEM;
        if (n > room)
                n = room;
        if (n > FAULT_AROUND)
                n = FAULT_AROUND;
        if (index > 0)
                memfs_map_run(&inode->map, index - 1, 1, &before);
        if (before != 0)
                hint = (before & MEMFS_ENTRY_BLOCK) + 1;
        r = memfs_blocks_alloc(&fs->blocks, hint, (uint32_t)n, &block, &dirty);
        if (r < 0) {
                memfs_map_prune(&inode->map, fs->base.arena, index, index + 1);
                return r;
        }
        if (dirty)
                memset(memfs_block_addr(&fs->blocks, block), 0, (size_t)r << MEMFS_BLOCK_SHIFT);
        for (int i = 0; i < r; i++)
                slots[i] = block + (uint32_t)i;
        vfs_inode_write_begin(&inode->base);
        memfs_set(inode->base.attr.blocks, inode->base.attr.blocks + (uint64_t)r * (MEMFS_BLOCK_SIZE / 512));
        vfs_inode_write_end(&inode->base);
        return 0;
}

/* Blocks that fallocate made become data. */
static void write_out(struct memfs *fs, struct memfs_inode *inode, uint64_t index, uint64_t n,
                      memfs_entry entry)
{
        uint32_t room;
        memfs_entry *slots = memfs_map_slots(&inode->map, fs->base.arena, index, &room);

        memset(memfs_block_addr(&fs->blocks, entry & MEMFS_ENTRY_BLOCK), 0, n << MEMFS_BLOCK_SHIFT);
        for (uint64_t i = 0; i < n; i++)
                slots[i] &= ~MEMFS_ENTRY_UNWRITTEN;
}

int memfs_file_map_run(struct vfs_file *file, struct vfs_mapping *mapping, int64_t offset, int *ret_fd,
                       int64_t *ret_offset, uint64_t *ret_length)
{
        struct memfs *fs = memfs_of(file->path.dentry->fs);
        struct memfs_inode *inode = memfs_inode_of(file->path.dentry);
        const uint64_t at = (uint64_t)offset, off = at & (MEMFS_BLOCK_SIZE - 1);
        uint64_t index = at >> MEMFS_BLOCK_SHIFT, end, size, run;
        memfs_entry entry;
        int r;

        vfs_mutex_lock(&inode->base.lock, VFS_LOCK_INODE);
        size = inode->base.attr.size;
        end = (uint64_t)mapping->offset + mapping->length;
        if (end > size)
                end = size;
        end = (end + MEMFS_BLOCK_SIZE - 1) >> MEMFS_BLOCK_SHIFT;
        r = -EINVAL;
        if (offset < mapping->offset || index >= end)
                goto out;
        run = memfs_map_run(&inode->map, index, end - index, &entry);
        if (entry == 0) {
                r = fill_hole(fs, inode, index, run);
                if (r < 0)
                        goto out;
        } else if (entry & MEMFS_ENTRY_UNWRITTEN) {
                write_out(fs, inode, index, run < FAULT_AROUND ? run : FAULT_AROUND, entry);
        }
        run = memfs_map_run(&inode->map, index, end - index, &entry);
        *ret_fd = fs->blocks.fd;
        *ret_offset = memfs_block_offset(entry & MEMFS_ENTRY_BLOCK) + (int64_t)off;
        *ret_length = (run << MEMFS_BLOCK_SHIFT) - off;
        r = 0;
out:
        vfs_mutex_unlock(&inode->base.lock, VFS_LOCK_INODE);
        return r;
}

int memfs_file_get_seals(struct vfs_file *file, uint32_t *ret_seals)
{
        struct memfs_inode *inode = memfs_inode_of(file->path.dentry);

        vfs_mutex_lock(&inode->base.lock, VFS_LOCK_INODE);
        *ret_seals = inode->base.flags & MEMFS_I_SEALS;
        vfs_mutex_unlock(&inode->base.lock, VFS_LOCK_INODE);
        return 0;
}

int memfs_file_add_seals(struct vfs_file *file, uint32_t seals)
{
        struct memfs_inode *inode = memfs_inode_of(file->path.dentry);
        int r;

        if (!(file->mode & VFS_FILE_WRITE))
                return -EPERM;
        if (seals & ~ALL_SEALS)
                return -EINVAL;
        vfs_mutex_lock(&inode->base.lock, VFS_LOCK_INODE);
        r = -EPERM;
        if (inode->base.flags & VFS_F_SEAL_SEAL)
                goto out;
        /* An executable's code must not change under F_SEAL_EXEC. */
        if ((seals & VFS_F_SEAL_EXEC) && (inode->base.attr.mode & 0111))
                seals |= VFS_F_SEAL_SHRINK | VFS_F_SEAL_GROW | WRITE_SEALS;
        r = -EBUSY;
        if ((seals & VFS_F_SEAL_WRITE) && !(inode->base.flags & VFS_F_SEAL_WRITE) &&
            inode->mapped_shared != 0)
                goto out;
        inode->base.flags |= seals;
        r = 0;
out:
        vfs_mutex_unlock(&inode->base.lock, VFS_LOCK_INODE);
        return r;
}
