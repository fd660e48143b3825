/*
 * symlinks.c - following symbolic links: how often, when, and who may.
 */
#include "tests/semantics/semantics.h"

/* l0 -> F, l1 -> l0, ... so that l(n-1) is n links deep. */
static void chain(int n)
{
        char name[16], target[16];

        make_file("F", 0644);
        strcpy(target, "F");
        for (int i = 0; i < n; i++) {
                snprintf(name, sizeof(name), "l%d", i);
                make_link(target, name);
                strcpy(target, name);
        }
}

START_TEST(test_40_nested_links_are_followed_41_are_eloop)
{
        chain(41);
        OK(sys_stat("l39"));
        OK(sys_open("l39", O_RDONLY, 0));
        ERR(ELOOP, sys_stat("l40"));
        ERR(ELOOP, sys_open("l40", O_RDONLY, 0));
        ERR(ELOOP, sys_open("l40", O_RDWR | O_CREAT, 0644));
        ERR(ELOOP, sys_truncate("l40", 0));
        OK(sys_lstat("l40"));
}
END_TEST

START_TEST(test_links_in_the_middle_and_at_the_end_count_together)
{
        char path[512] = "";

        make_dir("D", 0755);
        make_link(".", "D/self");
        make_file("D/F", 0644);
        make_link("F", "D/last");
        for (int i = 0; i < 39; i++)
                strcat(path, i ? "/self" : "D/self");
        strcat(path, "/last");
        OK(sys_stat(path)); /* 39 + 1 */
        path[0] = '\0';
        for (int i = 0; i < 40; i++)
                strcat(path, i ? "/self" : "D/self");
        strcat(path, "/F");
        OK(sys_stat(path));
        path[strlen(path) - 1] = '\0';
        strcat(path, "last");
        ERR(ELOOP, sys_stat(path)); /* 40 + 1 */
        OK(sys_lstat(path));
}
END_TEST

START_TEST(test_loop_is_eloop)
{
        make_link("a", "b");
        make_link("b", "a");
        make_link("self", "self");
        ERR(ELOOP, sys_stat("a"));
        ERR(ELOOP, sys_stat("self/x"));
        ERR(ELOOP, sys_open("self", O_WRONLY | O_CREAT, 0644));
        ERR(EEXIST, sys_open("self", O_WRONLY | O_CREAT | O_EXCL, 0644));
        ERR(EEXIST, sys_mkdir("self", 0755));
        ERR(ELOOP, sys_mkdir("self/x", 0755));
        OK(sys_unlink("self"));
}
END_TEST

START_TEST(test_o_nofollow)
{
        struct vfs_statx st;
        int fd;

        make_file("F", 0644);
        make_dir("D", 0755);
        make_link("F", "LF");
        make_link("D", "LD");
        ERR(ELOOP, sys_open("LF", O_RDONLY | O_NOFOLLOW, 0));
        ERR(ELOOP, sys_open("LD", O_RDONLY | O_NOFOLLOW, 0));
        ERR(ENOTDIR, sys_open("LD", O_RDONLY | O_NOFOLLOW | O_DIRECTORY, 0));
        ERR(ENOTDIR, sys_open("LF", O_RDONLY | O_NOFOLLOW | O_DIRECTORY, 0));
        OK(sys_open("LD/", O_RDONLY | O_NOFOLLOW, 0));
        OK(sys_open("LD/.", O_RDONLY | O_NOFOLLOW, 0));
        fd = (int)OK(sys_open("LF", O_PATH | O_NOFOLLOW, 0));
        OK(sys_fstat(fd, &st));
        WANT((st.mode & S_IFMT) == S_IFLNK);
        ERR(ENOTDIR, sys_open("LF", O_PATH | O_NOFOLLOW | O_DIRECTORY, 0));
        ERR(ENOTDIR, sys_open("LD", O_PATH | O_NOFOLLOW | O_DIRECTORY, 0));
        fd = (int)OK(sys_open("LF", O_PATH, 0));
        OK(sys_fstat(fd, &st));
        WANT((st.mode & S_IFMT) == S_IFREG);
}
END_TEST

START_TEST(test_o_creat_through_a_dangling_link_makes_its_target)
{
        make_dir("D", 0755);
        make_link("D/target", "L");
        ERR(EEXIST, sys_open("L", O_WRONLY | O_CREAT | O_EXCL, 0644));
        ERR(ELOOP, sys_open("L", O_WRONLY | O_CREAT | O_NOFOLLOW, 0644));
        WANT(!exists("D/target"));
        OK(sys_open("L", O_WRONLY | O_CREAT, 0644));
        WANT(exists("D/target"));
        make_link("nope/", "S");
        ERR(EISDIR, sys_open("S", O_WRONLY | O_CREAT, 0644));
        make_link("nowhere/x", "W");
        ERR(ENOENT, sys_open("W", O_WRONLY | O_CREAT, 0644));
        make_link("/D/absolute", "A");
        OK(sys_open("A", O_WRONLY | O_CREAT, 0644));
        WANT(exists("D/absolute"));
        make_link("L2", "L1");
        make_link("D/two", "L2");
        OK(sys_open("L1", O_WRONLY | O_CREAT, 0644));
        WANT(exists("D/two"));
}
END_TEST

START_TEST(test_link_targets_are_read_from_the_links_directory)
{
        make_dir("a", 0755);
        make_dir("a/b", 0755);
        make_file("a/f", 0644);
        make_link("../f", "a/b/up");
        make_link("/a/f", "a/b/abs");
        make_link("a/b/", "slash");
        make_link("a/b/.", "dot");
        make_link("a/f", "tofile");
        make_link("a//b/../b///up", "long");
        OK(sys_stat("a/b/up"));
        OK(sys_stat("a/b/abs"));
        OK(sys_stat("slash/up"));
        OK(sys_stat("dot/up"));
        ERR(ENOTDIR, sys_stat("long/"));
        OK(sys_stat("long"));
        ERR(ENOTDIR, sys_stat("tofile/"));
        WANT((attr_of("slash").mode & S_IFMT) == S_IFLNK);
        OK(sys_chdir("a/b"));
        OK(sys_stat("up"));
}
END_TEST

START_TEST(test_o_path_of_a_symlink_can_be_read_with_an_empty_path)
{
        char buf[16];
        struct vfs_statx st;
        int fd;

        make_link("target", "L");
        fd = (int)OK(sys_open("L", O_PATH | O_NOFOLLOW, 0));
        EQ(6, drv->ops->readlink(drv, fd, "", buf, sizeof(buf)));
        WANT(!memcmp(buf, "target", 6));
        OK(sys_statx(fd, "", VFS_AT_EMPTY_PATH, &st));
        WANT((st.mode & S_IFMT) == S_IFLNK);
        make_file("F", 0644);
        fd = (int)OK(sys_open("F", O_PATH, 0));
        ERR(ENOENT, drv->ops->readlink(drv, fd, "", buf, sizeof(buf)));
        ERR(ENOENT, drv->ops->readlink(drv, DRIVER_CWD, "", buf, sizeof(buf)));
}
END_TEST

START_TEST(test_chmod_of_a_symlink_is_eopnotsupp)
{
        make_file("F", 0644);
        make_link("F", "L");
        ERR(EOPNOTSUPP, drv->ops->chmod(drv, DRIVER_CWD, "L", 0600, VFS_AT_SYMLINK_NOFOLLOW));
        EQ(0644, mode_of("F"));
        OK(sys_chmod("L", 0600));
        EQ(0600, mode_of("F"));
        EQ(0777, mode_of("L"));
        OK(sys_lchown("L", 1000, 1001));
        EQ(1000, attr_of("L").uid);
        EQ(0, attr_of("F").uid);
}
END_TEST

/* The rule of protected_symlinks=1, or its absence, as the host is set. */
START_TEST(test_protected_symlinks_as_the_host_is_set)
{
        int on = driver_host_sysctl("protected_symlinks") != 0;

        make_dir("sticky", 01777);
        make_file("F", 0666);
        as_user(1001);
        make_link("/F", "sticky/theirs");
        as_user(1000);
        make_link("/F", "sticky/mine");
        OK(sys_stat("sticky/mine"));
        if (on)
                ERR(EACCES, sys_stat("sticky/theirs"));
        else
                OK(sys_stat("sticky/theirs"));
        OK(sys_lstat("sticky/theirs"));
}
END_TEST

START_TEST(test_protected_regular_as_the_host_is_set)
{
        int on = driver_host_sysctl("protected_regular") != 0;

        make_dir("sticky", 01777);
        as_user(1001);
        make_file("sticky/theirs", 0666);
        as_user(1000);
        OK(sys_open("sticky/theirs", O_RDWR, 0));
        if (on)
                ERR(EACCES, sys_open("sticky/theirs", O_RDWR | O_CREAT, 0666));
        else
                OK(sys_open("sticky/theirs", O_RDWR | O_CREAT, 0666));
}
END_TEST

START_TEST(test_following_bumps_no_time_but_the_links_atime)
{
        struct vfs_statx st;

        make_file("F", 0644);
        make_link("F", "L");
        age("L");
        OK(sys_stat("L"));
        st = attr_of("L");
        WANT(!time_is(&st.atime, 1000));
        WANT(time_is(&st.mtime, 1000));
}
END_TEST

SEMANTICS_MAIN("symlinks", test_40_nested_links_are_followed_41_are_eloop,
               test_links_in_the_middle_and_at_the_end_count_together, test_loop_is_eloop, test_o_nofollow,
               test_o_creat_through_a_dangling_link_makes_its_target,
               test_link_targets_are_read_from_the_links_directory,
               test_o_path_of_a_symlink_can_be_read_with_an_empty_path, test_chmod_of_a_symlink_is_eopnotsupp,
               test_protected_symlinks_as_the_host_is_set, test_protected_regular_as_the_host_is_set,
               test_following_bumps_no_time_but_the_links_atime)
