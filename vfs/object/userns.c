/*
 * userns.c - user namespaces: who owns one, what it is below of, which ids it has.
 *
 * The ids of one are sorted ranges, so that asking for an id is a binary search;
 * most have one range or two. Like credentials, which refer to them, they belong
 * to no instance, and their memory is the library's default.
 *
 * DIFF-LINUX: ids are not translated. Every id that the library is given, stores
 * and shows is one of the first user namespace. And which ids one has is said when
 * it is made; Linux makes it without, and lets them be written later, once.
 */
#include "vfs/object/userns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vfs/base/alloc.h"
#include "vfs/base/check.h"
#include "vfs/base/sync.h"

#define VFS_USERNS_RANGES 340u
/* Below the first. user_namespaces(7) speaks of 32; Linux compares before it adds one. */
#define VFS_USERNS_LEVELS 33u

static size_t vfs_userns_size(uint32_t nuids, uint32_t ngids)
{
        return sizeof(struct vfs_userns) + ((size_t)nuids + ngids) * sizeof(struct vfs_id_range);
}

static int vfs_id_range_compare(const void *a, const void *b)
{
        const struct vfs_id_range *x = a, *y = b;

        return (x->first > y->first) - (x->first < y->first);
}

/* Errors: EINVAL (an empty range, two that overlap, or one that has UINT32_MAX, which is no id). */
static int vfs_userns_copy_ranges(struct vfs_id_range *to, const struct vfs_id_range *from, uint32_t n)
{
        if (n == 0)
                return 0;
        memcpy(to, from, n * sizeof(*to));
        qsort(to, n, sizeof(*to), vfs_id_range_compare);
        for (uint32_t i = 0; i < n; i++) {
                if (to[i].count == 0 || to[i].first > UINT32_MAX - to[i].count ||
                    (i > 0 && to[i].first - to[i - 1].first < to[i - 1].count))
                        return -EINVAL;
        }
        return 0;
}

int vfs_userns_new(const struct vfs_userns_opts *opts, struct vfs_userns **ret_userns)
{
        struct vfs_userns *userns;
        int r;

        if (opts == NULL || opts->size != sizeof(*opts) || opts->nuids > VFS_USERNS_RANGES ||
            opts->ngids > VFS_USERNS_RANGES || (opts->nuids != 0 && opts->uids == NULL) ||
            (opts->ngids != 0 && opts->gids == NULL))
                return -EINVAL;
        userns = vfs_alloc(NULL, vfs_userns_size(opts->nuids, opts->ngids));
        if (userns == NULL)
                return -ENOMEM;
        *userns = (struct vfs_userns){
                .refs = 1,
                .parent = opts->parent,
                .level = vfs_userns_level(opts->parent) + 1,
                .uid = opts->uid,
                .nuids = opts->nuids,
                .ngids = opts->ngids,
        };
        r = vfs_userns_copy_ranges(userns->ranges, opts->uids, opts->nuids);
        if (r == 0)
                r = vfs_userns_copy_ranges(userns->ranges + opts->nuids, opts->gids, opts->ngids);
        if (r == 0 && userns->level > VFS_USERNS_LEVELS)
                r = -ENOSPC;
        if (r < 0) {
                vfs_dealloc(NULL, userns, vfs_userns_size(opts->nuids, opts->ngids));
                return r;
        }
        vfs_userns_get(userns->parent);
        *ret_userns = userns;
        return 0;
}

struct vfs_userns *vfs_userns_get(struct vfs_userns *userns)
{
        if (userns != NULL) {
                uint64_t n = vfs_fetch_add_u64(&userns->refs, 1);

                vfs_check(n != 0);
        }
        return userns;
}

void vfs_userns_put(struct vfs_userns *userns)
{
        while (userns != NULL) {
                struct vfs_userns *parent = userns->parent;
                uint64_t n = vfs_fetch_add_u64(&userns->refs, UINT64_MAX);

                vfs_check(n != 0);
                if (n != 1)
                        return;
                vfs_dealloc(NULL, userns, vfs_userns_size(userns->nuids, userns->ngids));
                userns = parent;
        }
}

static bool vfs_id_ranges_have(const struct vfs_id_range *ranges, uint32_t n, uint32_t id)
{
        uint32_t low = 0, high = n, mid;

        while (low < high) {
                mid = low + (high - low) / 2;
                if (id < ranges[mid].first)
                        high = mid;
                else if (id - ranges[mid].first < ranges[mid].count)
                        return true;
                else
                        low = mid + 1;
        }
        return false;
}

bool vfs_userns_maps_uid(const struct vfs_userns *userns, uint32_t uid)
{
        return userns == NULL || vfs_id_ranges_have(userns->ranges, userns->nuids, uid);
}

bool vfs_userns_maps_gid(const struct vfs_userns *userns, uint32_t gid)
{
        return userns == NULL || vfs_id_ranges_have(userns->ranges + userns->nuids, userns->ngids, gid);
}

bool vfs_userns_is_below(const struct vfs_userns *userns, const struct vfs_userns *ancestor)
{
        while (vfs_userns_level(userns) > vfs_userns_level(ancestor))
                userns = userns->parent;
        return userns == ancestor;
}
