/*
 * Open files, descriptor tables and contexts shared by threads, on memfs through the public API.
 */
#include <pthread.h>

#include "tests/unit/memfs_world.h"

#define THREADS 4
#define ROUNDS  2000

/* Runs fn in THREADS threads, with 0, 1, ... as its argument. */
static void run_threads(void *(*fn)(void *))
{
        pthread_t threads[THREADS];

        for (uintptr_t i = 0; i < THREADS; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, fn, (void *)i), 0);
        for (int i = 0; i < THREADS; i++)
                ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}

/* must_open, for threads: it keeps its error to itself. */
static struct vfs_file *thread_open(const char *path, uint32_t flags)
{
        struct vfs_file *file = NULL;

        ck_assert_int_eq(vfs_open(&root, NULL, path, flags, 0, &file), 0);
        return file;
}

/* Records of 24 bytes, all of one letter: every one must have arrived whole. */
#define RECORD 24

static void check_records(struct vfs_file *file)
{
        size_t counts[THREADS] = { 0 }, bad = 0;
        char buf[RECORD];

        ck_assert_uint_eq(fstat_of(file).size, (uint64_t)THREADS * ROUNDS * RECORD);
        for (int64_t at = 0; pread_from(file, buf, RECORD, at) == RECORD; at += RECORD) {
                for (int i = 1; i < RECORD; i++)
                        bad += buf[i] != buf[0];
                if (buf[0] >= 'a' && buf[0] < 'a' + THREADS)
                        counts[buf[0] - 'a']++;
        }
        ck_assert_uint_eq(bad, 0);
        for (int i = 0; i < THREADS; i++)
                ck_assert_uint_eq(counts[i], ROUNDS);
}

static struct vfs_file *shared;

static void *write_shared(void *arg)
{
        char buf[RECORD];

        memset(buf, 'a' + (int)(uintptr_t)arg, sizeof(buf));
        for (int i = 0; i < ROUNDS; i++)
                ck_assert_int_eq(write_to(shared, buf, sizeof(buf)), RECORD);
        return NULL;
}

START_TEST(test_threads_shared_offset_loses_no_write)
        {
                shared = must_open("/f", VFS_O_CREAT | VFS_O_RDWR);
                run_threads(write_shared);
                check_records(shared);
                vfs_file_put(shared);
        }
END_TEST

static void *append_own(void *arg)
{
        struct vfs_file *file = thread_open("/f", VFS_O_WRONLY | VFS_O_APPEND);
        char buf[RECORD];

        memset(buf, 'a' + (int)(uintptr_t)arg, sizeof(buf));
        for (int i = 0; i < ROUNDS; i++) {
                if (i % 2 == 0)
                        ck_assert_int_eq(write_to(file, buf, sizeof(buf)), RECORD);
                else
                        ck_assert_int_eq(pwrite_to(file, buf, sizeof(buf), 0), RECORD);
        }
        vfs_file_put(file);
        return NULL;
}

START_TEST(test_threads_append_is_atomic_between_open_files)
        {
                struct vfs_file *file = must_open("/f", VFS_O_CREAT | VFS_O_RDWR);

                run_threads(append_own);
                check_records(file);
                vfs_file_put(file);
        }
END_TEST

static struct vfs_fdtable *table;

/* Opens, duplicates, looks up and closes in a table that all share: a number is only ever one thread's. */
static void *use_table(void *arg)
{
        struct vfs_file *file = thread_open("/f", VFS_O_RDONLY);
        int fds[8];

        for (int round = 0; round < ROUNDS / 4; round++) {
                for (int i = 0; i < 8; i++) {
                        fds[i] = i % 2 == 0 ? vfs_fdtable_install(table, file, 0, VFS_O_CLOEXEC)
                                            : vfs_fdtable_dup(table, fds[i - 1]);
                        ck_assert_int_ge(fds[i], 0);
                        ck_assert_int_lt(fds[i], 8 * THREADS);
                }
                for (int i = 0; i < 8; i++) {
                        struct vfs_file *found;

                        ck_assert_int_eq(vfs_fdtable_file(table, fds[i], &found), 0);
                        ck_assert_ptr_eq(found, file);
                        ck_assert_int_eq(vfs_fdtable_close(table, fds[i]), 0);
                        vfs_file_put(found);
                }
        }
        vfs_file_put(file);
        return NULL;
}

START_TEST(test_threads_share_a_descriptor_table)
        {
                touch("/f");
                ck_assert_int_eq(vfs_fdtable_new(world_vfs, 0, &table), 0);
                run_threads(use_table);
                ck_assert_int_eq(vfs_fdtable_install(table, must_open("/f", 0), 0, 0), 0);
                {
                        struct vfs_file *file;

                        ck_assert_int_eq(vfs_fdtable_file(table, 0, &file), 0);
                        vfs_file_put(file);
                        vfs_file_put(file);
                }
                vfs_fdtable_put(table);
        }
END_TEST

static struct vfs_fsctx *fs;

/* Half of the tasks change directory, the others see one or the other. */
static void *use_context(void *arg)
{
        struct vfs_ctx task = { .cred = root.cred };
        struct vfs_statx st;
        int i;

        for (i = 0; i < ROUNDS; i++) {
                vfs_fsctx_refresh(fs, &task);
                if ((uintptr_t)arg % 2 == 0)
                        ck_assert_int_eq(vfs_fsctx_chdir(fs, &task, NULL, i % 2 == 0 ? "/a" : "/b"), 0);
                else
                        ck_assert_int_eq(vfs_statx(&task, NULL, "inside", 0, 0, &st), 0);
        }
        vfs_fsctx_release(&task);
        return NULL;
}

START_TEST(test_threads_share_a_filesystem_context)
        {
                struct vfs_ctx task = { .cred = root.cred };

                ck_assert_int_eq(vfs_mkdir(&root, NULL, "/a", 0755), 0);
                ck_assert_int_eq(vfs_mkdir(&root, NULL, "/b", 0755), 0);
                touch("/a/inside");
                touch("/b/inside");
                ck_assert_int_eq(vfs_fsctx_new(world_ns, &fs), 0);
                vfs_fsctx_refresh(fs, &task);
                ck_assert_int_eq(vfs_fsctx_chdir(fs, &task, NULL, "/a"), 0);
                vfs_fsctx_release(&task);
                run_threads(use_context);
                vfs_fsctx_put(fs);
        }
END_TEST

/* A FIFO by its path: the open blocks with no lock held that the other side's walk would need. */
static void *fifo_writer(void *arg)
{
        struct vfs_file *file = thread_open("/dir/fifo", VFS_O_WRONLY);

        ck_assert_int_eq(write_to(file, "hello", 5), 5);
        vfs_file_put(file);
        return NULL;
}

START_TEST(test_threads_fifo_by_path)
        {
                struct vfs_file *file;
                pthread_t thread;
                struct vfs_iter it;
                char buf[8];

                ck_assert_int_eq(vfs_mkdir(&root, NULL, "/dir", 0755), 0);
                ck_assert_int_eq(vfs_mknod(&root, NULL, "/dir/fifo", VFS_S_IFIFO | 0600, 0), 0);
                ck_assert_int_eq(open_error(&root, "/dir/fifo", VFS_O_WRONLY | VFS_O_NONBLOCK, 0), -ENXIO);
                ck_assert_int_eq(open_error(&root, "/dir/fifo", VFS_O_RDWR | VFS_O_TRUNC, 0), 0);
                for (int i = 0; i < 100; i++) {
                        ck_assert_int_eq(pthread_create(&thread, NULL, fifo_writer, NULL), 0);
                        file = thread_open("/dir/fifo", VFS_O_RDONLY);
                        vfs_iter_init_buf(&it, buf, sizeof(buf));
                        ck_assert_int_eq(vfs_file_read(&root, file, &it, 0), 5);
                        ck_assert_mem_eq(buf, "hello", 5);
                        /* The next writer must not meet this reader. */
                        pthread_join(thread, NULL);
                        vfs_file_put(file);
                }
                ck_assert_uint_eq(stat_of("/dir/fifo").size, 0);
        }
END_TEST

TEST_MAIN_FIXTURE("file_threads", world_setup, world_teardown, test_threads_shared_offset_loses_no_write,
                  test_threads_append_is_atomic_between_open_files, test_threads_share_a_descriptor_table,
                  test_threads_share_a_filesystem_context, test_threads_fifo_by_path)
