/*
 * inode.c - the base of a file: its attributes under a sequence count.
 *
 * Writers hold the inode's lock and bracket each change with write_begin and
 * write_end; readers copy all 144 bytes and start again if they raced.
 */
#include <sched.h>
#include <string.h>

#include "vfs/object/instance.h"

_Static_assert(sizeof(struct vfs_attr) == 144, "the inode's part of struct vfs_statx");
_Static_assert(offsetof(struct vfs_statx, mnt_id) == sizeof(struct vfs_attr), "stat copies the attributes");
_Static_assert(sizeof(struct vfs_statx) == 256, "as Linux's struct statx");

/* A writer's section is a few stores; a reader that meets it so often waits for a processor. */
#define VFS_INODE_SPINS 128

static struct vfs_seq *vfs_inode_seq(const struct vfs_inode *inode)
{
        return (struct vfs_seq *)&inode->seq;
}

void vfs_inode_init(struct vfs_inode *inode, struct vfs_filesystem *fs, uint64_t ino, uint32_t mode,
                    uint32_t uid, uint32_t gid, uint32_t nlink, uint64_t rdev, const struct vfs_timespec *now)
{
        const struct vfs_statx_time time = { .sec = now->sec, .nsec = (uint32_t)now->nsec };

        *inode = (struct vfs_inode){
                .attr = {
                        .mask = VFS_STATX_BASIC_STATS | VFS_STATX_BTIME,
                        .blksize = 4096,
                        .nlink = nlink,
                        .uid = uid,
                        .gid = gid,
                        .mode = (uint16_t)mode,
                        .ino = ino,
                        .atime = time,
                        .btime = time,
                        .ctime = time,
                        .mtime = time,
                        .rdev_major = VFS_DEV_MAJOR(rdev),
                        .rdev_minor = VFS_DEV_MINOR(rdev),
                        .dev_major = fs->dev_major,
                        .dev_minor = fs->dev_minor,
                },
                .refs = 1,
        };
}

void vfs_inode_write_begin(struct vfs_inode *inode)
{
        vfs_assert(vfs_load_relaxed(&inode->lock.word) != 0 && (inode->seq & 1) == 0);
        vfs_seq_write_begin(vfs_inode_seq(inode));
}

void vfs_inode_write_end(struct vfs_inode *inode)
{
        vfs_assert((inode->seq & 1) != 0);
        vfs_seq_write_end(vfs_inode_seq(inode));
}

void vfs_inode_read_attr(const struct vfs_inode *inode, struct vfs_attr *ret_attr)
{
        const struct vfs_seq *seq = vfs_inode_seq(inode);
        uint32_t start;

        for (int i = 0;; i++) {
                start = vfs_seq_read_begin(seq);
                if ((start & 1) == 0) {
                        vfs_seq_copy(ret_attr, &inode->attr, sizeof(*ret_attr) / 8);
                        if (!vfs_seq_retry(seq, start))
                                return;
                }
                if (i % VFS_INODE_SPINS == VFS_INODE_SPINS - 1)
                        sched_yield();
                else
                        vfs_cpu_relax();
        }
}
