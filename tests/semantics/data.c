/*
 * data.c - the content of files: offsets, holes, truncation, appending, copying,
 * and what is refused on which kind of file.
 */
#include "tests/semantics/semantics.h"

#define PAGE 4096

START_TEST(test_read_and_write_move_the_offset)
{
        char buf[16];
        int fd;

        fd = (int)OK(sys_open("F", O_RDWR | O_CREAT, 0644));
        EQ(5, sys_write(fd, "hello", 5));
        EQ(0, sys_read(fd, buf, 5));
        EQ(0, sys_lseek(fd, 0, SEEK_SET));
        EQ(3, sys_read(fd, buf, 3));
        EQ(3, sys_lseek(fd, 0, SEEK_CUR));
        EQ(2, sys_pread(fd, buf, 10, 3));
        EQ(3, sys_lseek(fd, 0, SEEK_CUR));
        EQ(2, sys_pwrite(fd, "XY", 2, 8));
        EQ(10, fd_attr_of(fd).size);
        EQ(10, sys_pread(fd, buf, 16, 0));
        WANT(!memcmp(buf, "hello\0\0\0XY", 10));
        ERR(EINVAL, sys_pread(fd, buf, 1, -1));
        ERR(EINVAL, sys_pwrite(fd, buf, 1, -1));
        EQ(0, sys_pread(fd, buf, 1, 1000000));
        EQ(0, sys_read(fd, buf, 0));
        ERR(EBADF, sys_read(DRIVER_BAD_FD, buf, 1));
}
END_TEST

START_TEST(test_lseek_limits)
{
        int fd;

        make_data("F", "0123456789", 10);
        fd = (int)OK(sys_open("F", O_RDONLY, 0));
        ERR(EINVAL, sys_lseek(fd, -1, SEEK_SET));
        ERR(EINVAL, sys_lseek(fd, -11, SEEK_END));
        EQ(0, sys_lseek(fd, -10, SEEK_END));
        EQ(1000, sys_lseek(fd, 1000, SEEK_SET));
        EQ(1010, sys_lseek(fd, 1000, SEEK_END));
        EQ(INT64_MAX, sys_lseek(fd, INT64_MAX, SEEK_SET));
        ERR(EINVAL, sys_lseek(fd, 1, SEEK_CUR));
        ERR(EINVAL, sys_lseek(fd, 0, 99));
        ERR(EBADF, sys_lseek(DRIVER_BAD_FD, 0, 99));
}
END_TEST

START_TEST(test_seek_data_and_hole)
{
        int fd;

        fd = (int)OK(sys_open("F", O_RDWR | O_CREAT, 0644));
        ERR(ENXIO, sys_lseek(fd, 0, SEEK_DATA));
        ERR(ENXIO, sys_lseek(fd, 0, SEEK_HOLE));
        OK(sys_ftruncate(fd, 10 * PAGE));
        ERR(ENXIO, sys_lseek(fd, 0, SEEK_DATA));
        EQ(0, sys_lseek(fd, 0, SEEK_HOLE));
        EQ(5, sys_lseek(fd, 5, SEEK_HOLE));
        EQ(1, sys_pwrite(fd, "x", 1, 3 * PAGE + 7));
        EQ(3 * PAGE, sys_lseek(fd, 0, SEEK_DATA));
        EQ(3 * PAGE + 9, sys_lseek(fd, 3 * PAGE + 9, SEEK_DATA));
        EQ(4 * PAGE, sys_lseek(fd, 3 * PAGE, SEEK_HOLE));
        ERR(ENXIO, sys_lseek(fd, 4 * PAGE, SEEK_DATA));
        EQ(1, sys_pwrite(fd, "x", 1, 10 * PAGE - 1));
        EQ(10 * PAGE, sys_lseek(fd, 9 * PAGE, SEEK_HOLE));
        ERR(ENXIO, sys_lseek(fd, 10 * PAGE, SEEK_HOLE));
        ERR(ENXIO, sys_lseek(fd, 10 * PAGE, SEEK_DATA));
        ERR(ENXIO, sys_lseek(fd, -1, SEEK_DATA));
        ERR(ENXIO, sys_lseek(fd, -1, SEEK_HOLE));
        EQ(9 * PAGE, sys_lseek(fd, 4 * PAGE, SEEK_DATA));
        EQ(9 * PAGE, sys_lseek(fd, 0, SEEK_CUR));
        make_data("small", "abc", 3);
        fd = (int)OK(sys_open("small", O_RDONLY, 0));
        EQ(3, sys_lseek(fd, 0, SEEK_HOLE));
        EQ(2, sys_lseek(fd, 2, SEEK_DATA));
}
END_TEST

START_TEST(test_punch_hole)
{
        char buf[4];
        int fd;

        fd = (int)OK(sys_open("F", O_RDWR | O_CREAT, 0644));
        OK(sys_ftruncate(fd, 4 * PAGE));
        for (int i = 0; i < 4; i++)
                EQ(1, sys_pwrite(fd, "x", 1, i * PAGE + 100));
        OK(sys_fallocate(fd, VFS_FALLOC_PUNCH_HOLE | VFS_FALLOC_KEEP_SIZE, PAGE, PAGE));
        EQ(PAGE, sys_lseek(fd, 0, SEEK_HOLE));
        EQ(2 * PAGE, sys_lseek(fd, PAGE, SEEK_DATA));
        EQ(1, sys_pread(fd, buf, 1, PAGE + 100));
        EQ(0, buf[0]);
        OK(sys_fallocate(fd, VFS_FALLOC_PUNCH_HOLE | VFS_FALLOC_KEEP_SIZE, 2 * PAGE + 50, 100));
        EQ(1, sys_pread(fd, buf, 1, 2 * PAGE + 100));
        EQ(0, buf[0]);
        EQ(2 * PAGE, sys_lseek(fd, 2 * PAGE, SEEK_DATA));
        EQ(4 * PAGE, fd_attr_of(fd).size);
        OK(sys_fallocate(fd, VFS_FALLOC_PUNCH_HOLE | VFS_FALLOC_KEEP_SIZE, 100 * PAGE, PAGE));
        EQ(4 * PAGE, fd_attr_of(fd).size);
}
END_TEST

START_TEST(test_fallocate_modes)
{
        static const struct {
                uint32_t mode;
                int64_t off, len;
                int want;
        } rows[] = {
                { VFS_FALLOC_PUNCH_HOLE, 0, 1, EOPNOTSUPP },
                { 0, 0, 0, EINVAL },
                { 0, -1, 1, EINVAL },
                { 0, 0, -1, EINVAL },
                { VFS_FALLOC_PUNCH_HOLE | VFS_FALLOC_KEEP_SIZE, 0, 0, EINVAL },
                { VFS_FALLOC_COLLAPSE_RANGE, 0, PAGE, EOPNOTSUPP },
                { VFS_FALLOC_ZERO_RANGE, 0, PAGE, EOPNOTSUPP },
                { VFS_FALLOC_ZERO_RANGE | VFS_FALLOC_KEEP_SIZE, 0, PAGE, EOPNOTSUPP },
                { VFS_FALLOC_INSERT_RANGE, 0, PAGE, EOPNOTSUPP },
                { VFS_FALLOC_UNSHARE_RANGE, 0, PAGE, EOPNOTSUPP },
                { VFS_FALLOC_NO_HIDE_STALE, 0, PAGE, EOPNOTSUPP },
                { 0x1000, 0, PAGE, EOPNOTSUPP },
                { VFS_FALLOC_COLLAPSE_RANGE | VFS_FALLOC_KEEP_SIZE, 0, PAGE, EOPNOTSUPP },
                { 0, INT64_MAX, 1, EFBIG },
                { 0, INT64_MAX, INT64_MAX, EFBIG },
                { VFS_FALLOC_KEEP_SIZE, 0, PAGE, 0 },
                { 0, 0, 10, 0 },
        };
        int fd;

        fd = (int)OK(sys_open("F", O_RDWR | O_CREAT, 0644));
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                CHECK_ROW(i, "F", rows[i].want, sys_fallocate(fd, rows[i].mode, rows[i].off, rows[i].len));
        EQ(10, fd_attr_of(fd).size);
        OK(sys_fallocate(fd, VFS_FALLOC_KEEP_SIZE, 0, 3 * PAGE));
        EQ(10, fd_attr_of(fd).size);
        WANT(fd_attr_of(fd).blocks >= 3 * PAGE / 512);
        OK(sys_fallocate(fd, 0, 2 * PAGE, PAGE));
        EQ(3 * PAGE, fd_attr_of(fd).size);
        fd = (int)OK(sys_open("G", O_RDWR | O_CREAT, 0644));
        OK(sys_fallocate(fd, 0, 0, 4 * PAGE));
        ERR(ENXIO, sys_lseek(fd, 0, SEEK_DATA));
        OK(sys_fallocate(fd, 0, PAGE + 1, 2 * PAGE)); /* what is allocated twice is data */
        EQ(PAGE, sys_lseek(fd, 0, SEEK_DATA));
        EQ(4 * PAGE, sys_lseek(fd, PAGE, SEEK_HOLE));
        fd = (int)OK(sys_open("H", O_RDWR | O_CREAT, 0644));
        OK(sys_fallocate(fd, VFS_FALLOC_KEEP_SIZE, 4 * PAGE, PAGE));
        OK(sys_ftruncate(fd, PAGE)); /* what is behind the end stays when the file grows */
        EQ(PAGE / 512, fd_attr_of(fd).blocks);
        OK(sys_ftruncate(fd, PAGE));
        EQ(0, fd_attr_of(fd).blocks);
        fd = (int)OK(sys_open("F", O_RDONLY, 0));
        ERR(EBADF, sys_fallocate(fd, 0, 0, 1));
        ERR(EBADF, sys_fallocate(fd, VFS_FALLOC_PUNCH_HOLE | VFS_FALLOC_KEEP_SIZE, 0, 1));
        ERR(EBADF, sys_fallocate(DRIVER_BAD_FD, 0, 0, 1));
        fd = (int)OK(sys_open("/", O_RDONLY, 0));
        ERR(EBADF, sys_fallocate(fd, 0, 0, 1));
        OK(sys_mknod("P", S_IFIFO | 0600, 0, 0));
        fd = (int)OK(sys_open("P", O_RDWR, 0));
        ERR(ESPIPE, sys_fallocate(fd, 0, 0, 1));
}
END_TEST

START_TEST(test_truncate_of_what)
{
        int fd;

        make_data("F", "0123456789", 10);
        make_dir("D", 0755);
        OK(sys_mknod("P", S_IFIFO | 0600, 0, 0));
        ERR(EISDIR, sys_truncate("D", 0));
        ERR(EISDIR, sys_truncate("D", 10));
        ERR(EINVAL, sys_truncate("D", -1));
        ERR(EINVAL, sys_truncate("F", -1));
        ERR(EINVAL, sys_truncate("P", 0));
        ERR(ENOENT, sys_truncate("nope", 0));
        ERR(EINVAL, sys_truncate("nope", -1));
        fd = (int)OK(sys_open("D", O_RDONLY, 0));
        ERR(EINVAL, sys_ftruncate(fd, 0));
        fd = (int)OK(sys_open("P", O_RDWR, 0));
        ERR(EINVAL, sys_ftruncate(fd, 0));
        fd = (int)OK(sys_open("F", O_RDONLY, 0));
        ERR(EINVAL, sys_ftruncate(fd, 0));
        fd = (int)OK(sys_open("F", O_WRONLY, 0));
        ERR(EINVAL, sys_ftruncate(fd, -1));
        OK(sys_ftruncate(fd, 4));
        ck_assert_str_eq(content_of("F"), "0123");
        OK(sys_truncate("F", 6));
        EQ(6, attr_of("F").size);
        ck_assert_str_eq(content_of("F"), "0123");
        ERR(EBADF, sys_ftruncate(DRIVER_BAD_FD, 0));
        OK(sys_truncate("F", INT64_MAX));
        EQ(INT64_MAX, (int64_t)attr_of("F").size);
}
END_TEST

START_TEST(test_truncated_tail_reads_as_zeros_when_the_file_grows_again)
{
        char buf[PAGE], zero[PAGE] = { 0 };
        int fd;

        memset(buf, 'x', sizeof(buf));
        fd = (int)OK(sys_open("F", O_RDWR | O_CREAT, 0644));
        EQ(PAGE, sys_pwrite(fd, buf, PAGE, 0));
        OK(sys_ftruncate(fd, 100));
        OK(sys_ftruncate(fd, PAGE));
        EQ(PAGE, sys_pread(fd, buf, PAGE, 0));
        WANT(buf[99] == 'x');
        WANT(!memcmp(buf + 100, zero, PAGE - 100));
        OK(sys_ftruncate(fd, 10));
        EQ(1, sys_pwrite(fd, "y", 1, 50));
        EQ(51, sys_pread(fd, buf, PAGE, 0));
        WANT(!memcmp(buf + 10, zero, 40));
}
END_TEST

START_TEST(test_directories_are_not_read)
{
        char buf[16];
        int fd, file;

        make_dir("D", 0755);
        make_data("F", "abc", 3);
        fd = (int)OK(sys_open("D", O_RDONLY, 0));
        ERR(EISDIR, sys_read(fd, buf, sizeof(buf)));
        ERR(EISDIR, sys_pread(fd, buf, sizeof(buf), 0));
        ERR(EBADF, sys_write(fd, buf, 1));
        file = (int)OK(sys_open("F", O_RDWR, 0));
        ERR(ENOTDIR, sys_getdents(file, buf, sizeof(buf)));
        ERR(EISDIR, sys_copy(fd, NULL, file, NULL, 1));
        ERR(ENODEV, drv->ops->mmap(drv, fd, 0, PAGE, VFS_PROT_READ, 1));
}
END_TEST

START_TEST(test_o_append)
{
        int fd;

        make_data("F", "abc", 3);
        fd = (int)OK(sys_open("F", O_RDWR | O_APPEND, 0));
        EQ(0, sys_lseek(fd, 0, SEEK_CUR));
        EQ(1, sys_write(fd, "d", 1));
        EQ(4, sys_lseek(fd, 0, SEEK_CUR));
        EQ(1, sys_pwrite(fd, "e", 1, 0));
        EQ(4, sys_lseek(fd, 0, SEEK_CUR));
        ck_assert_str_eq(content_of("F"), "abcde");
        OK(sys_lseek(fd, 0, SEEK_SET));
        EQ(1, sys_write(fd, "f", 1));
        ck_assert_str_eq(content_of("F"), "abcdef");
        OK(sys_fcntl(fd, VFS_F_SETFL, 0));
        EQ(1, sys_pwrite(fd, "A", 1, 0));
        ck_assert_str_eq(content_of("F"), "Abcdef");
}
END_TEST

START_TEST(test_copy_file_range)
{
        int in, out, app, ro;
        int64_t a, b;

        make_data("in", "0123456789", 10);
        in = (int)OK(sys_open("in", O_RDWR, 0));
        out = (int)OK(sys_open("out", O_RDWR | O_CREAT, 0644));
        EQ(10, sys_copy(in, NULL, out, NULL, 100));
        EQ(0, sys_copy(in, NULL, out, NULL, 100));
        EQ(10, sys_lseek(in, 0, SEEK_CUR));
        EQ(10, sys_lseek(out, 0, SEEK_CUR));
        a = 2;
        b = 12;
        EQ(3, sys_copy(in, &a, out, &b, 3));
        EQ(5, a);
        EQ(15, b);
        ck_assert_str_eq(content_of("in"), "0123456789");
        EQ(15, fd_attr_of(out).size);
        a = 0;
        b = 3;
        ERR(EINVAL, sys_copy(in, &a, in, &b, 5));
        b = 5;
        EQ(5, sys_copy(in, &a, in, &b, 5));
        ck_assert_str_eq(content_of("in"), "0123401234");
        a = 0;
        b = 0;
        EQ(0, sys_copy(in, &a, out, &b, 0));
        app = (int)OK(sys_open("out", O_WRONLY | O_APPEND, 0));
        ERR(EBADF, sys_copy(in, NULL, app, NULL, 1));
        ro = (int)OK(sys_open("out", O_RDONLY, 0));
        ERR(EBADF, sys_copy(in, NULL, ro, NULL, 1));
        ERR(EBADF, sys_copy(app, NULL, in, NULL, 1));
        ERR(EINVAL, drv->ops->copy_file_range(drv, in, NULL, out, NULL, 1, 1));
        a = -1;
        ERR(EOVERFLOW, sys_copy(in, &a, out, NULL, 1));
        a = -5;
        ERR(EINVAL, sys_copy(in, &a, out, NULL, 1));
        OK(sys_mknod("P", S_IFIFO | 0600, 0, 0));
        ro = (int)OK(sys_open("P", O_RDWR, 0));
        ERR(EINVAL, sys_copy(in, NULL, ro, NULL, 1));
}
END_TEST

START_TEST(test_fifo_opens)
{
        char buf[16];
        int r, w, rw;

        OK(sys_mknod("P", S_IFIFO | 0666, 0, 0));
        ERR(ENXIO, sys_open("P", O_WRONLY | O_NONBLOCK, 0));
        rw = (int)OK(sys_open("P", O_RDWR | O_NONBLOCK, 0));
        ERR(EAGAIN, sys_read(rw, buf, 1));
        w = (int)OK(sys_open("P", O_WRONLY | O_NONBLOCK, 0));
        EQ(3, sys_write(w, "abc", 3));
        EQ(3, sys_read(rw, buf, sizeof(buf)));
        ERR(ESPIPE, sys_lseek(w, 0, SEEK_SET));
        ERR(ESPIPE, sys_pread(rw, buf, 1, 0));
        ERR(ESPIPE, sys_pwrite(w, buf, 1, 0));
        OK(sys_close(rw));
        ERR(EPIPE, sys_write(w, "x", 1));
        r = (int)OK(sys_open("P", O_RDONLY | O_NONBLOCK, 0));
        ERR(EAGAIN, sys_read(r, buf, 1));
        EQ(2, sys_write(w, "xy", 2));
        OK(sys_close(w));
        EQ(2, sys_read(r, buf, sizeof(buf)));
        EQ(0, sys_read(r, buf, sizeof(buf)));
        EQ(0, attr_of("P").size);
}
END_TEST

START_TEST(test_fifo_is_bounded_and_small_writes_are_whole)
{
        static char block[PAGE];
        int rw, total = 0;
        int64_t n;

        OK(sys_mknod("P", S_IFIFO | 0666, 0, 0));
        rw = (int)OK(sys_open("P", O_RDWR | O_NONBLOCK, 0));
        while ((n = sys_write(rw, block, PAGE)) > 0) {
                EQ(PAGE, n);
                total += (int)n;
        }
        EQ(-EAGAIN, n);
        EQ(16 * PAGE, total);
        EQ(100, sys_read(rw, block, 100));
        ERR(EAGAIN, sys_write(rw, block, PAGE));
}
END_TEST

START_TEST(test_sockets_and_unknown_devices_are_enxio)
{
        OK(sys_mknod("S", S_IFSOCK | 0666, 0, 0));
        OK(sys_mknod("C", S_IFCHR | 0666, 0, 0));
        OK(sys_mknod("B", S_IFBLK | 0666, 511, 250));
        ERR(ENXIO, sys_open("S", O_RDONLY, 0));
        ERR(ENXIO, sys_open("S", O_RDWR | O_CREAT, 0));
        ERR(ENXIO, sys_open("C", O_RDONLY, 0));
        ERR(ENXIO, sys_open("B", O_RDONLY, 0));
        OK(sys_open("S", O_PATH, 0));
        ERR(EEXIST, sys_open("S", O_RDWR | O_CREAT | O_EXCL, 0));
        ERR(ENOTDIR, sys_open("S", O_RDONLY | O_DIRECTORY, 0));
}
END_TEST

START_TEST(test_size_limit_of_the_process)
{
        char buf[100] = { 0 };
        int fd;

        fd = (int)OK(sys_open("F", O_RDWR | O_CREAT, 0644));
        OK(drv->ops->fsize_limit(drv, 1000));
        EQ(50, sys_pwrite(fd, buf, 100, 950));
        ERR(EFBIG, sys_pwrite(fd, buf, 1, 1000));
        ERR(EFBIG, sys_pwrite(fd, buf, 1, 5000));
        ERR(EFBIG, sys_ftruncate(fd, 1001));
        ERR(EFBIG, sys_truncate("F", 1001));
        ERR(EFBIG, sys_fallocate(fd, 0, 900, 200));
        OK(sys_ftruncate(fd, 1000));
        EQ(0, sys_pwrite(fd, buf, 0, 5000));
        EQ(1000, attr_of("F").size);
        OK(drv->ops->fsize_limit(drv, 0));
}
END_TEST

START_TEST(test_offsets_at_the_end_of_the_world)
{
        int fd;

        fd = (int)OK(sys_open("F", O_RDWR | O_CREAT, 0644));
        ERR(EINVAL, sys_pwrite(fd, "x", 1, INT64_MAX));
        ERR(EINVAL, sys_pwrite(fd, "xy", 2, INT64_MAX - 1));
        EQ(1, sys_pwrite(fd, "x", 1, INT64_MAX - 1));
        EQ(INT64_MAX, (int64_t)fd_attr_of(fd).size);
}
END_TEST

START_TEST(test_size_limit_of_the_filesystem)
{
        static char block[64 * 1024];
        struct vfs_statfs fs;
        int64_t n, total = 0;
        int fd;

        make_dir("m", 0755);
        OK(sys_mount("t", "m", "tmpfs", 0, "size=128k,mode=755"));
        OK(drv->ops->statfs(drv, "m", &fs));
        EQ(VFS_TMPFS_MAGIC, (int64_t)fs.type);
        EQ(PAGE, (int64_t)fs.bsize);
        EQ(32, (int64_t)fs.blocks);
        EQ(32, (int64_t)fs.bfree);
        EQ(255, (int64_t)fs.namelen);
        fd = (int)OK(sys_open("m/F", O_RDWR | O_CREAT, 0644));
        EQ(20000, sys_write(fd, block, 20000));
        while ((n = sys_write(fd, block, sizeof(block))) > 0)
                total += n;
        EQ(-ENOSPC, n);
        EQ(128 * 1024 - 20000, total); /* the last one was short */
        OK(drv->ops->statfs(drv, "m", &fs));
        EQ(0, (int64_t)fs.bfree);
        ERR(ENOSPC, sys_fallocate(fd, 0, 1 << 20, PAGE));
        OK(sys_ftruncate(fd, 0));
        OK(drv->ops->statfs(drv, "m", &fs));
        EQ(32, (int64_t)fs.bfree);
        ERR(ENOSPC, sys_fallocate(fd, 0, 0, 33 * PAGE));
        OK(sys_fallocate(fd, 0, 0, 32 * PAGE));
        ERR(EINVAL, sys_mount(NULL, "m", NULL, MS_REMOUNT, "size=64k"));
        OK(sys_mount(NULL, "m", NULL, MS_REMOUNT, "size=256k"));
        OK(drv->ops->statfs(drv, "m", &fs));
        EQ(64, (int64_t)fs.blocks);
}
END_TEST

START_TEST(test_inode_limit_of_the_filesystem)
{
        make_dir("m", 0755);
        OK(sys_mount("t", "m", "tmpfs", 0, "nr_inodes=5,mode=755"));
        make_file("m/1", 0644);
        make_dir("m/2", 0755);
        make_link("t", "m/3");
        make_file("m/4", 0644);
        ERR(ENOSPC, sys_open("m/5", O_RDWR | O_CREAT, 0644));
        ERR(ENOSPC, sys_mkdir("m/5", 0755));
        ERR(ENOSPC, sys_open("m", O_RDWR | O_TMPFILE, 0644));
        ERR(EEXIST, sys_mkdir("m/4", 0755));
        OK(sys_unlink("m/4"));
        make_file("m/5", 0644);
}
END_TEST

START_TEST(test_size_zero_is_no_limit)
{
        struct vfs_statfs fs;

        make_dir("m", 0755);
        OK(sys_mount("t", "m", "tmpfs", 0, "size=0,nr_inodes=0"));
        OK(drv->ops->statfs(drv, "m", &fs));
        EQ(0, (int64_t)fs.blocks);
        EQ(0, (int64_t)fs.files);
        EQ(01777, mode_of("m"));
}
END_TEST

START_TEST(test_seals_are_for_memory_files)
{
        int fd;

        make_file("F", 0644);
        fd = (int)OK(sys_open("F", O_RDWR, 0));
        EQ(VFS_F_SEAL_SEAL, sys_fcntl(fd, VFS_F_GET_SEALS, 0));
        ERR(EPERM, sys_fcntl(fd, VFS_F_ADD_SEALS, VFS_F_SEAL_WRITE));
        fd = (int)OK(sys_open("F", O_RDONLY, 0));
        EQ(VFS_F_SEAL_SEAL, sys_fcntl(fd, VFS_F_GET_SEALS, 0));
        fd = (int)OK(sys_open("/", O_RDONLY, 0));
        ERR(EINVAL, sys_fcntl(fd, VFS_F_GET_SEALS, 0));
}
END_TEST

START_TEST(test_mmap_checks)
{
        int r, w, rw;

        make_data("F", "abc", 3);
        r = (int)OK(sys_open("F", O_RDONLY, 0));
        w = (int)OK(sys_open("F", O_WRONLY, 0));
        rw = (int)OK(sys_open("F", O_RDWR, 0));
        OK(drv->ops->mmap(drv, r, 0, PAGE, VFS_PROT_READ, 1));
        OK(drv->ops->mmap(drv, r, 0, PAGE, VFS_PROT_READ | VFS_PROT_WRITE, 0));
        ERR(EACCES, drv->ops->mmap(drv, r, 0, PAGE, VFS_PROT_WRITE, 1));
        ERR(EACCES, drv->ops->mmap(drv, w, 0, PAGE, VFS_PROT_WRITE, 1));
        OK(drv->ops->mmap(drv, rw, 0, PAGE, VFS_PROT_READ | VFS_PROT_WRITE, 1));
        ERR(EINVAL, drv->ops->mmap(drv, rw, 100, PAGE, VFS_PROT_READ, 1));
        ERR(EINVAL, drv->ops->mmap(drv, rw, 0, 0, VFS_PROT_READ, 1));
        ERR(EBADF, drv->ops->mmap(drv, DRIVER_BAD_FD, 0, PAGE, VFS_PROT_READ, 1));
        OK(sys_mknod("P", S_IFIFO | 0600, 0, 0));
        r = (int)OK(sys_open("P", O_RDWR, 0));
        ERR(ENODEV, drv->ops->mmap(drv, r, 0, PAGE, VFS_PROT_READ, 1));
}
END_TEST

START_TEST(test_fsync_of_anything_open)
{
        int fd;

        make_file("F", 0644);
        fd = (int)OK(sys_open("F", O_RDONLY, 0));
        OK(drv->ops->fsync(drv, fd));
        fd = (int)OK(sys_open("/", O_RDONLY, 0));
        OK(drv->ops->fsync(drv, fd));
        OK(sys_mknod("P", S_IFIFO | 0600, 0, 0));
        fd = (int)OK(sys_open("P", O_RDWR, 0));
        ERR(EINVAL, drv->ops->fsync(drv, fd));
        ERR(EBADF, drv->ops->fsync(drv, DRIVER_BAD_FD));
}
END_TEST

SEMANTICS_MAIN("data", test_read_and_write_move_the_offset, test_lseek_limits, test_seek_data_and_hole,
               test_punch_hole, test_fallocate_modes, test_truncate_of_what,
               test_truncated_tail_reads_as_zeros_when_the_file_grows_again, test_directories_are_not_read,
               test_o_append, test_copy_file_range, test_fifo_opens,
               test_fifo_is_bounded_and_small_writes_are_whole, test_sockets_and_unknown_devices_are_enxio,
               test_size_limit_of_the_process, test_offsets_at_the_end_of_the_world,
               test_size_limit_of_the_filesystem, test_inode_limit_of_the_filesystem,
               test_size_zero_is_no_limit, test_seals_are_for_memory_files, test_mmap_checks,
               test_fsync_of_anything_open)
