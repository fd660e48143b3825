/*
 * Operations on mounts that fail on the way: every allocation of every operation fails once, and every
 * limit is met at one less, exactly, and one more. A failure changes nothing: the listing, ids and groups
 * included, is the same as before, the same call succeeds afterwards, and the instance gives back every
 * byte.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vfs/vfs.h>

#include "tests/unit/test_main.h"

static struct {
        size_t blocks;
        size_t until; /* this many allocations succeed, then one fails */
        int failed;
} memory;

static void *hook_alloc(void *user, size_t size)
{
        if (memory.until-- == 0) {
                memory.failed = 1;
                return NULL;
        }
        memory.blocks++;
        return malloc(size);
}

static void hook_free(void *user, void *p, size_t size)
{
        memory.blocks--;
        free(p);
}

static struct vfs *vfs;
static struct vfs_mntns *ns, *second;
static struct vfs_cred *cred;
static struct vfs_ctx ctx;
static struct vfs_file *tree; /* a detached one */

static void mount_ok(const char *source, const char *target, const char *type, uint64_t flags)
{
        ck_assert_int_eq(vfs_mount(&ctx, source, target, type, flags, NULL), 0);
}

/*
 * /m is shared, /peer its peer, /slave a slave of it and /both a slave that is shared; /t is a tree of
 * three mounts, /loose one that can be moved; a second namespace has peers of all that is shared.
 */
static void build(uint32_t mount_max)
{
        static const char *const dirs[] = { "/m",    "/peer", "/slave", "/both",  "/t",     "/loose", "/bind",
                                            "/new",  "/old",  "/new/o", "/t/a",   "/t/b",   "/m/d",   "/m/e",
                                            "/loose/x" };
        const struct vfs_config config = {
                .size = sizeof(config), .alloc = hook_alloc, .free = hook_free, .mount_max = mount_max
        };

        memory.until = SIZE_MAX;
        ck_assert_int_eq(vfs_new(&config, &vfs), 0);
        ck_assert_int_eq(vfs_cred_new_root(&cred), 0);
        ck_assert_int_eq(vfs_mntns_new(vfs, cred, "none", "tmpfs", 0, NULL, &ns), 0);
        vfs_ctx_init(&ctx, ns, cred);
        for (size_t i = 0; i < 9; i++)
                ck_assert_int_eq(vfs_mkdir(&ctx, NULL, dirs[i], 0755), 0);
        mount_ok("m", "/m", "tmpfs", 0);
        mount_ok(NULL, "/m", NULL, VFS_MS_SHARED);
        mount_ok("t", "/t", "tmpfs", 0);
        mount_ok("loose", "/loose", "tmpfs", 0);
        mount_ok("new", "/new", "tmpfs", 0);
        for (size_t i = 9; i < sizeof(dirs) / sizeof(dirs[0]); i++)
                ck_assert_int_eq(vfs_mkdir(&ctx, NULL, dirs[i], 0755), 0);
        mount_ok("/m", "/peer", NULL, VFS_MS_BIND);
        mount_ok("/m", "/slave", NULL, VFS_MS_BIND);
        mount_ok(NULL, "/slave", NULL, VFS_MS_SLAVE);
        mount_ok("/m", "/both", NULL, VFS_MS_BIND);
        mount_ok(NULL, "/both", NULL, VFS_MS_SLAVE);
        mount_ok(NULL, "/both", NULL, VFS_MS_SHARED);
        mount_ok("a", "/t/a", "tmpfs", 0);
        mount_ok("b", "/t/b", "tmpfs", 0);
        ck_assert_int_eq(vfs_mntns_clone(&ctx, NULL, &second, NULL, NULL), 0);
        ck_assert_int_eq(vfs_open_tree(&ctx, NULL, "/t", VFS_OPEN_TREE_CLONE | VFS_AT_RECURSIVE, &tree), 0);
}

static void tear_down(void)
{
        memory.until = SIZE_MAX;
        vfs_file_put(tree);
        vfs_mntns_put(second);
        vfs_mntns_put(ns);
        vfs_cred_put(cred);
        vfs_free(vfs);
        ck_assert_uint_eq(memory.blocks, 0);
}

/* What both namespaces list; the caller frees it. */
static char *listing(void)
{
        size_t until = memory.until;
        struct vfs_ctx other;
        int64_t n, m;
        char *text;

        memory.until = SIZE_MAX;
        vfs_ctx_init(&other, second, cred);
        n = vfs_mountinfo(&ctx, NULL, 0);
        m = vfs_mountinfo(&other, NULL, 0);
        ck_assert_int_gt(n, 0);
        ck_assert_int_gt(m, 0);
        text = malloc((size_t)(n + m) + 1);
        ck_assert_int_eq(vfs_mountinfo(&ctx, text, (size_t)n), n);
        ck_assert_int_eq(vfs_mountinfo(&other, text + n, (size_t)m), m);
        text[n + m] = '\0';
        memory.until = until;
        return text;
}

/*
 * The operations. Each begins in the world that build made.
 */

static int do_new(void)
{
        return vfs_mount(&ctx, "x", "/m/d", "tmpfs", 0, NULL);
}

static int do_bind(void)
{
        return vfs_mount(&ctx, "/loose", "/m/d", NULL, VFS_MS_BIND, NULL);
}

static int do_rbind(void)
{
        return vfs_mount(&ctx, "/t", "/m/d", NULL, VFS_MS_BIND | VFS_MS_REC, NULL);
}

static int do_bind_into_itself(void)
{
        return vfs_mount(&ctx, "/m", "/m/d", NULL, VFS_MS_BIND | VFS_MS_REC, NULL);
}

static int do_move(void)
{
        return vfs_mount(&ctx, "/t", "/m/d", NULL, VFS_MS_MOVE, NULL);
}

static int do_attach(void)
{
        return vfs_move_mount(&ctx, tree, "", NULL, "/m/d", VFS_MOVE_MOUNT_F_EMPTY_PATH);
}

static int do_beneath(void)
{
        return vfs_move_mount(&ctx, tree, "", NULL, "/loose",
                              VFS_MOVE_MOUNT_F_EMPTY_PATH | VFS_MOVE_MOUNT_BENEATH);
}

static int do_open_tree(void)
{
        struct vfs_file *file;
        int r = vfs_open_tree(&ctx, NULL, "/", VFS_OPEN_TREE_CLONE | VFS_AT_RECURSIVE, &file);

        if (r == 0)
                vfs_file_put(file);
        return r;
}

static int do_clone(void)
{
        struct vfs_mntns *copy;
        int r = vfs_mntns_clone(&ctx, NULL, &copy, NULL, NULL);

        if (r == 0)
                vfs_mntns_put(copy);
        return r;
}

static int do_share(void)
{
        return vfs_mount(&ctx, NULL, "/", NULL, VFS_MS_SHARED | VFS_MS_REC, NULL);
}

static int do_slave(void)
{
        return vfs_mount(&ctx, NULL, "/", NULL, VFS_MS_SLAVE | VFS_MS_REC, NULL);
}

static int do_setattr(void)
{
        const struct vfs_mount_attr attr = { .attr_set = VFS_MOUNT_ATTR_RDONLY, .propagation = VFS_MS_SHARED };

        return vfs_mount_setattr(&ctx, NULL, "/t", VFS_AT_RECURSIVE, &attr, sizeof(attr));
}

static int do_set_group(void)
{
        return vfs_move_mount(&ctx, NULL, "/both", NULL, "/bind", VFS_MOVE_MOUNT_SET_GROUP);
}

static int do_pivot(void)
{
        struct vfs_path old, with;
        int r = vfs_pivot_root(&ctx, "/new", "/new/o", &old, &with);

        if (r == 0) {
                ctx.root = ctx.cwd = with; /* the namespace keeps it */
                vfs_path_put(&with);
                vfs_path_put(&old);
        }
        return r;
}

/* These need no memory, so they cannot fail for want of it. */
static int do_umount(void)
{
        return vfs_umount(&ctx, "/loose", 0);
}

static int do_detach(void)
{
        return vfs_umount(&ctx, "/t", VFS_MNT_DETACH);
}

static const struct {
        const char *name;
        int (*run)(void);
        int may_fail;
} operations[] = {
        { "new", do_new, 1 },
        { "bind", do_bind, 1 },
        { "rbind", do_rbind, 1 },
        { "bind into itself", do_bind_into_itself, 1 },
        { "move", do_move, 1 },
        { "attach", do_attach, 1 },
        { "beneath", do_beneath, 0 },
        { "open_tree", do_open_tree, 1 },
        { "clone", do_clone, 1 },
        { "share", do_share, 1 },
        { "slave", do_slave, 1 },
        { "setattr", do_setattr, 1 },
        { "set_group", do_set_group, 0 },
        { "pivot", do_pivot, 0 },
        { "umount", do_umount, 0 },
        { "detach", do_detach, 0 },
};

START_TEST(test_mount_without_memory_changes_nothing)
{
        int (*run)(void) = operations[_i].run;
        int failures = 0, r;

        for (size_t n = 0;; n++) {
                char *before, *after;

                build(0);
                if (run == do_set_group)
                        mount_ok("/m", "/bind", NULL, VFS_MS_BIND);
                if (run == do_set_group)
                        mount_ok(NULL, "/bind", NULL, VFS_MS_PRIVATE);
                before = listing();
                memory.failed = 0;
                memory.until = n;
                r = run();
                memory.until = SIZE_MAX;
                if (r < 0) {
                        ck_assert_msg(r == -ENOMEM && memory.failed, "%s: allocation %zu: %s", operations[_i].name, n,
                                      strerror(-r));
                        after = listing();
                        ck_assert_msg(strcmp(before, after) == 0, "%s: allocation %zu: before\n%safter\n%s",
                                      operations[_i].name, n, before, after);
                        free(after);
                        ck_assert_msg(run() == 0, "%s: after allocation %zu failed", operations[_i].name, n);
                        failures++;
                }
                free(before);
                tear_down();
                if (!memory.failed)
                        break;
        }
        ck_assert_msg(failures > 0 || !operations[_i].may_fail, "%s: nothing was allocated", operations[_i].name);
}
END_TEST

static uint32_t count_mounts(struct vfs_mntns *of)
{
        struct vfs_ctx other;
        uint32_t lines = 0;
        char *text;
        int64_t n;

        vfs_ctx_init(&other, of, cred);
        n = vfs_mountinfo(&other, NULL, 0);
        text = malloc((size_t)n);
        ck_assert_int_eq(vfs_mountinfo(&other, text, (size_t)n), n);
        for (int64_t i = 0; i < n; i++)
                lines += text[i] == '\n';
        free(text);
        return lines;
}

/* Of the two namespaces, that with more. */
static uint32_t most_mounts(void)
{
        uint32_t a = count_mounts(ns), b = count_mounts(second);

        return a > b ? a : b;
}

START_TEST(test_mount_limit_counts_every_copy)
{
        static int (*const runs[])(void) = { do_new, do_bind, do_rbind, do_bind_into_itself, do_move, do_attach };
        int (*run)(void) = runs[_i];
        uint32_t before, after;
        char *text[2];

        build(0);
        before = most_mounts();
        ck_assert_int_eq(run(), 0);
        after = most_mounts();
        ck_assert_uint_gt(after, before);
        tear_down();

        for (int room = -1; room <= 1; room++) {
                build(after + (uint32_t)room);
                text[0] = listing();
                ck_assert_int_eq(run(), room < 0 ? -ENOSPC : 0);
                text[1] = listing();
                ck_assert((strcmp(text[0], text[1]) == 0) == (room < 0));
                ck_assert_uint_eq(most_mounts(), room < 0 ? before : after);
                free(text[0]);
                free(text[1]);
                tear_down();
        }
}
END_TEST

/* The limit of the namespace that a copy comes to counts, not only that of the caller. */
START_TEST(test_mount_limit_of_another_namespace_refuses_a_copy)
{
        struct vfs_ctx other;
        char *before, *after;
        uint32_t n;

        build(40);
        vfs_ctx_init(&other, second, cred);
        n = count_mounts(second);
        for (; n < 40; n++)
                ck_assert_int_eq(vfs_mount(&other, "x", "/old", "tmpfs", 0, NULL), 0);
        ck_assert_int_eq(vfs_mount(&other, "x", "/old", "tmpfs", 0, NULL), -ENOSPC);
        before = listing();
        ck_assert_int_eq(do_bind(), -ENOSPC);
        after = listing();
        ck_assert_str_eq(before, after);
        free(before);
        free(after);
        ck_assert_int_eq(vfs_umount(&other, "/old", 0), 0);
        ck_assert_int_eq(vfs_mount(&ctx, "/loose", "/old", NULL, VFS_MS_BIND, NULL), 0); /* private: no copy */
        tear_down();
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("mount_failures");
        TCase *tc = tcase_create("mount_failures");

        tcase_add_loop_test(tc, test_mount_without_memory_changes_nothing, 0,
                            sizeof(operations) / sizeof(operations[0]));
        tcase_add_loop_test(tc, test_mount_limit_counts_every_copy, 0, 6);
        tcase_add_test(tc, test_mount_limit_of_another_namespace_refuses_a_copy);
        suite_add_tcase(suite, tc);
        return test_run(suite);
}
