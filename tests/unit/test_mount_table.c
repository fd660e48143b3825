/*
 * The mount table against a plain list: lookups, Robin Hood's order, growth,
 * removal, stacks; and the numbers of mounts.
 */
#include "mount/internal.h"

#include <errno.h>

#include "tests/unit/test_main.h"

#define MOUNTS 3000
#define POINTS 4000

static struct vfs vfs;
static struct vfs_mount mounts[MOUNTS];
static struct vfs_dentry points[POINTS];
static struct vfs_mount_table *table;
static uint64_t seed;

static uint64_t test_random(void)
{
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return seed >> 33;
}

static void setup(void)
{
        memset(&vfs, 0, sizeof(vfs));
        memset(mounts, 0, sizeof(mounts));
        memset(points, 0, sizeof(points));
        seed = 20260101;
        for (int i = 0; i < 4; i++)
                vfs.hash_key[i] = test_random() << 32 | test_random() | 1;
        ck_assert_int_eq(vfs_mounts_init(&vfs), 0);
        table = vfs.mount_table;
        for (int i = 0; i < MOUNTS; i++) {
                mounts[i].hash = test_random() << 32 ^ test_random();
                mounts[i].root = &points[POINTS - 1 - i];
                mounts[i].vfs = &vfs;
        }
}

static void insert(struct vfs_mount *m, struct vfs_mount *parent, struct vfs_dentry *point)
{
        m->parent = parent;
        m->point = point;
        point->word |= VFS_D_MOUNTED;
        ck_assert_int_eq(vfs_mount_table_reserve(table, &vfs, 1), 0);
        vfs_seq_write_begin(&table->seq);
        vfs_mount_table_insert_seq(table, m);
        vfs_seq_write_end(&table->seq);
}

static void remove_mount(struct vfs_mount *m)
{
        vfs_seq_write_begin(&table->seq);
        vfs_mount_table_remove_seq(table, m);
        m->parent = NULL;
        m->point = NULL;
        vfs_seq_write_end(&table->seq);
}

static void teardown(void)
{
        for (int i = 0; i < MOUNTS; i++) {
                if (mounts[i].parent != NULL)
                        remove_mount(&mounts[i]);
        }
        vfs_limbo_drain(&vfs.limbo, &vfs);
        vfs_mounts_fini(&vfs);
}

/* Every entry is as far from its home as its neighbour allows, and what the table holds is what it counts. */
static void check_invariants(void)
{
        const struct vfs_mount_slots *slots = table->slots;
        uint32_t count = 0;

        for (uint64_t i = 0; i <= slots->mask; i++) {
                const struct vfs_mount_slot *slot = &slots->slot[i],
                                            *behind = &slots->slot[(i + 1) & slots->mask];
                uint64_t distance = (i - (slot->hash >> slots->shift)) & slots->mask;
                uint64_t behind_distance = (i + 1 - (behind->hash >> slots->shift)) & slots->mask;

                if (slot->mount != NULL) {
                        count++;
                        ck_assert_uint_eq(slot->hash, vfs_mount_table_hash(table, slot->mount->parent,
                                                                           slot->mount->point));
                }
                if (behind->mount == NULL)
                        continue;
                if (slot->mount == NULL)
                        ck_assert_uint_eq(behind_distance, 0);
                else
                        ck_assert_uint_le(behind_distance, distance + 1);
        }
        ck_assert_uint_eq(count, table->count);
        ck_assert_uint_lt(count, slots->mask + 1);
}

START_TEST(test_mount_table_empty_finds_none)
{
        ck_assert_ptr_null(vfs_mount_table_lookup(table, &mounts[0], &points[0]));
        check_invariants();
}
END_TEST

START_TEST(test_mount_table_random_changes_match_model)
{
        /* The first 50 mounts are parents; each of the others is in the table or not. */
        for (int step = 0; step < 20000; step++) {
                uint32_t i = 50 + (uint32_t)(test_random() % 400);
                struct vfs_mount *m = &mounts[i];

                if (m->parent != NULL)
                        remove_mount(m);
                else
                        insert(m, &mounts[i % 50], &points[i]);
                if (step % 97 == 0)
                        check_invariants();
                if (step % 997 == 0) {
                        for (uint32_t k = 50; k < 450; k++) {
                                for (uint32_t p = 0; p < 50; p++) {
                                        struct vfs_mount *expected = mounts[k].parent == &mounts[p]
                                                                             ? &mounts[k]
                                                                             : NULL;

                                        ck_assert_ptr_eq(
                                                vfs_mount_table_lookup(table, &mounts[p], &points[k]),
                                                expected);
                                }
                        }
                }
        }
}
END_TEST

START_TEST(test_mount_table_growth_keeps_every_entry)
{
        for (int i = 1; i < MOUNTS; i++) {
                insert(&mounts[i], &mounts[0], &points[i % 900]);
                if (i % 900 == 899)
                        break;
                if (i % 101 == 0)
                        check_invariants();
        }
        check_invariants();
        for (int i = 1; i < 900; i++)
                ck_assert_ptr_eq(vfs_mount_table_lookup(table, &mounts[0], &points[i]), &mounts[i]);
        ck_assert_ptr_null(vfs_mount_table_lookup(table, &mounts[1], &points[1]));
}
END_TEST

START_TEST(test_mount_table_lookup_of_stack_finds_top)
{
        insert(&mounts[1], &mounts[0], &points[0]);
        for (int i = 2; i < 100; i++) {
                insert(&mounts[i], &mounts[i - 1], mounts[i - 1].root);
                ck_assert_ptr_eq(vfs_mount_table_lookup(table, &mounts[0], &points[0]), &mounts[i]);
        }
        for (int i = 99; i > 1; i--) {
                remove_mount(&mounts[i]);
                ck_assert_ptr_eq(vfs_mount_table_lookup(table, &mounts[0], &points[0]), &mounts[i - 1]);
        }
}
END_TEST

START_TEST(test_mount_table_removed_is_not_found)
{
        insert(&mounts[1], &mounts[0], &points[0]);
        insert(&mounts[2], &mounts[0], &points[1]);
        remove_mount(&mounts[1]);
        ck_assert_ptr_null(vfs_mount_table_lookup(table, &mounts[0], &points[0]));
        ck_assert_ptr_eq(vfs_mount_table_lookup(table, &mounts[0], &points[1]), &mounts[2]);
}
END_TEST

START_TEST(test_mount_table_change_moves_the_count)
{
        uint32_t seq = vfs_mounts_seq_begin(&vfs);

        ck_assert(!vfs_mounts_seq_retry(&vfs, seq));
        insert(&mounts[1], &mounts[0], &points[0]);
        ck_assert(vfs_mounts_seq_retry(&vfs, seq));
        seq = vfs_mounts_seq_begin(&vfs);
        remove_mount(&mounts[1]);
        ck_assert(vfs_mounts_seq_retry(&vfs, seq));
}
END_TEST

START_TEST(test_mount_parent_is_where_it_is_mounted)
{
        struct vfs_path path = { NULL, NULL };

        ck_assert(!vfs_mount_parent_rcu(&mounts[1], &path));
        insert(&mounts[1], &mounts[0], &points[7]);
        ck_assert(vfs_mount_parent_rcu(&mounts[1], &path));
        ck_assert_ptr_eq(path.mount, &mounts[0]);
        ck_assert_ptr_eq(path.dentry, &points[7]);
}
END_TEST

START_TEST(test_mount_ids_lowest_free_first)
{
        struct vfs_mount_ids *ids = &vfs_mounts_of(&vfs)->ids;
        uint32_t id = 0;

        for (uint32_t i = 1; i <= 1000; i++) {
                ck_assert_int_eq(vfs_mount_ids_alloc(ids, &vfs, &id), 0);
                ck_assert_uint_eq(id, i);
        }
        vfs_mount_ids_free(ids, 900);
        vfs_mount_ids_free(ids, 17);
        vfs_mount_ids_free(ids, 300);
        ck_assert_int_eq(vfs_mount_ids_alloc(ids, &vfs, &id), 0);
        ck_assert_uint_eq(id, 17);
        ck_assert_int_eq(vfs_mount_ids_alloc(ids, &vfs, &id), 0);
        ck_assert_uint_eq(id, 300);
        ck_assert_int_eq(vfs_mount_ids_alloc(ids, &vfs, &id), 0);
        ck_assert_uint_eq(id, 900);
        ck_assert_int_eq(vfs_mount_ids_alloc(ids, &vfs, &id), 0);
        ck_assert_uint_eq(id, 1001);
}
END_TEST

START_TEST(test_mount_points_index_doubles)
{
        struct vfs_mount_points *index = &vfs_mounts_of(&vfs)->points;

        for (int i = 1; i < 1000; i++) {
                ck_assert_int_eq(vfs_mount_points_reserve(index, &vfs, 1), 0);
                mounts[i].point = &points[i % 10];
                vfs_mount_points_add(index, &mounts[i]);
        }
        ck_assert_uint_ge(UINT64_C(1) << index->log2, 999);
        for (int i = 1; i < 1000; i++) {
                vfs_mount_points_remove(index, &mounts[i]);
                mounts[i].point = NULL;
        }
        for (uint64_t i = 0; i < UINT64_C(1) << index->log2; i++)
                ck_assert_ptr_null(index->buckets[i]);
        ck_assert_uint_eq(index->count, 0);
}
END_TEST

static int allocations_left;

static void *failing_alloc(void *user, size_t size)
{
        return allocations_left-- > 0 ? malloc(size) : NULL;
}

START_TEST(test_mount_table_growth_without_memory_changes_nothing)
{
        uint32_t before;

        insert(&mounts[1], &mounts[0], &points[1]);
        insert(&mounts[2], &mounts[0], &points[2]);
        before = table->count;
        vfs.allocator.alloc = failing_alloc;
        allocations_left = 0;
        ck_assert_int_eq(vfs_mount_table_reserve(table, &vfs, 1000), -ENOMEM);
        vfs.allocator.alloc = NULL;
        ck_assert_uint_eq(table->count, before);
        ck_assert_ptr_eq(vfs_mount_table_lookup(table, &mounts[0], &points[1]), &mounts[1]);
        ck_assert_ptr_eq(vfs_mount_table_lookup(table, &mounts[0], &points[2]), &mounts[2]);
}
END_TEST

TEST_MAIN_FIXTURE("mount table", setup, teardown, test_mount_table_empty_finds_none,
                  test_mount_table_random_changes_match_model, test_mount_table_growth_keeps_every_entry,
                  test_mount_table_lookup_of_stack_finds_top, test_mount_table_removed_is_not_found,
                  test_mount_table_change_moves_the_count, test_mount_parent_is_where_it_is_mounted,
                  test_mount_ids_lowest_free_first, test_mount_points_index_doubles,
                  test_mount_table_growth_without_memory_changes_nothing)
