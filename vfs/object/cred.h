/*
 * cred.h - credentials, as the layers above see them.
 */
#ifndef VFS_OBJECT_CRED_H
#define VFS_OBJECT_CRED_H

#include <stdbool.h>

#include <vfs/instance.h>

/* Immutable but for refs. Lock key: a atomic, c constant after vfs_cred_new. */
struct vfs_cred {
        uint64_t refs;                /* a */
        uint32_t uid, gid;            /* c  fsuid, fsgid */
        uint32_t ruid, rgid;          /* c */
        uint64_t caps;                /* c  effective */
        uint64_t caps_permitted;      /* c */
        const struct vfs_cred *real;  /* c  what access(2) judges by; itself when that is the same, else owned */
        uint32_t ngroups;             /* c */
        uint32_t groups[];            /* c  ascending */
};

static inline bool vfs_cred_has(const struct vfs_cred *cred, unsigned int cap)
{
        return (cred->caps >> cap & 1) != 0;
}

/* May it search every directory, whatever the directory's mode? */
static inline bool vfs_cred_searches_all(const struct vfs_cred *cred)
{
        return (cred->caps & (UINT64_C(1) << VFS_CAP_DAC_OVERRIDE | UINT64_C(1) << VFS_CAP_DAC_READ_SEARCH)) != 0;
}

/*
 * The credentials that access(2) without AT_EACCESS judges by: the real ids,
 * and the permitted capabilities for a real uid of 0, else none. Borrowed from cred.
 */
static inline const struct vfs_cred *vfs_cred_real(const struct vfs_cred *cred)
{
        return cred->real;
}

#endif
