/*
 * test_tree_hooks.c - the tree as a cache: a filesystem whose names are in an array here, far away as it were, and come
 * into the tree when they are asked for. Each name has a number that stands for what it names; the tests change the
 * array behind the tree's back.
 */
#include <errno.h>
#include <string.h>

#include <vfs/fsapi.h>
#include <vfs/vfs.h>

#include "tests/unit/test_main.h"

#define MAX_FAR 8

/* One level of names below the root, but for "dir", which has "dir/in". */
static struct far {
        const char *name;
        uint32_t mode, id; /* id 0: does not exist */
        uint64_t size;
} far[MAX_FAR];
static unsigned int lookups, revalidations, refreshes, fills, trims;
static int cached, failing; /* cached: what is known stays true */
static int keep_negative;

struct far_node {
        struct vfs_dentry d;
        struct vfs_inode i;
} __attribute__((aligned(64)));

static struct far *far_find(const char *name, size_t len)
{
        for (int i = 0; i < MAX_FAR; i++) {
                if (far[i].id != 0 && strlen(far[i].name) == len && memcmp(far[i].name, name, len) == 0)
                        return &far[i];
        }
        return NULL;
}

static void far_free(struct vfs_deferred *self, void *arena)
{
        struct far_node *n = (struct far_node *)(void *)((char *)self - offsetof(struct vfs_dentry, deferred));

        if (vfs_inode_type(&n->i) == VFS_S_IFDIR)
                vfs_tree_dir_free(&n->d, arena);
        vfs_dentry_fini(&n->d);
        vfs_arena_free(arena, n, sizeof(*n));
}

static void far_release(struct vfs_dentry *d)
{
        d->deferred.free = far_free;
        vfs_arena_defer(d->fs->arena, &d->deferred);
}

static int far_new(struct vfs_filesystem *fs, const struct far *f, const char *name, size_t len, uint64_t flags,
                   struct vfs_dentry **ret)
{
        struct far_node *n = vfs_arena_alloc(fs->arena, sizeof(*n));
        struct vfs_timespec now;

        ck_assert(n != NULL);
        vfs_now(fs->vfs, &now);
        vfs_inode_init(&n->i, fs, f ? f->id : 0, f ? f->mode : 0, 0, 0, 1, 0, &now);
        if (f)
                n->i.attr.size = f->size;
        ck_assert_int_eq(vfs_dentry_init(&n->d, fs, &n->i, name, len), 0);
        if (f && (f->mode & VFS_S_IFMT) == VFS_S_IFDIR)
                flags |= VFS_D_PARTIAL;
        vfs_tree_mark_new(&n->d, flags | (cached ? 0 : VFS_D_REVALIDATE));
        *ret = &n->d;
        return 0;
}

static int far_lookup(const struct vfs_ctx *ctx, struct vfs_dentry *dir, const char *name, size_t len,
                      struct vfs_dentry **ret_child)
{
        struct far *f = far_find(name, len);
        int r;

        lookups++;
        if (failing)
                return -EIO;
        if (dir->word & VFS_D_DEAD)
                return -ENOENT;
        if (f == NULL && !keep_negative)
                return -ENOENT;
        r = vfs_tree_reserve(dir, dir->fs->arena);
        if (r < 0)
                return r;
        far_new(dir->fs, f, name, len, f ? 0 : VFS_D_NEGATIVE, ret_child);
        vfs_tree_attach(dir, *ret_child);
        return 0;
}

static int far_revalidate(const struct vfs_ctx *ctx, struct vfs_dentry *dir, struct vfs_dentry *d)
{
        struct far *f;
        const char *name;
        size_t len;
        int same;

        revalidations++;
        if (failing)
                return -EIO;
        vfs_mutex_lock(&dir->inode->lock, VFS_LOCK_DIR);
        name = vfs_dentry_name(d, &len);
        f = far_find(name, len);
        same = f ? f->id == d->inode->attr.ino : (d->word & VFS_D_NEGATIVE) != 0;
        if (same && f) {
                const enum vfs_lock_rank rank =
                        vfs_inode_type(d->inode) == VFS_S_IFDIR ? VFS_LOCK_DIR : VFS_LOCK_INODE;

                vfs_mutex_lock(&d->inode->lock, rank);
                vfs_inode_write_begin(d->inode);
                d->inode->attr.size = f->size;
                vfs_inode_write_end(d->inode);
                vfs_mutex_unlock(&d->inode->lock, rank);
        } else if (!same) {
                ck_assert_int_eq(vfs_dentry_prepare_delete(NULL, d), 0);
                vfs_tree_detach(d);
                vfs_dentry_commit_delete(d);
        }
        vfs_mutex_unlock(&dir->inode->lock, VFS_LOCK_DIR);
        if (!same) {
                vfs_dentry_detach_mounts(d);
                vfs_dentry_put(d);
        }
        return !same;
}

static int far_refresh(const struct vfs_ctx *ctx, struct vfs_dentry *d)
{
        refreshes++;
        return failing ? -EIO : 0;
}

static int far_fill(const struct vfs_ctx *ctx, struct vfs_dentry *dir)
{
        struct vfs_dentry *d;

        fills++;
        for (int i = 0; i < MAX_FAR; i++) {
                if (far[i].id != 0 && vfs_tree_child(dir, far[i].name, strlen(far[i].name)) == NULL)
                        ck_assert_int_eq(far_lookup(ctx, dir, far[i].name, strlen(far[i].name), &d), 0);
        }
        return 0;
}

static void far_trim(struct vfs_filesystem *fs)
{
        trims++;
}

static const struct vfs_tree_ops far_tree = {
        .size = sizeof(far_tree),
        .lookup = far_lookup,
        .revalidate = far_revalidate,
        .refresh = far_refresh,
        .fill = far_fill,
        .trim = far_trim,
};

static const struct vfs_file_ops far_dir_ops = { .size = sizeof(far_dir_ops), .iterate = vfs_tree_iterate };

static int far_open(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t flags, uint32_t mode,
                    struct vfs_file **ret_file)
{
        struct vfs_path path;
        int r = vfs_tree_lookup_at(fs, rp, &path);

        if (r != 0)
                return r;
        r = vfs_file_new(vfs_rp_ctx(rp), &path, &far_dir_ops, flags, sizeof(struct vfs_file), ret_file);
        vfs_path_put(&path);
        return r;
}

static void far_fs_release(struct vfs_filesystem *fs)
{
        vfs_mem_free(fs->vfs, fs, sizeof(*fs));
}

static const struct vfs_filesystem_ops far_ops = {
        .size = sizeof(far_ops),
        .release = far_fs_release,
        .stat_at = vfs_tree_stat_at,
        .access_at = vfs_tree_access_at,
        .readlink_at = vfs_tree_readlink_at,
        .lookup_at = vfs_tree_lookup_at,
        .parent_at = vfs_tree_parent_at,
        .open_at = far_open,
        .tree = &far_tree,
};

static const struct vfs_dentry_ops far_dops = { .size = sizeof(far_dops), .release = far_release };

static struct vfs_dentry *far_root;

static int far_get_tree(struct vfs_fs_context *fc, struct vfs_filesystem **ret_fs, struct vfs_dentry **ret_root)
{
        const struct far root = { .mode = VFS_S_IFDIR | 0755, .id = 1 };
        struct vfs_filesystem *fs = vfs_mem_zalloc(vfs_fs_context_vfs(fc), sizeof(*fs));

        ck_assert_int_eq(vfs_filesystem_init_context(fs, fc, &far_ops, &far_dops), 0);
        far_new(fs, &root, "", 0, 0, ret_root);
        far_root = *ret_root;
        vfs_dentry_get(*ret_root);
        *ret_fs = fs;
        return 0;
}

static const struct vfs_fstype far_type = { .size = sizeof(far_type), .name = "far", .get_tree = far_get_tree };

static struct vfs *vfs;
static struct vfs_cred *cred;
static struct vfs_mntns *ns;
static struct vfs_ctx ctx;

static void up(int is_cached)
{
        cached = is_cached;
        far[0] = (struct far){ "dir", VFS_S_IFDIR | 0755, 10, 0 };
        far[1] = (struct far){ "file", VFS_S_IFREG | 0644, 11, 5 };
        far[2] = (struct far){ "in", VFS_S_IFREG | 0644, 12, 7 };
        ck_assert_int_eq(vfs_new(NULL, &vfs), 0);
        ck_assert_int_eq(vfs_fstype_register(vfs, &far_type), 0);
        ck_assert_int_eq(vfs_cred_new_root(&cred), 0);
        ck_assert_int_eq(vfs_mntns_new(vfs, cred, "x", "far", 0, NULL, &ns), 0);
        vfs_ctx_init(&ctx, ns, cred);
}

static void down(void)
{
        vfs_mntns_put(ns);
        vfs_cred_put(cred);
        vfs_free(vfs);
}

static int stat_(const char *path, struct vfs_statx *st)
{
        return vfs_statx(&ctx, NULL, path, 0, VFS_STATX_BASIC_STATS, st);
}

static uint64_t references(void)
{
        struct vfs_stats stats = { .size = sizeof(stats) };

        vfs_get_stats(vfs, &stats);
        return stats.walks_reference;
}

START_TEST(test_tree_hooks_a_name_is_looked_up_once)
{
        struct vfs_statx st;
        uint64_t before;

        up(1);
        ck_assert_int_eq(stat_("/dir/in", &st), 0);
        ck_assert_uint_eq(st.ino, 12);
        ck_assert_uint_eq(lookups, 2);
        ck_assert_uint_eq(trims, 2);
        before = references();
        ck_assert_int_eq(stat_("/dir/in", &st), 0);
        ck_assert_uint_eq(lookups, 2);
        ck_assert_uint_eq(references(), before);
        ck_assert_uint_eq(revalidations + refreshes, 0);
        down();
}
END_TEST

START_TEST(test_tree_hooks_a_miss_asks_unless_it_is_negative)
{
        struct vfs_statx st;
        uint64_t before;

        up(1);
        ck_assert_int_eq(stat_("/none", &st), -ENOENT);
        ck_assert_int_eq(stat_("/none", &st), -ENOENT);
        ck_assert_uint_eq(lookups, 2);
        keep_negative = 1;
        ck_assert_int_eq(stat_("/none", &st), -ENOENT);
        ck_assert_uint_eq(lookups, 3);
        before = references();
        ck_assert_int_eq(stat_("/none", &st), -ENOENT);
        ck_assert_int_eq(stat_("/none/x", &st), -ENOENT);
        ck_assert_uint_eq(lookups, 3);
        ck_assert_uint_eq(references(), before);
        down();
}
END_TEST

START_TEST(test_tree_hooks_an_error_of_the_lookup_is_the_walks)
{
        struct vfs_statx st;

        up(1);
        failing = 1;
        ck_assert_int_eq(stat_("/dir/in", &st), -EIO);
        failing = 0;
        ck_assert_int_eq(stat_("/dir/in", &st), 0);
        down();
}
END_TEST

START_TEST(test_tree_hooks_each_use_is_confirmed)
{
        struct vfs_statx st;

        up(0);
        ck_assert_int_eq(stat_("/file", &st), 0);
        ck_assert_uint_eq(st.size, 5);
        ck_assert_uint_eq(lookups, 1);
        ck_assert_uint_eq(revalidations, 0);
        ck_assert_uint_eq(refreshes, 1); /* the root, where the walk began */
        far[1].size = 6;
        ck_assert_int_eq(stat_("/file", &st), 0);
        ck_assert_uint_eq(st.size, 6);
        ck_assert_uint_eq(revalidations, 1);
        ck_assert_int_eq(stat_("/dir/../file", &st), 0);
        ck_assert_uint_eq(lookups, 2);
        ck_assert_uint_eq(revalidations, 2);
        ck_assert_uint_eq(refreshes, 4); /* the root three times and ".." */
        ck_assert_int_eq(stat_("/", &st), 0);
        ck_assert_uint_eq(refreshes, 5);
        failing = 1;
        ck_assert_int_eq(stat_("/file", &st), -EIO);
        ck_assert_int_eq(stat_("/", &st), -EIO);
        down();
}
END_TEST

START_TEST(test_tree_hooks_what_was_replaced_is_looked_up_again)
{
        struct vfs_statx st;

        up(0);
        ck_assert_int_eq(stat_("/file", &st), 0);
        far[1].id = 21;
        ck_assert_int_eq(stat_("/file", &st), 0);
        ck_assert_uint_eq(st.ino, 21);
        far[1].id = 0;
        ck_assert_int_eq(stat_("/file", &st), -ENOENT);
        keep_negative = 1;
        ck_assert_int_eq(stat_("/file", &st), -ENOENT);
        far[1].id = 22;
        ck_assert_int_eq(stat_("/file", &st), 0);
        ck_assert_uint_eq(st.ino, 22);
        down();
}
END_TEST

START_TEST(test_tree_hooks_a_replaced_mount_point_is_unmounted)
{
        struct vfs_statx st;

        up(0);
        ck_assert_int_eq(vfs_mount(&ctx, "t", "/dir", "tmpfs", 0, NULL), 0);
        ck_assert_int_eq(stat_("/dir/in", &st), -ENOENT);
        far[0].id = 20;
        ck_assert_int_eq(stat_("/dir/in", &st), 0);
        down();
}
END_TEST

START_TEST(test_tree_hooks_a_listing_fills_the_directory)
{
        struct vfs_statx st;
        struct vfs_file *file;
        char buf[1024];
        int64_t n;
        int seen = 0;

        up(1);
        keep_negative = 1;
        ck_assert_int_eq(stat_("/none", &st), -ENOENT);
        ck_assert_int_eq(vfs_open(&ctx, NULL, "/", VFS_O_DIRECTORY, 0, &file), 0);
        n = vfs_file_getdents(&ctx, file, buf, sizeof(buf));
        ck_assert_int_gt(n, 0);
        for (int64_t at = 0; at < n;) {
                struct vfs_dirent *e = (struct vfs_dirent *)(void *)(buf + at);

                ck_assert_str_ne(e->name, "none");
                seen++;
                at += e->reclen;
        }
        ck_assert_int_eq(seen, 5);
        ck_assert_uint_eq(fills, 1);
        vfs_file_put(file);
        down();
}
END_TEST

/* Evicts a child of the root, if nobody uses it. */
static int evict(const char *name)
{
        struct vfs_dentry *d;
        int gone = 0;

        vfs_mutex_lock(&far_root->inode->lock, VFS_LOCK_DIR);
        d = vfs_tree_child(far_root, name, strlen(name));
        if (d != NULL) {
                vfs_dentry_get(d);
                gone = vfs_tree_evict(d);
        }
        vfs_mutex_unlock(&far_root->inode->lock, VFS_LOCK_DIR);
        if (d != NULL && !gone)
                vfs_dentry_put(d);
        return gone;
}

START_TEST(test_tree_hooks_what_is_used_is_not_evicted)
{
        struct vfs_statx st;
        struct vfs_path path;

        up(1);
        ck_assert_int_eq(vfs_lookup(&ctx, NULL, "/dir/in", 0, &path), 0);
        ck_assert_int_eq(evict("dir"), 0); /* has a child */
        vfs_path_put(&path);
        ck_assert_int_eq(evict("dir"), 0);
        ck_assert_int_eq(vfs_lookup(&ctx, NULL, "/file", 0, &path), 0);
        ck_assert_int_eq(evict("file"), 0); /* is held */
        vfs_path_put(&path);
        ck_assert_int_eq(evict("file"), 1);
        ck_assert_int_eq(evict("file"), 0);
        lookups = 0;
        ck_assert_int_eq(stat_("/file", &st), 0);
        ck_assert_uint_eq(lookups, 1);
        ck_assert_int_eq(vfs_mount(&ctx, "t", "/file", "tmpfs", 0, NULL), -ENOTDIR);
        ck_assert_int_eq(vfs_mount(&ctx, "/dir", "/dir", NULL, VFS_MS_BIND, NULL), 0);
        ck_assert_int_eq(evict("dir"), 0);
        down();
}
END_TEST

START_TEST(test_tree_hooks_parent_and_name_are_of_one_moment)
{
        char name[VFS_NAME_MAX];
        struct vfs_path path;
        struct vfs_dentry *parent;
        size_t len;

        up(1);
        ck_assert_int_eq(vfs_lookup(&ctx, NULL, "/dir", 0, &path), 0);
        parent = vfs_tree_parent_get(path.dentry, name, &len);
        ck_assert(parent == far_root);
        ck_assert_uint_eq(len, 3);
        ck_assert_mem_eq(name, "dir", 3);
        vfs_dentry_put(parent);
        parent = vfs_tree_parent_get(far_root, NULL, NULL);
        ck_assert(parent == far_root);
        vfs_dentry_put(parent);
        vfs_path_put(&path);
        down();
}
END_TEST

START_TEST(test_tree_hooks_cached_walks_do_not_ask)
{
        const struct vfs_open_how how = { .flags = VFS_O_DIRECTORY, .resolve = VFS_RESOLVE_CACHED };
        struct vfs_file *file;
        struct vfs_statx st;

        up(1);
        ck_assert_int_eq(vfs_openat2(&ctx, NULL, "/dir", &how, sizeof(how), &file), -EAGAIN);
        ck_assert_int_eq(stat_("/dir", &st), 0);
        ck_assert_int_eq(vfs_openat2(&ctx, NULL, "/dir", &how, sizeof(how), &file), 0);
        vfs_file_put(file);
        down();
}
END_TEST

TEST_MAIN("tree_hooks", test_tree_hooks_a_name_is_looked_up_once, test_tree_hooks_a_miss_asks_unless_it_is_negative,
          test_tree_hooks_an_error_of_the_lookup_is_the_walks, test_tree_hooks_each_use_is_confirmed,
          test_tree_hooks_what_was_replaced_is_looked_up_again, test_tree_hooks_a_replaced_mount_point_is_unmounted,
          test_tree_hooks_a_listing_fills_the_directory, test_tree_hooks_what_is_used_is_not_evicted,
          test_tree_hooks_parent_and_name_are_of_one_moment, test_tree_hooks_cached_walks_do_not_ask)
