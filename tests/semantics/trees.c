/*
 * trees.c - open_tree(2) and open_tree_attr(2), and trees of mounts that are
 * mounted nowhere: what can be done with them and in them.
 */
#include "tests/semantics/mounts.h"

static const struct vfs_mount_attr read_only = { .attr_set = VFS_MOUNT_ATTR_RDONLY };
static const struct vfs_mount_attr nosuid = { .attr_set = VFS_MOUNT_ATTR_NOSUID };

static int path_fd(const char *path)
{
        return (int)OK(sys_open(path, O_PATH, 0));
}

static int clone_of(const char *path, uint32_t flags)
{
        return (int)OK(sys_open_tree(DRIVER_CWD, path, CLONE | flags));
}

/* Enters a detached tmpfs that has directories d and e and a mount on s; gives its descriptor. */
static int enter_detached(void)
{
        int fd = detached_tmpfs(), sub = detached_tmpfs();

        make_dir_in(fd, "d");
        make_dir_in(fd, "e");
        make_dir_in(fd, "s");
        make_dir_in(sub, "in");
        OK(sys_move_mount(sub, "", fd, "s", F_EMPTY));
        OK(sys_close(sub));
        OK(sys_fchdir(fd));
        return fd;
}

START_TEST(test_open_tree_without_clone_is_a_path)
{
        char buf[64];
        int fd;

        make_mounts("m");
        make_dirs("m/d");
        fd = (int)OK(sys_open_tree(DRIVER_CWD, "m/d", 0));
        EQ(O_PATH, sys_fcntl(fd, VFS_F_GETFL, 0));
        ERR(EBADF, sys_read(fd, buf, 1));
        OK(sys_fd_path(fd, buf, sizeof(buf)));
        WANT_STR("/m/d", buf);
        EQ((int64_t)unique_id(fd, ""), (int64_t)unique_id(DRIVER_CWD, "m"));
        ERR(EBUSY, sys_umount("m"));
        OK(sys_close(fd));
        OK(sys_umount("m"));
}
END_TEST

START_TEST(test_open_tree_errors)
{
        make_file("F", 0644);
        ERR(EINVAL, sys_open_tree(DRIVER_CWD, "nope", VFS_AT_RECURSIVE));
        ERR(EINVAL, sys_open_tree(DRIVER_CWD, "nope", 0x10));
        ERR(EINVAL, sys_open_tree(DRIVER_CWD, "nope", CLONE | 0x2000));
        ERR(ENOENT, sys_open_tree(DRIVER_CWD, "nope", CLONE));
        ERR(ENOENT, sys_open_tree(DRIVER_CWD, "", CLONE));
        ERR(ENOTDIR, sys_open_tree(DRIVER_CWD, "F/x", 0));
        ERR(EBADF, sys_open_tree(DRIVER_BAD_FD, "x", 0));
        ERR(EBADF, sys_open_tree(DRIVER_BAD_FD, "", VFS_AT_EMPTY_PATH));
        OK(sys_open_tree(DRIVER_CWD, "", VFS_AT_EMPTY_PATH));
        OK(sys_open_tree(DRIVER_CWD, "F", CLONE | VFS_AT_NO_AUTOMOUNT));
        as_cred(0, 0, 0);
        ERR(EINVAL, sys_open_tree(DRIVER_CWD, "nope", VFS_AT_RECURSIVE));
        ERR(EINVAL, sys_open_tree(DRIVER_CWD, "nope", CLONE | 0x10));
        ERR(EPERM, sys_open_tree(DRIVER_CWD, "nope", CLONE));
        OK(sys_open_tree(DRIVER_CWD, "F", 0));
}
END_TEST

START_TEST(test_clone_is_of_the_one_mount_or_of_the_tree)
{
        int one, all;

        make_mounts("m m/k");
        make_file("m/k/f", 0644);
        one = clone_of("m", 0);
        all = clone_of("m", VFS_AT_RECURSIVE);
        WANT(!exists_in(one, "k/f") && exists_in(all, "k/f"));
        WANT(is_mount_root(one, "") && is_mount_root(all, "k"));
        WANT(unique_id(one, "") != unique_id(DRIVER_CWD, "m"));
        WANT_MOUNTS("m A, m/k B");
        make_dirs("b");
        OK(attach(all, "b"));
        WANT_MOUNTS("b A, b/k B, m A, m/k B");
}
END_TEST

START_TEST(test_clone_of_a_directory_and_of_a_file)
{
        int dir, file;

        make_dirs("d d/sub b");
        make_data("F", "text", 4);
        make_file("G", 0644);
        dir = clone_of("d", 0);
        file = clone_of("F", 0);
        WANT(exists_in(dir, "sub"));
        EQ((int64_t)unique_id(dir, ".."), (int64_t)unique_id(dir, ""));
        ERR(EINVAL, attach(dir, "F"));
        ERR(EINVAL, attach(file, "d"));
        OK(attach(dir, "b"));
        OK(attach(file, "G"));
        ck_assert_str_eq(content_of("G"), "text");
        WANT_MOUNTS("G root/F, b root/d");
}
END_TEST

START_TEST(test_clone_of_a_symlink)
{
        struct vfs_statx st;
        char buf[8];
        int fd;

        make_file("F", 0644);
        make_link("F", "L");
        fd = clone_of("L", 0);
        OK(sys_fstat(fd, &st));
        EQ(S_IFREG, st.mode & S_IFMT);
        fd = clone_of("L", VFS_AT_SYMLINK_NOFOLLOW);
        OK(sys_fstat(fd, &st));
        EQ(S_IFLNK, st.mode & S_IFMT);
        OK(attach(fd, "F"));
        EQ(1, sys_readlink("F", buf, sizeof(buf)));
        ERR(ELOOP, sys_open("F", O_RDONLY, 0));
        WANT_MOUNTS("F root/L");
}
END_TEST

START_TEST(test_clone_of_a_shared_mount_is_its_peer)
{
        int fd;

        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/x b");
        fd = clone_of("s", 0);
        OK(attach(fd, "b"));
        WANT_MOUNTS("b A shared:1, s A shared:1");
        OK(mount_tmpfs("s/x"));
        WANT(is_mount_root(fd, "x"));
}
END_TEST

START_TEST(test_mount_propagates_into_no_detached_tree)
{
        int fd;

        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/x b");
        fd = clone_of("s", 0);
        OK(mount_tmpfs("s/x"));
        WANT(!is_mount_root(fd, "x"));
        OK(attach(fd, "b"));
        WANT_MOUNTS("b A shared:1, s A shared:1, s/x B shared:2");
}
END_TEST

START_TEST(test_clone_prunes_unbindable)
{
        int fd;

        make_mounts("m m/k m/k/l m/n");
        OK(set_propagation("m/k", MS_UNBINDABLE));
        ERR(EINVAL, sys_open_tree(DRIVER_CWD, "m/k", CLONE));
        fd = clone_of("m", VFS_AT_RECURSIVE);
        make_dirs("b");
        OK(attach(fd, "b"));
        WANT_MOUNTS("b A, b/n B, m A, m/k C unbindable, m/k/l D, m/n B");
}
END_TEST

START_TEST(test_clone_of_detached_trees)
{
        int fd = enter_detached(), all;

        OK(sys_open_tree(fd, "", CLONE | VFS_AT_EMPTY_PATH));
        OK(sys_open_tree(DRIVER_CWD, "d", CLONE));
        OK(sys_open_tree(DRIVER_CWD, "s", CLONE));
        OK(sys_open_tree(DRIVER_CWD, "s/in", CLONE));
        all = clone_of(".", VFS_AT_RECURSIVE);
        WANT(exists_in(all, "s/in"));
        make_dirs("/b");
        OK(attach(all, "/b"));
        WANT_MOUNTS("b A, b/s B");
}
END_TEST

START_TEST(test_last_close_dissolves_a_detached_tree)
{
        int fd, dup, other;

        make_dirs("b");
        fd = detached_tmpfs();
        make_dir_in(fd, "d");
        dup = (int)OK(drv->ops->dup(drv, fd));
        other = (int)OK(sys_openat(fd, ".", O_PATH, 0));
        OK(sys_close(fd));
        OK(sys_open_tree(dup, "", CLONE | VFS_AT_EMPTY_PATH));
        OK(sys_close(dup));
        WANT(exists_in(other, "d"));     /* the filesystem is there, */
        ERR(EINVAL, attach(other, "b")); /* but the mount is gone */
        ERR(EINVAL, sys_open_tree(other, "", CLONE | VFS_AT_EMPTY_PATH));
        ERR(EINVAL, sys_mount_setattr(other, "", VFS_AT_EMPTY_PATH, &read_only));
        OK(sys_open_tree(other, "", VFS_AT_EMPTY_PATH));
        make_dir_in(other, "e");
        OK(sys_fchdir(other));
        ERR(ENOENT, mount_tmpfs("d"));
        ERR(EINVAL, mount_bind(".", "/b"));
        ERR(EINVAL, set_propagation(".", MS_SHARED));
        WANT_STR("(unreachable)/", cwd());
}
END_TEST

START_TEST(test_dissolved_tree_stays_connected)
{
        int fd = enter_detached(), parent = path_fd("d");

        OK(sys_close(fd));
        WANT(exists("s/in") && is_mount_root(DRIVER_CWD, "s"));
        OK(sys_chdir("s"));
        OK(sys_chdir(".."));
        WANT(exists("d"));
        ERR(EINVAL, sys_umount("s"));
        OK(sys_chdir("s"));
        OK(sys_close(parent)); /* the last that had the mount above */
        OK(sys_chdir(".."));
        WANT(exists("in") && !exists("d"));
}
END_TEST

START_TEST(test_tree_that_was_attached_outlives_its_descriptor)
{
        int fd, other;

        make_dirs("b c");
        fd = detached_tmpfs();
        other = (int)OK(sys_openat(fd, ".", O_PATH, 0));
        OK(attach(other, "b")); /* any descriptor of its root will do */
        OK(sys_close(fd));
        WANT_MOUNTS("b A");
        ERR(EBUSY, sys_umount("b"));
        OK(attach(other, "c"));
        WANT_MOUNTS("c A");
        OK(sys_close(other));
        OK(sys_umount("c"));
}
END_TEST

START_TEST(test_tree_that_was_unmounted_is_not_attached_again)
{
        int fd = detached_tmpfs();

        make_dirs("b");
        OK(attach(fd, "b"));
        ERR(EBUSY, sys_umount("b"));
        OK(sys_umount2("b", MNT_DETACH));
        ERR(EINVAL, attach(fd, "b"));
        OK(sys_openat(fd, "f", O_WRONLY | O_CREAT, 0644));
}
END_TEST

START_TEST(test_only_the_root_of_a_tree_is_attached)
{
        int fd = enter_detached(), dir = path_fd("d"), sub = path_fd("s");

        make_dirs("/b");
        ERR(EINVAL, attach(dir, "/b"));
        ERR(EINVAL, attach(sub, "/b"));
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "s", DRIVER_CWD, "e", 0));
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "s", detached_tmpfs(), "", T_EMPTY));
        ERR(EINVAL, mount_move("s", "/b"));
        OK(attach(fd, "/b"));
        WANT_MOUNTS("b A, b/s B");
        WANT_STR("/b", cwd());
        OK(sys_move_mount(DRIVER_CWD, "s", DRIVER_CWD, "e", 0));
        WANT_MOUNTS("b A, b/e B");
}
END_TEST

START_TEST(test_mount_in_a_detached_tree_is_einval)
{
        make_mounts("m");
        make_dirs("b");
        enter_detached();
        ERR(EINVAL, mount_tmpfs("d"));
        ERR(EINVAL, mount_tmpfs("."));
        ERR(EINVAL, mount_tmpfs("s/in"));
        ERR(EINVAL, mount_bind("/b", "d"));
        ERR(EINVAL, mount_bind("d", "e"));
        ERR(EINVAL, mount_move("/m", "d"));
        ERR(EINVAL, sys_umount("s"));
        ERR(EINVAL, sys_umount2("s", MNT_DETACH));
        ERR(EINVAL, sys_umount2(".", MNT_DETACH));
        ERR(EINVAL, sys_remount(".", MS_BIND | MS_RDONLY));
        ERR(EINVAL, sys_remount("s", MS_BIND | MS_RDONLY));
        ERR(EINVAL, sys_remount(".", MS_RDONLY));
        WANT_MOUNTS("m A");
}
END_TEST

START_TEST(test_bind_out_of_a_detached_tree)
{
        make_dirs("b c");
        enter_detached();
        OK(mount_bind("s", "/b"));
        WANT(exists("/b/in"));
        OK(mount_rbind(".", "/c"));
        WANT_MOUNTS("b A, c B, c/s A");
        OK(sys_umount("/b"));
        OK(mount_bind("d", "/b"));
        WANT_MOUNTS("b A/d, c A, c/s B");
}
END_TEST

START_TEST(test_mount_move_of_a_detached_tree)
{
        make_dirs("b");
        enter_detached();
        ERR(EINVAL, mount_move(".", "d"));
        ERR(EINVAL, mount_move("d", "/b"));
        OK(mount_move(".", "/b"));
        WANT_MOUNTS("b A, b/s B");
}
END_TEST

START_TEST(test_propagation_in_a_detached_tree)
{
        int fd = enter_detached();

        OK(set_propagation(".", MS_SHARED));
        OK(set_propagation("s", MS_UNBINDABLE));
        ERR(EINVAL, set_propagation("d", MS_SHARED));
        make_dirs("/b");
        OK(attach(fd, "/b"));
        WANT_MOUNTS("b A shared:1, b/s B unbindable");
}
END_TEST

START_TEST(test_trees_put_together_before_they_are_attached)
{
        int a = detached_tmpfs(), b = detached_tmpfs(), c = detached_tmpfs(), top = detached_tmpfs();

        make_dir_in(a, "b");
        make_dir_in(b, "c");
        OK(sys_move_mount(c, "", b, "c", F_EMPTY));
        OK(sys_move_mount(b, "", a, "b", F_EMPTY));
        WANT(is_mount_root(a, "b/c"));
        ERR(EINVAL, sys_move_mount(b, "", a, "b", F_EMPTY)); /* a part of a now */
        ERR(EINVAL, sys_move_mount(a, "", a, "b", F_EMPTY));
        ERR(EINVAL, sys_move_mount(a, "", b, "", F_EMPTY | T_EMPTY));
        OK(sys_move_mount(top, "", a, "b", F_EMPTY)); /* they stack */
        make_dirs("m");
        OK(attach(a, "m"));
        WANT_MOUNTS("m A, m/b B, ^m/b C, m/b/c D");
}
END_TEST

START_TEST(test_attached_mounts_do_not_go_into_detached_trees)
{
        int fd = detached_tmpfs();

        make_mounts("m");
        make_dir_in(fd, "d");
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "m", fd, "d", 0));
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "m", fd, "", T_EMPTY));
        OK(sys_move_mount(clone_of("m", 0), "", fd, "d", F_EMPTY));
}
END_TEST

START_TEST(test_beneath_in_a_detached_tree)
{
        int fd = enter_detached();

        ERR(EINVAL, sys_move_mount(detached_tmpfs(), "", fd, "", F_EMPTY | T_EMPTY | BENEATH));
        OK(sys_move_mount(detached_tmpfs(), "", fd, "s", F_EMPTY | BENEATH));
        WANT(exists("s/in"));
        make_dirs("/b");
        OK(attach(fd, "/b"));
        WANT_MOUNTS("b A, b/s B, ^b/s C");
}
END_TEST

START_TEST(test_removed_directory_as_the_place_to_move_to)
{
        int fd, gone;

        make_dirs("gone b");
        gone = clone_of("gone", 0);
        OK(sys_rmdir("gone"));
        fd = detached_tmpfs();
        ERR(ENOENT, sys_move_mount(fd, "", gone, "", F_EMPTY | T_EMPTY));
        ERR(ENOENT,
            sys_move_mount(fd, "", gone, "", F_EMPTY | T_EMPTY | BENEATH)); /* before the root is refused */
        ERR(ENOENT, attach(gone, "b"));
        OK(attach(fd, "b"));
}
END_TEST

START_TEST(test_setattr_in_a_detached_tree)
{
        int fd = enter_detached();

        OK(sys_mount_setattr(fd, "", VFS_AT_EMPTY_PATH, &nosuid));
        OK(sys_mount_setattr(DRIVER_CWD, ".", 0, &nosuid));
        ERR(EINVAL, sys_mount_setattr(DRIVER_CWD, "s", 0, &nosuid)); /* not the tree's root */
        ERR(EINVAL, sys_mount_setattr(DRIVER_CWD, "d", 0, &nosuid));
        OK(sys_mount_setattr(fd, "", VFS_AT_EMPTY_PATH | VFS_AT_RECURSIVE, &read_only));
        ERR(EROFS, sys_mkdir("s/new", 0755));
        make_dirs("/b");
        OK(attach(fd, "/b"));
        WANT_STR("ro,nosuid,relatime", mount_at("/b")->opts);
        WANT_STR("ro,relatime", mount_at("/b/s")->opts);
}
END_TEST

START_TEST(test_walks_in_a_detached_tree)
{
        char buf[64];
        int fd = enter_detached(), dir;

        OK(sys_chdir("s/in/.."));
        WANT_STR("(unreachable)/s", cwd());
        OK(sys_chdir("../.."));
        WANT_STR("(unreachable)/", cwd());
        dir = path_fd("d");
        OK(sys_fd_path(dir, buf, sizeof(buf)));
        WANT_STR("/d", buf);
        OK(sys_fd_path(fd, buf, sizeof(buf)));
        WANT_STR("/", buf);
        OK(sys_chroot("s"));
        WANT(exists("/in") && exists("/../in"));
}
END_TEST

START_TEST(test_mount_points_of_a_detached_tree_can_be_moved_and_removed)
{
        enter_detached();
        OK(sys_rename("s", "t")); /* a mount point, but of no mount of the namespace */
        WANT(exists("t/in"));
        OK(sys_rename("d", "t"));
        WANT(exists("t") && !exists("t/in"));
        OK(sys_move_mount(detached_tmpfs(), "", DRIVER_CWD, "e", F_EMPTY));
        WANT(is_mount_root(DRIVER_CWD, "e"));
        OK(sys_rmdir("e"));
        WANT(!exists("e"));
}
END_TEST

START_TEST(test_scoped_walks_in_a_detached_tree)
{
        int fd = enter_detached();

        make_link("/d", "abs");
        make_link("s/in", "deep");
        ERR(EXDEV, sys_openat2(fd, "s/in", O_PATH, 0, VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(fd, "d", O_PATH, 0, VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(fd, "s/in", O_PATH, 0, VFS_RESOLVE_BENEATH));
        OK(sys_openat2(fd, "s/in/../../d", O_PATH, 0, VFS_RESOLVE_BENEATH));
        ERR(EXDEV, sys_openat2(fd, "s/../..", O_PATH, 0, VFS_RESOLVE_BENEATH));
        OK(sys_openat2(fd, "s/../../../d", O_PATH, 0, VFS_RESOLVE_IN_ROOT));
        OK(sys_openat2(fd, "abs", O_PATH, 0, VFS_RESOLVE_IN_ROOT));
        ERR(EXDEV, sys_openat2(fd, "abs", O_PATH, 0, VFS_RESOLVE_BENEATH));
        ERR(EXDEV, sys_openat2(fd, "deep", O_PATH, 0, VFS_RESOLVE_NO_XDEV));
        OK(sys_openat2(fd, "..", O_PATH, 0, VFS_RESOLVE_NO_XDEV));
        ERR(EXDEV, sys_openat2(path_fd("s"), "..", O_PATH, 0, VFS_RESOLVE_NO_XDEV));
}
END_TEST

START_TEST(test_pick_and_statfs_in_a_detached_tree)
{
        struct vfs_statfs fs;
        int fd = enter_detached(), c;

        OK(drv->ops->fstatfs(drv, fd, &fs));
        EQ(VFS_TMPFS_MAGIC, (int64_t)fs.type);
        c = (int)OK(sys_fspick(fd, "s", 0));
        OK(fsconfig_flag(c, "ro"));
        OK(fsconfig_reconfigure(c));
        ERR(EROFS, sys_mkdir("s/new", 0755));
        OK(sys_mkdir("new", 0755));
        OK(sys_fspick(fd, "", VFS_FSPICK_EMPTY_PATH));
}
END_TEST

START_TEST(test_unshare_leaves_who_is_in_a_detached_tree)
{
        int64_t other = OK(task_new());

        enter_detached();
        OK(sys_unshare(DRIVER_NEWNS));
        WANT(exists("s/in"));
        WANT_STR("(unreachable)/", cwd());
        as_task(other);
        OK(sys_chdir("/"));
}
END_TEST

START_TEST(test_tree_goes_to_another_namespace_of_the_same_owner)
{
        int fd = detached_tmpfs();
        int64_t ns = OK(ns_save());

        make_dirs("b");
        OK(sys_unshare(DRIVER_NEWNS));
        OK(attach(fd, "b"));
        WANT_MOUNTS("b A");
        OK(ns_enter(ns));
        WANT_MOUNTS("");
        ERR(EINVAL, attach(fd, "b")); /* it is a mount of another namespace now */
        ERR(EINVAL, sys_open_tree(fd, "", CLONE | VFS_AT_EMPTY_PATH));
        OK(sys_open_tree(fd, "", VFS_AT_EMPTY_PATH));
}
END_TEST

START_TEST(test_open_tree_attr_changes_the_copy)
{
        int fd;

        make_mounts("m m/k");
        fd = (int)OK(sys_open_tree_attr(DRIVER_CWD, "m", CLONE, &read_only));
        ERR(EROFS, sys_openat(fd, "f", O_WRONLY | O_CREAT, 0644));
        OK(sys_mkdir("m/d", 0755));
        fd = (int)OK(sys_open_tree_attr(DRIVER_CWD, "m", CLONE | VFS_AT_RECURSIVE, &nosuid));
        make_dirs("b");
        OK(attach(fd, "b"));
        WANT_STR("rw,nosuid,relatime", mount_at("/b")->opts);
        WANT_STR("rw,nosuid,relatime", mount_at("/b/k")->opts);
        WANT_STR("rw,relatime", mount_at("/m/k")->opts);
}
END_TEST

START_TEST(test_open_tree_attr_of_a_directory)
{
        int fd;

        make_dirs("d b");
        fd = (int)OK(sys_open_tree_attr(DRIVER_CWD, "d", CLONE, &read_only));
        OK(attach(fd, "b"));
        WANT_STR("ro,relatime", mount_at("/b")->opts);
        ERR(EINVAL, sys_open_tree_attr(DRIVER_CWD, "d", 0, &read_only));
}
END_TEST

START_TEST(test_open_tree_attr_without_clone_changes_the_mount)
{
        make_mounts("m");
        OK(sys_open_tree_attr(DRIVER_CWD, "m", 0, &read_only));
        WANT_STR("ro,relatime", mount_at("/m")->opts);
}
END_TEST

START_TEST(test_open_tree_attr_arguments)
{
        struct vfs_mount_attr attr = { 0 };

        make_mounts("m");
        OK(sys_open_tree_attr(DRIVER_CWD, "m", CLONE, NULL));
        ERR(EINVAL, drv->ops->open_tree_attr(drv, DRIVER_CWD, "m", CLONE, NULL, sizeof(attr)));
        ERR(EINVAL, drv->ops->open_tree_attr(drv, DRIVER_CWD, "m", CLONE, &attr, 0));
        ERR(EINVAL, drv->ops->open_tree_attr(drv, DRIVER_CWD, "m", CLONE, &attr, 31));
        ERR(E2BIG, drv->ops->open_tree_attr(drv, DRIVER_CWD, "m", CLONE, &attr, 5000));
        ERR(ENOENT, drv->ops->open_tree_attr(drv, DRIVER_CWD, "nope", CLONE, &attr, 31)); /* the path first */
        ERR(EINVAL, sys_open_tree_attr(DRIVER_CWD, "nope", CLONE | 0x10, &attr));
        OK(sys_open_tree_attr(DRIVER_CWD, "m", CLONE, &attr));
        attr.attr_set = 0x4000;
        ERR(EINVAL, sys_open_tree_attr(DRIVER_CWD, "m", CLONE, &attr));
        ERR(ENOENT, sys_open_tree_attr(DRIVER_CWD, "nope", CLONE, &attr));
        attr.attr_set = 0;
        as_cred(0, 0, 0);
        ERR(EPERM, sys_open_tree_attr(DRIVER_CWD, "m", 0, &attr));
        OK(sys_open_tree_attr(DRIVER_CWD, "m", 0, NULL));
}
END_TEST

SEMANTICS_MAIN_SINCE(618, "trees", test_open_tree_without_clone_is_a_path, test_open_tree_errors,
                     test_clone_is_of_the_one_mount_or_of_the_tree, test_clone_of_a_directory_and_of_a_file,
                     test_clone_of_a_symlink, test_clone_of_a_shared_mount_is_its_peer,
                     test_mount_propagates_into_no_detached_tree, test_clone_prunes_unbindable,
                     test_clone_of_detached_trees, test_last_close_dissolves_a_detached_tree,
                     test_dissolved_tree_stays_connected, test_tree_that_was_attached_outlives_its_descriptor,
                     test_tree_that_was_unmounted_is_not_attached_again,
                     test_only_the_root_of_a_tree_is_attached, test_mount_in_a_detached_tree_is_einval,
                     test_bind_out_of_a_detached_tree, test_mount_move_of_a_detached_tree,
                     test_propagation_in_a_detached_tree, test_trees_put_together_before_they_are_attached,
                     test_attached_mounts_do_not_go_into_detached_trees, test_beneath_in_a_detached_tree,
                     test_removed_directory_as_the_place_to_move_to, test_setattr_in_a_detached_tree,
                     test_walks_in_a_detached_tree,
                     test_mount_points_of_a_detached_tree_can_be_moved_and_removed,
                     test_scoped_walks_in_a_detached_tree, test_pick_and_statfs_in_a_detached_tree,
                     test_unshare_leaves_who_is_in_a_detached_tree,
                     test_tree_goes_to_another_namespace_of_the_same_owner,
                     test_open_tree_attr_changes_the_copy, test_open_tree_attr_of_a_directory,
                     test_open_tree_attr_without_clone_changes_the_mount, test_open_tree_attr_arguments)
