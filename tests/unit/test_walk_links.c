/*
 * What a walk holds of the symlinks that it is inside of, while it is in reference mode: their mounts too, since
 * nothing else keeps a symlink's filesystem; and what it forgets of them when it begins again. The clock is a hook, and
 * a walk asks it on its way: there the test unmounts and renames.
 */
#include <errno.h>

#include <vfs/vfs.h>

#include "tests/unit/test_main.h"

static struct vfs *vfs;
static struct vfs_cred *cred;
static struct vfs_mntns *ns;
static struct vfs_ctx ctx;
static int64_t seconds = 1000;
static void (*in_clock)(void); /* once, */
static int clock_asked;        /* when the clock was asked so often before */
static int result;

static void clock_hook(void *arg, struct vfs_timespec *ret_now)
{
        void (*work)(void) = in_clock;

        *ret_now = (struct vfs_timespec){ seconds, 0 };
        if (work == NULL || clock_asked-- > 0)
                return;
        in_clock = NULL;
        work();
}

static void setup(void)
{
        struct vfs_config config = { .size = sizeof(config), .clock = clock_hook };

        ck_assert_int_eq(vfs_new(&config, &vfs), 0);
        ck_assert_int_eq(vfs_cred_new_root(&cred), 0);
        ck_assert_int_eq(vfs_mntns_new(vfs, cred, "root", "tmpfs", 0, NULL, &ns), 0);
        vfs_ctx_init(&ctx, ns, cred);
        /* Without access times the symlink of /a asks no clock, so that the one of /b is the first to. */
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/a", 0755), 0);
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/b", 0755), 0);
        ck_assert_int_eq(vfs_mount(&ctx, "a", "/a", "tmpfs", VFS_MS_NOATIME, NULL), 0);
        ck_assert_int_eq(vfs_mount(&ctx, "b", "/b", "tmpfs", 0, NULL), 0);
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/b/d", 0755), 0);
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/b/d/e", 0755), 0);
        ck_assert_int_eq(vfs_symlink(&ctx, "d", NULL, "/b/inner"), 0);
        ck_assert_int_eq(vfs_symlink(&ctx, "/b/inner/file-with-a-name-of-more-than-32-bytes", NULL, "/a/last"), 0);
        ck_assert_int_eq(vfs_symlink(&ctx, "/b/d", NULL, "/a/dir"), 0);
        result = 1;
        seconds++;
}

static void teardown(void)
{
        vfs_mntns_put(ns);
        vfs_cred_put(cred);
        vfs_free(vfs);
}

static void umount_a(void)
{
        result = vfs_umount(&ctx, "/a", 0);
}

START_TEST(test_walk_inside_a_symlink_keeps_its_mount_busy)
{
        struct vfs_statx stx;
        struct vfs_file *file;

        in_clock = umount_a;
        ck_assert_int_eq(vfs_open(&ctx, NULL, "/a/last", VFS_O_CREAT | VFS_O_WRONLY, 0644, &file), 0);
        vfs_file_put(file);
        ck_assert_int_eq(result, -EBUSY);
        ck_assert_int_eq(vfs_statx(&ctx, NULL, "/b/d/file-with-a-name-of-more-than-32-bytes", 0, 0, &stx), 0);
        /* And nothing longer than the walk. */
        ck_assert_int_eq(vfs_umount(&ctx, "/a", 0), 0);
        ck_assert_int_eq(vfs_umount(&ctx, "/b", 0), 0);
}
END_TEST

START_TEST(test_walk_that_ends_behind_a_symlink_drops_its_mount)
{
        struct vfs_path path;

        ck_assert_int_eq(vfs_lookup(&ctx, NULL, "/a/dir", 0, &path), 0);
        ck_assert_int_eq(vfs_umount(&ctx, "/a", 0), 0);
        ck_assert_int_eq(vfs_umount(&ctx, "/b", 0), -EBUSY);
        vfs_path_put(&path);
        ck_assert_int_eq(vfs_umount(&ctx, "/b", 0), 0);
}
END_TEST

START_TEST(test_walk_that_fails_behind_a_symlink_drops_its_mount)
{
        struct vfs_file *file;

        ck_assert_int_eq(vfs_open(&ctx, NULL, "/a/dir", VFS_O_CREAT | VFS_O_WRONLY, 0644, &file), -EISDIR);
        ck_assert_int_eq(vfs_mkdir(&ctx, NULL, "/a/dir/e", 0755), -EEXIST);
        ck_assert_int_eq(vfs_symlink(&ctx, "loop", NULL, "/a/loop"), 0);
        ck_assert_int_eq(vfs_open(&ctx, NULL, "/a/loop", VFS_O_CREAT | VFS_O_WRONLY, 0644, &file), -ELOOP);
        ck_assert_int_eq(vfs_umount(&ctx, "/a", 0), 0);
        ck_assert_int_eq(vfs_umount(&ctx, "/b", 0), 0);
}
END_TEST

static void replace_first(void)
{
        result = vfs_rename(&ctx, NULL, "file", NULL, "first", 0);
}

START_TEST(test_walk_that_begins_again_forgets_what_symlinks_asked_for)
{
        struct vfs_file *file;
        struct vfs_path path;

        /* From the root of a detached mount, where ".." takes references. */
        ck_assert_int_eq(vfs_lookup(&ctx, NULL, "/b", 0, &path), 0);
        ck_assert_int_eq(vfs_umount(&ctx, "/b", VFS_MNT_DETACH), 0);
        ctx.cwd = path;
        ck_assert_int_eq(vfs_symlink(&ctx, "second/", NULL, "first"), 0);
        ck_assert_int_eq(vfs_symlink(&ctx, "..", NULL, "second"), 0);
        ck_assert_int_eq(vfs_open(&ctx, NULL, "file", VFS_O_CREAT | VFS_O_WRONLY, 0644, &file), 0);
        vfs_file_put(file);
        /* The slash asked for a directory; then there is a file in place of that symlink. */
        clock_asked = 1;
        in_clock = replace_first;
        ck_assert_int_eq(vfs_open(&ctx, NULL, "first", VFS_O_RDONLY, 0, &file), 0);
        vfs_file_put(file);
        ck_assert_int_eq(result, 0);
        vfs_path_put(&path);
}
END_TEST

TEST_MAIN_FIXTURE("walk links", setup, teardown, test_walk_inside_a_symlink_keeps_its_mount_busy,
                  test_walk_that_ends_behind_a_symlink_drops_its_mount,
                  test_walk_that_fails_behind_a_symlink_drops_its_mount,
                  test_walk_that_begins_again_forgets_what_symlinks_asked_for)
