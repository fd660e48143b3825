/*
 * A world for tests of memfs through the public API: an instance, a namespace whose root is a tmpfs, a context of root
 * and one of nobody in particular, and short names for the calls. Each test runs in its own process (Check), so the
 * world is global.
 */
#ifndef TESTS_UNIT_MEMFS_WORLD_H
#define TESTS_UNIT_MEMFS_WORLD_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <vfs/vfs.h>

#include "tests/unit/test_main.h"

static struct vfs *world_vfs;
static struct vfs_mntns *world_ns;
static struct vfs_ctx root, user; /* user: uid 1000, no capabilities */

/* An allocator that fails when the countdown ends; -1: never. */
static long world_allocs_left = -1;

static inline void *world_alloc(void *arg, size_t size)
{
        if (world_allocs_left == 0)
                return NULL;
        if (world_allocs_left > 0)
                world_allocs_left--;
        return aligned_alloc(64, (size + 63) & ~(size_t)63);
}

static inline void world_free(void *arg, void *p, size_t size)
{
        free(p);
}

/* The wall clock is the test's: it moves by a second when asked. */
static struct vfs_timespec world_time = { 1000, 0 };

static inline void world_clock(void *arg, struct vfs_timespec *ret_now)
{
        *ret_now = world_time;
}

static inline void world_tick(void)
{
        world_time.sec++;
}

static inline void world_up(struct vfs_config *config, const char *options)
{
        const struct vfs_cred_opts opts = { .size = sizeof(opts), .uid = 1000, .gid = 1000, .ruid = 1000, .rgid = 1000 };
        const struct vfs_cred *cred;
        struct vfs_cred *made;

        config->size = sizeof(*config);
        config->clock = world_clock;
        ck_assert_int_eq(vfs_new(config, &world_vfs), 0);
        ck_assert_int_eq(vfs_cred_new_root(&made), 0);
        cred = made;
        ck_assert_int_eq(vfs_mntns_new(world_vfs, cred, "none", "tmpfs", 0, options, &world_ns), 0);
        vfs_ctx_init(&root, world_ns, cred);
        ck_assert_int_eq(vfs_cred_new(&opts, &made), 0);
        vfs_ctx_init(&user, world_ns, made);
        root.umask = user.umask = 0;
}

static inline void world_setup(void)
{
        struct vfs_config config = { 0 };

        world_up(&config, NULL);
}

static inline void world_setup_failing(void)
{
        struct vfs_config config = { .alloc = world_alloc, .free = world_free };

        world_up(&config, NULL);
}

static inline void world_teardown(void)
{
        world_allocs_left = -1;
        vfs_mntns_put(world_ns);
        vfs_cred_put(root.cred);
        vfs_cred_put(user.cred);
        vfs_free(world_vfs);
}

/* Short names. Those that open return NULL and leave the error in world_error. */
static __thread int world_error;

static inline struct vfs_file *open_as(const struct vfs_ctx *ctx, const char *path, uint32_t flags, uint32_t mode)
{
        struct vfs_file *file = NULL;

        world_error = vfs_open(ctx, NULL, path, flags, mode, &file);
        return file;
}

static inline struct vfs_file *must_open(const char *path, uint32_t flags)
{
        struct vfs_file *file = open_as(&root, path, flags, 0644);

        ck_assert_msg(file != NULL, "open %s: %d", path, world_error);
        return file;
}

static inline int open_error(const struct vfs_ctx *ctx, const char *path, uint32_t flags, uint32_t mode)
{
        vfs_file_put(open_as(ctx, path, flags, mode));
        return world_error;
}

/* Makes an empty file. */
static inline void touch(const char *path)
{
        vfs_file_put(must_open(path, VFS_O_CREAT | VFS_O_WRONLY));
}

static inline struct vfs_statx stat_of(const char *path)
{
        struct vfs_statx st;
        int r = vfs_statx(&root, NULL, path, VFS_AT_SYMLINK_NOFOLLOW, VFS_STATX_BASIC_STATS, &st);

        ck_assert_msg(r == 0, "stat %s: %d", path, r);
        return st;
}

static inline struct vfs_statx fstat_of(struct vfs_file *file)
{
        struct vfs_statx st;

        ck_assert_int_eq(vfs_file_statx(&root, file, VFS_STATX_BASIC_STATS, &st), 0);
        return st;
}

static inline int exists(const char *path)
{
        struct vfs_statx st;

        return vfs_statx(&root, NULL, path, VFS_AT_SYMLINK_NOFOLLOW, 0, &st) == 0;
}

static inline int64_t pwrite_to(struct vfs_file *file, const void *buf, size_t n, int64_t offset)
{
        struct vfs_iter it;

        vfs_iter_init_buf(&it, (void *)(uintptr_t)buf, n);
        return vfs_file_pwrite(&root, file, &it, offset, 0);
}

static inline int64_t pread_from(struct vfs_file *file, void *buf, size_t n, int64_t offset)
{
        struct vfs_iter it;

        vfs_iter_init_buf(&it, buf, n);
        return vfs_file_pread(&root, file, &it, offset, 0);
}

static inline int64_t write_to(struct vfs_file *file, const void *buf, size_t n)
{
        struct vfs_iter it;

        vfs_iter_init_buf(&it, (void *)(uintptr_t)buf, n);
        return vfs_file_write(&root, file, &it, 0);
}

#define same_time(a, b) ((a).sec == (b).sec && (a).nsec == (b).nsec)

#endif
