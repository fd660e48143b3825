/*
 * mount_table.c - the writers' side of the mount table, and what its readers do
 * while a writer is at work. mount_table.h has the organisation and the rules.
 *
 * Limits: 2^31 entries, far above any mount_max.
 */
#include "mount/mount_table.h"

#include <errno.h>
#include <sched.h>

#define VFS_MOUNT_TABLE_MIN_LOG2 2u

static size_t vfs_mount_slots_size(uint64_t capacity)
{
        return sizeof(struct vfs_mount_slots) + capacity * sizeof(struct vfs_mount_slot);
}

/* How many entries so many slots take. At least one slot stays empty, for probes to end at. */
static uint64_t vfs_mount_slots_limit(uint32_t log2)
{
        uint64_t capacity = UINT64_C(1) << log2;

        return capacity < 16 ? capacity - 1 : capacity / 16 * 13;
}

static struct vfs_mount_slots *vfs_mount_slots_new(struct vfs *vfs, uint32_t log2)
{
        uint64_t capacity = UINT64_C(1) << log2;
        struct vfs_mount_slots *slots = vfs_zalloc(&vfs->allocator, vfs_mount_slots_size(capacity));

        if (slots == NULL)
                return NULL;
        slots->mask = capacity - 1;
        slots->shift = 64 - log2;
        return slots;
}

static void vfs_mount_slots_free(struct vfs_deferred *d, void *owner)
{
        struct vfs_mount_slots *slots = vfs_container_of(d, struct vfs_mount_slots, deferred);
        struct vfs *vfs = owner;

        vfs_dealloc(&vfs->allocator, slots, vfs_mount_slots_size(slots->mask + 1));
}

int vfs_mount_table_init(struct vfs_mount_table *table, struct vfs *vfs, uint64_t key)
{
        struct vfs_mount_slots *slots = vfs_mount_slots_new(vfs, VFS_MOUNT_TABLE_MIN_LOG2);

        if (slots == NULL)
                return -ENOMEM;
        memset(table, 0, sizeof(*table));
        table->key = key | 1;
        table->slots = slots;
        return 0;
}

void vfs_mount_table_fini(struct vfs_mount_table *table, struct vfs *vfs)
{
        vfs_assert(table->count == 0);
        vfs_mount_slots_free(&table->slots->deferred, vfs);
        table->slots = NULL;
}

/*
 * Puts one entry in. Stores to the array are release stores, since a reader that
 * comes upon a mount in a slot reads the mount's key.
 */
static void vfs_mount_slots_insert(struct vfs_mount_slots *slots, struct vfs_mount *m, uint64_t hash)
{
        uint64_t mask = slots->mask, i = hash >> slots->shift, distance = 0;

        for (;;) {
                struct vfs_mount_slot *slot = &slots->slot[i];
                struct vfs_mount *other = slot->mount;
                uint64_t other_hash = slot->hash;
                uint64_t other_distance = (i - (other_hash >> slots->shift)) & mask;

                if (other == NULL || other_distance < distance) {
                        vfs_store_relaxed(&slot->hash, hash);
                        vfs_store(&slot->mount, m);
                        if (other == NULL)
                                return;
                        m = other;
                        hash = other_hash;
                        distance = other_distance;
                }
                i = (i + 1) & mask;
                distance++;
        }
}

int vfs_mount_table_reserve(struct vfs_mount_table *table, struct vfs *vfs, uint32_t n)
{
        struct vfs_mount_slots *old = table->slots, *slots;
        uint64_t need = (uint64_t)table->count + n;
        uint32_t log2 = 64 - old->shift;

        while (need > vfs_mount_slots_limit(log2))
                log2++;
        if (log2 == 64 - old->shift)
                return 0;
        slots = vfs_mount_slots_new(vfs, log2);
        if (slots == NULL)
                return -ENOMEM;
        for (uint64_t i = 0; i <= old->mask; i++) {
                if (old->slot[i].mount != NULL)
                        vfs_mount_slots_insert(slots, old->slot[i].mount, old->slot[i].hash);
        }
        old->deferred.free = vfs_mount_slots_free;
        vfs_store(&table->slots, slots);
        vfs_defer(vfs, &old->deferred);
        return 0;
}

void vfs_mount_table_insert_seq(struct vfs_mount_table *table, struct vfs_mount *m)
{
        vfs_assert(vfs_mount_table_find(table, m->parent, m->point) == NULL);
        vfs_mount_slots_insert(table->slots, m, vfs_mount_table_hash(table, m->parent, m->point));
        table->count++;
}

void vfs_mount_table_remove_seq(struct vfs_mount_table *table, struct vfs_mount *m)
{
        struct vfs_mount_slots *slots = table->slots;
        uint64_t mask = slots->mask;
        uint64_t i = vfs_mount_table_hash(table, m->parent, m->point) >> slots->shift, next;

        while (slots->slot[i].mount != m) {
                vfs_check(slots->slot[i].mount != NULL);
                i = (i + 1) & mask;
        }
        /* Entries behind it move one back, until one is at home or the slot is empty. */
        for (;; i = next) {
                struct vfs_mount_slot *slot = &slots->slot[i], *behind;

                next = (i + 1) & mask;
                behind = &slots->slot[next];
                if (behind->mount == NULL || (behind->hash >> slots->shift) == next)
                        break;
                vfs_store_relaxed(&slot->hash, behind->hash);
                vfs_store(&slot->mount, behind->mount);
        }
        vfs_store(&slots->slot[i].mount, NULL);
        vfs_store_relaxed(&slots->slot[i].hash, 0);
        table->count--;
}

void vfs_mount_table_wait(uint32_t attempt)
{
        /* It is a few stores. If it lasts, that thread was preempted: give it the processor. */
        if (attempt < 64)
                vfs_cpu_relax();
        else
                sched_yield();
}

/*
 * Without this, somebody who mounts and unmounts in a loop could keep the readers
 * of a very high stack from ever finishing. The caller is inside an epoch section,
 * where nothing should block: here it may, since nobody who holds mount_lock waits
 * for sections. With mount_lock held the count stands still, so this is not reached.
 */
struct vfs_mount *vfs_mount_table_lookup_slow(const struct vfs_mount *parent, const struct vfs_dentry *point)
{
        struct vfs *vfs = parent->vfs;
        struct vfs_mount *top;

        vfs_mutex_lock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        top = vfs_mount_table_top(vfs->mount_table, parent, point);
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        return top;
}
