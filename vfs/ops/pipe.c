/*
 * pipe.c - FIFOs: fifo(7) and pipe(7).
 *
 * A pipe hangs off the FIFO's inode while anybody has the FIFO open or waits to;
 * inode->pipe and pipe->files are guarded by the inode's lock. Everything else is
 * guarded by the pipe's own lock, which nests inside. The data is a ring that
 * doubles from one page up to the capacity of a Linux pipe.
 *
 * Waiting is futex-like, through the embedder's hook: who must wait reads a word
 * under the lock, lets go of the lock, and sleeps while the word keeps its value;
 * who changes something bumps the word under the lock and wakes after letting go.
 * There is a word for data, one for room, and the counts of opens of either side
 * are the words that opens wait for: so a partner that came and went already is
 * not missed, as on Linux.
 *
 * Interruption: ctx->interrupted is asked before each sleep, also when a wake-up
 * came to nothing, and the wait hook may answer -EINTR. With the default hook a
 * host signal alone does not end a call: the embedder's hook decides.
 *
 * DIFF-LINUX: Linux counts capacity in pages that a writer may leave partly filled;
 * here it is bytes, so a full pipe always holds 65536, for every user. The size
 * cannot be changed, O_DIRECT (packets) and O_ASYNC (SIGIO) are shown but have no
 * effect, EPIPE comes without SIGPIPE, and a call that was interrupted is EINTR.
 */
#include "vfs/ops/pipe.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "mount/mount.h"

#define VFS_PIPE_CAPACITY 65536u
#define VFS_PIPE_FIRST    4096u
#define VFS_PIPE_ATOMIC   4096u /* PIPE_BUF: writes up to here are not mixed with others */

struct vfs_pipe {
        struct vfs_mutex lock;     /*      rank FS_INNER */
        uint32_t files;            /* i    opened or being opened */
        uint32_t readers, writers; /* p */
        uint32_t reader_opens;     /* p/w  of all time */
        uint32_t writer_opens;     /* p/w */
        uint32_t data_word;        /* p/w  readers sleep on it */
        uint32_t room_word;        /* p/w  writers sleep on it */
        uint32_t data_waiters;     /* p    asleep */
        uint32_t room_waiters;     /* p */
        uint32_t size;             /* p    of the ring, a power of two, or 0 */
        uint32_t head, used;       /* p    where the data begins, and how much it is */
        char *ring;                /* p */
};
/* Lock key: i the inode's lock, p lock, w read without a lock by sleepers. */

/*
 * Sleeping and waking
 */

/* 0: slept, or the word had changed. */
static int vfs_pipe_sleep(const struct vfs_ctx *ctx, struct vfs *vfs, const uint32_t *word, uint32_t seen)
{
        const struct vfs_config *config = &vfs->config;

        if (ctx->interrupted != NULL && ctx->interrupted(ctx->user))
                return -EINTR;
        if (config->wait != NULL)
                return config->wait(config->wait_user, ctx->user, word, seen);
        vfs_futex_wait(word, seen);
        return 0;
}

static void vfs_pipe_wake(struct vfs *vfs, const uint32_t *word)
{
        if (vfs->config.wake != NULL)
                vfs->config.wake(vfs->config.wait_user, word, UINT32_MAX);
        else
                vfs_futex_wake(word, UINT32_MAX);
}

static inline void vfs_pipe_bump(uint32_t *word)
{
        vfs_store_relaxed(word, *word + 1);
}

/* Sleeps once, with the lock released. */
static int vfs_pipe_wait_locked(const struct vfs_ctx *ctx, struct vfs *vfs, struct vfs_pipe *pipe,
                                uint32_t *word, uint32_t *waiters)
{
        uint32_t seen = *word;
        int r;

        (*waiters)++;
        vfs_mutex_unlock(&pipe->lock, VFS_LOCK_FS_INNER);
        r = vfs_pipe_sleep(ctx, vfs, word, seen);
        vfs_mutex_lock(&pipe->lock, VFS_LOCK_FS_INNER);
        (*waiters)--;
        return r;
}

/*
 * The ring
 */

/* Makes the ring hold at least need bytes. */
static int vfs_pipe_reserve(struct vfs *vfs, struct vfs_pipe *pipe, uint32_t need)
{
        uint32_t size = pipe->size != 0 ? pipe->size : VFS_PIPE_FIRST;
        uint32_t first;
        char *ring;

        while (size < need)
                size *= 2;
        if (size == pipe->size)
                return 0;
        ring = vfs_mem_zalloc(vfs, size);
        if (ring == NULL)
                return -ENOMEM;
        if (pipe->size != 0) {
                first = pipe->size - pipe->head;
                if (first > pipe->used)
                        first = pipe->used;
                memcpy(ring, pipe->ring + pipe->head, first);
                memcpy(ring + first, pipe->ring, pipe->used - first);
        }
        vfs_mem_free(vfs, pipe->ring, pipe->size);
        pipe->ring = ring;
        pipe->size = size;
        pipe->head = 0;
        return 0;
}

/* Moves n bytes at most, in the ring's two stretches; short after a fault. */
static uint32_t vfs_pipe_take(struct vfs_pipe *pipe, struct vfs_iter *it, uint32_t n)
{
        uint32_t done = 0;

        while (done < n) {
                uint32_t piece = pipe->size - pipe->head;
                size_t moved;

                if (piece > n - done)
                        piece = n - done;
                moved = vfs_iter_copy_to(it, pipe->ring + pipe->head, piece);
                pipe->head = (pipe->head + (uint32_t)moved) & (pipe->size - 1);
                pipe->used -= (uint32_t)moved;
                done += (uint32_t)moved;
                if (moved < piece)
                        break;
        }
        return done;
}

static uint32_t vfs_pipe_give(struct vfs_pipe *pipe, struct vfs_iter *it, uint32_t n)
{
        uint32_t done = 0;

        while (done < n) {
                uint32_t tail = (pipe->head + pipe->used) & (pipe->size - 1);
                uint32_t piece = pipe->size - tail;
                size_t moved;

                if (piece > n - done)
                        piece = n - done;
                moved = vfs_iter_copy_from(it, pipe->ring + tail, piece);
                pipe->used += (uint32_t)moved;
                done += (uint32_t)moved;
                if (moved < piece)
                        break;
        }
        return done;
}

/*
 * Operations on the open file
 */

static int64_t vfs_pipe_read(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                             int64_t *pos, uint32_t flags)
{
        struct vfs *vfs = file->path.mount->vfs;
        struct vfs_pipe *pipe = file->priv;
        bool wake = false;
        int64_t n = 0;
        int r;

        if (it->count == 0)
                return 0;
        vfs_mutex_lock(&pipe->lock, VFS_LOCK_FS_INNER);
        while (pipe->used == 0 && pipe->writers != 0) {
                if ((vfs_load_relaxed(&file->flags) & VFS_O_NONBLOCK) != 0) {
                        n = -EAGAIN;
                        goto out;
                }
                r = vfs_pipe_wait_locked(ctx, vfs, pipe, &pipe->data_word, &pipe->data_waiters);
                if (r < 0 && pipe->used == 0 && pipe->writers != 0) {
                        n = r;
                        goto out;
                }
        }
        if (pipe->used == 0)
                goto out; /* no writer: the end */
        n = vfs_pipe_take(pipe, it, it->count < pipe->used ? (uint32_t)it->count : pipe->used);
        if (n == 0) {
                n = -EFAULT;
                goto out;
        }
        wake = pipe->room_waiters != 0;
        if (wake)
                vfs_pipe_bump(&pipe->room_word);
out:
        vfs_mutex_unlock(&pipe->lock, VFS_LOCK_FS_INNER);
        if (wake)
                vfs_pipe_wake(vfs, &pipe->room_word);
        if (n > 0)
                vfs_file_accessed(file);
        return n;
}

/* Bytes arrived: analogous to Linux's file_update_time. A read-only mount keeps its times. */
static void vfs_pipe_touch(struct vfs_file *file)
{
        struct vfs_inode *inode = file->path.dentry->inode;
        struct vfs_timespec now;

        if (vfs_mount_begin_write(file->path.mount) < 0)
                return;
        vfs_now(file->path.mount->vfs, &now);
        vfs_mutex_lock(&inode->lock, VFS_LOCK_INODE);
        vfs_inode_write_begin(inode);
        vfs_store_relaxed(&inode->attr.mtime.sec, now.sec);
        vfs_store_relaxed(&inode->attr.mtime.nsec, (uint32_t)now.nsec);
        vfs_store_relaxed(&inode->attr.ctime.sec, now.sec);
        vfs_store_relaxed(&inode->attr.ctime.nsec, (uint32_t)now.nsec);
        vfs_inode_write_end(inode);
        vfs_mutex_unlock(&inode->lock, VFS_LOCK_INODE);
        vfs_mount_end_write(file->path.mount);
}

/* Moves what fits; all or nothing while atomic. 0: no room. */
static int64_t vfs_pipe_fill_locked(struct vfs *vfs, struct vfs_pipe *pipe, struct vfs_iter *it, bool atomic)
{
        uint32_t room = VFS_PIPE_CAPACITY - pipe->used;
        uint32_t n = it->count < room ? (uint32_t)it->count : room;
        uint32_t done;
        int r;

        if (n == 0 || (atomic && it->count > room))
                return 0;
        r = vfs_pipe_reserve(vfs, pipe, pipe->used + n);
        if (r < 0)
                return r;
        done = vfs_pipe_give(pipe, it, n);
        if (done != 0)
                vfs_pipe_bump(&pipe->data_word);
        return done != 0 ? (int64_t)done : -EFAULT;
}

static int64_t vfs_pipe_write(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                              int64_t *pos, uint32_t flags)
{
        struct vfs *vfs = file->path.mount->vfs;
        struct vfs_pipe *pipe = file->priv;
        bool atomic = it->count <= VFS_PIPE_ATOMIC;
        int64_t done = 0, n = 0;

        if (it->count == 0)
                return 0;
        vfs_mutex_lock(&pipe->lock, VFS_LOCK_FS_INNER);
        while (it->count != 0) {
                n = pipe->readers != 0 ? vfs_pipe_fill_locked(vfs, pipe, it, atomic) : -EPIPE;
                if (n < 0)
                        break;
                done += n;
                if (n != 0) {
                        if (pipe->data_waiters == 0)
                                continue;
                        /* Readers are woken before this writer may sleep. */
                        vfs_mutex_unlock(&pipe->lock, VFS_LOCK_FS_INNER);
                        vfs_pipe_wake(vfs, &pipe->data_word);
                        vfs_mutex_lock(&pipe->lock, VFS_LOCK_FS_INNER);
                        continue;
                }
                if ((vfs_load_relaxed(&file->flags) & VFS_O_NONBLOCK) != 0) {
                        n = -EAGAIN;
                        break;
                }
                n = vfs_pipe_wait_locked(ctx, vfs, pipe, &pipe->room_word, &pipe->room_waiters);
                if (n < 0)
                        break;
        }
        vfs_mutex_unlock(&pipe->lock, VFS_LOCK_FS_INNER);
        if (done == 0)
                return n;
        vfs_pipe_touch(file);
        return done;
}

static void vfs_pipe_drop(struct vfs *vfs, struct vfs_inode *inode, struct vfs_pipe *pipe)
{
        bool last;

        vfs_mutex_lock(&inode->lock, VFS_LOCK_INODE);
        last = --pipe->files == 0;
        if (last)
                inode->pipe = NULL;
        vfs_mutex_unlock(&inode->lock, VFS_LOCK_INODE);
        if (!last)
                return;
        vfs_mem_free(vfs, pipe->ring, pipe->size);
        vfs_mem_free(vfs, pipe, sizeof(*pipe));
}

/* One side fewer: the other may be waiting for something that does not come any more. */
static void vfs_pipe_leave(struct vfs *vfs, struct vfs_pipe *pipe, uint32_t mode)
{
        bool no_readers = false, no_writers = false;

        vfs_mutex_lock(&pipe->lock, VFS_LOCK_FS_INNER);
        if ((mode & VFS_FILE_READ) != 0)
                no_readers = --pipe->readers == 0;
        if ((mode & VFS_FILE_WRITE) != 0)
                no_writers = --pipe->writers == 0;
        if (no_readers)
                vfs_pipe_bump(&pipe->room_word);
        if (no_writers)
                vfs_pipe_bump(&pipe->data_word);
        vfs_mutex_unlock(&pipe->lock, VFS_LOCK_FS_INNER);
        if (no_readers)
                vfs_pipe_wake(vfs, &pipe->room_word);
        if (no_writers)
                vfs_pipe_wake(vfs, &pipe->data_word);
}

static void vfs_pipe_release(struct vfs_file *file)
{
        struct vfs *vfs = file->path.mount->vfs;
        struct vfs_pipe *pipe = file->priv;

        if (pipe == NULL)
                return; /* the open failed */
        vfs_pipe_leave(vfs, pipe, file->mode);
        vfs_pipe_drop(vfs, file->path.dentry->inode, pipe);
}

static const struct vfs_file_ops vfs_pipe_file_ops = {
        .size = sizeof(vfs_pipe_file_ops),
        .release = vfs_pipe_release,
        .read = vfs_pipe_read,
        .write = vfs_pipe_write,
};

/*
 * Opening
 */

/* The inode's pipe, made if need be, with one more file counted. */
static int vfs_pipe_get(struct vfs *vfs, struct vfs_inode *inode, struct vfs_pipe **ret_pipe)
{
        struct vfs_pipe *fresh = vfs_mem_zalloc(vfs, sizeof(*fresh)), *pipe;

        if (fresh == NULL)
                return -ENOMEM;
        vfs_mutex_lock(&inode->lock, VFS_LOCK_INODE);
        if (inode->pipe == NULL) {
                inode->pipe = fresh;
                fresh = NULL;
        }
        pipe = inode->pipe;
        pipe->files++;
        vfs_mutex_unlock(&inode->lock, VFS_LOCK_INODE);
        vfs_mem_free(vfs, fresh, sizeof(*fresh));
        *ret_pipe = pipe;
        return 0;
}

/*
 * Counts this side and waits for the other one, if it is not there: until its
 * count of opens moves away from what it was when this side was counted. On
 * failure nothing is counted.
 */
static int vfs_pipe_join(const struct vfs_ctx *ctx, struct vfs *vfs, struct vfs_pipe *pipe, uint32_t mode,
                         bool nonblock)
{
        bool reads = (mode & VFS_FILE_READ) != 0, writes = (mode & VFS_FILE_WRITE) != 0;
        uint32_t *awaited = NULL, seen = 0, waiters = 0;
        int r = 0;

        vfs_mutex_lock(&pipe->lock, VFS_LOCK_FS_INNER);
        if (!reads && nonblock && pipe->readers == 0) {
                vfs_mutex_unlock(&pipe->lock, VFS_LOCK_FS_INNER);
                return -ENXIO;
        }
        if (!nonblock && reads && !writes && pipe->writers == 0)
                awaited = &pipe->writer_opens;
        else if (!nonblock && writes && !reads && pipe->readers == 0)
                awaited = &pipe->reader_opens;
        if (awaited != NULL)
                seen = *awaited;
        if (reads) {
                pipe->readers++;
                vfs_pipe_bump(&pipe->reader_opens);
        }
        if (writes) {
                pipe->writers++;
                vfs_pipe_bump(&pipe->writer_opens);
        }
        vfs_mutex_unlock(&pipe->lock, VFS_LOCK_FS_INNER);
        if (reads)
                vfs_pipe_wake(vfs, &pipe->reader_opens);
        if (writes)
                vfs_pipe_wake(vfs, &pipe->writer_opens);
        if (awaited == NULL)
                return 0;

        vfs_mutex_lock(&pipe->lock, VFS_LOCK_FS_INNER);
        while (*awaited == seen && r == 0) {
                r = vfs_pipe_wait_locked(ctx, vfs, pipe, awaited, &waiters);
                if (*awaited != seen)
                        r = 0;
        }
        vfs_mutex_unlock(&pipe->lock, VFS_LOCK_FS_INNER);
        if (r < 0)
                vfs_pipe_leave(vfs, pipe, mode);
        return r;
}

int vfs_pipe_open(const struct vfs_ctx *ctx, const struct vfs_path *path, uint32_t flags,
                  struct vfs_file **ret_file)
{
        struct vfs *vfs = path->mount->vfs;
        struct vfs_inode *inode = path->dentry->inode;
        struct vfs_pipe *pipe;
        struct vfs_file *file;
        int r;

        if ((flags & VFS_O_ACCMODE) == VFS_O_ACCMODE)
                return -EINVAL;
        r = vfs_file_new(ctx, path, &vfs_pipe_file_ops, flags, sizeof(*file), &file);
        if (r < 0)
                return r;
        file->mode |= VFS_FILE_STREAM;
        r = vfs_pipe_get(vfs, inode, &pipe);
        if (r < 0)
                goto fail;
        r = vfs_pipe_join(ctx, vfs, pipe, file->mode, (flags & VFS_O_NONBLOCK) != 0);
        if (r < 0) {
                vfs_pipe_drop(vfs, inode, pipe);
                goto fail;
        }
        file->priv = pipe;
        *ret_file = file;
        return 0;
fail:
        vfs_file_put(file);
        return r;
}
