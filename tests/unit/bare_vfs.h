/*
 * An instance of nothing but what the objects need, and a filesystem of nothing but its base: for unit tests of the
 * lower layers, which then need no mounts and no memfs.
 */
#ifndef TESTS_UNIT_BARE_VFS_H
#define TESTS_UNIT_BARE_VFS_H

#include <errno.h>
#include <string.h>

#include <check.h>

#include "vfs/object/dentry.h"

struct bare_vfs {
        struct vfs vfs;
        struct vfs_filesystem *fs;
        unsigned int fs_releases;
        unsigned int dentry_releases;
};

/* A dentry with its inode; of a size that the arena aligns to 64. */
struct bare_node {
        struct vfs_dentry d;
        struct vfs_inode inode;
} __attribute__((aligned(64)));

static inline void bare_free_node(struct vfs_deferred *deferred, void *owner)
{
        struct vfs_dentry *d = vfs_container_of(deferred, struct vfs_dentry, deferred);

        vfs_dentry_fini(d);
        vfs_arena_free(owner, d, sizeof(struct bare_node));
}

static inline void bare_release_dentry(struct vfs_dentry *d)
{
        struct bare_vfs *bare = vfs_container_of(d->fs->vfs, struct bare_vfs, vfs);

        __atomic_fetch_add(&bare->dentry_releases, 1, __ATOMIC_RELAXED);
        d->deferred.free = bare_free_node;
        vfs_arena_defer(d->fs->arena, &d->deferred);
}

static inline void bare_release_fs(struct vfs_filesystem *fs)
{
        struct bare_vfs *bare = vfs_container_of(fs->vfs, struct bare_vfs, vfs);

        bare->fs_releases++;
        vfs_mem_free(fs->vfs, fs, sizeof(*fs));
}

static const struct vfs_filesystem_ops bare_fs_ops = { .size = sizeof(bare_fs_ops), .release = bare_release_fs };
static const struct vfs_dentry_ops bare_dentry_ops = { .size = sizeof(bare_dentry_ops),
                                                       .release = bare_release_dentry };

static inline void bare_init(struct bare_vfs *bare)
{
        memset(bare, 0, sizeof(*bare));
        bare->vfs.config.mount_max = 100000;
}

static inline int bare_fs_new(struct bare_vfs *bare, struct vfs_filesystem **ret_fs)
{
        struct vfs_filesystem *fs = vfs_mem_zalloc(&bare->vfs, sizeof(*fs));
        int r;

        if (fs == NULL)
                return -ENOMEM;
        r = vfs_filesystem_init(fs, &bare->vfs, NULL, &bare_fs_ops, &bare_dentry_ops, "source");
        if (r < 0)
                vfs_mem_free(&bare->vfs, fs, sizeof(*fs));
        else
                *ret_fs = fs;
        return r;
}

static inline int bare_node_new(struct vfs_filesystem *fs, const char *name, uint32_t mode,
                                struct vfs_dentry **ret_dentry)
{
        const struct vfs_timespec now = { .sec = 1, .nsec = 2 };
        struct bare_node *node = vfs_arena_zalloc(fs->arena, sizeof(*node));
        int r;

        if (node == NULL)
                return -ENOMEM;
        vfs_inode_init(&node->inode, fs, 7, mode, 1, 2, 1, 0, &now);
        r = vfs_dentry_init(&node->d, fs, &node->inode, name, strlen(name));
        if (r < 0)
                vfs_arena_free(fs->arena, node, sizeof(*node));
        else
                *ret_dentry = &node->d;
        return r;
}

static inline void bare_fini(struct bare_vfs *bare)
{
        vfs_epoch_synchronize(vfs_thread_get());
        vfs_limbo_drain(&bare->vfs.limbo, &bare->vfs);
#if VFS_DEBUG
        ck_assert_uint_eq(vfs_track_live(&bare->vfs.track, NULL, NULL), 0);
#endif
        vfs_track_fini(&bare->vfs.track);
        vfs_fstypes_fini(&bare->vfs);
}

#endif
