/*
 * xattr.c - extended attributes: the host's, for whom xattr(7) allows it.
 *
 * The namespaces user, trusted and security are passed on after the check of the
 * guest's credentials; the host may refuse them. system.* is not: access control lists
 * are not looked at here, so they are not shown.
 *
 * The calls take a path, which is that of the file's descriptor in /proc: an O_PATH
 * descriptor is not enough for the forms that take one.
 */
#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

#include "host.h"

#define LIST_MAX 65536u

/* Checks and pins. */
static int begin(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name, int write,
                 struct host_link *link)
{
        struct vfs_attr attr;
        int fd, r = 0;

        host_lock(d->inode);
        if (host_word(d) & VFS_D_REVALIDATE)
                r = host_refresh_locked(d);
        attr = d->inode->attr;
        host_unlock(d->inode);
        if (r == 0 && name)
                r = vfs_may_xattr(ctx->cred, d->fs, &attr, name, write);
        if (r < 0)
                return r;
        r = host_pin(d, &fd);
        if (r == 0)
                host_link_path(link, fd);
        return r;
}

int host_setxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name, const void *value,
                  size_t size, uint32_t flags)
{
        struct host_link link;
        int r;

        r = begin(ctx, d, name, 1, &link);
        if (r < 0)
                return r;
        r = setxattr(link.s, name, value, size, (int)flags) < 0 ? -errno : 0;
        host_unpin(d);
        if (r == 0)
                host_inode_changed(d);
        return r;
}

int64_t host_getxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name, void *value,
                      size_t size)
{
        struct host_link link;
        int64_t n;

        n = begin(ctx, d, name, 0, &link);
        if (n < 0)
                return n;
        n = getxattr(link.s, name, value, size);
        if (n < 0)
                n = -errno;
        host_unpin(d);
        return n;
}

static int is_listed(const char *name, int trusted)
{
        if (strncmp(name, "trusted.", 8) == 0)
                return trusted;
        return strncmp(name, "user.", 5) == 0 || strncmp(name, "security.", 9) == 0;
}

/* Copies the names that are for the guest; to may be NULL. */
static int64_t filter(const char *from, size_t n, char *to, size_t size, int trusted)
{
        size_t used = 0;

        for (size_t at = 0; at < n;) {
                const size_t len = strnlen(from + at, n - at) + 1;

                if (at + len <= n && is_listed(from + at, trusted)) {
                        if (size != 0) {
                                if (len > size - used)
                                        return -ERANGE;
                                memcpy(to + used, from + at, len);
                        }
                        used += len;
                }
                at += len;
        }
        return (int64_t)used;
}

int64_t host_listxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, char *list, size_t size)
{
        struct vfs_arena *arena = d->fs->arena;
        struct host_link link;
        char *all;
        int64_t n;

        n = begin(ctx, d, NULL, 0, &link);
        if (n < 0)
                return n;
        n = -ENOMEM;
        all = vfs_arena_alloc(arena, LIST_MAX);
        if (!all)
                goto out;
        n = listxattr(link.s, all, LIST_MAX);
        n = n < 0 ? -errno
                  : filter(all, (size_t)n, list, size, vfs_cred_capable(ctx->cred, VFS_CAP_SYS_ADMIN));
        vfs_arena_free(arena, all, LIST_MAX);
out:
        host_unpin(d);
        return n;
}

int host_removexattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name)
{
        struct host_link link;
        int r;

        r = begin(ctx, d, name, 1, &link);
        if (r < 0)
                return r;
        r = removexattr(link.s, name) < 0 ? -errno : 0;
        host_unpin(d);
        if (r == 0)
                host_inode_changed(d);
        return r;
}
