/*
 * The world of memfs_world.h, a second filesystem type whose name needs escapes and whose options are the
 * test's, and short names: for tests of what lists mounts.
 */
#ifndef TESTS_UNIT_LISTING_WORLD_H
#define TESTS_UNIT_LISTING_WORLD_H

#include <stdio.h>

#include "fsimpl/memfs/memfs.h"
#include "tests/unit/memfs_world.h"

static const char *odd_options; /* as a filesystem shows them: ",a=b" */

static void odd_show_options(struct vfs_filesystem *fs, char *buf, size_t size)
{
        snprintf(buf, size, "%s", odd_options);
}

static int odd_get_tree(struct vfs_fs_context *fc, struct vfs_filesystem **ret_fs,
                        struct vfs_dentry **ret_root)
{
        static struct vfs_filesystem_ops ops;
        int r = vfs_tmpfs_type.get_tree(fc, ret_fs, ret_root);

        if (r < 0)
                return r;
        ops = *(*ret_fs)->ops;
        ops.show_options = odd_show_options;
        (*ret_fs)->ops = &ops;
        return 0;
}

static struct vfs_fstype odd_type;

static inline void odd_register(void)
{
        odd_options = "";
        odd_type = vfs_tmpfs_type;
        odd_type.name = "od d\t#\n\\";
        odd_type.get_tree = odd_get_tree;
        ck_assert_int_eq(vfs_fstype_register(world_vfs, &odd_type), 0);
}

static inline void listing_setup(void)
{
        world_setup();
        odd_register();
}

/* With an allocator that can fail. */
static inline void listing_setup_failing(void)
{
        world_setup_failing();
        odd_register();
}

static inline void make_dir(const char *path)
{
        ck_assert_int_eq(vfs_mkdir(&root, NULL, path, 0755), 0);
}

/* mount(2) of a tmpfs with source "x" on a new directory. */
static inline void mount_on(const char *path, uint64_t flags)
{
        make_dir(path);
        ck_assert_int_eq(vfs_mount(&root, "x", path, "tmpfs", flags, NULL), 0);
}

/* A bind on a new directory. */
static inline void bind_on(const char *source, const char *path)
{
        make_dir(path);
        ck_assert_int_eq(vfs_mount(&root, source, path, NULL, VFS_MS_BIND, NULL), 0);
}

static inline void propagate(const char *path, uint64_t kind)
{
        ck_assert_int_eq(vfs_mount(&root, NULL, path, NULL, kind, NULL), 0);
}

/* ctx with its root at path; the caller puts root. */
static inline struct vfs_ctx chrooted(const struct vfs_ctx *ctx, const char *path)
{
        struct vfs_ctx jail = *ctx;

        ck_assert_int_eq(vfs_chroot(ctx, path, &jail.root), 0);
        jail.cwd = jail.root;
        return jail;
}

/* A context that stands in a new directory below ctx's: for paths that are longer than one call takes. */
static inline struct vfs_ctx descend(const struct vfs_ctx *from, const char *name, int times)
{
        struct vfs_ctx ctx = *from;
        struct vfs_path old;

        vfs_path_get(&ctx.cwd);
        for (int i = 0; i < times; i++) {
                ck_assert_int_eq(vfs_mkdir(&ctx, NULL, name, 0755), 0);
                old = ctx.cwd;
                ck_assert_int_eq(vfs_chdir(&ctx, NULL, name, &ctx.cwd), 0);
                vfs_path_put(&old);
        }
        return ctx;
}

#define NAME_200                                             \
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

#endif
