/*
 * atime.c - when reading updates the access time: mount(8), and Linux's
 * atime_needs_update: noatime never, nodiratime not for directories, relatime when
 * the file changed since or a day has passed, strictatime always.
 *
 * Every read asks, and under relatime the answer is nearly always no, so the
 * question costs a look at the times, without a lock, and the clock. A
 * race between two readers updates twice, which nobody can tell.
 *
 * DIFF-LINUX: should a writer be at the inode, the update is left to the next read,
 * as if this one had come before it.
 */
#include "vfs/path/atime.h"

#define VFS_RELATIME_SECONDS (24 * 60 * 60)

static inline bool vfs_time_at_least(const struct vfs_statx_time *a, const struct vfs_statx_time *b)
{
        return a->sec != b->sec ? a->sec > b->sec : a->nsec >= b->nsec;
}

/* The times of an inode, in the order that its image has them. */
struct vfs_times {
        struct vfs_statx_time atime, btime, ctime, mtime;
};
_Static_assert(offsetof(struct vfs_attr, mtime) - offsetof(struct vfs_attr, atime) ==
                       offsetof(struct vfs_times, mtime),
               "struct vfs_times is a part of struct vfs_attr");

/* now is filled when the answer is yes. */
static bool vfs_atime_due(const struct vfs_inode *inode, uint32_t flags, struct vfs *vfs,
                          struct vfs_timespec *now)
{
        uint32_t seq = vfs_load(&inode->seq);
        struct vfs_times t;

        vfs_seq_copy(&t, &inode->attr.atime, sizeof(t) / 8);
        vfs_fence_load();
        if (vfs_unlikely((seq & 1) != 0 || vfs_load_relaxed(&inode->seq) != seq))
                return false;
        vfs_now(vfs, now);
        if (t.atime.sec == now->sec && t.atime.nsec == (uint32_t)now->nsec)
                return false;
        if (!(flags & VFS_MS_RELATIME))
                return true;
        return vfs_time_at_least(&t.mtime, &t.atime) || vfs_time_at_least(&t.ctime, &t.atime) ||
               now->sec - t.atime.sec >= VFS_RELATIME_SECONDS;
}

int vfs_mount_keeps_atime(const struct vfs_mount *mount, const struct vfs_inode *inode)
{
        const bool dir = vfs_inode_type(inode) == VFS_S_IFDIR;
        const uint32_t keeps = VFS_MS_NOATIME | (dir ? VFS_MS_NODIRATIME : 0);

        return (vfs_load_relaxed(&mount->flags) & keeps) != 0 || vfs_mount_is_rdonly(mount);
}

void vfs_atime_touch(struct vfs_mount *mount, struct vfs_inode *inode)
{
        uint32_t flags = vfs_load_relaxed(&mount->flags);
        bool dir = vfs_inode_type(inode) == VFS_S_IFDIR;
        enum vfs_lock_rank rank = dir ? VFS_LOCK_DIR : VFS_LOCK_INODE;
        struct vfs_timespec now;

        if ((flags & VFS_MS_NOATIME) != 0 || (dir && (flags & VFS_MS_NODIRATIME) != 0))
                return;
        if (!vfs_atime_due(inode, flags, mount->vfs, &now) || vfs_mount_begin_write(mount) < 0)
                return;
        vfs_mutex_lock(&inode->lock, rank);
        vfs_inode_write_begin(inode);
        vfs_store_relaxed(&inode->attr.atime.sec, now.sec);
        vfs_store_relaxed(&inode->attr.atime.nsec, (uint32_t)now.nsec);
        vfs_inode_write_end(inode);
        vfs_mutex_unlock(&inode->lock, rank);
        vfs_mount_end_write(mount);
}
