/*
 * times.c - what changes which timestamp, and the atime rules of a mount.
 */
#include "tests/semantics/semantics.h"

/* Which times of path an action changes, as a string of "amc". The action follows on a call of mark(). */
static struct vfs_statx marked;

static void mark(const char *path)
{
        age(path);
        marked = attr_of(path);
        tick();
}

static const char *changed(const char *path)
{
        static char names[4];
        struct vfs_statx now = attr_of(path);
        size_t n = 0;

        if (!time_is(&now.atime, 1000))
                names[n++] = 'a';
        if (!time_is(&now.mtime, 1000))
                names[n++] = 'm';
        if (time_before(&marked.ctime, &now.ctime))
                names[n++] = 'c';
        names[n] = '\0';
        return names;
}

#define CHANGES(path, want, call)                                                                      \
        do {                                                                                           \
                mark(path);                                                                            \
                OK(call);                                                                              \
                if (strcmp(changed(path), (want)))                                                     \
                        ck_abort_msg("%s: %s changes \"%s\" of %s, not \"%s\"", drv->ops->name, #call, \
                                     changed(path), (path), (want));                                   \
        } while (0)

START_TEST(test_what_changes_the_times_of_a_file)
{
        const struct vfs_timespec omit[2] = { { 0, VFS_UTIME_OMIT }, { 0, VFS_UTIME_OMIT } };
        const struct vfs_timespec atime[2] = { { 5, 0 }, { 0, VFS_UTIME_OMIT } };
        char c;
        int fd;

        make_data("F", "0123456789", 10);
        fd = (int)OK(sys_open("F", O_RDWR, 0));
        CHANGES("F", "c", sys_chmod("F", 0644));
        CHANGES("F", "c", sys_chown("F", (uint32_t)-1, (uint32_t)-1));
        CHANGES("F", "c", sys_chown("F", 0, 0));
        CHANGES("F", "mc", sys_truncate("F", 10));
        CHANGES("F", "mc", sys_ftruncate(fd, 10));
        CHANGES("F", "mc", sys_truncate("F", 5));
        CHANGES("F", "mc", sys_write(fd, "x", 1));
        CHANGES("F", "", sys_write(fd, "x", 0));
        CHANGES("F", "a", sys_read(fd, &c, 0));
        CHANGES("F", "a", sys_pread(fd, &c, 1, 0));
        CHANGES("F", "a", sys_pread(fd, &c, 1, 100));
        CHANGES("F", "c", sys_link("F", "G"));
        CHANGES("F", "c", sys_unlink("G"));
        CHANGES("F", "", sys_stat("F"));
        CHANGES("F", "", sys_open("F", O_RDONLY, 0));
        CHANGES("F", "", sys_utimens("F", omit));
        CHANGES("F", "ac", sys_utimens("F", atime));
        CHANGES("F", "amc", sys_utimens("F", NULL));
        CHANGES("F", "c", sys_setxattr("F", "user.a", "v", 1, 0));
        CHANGES("F", "c", sys_removexattr("F", "user.a"));
        CHANGES("F", "mc", sys_open("F", O_WRONLY | O_TRUNC, 0));
        CHANGES("F", "mc", sys_open("F", O_WRONLY | O_TRUNC, 0));
        CHANGES("F", "mc", sys_fallocate(fd, 0, 0, 100));
        CHANGES("F", "mc", sys_fallocate(fd, VFS_FALLOC_KEEP_SIZE, 0, 100));
        CHANGES("F", "mc", sys_fallocate(fd, VFS_FALLOC_PUNCH_HOLE | VFS_FALLOC_KEEP_SIZE, 0, 10));
}
END_TEST

START_TEST(test_what_changes_the_times_of_a_directory)
{
        char buf[512];
        int fd;

        make_dir("D", 0755);
        make_dir("E", 0755);
        fd = (int)OK(sys_open("D", O_RDONLY, 0));
        CHANGES("D", "mc", sys_open("D/f", O_WRONLY | O_CREAT, 0644));
        CHANGES("D", "", sys_open("D/f", O_WRONLY | O_CREAT | O_TRUNC, 0644));
        CHANGES("D", "mc", sys_mkdir("D/d", 0755));
        CHANGES("D", "mc", sys_symlink("t", "D/l"));
        CHANGES("D", "mc", sys_mknod("D/p", S_IFIFO | 0600, 0, 0));
        CHANGES("D", "mc", sys_link("D/f", "D/g"));
        CHANGES("D", "mc", sys_rename("D/g", "D/h"));
        CHANGES("D", "mc", sys_rename("D/h", "E/h"));
        CHANGES("E", "mc", sys_rename("D/f", "E/f"));
        CHANGES("D", "mc", sys_rename("E/f", "D/f"));
        CHANGES("D", "", sys_rename2("D/f", "E/h", VFS_RENAME_EXCHANGE)); /* one file */
        make_file("E/i", 0644);
        CHANGES("D", "mc", sys_rename2("D/f", "E/i", VFS_RENAME_EXCHANGE));
        CHANGES("D", "mc", sys_unlink("D/f"));
        CHANGES("D", "mc", sys_rmdir("D/d"));
        CHANGES("D", "a", sys_getdents(fd, buf, sizeof(buf)));
        CHANGES("D", "", sys_lstat("D/l"));
        CHANGES("E", "", sys_open("E", O_TMPFILE | O_RDWR, 0600));
}
END_TEST

START_TEST(test_a_directory_s_own_times_when_it_moves)
{
        make_dir("D", 0755);
        make_dir("E", 0755);
        mark("E");
        OK(sys_rename("E", "D/E"));
        ck_assert_str_eq(changed("D/E"), "c");
        make_file("F", 0644);
        mark("F");
        OK(sys_rename2("F", "D/E", VFS_RENAME_EXCHANGE));
        ck_assert_str_eq(changed("D/E"), "c");
        mark("D/E");
        OK(sys_rename2("F", "D/E", VFS_RENAME_EXCHANGE));
        ck_assert_str_eq(changed("F"), "c");
}
END_TEST

START_TEST(test_reading_a_link_changes_its_atime)
{
        char buf[8];

        make_link("t", "L");
        CHANGES("L", "a", sys_readlink("L", buf, sizeof(buf)));
}
END_TEST

START_TEST(test_creation_sets_all_four)
{
        struct vfs_statx st;

        make_file("F", 0644);
        OK(drv->ops->statx(drv, DRIVER_CWD, "F", 0, VFS_STATX_BASIC_STATS | VFS_STATX_BTIME, &st));
        WANT(st.mask & VFS_STATX_BTIME);
        WANT(st.btime.sec == st.mtime.sec && st.mtime.sec == st.ctime.sec && st.ctime.sec == st.atime.sec);
        WANT(st.btime.nsec == st.mtime.nsec && st.mtime.nsec == st.ctime.nsec);
        WANT(st.btime.sec > 1000000000);
}
END_TEST

START_TEST(test_utimensat_arguments)
{
        const struct vfs_timespec omit[2] = { { 0, VFS_UTIME_OMIT }, { 0, VFS_UTIME_OMIT } };
        const struct vfs_timespec bad[2] = { { 0, 1000000000 }, { 0, 0 } };
        const struct vfs_timespec negative[2] = { { 0, -1 }, { 0, 0 } };
        const struct vfs_timespec bad_omit[2] = { { 0, VFS_UTIME_OMIT }, { 0, 1000000000 } };
        const struct vfs_timespec past[2] = { { -5, 999999999 }, { INT64_C(1) << 40, 1 } };
        struct vfs_statx st;

        make_file("F", 0644);
        make_link("F", "L");
        OK(sys_utimens("nope", omit));
        OK(sys_utimens("nope/nope", omit));
        ERR(ENOENT, sys_utimens("nope", bad));
        ERR(EINVAL, sys_utimens("F", bad));
        ERR(EINVAL, sys_utimens("F", negative));
        ERR(EINVAL, sys_utimens("F", bad_omit));
        ERR(ENOENT, sys_utimens("nope", NULL));
        OK(sys_utimens("F", past));
        st = attr_of("F");
        EQ(-5, st.atime.sec);
        EQ(999999999, st.atime.nsec);
        EQ(INT64_C(1) << 40, st.mtime.sec);
        OK(drv->ops->utimens(drv, DRIVER_CWD, "L", past, VFS_AT_SYMLINK_NOFOLLOW));
        EQ(-5, attr_of("L").atime.sec);
        ERR(EBADF, drv->ops->futimens(drv, DRIVER_BAD_FD, past));
}
END_TEST

/* Mounts a tmpfs with the flags, makes a file there with an old atime and mtime. */
static int atime_file(uint64_t flags)
{
        make_dir("m", 0755);
        OK(sys_mount("t", "m", "tmpfs", flags, "mode=755"));
        make_data("m/F", "data", 4);
        return (int)OK(sys_open("m/F", O_RDONLY, 0));
}

static int read_changes_atime(int fd)
{
        struct vfs_statx before = fd_attr_of(fd), after;
        char c;

        tick();
        EQ(1, sys_pread(fd, &c, 1, 0));
        after = fd_attr_of(fd);
        return time_before(&before.atime, &after.atime);
}

START_TEST(test_relatime_updates_once_after_a_change)
{
        int fd = atime_file(0);

        tick();
        OK(sys_truncate("m/F", 4));
        EQ(1, read_changes_atime(fd));
        EQ(0, read_changes_atime(fd));
        OK(sys_chmod("m/F", 0600));
        EQ(1, read_changes_atime(fd)); /* ctime counts too */
        EQ(0, read_changes_atime(fd));
        age("m/F"); /* more than a day ago */
        EQ(1, read_changes_atime(fd));
}
END_TEST

START_TEST(test_strictatime_updates_always_noatime_never)
{
        int fd = atime_file(MS_STRICTATIME);

        EQ(1, read_changes_atime(fd));
        EQ(1, read_changes_atime(fd));
        OK(sys_mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_NOATIME, NULL));
        age("m/F");
        EQ(0, read_changes_atime(fd));
        EQ(0, read_changes_atime(fd));
}
END_TEST

START_TEST(test_nodiratime_spares_directories)
{
        struct vfs_statx st;
        char buf[256];
        int fd;

        atime_file(MS_NODIRATIME | MS_STRICTATIME);
        make_dir("m/D", 0755);
        age("m/D");
        fd = (int)OK(sys_open("m/D", O_RDONLY, 0));
        OK(sys_getdents(fd, buf, sizeof(buf)));
        st = attr_of("m/D");
        WANT(time_is(&st.atime, 1000));
        fd = (int)OK(sys_open("m/F", O_RDONLY, 0));
        EQ(1, read_changes_atime(fd));
}
END_TEST

START_TEST(test_o_noatime_leaves_the_atime)
{
        int fd;

        make_data("F", "data", 4);
        age("F");
        fd = (int)OK(sys_open("F", O_RDONLY | O_NOATIME, 0));
        EQ(0, read_changes_atime(fd));
        fd = (int)OK(sys_open("F", O_RDONLY, 0));
        EQ(1, read_changes_atime(fd));
}
END_TEST

SEMANTICS_MAIN("times", test_what_changes_the_times_of_a_file, test_what_changes_the_times_of_a_directory,
               test_a_directory_s_own_times_when_it_moves, test_reading_a_link_changes_its_atime,
               test_creation_sets_all_four, test_utimensat_arguments,
               test_relatime_updates_once_after_a_change, test_strictatime_updates_always_noatime_never,
               test_nodiratime_spares_directories, test_o_noatime_leaves_the_atime)
