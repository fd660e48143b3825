/*
 * umount.c - umount2(2): when it is refused, and what lives on after a detach.
 */
#include "tests/semantics/mounts.h"

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

START_TEST(test_umount_errors_in_order)
{
        make_mounts("m");
        make_dirs("d");
        ERR(EINVAL, sys_umount2("nope", 0x10));
        ERR(ENOENT, sys_umount2("nope", MNT_EXPIRE | MNT_DETACH));
        ERR(EINVAL, sys_umount2("m", MNT_EXPIRE | MNT_FORCE));
        as_cred(0, 0, 0);
        ERR(EINVAL, sys_umount2("nope", 0x10));
        ERR(ENOENT, sys_umount("nope"));
        ERR(EPERM, sys_umount("d"));
        ERR(EPERM, sys_umount2("m", MNT_EXPIRE | MNT_DETACH));
}
END_TEST

START_TEST(test_expire_takes_what_nobody_used_since_the_mark)
{
        make_mounts("m");
        ERR(EAGAIN, sys_umount2("m", MNT_EXPIRE));
        WANT_MOUNTS("m A");
        OK(sys_umount2("m", MNT_EXPIRE));
        WANT_MOUNTS("");
}
END_TEST

/* A mark on m, and what is left of it: gone after a use, and the mount gone with it after none. */
static void mark(void)
{
        ERR(EAGAIN, sys_umount2("m", MNT_EXPIRE));
}

static void want_no_mark(void)
{
        ERR(EAGAIN, sys_umount2("m", MNT_EXPIRE));
        OK(sys_stat("m"));
}

static void want_mark(void)
{
        OK(sys_umount2("m", MNT_EXPIRE));
        OK(mount_tmpfs("m"));
}

START_TEST(test_expire_after_use_begins_again)
{
        struct vfs_statfs fs;
        struct vfs_statx st;
        char buf[16];
        int fd;

        make_mounts("m");
        make_dirs("m/d b");
        make_data("m/f", "data", 4);
        mark();
        OK(sys_stat("m/f"));
        want_no_mark();
        mark();
        OK(sys_stat("m"));
        want_no_mark();
        mark();
        OK(sys_lstat("m"));
        want_no_mark();
        mark();
        OK(sys_stat("m/"));
        want_no_mark();
        mark();
        ERR(ENOENT, sys_stat("m/nope"));
        want_no_mark();
        mark();
        OK(drv->ops->statfs(drv, "m", &fs));
        want_no_mark();
        mark();
        OK(sys_statx(DRIVER_CWD, "m", VFS_AT_NO_AUTOMOUNT, &st));
        want_no_mark();
        mark();
        fd = (int)OK(sys_open("m", O_PATH, 0));
        OK(sys_close(fd));
        want_no_mark();
        mark();
        ERR(EINVAL, sys_readlink("m/f", buf, sizeof(buf)));
        want_no_mark();
        mark();
        ERR(ENOENT, sys_unlink("m/nope"));
        want_no_mark();
        mark();
        OK(sys_chdir("m"));
        OK(sys_chdir("/"));
        want_no_mark();
        mark();
        OK(sys_remount("m", MS_BIND));
        want_no_mark();
        mark();
        OK(set_propagation("m", MS_PRIVATE));
        want_no_mark();
        mark();
        OK(mount_bind("m", "b"));
        OK(sys_umount("b"));
        want_no_mark();
}
END_TEST

START_TEST(test_expire_after_what_is_no_use)
{
        char buf[4096];

        make_mounts("m");
        mark();
        want_mark();
        mark();
        OK(drv->ops->mountinfo(drv, buf, sizeof(buf)));
        want_mark();
        mark();
        ERR(EBUSY, sys_rmdir("m"));
        want_mark();
        mark();
        ERR(EBUSY, sys_rename("m", "n"));
        want_mark();
        mark();
        ERR(ENOENT, sys_umount2("nope", MNT_EXPIRE));
        want_mark();
        mark();
        EQ(1, entries("/"));
        want_mark();
}
END_TEST

START_TEST(test_expire_of_what_is_in_use_is_ebusy)
{
        int fd;

        make_mounts("m m/c");
        ERR(EBUSY, sys_umount2("m", MNT_EXPIRE));
        fd = (int)OK(sys_open("m/c", O_RDONLY, 0));
        ERR(EBUSY, sys_umount2("m/c", MNT_EXPIRE));
        OK(sys_close(fd));
        ERR(EAGAIN, sys_umount2("m/c", MNT_EXPIRE));
        fd = (int)OK(sys_open("m/c", O_RDONLY, 0));
        ERR(EBUSY, sys_umount2("m/c", MNT_EXPIRE));
        OK(sys_close(fd));
        ERR(EAGAIN, sys_umount2("m/c", MNT_EXPIRE));
        OK(sys_umount2("m/c", MNT_EXPIRE));
        ERR(EAGAIN, sys_umount2("m", MNT_EXPIRE));
        OK(sys_umount("m")); /* the mark is for other such calls only */
}
END_TEST

START_TEST(test_expire_of_the_root_and_of_no_mount)
{
        make_mounts("r");
        make_dirs("r/d");
        ERR(EINVAL, sys_umount2("/", MNT_EXPIRE));
        ERR(EINVAL, sys_umount2("r/d", MNT_EXPIRE));
        ERR(EAGAIN, sys_umount2("r", MNT_EXPIRE | UMOUNT_NOFOLLOW));
        OK(sys_chroot("r"));
        ERR(EINVAL, sys_umount2("/", MNT_EXPIRE));
}
END_TEST

START_TEST(test_expire_of_a_shared_mount_marks_that_one)
{
        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/x t");
        OK(mount_bind("s", "t"));
        OK(mount_tmpfs("s/x"));
        ERR(EAGAIN, sys_umount2("s/x", MNT_EXPIRE));
        ERR(EAGAIN, sys_umount2("t/x", MNT_EXPIRE));
        OK(sys_umount2("s/x", MNT_EXPIRE));
        WANT_MOUNTS("s A shared:1, t A shared:1");
}
END_TEST

START_TEST(test_umount_of_the_root_makes_it_read_only)
{
        make_mounts("r");
        make_dirs("b");
        OK(mount_bind("r", "b"));
        OK(sys_chroot("r"));
        OK(sys_chdir("/"));
        OK(sys_mkdir("d", 0755));
        OK(sys_umount("/"));
        ERR(EROFS, sys_mkdir("e", 0755));
        WANT(exists("d"));
        OK(sys_umount("/"));
        OK(sys_umount2("/", MNT_FORCE));
        WANT_STR("rw,relatime", mount_at("/")->opts);
        WANT_STR("ro,mode=755", mount_at("/")->super);
        OK(sys_remount("/", 0));
        OK(sys_mkdir("e", 0755));
}
END_TEST

START_TEST(test_umount_of_the_root_with_a_writer_is_ebusy)
{
        make_mounts("r");
        OK(sys_open("r/f", O_WRONLY | O_CREAT, 0644));
        OK(sys_chroot("r"));
        ERR(EBUSY, sys_umount("/"));
        WANT_STR("rw,mode=755", mount_at("/")->super);
}
END_TEST

START_TEST(test_detach_of_a_chroots_root)
{
        make_mounts("r");
        make_file("r/f", 0644);
        OK(sys_chroot("r"));
        OK(sys_umount2("/", MNT_DETACH));
        WANT(exists("/f"));
        ERR(EINVAL, sys_umount2("/", MNT_DETACH));
        ERR(EINVAL, sys_umount("/"));
}
END_TEST

START_TEST(test_force_is_an_ordinary_umount_here)
{
        int fd;

        make_mounts("m");
        fd = (int)OK(sys_open("m", O_RDONLY, 0));
        ERR(EBUSY, sys_umount2("m", MNT_FORCE));
        OK(sys_umount2("m", MNT_FORCE | MNT_DETACH));
        OK(sys_close(fd));
        OK(mount_tmpfs("m"));
        OK(sys_umount2("m", MNT_FORCE));
        WANT_MOUNTS("");
}
END_TEST

START_TEST(test_detach_separates_children_that_are_in_use)
{
        int parent, child;

        make_mounts("m m/c m/c/d");
        make_file("m/c/d/f", 0644);
        parent = (int)OK(sys_open("m", O_PATH, 0));
        child = (int)OK(sys_open("m/c", O_PATH, 0));
        OK(sys_umount2("m", MNT_DETACH));
        WANT(!exists_in(parent, "c/d/f")); /* the covered directories */
        WANT(!exists_in(child, "d/f"));
        WANT(exists_in(child, "d"));
        EQ((int64_t)unique_id(child, ""), (int64_t)unique_id(child, ".."));
        OK(sys_fchdir(child));
        WANT_STR("(unreachable)/", cwd());
        ERR(EINVAL, sys_umount(".")); /* not mounted any more */
        ERR(EINVAL, set_propagation(".", MS_SHARED));
        ERR(EINVAL, sys_remount(".", MS_BIND));
        ERR(EINVAL, mount_bind(".", "/m"));
        ERR(EINVAL, mount_move(".", "/m"));
        ERR(ENOENT, mount_tmpfs("."));
        ERR(ENOENT, mount_bind("/m", "d"));
}
END_TEST

START_TEST(test_umount_of_a_bind_leaves_the_original)
{
        make_mounts("m m/c");
        make_dirs("b");
        OK(mount_rbind("m", "b"));
        WANT_MOUNTS("b A, b/c B, m A, m/c B");
        ERR(EBUSY, sys_umount("b"));
        OK(sys_umount2("b", MNT_DETACH));
        WANT_MOUNTS("m A, m/c B");
}
END_TEST

START_TEST(test_umount_of_a_file_mount)
{
        make_data("F", "one", 3);
        make_file("G", 0644);
        make_file("H", 0644);
        OK(mount_bind("F", "G"));
        OK(mount_bind("G", "H")); /* of the file that is seen there */
        OK(sys_umount("G"));
        ck_assert_str_eq(content_of("H"), "one");
        ERR(EINVAL, sys_umount("G"));
        OK(sys_unlink("G"));
        ERR(EBUSY, sys_unlink("H"));
        OK(sys_unlink("F"));
        ck_assert_str_eq(content_of("H"), "one");
        WANT_MOUNTS("H root/F//deleted");
        OK(sys_umount("H"));
}
END_TEST

SEMANTICS_MAIN("umount", test_umount_arguments, test_umount_of_what_is_in_use_is_ebusy,
               test_detach_takes_the_tree_out_of_sight_and_leaves_the_users,
               test_detached_tree_seen_from_a_cwd_inside, test_children_of_a_detached_mount_go_with_it,
               test_umount_nofollow_and_dot, test_umount_of_the_middle_of_a_stack_takes_the_top,
               test_bind_of_a_directory_outlives_the_mount_of_its_root,
               test_data_of_a_file_lives_after_the_last_mount, test_umount_errors_in_order,
               test_expire_takes_what_nobody_used_since_the_mark, test_expire_after_use_begins_again,
               test_expire_after_what_is_no_use, test_expire_of_what_is_in_use_is_ebusy,
               test_expire_of_the_root_and_of_no_mount, test_expire_of_a_shared_mount_marks_that_one,
               test_umount_of_the_root_makes_it_read_only, test_umount_of_the_root_with_a_writer_is_ebusy,
               test_detach_of_a_chroots_root, test_force_is_an_ordinary_umount_here,
               test_detach_separates_children_that_are_in_use, test_umount_of_a_bind_leaves_the_original,
               test_umount_of_a_file_mount)
