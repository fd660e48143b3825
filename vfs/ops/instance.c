/*
 * instance.c - making and freeing an instance; its statistics; its deferred frees.
 *
 * An instance owns nothing that is global: threads and epochs are the process's
 * (base/sync.c), credentials are nobody's.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "mount/mount.h"
#include "vfs/object/device.h"
#include "vfs/ops/builtin.h"

#define VFS_MOUNT_MAX 100000u /* /proc/sys/fs/mount-max */

/* A signal of the host's is no answer: it ends the wait, and then the context's hook is asked. */
static int vfs_default_wait(void *user, void *ctx_user, const uint32_t *word, uint32_t expected)
{
        vfs_futex_wait(word, expected);
        return 0;
}

static void vfs_default_wake(void *user, const uint32_t *word, uint32_t n)
{
        vfs_futex_wake(word, n);
}

/* Keys only have to be unknown to the guest; without entropy they are merely different each time. */
static void vfs_default_random(void *user, void *buf, size_t n)
{
        struct timespec ts = { 0 };
        uint64_t x;

        if (getrandom(buf, n, 0) == (ssize_t)n)
                return;
        clock_gettime(CLOCK_MONOTONIC, &ts);
        x = (uint64_t)ts.tv_nsec ^ (uint64_t)ts.tv_sec << 32 ^ (uintptr_t)buf;
        for (size_t i = 0; i < n; i++) {
                x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                ((unsigned char *)buf)[i] = (unsigned char)(x >> 56);
        }
}

/* Checks what the embedder brought and fills in the defaults, but for memory and the clock. */
static int vfs_config_read(const struct vfs_config *config, struct vfs_config *ret_config)
{
        struct vfs_config c = { .size = sizeof(c) };

        if (config != NULL) {
                if (config->size != sizeof(c))
                        return -EINVAL;
                c = *config;
        }
        if (c.protected_hardlinks > 1 || c.protected_symlinks > 1 || c.protected_regular > 2 ||
            c.protected_fifos > 2)
                return -EINVAL;
        if ((c.alloc == NULL) != (c.free == NULL) || (c.wait == NULL) != (c.wake == NULL))
                return -EINVAL;
        if (c.mount_max == 0)
                c.mount_max = VFS_MOUNT_MAX;
        if (c.wait == NULL) {
                c.wait = vfs_default_wait;
                c.wake = vfs_default_wake;
        }
        if (c.random == NULL)
                c.random = vfs_default_random;
        *ret_config = c;
        return 0;
}

/* memfs keeps its data in a memfd: better to learn here that there is none. */
static int vfs_host_check(void)
{
        int fd = memfd_create("vfs2", MFD_CLOEXEC);

        if (fd < 0)
                return errno == ENOSYS ? -ENOSYS : 0;
        close(fd);
        return 0;
}

/* What there is of an instance, complete or not. */
static void vfs_destroy(struct vfs *vfs)
{
        const struct vfs_allocator allocator = vfs->allocator;

        vfs_mounts_fini(vfs);
        vfs_devices_fini(vfs);
        vfs_fstypes_fini(vfs);
        vfs_track_fini(&vfs->track);
        vfs_dealloc(&allocator, vfs->walk_shards, VFS_WALK_SHARDS * sizeof(*vfs->walk_shards));
        vfs_dealloc(&allocator, vfs, sizeof(*vfs));
}

int vfs_new(const struct vfs_config *config, struct vfs **ret_vfs)
{
        struct vfs_allocator allocator;
        struct vfs_config c;
        struct vfs *vfs;
        int r;

        r = vfs_config_read(config, &c);
        if (r < 0)
                return r;
        r = vfs_host_check();
        if (r < 0)
                return r;
        allocator = (struct vfs_allocator){ .alloc = c.alloc, .free = c.free, .user = c.alloc_user };
        vfs = vfs_zalloc(&allocator, sizeof(*vfs));
        if (vfs == NULL)
                return -ENOMEM;
        vfs->config = c;
        vfs->allocator = allocator;
        c.random(c.random_user, vfs->hash_key, sizeof(vfs->hash_key));
        for (size_t i = 0; i < sizeof(vfs->hash_key) / sizeof(vfs->hash_key[0]); i++)
                vfs->hash_key[i] |= 1;

        vfs->walk_shards = vfs_zalloc(&allocator, VFS_WALK_SHARDS * sizeof(*vfs->walk_shards));
        if (vfs->walk_shards == NULL) {
                r = -ENOMEM;
                goto fail;
        }
        r = vfs_mounts_init(vfs);
        if (r < 0)
                goto fail;
        for (const struct vfs_fstype *const *type = vfs_builtin_fstypes; *type != NULL; type++) {
                r = vfs_fstype_register(vfs, *type);
                if (r < 0)
                        goto fail;
        }
        *ret_vfs = vfs;
        return 0;

fail:
        vfs_destroy(vfs);
        return r;
}

void vfs_free(struct vfs *vfs)
{
        if (vfs == NULL)
                return;
        vfs_mount_put(vfs->anon_mount);
        vfs_epoch_synchronize(vfs_thread_get());
        vfs_limbo_drain(&vfs->limbo, vfs);
#if VFS_DEBUG
        vfs_check(vfs_track_live(&vfs->track, NULL, NULL) == 0); /* a reference was not put */
#endif
        vfs_destroy(vfs);
}

int vfs_thread_prepare(void)
{
        return vfs_thread_get() != NULL ? 0 : -ENOMEM;
}

size_t vfs_reclaim(struct vfs *vfs, size_t max)
{
        struct vfs_filesystem *fs;
        size_t n;

        n = vfs_limbo_collect(&vfs->limbo, vfs, max);
        for (fs = vfs_filesystem_next(vfs, NULL); fs != NULL; fs = vfs_filesystem_next(vfs, fs)) {
                if (max == 0 || n < max)
                        n += vfs_limbo_collect(&fs->arena->limbo, fs->arena, max != 0 ? max - n : 0);
        }
        return n;
}

void vfs_get_stats(struct vfs *vfs, struct vfs_stats *ret_stats)
{
        struct vfs_stats stats = {
                .size = ret_stats->size,
                .mounts = vfs_load_relaxed(&vfs->nmounts),
                .walks_reference = vfs_load_relaxed(&vfs->walks_reference),
                .bytes = vfs_filesystems_bytes(vfs),
        };

        for (size_t i = 0; i < VFS_WALK_SHARDS; i++)
                stats.walks_lockfree += vfs_load_relaxed(&vfs->walk_shards[i].lockfree);
        /* An embedder that was built against an earlier version knows fewer of them. */
        memcpy(ret_stats, &stats, stats.size < sizeof(stats) ? stats.size : sizeof(stats));
}
