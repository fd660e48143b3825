/*
 * A filesystem that belongs to a user namespace: a tmpfs of the host's and one of ours,
 * asked the same by callers in the namespace and out of it; and what else asks there.
 */
#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "mount/mount.h"
#include "tests/unit/memfs_world.h"
#include "tests/unit/userns_host.h"

static const struct caller callers[] = {
        { true, 1000, 1000, 1000, VFS_CAP_ALL },
        { true, 1001, 1001, 1001, VFS_CAP_ALL },
        { true, 1001, 1001, 1001, 0 },
        { false, 0, 0, 0, VFS_CAP_ALL },
        { false, 1000, 1000, 1000, 0 },
        { false, 1000, 5000, 1000, 0 },
        { false, 5000, 1000, 5000, 0 },
        { false, 5000, 5000, 5000, 0 },
        { false, 5000, 5000, 5000, VFS_CAP_ALL },
        { false, 5000, 5000, 5000, CAP(SYS_ADMIN) | CAP(SETFCAP) },
};
#define N_CALLERS (sizeof(callers) / sizeof(callers[0]))

enum kind { MKDIR, OPEN, SYMLINK, MKNOD, LINK, RENAME, UNLINK, CHMOD, CHOWN, CHGRP, XATTR };

/* Each in a directory of its own, which is 0755, with f, 0666; d/, 0777; and w, a whiteout, 0666. */
static const struct op {
        enum kind kind;
        const char *a, *b;
        uint32_t arg, minor;
} ops[] = {
        { MKDIR, "x", "", 0, 0 },
        { MKDIR, "d/x", "", 0, 0 },
        { MKDIR, "d", "", 0, 0 },
        { MKDIR, "f/x", "", 0, 0 },
        { OPEN, "x", "", VFS_O_CREAT | VFS_O_RDWR, 0 },
        { OPEN, "d/x", "", VFS_O_CREAT | VFS_O_RDWR, 0 },
        { OPEN, "f", "", VFS_O_CREAT | VFS_O_RDWR, 0 },
        { OPEN, "f", "", VFS_O_CREAT | VFS_O_EXCL | VFS_O_RDWR, 0 },
        { OPEN, ".", "", VFS_O_TMPFILE | VFS_O_RDWR, 0 },
        { OPEN, "d", "", VFS_O_TMPFILE | VFS_O_RDWR, 0 },
        { OPEN, "f", "", VFS_O_TMPFILE | VFS_O_RDWR, 0 },
        { OPEN, "w", "", VFS_O_RDONLY, 0 },
        { SYMLINK, "x", "", 0, 0 },
        { SYMLINK, "d/x", "", 0, 0 },
        { MKNOD, "x", "", VFS_S_IFIFO | 0666, 0 },
        { MKNOD, "d/x", "", VFS_S_IFIFO | 0666, 0 },
        { MKNOD, "d/x", "", VFS_S_IFCHR | 0666, 3 },
        { MKNOD, "d/x", "", VFS_S_IFBLK | 0666, 0 },
        { MKNOD, "d/x", "", VFS_S_IFCHR | 0666, 0 },
        { LINK, "f", "x", 0, 0 },
        { LINK, "f", "d/x", 0, 0 },
        { LINK, "d", "d/x", 0, 0 },
        { LINK, "f", "d", 0, 0 },
        { RENAME, "f", "x", 0, 0 },
        { RENAME, "f", "d/x", 0, 0 },
        { RENAME, "f", "w", 0, 0 },
        { RENAME, "d/g", "d/x", 0, 0 },
        { UNLINK, "f", "", 0, 0 },
        { UNLINK, "d/g", "", 0, 0 },
        { CHMOD, "f", "", 02777, 0 },
        { CHOWN, "f", "", 1001, 0 },
        { CHOWN, "f", "", 5000, 0 },
        { CHOWN, "x", "", 5000, 0 },
        { CHGRP, "f", "", 1001, 0 },
        { CHGRP, "f", "", 5000, 0 },
        { XATTR, "f", "user.a", 0, 0 },
        { XATTR, "f", "trusted.a", 0, 0 },
        { XATTR, "f", "security.a", 0, 0 },
        { XATTR, "f", "security.capability", 0, 0 },
};
#define N_OPS (sizeof(ops) / sizeof(ops[0]))

/* struct vfs_cap_data, revision 2, no capability. */
static const char xattr_value[20] = { 0, 0, 0, 2 };

static char dir[64] = "/dev/shm/vfs2-userns-XXXXXX";

static void setup(void)
{
        struct vfs_config config = { .protected_hardlinks = 1 };

        ck_assert_ptr_nonnull(mkdtemp(dir));
        userns_setup(dir);
        world_up(&config, "mode=755,uid=1000,gid=1000");
        vfs_filesystem_set_owner(root.root.mount->fs, userns);
}

static void teardown(void)
{
        world_teardown();
        userns_teardown();
        rmdir(dir);
}

static const char *name_of(size_t caller, size_t op, const char *name)
{
        static char names[2][64];
        static int turn;

        turn = !turn;
        snprintf(names[turn], sizeof(names[turn]), "%zu.%zu/%s", caller, op, name);
        return names[turn];
}

static int result(int64_t r)
{
        return r < 0 ? -errno : 0;
}

static int host_do(size_t c, size_t o)
{
        const struct op *op = &ops[o];
        const char *a = name_of(c, o, op->a), *b = name_of(c, o, op->b);
        const uint32_t id = callers[c].inside ? op->arg - NS_FIRST : op->arg;

        switch (op->kind) {
        case MKDIR:
                return result(mkdir(a, 0755));
        case OPEN:
                return result(open(a, (int)op->arg, 0644));
        case SYMLINK:
                return result(symlink("target", a));
        case MKNOD:
                return result(mknod(a, op->arg, makedev(op->minor != 0, op->minor)));
        case LINK:
                return result(link(a, b));
        case RENAME:
                return result(rename(a, b));
        case UNLINK:
                return result(unlink(a));
        case CHMOD:
                return result(chmod(a, op->arg));
        case CHOWN:
                return result(chown(a, id, UINT32_MAX));
        case CHGRP:
                return result(chown(a, UINT32_MAX, id));
        default:
                return result(setxattr(a, op->b, xattr_value, sizeof(xattr_value), 0));
        }
}

static int our_do(const struct vfs_ctx *ctx, size_t c, size_t o)
{
        const struct op *op = &ops[o];
        const char *a = name_of(c, o, op->a), *b = name_of(c, o, op->b);

        switch (op->kind) {
        case MKDIR:
                return vfs_mkdir(ctx, NULL, a, 0755);
        case OPEN:
                return open_error(ctx, a, op->arg, 0644);
        case SYMLINK:
                return vfs_symlink(ctx, "target", NULL, a);
        case MKNOD:
                return vfs_mknod(ctx, NULL, a, op->arg, VFS_DEV(op->minor != 0, op->minor));
        case LINK:
                return vfs_link(ctx, NULL, a, NULL, b, 0);
        case RENAME:
                return vfs_rename(ctx, NULL, a, NULL, b, 0);
        case UNLINK:
                return vfs_unlink(ctx, NULL, a, 0);
        case CHMOD:
                return vfs_chmod(ctx, NULL, a, op->arg, 0);
        case CHOWN:
                return vfs_chown(ctx, NULL, a, op->arg, UINT32_MAX, 0);
        case CHGRP:
                return vfs_chown(ctx, NULL, a, UINT32_MAX, op->arg, 0);
        default:
                return vfs_setxattr(ctx, NULL, a, op->b, xattr_value, sizeof(xattr_value), 0, 0);
        }
}

static bool host_prepare(size_t c, size_t o)
{
        return mkdir(name_of(c, o, ""), 0755) == 0 && mkdir(name_of(c, o, "d"), 0777) == 0 &&
               mknod(name_of(c, o, "f"), S_IFREG | 0666, 0) == 0 &&
               mknod(name_of(c, o, "d/g"), S_IFREG | 0666, 0) == 0 &&
               mknod(name_of(c, o, "w"), S_IFCHR | 0666, 0) == 0;
}

static bool our_prepare(const struct vfs_ctx *ctx, size_t c, size_t o)
{
        return vfs_mkdir(ctx, NULL, name_of(c, o, ""), 0755) == 0 &&
               vfs_mkdir(ctx, NULL, name_of(c, o, "d"), 0777) == 0 &&
               vfs_mknod(ctx, NULL, name_of(c, o, "f"), VFS_S_IFREG | 0666, 0) == 0 &&
               vfs_mknod(ctx, NULL, name_of(c, o, "d/g"), VFS_S_IFREG | 0666, 0) == 0 &&
               vfs_mknod(ctx, NULL, name_of(c, o, "w"), VFS_S_IFCHR | 0666, 0) == 0;
}

START_TEST(test_filesystem_of_a_user_namespace_is_the_hosts)
{
        struct vfs_cred *ns_root = cred_of(&callers[0]), *cred;
        struct vfs_ctx ctx = root;
        int (*answers)[N_OPS];

        NEED_USERNS();
        answers = shared_new(N_CALLERS * sizeof(answers[0]));
        if (as_caller(&callers[0], true)) {
                if (chdir(dir) < 0)
                        _exit(1);
                for (size_t n = 0; n < N_CALLERS * N_OPS; n++)
                        if (!host_prepare(n / N_OPS, n % N_OPS))
                                _exit(1);
                _exit(0);
        }
        ctx.cred = ns_root;
        for (size_t n = 0; n < N_CALLERS * N_OPS; n++)
                ck_assert(our_prepare(&ctx, n / N_OPS, n % N_OPS));
        for (size_t c = 0; c < N_CALLERS; c++) {
                if (as_caller(&callers[c], true)) {
                        if (chdir(dir) < 0)
                                _exit(1);
                        for (size_t o = 0; o < N_OPS; o++)
                                answers[c][o] = host_do(c, o);
                        _exit(0);
                }
                ctx.cred = cred = cred_of(&callers[c]);
                for (size_t o = 0; o < N_OPS; o++) {
                        const int got = our_do(&ctx, c, o);

                        ck_assert_msg(got == answers[c][o], "caller %zu, operation %zu: %d, the host says %d",
                                      c, o, got, answers[c][o]);
                }
                vfs_cred_put(cred);
        }
        vfs_cred_put(ns_root);
}
END_TEST

/* A context of one caller; put its credentials. */
static struct vfs_ctx ctx_of(const struct caller *c)
{
        struct vfs_ctx ctx = root;

        ctx.cred = cred_of(c);
        return ctx;
}

static int stat_error(const struct vfs_ctx *ctx, const char *path)
{
        struct vfs_statx st;

        return vfs_statx(ctx, NULL, path, 0, 0, &st);
}

START_TEST(test_walk_asks_a_directory_of_unmapped_ids)
{
        struct vfs_ctx ns_root = ctx_of(&callers[0]);
        struct vfs_path path;

        ck_assert_int_eq(vfs_mkdir(&ns_root, NULL, "/d", 0700), 0);
        ck_assert_int_eq(vfs_mkdir(&ns_root, NULL, "/d/e", 0700), 0);
        ck_assert_int_eq(vfs_mkdir(&ns_root, NULL, "/d/e/f", 0700), 0);
        ck_assert_int_eq(vfs_chown(&root, NULL, "/d", 1001, 1001, 0), 0);
        ck_assert_int_eq(stat_error(&ns_root, "/d/e/f"), 0);
        ck_assert_int_eq(vfs_chdir(&ns_root, NULL, "/d/e", &path), 0);
        vfs_path_put(&path);
        ck_assert_int_eq(vfs_chown(&root, NULL, "/d", UINT32_MAX, 1002, 0), 0);
        ck_assert_int_eq(stat_error(&ns_root, "/d/e/f"), -EACCES);
        ck_assert_int_eq(vfs_chdir(&ns_root, NULL, "/d/e", &path), -EACCES);
        ck_assert_int_eq(vfs_chdir(&ns_root, NULL, "/d", &path), -EACCES);
        ck_assert_int_eq(stat_error(&ns_root, "/d"), 0);
        ck_assert_int_eq(stat_error(&root, "/d/e/f"), 0);
        /* Who may search by the mode needs no capability. */
        ck_assert_int_eq(vfs_chmod(&root, NULL, "/d", 0701, 0), 0);
        ck_assert_int_eq(stat_error(&ns_root, "/d/e/f"), 0);
        vfs_cred_put(ns_root.cred);
}
END_TEST

START_TEST(test_chroot_asks_in_the_callers_namespace)
{
        const struct caller chroots = { true, 1001, 1001, 1001, CAP(SYS_CHROOT) };
        struct vfs_ctx may = ctx_of(&chroots), may_not = ctx_of(&callers[2]);
        struct vfs_path path;

        ck_assert_int_eq(vfs_chroot(&may, "/", &path), 0);
        vfs_path_put(&path);
        ck_assert_int_eq(vfs_chroot(&may_not, "/", &path), -EPERM);
        vfs_cred_put(may.cred);
        vfs_cred_put(may_not.cred);
}
END_TEST

START_TEST(test_link_to_a_descriptor_asks_in_its_openers_namespace)
{
        struct vfs_ctx ns_root = ctx_of(&callers[0]), ns_user = ctx_of(&callers[2]);
        struct vfs_ctx stranger = ctx_of(&callers[7]);
        struct vfs_file *theirs, *roots;

        ck_assert_int_eq(vfs_mknod(&ns_root, NULL, "/f", VFS_S_IFREG | 0666, 0), 0);
        theirs = open_as(&ns_user, "/f", VFS_O_RDONLY, 0);
        roots = open_as(&root, "/f", VFS_O_RDONLY, 0);
        ck_assert(theirs != NULL && roots != NULL);
        ck_assert_int_eq(vfs_link(&ns_root, theirs, "", NULL, "/a", VFS_AT_EMPTY_PATH), 0);
        ck_assert_int_eq(vfs_link(&ns_root, roots, "", NULL, "/b", VFS_AT_EMPTY_PATH), -ENOENT);
        ck_assert_int_eq(vfs_link(&stranger, theirs, "", NULL, "/b", VFS_AT_EMPTY_PATH), -ENOENT);
        ck_assert_int_eq(vfs_link(&root, theirs, "", NULL, "/b", VFS_AT_EMPTY_PATH), -EOVERFLOW);
        vfs_file_put(theirs);
        vfs_file_put(roots);
        vfs_cred_put(ns_root.cred);
        vfs_cred_put(ns_user.cred);
        vfs_cred_put(stranger.cred);
}
END_TEST

START_TEST(test_access_by_the_real_ids_in_a_namespace)
{
        struct vfs_cred_opts opts = {
                .size = sizeof(opts), .uid = 1001, .gid = 1001, .ruid = 1000, .rgid = 1000, .userns = userns,
        };
        struct vfs_ctx ns_root = ctx_of(&callers[0]), ctx = root;
        struct vfs_cred *cred;

        ck_assert_int_eq(vfs_mknod(&ns_root, NULL, "/f", VFS_S_IFREG, 0), 0);
        ck_assert_int_eq(vfs_chown(&ns_root, NULL, "/f", 1001, 1001, 0), 0);
        for (opts.caps_permitted = 0;; opts.caps_permitted = VFS_CAP_ALL) {
                ck_assert_int_eq(vfs_cred_new(&opts, &cred), 0);
                ctx.cred = cred;
                ck_assert_int_eq(vfs_access(&ctx, NULL, "/f", VFS_W_OK, 0),
                                 opts.caps_permitted != 0 ? 0 : -EACCES);
                ck_assert_int_eq(vfs_access(&ctx, NULL, "/f", VFS_W_OK, VFS_AT_EACCESS), -EACCES);
                vfs_cred_put(cred);
                if (opts.caps_permitted != 0)
                        break;
        }
        vfs_cred_put(ns_root.cred);
}
END_TEST

TEST_MAIN_FIXTURE("userns_fs", setup, teardown, test_filesystem_of_a_user_namespace_is_the_hosts,
                  test_walk_asks_a_directory_of_unmapped_ids, test_chroot_asks_in_the_callers_namespace,
                  test_link_to_a_descriptor_asks_in_its_openers_namespace,
                  test_access_by_the_real_ids_in_a_namespace)
