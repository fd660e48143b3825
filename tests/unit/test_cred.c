/*
 * Credentials: what is accepted, groups, capabilities and where they count, and what access(2) judges by.
 */
#include <errno.h>

#include "tests/unit/test_main.h"
#include "vfs/base/alloc.h"
#include "vfs/object/cred.h"
#include "vfs/object/userns.h"

#include <vfs/fsapi.h>

static struct vfs_cred *make(struct vfs_cred_opts opts)
{
        struct vfs_cred *cred = NULL;

        opts.size = sizeof(opts);
        ck_assert_int_eq(vfs_cred_new(&opts, &cred), 0);
        return cred;
}

static struct vfs_userns *make_userns(struct vfs_userns *parent, uint32_t uid)
{
        const struct vfs_userns_opts opts = { .size = sizeof(opts), .parent = parent, .uid = uid };
        struct vfs_userns *userns = NULL;

        ck_assert_int_eq(vfs_userns_new(&opts, &userns), 0);
        return userns;
}

static int chowns(const struct vfs_cred *cred, const struct vfs_userns *userns)
{
        return vfs_cred_ns_capable(cred, userns, VFS_CAP_CHOWN);
}

START_TEST(test_cred_bad_options)
{
        static uint32_t groups[65537];
        struct vfs_cred_opts opts = { .size = sizeof(opts) - 4 };
        struct vfs_cred *cred = (struct vfs_cred *)&opts;

        ck_assert_int_eq(vfs_cred_new(&opts, &cred), -EINVAL);
        ck_assert_int_eq(vfs_cred_new(NULL, &cred), -EINVAL);
        opts.size = sizeof(opts);
        opts.ngroups = 1;
        ck_assert_int_eq(vfs_cred_new(&opts, &cred), -EINVAL);
        opts.groups = groups;
        opts.ngroups = 65537;
        ck_assert_int_eq(vfs_cred_new(&opts, &cred), -EINVAL);
        ck_assert_ptr_eq(cred, (struct vfs_cred *)&opts);
        opts.ngroups = 65536;
        ck_assert_int_eq(vfs_cred_new(&opts, &cred), 0);
        vfs_cred_put(cred);
}
END_TEST

START_TEST(test_cred_groups_in_any_order)
{
        uint32_t groups[] = { 7, 5, UINT32_MAX - 1, 3, 9, 5, 0, 100 };
        struct vfs_cred *cred;

        for (uint32_t n = 0; n <= 8; n++) {
                cred = make((struct vfs_cred_opts){ .gid = 42, .ngroups = n, .groups = groups });
                for (uint32_t gid = 0; gid < 128; gid++) {
                        int in = gid == 42;

                        for (uint32_t i = 0; i < n; i++)
                                in |= groups[i] == gid;
                        ck_assert_int_eq(vfs_cred_in_group(cred, gid), in);
                }
                ck_assert_int_eq(vfs_cred_in_group(cred, UINT32_MAX - 1), n >= 3);
                vfs_cred_put(cred);
        }
}
END_TEST

START_TEST(test_cred_capabilities)
{
        struct vfs_cred *cred = make((struct vfs_cred_opts){ .uid = 5, .gid = 6, .caps = UINT64_C(1) << VFS_CAP_FOWNER });

        ck_assert(vfs_cred_capable(cred, VFS_CAP_FOWNER) && !vfs_cred_capable(cred, VFS_CAP_CHOWN));
        ck_assert(!vfs_cred_capable(cred, 63) && !vfs_cred_capable(cred, 64) && !vfs_cred_capable(cred, 1000));
        ck_assert(!vfs_cred_searches_all(cred));
        ck_assert_uint_eq(vfs_cred_uid(cred), 5);
        ck_assert_uint_eq(vfs_cred_gid(cred), 6);
        vfs_cred_put(cred);
        cred = make((struct vfs_cred_opts){ .caps = UINT64_C(1) << VFS_CAP_DAC_READ_SEARCH });
        ck_assert(vfs_cred_searches_all(cred));
        vfs_cred_put(cred);
        ck_assert_int_eq(vfs_cred_new_root(&cred), 0);
        for (unsigned int cap = 0; cap < 41; cap++)
                ck_assert_int_ne(vfs_cred_capable(cred, cap), 0);
        ck_assert_int_eq(vfs_cred_capable(cred, 41), 0);
        ck_assert_ptr_eq(vfs_cred_real(cred), cred);
        vfs_cred_put(cred);
}
END_TEST

START_TEST(test_cred_access_judges_by_the_real_ids)
{
        uint32_t group = 9;
        struct vfs_cred *cred;
        const struct vfs_cred *real;

        /* A setuid program of root's, run by 1000. */
        cred = make((struct vfs_cred_opts){ .ruid = 1000, .rgid = 1000, .ngroups = 1, .groups = &group,
                                            .caps = VFS_CAP_ALL, .caps_permitted = VFS_CAP_ALL });
        real = vfs_cred_real(cred);
        ck_assert(real->uid == 1000 && real->gid == 1000 && real->caps == 0 && vfs_cred_in_group(real, 9));
        vfs_cred_put(cred);
        /* Real root that put its capabilities down for a while. */
        cred = make((struct vfs_cred_opts){ .uid = 1000, .caps_permitted = VFS_CAP_ALL });
        real = vfs_cred_real(cred);
        ck_assert(real->uid == 0 && real->caps == VFS_CAP_ALL);
        vfs_cred_put(cred);
        /* Nothing to tell apart. */
        cred = make((struct vfs_cred_opts){ .uid = 1, .gid = 2, .ruid = 1, .rgid = 2, .caps_permitted = VFS_CAP_ALL });
        ck_assert_ptr_eq(vfs_cred_real(cred), cred);
        vfs_cred_put(cred);
}
END_TEST

START_TEST(test_cred_access_in_a_user_namespace)
{
        struct vfs_userns *userns = make_userns(NULL, 1000);
        const struct vfs_cred *real;
        struct vfs_cred *cred;

        /* Its root is 1000 here; the caller knows, and says so by caps_permitted. */
        cred = make((struct vfs_cred_opts){ .uid = 1001, .ruid = 1000, .caps_permitted = VFS_CAP_ALL,
                                            .userns = userns });
        vfs_userns_put(userns);
        real = vfs_cred_real(cred);
        ck_assert(real != cred && real->uid == 1000 && vfs_cred_userns(real) == userns);
        ck_assert(chowns(real, userns) && !vfs_cred_capable(real, VFS_CAP_CHOWN));
        ck_assert(!chowns(cred, userns));
        vfs_cred_put(cred);
        userns = make_userns(NULL, 1000);
        cred = make((struct vfs_cred_opts){ .caps = VFS_CAP_ALL, .userns = userns });
        ck_assert_int_eq(chowns(vfs_cred_real(cred), userns), 0);
        vfs_cred_put(cred);
        cred = make((struct vfs_cred_opts){ .caps = VFS_CAP_ALL, .caps_permitted = VFS_CAP_ALL,
                                            .userns = userns });
        ck_assert_ptr_eq(vfs_cred_real(cred), cred);
        vfs_cred_put(cred);
        vfs_userns_put(userns);
}
END_TEST

START_TEST(test_cred_capabilities_count_in_their_namespace_and_below)
{
        struct vfs_userns *a = make_userns(NULL, 1000), *b = make_userns(a, 7), *c = make_userns(b, 8);
        struct vfs_userns *other = make_userns(NULL, 1000);
        struct vfs_cred *cred = make((struct vfs_cred_opts){ .uid = 5, .caps = VFS_CAP_ALL, .userns = b });
        unsigned int cap;

        ck_assert_ptr_eq(vfs_cred_userns(cred), b);
        ck_assert(!vfs_cred_searches_all(cred));
        for (cap = 0; cap < 41; cap++) {
                ck_assert(!vfs_cred_capable(cred, cap));
                ck_assert(vfs_cred_ns_capable(cred, b, cap) && vfs_cred_ns_capable(cred, c, cap));
                ck_assert(!vfs_cred_ns_capable(cred, a, cap) && !vfs_cred_ns_capable(cred, NULL, cap));
                ck_assert(!vfs_cred_ns_capable(cred, other, cap));
        }
        vfs_cred_put(cred);
        cred = make((struct vfs_cred_opts){ .caps = UINT64_C(1) << VFS_CAP_SYS_ADMIN });
        ck_assert_ptr_null(vfs_cred_userns(cred));
        ck_assert(vfs_cred_ns_capable(cred, NULL, VFS_CAP_SYS_ADMIN));
        ck_assert(vfs_cred_ns_capable(cred, c, VFS_CAP_SYS_ADMIN));
        ck_assert(!chowns(cred, NULL) && !chowns(cred, c));
        vfs_cred_put(cred);
        vfs_userns_put(other);
        vfs_userns_put(c);
        vfs_userns_put(b);
        vfs_userns_put(a);
}
END_TEST

START_TEST(test_cred_owner_of_a_namespace_has_all_capabilities_in_it)
{
        struct vfs_userns *a = make_userns(NULL, 1000), *b = make_userns(a, 7), *c = make_userns(b, 1000);
        struct vfs_cred *outside = make((struct vfs_cred_opts){ .uid = 1000, .ruid = 1 });
        struct vfs_cred *inside = make((struct vfs_cred_opts){ .uid = 1000, .userns = a });
        struct vfs_cred *parent = make((struct vfs_cred_opts){ .uid = 7, .userns = a });
        struct vfs_cred *stranger = make((struct vfs_cred_opts){ .uid = 7, .ruid = 1000 });

        /* From the parent of what is owned, over all that is below; not over the parent. */
        ck_assert(chowns(outside, a) && chowns(outside, b));
        ck_assert(vfs_cred_ns_capable(outside, c, 40) && !chowns(outside, NULL));
        ck_assert(!vfs_cred_capable(outside, VFS_CAP_CHOWN));
        for (unsigned int cap = 41; cap < 66; cap++)
                ck_assert(!vfs_cred_ns_capable(outside, a, cap));
        ck_assert(!vfs_cred_ns_capable(outside, a, 1000));
        ck_assert(chowns(parent, b) && chowns(parent, c) && !chowns(parent, a));
        /* Not from within, nor from further up: the owner's id alone is nothing. */
        ck_assert(!chowns(inside, a) && !chowns(inside, b) && !chowns(inside, c));
        ck_assert(!chowns(stranger, a) && !chowns(stranger, b) && !chowns(stranger, c));
        vfs_cred_put(outside);
        vfs_cred_put(inside);
        vfs_cred_put(parent);
        vfs_cred_put(stranger);
        vfs_userns_put(c);
        vfs_userns_put(b);
        vfs_userns_put(a);
}
END_TEST

START_TEST(test_cred_lives_until_the_last_put)
{
        struct vfs_cred *cred = make((struct vfs_cred_opts){ .uid = 3 });

        ck_assert_ptr_eq(vfs_cred_get(cred), cred);
        vfs_cred_put(cred);
        ck_assert_uint_eq(vfs_cred_uid(cred), 3);
        vfs_cred_put(cred);
        vfs_cred_put(NULL);
}
END_TEST

TEST_MAIN("cred", test_cred_bad_options, test_cred_groups_in_any_order, test_cred_capabilities,
          test_cred_access_judges_by_the_real_ids, test_cred_access_in_a_user_namespace,
          test_cred_capabilities_count_in_their_namespace_and_below,
          test_cred_owner_of_a_namespace_has_all_capabilities_in_it, test_cred_lives_until_the_last_put)
