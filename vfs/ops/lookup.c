/*
 * lookup.c - paths to places: lookup, chdir, chroot, statfs.
 */
#include "vfs/ops/walk.h"

#include "vfs/ops/place.h"

int vfs_refuse_at(struct vfs_filesystem *fs, struct vfs_rp *rp, int error)
{
        struct vfs_path parent;
        int r = fs->ops->parent_at(fs, rp, &parent);

        if (r != 0)
                return r;
        vfs_path_put(&parent);
        return error;
}

int vfs_walk_place(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
                   struct vfs_path *ret_path)
{
        int r;

        VFS_WALK(r, ctx, dir, path, flags, 0, fs->ops->lookup_at(fs, rp, ret_path));
        return r;
}

int vfs_lookup(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
               struct vfs_path *ret_path)
{
        if (flags & ~(VFS_AT_SYMLINK_NOFOLLOW | VFS_AT_EMPTY_PATH))
                return -EINVAL;
        return vfs_walk_place(ctx, dir, path, vfs_walk_flags(flags), ret_path);
}

/* A directory that the caller may search. Takes over path's references when it fails. */
static int vfs_check_directory(const struct vfs_ctx *ctx, struct vfs_path *path)
{
        struct vfs_attr attr;
        int r;

        vfs_inode_read_attr(path->dentry->inode, &attr);
        if ((attr.mode & VFS_S_IFMT) != VFS_S_IFDIR)
                r = -ENOTDIR;
        else
                r = vfs_may(ctx->cred, &attr, VFS_X_OK);
        if (r != 0)
                vfs_path_put(path);
        return r;
}

int vfs_chdir(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, struct vfs_path *ret_path)
{
        struct vfs_path place;
        int r;

        if (path == NULL) {
                if (dir == NULL || dir == VFS_BAD_FILE)
                        return -EBADF;
                place = dir->path;
                vfs_path_get(&place);
        } else {
                r = vfs_walk_place(ctx, dir, path, VFS_RP_FOLLOW | VFS_RP_DIRECTORY, &place);
                if (r != 0)
                        return r;
        }
        r = vfs_check_directory(ctx, &place);
        if (r != 0)
                return r;
        *ret_path = place;
        return 0;
}

int vfs_chroot(const struct vfs_ctx *ctx, const char *path, struct vfs_path *ret_path)
{
        struct vfs_path place;
        int r;

        r = vfs_chdir(ctx, NULL, path, &place);
        if (r != 0)
                return r;
        if (!vfs_cred_ns_capable(ctx->cred, vfs_cred_userns(ctx->cred), VFS_CAP_SYS_CHROOT)) {
                vfs_path_put(&place);
                return -EPERM;
        }
        *ret_path = place;
        return 0;
}

int vfs_statfs(const struct vfs_ctx *ctx, const char *path, struct vfs_statfs *ret_statfs)
{
        struct vfs_path place;
        int r;

        r = vfs_walk_place(ctx, NULL, path, VFS_RP_FOLLOW, &place);
        if (r != 0)
                return r;
        r = vfs_path_statfs(&place, ret_statfs);
        vfs_path_put(&place);
        return r;
}
