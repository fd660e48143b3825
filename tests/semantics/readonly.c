/*
 * readonly.c - read-only mounts and filesystems, and the other flags of a mount.
 */
#include "tests/semantics/semantics.h"

/* m: a bind of a, read-only. a has file f, directory d, link l, FIFO p. */
static void readonly_tree(void)
{
        make_dir("a", 0755);
        make_data("a/f", "data", 4);
        make_dir("a/d", 0755);
        make_link("f", "a/l");
        OK(sys_mknod("a/p", S_IFIFO | 0666, 0, 0));
        make_dir("m", 0755);
        OK(mount_bind("a", "m"));
        OK(sys_mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
}

START_TEST(test_bind_ignores_rdonly_and_remount_does_not)
{
        make_dir("a", 0755);
        make_dir("m", 0755);
        OK(sys_mount("a", "m", NULL, MS_BIND | MS_RDONLY, NULL));
        make_file("m/x", 0644);
        OK(sys_mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
        ERR(EROFS, sys_open("m/y", O_WRONLY | O_CREAT, 0644));
        make_file("a/y", 0644);
        WANT(exists("m/y"));
        OK(sys_mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND, NULL));
        make_file("m/z", 0644);
}
END_TEST

START_TEST(test_errors_on_a_read_only_mount)
{
        const struct vfs_timespec now[2] = { { 0, VFS_UTIME_NOW }, { 0, VFS_UTIME_NOW } };
        struct vfs_statfs fs;

        readonly_tree();
        OK(sys_open("m/f", O_RDONLY | O_CREAT, 0644));
        ERR(EROFS, sys_open("m/f", O_RDWR, 0));
        ERR(EROFS, sys_open("m/f", O_RDWR | O_CREAT, 0644));
        ERR(EROFS, sys_open("m/f", O_RDONLY | O_TRUNC, 0));
        ERR(EROFS, sys_open("m/new", O_RDONLY | O_CREAT, 0644));
        ERR(EROFS, sys_open("m", O_RDWR | O_TMPFILE, 0644));
        ERR(EEXIST, sys_open("m/f", O_RDWR | O_CREAT | O_EXCL, 0644));
        ERR(EISDIR, sys_open("m/d", O_RDWR, 0));
        ERR(EEXIST, sys_mkdir("m/d", 0755));
        ERR(EEXIST, sys_mkdir("m/f", 0755));
        ERR(EROFS, sys_mkdir("m/new", 0755));
        ERR(EEXIST, sys_mknod("m/f", S_IFREG | 0644, 0, 0));
        ERR(EROFS, sys_mknod("m/new", S_IFREG | 0644, 0, 0));
        ERR(EEXIST, sys_symlink("t", "m/f"));
        ERR(EROFS, sys_symlink("t", "m/new"));
        ERR(EROFS, sys_link("m/f", "m/new"));
        ERR(EEXIST, sys_link("m/f", "m/d"));
        ERR(EROFS, sys_unlink("m/f"));
        ERR(EROFS, sys_unlink("m/nope"));
        ERR(EROFS, sys_unlink("m/d"));
        ERR(EROFS, sys_rmdir("m/d"));
        ERR(EROFS, sys_rmdir("m/nope"));
        ERR(EROFS, sys_rmdir("m/f"));
        ERR(EINVAL, sys_rmdir("m/d/."));
        ERR(EROFS, sys_rename("m/f", "m/g"));
        ERR(EROFS, sys_rename("m/nope", "m/g"));
        ERR(EBUSY, sys_rename("m/.", "m/g"));
        ERR(EROFS, sys_access("m/f", W_OK));
        ERR(EROFS, sys_access("m/d", W_OK));
        OK(sys_access("m/f", R_OK));
        OK(sys_access("m/p", W_OK));
        ERR(EROFS, sys_chmod("m/f", 0600));
        ERR(EROFS, sys_chmod("m/p", 0600));
        ERR(ENOENT, sys_chmod("m/nope", 0600));
        ERR(EROFS, sys_chown("m/f", 1, 1));
        ERR(EROFS, sys_utimens("m/f", now));
        ERR(EROFS, sys_truncate("m/f", 0));
        ERR(EISDIR, sys_truncate("m/d", 0));
        ERR(EROFS, sys_setxattr("m/f", "user.a", "v", 1, 0));
        ERR(EROFS, sys_removexattr("m/f", "user.a"));
        ERR(ENODATA, sys_getxattr("m/f", "user.a", NULL, 0));
        OK(sys_open("m/p", O_RDWR, 0));
        OK(drv->ops->statfs(drv, "m", &fs));
        WANT(fs.flags & VFS_ST_RDONLY);
        OK(drv->ops->statfs(drv, "a", &fs));
        WANT(!(fs.flags & VFS_ST_RDONLY));
}
END_TEST

START_TEST(test_descriptor_forms_on_a_read_only_mount)
{
        int fd;

        readonly_tree();
        fd = (int)OK(sys_open("m/f", O_RDONLY, 0));
        ERR(EROFS, sys_fchmod(fd, 0600));
        ERR(EROFS, sys_fchown(fd, 1, 1));
        ERR(EROFS, sys_futimens(fd, NULL));
        ERR(EROFS, drv->ops->fsetxattr(drv, fd, "user.a", "v", 1, 0));
        ERR(EINVAL, sys_ftruncate(fd, 0));
}
END_TEST

START_TEST(test_permission_and_read_only)
{
        readonly_tree();
        as_user(1000);
        ERR(EACCES, sys_open("m/f", O_WRONLY, 0));
        ERR(EROFS, sys_mkdir("m/new", 0755));
        ERR(EROFS, sys_unlink("m/f"));
        ERR(EROFS, sys_chmod("m/f", 0600));
        ERR(EACCES, sys_truncate("m/f", 1));
        ERR(EACCES, sys_access("m/f", W_OK));
}
END_TEST

START_TEST(test_atime_stays_on_a_read_only_mount)
{
        struct vfs_statx st;
        char c;
        int fd;

        readonly_tree();
        age("a/f");
        fd = (int)OK(sys_open("m/f", O_RDONLY, 0));
        EQ(1, sys_read(fd, &c, 1));
        st = attr_of("a/f");
        WANT(time_is(&st.atime, 1000));
}
END_TEST

START_TEST(test_remount_read_only_with_a_writer_is_ebusy)
{
        int fd;

        make_dir("s", 0755);
        make_dir("m", 0755);
        make_dir("n", 0755);
        OK(mount_tmpfs("s"));
        make_file("s/f", 0644);
        OK(mount_bind("s", "m"));
        OK(mount_bind("s", "n"));
        fd = (int)OK(sys_open("m/f", O_WRONLY, 0));
        ERR(EBUSY, sys_mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
        OK(sys_mount(NULL, "n", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
        OK(sys_mount(NULL, "n", NULL, MS_REMOUNT | MS_BIND, NULL));
        ERR(EBUSY, sys_mount(NULL, "s", NULL, MS_REMOUNT | MS_RDONLY, NULL));
        OK(sys_close(fd));
        OK(sys_mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
        OK(sys_mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND, NULL));
        fd = (int)OK(sys_open("m/f", O_RDONLY, 0));
        OK(sys_mount(NULL, "s", NULL, MS_REMOUNT | MS_RDONLY, NULL));
        ERR(EROFS, sys_open("m/f", O_WRONLY, 0));
        ERR(EROFS, sys_open("n/f", O_WRONLY, 0));
        ERR(EROFS, sys_open("s/f", O_WRONLY, 0));
        ERR(EROFS, sys_mkdir("m/d", 0755));
        ERR(EROFS, sys_unlink("n/nope"));
        ERR(EROFS, sys_access("m/f", W_OK));
        as_user(1000); /* whatever the mode says */
        ERR(EROFS, sys_open("m/f", O_WRONLY, 0));
        ERR(EROFS, sys_open("m/f", O_WRONLY | O_CREAT, 0));
        ERR(EROFS, sys_open("m/f", O_RDONLY | O_TRUNC, 0));
        ERR(EROFS, sys_access("m/f", W_OK));
        as_root();
        OK(sys_mount(NULL, "s", NULL, MS_REMOUNT, NULL));
        OK(sys_open("m/f", O_WRONLY, 0));
}
END_TEST

START_TEST(test_unlinked_writer_blocks_a_read_only_filesystem)
{
        int fd;

        make_dir("s", 0755);
        OK(mount_tmpfs("s"));
        fd = (int)OK(sys_open("s/f", O_WRONLY | O_CREAT, 0644));
        OK(sys_unlink("s/f"));
        ERR(EBUSY, sys_mount(NULL, "s", NULL, MS_REMOUNT | MS_RDONLY, NULL));
        OK(sys_close(fd));
        OK(sys_mount(NULL, "s", NULL, MS_REMOUNT | MS_RDONLY, NULL));
}
END_TEST

START_TEST(test_removed_and_still_used_blocks_a_read_only_filesystem)
{
        int fd;

        make_dir("s", 0755);
        OK(mount_tmpfs("s"));
        make_data("s/f", "data", 4);
        fd = (int)OK(sys_open("s/f", O_RDONLY, 0));
        OK(sys_unlink("s/f"));
        ERR(EBUSY, sys_mount(NULL, "s", NULL, MS_REMOUNT | MS_RDONLY, NULL)); /* it has yet to be removed */
        OK(sys_mount(NULL, "s", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
        OK(sys_mount(NULL, "s", NULL, MS_REMOUNT | MS_BIND, NULL));
        OK(sys_close(fd));
        make_dir("s/d", 0755);
        OK(sys_chdir("s/d"));
        OK(sys_rmdir("/s/d"));
        ERR(EBUSY, sys_mount(NULL, "/s", NULL, MS_REMOUNT | MS_RDONLY, NULL));
        OK(sys_chdir("/"));
        fd = (int)OK(sys_open("s", O_RDWR | O_TMPFILE, 0600));
        ERR(EBUSY, sys_mount(NULL, "s", NULL, MS_REMOUNT | MS_RDONLY, NULL));
        OK(sys_close(fd));
        make_data("s/f", "data", 4);
        OK(sys_link("s/f", "s/g"));
        fd = (int)OK(sys_open("s/f", O_RDONLY, 0));
        OK(sys_unlink("s/f"));
        OK(sys_mount(NULL, "s", NULL, MS_REMOUNT | MS_RDONLY, NULL)); /* has another name */
}
END_TEST

START_TEST(test_noexec)
{
        int fd;

        make_dir("m", 0755);
        OK(sys_mount("t", "m", "tmpfs", MS_NOEXEC, "mode=755"));
        make_file("m/f", 0755);
        make_dir("m/d", 0755);
        ERR(EACCES, sys_access("m/f", X_OK));
        OK(sys_access("m/d", X_OK));
        fd = (int)OK(sys_open("m/f", O_RDWR, 0));
        ERR(EPERM, drv->ops->mmap(drv, fd, 0, 4096, VFS_PROT_READ | VFS_PROT_EXEC, 0));
        OK(drv->ops->mmap(drv, fd, 0, 4096, VFS_PROT_READ, 0));
}
END_TEST

START_TEST(test_nodev)
{
        make_dir("m", 0755);
        OK(sys_mount("t", "m", "tmpfs", MS_NODEV, "mode=755"));
        OK(sys_mknod("m/c", S_IFCHR | 0666, 1, 3));
        ERR(EACCES, sys_open("m/c", O_RDONLY, 0));
        OK(sys_open("m/c", O_PATH, 0));
        OK(sys_mknod("m/p", S_IFIFO | 0666, 0, 0));
        OK(sys_open("m/p", O_RDWR, 0));
}
END_TEST

START_TEST(test_nosymfollow)
{
        char buf[8];

        make_dir("m", 0755);
        OK(sys_mount("t", "m", "tmpfs", VFS_MS_NOSYMFOLLOW, "mode=755"));
        make_file("m/f", 0644);
        make_link("f", "m/l");
        make_link("m/f", "outside");
        ERR(ELOOP, sys_stat("m/l"));
        ERR(ELOOP, sys_open("m/l", O_RDONLY, 0));
        OK(sys_lstat("m/l"));
        EQ(1, sys_readlink("m/l", buf, sizeof(buf)));
        OK(sys_stat("outside"));
}
END_TEST

START_TEST(test_statfs_flags)
{
        static const struct {
                uint64_t mount;
                uint64_t shown;
        } rows[] = {
                { MS_NOSUID, VFS_ST_NOSUID | VFS_ST_RELATIME },
                { MS_NODEV | MS_NOEXEC, VFS_ST_NODEV | VFS_ST_NOEXEC | VFS_ST_RELATIME },
                { MS_NOATIME, VFS_ST_NOATIME },
                { MS_STRICTATIME, 0 },
                { MS_RDONLY, VFS_ST_RDONLY | VFS_ST_RELATIME },
                { MS_NODIRATIME, VFS_ST_NODIRATIME | VFS_ST_RELATIME },
                { VFS_MS_NOSYMFOLLOW, VFS_ST_NOSYMFOLLOW | VFS_ST_RELATIME },
        };
        struct vfs_statfs fs;

        make_dir("m", 0755);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                OK(sys_mount("t", "m", "tmpfs", rows[i].mount, NULL));
                OK(drv->ops->statfs(drv, "m", &fs));
                EQ((int64_t)(rows[i].shown | VFS_ST_VALID), (int64_t)fs.flags);
                OK(sys_umount("m"));
        }
}
END_TEST

SEMANTICS_MAIN("readonly", test_bind_ignores_rdonly_and_remount_does_not, test_errors_on_a_read_only_mount,
               test_descriptor_forms_on_a_read_only_mount, test_permission_and_read_only,
               test_atime_stays_on_a_read_only_mount, test_remount_read_only_with_a_writer_is_ebusy,
               test_unlinked_writer_blocks_a_read_only_filesystem,
               test_removed_and_still_used_blocks_a_read_only_filesystem, test_noexec, test_nodev,
               test_nosymfollow, test_statfs_flags)
