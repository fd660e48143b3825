/*
 * file.h - open file descriptions, and the iterator through which data moves.
 *
 * A file is refcounted; dup shares one, so its offset and its flags are shared.
 * Descriptor numbers are the embedder's, or a vfs_fdtable's (fdtable.h).
 * Operations on a file opened with O_PATH are EBADF where Linux says so.
 */
#ifndef VFS_FILE_H
#define VFS_FILE_H

#include <vfs/instance.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The data iterator: a list of buffers and how far it has come. The buffers are
 * the caller's memory, unless ops is set: then addresses are opaque to the
 * library and bytes move through the hooks (a guest in another process). Hooks are
 * called with the file locked and must not call back into the library. Buffers and
 * iterator are borrowed for a call, which moves the iterator on by what it did.
 * Analogous to Linux's struct iov_iter.
 */
struct vfs_iovec {
        void *base;
        size_t len;
};

struct vfs_iter_ops {
        /* Copy n bytes; return how many were copied before a fault. */
        size_t (*copy_to)(void *user, void *guest, const void *src, size_t n);
        size_t (*copy_from)(void *user, void *dst, const void *guest, size_t n);
};

struct vfs_iter {
        const struct vfs_iovec *iov; /* the current buffer */
        size_t off;                  /* bytes of it already done */
        size_t count;                /* bytes left in all */
        const struct vfs_iter_ops *ops;
        void *user;
        struct vfs_iovec one; /* backs vfs_iter_init_buf */
};

/* Prepares an iterator over one buffer of the caller's memory. */
static inline void vfs_iter_init_buf(struct vfs_iter *it, void *buf, size_t n)
{
        it->one.base = buf;
        it->one.len = n;
        it->iov = &it->one;
        it->off = 0;
        it->count = n;
        it->ops = NULL;
        it->user = NULL;
}

/*
 * Prepares an iterator over iovcnt buffers (borrowed). ops may be NULL.
 * Errors: EINVAL (iovcnt above 1024, or the lengths add up to more than INT64_MAX).
 */
VFS_API int vfs_iter_init(struct vfs_iter *it, const struct vfs_iovec *iov, size_t iovcnt,
                          const struct vfs_iter_ops *ops, void *user);
/* Copies n bytes (at most it->count) and advances; a short result is a fault. */
VFS_API size_t vfs_iter_copy_to(struct vfs_iter *it, const void *src, size_t n);
VFS_API size_t vfs_iter_copy_from(struct vfs_iter *it, void *dst, size_t n);
/* Writes n zero bytes (at most it->count) and advances; a short result is a fault. */
VFS_API size_t vfs_iter_zero(struct vfs_iter *it, size_t n);

/* References; get returns its argument. put of NULL is allowed; the last put closes and may block. */
VFS_API struct vfs_file *vfs_file_get(struct vfs_file *file);
VFS_API void vfs_file_put(struct vfs_file *file);

/* The place that a file was opened at, borrowed from the file. */
VFS_API const struct vfs_path *vfs_file_path(const struct vfs_file *file);

/*
 * read(2), pread(2), write(2), pwrite(2) and their vectored forms. flags:
 * VFS_RWF_*. Return the bytes moved, at most 2^31 - 4096; short at the end of a
 * file, after a fault or when space ran out. read and write use and move the file's
 * offset; with O_APPEND or VFS_RWF_APPEND all writes go to the end, whatever the
 * offset. May block on a FIFO.
 * Errors: EINVAL (negative offset), ESPIPE (offset on a FIFO), EBADF (not open for
 * it), EINVAL (offset and length pass the largest offset), EOPNOTSUPP (unknown
 * flags, or RWF_NOWAIT), EINVAL (both append flags), EISDIR, EFBIG (behind
 * ctx->fsize_limit, or the largest file), EPERM (sealed), ENOSPC, EFAULT (nothing
 * could be copied); on a FIFO EAGAIN, EPIPE, EINTR.
 */
VFS_API int64_t vfs_file_read(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                              uint32_t flags);
VFS_API int64_t vfs_file_pread(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                               int64_t offset, uint32_t flags);
VFS_API int64_t vfs_file_write(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                               uint32_t flags);
VFS_API int64_t vfs_file_pwrite(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                                int64_t offset, uint32_t flags);

/*
 * lseek(2) with all five whences; for a directory SEEK_SET and SEEK_CUR, to an
 * offset that getdents gave. Returns the new offset. Errors: EBADF (O_PATH), EINVAL
 * (whence), ESPIPE (a FIFO), ENXIO (DATA, HOLE: at or behind the end, or no data
 * there), EINVAL (below 0), EOVERFLOW.
 */
VFS_API int64_t vfs_file_lseek(const struct vfs_ctx *ctx, struct vfs_file *file, int64_t offset, int whence);
/*
 * getdents64(2): fills buf with struct vfs_dirent records from the file's
 * offset on, and moves it. Returns the bytes written, 0 at the end. Every
 * record's off resumes behind it, also after changes to the directory. buf is the
 * caller's memory, of size bytes.
 * Errors: EBADF (O_PATH), ENOTDIR, ENOENT (removed), EINVAL (the next record does
 * not fit).
 */
VFS_API int64_t vfs_file_getdents(const struct vfs_ctx *ctx, struct vfs_file *file, void *buf, size_t size);

/*
 * fstat(2), fstatfs(2), fchmod(2), fchown(2), futimens(2), ftruncate(2). The first
 * two work on any file. Errors: EBADF (O_PATH), EINVAL (ftruncate: not open for
 * writing, or no regular file), then as the path forms after their paths.
 */
VFS_API int vfs_file_statx(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t mask,
                           struct vfs_statx *ret_stat);
VFS_API int vfs_file_statfs(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_statfs *ret_statfs);
VFS_API int vfs_file_chmod(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t mode);
VFS_API int vfs_file_chown(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t uid, uint32_t gid);
VFS_API int vfs_file_utimens(const struct vfs_ctx *ctx, struct vfs_file *file,
                             const struct vfs_timespec times[2]);
VFS_API int vfs_file_truncate(const struct vfs_ctx *ctx, struct vfs_file *file, int64_t length);
/*
 * fallocate(2): VFS_FALLOC_*, of which memfs has 0, KEEP_SIZE and PUNCH_HOLE; offset
 * and length in bytes. Errors: EBADF (O_PATH), EINVAL (offset below 0, length not
 * above), EOPNOTSUPP (mode), EBADF (not open for writing), ESPIPE (a FIFO), ENODEV
 * (no regular file), EFBIG, EOPNOTSUPP (not in this filesystem), EPERM (sealed),
 * ENOSPC.
 */
VFS_API int vfs_file_allocate(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t mode, int64_t offset,
                              int64_t length);
/* fsync(2) and, with data_only nonzero, fdatasync(2). May block. Errors: EBADF (O_PATH), EINVAL (a FIFO). */
VFS_API int vfs_file_sync(const struct vfs_ctx *ctx, struct vfs_file *file, int data_only);
/*
 * fsetxattr(2), fgetxattr(2), flistxattr(2), fremovexattr(2): as the path forms, with
 * EBADF (O_PATH) in place of the path's errors.
 */
VFS_API int vfs_file_setxattr(const struct vfs_ctx *ctx, struct vfs_file *file, const char *name,
                              const void *value, size_t size, uint32_t flags);
VFS_API int64_t vfs_file_getxattr(const struct vfs_ctx *ctx, struct vfs_file *file, const char *name,
                                  void *value, size_t size);
VFS_API int64_t vfs_file_listxattr(const struct vfs_ctx *ctx, struct vfs_file *file, char *list, size_t size);
VFS_API int vfs_file_removexattr(const struct vfs_ctx *ctx, struct vfs_file *file, const char *name);

/*
 * fcntl(2): status flags (F_GETFL, F_SETFL: O_APPEND, O_NONBLOCK, O_DIRECT,
 * O_NOATIME; other bits are ignored) and seals (F_GET_SEALS, F_ADD_SEALS).
 * Errors: EBADF (O_PATH, but for getfl), EPERM (O_NOATIME by who is not the owner;
 * seals: not open for writing), EINVAL (O_DIRECT of a directory; seals: unknown
 * bits, or none for this file), EPERM (F_SEAL_SEAL is set, as on every file of
 * memfs that has a name), EBUSY (F_SEAL_WRITE while a shared mapping may write).
 */
VFS_API int vfs_file_getfl(struct vfs_file *file, uint32_t *ret_flags);
VFS_API int vfs_file_setfl(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t flags);
VFS_API int vfs_file_get_seals(struct vfs_file *file, uint32_t *ret_seals);
VFS_API int vfs_file_add_seals(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t seals);

/*
 * copy_file_range(2). off_in and off_out may be NULL: the files' own offsets.
 * flags must be 0. Returns the bytes copied, at most 2^31 - 4096, 0 at the end of
 * in; offsets given are moved by that.
 * Errors: EBADF (O_PATH), EINVAL (flags), EISDIR, EINVAL (no regular files), EBADF
 * (not open for it, or out has O_APPEND), EXDEV (two filesystems), EOVERFLOW, EFBIG,
 * EINVAL (the ranges overlap, or an offset below 0), ENOSPC, EPERM (sealed).
 */
VFS_API int64_t vfs_file_copy_range(const struct vfs_ctx *ctx, struct vfs_file *in, int64_t *off_in,
                                    struct vfs_file *out, int64_t *off_out, size_t length, uint32_t flags);

/*
 * Memory mapping as (descriptor, offset) on the host.
 *
 * vfs_file_map: checks a mapping of [offset, offset + length) as mmap(2) does
 * (prot: VFS_PROT_*; shared nonzero for MAP_SHARED) and returns a handle that
 * keeps the range's memory in place, coherent with read and write, until it is
 * put. offset is a multiple of 4096; length is rounded up to one. One reference on
 * file is taken. Errors: EINVAL (offset), EBADF (O_PATH), EINVAL (length 0), EOVERFLOW,
 * EACCES (not open for reading; shared writing: nor for writing), EPERM (noexec),
 * ENODEV, EPERM (sealed), ENOMEM.
 * vfs_mapping_run: the longest run of host memory that backs the range from
 * offset on (within the mapping): it begins at ret_offset in ret_fd and is
 * ret_length bytes long. A hole gets memory, whatever the mapping may do. The host
 * descriptor belongs to the filesystem; it must not be closed, nor handed to a
 * guest: other files live in it. Errors: EINVAL (outside the mapping, or a page
 * wholly behind the end of the file: a guest's access is SIGBUS), ENOSPC, ENOMEM.
 * vfs_mapping_put: ends it; NULL is allowed. May block, as vfs_file_put.
 * While a handle lives, a truncated or punched range keeps its memory, zeroed. A
 * handle is not refcounted; any thread may ask it for runs.
 */
struct vfs_mapping;
VFS_API int vfs_file_map(const struct vfs_ctx *ctx, struct vfs_file *file, int64_t offset, uint64_t length,
                         uint32_t prot, int shared, struct vfs_mapping **ret_mapping);
VFS_API int vfs_mapping_run(struct vfs_mapping *mapping, int64_t offset, int *ret_fd, int64_t *ret_offset,
                            uint64_t *ret_length);
VFS_API void vfs_mapping_put(struct vfs_mapping *mapping);

#ifdef __cplusplus
}
#endif

#endif
