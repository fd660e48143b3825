/*
 * namespaces.c - mount namespaces: what a copy shares with its original, and what
 * one that belongs to a less privileged user namespace may not do.
 */
#include "tests/semantics/mounts.h"

/* A task in a copy of the namespace; the current one stays. */
static int64_t task_in_copy(void)
{
        int64_t task = OK(task_new());

        as_task(task);
        OK(sys_unshare(DRIVER_NEWNS));
        as_task(0);
        return task;
}

/* The same, in a user namespace of its own. */
static int64_t task_less_privileged(void)
{
        int64_t task = OK(task_new());

        as_task(task);
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        as_task(0);
        return task;
}

START_TEST(test_copy_of_a_namespace_has_mounts_of_its_own)
{
        int64_t other;

        make_mounts("m m/k");
        make_dirs("d");
        other = task_in_copy();
        as_task(other);
        WANT_MOUNTS("m A, m/k B");
        OK(sys_umount("m/k"));
        OK(mount_tmpfs("d"));
        as_task(0);
        WANT_MOUNTS("m A, m/k B");
        OK(sys_umount("m/k"));
        OK(sys_umount("m"));
        as_task(other);
        WANT_MOUNTS("d A, m B");
}
END_TEST

START_TEST(test_copy_keeps_flags_and_has_other_ids)
{
        struct vfs_statx before, after;
        uint64_t id;

        make_mounts("m");
        OK(sys_remount("m", MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOATIME));
        id = unique_id(DRIVER_CWD, "m");
        before = attr_of("m");
        OK(sys_unshare(DRIVER_NEWNS));
        after = attr_of("m");
        WANT(before.ino == after.ino && before.dev_minor == after.dev_minor);
        WANT(unique_id(DRIVER_CWD, "m") > id);
        WANT_STR("ro,nosuid,noatime", mount_at("/m")->opts);
        OK(sys_remount("m", MS_BIND)); /* and nothing is locked */
}
END_TEST

START_TEST(test_unshare_moves_root_and_working_directory)
{
        uint64_t root = unique_id(DRIVER_CWD, "/"), m;

        make_mounts("m m/k");
        make_dirs("m/k/d");
        OK(sys_chroot("m"));
        OK(sys_chdir("/k/d"));
        m = unique_id(DRIVER_CWD, "/");
        OK(sys_unshare(DRIVER_NEWNS));
        WANT(unique_id(DRIVER_CWD, "/") != m && unique_id(DRIVER_CWD, "/") != root);
        WANT_STR("/k/d", cwd());
        OK(sys_umount2("/k", MNT_DETACH));
        WANT_STR("(unreachable)/d", cwd());
        WANT_MOUNTS("");
}
END_TEST

START_TEST(test_unshare_leaves_a_working_directory_that_is_no_place_of_the_namespace)
{
        make_mounts("m");
        make_dirs("m/d");
        OK(sys_chdir("m/d"));
        OK(sys_umount2("/m", MNT_DETACH));
        OK(sys_unshare(DRIVER_NEWNS));
        WANT_STR("(unreachable)/d", cwd());
        make_file("f", 0644);
}
END_TEST

START_TEST(test_descriptors_stay_with_the_old_namespace)
{
        int fd;

        make_mounts("m m/k");
        make_dirs("b m/d");
        fd = (int)OK(sys_open("m", O_PATH, 0));
        OK(ns_save()); /* without it, the old namespace would end here */
        OK(sys_unshare(DRIVER_NEWNS));
        OK(sys_umount2("m", MNT_DETACH));
        WANT(is_mount_root(fd, "k")); /* looked up where the descriptor is */
        ERR(EINVAL, sys_move_mount(fd, "", DRIVER_CWD, "b", F_EMPTY));
        ERR(EINVAL, sys_open_tree(fd, "", CLONE | VFS_AT_EMPTY_PATH));
        ERR(EINVAL, sys_move_mount(detached_tmpfs(), "", fd, "d", F_EMPTY));
        OK(sys_fchdir(fd));
        ERR(EINVAL, mount_tmpfs("d"));
        ERR(EINVAL, mount_bind("/b", "d"));
        ERR(EINVAL, mount_bind("d", "/b"));
        ERR(EINVAL, mount_move("k", "/b"));
        ERR(EINVAL, sys_umount("k"));
        ERR(EINVAL, sys_umount2("k", MNT_DETACH));
        ERR(EINVAL, sys_remount("k", MS_BIND | MS_RDONLY));
        ERR(EINVAL, sys_remount("k", MS_RDONLY));
        ERR(EINVAL, sys_pivot_root("k", "k"));
        OK(sys_fspick(DRIVER_CWD, "k", 0));
        WANT_STR("(unreachable)/m", cwd());
}
END_TEST

START_TEST(test_propagation_is_changed_in_any_namespace_that_one_is_privileged_over)
{
        int64_t other = OK(task_new());
        int fd, inside;

        make_mounts("m");
        make_dirs("m/x");
        as_task(other);
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        inside = (int)OK(sys_open("m", O_PATH, 0));
        as_task(0);
        fd = (int)OK(sys_open("m", O_PATH, 0));
        OK(sys_unshare(DRIVER_NEWNS)); /* its old namespace ends, as nobody else is in it */
        OK(sys_fchdir(fd));
        ERR(EINVAL, set_propagation(".", MS_SHARED));
        OK(sys_fchdir(inside));
        OK(set_propagation(".", MS_SHARED));
        OK(sys_chdir("/"));
        fd = (int)OK(sys_open("m", O_PATH, 0));
        as_task(other);
        WANT_MOUNTS("m A shared:1");
        OK(sys_fchdir(fd));
        ERR(EPERM, set_propagation(".", MS_SHARED));
}
END_TEST

START_TEST(test_set_group_across_namespaces)
{
        int64_t ns = OK(ns_save());
        int fd;

        make_mounts("m");
        make_dirs("m/x");
        fd = (int)OK(sys_open("m", O_PATH, 0));
        OK(sys_unshare(DRIVER_NEWNS));
        OK(set_propagation("m", MS_SHARED));
        OK(sys_move_mount(DRIVER_CWD, "m", fd, "", T_EMPTY | VFS_MOVE_MOUNT_SET_GROUP));
        OK(mount_tmpfs("m/x"));
        WANT_MOUNTS("m A shared:1, m/x B shared:2");
        OK(ns_enter(ns));
        WANT_MOUNTS("m A shared:1, m/x B shared:2");
}
END_TEST

START_TEST(test_peers_stay_peers_across_namespaces)
{
        int64_t other;

        make_mounts("s t");
        make_dirs("s/x s/y t/x");
        OK(set_propagation("s", MS_SHARED));
        other = task_in_copy();
        OK(mount_tmpfs("s/x"));
        OK(mount_tmpfs("t/x"));
        as_task(other);
        WANT_MOUNTS("s A shared:1, s/x B shared:2, t C");
        OK(mount_tmpfs("s/y"));
        OK(sys_umount("s/x"));
        as_task(0);
        WANT_MOUNTS("s A shared:1, s/y B shared:2, t C, t/x D");
}
END_TEST

START_TEST(test_busy_in_a_peers_namespace_counts)
{
        int64_t other;

        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_mounts("s/x");
        other = task_in_copy();
        as_task(other);
        OK(sys_chdir("s/x"));
        as_task(0);
        ERR(EBUSY, sys_umount("s/x"));
        OK(sys_umount2("s/x", MNT_DETACH));
        as_task(other);
        WANT_STR("(unreachable)/", cwd());
        WANT_MOUNTS("s A shared:1");
}
END_TEST

START_TEST(test_private_mounts_of_another_namespace_do_not_count)
{
        int64_t other;

        make_mounts("m");
        other = task_in_copy();
        as_task(other);
        OK(sys_chdir("m"));
        as_task(0);
        OK(sys_umount("m"));
        as_task(other);
        WANT_STR("/m", cwd());
}
END_TEST

START_TEST(test_slaves_in_a_copy)
{
        int64_t other;

        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/x s/y");
        other = task_in_copy();
        as_task(other);
        OK(set_propagation("s", MS_SLAVE));
        WANT_MOUNTS("s A master:1");
        OK(mount_tmpfs("s/y"));
        as_task(0);
        OK(mount_tmpfs("s/x"));
        WANT_MOUNTS("s A shared:1, s/x B shared:2");
        as_task(other);
        WANT_MOUNTS("s A master:1, s/x B master:2, s/y C");
}
END_TEST

START_TEST(test_copy_of_unbindable_mounts_is_complete_and_private)
{
        make_mounts("m m/k");
        OK(set_propagation("m", MS_UNBINDABLE));
        OK(set_propagation("m/k", MS_UNBINDABLE));
        OK(sys_unshare(DRIVER_NEWNS));
        WANT_MOUNTS("m A, m/k B");
        make_dirs("b");
        OK(mount_rbind("m", "b"));
}
END_TEST

START_TEST(test_lines_of_a_copy_are_in_the_order_of_the_tree)
{
        const char *points[6];

        make_mounts("a b");
        make_dirs("c");
        make_mounts("a/k");
        OK(mount_move("a", "c"));
        EQ(4, mounts_in_order(points, ARRAY_SIZE(points)));
        WANT_STR("/c", points[1]);
        WANT_STR("/b", points[2]);
        WANT_STR("/c/k", points[3]);
        OK(sys_unshare(DRIVER_NEWNS));
        EQ(4, mounts_in_order(points, ARRAY_SIZE(points)));
        WANT_STR("/b", points[1]); /* what came to the parent first */
        WANT_STR("/c", points[2]);
        WANT_STR("/c/k", points[3]);
}
END_TEST

START_TEST(test_entering_a_namespace_begins_at_its_root)
{
        int64_t home = OK(ns_save()), copy;

        make_mounts("m");
        make_dirs("d");
        OK(sys_unshare(DRIVER_NEWNS));
        copy = OK(ns_save());
        OK(mount_tmpfs("d"));
        make_file("d/f", 0644);
        OK(ns_enter(home));
        WANT(!exists("/d/f"));
        WANT_STR("/", cwd());
        OK(sys_chroot("m"));
        OK(ns_enter(copy));
        WANT(exists("/d/f"));
        WANT_STR("/", cwd());
        OK(ns_enter(copy)); /* already there */
        WANT_MOUNTS("d A, m B");
}
END_TEST

START_TEST(test_entering_wants_privilege)
{
        int64_t home = OK(ns_save());

        OK(sys_unshare(DRIVER_NEWNS));
        as_cred(0, 0, 0);
        ERR(EPERM, ns_enter(home));
        as_cred(0, 0, CAP(SYS_ADMIN));
        ERR(EPERM, ns_enter(home));
        as_cred(0, 0, CAP(SYS_CHROOT));
        ERR(EPERM, ns_enter(home));
        as_cred(0, 0, CAP(SYS_CHROOT) | CAP(SYS_ADMIN));
        OK(ns_enter(home));
        as_cred(0, 0, 0);
        ERR(EPERM, sys_unshare(DRIVER_NEWNS));
}
END_TEST

START_TEST(test_namespace_ends_with_its_last_user)
{
        int64_t home = OK(ns_save()), copy;
        int fd;

        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_mounts("s/x");
        OK(sys_unshare(DRIVER_NEWNS));
        copy = OK(ns_save());
        fd = (int)OK(sys_open("s", O_PATH, 0));
        OK(sys_chdir("/s/x"));
        OK(ns_enter(home));
        OK(sys_umount("s/x"));
        WANT(!is_mount_root(fd, "x")); /* unmounted in both */
        OK(mount_tmpfs("s/x"));
        WANT(is_mount_root(fd, "x"));
        OK(ns_drop(copy));
        WANT(!is_mount_root(fd, "x"));               /* its tree is taken apart, */
        WANT_MOUNTS("s A shared:1, s/x B shared:2"); /* without a word to the peers */
        WANT(exists_in(fd, "x"));
}
END_TEST

START_TEST(test_mounts_of_a_namespace_live_as_long_as_it_is_remembered)
{
        int64_t home = OK(ns_save()), copy;

        make_dirs("d");
        OK(sys_unshare(DRIVER_NEWNS));
        copy = OK(ns_save());
        OK(mount_tmpfs("d"));
        make_file("d/f", 0644);
        OK(ns_enter(home));
        WANT(!exists("d/f"));
        OK(ns_enter(copy));
        WANT(exists("d/f"));
}
END_TEST

START_TEST(test_removing_a_mount_point_of_another_namespace)
{
        int64_t other;

        make_dirs("d e");
        make_file("f", 0644);
        other = task_in_copy();
        as_task(other);
        OK(mount_tmpfs("d"));
        make_mounts("d/k");
        OK(mount_tmpfs("e"));
        OK(mount_bind("f", "f"));
        OK(sys_chdir("e"));
        WANT_MOUNTS("d A, d/k B, e C, f root/f");
        as_task(0);
        OK(sys_rmdir("d"));
        OK(sys_rmdir("e"));
        OK(sys_unlink("f"));
        as_task(other);
        WANT_MOUNTS("");
        WANT(!exists("/d") && !exists("/e") && !exists("/f"));
        WANT_STR("(unreachable)/", cwd());
}
END_TEST

START_TEST(test_renaming_a_mount_point_of_another_namespace)
{
        int64_t other;

        make_dirs("d e g");
        other = task_in_copy();
        as_task(other);
        OK(mount_tmpfs("d"));
        make_file("d/f", 0644);
        OK(mount_tmpfs("g"));
        as_task(0);
        OK(sys_rename("d", "moved"));
        as_task(other);
        WANT_MOUNTS("g A, moved B");
        WANT(exists("moved/f"));
        ERR(EBUSY, sys_rename("moved", "d"));
        as_task(0);
        OK(sys_rename("e", "g")); /* over one */
        as_task(other);
        WANT_MOUNTS("moved A");
        as_task(0);
        OK(sys_mkdir("h", 0755));
        OK(sys_rename2("moved", "h", VFS_RENAME_EXCHANGE));
        as_task(other);
        WANT_MOUNTS("h A");
}
END_TEST

START_TEST(test_peer_cannot_remove_what_its_namespace_has_mounted)
{
        int64_t other;

        make_dirs("d");
        other = task_in_copy();
        OK(mount_tmpfs("d"));
        ERR(EBUSY, sys_rmdir("d"));
        as_task(other);
        OK(mount_tmpfs("d"));
        ERR(EBUSY, sys_rmdir("d"));
        OK(sys_umount("d"));
        OK(sys_rmdir("d")); /* and takes the other's mount away */
        as_task(0);
        WANT_MOUNTS("");
}
END_TEST

START_TEST(test_less_privileged_copy_has_slaves_instead_of_peers)
{
        int64_t other;

        make_mounts("s p");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/x s/y b u");
        OK(mount_bind("s", "b"));
        OK(set_propagation("b", MS_SLAVE));
        OK(mount_tmpfs("u"));
        OK(set_propagation("u", MS_UNBINDABLE));
        other = task_less_privileged();
        as_task(other);
        WANT_MOUNTS("b A master:1, p B, s A master:1, u C");
        OK(mount_tmpfs("s/y"));
        as_task(0);
        WANT_MOUNTS("b A master:1, p B, s A shared:1, u C unbindable");
        OK(mount_tmpfs("s/x"));
        as_task(other);
        WANT_MOUNTS("b A master:1, b/x B master:2, p C, s A master:1, s/x B master:2, s/y D, u E");
        OK(set_propagation("s", MS_SHARED));
        as_task(0);
        OK(sys_umount("s/x"));
        as_task(other);
        WANT_MOUNTS("b A master:1, p B, s A shared:2 master:1, s/y C, u D");
}
END_TEST

START_TEST(test_locked_mounts_cannot_be_unmounted_or_moved)
{
        make_mounts("m m/k");
        make_dirs("d");
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        ERR(EINVAL, sys_umount("m/k"));
        ERR(EINVAL, sys_umount2("m/k", MNT_DETACH));
        ERR(EINVAL, sys_umount2("m/k", MNT_EXPIRE));
        ERR(EINVAL, sys_umount2("m", MNT_DETACH));
        ERR(EINVAL, mount_move("m", "d"));
        ERR(EINVAL, mount_move("m/k", "d"));
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "m/k", DRIVER_CWD, "d", 0));
        WANT_MOUNTS("m A, m/k B");
        OK(mount_tmpfs("d"));
        OK(sys_umount("d"));
        OK(mount_tmpfs("m/k"));
        OK(sys_umount("m/k")); /* the one on top */
        ERR(EINVAL, sys_umount("m/k"));
}
END_TEST

START_TEST(test_locks_bind_the_more_privileged_too)
{
        int64_t home = OK(ns_save()), inside;
        int64_t other;

        make_mounts("m");
        other = task_less_privileged();
        as_task(other);
        inside = OK(ns_save());
        ERR(EPERM, ns_enter(home));
        as_task(0);
        OK(ns_enter(inside));
        ERR(EINVAL, sys_umount("m"));
        OK(sys_unshare(DRIVER_NEWNS)); /* a copy, owned by the first user namespace again */
        ERR(EINVAL, sys_umount("m"));
        OK(ns_enter(home));
        OK(sys_umount("m"));
}
END_TEST

START_TEST(test_locked_mounts_are_bound_as_a_unit)
{
        int fd;

        make_mounts("m m/k");
        make_file("m/k/f", 0644);
        make_dirs("b c m/d");
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        ERR(EINVAL, mount_bind("m", "b"));
        ERR(EINVAL, mount_bind("/", "b"));
        OK(mount_bind("m/d", "b")); /* has nothing locked below */
        OK(sys_umount("b"));
        OK(mount_bind("m/k", "b"));
        OK(sys_umount("b"));
        OK(mount_rbind("m", "b"));
        ERR(EINVAL, sys_umount("b/k"));
        ERR(EINVAL, mount_move("b/k", "c"));
        ERR(EBUSY, sys_umount("b"));
        OK(mount_move("b", "c"));
        ERR(EINVAL, sys_umount("c/k"));
        fd = (int)OK(sys_open("c", O_PATH, 0));
        OK(sys_umount2("c", MNT_DETACH));
        WANT(exists_in(fd, "k/f")); /* the lock holds on what was detached as well */
        WANT_MOUNTS("m A, m/k B");
}
END_TEST

START_TEST(test_locked_mounts_are_cloned_as_a_unit)
{
        int fd;

        make_mounts("m m/k");
        make_file("m/k/f", 0644);
        make_dirs("b");
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        ERR(EINVAL, sys_open_tree(DRIVER_CWD, "m", CLONE));
        fd = (int)OK(sys_open_tree(DRIVER_CWD, "m", CLONE | VFS_AT_RECURSIVE));
        OK(attach(fd, "b"));
        ERR(EINVAL, sys_umount("b/k"));
        OK(sys_umount2("b", MNT_DETACH));
        WANT(exists_in(fd, "k/f"));
}
END_TEST

START_TEST(test_locked_unbindable_mount_is_not_left_out)
{
        make_mounts("m m/k");
        make_dirs("b");
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        OK(set_propagation("m/k", MS_UNBINDABLE));
        ERR(EPERM, mount_rbind("m", "b")); /* would show what it covers */
        ERR(EPERM, sys_open_tree(DRIVER_CWD, "m", CLONE | VFS_AT_RECURSIVE));
        OK(set_propagation("m/k", MS_PRIVATE));
        OK(mount_rbind("m", "b"));
}
END_TEST

START_TEST(test_nothing_goes_beneath_a_locked_mount)
{
        make_mounts("m");
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        ERR(EINVAL, sys_move_mount(detached_tmpfs(), "", DRIVER_CWD, "m", F_EMPTY | BENEATH));
        OK(mount_tmpfs("m"));
        OK(sys_move_mount(detached_tmpfs(), "", DRIVER_CWD, "m", F_EMPTY | BENEATH));
}
END_TEST

START_TEST(test_pivot_to_a_locked_mount_is_einval)
{
        make_mounts("m");
        make_dirs("m/old b");
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        ERR(EINVAL, sys_pivot_root("m", "m/old"));
        OK(mount_bind("m", "b"));
        OK(sys_pivot_root("b", "b/old"));
        ERR(EINVAL, sys_umount2("/old/m", MNT_DETACH));
        WANT(exists("/old/m"));
}
END_TEST

START_TEST(test_locked_flags_are_not_cleared)
{
        static const struct {
                uint64_t flag;
                const char *opts;
        } rows[] = {
                { MS_RDONLY, "ro,relatime" },
                { MS_NOSUID, "rw,nosuid,relatime" },
                { MS_NODEV, "rw,nodev,relatime" },
                { MS_NOEXEC, "rw,noexec,relatime" },
        };
        char name[8];

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                snprintf(name, sizeof(name), "m%zu", i);
                make_mounts(name);
                OK(sys_remount(name, MS_BIND | rows[i].flag));
        }
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                snprintf(name, sizeof(name), "/m%zu", i);
                CHECK_ROW(i, name, EPERM, sys_remount(name, MS_BIND));
                WANT_STR(rows[i].opts, mount_at(name)->opts);
                CHECK_ROW(i, name, 0, sys_remount(name, MS_BIND | rows[i].flag));
                CHECK_ROW(i, name, 0, sys_remount(name, MS_BIND | rows[i].flag | VFS_MS_NOSYMFOLLOW));
                CHECK_ROW(i, name, 0, sys_remount(name, MS_BIND | rows[i].flag)); /* its own it may clear */
        }
}
END_TEST

START_TEST(test_flags_that_were_not_set_can_be_set_and_cleared)
{
        make_mounts("m");
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        OK(sys_remount("m", MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC));
        OK(sys_remount("m", MS_BIND));
        WANT_STR("rw,relatime", mount_at("/m")->opts);
}
END_TEST

START_TEST(test_nosymfollow_is_not_locked)
{
        make_mounts("m");
        OK(sys_remount("m", MS_BIND | VFS_MS_NOSYMFOLLOW));
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        OK(sys_remount("m", MS_BIND));
        WANT_STR("rw,relatime", mount_at("/m")->opts);
}
END_TEST

START_TEST(test_access_time_mode_is_locked_as_it_is)
{
        make_mounts("m n");
        OK(sys_remount("n", MS_BIND | MS_NOATIME));
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        ERR(EPERM, sys_remount("m", MS_BIND | MS_NOATIME));
        ERR(EPERM, sys_remount("m", MS_BIND | MS_STRICTATIME));
        ERR(EPERM, sys_remount("m", MS_BIND | MS_NODIRATIME));
        OK(sys_remount("m", MS_BIND | MS_RELATIME));
        OK(sys_remount("m", MS_BIND | MS_NOSUID));
        ERR(EPERM, sys_remount("n", MS_BIND | MS_RELATIME));
        OK(sys_remount("n", MS_BIND | MS_NOATIME));
        OK(sys_remount("n", MS_BIND));
        WANT_STR("rw,noatime", mount_at("/n")->opts);
        WANT_STR("rw,nosuid,relatime", mount_at("/m")->opts);
}
END_TEST

START_TEST(test_setattr_and_locked_flags)
{
        struct vfs_mount_attr attr = { .attr_clr = VFS_MOUNT_ATTR_RDONLY };

        make_mounts("m m/k");
        OK(sys_remount("m/k", MS_BIND | MS_RDONLY));
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        ERR(EPERM, sys_mount_setattr(DRIVER_CWD, "m/k", 0, &attr));
        attr.attr_set = VFS_MOUNT_ATTR_NOSUID;
        ERR(EPERM, sys_mount_setattr(DRIVER_CWD, "m", VFS_AT_RECURSIVE, &attr));
        WANT_STR("rw,relatime", mount_at("/m")->opts);
        OK(sys_mount_setattr(DRIVER_CWD, "m", 0, &attr));
        attr = (struct vfs_mount_attr){ .attr_set = VFS_MOUNT_ATTR_NOATIME,
                                        .attr_clr = VFS_MOUNT_ATTR__ATIME };
        ERR(EPERM, sys_mount_setattr(DRIVER_CWD, "m", 0, &attr));
        attr = (struct vfs_mount_attr){ .attr_set = VFS_MOUNT_ATTR_RDONLY };
        OK(sys_mount_setattr(DRIVER_CWD, "m", VFS_AT_RECURSIVE, &attr));
}
END_TEST

START_TEST(test_copies_of_locked_mounts_keep_their_flags)
{
        int fd;
        struct vfs_mount_attr attr = { .attr_clr = VFS_MOUNT_ATTR_RDONLY };

        make_mounts("m");
        make_dirs("b m/d");
        OK(sys_remount("m", MS_BIND | MS_RDONLY));
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        OK(mount_bind("m/d", "b"));
        ERR(EPERM, sys_remount("b", MS_BIND));
        WANT_STR("ro,relatime", mount_at("/b")->opts);
        OK(sys_umount("b")); /* the mount itself is its own */
        fd = (int)OK(sys_open_tree(DRIVER_CWD, "m", CLONE));
        ERR(EPERM, sys_mount_setattr(fd, "", VFS_AT_EMPTY_PATH, &attr));
}
END_TEST

START_TEST(test_filesystems_of_the_more_privileged_are_not_reconfigured)
{
        int c;

        make_mounts("m");
        make_dirs("b");
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        ERR(EPERM, sys_remount("m", MS_RDONLY));
        ERR(EPERM, sys_mount(NULL, "m", NULL, MS_REMOUNT, "size=1m"));
        c = (int)OK(sys_fspick(DRIVER_CWD, "m", 0));
        OK(fsconfig_flag(c, "ro"));
        ERR(EPERM, fsconfig_reconfigure(c));
        ERR(EBUSY, fsconfig_reconfigure(c));
        OK(mount_tmpfs("b"));
        OK(sys_remount("b", MS_RDONLY));
        OK(sys_remount("b", 0));
        OK(sys_mount(NULL, "b", NULL, MS_REMOUNT, "size=1m"));
}
END_TEST

START_TEST(test_noswap_is_for_the_privileged)
{
        char buf[128];
        int64_t other;
        int picked, made, mine;

        made = (int)OK(sys_fsopen("tmpfs"));
        other = task_less_privileged();
        as_task(other);
        picked = (int)OK(sys_fspick(DRIVER_CWD, "/", 0));
        mine = (int)OK(sys_fsopen("tmpfs"));
        ERR(EINVAL, fsconfig_flag(mine, "noswap"));
        EQ(67, sys_read(mine, buf, sizeof(buf)));
        WANT(!memcmp(buf, "e tmpfs: Turning off swap in unprivileged tmpfs mounts unsupported", 66));
        ERR(EINVAL, fsconfig_flag(picked, "noswap"));
        ERR(EINVAL, fsconfig_flag(made, "noswap"));
        as_task(0);
        OK(fsconfig_flag(picked, "noswap")); /* who asks counts, and whose filesystem it is; not who opened */
        OK(fsconfig_flag(made, "noswap"));
        ERR(EINVAL, fsconfig_flag(mine, "noswap"));
}
END_TEST

START_TEST(test_less_privileged_mounts_tmpfs_and_nothing_unsafe)
{
        int fd;

        make_dirs("b c");
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        OK(mount_tmpfs("b"));
        make_file("b/f", 0644);
        fd = detached_tmpfs();
        OK(attach(fd, "c"));
        WANT_MOUNTS("b A, c B");
        WANT_STR("rw,relatime", mount_at("/b")->opts);
        OK(sys_mknod("b/p", S_IFIFO | 0600, 0, 0));
        ERR(EPERM, sys_mknod("b/c", S_IFCHR | 0600, 1, 3));
        OK(sys_umount("b"));
}
END_TEST

START_TEST(test_devices_of_a_less_privileged_filesystem_do_not_open)
{
        int64_t inside, other;

        make_dirs("b");
        other = task_less_privileged();
        as_task(other);
        OK(mount_tmpfs("b"));
        inside = OK(ns_save());
        as_task(0);
        OK(ns_enter(inside));
        OK(sys_mknod("b/c", S_IFCHR | 0666, 999, 999));
        ERR(EACCES, sys_open("b/c", O_RDONLY, 0)); /* as if it were mounted nodev */
        WANT_STR("rw,relatime", mount_at("/b")->opts);
        OK(sys_mknod("c", S_IFCHR | 0666, 999, 999));
        ERR(ENXIO, sys_open("c", O_RDONLY, 0));
}
END_TEST

START_TEST(test_what_propagates_to_the_less_privileged_is_locked_below_its_top)
{
        int64_t other;

        make_mounts("s t t/k");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/x s/y");
        other = task_less_privileged();
        OK(mount_rbind("t", "s/x"));
        OK(sys_mount("t", "s/y", "tmpfs", MS_NOSUID, NULL));
        as_task(other);
        WANT_MOUNTS("s A master:1, s/x B master:2, s/x/k C master:3, s/y D master:4, t B, t/k C");
        ERR(EINVAL, sys_umount("s/x/k"));
        ERR(EPERM, sys_remount("s/y", MS_BIND));
        OK(sys_umount("s/y"));
        OK(sys_umount2("s/x", MNT_DETACH));
        as_task(0);
        WANT_MOUNTS("s A shared:1, s/x B shared:2, s/x/k C shared:3, s/y D shared:4, t B, t/k C");
}
END_TEST

START_TEST(test_umount_by_the_more_privileged_takes_locked_copies)
{
        int64_t other;

        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_mounts("s/x s/y s/z");
        other = task_less_privileged();
        as_task(other);
        OK(mount_tmpfs("s/y")); /* on the locked one */
        OK(sys_chdir("s/z"));
        as_task(0);
        OK(sys_umount("s/x"));
        OK(sys_umount("s/y"));
        ERR(EBUSY, sys_umount("s/z"));
        OK(sys_umount2("s/z", MNT_DETACH));
        as_task(other);
        WANT_MOUNTS("s A master:1, s/y B");
        OK(sys_umount("/s/y"));
        WANT_STR("(unreachable)/", cwd());
}
END_TEST

START_TEST(test_tucked_mounts_and_the_less_privileged)
{
        int64_t other;

        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("s/x");
        other = task_less_privileged();
        as_task(other);
        OK(mount_tmpfs("s/x"));
        make_file("s/x/own", 0644);
        as_task(0);
        OK(mount_tmpfs("s/x"));
        as_task(other);
        WANT(exists("s/x/own"));
        WANT_MOUNTS("s A master:1, s/x B master:2, ^s/x C");
        OK(sys_umount("s/x"));
        WANT_MOUNTS("s A master:1, s/x B master:2");
}
END_TEST

START_TEST(test_detached_tree_of_the_more_privileged_can_be_attached)
{
        int fd = detached_tmpfs(), sub = detached_tmpfs(); /* of the first namespace */
        int64_t other;

        make_dir_in(fd, "k");
        OK(sys_move_mount(sub, "", fd, "k", F_EMPTY));
        OK(sys_close(sub));
        make_dirs("b");
        other = task_less_privileged();
        as_task(other);
        OK(attach(fd, "b"));
        WANT_MOUNTS("b A, b/k B");
        OK(sys_umount("b/k"));
        OK(sys_close(fd));
        OK(sys_umount("b"));
}
END_TEST

START_TEST(test_privilege_counts_in_the_owner_of_the_namespace)
{
        int64_t other;

        make_mounts("m");
        make_dirs("d");
        other = OK(task_new());
        as_task(other);
        OK(sys_unshare(DRIVER_NEWUSER)); /* root there, in the mount namespace of somebody else */
        ERR(EPERM, mount_tmpfs("d"));
        ERR(EPERM, sys_umount("m"));
        ERR(EPERM, mount_bind("m", "d"));
        ERR(EPERM, set_propagation("m", MS_SHARED));
        ERR(EPERM, sys_remount("m", MS_BIND));
        ERR(EPERM, sys_pivot_root("m", "m"));
        ERR(EPERM, sys_fsopen("tmpfs"));
        ERR(EPERM, sys_fspick(DRIVER_CWD, "m", 0));
        ERR(EPERM, sys_open_tree(DRIVER_CWD, "m", CLONE));
        OK(sys_unshare(DRIVER_NEWNS));
        OK(mount_tmpfs("d"));
        ERR(EINVAL, sys_umount("m"));
}
END_TEST

START_TEST(test_third_level_locks_what_the_second_added)
{
        int64_t other;

        make_dirs("d e");
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        OK(mount_tmpfs("d"));
        OK(sys_remount("d", MS_BIND | MS_NOSUID));
        other = task_less_privileged();
        as_task(other);
        ERR(EINVAL, sys_umount("d"));
        ERR(EPERM, sys_remount("d", MS_BIND));
        OK(mount_tmpfs("e"));
        as_task(0);
        OK(sys_remount("d", MS_BIND));
        OK(sys_umount("d"));
        as_task(other);
        WANT_MOUNTS("d A, e B");
}
END_TEST

START_TEST(test_same_owner_copy_locks_nothing_more)
{
        make_mounts("m");
        make_dirs("d");
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        OK(mount_tmpfs("d"));
        OK(sys_unshare(DRIVER_NEWNS));
        ERR(EINVAL, sys_umount("m"));
        OK(sys_umount("d"));
}
END_TEST

START_TEST(test_set_group_over_a_locked_mount_is_einval)
{
        make_mounts("m");
        make_dirs("m/d m/e b c");
        OK(set_propagation("m", MS_SHARED));
        OK(mount_tmpfs("m/d"));
        OK(ns_save()); /* the master lives on */
        OK(sys_unshare(DRIVER_NEWUSER | DRIVER_NEWNS));
        OK(mount_rbind("m", "b"));
        OK(set_propagation("b", MS_PRIVATE | MS_REC));
        ERR(EINVAL, sys_move_mount(DRIVER_CWD, "m", DRIVER_CWD, "b", VFS_MOVE_MOUNT_SET_GROUP));
        OK(mount_bind("m/e", "c"));
        OK(set_propagation("c", MS_PRIVATE));
        OK(sys_move_mount(DRIVER_CWD, "m", DRIVER_CWD, "c", VFS_MOVE_MOUNT_SET_GROUP));
}
END_TEST

SEMANTICS_MAIN_SINCE(
        618, "namespaces", test_copy_of_a_namespace_has_mounts_of_its_own,
        test_copy_keeps_flags_and_has_other_ids, test_unshare_moves_root_and_working_directory,
        test_unshare_leaves_a_working_directory_that_is_no_place_of_the_namespace,
        test_descriptors_stay_with_the_old_namespace,
        test_propagation_is_changed_in_any_namespace_that_one_is_privileged_over,
        test_set_group_across_namespaces, test_peers_stay_peers_across_namespaces,
        test_busy_in_a_peers_namespace_counts, test_private_mounts_of_another_namespace_do_not_count,
        test_slaves_in_a_copy, test_copy_of_unbindable_mounts_is_complete_and_private,
        test_lines_of_a_copy_are_in_the_order_of_the_tree, test_entering_a_namespace_begins_at_its_root,
        test_entering_wants_privilege, test_namespace_ends_with_its_last_user,
        test_mounts_of_a_namespace_live_as_long_as_it_is_remembered,
        test_removing_a_mount_point_of_another_namespace, test_renaming_a_mount_point_of_another_namespace,
        test_peer_cannot_remove_what_its_namespace_has_mounted,
        test_less_privileged_copy_has_slaves_instead_of_peers,
        test_locked_mounts_cannot_be_unmounted_or_moved, test_locks_bind_the_more_privileged_too,
        test_locked_mounts_are_bound_as_a_unit, test_locked_mounts_are_cloned_as_a_unit,
        test_locked_unbindable_mount_is_not_left_out, test_nothing_goes_beneath_a_locked_mount,
        test_pivot_to_a_locked_mount_is_einval, test_locked_flags_are_not_cleared,
        test_flags_that_were_not_set_can_be_set_and_cleared, test_nosymfollow_is_not_locked,
        test_access_time_mode_is_locked_as_it_is, test_setattr_and_locked_flags,
        test_copies_of_locked_mounts_keep_their_flags,
        test_filesystems_of_the_more_privileged_are_not_reconfigured, test_noswap_is_for_the_privileged,
        test_less_privileged_mounts_tmpfs_and_nothing_unsafe,
        test_devices_of_a_less_privileged_filesystem_do_not_open,
        test_what_propagates_to_the_less_privileged_is_locked_below_its_top,
        test_umount_by_the_more_privileged_takes_locked_copies, test_tucked_mounts_and_the_less_privileged,
        test_detached_tree_of_the_more_privileged_can_be_attached,
        test_privilege_counts_in_the_owner_of_the_namespace, test_third_level_locks_what_the_second_added,
        test_same_owner_copy_locks_nothing_more, test_set_group_over_a_locked_mount_is_einval)
