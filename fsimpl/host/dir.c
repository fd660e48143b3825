/*
 * dir.c - listing a directory: the host's own records and positions.
 *
 * The host's getdents64 writes straight into the caller's buffer, since a record looks the
 * same here; what is changed in it is the number of ".." in the root, which
 * would be the number of a directory outside. Positions are the host's, so they are
 * as stable as the host's filesystem makes them. Names that cannot be a name (an empty
 * one, one with a slash) are not passed on.
 *
 * Locks: the file's offset lock, which the library holds.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"

_Static_assert(offsetof(struct vfs_dirent, name) == 19, "struct linux_dirent64");

static int name_is_sane(const struct vfs_dirent *e, size_t room)
{
        const size_t len = strnlen(e->name, room);

        return len != 0 && len < room && len <= VFS_NAME_MAX && !memchr(e->name, '/', len);
}

/* Checks n bytes of records; returns how many stay, and where the last one ends. */
static size_t take_records(const struct vfs_dentry *dir, char *buf, size_t n, int64_t *pos)
{
        const size_t head = offsetof(struct vfs_dirent, name);
        size_t from = 0, to = 0;

        while (n - from > head) {
                struct vfs_dirent *e = (struct vfs_dirent *)(void *)(buf + from);
                const size_t len = e->reclen;

                if (len <= head || len > n - from)
                        break;
                *pos = e->off;
                if (dir == dir->parent && strcmp(e->name, "..") == 0)
                        e->ino = dir->inode->attr.ino;
                if (name_is_sane(e, len - head)) {
                        if (from != to)
                                memmove(buf + to, buf + from, len);
                        to += len;
                }
                from += len;
        }
        return to;
}

static int dir_iterate(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_dirbuf *db, int64_t *pos)
{
        struct host_file *f = host_file_of(file);
        long n;

        if (lseek(f->fd, *pos, SEEK_SET) < 0)
                return -errno;
        for (;;) {
                n = syscall(SYS_getdents64, f->fd, db->buf + db->used, db->size - db->used);
                if (n <= 0)
                        break;
                /* All of them may be of the kind that is left out. */
                db->used += take_records(file->path.dentry, db->buf + db->used, (size_t)n, pos);
                if (db->used != 0)
                        return 0;
        }
        if (n < 0 && errno == EINVAL) {
                db->full = 1;
                return 0;
        }
        return n < 0 ? -errno : 0;
}

static int64_t dir_lseek(const struct vfs_ctx *ctx, struct vfs_file *file, int64_t pos, int64_t offset,
                         int whence)
{
        if (whence == VFS_SEEK_CUR) {
                if (__builtin_add_overflow(pos, offset, &offset))
                        return -EOVERFLOW;
        } else if (whence != VFS_SEEK_SET) {
                return -EINVAL;
        }
        return offset < 0 ? -EINVAL : offset;
}

static int dir_sync(const struct vfs_ctx *ctx, struct vfs_file *file, int data_only)
{
        const int fd = host_file_of(file)->fd;

        return (data_only ? fdatasync(fd) : fsync(fd)) < 0 ? -errno : 0;
}

const struct vfs_file_ops host_dir_ops = {
        .size = sizeof(struct vfs_file_ops),
        .release = host_file_release,
        .iterate = dir_iterate,
        .lseek = dir_lseek,
        .sync = dir_sync,
};
