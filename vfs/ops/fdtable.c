/*
 * fdtable.c - a table of file descriptors.
 *
 * An array of files, and three bitmaps: open says which numbers are taken, full
 * has one bit for each word of open that has no zero left, so the lowest free
 * number is found by looking at one word of each in most cases; cloexec is the one
 * flag a descriptor has. All live in one allocation, which doubles.
 *
 * One lock (rank FDTABLE) guards everything. Files are put after it is released,
 * because a last put may block and re-enter a filesystem; a call that closes many
 * takes them out in batches.
 *
 * DIFF-LINUX: a number cannot be set aside before a file is opened, so that open(2)
 * with a full table creates the file before it says EMFILE. And close_range ignores
 * CLOSE_RANGE_UNSHARE: which task gets a copy of its own is for the embedder to say,
 * with vfs_fdtable_copy.
 *
 * Limit: threads that share a table meet at its lock for every lookup.
 */
#include <vfs/fdtable.h>
#include <vfs/fsapi.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "vfs/object/instance.h"

#define VFS_FD_WORD          64u
#define VFS_FD_FIRST         64u /* capacity to begin with; a power of two */
#define VFS_FD_LIMIT_MAX     (1u << 30)
#define VFS_FD_LIMIT_DEFAULT (1u << 20)
#define VFS_FD_BATCH         64u

struct vfs_fdarray {
        struct vfs_file **files;
        uint64_t *open, *full, *cloexec;
        uint32_t capacity; /* a power of two, at least VFS_FD_FIRST */
};

struct vfs_fdtable {
        struct vfs *vfs;       /* c */
        uint64_t refs;         /* a */
        struct vfs_mutex lock; /*    rank FDTABLE */
        uint32_t limit;        /* lock */
        uint32_t next;         /* lock  every number below is taken */
        struct vfs_fdarray a;  /* lock */
};
/* Lock key: a atomic, c constant after init. */

static uint32_t vfs_fd_words(uint32_t bits)
{
        return (bits + VFS_FD_WORD - 1) / VFS_FD_WORD;
}

static size_t vfs_fdarray_bytes(uint32_t capacity)
{
        uint32_t words = vfs_fd_words(capacity);

        return (size_t)capacity * sizeof(struct vfs_file *) +
               ((size_t)2 * words + vfs_fd_words(words)) * sizeof(uint64_t);
}

static int vfs_fdarray_alloc(struct vfs *vfs, uint32_t capacity, struct vfs_fdarray *ret_array)
{
        uint32_t words = vfs_fd_words(capacity);
        void *p = vfs_mem_zalloc(vfs, vfs_fdarray_bytes(capacity));

        if (p == NULL)
                return -ENOMEM;
        ret_array->files = p;
        ret_array->open = (uint64_t *)(ret_array->files + capacity);
        ret_array->cloexec = ret_array->open + words;
        ret_array->full = ret_array->cloexec + words;
        ret_array->capacity = capacity;
        return 0;
}

static void vfs_fdarray_free(struct vfs *vfs, struct vfs_fdarray *a)
{
        vfs_mem_free(vfs, a->files, vfs_fdarray_bytes(a->capacity));
}

/* Copies what from holds; to is empty and at least as large. */
static void vfs_fdarray_copy(struct vfs_fdarray *to, const struct vfs_fdarray *from)
{
        uint32_t words = vfs_fd_words(from->capacity);

        memcpy(to->files, from->files, from->capacity * sizeof(*from->files));
        memcpy(to->open, from->open, words * sizeof(uint64_t));
        memcpy(to->cloexec, from->cloexec, words * sizeof(uint64_t));
        memcpy(to->full, from->full, vfs_fd_words(words) * sizeof(uint64_t));
}

static inline bool vfs_fd_test(const uint64_t *bits, uint32_t n)
{
        return (bits[n / VFS_FD_WORD] >> (n % VFS_FD_WORD) & 1) != 0;
}

static inline void vfs_fd_assign(uint64_t *bits, uint32_t n, bool on)
{
        uint64_t bit = UINT64_C(1) << (n % VFS_FD_WORD);

        if (on)
                bits[n / VFS_FD_WORD] |= bit;
        else
                bits[n / VFS_FD_WORD] &= ~bit;
}

/* The first zero bit at or behind from; nbits when there is none. */
static uint32_t vfs_fd_next_zero(const uint64_t *bits, uint32_t nbits, uint32_t from)
{
        for (uint32_t w = from / VFS_FD_WORD; w < vfs_fd_words(nbits); w++) {
                uint64_t zeroes = ~bits[w];

                if (w == from / VFS_FD_WORD)
                        zeroes &= ~UINT64_C(0) << (from % VFS_FD_WORD);
                if (zeroes != 0) {
                        uint32_t n = w * VFS_FD_WORD + (uint32_t)__builtin_ctzll(zeroes);

                        return n < nbits ? n : nbits;
                }
        }
        return nbits;
}

/* The lowest free number at or behind min; the capacity when none is within it. */
static uint32_t vfs_fd_lowest_free(const struct vfs_fdarray *a, uint32_t min)
{
        uint32_t word, n;

        if (min >= a->capacity)
                return min;
        n = vfs_fd_next_zero(a->open, (min | (VFS_FD_WORD - 1)) + 1, min);
        if (n <= (min | (VFS_FD_WORD - 1)))
                return n;
        word = vfs_fd_next_zero(a->full, vfs_fd_words(a->capacity), min / VFS_FD_WORD + 1);
        if (word == vfs_fd_words(a->capacity))
                return a->capacity;
        return word * VFS_FD_WORD + (uint32_t)__builtin_ctzll(~a->open[word]);
}

/* Puts a file at a free number within the capacity, or takes one out (file NULL). */
static void vfs_fd_set_locked(struct vfs_fdtable *t, uint32_t n, struct vfs_file *file, bool cloexec)
{
        struct vfs_fdarray *a = &t->a;

        a->files[n] = file;
        vfs_fd_assign(a->open, n, file != NULL);
        vfs_fd_assign(a->full, n / VFS_FD_WORD, a->open[n / VFS_FD_WORD] == UINT64_MAX);
        vfs_fd_assign(a->cloexec, n, cloexec);
        if (file == NULL && n < t->next)
                t->next = n;
        else if (file != NULL && n == t->next)
                t->next = n + 1;
}

static struct vfs_file *vfs_fd_file_locked(const struct vfs_fdtable *t, int fd)
{
        return fd >= 0 && (uint32_t)fd < t->a.capacity ? t->a.files[fd] : NULL;
}

/* Makes room for number n. */
static int vfs_fd_grow_locked(struct vfs_fdtable *t, uint32_t n)
{
        uint32_t capacity = t->a.capacity;
        struct vfs_fdarray bigger;
        int r;

        if (n < capacity)
                return 0;
        while (capacity <= n)
                capacity *= 2;
        r = vfs_fdarray_alloc(t->vfs, capacity, &bigger);
        if (r < 0)
                return r;
        vfs_fdarray_copy(&bigger, &t->a);
        vfs_fdarray_free(t->vfs, &t->a);
        t->a = bigger;
        return 0;
}

/* The table takes a reference of its own on file. */
static int vfs_fd_install_locked(struct vfs_fdtable *t, struct vfs_file *file, uint32_t min, bool cloexec)
{
        uint32_t n;
        int r;

        if (min >= t->limit)
                return -EINVAL;
        n = vfs_fd_lowest_free(&t->a, min < t->next ? t->next : min);
        if (n >= t->limit)
                return -EMFILE;
        r = vfs_fd_grow_locked(t, n);
        if (r < 0)
                return r;
        vfs_fd_set_locked(t, n, vfs_file_get(file), cloexec);
        return (int)n;
}

int vfs_fdtable_new(struct vfs *vfs, uint32_t limit, struct vfs_fdtable **ret_table)
{
        struct vfs_fdtable *t;
        int r;

        if (limit > VFS_FD_LIMIT_MAX)
                return -EINVAL;
        t = vfs_mem_zalloc(vfs, sizeof(*t));
        if (t == NULL)
                return -ENOMEM;
        r = vfs_fdarray_alloc(vfs, VFS_FD_FIRST, &t->a);
        if (r < 0) {
                vfs_mem_free(vfs, t, sizeof(*t));
                return r;
        }
        t->vfs = vfs;
        t->refs = 1;
        t->limit = limit != 0 ? limit : VFS_FD_LIMIT_DEFAULT;
        *ret_table = t;
        return 0;
}

int vfs_fdtable_copy(struct vfs_fdtable *table, struct vfs_fdtable **ret_table)
{
        struct vfs_fdtable *t;
        uint32_t capacity;
        int r;

        r = vfs_fdtable_new(table->vfs, 0, &t);
        if (r < 0)
                return r;
        vfs_mutex_lock(&table->lock, VFS_LOCK_FDTABLE);
        /* The new table is nobody else's, so it needs no lock. Memory comes outside of the old one's. */
        while ((capacity = table->a.capacity) > t->a.capacity) {
                vfs_mutex_unlock(&table->lock, VFS_LOCK_FDTABLE);
                r = vfs_fd_grow_locked(t, capacity - 1);
                if (r < 0) {
                        vfs_fdtable_put(t);
                        return r;
                }
                vfs_mutex_lock(&table->lock, VFS_LOCK_FDTABLE);
        }
        vfs_fdarray_copy(&t->a, &table->a);
        for (uint32_t n = 0; n < capacity; n++)
                if (t->a.files[n] != NULL)
                        vfs_file_get(t->a.files[n]);
        t->limit = table->limit;
        t->next = table->next;
        vfs_mutex_unlock(&table->lock, VFS_LOCK_FDTABLE);
        *ret_table = t;
        return 0;
}

struct vfs_fdtable *vfs_fdtable_get(struct vfs_fdtable *table)
{
        vfs_fetch_add_u64(&table->refs, 1);
        return table;
}

/* Closes what is open in [first, last], or only what is also marked; batch by batch, put unlocked. */
static void vfs_fd_close_many(struct vfs_fdtable *t, uint32_t first, uint32_t last, bool marked_only)
{
        struct vfs_file *batch[VFS_FD_BATCH];
        uint32_t n = first, got;

        do {
                got = 0;
                vfs_mutex_lock(&t->lock, VFS_LOCK_FDTABLE);
                while (n <= last && n < t->a.capacity && got < VFS_FD_BATCH) {
                        const uint64_t *bits = marked_only ? t->a.cloexec : t->a.open;

                        if (bits[n / VFS_FD_WORD] >> (n % VFS_FD_WORD) == 0) {
                                n = (n | (VFS_FD_WORD - 1)) + 1;
                                continue;
                        }
                        if (vfs_fd_test(bits, n)) {
                                batch[got++] = t->a.files[n];
                                vfs_fd_set_locked(t, n, NULL, false);
                        }
                        n++;
                }
                vfs_mutex_unlock(&t->lock, VFS_LOCK_FDTABLE);
                for (uint32_t i = 0; i < got; i++)
                        vfs_file_put(batch[i]);
        } while (got != 0);
}

void vfs_fdtable_put(struct vfs_fdtable *table)
{
        uint64_t old;

        if (table == NULL)
                return;
        old = vfs_fetch_add_u64(&table->refs, (uint64_t)-1);
        vfs_check(old != 0);
        if (old != 1)
                return;
        vfs_fd_close_many(table, 0, UINT32_MAX - 1, false);
        vfs_fdarray_free(table->vfs, &table->a);
        vfs_mem_free(table->vfs, table, sizeof(*table));
}

void vfs_fdtable_set_limit(struct vfs_fdtable *table, uint32_t limit)
{
        vfs_mutex_lock(&table->lock, VFS_LOCK_FDTABLE);
        table->limit = limit < VFS_FD_LIMIT_MAX ? limit : VFS_FD_LIMIT_MAX;
        vfs_mutex_unlock(&table->lock, VFS_LOCK_FDTABLE);
}

int vfs_fdtable_install(struct vfs_fdtable *table, struct vfs_file *file, int min, uint32_t flags)
{
        int r;

        if (min < 0 || (flags & ~VFS_O_CLOEXEC) != 0)
                return -EINVAL;
        vfs_mutex_lock(&table->lock, VFS_LOCK_FDTABLE);
        r = vfs_fd_install_locked(table, file, (uint32_t)min, flags != 0);
        vfs_mutex_unlock(&table->lock, VFS_LOCK_FDTABLE);
        /* A limit of 0 is met by open(2) too, which says that the table is full. */
        return r == -EINVAL && min == 0 ? -EMFILE : r;
}

int vfs_fdtable_file(struct vfs_fdtable *table, int fd, struct vfs_file **ret_file)
{
        struct vfs_file *file;

        vfs_mutex_lock(&table->lock, VFS_LOCK_FDTABLE);
        file = vfs_fd_file_locked(table, fd);
        if (file != NULL)
                vfs_file_get(file);
        vfs_mutex_unlock(&table->lock, VFS_LOCK_FDTABLE);
        if (file == NULL)
                return -EBADF;
        *ret_file = file;
        return 0;
}

int vfs_fdtable_close(struct vfs_fdtable *table, int fd)
{
        struct vfs_file *file;

        vfs_mutex_lock(&table->lock, VFS_LOCK_FDTABLE);
        file = vfs_fd_file_locked(table, fd);
        if (file != NULL)
                vfs_fd_set_locked(table, (uint32_t)fd, NULL, false);
        vfs_mutex_unlock(&table->lock, VFS_LOCK_FDTABLE);
        if (file == NULL)
                return -EBADF;
        vfs_file_put(file);
        return 0;
}

/* fcntl(F_DUPFD). The lookup comes first: a bad fd is EBADF whatever min is. */
static int vfs_fd_dup_from(struct vfs_fdtable *t, int fd, uint64_t min, bool cloexec)
{
        struct vfs_file *file;
        int r;

        vfs_mutex_lock(&t->lock, VFS_LOCK_FDTABLE);
        file = vfs_fd_file_locked(t, fd);
        if (file == NULL)
                r = -EBADF;
        else if (min > VFS_FD_LIMIT_MAX)
                r = -EINVAL;
        else
                r = vfs_fd_install_locked(t, file, (uint32_t)min, cloexec);
        vfs_mutex_unlock(&t->lock, VFS_LOCK_FDTABLE);
        return r;
}

int vfs_fdtable_dup(struct vfs_fdtable *table, int fd)
{
        int r = vfs_fd_dup_from(table, fd, 0, false);

        return r == -EINVAL ? -EMFILE : r;
}

int vfs_fdtable_dup3(struct vfs_fdtable *table, int oldfd, int newfd, uint32_t flags)
{
        struct vfs_file *file, *replaced = NULL;
        int r;

        if ((flags & ~VFS_O_CLOEXEC) != 0 || oldfd == newfd)
                return -EINVAL;
        vfs_mutex_lock(&table->lock, VFS_LOCK_FDTABLE);
        file = vfs_fd_file_locked(table, oldfd);
        if (newfd < 0 || (uint32_t)newfd >= table->limit || file == NULL)
                r = -EBADF;
        else
                r = vfs_fd_grow_locked(table, (uint32_t)newfd);
        if (r == 0) {
                replaced = table->a.files[newfd];
                vfs_fd_set_locked(table, (uint32_t)newfd, vfs_file_get(file), flags != 0);
                r = newfd;
        }
        vfs_mutex_unlock(&table->lock, VFS_LOCK_FDTABLE);
        vfs_file_put(replaced);
        return r;
}

int vfs_fdtable_dup2(struct vfs_fdtable *table, int oldfd, int newfd)
{
        struct vfs_file *file;

        if (oldfd != newfd)
                return vfs_fdtable_dup3(table, oldfd, newfd, 0);
        vfs_mutex_lock(&table->lock, VFS_LOCK_FDTABLE);
        file = vfs_fd_file_locked(table, oldfd);
        vfs_mutex_unlock(&table->lock, VFS_LOCK_FDTABLE);
        return file != NULL ? newfd : -EBADF;
}

int vfs_fdtable_close_range(struct vfs_fdtable *table, uint32_t first, uint32_t last, uint32_t flags)
{
        if ((flags & ~(VFS_CLOSE_RANGE_UNSHARE | VFS_CLOSE_RANGE_CLOEXEC)) != 0 || first > last)
                return -EINVAL;
        if ((flags & VFS_CLOSE_RANGE_CLOEXEC) == 0) {
                vfs_fd_close_many(table, first, last, false);
                return 0;
        }
        vfs_mutex_lock(&table->lock, VFS_LOCK_FDTABLE);
        for (uint64_t n = first; n <= last && n < table->a.capacity; n++)
                vfs_fd_assign(table->a.cloexec, (uint32_t)n, vfs_fd_test(table->a.open, (uint32_t)n));
        vfs_mutex_unlock(&table->lock, VFS_LOCK_FDTABLE);
        return 0;
}

void vfs_fdtable_exec(struct vfs_fdtable *table)
{
        vfs_fd_close_many(table, 0, UINT32_MAX - 1, true);
}

/* F_GETFD, and F_SETFD with on 0 or 1. */
static int vfs_fd_flag(struct vfs_fdtable *t, int fd, int on)
{
        int r = -EBADF;

        vfs_mutex_lock(&t->lock, VFS_LOCK_FDTABLE);
        if (vfs_fd_file_locked(t, fd) != NULL) {
                r = on < 0 && vfs_fd_test(t->a.cloexec, (uint32_t)fd) ? VFS_FD_CLOEXEC : 0;
                if (on >= 0)
                        vfs_fd_assign(t->a.cloexec, (uint32_t)fd, on != 0);
        }
        vfs_mutex_unlock(&t->lock, VFS_LOCK_FDTABLE);
        return r;
}

/* Commands on the open file description. */
static int vfs_fd_fcntl_file(const struct vfs_ctx *ctx, struct vfs_file *file, int cmd, uint64_t arg)
{
        uint32_t out = 0;
        int r;

        switch (cmd) {
        case VFS_F_GETFL:
                r = vfs_file_getfl(file, &out);
                break;
        case VFS_F_SETFL:
                r = vfs_file_setfl(ctx, file, (uint32_t)arg);
                break;
        case VFS_F_GET_SEALS:
                r = vfs_file_get_seals(file, &out);
                break;
        case VFS_F_ADD_SEALS:
                r = vfs_file_add_seals(ctx, file, arg > UINT32_MAX ? UINT32_MAX : (uint32_t)arg);
                break;
        default:
                r = (file->mode & VFS_FILE_PATH) != 0 ? -EBADF : -EINVAL;
                break;
        }
        return r < 0 ? r : (int)out;
}

int vfs_fdtable_fcntl(const struct vfs_ctx *ctx, struct vfs_fdtable *table, int fd, int cmd, uint64_t arg)
{
        struct vfs_file *file;
        int r;

        switch (cmd) {
        case VFS_F_DUPFD:
        case VFS_F_DUPFD_CLOEXEC:
                return vfs_fd_dup_from(table, fd, arg, cmd == VFS_F_DUPFD_CLOEXEC);
        case VFS_F_GETFD:
                return vfs_fd_flag(table, fd, -1);
        case VFS_F_SETFD:
                return vfs_fd_flag(table, fd, (arg & VFS_FD_CLOEXEC) != 0);
        }
        r = vfs_fdtable_file(table, fd, &file);
        if (r < 0)
                return r;
        r = vfs_fd_fcntl_file(ctx, file, cmd, arg);
        vfs_file_put(file);
        return r;
}
