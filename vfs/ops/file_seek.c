/*
 * file_seek.c - lseek and getdents: what moves a file's offset without data.
 *
 * A directory's offsets are whatever its filesystem put into the records; the
 * library only keeps them. Both calls hold the offset lock for their whole length.
 */
#include "vfs/path/dirbuf.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "vfs/base/sync.h"

/* Where a filesystem has no operation: analogous to Linux's generic_file_llseek. */
static int64_t vfs_lseek_default(const struct vfs_file *file, int64_t pos, int64_t offset, int whence)
{
        const struct vfs_inode *inode = file->path.dentry->inode;
        uint64_t size = vfs_load_relaxed(&inode->attr.size);
        int64_t base = 0;

        if (vfs_inode_type(inode) == VFS_S_IFDIR && whence > VFS_SEEK_CUR)
                return -EINVAL;
        switch (whence) {
        case VFS_SEEK_SET:
                break;
        case VFS_SEEK_CUR:
                base = pos;
                break;
        case VFS_SEEK_END:
                base = (int64_t)size;
                break;
        case VFS_SEEK_DATA:
        case VFS_SEEK_HOLE:
                if (offset < 0 || (uint64_t)offset >= size)
                        return -ENXIO;
                return whence == VFS_SEEK_DATA ? offset : (int64_t)size;
        }
        if (__builtin_add_overflow(base, offset, &offset) || offset < 0)
                return -EINVAL;
        return offset;
}

int64_t vfs_file_lseek(const struct vfs_ctx *ctx, struct vfs_file *file, int64_t offset, int whence)
{
        int64_t n;

        if ((file->mode & VFS_FILE_PATH) != 0)
                return -EBADF;
        if (whence < VFS_SEEK_SET || whence > VFS_SEEK_HOLE)
                return -EINVAL;
        if ((file->mode & VFS_FILE_STREAM) != 0)
                return -ESPIPE;
        vfs_mutex_lock(&file->pos_lock, VFS_LOCK_POS);
        if (file->ops->lseek != NULL)
                n = file->ops->lseek(ctx, file, file->pos, offset, whence);
        else
                n = vfs_lseek_default(file, file->pos, offset, whence);
        if (n >= 0)
                file->pos = n;
        vfs_mutex_unlock(&file->pos_lock, VFS_LOCK_POS);
        return n;
}

int vfs_dirbuf_add(struct vfs_dirbuf *db, uint64_t ino, int64_t next_pos, unsigned int type, const char *name,
                   size_t len)
{
        return vfs_dirbuf_put(db, ino, next_pos, type, name, len, false);
}

int64_t vfs_file_getdents(const struct vfs_ctx *ctx, struct vfs_file *file, void *buf, size_t size)
{
        struct vfs_dirbuf db = { .buf = buf, .size = size };
        int r;

        if ((file->mode & VFS_FILE_PATH) != 0)
                return -EBADF;
        if (file->ops->iterate == NULL)
                return -ENOTDIR;
        vfs_mutex_lock(&file->pos_lock, VFS_LOCK_POS);
        if ((vfs_load(&file->path.dentry->word) & VFS_D_DEAD) != 0)
                r = -ENOENT;
        else
                r = file->ops->iterate(ctx, file, &db, &file->pos);
        vfs_mutex_unlock(&file->pos_lock, VFS_LOCK_POS);
        if (r == 0)
                vfs_file_accessed(file);
        if (db.used != 0)
                return (int64_t)db.used;
        if (r == 0 && db.full)
                r = -EINVAL;
        return r;
}
