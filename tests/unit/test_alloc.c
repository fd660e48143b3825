/*
 * The allocator's hooks, and arenas: their counts, their alignment, their end; with jemalloc and as a list of blocks.
 */
#include <errno.h>

#include "tests/unit/test_main.h"
#include "tests/unit/bare_vfs.h"

/* An embedder's memory: counts, and can be told to run out. */
struct hooks {
        size_t blocks, bytes;
        size_t left; /* allocations until it fails */
};

static void *hook_alloc(void *user, size_t size)
{
        struct hooks *h = user;
        void *p = h->left != 0 ? malloc(size) : NULL;

        if (p == NULL)
                return NULL;
        h->left--;
        h->blocks++;
        h->bytes += size;
        return p;
}

static void hook_free(void *user, void *p, size_t size)
{
        struct hooks *h = user;

        h->blocks--;
        h->bytes -= size;
        free(p);
}

static struct hooks hooks;
static const struct vfs_allocator with_hooks = { .alloc = hook_alloc, .free = hook_free, .user = &hooks };

static void setup(void)
{
        hooks = (struct hooks){ .left = SIZE_MAX };
}

START_TEST(test_alloc_hooks_get_every_size_back)
{
        char *p = vfs_zalloc(&with_hooks, 100), *q = vfs_alloc(&with_hooks, 0);

        ck_assert_uint_eq(hooks.blocks, 2);
        for (int i = 0; i < 100; i++)
                ck_assert_int_eq(p[i], 0);
        vfs_dealloc(&with_hooks, p, 100);
        vfs_dealloc(&with_hooks, q, 0);
        vfs_dealloc(&with_hooks, NULL, 10);
        ck_assert(hooks.blocks == 0 && hooks.bytes == 0);
        hooks.left = 0;
        ck_assert_ptr_null(vfs_alloc(&with_hooks, 1));
        ck_assert_ptr_null(vfs_zalloc(&with_hooks, 1));
}
END_TEST

START_TEST(test_alloc_default)
{
        char *p = vfs_zalloc(NULL, 1000);

        ck_assert_ptr_nonnull(p);
        for (int i = 0; i < 1000; i++)
                ck_assert_int_eq(p[i], 0);
        vfs_dealloc(NULL, p, 1000);
        ck_assert_ptr_null(vfs_alloc(NULL, SIZE_MAX / 2));
}
END_TEST

static void check_arena(const struct vfs_allocator *a)
{
        static const size_t sizes[] = { 0, 1, 16, 63, 64, 100, 192, 320, 4096, 65536 + 64, 1 << 20 };
        struct vfs_arena *arena = vfs_arena_new(a);
        char *p[sizeof(sizes) / sizeof(sizes[0])];
        const size_t n = sizeof(sizes) / sizeof(sizes[0]);
        uint64_t before, sum = 0;
        size_t wrong = 0;

        ck_assert_ptr_nonnull(arena);
        ck_assert_uint_eq(vfs_arena_bytes(arena), 0);
        for (size_t i = 0; i < n; i++) {
                before = vfs_arena_bytes(arena);
                p[i] = i % 2 ? vfs_arena_zalloc(arena, sizes[i]) : vfs_arena_alloc(arena, sizes[i]);
                ck_assert_ptr_nonnull(p[i]);
                ck_assert_uint_ge(vfs_arena_bytes(arena), before + sizes[i]);
                if (sizes[i] >= 16)
                        ck_assert_uint_eq((uintptr_t)p[i] % (sizes[i] % 64 == 0 ? 64 : 16), 0);
                memset(p[i], (int)i, sizes[i]);
                sum += sizes[i];
        }
        ck_assert_uint_ge(vfs_arena_bytes(arena), sum);
        ck_assert_uint_le(vfs_arena_bytes(arena), sum + sum / 4 + 128 * n);
        for (size_t i = 0; i < n; i++) {
                for (size_t j = 0; j < sizes[i]; j++)
                        wrong += p[i][j] != (char)i;
        }
        ck_assert_uint_eq(wrong, 0);
        for (size_t i = 0; i < n; i += 2)
                vfs_arena_free(arena, p[i], sizes[i]);
        vfs_arena_free(arena, NULL, 5);
        for (size_t i = 1; i < n; i += 2)
                vfs_arena_free(arena, p[i], sizes[i]);
        ck_assert_uint_eq(vfs_arena_bytes(arena), 0);
        ck_assert_ptr_null(vfs_arena_alloc(arena, SIZE_MAX - 10));
        ck_assert_ptr_null(vfs_arena_alloc(arena, SIZE_MAX / 2));
        /* What is left goes with it. */
        for (int i = 0; i < 1000; i++)
                ck_assert_ptr_nonnull(vfs_arena_alloc(arena, 300));
        vfs_arena_destroy(arena);
}

START_TEST(test_arena_of_the_library)
{
        check_arena(NULL);
}
END_TEST

START_TEST(test_arena_of_hooks_returns_all)
{
        check_arena(&with_hooks);
        ck_assert(hooks.blocks == 0 && hooks.bytes == 0);
}
END_TEST

START_TEST(test_arena_many_after_another)
{
        /* More than jemalloc has arenas for: they are used again. */
        for (int i = 0; i < 5000; i++) {
                struct vfs_arena *arena = vfs_arena_new(NULL);

                ck_assert_ptr_nonnull(arena);
                ck_assert_ptr_nonnull(vfs_arena_alloc(arena, 100));
                vfs_arena_destroy(arena);
        }
}
END_TEST

START_TEST(test_arena_many_at_once)
{
        /* When jemalloc's arenas have run out, the next ones are lists. */
        static struct vfs_arena *arenas[4200];
        const size_t n = sizeof(arenas) / sizeof(arenas[0]);

        for (size_t i = 0; i < n; i++) {
                arenas[i] = vfs_arena_new(NULL);
                ck_assert_ptr_nonnull(arenas[i]);
                ck_assert_ptr_nonnull(vfs_arena_alloc(arenas[i], 100));
        }
        for (size_t i = 0; i < n; i++)
                vfs_arena_destroy(arenas[i]);
        check_arena(NULL);
}
END_TEST

START_TEST(test_arena_out_of_memory_changes_nothing)
{
        struct vfs_arena *arena = vfs_arena_new(&with_hooks);
        uint64_t bytes;
        void *p;

        p = vfs_arena_alloc(arena, 100);
        bytes = vfs_arena_bytes(arena);
        hooks.left = 0;
        ck_assert_ptr_null(vfs_arena_alloc(arena, 100));
        ck_assert_ptr_null(vfs_arena_zalloc(arena, 128));
        ck_assert_uint_eq(vfs_arena_bytes(arena), bytes);
        vfs_arena_free(arena, p, 100);
        ck_assert_uint_eq(vfs_arena_bytes(arena), 0);
        vfs_arena_destroy(arena);
        ck_assert_uint_eq(hooks.blocks, 0);
        ck_assert_ptr_null(vfs_arena_new(&with_hooks));
}
END_TEST

/* Every allocation of these calls fails once: -ENOMEM, and nothing is left. */
START_TEST(test_objects_out_of_memory_at_every_site)
{
        const char *name = "a name that is longer than thirty-two bytes";
        struct vfs_filesystem *fs;
        struct vfs_dentry *d;
        struct bare_vfs bare;
        size_t fails;
        int r;

        bare_init(&bare);
        bare.vfs.allocator = with_hooks;
        for (fails = 0;; fails++) {
                hooks.left = fails;
                fs = NULL;
                r = bare_fs_new(&bare, &fs);
                if (r == 0)
                        r = bare_node_new(fs, name, VFS_S_IFREG, &d);
                if (r == 0)
                        r = vfs_xattrs_set(d->inode, fs->arena, "user.a", "1", 1, 0);
                if (r == 0)
                        vfs_xattrs_free(d->inode, fs->arena);
                hooks.left = SIZE_MAX;
                if (fs != NULL)
                        vfs_filesystem_put(fs);
                ck_assert_uint_eq(hooks.blocks, 0);
                ck_assert_ptr_null(bare.vfs.filesystems);
                if (r == 0)
                        break;
                ck_assert_int_eq(r, -ENOMEM);
        }
        ck_assert_uint_eq(fails, 7); /* structure, source, arena, node, name, attribute, its table */
        bare_fini(&bare);
}
END_TEST

TEST_MAIN_FIXTURE("alloc", setup, NULL, test_alloc_hooks_get_every_size_back, test_alloc_default,
                  test_arena_of_the_library, test_arena_of_hooks_returns_all, test_arena_many_after_another,
                  test_arena_many_at_once, test_arena_out_of_memory_changes_nothing,
                  test_objects_out_of_memory_at_every_site)
