/*
 * mount_list.c - the mounts of a namespace, in the order of their unique ids,
 * which is the order in which they were made: what listings go through, and where
 * an id is looked up.
 *
 * A sorted array. Most mounts come at its end; one that was made before others that
 * are here already moves the entries behind it. A mount that leaves makes a gap, its id stays;
 * when there are more gaps than mounts, the array is closed up. Guarded by
 * vfs.mount_lock.
 */
#include "mount/internal.h"

#include <errno.h>

#define VFS_MOUNT_LIST_MIN 4u

/* The first entry whose id is not below id: used, if there is none. */
static uint32_t vfs_mount_list_bound(const struct vfs_mount_list *list, uint64_t id)
{
        uint32_t low = 0, high = list->used;

        while (low < high) {
                uint32_t mid = low + (high - low) / 2;

                if (list->entries[mid].id < id)
                        low = mid + 1;
                else
                        high = mid;
        }
        return low;
}

static void vfs_mount_list_close_gaps(struct vfs_mount_list *list)
{
        uint32_t used = 0;

        for (uint32_t i = 0; i < list->used; i++) {
                if (list->entries[i].mount != NULL)
                        list->entries[used++] = list->entries[i];
        }
        list->used = used;
}

int vfs_mount_list_reserve(struct vfs_mount_list *list, struct vfs *vfs, uint32_t n)
{
        uint64_t need = (uint64_t)list->count + n;
        uint32_t capacity = list->capacity != 0 ? list->capacity : VFS_MOUNT_LIST_MIN;
        struct vfs_mount_entry *entries;

        if (list->used + (uint64_t)n <= list->capacity)
                return 0;
        vfs_mount_list_close_gaps(list);
        if (need <= list->capacity)
                return 0;
        while (capacity < need && capacity <= UINT32_MAX / 2)
                capacity *= 2;
        if (capacity < need)
                return -ENOMEM;
        entries = vfs_alloc(&vfs->allocator, capacity * sizeof(*entries));
        if (entries == NULL)
                return -ENOMEM;
        if (list->used != 0)
                memcpy(entries, list->entries, list->used * sizeof(*entries));
        vfs_dealloc(&vfs->allocator, list->entries, list->capacity * sizeof(*entries));
        list->entries = entries;
        list->capacity = capacity;
        return 0;
}

void vfs_mount_list_add(struct vfs_mount_list *list, struct vfs_mount *m)
{
        uint32_t i = vfs_mount_list_bound(list, m->unique_id);

        vfs_assert(list->used < list->capacity);
        memmove(&list->entries[i + 1], &list->entries[i], (list->used - i) * sizeof(*list->entries));
        list->entries[i].id = m->unique_id;
        list->entries[i].mount = m;
        list->used++;
        list->count++;
}

void vfs_mount_list_remove(struct vfs_mount_list *list, const struct vfs_mount *m)
{
        uint32_t i = vfs_mount_list_bound(list, m->unique_id);

        vfs_assert(i < list->used);
        /* A mount that comes back has an entry of its own before its old gap. */
        while (list->entries[i].mount != m)
                i++;
        list->entries[i].mount = NULL;
        list->count--;
        if (i + 1 == list->used)
                list->used--;
        else if (list->count < list->used / 2)
                vfs_mount_list_close_gaps(list);
}

struct vfs_mount *vfs_mount_list_find(const struct vfs_mount_list *list, uint64_t id)
{
        uint32_t i = vfs_mount_list_bound(list, id);

        for (; i < list->used && list->entries[i].id == id; i++) {
                if (list->entries[i].mount != NULL)
                        return list->entries[i].mount;
        }
        return NULL;
}

struct vfs_mount *vfs_mount_list_after(const struct vfs_mount_list *list, uint64_t id)
{
        uint32_t i = id != UINT64_MAX ? vfs_mount_list_bound(list, id + 1) : list->used;

        while (i < list->used && list->entries[i].mount == NULL)
                i++;
        return i < list->used ? list->entries[i].mount : NULL;
}

struct vfs_mount *vfs_mount_list_before(const struct vfs_mount_list *list, uint64_t id)
{
        uint32_t i = vfs_mount_list_bound(list, id);

        while (i > 0 && list->entries[i - 1].mount == NULL)
                i--;
        return i > 0 ? list->entries[i - 1].mount : NULL;
}

void vfs_mount_list_fini(struct vfs_mount_list *list, struct vfs *vfs)
{
        vfs_dealloc(&vfs->allocator, list->entries, list->capacity * sizeof(*list->entries));
        *list = (struct vfs_mount_list){ NULL, 0, 0, 0 };
}
