/*
 * The data iterator: one buffer, several, empty ones between them, a guest's memory that faults.
 */
#include <errno.h>
#include <string.h>

#include <vfs/file.h>

#include "tests/unit/test_main.h"

/* A guest whose memory ends at limit bytes: addresses are offsets into mem. */
struct guest {
        char mem[64];
        size_t limit;
        unsigned int calls;
};

static size_t guest_room(struct guest *g, const void *at, size_t n)
{
        size_t from = (size_t)(uintptr_t)at;

        g->calls++;
        if (from >= g->limit)
                return 0;
        return n < g->limit - from ? n : g->limit - from;
}

static size_t guest_copy_to(void *user, void *to, const void *src, size_t n)
{
        struct guest *g = user;

        n = guest_room(g, to, n);
        memcpy(g->mem + (uintptr_t)to, src, n);
        return n;
}

static size_t guest_copy_from(void *user, void *dst, const void *from, size_t n)
{
        struct guest *g = user;

        n = guest_room(g, from, n);
        memcpy(dst, g->mem + (uintptr_t)from, n);
        return n;
}

static const struct vfs_iter_ops guest_ops = { guest_copy_to, guest_copy_from };

START_TEST(test_iter_one_buffer_moves_in_steps)
        {
                char buf[8] = "........";
                struct vfs_iter it;

                vfs_iter_init_buf(&it, buf, sizeof(buf));
                ck_assert_uint_eq(vfs_iter_copy_to(&it, "abc", 3), 3);
                ck_assert_uint_eq(it.count, 5);
                ck_assert_uint_eq(vfs_iter_zero(&it, 2), 2);
                ck_assert_uint_eq(vfs_iter_copy_to(&it, "defgh", 5), 3);
                ck_assert_uint_eq(it.count, 0);
                ck_assert_mem_eq(buf, "abc\0\0def", 8);
                ck_assert_uint_eq(vfs_iter_copy_to(&it, "x", 1), 0);
        }
END_TEST

START_TEST(test_iter_several_buffers_with_empty_ones)
        {
                char a[3], b[1], c[4], out[8];
                struct vfs_iovec iov[] = {
                        { NULL, 0 }, { a, 3 }, { NULL, 0 }, { b, 1 }, { c, 4 }, { NULL, 0 }
                };
                struct vfs_iter it;

                ck_assert_int_eq(vfs_iter_init(&it, iov, 6, NULL, NULL), 0);
                ck_assert_uint_eq(it.count, 8);
                ck_assert_uint_eq(vfs_iter_copy_to(&it, "12345678", 8), 8);
                ck_assert_mem_eq(a, "123", 3);
                ck_assert_mem_eq(b, "4", 1);
                ck_assert_mem_eq(c, "5678", 4);
                ck_assert_int_eq(vfs_iter_init(&it, iov, 6, NULL, NULL), 0);
                ck_assert_uint_eq(vfs_iter_copy_from(&it, out, 2), 2);
                ck_assert_uint_eq(vfs_iter_copy_from(&it, out + 2, 100), 6);
                ck_assert_mem_eq(out, "12345678", 8);
                ck_assert_int_eq(vfs_iter_init(&it, iov, 6, NULL, NULL), 0);
                ck_assert_uint_eq(vfs_iter_zero(&it, 5), 5);
                ck_assert_mem_eq(a, "\0\0\0", 3);
                ck_assert_mem_eq(c,
                                 "\0"
                                 "678",
                                 4);
        }
END_TEST

START_TEST(test_iter_no_buffers_moves_nothing)
        {
                struct vfs_iter it;
                char c;

                ck_assert_int_eq(vfs_iter_init(&it, NULL, 0, NULL, NULL), 0);
                ck_assert_uint_eq(vfs_iter_copy_to(&it, "x", 1), 0);
                ck_assert_uint_eq(vfs_iter_copy_from(&it, &c, 1), 0);
                ck_assert_uint_eq(vfs_iter_zero(&it, 1), 0);
        }
END_TEST

START_TEST(test_iter_init_refuses_too_many_and_too_long)
        {
                static struct vfs_iovec iov[1025];
                struct vfs_iovec big[2] = { { NULL, INT64_MAX }, { NULL, 1 } };
                struct vfs_iovec huge = { NULL, SIZE_MAX };
                struct vfs_iter it;

                ck_assert_int_eq(vfs_iter_init(&it, iov, 1024, NULL, NULL), 0);
                ck_assert_int_eq(vfs_iter_init(&it, iov, 1025, NULL, NULL), -EINVAL);
                ck_assert_int_eq(vfs_iter_init(&it, big, 1, NULL, NULL), 0);
                ck_assert_int_eq(vfs_iter_init(&it, big, 2, NULL, NULL), -EINVAL);
                ck_assert_int_eq(vfs_iter_init(&it, &huge, 1, NULL, NULL), -EINVAL);
        }
END_TEST

START_TEST(test_iter_guest_fault_is_a_short_count)
        {
                struct guest g = { .limit = 10 };
                struct vfs_iovec iov[2] = { { (void *)4, 4 }, { (void *)8, 8 } };
                struct vfs_iter it;
                char out[16];

                ck_assert_int_eq(vfs_iter_init(&it, iov, 2, &guest_ops, &g), 0);
                ck_assert_uint_eq(vfs_iter_copy_to(&it, "abcdefghijkl", 12), 6);
                ck_assert_uint_eq(it.count, 6);
                ck_assert_mem_eq(g.mem + 4, "abcdef\0", 7);
                ck_assert_uint_eq(vfs_iter_copy_to(&it, "x", 1), 0);
                ck_assert_int_eq(vfs_iter_init(&it, iov, 2, &guest_ops, &g), 0);
                ck_assert_uint_eq(vfs_iter_copy_from(&it, out, sizeof(out)), 6);
                ck_assert_mem_eq(out, "abcdef", 6);
                ck_assert_int_eq(vfs_iter_init(&it, iov, 2, &guest_ops, &g), 0);
                ck_assert_uint_eq(vfs_iter_zero(&it, 12), 6);
                ck_assert_mem_eq(g.mem + 4, "\0\0\0\0\0\0", 6);
        }
END_TEST

START_TEST(test_iter_zero_longer_than_a_page)
        {
                static char a[5000], b[6000];
                struct vfs_iovec iov[2] = { { a, sizeof(a) }, { b, sizeof(b) } };
                struct vfs_iter it;

                memset(a, 1, sizeof(a));
                memset(b, 1, sizeof(b));
                ck_assert_int_eq(vfs_iter_init(&it, iov, 2, NULL, NULL), 0);
                ck_assert_uint_eq(vfs_iter_zero(&it, 10999), 10999);
                ck_assert_int_eq(a[0], 0);
                ck_assert_int_eq(a[4999], 0);
                ck_assert_int_eq(b[5998], 0);
                ck_assert_int_eq(b[5999], 1);
        }
END_TEST

TEST_MAIN("iter", test_iter_one_buffer_moves_in_steps, test_iter_several_buffers_with_empty_ones,
          test_iter_no_buffers_moves_nothing, test_iter_init_refuses_too_many_and_too_long,
          test_iter_guest_fault_is_a_short_count, test_iter_zero_longer_than_a_page)
