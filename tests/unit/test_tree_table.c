/*
 * A directory's table of children against a plain list: random attaching,
 * detaching, renaming and exchanging in three directories, with names short and
 * long, and after every change each name that the list has is found, each other
 * is not, and the order is the list's.
 */
#include "tests/unit/test_main.h"

#include <stdio.h>

#include "tests/unit/bare_vfs.h"
#include "vfs/path/tree_table.h"

#define DIRS 3
#define NAMES 40

static struct bare_vfs bare;
static struct vfs_filesystem *fs;
static struct vfs_dentry *dirs[DIRS];
static char names[NAMES][VFS_NAME_MAX + 1];

/* The plain list: what is where, and in which order it came. */
static struct vfs_dentry *model[DIRS][NAMES];
static uint64_t model_order[DIRS][NAMES], model_clock;

static void setup(void)
{
        bare_init(&bare);
        for (int i = 0; i < 4; i++)
                bare.vfs.hash_key[i] = 0x9e3779b97f4a7c15u * (unsigned int)(i + 1) | 1;
        ck_assert_int_eq(bare_fs_new(&bare, &fs), 0);
        for (int i = 0; i < DIRS; i++)
                ck_assert_int_eq(bare_node_new(fs, "", VFS_S_IFDIR | 0755, &dirs[i]), 0);
        for (int i = 0; i < NAMES; i++) {
                static const size_t lengths[] = { 1, 5, 15, 16, 17, 24, 31, 32, 33, 34, 100, 255 };
                size_t len = lengths[(size_t)i % (sizeof(lengths) / sizeof(lengths[0]))];

                memset(names[i], 'n', len);
                names[i][len - 1] = (char)('A' + i);
        }
}

static void teardown(void)
{
        for (int i = 0; i < DIRS; i++) {
                for (int k = 0; k < NAMES; k++) {
                        struct vfs_dentry *d = model[i][k];

                        if (d != NULL) {
                                vfs_tree_detach(d);
                                vfs_dentry_put(d);
                        }
                }
                vfs_tree_dir_free(dirs[i], fs->arena);
                vfs_dentry_put(dirs[i]);
        }
        vfs_filesystem_put(fs);
        bare_fini(&bare);
}

static struct vfs_dentry *lookup(struct vfs_dentry *dir, const char *name)
{
        size_t len = strlen(name);
        vfs_name_head head = vfs_name_head_any(name, len);
        struct vfs_thread *t = vfs_thread_get();
        struct vfs_found found;

        vfs_epoch_enter(t);
        found = vfs_tree_lookup_rcu(dir, name, len, vfs_name_hash(name, len, head, bare.vfs.hash_key));
        vfs_epoch_exit(t);
        ck_assert_ptr_ne(found.d, VFS_FOUND_RACED);
        return found.d;
}

static void check_all(void)
{
        for (int i = 0; i < DIRS; i++) {
                uint32_t n = 0;
                uint64_t pos = 0, last = 0;
                struct vfs_dentry *d;

                for (int k = 0; k < NAMES; k++) {
                        n += model[i][k] != NULL;
                        if (lookup(dirs[i], names[k]) != model[i][k] ||
                            vfs_tree_child(dirs[i], names[k], strlen(names[k])) != model[i][k])
                                ck_abort_msg("directory %d, name %d", i, k);
                }
                ck_assert_uint_eq(vfs_tree_count(dirs[i]), n);
                while ((d = vfs_tree_next(dirs[i], &pos)) != NULL) {
                        int k = 0;

                        while (k < NAMES && model[i][k] != d)
                                k++;
                        ck_assert_int_lt(k, NAMES);
                        ck_assert_uint_gt(model_order[i][k], last);
                        last = model_order[i][k];
                        n--;
                }
                ck_assert_uint_eq(n, 0);
        }
}

static void rename_one(int i, int k, int j, int l)
{
        struct vfs_dentry *d = model[i][k], *to = model[j][l];
        void *long_name;
        size_t len = strlen(names[l]);

        if (to == d)
                return;
        ck_assert_int_eq(vfs_tree_reserve(dirs[j], fs->arena), 0);
        ck_assert_int_eq(vfs_tree_alloc_name(fs->arena, names[l], len, &long_name), 0);
        vfs_tree_rename(d, dirs[j], names[l], len, long_name, to);
        if (to != NULL)
                vfs_dentry_put(to);
        model[i][k] = NULL;
        model[j][l] = d;
        model_order[j][l] = ++model_clock;
}

static void exchange(int i, int k, int j, int l)
{
        struct vfs_dentry *d = model[i][k];

        if (d == model[j][l])
                return;
        ck_assert_int_eq(vfs_tree_reserve(dirs[i], fs->arena), 0);
        ck_assert_int_eq(vfs_tree_reserve(dirs[j], fs->arena), 0);
        vfs_tree_exchange(d, model[j][l]);
        /* Each takes the other's name, and is new there. */
        model[i][k] = model[j][l];
        model[j][l] = d;
        model_order[j][l] = ++model_clock;
        model_order[i][k] = ++model_clock;
}

START_TEST(test_tree_table_random_changes_agree_with_a_list)
{
        srand(3);
        for (int n = 0; n < 6000; n++) {
                int i = rand() % DIRS, k = rand() % NAMES, j = rand() % DIRS, l = rand() % NAMES;
                struct vfs_dentry *d = model[i][k];

                if (d == NULL) {
                        ck_assert_int_eq(vfs_tree_reserve(dirs[i], fs->arena), 0);
                        ck_assert_int_eq(bare_node_new(fs, names[k], VFS_S_IFREG | 0644, &d), 0);
                        vfs_tree_attach(dirs[i], d);
                        model[i][k] = d;
                        model_order[i][k] = ++model_clock;
                } else if (rand() % 3 == 0) {
                        vfs_tree_detach(d);
                        ck_assert_ptr_eq(d->parent, dirs[i]);
                        vfs_dentry_put(d);
                        model[i][k] = NULL;
                } else if (rand() % 2 == 0 && model[j][l] != NULL) {
                        exchange(i, k, j, l);
                } else {
                        rename_one(i, k, j, l);
                }
                if (n % 7 == 0)
                        check_all();
        }
        check_all();
}
END_TEST

START_TEST(test_tree_table_grows_and_empties)
{
        static struct vfs_dentry *many[5000];
        char name[16];
        uint64_t pos = 0;

        for (int i = 0; i < 5000; i++) {
                snprintf(name, sizeof(name), "%d", i);
                ck_assert_int_eq(vfs_tree_reserve(dirs[0], fs->arena), 0);
                ck_assert_int_eq(bare_node_new(fs, name, VFS_S_IFREG | 0644, &many[i]), 0);
                vfs_tree_attach(dirs[0], many[i]);
        }
        for (int i = 0; i < 5000; i++) {
                snprintf(name, sizeof(name), "%d", i);
                if (lookup(dirs[0], name) != many[i] || vfs_tree_next(dirs[0], &pos) != many[i])
                        ck_abort_msg("child %d", i);
        }
        for (int i = 0; i < 5000; i++) {
                int k = (i * 1237) % 5000;

                vfs_tree_detach(many[k]);
                vfs_dentry_put(many[k]);
                snprintf(name, sizeof(name), "%d", k);
                if (lookup(dirs[0], name) != NULL)
                        ck_abort_msg("child %d is still there", k);
        }
        ck_assert_uint_eq(vfs_tree_count(dirs[0]), 0);
}
END_TEST

START_TEST(test_tree_table_position_survives_changes_around_it)
{
        struct vfs_dentry *d[4];
        static const char *const n[] = { "a", "b", "c", "d" };
        uint64_t pos = 0;

        for (int i = 0; i < 4; i++) {
                ck_assert_int_eq(vfs_tree_reserve(dirs[0], fs->arena), 0);
                ck_assert_int_eq(bare_node_new(fs, n[i], VFS_S_IFREG, &d[i]), 0);
                vfs_tree_attach(dirs[0], d[i]);
        }
        ck_assert_ptr_eq(vfs_tree_next(dirs[0], &pos), d[0]);
        ck_assert_ptr_eq(vfs_tree_next(dirs[0], &pos), d[1]);
        vfs_tree_detach(d[0]);
        vfs_tree_detach(d[1]);
        vfs_tree_detach(d[2]);
        ck_assert_ptr_eq(vfs_tree_next(dirs[0], &pos), d[3]);
        ck_assert_ptr_null(vfs_tree_next(dirs[0], &pos));
        vfs_tree_detach(d[3]);
        for (int i = 0; i < 4; i++)
                vfs_dentry_put(d[i]);
}
END_TEST

START_TEST(test_tree_table_is_below_follows_parents)
{
        struct vfs_dentry *d;

        ck_assert_int_eq(vfs_tree_reserve(dirs[0], fs->arena), 0);
        ck_assert_int_eq(bare_node_new(fs, "d", VFS_S_IFDIR, &d), 0);
        vfs_tree_attach(dirs[0], d);
        ck_assert_int_ne(vfs_tree_is_below(d, dirs[0]), 0);
        ck_assert_int_ne(vfs_tree_is_below(d, d), 0);
        ck_assert_int_eq(vfs_tree_is_below(dirs[0], d), 0);
        ck_assert_int_eq(vfs_tree_is_below(d, dirs[1]), 0);
        vfs_tree_detach(d);
        vfs_dentry_put(d);
}
END_TEST

TEST_MAIN_FIXTURE("tree_table", setup, teardown, test_tree_table_random_changes_agree_with_a_list,
                  test_tree_table_grows_and_empties, test_tree_table_position_survives_changes_around_it,
                  test_tree_table_is_below_follows_parents)
