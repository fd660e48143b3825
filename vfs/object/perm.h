/*
 * perm.h - the rules of perm.c and xattr.c that only the library's own layers use;
 * the others are in <vfs/fsapi.h>.
 */
#ifndef VFS_OBJECT_PERM_H
#define VFS_OBJECT_PERM_H

#include "vfs/object/instance.h"

/* Forgets security.capability, which no write survives, whoever writes: inode lock held. */
void vfs_xattrs_drop_privs(struct vfs_inode *inode);

#endif
