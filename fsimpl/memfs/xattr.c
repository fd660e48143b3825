/*
 * xattr.c - extended attributes: the library keeps them, memfs counts them.
 *
 * As tmpfs, an attribute takes room from nr_inodes: 40 bytes, its name's length
 * and its value's, where an inode takes 1,024.
 */
#include <errno.h>
#include <string.h>

#include "memfs.h"

#define XATTR_SPACE 40u

static uint64_t space_of(const char *name, uint64_t size)
{
        return XATTR_SPACE + strlen(name) + size;
}

static void uncharge(struct memfs *fs, struct memfs_inode *inode, uint64_t space)
{
        inode->xattr_space -= space;
        memfs_uncharge_space(fs, space);
}

int memfs_setxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name, const void *value,
                   size_t size, uint32_t flags)
{
        struct memfs *fs = memfs_of(d->fs);
        struct vfs_inode *inode = d->inode;
        struct vfs_timespec now;
        int64_t old;
        int r;

        memfs_lock(inode);
        r = vfs_may_xattr(ctx->cred, d->fs, &inode->attr, name, 1);
        if (r < 0)
                goto out;
        r = memfs_charge_space(fs, space_of(name, size));
        if (r < 0)
                goto out;
        old = vfs_xattrs_get(inode, name, NULL, 0);
        r = vfs_xattrs_set(inode, fs->base.arena, name, value, size, flags);
        if (r < 0) {
                memfs_uncharge_space(fs, space_of(name, size));
                goto out;
        }
        memfs_inode_of(d)->xattr_space += space_of(name, size);
        if (old >= 0)
                uncharge(fs, memfs_inode_of(d), space_of(name, (uint64_t)old));
        vfs_now(fs->base.vfs, &now);
        vfs_inode_write_begin(inode);
        memfs_set_time(&inode->attr.ctime, &now);
        vfs_inode_write_end(inode);
out:
        memfs_unlock(inode);
        return r;
}

int64_t memfs_getxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name, void *value,
                       size_t size)
{
        struct vfs_inode *inode = d->inode;
        int64_t r;

        memfs_lock(inode);
        r = vfs_may_xattr(ctx->cred, d->fs, &inode->attr, name, 0);
        if (r == 0)
                r = vfs_xattrs_get(inode, name, value, size);
        memfs_unlock(inode);
        return r;
}

int64_t memfs_listxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, char *list, size_t size)
{
        struct vfs_inode *inode = d->inode;
        int64_t r;

        memfs_lock(inode);
        r = vfs_xattrs_list(inode, list, size, vfs_cred_capable(ctx->cred, VFS_CAP_SYS_ADMIN));
        memfs_unlock(inode);
        return r;
}

int memfs_removexattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name)
{
        struct memfs *fs = memfs_of(d->fs);
        struct vfs_inode *inode = d->inode;
        struct vfs_timespec now;
        int64_t old;
        int r;

        memfs_lock(inode);
        r = vfs_may_xattr(ctx->cred, d->fs, &inode->attr, name, 1);
        if (r < 0)
                goto out;
        old = vfs_xattrs_get(inode, name, NULL, 0);
        r = vfs_xattrs_remove(inode, fs->base.arena, name);
        if (r < 0)
                goto out;
        uncharge(fs, memfs_inode_of(d), space_of(name, (uint64_t)old));
        vfs_now(fs->base.vfs, &now);
        vfs_inode_write_begin(inode);
        memfs_set_time(&inode->attr.ctime, &now);
        vfs_inode_write_end(inode);
out:
        memfs_unlock(inode);
        return r;
}

void memfs_drop_capability(struct memfs *fs, struct memfs_inode *inode)
{
        static const char name[] = "security.capability";
        int64_t old;

        if (!inode->base.xattrs)
                return;
        old = vfs_xattrs_get(&inode->base, name, NULL, 0);
        if (old >= 0 && vfs_xattrs_remove(&inode->base, fs->base.arena, name) == 0)
                uncharge(fs, inode, space_of(name, (uint64_t)old));
}
