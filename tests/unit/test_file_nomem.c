/*
 * Open files without memory: every allocation of a call fails in turn, and nothing is left behind.
 */
#include <vfs/fdtable.h>

#include "tests/unit/bare_file.h"
#include "tests/unit/test_main.h"

static struct bare_files w;
static struct vfs_ctx *ctx;
static int left; /* allocations that still succeed; below 0: all do */
static int64_t live;

static void *counting_alloc(void *user, size_t size)
{
        if (left == 0)
                return NULL;
        if (left > 0)
                left--;
        live++;
        return vfs_alloc(NULL, size);
}

static void counting_free(void *user, void *p, size_t size)
{
        live--;
        vfs_dealloc(NULL, p, size);
}

static void setup(void)
{
        ctx = bare_files_init(&w);
        left = -1;
        live = 0;
        ctx->vfs->allocator.alloc = counting_alloc;
        ctx->vfs->allocator.free = counting_free;
}

static void teardown(void)
{
        ck_assert_int_eq(live, 0);
        memset(&ctx->vfs->allocator, 0, sizeof(ctx->vfs->allocator));
        bare_files_fini(&w);
}

START_TEST(test_nomem_file_new_counts_no_writer)
        {
                uint64_t refs = w.reg->refs;
                struct vfs_file *file;

                left = 0;
                ck_assert_int_eq(bare_open(&w, w.reg, VFS_O_RDWR, &file), -ENOMEM);
                ck_assert_uint_eq(w.world.root.mount->writers, 0);
                ck_assert_uint_eq(w.reg->refs, refs);
        }
END_TEST

START_TEST(test_nomem_fifo_open_and_write)
        {
                struct vfs_file *file;
                static char big[20000];
                int r = -ENOMEM, tries = 0;

                while (r == -ENOMEM) {
                        left = tries++;
                        r = bare_open(&w, w.fifo, VFS_O_RDWR, &file);
                        ck_assert(r == 0 || w.fifo->inode->pipe == NULL);
                }
                ck_assert_int_eq(r, 0);
                ck_assert_int_eq(tries, 3);
                left = 0;
                ck_assert_int_eq(bare_do_write(&w, file, big, 1), -ENOMEM);
                left = 1;
                ck_assert_int_eq(bare_do_write(&w, file, big, 1), 1);
                ck_assert_int_eq(bare_do_write(&w, file, big, sizeof(big)), -ENOMEM);
                ck_assert_int_eq(bare_do_write(&w, file, big, 4095), 4095);
                left = -1;
                ck_assert_int_eq(bare_do_write(&w, file, big, sizeof(big)), sizeof(big));
                vfs_file_put(file);
        }
END_TEST

START_TEST(test_nomem_fdtable)
        {
                struct vfs_fdtable *table, *copy;
                struct vfs_file *file = bare_must_open(&w, w.reg, VFS_O_RDONLY);

                for (left = 0; left < 2;) {
                        int now = left;

                        ck_assert_int_eq(vfs_fdtable_new(ctx->vfs, 0, &table), -ENOMEM);
                        left = now + 1;
                }
                left = -1;
                ck_assert_int_eq(vfs_fdtable_new(ctx->vfs, 0, &table), 0);
                for (int i = 0; i < 64; i++)
                        ck_assert_int_eq(vfs_fdtable_install(table, file, 0, 0), i);
                left = 0;
                ck_assert_int_eq(vfs_fdtable_install(table, file, 0, 0), -ENOMEM);
                ck_assert_int_eq(vfs_fdtable_dup2(table, 3, 1000), -ENOMEM);
                ck_assert_int_eq(vfs_fdtable_dup2(table, 3, 63), 63);
                ck_assert_uint_eq(file->refs, 65);
                left = -1;
                ck_assert_int_eq(vfs_fdtable_dup2(table, 3, 1000), 1000);
                for (int i = 0; i < 3; i++) {
                        left = i;
                        ck_assert_int_eq(vfs_fdtable_copy(table, &copy), -ENOMEM);
                        ck_assert_uint_eq(file->refs, 66);
                }
                vfs_fdtable_put(table);
                vfs_file_put(file);
        }
END_TEST

START_TEST(test_nomem_mapping_and_copy)
        {
                struct vfs_file *file = bare_must_open(&w, w.reg, VFS_O_RDWR),
                                *other = bare_must_open(&w, w.other, VFS_O_RDWR);
                struct vfs_mapping *mapping;
                static char data[6000];
                int64_t in = 0, out = 0;

                left = 0;
                ck_assert_int_eq(vfs_file_map(ctx, file, 0, 1, VFS_PROT_READ, 0, &mapping), -ENOMEM);
                ck_assert_uint_eq(file->refs, 1);
                ck_assert_int_eq(bare_do_write(&w, file, data, sizeof(data)), sizeof(data));
                ck_assert_int_eq(vfs_file_copy_range(ctx, file, &in, other, &out, sizeof(data), 0), -ENOMEM);
                ck_assert_int_eq(in, 0);
                ck_assert_int_eq(vfs_file_copy_range(ctx, file, &in, other, &out, 4096, 0), 4096);
                vfs_file_put(file);
                vfs_file_put(other);
        }
END_TEST

TEST_MAIN_FIXTURE("file_nomem", setup, teardown, test_nomem_file_new_counts_no_writer,
                  test_nomem_fifo_open_and_write, test_nomem_fdtable, test_nomem_mapping_and_copy)
