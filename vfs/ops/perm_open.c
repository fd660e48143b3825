/*
 * perm_open.c - may a file that exists be opened? Pure but for the mount's flags.
 *
 * DIFF-LINUX: nothing is ETXTBSY. Who executes what was opened for it, and for how
 * long, is not known here.
 */
#include <errno.h>

#include "mount/mount.h"

/*
 * Analogous to may_open. A read-only filesystem comes before the mode; a
 * read-only mount and the counting of writers come later, with the file.
 */
int vfs_may_open(const struct vfs_ctx *ctx, const struct vfs_mount *mount, const struct vfs_attr *attr,
                 uint32_t flags)
{
        static const uint8_t access[] = { VFS_R_OK, VFS_W_OK, VFS_R_OK | VFS_W_OK, VFS_R_OK | VFS_W_OK };
        const bool exec = (flags & VFS_O_EXEC) != 0;
        const uint32_t trunc = (flags & VFS_O_TRUNC) != 0 ? VFS_W_OK : 0;
        const uint32_t may = exec ? VFS_X_OK : access[flags & VFS_O_ACCMODE] | trunc;
        const uint32_t type = attr->mode & VFS_S_IFMT;
        int r;

        switch (type) {
        case VFS_S_IFLNK:
                return -ELOOP;
        case VFS_S_IFDIR:
                if ((may & VFS_W_OK) != 0)
                        return -EISDIR;
                break;
        case VFS_S_IFBLK:
        case VFS_S_IFCHR:
                if ((vfs_load_relaxed(&mount->flags) & VFS_MS_NODEV) != 0 || mount->fs->userns != NULL)
                        return -EACCES;
                break;
        case VFS_S_IFREG:
                if ((may & VFS_W_OK) != 0 && (vfs_load_relaxed(&mount->fs->flags) & VFS_FS_RDONLY) != 0)
                        return -EROFS;
                break;
        default:
                break;
        }
        if (exec && (type != VFS_S_IFREG || (vfs_load_relaxed(&mount->flags) & VFS_MS_NOEXEC) != 0))
                return -EACCES;
        r = vfs_may(ctx->cred, attr, may);
        if (r < 0)
                return r;
        if ((attr->attributes & VFS_STATX_ATTR_APPEND) != 0) {
                if ((flags & VFS_O_ACCMODE) != VFS_O_RDONLY && (flags & VFS_O_APPEND) == 0)
                        return -EPERM;
                if ((flags & VFS_O_TRUNC) != 0)
                        return -EPERM;
        }
        if ((flags & VFS_O_NOATIME) != 0 && !vfs_is_owner(ctx->cred, attr))
                return -EPERM;
        return 0;
}
