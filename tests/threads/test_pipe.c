/*
 * FIFOs: opens and reads that block, atomicity, ends, interruption through the hooks, times.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "tests/unit/bare_file.h"
#include "tests/unit/test_main.h"

static struct bare_files w;
static struct vfs_ctx *ctx;

static void setup(void)
{
        ctx = bare_files_init(&w);
}

static void teardown(void)
{
        ck_assert_ptr_null(w.fifo->inode->pipe);
        bare_files_fini(&w);
}

static void nap(void)
{
        const struct timespec ts = { 0, 20 * 1000 * 1000 };

        nanosleep(&ts, NULL);
}

/* A thread that opens the FIFO. */
struct opener {
        pthread_t thread;
        uint32_t flags;
        struct vfs_file *file;
        int r;
        uint32_t done;
};

static void *opener_run(void *arg)
{
        struct opener *o = arg;

        o->r = bare_open(&w, w.fifo, o->flags, &o->file);
        vfs_store(&o->done, 1);
        return NULL;
}

static void opener_start(struct opener *o, uint32_t flags)
{
        *o = (struct opener){ .flags = flags };
        ck_assert_int_eq(pthread_create(&o->thread, NULL, opener_run, o), 0);
}

static struct vfs_file *opener_join(struct opener *o)
{
        ck_assert_int_eq(pthread_join(o->thread, NULL), 0);
        return o->file;
}

START_TEST(test_pipe_open_modes_that_do_not_block)
        {
                struct vfs_file *file, *reader;

                ck_assert_int_eq(bare_open(&w, w.fifo, VFS_O_WRONLY | VFS_O_NONBLOCK, &file), -ENXIO);
                ck_assert_int_eq(bare_open(&w, w.fifo, VFS_O_ACCMODE, &file), -EINVAL);
                reader = bare_must_open(&w, w.fifo, VFS_O_RDONLY | VFS_O_NONBLOCK);
                file = bare_must_open(&w, w.fifo, VFS_O_WRONLY | VFS_O_NONBLOCK);
                vfs_file_put(file);
                file = bare_must_open(&w, w.fifo, VFS_O_WRONLY);
                vfs_file_put(file);
                vfs_file_put(reader);
                file = bare_must_open(&w, w.fifo, VFS_O_RDWR);
                reader = bare_must_open(&w, w.fifo, VFS_O_RDONLY);
                vfs_file_put(file);
                vfs_file_put(reader);
        }
END_TEST

START_TEST(test_pipe_open_waits_for_the_other_side)
        {
                struct opener reader, writer;

                opener_start(&reader, VFS_O_RDONLY);
                nap();
                ck_assert_uint_eq(vfs_load(&reader.done), 0);
                opener_start(&writer, VFS_O_WRONLY);
                vfs_file_put(opener_join(&reader));
                vfs_file_put(opener_join(&writer));
                ck_assert_int_eq(reader.r, 0);
                ck_assert_int_eq(writer.r, 0);
                opener_start(&writer, VFS_O_WRONLY);
                nap();
                ck_assert_uint_eq(vfs_load(&writer.done), 0);
                /* A partner that is gone again before the sleeper has looked still counts. */
                vfs_file_put(bare_must_open(&w, w.fifo, VFS_O_RDONLY | VFS_O_NONBLOCK));
                vfs_file_put(opener_join(&writer));
                ck_assert_int_eq(writer.r, 0);
        }
END_TEST

START_TEST(test_pipe_ends)
        {
                struct vfs_file *reader = bare_must_open(&w, w.fifo, VFS_O_RDONLY | VFS_O_NONBLOCK), *writer;
                char buf[8];

                ck_assert_int_eq(bare_do_read(&w, reader, buf, 8), 0);
                writer = bare_must_open(&w, w.fifo, VFS_O_WRONLY);
                ck_assert_int_eq(bare_do_read(&w, reader, buf, 8), -EAGAIN);
                ck_assert_int_eq(bare_do_read(&w, reader, buf, 0), 0);
                ck_assert_int_eq(bare_do_write(&w, writer, "abcdef", 6), 6);
                ck_assert_int_eq(bare_do_write(&w, writer, "", 0), 0);
                ck_assert_int_eq(bare_do_read(&w, reader, buf, 4), 4);
                ck_assert_mem_eq(buf, "abcd", 4);
                vfs_file_put(writer);
                ck_assert_int_eq(bare_do_read(&w, reader, buf, 8), 2);
                ck_assert_int_eq(bare_do_read(&w, reader, buf, 8), 0);
                writer = bare_must_open(&w, w.fifo, VFS_O_WRONLY);
                vfs_file_put(reader);
                ck_assert_int_eq(bare_do_write(&w, writer, "x", 1), -EPIPE);
                ck_assert_int_eq(bare_do_write(&w, writer, "x", 0), 0);
                vfs_file_put(writer);
        }
END_TEST

START_TEST(test_pipe_capacity_and_atomicity_without_blocking)
        {
                struct vfs_file *both = bare_must_open(&w, w.fifo, VFS_O_RDWR | VFS_O_NONBLOCK);
                static char big[70000], got[70000];

                for (size_t i = 0; i < sizeof(big); i++)
                        big[i] = (char)(i * 7 % 251);
                ck_assert_int_eq(bare_do_write(&w, both, big, sizeof(big)), 65536);
                ck_assert_int_eq(bare_do_write(&w, both, big, 1), -EAGAIN);
                ck_assert_int_eq(bare_do_read(&w, both, got, 1000), 1000);
                ck_assert_mem_eq(got, big, 1000);
                /* Up to PIPE_BUF it is all or nothing; longer writes take what there is. */
                ck_assert_int_eq(bare_do_write(&w, both, big, 4096), -EAGAIN);
                ck_assert_int_eq(bare_do_write(&w, both, big, 1000), 1000);
                ck_assert_int_eq(bare_do_read(&w, both, got, 5000), 5000);
                ck_assert_int_eq(bare_do_write(&w, both, big, sizeof(big)), 5000);
                ck_assert_int_eq(bare_do_read(&w, both, got, sizeof(got)), 65536);
                ck_assert_mem_eq(got, big + 6000, 65536 - 6000);
                ck_assert_mem_eq(got + 65536 - 6000, big, 1000);
                ck_assert_mem_eq(got + 65536 - 5000, big, 5000);
                vfs_file_put(both);
        }
END_TEST

/* A writer of records that all carry its letter; records of PIPE_BUF bytes must arrive whole. */
struct writer {
        pthread_t thread;
        struct vfs_file *file;
        char letter;
        size_t record, records;
};

static void *writer_run(void *arg)
{
        struct writer *wr = arg;
        char *buf = malloc(wr->record);

        memset(buf, wr->letter, wr->record);
        for (size_t i = 0; i < wr->records; i++)
                ck_assert_int_eq(bare_do_write(&w, wr->file, buf, wr->record), (int64_t)wr->record);
        free(buf);
        vfs_file_put(wr->file);
        return NULL;
}

START_TEST(test_pipe_short_writes_are_not_mixed)
        {
                struct vfs_file *reader = bare_must_open(&w, w.fifo, VFS_O_RDONLY | VFS_O_NONBLOCK);
                struct writer writers[3];
                size_t total = 0, run = 0, mixed = 0;
                char last = 0;
                char buf[1000];
                int64_t n;

                for (int i = 0; i < 3; i++) {
                        writers[i] = (struct writer){ .letter = (char)('a' + i),
                                                      .record = 4096,
                                                      .records = 200 };
                        writers[i].file = bare_must_open(&w, w.fifo, VFS_O_WRONLY);
                }
                ck_assert_int_eq(vfs_file_setfl(ctx, reader, 0), 0);
                for (int i = 0; i < 3; i++)
                        ck_assert_int_eq(pthread_create(&writers[i].thread, NULL, writer_run, &writers[i]),
                                         0);
                while ((n = bare_do_read(&w, reader, buf, sizeof(buf))) > 0) {
                        for (int64_t i = 0; i < n; i++) {
                                if (run % 4096 == 0)
                                        last = buf[i];
                                mixed += buf[i] != last;
                                run++;
                        }
                        total += (size_t)n;
                }
                ck_assert_int_eq(n, 0);
                ck_assert_uint_eq(total, 3 * 200 * 4096);
                ck_assert_uint_eq(mixed, 0);
                for (int i = 0; i < 3; i++)
                        pthread_join(writers[i].thread, NULL);
                vfs_file_put(reader);
        }
END_TEST

START_TEST(test_pipe_long_write_blocks_until_read)
        {
                struct vfs_file *reader = bare_must_open(&w, w.fifo, VFS_O_RDONLY | VFS_O_NONBLOCK);
                struct writer writer = { .letter = 'z', .record = 1000000, .records = 3 };
                static char buf[30000];
                size_t total = 0;
                int64_t n;

                writer.file = bare_must_open(&w, w.fifo, VFS_O_WRONLY);
                ck_assert_int_eq(vfs_file_setfl(ctx, reader, 0), 0);
                ck_assert_int_eq(pthread_create(&writer.thread, NULL, writer_run, &writer), 0);
                while ((n = bare_do_read(&w, reader, buf, sizeof(buf))) > 0)
                        total += (size_t)n;
                ck_assert_int_eq(n, 0);
                ck_assert_uint_eq(total, 3000000);
                pthread_join(writer.thread, NULL);
                vfs_file_put(reader);
        }
END_TEST

/* The last reader leaves while a writer waits for room. */
static void *late_write(void *arg)
{
        static char big[70000];
        struct opener *o = arg;

        o->r = (int)bare_do_write(&w, o->file, big, sizeof(big));
        return NULL;
}

START_TEST(test_pipe_reader_leaves_a_waiting_writer)
        {
                struct vfs_file *reader = bare_must_open(&w, w.fifo, VFS_O_RDONLY | VFS_O_NONBLOCK);
                struct opener o = { .file = bare_must_open(&w, w.fifo, VFS_O_WRONLY) };

                ck_assert_int_eq(pthread_create(&o.thread, NULL, late_write, &o), 0);
                nap();
                vfs_file_put(reader);
                pthread_join(o.thread, NULL);
                ck_assert_int_eq(o.r, 65536);
                ck_assert_int_eq(bare_do_write(&w, o.file, "x", 1), -EPIPE);
                vfs_file_put(o.file);
        }
END_TEST

/*
 * Interruption: the wait hook sleeps on the word as usual, but in slices, and the context's hook is what the
 * embedder sets when a guest's thread gets a signal.
 */
static uint32_t interrupt_now, hook_waits, hook_wakes;

static int hook_interrupted(void *user)
{
        return vfs_load((uint32_t *)user) != 0;
}

static int hook_wait(void *user, void *ctx_user, const uint32_t *word, uint32_t expected)
{
        vfs_fetch_add_u32(&hook_waits, 1);
        if (vfs_load(word) == expected)
                sched_yield();
        return ctx_user != NULL && vfs_load((uint32_t *)ctx_user) == 2 ? -EINTR : 0;
}

static void hook_wake(void *user, const uint32_t *word, uint32_t n)
{
        vfs_fetch_add_u32(&hook_wakes, 1);
}

static void *interrupted_run(void *arg)
{
        struct opener *o = arg;
        char c;

        if (o->file == NULL)
                o->r = bare_open(&w, w.fifo, o->flags, &o->file);
        else
                o->r = (int)bare_do_read(&w, o->file, &c, 1);
        vfs_store(&o->done, 1);
        return NULL;
}

static void interrupt_case(struct opener *o, uint32_t how)
{
        vfs_store(&interrupt_now, 0);
        o->done = 0;
        ck_assert_int_eq(pthread_create(&o->thread, NULL, interrupted_run, o), 0);
        nap();
        ck_assert_uint_eq(vfs_load(&o->done), 0);
        vfs_store(&interrupt_now, how);
        pthread_join(o->thread, NULL);
        ck_assert_int_eq(o->r, -EINTR);
}

START_TEST(test_pipe_interrupted_through_the_hooks)
        {
                struct opener o = { .flags = VFS_O_RDONLY };

                w.world.bare.vfs.config.wait = hook_wait;
                w.world.bare.vfs.config.wake = hook_wake;
                ctx->interrupted = hook_interrupted;
                ctx->user = &interrupt_now;
                interrupt_case(&o, 1);
                ck_assert_ptr_null(w.fifo->inode->pipe);
                o = (struct opener){ .flags = VFS_O_WRONLY };
                interrupt_case(&o, 1);
                ck_assert_ptr_null(w.fifo->inode->pipe);
                o = (struct opener){ .file = bare_must_open(&w, w.fifo, VFS_O_RDWR) };
                interrupt_case(&o, 1);
                /* The wait hook alone may say so too. */
                ctx->interrupted = NULL;
                interrupt_case(&o, 2);
                ck_assert_uint_gt(vfs_load(&hook_waits), 0);
                ck_assert_uint_gt(vfs_load(&hook_wakes), 0);
                vfs_file_put(o.file);
        }
END_TEST

START_TEST(test_pipe_partial_write_is_not_eintr)
        {
                struct vfs_file *both = bare_must_open(&w, w.fifo, VFS_O_RDWR);
                static char big[70000];

                w.world.bare.vfs.config.wait = hook_wait;
                w.world.bare.vfs.config.wake = hook_wake;
                ctx->interrupted = hook_interrupted;
                ctx->user = &interrupt_now;
                vfs_store(&interrupt_now, 1);
                ck_assert_int_eq(bare_do_write(&w, both, big, sizeof(big)), 65536);
                ck_assert_int_eq(bare_do_write(&w, both, big, sizeof(big)), -EINTR);
                vfs_file_put(both);
        }
END_TEST

static void fixed_clock(void *user, struct vfs_timespec *ret_now)
{
        *ret_now = *(struct vfs_timespec *)user;
}

START_TEST(test_pipe_times)
        {
                struct vfs_file *both = bare_must_open(&w, w.fifo, VFS_O_RDWR);
                struct vfs_timespec now = { 1000, 5 };
                struct vfs_attr *attr = &w.fifo->inode->attr;
                char c = 0;

                w.world.bare.vfs.config.clock = fixed_clock;
                w.world.bare.vfs.config.clock_user = &now;
                ck_assert_int_eq(bare_do_write(&w, both, &c, 0), 0);
                ck_assert_int_eq(attr->mtime.sec, 1);
                ck_assert_int_eq(bare_do_write(&w, both, &c, 1), 1);
                ck_assert_int_eq(attr->mtime.sec, 1000);
                ck_assert_int_eq(attr->ctime.sec, 1000);
                ck_assert_int_eq(attr->atime.sec, 1);
                now.sec = 2000;
                ck_assert_int_eq(bare_do_read(&w, both, &c, 1), 1);
                ck_assert_int_eq(attr->atime.sec, 2000);
                ck_assert_int_eq(attr->mtime.sec, 1000);
                vfs_file_put(both);
        }
END_TEST

TEST_MAIN_FIXTURE("pipe", setup, teardown, test_pipe_open_modes_that_do_not_block,
                  test_pipe_open_waits_for_the_other_side, test_pipe_ends,
                  test_pipe_capacity_and_atomicity_without_blocking, test_pipe_short_writes_are_not_mixed,
                  test_pipe_long_write_blocks_until_read, test_pipe_reader_leaves_a_waiting_writer,
                  test_pipe_interrupted_through_the_hooks, test_pipe_partial_write_is_not_eintr,
                  test_pipe_times)
