/*
 * move.c - moving mounts: mount(2) with MS_MOVE, and move_mount(2) with its flags.
 */
#include "tests/semantics/mounts.h"

START_TEST(test_move_takes_the_tree_along)
{
        make_mounts("a a/d");
        make_file("a/d/f", 0644);
        make_dirs("b");
        OK(mount_move("a", "b"));
        WANT(exists("b/d/f") && !exists("a/d"));
        WANT_MOUNTS("b A, b/d B");
        OK(sys_rmdir("a"));
        ERR(EBUSY, sys_rmdir("b"));
}
END_TEST

START_TEST(test_move_of_what_is_no_mount)
{
        make_mounts("a");
        make_dirs("a/d b");
        make_file("F", 0644);
        ERR(EINVAL, mount_move("a/d", "b"));
        ERR(EINVAL, mount_move("F", "b"));
        ERR(EINVAL, mount_move("b", "a"));
        ERR(EINVAL, sys_mount(NULL, "b", NULL, MS_MOVE, NULL));
        ERR(EINVAL, sys_mount("", "b", NULL, MS_MOVE, NULL));
        ERR(ENOENT, mount_move("nope", "b"));
        ERR(ENOENT, mount_move("a", "nope"));
        WANT_MOUNTS("a A");
}
END_TEST

START_TEST(test_target_is_looked_up_before_the_source)
{
        make_file("F", 0644);
        ERR(ENOTDIR, mount_move("nope", "F/x"));
        ERR(ENOENT, mount_move("F/x", "nope"));
        ERR(ENOTDIR, mount_bind("nope", "F/x"));
        ERR(ENOENT, mount_bind("F/x", "nope"));
        ERR(ENOTDIR, sys_move_mount(DRIVER_CWD, "nope", DRIVER_CWD, "F/x", 0));
        ERR(ENOENT, sys_move_mount(DRIVER_CWD, "F/x", DRIVER_CWD, "nope", 0));
        ERR(EBADF, sys_move_mount(DRIVER_CWD, "nope", DRIVER_BAD_FD, "x", 0));
        ERR(ENOENT, sys_move_mount(DRIVER_BAD_FD, "", DRIVER_CWD, "nope", F_EMPTY));
        ERR(EBADF, sys_move_mount(DRIVER_CWD, "nope", DRIVER_BAD_FD, "", T_EMPTY));
}
END_TEST

START_TEST(test_move_below_itself_is_eloop)
{
        make_mounts("a a/d");
        make_dirs("a/e");
        ERR(ELOOP, mount_move("a", "a"));
        ERR(ELOOP, mount_move("a", "a/e"));
        ERR(ELOOP, mount_move("a", "a/d"));
        ERR(ELOOP, sys_move_mount(DRIVER_CWD, "a", DRIVER_CWD, "a/e", 0));
        WANT_MOUNTS("a A, a/d B");
}
END_TEST

START_TEST(test_move_between_a_directory_and_a_file_is_einval)
{
        make_mounts("a");
        make_data("F", "text", 4);
        make_file("G", 0644);
        make_file("H", 0644);
        make_dirs("b");
        ERR(EINVAL, mount_move("a", "F"));
        OK(mount_bind("F", "G"));
        ERR(EINVAL, mount_move("G", "b"));
        OK(mount_move("G", "H"));
        ck_assert_str_eq(content_of("H"), "text");
        ck_assert_str_eq(content_of("G"), "");
        WANT_MOUNTS("H root/F, a A");
}
END_TEST

START_TEST(test_move_flags_alone)
{
        make_mounts("a");
        make_dirs("b");
        ERR(EINVAL, sys_mount("a", "b", NULL, MS_MOVE | MS_SHARED, NULL));
        ERR(ENODEV, sys_mount("a", "b", "nosuch", MS_RDONLY, NULL));
        OK(sys_mount("a", "b", NULL, MS_MOVE | MS_RDONLY | MS_NOSUID, NULL)); /* and ignores the rest */
        WANT_STR("rw,relatime", mount_at("/b")->opts);
}
END_TEST

START_TEST(test_bind_is_read_before_propagation_and_propagation_before_move)
{
        make_mounts("a");
        make_dirs("b c");
        OK(sys_mount("b", "c", NULL, MS_BIND | MS_SHARED | MS_MOVE, NULL));
        WANT_MOUNTS("a A, c root/b");
        OK(sys_mount("b", "c", NULL, MS_REMOUNT | MS_BIND | MS_SHARED | MS_MOVE | MS_NOSUID, NULL));
        WANT_STR("rw,nosuid,relatime", mount_at("/c")->opts);
        WANT_STR("", mount_at("/c")->tags);
        ERR(EINVAL, sys_mount("a", "c", NULL, MS_MOVE | MS_PRIVATE, NULL));
        WANT_MOUNTS("a A, c root/b");
}
END_TEST

START_TEST(test_moved_mounts_and_those_inside_keep_their_places)
{
        int fd;

        make_mounts("a");
        make_dirs("a/d b b/c");
        OK(sys_chdir("a/d"));
        fd = (int)OK(sys_open("f", O_RDWR | O_CREAT, 0644));
        OK(mount_move("/a", "/b/c"));
        WANT_STR("/b/c/d", cwd());
        OK(sys_chdir("../.."));
        WANT_STR("/b", cwd());
        EQ(1, sys_write(fd, "x", 1));
        WANT(exists("c/d/f"));
}
END_TEST

START_TEST(test_move_stacks)
{
        make_mounts("a b");
        make_file("a/f", 0644);
        make_file("b/g", 0644);
        OK(mount_move("a", "b"));
        WANT(exists("b/f") && !exists("b/g"));
        WANT_MOUNTS("b A, ^b B");
        OK(sys_umount("b"));
        WANT(exists("b/g"));
}
END_TEST

START_TEST(test_move_of_a_stack_takes_its_top)
{
        make_mounts("a");
        make_file("a/lower", 0644);
        OK(mount_tmpfs("a"));
        make_file("a/upper", 0644);
        make_dirs("b");
        OK(mount_move("a", "b"));
        WANT(exists("b/upper") && exists("a/lower"));
}
END_TEST

START_TEST(test_move_onto_the_root_is_out_of_sight)
{
        make_mounts("a");
        make_file("a/f", 0644);
        OK(mount_move("a", "/"));
        WANT(!exists("/f") && !exists("/a/f"));
        WANT(exists("a")); /* the directory that it was mounted on */
        WANT(mounts_at("/") == 2);
}
END_TEST

START_TEST(test_move_out_of_a_shared_mount_is_einval)
{
        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_mounts("s/x");
        make_dirs("s/y p");
        ERR(EINVAL, mount_move("s/x", "p"));
        ERR(EINVAL, mount_move("s/x", "s/y"));
        OK(set_propagation("s", MS_PRIVATE));
        OK(mount_move("s/x", "p"));
        WANT_MOUNTS("p A shared:1, s B");
}
END_TEST

START_TEST(test_move_of_a_shared_mount_keeps_its_peers)
{
        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/x b p");
        OK(mount_bind("s", "b"));
        OK(mount_move("s", "p"));
        WANT_MOUNTS("b A shared:1, p A shared:1");
        OK(mount_tmpfs("p/x"));
        WANT_MOUNTS("b A shared:1, b/x B shared:2, p A shared:1, p/x B shared:2");
}
END_TEST

START_TEST(test_move_into_a_shared_mount_shares_the_tree)
{
        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/x b c");
        OK(mount_bind("s", "b"));
        OK(mount_bind("s", "c"));
        OK(set_propagation("c", MS_SLAVE));
        make_mounts("q q/k");
        OK(mount_move("q", "b/x"));
        WANT_MOUNTS("b A shared:1, b/x B shared:2, b/x/k C shared:3, c A master:1, c/x B master:2, "
                    "c/x/k C master:3, s A shared:1, s/x B shared:2, s/x/k C shared:3");
        OK(sys_umount2("s/x", MNT_DETACH));
        WANT_MOUNTS("b A shared:1, c A master:1, s A shared:1");
}
END_TEST

START_TEST(test_slave_moved_into_a_shared_mount_is_both)
{
        make_mounts("m");
        OK(set_propagation("m", MS_SHARED));
        make_dirs("q");
        OK(mount_bind("m", "q"));
        OK(set_propagation("q", MS_SLAVE));
        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/x t");
        OK(mount_bind("s", "t"));
        OK(mount_move("q", "s/x"));
        WANT_MOUNTS("m A shared:1, s B shared:2, s/x A shared:3 master:1, t B shared:2, t/x A "
                    "shared:3 master:1");
}
END_TEST

START_TEST(test_slave_moved_into_its_master_gets_a_copy_that_is_not_shared)
{
        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/x b c");
        OK(mount_bind("s", "b"));
        OK(mount_bind("s", "c"));
        OK(set_propagation("c", MS_SLAVE));
        OK(mount_move("c", "s/x"));
        WANT_MOUNTS("b A shared:1, b/x A shared:2 master:1, s A shared:1, s/x A shared:2 master:1, s/x/x A "
                    "master:2");
}
END_TEST

START_TEST(test_mount_whose_root_was_removed_is_not_moved)
{
        int fd;

        make_dirs("d gone b c s");
        make_file("F", 0644);
        make_file("G", 0644);
        make_file("H", 0644);
        OK(mount_bind("gone", "b"));
        OK(mount_bind("F", "G"));
        fd = (int)OK(sys_open_tree(DRIVER_CWD, "gone", CLONE));
        OK(sys_rmdir("gone"));
        OK(sys_unlink("F"));
        ERR(ENOENT, mount_move("b", "c"));
        ERR(ENOENT, mount_move("G", "H"));
        ERR(ENOENT, attach(fd, "c"));
        OK(mount_tmpfs("c"));
        ERR(ENOENT, sys_move_mount(DRIVER_CWD, "b", DRIVER_CWD, "c", BENEATH));
        OK(sys_umount("b"));
        OK(sys_umount("G"));
}
END_TEST

START_TEST(test_unbindable_tree_does_not_go_into_a_shared_mount)
{
        make_mounts("s q q/k q/k/l");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/x p");
        OK(set_propagation("q/k/l", MS_UNBINDABLE));
        ERR(EINVAL, mount_move("q", "s/x"));
        OK(mount_move("q", "p"));
        WANT_MOUNTS("p A, p/k B, p/k/l C unbindable, s D shared:1");
        OK(set_propagation("p/k/l", MS_PRIVATE));
        OK(mount_move("p", "s/x"));
}
END_TEST

START_TEST(test_move_covers_what_slaves_have_there_from_below)
{
        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/x c");
        OK(mount_bind("s", "c"));
        OK(set_propagation("c", MS_SLAVE));
        OK(mount_tmpfs("c/x"));
        make_file("c/x/own", 0644);
        make_mounts("q");
        OK(mount_move("q", "s/x"));
        WANT(exists("c/x/own"));
        WANT_MOUNTS("c A master:1, c/x B master:2, ^c/x C, s A shared:1, s/x B shared:2");
}
END_TEST

START_TEST(test_move_onto_something_removed)
{
        int gone;

        make_mounts("a");
        make_dirs("gone d");
        make_file("F", 0644);
        gone = (int)OK(sys_open("gone", O_PATH, 0));
        OK(sys_rmdir("gone"));
        OK(sys_fchdir(gone));
        ERR(ENOENT, mount_move("/a", "."));
        ERR(ENOENT, mount_move("/nope", "."));
        ERR(ENOENT, mount_bind("/d", "."));
        ERR(ENOENT, mount_bind("/F", "."));
        ERR(ENOENT, mount_tmpfs("."));
        ERR(ENOENT, sys_move_mount(detached_tmpfs(), "", DRIVER_CWD, ".", F_EMPTY));
        OK(sys_chdir("/"));
        WANT_MOUNTS("a A");
}
END_TEST

START_TEST(test_move_wants_privilege)
{
        make_mounts("a");
        make_dirs("b");
        as_cred(0, 0, 0);
        ERR(EPERM, mount_move("a", "b"));
        ERR(ENOENT, mount_move("a", "nope"));
        ERR(EPERM, mount_move("nope", "b"));
        ERR(EPERM, sys_move_mount(DRIVER_CWD, "nope", DRIVER_CWD, "nope", 0));
        ERR(EPERM, sys_move_mount(DRIVER_CWD, "a", DRIVER_CWD, "b", 0x400));
}
END_TEST

START_TEST(test_move_mount_by_paths)
{
        make_mounts("a");
        make_dirs("b");
        OK(sys_move_mount(DRIVER_CWD, "a", DRIVER_CWD, "b", 0));
        WANT_MOUNTS("b A");
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "a", DRIVER_CWD, "b", 0));
        ERR(ENOENT, sys_move_mount(DRIVER_CWD, "", DRIVER_CWD, "a", 0));
        ERR(ENOENT, sys_move_mount(DRIVER_CWD, "b", DRIVER_CWD, "", 0));
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "b", DRIVER_CWD, "a", 0x400));
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "nope", DRIVER_CWD, "nope", 0x08));
        ERR(EINVAL,
            sys_move_mount(DRIVER_CWD, "nope", DRIVER_CWD, "nope", VFS_MOVE_MOUNT_SET_GROUP | BENEATH));
}
END_TEST

START_TEST(test_move_mount_by_descriptors)
{
        int from, to;

        make_mounts("a b");
        make_dirs("b/x c");
        from = (int)OK(sys_open("a", O_PATH, 0));
        to = (int)OK(sys_open("b/x", O_PATH, 0));
        OK(sys_move_mount(from, "", to, "", F_EMPTY | T_EMPTY));
        WANT_MOUNTS("b A, b/x B");
        OK(sys_close(to));
        to = (int)OK(sys_open("b", O_PATH, 0));
        OK(sys_move_mount(to, "x", DRIVER_CWD, "c", 0));
        WANT_MOUNTS("b A, c B");
        OK(sys_move_mount(from, "", to, "x", F_EMPTY));
        WANT_MOUNTS("b A, b/x B");
        ERR(ENOENT, sys_move_mount(from, "", DRIVER_CWD, "c", 0));
        ERR(EBADF, sys_move_mount(DRIVER_BAD_FD, "", DRIVER_CWD, "c", F_EMPTY));
        ERR(EBADF, sys_move_mount(DRIVER_BAD_FD, "x", DRIVER_CWD, "c", 0));
        OK(sys_move_mount(DRIVER_BAD_FD, "/b/x", DRIVER_BAD_FD, "/c", 0));
        WANT_MOUNTS("b A, c B");
}
END_TEST

START_TEST(test_move_mount_and_symlinks)
{
        make_mounts("a");
        make_dirs("b");
        make_link("a", "LA");
        make_link("b", "LB");
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "LA", DRIVER_CWD, "b", 0)); /* the symlink is no mount */
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "a", DRIVER_CWD, "LB", 0));
        OK(sys_move_mount(DRIVER_CWD, "LA", DRIVER_CWD, "LB",
                          VFS_MOVE_MOUNT_F_SYMLINKS | VFS_MOVE_MOUNT_T_SYMLINKS));
        WANT_MOUNTS("b A");
        OK(mount_move("LB", "LA")); /* mount(2) follows */
        WANT_MOUNTS("a A");
}
END_TEST

START_TEST(test_move_mount_of_a_path_opened_without_clone)
{
        int fd;

        make_mounts("a");
        make_dirs("b c");
        fd = (int)OK(sys_open_tree(DRIVER_CWD, "a", 0));
        OK(attach(fd, "b"));
        OK(attach(fd, "c"));
        OK(sys_close(fd));
        WANT_MOUNTS("c A");
}
END_TEST

START_TEST(test_move_mount_keeps_shared_parents_rule)
{
        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_mounts("s/x");
        make_dirs("p");
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "s/x", DRIVER_CWD, "p", 0));
        OK(attach(detached_tmpfs(), "s/x"));
        WANT_MOUNTS("s A shared:1, s/x B shared:2, ^s/x C shared:3");
}
END_TEST

START_TEST(test_beneath_slips_under_the_top_mount)
{
        int fd;

        make_mounts("m");
        make_file("m/old", 0644);
        fd = detached_tmpfs();
        make_dir_in(fd, "new");
        OK(sys_move_mount(fd, "", DRIVER_CWD, "m", F_EMPTY | BENEATH));
        WANT(exists("m/old") && !exists("m/new"));
        WANT_MOUNTS("m A, ^m B");
        OK(sys_umount("m"));
        WANT(exists("m/new") && !exists("m/old"));
}
END_TEST

START_TEST(test_beneath_of_a_stack_goes_under_the_top_only)
{
        int fd;

        make_mounts("m");
        make_file("m/1", 0644);
        OK(mount_tmpfs("m"));
        make_file("m/2", 0644);
        fd = detached_tmpfs();
        make_dir_in(fd, "between");
        OK(sys_move_mount(fd, "", DRIVER_CWD, "m", F_EMPTY | BENEATH));
        WANT(exists("m/2"));
        OK(sys_umount("m"));
        WANT(exists("m/between"));
        OK(sys_umount2("m", MNT_DETACH));
        WANT(exists("m/1"));
}
END_TEST

START_TEST(test_beneath_of_a_mounted_tree)
{
        make_mounts("m q q/k");
        OK(sys_move_mount(DRIVER_CWD, "q", DRIVER_CWD, "m", BENEATH));
        WANT_MOUNTS("m A, ^m B, m/k C");
        OK(sys_umount("m"));
        WANT(is_mount_root(DRIVER_CWD, "m/k"));
}
END_TEST

START_TEST(test_beneath_wants_a_mount_point)
{
        int fd = detached_tmpfs();

        make_mounts("m");
        make_dirs("d m/d");
        make_file("F", 0644);
        make_file("G", 0644);
        ERR(EINVAL, sys_move_mount(fd, "", DRIVER_CWD, "d", F_EMPTY | BENEATH));
        ERR(EINVAL, sys_move_mount(fd, "", DRIVER_CWD, "m/d", F_EMPTY | BENEATH));
        ERR(ENOENT, sys_move_mount(fd, "", DRIVER_CWD, "nope", F_EMPTY | BENEATH));
        OK(mount_bind("F", "G"));
        ERR(EINVAL, sys_move_mount(fd, "", DRIVER_CWD, "G", F_EMPTY | BENEATH));
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "G", DRIVER_CWD, "m", BENEATH));
        OK(sys_move_mount(fd, "", DRIVER_CWD, "m", F_EMPTY | BENEATH));
}
END_TEST

START_TEST(test_beneath_the_root_is_einval)
{
        int fd = detached_tmpfs();

        ERR(EINVAL, sys_move_mount(fd, "", DRIVER_CWD, "/", F_EMPTY | BENEATH));
        make_mounts("r");
        make_mounts("r/m");
        OK(sys_chroot("r"));
        OK(sys_chdir("/"));
        ERR(EINVAL, sys_move_mount(fd, "", DRIVER_CWD, "/", F_EMPTY | BENEATH));
        OK(sys_move_mount(fd, "", DRIVER_CWD, "/m", F_EMPTY | BENEATH));
}
END_TEST

START_TEST(test_beneath_an_ancestor_is_einval)
{
        make_mounts("m m/k m/k/l");
        ERR(ELOOP, sys_move_mount(DRIVER_CWD, "m", DRIVER_CWD, "m/k", BENEATH));
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "m/k/l", DRIVER_CWD, "m", BENEATH));
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "m", DRIVER_CWD, "m", BENEATH));
        WANT_MOUNTS("m A, m/k B, m/k/l C");
}
END_TEST

START_TEST(test_beneath_below_a_shared_mount_propagates)
{
        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/x b");
        OK(mount_bind("s", "b"));
        OK(mount_tmpfs("s/x"));
        make_file("s/x/old", 0644);
        OK(sys_move_mount(detached_tmpfs(), "", DRIVER_CWD, "s/x", F_EMPTY | BENEATH));
        WANT(exists("s/x/old") && exists("b/x/old"));
        WANT_MOUNTS("b A shared:1, b/x B shared:2, ^b/x C shared:3, s A shared:1, s/x B shared:2, "
                    "^s/x C shared:3");
        OK(sys_umount("b/x"));
        WANT_MOUNTS("b A shared:1, b/x B shared:2, s A shared:1, s/x B shared:2");
}
END_TEST

START_TEST(test_beneath_where_it_would_lie_on_the_target_is_einval)
{
        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/d");
        OK(mount_bind("s/d", "s/d")); /* a peer, with the mount point as its root */
        ERR(EINVAL, sys_move_mount(detached_tmpfs(), "", DRIVER_CWD, "s/d", F_EMPTY | BENEATH));
        OK(set_propagation("s/d", MS_SLAVE));
        ERR(EINVAL, sys_move_mount(detached_tmpfs(), "", DRIVER_CWD, "s/d", F_EMPTY | BENEATH));
        OK(set_propagation("s/d", MS_PRIVATE));
        OK(sys_move_mount(detached_tmpfs(), "", DRIVER_CWD, "s/d", F_EMPTY | BENEATH));
}
END_TEST

START_TEST(test_beneath_where_it_would_lie_on_itself_is_einval)
{
        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/d q");
        OK(mount_bind("s/d", "q"));
        OK(mount_tmpfs("s/d"));
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "q", DRIVER_CWD, "s/d", BENEATH));
}
END_TEST

START_TEST(test_beneath_with_children_on_the_top_mount)
{
        make_mounts("m m/k");
        make_dirs("m/e");
        OK(sys_chdir("m/e"));
        OK(sys_move_mount(detached_tmpfs(), "", DRIVER_CWD, "/m", F_EMPTY | BENEATH));
        WANT_STR("/m/e", cwd());
        WANT(is_mount_root(DRIVER_CWD, "/m/k"));
        OK(sys_chdir("../.."));
        WANT_STR("/", cwd());
        ERR(EBUSY, sys_umount("m"));
}
END_TEST

START_TEST(test_set_group_of_shared_and_slave)
{
        make_mounts("s");
        make_dirs("s/d a b c e");
        OK(mount_bind("s", "a"));
        OK(mount_bind("s/d", "b"));
        OK(mount_bind("s", "c"));
        OK(set_propagation("s", MS_SHARED));
        OK(sys_move_mount(DRIVER_CWD, "s", DRIVER_CWD, "a", VFS_MOVE_MOUNT_SET_GROUP));
        WANT_MOUNTS("a A shared:1, b A/d, c A, s A shared:1");
        OK(sys_move_mount(DRIVER_CWD, "s", DRIVER_CWD, "b", VFS_MOVE_MOUNT_SET_GROUP));
        WANT_MOUNTS("a A shared:1, b A/d shared:1, c A, s A shared:1");
        OK(set_propagation("a", MS_SLAVE));
        OK(sys_move_mount(DRIVER_CWD, "a", DRIVER_CWD, "c", VFS_MOVE_MOUNT_SET_GROUP));
        WANT_MOUNTS("a A master:1, b A/d shared:1, c A master:1, s A shared:1");
}
END_TEST

START_TEST(test_set_group_of_a_slave_that_is_shared)
{
        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("a c");
        OK(mount_bind("s", "c"));
        OK(set_propagation("c", MS_PRIVATE));
        OK(mount_bind("s", "a"));
        OK(set_propagation("a", MS_SLAVE));
        OK(set_propagation("a", MS_SHARED));
        OK(sys_move_mount(DRIVER_CWD, "a", DRIVER_CWD, "c", VFS_MOVE_MOUNT_SET_GROUP));
        WANT_MOUNTS("a A shared:1 master:2, c A shared:1 master:2, s A shared:2");
}
END_TEST

START_TEST(test_set_group_refusals)
{
        make_mounts("s t");
        make_dirs("s/d s/d/e a b c d");
        OK(mount_bind("s/d", "a"));
        OK(mount_bind("s", "b"));
        OK(mount_bind("s/d/e", "c"));
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "s", DRIVER_CWD, "b", VFS_MOVE_MOUNT_SET_GROUP)); /* private */
        OK(set_propagation("a", MS_SHARED));
        OK(set_propagation("s", MS_SHARED));
        ERR(EINVAL,
            sys_move_mount(DRIVER_CWD, "s", DRIVER_CWD, "t", VFS_MOVE_MOUNT_SET_GROUP)); /* another fs */
        ERR(EINVAL,
            sys_move_mount(DRIVER_CWD, "s", DRIVER_CWD, "d", VFS_MOVE_MOUNT_SET_GROUP)); /* no mount */
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "s/d", DRIVER_CWD, "c", VFS_MOVE_MOUNT_SET_GROUP));
        ERR(EINVAL,
            sys_move_mount(DRIVER_CWD, "a", DRIVER_CWD, "b", VFS_MOVE_MOUNT_SET_GROUP)); /* narrower */
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "s", DRIVER_CWD, "a", VFS_MOVE_MOUNT_SET_GROUP)); /* shared */
        OK(sys_move_mount(DRIVER_CWD, "a", DRIVER_CWD, "c", VFS_MOVE_MOUNT_SET_GROUP));
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "s", DRIVER_CWD, "c", VFS_MOVE_MOUNT_SET_GROUP));
        ERR(ENOENT, sys_move_mount(DRIVER_CWD, "nope", DRIVER_CWD, "b", VFS_MOVE_MOUNT_SET_GROUP));
        as_cred(0, 0, 0);
        ERR(EPERM, sys_move_mount(DRIVER_CWD, "s", DRIVER_CWD, "b", VFS_MOVE_MOUNT_SET_GROUP));
}
END_TEST

START_TEST(test_moved_mount_keeps_its_line_in_mountinfo)
{
        unsigned int a, b;

        make_mounts("a b");
        make_dirs("c");
        a = mount_at("/a")->id;
        OK(mount_move("a", "c"));
        b = mount_at("/b")->id;
        EQ(a, mount_at("/c")->id);
        WANT(mount_at("/c") < mount_at("/b")); /* by age, not by when it came here */
        WANT(b != a);
}
END_TEST

SEMANTICS_MAIN_SINCE(
        618, "move", test_move_takes_the_tree_along, test_move_of_what_is_no_mount,
        test_target_is_looked_up_before_the_source, test_move_below_itself_is_eloop,
        test_move_between_a_directory_and_a_file_is_einval, test_move_flags_alone,
        test_bind_is_read_before_propagation_and_propagation_before_move,
        test_moved_mounts_and_those_inside_keep_their_places, test_move_stacks,
        test_move_of_a_stack_takes_its_top, test_move_onto_the_root_is_out_of_sight,
        test_move_out_of_a_shared_mount_is_einval, test_move_of_a_shared_mount_keeps_its_peers,
        test_move_into_a_shared_mount_shares_the_tree, test_slave_moved_into_a_shared_mount_is_both,
        test_slave_moved_into_its_master_gets_a_copy_that_is_not_shared,
        test_mount_whose_root_was_removed_is_not_moved, test_unbindable_tree_does_not_go_into_a_shared_mount,
        test_move_covers_what_slaves_have_there_from_below, test_move_onto_something_removed,
        test_move_wants_privilege, test_move_mount_by_paths, test_move_mount_by_descriptors,
        test_move_mount_and_symlinks, test_move_mount_of_a_path_opened_without_clone,
        test_move_mount_keeps_shared_parents_rule, test_beneath_slips_under_the_top_mount,
        test_beneath_of_a_stack_goes_under_the_top_only, test_beneath_of_a_mounted_tree,
        test_beneath_wants_a_mount_point, test_beneath_the_root_is_einval, test_beneath_an_ancestor_is_einval,
        test_beneath_below_a_shared_mount_propagates, test_beneath_where_it_would_lie_on_the_target_is_einval,
        test_beneath_where_it_would_lie_on_itself_is_einval, test_beneath_with_children_on_the_top_mount,
        test_set_group_of_shared_and_slave, test_set_group_of_a_slave_that_is_shared, test_set_group_refusals,
        test_moved_mount_keeps_its_line_in_mountinfo)
