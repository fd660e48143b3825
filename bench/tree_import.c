/*
 * tree_import.c - copies a host tree into vfs2 through its public interface.
 *
 * First all entries are made, in the order of the list, with their contents.
 * Then owner, mode, extended attributes and times are set, from the end of the
 * list to its beginning: making an entry changes its directory's times, so a
 * directory comes after all that is in it. The owner goes first, since changing
 * it clears set-id bits and capabilities; the times last.
 *
 * Limits: holes are kept as the host reports them (SEEK_DATA); flags of chattr(1)
 * and creation times are not copied.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "bench/tree.h"

#define COPY_BYTES (1u << 20)

struct importer {
        struct bench_tree *tree;
        const struct vfs_ctx *ctx;
        char *buf;   /* COPY_BYTES: file contents, or names of xattrs */
        char *value; /* VFS_XATTR_SIZE_MAX */
};

static int copy_range(const struct importer *im, int fd, struct vfs_file *file, off_t at, off_t end)
{
        while (at < end) {
                size_t want = end - at < (off_t)COPY_BYTES ? (size_t)(end - at) : COPY_BYTES;
                ssize_t got = pread(fd, im->buf, want, at);
                struct vfs_iter it;

                if (got < 0)
                        return -errno;
                if (got == 0)
                        break;
                vfs_iter_init_buf(&it, im->buf, (size_t)got);
                while (it.count) {
                        int64_t put = vfs_file_pwrite(im->ctx, file, &it, at, 0);

                        if (put <= 0)
                                return put < 0 ? (int)put : -EIO;
                        at += put;
                }
        }
        return 0;
}

/* Copies the data between the holes. A host that knows no holes has one range. */
static int copy_data(const struct importer *im, int fd, struct vfs_file *file, off_t size)
{
        off_t data, hole = 0;
        int r = 0;

        while (hole < size && r >= 0) {
                data = lseek(fd, hole, SEEK_DATA);
                if (data < 0 && errno == ENXIO)
                        break;
                hole = data < 0 ? size : lseek(fd, data, SEEK_HOLE);
                if (data < 0)
                        data = 0;
                if (hole < 0 || hole > size)
                        hole = size;
                r = copy_range(im, fd, file, data, hole);
        }
        return r < 0 ? r : vfs_file_truncate(im->ctx, file, size);
}

static int import_file(const struct importer *im, const struct bench_tree_entry *entry)
{
        const char *path = bench_tree_host_path(entry);
        struct vfs_file *file;
        int fd, r;

        fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
        if (fd < 0 && errno == EPERM)
                fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = vfs_open(im->ctx, NULL, entry->path, VFS_O_WRONLY | VFS_O_CREAT | VFS_O_EXCL, 0600, &file);
        if (r >= 0) {
                r = copy_data(im, fd, file, entry->st.st_size);
                vfs_file_put(file);
        }
        close(fd);
        return r;
}

static int import_symlink(const struct importer *im, const struct bench_tree_entry *entry)
{
        char target[PATH_MAX];
        ssize_t n = readlink(bench_tree_host_path(entry), target, sizeof(target) - 1);

        if (n < 0)
                return -errno;
        target[n] = '\0';
        return vfs_symlink(im->ctx, target, NULL, entry->path);
}

static int import_entry(const struct importer *im, size_t index)
{
        const struct bench_tree_entry *entry = &im->tree->entry[index];
        mode_t mode = entry->st.st_mode;

        if (entry->first != index)
                return vfs_link(im->ctx, NULL, im->tree->entry[entry->first].path, NULL, entry->path, 0);
        switch (mode & S_IFMT) {
        case S_IFDIR:
                return index == 0 ? 0 : vfs_mkdir(im->ctx, NULL, entry->path, 0700);
        case S_IFREG:
                return import_file(im, entry);
        case S_IFLNK:
                return import_symlink(im, entry);
        default:
                return vfs_mknod(im->ctx, NULL, entry->path, mode,
                                 VFS_DEV(major(entry->st.st_rdev), minor(entry->st.st_rdev)));
        }
}

/* Those that vfs2 does not know are left out here, and found by the check. */
static int import_xattrs(const struct importer *im, const struct bench_tree_entry *entry)
{
        const char *path = bench_tree_host_path(entry);
        ssize_t len, size;
        int r;

        len = llistxattr(path, im->buf, COPY_BYTES);
        if (len < 0)
                return errno == ENOTSUP ? 0 : -errno;
        for (const char *name = im->buf; name < im->buf + len; name += strlen(name) + 1) {
                size = lgetxattr(path, name, im->value, VFS_XATTR_SIZE_MAX);
                if (size < 0)
                        return -errno;
                r = vfs_setxattr(im->ctx, NULL, entry->path, name, im->value, (size_t)size, 0,
                                 VFS_AT_SYMLINK_NOFOLLOW);
                if (r < 0 && r != -EOPNOTSUPP)
                        return r;
        }
        return 0;
}

static int import_attributes(const struct importer *im, const struct bench_tree_entry *entry)
{
        const struct stat *st = &entry->st;
        const struct vfs_timespec times[2] = {
                { .sec = st->st_atim.tv_sec, .nsec = st->st_atim.tv_nsec },
                { .sec = st->st_mtim.tv_sec, .nsec = st->st_mtim.tv_nsec },
        };
        int r;

        r = vfs_chown(im->ctx, NULL, entry->path, st->st_uid, st->st_gid, VFS_AT_SYMLINK_NOFOLLOW);
        if (r >= 0 && !S_ISLNK(st->st_mode))
                r = vfs_chmod(im->ctx, NULL, entry->path, st->st_mode & 07777, 0);
        if (r >= 0)
                r = import_xattrs(im, entry);
        if (r >= 0)
                r = vfs_utimens(im->ctx, NULL, entry->path, times, VFS_AT_SYMLINK_NOFOLLOW);
        return r;
}

int bench_tree_import(struct bench_tree *tree, const struct vfs_ctx *ctx, struct bench_progress *progress)
{
        struct importer im = { .tree = tree, .ctx = ctx };
        int r = 0;

        im.buf = malloc(COPY_BYTES);
        im.value = malloc(VFS_XATTR_SIZE_MAX);
        if (!im.buf || !im.value) {
                r = -ENOMEM;
                goto out;
        }
        for (size_t i = 0; i < tree->n; i++) {
                r = import_entry(&im, i);
                if (r < 0) {
                        bench_tree_fail(tree, tree->entry[i].path, r);
                        goto out;
                }
                bench_progress_step(progress, bench_tree_weight(&tree->entry[i]));
        }
        for (size_t i = tree->n; i-- > 0;) {
                if (tree->entry[i].first != i)
                        continue;
                r = import_attributes(&im, &tree->entry[i]);
                if (r < 0) {
                        bench_tree_fail(tree, tree->entry[i].path, r);
                        goto out;
                }
        }
out:
        free(im.buf);
        free(im.value);
        return r;
}
