/*
 * remount.c - the flags and options of filesystems change: mount(2) with MS_REMOUNT, and
 * fsconfig(2). With MS_BIND it is about a mount alone, which is in flags.c.
 *
 * A filesystem becomes read-only if none of its mounts has a writer, and no file that has lost
 * its name is in use, since that has yet to be removed; mount.c says how that
 * excludes new writers meanwhile. mount(2) sets the flags of the mount that it was named by,
 * too.
 *
 * DIFF-LINUX: whether there are writers is looked at before the filesystem's options
 * change, so that EBUSY leaves these alone, and again when it becomes read-only; a
 * writer that comes in between makes the remount EBUSY with new options.
 */
#include "mount/internal.h"

#include <errno.h>

#include "vfs/object/fs_context.h"

static bool vfs_mount_fs_is_written_locked(const struct vfs_filesystem *fs)
{
        const struct vfs_mount *m = vfs_mounts_of(fs->vfs)->all;

        if (vfs_load(&fs->removed) != 0)
                return true;
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
        if (vfs_mount_fs_is_written_locked(fs)) {
                vfs_store(&fs->flags, flags);
                return -EBUSY;
        }
        vfs_store(&fs->flags, flags | VFS_FS_RDONLY);
        return 0;
}

/* Analogous to reconfigure_super. */
int vfs_mount_reconfigure_fs(struct vfs_fs_context *fc)
{
        const bool rdonly = (fc->sb_flags & fc->sb_mask & VFS_MS_RDONLY) != 0;
        struct vfs_filesystem *fs = fc->fs;
        struct vfs *vfs = fs->vfs;
        int r = 0;

        if (fc->sb_mask & ~VFS_FS_REMOUNT_FLAGS)
                return -EINVAL;
        vfs_mounts_lock(vfs);
        if (rdonly && !(fs->flags & VFS_FS_RDONLY) && vfs_mount_fs_is_written_locked(fs))
                r = -EBUSY;
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        if (r == 0 && fc->type->reconfigure != NULL)
                r = fc->type->reconfigure(fc, fs);
        if (r < 0)
                return r;
        vfs_mounts_lock(vfs);
        if (rdonly)
                r = vfs_mount_fs_set_rdonly_locked(fs);
        if (r == 0)
                vfs_store(&fs->flags, (fs->flags & ~fc->sb_mask) | (fc->sb_flags & fc->sb_mask));
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        return r;
}

/* The filesystem's part of a remount. Errors: EINVAL (an option), EPERM, as vfs_mount_reconfigure_fs. */
static int vfs_mount_remount_fs(const struct vfs_ctx *ctx, const struct vfs_mount *m, uint64_t flags,
                                const char *data)
{
        struct vfs_fs_context *fc;
        int r;

        r = vfs_fs_context_pick(ctx, m->fs, m->root, (uint32_t)flags & VFS_FS_REMOUNT_FLAGS,
                                VFS_FS_REMOUNT_FLAGS, &fc);
        if (r < 0)
                return r;
        r = vfs_fs_context_parse_data(fc, data);
        if (r == 0 && !vfs_fs_context_may_reconfigure(fc, ctx->cred))
                r = -EPERM;
        if (r == 0)
                r = vfs_mount_reconfigure_fs(fc);
        vfs_fs_context_free(fc);
        return r;
}

int vfs_mount_remount_at(const struct vfs_ctx *ctx, const struct vfs_path *target, uint64_t flags,
                         const char *data)
{
        struct vfs_mount *m = target->mount;
        struct vfs *vfs = ctx->vfs;
        uint32_t mount_flags;
        int r = 0;

        if (flags & VFS_MS_BIND)
                return vfs_mount_remount_bind_at(ctx, target, flags);
        vfs_mounts_lock(vfs);
        mount_flags = vfs_mount_remount_flags(m, flags);
        if (!vfs_mount_is_ours(ctx, m) || target->dentry != m->root)
                r = -EINVAL;
        else if (!vfs_mount_may_change_flags(m, mount_flags))
                r = -EPERM;
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        if (r == 0)
                r = vfs_mount_remount_fs(ctx, m, flags, data);
        if (r < 0)
                return r;
        vfs_mounts_lock(vfs);
        vfs_mount_set_flags_locked(m, mount_flags);
        /* It may have been unmounted meanwhile. */
        if (m->ns != NULL)
                vfs_mntns_touch_locked(m->ns);
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        return 0;
}
