/*
 * tree_table.h - a directory's children: a hash table that is searched without a
 * lock, and their order for getdents.
 *
 * The table is open addressing with linear probing. A slot is one word: the
 * child's address below, 16 bits of its name's hash above, so that other
 * children are passed over without touching them. dentry.children packs the
 * array's address and how far to shift a hash, so that a step of the walk is:
 * load children, load slot, compare the child's first line.
 *
 * Changes are made with the directory's inode lock held. What a searcher may
 * rely on, in place of a lock:
 * - An entry never moves inside an array. Removing leaves a tombstone, growing
 *   publishes a new array and leaves the old one as it was. So a search of one
 *   array passes every child that stays.
 * - A rename makes the child's sequence odd first, then stores the new slot,
 *   then the tombstone, then makes it even; replacing and exchanging store over
 *   the old slot. So a name that stays taken is found, if a search that meets a
 *   child of the right hash but the wrong name looks at the slot again, and a
 *   search that finds nothing looks at dentry.children again.
 * - A child that is found is checked after its name was compared: its word is as
 *   before, even, alive, and its parent this directory.
 */
#ifndef VFS_PATH_TREE_TABLE_H
#define VFS_PATH_TREE_TABLE_H

#include "vfs/object/dentry.h"
#include "vfs/object/instance.h"
#include "vfs/path/component.h"

#define VFS_SLOT_EMPTY UINT64_C(0)
#define VFS_SLOT_TOMBSTONE UINT64_C(1)

/* The tag is never 0, so that no tag matches an empty slot or a tombstone. */
static inline uint64_t vfs_slot_tag(uint64_t hash)
{
        return (hash & 0xffff) | 1;
}

static inline uint64_t vfs_slot_pack(struct vfs_dentry *d, uint64_t hash)
{
        return (uint64_t)(uintptr_t)d | vfs_slot_tag(hash) << 48;
}

static inline struct vfs_dentry *vfs_slot_dentry(uint64_t slot)
{
        return (struct vfs_dentry *)(uintptr_t)(slot & ((UINT64_C(1) << 48) - 1));
}

static inline uint64_t *vfs_children_slots(uintptr_t children)
{
        return (uint64_t *)(children >> 6);
}

static inline unsigned int vfs_children_shift(uintptr_t children)
{
        return children & 63;
}

/* The rest of a name that agrees in its first 16 bytes. A long one is read only once it is known to be w's. */
static VFS_COLD bool vfs_dentry_rest_is(const struct vfs_dentry *d, uint64_t w, const char *name, size_t len)
{
        const char *whole;
        uint64_t rest[2];

        if (len <= VFS_DENTRY_INLINE) {
                vfs_seq_copy(rest, d->name + 16, 2);
                return memcmp(rest, name + 16, len - 16) == 0;
        }
        whole = vfs_dentry_name_ptr(d, len);
        vfs_fence_load();
        return vfs_load_relaxed(&d->word) == w && !(w & 1) && memcmp(whole, name, len) == 0;
}

/* Is c the name of d, whose word was w? Racy: the caller checks the word afterwards. */
VFS_INLINE bool vfs_dentry_name_is(const struct vfs_dentry *d, uint64_t w, const struct vfs_component *c)
{
        const vfs_name_word *words = (const vfs_name_word *)d->name;

        if (vfs_dentry_len(w) != c->len || vfs_load_relaxed(&words[0]) != c->lo ||
            vfs_load_relaxed(&words[1]) != c->hi)
                return false;
        return vfs_likely(c->len <= 16) || vfs_dentry_rest_is(d, w, c->name, c->len);
}

enum vfs_lookup { VFS_LOOKUP_FOUND, VFS_LOOKUP_NONE, VFS_LOOKUP_RACED };

#define VFS_LOOKUP_TRIES 8

/*
 * The child of dir of that name, inside an epoch section: no reference.
 * *ret_word is its word as it was when the name matched. RACED: the directory
 * changes too fast to tell.
 */
VFS_INLINE enum vfs_lookup vfs_tree_lookup_rcu(const struct vfs_dentry *dir, const struct vfs_component *c,
                                               uint64_t hash, struct vfs_dentry **ret_child,
                                               uint64_t *ret_word)
{
        const uint64_t tag = vfs_slot_tag(hash);

        for (int tries = 0; vfs_likely(tries < VFS_LOOKUP_TRIES); tries++) {
                uintptr_t children = vfs_load(&dir->children);
                uint64_t *slots = vfs_children_slots(children);
                unsigned int shift = vfs_children_shift(children);
                uint64_t i = hash >> shift;

                for (;;) {
                        uint64_t slot = vfs_load(&slots[i]);

                        if (vfs_likely(slot >> 48 == tag)) {
                                struct vfs_dentry *d = vfs_slot_dentry(slot);
                                uint64_t w = vfs_load(&d->word);

                                if (vfs_likely(vfs_dentry_name_is(d, w, c) &&
                                               vfs_load_relaxed(&d->parent) == dir)) {
                                        vfs_fence_load();
                                        if (vfs_likely(!(w & (1 | VFS_D_DEAD)) &&
                                                       vfs_load_relaxed(&d->word) == w)) {
                                                *ret_child = d;
                                                *ret_word = w;
                                                return VFS_LOOKUP_FOUND;
                                        }
                                        break;
                                }
                                vfs_fence_load();
                                if ((w & 1) || vfs_load_relaxed(&d->word) != w ||
                                    vfs_load_relaxed(&slots[i]) != slot)
                                        break;
                        } else if (slot == VFS_SLOT_EMPTY) {
                                if (vfs_likely(vfs_load(&dir->children) == children))
                                        return VFS_LOOKUP_NONE;
                                break;
                        }
                        i = (i + 1) & (~UINT64_C(0) >> shift);
                }
                vfs_cpu_relax();
        }
        return VFS_LOOKUP_RACED;
}

#endif
