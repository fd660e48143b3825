/*
 * mountpoints.c - mounting, stacking, binding; what a walk sees there; mountinfo.
 */
#include "tests/semantics/mounts.h"

START_TEST(test_mount_arguments)
{
        make_file("F", 0644);
        make_dir("d", 0755);
        make_dir("real", 0755);
        make_link("real", "L");
        ERR(ENOTDIR, mount_tmpfs("F"));
        ERR(ENOENT, mount_tmpfs("nope"));
        ERR(ENODEV, sys_mount("x", "d", "nonsensefs", 0, NULL));
        ERR(EINVAL, sys_mount("x", "d", NULL, 0, NULL));
        ERR(EINVAL, sys_mount("x", "d", "tmpfs", 0, "zork=1"));
        ERR(EINVAL, sys_mount("x", "d", "tmpfs", 0, "mode=9"));
        ERR(EINVAL, sys_mount("x", "d", "tmpfs", 0, "size=abc"));
        ERR(ENOTDIR, mount_bind("F", "d"));
        ERR(ENOTDIR, mount_bind("d", "F"));
        ERR(ENOENT, mount_bind("nope", "d"));
        ERR(EINVAL, sys_mount(NULL, "d", NULL, MS_BIND, NULL));
        ERR(EINVAL, sys_mount(NULL, "d", NULL, MS_REMOUNT, NULL));
        ERR(EINVAL, sys_mount(NULL, "d", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
        OK(mount_tmpfs("L"));
        make_file("real/x", 0644);
        ERR(EBUSY, sys_rmdir("real"));
}
END_TEST

START_TEST(test_mount_on_a_removed_directory_is_enoent)
{
        make_dir("d", 0755);
        OK(sys_chdir("d"));
        OK(sys_rmdir("/d"));
        ERR(ENOENT, mount_tmpfs("."));
}
END_TEST

START_TEST(test_options_of_tmpfs)
{
        struct vfs_statx st;

        make_dir("m", 0755);
        OK(sys_mount("t", "m", "tmpfs", 0, "mode=0751,uid=1000,gid=1001,size=1m,nr_inodes=100"));
        st = attr_of("m");
        EQ(0751, st.mode & 07777);
        EQ(1000, st.uid);
        EQ(1001, st.gid);
        EQ(2, st.nlink);
        OK(sys_umount("m"));
        OK(sys_mount("t", "m", "tmpfs", 0, NULL));
        EQ(01777, mode_of("m"));
}
END_TEST

START_TEST(test_stacked_mounts)
{
        make_dir("m", 0755);
        make_file("m/0", 0644);
        OK(sys_chdir("m"));
        OK(mount_tmpfs("/m"));
        make_file("/m/1", 0644);
        OK(mount_tmpfs("/m"));
        make_file("/m/2", 0644);
        WANT(exists("0") && !exists("2")); /* the covered directory is still the cwd */
        WANT(exists("/m/2") && !exists("/m/1"));
        WANT(exists("../m/2"));
        WANT(!exists("../m/0"));
        OK(sys_chdir(".."));
        OK(sys_chdir("m"));
        WANT(exists("2"));
        OK(sys_chdir("/"));
        OK(sys_umount("m"));
        WANT(exists("m/1"));
        OK(sys_umount("m"));
        WANT(exists("m/0"));
}
END_TEST

START_TEST(test_dotdot_at_the_root_of_a_mount)
{
        char buf[64];

        make_dir("a", 0755);
        make_dir("a/sub", 0755);
        make_dir("b", 0755);
        make_dir("b/m", 0755);
        OK(mount_bind("a/sub", "b/m"));
        WANT(same_file("b/m/..", "b"));
        OK(sys_chdir("b/m"));
        WANT(same_file("..", "/b"));
        OK(sys_getcwd(buf, sizeof(buf)));
        ck_assert_str_eq(buf, "/b/m");
        OK(mount_tmpfs("/b/m"));
        WANT(same_file("..", "/b"));
        OK(sys_chdir("/b/m"));
        WANT(same_file("..", "/b"));
        OK(sys_chdir(".."));
        OK(sys_getcwd(buf, sizeof(buf)));
        ck_assert_str_eq(buf, "/b");
}
END_TEST

START_TEST(test_dotdot_out_of_a_mount_does_not_ask_the_covered_directory)
{
        make_dir("m", 0700);
        OK(mount_tmpfs("m"));
        make_dir("m/sub", 0755);
        as_user(1000);
        OK(sys_stat("m/.."));
        OK(sys_stat("m/sub/../../m"));
        OK(sys_chdir("m/sub"));
        OK(sys_stat("../.."));
        as_root();
        OK(sys_chmod("/m", 0700));
        as_user(1000);
        ERR(EACCES, sys_stat("../.."));
        ERR(EACCES, sys_stat("/m/.."));
}
END_TEST

START_TEST(test_name_of_what_was_moved_out_of_its_mount)
{
        char buf[64];
        int fd;

        make_dir("a", 0755);
        make_dir("a/d", 0755);
        make_dir("b", 0755);
        OK(mount_bind("a", "b"));
        OK(sys_chdir("b/d"));
        fd = (int)OK(sys_open("f", O_RDWR | O_CREAT, 0644));
        OK(sys_rename("/a/d", "/moved"));
        OK(sys_fd_path(fd, buf, sizeof(buf)));
        ck_assert_str_eq(buf, "/");
        OK(sys_getcwd(buf, sizeof(buf)));
        ck_assert_str_eq(buf, "(unreachable)/");
        ERR(ENOENT, sys_stat(".."));
}
END_TEST

START_TEST(test_chroot_is_a_floor_for_dotdot)
{
        char buf[64];
        int out;

        make_dir("a", 0755);
        make_dir("a/b", 0755);
        make_file("outside", 0644);
        make_file("a/inside", 0644);
        make_link("/inside", "a/abs");
        out = (int)OK(sys_open("/", O_RDONLY | O_DIRECTORY, 0));
        ERR(ENOTDIR, sys_chroot("outside"));
        OK(sys_chroot("a"));
        WANT(exists("/inside") && !exists("/outside"));
        WANT(same_file("/..", "/"));
        WANT(exists("/b/../../../inside"));
        OK(sys_stat("/abs"));
        WANT(exists("outside")); /* the cwd stayed outside */
        OK(sys_getcwd(buf, sizeof(buf)));
        ck_assert_str_eq(buf, "(unreachable)/");
        OK(sys_chdir("/b"));
        OK(sys_getcwd(buf, sizeof(buf)));
        ck_assert_str_eq(buf, "/b");
        OK(sys_openat(out, "outside", O_RDONLY, 0));
        OK(sys_fchdir(out));
        WANT(exists("outside"));
        OK(sys_chroot("."));
        WANT(exists("/outside"));
}
END_TEST

START_TEST(test_mount_points_cannot_be_removed)
{
        make_dir("p", 0755);
        make_dir("p/m", 0755);
        make_file("F", 0644);
        make_file("G", 0644);
        OK(mount_tmpfs("p/m"));
        OK(mount_bind("F", "G"));
        ERR(EBUSY, sys_rmdir("p/m"));
        ERR(EBUSY, sys_rmdir("p/m/"));
        ERR(ENOTEMPTY, sys_rmdir("p"));
        ERR(EBUSY, sys_unlink("G"));
        OK(sys_unlink("F"));
        ERR(EISDIR, sys_unlink("p/m"));
        ERR(ENOTDIR, sys_rmdir("G"));
        OK(sys_umount("G"));
        OK(sys_unlink("G"));
}
END_TEST

START_TEST(test_binds_show_one_tree_twice)
{
        make_dir("a", 0755);
        make_dir("a/m", 0755);
        make_dir("b", 0755);
        OK(mount_tmpfs("a/m"));
        make_file("a/m/x", 0644);
        OK(mount_bind("a", "b"));
        make_file("b/new", 0644);
        WANT(exists("a/new"));
        WANT(same_file("a/new", "b/new"));
        WANT(!exists("b/m/x")); /* not recursive */
        ERR(EXDEV, sys_link("a/new", "b/other"));
        ERR(EXDEV, sys_rename("a/new", "b/other"));
        OK(sys_unlink("b/new"));
        WANT(!exists("a/new"));
        ERR(EBUSY, sys_rmdir("b/m")); /* a mount point, if not through this mount */
}
END_TEST

START_TEST(test_file_binds)
{
        int fd;

        make_data("F", "one", 3);
        make_data("G", "two", 3);
        OK(mount_bind("F", "G"));
        ck_assert_str_eq(content_of("G"), "one");
        WANT(same_file("F", "G"));
        OK(sys_truncate("G", 1));
        ck_assert_str_eq(content_of("F"), "o");
        ERR(ENOTDIR, sys_stat("G/"));
        fd = (int)OK(sys_open("G", O_RDONLY, 0));
        ERR(EBUSY, sys_umount("G"));
        OK(sys_close(fd));
        OK(sys_umount("G"));
        ck_assert_str_eq(content_of("G"), "two");
}
END_TEST

START_TEST(test_bind_onto_itself_and_into_itself)
{
        make_dir("a", 0755);
        make_dir("a/b", 0755);
        OK(mount_bind("a", "a"));
        make_file("a/x", 0644);
        OK(mount_bind("a", "a/b"));
        WANT(exists("a/b/x"));
        WANT(!exists("a/b/b/x"));
        ERR(EBUSY, sys_umount("a"));
        OK(sys_umount("a/b"));
        OK(sys_umount("a"));
        WANT(exists("a/x"));
}
END_TEST

START_TEST(test_bind_of_something_removed_is_enoent)
{
        make_dir("d", 0755);
        make_dir("x", 0755);
        make_file("f", 0644);
        make_file("g", 0644);
        make_file("h", 0644);
        OK(mount_bind("f", "g"));
        OK(sys_unlink("f"));
        ERR(ENOENT, mount_bind("g", "h"));
        ERR(ENOTDIR, mount_bind("g", "x"));
        ERR(ENOENT, mount_bind("g", "nope"));
        OK(sys_chdir("d"));
        OK(sys_rmdir("/d"));
        ERR(ENOENT, mount_bind(".", "/x"));
        ERR(ENOTDIR, mount_bind(".", "/h"));
}
END_TEST

START_TEST(test_mount_root_attribute)
{
        struct vfs_statx st;

        make_dir("m", 0755);
        make_dir("d", 0755);
        OK(mount_tmpfs("m"));
        make_dir("m/sub", 0755);
        st = attr_of("m");
        WANT(st.attributes_mask & VFS_STATX_ATTR_MOUNT_ROOT);
        WANT(st.attributes & VFS_STATX_ATTR_MOUNT_ROOT);
        WANT(!(attr_of("m/sub").attributes & VFS_STATX_ATTR_MOUNT_ROOT));
        WANT(!(attr_of("d").attributes & VFS_STATX_ATTR_MOUNT_ROOT));
        WANT(attr_of("/").attributes & VFS_STATX_ATTR_MOUNT_ROOT);
        OK(mount_bind("m/sub", "d"));
        WANT(attr_of("d").attributes & VFS_STATX_ATTR_MOUNT_ROOT);
        WANT(!(attr_of("m/sub").attributes & VFS_STATX_ATTR_MOUNT_ROOT));
}
END_TEST

START_TEST(test_filesystems_have_devices_and_mounts_have_ids)
{
        struct vfs_statx root, m, b;

        make_dir("m", 0755);
        make_dir("b", 0755);
        OK(mount_tmpfs("m"));
        OK(mount_bind("m", "b"));
        OK(drv->ops->statx(drv, DRIVER_CWD, "/", 0, VFS_STATX_BASIC_STATS | VFS_STATX_MNT_ID, &root));
        OK(drv->ops->statx(drv, DRIVER_CWD, "m", 0, VFS_STATX_BASIC_STATS | VFS_STATX_MNT_ID, &m));
        OK(drv->ops->statx(drv, DRIVER_CWD, "b", 0, VFS_STATX_BASIC_STATS | VFS_STATX_MNT_ID, &b));
        WANT(root.dev_minor != m.dev_minor && m.dev_minor == b.dev_minor);
        WANT(m.mask & VFS_STATX_MNT_ID);
        WANT(root.mnt_id != m.mnt_id && m.mnt_id != b.mnt_id);
}
END_TEST

/* The lines of mountinfo in a buffer. */
static const char *mountinfo(void)
{
        static char buf[16384];
        int64_t n = OK(drv->ops->mountinfo(drv, buf, sizeof(buf) - 1));

        buf[n] = '\0';
        return buf;
}

/* The line whose mount point is point, from its root field on, as "root point options" ... */
static const char *line_of(const char *point)
{
        static char line[1024];
        const char *at = mountinfo();
        unsigned int id, parent, major_nr, minor_nr;
        char root[256], where[256];
        int rest;

        while (*at) {
                const char *end = strchr(at, '\n');

                WANT(end != NULL);
                if (sscanf(at, "%u %u %u:%u %255s %255s %n", &id, &parent, &major_nr, &minor_nr, root, where,
                           &rest) >= 6 &&
                    !strcmp(where, point)) {
                        snprintf(line, sizeof(line), "%s %.*s", root, (int)(end - at - rest), at + rest);
                        return line;
                }
                at = end + 1;
        }
        return NULL;
}

START_TEST(test_mountinfo_lines)
{
        const char *line;

        make_dir("m", 0755);
        make_dir("a", 0755);
        make_dir("a/sub", 0755);
        make_dir("b", 0755);
        OK(sys_mount("source", "m", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, "mode=755"));
        OK(mount_bind("a/sub", "b"));
        line = line_of("/m");
        WANT(line != NULL);
        WANT(!strncmp(line, "/ rw,nosuid,nodev,noexec,noatime - tmpfs source rw", 50));
        line = line_of("/b");
        WANT(line != NULL);
        WANT(!strncmp(line, "/a/sub rw,relatime - tmpfs ", 27));
        WANT(line_of("/") != NULL);
        OK(sys_umount("b"));
        WANT(line_of("/b") == NULL);
}
END_TEST

START_TEST(test_mountinfo_escapes)
{
        const char *line;

        make_dir("sp ace", 0755);
        make_dir("ta\tb", 0755);
        make_dir("new\nline", 0755);
        make_dir("back\\slash", 0755);
        make_dir("ha#sh", 0755);
        OK(mount_tmpfs("sp ace"));
        OK(mount_tmpfs("ta\tb"));
        OK(mount_tmpfs("new\nline"));
        OK(mount_tmpfs("back\\slash"));
        OK(sys_mount("a#b c", "ha#sh", "tmpfs", 0, NULL));
        WANT(line_of("/sp\\040ace") != NULL);
        WANT(line_of("/ta\\011b") != NULL);
        WANT(line_of("/new\\012line") != NULL);
        WANT(line_of("/back\\134slash") != NULL);
        line = line_of("/ha#sh");
        WANT(line != NULL);
        WANT(strstr(line, " - tmpfs a\\043b\\040c ") != NULL);
}
END_TEST

START_TEST(test_mountinfo_is_relative_to_the_readers_root)
{
        make_dir("r", 0755);
        make_dir("r/m", 0755);
        make_dir("out", 0755);
        OK(mount_tmpfs("r/m"));
        OK(mount_tmpfs("out"));
        OK(sys_chroot("r"));
        WANT(line_of("/m") != NULL);
        WANT(line_of("/r/m") == NULL);
        WANT(strstr(mountinfo(), "out") == NULL);
}
END_TEST

START_TEST(test_sticky_directory_protects_what_is_mounted_in_it)
{
        OK(sys_mknod("sock", S_IFSOCK | 0666, 0, 0));
        OK(sys_chown("sock", 1000, 1000));
        make_dir("d", 0755);
        make_file("d/F", 0644);
        OK(mount_bind("sock", "d/F"));
        ERR(ENXIO, sys_open("d/F", O_RDWR | O_CREAT, 0644));
        OK(sys_chown("d", 1002, 1002));
        OK(sys_chmod("d", 01777));
        ERR(ENXIO, sys_open("d/F", O_RDWR, 0));
        ERR(EACCES, sys_open("d/F", O_RDWR | O_CREAT, 0644));
}
END_TEST

START_TEST(test_which_error_of_a_mount_comes_first)
{
        int gone;

        make_dirs("gone d");
        make_mounts("u");
        make_file("F", 0644);
        gone = (int)OK(sys_open("gone", O_PATH, 0));
        OK(sys_rmdir("gone"));
        ERR(EINVAL, sys_mount("t", "F", NULL, 0, NULL));
        ERR(ENODEV, sys_mount("t", "F", "nosuch", 0, "zork"));
        ERR(EINVAL, sys_mount("t", "F", "tmpfs", 0, "zork"));
        ERR(ENOTDIR, sys_mount("t", "F", "tmpfs", 0, NULL));
        ERR(ENOENT, sys_mount("t", "nope", NULL, 0, NULL));
        OK(set_propagation("u", MS_UNBINDABLE));
        ERR(EINVAL, mount_bind("u", "F"));
        ERR(EINVAL, sys_mount("", "F", NULL, MS_BIND, NULL));
        OK(sys_fchdir(gone));
        ERR(EINVAL, sys_mount("t", ".", NULL, 0, NULL));
        ERR(ENODEV, sys_mount("t", ".", "nosuch", 0, NULL));
        ERR(EINVAL, sys_mount("t", ".", "tmpfs", 0, "zork"));
        ERR(EINVAL, sys_mount(NULL, ".", NULL, MS_BIND, NULL));
        ERR(ENOENT, mount_bind("/nope", "."));
        ERR(ENOTDIR, mount_bind("/F/x", "."));
        ERR(ENOENT, mount_bind("/u", "."));
        ERR(ENOENT, mount_tmpfs("."));
}
END_TEST

START_TEST(test_mount_on_a_covered_directory_goes_on_top)
{
        make_dirs("m");
        make_file("m/0", 0644);
        OK(sys_chdir("m"));
        OK(mount_tmpfs("/m"));
        make_file("/m/1", 0644);
        OK(mount_tmpfs("."));
        make_file("/m/2", 0644);
        WANT(exists("0"));
        WANT_MOUNTS("m A, ^m B");
        OK(sys_umount("."));
        WANT(exists("/m/1"));
}
END_TEST

START_TEST(test_bind_of_a_covered_directory_binds_what_is_named)
{
        make_mounts("m");
        make_dirs("b c");
        make_file("m/lower", 0644);
        OK(sys_chdir("m"));
        OK(mount_tmpfs("/m"));
        make_file("/m/upper", 0644);
        OK(mount_bind(".", "/b"));
        OK(mount_bind("/m", "/c"));
        WANT(exists("/b/lower") && exists("/c/upper"));
        OK(mount_rbind(".", "/b")); /* with what lies on it */
        WANT(exists("/b/upper"));
        OK(sys_umount("/b"));
        WANT(exists("/b/lower"));
}
END_TEST

START_TEST(test_rbind_takes_what_is_in_sight_of_its_source)
{
        make_mounts("m m/k");
        make_dirs("m/d m/d/e b c");
        OK(mount_tmpfs("m/d/e"));
        OK(mount_rbind("m/d", "b"));
        WANT_MOUNTS("b A/d, b/e B, m A, m/d/e B, m/k C");
        OK(mount_rbind("m/k", "c"));
        WANT_MOUNTS("b A/d, b/e B, c C, m A, m/d/e B, m/k C");
}
END_TEST

START_TEST(test_rbind_into_itself_ends)
{
        make_mounts("m m/k");
        make_dirs("m/d");
        OK(mount_rbind("m", "m/d"));
        WANT_MOUNTS("m A, m/d A, m/d/k B, m/k B");
        WANT(entries("m/d/d") == 0);
}
END_TEST

START_TEST(test_bind_of_a_symlink_binds_its_target)
{
        make_dirs("d b");
        make_file("d/f", 0644);
        make_link("d", "L");
        make_link("b", "M");
        OK(mount_bind("L", "M"));
        WANT(exists("b/f"));
        WANT_MOUNTS("b root/d");
}
END_TEST

START_TEST(test_file_mounts_of_all_kinds)
{
        struct vfs_statx st;

        OK(sys_mknod("p", S_IFIFO | 0600, 0, 0));
        OK(sys_mknod("s", S_IFSOCK | 0600, 0, 0));
        make_file("f", 0644);
        make_file("g", 0644);
        OK(mount_bind("p", "f")); /* all that is no directory may lie on all that is none */
        OK(mount_bind("s", "f"));
        OK(mount_bind("g", "p"));
        st = attr_of("f");
        EQ(S_IFSOCK, st.mode & S_IFMT);
        st = attr_of("p");
        EQ(S_IFREG, st.mode & S_IFMT);
        WANT_MOUNTS("f root/p, ^f root/s, p root/g");
        ERR(ENOTDIR, mount_tmpfs("f"));
}
END_TEST

START_TEST(test_rename_and_link_around_mount_points)
{
        make_mounts("m");
        make_dirs("d p");
        make_mounts("p/m");
        make_file("F", 0644);
        make_file("G", 0644);
        OK(mount_bind("F", "G"));
        ERR(EBUSY, sys_rename("m", "n"));
        ERR(EBUSY, sys_rename("d", "m"));
        ERR(EBUSY, sys_rename("G", "H"));
        ERR(EBUSY, sys_rename("F", "G"));
        ERR(EBUSY, sys_rename2("d", "m", VFS_RENAME_EXCHANGE));
        ERR(EEXIST, sys_rename2("d", "m", VFS_RENAME_NOREPLACE));
        OK(sys_rename("p", "q"));
        WANT(is_mount_root(DRIVER_CWD, "q/m"));
        ERR(EXDEV, sys_link("G", "H")); /* the file is on another mount than the directory */
        OK(sys_link("F", "H"));
        ERR(EXDEV, sys_rename("m/x", "y"));
}
END_TEST

START_TEST(test_dotdot_out_of_stacked_mounts_and_chroots)
{
        make_mounts("m");
        OK(mount_tmpfs("m"));
        make_dirs("m/d");
        OK(sys_chdir("m/d"));
        WANT(same_file("../..", "/"));
        OK(sys_chroot("/m"));
        WANT(same_file("..", "/"));
        WANT(same_file("../..", "/"));
        WANT_STR("/d", cwd());
        OK(mount_tmpfs("/")); /* over the root: absolute paths still begin below it, */
        WANT(exists("/d"));
        WANT(!exists("/../d")); /* and ".." finds what is on top */
        WANT(!exists("../d") && !same_file("..", "/"));
}
END_TEST

START_TEST(test_mount_root_attribute_through_descriptors)
{
        int fd;

        make_mounts("m");
        make_dirs("m/d");
        make_file("F", 0644);
        make_file("G", 0644);
        OK(mount_bind("F", "G"));
        WANT(is_mount_root(DRIVER_CWD, "G") && !is_mount_root(DRIVER_CWD, "F"));
        fd = (int)OK(sys_open("m", O_RDONLY, 0));
        WANT(is_mount_root(fd, "") && !is_mount_root(fd, "d") && is_mount_root(fd, "d/.."));
        OK(mount_tmpfs("m"));
        WANT(is_mount_root(fd, "")); /* covered, and still one */
        OK(sys_umount2("m", MNT_DETACH));
        OK(sys_umount2("m", MNT_DETACH));
        WANT(is_mount_root(fd, ""));
        OK(sys_chroot("m"));
        WANT(!is_mount_root(DRIVER_CWD, "/"));
}
END_TEST

START_TEST(test_privilege_and_search_permission)
{
        make_dirs("p p/m d");
        OK(sys_chmod("p", 0700));
        as_cred(1000, 1000, CAP(SYS_ADMIN));
        ERR(EACCES, mount_tmpfs("p/m"));
        ERR(EACCES, mount_bind("p/m", "d"));
        OK(mount_tmpfs("d")); /* no write permission is needed */
        OK(sys_umount("d"));
        as_user(0);
        ERR(EPERM, mount_tmpfs("d"));
}
END_TEST

/* Binds m into itself again and again, which doubles it each time, until that is refused. */
static int double_until_refused(void)
{
        char name[16];

        for (int i = 0; i < 24; i++) {
                int64_t r;

                snprintf(name, sizeof(name), "m/%d", i);
                make_dir(name, 0755);
                r = mount_rbind("m", name);
                if (r == -ENOSPC)
                        return i;
                OK(r);
        }
        return -1;
}

START_TEST(test_too_many_mounts_is_enospc)
{
        char name[16];
        int n;

        make_mounts("m");
        n = double_until_refused();
        WANT(n > 0);
        snprintf(name, sizeof(name), "m/%d", n);
        WANT(!is_mount_root(DRIVER_CWD, name));
        OK(mount_bind("m", name)); /* one more is not too much */
        OK(sys_umount(name));
        ERR(ENOSPC, mount_rbind("m", name));
        OK(sys_umount2("m", MNT_DETACH));
        WANT_MOUNTS("");
        OK(mount_tmpfs("m"));
}
END_TEST

SEMANTICS_MAIN("mountpoints", test_mount_arguments, test_mount_on_a_removed_directory_is_enoent,
               test_options_of_tmpfs, test_stacked_mounts, test_dotdot_at_the_root_of_a_mount,
               test_dotdot_out_of_a_mount_does_not_ask_the_covered_directory,
               test_name_of_what_was_moved_out_of_its_mount, test_chroot_is_a_floor_for_dotdot,
               test_mount_points_cannot_be_removed, test_binds_show_one_tree_twice, test_file_binds,
               test_bind_onto_itself_and_into_itself, test_bind_of_something_removed_is_enoent,
               test_mount_root_attribute, test_filesystems_have_devices_and_mounts_have_ids,
               test_mountinfo_lines, test_mountinfo_escapes, test_mountinfo_is_relative_to_the_readers_root,
               test_sticky_directory_protects_what_is_mounted_in_it, test_which_error_of_a_mount_comes_first,
               test_mount_on_a_covered_directory_goes_on_top,
               test_bind_of_a_covered_directory_binds_what_is_named,
               test_rbind_takes_what_is_in_sight_of_its_source, test_rbind_into_itself_ends,
               test_bind_of_a_symlink_binds_its_target, test_file_mounts_of_all_kinds,
               test_rename_and_link_around_mount_points, test_dotdot_out_of_stacked_mounts_and_chroots,
               test_mount_root_attribute_through_descriptors, test_privilege_and_search_permission,
               test_too_many_mounts_is_enospc)
