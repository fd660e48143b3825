/*
 * memfs: making, linking and removing names, and opening, with Linux's results: each number was measured on tmpfs.
 */
#include "tests/unit/memfs_world.h"

START_TEST(test_memfs_mkdir_counts_links_and_entries)
{
        struct vfs_statx st = stat_of("/");

        ck_assert_uint_eq(st.mode, VFS_S_IFDIR | 01777);
        ck_assert_uint_eq(st.ino, 1);
        ck_assert_uint_eq(st.nlink, 2);
        ck_assert_uint_eq(st.size, 40);
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/d", 0755), 0);
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/d/sub/", 0755), 0);
        touch("/d/f");
        st = stat_of("/d");
        ck_assert_uint_eq(st.nlink, 3);
        ck_assert_uint_eq(st.size, 80);
        ck_assert_uint_eq(st.blocks, 0);
        ck_assert_uint_eq(st.blksize, 4096);
        ck_assert_uint_eq(stat_of("/").nlink, 3);
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/d", 0755), -EEXIST);
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/d/f", 0755), -EEXIST);
        ck_assert_int_eq(vfs_mkdir(&root, NULL, ".", 0755), -EEXIST);
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/d/..", 0755), -EEXIST);
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/", 0755), -EEXIST);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/d"), -ENOTEMPTY);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/d/sub"), 0);
        ck_assert_uint_eq(stat_of("/d").nlink, 2);
        ck_assert_uint_eq(stat_of("/d").size, 60);
}
END_TEST

START_TEST(test_memfs_rmdir_errors)
{
        vfs_mkdir(&root, NULL, "/d", 0755);
        vfs_symlink(&root, "d", NULL, "/l");
        touch("/f");
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "."), -EINVAL);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/d/."), -EINVAL);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/d/.."), -ENOTEMPTY);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/"), -EBUSY);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/f"), -ENOTDIR);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/l"), -ENOTDIR);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/l/"), -ENOTDIR);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/none"), -ENOENT);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/d/"), 0);
}
END_TEST

START_TEST(test_memfs_unlink_errors)
{
        vfs_mkdir(&root, NULL, "/d", 0755);
        vfs_symlink(&root, "d", NULL, "/l");
        touch("/f");
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/f/", 0), -ENOTDIR);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/l/", 0), -ENOTDIR);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/d", 0), -EISDIR);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/d/", 0), -EISDIR);
        ck_assert_int_eq(vfs_unlink(&root, NULL, ".", 0), -EISDIR);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/d/..", 0), -EISDIR);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/", 0), -EISDIR);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/none/", 0), -ENOENT);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/none", 0), -ENOENT);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/l", 0), 0);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/f", 0), 0);
        ck_assert(!exists("/f") && !exists("/l"));
}
END_TEST

START_TEST(test_memfs_names_of_256_bytes_are_too_long_everywhere)
{
        char name[300];
        struct vfs_file *f;

        memset(name, 'n', sizeof(name));
        name[0] = '/';
        name[257] = '\0';
        touch("/f");
        ck_assert_int_eq(vfs_mkdir(&root, NULL, name, 0755), -ENAMETOOLONG);
        ck_assert_int_eq(vfs_unlink(&root, NULL, name, 0), -ENAMETOOLONG);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, name), -ENAMETOOLONG);
        ck_assert_int_eq(vfs_link(&root, NULL, "/f", NULL, name, 0), -ENAMETOOLONG);
        ck_assert_int_eq(vfs_rename(&root, NULL, "/f", NULL, name, 0), -ENAMETOOLONG);
        ck_assert_int_eq(vfs_rename(&root, NULL, name, NULL, "/f", 0), -ENAMETOOLONG);
        ck_assert_int_eq(open_error(&root, name, VFS_O_CREAT | VFS_O_RDWR, 0644), -ENAMETOOLONG);
        name[256] = '\0';
        f = must_open(name, VFS_O_CREAT | VFS_O_RDWR);
        vfs_file_put(f);
        ck_assert_int_eq(vfs_rename(&root, NULL, name, NULL, "/g", 0), 0);
        ck_assert_int_eq(vfs_rename(&root, NULL, "/g", NULL, name, 0), 0);
        ck_assert_int_eq(vfs_unlink(&root, NULL, name, 0), 0);
}
END_TEST

START_TEST(test_memfs_trailing_slash_needs_a_directory)
{
        touch("/f");
        ck_assert_int_eq(vfs_mknod(&root, NULL, "/x/", VFS_S_IFREG | 0644, 0), -ENOENT);
        ck_assert_int_eq(vfs_symlink(&root, "t", NULL, "/x/"), -ENOENT);
        ck_assert_int_eq(vfs_link(&root, NULL, "/f", NULL, "/x/", 0), -ENOENT);
        ck_assert_int_eq(open_error(&root, "/x/", VFS_O_CREAT | VFS_O_RDWR, 0644), -EISDIR);
        ck_assert_int_eq(open_error(&root, "/f/", VFS_O_CREAT | VFS_O_RDWR, 0644), -EISDIR);
        ck_assert_int_eq(open_error(&root, ".", VFS_O_CREAT | VFS_O_RDWR, 0644), -EISDIR);
        ck_assert_int_eq(open_error(&root, "/", VFS_O_CREAT | VFS_O_RDONLY, 0644), -EISDIR);
}
END_TEST

START_TEST(test_memfs_link_counts_and_charges)
{
        struct vfs_statfs before, after;
        struct vfs_statx st;

        touch("/f");
        vfs_mkdir(&root, NULL, "/d", 0755);
        vfs_symlink(&root, "f", NULL, "/l");
        ck_assert_int_eq(vfs_statfs(&root, "/", &before), 0);
        world_tick();
        ck_assert_int_eq(vfs_link(&root, NULL, "/f", NULL, "/d/g", 0), 0);
        st = stat_of("/d/g");
        ck_assert_uint_eq(st.nlink, 2);
        ck_assert_uint_eq(st.ino, stat_of("/f").ino);
        ck_assert_int_eq(st.ctime.sec, world_time.sec);
        ck_assert_int_eq(st.mtime.sec, world_time.sec - 1);
        vfs_statfs(&root, "/", &after);
        ck_assert_uint_eq(after.ffree, before.ffree - 1);
        ck_assert_int_eq(vfs_link(&root, NULL, "/d", NULL, "/x", 0), -EPERM);
        ck_assert_int_eq(vfs_link(&root, NULL, "/f", NULL, "/d/g", 0), -EEXIST);
        ck_assert_int_eq(vfs_link(&root, NULL, "/none", NULL, "/x", 0), -ENOENT);
        ck_assert_int_eq(vfs_link(&root, NULL, "/l", NULL, "/l2", 0), 0);
        ck_assert_uint_eq(stat_of("/l2").mode, VFS_S_IFLNK | 0777);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/l2", 0), 0);
        /* The first name goes first: the inode lives on behind the link. */
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/f", 0), 0);
        ck_assert_uint_eq(stat_of("/d/g").nlink, 1);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/d/g", 0), 0);
        vfs_statfs(&root, "/", &after);
        ck_assert_uint_eq(after.ffree, before.ffree + 1);
}
END_TEST

START_TEST(test_memfs_removed_directory_takes_no_names)
{
        struct vfs_file *d, *f;
        struct vfs_statx st;

        vfs_mkdir(&root, NULL, "/d", 0755);
        d = must_open("/d", VFS_O_RDONLY | VFS_O_DIRECTORY);
        touch("/f");
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/d"), 0);
        st = fstat_of(d);
        ck_assert_uint_eq(st.nlink, 0);
        ck_assert_uint_eq(st.size, 40);
        ck_assert_int_eq(vfs_mkdir(&root, d, "x", 0755), -ENOENT);
        ck_assert_int_eq(vfs_mknod(&root, d, "x", VFS_S_IFREG | 0644, 0), -ENOENT);
        ck_assert_int_eq(vfs_symlink(&root, "t", d, "x"), -ENOENT);
        ck_assert_int_eq(vfs_link(&root, NULL, "/f", d, "x", 0), -ENOENT);
        ck_assert_int_eq(vfs_rename(&root, NULL, "/f", d, "x", 0), -ENOENT);
        ck_assert_int_eq(vfs_unlink(&root, d, "x", 0), -ENOENT);
        ck_assert_int_eq(vfs_open(&root, d, "x", VFS_O_CREAT | VFS_O_RDWR, 0644, &f), -ENOENT);
        ck_assert_int_eq(vfs_open(&root, d, ".", VFS_O_TMPFILE | VFS_O_RDWR, 0644, &f), 0);
        vfs_file_put(f);
        ck_assert_int_eq(vfs_statx(&root, d, "..", 0, 0, &st), 0);
        ck_assert_uint_eq(st.ino, 1);
        vfs_file_put(d);
}
END_TEST

START_TEST(test_memfs_unlinked_file_lives_while_it_is_open)
{
        struct vfs_file *f = must_open("/f", VFS_O_CREAT | VFS_O_RDWR);
        struct vfs_statfs before, after;
        char buf[8] = "";

        vfs_statfs(&root, "/", &before);
        ck_assert_int_eq(pwrite_to(f, "hello", 5, 0), 5);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/f", 0), 0);
        ck_assert_uint_eq(fstat_of(f).nlink, 0);
        ck_assert_int_eq(pread_from(f, buf, 8, 0), 5);
        ck_assert_str_eq(buf, "hello");
        vfs_statfs(&root, "/", &after);
        ck_assert_uint_eq(after.bfree, before.bfree - 1);
        vfs_file_put(f);
        vfs_statfs(&root, "/", &after);
        ck_assert_uint_eq(after.bfree, before.bfree);
        ck_assert_uint_eq(after.ffree, before.ffree + 1);
}
END_TEST

START_TEST(test_memfs_symlinks_of_128_bytes_count_a_block)
{
        struct vfs_statfs before, after;
        char target[201], buf[300];

        memset(target, 'x', sizeof(target));
        target[127] = '\0';
        ck_assert_int_eq(vfs_symlink(&root, target, NULL, "/short"), 0);
        ck_assert_uint_eq(stat_of("/short").blocks, 0);
        vfs_statfs(&root, "/", &before);
        target[127] = 'x';
        target[128] = '\0';
        ck_assert_int_eq(vfs_symlink(&root, target, NULL, "/long"), 0);
        ck_assert_uint_eq(stat_of("/long").blocks, 8);
        ck_assert_uint_eq(stat_of("/long").size, 128);
        ck_assert_int_eq(vfs_readlink(&root, NULL, "/long", buf, sizeof(buf)), 128);
        ck_assert_mem_eq(buf, target, 128);
        vfs_statfs(&root, "/", &after);
        ck_assert_uint_eq(after.bfree, before.bfree - 1);
        vfs_unlink(&root, NULL, "/long", 0);
        vfs_statfs(&root, "/", &after);
        ck_assert_uint_eq(after.bfree, before.bfree);
}
END_TEST

START_TEST(test_memfs_mknod_types_and_rights)
{
        ck_assert_int_eq(vfs_mknod(&root, NULL, "/p", VFS_S_IFIFO | 0600, 0), 0);
        ck_assert_int_eq(vfs_mknod(&root, NULL, "/s", VFS_S_IFSOCK | 0600, 0), 0);
        ck_assert_int_eq(vfs_mknod(&root, NULL, "/c", VFS_S_IFCHR | 0600, VFS_DEV(1, 3)), 0);
        ck_assert_int_eq(vfs_mknod(&root, NULL, "/b", VFS_S_IFBLK | 0600, VFS_DEV(7, 0)), 0);
        ck_assert_int_eq(vfs_mknod(&root, NULL, "/r", 0644, 0), 0);
        ck_assert_int_eq(vfs_mknod(&root, NULL, "/d", VFS_S_IFDIR | 0755, 0), -EPERM);
        ck_assert_int_eq(vfs_mknod(&root, NULL, "/l", VFS_S_IFLNK | 0755, 0), -EINVAL);
        ck_assert_uint_eq(stat_of("/c").rdev_major, 1);
        ck_assert_uint_eq(stat_of("/c").rdev_minor, 3);
        ck_assert_uint_eq(stat_of("/r").mode, VFS_S_IFREG | 0644);
        ck_assert_int_eq(vfs_mknod(&user, NULL, "/uc", VFS_S_IFCHR | 0600, VFS_DEV(1, 3)), -EPERM);
        ck_assert_int_eq(vfs_mknod(&user, NULL, "/uw", VFS_S_IFCHR | 0600, 0), 0);
        ck_assert_int_eq(vfs_mknod(&user, NULL, "/up", VFS_S_IFIFO | 0600, 0), 0);
        ck_assert_int_eq(open_error(&root, "/s", VFS_O_RDWR, 0), -ENXIO);
        ck_assert_int_eq(open_error(&root, "/uw", VFS_O_RDWR, 0), -ENXIO);
}
END_TEST

START_TEST(test_memfs_owner_mode_and_setgid_directories)
{
        struct vfs_statx st;

        user.umask = 027;
        ck_assert_int_eq(vfs_mkdir(&user, NULL, "/u", 0777), 0);
        st = stat_of("/u");
        ck_assert_uint_eq(st.mode, VFS_S_IFDIR | 0750);
        ck_assert_uint_eq(st.uid, 1000);
        vfs_mkdir(&root, NULL, "/g", 0777);
        ck_assert_int_eq(vfs_chown(&root, NULL, "/g", 0, 55, 0), 0);
        ck_assert_int_eq(vfs_chmod(&root, NULL, "/g", 02777, 0), 0);
        ck_assert_int_eq(vfs_mkdir(&user, NULL, "/g/d", 0777), 0);
        ck_assert_int_eq(vfs_mknod(&user, NULL, "/g/f", VFS_S_IFREG | 0666, 0), 0);
        st = stat_of("/g/d");
        ck_assert_uint_eq(st.gid, 55);
        ck_assert_uint_eq(st.mode, VFS_S_IFDIR | 02750);
        st = stat_of("/g/f");
        ck_assert_uint_eq(st.gid, 55);
        ck_assert_uint_eq(st.mode, VFS_S_IFREG | 0640);
        ck_assert_int_eq(vfs_symlink(&user, "x", NULL, "/g/l"), 0);
        ck_assert_uint_eq(stat_of("/g/l").mode, VFS_S_IFLNK | 0777);
}
END_TEST

START_TEST(test_memfs_permissions_of_directories)
{
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/d", 0755), 0);
        touch("/d/f");
        touch("/sticky");
        ck_assert_int_eq(vfs_mkdir(&user, NULL, "/d/f", 0755), -EEXIST);
        ck_assert_int_eq(vfs_mkdir(&user, NULL, "/d/x", 0755), -EACCES);
        ck_assert_int_eq(open_error(&user, "/d/x", VFS_O_CREAT | VFS_O_RDWR, 0644), -EACCES);
        ck_assert_int_eq(vfs_unlink(&user, NULL, "/d/f", 0), -EACCES);
        ck_assert_int_eq(vfs_unlink(&user, NULL, "/d/none", 0), -ENOENT);
        ck_assert_int_eq(vfs_rename(&user, NULL, "/d/f", NULL, "/d/g", 0), -EACCES);
        /* The root of a tmpfs is sticky. */
        ck_assert_int_eq(vfs_unlink(&user, NULL, "/sticky", 0), -EPERM);
        ck_assert_int_eq(vfs_rename(&user, NULL, "/sticky", NULL, "/s2", 0), -EPERM);
        ck_assert_int_eq(vfs_rmdir(&user, NULL, "/d"), -EPERM);
        ck_assert_int_eq(vfs_mkdir(&user, NULL, "/u", 0755), 0);
        ck_assert_int_eq(vfs_rmdir(&user, NULL, "/u"), 0);
}
END_TEST

START_TEST(test_memfs_open_existing)
{
        struct vfs_file *f;

        touch("/f");
        vfs_mkdir(&root, NULL, "/d", 0755);
        vfs_symlink(&root, "f", NULL, "/l");
        vfs_symlink(&root, "new", NULL, "/dangling");
        ck_assert_int_eq(open_error(&root, "/d", VFS_O_WRONLY, 0), -EISDIR);
        ck_assert_int_eq(open_error(&root, "/d", VFS_O_RDONLY | VFS_O_TRUNC, 0), -EISDIR);
        ck_assert_int_eq(open_error(&root, "/d", VFS_O_CREAT | VFS_O_RDONLY, 0644), -EISDIR);
        ck_assert_int_eq(open_error(&root, "/d", VFS_O_CREAT | VFS_O_EXCL | VFS_O_RDONLY, 0644), -EEXIST);
        ck_assert_int_eq(open_error(&root, "/f", VFS_O_DIRECTORY | VFS_O_RDONLY, 0), -ENOTDIR);
        ck_assert_int_eq(open_error(&root, "/l", VFS_O_NOFOLLOW | VFS_O_RDONLY, 0), -ELOOP);
        ck_assert_int_eq(open_error(&root, "/l", VFS_O_NOFOLLOW | VFS_O_DIRECTORY | VFS_O_RDONLY, 0), -ENOTDIR);
        ck_assert_int_eq(open_error(&root, "/l", VFS_O_NOFOLLOW | VFS_O_CREAT | VFS_O_RDWR, 0644), -ELOOP);
        ck_assert_int_eq(open_error(&root, "/l", VFS_O_EXCL | VFS_O_CREAT | VFS_O_RDWR, 0644), -EEXIST);
        f = must_open("/l", VFS_O_CREAT | VFS_O_RDWR);
        ck_assert_uint_eq(fstat_of(f).ino, stat_of("/f").ino);
        vfs_file_put(f);
        f = must_open("/dangling", VFS_O_CREAT | VFS_O_RDWR);
        ck_assert_uint_eq(fstat_of(f).ino, stat_of("/new").ino);
        vfs_file_put(f);
        ck_assert_int_eq(open_error(&root, "/none", VFS_O_RDONLY, 0), -ENOENT);
        ck_assert_int_eq(open_error(&root, "/f/x", VFS_O_CREAT | VFS_O_RDWR, 0644), -ENOTDIR);
        ck_assert_int_eq(vfs_chmod(&root, NULL, "/f", 0600, 0), 0);
        ck_assert_int_eq(open_error(&user, "/f", VFS_O_RDONLY, 0), -EACCES);
        ck_assert_int_eq(open_error(&user, "/f", VFS_O_CREAT | VFS_O_RDONLY, 0), -EACCES);
}
END_TEST

START_TEST(test_memfs_open_truncates)
{
        struct vfs_file *f = must_open("/f", VFS_O_CREAT | VFS_O_RDWR);

        ck_assert_int_eq(pwrite_to(f, "hello", 5, 0), 5);
        vfs_file_put(f);
        world_tick();
        f = must_open("/f", VFS_O_WRONLY | VFS_O_TRUNC);
        ck_assert_uint_eq(fstat_of(f).size, 0);
        ck_assert_uint_eq(fstat_of(f).blocks, 0);
        ck_assert_int_eq(fstat_of(f).mtime.sec, world_time.sec);
        vfs_file_put(f);
        /* A new file's mode does not bind the one who makes it. */
        f = open_as(&user, "/mine", VFS_O_CREAT | VFS_O_RDWR | VFS_O_TRUNC, 0);
        ck_assert_ptr_nonnull(f);
        ck_assert_uint_eq(fstat_of(f).mode, VFS_S_IFREG);
        vfs_file_put(f);
        ck_assert_int_eq(open_error(&user, "/mine", VFS_O_RDONLY, 0), -EACCES);
}
END_TEST

START_TEST(test_memfs_tmpfile)
{
        struct vfs_file *f, *g;

        vfs_mkdir(&root, NULL, "/d", 0755);
        touch("/f");
        ck_assert_int_eq(open_error(&root, "/d", VFS_O_TMPFILE | VFS_O_RDONLY, 0600), -EINVAL);
        ck_assert_int_eq(open_error(&root, "/f", VFS_O_TMPFILE | VFS_O_RDWR, 0600), -ENOTDIR);
        ck_assert_int_eq(open_error(&user, "/d", VFS_O_TMPFILE | VFS_O_RDWR, 0600), -EACCES);
        f = must_open("/d", VFS_O_TMPFILE | VFS_O_RDWR);
        ck_assert_uint_eq(fstat_of(f).nlink, 0);
        ck_assert_uint_eq(stat_of("/d").size, 40);
        ck_assert_int_eq(pwrite_to(f, "data", 4, 0), 4);
        ck_assert_int_eq(vfs_link(&root, f, "", NULL, "/d/named", VFS_AT_EMPTY_PATH), 0);
        ck_assert_uint_eq(stat_of("/d/named").nlink, 1);
        ck_assert_uint_eq(stat_of("/d/named").size, 4);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/d/named", 0), 0);
        ck_assert_int_eq(vfs_link(&root, f, "", NULL, "/d/again", VFS_AT_EMPTY_PATH), -ENOENT);
        vfs_file_put(f);
        /* Named, and then closed: only the link is left. */
        f = must_open("/d", VFS_O_TMPFILE | VFS_O_RDWR);
        ck_assert_int_eq(vfs_link(&root, f, "", NULL, "/d/kept", VFS_AT_EMPTY_PATH), 0);
        vfs_file_put(f);
        touch("/d/kept");
        g = must_open("/d", VFS_O_TMPFILE | VFS_O_EXCL | VFS_O_RDWR);
        ck_assert_int_eq(vfs_link(&root, g, "", NULL, "/d/x", VFS_AT_EMPTY_PATH), -ENOENT);
        vfs_file_put(g);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/d/kept", 0), 0);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/d"), 0);
}
END_TEST

START_TEST(test_memfs_times_of_directories)
{
        touch("/f");
        vfs_mkdir(&root, NULL, "/d", 0755);
        world_tick();
        vfs_rename(&root, NULL, "/f", NULL, "/d/f", 0);
        ck_assert_int_eq(stat_of("/d/f").ctime.sec, world_time.sec);
        ck_assert_int_eq(stat_of("/d/f").mtime.sec, world_time.sec - 1);
        ck_assert_int_eq(stat_of("/d").mtime.sec, world_time.sec);
        ck_assert_int_eq(stat_of("/").mtime.sec, world_time.sec);
        world_tick();
        vfs_unlink(&root, NULL, "/d/f", 0);
        ck_assert_int_eq(stat_of("/d").mtime.sec, world_time.sec);
        ck_assert_int_eq(stat_of("/d").ctime.sec, world_time.sec);
        ck_assert_int_eq(stat_of("/").mtime.sec, world_time.sec - 1);
}
END_TEST

TEST_MAIN_FIXTURE("memfs_namei", world_setup, world_teardown,
                  test_memfs_mkdir_counts_links_and_entries,
                  test_memfs_rmdir_errors,
                  test_memfs_unlink_errors,
                  test_memfs_names_of_256_bytes_are_too_long_everywhere,
                  test_memfs_trailing_slash_needs_a_directory,
                  test_memfs_link_counts_and_charges,
                  test_memfs_removed_directory_takes_no_names,
                  test_memfs_unlinked_file_lives_while_it_is_open,
                  test_memfs_symlinks_of_128_bytes_count_a_block,
                  test_memfs_mknod_types_and_rights,
                  test_memfs_owner_mode_and_setgid_directories,
                  test_memfs_permissions_of_directories,
                  test_memfs_open_existing,
                  test_memfs_open_truncates,
                  test_memfs_tmpfile,
                  test_memfs_times_of_directories)
