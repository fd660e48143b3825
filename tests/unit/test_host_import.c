/*
 * test_host_import.c - single descriptors of the host as open files.
 */
#include <pthread.h>
#include <sys/socket.h>

#include "tests/unit/host_world.h"

static void setup(void)
{
        world_up(NULL);
}

START_TEST(test_import_a_pipe_carries_bytes)
{
        struct vfs_file *in, *out;
        struct vfs_statx st;
        uint32_t flags;
        char buf[8];
        int fds[2];

        ck_assert_int_eq(pipe(fds), 0);
        ck_assert_int_eq(vfs_host_import(&root, fds[0], 0, &in), 0);
        ck_assert_int_eq(vfs_host_import(&root, fds[1], 0, &out), 0);
        close(fds[0]);
        close(fds[1]);
        ck_assert_int_eq(write_to(out, "hello", 5), 5);
        ck_assert_int_eq(read_from(in, buf, sizeof(buf)), 5);
        ck_assert_mem_eq(buf, "hello", 5);
        ck_assert_int_eq(read_from(out, buf, 1), -EBADF);
        ck_assert_int_eq(vfs_file_lseek(&root, in, 0, VFS_SEEK_SET), -ESPIPE);
        ck_assert_int_eq(vfs_file_statx(&root, in, VFS_STATX_BASIC_STATS, &st), 0);
        ck_assert_uint_eq(st.mode & VFS_S_IFMT, VFS_S_IFIFO);
        ck_assert_int_eq(vfs_file_setfl(&root, in, VFS_O_NONBLOCK), 0);
        ck_assert_int_eq(vfs_file_getfl(in, &flags), 0);
        ck_assert_uint_eq(flags & VFS_O_NONBLOCK, VFS_O_NONBLOCK);
        ck_assert_int_eq(read_from(in, buf, 1), -EAGAIN);
        vfs_file_put(out);
        ck_assert_int_eq(read_from(in, buf, 1), 0);
        vfs_file_put(in);
}
END_TEST

START_TEST(test_import_a_regular_file_has_an_offset)
{
        struct vfs_file *file;
        struct vfs_statx st;
        char buf[8];
        int fd;

        host_file("/f", "0123456789");
        fd = open(host_path("/f"), O_RDWR);
        ck_assert_int_eq(lseek(fd, 4, SEEK_SET), 4);
        ck_assert_int_eq(vfs_host_import(&root, fd, 0, &file), 0);
        ck_assert_int_eq(read_from(file, buf, 2), 2);
        ck_assert_mem_eq(buf, "45", 2);
        ck_assert_int_eq(vfs_file_lseek(&root, file, 0, VFS_SEEK_END), 10);
        ck_assert_int_eq(write_to(file, "ab", 2), 2);
        ck_assert_int_eq(vfs_file_statx(&root, file, VFS_STATX_BASIC_STATS, &st), 0);
        ck_assert_uint_eq(st.size, 12);
        ck_assert_int_eq(vfs_file_statx(&root, file, VFS_STATX_BASIC_STATS, &st), 0);
        vfs_file_put(file);
        close(fd);
}
END_TEST

START_TEST(test_import_refuses_what_is_no_stream)
{
        struct vfs_file *file;
        int fd;

        ck_assert_int_eq(vfs_host_import(&root, -1, 0, &file), -EBADF);
        ck_assert_int_eq(vfs_host_import(&root, 0, 1, &file), -EINVAL);
        fd = open(world_dir, O_RDONLY | O_DIRECTORY);
        ck_assert_int_eq(vfs_host_import(&root, fd, 0, &file), -EOPNOTSUPP);
        close(fd);
        fd = open("/dev/null", O_PATH);
        ck_assert_int_eq(vfs_host_import(&root, fd, 0, &file), -EOPNOTSUPP);
        close(fd);
}
END_TEST

static int interrupted(void *arg)
{
        return *(int *)arg;
}

START_TEST(test_import_a_wait_can_be_interrupted)
{
        struct vfs_file *file;
        char byte;
        int fds[2], yes = 1;

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        ck_assert_int_eq(vfs_host_import(&root, fds[0], 0, &file), 0);
        root.interrupted = interrupted;
        root.user = &yes;
        ck_assert_int_eq(read_from(file, &byte, 1), -EINTR);
        root.interrupted = NULL;
        ck_assert_int_eq(write(fds[1], "x", 1), 1);
        ck_assert_int_eq(read_from(file, &byte, 1), 1);
        vfs_file_put(file);
        close(fds[0]);
        close(fds[1]);
}
END_TEST

TEST_MAIN_FIXTURE("host_import", setup, world_down, test_import_a_pipe_carries_bytes,
                  test_import_a_regular_file_has_an_offset, test_import_refuses_what_is_no_stream,
                  test_import_a_wait_can_be_interrupted)
