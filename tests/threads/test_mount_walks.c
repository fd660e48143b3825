/*
 * Walks against mounts that come and go: a walk sees what is mounted or what is under it, never neither and nothing
 * else; of a removal and a mount on one directory exactly one happens; nobody writes to a read-only mount; many mounts.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <vfs/vfs.h>
#include "tests/unit/test_main.h"

#define WALKERS 2

static struct vfs *vfs;
static struct vfs_cred *cred;
static struct vfs_mntns *ns;
static struct vfs_ctx ctx;
static int stop;
static const char *walk_paths[2];
static uint32_t umount_flags;
static uint64_t wrong, seen_upper, seen_under;

static void setup(void)
{
        ck_assert_int_eq(vfs_new(NULL, &vfs), 0);
        ck_assert_int_eq(vfs_cred_new_root(&cred), 0);
        ck_assert_int_eq(vfs_mntns_new(vfs, cred, "root", "tmpfs", 0, NULL, &ns), 0);
        vfs_ctx_init(&ctx, ns, cred);
        stop = 0;
        walk_paths[0] = walk_paths[1] = "/d/x";
        wrong = 0;
        seen_upper = 0;
        seen_under = 0;
}

static void teardown(void)
{
        vfs_mntns_put(ns);
        vfs_cred_put(cred);
        vfs_free(vfs);
}

static void touch(const char *path, int64_t size)
{
        struct vfs_file *file;

        ck_assert_int_eq(vfs_open(&ctx, NULL, path, VFS_O_CREAT | VFS_O_WRONLY, 0644, &file), 0);
        ck_assert_int_eq(vfs_file_truncate(&ctx, file, size), 0);
        vfs_file_put(file);
}

static void run_threads(int n, void *(*walker)(void *), void (*work)(void))
{
        pthread_t threads[WALKERS];

        for (int i = 0; i < n; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, walker, NULL), 0);
        work();
        __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
        for (int i = 0; i < n; i++)
                pthread_join(threads[i], NULL);
        ck_assert_uint_eq(wrong, 0);
}

static void run_walkers(void *(*walker)(void *), void (*work)(void))
{
        run_threads(WALKERS, walker, work);
}

/* /d/x is 1 byte long under the mount; the mount shows /upper, whose x is 2 bytes long. */
static void *look_at_x(void *arg)
{
        uint64_t bad = 0, upper = 0, under = 0;
        struct vfs_path path;
        struct vfs_statx stx;

        for (uint32_t i = 0; !__atomic_load_n(&stop, __ATOMIC_ACQUIRE); i++) {
                int r = vfs_statx(&ctx, NULL, walk_paths[i & 1], 0, VFS_STATX_BASIC_STATS, &stx);

                if (r < 0 || (stx.size != 1 && stx.size != 2))
                        bad++;
                else if (stx.size == 2)
                        upper++;
                else
                        under++;
                if (i % 64 == 0) {
                        /* A reference on what was seen. */
                        r = vfs_lookup(&ctx, NULL, "/d/x", 0, &path);
                        if (r < 0)
                                bad++;
                        else
                                vfs_path_put(&path);
                }
        }
        __atomic_fetch_add(&wrong, bad, __ATOMIC_RELAXED);
        __atomic_fetch_add(&seen_upper, upper, __ATOMIC_RELAXED);
        __atomic_fetch_add(&seen_under, under, __ATOMIC_RELAXED);
        return NULL;
}

static void mount_and_unmount(void)
{
        for (int i = 0; i < 10000; i++) {
                int r;

                ck_assert_int_eq(vfs_mount(&ctx, "/upper", "/d", NULL, VFS_MS_BIND, NULL), 0);
                do
                        r = vfs_umount(&ctx, "/d", umount_flags);
                while (r == -EBUSY);
                ck_assert_int_eq(r, 0);
        }
}

static void make_two_levels(void)
{
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/d", 0755), 0);
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/upper", 0755), 0);
        touch("/d/x", 1);
        touch("/upper/x", 2);
}

START_TEST(test_mount_walk_during_mount_and_umount_sees_one_of_both)
{
        make_two_levels();
        walk_paths[0] = "/d/../d/./x";
        umount_flags = 0;
        run_walkers(look_at_x, mount_and_unmount);
        ck_assert_uint_gt(seen_under + seen_upper, 0);
}
END_TEST

START_TEST(test_mount_walk_during_mount_and_detach_sees_one_of_both)
{
        make_two_levels();
        /* Not by "..": who holds a detached mount is at its root there, in Linux too. */
        umount_flags = VFS_MNT_DETACH;
        run_walkers(look_at_x, mount_and_unmount);
        ck_assert_uint_gt(seen_under + seen_upper, 0);
}
END_TEST

static void mount_elsewhere(void)
{
        char name[32];

        for (int i = 0; i < 1500; i++) {
                snprintf(name, sizeof(name), "/many/%d", i);
                ck_assert_int_eq(vfs_mkdir(&ctx, NULL, name, 0755), 0);
                ck_assert_int_eq(vfs_mount(&ctx, "/upper", name, NULL, VFS_MS_BIND, NULL), 0);
        }
        for (int i = 0; i < 1500; i++) {
                snprintf(name, sizeof(name), "/many/%d", i * 7 % 1500);
                ck_assert_int_eq(vfs_umount(&ctx, name, 0), 0);
        }
}

START_TEST(test_mount_walk_during_table_growth_keeps_its_mount)
{
        make_two_levels();
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/many", 0755), 0);
        ck_assert_int_eq(vfs_mount(&ctx, "/upper", "/d", NULL, VFS_MS_BIND, NULL), 0);
        run_walkers(look_at_x, mount_elsewhere);
        ck_assert_uint_eq(seen_under, 0);
        ck_assert_uint_gt(seen_upper, 0);
}
END_TEST

/*
 * Removal against mounting
 */

static void *mount_on_r(void *arg)
{
        uint64_t bad = 0;

        while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
                int r = vfs_mount(&ctx, "/upper", "/r", NULL, VFS_MS_BIND, NULL);

                if (r == -ENOENT)
                        continue;
                if (r < 0) {
                        bad++;
                        continue;
                }
                /* It is there, since it was mounted: nobody can have removed it. */
                r = vfs_access(&ctx, NULL, "/r/x", VFS_F_OK, 0);
                if (r < 0)
                        bad++;
                r = vfs_umount(&ctx, "/r", VFS_MNT_DETACH);
                if (r < 0)
                        bad++;
        }
        __atomic_fetch_add(&wrong, bad, __ATOMIC_RELAXED);
        return NULL;
}

static void make_and_remove(void)
{
        for (int i = 0; i < 5000; i++) {
                int r = vfs_mkdir(&ctx, NULL, "/r", 0755);

                ck_assert(r == 0 || r == -EEXIST);
                r = vfs_rmdir(&ctx, NULL, "/r");
                ck_assert_msg(r == 0 || r == -EBUSY, "rmdir: %d", r);
        }
}

START_TEST(test_mount_during_rmdir_exactly_one_wins)
{
        struct vfs_stats stats = { .size = sizeof(stats) };

        make_two_levels();
        /* One, so that what it unmounts is what it mounted. */
        run_threads(1, mount_on_r, make_and_remove);
        vfs_get_stats(vfs, &stats);
        ck_assert_uint_eq(stats.mounts, 1);
}
END_TEST

/*
 * Read-only against writing
 */

static void *open_for_write(void *arg)
{
        struct vfs_file *file;
        uint64_t bad = 0;

        for (uint32_t i = 0; !__atomic_load_n(&stop, __ATOMIC_ACQUIRE); i++) {
                int r = vfs_open(&ctx, NULL, "/d/x", VFS_O_WRONLY, 0, &file);
                char text[512] = { 0 };

                if (r == -EROFS)
                        continue;
                if (r < 0) {
                        bad++;
                        continue;
                }
                if (i % 16 == 0)
                        vfs_mountinfo(&ctx, text, sizeof(text) - 1);
                if (strstr(text, " /d ro,") != NULL)
                        bad++;
                vfs_file_put(file);
        }
        __atomic_fetch_add(&wrong, bad, __ATOMIC_RELAXED);
        return NULL;
}

static void remount(void)
{
        for (int i = 0; i < 500; i++) {
                int r;

                do
                        r = vfs_mount(&ctx, NULL, "/d", NULL, VFS_MS_REMOUNT | VFS_MS_BIND | VFS_MS_RDONLY,
                                      NULL);
                while (r == -EBUSY);
                ck_assert_int_eq(r, 0);
                ck_assert_int_eq(vfs_mount(&ctx, NULL, "/d", NULL, VFS_MS_REMOUNT | VFS_MS_BIND, NULL), 0);
        }
}

START_TEST(test_mount_remount_during_open_never_has_a_writer)
{
        make_two_levels();
        ck_assert_int_eq(vfs_mount(&ctx, "/upper", "/d", NULL, VFS_MS_BIND, NULL), 0);
        run_walkers(open_for_write, remount);
}
END_TEST

/*
 * Names against renames
 */

#define LONG_NAME "a-name-that-does-not-fit-into-the-dentry-itself"

static struct vfs_path leaf;

static void *name_leaf(void *arg)
{
        char name[VFS_PATH_MAX];
        uint64_t bad = 0;

        while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
                if (vfs_path_name(&ctx, &leaf, name, sizeof(name)) < 0 ||
                    (strcmp(name, "/p/short/d/leaf") != 0 && strcmp(name, "/p/q/" LONG_NAME "/d/leaf") != 0))
                        bad++;
        }
        __atomic_fetch_add(&wrong, bad, __ATOMIC_RELAXED);
        return NULL;
}

static void rename_above_leaf(void)
{
        for (int i = 0; i < 10000; i++) {
                ck_assert_int_eq(vfs_rename(&ctx, NULL, "/p/short", NULL, "/p/q/" LONG_NAME, 0), 0);
                ck_assert_int_eq(vfs_rename(&ctx, NULL, "/p/q/" LONG_NAME, NULL, "/p/short", 0), 0);
        }
}

START_TEST(test_mount_name_during_renames_is_one_of_both)
{
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/p", 0755), 0);
        ck_assert_int_eq(vfs_mount(&ctx, "x", "/p", "tmpfs", 0, NULL), 0);
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/p/q", 0755), 0);
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/p/short", 0755), 0);
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/p/short/d", 0755), 0);
        touch("/p/short/d/leaf", 0);
        ck_assert_int_eq(vfs_lookup(&ctx, NULL, "/p/short/d/leaf", 0, &leaf), 0);
        run_walkers(name_leaf, rename_above_leaf);
        vfs_path_put(&leaf);
}
END_TEST

static double seconds(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/*
 * A filesystem that goes with its only mount
 */

static void *look_at_d(void *arg)
{
        struct vfs_path path;

        for (uint32_t i = 0; !__atomic_load_n(&stop, __ATOMIC_ACQUIRE); i++) {
                if (vfs_lookup(&ctx, NULL, i % 2 == 0 ? "/p/d" : "/link", 0, &path) == 0)
                        vfs_path_put(&path);
        }
        return NULL;
}

static void mount_and_unmount_filesystems(void)
{
        /* The end of a filesystem waits for every walker that the processor left in the middle of a walk. */
        const double start = seconds();

        for (int i = 0; i < 1500 && seconds() - start < 2; i++) {
                ck_assert_int_eq(vfs_mount(&ctx, "x", "/p", "tmpfs", 0, NULL), 0);
                ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/p/d", 0755), 0);
                ck_assert_int_eq(vfs_symlink(&ctx, "/q", NULL, "/p/out"), 0);
                ck_assert_int_eq(vfs_umount(&ctx, "/p", VFS_MNT_DETACH), 0);
        }
}

START_TEST(test_mount_walk_during_end_of_filesystem_holds_it_or_nothing)
{
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/p", 0755), 0);
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/q", 0755), 0);
        ck_assert_int_eq(vfs_symlink(&ctx, "/p/out", NULL, "/link"), 0);
        run_walkers(look_at_d, mount_and_unmount_filesystems);
}
END_TEST

/*
 * A tree of mounts comes and goes as a whole
 */

static void *look_for_hidden(void *arg)
{
        struct vfs_ctx inside = ctx;
        struct vfs_path path;
        struct vfs_statx stx;
        uint64_t bad = 0;

        while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
                for (int i = 0; i < 64; i++)
                        bad += vfs_statx(&ctx, NULL, "/a/d/hidden", 0, VFS_STATX_BASIC_STATS, &stx) == 0;
                if (vfs_lookup(&ctx, NULL, "/a", 0, &path) < 0)
                        continue;
                inside.cwd = path;
                for (int i = 0; i < 256; i++) {
                        bad += vfs_statx(&inside, NULL, "d/hidden", 0, VFS_STATX_BASIC_STATS, &stx) == 0;
                        bad += vfs_access(&inside, NULL, "d/../d/hidden", VFS_R_OK, 0) == 0;
                }
                vfs_path_put(&path);
        }
        __atomic_fetch_add(&wrong, bad, __ATOMIC_RELAXED);
        return NULL;
}

static void bind_and_detach_trees(void)
{
        const double start = seconds();

        while (seconds() - start < 1) {
                ck_assert_int_eq(vfs_mount(&ctx, "/b", "/a", NULL, VFS_MS_BIND | VFS_MS_REC, NULL), 0);
                ck_assert_int_eq(vfs_umount(&ctx, "/a", VFS_MNT_DETACH), 0);
        }
}

START_TEST(test_mount_walk_during_bind_and_detach_of_a_tree_sees_nothing_that_is_covered)
{
        static const char *const dirs[] = { "/a", "/b", "/cover", "/covered" };

        for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
                ck_assert_int_eq(vfs_mkdir(&ctx, NULL, dirs[i], 0755), 0);
        touch("/covered/hidden", 0);
        ck_assert_int_eq(vfs_mount(&ctx, "x", "/b", "tmpfs", 0, NULL), 0);
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/b/d", 0755), 0);
        for (int i = 0; i < 30; i++)
                ck_assert_int_eq(vfs_mount(&ctx, "/covered", "/b/d", NULL, VFS_MS_BIND, NULL), 0);
        ck_assert_int_eq(vfs_mount(&ctx, "/cover", "/b/d", NULL, VFS_MS_BIND, NULL), 0);
        run_walkers(look_for_hidden, bind_and_detach_trees);
}
END_TEST

/*
 * Many
 */

START_TEST(test_mount_many_take_no_longer_than_few)
{
        double start, first = 0, last = 0;
        char name[32];

        make_two_levels();
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/many", 0755), 0);
        for (int i = 0; i < 10000; i++) {
                snprintf(name, sizeof(name), "/many/%d", i);
                ck_assert_int_eq(vfs_mkdir(&ctx, NULL, name, 0755), 0);
        }
        for (int block = 0; block < 10; block++) {
                start = seconds();
                for (int i = block * 1000; i < (block + 1) * 1000; i++) {
                        snprintf(name, sizeof(name), "/many/%d", i);
                        ck_assert_int_eq(vfs_mount(&ctx, "/upper", name, NULL, VFS_MS_BIND, NULL), 0);
                }
                last = seconds() - start;
                if (block == 0)
                        first = last;
        }
        /* Caches and noise make it slower; a scan of what is mounted would make it much slower. */
        ck_assert_msg(last < first * 20 + 0.05, "first thousand %f s, last %f s", first, last);
        start = seconds();
        for (int i = 0; i < 10000; i++) {
                snprintf(name, sizeof(name), "/many/%d", i);
                ck_assert_int_eq(vfs_umount(&ctx, name, 0), 0);
        }
        ck_assert(seconds() - start < first * 200 + 0.5);
}
END_TEST

TEST_MAIN_FIXTURE("mount walks", setup, teardown, test_mount_walk_during_mount_and_umount_sees_one_of_both,
                  test_mount_walk_during_mount_and_detach_sees_one_of_both,
                  test_mount_walk_during_table_growth_keeps_its_mount,
                  test_mount_during_rmdir_exactly_one_wins, test_mount_remount_during_open_never_has_a_writer,
                  test_mount_name_during_renames_is_one_of_both,
                  test_mount_walk_during_end_of_filesystem_holds_it_or_nothing,
                  test_mount_walk_during_bind_and_detach_of_a_tree_sees_nothing_that_is_covered,
                  test_mount_many_take_no_longer_than_few)
