/*
 * anon.c - files that are on no filesystem that anybody sees: a filesystem and a mount
 * that no namespace has, made when the first such file is, and gone with the instance.
 * Analogous to Linux's anon_inodes.
 *
 * All files are one inode, mode 0600 without a type; each has a dentry of its own, for its
 * name, which hangs nowhere. Path operations get here by VFS_AT_EMPTY_PATH only.
 */
#include "vfs/ops/anon.h"

#include <errno.h>
#include <string.h>

#define VFS_ANON_INODE_FS_MAGIC 0x09041934

struct vfs_anon {
        struct vfs_filesystem base;
        struct vfs_inode inode;
};

struct vfs_anon_node {
        struct vfs_dentry d;
} __attribute__((aligned(64)));

/*
 * Dentries
 */

static void vfs_anon_node_free(struct vfs_deferred *deferred, void *arena)
{
        struct vfs_dentry *d = vfs_container_of(deferred, struct vfs_dentry, deferred);

        vfs_dentry_fini(d);
        vfs_arena_free(arena, d, sizeof(struct vfs_anon_node));
}

static void vfs_anon_node_release(struct vfs_dentry *d)
{
        d->deferred.free = vfs_anon_node_free;
        vfs_arena_defer(d->fs->arena, &d->deferred);
}

static int vfs_anon_node_new(struct vfs_anon *anon, const char *name, struct vfs_dentry **ret_dentry)
{
        struct vfs_anon_node *node = vfs_arena_zalloc(anon->base.arena, sizeof(*node));
        int r;

        if (node == NULL)
                return -ENOMEM;
        /* The inode is not counted: it goes with the filesystem. */
        r = vfs_dentry_init(&node->d, &anon->base, &anon->inode, name, strlen(name));
        if (r < 0)
                vfs_arena_free(anon->base.arena, node, sizeof(*node));
        else
                *ret_dentry = &node->d;
        return r;
}

static int64_t vfs_anon_getxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name,
                                 void *value, size_t size)
{
        int r = vfs_may_xattr(ctx->cred, d->fs, &d->inode->attr, name, 0);

        return r < 0 ? r : -EOPNOTSUPP;
}

static int vfs_anon_setxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name,
                             const void *value, size_t size, uint32_t flags)
{
        int r = vfs_may_xattr(ctx->cred, d->fs, &d->inode->attr, name, 1);

        return r < 0 ? r : -EOPNOTSUPP;
}

static int vfs_anon_removexattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name)
{
        return vfs_anon_setxattr(ctx, d, name, NULL, 0, 0);
}

static int64_t vfs_anon_listxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, char *list, size_t size)
{
        return 0;
}

static const struct vfs_dentry_ops vfs_anon_dentry_ops = {
        .size = sizeof(vfs_anon_dentry_ops),
        .release = vfs_anon_node_release,
        .setxattr = vfs_anon_setxattr,
        .getxattr = vfs_anon_getxattr,
        .listxattr = vfs_anon_listxattr,
        .removexattr = vfs_anon_removexattr,
};

/*
 * The filesystem
 */

static void vfs_anon_release(struct vfs_filesystem *fs)
{
        vfs_mem_free(fs->vfs, fs, sizeof(struct vfs_anon));
}

static int vfs_anon_statfs(struct vfs_filesystem *fs, struct vfs_statfs *ret_statfs)
{
        *ret_statfs = (struct vfs_statfs){
                .type = VFS_ANON_INODE_FS_MAGIC,
                .bsize = 4096,
                .fsid = (uint64_t)fs->dev_major << 32 | fs->dev_minor,
                .namelen = VFS_NAME_MAX,
                .frsize = 4096,
        };
        return 0;
}

/* What has no type cannot be opened again. */
static int vfs_anon_open_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t flags, uint32_t mode,
                            struct vfs_file **ret_file)
{
        struct vfs_path path;
        int r = vfs_tree_lookup_at(fs, rp, &path);

        if (r != 0)
                return r;
        vfs_path_put(&path);
        return -ENXIO;
}

static const struct vfs_filesystem_ops vfs_anon_ops = {
        .size = sizeof(vfs_anon_ops),
        .release = vfs_anon_release,
        .statfs = vfs_anon_statfs,
        .stat_at = vfs_tree_stat_at,
        .access_at = vfs_tree_access_at,
        .readlink_at = vfs_tree_readlink_at,
        .lookup_at = vfs_tree_lookup_at,
        .parent_at = vfs_tree_parent_at,
        .open_at = vfs_anon_open_at,
};

/* The filesystem and the mount of it, with one reference. Errors: ENOMEM. */
static int vfs_anon_new(struct vfs *vfs, struct vfs_mount **ret_mount)
{
        struct vfs_anon *anon = vfs_mem_zalloc(vfs, sizeof(*anon));
        struct vfs_dentry *root;
        struct vfs_timespec now;
        int r;

        if (anon == NULL)
                return -ENOMEM;
        r = vfs_filesystem_init(&anon->base, vfs, NULL, &vfs_anon_ops, &vfs_anon_dentry_ops, "anon_inodefs");
        if (r < 0) {
                vfs_mem_free(vfs, anon, sizeof(*anon));
                return r;
        }
        vfs_now(vfs, &now);
        vfs_inode_init(&anon->inode, &anon->base, 1, 0600, 0, 0, 1, 0, &now);
        anon->inode.attr.mask &= ~VFS_STATX_BTIME;
        anon->inode.attr.btime = (struct vfs_statx_time){ 0 };
        r = vfs_anon_node_new(anon, "", &root);
        if (r == 0) {
                r = vfs_mount_new_internal(vfs, &anon->base, root, ret_mount);
                vfs_dentry_put(root);
        }
        vfs_filesystem_put(&anon->base);
        return r;
}

static int vfs_anon_get(struct vfs *vfs, struct vfs_mount **ret_mount)
{
        struct vfs_mount *m = vfs_load(&vfs->anon_mount), *unused = NULL;
        int r;

        if (m == NULL) {
                r = vfs_anon_new(vfs, &m);
                if (r < 0)
                        return r;
                vfs_mutex_lock(&vfs->registry_lock, VFS_LOCK_LEAF);
                if (vfs->anon_mount == NULL) {
                        vfs_store(&vfs->anon_mount, m);
                } else {
                        /* Another thread was first. */
                        unused = m;
                        m = vfs->anon_mount;
                }
                vfs_mutex_unlock(&vfs->registry_lock, VFS_LOCK_LEAF);
                vfs_mount_put(unused);
        }
        vfs_mount_get(m);
        *ret_mount = m;
        return 0;
}

/*
 * Files
 */

int vfs_file_new_anon(const struct vfs_ctx *ctx, const char *name, const struct vfs_file_ops *ops,
                      uint32_t flags, size_t size, struct vfs_file **ret_file)
{
        struct vfs_path path;
        int r;

        r = vfs_anon_get(ctx->vfs, &path.mount);
        if (r < 0)
                return r;
        r = vfs_anon_node_new(vfs_container_of(path.mount->fs, struct vfs_anon, base), name, &path.dentry);
        if (r < 0) {
                vfs_mount_put(path.mount);
                return r;
        }
        r = vfs_file_new_move(ctx, &path, ops, flags, size, ret_file);
        if (r < 0)
                vfs_path_put(&path);
        else if (ops->lseek == NULL)
                (*ret_file)->mode |= VFS_FILE_STREAM;
        return r;
}

int vfs_file_new_alone(const struct vfs_ctx *ctx, struct vfs_dentry *root, const struct vfs_file_ops *ops,
                       uint32_t flags, size_t size, struct vfs_file **ret_file)
{
        struct vfs_path path;
        int r;

        r = vfs_mount_new_internal(ctx->vfs, root->fs, root, &path.mount);
        if (r < 0)
                return r;
        path.dentry = root;
        vfs_dentry_get(root);
        r = vfs_file_new_move(ctx, &path, ops, flags, size, ret_file);
        if (r < 0)
                vfs_path_put(&path);
        else if (ops->lseek == NULL)
                (*ret_file)->mode |= VFS_FILE_STREAM;
        return r;
}

int64_t vfs_anon_name(const struct vfs_path *path, char *buf, size_t size)
{
        static const char prefix[] = "anon_inode:";
        const size_t head = sizeof(prefix) - 1;
        const char *name;
        size_t len;

        /* Nobody renames it. */
        name = vfs_dentry_name(path->dentry, &len);
        if (size < head + len + 1)
                return -ENAMETOOLONG;
        memcpy(buf, prefix, head);
        memcpy(buf + head, name, len);
        buf[head + len] = '\0';
        return (int64_t)(head + len + 1);
}
