/*
 * tree_table.c - changes to a directory's children; tree_table.h says how they
 * are searched, and docs/locking.md where the directory's inode lock stands.
 *
 * Beside the hash table a directory keeps its children in the order in which
 * they came, for getdents, which lists the newest first: an array of entries with
 * ascending positions. A position is never used again, so getdents resumes by
 * binary search, and what comes while it is under way is behind it. A child that
 * leaves makes a hole that still tells its position; when half are holes the
 * array is packed. A rename makes the name new.
 *
 * A child that was taken out holds a reference on the directory it was in, so
 * that ".." works in a removed directory that somebody still has open.
 */
#include "vfs/path/tree_table.h"

#include <errno.h>

#include "vfs/base/alloc.h"
#include "vfs/path/dirbuf.h"

/* An array of slots, with what its deferred free needs. */
struct vfs_tree_slots {
        struct vfs_deferred deferred;
        uint64_t bytes; /* of the whole block */
        uint64_t slot[];
};

struct vfs_tree_dir {
        uint32_t count;    /* children */
        uint32_t used;     /* slots that are not empty */
        uint32_t capacity; /* slots; 0: the shared empty table */
        uint32_t norder;   /* entries of order, holes included */
        uint32_t nholes;
        uint32_t order_capacity;
        uint64_t next_pos;
        uintptr_t *order; /* a child, or a hole: its position << 1 | 1 */
};

#define VFS_TREE_FIRST_POS 3 /* below: ".", "..", and the end of a listing */
#define VFS_TREE_MIN_SLOTS 8
#define VFS_TREE_MIN_ORDER 4
#define VFS_TREE_AHEAD 8 /* children that a listing asks for early */

/* The hash of a name that is not being walked. */
static uint64_t vfs_tree_hash(const struct vfs_dentry *dir, const char *name, size_t len)
{
        const vfs_name_head head = vfs_name_head_any(name, len);

        return vfs_name_hash(name, len, head, dir->fs->vfs->hash_key);
}

static uint64_t vfs_tree_name_hash(const struct vfs_dentry *d)
{
        size_t len;
        const char *name = vfs_dentry_name(d, &len);

        return vfs_name_hash(name, len, vfs_dentry_head(d), d->fs->vfs->hash_key);
}

#define VFS_LOOKUP_TRIES 8

struct vfs_found vfs_tree_lookup_rcu(const struct vfs_dentry *dir, const char *name, size_t len, uint64_t hash)
{
        const vfs_name_head head = vfs_name_head_slow(name, len);

        for (int tries = 0; tries < VFS_LOOKUP_TRIES; tries++) {
                uintptr_t children = vfs_load(&dir->children);
                uint64_t *slots = vfs_children_slots(children);
                unsigned int shift = vfs_children_shift(children);
                uint64_t i = hash >> shift;

                for (;;) {
                        uint64_t slot = vfs_load(&slots[i]);

                        if (vfs_slot_agrees(slot, hash)) {
                                struct vfs_dentry *d = vfs_slot_dentry(slot);
                                uint64_t w = vfs_load(&d->word);

                                if (vfs_dentry_is(d, w, dir, name, len, head, 0, 0))
                                        return (struct vfs_found){ d, w };
                                /*
                                 * Another name, unless something is changing. The slot is
                                 * asked before the word: with the word as it was, d kept its
                                 * name all the time between, and so the slot cannot have
                                 * gone to another child and come back.
                                 */
                                vfs_fence_load();
                                if ((w & (VFS_D_DEAD | VFS_D_ODD)) || vfs_load(&slots[i]) != slot ||
                                    vfs_load_relaxed(&d->word) != w)
                                        break;
                        } else if (slot == VFS_SLOT_EMPTY) {
                                if (vfs_load(&dir->children) == children)
                                        return (struct vfs_found){ NULL, 0 };
                                break;
                        }
                        i = (i + 1) & (~UINT64_C(0) >> shift);
                }
                vfs_cpu_relax();
        }
        return (struct vfs_found){ VFS_FOUND_RACED, 0 };
}

static struct vfs_tree_slots *vfs_tree_slots_of(const struct vfs_dentry *dir)
{
        return vfs_container_of(vfs_children_slots(dir->children), struct vfs_tree_slots, slot);
}

static void vfs_tree_slots_free(struct vfs_deferred *self, void *arena)
{
        struct vfs_tree_slots *t = vfs_container_of(self, struct vfs_tree_slots, deferred);

        vfs_arena_free(arena, t, t->bytes);
}

/* Stores a child into an array in which it is not yet: the first free slot of its probe sequence. */
static bool vfs_slots_insert(uint64_t *slots, unsigned int shift, struct vfs_dentry *d, uint64_t hash)
{
        uint64_t i = hash >> shift;
        uint64_t old;

        while (vfs_slot_taken(old = slots[i]))
                i = (i + 1) & (~UINT64_C(0) >> shift);
        vfs_store(&slots[i], vfs_slot_pack(d, hash));
        return old == VFS_SLOT_EMPTY;
}

/* A new array, without tombstones, for at least one child more. */
static int vfs_tree_grow(struct vfs_dentry *dir, struct vfs_tree_dir *t, struct vfs_arena *arena)
{
        uint32_t capacity = VFS_TREE_MIN_SLOTS;
        struct vfs_tree_slots *slots, *old = NULL;
        unsigned int shift;
        size_t bytes;

        /* With two more, 3/8 full at most: well below what vfs_tree_reserve calls full, else each change would grow it. */
        while ((uint64_t)capacity * 3 < ((uint64_t)t->count + 2) * 8)
                capacity *= 2;
        shift = 64 - (unsigned int)__builtin_ctz(capacity);
        bytes = sizeof(*slots) + (size_t)capacity * sizeof(slots->slot[0]);
        slots = vfs_arena_zalloc(arena, bytes);
        if (slots == NULL)
                return -ENOMEM;
        slots->bytes = bytes;
        slots->deferred.free = vfs_tree_slots_free;
        if (t->capacity != 0) {
                old = vfs_tree_slots_of(dir);
                for (uint32_t i = 0; i < t->capacity; i++) {
                        if (vfs_slot_taken(old->slot[i])) {
                                struct vfs_dentry *d = vfs_slot_dentry(old->slot[i]);

                                vfs_slots_insert(slots->slot, shift, d, vfs_tree_name_hash(d));
                        }
                }
        }
        t->capacity = capacity;
        t->used = t->count;
        vfs_store(&dir->children, (uintptr_t)slots->slot << 6 | shift);
        if (old != NULL)
                vfs_arena_defer(arena, &old->deferred);
        return 0;
}

/* Packs the order, or makes it larger. */
static int vfs_tree_grow_order(struct vfs_tree_dir *t, struct vfs_arena *arena)
{
        uint32_t capacity = t->order_capacity != 0 ? t->order_capacity * 2 : VFS_TREE_MIN_ORDER;
        uint32_t n = 0;
        uintptr_t *order = t->order;

        if (t->nholes < t->norder / 2 || t->order_capacity == 0) {
                order = vfs_arena_alloc(arena, (size_t)capacity * sizeof(*order));
                if (order == NULL)
                        return -ENOMEM;
        }
        for (uint32_t i = 0; i < t->norder; i++) {
                if (!(t->order[i] & 1))
                        order[n++] = t->order[i];
        }
        if (order != t->order) {
                vfs_arena_free(arena, t->order, (size_t)t->order_capacity * sizeof(*order));
                t->order = order;
                t->order_capacity = capacity;
        }
        t->norder = n;
        t->nholes = 0;
        return 0;
}

int vfs_tree_reserve(struct vfs_dentry *dir, struct vfs_arena *arena)
{
        struct vfs_tree_dir *t = dir->inode->dir;
        int r;

        if (vfs_unlikely(t == NULL)) {
                t = vfs_arena_zalloc(arena, sizeof(*t));
                if (t == NULL)
                        return -ENOMEM;
                t->next_pos = VFS_TREE_FIRST_POS;
                dir->inode->dir = t;
        }
        if (vfs_unlikely((uint64_t)(t->used + 2) * 8 > (uint64_t)t->capacity * 5)) {
                r = vfs_tree_grow(dir, t, arena);
                if (r != 0)
                        return r;
        }
        if (vfs_unlikely(t->norder + 2 > t->order_capacity)) {
                r = vfs_tree_grow_order(t, arena);
                if (r != 0)
                        return r;
        }
        return 0;
}

void vfs_tree_dir_free(struct vfs_dentry *dir, struct vfs_arena *arena)
{
        struct vfs_tree_dir *t = dir->inode->dir;

        if (t == NULL)
                return;
        if (t->capacity != 0)
                vfs_tree_slots_free(&vfs_tree_slots_of(dir)->deferred, arena);
        vfs_arena_free(arena, t->order, (size_t)t->order_capacity * sizeof(*t->order));
        vfs_arena_free(arena, t, sizeof(*t));
        dir->inode->dir = NULL;
}

/* The slot of a child, which is in dir. */
static uint64_t *vfs_tree_slot(const struct vfs_dentry *dir, const struct vfs_dentry *d, uint64_t hash)
{
        uint64_t *slots = vfs_children_slots(dir->children);
        unsigned int shift = vfs_children_shift(dir->children);
        uint64_t i = hash >> shift;

        while (vfs_slot_dentry(slots[i]) != d) {
                vfs_assert(slots[i] != VFS_SLOT_EMPTY);
                i = (i + 1) & (~UINT64_C(0) >> shift);
        }
        return &slots[i];
}

struct vfs_dentry *vfs_tree_child(struct vfs_dentry *dir, const char *name, size_t len)
{
        const vfs_name_head head = vfs_name_head_any(name, len);
        uint64_t hash = vfs_name_hash(name, len, head, dir->fs->vfs->hash_key);
        uint64_t *slots = vfs_children_slots(dir->children);
        unsigned int shift = vfs_children_shift(dir->children);

        for (uint64_t i = hash >> shift; slots[i] != VFS_SLOT_EMPTY; i = (i + 1) & (~UINT64_C(0) >> shift)) {
                struct vfs_dentry *d = vfs_slot_dentry(slots[i]);

                /* Its name cannot change now, but it may have its mounts changed. */
                if (vfs_slot_agrees(slots[i], hash) && vfs_dentry_len(vfs_load_relaxed(&d->word)) == len &&
                    vfs_name_head_is(vfs_dentry_head(d), head) &&
                    memcmp(vfs_dentry_name_ptr(d, len), name, len) == 0)
                        return d;
        }
        return NULL;
}

/* Enters a child into the order. Room was reserved. */
static void vfs_tree_order_add(struct vfs_tree_dir *t, struct vfs_dentry *d)
{
        d->pos = t->next_pos++;
        t->order[t->norder++] = (uintptr_t)d;
}

/* The first entry of the order at or behind pos. */
static uint32_t vfs_tree_order_find(const struct vfs_tree_dir *t, uint64_t pos)
{
        uint32_t low = 0, high = t->norder;

        while (low < high) {
                uint32_t mid = low + (high - low) / 2;
                uintptr_t e = t->order[mid];
                uint64_t p = e & 1 ? e >> 1 : ((struct vfs_dentry *)e)->pos;

                if (p < pos)
                        low = mid + 1;
                else
                        high = mid;
        }
        return low;
}

static void vfs_tree_order_remove(struct vfs_tree_dir *t, const struct vfs_dentry *d)
{
        uint32_t i = t->norder - 1;

        /* What came last goes first, often enough. */
        if (t->order[i] != (uintptr_t)d)
                i = vfs_tree_order_find(t, d->pos);
        vfs_assert(t->order[i] == (uintptr_t)d);
        if (i == t->norder - 1) {
                t->norder--;
        } else {
                t->order[i] = d->pos << 1 | 1;
                t->nholes++;
        }
}

static void vfs_tree_slot_remove(struct vfs_dentry *dir, struct vfs_tree_dir *t, uint64_t *slot)
{
        uint64_t *slots = vfs_children_slots(dir->children);
        uint64_t mask = ~UINT64_C(0) >> vfs_children_shift(dir->children);
        uint64_t i = (uint64_t)(slot - slots);

        vfs_store(slot, VFS_SLOT_TOMBSTONE);
        if (slots[(i + 1) & mask] != VFS_SLOT_EMPTY)
                return;
        /* Before an empty slot nobody's probing needs a tombstone. There is a child or an empty slot to stop at. */
        do {
                vfs_store(&slots[i], VFS_SLOT_EMPTY);
                t->used--;
                i = (i - 1) & mask;
        } while (slots[i] == VFS_SLOT_TOMBSTONE);
}

void vfs_tree_attach(struct vfs_dentry *dir, struct vfs_dentry *d)
{
        struct vfs_tree_dir *t = dir->inode->dir;

        vfs_store_relaxed(&d->parent, dir);
        vfs_tree_order_add(t, d);
        t->count++;
        t->used += vfs_slots_insert(vfs_children_slots(dir->children), vfs_children_shift(dir->children), d,
                                    vfs_tree_name_hash(d));
}

void vfs_tree_detach(struct vfs_dentry *d)
{
        struct vfs_dentry *dir = d->parent;
        struct vfs_tree_dir *t = dir->inode->dir;

        vfs_tree_slot_remove(dir, t, vfs_tree_slot(dir, d, vfs_tree_name_hash(d)));
        vfs_tree_order_remove(t, d);
        t->count--;
        vfs_dentry_get(dir);
}

int vfs_tree_evict(struct vfs_dentry *d)
{
        struct vfs_dentry *dir = d->parent;
        struct vfs_tree_dir *t = dir->inode->dir;
        const bool is_dir = (vfs_load_relaxed(&d->word) & VFS_D_DIR) != 0;
        bool gone;

        if (dir == d)
                return 0;
        /* Whoever adds a child to d holds its lock and a reference. */
        if (is_dir)
                vfs_mutex_lock(&d->inode->lock, VFS_LOCK_DIR);
        vfs_mutex_lock(&d->lock, VFS_LOCK_DENTRY);
        gone = !(d->word & VFS_D_DEAD) && d->mounts == 0 && (!is_dir || vfs_tree_count(d) == 0) &&
               vfs_cas_u64(&d->refs, 2, 0);
        if (gone)
                vfs_dentry_set_flags_locked(d, VFS_D_DEAD, 0);
        vfs_mutex_unlock(&d->lock, VFS_LOCK_DENTRY);
        if (is_dir)
                vfs_mutex_unlock(&d->inode->lock, VFS_LOCK_DIR);
        if (!gone)
                return 0;
        vfs_track_ref(&d->fs->vfs->track, d, "dentry", -2);
        vfs_tree_slot_remove(dir, t, vfs_tree_slot(dir, d, vfs_tree_name_hash(d)));
        vfs_tree_order_remove(t, d);
        t->count--;
        /* Nobody has it, so it does not hold its directory as one that was removed does. */
        d->fs->dops->release(d);
        return 1;
}

struct vfs_dentry *vfs_tree_parent_get(struct vfs_dentry *d, char *name, size_t *ret_len)
{
        struct vfs_dentry *parent;

        vfs_mutex_lock(&d->lock, VFS_LOCK_DENTRY);
        /* Being attached for the first time is not under the lock. */
        parent = vfs_load(&d->parent);
        vfs_dentry_get(parent);
        if (name != NULL) {
                *ret_len = vfs_dentry_len(d->word);
                memcpy(name, vfs_dentry_name_ptr(d, *ret_len), *ret_len);
        }
        vfs_mutex_unlock(&d->lock, VFS_LOCK_DENTRY);
        return parent;
}

void vfs_tree_orphan(struct vfs_dentry *dir, struct vfs_dentry *d)
{
        vfs_dentry_get(dir);
        d->parent = dir;
        d->word |= VFS_D_DEAD;
}

int vfs_tree_alloc_name(struct vfs_arena *arena, const char *name, size_t len, void **ret_long_name)
{
        char *block = NULL;

        if (len > VFS_DENTRY_INLINE) {
                block = vfs_long_name_new(arena, len);
                if (block == NULL)
                        return -ENOMEM;
        }
        *ret_long_name = block;
        return 0;
}

void vfs_tree_free_name(struct vfs_arena *arena, void *long_name)
{
        if (long_name != NULL)
                vfs_long_name_free(arena, long_name);
}

/*
 * Moves of directories and mount points are seen by walks of "..", reverse paths
 * and binds: under the tree lock. Anything else is the lower end of what those
 * look at, and its own sequence says enough. d is prepared, so this stays.
 */
static bool vfs_tree_move_is_seen(const struct vfs_dentry *d)
{
        return (d->word & (VFS_D_DIR | VFS_D_MOUNTED)) != 0;
}

static void vfs_tree_move_begin(struct vfs_dentry *d)
{
        struct vfs *vfs = d->fs->vfs;

        vfs_mutex_lock(&vfs->tree_lock, VFS_LOCK_TREE);
        vfs_seq_write_begin(&vfs->rename_seq);
}

static void vfs_tree_move_end(struct vfs_dentry *d)
{
        struct vfs *vfs = d->fs->vfs;

        vfs_seq_write_end(&vfs->rename_seq);
        vfs_mutex_unlock(&vfs->tree_lock, VFS_LOCK_TREE);
}

void vfs_tree_rename(struct vfs_dentry *d, struct vfs_dentry *newdir, const char *name, size_t len,
                     void *long_name, struct vfs_dentry *to)
{
        struct vfs_dentry *olddir = d->parent;
        struct vfs_tree_dir *old = olddir->inode->dir, *new_ = newdir->inode->dir;
        uint64_t *oldslot, hash = vfs_tree_hash(newdir, name, len);
        const bool seen = vfs_tree_move_is_seen(d);
        char *oldname;

        oldslot = vfs_tree_slot(olddir, d, vfs_tree_name_hash(d));

        if (seen)
                vfs_tree_move_begin(d);
        vfs_dentry_write_begin(d);
        oldname = vfs_dentry_set_name_seq(d, name, len, long_name);
        vfs_store(&d->parent, newdir);
        if (to != NULL)
                vfs_store(vfs_tree_slot(newdir, to, hash), vfs_slot_pack(d, hash));
        else
                new_->used += vfs_slots_insert(vfs_children_slots(newdir->children),
                                               vfs_children_shift(newdir->children), d, hash);
        vfs_tree_slot_remove(olddir, old, oldslot);
        vfs_dentry_write_end(d);
        if (seen)
                vfs_tree_move_end(d);

        if (to != NULL) {
                vfs_tree_order_remove(new_, to);
                new_->count--;
                vfs_dentry_get(newdir);
        }
        vfs_tree_order_remove(old, d);
        old->count--;
        vfs_tree_order_add(new_, d);
        new_->count++;
        if (oldname != NULL)
                vfs_long_name_defer(d->fs->arena, oldname);
}

/* Gives d the name that other had: its four words and its length. */
static void vfs_tree_take_name(struct vfs_dentry *d, const uint64_t words[4], uint64_t other)
{
        vfs_name_word *to = (vfs_name_word *)d->name;

        for (int i = 0; i < 4; i++)
                vfs_store(&to[i], words[i]);
        vfs_store_relaxed(&d->word, (d->word & ~VFS_DENTRY_LEN_MASK) | (other & VFS_DENTRY_LEN_MASK));
}

void vfs_tree_exchange(struct vfs_dentry *a, struct vfs_dentry *b)
{
        struct vfs_dentry *adir = a->parent, *bdir = b->parent;
        struct vfs_tree_dir *at = adir->inode->dir, *bt = bdir->inode->dir;
        uint64_t ahash = vfs_tree_name_hash(a), bhash = vfs_tree_name_hash(b);
        uint64_t *aslot = vfs_tree_slot(adir, a, ahash), *bslot = vfs_tree_slot(bdir, b, bhash);
        uint64_t awords[4], bwords[4], aword = a->word;
        const bool seen = vfs_tree_move_is_seen(a) || vfs_tree_move_is_seen(b);

        memcpy(awords, a->name, sizeof(awords));
        memcpy(bwords, b->name, sizeof(bwords));

        if (seen)
                vfs_tree_move_begin(a);
        vfs_dentry_write_begin(a);
        vfs_dentry_write_begin(b);
        vfs_tree_take_name(a, bwords, b->word);
        vfs_tree_take_name(b, awords, aword);
        vfs_store(&a->parent, bdir);
        vfs_store(&b->parent, adir);
        vfs_store(aslot, vfs_slot_pack(b, ahash));
        vfs_store(bslot, vfs_slot_pack(a, bhash));
        vfs_dentry_write_end(a);
        vfs_dentry_write_end(b);
        if (seen)
                vfs_tree_move_end(a);

        /* Both are new where they are now; as on Linux, a comes before b. */
        vfs_tree_order_remove(at, a);
        vfs_tree_order_remove(bt, b);
        vfs_tree_order_add(bt, a);
        vfs_tree_order_add(at, b);
}

uint32_t vfs_tree_count(const struct vfs_dentry *dir)
{
        return dir->inode->dir != NULL ? dir->inode->dir->count : 0;
}

struct vfs_dentry *vfs_tree_next(struct vfs_dentry *dir, uint64_t *pos)
{
        const struct vfs_tree_dir *t = dir->inode->dir;

        if (t == NULL)
                return NULL;
        for (uint32_t i = vfs_tree_order_find(t, *pos); i < t->norder; i++) {
                if (!(t->order[i] & 1)) {
                        struct vfs_dentry *d = (struct vfs_dentry *)t->order[i];

                        *pos = d->pos + 1;
                        return d;
                }
        }
        return NULL;
}

int vfs_tree_is_below(const struct vfs_dentry *d, const struct vfs_dentry *ancestor)
{
        for (; d != ancestor; d = d->parent) {
                if (d == d->parent)
                        return 0;
        }
        return 1;
}

/* The file type of a directory entry. */
static unsigned int vfs_dirent_type(const struct vfs_dentry *d)
{
        return (vfs_load_relaxed(&d->inode->attr.mode) & VFS_S_IFMT) >> 12;
}

int vfs_tree_iterate(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_dirbuf *db, int64_t *pos)
{
        struct vfs_dentry *dir = file->path.dentry;
        const struct vfs_tree_dir *t;
        uint64_t start, up;
        int r = 0;

        vfs_mutex_lock(&dir->inode->lock, VFS_LOCK_DIR);
        if (dir->word & VFS_D_DEAD) {
                r = -ENOENT;
                goto out;
        }
        if (*pos <= 1 && (dir->word & VFS_D_PARTIAL) && dir->fs->ops->tree->fill != NULL) {
                r = dir->fs->ops->tree->fill(ctx, dir);
                if (r < 0)
                        goto out;
        }
        t = dir->inode->dir;
        if (*pos == 0) {
                if (!vfs_dirbuf_add(db, dir->inode->attr.ino, 1, VFS_DT_DIR, ".", 1))
                        goto out;
                *pos = 1;
        }
        if (*pos == 1) {
                /* What comes from here on is not seen by this listing, so that it ends. */
                start = t != NULL ? t->next_pos : VFS_TREE_FIRST_POS;
                vfs_mutex_lock(&dir->fs->vfs->tree_lock, VFS_LOCK_TREE);
                up = dir->parent->inode->attr.ino;
                vfs_mutex_unlock(&dir->fs->vfs->tree_lock, VFS_LOCK_TREE);
                if (!vfs_dirbuf_add(db, up, (int64_t)start, VFS_DT_DIR, "..", 2))
                        goto out;
                *pos = (int64_t)start;
        }
        if (t == NULL)
                goto out;
        /* The newest first: those before *pos, which is where the last one stood. */
        for (uint32_t i = vfs_tree_order_find(t, (uint64_t)*pos); i-- > 0;) {
                const struct vfs_dentry *d;
                size_t len;

                /* A listing touches three lines of each child, far apart: ask for them early. */
                if (i >= VFS_TREE_AHEAD && !(t->order[i - VFS_TREE_AHEAD] & 1)) {
                        d = (const struct vfs_dentry *)t->order[i - VFS_TREE_AHEAD];
                        __builtin_prefetch(d);
                        __builtin_prefetch(&d->pos);
                        /* Where the inode mostly is. */
                        __builtin_prefetch(&((const struct vfs_inode *)&d[1])->attr.ino);
                }
                if (t->order[i] & 1)
                        continue;
                d = (const struct vfs_dentry *)t->order[i];
                if (vfs_load_relaxed(&d->word) & VFS_D_NEGATIVE)
                        continue;
                len = vfs_dentry_len(vfs_load_relaxed(&d->word));
                if (!vfs_dirbuf_put(db, d->inode->attr.ino, (int64_t)d->pos, vfs_dirent_type(d),
                                    vfs_dentry_name_ptr(d, len), len, len < VFS_DENTRY_INLINE))
                        goto out;
                *pos = (int64_t)d->pos;
        }
out:
        vfs_mutex_unlock(&dir->inode->lock, VFS_LOCK_DIR);
        return r;
}
