/*
 * names.c - how paths are read: empty ones, slashes, dots, and the limits of
 * names and paths.
 */
#include "tests/semantics/semantics.h"

/*
 * F a file, D an empty directory, E a directory with a file x, LF and LD links to F and D, N a
 * link to nothing.
 */
static void usual_tree(void)
{
        make_file("F", 0644);
        make_dir("D", 0755);
        make_dir("E", 0755);
        make_file("E/x", 0644);
        make_link("F", "LF");
        make_link("D", "LD");
        make_link("nothing", "N");
}

START_TEST(test_empty_path_is_enoent_whatever_the_start)
{
        make_file("F", 0644);
        ERR(ENOENT, sys_stat(""));
        ERR(ENOENT, sys_open("", O_RDONLY, 0));
        ERR(ENOENT, sys_open("", O_RDWR | O_CREAT, 0644));
        ERR(ENOENT, sys_openat(DRIVER_BAD_FD, "", O_RDONLY, 0));
        ERR(ENOENT, sys_mkdir("", 0755));
        ERR(ENOENT, sys_unlink(""));
        ERR(ENOENT, sys_rmdir(""));
        ERR(ENOENT, sys_rename("", "x"));
        ERR(ENOENT, sys_rename("F", ""));
        ERR(ENOENT, sys_link("F", ""));
        ERR(ENOENT, sys_symlink("t", ""));
        ERR(ENOENT, sys_chdir(""));
        ERR(ENOENT, sys_truncate("", 0));
}
END_TEST

START_TEST(test_starting_point_matters_to_relative_paths_only)
{
        struct vfs_statx st;
        int fd;

        make_file("F", 0644);
        fd = (int)OK(sys_open("F", O_RDONLY, 0));
        ERR(EBADF, sys_openat(DRIVER_BAD_FD, "x", O_RDONLY, 0));
        ERR(EBADF, sys_statx(DRIVER_BAD_FD, "x", 0, &st));
        OK(sys_openat(DRIVER_BAD_FD, "/F", O_RDONLY, 0));
        ERR(ENOTDIR, sys_openat(fd, "x", O_RDONLY, 0));
        ERR(ENOTDIR, sys_openat(fd, ".", O_RDONLY, 0));
        OK(sys_openat(fd, "/F", O_RDONLY, 0));
}
END_TEST

START_TEST(test_trailing_slash_wants_a_directory)
{
        static const struct {
                const char *path;
                int want;
        } stats[] = {
                { "F/", ENOTDIR },   { "LF/", ENOTDIR },  { "F/x", ENOTDIR },    { "F/.", ENOTDIR },
                { "F/..", ENOTDIR }, { "D/", 0 },         { "LD/", 0 },          { "D//", 0 },
                { "//D///", 0 },     { "D/.", 0 },        { "D/./..", 0 },       { "N", ENOENT },
                { "N/", ENOENT },    { "nope/", ENOENT }, { "nope/..", ENOENT }, { "/", 0 },
                { "//", 0 },         { "/..", 0 },        { "/../../D", 0 },
        };

        usual_tree();
        for (size_t i = 0; i < ARRAY_SIZE(stats); i++)
                CHECK_ROW(i, stats[i].path, stats[i].want, sys_stat(stats[i].path));
        ERR(ENOTDIR, sys_lstat("LF/"));
        ERR(ENOTDIR, sys_open("F/x", O_RDONLY, 0));
        WANT((attr_of("LD/").mode & S_IFMT) == S_IFDIR);
        WANT((attr_of("LD").mode & S_IFMT) == S_IFLNK);
}
END_TEST

START_TEST(test_open_creat_with_directories_and_slashes)
{
        static const struct {
                const char *path;
                int flags, want;
        } opens[] = {
                { "new/", O_CREAT, EISDIR },
                { "F/", O_CREAT, EISDIR },
                { "D", O_CREAT, EISDIR },
                { "D/", O_CREAT, EISDIR },
                { ".", O_CREAT, EISDIR },
                { "D/..", O_CREAT, EISDIR },
                { "/", O_CREAT, EISDIR },
                { "D", O_CREAT | O_EXCL, EEXIST },
                { "D/", O_CREAT | O_EXCL, EISDIR },
                { "./", O_CREAT | O_EXCL, EEXIST },
                { "D/../", O_CREAT | O_EXCL, EEXIST },
                { "/", O_CREAT | O_EXCL, EEXIST },
                { "F", O_CREAT | O_EXCL, EEXIST },
                { "LF", O_CREAT | O_EXCL, EEXIST },
                { "D", O_CREAT | O_DIRECTORY, EINVAL },
                { "F", O_CREAT | O_DIRECTORY, EINVAL },
                { "new", O_CREAT | O_DIRECTORY, EINVAL },
                { "nope/x", O_CREAT, ENOENT },
                { "F/x", O_CREAT, ENOTDIR },
                { "D", O_WRONLY, EISDIR },
                { "D", O_RDWR, EISDIR },
                { "D", O_RDONLY | O_TRUNC, EISDIR },
                { "LD", O_WRONLY, EISDIR },
                { "F", O_DIRECTORY, ENOTDIR },
                { "LF", O_DIRECTORY, ENOTDIR },
                { "D", O_DIRECTORY, 0 },
                { "D/", O_RDONLY, 0 },
                { "F", O_CREAT, 0 },
                { "F", O_CREAT | O_TRUNC, 0 },
        };

        usual_tree();
        for (size_t i = 0; i < ARRAY_SIZE(opens); i++)
                CHECK_ROW(i, opens[i].path, opens[i].want,
                          sys_open(opens[i].path, (uint32_t)opens[i].flags, 0644));
        WANT(!exists("new"));
}
END_TEST

START_TEST(test_open_unknown_flag_bits_are_ignored_by_open)
{
        make_file("F", 0644);
        OK(sys_open("F", O_RDONLY | 0x40000000u, 0));
        OK(sys_open("F", O_RDONLY, 0xffff0000u));
}
END_TEST

START_TEST(test_mkdir_names)
{
        static const struct {
                const char *path;
                int want;
        } dirs[] = {
                { "new/", 0 },       { "new2//", 0 },    { "new", EEXIST },    { ".", EEXIST },
                { "..", EEXIST },    { "D/..", EEXIST }, { "D/.", EEXIST },    { "/", EEXIST },
                { "F", EEXIST },     { "F/", EEXIST },   { "N", EEXIST },      { "N/", EEXIST },
                { "LD/", EEXIST },   { "LF", EEXIST },   { "nope/x", ENOENT }, { "F/x", ENOTDIR },
                { "LF/x", ENOTDIR }, { "LD/x", 0 },      { "N/x", ENOENT },    { "nope/.", ENOENT },
        };

        usual_tree();
        for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
                CHECK_ROW(i, dirs[i].path, dirs[i].want, sys_mkdir(dirs[i].path, 0755));
        WANT(exists("D/x"));
        WANT(!exists("nothing"));
}
END_TEST

START_TEST(test_mkdir_keeps_sticky_and_permission_bits_only)
{
        OK(sys_mkdir("d", 07777));
        EQ(01777, mode_of("d"));
        drv->ops->umask(drv, 022);
        OK(sys_mkdir("e", 0777));
        EQ(0755, mode_of("e"));
        EQ(022, drv->ops->umask(drv, 0));
}
END_TEST

START_TEST(test_new_names_with_slashes)
{
        usual_tree();
        ERR(ENOENT, sys_mknod("new/", S_IFREG | 0644, 0, 0));
        ERR(ENOENT, sys_symlink("t", "new/"));
        ERR(ENOENT, sys_link("F", "new/"));
        ERR(EEXIST, sys_mknod("D/", S_IFREG | 0644, 0, 0));
        ERR(EEXIST, sys_mknod("F/", S_IFREG | 0644, 0, 0));
        ERR(EEXIST, sys_mknod(".", S_IFREG | 0644, 0, 0));
        ERR(EEXIST, sys_mknod("N", S_IFREG | 0644, 0, 0));
        ERR(EEXIST, sys_symlink("t", "N"));
        ERR(EEXIST, sys_symlink("t", "/"));
        ERR(EEXIST, sys_link("F", "N"));
        ERR(EEXIST, sys_link("F", "E/x"));
        ERR(EEXIST, sys_link("F", ".."));
        ERR(ENOTDIR, sys_link("F/", "new"));
        ERR(ENOENT, sys_link("nope", "new"));
        ERR(ENOENT, sys_link("nope", "F"));
}
END_TEST

START_TEST(test_link_and_mknod_refuse_directories)
{
        usual_tree();
        ERR(EPERM, sys_link("D", "x"));
        ERR(EEXIST, sys_link("D", "F"));
        ERR(EPERM, sys_mknod("x", S_IFDIR | 0755, 0, 0));
        ERR(EINVAL, sys_mknod("x", S_IFLNK | 0755, 0, 0));
        ERR(EINVAL, sys_mknod("x", 0030000 | 0755, 0, 0));
        OK(sys_mknod("regular", 0640, 0, 0));
        WANT(attr_of("regular").mode == (S_IFREG | 0640));
        OK(sys_mknod("fifo", S_IFIFO | 0600, 0, 0));
        WANT(attr_of("fifo").mode == (S_IFIFO | 0600));
        OK(sys_mknod("sock", S_IFSOCK | 0600, 0, 0));
        WANT(attr_of("sock").mode == (S_IFSOCK | 0600));
        OK(sys_mknod("chr", S_IFCHR | 0600, 501, 77));
        WANT(attr_of("chr").mode == (S_IFCHR | 0600));
        WANT(attr_of("chr").rdev_major == 501 && attr_of("chr").rdev_minor == 77);
        OK(sys_mknod("blk", S_IFBLK | 0600, 502, 3));
        WANT(attr_of("blk").mode == (S_IFBLK | 0600));
}
END_TEST

START_TEST(test_link_of_a_symlink_links_the_symlink)
{
        usual_tree();
        OK(sys_link("LF", "x"));
        WANT((attr_of("x").mode & S_IFMT) == S_IFLNK);
        WANT(same_file("LF", "x"));
        EQ(2, attr_of("x").nlink);
        OK(sys_linkat(DRIVER_CWD, "LF", DRIVER_CWD, "y", VFS_AT_SYMLINK_FOLLOW));
        WANT(same_file("F", "y"));
        OK(sys_link("N", "z"));
        ERR(ENOENT, sys_linkat(DRIVER_CWD, "N", DRIVER_CWD, "w", VFS_AT_SYMLINK_FOLLOW));
        ERR(EINVAL, sys_linkat(DRIVER_CWD, "F", DRIVER_CWD, "w", VFS_AT_SYMLINK_NOFOLLOW));
}
END_TEST

START_TEST(test_symlink_targets)
{
        char target[4200];

        ERR(ENOENT, sys_symlink("", "x"));
        memset(target, 't', sizeof(target));
        target[4096] = '\0';
        ERR(ENAMETOOLONG, sys_symlink(target, "x"));
        target[4095] = '\0';
        OK(sys_symlink(target, "x"));
        EQ(4095, attr_of("x").size);
        WANT(attr_of("x").mode == (S_IFLNK | 0777));
        ERR(ENAMETOOLONG, sys_stat("x"));
}
END_TEST

START_TEST(test_unlink_names)
{
        static const struct {
                const char *path;
                int want;
        } names[] = {
                { "F/", ENOTDIR },    { "LD/", ENOTDIR }, { "LF/", ENOTDIR },  { "D", EISDIR },
                { "D/", EISDIR },     { ".", EISDIR },    { "..", EISDIR },    { "D/..", EISDIR },
                { "D/.", EISDIR },    { "/", EISDIR },    { "nope/", ENOENT }, { "nope", ENOENT },
                { "nope/.", ENOENT }, { "F/x", ENOTDIR }, { "N/", ENOTDIR },   { "F", 0 },
                { "F", ENOENT },      { "LD", 0 },        { "N", 0 },
        };

        usual_tree();
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                CHECK_ROW(i, names[i].path, names[i].want, sys_unlink(names[i].path));
        WANT(exists("D"));
        WANT(exists("LF"));
}
END_TEST

START_TEST(test_rmdir_names)
{
        static const struct {
                const char *path;
                int want;
        } names[] = {
                { ".", EINVAL },    { "D/.", EINVAL },   { "..", ENOTEMPTY }, { "D/..", ENOTEMPTY },
                { "/", EBUSY },     { "F", ENOTDIR },    { "F/", ENOTDIR },   { "LD", ENOTDIR },
                { "LD/", ENOTDIR }, { "LF", ENOTDIR },   { "E", ENOTEMPTY },  { "E/", ENOTEMPTY },
                { "nope", ENOENT }, { "nope/", ENOENT }, { "F/x", ENOTDIR },  { "N", ENOTDIR },
                { "D/", 0 },        { "D", ENOENT },
        };

        usual_tree();
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                CHECK_ROW(i, names[i].path, names[i].want, sys_rmdir(names[i].path));
        ERR(EINVAL, drv->ops->unlink(drv, DRIVER_CWD, "E", 0x1));
}
END_TEST

START_TEST(test_name_of_255_bytes_is_the_longest)
{
        char name[257], path[400];

        memset(name, 'n', sizeof(name));
        name[255] = '\0';
        OK(sys_mkdir(name, 0755));
        OK(sys_stat(name));
        WANT(listed("/", name));
        snprintf(path, sizeof(path), "%s/", name);
        OK(sys_stat(path));
        name[255] = 'n';
        name[256] = '\0';
        ERR(ENAMETOOLONG, sys_mkdir(name, 0755));
        ERR(ENAMETOOLONG, sys_stat(name));
        ERR(ENAMETOOLONG, sys_open(name, O_RDWR | O_CREAT, 0644));
        ERR(ENAMETOOLONG, sys_unlink(name));
        ERR(ENAMETOOLONG, sys_symlink("t", name));
        make_file("F", 0644);
        ERR(ENAMETOOLONG, sys_rename("F", name));
        ERR(ENAMETOOLONG, sys_rename(name, "x"));
        snprintf(path, sizeof(path), "nope/%s", name);
        ERR(ENOENT, sys_stat(path));
        snprintf(path, sizeof(path), "F/%s", name);
        ERR(ENOTDIR, sys_stat(path));
        snprintf(path, sizeof(path), "%s/x", name);
        ERR(ENAMETOOLONG, sys_stat(path));
        make_dir("gone", 0755);
        OK(sys_chdir("gone"));
        OK(sys_rmdir("/gone"));
        ERR(ENOENT, sys_stat(name));
        ERR(ENOENT, sys_stat(path));
        ERR(ENOENT, sys_mkdir(name, 0755));
        ERR(ENOENT, sys_unlink(name));
        ERR(ENOENT, sys_rename(name, "/x"));
}
END_TEST

START_TEST(test_path_of_4095_bytes_is_the_longest)
{
        char path[4200];

        make_file("F", 0644);
        memset(path, '/', sizeof(path));
        path[4094] = 'F';
        path[4095] = '\0';
        OK(sys_stat(path));
        path[4094] = '/';
        path[4095] = 'F';
        path[4096] = '\0';
        ERR(ENAMETOOLONG, sys_stat(path));
        ERR(ENAMETOOLONG, sys_open(path, O_RDONLY, 0));
        ERR(ENAMETOOLONG, sys_mkdir(path, 0755));
        ERR(ENAMETOOLONG, sys_rename("F", path));
        ERR(ENAMETOOLONG, sys_rename(path, "F"));
        ERR(ENAMETOOLONG, sys_unlink(path));
        ERR(ENAMETOOLONG, sys_openat(DRIVER_BAD_FD, path, O_RDONLY, 0));
}
END_TEST

START_TEST(test_readlink_wants_a_link_and_cuts_silently)
{
        char buf[16];

        usual_tree();
        ERR(EINVAL, sys_readlink("F", buf, sizeof(buf)));
        ERR(EINVAL, sys_readlink("D", buf, sizeof(buf)));
        ERR(EINVAL, sys_readlink("LD/", buf, sizeof(buf)));
        ERR(EINVAL, sys_readlink("LD", buf, 0));
        ERR(EINVAL, sys_readlink("/", buf, sizeof(buf)));
        ERR(ENOENT, sys_readlink("nope", buf, sizeof(buf)));
        ERR(ENOTDIR, sys_readlink("LF/", buf, sizeof(buf)));
        EQ(7, sys_readlink("N", buf, sizeof(buf)));
        WANT(!memcmp(buf, "nothing", 7));
        memset(buf, '.', sizeof(buf));
        EQ(3, sys_readlink("N", buf, 3));
        WANT(!memcmp(buf, "not.", 4));
}
END_TEST

START_TEST(test_chdir_and_dotdot_at_the_root)
{
        char buf[64];

        usual_tree();
        make_dir("D/sub", 0755);
        ERR(ENOTDIR, sys_chdir("F"));
        ERR(ENOENT, sys_chdir("nope"));
        OK(sys_chdir("LD/sub"));
        EQ(7, sys_getcwd(buf, sizeof(buf)));
        ck_assert_str_eq(buf, "/D/sub");
        ERR(ERANGE, sys_getcwd(buf, 6));
        OK(sys_stat("../../F"));
        OK(sys_stat("../../../../../F"));
        OK(sys_chdir("/"));
        EQ(2, sys_getcwd(buf, sizeof(buf)));
        ck_assert_str_eq(buf, "/");
        WANT(same_file("/..", "/"));
}
END_TEST

START_TEST(test_access_answers)
{
        usual_tree();
        OK(sys_access("F", F_OK));
        OK(sys_access("F", R_OK | W_OK));
        ERR(EACCES, sys_access("F", X_OK));
        OK(sys_access("D", X_OK));
        ERR(ENOENT, sys_access("N", F_OK));
        ERR(EINVAL, sys_access("F", 8));
        ERR(EINVAL, drv->ops->access(drv, DRIVER_CWD, "F", F_OK, 0x8000));
        OK(drv->ops->access(drv, DRIVER_CWD, "N", F_OK, VFS_AT_SYMLINK_NOFOLLOW));
        as_user(1000);
        ERR(EACCES, sys_access("F", W_OK));
        ERR(EACCES, sys_access("D", W_OK));
        OK(sys_access("F", R_OK));
}
END_TEST

START_TEST(test_unknown_flags_are_einval_before_the_path)
{
        struct vfs_statx st;

        ERR(EINVAL, sys_statx(DRIVER_CWD, "nope", 0x80000, &st));
        ERR(EINVAL, drv->ops->statx(drv, DRIVER_CWD, "nope", 0, VFS_STATX__RESERVED, &st));
        ERR(EINVAL, drv->ops->unlink(drv, DRIVER_CWD, "nope", 0x4000));
        ERR(EINVAL, sys_rename2("nope", "x", 0x80));
        ERR(EINVAL, sys_linkat(DRIVER_CWD, "nope", DRIVER_CWD, "x", 0x80000));
        ERR(EINVAL, drv->ops->chmod(drv, DRIVER_CWD, "nope", 0, 0x80000));
        ERR(EINVAL, drv->ops->chown(drv, DRIVER_CWD, "nope", 0, 0, 0x80000));
        ERR(EINVAL, drv->ops->utimens(drv, DRIVER_CWD, "nope", NULL, 0x80000));
        ERR(EINVAL, drv->ops->statx(drv, DRIVER_CWD, "nope", VFS_AT_STATX_FORCE_SYNC | VFS_AT_STATX_DONT_SYNC,
                                    0, &st));
}
END_TEST

SEMANTICS_MAIN("names", test_empty_path_is_enoent_whatever_the_start,
               test_starting_point_matters_to_relative_paths_only, test_trailing_slash_wants_a_directory,
               test_open_creat_with_directories_and_slashes, test_open_unknown_flag_bits_are_ignored_by_open,
               test_mkdir_names, test_mkdir_keeps_sticky_and_permission_bits_only,
               test_new_names_with_slashes, test_link_and_mknod_refuse_directories,
               test_link_of_a_symlink_links_the_symlink, test_symlink_targets, test_unlink_names,
               test_rmdir_names, test_name_of_255_bytes_is_the_longest,
               test_path_of_4095_bytes_is_the_longest, test_readlink_wants_a_link_and_cuts_silently,
               test_chdir_and_dotdot_at_the_root, test_access_answers,
               test_unknown_flags_are_einval_before_the_path)
