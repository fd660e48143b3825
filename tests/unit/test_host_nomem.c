/*
 * test_host_nomem.c - the host filesystem without memory: each allocation of a script fails, once or from there on. Every
 * call then succeeds or is ENOMEM, what failed can be done again, and nothing is lost at the end.
 */
#include "tests/unit/host_world.h"

static int wants(int r, int also)
{
        /* What an earlier call left undone is found to be so. */
        return r == 0 || r == -ENOMEM || r == -EEXIST || r == also;
}

/* Calls of every kind, each of which may find that the one before it failed. */
static void script(void)
{
        static const char long_name[] = "/d/a name that does not fit into the dentry itself, so that it is allocated";
        struct vfs_file *file = NULL;
        struct vfs_statx st;
        char buf[512];
        int r;

        ck_assert(wants(vfs_mkdir(&root, NULL, "/d", 0755), -EEXIST));
        ck_assert(wants(stat_as(&root, "/d/there", &st), -ENOENT));
        ck_assert(wants(stat_as(&root, "/d/none", &st), -ENOENT));
        ck_assert(wants(stat_as(&root, "/link/x", &st), -ENOENT));
        r = vfs_open(&root, NULL, "/d/f", VFS_O_CREAT | VFS_O_RDWR, 0644, &file);
        ck_assert(wants(r, -ENOENT));
        if (r == 0) {
                ck_assert(wants((int)(write_to(file, "x", 1) < 0), 0));
                ck_assert(wants(vfs_setxattr(&root, NULL, "/d/f", "trusted.x", "1", 1, 0, 0), -ENOENT));
                ck_assert(vfs_listxattr(&root, NULL, "/d/f", buf, sizeof(buf), 0) >= -ENOMEM);
                vfs_file_put(file);
        }
        ck_assert(wants(vfs_link(&root, NULL, "/d/f", NULL, long_name, 0), -ENOENT));
        ck_assert(wants(vfs_rename(&root, NULL, long_name, NULL, "/d/g", 0), -ENOENT));
        ck_assert(wants(vfs_rename(&root, NULL, "/d/g", NULL, long_name, 0), -ENOENT));
        ck_assert(wants(vfs_symlink(&root, "f", NULL, "/d/l"), -ENOENT));
        ck_assert(wants(stat_as(&root, "/d/l", &st), -ENOENT));
        r = vfs_open(&root, NULL, "/d", VFS_O_DIRECTORY, 0, &file);
        ck_assert(wants(r, -ENOENT));
        if (r == 0) {
                ck_assert_int_ge(vfs_file_getdents(&root, file, buf, sizeof(buf)), 0);
                vfs_file_put(file);
        }
        ck_assert(wants(vfs_unlink(&root, NULL, "/d/f", 0), -ENOENT));
        ck_assert(wants(vfs_unlink(&root, NULL, "/d/l", 0), -ENOENT));
        ck_assert(wants(vfs_unlink(&root, NULL, long_name, 0), -ENOENT));
        ck_assert(wants(vfs_unlink(&root, NULL, "/d/g", 0), -ENOENT));
}

static void run(const char *options, int once)
{
        int fds;

        for (long n = 0; n < 400; n += n < 100 ? 1 : 7) {
                world_up(options);
                fds = open_fds();
                ck_assert_int_eq(symlink("d", host_path("/link")), 0);
                world_fails_once = once;
                world_allocs_left = n;
                script();
                world_allocs_left = -1;
                /* With memory all is as if nothing had been. */
                script();
                ck_assert_int_le(open_fds(), fds + 8);
                world_down();
        }
}

START_TEST(test_host_nomem_once)
{
        run("max_fds=4", 1);
}
END_TEST

START_TEST(test_host_nomem_for_good)
{
        run("max_fds=4", 0);
}
END_TEST

START_TEST(test_host_nomem_shared)
{
        run("mode=shared,max_fds=1,max_dentries=2", 1);
}
END_TEST

TEST_MAIN("host_nomem", test_host_nomem_once, test_host_nomem_for_good, test_host_nomem_shared)
