/*
 * A world for tests of the host filesystem: a directory of the host's that is made for the test, beside it a secret that
 * nothing may reach, and a namespace whose root is that directory. World and host are changed side by side: paths that
 * begin with a slash are the guest's; host_path gives the host's name of one.
 */
#ifndef TESTS_UNIT_HOST_WORLD_H
#define TESTS_UNIT_HOST_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vfs/host.h>
#include <vfs/vfs.h>

#include "tests/unit/test_main.h"

#define SECRET "the secret outside"

static char world_top[64], world_dir[80]; /* the test's folder, and the passed-through directory in it */
static struct vfs *world_vfs;
static struct vfs_host_type world_type;
static struct vfs_mntns *world_ns;
static struct vfs_ctx root, user; /* user: uid 1000, no capabilities */

static inline const char *host_path(const char *path)
{
        static __thread char buf[2][4200];
        static __thread int turn;

        turn = !turn;
        snprintf(buf[turn], sizeof(buf[turn]), "%s%s", world_dir, path);
        return buf[turn];
}

static inline void host_write(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        close(fd);
}

static inline void host_file(const char *path, const char *text)
{
        host_write(host_path(path), text);
}

static inline void host_mkdir(const char *path)
{
        ck_assert_int_eq(mkdir(host_path(path), 0755), 0);
}

/* An allocator that fails when the countdown ends, once or for good; -1: never. */
static long world_allocs_left = -1;
static int world_fails_once;

static inline void *world_alloc(void *arg, size_t size)
{
        if (world_allocs_left == 0) {
                if (world_fails_once)
                        world_allocs_left = -1;
                return NULL;
        }
        if (world_allocs_left > 0)
                world_allocs_left--;
        return aligned_alloc(64, (size + 63) & ~(size_t)63);
}

static inline void world_free(void *arg, void *p, size_t size)
{
        free(p);
}

static inline void world_up(const char *options)
{
        const struct vfs_config config = { .size = sizeof(config), .alloc = world_alloc, .free = world_free };
        const struct vfs_cred_opts opts = { .size = sizeof(opts), .uid = 1000, .gid = 1000, .ruid = 1000, .rgid = 1000 };
        struct vfs_cred *made;
        char path[128];

        snprintf(world_top, sizeof(world_top), "%s/vfs2-host-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        ck_assert_ptr_nonnull(mkdtemp(world_top));
        snprintf(world_dir, sizeof(world_dir), "%s/root", world_top);
        ck_assert_int_eq(mkdir(world_dir, 0755), 0);
        snprintf(path, sizeof(path), "%s/secret", world_top);
        umask(0);
        host_write(path, SECRET);
        ck_assert_int_eq(vfs_new(&config, &world_vfs), 0);
        ck_assert_int_eq(vfs_host_register(world_vfs, &world_type, VFS_HOST_ANYWHERE), 0);
        ck_assert_int_eq(vfs_cred_new_root(&made), 0);
        ck_assert_int_eq(vfs_mntns_new(world_vfs, made, world_dir, "host", 0, options, &world_ns), 0);
        vfs_ctx_init(&root, world_ns, made);
        ck_assert_int_eq(vfs_cred_new(&opts, &made), 0);
        vfs_ctx_init(&user, world_ns, made);
        root.umask = user.umask = 0;
}

static inline void world_down(void)
{
        char command[128];

        world_allocs_left = -1;
        vfs_mntns_put(world_ns);
        vfs_cred_put(root.cred);
        vfs_cred_put(user.cred);
        vfs_free(world_vfs);
        snprintf(command, sizeof(command), "rm -rf '%s'", world_top);
        ck_assert_int_eq(system(command), 0);
}

static inline int stat_as(const struct vfs_ctx *ctx, const char *path, struct vfs_statx *st)
{
        return vfs_statx(ctx, NULL, path, VFS_AT_SYMLINK_NOFOLLOW, VFS_STATX_BASIC_STATS, st);
}

static inline struct vfs_statx stat_of(const char *path)
{
        struct vfs_statx st;
        int r = stat_as(&root, path, &st);

        ck_assert_msg(r == 0, "stat %s: %d", path, r);
        return st;
}

static inline int stat_error(const char *path)
{
        struct vfs_statx st;

        return stat_as(&root, path, &st);
}

static inline int open_error(const struct vfs_ctx *ctx, const char *path, uint32_t flags)
{
        struct vfs_file *file = NULL;
        int r = vfs_open(ctx, NULL, path, flags, 0644, &file);

        vfs_file_put(file);
        return r;
}

static inline struct vfs_file *must_open(const char *path, uint32_t flags)
{
        struct vfs_file *file = NULL;
        int r = vfs_open(&root, NULL, path, flags, 0644, &file);

        ck_assert_msg(r == 0, "open %s: %d", path, r);
        return file;
}

static inline int64_t read_from(struct vfs_file *file, void *buf, size_t n)
{
        struct vfs_iter it;

        vfs_iter_init_buf(&it, buf, n);
        return vfs_file_read(&root, file, &it, 0);
}

static inline int64_t write_to(struct vfs_file *file, const void *buf, size_t n)
{
        struct vfs_iter it;

        vfs_iter_init_buf(&it, (void *)(uintptr_t)buf, n);
        return vfs_file_write(&root, file, &it, 0);
}

/* The guest's view of a file's content. */
static inline const char *content(const char *path)
{
        static char buf[256];
        struct vfs_file *file = must_open(path, VFS_O_RDONLY);
        int64_t n = read_from(file, buf, sizeof(buf) - 1);

        ck_assert_int_ge(n, 0);
        buf[n] = '\0';
        vfs_file_put(file);
        return buf;
}

static inline uint64_t reference_walks(void)
{
        struct vfs_stats stats = { .size = sizeof(stats) };

        vfs_get_stats(world_vfs, &stats);
        return stats.walks_reference;
}

/* Descriptors that this process has open. */
static inline int open_fds(void)
{
        int n = 0;

        for (int fd = 0; fd < 4096; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

#endif
