/*
 * rename.c - renameat2(2): what may take whose place, and which error comes first.
 */
#include "tests/semantics/semantics.h"

#define NOREPLACE VFS_RENAME_NOREPLACE
#define EXCHANGE  VFS_RENAME_EXCHANGE
#define WHITEOUT  VFS_RENAME_WHITEOUT

/* F, G files; D empty; E with file x and directory sub; LF, LD links; N dangling. */
static void usual_tree(void)
{
        make_data("F", "F", 1);
        make_data("G", "G", 1);
        make_dir("D", 0755);
        make_dir("E", 0755);
        make_dir("E/sub", 0755);
        make_data("E/x", "x", 1);
        make_link("F", "LF");
        make_link("D", "LD");
        make_link("nothing", "N");
}

START_TEST(test_rename_errors_leave_everything)
{
        static const struct {
                const char *from, *to;
                uint32_t flags;
                int want;
        } rows[] = {
                { "F", ".", 0, EBUSY },
                { "F", "..", 0, EBUSY },
                { "F", "D/.", 0, EBUSY },
                { "F", "D/..", 0, EBUSY },
                { "F", "/", 0, EBUSY },
                { "/", "x", 0, EBUSY },
                { ".", "x", 0, EBUSY },
                { "D/.", "x", 0, EBUSY },
                { "D/..", "x", 0, EBUSY },
                { "nope", ".", 0, EBUSY },
                { "nope/.", "x", 0, ENOENT },
                { "F", ".", NOREPLACE, EEXIST },
                { "F", "..", NOREPLACE, EEXIST },
                { "F", "/", NOREPLACE, EEXIST },
                { ".", "x", NOREPLACE, EBUSY },
                { ".", ".", NOREPLACE, EBUSY },
                { "F", "x/", 0, ENOTDIR },
                { "F/", "x", 0, ENOTDIR },
                { "F", "G/", 0, ENOTDIR },
                { "LD/", "x", 0, ENOTDIR },
                { "LF/", "x", 0, ENOTDIR },
                { "F", "LD/", 0, ENOTDIR },
                { "D", "G/", 0, ENOTDIR },
                { "nope", "x", 0, ENOENT },
                { "nope", "F", 0, ENOENT },
                { "nope/", "x", 0, ENOENT },
                { "F", "nope/x", 0, ENOENT },
                { "F", "G/x", 0, ENOTDIR },
                { "F/x", "y", 0, ENOTDIR },
                { "E", "E/new", 0, EINVAL },
                { "E", "E/sub", 0, EINVAL },
                { "E", "E/sub/new", 0, EINVAL },
                { "E", "E/x", 0, EINVAL },
                { "E/sub", "E", 0, ENOTEMPTY },
                { "E/x", "E", 0, ENOTEMPTY },
                { "F", "D", 0, EISDIR },
                { "F", "E", 0, EISDIR },
                { "F", "D/", 0, ENOTDIR },
                { "D", "F", 0, ENOTDIR },
                { "D", "LF", 0, ENOTDIR },
                { "LF", "D", 0, EISDIR },
                { "D", "E", 0, ENOTEMPTY },
                { "F", "G", NOREPLACE, EEXIST },
                { "F", "N", NOREPLACE, EEXIST },
                { "F", "F", NOREPLACE, EEXIST },
                { "nope", "F", NOREPLACE, ENOENT },
                { "F", "D", NOREPLACE, EEXIST },
                { "F", "nope", EXCHANGE, ENOENT },
                { "nope", "F", EXCHANGE, ENOENT },
                { "nope", "nope2", EXCHANGE, ENOENT },
                { "E", "E/sub", EXCHANGE, EINVAL },
                { "E/sub", "E", EXCHANGE, EINVAL },
                { "E/x", "E", EXCHANGE, EINVAL },
                { "F", "G/", EXCHANGE, ENOTDIR },
                { "F/", "G", EXCHANGE, ENOTDIR },
                { "F", ".", EXCHANGE, EBUSY },
                { "F", "G", EXCHANGE | NOREPLACE, EINVAL },
                { "F", "G", EXCHANGE | WHITEOUT, EINVAL },
                { "F", "G", 8, EINVAL },
                { "", "x", 0, ENOENT },
        };

        usual_tree();
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                CHECK_ROW(i, rows[i].to, rows[i].want, sys_rename2(rows[i].from, rows[i].to, rows[i].flags));
        EQ(7, entries("/"));
        EQ(2, entries("E"));
        EQ(0, entries("D"));
        ck_assert_str_eq(content_of("F"), "F");
}
END_TEST

START_TEST(test_rename_moves_and_replaces)
{
        usual_tree();
        OK(sys_rename("F", "H"));
        WANT(!exists("F"));
        OK(sys_rename("H", "G"));
        ck_assert_str_eq(content_of("G"), "F");
        OK(sys_rename("G", "E/x"));
        ck_assert_str_eq(content_of("E/x"), "F");
        OK(sys_rename("D", "new/"));
        WANT(!exists("D") && exists("new"));
        OK(sys_rename("new/", "E/sub"));
        WANT(exists("E/sub"));
        OK(sys_rename("E/sub/", "back//"));
        WANT(exists("back"));
        OK(sys_rename("LF", "N"));
        WANT((attr_of("N").mode & S_IFMT) == S_IFLNK);
        OK(sys_rename("E/x", "E/../E/./y"));
        WANT(exists("E/y"));
}
END_TEST

START_TEST(test_rename_keeps_link_counts_of_directories)
{
        make_dir("a", 0755);
        make_dir("b", 0755);
        make_dir("a/d", 0755);
        make_dir("b/empty", 0755);
        EQ(3, attr_of("a").nlink);
        OK(sys_rename("a/d", "b/d"));
        EQ(2, attr_of("a").nlink);
        EQ(4, attr_of("b").nlink);
        OK(sys_rename("b/d", "b/empty"));
        EQ(3, attr_of("b").nlink);
        WANT(same_file("b/empty/..", "b"));
        make_file("a/f", 0644);
        OK(sys_rename2("a/f", "b/empty", EXCHANGE));
        EQ(3, attr_of("a").nlink);
        EQ(2, attr_of("b").nlink);
        WANT(same_file("a/f/..", "a"));
}
END_TEST

START_TEST(test_rename_of_two_names_of_one_file_does_nothing)
{
        make_file("F", 0644);
        OK(sys_link("F", "G"));
        age("F");
        OK(sys_rename("F", "G"));
        WANT(exists("F") && exists("G"));
        EQ(2, attr_of("F").nlink);
        OK(sys_rename("F", "F"));
        WANT(exists("F"));
        ERR(EEXIST, sys_rename2("F", "G", NOREPLACE));
        OK(sys_rename2("F", "G", EXCHANGE));
        OK(sys_rename2("F", "F", EXCHANGE));
        make_dir("D", 0755);
        OK(sys_rename("D", "D"));
        OK(sys_rename("D", "D/"));
        ERR(EBUSY, sys_rename("D", "D/."));
}
END_TEST

START_TEST(test_exchange_swaps_anything)
{
        usual_tree();
        OK(sys_rename2("F", "E", EXCHANGE));
        WANT(exists("F/x"));
        ck_assert_str_eq(content_of("E"), "F");
        OK(sys_rename2("F/", "E", EXCHANGE));
        WANT(exists("E/x"));
        OK(sys_rename2("F", "N", EXCHANGE));
        ck_assert_str_eq(content_of("N"), "F");
        OK(sys_rename2("E/x", "D", EXCHANGE));
        WANT((attr_of("E/x").mode & S_IFMT) == S_IFDIR);
        ck_assert_str_eq(content_of("D"), "x");
        WANT(same_file("E/x/..", "E"));
}
END_TEST

START_TEST(test_whiteout_is_left_at_the_old_name)
{
        struct vfs_statx st;

        make_file("F", 0644);
        OK(sys_rename2("F", "G", WHITEOUT));
        st = attr_of("F");
        WANT((st.mode & S_IFMT) == S_IFCHR);
        WANT(st.rdev_major == 0 && st.rdev_minor == 0);
        EQ(1, st.nlink);
        OK(sys_rename2("G", "H", WHITEOUT | NOREPLACE));
        WANT((attr_of("G").mode & S_IFMT) == S_IFCHR);
        make_file("I", 0644);
        OK(sys_rename2("H", "I", WHITEOUT));
        EQ(4, entries("/"));
}
END_TEST

START_TEST(test_whiteout_without_an_inode_left_is_the_last_error)
{
        make_dir("m", 0755);
        OK(sys_mount("t", "m", "tmpfs", 0, "nr_inodes=6,mode=755"));
        make_dir("m/d", 0755);
        make_dir("m/e", 0755);
        make_dir("m/e/sub", 0755);
        make_dir("m/f", 0755);
        make_file("m/g", 0644);
        ERR(ENOTEMPTY, sys_rename2("m/d", "m/e", WHITEOUT));
        ERR(ENOSPC, sys_rename2("m/d", "m/f", WHITEOUT));
        ERR(ENOSPC, sys_rename2("m/g", "m/h", WHITEOUT));
        WANT(exists("m/g") && exists("m/d") && exists("m/f"));
}
END_TEST

START_TEST(test_whiteout_needs_no_capability_but_other_devices_do)
{
        make_dir("d", 0777);
        as_user(1000);
        make_file("d/F", 0644);
        OK(sys_mknod("d/w", S_IFCHR | 0600, 0, 0));
        ERR(EPERM, sys_mknod("d/c", S_IFCHR | 0600, 1, 3));
        ERR(EPERM, sys_mknod("d/b", S_IFBLK | 0600, 0, 0));
        OK(sys_mknod("d/p", S_IFIFO | 0600, 0, 0));
        OK(sys_mknod("d/s", S_IFSOCK | 0600, 0, 0));
        OK(sys_rename2("d/F", "d/G", WHITEOUT));
        EQ(1000, attr_of("d/F").uid);
}
END_TEST

START_TEST(test_rename_onto_mount_point_is_ebusy)
{
        make_file("F", 0644);
        make_file("G", 0644);
        make_dir("d", 0755);
        make_dir("m", 0755);
        make_dir("p", 0755);
        make_dir("p/m", 0755);
        OK(mount_tmpfs("m"));
        OK(mount_tmpfs("p/m"));
        make_file("p/m/inside", 0644);
        ERR(EBUSY, sys_rename("m", "x"));
        ERR(EBUSY, sys_rename("d", "m"));
        ERR(EBUSY, sys_rename2("d", "m", EXCHANGE));
        ERR(EBUSY, sys_rename2("m", "d", EXCHANGE));
        ERR(EEXIST, sys_rename2("d", "m", NOREPLACE));
        ERR(EISDIR, sys_rename("F", "m"));
        ERR(EBUSY, sys_rename("p/m", "m"));
        OK(mount_bind("F", "G"));
        ERR(EBUSY, sys_rename("G", "x"));
        make_file("H", 0644);
        ERR(EBUSY, sys_rename("H", "G"));
        OK(sys_rename("F", "F2"));
        OK(sys_rename("p", "q"));
        WANT(exists("q/m/inside"));
        OK(sys_rename("q", "d/q"));
        WANT(exists("d/q/m/inside"));
        OK(sys_umount("d/q/m"));
        WANT(!exists("d/q/m/inside"));
}
END_TEST

START_TEST(test_rename_across_mounts_is_exdev_first)
{
        make_dir("a", 0755);
        make_dir("a/d", 0755);
        make_file("a/F", 0644);
        make_dir("b", 0755);
        OK(mount_bind("a", "b"));
        ERR(EXDEV, sys_rename("a/F", "b/G"));
        ERR(EXDEV, sys_rename("a/F", "b/F"));
        ERR(EXDEV, sys_rename("b/.", "x"));
        ERR(EXDEV, sys_rename("b/F", "/"));
        ERR(EXDEV, sys_rename("a/nope", "b/G"));
        ERR(EXDEV, sys_rename2("a/F", "b/F", EXCHANGE));
        ERR(EXDEV, sys_rename2("a/F", "b/F", NOREPLACE));
        ERR(EINVAL, sys_rename2("a/F", "b/F", 64));
        OK(sys_rename("b/F", "b/G"));
        WANT(exists("a/G"));
        ERR(EXDEV, sys_link("a/G", "b/H"));
        OK(sys_link("b/G", "b/H"));
}
END_TEST

START_TEST(test_rename_bumps_ctime_of_what_moved_and_times_of_both_directories)
{
        struct vfs_statx before, after;

        make_dir("a", 0755);
        make_dir("b", 0755);
        make_file("a/F", 0644);
        age("a/F");
        before = attr_of("a/F");
        tick();
        age("a");
        age("b");
        OK(sys_rename("a/F", "b/F"));
        after = attr_of("b/F");
        WANT(time_before(&before.ctime, &after.ctime));
        WANT(time_is(&after.mtime, 1000));
        after = attr_of("a");
        WANT(!time_is(&after.mtime, 1000));
        after = attr_of("b");
        WANT(!time_is(&after.mtime, 1000));
}
END_TEST

START_TEST(test_moving_a_directory_one_cannot_write_is_eacces)
{
        make_dir("a", 0777);
        make_dir("b", 0777);
        make_dir("a/theirs", 0755);
        make_dir("a/theirs2", 0755);
        as_user(1000);
        OK(sys_rename("a/theirs", "a/same_parent"));
        ERR(EACCES, sys_rename("a/same_parent", "b/x"));
        make_dir("b/mine", 0755);
        ERR(EACCES, sys_rename2("b/mine", "a/same_parent", EXCHANGE));
        ERR(EACCES, sys_rename2("a/same_parent", "b/mine", EXCHANGE));
        OK(sys_rename("b/mine", "a/mine"));
        OK(sys_chmod("a/mine", 0555));
        ERR(EACCES, sys_rename("a/mine", "b/mine"));
}
END_TEST

START_TEST(test_rename_checks_both_parents)
{
        make_dir("w", 0777);
        make_dir("r", 0755);
        make_dir("x", 0744);
        make_file("w/F", 0644);
        make_file("r/F", 0644);
        as_user(1000);
        ERR(EACCES, sys_rename("w/F", "r/G"));
        ERR(EACCES, sys_rename("r/F", "w/G"));
        ERR(EACCES, sys_rename("r/F", "r/F2"));
        ERR(EACCES, sys_rename("x/F", "w/G"));
        ERR(EEXIST, sys_rename2("w/F", "r/F", NOREPLACE));
        ERR(ENOENT, sys_rename("r/nope", "w/G"));
        OK(sys_rename("r/F", "r/F")); /* one file: nothing to do comes before permission */
}
END_TEST

START_TEST(test_open_directory_follows_its_rename)
{
        char buf[64];
        int fd;

        make_dir("a", 0755);
        make_dir("b", 0755);
        fd = (int)OK(sys_open("a", O_RDONLY | O_DIRECTORY, 0));
        OK(sys_chdir("a"));
        OK(sys_rename("/a", "/b/c"));
        OK(sys_openat(fd, "new", O_WRONLY | O_CREAT, 0644));
        WANT(exists("/b/c/new"));
        OK(sys_getcwd(buf, sizeof(buf)));
        ck_assert_str_eq(buf, "/b/c");
        WANT(same_file("..", "/b"));
}
END_TEST

SEMANTICS_MAIN("rename", test_rename_errors_leave_everything, test_rename_moves_and_replaces,
               test_rename_keeps_link_counts_of_directories,
               test_rename_of_two_names_of_one_file_does_nothing, test_exchange_swaps_anything,
               test_whiteout_is_left_at_the_old_name, test_whiteout_without_an_inode_left_is_the_last_error,
               test_whiteout_needs_no_capability_but_other_devices_do, test_rename_onto_mount_point_is_ebusy,
               test_rename_across_mounts_is_exdev_first,
               test_rename_bumps_ctime_of_what_moved_and_times_of_both_directories,
               test_moving_a_directory_one_cannot_write_is_eacces, test_rename_checks_both_parents,
               test_open_directory_follows_its_rename)
