/*
 * copy_range.c - copy_file_range(2).
 *
 * Between two regular files of one filesystem, as Linux has it for filesystems
 * without an operation of their own. Bytes go through a bounce buffer, a piece at a
 * time: read, then write. So nothing is locked over the whole, and a file that
 * changes meanwhile is copied as each piece found it.
 *
 * Files' own offsets are used under their offset locks, both for the whole call;
 * the one at the lower address first.
 */
#include <vfs/fsapi.h>

#include <errno.h>
#include <stdbool.h>

#include "vfs/base/sync.h"
#include "vfs/path/refresh.h"

#define VFS_COPY_MAX   0x7ffff000u /* of one call: Linux's MAX_RW_COUNT */
#define VFS_COPY_PIECE (64u << 10)
#define VFS_COPY_SMALL 4096u /* up to here the bounce buffer is on the stack */

/* Two locks, either of which may not be wanted, or both the same. */
struct vfs_copy_locks {
        struct vfs_mutex *first, *second;
};

static struct vfs_copy_locks vfs_copy_lock(struct vfs_file *in, struct vfs_file *out)
{
        struct vfs_copy_locks l = { in != NULL ? &in->pos_lock : NULL, out != NULL ? &out->pos_lock : NULL };

        if (l.first == l.second)
                l.second = NULL;
        if (l.first == NULL || (l.second != NULL && l.second < l.first))
                l = (struct vfs_copy_locks){ l.second, l.first };
        if (l.first != NULL)
                vfs_mutex_lock(l.first, VFS_LOCK_POS);
        if (l.second != NULL)
                vfs_mutex_lock(l.second, VFS_LOCK_POS);
        return l;
}

static void vfs_copy_unlock(const struct vfs_copy_locks *l)
{
        if (l->second != NULL)
                vfs_mutex_unlock(l->second, VFS_LOCK_POS);
        if (l->first != NULL)
                vfs_mutex_unlock(l->first, VFS_LOCK_POS);
}

/* generic_copy_file_checks, with its order: cuts *length to what can be copied, maybe to 0. */
static int vfs_copy_check(const struct vfs_ctx *ctx, const struct vfs_file *in, int64_t pos_in,
                          const struct vfs_file *out, int64_t pos_out, uint64_t *length)
{
        const struct vfs_inode *from = in->path.dentry->inode, *to = out->path.dentry->inode;
        uint32_t type_in = vfs_inode_type(from), type_out = vfs_inode_type(to);
        uint64_t n = *length, size, upos_in = (uint64_t)pos_in, upos_out = (uint64_t)pos_out;

        if (type_in == VFS_S_IFDIR || type_out == VFS_S_IFDIR)
                return -EISDIR;
        if (type_in != VFS_S_IFREG || type_out != VFS_S_IFREG)
                return -EINVAL;
        if ((in->mode & VFS_FILE_READ) == 0 || (out->mode & VFS_FILE_WRITE) == 0 ||
            (vfs_load_relaxed(&out->flags) & VFS_O_APPEND) != 0)
                return -EBADF;
        if (in->path.dentry->fs != out->path.dentry->fs)
                return -EXDEV;
        if (upos_in + n < upos_in || upos_out + n < upos_out)
                return -EOVERFLOW;
        size = vfs_load_relaxed(&from->attr.size);
        if (pos_in >= (int64_t)size)
                n = 0;
        else if (n > size - upos_in)
                n = size - upos_in;
        if (ctx->fsize_limit != 0) {
                if (pos_out >= 0 && upos_out >= ctx->fsize_limit)
                        return -EFBIG;
                if (n > ctx->fsize_limit - upos_out)
                        n = ctx->fsize_limit - upos_out;
        }
        if (pos_out == INT64_MAX)
                return -EFBIG;
        if (pos_out >= 0 && n > (uint64_t)(INT64_MAX - pos_out))
                n = (uint64_t)(INT64_MAX - pos_out);
        if (from == to && upos_out + n > upos_in && upos_out < upos_in + n)
                return -EINVAL;
        if (pos_in < 0 || pos_out < 0)
                return -EINVAL;
        *length = n;
        return 0;
}

/* Moves one piece; 0 at the end of in. What was read but not written is read again next time. */
static int64_t vfs_copy_piece(const struct vfs_ctx *ctx, struct vfs_file *in, int64_t *pos_in,
                              struct vfs_file *out, int64_t *pos_out, void *buf, size_t n)
{
        struct vfs_iter it;
        int64_t at = *pos_in, got, put;

        vfs_iter_init_buf(&it, buf, n);
        got = in->ops->read(ctx, in, &it, &at, 0);
        if (got <= 0)
                return got;
        vfs_iter_init_buf(&it, buf, (size_t)got);
        put = out->ops->write(ctx, out, &it, pos_out, 0);
        if (put > 0)
                *pos_in += put;
        return put;
}

static int64_t vfs_copy_run(const struct vfs_ctx *ctx, struct vfs_file *in, int64_t *pos_in,
                            struct vfs_file *out, int64_t *pos_out, size_t length)
{
        struct vfs *vfs = ctx->vfs;
        char small[VFS_COPY_SMALL];
        size_t size = length < VFS_COPY_PIECE ? length : VFS_COPY_PIECE;
        void *buf = small;
        size_t done = 0;
        int64_t n = 0;

        if (in->ops->read == NULL || out->ops->write == NULL)
                return -EINVAL;
        if (size > sizeof(small)) {
                buf = vfs_mem_zalloc(vfs, size);
                if (buf == NULL)
                        return -ENOMEM;
        }
        while (done < length) {
                n = vfs_copy_piece(ctx, in, pos_in, out, pos_out, buf,
                                   length - done < size ? length - done : size);
                if (n <= 0)
                        break;
                done += (size_t)n;
        }
        if (buf != small)
                vfs_mem_free(vfs, buf, size);
        return done != 0 ? (int64_t)done : n;
}

int64_t vfs_file_copy_range(const struct vfs_ctx *ctx, struct vfs_file *in, int64_t *off_in,
                            struct vfs_file *out, int64_t *off_out, size_t length, uint32_t flags)
{
        struct vfs_copy_locks locks;
        int64_t pos_in, pos_out, n;
        uint64_t left = length;

        if (((in->mode | out->mode) & VFS_FILE_PATH) != 0)
                return -EBADF;
        if (flags != 0)
                return -EINVAL;
        locks = vfs_copy_lock(off_in == NULL ? in : NULL, off_out == NULL ? out : NULL);
        pos_in = off_in != NULL ? *off_in : in->pos;
        pos_out = off_out != NULL ? *off_out : out->pos;
        n = vfs_dentry_refresh(ctx, in->path.dentry);
        if (n == 0)
                n = vfs_copy_check(ctx, in, pos_in, out, pos_out, &left);
        if (n < 0 || left == 0)
                goto out;
        if (left > VFS_COPY_MAX)
                left = VFS_COPY_MAX;
        n = vfs_copy_run(ctx, in, &pos_in, out, &pos_out, left);
        if (n <= 0)
                goto out;
        if (off_in != NULL)
                *off_in = pos_in;
        else
                in->pos = pos_in;
        if (off_out != NULL)
                *off_out = pos_out;
        else
                out->pos = pos_out;
out:
        vfs_copy_unlock(&locks);
        return n;
}
