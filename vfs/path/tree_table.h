/*
 * tree_table.h - a directory's children: a hash table that is searched without a
 * lock, and their order for getdents.
 *
 * The table is open addressing with linear probing. A slot is one word: the
 * child's address above, 16 bits of its name's hash below, so that other
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

/*
 * A slot: the child's address << 16 | the low 16 bits of its name's hash, which
 * are odd. So what is even is no child: empty, or a tombstone.
 */
#define VFS_SLOT_EMPTY UINT64_C(0)
#define VFS_SLOT_TOMBSTONE UINT64_C(2)

VFS_INLINE uint64_t vfs_slot_pack(const struct vfs_dentry *d, uint64_t hash)
{
        return (uint64_t)(uintptr_t)d << 16 | (uint16_t)hash;
}

VFS_INLINE bool vfs_slot_taken(uint64_t slot)
{
        return (slot & 1) != 0;
}

VFS_INLINE bool vfs_slot_agrees(uint64_t slot, uint64_t hash)
{
        return (uint16_t)slot == (uint16_t)hash;
}

VFS_INLINE struct vfs_dentry *vfs_slot_dentry(uint64_t slot)
{
        return (struct vfs_dentry *)(uintptr_t)(slot >> 16);
}

VFS_INLINE uint64_t *vfs_children_slots(uintptr_t children)
{
        return (uint64_t *)(children >> 6);
}

VFS_INLINE unsigned int vfs_children_shift(uintptr_t children)
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
        return vfs_load_relaxed(&d->word) == w && !(w & VFS_D_ODD) && memcmp(whole, name, len) == 0;
}

/* The head of d's name, as whole words. Racy: the caller checks the word afterwards. */
VFS_INLINE vfs_name_head vfs_dentry_head(const struct vfs_dentry *d)
{
#if VFS_CUT_SSE2
        /* Two aligned words, each whole in one aligned load. */
        return (vfs_name_head)_mm_load_si128((const __m128i *)(const void *)d->name);
#else
        const vfs_name_word *words = (const vfs_name_word *)d->name;

        return (vfs_name_head){ vfs_load_relaxed(&words[0]), vfs_load_relaxed(&words[1]) };
#endif
}

/*
 * Is this the name of d in dir, whose word was w, and are the bits of w that mask
 * says as bits? True is the answer for one moment: nothing changed meanwhile. d was
 * then alive and not being changed.
 */
VFS_INLINE bool vfs_dentry_is(const struct vfs_dentry *d, uint64_t w, const struct vfs_dentry *dir,
                              const char *name, size_t len, vfs_name_head head, uint64_t mask,
                              uint64_t bits)
{
        mask |= VFS_DENTRY_LEN_MASK | VFS_D_DEAD | VFS_D_ODD;
        bits |= len;
        if (vfs_unlikely((w & mask) != bits || !vfs_name_head_is(vfs_dentry_head(d), head)))
                return false;
        if (vfs_unlikely(len > 16 && !vfs_dentry_rest_is(d, w, name, len)))
                return false;
        if (vfs_unlikely(vfs_load_relaxed(&d->parent) != dir))
                return false;
        vfs_fence_load();
        return vfs_likely(vfs_load_relaxed(&d->word) == w);
}

/* A child that was found, and its word as it was when its name matched. */
struct vfs_found {
        struct vfs_dentry *d; /* NULL: none; VFS_FOUND_RACED: the directory changes too fast to tell */
        uint64_t word;
};
#define VFS_FOUND_RACED ((struct vfs_dentry *)1)

/*
 * The first slot on the hash's way that agrees with it, or an empty one. A child
 * in it mostly is the one that is looked for. Inside an epoch section.
 */
VFS_INLINE uint64_t vfs_tree_probe_rcu(const struct vfs_dentry *dir, uint64_t hash)
{
        uintptr_t children = vfs_load(&dir->children);
        uint64_t slot = vfs_load(&vfs_children_slots(children)[hash >> vfs_children_shift(children)]);

        if (vfs_unlikely(!vfs_slot_agrees(slot, hash))) {
                /* From the beginning, so that the usual way keeps nothing for this one. */
                uintptr_t again = vfs_load(&dir->children);
                uint64_t i = hash >> vfs_children_shift(again);

                for (;;) {
                        slot = vfs_load(&vfs_children_slots(again)[i]);
                        if (slot == VFS_SLOT_EMPTY || vfs_slot_agrees(slot, hash))
                                break;
                        i = (i + 1) & (~UINT64_C(0) >> vfs_children_shift(again));
                }
        }
        return slot;
}

/* The child of dir of that name, inside an epoch section: no reference. */
struct vfs_found vfs_tree_lookup_rcu(const struct vfs_dentry *dir, const char *name, size_t len, uint64_t hash);

#endif
