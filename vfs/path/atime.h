/* atime.h - access times: the rules of relatime, noatime and their relatives. */
#ifndef VFS_PATH_ATIME_H
#define VFS_PATH_ATIME_H

#include "mount/mount.h"

/*
 * A file was read through mount: updates its access time if the mount's flags
 * say so. Takes the inode's lock only when it does.
 */
void vfs_atime_touch(struct vfs_mount *mount, struct vfs_inode *inode);

#endif
