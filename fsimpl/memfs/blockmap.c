/*
 * blockmap.c - the radix tree of a file's blocks.
 *
 * A file of one block has its entry in the inode. Larger ones have leaves of
 * 1,024 entries (a root leaf begins with 16 and grows), and above them interior
 * nodes of 512 pointers; the tree grows at its root. A missing node is a hole.
 *
 * Nodes that hold nothing are freed at once, also those made for blocks that were
 * then not to be had: otherwise a guest could fill memory that no limit counts.
 *
 * Locks: the inode's lock guards its map.
 */
#include "blockmap.h"

#include <string.h>

#define FANOUT_BITS 9
#define FANOUT      (1u << FANOUT_BITS)
#define LEAF_BITS   10
#define LEAF_FIRST  16u

struct node {
        void *child[FANOUT];
};

/* How many indices a subtree of this height covers. */
static inline unsigned int span_bits(unsigned int height)
{
        return LEAF_BITS + FANOUT_BITS * (height - 1);
}

static inline uint64_t capacity(const struct memfs_map *map)
{
        if (map->height == 0)
                return 1;
        if (map->height == 1)
                return map->leaf_cap;
        return UINT64_C(1) << span_bits(map->height);
}

uint64_t memfs_map_run(const struct memfs_map *map, uint64_t index, uint64_t max, memfs_entry *ret_entry)
{
        unsigned int height = map->height;
        const memfs_entry *leaf;
        memfs_entry first;
        uint64_t n, limit;

        *ret_entry = 0;
        if (index >= capacity(map))
                return max;
        if (height == 0) {
                *ret_entry = map->one;
                return map->one == 0 ? max : 1;
        }
        leaf = map->root;
        for (; height > 1; height--) {
                unsigned int bits = span_bits(height - 1);
                const struct node *node = (const void *)leaf;

                leaf = node->child[(index >> bits) & (FANOUT - 1)];
                if (!leaf) {
                        n = (UINT64_C(1) << bits) - (index & ((UINT64_C(1) << bits) - 1));
                        return n < max ? n : max;
                }
        }
        limit = (map->height == 1 ? map->leaf_cap : MEMFS_LEAF) - (index & (MEMFS_LEAF - 1));
        if (limit > max)
                limit = max;
        leaf += index & (MEMFS_LEAF - 1);
        first = *ret_entry = leaf[0];
        if (first == 0) {
                for (n = 1; n < limit && leaf[n] == 0; n++)
                        ;
        } else {
                for (n = 1; n < limit && leaf[n] == first + n; n++)
                        ;
                /* Runs never cross a window: the windows' addresses do not follow each other. */
                limit = MEMFS_WINDOW_BLOCKS - (first & (MEMFS_WINDOW_BLOCKS - 1));
                if (n > limit)
                        n = limit;
        }
        return n;
}

/* Grows a root leaf so that it holds index, at least. */
static int grow_leaf(struct memfs_map *map, struct vfs_arena *arena, uint64_t index)
{
        uint32_t cap = LEAF_FIRST;
        memfs_entry *leaf;

        while (cap <= index && cap < MEMFS_LEAF)
                cap *= 8;
        if (cap > MEMFS_LEAF)
                cap = MEMFS_LEAF;
        leaf = vfs_arena_zalloc(arena, cap * sizeof(*leaf));
        if (!leaf)
                return -1;
        if (map->height == 0) {
                leaf[0] = map->one;
        } else {
                memcpy(leaf, map->root, map->leaf_cap * sizeof(*leaf));
                vfs_arena_free(arena, map->root, map->leaf_cap * sizeof(*leaf));
        }
        map->root = leaf;
        map->height = 1;
        map->leaf_cap = (uint16_t)cap;
        return 0;
}

/* Grows the tree until it covers index. */
static int grow(struct memfs_map *map, struct vfs_arena *arena, uint64_t index)
{
        const int empty = map->height == 0 && map->one == 0;

        while (index >= capacity(map)) {
                struct node *root;

                /* With nothing to keep, the root begins at the height that is needed. */
                if (empty && index >= MEMFS_LEAF) {
                        root = vfs_arena_zalloc(arena, sizeof(*root));
                        if (!root)
                                return -1;
                        map->root = root;
                        for (map->height = 2; index >= capacity(map); map->height++)
                                ;
                        return 0;
                }
                if (map->height <= 1 && (map->height == 0 || map->leaf_cap < MEMFS_LEAF)) {
                        if (grow_leaf(map, arena, index) < 0)
                                return -1;
                        continue;
                }
                root = vfs_arena_zalloc(arena, sizeof(*root));
                if (!root)
                        return -1;
                root->child[0] = map->root;
                map->root = root;
                map->height++;
        }
        return 0;
}

memfs_entry *memfs_map_slots(struct memfs_map *map, struct vfs_arena *arena, uint64_t index,
                             uint32_t *ret_room)
{
        void **p;

        if (index >= capacity(map) && grow(map, arena, index) < 0)
                return NULL;
        if (map->height == 0) {
                *ret_room = 1;
                return &map->one;
        }
        p = &map->root;
        for (unsigned int height = map->height; height > 1; height--) {
                struct node *node = *p;

                p = &node->child[(index >> span_bits(height - 1)) & (FANOUT - 1)];
                if (!*p) {
                        *p = vfs_arena_zalloc(arena, height > 2 ? sizeof(struct node)
                                                                : MEMFS_LEAF * sizeof(memfs_entry));
                        if (!*p) {
                                memfs_map_prune(map, arena, index, index + 1);
                                return NULL;
                        }
                }
        }
        *ret_room = (map->height == 1 ? map->leaf_cap : MEMFS_LEAF) - (uint32_t)(index & (MEMFS_LEAF - 1));
        return (memfs_entry *)*p + (index & (MEMFS_LEAF - 1));
}

struct each {
        uint64_t from, to;
        void (*visit)(void *arg, uint64_t index, memfs_entry *slots, uint32_t n);
        void *arg;
};

static void each_leaf(const struct each *e, memfs_entry *leaf, uint32_t cap, uint64_t base)
{
        uint32_t i = e->from > base ? (uint32_t)(e->from - base) : 0;
        uint32_t end = e->to - base < cap ? (uint32_t)(e->to - base) : cap;

        while (i < end) {
                uint32_t n = 0;

                if (leaf[i] == 0) {
                        i++;
                        continue;
                }
                while (i + n < end && leaf[i + n] != 0)
                        n++;
                e->visit(e->arg, base + i, leaf + i, n);
                i += n;
        }
}

/* Does [from, to) touch the subtree at base? */
static inline int overlaps(uint64_t from, uint64_t to, uint64_t base, unsigned int bits)
{
        return to > base && from <= base + ((UINT64_C(1) << bits) - 1);
}

static void each_node(const struct each *e, void *p, unsigned int height, uint64_t base)
{
        struct node *node = p;
        unsigned int bits;

        if (height == 1) {
                each_leaf(e, p, MEMFS_LEAF, base);
                return;
        }
        bits = span_bits(height - 1);
        for (uint32_t i = 0; i < FANOUT; i++) {
                uint64_t at = base + ((uint64_t)i << bits);

                if (node->child[i] && overlaps(e->from, e->to, at, bits))
                        each_node(e, node->child[i], height - 1, at);
        }
}

void memfs_map_each(struct memfs_map *map, uint64_t from, uint64_t to,
                    void (*visit)(void *arg, uint64_t index, memfs_entry *slots, uint32_t n), void *arg)
{
        struct each e = { from, to, visit, arg };

        if (from >= to || from >= capacity(map))
                return;
        if (map->height == 0) {
                if (map->one != 0)
                        visit(arg, 0, &map->one, 1);
        } else if (map->height == 1) {
                each_leaf(&e, map->root, map->leaf_cap, 0);
        } else {
                each_node(&e, map->root, map->height, 0);
        }
}

struct freeing {
        struct memfs_blocks *blocks;
        memfs_entry mask, match;
        uint32_t start, n; /* a run not yet freed */
        uint64_t freed;
};

static void free_flush(struct freeing *f)
{
        if (f->n > 0)
                memfs_blocks_free(f->blocks, f->start, f->n);
        f->n = 0;
}

static void free_visit(void *arg, uint64_t index, memfs_entry *slots, uint32_t n)
{
        struct freeing *f = arg;

        for (uint32_t i = 0; i < n; i++) {
                uint32_t block = slots[i] & MEMFS_ENTRY_BLOCK;

                if ((slots[i] & f->mask) != f->match)
                        continue;
                slots[i] = 0;
                f->freed++;
                if (f->n > 0 && block == f->start + f->n && (block & (MEMFS_WINDOW_BLOCKS - 1)) != 0) {
                        f->n++;
                        continue;
                }
                free_flush(f);
                f->start = block;
                f->n = 1;
        }
}

static int all_zero(const uint64_t *words, size_t bytes)
{
        for (size_t i = 0; i < bytes / sizeof(*words); i++) {
                if (words[i] != 0)
                        return 0;
        }
        return 1;
}

/* Frees the nodes of the subtree at *p that hold nothing and overlap [from, to). cap: of its leaves. */
static void prune(struct vfs_arena *arena, void **p, unsigned int height, uint32_t cap, uint64_t base,
                  uint64_t from, uint64_t to)
{
        const size_t bytes = height > 1 ? sizeof(struct node) : cap * sizeof(memfs_entry);

        if (height > 1) {
                struct node *node = *p;
                unsigned int bits = span_bits(height - 1);

                for (uint32_t i = 0; i < FANOUT; i++) {
                        uint64_t at = base + ((uint64_t)i << bits);

                        if (node->child[i] && overlaps(from, to, at, bits))
                                prune(arena, &node->child[i], height - 1, cap, at, from, to);
                }
        }
        if (all_zero(*p, bytes)) {
                vfs_arena_free(arena, *p, bytes);
                *p = NULL;
        }
}

void memfs_map_prune(struct memfs_map *map, struct vfs_arena *arena, uint64_t from, uint64_t to)
{
        if (map->height == 0 || from >= to || from >= capacity(map))
                return;
        prune(arena, &map->root, map->height, map->height == 1 ? map->leaf_cap : MEMFS_LEAF, 0, from, to);
        if (!map->root)
                memset(map, 0, sizeof(*map));
}

uint64_t memfs_map_free(struct memfs_map *map, struct memfs_blocks *blocks, uint64_t from, uint64_t to,
                        memfs_entry mask, memfs_entry match)
{
        struct freeing f = { .blocks = blocks, .mask = mask, .match = match };

        if (from >= to)
                return 0;
        memfs_map_each(map, from, to, free_visit, &f);
        free_flush(&f);
        memfs_map_prune(map, blocks->arena, from, to);
        return f.freed;
}
