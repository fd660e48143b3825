/*
 * open.c - openat and openat2: flags as Linux's build_open_flags reads them; and
 * what execveat opens. Opening is the filesystem's; a descriptor opened with O_PATH is
 * a place, and made here.
 */
#include "vfs/ops/walk.h"

#define VFS_O_KNOWN                                                                                \
        (VFS_O_ACCMODE | VFS_O_CREAT | VFS_O_EXCL | VFS_O_NOCTTY | VFS_O_TRUNC | VFS_O_APPEND |    \
         VFS_O_NONBLOCK | VFS_O_SYNC | VFS_O_ASYNC | VFS_O_DIRECT | VFS_O_LARGEFILE |              \
         VFS_O_DIRECTORY | VFS_O_NOFOLLOW | VFS_O_NOATIME | VFS_O_CLOEXEC | VFS_O_PATH |           \
         VFS_O_TMPFILE)
#define VFS_O_PATH_KNOWN (VFS_O_DIRECTORY | VFS_O_NOFOLLOW | VFS_O_PATH | VFS_O_CLOEXEC)
#define VFS_O_TMPFILE_BIT (VFS_O_TMPFILE & ~VFS_O_DIRECTORY)
#define VFS_RESOLVE_KNOWN                                                                          \
        (VFS_RESOLVE_NO_XDEV | VFS_RESOLVE_NO_MAGICLINKS | VFS_RESOLVE_NO_SYMLINKS |               \
         VFS_RESOLVE_BENEATH | VFS_RESOLVE_IN_ROOT | VFS_RESOLVE_CACHED)

static bool vfs_will_create(uint64_t flags)
{
        return (flags & (VFS_O_CREAT | VFS_O_TMPFILE_BIT)) != 0;
}

static int vfs_check_open_how(const struct vfs_open_how *how)
{
        const uint64_t flags = how->flags;

        if ((flags & ~(uint64_t)VFS_O_KNOWN) || (how->resolve & ~(uint64_t)VFS_RESOLVE_KNOWN))
                return -EINVAL;
        if ((how->resolve & VFS_RESOLVE_BENEATH) && (how->resolve & VFS_RESOLVE_IN_ROOT))
                return -EINVAL;
        if (how->mode & ~(vfs_will_create(flags) ? UINT64_C(07777) : 0))
                return -EINVAL;
        if ((flags & VFS_O_DIRECTORY) && (flags & VFS_O_CREAT))
                return -EINVAL;
        if ((flags & VFS_O_TMPFILE_BIT) &&
            (!(flags & VFS_O_DIRECTORY) || !(flags & (VFS_O_WRONLY | VFS_O_RDWR))))
                return -EINVAL;
        if ((flags & VFS_O_PATH) && (flags & ~(uint64_t)VFS_O_PATH_KNOWN))
                return -EINVAL;
        if ((how->resolve & VFS_RESOLVE_CACHED) &&
            (flags & (VFS_O_TRUNC | VFS_O_CREAT | VFS_O_TMPFILE_BIT)))
                return -EAGAIN;
        return 0;
}

/* O_PATH. */
static int vfs_open_place(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t flags,
                          struct vfs_file **ret_file)
{
        struct vfs_path place;
        int r;

        r = fs->ops->lookup_at(fs, rp, &place);
        if (r != 0)
                return r;
        r = vfs_file_new_move(rp->ctx, &place, NULL, flags, sizeof(struct vfs_file), ret_file);
        if (r != 0)
                vfs_path_put(&place);
        return r;
}

/* O_DIRECT is for data. Linux, too, finds that out behind the open, so a FIFO blocks first. */
static bool vfs_can_direct(const struct vfs_file *file)
{
        const uint32_t type = vfs_inode_type(file->path.dentry->inode);

        return (file->mode & VFS_FILE_PATH) || (type != VFS_S_IFDIR && type != VFS_S_IFIFO);
}

static int vfs_open_how(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                        const struct vfs_open_how *how, struct vfs_file **ret_file)
{
        /* As on every 64-bit Linux, F_GETFL shows O_LARGEFILE. */
        const uint32_t large = how->flags & VFS_O_PATH ? 0 : VFS_O_LARGEFILE;
        uint32_t flags = ((uint32_t)how->flags & ~VFS_O_CLOEXEC) | large;
        uint32_t walk = flags & VFS_O_DIRECTORY ? VFS_RP_DIRECTORY : 0;
        struct vfs_file *file;
        int r;

        r = vfs_check_open_how(how);
        if (r != 0)
                return r;
        if (flags & (VFS_O_SYNC & ~VFS_O_DSYNC))
                flags |= VFS_O_DSYNC;
        if (!(flags & VFS_O_NOFOLLOW) && !((flags & VFS_O_CREAT) && (flags & VFS_O_EXCL)))
                walk |= VFS_RP_FOLLOW;
        if (flags & VFS_O_PATH)
                VFS_WALK(r, ctx, dir, path, walk, (uint32_t)how->resolve,
                         vfs_open_place(fs, rp, flags, &file));
        else
                VFS_WALK(r, ctx, dir, path, walk, (uint32_t)how->resolve,
                         fs->ops->open_at(fs, rp, flags, (uint32_t)how->mode, &file));
        if (r == 0 && (flags & VFS_O_DIRECT) && !vfs_can_direct(file)) {
                vfs_file_put(file);
                r = -EINVAL;
        }
        if (r == 0)
                *ret_file = file;
        return r;
}

int vfs_open(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags, uint32_t mode,
             struct vfs_file **ret_file)
{
        struct vfs_open_how how = { .flags = flags & VFS_O_KNOWN };

        if (how.flags & VFS_O_PATH)
                how.flags &= VFS_O_PATH_KNOWN;
        if (vfs_will_create(how.flags))
                how.mode = mode & 07777;
        return vfs_open_how(ctx, dir, path, &how, ret_file);
}

int vfs_openat2(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                const struct vfs_open_how *how, size_t size, struct vfs_file **ret_file)
{
        const unsigned char *bytes = (const unsigned char *)how;

        if (size < sizeof(*how))
                return -EINVAL;
        if (size > 4096)
                return -E2BIG;
        for (size_t i = sizeof(*how); i < size; i++) {
                if (bytes[i] != 0)
                        return -E2BIG;
        }
        return vfs_open_how(ctx, dir, path, how, ret_file);
}

/* Analogous to do_open_execat. */
int vfs_open_exec(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                  struct vfs_file **ret_file)
{
        int r;

        if (flags & ~(VFS_AT_SYMLINK_NOFOLLOW | VFS_AT_EMPTY_PATH))
                return -EINVAL;
        VFS_WALK(r, ctx, dir, path, vfs_walk_flags(flags), 0,
                 fs->ops->open_at(fs, rp, VFS_O_RDONLY | VFS_O_LARGEFILE | VFS_O_EXEC, 0, ret_file));
        return r;
}
