/*
 * openat2.c - openat2(2): walks that must not leave, and what its arguments may be.
 */
#include "tests/semantics/semantics.h"

static int dir_fd;

/* d/ with f, sub/g, and links that stay, leave and climb; outside. */
static void scope_tree(void)
{
        make_file("outside", 0644);
        make_dir("d", 0755);
        make_dir("d/sub", 0755);
        make_file("d/f", 0644);
        make_file("d/outside", 0600); /* what IN_ROOT finds instead */
        make_file("d/sub/g", 0644);
        make_link("f", "d/stay");
        make_link("/outside", "d/abs");
        make_link("../outside", "d/climb");
        make_link("../f", "d/sub/up");
        make_link("../../outside", "d/sub/toofar");
        dir_fd = (int)OK(sys_open("d", O_PATH | O_DIRECTORY, 0));
}

START_TEST(test_beneath_and_in_root)
{
        static const struct {
                const char *path;
                int beneath, in_root;
        } rows[] = {
                { "f", 0, 0 },
                { "./f", 0, 0 },
                { "sub/g", 0, 0 },
                { "sub/../f", 0, 0 },
                { "stay", 0, 0 },
                { "sub/up", 0, 0 },
                { ".", 0, 0 },
                { "sub/..", 0, 0 },
                { "..", EXDEV, 0 },
                { "../outside", EXDEV, 0 },
                { "../d/f", EXDEV, ENOENT },
                { "sub/../../outside", EXDEV, 0 },
                { "/outside", EXDEV, 0 },
                { "/", EXDEV, 0 },
                { "abs", EXDEV, 0 },
                { "climb", EXDEV, 0 },
                { "sub/toofar", EXDEV, 0 },
                { "/f", EXDEV, 0 },
                { "nope", ENOENT, ENOENT },
        };

        scope_tree();
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                CHECK_ROW(i, rows[i].path, rows[i].beneath,
                          sys_openat2(dir_fd, rows[i].path, O_RDONLY, 0, VFS_RESOLVE_BENEATH));
                CHECK_ROW(i, rows[i].path, rows[i].in_root,
                          sys_openat2(dir_fd, rows[i].path, O_RDONLY, 0, VFS_RESOLVE_IN_ROOT));
        }
        ERR(EINVAL, sys_openat2(dir_fd, "f", O_RDONLY, 0, VFS_RESOLVE_BENEATH | VFS_RESOLVE_IN_ROOT));
}
END_TEST

START_TEST(test_in_root_opens_what_is_below_the_start)
{
        int fd;

        scope_tree();
        fd = (int)OK(sys_openat2(dir_fd, "abs", O_RDONLY, 0, VFS_RESOLVE_IN_ROOT));
        EQ(0600, fd_attr_of(fd).mode & 0777);
        fd = (int)OK(sys_openat2(dir_fd, "../../../outside", O_RDONLY, 0, VFS_RESOLVE_IN_ROOT));
        EQ(0600, fd_attr_of(fd).mode & 0777);
        OK(sys_openat2(dir_fd, "/created", O_WRONLY | O_CREAT, 0644, VFS_RESOLVE_IN_ROOT));
        WANT(exists("d/created") && !exists("created"));
}
END_TEST

START_TEST(test_beneath_creates_beneath_only)
{
        scope_tree();
        OK(sys_openat2(dir_fd, "sub/new", O_WRONLY | O_CREAT, 0640, VFS_RESOLVE_BENEATH));
        EQ(0640, mode_of("d/sub/new"));
        ERR(EXDEV, sys_openat2(dir_fd, "../new", O_WRONLY | O_CREAT, 0640, VFS_RESOLVE_BENEATH));
        ERR(EXDEV, sys_openat2(dir_fd, "..", O_WRONLY | O_CREAT, 0640, VFS_RESOLVE_BENEATH));
        ERR(EXDEV, sys_openat2(dir_fd, "sub/../../", O_WRONLY | O_CREAT, 0640, VFS_RESOLVE_BENEATH));
        ERR(EISDIR, sys_openat2(dir_fd, "sub/..", O_WRONLY | O_CREAT, 0640, VFS_RESOLVE_BENEATH));
        ERR(EISDIR, sys_openat2(dir_fd, "..", O_WRONLY | O_CREAT, 0640, VFS_RESOLVE_IN_ROOT));
        make_link("../made", "d/out");
        ERR(EXDEV, sys_openat2(dir_fd, "out", O_WRONLY | O_CREAT, 0640, VFS_RESOLVE_BENEATH));
        WANT(!exists("new") && !exists("made"));
}
END_TEST

START_TEST(test_no_symlinks)
{
        scope_tree();
        OK(sys_openat2(dir_fd, "f", O_RDONLY, 0, VFS_RESOLVE_NO_SYMLINKS));
        ERR(ELOOP, sys_openat2(dir_fd, "stay", O_RDONLY, 0, VFS_RESOLVE_NO_SYMLINKS));
        ERR(ELOOP, sys_openat2(dir_fd, "stay", O_RDONLY | O_NOFOLLOW, 0, VFS_RESOLVE_NO_SYMLINKS));
        OK(sys_openat2(dir_fd, "stay", O_PATH | O_NOFOLLOW, 0, VFS_RESOLVE_NO_SYMLINKS));
        make_link("sub", "d/ls");
        ERR(ELOOP, sys_openat2(dir_fd, "ls/g", O_RDONLY, 0, VFS_RESOLVE_NO_SYMLINKS));
        ERR(ELOOP, sys_openat2(dir_fd, "ls/", O_RDONLY | O_NOFOLLOW, 0, VFS_RESOLVE_NO_SYMLINKS));
        OK(sys_openat2(dir_fd, "stay", O_RDONLY, 0, VFS_RESOLVE_NO_MAGICLINKS));
}
END_TEST

START_TEST(test_no_xdev)
{
        scope_tree();
        make_dir("d/m", 0755);
        OK(mount_tmpfs("d/m"));
        make_file("d/m/x", 0644);
        make_link("m", "d/lm");
        ERR(EXDEV, sys_openat2(dir_fd, "m", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(dir_fd, "m/x", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(dir_fd, "lm/x", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(dir_fd, "m", O_RDONLY | O_CREAT, 0644, VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(dir_fd, "m", O_RDONLY | O_CREAT | O_EXCL, 0644, VFS_RESOLVE_NO_XDEV));
        ERR(EEXIST, sys_openat2(dir_fd, "m", O_RDONLY | O_CREAT | O_EXCL, 0644, 0));
        ERR(EEXIST, sys_openat2(dir_fd, "lm", O_RDONLY | O_CREAT | O_EXCL, 0644, VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(dir_fd, "f", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(dir_fd, "../outside", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        dir_fd = (int)OK(sys_open("d/m", O_PATH | O_DIRECTORY, 0));
        ERR(EXDEV, sys_openat2(dir_fd, "..", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(dir_fd, "/outside", O_RDONLY, 0,
                       VFS_RESOLVE_NO_XDEV)); /* begins at the root, stays there */
        make_link("/outside", "d/m/abs");
        ERR(EXDEV, sys_openat2(dir_fd, "abs", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(dir_fd, "..", O_RDWR | O_CREAT, 0644, VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(dir_fd, "x", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(DRIVER_CWD, "/d/m/x", O_RDONLY, 0, VFS_RESOLVE_BENEATH));
        OK(sys_openat2(DRIVER_CWD, "d/m/x", O_RDONLY, 0, VFS_RESOLVE_BENEATH));
        OK(sys_openat2(DRIVER_CWD, "d/m/../f", O_RDONLY, 0, VFS_RESOLVE_BENEATH));
        OK(sys_chdir("d/sub"));
        OK(mount_tmpfs("/d"));
        ERR(EXDEV, sys_openat2(DRIVER_CWD, "..", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(DRIVER_CWD, "..", O_RDWR | O_CREAT | O_EXCL, 0644, VFS_RESOLVE_NO_XDEV));
}
END_TEST

/* Linux finds the root only when something asks for it, and NO_XDEV does not ask. */
START_TEST(test_no_xdev_refuses_an_absolute_link_while_the_root_is_not_known)
{
        make_file("f", 0644);
        make_link("/f", "abs");
        make_dir("d", 0755);
        ERR(EXDEV, sys_openat2(DRIVER_CWD, "abs", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(DRIVER_CWD, "d/../abs", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(DRIVER_CWD, "/abs", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(DRIVER_CWD, "abs", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV | VFS_RESOLVE_IN_ROOT));
}
END_TEST

START_TEST(test_no_xdev_stays_in_a_mount_over_the_root)
{
        struct vfs_statx here, st;
        int fd;

        make_dir("a", 0755);
        make_dir("d", 0755);
        OK(mount_tmpfs(".."));
        OK(sys_chdir(".."));
        here = attr_of(".");
        fd = (int)OK(sys_openat2(DRIVER_CWD, "../..", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        st = fd_attr_of(fd);
        WANT(st.ino == here.ino && st.dev_minor == here.dev_minor);
        ERR(EISDIR, sys_openat2(DRIVER_CWD, "..", O_RDWR, 0, VFS_RESOLVE_NO_XDEV));
        ERR(EISDIR, sys_openat2(DRIVER_CWD, "..", O_RDWR | O_CREAT, 0644, VFS_RESOLVE_NO_XDEV));
        OK(mount_tmpfs("."));
        ERR(EXDEV, sys_openat2(DRIVER_CWD, "..", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
}
END_TEST

START_TEST(test_cached_with_creation_is_eagain)
{
        scope_tree();
        ERR(EAGAIN, sys_openat2(dir_fd, "new", O_RDWR | O_CREAT, 0644, VFS_RESOLVE_CACHED));
        ERR(EAGAIN, sys_openat2(dir_fd, "f", O_RDWR | O_TRUNC, 0, VFS_RESOLVE_CACHED));
        ERR(EAGAIN, sys_openat2(dir_fd, ".", O_RDWR | O_TMPFILE, 0644, VFS_RESOLVE_CACHED));
        OK(sys_openat2(dir_fd, "f", O_RDONLY, 0, VFS_RESOLVE_CACHED));
        WANT(!exists("d/new"));
}
END_TEST

START_TEST(test_arguments_are_checked)
{
        static const struct {
                uint64_t flags, mode, resolve;
                int want;
        } rows[] = {
                { O_RDONLY, 0644, 0, EINVAL },
                { O_RDONLY | O_CREAT, 0644, 0, 0 },
                { O_RDONLY | O_CREAT, 010000, 0, EINVAL },
                { O_RDONLY | 0x40000000, 0, 0, EINVAL },
                { O_RDONLY | (UINT64_C(1) << 40), 0, 0, EINVAL },
                { O_RDONLY, 0, 0x40, EINVAL },
                { O_RDONLY, 0, UINT64_C(1) << 40, EINVAL },
                { O_PATH | O_CREAT, 0644, 0, EINVAL },
                { O_PATH | O_RDWR, 0, 0, EINVAL },
                { O_PATH | O_TRUNC, 0, 0, EINVAL },
                { O_PATH | O_CLOEXEC, 0, 0, 0 },
                { O_CREAT | O_DIRECTORY, 0644, 0, EINVAL },
                { O_TMPFILE, 0644, 0, EINVAL },
                { 020000000 | O_RDWR, 0644, 0, EINVAL }, /* __O_TMPFILE without O_DIRECTORY */
        };

        make_file("F", 0644);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                CHECK_ROW(i, "F", rows[i].want,
                          sys_openat2(DRIVER_CWD, "F", rows[i].flags, rows[i].mode, rows[i].resolve));
        OK(sys_openat2(DRIVER_CWD, "/", O_TMPFILE | O_RDWR, 0644, 0));
}
END_TEST

START_TEST(test_size_is_checked)
{
        struct {
                struct vfs_open_how how;
                uint64_t more[2];
        } big = { .how = { .flags = O_RDONLY } };

        make_file("F", 0644);
        ERR(EINVAL, drv->ops->openat2(drv, DRIVER_CWD, "F", &big, 0));
        ERR(EINVAL, drv->ops->openat2(drv, DRIVER_CWD, "F", &big, 23));
        OK(drv->ops->openat2(drv, DRIVER_CWD, "F", &big, 24));
        OK(drv->ops->openat2(drv, DRIVER_CWD, "F", &big, sizeof(big)));
        OK(drv->ops->openat2(drv, DRIVER_CWD, "F", &big, 29));
        big.more[1] = 1;
        ERR(E2BIG, drv->ops->openat2(drv, DRIVER_CWD, "F", &big, sizeof(big)));
        OK(drv->ops->openat2(drv, DRIVER_CWD, "F", &big, 32));
}
END_TEST

START_TEST(test_scope_follows_the_errors_of_the_path)
{
        scope_tree();
        ERR(ENOTDIR, sys_openat2(dir_fd, "f/..", O_RDONLY, 0, VFS_RESOLVE_BENEATH));
        ERR(ENOENT, sys_openat2(dir_fd, "", O_RDONLY, 0, VFS_RESOLVE_BENEATH));
        ERR(EBADF, sys_openat2(DRIVER_BAD_FD, "f", O_RDONLY, 0, VFS_RESOLVE_BENEATH));
        ERR(EXDEV, sys_openat2(DRIVER_BAD_FD, "/f", O_RDONLY, 0, VFS_RESOLVE_BENEATH));
        ERR(EBADF, sys_openat2(DRIVER_BAD_FD, "/f", O_RDONLY, 0, VFS_RESOLVE_IN_ROOT));
}
END_TEST

/* d with a mount on d/m, which has s and links; a file bound at d/g; b: a bind of d/sub. */
static void mounted_tree(void)
{
        scope_tree();
        make_dir("d/m", 0755);
        OK(mount_tmpfs("d/m"));
        make_dir("d/m/s", 0755);
        make_file("d/m/s/deep", 0644);
        make_file("d/g", 0644);
        OK(mount_bind("outside", "d/g"));
        make_link("m/s", "d/in");
        make_link("../f", "d/m/back");
        make_link("../../outside", "d/m/out");
        make_link("/", "d/m/slash");
}

START_TEST(test_no_xdev_and_mounts)
{
        static const struct {
                const char *path;
                int error;
        } rows[] = {
                { "f", 0 },
                { "m", EXDEV },
                { "m/s", EXDEV },
                { "m/..", EXDEV },
                { "g", EXDEV },
                { "in", EXDEV },
                { "sub/../f", 0 },
                { "..", 0 },
                { "../d/f", 0 },
                { "../d/m", EXDEV },
                { "/outside", 0 },
                { "/d/m", EXDEV },
                { "/d/m/../f", EXDEV },
                { "abs", EXDEV }, /* any absolute symlink */
                { "m/nope", EXDEV },
                { "nope", ENOENT },
        };
        int inside;

        mounted_tree();
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                CHECK_ROW(i, rows[i].path, rows[i].error,
                          sys_openat2(dir_fd, rows[i].path, O_PATH, 0, VFS_RESOLVE_NO_XDEV));
        inside = (int)OK(sys_open("d/m/s", O_PATH, 0));
        OK(sys_openat2(inside, "deep", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(inside, "..", O_PATH, 0, VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(inside, "../..", O_PATH, 0, VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(inside, "../back", O_PATH, 0, VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(inside, "/outside", O_PATH, 0, VFS_RESOLVE_NO_XDEV)); /* begins at the root */
        OK(sys_openat2(inside, "/", O_PATH, 0, VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(inside, "/d/m/s", O_PATH, 0, VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(dir_fd, "m/new", O_WRONLY | O_CREAT, 0644, VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(dir_fd, "new", O_WRONLY | O_CREAT, 0644, VFS_RESOLVE_NO_XDEV));
}
END_TEST

START_TEST(test_no_xdev_between_binds_of_one_filesystem)
{
        int bound;

        scope_tree();
        make_dir("b", 0755);
        OK(mount_bind("d", "b"));
        ERR(EXDEV, sys_openat2(DRIVER_CWD, "b/f", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        bound = (int)OK(sys_open("b", O_PATH, 0));
        OK(sys_openat2(bound, "sub/../f", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(bound, "..", O_PATH, 0, VFS_RESOLVE_NO_XDEV));
        OK(mount_tmpfs("b")); /* on top; the descriptor is below */
        OK(sys_openat2(bound, "f", O_RDONLY, 0, VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(bound, ".", O_PATH, 0, VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(DRIVER_CWD, "b", O_PATH, 0, VFS_RESOLVE_NO_XDEV));
}
END_TEST

START_TEST(test_beneath_and_in_root_over_mounts)
{
        static const struct {
                const char *path;
                int beneath, in_root;
        } rows[] = {
                { "m/s/deep", 0, 0 },      { "m/..", 0, 0 },        { "m/../f", 0, 0 },
                { "m/s/../../f", 0, 0 },   { "in/deep", 0, 0 },     { "in/../../f", 0, 0 },
                { "m/back", 0, 0 },        { "m/../..", EXDEV, 0 }, { "m/out", EXDEV, 0 },
                { "m/slash/f", EXDEV, 0 }, { "g", 0, 0 },           { "m/../../d/f", EXDEV, ENOENT },
        };
        int inside;

        mounted_tree();
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                CHECK_ROW(i, rows[i].path, rows[i].beneath,
                          sys_openat2(dir_fd, rows[i].path, O_RDONLY, 0, VFS_RESOLVE_BENEATH));
                CHECK_ROW(i, rows[i].path, rows[i].in_root,
                          sys_openat2(dir_fd, rows[i].path, O_RDONLY, 0, VFS_RESOLVE_IN_ROOT));
        }
        inside = (int)OK(sys_open("d/m", O_PATH, 0)); /* the root of a mount as the scope */
        ERR(EXDEV, sys_openat2(inside, "..", O_PATH, 0, VFS_RESOLVE_BENEATH));
        ERR(EXDEV, sys_openat2(inside, "back", O_PATH, 0, VFS_RESOLVE_BENEATH));
        ERR(ENOENT, sys_openat2(inside, "back", O_PATH, 0, VFS_RESOLVE_IN_ROOT));
        OK(sys_openat2(inside, "../../s/deep", O_RDONLY, 0, VFS_RESOLVE_IN_ROOT));
}
END_TEST

START_TEST(test_scopes_and_no_xdev_together)
{
        mounted_tree();
        OK(sys_openat2(dir_fd, "sub/../f", O_RDONLY, 0, VFS_RESOLVE_BENEATH | VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(dir_fd, "m", O_PATH, 0, VFS_RESOLVE_BENEATH | VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(dir_fd, "in/deep", O_PATH, 0, VFS_RESOLVE_IN_ROOT | VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(dir_fd, "../../f", O_RDONLY, 0, VFS_RESOLVE_IN_ROOT | VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(dir_fd, "/f", O_RDONLY, 0, VFS_RESOLVE_IN_ROOT | VFS_RESOLVE_NO_XDEV));
}
END_TEST

SEMANTICS_MAIN("openat2", test_beneath_and_in_root, test_in_root_opens_what_is_below_the_start,
               test_beneath_creates_beneath_only, test_no_symlinks, test_no_xdev,
               test_no_xdev_refuses_an_absolute_link_while_the_root_is_not_known,
               test_no_xdev_stays_in_a_mount_over_the_root, test_cached_with_creation_is_eagain,
               test_arguments_are_checked, test_size_is_checked, test_scope_follows_the_errors_of_the_path,
               test_no_xdev_and_mounts, test_no_xdev_between_binds_of_one_filesystem,
               test_beneath_and_in_root_over_mounts, test_scopes_and_no_xdev_together)
