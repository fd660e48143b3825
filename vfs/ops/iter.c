/*
 * iter.c - the data iterator.
 *
 * Nearly every transfer is one plain buffer, so each function asks for that
 * first and is then a memcpy. Otherwise it goes buffer by buffer, through the
 * hooks where the memory is a guest's. The iterator steps to the next buffer
 * only when more is to be moved, so it never looks behind the last one.
 */
#include <vfs/file.h>

#include <errno.h>
#include <string.h>

#include "vfs/base/sync.h"

#define VFS_IOV_MAX 1024u

static const char vfs_zeroes[4096];

int vfs_iter_init(struct vfs_iter *it, const struct vfs_iovec *iov, size_t iovcnt,
                  const struct vfs_iter_ops *ops, void *user)
{
        uint64_t total = 0;

        if (iovcnt > VFS_IOV_MAX)
                return -EINVAL;
        for (size_t i = 0; i < iovcnt; i++) {
                if (iov[i].len > INT64_MAX || iov[i].len > INT64_MAX - total)
                        return -EINVAL;
                total += iov[i].len;
        }
        it->iov = iov;
        it->off = 0;
        it->count = total;
        it->ops = ops;
        it->user = user;
        it->one = (struct vfs_iovec){ NULL, 0 };
        return 0;
}

/* One plain buffer that n bytes lie in: their address, and the iterator behind them. Else NULL. */
static inline char *vfs_iter_plain(struct vfs_iter *it, size_t n)
{
        char *p;

        if (vfs_unlikely(it->ops != NULL || n == 0 || it->iov->len - it->off < n))
                return NULL;
        p = (char *)it->iov->base + it->off;
        it->off += n;
        it->count -= n;
        return p;
}

/* The next piece of at most n bytes (n is not 0, nor above count). */
static char *vfs_iter_piece(struct vfs_iter *it, size_t n, size_t *ret_n)
{
        size_t left;

        while ((left = it->iov->len - it->off) == 0) {
                it->iov++;
                it->off = 0;
        }
        *ret_n = left < n ? left : n;
        return (char *)it->iov->base + it->off;
}

size_t vfs_iter_copy_to(struct vfs_iter *it, const void *src, size_t n)
{
        const char *s = src;
        size_t done = 0;
        char *p;

        if (vfs_unlikely(n > it->count))
                n = it->count;
        p = vfs_iter_plain(it, n);
        if (vfs_likely(p != NULL)) {
                memcpy(p, src, n);
                return n;
        }
        while (done < n) {
                size_t piece, moved;

                p = vfs_iter_piece(it, n - done, &piece);
                if (it->ops == NULL) {
                        memcpy(p, s + done, piece);
                        moved = piece;
                } else {
                        moved = it->ops->copy_to(it->user, p, s + done, piece);
                }
                it->off += moved;
                it->count -= moved;
                done += moved;
                if (moved < piece)
                        break;
        }
        return done;
}

size_t vfs_iter_copy_from(struct vfs_iter *it, void *dst, size_t n)
{
        char *d = dst;
        size_t done = 0;
        char *p;

        if (vfs_unlikely(n > it->count))
                n = it->count;
        p = vfs_iter_plain(it, n);
        if (vfs_likely(p != NULL)) {
                memcpy(dst, p, n);
                return n;
        }
        while (done < n) {
                size_t piece, moved;

                p = vfs_iter_piece(it, n - done, &piece);
                if (it->ops == NULL) {
                        memcpy(d + done, p, piece);
                        moved = piece;
                } else {
                        moved = it->ops->copy_from(it->user, d + done, p, piece);
                }
                it->off += moved;
                it->count -= moved;
                done += moved;
                if (moved < piece)
                        break;
        }
        return done;
}

size_t vfs_iter_zero(struct vfs_iter *it, size_t n)
{
        size_t done = 0;
        char *p;

        if (vfs_unlikely(n > it->count))
                n = it->count;
        p = vfs_iter_plain(it, n);
        if (vfs_likely(p != NULL)) {
                memset(p, 0, n);
                return n;
        }
        while (done < n) {
                size_t piece = n - done < sizeof(vfs_zeroes) ? n - done : sizeof(vfs_zeroes);
                size_t moved = vfs_iter_copy_to(it, vfs_zeroes, piece);

                done += moved;
                if (moved < piece)
                        break;
        }
        return done;
}
