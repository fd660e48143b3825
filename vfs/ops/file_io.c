/*
 * file_io.c - read, write, and their forms with an offset.
 *
 * Everything that Linux checks before it enters a filesystem is checked here, in
 * its order: the offset's sign, O_PATH, pipes, the access mode, offset plus
 * length, per-call flags. A transfer is cut to VFS_RW_MAX bytes, as Linux does.
 *
 * The offset lock makes read and write atomic towards each other on one open file
 * description; the forms with an offset, and streams, do not take it.
 *
 * DIFF-LINUX: EFBIG at ctx->fsize_limit comes without SIGXFSZ, which is for the
 * embedder to send.
 *
 * DIFF-LINUX: with O_APPEND the length is cut to ctx->fsize_limit by the size seen
 * before the filesystem takes its lock; writers that append at the same moment may
 * pass the limit by what they write then.
 */
#include <vfs/fsapi.h>

#include <errno.h>
#include <stdbool.h>

#include "vfs/base/sync.h"
#include "vfs/path/refresh.h"

#define VFS_RW_MAX 0x7ffff000u /* Linux's MAX_RW_COUNT */

#define VFS_RWF_KNOWN (VFS_RWF_HIPRI | VFS_RWF_DSYNC | VFS_RWF_SYNC | VFS_RWF_APPEND | VFS_RWF_NOAPPEND)

static inline uint32_t vfs_file_type(const struct vfs_file *file)
{
        return vfs_inode_type(file->path.dentry->inode);
}

/* Checks of offset, length and flags. 1: there is nothing to move, and that is fine. */
static inline int vfs_rw_check(struct vfs_iter *it, int64_t pos, uint32_t flags)
{
        if (vfs_unlikely(it->count > INT64_MAX || pos < 0 || it->count > (uint64_t)(INT64_MAX - pos)))
                return -EINVAL;
        if (vfs_unlikely(flags != 0)) {
                if (it->count == 0)
                        return 1;
                if ((flags & ~VFS_RWF_KNOWN) != 0)
                        return -EOPNOTSUPP;
                if ((flags & VFS_RWF_APPEND) != 0 && (flags & VFS_RWF_NOAPPEND) != 0)
                        return -EINVAL;
        }
        return 0;
}

static int64_t vfs_rw_read(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                           int64_t *pos, uint32_t flags)
{
        size_t rest = 0;
        int64_t n;
        int r;

        r = vfs_rw_check(it, *pos, flags);
        if (vfs_unlikely(r != 0))
                return r < 0 ? r : 0;
        if (vfs_unlikely(file->ops->read == NULL))
                return vfs_file_type(file) == VFS_S_IFDIR ? -EISDIR : -EINVAL;
        if (vfs_unlikely(it->count > VFS_RW_MAX)) {
                rest = it->count - VFS_RW_MAX;
                it->count = VFS_RW_MAX;
        }
        n = file->ops->read(ctx, file, it, pos, flags & ~VFS_RWF_APPEND);
        it->count += rest;
        return n;
}

/* RLIMIT_FSIZE: cuts count for a write at pos. */
static int vfs_rw_limit(const struct vfs_ctx *ctx, const struct vfs_file *file, int64_t pos, bool append,
                        size_t *count)
{
        const struct vfs_inode *inode = file->path.dentry->inode;
        uint64_t at;

        if (vfs_file_type(file) != VFS_S_IFREG || *count == 0)
                return 0;
        if (append) {
                int r = vfs_dentry_refresh(ctx, file->path.dentry);

                if (r < 0)
                        return r;
        }
        at = append ? vfs_load_relaxed(&inode->attr.size) : (uint64_t)pos;
        if (at >= ctx->fsize_limit)
                return -EFBIG;
        if (*count > ctx->fsize_limit - at)
                *count = ctx->fsize_limit - at;
        return 0;
}

static int64_t vfs_rw_write(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                            int64_t *pos, uint32_t flags)
{
        uint32_t status = vfs_load_relaxed(&file->flags);
        size_t count = it->count, rest;
        bool append;
        int64_t n;
        int r;

        r = vfs_rw_check(it, *pos, flags);
        if (vfs_unlikely(r != 0))
                return r < 0 ? r : 0;
        if (vfs_unlikely(file->ops->write == NULL))
                return vfs_file_type(file) == VFS_S_IFDIR ? -EISDIR : -EINVAL;
        append = ((status & VFS_O_APPEND) != 0 && (flags & VFS_RWF_NOAPPEND) == 0) ||
                 (flags & VFS_RWF_APPEND) != 0;
        flags = append ? flags | VFS_RWF_APPEND : flags;
        if (vfs_unlikely(count > VFS_RW_MAX))
                count = VFS_RW_MAX;
        if (vfs_unlikely(ctx->fsize_limit != 0)) {
                r = vfs_rw_limit(ctx, file, *pos, append, &count);
                if (r < 0)
                        return r;
        }
        rest = it->count - count;
        it->count = count;
        n = file->ops->write(ctx, file, it, pos, flags);
        it->count += rest;
        if (vfs_unlikely(((status & VFS_O_DSYNC) != 0 || (flags & (VFS_RWF_DSYNC | VFS_RWF_SYNC)) != 0) &&
                         n > 0 && file->ops->sync != NULL)) {
                r = file->ops->sync(ctx, file,
                                    (status & VFS_O_SYNC) != VFS_O_SYNC && (flags & VFS_RWF_SYNC) == 0);
                if (r < 0)
                        return r;
        }
        return n;
}

int64_t vfs_file_read(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, uint32_t flags)
{
        int64_t n, none = 0;

        if (vfs_unlikely((file->mode & VFS_FILE_READ) == 0))
                return -EBADF;
        if ((file->mode & VFS_FILE_STREAM) != 0)
                return vfs_rw_read(ctx, file, it, &none, flags);
        vfs_mutex_lock(&file->pos_lock, VFS_LOCK_POS);
        n = vfs_rw_read(ctx, file, it, &file->pos, flags);
        vfs_mutex_unlock(&file->pos_lock, VFS_LOCK_POS);
        return n;
}

int64_t vfs_file_write(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, uint32_t flags)
{
        int64_t n, none = 0;

        if (vfs_unlikely((file->mode & VFS_FILE_WRITE) == 0))
                return -EBADF;
        if ((file->mode & VFS_FILE_STREAM) != 0)
                return vfs_rw_write(ctx, file, it, &none, flags);
        vfs_mutex_lock(&file->pos_lock, VFS_LOCK_POS);
        n = vfs_rw_write(ctx, file, it, &file->pos, flags);
        vfs_mutex_unlock(&file->pos_lock, VFS_LOCK_POS);
        return n;
}

int64_t vfs_file_pread(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, int64_t offset,
                       uint32_t flags)
{
        if (vfs_unlikely(offset < 0))
                return -EINVAL;
        if (vfs_unlikely((file->mode & (VFS_FILE_READ | VFS_FILE_STREAM)) != VFS_FILE_READ)) {
                if ((file->mode & VFS_FILE_STREAM) != 0)
                        return -ESPIPE;
                return -EBADF;
        }
        return vfs_rw_read(ctx, file, it, &offset, flags);
}

int64_t vfs_file_pwrite(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, int64_t offset,
                        uint32_t flags)
{
        if (vfs_unlikely(offset < 0))
                return -EINVAL;
        if (vfs_unlikely((file->mode & (VFS_FILE_WRITE | VFS_FILE_STREAM)) != VFS_FILE_WRITE)) {
                if ((file->mode & VFS_FILE_STREAM) != 0)
                        return -ESPIPE;
                return -EBADF;
        }
        return vfs_rw_write(ctx, file, it, &offset, flags);
}
