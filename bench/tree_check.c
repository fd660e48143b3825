/*
 * tree_check.c - compares a host tree with its copy in vfs2, entry by entry.
 *
 * Compared are type and mode, owner, size, modification time to the nanosecond,
 * access time (with the one at the scan: on the host others read too), links
 * within the tree, device numbers, a symlink's target, contents, extended
 * attributes, and a directory's names and their types, both ways. Names of one
 * file must have one inode number, different files different ones.
 *
 * Not compared: sizes of directories and of blocks, change and creation times.
 * Reading a symlink's target moves its access time, so a second check of the
 * same copy would report it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "bench/tree.h"

#define PRINTED 20
#define CHUNK   (1u << 18)

/* A set of names, each with the type of its directory entry; for attributes 0. */
struct name {
        uint8_t type;
        char text[NAME_MAX + 1];
};

struct names {
        struct name *name;
        size_t n, room;
};

struct checker {
        struct bench_tree *tree;
        const struct vfs_ctx *ctx;
        struct bench_tree_report *report;
        const struct bench_tree_entry *entry; /* the one being compared */
        char *host_buf, *vfs2_buf;            /* CHUNK each */
        struct names host, vfs2;
};

__attribute__((format(printf, 2, 3))) static void differ(struct checker *c, const char *format, ...)
{
        va_list ap;

        if (c->report->differences++ >= PRINTED)
                return;
        fprintf(c->report->out, "%s: ", c->entry->path);
        va_start(ap, format);
        vfprintf(c->report->out, format, ap);
        va_end(ap);
        fputc('\n', c->report->out);
}

static void compare_number(struct checker *c, const char *what, uint64_t host, uint64_t vfs2)
{
        if (host != vfs2)
                differ(c, "%s: host %llu, vfs2 %llu", what, (unsigned long long)host,
                       (unsigned long long)vfs2);
}

static void compare_time(struct checker *c, const char *what, struct timespec host,
                         struct vfs_statx_time vfs2)
{
        if (host.tv_sec != vfs2.sec || (uint32_t)host.tv_nsec != vfs2.nsec)
                differ(c, "%s: host %lld.%09ld, vfs2 %lld.%09u", what, (long long)host.tv_sec, host.tv_nsec,
                       (long long)vfs2.sec, vfs2.nsec);
}

static void compare_device(struct checker *c, dev_t host, const struct vfs_statx *vfs2)
{
        if (major(host) != vfs2->rdev_major || minor(host) != vfs2->rdev_minor)
                differ(c, "device: host %u:%u, vfs2 %u:%u", major(host), minor(host), vfs2->rdev_major,
                       vfs2->rdev_minor);
}

static void compare_attributes(struct checker *c, const struct stat *st, const struct vfs_statx *sx)
{
        const struct bench_tree_entry *first = &c->tree->entry[c->entry->first];

        if (st->st_mode != sx->mode)
                differ(c, "mode: host %o, vfs2 %o", st->st_mode, sx->mode);
        compare_number(c, "uid", st->st_uid, sx->uid);
        compare_number(c, "gid", st->st_gid, sx->gid);
        compare_number(c, "links", first->links, sx->nlink);
        if (S_ISREG(st->st_mode) || S_ISLNK(st->st_mode))
                compare_number(c, "size", (uint64_t)st->st_size, sx->size);
        if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
                compare_device(c, st->st_rdev, sx);
        compare_time(c, "mtime", st->st_mtim, sx->mtime);
        compare_time(c, "atime", first->st.st_atim, sx->atime);
        if (first != c->entry)
                compare_number(c, "inode number of the first name", first->ino, sx->ino);
}

static void compare_symlink(struct checker *c)
{
        ssize_t host = readlink(bench_tree_host_path(c->entry), c->host_buf, CHUNK);
        int64_t vfs2 = vfs_readlink(c->ctx, NULL, c->entry->path, c->vfs2_buf, CHUNK);

        if (host < 0 || vfs2 < 0 || host != vfs2 || memcmp(c->host_buf, c->vfs2_buf, (size_t)host) != 0)
                differ(c, "symlink targets differ");
}

/* Reads until size bytes or the end. */
static int64_t read_vfs2(struct checker *c, struct vfs_file *file, int64_t at)
{
        struct vfs_iter it;
        int64_t n, done = 0;

        vfs_iter_init_buf(&it, c->vfs2_buf, CHUNK);
        while (it.count) {
                n = vfs_file_pread(c->ctx, file, &it, at + done, 0);
                if (n <= 0)
                        return n < 0 ? n : done;
                done += n;
        }
        return done;
}

static int64_t read_host(struct checker *c, int fd, off_t at)
{
        size_t done = 0;

        while (done < CHUNK) {
                ssize_t n = pread(fd, c->host_buf + done, CHUNK - done, at + (off_t)done);

                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                done += (size_t)n;
        }
        return (int64_t)done;
}

static void compare_open_files(struct checker *c, int fd, struct vfs_file *file)
{
        int64_t at = 0, host, vfs2;

        do {
                host = read_host(c, fd, at);
                vfs2 = read_vfs2(c, file, at);
                if (host < 0 || vfs2 < 0) {
                        differ(c, "reading at %lld: host %lld, vfs2 %lld", (long long)at, (long long)host,
                               (long long)vfs2);
                        return;
                }
                if (host != vfs2 || memcmp(c->host_buf, c->vfs2_buf, (size_t)host) != 0) {
                        differ(c, "contents differ between %lld and %lld", (long long)at,
                               (long long)(at + (host > vfs2 ? host : vfs2)));
                        return;
                }
                at += host;
        } while (host == CHUNK);
}

static void compare_contents(struct checker *c)
{
        const char *path = bench_tree_host_path(c->entry);
        struct vfs_file *file;
        int fd, r;

        fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
        if (fd < 0 && errno == EPERM)
                fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0) {
                differ(c, "open on the host: %s", strerror(errno));
                return;
        }
        r = vfs_open(c->ctx, NULL, c->entry->path, VFS_O_RDONLY | VFS_O_NOFOLLOW | VFS_O_NOATIME, 0, &file);
        if (r < 0) {
                differ(c, "open: %s", strerror(-r));
        } else {
                compare_open_files(c, fd, file);
                vfs_file_put(file);
        }
        close(fd);
}

static int add_name(struct names *names, const char *text, uint8_t type)
{
        struct name *name;

        if (names->n == names->room) {
                size_t room = names->room ? names->room * 2 : 64;

                name = reallocarray(names->name, room, sizeof(*name));
                if (!name)
                        return -ENOMEM;
                names->name = name;
                names->room = room;
        }
        name = &names->name[names->n++];
        name->type = type;
        snprintf(name->text, sizeof(name->text), "%s", text);
        return 0;
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

/* Sorts both sets and reports what only one of them has. */
static void match_names(struct checker *c, const char *what, void (*both)(struct checker *, const char *))
{
        size_t i = 0, k = 0;

        if (c->host.n)
                qsort(c->host.name, c->host.n, sizeof(struct name), compare_names);
        if (c->vfs2.n)
                qsort(c->vfs2.name, c->vfs2.n, sizeof(struct name), compare_names);
        while (i < c->host.n || k < c->vfs2.n) {
                int order = i == c->host.n   ? 1
                            : k == c->vfs2.n ? -1
                                             : compare_names(&c->host.name[i], &c->vfs2.name[k]);

                if (order < 0) {
                        differ(c, "%s only on the host: %s", what, c->host.name[i++].text);
                } else if (order > 0) {
                        differ(c, "%s only in vfs2: %s", what, c->vfs2.name[k++].text);
                } else {
                        if (c->host.name[i].type != c->vfs2.name[k].type &&
                            c->host.name[i].type != DT_UNKNOWN)
                                differ(c, "type of entry %s: host %u, vfs2 %u", c->host.name[i].text,
                                       c->host.name[i].type, c->vfs2.name[k].type);
                        if (both)
                                both(c, c->host.name[i].text);
                        i++;
                        k++;
                }
        }
}

static int list_host(struct checker *c)
{
        const char *path = bench_tree_host_path(c->entry);
        struct dirent *d;
        int fd, r = 0;
        DIR *dir;

        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
        if (fd < 0 && errno == EPERM)
                fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        dir = fd < 0 ? NULL : fdopendir(fd);
        if (!dir) {
                differ(c, "directory on the host: %s", strerror(errno));
                return 0;
        }
        while (r >= 0 && (d = readdir(dir)))
                r = add_name(&c->host, d->d_name, d->d_type);
        closedir(dir);
        return r;
}

static int list_vfs2(struct checker *c)
{
        struct vfs_file *dir;
        int64_t n;
        int r;

        r = vfs_open(c->ctx, NULL, c->entry->path, VFS_O_RDONLY | VFS_O_DIRECTORY | VFS_O_NOATIME, 0, &dir);
        if (r < 0) {
                differ(c, "directory: %s", strerror(-r));
                return 0;
        }
        while (r >= 0 && (n = vfs_file_getdents(c->ctx, dir, c->vfs2_buf, CHUNK)) != 0) {
                if (n < 0) {
                        differ(c, "getdents: %s", strerror((int)-n));
                        break;
                }
                for (int64_t at = 0; at < n && r >= 0;) {
                        const struct vfs_dirent *d = (const struct vfs_dirent *)(c->vfs2_buf + at);

                        r = add_name(&c->vfs2, d->name, d->type);
                        at += d->reclen;
                }
        }
        vfs_file_put(dir);
        return r;
}

static int compare_directory(struct checker *c)
{
        int r;

        c->host.n = c->vfs2.n = 0;
        r = list_host(c);
        if (r >= 0)
                r = list_vfs2(c);
        if (r >= 0)
                match_names(c, "entry", NULL);
        return r;
}

static void compare_xattr(struct checker *c, const char *name)
{
        ssize_t host = lgetxattr(bench_tree_host_path(c->entry), name, c->host_buf, VFS_XATTR_SIZE_MAX);
        int64_t vfs2 = vfs_getxattr(c->ctx, NULL, c->entry->path, name, c->vfs2_buf, VFS_XATTR_SIZE_MAX,
                                    VFS_AT_SYMLINK_NOFOLLOW);

        if (host < 0 || host != vfs2 || memcmp(c->host_buf, c->vfs2_buf, (size_t)host) != 0)
                differ(c, "values of attribute %s differ", name);
}

static int compare_xattrs(struct checker *c)
{
        ssize_t host = llistxattr(bench_tree_host_path(c->entry), c->host_buf, CHUNK);
        int64_t vfs2 = vfs_listxattr(c->ctx, NULL, c->entry->path, c->vfs2_buf, CHUNK,
                                     VFS_AT_SYMLINK_NOFOLLOW);
        int r = 0;

        if (host < 0 && errno == ENOTSUP)
                host = 0;
        if (host < 0 || vfs2 < 0) {
                differ(c, "list of attributes: host %zd, vfs2 %lld", host, (long long)vfs2);
                return 0;
        }
        c->host.n = c->vfs2.n = 0;
        for (const char *s = c->host_buf; s < c->host_buf + host && r >= 0; s += strlen(s) + 1)
                r = add_name(&c->host, s, 0);
        for (const char *s = c->vfs2_buf; s < c->vfs2_buf + vfs2 && r >= 0; s += strlen(s) + 1)
                r = add_name(&c->vfs2, s, 0);
        if (r >= 0)
                match_names(c, "attribute", compare_xattr);
        return r;
}

static int compare_entry(struct checker *c, struct bench_tree_entry *entry)
{
        struct vfs_statx sx;
        struct stat st;
        int r;

        c->entry = entry;
        if (lstat(bench_tree_host_path(entry), &st) < 0) {
                differ(c, "on the host: %s", strerror(errno));
                return 0;
        }
        r = vfs_statx(c->ctx, NULL, entry->path, VFS_AT_SYMLINK_NOFOLLOW, VFS_STATX_BASIC_STATS, &sx);
        if (r < 0) {
                differ(c, "stat: %s", strerror(-r));
                return 0;
        }
        entry->ino = sx.ino;
        compare_attributes(c, &st, &sx);
        if ((st.st_mode & S_IFMT) != (sx.mode & VFS_S_IFMT))
                return 0;
        r = compare_xattrs(c);
        if (r < 0)
                return r;
        if (S_ISLNK(st.st_mode))
                compare_symlink(c);
        else if (S_ISREG(st.st_mode))
                compare_contents(c);
        else if (S_ISDIR(st.st_mode))
                r = compare_directory(c);
        return r;
}

static int compare_inos(const void *a, const void *b)
{
        const struct bench_tree_entry *x = *(struct bench_tree_entry *const *)a;
        const struct bench_tree_entry *y = *(struct bench_tree_entry *const *)b;

        return (x->ino > y->ino) - (x->ino < y->ino);
}

/* Different files have different inode numbers. */
static int check_inos(struct checker *c)
{
        struct bench_tree_entry **files;
        size_t n = 0;

        files = calloc(c->tree->n, sizeof(*files));
        if (!files)
                return -ENOMEM;
        for (size_t i = 0; i < c->tree->n; i++)
                if (c->tree->entry[i].first == i && c->tree->entry[i].ino)
                        files[n++] = &c->tree->entry[i];
        qsort(files, n, sizeof(*files), compare_inos);
        for (size_t i = 1; i < n; i++)
                if (files[i]->ino == files[i - 1]->ino) {
                        c->entry = files[i];
                        differ(c, "has the inode number of %s", files[i - 1]->path);
                }
        free(files);
        return 0;
}

int bench_tree_check(struct bench_tree *tree, const struct vfs_ctx *ctx, struct bench_progress *progress,
                     struct bench_tree_report *report)
{
        struct checker c = { .tree = tree, .ctx = ctx, .report = report };
        int r = 0;

        c.host_buf = malloc(CHUNK);
        c.vfs2_buf = malloc(CHUNK);
        if (!c.host_buf || !c.vfs2_buf)
                r = -ENOMEM;
        for (size_t i = 0; i < tree->n && r >= 0; i++) {
                r = compare_entry(&c, &tree->entry[i]);
                bench_progress_step(progress, bench_tree_weight(&tree->entry[i]));
        }
        if (r >= 0)
                r = check_inos(&c);
        if (report->differences > PRINTED)
                fprintf(report->out, "and %llu more\n", (unsigned long long)(report->differences - PRINTED));
        free(c.host.name);
        free(c.vfs2.name);
        free(c.host_buf);
        free(c.vfs2_buf);
        return r;
}
