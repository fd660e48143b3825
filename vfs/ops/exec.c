/*
 * exec.c - what a program's file says about the ids of who runs it: the set-id bits. Executing is the
 * embedder's.
 */
#include <errno.h>

#include <vfs/ops.h>
#include "mount/mount.h"
#include "vfs/object/cred.h"
#include "vfs/object/userns.h"

void vfs_file_exec_ids(const struct vfs_ctx *ctx, const struct vfs_file *file, uint32_t *ret_uid,
                       uint32_t *ret_gid)
{
        const struct vfs_userns *userns = vfs_cred_userns(ctx->cred);
        struct vfs_attr attr;

        *ret_uid = UINT32_MAX;
        *ret_gid = UINT32_MAX;
        vfs_inode_read_attr(file->path.dentry->inode, &attr);
        if (!(attr.mode & (VFS_S_ISUID | VFS_S_ISGID)) || !vfs_mount_may_suid(ctx, file->path.mount) ||
            !vfs_userns_maps_uid(userns, attr.uid) || !vfs_userns_maps_gid(userns, attr.gid))
                return;
        if (attr.mode & VFS_S_ISUID)
                *ret_uid = attr.uid;
        /* Without the group's execute bit it means something else. */
        if ((attr.mode & (VFS_S_ISGID | VFS_S_IXGRP)) == (VFS_S_ISGID | VFS_S_IXGRP))
                *ret_gid = attr.gid;
}
