/*
 * statmount(2) and listmount(2), and what statx(2) and statfs(2) say about mounts. Expected numbers are those of
 * Linux 6.18 for the same mounts, ids aside.
 */
#include "tests/unit/listing_world.h"

#define HEAD 512u
#define ALL  0x7fffu

/* A buffer with guards behind it. */
static union {
        struct vfs_statmount sm;
        char bytes[1 << 17];
} out;

static uint64_t unique_id(const struct vfs_ctx *ctx, const char *path)
{
        struct vfs_statx st;

        ck_assert_int_eq(vfs_statx(ctx, NULL, path, 0, VFS_STATX_MNT_ID_UNIQUE, &st), 0);
        ck_assert_uint_eq(st.mask & (VFS_STATX_MNT_ID_UNIQUE | VFS_STATX_MNT_ID), VFS_STATX_MNT_ID_UNIQUE);
        return st.mnt_id;
}

static int ask(const struct vfs_ctx *ctx, uint64_t ns, uint64_t id, uint64_t want, size_t size)
{
        const struct vfs_mnt_id_req req = {
                .size = sizeof(req), .mnt_id = id, .param = want, .mnt_ns_id = ns
        };
        int r;

        memset(&out, '~', sizeof(out));
        r = vfs_statmount(ctx, &req, &out.sm, size, 0);
        ck_assert(size >= sizeof(out) || out.bytes[size] == '~');
        if (r < 0)
                ck_assert_int_eq(out.bytes[0], '~');
        return r;
}

static const struct vfs_statmount *about(const char *path, uint64_t want)
{
        ck_assert_int_eq(ask(&root, 0, unique_id(&root, path), want, sizeof(out)), 0);
        return &out.sm;
}

static int64_t list(const struct vfs_ctx *ctx, uint64_t ns, uint64_t id, uint64_t last, uint32_t flags,
                    uint64_t *ids, size_t n)
{
        const struct vfs_mnt_id_req req = {
                .size = sizeof(req), .mnt_id = id, .param = last, .mnt_ns_id = ns
        };

        return vfs_listmount(ctx, &req, ids, n, flags);
}

/* The user's context, in the same place as root's. */
static struct vfs_ctx user_in(const struct vfs_ctx *ctx)
{
        struct vfs_ctx u = *ctx;

        u.cred = user.cred;
        return u;
}

/*
 * statmount: what it says
 */

START_TEST(test_statmount_every_field)
        {
                static const char strings[] =
                        "\0od d\t#\n\\\0/\0/a \t\n\\#\0size=1024k,mode=700,o=a\\054b\\x\\\0"
                        "size=1024k\0mode=700\0o=a,b\\x\\\0so#u r\t\n\\";
                const struct vfs_statmount *sm;

                make_dir("/a \t\n\\#");
                odd_options = ",size=1024k,mode=700,o=a\\054b\\x\\";
                ck_assert_int_eq(vfs_mount(&root, "so#u r\t\n\\", "/a \t\n\\#", odd_type.name, 0, NULL), 0);
                sm = about("/a \t\n\\#", UINT64_MAX);
                ck_assert_uint_eq(sm->size, HEAD + sizeof(strings));
                ck_assert_uint_eq(sm->mask, 0x16ff);
                ck_assert_uint_eq(sm->supported_mask, 0x7fff);
                ck_assert_uint_eq(sm->sb_dev_major, 0);
                ck_assert_uint_eq(sm->sb_dev_minor, 2);
                ck_assert_uint_eq(sm->sb_magic, VFS_TMPFS_MAGIC);
                ck_assert_uint_eq(sm->sb_flags, 0);
                ck_assert_uint_eq(sm->mnt_id, UINT64_C(0x80000002));
                ck_assert_uint_eq(sm->mnt_parent_id, UINT64_C(0x80000001));
                ck_assert_uint_eq(sm->mnt_id_old, 2);
                ck_assert_uint_eq(sm->mnt_parent_id_old, 1);
                ck_assert_uint_eq(sm->mnt_attr, 0);
                ck_assert_uint_eq(sm->mnt_propagation, VFS_MS_PRIVATE);
                ck_assert_uint_eq(sm->mnt_ns_id, vfs_mntns_id(world_ns));
                ck_assert_mem_eq(sm->str, strings, sizeof(strings));
                ck_assert_int_eq(out.bytes[sm->size], '~');
                ck_assert_str_eq(sm->str + sm->fs_type, odd_type.name);
                ck_assert_str_eq(sm->str + sm->mnt_root, "/");
                ck_assert_str_eq(sm->str + sm->mnt_point, "/a \t\n\\#");
                ck_assert_str_eq(sm->str + sm->mnt_opts, odd_options + 1);
                ck_assert_uint_eq(sm->opt_num, 3);
                ck_assert_str_eq(sm->str + sm->opt_array, "size=1024k");
                ck_assert_str_eq(sm->str + sm->sb_source, "so#u r\t\n\\");
                ck_assert_uint_eq(sm->fs_subtype | sm->opt_sec_num | sm->opt_sec_array, 0);
                ck_assert_uint_eq(sm->mnt_uidmap_num | sm->mnt_uidmap | sm->mnt_gidmap_num | sm->mnt_gidmap,
                                  0);
                for (size_t i = 0; i < 43; i++)
                        ck_assert_uint_eq(sm->spare2[i], 0);
        }
END_TEST

START_TEST(test_statmount_absent_strings)
        {
                make_dir("/m");
                ck_assert_int_eq(vfs_mount(&root, "", "/m", "tmpfs", 0, NULL), 0);
                ck_assert_uint_eq(about("/m", ALL)->mask, 0x107f);
                ck_assert_uint_eq(out.sm.size, HEAD + 1 + 6 + 2 + 3);
                ck_assert_uint_eq(out.sm.mnt_opts | out.sm.sb_source | out.sm.opt_array | out.sm.opt_num, 0);
                ck_assert_int_eq(out.sm.str[0], 0);
                ck_assert_uint_eq(about("/m", VFS_STATMOUNT_FS_SUBTYPE)->mask, 0);
                ck_assert_uint_eq(out.sm.size, HEAD + 1);
                ck_assert_int_eq(vfs_mount(&root, NULL, "/m", "tmpfs", 0, NULL), 0);
                ck_assert_str_eq(out.sm.str + about("/m", VFS_STATMOUNT_SB_SOURCE)->sb_source, "none");
        }
END_TEST

START_TEST(test_statmount_one_field_at_a_time)
        {
                static const struct vfs_statmount none;
                const uint64_t id = unique_id(&root, "/");

                for (unsigned int bit = 0; bit < 64; bit++) {
                        const uint64_t want = UINT64_C(1) << bit;

                        ck_assert_int_eq(ask(&root, 0, id, want, sizeof(out)), 0);
                        ck_assert_uint_eq(out.sm.mask, want & 0x127f);
                        if (bit >= 15) {
                                out.sm.size = 0;
                                ck_assert_mem_eq(&out.sm, &none, HEAD);
                        }
                }
                ck_assert_int_eq(ask(&root, 0, id, 0, sizeof(out)), 0);
                ck_assert_uint_eq(out.sm.size, HEAD);
                ck_assert_uint_eq(out.sm.mask, 0);
        }
END_TEST

START_TEST(test_statmount_flags)
        {
                static const struct {
                        uint64_t flags, attr;
                        uint32_t sb;
                } cases[] = {
                        { VFS_MS_SYNCHRONOUS | VFS_MS_DIRSYNC | VFS_MS_MANDLOCK | VFS_MS_LAZYTIME, 0,
                          0x2000090 },
                        { VFS_MS_RDONLY | VFS_MS_NOSUID | VFS_MS_NODEV | VFS_MS_NOEXEC | VFS_MS_NODIRATIME |
                                  VFS_MS_NOSYMFOLLOW,
                          0x20008f, 1 },
                        { VFS_MS_STRICTATIME, VFS_MOUNT_ATTR_STRICTATIME, 0 },
                        { VFS_MS_NOATIME | VFS_MS_DIRSYNC, VFS_MOUNT_ATTR_NOATIME, VFS_MS_DIRSYNC },
                };
                char path[8];

                for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                        snprintf(path, sizeof(path), "/%zu", i);
                        mount_on(path, cases[i].flags);
                        about(path, VFS_STATMOUNT_SB_BASIC | VFS_STATMOUNT_MNT_BASIC);
                        ck_assert_uint_eq(out.sm.mnt_attr, cases[i].attr);
                        ck_assert_uint_eq(out.sm.sb_flags, cases[i].sb);
                }
        }
END_TEST

static void check_propagation(const struct vfs_ctx *ctx, const char *path, uint64_t kind, uint64_t group,
                              uint64_t master, uint64_t from)
{
        ck_assert_int_eq(ask(ctx, 0, unique_id(ctx, path), 7, sizeof(out)), 0);
        ck_assert_uint_eq(out.sm.mask, 7);
        ck_assert_uint_eq(out.sm.mnt_propagation, kind);
        ck_assert_uint_eq(out.sm.mnt_peer_group, group);
        ck_assert_uint_eq(out.sm.mnt_master, master);
        ck_assert_uint_eq(out.sm.propagate_from, from);
}

START_TEST(test_statmount_propagation)
        {
                struct vfs_ctx jail;

                mount_on("/p", 0);
                propagate("/p", VFS_MS_SHARED);
                bind_on("/p", "/q");
                propagate("/q", VFS_MS_SLAVE);
                propagate("/q", VFS_MS_SHARED);
                bind_on("/q", "/r");
                propagate("/r", VFS_MS_SLAVE);
                mount_on("/u", 0);
                propagate("/u", VFS_MS_UNBINDABLE);
                check_propagation(&root, "/p", VFS_MS_SHARED, 1, 0, 0);
                check_propagation(&root, "/q", VFS_MS_SHARED | VFS_MS_SLAVE, 2, 1, 1);
                check_propagation(&root, "/r", VFS_MS_SLAVE, 0, 2, 2);
                check_propagation(&root, "/u", VFS_MS_UNBINDABLE, 0, 0, 0);
                mount_on("/jail", 0);
                bind_on("/r", "/jail/r");
                jail = chrooted(&root, "/jail");
                check_propagation(&jail, "/r", VFS_MS_SLAVE, 0, 2, 0);
                bind_on("/p", "/jail/p");
                check_propagation(&jail, "/r", VFS_MS_SLAVE, 0, 2, 1);
                vfs_path_put(&jail.root);
        }
END_TEST

START_TEST(test_statmount_of_removed_directory)
        {
                mount_on("/m", 0);
                make_dir("/m/root dir");
                bind_on("/m/root dir", "/b");
                ck_assert_str_eq(out.sm.str + about("/b", VFS_STATMOUNT_MNT_ROOT)->mnt_root, "/root dir");
                ck_assert_int_eq(vfs_rmdir(&root, NULL, "/m/root dir"), 0);
                ck_assert_str_eq(out.sm.str + about("/b", VFS_STATMOUNT_MNT_ROOT)->mnt_root,
                                 "/root dir//deleted");
        }
END_TEST

START_TEST(test_statmount_path_beyond_path_max)
        {
                struct vfs_ctx deep = descend(&root, NAME_200, 30);

                ck_assert_int_eq(vfs_mount(&deep, "x", ".", "tmpfs", 0, NULL), 0);
                ck_assert_int_eq(ask(&root, 0, unique_id(&root, "/") + 1, ALL, sizeof(out)), 0);
                ck_assert_uint_eq(strlen(out.sm.str + out.sm.mnt_point), 30 * 201);
                ck_assert_uint_eq(out.sm.size, HEAD + 1 + 6 + 2 + 30 * 201 + 1 + 2);
                vfs_path_put(&deep.cwd);
        }
END_TEST

/*
 * statmount: buffers and requests
 */

START_TEST(test_statmount_buffers)
        {
                static char whole[HEAD];
                const uint64_t id = unique_id(&root, "/");
                uint32_t full;

                /* Numbers alone: the beginning. */
                ck_assert_int_eq(ask(&root, 0, id, 3, sizeof(out)), 0);
                memcpy(whole, &out, HEAD);
                for (uint32_t size = 0; size <= HEAD + 2; size++) {
                        const uint32_t copied = size < HEAD ? size : HEAD;

                        ck_assert_int_eq(ask(&root, 0, id, 3, size), 0);
                        memcpy(whole, &copied, sizeof(copied));
                        ck_assert_int_eq(memcmp(&out, whole, copied), 0);
                        ck_assert_int_eq(out.bytes[copied], '~');
                }
                /* With strings: all or nothing. */
                ck_assert_int_eq(ask(&root, 0, id, ALL, sizeof(out)), 0);
                full = out.sm.size;
                for (uint32_t size = 0; size < full; size++)
                        ck_assert_int_eq(ask(&root, 0, id, ALL, size), -EOVERFLOW);
                ck_assert_int_eq(ask(&root, 0, id, ALL, full), 0);
                /* An absent string takes a byte. */
                ck_assert_int_eq(ask(&root, 0, id, VFS_STATMOUNT_FS_SUBTYPE, 100), -EOVERFLOW);
                ck_assert_int_eq(ask(&root, 0, id, VFS_STATMOUNT_FS_SUBTYPE, HEAD), -EOVERFLOW);
                ck_assert_int_eq(ask(&root, 0, id, VFS_STATMOUNT_MNT_UIDMAP, HEAD + 1), 0);
                ck_assert_uint_eq(out.sm.size, HEAD + 1);
                /* Which of the two comes first depends on the size. */
                ck_assert_int_eq(ask(&root, 0, id + 1000, VFS_STATMOUNT_FS_TYPE, HEAD), -EOVERFLOW);
                ck_assert_int_eq(ask(&root, 0, id + 1000, VFS_STATMOUNT_FS_TYPE, HEAD + 1), -ENOENT);
        }
END_TEST

/* A request of size bytes, of which the last is set. */
static union {
        struct vfs_mnt_id_req req;
        char bytes[8192];
} in;

static void fill_request(uint32_t size, uint64_t id, char last)
{
        memset(&in, 0, sizeof(in));
        in.req.size = size;
        in.req.mnt_id = id;
        if (size > sizeof(in.req))
                in.bytes[size - 1] = last;
}

/* listmount's answers when all is well. */
static void check_request(int expected)
{
        uint64_t ids[4];

        ck_assert_int_eq(vfs_statmount(&root, &in.req, &out.sm, sizeof(out), 0), expected);
        ck_assert_int_eq(vfs_listmount(&root, &in.req, ids, 4, 0), expected);
}

START_TEST(test_statmount_requests)
        {
                const uint64_t id = unique_id(&root, "/"), offset = UINT64_C(1) << 31;

                for (uint32_t size = 0; size < 64; size++) {
                        fill_request(size, id, 0);
                        check_request(size < 24 ? -EINVAL : 0);
                        if (size > 32) {
                                fill_request(size, id, 1);
                                check_request(-E2BIG);
                                in.req.spare = 1;
                                check_request(-E2BIG);
                        }
                }
                fill_request(4096, id, 0);
                check_request(0);
                fill_request(4096, id, 1);
                check_request(-E2BIG);
                fill_request(4097, id, 0);
                check_request(-E2BIG);
                fill_request(32, id, 0);
                in.req.spare = 1;
                check_request(-EINVAL);
                fill_request(32, 0, 0);
                check_request(-EINVAL);
                fill_request(32, offset, 0);
                in.req.mnt_ns_id = 12345;
                check_request(-EINVAL);
                fill_request(32, offset + 1000, 0);
                check_request(-ENOENT);
                /* The part of the namespace's id that is not in the request is 0. */
                fill_request(24, id, 0);
                in.req.mnt_ns_id = 12345;
                check_request(0);
                fill_request(27, id, 0);
                in.req.mnt_ns_id = UINT64_C(0xffffffffff000000) | vfs_mntns_id(world_ns);
                check_request(0);
                in.req.size = 32;
                check_request(-ENOENT);
                in.req.mnt_ns_id = vfs_mntns_id(world_ns);
                check_request(0);
                ck_assert_int_eq(vfs_statmount(&root, &in.req, &out.sm, sizeof(out), 1), -EINVAL);
                in.req.mnt_id = VFS_LSMT_ROOT;
                ck_assert_int_eq(vfs_statmount(&root, &in.req, &out.sm, sizeof(out), 0), -ENOENT);
        }
END_TEST

/*
 * Who may ask about what
 */

START_TEST(test_statmount_from_a_mount_as_root)
        {
                struct vfs_ctx jail, u;
                uint64_t inside, outside, ids[8];

                mount_on("/jail", 0);
                mount_on("/jail/in", 0);
                mount_on("/out", 0);
                inside = unique_id(&root, "/jail/in");
                outside = unique_id(&root, "/out");
                jail = chrooted(&root, "/jail");
                u = user_in(&jail);
                for (int i = 0; i < 2; i++) {
                        const struct vfs_ctx *ctx = i == 0 ? &jail : &u;

                        ck_assert_int_eq(ask(ctx, 0, inside, ALL, sizeof(out)), 0);
                        ck_assert_str_eq(out.sm.str + out.sm.mnt_point, "/in");
                        ck_assert_int_eq(ask(ctx, 0, unique_id(ctx, "/"), ALL, sizeof(out)), 0);
                        ck_assert_str_eq(out.sm.str + out.sm.mnt_point, "/");
                        ck_assert_int_eq(list(ctx, 0, VFS_LSMT_ROOT, 0, 0, ids, 8), 2);
                        ck_assert(ids[0] == unique_id(ctx, "/") && ids[1] == inside);
                }
                /* What is out of reach has no place. */
                ck_assert_int_eq(ask(&jail, 0, outside, ALL, sizeof(out)), 0);
                ck_assert_uint_eq(out.sm.mask, 0x126f);
                ck_assert_int_eq(list(&jail, 0, outside, 0, 0, ids, 8), 0);
                ck_assert_int_eq(list(&jail, 0, unique_id(&root, "/"), 0, 0, ids, 8), 3);
                ck_assert_int_eq(ask(&u, 0, outside, ALL, sizeof(out)), -EPERM);
                ck_assert_int_eq(ask(&u, 0, outside, ALL, HEAD), -EOVERFLOW);
                ck_assert_int_eq(list(&u, 0, outside, 0, 0, ids, 8), -EPERM);
                vfs_path_put(&jail.root);
        }
END_TEST

/* The mount that the root is in is not below the root. */
START_TEST(test_statmount_from_a_directory_as_root)
        {
                struct vfs_ctx jail, u;
                uint64_t holder = unique_id(&root, "/"), inside, ids[8];

                make_dir("/dir");
                mount_on("/dir/in", 0);
                inside = unique_id(&root, "/dir/in");
                jail = chrooted(&root, "/dir");
                u = user_in(&jail);
                ck_assert_int_eq(list(&u, 0, VFS_LSMT_ROOT, 0, 0, ids, 8), 1);
                ck_assert_uint_eq(ids[0], inside);
                ck_assert_int_eq(ask(&jail, 0, holder, ALL, sizeof(out)), 0);
                ck_assert_uint_eq(out.sm.mask, 0x126f);
                ck_assert_int_eq(ask(&u, 0, holder, 1, sizeof(out)), -EPERM);
                ck_assert_int_eq(list(&u, 0, holder, 0, 0, ids, 8), -EPERM);
                ck_assert_int_eq(ask(&u, 0, inside, ALL, sizeof(out)), 0);
                vfs_path_put(&jail.root);
        }
END_TEST

START_TEST(test_statmount_of_mount_moved_out_of_sight)
        {
                uint64_t b, id, ids[8];

                mount_on("/m", 0);
                make_dir("/m/shown");
                make_dir("/m/shown/sub");
                make_dir("/m/shown/sub/point");
                bind_on("/m/shown", "/b");
                ck_assert_int_eq(vfs_mount(&root, "x", "/b/sub/point", "tmpfs", 0, NULL), 0);
                b = unique_id(&root, "/b");
                id = unique_id(&root, "/b/sub/point");
                ck_assert_int_eq(list(&root, 0, b, 0, 0, ids, 8), 1);
                ck_assert_int_eq(vfs_rename(&root, NULL, "/m/shown/sub", NULL, "/m/sub", 0), 0);
                ck_assert_int_eq(ask(&root, 0, id, ALL, sizeof(out)), 0);
                ck_assert_uint_eq(out.sm.mask, 0x126f);
                ck_assert_int_eq(list(&root, 0, b, 0, 0, ids, 8), 0);
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, 0, 0, ids, 8), 4);
                ck_assert_int_eq(vfs_rename(&root, NULL, "/m/sub", NULL, "/m/shown/sub", 0), 0);
        }
END_TEST

START_TEST(test_statmount_in_another_namespace)
        {
                struct vfs_ctx other = root, u = user_in(&root), jail;
                uint64_t ns, top, covered, id, ids[8];
                struct vfs_path other_root;

                mount_on("/p", 0);
                propagate("/p", VFS_MS_SHARED);
                bind_on("/p", "/q");
                propagate("/q", VFS_MS_SLAVE);
                ck_assert_int_eq(vfs_mntns_clone(&root, NULL, &other.mntns, &other_root, NULL), 0);
                other.root = other.cwd = other_root;
                ns = vfs_mntns_id(other.mntns);
                id = unique_id(&other, "/q");
                covered = unique_id(&other, "/");
                ck_assert_int_eq(vfs_mount(&other, "top", "/", "tmpfs", 0, NULL), 0);
                top = id + 1;

                ck_assert_int_eq(ask(&root, ns, id, ALL, sizeof(out)), 0);
                ck_assert_uint_eq(out.sm.mask, 0x127f);
                ck_assert_str_eq(out.sm.str + out.sm.mnt_point, "/q");
                ck_assert_uint_eq(out.sm.mnt_ns_id, ns);
                ck_assert_uint_eq(out.sm.mnt_master, 1);
                ck_assert_uint_eq(out.sm.propagate_from, 0);
                ck_assert_int_eq(ask(&root, ns, top, ALL, sizeof(out)), 0);
                ck_assert_str_eq(out.sm.str + out.sm.mnt_point, "/");
                ck_assert_uint_eq(out.sm.mnt_parent_id, covered);
                ck_assert_int_eq(list(&root, ns, VFS_LSMT_ROOT, 0, 0, ids, 8), 4);
                ck_assert(ids[0] == covered && ids[2] == id && ids[3] == top);
                ck_assert_int_eq(list(&root, ns, covered, 0, 0, ids, 8), 3);
                /* From that namespace's root, whatever the asker's is. */
                jail = chrooted(&root, "/p");
                ck_assert_int_eq(ask(&jail, ns, id, ALL, sizeof(out)), 0);
                ck_assert_str_eq(out.sm.str + out.sm.mnt_point, "/q");
                vfs_path_put(&jail.root);
                /* Ids belong to namespaces. */
                ck_assert_int_eq(ask(&root, 0, id, 1, sizeof(out)), -ENOENT);
                ck_assert_int_eq(list(&root, 0, id, 0, 0, ids, 8), -ENOENT);
                ck_assert_int_eq(ask(&root, ns, unique_id(&root, "/q"), 1, sizeof(out)), -ENOENT);
                ck_assert_int_eq(ask(&root, ns + 1000, id, 1, sizeof(out)), -ENOENT);
                ck_assert_int_eq(list(&root, ns + 1000, id, 0, 0, ids, 8), -ENOENT);

                ck_assert_int_eq(ask(&u, ns, id, ALL, sizeof(out)), -EPERM);
                ck_assert_int_eq(ask(&u, ns, id, ALL, HEAD), -EPERM);
                ck_assert_int_eq(ask(&u, ns, id + 1000, ALL, sizeof(out)), -EPERM);
                ck_assert_int_eq(ask(&u, ns, 5, ALL, sizeof(out)), -EINVAL);
                ck_assert_int_eq(list(&u, ns, VFS_LSMT_ROOT, 0, 0, ids, 8), -ENOENT);
                ck_assert_int_eq(list(&u, ns, VFS_LSMT_ROOT, 5, 0, ids, 8), -EINVAL);
                ck_assert_int_eq(ask(&u, vfs_mntns_id(world_ns), unique_id(&root, "/q"), ALL, sizeof(out)),
                                 0);
                ck_assert_int_eq(list(&u, vfs_mntns_id(world_ns), VFS_LSMT_ROOT, 0, 0, ids, 8), 3);

                vfs_path_put(&other_root);
                vfs_mntns_put(other.mntns);
                ck_assert_int_eq(ask(&root, ns, id, 1, sizeof(out)), -ENOENT);
        }
END_TEST

START_TEST(test_statmount_of_detached_is_enoent)
        {
                struct vfs_file *tree;
                struct vfs_statx st;
                uint64_t ids[4];

                mount_on("/m", 0);
                ck_assert_int_eq(vfs_open_tree(&root, NULL, "/m", VFS_OPEN_TREE_CLONE, &tree), 0);
                ck_assert_int_eq(vfs_file_statx(&root, tree, VFS_STATX_MNT_ID_UNIQUE, &st), 0);
                ck_assert_int_eq(ask(&root, 0, st.mnt_id, 1, sizeof(out)), -ENOENT);
                ck_assert_int_eq(list(&root, 0, st.mnt_id, 0, 0, ids, 4), -ENOENT);
                /* Nor by a number that the tree's own namespace might have. */
                for (uint64_t ns = vfs_mntns_id(world_ns) + 1; ns < 10; ns++) {
                        ck_assert_int_eq(ask(&root, ns, st.mnt_id, 1, sizeof(out)), -ENOENT);
                        ck_assert_int_eq(list(&root, ns, VFS_LSMT_ROOT, 0, 0, ids, 4), -ENOENT);
                }
                vfs_file_put(tree);
        }
END_TEST

/*
 * listmount
 */

START_TEST(test_listmount_order_and_position)
        {
                uint64_t ids[10], some[10], top = unique_id(&root, "/");
                char path[8];
                int64_t n;

                for (int i = 0; i < 5; i++) {
                        snprintf(path, sizeof(path), "/%d", i);
                        mount_on(path, 0);
                }
                mount_on("/0/sub", 0);
                ck_assert_int_eq(vfs_umount(&root, "/2", 0), 0);
                n = list(&root, 0, VFS_LSMT_ROOT, 0, 0, ids, 10);
                ck_assert_int_eq(n, 6);
                ck_assert_uint_eq(ids[0], top);
                ck_assert_uint_eq(ids[5], unique_id(&root, "/0/sub"));
                for (int i = 1; i < 6; i++)
                        ck_assert_uint_lt(ids[i - 1], ids[i]);
                /* Without the mount that is asked about. */
                ck_assert_int_eq(list(&root, 0, top, 0, 0, some, 10), 5);
                ck_assert_mem_eq(some, ids + 1, 5 * sizeof(*ids));
                ck_assert_int_eq(list(&root, 0, unique_id(&root, "/0"), 0, 0, some, 10), 1);
                ck_assert_uint_eq(some[0], ids[5]);
                ck_assert_int_eq(list(&root, 0, ids[5], 0, 0, some, 10), 0);

                /* From everywhere on, and in pieces. */
                for (int64_t i = 0; i < n; i++) {
                        ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, ids[i], 0, some, 10), n - i - 1);
                        ck_assert_int_eq(memcmp(some, ids + i + 1, (size_t)(n - i - 1) * sizeof(*ids)), 0);
                        ck_assert_int_eq(
                                list(&root, 0, VFS_LSMT_ROOT, ids[i], VFS_LISTMOUNT_REVERSE, some, 10), i);
                        for (int64_t k = 0; k < i; k++)
                                ck_assert_uint_eq(some[k], ids[i - 1 - k]);
                        ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, i == 0 ? 0 : ids[i - 1], 0, some, 1),
                                         1);
                        ck_assert_uint_eq(some[0], ids[i]);
                }
                /* Between two. */
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, ids[2] + 1, 0, some, 10), 3);
                ck_assert_uint_eq(some[0], ids[3]);
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, ids[2] + 1, VFS_LISTMOUNT_REVERSE, some, 10),
                                 3);
                ck_assert_uint_eq(some[0], ids[2]);
                /* The ends. */
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, 0, VFS_LISTMOUNT_REVERSE, some, 10), 6);
                ck_assert_uint_eq(some[0], ids[5]);
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, UINT64_MAX, VFS_LISTMOUNT_REVERSE, some, 10),
                                 6);
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, UINT64_MAX, 0, some, 10), 6);
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, UINT64_MAX - 1, 0, some, 10), 0);
        }
END_TEST

START_TEST(test_listmount_limits)
        {
                const uint64_t offset = UINT64_C(1) << 31;
                uint64_t ids[2] = { 0, 7 };

                mount_on("/m", 0);
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, 0, 0, NULL, 0), 0);
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, 0, 0, ids, 1), 1);
                ck_assert_uint_eq(ids[1], 7);
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, 0, 0, ids, 1000001), -EOVERFLOW);
                ck_assert_int_eq(list(&root, 0, 5, 0, 0, ids, 1000001), -EOVERFLOW);
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, 0, 2, ids, 1000001), -EINVAL);
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, 0, 3, ids, 2), -EINVAL);
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, 0, 0, ids, 1000000), 2);
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, 1, 0, ids, 2), -EINVAL);
                ck_assert_int_eq(list(&root, 12345, VFS_LSMT_ROOT, offset, 0, ids, 2), -EINVAL);
                ck_assert_int_eq(list(&root, 0, VFS_LSMT_ROOT, offset + 1, 0, ids, 2), 1);
        }
END_TEST

START_TEST(test_listmount_of_a_thousand_mounts)
        {
                static uint64_t ids[1100];
                uint64_t last = 0;
                char path[32];
                int64_t n = 0, r;

                for (int i = 0; i < 1000; i++) {
                        snprintf(path, sizeof(path), "/%d", i);
                        mount_on(path, 0);
                }
                do {
                        r = list(&root, 0, VFS_LSMT_ROOT, last, 0, ids + n, 7);
                        n += r;
                        last = ids[n - 1];
                } while (r == 7);
                ck_assert_int_eq(n, 1001);
                for (int64_t i = 0; i < n; i++) {
                        ck_assert_int_eq(ask(&root, 0, ids[i], VFS_STATMOUNT_MNT_POINT, sizeof(out)), 0);
                        snprintf(path, sizeof(path), "/%d", (int)i - 1);
                        ck_assert_str_eq(out.sm.str + out.sm.mnt_point, i == 0 ? "/" : path);
                }
        }
END_TEST

/*
 * Out of memory
 */

START_TEST(test_statmount_without_memory)
        {
                uint64_t id;
                long fails;
                int r;

                world_teardown();
                listing_setup_failing();
                odd_options = ",a,b";
                make_dir("/m");
                ck_assert_int_eq(vfs_mount(&root, "source", "/m", odd_type.name, 0, NULL), 0);
                id = unique_id(&root, "/m");
                for (fails = 0, r = -ENOMEM; r != 0; fails++) {
                        world_allocs_left = fails;
                        r = ask(&root, 0, id, ALL, sizeof(out));
                        world_allocs_left = -1;
                        ck_assert(r == 0 || r == -ENOMEM);
                        ck_assert_int_lt(fails, 1000);
                }
                ck_assert_int_gt(fails, 3);
                /* Nothing is held afterwards. */
                ck_assert_int_eq(vfs_umount(&root, "/m", 0), 0);
        }
END_TEST

/*
 * statx and statfs
 */

static struct vfs_statx statx_of(const char *path, uint32_t mask)
{
        struct vfs_statx st;

        ck_assert_int_eq(vfs_statx(&root, NULL, path, 0, mask, &st), 0);
        ck_assert_uint_ne(st.attributes_mask & VFS_STATX_ATTR_MOUNT_ROOT, 0);
        return st;
}

START_TEST(test_statx_of_mount_roots)
        {
                const uint32_t both = VFS_STATX_MNT_ID | VFS_STATX_MNT_ID_UNIQUE;
                struct vfs_file *tree;
                struct vfs_statx st;

                ck_assert_uint_ne(statx_of("/", 0).attributes & VFS_STATX_ATTR_MOUNT_ROOT, 0);
                make_dir("/d");
                touch("/f");
                touch("/g");
                ck_assert_int_eq(vfs_mount(&root, "/f", "/g", NULL, VFS_MS_BIND, NULL), 0);
                ck_assert_uint_eq(statx_of("/d", 0).attributes & VFS_STATX_ATTR_MOUNT_ROOT, 0);
                ck_assert_uint_eq(statx_of("/f", 0).attributes & VFS_STATX_ATTR_MOUNT_ROOT, 0);
                st = statx_of("/g", 0);
                ck_assert_uint_ne(st.attributes & VFS_STATX_ATTR_MOUNT_ROOT, 0);
                ck_assert_uint_eq(st.mask & both, VFS_STATX_MNT_ID);
                ck_assert_uint_eq(st.mnt_id, 2);
                ck_assert_uint_eq(statx_of("/g", VFS_STATX_MNT_ID).mnt_id, 2);
                st = statx_of("/g", both);
                ck_assert_uint_eq(st.mask & both, VFS_STATX_MNT_ID_UNIQUE);
                ck_assert_uint_eq(st.mnt_id, UINT64_C(0x80000002));

                ck_assert_int_eq(vfs_open_tree(&root, NULL, "/d", VFS_OPEN_TREE_CLONE, &tree), 0);
                ck_assert_int_eq(vfs_file_statx(&root, tree, both, &st), 0);
                ck_assert_uint_ne(st.attributes & VFS_STATX_ATTR_MOUNT_ROOT, 0);
                ck_assert_uint_eq(st.mnt_id, UINT64_C(0x80000003));
                ck_assert_int_eq(vfs_mkdir(&root, tree, "sub", 0755), 0);
                ck_assert_int_eq(vfs_statx(&root, tree, "sub", 0, both, &st), 0);
                ck_assert_uint_eq(st.attributes & VFS_STATX_ATTR_MOUNT_ROOT, 0);
                ck_assert_uint_eq(st.mnt_id, UINT64_C(0x80000003));
                vfs_file_put(tree);
        }
END_TEST

static uint64_t statfs_flags(const char *path)
{
        struct vfs_statfs st;

        ck_assert_int_eq(vfs_statfs(&root, path, &st), 0);
        return st.flags;
}

START_TEST(test_statfs_flags)
        {
                mount_on("/a", VFS_MS_SYNCHRONOUS | VFS_MS_DIRSYNC | VFS_MS_MANDLOCK | VFS_MS_LAZYTIME);
                ck_assert_uint_eq(statfs_flags("/a"), 0x1070);
                mount_on("/b", VFS_MS_RDONLY | VFS_MS_NOSUID | VFS_MS_NODEV | VFS_MS_NOEXEC |
                                       VFS_MS_NODIRATIME | VFS_MS_NOSYMFOLLOW);
                ck_assert_uint_eq(statfs_flags("/b"), 0x382f);
                mount_on("/c", VFS_MS_STRICTATIME);
                ck_assert_uint_eq(statfs_flags("/c"), 0x20);
                mount_on("/d", VFS_MS_NOATIME | VFS_MS_DIRSYNC);
                ck_assert_uint_eq(statfs_flags("/d"), 0x420);
                /* Read-only are, by now, only the filesystem, and only the mount. */
                ck_assert_int_eq(vfs_mount(&root, NULL, "/b", NULL, VFS_MS_REMOUNT | VFS_MS_BIND, NULL), 0);
                ck_assert_uint_eq(statfs_flags("/b"), 0x1821);
                ck_assert_int_eq(vfs_mount(&root, NULL, "/c", NULL,
                                           VFS_MS_REMOUNT | VFS_MS_BIND | VFS_MS_RDONLY, NULL),
                                 0);
                ck_assert_uint_eq(statfs_flags("/c"), 0x21);
                ck_assert_int_eq(
                        vfs_mount(&root, NULL, "/a", NULL, VFS_MS_REMOUNT | VFS_MS_SYNCHRONOUS, NULL), 0);
                ck_assert_uint_eq(statfs_flags("/a"), 0x1030);
        }
END_TEST

TEST_MAIN_FIXTURE("statmount", listing_setup, world_teardown, test_statmount_every_field,
                  test_statmount_absent_strings, test_statmount_one_field_at_a_time, test_statmount_flags,
                  test_statmount_propagation, test_statmount_of_removed_directory,
                  test_statmount_path_beyond_path_max, test_statmount_buffers, test_statmount_requests,
                  test_statmount_from_a_mount_as_root, test_statmount_from_a_directory_as_root,
                  test_statmount_of_mount_moved_out_of_sight, test_statmount_in_another_namespace,
                  test_statmount_of_detached_is_enoent, test_listmount_order_and_position,
                  test_listmount_limits, test_listmount_of_a_thousand_mounts, test_statmount_without_memory,
                  test_statx_of_mount_roots, test_statfs_flags)
