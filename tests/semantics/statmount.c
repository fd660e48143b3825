/*
 * statmount.c - statmount(2) and listmount(2).
 */
#include "tests/semantics/mounts.h"

#define ALL UINT64_C(0x7fff)

static union {
        struct vfs_statmount st;
        char bytes[8192];
} answer;

static int64_t ask(uint64_t id, uint64_t param, size_t size)
{
        const struct vfs_mnt_id_req req = { .size = VFS_MNT_ID_REQ_SIZE_VER1, .mnt_id = id, .param = param };

        memset(&answer, 0xee, sizeof(answer));
        return drv->ops->statmount(drv, &req, &answer.st, size, 0);
}

static int64_t ask_path(const char *path, uint64_t param)
{
        return ask(unique_id(DRIVER_CWD, path), param, sizeof(answer));
}

static const char *string(uint64_t bit, uint32_t offset)
{
        return answer.st.mask & bit ? answer.st.str + offset : "(absent)";
}

/* Some kernels add an option to every tmpfs: then the lengths and numbers below are others. */
static int options_are_ours(void)
{
        make_dirs("plain");
        OK(sys_mount(NULL, "plain", "tmpfs", 0, NULL));
        OK(ask_path("plain", VFS_STATMOUNT_MNT_OPTS));
        OK(sys_umount("plain"));
        if (answer.st.mask)
                printf("# tmpfs has options of its own: %s\n", answer.st.str + answer.st.mnt_opts);
        return !answer.st.mask;
}

static int64_t list_req(const struct vfs_mnt_id_req *req, uint64_t *ids, size_t n, uint32_t flags)
{
        return drv->ops->listmount(drv, req, ids, n, flags);
}

static int64_t list(uint64_t id, uint64_t last, uint64_t *ids, size_t n, uint32_t flags)
{
        const struct vfs_mnt_id_req req = { .size = VFS_MNT_ID_REQ_SIZE_VER1, .mnt_id = id, .param = last };

        return list_req(&req, ids, n, flags);
}

START_TEST(test_filesystem_part)
{
        struct vfs_statx st;

        make_dirs("m b");
        OK(sys_mount("t", "m", "tmpfs", MS_RDONLY | MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME | MS_NOSUID,
                     NULL));
        OK(ask_path("m", VFS_STATMOUNT_SB_BASIC));
        st = attr_of("m");
        EQ(VFS_STATMOUNT_SB_BASIC, (int64_t)answer.st.mask);
        EQ(512, answer.st.size);
        EQ(st.dev_major, answer.st.sb_dev_major);
        EQ(st.dev_minor, answer.st.sb_dev_minor);
        EQ(VFS_TMPFS_MAGIC, (int64_t)answer.st.sb_magic);
        EQ(MS_RDONLY | MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME, answer.st.sb_flags);
        OK(mount_tmpfs("b"));
        OK(ask_path("b", VFS_STATMOUNT_SB_BASIC));
        EQ(0, answer.st.sb_flags);
}
END_TEST

START_TEST(test_mount_part)
{
        make_mounts("m m/k");
        OK(ask_path("m/k", VFS_STATMOUNT_MNT_BASIC));
        EQ(VFS_STATMOUNT_MNT_BASIC, (int64_t)answer.st.mask);
        EQ((int64_t)unique_id(DRIVER_CWD, "m/k"), (int64_t)answer.st.mnt_id);
        EQ((int64_t)unique_id(DRIVER_CWD, "m"), (int64_t)answer.st.mnt_parent_id);
        EQ((int64_t)old_id(DRIVER_CWD, "m/k"), answer.st.mnt_id_old);
        EQ((int64_t)old_id(DRIVER_CWD, "m"), answer.st.mnt_parent_id_old);
        EQ(0, (int64_t)answer.st.mnt_attr);
        EQ(MS_PRIVATE, (int64_t)answer.st.mnt_propagation);
        EQ(0, (int64_t)answer.st.mnt_peer_group);
        EQ(0, (int64_t)answer.st.mnt_master);
}
END_TEST

START_TEST(test_attributes_of_mounts)
{
        static const struct {
                uint64_t flags, attr;
        } rows[] = {
                { MS_RDONLY, VFS_MOUNT_ATTR_RDONLY },
                { MS_NOSUID | MS_NODEV | MS_NOEXEC,
                  VFS_MOUNT_ATTR_NOSUID | VFS_MOUNT_ATTR_NODEV | VFS_MOUNT_ATTR_NOEXEC },
                { MS_NOATIME, VFS_MOUNT_ATTR_NOATIME },
                { MS_STRICTATIME, VFS_MOUNT_ATTR_STRICTATIME },
                { MS_RELATIME, VFS_MOUNT_ATTR_RELATIME },
                { MS_NODIRATIME, VFS_MOUNT_ATTR_NODIRATIME },
                { VFS_MS_NOSYMFOLLOW, VFS_MOUNT_ATTR_NOSYMFOLLOW },
        };

        make_dirs("m");
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                OK(sys_mount("t", "m", "tmpfs", rows[i].flags, NULL));
                OK(ask_path("m", VFS_STATMOUNT_MNT_BASIC));
                EQ((int64_t)rows[i].attr, (int64_t)answer.st.mnt_attr);
                OK(sys_umount("m"));
        }
}
END_TEST

START_TEST(test_propagation_of_mounts)
{
        uint64_t group;

        make_mounts("a");
        OK(set_propagation("a", MS_SHARED));
        make_dirs("b c d");
        OK(mount_bind("a", "b"));
        OK(set_propagation("b", MS_SLAVE));
        OK(mount_bind("b", "c"));
        OK(set_propagation("c", MS_SHARED));
        OK(mount_tmpfs("d"));
        OK(set_propagation("d", MS_UNBINDABLE));
        OK(ask_path("a", VFS_STATMOUNT_MNT_BASIC));
        EQ(MS_SHARED, (int64_t)answer.st.mnt_propagation);
        group = answer.st.mnt_peer_group;
        WANT(group > 0);
        EQ(0, (int64_t)answer.st.mnt_master);
        OK(ask_path("b", VFS_STATMOUNT_MNT_BASIC));
        EQ(MS_SLAVE, (int64_t)answer.st.mnt_propagation);
        EQ(0, (int64_t)answer.st.mnt_peer_group);
        EQ((int64_t)group, (int64_t)answer.st.mnt_master);
        OK(ask_path("c", VFS_STATMOUNT_MNT_BASIC));
        EQ(MS_SLAVE | MS_SHARED, (int64_t)answer.st.mnt_propagation);
        WANT(answer.st.mnt_peer_group && answer.st.mnt_peer_group != group);
        EQ((int64_t)group, (int64_t)answer.st.mnt_master);
        OK(ask_path("d", VFS_STATMOUNT_MNT_BASIC));
        EQ(MS_UNBINDABLE, (int64_t)answer.st.mnt_propagation);
}
END_TEST

START_TEST(test_strings_are_not_escaped)
{
        if (!options_are_ours())
                return;
        make_dirs("m");
        OK(sys_mkdir("a b\\", 0755));
        OK(sys_mount("s#r c\\e", "a b\\", "tmpfs", MS_NOSUID | MS_SYNCHRONOUS,
                     "size=1m,nr_inodes=77,mode=751"));
        OK(sys_mkdir("a b\\/s p", 0755));
        OK(mount_bind("a b\\/s p", "m"));
        OK(ask_path("a b\\", ALL));
        WANT_STR("tmpfs", string(VFS_STATMOUNT_FS_TYPE, answer.st.fs_type));
        WANT_STR("/", string(VFS_STATMOUNT_MNT_ROOT, answer.st.mnt_root));
        WANT_STR("/a b\\", string(VFS_STATMOUNT_MNT_POINT, answer.st.mnt_point));
        WANT_STR("s#r c\\e", string(VFS_STATMOUNT_SB_SOURCE, answer.st.sb_source));
        WANT_STR("size=1024k,nr_inodes=77,mode=751", string(VFS_STATMOUNT_MNT_OPTS, answer.st.mnt_opts));
        WANT_STR("(absent)", string(VFS_STATMOUNT_FS_SUBTYPE, answer.st.fs_subtype));
        OK(ask_path("m", ALL));
        WANT_STR("/s p", string(VFS_STATMOUNT_MNT_ROOT, answer.st.mnt_root));
        WANT_STR("/m", string(VFS_STATMOUNT_MNT_POINT, answer.st.mnt_point));
}
END_TEST

START_TEST(test_options_one_by_one)
{
        const char *at;

        if (!options_are_ours())
                return;
        make_dirs("m");
        OK(sys_mount("t", "m", "tmpfs", 0, "size=1m,nr_inodes=77,mode=751"));
        OK(ask_path("m", VFS_STATMOUNT_OPT_ARRAY));
        EQ(VFS_STATMOUNT_OPT_ARRAY, (int64_t)answer.st.mask);
        EQ(3, answer.st.opt_num);
        at = answer.st.str + answer.st.opt_array;
        WANT_STR("size=1024k", at);
        at += strlen(at) + 1;
        WANT_STR("nr_inodes=77", at);
        at += strlen(at) + 1;
        WANT_STR("mode=751", at);
        EQ(512 + 1 + 11 + 13 + 9, answer.st.size);
        OK(ask_path("m", VFS_STATMOUNT_OPT_SEC_ARRAY));
        EQ(0, (int64_t)answer.st.mask);
        EQ(0, answer.st.opt_sec_num);
}
END_TEST

START_TEST(test_filesystem_without_options)
{
        if (!options_are_ours())
                return;
        make_dirs("m");
        OK(sys_mount(NULL, "m", "tmpfs", 0, NULL));
        OK(ask_path("m", VFS_STATMOUNT_MNT_OPTS | VFS_STATMOUNT_OPT_ARRAY | VFS_STATMOUNT_SB_SOURCE));
        EQ(VFS_STATMOUNT_SB_SOURCE, (int64_t)answer.st.mask);
        EQ(0, answer.st.opt_num);
        WANT_STR("none", answer.st.str + answer.st.sb_source);
}
END_TEST

START_TEST(test_strings_lie_one_behind_the_other)
{
        if (!options_are_ours())
                return;
        make_dirs("m");
        OK(sys_mount("src", "m", "tmpfs", 0, "mode=751"));
        OK(ask_path("m", VFS_STATMOUNT_FS_TYPE | VFS_STATMOUNT_MNT_ROOT | VFS_STATMOUNT_MNT_POINT |
                                 VFS_STATMOUNT_MNT_OPTS | VFS_STATMOUNT_OPT_ARRAY | VFS_STATMOUNT_SB_SOURCE));
        EQ(1, answer.st.fs_type); /* the first byte is an empty string */
        EQ(7, answer.st.mnt_root);
        EQ(9, answer.st.mnt_point);
        EQ(12, answer.st.mnt_opts);
        EQ(21, answer.st.opt_array);
        EQ(30, answer.st.sb_source);
        EQ(512 + 34, answer.st.size);
        WANT(!memcmp(answer.st.str, "\0tmpfs\0/\0/m\0mode=751\0mode=751\0src", 34));
}
END_TEST

START_TEST(test_what_is_asked_is_what_is_answered)
{
        static const struct {
                uint64_t param;
                uint32_t size;
                uint64_t mask;
        } rows[] = {
                { 0, 512, 0 },
                { VFS_STATMOUNT_SB_BASIC, 512, VFS_STATMOUNT_SB_BASIC },
                { VFS_STATMOUNT_MNT_BASIC, 512, VFS_STATMOUNT_MNT_BASIC },
                { VFS_STATMOUNT_PROPAGATE_FROM, 512, VFS_STATMOUNT_PROPAGATE_FROM },
                { VFS_STATMOUNT_MNT_ROOT, 515, VFS_STATMOUNT_MNT_ROOT },
                { VFS_STATMOUNT_MNT_POINT, 516, VFS_STATMOUNT_MNT_POINT },
                { VFS_STATMOUNT_FS_TYPE, 519, VFS_STATMOUNT_FS_TYPE },
                { VFS_STATMOUNT_MNT_NS_ID, 512, VFS_STATMOUNT_MNT_NS_ID },
                { VFS_STATMOUNT_MNT_OPTS, 522, VFS_STATMOUNT_MNT_OPTS },
                { VFS_STATMOUNT_FS_SUBTYPE, 513, 0 },
                { VFS_STATMOUNT_SB_SOURCE, 519, VFS_STATMOUNT_SB_SOURCE },
                { VFS_STATMOUNT_OPT_ARRAY, 522, VFS_STATMOUNT_OPT_ARRAY },
                { VFS_STATMOUNT_OPT_SEC_ARRAY, 513, 0 },
                { VFS_STATMOUNT_SUPPORTED_MASK, 512, VFS_STATMOUNT_SUPPORTED_MASK },
                { VFS_STATMOUNT_MNT_UIDMAP, 513, 0 },
                { VFS_STATMOUNT_MNT_GIDMAP, 513, 0 },
                { UINT64_C(1) << 40, 512, 0 }, /* nobody knows it */
        };

        if (!options_are_ours())
                return;
        make_mounts("m");
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                OK(ask_path("m", rows[i].param));
                if (answer.st.size != rows[i].size || answer.st.mask != rows[i].mask)
                        ck_abort_msg("%s: row %zu: size %u, mask %llx", drv->ops->name, i, answer.st.size,
                                     (unsigned long long)answer.st.mask);
        }
        OK(ask_path("m", VFS_STATMOUNT_SUPPORTED_MASK));
        EQ(ALL, (int64_t)(answer.st.supported_mask & ALL));
}
END_TEST

START_TEST(test_small_buffers)
{
        uint64_t id;

        make_mounts("m");
        id = unique_id(DRIVER_CWD, "m");
        ERR(EOVERFLOW, ask(id, VFS_STATMOUNT_MNT_POINT, 515));
        WANT(answer.bytes[0] == (char)0xee);
        OK(ask(id, VFS_STATMOUNT_MNT_POINT, 516));
        WANT(answer.bytes[516] == (char)0xee);
        ERR(EOVERFLOW, ask(id, VFS_STATMOUNT_FS_TYPE, 100));
        ERR(EOVERFLOW, ask(id, VFS_STATMOUNT_FS_TYPE, 512));
        ERR(EOVERFLOW, ask(id, VFS_STATMOUNT_FS_TYPE, 0));
        OK(ask(id, VFS_STATMOUNT_MNT_BASIC, 0)); /* without strings, as much as there is room for */
        WANT(answer.bytes[0] == (char)0xee);
        OK(ask(id, VFS_STATMOUNT_MNT_BASIC, 4));
        EQ(4, answer.st.size);
        WANT(answer.bytes[4] == (char)0xee);
        OK(ask(id, VFS_STATMOUNT_MNT_BASIC, 48));
        EQ(48, answer.st.size);
        EQ((int64_t)id, (int64_t)answer.st.mnt_id);
}
END_TEST

START_TEST(test_errors_of_requests_in_order)
{
        struct {
                struct vfs_mnt_id_req req;
                uint64_t more[600];
        } big = { .req = { .size = 32, .param = VFS_STATMOUNT_SB_BASIC } };
        uint64_t id, ids[4];

#define ASK(flags) drv->ops->statmount(drv, &big.req, &answer.st, sizeof(answer), flags)
        id = unique_id(DRIVER_CWD, "/");
        big.req.mnt_id = id;
        OK(ASK(0));
        ERR(EINVAL, ASK(1));
        big.req.size = 24;
        OK(ASK(0));
        big.req.size = 25;
        OK(ASK(0));
        big.req.size = 40;
        OK(ASK(0));
        big.req.size = 4096;
        OK(ASK(0));
        big.req.size = 23;
        ERR(EINVAL, ASK(0));
        ERR(EINVAL, list_req(&big.req, ids, 4, 0));
        big.req.size = 0;
        ERR(EINVAL, ASK(0));
        big.req.size = 4097;
        ERR(E2BIG, ASK(0));
        ERR(EINVAL, ASK(1));
        big.req.size = 40;
        big.more[0] = 1;
        ERR(E2BIG, ASK(0));
        ERR(E2BIG, list_req(&big.req, ids, 4, 0));
        big.more[0] = 0;
        big.req.spare = 1;
        ERR(EINVAL, ASK(0));
        big.req.spare = 0;
        big.req.mnt_id = 1;
        ERR(EINVAL, ASK(0));
        big.req.mnt_id = UINT64_C(0x80000000);
        ERR(EINVAL, ASK(0));
        big.req.mnt_ns_id = 12345;
        ERR(EINVAL, ASK(0));
        big.req.mnt_id = id;
        ERR(ENOENT, ASK(0));
        big.req.mnt_ns_id = 0;
        big.req.mnt_id = id + 1000000;
        ERR(ENOENT, ASK(0));
        big.req.mnt_id = UINT64_MAX;
        ERR(ENOENT, ASK(0));
#undef ASK
}
END_TEST

START_TEST(test_mounts_that_are_gone_or_detached)
{
        uint64_t id, ids[4];
        int fd = detached_tmpfs(), keep;

        ERR(ENOENT, ask(unique_id(fd, ""), ALL, sizeof(answer)));
        ERR(ENOENT, list(unique_id(fd, ""), 0, ids, 4, 0));
        make_mounts("m");
        id = unique_id(DRIVER_CWD, "m");
        keep = (int)OK(sys_open("m", O_PATH, 0));
        OK(ask(id, ALL, sizeof(answer)));
        OK(sys_umount2("m", MNT_DETACH));
        ERR(ENOENT, ask(id, ALL, sizeof(answer)));
        OK(sys_close(keep));
        ERR(ENOENT, ask(id, ALL, sizeof(answer)));
}
END_TEST

START_TEST(test_statmount_by_a_reader_in_a_chroot)
{
        uint64_t out, in, root, ids[4];

        make_mounts("r r/in out");
        out = unique_id(DRIVER_CWD, "out");
        in = unique_id(DRIVER_CWD, "r/in");
        root = unique_id(DRIVER_CWD, "r");
        OK(sys_chroot("r"));
        OK(ask(in, ALL, sizeof(answer)));
        WANT_STR("/in", string(VFS_STATMOUNT_MNT_POINT, answer.st.mnt_point));
        OK(ask(root, ALL, sizeof(answer)));
        WANT_STR("/", string(VFS_STATMOUNT_MNT_POINT, answer.st.mnt_point));
        OK(ask(out, ALL, sizeof(answer))); /* privileged: it is told all but where that is */
        WANT_STR("(absent)", string(VFS_STATMOUNT_MNT_POINT, answer.st.mnt_point));
        WANT_STR("/", string(VFS_STATMOUNT_MNT_ROOT, answer.st.mnt_root));
        EQ(0, list(out, 0, ids, 4, 0));
        as_user(1000);
        ERR(EPERM, ask(out, ALL, sizeof(answer)));
        ERR(EPERM, list(out, 0, ids, 4, 0));
        OK(ask(in, ALL, sizeof(answer)));
        OK(ask(root, ALL, sizeof(answer)));
        EQ(1, list(root, 0, ids, 4, 0));
        EQ(2, list(VFS_LSMT_ROOT, 0, ids, 4, 0));
}
END_TEST

START_TEST(test_statmount_where_the_root_is_no_mount)
{
        uint64_t below, above, ids[4];

        make_dirs("d");
        make_mounts("d/m out");
        below = unique_id(DRIVER_CWD, "d/m");
        above = unique_id(DRIVER_CWD, "/");
        OK(sys_chroot("d"));
        OK(ask(below, ALL, sizeof(answer)));
        WANT_STR("/m", string(VFS_STATMOUNT_MNT_POINT, answer.st.mnt_point));
        OK(ask(above, ALL, sizeof(answer)));
        WANT_STR("(absent)", string(VFS_STATMOUNT_MNT_POINT, answer.st.mnt_point));
        EQ(1, list(VFS_LSMT_ROOT, 0, ids, 4, 0));
        EQ((int64_t)below, (int64_t)ids[0]);
        as_user(1000);
        OK(ask(below, ALL, sizeof(answer)));
        ERR(EPERM, ask(above, ALL, sizeof(answer)));
        EQ(1, list(VFS_LSMT_ROOT, 0, ids, 4, 0));
}
END_TEST

START_TEST(test_propagate_from_of_statmount)
{
        uint64_t group;

        make_mounts("a r");
        OK(set_propagation("a", MS_SHARED));
        make_dirs("hidden r/a r/c");
        OK(mount_bind("a", "r/a"));
        OK(mount_bind("a", "hidden"));
        OK(set_propagation("hidden", MS_SLAVE));
        OK(set_propagation("hidden", MS_SHARED));
        OK(mount_bind("hidden", "r/c"));
        OK(set_propagation("r/c", MS_SLAVE));
        OK(ask_path("a", VFS_STATMOUNT_MNT_BASIC));
        group = answer.st.mnt_peer_group;
        OK(ask_path("r/c", VFS_STATMOUNT_PROPAGATE_FROM | VFS_STATMOUNT_MNT_BASIC));
        EQ((int64_t)answer.st.mnt_master, (int64_t)answer.st.propagate_from);
        OK(ask_path("r/a", VFS_STATMOUNT_PROPAGATE_FROM));
        EQ(0, (int64_t)answer.st.propagate_from);
        OK(sys_chroot("r"));
        OK(ask_path("/c", VFS_STATMOUNT_PROPAGATE_FROM | VFS_STATMOUNT_MNT_BASIC));
        WANT(answer.st.mnt_master != group);
        EQ((int64_t)group, (int64_t)answer.st.propagate_from);
}
END_TEST

START_TEST(test_listmount_lists_the_tree_below)
{
        uint64_t ids[8], want[5];

        make_mounts("a b");
        make_mounts("a/k a/k/l");
        want[0] = unique_id(DRIVER_CWD, "/");
        want[1] = unique_id(DRIVER_CWD, "a");
        want[2] = unique_id(DRIVER_CWD, "b");
        want[3] = unique_id(DRIVER_CWD, "a/k");
        want[4] = unique_id(DRIVER_CWD, "a/k/l");
        EQ(5, list(VFS_LSMT_ROOT, 0, ids, 8, 0)); /* the root's own mount first */
        for (int i = 0; i < 5; i++)
                EQ((int64_t)want[i], (int64_t)ids[i]);
        EQ(4, list(want[0], 0, ids, 8, 0));
        EQ((int64_t)want[1], (int64_t)ids[0]);
        EQ(2, list(want[1], 0, ids, 8, 0));
        EQ((int64_t)want[3], (int64_t)ids[0]);
        EQ((int64_t)want[4], (int64_t)ids[1]);
        EQ(0, list(want[2], 0, ids, 8, 0));
}
END_TEST

START_TEST(test_listmount_in_pieces_and_backwards)
{
        uint64_t ids[8], all[8];

        make_mounts("a b c d");
        EQ(5, list(VFS_LSMT_ROOT, 0, all, 8, 0));
        EQ(2, list(VFS_LSMT_ROOT, 0, ids, 2, 0));
        EQ((int64_t)all[1], (int64_t)ids[1]);
        EQ(2, list(VFS_LSMT_ROOT, ids[1], ids, 2, 0));
        EQ((int64_t)all[2], (int64_t)ids[0]);
        EQ(1, list(VFS_LSMT_ROOT, ids[1], ids, 2, 0));
        EQ((int64_t)all[4], (int64_t)ids[0]);
        EQ(0, list(VFS_LSMT_ROOT, ids[0], ids, 2, 0));
        EQ(5, list(VFS_LSMT_ROOT, 0, ids, 8, VFS_LISTMOUNT_REVERSE));
        for (int i = 0; i < 5; i++)
                EQ((int64_t)all[4 - i], (int64_t)ids[i]);
        EQ(2, list(VFS_LSMT_ROOT, all[2], ids, 8, VFS_LISTMOUNT_REVERSE));
        EQ((int64_t)all[1], (int64_t)ids[0]);
        EQ((int64_t)all[0], (int64_t)ids[1]);
        EQ(0, list(VFS_LSMT_ROOT, all[0], ids, 8, VFS_LISTMOUNT_REVERSE));
        OK(sys_umount("b")); /* the last id need not be there any more */
        EQ(2, list(VFS_LSMT_ROOT, all[2], ids, 8, 0));
        EQ((int64_t)all[3], (int64_t)ids[0]);
}
END_TEST

START_TEST(test_listmount_errors)
{
        uint64_t ids[4];
        struct vfs_mnt_id_req req = { .size = 32, .mnt_id = VFS_LSMT_ROOT };

        ERR(EINVAL, list(VFS_LSMT_ROOT, 0, ids, 4, 2));
        ERR(EINVAL, list(12, 0, ids, 4, 0));
        ERR(EINVAL, list(UINT64_C(0x80000000), 0, ids, 4, 0));
        ERR(ENOENT, list(UINT64_C(0x7fffffffffff), 0, ids, 4, 0));
        ERR(EINVAL, list(VFS_LSMT_ROOT, 1, ids, 4, 0));
        ERR(EINVAL, list(VFS_LSMT_ROOT, UINT64_C(0x80000000), ids, 4, 0));
        OK(list(VFS_LSMT_ROOT, UINT64_C(0x80000001), ids, 4, 0));
        EQ(0, list(VFS_LSMT_ROOT, 0, ids, 0, 0));
        ERR(EOVERFLOW, list(VFS_LSMT_ROOT, 1, ids, 1000001, 0));
        ERR(EINVAL, list(VFS_LSMT_ROOT, 1, ids, 1000001, 2));
        req.mnt_ns_id = 12345;
        ERR(ENOENT, list_req(&req, ids, 4, 0));
        req.mnt_ns_id = 0;
        req.spare = 1;
        ERR(EINVAL, list_req(&req, ids, 4, 0));
        req.spare = 0;
        req.size = 24;
        EQ(1, list_req(&req, ids, 4, 0));
}
END_TEST

START_TEST(test_other_namespaces_by_their_ids)
{
        struct vfs_mnt_id_req req = { .size = 32, .mnt_id = VFS_LSMT_ROOT };
        int64_t home = OK(ns_save());
        uint64_t home_id, copy_id, ids[4], m;

        OK(drv->ops->ns_id(drv, (int)home, &home_id));
        make_mounts("m");
        m = unique_id(DRIVER_CWD, "m");
        OK(ask_path("m", VFS_STATMOUNT_MNT_NS_ID));
        EQ((int64_t)home_id, (int64_t)answer.st.mnt_ns_id);
        OK(sys_unshare(DRIVER_NEWNS));
        OK(ask_path("m", VFS_STATMOUNT_MNT_NS_ID));
        copy_id = answer.st.mnt_ns_id;
        WANT(copy_id != home_id);
        ERR(ENOENT, ask(m, ALL, sizeof(answer)));
        req.mnt_ns_id = home_id;
        req.mnt_id = m;
        req.param = ALL;
        OK(drv->ops->statmount(drv, &req, &answer.st, sizeof(answer), 0));
        EQ((int64_t)home_id, (int64_t)answer.st.mnt_ns_id);
        WANT_STR("/m", string(VFS_STATMOUNT_MNT_POINT, answer.st.mnt_point));
        req.mnt_id = VFS_LSMT_ROOT;
        req.param = 0;
        WANT(list_req(&req, ids, 4, 0) >= 2);
        as_user(1000);
        ERR(ENOENT, list_req(&req, ids, 4, 0));
        req.mnt_id = m;
        ERR(EPERM, drv->ops->statmount(drv, &req, &answer.st, sizeof(answer), 0)); /* another errno */
        req.mnt_ns_id = copy_id;
        req.mnt_id = unique_id(DRIVER_CWD, "m");
        OK(drv->ops->statmount(drv, &req, &answer.st, sizeof(answer), 0));
        as_root();
        OK(ns_drop(home));
        req.mnt_ns_id = home_id;
        ERR(ENOENT, list_req(&req, ids, 4, 0));
}
END_TEST

START_TEST(test_statx_ids)
{
        struct vfs_statx st;
        const uint32_t both = VFS_STATX_MNT_ID | VFS_STATX_MNT_ID_UNIQUE;

        make_mounts("m");
        OK(drv->ops->statx(drv, DRIVER_CWD, "m", 0, VFS_STATX_BASIC_STATS | both, &st));
        EQ(VFS_STATX_MNT_ID_UNIQUE, st.mask & both); /* the unique one wins */
        EQ((int64_t)unique_id(DRIVER_CWD, "m"), (int64_t)st.mnt_id);
        OK(drv->ops->statx(drv, DRIVER_CWD, "m", 0, VFS_STATX_BASIC_STATS, &st));
        EQ(VFS_STATX_MNT_ID, st.mask & both); /* the other one is there unasked */
        EQ((int64_t)old_id(DRIVER_CWD, "m"), (int64_t)st.mnt_id);
}
END_TEST

SEMANTICS_MAIN_SINCE(618, "statmount", test_filesystem_part, test_mount_part, test_attributes_of_mounts,
                     test_propagation_of_mounts, test_strings_are_not_escaped, test_options_one_by_one,
                     test_filesystem_without_options, test_strings_lie_one_behind_the_other,
                     test_what_is_asked_is_what_is_answered, test_small_buffers,
                     test_errors_of_requests_in_order, test_mounts_that_are_gone_or_detached,
                     test_statmount_by_a_reader_in_a_chroot, test_statmount_where_the_root_is_no_mount,
                     test_propagate_from_of_statmount, test_listmount_lists_the_tree_below,
                     test_listmount_in_pieces_and_backwards, test_listmount_errors,
                     test_other_namespaces_by_their_ids, test_statx_ids)
