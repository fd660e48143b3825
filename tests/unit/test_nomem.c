/*
 * Memory that runs out, once, at every allocation of every operation on paths: the answer is -ENOMEM or success, a
 * failure leaves the tree as it was (names, types, links, sizes, modes, owners, times), the same call succeeds
 * afterwards, and the instance gives back every byte.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vfs/vfs.h>

#include "tests/unit/test_main.h"

#define LONG "a-name-that-is-longer-than-thirty-two-bytes"

static struct {
        size_t blocks, bytes;
        size_t until; /* this many allocations succeed, then one fails */
        int failed;
} memory;

static void *hook_alloc(void *user, size_t size)
{
        void *p;

        if (memory.until-- == 0) {
                memory.failed = 1;
                return NULL;
        }
        p = malloc(size);
        memory.blocks++;
        memory.bytes += size;
        return p;
}

static void hook_free(void *user, void *p, size_t size)
{
        memory.blocks--;
        memory.bytes -= size;
        free(p);
}

/* Every change is at another time. */
static void hook_clock(void *user, struct vfs_timespec *ret_now)
{
        static int64_t sec;

        *ret_now = (struct vfs_timespec){ .sec = ++sec };
}

static struct vfs *vfs;
static struct vfs_mntns *ns;
static struct vfs_cred *cred;
static struct vfs_ctx ctx;

static void make_file(const char *path)
{
        struct vfs_file *file;
        struct vfs_iter it;
        char data[] = "data";

        ck_assert_int_eq(vfs_open(&ctx, NULL, path, VFS_O_CREAT | VFS_O_WRONLY, 0644, &file), 0);
        vfs_iter_init_buf(&it, data, 4);
        ck_assert_int_eq(vfs_file_write(&ctx, file, &it, 0), 4);
        vfs_file_put(file);
}

/* In /d as many children as a table has room for: the next one makes it grow. */
static void build(void)
{
        const struct vfs_config config = {
                .size = sizeof(config), .alloc = hook_alloc, .free = hook_free, .clock = hook_clock
        };
        char path[64];

        memory.until = SIZE_MAX;
        ck_assert_int_eq(vfs_new(&config, &vfs), 0);
        ck_assert_int_eq(vfs_cred_new_root(&cred), 0);
        ck_assert_int_eq(vfs_mntns_new(vfs, cred, "none", "tmpfs", 0, NULL, &ns), 0);
        vfs_ctx_init(&ctx, ns, cred);
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/d", 0755), 0);
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/d/empty", 0755), 0);
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/other", 0755), 0);
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/mnt", 0755), 0);
        make_file("/d/file");
        make_file("/d/" LONG);
        ck_assert_int_eq(vfs_symlink(&ctx, "file", NULL, "/d/link"), 0);
        ck_assert_int_eq(vfs_setxattr(&ctx, NULL, "/d/file", "user.a", "1", 1, 0, 0), 0);
        for (int i = 0; i < 12; i++) {
                snprintf(path, sizeof(path), "/d/n%d", i);
                ck_assert_int_eq(vfs_mknod(&ctx, NULL, path, VFS_S_IFREG | 0600, 0), 0);
        }
}

static void tear_down(void)
{
        memory.until = SIZE_MAX;
        vfs_mntns_put(ns);
        vfs_cred_put(cred);
        vfs_free(vfs);
        ck_assert(memory.blocks == 0 && memory.bytes == 0);
}

/* The tree as text. */
struct text {
        char bytes[16384];
        size_t used;
};

static void snapshot_dir(struct text *text, const char *path)
{
        char buf[4096], child[512], list[256];
        struct vfs_file *dir;
        struct vfs_statx st;
        int64_t n;

        ck_assert_int_eq(vfs_open(&ctx, NULL, path, VFS_O_RDONLY | VFS_O_DIRECTORY | VFS_O_NOATIME, 0, &dir), 0);
        while ((n = vfs_file_getdents(&ctx, dir, buf, sizeof(buf))) > 0) {
                for (int64_t at = 0; at < n;) {
                        const struct vfs_dirent *e = (const struct vfs_dirent *)(buf + at);

                        at += e->reclen;
                        if (strcmp(e->name, "..") == 0)
                                continue;
                        snprintf(child, sizeof(child), "%s/%s", path, e->name);
                        ck_assert_int_eq(vfs_statx(&ctx, NULL, child, VFS_AT_SYMLINK_NOFOLLOW,
                                                   VFS_STATX_BASIC_STATS, &st),
                                         0);
                        memset(list, 0, sizeof(list));
                        ck_assert_int_ge(vfs_listxattr(&ctx, NULL, child, list, sizeof(list), VFS_AT_SYMLINK_NOFOLLOW),
                                         0);
                        text->used += (size_t)snprintf(
                                text->bytes + text->used, sizeof(text->bytes) - text->used,
                                "%s %llu %o %u %u:%u %llu %llu %lld %lld %s\n", child, (unsigned long long)st.ino,
                                st.mode, st.nlink, st.uid, st.gid, (unsigned long long)st.size,
                                (unsigned long long)st.blocks, (long long)st.mtime.sec, (long long)st.ctime.sec, list);
                        ck_assert_uint_lt(text->used, sizeof(text->bytes));
                        if ((st.mode & VFS_S_IFMT) == VFS_S_IFDIR && strcmp(e->name, ".") != 0)
                                snapshot_dir(text, child);
                }
        }
        ck_assert_int_eq(n, 0);
        vfs_file_put(dir);
}

static void snapshot(struct text *text)
{
        text->used = 0;
        text->bytes[0] = '\0';
        snapshot_dir(text, "/");
        text->used += (size_t)vfs_mountinfo(&ctx, text->bytes + text->used, sizeof(text->bytes) - text->used);
        ck_assert_uint_lt(text->used, sizeof(text->bytes));
        text->bytes[text->used] = '\0';
}

static int64_t open_and_put(const char *path, uint32_t flags)
{
        struct vfs_file *file = NULL;
        int r = vfs_open(&ctx, NULL, path, flags, 0644, &file);

        vfs_file_put(file);
        return r;
}

static int64_t op_mkdir(void)
{
        return vfs_mkdir(&ctx, NULL, "/d/new", 0755);
}

static int64_t op_mkdir_long(void)
{
        return vfs_mkdir(&ctx, NULL, "/other/" LONG, 0755);
}

static int64_t op_mknod(void)
{
        return vfs_mknod(&ctx, NULL, "/d/empty/" LONG, VFS_S_IFIFO | 0600, 0);
}

static int64_t op_symlink(void)
{
        return vfs_symlink(&ctx, "../some/where", NULL, "/d/" LONG "2");
}

static int64_t op_link(void)
{
        return vfs_link(&ctx, NULL, "/d/file", NULL, "/other/" LONG, 0);
}

static int64_t op_create(void)
{
        return open_and_put("/d/created", VFS_O_CREAT | VFS_O_EXCL | VFS_O_RDWR);
}

static int64_t op_create_through_symlink(void)
{
        return open_and_put("/d/link", VFS_O_CREAT | VFS_O_RDONLY);
}

static int64_t op_truncate_at_open(void)
{
        return open_and_put("/d/file", VFS_O_TRUNC | VFS_O_WRONLY);
}

static int64_t op_tmpfile(void)
{
        return open_and_put("/d", VFS_O_TMPFILE | VFS_O_RDWR);
}

static int64_t op_open_path(void)
{
        return open_and_put("/d/link", VFS_O_PATH | VFS_O_NOFOLLOW);
}

static int64_t op_unlink(void)
{
        return vfs_unlink(&ctx, NULL, "/d/" LONG, 0);
}

static int64_t op_rmdir(void)
{
        return vfs_rmdir(&ctx, NULL, "/d/empty");
}

static int64_t op_rename(void)
{
        return vfs_rename(&ctx, NULL, "/d/file", NULL, "/other/" LONG, 0);
}

static int64_t op_rename_over(void)
{
        return vfs_rename(&ctx, NULL, "/d/file", NULL, "/d/" LONG, 0);
}

static int64_t op_rename_dir(void)
{
        return vfs_rename(&ctx, NULL, "/other", NULL, "/d/empty", 0);
}

static int64_t op_exchange(void)
{
        return vfs_rename(&ctx, NULL, "/d/" LONG, NULL, "/other", VFS_RENAME_EXCHANGE);
}

static int64_t op_whiteout(void)
{
        return vfs_rename(&ctx, NULL, "/d/" LONG, NULL, "/other/x", VFS_RENAME_WHITEOUT);
}

static int64_t op_setxattr(void)
{
        return vfs_setxattr(&ctx, NULL, "/d/file", "user.b", "value", 5, 0, 0);
}

static int64_t op_setxattr_first(void)
{
        return vfs_setxattr(&ctx, NULL, "/other", "trusted.b", "value", 5, 0, 0);
}

static int64_t op_removexattr(void)
{
        return vfs_removexattr(&ctx, NULL, "/d/file", "user.a", 0);
}

static int64_t op_chmod(void)
{
        return vfs_chmod(&ctx, NULL, "/d/link", 0600, 0);
}

static int64_t op_chown(void)
{
        return vfs_chown(&ctx, NULL, "/d", 1, 2, 0);
}

static int64_t op_truncate(void)
{
        return vfs_truncate(&ctx, "/d/file", 100000);
}

static int64_t op_access(void)
{
        return vfs_access(&ctx, NULL, "/d/link", VFS_R_OK, 0);
}

static int64_t op_mount(void)
{
        return vfs_mount(&ctx, "source", "/mnt", "tmpfs", 0, "size=1m");
}

static int64_t op_bind(void)
{
        return vfs_mount(&ctx, "/d", "/mnt", NULL, VFS_MS_BIND, NULL);
}

static int64_t op_chdir(void)
{
        struct vfs_path path;
        int r = vfs_chdir(&ctx, NULL, "/d/empty/../empty", &path);

        if (r == 0)
                vfs_path_put(&path);
        return r;
}

static const struct {
        const char *name;
        int64_t (*run)(void);
        int allocates;
} ops[] = {
        { "mkdir, growing the table", op_mkdir, 1 },
        { "mkdir, long name", op_mkdir_long, 1 },
        { "mknod", op_mknod, 1 },
        { "symlink", op_symlink, 1 },
        { "link", op_link, 1 },
        { "open, creating", op_create, 1 },
        { "open, creating, a symlink", op_create_through_symlink, 1 },
        { "open, truncating", op_truncate_at_open, 1 },
        { "open, O_TMPFILE", op_tmpfile, 1 },
        { "open, O_PATH", op_open_path, 1 },
        { "unlink", op_unlink, 0 },
        { "rmdir", op_rmdir, 0 },
        { "rename", op_rename, 1 },
        { "rename over", op_rename_over, 1 },
        { "rename a directory", op_rename_dir, 0 },
        { "exchange", op_exchange, 0 },
        { "rename, whiteout", op_whiteout, 1 },
        { "setxattr", op_setxattr, 1 },
        { "setxattr, the first", op_setxattr_first, 1 },
        { "removexattr", op_removexattr, 0 },
        { "chmod", op_chmod, 0 },
        { "chown", op_chown, 0 },
        { "truncate", op_truncate, 0 },
        { "access", op_access, 0 },
        { "mount", op_mount, 1 },
        { "bind", op_bind, 1 },
        { "chdir", op_chdir, 0 },
};
#define N_OPS (sizeof(ops) / sizeof(ops[0]))

START_TEST(test_nomem_leaves_the_tree_as_it_was)
{
        static struct text before, after;
        const char *name = ops[_i].name;
        int64_t r;

        for (size_t fails = 0;; fails++) {
                ck_assert_msg(fails < 1000, "%s allocates without end", name);
                build();
                snapshot(&before);
                memory.until = fails;
                memory.failed = 0;
                r = ops[_i].run();
                memory.until = SIZE_MAX;
                if (!memory.failed) {
                        ck_assert_msg(r == 0, "%s: %lld", name, (long long)r);
                        ck_assert_msg(!ops[_i].allocates || fails > 0, "%s allocated nothing", name);
                        tear_down();
                        return;
                }
                /* Success is right where the memory was not needed. */
                ck_assert_msg(r == 0 || r == -ENOMEM, "%s, allocation %zu: %lld", name, fails, (long long)r);
                if (r < 0) {
                        snapshot(&after);
                        ck_assert_msg(strcmp(before.bytes, after.bytes) == 0,
                                      "%s, allocation %zu:\n%s\nbecame\n%s", name, fails, before.bytes, after.bytes);
                        r = ops[_i].run();
                        ck_assert_msg(r == 0, "%s again after allocation %zu: %lld", name, fails, (long long)r);
                }
                tear_down();
        }
}
END_TEST

START_TEST(test_nomem_making_a_namespace)
{
        const struct vfs_config config = { .size = sizeof(config), .alloc = hook_alloc, .free = hook_free };
        int r = -ENOMEM;

        ck_assert_int_eq(vfs_cred_new_root(&cred), 0);
        for (size_t fails = 0; r != 0; fails++) {
                memory.until = SIZE_MAX;
                ck_assert_int_eq(vfs_new(&config, &vfs), 0);
                memory.until = fails;
                r = vfs_mntns_new(vfs, cred, "none", "tmpfs", 0, "mode=700", &ns);
                ck_assert(r == 0 || r == -ENOMEM);
                memory.until = SIZE_MAX;
                if (r == 0)
                        vfs_mntns_put(ns);
                vfs_free(vfs);
                ck_assert(memory.blocks == 0 && memory.bytes == 0);
        }
        vfs_cred_put(cred);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("nomem");
        TCase *tcase = tcase_create("nomem");

        tcase_add_loop_test(tcase, test_nomem_leaves_the_tree_as_it_was, 0, (int)N_OPS);
        tcase_add_test(tcase, test_nomem_making_a_namespace);
        suite_add_tcase(suite, tcase);
        return test_run(suite);
}
