/*
 * cred.c - what changes of ids and execve do to credentials: capabilities(7), in the
 * order of Linux's security/commoncap.c.
 *
 * Not there: file capabilities (security.capability) at execve; user namespaces whose ids
 * are not their parent's.
 */
#include "tools/vfsrun/cred.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECBIT_NOROOT 1u
#define SECBIT_NO_SETUID_FIXUP 4u
#define SECBIT_KEEP_CAPS 16u

/* The capabilities that follow the file system's user id: CAP_FS_MASK. */
#define CAPS_FS                                                                                        \
        ((1ull << VFS_CAP_CHOWN) | (1ull << VFS_CAP_DAC_OVERRIDE) | (1ull << VFS_CAP_DAC_READ_SEARCH) | \
         (1ull << VFS_CAP_FOWNER) | (1ull << VFS_CAP_FSETID) | (1ull << VFS_CAP_MKNOD) | (1ull << 9) | \
         (1ull << 32))

struct cred *cred_get(struct cred *c)
{
        __atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
        return c;
}

void cred_put(struct cred *c)
{
        if (!c || __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL))
                return;
        vfs_cred_put(c->vfs);
        vfs_userns_put(c->userns);
        free(c);
}

struct cred *cred_copy(const struct cred *c, uint32_t ngroups)
{
        struct cred *n = calloc(1, sizeof(*n) + ngroups * sizeof(n->groups[0]));

        if (!n)
                return NULL;
        memcpy(n, c, sizeof(*n));
        n->refs = 1;
        n->vfs = NULL;
        vfs_userns_get(n->userns);
        n->ngroups = ngroups;
        if (ngroups && ngroups == c->ngroups)
                memcpy(n->groups, c->groups, ngroups * sizeof(n->groups[0]));
        return n;
}

int cred_seal(struct cred *c)
{
        const struct vfs_cred_opts opts = {
                .size = sizeof(opts),
                .uid = c->uid[ID_FS],
                .gid = c->gid[ID_FS],
                .ruid = c->uid[ID_REAL],
                .rgid = c->gid[ID_REAL],
                .groups = c->groups,
                .ngroups = c->ngroups,
                .caps = c->effective,
                .caps_permitted = c->permitted,
                .userns = c->userns,
        };
        struct vfs_cred *v;
        int r = vfs_cred_new(&opts, &v);

        if (r == 0)
                c->vfs = v;
        return r;
}

struct cred *cred_new(uint32_t uid, uint32_t gid)
{
        struct cred *c = calloc(1, sizeof(*c));

        if (!c)
                return NULL;
        c->refs = 1;
        for (int i = 0; i < 4; i++) {
                c->uid[i] = uid;
                c->gid[i] = gid;
        }
        c->bounding = VFS_CAP_ALL;
        if (uid == 0)
                c->effective = c->permitted = VFS_CAP_ALL;
        if (cred_seal(c) < 0) {
                free(c);
                return NULL;
        }
        return c;
}

int cred_capable(const struct cred *c, unsigned int cap)
{
        return (c->effective >> cap) & 1;
}

int cred_unshare(const struct cred *old, struct cred **ret_cred)
{
        const struct vfs_id_range all = { 0, UINT32_MAX };
        const struct vfs_userns_opts opts = {
                .size = sizeof(opts),
                .parent = old->userns,
                .uid = old->uid[ID_EFFECTIVE],
                .gid = old->gid[ID_EFFECTIVE],
                .uids = &all,
                .gids = &all,
                .nuids = 1,
                .ngids = 1,
        };
        struct cred *c = cred_copy(old, old->ngroups);
        struct vfs_userns *ns;
        int r;

        if (!c)
                return -ENOMEM;
        r = vfs_userns_new(&opts, &ns);
        if (r == 0) {
                vfs_userns_put(c->userns);
                c->userns = ns;
                c->effective = c->permitted = c->bounding = VFS_CAP_ALL;
                c->inheritable = c->ambient = 0;
                c->securebits = 0;
                r = cred_seal(c);
        }
        if (r < 0)
                cred_put(c);
        else
                *ret_cred = c;
        return r;
}

void cred_fix_fs_caps(const struct cred *old, struct cred *c)
{
        if (c->securebits & SECBIT_NO_SETUID_FIXUP)
                return;
        if (old->uid[ID_FS] == 0 && c->uid[ID_FS] != 0)
                c->effective &= ~CAPS_FS;
        if (old->uid[ID_FS] != 0 && c->uid[ID_FS] == 0)
                c->effective |= c->permitted & CAPS_FS;
}

void cred_fix_caps(const struct cred *old, struct cred *c)
{
        int was_root = old->uid[ID_REAL] == 0 || old->uid[ID_EFFECTIVE] == 0 || old->uid[ID_SAVED] == 0;
        int is_root = c->uid[ID_REAL] == 0 || c->uid[ID_EFFECTIVE] == 0 || c->uid[ID_SAVED] == 0;

        if (c->securebits & SECBIT_NO_SETUID_FIXUP)
                return;
        if (was_root && !is_root) {
                if (!(c->securebits & SECBIT_KEEP_CAPS)) {
                        c->permitted = 0;
                        c->effective = 0;
                }
                c->ambient = 0;
        }
        if (old->uid[ID_EFFECTIVE] == 0 && c->uid[ID_EFFECTIVE] != 0)
                c->effective = 0;
        if (old->uid[ID_EFFECTIVE] != 0 && c->uid[ID_EFFECTIVE] == 0)
                c->effective = c->permitted;
}

struct cred *cred_exec(const struct cred *old, uint32_t mode, uint32_t uid, uint32_t gid, int nosuid,
                       int *ret_secure)
{
        struct cred *c = cred_copy(old, old->ngroups);
        int changed;

        if (!c)
                return NULL;
        if (!nosuid && (mode & VFS_S_ISUID))
                c->uid[ID_EFFECTIVE] = uid;
        if (!nosuid && (mode & (VFS_S_ISGID | VFS_S_IXGRP)) == (VFS_S_ISGID | VFS_S_IXGRP))
                c->gid[ID_EFFECTIVE] = gid;
        changed = c->uid[ID_EFFECTIVE] != c->uid[ID_REAL] || c->gid[ID_EFFECTIVE] != c->gid[ID_REAL];
        if (changed)
                c->ambient = 0;
        if (!(c->securebits & SECBIT_NOROOT) && (c->uid[ID_EFFECTIVE] == 0 || c->uid[ID_REAL] == 0)) {
                c->permitted = c->bounding | c->inheritable;
                c->effective = c->uid[ID_EFFECTIVE] == 0 ? c->permitted : 0;
        } else {
                c->permitted = c->ambient;
                c->effective = c->ambient;
        }
        c->uid[ID_SAVED] = c->uid[ID_FS] = c->uid[ID_EFFECTIVE];
        c->gid[ID_SAVED] = c->gid[ID_FS] = c->gid[ID_EFFECTIVE];
        c->securebits &= ~SECBIT_KEEP_CAPS;
        if (cred_seal(c) < 0) {
                cred_put(c);
                return NULL;
        }
        *ret_secure = changed;
        return c;
}
