/*
 * side.c - running one operation on one kernel, and describing its answer so
 * that the two can be compared as text.
 *
 * What may differ does not get into the text: inode numbers (hard links are
 * compared by path), device numbers, descriptor numbers, the order of a
 * directory and positions in it, and the time of day. A time is described as
 * "now", unless it is one that an operation set explicitly.
 */
#include "tests/oracle/side.h"

#include "tests/oracle/side_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const struct driver_cred users[OP_USERS] = {
        { .uid = 0, .gid = 0, .caps = ~UINT64_C(0) },
        { .uid = 1000, .gid = 1000, .ngroups = 2, .groups = { 1000, 1002 } },
        { .uid = 1001, .gid = 1002 },
        { .uid = 0,
          .gid = 0,
          .ngroups = 1,
          .groups = { 1001 },
          .caps = (UINT64_C(1) << VFS_CAP_DAC_READ_SEARCH) | (UINT64_C(1) << VFS_CAP_CHOWN) },
};

static char data[1 << 17];

void side_init(struct side *side, struct driver *d)
{
        memset(side, 0, sizeof(*side));
        side->d = d;
        for (int i = 0; i < OP_SLOTS; i++)
                side->fds[i] = DRIVER_BAD_FD;
}

void say(struct outcome *out, const char *format, ...)
{
        size_t used = strlen(out->text);
        va_list ap;

        va_start(ap, format);
        vsnprintf(out->text + used, sizeof(out->text) - used, format, ap);
        va_end(ap);
}

static uint64_t hash(const void *bytes, size_t n)
{
        const unsigned char *p = bytes;
        uint64_t h = UINT64_C(0xcbf29ce484222325);

        for (size_t i = 0; i < n; i++)
                h = (h ^ p[i]) * UINT64_C(0x100000001b3);
        return h;
}

/* A path with its stand-ins for long names replaced. */
static const char *expand(const char *path, char buf[1024])
{
        char *to = buf;

        if (!strchr(path, '@'))
                return path;
        for (; *path; path++) {
                if (*path == '@') {
                        size_t n = (size_t)atoi(path + 1);

                        memset(to, 'n', n);
                        to += n;
                        path += 3;
                } else {
                        *to++ = *path;
                }
        }
        *to = '\0';
        return buf;
}

static const char *time_text(const struct vfs_statx_time *t, char buf[40])
{
        if (t->sec > 1000000 && t->sec < INT64_C(5000000000))
                return "now";
        snprintf(buf, 40, "%lld.%u", (long long)t->sec, t->nsec);
        return buf;
}

static void say_attr(struct outcome *out, const struct vfs_statx *st)
{
        char atime[40], mtime[40];

        say(out, "%06o %u:%u nlink %u size %llu blocks %llu rdev %u,%u atime %s mtime %s root %d", st->mode,
            st->uid, st->gid, st->nlink, (unsigned long long)st->size, (unsigned long long)st->blocks,
            st->rdev_major, st->rdev_minor, time_text(&st->atime, atime), time_text(&st->mtime, mtime),
            (st->attributes & VFS_STATX_ATTR_MOUNT_ROOT) != 0);
}

static void say_statfs(struct outcome *out, const struct vfs_statfs *st)
{
        say(out, "type %llx bsize %llu blocks %llu/%llu files %llu/%llu namelen %llu flags %llx",
            (unsigned long long)st->type, (unsigned long long)st->bsize, (unsigned long long)st->bfree,
            (unsigned long long)st->blocks, (unsigned long long)st->ffree, (unsigned long long)st->files,
            (unsigned long long)st->namelen, (unsigned long long)st->flags);
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

int64_t list_names(struct driver *d, int fd, char ***ret_names)
{
        char buf[8192] __attribute__((aligned(8)));
        char **names = NULL;
        int64_t n, count = 0;

        n = d->ops->lseek(d, fd, 0, SEEK_SET);
        while (n >= 0 && (n = d->ops->getdents(d, fd, buf, sizeof(buf))) > 0) {
                for (int64_t at = 0; at < n;) {
                        const struct vfs_dirent *entry = (const struct vfs_dirent *)(buf + at);
                        size_t len = strlen(entry->name);

                        names = realloc(names, (size_t)(count + 1) * sizeof(*names));
                        names[count] = malloc(len + 5);
                        snprintf(names[count++], len + 5, "%s|%02u", entry->name, entry->type);
                        at += entry->reclen;
                }
        }
        if (count)
                qsort(names, (size_t)count, sizeof(*names), compare_names);
        *ret_names = names;
        if (n < 0) {
                for (int64_t i = 0; i < count; i++)
                        free(names[i]);
                free(names);
                return n;
        }
        return count;
}

void free_names(char **names, int64_t count)
{
        for (int64_t i = 0; i < count; i++)
                free(names[i]);
        free(names);
}

static int64_t say_list(struct outcome *out, struct driver *d, int fd)
{
        char **names;
        int64_t count = list_names(d, fd, &names);
        uint64_t h = 0;

        if (count < 0)
                return count;
        for (int64_t i = 0; i < count; i++) {
                h = h * 31 + hash(names[i], strlen(names[i]));
                if (i < 12)
                        say(out, "%.20s ", names[i]);
        }
        say(out, "all %016llx", (unsigned long long)h);
        free_names(names, count);
        return count;
}

/* Bytes to write: not those that are there already. */
static void fill(size_t n, int64_t salt)
{
        memset(data, 'A' + (int)(salt & 31), n);
}

static void to_times(const struct op *op, struct vfs_timespec times[2])
{
        const int64_t v[2] = { op->a, op->b };

        for (int i = 0; i < 2; i++) {
                int mark = v[i] == VFS_UTIME_NOW || v[i] == VFS_UTIME_OMIT;

                times[i].sec = mark ? 0 : v[i];
                times[i].nsec = mark ? v[i] : v[i] == -1 ? 2000000000 : 5;
        }
}

/* An xattr's list in order: the kernel's order is its own. */
static void say_xattr_list(struct outcome *out, char *list, int64_t n)
{
        char *names[64];
        size_t count = 0;

        for (int64_t at = 0; at < n && count < 64; at += (int64_t)strlen(list + at) + 1)
                names[count++] = list + at;
        qsort(names, count, sizeof(*names), compare_names);
        for (size_t i = 0; i < count; i++)
                say(out, "%.40s ", names[i]);
}

/* A long user name, in place of the stand-in. */
static const char *xattr_name(const struct op *op, char buf[300])
{
        if (strcmp(op->path2, "user.long"))
                return op->path2;
        memset(buf, 'x', 256);
        memcpy(buf, "user.", 5);
        buf[255 + (op->a & 1)] = '\0';
        return buf;
}

void take(struct side *side, int slot, int64_t *r)
{
        struct driver *d = side->d;

        if (*r < 0)
                return;
        if (side->fds[slot] != DRIVER_BAD_FD)
                d->ops->close(d, side->fds[slot]);
        side->fds[slot] = (int)*r;
        *r = 0;
}

int fd_of(struct side *side, int slot)
{
        if (slot == OP_CWD)
                return DRIVER_CWD;
        return slot == OP_BAD_SLOT ? DRIVER_BAD_FD : side->fds[slot];
}

static int is_dir(struct driver *d, int fd)
{
        struct vfs_statx st;

        return d->ops->fstat(d, fd, &st) == 0 && (st.mode & S_IFMT) == S_IFDIR;
}

static int is_fifo(struct driver *d, int fd)
{
        struct vfs_statx st;

        return d->ops->fstat(d, fd, &st) == 0 && (st.mode & S_IFMT) == S_IFIFO;
}

/* Operations on open files. */
static int64_t run_fd(struct side *side, const struct op *op, struct outcome *out)
{
        struct driver *d = side->d;
        const struct driver_ops *k = d->ops;
        int fd = fd_of(side, op->fd);
        struct vfs_timespec times[2];
        struct vfs_statfs fs;
        struct vfs_statx st;
        char name[300];
        int64_t r, a, b;

        out->bad_fd = fd == DRIVER_BAD_FD;
        switch (op->kind) {
        case OP_close:
                r = k->close(d, fd);
                if (op->fd != OP_BAD_SLOT)
                        side->fds[op->fd] = DRIVER_BAD_FD;
                return r;
        case OP_dup:
                r = k->dup(d, fd);
                take(side, op->fd2, &r);
                return r;
        case OP_read:
        case OP_pread:
                r = op->kind == OP_read ? k->read(d, fd, data, (size_t)op->a)
                                        : k->pread(d, fd, data, (size_t)op->a, op->b);
                if (r > 0)
                        say(out, "%016llx", (unsigned long long)hash(data, (size_t)r));
                return r;
        case OP_write:
                fill((size_t)op->a, op->b);
                /* How much a FIFO holds depends on how the host's pages are filled: never that much. */
                return k->write(d, fd, data, (size_t)(is_fifo(d, fd) ? op->a % 65 : op->a));
        case OP_pwrite:
                fill((size_t)op->a, op->b ^ op->a);
                return k->pwrite(d, fd, data, (size_t)op->a, op->b);
        case OP_lseek:
                if (op->flags == VFS_SEEK_CUR && is_dir(d, fd))
                        return 0; /* from a position that is the kernel's own */
                r = k->lseek(d, fd, op->a, (int)op->flags);
                return r > 0 && is_dir(d, fd) ? 0 : r;
        case OP_getdents:
                return say_list(out, d, fd);
        case OP_fstat:
                r = k->fstat(d, fd, &st);
                if (r == 0)
                        say_attr(out, &st);
                return r;
        case OP_fstatfs:
                r = k->fstatfs(d, fd, &fs);
                if (r == 0)
                        say_statfs(out, &fs);
                return r;
        case OP_fchmod:
                return k->fchmod(d, fd, op->mode);
        case OP_fchown:
                return k->fchown(d, fd, (uint32_t)op->a, (uint32_t)op->b);
        case OP_futimens:
                to_times(op, times);
                return k->futimens(d, fd, op->mode ? NULL : times);
        case OP_ftruncate:
                return k->ftruncate(d, fd, op->a);
        case OP_fallocate:
                return k->fallocate(d, fd, op->flags, op->a, op->b);
        case OP_fsync:
                return k->fsync(d, fd);
        case OP_fsetxattr:
                fill((size_t)op->a, op->a);
                return k->fsetxattr(d, fd, xattr_name(op, name), data, (size_t)op->a, op->mode);
        case OP_fgetxattr:
                r = k->fgetxattr(d, fd, xattr_name(op, name), data, (size_t)op->a);
                if (r > 0 && op->a)
                        say(out, "%016llx", (unsigned long long)hash(data, (size_t)r));
                return r;
        case OP_flistxattr:
                r = k->flistxattr(d, fd, data, sizeof(data));
                say_xattr_list(out, data, r);
                return r;
        case OP_fremovexattr:
                return k->fremovexattr(d, fd, xattr_name(op, name));
        case OP_copy_file_range:
                a = op->a;
                b = op->b;
                r = k->copy_file_range(d, fd, a == INT64_MIN ? NULL : &a, fd_of(side, op->fd2),
                                       b == INT64_MIN ? NULL : &b, op->mode, op->flags);
                if (r >= 0)
                        say(out, "to %lld %lld", (long long)a, (long long)b);
                return r;
        case OP_mmap:
                return k->mmap(d, fd, op->a, (size_t)op->b, op->flags, (int)op->mode);
        case OP_fd_path:
                r = k->fd_path(d, fd, data, 4096);
                if (r > 0)
                        say(out, "%.600s", data);
                return r;
        case OP_getfl:
                r = k->fcntl(d, fd, VFS_F_GETFL, 0);
                return r < 0 ? r : r & ~(int64_t)VFS_O_LARGEFILE;
        case OP_setfl:
                return k->fcntl(d, fd, VFS_F_SETFL, op->flags);
        case OP_seals:
                r = k->fcntl(d, fd, VFS_F_GET_SEALS, 0);
                if (r >= 0)
                        say(out, "seals %lld", (long long)r);
                return k->fcntl(d, fd, VFS_F_ADD_SEALS, op->flags);
        case OP_fchdir:
                return k->fchdir(d, fd);
        default:
                return -ENOSYS;
        }
}

/* Operations on paths. */
static int64_t run_path(struct side *side, const struct op *op, struct outcome *out)
{
        char long1[1024], long2[1024], name[300];
        const char *path = expand(op->path, long1), *path2 = expand(op->path2, long2);
        struct driver *d = side->d;
        const struct driver_ops *k = d->ops;
        int dir = fd_of(side, op->fd2);
        struct vfs_open_how how;
        struct vfs_timespec times[2];
        struct vfs_statfs fs;
        struct vfs_statx st;
        int64_t r;

        switch (op->kind) {
        case OP_open:
                r = k->openat(d, dir, path, op->flags, op->mode);
                take(side, op->fd % OP_SLOTS, &r);
                return r;
        case OP_openat2:
                how.flags = op->flags;
                how.mode = op->mode & 07777;
                how.resolve = (uint64_t)op->a;
                /* Somebody else's mounts make the host give up now and then. */
                for (int i = 0; i < 20; i++) {
                        r = k->openat2(d, dir, path, &how, sizeof(how));
                        if (r != -EAGAIN)
                                break;
                }
                take(side, op->fd % OP_SLOTS, &r);
                return r;
        case OP_statx:
                r = k->statx(d, dir, path, op->flags, VFS_STATX_BASIC_STATS, &st);
                if (r == 0)
                        say_attr(out, &st);
                return r;
        case OP_statfs:
                r = k->statfs(d, path, &fs);
                if (r == 0)
                        say_statfs(out, &fs);
                return r;
        case OP_access:
                return k->access(d, dir, path, op->mode, op->flags);
        case OP_mkdir:
                return k->mkdir(d, dir, path, op->mode);
        case OP_mknod:
                return k->mknod(d, dir, path, op->mode, (uint32_t)op->a, (uint32_t)op->b);
        case OP_symlink:
                return k->symlink(d, path2, dir, path);
        case OP_readlink:
                r = k->readlink(d, dir, path, data, (size_t)op->a);
                if (r > 0)
                        say(out, "%.*s", (int)r, data);
                return r;
        case OP_link:
                return k->link(d, fd_of(side, op->fd), path, dir, path2, op->flags);
        case OP_unlink:
                return k->unlink(d, dir, path, 0);
        case OP_rmdir:
                return k->unlink(d, dir, path, VFS_AT_REMOVEDIR);
        case OP_rename:
                return k->rename(d, fd_of(side, op->fd), path, dir, path2, op->flags);
        case OP_chmod:
                return k->chmod(d, dir, path, op->mode, op->flags);
        case OP_chown:
                return k->chown(d, dir, path, (uint32_t)op->a, (uint32_t)op->b, op->flags);
        case OP_utimens:
                to_times(op, times);
                return k->utimens(d, dir, path, op->mode ? NULL : times, op->flags);
        case OP_truncate:
                return k->truncate(d, path, op->a);
        case OP_setxattr:
                fill((size_t)op->a, op->a);
                return k->setxattr(d, path, xattr_name(op, name), data, (size_t)op->a, op->mode,
                                   (int)op->flags);
        case OP_getxattr:
                r = k->getxattr(d, path, xattr_name(op, name), data, (size_t)op->a, (int)op->flags);
                if (r > 0 && op->a)
                        say(out, "%016llx", (unsigned long long)hash(data, (size_t)r));
                return r;
        case OP_listxattr:
                r = k->listxattr(d, path, data, sizeof(data), (int)op->flags);
                say_xattr_list(out, data, r);
                return r;
        case OP_removexattr:
                return k->removexattr(d, path, xattr_name(op, name), (int)op->flags);
        case OP_chdir:
                return k->chdir(d, path);
        case OP_getcwd:
                r = k->getcwd(d, data, 4096);
                if (r > 0)
                        say(out, "%.600s", data);
                return r;
        case OP_umask:
                return k->umask(d, op->mode);
        case OP_mount:
        case OP_umount:
        case OP_pivot_root:
        case OP_open_tree:
        case OP_open_tree_attr:
        case OP_move_mount:
        case OP_mount_setattr:
        case OP_chroot:
        case OP_unshare:
        case OP_setns:
        case OP_nsdrop:
        case OP_task:
        case OP_fsopen:
        case OP_fspick:
        case OP_fsconfig:
        case OP_fsmount:
                return side_run_mount(side, op, path, path2, out);
        case OP_statmount:
        case OP_listmount:
        case OP_mounts:
                return side_ask_mount(side, op, path, out);
        default:
                return run_fd(side, op, out);
        }
}

/* The ctimes that an operation might change: of its paths, of the working directory, of its file. */
struct watch {
        struct vfs_statx st[4];
        int there[4];
};

static void watch(struct side *side, const struct op *op, struct watch *w)
{
        const char *paths[3] = { op->path, op->path2, "." };
        struct driver *d = side->d;
        char buf[1024];

        for (int i = 0; i < 3; i++)
                w->there[i] = d->ops->statx(d, DRIVER_CWD, expand(paths[i], buf), VFS_AT_SYMLINK_NOFOLLOW,
                                            VFS_STATX_BASIC_STATS, &w->st[i]) == 0;
        w->there[3] = op->fd >= 0 && d->ops->fstat(d, fd_of(side, op->fd), &w->st[3]) == 0;
}

static void say_changes(struct side *side, const struct op *op, const struct watch *before,
                        struct outcome *out)
{
        struct watch after;

        watch(side, op, &after);
        for (int i = 0; i < 4; i++) {
                const struct vfs_statx *b = &before->st[i], *a = &after.st[i];

                if (!before->there[i] || !after.there[i])
                        out->changes[i] = '-';
                else if (a->ino != b->ino || a->dev_minor != b->dev_minor)
                        out->changes[i] = 'o';
                else
                        out->changes[i] = a->ctime.sec != b->ctime.sec || a->ctime.nsec != b->ctime.nsec
                                                  ? 'C'
                                                  : '=';
        }
}

int outcome_same(const struct op *op, const struct outcome *host, const struct outcome *vfs2)
{
        if (host->bad_fd && host->r < 0 && vfs2->r < 0)
                return 1;
        if (host->r != vfs2->r || strcmp(host->text, vfs2->text))
                return 0;
        for (int i = 0; i < 4 && op->watch && host->changes[0]; i++) {
                /* Within one tick the host may set the time that was there; vfs2's clock never does. */
                if (host->changes[i] != vfs2->changes[i] &&
                    (op->watch == 2 || host->changes[i] != '=' || vfs2->changes[i] != 'C'))
                        return 0;
        }
        return 1;
}

void side_wait_for_ticks(void)
{
        struct timespec begin, now;

        for (int i = 0; i < 2; i++) {
                clock_gettime(CLOCK_REALTIME_COARSE, &begin);
                do
                        clock_gettime(CLOCK_REALTIME_COARSE, &now);
                while (now.tv_sec == begin.tv_sec && now.tv_nsec == begin.tv_nsec);
        }
}

void side_become(struct side *side, int user)
{
        if (side->user == user)
                return;
        side->d->ops->set_cred(side->d, &users[user]);
        side->user = user;
}

/*
 * With poll(2) on the mountinfo: an open one keeps its opener's root and namespace busy, so only for as long as both
 * are in use anyway.
 */
static void side_run_watched(struct side *side, const struct op *op, struct outcome *ret)
{
        struct driver *d = side->d;
        int task = side->mounts.task;

        d->ops->mounts_watch(d);
        ret->r = run_path(side, op, ret);
        if (task != side->mounts.task)
                side_switch(side, side->mounts.tasks[task]);
        say(ret, " poll %lld", (long long)d->ops->mounts_changed(d));
        d->ops->mounts_unwatch(d);
        side_switch(side, side->mounts.tasks[side->mounts.task]);
}

void side_run(struct side *side, const struct op *op, struct outcome *ret)
{
        struct watch before;

        ret->text[0] = '\0';
        ret->bad_fd = 0;
        memset(ret->changes, 0, sizeof(ret->changes));
        side_become(side, op->user);
        if (side->mounts.on && op->watch) {
                side_run_watched(side, op, ret);
                return;
        }
        if (op->watch)
                watch(side, op, &before);
        ret->r = run_path(side, op, ret);
        if (op->watch)
                say_changes(side, op, &before, ret);
}

/*
 * The dump
 */

struct dump {
        struct side *side;
        char *text;
        size_t used, size;
        struct {
                uint64_t ino;
                uint32_t dev;
                char path[120];
        } seen[512]; /* files with several links, by the first path they were met at */
        size_t nseen;
        int entries;
};

static void put(struct dump *dump, const char *text)
{
        size_t n = strlen(text);

        if (dump->used + n + 2 > dump->size) {
                dump->size = (dump->size + n + 4096) * 2;
                dump->text = realloc(dump->text, dump->size);
        }
        memcpy(dump->text + dump->used, text, n);
        dump->used += n;
        dump->text[dump->used] = '\0';
}

static const char *first_path(struct dump *dump, const struct vfs_statx *st, const char *path)
{
        for (size_t i = 0; i < dump->nseen; i++) {
                if (dump->seen[i].ino == st->ino && dump->seen[i].dev == st->dev_minor)
                        return dump->seen[i].path;
        }
        if (dump->nseen < 512) {
                dump->seen[dump->nseen].ino = st->ino;
                dump->seen[dump->nseen].dev = st->dev_minor;
                snprintf(dump->seen[dump->nseen].path, sizeof(dump->seen[0].path), "%.100s", path);
                dump->nseen++;
        }
        return "-";
}

/* Content: a hash of the first 64 KiB, of the last page, and where data begins and ends. */
static void say_content(struct outcome *out, struct driver *d, int fd, int64_t size)
{
        int64_t n = d->ops->pread(d, fd, data, 65536, 0), at = 0;

        if (n > 0)
                say(out, " data %016llx", (unsigned long long)hash(data, (size_t)n));
        if (size > 65536) {
                n = d->ops->pread(d, fd, data, 4096, size - 4096);
                if (n > 0)
                        say(out, " tail %016llx", (unsigned long long)hash(data, (size_t)n));
        }
        for (int i = 0; i < 6; i++) {
                at = d->ops->lseek(d, fd, at, i & 1 ? VFS_SEEK_HOLE : VFS_SEEK_DATA);
                say(out, " %lld", (long long)at);
                if (at < 0)
                        break;
        }
}

static void say_all_xattrs(struct outcome *out, struct driver *d, const char *path)
{
        static char list[4096], value[70000];
        int64_t n = d->ops->listxattr(d, path, list, sizeof(list), 1), size;
        char *names[64];
        size_t count = 0;

        if (n <= 0)
                return;
        for (int64_t at = 0; at < n && count < 64; at += (int64_t)strlen(list + at) + 1)
                names[count++] = list + at;
        qsort(names, count, sizeof(*names), compare_names);
        for (size_t i = 0; i < count; i++) {
                size = d->ops->getxattr(d, path, names[i], value, sizeof(value), 1);
                say(out, " %.20s=%lld/%08x", names[i], (long long)size,
                    size > 0 ? (unsigned int)hash(value, (size_t)size) : 0);
        }
}

static void dump_tree(struct dump *dump, const char *path, int depth)
{
        struct driver *d = dump->side->d;
        struct outcome line = { .text = "" };
        struct vfs_statx st;
        char child[4096], target[64], **names;
        int64_t r, count;
        int fd;

        if (++dump->entries > 5000 || depth > 12)
                return;
        r = d->ops->statx(d, DRIVER_CWD, path, VFS_AT_SYMLINK_NOFOLLOW, VFS_STATX_BASIC_STATS, &st);
        say(&line, "%.300s: ", path);
        if (r < 0) {
                say(&line, "error %lld", (long long)-r);
                goto done;
        }
        say_attr(&line, &st);
        if (st.nlink > 1 && (st.mode & S_IFMT) != S_IFDIR)
                say(&line, " first %s", first_path(dump, &st, path));
        say_all_xattrs(&line, d, path);
        if ((st.mode & S_IFMT) == S_IFREG) {
                fd = (int)d->ops->openat(d, DRIVER_CWD, path, O_RDONLY | O_NOATIME | O_NOFOLLOW, 0);
                if (fd >= 0) {
                        say_content(&line, d, fd, (int64_t)st.size);
                        d->ops->close(d, fd);
                }
        } else if ((st.mode & S_IFMT) == S_IFLNK) {
                r = d->ops->readlink(d, DRIVER_CWD, path, target, sizeof(target));
                say(&line, " -> %.*s", (int)(r < 0 ? 0 : r), target);
        }
done:
        say(&line, "\n");
        put(dump, line.text);
        if (r < 0 || (st.mode & S_IFMT) != S_IFDIR)
                return;
        fd = (int)d->ops->openat(d, DRIVER_CWD, path, O_RDONLY | O_DIRECTORY | O_NOATIME, 0);
        if (fd < 0)
                return;
        count = list_names(d, fd, &names);
        d->ops->close(d, fd);
        if (count < 0)
                return;
        for (int64_t i = 0; i < count; i++) {
                char *bar = strrchr(names[i], '|');

                *bar = '\0';
                if (!strcmp(names[i], ".") || !strcmp(names[i], ".."))
                        continue;
                snprintf(child, sizeof(child), "%s/%.300s", strcmp(path, "/") ? path : "", names[i]);
                if (strlen(child) < 4000)
                        dump_tree(dump, child, depth + 1);
        }
        free_names(names, count);
}

char *side_dump(struct side *side)
{
        struct dump *dump = calloc(1, sizeof(*dump));
        struct driver *d = side->d;
        char *text;

        if (!dump)
                return NULL;
        dump->side = side;
        side_become(side, 0);
        put(dump, "");
        dump_tree(dump, "/", 0);
        for (int i = 0; i < OP_SLOTS; i++) {
                struct outcome line = { .text = "" };
                struct vfs_statx st;

                if (side->fds[i] == DRIVER_BAD_FD)
                        continue;
                say(&line, "slot %d: ", i);
                if (d->ops->fstat(d, side->fds[i], &st) == 0) {
                        say_attr(&line, &st);
                        say(&line, " flags %llo",
                            (unsigned long long)d->ops->fcntl(d, side->fds[i], VFS_F_GETFL, 0) &
                                    ~VFS_O_LARGEFILE);
                        if ((st.mode & S_IFMT) == S_IFREG)
                                say(&line, " at %lld",
                                    (long long)d->ops->lseek(d, side->fds[i], 0, SEEK_CUR));
                }
                say(&line, "\n");
                put(dump, line.text);
        }
        text = dump->text;
        free(dump);
        return text;
}
