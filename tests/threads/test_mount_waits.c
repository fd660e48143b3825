/*
 * test_mount_waits.c - nobody who reads waits for somebody who changes mounts: with
 * mount_lock held all the time, everything that does not change mounts goes on; and beside
 * threads that change them, a thread that reads is not put to sleep, even where they are stopped in
 * the middle.
 */
#include <semaphore.h>
#include <sys/resource.h>

#include "mount/internal.h"
#include "tests/threads/mount_world.h"
#include "tests/threads/step.h"

#define UNDER    1
#define MOUNTED  80
#define LOWER    81
#define PATIENCE 20 /* seconds */

static struct race race;

static void setup(void)
{
        world_setup(&race);
}

static void teardown(void)
{
        world_teardown(&race);
}

/*
 * While mount_lock is held
 */

static sem_t finished;
static const char *_Atomic doing; /* at the moment */
static const char *failed;

#define DO(what, expected, call)                   \
        do {                                       \
                const long do_want_ = (expected);  \
                atomic_store(&doing, (what));      \
                if ((call) != do_want_ && !failed) \
                        failed = (what);           \
        } while (0)

static long get_and_put(const struct vfs_ctx *ctx, const char *path)
{
        struct vfs_path place;
        int r = vfs_lookup(ctx, NULL, path, 0, &place);

        if (r == 0)
                vfs_path_put(&place);
        return r;
}

static long list_directory(const struct vfs_ctx *ctx, const char *path)
{
        char buf[4096] __attribute__((aligned(8)));
        struct vfs_file *file;
        int64_t n;
        int r = vfs_open(ctx, NULL, path, VFS_O_RDONLY | VFS_O_DIRECTORY, 0, &file);

        if (r < 0)
                return r;
        n = vfs_file_getdents(ctx, file, buf, sizeof(buf));
        vfs_file_put(file);
        return n > 0 ? 0 : -EIO;
}

static long make_file(const struct vfs_ctx *ctx, const char *path)
{
        struct vfs_file *file;
        int r = vfs_open(ctx, NULL, path, VFS_O_WRONLY | VFS_O_CREAT | VFS_O_EXCL, 0644, &file);

        if (r == 0)
                vfs_file_put(file);
        return r;
}

static void *do_everything(void *arg)
{
        const struct vfs_ctx *ctx = &race.ctx;
        struct vfs_ctx inside = *ctx;
        char name[64];

        DO("stat below a mount", WORLD_MANY_ID, world_see(ctx, "/many/5/id"));
        DO("stat below a mount point of two namespaces", MOUNTED, world_see(ctx, "/twice/id"));
        DO("stat below a stack", MOUNTED, world_see(ctx, "/stack/id"));
        DO("stat below a mount point of another namespace", UNDER, world_see(ctx, "/elsewhere/id"));
        DO("stat by dots", WORLD_ROOT_ID, world_see(ctx, "/many/5/../../stack/../id"));
        DO("stat of a symlink across mounts", WORLD_MANY_ID, world_see(ctx, "/link"));
        DO("stat of a missing name", -ENOENT, world_see(ctx, "/many/5/missing"));
        DO("open below a mount", WORLD_MANY_ID, world_open_see(ctx, "/many/6/id"));
        DO("open below a stack", MOUNTED, world_open_see(ctx, "/stack/id"));
        DO("access", 0, vfs_access(ctx, NULL, "/many/7/id", VFS_W_OK, 0));
        DO("lookup of a mount", 0, get_and_put(ctx, "/many/8"));
        DO("reading a directory", 0, list_directory(ctx, "/many"));
        DO("creating below a mount", 0, make_file(ctx, "/many/9/new"));
        DO("renaming below a mount", 0, vfs_rename(ctx, NULL, "/many/9/new", NULL, "/many/9/newer", 0));
        DO("unlinking below a mount", 0, vfs_unlink(ctx, NULL, "/many/9/newer", 0));
        DO("mkdir", 0, vfs_mkdir(ctx, NULL, "/many/9/dir", 0755));
        DO("mkdir in it", 0, vfs_mkdir(ctx, NULL, "/many/9/dir/dir", 0755));
        DO("moving a directory", 0, vfs_rename(ctx, NULL, "/many/9/dir/dir", NULL, "/many/9/dir2", 0));
        DO("rmdir", 0, vfs_rmdir(ctx, NULL, "/many/9/dir"));
        DO("rmdir of the other", 0, vfs_rmdir(ctx, NULL, "/many/9/dir2"));
        if (vfs_lookup(ctx, NULL, "/many/10", 0, &inside.cwd) == 0) {
                DO("stat from inside", WORLD_MANY_ID, world_see(&inside, "id"));
                DO("the name from inside", 0, vfs_path_name(ctx, &inside.cwd, name, sizeof(name)) < 0);
                vfs_path_put(&inside.cwd);
        }
        sem_post(&finished);
        return NULL;
}

START_TEST(test_mount_lock_held_keeps_nobody_from_what_changes_no_mounts)
{
        struct timespec deadline;
        struct vfs_mntns *other;
        pthread_t thread;
        bool done;

        world_dir(&race, "/twice", UNDER);
        world_dir(&race, "/stack", UNDER);
        world_dir(&race, "/elsewhere", UNDER);
        world_dir(&race, "/src/mounted", MOUNTED);
        world_dir(&race, "/src/lower", LOWER);
        world_bind(&race, "/src/mounted", "/twice");
        world_bind(&race, "/src/lower", "/stack");
        world_bind(&race, "/src/mounted", "/stack");
        world_bind(&race, "/src/mounted", "/elsewhere");
        ck_assert_int_eq(vfs_symlink(&race.ctx, "/many/5/id", NULL, "/link"), 0);
        ck_assert_int_eq(vfs_mntns_clone(&race.ctx, NULL, &other, NULL, NULL), 0);
        ck_assert_int_eq(vfs_umount(&race.ctx, "/elsewhere", 0), 0);
        ck_assert_int_eq(sem_init(&finished, 0, 0), 0);

        vfs_mounts_lock(race.vfs);
        ck_assert_int_eq(pthread_create(&thread, NULL, do_everything, NULL), 0);
        clock_gettime(CLOCK_REALTIME, &deadline);
        deadline.tv_sec += PATIENCE;
        done = sem_timedwait(&finished, &deadline) == 0;
        vfs_mutex_unlock(&race.vfs->mount_lock, VFS_LOCK_MOUNT);
        pthread_join(thread, NULL);
        ck_assert_msg(done, "%s waited for mount_lock", atomic_load(&doing));
        ck_assert_msg(failed == NULL, "%s went wrong", failed);
        vfs_mntns_put(other);
}
END_TEST

/*
 * Beside changes
 */

#define PEERS 200

static atomic_long sleeps, reads, meanwhile;
static struct world_clock clock_;

/* How often this thread has been put to sleep. */
static long count_sleeps(void)
{
        struct rusage usage;

        return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nvcsw : 0;
}

static void read_and_count(struct race *r, const struct vfs_ctx *ctx, long round)
{
        const long before = count_sleeps();

        for (long i = 0; i < 256; i++) {
                char name[32];

                snprintf(name, sizeof(name), "/many/%ld/id", (round * 256 + i) * 7919 % WORLD_MANY);
                if (world_see(ctx, name) != WORLD_MANY_ID)
                        RACE_FAIL(r, "%s is wrong", name);
                atomic_fetch_add_explicit(&meanwhile, atomic_load(&clock_.begun) != atomic_load(&clock_.done),
                                          memory_order_relaxed);
        }
        atomic_fetch_add(&reads, 256);
        atomic_fetch_add(&sleeps, count_sleeps() - before);
}

static void bind_and_umount(struct race *r, const struct vfs_ctx *ctx, long round)
{
        world_begin(&clock_);
        RACE_WANT(r, "bind", vfs_mount(ctx, "/src/mounted", "/shared/d", NULL, VFS_MS_BIND, NULL), 0, 0);
        RACE_WANT(r, "umount", vfs_umount(ctx, "/shared/d", round % 2 == 0 ? 0 : VFS_MNT_DETACH), 0, 0);
        world_end(&clock_);
}

static void copy(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_mntns *ns;

        world_begin(&clock_);
        RACE_WANT(r, "copy", vfs_mntns_clone(ctx, NULL, &ns, NULL, NULL), 0, 0);
        if (!atomic_load(&r->failed))
                vfs_mntns_put(ns);
        world_end(&clock_);
}

static void nobody_sleeps_beside(race_step *writer)
{
        const struct race_worker workers[] = { { writer, 1, RACE_JOLTS }, { read_and_count, 2, 0 } };
        struct vfs_stats before = { .size = sizeof(before) }, after = { .size = sizeof(after) };

        vfs_get_stats(race.vfs, &before);
        race_run(&race, workers, sizeof(workers) / sizeof(workers[0]), 500);
        vfs_get_stats(race.vfs, &after);
        /* Readers got on in the middle of changes that take long. */
        ck_assert_int_gt(atomic_load(&meanwhile), 0);
        ck_assert_int_gt(atomic_load(&reads), 1000);
        /* The writers' own walks are counted with them; those that lose a race take locks. */
        ck_assert_msg(after.walks_reference - before.walks_reference <= (uint64_t)atomic_load(&reads) / 100,
                      "%ld walks of %ld took locks", (long)(after.walks_reference - before.walks_reference),
                      atomic_load(&reads));
        if (STEP_SANITIZED)
                return;
        ck_assert_msg(atomic_load(&sleeps) <= atomic_load(&reads) / 2000, "%ld sleeps in %ld reads",
                      atomic_load(&sleeps), atomic_load(&reads));
}

static void make_peers(int n)
{
        char name[32];

        world_dir(&race, "/src/mounted", MOUNTED);
        race_mkdir(&race, "/shared");
        race_mkdir(&race, "/peer");
        world_tmpfs(&race, "/shared", UNDER);
        world_dir(&race, "/shared/d", UNDER);
        world_change(&race, "/shared", VFS_MS_SHARED);
        for (int i = 1; i < n; i++) {
                snprintf(name, sizeof(name), "/peer/%d", i);
                race_mkdir(&race, name);
                world_bind(&race, "/shared", name);
        }
}

START_TEST(test_mount_readers_beside_binds_and_umounts_do_not_sleep)
{
        make_peers(1);
        nobody_sleeps_beside(bind_and_umount);
}
END_TEST

START_TEST(test_mount_readers_beside_propagation_do_not_sleep)
{
        make_peers(PEERS);
        nobody_sleeps_beside(bind_and_umount);
}
END_TEST

START_TEST(test_mount_readers_beside_copies_of_namespaces_do_not_sleep)
{
        nobody_sleeps_beside(copy);
}
END_TEST

TEST_MAIN_FIXTURE("mount waits", setup, teardown,
                  test_mount_lock_held_keeps_nobody_from_what_changes_no_mounts,
                  test_mount_readers_beside_binds_and_umounts_do_not_sleep,
                  test_mount_readers_beside_propagation_do_not_sleep,
                  test_mount_readers_beside_copies_of_namespaces_do_not_sleep)
