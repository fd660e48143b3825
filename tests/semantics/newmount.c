/*
 * newmount.c - filesystems made and changed step by step: fsopen(2), fsconfig(2),
 * fsmount(2), fspick(2), and what a context has to say.
 */
#include "tests/semantics/mounts.h"

/* The next message of a context, without its newline; "" if there is none. */
static const char *message(int fd)
{
        static char buf[512];
        int64_t n = sys_read(fd, buf, sizeof(buf));

        if (n == -ENODATA)
                return "";
        WANT(n > 0 && buf[n - 1] == '\n');
        buf[n - 1] = '\0';
        return buf;
}

static int tmpfs_context(void)
{
        return (int)OK(sys_fsopen("tmpfs"));
}

/* Mounts what a context made at m. */
static void mount_at_m(int context)
{
        int fd = (int)OK(sys_fsmount(context, 0));

        OK(attach(fd, "m"));
        OK(sys_close(fd));
}

START_TEST(test_from_fsopen_to_a_mount)
{
        int context = tmpfs_context(), fd;

        OK(fsconfig_string(context, "source", "from here"));
        OK(fsconfig_string(context, "size", "1m"));
        OK(fsconfig_string(context, "mode", "0751"));
        OK(fsconfig_create(context));
        fd = (int)OK(sys_fsmount(context, VFS_MOUNT_ATTR_NOSUID | VFS_MOUNT_ATTR_NOATIME));
        OK(sys_close(context));
        OK(sys_openat(fd, "f", O_WRONLY | O_CREAT, 0644));
        WANT_MOUNTS("");
        make_dirs("m");
        OK(attach(fd, "m"));
        WANT(exists("m/f"));
        EQ(0751, mode_of("m"));
        WANT_MOUNTS("m A");
        WANT_STR("rw,nosuid,noatime", mount_at("/m")->opts);
        WANT_STR("from\\040here", mount_at("/m")->source);
        WANT_STR("rw,size=1024k,mode=751", mount_at("/m")->super);
}
END_TEST

START_TEST(test_unknown_types)
{
        ERR(ENODEV, sys_fsopen("nosuch"));
        ERR(ENODEV, sys_fsopen(""));
        ERR(ENODEV, sys_fsopen("tmpfs.sub"));
        ERR(EINVAL, drv->ops->fsopen(drv, "nosuch", 2));
        as_cred(0, 0, 0);
        ERR(EPERM, drv->ops->fsopen(drv, "nosuch", 2));
}
END_TEST

static int cloexec(int64_t fd)
{
        return (int)OK(sys_fcntl((int)fd, VFS_F_GETFD, 0));
}

START_TEST(test_close_on_exec_is_asked_for)
{
        int fd = tmpfs_context();

        EQ(0, cloexec(fd));
        EQ(1, cloexec(drv->ops->fsopen(drv, "tmpfs", VFS_FSOPEN_CLOEXEC)));
        OK(fsconfig_create(fd));
        EQ(1, cloexec(drv->ops->fsmount(drv, fd, VFS_FSMOUNT_CLOEXEC, 0)));
        EQ(1, cloexec(sys_fspick(DRIVER_CWD, "/", VFS_FSPICK_CLOEXEC)));
        EQ(0, cloexec(sys_fspick(DRIVER_CWD, "/", 0)));
        EQ(1, cloexec(sys_open_tree(DRIVER_CWD, "/", VFS_OPEN_TREE_CLOEXEC)));
        EQ(0, cloexec(sys_open_tree(DRIVER_CWD, "/", CLONE)));
}
END_TEST

START_TEST(test_phases_of_a_new_filesystem)
{
        int c = tmpfs_context();

        ERR(EINVAL, sys_fsmount(c, 0));
        ERR(EBUSY, fsconfig_reconfigure(c));
        OK(fsconfig_string(c, "size", "1m"));
        OK(fsconfig_create(c));
        ERR(EBUSY, fsconfig_string(c, "size", "2m"));
        ERR(EBUSY, fsconfig_flag(c, "zork"));
        WANT_STR("", message(c));
        ERR(EBUSY, fsconfig_create(c));
        ERR(EBUSY, fsconfig_reconfigure(c));
        OK(sys_fsmount(c, 0));
        ERR(EBUSY, sys_fsmount(c, 0));
        ERR(EBUSY, fsconfig_create(c));
}
END_TEST

START_TEST(test_context_changes_what_it_made_once_that_is_mounted)
{
        int c = tmpfs_context(), fd;

        make_dirs("m");
        OK(fsconfig_string(c, "size", "1m"));
        OK(fsconfig_create(c));
        fd = (int)OK(sys_fsmount(c, 0));
        OK(attach(fd, "m"));
        OK(fsconfig_string(c, "size", "2m"));
        OK(fsconfig_flag(c, "ro"));
        OK(fsconfig_reconfigure(c));
        WANT_STR("ro,size=2048k", mount_at("/m")->super);
        WANT_STR("rw,relatime", mount_at("/m")->opts);
        OK(fsconfig_flag(c, "rw"));
        OK(fsconfig_reconfigure(c));
        WANT_STR("rw,size=2048k", mount_at("/m")->super);
}
END_TEST

START_TEST(test_refused_option_does_not_spoil_the_context)
{
        int c = tmpfs_context();

        ERR(EINVAL, fsconfig_string(c, "size", "abc"));
        ERR(EINVAL, fsconfig_flag(c, "zork"));
        OK(fsconfig_create(c));
        OK(sys_fsmount(c, 0));
        WANT_STR("e tmpfs: Bad value for 'size'", message(c));
        WANT_STR("e tmpfs: Unknown parameter 'zork'", message(c));
        WANT_STR("", message(c));
}
END_TEST

START_TEST(test_create_excl)
{
        int c = tmpfs_context();

        OK(sys_fsconfig(c, VFS_FSCONFIG_CMD_CREATE_EXCL, NULL, NULL, 0));
        ERR(EBUSY, sys_fsconfig(c, VFS_FSCONFIG_CMD_CREATE_EXCL, NULL, NULL, 0));
        OK(sys_fsmount(c, 0));
}
END_TEST

START_TEST(test_messages_of_bad_strings)
{
        static const struct {
                const char *key, *value, *message;
                int twice;
        } rows[] = {
                { "zork", "1", "e tmpfs: Unknown parameter 'zork'", 0 },
                { "", "1", "e tmpfs: Unknown parameter ''", 0 },
                { "SIZE", "1", "e tmpfs: Unknown parameter 'SIZE'", 0 },
                { "nosuid", "1", "e tmpfs: Unknown parameter 'nosuid'", 0 },
                { "remount", "1", "e tmpfs: Unknown parameter 'remount'", 0 },
                { "size", "abc", "e tmpfs: Bad value for 'size'", 0 },
                { "size", "", "e tmpfs: Bad value for 'size'", 0 },
                { "size", "-1", "e tmpfs: Bad value for 'size'", 0 },
                { "size", "1mm", "e tmpfs: Bad value for 'size'", 0 },
                { "size", "50%x", "e tmpfs: Bad value for 'size'", 0 },
                { "nr_blocks", "x", "e tmpfs: Bad value for 'nr_blocks'", 0 },
                { "nr_blocks", "18446744073709551615", "e tmpfs: Bad value for 'nr_blocks'", 0 },
                { "nr_inodes", "-1", "e tmpfs: Bad value for 'nr_inodes'", 0 },
                { "nr_inodes", "9223372036854775808", "e tmpfs: Bad value for 'nr_inodes'", 0 },
                { "mode", "9", "e tmpfs: Bad value for 'mode'", 0 },
                { "mode", "", "e tmpfs: Bad value for 'mode'", 0 },
                { "mode", "0x1ff", "e tmpfs: Bad value for 'mode'", 0 },
                { "mode", "777777777777", "e tmpfs: Bad value for 'mode'", 0 },
                { "uid", "x", "e tmpfs: Bad value for 'uid'", 1 },
                { "uid", "-1", "e tmpfs: Bad value for 'uid'", 1 },
                { "uid", "4294967296", "e tmpfs: Bad value for 'uid'", 1 },
                { "uid", "4294967295", "e tmpfs: Invalid uid '4294967295'", 0 },
                { "gid", "x", "e tmpfs: Bad value for 'gid'", 1 },
                { "gid", "4294967295", "e tmpfs: Invalid gid '4294967295'", 0 },
                { "inode64", "1", "e tmpfs: Unexpected value for 'inode64'", 0 },
                { "noswap", "1", "e tmpfs: Unexpected value for 'noswap'", 0 },
                { "huge", "x", "e tmpfs: Bad value for 'huge'", 0 },
                { "mpol", "x", "e tmpfs: Bad value for 'mpol'", 0 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                int c = tmpfs_context();

                CHECK_ROW(i, rows[i].message, EINVAL, fsconfig_string(c, rows[i].key, rows[i].value));
                WANT_STR(rows[i].message, message(c));
                if (rows[i].twice)
                        WANT_STR(rows[i].message, message(c));
                WANT_STR("", message(c));
                OK(sys_close(c));
        }
}
END_TEST

START_TEST(test_strings_that_are_taken)
{
        static const char *const rows[][2] = {
                { "size", "0" },         { "size", "1m" },       { "size", "50%" },    { "size", "101%" },
                { "size", "0x1000" },    { "size", "1G" },       { "nr_blocks", "5" }, { "nr_blocks", "1k" },
                { "nr_inodes", "0" },    { "nr_inodes", "10k" }, { "mode", "01777" },  { "mode", "77777" },
                { "uid", "4294967294" }, { "uid", "0x10" },      { "gid", "12" },      { "ro", "anything" },
                { "rw", "x" },           { "sync", "" },         { "async", "1" },     { "lazytime", "1" },
                { "nolazytime", "1" },   { "dirsync", "1" },     { "mand", "1" },      { "huge", "never" },
                { "mpol", "default" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                int c = tmpfs_context();

                CHECK_ROW(i, rows[i][0], 0, fsconfig_string(c, rows[i][0], rows[i][1]));
                WANT_STR("", message(c));
                OK(fsconfig_create(c));
                OK(sys_close(c));
        }
}
END_TEST

START_TEST(test_messages_of_bad_flags)
{
        static const struct {
                const char *key, *message;
                int twice;
        } rows[] = {
                { "zork", "e tmpfs: Unknown parameter 'zork'", 0 },
                { "", "e tmpfs: Unknown parameter ''", 0 },
                { "size=1m", "e tmpfs: Unknown parameter 'size=1m'", 0 },
                { "noatime", "e tmpfs: Unknown parameter 'noatime'", 0 },
                { "silent", "e tmpfs: Unknown parameter 'silent'", 0 },
                { "size", "e tmpfs: Bad value for 'size'", 0 },
                { "nr_blocks", "e tmpfs: Bad value for 'nr_blocks'", 0 },
                { "nr_inodes", "e tmpfs: Bad value for 'nr_inodes'", 0 },
                { "mode", "e tmpfs: Bad value for 'mode'", 0 },
                { "uid", "e tmpfs: Bad value for 'uid'", 1 },
                { "gid", "e tmpfs: Bad value for 'gid'", 1 },
                { "huge", "e tmpfs: Bad value for 'huge'", 0 },
                { "source", "e Non-string source", 0 },
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                int c = tmpfs_context();

                CHECK_ROW(i, rows[i].message, EINVAL, fsconfig_flag(c, rows[i].key));
                WANT_STR(rows[i].message, message(c));
                if (rows[i].twice)
                        WANT_STR(rows[i].message, message(c));
                WANT_STR("", message(c));
                OK(sys_close(c));
        }
}
END_TEST

START_TEST(test_flags_that_are_taken)
{
        static const char *const keys[] = { "ro",      "rw",   "sync",   "async",   "lazytime", "nolazytime",
                                            "dirsync", "mand", "nomand", "inode32", "inode64",  "noswap" };

        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
                int c = tmpfs_context();

                CHECK_ROW(i, keys[i], 0, fsconfig_flag(c, keys[i]));
                WANT_STR("", message(c));
                OK(sys_close(c));
        }
}
END_TEST

START_TEST(test_flags_of_a_new_filesystem)
{
        int c = tmpfs_context();

        make_dirs("m");
        OK(fsconfig_flag(c, "ro"));
        OK(fsconfig_flag(c, "sync"));
        OK(fsconfig_flag(c, "dirsync"));
        OK(fsconfig_flag(c, "lazytime"));
        OK(fsconfig_create(c));
        mount_at_m(c);
        WANT_STR("ro,sync,dirsync,lazytime", mount_at("/m")->super);
        WANT_STR("rw,relatime", mount_at("/m")->opts);
        ERR(EROFS, sys_mkdir("m/d", 0755));
}
END_TEST

START_TEST(test_source_is_given_once)
{
        int c = tmpfs_context();

        make_dirs("m");
        OK(fsconfig_string(c, "source", "one"));
        ERR(EINVAL, fsconfig_string(c, "source", "two"));
        WANT_STR("e Multiple sources", message(c));
        OK(fsconfig_create(c));
        mount_at_m(c);
        WANT_STR("one", mount_at("/m")->source);
        OK(attach(detached_tmpfs(), "m"));
        WANT_STR("none", mount_at("/m")->source);
}
END_TEST

START_TEST(test_values_that_are_no_strings)
{
        static const struct {
                uint32_t cmd;
                const char *value;
                int aux;
        } rows[] = {
                { VFS_FSCONFIG_SET_BINARY, "1m", 2 },
                { VFS_FSCONFIG_SET_PATH, "/", DRIVER_CWD },
                { VFS_FSCONFIG_SET_PATH, "/missing", DRIVER_CWD },
                { VFS_FSCONFIG_SET_PATH_EMPTY, "", DRIVER_CWD },
                { VFS_FSCONFIG_SET_FD, NULL, 0 },
        };
        int c = tmpfs_context();

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                int aux = rows[i].cmd == VFS_FSCONFIG_SET_FD ? c : rows[i].aux;

                CHECK_ROW(i, "size", EINVAL, sys_fsconfig(c, rows[i].cmd, "size", rows[i].value, aux));
                WANT_STR("e tmpfs: Bad value for 'size'", message(c));
                CHECK_ROW(i, "zork", EINVAL, sys_fsconfig(c, rows[i].cmd, "zork", rows[i].value, aux));
                WANT_STR("e tmpfs: Unknown parameter 'zork'", message(c));
                CHECK_ROW(i, "source", EINVAL, sys_fsconfig(c, rows[i].cmd, "source", rows[i].value, aux));
                WANT_STR("e Non-string source", message(c));
                WANT_STR("", message(c));
        }
        OK(sys_fsconfig(c, VFS_FSCONFIG_SET_BINARY, "ro", "x", 1));
        ERR(ENOENT, sys_fsconfig(c, VFS_FSCONFIG_SET_PATH, "size", "", DRIVER_CWD));
        ERR(EBADF, sys_fsconfig(c, VFS_FSCONFIG_SET_FD, "size", NULL, DRIVER_BAD_FD));
        WANT_STR("", message(c));
}
END_TEST

START_TEST(test_shape_of_fsconfig_arguments)
{
        int c = tmpfs_context();

        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_FLAG, NULL, NULL, 0));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_FLAG, "ro", "x", 0));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_FLAG, "ro", NULL, 1));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_STRING, "size", NULL, 0));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_STRING, NULL, "1", 0));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_STRING, "size", "1m", 1));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_BINARY, "size", "1m", 0));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_BINARY, "size", "1m", -1));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_BINARY, "size", "1m", 1024 * 1024 + 1));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_BINARY, "size", NULL, 2));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_PATH, "size", "/", -1));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_PATH, "size", NULL, DRIVER_CWD));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_PATH_EMPTY, "size", "", -5));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_FD, "size", "x", c));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_FD, "size", NULL, -1));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_SET_FD, "size", NULL, DRIVER_CWD));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_CMD_CREATE, "x", NULL, 0));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_CMD_CREATE, NULL, "x", 0));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_CMD_CREATE, NULL, NULL, 1));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_CMD_CREATE_EXCL, NULL, NULL, 1));
        ERR(EINVAL, sys_fsconfig(c, VFS_FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 1));
        ERR(EOPNOTSUPP, sys_fsconfig(c, 9, NULL, NULL, 0));
        ERR(EOPNOTSUPP, sys_fsconfig(c, 99, "x", "y", -7));
        WANT_STR("", message(c));
}
END_TEST

START_TEST(test_long_keys_and_values)
{
        char text[257];
        int c = tmpfs_context();

        memset(text, 'k', 256);
        text[256] = '\0';
        ERR(EINVAL, fsconfig_flag(c, text));
        ERR(EINVAL, fsconfig_string(c, text, "1"));
        ERR(EINVAL, fsconfig_string(c, "source", text));
        WANT_STR("", message(c)); /* too long to be asked about */
        text[255] = '\0';
        ERR(EINVAL, fsconfig_flag(c, text));
        WANT(strstr(message(c), "kkk'"));
        OK(fsconfig_string(c, "source", text));
}
END_TEST

START_TEST(test_descriptors_that_are_no_context)
{
        int file = (int)OK(sys_open("/", O_RDONLY, 0)), path = (int)OK(sys_open("/", O_PATH, 0));

        ERR(EINVAL, fsconfig_create(file));
        ERR(EBADF, fsconfig_create(path));
        ERR(EBADF, fsconfig_create(DRIVER_BAD_FD));
        ERR(EINVAL, sys_fsmount(file, 0));
        ERR(EBADF, sys_fsmount(path, 0));
        ERR(EBADF, sys_fsmount(DRIVER_BAD_FD, 0));
}
END_TEST

START_TEST(test_fsmount_arguments)
{
        int c = tmpfs_context();

        ERR(EINVAL, drv->ops->fsmount(drv, c, 2, 0));
        OK(fsconfig_create(c));
        ERR(EINVAL, drv->ops->fsmount(drv, c, 2, 0));
        ERR(EINVAL, sys_fsmount(c, 0x100));
        ERR(EINVAL, sys_fsmount(c, 0x30));
        ERR(EINVAL, sys_fsmount(c, 0x40));
        ERR(EINVAL, sys_fsmount(c, 0x70));
        ERR(EINVAL, sys_fsmount(c, VFS_MOUNT_ATTR_IDMAP));
        as_cred(0, 0, 0);
        ERR(EPERM, drv->ops->fsmount(drv, c, 2, 0x100));
        as_root();
        OK(sys_fsmount(c, 0));
}
END_TEST

START_TEST(test_attributes_of_fsmount)
{
        static const struct {
                uint32_t attr;
                const char *opts;
        } rows[] = {
                { 0, "rw,relatime" },
                { VFS_MOUNT_ATTR_RDONLY, "ro,relatime" },
                { VFS_MOUNT_ATTR_NOSUID | VFS_MOUNT_ATTR_NODEV | VFS_MOUNT_ATTR_NOEXEC,
                  "rw,nosuid,nodev,noexec,relatime" },
                { VFS_MOUNT_ATTR_NOATIME, "rw,noatime" },
                { VFS_MOUNT_ATTR_STRICTATIME, "rw" },
                { VFS_MOUNT_ATTR_NODIRATIME, "rw,nodiratime,relatime" },
                { VFS_MOUNT_ATTR_NODIRATIME | VFS_MOUNT_ATTR_NOATIME, "rw,noatime,nodiratime" },
                { VFS_MOUNT_ATTR_NOSYMFOLLOW, "rw,relatime,nosymfollow" },
        };

        make_dirs("m");
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                int c = tmpfs_context(), fd;

                OK(fsconfig_create(c));
                fd = (int)OK(sys_fsmount(c, rows[i].attr));
                OK(attach(fd, "m"));
                WANT_STR(rows[i].opts, mount_at("/m")->opts);
                WANT_STR("rw", mount_at("/m")->super);
                OK(sys_close(fd));
                OK(sys_umount("m"));
        }
}
END_TEST

START_TEST(test_log_keeps_the_last_eight)
{
        int c = tmpfs_context();
        char key[4], want[64];

        for (int i = 0; i < 10; i++) {
                snprintf(key, sizeof(key), "z%d", i);
                ERR(EINVAL, fsconfig_flag(c, key));
        }
        for (int i = 2; i < 10; i++) {
                snprintf(want, sizeof(want), "e tmpfs: Unknown parameter 'z%d'", i);
                WANT_STR(want, message(c));
        }
        WANT_STR("", message(c));
}
END_TEST

START_TEST(test_log_message_stays_until_it_fits)
{
        int c = tmpfs_context();
        char buf[64];

        ERR(ENODATA, sys_read(c, buf, sizeof(buf)));
        ERR(ENODATA, sys_read(c, buf, 0));
        ERR(EINVAL, fsconfig_flag(c, "z"));
        ERR(EMSGSIZE, sys_read(c, buf, 0));
        ERR(EMSGSIZE, sys_read(c, buf, 30));
        EQ(31, sys_read(c, buf, 31));
        WANT(!memcmp(buf, "e tmpfs: Unknown parameter 'z'\n", 31));
        ERR(ENODATA, sys_read(c, buf, sizeof(buf)));
}
END_TEST

START_TEST(test_context_as_a_file)
{
        int c = tmpfs_context(), d;
        char buf[64];

        EQ(O_RDWR, sys_fcntl(c, VFS_F_GETFL, 0));
        ERR(ESPIPE, sys_pread(c, buf, sizeof(buf), 0));
        ERR(ESPIPE, sys_lseek(c, 0, SEEK_SET));
        ERR(EINVAL, sys_write(c, "x", 1));
        ERR(ENOTDIR, sys_fchdir(c));
        ERR(ENOTDIR, sys_openat(c, "x", O_RDONLY, 0));
        ERR(EINVAL, sys_ftruncate(c, 0));
        d = (int)OK(drv->ops->dup(drv, c)); /* the same context */
        OK(sys_close(c));
        ERR(EINVAL, fsconfig_flag(d, "zork"));
        OK(fsconfig_create(d));
        WANT_STR("e tmpfs: Unknown parameter 'zork'", message(d));
}
END_TEST

START_TEST(test_fspick_errors)
{
        int fd;

        make_mounts("m");
        make_dirs("m/d");
        make_link("m", "L");
        ERR(EINVAL, sys_fspick(DRIVER_CWD, "nope", 0x10));
        ERR(ENOENT, sys_fspick(DRIVER_CWD, "nope", 0));
        ERR(ENOENT, sys_fspick(DRIVER_CWD, "", 0));
        ERR(EINVAL, sys_fspick(DRIVER_CWD, "m/d", 0));
        ERR(EBADF, sys_fspick(DRIVER_BAD_FD, "x", 0));
        OK(sys_fspick(DRIVER_CWD, "L", 0));
        ERR(EINVAL, sys_fspick(DRIVER_CWD, "L", VFS_FSPICK_SYMLINK_NOFOLLOW));
        fd = (int)OK(sys_open("m", O_PATH, 0));
        OK(sys_fspick(fd, "", VFS_FSPICK_EMPTY_PATH));
        OK(sys_fspick(DRIVER_CWD, "m", VFS_FSPICK_NO_AUTOMOUNT));
        as_cred(0, 0, 0);
        ERR(EPERM, sys_fspick(DRIVER_CWD, "nope", 0x10));
}
END_TEST

START_TEST(test_fspick_changes_only_what_is_named)
{
        int c;

        make_dirs("m");
        OK(sys_mount("t", "m", "tmpfs", MS_SYNCHRONOUS | MS_NOSUID, "size=1m,mode=700"));
        c = (int)OK(sys_fspick(DRIVER_CWD, "m", 0));
        OK(fsconfig_flag(c, "lazytime"));
        OK(fsconfig_string(c, "nr_inodes", "30"));
        ERR(EBUSY, fsconfig_create(c));
        ERR(EBUSY, sys_fsmount(c, 0));
        WANT_STR("rw,sync,size=1024k,mode=700", mount_at("/m")->super);
        OK(fsconfig_reconfigure(c));
        WANT_STR("rw,sync,lazytime,size=1024k,nr_inodes=30,mode=700", mount_at("/m")->super);
        WANT_STR("rw,nosuid,relatime", mount_at("/m")->opts);
        OK(fsconfig_flag(c, "async"));
        OK(fsconfig_flag(c, "nolazytime"));
        OK(fsconfig_flag(c, "ro"));
        OK(fsconfig_reconfigure(c));
        WANT_STR("ro,size=1024k,nr_inodes=30,mode=700", mount_at("/m")->super);
}
END_TEST

START_TEST(test_second_reconfiguration_clears_the_flags_named_before)
{
        int c;

        make_mounts("m");
        c = (int)OK(sys_fspick(DRIVER_CWD, "m", 0));
        OK(fsconfig_flag(c, "ro"));
        OK(fsconfig_flag(c, "sync"));
        OK(fsconfig_reconfigure(c));
        WANT_STR("ro,sync,mode=755", mount_at("/m")->super);
        OK(fsconfig_flag(c, "lazytime"));
        OK(fsconfig_reconfigure(c)); /* the context remembers which, and not that they were set */
        WANT_STR("rw,lazytime,mode=755", mount_at("/m")->super);
        OK(sys_close(c));
        c = tmpfs_context();
        OK(fsconfig_flag(c, "ro"));
        OK(fsconfig_create(c));
        mount_at_m(c);
        WANT_STR("ro", mount_at("/m")->super);
        OK(fsconfig_reconfigure(c));
        WANT_STR("rw", mount_at("/m")->super);
}
END_TEST

START_TEST(test_options_that_are_of_a_new_filesystem_only)
{
        int c;

        make_dirs("m");
        OK(sys_mount("t", "m", "tmpfs", 0, "mode=700,uid=1,gid=2"));
        c = (int)OK(sys_fspick(DRIVER_CWD, "m", 0));
        OK(fsconfig_string(c, "mode", "755"));
        OK(fsconfig_string(c, "uid", "7"));
        OK(fsconfig_string(c, "gid", "8"));
        OK(fsconfig_string(c, "source", "other"));
        OK(fsconfig_reconfigure(c));
        WANT_STR("rw,mode=700,uid=1,gid=2", mount_at("/m")->super);
        WANT_STR("t", mount_at("/m")->source);
}
END_TEST

/* Sets one option on m, whose reconfiguration is refused with a message. */
static void want_refusal(const char *key, const char *value, const char *why)
{
        int c = (int)OK(sys_fspick(DRIVER_CWD, "m", 0));

        OK(value ? fsconfig_string(c, key, value) : fsconfig_flag(c, key));
        ERR(EINVAL, fsconfig_reconfigure(c));
        WANT_STR(why, message(c));
        WANT_STR("", message(c));
        ERR(EBUSY, fsconfig_reconfigure(c)); /* is of no use any more */
        ERR(EBUSY, fsconfig_string(c, "size", "4m"));
        ERR(EBUSY, fsconfig_create(c));
        OK(sys_close(c));
}

START_TEST(test_refused_reconfigurations)
{
        static char data[65536];

        make_dirs("m");
        OK(sys_mount("t", "m", "tmpfs", 0, "size=1m,nr_inodes=100"));
        make_data("m/f", data, sizeof(data));
        make_file("m/g", 0644);
        want_refusal("size", "4k", "e tmpfs: Too small a size for current use");
        want_refusal("nr_blocks", "3", "e tmpfs: Too small a size for current use");
        want_refusal("nr_inodes", "2", "e tmpfs: Too few inodes for current use");
        want_refusal("noswap", NULL, "e tmpfs: Cannot disable swap on remount");
        OK(sys_mount(NULL, "m", NULL, MS_REMOUNT, "size=0,nr_inodes=0"));
        want_refusal("size", "1m", "e tmpfs: Cannot retroactively limit size");
        want_refusal("nr_inodes", "100", "e tmpfs: Cannot retroactively limit inodes");
        want_refusal("dirsync", NULL, "");
        WANT_STR("rw,size=0k,nr_inodes=0", mount_at("/m")->super);
}
END_TEST

START_TEST(test_reconfigure_read_only_with_a_writer)
{
        int c, fd;

        make_mounts("m");
        fd = (int)OK(sys_open("m/f", O_WRONLY | O_CREAT, 0644));
        c = (int)OK(sys_fspick(DRIVER_CWD, "m", 0));
        OK(fsconfig_flag(c, "ro"));
        ERR(EBUSY, fsconfig_reconfigure(c));
        WANT_STR("", message(c));
        OK(sys_close(fd));
        ERR(EBUSY, fsconfig_reconfigure(c));
        WANT_STR("rw,mode=755", mount_at("/m")->super);
}
END_TEST

START_TEST(test_last_value_of_an_option_counts)
{
        int c = tmpfs_context();

        make_dirs("m");
        OK(fsconfig_string(c, "size", "1m"));
        OK(fsconfig_string(c, "size", "2m"));
        OK(fsconfig_flag(c, "ro"));
        OK(fsconfig_flag(c, "rw"));
        ERR(EINVAL, fsconfig_string(c, "size", "x"));
        OK(fsconfig_create(c));
        mount_at_m(c);
        WANT_STR("rw,size=2048k", mount_at("/m")->super);
        OK(sys_mount("t", "m", "tmpfs", 0, "size=1m,size=3m"));
        WANT_STR("rw,size=3072k", mount_at("/m")->super);
}
END_TEST

START_TEST(test_size_in_blocks_and_with_suffixes)
{
        static const char *const rows[][2] = {
                { "size=4097", "rw,size=8k" },       { "size=64k", "rw,size=64k" },
                { "size=1G", "rw,size=1048576k" },   { "nr_blocks=3", "rw,size=12k" },
                { "nr_blocks=1k", "rw,size=4096k" }, { "size=0x10000", "rw,size=64k" },
                { "size=0", "rw,size=0k" },
        };

        make_dirs("m");
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                CHECK_ROW(i, rows[i][0], 0, sys_mount("t", "m", "tmpfs", 0, rows[i][0]));
                WANT_STR(rows[i][1], mount_at("/m")->super);
                OK(sys_umount("m"));
        }
}
END_TEST

SEMANTICS_MAIN_SINCE(618, "newmount", test_from_fsopen_to_a_mount, test_unknown_types,
                     test_close_on_exec_is_asked_for, test_phases_of_a_new_filesystem,
                     test_context_changes_what_it_made_once_that_is_mounted,
                     test_refused_option_does_not_spoil_the_context, test_create_excl,
                     test_messages_of_bad_strings, test_strings_that_are_taken, test_messages_of_bad_flags,
                     test_flags_that_are_taken, test_flags_of_a_new_filesystem, test_source_is_given_once,
                     test_values_that_are_no_strings, test_shape_of_fsconfig_arguments,
                     test_long_keys_and_values, test_descriptors_that_are_no_context, test_fsmount_arguments,
                     test_attributes_of_fsmount, test_log_keeps_the_last_eight,
                     test_log_message_stays_until_it_fits, test_context_as_a_file, test_fspick_errors,
                     test_fspick_changes_only_what_is_named,
                     test_second_reconfiguration_clears_the_flags_named_before,
                     test_options_that_are_of_a_new_filesystem_only, test_refused_reconfigurations,
                     test_reconfigure_read_only_with_a_writer, test_last_value_of_an_option_counts,
                     test_size_in_blocks_and_with_suffixes)
