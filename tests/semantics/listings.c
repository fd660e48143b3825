/*
 * listings.c - mountinfo, mounts and mountstats as text, what a reader sees of
 * them, and how it hears of a change.
 */
#include "tests/semantics/mounts.h"

/* The line of a listing that contains a text, without its newline; "" if there is none. */
static const char *line_with(int64_t (*list)(struct driver *, char *, size_t), const char *text)
{
        static char buf[16384];
        int64_t n = OK(list(drv, buf, sizeof(buf) - 1));
        char *at = buf, *end;

        for (buf[n] = '\0'; *at; at = end + 1) {
                end = strchr(at, '\n');
                WANT(end != NULL);
                *end = '\0';
                if (strstr(at, text))
                        return at;
        }
        return "";
}

/* The same of mountinfo, behind the four numbers. */
static const char *mountinfo_with(const char *text)
{
        const char *line = line_with(drv->ops->mountinfo, text);

        for (int i = 0; i < 3 && *line; i++)
                line = strchr(line, ' ') + 1;
        return line;
}

START_TEST(test_lines_of_the_three_listings)
{
        make_dirs("m b");
        OK(sys_mount("source", "m", "tmpfs", MS_NOSUID | MS_SYNCHRONOUS, "size=1m,mode=755"));
        make_dirs("m/sub");
        OK(mount_bind("m/sub", "b"));
        OK(sys_remount("b", MS_BIND | MS_RDONLY));
        WANT_STR("/ /m rw,nosuid,relatime - tmpfs source rw,sync,size=1024k,mode=755",
                 mountinfo_with(" /m "));
        WANT_STR("/sub /b ro,relatime - tmpfs source rw,sync,size=1024k,mode=755", mountinfo_with(" /b "));
        WANT_STR("source /m tmpfs rw,sync,nosuid,relatime,size=1024k,mode=755 0 0",
                 line_with(drv->ops->mounts, " /m "));
        WANT_STR("source /b tmpfs ro,sync,relatime,size=1024k,mode=755 0 0",
                 line_with(drv->ops->mounts, " /b "));
        WANT_STR("device source mounted on /m with fstype tmpfs", line_with(drv->ops->mountstats, " /m "));
        WANT_STR("device source mounted on /b with fstype tmpfs", line_with(drv->ops->mountstats, " /b "));
}
END_TEST

START_TEST(test_order_of_flags_in_each)
{
        make_dirs("m");
        OK(sys_mount("t", "m", "tmpfs",
                     MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME |
                             VFS_MS_NOSYMFOLLOW | MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME | MS_MANDLOCK,
                     NULL));
        WANT_STR("/ /m ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow - tmpfs t "
                 "ro,sync,dirsync,mand,lazytime",
                 mountinfo_with(" /m "));
        WANT_STR("t /m tmpfs "
                 "ro,sync,dirsync,mand,lazytime,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow 0 0",
                 line_with(drv->ops->mounts, " /m "));
}
END_TEST

START_TEST(test_mounts_is_read_only_if_either_is)
{
        make_mounts("m");
        make_dirs("b");
        OK(mount_bind("m", "b"));
        OK(sys_remount("b", MS_BIND | MS_RDONLY));
        WANT_STR("tmpfs /b tmpfs ro,relatime,mode=755 0 0", line_with(drv->ops->mounts, " /b "));
        WANT_STR("tmpfs /m tmpfs rw,relatime,mode=755 0 0", line_with(drv->ops->mounts, " /m "));
        OK(sys_remount("m", MS_RDONLY));
        OK(sys_remount("b", MS_BIND));
        WANT_STR("tmpfs /b tmpfs ro,relatime,mode=755 0 0", line_with(drv->ops->mounts, " /b "));
        WANT_STR("/ /b rw,relatime - tmpfs tmpfs ro,mode=755", mountinfo_with(" /b "));
}
END_TEST

START_TEST(test_escapes_in_each)
{
        make_dirs("m");
        OK(sys_mkdir("m/a b\tc\nd\\e#f", 0755));
        OK(sys_mount("s r\tc\nx\\y#z", "m/a b\tc\nd\\e#f", "tmpfs", 0, NULL));
        WANT_STR("/ /m/a\\040b\\011c\\012d\\134e#f rw,relatime - tmpfs s\\040r\\011c\\012x\\134y\\043z rw",
                 mountinfo_with("/m/a"));
        WANT_STR("s\\040r\\011c\\012x\\134y\\043z /m/a\\040b\\011c\\012d\\134e#f tmpfs rw,relatime 0 0",
                 line_with(drv->ops->mounts, "/m/a"));
        WANT_STR("device s\\040r\\011c\\012x\\134y\\043z mounted on /m/a\\040b\\011c\\012d\\134e#f with "
                 "fstype tmpfs",
                 line_with(drv->ops->mountstats, "/m/a"));
}
END_TEST

START_TEST(test_other_bytes_are_not_escaped)
{
        make_dirs("m");
        OK(sys_mkdir("m/\x01\x7f\xc3\xa4\xff\"'", 0755));
        OK(sys_mount("\x01\x7f\xc3\xa4\xff\"'", "m/\x01\x7f\xc3\xa4\xff\"'", "tmpfs", 0, NULL));
        WANT_STR("/ /m/\x01\x7f\xc3\xa4\xff\"' rw,relatime - tmpfs \x01\x7f\xc3\xa4\xff\"' rw",
                 mountinfo_with("/m/"));
}
END_TEST

START_TEST(test_escapes_in_the_root_of_a_bind)
{
        make_mounts("m");
        make_dirs("b");
        OK(sys_mkdir("m/a b\\#", 0755));
        OK(mount_bind("m/a b\\#", "b"));
        WANT_STR("/a\\040b\\134# /b rw,relatime - tmpfs tmpfs rw,mode=755", mountinfo_with(" /b "));
}
END_TEST

START_TEST(test_sources_absent_and_empty)
{
        make_dirs("m n");
        OK(sys_mount(NULL, "m", "tmpfs", 0, NULL));
        OK(sys_mount("", "n", "tmpfs", 0, NULL));
        WANT_STR("none /m tmpfs rw,relatime 0 0", line_with(drv->ops->mounts, " /m "));
        WANT_STR(" /n tmpfs rw,relatime 0 0", line_with(drv->ops->mounts, " /n "));
        WANT_STR("/ /n rw,relatime - tmpfs  rw", mountinfo_with(" /n "));
        WANT_STR("device none mounted on /m with fstype tmpfs", line_with(drv->ops->mountstats, " /m "));
        WANT_STR("device  mounted on /n with fstype tmpfs", line_with(drv->ops->mountstats, " /n "));
}
END_TEST

START_TEST(test_root_of_a_bind_that_was_removed)
{
        make_mounts("m");
        make_dirs("m/d m/d/e b");
        OK(mount_bind("m/d/e", "b"));
        OK(sys_rename("m/d", "m/x"));
        WANT_STR("/x/e /b rw,relatime - tmpfs tmpfs rw,mode=755", mountinfo_with(" /b "));
        OK(sys_rmdir("m/x/e"));
        WANT_STR("/x/e//deleted /b rw,relatime - tmpfs tmpfs rw,mode=755", mountinfo_with(" /b "));
}
END_TEST

START_TEST(test_mount_points_follow_renames)
{
        make_dirs("p");
        make_mounts("p/m");
        OK(sys_rename("p", "q"));
        WANT_STR("/ /q/m rw,relatime - tmpfs tmpfs rw,mode=755", mountinfo_with(" /q/m "));
        WANT_STR("tmpfs /q/m tmpfs rw,relatime,mode=755 0 0", line_with(drv->ops->mounts, "/m "));
}
END_TEST

START_TEST(test_ids_and_devices_are_those_of_stat)
{
        const struct mount_line *line;
        struct vfs_statx st;

        make_mounts("m m/k");
        line = mount_at("/m/k");
        st = attr_of("m/k");
        EQ(st.dev_major, line->major);
        EQ(st.dev_minor, line->minor);
        EQ((int64_t)old_id(DRIVER_CWD, "m/k"), line->id);
        EQ((int64_t)old_id(DRIVER_CWD, "m"), line->parent);
        EQ((int64_t)old_id(DRIVER_CWD, "/"), mount_at("/m")->parent);
}
END_TEST

START_TEST(test_unique_ids_are_not_used_again)
{
        uint64_t unique;

        make_mounts("m");
        unique = unique_id(DRIVER_CWD, "m");
        WANT(unique > UINT64_C(0x80000000) && old_id(DRIVER_CWD, "m") < UINT64_C(0x80000000));
        OK(sys_umount("m"));
        OK(mount_tmpfs("m"));
        WANT(unique_id(DRIVER_CWD, "m") > unique);
}
END_TEST

START_TEST(test_order_is_that_of_age)
{
        const char *points[8];
        int fd = detached_tmpfs();

        make_mounts("z a");
        make_dirs("m");
        OK(attach(fd, "m"));
        EQ(4, mounts_in_order(points, ARRAY_SIZE(points)));
        WANT_STR("/", points[0]);
        WANT_STR("/m", points[1]); /* made first, attached last */
        WANT_STR("/z", points[2]);
        WANT_STR("/a", points[3]);
}
END_TEST

START_TEST(test_stacked_mounts_are_all_listed)
{
        make_mounts("m");
        OK(mount_tmpfs("m"));
        OK(mount_tmpfs("m"));
        EQ(3, mounts_at("/m"));
        WANT_MOUNTS("m A, ^m B, ^m C");
}
END_TEST

START_TEST(test_covered_mounts_are_listed)
{
        make_mounts("m m/k");
        OK(mount_tmpfs("m"));
        WANT_MOUNTS("m A, ^m B, m/k C");
}
END_TEST

START_TEST(test_reader_in_a_chroot_sees_what_is_below)
{
        make_mounts("r r/m out");
        make_dirs("r/d r/d/e");
        OK(mount_tmpfs("r/d/e"));
        OK(sys_chroot("r/d"));
        OK(sys_chdir("/"));
        WANT_STR("", mountinfo_with(" /m "));
        WANT_STR("/ /e rw,relatime - tmpfs tmpfs rw,mode=755", mountinfo_with(" "));
        WANT_STR("tmpfs /e tmpfs rw,relatime,mode=755 0 0", line_with(drv->ops->mounts, ""));
        WANT_STR("device tmpfs mounted on /e with fstype tmpfs", line_with(drv->ops->mountstats, ""));
}
END_TEST

START_TEST(test_reader_in_a_chroot_at_a_mount_sees_that_as_its_root)
{
        make_mounts("r r/m");
        OK(sys_chroot("r"));
        WANT_STR("/ / rw,relatime - tmpfs tmpfs rw,mode=755", mountinfo_with(" / / "));
        WANT_STR("/ /m rw,relatime - tmpfs tmpfs rw,mode=755", mountinfo_with(" /m "));
        WANT(mount_at("/m")->parent == mount_at("/")->id);
        WANT_MOUNTS("m A");
}
END_TEST

START_TEST(test_mount_over_the_readers_root_is_not_its_own)
{
        make_mounts("r r/m");
        OK(sys_chroot("r"));
        OK(sys_chdir("/"));
        OK(mount_tmpfs("/"));
        EQ(2, mounts_at("/"));
        WANT_STR("/ /m rw,relatime - tmpfs tmpfs rw,mode=755", mountinfo_with(" /m "));
}
END_TEST

START_TEST(test_detached_mounts_are_not_listed)
{
        int fd = detached_tmpfs(), keep;

        WANT_MOUNTS("");
        make_mounts("m");
        keep = (int)OK(sys_open("m", O_PATH, 0));
        OK(sys_umount2("m", MNT_DETACH));
        WANT_MOUNTS("");
        WANT(exists_in(keep, ".") && exists_in(fd, "."));
}
END_TEST

START_TEST(test_reader_whose_root_is_detached_sees_nothing_of_it)
{
        make_mounts("r r/m");
        OK(sys_chroot("r"));
        OK(sys_umount2("/", MNT_DETACH));
        WANT_STR("", line_with(drv->ops->mountinfo, ""));
        WANT_STR("", line_with(drv->ops->mounts, ""));
}
END_TEST

START_TEST(test_propagate_from_names_the_nearest_group_in_sight)
{
        make_mounts("a r");
        OK(set_propagation("a", MS_SHARED));
        make_dirs("r/b r/c");
        OK(mount_bind("a", "r/b"));
        OK(set_propagation("r/b", MS_SLAVE));
        OK(set_propagation("r/b", MS_SHARED));
        OK(mount_bind("r/b", "r/c"));
        OK(set_propagation("r/c", MS_SLAVE));
        WANT_MOUNTS("a A shared:1, r B, r/b A shared:2 master:1, r/c A master:2");
        OK(sys_chroot("r"));
        WANT_MOUNTS(
                "b A shared:1 master:2, c A master:1"); /* a is out of sight, and there is nobody above it */
}
END_TEST

START_TEST(test_propagate_from_skips_groups_out_of_sight)
{
        make_mounts("a r");
        OK(set_propagation("a", MS_SHARED));
        make_dirs("hidden r/a r/c");
        OK(mount_bind("a", "r/a"));
        OK(mount_bind("a", "hidden"));
        OK(set_propagation("hidden", MS_SLAVE));
        OK(set_propagation("hidden", MS_SHARED));
        OK(mount_bind("hidden", "r/c"));
        OK(set_propagation("r/c", MS_SLAVE));
        WANT_MOUNTS("a A shared:1, hidden A shared:2 master:1, r B, r/a A shared:1, r/c A master:2");
        OK(sys_chroot("r"));
        WANT_MOUNTS("a A shared:1, c A master:2 propagate_from:1");
}
END_TEST

START_TEST(test_propagate_from_across_namespaces)
{
        int64_t other = OK(task_new());

        make_mounts("a");
        OK(set_propagation("a", MS_SHARED));
        make_dirs("b");
        as_task(other);
        OK(sys_unshare(DRIVER_NEWNS));
        OK(set_propagation("a", MS_SLAVE));
        OK(set_propagation("a", MS_SHARED));
        WANT_MOUNTS("a A shared:1 master:2"); /* the master is in another namespace */
        OK(mount_bind("a", "b"));
        OK(set_propagation("b", MS_SLAVE));
        WANT_MOUNTS("a A shared:1 master:2, b A master:1");
}
END_TEST

START_TEST(test_change_is_reported_once)
{
        make_dirs("d");
        OK(mounts_watch());
        EQ(0, mounts_changed());
        OK(mount_tmpfs("d"));
        EQ(1, mounts_changed());
        EQ(0, mounts_changed());
        OK(mount_tmpfs("d"));
        OK(sys_umount("d"));
        EQ(1, mounts_changed());
        EQ(0, mounts_changed());
}
END_TEST

START_TEST(test_what_is_a_change)
{
        struct vfs_mount_attr attr = { .attr_set = VFS_MOUNT_ATTR_NOSUID };
        char buf[4096];
        int fd;

        make_mounts("m");
        make_dirs("b c");
        OK(mounts_watch());
#define CHANGE(n, call) \
        OK(call);       \
        EQ(n, mounts_changed())

        CHANGE(1, mount_bind("m", "b"));
        CHANGE(1, mount_move("b", "c"));
        CHANGE(1, sys_remount("c", MS_BIND | MS_NOSUID));
        CHANGE(1, sys_remount("c", MS_NOSUID | MS_SYNCHRONOUS));
        CHANGE(1, sys_mount_setattr(DRIVER_CWD, "c", 0, &attr));
        CHANGE(1, sys_umount("c"));
        CHANGE(0, sys_open("/", O_PATH, 0));
        CHANGE(0, sys_mkdir("d", 0755));
        CHANGE(0, drv->ops->mountinfo(drv, buf, sizeof(buf)));
        CHANGE(0, fd = (int)sys_open_tree(DRIVER_CWD, "m", CLONE));
        CHANGE(0, sys_mount_setattr(fd, "", VFS_AT_EMPTY_PATH, &attr));
        CHANGE(1, attach(fd, "b"));
        CHANGE(1, sys_umount2("b", MNT_DETACH));
        CHANGE(0, sys_close(fd));
        CHANGE(0, sys_rename("b", "e"));
#undef CHANGE
}
END_TEST

START_TEST(test_propagation_and_poll)
{
        make_mounts("m");
        OK(mounts_watch());
        OK(set_propagation("m", MS_SHARED));
        EQ(0, mounts_changed());
        OK(set_propagation("m", MS_PRIVATE));
        EQ(0, mounts_changed());
}
END_TEST

START_TEST(test_refusals_are_no_change)
{
        int fd;

        make_mounts("m");
        fd = (int)OK(sys_open("m/f", O_WRONLY | O_CREAT, 0644));
        OK(mounts_watch());
        ERR(EBUSY, sys_umount("m"));
        ERR(EBUSY, sys_remount("m", MS_BIND | MS_RDONLY));
        ERR(ELOOP, mount_move("m", "m"));
        ERR(EINVAL, set_propagation("m", MS_SHARED | MS_SLAVE));
        EQ(0, mounts_changed());
        OK(sys_close(fd));
        ERR(EAGAIN, sys_umount2("m", MNT_EXPIRE));
        EQ(0, mounts_changed());
}
END_TEST

START_TEST(test_changes_of_another_namespace_are_not_reported)
{
        int64_t other = OK(task_new());

        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("d s/x");
        as_task(other);
        OK(sys_unshare(DRIVER_NEWNS));
        OK(mounts_watch());
        as_task(0);
        OK(mount_tmpfs("d"));
        as_task(other);
        EQ(0, mounts_changed());
        as_task(0);
        OK(mount_tmpfs("s/x")); /* this comes there as well */
        as_task(other);
        EQ(1, mounts_changed());
        as_task(0);
        OK(sys_umount("s/x"));
        as_task(other);
        EQ(1, mounts_changed());
        EQ(0, mounts_changed());
}
END_TEST

START_TEST(test_removed_mount_point_is_reported_where_it_was_mounted)
{
        int64_t other = OK(task_new());

        make_dirs("d");
        as_task(other);
        OK(sys_unshare(DRIVER_NEWNS));
        OK(mount_tmpfs("d"));
        OK(mounts_watch());
        as_task(0);
        OK(mounts_watch());
        OK(sys_rmdir("d"));
        EQ(0, mounts_changed());
        as_task(other);
        EQ(1, mounts_changed());
}
END_TEST

START_TEST(test_pivot_is_a_change)
{
        make_mounts("n");
        make_dirs("n/old");
        OK(mounts_watch());
        OK(sys_pivot_root("n", "n/old"));
        EQ(1, mounts_changed());
        EQ(0, mounts_changed());
}
END_TEST

START_TEST(test_watch_stays_with_its_namespace)
{
        int64_t home = OK(ns_save());

        make_dirs("d");
        OK(mounts_watch());
        OK(sys_unshare(DRIVER_NEWNS));
        OK(mount_tmpfs("d"));
        EQ(0, mounts_changed());
        OK(ns_enter(home));
        OK(mount_tmpfs("d"));
        EQ(1, mounts_changed());
}
END_TEST

SEMANTICS_MAIN_SINCE(618, "listings", test_lines_of_the_three_listings, test_order_of_flags_in_each,
                     test_mounts_is_read_only_if_either_is, test_escapes_in_each,
                     test_other_bytes_are_not_escaped, test_escapes_in_the_root_of_a_bind,
                     test_sources_absent_and_empty, test_root_of_a_bind_that_was_removed,
                     test_mount_points_follow_renames, test_ids_and_devices_are_those_of_stat,
                     test_unique_ids_are_not_used_again, test_order_is_that_of_age,
                     test_stacked_mounts_are_all_listed, test_covered_mounts_are_listed,
                     test_reader_in_a_chroot_sees_what_is_below,
                     test_reader_in_a_chroot_at_a_mount_sees_that_as_its_root,
                     test_mount_over_the_readers_root_is_not_its_own, test_detached_mounts_are_not_listed,
                     test_reader_whose_root_is_detached_sees_nothing_of_it,
                     test_propagate_from_names_the_nearest_group_in_sight,
                     test_propagate_from_skips_groups_out_of_sight, test_propagate_from_across_namespaces,
                     test_change_is_reported_once, test_what_is_a_change, test_propagation_and_poll,
                     test_refusals_are_no_change, test_changes_of_another_namespace_are_not_reported,
                     test_removed_mount_point_is_reported_where_it_was_mounted, test_pivot_is_a_change,
                     test_watch_stays_with_its_namespace)
