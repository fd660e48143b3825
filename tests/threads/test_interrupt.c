/*
 * Interruption with the default hooks for waiting: a host signal alone changes nothing, the context's hook decides.
 */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "tests/unit/memfs_world.h"

static int interrupted;
static int opened; /* what the blocked open said; 1: not back yet */
static uint32_t asked;

static int ask(void *arg)
{
        __atomic_fetch_add(&asked, 1, __ATOMIC_SEQ_CST);
        return __atomic_load_n(&interrupted, __ATOMIC_SEQ_CST);
}

static void on_signal(int sig)
{
}

static void *open_fifo(void *arg)
{
        struct vfs_ctx ctx = root;
        struct vfs_file *file = NULL;
        int r;

        ctx.interrupted = ask;
        r = vfs_open(&ctx, NULL, "/fifo", VFS_O_RDONLY, 0, &file);
        vfs_file_put(file);
        __atomic_store_n(&opened, r, __ATOMIC_SEQ_CST);
        return NULL;
}

START_TEST(test_host_signal_alone_does_not_end_a_blocked_open)
{
        const struct sigaction action = { .sa_handler = on_signal };
        pthread_t thread;
        uint32_t before;

        ck_assert_int_eq(vfs_mknod(&root, NULL, "/fifo", VFS_S_IFIFO | 0600, 0), 0);
        ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
        __atomic_store_n(&opened, 1, __ATOMIC_SEQ_CST);
        ck_assert_int_eq(pthread_create(&thread, NULL, open_fifo, NULL), 0);
        /* Until signals have woken it several times: it asked, and went back to sleep. */
        do {
                ck_assert_int_eq(pthread_kill(thread, SIGUSR1), 0);
                usleep(1000);
                before = __atomic_load_n(&asked, __ATOMIC_SEQ_CST);
        } while (before < 5);
        ck_assert_int_eq(__atomic_load_n(&opened, __ATOMIC_SEQ_CST), 1);
        __atomic_store_n(&interrupted, 1, __ATOMIC_SEQ_CST);
        while (__atomic_load_n(&opened, __ATOMIC_SEQ_CST) == 1) {
                pthread_kill(thread, SIGUSR1);
                usleep(1000);
        }
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        ck_assert_int_eq(opened, -EINTR);
}
END_TEST

TEST_MAIN_FIXTURE("interrupt", world_setup, world_teardown, test_host_signal_alone_does_not_end_a_blocked_open)
