/*
 * opath.c - O_PATH descriptors, empty paths, and descriptors as such.
 */
#include "tests/semantics/semantics.h"

START_TEST(test_o_path_refuses_everything_that_is_not_about_the_path)
{
        const struct vfs_timespec times[2] = { { 1, 0 }, { 1, 0 } };
        char buf[64];
        int fd, dir, other;

        make_data("F", "data", 4);
        make_dir("D", 0755);
        fd = (int)OK(sys_open("F", O_PATH, 0));
        dir = (int)OK(sys_open("D", O_PATH | O_DIRECTORY, 0));
        other = (int)OK(sys_open("F", O_RDWR, 0));
        ERR(EBADF, sys_read(fd, buf, 1));
        ERR(EBADF, sys_write(fd, buf, 1));
        ERR(EBADF, sys_pread(fd, buf, 1, 0));
        ERR(EBADF, sys_lseek(fd, 0, SEEK_SET));
        ERR(EBADF, sys_fchmod(fd, 0600));
        ERR(EBADF, sys_fchown(fd, 0, 0));
        ERR(EBADF, sys_futimens(fd, times));
        ERR(EBADF, sys_ftruncate(fd, 0));
        ERR(EBADF, sys_fallocate(fd, 0, 0, 1));
        ERR(EBADF, drv->ops->fsync(drv, fd));
        ERR(EBADF, drv->ops->fgetxattr(drv, fd, "user.a", buf, sizeof(buf)));
        ERR(EBADF, drv->ops->fsetxattr(drv, fd, "user.a", "v", 1, 0));
        ERR(EBADF, drv->ops->flistxattr(drv, fd, buf, sizeof(buf)));
        ERR(EBADF, drv->ops->fremovexattr(drv, fd, "user.a"));
        ERR(EBADF, sys_getdents(dir, buf, sizeof(buf)));
        ERR(EBADF, drv->ops->mmap(drv, fd, 0, 4096, VFS_PROT_READ, 1));
        ERR(EBADF, sys_fcntl(fd, VFS_F_SETFL, O_APPEND));
        ERR(EBADF, sys_fcntl(fd, VFS_F_GET_SEALS, 0));
        ERR(EBADF, sys_copy(fd, NULL, other, NULL, 1));
        ERR(EBADF, sys_copy(other, NULL, fd, NULL, 1));
}
END_TEST

START_TEST(test_o_path_allows_what_is_about_the_path)
{
        const struct vfs_timespec times[2] = { { 7, 0 }, { 7, 0 } };
        struct vfs_statx st;
        struct vfs_statfs fs;
        int fd, dir;

        make_data("F", "data", 4);
        make_dir("D", 0755);
        make_file("D/x", 0644);
        fd = (int)OK(sys_open("F", O_PATH, 0));
        dir = (int)OK(sys_open("D", O_PATH | O_DIRECTORY, 0));
        EQ(4, fd_attr_of(fd).size);
        OK(drv->ops->fstatfs(drv, fd, &fs));
        EQ(VFS_TMPFS_MAGIC, (int64_t)fs.type);
        WANT(sys_fcntl(fd, VFS_F_GETFL, 0) & VFS_O_PATH);
        OK(drv->ops->dup(drv, fd));
        OK(sys_openat(dir, "x", O_RDONLY, 0));
        OK(sys_statx(fd, "", VFS_AT_EMPTY_PATH, &st));
        OK(sys_statx(fd, NULL, VFS_AT_EMPTY_PATH, &st));
        OK(drv->ops->chown(drv, fd, "", 5, 6, VFS_AT_EMPTY_PATH));
        EQ(5, attr_of("F").uid);
        OK(drv->ops->chmod(drv, fd, "", 0600, VFS_AT_EMPTY_PATH));
        EQ(0600, mode_of("F"));
        OK(drv->ops->utimens(drv, fd, "", times, VFS_AT_EMPTY_PATH));
        st = attr_of("F");
        WANT(time_is(&st.mtime, 7));
        OK(drv->ops->access(drv, fd, "", R_OK, VFS_AT_EMPTY_PATH));
        OK(sys_fchdir(dir));
        OK(sys_stat("x"));
        ERR(ENOTDIR, sys_fchdir(fd));
        ERR(ENOTDIR, sys_openat(fd, "x", O_RDONLY, 0));
        OK(sys_close(fd));
        ERR(EBADF, sys_close(fd));
}
END_TEST

START_TEST(test_o_path_ignores_other_flags_and_permissions_of_the_file)
{
        int fd;

        make_file("F", 0);
        make_dir("D", 0700);
        make_file("D/x", 0644);
        as_user(1000);
        fd = (int)OK(sys_open("F", O_PATH | O_RDWR | O_TRUNC, 0));
        EQ(VFS_O_PATH, sys_fcntl(fd, VFS_F_GETFL, 0));
        ERR(ENOENT, sys_open("nope", O_PATH, 0));
        ERR(ENOENT, sys_open("nope", O_PATH | O_CREAT, 0644));
        OK(sys_open("D", O_PATH, 0));
        ERR(EACCES, sys_open("D/x", O_PATH, 0));
        ERR(ENOTDIR, sys_open("F", O_PATH | O_DIRECTORY, 0));
}
END_TEST

START_TEST(test_empty_path_needs_its_flag)
{
        struct vfs_statx st;
        int fd;

        make_file("F", 0644);
        fd = (int)OK(sys_open("F", O_RDONLY, 0));
        ERR(ENOENT, sys_statx(fd, "", 0, &st));
        OK(sys_statx(fd, "", VFS_AT_EMPTY_PATH, &st));
        ERR(ENOENT, drv->ops->chmod(drv, fd, "", 0600, 0));
        ERR(ENOENT, drv->ops->chown(drv, fd, "", 1, 1, 0));
        ERR(ENOENT, drv->ops->access(drv, fd, "", R_OK, 0));
        OK(sys_statx(DRIVER_CWD, "", VFS_AT_EMPTY_PATH, &st));
        WANT((st.mode & S_IFMT) == S_IFDIR);
        ERR(EBADF, sys_statx(DRIVER_BAD_FD, "", VFS_AT_EMPTY_PATH, &st));
        OK(sys_statx(fd, "/", VFS_AT_EMPTY_PATH, &st));
        WANT((st.mode & S_IFMT) == S_IFDIR);
}
END_TEST

START_TEST(test_descriptors_are_the_lowest_free)
{
        int a, b, c;

        make_file("F", 0644);
        a = (int)OK(sys_open("F", O_RDONLY, 0));
        b = (int)OK(sys_open("F", O_RDONLY | O_CLOEXEC, 0));
        c = (int)OK(drv->ops->dup(drv, b));
        WANT(a < b && b < c);
        EQ(VFS_FD_CLOEXEC, sys_fcntl(b, VFS_F_GETFD, 0));
        EQ(0, sys_fcntl(c, VFS_F_GETFD, 0));
        OK(sys_close(a));
        EQ(a, drv->ops->dup(drv, c));
        EQ(50, sys_fcntl(c, VFS_F_DUPFD, 50));
        EQ(51, sys_fcntl(c, VFS_F_DUPFD_CLOEXEC, 50));
        EQ(VFS_FD_CLOEXEC, sys_fcntl(51, VFS_F_GETFD, 0));
        EQ(60, drv->ops->dup3(drv, c, 60, O_CLOEXEC));
        ERR(EINVAL, drv->ops->dup3(drv, c, c, 0));
        ERR(EINVAL, drv->ops->dup3(drv, c, 61, O_APPEND));
        ERR(EBADF, drv->ops->dup3(drv, DRIVER_BAD_FD, 61, 0));
        ERR(EBADF, drv->ops->dup3(drv, c, -1, 0));
        ERR(EBADF, drv->ops->dup(drv, DRIVER_BAD_FD));
        OK(sys_fcntl(b, VFS_F_SETFD, 0));
        EQ(0, sys_fcntl(b, VFS_F_GETFD, 0));
        OK(drv->ops->close_range(drv, 50, 70, 0));
        ERR(EBADF, sys_close(51));
        ERR(EINVAL, drv->ops->close_range(drv, 2, 1, 0));
        ERR(EINVAL, drv->ops->close_range(drv, 50, 70, 8));
        ERR(EINVAL, sys_fcntl(c, VFS_F_DUPFD, (uint64_t)-1));
}
END_TEST

START_TEST(test_dup_shares_offset_and_flags_and_open_does_not)
{
        char buf[8];
        int a, b, c;

        make_data("F", "abcdef", 6);
        a = (int)OK(sys_open("F", O_RDWR, 0));
        b = (int)OK(drv->ops->dup(drv, a));
        c = (int)OK(sys_open("F", O_RDWR, 0));
        EQ(2, sys_read(a, buf, 2));
        EQ(2, sys_lseek(b, 0, SEEK_CUR));
        EQ(0, sys_lseek(c, 0, SEEK_CUR));
        OK(sys_fcntl(b, VFS_F_SETFL, O_APPEND));
        WANT(sys_fcntl(a, VFS_F_GETFL, 0) & O_APPEND);
        WANT(!(sys_fcntl(c, VFS_F_GETFL, 0) & O_APPEND));
        OK(sys_fcntl(b, VFS_F_SETFL, O_RDONLY | O_CREAT | O_NONBLOCK));
        EQ(O_RDWR | O_NONBLOCK, sys_fcntl(a, VFS_F_GETFL, 0) & ~VFS_O_LARGEFILE);
}
END_TEST

START_TEST(test_getfl_shows_the_flags_of_open)
{
        int fd;

        make_file("F", 0644);
        fd = (int)OK(sys_open("F", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644));
        EQ(O_WRONLY | O_APPEND | O_NOFOLLOW, sys_fcntl(fd, VFS_F_GETFL, 0) & ~VFS_O_LARGEFILE);
        fd = (int)OK(sys_open("G", O_WRONLY | O_CREAT | O_EXCL, 0644));
        EQ(O_WRONLY, sys_fcntl(fd, VFS_F_GETFL, 0) & ~VFS_O_LARGEFILE);
        fd = (int)OK(sys_open("/", O_RDONLY | O_DIRECTORY, 0));
        EQ(O_DIRECTORY, sys_fcntl(fd, VFS_F_GETFL, 0) & ~VFS_O_LARGEFILE);
        fd = (int)OK(sys_open("F", O_RDWR | O_SYNC | O_NOATIME, 0));
        EQ(O_RDWR | O_SYNC | O_NOATIME, sys_fcntl(fd, VFS_F_GETFL, 0) & ~VFS_O_LARGEFILE);
        fd = (int)OK(sys_open("F", 3, 0));
        EQ(3, sys_fcntl(fd, VFS_F_GETFL, 0) & ~VFS_O_LARGEFILE);
        ERR(EINVAL, sys_fcntl(fd, 12345, 0));
        ERR(EBADF, sys_fcntl(DRIVER_BAD_FD, VFS_F_GETFL, 0));
}
END_TEST

SEMANTICS_MAIN("opath", test_o_path_refuses_everything_that_is_not_about_the_path,
               test_o_path_allows_what_is_about_the_path,
               test_o_path_ignores_other_flags_and_permissions_of_the_file, test_empty_path_needs_its_flag,
               test_descriptors_are_the_lowest_free, test_dup_shares_offset_and_flags_and_open_does_not,
               test_getfl_shows_the_flags_of_open)
