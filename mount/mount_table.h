/*
 * mount_table.h - which mount is mounted on (parent mount, point dentry).
 *
 * Open addressing with linear probing. Insertion is Robin Hood's: an entry that is
 * further from its home takes the place of one that is nearer, so that probe
 * distances stay short and even and a probe may end at the first entry nearer to
 * its home than the key would be. Removal shifts the entries behind it back, so
 * there are no tombstones. A slot holds the mount and its hash; the key is
 * compared in the mount itself. The capacity is a power of two, at most 13/16
 * full, and never shrinks.
 *
 * Readers are inside an epoch section and write nothing. One sequence count
 * covers the table and the parent and point of every mount: a reader whose count
 * did not move has seen one state of all of them, however many slots it read. So
 * a mount that stays connected is found, although entries move about. A mount has a count of
 * its own, too (vfs_mount.moves), by which one that was found is known to be there while
 * others come and go.
 *
 * Writers hold vfs.mount_lock. Growing copies the entries into a new array and
 * publishes that; the old one says the same until the next change, which moves
 * the count, so growing by itself needs no write section. The old array is freed
 * through the instance's limbo.
 *
 * The hash mixes the parent's random word and the point's address with a random
 * odd number, and the home is its upper bits; guests know none of the three.
 *
 * Lock key: m vfs.mount_lock, c constant after init.
 */
#ifndef MOUNT_MOUNT_TABLE_H
#define MOUNT_MOUNT_TABLE_H

#include "mount/mount.h"

struct vfs_mount_slot {
        struct vfs_mount *mount; /* NULL: empty */
        uint64_t hash;
};

struct vfs_mount_slots {
        struct vfs_deferred deferred;
        uint64_t mask;                /* c  capacity - 1 */
        uint32_t shift;               /* c  64 - log2 of the capacity */
        struct vfs_mount_slot slot[]; /* m, read lock-free */
};

struct vfs_mount_table {
        struct vfs_seq seq;            /* m, read lock-free */
        uint32_t count;                /* m */
        uint64_t key;                  /* c  odd, random */
        struct vfs_mount_slots *slots; /* m, read lock-free */
};

static inline uint64_t vfs_mount_table_hash(const struct vfs_mount_table *table,
                                            const struct vfs_mount *parent, const struct vfs_dentry *point)
{
        uint64_t hash = (parent->hash ^ (uintptr_t)point) * table->key;

        /* Once is not enough: addresses at equal distances collide by the hundred under some keys. */
        return (hash ^ hash >> 32) * table->key;
}

/* One probe. Inside a read section of table->seq, or under mount_lock. */
static inline struct vfs_mount *vfs_mount_table_find(const struct vfs_mount_table *table,
                                                     const struct vfs_mount *parent,
                                                     const struct vfs_dentry *point)
{
        /* Acquire: the array, and the mounts in it, were filled before they were published. */
        const struct vfs_mount_slots *slots = vfs_load(&table->slots);
        uint64_t hash = vfs_mount_table_hash(table, parent, point);
        uint64_t mask = slots->mask;
        uint64_t i = hash >> slots->shift;

        /* The bound is for readers that race: what they see may have no end. */
        for (uint64_t distance = 0; distance <= mask; distance++, i = (i + 1) & mask) {
                struct vfs_mount *m = vfs_load(&slots->slot[i].mount);
                uint64_t h = vfs_load_relaxed(&slots->slot[i].hash);

                if (m == NULL)
                        return NULL;
                if (h == hash && vfs_load_relaxed(&m->parent) == parent &&
                    vfs_load_relaxed(&m->point) == point)
                        return m;
                if (((i - (h >> slots->shift)) & mask) < distance)
                        return NULL;
        }
        return NULL;
}

/* Waits a little for somebody who is at work. attempt counts from 0. */
void vfs_mount_table_wait(uint32_t attempt);
/* The lookup for a reader that writers overtake again and again: takes mount_lock. */
struct vfs_mount *vfs_mount_table_lookup_slow(const struct vfs_mount *parent, const struct vfs_dentry *point);

#define VFS_MOUNT_TABLE_ATTEMPTS 64u

/* The topmost mount over (parent, point), or NULL: right if the count does not move meanwhile. */
static inline struct vfs_mount *vfs_mount_table_top(const struct vfs_mount_table *table,
                                                    const struct vfs_mount *parent,
                                                    const struct vfs_dentry *point)
{
        struct vfs_mount *m = vfs_mount_table_find(table, parent, point), *top = NULL;

        /*
         * A root gets its flag before a mount on it is inserted, and loses it after
         * the last was removed; a reader that saw the insertion by the count's acquire
         * load therefore sees the flag.
         */
        while (m != NULL) {
                top = m;
                if (vfs_likely(!(vfs_load_relaxed(&m->root->word) & VFS_D_MOUNTED)))
                        break;
                m = vfs_mount_table_find(table, top, top->root);
        }
        return top;
}

/*
 * The topmost mount over (parent, point), or NULL. Inside an epoch section, or with
 * mount_lock held; the result is no reference. A stack is read as a whole: were
 * its mounts looked up one by one, a walk racing a lazy unmount of all of them
 * could come to one that was never on top.
 */
static inline struct vfs_mount *vfs_mount_table_lookup(const struct vfs_mount_table *table,
                                                       const struct vfs_mount *parent,
                                                       const struct vfs_dentry *point)
{
        for (uint32_t attempt = 0; attempt < VFS_MOUNT_TABLE_ATTEMPTS; attempt++) {
                uint32_t seq = vfs_seq_read_begin(&table->seq);
                struct vfs_mount *top = vfs_mount_table_top(table, parent, point);

                if (vfs_likely(!vfs_seq_retry(&table->seq, seq)))
                        return top;
                /* Whatever moved: a mount that is there by its own count, with nothing on top, is the answer. */
                top = vfs_mount_table_find(table, parent, point);
                if (top != NULL && vfs_mount_is_top_at_rcu(top, parent, point))
                        return top;
                vfs_cpu_relax();
        }
        return vfs_mount_table_lookup_slow(parent, point);
}

/* Errors: ENOMEM. */
int vfs_mount_table_init(struct vfs_mount_table *table, struct vfs *vfs, uint64_t key);
/* No reader may be left. */
void vfs_mount_table_fini(struct vfs_mount_table *table, struct vfs *vfs);

/* With mount_lock held. Room for n more entries, so that insert cannot fail. Errors: ENOMEM. */
int vfs_mount_table_reserve(struct vfs_mount_table *table, struct vfs *vfs, uint32_t n);

/*
 * With mount_lock held and inside a write section of table->seq. insert: m's
 * parent and point are set, nothing else has that key, room was reserved.
 * remove: m is in the table, under the parent and point that it still has.
 */
void vfs_mount_table_insert_seq(struct vfs_mount_table *table, struct vfs_mount *m);
void vfs_mount_table_remove_seq(struct vfs_mount_table *table, struct vfs_mount *m);

#endif
