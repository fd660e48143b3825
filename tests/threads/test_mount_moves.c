/*
 * test_mount_moves.c - walks against mounts that change their place: moved, moved beneath
 * another, tucked under one by propagation, pivoted. Who looks at a place sees what is there
 * before or after, and nothing of what lies under it in between.
 */
#include <stdlib.h>

#include "tests/threads/mount_world.h"

#define UNDER   1 /* ids: of what is covered while all is well */
#define MOVED   20
#define COVERED 21 /* within what is moved: covered by a mount that moves along */
#define LOWER   22
#define UPPER   23

static struct race race;
static struct world_clock clock_;

static void setup(void)
{
        world_setup(&race);
}

static void teardown(void)
{
        world_teardown(&race);
}

static void run(race_step *writer, race_step *reader)
{
        const struct race_worker workers[] = { { writer, 1, RACE_JOLTS },
                                               { reader, 2, 0 },
                                               { world_look_at_many, 1, 0 } };

        race_run(&race, workers, sizeof(workers) / sizeof(workers[0]), 400);
        ck_assert_msg(atomic_load(&clock_.done) > 10, "only %ld changes", atomic_load(&clock_.done));
}

/* The writer leaves the last change undone, for the even number of changes that the test begins with. */
static void make_even(void (*undo)(void))
{
        if (atomic_load(&clock_.done) % 2 != 0)
                undo();
}

/*
 * To and fro
 */

static void move_once(struct race *r, const struct vfs_ctx *ctx, long round)
{
        const char *from = round % 2 == 0 ? "/a" : "/b", *to = round % 2 == 0 ? "/b" : "/a";

        world_begin(&clock_);
        RACE_WANT(r, "move", vfs_mount(ctx, from, to, NULL, VFS_MS_MOVE, NULL), 0, 0);
        world_end(&clock_);
}

static void move_back(void)
{
        ck_assert_int_eq(vfs_mount(&race.ctx, "/b", "/a", NULL, VFS_MS_MOVE, NULL), 0);
}

static void look_at_both(struct race *r, const struct vfs_ctx *ctx, long round)
{
        static const char *const a_paths[] = { "/a/id", "/a/./id", "//a/../a/id" };
        static const long at_a[] = { MOVED, UNDER }, at_b[] = { UNDER, MOVED };

        world_expect(r, ctx, &clock_, a_paths[round % 3], at_a, 2);
        world_expect(r, ctx, &clock_, "/b/id", at_b, 2);
}

static void make_both(void)
{
        world_dir(&race, "/a", UNDER);
        world_dir(&race, "/b", UNDER);
        world_dir(&race, "/src/moved", MOVED);
        world_bind(&race, "/src/moved", "/a");
}

START_TEST(test_mount_move_during_walks_is_at_one_place)
{
        make_both();
        run(move_once, look_at_both);
        make_even(move_back);
        world_counts(&race, WORLD_MOUNTS + 1);
}
END_TEST

/* From inside: the mount stays the same, ".." leads to where it is, and its name is one of both. */
static void look_from_inside(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_ctx inside = *ctx;
        static const long up[] = { 31, 32 };
        static const long always[] = { MOVED };
        char name[64];
        struct vfs_path path;

        if (vfs_lookup(ctx, NULL, round % 2 == 0 ? "/x/a" : "/y/b", 0, &path) < 0) {
                RACE_FAIL(r, "a directory is missing");
                return;
        }
        inside.cwd = path;
        if (world_see(&inside, "id") == MOVED) {
                world_expect(r, &inside, &clock_, "id", always, 1);
                world_expect(r, &inside, &clock_, "../id", up, 2);
                if (vfs_path_name(ctx, &path, name, sizeof(name)) < 0 ||
                    (strcmp(name, "/x/a") != 0 && strcmp(name, "/y/b") != 0))
                        RACE_FAIL(r, "the name is %s", name);
        }
        vfs_path_put(&path);
}

static void move_between(struct race *r, const struct vfs_ctx *ctx, long round)
{
        const char *from = round % 2 == 0 ? "/x/a" : "/y/b", *to = round % 2 == 0 ? "/y/b" : "/x/a";

        world_begin(&clock_);
        RACE_WANT(r, "move", vfs_mount(ctx, from, to, NULL, VFS_MS_MOVE, NULL), 0, 0);
        world_end(&clock_);
}

START_TEST(test_mount_move_during_walks_from_inside_leads_up_to_where_it_is)
{
        world_dir(&race, "/x", 31);
        world_dir(&race, "/y", 32);
        world_dir(&race, "/x/a", UNDER);
        world_dir(&race, "/y/b", UNDER);
        world_dir(&race, "/src/moved", MOVED);
        world_bind(&race, "/src/moved", "/x/a");
        run(move_between, look_from_inside);
        world_counts(&race, WORLD_MOUNTS + 1);
}
END_TEST

/* Each mount below the one that moves comes along: what it covers is never seen. */
static void look_below(struct race *r, const struct vfs_ctx *ctx, long round)
{
        static const long at_a[] = { MOVED, UNDER };
        char name[32];

        snprintf(name, sizeof(name), "/a/%ld/id", round % 16);
        world_expect(r, ctx, &clock_, name, at_a, 2);
}

START_TEST(test_mount_move_of_a_tree_during_walks_moves_all_of_it)
{
        char name[32];

        world_dir(&race, "/a", UNDER);
        world_dir(&race, "/b", UNDER);
        world_dir(&race, "/src/moved", MOVED);
        world_dir(&race, "/src/tree", COVERED);
        for (int i = 0; i < 16; i++) {
                snprintf(name, sizeof(name), "/a/%d", i);
                world_dir(&race, name, UNDER);
                snprintf(name, sizeof(name), "/src/tree/%d", i);
                world_dir(&race, name, COVERED);
        }
        world_bind(&race, "/src/tree", "/a");
        for (int i = 0; i < 16; i++) {
                snprintf(name, sizeof(name), "/a/%d", i);
                world_bind(&race, "/src/moved", name);
        }
        run(move_once, look_below);
        world_counts(&race, WORLD_MOUNTS + 17);
}
END_TEST

/* Of a stack the top moves: the mount below it is seen then, and never the directory. */
static void look_at_stack(struct race *r, const struct vfs_ctx *ctx, long round)
{
        static const long at_a[] = { UPPER, LOWER }, at_b[] = { UNDER, UPPER };

        world_expect(r, ctx, &clock_, "/a/id", at_a, 2);
        world_expect(r, ctx, &clock_, "/b/id", at_b, 2);
}

START_TEST(test_mount_move_of_the_top_of_a_stack_shows_the_mount_below)
{
        world_dir(&race, "/a", UNDER);
        world_dir(&race, "/b", UNDER);
        world_dir(&race, "/src/lower", LOWER);
        world_dir(&race, "/src/upper", UPPER);
        world_bind(&race, "/src/lower", "/a");
        world_bind(&race, "/src/upper", "/a");
        run(move_once, look_at_stack);
        world_counts(&race, WORLD_MOUNTS + 2);
}
END_TEST

/*
 * Beneath
 */

#define VERSIONS 8

static const long versions[VERSIONS] = { 40, 41, 42, 43, 44, 45, 46, 47 };
static uint32_t how_to_umount;

static void make_versions(void)
{
        char name[32];

        world_dir(&race, "/t", UNDER);
        world_dir(&race, "/stage", UNDER);
        for (int i = 0; i < VERSIONS; i++) {
                snprintf(name, sizeof(name), "/src/%d", i);
                world_dir(&race, name, (int)versions[i]);
        }
        world_bind(&race, "/src/0", "/t");
}

/* The next version is put under this one, which is then taken away: the place is never empty. */
static void upgrade(struct race *r, const struct vfs_ctx *ctx, long round)
{
        char name[32];
        int result;

        snprintf(name, sizeof(name), "/src/%ld", (round + 1) % VERSIONS);
        RACE_WANT(r, "bind", vfs_mount(ctx, name, "/stage", NULL, VFS_MS_BIND, NULL), 0, 0);
        RACE_WANT(r, "move beneath", vfs_move_mount(ctx, NULL, "/stage", NULL, "/t", VFS_MOVE_MOUNT_BENEATH),
                  0, 0);
        world_begin(&clock_);
        do
                result = vfs_umount(ctx, "/t", how_to_umount);
        while (result == -EBUSY);
        RACE_WANT(r, "umount", result, 0, 0);
        world_end(&clock_);
}

static void look_at_version(struct race *r, const struct vfs_ctx *ctx, long round)
{
        /* Who is on a mount that was detached is at its root by "..", in Linux too. */
        const bool up = round % 2 == 0 && how_to_umount != VFS_MNT_DETACH;

        world_expect(r, ctx, &clock_, up ? "/t/../t/id" : "/t/id", versions, VERSIONS);
}

START_TEST(test_mount_move_beneath_then_umount_never_shows_the_directory)
{
        make_versions();
        how_to_umount = 0;
        run(upgrade, look_at_version);
        world_counts(&race, WORLD_MOUNTS + 1);
}
END_TEST

START_TEST(test_mount_move_beneath_then_detach_never_shows_the_directory)
{
        make_versions();
        how_to_umount = VFS_MNT_DETACH;
        run(upgrade, look_at_version);
        world_counts(&race, WORLD_MOUNTS + 1);
}
END_TEST

/*
 * Tucked under by propagation
 */

static void bind_and_umount_on_master(struct race *r, const struct vfs_ctx *ctx, long round)
{
        int result = 0;

        world_begin(&clock_);
        if (round % 2 == 0)
                result = vfs_mount(ctx, "/src/lower", "/master/d", NULL, VFS_MS_BIND, NULL);
        else
                do
                        result = vfs_umount(ctx, "/master/d", how_to_umount);
                while (result == -EBUSY);
        RACE_WANT(r, "change", result, 0, 0);
        world_end(&clock_);
}

static void look_at_slave(struct race *r, const struct vfs_ctx *ctx, long round)
{
        static const long on_master[] = { UNDER, LOWER }, on_slave[] = { UPPER };

        world_expect(r, ctx, &clock_, "/slave/d/id", on_slave, 1);
        world_expect(r, ctx, &clock_, "/master/d/id", on_master, 2);
}

static void tuck(uint32_t flags)
{
        world_dir(&race, "/master", UNDER);
        world_dir(&race, "/slave", UNDER);
        world_dir(&race, "/src/lower", LOWER);
        world_dir(&race, "/src/upper", UPPER);
        world_tmpfs(&race, "/master", UNDER);
        world_dir(&race, "/master/d", UNDER);
        world_change(&race, "/master", VFS_MS_SHARED);
        world_bind(&race, "/master", "/slave");
        world_change(&race, "/slave", VFS_MS_SLAVE);
        world_bind(&race, "/src/upper", "/slave/d");
        how_to_umount = flags;
        run(bind_and_umount_on_master, look_at_slave);
        if (atomic_load(&clock_.done) % 2 != 0)
                ck_assert_int_eq(vfs_umount(&race.ctx, "/master/d", 0), 0);
        world_counts(&race, WORLD_MOUNTS + 3);
}

START_TEST(test_mount_propagation_under_a_mount_leaves_it_in_sight)
{
        tuck(0);
}
END_TEST

START_TEST(test_mount_propagated_detach_under_a_mount_leaves_it_in_sight)
{
        tuck(VFS_MNT_DETACH);
}
END_TEST

/*
 * pivot_root
 */

#define FIRST      50 /* ids of the two roots, */
#define SECOND     51
#define FIRST_NEW  52 /* and of the directories in them: where the other one is mounted, and is not */
#define FIRST_OLD  53
#define SECOND_NEW 54
#define SECOND_OLD 55

static struct vfs_path first;
static struct vfs_ctx task; /* the one that pivots; its root is referenced */

/* In the first root, as race.ctx sees it: the second is on its directory new. */
static void make_roots(void)
{
        world_dir(&race, "/old", FIRST_OLD);
        world_dir(&race, "/new", FIRST_NEW);
        world_tmpfs(&race, "/new", SECOND);
        world_dir(&race, "/new/new", SECOND_NEW);
        world_dir(&race, "/new/old", SECOND_OLD);
        task = race.ctx;
        vfs_path_get(&task.root);
}

static void pivot(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_path old;
        const bool there = round % 2 == 0;
        int result;

        world_begin(&clock_);
        result = vfs_pivot_root(&task, there ? "/new" : "/old", there ? "/new/old" : "/old/new", &old,
                                &task.cwd);
        world_end(&clock_);
        RACE_WANT(r, "pivot_root", result, 0, 0);
        if (result < 0)
                return;
        vfs_path_put(&task.root);
        vfs_path_put(&old);
        task.root = task.cwd;
}

static void look_at_roots(struct race *r, const struct vfs_ctx *ctx, long round)
{
        static const long at_x[] = { FIRST, SECOND }, up[] = { WORLD_ROOT_ID, SECOND };
        static const long always[] = { FIRST };
        struct vfs_ctx inside = *ctx;
        struct world_span span;
        long seen;

        world_expect(r, ctx, &clock_, "/x/id", at_x, 2);
        inside.cwd = first;
        world_expect(r, &inside, &clock_, "id", always, 1);
        world_expect(r, &inside, &clock_, "../id", up, 2);
        /* Two crossings on the way: a walk that a change meets between them goes on from where it is. */
        span = world_look(&clock_);
        seen = world_see(ctx, "/x/new/id");
        world_looked(&span, &clock_);
        if (!(seen == SECOND && world_met(&span, 0, 2)) && !(seen == SECOND_NEW && world_met(&span, 1, 2)) &&
            !(seen == FIRST_NEW && span.first != span.last))
                RACE_FAIL(r, "/x/new/id is %ld in states %ld to %ld", seen, span.first, span.last);
        span = world_look(&clock_);
        seen = world_see(&inside, "new/../id");
        world_looked(&span, &clock_);
        if (seen != FIRST && !(seen == WORLD_ROOT_ID && span.first != span.last))
                RACE_FAIL(r, "new/../id is %ld in states %ld to %ld", seen, span.first, span.last);
}

START_TEST(test_mount_pivot_root_during_walks_shows_one_of_both_roots)
{
        const struct vfs_ctx outside = race.ctx;

        world_dir(&race, "/x", UNDER);
        world_tmpfs(&race, "/x", FIRST);
        ck_assert_int_eq(vfs_lookup(&race.ctx, NULL, "/x", 0, &first), 0);
        race.ctx.root = race.ctx.cwd = first;
        make_roots();
        race.ctx = outside;
        run(pivot, look_at_roots);
        if (atomic_load(&clock_.done) % 2 != 0)
                pivot(&race, &race.ctx, 1);
        vfs_path_put(&task.root);
        vfs_path_put(&first);
        world_counts(&race, WORLD_MOUNTS + 2);
}
END_TEST

/* The root of the namespace itself; who asks for it gets one of both. */
static void look_at_namespace_root(struct race *r, const struct vfs_ctx *ctx, long round)
{
        static const long ids[] = { FIRST, SECOND };
        struct vfs_ctx own = *ctx;
        struct world_span span;
        struct vfs_path root;
        long seen;

        span = world_look(&clock_);
        vfs_mntns_root(task.mntns, &root);
        world_looked(&span, &clock_);
        own.root = own.cwd = root;
        own.mntns = task.mntns;
        seen = world_see(&own, "/id");
        if (!(seen == ids[0] && world_met(&span, 0, 2)) && !(seen == ids[1] && world_met(&span, 1, 2)))
                RACE_FAIL(r, "the root is %ld in states %ld to %ld", seen, span.first, span.last);
        vfs_path_put(&root);
}

START_TEST(test_mount_pivot_root_of_a_namespace_its_root_is_one_of_both)
{
        struct vfs_mntns *ns;
        struct vfs_ctx outside;

        ck_assert_int_eq(vfs_mntns_new(race.vfs, race.root, "world", "tmpfs", 0, "mode=755", &ns), 0);
        outside = race.ctx;
        vfs_ctx_init(&race.ctx, ns, race.root);
        world_id(&race, "", FIRST);
        make_roots();
        race.ctx = outside;
        run(pivot, look_at_namespace_root);
        vfs_path_put(&task.root);
        world_counts(&race, WORLD_MOUNTS + 2);
        vfs_mntns_put(ns);
        world_counts(&race, WORLD_MOUNTS);
}
END_TEST

TEST_MAIN_FIXTURE("mount moves", setup, teardown, test_mount_move_during_walks_is_at_one_place,
                  test_mount_move_during_walks_from_inside_leads_up_to_where_it_is,
                  test_mount_move_of_a_tree_during_walks_moves_all_of_it,
                  test_mount_move_of_the_top_of_a_stack_shows_the_mount_below,
                  test_mount_move_beneath_then_umount_never_shows_the_directory,
                  test_mount_move_beneath_then_detach_never_shows_the_directory,
                  test_mount_propagation_under_a_mount_leaves_it_in_sight,
                  test_mount_propagated_detach_under_a_mount_leaves_it_in_sight,
                  test_mount_pivot_root_during_walks_shows_one_of_both_roots,
                  test_mount_pivot_root_of_a_namespace_its_root_is_one_of_both)
