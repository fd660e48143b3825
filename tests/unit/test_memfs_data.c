/*
 * memfs: reading, writing, seeking, truncating, allocating. Cases with Linux's results, and random operations against
 * a model: an array of bytes, and for each block whether it is a hole, unwritten or data.
 */
#include <vfs/fsapi.h>

#include "tests/unit/memfs_world.h"

static struct vfs_file *f;

static void setup(void)
{
        world_setup();
        f = must_open("/f", VFS_O_CREAT | VFS_O_RDWR);
}

static void teardown(void)
{
        vfs_file_put(f);
        world_teardown();
}

static int64_t seek(int64_t offset, int whence)
{
        return vfs_file_lseek(&root, f, offset, whence);
}

START_TEST(test_memfs_write_then_read)
{
        char buf[16] = "";
        struct vfs_statx st;

        world_tick();
        ck_assert_int_eq(write_to(f, "hello", 5), 5);
        ck_assert_int_eq(write_to(f, "world", 5), 5);
        ck_assert_int_eq(pread_from(f, buf, 16, 0), 10);
        ck_assert_str_eq(buf, "helloworld");
        ck_assert_int_eq(pread_from(f, buf, 16, 10), 0);
        ck_assert_int_eq(pread_from(f, buf, 16, INT64_MAX), -EINVAL);
        st = fstat_of(f);
        ck_assert_uint_eq(st.size, 10);
        ck_assert_uint_eq(st.blocks, 8);
        ck_assert_int_eq(st.mtime.sec, world_time.sec);
        ck_assert_int_eq(st.ctime.sec, world_time.sec);
        world_tick();
        ck_assert_int_eq(write_to(f, "", 0), 0);
        ck_assert_int_eq(fstat_of(f).mtime.sec, world_time.sec - 1);
}
END_TEST

START_TEST(test_memfs_holes_read_as_zeroes)
{
        char buf[8192];

        ck_assert_int_eq(pwrite_to(f, "abc", 3, 8192), 3);
        ck_assert_uint_eq(fstat_of(f).blocks, 8);
        memset(buf, 1, sizeof(buf));
        ck_assert_int_eq(pread_from(f, buf, 8192, 0), 8192);
        for (size_t i = 0; i < 8192; i++)
                ck_assert_int_eq(buf[i], 0);
        ck_assert_int_eq(seek(0, VFS_SEEK_DATA), 8192);
        ck_assert_int_eq(seek(0, VFS_SEEK_HOLE), 0);
        ck_assert_int_eq(seek(8192, VFS_SEEK_HOLE), 8195);
        ck_assert_int_eq(seek(8195, VFS_SEEK_DATA), -ENXIO);
        ck_assert_int_eq(seek(8195, VFS_SEEK_HOLE), -ENXIO);
        ck_assert_int_eq(seek(-1, VFS_SEEK_DATA), -ENXIO);
        ck_assert_int_eq(seek(-1, VFS_SEEK_SET), -EINVAL);
        ck_assert_int_eq(seek(-9000, VFS_SEEK_END), -EINVAL);
        ck_assert_int_eq(seek(-5, VFS_SEEK_END), 8190);
        ck_assert_int_eq(seek(3, VFS_SEEK_CUR), 8193);
        ck_assert_int_eq(seek(0, 9), -EINVAL);
}
END_TEST

START_TEST(test_memfs_truncate_cuts_and_zeroes)
{
        char buf[4] = "";

        ck_assert_int_eq(pwrite_to(f, "abc", 3, 8192), 3);
        ck_assert_int_eq(vfs_file_truncate(&root, f, 8193), 0);
        ck_assert_int_eq(vfs_file_truncate(&root, f, 9000), 0);
        ck_assert_int_eq(pread_from(f, buf, 3, 8192), 3);
        ck_assert_mem_eq(buf, "a\0\0", 3);
        ck_assert_uint_eq(fstat_of(f).blocks, 8);
        ck_assert_int_eq(vfs_file_truncate(&root, f, 0), 0);
        ck_assert_uint_eq(fstat_of(f).blocks, 0);
        ck_assert_int_eq(vfs_file_truncate(&root, f, -1), -EINVAL);
        ck_assert_int_eq(vfs_truncate(&root, "/", 0), -EISDIR);
        ck_assert_int_eq(vfs_file_truncate(&root, f, INT64_MAX), 0);
        ck_assert_uint_eq(fstat_of(f).size, INT64_MAX);
        ck_assert_int_eq(pwrite_to(f, "x", 1, INT64_MAX - 1), 1);
        ck_assert_int_eq(pwrite_to(f, "x", 1, INT64_MAX - 4096), 1);
        ck_assert_uint_eq(fstat_of(f).blocks, 16);
        ck_assert_int_eq(seek(0, VFS_SEEK_DATA), INT64_MAX - 8191);
}
END_TEST

/* As measured: truncate(2) to the same size touches the times only if there are blocks; ftruncate(2) always. */
START_TEST(test_memfs_truncate_times)
{
        world_tick();
        ck_assert_int_eq(vfs_truncate(&root, "/f", 0), 0);
        ck_assert_int_eq(fstat_of(f).mtime.sec, world_time.sec - 1);
        ck_assert_int_eq(vfs_file_truncate(&root, f, 0), 0);
        ck_assert_int_eq(fstat_of(f).mtime.sec, world_time.sec);
        ck_assert_int_eq(write_to(f, "abc", 3), 3);
        world_tick();
        ck_assert_int_eq(vfs_truncate(&root, "/f", 3), 0);
        ck_assert_int_eq(fstat_of(f).mtime.sec, world_time.sec);
        ck_assert_int_eq(fstat_of(f).ctime.sec, world_time.sec);
        world_tick();
        ck_assert_int_eq(vfs_truncate(&root, "/f", 2), 0);
        ck_assert_int_eq(fstat_of(f).mtime.sec, world_time.sec);
}
END_TEST

START_TEST(test_memfs_allocate)
{
        struct vfs_file *r;

        ck_assert_int_eq(vfs_file_allocate(&root, f, 0, 0, 0), -EINVAL);
        ck_assert_int_eq(vfs_file_allocate(&root, f, 0, -1, 1), -EINVAL);
        ck_assert_int_eq(vfs_file_allocate(&root, f, 0, INT64_MAX, 1), -EFBIG);
        ck_assert_int_eq(vfs_file_allocate(&root, f, VFS_FALLOC_PUNCH_HOLE, 0, 1), -EOPNOTSUPP);
        ck_assert_int_eq(vfs_file_allocate(&root, f, VFS_FALLOC_COLLAPSE_RANGE, 0, 4096), -EOPNOTSUPP);
        ck_assert_int_eq(vfs_file_allocate(&root, f, VFS_FALLOC_ZERO_RANGE, 0, 4096), -EOPNOTSUPP);
        ck_assert_int_eq(vfs_file_allocate(&root, f, VFS_FALLOC_UNSHARE_RANGE, 0, 4096), -EOPNOTSUPP);
        world_tick();
        ck_assert_int_eq(vfs_file_allocate(&root, f, 0, 0, 9000), 0);
        ck_assert_uint_eq(fstat_of(f).size, 9000);
        ck_assert_uint_eq(fstat_of(f).blocks, 24);
        ck_assert_int_eq(fstat_of(f).mtime.sec, world_time.sec);
        /* Unwritten blocks are holes. */
        ck_assert_int_eq(seek(0, VFS_SEEK_DATA), -ENXIO);
        ck_assert_int_eq(pwrite_to(f, "x", 1, 5000), 1);
        ck_assert_int_eq(seek(0, VFS_SEEK_DATA), 4096);
        ck_assert_int_eq(seek(4096, VFS_SEEK_HOLE), 8192);
        ck_assert_int_eq(vfs_file_allocate(&root, f, VFS_FALLOC_KEEP_SIZE, 100000, 5000), 0);
        ck_assert_uint_eq(fstat_of(f).size, 9000);
        ck_assert_uint_eq(fstat_of(f).blocks, 40);
        ck_assert_int_eq(vfs_file_allocate(&root, f, VFS_FALLOC_KEEP_SIZE | VFS_FALLOC_PUNCH_HOLE, 0, 8192), 0);
        ck_assert_uint_eq(fstat_of(f).blocks, 24);
        r = must_open("/f", VFS_O_RDONLY);
        ck_assert_int_eq(vfs_file_allocate(&root, r, 0, 0, 1), -EBADF);
        vfs_file_put(r);
}
END_TEST

START_TEST(test_memfs_append_writes_at_the_end)
{
        struct vfs_file *a = must_open("/f", VFS_O_WRONLY | VFS_O_APPEND);

        ck_assert_int_eq(pwrite_to(f, "0123456789", 10, 0), 10);
        ck_assert_int_eq(write_to(a, "ab", 2), 2);
        ck_assert_int_eq(pwrite_to(a, "cd", 2, 0), 2);
        ck_assert_uint_eq(fstat_of(f).size, 14);
        vfs_file_put(a);
}
END_TEST

START_TEST(test_memfs_write_clears_suid)
{
        struct vfs_file *u;

        vfs_chmod(&root, NULL, "/f", 06777, 0);
        u = open_as(&user, "/f", VFS_O_WRONLY, 0);
        ck_assert_ptr_nonnull(u);
        ck_assert_int_eq(pwrite_to(f, "x", 1, 0), 1);
        ck_assert_uint_eq(fstat_of(f).mode & 07777, 06777);
        ck_assert_int_eq(vfs_file_pwrite(&user, u, &(struct vfs_iter){ .iov = &(struct vfs_iovec){ "y", 1 }, .count = 1 },
                                         0, 0),
                         1);
        ck_assert_uint_eq(fstat_of(f).mode & 07777, 0777);
        vfs_file_put(u);
}
END_TEST

/* A guest's memory that ends after some bytes. */
static size_t fault_after;

static size_t copy_from(void *arg, void *dst, const void *guest, size_t n)
{
        size_t k = n < fault_after ? n : fault_after;

        memset(dst, 'z', k);
        fault_after -= k;
        return k;
}

static size_t copy_to(void *arg, void *guest, const void *src, size_t n)
{
        size_t k = n < fault_after ? n : fault_after;

        fault_after -= k;
        return k;
}

START_TEST(test_memfs_fault_gives_a_short_count_and_no_old_bytes)
{
        static const struct vfs_iter_ops ops = { copy_to, copy_from };
        const struct vfs_iovec iov = { NULL, 100000 };
        static char buf[200000];
        struct vfs_iter it;
        struct vfs_file *g;

        /* Old bytes in freed blocks. */
        g = must_open("/g", VFS_O_CREAT | VFS_O_RDWR);
        memset(buf, 'S', sizeof(buf));
        ck_assert_int_eq(pwrite_to(g, buf, sizeof(buf), 0), (int64_t)sizeof(buf));
        ck_assert_int_eq(vfs_file_truncate(&root, g, 0), 0);

        ck_assert_int_eq(vfs_iter_init(&it, &iov, 1, &ops, NULL), 0);
        fault_after = 0;
        ck_assert_int_eq(vfs_file_pwrite(&root, f, &it, 10, 0), -EFAULT);
        ck_assert_uint_eq(fstat_of(f).size, 0);
        ck_assert_uint_eq(fstat_of(f).blocks, 0);
        vfs_iter_init(&it, &iov, 1, &ops, NULL);
        fault_after = 5000;
        ck_assert_int_eq(vfs_file_pwrite(&root, f, &it, 10, 0), 5000);
        ck_assert_uint_eq(fstat_of(f).size, 5010);
        ck_assert_uint_eq(fstat_of(f).blocks, 16);
        ck_assert_int_eq(vfs_file_truncate(&root, f, 100000), 0);
        ck_assert_int_eq(pread_from(f, buf, sizeof(buf), 0), 100000);
        for (int i = 0; i < 100000; i++)
                ck_assert_int_eq(buf[i], i >= 10 && i < 5010 ? 'z' : 0);
        vfs_iter_init(&it, &iov, 1, &ops, NULL);
        fault_after = 7;
        ck_assert_int_eq(vfs_file_pread(&root, f, &it, 0, 0), 7);
        vfs_iter_init(&it, &iov, 1, &ops, NULL);
        fault_after = 0;
        ck_assert_int_eq(vfs_file_pread(&root, f, &it, 0, 0), -EFAULT);
        vfs_file_put(g);
}
END_TEST

START_TEST(test_memfs_space_runs_out_with_a_short_count)
{
        static char buf[100000];
        struct vfs_statfs st;
        struct vfs_file *g;

        vfs_file_put(f);
        world_teardown();
        world_up(&(struct vfs_config){ 0 }, "size=40k");
        f = must_open("/f", VFS_O_CREAT | VFS_O_RDWR);
        ck_assert_int_eq(pwrite_to(f, buf, 100000, 0), 40960);
        ck_assert_uint_eq(fstat_of(f).size, 40960);
        ck_assert_int_eq(pwrite_to(f, buf, 1, 50000), -ENOSPC);
        ck_assert_uint_eq(fstat_of(f).size, 40960);
        ck_assert_int_eq(pwrite_to(f, buf, 100, 0), 100);
        ck_assert_int_eq(vfs_file_truncate(&root, f, 8192), 0);
        ck_assert_int_eq(vfs_file_allocate(&root, f, 0, 0, 1 << 20), -ENOSPC);
        g = must_open("/g", VFS_O_CREAT | VFS_O_RDWR);
        ck_assert_int_eq(vfs_file_allocate(&root, g, 0, 0, 36864), -ENOSPC);
        ck_assert_uint_eq(fstat_of(g).blocks, 0);
        ck_assert_int_eq(vfs_file_allocate(&root, g, 0, 0, 32768), 0);
        vfs_statfs(&root, "/", &st);
        ck_assert_uint_eq(st.blocks, 10);
        ck_assert_uint_eq(st.bfree, 0);
        vfs_file_put(g);
}
END_TEST

START_TEST(test_memfs_full_filesystem_takes_no_memory_for_nothing)
{
        struct vfs_arena *arena;
        uint64_t before;

        vfs_file_put(f);
        world_teardown();
        world_up(&(struct vfs_config){ 0 }, "size=4k");
        f = must_open("/f", VFS_O_CREAT | VFS_O_RDWR);
        ck_assert_int_eq(pwrite_to(f, "x", 1, 0), 1);
        arena = vfs_file_path(f)->dentry->fs->arena;
        ck_assert_int_eq(pwrite_to(f, "x", 1, 4096), -ENOSPC);
        before = vfs_arena_bytes(arena);
        for (int64_t i = 1; i < 1000; i++)
                ck_assert_int_eq(pwrite_to(f, "x", 1, i << 32), -ENOSPC);
        ck_assert_int_eq(vfs_file_allocate(&root, f, 0, (int64_t)1 << 50, 4096), -ENOSPC);
        ck_assert_uint_le(vfs_arena_bytes(arena), before + 6 * 4096);
}
END_TEST

/*
 * The model.
 */
#define SIZE_MAX_MODEL (6u << 20)
#define BLOCKS_MODEL (SIZE_MAX_MODEL / 4096)

static uint8_t bytes[SIZE_MAX_MODEL];
static uint8_t kind[BLOCKS_MODEL]; /* 0 hole, 1 unwritten, 2 data */
static uint64_t model_size;
static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return (uint32_t)((seed >> 16) % n);
}

/* Small files mostly, now and then a place where the block map is higher. */
static uint32_t rnd_offset(void)
{
        switch (rnd(8)) {
        case 0:
                return rnd(SIZE_MAX_MODEL - 200000);
        case 1:
                return rnd(200) * 4096;
        case 2:
                return (4u << 20) - 20000 + rnd(40000);
        default:
                return rnd(100000);
        }
}

static uint64_t model_blocks(void)
{
        uint64_t n = 0;

        for (uint32_t i = 0; i < BLOCKS_MODEL; i++)
                n += kind[i] != 0;
        return n * 8;
}

static void model_write(uint32_t at, const uint8_t *from, uint32_t n)
{
        memcpy(bytes + at, from, n);
        for (uint32_t b = at / 4096; n && b <= (at + n - 1) / 4096; b++)
                kind[b] = 2;
        if (n && at + n > model_size)
                model_size = at + n;
}

static void model_remove(uint64_t from, uint64_t to)
{
        memset(bytes + from, 0, to - from);
        for (uint64_t b = (from + 4095) / 4096; b < to / 4096; b++)
                kind[b] = 0;
}

static int64_t model_seek(uint64_t pos, int data)
{
        if (pos >= model_size)
                return -ENXIO;
        while (pos < model_size && (kind[pos / 4096] == 2) != data)
                pos = (pos / 4096 + 1) * 4096;
        if (pos >= model_size)
                return data ? -ENXIO : (int64_t)model_size;
        return (int64_t)pos;
}

static void check_all(void)
{
        static uint8_t got[SIZE_MAX_MODEL];
        struct vfs_statx st = fstat_of(f);

        ck_assert_uint_eq(st.size, model_size);
        ck_assert_uint_eq(st.blocks, model_blocks());
        ck_assert_int_eq(pread_from(f, got, sizeof(got), 0), (int64_t)model_size);
        ck_assert_int_eq(memcmp(got, bytes, model_size), 0);
}

START_TEST(test_memfs_random_operations_match_a_model)
{
        static uint8_t buf[200000];
        struct vfs_file *other = must_open("/other", VFS_O_CREAT | VFS_O_RDWR);

        seed = 0x9e3779b97f4a7c15u + (uint64_t)_i * 0x1234567u;
        memset(bytes, 0, sizeof(bytes));
        memset(kind, 0, sizeof(kind));
        model_size = 0;
        for (int step = 0; step < 1500; step++) {
                uint32_t at = rnd_offset(), n = rnd(4) ? rnd(9000) : rnd(200000), what = rnd(16);
                uint64_t end;

                memset(buf, (int)(1 + rnd(255)), n);
                if (what < 6) {
                        ck_assert_int_eq(pwrite_to(f, buf, n, at), n);
                        model_write(at, buf, n);
                } else if (what < 8) {
                        /* Somebody else's blocks in between, with bytes that must never be seen. */
                        memset(buf, 0xee, sizeof(buf));
                        ck_assert_int_eq(pwrite_to(other, buf, n, at), n);
                        if (rnd(2))
                                ck_assert_int_eq(vfs_file_truncate(&root, other, rnd(100000)), 0);
                } else if (what < 10) {
                        uint64_t size = rnd(3) ? at : rnd(100000);

                        ck_assert_int_eq(vfs_file_truncate(&root, f, (int64_t)size), 0);
                        if (size <= model_size)
                                model_remove(size, SIZE_MAX_MODEL);
                        model_size = size;
                } else if (what < 12) {
                        ck_assert_int_eq(vfs_file_allocate(&root, f, VFS_FALLOC_KEEP_SIZE | VFS_FALLOC_PUNCH_HOLE,
                                                           at, n + 1),
                                         0);
                        model_remove(at, at + n + 1);
                } else if (what < 14) {
                        uint32_t mode = rnd(2) ? VFS_FALLOC_KEEP_SIZE : 0;

                        ck_assert_int_eq(vfs_file_allocate(&root, f, mode, at, n + 1), 0);
                        end = (uint64_t)at + n + 1;
                        for (uint64_t b = at / 4096; b <= (end - 1) / 4096; b++)
                                kind[b] = kind[b] ? 2 : 1; /* allocated twice is written */
                        if (!mode && end > model_size)
                                model_size = end;
                } else {
                        ck_assert_int_eq(seek(at, VFS_SEEK_DATA), model_seek(at, 1));
                        ck_assert_int_eq(seek(at, VFS_SEEK_HOLE), model_seek(at, 0));
                }
                if (step % 50 == 0)
                        check_all();
        }
        check_all();
        vfs_file_put(other);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("memfs_data");
        TCase *tcase = tcase_create("memfs_data");

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_test(tcase, test_memfs_write_then_read);
        tcase_add_test(tcase, test_memfs_holes_read_as_zeroes);
        tcase_add_test(tcase, test_memfs_truncate_cuts_and_zeroes);
        tcase_add_test(tcase, test_memfs_truncate_times);
        tcase_add_test(tcase, test_memfs_allocate);
        tcase_add_test(tcase, test_memfs_append_writes_at_the_end);
        tcase_add_test(tcase, test_memfs_write_clears_suid);
        tcase_add_test(tcase, test_memfs_fault_gives_a_short_count_and_no_old_bytes);
        tcase_add_test(tcase, test_memfs_space_runs_out_with_a_short_count);
        tcase_add_test(tcase, test_memfs_full_filesystem_takes_no_memory_for_nothing);
        tcase_add_loop_test(tcase, test_memfs_random_operations_match_a_model, 0, 8);
        suite_add_tcase(suite, tcase);
        return test_run(suite);
}
