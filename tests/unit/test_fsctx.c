/*
 * Filesystem contexts: what a task's vfs_ctx sees of another's chdir and umask, and which references it holds.
 */
#include <vfs/fdtable.h>
#include <vfs/ops.h>

#include "tests/unit/bare_file.h"
#include "tests/unit/test_main.h"

static struct bare_files w;
static struct vfs_ctx *ctx;
static struct vfs_dentry *dirs[2];
static struct vfs_file *opened[2];

static void setup(void)
{
        ctx = bare_files_init(&w);
        for (int i = 0; i < 2; i++) {
                dirs[i] = bare_child(w.world.root.dentry, i == 0 ? "a" : "b", VFS_S_IFDIR | 0755);
                opened[i] = bare_must_open(&w, dirs[i], VFS_O_RDONLY);
        }
}

static void teardown(void)
{
        for (int i = 0; i < 2; i++) {
                vfs_file_put(opened[i]);
                ck_assert_uint_eq(dirs[i]->refs, 1);
                vfs_dentry_put(dirs[i]);
        }
        bare_files_fini(&w);
}

/* A task that uses fs. */
static struct vfs_ctx task_new(struct vfs_fsctx *fs)
{
        struct vfs_ctx task;

        memset(&task, 0, sizeof(task));
        task.cred = w.cred;
        vfs_fsctx_refresh(fs, &task);
        return task;
}

START_TEST(test_fsctx_begins_at_the_root)
        {
                struct vfs_fsctx *fs;
                struct vfs_ctx task;

                ck_assert_int_eq(vfs_fsctx_new(ctx->mntns, &fs), 0);
                task = task_new(fs);
                ck_assert_ptr_eq(task.vfs, ctx->vfs);
                ck_assert_ptr_eq(task.mntns, ctx->mntns);
                ck_assert_ptr_eq(task.root.mount, w.world.root.mount);
                ck_assert_ptr_eq(task.cwd.dentry, w.world.root.dentry);
                ck_assert_uint_eq(task.umask, 022);
                vfs_fsctx_release(&task);
                ck_assert_ptr_null(task.root.mount);
                vfs_fsctx_release(&task);
                vfs_fsctx_put(fs);
                vfs_fsctx_put(NULL);
        }
END_TEST

START_TEST(test_fsctx_shared_changes_reach_every_task)
        {
                struct vfs_ctx one, two, before;
                struct vfs_fsctx *fs;

                ck_assert_int_eq(vfs_fsctx_new(ctx->mntns, &fs), 0);
                one = task_new(fs);
                two = task_new(vfs_fsctx_get(fs));
                ck_assert_int_eq(vfs_fsctx_chdir(fs, &one, opened[0], NULL), 0);
                ck_assert_ptr_eq(two.cwd.dentry, w.world.root.dentry);
                vfs_fsctx_refresh(fs, &two);
                vfs_fsctx_refresh(fs, &one);
                ck_assert_ptr_eq(one.cwd.dentry, dirs[0]);
                ck_assert_ptr_eq(two.cwd.dentry, dirs[0]);
                /* Nothing is written while nothing changes. */
                before = two;
                vfs_fsctx_refresh(fs, &two);
                ck_assert_mem_eq(&before, &two, sizeof(two));
                ck_assert_uint_eq(vfs_fsctx_umask(fs, 01077), 022);
                ck_assert_uint_eq(vfs_fsctx_umask(fs, 077), 077);
                vfs_fsctx_refresh(fs, &two);
                ck_assert_uint_eq(two.umask, 077);
                ck_assert_int_eq(vfs_fsctx_chdir(fs, &one, VFS_BAD_FILE, NULL), -EBADF);
                vfs_fsctx_release(&one);
                vfs_fsctx_release(&two);
                vfs_fsctx_put(fs);
                vfs_fsctx_put(fs);
        }
END_TEST

START_TEST(test_fsctx_task_that_moves_to_a_copy_sees_the_copy)
        {
                struct vfs_fsctx *fs, *copy;
                struct vfs_ctx task;

                ck_assert_int_eq(vfs_fsctx_new(ctx->mntns, &fs), 0);
                task = task_new(fs);
                ck_assert_int_eq(vfs_fsctx_copy(fs, &copy), 0);
                /* Both changed once since the copy: the numbers of their states must differ all the same. */
                ck_assert_int_eq(vfs_fsctx_chdir(fs, &task, opened[0], NULL), 0);
                vfs_fsctx_refresh(fs, &task);
                ck_assert_ptr_eq(task.cwd.dentry, dirs[0]);
                ck_assert_int_eq(vfs_fsctx_chdir(copy, &task, opened[1], NULL), 0);
                vfs_fsctx_refresh(copy, &task);
                ck_assert_ptr_eq(task.cwd.dentry, dirs[1]);
                vfs_fsctx_refresh(fs, &task);
                ck_assert_ptr_eq(task.cwd.dentry, dirs[0]);
                vfs_fsctx_put(fs);
                vfs_fsctx_put(copy);
                /* The task's own references outlive the contexts. */
                ck_assert_uint_eq(dirs[0]->refs, 3);
                ck_assert_uint_eq(dirs[1]->refs, 2);
                vfs_fsctx_release(&task);
        }
END_TEST

TEST_MAIN_FIXTURE("fsctx", setup, teardown, test_fsctx_begins_at_the_root,
                  test_fsctx_shared_changes_reach_every_task,
                  test_fsctx_task_that_moves_to_a_copy_sees_the_copy)
