/*
 * flags.c - the flags of mounts: mount(2) with MS_REMOUNT | MS_BIND, mount_setattr(2),
 * and flags that are locked.
 *
 * A mount becomes read-only if it has no writer: one compare-and-swap of its
 * writers' count. When several are to become read-only together, each is held first, which
 * makes new writers wait; then either all become it or none.
 *
 * In a namespace of less privileged users the flags that a mount came with may not be
 * taken away, and its access time mode may not change.
 */
#include "mount/internal.h"

#include <errno.h>

uint32_t vfs_mount_parse_flags(uint64_t flags)
{
        uint32_t f = (uint32_t)flags & (VFS_MOUNT_FLAGS & ~VFS_MS_RELATIME);

        if (flags & VFS_MS_STRICTATIME)
                f &= ~VFS_MS_NOATIME;
        else if (!(flags & VFS_MS_NOATIME))
                f |= VFS_MS_RELATIME;
        return f;
}

uint32_t vfs_mount_remount_flags(const struct vfs_mount *m, uint64_t flags)
{
        uint32_t f = vfs_mount_parse_flags(flags);

        /* A remount that says nothing about access times keeps what is set. */
        if (!(flags & (VFS_MOUNT_ATIME_FLAGS | VFS_MS_STRICTATIME)))
                f = (f & ~VFS_MOUNT_ATIME_FLAGS) | (vfs_load_relaxed(&m->flags) & VFS_MOUNT_ATIME_FLAGS);
        return f;
}

/*
 * Locked flags
 */

bool vfs_mount_may_change_flags(const struct vfs_mount *m, uint32_t flags)
{
        const uint32_t locked = m->locked & ~VFS_MOUNT_ATIME_FLAGS;

        if (locked & ~flags)
                return false;
        return !(m->locked & VFS_MOUNT_ATIME_FLAGS) ||
               !((vfs_load_relaxed(&m->flags) ^ flags) & VFS_MOUNT_ATIME_FLAGS);
}

void vfs_mount_lock_tree_locked(struct vfs_mount *top)
{
        const uint32_t lockable = VFS_MS_RDONLY | VFS_MS_NODEV | VFS_MS_NOSUID | VFS_MS_NOEXEC;

        for (struct vfs_mount *m = top; m != NULL; m = vfs_mount_next_locked(m, top)) {
                m->locked |= (vfs_load_relaxed(&m->flags) & lockable) | VFS_MS_RELATIME;
                if (m != top)
                        vfs_mount_set_locked(m, true);
        }
}

/*
 * Changing them
 */

void vfs_mount_set_flags_locked(struct vfs_mount *m, uint32_t flags)
{
        uint64_t n;

        do {
                n = vfs_load_relaxed(&m->writers);
        } while (!vfs_cas_u64(&m->writers, n,
                              flags & VFS_MS_RDONLY ? n | VFS_MOUNT_RDONLY : n & ~VFS_MOUNT_RDONLY));
        vfs_store_relaxed(&m->flags, flags);
}

/* Does m become read-only, where it could be written so far? */
static bool vfs_mount_loses_writers(const struct vfs_mount *m, uint32_t flags)
{
        return (flags & VFS_MS_RDONLY) && !(vfs_load_relaxed(&m->flags) & VFS_MS_RDONLY);
}

static bool vfs_mount_hold_writers(struct vfs_mount *m)
{
        return vfs_cas_u64(&m->writers, 0, VFS_MOUNT_HOLD);
}

static void vfs_mount_unhold_writers(struct vfs_mount *m)
{
        if (vfs_load_relaxed(&m->writers) & VFS_MOUNT_HOLD)
                vfs_fetch_add_u64(&m->writers, -VFS_MOUNT_HOLD);
}

int vfs_mount_remount_bind_at(const struct vfs_ctx *ctx, const struct vfs_path *target, uint64_t flags)
{
        struct vfs_mount *m = target->mount;
        struct vfs *vfs = ctx->vfs;
        uint32_t mount_flags;
        int r = 0;

        vfs_mounts_lock(vfs);
        mount_flags = vfs_mount_remount_flags(m, flags);
        if (!vfs_mount_is_ours(ctx, m) || target->dentry != m->root)
                r = -EINVAL;
        else if (!vfs_mount_may_change_flags(m, mount_flags))
                r = -EPERM;
        /* Where the filesystem is read-only, a count is of somebody about to find that out. */
        else if (vfs_mount_loses_writers(m, mount_flags) &&
                 !(vfs_load_relaxed(&m->fs->flags) & VFS_FS_RDONLY) && !vfs_mount_hold_writers(m))
                r = -EBUSY;
        if (r == 0) {
                vfs_mount_set_flags_locked(m, mount_flags);
                vfs_mount_unhold_writers(m);
                vfs_mntns_touch_locked(m->ns);
        }
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        return r;
}

/*
 * mount_setattr(2)
 */

/* VFS_MOUNT_ATTR_* but those of the access time mode, as VFS_MS_*. */
static uint32_t vfs_mount_attr_flags(uint64_t attr)
{
        static const struct {
                uint32_t attr, flag;
        } map[] = {
                { VFS_MOUNT_ATTR_RDONLY, VFS_MS_RDONLY },
                { VFS_MOUNT_ATTR_NOSUID, VFS_MS_NOSUID },
                { VFS_MOUNT_ATTR_NODEV, VFS_MS_NODEV },
                { VFS_MOUNT_ATTR_NOEXEC, VFS_MS_NOEXEC },
                { VFS_MOUNT_ATTR_NODIRATIME, VFS_MS_NODIRATIME },
                { VFS_MOUNT_ATTR_NOSYMFOLLOW, VFS_MS_NOSYMFOLLOW },
        };
        uint32_t flags = 0;

        for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
                if (attr & map[i].attr)
                        flags |= map[i].flag;
        }
        return flags;
}

static int vfs_mount_atime_flags(uint64_t attr, uint32_t *ret_flags)
{
        switch (attr & VFS_MOUNT_ATTR__ATIME) {
        case VFS_MOUNT_ATTR_RELATIME:
                *ret_flags = VFS_MS_RELATIME;
                return 0;
        case VFS_MOUNT_ATTR_NOATIME:
                *ret_flags = VFS_MS_NOATIME;
                return 0;
        case VFS_MOUNT_ATTR_STRICTATIME:
                *ret_flags = 0;
                return 0;
        default:
                return -EINVAL;
        }
}

int vfs_mount_attr_new_flags(uint64_t attr, uint32_t *ret_flags)
{
        const uint64_t known = VFS_MOUNT_ATTR_RDONLY | VFS_MOUNT_ATTR_NOSUID | VFS_MOUNT_ATTR_NODEV |
                               VFS_MOUNT_ATTR_NOEXEC | VFS_MOUNT_ATTR__ATIME | VFS_MOUNT_ATTR_NODIRATIME |
                               VFS_MOUNT_ATTR_NOSYMFOLLOW;
        uint32_t atime;

        if ((attr & ~known) || vfs_mount_atime_flags(attr, &atime) < 0)
                return -EINVAL;
        *ret_flags = vfs_mount_attr_flags(attr) | atime;
        return 0;
}

int vfs_mount_attr_check(const struct vfs_mount_attr *attr, bool copy)
{
        const uint64_t known = VFS_MOUNT_ATTR_RDONLY | VFS_MOUNT_ATTR_NOSUID | VFS_MOUNT_ATTR_NODEV |
                               VFS_MOUNT_ATTR_NOEXEC | VFS_MOUNT_ATTR__ATIME | VFS_MOUNT_ATTR_NODIRATIME |
                               VFS_MOUNT_ATTR_NOSYMFOLLOW | VFS_MOUNT_ATTR_IDMAP;
        const uint64_t kinds = VFS_MS_SHARED | VFS_MS_PRIVATE | VFS_MS_SLAVE | VFS_MS_UNBINDABLE;
        const uint64_t atime = attr->attr_clr & VFS_MOUNT_ATTR__ATIME;
        uint32_t flags;

        if (attr->attr_set == 0 && attr->attr_clr == 0 && attr->propagation == 0)
                return 0;
        if ((attr->propagation & ~kinds) || (attr->propagation & (attr->propagation - 1)))
                return -EINVAL;
        if ((attr->attr_set | attr->attr_clr) & ~known)
                return -EINVAL;
        /* The access time modes are values of a field: to set one, the field must be cleared, all of it. */
        if (atime != 0 && atime != VFS_MOUNT_ATTR__ATIME)
                return -EINVAL;
        if (atime == 0 ? (attr->attr_set & VFS_MOUNT_ATTR__ATIME) != 0
                       : vfs_mount_atime_flags(attr->attr_set, &flags) < 0)
                return -EINVAL;
        /* A copy that nobody has seen may lose its mapping of ids, which it has not. */
        return (attr->attr_clr & VFS_MOUNT_ATTR_IDMAP) && !copy ? -EINVAL : 1;
}

/* What m's flags are after the change. */
static uint32_t vfs_mount_attr_apply(const struct vfs_mount *m, const struct vfs_mount_attr *attr)
{
        uint32_t flags = vfs_load_relaxed(&m->flags), atime = 0;

        if (attr->attr_clr & VFS_MOUNT_ATTR__ATIME) {
                flags &= ~(VFS_MS_RELATIME | VFS_MS_NOATIME);
                vfs_mount_atime_flags(attr->attr_set, &atime);
        }
        return (flags & ~vfs_mount_attr_flags(attr->attr_clr)) | vfs_mount_attr_flags(attr->attr_set) | atime;
}

/* Errors: EPERM, EINVAL, EBUSY. Holds m's writers where they are to go. */
static int vfs_mount_setattr_prepare(struct vfs_mount *m, const struct vfs_mount_attr *attr)
{
        const uint32_t flags = vfs_mount_attr_apply(m, attr);

        if (!vfs_mount_may_change_flags(m, flags))
                return -EPERM;
        if (attr->attr_set & VFS_MOUNT_ATTR_IDMAP)
                return -EINVAL; /* no filesystem here can */
        return vfs_mount_loses_writers(m, flags) && !vfs_mount_hold_writers(m) ? -EBUSY : 0;
}

static int vfs_mount_setattr_locked(const struct vfs_ctx *ctx, struct vfs_mount *top,
                                    const struct vfs_mount_attr *attr, bool recurse)
{
        const uint32_t kind = (uint32_t)attr->propagation;
        struct vfs_mount *m;
        int r = 0;

        if (!vfs_mount_is_detached_root(top) && !vfs_mount_is_ours(ctx, top))
                return -EINVAL;
        if (kind != 0)
                r = vfs_mount_change_prepare_locked(top, kind, recurse);
        if (r < 0)
                return r;
        for (m = top; m != NULL && r == 0; m = recurse ? vfs_mount_next_locked(m, top) : NULL)
                r = vfs_mount_setattr_prepare(m, attr);
        for (m = top; m != NULL; m = recurse ? vfs_mount_next_locked(m, top) : NULL) {
                if (r == 0)
                        vfs_mount_set_flags_locked(m, vfs_mount_attr_apply(m, attr));
                vfs_mount_unhold_writers(m);
        }
        if (kind != 0 && r == 0)
                vfs_mount_change_commit_locked(top, kind, recurse);
        else if (kind != 0)
                vfs_mount_change_abort_locked(top, recurse);
        if (r == 0)
                vfs_mntns_touch_locked(top->ns);
        return r;
}

int vfs_mount_setattr_at(const struct vfs_ctx *ctx, const struct vfs_path *target,
                         const struct vfs_mount_attr *attr, bool recurse)
{
        struct vfs *vfs = ctx->vfs;
        int r;

        if (target->dentry != target->mount->root)
                return -EINVAL;
        vfs_mounts_lock(vfs);
        r = vfs_mount_setattr_locked(ctx, target->mount, attr, recurse);
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        return r;
}
