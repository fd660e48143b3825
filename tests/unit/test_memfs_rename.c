/*
 * memfs: renameat2(2) with Linux's results, in Linux's order.
 */
#include <stdio.h>

#include <vfs/fsapi.h>

#include "tests/unit/memfs_world.h"

static int ren(const char *from, const char *to, uint32_t flags)
{
        return vfs_rename(&root, NULL, from, NULL, to, flags);
}

static void setup(void)
{
        world_setup();
        vfs_mkdir(&root, NULL, "/d", 0755);
        vfs_mkdir(&root, NULL, "/e", 0755);
        vfs_mkdir(&root, NULL, "/d/sub", 0755);
        touch("/f");
        touch("/g");
        touch("/d/f");
        vfs_symlink(&root, "d", NULL, "/ld");
}

START_TEST(test_memfs_rename_in_one_directory)
{
        uint64_t ino = stat_of("/f").ino;

        world_tick();
        ck_assert_int_eq(ren("/f", "/h", 0), 0);
        ck_assert(!exists("/f"));
        ck_assert_uint_eq(stat_of("/h").ino, ino);
        ck_assert_int_eq(stat_of("/h").ctime.sec, world_time.sec);
        ck_assert_uint_eq(stat_of("/").size, 40 + 5 * 20);
        ck_assert_int_eq(ren("/h", "/g", 0), 0);
        ck_assert_uint_eq(stat_of("/g").ino, ino);
        ck_assert_uint_eq(stat_of("/").size, 40 + 4 * 20);
        ck_assert_int_eq(stat_of("/").mtime.sec, world_time.sec);
}
END_TEST

START_TEST(test_memfs_rename_moves_a_directory_and_its_count)
{
        struct vfs_statx st;

        ck_assert_int_eq(ren("/d/sub", "/e/sub/", 0), 0);
        ck_assert_uint_eq(stat_of("/d").nlink, 2);
        ck_assert_uint_eq(stat_of("/e").nlink, 3);
        ck_assert_uint_eq(stat_of("/d").size, 60);
        ck_assert_uint_eq(stat_of("/e").size, 60);
        ck_assert_int_eq(vfs_statx(&root, NULL, "/e/sub/..", 0, 0, &st), 0);
        ck_assert_uint_eq(st.ino, stat_of("/e").ino);
}
END_TEST

START_TEST(test_memfs_rename_errors_of_names)
{
        static const char *const dots[] = { ".", "..", "/d/.", "/d/..", "/" };

        for (size_t i = 0; i < sizeof(dots) / sizeof(dots[0]); i++) {
                ck_assert_int_eq(ren(dots[i], "/x", 0), -EBUSY);
                ck_assert_int_eq(ren("/none", dots[i], 0), -EBUSY);
                ck_assert_int_eq(ren("/f", dots[i], VFS_RENAME_NOREPLACE), -EEXIST);
        }
        ck_assert_int_eq(ren("/none", "/x", 0), -ENOENT);
        ck_assert_int_eq(ren("/f", "/none/x", 0), -ENOENT);
        ck_assert_int_eq(ren("/f", "/g/x", 0), -ENOTDIR);
        ck_assert_int_eq(ren("/f", "/x/", 0), -ENOTDIR);
        ck_assert_int_eq(ren("/f/", "/x", 0), -ENOTDIR);
        ck_assert_int_eq(ren("/ld/", "/x", 0), -ENOTDIR);
        ck_assert_int_eq(ren("/d", "/new/", 0), 0);
}
END_TEST

START_TEST(test_memfs_rename_errors_of_kinds)
{
        ck_assert_int_eq(ren("/d", "/d/sub/x", 0), -EINVAL);
        ck_assert_int_eq(ren("/d", "/d/x", 0), -EINVAL);
        ck_assert_int_eq(ren("/d/sub", "/d", 0), -ENOTEMPTY);
        ck_assert_int_eq(ren("/d/f", "/d", 0), -ENOTEMPTY);
        ck_assert_int_eq(ren("/f", "/d", 0), -EISDIR);
        ck_assert_int_eq(ren("/d", "/f", 0), -ENOTDIR);
        ck_assert_int_eq(ren("/e", "/d", 0), -ENOTEMPTY);
        ck_assert_int_eq(ren("/d", "/e", 0), 0);
        ck_assert_uint_eq(stat_of("/").nlink, 3);
        ck_assert_int_eq(ren("/e", "/e", 0), 0);
}
END_TEST

START_TEST(test_memfs_rename_of_two_names_of_one_file_keeps_both)
{
        ck_assert_int_eq(vfs_link(&root, NULL, "/f", NULL, "/f2", 0), 0);
        ck_assert_int_eq(ren("/f", "/f2", 0), 0);
        ck_assert(exists("/f") && exists("/f2"));
        ck_assert_int_eq(ren("/f", "/f2", VFS_RENAME_NOREPLACE), -EEXIST);
        ck_assert_int_eq(ren("/f", "/f", VFS_RENAME_NOREPLACE), -EEXIST);
}
END_TEST

START_TEST(test_memfs_rename_flags)
{
        uint64_t f = stat_of("/f").ino, d = stat_of("/d").ino;

        ck_assert_int_eq(ren("/f", "/g", VFS_RENAME_EXCHANGE | VFS_RENAME_NOREPLACE), -EINVAL);
        ck_assert_int_eq(ren("/f", "/g", VFS_RENAME_EXCHANGE | VFS_RENAME_WHITEOUT), -EINVAL);
        ck_assert_int_eq(ren("/f", "/g", 8), -EINVAL);
        ck_assert_int_eq(ren("/f", "/g", VFS_RENAME_NOREPLACE), -EEXIST);
        ck_assert_int_eq(ren("/f", "/x", VFS_RENAME_EXCHANGE), -ENOENT);
        ck_assert_int_eq(ren("/d/sub", "/d", VFS_RENAME_EXCHANGE), -EINVAL);
        ck_assert_int_eq(ren("/d", "/d/sub", VFS_RENAME_EXCHANGE), -EINVAL);
        ck_assert_int_eq(ren("/d", "/f/", VFS_RENAME_EXCHANGE), -ENOTDIR);
        ck_assert_int_eq(ren("/f", "/d/", VFS_RENAME_EXCHANGE), 0);
        ck_assert_uint_eq(stat_of("/d").ino, f);
        ck_assert_uint_eq(stat_of("/f").ino, d);
        ck_assert_int_eq(ren("/f", "/d", VFS_RENAME_EXCHANGE), 0);
}
END_TEST

START_TEST(test_memfs_rename_exchanges_across_directories)
{
        uint64_t sub = stat_of("/d/sub").ino, g = stat_of("/g").ino;

        world_tick();
        ck_assert_int_eq(ren("/d/sub", "/g", VFS_RENAME_EXCHANGE), 0);
        ck_assert_uint_eq(stat_of("/g").ino, sub);
        ck_assert_uint_eq(stat_of("/d/sub").ino, g);
        ck_assert_uint_eq(stat_of("/d").nlink, 2);
        ck_assert_uint_eq(stat_of("/").nlink, 5);
        ck_assert_uint_eq(stat_of("/d").size, 80);
        ck_assert_int_eq(stat_of("/g").ctime.sec, world_time.sec);
        ck_assert_int_eq(stat_of("/d/sub").ctime.sec, world_time.sec);
}
END_TEST

START_TEST(test_memfs_rename_leaves_a_whiteout)
{
        struct vfs_statfs before, after;
        struct vfs_statx st;

        vfs_statfs(&root, "/", &before);
        ck_assert_int_eq(ren("/f", "/d/moved", VFS_RENAME_WHITEOUT), 0);
        st = stat_of("/f");
        ck_assert_uint_eq(st.mode, VFS_S_IFCHR);
        ck_assert_uint_eq(st.rdev_major, 0);
        ck_assert_uint_eq(st.rdev_minor, 0);
        ck_assert_uint_eq(st.nlink, 1);
        ck_assert_uint_eq(stat_of("/").size, 40 + 5 * 20);
        ck_assert_uint_eq(stat_of("/d").size, 100);
        vfs_statfs(&root, "/", &after);
        ck_assert_uint_eq(after.ffree, before.ffree - 1);
        ck_assert_int_eq(ren("/d/moved", "/d/again", VFS_RENAME_WHITEOUT), 0);
        ck_assert_uint_eq(stat_of("/d").size, 120);
        ck_assert_uint_eq(stat_of("/d/moved").mode, VFS_S_IFCHR);
        ck_assert_int_eq(ren("/d/sub", "/d/again", VFS_RENAME_WHITEOUT), -ENOTDIR);
        ck_assert_int_eq(ren("/d/sub", "/e", VFS_RENAME_WHITEOUT), 0);
        ck_assert_uint_eq(stat_of("/d").nlink, 2);
        ck_assert_uint_eq(stat_of("/").nlink, 4);
}
END_TEST

START_TEST(test_memfs_rename_whiteouts_in_tiny_directories)
{
        char from[16], to[16];

        for (int i = 0; i < 200; i++) {
                vfs_mkdir(&root, NULL, "/w", 0755);
                touch("/w/0");
                for (int k = 0; k < i % 20; k++) {
                        snprintf(from, sizeof(from), "/w/%d", k);
                        snprintf(to, sizeof(to), "/w/%d", k + 1);
                        ck_assert_int_eq(ren(from, to, VFS_RENAME_WHITEOUT), 0);
                }
                for (int k = 0; k <= i % 20; k++) {
                        snprintf(from, sizeof(from), "/w/%d", k);
                        ck_assert_int_eq(vfs_unlink(&root, NULL, from, 0), 0);
                }
                ck_assert_int_eq(vfs_rmdir(&root, NULL, "/w"), 0);
        }
}
END_TEST

START_TEST(test_memfs_rename_permissions)
{
        vfs_chmod(&root, NULL, "/", 0777, 0);
        vfs_mkdir(&user, NULL, "/u", 0755);
        vfs_mkdir(&user, NULL, "/u/v", 0755);
        vfs_chmod(&user, NULL, "/u/v", 0555, 0);
        /* A directory that one cannot write moves within its parent, but not out of it. */
        ck_assert_int_eq(vfs_rename(&user, NULL, "/u/v", NULL, "/u/w", 0), 0);
        ck_assert_int_eq(vfs_rename(&user, NULL, "/u/w", NULL, "/w", 0), -EACCES);
        ck_assert_int_eq(vfs_rename(&user, NULL, "/f", NULL, "/d/x", 0), -EACCES);
        ck_assert_int_eq(vfs_rename(&user, NULL, "/d/f", NULL, "/u/x", 0), -EACCES);
        ck_assert_int_eq(vfs_rename(&user, NULL, "/f", NULL, "/u/f", 0), 0);
        /* Sticky: only one's own may be replaced. */
        vfs_chmod(&root, NULL, "/", 01777, 0);
        ck_assert_int_eq(vfs_rename(&user, NULL, "/u/f", NULL, "/g", 0), -EPERM);
}
END_TEST

START_TEST(test_memfs_rename_replaces_an_open_directory)
{
        struct vfs_file *e = must_open("/e", VFS_O_RDONLY | VFS_O_DIRECTORY);

        ck_assert_int_eq(ren("/d", "/e", 0), 0);
        ck_assert_uint_eq(fstat_of(e).nlink, 0);
        ck_assert_uint_eq(fstat_of(e).size, 40);
        ck_assert_int_eq(vfs_mkdir(&root, e, "x", 0755), -ENOENT);
        ck_assert(exists("/e/sub"));
        vfs_file_put(e);
}
END_TEST

START_TEST(test_memfs_rename_long_names)
{
        char name[258] = "/";

        for (size_t len = 1; len < 256; len += 11) {
                memset(name + 1, 'x', len);
                name[len + 1] = '\0';
                ck_assert_int_eq(ren("/f", name, 0), 0);
                ck_assert(exists(name));
                ck_assert_int_eq(ren(name, "/d/f", VFS_RENAME_EXCHANGE), 0);
                ck_assert_int_eq(ren(name, "/f", 0), 0);
                ck_assert(!exists(name));
        }
}
END_TEST

/* Both names in one directory, which is held once only: the refusal drops what it took, and nothing else. */
START_TEST(test_memfs_rename_refused_by_a_filesystem_that_cannot)
{
        const struct vfs_filesystem_ops *memfs;
        struct vfs_filesystem_ops none;
        struct vfs_path place;

        ck_assert_int_eq(vfs_lookup(&root, NULL, "/d", 0, &place), 0);
        memfs = place.dentry->fs->ops;
        none = *memfs;
        none.rename_at = NULL;
        place.dentry->fs->ops = &none;
        ck_assert_int_eq(ren("/d/f", "/d/g", 0), -EPERM);
        ck_assert_int_eq(ren("/d/f", "/e/g", 0), -EPERM);
        ck_assert_int_eq(ren("/d/f", "/missing/g", 0), -ENOENT);
        place.dentry->fs->ops = memfs;
        ck_assert_uint_eq(place.dentry->refs, 2);
        vfs_path_put(&place);
        ck_assert_int_eq(ren("/d/f", "/d/g", 0), 0);
}
END_TEST

TEST_MAIN_FIXTURE("memfs_rename", setup, world_teardown,
                  test_memfs_rename_in_one_directory,
                  test_memfs_rename_moves_a_directory_and_its_count,
                  test_memfs_rename_errors_of_names,
                  test_memfs_rename_errors_of_kinds,
                  test_memfs_rename_of_two_names_of_one_file_keeps_both,
                  test_memfs_rename_flags,
                  test_memfs_rename_exchanges_across_directories,
                  test_memfs_rename_leaves_a_whiteout,
                  test_memfs_rename_whiteouts_in_tiny_directories,
                  test_memfs_rename_permissions,
                  test_memfs_rename_replaces_an_open_directory,
                  test_memfs_rename_long_names,
                  test_memfs_rename_refused_by_a_filesystem_that_cannot)
