/*
 * mount_ids.c - the small numbers of mounts: those of mountinfo and of statx's
 * mnt_id. A number is used again once its mount is gone, the lowest free one
 * first, as Linux does it; 0 is never used. A bitmap, and the first word of it
 * that may have a free bit. Guarded by vfs.mount_lock.
 */
#include "mount/internal.h"

#include <errno.h>

static int vfs_mount_ids_grow(struct vfs_mount_ids *ids, struct vfs *vfs)
{
        uint32_t nwords = ids->nwords == 0 ? 4 : ids->nwords * 2;
        uint64_t *words = vfs_zalloc(&vfs->allocator, nwords * sizeof(*words));

        if (words == NULL)
                return -ENOMEM;
        if (ids->nwords == 0)
                words[0] = 1;
        else
                memcpy(words, ids->words, ids->nwords * sizeof(*words));
        vfs_dealloc(&vfs->allocator, ids->words, ids->nwords * sizeof(*words));
        ids->words = words;
        ids->nwords = nwords;
        return 0;
}

int vfs_mount_ids_alloc(struct vfs_mount_ids *ids, struct vfs *vfs, uint32_t *ret_id)
{
        uint32_t bit;
        int r;

        while (ids->first < ids->nwords && ids->words[ids->first] == UINT64_MAX)
                ids->first++;
        if (ids->first == ids->nwords) {
                r = vfs_mount_ids_grow(ids, vfs);
                if (r < 0)
                        return r;
        }
        bit = (uint32_t)__builtin_ctzll(~ids->words[ids->first]);
        ids->words[ids->first] |= UINT64_C(1) << bit;
        *ret_id = ids->first * 64 + bit;
        return 0;
}

void vfs_mount_ids_free(struct vfs_mount_ids *ids, uint32_t id)
{
        vfs_assert(ids->words[id / 64] & (UINT64_C(1) << (id % 64)));
        ids->words[id / 64] &= ~(UINT64_C(1) << (id % 64));
        if (id / 64 < ids->first)
                ids->first = id / 64;
}

void vfs_mount_ids_fini(struct vfs_mount_ids *ids, struct vfs *vfs)
{
        vfs_dealloc(&vfs->allocator, ids->words, ids->nwords * sizeof(*ids->words));
        ids->words = NULL;
        ids->nwords = 0;
}
