/*
 * Sequence counts, thread records, and the lock order of debug builds. The mutex under contention is in tests/threads.
 */
#include <pthread.h>
#include <signal.h>

#include "tests/unit/test_main.h"
#include "vfs/base/alloc.h"
#include "vfs/base/check.h"

START_TEST(test_seq_reader_knows_of_a_writer)
{
        struct vfs_seq seq = { UINT32_MAX - 1 };
        uint32_t start = vfs_seq_read_begin(&seq);

        ck_assert(!vfs_seq_retry(&seq, start));
        vfs_seq_write_begin(&seq);
        ck_assert(vfs_seq_retry(&seq, start));
        ck_assert(vfs_seq_retry(&seq, vfs_seq_read_begin(&seq)));
        vfs_seq_write_end(&seq);
        ck_assert(vfs_seq_retry(&seq, start));
        ck_assert_uint_eq(seq.n, 0);
        ck_assert(!vfs_seq_retry(&seq, vfs_seq_read_begin(&seq)));
}
END_TEST

START_TEST(test_ref_tryget_never_revives)
{
        uint64_t refs = 1;

        ck_assert(vfs_ref_tryget(&refs) && refs == 2);
        refs = 0;
        ck_assert(!vfs_ref_tryget(&refs) && refs == 0);
}
END_TEST

static void *get_record(void *arg)
{
        *(struct vfs_thread **)arg = vfs_thread_get();
        return NULL;
}

START_TEST(test_thread_record_is_used_again)
{
        struct vfs_thread *first = NULL, *again = NULL, *self = vfs_thread_get();
        pthread_t thread;
        uint32_t shard;

        ck_assert_ptr_eq(vfs_thread_get(), self);
        ck_assert_int_eq(pthread_create(&thread, NULL, get_record, &first), 0);
        pthread_join(thread, NULL);
        shard = first->shard;
        ck_assert(first != self && shard != self->shard);
        for (int i = 0; i < 100; i++) {
                ck_assert_int_eq(pthread_create(&thread, NULL, get_record, &again), 0);
                pthread_join(thread, NULL);
                ck_assert(again == first && again->shard == shard);
        }
}
END_TEST

START_TEST(test_epoch_advances_unless_a_section_lags)
{
        struct vfs_thread *t = vfs_thread_get();
        uint32_t epoch = vfs_epoch_advance(t);

        ck_assert_uint_eq(vfs_epoch_advance(t), epoch + 1);
        vfs_epoch_enter(t);
        ck_assert_uint_eq(vfs_epoch_advance(t), epoch + 2); /* the section has seen epoch + 1 */
        ck_assert_uint_eq(vfs_epoch_advance(t), epoch + 2);
        vfs_epoch_exit(t);
        ck_assert_uint_eq(vfs_epoch_advance(t), epoch + 3);
        vfs_epoch_synchronize(t);
        vfs_epoch_synchronize(NULL);
}
END_TEST

START_TEST(test_locks_in_order)
{
        struct vfs_mutex a = { 0 }, b = { 0 }, c = { 0 };

        vfs_mutex_lock(&a, VFS_LOCK_DIR);
        vfs_mutex_lock(&b, VFS_LOCK_DIR);
        vfs_mutex_lock(&c, VFS_LOCK_LEAF);
        vfs_mutex_unlock(&a, VFS_LOCK_DIR); /* unlocking has no order */
        vfs_mutex_unlock(&c, VFS_LOCK_LEAF);
        vfs_mutex_lock(&c, VFS_LOCK_DENTRY);
        vfs_mutex_unlock(&b, VFS_LOCK_DIR);
        vfs_mutex_unlock(&c, VFS_LOCK_DENTRY);
        ck_assert(a.word == 0 && b.word == 0 && c.word == 0);
}
END_TEST

#if VFS_DEBUG
static struct vfs_mutex x, y;

START_TEST(test_locks_out_of_order_trap)
{
        vfs_mutex_lock(&x, VFS_LOCK_MOUNT);
        vfs_mutex_lock(&y, VFS_LOCK_INODE);
}
END_TEST

START_TEST(test_lock_twice_where_one_is_allowed_traps)
{
        vfs_mutex_lock(&x, VFS_LOCK_MOUNT);
        vfs_mutex_lock(&y, VFS_LOCK_MOUNT);
}
END_TEST

START_TEST(test_unlock_of_what_is_not_held_traps)
{
        vfs_mutex_unlock(&x, VFS_LOCK_MOUNT);
}
END_TEST
#endif

START_TEST(test_check_traps)
{
        uint64_t zero = vfs_load_relaxed(&(uint64_t){ 0 });

        vfs_check(zero != 0);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("sync");
        TCase *tcase = tcase_create("sync");
        const int trap = SIGILL; /* of __builtin_trap */

        tcase_add_test(tcase, test_seq_reader_knows_of_a_writer);
        tcase_add_test(tcase, test_ref_tryget_never_revives);
        tcase_add_test(tcase, test_thread_record_is_used_again);
        tcase_add_test(tcase, test_epoch_advances_unless_a_section_lags);
        tcase_add_test(tcase, test_locks_in_order);
        tcase_add_test_raise_signal(tcase, test_check_traps, trap);
#if VFS_DEBUG
        tcase_add_test_raise_signal(tcase, test_locks_out_of_order_trap, trap);
        tcase_add_test_raise_signal(tcase, test_lock_twice_where_one_is_allowed_traps, trap);
        tcase_add_test_raise_signal(tcase, test_unlock_of_what_is_not_held_traps, trap);
#endif
        suite_add_tcase(suite, tcase);
        return test_run(suite);
}
