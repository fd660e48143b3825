/*
 * perm.h - the rules of perm.c and xattr.c that only the library's own layers use;
 * the others are in <vfs/fsapi.h>.
 */
#ifndef VFS_OBJECT_PERM_H
#define VFS_OBJECT_PERM_H

#include "vfs/object/cred.h"
#include "vfs/object/instance.h"

/* The part of vfs_capable_over for credentials of another user namespace. */
bool vfs_ns_capable_over(const struct vfs_cred *cred, const struct vfs_attr *attr, unsigned int cap);

/*
 * Has it the capability over a file, whose ids must then be mapped in its user
 * namespace? Analogous to capable_wrt_inode_uidgid.
 */
static inline bool vfs_capable_over(const struct vfs_cred *cred, const struct vfs_attr *attr,
                                    unsigned int cap)
{
        return vfs_cred_has(cred, cap) || (cred->userns != NULL && vfs_ns_capable_over(cred, attr, cap));
}

/* Forgets security.capability, which no write survives, whoever writes: inode lock held. */
void vfs_xattrs_drop_privs(struct vfs_inode *inode);

#endif
