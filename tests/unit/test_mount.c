/*
 * Mounts without paths: attaching, stacking, binding, unmounting, remounting, namespaces, mount points that are
 * removed, names and mountinfo; on filesystems that have nothing but dentries.
 */
#include <stdio.h>

#include <vfs/ops.h>
#include "tests/unit/bare_mount.h"
#include "tests/unit/test_main.h"

static struct bare_world w;
static struct vfs *vfs = &w.bare.vfs;
static struct vfs_mount *root;
static struct vfs_dentry *a, *b, *file; /* in the root filesystem: /a, /a/b, /file */

static void setup(void)
{
        bare_world_init(&w);
        root = w.root.mount;
        a = bare_child(w.root.dentry, "a", VFS_S_IFDIR | 0755);
        b = bare_child(a, "b", VFS_S_IFDIR | 0755);
        file = bare_child(w.root.dentry, "file", VFS_S_IFREG | 0644);
}

static void teardown(void)
{
        vfs_dentry_put(file);
        vfs_dentry_put(b);
        vfs_dentry_put(a);
        bare_world_fini(&w);
}

static struct vfs_mount *lookup(struct vfs_mount *mount, struct vfs_dentry *d)
{
        return vfs_mount_lookup_rcu(vfs, mount, d);
}

static const char *name_of(struct vfs_mount *mount, struct vfs_dentry *d)
{
        static char buf[VFS_PATH_MAX];
        const struct vfs_path path = { mount, d };
        int64_t n = vfs_path_name(&w.ctx, &path, buf, sizeof(buf));

        ck_assert_int_eq(n, (int64_t)strlen(buf) + 1);
        return buf;
}

static const char *mountinfo(void)
{
        static char buf[65536];
        int64_t n = vfs_mountinfo(&w.ctx, buf, sizeof(buf) - 1);

        ck_assert_int_ge(n, 0);
        ck_assert_int_lt(n, (int64_t)sizeof(buf) - 1);
        buf[n] = '\0';
        return buf;
}

/*
 * Attaching
 */

START_TEST(test_mount_new_covers_and_umount_uncovers)
{
        struct vfs_mount *m;
        struct vfs_path up;

        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        m = lookup(root, a);
        ck_assert_ptr_nonnull(m);
        ck_assert(a->word & VFS_D_MOUNTED);
        ck_assert(vfs_mount_parent_rcu(m, &up));
        ck_assert_ptr_eq(up.mount, root);
        ck_assert_ptr_eq(up.dentry, a);
        ck_assert_uint_eq(m->id, 2);
        ck_assert_int_eq(bare_umount(&w, root, a, 0), 0);
        ck_assert_ptr_null(lookup(root, a));
        ck_assert(!(a->word & VFS_D_MOUNTED));
        ck_assert_int_eq(bare_umount(&w, root, a, 0), -EINVAL);
        ck_assert_uint_eq(vfs->nmounts, 1);
}
END_TEST

START_TEST(test_mount_on_covered_place_goes_on_top)
{
        struct vfs_mount *first, *second;

        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        first = lookup(root, a);
        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        second = lookup(root, a);
        ck_assert_ptr_ne(first, second);
        ck_assert_ptr_eq(second->parent, first);
        ck_assert_ptr_eq(second->point, first->root);
        ck_assert_int_eq(bare_umount(&w, root, a, 0), 0);
        ck_assert_ptr_eq(lookup(root, a), first);
        ck_assert_int_eq(bare_umount(&w, root, a, 0), 0);
        ck_assert_ptr_null(lookup(root, a));
}
END_TEST

START_TEST(test_mount_umount_of_covered_path_takes_the_top)
{
        struct vfs_path first;

        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        first = bare_top(root, a);
        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        /* As umount(".") with a working directory in the covered mount. */
        ck_assert_int_eq(vfs_mount_umount_at(&w.ctx, &first, 0), 0);
        ck_assert_ptr_eq(lookup(root, a), first.mount);
        vfs_path_put(&first);
        ck_assert_int_eq(bare_umount(&w, root, a, 0), 0);
}
END_TEST

START_TEST(test_mount_on_file_or_file_on_directory_is_enotdir)
{
        const struct vfs_path f = { root, file }, d = { root, a };

        ck_assert_int_eq(bare_mount(&w, root, file, 0), -ENOTDIR);
        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &f, &d, 0), -ENOTDIR);
        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &d, &f, 0), -ENOTDIR);
        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &f, &f, 0), 0);
        ck_assert_ptr_eq(lookup(root, file)->root, file);
        ck_assert_int_eq(bare_umount(&w, root, file, 0), 0);
        ck_assert_uint_eq(vfs->nmounts, 1);
}
END_TEST

START_TEST(test_mount_on_removed_is_enoent)
{
        const struct vfs_path target = { root, a };

        ck_assert_int_eq(vfs_dentry_prepare_delete(w.ctx.mntns, a), 0);
        vfs_dentry_commit_delete(a);
        vfs_dentry_detach_mounts(a);
        ck_assert_int_eq(bare_mount(&w, root, a, 0), -ENOENT);
        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &w.root, &target, 0), -ENOENT);
}
END_TEST

START_TEST(test_mount_unknown_type_is_enodev)
{
        ck_assert_int_eq(vfs_mount_new_at(&w.ctx, &w.root, "x", "nope", 0, NULL), -ENODEV);
        ck_assert_int_eq(vfs_mount_new_at(&w.ctx, &w.root, "x", NULL, 0, NULL), -EINVAL);
}
END_TEST

static struct vfs_filesystem *shared_fs;
static struct vfs_dentry *shared_root;

static int shared_get_tree(struct vfs_fs_context *fc, struct vfs_filesystem **ret_fs,
                           struct vfs_dentry **ret_root)
{
        vfs_filesystem_get(shared_fs);
        vfs_dentry_get(shared_root);
        *ret_fs = shared_fs;
        *ret_root = shared_root;
        return 0;
}

static const struct vfs_fstype shared_type = { .size = sizeof(shared_type),
                                               .name = "shared",
                                               .get_tree = shared_get_tree };

START_TEST(test_mount_same_filesystem_twice_in_one_place_is_ebusy)
{
        const struct vfs_path target = { root, a };

        ck_assert_int_eq(vfs_fstype_register(vfs, &shared_type), 0);
        ck_assert_int_eq(vfs_mount_new_filesystem(vfs, w.cred, NULL, "s", "bare", 0, NULL, &shared_fs,
                                                  &shared_root),
                         0);
        ck_assert_int_eq(vfs_mount_new_at(&w.ctx, &target, "x", "shared", 0, NULL), 0);
        ck_assert_int_eq(vfs_mount_new_at(&w.ctx, &target, "x", "shared", 0, NULL), -EBUSY);
        /* Another filesystem between them is enough. */
        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        ck_assert_int_eq(vfs_mount_new_at(&w.ctx, &target, "x", "shared", 0, NULL), 0);
        ck_assert_int_eq(bare_umount(&w, root, a, 0), 0);
        ck_assert_int_eq(bare_umount(&w, root, a, 0), 0);
        ck_assert_int_eq(bare_umount(&w, root, a, 0), 0);
        vfs_dentry_put(shared_root);
        vfs_filesystem_put(shared_fs);
}
END_TEST

START_TEST(test_mount_beyond_mount_max_is_enospc)
{
        const struct vfs_path target = { root, a };

        vfs->config.mount_max = 3;
        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        ck_assert_int_eq(bare_mount(&w, root, a, 0), -ENOSPC);
        ck_assert_int_eq(bare_umount(&w, root, a, 0), 0);
        /* Root and one mount: a copy of both does not fit. */
        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &w.root, &target, VFS_MS_BIND | VFS_MS_REC), -ENOSPC);
        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &w.root, &target, VFS_MS_BIND), 0);
        ck_assert_uint_eq(w.ctx.mntns->list.count, 3);
        ck_assert_int_eq(bare_umount(&w, root, a, VFS_MNT_DETACH), 0);
}
END_TEST

START_TEST(test_mount_in_other_namespace_is_einval)
{
        struct vfs_mntns *other;
        struct vfs_path place;

        ck_assert_int_eq(vfs_mntns_new(vfs, w.cred, "x", "bare", 0, NULL, &other), 0);
        vfs_mntns_root(other, &place);
        ck_assert_int_eq(bare_mount(&w, place.mount, place.dentry, 0), -EINVAL);
        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &place, &w.root, 0), -EINVAL);
        ck_assert_int_eq(vfs_mount_umount_at(&w.ctx, &place, VFS_MNT_DETACH), -EINVAL);
        ck_assert_int_eq(vfs_mount_remount_at(&w.ctx, &place, VFS_MS_REMOUNT, NULL), -EINVAL);
        vfs_path_put(&place);
        vfs_mntns_put(other);
}
END_TEST

/*
 * Binds
 */

START_TEST(test_mount_bind_begins_at_the_source)
{
        const struct vfs_path source = { root, a }, target = { root, b };
        struct vfs_mount *m;

        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &source, &target, VFS_MS_BIND | VFS_MS_RDONLY), 0);
        m = lookup(root, b);
        ck_assert_ptr_eq(m->root, a);
        ck_assert_ptr_eq(m->fs, root->fs);
        ck_assert(!vfs_mount_is_rdonly(m));
        ck_assert_str_eq(name_of(m, b), "/a/b/b");
        ck_assert_int_eq(bare_umount(&w, root, b, 0), 0);
}
END_TEST

START_TEST(test_mount_bind_copies_flags)
{
        const struct vfs_path target = { root, b };
        struct vfs_path source;

        ck_assert_int_eq(bare_mount(&w, root, a, VFS_MS_RDONLY | VFS_MS_NODEV | VFS_MS_NOATIME), 0);
        source = bare_top(root, a);
        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &source, &target, VFS_MS_BIND), 0);
        ck_assert_uint_eq(lookup(root, b)->flags, VFS_MS_RDONLY | VFS_MS_NODEV | VFS_MS_NOATIME);
        ck_assert(lookup(root, b)->writers & VFS_MOUNT_RDONLY);
        vfs_path_put(&source);
        ck_assert_int_eq(bare_umount(&w, root, b, 0), 0);
        ck_assert_int_eq(bare_umount(&w, root, a, 0), 0);
}
END_TEST

START_TEST(test_mount_bind_recursive_copies_what_is_below)
{
        struct vfs_dentry *c = bare_child(w.root.dentry, "c", VFS_S_IFDIR | 0755);
        const struct vfs_path source = { root, a }, target = { root, c };
        struct vfs_mount *m, *copy;

        /* Two stacked on /a/b, one on /file (outside of the source). */
        ck_assert_int_eq(bare_mount(&w, root, b, VFS_MS_NOEXEC), 0);
        ck_assert_int_eq(bare_mount(&w, root, b, 0), 0);
        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &(struct vfs_path){ root, file },
                                           &(struct vfs_path){ root, file }, 0),
                         0);
        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &source, &target, VFS_MS_BIND | VFS_MS_REC), 0);
        m = lookup(root, c);
        ck_assert_ptr_eq(m->root, a);
        copy = lookup(m, b);
        ck_assert_ptr_nonnull(copy);
        ck_assert_ptr_eq(copy->root, lookup(root, b)->root);
        ck_assert_ptr_ne(copy, lookup(root, b));
        ck_assert_uint_eq(copy->parent->flags, VFS_MS_NOEXEC | VFS_MS_RELATIME);
        ck_assert_uint_eq(w.ctx.mntns->list.count, 7);
        ck_assert_int_eq(bare_umount(&w, root, c, 0), -EBUSY);
        ck_assert_int_eq(bare_umount(&w, root, c, VFS_MNT_DETACH), 0);
        ck_assert_uint_eq(w.ctx.mntns->list.count, 4);
        ck_assert_uint_eq(vfs->nmounts, 4);
        ck_assert_int_eq(bare_umount(&w, root, file, 0), 0);
        ck_assert_int_eq(bare_umount(&w, root, b, 0), 0);
        ck_assert_int_eq(bare_umount(&w, root, b, 0), 0);
        vfs_dentry_put(c);
}
END_TEST

START_TEST(test_mount_bind_recursive_of_root_below_itself_ends)
{
        const struct vfs_path target = { root, b };

        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &w.root, &target, VFS_MS_BIND | VFS_MS_REC), 0);
        ck_assert_uint_eq(w.ctx.mntns->list.count, 4);
        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &w.root, &target, VFS_MS_BIND | VFS_MS_REC), 0);
        ck_assert_uint_eq(w.ctx.mntns->list.count, 8);
}
END_TEST

START_TEST(test_mount_bind_without_rec_leaves_mounts_behind)
{
        const struct vfs_path source = { root, a }, target = { root, a };

        ck_assert_int_eq(bare_mount(&w, root, b, 0), 0);
        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &source, &target, VFS_MS_BIND), 0);
        ck_assert_ptr_null(lookup(lookup(root, a), b));
}
END_TEST

/*
 * Unmounting
 */

START_TEST(test_mount_umount_busy_with_child_or_reference)
{
        struct vfs_mount *m;
        struct vfs_path top;

        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        top = bare_top(root, a);
        m = top.mount;
        ck_assert_int_eq(bare_umount(&w, root, a, 0), -EBUSY);
        ck_assert_int_eq(bare_umount(&w, root, a, VFS_MNT_FORCE), -EBUSY);
        vfs_path_put(&top);
        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        top.mount = m;
        top.dentry = m->root;
        ck_assert_int_eq(bare_umount(&w, root, a, 0), 0);
        ck_assert_int_eq(bare_umount(&w, root, a, VFS_MNT_FORCE), 0);
}
END_TEST

START_TEST(test_mount_tryget_after_umount_fails)
{
        struct vfs_thread *thread = vfs_thread_get();
        struct vfs_filesystem *fs;
        struct vfs_mount *m;

        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        /* Freeing a filesystem waits for sections, such as this test's. */
        fs = lookup(root, a)->fs;
        vfs_filesystem_get(fs);
        vfs_epoch_enter(thread);
        m = lookup(root, a);
        ck_assert(vfs_mount_tryget(m));
        vfs_mount_put(m);
        /* As a walk that still sees it. */
        ck_assert_int_eq(bare_umount(&w, root, a, 0), 0);
        ck_assert_uint_eq(m->refs, VFS_MOUNT_UMOUNTED);
        ck_assert(!vfs_mount_tryget(m));
        vfs_epoch_exit(thread);
        vfs_filesystem_put(fs);
}
END_TEST

START_TEST(test_mount_umount_inside_a_mount_is_einval)
{
        struct vfs_path inside = { root, file };

        ck_assert_int_eq(vfs_mount_umount_at(&w.ctx, &inside, 0), -EINVAL);
        ck_assert_int_eq(vfs_mount_umount_at(&w.ctx, &inside, VFS_MNT_DETACH), -EINVAL);
}
END_TEST

START_TEST(test_mount_detach_takes_the_tree_apart)
{
        struct vfs_path top, child;
        struct vfs_dentry *inside;

        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        top = bare_top(root, a);
        inside = bare_child(top.dentry, "inside", VFS_S_IFDIR | 0755);
        ck_assert_int_eq(bare_mount(&w, top.mount, inside, 0), 0);
        child = bare_top(top.mount, inside);
        ck_assert_str_eq(name_of(child.mount, child.dentry), "/a/inside");
        ck_assert_int_eq(bare_umount(&w, root, a, VFS_MNT_DETACH), 0);

        ck_assert_ptr_null(lookup(root, a));
        ck_assert_ptr_null(lookup(top.mount, inside));
        ck_assert_str_eq(name_of(top.mount, inside), "/inside");
        ck_assert_str_eq(name_of(child.mount, child.dentry), "/");
        /* Detached mounts are alive, but nothing can be mounted on them, and they cannot be bound or unmounted. */
        ck_assert(vfs_mount_tryget(top.mount));
        vfs_mount_put(top.mount);
        ck_assert_int_eq(bare_mount(&w, top.mount, inside, 0), -ENOENT);
        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &top, &w.root, 0), -EINVAL);
        ck_assert_int_eq(vfs_mount_umount_at(&w.ctx, &top, 0), -EINVAL);
        ck_assert_int_eq(vfs_mount_remount_at(&w.ctx, &top, VFS_MS_REMOUNT | VFS_MS_BIND, NULL), -EINVAL);
        ck_assert_int_eq(vfs_mount_begin_write(top.mount), 0);
        vfs_mount_end_write(top.mount);
        ck_assert_uint_eq(vfs->nmounts, 3);
        vfs_path_put(&child);
        vfs_dentry_put(inside);
        vfs_path_put(&top);
        ck_assert_uint_eq(vfs->nmounts, 1);
}
END_TEST

START_TEST(test_mount_getcwd_in_detached_is_unreachable)
{
        struct vfs_ctx ctx = w.ctx;
        struct vfs_path top;
        char buf[64];

        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        top = bare_top(root, a);
        ctx.cwd = top;
        ck_assert_int_eq(vfs_getcwd(&ctx, buf, sizeof(buf)), 3);
        ck_assert_str_eq(buf, "/a");
        ck_assert_int_eq(vfs_getcwd(&ctx, buf, 2), -ERANGE);
        ck_assert_int_eq(bare_umount(&w, root, a, VFS_MNT_DETACH), 0);
        ck_assert_int_eq(vfs_getcwd(&ctx, buf, sizeof(buf)), 15);
        ck_assert_str_eq(buf, "(unreachable)/");
        vfs_path_put(&top);
}
END_TEST

START_TEST(test_mount_umount_of_root_makes_it_read_only)
{
        const struct vfs_path target = { root, root->root };

        vfs_path_get(&target);
        ck_assert_int_eq(vfs_mount_begin_write(root), 0);
        ck_assert_int_eq(vfs_mount_umount_at(&w.ctx, &target, 0), -EBUSY);
        vfs_mount_end_write(root);
        ck_assert(!vfs_mount_is_rdonly(root));
        ck_assert_int_eq(vfs_mount_umount_at(&w.ctx, &target, 0), 0);
        ck_assert_int_eq(vfs_mount_begin_write(root), -EROFS);
        ck_assert_int_eq(vfs_mount_umount_at(&w.ctx, &target, 0), 0);
        ck_assert_int_eq(vfs_mount_remount_at(&w.ctx, &target, VFS_MS_REMOUNT, NULL), 0);
        ck_assert_int_eq(vfs_mount_begin_write(root), 0);
        vfs_mount_end_write(root);
        vfs_path_put(&(struct vfs_path){ target.mount, target.dentry });
}
END_TEST

START_TEST(test_mount_umount_of_namespace_root_from_below_is_ebusy)
{
        struct vfs_ctx jailed = w.ctx;
        struct vfs_path top;

        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        top = bare_top(root, a);
        jailed.root = top;
        ck_assert_int_eq(vfs_mount_umount_at(&jailed, &w.root, 0), -EBUSY);
        vfs_path_put(&top);
}
END_TEST

START_TEST(test_mount_detach_of_root_empties_the_namespace)
{
        struct vfs_path place;

        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        ck_assert_int_eq(vfs_mount_umount_at(&w.ctx, &w.root, VFS_MNT_DETACH), 0);
        ck_assert_uint_eq(w.ctx.mntns->list.count, 0);
        ck_assert_str_eq(mountinfo(), "");
        ck_assert_int_eq(bare_mount(&w, root, a, 0), -ENOENT);
        vfs_mntns_root(w.ctx.mntns, &place);
        ck_assert_ptr_eq(place.mount, root);
        vfs_path_put(&place);
}
END_TEST

START_TEST(test_mount_very_deep_stack_is_freed_without_recursion)
{
        struct vfs_path target = w.root;
        struct vfs_mount *m = root;

        /* Each on the one before; everything at once with the namespace, in teardown. */
        for (int i = 0; i < 10000; i++) {
                ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &w.root, &target, 0), 0);
                m = target.mount->children;
                target.mount = m;
        }
        ck_assert_uint_eq(w.ctx.mntns->list.count, 10001);
}
END_TEST

/*
 * Mount points that go
 */

START_TEST(test_mount_point_in_own_namespace_cannot_be_removed)
{
        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        ck_assert_int_eq(vfs_dentry_prepare_delete(w.ctx.mntns, a), -EBUSY);
        ck_assert_int_eq(vfs_dentry_prepare_rename(w.ctx.mntns, a, NULL), -EBUSY);
        ck_assert_int_eq(vfs_dentry_prepare_rename(w.ctx.mntns, b, a), -EBUSY);
        ck_assert_int_eq(vfs_dentry_prepare_rename(w.ctx.mntns, a, b), -EBUSY);
        ck_assert_int_eq(vfs_dentry_prepare_rename(w.ctx.mntns, b, file), 0);
        vfs_dentry_abort_rename(b, file);
        ck_assert_int_eq(bare_umount(&w, root, a, 0), 0);
        ck_assert_int_eq(vfs_dentry_prepare_rename(w.ctx.mntns, b, a), 0);
        vfs_dentry_commit_rename(b, a, 0);
        ck_assert(!(a->word & VFS_D_DEAD));
        ck_assert_int_eq(vfs_dentry_prepare_rename(w.ctx.mntns, b, a), 0);
        vfs_dentry_commit_rename(b, a, 1);
        ck_assert(a->word & VFS_D_DEAD);
        ck_assert(!(b->word & VFS_D_DEAD));
}
END_TEST

/* A second namespace that shows the same filesystem, as if it had been copied. */
static struct vfs_mntns *second_namespace(struct vfs_ctx *ret_ctx)
{
        struct vfs_mntns *ns;

        ck_assert_int_eq(vfs_fstype_register(vfs, &shared_type), 0);
        shared_fs = root->fs;
        shared_root = root->root;
        ck_assert_int_eq(vfs_mntns_new(vfs, w.cred, "x", "shared", 0, NULL, &ns), 0);
        vfs_ctx_init(ret_ctx, ns, NULL);
        return ns;
}

START_TEST(test_mount_point_removed_in_other_namespace_detaches)
{
        struct vfs_dentry *inside;
        struct vfs_path top, child;
        struct vfs_mntns *ns;
        struct vfs_ctx ctx;

        ns = second_namespace(&ctx);
        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        top = bare_top(root, a);
        inside = bare_child(top.dentry, "inside", VFS_S_IFDIR | 0755);
        ck_assert_int_eq(bare_mount(&w, top.mount, inside, 0), 0);
        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);

        ck_assert_int_eq(vfs_dentry_prepare_delete(ns, a), 0);
        vfs_dentry_commit_delete(a);
        vfs_dentry_detach_mounts(a);
        ck_assert_ptr_null(lookup(root, a));
        ck_assert_uint_eq(w.ctx.mntns->list.count, 1);
        ck_assert_uint_eq(a->mounts, 0);

        /* Who was inside sees what was mounted below, until nobody holds the mount it is on. */
        child = bare_top(top.mount, inside);
        ck_assert_ptr_ne(child.mount, top.mount);
        ck_assert_ptr_eq(child.mount->parent, top.mount);
        ck_assert_str_eq(name_of(child.mount, child.dentry), "/inside");
        vfs_dentry_put(inside);
        vfs_dentry_put(top.dentry);
        vfs_mount_put(top.mount);
        ck_assert_ptr_null(child.mount->parent);
        ck_assert_str_eq(name_of(child.mount, child.dentry), "/");
        ck_assert_uint_eq(vfs->nmounts, 3);
        vfs_path_put(&child);
        ck_assert_uint_eq(vfs->nmounts, 2);
        vfs_mntns_put(ns);
}
END_TEST

START_TEST(test_mount_point_inside_detached_removed_disconnects)
{
        struct vfs_dentry *inside;
        struct vfs_path top;
        struct vfs_mntns *ns;
        struct vfs_ctx ctx;

        ns = second_namespace(&ctx);
        ck_assert_int_eq(bare_mount(&w, root, a, 0), 0);
        top = bare_top(root, a);
        inside = bare_child(top.dentry, "inside", VFS_S_IFDIR | 0755);
        ck_assert_int_eq(bare_mount(&w, top.mount, inside, 0), 0);
        ck_assert_int_eq(vfs_dentry_prepare_delete(ns, a), 0);
        vfs_dentry_commit_delete(a);
        vfs_dentry_detach_mounts(a);
        ck_assert_ptr_nonnull(lookup(top.mount, inside));
        /* Not in a namespace any more, so it does not keep its mount point. */
        ck_assert_int_eq(vfs_dentry_prepare_delete(w.ctx.mntns, inside), 0);
        vfs_dentry_commit_delete(inside);
        vfs_dentry_detach_mounts(inside);
        ck_assert_ptr_null(lookup(top.mount, inside));
        ck_assert_uint_eq(vfs->nmounts, 3);
        vfs_dentry_put(inside);
        vfs_path_put(&top);
        vfs_mntns_put(ns);
}
END_TEST

/*
 * Flags
 */

START_TEST(test_mount_flags_as_mount_reads_them)
{
        static const struct {
                uint64_t flags;
                uint32_t result;
        } cases[] = {
                { 0, VFS_MS_RELATIME },
                { VFS_MS_RELATIME, VFS_MS_RELATIME },
                { VFS_MS_NOATIME, VFS_MS_NOATIME },
                { VFS_MS_NOATIME | VFS_MS_RELATIME, VFS_MS_NOATIME },
                { VFS_MS_STRICTATIME, 0 },
                { VFS_MS_NOATIME | VFS_MS_STRICTATIME, 0 },
                { VFS_MS_NODIRATIME, VFS_MS_NODIRATIME | VFS_MS_RELATIME },
                { VFS_MS_RDONLY | VFS_MS_NOSUID | VFS_MS_NODEV | VFS_MS_NOEXEC | VFS_MS_NOSYMFOLLOW |
                          VFS_MS_SILENT,
                  VFS_MS_RDONLY | VFS_MS_NOSUID | VFS_MS_NODEV | VFS_MS_NOEXEC | VFS_MS_NOSYMFOLLOW |
                          VFS_MS_RELATIME },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                ck_assert_uint_eq(vfs_mount_parse_flags(cases[i].flags), cases[i].result);
}
END_TEST

START_TEST(test_mount_remount_bind_changes_one_mount)
{
        const struct vfs_path target = { root, a };
        struct vfs_path bound;

        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &w.root, &target, 0), 0);
        bound = bare_top(root, a);
        ck_assert_int_eq(vfs_mount_begin_write(root), 0);
        ck_assert_int_eq(
                vfs_mount_remount_at(&w.ctx, &bound, VFS_MS_REMOUNT | VFS_MS_BIND | VFS_MS_RDONLY, NULL), 0);
        ck_assert_int_eq(vfs_mount_begin_write(bound.mount), -EROFS);
        ck_assert_int_eq(
                vfs_mount_remount_at(&w.ctx, &w.root, VFS_MS_REMOUNT | VFS_MS_BIND | VFS_MS_RDONLY, NULL),
                -EBUSY);
        vfs_mount_end_write(root);
        /* No root of a mount. */
        ck_assert_int_eq(vfs_mount_remount_at(&w.ctx, &target, VFS_MS_REMOUNT | VFS_MS_BIND, NULL), -EINVAL);
        ck_assert_int_eq(vfs_mount_remount_at(&w.ctx, &bound, VFS_MS_REMOUNT | VFS_MS_BIND, "ignored"), 0);
        ck_assert_int_eq(vfs_mount_begin_write(bound.mount), 0);
        vfs_mount_end_write(bound.mount);
        vfs_path_put(&bound);
}
END_TEST

START_TEST(test_mount_remount_keeps_access_times_unless_told)
{
        const uint64_t remount = VFS_MS_REMOUNT | VFS_MS_BIND;

        ck_assert_int_eq(vfs_mount_remount_at(&w.ctx, &w.root, remount | VFS_MS_NOATIME, NULL), 0);
        ck_assert_int_eq(vfs_mount_remount_at(&w.ctx, &w.root, remount | VFS_MS_NODEV, NULL), 0);
        ck_assert_uint_eq(root->flags, VFS_MS_NOATIME | VFS_MS_NODEV);
        ck_assert_int_eq(vfs_mount_remount_at(&w.ctx, &w.root, remount | VFS_MS_NODIRATIME, NULL), 0);
        ck_assert_uint_eq(root->flags, VFS_MS_NODIRATIME | VFS_MS_RELATIME);
        ck_assert_int_eq(vfs_mount_remount_at(&w.ctx, &w.root, remount | VFS_MS_STRICTATIME, NULL), 0);
        ck_assert_uint_eq(root->flags, 0);
        ck_assert_int_eq(vfs_mount_remount_at(&w.ctx, &w.root, remount, NULL), 0);
        ck_assert_uint_eq(root->flags, 0);
}
END_TEST

START_TEST(test_mount_remount_of_filesystem_asks_all_its_mounts)
{
        const struct vfs_path target = { root, a };
        struct vfs_path bound;

        ck_assert_int_eq(vfs_mount_bind_at(&w.ctx, &w.root, &target, 0), 0);
        bound = bare_top(root, a);
        ck_assert_int_eq(vfs_mount_begin_write(bound.mount), 0);
        ck_assert_int_eq(vfs_mount_remount_at(&w.ctx, &w.root, VFS_MS_REMOUNT | VFS_MS_RDONLY, NULL), -EBUSY);
        ck_assert(!vfs_mount_is_rdonly(root));
        vfs_mount_end_write(bound.mount);
        ck_assert_int_eq(vfs_mount_remount_at(&w.ctx, &w.root, VFS_MS_REMOUNT | VFS_MS_RDONLY, NULL), 0);
        ck_assert_int_eq(vfs_mount_begin_write(bound.mount), -EROFS);
        ck_assert_int_eq(vfs_mount_begin_write(root), -EROFS);
        ck_assert(vfs_mount_is_rdonly(bound.mount));
        ck_assert_int_eq(vfs_mount_remount_at(&w.ctx, &w.root, VFS_MS_REMOUNT, "zork"), -EINVAL);
        ck_assert_int_eq(vfs_mount_remount_at(&w.ctx, &w.root, VFS_MS_REMOUNT, ""), 0);
        ck_assert_int_eq(vfs_mount_begin_write(bound.mount), 0);
        vfs_mount_end_write(bound.mount);
        vfs_path_put(&bound);
}
END_TEST

/*
 * Names
 */

START_TEST(test_mount_names_of_places)
{
        char longest[VFS_NAME_MAX + 1], expected[VFS_NAME_MAX + 16];
        struct vfs_dentry *d;

        memset(longest, 'n', VFS_NAME_MAX);
        longest[VFS_NAME_MAX] = '\0';
        d = bare_child(b, longest, VFS_S_IFREG | 0644);
        snprintf(expected, sizeof(expected), "/a/b/%s", longest);
        ck_assert_str_eq(name_of(root, d), expected);
        ck_assert_str_eq(name_of(root, w.root.dentry), "/");
        ck_assert_str_eq(name_of(root, b), "/a/b");
        d->word |= VFS_D_DEAD;
        strcat(expected, " (deleted)");
        ck_assert_str_eq(name_of(root, d), expected);
        vfs_dentry_put(d);
}
END_TEST

START_TEST(test_mount_names_are_relative_to_the_root)
{
        struct vfs_ctx jailed = w.ctx;
        char buf[32];

        jailed.root.dentry = a;
        jailed.cwd.dentry = b;
        ck_assert_int_eq(vfs_getcwd(&jailed, buf, sizeof(buf)), 3);
        ck_assert_str_eq(buf, "/b");
        jailed.cwd.dentry = a;
        ck_assert_int_eq(vfs_getcwd(&jailed, buf, sizeof(buf)), 2);
        ck_assert_str_eq(buf, "/");
        jailed.cwd.dentry = w.root.dentry;
        ck_assert_int_eq(vfs_getcwd(&jailed, buf, sizeof(buf)), 15);
        ck_assert_str_eq(buf, "(unreachable)/");
        jailed.cwd.dentry = file;
        file->word |= VFS_D_DEAD;
        ck_assert_int_eq(vfs_getcwd(&jailed, buf, sizeof(buf)), -ENOENT);
}
END_TEST

START_TEST(test_mount_names_that_do_not_fit)
{
        const struct vfs_path path = { root, b };
        char buf[32];

        ck_assert_int_eq(vfs_path_name(&w.ctx, &path, buf, 5), 5);
        ck_assert_str_eq(buf, "/a/b");
        ck_assert_int_eq(vfs_path_name(&w.ctx, &path, buf, 4), -ENAMETOOLONG);
        ck_assert_int_eq(vfs_path_name(&w.ctx, &path, buf, 0), -ENAMETOOLONG);
        b->word |= VFS_D_DEAD;
        ck_assert_int_eq(vfs_path_name(&w.ctx, &path, buf, 14), -ENAMETOOLONG);
        ck_assert_int_eq(vfs_path_name(&w.ctx, &path, buf, 15), 15);
        ck_assert_str_eq(buf, "/a/b (deleted)");
}
END_TEST

START_TEST(test_mountinfo_lists_what_the_root_reaches)
{
        struct vfs_dentry *odd = bare_child(a, " \t\n\\#", VFS_S_IFDIR | 0755);
        const struct vfs_path target = { root, odd };
        struct vfs_path top;
        char expected[512], few[8];

        ck_assert_int_eq(vfs_mount_new_at(&w.ctx, &target, "a b#\\\t\n", "bare",
                                          VFS_MS_RDONLY | VFS_MS_NOSUID | VFS_MS_NODEV | VFS_MS_NOEXEC |
                                                  VFS_MS_NODIRATIME | VFS_MS_NOSYMFOLLOW |
                                                  VFS_MS_SYNCHRONOUS | VFS_MS_DIRSYNC | VFS_MS_MANDLOCK |
                                                  VFS_MS_LAZYTIME,
                                          NULL),
                         0);
        ck_assert_int_eq(
                vfs_mount_bind_at(&w.ctx, &(struct vfs_path){ root, a }, &(struct vfs_path){ root, b }, 0),
                0);
        top = bare_top(root, odd);
        snprintf(expected, sizeof(expected),
                 "1 1 0:%u / / rw,relatime - bare rootsrc rw\n"
                 "2 1 0:%u / /a/\\040\\011\\012\\134# ro,nosuid,nodev,noexec,nodiratime,relatime,nosymfollow "
                 "- bare "
                 "a\\040b\\043\\134\\011\\012 ro,sync,dirsync,mand,lazytime\n"
                 "3 1 0:%u /a /a/b rw,relatime - bare rootsrc rw\n",
                 root->fs->dev_minor, top.mount->fs->dev_minor, root->fs->dev_minor);
        ck_assert_str_eq(mountinfo(), expected);
        ck_assert_int_eq(vfs_mountinfo(&w.ctx, few, sizeof(few)), (int64_t)strlen(expected));
        ck_assert_mem_eq(few, expected, sizeof(few));
        ck_assert_int_eq(vfs_mountinfo(&w.ctx, NULL, 0), (int64_t)strlen(expected));

        /* From inside of the first mount. */
        w.ctx.root = top;
        snprintf(expected, sizeof(expected),
                 "2 1 0:%u / / ro,nosuid,nodev,noexec,nodiratime,relatime,nosymfollow - bare "
                 "a\\040b\\043\\134\\011\\012 ro,sync,dirsync,mand,lazytime\n",
                 top.mount->fs->dev_minor);
        ck_assert_str_eq(mountinfo(), expected);
        w.ctx.root = w.root;
        vfs_path_put(&top);
        a->word |= VFS_D_DEAD;
        ck_assert_ptr_nonnull(strstr(mountinfo(), "3 1 0:1 /a//deleted /a/b rw"));
        vfs_dentry_put(odd);
}
END_TEST

/*
 * Out of memory
 */

static int allocations_left;

static void *counting_alloc(void *user, size_t size)
{
        if (allocations_left-- > 0)
                return aligned_alloc(64, (size + 63) & ~(size_t)63);
        return NULL;
}

static void counting_free(void *user, void *p, size_t size)
{
        free(p);
}

START_TEST(test_mount_without_memory_changes_nothing)
{
        const struct vfs_allocator allocator = { counting_alloc, counting_free, NULL };
        struct vfs_path target;
        struct vfs_dentry *d;
        int r, failures = 0;

        teardown();
        for (int step = 0; step < 4; step++) {
                for (int n = 0;; n++) {
                        struct vfs_mntns *ns;

                        allocations_left = 100000;
                        bare_world_init_with(&w, &allocator);
                        d = bare_child(w.root.dentry, "d", VFS_S_IFDIR | 0755);
                        target.mount = w.root.mount;
                        target.dentry = d;
                        for (int i = 0; i < 20; i++)
                                ck_assert_int_eq(bare_mount(&w, w.root.mount, d, 0), 0);
                        allocations_left = n;
                        if (step == 0)
                                r = bare_mount(&w, w.root.mount, d, 0);
                        else if (step == 1)
                                r = vfs_mount_bind_at(&w.ctx, &w.root, &target, VFS_MS_REC);
                        else if (step == 2)
                                r = vfs_mountinfo(&w.ctx, NULL, 0) < 0 ? -ENOMEM : 0;
                        else
                                r = vfs_mntns_new(vfs, w.cred, "x", "bare", 0, NULL, &ns);
                        allocations_left = 100000;
                        if (r < 0) {
                                ck_assert_int_eq(r, -ENOMEM);
                                ck_assert_uint_eq(w.ctx.mntns->list.count, 21);
                                ck_assert_uint_eq(vfs->nmounts, 21);
                                failures++;
                        } else if (step == 3) {
                                vfs_mntns_put(ns);
                        }
                        vfs_dentry_put(d);
                        bare_world_fini(&w);
                        if (r == 0)
                                break;
                }
        }
        ck_assert_int_gt(failures, 10);
        setup();
}
END_TEST

TEST_MAIN_FIXTURE("mount", setup, teardown, test_mount_new_covers_and_umount_uncovers,
                  test_mount_on_covered_place_goes_on_top, test_mount_umount_of_covered_path_takes_the_top,
                  test_mount_on_file_or_file_on_directory_is_enotdir, test_mount_on_removed_is_enoent,
                  test_mount_unknown_type_is_enodev, test_mount_same_filesystem_twice_in_one_place_is_ebusy,
                  test_mount_beyond_mount_max_is_enospc, test_mount_in_other_namespace_is_einval,
                  test_mount_bind_begins_at_the_source, test_mount_bind_copies_flags,
                  test_mount_bind_recursive_copies_what_is_below,
                  test_mount_bind_recursive_of_root_below_itself_ends,
                  test_mount_bind_without_rec_leaves_mounts_behind,
                  test_mount_umount_busy_with_child_or_reference, test_mount_tryget_after_umount_fails,
                  test_mount_umount_inside_a_mount_is_einval, test_mount_detach_takes_the_tree_apart,
                  test_mount_getcwd_in_detached_is_unreachable, test_mount_umount_of_root_makes_it_read_only,
                  test_mount_umount_of_namespace_root_from_below_is_ebusy,
                  test_mount_detach_of_root_empties_the_namespace,
                  test_mount_very_deep_stack_is_freed_without_recursion,
                  test_mount_point_in_own_namespace_cannot_be_removed,
                  test_mount_point_removed_in_other_namespace_detaches,
                  test_mount_point_inside_detached_removed_disconnects, test_mount_flags_as_mount_reads_them,
                  test_mount_remount_bind_changes_one_mount,
                  test_mount_remount_keeps_access_times_unless_told,
                  test_mount_remount_of_filesystem_asks_all_its_mounts, test_mount_names_of_places,
                  test_mount_names_are_relative_to_the_root, test_mount_names_that_do_not_fit,
                  test_mountinfo_lists_what_the_root_reaches, test_mount_without_memory_changes_nothing)
