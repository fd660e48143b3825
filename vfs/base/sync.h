/*
 * sync.h - atomics, locks, sequence counts and epochs.
 *
 * The only file, with sync.c, that includes Concurrency Kit or pthread. Loads and
 * stores are the compiler's, which it may fold into other instructions;
 * read-modify-writes, fences and epochs are Concurrency Kit's. ThreadSanitizer
 * does not understand the latter's inline assembly, so under it the same names
 * mean the compiler's builtins and epochs are annotated.
 *
 * Every function here is callable from any thread.
 */
#ifndef VFS_BASE_SYNC_H
#define VFS_BASE_SYNC_H

#include <ck_epoch.h>
#include <ck_pr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <vfs/fs/lock.h>

#if defined(__SANITIZE_THREAD__)
#define VFS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define VFS_TSAN 1
#endif
#endif
#ifndef VFS_TSAN
#define VFS_TSAN 0
#endif

#if defined(__SANITIZE_ADDRESS__)
#define VFS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VFS_ASAN 1
#endif
#endif
#ifndef VFS_ASAN
#define VFS_ASAN 0
#endif

#define vfs_likely(x) __builtin_expect(!!(x), 1)
#define vfs_unlikely(x) __builtin_expect(!!(x), 0)
/* For the few functions of the walk, whose state must stay in registers; and for what must not be pulled into it. */
#define VFS_INLINE static inline __attribute__((always_inline))
#define VFS_COLD __attribute__((noinline))

/* Acquire loads, release stores, and relaxed forms of both. */
#define vfs_load(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define vfs_load_relaxed(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define vfs_store(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define vfs_store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)

/*
 * Read-modify-writes: full barriers. On x86 they are that by themselves; Concurrency
 * Kit's order nothing elsewhere, so there a fence stands on either side.
 */
static inline void vfs_fence_rmw(void)
{
#if !VFS_TSAN && !defined(__x86_64__)
        ck_pr_fence_memory();
#endif
}

static inline uint64_t vfs_fetch_add_u64(uint64_t *p, uint64_t d)
{
#if VFS_TSAN
        return __atomic_fetch_add(p, d, __ATOMIC_SEQ_CST);
#else
        vfs_fence_rmw();
        uint64_t r = ck_pr_faa_64(p, d);
        vfs_fence_rmw();
        return r;
#endif
}

static inline uint32_t vfs_fetch_add_u32(uint32_t *p, uint32_t d)
{
#if VFS_TSAN
        return __atomic_fetch_add(p, d, __ATOMIC_SEQ_CST);
#else
        vfs_fence_rmw();
        uint32_t r = ck_pr_faa_32(p, d);
        vfs_fence_rmw();
        return r;
#endif
}

static inline bool vfs_cas_u64(uint64_t *p, uint64_t old, uint64_t new_)
{
#if VFS_TSAN
        return __atomic_compare_exchange_n(p, &old, new_, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
#else
        vfs_fence_rmw();
        bool r = ck_pr_cas_64(p, old, new_);
        vfs_fence_rmw();
        return r;
#endif
}

static inline bool vfs_cas_u32(uint32_t *p, uint32_t old, uint32_t new_)
{
#if VFS_TSAN
        return __atomic_compare_exchange_n(p, &old, new_, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
#else
        vfs_fence_rmw();
        bool r = ck_pr_cas_32(p, old, new_);
        vfs_fence_rmw();
        return r;
#endif
}

static inline uint32_t vfs_swap_u32(uint32_t *p, uint32_t v)
{
#if VFS_TSAN
        return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
#else
        vfs_fence_rmw();
        uint32_t r = ck_pr_fas_32(p, v);
        vfs_fence_rmw();
        return r;
#endif
}

/* Orders earlier loads before later loads: for the end of a sequence count's read section. */
static inline void vfs_fence_load(void)
{
#if VFS_TSAN
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
#else
        ck_pr_fence_load();
#endif
}

/* Orders earlier stores before later stores: for the begin of a write section. */
static inline void vfs_fence_store(void)
{
#if VFS_TSAN
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
#else
        ck_pr_fence_store();
#endif
}

static inline void vfs_cpu_relax(void)
{
        ck_pr_stall();
}

/*
 * References: a count that lock-free readers may try to take. Dead at 0.
 */
static inline bool vfs_ref_tryget(uint64_t *refs)
{
        uint64_t n = vfs_load_relaxed(refs);

        while (n != 0) {
                if (vfs_cas_u64(refs, n, n + 1))
                        return true;
                n = vfs_load_relaxed(refs);
        }
        return false;
}

/*
 * Sequence counts: analogous to Linux's seqcount_t. Writers are serialised by a
 * lock that the owner names; readers copy and then ask whether they raced.
 * Payload read in a read section is read with vfs_load_relaxed or vfs_seq_copy.
 */
struct vfs_seq {
        uint32_t n;
};

static inline void vfs_seq_write_begin(struct vfs_seq *seq)
{
        vfs_store_relaxed(&seq->n, seq->n + 1);
        vfs_fence_store();
}

static inline void vfs_seq_write_end(struct vfs_seq *seq)
{
        vfs_store(&seq->n, seq->n + 1);
}

/* Never waits: an odd value makes the matching vfs_seq_retry true. */
static inline uint32_t vfs_seq_read_begin(const struct vfs_seq *seq)
{
        return vfs_load(&seq->n);
}

static inline bool vfs_seq_retry(const struct vfs_seq *seq, uint32_t start)
{
        vfs_fence_load();
        return (start & 1) != 0 || vfs_load_relaxed(&seq->n) != start;
}

/* Copies 8 n bytes that a writer may be changing; the caller checks the sequence count. */
static inline void vfs_seq_copy(void *dst, const void *src, size_t n)
{
#if VFS_TSAN
        uint64_t *d = dst;
        const uint64_t *s = src;

        for (size_t i = 0; i < n; i++)
                d[i] = vfs_load_relaxed(&s[i]);
#else
        /* The words are aligned, so each arrives whole; a torn record is discarded by the check. */
        memcpy(dst, src, n * 8);
#endif
}

/*
 * Epochs: memory that lock-free readers can reach is freed through a vfs_limbo
 * (reclaim.h) once every section that could have seen it has ended. One domain
 * for the process, since threads are the process's. Sections nest, must not
 * block, and must not put a last reference.
 */
struct vfs_thread {
        ck_epoch_record_t record;
        struct vfs_thread *next_free; /* while no thread owns it */
        uint32_t shard;               /* a small number for sharded counters; constant */
};

extern __thread struct vfs_thread *vfs_thread_self;

/* The calling thread's record, or NULL when it is out of memory. */
struct vfs_thread *vfs_thread_register(void);

static inline struct vfs_thread *vfs_thread_get(void)
{
        struct vfs_thread *t = vfs_thread_self;

        return vfs_likely(t != NULL) ? t : vfs_thread_register();
}

static inline void vfs_epoch_enter(struct vfs_thread *t)
{
        ck_epoch_begin(&t->record, NULL);
}

#if VFS_TSAN
void vfs_epoch_exit_tsan(void);
#endif

static inline void vfs_epoch_exit(struct vfs_thread *t)
{
#if VFS_TSAN
        vfs_epoch_exit_tsan();
#endif
        ck_epoch_end(&t->record, NULL);
}

static inline bool vfs_epoch_inside(const struct vfs_thread *t)
{
        return t->record.active != 0;
}

/* The current epoch, moved on first if no section stands in the way. */
uint32_t vfs_epoch_advance(struct vfs_thread *t);
/* Waits until every section that was open at the call has ended. Not inside a section. t may be NULL (no memory). */
void vfs_epoch_synchronize(struct vfs_thread *t);
/* Orders the readers' accesses before a free; the free's side of the annotation. */
void vfs_epoch_acquire(void);

/* Default wait and wake: futex(2). wait returns 0 or -EINTR. */
int vfs_futex_wait(const uint32_t *word, uint32_t expected);
void vfs_futex_wake(const uint32_t *word, uint32_t n);

#endif
