/*
 * pivot.c - pivot_root(2): when it is refused, in which order, and who moves along.
 */
#include "tests/semantics/mounts.h"

/* n: a tmpfs with a directory old and a file f. */
static void new_root(void)
{
        make_mounts("n");
        make_dirs("n/old n/sub");
        make_file("n/f", 0644);
}

START_TEST(test_pivot_swaps_the_root)
{
        new_root();
        make_mounts("m");
        make_file("before", 0644);
        OK(sys_pivot_root("n", "n/old"));
        WANT(exists("/f") && exists("/old/before") && exists("/old/n"));
        WANT_STR("/", cwd());
        WANT(exists("f")); /* the working directory was the old root */
        WANT_STR("rw,relatime", mount_at("/")->opts);
        WANT_MOUNTS("old A, old/m B");
        ERR(EBUSY, sys_umount("/old"));
        OK(sys_umount2("/old", MNT_DETACH));
        WANT_MOUNTS("");
        WANT(!exists("/old/n"));
}
END_TEST

START_TEST(test_pivot_of_dot_and_dot)
{
        new_root();
        OK(sys_chdir("n"));
        OK(sys_pivot_root(".", "."));
        EQ(2, mounts_at("/")); /* the old root lies on the new one */
        WANT(exists("f") && exists("/f") && !exists("/n"));
        WANT_STR("/", cwd());
        OK(sys_umount2(".", MNT_DETACH));
        EQ(1, mounts_at("/"));
        WANT(exists("f") && exists("/f") && exists("../f"));
        WANT_STR("/", cwd());
}
END_TEST

START_TEST(test_pivot_looks_up_new_root_then_put_old)
{
        make_file("F", 0644);
        make_dirs("d");
        new_root();
        ERR(ENOENT, sys_pivot_root("nope", "F/x"));
        ERR(ENOTDIR, sys_pivot_root("F/x", "nope"));
        ERR(ENOTDIR, sys_pivot_root("F", "nope"));
        ERR(ENOENT, sys_pivot_root("", "d"));
        ERR(ENOENT, sys_pivot_root("n", "nope"));
        ERR(ENOENT, sys_pivot_root("n", ""));
        ERR(ENOTDIR, sys_pivot_root("n", "n/f"));
        ERR(ENOTDIR, sys_pivot_root("d", "F"));
        as_cred(0, 0, 0);
        ERR(EPERM, sys_pivot_root("nope", "F/x"));
}
END_TEST

START_TEST(test_pivot_of_a_file_mount_is_enotdir)
{
        make_file("F", 0644);
        make_file("G", 0644);
        OK(mount_bind("F", "G"));
        ERR(ENOTDIR, sys_pivot_root("G", "G"));
}
END_TEST

START_TEST(test_pivot_within_the_roots_mount_is_ebusy)
{
        new_root();
        make_dirs("d e");
        ERR(EBUSY, sys_pivot_root("d", "e"));
        ERR(EBUSY, sys_pivot_root("/", "d"));
        ERR(EBUSY, sys_pivot_root("/", "n/old"));
        ERR(EBUSY, sys_pivot_root("n", "d"));
        ERR(EBUSY, sys_pivot_root("n", "/"));
        ERR(EBUSY, sys_pivot_root("n/sub", "d"));
}
END_TEST

START_TEST(test_pivot_wants_new_root_to_be_a_mount_point)
{
        new_root();
        ERR(EINVAL, sys_pivot_root("n/sub", "n/old"));
        make_dirs("d");
        OK(mount_bind("d", "d"));
        make_dirs("d/old");
        OK(sys_pivot_root("d", "d/old"));
        WANT(exists("/old/n"));
}
END_TEST

START_TEST(test_pivot_wants_put_old_below_new_root)
{
        new_root();
        make_mounts("o");
        make_dirs("o/d");
        ERR(EINVAL, sys_pivot_root("n", "o"));
        ERR(EINVAL, sys_pivot_root("n", "o/d"));
        WANT_MOUNTS("n A, o B");
        OK(sys_pivot_root("n", "n")); /* the new root itself is below */
        EQ(2, mounts_at("/"));
}
END_TEST

START_TEST(test_pivot_and_shared_mounts)
{
        new_root();
        make_dirs("d");
        OK(set_propagation("/", MS_SHARED)); /* new_root's parent */
        ERR(EINVAL, sys_pivot_root("n", "n/old"));
        ERR(EINVAL, sys_pivot_root("n/sub", "d"));
        ERR(EINVAL, sys_pivot_root("n", "d"));
        OK(set_propagation("/", MS_PRIVATE));
        OK(set_propagation("n", MS_SHARED)); /* put_old's mount */
        ERR(EINVAL, sys_pivot_root("n", "n/old"));
        ERR(EBUSY, sys_pivot_root("n", "d"));
        OK(set_propagation("n", MS_PRIVATE));
        make_mounts("n/o");
        OK(set_propagation("n/o", MS_SHARED));
        ERR(EINVAL, sys_pivot_root("n", "n/o"));
        OK(set_propagation("n/o", MS_SLAVE | MS_PRIVATE) == 0 ? 0 : set_propagation("n/o", MS_PRIVATE));
        OK(set_propagation("/", MS_SLAVE));
        OK(sys_pivot_root("n", "n/old"));
}
END_TEST

START_TEST(test_pivot_with_new_root_shared_and_put_old_elsewhere)
{
        new_root();
        make_mounts("n/o");
        OK(set_propagation("n", MS_SHARED));
        OK(sys_pivot_root("n", "n/o")); /* what counts is where each is mounted, and put_old's own mount */
        WANT(!strncmp(mount_at("/")->tags, "shared:", 7));
        WANT(exists("/o/n"));
}
END_TEST

START_TEST(test_pivot_and_removed_directories)
{
        int gone;

        new_root();
        make_dirs("n/gone d");
        gone = (int)OK(sys_open("n/gone", O_PATH, 0));
        OK(sys_rmdir("n/gone"));
        OK(sys_fchdir(gone));
        ERR(ENOENT, sys_pivot_root("/n", "."));
        ERR(ENOENT, sys_pivot_root(".", "/n/old"));
        ERR(ENOENT, sys_pivot_root("/", "."));
        ERR(ENOENT, sys_pivot_root("/d", "."));
        OK(set_propagation("/n", MS_SHARED));
        ERR(ENOENT, sys_pivot_root("/n", ".")); /* asked before what is shared; of new_root after */
        ERR(EINVAL, sys_pivot_root(".", "/n/old"));
}
END_TEST

START_TEST(test_pivot_and_detached_mounts)
{
        int detached, clone;

        new_root();
        make_mounts("u");
        make_dirs("u/old");
        detached = (int)OK(sys_open("u", O_PATH, 0));
        OK(sys_umount2("u", MNT_DETACH));
        OK(sys_fchdir(detached));
        ERR(EINVAL, sys_pivot_root(".", "/n/old"));
        ERR(ENOENT, sys_pivot_root("/n", "old"));
        ERR(ENOENT, sys_pivot_root(".", "old"));
        OK(sys_chdir("/"));
        clone = (int)OK(sys_open_tree(DRIVER_CWD, "n", CLONE));
        OK(sys_fchdir(clone));
        ERR(EINVAL, sys_pivot_root(".", "old"));
        ERR(EINVAL, sys_pivot_root("/n", "old"));
}
END_TEST

START_TEST(test_pivot_in_a_chroot_at_a_mount_point)
{
        int64_t other = OK(task_new());

        new_root();
        make_mounts("n/m");
        make_dirs("n/m/o");
        as_task(other);
        OK(sys_chroot("n"));
        OK(sys_chdir("/"));
        OK(sys_pivot_root("m", "m/o"));
        WANT(exists("/o/f") && !exists("/f"));
        WANT_MOUNTS("o A");
        as_task(0);
        WANT_MOUNTS("n A, n/o B");
        WANT(exists("/n/o/f"));
}
END_TEST

START_TEST(test_pivot_in_a_chroot_that_is_no_mount_point_is_einval)
{
        make_dirs("c");
        make_mounts("c/m");
        make_dirs("c/m/o");
        OK(sys_chroot("c"));
        OK(sys_chdir("/"));
        ERR(EINVAL, sys_pivot_root("m", "m/o"));
        ERR(EBUSY, sys_pivot_root("/", "m/o"));
        ERR(EBUSY, sys_pivot_root("m", "/"));
}
END_TEST

START_TEST(test_pivot_follows_symlinks)
{
        new_root();
        make_link("n", "L");
        make_link("n/old", "M");
        OK(sys_pivot_root("L", "M"));
        WANT(exists("/f") && exists("/old/L"));
}
END_TEST

START_TEST(test_pivot_moves_who_had_the_old_root)
{
        int64_t inside, at_root, at_new, elsewhere;

        new_root();
        make_dirs("d");
        inside = OK(task_new());
        at_root = OK(task_new());
        at_new = OK(task_new());
        as_task(inside);
        OK(sys_chdir("/n/sub"));
        as_task(at_new);
        OK(sys_chroot("/n"));
        as_task(at_root);
        OK(sys_chdir("/d"));
        as_task(0);
        OK(sys_pivot_root("n", "n/old"));
        as_task(inside);
        WANT_STR("/sub", cwd());
        WANT(exists("/f"));
        as_task(at_root);
        WANT(exists("/f"));
        WANT_STR("/old/d", cwd()); /* only the root itself is replaced */
        as_task(at_new);
        WANT(exists("/f"));
        WANT_STR("/", cwd()); /* its working directory was the old root */
        elsewhere = OK(sys_open(".", O_PATH, 0));
        WANT(exists_in((int)elsewhere, "f"));
}
END_TEST

START_TEST(test_pivot_leaves_a_root_inside_the_old_one)
{
        int64_t other = OK(task_new());

        new_root();
        make_dirs("d d/e");
        as_task(other);
        OK(sys_chroot("d"));
        OK(sys_chdir("/e"));
        as_task(0);
        OK(sys_pivot_root("n", "n/old"));
        as_task(other);
        WANT(exists("/e") && !exists("/f"));
        WANT_STR("/e", cwd());
}
END_TEST

START_TEST(test_pivot_onto_a_mount_point)
{
        new_root();
        make_mounts("n/o p");
        make_dirs("n/o/i");
        OK(sys_pivot_root("n", "n/o"));
        WANT_MOUNTS("o A, ^o B, o/p C");
        OK(sys_umount2("/o", MNT_DETACH));
        WANT_MOUNTS("o A");
        WANT(exists("/o/i"));
}
END_TEST

START_TEST(test_pivot_twice_goes_back)
{
        new_root();
        make_dirs("back");
        OK(sys_pivot_root("n", "n/old"));
        OK(sys_pivot_root("old", "old/back"));
        WANT(exists("/n") && exists("/back/f"));
        WANT_MOUNTS("back A");
}
END_TEST

START_TEST(test_pivot_with_a_deep_new_root)
{
        make_mounts("a a/b a/b/c");
        make_dirs("a/b/c/old");
        OK(sys_pivot_root("a/b/c", "a/b/c/old"));
        WANT(exists("/old/a/b/c"));
        WANT_MOUNTS("old A, old/a B, old/a/b C");
}
END_TEST

START_TEST(test_pivot_with_put_old_in_a_mount_below)
{
        new_root();
        make_mounts("n/k n/k/l");
        make_dirs("n/k/l/o");
        OK(sys_pivot_root("n", "n/k/l/o"));
        WANT(exists("/k/l/o/n"));
}
END_TEST

START_TEST(test_pivot_keeps_a_descriptor_of_the_old_root)
{
        int fd;

        new_root();
        make_file("before", 0644);
        fd = (int)OK(sys_open("/", O_PATH, 0));
        OK(sys_pivot_root("n", "n/old"));
        WANT(exists_in(fd, "before"));
        OK(sys_fchdir(fd));
        WANT_STR("/old", cwd());
        OK(sys_umount2("/old", MNT_DETACH));
        WANT_STR("(unreachable)/", cwd());
        WANT(exists("before"));
}
END_TEST

SEMANTICS_MAIN_SINCE(618, "pivot", test_pivot_swaps_the_root, test_pivot_of_dot_and_dot,
                     test_pivot_looks_up_new_root_then_put_old, test_pivot_of_a_file_mount_is_enotdir,
                     test_pivot_within_the_roots_mount_is_ebusy,
                     test_pivot_wants_new_root_to_be_a_mount_point, test_pivot_wants_put_old_below_new_root,
                     test_pivot_and_shared_mounts, test_pivot_with_new_root_shared_and_put_old_elsewhere,
                     test_pivot_and_removed_directories, test_pivot_and_detached_mounts,
                     test_pivot_in_a_chroot_at_a_mount_point,
                     test_pivot_in_a_chroot_that_is_no_mount_point_is_einval, test_pivot_follows_symlinks,
                     test_pivot_moves_who_had_the_old_root, test_pivot_leaves_a_root_inside_the_old_one,
                     test_pivot_onto_a_mount_point, test_pivot_twice_goes_back,
                     test_pivot_with_a_deep_new_root, test_pivot_with_put_old_in_a_mount_below,
                     test_pivot_keeps_a_descriptor_of_the_old_root)
