/*
 * mountflags.c - the flags of mounts and of filesystems: what mount(2) makes of
 * them, what a remount changes, what they forbid.
 */
#include "tests/semantics/mounts.h"

#include <sys/statvfs.h>

/* The two columns of options in mountinfo, the filesystem's without its own options. */
static const char *options_of(const char *point)
{
        static char text[512];
        const struct mount_line *line = mount_at(point);

        snprintf(text, sizeof(text), "%s - %s", line->opts, line->super);
        return text;
}

START_TEST(test_flags_of_a_new_mount)
{
        static const struct {
                uint64_t flags;
                const char *options;
        } rows[] = {
                { 0, "rw,relatime - rw" },
                { MS_RDONLY, "ro,relatime - ro" },
                { MS_NOSUID | MS_NODEV | MS_NOEXEC, "rw,nosuid,nodev,noexec,relatime - rw" },
                { MS_NOATIME, "rw,noatime - rw" },
                { MS_NODIRATIME, "rw,nodiratime,relatime - rw" },
                { MS_RELATIME, "rw,relatime - rw" },
                { MS_STRICTATIME, "rw - rw" },
                { MS_STRICTATIME | MS_NODIRATIME, "rw,nodiratime - rw" },
                { MS_NOATIME | MS_RELATIME, "rw,noatime - rw" },
                { MS_NOATIME | MS_STRICTATIME, "rw - rw" },
                { MS_RELATIME | MS_STRICTATIME, "rw - rw" },
                { VFS_MS_NOSYMFOLLOW, "rw,relatime,nosymfollow - rw" },
                { MS_SYNCHRONOUS, "rw,relatime - rw,sync" },
                { MS_DIRSYNC, "rw,relatime - rw,dirsync" },
                { MS_LAZYTIME, "rw,relatime - rw,lazytime" },
                { MS_MANDLOCK, "rw,relatime - rw,mand" },
                { MS_RDONLY | MS_SYNCHRONOUS | MS_DIRSYNC | MS_MANDLOCK | MS_LAZYTIME,
                  "ro,relatime - ro,sync,dirsync,mand,lazytime" },
                { MS_SILENT | MS_I_VERSION | MS_REC, "rw,relatime - rw" },
                { 0xC0ED0000, "rw,relatime - rw" }, /* what old programs put in the upper half */
        };

        make_dirs("m");
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                CHECK_ROW(i, rows[i].options, 0, sys_mount("t", "m", "tmpfs", rows[i].flags, NULL));
                WANT_STR(rows[i].options, options_of("/m"));
                OK(sys_umount("m"));
        }
}
END_TEST

START_TEST(test_nouser_is_einval_before_privilege)
{
        make_dirs("m");
        ERR(EINVAL, sys_mount("t", "m", "tmpfs", 1u << 31, NULL));
        ERR(ENOENT, sys_mount("t", "nope", "tmpfs", 1u << 31, NULL));
        as_cred(0, 0, 0);
        ERR(EINVAL, sys_mount("t", "m", "tmpfs", 1u << 31, NULL));
        ERR(EPERM, sys_mount("t", "m", "nosuch", 0, NULL));
        ERR(EPERM, sys_mount("t", "m", NULL, 0, NULL));
        ERR(EPERM, sys_remount("m", 0));
        ERR(EPERM, sys_umount("m"));
}
END_TEST

START_TEST(test_source_of_a_mount)
{
        make_dirs("m");
        OK(sys_mount("a#b c\\d", "m", "tmpfs", 0, NULL));
        WANT_STR("a\\043b\\040c\\134d", mount_at("/m")->source);
        OK(sys_mount(NULL, "m", "tmpfs", 0, NULL));
        WANT_STR("none", mount_at("/m")->source);
        OK(sys_mount("", "m", "tmpfs", 0, NULL));
        WANT_STR("", mount_at("/m")->source);
}
END_TEST

START_TEST(test_bind_takes_the_flags_of_its_source)
{
        make_dirs("m b");
        OK(sys_mount("t", "m", "tmpfs", MS_NOSUID | MS_NOATIME | VFS_MS_NOSYMFOLLOW, NULL));
        OK(sys_mount("m", "b", NULL, MS_BIND | MS_RDONLY | MS_NODEV | MS_STRICTATIME, NULL));
        WANT_STR("rw,nosuid,noatime,nosymfollow - rw", options_of("/b"));
        OK(sys_remount("m", MS_BIND | MS_RDONLY));
        OK(sys_umount("b"));
        OK(mount_bind("m", "b"));
        WANT_STR("ro,noatime - rw", options_of("/b"));
}
END_TEST

START_TEST(test_bind_remount_sets_all_flags_but_those_of_atime)
{
        make_dirs("m b");
        OK(sys_mount("t", "m", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOATIME | MS_NODIRATIME, NULL));
        OK(mount_bind("m", "b"));
        OK(sys_remount("m", MS_BIND | MS_NOEXEC));
        WANT_STR("rw,noexec,noatime,nodiratime - rw", options_of("/m")); /* no atime flag given: as it was */
        OK(sys_remount("m", MS_BIND | MS_NOATIME));
        WANT_STR("rw,noatime - rw", options_of("/m"));
        OK(sys_remount("m", MS_BIND | MS_NODIRATIME));
        WANT_STR("rw,nodiratime,relatime - rw", options_of("/m"));
        OK(sys_remount("m", MS_BIND | MS_STRICTATIME));
        WANT_STR("rw - rw", options_of("/m"));
        OK(sys_remount("m", MS_BIND));
        WANT_STR("rw - rw", options_of("/m"));
        OK(sys_remount("m", MS_BIND | MS_RELATIME));
        WANT_STR("rw,relatime - rw", options_of("/m"));
        OK(sys_remount("m", MS_BIND | MS_RDONLY | VFS_MS_NOSYMFOLLOW));
        WANT_STR("ro,relatime,nosymfollow - rw", options_of("/m"));
        WANT_STR("rw,nosuid,nodev,noatime,nodiratime - rw", options_of("/b")); /* another mount */
}
END_TEST

START_TEST(test_bind_remount_ignores_flags_of_the_filesystem_and_options)
{
        make_mounts("m");
        OK(sys_mount(NULL, "m", NULL,
                     MS_REMOUNT | MS_BIND | MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME | MS_MANDLOCK,
                     "zork=1"));
        WANT_STR("rw,relatime - rw,mode=755", options_of("/m"));
        OK(sys_mount("x", "m", "nosuch", MS_REMOUNT | MS_BIND | MS_NOSUID, "size=abc"));
        WANT_STR("rw,nosuid,relatime - rw,mode=755", options_of("/m"));
        WANT_STR("tmpfs", mount_at("/m")->source);
}
END_TEST

START_TEST(test_bind_remount_is_of_one_mount_even_with_rec)
{
        make_mounts("m m/k");
        OK(sys_remount("m", MS_BIND | MS_REC | MS_RDONLY));
        WANT_STR("ro,relatime", mount_at("/m")->opts);
        WANT_STR("rw,relatime", mount_at("/m/k")->opts);
}
END_TEST

START_TEST(test_remount_changes_filesystem_and_mount)
{
        make_dirs("m b");
        OK(sys_mount("t", "m", "tmpfs", MS_NOSUID, NULL));
        OK(mount_bind("m", "b"));
        OK(sys_remount("m", MS_RDONLY | MS_NOEXEC));
        WANT_STR("ro,noexec,relatime - ro", options_of("/m"));
        WANT_STR("rw,nosuid,relatime - ro", options_of("/b"));
        OK(sys_remount("b", MS_SYNCHRONOUS | MS_LAZYTIME | MS_MANDLOCK));
        WANT_STR("ro,noexec,relatime - rw,sync,mand,lazytime", options_of("/m"));
        WANT_STR("rw,relatime - rw,sync,mand,lazytime", options_of("/b"));
        OK(sys_remount("b", 0));
        WANT_STR("rw,relatime - rw", options_of("/b"));
}
END_TEST

START_TEST(test_remount_does_not_change_dirsync)
{
        make_dirs("m");
        OK(sys_mount("t", "m", "tmpfs", MS_DIRSYNC, NULL));
        OK(sys_remount("m", 0));
        WANT_STR("rw,relatime - rw,dirsync", options_of("/m"));
        OK(sys_umount("m"));
        OK(mount_tmpfs("m"));
        OK(sys_remount("m", MS_DIRSYNC));
        WANT_STR("rw,relatime - rw,mode=755", options_of("/m"));
}
END_TEST

START_TEST(test_remount_with_options)
{
        make_dirs("m");
        OK(sys_mount("t", "m", "tmpfs", 0, "size=1m,nr_inodes=50,mode=700,uid=3,gid=4"));
        WANT_STR("rw,relatime - rw,size=1024k,nr_inodes=50,mode=700,uid=3,gid=4", options_of("/m"));
        OK(sys_mount("other", "m", "nosuch", MS_REMOUNT | MS_NOSUID, "size=2m"));
        WANT_STR("rw,nosuid,relatime - rw,size=2048k,nr_inodes=50,mode=700,uid=3,gid=4", options_of("/m"));
        WANT_STR("t", mount_at("/m")->source);
        ERR(EINVAL, sys_mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, "zork=1"));
        ERR(EINVAL, sys_mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, "size=zz"));
        ERR(EINVAL, sys_mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, "size=3m,zork"));
        WANT_STR("rw,nosuid,relatime - rw,size=2048k,nr_inodes=50,mode=700,uid=3,gid=4", options_of("/m"));
        OK(sys_mount(NULL, "m", NULL, MS_REMOUNT, "mode=755,uid=9")); /* of a new filesystem only */
        WANT_STR("rw,relatime - rw,size=2048k,nr_inodes=50,mode=700,uid=3,gid=4", options_of("/m"));
        EQ(0700, mode_of("m"));
}
END_TEST

START_TEST(test_remount_below_what_is_used)
{
        static char data[65536];

        make_dirs("m");
        OK(sys_mount("t", "m", "tmpfs", 0, "size=1m,nr_inodes=50"));
        make_data("m/f", data, sizeof(data));
        make_file("m/g", 0644);
        ERR(EINVAL, sys_mount(NULL, "m", NULL, MS_REMOUNT, "size=4k"));
        ERR(EINVAL, sys_mount(NULL, "m", NULL, MS_REMOUNT, "nr_inodes=2"));
        OK(sys_mount(NULL, "m", NULL, MS_REMOUNT, "size=64k,nr_inodes=3"));
        OK(sys_mount(NULL, "m", NULL, MS_REMOUNT, "size=0"));
        ERR(EINVAL, sys_mount(NULL, "m", NULL, MS_REMOUNT, "size=1m"));
        WANT_STR("rw,relatime - rw,size=0k,nr_inodes=3", options_of("/m"));
}
END_TEST

START_TEST(test_remount_wants_a_mount_point)
{
        make_mounts("m");
        make_dirs("m/d d");
        ERR(EINVAL, sys_remount("d", 0));
        ERR(EINVAL, sys_remount("m/d", MS_RDONLY));
        ERR(EINVAL, sys_remount("m/d", MS_BIND));
        ERR(ENOENT, sys_remount("nope", MS_BIND));
        as_cred(0, 0, 0);
        ERR(EPERM, sys_remount("m/d", MS_BIND));
        ERR(ENOENT, sys_remount("nope", MS_BIND));
}
END_TEST

START_TEST(test_remount_with_a_writer_changes_nothing)
{
        int fd;

        make_mounts("m");
        make_dirs("b");
        OK(mount_bind("m", "b"));
        fd = (int)OK(sys_open("m/f", O_WRONLY | O_CREAT, 0644));
        ERR(EBUSY, sys_remount("m", MS_BIND | MS_RDONLY | MS_NOSUID));
        ERR(EBUSY, sys_remount("b", MS_RDONLY | MS_NOSUID));
        WANT_STR("rw,relatime - rw,mode=755", options_of("/m"));
        WANT_STR("rw,relatime - rw,mode=755", options_of("/b"));
        OK(sys_remount("b", MS_BIND | MS_RDONLY));
        ERR(EBUSY, sys_mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, "size=1m"));
        OK(sys_close(fd));
        OK(sys_remount("m", MS_RDONLY));
        WANT_STR("ro,relatime - ro,mode=755", options_of("/b"));
}
END_TEST

START_TEST(test_read_only_filesystem_under_a_writable_mount)
{
        struct vfs_statfs fs;

        make_mounts("m");
        make_dirs("b m/d");
        OK(mount_bind("m", "b"));
        OK(sys_remount("m", MS_RDONLY));
        ERR(EROFS, sys_mkdir("b/x", 0755));
        OK(sys_remount("m", MS_BIND)); /* the mount, not the filesystem */
        ERR(EROFS, sys_mkdir("m/x", 0755));
        OK(drv->ops->statfs(drv, "b", &fs));
        WANT(fs.flags & VFS_ST_RDONLY);
        OK(sys_remount("b", 0));
        OK(sys_mkdir("m/x", 0755));
}
END_TEST

START_TEST(test_new_read_only_mount_is_read_only_in_both_ways)
{
        make_dirs("m");
        OK(sys_mount("t", "m", "tmpfs", MS_RDONLY, NULL));
        WANT_STR("ro,relatime - ro", options_of("/m"));
        OK(sys_remount("m", MS_BIND));
        WANT_STR("rw,relatime - ro", options_of("/m"));
        ERR(EROFS, sys_mkdir("m/x", 0755));
        OK(sys_remount("m", 0));
        OK(sys_mkdir("m/x", 0755));
}
END_TEST

START_TEST(test_ro_option_of_the_data_string)
{
        make_dirs("m");
        OK(sys_mount("t", "m", "tmpfs", 0, "ro,size=1m"));
        WANT_STR("rw,relatime - ro,size=1024k", options_of("/m"));
        OK(sys_umount("m"));
        OK(sys_mount("t", "m", "tmpfs", 0, "sync,lazytime"));
        WANT_STR("rw,relatime - rw,sync,lazytime", options_of("/m"));
        ERR(EINVAL, sys_mount("t", "m", "tmpfs", 0, "nosuid"));
        OK(sys_mount("t", "m", "tmpfs", 0, ",,size=1m,,"));
        OK(sys_mount("t", "m", "tmpfs", 0, ""));
}
END_TEST

START_TEST(test_statfs_has_the_flags_of_both)
{
        struct vfs_statfs fs;

        make_dirs("m b");
        OK(sys_mount("t", "m", "tmpfs", MS_SYNCHRONOUS | MS_MANDLOCK, NULL));
        OK(mount_bind("m", "b"));
        OK(sys_remount("b", MS_BIND | MS_NOSUID | MS_NOATIME));
        OK(drv->ops->statfs(drv, "b", &fs));
        EQ(VFS_ST_VALID | VFS_ST_SYNCHRONOUS | ST_MANDLOCK | VFS_ST_NOSUID | VFS_ST_NOATIME,
           (int64_t)fs.flags);
        OK(drv->ops->statfs(drv, "m", &fs));
        EQ(VFS_ST_VALID | VFS_ST_SYNCHRONOUS | ST_MANDLOCK | VFS_ST_RELATIME, (int64_t)fs.flags);
        OK(sys_remount("m", MS_RDONLY));
        OK(drv->ops->statfs(drv, "b", &fs));
        EQ(VFS_ST_VALID | VFS_ST_RDONLY | VFS_ST_NOSUID | VFS_ST_NOATIME, (int64_t)fs.flags);
}
END_TEST

/* Reads a byte of a file, or a directory, that was last read long ago, and says whether that shows. */
static int read_changes_atime(const char *path)
{
        struct vfs_statx st;
        char buf[256];
        int fd;

        age(path);
        fd = (int)OK(sys_open(path, O_RDONLY, 0));
        st = fd_attr_of(fd);
        if ((st.mode & S_IFMT) == S_IFDIR)
                OK(sys_getdents(fd, buf, sizeof(buf)));
        else
                OK(sys_read(fd, buf, 1));
        OK(sys_close(fd));
        st = attr_of(path);
        return !time_is(&st.atime, 1000);
}

START_TEST(test_which_reads_change_atime)
{
        static const struct {
                uint64_t flags;
                int file, dir;
        } rows[] = {
                { MS_RELATIME, 1, 1 }, /* last read before it was changed */
                { MS_STRICTATIME, 1, 1 },
                { MS_NOATIME, 0, 0 },
                { MS_NODIRATIME, 1, 0 },
                { MS_NODIRATIME | MS_STRICTATIME, 1, 0 },
                { MS_NOATIME | MS_NODIRATIME, 0, 0 },
        };

        make_dirs("a m a/d");
        make_data("a/f", "data", 4);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                OK(mount_bind("a", "m"));
                OK(sys_remount("m", MS_BIND | rows[i].flags));
                EQ(rows[i].file, read_changes_atime("m/f"));
                EQ(rows[i].dir, read_changes_atime("m/d"));
                OK(sys_umount("m"));
        }
}
END_TEST

START_TEST(test_strictatime_changes_atime_each_time_and_relatime_once)
{
        struct vfs_statx before, after;
        char c;
        int fd;

        make_mounts("m");
        make_data("m/f", "data", 4);
        fd = (int)OK(sys_open("m/f", O_RDONLY, 0));
        tick();
        EQ(1, sys_read(fd, &c, 1));
        before = attr_of("m/f");
        tick();
        EQ(1, sys_read(fd, &c, 1));
        after = attr_of("m/f");
        WANT(!time_before(&before.atime, &after.atime));
        OK(sys_remount("m", MS_BIND | MS_STRICTATIME)); /* holds for files that are open */
        tick();
        EQ(1, sys_read(fd, &c, 1));
        after = attr_of("m/f");
        WANT(time_before(&before.atime, &after.atime));
}
END_TEST

START_TEST(test_readlink_and_atime)
{
        struct vfs_statx st;
        char buf[16];

        make_dirs("m");
        OK(sys_mount("t", "m", "tmpfs", MS_NOATIME, NULL));
        make_link("target", "m/l");
        age("m/l");
        OK(sys_readlink("m/l", buf, sizeof(buf)));
        st = attr_of("m/l");
        WANT(time_is(&st.atime, 1000));
        OK(sys_remount("m", MS_BIND | MS_RELATIME));
        OK(sys_readlink("m/l", buf, sizeof(buf)));
        st = attr_of("m/l");
        WANT(!time_is(&st.atime, 1000));
}
END_TEST

START_TEST(test_nosymfollow_is_of_the_mount_the_symlink_is_on)
{
        char buf[8];

        make_mounts("m");
        make_dirs("b m/d");
        make_file("m/f", 0644);
        make_link("f", "m/l");
        make_link("d", "m/ld");
        make_link("b/f", "out");
        OK(mount_bind("m", "b"));
        OK(sys_remount("b", MS_BIND | VFS_MS_NOSYMFOLLOW));
        OK(sys_stat("m/l"));
        ERR(ELOOP, sys_stat("b/l"));
        ERR(ELOOP, sys_stat("b/ld/x"));
        ERR(ELOOP, sys_open("b/l", O_RDONLY, 0));
        ERR(ELOOP, sys_open("b/l", O_WRONLY | O_CREAT, 0644));
        ERR(ELOOP, sys_chdir("b/ld"));
        OK(sys_stat("out"));
        OK(sys_lstat("b/l"));
        OK(sys_open("b/l", O_PATH | O_NOFOLLOW, 0));
        EQ(1, sys_readlink("b/l", buf, sizeof(buf)));
        OK(sys_unlink("b/l"));
        make_link("f", "b/l");
}
END_TEST

START_TEST(test_nodev_of_one_mount)
{
        make_mounts("m");
        make_dirs("b");
        OK(sys_mknod("m/c", S_IFCHR | 0666, 999, 999)); /* no such device */
        OK(mount_bind("m", "b"));
        OK(sys_remount("b", MS_BIND | MS_NODEV));
        ERR(ENXIO, sys_open("m/c", O_RDONLY, 0));
        ERR(EACCES, sys_open("b/c", O_RDONLY, 0));
        ERR(EACCES, sys_open("b/c", O_RDWR, 0));
        OK(sys_open("b/c", O_PATH, 0));
        OK(sys_access("b/c", R_OK | W_OK));
        OK(sys_mknod("b/other", S_IFBLK | 0600, 1, 1));
        ERR(EINVAL, sys_truncate("b/c", 0));
}
END_TEST

START_TEST(test_noexec_of_one_mount)
{
        int fd;

        make_mounts("m");
        make_dirs("b");
        make_file("m/f", 0755);
        make_data("m/data", "data", 4);
        OK(mount_bind("m", "b"));
        OK(sys_remount("b", MS_BIND | MS_NOEXEC));
        OK(sys_access("m/f", X_OK));
        ERR(EACCES, sys_access("b/f", X_OK));
        ERR(EACCES, sys_access("b/data", X_OK));
        OK(sys_access("b", X_OK)); /* search is not execution */
        fd = (int)OK(sys_open("m/data", O_RDONLY, 0));
        OK(drv->ops->mmap(drv, fd, 0, 4096, VFS_PROT_READ | VFS_PROT_EXEC, 0));
        fd = (int)OK(sys_open("b/data", O_RDONLY, 0));
        ERR(EPERM, drv->ops->mmap(drv, fd, 0, 4096, VFS_PROT_READ | VFS_PROT_EXEC, 0));
}
END_TEST

START_TEST(test_programs_and_noexec)
{
        int fd, dir;

        make_mounts("m");
        make_dirs("b m/d");
        make_data("m/f", "data", 4);
        make_data("m/x", "data", 4);
        make_link("x", "m/l");
        OK(sys_chmod("m/x", 0755));
        OK(mount_bind("m", "b"));
        OK(sys_remount("b", MS_BIND | MS_NOEXEC));
        OK(sys_open_exec(DRIVER_CWD, "m/x", 0));
        OK(sys_open_exec(DRIVER_CWD, "m/l", 0));
        ERR(ELOOP, sys_open_exec(DRIVER_CWD, "m/l", VFS_AT_SYMLINK_NOFOLLOW));
        ERR(EACCES, sys_open_exec(DRIVER_CWD, "m/f", 0)); /* not even root's, without a bit for anybody */
        ERR(EACCES, sys_open_exec(DRIVER_CWD, "m/d", 0));
        ERR(ENOENT, sys_open_exec(DRIVER_CWD, "m/nope", 0));
        ERR(EINVAL, sys_open_exec(DRIVER_CWD, "m/x", 0x10));
        ERR(EACCES, sys_open_exec(DRIVER_CWD, "b/x", 0));
        ERR(EACCES, sys_open_exec(DRIVER_CWD, "b/l", 0));
        ERR(ENOENT, sys_open_exec(DRIVER_CWD, "b/nope", 0));
        fd = (int)OK(sys_open("b/x", O_PATH, 0));
        dir = (int)OK(sys_open("m", O_PATH, 0));
        ERR(EACCES, sys_open_exec(fd, "", VFS_AT_EMPTY_PATH));
        OK(sys_open_exec(dir, "x", 0));
        OK(sys_close(fd));
        fd = (int)OK(sys_open("m/x", O_PATH, 0));
        OK(sys_open_exec(fd, "", VFS_AT_EMPTY_PATH));
        ERR(ENOENT, sys_open_exec(fd, "", 0));
        OK(sys_remount("m", MS_BIND | MS_NOEXEC));
        ERR(EACCES, sys_open_exec(fd, "", VFS_AT_EMPTY_PATH)); /* asked when it is opened to run */
        OK(sys_remount("m", MS_BIND | VFS_MS_NOSYMFOLLOW));
        ERR(ELOOP, sys_open_exec(DRIVER_CWD, "m/l", 0));
}
END_TEST

START_TEST(test_bind_and_remount_take_a_symlinks_target)
{
        make_mounts("m");
        make_link("m", "L");
        OK(sys_remount("L", MS_BIND | MS_NOSUID));
        WANT_STR("rw,nosuid,relatime", mount_at("/m")->opts);
        OK(set_propagation("L", MS_SHARED));
        WANT_MOUNTS("m A shared:1");
}
END_TEST

SEMANTICS_MAIN_SINCE(618, "mountflags", test_flags_of_a_new_mount, test_nouser_is_einval_before_privilege,
                     test_source_of_a_mount, test_bind_takes_the_flags_of_its_source,
                     test_bind_remount_sets_all_flags_but_those_of_atime,
                     test_bind_remount_ignores_flags_of_the_filesystem_and_options,
                     test_bind_remount_is_of_one_mount_even_with_rec,
                     test_remount_changes_filesystem_and_mount, test_remount_does_not_change_dirsync,
                     test_remount_with_options, test_remount_below_what_is_used,
                     test_remount_wants_a_mount_point, test_remount_with_a_writer_changes_nothing,
                     test_read_only_filesystem_under_a_writable_mount,
                     test_new_read_only_mount_is_read_only_in_both_ways, test_ro_option_of_the_data_string,
                     test_statfs_has_the_flags_of_both, test_which_reads_change_atime,
                     test_strictatime_changes_atime_each_time_and_relatime_once, test_readlink_and_atime,
                     test_nosymfollow_is_of_the_mount_the_symlink_is_on, test_nodev_of_one_mount,
                     test_noexec_of_one_mount, test_programs_and_noexec,
                     test_bind_and_remount_take_a_symlinks_target)
