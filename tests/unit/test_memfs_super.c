/*
 * memfs: mount options as tmpfs parses them, limits, statfs, remounting, read-only mounts, extended attributes.
 */
#include <stdio.h>

#include "tests/unit/memfs_world.h"

/* What a mount with these options shows, or the error. */
static const char *shown(const char *options)
{
        static char text[4096];
        int64_t n;
        char *line, *end;
        int r;

        r = vfs_mount(&root, "t", "/m", "tmpfs", 0, options);
        if (r < 0) {
                snprintf(text, sizeof(text), "%d", r);
                return text;
        }
        n = vfs_mountinfo(&root, text, sizeof(text) - 1);
        ck_assert_int_gt(n, 0);
        text[n] = '\0';
        line = strstr(text, " /m ");
        ck_assert_ptr_nonnull(line);
        line = strstr(line, " - tmpfs t ");
        ck_assert_ptr_nonnull(line);
        line += strlen(" - tmpfs t ");
        end = strchr(line, '\n');
        if (end)
                *end = '\0';
        ck_assert_int_eq(vfs_umount(&root, "/m", 0), 0);
        return line;
}

START_TEST(test_memfs_options_show_as_tmpfs_shows_them)
{
        static const char *const cases[][2] = {
                { "size=4k", "rw,size=4k" },
                { "size=0", "rw,size=0k" },
                { "size=5000", "rw,size=8k" },
                { "size=0x1000", "rw,size=4k" },
                { "size=1m,size=2M", "rw,size=2048k" },
                { "size=4k,,size=8k", "rw,size=8k" },
                { "size=18446744073709551615", "rw,size=0k" },
                { "nr_blocks=5", "rw,size=20k" },
                { "nr_inodes=5k", "rw,nr_inodes=5120" },
                { "nr_inodes=0", "rw,nr_inodes=0" },
                { "mode=755", "rw,mode=755" },
                { "mode=7777777", "rw,mode=7777" },
                { "mode=1777", "rw" },
                { "uid=5,gid=6", "rw,uid=5,gid=6" },
                { "uid=0x10", "rw,uid=16" },
                { "huge=always", "rw,huge=always" },
                { "huge=never", "rw" },
                { "mpol=default", "rw" },
                { "mpol=bind:0", "rw,mpol=bind:0" },
                { "mpol=interleave:0-3,5,size=4k", "rw,size=4k,mpol=interleave:0-3,5" },
                { "noswap", "rw,noswap" },
                { "inode32", "rw" },
                { "inode64", "rw,inode64" },
                { "", "rw" },
                { ",,", "rw" },
                { "=x", "rw" },
        };

        vfs_mkdir(&root, NULL, "/m", 0755);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                ck_assert_str_eq(shown(cases[i][0]), cases[i][1]);
}
END_TEST

START_TEST(test_memfs_bad_options_are_einval)
{
        static const char *const cases[] = {
                "zork",      "size=",       "size",          "size=4x",     "size=-1",        "nr_inodes=-1",
                "mode=0888", "mode=",       "uid=-1",        "uid=4294967295", "uid=x",       "gid=99999999999",
                "huge=xx",   "mpol=zork",   "noswap=1",      "inode64=1",   "nr_blocks=99999999999999999999e",
                "mpol=bind", "mpol=bind:x", "mpol=local:0",  "size=4%x",    "nr_inodes=18446744073709551615",
        };

        vfs_mkdir(&root, NULL, "/m", 0755);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                ck_assert_msg(vfs_mount(&root, "t", "/m", "tmpfs", 0, cases[i]) == -EINVAL, "%s", cases[i]);
}
END_TEST

START_TEST(test_memfs_inode_limit_counts_inodes_links_and_xattrs)
{
        struct vfs_statfs st;
        static char value[2000];

        world_teardown();
        world_up(&(struct vfs_config){ 0 }, "nr_inodes=4");
        vfs_statfs(&root, "/", &st);
        ck_assert_uint_eq(st.type, VFS_TMPFS_MAGIC);
        ck_assert_uint_eq(st.bsize, 4096);
        ck_assert_uint_eq(st.namelen, 255);
        ck_assert_uint_eq(st.files, 4);
        ck_assert_uint_eq(st.ffree, 3);
        touch("/a");
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/b", 0755), 0);
        ck_assert_int_eq(vfs_link(&root, NULL, "/a", NULL, "/c", 0), 0);
        ck_assert_int_eq(vfs_link(&root, NULL, "/a", NULL, "/d", 0), -ENOSPC);
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/d", 0755), -ENOSPC);
        ck_assert_int_eq(vfs_symlink(&root, "x", NULL, "/d"), -ENOSPC);
        ck_assert_int_eq(open_error(&root, "/d", VFS_O_CREAT | VFS_O_RDWR, 0644), -ENOSPC);
        ck_assert_int_eq(vfs_rename(&root, NULL, "/a", NULL, "/d", VFS_RENAME_WHITEOUT), -ENOSPC);
        ck_assert(exists("/a") && !exists("/d"));
        ck_assert_int_eq(vfs_setxattr(&root, NULL, "/b", "user.x", "y", 1, 0, 0), -ENOSPC);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/c", 0), 0);
        ck_assert_int_eq(vfs_setxattr(&root, NULL, "/b", "user.x", value, 900, 0, 0), 0);
        ck_assert_int_eq(vfs_setxattr(&root, NULL, "/b", "user.y", value, 900, 0, 0), -ENOSPC);
        ck_assert_int_eq(vfs_removexattr(&root, NULL, "/b", "user.x", 0), 0);
        ck_assert_int_eq(vfs_setxattr(&root, NULL, "/b", "user.y", value, 900, 0, 0), 0);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/b"), 0);
        vfs_statfs(&root, "/", &st);
        ck_assert_uint_eq(st.ffree, 2);
}
END_TEST

START_TEST(test_memfs_remount_keeps_limits_above_what_is_used)
{
        static char buf[20480];
        struct vfs_statfs st;
        struct vfs_file *f;

        vfs_mkdir(&root, NULL, "/m", 0755);
        ck_assert_int_eq(vfs_mount(&root, "t", "/m", "tmpfs", 0, "size=40k,nr_inodes=10"), 0);
        f = must_open("/m/f", VFS_O_CREAT | VFS_O_RDWR);
        ck_assert_int_eq(pwrite_to(f, buf, sizeof(buf), 0), (int64_t)sizeof(buf));
        vfs_file_put(f);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, "size=16k"), -EINVAL);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, "nr_inodes=1"), -EINVAL);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, "size=80k,nr_inodes=1"), -EINVAL);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, "noswap"), -EINVAL);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, "zork"), -EINVAL);
        vfs_statfs(&root, "/m", &st);
        ck_assert_uint_eq(st.blocks, 10);
        ck_assert_uint_eq(st.bfree, 5);
        ck_assert_uint_eq(st.files, 10);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, "size=20k,nr_inodes=2"), 0);
        vfs_statfs(&root, "/m", &st);
        ck_assert_uint_eq(st.bfree, 0);
        ck_assert_uint_eq(st.ffree, 0);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, "size=0"), 0);
        vfs_statfs(&root, "/m", &st);
        ck_assert_uint_eq(st.blocks, 0);
        /* No limit cannot become one. */
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, "size=1g"), -EINVAL);
        ck_assert_int_eq(vfs_umount(&root, "/m", 0), 0);
}
END_TEST

START_TEST(test_memfs_read_only_precedence)
{
        struct vfs_file *f;

        touch("/f");
        vfs_mkdir(&root, NULL, "/d", 0755);
        vfs_mknod(&root, NULL, "/p", VFS_S_IFIFO | 0600, 0);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/", NULL, VFS_MS_REMOUNT | VFS_MS_BIND | VFS_MS_RDONLY, NULL), 0);
        f = must_open("/f", VFS_O_CREAT | VFS_O_RDONLY);
        vfs_file_put(f);
        ck_assert_int_eq(open_error(&root, "/f", VFS_O_CREAT | VFS_O_EXCL | VFS_O_RDONLY, 0644), -EEXIST);
        ck_assert_int_eq(open_error(&root, "/f", VFS_O_WRONLY, 0), -EROFS);
        ck_assert_int_eq(open_error(&root, "/f", VFS_O_RDONLY | VFS_O_TRUNC, 0), -EROFS);
        ck_assert_int_eq(open_error(&root, "/n", VFS_O_CREAT | VFS_O_RDONLY, 0644), -EROFS);
        ck_assert_int_eq(open_error(&root, "/d", VFS_O_TMPFILE | VFS_O_RDWR, 0644), -EROFS);
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/d", 0755), -EEXIST);
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/n", 0755), -EROFS);
        ck_assert_int_eq(vfs_symlink(&root, "x", NULL, "/f"), -EEXIST);
        ck_assert_int_eq(vfs_link(&root, NULL, "/f", NULL, "/d", 0), -EEXIST);
        ck_assert_int_eq(vfs_link(&root, NULL, "/f", NULL, "/n", 0), -EROFS);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/none", 0), -EROFS);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/none"), -EROFS);
        ck_assert_int_eq(vfs_rename(&root, NULL, "/none", NULL, "/n", 0), -EROFS);
        f = must_open("/p", VFS_O_RDWR);
        vfs_file_put(f);
}
END_TEST

START_TEST(test_memfs_mount_points_are_busy_and_binds_are_crossings)
{
        struct vfs_file *f;

        vfs_mkdir(&root, NULL, "/m", 0755);
        vfs_mkdir(&root, NULL, "/d", 0755);
        touch("/f");
        touch("/g");
        ck_assert_int_eq(vfs_mount(&root, "t", "/m", "tmpfs", 0, NULL), 0);
        ck_assert_int_eq(vfs_mount(&root, "/f", "/g", NULL, VFS_MS_BIND, NULL), 0);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/m"), -EBUSY);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/g", 0), -EBUSY);
        ck_assert_int_eq(vfs_rename(&root, NULL, "/m", NULL, "/x", 0), -EBUSY);
        ck_assert_int_eq(vfs_rename(&root, NULL, "/d", NULL, "/m", 0), -EBUSY);
        ck_assert_int_eq(vfs_rename(&root, NULL, "/d", NULL, "/m", VFS_RENAME_EXCHANGE), -EBUSY);
        ck_assert_int_eq(vfs_rename(&root, NULL, "/d", NULL, "/m/x", 0), -EXDEV);
        ck_assert_int_eq(vfs_link(&root, NULL, "/f", NULL, "/m/x", 0), -EXDEV);
        ck_assert_int_eq(vfs_link(&root, NULL, "/g", NULL, "/x", 0), -EXDEV);
        /* O_CREAT on a file that is mounted over opens what is mounted. */
        f = must_open("/g", VFS_O_CREAT | VFS_O_RDWR);
        ck_assert_uint_eq(fstat_of(f).ino, stat_of("/f").ino);
        vfs_file_put(f);
        ck_assert_int_eq(open_error(&root, "/g", VFS_O_CREAT | VFS_O_EXCL | VFS_O_RDWR, 0644), -EEXIST);
        ck_assert_int_eq(open_error(&root, "/m", VFS_O_CREAT | VFS_O_RDONLY, 0644), -EISDIR);
        f = must_open("/m/new", VFS_O_CREAT | VFS_O_RDWR);
        vfs_file_put(f);
        ck_assert_int_eq(vfs_umount(&root, "/g", 0), 0);
        ck_assert_int_eq(vfs_umount(&root, "/m", 0), 0);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/m"), 0);
}
END_TEST

START_TEST(test_memfs_empty_file_costs_at_most_400_bytes)
{
        struct vfs_stats before = { .size = sizeof(before) }, after = before;
        char name[32];

        vfs_mkdir(&root, NULL, "/d", 0755);
        vfs_get_stats(world_vfs, &before);
        for (int i = 0; i < 20000; i++) {
                snprintf(name, sizeof(name), "/d/file%d", i);
                ck_assert_int_eq(vfs_mknod(&root, NULL, name, VFS_S_IFREG | 0644, 0), 0);
        }
        vfs_get_stats(world_vfs, &after);
        ck_assert_uint_ge(after.bytes - before.bytes, 20000 * 320);
        /* Without jemalloc each block has a header, and room to be aligned in. */
        if (VFS_HAVE_JEMALLOC)
                ck_assert_uint_le(after.bytes - before.bytes, 20000 * 400);
}
END_TEST

START_TEST(test_memfs_xattrs)
{
        char buf[64] = "";
        struct vfs_file *f;

        touch("/f");
        world_tick();
        ck_assert_int_eq(vfs_setxattr(&root, NULL, "/f", "user.a", "1", 1, 0, 0), 0);
        ck_assert_int_eq(stat_of("/f").ctime.sec, world_time.sec);
        ck_assert_int_eq(stat_of("/f").mtime.sec, world_time.sec - 1);
        ck_assert_int_eq(vfs_setxattr(&root, NULL, "/f", "user.a", "2", 1, VFS_XATTR_CREATE, 0), -EEXIST);
        ck_assert_int_eq(vfs_setxattr(&root, NULL, "/f", "user.b", "2", 1, VFS_XATTR_REPLACE, 0), -ENODATA);
        ck_assert_int_eq(vfs_setxattr(&root, NULL, "/f", "trusted.t", "22", 2, 0, 0), 0);
        ck_assert_int_eq(vfs_setxattr(&root, NULL, "/f", "system.x", "22", 2, 0, 0), -EOPNOTSUPP);
        ck_assert_int_eq(vfs_getxattr(&root, NULL, "/f", "user.a", buf, sizeof(buf), 0), 1);
        ck_assert_int_eq(vfs_getxattr(&root, NULL, "/f", "trusted.t", buf, 1, 0), -ERANGE);
        ck_assert_int_eq(vfs_listxattr(&root, NULL, "/f", buf, sizeof(buf), 0), 17);
        ck_assert_int_eq(vfs_listxattr(&user, NULL, "/f", buf, sizeof(buf), 0), 7);
        ck_assert_str_eq(buf, "user.a");
        ck_assert_int_eq(vfs_removexattr(&root, NULL, "/f", "user.z", 0), -ENODATA);
        /* A write takes the capability away. */
        ck_assert_int_eq(vfs_setxattr(&root, NULL, "/f", "security.capability", "xxxxxxxxxxxxxxxxxxxx", 20, 0, 0), 0);
        f = must_open("/f", VFS_O_WRONLY);
        ck_assert_int_eq(write_to(f, "x", 1), 1);
        vfs_file_put(f);
        ck_assert_int_eq(vfs_getxattr(&root, NULL, "/f", "security.capability", buf, sizeof(buf), 0), -ENODATA);
}
END_TEST

START_TEST(test_memfs_nameless_file_shows_where_it_was_made)
{
        struct vfs_file *f;
        char buf[64];

        vfs_mkdir(&root, NULL, "/d", 0755);
        f = must_open("/d", VFS_O_TMPFILE | VFS_O_RDWR);
        ck_assert_int_gt(vfs_path_name(&root, vfs_file_path(f), buf, sizeof(buf)), 0);
        ck_assert_ptr_eq(strstr(buf, "/d/#"), buf);
        ck_assert_ptr_nonnull(strstr(buf, " (deleted)"));
        vfs_file_put(f);
}
END_TEST

TEST_MAIN_FIXTURE("memfs_super", world_setup, world_teardown,
                  test_memfs_options_show_as_tmpfs_shows_them,
                  test_memfs_bad_options_are_einval,
                  test_memfs_inode_limit_counts_inodes_links_and_xattrs,
                  test_memfs_remount_keeps_limits_above_what_is_used,
                  test_memfs_read_only_precedence,
                  test_memfs_mount_points_are_busy_and_binds_are_crossings,
                  test_memfs_empty_file_costs_at_most_400_bytes,
                  test_memfs_xattrs,
                  test_memfs_nameless_file_shows_where_it_was_made)
