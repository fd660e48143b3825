/*
 * node.c - file data that guests map: the shadow.
 *
 * The host's kernel maps host files only. So a virtual file that is mapped has its data
 * in its placeholder file, too: the shadow, filled at the first mmap. All mappings are
 * of that one file, whoever makes them, so they agree with each other at once. With
 * read(2) and write(2) they agree like this:
 *
 * - while a descriptor is mapped, write, truncate and fallocate go to the file and to the
 *   shadow;
 * - while a descriptor is mapped shared and writable, reads are of the shadow, and when
 *   the last such mapping and descriptor are gone, what differs is written to the file;
 * - when nobody has it mapped, the file alone is written, and the shadow forgotten.
 *
 * A filled shadow is kept for a while after the last use, since programs map the same
 * libraries again and again; size and times tell whether it is still good.
 *
 * Limits: times are not changed by writing through a mapping until it ends; a file is in
 * memory twice while it is mapped; what another way than these descriptors does to a mapped
 * file (truncate(2) by path) is not seen through mappings that are there already.
 */
#include "tools/vfsrun/node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUCKETS 4096u
#define KEPT 512u                /* filled nodes without a user */
#define COPY_BYTES (256u << 10)
#define NO_SLOT UINT32_MAX

struct node {
        struct node *next;          /* t  chain of the table */
        struct node *newer, *older; /* t  while unused and filled: the list of kept ones */
        uint32_t refs;              /* t  slots, and calls under way */
        uint32_t dev_major, dev_minor;
        uint64_t ino, id;           /* c */
        uint32_t first;             /* t  the slot whose file it is, while it has no name of its own */
        int has_file, has_name;     /* t */
        pthread_mutex_t lock;       /*    below: data */
        int fd;                     /* l  of the shadow, or -1 */
        int filled;                 /* a  set under l */
        int mappers, shared_writers; /* a  slots */
        struct vfs_statx st;        /* l  the file as it was when it was filled */
};
/* Lock key: t table.lock, l node.lock (taken first), a atomic, c constant. */

static struct {
        pthread_mutex_t lock;
        struct node *by_ino[BUCKETS];
        struct node *newest, *oldest;
        uint32_t kept;
        uint64_t last_id;
} table = { .lock = PTHREAD_MUTEX_INITIALIZER };

static uint32_t bucket_of(uint32_t minor, uint64_t ino)
{
        return (uint32_t)((ino * 0x9e3779b97f4a7c15ull + minor * 0x85ebca6bull) >> 40) % BUCKETS;
}

static void own_name(const struct node *n, char name[32])
{
        snprintf(name, 32, "n%lu", (unsigned long)n->id);
}

static void unkeep_locked(struct node *n)
{
        *(n->newer ? &n->newer->older : &table.newest) = n->older;
        *(n->older ? &n->older->newer : &table.oldest) = n->newer;
        n->newer = n->older = NULL;
        table.kept--;
}

static void free_locked(struct node *n)
{
        struct node **at = &table.by_ino[bucket_of(n->dev_minor, n->ino)];
        char name[32];

        while (*at != n)
                at = &(*at)->next;
        *at = n->next;
        if (n->has_name) {
                own_name(n, name);
                unlinkat(vr.pool, name, 0);
        }
        if (n->fd >= 0)
                close(n->fd);
        pthread_mutex_destroy(&n->lock);
        free(n);
}

static int same_time(const struct vfs_statx_time *a, const struct vfs_statx_time *b)
{
        return a->sec == b->sec && a->nsec == b->nsec;
}

static int still_good(const struct node *n, const struct vfs_statx *st)
{
        return n->st.size == st->size && same_time(&n->st.mtime, &st->mtime) &&
               same_time(&n->st.ctime, &st->ctime);
}

static struct node *find_locked(uint32_t major, uint32_t minor, uint64_t ino)
{
        struct node *n = table.by_ino[bucket_of(minor, ino)];

        while (n && (n->ino != ino || n->dev_minor != minor || n->dev_major != major))
                n = n->next;
        return n;
}

int node_get(const struct vfs_statx *st, struct node **ret_node)
{
        struct node *n;
        int r = 0;

        pthread_mutex_lock(&table.lock);
        n = find_locked(st->dev_major, st->dev_minor, st->ino);
        if (n && n->refs == 0) {
                unkeep_locked(n);
                if (!still_good(n, st)) {
                        free_locked(n);
                        n = NULL;
                }
        }
        if (n) {
                n->refs++;
        } else {
                n = calloc(1, sizeof(*n));
                if (n) {
                        struct node **at = &table.by_ino[bucket_of(st->dev_minor, st->ino)];

                        n->refs = 1;
                        n->dev_major = st->dev_major;
                        n->dev_minor = st->dev_minor;
                        n->ino = st->ino;
                        n->id = ++table.last_id;
                        n->fd = -1;
                        pthread_mutex_init(&n->lock, NULL);
                        n->next = *at;
                        *at = n;
                } else {
                        r = -ENOMEM;
                }
        }
        pthread_mutex_unlock(&table.lock);
        *ret_node = n;
        return r;
}

void node_ref(struct node *n)
{
        pthread_mutex_lock(&table.lock);
        n->refs++;
        pthread_mutex_unlock(&table.lock);
}

/* A name of its own, from that of the first slot. */
static int name_locked(struct node *n)
{
        char first[16], name[32];

        if (n->has_name)
                return 0;
        snprintf(first, sizeof(first), "%u", n->first);
        own_name(n, name);
        if (linkat(vr.pool, first, vr.pool, name, 0) < 0)
                return -1;
        n->has_name = 1;
        return 0;
}

void node_put(struct node *n, uint32_t slot)
{
        pthread_mutex_lock(&table.lock);
        if (n->has_file && slot == n->first) {
                if (n->refs > 1)
                        name_locked(n); /* others may still link to it */
                n->first = NO_SLOT;
                n->has_file = n->has_name;
        }
        if (--n->refs == 0) {
                if (__atomic_load_n(&n->filled, __ATOMIC_RELAXED) && n->has_name) {
                        n->older = table.newest;
                        *(table.newest ? &table.newest->newer : &table.oldest) = n;
                        table.newest = n;
                        if (++table.kept > KEPT) {
                                struct node *old = table.oldest;

                                unkeep_locked(old);
                                free_locked(old);
                        }
                } else {
                        free_locked(n);
                }
        }
        pthread_mutex_unlock(&table.lock);
}

void nodes_free(void)
{
        while (table.oldest) {
                struct node *n = table.oldest;

                unkeep_locked(n);
                free_locked(n);
        }
}

int node_linked(struct node *n, uint32_t slot)
{
        int linked;

        pthread_mutex_lock(&table.lock);
        linked = n->has_file && n->first != slot;
        if (!n->has_file) {
                n->has_file = 1;
                n->first = slot;
        }
        pthread_mutex_unlock(&table.lock);
        return linked;
}

int node_used(struct node *n)
{
        int used;

        pthread_mutex_lock(&table.lock);
        used = n->has_name;
        pthread_mutex_unlock(&table.lock);
        return used;
}

int node_link(struct node *n, const char *name)
{
        char own[32];
        int r;

        pthread_mutex_lock(&table.lock);
        r = name_locked(n);
        pthread_mutex_unlock(&table.lock);
        own_name(n, own);
        return r < 0 ? r : linkat(vr.pool, own, vr.pool, name, 0);
}

/* Copies the file's data into the shadow. */
static int copy_in(const struct vfs_ctx *ctx, struct node *n, struct vfs_file *file, uint64_t size)
{
        char *buf = malloc(COPY_BYTES);
        int64_t at = 0, got = 0;

        if (!buf)
                return -ENOMEM;
        while (at < (int64_t)size) {
                struct vfs_iter it;

                vfs_iter_init_buf(&it, buf, COPY_BYTES);
                got = vfs_file_pread(ctx, file, &it, at, 0);
                if (got <= 0)
                        break;
                if (pwrite(n->fd, buf, (size_t)got, at) != got) {
                        got = -EIO;
                        break;
                }
                at += got;
        }
        free(buf);
        return got < 0 ? (int)got : 0;
}

int node_fill(const struct vfs_ctx *ctx, struct node *n, struct vfs_file *file)
{
        struct vfs_statx st;
        char name[32];
        int r = 0;

        pthread_mutex_lock(&n->lock);
        if (n->fd < 0) {
                pthread_mutex_lock(&table.lock);
                r = name_locked(n) < 0 ? -errno : 0;
                pthread_mutex_unlock(&table.lock);
                own_name(n, name);
                if (r == 0)
                        n->fd = openat(vr.pool, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
                if (n->fd < 0 && r == 0)
                        r = -errno;
        }
        if (r == 0)
                r = vfs_file_statx(ctx, file, VFS_STATX_BASIC_STATS, &st);
        if (r == 0 && n->filled && !n->mappers && !still_good(n, &st))
                __atomic_store_n(&n->filled, 0, __ATOMIC_RELAXED);
        if (r == 0 && !n->filled) {
                r = ftruncate(n->fd, 0) < 0 || ftruncate(n->fd, (off_t)st.size) < 0 ? -errno : 0;
                if (st.size > COPY_BYTES)
                        notify_pass_turn();
                if (r == 0)
                        r = copy_in(ctx, n, file, st.size);
                if (r == 0) {
                        n->st = st;
                        __atomic_store_n(&n->filled, 1, __ATOMIC_RELEASE);
                }
        }
        pthread_mutex_unlock(&n->lock);
        return r;
}

void node_mapped(struct node *n, int first, int first_shared)
{
        if (first)
                __atomic_add_fetch(&n->mappers, 1, __ATOMIC_RELAXED);
        if (first_shared)
                __atomic_add_fetch(&n->shared_writers, 1, __ATOMIC_RELAXED);
}

/* Writes what differs to the file. */
static void copy_out(const struct vfs_ctx *ctx, struct node *n, struct vfs_file *file)
{
        enum { STEP = 4096 };
        char *ours = malloc(STEP), *theirs = malloc(STEP);
        struct stat shadow;
        struct vfs_iter it;

        if (ours && theirs && fstat(n->fd, &shadow) == 0) {
                for (int64_t at = 0; at < shadow.st_size; at += STEP) {
                        ssize_t got = pread(n->fd, ours, STEP, at);
                        int64_t had;

                        if (got <= 0)
                                break;
                        vfs_iter_init_buf(&it, theirs, (size_t)got);
                        had = vfs_file_pread(ctx, file, &it, at, 0);
                        if (had == got && memcmp(ours, theirs, (size_t)got) == 0)
                                continue;
                        vfs_iter_init_buf(&it, ours, (size_t)got);
                        vfs_file_pwrite(ctx, file, &it, at, VFS_RWF_NOAPPEND);
                }
        }
        free(ours);
        free(theirs);
}

void node_unmapped(struct node *n, struct vfs_file *file, int shared_write)
{
        struct vfs_ctx ctx;

        vfs_ctx_init(&ctx, vr.mntns, vr.root);
        pthread_mutex_lock(&n->lock);
        if (shared_write) {
                copy_out(&ctx, n, file);
                vfs_file_statx(&ctx, file, VFS_STATX_BASIC_STATS, &n->st);
                __atomic_sub_fetch(&n->shared_writers, 1, __ATOMIC_RELAXED);
        }
        __atomic_sub_fetch(&n->mappers, 1, __ATOMIC_RELAXED);
        pthread_mutex_unlock(&n->lock);
}

int desc_mapped(const struct desc *d)
{
        return d->node && __atomic_load_n(&d->node->mappers, __ATOMIC_RELAXED) != 0;
}

int desc_shared(const struct desc *d)
{
        return d->node && __atomic_load_n(&d->node->shared_writers, __ATOMIC_RELAXED) != 0;
}

int desc_shadow(const struct desc *d)
{
        return d->node->fd;
}

void desc_lock(const struct desc *d)
{
        pthread_mutex_lock(&d->node->lock);
}

void desc_unlock(const struct desc *d)
{
        pthread_mutex_unlock(&d->node->lock);
}
