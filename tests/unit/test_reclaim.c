/*
 * Deferred frees: when they happen, and that nothing is freed while a section that could see it is open.
 */
#include "tests/unit/test_main.h"
#include "vfs/base/alloc.h"
#include "vfs/base/check.h"
#include "vfs/base/reclaim.h"

struct object {
        struct vfs_deferred deferred;
        int freed;
};

static struct vfs_limbo limbo;
static size_t frees;
static int owner;

static void on_free(struct vfs_deferred *d, void *o)
{
        struct object *object = vfs_container_of(d, struct object, deferred);

        if (o != &owner || object->freed++ != 0)
                ck_abort();
        frees++;
}

static void setup(void)
{
        limbo = (struct vfs_limbo){ 0 };
        frees = 0;
}

static void add(struct object *objects, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                objects[i] = (struct object){ .deferred = { .free = on_free } };
                vfs_limbo_add(&limbo, &objects[i].deferred, &owner);
        }
}

START_TEST(test_limbo_frees_by_itself_without_readers)
{
        static struct object objects[10000];

        add(objects, 10000);
        ck_assert_uint_ge(frees, 10000 - 2 * 64);
        ck_assert_uint_gt(vfs_limbo_collect(&limbo, &owner, 0), 0);
        ck_assert_uint_eq(frees, 10000);
}
END_TEST

START_TEST(test_limbo_frees_nothing_under_an_open_section)
{
        static struct object objects[1000], later[1000];
        struct vfs_thread *t = vfs_thread_get();

        vfs_epoch_enter(t);
        add(objects, 1000);
        ck_assert_uint_eq(vfs_limbo_collect(&limbo, &owner, 0), 0);
        ck_assert_uint_eq(frees, 0);
        vfs_epoch_exit(t);
        add(later, 1000);
        ck_assert_uint_ge(frees, 2000 - 2 * 64);
        vfs_limbo_drain(&limbo, &owner);
        ck_assert_uint_eq(frees, 2000);
}
END_TEST

START_TEST(test_limbo_collect_at_most)
{
        static struct object objects[60];

        add(objects, 60);
        ck_assert_uint_eq(frees, 0);
        ck_assert_uint_eq(vfs_limbo_collect(&limbo, &owner, 10), 10);
        ck_assert_uint_eq(frees, 10);
        ck_assert_uint_eq(vfs_limbo_collect(&limbo, &owner, 49), 49);
        ck_assert_uint_eq(vfs_limbo_collect(&limbo, &owner, 49), 1);
        ck_assert_uint_eq(vfs_limbo_collect(&limbo, &owner, 0), 0);
        ck_assert_uint_eq(frees, 60);
}
END_TEST

START_TEST(test_limbo_nested_sections_count_as_one)
{
        static struct object objects[1000];
        struct vfs_thread *t = vfs_thread_get();

        vfs_epoch_enter(t);
        vfs_epoch_enter(t);
        ck_assert(vfs_epoch_inside(t));
        add(objects, 500);
        vfs_epoch_exit(t);
        ck_assert(vfs_epoch_inside(t));
        add(objects + 500, 500);
        ck_assert_uint_eq(frees, 0);
        vfs_epoch_exit(t);
        ck_assert(!vfs_epoch_inside(t));
        vfs_epoch_synchronize(t);
        ck_assert_uint_eq(vfs_limbo_drain(&limbo, &owner), 1000);
}
END_TEST

/* A free that adds. */
static struct object followers[5];

static void free_and_add(struct vfs_deferred *d, void *o)
{
        on_free(d, o);
        add(followers, 5);
}

START_TEST(test_limbo_drain_takes_what_frees_add)
{
        struct object first = { .deferred = { .free = free_and_add } };

        vfs_limbo_add(&limbo, &first.deferred, &owner);
        ck_assert_uint_eq(vfs_limbo_drain(&limbo, &owner), 6);
        ck_assert_uint_eq(frees, 6);
}
END_TEST

START_TEST(test_limbo_epoch_may_wrap)
{
        static struct object objects[1000];

        limbo.closed = UINT32_MAX - 1; /* far behind the epoch, in the other direction */
        limbo.old = NULL;
        add(objects, 1000);
        ck_assert_uint_ge(frees, 1000 - 2 * 64);
        vfs_limbo_drain(&limbo, &owner);
}
END_TEST

TEST_MAIN_FIXTURE("reclaim", setup, NULL, test_limbo_frees_by_itself_without_readers, test_limbo_frees_nothing_under_an_open_section,
          test_limbo_collect_at_most, test_limbo_nested_sections_count_as_one, test_limbo_drain_takes_what_frees_add,
          test_limbo_epoch_may_wrap)
