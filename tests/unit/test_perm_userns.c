/*
 * The permission rules for callers in a user namespace, against the host kernel: each
 * caller does the same to files whose owner or group, or both, are mapped there or not.
 */
#include <errno.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "mount/mount.h"
#include "tests/unit/bare_vfs.h"
#include "tests/unit/userns_host.h"

static const struct caller callers[] = {
        { true, 1000, 1000, 1001, 0 },
        { true, 1000, 1000, 1000, VFS_CAP_ALL },
        { true, 1001, 1001, 1001, VFS_CAP_ALL },
        { true, 1001, 1001, 1001, CAP(DAC_OVERRIDE) },
        { true, 1001, 1001, 1001, CAP(DAC_READ_SEARCH) },
        { true, 1001, 1001, 1001, CAP(FOWNER) },
        { true, 1001, 1001, 1001, CAP(FOWNER) | CAP(FSETID) },
        { true, 1001, 1001, 1001, CAP(CHOWN) },
        { true, 1001, 1001, 1001, CAP(CHOWN) | CAP(FOWNER) | CAP(FSETID) },
        { true, 1001, 1001, 1001, CAP(SYS_ADMIN) },
        { true, 1001, 1001, 1001, CAP(SETFCAP) },
        { false, 1001, 1001, 1001, CAP(FOWNER) | CAP(FSETID) | CAP(DAC_OVERRIDE) },
};
#define N_CALLERS (sizeof(callers) / sizeof(callers[0]))

static const uint32_t owners[][2] = { { 1000, 1000 }, { 1001, 1001 }, { 1000, 1002 }, { 1001, 1002 },
                                      { 1002, 1000 }, { 1002, 1001 }, { 1002, 1002 }, { 999, 999 } };
static const uint32_t modes[] = { 0, 0777, 0700, 0070, 0007, 0111, 01777, 02755, 02644, 06755, 04711, 0644 };
static const uint32_t types[] = { VFS_S_IFREG, VFS_S_IFDIR, VFS_S_IFIFO };
#define N_OWNERS 8u
#define N_MODES 12u
#define N_FILES (3u * N_OWNERS * N_MODES)

static struct bare_vfs bare;
static struct vfs_filesystem fs;
static char dir[64] = "/dev/shm/vfs2-userns-XXXXXX";
static struct vfs_attr attrs[N_FILES];
static struct vfs_cred *cred;
static int (*answers)[8];

static void setup(void)
{
        bare_init(&bare);
        userns_setup(NULL);
        NEED_USERNS();
        answers = shared_new(N_FILES * sizeof(answers[0]));
        ck_assert_ptr_nonnull(mkdtemp(dir));
        ck_assert_int_eq(chmod(dir, 0777), 0);
        umask(0);
}

static const char *file_name(size_t i, const char *suffix)
{
        static char name[128];

        snprintf(name, sizeof(name), "%s/%zu%s", dir, i, suffix);
        return name;
}

static void remove_files(void)
{
        for (size_t i = 0; i < N_FILES; i++) {
                remove(file_name(i, "/x"));
                remove(file_name(i, ""));
        }
}

static void teardown(void)
{
        vfs_cred_put(cred);
        if (host_user_ns >= 0) {
                remove_files();
                rmdir(dir);
        }
        userns_teardown();
}

static struct vfs_attr attr_of(const char *file)
{
        struct vfs_attr attr = { 0 };
        struct stat st;

        if (lstat(file, &st) < 0)
                ck_abort_msg("stat %s: %d", file, errno);
        attr.mode = (uint16_t)st.st_mode;
        attr.uid = st.st_uid;
        attr.gid = st.st_gid;
        return attr;
}

static void make(const char *file, uint32_t type, uint32_t mode, const uint32_t *owner)
{
        if ((type == VFS_S_IFDIR ? mkdir(file, 0700) : mknod(file, type | 0600, 0)) < 0 ||
            chown(file, owner[0], owner[1]) < 0 || chmod(file, mode) < 0)
                ck_abort_msg("make %s: %d", file, errno);
}

/* Fresh files, and the credentials of a caller. */
static struct vfs_ctx begin(size_t caller)
{
        remove_files();
        for (size_t i = 0; i < N_FILES; i++) {
                make(file_name(i, ""), types[i / (N_OWNERS * N_MODES)], modes[i % N_MODES],
                     owners[i / N_MODES % N_OWNERS]);
                attrs[i] = attr_of(file_name(i, ""));
        }
        vfs_cred_put(cred);
        cred = cred_of(&callers[caller]);
        return (struct vfs_ctx){ .vfs = &bare.vfs, .cred = cred };
}

static int result(int64_t r)
{
        return r < 0 ? -errno : 0;
}

/* Says where it differs. Check notes every assertion that holds, which would take most of the time. */
static void same(const char *what, size_t caller, size_t file, uint32_t arg, int64_t got, int64_t host)
{
        if (got != host)
                ck_abort_msg("%s: caller %zu, mode %o of %u:%u, argument %x: %ld, the host says %ld", what, caller,
                             attrs[file].mode, attrs[file].uid, attrs[file].gid, arg, (long)got, (long)host);
}

START_TEST(test_userns_may_is_the_hosts)
{
        NEED_USERNS();
        for (size_t c = 0; c < N_CALLERS; c++) {
                begin(c);
                if (as_caller(&callers[c], false)) {
                        for (size_t i = 0; i < N_FILES; i++)
                                for (int may = 0; may < 8; may++)
                                        answers[i][may] = result(
                                                faccessat(AT_FDCWD, file_name(i, ""), may, AT_EACCESS));
                        _exit(0);
                }
                for (size_t i = 0; i < N_FILES; i++)
                        for (uint32_t may = 0; may < 8; may++)
                                same("may", c, i, may, vfs_may(cred, &attrs[i], may), answers[i][may]);
        }
}
END_TEST

START_TEST(test_userns_open_is_the_hosts)
{
        static const uint32_t flags[] = { VFS_O_RDONLY, VFS_O_RDWR, VFS_O_RDONLY | VFS_O_NOATIME,
                                          VFS_O_WRONLY | VFS_O_NOATIME };
        const struct vfs_mount mount = { .fs = &fs };

        NEED_USERNS();
        for (size_t c = 0; c < N_CALLERS; c++) {
                const struct vfs_ctx ctx = begin(c);

                if (as_caller(&callers[c], false)) {
                        for (size_t i = 0; i < N_FILES; i++) {
                                for (size_t f = 0; f < 4; f++) {
                                        int fd = open(file_name(i, ""), (int)flags[f] | O_NONBLOCK);

                                        answers[i][f] = result(fd);
                                        close(fd);
                                }
                        }
                        _exit(0);
                }
                for (size_t i = 0; i < N_FILES; i++) {
                        for (size_t f = 0; f < 4; f++) {
                                const int r = vfs_may_open(&ctx, &mount, &attrs[i], flags[f]);

                                /* A FIFO that nobody reads: permitted. */
                                same("open", c, i, flags[f], r, answers[i][f] == -ENXIO ? 0 : answers[i][f]);
                        }
                }
        }
}
END_TEST

/* As one in the namespace, or out of it, says the id. */
static uint32_t said(const struct caller *c, uint32_t id)
{
        return c->inside ? id - NS_FIRST : id;
}

static int host_setattr(const struct caller *c, const char *file, const struct vfs_setattr *set)
{
        struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };

        if (set->valid & VFS_SET_MODE)
                return result(chmod(file, set->mode));
        if (set->valid & VFS_SET_CHOWN)
                return result(chown(file, set->valid & VFS_SET_UID ? said(c, set->uid) : UINT32_MAX,
                                    set->valid & VFS_SET_GID ? said(c, set->gid) : UINT32_MAX));
        if (set->valid & VFS_SET_SIZE)
                return result(truncate(file, (off_t)set->size));
        if (set->valid & VFS_SET_TOUCH)
                return result(utimensat(AT_FDCWD, file, NULL, 0));
        times[0] = (struct timespec){ .tv_sec = 1 };
        return result(utimensat(AT_FDCWD, file, times, 0));
}

START_TEST(test_userns_setattr_is_the_hosts)
{
        static const struct vfs_setattr sets[] = {
                { .valid = VFS_SET_MODE, .mode = 0644 },
                { .valid = VFS_SET_MODE, .mode = 07777 },
                { .valid = VFS_SET_CHOWN },
                { .valid = VFS_SET_CHOWN | VFS_SET_UID, .uid = 1000 },
                { .valid = VFS_SET_CHOWN | VFS_SET_UID, .uid = 1001 },
                { .valid = VFS_SET_CHOWN | VFS_SET_GID, .gid = 1000 },
                { .valid = VFS_SET_CHOWN | VFS_SET_GID, .gid = 1001 },
                { .valid = VFS_SET_CHOWN | VFS_SET_UID | VFS_SET_GID, .uid = 1001, .gid = 1000 },
                { .valid = VFS_SET_SIZE, .size = 10 },
                { .valid = VFS_SET_TOUCH | VFS_SET_ATIME_NOW | VFS_SET_MTIME_NOW },
                { .valid = VFS_SET_ATIME, .atime = { 1, 0 } },
        };

        NEED_USERNS();
        for (size_t n = 0; n < N_CALLERS * sizeof(sets) / sizeof(sets[0]); n++) {
                const struct vfs_setattr *set = &sets[n / N_CALLERS];
                const size_t c = n % N_CALLERS;
                const struct vfs_ctx ctx = begin(c);

                if (as_caller(&callers[c], false)) {
                        for (size_t i = 0; i < N_FILES; i++)
                                answers[i][0] = host_setattr(&callers[c], file_name(i, ""), set);
                        _exit(0);
                }
                for (size_t i = 0; i < N_FILES; i++) {
                        const struct vfs_attr after = attr_of(file_name(i, ""));
                        struct vfs_attr got = attrs[i];

                        same("setattr", c, i, set->valid, vfs_check_setattr(&ctx, &attrs[i], set, &got),
                             answers[i][0]);
                        same("setattr's mode", c, i, set->valid, got.mode, after.mode);
                        same("setattr's uid", c, i, set->valid, got.uid, after.uid);
                        same("setattr's gid", c, i, set->valid, got.gid, after.gid);
                }
        }
}
END_TEST

START_TEST(test_userns_new_owner_is_the_hosts)
{
        NEED_USERNS();
        for (size_t c = 0; c < N_CALLERS; c++) {
                const struct vfs_ctx ctx = begin(c);

                if (as_caller(&callers[c], false)) {
                        for (size_t i = 0; i < N_FILES; i++)
                                answers[i][0] = result(mknod(file_name(i, "/x"), S_IFREG | 07777, 0));
                        _exit(0);
                }
                for (size_t i = 0; i < N_FILES; i++) {
                        uint32_t mode = VFS_S_IFREG | 07777, uid, gid;
                        struct vfs_attr host;

                        if ((attrs[i].mode & VFS_S_IFMT) != VFS_S_IFDIR)
                                continue;
                        same("mknod", c, i, 0, vfs_may(cred, &attrs[i], VFS_W_OK | VFS_X_OK), answers[i][0]);
                        if (answers[i][0] < 0)
                                continue;
                        host = attr_of(file_name(i, "/x"));
                        vfs_new_owner(&ctx, &attrs[i], &mode, &uid, &gid);
                        same("a new mode", c, i, 0, mode, host.mode);
                        same("a new uid", c, i, 0, uid, host.uid);
                        same("a new gid", c, i, 0, gid, host.gid);
                }
        }
}
END_TEST

START_TEST(test_userns_unlink_in_a_sticky_directory_is_the_hosts)
{
        NEED_USERNS();
        for (size_t n = 0; n < N_CALLERS * N_OWNERS; n++) {
                const size_t c = n % N_CALLERS;

                begin(c);
                for (size_t i = N_FILES / 3; i < 2 * N_FILES / 3; i++)
                        make(file_name(i, "/x"), VFS_S_IFREG, 0644, owners[n / N_CALLERS]);
                if (as_caller(&callers[c], false)) {
                        for (size_t i = N_FILES / 3; i < 2 * N_FILES / 3; i++)
                                answers[i][0] = result(unlink(file_name(i, "/x")));
                        _exit(0);
                }
                for (size_t i = N_FILES / 3; i < 2 * N_FILES / 3; i++) {
                        const struct vfs_attr victim = {
                                .mode = VFS_S_IFREG | 0644,
                                .uid = owners[n / N_CALLERS][0], .gid = owners[n / N_CALLERS][1],
                        };
                        int r = vfs_may(cred, &attrs[i], VFS_W_OK | VFS_X_OK);

                        if (r == 0)
                                r = vfs_may_delete_sticky(cred, &attrs[i], &victim);
                        same("unlink", c, i, victim.gid, r, answers[i][0]);
                }
        }
}
END_TEST

START_TEST(test_userns_link_is_the_hosts)
{
        unsigned int protected = 0;
        FILE *f;

        NEED_USERNS();
        f = fopen("/proc/sys/fs/protected_hardlinks", "r");
        ck_assert(f != NULL && fscanf(f, "%u", &protected) == 1);
        fclose(f);
        bare.vfs.config.protected_hardlinks = protected;
        for (size_t c = 0; c < N_CALLERS; c++) {
                const struct vfs_ctx ctx = begin(c);

                if (as_caller(&callers[c], false)) {
                        for (size_t i = 0; i < N_FILES; i++) {
                                char old[128];

                                snprintf(old, sizeof(old), "%s", file_name(i, ""));
                                answers[i][0] = result(link(old, file_name(i, "l")));
                                unlink(file_name(i, "l"));
                        }
                        _exit(0);
                }
                for (size_t i = 0; i < N_FILES; i++)
                        if ((attrs[i].mode & VFS_S_IFMT) != VFS_S_IFDIR)
                                same("link", c, i, 0, vfs_may_link(&ctx, &attrs[i]), answers[i][0]);
        }
}
END_TEST

START_TEST(test_userns_write_drops_privileges_as_the_host)
{
        int fds[N_FILES / 3];

        NEED_USERNS();
        for (size_t c = 0; c < N_CALLERS; c++) {
                begin(c);
                for (size_t i = 0; i < N_FILES / 3; i++) {
                        fds[i] = open(file_name(i, ""), O_WRONLY);
                        ck_assert_int_ge(fds[i], 0);
                }
                if (as_caller(&callers[c], false)) {
                        for (size_t i = 0; i < N_FILES / 3; i++)
                                if (write(fds[i], "x", 1) != 1)
                                        _exit(1);
                        _exit(0);
                }
                for (size_t i = 0; i < N_FILES / 3; i++) {
                        struct vfs_inode inode = { .attr = attrs[i] };

                        close(fds[i]);
                        vfs_mutex_lock(&inode.lock, VFS_LOCK_INODE);
                        vfs_inode_write_begin(&inode);
                        vfs_inode_drop_privs(cred, &inode);
                        vfs_inode_write_end(&inode);
                        vfs_mutex_unlock(&inode.lock, VFS_LOCK_INODE);
                        same("write", c, i, 0, inode.attr.mode, attr_of(file_name(i, "")).mode);
                }
        }
}
END_TEST

START_TEST(test_userns_xattr_is_the_hosts)
{
        static const char *const names[] = { "user.a", "trusted.a", "security.a", "security.capability" };
        /* struct vfs_cap_data, revision 2, no capability. */
        static const char value[20] = { 0, 0, 0, 2 };

        NEED_USERNS();
        for (size_t c = 0; c < N_CALLERS; c++) {
                begin(c);
                if (as_caller(&callers[c], false)) {
                        for (size_t i = 0; i < N_FILES; i++) {
                                for (size_t n = 0; n < 4; n++) {
                                        const char *file = file_name(i, "");

                                        answers[i][2 * n] = result(setxattr(file, names[n], value, 20, 0));
                                        answers[i][2 * n + 1] = result(getxattr(file, names[n], NULL, 0));
                                }
                        }
                        _exit(0);
                }
                for (size_t i = 0; i < N_FILES; i++) {
                        for (uint32_t n = 0; n < 4; n++) {
                                int r = vfs_may_xattr(cred, &fs, &attrs[i], names[n], 1);

                                same(names[n], c, i, 1, r, answers[i][2 * n]);
                                if (vfs_may_xattr(cred, &fs, &attrs[i], names[n], 0) < 0)
                                        r = vfs_may_xattr(cred, &fs, &attrs[i], names[n], 0);
                                else if (r < 0)
                                        r = -ENODATA;
                                same(names[n], c, i, 0, r, answers[i][2 * n + 1]);
                        }
                }
        }
}
END_TEST

TEST_MAIN_FIXTURE("perm_userns", setup, teardown, test_userns_may_is_the_hosts, test_userns_open_is_the_hosts,
                  test_userns_setattr_is_the_hosts, test_userns_new_owner_is_the_hosts,
                  test_userns_unlink_in_a_sticky_directory_is_the_hosts, test_userns_link_is_the_hosts,
                  test_userns_write_drops_privileges_as_the_host, test_userns_xattr_is_the_hosts)
