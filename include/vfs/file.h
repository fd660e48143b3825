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
 * library and bytes move through the hooks (a guest in another process).
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

/* References. put of NULL is allowed; the last put closes and may block in a filesystem. */
VFS_API struct vfs_file *vfs_file_get(struct vfs_file *file);
VFS_API void vfs_file_put(struct vfs_file *file);

/* The place that a file was opened at, borrowed from the file. */
VFS_API const struct vfs_path *vfs_file_path(const struct vfs_file *file);

/*
 * read(2), pread(2), write(2), pwrite(2) and their vectored forms. flags:
 * VFS_RWF_*. Return the bytes moved; short at the end of a file, after a fault
 * or when space ran out. read and write use and move the file's offset.
 * Errors: EBADF (not open for it), EINVAL (negative offset, flags), ESPIPE
 * (offset on a pipe), EISDIR, EFAULT, EFBIG, ENOSPC, EPERM (sealed), EAGAIN,
 * EPIPE, EINTR, EOPNOTSUPP. May block on a FIFO.
 */
VFS_API int64_t vfs_file_read(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                              uint32_t flags);
VFS_API int64_t vfs_file_pread(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                               int64_t offset, uint32_t flags);
VFS_API int64_t vfs_file_write(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                               uint32_t flags);
VFS_API int64_t vfs_file_pwrite(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                                int64_t offset, uint32_t flags);

/* lseek(2) with all five whences; for a directory, an offset that getdents gave. Errors: EBADF, ESPIPE, EINVAL, ENXIO, EOVERFLOW. */
VFS_API int64_t vfs_file_lseek(const struct vfs_ctx *ctx, struct vfs_file *file, int64_t offset, int whence);
/*
 * getdents64(2): fills buf with struct vfs_dirent records from the file's
 * offset on, and moves it. Returns the bytes written, 0 at the end. Every
 * record's off resumes behind it, also after changes to the directory.
 * Errors: EBADF, ENOTDIR, ENOENT (removed), EINVAL (the next record does not fit).
 */
VFS_API int64_t vfs_file_getdents(const struct vfs_ctx *ctx, struct vfs_file *file, void *buf, size_t size);

/* fstat(2), fstatfs(2), fchmod(2), fchown(2), futimens(2), ftruncate(2): errors as the path forms, and EBADF. */
VFS_API int vfs_file_statx(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t mask,
                           struct vfs_statx *ret_stat);
VFS_API int vfs_file_statfs(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_statfs *ret_statfs);
VFS_API int vfs_file_chmod(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t mode);
VFS_API int vfs_file_chown(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t uid, uint32_t gid);
VFS_API int vfs_file_utimens(const struct vfs_ctx *ctx, struct vfs_file *file,
                             const struct vfs_timespec times[2]);
VFS_API int vfs_file_truncate(const struct vfs_ctx *ctx, struct vfs_file *file, int64_t length);
/* fallocate(2). Errors: EINVAL, EOPNOTSUPP, EBADF, ESPIPE, ENODEV, EFBIG, EPERM, ETXTBSY, ENOSPC. */
VFS_API int vfs_file_allocate(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t mode, int64_t offset,
                              int64_t length);
/* fsync(2) and, with data_only nonzero, fdatasync(2). May block. */
VFS_API int vfs_file_sync(const struct vfs_ctx *ctx, struct vfs_file *file, int data_only);
/* fsetxattr(2), fgetxattr(2), flistxattr(2), fremovexattr(2): errors as the path forms, and EBADF. */
VFS_API int vfs_file_setxattr(const struct vfs_ctx *ctx, struct vfs_file *file, const char *name,
                              const void *value, size_t size, uint32_t flags);
VFS_API int64_t vfs_file_getxattr(const struct vfs_ctx *ctx, struct vfs_file *file, const char *name,
                                  void *value, size_t size);
VFS_API int64_t vfs_file_listxattr(const struct vfs_ctx *ctx, struct vfs_file *file, char *list, size_t size);
VFS_API int vfs_file_removexattr(const struct vfs_ctx *ctx, struct vfs_file *file, const char *name);

/* fcntl(2): status flags (F_GETFL, F_SETFL) and seals (F_GET_SEALS, F_ADD_SEALS). Errors: EBADF, EPERM, EINVAL, EBUSY. */
VFS_API int vfs_file_getfl(struct vfs_file *file, uint32_t *ret_flags);
VFS_API int vfs_file_setfl(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t flags);
VFS_API int vfs_file_get_seals(struct vfs_file *file, uint32_t *ret_seals);
VFS_API int vfs_file_add_seals(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t seals);

/*
 * copy_file_range(2). off_in and off_out may be NULL: the files' own offsets.
 * flags must be 0. Returns the bytes copied, 0 at the end of in.
 * Errors: EINVAL, EBADF, EISDIR, EFBIG, EOVERFLOW, ENOSPC, EPERM, ETXTBSY.
 */
VFS_API int64_t vfs_file_copy_range(const struct vfs_ctx *ctx, struct vfs_file *in, int64_t *off_in,
                                    struct vfs_file *out, int64_t *off_out, size_t length, uint32_t flags);

/*
 * Memory mapping as (descriptor, offset) on the host.
 *
 * vfs_file_map: checks a mapping of [offset, offset + length) as mmap(2) does
 * (prot: VFS_PROT_*; shared nonzero for MAP_SHARED) and returns a handle that
 * keeps the range's memory in place, coherent with read and write, until it is
 * put. Errors: EACCES, EBADF, ENODEV, EINVAL, EPERM (noexec, sealed), EOVERFLOW.
 * vfs_mapping_run: the longest run of host memory that backs the range from
 * offset on (within the mapping): it begins at ret_offset in ret_fd and is
 * ret_length bytes long. Allocates holes when the mapping may write. The host
 * descriptor belongs to the filesystem; it must not be closed, nor handed to a
 * guest: other files live in it. Errors: EINVAL (outside the mapping, or a page
 * wholly behind the end of the file: a guest's access is SIGBUS), ENOSPC, ENOMEM.
 * While a handle lives, a truncated or punched range keeps its memory, zeroed.
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
