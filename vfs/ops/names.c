/*
 * names.c - places as paths: getcwd(2), and what /proc/PID/fd shows.
 */
#include <errno.h>
#include <string.h>

#include <vfs/ops.h>
#include "vfs/ops/anon.h"

int64_t vfs_getcwd(const struct vfs_ctx *ctx, char *buf, size_t size)
{
        static const char unreachable[] = "(unreachable)";
        char name[VFS_PATH_MAX], *start;
        uint32_t flags;
        size_t len;
        int r;

        r = vfs_path_reverse(ctx->vfs, &ctx->root, &ctx->cwd, name, sizeof(name), &start, &flags);
        if (r < 0)
                return r;
        if (flags & VFS_REVERSE_DELETED)
                return -ENOENT;
        if (flags & VFS_REVERSE_UNREACHABLE) {
                if ((size_t)(start - name) < sizeof(unreachable) - 1)
                        return -ENAMETOOLONG;
                start -= sizeof(unreachable) - 1;
                memcpy(start, unreachable, sizeof(unreachable) - 1);
        }
        len = (size_t)(name + sizeof(name) - start);
        if (len > size)
                return -ERANGE;
        memcpy(buf, start, len);
        return (int64_t)len;
}

int64_t vfs_path_name(const struct vfs_ctx *ctx, const struct vfs_path *path, char *buf, size_t size)
{
        static const char deleted[] = " (deleted)";
        uint32_t flags;
        char *start;
        size_t len;
        int r;

        if (vfs_path_is_anon(ctx->vfs, path))
                return vfs_anon_name(path, buf, size);
        r = vfs_path_reverse(ctx->vfs, &ctx->root, path, buf, size, &start, &flags);
        if (r < 0)
                return r;
        len = (size_t)(buf + size - start);
        if ((flags & VFS_REVERSE_DELETED) && (size_t)(start - buf) < sizeof(deleted) - 1)
                return -ENAMETOOLONG;
        memmove(buf, start, len);
        if (flags & VFS_REVERSE_DELETED) {
                /* Over the NUL. */
                memcpy(buf + len - 1, deleted, sizeof(deleted));
                len += sizeof(deleted) - 1;
        }
        return (int64_t)len;
}
