/*
 * walk.h - what the path operations share: running a filesystem's operation over
 * a path, and refusing one that a filesystem does not have.
 */
#ifndef VFS_OPS_WALK_H
#define VFS_OPS_WALK_H

#include <errno.h>

#include "vfs/path/resolving_path.h"

/*
 * Begins a walk, runs op (an expression of rp and fs) across filesystems, ends
 * the walk. Gives the result in r.
 */
#define VFS_WALK(r, ctx, dir, path, flags, resolve, op)                         \
        do {                                                                    \
                struct vfs_rp walk_rp, *const rp = &walk_rp;                    \
                                                                                \
                (r) = vfs_rp_begin(rp, (ctx), (dir), (path), (flags), (resolve)); \
                if (vfs_unlikely((r) != 0))                                     \
                        break;                                                  \
                VFS_RP_RUN(rp, (r), op);                                        \
                vfs_rp_end(rp);                                                 \
        } while (0)

/* The walk's flags for the AT_ flags of an operation that follows by default. */
static inline uint32_t vfs_walk_flags(uint32_t at_flags)
{
        return (at_flags & VFS_AT_SYMLINK_NOFOLLOW ? 0 : VFS_RP_FOLLOW) |
               (at_flags & VFS_AT_EMPTY_PATH ? VFS_RP_EMPTY : 0);
}

/* A filesystem without the operation: resolves the path all the same, then refuses with error. */
int vfs_refuse_at(struct vfs_filesystem *fs, struct vfs_rp *rp, int error);

/* The place of a path, referenced: flags and resolve as for vfs_rp_begin. */
int vfs_walk_place(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                   struct vfs_path *ret_path);

/* A file as of O_PATH for the root of a detached tree, whose reference it takes over; its last put unmounts the tree. */
int vfs_open_detached(const struct vfs_ctx *ctx, struct vfs_path *root, struct vfs_file **ret_file);

#endif
