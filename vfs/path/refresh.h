/*
 * refresh.h - attributes that are a filesystem's answer rather than a memory of
 * ours: asked for again, where a dentry says so, before a place that nobody
 * walked to (an open file's) is looked at.
 */
#ifndef VFS_PATH_REFRESH_H
#define VFS_PATH_REFRESH_H

#include <vfs/fsapi.h>

#include "vfs/base/sync.h"

/* No lock held but POS. Errors: the filesystem's own. */
VFS_INLINE int vfs_dentry_refresh(const struct vfs_ctx *ctx, struct vfs_dentry *d)
{
        if (vfs_likely(!(vfs_load_relaxed(&d->word) & VFS_D_REVALIDATE)))
                return 0;
        return d->fs->ops->tree->refresh(ctx, d);
}

#endif
