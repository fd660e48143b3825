/*
 * proc.c - /proc, by name.
 *
 * The host's procfs of the guests' process id namespace (vr.proc: process 1 mounts it,
 * nowhere) has the right numbers and nearly all the right answers; not those about
 * files. So a path that begins with /proc is looked at here, before the library gets it:
 *
 * - self and thread-self are the caller's numbers;
 * - mounts, mountinfo and mountstats are the library's text, as it is when they are opened;
 * - cwd, root, exe and fd/N lead to virtual files: the rest of the path is then walked by the
 *   library, from the name that the place has now; fd/N of the host's is opened anew on
 *   the host (pipes, terminals);
 * - ns/mnt is the library's namespace;
 * - everything else is opened read-only on the host, and the guest gets that descriptor.
 *
 * /dev/fd, /dev/stdin, /dev/stdout and /dev/stderr are the same as /proc/self/fd.
 *
 * Limits: it goes by the text of the path, where the caller's root is the first namespace's;
 * a working directory below /proc, or a symlink into it, does not work, nor mounts on it. A
 * removed file cannot be opened by fd/N: ENOENT. What is opened in /proc shows the host's device
 * and inode numbers, and its ids of processes: all guests are one user there.
 */
#include "tools/vfsrun/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <vfs/fsapi.h>

#include "tools/vfsrun/sys.h"
#include "tools/vfsrun/task.h"

enum kind {
        NOT,   /* not below /proc */
        PLAIN, /* the host's */
        TEXT,  /* the library's */
        CWD, ROOT, EXE, FD, NS, /* magic links */
};

struct ref {
        enum kind kind;
        struct task *task;    /* whose it is, referenced; NULL: nobody's, or no guest's */
        char host[VFS_PATH_MAX]; /* the path below vr.proc, "." for all of it */
        const char *rest;     /* behind a magic link, in the path given; "" at its end */
        int fd;               /* FD */
        int (*text)(const struct vfs_ctx *ctx, char **ret_text, size_t *ret_size);
};

static int make_text(const struct vfs_ctx *ctx, int64_t (*list)(const struct vfs_ctx *, char *, size_t),
                     char **ret_text, size_t *ret_size)
{
        size_t size = 16384;

        for (;;) {
                char *text = malloc(size);
                int64_t n;

                if (!text)
                        return -ENOMEM;
                n = list(ctx, text, size);
                if (n >= 0 && (size_t)n <= size) {
                        *ret_text = text;
                        *ret_size = (size_t)n;
                        return 0;
                }
                free(text);
                if (n < 0)
                        return (int)n;
                size = (size_t)n + 4096;
        }
}

static int text_mounts(const struct vfs_ctx *ctx, char **ret_text, size_t *ret_size)
{
        return make_text(ctx, vfs_mounts, ret_text, ret_size);
}

static int text_mountinfo(const struct vfs_ctx *ctx, char **ret_text, size_t *ret_size)
{
        return make_text(ctx, vfs_mountinfo, ret_text, ret_size);
}

static int text_mountstats(const struct vfs_ctx *ctx, char **ret_text, size_t *ret_size)
{
        return make_text(ctx, vfs_mountstats, ret_text, ret_size);
}

/* The types that a guest can mount. */
static int text_filesystems(const struct vfs_ctx *ctx, char **ret_text, size_t *ret_size)
{
        static const char types[] = "nodev\ttmpfs\n";

        *ret_text = strdup(types);
        *ret_size = strlen(types);
        return *ret_text ? 0 : -ENOMEM;
}

/* Moves past slashes and name: is it the next component? */
static int take(const char **at, const char *name)
{
        const char *p = *at + strspn(*at, "/");
        size_t n = strlen(name);

        if (p == *at || strncmp(p, name, n) != 0 || (p[n] != '/' && p[n] != '\0'))
                return 0;
        *at = p + n;
        return 1;
}

static int take_number(const char **at, int *ret)
{
        const char *p = *at + strspn(*at, "/");
        char *end;
        long n = strtol(p, &end, 10);

        if (p == *at || *p < '0' || *p > '9' || (*end != '/' && *end != '\0') || n > INT32_MAX)
                return 0;
        *ret = (int)n;
        *at = end;
        return 1;
}

/* Behind a process: its links and texts. */
static void parse_process(struct ref *r, const char *at)
{
        static const struct {
                const char *name;
                enum kind kind;
                int (*text)(const struct vfs_ctx *, char **, size_t *);
        } known[] = {
                { "cwd", CWD, NULL },
                { "root", ROOT, NULL },
                { "exe", EXE, NULL },
                { "mounts", TEXT, text_mounts },
                { "mountinfo", TEXT, text_mountinfo },
                { "mountstats", TEXT, text_mountstats },
        };
        const char *fd = at;

        for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
                if (take(&at, known[i].name)) {
                        r->kind = known[i].kind;
                        r->text = known[i].text;
                        r->rest = at;
                        return;
                }
        if (take(&fd, "fd") && take_number(&fd, &r->fd)) {
                r->kind = FD;
                r->rest = fd;
        } else if (take(&at, "ns") && take(&at, "mnt")) {
                r->kind = NS;
                r->rest = at;
        }
}

/* What a path means. Put ref->task. */
static void parse(struct call *c, const char *path, struct ref *r)
{
        static const char *const streams[] = { "stdin", "stdout", "stderr" };
        struct task *t = c->task;
        const char *at = path;
        int pid, tid;

        memset(r, 0, offsetof(struct ref, host));
        r->rest = "";
        r->fd = -1;
        r->text = NULL;
        r->host[0] = '\0';
        if (path[0] != '/' || t->ctx.root.dentry != vr.root_path.dentry)
                return;
        if (take(&at, "dev")) {
                for (int i = 0; i < 3; i++)
                        if (take(&at, streams[i]))
                                r->fd = i;
                if (r->fd < 0 && (!take(&at, "fd") || !take_number(&at, &r->fd)))
                        return;
                r->kind = FD;
                r->task = task_get(t);
                r->rest = at;
                return;
        }
        if (!take(&at, "proc"))
                return;
        r->kind = PLAIN;
        if (take(&at, "self")) {
                r->task = task_get(t);
                snprintf(r->host, sizeof(r->host), "%d", t->guest_tgid);
        } else if (take(&at, "thread-self")) {
                r->task = task_get(t);
                snprintf(r->host, sizeof(r->host), "%d/task/%d", t->guest_tgid, t->guest_tid);
        } else if (take_number(&at, &pid)) {
                r->task = task_by_guest(pid);
                snprintf(r->host, sizeof(r->host), "%d", pid);
        } else if (take(&at, "mounts")) {
                r->kind = TEXT;
                r->task = task_get(t);
                r->text = text_mounts;
                snprintf(r->host, sizeof(r->host), "%d/mounts", t->guest_tgid);
                return;
        } else if (take(&at, "filesystems")) {
                r->kind = TEXT;
                r->task = task_get(t);
                r->text = text_filesystems;
                snprintf(r->host, sizeof(r->host), "filesystems");
                return;
        }
        if (r->task) {
                const char *behind = at;

                if (take(&behind, "task") && take_number(&behind, &tid)) {
                        struct task *thread = task_by_guest(tid);

                        if (thread) {
                                task_put(r->task);
                                r->task = thread;
                                parse_process(r, behind);
                        }
                } else {
                        parse_process(r, at);
                }
        }
        if (strlen(r->host) + strlen(at) + 1 < sizeof(r->host))
                strcat(r->host, r->host[0] ? at : at + strspn(at, "/"));
        if (!r->host[0])
                strcpy(r->host, ".");
}

static void ref_put(struct ref *r)
{
        task_put(r->task);
}

/* The name of what a magic link leads to, as the caller sees it. */
static int64_t link_name(struct call *c, const struct ref *r, char *buf, size_t size)
{
        struct vfs_path place;
        struct desc d;
        char name[32];
        int64_t n;
        int fds;

        switch (r->kind) {
        case CWD:
        case ROOT:
                task_place(r->task, r->kind == ROOT, &place);
                n = vfs_path_name(&c->task->ctx, &place, buf, size);
                vfs_path_put(&place);
                return n;
        case EXE: {
                struct exe *exe = task_exe(r->task);

                n = exe ? vfs_path_name(&c->task->ctx, &exe->path, buf, size) : -ENOENT;
                exe_put(exe);
                return n;
        }
        case FD:
                if (desc_of_thread(r->task->tid, r->fd, &d) == 0) {
                        n = vfs_path_name(&c->task->ctx, vfs_file_path(d.file), buf, size);
                        desc_put(&d);
                        return n;
                }
                snprintf(name, sizeof(name), "/proc/%d/fd/%d", r->task->tid, r->fd);
                fds = (int)readlink(name, buf, size - 1);
                if (fds < 0)
                        return -errno;
                buf[fds] = '\0';
                return fds + 1;
        case NS: {
                struct vfs_fsctx *fs = task_fs(r->task);
                struct vfs_ctx ctx = { 0 };

                vfs_fsctx_refresh(fs, &ctx);
                n = snprintf(buf, size, "mnt:[%lu]", 4026531840ul + (unsigned long)vfs_mntns_id(ctx.mntns)) +
                    1;
                vfs_fsctx_release(&ctx);
                vfs_fsctx_put(fs);
                return n;
        }
        default:
                return -EINVAL;
        }
}

int proc_resolve(struct call *c, char path[VFS_PATH_MAX], int follow)
{
        char name[VFS_PATH_MAX], rest[VFS_PATH_MAX];
        struct ref r;
        int64_t n = 0;

        if (path[0] != '/' || (strncmp(path, "/proc/", 6) != 0 && strncmp(path, "/dev/", 5) != 0))
                return 0;
        parse(c, path, &r);
        if (r.kind >= CWD && r.kind != NS && (*r.rest || follow)) {
                strcpy(rest, r.rest);
                n = link_name(c, &r, name, sizeof(name));
                if (n > 0 && name[0] == '/' && (size_t)n + strlen(rest) <= VFS_PATH_MAX) {
                        strcpy(path, name);
                        strcat(path, rest);
                        n = 0;
                } else if (n > 0) {
                        n = name[0] == '/' ? -ENAMETOOLONG : *rest ? -ENOTDIR : 0; /* a pipe: proc_open's */
                }
        }
        ref_put(&r);
        return (int)n;
}

int proc_absolute(struct task *t, int fd, char path[VFS_PATH_MAX])
{
        char name[64], link[VFS_PATH_MAX], full[2 * VFS_PATH_MAX];
        struct stat st, root;
        ssize_t n;

        snprintf(name, sizeof(name), "/proc/%d/fd/%d", t->tid, fd);
        if (stat(name, &st) < 0 || fstat(vr.proc, &root) < 0 || st.st_dev != root.st_dev ||
            !S_ISDIR(st.st_mode))
                return -ENOTDIR;
        n = readlink(name, link, sizeof(link) - 1);
        if (n < 0)
                return -ENOTDIR;
        link[n] = '\0';
        if ((size_t)snprintf(full, sizeof(full), "/proc%s%s%s", link[1] ? link : "", *path ? "/" : "",
                             path) >= VFS_PATH_MAX)
                return -ENAMETOOLONG;
        strcpy(path, full);
        return 0;
}

/* A namespace as an open file. */
static void ns_release(struct vfs_file *file)
{
        vfs_mntns_put(file->priv);
}

static const struct vfs_file_ops ns_ops = { .size = sizeof(ns_ops), .release = ns_release };

struct vfs_mntns *proc_mntns(const struct vfs_file *file)
{
        return file->ops == &ns_ops ? file->priv : NULL;
}

/*
 * The maps of a user namespace: ids are the same in all of them, so a map that says so is
 * taken, and another is EPERM. setgroups takes its two words.
 */
static int64_t map_write(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, int64_t *pos,
                         uint32_t flags)
{
        char text[4096], *at = text, *end;
        size_t n = vfs_iter_copy_from(it, text, it->count < sizeof(text) - 1 ? it->count : sizeof(text) - 1);

        text[n] = '\0';
        if (n == 0)
                return -EINVAL;
        if (strncmp(text, "deny", 4) == 0 || strncmp(text, "allow", 5) == 0)
                return (int64_t)n;
        while (*at && *at != '\n') {
                unsigned long inside = strtoul(at, &end, 10), outside;

                if (end == at)
                        return -EINVAL;
                outside = strtoul(at = end, &end, 10);
                if (end == at)
                        return -EINVAL;
                strtoul(at = end, &end, 10);
                if (end == at)
                        return -EINVAL;
                if (inside != outside)
                        return -EPERM;
                at = end + (*end == '\n');
        }
        return (int64_t)n;
}

static const struct vfs_file_ops map_ops = { .size = sizeof(map_ops), .write = map_write };

static int64_t open_map(struct call *c, uint32_t flags)
{
        struct vfs_file *file;
        int r;

        if (!c->task->cred->userns)
                return -EPERM; /* the first one's are written already */
        r = vfs_file_new(&c->task->ctx, &vr.root_path, &map_ops, flags & VFS_O_ACCMODE,
                         sizeof(struct vfs_file), &file);
        return r < 0 ? r : desc_install(c, file, flags & VFS_O_CLOEXEC);
}

static int is_map(const char *host)
{
        const char *name = strrchr(host, '/');

        return name && (strcmp(name, "/uid_map") == 0 || strcmp(name, "/gid_map") == 0 ||
                        strcmp(name, "/setgroups") == 0);
}

static int64_t open_ns(struct call *c, const struct ref *r, uint32_t flags)
{
        struct vfs_fsctx *fs = task_fs(r->task);
        struct vfs_ctx ctx = { 0 };
        struct vfs_file *file;
        struct vfs_path root;
        int n;

        vfs_fsctx_refresh(fs, &ctx);
        vfs_mntns_root(ctx.mntns, &root);
        n = vfs_file_new(&c->task->ctx, &root, &ns_ops, VFS_O_RDONLY, sizeof(struct vfs_file), &file);
        if (n == 0)
                file->priv = vfs_mntns_get(ctx.mntns);
        vfs_path_put(&root);
        vfs_fsctx_release(&ctx);
        vfs_fsctx_put(fs);
        return n < 0 ? n : desc_install(c, file, flags & VFS_O_CLOEXEC);
}

/* Text as a file of the host's that can only be read. */
static int text_fd(const struct ref *r)
{
        struct vfs_fsctx *fs = task_fs(r->task);
        struct vfs_ctx ctx = { 0 };
        char *text, path[32];
        size_t size;
        int fd = -1, out = -1, n;

        vfs_fsctx_refresh(fs, &ctx);
        ctx.cred = vr.root;
        n = r->text(&ctx, &text, &size);
        vfs_fsctx_release(&ctx);
        vfs_fsctx_put(fs);
        if (n < 0)
                return n;
        fd = memfd_create("proc", MFD_CLOEXEC);
        if (fd >= 0 && write(fd, text, size) == (ssize_t)size) {
                snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
                out = open(path, O_RDONLY | O_CLOEXEC);
        }
        n = out < 0 ? -errno : out;
        if (fd >= 0)
                close(fd);
        free(text);
        return n;
}

static int64_t inject(struct call *c, int fd, uint32_t flags)
{
        struct seccomp_notif_addfd add = {
                .id = c->n->id,
                .flags = SECCOMP_ADDFD_FLAG_SEND,
                .srcfd = (uint32_t)fd,
                .newfd_flags = flags & VFS_O_CLOEXEC ? O_CLOEXEC : 0,
        };
        int64_t r = CALL_REPLIED;

        if (fd < 0)
                return fd;
        if (ioctl(vr.listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0)
                r = -errno;
        close(fd);
        return r;
}

int64_t proc_open(struct call *c, const char *path, uint32_t flags)
{
        const int kept = (int)(flags & (VFS_O_ACCMODE | VFS_O_NONBLOCK | VFS_O_APPEND | VFS_O_DIRECTORY |
                                        VFS_O_NOFOLLOW | VFS_O_PATH)) |
                         O_CLOEXEC | O_NOCTTY;
        char link[64];
        struct ref r;
        int64_t n = PROC_NOT;
        int fd;

        parse(c, path, &r);
        switch (r.kind) {
        case PLAIN:
                if ((flags & VFS_O_ACCMODE) != VFS_O_RDONLY && r.task == c->task && is_map(r.host))
                        n = open_map(c, flags);
                else if ((flags & VFS_O_ACCMODE) != VFS_O_RDONLY && !(flags & VFS_O_PATH))
                        n = faccessat(vr.proc, r.host, F_OK, 0) < 0 ? -errno : -EACCES;
                else {
                        fd = openat(vr.proc, r.host, kept);
                        n = inject(c, fd < 0 ? -errno : fd, flags);
                }
                break;
        case TEXT:
                if (*r.rest)
                        n = -ENOTDIR;
                else
                        n = (flags & VFS_O_ACCMODE) != VFS_O_RDONLY ? -EACCES : inject(c, text_fd(&r), flags);
                break;
        case FD:
                /* Of the host's, or proc_resolve had made it a path. */
                snprintf(link, sizeof(link), "/proc/%d/fd/%d", r.task->tid, r.fd);
                fd = open(link, kept | O_NONBLOCK); /* a FIFO of the host's must not stop vfsrun */
                if (fd >= 0 && !(flags & (VFS_O_NONBLOCK | VFS_O_PATH)))
                        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
                n = inject(c, fd < 0 ? -errno : fd, flags);
                break;
        case NS:
                n = *r.rest ? -ENOTDIR : open_ns(c, &r, flags);
                break;
        default:
                break;
        }
        ref_put(&r);
        return n;
}

int64_t proc_stat(struct call *c, const char *path, uint32_t flags, struct vfs_statx *x)
{
        char link[64];
        struct statx st;
        struct ref r;
        int64_t n = PROC_NOT;
        int dir = vr.proc;
        const char *host = r.host;

        parse(c, path, &r);
        if (r.kind == FD) {
                snprintf(link, sizeof(link), "/proc/%d/fd/%d", r.task->tid, r.fd);
                host = link;
                dir = AT_FDCWD;
        }
        if (r.kind != NOT) {
                n = statx(dir, host, (int)(flags & VFS_AT_SYMLINK_NOFOLLOW), STATX_BASIC_STATS, &st) < 0
                            ? -errno
                            : 0;
                if (n == 0)
                        memcpy(x, &st, sizeof(*x));
        }
        ref_put(&r);
        return n;
}

int64_t proc_readlink(struct call *c, const char *path, char *buf, size_t size)
{
        char name[VFS_PATH_MAX];
        struct ref r;
        int64_t n = PROC_NOT;
        const char *at = path;

        parse(c, path, &r);
        if (r.kind == PLAIN) {
                if (take(&at, "proc") && take(&at, "self") && !*at)
                        n = snprintf(name, sizeof(name), "%d", c->task->guest_tgid) + 1;
                else if ((at = path, take(&at, "proc") && take(&at, "thread-self") && !*at))
                        n = snprintf(name, sizeof(name), "%d/task/%d", c->task->guest_tgid,
                                     c->task->guest_tid) +
                            1;
                else {
                        n = readlinkat(vr.proc, r.host, name, sizeof(name));
                        n = n < 0 ? -errno : n + 1;
                }
        } else if (r.kind == TEXT) {
                n = -EINVAL;
        } else if (r.kind != NOT) {
                n = link_name(c, &r, name, sizeof(name));
        }
        ref_put(&r);
        if (n <= 0)
                return n;
        n--;
        if ((size_t)n > size)
                n = (int64_t)size;
        memcpy(buf, name, (size_t)n);
        return n;
}

int64_t proc_access(struct call *c, const char *path, uint32_t mode)
{
        struct vfs_statx x;
        int64_t n = proc_stat(c, path, 0, &x);

        return n == 0 && (mode & VFS_W_OK) ? -EACCES : n;
}
