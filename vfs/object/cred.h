/*
 * cred.h - credentials, as the layers above see them.
 */
#ifndef VFS_OBJECT_CRED_H
#define VFS_OBJECT_CRED_H

#include <stdbool.h>

#include <vfs/instance.h>

/*
 * Immutable but for refs. Capabilities are kept twice, so that in the first user
 * namespace one test of bits decides. Lock key: a atomic, c constant after vfs_cred_new.
 */
struct vfs_cred {
        uint64_t refs;                /* a */
        uint32_t uid, gid;            /* c  fsuid, fsgid */
        uint64_t caps;                /* c  effective in the first user namespace: 0 for another's */
        uint64_t ns_caps;             /* c  effective in userns */
        struct vfs_userns *userns;    /* c  referenced */
        const struct vfs_cred *real;  /* c  what access(2) judges by; itself when that is the same, else owned */
        uint32_t ngroups;             /* c */
        uint32_t groups[];            /* c  ascending */
};

/* In the first user namespace, and so over every file. Analogous to capable. */
static inline bool vfs_cred_has(const struct vfs_cred *cred, unsigned int cap)
{
        return (cred->caps >> cap & 1) != 0;
}

/* May it search every directory, whatever the directory's mode and owner? */
static inline bool vfs_cred_searches_all(const struct vfs_cred *cred)
{
        return (cred->caps & (UINT64_C(1) << VFS_CAP_DAC_OVERRIDE | UINT64_C(1) << VFS_CAP_DAC_READ_SEARCH)) != 0;
}

/*
 * The credentials that access(2) without AT_EACCESS judges by: the real ids,
 * and the permitted capabilities for a real uid of root's, else none. Borrowed from cred.
 */
static inline const struct vfs_cred *vfs_cred_real(const struct vfs_cred *cred)
{
        return cred->real;
}

#endif
