/*
 * Opening for execution: which errors, beside the host's execveat, and what the file is good for.
 */
#include <errno.h>
#include <sys/stat.h>

#include "tests/unit/memfs_world.h"
#include "tests/unit/userns_host.h"

#define AT_CHECK 0x10000 /* AT_EXECVE_CHECK, Linux 6.14: all but the execution */

static const struct caller callers[] = {
        { false, 0, 0, 0, VFS_CAP_ALL },
        { false, 1000, 1000, 1000, 0 },
        { false, 1000, 1000, 1000, CAP(DAC_OVERRIDE) },
        { false, 1000, 1000, 1000, CAP(DAC_READ_SEARCH) },
};
#define N_CALLERS (sizeof(callers) / sizeof(callers[0]))

static const struct {
        const char *at; /* what the starting point is opened on; NULL: the working directory */
        const char *path;
        uint32_t flags;
} cases[] = {
        { NULL, "prog", 0 },
        { NULL, "prog/", 0 },
        { NULL, "group", 0 },
        { NULL, "plain", 0 },
        { NULL, "nobody", 0 },
        { NULL, "none", 0 },
        { NULL, "dir", 0 },
        { NULL, "dir/", 0 },
        { NULL, "dir/prog", 0 },
        { NULL, "closed/prog", 0 },
        { NULL, "fifo", 0 },
        { NULL, "link", 0 },
        { NULL, "link", VFS_AT_SYMLINK_NOFOLLOW },
        { NULL, "prog", VFS_AT_SYMLINK_NOFOLLOW },
        { NULL, "dirlink/prog", VFS_AT_SYMLINK_NOFOLLOW },
        { NULL, "dirlink", VFS_AT_SYMLINK_NOFOLLOW },
        { NULL, "dirlink/", VFS_AT_SYMLINK_NOFOLLOW },
        { NULL, "dangling", 0 },
        { NULL, "dangling", VFS_AT_SYMLINK_NOFOLLOW },
        { NULL, "noexec/prog", 0 },
        { NULL, "noexec/none", 0 },
        { NULL, "noexec/link", 0 },
        { NULL, "", 0 },
        { NULL, "", VFS_AT_EMPTY_PATH },
        { NULL, "none", VFS_AT_REMOVEDIR },
        { NULL, "prog", VFS_AT_SYMLINK_FOLLOW },
        { "dir", "prog", 0 },
        { "prog", "", VFS_AT_EMPTY_PATH },
        { "prog", "", 0 },
        { "prog", "prog", 0 },
        { "plain", "", VFS_AT_EMPTY_PATH },
        { "dir", "", VFS_AT_EMPTY_PATH },
        { "link", "", VFS_AT_EMPTY_PATH },
        { "link", "", VFS_AT_EMPTY_PATH | VFS_AT_SYMLINK_NOFOLLOW },
        { "noexec/prog", "", VFS_AT_EMPTY_PATH },
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static const struct {
        const char *name;
        uint32_t mode;
} files[] = {
        { "prog", VFS_S_IFREG | 0711 },        { "group", VFS_S_IFREG | 0010 },
        { "plain", VFS_S_IFREG | 0666 },       { "nobody", VFS_S_IFREG },
        { "dir", VFS_S_IFDIR | 0755 },         { "dir/prog", VFS_S_IFREG | 0001 },
        { "closed", VFS_S_IFDIR | 0700 },      { "closed/prog", VFS_S_IFREG | 0777 },
        { "noexec/prog", VFS_S_IFREG | 0777 }, { "fifo", VFS_S_IFIFO | 0777 },
};
#define N_FILES (sizeof(files) / sizeof(files[0]))

static char dir[64] = "/dev/shm/vfs2-exec-XXXXXX";

static void make_ours(void)
{
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/noexec", 0755), 0);
        ck_assert_int_eq(vfs_mount(&root, "none", "/noexec", "tmpfs", VFS_MS_NOEXEC, "mode=755"), 0);
        for (size_t i = 0; i < N_FILES; i++) {
                if ((files[i].mode & VFS_S_IFMT) == VFS_S_IFDIR)
                        ck_assert_int_eq(vfs_mkdir(&root, NULL, files[i].name, files[i].mode & 0777), 0);
                else
                        ck_assert_int_eq(vfs_mknod(&root, NULL, files[i].name, files[i].mode, 0), 0);
        }
        ck_assert_int_eq(vfs_symlink(&root, "prog", NULL, "link"), 0);
        ck_assert_int_eq(vfs_symlink(&root, "dir", NULL, "dirlink"), 0);
        ck_assert_int_eq(vfs_symlink(&root, "nowhere", NULL, "dangling"), 0);
        ck_assert_int_eq(vfs_symlink(&root, "../prog", NULL, "noexec/link"), 0);
}

/* In a mount namespace of our own. */
static void make_hosts(void)
{
        ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
        ck_assert_int_eq(mount("none", dir, "tmpfs", 0, "mode=755"), 0);
        ck_assert_int_eq(chdir(dir), 0);
        umask(0);
        ck_assert_int_eq(mkdir("noexec", 0755), 0);
        ck_assert_int_eq(mount("none", "noexec", "tmpfs", MS_NOEXEC, "mode=755"), 0);
        for (size_t i = 0; i < N_FILES; i++) {
                if ((files[i].mode & VFS_S_IFMT) == VFS_S_IFDIR)
                        ck_assert_int_eq(mkdir(files[i].name, files[i].mode & 0777), 0);
                else
                        ck_assert_int_eq(mknod(files[i].name, files[i].mode, 0), 0);
        }
        ck_assert_int_eq(symlink("prog", "link"), 0);
        ck_assert_int_eq(symlink("dir", "dirlink"), 0);
        ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
        ck_assert_int_eq(symlink("../prog", "noexec/link"), 0);
}

static int host_exec(size_t n)
{
        char *const none[] = { NULL };
        const int fd = cases[n].at != NULL ? open(cases[n].at, O_PATH | O_NOFOLLOW) : AT_FDCWD;
        const long r = syscall(SYS_execveat, fd, cases[n].path, none, none, cases[n].flags | AT_CHECK);

        return r < 0 ? -errno : 0;
}

static int our_exec(const struct vfs_ctx *ctx, size_t n)
{
        struct vfs_file *at = NULL, *file = NULL;
        int r;

        if (cases[n].at != NULL)
                ck_assert_int_eq(vfs_open(ctx, NULL, cases[n].at, VFS_O_PATH | VFS_O_NOFOLLOW, 0, &at), 0);
        r = vfs_open_exec(ctx, at, cases[n].path, cases[n].flags, &file);
        ck_assert_int_eq(file != NULL, r == 0);
        vfs_file_put(file);
        vfs_file_put(at);
        return r;
}

START_TEST(test_open_exec_is_the_hosts)
{
        struct vfs_ctx ctx = root;
        struct vfs_cred *cred;
        int *answers;

        if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0)
                return;
        ck_assert_ptr_nonnull(mkdtemp(dir));
        answers = shared_new(N_CASES * sizeof(answers[0]));
        make_ours();
        make_hosts();
        for (size_t c = 0; c < N_CALLERS && answers[0] != -EINVAL; c++) {
                if (as_caller(&callers[c], false)) {
                        for (size_t n = 0; n < N_CASES; n++)
                                answers[n] = host_exec(n);
                        _exit(0);
                }
                ctx.cred = cred = cred_of(&callers[c]);
                /* An older host does not know the flag. */
                for (size_t n = 0; n < N_CASES && answers[0] != -EINVAL; n++) {
                        const int r = our_exec(&ctx, n);

                        ck_assert_msg(r == answers[n], "caller %zu, %s, %x: %d, the host says %d", c,
                                      cases[n].path, cases[n].flags, r, answers[n]);
                }
                vfs_cred_put(cred);
        }
        ck_assert(chdir("/") == 0 && umount2(dir, MNT_DETACH) == 0 && rmdir(dir) == 0);
}
END_TEST

START_TEST(test_open_exec_errors)
{
        static const struct {
                const char *path;
                uint32_t flags;
                int result;
        } expected[] = {
                { "prog", 0, 0 },
                { "prog", VFS_AT_SYMLINK_NOFOLLOW, 0 },
                { "link", 0, 0 },
                { "none", VFS_AT_REMOVEDIR, -EINVAL },
                { "none", 0, -ENOENT },
                { "prog/", 0, -ENOTDIR },
                { "closed/prog", 0, -EACCES },
                { "link", VFS_AT_SYMLINK_NOFOLLOW, -ELOOP },
                { "dir", 0, -EACCES },
                { "fifo", 0, -EACCES },
                { "plain", 0, -EACCES },
                { "noexec/prog", 0, -EACCES },
        };
        struct vfs_file *file = NULL;

        make_ours();
        for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
                const int r = vfs_open_exec(&user, NULL, expected[i].path, expected[i].flags, &file);

                ck_assert_msg(r == expected[i].result, "%s: %d", expected[i].path, r);
                if (r == 0)
                        vfs_file_put(file);
        }
        ck_assert_int_eq(vfs_open_exec(&user, VFS_BAD_FILE, "prog", 0, &file), -EBADF);
}
END_TEST

START_TEST(test_open_exec_reads_what_the_caller_may_not_read)
{
        const uint32_t exec = 040;
        struct vfs_open_how how = { .flags = exec };
        struct vfs_file *file = must_open("/prog", VFS_O_CREAT | VFS_O_WRONLY);
        struct vfs_mapping *mapping;
        uint32_t flags = 0;
        char buf[8] = "";
        struct vfs_iter it;

        ck_assert_int_eq(write_to(file, "code", 4), 4);
        vfs_file_put(file);
        ck_assert_int_eq(vfs_chmod(&root, NULL, "/prog", 0711, 0), 0);
        ck_assert_int_eq(open_error(&user, "/prog", VFS_O_RDONLY, 0), -EACCES);
        /* The flag inside is none of a guest's. */
        ck_assert_int_eq(open_error(&user, "/prog", VFS_O_RDONLY | exec, 0), -EACCES);
        ck_assert_int_eq(vfs_openat2(&user, NULL, "/prog", &how, sizeof(how), &file), -EINVAL);
        ck_assert_int_eq(vfs_open_exec(&user, NULL, "/prog", 0, &file), 0);
        vfs_iter_init_buf(&it, buf, sizeof(buf));
        ck_assert_int_eq(vfs_file_read(&user, file, &it, 0), 4);
        ck_assert_str_eq(buf, "code");
        vfs_iter_init_buf(&it, buf, sizeof(buf));
        ck_assert_int_eq(vfs_file_write(&user, file, &it, 0), -EBADF);
        ck_assert_int_eq(vfs_file_map(&user, file, 0, 4096, VFS_PROT_READ | VFS_PROT_EXEC, 0, &mapping), 0);
        vfs_mapping_put(mapping);
        ck_assert_int_eq(vfs_file_getfl(file, &flags), 0);
        ck_assert_uint_eq(flags, VFS_O_LARGEFILE);
        ck_assert_int_eq(vfs_file_setfl(&user, file, exec | VFS_O_NONBLOCK), 0);
        ck_assert_int_eq(vfs_file_getfl(file, &flags), 0);
        ck_assert_uint_eq(flags, VFS_O_LARGEFILE | VFS_O_NONBLOCK);
        vfs_file_put(file);
}
END_TEST

/* The ids that who asks takes on, as (uid, gid). */
static void check_exec_ids(const struct vfs_ctx *ctx, uint32_t want_uid, uint32_t want_gid)
{
        struct vfs_file *file;
        uint32_t uid = 1, gid = 1;

        ck_assert_int_eq(vfs_open_exec(ctx, NULL, "/prog", 0, &file), 0);
        vfs_file_exec_ids(ctx, file, &uid, &gid);
        vfs_file_put(file);
        ck_assert_uint_eq(uid, want_uid);
        ck_assert_uint_eq(gid, want_gid);
}

START_TEST(test_exec_ids_are_those_of_the_bits_where_they_count)
{
        const struct vfs_id_range own[] = { { 1000, 1 }, { 5, 1 } }, foreign[] = { { 1000, 1 } };
        struct vfs_userns_opts opts = { .size = sizeof(opts), .uids = own, .gids = own, .nuids = 2, .ngids = 2 };
        struct vfs_cred_opts who = { .size = sizeof(who), .uid = 1000, .gid = 1000, .ruid = 1000, .rgid = 1000 };
        struct vfs_ctx other = user;
        struct vfs_mntns *second;
        struct vfs_cred *cred;

        touch("/prog");
        ck_assert_int_eq(vfs_chown(&root, NULL, "/prog", 5, 6, 0), 0);
        ck_assert_int_eq(vfs_chmod(&root, NULL, "/prog", 0755, 0), 0);
        check_exec_ids(&user, UINT32_MAX, UINT32_MAX);
        ck_assert_int_eq(vfs_chmod(&root, NULL, "/prog", 06755, 0), 0);
        check_exec_ids(&user, 5, 6);
        ck_assert_int_eq(vfs_chmod(&root, NULL, "/prog", 06745, 0), 0);
        check_exec_ids(&user, 5, UINT32_MAX);
        ck_assert_int_eq(vfs_chmod(&root, NULL, "/prog", 06755, 0), 0);

        ck_assert_int_eq(vfs_mount(&root, NULL, "/", NULL, VFS_MS_REMOUNT | VFS_MS_BIND | VFS_MS_NOSUID, NULL), 0);
        check_exec_ids(&user, UINT32_MAX, UINT32_MAX);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/", NULL, VFS_MS_REMOUNT | VFS_MS_BIND, NULL), 0);

        /* Of a mount of another namespace. */
        ck_assert_int_eq(vfs_mntns_clone(&root, NULL, &second, NULL, NULL), 0);
        other.mntns = second;
        check_exec_ids(&other, UINT32_MAX, UINT32_MAX);
        vfs_mntns_put(second);

        /* With the group unmapped, and with both mapped: below the filesystem's namespace they count. */
        ck_assert_int_eq(vfs_userns_new(&opts, &who.userns), 0);
        ck_assert_int_eq(vfs_cred_new(&who, &cred), 0);
        other = user;
        other.cred = cred;
        check_exec_ids(&other, UINT32_MAX, UINT32_MAX);
        ck_assert_int_eq(vfs_chown(&root, NULL, "/prog", 5, 5, 0), 0);
        ck_assert_int_eq(vfs_chmod(&root, NULL, "/prog", 06755, 0), 0);
        check_exec_ids(&other, 5, 5);
        vfs_cred_put(cred);
        vfs_userns_put(who.userns);
        opts.uids = opts.gids = foreign;
        opts.nuids = opts.ngids = 1;
        ck_assert_int_eq(vfs_userns_new(&opts, &who.userns), 0);
        ck_assert_int_eq(vfs_cred_new(&who, &cred), 0);
        other.cred = cred;
        check_exec_ids(&other, UINT32_MAX, UINT32_MAX);
        vfs_cred_put(cred);
        vfs_userns_put(who.userns);
}
END_TEST

TEST_MAIN_FIXTURE("open_exec", world_setup, world_teardown, test_open_exec_is_the_hosts,
                  test_open_exec_errors, test_open_exec_reads_what_the_caller_may_not_read,
                  test_exec_ids_are_those_of_the_bits_where_they_count)
