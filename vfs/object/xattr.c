/*
 * xattr.c - extended attributes: who may, and a store in memory.
 *
 * The store is an array of entries in the order of their names, which is the
 * order that Linux's tmpfs lists them in. An entry is one block: sizes, the name
 * with its NUL, the value. Everything is under the inode's lock; nothing is read
 * lock-free.
 *
 * Namespaces are those of tmpfs: user, trusted and security. DIFF-LINUX: system.* is
 * refused (access control lists are not here yet), and the value of
 * security.capability is bytes: neither checked nor converted.
 */
#include <errno.h>
#include <string.h>

#include "vfs/object/cred.h"
#include "vfs/object/perm.h"

struct vfs_xattr {
        uint32_t size;     /* of the value */
        uint32_t name_len; /* without the NUL */
        char name[];       /* NUL-terminated, then the value */
};

/* Lock key: l the inode's lock, c constant after init. */
struct vfs_xattrs {
        struct vfs_arena *arena; /* c */
        uint32_t n, capacity;    /* l */
        struct vfs_xattr *entries[]; /* l  ascending by name */
};

static const char vfs_xattr_caps[] = "security.capability";

static bool vfs_has_prefix(const char *name, const char *prefix)
{
        return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* The name behind its namespace, or NULL for a namespace that is not kept here. */
static const char *vfs_xattr_suffix(const char *name)
{
        static const char *const prefixes[] = { "user.", "trusted.", "security." };

        for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
                if (vfs_has_prefix(name, prefixes[i]))
                        return name + strlen(prefixes[i]);
        }
        return NULL;
}

/* Analogous to xattr_permission, cap_inode_setxattr and xattr_resolve_name. */
int vfs_may_xattr(const struct vfs_cred *cred, const struct vfs_filesystem *fs, const struct vfs_attr *attr,
                  const char *name, int write)
{
        const uint32_t type = attr->mode & VFS_S_IFMT;
        const char *suffix = vfs_xattr_suffix(name);
        int r;

        if (vfs_has_prefix(name, "security.")) {
                if (write && !(strcmp(name, vfs_xattr_caps) == 0 ?
                                       vfs_capable_over(cred, attr, VFS_CAP_SETFCAP) :
                                       vfs_cred_ns_capable(cred, fs->userns, VFS_CAP_SYS_ADMIN)))
                        return -EPERM;
        } else if (vfs_has_prefix(name, "trusted.")) {
                if (!vfs_cred_has(cred, VFS_CAP_SYS_ADMIN))
                        return write ? -EPERM : -ENODATA;
        } else if (!vfs_has_prefix(name, "system.")) {
                if (vfs_has_prefix(name, "user.")) {
                        if (type != VFS_S_IFREG && type != VFS_S_IFDIR)
                                return write ? -EPERM : -ENODATA;
                        if (write && type == VFS_S_IFDIR && (attr->mode & VFS_S_ISVTX) != 0 &&
                            !vfs_is_owner(cred, attr))
                                return -EPERM;
                }
                r = vfs_may(cred, attr, write ? VFS_W_OK : VFS_R_OK);
                if (r < 0)
                        return r;
        }
        if (suffix == NULL)
                return -EOPNOTSUPP;
        return *suffix != '\0' ? 0 : -EINVAL;
}

static size_t vfs_xattr_bytes(size_t name_len, size_t size)
{
        return sizeof(struct vfs_xattr) + name_len + 1 + size;
}

static size_t vfs_xattrs_bytes(uint32_t capacity)
{
        return sizeof(struct vfs_xattrs) + capacity * sizeof(struct vfs_xattr *);
}

static void vfs_xattr_free(struct vfs_arena *arena, struct vfs_xattr *x)
{
        vfs_arena_free(arena, x, vfs_xattr_bytes(x->name_len, x->size));
}

static char *vfs_xattr_value(struct vfs_xattr *x)
{
        return x->name + x->name_len + 1;
}

/* Where name is, or would be. */
static bool vfs_xattrs_find(const struct vfs_xattrs *xattrs, const char *name, uint32_t *ret_index)
{
        uint32_t low = 0, high = xattrs != NULL ? xattrs->n : 0, mid;
        int order;

        while (low < high) {
                mid = low + (high - low) / 2;
                order = strcmp(xattrs->entries[mid]->name, name);
                if (order == 0) {
                        *ret_index = mid;
                        return true;
                }
                if (order < 0)
                        low = mid + 1;
                else
                        high = mid;
        }
        *ret_index = low;
        return false;
}

/* Room for one more. */
static int vfs_xattrs_reserve(struct vfs_inode *inode, struct vfs_arena *arena)
{
        struct vfs_xattrs *old = inode->xattrs, *xattrs;
        uint32_t capacity = old != NULL ? 2 * old->capacity : 4;

        if (old != NULL && old->n < old->capacity)
                return 0;
        xattrs = vfs_arena_alloc(arena, vfs_xattrs_bytes(capacity));
        if (xattrs == NULL)
                return -ENOMEM;
        *xattrs = (struct vfs_xattrs){ .arena = arena, .capacity = capacity };
        if (old != NULL) {
                xattrs->n = old->n;
                memcpy(xattrs->entries, old->entries, old->n * sizeof(old->entries[0]));
                vfs_arena_free(arena, old, vfs_xattrs_bytes(old->capacity));
        }
        inode->xattrs = xattrs;
        return 0;
}

int vfs_xattrs_set(struct vfs_inode *inode, struct vfs_arena *arena, const char *name, const void *value,
                   size_t size, uint32_t flags)
{
        const size_t name_len = strlen(name);
        struct vfs_xattr *x;
        uint32_t i;
        bool found;
        int r;

        found = vfs_xattrs_find(inode->xattrs, name, &i);
        if (found && (flags & VFS_XATTR_CREATE) != 0)
                return -EEXIST;
        if (!found && (flags & VFS_XATTR_REPLACE) != 0)
                return -ENODATA;

        x = vfs_arena_alloc(arena, vfs_xattr_bytes(name_len, size));
        if (x == NULL)
                return -ENOMEM;
        x->size = (uint32_t)size;
        x->name_len = (uint32_t)name_len;
        memcpy(x->name, name, name_len + 1);
        if (size != 0)
                memcpy(vfs_xattr_value(x), value, size);
        if (found) {
                vfs_xattr_free(arena, inode->xattrs->entries[i]);
                inode->xattrs->entries[i] = x;
                return 0;
        }
        r = vfs_xattrs_reserve(inode, arena);
        if (r < 0) {
                vfs_xattr_free(arena, x);
                return r;
        }
        memmove(&inode->xattrs->entries[i + 1], &inode->xattrs->entries[i],
                (inode->xattrs->n - i) * sizeof(x));
        inode->xattrs->entries[i] = x;
        inode->xattrs->n++;
        return 0;
}

int64_t vfs_xattrs_get(const struct vfs_inode *inode, const char *name, void *value, size_t size)
{
        struct vfs_xattr *x;
        uint32_t i;

        if (!vfs_xattrs_find(inode->xattrs, name, &i))
                return -ENODATA;
        x = inode->xattrs->entries[i];
        if (size == 0)
                return x->size;
        if (size < x->size)
                return -ERANGE;
        if (x->size != 0)
                memcpy(value, vfs_xattr_value(x), x->size);
        return x->size;
}

int64_t vfs_xattrs_list(const struct vfs_inode *inode, char *list, size_t size, int trusted)
{
        const struct vfs_xattrs *xattrs = inode->xattrs;
        const struct vfs_xattr *x;
        size_t used = 0;

        for (uint32_t i = 0; xattrs != NULL && i < xattrs->n; i++) {
                x = xattrs->entries[i];
                if (!trusted && vfs_has_prefix(x->name, "trusted."))
                        continue;
                if (size != 0) {
                        if (size - used < x->name_len + 1)
                                return -ERANGE;
                        memcpy(list + used, x->name, x->name_len + 1);
                }
                used += x->name_len + 1;
        }
        return (int64_t)used;
}

int vfs_xattrs_remove(struct vfs_inode *inode, struct vfs_arena *arena, const char *name)
{
        struct vfs_xattrs *xattrs = inode->xattrs;
        uint32_t i;

        if (!vfs_xattrs_find(xattrs, name, &i))
                return -ENODATA;
        vfs_xattr_free(arena, xattrs->entries[i]);
        xattrs->n--;
        memmove(&xattrs->entries[i], &xattrs->entries[i + 1], (xattrs->n - i) * sizeof(xattrs->entries[0]));
        return 0;
}

void vfs_xattrs_free(struct vfs_inode *inode, struct vfs_arena *arena)
{
        struct vfs_xattrs *xattrs = inode->xattrs;

        if (xattrs == NULL)
                return;
        for (uint32_t i = 0; i < xattrs->n; i++)
                vfs_xattr_free(arena, xattrs->entries[i]);
        vfs_arena_free(arena, xattrs, vfs_xattrs_bytes(xattrs->capacity));
        inode->xattrs = NULL;
}

void vfs_xattrs_drop_privs(struct vfs_inode *inode)
{
        if (inode->xattrs != NULL)
                vfs_xattrs_remove(inode, inode->xattrs->arena, vfs_xattr_caps);
}
