/*
 * import.c - single descriptors of the host as open files: standard input and output,
 * terminals, pipes, sockets, regular files.
 *
 * Each has a filesystem of one inode, which no namespace shows, so that it is an open file
 * like any other: fstat answers what the host's does, every time.
 *
 * Waiting: a guest's file that is blocking waits for the host's descriptor with poll(2),
 * whatever the host's O_NONBLOCK says; one that is not gives EAGAIN where poll says that it would
 * wait. A signal that ends the wait, and vfs_ctx.interrupted, are EINTR.
 *
 * Locks: the inode's, for the attributes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

#define HOST_PIPE_MAGIC 0x50495045

struct import {
        struct vfs_filesystem base;
        struct vfs_inode inode;
        int fd; /* c */
};

struct import_node {
        struct vfs_dentry d;
} __attribute__((aligned(64)));

static struct import *import_of(const struct vfs_filesystem *fs)
{
        return (struct import *)(uintptr_t)fs;
}

static void free_node(struct vfs_deferred *self, void *arena)
{
        struct vfs_dentry *d = host_container_of(self, struct vfs_dentry, deferred);

        vfs_dentry_fini(d);
        vfs_arena_free(arena, d, sizeof(struct import_node));
}

static void node_release(struct vfs_dentry *d)
{
        d->deferred.free = free_node;
        vfs_arena_defer(d->fs->arena, &d->deferred);
}

static const struct vfs_dentry_ops import_dentry_ops = {
        .size = sizeof(struct vfs_dentry_ops),
        .release = node_release,
};

static void release(struct vfs_filesystem *fs)
{
        close(import_of(fs)->fd);
        vfs_mem_free(fs->vfs, fs, sizeof(struct import));
}

static int statfs_fill(struct vfs_filesystem *fs, struct vfs_statfs *ret_statfs)
{
        *ret_statfs = (struct vfs_statfs){
                .type = HOST_PIPE_MAGIC,
                .bsize = 4096,
                .fsid = (uint64_t)fs->dev_major << 32 | fs->dev_minor,
                .namelen = VFS_NAME_MAX,
                .frsize = 4096,
        };
        return 0;
}

static int open_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t flags, uint32_t mode,
                   struct vfs_file **ret_file)
{
        struct vfs_path path;
        int r = vfs_tree_lookup_at(fs, rp, &path);

        if (r != 0)
                return r;
        vfs_path_put(&path);
        return -ENXIO;
}

static int refresh(const struct vfs_ctx *ctx, struct vfs_dentry *d)
{
        struct vfs_inode *inode = d->inode;
        struct statx st;
        int r;

        host_lock(inode);
        r = host_statx(import_of(d->fs)->fd, NULL, &st);
        if (r == 0 && ((st.stx_mode ^ inode->attr.mode) & VFS_S_IFMT))
                r = -EIO;
        if (r == 0) {
                vfs_inode_write_begin(inode);
                host_fill_attr(d->fs, &inode->attr, &st);
                vfs_inode_write_end(inode);
        }
        host_unlock(inode);
        return r;
}

static int no_child(const struct vfs_ctx *ctx, struct vfs_dentry *dir, const char *name, size_t len,
                    struct vfs_dentry **ret_child)
{
        return -ENOENT;
}

static int no_change(const struct vfs_ctx *ctx, struct vfs_dentry *dir, struct vfs_dentry *d)
{
        return 0;
}

static const struct vfs_tree_ops import_tree_ops = {
        .size = sizeof(struct vfs_tree_ops),
        .lookup = no_child,
        .revalidate = no_change,
        .refresh = refresh,
};

static const struct vfs_filesystem_ops import_ops = {
        .size = sizeof(struct vfs_filesystem_ops),
        .release = release,
        .statfs = statfs_fill,
        .stat_at = vfs_tree_stat_at,
        .access_at = vfs_tree_access_at,
        .readlink_at = vfs_tree_readlink_at,
        .lookup_at = vfs_tree_lookup_at,
        .parent_at = vfs_tree_parent_at,
        .open_at = open_at,
        .tree = &import_tree_ops,
};

/*
 * Open files
 */

static int fd_of(const struct vfs_file *file)
{
        return import_of(file->path.dentry->fs)->fd;
}

/* Waits until events, or the end of them, are there. Errors: EAGAIN (not to wait), EINTR. */
static int wait_for(const struct vfs_ctx *ctx, const struct vfs_file *file, short events)
{
        const int wait = !(__atomic_load_n(&file->flags, __ATOMIC_RELAXED) & VFS_O_NONBLOCK);
        struct pollfd p = { .fd = fd_of(file), .events = events };
        int n;

        if (wait && ctx->interrupted && ctx->interrupted(ctx->user))
                return -EINTR;
        n = poll(&p, 1, wait ? -1 : 0);
        if (n < 0)
                return -errno;
        return n == 0 ? -EAGAIN : 0;
}

static int64_t stream_move(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, int write)
{
        int64_t n;

        if (it->count == 0)
                return 0;
        do {
                n = wait_for(ctx, file, write ? POLLOUT : POLLIN);
                if (n == 0)
                        n = write ? host_fd_write(fd_of(file), it, NULL, 0)
                                  : host_fd_read(fd_of(file), it, NULL);
                /* Somebody else was faster, on a descriptor that does not block on the host. */
        } while (n == -EAGAIN && !(__atomic_load_n(&file->flags, __ATOMIC_RELAXED) & VFS_O_NONBLOCK));
        return n;
}

static int64_t stream_read(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                           int64_t *pos, uint32_t flags)
{
        return stream_move(ctx, file, it, 0);
}

static int64_t stream_write(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                            int64_t *pos, uint32_t flags)
{
        return stream_move(ctx, file, it, 1);
}

static const struct vfs_file_ops stream_ops = {
        .size = sizeof(struct vfs_file_ops),
        .read = stream_read,
        .write = stream_write,
};

static int64_t reg_read(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, int64_t *pos,
                        uint32_t flags)
{
        return host_fd_read(fd_of(file), it, pos);
}

static int64_t reg_write(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, int64_t *pos,
                         uint32_t flags)
{
        int64_t n;

        host_lock(file->path.dentry->inode);
        n = host_fd_write(fd_of(file), it, pos, flags);
        host_unlock(file->path.dentry->inode);
        return n;
}

static int64_t reg_lseek(const struct vfs_ctx *ctx, struct vfs_file *file, int64_t pos, int64_t offset,
                         int whence)
{
        return host_fd_lseek(fd_of(file), pos, offset, whence);
}

static int reg_sync(const struct vfs_ctx *ctx, struct vfs_file *file, int data_only)
{
        return (data_only ? fdatasync(fd_of(file)) : fsync(fd_of(file))) < 0 ? -errno : 0;
}

static int reg_map(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_mapping *mapping)
{
        return 0;
}

static int reg_map_run(struct vfs_file *file, struct vfs_mapping *mapping, int64_t offset, int *ret_fd,
                       int64_t *ret_offset, uint64_t *ret_length)
{
        return host_fd_map_run(fd_of(file), offset, ret_fd, ret_offset, ret_length);
}

static const struct vfs_file_ops reg_ops = {
        .size = sizeof(struct vfs_file_ops),
        .read = reg_read,
        .write = reg_write,
        .lseek = reg_lseek,
        .sync = reg_sync,
        .map = reg_map,
        .map_run = reg_map_run,
};

/* Takes over fd when it succeeds. */
static int import_new(struct vfs *vfs, int fd, const struct statx *st, struct vfs_dentry **ret_root)
{
        static const struct vfs_timespec none;
        struct import_node *node;
        struct import *fs;
        int r;

        fs = vfs_mem_zalloc(vfs, sizeof(*fs));
        if (!fs)
                return -ENOMEM;
        r = vfs_filesystem_init(&fs->base, vfs, NULL, &import_ops, &import_dentry_ops, "hostfd");
        if (r < 0)
                goto fail_memory;
        vfs_inode_init(&fs->inode, &fs->base, st->stx_ino, st->stx_mode, 0, 0, 1, 0, &none);
        host_fill_attr(&fs->base, &fs->inode.attr, st);
        r = -ENOMEM;
        node = vfs_arena_alloc(fs->base.arena, sizeof(*node));
        if (!node)
                goto fail_base;
        r = vfs_dentry_init(&node->d, &fs->base, &fs->inode, "", 0);
        if (r < 0)
                goto fail_base;
        vfs_tree_mark_new(&node->d, VFS_D_REVALIDATE);
        fs->fd = fd;
        *ret_root = &node->d;
        return 0;
fail_base:
        vfs_filesystem_fini(&fs->base);
fail_memory:
        vfs_mem_free(vfs, fs, sizeof(*fs));
        return r;
}

int vfs_host_import(const struct vfs_ctx *ctx, int fd, uint32_t flags, struct vfs_file **ret_file)
{
        struct vfs_dentry *root;
        struct vfs_filesystem *fs;
        struct statx st;
        off_t pos = 0;
        int own, status, r, is_reg;

        if (flags != 0)
                return -EINVAL;
        status = fcntl(fd, F_GETFL);
        if (status < 0)
                return -errno;
        r = host_statx(fd, NULL, &st);
        if (r < 0)
                return r;
        if ((status & O_PATH) || S_ISDIR(st.stx_mode) || S_ISLNK(st.stx_mode) || S_ISBLK(st.stx_mode))
                return -EOPNOTSUPP;
        is_reg = S_ISREG(st.stx_mode);
        if (is_reg)
                pos = lseek(fd, 0, SEEK_CUR);
        own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (own < 0)
                return -errno;
        r = import_new(ctx->vfs, own, &st, &root);
        if (r < 0) {
                close(own);
                return r;
        }
        fs = root->fs;
        r = vfs_file_new_alone(ctx, root, is_reg ? &reg_ops : &stream_ops,
                               (uint32_t)status & (VFS_O_ACCMODE | VFS_O_APPEND | VFS_O_NONBLOCK),
                               sizeof(struct vfs_file), ret_file);
        vfs_dentry_put(root);
        vfs_filesystem_put(fs);
        if (r == 0 && is_reg && pos > 0)
                (*ret_file)->pos = pos;
        return r;
}
