/*
 * sync.c - the parts of sync.h that are not inline: the mutex, thread records
 * and epochs.
 *
 * The mutex is the well-known three-state futex mutex: 0 free, 1 held, 2 held
 * and somebody may wait. It spins a little first, since critical sections here
 * are short.
 *
 * A thread's epoch record is made at its first operation and found through
 * thread-local storage. When the thread exits, a pthread key's destructor hands
 * the record back to Concurrency Kit for the next thread; records never hold
 * deferred frees (those are in limbos), so nothing is left behind. The memory of
 * records is kept for reuse: as many as there were threads at once.
 */
#include "vfs/base/sync.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vfs/base/check.h"

#if VFS_TSAN
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
#endif

/*
 * A thread record goes from the thread that ended to one that starts through Concurrency Kit's own atomics, which order
 * it (a store behind a fence, then an exchange) but which ThreadSanitizer does not see.
 */
static void vfs_record_hand_on(ck_epoch_record_t *record)
{
#if VFS_TSAN
        __tsan_release(record);
#endif
        ck_epoch_unregister(record);
}

static ck_epoch_record_t *vfs_record_take_over(ck_epoch_t *domain)
{
        ck_epoch_record_t *record = ck_epoch_recycle(domain, NULL);

#if VFS_TSAN
        if (record != NULL)
                __tsan_acquire(record);
#endif
        return record;
}

static ck_epoch_t vfs_epoch_domain;
static pthread_once_t vfs_epoch_once = PTHREAD_ONCE_INIT;
static pthread_key_t vfs_thread_key;
static int vfs_thread_key_error;

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

/* Ranks that one thread may hold several of; their order among themselves is the owner's. */
static __attribute__((unused)) bool vfs_rank_nests(unsigned int rank)
{
        return rank == VFS_LOCK_POS || rank == VFS_LOCK_DIR || rank == VFS_LOCK_INODE ||
               rank == VFS_LOCK_DENTRY;
}

static void vfs_rank_push(enum vfs_lock_rank rank)
{
        struct vfs_thread *t = vfs_thread_get();

        if (t == NULL)
                return;
        for (uint32_t i = 0; i < t->nheld; i++)
                vfs_assert(t->held[i] < rank || (t->held[i] == rank && vfs_rank_nests(rank)));
        vfs_assert(t->nheld < sizeof(t->held));
        t->held[t->nheld++] = (uint8_t)rank;
}

static void vfs_rank_pop(enum vfs_lock_rank rank)
{
        struct vfs_thread *t = vfs_thread_get();
        uint32_t i;

        if (t == NULL)
                return;
        for (i = t->nheld; i > 0 && t->held[i - 1] != rank; i--)
                ;
        vfs_assert(i > 0);
        for (; i < t->nheld; i++)
                t->held[i - 1] = t->held[i];
        t->nheld--;
}

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
        if (VFS_DEBUG)
                vfs_rank_push(rank);
        if (vfs_unlikely(!vfs_mutex_trylock_fast(m)))
                vfs_mutex_lock_slow(m);
}

void vfs_mutex_unlock(struct vfs_mutex *m, enum vfs_lock_rank rank)
{
        if (VFS_DEBUG)
                vfs_rank_pop(rank);
        if (vfs_unlikely(vfs_swap_u32(&m->word, 0) == 2))
                vfs_mutex_unlock_slow(m);
}

static void vfs_thread_exit(void *arg)
{
        struct vfs_thread *t = arg;

        vfs_thread_self = NULL;
        vfs_record_hand_on(&t->record);
}

static void vfs_epoch_init(void)
{
        ck_epoch_init(&vfs_epoch_domain);
        vfs_thread_key_error = pthread_key_create(&vfs_thread_key, vfs_thread_exit);
}

struct vfs_thread *vfs_thread_register(void)
{
        ck_epoch_record_t *record;
        struct vfs_thread *t;

        pthread_once(&vfs_epoch_once, vfs_epoch_init);
        if (vfs_thread_key_error != 0)
                return NULL;
        record = vfs_record_take_over(&vfs_epoch_domain);
        if (record != NULL) {
                t = (struct vfs_thread *)record;
        } else {
                t = aligned_alloc(64, (sizeof(*t) + 63) & ~(size_t)63);
                if (t == NULL)
                        return NULL;
                memset(t, 0, sizeof(*t));
                ck_epoch_register(&vfs_epoch_domain, &t->record, NULL);
        }
        t->nheld = 0;
        if (pthread_setspecific(vfs_thread_key, t) != 0) {
                vfs_record_hand_on(&t->record);
                return NULL;
        }
        vfs_thread_self = t;
        return t;
}

uint32_t vfs_epoch_advance(struct vfs_thread *t)
{
        ck_epoch_poll(&t->record);
        return ck_epoch_value(&vfs_epoch_domain);
}

void vfs_epoch_synchronize(struct vfs_thread *t)
{
        vfs_assert(!vfs_epoch_inside(t));
        ck_epoch_synchronize(&t->record);
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
