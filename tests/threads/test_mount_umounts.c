/*
 * test_mount_umounts.c - walks and open files against mounts that go: eagerly, lazily, when
 * they expire, with the namespace they are in, and because another namespace removes the
 * directory that they are on. What is in use does not go eagerly, what has gone is not seen again, and in
 * the end exactly those are left that should be.
 */
#include "mount/internal.h"
#include "tests/threads/mount_world.h"

#define UNDER   1
#define MOUNTED 60
#define INSIDE  61
#define COVERED 62

#define PEERS 8

static struct race race;
static struct world_clock
        clocks[PEERS]; /* one for each place, since what propagates is not everywhere at once */

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
                                               { reader, 1, RACE_JOLTS },
                                               { world_look_at_many, 1, 0 } };

        race_run(&race, workers, sizeof(workers) / sizeof(workers[0]), 400);
}

/* Whatever is left at path. */
static void clear(const char *path)
{
        int r;

        do
                r = vfs_umount(&race.ctx, path, VFS_MNT_DETACH);
        while (r == 0);
        ck_assert_int_eq(r, -EINVAL);
}

/*
 * In use
 */

static void make_place(void)
{
        world_dir(&race, "/d", UNDER);
        world_dir(&race, "/src/mounted", MOUNTED);
}

/* An open file's mount is in the namespace as long as nobody unmounts lazily. */
static void open_and_hold(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_file *file;
        struct vfs_statx st;
        bool attached;

        if (vfs_open(ctx, NULL, "/d/id", VFS_O_RDONLY, 0, &file) < 0) {
                RACE_FAIL(r, "/d/id is missing");
                return;
        }
        for (int i = 0; i < 4; i++) {
                vfs_mounts_lock(ctx->vfs);
                attached = file->path.mount->ns == ctx->mntns;
                vfs_mutex_unlock(&ctx->vfs->mount_lock, VFS_LOCK_MOUNT);
                if (!attached)
                        RACE_FAIL(r, "the mount of an open file has gone");
                if (vfs_file_statx(ctx, file, VFS_STATX_BASIC_STATS, &st) < 0 ||
                    (st.size != UNDER && st.size != MOUNTED))
                        RACE_FAIL(r, "an open file has another size");
        }
        vfs_file_put(file);
}

static atomic_long gone;

static void bind_and_umount(struct race *r, const struct vfs_ctx *ctx, long round)
{
        int result;

        RACE_WANT(r, "bind", vfs_mount(ctx, "/src/mounted", "/d", NULL, VFS_MS_BIND, NULL), 0, 0);
        do
                result = vfs_umount(ctx, "/d", 0);
        while (result == -EBUSY && !atomic_load(&r->stop));
        RACE_WANT(r, "umount", result, EBUSY, 0);
        gone += result == 0;
}

START_TEST(test_mount_umount_during_opens_takes_nothing_that_is_in_use)
{
        make_place();
        run(bind_and_umount, open_and_hold);
        clear("/d");
        ck_assert_int_gt(atomic_load(&gone), 0);
        world_counts(&race, WORLD_MOUNTS);
}
END_TEST

/* The second of two calls takes it, if nobody came in between. */
static void bind_and_expire(struct race *r, const struct vfs_ctx *ctx, long round)
{
        int result, marked = 0;

        RACE_WANT(r, "bind", vfs_mount(ctx, "/src/mounted", "/d", NULL, VFS_MS_BIND, NULL), 0, 0);
        do {
                result = vfs_umount(ctx, "/d", VFS_MNT_EXPIRE);
                RACE_WANT(r, "expire", result, EBUSY, EAGAIN);
                marked += result == -EAGAIN;
        } while (result < 0 && !atomic_load(&r->stop));
        if (result == 0 && marked == 0)
                RACE_FAIL(r, "a mount went that was not marked");
        gone += result == 0;
}

/* Now and then nobody uses it for a while. */
static void open_and_pause(struct race *r, const struct vfs_ctx *ctx, long round)
{
        const struct timespec pause = { .tv_nsec = 200000 };

        open_and_hold(r, ctx, round);
        if (round % 4 == 0)
                nanosleep(&pause, NULL);
}

START_TEST(test_mount_expire_during_opens_takes_nothing_that_is_in_use)
{
        make_place();
        run(bind_and_expire, open_and_pause);
        clear("/d");
        world_counts(&race, WORLD_MOUNTS);
}
END_TEST

/* Where it propagated to, it is in use, too. */
static void open_at_peers(struct race *r, const struct vfs_ctx *ctx, long round)
{
        static const long ids[] = { UNDER, MOUNTED };
        const long peer = round % PEERS;
        char name[32];

        snprintf(name, sizeof(name), "/peer%ld/d/id", peer);
        world_expect(r, ctx, &clocks[peer], name, ids, 2);
}

static void bind_and_umount_shared(struct race *r, const struct vfs_ctx *ctx, long round)
{
        int result = 0;

        for (int i = 0; i < PEERS; i++)
                world_begin(&clocks[i]);
        if (round % 2 == 0)
                result = vfs_mount(ctx, "/src/mounted", "/peer0/d", NULL, VFS_MS_BIND, NULL);
        else
                do
                        result = vfs_umount(ctx, "/peer0/d", 0);
                while (result == -EBUSY);
        RACE_WANT(r, "change", result, 0, 0);
        for (int i = 0; i < PEERS; i++)
                world_end(&clocks[i]);
}

static void make_peers(void)
{
        char name[32];

        world_dir(&race, "/src/mounted", MOUNTED);
        for (int i = 0; i < PEERS; i++) {
                snprintf(name, sizeof(name), "/peer%d", i);
                race_mkdir(&race, name);
                if (i > 0) {
                        world_bind(&race, "/peer0", name);
                        continue;
                }
                world_tmpfs(&race, name, UNDER);
                world_dir(&race, "/peer0/d", UNDER);
                world_change(&race, name, VFS_MS_SHARED);
        }
}

START_TEST(test_mount_umount_of_peers_during_opens_goes_everywhere_or_nowhere)
{
        make_peers();
        run(bind_and_umount_shared, open_at_peers);
        if (atomic_load(&clocks[0].done) % 2 != 0)
                clear("/peer0/d");
        world_counts(&race, WORLD_MOUNTS + PEERS);
}
END_TEST

/*
 * Lazily
 */

/* A filesystem and what is mounted in it go while files are open there: they stay readable. */
static void mount_and_detach(struct race *r, const struct vfs_ctx *ctx, long round)
{
        char name[32];

        RACE_WANT(r, "mount", vfs_mount(ctx, "x", "/d", "tmpfs", 0, NULL), 0, 0);
        for (int i = 0; i < 4; i++) {
                snprintf(name, sizeof(name), "/d/%d", i);
                RACE_WANT(r, "mkdir", vfs_mkdir(ctx, NULL, name, 0755), 0, 0);
                RACE_WANT(r, "bind", vfs_mount(ctx, "/src/inside", name, NULL, VFS_MS_BIND, NULL), 0, 0);
        }
        RACE_WANT(r, "detach", vfs_umount(ctx, "/d", VFS_MNT_DETACH), 0, 0);
}

static void look_inside(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_ctx inside = *ctx;
        struct vfs_path path;
        struct vfs_file *file;
        char name[32];
        long seen;

        snprintf(name, sizeof(name), "/d/%ld/id", round % 4);
        seen = world_see(ctx, name);
        if (seen != INSIDE && seen != -ENOENT)
                RACE_FAIL(r, "%s is %ld", name, seen);
        if (vfs_open(ctx, NULL, name, VFS_O_RDONLY, 0, &file) == 0) {
                struct vfs_statx st;

                if (vfs_file_statx(ctx, file, VFS_STATX_BASIC_STATS, &st) < 0 || st.size != INSIDE)
                        RACE_FAIL(r, "an open file has another size");
                vfs_file_put(file);
        }
        /*
         * A directory that is held: what it has mounted goes with the rest, and the directory itself stays.
         */
        if (vfs_lookup(ctx, NULL, "/d", 0, &path) < 0) {
                RACE_FAIL(r, "/d is missing");
                return;
        }
        inside.cwd = path;
        for (int i = 0; i < 8; i++) {
                seen = world_see(&inside, name + 3);
                if (seen != INSIDE && seen != -ENOENT)
                        RACE_FAIL(r, "%s is %ld from inside", name + 3, seen);
                if (world_see(&inside, ".") < 0)
                        RACE_FAIL(r, "a directory that is held is missing");
        }
        vfs_path_put(&path);
}

START_TEST(test_mount_detach_of_a_filesystem_during_use_leaves_it_to_its_users)
{
        race_mkdir(&race, "/d");
        world_dir(&race, "/src/inside", INSIDE);
        run(mount_and_detach, look_inside);
        clear("/d");
        world_counts(&race, WORLD_MOUNTS);
}
END_TEST

/*
 * By the removal of the mount point, in another namespace
 */

#define POINTS 32

static struct vfs_ctx second; /* in the namespace where the directories are mount points */

static void remove_and_make(struct race *r, const struct vfs_ctx *ctx, long round)
{
        char name[32];

        snprintf(name, sizeof(name), "/p/%ld", round % POINTS);
        RACE_WANT(r, "rmdir", vfs_rmdir(ctx, NULL, name), 0, 0);
        RACE_WANT(r, "mkdir", vfs_mkdir(ctx, NULL, name, 0755), 0, 0);
}

static void mount_on_points(struct race *r, const struct vfs_ctx *ctx, long round)
{
        char name[32];
        int result;

        snprintf(name, sizeof(name), "/p/%ld", round % POINTS);
        RACE_WANT(r, "bind", vfs_mount(&second, "/src/mounted", name, NULL, VFS_MS_BIND, NULL), ENOENT, 0);
        /* In between it may have been removed, and made again; and it may be in use. */
        result = round % 3 != 0 ? vfs_umount(&second, name, round % 3 == 1 ? VFS_MNT_DETACH : 0) : 0;
        if (result != -EBUSY || round % 3 == 1)
                RACE_WANT(r, "umount", result, EINVAL, ENOENT);
}

static void look_at_points(struct race *r, const struct vfs_ctx *ctx, long round)
{
        char name[32];
        long seen;

        snprintf(name, sizeof(name), "/p/%ld/id", round % POINTS);
        seen = round % 8 == 0 ? world_open_see(&second, name) : world_see(&second, name);
        if (seen != MOUNTED && seen != -ENOENT)
                RACE_FAIL(r, "%s is %ld", name, seen);
        seen = world_see(ctx, name);
        if (seen != -ENOENT)
                RACE_FAIL(r, "%s is %ld where nothing is mounted", name, seen);
}

START_TEST(test_mount_rmdir_in_another_namespace_takes_the_mounts_along)
{
        const struct race_worker workers[] = { { remove_and_make, 1, RACE_JOLTS },
                                               { mount_on_points, 1, RACE_JOLTS },
                                               { look_at_points, 2, 0 } };
        struct vfs_mntns *ns;
        char name[32];

        race_mkdir(&race, "/p");
        world_dir(&race, "/src/mounted", MOUNTED);
        for (int i = 0; i < POINTS; i++) {
                snprintf(name, sizeof(name), "/p/%d", i);
                race_mkdir(&race, name);
        }
        second = race.ctx;
        ck_assert_int_eq(vfs_mntns_clone(&race.ctx, NULL, &ns, &second.root, &second.cwd), 0);
        second.mntns = ns;
        race_run(&race, workers, sizeof(workers) / sizeof(workers[0]), 400);
        for (int i = 0; i < POINTS; i++) {
                snprintf(name, sizeof(name), "/p/%d", i);
                ck_assert_int_eq(vfs_rmdir(&race.ctx, NULL, name), 0);
        }
        world_counts(&race, 2 * WORLD_MOUNTS);
        vfs_path_put(&second.root);
        vfs_path_put(&second.cwd);
        vfs_mntns_put(ns);
        world_counts(&race, WORLD_MOUNTS);
}
END_TEST

TEST_MAIN_FIXTURE("mount umounts", setup, teardown,
                  test_mount_umount_during_opens_takes_nothing_that_is_in_use,
                  test_mount_expire_during_opens_takes_nothing_that_is_in_use,
                  test_mount_umount_of_peers_during_opens_goes_everywhere_or_nowhere,
                  test_mount_detach_of_a_filesystem_during_use_leaves_it_to_its_users,
                  test_mount_rmdir_in_another_namespace_takes_the_mounts_along)
