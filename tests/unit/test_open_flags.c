/*
 * Open flags that only show afterwards: O_LARGEFILE in F_GETFL, and O_DIRECT on what has no data of its own.
 */
#include "tests/unit/memfs_world.h"

static uint32_t flags_of(const char *path, uint32_t flags)
{
        struct vfs_file *file = must_open(path, flags);
        uint32_t got = 0;

        ck_assert_int_eq(vfs_file_getfl(file, &got), 0);
        vfs_file_put(file);
        return got;
}

START_TEST(test_getfl_shows_largefile_but_for_o_path)
{
        touch("/f");
        ck_assert_uint_eq(flags_of("/f", VFS_O_RDWR), VFS_O_RDWR | VFS_O_LARGEFILE);
        ck_assert_uint_eq(flags_of("/", VFS_O_RDONLY), VFS_O_LARGEFILE);
        ck_assert_uint_eq(flags_of("/f", VFS_O_PATH), VFS_O_PATH);
}
END_TEST

START_TEST(test_o_direct_is_for_regular_files)
{
        touch("/f");
        ck_assert_int_eq(vfs_mknod(&root, NULL, "/fifo", VFS_S_IFIFO | 0600, 0), 0);
        ck_assert_int_eq(open_error(&root, "/f", VFS_O_RDWR | VFS_O_DIRECT, 0), 0);
        ck_assert_int_eq(open_error(&root, "/", VFS_O_RDONLY | VFS_O_DIRECT, 0), -EINVAL);
        ck_assert_int_eq(open_error(&root, "/fifo", VFS_O_RDWR | VFS_O_DIRECT, 0), -EINVAL);
        ck_assert_int_eq(open_error(&root, "/", VFS_O_TMPFILE | VFS_O_RDWR | VFS_O_DIRECT, 0600), 0);
}
END_TEST

TEST_MAIN_FIXTURE("open_flags", world_setup, world_teardown, test_getfl_shows_largefile_but_for_o_path,
                  test_o_direct_is_for_regular_files)
