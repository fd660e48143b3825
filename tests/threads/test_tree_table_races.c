/*
 * Lock-free searches of a directory racing every kind of change to it. Some names
 * are always taken, by one child or another; a search for them must never find
 * nothing. That is where lock-free tables go wrong: a false ENOENT.
 */
#include "tests/unit/test_main.h"

#include <pthread.h>
#include <stdio.h>

#include "tests/unit/bare_vfs.h"
#include "vfs/path/tree_table.h"

static struct bare_vfs bare;
static struct vfs_filesystem *fs;
static struct vfs_dentry *dir, *other;
static uint32_t stop, misses, found, raced;
static const char *const stable[] = { "stable", "also-stable-with-a-name-longer-than-thirty-two-bytes",
                                      "replaced", "sixteen-bytes-on" };

static struct vfs_dentry *node(const char *name)
{
        struct vfs_dentry *d;

        ck_assert_int_eq(bare_node_new(fs, name, VFS_S_IFREG | 0644, &d), 0);
        return d;
}

static struct vfs_dentry *add(struct vfs_dentry *to, const char *name)
{
        struct vfs_dentry *d = node(name);

        vfs_mutex_lock(&to->inode->lock, VFS_LOCK_DIR);
        ck_assert_int_eq(vfs_tree_reserve(to, fs->arena), 0);
        vfs_tree_attach(to, d);
        vfs_mutex_unlock(&to->inode->lock, VFS_LOCK_DIR);
        return d;
}

static void del(struct vfs_dentry *d)
{
        struct vfs_dentry *from = d->parent;

        vfs_mutex_lock(&from->inode->lock, VFS_LOCK_DIR);
        vfs_tree_detach(d);
        vfs_mutex_lock(&d->lock, VFS_LOCK_DENTRY);
        vfs_dentry_set_flags_locked(d, VFS_D_DEAD, 0);
        vfs_mutex_unlock(&d->lock, VFS_LOCK_DENTRY);
        vfs_mutex_unlock(&from->inode->lock, VFS_LOCK_DIR);
        vfs_dentry_put(d);
}

static void setup(void)
{
        bare_init(&bare);
        for (int i = 0; i < 4; i++)
                bare.vfs.hash_key[i] = 0x9e3779b97f4a7c15u * (unsigned int)(i + 1) | 1;
        ck_assert_int_eq(bare_fs_new(&bare, &fs), 0);
        ck_assert_int_eq(bare_node_new(fs, "", VFS_S_IFDIR | 0755, &dir), 0);
        ck_assert_int_eq(bare_node_new(fs, "", VFS_S_IFDIR | 0755, &other), 0);
        for (size_t i = 0; i < sizeof(stable) / sizeof(stable[0]); i++)
                add(dir, stable[i]);
        stop = 0;
}

static void teardown(void)
{
        struct vfs_dentry *const both[] = { dir, other };

        for (int i = 0; i < 2; i++) {
                struct vfs_dentry *d;
                uint64_t pos = 0;

                while ((d = vfs_tree_next(both[i], &pos)) != NULL)
                        del(d);
                vfs_tree_dir_free(both[i], fs->arena);
                vfs_dentry_put(both[i]);
        }
        vfs_filesystem_put(fs);
        bare_fini(&bare);
}

static void *reader(void *arg)
{
        struct vfs_thread *t = vfs_thread_get();

        while (!vfs_load_relaxed(&stop)) {
                for (size_t i = 0; i < sizeof(stable) / sizeof(stable[0]); i++) {
                        size_t len = strlen(stable[i]);
                        vfs_name_head head = vfs_name_head_any(stable[i], len);
                        struct vfs_found f;

                        vfs_epoch_enter(t);
                        f = vfs_tree_lookup_rcu(dir, stable[i], len,
                                                vfs_name_hash(stable[i], len, head, bare.vfs.hash_key));
                        vfs_fetch_add_u32(f.d == NULL ? &misses : f.d == VFS_FOUND_RACED ? &raced : &found, 1);
                        vfs_epoch_exit(t);
                }
        }
        return arg;
}

static struct vfs_dentry *child(struct vfs_dentry *of, const char *name)
{
        return vfs_tree_child(of, name, strlen(name));
}

/* Swaps two names, both stable or one in the other directory. */
static void swap(struct vfs_dentry *a, struct vfs_dentry *b)
{
        vfs_mutex_lock(&dir->inode->lock, VFS_LOCK_DIR);
        vfs_mutex_lock(&other->inode->lock, VFS_LOCK_DIR);
        vfs_mutex_lock(&a->lock, VFS_LOCK_DENTRY);
        vfs_mutex_lock(&b->lock, VFS_LOCK_DENTRY);
        ck_assert_int_eq(vfs_tree_reserve(a->parent, fs->arena), 0);
        ck_assert_int_eq(vfs_tree_reserve(b->parent, fs->arena), 0);
        vfs_tree_exchange(a, b);
        vfs_mutex_unlock(&b->lock, VFS_LOCK_DENTRY);
        vfs_mutex_unlock(&a->lock, VFS_LOCK_DENTRY);
        vfs_mutex_unlock(&other->inode->lock, VFS_LOCK_DIR);
        vfs_mutex_unlock(&dir->inode->lock, VFS_LOCK_DIR);
}

/* A new file takes the name of a stable one, from either directory. */
static void replace(struct vfs_dentry *from, const char *name)
{
        struct vfs_dentry *d = add(from, "newcomer"), *to;
        void *long_name;

        vfs_mutex_lock(&dir->inode->lock, VFS_LOCK_DIR);
        vfs_mutex_lock(&other->inode->lock, VFS_LOCK_DIR);
        ck_assert_int_eq(vfs_tree_reserve(dir, fs->arena), 0);
        to = child(dir, name);
        vfs_mutex_lock(&d->lock, VFS_LOCK_DENTRY);
        vfs_mutex_lock(&to->lock, VFS_LOCK_DENTRY);
        ck_assert_int_eq(vfs_tree_alloc_name(fs->arena, name, strlen(name), &long_name), 0);
        vfs_tree_rename(d, dir, name, strlen(name), long_name, to);
        vfs_dentry_set_flags_locked(to, VFS_D_DEAD, 0);
        vfs_mutex_unlock(&to->lock, VFS_LOCK_DENTRY);
        vfs_mutex_unlock(&d->lock, VFS_LOCK_DENTRY);
        vfs_mutex_unlock(&other->inode->lock, VFS_LOCK_DIR);
        vfs_mutex_unlock(&dir->inode->lock, VFS_LOCK_DIR);
        vfs_dentry_put(to);
}

START_TEST(test_tree_table_lookup_during_changes_never_misses_a_taken_name)
{
        static struct vfs_dentry *crowd[3000];
        pthread_t threads[2];
        char name[64];

        for (int i = 0; i < 2; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, reader, NULL), 0);
        for (int round = 0; round < 20; round++) {
                for (int i = 0; i < 3000; i++) {
                        snprintf(name, sizeof(name), "crowd-%d%s", i, i % 3 == 0 ? "-with-a-very-long-name-indeed" : "");
                        crowd[i] = add(dir, name);
                        if (i % 4 == 0)
                                swap(child(dir, stable[0]), child(dir, stable[1]));
                        if (i % 4 == 1)
                                replace(i % 8 == 1 ? dir : other, stable[2]);
                        if (i % 4 == 2) {
                                struct vfs_dentry *d = add(other, "partner");

                                swap(child(dir, stable[3]), d);
                                del(child(other, "partner"));
                        }
                }
                for (int i = 0; i < 3000; i++)
                        del(crowd[(i * 7) % 3000]);
        }
        vfs_store(&stop, 1);
        for (int i = 0; i < 2; i++)
                pthread_join(threads[i], NULL);
        ck_assert_uint_eq(misses, 0);
        ck_assert_uint_gt(found, 1000);
}
END_TEST

TEST_MAIN_FIXTURE("tree_table_threads", setup, teardown,
                  test_tree_table_lookup_during_changes_never_misses_a_taken_name)
