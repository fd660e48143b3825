/*
 * host.h - directories and descriptors of the host, as filesystems and files.
 *
 * The filesystem type "host" is not there by itself: who can mount it sees the
 * host. The embedder registers it, says what may be a source, and can forbid further
 * mounts once its own are made. docs/host-filesystem.md says what is promised.
 */
#ifndef VFS_HOST_H
#define VFS_HOST_H

#include <vfs/fsapi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The type as an instance has it. The embedder's memory, which must outlive the instance; the members are the library's. */
struct vfs_host_type {
        struct vfs_fstype type;
        int beneath;
        uint32_t forbidden; /* a */
};
#define VFS_HOST_ANYWHERE (-1)

/*
 * Registers the type "host". Its sources are paths of the host's: any path with
 * VFS_HOST_ANYWHERE; otherwise beneath is a directory's descriptor, borrowed for the life
 * of the instance, which is the root of all sources: neither "/", ".." nor a symlink
 * leads out of it. Options of a mount: mode=exclusive, writethrough or shared (who else
 * may change the directory), max_dentries=N, max_fds=N, ro, rw.
 * Errors: EBUSY (registered already), ENOMEM.
 */
VFS_API int vfs_host_register(struct vfs *vfs, struct vfs_host_type *type, int beneath);
/* From now on the type cannot be mounted (EPERM); what is mounted stays. Cannot be undone. */
VFS_API void vfs_host_forbid(struct vfs_host_type *type);

/*
 * A descriptor of the host as an open file of the guest's: a pipe, a terminal, a
 * socket, a regular file. The file has the descriptor's access mode and a
 * filesystem of its own without a name, and refers to a duplicate, so that fd stays the
 * caller's. A regular file begins at fd's offset and has its own from then on. flags: 0.
 * statx is fstat(2)'s. A file that blocks waits with poll(2), whatever fd's O_NONBLOCK is by
 * then; EINTR when a signal or ctx->interrupted ends that. With O_NONBLOCK (fd's, or set by
 * vfs_file_setfl) what would wait is EAGAIN.
 * Errors: EINVAL (flags), EBADF, EOPNOTSUPP (a directory, O_PATH), ENOMEM, EMFILE.
 */
VFS_API int vfs_host_import(const struct vfs_ctx *ctx, int fd, uint32_t flags, struct vfs_file **ret_file);

#ifdef __cplusplus
}
#endif

#endif
