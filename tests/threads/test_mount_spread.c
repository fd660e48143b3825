/*
 * test_mount_spread.c - what makes many mounts at once, while others walk and change
 * things: propagation to peers and slaves, changes of propagation, copies of namespaces and their
 * end, detached trees. A copy is of one moment; in the end nothing is left over.
 */
#include "tests/threads/mount_world.h"

#define UNDER   1
#define MOUNTED 70
#define INSIDE  71

static struct race race;

static void setup(void)
{
        world_setup(&race);
}

static void teardown(void)
{
        world_teardown(&race);
}

/* At the place where it was bound, and wherever it propagated to. */
static void clear(const char *path)
{
        int r;

        do
                r = vfs_umount(&race.ctx, path, VFS_MNT_DETACH);
        while (r == 0);
        ck_assert_int_eq(r, -EINVAL);
}

/*
 * Peers and slaves
 */

#define RECEIVERS 64

static struct world_clock clocks[RECEIVERS];

static void bind_and_umount_shared(struct race *r, const struct vfs_ctx *ctx, long round)
{
        int result = 0;

        for (int i = 0; i < RECEIVERS; i++)
                world_begin(&clocks[i]);
        if (round % 2 == 0)
                result = vfs_mount(ctx, "/src/mounted", "/shared/d", NULL, VFS_MS_BIND, NULL);
        else
                result = vfs_umount(ctx, "/shared/d", VFS_MNT_DETACH);
        RACE_WANT(r, "change", result, 0, 0);
        for (int i = 0; i < RECEIVERS; i++)
                world_end(&clocks[i]);
}

static void look_at_receivers(struct race *r, const struct vfs_ctx *ctx, long round)
{
        static const long ids[] = { UNDER, MOUNTED };
        const long receiver = round * 7 % RECEIVERS;
        char name[32];

        snprintf(name, sizeof(name), "/to/%ld/d/id", receiver);
        world_expect(r, ctx, &clocks[receiver], name, ids, 2);
}

/*
 * A shared mount at /shared; peers at /to/0 and so on, every second one a slave, every fourth a shared
 * slave.
 */
static void make_receivers(int n)
{
        char name[32];

        world_dir(&race, "/src/mounted", MOUNTED);
        race_mkdir(&race, "/shared");
        race_mkdir(&race, "/to");
        world_tmpfs(&race, "/shared", UNDER);
        world_dir(&race, "/shared/d", UNDER);
        world_change(&race, "/shared", VFS_MS_SHARED);
        for (int i = 0; i < n; i++) {
                snprintf(name, sizeof(name), "/to/%d", i);
                race_mkdir(&race, name);
                world_bind(&race, "/shared", name);
                if (i % 2 == 1)
                        world_change(&race, name, VFS_MS_SLAVE);
                if (i % 4 == 3)
                        world_change(&race, name, VFS_MS_SHARED);
        }
}

START_TEST(test_mount_propagation_during_walks_is_or_is_not_at_each_place)
{
        const struct race_worker workers[] = { { bind_and_umount_shared, 1, RACE_JOLTS },
                                               { look_at_receivers, 2, 0 },
                                               { world_look_at_many, 1, 0 } };

        make_receivers(RECEIVERS);
        race_run(&race, workers, sizeof(workers) / sizeof(workers[0]), 400);
        if (atomic_load(&clocks[0].done) % 2 != 0)
                clear("/shared/d");
        world_counts(&race, WORLD_MOUNTS + 1 + RECEIVERS);
}
END_TEST

/* One receiver changes its kind all the time: it gets copies or not, and those it keeps are whole. */
static void change_kind(struct race *r, const struct vfs_ctx *ctx, long round)
{
        static const uint64_t kinds[] = { VFS_MS_PRIVATE,
                                          VFS_MS_SHARED,
                                          VFS_MS_SLAVE,
                                          VFS_MS_UNBINDABLE,
                                          VFS_MS_SHARED | VFS_MS_REC,
                                          VFS_MS_SLAVE | VFS_MS_REC };
        char name[32];

        snprintf(name, sizeof(name), "/to/%ld", round % 4);
        RACE_WANT(r, "change", vfs_mount(ctx, NULL, name, NULL, kinds[round / 4 % 6], NULL), 0, 0);
        /* It leaves its group for good where it becomes private: a new bind joins it again. */
        if (round / 4 % 6 == 3) {
                RACE_WANT(r, "umount", vfs_umount(ctx, name, VFS_MNT_DETACH), 0, 0);
                RACE_WANT(r, "bind", vfs_mount(ctx, "/shared", name, NULL, VFS_MS_BIND, NULL), 0, 0);
        }
}

static void look_at_changing(struct race *r, const struct vfs_ctx *ctx, long round)
{
        char name[32];
        long seen;

        snprintf(name, sizeof(name), "/to/%ld/d/id", round % 4);
        seen = round % 8 == 0 ? world_open_see(ctx, name) : world_see(ctx, name);
        /* The directory is there only while something is mounted on the receiver. */
        if (seen != UNDER && seen != MOUNTED && seen != -ENOENT)
                RACE_FAIL(r, "%s is %ld", name, seen);
}

START_TEST(test_mount_propagation_during_changes_of_kind_leaves_nothing_behind)
{
        const struct race_worker workers[] = { { bind_and_umount_shared, 1, RACE_JOLTS },
                                               { change_kind, 1, RACE_JOLTS },
                                               { look_at_changing, 2, 0 } };
        char name[32];

        make_receivers(4);
        race_run(&race, workers, sizeof(workers) / sizeof(workers[0]), 400);
        clear("/shared/d");
        for (int i = 0; i < 4; i++) {
                snprintf(name, sizeof(name), "/to/%d/d", i);
                clear(name);
        }
        world_counts(&race, WORLD_MOUNTS + 1 + 4);
}
END_TEST

/*
 * Copies of namespaces
 */

static void move_once(struct race *r, const struct vfs_ctx *ctx, long round)
{
        const char *from = round % 2 == 0 ? "/a" : "/b", *to = round % 2 == 0 ? "/b" : "/a";

        RACE_WANT(r, "move", vfs_mount(ctx, from, to, NULL, VFS_MS_MOVE, NULL), 0, 0);
}

/* A copy that is used by nobody else. */
static int enter_copy(const struct vfs_ctx *ctx, struct vfs_userns *owner, struct vfs_ctx *ret_copy)
{
        struct vfs_path root, cwd;
        struct vfs_mntns *ns;
        int r;

        r = vfs_mntns_clone(ctx, owner, &ns, &root, &cwd);
        if (r < 0)
                return r;
        *ret_copy = *ctx;
        ret_copy->mntns = ns;
        ret_copy->root = root;
        ret_copy->cwd = cwd;
        return 0;
}

static void leave_copy(struct vfs_ctx *copy)
{
        vfs_path_put(&copy->cwd);
        vfs_path_put(&copy->root);
        vfs_mntns_put(copy->mntns);
}

/*
 * In a copy the mount that moves is at one of its places, and does not move any more; and all others are
 * there.
 */
static void copy_and_look(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_ctx copy;
        char name[32];
        long a, b;

        if (enter_copy(ctx, NULL, &copy) < 0) {
                RACE_FAIL(r, "no copy");
                return;
        }
        a = world_see(&copy, "/a/id");
        b = world_see(&copy, "/b/id");
        if (!(a == MOUNTED && b == UNDER) && !(a == UNDER && b == MOUNTED))
                RACE_FAIL(r, "/a is %ld and /b is %ld in a copy", a, b);
        for (int i = 0; i < 64; i++) {
                snprintf(name, sizeof(name), "/many/%ld/id", (round + i * 16) % WORLD_MANY);
                if (world_see(&copy, name) != WORLD_MANY_ID)
                        RACE_FAIL(r, "%s is missing in a copy", name);
        }
        if (world_see(&copy, "/a/id") != a || world_open_see(&copy, "/b/id") != b)
                RACE_FAIL(r, "a copy has changed");
        leave_copy(&copy);
}

START_TEST(test_mount_copy_of_a_namespace_during_moves_is_of_one_moment)
{
        const struct race_worker workers[] = { { move_once, 1, RACE_JOLTS },
                                               { copy_and_look, 2, 0 },
                                               { world_look_at_many, 1, 0 } };

        world_dir(&race, "/a", UNDER);
        world_dir(&race, "/b", UNDER);
        world_dir(&race, "/src/mounted", MOUNTED);
        world_bind(&race, "/src/mounted", "/a");
        race_run(&race, workers, sizeof(workers) / sizeof(workers[0]), 400);
        world_counts(&race, WORLD_MOUNTS + 1);
}
END_TEST

/*
 * Copies come and go whose shared mount gets what is bound in the first; half of them belong to another
 * user namespace.
 */
static struct vfs_userns *foreign;

static void copy_and_receive(struct race *r, const struct vfs_ctx *ctx, long round)
{
        static const long ids[] = { UNDER, MOUNTED };
        struct vfs_ctx copy;

        if (enter_copy(ctx, round % 2 == 0 ? foreign : NULL, &copy) < 0) {
                RACE_FAIL(r, "no copy");
                return;
        }
        for (int i = 0; i < 32; i++) {
                struct world_span span = { atomic_load(&clocks[0].done), 0 };
                const long seen = world_see(&copy, "/shared/d/id");

                world_looked(&span, &clocks[0]);
                if (!(seen == ids[0] && world_met(&span, 0, 2)) &&
                    !(seen == ids[1] && world_met(&span, 1, 2)))
                        RACE_FAIL(r, "/shared/d is %ld in a copy, in states %ld to %ld", seen, span.first,
                                  span.last);
        }
        leave_copy(&copy);
}

START_TEST(test_mount_end_of_namespaces_during_propagation_into_them)
{
        const struct race_worker workers[] = { { bind_and_umount_shared, 1, RACE_JOLTS },
                                               { copy_and_receive, 3, 0 } };
        const struct vfs_userns_opts opts = { .size = sizeof(opts), .uid = 0, .gid = 0 };

        ck_assert_int_eq(vfs_userns_new(&opts, &foreign), 0);
        make_receivers(2);
        race_run(&race, workers, sizeof(workers) / sizeof(workers[0]), 600);
        clear("/shared/d");
        world_counts(&race, WORLD_MOUNTS + 3);
        vfs_userns_put(foreign);
}
END_TEST

/*
 * Detached trees
 */

#define BRANCHES 8

static atomic_long spots;

/* A copy of a tree is looked at, and then mounted or dropped. */
static void open_tree(struct race *r, const struct vfs_ctx *ctx, long round)
{
        static _Thread_local long own;
        const uint32_t flags = VFS_OPEN_TREE_CLONE | VFS_AT_RECURSIVE;
        struct vfs_file *tree;
        struct vfs_statx st;
        char name[64], spot[32];
        int result;

        result = vfs_open_tree(ctx, NULL, "/tree", flags, &tree);
        RACE_WANT(r, "open_tree", result, 0, 0);
        if (result < 0)
                return;
        snprintf(name, sizeof(name), "%ld/id", round % BRANCHES);
        if (vfs_statx(ctx, tree, name, 0, VFS_STATX_BASIC_STATS, &st) < 0 || st.size != INSIDE)
                RACE_FAIL(r, "%s is wrong in a detached tree", name);
        if (own == 0)
                own = atomic_fetch_add(&spots, 1) + 1;
        snprintf(spot, sizeof(spot), "/spot%ld", own);
        if (round % 3 != 0) {
                RACE_WANT(r, "move_mount",
                          vfs_move_mount(ctx, tree, "", NULL, spot, VFS_MOVE_MOUNT_F_EMPTY_PATH), 0, 0);
                snprintf(name, sizeof(name), "%s/%ld/id", spot, round % BRANCHES);
                if (world_see(ctx, name) != INSIDE)
                        RACE_FAIL(r, "%s is wrong", name);
                RACE_WANT(r, "detach", vfs_umount(ctx, spot, VFS_MNT_DETACH), 0, 0);
        }
        vfs_file_put(tree);
}

/* Of the tree that is copied; in the copies it is there or not. */
static void change_tree(struct race *r, const struct vfs_ctx *ctx, long round)
{
        RACE_WANT(r, "bind", vfs_mount(ctx, "/src/mounted", "/tree/extra", NULL, VFS_MS_BIND, NULL), 0, 0);
        RACE_WANT(r, "detach", vfs_umount(ctx, "/tree/extra", VFS_MNT_DETACH), 0, 0);
}

static void look_at_tree(struct race *r, const struct vfs_ctx *ctx, long round)
{
        char name[32];

        snprintf(name, sizeof(name), "/tree/%ld/id", round % BRANCHES);
        if (world_see(ctx, name) != INSIDE)
                RACE_FAIL(r, "%s is wrong", name);
}

START_TEST(test_mount_detached_trees_during_changes_are_whole)
{
        const struct race_worker workers[] = { { open_tree, 2, RACE_JOLTS },
                                               { change_tree, 1, RACE_JOLTS },
                                               { look_at_tree, 2, 0 } };
        char name[32];

        race_mkdir(&race, "/tree");
        race_mkdir(&race, "/spot1");
        race_mkdir(&race, "/spot2");
        world_dir(&race, "/src/mounted", MOUNTED);
        world_dir(&race, "/src/inside", INSIDE);
        world_tmpfs(&race, "/tree", UNDER);
        race_mkdir(&race, "/tree/extra");
        for (int i = 0; i < BRANCHES; i++) {
                snprintf(name, sizeof(name), "/tree/%d", i);
                world_dir(&race, name, UNDER);
                world_bind(&race, "/src/inside", name);
        }
        race_run(&race, workers, sizeof(workers) / sizeof(workers[0]), 400);
        world_counts(&race, WORLD_MOUNTS + 1 + BRANCHES);
}
END_TEST

TEST_MAIN_FIXTURE("mount spread", setup, teardown,
                  test_mount_propagation_during_walks_is_or_is_not_at_each_place,
                  test_mount_propagation_during_changes_of_kind_leaves_nothing_behind,
                  test_mount_copy_of_a_namespace_during_moves_is_of_one_moment,
                  test_mount_end_of_namespaces_during_propagation_into_them,
                  test_mount_detached_trees_during_changes_are_whole)
