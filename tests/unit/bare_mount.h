/*
 * A namespace over filesystems of nothing but a root, for unit tests of mount/: type "bare" makes one, and
 * bare_child() hangs directories and files below it without any table of children.
 */
#ifndef TESTS_UNIT_BARE_MOUNT_H
#define TESTS_UNIT_BARE_MOUNT_H

#include "mount/internal.h"
#include "tests/unit/bare_vfs.h"

static inline int bare_get_tree(struct vfs_fs_context *fc, struct vfs_filesystem **ret_fs,
                                struct vfs_dentry **ret_root)
{
        struct vfs *vfs = vfs_fs_context_vfs(fc);
        struct vfs_filesystem *fs = vfs_mem_zalloc(vfs, sizeof(*fs));
        int r;

        if (fs == NULL)
                return -ENOMEM;
        r = vfs_filesystem_init_context(fs, fc, &bare_fs_ops, &bare_dentry_ops);
        if (r < 0) {
                vfs_mem_free(vfs, fs, sizeof(*fs));
                return r;
        }
        r = bare_node_new(fs, "", VFS_S_IFDIR | 0755, ret_root);
        if (r < 0)
                vfs_filesystem_put(fs);
        else
                *ret_fs = fs;
        return r;
}

static const struct vfs_fstype bare_type = { .size = sizeof(bare_type),
                                             .name = "bare",
                                             .get_tree = bare_get_tree };

struct bare_world {
        struct bare_vfs bare;
        struct vfs_ctx ctx;
        struct vfs_path root;
        struct vfs_cred *cred;
};

/* One namespace, whose root is a bare filesystem. allocator may be NULL. */
static inline void bare_world_init_with(struct bare_world *w, const struct vfs_allocator *allocator)
{
        struct vfs_mntns *ns;

        memset(w, 0, sizeof(*w));
        bare_init(&w->bare);
        if (allocator != NULL)
                w->bare.vfs.allocator = *allocator;
        for (int i = 0; i < 4; i++)
                w->bare.vfs.hash_key[i] = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(2 * i + 1);
        ck_assert_int_eq(vfs_mounts_init(&w->bare.vfs), 0);
        ck_assert_int_eq(vfs_fstype_register(&w->bare.vfs, &bare_type), 0);
        ck_assert_int_eq(vfs_cred_new_root(&w->cred), 0);
        ck_assert_int_eq(vfs_mntns_new(&w->bare.vfs, w->cred, "rootsrc", "bare", 0, NULL, &ns), 0);
        vfs_ctx_init(&w->ctx, ns, w->cred);
        w->root = w->ctx.root;
}

static inline void bare_world_init(struct bare_world *w)
{
        bare_world_init_with(w, NULL);
}

static inline void bare_world_fini(struct bare_world *w)
{
        vfs_mntns_put(w->ctx.mntns);
        vfs_cred_put(w->cred);
        vfs_mounts_fini(&w->bare.vfs);
        bare_fini(&w->bare);
}

/* A new node below dir; the caller gets its only reference, and puts it before the filesystem goes. */
static inline struct vfs_dentry *bare_child(struct vfs_dentry *dir, const char *name, uint32_t mode)
{
        struct vfs_dentry *d;

        ck_assert_int_eq(bare_node_new(dir->fs, name, mode, &d), 0);
        /* As a child that left its directory: it holds it. */
        vfs_dentry_get(dir);
        d->parent = dir;
        return d;
}

/* The topmost mount over (mount, d), referenced. */
static inline struct vfs_path bare_top(struct vfs_mount *mount, struct vfs_dentry *d)
{
        struct vfs_path path = { mount, d };
        struct vfs_mount *m;

        vfs_mounts_lock(mount->vfs);
        m = vfs_mount_lookup_rcu(mount->vfs, mount, d);
        if (m != NULL) {
                path.mount = m;
                path.dentry = m->root;
        }
        vfs_path_get(&path);
        vfs_mutex_unlock(&mount->vfs->mount_lock, VFS_LOCK_MOUNT);
        return path;
}

/* mount(2) of a new bare filesystem over (mount, d). */
static inline int bare_mount(struct bare_world *w, struct vfs_mount *mount, struct vfs_dentry *d,
                             uint64_t flags)
{
        const struct vfs_path path = { mount, d };

        return vfs_mount_new_at(&w->ctx, &path, "src", "bare", flags, NULL);
}

/* umount2(2) of what is on top at (mount, d), with the reference that a lookup would have. */
static inline int bare_umount(struct bare_world *w, struct vfs_mount *mount, struct vfs_dentry *d,
                              uint32_t flags)
{
        struct vfs_path path = bare_top(mount, d);
        int r = vfs_mount_umount_at(&w->ctx, &path, flags);

        vfs_path_put(&path);
        return r;
}

#endif
