/*
 * User namespaces: which ids they have, how deep they nest, how long they live.
 */
#include <errno.h>

#include "tests/unit/test_main.h"
#include "vfs/object/userns.h"

static struct vfs_userns *make(struct vfs_userns_opts opts)
{
        struct vfs_userns *userns = NULL;

        opts.size = sizeof(opts);
        ck_assert_int_eq(vfs_userns_new(&opts, &userns), 0);
        return userns;
}

START_TEST(test_userns_bad_options)
{
        static struct vfs_id_range ranges[341];
        struct vfs_userns_opts opts = { .size = sizeof(opts) - 4 };
        struct vfs_userns *userns = (struct vfs_userns *)&opts;

        for (uint32_t i = 0; i < 341; i++)
                ranges[i] = (struct vfs_id_range){ 2 * i, 1 };
        ck_assert_int_eq(vfs_userns_new(NULL, &userns), -EINVAL);
        ck_assert_int_eq(vfs_userns_new(&opts, &userns), -EINVAL);
        opts.size = sizeof(opts);
        opts.nuids = 1;
        ck_assert_int_eq(vfs_userns_new(&opts, &userns), -EINVAL);
        opts.nuids = 0;
        opts.ngids = 1;
        ck_assert_int_eq(vfs_userns_new(&opts, &userns), -EINVAL);
        opts.uids = opts.gids = ranges;
        opts.ngids = 341;
        ck_assert_int_eq(vfs_userns_new(&opts, &userns), -EINVAL);
        opts.ngids = 340;
        opts.nuids = 341;
        ck_assert_int_eq(vfs_userns_new(&opts, &userns), -EINVAL);
        ck_assert_ptr_eq(userns, (struct vfs_userns *)&opts);
        opts.nuids = 340;
        ck_assert_int_eq(vfs_userns_new(&opts, &userns), 0);
        for (uint32_t id = 0; id < 682; id++) {
                ck_assert_int_eq(vfs_userns_maps_uid(userns, id), id % 2 == 0 && id < 680);
                ck_assert_int_eq(vfs_userns_maps_gid(userns, id), id % 2 == 0 && id < 680);
        }
        vfs_userns_put(userns);
}
END_TEST

START_TEST(test_userns_ranges_that_are_none)
{
        static const struct {
                struct vfs_id_range ranges[2];
                int result;
        } cases[] = {
                { { { 0, 0 }, { 10, 1 } }, -EINVAL },
                { { { UINT32_MAX, 1 }, { 10, 1 } }, -EINVAL },
                { { { UINT32_MAX - 1, 2 }, { 10, 1 } }, -EINVAL },
                { { { UINT32_MAX - 1, UINT32_MAX }, { 10, 1 } }, -EINVAL },
                { { { 1, UINT32_MAX }, { 0, 1 } }, -EINVAL },
                { { { UINT32_MAX - 1, 1 }, { 10, 1 } }, 0 },
                { { { 1, UINT32_MAX - 1 }, { 0, 1 } }, 0 },
                { { { 10, 5 }, { 14, 1 } }, -EINVAL },
                { { { 14, 1 }, { 10, 5 } }, -EINVAL },
                { { { 10, 5 }, { 10, 5 } }, -EINVAL },
                { { { 15, 1 }, { 10, 5 } }, 0 },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct vfs_id_range *ranges = cases[i].ranges;
                struct vfs_userns_opts uids = { .size = sizeof(uids), .uids = ranges, .nuids = 2 };
                struct vfs_userns_opts gids = { .size = sizeof(gids), .gids = ranges, .ngids = 2 };
                struct vfs_userns *userns = NULL;

                ck_assert_msg(vfs_userns_new(&uids, &userns) == cases[i].result, "uids, case %zu", i);
                vfs_userns_put(userns);
                userns = NULL;
                ck_assert_msg(vfs_userns_new(&gids, &userns) == cases[i].result, "gids, case %zu", i);
                vfs_userns_put(userns);
        }
}
END_TEST

START_TEST(test_userns_ids_at_the_edges)
{
        static const struct vfs_id_range uids[] = { { 300, 1 }, { 100, 10 }, { UINT32_MAX - 5, 5 },
                                                    { 0, 1 } };
        static const struct vfs_id_range gids[] = { { 101, 1 } }, all = { 0, UINT32_MAX };
        static const struct {
                uint32_t id;
                bool uid, gid;
        } cases[] = {
                { 0, true, false },    { 1, false, false },   { 99, false, false },
                { 100, true, false },  { 101, true, true },   { 102, true, false },
                { 109, true, false },  { 110, false, false }, { 299, false, false },
                { 300, true, false },  { 301, false, false }, { UINT32_MAX - 6, false, false },
                { UINT32_MAX - 5, true, false },              { UINT32_MAX - 1, true, false },
                { UINT32_MAX, false, false },
        };
        struct vfs_userns *userns;

        userns = make((struct vfs_userns_opts){ .uids = uids, .nuids = 4, .gids = gids, .ngids = 1 });
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const uint32_t id = cases[i].id;

                ck_assert_msg(vfs_userns_maps_uid(userns, id) == cases[i].uid, "uid %u", id);
                ck_assert_msg(vfs_userns_maps_gid(userns, id) == cases[i].gid, "gid %u", id);
                ck_assert(vfs_userns_maps_uid(NULL, id) && vfs_userns_maps_gid(NULL, id));
        }
        vfs_userns_put(userns);
        userns = make((struct vfs_userns_opts){ .uids = &all, .nuids = 1 });
        ck_assert(vfs_userns_maps_uid(userns, 0) && vfs_userns_maps_uid(userns, UINT32_MAX - 1));
        ck_assert(!vfs_userns_maps_uid(userns, UINT32_MAX) && !vfs_userns_maps_gid(userns, 0));
        vfs_userns_put(userns);
}
END_TEST

START_TEST(test_userns_nest_33_levels)
{
        struct vfs_userns *levels[34] = { NULL }, *tooth = make((struct vfs_userns_opts){ .uid = 1 });
        struct vfs_userns_opts opts = { .size = sizeof(opts) };

        for (uint32_t i = 1; i < 34; i++) {
                levels[i] = make((struct vfs_userns_opts){ .parent = levels[i - 1] });
                ck_assert_uint_eq(vfs_userns_level(levels[i]), i);
        }
        opts.parent = levels[33];
        ck_assert_int_eq(vfs_userns_new(&opts, &levels[0]), -ENOSPC);
        ck_assert_ptr_null(levels[0]);
        for (uint32_t i = 0; i < 34; i++) {
                for (uint32_t j = 0; j < 34; j++)
                        ck_assert_int_eq(vfs_userns_is_below(levels[i], levels[j]), i >= j);
                ck_assert_int_eq(vfs_userns_is_below(levels[i], tooth), 0);
                ck_assert_int_eq(vfs_userns_is_below(tooth, levels[i]), i == 0);
        }
        /* Each holds its parent, so the last one is all of them. */
        for (uint32_t i = 1; i < 33; i++)
                vfs_userns_put(levels[i]);
        ck_assert(vfs_userns_is_below(levels[33], NULL));
        ck_assert_uint_eq(vfs_userns_level(levels[33]->parent), 32);
        vfs_userns_put(levels[33]);
        vfs_userns_put(tooth);
}
END_TEST

START_TEST(test_userns_lives_until_the_last_put)
{
        struct vfs_userns *userns = make((struct vfs_userns_opts){ .uid = 3 });

        ck_assert_ptr_eq(vfs_userns_get(userns), userns);
        vfs_userns_put(userns);
        ck_assert_uint_eq(userns->uid, 3);
        vfs_userns_put(userns);
        vfs_userns_put(NULL);
        ck_assert_ptr_null(vfs_userns_get(NULL));
}
END_TEST

TEST_MAIN("userns", test_userns_bad_options, test_userns_ranges_that_are_none, test_userns_ids_at_the_edges,
          test_userns_nest_33_levels, test_userns_lives_until_the_last_put)
