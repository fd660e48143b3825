/*
 * notify.c - receiving calls and answering them.
 *
 * One thread at a time receives: the kernel wakes all that wait for a notification, so a
 * second one would cost as much as it helps. It has the turn, answers the call itself, and
 * receives again. It passes the turn on before the answer if another guest waits already,
 * and when it is about to wait for something: then another thread takes it, a new one
 * if there is none. So a call that blocks (a FIFO) keeps its thread and nobody
 * else's. Threads beyond a few end when they find that others wait for the turn.
 *
 * A guest's call can be ended by a fatal signal only (filter.c); a handler that
 * waits asks call_interrupted, and the answer -ERESTARTSYS then lets the guest's
 * kernel decide between EINTR and doing the call again, as for calls of its own.
 */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tools/vfsrun/sys.h"
#include "tools/vfsrun/task.h"
#include "tools/vfsrun/vfsrun.h"

#define SPARE_THREADS 4u /* that wait for the turn at the same time */
#define MAX_THREADS 2048u
#define ERESTARTSYS 512

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1ul
#endif

static struct {
        pthread_mutex_t lock;
        pthread_cond_t ended, turn;
        uint32_t threads, idle; /* lock */
        int taken;              /* lock: somebody has the turn */
        int stop;               /* a, written under lock */
} pool = {
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .ended = PTHREAD_COND_INITIALIZER,
        .turn = PTHREAD_COND_INITIALIZER,
};
static __thread int my_turn;

static uint64_t now_ns(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

int call_reply(struct call *c, int64_t result)
{
        struct seccomp_notif_resp resp = { .id = c->n->id };

        if (result == CALL_CONTINUE)
                resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        else if (result < 0 && result >= -4095)
                resp.error = (int32_t)result;
        else
                resp.val = result;
        return ioctl(vr.listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) < 0 ? -errno : 0;
}

int call_valid(struct call *c)
{
        return ioctl(vr.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &c->n->id) < 0 ? -ENOENT : 0;
}

/* Does a signal wait that the thread neither blocks nor ignores? From /proc/TID/status. */
static int signal_waits(pid_t tid)
{
        static const char *const names[] = { "\nSigPnd:", "\nShdPnd:", "\nSigBlk:", "\nSigIgn:" };
        uint64_t set[4] = { 0 };
        char path[40], text[4096], *at;
        size_t n;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/status", tid);
        f = fopen(path, "re");
        if (!f)
                return 1;
        n = fread(text, 1, sizeof(text) - 1, f);
        fclose(f);
        text[n] = '\0';
        for (int i = 0; i < 4; i++) {
                at = strstr(text, names[i]);
                if (at)
                        set[i] = strtoull(at + strlen(names[i]), NULL, 16);
        }
        return ((set[0] | set[1]) & ~set[2] & ~set[3]) != 0;
}

int call_interrupted(struct task *t)
{
        return __atomic_load_n(&pool.stop, __ATOMIC_RELAXED) ||
               ioctl(vr.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &t->call) < 0 || signal_waits(t->tid);
}

static void answer(struct seccomp_notif *n)
{
        struct call c = { .n = n, .a = (const uint64_t *)n->data.args };
        const struct syscall_entry *e = syscall_find(n->data.nr);
        uint64_t begin = vr.stats ? now_ns() : 0;
        int64_t r;

        r = task_find((pid_t)n->pid, &c.task);
        if (r == 0) {
                c.task->call = n->id;
                vfs_fsctx_refresh(c.task->fs, &c.task->ctx);
                r = e ? e->fn(&c) : -ENOSYS;
                if (r == -EINTR)
                        r = -ERESTARTSYS;
        }
        if (r != CALL_REPLIED)
                call_reply(&c, r);
        if (vr.stats)
                stats_count(n->data.nr, r, now_ns() - begin);
        if (c.task)
                task_put(c.task);
}

static void *worker(void *arg);

static int spawn(void)
{
        pthread_attr_t attr;
        pthread_t thread;
        int r;

        pthread_attr_init(&attr);
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
        pthread_attr_setstacksize(&attr, 512u << 10);
        r = pthread_create(&thread, &attr, worker, NULL);
        pthread_attr_destroy(&attr);
        return -r;
}

/* The turn to receive goes to a thread that waits for it, or a new one. */
void notify_pass_turn(void)
{
        int start;

        if (!my_turn)
                return;
        my_turn = 0;
        pthread_mutex_lock(&pool.lock);
        pool.taken = 0;
        start = pool.idle == 0 && pool.threads < MAX_THREADS;
        if (start)
                pool.threads++;
        else
                pthread_cond_signal(&pool.turn);
        pthread_mutex_unlock(&pool.lock);
        if (start && spawn() < 0) {
                pthread_mutex_lock(&pool.lock);
                pool.threads--;
                pthread_mutex_unlock(&pool.lock);
        }
}

/* Another guest waits for an answer. */
static int another_waits(void)
{
        struct pollfd fd = { .fd = vr.listener, .events = POLLIN };

        return tasks_count() > 1 && poll(&fd, 1, 0) > 0 && (fd.revents & POLLIN);
}

/* While it is this thread's turn. */
static void receive(struct seccomp_notif *n, size_t size)
{
        while (my_turn && !__atomic_load_n(&pool.stop, __ATOMIC_RELAXED)) {
                memset(n, 0, size);
                if (ioctl(vr.listener, SECCOMP_IOCTL_NOTIF_RECV, n) < 0) {
                        if (errno == ENOENT)
                                usleep(100); /* the guest was killed, or all are dead: notify_stop comes */
                        continue;
                }
                if (another_waits())
                        notify_pass_turn();
                answer(n);
        }
}

static void *worker(void *arg)
{
        struct seccomp_notif_sizes sizes;
        struct seccomp_notif *n;
        size_t size = sizeof(*n);

        if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0 && sizes.seccomp_notif > size)
                size = sizes.seccomp_notif;
        n = malloc(size);
        vfs_thread_prepare();
        pthread_mutex_lock(&pool.lock);
        while (n && !pool.stop && pool.idle < SPARE_THREADS) {
                pool.idle++;
                while (pool.taken && !pool.stop)
                        pthread_cond_wait(&pool.turn, &pool.lock);
                pool.idle--;
                if (pool.stop)
                        break;
                pool.taken = my_turn = 1;
                pthread_mutex_unlock(&pool.lock);
                receive(n, size);
                pthread_mutex_lock(&pool.lock);
        }
        if (my_turn)
                pool.taken = 0;
        free(n);
        if (--pool.threads == 0)
                pthread_cond_signal(&pool.ended);
        else
                pthread_cond_signal(&pool.turn); /* if it was the only one that could have taken it */
        pthread_mutex_unlock(&pool.lock);
        return NULL;
}

int notify_start(void)
{
        int r;

        /* Guest and supervisor take turns: let the kernel wake the other one on the same processor. */
        ioctl(vr.listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
        pool.threads = 1;
        r = spawn();
        if (r < 0)
                pool.threads = 0;
        return r;
}

/*
 * All guests are dead, so that a thread that waits is told by the kernel, and one that blocks by
 * call_interrupted.
 */
void notify_stop(void)
{
        pthread_mutex_lock(&pool.lock);
        __atomic_store_n(&pool.stop, 1, __ATOMIC_RELAXED);
        pthread_cond_broadcast(&pool.turn);
        while (pool.threads)
                pthread_cond_wait(&pool.ended, &pool.lock);
        pthread_mutex_unlock(&pool.lock);
}

/* The library waits: in steps, so that a guest's signals are seen. */
int notify_wait(void *user, void *ctx_user, const uint32_t *word, uint32_t expected)
{
        const struct timespec step = { .tv_nsec = 10000000 };

        notify_pass_turn();
        while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == expected) {
                if (syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, &step, NULL, 0) == 0 ||
                    errno != ETIMEDOUT)
                        return 0;
                if (ctx_user && call_interrupted(ctx_user))
                        return -EINTR;
        }
        return 0;
}

void notify_wake(void *user, const uint32_t *word, uint32_t n)
{
        syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n > INT32_MAX ? INT32_MAX : (int)n, NULL, NULL, 0);
}
