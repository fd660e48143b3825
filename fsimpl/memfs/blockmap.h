/*
 * blockmap.h - which block holds which 4 KiB of a file: a radix tree.
 */
#ifndef FSIMPL_MEMFS_BLOCKMAP_H
#define FSIMPL_MEMFS_BLOCKMAP_H

#include <stddef.h>
#include <stdint.h>

#include "blocks.h"

/* An entry is 0 (a hole), or a block number with marks. */
typedef uint32_t memfs_entry;
#define MEMFS_ENTRY_UNWRITTEN (UINT32_C(1) << 31) /* fallocated: reads as zeroes, whatever the block holds */
#define MEMFS_ENTRY_STALE     (UINT32_C(1) << 30) /* zeroed while the file was mapped, instead of freed */
#define MEMFS_ENTRY_BLOCK     (MEMFS_BLOCKS_MAX - 1)

/* All zeroes is an empty map. Guarded by the inode's lock. */
struct memfs_map {
        union {
                void *root;
                memfs_entry one; /* height 0: the entry of index 0 */
        };
        uint8_t height; /* 0: one; 1: root is a leaf of leaf_cap entries; more: interior nodes above leaves */
        uint8_t pad;
        uint16_t leaf_cap; /* of a leaf that is the root: it grows; others have MEMFS_LEAF */
};
#define MEMFS_LEAF    1024u /* entries of a leaf: 4 MiB of a file */
#define MEMFS_MAP_END UINT64_MAX

/*
 * The entry at index, and how many from there on go with it (at most max, at
 * least one): a hole's, or consecutive blocks with the same marks.
 */
uint64_t memfs_map_run(const struct memfs_map *map, uint64_t index, uint64_t max, memfs_entry *ret_entry);
/*
 * The place of an index's entry, made if need be, and of those behind it: ret_room
 * says how many lie side by side. NULL: no memory.
 */
memfs_entry *memfs_map_slots(struct memfs_map *map, struct vfs_arena *arena, uint64_t index,
                             uint32_t *ret_room);
/*
 * Visits the entries of [from, to) that are not holes, in order, as slots side
 * by side; the visitor may change them. Nodes are neither made nor freed.
 */
void memfs_map_each(struct memfs_map *map, uint64_t from, uint64_t to,
                    void (*visit)(void *arg, uint64_t index, memfs_entry *slots, uint32_t n), void *arg);
/* Frees the nodes around [from, to) that hold nothing: after memfs_map_slots, when nothing was entered. */
void memfs_map_prune(struct memfs_map *map, struct vfs_arena *arena, uint64_t from, uint64_t to);
/*
 * Frees the blocks of [from, to) for which entry & mask == match, and nodes left
 * empty. Returns how many blocks.
 */
uint64_t memfs_map_free(struct memfs_map *map, struct memfs_blocks *blocks, uint64_t from, uint64_t to,
                        memfs_entry mask, memfs_entry match);

#endif
