/*
 * /proc/PID/mountinfo, mounts and mountstats: the exact texts. Expected lines are what Linux 6.18 prints for
 * the same mounts, but for the numbers of mounts and devices.
 */
#include "tests/unit/listing_world.h"

typedef int64_t (*listing)(const struct vfs_ctx *ctx, char *buf, size_t size);

static const listing listings[] = { vfs_mountinfo, vfs_mounts, vfs_mountstats };
#define N_LISTINGS (sizeof(listings) / sizeof(listings[0]))

static const char *text_of(listing list, const struct vfs_ctx *ctx)
{
        static char buf[1 << 20];
        int64_t n = list(ctx, buf, sizeof(buf) - 1);

        ck_assert_int_ge(n, 0);
        ck_assert_int_lt(n, (int64_t)sizeof(buf) - 1);
        buf[n] = '\0';
        return buf;
}

static void expect(listing list, const struct vfs_ctx *ctx, const char *text)
{
        ck_assert_str_eq(text_of(list, ctx), text);
}

/* Is there such a line, up to its end? */
static int has_line(listing list, const struct vfs_ctx *ctx, const char *line)
{
        const char *text = text_of(list, ctx), *at = strstr(text, line);

        return at != NULL && (at == text || at[-1] == '\n') && at[strlen(line)] == '\n';
}

#define EVERY_MOUNT_FLAG                                                                    \
        (VFS_MS_RDONLY | VFS_MS_NOSUID | VFS_MS_NODEV | VFS_MS_NOEXEC | VFS_MS_NODIRATIME | \
         VFS_MS_NOSYMFOLLOW)
#define EVERY_FS_FLAG (VFS_MS_SYNCHRONOUS | VFS_MS_DIRSYNC | VFS_MS_MANDLOCK | VFS_MS_LAZYTIME)

static void make_mounts(void)
{
        make_dir("/a \t\n\\#");
        odd_options = ",size=1024k,mode=700";
        ck_assert_int_eq(vfs_mount(&root, "so#u r\t\n\\", "/a \t\n\\#", odd_type.name, 0, NULL), 0);
        make_dir("/fs");
        ck_assert_int_eq(vfs_mount(&root, NULL, "/fs", "tmpfs", EVERY_FS_FLAG, "size=1m"), 0);
        make_dir("/flags");
        ck_assert_int_eq(vfs_mount(&root, "", "/flags", "tmpfs", EVERY_MOUNT_FLAG, NULL), 0);
        mount_on("/strict", VFS_MS_STRICTATIME);
        mount_on("/noatime", VFS_MS_NOATIME);
        make_dir("/noatime/sub dir");
        bind_on("/noatime/sub dir", "/bind");
}

START_TEST(test_mountinfo_every_field)
        {
                make_mounts();
                expect(vfs_mountinfo, &root,
                       "1 1 0:1 / / rw,relatime - tmpfs none rw\n"
                       "2 1 0:2 / /a\\040\\011\\012\\134# rw,relatime - od\\040d\\011\\043\\012\\134 "
                       "so\\043u\\040r\\011\\012\\134 rw,size=1024k,mode=700\n"
                       "3 1 0:3 / /fs rw,relatime - tmpfs none rw,sync,dirsync,mand,lazytime,size=1024k\n"
                       "4 1 0:4 / /flags ro,nosuid,nodev,noexec,nodiratime,relatime,nosymfollow - tmpfs  ro\n"
                       "5 1 0:5 / /strict rw - tmpfs x rw\n"
                       "6 1 0:6 / /noatime rw,noatime - tmpfs x rw\n"
                       "7 1 0:6 /sub\\040dir /bind rw,noatime - tmpfs x rw\n");
        }
END_TEST

START_TEST(test_mounts_every_field)
        {
                make_mounts();
                expect(vfs_mounts, &root,
                       "none / tmpfs rw,relatime 0 0\n"
                       "so\\043u\\040r\\011\\012\\134 /a\\040\\011\\012\\134# od\\040d\\011\\043\\012\\134 "
                       "rw,relatime,size=1024k,mode=700 0 0\n"
                       "none /fs tmpfs rw,sync,dirsync,mand,lazytime,relatime,size=1024k 0 0\n"
                       " /flags tmpfs ro,nosuid,nodev,noexec,nodiratime,relatime,nosymfollow 0 0\n"
                       "x /strict tmpfs rw 0 0\n"
                       "x /noatime tmpfs rw,noatime 0 0\n"
                       "x /bind tmpfs rw,noatime 0 0\n");
        }
END_TEST

START_TEST(test_mountstats_every_field)
        {
                make_mounts();
                expect(vfs_mountstats, &root,
                       "device none mounted on / with fstype tmpfs\n"
                       "device so\\043u\\040r\\011\\012\\134 mounted on /a\\040\\011\\012\\134# with fstype "
                       "od\\040d\\011\\043\\012\\134\n"
                       "device none mounted on /fs with fstype tmpfs\n"
                       "device  mounted on /flags with fstype tmpfs\n"
                       "device x mounted on /strict with fstype tmpfs\n"
                       "device x mounted on /noatime with fstype tmpfs\n"
                       "device x mounted on /bind with fstype tmpfs\n");
        }
END_TEST

START_TEST(test_mounts_read_only_is_of_mount_or_filesystem)
        {
                mount_on("/m", VFS_MS_RDONLY);
                ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT | VFS_MS_BIND, NULL), 0);
                ck_assert(has_line(vfs_mountinfo, &root, "2 1 0:2 / /m rw,relatime - tmpfs x ro"));
                ck_assert(has_line(vfs_mounts, &root, "x /m tmpfs ro,relatime 0 0"));
                ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, NULL), 0);
                ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL,
                                           VFS_MS_REMOUNT | VFS_MS_BIND | VFS_MS_RDONLY, NULL),
                                 0);
                ck_assert(has_line(vfs_mountinfo, &root, "2 1 0:2 / /m ro,relatime - tmpfs x rw"));
                ck_assert(has_line(vfs_mounts, &root, "x /m tmpfs ro,relatime 0 0"));
        }
END_TEST

START_TEST(test_mountinfo_of_removed_directory)
        {
                mount_on("/m", 0);
                make_dir("/m/d");
                bind_on("/m/d", "/b");
                ck_assert_int_eq(vfs_rmdir(&root, NULL, "/m/d"), 0);
                ck_assert(has_line(vfs_mountinfo, &root, "3 1 0:2 /d//deleted /b rw,relatime - tmpfs x rw"));
                ck_assert(has_line(vfs_mounts, &root, "x /b tmpfs rw,relatime 0 0"));
        }
END_TEST

/* In the order in which they were made, whatever was moved or covered since. */
START_TEST(test_mountinfo_order_is_age)
        {
                mount_on("/a", 0);
                mount_on("/b", 0);
                ck_assert_int_eq(vfs_mount(&root, "top", "/a", "tmpfs", 0, NULL), 0);
                make_dir("/c");
                ck_assert_int_eq(vfs_mount(&root, "/b", "/c", NULL, VFS_MS_MOVE, NULL), 0);
                expect(vfs_mounts, &root,
                       "none / tmpfs rw,relatime 0 0\nx /a tmpfs rw,relatime 0 0\nx /c tmpfs rw,relatime 0 "
                       "0\n"
                       "top /a tmpfs rw,relatime 0 0\n");
                ck_assert(has_line(vfs_mountinfo, &root, "4 2 0:4 / /a rw,relatime - tmpfs top rw"));
        }
END_TEST

/*
 * From inside
 */

START_TEST(test_mountinfo_from_a_mount_as_root)
        {
                struct vfs_ctx jail;

                mount_on("/jail", 0);
                mount_on("/jail/in", 0);
                mount_on("/out", 0);
                jail = chrooted(&root, "/jail");
                expect(vfs_mountinfo, &jail,
                       "2 1 0:2 / / rw,relatime - tmpfs x rw\n3 2 0:3 / /in rw,relatime - tmpfs x rw\n");
                expect(vfs_mounts, &jail, "x / tmpfs rw,relatime 0 0\nx /in tmpfs rw,relatime 0 0\n");
                expect(vfs_mountstats, &jail,
                       "device x mounted on / with fstype tmpfs\ndevice x mounted on /in with fstype "
                       "tmpfs\n");
                vfs_path_put(&jail.root);
        }
END_TEST

/* The mount that the root is in is not below the root. */
START_TEST(test_mountinfo_from_a_directory_as_root)
        {
                struct vfs_ctx jail;

                make_dir("/dir");
                mount_on("/dir/in", 0);
                mount_on("/out", 0);
                jail = chrooted(&root, "/dir");
                expect(vfs_mountinfo, &jail, "2 1 0:2 / /in rw,relatime - tmpfs x rw\n");
                vfs_path_put(&jail.root);
                jail = chrooted(&root, "/out");
                make_dir("/out/plain");
                ck_assert_int_eq(vfs_chroot(&jail, "/plain", &jail.cwd), 0);
                vfs_path_put(&jail.root);
                jail.root = jail.cwd;
                for (size_t i = 0; i < N_LISTINGS; i++)
                        ck_assert_int_eq(listings[i](&jail, NULL, 0), 0);
                vfs_path_put(&jail.root);
        }
END_TEST

/* A mount whose place was moved, in another namespace, out of what its parent shows has no path. */
START_TEST(test_mountinfo_of_mount_moved_out_of_sight)
        {
                mount_on("/m", 0);
                make_dir("/m/shown");
                make_dir("/m/shown/sub");
                make_dir("/m/shown/sub/point");
                bind_on("/m/shown", "/b");
                ck_assert_int_eq(vfs_mount(&root, "x", "/b/sub/point", "tmpfs", 0, NULL), 0);
                ck_assert(has_line(vfs_mounts, &root, "x /b/sub/point tmpfs rw,relatime 0 0"));
                ck_assert_int_eq(vfs_rename(&root, NULL, "/m/shown/sub", NULL, "/m/sub", 0), 0);
                expect(vfs_mounts, &root,
                       "none / tmpfs rw,relatime 0 0\nx /m tmpfs rw,relatime 0 0\nx /b tmpfs rw,relatime 0 "
                       "0\n");
                ck_assert_int_eq(vfs_rename(&root, NULL, "/m/sub", NULL, "/m/shown/sub", 0), 0);
        }
END_TEST

/*
 * Propagation
 */

/* /p shared, /q a shared slave of it, /r a slave of that; all of one filesystem. */
static void make_chain(void)
{
        mount_on("/p", 0);
        propagate("/p", VFS_MS_SHARED);
        bind_on("/p", "/q");
        propagate("/q", VFS_MS_SLAVE);
        propagate("/q", VFS_MS_SHARED);
        bind_on("/q", "/r");
        propagate("/r", VFS_MS_SLAVE);
}

START_TEST(test_mountinfo_propagation)
        {
                make_chain();
                mount_on("/u", 0);
                propagate("/u", VFS_MS_UNBINDABLE);
                expect(vfs_mountinfo, &root,
                       "1 1 0:1 / / rw,relatime - tmpfs none rw\n"
                       "2 1 0:2 / /p rw,relatime shared:1 - tmpfs x rw\n"
                       "3 1 0:2 / /q rw,relatime shared:2 master:1 - tmpfs x rw\n"
                       "4 1 0:2 / /r rw,relatime master:2 - tmpfs x rw\n"
                       "5 1 0:3 / /u rw,relatime unbindable - tmpfs x rw\n");
        }
END_TEST

START_TEST(test_mountinfo_propagate_from_where_the_master_is_outside)
        {
                struct vfs_ctx jail;

                make_chain();
                mount_on("/jail", 0);
                bind_on("/r", "/jail/r");
                jail = chrooted(&root, "/jail");
                ck_assert(has_line(vfs_mountinfo, &jail, "6 5 0:2 / /r rw,relatime master:2 - tmpfs x rw"));
                bind_on("/p", "/jail/p");
                ck_assert(has_line(vfs_mountinfo, &jail,
                                   "6 5 0:2 / /r rw,relatime master:2 propagate_from:1 - tmpfs x rw"));
                ck_assert(has_line(vfs_mountinfo, &jail, "7 5 0:2 / /p rw,relatime shared:1 - tmpfs x rw"));
                /* From outside the master is seen. */
                ck_assert(has_line(vfs_mountinfo, &root,
                                   "6 5 0:2 / /jail/r rw,relatime master:2 - tmpfs x rw"));
                /* Nobody of the master's group is left, but what it got still comes from the group above. */
                ck_assert_int_eq(vfs_umount(&root, "/q", 0), 0);
                ck_assert(has_line(vfs_mountinfo, &jail, "6 5 0:2 / /r rw,relatime master:1 - tmpfs x rw"));
                vfs_path_put(&jail.root);
        }
END_TEST

/* Members in other namespaces are not seen. */
START_TEST(test_mountinfo_propagate_from_counts_the_own_namespace)
        {
                struct vfs_ctx other = root;
                struct vfs_path other_root;

                make_chain();
                ck_assert_int_eq(vfs_mntns_clone(&root, NULL, &other.mntns, &other_root, NULL), 0);
                other.root = other.cwd = other_root;
                ck_assert_int_eq(vfs_umount(&other, "/q", 0), 0);
                ck_assert_ptr_nonnull(strstr(text_of(vfs_mountinfo, &other),
                                             " / /r rw,relatime master:2 propagate_from:1 - "));
                ck_assert_int_eq(vfs_umount(&other, "/p", 0), 0);
                ck_assert_ptr_nonnull(
                        strstr(text_of(vfs_mountinfo, &other), " / /r rw,relatime master:2 - "));
                ck_assert(has_line(vfs_mountinfo, &root, "4 1 0:2 / /r rw,relatime master:2 - tmpfs x rw"));
                vfs_path_put(&other_root);
                vfs_mntns_put(other.mntns);
        }
END_TEST

/*
 * Sizes
 */

START_TEST(test_mountinfo_path_beyond_path_max)
        {
                struct vfs_ctx deep = descend(&root, NAME_200, 30);
                static char path[30 * 201 + 1], line[sizeof(path) + 64];
                size_t n = 0;

                for (int i = 0; i < 30; i++)
                        n += (size_t)snprintf(path + n, sizeof(path) - n, "/%s", NAME_200);
                ck_assert_int_eq(vfs_mount(&deep, "x", ".", "tmpfs", 0, NULL), 0);
                snprintf(line, sizeof(line), "2 1 0:2 / %s rw,relatime - tmpfs x rw", path);
                ck_assert(has_line(vfs_mountinfo, &root, line));
                snprintf(line, sizeof(line), "x %s tmpfs rw,relatime 0 0", path);
                ck_assert(has_line(vfs_mounts, &root, line));
                snprintf(line, sizeof(line), "device x mounted on %s with fstype tmpfs", path);
                ck_assert(has_line(vfs_mountstats, &root, line));
                vfs_path_put(&deep.cwd);
        }
END_TEST

START_TEST(test_mountinfo_options_beyond_a_page)
        {
                static const size_t lengths[] = { 4094, 4095, 4096, 8191, 8192, 100000 };
                static char options[100001], line[100100];

                make_dir("/m");
                odd_options = "";
                ck_assert_int_eq(vfs_mount(&root, "x", "/m", odd_type.name, 0, NULL), 0);
                for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
                        memset(options, 'o', lengths[i]);
                        options[0] = ',';
                        options[lengths[i]] = '\0';
                        odd_options = options;
                        snprintf(line, sizeof(line), "x /m od\\040d\\011\\043\\012\\134 rw,relatime%s 0 0",
                                 options);
                        ck_assert(has_line(vfs_mounts, &root, line));
                }
        }
END_TEST

START_TEST(test_mountinfo_buffers_that_do_not_fit)
        {
                static char buf[4096], whole[4096];

                make_mounts();
                for (size_t i = 0; i < N_LISTINGS; i++) {
                        const int64_t n = listings[i](&root, whole, sizeof(whole));

                        ck_assert_int_gt(n, 100);
                        ck_assert_int_eq(listings[i](&root, NULL, 0), n);
                        for (size_t size = 0; size <= (size_t)n + 1; size++) {
                                const size_t filled = size < (size_t)n ? size : (size_t)n;

                                memset(buf, '~', sizeof(buf));
                                ck_assert_int_eq(listings[i](&root, buf, size), n);
                                ck_assert_int_eq(memcmp(buf, whole, filled), 0);
                                ck_assert_int_eq(buf[filled], '~');
                        }
                }
        }
END_TEST

START_TEST(test_mountinfo_of_a_thousand_mounts)
        {
                char path[32], line[64];

                for (int i = 0; i < 1000; i++) {
                        snprintf(path, sizeof(path), "/%d", i);
                        mount_on(path, 0);
                }
                for (int i = 1; i < 1000; i += 2) {
                        snprintf(path, sizeof(path), "/%d", i);
                        ck_assert_int_eq(vfs_umount(&root, path, 0), 0);
                }
                for (int i = 0; i < 1000; i++) {
                        snprintf(line, sizeof(line), "x /%d tmpfs rw,relatime 0 0", i);
                        ck_assert_int_eq(has_line(vfs_mounts, &root, line), i % 2 == 0);
                }
        }
END_TEST

/*
 * Out of memory
 */

START_TEST(test_mountinfo_without_memory)
        {
                int64_t n, r;
                long fails;

                world_teardown();
                listing_setup_failing();
                make_mounts();
                for (size_t i = 0; i < N_LISTINGS; i++) {
                        n = listings[i](&root, NULL, 0);
                        ck_assert_int_gt(n, 0);
                        for (fails = 0, r = -ENOMEM; r != n; fails++) {
                                world_allocs_left = fails;
                                r = listings[i](&root, NULL, 0);
                                world_allocs_left = -1;
                                ck_assert(r == n || r == -ENOMEM);
                                ck_assert_int_lt(fails, 1000);
                        }
                        ck_assert_int_gt(fails, 3);
                }
                /* Nothing is held afterwards. */
                ck_assert_int_eq(vfs_umount(&root, "/bind", 0), 0);
        }
END_TEST

TEST_MAIN_FIXTURE("mountinfo", listing_setup, world_teardown, test_mountinfo_every_field,
                  test_mounts_every_field, test_mountstats_every_field,
                  test_mounts_read_only_is_of_mount_or_filesystem, test_mountinfo_of_removed_directory,
                  test_mountinfo_order_is_age, test_mountinfo_from_a_mount_as_root,
                  test_mountinfo_from_a_directory_as_root, test_mountinfo_of_mount_moved_out_of_sight,
                  test_mountinfo_propagation, test_mountinfo_propagate_from_where_the_master_is_outside,
                  test_mountinfo_propagate_from_counts_the_own_namespace, test_mountinfo_path_beyond_path_max,
                  test_mountinfo_options_beyond_a_page, test_mountinfo_buffers_that_do_not_fit,
                  test_mountinfo_of_a_thousand_mounts, test_mountinfo_without_memory)
