/*
 * stat_fill.h - the record that stat answers with, for a place.
 *
 * The first 144 bytes of struct vfs_statx are the inode's attribute image, which
 * is copied under its sequence count; the rest is the mount's part. Inline,
 * because stat spends a good part of its time here: straight-line copies, no
 * division, no call, no branch but the one for a racing writer.
 *
 * DIFF-LINUX: attributes_mask says that only MOUNT_ROOT is known, since files have no
 * inode flags (chattr(1)).
 *
 * A racing writer makes the copy start again. Write sections are a handful of
 * stores under the inode's lock, so there is no other fallback. Callable inside
 * an epoch section without a reference, and outside with one on both.
 */
#ifndef VFS_PATH_STAT_FILL_H
#define VFS_PATH_STAT_FILL_H

#include <stddef.h>

#include "mount/mount.h"

_Static_assert(sizeof(struct vfs_attr) == 144, "an inode's image is 144 bytes");
_Static_assert(offsetof(struct vfs_statx, mnt_id) == 144, "the image is the record's beginning");
_Static_assert(sizeof(struct vfs_statx) == 256, "struct statx is 256 bytes");

/* Two words: gcc makes "rep stos" of a memset of this size, which takes longer than all the rest. */
typedef int64_t vfs_stat_pair __attribute__((vector_size(16), aligned(8), may_alias));

/* Everything behind mnt_id: 104 bytes. */
static inline void vfs_stat_zero_tail(struct vfs_statx *st)
{
        vfs_stat_pair *p = (vfs_stat_pair *)(void *)st->spare;
        const vfs_stat_pair zero = { 0, 0 };

        _Static_assert(sizeof(st->spare) == 6 * sizeof(*p), "six pairs");
        st->dio_mem_align = 0;
        st->dio_offset_align = 0;
        p[0] = zero;
        p[1] = zero;
        p[2] = zero;
        p[3] = zero;
        p[4] = zero;
        p[5] = zero;
}

static inline void vfs_stat_fill(const struct vfs_mount *mount, const struct vfs_dentry *d, uint32_t mask,
                                 struct vfs_statx *ret_stat)
{
        const struct vfs_inode *inode = d->inode;
        uint32_t unique = mask & VFS_STATX_MNT_ID_UNIQUE;

        for (;;) {
                uint32_t seq = vfs_load(&inode->seq);

                vfs_seq_copy(ret_stat, &inode->attr, sizeof(inode->attr) / 8);
                vfs_fence_load();
                if (vfs_likely((seq & 1) == 0 && vfs_load_relaxed(&inode->seq) == seq))
                        break;
                vfs_cpu_relax();
        }
        ret_stat->mask |= unique != 0 ? VFS_STATX_MNT_ID_UNIQUE : VFS_STATX_MNT_ID;
        ret_stat->attributes |= d == mount->root ? VFS_STATX_ATTR_MOUNT_ROOT : 0;
        ret_stat->attributes_mask |= VFS_STATX_ATTR_MOUNT_ROOT;
        ret_stat->mnt_id = unique != 0 ? mount->unique_id : mount->id;
        vfs_stat_zero_tail(ret_stat);
}

#endif
