/*
 * propagation.c - shared, slave, private and unbindable mounts: where a mount
 * appears besides the place it was made at, and what an unmount takes along.
 */
#include "tests/semantics/mounts.h"

/* a: a shared tmpfs with directories x and y; b: its peer; c: its slave. */
static void peers_and_slave(void)
{
        make_mounts("a");
        OK(set_propagation("a", MS_SHARED));
        make_dirs("a/x a/y b c");
        OK(mount_bind("a", "b"));
        OK(mount_bind("a", "c"));
        OK(set_propagation("c", MS_SLAVE));
}

/* a shared; b a slave of it, and shared; c a peer of b; d a slave of b. */
static void chain(void)
{
        make_mounts("a");
        OK(set_propagation("a", MS_SHARED));
        make_dirs("a/x a/y b c d");
        OK(mount_bind("a", "b"));
        OK(set_propagation("b", MS_SLAVE));
        OK(set_propagation("b", MS_SHARED));
        OK(mount_bind("b", "c"));
        OK(mount_bind("b", "d"));
        OK(set_propagation("d", MS_SLAVE));
}

START_TEST(test_kinds_as_mountinfo_shows_them)
{
        make_mounts("a b");
        WANT_MOUNTS("a A, b B");
        OK(set_propagation("a", MS_SHARED));
        OK(set_propagation("b", MS_UNBINDABLE));
        WANT_MOUNTS("a A shared:1, b B unbindable");
        OK(set_propagation("b", MS_SHARED));
        WANT_MOUNTS("a A shared:1, b B shared:2");
        OK(set_propagation("a", MS_PRIVATE));
        WANT_MOUNTS("a A, b B shared:1");
}
END_TEST

START_TEST(test_bind_of_a_shared_mount_is_its_peer_and_of_a_slave_a_slave_of_the_same)
{
        chain();
        WANT_MOUNTS("a A shared:1, b A shared:2 master:1, c A shared:2 master:1, d A master:2");
        make_dirs("e f");
        OK(mount_bind("d", "e"));
        OK(mount_bind("a/x", "f"));
        WANT_MOUNTS("a A shared:1, b A shared:2 master:1, c A shared:2 master:1, d A master:2, "
                    "e A master:2, f A/x shared:1");
}
END_TEST

START_TEST(test_shared_again_keeps_the_group)
{
        peers_and_slave();
        OK(set_propagation("b", MS_SHARED));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1");
        OK(set_propagation("c", MS_SLAVE));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1");
}
END_TEST

START_TEST(test_slave_of_a_group_without_others_is_private)
{
        make_mounts("a");
        OK(set_propagation("a", MS_SLAVE));
        WANT_MOUNTS("a A");
        OK(set_propagation("a", MS_SHARED));
        OK(set_propagation("a", MS_SLAVE));
        WANT_MOUNTS("a A");
}
END_TEST

START_TEST(test_slave_that_is_shared_loses_its_peers_when_made_slave)
{
        make_mounts("a");
        OK(set_propagation("a", MS_SHARED));
        make_dirs("b");
        OK(mount_bind("a", "b"));
        OK(set_propagation("b", MS_SLAVE));
        OK(set_propagation("b", MS_SHARED));
        WANT_MOUNTS("a A shared:1, b A shared:2 master:1");
        OK(set_propagation("b", MS_SLAVE)); /* alone in its group: the master's again */
        WANT_MOUNTS("a A shared:1, b A master:1");
}
END_TEST

START_TEST(test_peer_made_slave_follows_those_that_stay)
{
        chain();
        OK(set_propagation("c", MS_SLAVE));
        WANT_MOUNTS("a A shared:1, b A shared:2 master:1, c A master:2, d A master:2");
}
END_TEST

START_TEST(test_mount_reaches_peers_and_slaves)
{
        peers_and_slave();
        make_dirs("p");
        OK(mount_bind("c", "p"));
        OK(set_propagation("p", MS_PRIVATE));
        OK(mount_tmpfs("b/x"));
        make_file("b/x/f", 0644);
        WANT(exists("a/x/f") && exists("c/x/f") && !exists("p/x/f"));
        WANT_MOUNTS("a A shared:1, a/x B shared:2, b A shared:1, b/x B shared:2, c A master:1, "
                    "c/x B master:2, p A");
}
END_TEST

START_TEST(test_mount_in_a_slave_stays_there_and_is_private)
{
        peers_and_slave();
        OK(mount_tmpfs("c/x"));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1, c/x B");
}
END_TEST

START_TEST(test_umount_takes_the_copies_wherever_it_begins)
{
        peers_and_slave();
        OK(mount_tmpfs("a/x"));
        OK(mount_tmpfs("a/y"));
        OK(sys_umount("b/x"));
        WANT_MOUNTS("a A shared:1, a/y B shared:2, b A shared:1, b/y B shared:2, c A master:1, c/y B "
                    "master:2");
        OK(sys_umount("a/y"));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1");
}
END_TEST

START_TEST(test_umount_in_a_slave_takes_only_its_copy)
{
        peers_and_slave();
        OK(mount_tmpfs("a/x"));
        OK(sys_umount("c/x"));
        WANT_MOUNTS("a A shared:1, a/x B shared:2, b A shared:1, b/x B shared:2, c A master:1");
        OK(sys_umount("a/x"));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1");
}
END_TEST

START_TEST(test_copies_of_copies_along_a_chain)
{
        chain();
        OK(mount_tmpfs("a/x"));
        WANT_MOUNTS("a A shared:1, a/x B shared:2, b A shared:3 master:1, b/x B shared:4 master:2, "
                    "c A shared:3 master:1, c/x B shared:4 master:2, d A master:3, d/x B master:4");
        OK(sys_umount("a/x"));
        WANT_MOUNTS("a A shared:1, b A shared:2 master:1, c A shared:2 master:1, d A master:2");
}
END_TEST

START_TEST(test_mount_in_the_middle_of_a_chain_goes_down_only)
{
        chain();
        OK(mount_tmpfs("c/x"));
        WANT_MOUNTS("a A shared:1, b A shared:2 master:1, b/x B shared:3, c A shared:2 master:1, "
                    "c/x B shared:3, d A master:2, d/x B master:3");
        OK(sys_umount("b/x"));
        WANT_MOUNTS("a A shared:1, b A shared:2 master:1, c A shared:2 master:1, d A master:2");
}
END_TEST

START_TEST(test_slaves_of_a_peer_that_leaves_stay_with_the_group)
{
        chain();
        OK(set_propagation("b", MS_PRIVATE));
        WANT_MOUNTS("a A shared:1, b A, c A shared:2 master:1, d A master:2");
}
END_TEST

START_TEST(test_slaves_of_the_last_of_a_group_go_to_its_master)
{
        chain();
        OK(set_propagation("b", MS_PRIVATE));
        OK(set_propagation("c", MS_PRIVATE));
        WANT_MOUNTS("a A shared:1, b A, c A, d A master:1");
        OK(mount_tmpfs("a/x"));
        WANT(is_mount_root(DRIVER_CWD, "d/x") && !is_mount_root(DRIVER_CWD, "b/x"));
}
END_TEST

START_TEST(test_slaves_without_a_master_are_private)
{
        peers_and_slave();
        OK(set_propagation("a", MS_PRIVATE));
        WANT_MOUNTS("a A, b A shared:1, c A master:1");
        OK(set_propagation("b", MS_PRIVATE));
        WANT_MOUNTS("a A, b A, c A");
}
END_TEST

START_TEST(test_last_of_a_group_made_slave_of_nothing_leaves_its_slaves_private)
{
        make_mounts("a");
        OK(set_propagation("a", MS_SHARED));
        make_dirs("b");
        OK(mount_bind("a", "b"));
        OK(set_propagation("b", MS_SLAVE));
        OK(set_propagation("a", MS_SLAVE));
        WANT_MOUNTS("a A, b A");
}
END_TEST

START_TEST(test_unmounted_masters_hand_their_slaves_on)
{
        chain();
        OK(sys_umount("c"));
        OK(sys_umount("b"));
        WANT_MOUNTS("a A shared:1, d A master:1");
        OK(sys_umount("a"));
        WANT_MOUNTS("d A");
}
END_TEST

START_TEST(test_unbindable_mounts_are_not_bound)
{
        make_mounts("t t/1 t/1/s t/2");
        make_dirs("t/1/d b");
        OK(set_propagation("t/1", MS_UNBINDABLE));
        ERR(EINVAL, mount_bind("t/1", "b"));
        ERR(EINVAL, mount_rbind("t/1", "b"));
        ERR(EINVAL, mount_bind("t/1/d", "b"));
        OK(mount_bind("t/1/s", "b"));
        OK(sys_umount("b"));
        OK(mount_rbind("t", "b")); /* without it, and without what is below it */
        WANT_MOUNTS("b A, b/2 B, t A, t/1 C unbindable, t/1/s D, t/2 B");
}
END_TEST

START_TEST(test_what_is_mounted_in_an_unbindable_mount_is_private)
{
        make_mounts("a");
        OK(set_propagation("a", MS_UNBINDABLE));
        make_mounts("a/x");
        WANT_MOUNTS("a A unbindable, a/x B");
}
END_TEST

START_TEST(test_ways_out_of_unbindable)
{
        make_mounts("a");
        OK(set_propagation("a", MS_UNBINDABLE));
        OK(set_propagation("a", MS_SLAVE)); /* is no slave, and stays what it is */
        WANT_MOUNTS("a A unbindable");
        OK(set_propagation("a", MS_PRIVATE));
        WANT_MOUNTS("a A");
        OK(set_propagation("a", MS_UNBINDABLE));
        OK(set_propagation("a", MS_SHARED));
        WANT_MOUNTS("a A shared:1");
}
END_TEST

START_TEST(test_unbindable_ends_being_shared_or_slave)
{
        peers_and_slave();
        OK(set_propagation("c", MS_UNBINDABLE));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A unbindable");
        OK(set_propagation("b", MS_UNBINDABLE));
        WANT_MOUNTS("a A shared:1, b A unbindable, c A unbindable");
        OK(mount_tmpfs("a/x"));
        WANT_MOUNTS("a A shared:1, a/x B shared:2, b A unbindable, c A unbindable");
}
END_TEST

START_TEST(test_recursive_change_is_of_the_tree_below_only)
{
        make_mounts("t t/1 t/1/s u");
        OK(set_propagation("t/1", MS_SHARED | MS_REC));
        WANT_MOUNTS("t A, t/1 B shared:1, t/1/s C shared:2, u D");
        OK(set_propagation("t", MS_SHARED));
        WANT_MOUNTS("t A shared:1, t/1 B shared:2, t/1/s C shared:3, u D");
        OK(set_propagation("t", MS_PRIVATE | MS_REC));
        WANT_MOUNTS("t A, t/1 B, t/1/s C, u D");
}
END_TEST

START_TEST(test_propagation_flags_alone)
{
        static const uint64_t wrong[] = {
                MS_SHARED | MS_PRIVATE, MS_SHARED | MS_SLAVE,       MS_SLAVE | MS_UNBINDABLE,
                MS_SHARED | MS_RDONLY,  MS_PRIVATE | MS_NOSUID,     MS_PRIVATE | MS_RELATIME,
                MS_SLAVE | MS_LAZYTIME, MS_SHARED | (1u << 26),     MS_SHARED | (UINT64_C(1) << 32),
                MS_SHARED | MS_MOVE,    MS_SHARED | MS_SYNCHRONOUS,
        };

        make_mounts("a");
        for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
                CHECK_ROW(i, "a", EINVAL, set_propagation("a", wrong[i]));
        WANT_MOUNTS("a A");
        OK(set_propagation("a", MS_SHARED | MS_SILENT));
        WANT_MOUNTS("a A shared:1");
        OK(set_propagation("a", MS_PRIVATE | MS_REC | MS_SILENT));
        WANT_MOUNTS("a A");
}
END_TEST

START_TEST(test_propagation_wants_a_mount_point_and_privilege)
{
        make_mounts("a");
        make_dirs("d a/d");
        ERR(EINVAL, set_propagation("d", MS_SHARED));
        ERR(EINVAL, set_propagation("a/d", MS_SHARED));
        ERR(ENOENT, set_propagation("nope", MS_SHARED));
        ERR(ENOENT, set_propagation("nope", MS_SHARED | MS_PRIVATE));
        as_cred(0, 0, 0);
        ERR(EPERM, set_propagation("a", MS_SHARED));
        ERR(EPERM, set_propagation("d", MS_SHARED | MS_PRIVATE));
        ERR(ENOENT, set_propagation("nope", MS_SHARED));
}
END_TEST

START_TEST(test_propagation_of_the_root)
{
        OK(set_propagation("/", MS_SHARED));
        make_mounts("a");
        WANT_MOUNTS("a A shared:1");
        WANT(!strncmp(mount_at("/")->tags, "shared:", 7));
        make_dirs("b");
        OK(mount_bind("/", "b"));
        OK(sys_umount("a"));
        OK(mount_tmpfs("b/a"));
        WANT(is_mount_root(DRIVER_CWD, "a"));
        OK(set_propagation("/", MS_PRIVATE));
        WANT_STR("", mount_at("/")->tags);
}
END_TEST

START_TEST(test_new_mount_below_a_shared_one_is_shared_with_a_group_of_its_own)
{
        make_mounts("a");
        OK(set_propagation("a", MS_SHARED));
        make_mounts("a/x a/y");
        WANT_MOUNTS("a A shared:1, a/x B shared:2, a/y C shared:3");
}
END_TEST

START_TEST(test_bind_of_a_private_mount_below_a_shared_one)
{
        peers_and_slave();
        make_mounts("p");
        OK(mount_bind("p", "a/x"));
        WANT_MOUNTS("a A shared:1, a/x B shared:2, b A shared:1, b/x B shared:2, c A master:1, "
                    "c/x B master:2, p B");
}
END_TEST

START_TEST(test_bind_of_a_slave_below_a_shared_one_is_both)
{
        peers_and_slave();
        make_mounts("s");
        make_dirs("s/k");
        OK(mount_bind("c", "s/k"));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1, s B, s/k A master:1");
        OK(sys_umount("s/k"));
        OK(set_propagation("s", MS_SHARED));
        OK(mount_bind("c", "s/k"));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1, s B shared:2, s/k A shared:3 master:1");
}
END_TEST

START_TEST(test_rbind_below_a_shared_mount_copies_the_tree_to_its_peers)
{
        peers_and_slave();
        make_mounts("t t/1 t/1/2");
        OK(mount_rbind("t", "b/y"));
        WANT_MOUNTS("a A shared:1, a/y B shared:2, a/y/1 C shared:3, a/y/1/2 D shared:4, "
                    "b A shared:1, b/y B shared:2, b/y/1 C shared:3, b/y/1/2 D shared:4, "
                    "c A master:1, c/y B master:2, c/y/1 C master:3, c/y/1/2 D master:4, "
                    "t B, t/1 C, t/1/2 D");
        OK(sys_umount2("a/y", MNT_DETACH));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1, t B, t/1 C, t/1/2 D");
}
END_TEST

START_TEST(test_peers_of_another_root_get_what_they_can_see)
{
        make_mounts("a");
        OK(set_propagation("a", MS_SHARED));
        make_dirs("a/sub a/sub/x a/other b");
        OK(mount_bind("a/sub", "b"));
        OK(mount_tmpfs("a/other"));
        WANT_MOUNTS("a A shared:1, a/other B shared:2, b A/sub shared:1");
        OK(mount_tmpfs("a/sub/x"));
        WANT_MOUNTS("a A shared:1, a/other B shared:2, a/sub/x C shared:3, b A/sub shared:1, b/x C "
                    "shared:3");
        OK(sys_umount("b/x"));
        WANT_MOUNTS("a A shared:1, a/other B shared:2, b A/sub shared:1");
}
END_TEST

START_TEST(test_mount_on_the_root_of_a_shared_mount_propagates)
{
        peers_and_slave();
        OK(mount_tmpfs("a"));
        WANT_MOUNTS("a A shared:1, ^a B shared:2, b A shared:1, ^b B shared:2, c A master:1, ^c B "
                    "master:2");
        OK(sys_umount("b"));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1");
}
END_TEST

START_TEST(test_bind_of_a_shared_mount_into_itself_ends)
{
        peers_and_slave();
        make_file("a/f", 0644);
        OK(mount_bind("a", "a/x"));
        WANT_MOUNTS("a A shared:1, a/x A shared:1, b A shared:1, b/x A shared:1, c A master:1, c/x A "
                    "master:1");
        WANT(exists("b/x/f") && exists("a/x/x") && !exists("a/x/x/f"));
        OK(sys_umount("b/x"));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1");
}
END_TEST

START_TEST(test_rbind_of_a_shared_tree_makes_peers_of_all_of_it)
{
        make_mounts("t t/1 t/1/2");
        OK(set_propagation("t", MS_SHARED | MS_REC));
        make_dirs("b t/1/2/d");
        OK(mount_rbind("t", "b"));
        WANT_MOUNTS("b A shared:1, b/1 B shared:2, b/1/2 C shared:3, t A shared:1, t/1 B shared:2, "
                    "t/1/2 C shared:3");
        OK(mount_tmpfs("t/1/2/d"));
        WANT(is_mount_root(DRIVER_CWD, "b/1/2/d"));
}
END_TEST

START_TEST(test_propagated_mount_goes_below_what_is_there)
{
        peers_and_slave();
        OK(mount_tmpfs("c/x"));
        make_file("c/x/slaves", 0644);
        OK(mount_tmpfs("a/x"));
        make_file("a/x/masters", 0644);
        WANT_MOUNTS("a A shared:1, a/x B shared:2, b A shared:1, b/x B shared:2, c A master:1, "
                    "c/x B master:2, ^c/x C");
        WANT(exists("c/x/slaves") && !exists("c/x/masters"));
        OK(sys_umount("a/x"));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1, c/x B");
        WANT(exists("c/x/slaves"));
}
END_TEST

START_TEST(test_umount_on_top_of_a_propagated_mount_uncovers_it)
{
        peers_and_slave();
        OK(mount_tmpfs("c/x"));
        OK(mount_tmpfs("a/x"));
        make_file("a/x/masters", 0644);
        OK(sys_umount("c/x"));
        WANT(exists("c/x/masters"));
        OK(sys_umount("c/x"));
        WANT_MOUNTS("a A shared:1, a/x B shared:2, b A shared:1, b/x B shared:2, c A master:1");
}
END_TEST

START_TEST(test_second_mount_at_a_place_goes_below_too)
{
        peers_and_slave();
        OK(mount_tmpfs("c/x"));
        OK(mount_tmpfs("a/x"));
        OK(mount_tmpfs("a/x"));
        WANT_MOUNTS("a A shared:1, a/x B shared:2, ^a/x C shared:3, b A shared:1, b/x B shared:2, "
                    "^b/x C shared:3, "
                    "c A master:1, c/x B master:2, ^c/x C master:3, ^c/x D");
        OK(sys_umount("b/x"));
        OK(sys_umount("b/x"));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1, c/x B");
}
END_TEST

START_TEST(test_copy_in_a_slave_with_a_mount_of_its_own_stays)
{
        peers_and_slave();
        OK(mount_tmpfs("a/x"));
        make_dirs("a/x/d");
        OK(mount_tmpfs("c/x/d"));
        OK(sys_umount("a/x"));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1, c/x B, c/x/d C");
        OK(sys_umount("c/x/d"));
        OK(sys_umount("c/x"));
}
END_TEST

START_TEST(test_detach_takes_copies_with_what_is_mounted_in_them)
{
        peers_and_slave();
        OK(mount_tmpfs("a/x"));
        make_dirs("a/x/d");
        OK(mount_tmpfs("a/x/d"));
        ERR(EBUSY, sys_umount("a/x"));
        OK(sys_umount2("b/x", MNT_DETACH));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1");
}
END_TEST

START_TEST(test_detach_leaves_copies_with_mounts_of_their_own)
{
        peers_and_slave();
        OK(mount_tmpfs("a/x"));
        make_dirs("a/x/d a/x/e");
        OK(mount_tmpfs("a/x/d"));
        OK(mount_tmpfs("c/x/e"));
        OK(sys_umount2("a/x", MNT_DETACH));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1, c/x B, c/x/e C");
}
END_TEST

START_TEST(test_umount_asks_all_copies_whether_they_are_busy)
{
        int fd;

        peers_and_slave();
        OK(mount_tmpfs("a/x"));
        fd = (int)OK(sys_open("c/x", O_RDONLY, 0));
        ERR(EBUSY, sys_umount("a/x"));
        ERR(EBUSY, sys_umount("b/x"));
        WANT(is_mount_root(DRIVER_CWD, "a/x") && is_mount_root(DRIVER_CWD, "b/x"));
        OK(sys_close(fd));
        OK(sys_chdir("b/x"));
        ERR(EBUSY, sys_umount("/a/x"));
        OK(sys_umount("/c/x")); /* nobody's master */
        OK(sys_chdir("/"));
        OK(sys_umount("a/x"));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1");
}
END_TEST

START_TEST(test_detach_does_not_ask_the_copies)
{
        int fd;

        peers_and_slave();
        OK(mount_tmpfs("a/x"));
        make_file("a/x/f", 0644);
        fd = (int)OK(sys_open("b/x", O_RDONLY, 0));
        OK(sys_umount2("a/x", MNT_DETACH));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1");
        WANT(exists_in(fd, "f"));
}
END_TEST

START_TEST(test_umount_takes_copies_that_were_made_private_since)
{
        peers_and_slave();
        OK(mount_tmpfs("a/x"));
        OK(set_propagation("b/x", MS_PRIVATE));
        OK(sys_umount("a/x")); /* the place counts, not the kind of what is there */
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1");
}
END_TEST

START_TEST(test_umount_of_what_a_peer_has_not)
{
        peers_and_slave();
        OK(set_propagation("b", MS_PRIVATE));
        OK(mount_tmpfs("a/x"));
        OK(mount_tmpfs("b/x"));
        OK(set_propagation("b", MS_SHARED));
        OK(sys_umount("a/x"));
        WANT_MOUNTS("a A shared:1, b A shared:2, b/x B, c A master:1");
}
END_TEST

START_TEST(test_umount_takes_any_mount_at_the_place_in_a_peer)
{
        peers_and_slave();
        OK(mount_tmpfs("a/x"));
        OK(sys_umount("c/x"));
        OK(mount_tmpfs("c/x")); /* the slave's own */
        OK(sys_umount("a/x"));
        WANT_MOUNTS("a A shared:1, b A shared:1, c A master:1");
}
END_TEST

START_TEST(test_file_mounts_propagate)
{
        peers_and_slave();
        make_data("F", "text", 4);
        make_file("a/g", 0644);
        OK(mount_bind("F", "b/g"));
        ck_assert_str_eq(content_of("a/g"), "text");
        ck_assert_str_eq(content_of("c/g"), "text");
        OK(sys_umount("a/g"));
        ck_assert_str_eq(content_of("c/g"), "");
}
END_TEST

START_TEST(test_limits_of_a_mount_are_copied_with_it)
{
        peers_and_slave();
        OK(sys_mount("t", "a/x", "tmpfs", MS_NOSUID | MS_NOATIME, NULL));
        WANT_STR("rw,nosuid,noatime", mount_at("/c/x")->opts);
        OK(sys_remount("a/x", MS_BIND | MS_RDONLY)); /* later changes are not */
        WANT_STR("ro,noatime", mount_at("/a/x")->opts);
        WANT_STR("rw,nosuid,noatime", mount_at("/b/x")->opts);
}
END_TEST

START_TEST(test_mounts_point_in_a_mount_that_covers_the_peers)
{
        peers_and_slave();
        OK(mount_tmpfs("a/x"));
        make_dirs("a/x/d");
        OK(set_propagation("b/x", MS_PRIVATE));
        OK(mount_tmpfs("a/x/d"));
        WANT_MOUNTS("a A shared:1, a/x B shared:2, a/x/d C shared:3, b A shared:1, b/x B, c A master:1, "
                    "c/x B master:2, c/x/d C master:3");
}
END_TEST

SEMANTICS_MAIN_SINCE(
        618, "propagation", test_kinds_as_mountinfo_shows_them,
        test_bind_of_a_shared_mount_is_its_peer_and_of_a_slave_a_slave_of_the_same,
        test_shared_again_keeps_the_group, test_slave_of_a_group_without_others_is_private,
        test_slave_that_is_shared_loses_its_peers_when_made_slave,
        test_peer_made_slave_follows_those_that_stay, test_mount_reaches_peers_and_slaves,
        test_mount_in_a_slave_stays_there_and_is_private, test_umount_takes_the_copies_wherever_it_begins,
        test_umount_in_a_slave_takes_only_its_copy, test_copies_of_copies_along_a_chain,
        test_mount_in_the_middle_of_a_chain_goes_down_only,
        test_slaves_of_a_peer_that_leaves_stay_with_the_group,
        test_slaves_of_the_last_of_a_group_go_to_its_master, test_slaves_without_a_master_are_private,
        test_last_of_a_group_made_slave_of_nothing_leaves_its_slaves_private,
        test_unmounted_masters_hand_their_slaves_on, test_unbindable_mounts_are_not_bound,
        test_what_is_mounted_in_an_unbindable_mount_is_private, test_ways_out_of_unbindable,
        test_unbindable_ends_being_shared_or_slave, test_recursive_change_is_of_the_tree_below_only,
        test_propagation_flags_alone, test_propagation_wants_a_mount_point_and_privilege,
        test_propagation_of_the_root, test_new_mount_below_a_shared_one_is_shared_with_a_group_of_its_own,
        test_bind_of_a_private_mount_below_a_shared_one, test_bind_of_a_slave_below_a_shared_one_is_both,
        test_rbind_below_a_shared_mount_copies_the_tree_to_its_peers,
        test_peers_of_another_root_get_what_they_can_see, test_mount_on_the_root_of_a_shared_mount_propagates,
        test_bind_of_a_shared_mount_into_itself_ends, test_rbind_of_a_shared_tree_makes_peers_of_all_of_it,
        test_propagated_mount_goes_below_what_is_there, test_umount_on_top_of_a_propagated_mount_uncovers_it,
        test_second_mount_at_a_place_goes_below_too, test_copy_in_a_slave_with_a_mount_of_its_own_stays,
        test_detach_takes_copies_with_what_is_mounted_in_them,
        test_detach_leaves_copies_with_mounts_of_their_own, test_umount_asks_all_copies_whether_they_are_busy,
        test_detach_does_not_ask_the_copies, test_umount_takes_copies_that_were_made_private_since,
        test_umount_of_what_a_peer_has_not, test_umount_takes_any_mount_at_the_place_in_a_peer,
        test_file_mounts_propagate, test_limits_of_a_mount_are_copied_with_it,
        test_mounts_point_in_a_mount_that_covers_the_peers)
