/*
 * import.c - copies files of the host's into the namespace, to the same paths.
 *
 * The path is walked component by component; a symlink on the way is copied as one,
 * and what it leads to is imported in its place. A directory comes with all that is
 * below it, whose symlinks are copied as they are. Owners, modes and times are kept.
 *
 * Not kept: hard links (each name is a file of its own), extended attributes, holes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tools/vfsrun/vfsrun.h"

#define MAX_LINKS 40
#define COPY_BYTES (256u << 10)

static int set_attributes(const struct vfs_ctx *ctx, const char *path, const struct stat *st)
{
        const struct vfs_timespec times[2] = {
                { st->st_atim.tv_sec, st->st_atim.tv_nsec },
                { st->st_mtim.tv_sec, st->st_mtim.tv_nsec },
        };
        int r = vfs_chown(ctx, NULL, path, st->st_uid, st->st_gid, VFS_AT_SYMLINK_NOFOLLOW);

        if (r == 0 && !S_ISLNK(st->st_mode))
                r = vfs_chmod(ctx, NULL, path, st->st_mode & 07777, 0);
        return r < 0 ? r : vfs_utimens(ctx, NULL, path, times, VFS_AT_SYMLINK_NOFOLLOW);
}

static int copy_file(const struct vfs_ctx *ctx, const char *path)
{
        int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        char *buf = malloc(COPY_BYTES);
        struct vfs_file *file;
        struct vfs_iter it;
        ssize_t n = 0;
        int64_t r;

        r = fd < 0 ? -errno : buf ? 0 : -ENOMEM;
        if (r == 0)
                r = vfs_open(ctx, NULL, path, VFS_O_WRONLY | VFS_O_CREAT | VFS_O_TRUNC, 0600, &file);
        if (r == 0) {
                while (r >= 0 && (n = read(fd, buf, COPY_BYTES)) > 0) {
                        vfs_iter_init_buf(&it, buf, (size_t)n);
                        r = vfs_file_write(ctx, file, &it, 0);
                        if (r >= 0 && r < n)
                                r = -ENOSPC;
                }
                if (n < 0)
                        r = -errno;
                vfs_file_put(file);
        }
        free(buf);
        if (fd >= 0)
                close(fd);
        return r < 0 ? (int)r : 0;
}

static int copy_link(const struct vfs_ctx *ctx, const char *path, char target[VFS_PATH_MAX])
{
        ssize_t n = readlink(path, target, VFS_PATH_MAX - 1);
        int r;

        if (n < 0)
                return -errno;
        target[n] = '\0';
        r = vfs_symlink(ctx, target, NULL, path);
        return r == -EEXIST ? 0 : r;
}

static int copy_tree(const struct vfs_ctx *ctx, const char *path, char *failed);

static int copy_entries(const struct vfs_ctx *ctx, const char *path, char *failed)
{
        DIR *dir = opendir(path);
        char below[VFS_PATH_MAX];
        struct dirent *d;
        int r = 0;

        if (!dir)
                return -errno;
        while (r == 0 && (errno = 0, d = readdir(dir))) {
                if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
                        continue;
                if ((size_t)snprintf(below, sizeof(below), "%s/%s", path[1] ? path : "", d->d_name) >=
                    sizeof(below))
                        r = -ENAMETOOLONG;
                else
                        r = copy_tree(ctx, below, failed);
        }
        closedir(dir);
        return r;
}

/* One file, or a directory and all below it. */
static int copy_tree(const struct vfs_ctx *ctx, const char *path, char *failed)
{
        char target[VFS_PATH_MAX];
        struct stat st;
        int r;

        if (lstat(path, &st) < 0) {
                r = -errno;
        } else if (S_ISDIR(st.st_mode)) {
                r = vfs_mkdir(ctx, NULL, path, 0700);
                if (r == -EEXIST)
                        r = 0;
                if (r == 0)
                        r = copy_entries(ctx, path, failed);
        } else if (S_ISREG(st.st_mode)) {
                r = copy_file(ctx, path);
        } else if (S_ISLNK(st.st_mode)) {
                r = copy_link(ctx, path, target);
        } else {
                r = vfs_mknod(ctx, NULL, path, st.st_mode, VFS_DEV(major(st.st_rdev), minor(st.st_rdev)));
                if (r == -EEXIST)
                        r = 0;
        }
        if (r == 0)
                r = set_attributes(ctx, path, &st);
        if (r < 0 && !*failed)
                snprintf(failed, VFS_PATH_MAX, "%s", path);
        return r;
}

/*
 * The first component of path behind at: copied if it is a directory on the way; *ret_link: it is a
 * symlink.
 */
static int pass(const struct vfs_ctx *ctx, const char *path, char target[VFS_PATH_MAX], int *ret_link)
{
        struct stat st;
        int r;

        *ret_link = 0;
        if (lstat(path, &st) < 0)
                return -errno;
        if (S_ISLNK(st.st_mode)) {
                *ret_link = 1;
                return copy_link(ctx, path, target);
        }
        if (!S_ISDIR(st.st_mode))
                return 0;
        r = vfs_mkdir(ctx, NULL, path, 0700);
        return r == -EEXIST ? 0 : r < 0 ? r : set_attributes(ctx, path, &st);
}

int import_path(const struct vfs_ctx *ctx, const char *path, char failed[VFS_PATH_MAX])
{
        char rest[VFS_PATH_MAX], done[VFS_PATH_MAX] = "", target[VFS_PATH_MAX], next[VFS_PATH_MAX];
        int links = 0, is_link, r = 0;

        failed[0] = '\0';
        if (strlen(path) >= sizeof(rest))
                return -ENAMETOOLONG;
        strcpy(rest, path);
        while (r == 0) {
                char *name = rest + strspn(rest, "/"), *end = name + strcspn(name, "/");
                size_t len = strlen(done), n = (size_t)(end - name);

                if (n == 0)
                        break; /* the end: done is what was meant */
                if (len + n + 2 > sizeof(done))
                        return -ENAMETOOLONG;
                snprintf(next, sizeof(next), "%s", end);
                if (n == 2 && memcmp(name, "..", 2) == 0) {
                        char *slash = strrchr(done, '/');

                        if (slash)
                                *slash = '\0';
                } else if (n != 1 || *name != '.') {
                        done[len] = '/';
                        memcpy(done + len + 1, name, n);
                        done[len + 1 + n] = '\0';
                        r = pass(ctx, done, target, &is_link);
                        if (r < 0)
                                snprintf(failed, VFS_PATH_MAX, "%s", done);
                        if (r == 0 && is_link) {
                                if (++links > MAX_LINKS || strlen(target) + strlen(next) + 2 > sizeof(next))
                                        return -ELOOP;
                                done[target[0] == '/' ? 0 : len] = '\0';
                                memmove(next + strlen(target) + 1, next, strlen(next) + 1);
                                memcpy(next, target, strlen(target));
                                next[strlen(target)] = '/';
                        }
                }
                strcpy(rest, next);
        }
        return r < 0 ? r : copy_tree(ctx, *done ? done : "/", failed);
}
