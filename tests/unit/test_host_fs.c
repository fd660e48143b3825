/*
 * test_host_fs.c - a host directory as a filesystem: that what is there is seen and what is done is done, that nothing
 * outside is reached, and the bounds of the caches. What Linux would answer is in tests/semantics, which runs on it, too.
 */
#include <sys/mman.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "tests/unit/host_world.h"

START_TEST(test_host_shows_what_is_there)
{
        struct vfs_statx st;
        struct stat host;

        world_up(NULL);
        host_mkdir("/d");
        host_file("/d/f", "hello");
        ck_assert_int_eq(chown(host_path("/d/f"), 12, 34), 0);
        ck_assert_int_eq(chmod(host_path("/d/f"), 0640), 0);
        st = stat_of("/d/f");
        ck_assert_int_eq(stat(host_path("/d/f"), &host), 0);
        ck_assert_uint_eq(st.ino, host.st_ino);
        ck_assert_uint_eq(st.size, 5);
        ck_assert_uint_eq(st.uid, 12);
        ck_assert_uint_eq(st.gid, 34);
        ck_assert_uint_eq(st.mode, 0100640);
        ck_assert_str_eq(content("/d/f"), "hello");
        ck_assert_int_eq(stat_error("/none"), -ENOENT);
        ck_assert_int_eq(stat_error("/d/f/x"), -ENOTDIR);
        world_down();
}
END_TEST

START_TEST(test_host_cached_names_are_walked_without_a_lock)
{
        uint64_t before;

        world_up(NULL);
        host_mkdir("/d");
        host_file("/d/f", "");
        stat_of("/d/f");
        stat_error("/d/none");
        before = reference_walks();
        stat_of("/d/f");
        ck_assert_int_eq(stat_error("/d/none"), -ENOENT);
        ck_assert_uint_eq(reference_walks(), before);
        /* Exclusive: what others do is not seen, by contract. */
        host_file("/d/none", "");
        ck_assert_int_eq(stat_error("/d/none"), -ENOENT);
        world_down();
}
END_TEST

START_TEST(test_host_own_changes_are_seen_at_once)
{
        struct vfs_file *file;
        struct stat host;

        world_up(NULL);
        ck_assert_int_eq(stat_error("/f"), -ENOENT);
        file = must_open("/f", VFS_O_CREAT | VFS_O_RDWR);
        ck_assert_int_eq(write_to(file, "12345", 5), 5);
        ck_assert_uint_eq(stat_of("/f").size, 5);
        ck_assert_int_eq(vfs_link(&root, NULL, "/f", NULL, "/g", 0), 0);
        ck_assert_uint_eq(stat_of("/f").nlink, 2);
        ck_assert_int_eq(write_to(file, "678", 3), 3);
        ck_assert_uint_eq(stat_of("/g").size, 8);
        ck_assert_uint_eq(stat_of("/g").ino, stat_of("/f").ino);
        ck_assert_int_eq(vfs_file_truncate(&root, file, 2), 0);
        ck_assert_uint_eq(stat_of("/g").size, 2);
        ck_assert_int_eq(stat(host_path("/g"), &host), 0);
        ck_assert_int_eq(host.st_size, 2);
        vfs_file_put(file);
        ck_assert_int_eq(vfs_rename(&root, NULL, "/f", NULL, "/h", 0), 0);
        ck_assert_int_eq(stat_error("/f"), -ENOENT);
        ck_assert_str_eq(content("/h"), "12");
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/h", 0), 0);
        ck_assert_uint_eq(stat_of("/g").nlink, 1);
        world_down();
}
END_TEST

START_TEST(test_host_symlinks_are_followed_in_the_namespace)
{
        char target[128];
        size_t len = 0;
        char buf[128];
        int64_t n;

        world_up(NULL);
        host_file("/secret", "the namespace's");
        snprintf(target, sizeof(target), "%s/secret", world_top);
        ck_assert_int_eq(symlink(target, host_path("/absolute")), 0);
        ck_assert_int_eq(symlink("../secret", host_path("/up")), 0);
        ck_assert_int_eq(symlink("/proc/self/root", host_path("/magic")), 0);
        /* ".." of the root is the root. */
        ck_assert_str_eq(content("/up"), "the namespace's");
        ck_assert_str_eq(content("/../../secret"), "the namespace's");
        ck_assert_int_eq(open_error(&root, "/absolute", 0), -ENOENT);
        ck_assert_int_eq(open_error(&root, "/magic/etc/passwd", 0), -ENOENT);
        n = vfs_readlink(&root, NULL, "/absolute", buf, sizeof(buf));
        len = strlen(target);
        ck_assert_int_eq(n, (int64_t)len);
        ck_assert_mem_eq(buf, target, len);
        world_down();
}
END_TEST

START_TEST(test_host_permissions_are_the_guests)
{
        struct vfs_file *file = NULL;
        struct vfs_statx st;
        struct stat host;

        world_up(NULL);
        host_mkdir("/closed");
        host_file("/closed/f", "");
        host_file("/mine", "");
        host_file("/suid", "");
        ck_assert_int_eq(chmod(host_path("/closed"), 0700), 0);
        ck_assert_int_eq(chmod(host_path("/mine"), 0600), 0);
        ck_assert_int_eq(chmod(host_path("/suid"), 06777), 0);
        ck_assert_int_eq(stat_as(&user, "/closed/f", &st), -EACCES);
        ck_assert_int_eq(open_error(&user, "/mine", VFS_O_RDONLY), -EACCES);
        ck_assert_int_eq(vfs_unlink(&user, NULL, "/mine", 0), -EACCES);
        ck_assert_int_eq(vfs_chmod(&user, NULL, "/mine", 0777, 0), -EPERM);
        ck_assert_int_eq(vfs_chown(&user, NULL, "/mine", 1000, 1000, 0), -EPERM);
        ck_assert_int_eq(vfs_mkdir(&user, NULL, "/x", 0777), -EACCES);
        ck_assert_int_eq(vfs_setxattr(&user, NULL, "/suid", "trusted.x", "1", 1, 0, 0), -EPERM);
        /* A write by somebody without the capability takes set-id bits, although the process has it. */
        ck_assert_int_eq(vfs_open(&user, NULL, "/suid", VFS_O_WRONLY, 0, &file), 0);
        {
                struct vfs_iter it;
                char byte = 'x';

                vfs_iter_init_buf(&it, &byte, 1);
                ck_assert_int_eq(vfs_file_write(&user, file, &it, 0), 1);
        }
        vfs_file_put(file);
        ck_assert_int_eq(stat(host_path("/suid"), &host), 0);
        ck_assert_uint_eq(host.st_mode & 07777, 0777);
        world_down();
}
END_TEST

START_TEST(test_host_new_files_have_the_guests_owner_and_mode)
{
        struct vfs_file *file = NULL;
        struct stat st;

        world_up(NULL);
        ck_assert_int_eq(vfs_chmod(&root, NULL, "/", 0777, 0), 0);
        umask(077);
        user.umask = 022;
        ck_assert_int_eq(vfs_open(&user, NULL, "/f", VFS_O_CREAT | VFS_O_WRONLY, 0666, &file), 0);
        vfs_file_put(file);
        ck_assert_int_eq(vfs_mkdir(&user, NULL, "/d", 0777), 0);
        ck_assert_int_eq(vfs_symlink(&user, "f", NULL, "/l"), 0);
        ck_assert_int_eq(vfs_mknod(&user, NULL, "/p", VFS_S_IFIFO | 0666, 0), 0);
        ck_assert_int_eq(vfs_mknod(&root, NULL, "/dev", VFS_S_IFCHR | 0666, VFS_DEV(1, 3)), -EPERM);
        static const struct {
                const char *path;
                mode_t mode;
        } want[] = { { "/f", 0100644 }, { "/d", 040755 }, { "/l", 0120777 }, { "/p", 010644 } };
        for (size_t i = 0; i < 4; i++) {
                ck_assert_int_eq(lstat(host_path(want[i].path), &st), 0);
                ck_assert_uint_eq(st.st_uid, 1000);
                ck_assert_uint_eq(st.st_gid, 1000);
                ck_assert_uint_eq(st.st_mode, want[i].mode);
        }
        world_down();
}
END_TEST

START_TEST(test_host_special_files_of_the_host_are_not_opened)
{
        struct vfs_file *reader = NULL, *writer = NULL;
        char byte;

        world_up(NULL);
        ck_assert_int_eq(mknod(host_path("/null"), S_IFCHR | 0666, makedev(1, 3)), 0);
        ck_assert_int_eq(mkfifo(host_path("/fifo"), 0666), 0);
        ck_assert_int_eq(mknod(host_path("/sock"), S_IFSOCK | 0666, 0), 0);
        ck_assert_uint_eq(stat_of("/null").rdev_major, 1);
        ck_assert_int_eq(open_error(&root, "/null", VFS_O_RDONLY), -ENXIO);
        ck_assert_int_eq(open_error(&root, "/sock", VFS_O_RDONLY), -ENXIO);
        /* The FIFO is the namespace's own. */
        ck_assert_int_eq(open_error(&root, "/fifo", VFS_O_WRONLY | VFS_O_NONBLOCK), -ENXIO);
        reader = must_open("/fifo", VFS_O_RDONLY | VFS_O_NONBLOCK);
        ck_assert_int_eq(open(host_path("/fifo"), O_WRONLY | O_NONBLOCK), -1);
        ck_assert_int_eq(errno, ENXIO);
        writer = must_open("/fifo", VFS_O_WRONLY);
        ck_assert_int_eq(write_to(writer, "x", 1), 1);
        ck_assert_int_eq(read_from(reader, &byte, 1), 1);
        vfs_file_put(reader);
        vfs_file_put(writer);
        world_down();
}
END_TEST

START_TEST(test_host_mount_points_of_the_host_are_not_crossed)
{
        world_up(NULL);
        ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
        ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
        host_mkdir("/m");
        host_mkdir("/bound");
        ck_assert_int_eq(mount("t", host_path("/m"), "tmpfs", 0, NULL), 0);
        ck_assert_int_eq(mount(world_top, host_path("/bound"), NULL, MS_BIND, NULL), 0);
        /* In this namespace of mounts the root is the one that was opened before. */
        if (stat_error("/m") == 0) {
                vfs_mntns_put(world_ns);
                ck_assert_int_eq(vfs_mntns_new(world_vfs, root.cred, world_dir, "host", 0, NULL, &world_ns), 0);
                vfs_ctx_init(&root, world_ns, root.cred);
        }
        ck_assert_int_eq(stat_error("/m"), -EXDEV);
        ck_assert_int_eq(stat_error("/bound/secret"), -EXDEV);
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/m", 0755), -EEXIST);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/m"), -EBUSY);
        ck_assert_int_eq(umount(host_path("/m")), 0);
        ck_assert_int_eq(umount(host_path("/bound")), 0);
        world_down();
}
END_TEST

static int listed(const char *path, const char *name, int *ret_count)
{
        struct vfs_file *file = must_open(path, VFS_O_DIRECTORY);
        char buf[300];
        int found = 0;
        int64_t n;

        *ret_count = 0;
        while ((n = vfs_file_getdents(&root, file, buf, sizeof(buf))) > 0) {
                for (int64_t at = 0; at < n;) {
                        struct vfs_dirent *e = (struct vfs_dirent *)(void *)(buf + at);

                        (*ret_count)++;
                        if (strcmp(e->name, name) == 0)
                                found = 1;
                        if (strcmp(path, "/") == 0 && strcmp(e->name, "..") == 0)
                                ck_assert_uint_eq(e->ino, stat_of("/").ino);
                        at += e->reclen;
                }
        }
        ck_assert_int_eq(n, 0);
        vfs_file_put(file);
        return found;
}

START_TEST(test_host_listings_are_the_hosts)
{
        char path[300];
        int count;

        world_up(NULL);
        for (int i = 0; i < 1000; i++) {
                snprintf(path, sizeof(path), "/%d-\xff\x01 odd", i);
                host_file(path, "");
        }
        ck_assert_int_eq(listed("/", "999-\xff\x01 odd", &count), 1);
        ck_assert_int_eq(count, 1002);
        world_down();
}
END_TEST

START_TEST(test_host_caches_are_bounded)
{
        char path[64];
        struct vfs_stats stats = { .size = sizeof(stats) };
        uint64_t bytes = 0;
        int fds, most = 0;

        world_up("max_dentries=50,max_fds=8");
        for (int i = 0; i < 40; i++) {
                snprintf(path, sizeof(path), "/d%d", i);
                host_mkdir(path);
                for (int k = 0; k < 20; k++) {
                        snprintf(path, sizeof(path), "/d%d/f%d", i, k);
                        host_file(path, "x");
                }
        }
        fds = open_fds();
        for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 40; i++) {
                        for (int k = 0; k < 20; k++) {
                                snprintf(path, sizeof(path), "/d%d/f%d", i, k);
                                ck_assert_str_eq(content(path), "x");
                                snprintf(path, sizeof(path), "/d%d/none%d", i, k);
                                ck_assert_int_eq(stat_error(path), -ENOENT);
                        }
                }
                if (open_fds() > most)
                        most = open_fds();
                vfs_reclaim(world_vfs, 0);
                vfs_get_stats(world_vfs, &stats);
                if (round == 1)
                        bytes = stats.bytes;
        }
        /* 8 that nobody uses, and the root's, which is there before. */
        ck_assert_int_le(most, fds + 9);
        ck_assert_uint_le(stats.bytes, bytes + 65536);
        world_down();
}
END_TEST

START_TEST(test_host_deep_trees_need_few_descriptors)
{
        char path[4096] = "";
        struct vfs_file *file;
        struct vfs_path deep;

        world_up("max_fds=2");
        for (int i = 0; i < 300; i++) {
                strcat(path, "/dir");
                ck_assert_int_eq(vfs_mkdir(&root, NULL, path, 0755), 0);
        }
        ck_assert_int_eq(vfs_lookup(&root, NULL, path, 0, &deep), 0);
        file = must_open(path, VFS_O_DIRECTORY);
        vfs_file_put(file);
        strcat(path, "/f");
        file = must_open(path, VFS_O_CREAT | VFS_O_WRONLY);
        vfs_file_put(file);
        ck_assert_int_eq(vfs_rename(&root, NULL, "/dir/dir", NULL, "/other", 0), 0);
        ck_assert_int_eq(open_error(&root, path, VFS_O_RDONLY), -ENOENT);
        memmove(path, path + 2, strlen(path + 2) + 1);
        memcpy(path, "/other", 6);
        vfs_file_put(must_open(path, VFS_O_RDONLY));
        vfs_path_put(&deep);
        world_down();
}
END_TEST

START_TEST(test_host_a_held_file_outlives_its_name)
{
        struct vfs_file *file, *place;
        struct vfs_statx st;

        world_up("max_fds=1");
        host_file("/f", "data");
        host_mkdir("/d");
        file = must_open("/f", VFS_O_RDWR);
        place = must_open("/d", VFS_O_PATH);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/f", 0), 0);
        ck_assert_int_eq(vfs_rmdir(&root, NULL, "/d"), 0);
        ck_assert_int_eq(vfs_file_statx(&root, file, 0, &st), 0);
        ck_assert_uint_eq(st.nlink, 0);
        ck_assert_uint_eq(st.size, 4);
        ck_assert_int_eq(vfs_file_chmod(&root, file, 0600), 0);
        ck_assert_int_eq(vfs_file_statx(&root, file, 0, &st), 0);
        ck_assert_uint_eq(st.mode & 0777, 0600);
        ck_assert_int_eq(vfs_file_statx(&root, place, 0, &st), 0);
        ck_assert_uint_eq(st.nlink, 0);
        ck_assert_int_eq(open_error(&root, "/f", VFS_O_RDONLY), -ENOENT);
        vfs_file_put(file);
        vfs_file_put(place);
        world_down();
}
END_TEST

START_TEST(test_host_shared_sees_what_others_do)
{
        struct vfs_file *file;
        struct vfs_statx st;

        world_up("mode=shared");
        ck_assert_int_eq(stat_error("/f"), -ENOENT);
        host_file("/f", "one");
        ck_assert_str_eq(content("/f"), "one");
        host_file("/f", "three");
        ck_assert_uint_eq(stat_of("/f").size, 5);
        file = must_open("/f", VFS_O_RDONLY);
        host_file("/new", "replaced");
        ck_assert_int_eq(rename(host_path("/new"), host_path("/f")), 0);
        ck_assert_str_eq(content("/f"), "replaced");
        ck_assert_int_eq(vfs_file_statx(&root, file, 0, &st), 0);
        ck_assert_uint_eq(st.nlink, 0);
        ck_assert_uint_eq(st.size, 5);
        vfs_file_put(file);
        ck_assert_int_eq(unlink(host_path("/f")), 0);
        ck_assert_int_eq(stat_error("/f"), -ENOENT);
        /* Of another type now. */
        host_mkdir("/f");
        host_file("/f/x", "in");
        ck_assert_str_eq(content("/f/x"), "in");
        ck_assert_int_eq(chmod(host_path("/f"), 0700), 0);
        ck_assert_int_eq(stat_as(&user, "/f/x", &st), -EACCES);
        ck_assert_int_eq(chmod(host_path("/f"), 0755), 0);
        ck_assert_int_eq(stat_as(&user, "/f/x", &st), 0);
        world_down();
}
END_TEST

START_TEST(test_host_shared_a_moved_directory_is_new_at_its_new_place)
{
        struct vfs_file *dir, *file;
        struct vfs_statx st;
        char path[80];

        world_up("mode=shared");
        host_mkdir("/a");
        host_mkdir("/a/b");
        host_file("/a/b/f", "data");
        dir = must_open("/a/b", VFS_O_PATH | VFS_O_DIRECTORY);
        file = must_open("/a/b/f", VFS_O_RDONLY);
        snprintf(path, sizeof(path), "%s/out", world_top);
        ck_assert_int_eq(rename(host_path("/a"), path), 0);
        ck_assert_int_eq(stat_error("/a/b/f"), -ENOENT);
        /* Who stands in it has a removed directory; who has the file open has the file. */
        ck_assert_int_eq(vfs_statx(&root, dir, "f", 0, 0, &st), -ENOENT);
        ck_assert_int_eq(vfs_mkdir(&root, dir, "x", 0755), -ENOENT);
        ck_assert_int_eq(vfs_file_statx(&root, file, 0, &st), 0);
        ck_assert_uint_eq(st.size, 4);
        ck_assert_int_eq(rename(path, host_path("/c")), 0);
        ck_assert_str_eq(content("/c/b/f"), "data");
        ck_assert_int_eq(vfs_rename(&root, NULL, "/c/b", NULL, "/c/b/b", 0), -EINVAL);
        vfs_file_put(dir);
        vfs_file_put(file);
        world_down();
}
END_TEST

START_TEST(test_host_maps_the_hosts_file)
{
        struct vfs_mapping *mapping;
        struct vfs_file *file;
        uint64_t length;
        int64_t offset;
        char *p;
        int fd;

        world_up(NULL);
        host_file("/f", "0123456789");
        file = must_open("/f", VFS_O_RDWR);
        ck_assert_int_eq(vfs_file_map(&root, file, 0, 8192, VFS_PROT_READ | VFS_PROT_WRITE, 1, &mapping), 0);
        ck_assert_int_eq(vfs_mapping_run(mapping, 0, &fd, &offset, &length), 0);
        ck_assert_int_eq(offset, 0);
        ck_assert_uint_eq(length, 4096);
        ck_assert_int_eq(vfs_mapping_run(mapping, 4096, &fd, &offset, &length), -EINVAL);
        p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
        ck_assert(p != MAP_FAILED);
        p[0] = 'X';
        ck_assert_str_eq(content("/f"), "X123456789");
        munmap(p, 4096);
        vfs_mapping_put(mapping);
        vfs_file_put(file);
        world_down();
}
END_TEST

START_TEST(test_host_xattrs_are_the_hosts)
{
        char buf[64];

        world_up(NULL);
        host_file("/f", "");
        ck_assert_int_eq(vfs_setxattr(&root, NULL, "/f", "trusted.x", "1", 1, 0, 0), 0);
        ck_assert_int_eq(getxattr(host_path("/f"), "trusted.x", buf, sizeof(buf)), 1);
        ck_assert_int_eq(vfs_listxattr(&root, NULL, "/f", buf, sizeof(buf), 0), 10);
        ck_assert_str_eq(buf, "trusted.x");
        ck_assert_int_eq(vfs_listxattr(&user, NULL, "/f", buf, sizeof(buf), 0), 0);
        ck_assert_int_eq(vfs_getxattr(&user, NULL, "/f", "trusted.x", buf, sizeof(buf), 0), -ENODATA);
        ck_assert_int_eq(vfs_getxattr(&root, NULL, "/f", "system.posix_acl_access", buf, sizeof(buf), 0), -EOPNOTSUPP);
        ck_assert_int_eq(vfs_removexattr(&root, NULL, "/f", "trusted.x", 0), 0);
        ck_assert_int_eq(getxattr(host_path("/f"), "trusted.x", buf, sizeof(buf)), -1);
        world_down();
}
END_TEST

START_TEST(test_host_tmpfiles_are_the_hosts)
{
        struct vfs_file *file;
        int count;

        world_up(NULL);
        ck_assert_int_eq(vfs_open(&root, NULL, "/", VFS_O_TMPFILE | VFS_O_RDWR, 0600, &file), 0);
        ck_assert_int_eq(write_to(file, "tmp", 3), 3);
        listed("/", "", &count);
        ck_assert_int_eq(count, 2);
        ck_assert_int_eq(vfs_link(&root, file, "", NULL, "/named", VFS_AT_EMPTY_PATH), 0);
        vfs_file_put(file);
        ck_assert_str_eq(content("/named"), "tmp");
        ck_assert_uint_eq(stat_of("/named").nlink, 1);
        world_down();
}
END_TEST

START_TEST(test_host_read_only_changes_nothing)
{
        world_up("ro");
        host_file("/f", "x");
        ck_assert_str_eq(content("/f"), "x");
        ck_assert_int_eq(open_error(&root, "/f", VFS_O_WRONLY), -EROFS);
        ck_assert_int_eq(open_error(&root, "/f", VFS_O_RDONLY | VFS_O_TRUNC), -EROFS);
        ck_assert_int_eq(open_error(&root, "/g", VFS_O_CREAT | VFS_O_WRONLY), -EROFS);
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/d", 0755), -EROFS);
        ck_assert_int_eq(vfs_unlink(&root, NULL, "/f", 0), -EROFS);
        ck_assert_int_eq(vfs_rename(&root, NULL, "/f", NULL, "/g", 0), -EROFS);
        ck_assert_int_eq(vfs_chmod(&root, NULL, "/f", 0777, 0), -EROFS);
        ck_assert_int_eq(vfs_setxattr(&root, NULL, "/f", "trusted.x", "1", 1, 0, 0), -EROFS);
        world_down();
}
END_TEST

START_TEST(test_host_options_are_checked)
{
        static const char *const bad[] = { "mode=other", "mode", "max_fds=0", "max_dentries=-1", "max_fds=x", "unknown" };
        struct vfs_mntns *ns;

        world_up(NULL);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                ck_assert_int_eq(vfs_mntns_new(world_vfs, root.cred, world_dir, "host", 0, bad[i], &ns), -EINVAL);
        ck_assert_int_eq(vfs_mntns_new(world_vfs, root.cred, "/none/such", "host", 0, NULL, &ns), -ENOENT);
        host_file("/f", "");
        ck_assert_int_eq(vfs_mntns_new(world_vfs, root.cred, host_path("/f"), "host", 0, NULL, &ns), -ENOTDIR);
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/m", 0755), 0);
        vfs_host_forbid(&world_type);
        ck_assert_int_eq(vfs_mntns_new(world_vfs, root.cred, world_dir, "host", 0, NULL, &ns), -EPERM);
        ck_assert_int_eq(vfs_mount(&root, "/", "/m", "host", 0, NULL), -EPERM);
        world_down();
}
END_TEST

START_TEST(test_host_sources_stay_beneath_the_descriptor)
{
        static struct vfs_host_type type;
        struct vfs_mntns *ns;
        struct vfs *vfs;
        int fd;

        world_up(NULL);
        host_mkdir("/d");
        ck_assert_int_eq(symlink("/etc", host_path("/out")), 0);
        fd = open(world_dir, O_PATH | O_DIRECTORY);
        ck_assert_int_eq(vfs_new(NULL, &vfs), 0);
        ck_assert_int_eq(vfs_host_register(vfs, &type, fd), 0);
        ck_assert_int_eq(vfs_mntns_new(vfs, root.cred, "/d", "host", 0, NULL, &ns), 0);
        vfs_mntns_put(ns);
        ck_assert_int_eq(vfs_mntns_new(vfs, root.cred, "../../../d", "host", 0, NULL, &ns), 0);
        vfs_mntns_put(ns);
        ck_assert_int_eq(vfs_mntns_new(vfs, root.cred, "/out", "host", 0, NULL, &ns), -ENOENT);
        ck_assert_int_eq(vfs_mntns_new(vfs, root.cred, "/etc", "host", 0, NULL, &ns), -ENOENT);
        vfs_free(vfs);
        close(fd);
        world_down();
}
END_TEST

START_TEST(test_host_without_free_descriptors_fails_and_recovers)
{
        const struct rlimit few = { 200, 200 };
        int fds[1024], n = 0;

        world_up("max_fds=64");
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
        host_mkdir("/d");
        for (int i = 0; i < 40; i++) {
                char path[32];

                snprintf(path, sizeof(path), "/d/f%d", i);
                host_file(path, "x");
                content(path);
        }
        while (n < 1024 && (fds[n] = open("/dev/null", O_RDONLY)) >= 0)
                n++;
        if (n < 1024) {
                /* Unused ones are given up. */
                ck_assert_str_eq(content("/d/f0"), "x");
        }
        while (n > 0)
                close(fds[--n]);
        ck_assert_str_eq(content("/d/f39"), "x");
        world_down();
}
END_TEST

TEST_MAIN("host_fs", test_host_shows_what_is_there, test_host_cached_names_are_walked_without_a_lock,
          test_host_own_changes_are_seen_at_once, test_host_symlinks_are_followed_in_the_namespace,
          test_host_permissions_are_the_guests, test_host_new_files_have_the_guests_owner_and_mode,
          test_host_special_files_of_the_host_are_not_opened, test_host_mount_points_of_the_host_are_not_crossed,
          test_host_listings_are_the_hosts, test_host_caches_are_bounded, test_host_deep_trees_need_few_descriptors,
          test_host_a_held_file_outlives_its_name, test_host_shared_sees_what_others_do,
          test_host_shared_a_moved_directory_is_new_at_its_new_place, test_host_maps_the_hosts_file,
          test_host_xattrs_are_the_hosts, test_host_tmpfiles_are_the_hosts, test_host_read_only_changes_nothing,
          test_host_options_are_checked, test_host_sources_stay_beneath_the_descriptor,
          test_host_without_free_descriptors_fails_and_recovers)
