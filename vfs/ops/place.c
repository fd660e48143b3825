/*
 * place.c - attribute changes and statfs on a resolved place.
 */
#include "vfs/ops/place.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "mount/mount.h"
#include "vfs/object/cred.h"
#include "vfs/object/userns.h"
#include "vfs/path/refresh.h"

/* Linux has no way to say an id that is not mapped where the caller is. */
static bool vfs_can_say_ids(const struct vfs_cred *cred, const struct vfs_setattr *set)
{
        return ((set->valid & VFS_SET_UID) == 0 || vfs_userns_maps_uid(cred->userns, set->uid)) &&
               ((set->valid & VFS_SET_GID) == 0 || vfs_userns_maps_gid(cred->userns, set->gid));
}

int vfs_path_setattr(const struct vfs_ctx *ctx, const struct vfs_path *path, const struct vfs_setattr *set)
{
        struct vfs_dentry *d = path->dentry;
        int r;

        r = vfs_mount_begin_write(path->mount);
        if (r < 0)
                return r;
        if ((set->valid & VFS_SET_SIZE) != 0 && ctx->fsize_limit != 0)
                r = vfs_dentry_refresh(ctx, d);
        if (r < 0)
                ;
        else if (!vfs_can_say_ids(ctx->cred, set))
                r = -EINVAL;
        else if ((set->valid & VFS_SET_MODE) != 0 && vfs_inode_type(d->inode) == VFS_S_IFLNK)
                r = -EOPNOTSUPP;
        else if ((set->valid & VFS_SET_SIZE) != 0 && ctx->fsize_limit != 0 && set->size > ctx->fsize_limit &&
                 set->size > vfs_load_relaxed(&d->inode->attr.size))
                r = -EFBIG;
        else if (d->fs->dops->setattr == NULL)
                r = -EOPNOTSUPP;
        else
                r = d->fs->dops->setattr(ctx, d, set);
        vfs_mount_end_write(path->mount);
        return r;
}

int vfs_path_truncate(const struct vfs_ctx *ctx, const struct vfs_path *path, int64_t length)
{
        struct vfs_setattr set = { .valid = VFS_SET_SIZE, .size = (uint64_t)length };
        uint32_t type = vfs_inode_type(path->dentry->inode);
        struct vfs_attr attr;
        int r;

        if (length < 0)
                return -EINVAL;
        if (type == VFS_S_IFDIR)
                return -EISDIR;
        if (type != VFS_S_IFREG)
                return -EINVAL;
        /* The filesystem, then the mode, then the mount: as Linux does here, and for open, but not for chmod. */
        if (vfs_load_relaxed(&path->mount->fs->flags) & VFS_FS_RDONLY)
                return -EROFS;
        r = vfs_dentry_refresh(ctx, path->dentry);
        if (r < 0)
                return r;
        vfs_inode_read_attr(path->dentry->inode, &attr);
        r = vfs_may(ctx->cred, &attr, VFS_W_OK);
        if (r < 0)
                return r;
        return vfs_path_setattr(ctx, path, &set);
}

struct vfs_setattr vfs_owner_setattr(uint32_t uid, uint32_t gid)
{
        struct vfs_setattr set = { .valid = VFS_SET_CHOWN, .uid = uid, .gid = gid };

        if (uid != UINT32_MAX)
                set.valid |= VFS_SET_UID;
        if (gid != UINT32_MAX)
                set.valid |= VFS_SET_GID;
        return set;
}

int vfs_times_omitted(const struct vfs_timespec *times)
{
        return times != NULL && times[0].nsec == VFS_UTIME_OMIT && times[1].nsec == VFS_UTIME_OMIT;
}

static bool vfs_nsec_valid(int64_t nsec)
{
        return nsec == VFS_UTIME_NOW || nsec == VFS_UTIME_OMIT || (nsec >= 0 && nsec < 1000000000);
}

int vfs_times_setattr(const struct vfs_timespec *times, struct vfs_setattr *ret_set)
{
        struct vfs_setattr set = { 0 };

        if (times != NULL && (!vfs_nsec_valid(times[0].nsec) || !vfs_nsec_valid(times[1].nsec)))
                return -EINVAL;
        if (times == NULL || (times[0].nsec == VFS_UTIME_NOW && times[1].nsec == VFS_UTIME_NOW)) {
                set.valid = VFS_SET_ATIME_NOW | VFS_SET_MTIME_NOW | VFS_SET_TOUCH;
                *ret_set = set;
                return 0;
        }
        if (times[0].nsec == VFS_UTIME_NOW)
                set.valid |= VFS_SET_ATIME_NOW;
        else if (times[0].nsec != VFS_UTIME_OMIT)
                set.valid |= VFS_SET_ATIME;
        if (times[1].nsec == VFS_UTIME_NOW)
                set.valid |= VFS_SET_MTIME_NOW;
        else if (times[1].nsec != VFS_UTIME_OMIT)
                set.valid |= VFS_SET_MTIME;
        set.atime = times[0];
        set.mtime = times[1];
        *ret_set = set;
        return 0;
}

/* f_flags of statfs(2): Linux's ST_* bits are not its MS_* bits. */
static uint32_t vfs_mount_st_flags(const struct vfs_mount *mount)
{
        static const struct {
                uint32_t ms, st;
        } map[] = {
                { VFS_MS_NOSUID, VFS_ST_NOSUID },           { VFS_MS_NODEV, VFS_ST_NODEV },
                { VFS_MS_NOEXEC, VFS_ST_NOEXEC },           { VFS_MS_NOATIME, VFS_ST_NOATIME },
                { VFS_MS_NODIRATIME, VFS_ST_NODIRATIME },   { VFS_MS_RELATIME, VFS_ST_RELATIME },
                { VFS_MS_NOSYMFOLLOW, VFS_ST_NOSYMFOLLOW }, { VFS_MS_SYNCHRONOUS, VFS_ST_SYNCHRONOUS },
                { VFS_MS_MANDLOCK, VFS_ST_MANDLOCK },
        };
        /* A mount and its filesystem have but one flag in common, being read-only. */
        uint32_t flags = vfs_load_relaxed(&mount->flags) | vfs_load_relaxed(&mount->fs->flags);
        uint32_t st = VFS_ST_VALID;

        for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
                if ((flags & map[i].ms) != 0)
                        st |= map[i].st;
        if (vfs_mount_is_rdonly(mount))
                st |= VFS_ST_RDONLY;
        return st;
}

int vfs_path_statfs(const struct vfs_path *path, struct vfs_statfs *ret_statfs)
{
        struct vfs_filesystem *fs = path->mount->fs;
        struct vfs_statfs st;
        int r;

        if (fs->ops->statfs == NULL)
                return -ENOSYS;
        memset(&st, 0, sizeof(st));
        r = fs->ops->statfs(fs, &st);
        if (r < 0)
                return r;
        st.flags = vfs_mount_st_flags(path->mount);
        *ret_statfs = st;
        return 0;
}
