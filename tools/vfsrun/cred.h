/*
 * cred.h - credentials of guests, which exist in the supervisor only: on the host all
 * guests run as one user without privileges.
 */
#ifndef VFSRUN_CRED_H
#define VFSRUN_CRED_H

#include <stdint.h>

#include <vfs/vfs.h>

enum { ID_REAL, ID_EFFECTIVE, ID_SAVED, ID_FS };

/* Immutable once a task has it; refcounted. */
struct cred {
        uint32_t refs; /* a */
        uint32_t uid[4], gid[4];
        uint64_t effective, permitted, inheritable, ambient, bounding;
        uint32_t securebits;
        struct vfs_userns *userns; /* where the capabilities count, referenced; NULL: the first */
        uint32_t ngroups;
        const struct vfs_cred *vfs; /* what the library asks with */
        uint32_t groups[];
};

/* The first credentials: uid 0 has all capabilities, others none. NULL: no memory. */
struct cred *cred_new(uint32_t uid, uint32_t gid);
struct cred *cred_get(struct cred *c);
void cred_put(struct cred *c);
/* A copy to change, with room for ngroups, the groups themselves only if it is as many. NULL: no memory. */
struct cred *cred_copy(const struct cred *c, uint32_t ngroups);
/* After the changes: makes what the library asks with. Errors: ENOMEM. */
int cred_seal(struct cred *c);
int cred_capable(const struct cred *c, unsigned int cap);

/*
 * In a user namespace of one's own: all capabilities there. Ids are the same inside and
 * outside. Sealed. Errors: ENOSPC, ENOMEM.
 */
int cred_unshare(const struct cred *old, struct cred **ret_cred);

/* A change of the user ids, on a copy: what Linux does to the capabilities. */
void cred_fix_caps(const struct cred *old, struct cred *c);
void cred_fix_fs_caps(const struct cred *old, struct cred *c);
/*
 * execve(2): the credentials after executing a file of that mode and owner; with
 * nosuid its set-id bits do not count. secure: AT_SECURE. NULL: no memory.
 */
struct cred *cred_exec(const struct cred *old, uint32_t mode, uint32_t uid, uint32_t gid, int nosuid,
                       int *ret_secure);

#endif
