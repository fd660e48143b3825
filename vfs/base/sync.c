/*
 * sync.c - the parts of sync.h that are not inline: the mutex, thread records
 * and epochs.
 *
 * The mutex is the well-known three-state futex mutex: 0 free, 1 held, 2 held
 * and somebody may wait. It spins a little first, since critical sections here
 * are short.
 *
 * A thread's epoch record is made at its first operation and found through
 * thread-local storage. When the thread exits, a pthread key's destructor puts
 * the record on a list for the next thread; records never hold deferred frees
 * (those are in limbos), so nothing is left behind. The memory of records is
 * kept for reuse: as many as there were threads at once. The list is ours rather
 * than Concurrency Kit's, because a record carries more than the epoch: a lock
 * orders one owner's accesses before the next one's.
 *
 * Known limit: after fork(2) in a process with several threads, the child sees
 * sections of threads that it does not have as open for ever; as with any lock,
 * it must exec.
 */
#include "vfs/base/sync.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vfs/base/check.h"

#if VFS_TSAN
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
#endif

static ck_epoch_t vfs_epoch_domain;
static pthread_once_t vfs_epoch_once = PTHREAD_ONCE_INIT;
static pthread_key_t vfs_thread_key;
static int vfs_thread_key_error;
static struct vfs_mutex vfs_threads_lock; /* raw: without a rank, since ranks may need no thread */
static struct vfs_thread *vfs_threads_free; /* vfs_threads_lock */
static uint32_t vfs_threads_shard;          /* vfs_threads_lock */

__thread struct vfs_thread *vfs_thread_self;

int vfs_futex_wait(const uint32_t *word, uint32_t expected)
{
        if (syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0) < 0 && errno == EINTR)
                return -EINTR;
        return 0;
}

void vfs_futex_wake(const uint32_t *word, uint32_t n)
{
        syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n > INT_MAX ? INT_MAX : (int)n, NULL, NULL, 0);
}

#if VFS_DEBUG
/* Ranks that one thread may hold several of; their order among themselves is the owner's. */
static inline bool vfs_rank_nests(unsigned int rank)
{
        return rank == VFS_LOCK_POS || rank == VFS_LOCK_DIR || rank == VFS_LOCK_INODE ||
               rank == VFS_LOCK_DENTRY;
}

/* Ranks of the locks that the thread holds, in the order of taking. Not in its record: that may be out of memory. */
static __thread struct {
        uint8_t rank[24];
        uint32_t n;
} vfs_held;

static void vfs_rank_push(enum vfs_lock_rank rank)
{
        for (uint32_t i = 0; i < vfs_held.n; i++)
                vfs_check(vfs_held.rank[i] < rank || (vfs_held.rank[i] == rank && vfs_rank_nests(rank)));
        vfs_check(vfs_held.n < sizeof(vfs_held.rank));
        vfs_held.rank[vfs_held.n++] = (uint8_t)rank;
}

static void vfs_rank_pop(enum vfs_lock_rank rank)
{
        uint32_t i = vfs_held.n;

        while (i > 0 && vfs_held.rank[i - 1] != rank)
                i--;
        vfs_check(i > 0);
        for (; i < vfs_held.n; i++)
                vfs_held.rank[i - 1] = vfs_held.rank[i];
        vfs_held.n--;
}
#endif

static inline bool vfs_mutex_trylock_fast(struct vfs_mutex *m)
{
        return vfs_cas_u32(&m->word, 0, 1);
}

void vfs_mutex_lock_slow(struct vfs_mutex *m)
{
        for (int i = 0; i < 64; i++) {
                if (vfs_load_relaxed(&m->word) == 0 && vfs_mutex_trylock_fast(m))
                        return;
                vfs_cpu_relax();
        }
        while (vfs_swap_u32(&m->word, 2) != 0)
                vfs_futex_wait(&m->word, 2);
}

void vfs_mutex_unlock_slow(struct vfs_mutex *m)
{
        vfs_futex_wake(&m->word, 1);
}

void vfs_mutex_lock(struct vfs_mutex *m, enum vfs_lock_rank rank)
{
#if VFS_DEBUG
        vfs_rank_push(rank);
#endif
        if (vfs_unlikely(!vfs_mutex_trylock_fast(m)))
                vfs_mutex_lock_slow(m);
}

void vfs_mutex_unlock(struct vfs_mutex *m, enum vfs_lock_rank rank)
{
#if VFS_DEBUG
        vfs_rank_pop(rank);
#endif
        if (vfs_unlikely(vfs_swap_u32(&m->word, 0) == 2))
                vfs_mutex_unlock_slow(m);
}

static void vfs_threads_lock_raw(void)
{
        if (!vfs_mutex_trylock_fast(&vfs_threads_lock))
                vfs_mutex_lock_slow(&vfs_threads_lock);
}

static void vfs_threads_unlock_raw(void)
{
        if (vfs_swap_u32(&vfs_threads_lock.word, 0) == 2)
                vfs_mutex_unlock_slow(&vfs_threads_lock);
}

static void vfs_thread_release(struct vfs_thread *t)
{
        vfs_threads_lock_raw();
        t->next_free = vfs_threads_free;
        vfs_threads_free = t;
        vfs_threads_unlock_raw();
}

static void vfs_thread_exit(void *arg)
{
        vfs_thread_self = NULL;
        vfs_thread_release(arg);
}

static void vfs_epoch_init(void)
{
        ck_epoch_init(&vfs_epoch_domain);
        vfs_thread_key_error = pthread_key_create(&vfs_thread_key, vfs_thread_exit);
}

struct vfs_thread *vfs_thread_register(void)
{
        struct vfs_thread *t;

        pthread_once(&vfs_epoch_once, vfs_epoch_init);
        if (vfs_thread_key_error != 0)
                return NULL;
        vfs_threads_lock_raw();
        t = vfs_threads_free;
        if (t != NULL)
                vfs_threads_free = t->next_free;
        vfs_threads_unlock_raw();
        if (t == NULL) {
                t = aligned_alloc(64, (sizeof(*t) + 63) & ~(size_t)63);
                if (t == NULL)
                        return NULL;
                memset(t, 0, sizeof(*t));
                vfs_threads_lock_raw();
                t->shard = vfs_threads_shard++;
                ck_epoch_register(&vfs_epoch_domain, &t->record, NULL);
                vfs_threads_unlock_raw();
        }
        if (pthread_setspecific(vfs_thread_key, t) != 0) {
                vfs_thread_release(t);
                return NULL;
        }
        vfs_thread_self = t;
        return t;
}

uint32_t vfs_epoch_advance(struct vfs_thread *t)
{
        unsigned int e = ck_epoch_value(&vfs_epoch_domain);

        /*
         * poll moves the epoch when every open section has observed it, but not
         * when no section is open: then the same step is taken here. It is the
         * same argument: a section that opens meanwhile observes e or later, and
         * the step from e + 1 waits for it.
         */
        if (ck_epoch_poll(&t->record))
                ck_pr_cas_uint(&vfs_epoch_domain.epoch, e, e + 1);
        return ck_epoch_value(&vfs_epoch_domain);
}

/* Called while a section stands in the way: sections are short, so it is mostly one whose thread waits for a processor. */
static void vfs_epoch_wait(ck_epoch_t *domain, ck_epoch_record_t *record, void *arg)
{
        unsigned int *spins = arg;

        if (++*spins % 64 == 0)
                sched_yield();
}

void vfs_epoch_synchronize(struct vfs_thread *t)
{
        unsigned int spins = 0;

        vfs_assert(t == NULL || !vfs_epoch_inside(t));
        pthread_once(&vfs_epoch_once, vfs_epoch_init);
        ck_epoch_synchronize_wait(&vfs_epoch_domain, vfs_epoch_wait, &spins);
        vfs_epoch_acquire();
}

#if VFS_TSAN
void vfs_epoch_exit_tsan(void)
{
        __tsan_release(&vfs_epoch_domain);
}
#endif

void vfs_epoch_acquire(void)
{
#if VFS_TSAN
        __tsan_acquire(&vfs_epoch_domain);
#endif
}
