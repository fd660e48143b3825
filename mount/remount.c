/*
 * remount.c - flags of mounts and of filesystems change.
 *
 * A mount becomes read-only if it has no writer: one compare-and-swap of its
 * writers' count. A filesystem becomes read-only if none of its mounts has one;
 * mount.c says how that excludes new writers meanwhile.
 *
 * MS_REMOUNT changes the filesystem and the flags of the mount that it was named
 * by, MS_REMOUNT with MS_BIND only the latter.
 *
 * DIFF-LINUX: whether there are writers is looked at before the filesystem's options
 * change, so that EBUSY leaves these alone, and again when it becomes read-only; a
 * writer that comes in between makes the remount EBUSY with new options. Files
 * that are unlinked but open do not keep a filesystem from becoming read-only, as
 * they do in Linux.
 */
#include "mount/internal.h"

#include <errno.h>

static bool vfs_mount_fs_has_writers_locked(const struct vfs_filesystem *fs)
{
        const struct vfs_mount *m = vfs_mounts_of(fs->vfs)->all;

        while (m != NULL && (m->fs != fs || (vfs_load(&m->writers) & ~VFS_MOUNT_RDONLY) == 0))
                m = m->all_next;
        return m != NULL;
}

int vfs_mount_fs_set_rdonly_locked(struct vfs_filesystem *fs)
{
        uint32_t flags = fs->flags;

        if (flags & VFS_FS_RDONLY)
                return 0;
        /* A full barrier between the mark and the counts. */
        vfs_swap_u32(&fs->flags, flags | VFS_FS_REMOUNTING);
        if (vfs_mount_fs_has_writers_locked(fs)) {
                vfs_store(&fs->flags, flags);
                return -EBUSY;
        }
        vfs_store(&fs->flags, flags | VFS_FS_RDONLY);
        return 0;
}

/* Errors: EBUSY (read-only, and somebody writes). */
static int vfs_mount_set_flags_locked(struct vfs_mount *m, uint32_t flags)
{
        uint64_t n;

        do {
                n = vfs_load_relaxed(&m->writers);
                /*
                 * Where the filesystem is read-only, a count is of somebody about to
                 * find that out.
                 */
                if ((flags & VFS_MS_RDONLY) && (n & ~VFS_MOUNT_RDONLY) != 0 &&
                    !(m->fs->flags & VFS_FS_RDONLY))
                        return -EBUSY;
        } while (!vfs_cas_u64(&m->writers, n,
                              flags & VFS_MS_RDONLY ? n | VFS_MOUNT_RDONLY : n & ~VFS_MOUNT_RDONLY));
        vfs_store_relaxed(&m->flags, flags);
        vfs_store_relaxed(&m->ns->event, m->ns->event + 1);
        return 0;
}

/* The filesystem's part of a remount, without mount_lock. Errors: EINVAL and the filesystem's own. */
static int vfs_mount_reconfigure(struct vfs_filesystem *fs, const char *data)
{
        if (fs->ops->reconfigure != NULL)
                return fs->ops->reconfigure(fs, data);
        return data != NULL && *data != '\0' ? -EINVAL : 0;
}

int vfs_mount_remount_at(const struct vfs_ctx *ctx, const struct vfs_path *target, uint64_t flags,
                         const char *data)
{
        struct vfs_mount *m = target->mount;
        struct vfs *vfs = ctx->vfs;
        struct vfs_filesystem *fs = m->fs;
        uint32_t mount_flags;
        int r = 0;

        vfs_mounts_lock(vfs);
        if (m->ns != ctx->mntns || target->dentry != m->root)
                r = -EINVAL;
        else if (!(flags & VFS_MS_BIND) && (flags & VFS_MS_RDONLY) && !(fs->flags & VFS_FS_RDONLY) &&
                 vfs_mount_fs_has_writers_locked(fs))
                r = -EBUSY;
        if (r == 0 && !(flags & VFS_MS_BIND)) {
                vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
                r = vfs_mount_reconfigure(fs, data);
                vfs_mounts_lock(vfs);
                /* It may have been unmounted meanwhile. */
                if (r == 0 && m->ns != ctx->mntns)
                        r = -EINVAL;
                if (r == 0 && (flags & VFS_MS_RDONLY))
                        r = vfs_mount_fs_set_rdonly_locked(fs);
                if (r == 0)
                        vfs_store(&fs->flags, (fs->flags & ~VFS_FS_REMOUNT_FLAGS) |
                                                      ((uint32_t)flags & VFS_FS_REMOUNT_FLAGS));
        }
        if (r == 0) {
                mount_flags = vfs_mount_parse_flags(flags);
                /* A remount that says nothing about access times keeps what is set. */
                if (!(flags & (VFS_MOUNT_ATIME_FLAGS | VFS_MS_STRICTATIME)))
                        mount_flags = (mount_flags & ~VFS_MOUNT_ATIME_FLAGS) |
                                      (m->flags & VFS_MOUNT_ATIME_FLAGS);
                r = vfs_mount_set_flags_locked(m, mount_flags);
        }
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        return r;
}
