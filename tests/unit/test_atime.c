/*
 * Access times: noatime, nodiratime, relatime, strictatime, O_NOATIME, read-only mounts.
 */
#include "tests/unit/bare_file.h"
#include "tests/unit/test_main.h"

static struct bare_files w;
static struct vfs_ctx *ctx;
static struct vfs_timespec now;

static void clock_now(void *user, struct vfs_timespec *ret_now)
{
        *ret_now = now;
}

static void setup(void)
{
        ctx = bare_files_init(&w);
        now = (struct vfs_timespec){ 1000000, 7 };
        ctx->vfs->config.clock = clock_now;
}

static void teardown(void)
{
        bare_files_fini(&w);
}

static void remount(uint64_t flags)
{
        ck_assert_int_eq(vfs_mount_remount_at(ctx, &w.world.root, VFS_MS_REMOUNT | VFS_MS_BIND | flags, NULL),
                         0);
}

static void set_times(struct vfs_dentry *d, int64_t atime, int64_t mtime, int64_t ctime)
{
        d->inode->attr.atime = (struct vfs_statx_time){ .sec = atime };
        d->inode->attr.mtime = (struct vfs_statx_time){ .sec = mtime };
        d->inode->attr.ctime = (struct vfs_statx_time){ .sec = ctime };
}

/* Was the access time moved by a read? */
static bool accessed(struct vfs_dentry *d, uint32_t flags)
{
        struct vfs_file *file = bare_must_open(&w, d, flags);

        now.sec++;
        vfs_file_accessed(file);
        vfs_file_put(file);
        return d->inode->attr.atime.sec == now.sec && d->inode->attr.atime.nsec == 7;
}

START_TEST(test_atime_relatime)
        {
                remount(VFS_MS_RELATIME);
                set_times(w.reg, 999000, 999000, 998000);
                ck_assert(accessed(w.reg, 0));
                ck_assert(!accessed(w.reg, 0));
                set_times(w.reg, 999000, 998000, 999001);
                ck_assert(accessed(w.reg, 0));
                now.sec += 24 * 60 * 60 - 2;
                ck_assert(!accessed(w.reg, 0));
                ck_assert(accessed(w.reg, 0));
                /* A file whose access time lies in the future. */
                set_times(w.reg, 2000000, 1, 1);
                ck_assert(!accessed(w.reg, 0));
        }
END_TEST

START_TEST(test_atime_strict_and_none)
        {
                remount(VFS_MS_STRICTATIME);
                set_times(w.reg, 999000, 1, 1);
                ck_assert(accessed(w.reg, 0));
                ck_assert(accessed(w.reg, 0));
                ck_assert(!accessed(w.reg, VFS_O_NOATIME));
                ck_assert(accessed(w.world.root.dentry, 0));
                remount(VFS_MS_STRICTATIME | VFS_MS_NODIRATIME);
                ck_assert(!accessed(w.world.root.dentry, 0));
                ck_assert(accessed(w.reg, 0));
                remount(VFS_MS_NOATIME);
                ck_assert(!accessed(w.reg, 0));
                remount(VFS_MS_STRICTATIME | VFS_MS_RDONLY);
                ck_assert(!accessed(w.reg, 0));
        }
END_TEST

START_TEST(test_atime_getdents_counts_as_a_read)
        {
                struct vfs_file *dir = bare_must_open(&w, w.world.root.dentry, 0);
                char buf[100];

                remount(VFS_MS_STRICTATIME);
                now.sec += 5;
                ck_assert_int_gt(vfs_file_getdents(ctx, dir, buf, sizeof(buf)), 0);
                ck_assert_int_eq(w.world.root.dentry->inode->attr.atime.sec, now.sec);
                now.sec += 5;
                ck_assert_int_eq(vfs_file_lseek(ctx, dir, 0, VFS_SEEK_SET), 0);
                vfs_file_put(dir);
                ck_assert_int_eq(w.world.root.dentry->inode->attr.atime.sec, now.sec - 5);
        }
END_TEST

TEST_MAIN_FIXTURE("atime", setup, teardown, test_atime_relatime, test_atime_strict_and_none,
                  test_atime_getdents_counts_as_a_read)
