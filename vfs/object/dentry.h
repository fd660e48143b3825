/*
 * dentry.h - the inside of a dentry's first 64 bytes, for the code that walks
 * and changes trees.
 *
 * Everything there is read lock-free and changed under the dentry's lock: word,
 * parent and name inside a write section (the sequence is odd meanwhile), flags
 * alone with one store that moves the sequence by 2, so that a reader that
 * compares the whole word sees any change.
 */
#ifndef VFS_OBJECT_DENTRY_H
#define VFS_OBJECT_DENTRY_H

#include "vfs/base/check.h"
#include "vfs/object/instance.h"

_Static_assert(offsetof(struct vfs_dentry, refs) == 64, "a walk reads one cache line");

#define VFS_DENTRY_INLINE 32u /* bytes of a name kept in the dentry */
#define VFS_DENTRY_PREFIX 24u /* of a longer one: the rest of the field is a pointer to the whole name */

/* Wide enough for any component of a path, so that one that is too long for a name equals none. */
#define VFS_DENTRY_LEN_MASK UINT64_C(0xffff)

/* name[] and what is read of it in words. */
typedef uint64_t __attribute__((may_alias)) vfs_name_word;

/* No children: a table of two empty slots. `children` packs a table's address << 6 and 64 - log2 of its slots. */
extern const uint64_t vfs_empty_children[8] __attribute__((aligned(64)));
#define VFS_CHILDREN_EMPTY ((uintptr_t)vfs_empty_children << 6 | 63u)

/* The name's length, of a word that was read; 0 for a root. */
static inline size_t vfs_dentry_len(uint64_t word)
{
        return (size_t)(word & VFS_DENTRY_LEN_MASK);
}

/* The bytes of a name of len bytes, not NUL-terminated if short: under the dentry's lock, or its sequence. */
static inline const char *vfs_dentry_name_ptr(const struct vfs_dentry *d, size_t len)
{
        const vfs_name_word *words = (const vfs_name_word *)d->name;

        if (len <= VFS_DENTRY_INLINE)
                return d->name;
        return (const char *)(uintptr_t)vfs_load_relaxed(&words[VFS_DENTRY_PREFIX / 8]);
}

/* The sequence wraps at the word's end. */
static inline uint64_t vfs_dentry_word_moved(uint64_t word, uint32_t by)
{
        return word + by * VFS_D_ODD;
}

/* A write section; d->lock held, as for all below. */
static inline void vfs_dentry_write_begin(struct vfs_dentry *d)
{
        vfs_assert((d->word & VFS_D_ODD) == 0);
        vfs_store_relaxed(&d->word, vfs_dentry_word_moved(d->word, 1));
        vfs_fence_store();
}

static inline void vfs_dentry_write_end(struct vfs_dentry *d)
{
        vfs_assert((d->word & VFS_D_ODD) != 0);
        vfs_store(&d->word, vfs_dentry_word_moved(d->word, 1));
}

/* Outside of a write section. */
static inline void vfs_dentry_set_flags_locked(struct vfs_dentry *d, uint64_t set, uint64_t clear)
{
        vfs_assert((d->word & VFS_D_ODD) == 0);
        vfs_store(&d->word, (vfs_dentry_word_moved(d->word, 2) & ~clear) | set);
}

/* Drops a reference unless it is the last one; false if it is. For who holds locks. */
bool vfs_dentry_put_not_last(struct vfs_dentry *d);

/*
 * The whole of a name longer than VFS_DENTRY_INLINE: a block of the filesystem's
 * arena with room for len bytes and a NUL. NULL: no memory. free is for one that
 * no reader has seen; defer frees it once none can see it any more.
 */
char *vfs_long_name_new(struct vfs_arena *arena, size_t len);
void vfs_long_name_free(struct vfs_arena *arena, char *name);
void vfs_long_name_defer(struct vfs_arena *arena, char *name);

/*
 * Inside a write section (or before d is published): the name becomes name;
 * long_name is NULL for at most VFS_DENTRY_INLINE bytes, else a long name's block,
 * which becomes d's and gets the whole name. Returns the block of the name before,
 * or NULL.
 */
char *vfs_dentry_set_name_seq(struct vfs_dentry *d, const char *name, size_t len, char *long_name);

#endif
