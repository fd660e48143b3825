/*
 * The block allocator and the block map of memfs, against models that are as simple as can be: an array of owners
 * for the blocks, an array of entries for the map.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fsimpl/memfs/blockmap.h"
#include "fsimpl/memfs/blocks.h"
#include "tests/unit/test_main.h"
#include "vfs/base/alloc.h"

/* An allocator that fails after some allocations. */
static long allocs_left = -1;

static void *failing_alloc(void *user, size_t size)
{
        if (allocs_left == 0)
                return NULL;
        if (allocs_left > 0)
                allocs_left--;
        return aligned_alloc(64, (size + 63) & ~(size_t)63);
}

static void failing_free(void *user, void *p, size_t size)
{
        free(p);
}

static const struct vfs_allocator allocator = { failing_alloc, failing_free, NULL };
static struct vfs_arena *arena;
static struct memfs_blocks blocks;
static uint64_t seed = 88172645463325252u;

static uint32_t rnd(uint32_t n)
{
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return (uint32_t)((seed >> 16) % n);
}

static void setup(void)
{
        allocs_left = -1;
        arena = vfs_arena_new(&allocator);
        ck_assert_ptr_nonnull(arena);
        memfs_blocks_init(&blocks, arena, 0);
}

static void teardown(void)
{
        allocs_left = -1;
        memfs_blocks_fini(&blocks);
        vfs_arena_destroy(arena);
}

static uint64_t host_blocks(void)
{
        struct stat st;

        ck_assert_int_eq(fstat(blocks.fd, &st), 0);
        return (uint64_t)st.st_blocks / 8;
}

START_TEST(test_memfs_blocks_start_at_one_and_continue_behind_the_hint)
{
        uint32_t a, b, c;
        int dirty;

        ck_assert_int_eq(blocks.fd, -1);
        ck_assert_int_eq(memfs_blocks_alloc(&blocks, 0, 3, &a, &dirty), 3);
        ck_assert_uint_eq(a, 1);
        ck_assert_int_eq(dirty, 0);
        ck_assert_int_eq(memfs_blocks_alloc(&blocks, a + 3, 2, &b, &dirty), 2);
        ck_assert_uint_eq(b, a + 3);
        memfs_blocks_free(&blocks, a, 3);
        /* The lowest free ones, and they were used before. */
        ck_assert_int_eq(memfs_blocks_alloc(&blocks, 0, 9, &c, &dirty), 3);
        ck_assert_uint_eq(c, 1);
        ck_assert_int_eq(dirty, 1);
        ck_assert_uint_eq(blocks.used, 5);
}
END_TEST

START_TEST(test_memfs_blocks_limit_gives_short_runs_then_enospc)
{
        uint64_t used, limit;
        uint32_t a;
        int dirty;

        ck_assert_int_eq(memfs_blocks_set_limit(&blocks, 5), -EINVAL);
        memfs_blocks_fini(&blocks);
        memfs_blocks_init(&blocks, arena, 5);
        ck_assert_int_eq(memfs_blocks_alloc(&blocks, 0, 3, &a, &dirty), 3);
        ck_assert_int_eq(memfs_blocks_charge(&blocks, 1), 0);
        ck_assert_int_eq(memfs_blocks_alloc(&blocks, 0, 3, &a, &dirty), 1);
        ck_assert_int_eq(memfs_blocks_alloc(&blocks, 0, 1, &a, &dirty), -ENOSPC);
        ck_assert_int_eq(memfs_blocks_charge(&blocks, 1), -ENOSPC);
        ck_assert_int_eq(memfs_blocks_set_limit(&blocks, 4), -EINVAL);
        ck_assert_int_eq(memfs_blocks_set_limit(&blocks, 6), 0);
        ck_assert_int_eq(memfs_blocks_alloc(&blocks, 0, 3, &a, &dirty), 1);
        memfs_blocks_uncharge(&blocks, 1);
        memfs_blocks_usage(&blocks, &used, &limit);
        ck_assert_uint_eq(used, 5);
        ck_assert_uint_eq(limit, 6);
        ck_assert_int_eq(memfs_blocks_set_limit(&blocks, 0), 0);
}
END_TEST

START_TEST(test_memfs_blocks_small_use_commits_little_memory)
{
        uint32_t a;
        int dirty;

        ck_assert_int_eq(memfs_blocks_alloc(&blocks, 0, 1, &a, &dirty), 1);
        ck_assert_uint_eq(host_blocks(), 16);
        ck_assert_uint_eq(blocks.committed, 16);
}
END_TEST

START_TEST(test_memfs_blocks_give_memory_back_beyond_the_slack)
{
        uint32_t first[64], n[64], count = 0, total = 0;
        int dirty, r;

        while (total < 24576 && count < 64) {
                r = memfs_blocks_alloc(&blocks, 0, 512, &first[count], &dirty);
                ck_assert_int_gt(r, 0);
                memset(memfs_block_addr(&blocks, first[count]), 0xa5, (size_t)r << MEMFS_BLOCK_SHIFT);
                n[count++] = (uint32_t)r;
                total += (uint32_t)r;
        }
        ck_assert_uint_ge(host_blocks(), total);
        for (uint32_t i = 0; i < count; i++)
                memfs_blocks_free(&blocks, first[i], n[i]);
        ck_assert_uint_eq(blocks.used, 0);
        ck_assert_uint_le(host_blocks(), 8192);
        ck_assert_uint_eq(blocks.committed, host_blocks());
        /* What went and comes again is zero, and said to be. */
        for (uint32_t i = 0; i < 24; i++) {
                r = memfs_blocks_alloc(&blocks, 0, 512, &first[i], &dirty);
                ck_assert_int_gt(r, 0);
                for (uint32_t k = 0; !dirty && k < (uint32_t)r << MEMFS_BLOCK_SHIFT; k += 511)
                        ck_assert_int_eq(memfs_block_addr(&blocks, first[i])[k], 0);
        }
}
END_TEST

START_TEST(test_memfs_blocks_cross_into_the_next_window)
{
        uint32_t a, total = 0;
        int dirty, r;

        /* Pretend that the first window is full: nothing is committed for that. */
        ck_assert_int_eq(memfs_blocks_alloc(&blocks, 0, 1, &a, &dirty), 1);
        blocks.lowest = MEMFS_WINDOW_BLOCKS - 2;
        while (total < 10) {
                r = memfs_blocks_alloc(&blocks, 0, 10 - total, &a, &dirty);
                ck_assert_int_gt(r, 0);
                ck_assert_uint_eq(a >> MEMFS_WINDOW_SHIFT, (a + (uint32_t)r - 1) >> MEMFS_WINDOW_SHIFT);
                memset(memfs_block_addr(&blocks, a), 1, (size_t)r << MEMFS_BLOCK_SHIFT);
                total += (uint32_t)r;
        }
        ck_assert_uint_eq(blocks.nwindows, 2);
        ck_assert_uint_eq(a, MEMFS_WINDOW_BLOCKS);
}
END_TEST

START_TEST(test_memfs_blocks_failed_allocation_is_enomem_and_leaves_no_trace)
{
        uint32_t a;
        int dirty;

        for (long n = 0; n < 3; n++) {
                allocs_left = n;
                ck_assert_int_eq(memfs_blocks_alloc(&blocks, 0, 1, &a, &dirty), -ENOMEM);
                ck_assert_uint_eq(blocks.used, 0);
                ck_assert_uint_eq(blocks.nwindows, 0);
        }
        allocs_left = -1;
        ck_assert_int_eq(memfs_blocks_alloc(&blocks, 0, 1, &a, &dirty), 1);
}
END_TEST

#define MODEL_BLOCKS 6000u

START_TEST(test_memfs_blocks_random_runs_never_overlap)
{
        static uint8_t owner[1u << 16];
        struct {
                uint32_t block, n;
                uint8_t id;
        } runs[200] = { { 0, 0, 0 } };
        uint32_t used = 0;

        memset(owner, 0, sizeof(owner));
        for (uint32_t step = 0; step < 20000; step++) {
                uint32_t i = rnd(200), block;
                int dirty, r;

                if (runs[i].n == 0 && used < MODEL_BLOCKS) {
                        uint32_t hint = rnd(2) ? runs[rnd(200)].block + runs[rnd(200)].n : 0;

                        r = memfs_blocks_alloc(&blocks, hint, 1 + rnd(100), &block, &dirty);
                        ck_assert_int_gt(r, 0);
                        ck_assert_uint_gt(block, 0);
                        for (uint32_t k = 0; k < (uint32_t)r; k++) {
                                char *p = memfs_block_addr(&blocks, block + k);

                                ck_assert_uint_eq(owner[block + k], 0);
                                owner[block + k] = (uint8_t)(i + 1);
                                if (!dirty)
                                        ck_assert(p[0] == 0 && p[MEMFS_BLOCK_SIZE - 1] == 0);
                                p[0] = p[MEMFS_BLOCK_SIZE - 1] = (char)(i + 1);
                        }
                        runs[i].block = block;
                        runs[i].n = (uint32_t)r;
                        used += (uint32_t)r;
                } else if (runs[i].n > 0) {
                        uint32_t n = rnd(4) ? runs[i].n : 1 + rnd(runs[i].n);

                        for (uint32_t k = 0; k < n; k++) {
                                ck_assert_int_eq(memfs_block_addr(&blocks, runs[i].block + k)[0], (char)(i + 1));
                                owner[runs[i].block + k] = 0;
                        }
                        memfs_blocks_free(&blocks, runs[i].block, n);
                        runs[i].block += n;
                        runs[i].n -= n;
                        used -= n;
                }
                ck_assert_uint_eq(blocks.used, used);
        }
}
END_TEST

/* The map. */

START_TEST(test_memfs_map_empty_is_one_hole)
{
        struct memfs_map map = { 0 };
        memfs_entry entry = 1;

        ck_assert_uint_eq(memfs_map_run(&map, 0, 77, &entry), 77);
        ck_assert_uint_eq(entry, 0);
        ck_assert_uint_eq(memfs_map_run(&map, UINT64_C(1) << 51, 3, &entry), 3);
}
END_TEST

START_TEST(test_memfs_map_one_block_needs_no_memory)
{
        struct memfs_map map = { 0 };
        memfs_entry *slots, entry;
        uint64_t before = vfs_arena_bytes(arena);
        uint32_t room;

        slots = memfs_map_slots(&map, arena, 0, &room);
        ck_assert_uint_eq(room, 1);
        slots[0] = 42;
        ck_assert_uint_eq(vfs_arena_bytes(arena), before);
        ck_assert_uint_eq(memfs_map_run(&map, 0, 9, &entry), 1);
        ck_assert_uint_eq(entry, 42);
        slots = memfs_map_slots(&map, arena, 5, &room);
        ck_assert_uint_eq(room, 11);
        slots[0] = 50;
        ck_assert_uint_eq(memfs_map_run(&map, 0, 9, &entry), 1);
        ck_assert_uint_eq(entry, 42);
        ck_assert_uint_eq(memfs_map_run(&map, 1, 9, &entry), 4);
        ck_assert_uint_eq(entry, 0);
}
END_TEST

START_TEST(test_memfs_map_highest_index_of_a_file)
{
        struct memfs_map map = { 0 };
        const uint64_t top = ((uint64_t)INT64_MAX - 1) >> MEMFS_BLOCK_SHIFT;
        uint64_t index = 0, before = vfs_arena_bytes(arena);
        uint32_t block, room;
        memfs_entry *slots, entry = 0;
        int dirty, rounds = 0;

        ck_assert_int_eq(memfs_blocks_alloc(&blocks, 0, 1, &block, &dirty), 1);
        before = vfs_arena_bytes(arena);
        slots = memfs_map_slots(&map, arena, top, &room);
        ck_assert_ptr_nonnull(slots);
        slots[0] = block;
        /* Empty subtrees are passed in big steps. */
        for (; entry == 0; rounds++) {
                uint64_t n = memfs_map_run(&map, index, top + 1 - index, &entry);

                if (entry == 0)
                        index += n;
        }
        ck_assert_uint_eq(index, top);
        ck_assert_int_lt(rounds, 6000);
        ck_assert_uint_eq(memfs_map_free(&map, &blocks, 0, MEMFS_MAP_END, 0, 0), 1);
        ck_assert_uint_eq(vfs_arena_bytes(arena), before);
        ck_assert_uint_eq(blocks.used, 0);
}
END_TEST

#define MODEL_INDICES 5000u
static memfs_entry model[MODEL_INDICES];

/* Where the model's index i lies in the map: three clusters, far apart. */
static uint64_t spread(uint32_t i)
{
        return i < 1500 ? i : i < 3500 ? (UINT64_C(1) << 19) - 1000 + i - 1500 : (UINT64_C(1) << 40) + i - 3500;
}

static void check_map(const struct memfs_map *map)
{
        for (uint32_t i = 0; i < MODEL_INDICES;) {
                uint32_t end = i < 1500 ? 1500 : i < 3500 ? 3500 : MODEL_INDICES;
                memfs_entry entry;
                uint64_t n = memfs_map_run(map, spread(i), end - i, &entry);

                ck_assert_uint_ge(n, 1);
                for (uint64_t k = 0; k < n; k++, i++)
                        ck_assert_uint_eq(model[i], entry ? entry + k : 0);
        }
}

START_TEST(test_memfs_map_random_changes_match_an_array)
{
        struct memfs_map map = { 0 };
        uint32_t used = 0;

        memset(model, 0, sizeof(model));
        for (uint32_t step = 0; step < 3000; step++) {
                uint32_t i = rnd(MODEL_INDICES), n = 1 + rnd(rnd(8) ? 20 : 1500), end, room, block;
                uint32_t cluster_end = i < 1500 ? 1500 : i < 3500 ? 3500 : MODEL_INDICES;
                int dirty, r;

                end = i + n < cluster_end ? i + n : cluster_end;
                if (rnd(2)) {
                        memfs_entry entry, *slots, mark = rnd(4) ? 0 : MEMFS_ENTRY_UNWRITTEN;
                        uint64_t run = memfs_map_run(&map, spread(i), end - i, &entry);

                        allocs_left = rnd(8) ? -1 : (long)rnd(4);
                        slots = entry ? NULL : memfs_map_slots(&map, arena, spread(i), &room);
                        r = slots ? memfs_blocks_alloc(&blocks, 0, run < room ? (uint32_t)run : room, &block, &dirty)
                                  : 0;
                        allocs_left = -1;
                        for (uint32_t k = 0; (int)k < r; k++)
                                slots[k] = model[i + k] = (block + k) | mark;
                        used += r > 0 ? (uint32_t)r : 0;
                } else {
                        memfs_entry mask = rnd(4) ? 0 : MEMFS_ENTRY_UNWRITTEN;
                        uint64_t freed = memfs_map_free(&map, &blocks, spread(i), spread(end - 1) + 1, mask, mask);

                        for (; i < end; i++) {
                                if (model[i] == 0 || (model[i] & mask) != mask)
                                        continue;
                                model[i] = 0;
                                freed--;
                                used--;
                        }
                        ck_assert_uint_eq(freed, 0);
                }
                ck_assert_uint_eq(blocks.used, used);
                if (step % 16 == 0)
                        check_map(&map);
        }
        check_map(&map);
        ck_assert_uint_eq(memfs_map_free(&map, &blocks, 0, MEMFS_MAP_END, 0, 0), used);
        ck_assert_uint_eq(blocks.used, 0);
}
END_TEST

START_TEST(test_memfs_map_gives_all_memory_back)
{
        struct memfs_map map = { 0 };
        uint64_t before;
        uint32_t room, block;
        int dirty;

        ck_assert_int_eq(memfs_blocks_alloc(&blocks, 0, 1, &block, &dirty), 1);
        memfs_blocks_free(&blocks, block, 1);
        before = vfs_arena_bytes(arena);
        for (uint32_t shift = 0; shift < 51; shift++)
                ck_assert_ptr_nonnull(memfs_map_slots(&map, arena, UINT64_C(1) << shift, &room));
        ck_assert_uint_gt(vfs_arena_bytes(arena), before);
        memfs_map_free(&map, &blocks, 1, MEMFS_MAP_END, 0, 0);
        memfs_map_free(&map, &blocks, 0, MEMFS_MAP_END, 0, 0);
        ck_assert_uint_eq(vfs_arena_bytes(arena), before);
        ck_assert_uint_eq(map.height, 0);
}
END_TEST

START_TEST(test_memfs_map_frees_nodes_that_hold_nothing)
{
        struct memfs_map map = { 0 };
        uint64_t before;
        uint32_t room, block;
        memfs_entry *slots;
        int dirty;

        ck_assert_int_eq(memfs_blocks_alloc(&blocks, 0, 1, &block, &dirty), 1);
        memfs_blocks_free(&blocks, block, 1);
        before = vfs_arena_bytes(arena);
        for (uint64_t i = 0; i < 1000; i++) {
                uint64_t index = i << 33 | 77;

                slots = memfs_map_slots(&map, arena, index, &room);
                ck_assert_ptr_nonnull(slots);
                if (i % 2 == 0) {
                        ck_assert_int_eq(memfs_blocks_alloc(&blocks, 0, 1, &slots[0], &dirty), 1);
                        ck_assert_uint_eq(memfs_map_free(&map, &blocks, index - 1, index + 1, 0, 0), 1);
                } else {
                        memfs_map_prune(&map, arena, index, index + 1);
                }
                ck_assert_uint_eq(vfs_arena_bytes(arena), before);
        }
}
END_TEST

TEST_MAIN_FIXTURE("memfs_blocks", setup, teardown,
                  test_memfs_blocks_start_at_one_and_continue_behind_the_hint,
                  test_memfs_blocks_limit_gives_short_runs_then_enospc,
                  test_memfs_blocks_small_use_commits_little_memory,
                  test_memfs_blocks_give_memory_back_beyond_the_slack,
                  test_memfs_blocks_cross_into_the_next_window,
                  test_memfs_blocks_failed_allocation_is_enomem_and_leaves_no_trace,
                  test_memfs_blocks_random_runs_never_overlap,
                  test_memfs_map_empty_is_one_hole,
                  test_memfs_map_one_block_needs_no_memory,
                  test_memfs_map_highest_index_of_a_file,
                  test_memfs_map_random_changes_match_an_array,
                  test_memfs_map_gives_all_memory_back,
                  test_memfs_map_frees_nodes_that_hold_nothing)
