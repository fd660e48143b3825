/*
 * anon.h - files that are on no filesystem that anybody sees; vfs_file_new_anon makes them.
 */
#ifndef VFS_OPS_ANON_H
#define VFS_OPS_ANON_H

#include "mount/mount.h"

/* Is path such a file's? */
static inline bool vfs_path_is_anon(const struct vfs *vfs, const struct vfs_path *path)
{
        return path->mount == vfs_load_relaxed(&vfs->anon_mount);
}

/* "anon_inode:" and the name, NUL-terminated; the length with the NUL. Errors: ENAMETOOLONG. */
int64_t vfs_anon_name(const struct vfs_path *path, char *buf, size_t size);

#endif
