/*
 * The permission rules, against a table and against the host kernel.
 *
 * The host's part takes on each caller's ids and capabilities in turn (this process keeps its real uid 0 to get back),
 * does the call on a file in a tmpfs and compares the result with what the rule says about the same attributes. It
 * needs root and is skipped without.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/unit/test_main.h"
#include "tests/unit/bare_vfs.h"
#include "mount/mount.h"
#include "vfs/object/cred.h"
#include "vfs/object/userns.h"

#define CAP(c) (UINT64_C(1) << VFS_CAP_##c)

static const struct caller {
        uint32_t uid, gid, group;
        uint64_t caps;
} callers[] = {
        { 1000, 1000, 5000, 0 },
        { 1001, 1001, 1000, 0 }, /* in the file's group, as a supplementary one */
        { 1002, 1000, 5000, 0 }, /* in the file's group */
        { 1003, 1003, 5000, 0 },
        { 1003, 1003, 5000, CAP(DAC_OVERRIDE) },
        { 1003, 1003, 5000, CAP(DAC_READ_SEARCH) },
        { 1003, 1003, 5000, CAP(FOWNER) },
        { 1003, 1003, 5000, CAP(FOWNER) | CAP(FSETID) },
        { 1003, 1003, 5000, CAP(CHOWN) },
        { 1003, 1003, 5000, CAP(CHOWN) | CAP(FOWNER) },
        { 1003, 1003, 5000, CAP(DAC_OVERRIDE) | CAP(FSETID) },
        { 1003, 1003, 5000, CAP(SYS_ADMIN) },
        { 1003, 1003, 5000, CAP(SETFCAP) },
        { 1000, 1000, 5000, CAP(FSETID) },
        { 0, 0, 0, 0 },
        { 0, 0, 0, VFS_CAP_ALL },
};
#define N_CALLERS (sizeof(callers) / sizeof(callers[0]))

static const uint32_t modes[] = { 0,     0777,  0700,  0070,  0007,  0750,  0640,  0604,  0446,  0111,  0100,  0010,
                                  0001,  04755, 02755, 06755, 02744, 02644, 06711, 01777, 03777, 07777, 01770, 00222,
                                  00444, 04700, 02070, 02060, 06000, 00555, 00666 };
#define N_MODES (sizeof(modes) / sizeof(modes[0]))

/* The big tables are sampled, evenly since it divides none of their dimensions; 1 for all of it, in some seconds. */
#define STRIDE 7

static struct bare_vfs bare;
static struct vfs_filesystem fs;
static struct vfs_cred *creds[N_CALLERS];
static char dir[64] = "/dev/shm/vfs2-perm-XXXXXX";
static char path[128], other[128];

static void make_creds(void)
{
        bare_init(&bare);
        for (size_t i = 0; i < N_CALLERS; i++) {
                const struct caller *c = &callers[i];
                const struct vfs_cred_opts opts = {
                        .size = sizeof(opts), .uid = c->uid,      .gid = c->gid,   .ruid = 0,
                        .ngroups = 1,         .groups = &c->group, .caps = c->caps,
                };

                ck_assert_int_eq(vfs_cred_new(&opts, &creds[i]), 0);
        }
}

static void drop_creds(void)
{
        for (size_t i = 0; i < N_CALLERS; i++)
                vfs_cred_put(creds[i]);
}

/* Files live in a tmpfs; the directory is root's. */
static void setup_host(void)
{
        make_creds();
        if (geteuid() != 0)
                return;
        ck_assert_ptr_nonnull(mkdtemp(dir));
        ck_assert_int_eq(chmod(dir, 0777), 0);
        snprintf(path, sizeof(path), "%s/file", dir);
        snprintf(other, sizeof(other), "%s/other", dir);
        umask(0);
}

static void teardown_host(void)
{
        drop_creds();
        if (geteuid() != 0)
                return;
        remove(path);
        remove(other);
        rmdir(dir);
}

static void set_caps(uint64_t effective)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[2];

        ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
        for (int i = 0; i < 2; i++)
                data[i].effective = data[i].permitted & (uint32_t)(effective >> (32 * i));
        ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
}

static void enter(const struct caller *c)
{
        const gid_t group = c->group;

        ck_assert_int_eq(setgroups(1, &group), 0);
        ck_assert_int_eq(setegid(c->gid), 0);
        ck_assert_int_eq(seteuid(c->uid), 0);
        set_caps(c->caps);
}

static void leave(void)
{
        ck_assert_int_eq(seteuid(0), 0);
        set_caps(UINT64_MAX);
        ck_assert_int_eq(setegid(0), 0);
}

static int result(int r)
{
        return r < 0 ? -errno : 0;
}

/* A fresh file at path of that type, mode and owner. */
static void make(uint32_t type, uint32_t mode, uint32_t uid, uint32_t gid)
{
        int r;

        remove(path);
        if (type == VFS_S_IFDIR)
                r = mkdir(path, 0700);
        else if (type == VFS_S_IFLNK)
                r = symlink("nowhere", path);
        else
                r = mknod(path, type | 0600, 0);
        ck_assert_int_eq(r, 0);
        ck_assert_int_eq(lchown(path, uid, gid), 0);
        if (type != VFS_S_IFLNK)
                ck_assert_int_eq(chmod(path, mode), 0);
}

static struct vfs_attr attr_of(const char *file)
{
        struct vfs_attr attr = { 0 };
        struct stat st;

        ck_assert_int_eq(lstat(file, &st), 0);
        attr.mode = (uint16_t)st.st_mode;
        attr.uid = st.st_uid;
        attr.gid = st.st_gid;
        return attr;
}

static struct vfs_ctx ctx_of(size_t caller)
{
        return (struct vfs_ctx){ .vfs = &bare.vfs, .cred = creds[caller] };
}

/* Says where it differs. */
static void same(const char *what, size_t caller, uint32_t mode, uint32_t arg, int got, int host)
{
        ck_assert_msg(got == host, "%s: caller %zu, mode %o, argument %o: %d, the host says %d", what, caller, mode,
                      arg, got, host);
}

#define NEED_ROOT()                 \
        do {                        \
                if (geteuid() != 0) \
                        return;     \
        } while (0)

START_TEST(test_may_is_the_hosts)
{
        static const uint32_t types[] = { VFS_S_IFREG, VFS_S_IFDIR, VFS_S_IFIFO };
        struct vfs_attr attr;

        NEED_ROOT();
        for (size_t t = 0; t < 3; t++) {
                for (size_t m = 0; m < N_MODES; m++) {
                        make(types[t], modes[m], 1000, 1000);
                        attr = attr_of(path);
                        for (size_t c = 0; c < N_CALLERS; c++) {
                                enter(&callers[c]);
                                int host[8];
                                for (uint32_t may = 0; may < 8; may++)
                                        host[may] = result(faccessat(AT_FDCWD, path, (int)may, AT_EACCESS));
                                leave();
                                for (uint32_t may = 0; may < 8; may++)
                                        same("may", c, attr.mode, may, vfs_may(creds[c], &attr, may), host[may]);
                        }
                }
        }
}
END_TEST

START_TEST(test_open_is_the_hosts)
{
        static const uint32_t types[] = { VFS_S_IFREG, VFS_S_IFDIR, VFS_S_IFLNK };
        static const uint32_t flags[] = { VFS_O_RDONLY, VFS_O_WRONLY, VFS_O_RDWR, 3, VFS_O_RDONLY | VFS_O_TRUNC,
                                          VFS_O_RDONLY | VFS_O_NOATIME, VFS_O_WRONLY | VFS_O_NOATIME };
        struct vfs_mount mount = { .fs = &fs };
        struct vfs_attr attr;
        struct vfs_ctx ctx;
        int fd, host;

        NEED_ROOT();
        for (size_t t = 0; t < 3; t++) {
                for (size_t m = 0; m < N_MODES; m++) {
                        make(types[t], modes[m], 1000, 1000);
                        attr = attr_of(path);
                        for (size_t c = 0; c < N_CALLERS; c++) {
                                for (size_t f = 0; f < sizeof(flags) / sizeof(flags[0]); f++) {
                                        ctx = ctx_of(c);
                                        enter(&callers[c]);
                                        fd = open(path, (int)flags[f] | O_NOFOLLOW);
                                        host = result(fd);
                                        leave();
                                        if (fd >= 0)
                                                close(fd);
                                        same("open", c, attr.mode, flags[f], vfs_may_open(&ctx, &mount, &attr, flags[f]),
                                             host);
                                        if (types[t] == VFS_S_IFREG)
                                                ck_assert_int_eq(chmod(path, modes[m]), 0);
                                }
                        }
                }
        }
}
END_TEST

START_TEST(test_open_of_a_device_on_a_nodev_mount)
{
        const struct vfs_attr device = { .mode = VFS_S_IFCHR | 0666 };
        struct vfs_mount mount = { .fs = &fs, .flags = VFS_MS_NODEV };
        struct vfs_ctx ctx = ctx_of(0);

        ck_assert_int_eq(vfs_may_open(&ctx, &mount, &device, VFS_O_RDONLY), -EACCES);
        mount.flags = 0;
        ck_assert_int_eq(vfs_may_open(&ctx, &mount, &device, VFS_O_RDWR), 0);
}
END_TEST

START_TEST(test_open_of_a_device_in_a_filesystem_of_a_user_namespace)
{
        const struct vfs_attr device = { .mode = VFS_S_IFBLK | 0666 }, file = { .mode = VFS_S_IFREG | 0666 };
        const struct vfs_userns_opts opts = { .size = sizeof(opts) };
        struct vfs_filesystem theirs = { 0 };
        struct vfs_mount mount = { .fs = &theirs };
        struct vfs_ctx ctx = ctx_of(N_CALLERS - 1);

        ck_assert_int_eq(vfs_userns_new(&opts, &theirs.userns), 0);
        ck_assert_int_eq(vfs_may_open(&ctx, &mount, &device, VFS_O_RDONLY), -EACCES);
        ck_assert_int_eq(vfs_may_open(&ctx, &mount, &file, VFS_O_RDONLY), 0);
        vfs_userns_put(theirs.userns);
}
END_TEST

/* One setattr on the host; the result, and the file's attributes after it. */
static int host_setattr(const struct vfs_setattr *set)
{
        struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };

        if (set->valid & VFS_SET_MODE)
                return result(chmod(path, set->mode));
        if (set->valid & VFS_SET_CHOWN)
                return result(chown(path, set->valid & VFS_SET_UID ? set->uid : UINT32_MAX,
                                    set->valid & VFS_SET_GID ? set->gid : UINT32_MAX));
        if (set->valid & VFS_SET_SIZE)
                return result(truncate(path, (off_t)set->size));
        if (set->valid & VFS_SET_TOUCH)
                return result(utimensat(AT_FDCWD, path, NULL, 0));
        if (set->valid & VFS_SET_ATIME)
                times[0] = (struct timespec){ .tv_sec = 1 };
        if (set->valid & VFS_SET_ATIME_NOW)
                times[0].tv_nsec = UTIME_NOW;
        if (set->valid & VFS_SET_MTIME)
                times[1] = (struct timespec){ .tv_sec = 1 };
        return result(utimensat(AT_FDCWD, path, times, 0));
}

START_TEST(test_setattr_is_the_hosts)
{
        static const struct vfs_setattr sets[] = {
                { .valid = VFS_SET_MODE, .mode = 0644 },
                { .valid = VFS_SET_MODE, .mode = 07777 },
                { .valid = VFS_SET_MODE, .mode = 02644 },
                { .valid = VFS_SET_CHOWN },
                { .valid = VFS_SET_CHOWN | VFS_SET_UID, .uid = 1000 },
                { .valid = VFS_SET_CHOWN | VFS_SET_UID, .uid = 1003 },
                { .valid = VFS_SET_CHOWN | VFS_SET_GID, .gid = 1000 },
                { .valid = VFS_SET_CHOWN | VFS_SET_GID, .gid = 5000 },
                { .valid = VFS_SET_CHOWN | VFS_SET_GID, .gid = 7777 },
                { .valid = VFS_SET_CHOWN | VFS_SET_UID | VFS_SET_GID, .uid = 1000, .gid = 5000 },
                { .valid = VFS_SET_CHOWN | VFS_SET_UID | VFS_SET_GID, .uid = 0, .gid = 0 },
                { .valid = VFS_SET_SIZE, .size = 0 },
                { .valid = VFS_SET_SIZE, .size = 10 },
                { .valid = VFS_SET_TOUCH | VFS_SET_ATIME_NOW | VFS_SET_MTIME_NOW },
                { .valid = VFS_SET_ATIME_NOW },
                { .valid = VFS_SET_ATIME },
                { .valid = VFS_SET_ATIME | VFS_SET_MTIME },
        };
        static const uint32_t types[] = { VFS_S_IFREG, VFS_S_IFDIR, VFS_S_IFIFO };
        static const uint32_t gids[] = { 1000, 6000 };
        struct vfs_attr before, after, got;
        struct vfs_ctx ctx;
        int host, r;

        NEED_ROOT();
        for (size_t i = 0; i < 3 * 2 * N_MODES * N_CALLERS * (sizeof(sets) / sizeof(sets[0])); i += STRIDE) {
                size_t n = i;
                const size_t c = n % N_CALLERS;
                const struct vfs_setattr *set = &sets[(n /= N_CALLERS) % (sizeof(sets) / sizeof(sets[0]))];
                const uint32_t mode = modes[(n /= sizeof(sets) / sizeof(sets[0])) % N_MODES];
                const uint32_t type = types[(n /= N_MODES) % 3];

                make(type, mode, 1000, gids[n / 3 % 2]);
                before = attr_of(path);
                enter(&callers[c]);
                host = host_setattr(set);
                leave();
                after = attr_of(path);
                ctx = ctx_of(c);
                got = before;
                r = vfs_check_setattr(&ctx, &before, set, &got);
                same("setattr", c, before.mode, set->valid, r, host);
                same("setattr's mode", c, before.mode, set->valid, got.mode, after.mode);
                same("setattr's uid", c, before.mode, set->valid, (int)got.uid, (int)after.uid);
                same("setattr's gid", c, before.mode, set->valid, (int)got.gid, (int)after.gid);
        }
}
END_TEST

START_TEST(test_new_owner_is_the_hosts)
{
        static const uint32_t dirs[] = { 0777, 02777, 03777, 01777 };
        static const uint32_t types[] = { VFS_S_IFREG, VFS_S_IFDIR, VFS_S_IFIFO, VFS_S_IFLNK };
        static const uint32_t masks[] = { 0, 022, 077, 010 };
        struct vfs_attr parent, host;
        struct vfs_ctx ctx;
        uint32_t mode, uid, gid;
        char child[160];
        int r;

        NEED_ROOT();
        snprintf(child, sizeof(child), "%s/child", path);
        for (size_t i = 0; i < 4 * 4 * 4 * N_MODES * N_CALLERS; i += STRIDE) {
                size_t n = i;
                const size_t c = n % N_CALLERS;
                const uint32_t type = types[(n /= N_CALLERS) % 4], mask = masks[(n /= 4) % 4];
                const uint32_t asked = modes[(n /= 4) % N_MODES];

                make(VFS_S_IFDIR, dirs[n / N_MODES], 1000, 1000);
                parent = attr_of(path);
                enter(&callers[c]);
                umask(mask);
                if (type == VFS_S_IFDIR)
                        r = mkdir(child, asked);
                else if (type == VFS_S_IFLNK)
                        r = symlink("nowhere", child);
                else
                        r = mknod(child, type | asked, 0);
                umask(0);
                leave();
                ck_assert_int_eq(r, 0);
                host = attr_of(child);
                remove(child);
                ctx = ctx_of(c);
                ctx.umask = mask;
                mode = type | (type == VFS_S_IFLNK ? 0777 : asked);
                vfs_new_owner(&ctx, &parent, &mode, &uid, &gid);
                same("a new mode", c, parent.mode, asked, (int)mode, host.mode);
                same("a new uid", c, parent.mode, asked, (int)uid, (int)host.uid);
                same("a new gid", c, parent.mode, asked, (int)gid, (int)host.gid);
        }
}
END_TEST

/* A setting of the host's, or 0. */
static uint32_t host_setting(const char *name)
{
        char file[64];
        unsigned int value = 0;
        FILE *f;

        snprintf(file, sizeof(file), "/proc/sys/fs/%s", name);
        f = fopen(file, "r");
        if (f != NULL) {
                if (fscanf(f, "%u", &value) != 1)
                        value = 0;
                fclose(f);
        }
        return value;
}

START_TEST(test_link_is_the_hosts)
{
        static const uint32_t types[] = { VFS_S_IFREG, VFS_S_IFIFO, VFS_S_IFLNK };
        struct vfs_attr attr;
        struct vfs_ctx ctx;
        int host;

        NEED_ROOT();
        bare.vfs.config.protected_hardlinks = host_setting("protected_hardlinks");
        for (size_t t = 0; t < 3; t++) {
                for (size_t m = 0; m < N_MODES; m++) {
                        make(types[t], modes[m], 1000, 1000);
                        attr = attr_of(path);
                        for (size_t c = 0; c < N_CALLERS; c++) {
                                enter(&callers[c]);
                                host = result(link(path, other));
                                leave();
                                remove(other);
                                ctx = ctx_of(c);
                                same("link", c, attr.mode, 0, vfs_may_link(&ctx, &attr), host);
                        }
                }
        }
}
END_TEST

START_TEST(test_link_rules)
{
        static const struct {
                uint32_t mode;
                int owner, group, stranger;
        } cases[] = {
                { VFS_S_IFREG | 0666, 0, 0, 0 },           { VFS_S_IFREG | 0644, 0, -EPERM, -EPERM },
                { VFS_S_IFREG | 0664, 0, 0, -EPERM },      { VFS_S_IFREG | 04666, 0, -EPERM, -EPERM },
                { VFS_S_IFREG | 02666, 0, 0, 0 },          { VFS_S_IFREG | 02676, 0, -EPERM, -EPERM },
                { VFS_S_IFIFO | 0666, 0, -EPERM, -EPERM }, { VFS_S_IFLNK | 0777, 0, -EPERM, -EPERM },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct vfs_attr attr = { .mode = (uint16_t)cases[i].mode, .uid = 1000, .gid = 1000 };
                struct vfs_ctx owner = ctx_of(0), group = ctx_of(2), stranger = ctx_of(3);

                bare.vfs.config.protected_hardlinks = 1;
                ck_assert_int_eq(vfs_may_link(&owner, &attr), cases[i].owner);
                ck_assert_int_eq(vfs_may_link(&group, &attr), cases[i].group);
                ck_assert_int_eq(vfs_may_link(&stranger, &attr), cases[i].stranger);
                bare.vfs.config.protected_hardlinks = 0;
                ck_assert_int_eq(vfs_may_link(&stranger, &attr), 0);
        }
}
END_TEST

START_TEST(test_delete_sticky_is_the_hosts)
{
        static const uint32_t uids[] = { 0, 1000, 1003 };
        static const uint32_t dirs[] = { 0777, 01777 };
        struct vfs_attr parent, victim;
        char child[160];
        int host;

        NEED_ROOT();
        snprintf(child, sizeof(child), "%s/child", path);
        for (size_t i = 0; i < 2 * 3 * 3 * N_CALLERS; i++) {
                size_t n = i;
                const size_t c = n % N_CALLERS;
                const uint32_t dir_uid = uids[(n /= N_CALLERS) % 3], uid = uids[(n /= 3) % 3];

                make(VFS_S_IFDIR, dirs[n / 3], dir_uid, 1000);
                ck_assert_int_eq(mknod(child, VFS_S_IFREG | 0600, 0), 0);
                ck_assert_int_eq(chown(child, uid, 1000), 0);
                parent = attr_of(path);
                victim = attr_of(child);
                enter(&callers[c]);
                host = result(unlink(child));
                leave();
                remove(child);
                same("unlink", c, parent.mode, uid, vfs_may_delete_sticky(creds[c], &parent, &victim), host);
        }
}
END_TEST

START_TEST(test_write_drops_privileges_as_the_host)
{
        struct vfs_inode inode = { 0 };
        struct vfs_attr after;
        int fd;

        NEED_ROOT();
        for (size_t m = 0; m < N_MODES; m++) {
                for (size_t c = 0; c < N_CALLERS; c++) {
                        make(VFS_S_IFREG, modes[m], 1000, 1000);
                        inode.attr = attr_of(path);
                        fd = open(path, O_WRONLY);
                        ck_assert_int_ge(fd, 0);
                        enter(&callers[c]);
                        ck_assert_int_eq(write(fd, "x", 1), 1);
                        leave();
                        close(fd);
                        after = attr_of(path);
                        vfs_mutex_lock(&inode.lock, VFS_LOCK_INODE);
                        vfs_inode_write_begin(&inode);
                        vfs_inode_drop_privs(creds[c], &inode);
                        vfs_inode_write_end(&inode);
                        vfs_mutex_unlock(&inode.lock, VFS_LOCK_INODE);
                        same("write", c, modes[m], 0, inode.attr.mode, after.mode);
                }
        }
}
END_TEST

START_TEST(test_xattr_is_the_hosts)
{
        static const char *const names[] = { "user.a",     "user.",           "trusted.a", "trusted.",
                                             "security.a", "security.b", "none.a",    "x",
                                             "system.a",   "security." };
        static const uint32_t types[] = { VFS_S_IFREG, VFS_S_IFDIR, VFS_S_IFIFO, VFS_S_IFLNK };
        struct vfs_attr attr;
        int host, r, present;

        NEED_ROOT();
        for (size_t i = 0; i < 4 * 10 * N_MODES * N_CALLERS; i += STRIDE) {
                size_t n = i;
                const size_t c = n % N_CALLERS;
                const char *name = names[(n /= N_CALLERS) % 10];
                const uint32_t mode = modes[(n /= 10) % N_MODES];

                if (n / N_MODES == 3 && mode != modes[0])
                        continue; /* symlinks have one mode */
                make(types[n / N_MODES], mode, 1000, 1000);
                attr = attr_of(path);
                enter(&callers[c]);
                host = result(lsetxattr(path, name, "v", 1, 0));
                leave();
                r = vfs_may_xattr(creds[c], &fs, &attr, name, 1);
                ck_assert_msg(r == host, "set %s: caller %zu, mode %o: %d, the host says %d", name, c, attr.mode, r,
                              host);
                present = lsetxattr(path, name, "v", 1, 0) == 0;
                enter(&callers[c]);
                host = result((int)lgetxattr(path, name, NULL, 0));
                leave();
                r = vfs_may_xattr(creds[c], &fs, &attr, name, 0);
                if (r == 0 && !present)
                        r = -ENODATA;
                ck_assert_msg(r == host, "get %s: caller %zu, mode %o: %d, the host says %d", name, c, attr.mode, r,
                              host);
        }
}
END_TEST

START_TEST(test_rules_of_a_user_namespace)
{
        const struct vfs_id_range uids = { 1000, 2 }, gids = { 2000, 2 };
        const struct vfs_userns_opts ns = {
                .size = sizeof(ns), .uids = &uids, .gids = &gids, .nuids = 1, .ngids = 1,
        };
        struct vfs_cred_opts opts = { .size = sizeof(opts), .uid = 1000, .gid = 2000, .caps = VFS_CAP_ALL };
        const struct vfs_setattr mode = { .valid = VFS_SET_MODE, .mode = 02700 };
        const struct vfs_setattr owner = { .valid = VFS_SET_CHOWN | VFS_SET_GID, .gid = 2001 };
        const struct vfs_attr sticky = { .mode = VFS_S_IFDIR | 01777 };
        struct vfs_ctx ctx = { .vfs = &bare.vfs };
        struct vfs_cred *cred;

        bare.vfs.config.protected_hardlinks = 1;
        ck_assert_int_eq(vfs_userns_new(&ns, &opts.userns), 0);
        ck_assert_int_eq(vfs_cred_new(&opts, &cred), 0);
        ctx.cred = cred;
        for (uint32_t uid = 999; uid < 1003; uid++) {
                for (uint32_t gid = 1999; gid < 2003; gid++) {
                        const bool has_uid = uid == 1000 || uid == 1001, has_gid = gid == 2000 || gid == 2001;
                        const bool has = has_uid && has_gid;
                        const struct vfs_attr attr = { .mode = VFS_S_IFREG | 02600, .uid = uid, .gid = gid };
                        const struct vfs_attr closed = { .mode = VFS_S_IFDIR, .uid = uid, .gid = gid };
                        struct vfs_attr got;

                        ck_assert_int_eq(vfs_may(cred, &closed, VFS_X_OK), has ? 0 : -EACCES);
                        ck_assert_int_eq(vfs_may(cred, &closed, VFS_W_OK), has ? 0 : -EACCES);
                        ck_assert_int_eq(vfs_may(cred, &attr, VFS_R_OK), has || uid == 1000 ? 0 : -EACCES);
                        ck_assert_int_eq(vfs_may(cred, &attr, VFS_W_OK), has || uid == 1000 ? 0 : -EACCES);
                        ck_assert_int_eq(vfs_may_delete_sticky(cred, &sticky, &attr),
                                         has || uid == 1000 ? 0 : -EPERM);
                        /* An owner's capability asks for the owner alone. */
                        ck_assert_int_eq(vfs_is_owner(cred, &attr), has_uid);
                        ck_assert_int_eq(vfs_may_link(&ctx, &attr), has_uid ? 0 : -EPERM);
                        ck_assert_int_eq(vfs_check_setattr(&ctx, &attr, &mode, &got), has_uid ? 0 : -EPERM);
                        if (has_uid)
                                ck_assert_uint_eq(got.mode & 07777, has || gid == 2000 ? 02700 : 0700);
                        ck_assert_int_eq(vfs_check_setattr(&ctx, &attr, &owner, &got), has ? 0 : -EPERM);
                        ck_assert_int_eq(vfs_may_xattr(cred, &fs, &attr, "security.capability", 1),
                                         has ? 0 : -EPERM);
                        ck_assert_int_eq(vfs_may_xattr(cred, &fs, &attr, "trusted.a", 1), -EPERM);
                        ck_assert_int_eq(vfs_may_xattr(cred, &fs, &attr, "trusted.a", 0), -ENODATA);
                        ck_assert_int_eq(vfs_may_xattr(cred, &fs, &attr, "security.a", 1), -EPERM);
                }
        }
        vfs_cred_put(cred);
        vfs_userns_put(opts.userns);
}
END_TEST

START_TEST(test_create_in_sticky_rules)
{
        /* Who owns the file: the directory's owner, the caller, or somebody else. */
        static const struct {
                uint32_t dir, type, setting;
                int result;
        } cases[] = {
                { 01777, VFS_S_IFREG, 0, 0 },       { 01777, VFS_S_IFREG, 1, -EACCES }, { 01777, VFS_S_IFREG, 2, -EACCES },
                { 01770, VFS_S_IFREG, 1, 0 },       { 01770, VFS_S_IFREG, 2, -EACCES }, { 01700, VFS_S_IFREG, 2, 0 },
                { 00777, VFS_S_IFREG, 2, 0 },       { 01777, VFS_S_IFIFO, 1, -EACCES }, { 01770, VFS_S_IFIFO, 2, -EACCES },
                { 01777, VFS_S_IFCHR, 0, -EACCES }, { 01770, VFS_S_IFCHR, 2, 0 },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct vfs_attr parent = { .mode = (uint16_t)(VFS_S_IFDIR | cases[i].dir), .uid = 0 };
                struct vfs_attr attr = { .mode = (uint16_t)(cases[i].type | 0666), .uid = 1003 };
                struct vfs_ctx ctx = ctx_of(0);

                bare.vfs.config.protected_regular = cases[i].type == VFS_S_IFREG ? cases[i].setting : 0;
                bare.vfs.config.protected_fifos = cases[i].type == VFS_S_IFIFO ? cases[i].setting : 0;
                ck_assert_int_eq(vfs_may_create_in_sticky(&ctx, &parent, &attr), cases[i].result);
                parent.uid = attr.uid;
                ck_assert_int_eq(vfs_may_create_in_sticky(&ctx, &parent, &attr), 0);
                parent.uid = 0;
                attr.uid = callers[0].uid;
                ck_assert_int_eq(vfs_may_create_in_sticky(&ctx, &parent, &attr), 0);
        }
}
END_TEST

TEST_MAIN_FIXTURE("perm", setup_host, teardown_host, test_may_is_the_hosts, test_open_is_the_hosts,
                  test_open_of_a_device_on_a_nodev_mount,
                  test_open_of_a_device_in_a_filesystem_of_a_user_namespace,
                  test_setattr_is_the_hosts, test_new_owner_is_the_hosts,
                  test_link_is_the_hosts, test_link_rules, test_delete_sticky_is_the_hosts,
                  test_write_drops_privileges_as_the_host, test_xattr_is_the_hosts,
                  test_rules_of_a_user_namespace, test_create_in_sticky_rules)
