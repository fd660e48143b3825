/*
 * file.c - open regular files: the host's calls on a descriptor of the file's own, which
 * has no more access than was asked for.
 *
 * Data goes from and to the caller's memory directly; where that is a guest's, behind
 * hooks, through a buffer. The descriptor's own offset is not used, but for appending,
 * where it tells where the data went.
 *
 * The host updates sizes and times; what is known of them is marked to be asked for again.
 * DIFF-LINUX: a read marks them only where relatime would have updated the access
 * time, so that on a host mounted with strictatime it is seen late.
 *
 * Mappings are of the host's descriptor, coherent with everybody else's. Touching a
 * page that somebody on the host cut off is SIGBUS, as there.
 *
 * Locks: the inode's, for appending and for changes of what is known; not across reads and
 * other writes.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

#define HOST_IOV    16
#define HOST_BOUNCE 16384u
#define HOST_PAGE   4096u
#define DAY         (24 * 60 * 60)

/* The next buffers, at most max bytes of them; returns how many. */
static int take_iov(const struct vfs_iter *it, struct iovec *iov, size_t *ret_bytes)
{
        const struct vfs_iovec *v = it->iov;
        size_t off = it->off, left = it->count, bytes = 0;
        int n = 0;

        for (; left > 0 && n < HOST_IOV; v++, off = 0) {
                size_t len = v->len - off;

                if (len == 0)
                        continue;
                if (len > left)
                        len = left;
                iov[n++] = (struct iovec){ .iov_base = (char *)v->base + off, .iov_len = len };
                left -= len;
                bytes += len;
        }
        *ret_bytes = bytes;
        return n;
}

static void advance(struct vfs_iter *it, size_t n)
{
        it->count -= n;
        while (n > 0) {
                const size_t len = it->iov->len - it->off;

                if (n <= len) {
                        it->off += n;
                        return;
                }
                n -= len;
                it->iov++;
                it->off = 0;
        }
}

/* One call. *ret_asked: what it could have moved. */
static int64_t read_once(int fd, struct vfs_iter *it, const int64_t *pos, size_t *ret_asked)
{
        struct iovec iov[HOST_IOV];
        char bounce[HOST_BOUNCE];
        ssize_t n;
        size_t m;
        int count;

        if (!it->ops) {
                count = take_iov(it, iov, ret_asked);
                n = pos ? preadv(fd, iov, count, *pos) : readv(fd, iov, count);
                if (n > 0)
                        advance(it, (size_t)n);
                return n < 0 ? -errno : n;
        }
        *ret_asked = it->count < sizeof(bounce) ? it->count : sizeof(bounce);
        n = pos ? pread(fd, bounce, *ret_asked, *pos) : read(fd, bounce, *ret_asked);
        if (n <= 0)
                return n < 0 ? -errno : 0;
        m = vfs_iter_copy_to(it, bounce, (size_t)n);
        if (m == 0)
                return -EFAULT;
        if (m < (size_t)n)
                *ret_asked = SIZE_MAX;
        return (int64_t)m;
}

int64_t host_fd_read(int fd, struct vfs_iter *it, int64_t *pos)
{
        int64_t done = 0, n;
        size_t asked;
        char none;

        /* Counts as a read all the same. */
        if (it->count == 0 && pos)
                return pread(fd, &none, 0, *pos) < 0 ? -errno : 0;
        while (it->count > 0) {
                n = read_once(fd, it, pos, &asked);
                if (n < 0)
                        return done > 0 ? done : n;
                done += n;
                if (pos)
                        *pos += n;
                if ((size_t)n < asked || !pos)
                        break;
        }
        return done;
}

static int64_t write_once(int fd, struct vfs_iter *it, int64_t *pos, int flags, size_t *ret_asked)
{
        struct iovec iov[HOST_IOV];
        char bounce[HOST_BOUNCE];
        struct vfs_iter before = *it;
        const int64_t at = !pos || (flags & RWF_APPEND) ? -1 : *pos;
        ssize_t n;
        int count;

        if (!it->ops) {
                count = take_iov(it, iov, ret_asked);
        } else {
                *ret_asked = it->count < sizeof(bounce) ? it->count : sizeof(bounce);
                iov[0] = (struct iovec){ .iov_base = bounce };
                iov[0].iov_len = vfs_iter_copy_from(it, bounce, *ret_asked);
                count = 1;
                if (iov[0].iov_len == 0)
                        return -EFAULT;
                *it = before;
        }
        n = pwritev2(fd, iov, count, at, flags);
        if (n < 0)
                return -errno;
        advance(it, (size_t)n);
        return n;
}

int64_t host_fd_write(int fd, struct vfs_iter *it, int64_t *pos, uint32_t flags)
{
        const int host_flags = flags & VFS_RWF_APPEND ? RWF_APPEND : 0;
        int64_t done = 0, n;
        size_t asked;

        while (it->count > 0) {
                n = write_once(fd, it, pos, host_flags, &asked);
                if (n < 0)
                        return done > 0 ? done : n;
                done += n;
                if (pos)
                        *pos = host_flags ? lseek(fd, 0, SEEK_CUR) : *pos + n;
                if ((size_t)n < asked || !pos)
                        break;
        }
        return done;
}

static int before_or_same(const struct vfs_statx_time *a, const struct vfs_statx_time *b)
{
        return a->sec != b->sec ? a->sec < b->sec : a->nsec <= b->nsec;
}

/* Did the host update the access time just now? relatime's rule. */
static int atime_was_due(const struct vfs_inode *inode)
{
        struct vfs_attr attr;

        vfs_inode_read_attr(inode, &attr);
        return before_or_same(&attr.atime, &attr.mtime) || before_or_same(&attr.atime, &attr.ctime) ||
               attr.atime.sec + DAY <= (int64_t)time(NULL);
}

static int64_t file_read(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, int64_t *pos,
                         uint32_t flags)
{
        struct vfs_dentry *d = file->path.dentry;
        int64_t n = host_fd_read(host_file_of(file)->fd, it, pos);

        if (n >= 0 && !(host_word(d) & VFS_D_REVALIDATE) && !(file->flags & VFS_O_NOATIME) &&
            atime_was_due(d->inode))
                host_inode_changed(d);
        return n;
}

/* Clears set-id bits, as a write by somebody without VFS_CAP_FSETID does; the process may have it. */
static int drop_privs(const struct vfs_ctx *ctx, struct vfs_dentry *d)
{
        struct vfs_inode *inode = d->inode;
        uint16_t mode = __atomic_load_n(&inode->attr.mode, __ATOMIC_RELAXED);
        int fd, r = 0;

        if (!(mode & 06000) || vfs_cred_capable(ctx->cred, VFS_CAP_FSETID))
                return 0;
        host_lock(inode);
        if (host_word(d) & VFS_D_REVALIDATE)
                r = host_refresh_locked(d);
        if (r == 0) {
                mode = inode->attr.mode;
                vfs_inode_write_begin(inode);
                vfs_inode_drop_privs(ctx->cred, inode);
                vfs_inode_write_end(inode);
                if (mode != inode->attr.mode)
                        r = host_pin(d, &fd);
                if (r == 0 && mode != inode->attr.mode) {
                        r = host_chmod(host_of(d->fs), fd, inode->attr.mode);
                        host_unpin(d);
                }
        }
        host_unlock(inode);
        return r;
}

static int64_t file_write(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, int64_t *pos,
                          uint32_t flags)
{
        struct vfs_dentry *d = file->path.dentry;
        const int append = (flags & VFS_RWF_APPEND) != 0;
        int64_t n;

        if (it->count == 0)
                return 0;
        n = drop_privs(ctx, d);
        if (n < 0)
                return n;
        if (append)
                host_lock(d->inode);
        n = host_fd_write(host_file_of(file)->fd, it, pos, flags);
        if (append)
                host_unlock(d->inode);
        if (n > 0)
                host_inode_changed(d);
        return n;
}

int64_t host_fd_lseek(int fd, int64_t pos, int64_t offset, int whence)
{
        off_t n;

        if (whence == VFS_SEEK_SET)
                return offset < 0 ? -EINVAL : offset;
        if (whence == VFS_SEEK_CUR) {
                if (__builtin_add_overflow(pos, offset, &offset))
                        return -EINVAL;
                return offset < 0 ? -EINVAL : offset;
        }
        /* END, DATA and HOLE have the host's values. */
        n = lseek(fd, offset, whence);
        return n < 0 ? -errno : n;
}

static int64_t file_lseek(const struct vfs_ctx *ctx, struct vfs_file *file, int64_t pos, int64_t offset,
                          int whence)
{
        return host_fd_lseek(host_file_of(file)->fd, pos, offset, whence);
}

static int file_allocate(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t mode, int64_t offset,
                         int64_t length)
{
        int r = drop_privs(ctx, file->path.dentry);

        if (r == 0 && fallocate(host_file_of(file)->fd, (int)mode, offset, length) < 0)
                r = -errno;
        host_inode_changed(file->path.dentry);
        return r;
}

static int file_sync(const struct vfs_ctx *ctx, struct vfs_file *file, int data_only)
{
        const int fd = host_file_of(file)->fd;

        return (data_only ? fdatasync(fd) : fsync(fd)) < 0 ? -errno : 0;
}

static int file_map(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_mapping *mapping)
{
        struct vfs_inode *inode = file->path.dentry->inode;

        /* It may become writable later: what it changes is not seen from here. */
        if (!mapping->shared || !(file->mode & VFS_FILE_WRITE))
                return 0;
        host_lock(inode);
        ((struct host_inode *)inode)->mapped++;
        host_unlock(inode);
        mapping->priv = 1;
        host_inode_changed(file->path.dentry);
        return 0;
}

static void file_unmap(struct vfs_file *file, struct vfs_mapping *mapping)
{
        struct vfs_inode *inode = file->path.dentry->inode;

        if (mapping->priv == 0)
                return;
        host_lock(inode);
        ((struct host_inode *)inode)->mapped--;
        host_unlock(inode);
}

int host_fd_map_run(int fd, int64_t offset, int *ret_fd, int64_t *ret_offset, uint64_t *ret_length)
{
        struct stat st;
        uint64_t end;

        if (fstat(fd, &st) < 0)
                return -errno;
        end = ((uint64_t)st.st_size + HOST_PAGE - 1) & ~(uint64_t)(HOST_PAGE - 1);
        if ((uint64_t)offset >= end)
                return -EINVAL;
        *ret_fd = fd;
        *ret_offset = offset;
        *ret_length = end - (uint64_t)offset;
        return 0;
}

static int file_map_run(struct vfs_file *file, struct vfs_mapping *mapping, int64_t offset, int *ret_fd,
                        int64_t *ret_offset, uint64_t *ret_length)
{
        return host_fd_map_run(host_file_of(file)->fd, offset, ret_fd, ret_offset, ret_length);
}

void host_file_release(struct vfs_file *file)
{
        close(host_file_of(file)->fd);
        host_unpin(file->path.dentry);
}

const struct vfs_file_ops host_file_ops = {
        .size = sizeof(struct vfs_file_ops),
        .release = host_file_release,
        .read = file_read,
        .write = file_write,
        .lseek = file_lseek,
        .allocate = file_allocate,
        .sync = file_sync,
        .map = file_map,
        .unmap = file_unmap,
        .map_run = file_map_run,
};
