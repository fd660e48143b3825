/*
 * Cutting paths: every path is compared with a byte-by-byte cutter, at every
 * distance from the end of a page, so that a read behind the NUL would fault.
 */
#include "tests/unit/test_main.h"

#include <sys/mman.h>
#include <unistd.h>

#include "vfs/path/component.h"

static char *page_end; /* the byte behind it cannot be read */

static void setup(void)
{
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        char *map = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        ck_assert_ptr_ne(map, MAP_FAILED);
        ck_assert_int_eq(mprotect(map + 2 * page, page, PROT_NONE), 0);
        page_end = map + 2 * page;
}

/* The next component the plain way. */
static size_t next_plain(const char **p, const char **ret_name)
{
        size_t n;

        while (**p == '/')
                (*p)++;
        *ret_name = *p;
        n = strcspn(*p, "/");
        *p += n;
        return n;
}

static void check_path(const char *text)
{
        size_t size = strlen(text) + 1;

        for (size_t gap = 0; gap < 96; gap += 5) {
                char *path = page_end - gap - size;
                const char *plain = path, *name;
                struct vfs_component c;
                enum vfs_cut_found found;
                struct vfs_cut cut;
                size_t n;

                memset(page_end - 200, '/', 200);
                memcpy(path, text, size);
                ck_assert(vfs_cut_init_path(&cut, path));
                while ((n = next_plain(&plain, &name)) != 0) {
                        vfs_name_head words = { 0, 0 };

                        do {
                                found = vfs_cut_next(&cut, &c);
                                ck_assert_int_ne(found, VFS_CUT_END);
                        } while (c.len == 0);
                        ck_assert_ptr_eq(c.name, name);
                        ck_assert_uint_eq(c.len, n);
                        memcpy(&words, name, n < 16 ? n : 16);
                        ck_assert(vfs_name_head_is(found == VFS_CUT_NAME ? vfs_name_head_of(c.name, n)
                                                                         : vfs_name_head_slow(c.name, n),
                                                   words));
                        ck_assert_int_eq(vfs_component_slash(&c), *plain == '/');
                }
                ck_assert(vfs_cut_done(&cut));
                while (vfs_cut_next(&cut, &c) != VFS_CUT_END)
                        ck_assert_uint_eq(c.len, 0);
                ck_assert_int_eq(vfs_cut_next(&cut, &c), VFS_CUT_END);
        }
}

START_TEST(test_component_short_paths_cut_as_byte_by_byte)
{
        static const char *const paths[] = { "",     "/",     "a",       "/a",   "a/",        "a//b",      "///",
                                             "./..", "../a/", "abcd/e/", "a/./", "0123456789abcdef",
                                             "0123456789abcde/0123456789abcdefg" };

        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
                check_path(paths[i]);
}
END_TEST

START_TEST(test_component_random_paths_cut_as_byte_by_byte)
{
        char text[300];

        srand(1);
        for (int i = 0; i < 200; i++) {
                int n = rand() % 299;
                int slashes = 1 + rand() % 100;

                for (int k = 0; k < n; k++)
                        text[k] = rand() % slashes == 0 ? '/' : (char)('a' + rand() % 3);
                text[n] = '\0';
                check_path(text);
        }
}
END_TEST

START_TEST(test_component_path_max_is_the_limit)
{
        static char path[5000];
        struct vfs_cut cut;

        memset(path, 'a', sizeof(path) - 1);
        ck_assert(!vfs_cut_init_path(&cut, path));
        path[VFS_PATH_MAX] = '\0';
        ck_assert(!vfs_cut_init_path(&cut, path));
        path[VFS_PATH_MAX - 1] = '\0';
        ck_assert(vfs_cut_init_path(&cut, path));
}
END_TEST

static uint64_t hash(const char *name, size_t len, const uint64_t key[4])
{
        return vfs_name_hash(name, len, vfs_name_head_slow(name, len), key);
}

START_TEST(test_component_hash_sees_every_byte_and_the_key)
{
        uint64_t key[4] = { 3, 5, 7, 9 }, other[4] = { 3, 5, 7, 11 };
        char name[256], same[256];

        memset(name, 'x', sizeof(name));
        for (size_t len = 1; len < 256; len++) {
                uint64_t h;

                memcpy(same, name, sizeof(same));
                h = hash(name, len, key);
                ck_assert_uint_eq(hash(same, len, key), h);
                ck_assert_uint_eq(h & 1, 1);
                for (size_t i = 0; i < len; i++) {
                        same[i] = 'y';
                        ck_assert_uint_ne(hash(same, len, key), h);
                        same[i] = 'x';
                }
                if (len > 16)
                        ck_assert_uint_ne(hash(name, len, other), h);
        }
}
END_TEST

TEST_MAIN_FIXTURE("component", setup, NULL, test_component_short_paths_cut_as_byte_by_byte,
                  test_component_random_paths_cut_as_byte_by_byte, test_component_path_max_is_the_limit,
                  test_component_hash_sees_every_byte_and_the_key)
