/*
 * deleted.c - link counts, and what is left of removed directories and unlinked files.
 */
#include "tests/semantics/semantics.h"

START_TEST(test_directory_link_counts)
{
        int fd;

        make_dir("d", 0755);
        EQ(2, attr_of("d").nlink);
        make_dir("d/a", 0755);
        make_dir("d/b", 0755);
        make_file("d/f", 0644);
        EQ(4, attr_of("d").nlink);
        fd = (int)OK(sys_open("d/a", O_RDONLY, 0));
        OK(sys_rmdir("d/a"));
        EQ(3, attr_of("d").nlink);
        EQ(0, fd_attr_of(fd).nlink);
        fd = (int)OK(sys_open("d/f", O_RDONLY, 0));
        OK(sys_unlink("d/f"));
        EQ(0, fd_attr_of(fd).nlink);
        EQ(3, attr_of("d").nlink);
}
END_TEST

START_TEST(test_removed_directory_has_nothing_and_takes_nothing)
{
        char buf[512];
        struct vfs_statx st;
        int fd;

        make_file("F", 0644);
        make_dir("d", 0755);
        fd = (int)OK(sys_open("d", O_RDONLY | O_DIRECTORY, 0));
        OK(sys_chdir("d"));
        OK(sys_rmdir("/d"));
        ERR(ENOENT, sys_open("new", O_WRONLY | O_CREAT, 0644));
        ERR(ENOENT, sys_mkdir("new", 0755));
        ERR(ENOENT, sys_symlink("t", "new"));
        ERR(ENOENT, sys_mknod("new", S_IFIFO | 0600, 0, 0));
        ERR(ENOENT, sys_link("/F", "new"));
        ERR(ENOENT, sys_rename("/F", "new"));
        OK(sys_open(".", O_TMPFILE | O_RDWR, 0600)); /* has no name to be refused */
        ERR(ENOENT, sys_getdents(fd, buf, sizeof(buf)));
        ERR(ENOENT, sys_stat("anything"));
        OK(sys_stat("."));
        OK(sys_stat(".."));
        WANT(same_file("..", "/"));
        ERR(ENOENT, sys_getcwd(buf, sizeof(buf)));
        OK(sys_fstat(fd, &st));
        EQ(0, st.nlink);
        OK(sys_open(".", O_RDONLY, 0));
        OK(sys_chdir(".."));
        OK(sys_getcwd(buf, sizeof(buf)));
        ck_assert_str_eq(buf, "/");
}
END_TEST

START_TEST(test_replaced_directory_is_a_removed_one)
{
        char buf[512];
        int fd;

        make_dir("d", 0755);
        make_dir("e", 0755);
        make_file("e/x", 0644);
        fd = (int)OK(sys_open("d", O_RDONLY | O_DIRECTORY, 0));
        OK(sys_rename("e", "d"));
        EQ(0, fd_attr_of(fd).nlink);
        ERR(ENOENT, sys_getdents(fd, buf, sizeof(buf)));
        ERR(ENOENT, sys_openat(fd, "y", O_WRONLY | O_CREAT, 0644));
        ERR(ENOENT, sys_openat(fd, "x", O_RDONLY, 0));
        WANT(exists("d/x"));
}
END_TEST

START_TEST(test_unlinked_open_file_lives_on)
{
        char buf[64];
        struct vfs_statx before, after;
        int fd;

        make_data("F", "hello", 5);
        fd = (int)OK(sys_open("F", O_RDWR, 0));
        before = fd_attr_of(fd);
        tick();
        OK(sys_unlink("F"));
        after = fd_attr_of(fd);
        EQ(0, after.nlink);
        WANT(time_before(&before.ctime, &after.ctime));
        EQ(5, sys_read(fd, buf, sizeof(buf)));
        EQ(3, sys_write(fd, "abc", 3));
        EQ(8, fd_attr_of(fd).size);
        EQ(13, sys_fd_path(fd, buf, sizeof(buf)));
        ck_assert_str_eq(buf, "/F (deleted)");
}
END_TEST

START_TEST(test_linkat_with_empty_path)
{
        int fd;

        make_file("F", 0644);
        fd = (int)OK(sys_open("F", O_RDWR, 0));
        OK(sys_linkat(fd, "", DRIVER_CWD, "G", VFS_AT_EMPTY_PATH));
        WANT(same_file("F", "G"));
        ERR(ENOENT, sys_linkat(fd, "", DRIVER_CWD, "H", 0));
        OK(sys_unlink("F"));
        OK(sys_unlink("G"));
        ERR(ENOENT, sys_linkat(fd, "", DRIVER_CWD, "H", VFS_AT_EMPTY_PATH));
        fd = (int)OK(sys_open("/", O_RDONLY, 0));
        ERR(EPERM, sys_linkat(fd, "", DRIVER_CWD, "H", VFS_AT_EMPTY_PATH));
}
END_TEST

START_TEST(test_linkat_with_empty_path_unprivileged_needs_the_openers_credentials)
{
        int fd, opath;

        make_dir("d", 0777);
        make_file("d/root", 0666);
        fd = (int)OK(sys_open("d/root", O_RDWR, 0));
        as_user(1000);
        ERR(ENOENT, sys_linkat(fd, "", DRIVER_CWD, "d/x", VFS_AT_EMPTY_PATH));
        ERR(ENOENT, sys_linkat(fd, "below", DRIVER_CWD, "d/x", VFS_AT_EMPTY_PATH));
        ERR(ENOTDIR, sys_linkat(fd, "below", DRIVER_CWD, "d/x", 0));
        opath = (int)OK(sys_open("d/root", O_PATH, 0));
        ERR(ENOTDIR, sys_linkat(opath, "below", DRIVER_CWD, "d/x", VFS_AT_EMPTY_PATH));
        OK(sys_linkat(opath, "", DRIVER_CWD, "d/y", VFS_AT_EMPTY_PATH));
        WANT(same_file("d/root", "d/y"));
}
END_TEST

START_TEST(test_o_tmpfile)
{
        int fd;

        make_dir("d", 0755);
        make_file("F", 0644);
        ERR(EINVAL, sys_open("d", O_TMPFILE | O_RDONLY, 0600));
        ERR(EINVAL, sys_open("d", O_TMPFILE | O_RDWR | O_CREAT, 0600));
        ERR(ENOTDIR, sys_open("F", O_TMPFILE | O_RDWR, 0600));
        ERR(ENOENT, sys_open("nope", O_TMPFILE | O_RDWR, 0600));
        drv->ops->umask(drv, 027);
        fd = (int)OK(sys_open("d", O_TMPFILE | O_RDWR, 0666));
        EQ(0, fd_attr_of(fd).nlink);
        EQ(0640, fd_attr_of(fd).mode & 07777);
        EQ(0, entries("d"));
        EQ(3, sys_write(fd, "abc", 3));
        OK(sys_linkat(fd, "", DRIVER_CWD, "d/linked", VFS_AT_EMPTY_PATH));
        EQ(1, fd_attr_of(fd).nlink);
        ck_assert_str_eq(content_of("d/linked"), "abc");
        fd = (int)OK(sys_open("d", O_TMPFILE | O_WRONLY | O_EXCL, 0600));
        ERR(ENOENT, sys_linkat(fd, "", DRIVER_CWD, "d/x", VFS_AT_EMPTY_PATH));
        as_user(1000);
        ERR(EACCES, sys_open("d", O_TMPFILE | O_RDWR, 0600));
}
END_TEST

START_TEST(test_hard_links_share_everything)
{
        struct vfs_statx before, after;

        make_data("F", "one", 3);
        before = attr_of("F");
        tick();
        OK(sys_link("F", "G"));
        after = attr_of("F");
        WANT(time_before(&before.ctime, &after.ctime));
        EQ(2, after.nlink);
        OK(sys_chmod("G", 0600));
        EQ(0600, mode_of("F"));
        make_data("G", "two", 3);
        ck_assert_str_eq(content_of("F"), "two");
        OK(sys_unlink("F"));
        EQ(1, attr_of("G").nlink);
        ERR(EEXIST, sys_link("G", "G"));
}
END_TEST

START_TEST(test_getdents_of_an_unchanged_directory_lists_each_name_once)
{
        char buf[4096] __attribute__((aligned(8))), name[16];
        int fd, seen[200] = { 0 }, dots = 0;
        int64_t n;

        make_dir("d", 0755);
        for (int i = 0; i < 200; i++) {
                snprintf(name, sizeof(name), "d/%d", i);
                make_file(name, 0644);
        }
        fd = (int)OK(sys_open("d", O_RDONLY, 0));
        ERR(EINVAL, sys_getdents(fd, buf, 8));
        while ((n = OK(sys_getdents(fd, buf, 200))) > 0) {
                for (int64_t at = 0; at < n;) {
                        struct vfs_dirent *entry = (struct vfs_dirent *)(buf + at);

                        if (entry->name[0] == '.') {
                                EQ(VFS_DT_DIR, entry->type);
                                dots++;
                        } else {
                                EQ(VFS_DT_REG, entry->type);
                                seen[atoi(entry->name)]++;
                        }
                        WANT(entry->reclen % 8 == 0);
                        at += entry->reclen;
                }
        }
        EQ(2, dots);
        for (int i = 0; i < 200; i++)
                EQ(1, seen[i]);
        EQ(0, sys_getdents(fd, buf, sizeof(buf)));
        EQ(0, sys_lseek(fd, 0, SEEK_SET));
        WANT(sys_getdents(fd, buf, sizeof(buf)) > 0);
}
END_TEST

START_TEST(test_getdents_positions_survive_removals)
{
        char buf[64] __attribute__((aligned(8))), name[80];
        int fd, count = 0;
        int64_t n;

        make_dir("d", 0755);
        for (int i = 0; i < 50; i++) {
                snprintf(name, sizeof(name), "d/n%d", i);
                make_file(name, 0644);
        }
        fd = (int)OK(sys_open("d", O_RDONLY, 0));
        /* As rm -r does: unlink what was just read. */
        while ((n = OK(sys_getdents(fd, buf, 32))) > 0) {
                struct vfs_dirent *entry = (struct vfs_dirent *)buf;

                if (entry->name[0] == '.')
                        continue;
                snprintf(name, sizeof(name), "d/%s", entry->name);
                OK(sys_unlink(name));
                count++;
        }
        EQ(50, count);
        OK(sys_rmdir("d"));
}
END_TEST

SEMANTICS_MAIN("deleted", test_directory_link_counts, test_removed_directory_has_nothing_and_takes_nothing,
               test_replaced_directory_is_a_removed_one, test_unlinked_open_file_lives_on,
               test_linkat_with_empty_path,
               test_linkat_with_empty_path_unprivileged_needs_the_openers_credentials, test_o_tmpfile,
               test_hard_links_share_everything, test_getdents_of_an_unchanged_directory_lists_each_name_once,
               test_getdents_positions_survive_removals)
