/*
 * umount.c - umount2(2): when it is refused, and what lives on after a detach.
 */
#include "tests/semantics/semantics.h"

START_TEST(test_umount_arguments)
{
        make_file("F", 0644);
        make_dir("d", 0755);
        make_dir("m", 0755);
        OK(mount_tmpfs("m"));
        make_dir("m/sub", 0755);
        ERR(EINVAL, sys_umount("d"));
        ERR(EINVAL, sys_umount("F"));
        ERR(EINVAL, sys_umount("m/sub"));
        ERR(ENOENT, sys_umount("nope"));
        ERR(ENOENT, sys_umount(""));
        ERR(EINVAL, sys_umount2("m", 0x100));
        ERR(EINVAL, sys_umount2("nope", 0x100));
        ERR(EINVAL, sys_umount2("m", MNT_DETACH | MNT_EXPIRE));
        OK(sys_umount("m"));
        ERR(EINVAL, sys_umount("m"));
}
END_TEST

START_TEST(test_umount_of_what_is_in_use_is_ebusy)
{
        int fd;

        make_dir("m", 0755);
        OK(mount_tmpfs("m"));
        make_dir("m/sub", 0755);
        make_file("m/F", 0644);
        fd = (int)OK(sys_open("m/F", O_RDONLY, 0));
        ERR(EBUSY, sys_umount("m"));
        OK(sys_close(fd));
        fd = (int)OK(sys_open("m", O_PATH, 0));
        ERR(EBUSY, sys_umount("m"));
        OK(sys_close(fd));
        OK(sys_chdir("m/sub"));
        ERR(EBUSY, sys_umount("/m"));
        OK(sys_chdir("/"));
        OK(mount_tmpfs("m/sub"));
        ERR(EBUSY, sys_umount("m"));
        OK(sys_umount("m/sub"));
        OK(sys_umount("m"));
        WANT(!exists("m/F"));
}
END_TEST

START_TEST(test_detach_takes_the_tree_out_of_sight_and_leaves_the_users)
{
        char buf[64];
        int fd, dir;

        make_dir("m", 0755);
        OK(mount_tmpfs("m"));
        make_dir("m/sub", 0755);
        make_data("m/F", "data", 4);
        OK(mount_tmpfs("m/sub"));
        make_file("m/sub/deep", 0644);
        fd = (int)OK(sys_open("m/F", O_RDWR, 0));
        dir = (int)OK(sys_open("m", O_RDONLY | O_DIRECTORY, 0));
        OK(sys_umount2("m", MNT_DETACH));
        WANT(!exists("m/F"));
        EQ(4, sys_read(fd, buf, sizeof(buf)));
        EQ(1, sys_write(fd, "x", 1));
        OK(sys_openat(dir, "new", O_WRONLY | O_CREAT, 0644));
        OK(sys_openat(dir, "F", O_RDONLY, 0));
        ERR(EINVAL, sys_umount("m"));
        OK(sys_rmdir("m"));
}
END_TEST

START_TEST(test_detached_tree_seen_from_a_cwd_inside)
{
        struct vfs_statx here, up;
        char buf[64];

        make_dir("m", 0755);
        OK(mount_tmpfs("m"));
        OK(sys_chdir("m"));
        OK(sys_umount2("/m", MNT_DETACH));
        OK(sys_getcwd(buf, sizeof(buf)));
        ck_assert_str_eq(buf, "(unreachable)/");
        here = attr_of(".");
        up = attr_of("..");
        WANT(here.ino == up.ino && here.dev_minor == up.dev_minor);
        OK(sys_chdir(".."));
        OK(sys_mkdir("inside", 0755));
        OK(sys_chdir("inside"));
        OK(sys_getcwd(buf, sizeof(buf)));
        ck_assert_str_eq(buf, "(unreachable)/inside");
        ERR(ENOENT, mount_tmpfs("."));
        OK(sys_chdir("/"));
        WANT(!exists("m/inside"));
}
END_TEST

START_TEST(test_children_of_a_detached_mount_go_with_it)
{
        int dir;

        make_dir("m", 0755);
        OK(mount_tmpfs("m"));
        make_dir("m/c", 0755);
        OK(mount_tmpfs("m/c"));
        make_file("m/c/deep", 0644);
        dir = (int)OK(sys_open("m", O_PATH | O_DIRECTORY, 0));
        OK(sys_umount2("m", MNT_DETACH));
        ERR(ENOENT, sys_openat(dir, "c/deep", O_RDONLY, 0));
        OK(sys_openat(dir, "c", O_RDONLY, 0));
        OK(sys_mkdir("m/c", 0755));
}
END_TEST

START_TEST(test_umount_nofollow_and_dot)
{
        make_dir("m", 0755);
        make_link("m", "L");
        OK(mount_tmpfs("m"));
        ERR(EINVAL, sys_umount2("L", UMOUNT_NOFOLLOW));
        OK(sys_umount("L"));
        OK(mount_tmpfs("m"));
        make_file("m/first", 0644);
        OK(sys_chdir("m"));
        OK(mount_tmpfs("/m"));
        make_file("/m/second", 0644);
        OK(sys_umount("."));
        WANT(exists("/m/first") && !exists("/m/second"));
        ERR(EBUSY, sys_umount("."));
        OK(sys_chdir("/"));
        OK(sys_umount("m"));
}
END_TEST

START_TEST(test_umount_of_the_middle_of_a_stack_takes_the_top)
{
        make_dir("m", 0755);
        OK(mount_tmpfs("m"));
        make_file("m/1", 0644);
        OK(mount_tmpfs("m"));
        make_file("m/2", 0644);
        OK(mount_tmpfs("m"));
        make_file("m/3", 0644);
        OK(sys_umount("m"));
        WANT(exists("m/2"));
        OK(sys_umount("m"));
        WANT(exists("m/1"));
        OK(sys_umount("m"));
        WANT(!exists("m/1"));
}
END_TEST

START_TEST(test_bind_of_a_directory_outlives_the_mount_of_its_root)
{
        struct vfs_statfs before, after;

        make_dir("m", 0755);
        make_dir("b", 0755);
        OK(sys_mount("t", "m", "tmpfs", 0, "nr_inodes=100"));
        make_dir("m/d", 0755);
        OK(mount_bind("m/d", "b"));
        OK(drv->ops->statfs(drv, "b", &before));
        OK(sys_umount("m"));
        OK(drv->ops->statfs(drv, "b", &after));
        EQ((int64_t)before.ffree, (int64_t)after.ffree);
        make_dir("b/x", 0755);
        make_dir("b/y", 0755);
        ERR(EINVAL, sys_rename("b/x", "b/x/z"));
        OK(sys_rename("b/x", "b/y/x")); /* asks for the ancestors, up to the root that nobody sees */
        WANT(exists("b/y/x"));
        OK(sys_umount("b"));
}
END_TEST

START_TEST(test_data_of_a_file_lives_after_the_last_mount)
{
        char buf[8];
        int fd;

        make_dir("m", 0755);
        OK(mount_tmpfs("m"));
        make_data("m/F", "data", 4);
        fd = (int)OK(sys_open("m/F", O_RDONLY, 0));
        OK(sys_umount2("m", MNT_DETACH));
        EQ(4, sys_read(fd, buf, sizeof(buf)));
        EQ(1, fd_attr_of(fd).nlink);
        OK(sys_close(fd));
}
END_TEST

SEMANTICS_MAIN("umount", test_umount_arguments, test_umount_of_what_is_in_use_is_ebusy,
               test_detach_takes_the_tree_out_of_sight_and_leaves_the_users,
               test_detached_tree_seen_from_a_cwd_inside, test_children_of_a_detached_mount_go_with_it,
               test_umount_nofollow_and_dot, test_umount_of_the_middle_of_a_stack_takes_the_top,
               test_bind_of_a_directory_outlives_the_mount_of_its_root,
               test_data_of_a_file_lives_after_the_last_mount)
