/*
 * pipe.h - FIFOs: the pipe behind a name.
 */
#ifndef VFS_OPS_PIPE_H
#define VFS_OPS_PIPE_H

#include <vfs/fsapi.h>

/*
 * Opens the FIFO at path, as open(2) and fifo(7): blocks until the other side is
 * there too, unless flags say otherwise. ret_file referenced.
 * Errors: EINVAL (access mode 3), ENXIO (write only, O_NONBLOCK, no reader), EINTR, ENOMEM.
 */
int vfs_pipe_open(const struct vfs_ctx *ctx, const struct vfs_path *path, uint32_t flags,
                  struct vfs_file **ret_file);

#endif
