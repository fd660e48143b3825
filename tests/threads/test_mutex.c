/*
 * The mutex under contention: what it guards is written by one thread at a time.
 */
#include <pthread.h>

#include "tests/unit/test_main.h"
#include "vfs/base/sync.h"

enum { THREADS = 4, ROUNDS = 20000 };

static struct vfs_mutex lock;
static unsigned long counter;

static void *add(void *arg)
{
        for (int i = 0; i < ROUNDS; i++) {
                vfs_mutex_lock(&lock, VFS_LOCK_LEAF);
                counter++;
                vfs_mutex_unlock(&lock, VFS_LOCK_LEAF);
        }
        return NULL;
}

START_TEST(test_mutex_contended_loses_no_increment)
{
        pthread_t threads[THREADS];

        for (int i = 0; i < THREADS; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, add, NULL), 0);
        for (int i = 0; i < THREADS; i++)
                ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_uint_eq(counter, (unsigned long)THREADS * ROUNDS);
        ck_assert_uint_eq(lock.word, 0);
}
END_TEST

TEST_MAIN("mutex", test_mutex_contended_loses_no_increment)
