/*
 * memfs: mappings as (descriptor, offset), coherent with read and write, in place while they live; and seals.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "fsimpl/memfs/memfs.h"
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

static struct vfs_mapping *map(struct vfs_file *file, int64_t offset, uint64_t length, uint32_t prot)
{
        struct vfs_mapping *m = NULL;
        int r = vfs_file_map(&root, file, offset, length, prot, 1, &m);

        ck_assert_msg(r == 0, "map: %d", r);
        return m;
}

/* What an embedder does: maps the run at offset for its guest. */
static char *guest_page(struct vfs_mapping *m, int64_t offset)
{
        uint64_t length;
        int64_t at;
        char *p;
        int fd;

        ck_assert_int_eq(vfs_mapping_run(m, offset, &fd, &at, &length), 0);
        ck_assert_uint_ge(length, 4096);
        p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);
        ck_assert_ptr_ne(p, MAP_FAILED);
        return p;
}

START_TEST(test_memfs_map_is_coherent_with_read_and_write)
{
        struct vfs_mapping *m;
        char buf[8] = "", *page;

        ck_assert_int_eq(pwrite_to(f, "hello", 5, 4096), 5);
        m = map(f, 0, 8192, VFS_PROT_READ | VFS_PROT_WRITE);
        page = guest_page(m, 4096);
        ck_assert_str_eq(page, "hello");
        memcpy(page, "HE", 2);
        ck_assert_int_eq(pread_from(f, buf, 5, 4096), 5);
        ck_assert_str_eq(buf, "HEllo");
        ck_assert_int_eq(pwrite_to(f, "p", 1, 4100), 1);
        ck_assert_str_eq(page, "HEllp");
        /* A hole gets memory. */
        munmap(page, 4096);
        page = guest_page(m, 0);
        ck_assert_int_eq(page[0], 0);
        page[3] = 'x';
        ck_assert_int_eq(pread_from(f, buf, 4, 0), 4);
        ck_assert_mem_eq(buf, "\0\0\0x", 4);
        ck_assert_uint_eq(fstat_of(f).blocks, 16);
        munmap(page, 4096);
        vfs_mapping_put(m);
}
END_TEST

START_TEST(test_memfs_map_run_ends_with_the_file)
{
        struct vfs_mapping *m = map(f, 0, 65536, VFS_PROT_READ);
        uint64_t length;
        int64_t at;
        int fd;

        ck_assert_int_eq(vfs_mapping_run(m, 0, &fd, &at, &length), -EINVAL);
        ck_assert_int_eq(vfs_file_truncate(&root, f, 5000), 0);
        ck_assert_int_eq(vfs_mapping_run(m, 4096, &fd, &at, &length), 0);
        ck_assert_uint_eq(length, 4096);
        ck_assert_int_eq(vfs_mapping_run(m, 8192, &fd, &at, &length), -EINVAL);
        ck_assert_int_eq(vfs_mapping_run(m, 65536, &fd, &at, &length), -EINVAL);
        vfs_mapping_put(m);
}
END_TEST

START_TEST(test_memfs_map_makes_unwritten_blocks_data)
{
        struct vfs_mapping *m;
        char *page;

        ck_assert_int_eq(vfs_file_allocate(&root, f, 0, 0, 8192), 0);
        m = map(f, 0, 8192, VFS_PROT_READ | VFS_PROT_WRITE);
        page = guest_page(m, 4096);
        ck_assert_int_eq(page[100], 0);
        ck_assert_int_eq(vfs_file_lseek(&root, f, 0, VFS_SEEK_DATA), 4096);
        ck_assert_uint_eq(fstat_of(f).blocks, 16);
        munmap(page, 4096);
        vfs_mapping_put(m);
}
END_TEST

START_TEST(test_memfs_map_keeps_truncated_and_punched_blocks_in_place)
{
        struct vfs_mapping *m;
        char buf[4096], *first, *third, *fourth;

        memset(buf, 'a', sizeof(buf));
        for (int i = 0; i < 4; i++)
                ck_assert_int_eq(pwrite_to(f, buf, 4096, i * 4096), 4096);
        m = map(f, 0, 16384, VFS_PROT_READ | VFS_PROT_WRITE);
        first = guest_page(m, 0);
        third = guest_page(m, 8192);
        fourth = guest_page(m, 12288);
        ck_assert_int_eq(vfs_file_allocate(&root, f, VFS_FALLOC_KEEP_SIZE | VFS_FALLOC_PUNCH_HOLE, 0, 8192), 0);
        ck_assert_int_eq(first[0], 0);
        first[7] = 'g';
        ck_assert_int_eq(pread_from(f, buf, 8, 0), 8);
        ck_assert_mem_eq(buf, "\0\0\0\0\0\0\0g", 8);
        ck_assert_int_eq(vfs_file_truncate(&root, f, 8200), 0);
        ck_assert_int_eq(third[7], 'a');
        ck_assert_int_eq(third[8], 0);
        ck_assert_int_eq(fourth[0], 0);
        /* Nobody else gets the memory. */
        for (int i = 0; i < 64; i++) {
                struct vfs_file *g = must_open("/g", VFS_O_CREAT | VFS_O_RDWR | VFS_O_APPEND);

                memset(buf, 'b', sizeof(buf));
                ck_assert_int_eq(write_to(g, buf, 4096), 4096);
                vfs_file_put(g);
        }
        ck_assert_int_eq(fourth[0], 0);
        /* A guest that wrote behind the end does not see it again. */
        fourth[1] = '!';
        ck_assert_int_eq(vfs_file_truncate(&root, f, 16384), 0);
        ck_assert_int_eq(fourth[1], 0);
        ck_assert_int_eq(vfs_file_truncate(&root, f, 8192), 0);
        munmap(first, 4096);
        munmap(third, 4096);
        munmap(fourth, 4096);
        vfs_mapping_put(m);
        /* What the guest wrote stays; the rest is given back. */
        ck_assert_uint_eq(fstat_of(f).blocks, 8);
        ck_assert_int_eq(pread_from(f, buf, 8, 0), 8);
        ck_assert_mem_eq(buf, "\0\0\0\0\0\0\0g", 8);
        ck_assert_int_eq(vfs_file_lseek(&root, f, 0, VFS_SEEK_HOLE), 4096);
}
END_TEST

START_TEST(test_memfs_seals_of_a_file_in_the_tree)
{
        uint32_t seals;

        ck_assert_int_eq(vfs_file_get_seals(f, &seals), 0);
        ck_assert_uint_eq(seals, VFS_F_SEAL_SEAL);
        ck_assert_int_eq(vfs_file_add_seals(&root, f, VFS_F_SEAL_SHRINK), -EPERM);
        vfs_file_put(f);
        f = must_open("/", VFS_O_TMPFILE | VFS_O_RDWR);
        ck_assert_int_eq(vfs_file_get_seals(f, &seals), 0);
        ck_assert_uint_eq(seals, VFS_F_SEAL_SEAL);
}
END_TEST

static void sealable(void)
{
        vfs_file_put(f);
        ck_assert_int_eq(memfs_open_sealable(&root, &root.root, "memfd:x", 0777, 0, &f), 0);
}

START_TEST(test_memfs_seal_write_waits_for_writable_mappings)
{
        struct vfs_mapping *m;

        sealable();
        ck_assert_int_eq(pwrite_to(f, "abcdef", 6, 0), 6);
        m = map(f, 0, 4096, VFS_PROT_READ);
        ck_assert_int_eq(vfs_file_add_seals(&root, f, VFS_F_SEAL_WRITE), -EBUSY);
        vfs_mapping_put(m);
        ck_assert_int_eq(vfs_file_add_seals(&root, f, VFS_F_SEAL_FUTURE_WRITE), 0);
        ck_assert_int_eq(vfs_file_map(&root, f, 0, 4096, VFS_PROT_WRITE, 1, &m), -EPERM);
        m = map(f, 0, 4096, VFS_PROT_READ);
        ck_assert_int_eq(vfs_file_add_seals(&root, f, VFS_F_SEAL_WRITE), 0);
        ck_assert_int_eq(pwrite_to(f, "x", 1, 0), -EPERM);
        ck_assert_int_eq(pwrite_to(f, "", 0, 0), 0);
        vfs_mapping_put(m);
        ck_assert_int_eq(vfs_file_add_seals(&root, f, 0x40), -EINVAL);
        ck_assert_int_eq(vfs_file_add_seals(&root, f, 0), 0);
        ck_assert_int_eq(vfs_file_allocate(&root, f, VFS_FALLOC_KEEP_SIZE | VFS_FALLOC_PUNCH_HOLE, 0, 3), -EPERM);
        ck_assert_int_eq(vfs_file_truncate(&root, f, 3), 0);
        ck_assert_int_eq(vfs_file_add_seals(&root, f, VFS_F_SEAL_SEAL), 0);
        ck_assert_int_eq(vfs_file_add_seals(&root, f, VFS_F_SEAL_SHRINK), -EPERM);
}
END_TEST

START_TEST(test_memfs_seals_of_size)
{
        static char buf[10000];

        sealable();
        ck_assert_int_eq(vfs_file_truncate(&root, f, 6000), 0);
        ck_assert_int_eq(vfs_file_add_seals(&root, f, VFS_F_SEAL_GROW), 0);
        /* Page by page: those wholly inside are written. */
        ck_assert_int_eq(pwrite_to(f, buf, 10000, 0), 4096);
        ck_assert_int_eq(pwrite_to(f, buf, 3000, 5000), -EPERM);
        ck_assert_int_eq(pwrite_to(f, buf, 1000, 5000), 1000);
        ck_assert_int_eq(pwrite_to(f, buf, 1, 6000), -EPERM);
        ck_assert_int_eq(vfs_file_truncate(&root, f, 6001), -EPERM);
        ck_assert_int_eq(vfs_file_allocate(&root, f, 0, 0, 6001), -EPERM);
        ck_assert_int_eq(vfs_file_allocate(&root, f, VFS_FALLOC_KEEP_SIZE, 0, 6001), -EPERM);
        ck_assert_int_eq(vfs_file_allocate(&root, f, 0, 0, 6000), 0);
        ck_assert_int_eq(vfs_file_add_seals(&root, f, VFS_F_SEAL_SHRINK), 0);
        ck_assert_int_eq(vfs_file_truncate(&root, f, 5999), -EPERM);
        ck_assert_int_eq(vfs_file_truncate(&root, f, 6000), 0);
}
END_TEST

START_TEST(test_memfs_seal_exec)
{
        struct vfs_mapping *m;
        uint32_t seals;

        sealable();
        ck_assert_int_eq(vfs_file_truncate(&root, f, 4096), 0);
        m = map(f, 0, 4096, VFS_PROT_READ);
        ck_assert_int_eq(vfs_file_add_seals(&root, f, VFS_F_SEAL_EXEC), -EBUSY);
        vfs_mapping_put(m);
        ck_assert_int_eq(vfs_file_add_seals(&root, f, VFS_F_SEAL_EXEC), 0);
        vfs_file_get_seals(f, &seals);
        ck_assert_uint_eq(seals, VFS_F_SEAL_EXEC | VFS_F_SEAL_SHRINK | VFS_F_SEAL_GROW | VFS_F_SEAL_WRITE |
                                         VFS_F_SEAL_FUTURE_WRITE);
        ck_assert_int_eq(vfs_file_chmod(&root, f, 0666), -EPERM);
        ck_assert_int_eq(vfs_file_chmod(&root, f, 0577), 0);
}
END_TEST

TEST_MAIN_FIXTURE("memfs_map", setup, teardown,
                  test_memfs_map_is_coherent_with_read_and_write,
                  test_memfs_map_run_ends_with_the_file,
                  test_memfs_map_makes_unwritten_blocks_data,
                  test_memfs_map_keeps_truncated_and_punched_blocks_in_place,
                  test_memfs_seals_of_a_file_in_the_tree,
                  test_memfs_seal_write_waits_for_writable_mappings,
                  test_memfs_seals_of_size,
                  test_memfs_seal_exec)
