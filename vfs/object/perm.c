/*
 * perm.c - who may do what: pure functions of credentials and attributes.
 *
 * Each is what the Linux function named beside it decides. DIFF-LINUX: there are no
 * idmapped mounts and no security module. Access control lists are not here yet.
 *
 * They take no lock: attr is a copy, or stable under the inode's lock.
 */
#include "vfs/object/perm.h"

#include <errno.h>

#include "vfs/base/check.h"
#include "vfs/object/cred.h"
#include "vfs/object/userns.h"

bool vfs_ns_capable_over(const struct vfs_cred *cred, const struct vfs_attr *attr, unsigned int cap)
{
        return (cred->ns_caps >> cap & 1) != 0 && vfs_userns_maps_uid(cred->userns, attr->uid) &&
               vfs_userns_maps_gid(cred->userns, attr->gid);
}

/* Analogous to in_group_or_capable: gid is attr's group, or the one that it is about to get. */
static bool vfs_keeps_sgid(const struct vfs_cred *cred, const struct vfs_attr *attr, uint32_t gid)
{
        return vfs_cred_in_group(cred, gid) || vfs_capable_over(cred, attr, VFS_CAP_FSETID);
}

/* Analogous to generic_permission. */
int vfs_may(const struct vfs_cred *cred, const struct vfs_attr *attr, uint32_t may)
{
        uint32_t mode = attr->mode;

        if (cred->uid == attr->uid)
                mode >>= 6;
        else if (((mode ^ mode >> 3) & may) != 0 && vfs_cred_in_group(cred, attr->gid))
                mode >>= 3; /* asked for only where it makes a difference */
        if ((may & ~mode & 7) == 0)
                return 0;

        if ((attr->mode & VFS_S_IFMT) == VFS_S_IFDIR) {
                if ((may & VFS_W_OK) == 0 && vfs_capable_over(cred, attr, VFS_CAP_DAC_READ_SEARCH))
                        return 0;
                return vfs_capable_over(cred, attr, VFS_CAP_DAC_OVERRIDE) ? 0 : -EACCES;
        }
        if (may == VFS_R_OK && vfs_capable_over(cred, attr, VFS_CAP_DAC_READ_SEARCH))
                return 0;
        /* Nobody executes what nobody may execute. */
        if ((may & VFS_X_OK) != 0 && (attr->mode & 0111) == 0)
                return -EACCES;
        return vfs_capable_over(cred, attr, VFS_CAP_DAC_OVERRIDE) ? 0 : -EACCES;
}

/* Analogous to the end of may_create, and to may_o_create. */
int vfs_may_create(const struct vfs_cred *cred, const struct vfs_filesystem *fs, const struct vfs_attr *dir)
{
        if (!vfs_userns_maps_uid(fs->userns, cred->uid) || !vfs_userns_maps_gid(fs->userns, cred->gid))
                return -EOVERFLOW;
        return vfs_may(cred, dir, VFS_W_OK | VFS_X_OK);
}

/* Analogous to inode_owner_or_capable, which does not ask for the group. */
int vfs_is_owner(const struct vfs_cred *cred, const struct vfs_attr *attr)
{
        return cred->uid == attr->uid ||
               ((cred->ns_caps >> VFS_CAP_FOWNER & 1) != 0 && vfs_userns_maps_uid(cred->userns, attr->uid));
}

/* Analogous to check_sticky. */
int vfs_may_delete_sticky(const struct vfs_cred *cred, const struct vfs_attr *dir, const struct vfs_attr *victim)
{
        if ((dir->mode & VFS_S_ISVTX) == 0 || cred->uid == victim->uid || cred->uid == dir->uid ||
            vfs_capable_over(cred, victim, VFS_CAP_FOWNER))
                return 0;
        return -EPERM;
}

/* Analogous to may_create_in_sticky. */
int vfs_may_create_in_sticky(const struct vfs_ctx *ctx, const struct vfs_attr *dir, const struct vfs_attr *attr)
{
        const struct vfs_config *settings = vfs_settings(ctx->vfs);
        const uint32_t type = attr->mode & VFS_S_IFMT;
        /* Other types are always protected in directories that everybody may write to. */
        const uint32_t level = type == VFS_S_IFREG ? settings->protected_regular :
                               type == VFS_S_IFIFO ? settings->protected_fifos :
                                                     1;

        if ((dir->mode & VFS_S_ISVTX) == 0 || level == 0 || attr->uid == dir->uid || attr->uid == ctx->cred->uid)
                return 0;
        if ((dir->mode & 0002) != 0 || ((dir->mode & 0020) != 0 && level >= 2))
                return -EACCES;
        return 0;
}

/* Analogous to may_linkat, safe_hardlink_source. */
int vfs_may_link(const struct vfs_ctx *ctx, const struct vfs_attr *attr)
{
        const uint32_t sgid = VFS_S_ISGID | VFS_S_IXGRP;

        if (vfs_settings(ctx->vfs)->protected_hardlinks == 0 || vfs_is_owner(ctx->cred, attr))
                return 0;
        if ((attr->mode & VFS_S_IFMT) != VFS_S_IFREG || (attr->mode & VFS_S_ISUID) != 0 ||
            (attr->mode & sgid) == sgid || vfs_may(ctx->cred, attr, VFS_R_OK | VFS_W_OK) < 0)
                return -EPERM;
        return 0;
}

/* The bits that go when somebody changes the file who might not have set them: setattr_should_drop_sgid and suid. */
static uint32_t vfs_doomed_bits(const struct vfs_cred *cred, const struct vfs_attr *attr)
{
        uint32_t bits = attr->mode & VFS_S_ISUID;

        if ((attr->mode & VFS_S_ISGID) != 0 &&
            ((attr->mode & VFS_S_IXGRP) != 0 || !vfs_keeps_sgid(cred, attr, attr->gid)))
                bits |= VFS_S_ISGID;
        return bits;
}

/* The bits that a write takes away: setattr_should_drop_suidgid, for which only capable() counts. */
static uint32_t vfs_written_bits(const struct vfs_cred *cred, const struct vfs_attr *attr)
{
        if ((attr->mode & (VFS_S_ISUID | VFS_S_ISGID)) == 0 || (attr->mode & VFS_S_IFMT) != VFS_S_IFREG ||
            vfs_cred_has(cred, VFS_CAP_FSETID))
                return 0;
        return vfs_doomed_bits(cred, attr);
}

/* May uid and gid change as asked? chown_ok, chgrp_ok. */
static bool vfs_may_chown(const struct vfs_cred *cred, const struct vfs_attr *attr, const struct vfs_setattr *set)
{
        const bool owner = cred->uid == attr->uid;

        if (vfs_capable_over(cred, attr, VFS_CAP_CHOWN))
                return true;
        if ((set->valid & VFS_SET_UID) != 0 && !(owner && set->uid == attr->uid))
                return false;
        if ((set->valid & VFS_SET_GID) != 0 &&
            !(owner && (set->gid == attr->gid || vfs_cred_in_group(cred, set->gid))))
                return false;
        return true;
}

/* Analogous to vfs_truncate, may_setattr, notify_change, setattr_prepare and setattr_copy, in this order. */
int vfs_check_setattr(const struct vfs_ctx *ctx, const struct vfs_attr *attr, const struct vfs_setattr *set,
                      struct vfs_attr *ret_attr)
{
        const uint32_t times = VFS_SET_ATIME | VFS_SET_MTIME | VFS_SET_ATIME_NOW | VFS_SET_MTIME_NOW;
        const uint32_t type = attr->mode & VFS_S_IFMT;
        const struct vfs_cred *cred = ctx->cred;
        const bool owner = vfs_is_owner(cred, attr);
        const uint32_t gid = (set->valid & VFS_SET_GID) != 0 ? set->gid : attr->gid;
        uint32_t mode = attr->mode, doomed;
        bool chmod = (set->valid & VFS_SET_MODE) != 0;
        int r;

        if ((set->valid & VFS_SET_SIZE) != 0) {
                if (type != VFS_S_IFREG)
                        return type == VFS_S_IFDIR && (set->valid & VFS_SET_OPEN) == 0 ? -EISDIR : -EINVAL;
                r = (set->valid & VFS_SET_OPEN) == 0 ? vfs_may(cred, attr, VFS_W_OK) : 0;
                if (r < 0)
                        return r;
                /* Without a check: whoever may write makes the bits go. */
                doomed = vfs_written_bits(cred, attr);
                mode &= ~doomed;
        }
        if ((set->valid & VFS_SET_TOUCH) != 0 && !owner) {
                r = vfs_may(cred, attr, VFS_W_OK);
                if (r < 0)
                        return r;
        }
        if (chmod)
                mode = type | (set->mode & 07777);
        if ((set->valid & VFS_SET_CHOWN) != 0 && type != VFS_S_IFDIR) {
                doomed = vfs_doomed_bits(cred, attr);
                mode &= ~doomed;
                chmod = chmod || doomed != 0;
        }
        if (!vfs_may_chown(cred, attr, set))
                return -EPERM;
        if (chmod) {
                if (!owner)
                        return -EPERM;
                if (!vfs_keeps_sgid(cred, attr, gid))
                        mode &= ~VFS_S_ISGID;
        }
        if ((set->valid & times) != 0 && (set->valid & VFS_SET_TOUCH) == 0 && !owner)
                return -EPERM;

        ret_attr->mode = (uint16_t)mode;
        ret_attr->uid = (set->valid & VFS_SET_UID) != 0 ? set->uid : attr->uid;
        ret_attr->gid = gid;
        return 0;
}

/* Analogous to vfs_prepare_mode and inode_init_owner. */
void vfs_new_owner(const struct vfs_ctx *ctx, const struct vfs_attr *dir, uint32_t *mode, uint32_t *ret_uid,
                   uint32_t *ret_gid)
{
        const uint32_t sgid = VFS_S_ISGID | VFS_S_IXGRP;
        const uint32_t type = *mode & VFS_S_IFMT;
        const bool inherits = (dir->mode & VFS_S_ISGID) != 0;
        uint32_t m = *mode & 07777;

        /* mode_strip_sgid: what would run with the directory's group is for its members to make. */
        if (type != VFS_S_IFDIR && inherits && (m & sgid) == sgid &&
            !vfs_keeps_sgid(ctx->cred, dir, dir->gid))
                m &= ~VFS_S_ISGID;
        if (type != VFS_S_IFLNK)
                m &= ~(ctx->umask & 0777);
        if (type == VFS_S_IFDIR)
                m = (m & 01777) | (inherits ? VFS_S_ISGID : 0);
        *mode = type | m;
        *ret_uid = ctx->cred->uid;
        *ret_gid = inherits ? dir->gid : ctx->cred->gid;
}

/* Analogous to file_remove_privs. */
void vfs_inode_drop_privs(const struct vfs_cred *cred, struct vfs_inode *inode)
{
        const uint32_t doomed = vfs_written_bits(cred, &inode->attr);

        vfs_assert((inode->seq & 1) != 0);
        if (doomed != 0)
                vfs_store_relaxed(&inode->attr.mode, (uint16_t)(inode->attr.mode & ~doomed));
        vfs_xattrs_drop_privs(inode);
}
