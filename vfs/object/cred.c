/*
 * cred.c - credentials: immutable, refcounted, of no instance.
 *
 * Groups are sorted once, so that membership is a binary search. What access(2)
 * needs, the same caller with its real ids, is made together with the
 * credentials, so that access allocates nothing and takes no reference.
 *
 * Where capabilities count is decided here (vfs_cred_ns_capable); for a file it is
 * perm.c that asks whether the file's ids are mapped, too.
 *
 * Memory is the library's default, since credentials are shared by instances.
 */
#include "vfs/object/cred.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <vfs/fsapi.h>
#include "vfs/base/alloc.h"
#include "vfs/base/check.h"
#include "vfs/base/sync.h"
#include "vfs/object/userns.h"

#define VFS_CRED_GROUPS_MAX 65536u

static size_t vfs_cred_size(uint32_t ngroups)
{
        return sizeof(struct vfs_cred) + ngroups * sizeof(uint32_t);
}

static int vfs_gid_compare(const void *a, const void *b)
{
        uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

        return (x > y) - (x < y);
}

static struct vfs_cred *vfs_cred_alloc(const struct vfs_cred_opts *opts)
{
        struct vfs_cred *cred = vfs_alloc(NULL, vfs_cred_size(opts->ngroups));

        if (cred == NULL)
                return NULL;
        *cred = (struct vfs_cred){
                .refs = 1,
                .uid = opts->uid,
                .gid = opts->gid,
                .caps = opts->userns == NULL ? opts->caps & VFS_CAP_ALL : 0,
                .ns_caps = opts->caps & VFS_CAP_ALL,
                .userns = vfs_userns_get(opts->userns),
                .real = cred,
                .ngroups = opts->ngroups,
        };
        if (opts->ngroups != 0) {
                memcpy(cred->groups, opts->groups, opts->ngroups * sizeof(uint32_t));
                qsort(cred->groups, opts->ngroups, sizeof(uint32_t), vfs_gid_compare);
        }
        return cred;
}

static void vfs_cred_free(struct vfs_cred *cred)
{
        vfs_userns_put(cred->userns);
        vfs_dealloc(NULL, cred, vfs_cred_size(cred->ngroups));
}

int vfs_cred_new(const struct vfs_cred_opts *opts, struct vfs_cred **ret_cred)
{
        struct vfs_cred_opts real;
        struct vfs_cred *cred;

        if (opts == NULL || opts->size != sizeof(*opts) || opts->ngroups > VFS_CRED_GROUPS_MAX ||
            (opts->ngroups != 0 && opts->groups == NULL))
                return -EINVAL;
        cred = vfs_cred_alloc(opts);
        if (cred == NULL)
                return -ENOMEM;

        real = *opts;
        real.uid = opts->ruid;
        real.gid = opts->rgid;
        /* Which id is root in another user namespace only the embedder knows. */
        real.caps = opts->ruid == 0 || opts->userns != NULL ? opts->caps_permitted : 0;
        if (real.uid != cred->uid || real.gid != cred->gid || (real.caps & VFS_CAP_ALL) != cred->ns_caps) {
                cred->real = vfs_cred_alloc(&real);
                if (cred->real == NULL) {
                        vfs_cred_free(cred);
                        return -ENOMEM;
                }
        }
        *ret_cred = cred;
        return 0;
}

int vfs_cred_new_root(struct vfs_cred **ret_cred)
{
        const struct vfs_cred_opts opts = {
                .size = sizeof(opts),
                .caps = VFS_CAP_ALL,
                .caps_permitted = VFS_CAP_ALL,
        };

        return vfs_cred_new(&opts, ret_cred);
}

const struct vfs_cred *vfs_cred_get(const struct vfs_cred *cred)
{
        uint64_t n = vfs_fetch_add_u64(&((struct vfs_cred *)cred)->refs, 1);

        vfs_check(n != 0);
        return cred;
}

void vfs_cred_put(const struct vfs_cred *cred)
{
        struct vfs_cred *c = (struct vfs_cred *)cred;
        uint64_t n;

        if (c == NULL)
                return;
        n = vfs_fetch_add_u64(&c->refs, UINT64_MAX);
        vfs_check(n != 0);
        if (n != 1)
                return;
        if (c->real != c)
                vfs_cred_free((struct vfs_cred *)c->real);
        vfs_cred_free(c);
}

int vfs_cred_capable(const struct vfs_cred *cred, unsigned int cap)
{
        return cap < 64 && vfs_cred_has(cred, cap);
}

/* Analogous to cap_capable. */
int vfs_cred_ns_capable(const struct vfs_cred *cred, const struct vfs_userns *userns, unsigned int cap)
{
        if (cap >= 64 || (VFS_CAP_ALL >> cap & 1) == 0)
                return 0;
        while (userns != cred->userns) {
                if (vfs_userns_level(userns) <= vfs_userns_level(cred->userns))
                        return 0;
                if (userns->parent == cred->userns && userns->uid == cred->uid)
                        return 1;
                userns = userns->parent;
        }
        return (cred->ns_caps >> cap & 1) != 0;
}

int vfs_cred_in_group(const struct vfs_cred *cred, uint32_t gid)
{
        uint32_t low = 0, high = cred->ngroups, mid;

        if (gid == cred->gid)
                return 1;
        while (low < high) {
                mid = low + (high - low) / 2;
                if (cred->groups[mid] == gid)
                        return 1;
                if (cred->groups[mid] < gid)
                        low = mid + 1;
                else
                        high = mid;
        }
        return 0;
}

uint32_t vfs_cred_uid(const struct vfs_cred *cred)
{
        return cred->uid;
}

uint32_t vfs_cred_gid(const struct vfs_cred *cred)
{
        return cred->gid;
}

struct vfs_userns *vfs_cred_userns(const struct vfs_cred *cred)
{
        return cred->userns;
}
