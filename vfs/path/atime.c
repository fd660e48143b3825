/*
 * atime.c - when reading updates the access time.
 *
 * By the mount's flags: noatime never, nodiratime not for directories, relatime
 * when the file changed since, or a day has passed, strictatime always. What is
 * usual, relatime with nothing to do, is a look at three times and the clock. The
 * look is taken without a lock; should a writer be at it, the update is left to
 * the next read, as if this one had come first.
 */
#include "vfs/path/atime.h"

#define VFS_DAY (24 * 60 * 60)

static inline bool vfs_time_before(const struct vfs_statx_time *a, const struct vfs_statx_time *b)
{
        return a->sec != b->sec ? a->sec < b->sec : a->nsec < b->nsec;
}

/* The access time is due; now is written when the answer is yes. */
static bool vfs_atime_due(const struct vfs_inode *inode, struct vfs *vfs, bool relatime,
                          struct vfs_timespec *now)
{
        /* atime, btime, ctime and mtime, in this order. */
        struct vfs_statx_time t[4];
        uint32_t seq = vfs_load(&inode->seq);

        vfs_seq_copy(t, &inode->attr.atime, sizeof(t) / 8);
        vfs_fence_load();
        if ((seq & 1) != 0 || vfs_load_relaxed(&inode->seq) != seq)
                return false;
        vfs_now(vfs, now);
        if (relatime && vfs_time_before(&t[3], &t[0]) && vfs_time_before(&t[2], &t[0]) &&
            now->sec - t[0].sec < VFS_DAY)
                return false;
        return t[0].sec != now->sec || t[0].nsec != (uint32_t)now->nsec;
}

void vfs_atime_touch(struct vfs_mount *mount, struct vfs_inode *inode)
{
        uint32_t flags = vfs_load_relaxed(&mount->flags);
        bool dir = (vfs_load_relaxed(&inode->attr.mode) & VFS_S_IFMT) == VFS_S_IFDIR;
        enum vfs_lock_rank rank = dir ? VFS_LOCK_DIR : VFS_LOCK_INODE;
        struct vfs_timespec now;

        if ((flags & VFS_MS_NOATIME) != 0 || (dir && (flags & VFS_MS_NODIRATIME) != 0))
                return;
        if (!vfs_atime_due(inode, mount->vfs, (flags & VFS_MS_RELATIME) != 0, &now))
                return;
        if (vfs_mount_begin_write(mount) < 0)
                return;
        vfs_mutex_lock(&inode->lock, rank);
        vfs_inode_write_begin(inode);
        inode->attr.atime.sec = now.sec;
        inode->attr.atime.nsec = (uint32_t)now.nsec;
        vfs_inode_write_end(inode);
        vfs_mutex_unlock(&inode->lock, rank);
        vfs_mount_end_write(mount);
}
