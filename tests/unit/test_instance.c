/*
 * Making and freeing an instance: what a configuration may be, what runs out, what is counted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <vfs/fsapi.h>
#include <vfs/vfs.h>

#include "tests/unit/test_main.h"

static struct {
        size_t blocks, bytes, left;
} memory;

static void *hook_alloc(void *user, size_t size)
{
        void *p = memory.left != 0 ? malloc(size) : NULL;

        ck_assert_ptr_eq(user, &memory);
        if (p == NULL)
                return NULL;
        memset(p, 0xa5, size);
        memory.left--;
        memory.blocks++;
        memory.bytes += size;
        return p;
}

static void hook_free(void *user, void *p, size_t size)
{
        memory.blocks--;
        memory.bytes -= size;
        free(p);
}

static int wait_hook(void *user, void *ctx_user, const uint32_t *word, uint32_t expected)
{
        return 0;
}

START_TEST(test_instance_default)
{
        struct vfs *a, *b;

        ck_assert_int_eq(vfs_thread_prepare(), 0);
        ck_assert_int_eq(vfs_new(NULL, &a), 0);
        ck_assert_int_eq(vfs_new(NULL, &b), 0);
        ck_assert_ptr_ne(a, b);
        vfs_free(a);
        vfs_free(b);
        vfs_free(NULL);
}
END_TEST

START_TEST(test_instance_bad_configuration)
{
        const struct vfs_config good = { .size = sizeof(good) };
        struct vfs_config bad[9];
        struct vfs *vfs = NULL;

        for (size_t i = 0; i < 9; i++)
                bad[i] = good;
        bad[0].size = 0;
        bad[1].size = sizeof(good) + 8;
        bad[2].alloc = hook_alloc;
        bad[3].free = hook_free;
        bad[4].wait = wait_hook;
        bad[5].protected_hardlinks = 2;
        bad[6].protected_symlinks = 2;
        bad[7].protected_regular = 3;
        bad[8].protected_fifos = 3;
        for (size_t i = 0; i < 9; i++)
                ck_assert_int_eq(vfs_new(&bad[i], &vfs), -EINVAL);
        ck_assert_ptr_null(vfs);
        ck_assert_int_eq(vfs_new(&good, &vfs), 0);
        vfs_free(vfs);
}
END_TEST

START_TEST(test_instance_out_of_memory_at_every_site)
{
        const struct vfs_config config = {
                .size = sizeof(config), .alloc = hook_alloc, .free = hook_free, .alloc_user = &memory
        };
        struct vfs *vfs;
        size_t fails;
        int r;

        for (fails = 0;; fails++) {
                memory.left = fails;
                vfs = NULL;
                r = vfs_new(&config, &vfs);
                if (r == 0)
                        break;
                ck_assert_int_eq(r, -ENOMEM);
                ck_assert_ptr_null(vfs);
                ck_assert(memory.blocks == 0 && memory.bytes == 0);
        }
        ck_assert_uint_ge(fails, 3);
        vfs_free(vfs);
        ck_assert(memory.blocks == 0 && memory.bytes == 0);
}
END_TEST

START_TEST(test_instance_stats_of_an_older_caller)
{
        struct vfs_stats stats;
        struct vfs *vfs;

        ck_assert_int_eq(vfs_new(NULL, &vfs), 0);
        memset(&stats, 0xff, sizeof(stats));
        stats.size = offsetof(struct vfs_stats, walks_reference);
        vfs_get_stats(vfs, &stats);
        ck_assert(stats.mounts == 0 && stats.walks_lockfree == 0 && stats.walks_reference == UINT64_MAX);
        stats.size = sizeof(stats);
        vfs_get_stats(vfs, &stats);
        ck_assert(stats.size == sizeof(stats) && stats.walks_reference == 0);
        ck_assert_uint_eq(vfs_reclaim(vfs, 0), 0);
        vfs_free(vfs);
}
END_TEST

static int open_device(void *device, const struct vfs_ctx *ctx, const struct vfs_path *path, uint32_t flags,
                       struct vfs_file **ret_file)
{
        return -ENXIO;
}

static int no_tree(struct vfs_fs_context *fc, struct vfs_filesystem **ret_fs, struct vfs_dentry **ret_root)
{
        return -EIO;
}

START_TEST(test_instance_free_forgets_what_was_registered)
{
        static const struct vfs_device_ops device = { .size = sizeof(device), .open = open_device };
        static const struct vfs_fstype type = { .size = sizeof(type), .name = "nothing", .get_tree = no_tree };
        const struct vfs_config config = {
                .size = sizeof(config), .alloc = hook_alloc, .free = hook_free, .alloc_user = &memory
        };
        struct vfs *vfs;

        memory.left = SIZE_MAX;
        ck_assert_int_eq(vfs_new(&config, &vfs), 0);
        ck_assert_int_eq(vfs_fstype_register(vfs, &type), 0);
        ck_assert_int_eq(vfs_device_register(vfs, VFS_S_IFCHR, 1, 3, &device, NULL), 0);
        memory.left = 0;
        ck_assert_int_eq(vfs_device_register(vfs, VFS_S_IFCHR, 1, 5, &device, NULL), -ENOMEM);
        vfs_free(vfs);
        ck_assert(memory.blocks == 0 && memory.bytes == 0);
}
END_TEST

TEST_MAIN("instance", test_instance_default, test_instance_bad_configuration,
          test_instance_out_of_memory_at_every_site, test_instance_stats_of_an_older_caller,
          test_instance_free_forgets_what_was_registered)
