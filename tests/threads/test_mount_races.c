/*
 * Races of the mount table and of mounts: lookups against insertion, removal and growth; taking references against
 * eager unmounting; writers against remounting read-only.
 */
#include <pthread.h>

#include "tests/unit/bare_mount.h"
#include "tests/unit/test_main.h"

#define STABLE  600
#define CHURN   1200
#define READERS 2

static struct bare_world world;
static uint32_t stop;
static uint64_t failures, lookups;

/*
 * The table alone
 */

static struct vfs_mount parents[8], stable[STABLE], churn[CHURN];
static struct vfs_dentry stable_points[STABLE], churn_points[CHURN], leaf;

static void *lookup_thread(void *arg)
{
        const struct vfs_mount_table *table = world.bare.vfs.mount_table;
        struct vfs_thread *thread = vfs_thread_get();
        uint64_t n = 0, bad = 0;

        for (uint32_t i = (uint32_t)(uintptr_t)arg; !vfs_load(&stop); i += 7) {
                uint32_t s = i % STABLE, c = i % CHURN;
                struct vfs_mount *m;

                vfs_epoch_enter(thread);
                if (vfs_mount_table_lookup(table, &parents[s % 8], &stable_points[s]) != &stable[s])
                        bad++;
                m = vfs_mount_table_lookup(table, &parents[c % 8], &churn_points[c]);
                if (m != NULL && m != &churn[c])
                        bad++;
                if (vfs_mount_table_lookup(table, &parents[(s + 1) % 8], &stable_points[s]) != NULL)
                        bad++;
                vfs_epoch_exit(thread);
                n += 3;
        }
        vfs_fetch_add_u64(&failures, bad);
        vfs_fetch_add_u64(&lookups, n);
        return NULL;
}

static void table_insert(struct vfs *vfs, struct vfs_mount *m, struct vfs_mount *parent,
                         struct vfs_dentry *point)
{
        struct vfs_mount_table *table = vfs->mount_table;

        vfs_mounts_lock(vfs);
        ck_assert_int_eq(vfs_mount_table_reserve(table, vfs, 1), 0);
        vfs_seq_write_begin(&table->seq);
        vfs_store_relaxed(&m->parent, parent);
        vfs_store_relaxed(&m->point, point);
        vfs_mount_table_insert_seq(table, m);
        vfs_seq_write_end(&table->seq);
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
}

static void table_remove(struct vfs *vfs, struct vfs_mount *m)
{
        struct vfs_mount_table *table = vfs->mount_table;

        vfs_mounts_lock(vfs);
        vfs_seq_write_begin(&table->seq);
        vfs_mount_table_remove_seq(table, m);
        vfs_store_relaxed(&m->parent, NULL);
        vfs_store_relaxed(&m->point, NULL);
        vfs_seq_write_end(&table->seq);
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
}

START_TEST(test_mount_table_lookup_during_changes_misses_nothing)
{
        struct vfs *vfs = &world.bare.vfs;
        pthread_t threads[READERS];

        for (int round = 0; round < 6; round++) {
                bare_init(&world.bare);
                for (int i = 0; i < 4; i++)
                        vfs->hash_key[i] = (uint64_t)(round * 4 + i + 1) * UINT64_C(0xd1342543de82ef95);
                ck_assert_int_eq(vfs_mounts_init(vfs), 0);
                for (uint32_t i = 0; i < 8; i++) {
                        parents[i].hash = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
                        parents[i].vfs = vfs;
                }
                for (uint32_t i = 0; i < STABLE; i++)
                        stable[i].root = &leaf;
                for (uint32_t i = 0; i < CHURN; i++)
                        churn[i].root = &leaf;
                /* A small table that grows under the readers. */
                for (uint32_t i = 0; i < STABLE; i++)
                        table_insert(vfs, &stable[i], &parents[i % 8], &stable_points[i]);
                stop = 0;
                for (uintptr_t t = 0; t < READERS; t++)
                        ck_assert_int_eq(pthread_create(&threads[t], NULL, lookup_thread, (void *)t), 0);
                for (int pass = 0; pass < 60; pass++) {
                        for (uint32_t i = 0; i < CHURN; i++)
                                table_insert(vfs, &churn[i], &parents[i % 8], &churn_points[i]);
                        for (uint32_t i = 0; i < CHURN; i++)
                                table_remove(vfs, &churn[(i * 7) % CHURN]);
                }
                vfs_store(&stop, 1);
                for (int t = 0; t < READERS; t++)
                        pthread_join(threads[t], NULL);
                for (uint32_t i = 0; i < STABLE; i++)
                        table_remove(vfs, &stable[i]);
                vfs_mounts_fini(vfs);
                bare_fini(&world.bare);
        }
        ck_assert_uint_eq(failures, 0);
        ck_assert_uint_gt(lookups, 0);
}
END_TEST

/*
 * Mounts
 */

static struct vfs_dentry *point;
static uint64_t taken;

static void *tryget_thread(void *arg)
{
        struct vfs_thread *thread = vfs_thread_get();
        uint64_t n = 0, bad = 0;

        while (!vfs_load(&stop)) {
                struct vfs_mount *m;

                vfs_epoch_enter(thread);
                m = vfs_mount_lookup_rcu(&world.bare.vfs, world.root.mount, point);
                if (m != NULL && !vfs_mount_tryget(m))
                        m = NULL;
                vfs_epoch_exit(thread);
                if (m == NULL)
                        continue;
                n++;
                /* A mount that gave a reference cannot be eagerly unmounted while that is held. */
                if (vfs_load_relaxed(&m->refs) & VFS_MOUNT_UMOUNTED)
                        bad++;
                vfs_mount_put(m);
        }
        vfs_fetch_add_u64(&taken, n);
        vfs_fetch_add_u64(&failures, bad);
        return NULL;
}

START_TEST(test_mount_tryget_during_umount_never_revives)
{
        pthread_t threads[READERS];
        struct vfs_path target;
        uint32_t done = 0, busy = 0;

        bare_world_init(&world);
        point = bare_child(world.root.dentry, "point", VFS_S_IFDIR | 0755);
        target.mount = world.root.mount;
        target.dentry = point;
        stop = 0;
        for (int t = 0; t < READERS; t++)
                ck_assert_int_eq(pthread_create(&threads[t], NULL, tryget_thread, NULL), 0);
        for (int i = 0; i < 2000; i++) {
                int r;

                /* A bind: freeing a filesystem would wait for the readers each time. */
                ck_assert_int_eq(vfs_mount_bind_at(&world.ctx, &world.root, &target, 0), 0);
                while ((r = vfs_mount_umount_at(&world.ctx, &target, 0)) == -EBUSY)
                        busy++;
                ck_assert_int_eq(r, 0);
                done++;
        }
        vfs_store(&stop, 1);
        for (int t = 0; t < READERS; t++)
                pthread_join(threads[t], NULL);
        ck_assert_uint_eq(done, 2000);
        ck_assert_uint_eq(failures, 0);
        ck_assert_uint_eq(world.bare.vfs.nmounts, 1);
        vfs_dentry_put(point);
        bare_world_fini(&world);
}
END_TEST

static struct vfs_mount *written;

static void *writer_thread(void *arg)
{
        uint64_t n = 0, bad = 0;

        while (!vfs_load(&stop)) {
                if (vfs_mount_begin_write(written) < 0)
                        continue;
                if (vfs_mount_is_rdonly(written))
                        bad++;
                n++;
                vfs_mount_end_write(written);
        }
        vfs_fetch_add_u64(&taken, n);
        vfs_fetch_add_u64(&failures, bad);
        return NULL;
}

static void writers_against_remount(uint64_t flags)
{
        pthread_t threads[READERS];
        bare_world_init(&world);
        written = world.root.mount;
        stop = 0;
        for (int t = 0; t < READERS; t++)
                ck_assert_int_eq(pthread_create(&threads[t], NULL, writer_thread, NULL), 0);
        for (int i = 0; i < 1000; i++) {
                int r;

                do
                        r = vfs_mount_remount_at(&world.ctx, &world.root, flags | VFS_MS_RDONLY, NULL);
                while (r == -EBUSY);
                ck_assert_int_eq(r, 0);
                ck_assert(vfs_mount_is_rdonly(written));
                ck_assert_int_eq(vfs_mount_remount_at(&world.ctx, &world.root, flags, NULL), 0);
        }
        vfs_store(&stop, 1);
        for (int t = 0; t < READERS; t++)
                pthread_join(threads[t], NULL);
        ck_assert_uint_eq(failures, 0);
        ck_assert_uint_eq(written->writers, 0);
        bare_world_fini(&world);
}

START_TEST(test_mount_writers_during_remount_never_on_rdonly_mount)
{
        writers_against_remount(VFS_MS_REMOUNT | VFS_MS_BIND);
}
END_TEST

START_TEST(test_mount_writers_during_remount_never_on_rdonly_filesystem)
{
        writers_against_remount(VFS_MS_REMOUNT);
}
END_TEST

TEST_MAIN("mount races", test_mount_table_lookup_during_changes_misses_nothing,
          test_mount_tryget_during_umount_never_revives,
          test_mount_writers_during_remount_never_on_rdonly_mount,
          test_mount_writers_during_remount_never_on_rdonly_filesystem)
