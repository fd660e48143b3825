/*
 * Readers in sections never see freed memory, while writers replace and defer what they read; threads that come and go;
 * references that lock-free readers take of dentries that die; attributes that are never torn.
 */
#include <errno.h>
#include <pthread.h>

#include "tests/unit/test_main.h"
#include "tests/unit/bare_vfs.h"

enum { WRITERS = 2, READERS = 2, SLOTS = 8, ROUNDS = VFS_TSAN ? 20000 : 100000 };

#define ALIVE UINT64_C(0x600d600d600d600d)
#define LONG_NAME "a name that is longer than thirty-two bytes"

struct object {
        uint64_t state;
        struct vfs_deferred deferred;
};

static struct bare_vfs bare;
static struct vfs_filesystem *fs;
static struct object *slots[SLOTS];
static struct vfs_dentry *dentries[SLOTS];
static struct vfs_mutex slot_lock;
static int stop;
static uint64_t seen, wrong; /* threads count what they find; Check's own assertions are for the main thread */

static void setup(void)
{
        bare_init(&bare);
        ck_assert_int_eq(bare_fs_new(&bare, &fs), 0);
}

static void teardown(void)
{
        vfs_filesystem_put(fs);
        bare_fini(&bare);
}

static void free_object(struct vfs_deferred *d, void *arena)
{
        struct object *object = vfs_container_of(d, struct object, deferred);

        /* A reader that still had it would see this (and a sanitizer the free itself). */
        object->state = 0;
        vfs_arena_free(arena, object, sizeof(*object));
}

static struct object *new_object(void)
{
        struct object *object = vfs_arena_alloc(fs->arena, sizeof(*object));

        if (object == NULL)
                abort();
        *object = (struct object){ .state = ALIVE, .deferred = { .free = free_object } };
        return object;
}

static void *replace_objects(void *arg)
{
        struct object *old, *fresh;

        for (uint32_t i = 0; i < ROUNDS; i++) {
                fresh = new_object();
                vfs_mutex_lock(&slot_lock, VFS_LOCK_INODE);
                old = slots[i % SLOTS];
                vfs_store(&slots[i % SLOTS], fresh);
                vfs_mutex_unlock(&slot_lock, VFS_LOCK_INODE);
                vfs_arena_defer(fs->arena, &old->deferred);
        }
        return NULL;
}

static void *read_objects(void *arg)
{
        struct vfs_thread *t = vfs_thread_get();
        uint64_t n = 0, bad = 0;

        do {
                vfs_epoch_enter(t);
                for (int i = 0; i < SLOTS; i++)
                        bad += vfs_load(&slots[i])->state != ALIVE;
                vfs_epoch_exit(t);
                n++;
        } while (!vfs_load(&stop));
        vfs_fetch_add_u64(&seen, n);
        vfs_fetch_add_u64(&wrong, bad);
        return NULL;
}

static void race(void *(*writer)(void *), void *(*reader)(void *))
{
        pthread_t writers[WRITERS], readers[READERS];

        for (int i = 0; i < READERS; i++)
                ck_assert_int_eq(pthread_create(&readers[i], NULL, reader, NULL), 0);
        for (int i = 0; i < WRITERS; i++)
                ck_assert_int_eq(pthread_create(&writers[i], NULL, writer, NULL), 0);
        for (int i = 0; i < WRITERS; i++)
                pthread_join(writers[i], NULL);
        vfs_store(&stop, 1);
        for (int i = 0; i < READERS; i++)
                pthread_join(readers[i], NULL);
        ck_assert_uint_gt(seen, 0);
        ck_assert_uint_eq(wrong, 0);
}

START_TEST(test_reclaim_readers_never_see_freed_memory)
{
        for (int i = 0; i < SLOTS; i++)
                slots[i] = new_object();
        race(replace_objects, read_objects);
        vfs_epoch_synchronize(vfs_thread_get());
        vfs_limbo_drain(&fs->arena->limbo, fs->arena);
        for (int i = 0; i < SLOTS; i++)
                vfs_arena_free(fs->arena, slots[i], sizeof(*slots[i]));
        ck_assert_uint_eq(vfs_arena_bytes(fs->arena), 0);
}
END_TEST

/* The same with dentries: readers take a reference where they can, and hold it beyond the section. */
static void *replace_dentries(void *arg)
{
        struct vfs_dentry *old, *fresh;

        for (uint32_t i = 0; i < ROUNDS / 4; i++) {
                if (bare_node_new(fs, LONG_NAME, VFS_S_IFREG, &fresh) < 0)
                        abort();
                vfs_mutex_lock(&slot_lock, VFS_LOCK_INODE);
                old = dentries[i % SLOTS];
                vfs_store(&dentries[i % SLOTS], fresh);
                vfs_mutex_unlock(&slot_lock, VFS_LOCK_INODE);
                vfs_dentry_put(old);
        }
        return NULL;
}

static void *hold_dentries(void *arg)
{
        struct vfs_thread *t = vfs_thread_get();
        struct vfs_dentry *d;
        const char *name;
        uint64_t n = 0, bad = 0;
        size_t len;
        int r;

        for (uint32_t i = 0; !vfs_load(&stop); i++) {
                vfs_epoch_enter(t);
                d = vfs_load(&dentries[i % SLOTS]);
                r = vfs_dentry_tryget(d);
                vfs_epoch_exit(t);
                if (!r)
                        continue;
                name = vfs_dentry_name(d, &len);
                bad += len != sizeof(LONG_NAME) - 1 || memcmp(name, LONG_NAME, len) != 0;
                vfs_dentry_put(d);
                n++;
        }
        vfs_fetch_add_u64(&wrong, bad);
        vfs_fetch_add_u64(&seen, n);
        return NULL;
}

START_TEST(test_dentry_tryget_races_the_last_put)
{
        for (int i = 0; i < SLOTS; i++)
                ck_assert_int_eq(bare_node_new(fs, LONG_NAME, VFS_S_IFREG, &dentries[i]), 0);
        race(replace_dentries, hold_dentries);
        for (int i = 0; i < SLOTS; i++)
                vfs_dentry_put(dentries[i]);
        vfs_epoch_synchronize(vfs_thread_get());
        vfs_limbo_drain(&fs->arena->limbo, fs->arena);
        ck_assert_uint_eq(vfs_arena_bytes(fs->arena), 0);
}
END_TEST

static struct vfs_inode inode;

static void *change_inode(void *arg)
{
        for (uint64_t i = 1; i <= ROUNDS; i++) {
                vfs_mutex_lock(&inode.lock, VFS_LOCK_INODE);
                vfs_inode_write_begin(&inode);
                vfs_store_relaxed(&inode.attr.ino, inode.attr.ino + 1);
                vfs_store_relaxed(&inode.attr.size, inode.attr.ino);
                vfs_store_relaxed(&inode.attr.mtime.sec, (int64_t)inode.attr.ino);
                vfs_inode_write_end(&inode);
                vfs_mutex_unlock(&inode.lock, VFS_LOCK_INODE);
        }
        return NULL;
}

static void *read_inode(void *arg)
{
        struct vfs_attr attr;
        uint64_t last = 0, n = 0, bad = 0;

        do {
                vfs_inode_read_attr(&inode, &attr);
                bad += attr.size != attr.ino || attr.mtime.sec != (int64_t)attr.ino || attr.ino < last;
                last = attr.ino;
                n++;
        } while (!vfs_load(&stop));
        vfs_fetch_add_u64(&wrong, bad);
        vfs_fetch_add_u64(&seen, n);
        return NULL;
}

START_TEST(test_inode_attributes_are_never_torn)
{
        race(change_inode, read_inode);
        ck_assert_uint_eq(inode.attr.ino, (uint64_t)WRITERS * ROUNDS);
}
END_TEST

static void *defer_once(void *arg)
{
        struct vfs_thread *t = vfs_thread_get();

        vfs_epoch_enter(t);
        vfs_epoch_exit(t);
        vfs_arena_defer(fs->arena, &new_object()->deferred);
        return NULL;
}

START_TEST(test_reclaim_threads_leave_nothing_behind)
{
        pthread_t threads[4];

        for (int round = 0; round < 250; round++) {
                for (int i = 0; i < 4; i++)
                        ck_assert_int_eq(pthread_create(&threads[i], NULL, defer_once, NULL), 0);
                for (int i = 0; i < 4; i++)
                        pthread_join(threads[i], NULL);
        }
        ck_assert_uint_le(vfs_arena_bytes(fs->arena), 3 * 64 * 128);
        ck_assert_uint_gt(vfs_limbo_collect(&fs->arena->limbo, fs->arena, 0), 0);
        ck_assert_uint_eq(vfs_arena_bytes(fs->arena), 0);
}
END_TEST

TEST_MAIN_FIXTURE("reclaim_threads", setup, teardown, test_reclaim_readers_never_see_freed_memory,
                  test_dentry_tryget_races_the_last_put, test_inode_attributes_are_never_torn,
                  test_reclaim_threads_leave_nothing_behind)
