/*
 * setattr.c - mount_setattr(2): its errors in order, and that it changes all mounts
 * or none.
 */
#include "tests/semantics/mounts.h"

static int64_t set(const char *path, uint32_t flags, uint64_t set_, uint64_t clear)
{
        const struct vfs_mount_attr attr = { .attr_set = set_, .attr_clr = clear };

        return sys_mount_setattr(DRIVER_CWD, path, flags, &attr);
}

static int64_t set_kind(const char *path, uint32_t flags, uint64_t propagation)
{
        const struct vfs_mount_attr attr = { .propagation = propagation };

        return sys_mount_setattr(DRIVER_CWD, path, flags, &attr);
}

START_TEST(test_setting_and_clearing)
{
        static const struct {
                uint64_t set, clear;
                const char *opts;
        } steps[] = {
                { VFS_MOUNT_ATTR_RDONLY | VFS_MOUNT_ATTR_NOSUID, 0, "ro,nosuid,relatime" },
                { VFS_MOUNT_ATTR_NODEV, VFS_MOUNT_ATTR_RDONLY, "rw,nosuid,nodev,relatime" },
                { VFS_MOUNT_ATTR_NOEXEC | VFS_MOUNT_ATTR_NODIRATIME, VFS_MOUNT_ATTR_NOSUID,
                  "rw,nodev,noexec,nodiratime,relatime" },
                { VFS_MOUNT_ATTR_NOATIME, VFS_MOUNT_ATTR__ATIME, "rw,nodev,noexec,noatime,nodiratime" },
                { VFS_MOUNT_ATTR_STRICTATIME, VFS_MOUNT_ATTR__ATIME, "rw,nodev,noexec,nodiratime" },
                { 0, VFS_MOUNT_ATTR__ATIME | VFS_MOUNT_ATTR_NODIRATIME, "rw,nodev,noexec,relatime" },
                { VFS_MOUNT_ATTR_NOSYMFOLLOW, VFS_MOUNT_ATTR_NODEV | VFS_MOUNT_ATTR_NOEXEC,
                  "rw,relatime,nosymfollow" },
                { VFS_MOUNT_ATTR_NOSUID, VFS_MOUNT_ATTR_NOSUID | VFS_MOUNT_ATTR_NOSYMFOLLOW,
                  "rw,nosuid,relatime" }, /* clearing comes first */
        };

        make_mounts("m");
        for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
                CHECK_ROW(i, steps[i].opts, 0, set("m", 0, steps[i].set, steps[i].clear));
                WANT_STR(steps[i].opts, mount_at("/m")->opts);
        }
        WANT_STR("rw,mode=755", mount_at("/m")->super);
}
END_TEST

START_TEST(test_access_time_is_one_field)
{
        make_mounts("m");
        ERR(EINVAL, set("m", 0, VFS_MOUNT_ATTR_NOATIME, 0));
        ERR(EINVAL, set("m", 0, VFS_MOUNT_ATTR_STRICTATIME, 0));
        ERR(EINVAL, set("m", 0, VFS_MOUNT_ATTR_NOATIME, VFS_MOUNT_ATTR_NOATIME));
        ERR(EINVAL, set("m", 0, 0, VFS_MOUNT_ATTR_NOATIME));
        ERR(EINVAL, set("m", 0, 0, VFS_MOUNT_ATTR_STRICTATIME));
        ERR(EINVAL, set("m", 0, VFS_MOUNT_ATTR_NOATIME | VFS_MOUNT_ATTR_STRICTATIME, VFS_MOUNT_ATTR__ATIME));
        ERR(EINVAL, set("m", 0, 0x40, VFS_MOUNT_ATTR__ATIME));
        WANT_STR("rw,relatime", mount_at("/m")->opts);
        OK(set("m", 0, VFS_MOUNT_ATTR_NODIRATIME, 0)); /* no part of it */
}
END_TEST

START_TEST(test_errors_before_the_path)
{
        struct {
                struct vfs_mount_attr attr;
                uint64_t more[511];
        } big = { .attr.attr_set = VFS_MOUNT_ATTR_RDONLY };
        int64_t (*setattr)(struct driver *, int, const char *, uint32_t, const struct vfs_mount_attr *,
                           size_t) = drv->ops->mount_setattr;

        ERR(EINVAL, setattr(drv, DRIVER_CWD, "nope", 0x10, &big.attr, 5000));
        ERR(E2BIG, setattr(drv, DRIVER_CWD, "nope", 0, &big.attr, 4097));
        ERR(EINVAL, setattr(drv, DRIVER_CWD, "nope", 0, &big.attr, 31));
        ERR(EINVAL, setattr(drv, DRIVER_CWD, "nope", 0, &big.attr, 0));
        ERR(ENOENT, setattr(drv, DRIVER_CWD, "nope", 0, &big.attr, 4096));
        big.more[507] = 1;
        ERR(E2BIG, setattr(drv, DRIVER_CWD, "nope", 0, &big.attr, 4096));
        as_cred(0, 0, 0);
        ERR(EINVAL, setattr(drv, DRIVER_CWD, "nope", 0x10, &big.attr, 32));
        ERR(E2BIG, setattr(drv, DRIVER_CWD, "nope", 0, &big.attr, 4097));
        ERR(EINVAL, setattr(drv, DRIVER_CWD, "nope", 0, &big.attr, 31));
        ERR(EPERM, setattr(drv, DRIVER_CWD, "nope", 0, &big.attr, 4096));
        ERR(EPERM, setattr(drv, DRIVER_CWD, "nope", 0, &big.attr, 32));
}
END_TEST

START_TEST(test_asking_for_nothing_is_no_error)
{
        const struct vfs_mount_attr nothing = { 0 }, only_fd = { .userns_fd = 77 };

        make_dirs("d");
        OK(sys_mount_setattr(DRIVER_CWD, "nope", 0, &nothing));
        OK(sys_mount_setattr(DRIVER_BAD_FD, "", 0, &nothing));
        OK(sys_mount_setattr(DRIVER_CWD, "d", 0, &nothing));
        OK(sys_mount_setattr(DRIVER_CWD, "nope", 0, &only_fd));
        ERR(EINVAL, sys_mount_setattr(DRIVER_CWD, "nope", 0x10, &nothing));
        as_cred(0, 0, 0);
        ERR(EPERM, sys_mount_setattr(DRIVER_CWD, "nope", 0, &nothing));
}
END_TEST

START_TEST(test_values_before_the_path)
{
        ERR(EINVAL, set("nope", 0, 0x100, 0));
        ERR(EINVAL, set("nope", 0, 0, 0x100));
        ERR(EINVAL, set("nope", 0, UINT64_C(1) << 40, 0));
        ERR(EINVAL, set("nope", 0, VFS_MOUNT_ATTR_NOATIME, 0));
        ERR(EINVAL, set("nope", 0, 0, VFS_MOUNT_ATTR_IDMAP));
        ERR(EINVAL, set_kind("nope", 0, MS_SHARED | MS_PRIVATE));
        ERR(EINVAL, set_kind("nope", 0, MS_RDONLY));
        ERR(EINVAL, set_kind("nope", 0, MS_REC | MS_SHARED));
        ERR(EINVAL, set_kind("nope", 0, UINT64_C(1) << 40));
        ERR(ENOENT, set("nope", 0, VFS_MOUNT_ATTR_RDONLY, 0));
        ERR(ENOENT, set("", 0, VFS_MOUNT_ATTR_RDONLY, 0));
        ERR(ENOENT, set_kind("nope", 0, MS_SHARED));
}
END_TEST

START_TEST(test_setattr_wants_a_mount_point)
{
        const struct vfs_mount_attr nosuid = { .attr_set = VFS_MOUNT_ATTR_NOSUID };
        int fd;

        make_mounts("m");
        make_dirs("m/d d");
        make_file("F", 0644);
        make_link("m", "L");
        ERR(EINVAL, set("d", 0, VFS_MOUNT_ATTR_NOSUID, 0));
        ERR(EINVAL, set("m/d", 0, VFS_MOUNT_ATTR_NOSUID, 0));
        ERR(EINVAL, set("F", 0, VFS_MOUNT_ATTR_NOSUID, 0));
        ERR(EINVAL, set("L", VFS_AT_SYMLINK_NOFOLLOW, VFS_MOUNT_ATTR_NOSUID, 0));
        OK(set("L", VFS_AT_NO_AUTOMOUNT, VFS_MOUNT_ATTR_NOSUID, 0));
        fd = (int)OK(sys_open("m", O_PATH, 0));
        OK(sys_mount_setattr(fd, "", VFS_AT_EMPTY_PATH, &nosuid));
        ERR(ENOENT, sys_mount_setattr(fd, "", 0, &nosuid));
        ERR(EBADF, sys_mount_setattr(DRIVER_BAD_FD, "", VFS_AT_EMPTY_PATH, &nosuid));
        OK(sys_umount2("m", MNT_DETACH));
        ERR(EINVAL, sys_mount_setattr(fd, "", VFS_AT_EMPTY_PATH, &nosuid));
}
END_TEST

START_TEST(test_setattr_of_a_file_mount)
{
        make_file("F", 0644);
        make_file("G", 0644);
        OK(mount_bind("F", "G"));
        OK(set("G", 0, VFS_MOUNT_ATTR_RDONLY, 0));
        ERR(EROFS, sys_open("G", O_WRONLY, 0));
        OK(sys_open("F", O_WRONLY, 0));
}
END_TEST

START_TEST(test_recursive_changes_the_tree_and_plain_one_mount)
{
        make_mounts("m m/k m/k/l n");
        OK(set("m", 0, VFS_MOUNT_ATTR_NOEXEC, 0));
        WANT_STR("rw,noexec,relatime", mount_at("/m")->opts);
        WANT_STR("rw,relatime", mount_at("/m/k")->opts);
        OK(set("m", VFS_AT_RECURSIVE, VFS_MOUNT_ATTR_NOSUID, 0));
        WANT_STR("rw,nosuid,noexec,relatime", mount_at("/m")->opts);
        WANT_STR("rw,nosuid,relatime", mount_at("/m/k")->opts);
        WANT_STR("rw,nosuid,relatime", mount_at("/m/k/l")->opts);
        WANT_STR("rw,relatime", mount_at("/n")->opts);
}
END_TEST

START_TEST(test_recursive_of_a_bound_directory_leaves_what_it_does_not_show)
{
        make_mounts("m m/k");
        make_dirs("m/d b");
        OK(mount_bind("m/d", "b"));
        OK(set("b", VFS_AT_RECURSIVE, VFS_MOUNT_ATTR_NOSUID, 0));
        WANT_STR("rw,relatime", mount_at("/m/k")->opts);
        WANT_STR("rw,relatime", mount_at("/m")->opts);
        WANT_STR("rw,nosuid,relatime", mount_at("/b")->opts);
}
END_TEST

START_TEST(test_recursive_with_a_writer_changes_nothing)
{
        int fd;

        make_mounts("m m/k m/k/l");
        fd = (int)OK(sys_open("m/k/l/f", O_WRONLY | O_CREAT, 0644));
        ERR(EBUSY, set("m", VFS_AT_RECURSIVE, VFS_MOUNT_ATTR_RDONLY | VFS_MOUNT_ATTR_NOSUID, 0));
        WANT_STR("rw,relatime", mount_at("/m")->opts);
        WANT_STR("rw,relatime", mount_at("/m/k")->opts);
        OK(sys_mkdir("m/d", 0755));
        OK(sys_mkdir("m/k/l/d", 0755));
        OK(set("m", VFS_AT_RECURSIVE, VFS_MOUNT_ATTR_NOSUID, 0));
        OK(set("m", 0, VFS_MOUNT_ATTR_RDONLY, 0));
        OK(sys_close(fd));
        OK(set("m", VFS_AT_RECURSIVE, VFS_MOUNT_ATTR_RDONLY, 0));
        ERR(EROFS, sys_mkdir("m/k/l/e", 0755));
}
END_TEST

START_TEST(test_read_only_with_a_writer_elsewhere)
{
        int fd;

        make_mounts("m");
        make_dirs("b");
        OK(mount_bind("m", "b"));
        fd = (int)OK(sys_open("m/f", O_WRONLY | O_CREAT, 0644));
        OK(set("b", 0, VFS_MOUNT_ATTR_RDONLY, 0));
        ERR(EBUSY, set("m", 0, VFS_MOUNT_ATTR_RDONLY, 0));
        EQ(1, sys_write(fd, "x", 1));
        ERR(EROFS, sys_open("b/f", O_WRONLY, 0));
        OK(set("b", 0, VFS_MOUNT_ATTR_RDONLY, 0)); /* again */
        OK(set("b", 0, 0, VFS_MOUNT_ATTR_RDONLY));
        OK(sys_open("b/f", O_WRONLY, 0));
}
END_TEST

START_TEST(test_propagation_by_setattr)
{
        make_mounts("m m/k");
        OK(set_kind("m", VFS_AT_RECURSIVE, MS_SHARED));
        WANT_MOUNTS("m A shared:1, m/k B shared:2");
        OK(set_kind("m", 0, MS_PRIVATE));
        WANT_MOUNTS("m A, m/k B shared:1");
        OK(set_kind("m", 0, MS_UNBINDABLE));
        OK(set_kind("m/k", 0, MS_SLAVE));
        WANT_MOUNTS("m A unbindable, m/k B");
}
END_TEST

START_TEST(test_attributes_and_propagation_together)
{
        const struct vfs_mount_attr attr = { .attr_set = VFS_MOUNT_ATTR_RDONLY, .propagation = MS_SHARED };
        int fd;

        make_mounts("m m/k");
        fd = (int)OK(sys_open("m/k/f", O_WRONLY | O_CREAT, 0644));
        ERR(EBUSY, sys_mount_setattr(DRIVER_CWD, "m", VFS_AT_RECURSIVE, &attr));
        WANT_MOUNTS("m A, m/k B");
        OK(sys_close(fd));
        OK(sys_mount_setattr(DRIVER_CWD, "m", VFS_AT_RECURSIVE, &attr));
        WANT_MOUNTS("m A shared:1, m/k B shared:2");
        WANT_STR("ro,relatime", mount_at("/m/k")->opts);
}
END_TEST

START_TEST(test_setattr_does_not_propagate)
{
        make_mounts("s");
        OK(set_propagation("s", MS_SHARED));
        make_dirs("b");
        OK(mount_bind("s", "b"));
        OK(set("s", 0, VFS_MOUNT_ATTR_NOSUID, 0));
        WANT_STR("rw,relatime", mount_at("/b")->opts);
}
END_TEST

START_TEST(test_setattr_of_stacked_mounts_is_of_the_top)
{
        make_mounts("m");
        OK(sys_chdir("m"));
        OK(mount_tmpfs("/m"));
        OK(set("/m", VFS_AT_RECURSIVE, VFS_MOUNT_ATTR_NOSUID, 0));
        WANT_STR("rw,nosuid,relatime", mount_at("/m")->opts);
        OK(set(".", 0, VFS_MOUNT_ATTR_NODEV, 0)); /* "." is the covered one */
        OK(sys_umount("/m"));
        WANT_STR("rw,nodev,relatime", mount_at("/m")->opts);
}
END_TEST

START_TEST(test_recursive_reaches_what_is_stacked_on_the_root)
{
        make_mounts("m");
        OK(sys_chdir("m"));
        OK(mount_tmpfs("/m"));
        OK(set(".", VFS_AT_RECURSIVE, VFS_MOUNT_ATTR_NOSUID, 0));
        WANT_STR("rw,nosuid,relatime", mount_at("/m")->opts);
}
END_TEST

SEMANTICS_MAIN_SINCE(618, "setattr", test_setting_and_clearing, test_access_time_is_one_field,
                     test_errors_before_the_path, test_asking_for_nothing_is_no_error,
                     test_values_before_the_path, test_setattr_wants_a_mount_point,
                     test_setattr_of_a_file_mount, test_recursive_changes_the_tree_and_plain_one_mount,
                     test_recursive_of_a_bound_directory_leaves_what_it_does_not_show,
                     test_recursive_with_a_writer_changes_nothing, test_read_only_with_a_writer_elsewhere,
                     test_propagation_by_setattr, test_attributes_and_propagation_together,
                     test_setattr_does_not_propagate, test_setattr_of_stacked_mounts_is_of_the_top,
                     test_recursive_reaches_what_is_stacked_on_the_root)
