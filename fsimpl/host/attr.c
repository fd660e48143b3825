/*
 * attr.c - chmod, chown, utimens, truncate.
 *
 * The guest's right to it is decided here, and what exactly becomes of mode and owner,
 * too (set-id bits); the host is told the result. Times that are "now" are the host's
 * now. If the host refuses one half of a change, the other half may have been made.
 *
 * Locks: the inode's, across the host's calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "host.h"

int host_chmod(const struct host *fs, int fd, uint32_t mode)
{
        struct host_link link;

        /* Through the link, since fchmod(2) does not know O_PATH. */
        host_link_name(&link, fd);
        return fchmodat(fs->proc_fd, link.s, mode & 07777, 0) < 0 ? -errno : 0;
}

static int set_size(struct host *fs, int fd, uint64_t size)
{
        int io, r;

        io = host_reopen(fs, fd, O_WRONLY | O_NONBLOCK, 0);
        if (io < 0)
                return io;
        r = ftruncate(io, (off_t)size) < 0 ? -errno : 0;
        close(io);
        return r;
}

static int set_owner(int fd, const struct vfs_attr *attr, const struct vfs_attr *next)
{
        const uid_t uid = attr->uid != next->uid ? next->uid : (uid_t)-1;
        const gid_t gid = attr->gid != next->gid ? next->gid : (gid_t)-1;

        return fchownat(fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static struct timespec time_of(uint32_t valid, uint32_t set, uint32_t now, const struct vfs_timespec *ts)
{
        struct timespec t = { .tv_nsec = UTIME_OMIT };

        if (valid & now)
                t.tv_nsec = UTIME_NOW;
        else if (valid & set)
                t = (struct timespec){ .tv_sec = ts->sec, .tv_nsec = ts->nsec };
        return t;
}

static int set_times(const struct host *fs, int fd, const struct vfs_setattr *set)
{
        const struct timespec times[2] = {
                time_of(set->valid, VFS_SET_ATIME, VFS_SET_ATIME_NOW, &set->atime),
                time_of(set->valid, VFS_SET_MTIME, VFS_SET_MTIME_NOW, &set->mtime),
        };
        struct host_link link;

        if (utimensat(fd, "", times, AT_EMPTY_PATH) == 0)
                return 0;
        if (errno != EINVAL && errno != ENOENT)
                return -errno;
        /* A kernel that does not know the flag. */
        host_link_name(&link, fd);
        return utimensat(fs->proc_fd, link.s, times, 0) < 0 ? -errno : 0;
}

/* inode.lock held; next is what mode and owner are to be. */
static int apply(struct host *fs, int fd, const struct vfs_attr *attr, const struct vfs_attr *next,
                 const struct vfs_setattr *set)
{
        const int owner = (set->valid & (VFS_SET_UID | VFS_SET_GID | VFS_SET_CHOWN)) != 0;
        int r = 0;

        if (set->valid & VFS_SET_SIZE)
                r = set_size(fs, fd, set->size);
        if (r == 0 && owner)
                r = set_owner(fd, attr, next);
        /* The host's chown clears set-id bits by its own rules; ours decide. */
        if (r == 0 && ((set->valid & VFS_SET_MODE) || attr->mode != next->mode ||
                       (owner && (next->mode & 06000) && (next->mode & VFS_S_IFMT) != VFS_S_IFLNK)))
                r = host_chmod(fs, fd, next->mode);
        if (r == 0 && (set->valid & (VFS_SET_ATIME | VFS_SET_MTIME | VFS_SET_ATIME_NOW | VFS_SET_MTIME_NOW)))
                r = set_times(fs, fd, set);
        return r;
}

int host_setattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const struct vfs_setattr *set)
{
        struct host *fs = host_of(d->fs);
        struct vfs_inode *inode = d->inode;
        struct vfs_attr next;
        int fd, r = 0, refreshed;

        host_lock(inode);
        if (host_word(d) & VFS_D_REVALIDATE)
                r = host_refresh_locked(d);
        if (r < 0)
                goto out;
        next = inode->attr;
        r = vfs_check_setattr(ctx, &inode->attr, set, &next);
        if (r < 0)
                goto out;
        r = host_pin(d, &fd);
        if (r < 0)
                goto out;
        r = apply(fs, fd, &inode->attr, &next, set);
        /* Also after half of a change. */
        refreshed = host_refresh_locked(d);
        host_unpin(d);
        if (r == 0)
                r = refreshed;
out:
        host_unlock(inode);
        return r;
}
