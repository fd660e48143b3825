/*
 * Whole behaviour of mounts, beside the host: each test is a script of calls that runs on vfs2 and, in a child with a
 * mount namespace of its own and a tmpfs as its root, on Linux; every result and every text must be the same. Numbers of
 * mounts and devices in mountinfo are replaced by the order in which they appear.
 *
 * Where the host allows no mount namespace, the host's part is left out and nothing is compared.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vfs/vfs.h>
#include "tests/unit/test_main.h"

#define SLOTS     4
#define STEPS_MAX 64

enum op {
        END,
        MKDIR,
        TOUCH,   /* create a file */
        SYMLINK, /* a: target, b: name */
        MOUNT,   /* a: source, b: target, c: type, flags, d: data */
        UMOUNT,
        ACCESS, /* flags: mode */
        CHDIR,
        CHROOT,
        GETCWD,
        RMDIR,
        UNLINK,
        RENAME,
        EXCHANGE,
        LINK,
        CHMOD,
        TRUNCATE,
        UTIMENS,
        SETXATTR,
        OPEN,  /* into slot, with flags */
        CLOSE, /* slot */
        FCHDIR,
        MKDIRAT, /* slot, a */
        ACCESSAT,
        READ,     /* slot */
        ATTRS,    /* type, MOUNT_ROOT */
        INFO,     /* mountinfo */
        PIPEOPEN, /* O_RDWR of a FIFO; creates it first if flags */
        READLINK,
        DROP, /* become nobody, for the rest of the script */
};

struct step {
        enum op op;
        const char *a, *b, *c, *d;
        uint64_t flags;
        int slot;
};

struct result {
        int64_t r;
        char text[4096];
};

static struct result *host, *ours;

/*
 * The host
 */

static int64_t host_errno(long r)
{
        return r < 0 ? -errno : 0;
}

static void host_step(const struct step *s, int proc, int *fds, struct result *res)
{
        struct statx stx;
        char byte;
        int fd;

        res->text[0] = '\0';
        switch (s->op) {
        case MKDIR:
                res->r = host_errno(mkdir(s->a, 0755));
                break;
        case TOUCH:
                fd = open(s->a, O_CREAT | O_WRONLY, 0644);
                res->r = host_errno(fd);
                if (fd >= 0)
                        close(fd);
                break;
        case SYMLINK:
                res->r = host_errno(symlink(s->a, s->b));
                break;
        case MOUNT:
                res->r = host_errno(mount(s->a, s->b, s->c, s->flags, s->d));
                break;
        case UMOUNT:
                res->r = host_errno(umount2(s->a, (int)s->flags));
                break;
        case ACCESS:
                res->r = host_errno(access(s->a, (int)s->flags));
                break;
        case CHDIR:
                res->r = host_errno(chdir(s->a));
                break;
        case CHROOT:
                res->r = host_errno(chroot(s->a));
                break;
        case GETCWD:
                res->r = host_errno(syscall(SYS_getcwd, res->text, sizeof(res->text)));
                break;
        case RMDIR:
                res->r = host_errno(rmdir(s->a));
                break;
        case UNLINK:
                res->r = host_errno(unlink(s->a));
                break;
        case RENAME:
                res->r = host_errno(rename(s->a, s->b));
                break;
        case EXCHANGE:
                res->r = host_errno(syscall(SYS_renameat2, AT_FDCWD, s->a, AT_FDCWD, s->b, 2));
                break;
        case LINK:
                res->r = host_errno(link(s->a, s->b));
                break;
        case CHMOD:
                res->r = host_errno(chmod(s->a, 0755));
                break;
        case TRUNCATE:
                res->r = host_errno(truncate(s->a, 0));
                break;
        case UTIMENS:
                res->r = host_errno(utimensat(AT_FDCWD, s->a, NULL, 0));
                break;
        case SETXATTR:
                res->r = host_errno(syscall(SYS_setxattr, s->a, "trusted.x", "v", 1, 0));
                break;
        case OPEN:
                fds[s->slot] = open(s->a, (int)s->flags, 0644);
                res->r = host_errno(fds[s->slot]);
                break;
        case CLOSE:
                res->r = host_errno(close(fds[s->slot]));
                break;
        case FCHDIR:
                res->r = host_errno(fchdir(fds[s->slot]));
                break;
        case MKDIRAT:
                res->r = host_errno(mkdirat(fds[s->slot], s->a, 0755));
                break;
        case ACCESSAT:
                res->r = host_errno(faccessat(fds[s->slot], s->a, F_OK, 0));
                break;
        case READ:
                res->r = host_errno(read(fds[s->slot], &byte, 1));
                break;
        case ATTRS:
                res->r = host_errno(statx(AT_FDCWD, s->a, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx));
                if (res->r == 0)
                        snprintf(res->text, sizeof(res->text), "%o %d", stx.stx_mode & S_IFMT,
                                 (stx.stx_attributes & 0x2000) != 0);
                break;
        case INFO:
                fd = openat(proc, "self/mountinfo", O_RDONLY);
                res->r = host_errno(fd);
                if (fd >= 0) {
                        ssize_t n, used = 0;

                        while ((n = read(fd, res->text + used, sizeof(res->text) - 1 - (size_t)used)) > 0)
                                used += n;
                        res->text[used] = '\0';
                        close(fd);
                }
                break;
        case PIPEOPEN:
                if (s->flags)
                        mkfifo(s->a, 0644);
                fd = open(s->a, O_RDWR);
                res->r = host_errno(fd);
                if (fd >= 0)
                        close(fd);
                break;
        case DROP:
                res->r = host_errno(setuid(65534));
                break;
        case READLINK:
                res->r = host_errno(readlink(s->a, res->text, sizeof(res->text) - 1));
                break;
        case END:
                break;
        }
}

/* In a child of its own. Exit status 0: ran; 1: the host does not allow it. */
static void host_run(const struct step *steps)
{
        int fds[SLOTS], proc = open("/proc", O_RDONLY | O_DIRECTORY);

        umask(022);
        if (proc < 0 || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("rootsrc", "/tmp", "tmpfs", 0, "mode=755") < 0 || chdir("/tmp") < 0 ||
            mkdir("old", 0755) < 0 || syscall(SYS_pivot_root, ".", "old") < 0 || chdir("/") < 0 ||
            umount2("old", MNT_DETACH) < 0 || rmdir("old") < 0)
                _exit(1);
        for (; steps->op != END; steps++)
                host_step(steps, proc, fds, host++);
        _exit(0);
}

/*
 * vfs2
 */

static struct vfs *vfs;
static struct vfs_ctx ctx;
static struct vfs_cred *cred;

static void ours_step(const struct step *s, struct vfs_file **files, struct result *res)
{
        struct vfs_path path = { NULL, NULL };
        struct vfs_file *file = NULL;
        struct vfs_statx stx;
        struct vfs_iter it;
        int64_t n;
        char byte;

        res->text[0] = '\0';
        switch (s->op) {
        case MKDIR:
                res->r = vfs_mkdir(&ctx, NULL, s->a, 0755);
                break;
        case TOUCH:
                res->r = vfs_open(&ctx, NULL, s->a, VFS_O_CREAT | VFS_O_WRONLY, 0644, &file);
                if (res->r == 0)
                        vfs_file_put(file);
                break;
        case SYMLINK:
                res->r = vfs_symlink(&ctx, s->a, NULL, s->b);
                break;
        case MOUNT:
                res->r = vfs_mount(&ctx, s->a, s->b, s->c, s->flags, s->d);
                break;
        case UMOUNT:
                res->r = vfs_umount(&ctx, s->a, (uint32_t)s->flags);
                break;
        case ACCESS:
                res->r = vfs_access(&ctx, NULL, s->a, (uint32_t)s->flags, 0);
                break;
        case CHDIR:
        case FCHDIR:
                if (s->op == CHDIR)
                        res->r = vfs_chdir(&ctx, NULL, s->a, &path);
                else
                        res->r = vfs_chdir(&ctx, files[s->slot], NULL, &path);
                if (res->r == 0) {
                        vfs_path_put(&ctx.cwd);
                        ctx.cwd = path;
                }
                break;
        case CHROOT:
                res->r = vfs_chroot(&ctx, s->a, &path);
                if (res->r == 0) {
                        vfs_path_put(&ctx.root);
                        ctx.root = path;
                }
                break;
        case GETCWD:
                n = vfs_getcwd(&ctx, res->text, sizeof(res->text));
                res->r = n < 0 ? n : 0;
                break;
        case RMDIR:
                res->r = vfs_rmdir(&ctx, NULL, s->a);
                break;
        case UNLINK:
                res->r = vfs_unlink(&ctx, NULL, s->a, 0);
                break;
        case RENAME:
                res->r = vfs_rename(&ctx, NULL, s->a, NULL, s->b, 0);
                break;
        case EXCHANGE:
                res->r = vfs_rename(&ctx, NULL, s->a, NULL, s->b, VFS_RENAME_EXCHANGE);
                break;
        case LINK:
                res->r = vfs_link(&ctx, NULL, s->a, NULL, s->b, 0);
                break;
        case CHMOD:
                res->r = vfs_chmod(&ctx, NULL, s->a, 0755, 0);
                break;
        case TRUNCATE:
                res->r = vfs_truncate(&ctx, s->a, 0);
                break;
        case UTIMENS:
                res->r = vfs_utimens(&ctx, NULL, s->a, NULL, 0);
                break;
        case SETXATTR:
                res->r = vfs_setxattr(&ctx, NULL, s->a, "trusted.x", "v", 1, 0, 0);
                break;
        case OPEN:
                res->r = vfs_open(&ctx, NULL, s->a, (uint32_t)s->flags, 0644, &files[s->slot]);
                break;
        case CLOSE:
                res->r = 0;
                vfs_file_put(files[s->slot]);
                files[s->slot] = NULL;
                break;
        case MKDIRAT:
                res->r = vfs_mkdir(&ctx, files[s->slot], s->a, 0755);
                break;
        case ACCESSAT:
                res->r = vfs_access(&ctx, files[s->slot], s->a, VFS_F_OK, 0);
                break;
        case READ:
                vfs_iter_init_buf(&it, &byte, 1);
                n = vfs_file_read(&ctx, files[s->slot], &it, 0);
                res->r = n < 0 ? n : 0;
                break;
        case ATTRS:
                res->r = vfs_statx(&ctx, NULL, s->a, VFS_AT_SYMLINK_NOFOLLOW, VFS_STATX_BASIC_STATS, &stx);
                if (res->r == 0)
                        snprintf(res->text, sizeof(res->text), "%o %d", stx.mode & VFS_S_IFMT,
                                 (stx.attributes & VFS_STATX_ATTR_MOUNT_ROOT) != 0);
                break;
        case INFO:
                n = vfs_mountinfo(&ctx, res->text, sizeof(res->text) - 1);
                res->r = n < 0 ? n : 0;
                if (n >= 0)
                        res->text[n] = '\0';
                break;
        case PIPEOPEN:
                if (s->flags)
                        vfs_mknod(&ctx, NULL, s->a, VFS_S_IFIFO | 0644, 0);
                res->r = vfs_open(&ctx, NULL, s->a, VFS_O_RDWR, 0, &file);
                if (res->r == 0)
                        vfs_file_put(file);
                break;
        case DROP:
                vfs_cred_put(cred);
                res->r = vfs_cred_new(&(struct vfs_cred_opts){ .size = sizeof(struct vfs_cred_opts),
                                                               .uid = 65534,
                                                               .ruid = 65534 },
                                      &cred);
                ctx.cred = cred;
                break;
        case READLINK:
                n = vfs_readlink(&ctx, NULL, s->a, res->text, sizeof(res->text) - 1);
                res->r = n < 0 ? n : 0;
                break;
        case END:
                break;
        }
}

/*
 * Comparing
 */

/* The number of s among those seen so far; a new one is added. */
static int order_of(char seen[64][32], const char *s)
{
        int i = 0;

        while (i < 63 && seen[i][0] != '\0' && strcmp(seen[i], s) != 0)
                i++;
        if (seen[i][0] == '\0')
                snprintf(seen[i], sizeof(seen[i]), "%.31s", s);
        return i;
}

/*
 * Rewrites mountinfo's numbers by their order of appearance. Parents that are not listed (a chroot's) become "-", and so
 * does a mount's own number, which Linux shows for a namespace's root.
 */
static void normalise(char *text)
{
        char seen_ids[64][32] = { { 0 } }, seen_devs[64][32] = { { 0 } }, out[4096];
        char ids[64][32] = { { 0 } };
        char *save, *line, copy[4096];
        size_t used = 0;
        int n = 0;

        memcpy(copy, text, sizeof(copy));
        for (line = strtok_r(copy, "\n", &save); line != NULL && n < 63; line = strtok_r(NULL, "\n", &save))
                sscanf(line, "%31s", ids[n++]);
        out[0] = '\0';
        for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
                char id[32], parent[32], dev[32];
                int rest = 0, listed = 0;

                ck_assert_int_eq(sscanf(line, "%31s %31s %31s %n", id, parent, dev, &rest), 3);
                for (int i = 0; i < n; i++)
                        listed |= strcmp(parent, ids[i]) == 0 && strcmp(parent, id) != 0;
                used += (size_t)snprintf(out + used, sizeof(out) - used, "%d ", order_of(seen_ids, id));
                if (listed)
                        used += (size_t)snprintf(out + used, sizeof(out) - used, "%d ",
                                                 order_of(seen_ids, parent));
                else
                        used += (size_t)snprintf(out + used, sizeof(out) - used, "- ");
                used += (size_t)snprintf(out + used, sizeof(out) - used, "dev%d %s\n",
                                         order_of(seen_devs, dev), line + rest);
        }
        memcpy(text, out, used + 1);
}

static void run(const struct step *steps)
{
        const size_t size = STEPS_MAX * sizeof(struct result);
        struct vfs_file *files[SLOTS] = { NULL };
        struct vfs_mntns *ns;
        int status, n = 0;
        pid_t pid;

        host = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        ck_assert_ptr_ne(host, MAP_FAILED);
        ours = host + STEPS_MAX;
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
                host_run(steps);

        ck_assert_int_eq(vfs_new(NULL, &vfs), 0);
        ck_assert_int_eq(vfs_cred_new_root(&cred), 0);
        ck_assert_int_eq(vfs_mntns_new(vfs, cred, "rootsrc", "tmpfs", 0, "mode=755", &ns), 0);
        vfs_ctx_init(&ctx, ns, cred);
        vfs_path_get(&ctx.root);
        vfs_path_get(&ctx.cwd);
        for (const struct step *s = steps; s->op != END; s++, n++) {
                ck_assert_int_lt(n, STEPS_MAX);
                ours_step(s, files, &ours[n]);
        }
        for (int i = 0; i < SLOTS; i++)
                vfs_file_put(files[i]);
        vfs_path_put(&ctx.root);
        vfs_path_put(&ctx.cwd);
        vfs_mntns_put(ns);
        vfs_cred_put(cred);
        vfs_free(vfs);

        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFEXITED(status));
        if (WEXITSTATUS(status) != 0)
                fprintf(stderr, "# the host allows no mount namespace: nothing was compared\n");
        for (int i = 0; i < n && WEXITSTATUS(status) == 0; i++) {
                const struct step *s = &steps[i];

                if (s->op == INFO) {
                        normalise(host[i].text);
                        normalise(ours[i].text);
                }
                ck_assert_msg(host[i].r == ours[i].r, "step %d, op %d \"%s\" \"%s\": host %d, vfs2 %d", i,
                              s->op, s->a ? s->a : "", s->b ? s->b : "", (int)host[i].r, (int)ours[i].r);
                ck_assert_msg(strcmp(host[i].text, ours[i].text) == 0, "step %d, op %d:\nhost: %s\nvfs2: %s",
                              i, s->op, host[i].text, ours[i].text);
        }
        munmap(host, 2 * size);
}

#define TMPFS(target)                                        \
        {                                                    \
                MOUNT, .a = "src", .b = target, .c = "tmpfs" \
        }
#define BIND(source, target)                                      \
        {                                                         \
                MOUNT, .a = source, .b = target, .flags = MS_BIND \
        }
#define REMOUNT(target, f)                                    \
        {                                                     \
                MOUNT, .b = target, .flags = MS_REMOUNT | (f) \
        }
#define CALL(o, path)        \
        {                    \
                o, .a = path \
        }
#define CALL2(o, x, y)            \
        {                         \
                o, .a = x, .b = y \
        }
#define SLOT(o, n)           \
        {                    \
                o, .slot = n \
        }

START_TEST(test_mount_ops_arguments)
{
        static const struct step steps[] = {
                CALL(MKDIR, "d"),
                CALL(TOUCH, "f"),
                CALL2(SYMLINK, "d", "l"),
                { MOUNT, .b = "nope", .c = "tmpfs" },
                { MOUNT, .b = "", .c = "tmpfs" },
                { MOUNT, .b = "d", .c = "nofs" },
                { MOUNT, .b = "d", .c = "" },
                { MOUNT, .b = "d" },
                { MOUNT, .b = "d", .c = "tmpfs", .flags = 1u << 31 },
                { MOUNT, .b = "d", .c = "tmpfs", .d = "zork" },
                { MOUNT, .b = "f", .c = "tmpfs" },
                { MOUNT, .b = "d", .flags = MS_BIND },
                { MOUNT, .a = "", .b = "d", .flags = MS_BIND },
                { MOUNT, .a = "nope", .b = "d", .flags = MS_BIND },
                BIND("f", "d"),
                BIND("d", "f"),
                REMOUNT("d", 0),
                REMOUNT("d", MS_BIND),
                { UMOUNT, .a = "d" },
                { UMOUNT, .a = "nope" },
                { UMOUNT, .a = "" },
                { UMOUNT, .a = "d", .flags = 64 },
                { UMOUNT, .a = "d", .flags = MNT_DETACH | MNT_EXPIRE },
                /* Old magic; a symlink as target; mounts end up at the link's target. */
                { MOUNT, .a = "src", .b = "d", .c = "tmpfs", .flags = 0xc0ed0000u },
                { MOUNT, .b = "l", .c = "tmpfs" },
                { MOUNT, .a = "", .b = "l/", .c = "tmpfs" },
                CALL(INFO, NULL),
                { UMOUNT, .a = "l", .flags = UMOUNT_NOFOLLOW },
                { UMOUNT, .a = "l/", .flags = UMOUNT_NOFOLLOW },
                { UMOUNT, .a = "l" },
                { UMOUNT, .a = "f/" },
                CALL(INFO, NULL),
                { .op = END },
        };

        run(steps);
}
END_TEST

START_TEST(test_mount_ops_without_privilege)
{
        static const struct step steps[] = {
                CALL(MKDIR, "d"),
                TMPFS("d"),
                CALL(DROP, NULL),
                TMPFS("nope"),
                TMPFS("d"),
                { MOUNT, .b = "d" },
                { MOUNT, .b = "d", .flags = 1u << 31 },
                BIND("nope", "d"),
                REMOUNT("d", MS_BIND | MS_RDONLY),
                { MOUNT, .b = "d", .flags = MS_MOVE },
                { UMOUNT, .a = "nope" },
                { UMOUNT, .a = "d" },
                { UMOUNT, .a = "/" },
                { UMOUNT, .a = "d", .flags = 64 },
                { UMOUNT, .a = "d", .flags = MNT_EXPIRE | MNT_FORCE },
                CALL(INFO, NULL),
                { .op = END },
        };

        run(steps);
}
END_TEST

START_TEST(test_mount_ops_stack)
{
        static const struct step steps[] = {
                CALL(MKDIR, "d"),
                CALL(TOUCH, "d/below"),
                CALL(CHDIR, "d"),
                TMPFS("/d"),
                CALL(TOUCH, "/d/first"),
                /* The covered directory stays where it is for who is in it. */
                CALL(ACCESS, "below"),
                CALL(ACCESS, "first"),
                CALL(ACCESS, "../d/first"),
                CALL(ACCESS, "/d/below"),
                CALL(GETCWD, NULL),
                TMPFS("."),
                CALL(TOUCH, "/d/second"),
                CALL(ACCESS, "/d/first"),
                CALL(ACCESS, "/d/../d/second"),
                CALL(INFO, NULL),
                { UMOUNT, .a = "." },
                CALL(ACCESS, "/d/first"),
                CALL(CHDIR, ".."),
                CALL(CHDIR, "d"),
                CALL(ACCESS, "first"),
                CALL(CHDIR, ".."),
                CALL(GETCWD, NULL),
                { UMOUNT, .a = "d" },
                { UMOUNT, .a = "d" },
                CALL(ACCESS, "d/below"),
                { .op = END },
        };

        run(steps);
}
END_TEST

START_TEST(test_mount_ops_dotdot)
{
        static const struct step steps[] = {
                CALL(MKDIR, "a"),
                CALL(MKDIR, "a/b"),
                CALL(MKDIR, "a/b/c"),
                CALL(MKDIR, "x"),
                CALL(MKDIR, "x/y"),
                BIND("a/b", "x/y"),
                CALL(ACCESS, "x/y/c/../../../a"),
                CALL(ACCESS, "x/y/../y/c"),
                CALL(ACCESS, "x/y/../b"),
                CALL(CHDIR, "x/y/c"),
                CALL(GETCWD, NULL),
                CALL(CHDIR, ".."),
                CALL(GETCWD, NULL),
                CALL(CHDIR, ".."),
                CALL(GETCWD, NULL),
                CALL(CHDIR, "../../../../.."),
                CALL(GETCWD, NULL),
                /* A file system of its own in the chroot, whose ".." ends there. */
                TMPFS("x"),
                CALL(MKDIR, "x/in"),
                CALL(CHROOT, "x"),
                CALL(GETCWD, NULL),
                CALL(ACCESS, "a/b"),
                CALL(ACCESS, "/in/../../.."),
                CALL(ACCESS, "/../../in"),
                CALL(INFO, NULL),
                CALL(CHDIR, "x/in"),
                CALL(GETCWD, NULL),
                CALL(CHDIR, "../.."),
                CALL(GETCWD, NULL),
                { .op = END },
        };

        run(steps);
}
END_TEST

START_TEST(test_mount_ops_busy)
{
        static const struct step steps[] = {
                CALL(MKDIR, "d"),
                TMPFS("d"),
                CALL(MKDIR, "d/sub"),
                CALL(TOUCH, "d/f"),
                { OPEN, .a = "d/f", .slot = 0 },
                { UMOUNT, .a = "d" },
                { UMOUNT, .a = "d", .flags = MNT_FORCE },
                SLOT(CLOSE, 0),
                { OPEN, .a = "d/f", .flags = O_PATH, .slot = 0 },
                { UMOUNT, .a = "d" },
                SLOT(CLOSE, 0),
                CALL(CHDIR, "d/sub"),
                { UMOUNT, .a = "/d" },
                CALL(CHDIR, "/"),
                TMPFS("d/sub"),
                { UMOUNT, .a = "d" },
                { UMOUNT, .a = "d/sub/.." },
                { UMOUNT, .a = "d/f" },
                { UMOUNT, .a = "d/sub" },
                { UMOUNT, .a = "d/sub" },
                { UMOUNT, .a = "d" },
                { UMOUNT, .a = "d" },
                /* The caller's root: read-only instead, unless somebody writes. */
                { OPEN, .a = "w", .flags = O_CREAT | O_RDWR, .slot = 1 },
                { UMOUNT, .a = "/" },
                SLOT(CLOSE, 1),
                { UMOUNT, .a = "/" },
                CALL(MKDIR, "no"),
                CALL(INFO, NULL),
                { UMOUNT, .a = "/" },
                REMOUNT("/", 0),
                CALL(MKDIR, "no"),
                { .op = END },
        };

        run(steps);
}
END_TEST

START_TEST(test_mount_ops_detach)
{
        static const struct step steps[] = {
                CALL(MKDIR, "p"),
                TMPFS("p"),
                CALL(MKDIR, "p/c"),
                CALL(TOUCH, "p/c/under"),
                TMPFS("p/c"),
                CALL(TOUCH, "p/c/inside"),
                { OPEN, .a = "p", .flags = O_DIRECTORY, .slot = 0 },
                { OPEN, .a = "p/c", .flags = O_DIRECTORY, .slot = 1 },
                { OPEN, .a = "p/c/inside", .slot = 2 },
                { UMOUNT, .a = "p", .flags = MNT_DETACH },
                CALL(INFO, NULL),
                { ACCESSAT, .a = "c/inside", .slot = 0 },
                { ACCESSAT, .a = "c/under", .slot = 0 },
                { ACCESSAT, .a = "inside", .slot = 1 },
                { ACCESSAT, .a = "../inside", .slot = 1 },
                { MKDIRAT, .a = "new", .slot = 1 },
                SLOT(READ, 2),
                SLOT(FCHDIR, 1),
                CALL(GETCWD, NULL),
                CALL(CHDIR, ".."),
                CALL(GETCWD, NULL),
                CALL(CHDIR, "new"),
                CALL(GETCWD, NULL),
                TMPFS("."),
                BIND("/p", "."),
                BIND(".", "/p"),
                { UMOUNT, .a = ".." },
                { UMOUNT, .a = "..", .flags = MNT_DETACH },
                REMOUNT("..", MS_BIND | MS_RDONLY),
                REMOUNT("..", MS_RDONLY),
                CALL(RMDIR, "../new"),
                CALL(GETCWD, NULL),
                CALL(CHDIR, "/p"),
                CALL(GETCWD, NULL),
                { UMOUNT, .a = "/", .flags = MNT_DETACH },
                CALL(GETCWD, NULL),
                CALL(INFO, NULL),
                CALL(ACCESS, "/p"),
                TMPFS("/p"),
                { UMOUNT, .a = "/" },
                CALL(MKDIR, "/q"),
                { .op = END },
        };

        run(steps);
}
END_TEST

START_TEST(test_mount_ops_mount_points_stay)
{
        static const struct step steps[] = {
                CALL(MKDIR, "d"),
                CALL(MKDIR, "d/m"),
                CALL(MKDIR, "e"),
                CALL(TOUCH, "f"),
                CALL(TOUCH, "g"),
                TMPFS("d/m"),
                BIND("f", "f"),
                CALL(RMDIR, "d/m"),
                CALL(RMDIR, "d"),
                CALL(UNLINK, "f"),
                CALL(UNLINK, "d/m"),
                CALL2(RENAME, "d/m", "d/n"),
                CALL2(RENAME, "e", "d/m"),
                CALL2(RENAME, "g", "f"),
                CALL2(RENAME, "f", "g"),
                CALL2(EXCHANGE, "f", "g"),
                CALL2(EXCHANGE, "e", "d/m"),
                CALL2(LINK, "f", "h"),
                CALL2(RENAME, "d", "dd"),
                CALL(ACCESS, "dd/m"),
                CALL(INFO, NULL),
                CALL(ATTRS, "dd"),
                CALL(ATTRS, "dd/m"),
                CALL(ATTRS, "f"),
                CALL(ATTRS, "g"),
                CALL(ATTRS, "/"),
                { UMOUNT, .a = "f" },
                CALL2(RENAME, "g", "f"),
                { UMOUNT, .a = "dd/m" },
                CALL(RMDIR, "dd/m"),
                /* Between two binds of one filesystem, and on a removed directory. */
                CALL(MKDIR, "b"),
                BIND("e", "b"),
                CALL(TOUCH, "e/x"),
                CALL2(RENAME, "b/x", "e/y"),
                CALL2(LINK, "b/x", "e/y"),
                CALL2(RENAME, "b/x", "b/y"),
                CALL(ACCESS, "e/y"),
                CALL(MKDIR, "gone"),
                CALL(CHDIR, "gone"),
                CALL(RMDIR, "../gone"),
                TMPFS("."),
                BIND("/e", "."),
                CALL(GETCWD, NULL),
                { .op = END },
        };

        run(steps);
}
END_TEST

START_TEST(test_mount_ops_read_only_mount)
{
        static const struct step steps[] = {
                CALL(MKDIR, "d"),
                CALL(MKDIR, "b"),
                CALL(TOUCH, "d/f"),
                { PIPEOPEN, .a = "d/fifo", .flags = 1 },
                { MOUNT, .a = "d", .b = "b", .flags = MS_BIND | MS_RDONLY },
                CALL(TOUCH, "b/new"),
                { OPEN, .a = "b/f", .flags = O_WRONLY, .slot = 0 },
                REMOUNT("b", MS_BIND | MS_RDONLY),
                SLOT(CLOSE, 0),
                { OPEN, .a = "d/f", .flags = O_WRONLY, .slot = 0 },
                REMOUNT("b", MS_BIND | MS_RDONLY),
                CALL(INFO, NULL),
                { OPEN, .a = "b/f", .flags = O_WRONLY, .slot = 1 },
                { OPEN, .a = "b/f", .flags = O_RDONLY | O_CREAT, .slot = 1 },
                { OPEN, .a = "b/f", .flags = O_RDONLY | O_CREAT | O_EXCL, .slot = 2 },
                CALL(TOUCH, "b/nn"),
                CALL(MKDIR, "b/f"),
                CALL(MKDIR, "b/nn"),
                CALL(UNLINK, "b/nope"),
                CALL(RMDIR, "b/nope"),
                CALL(UNLINK, "b/f"),
                CALL2(RENAME, "b/nope", "b/nope2"),
                CALL2(LINK, "b/f", "b/g"),
                { ACCESS, .a = "b/f", .flags = W_OK },
                { ACCESS, .a = "b/fifo", .flags = W_OK },
                CALL(CHMOD, "b/f"),
                CALL(TRUNCATE, "b/f"),
                CALL(UTIMENS, "b/f"),
                CALL(SETXATTR, "b/f"),
                CALL(PIPEOPEN, "b/fifo"),
                CALL(CHMOD, "d/f"),
                /* The superblock: a writer on any mount is in the way; then every mount is read-only. */
                REMOUNT("/", MS_RDONLY),
                SLOT(CLOSE, 0),
                REMOUNT("b", MS_BIND),
                REMOUNT("/", MS_RDONLY),
                CALL(TOUCH, "b/new2"),
                CALL(CHMOD, "d/f"),
                CALL(INFO, NULL),
                REMOUNT("b", 0),
                CALL(INFO, NULL),
                CALL(TOUCH, "b/new2"),
                CALL(TOUCH, "new2"),
                REMOUNT("/", 0),
                CALL(TOUCH, "new2"),
                { .op = END },
        };

        run(steps);
}
END_TEST

START_TEST(test_mount_ops_flags)
{
        static const struct step steps[] = {
                CALL(MKDIR, "d"),
                { MOUNT, .a = "s", .b = "d", .c = "tmpfs",
                  .flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NODIRATIME | 256 |
                           MS_SYNCHRONOUS | MS_DIRSYNC | MS_MANDLOCK | MS_LAZYTIME },
                CALL(INFO, NULL),
                REMOUNT("d", MS_BIND),
                CALL(INFO, NULL),
                REMOUNT("d", MS_BIND | MS_STRICTATIME),
                CALL(INFO, NULL),
                REMOUNT("d", MS_BIND | MS_NOATIME),
                CALL(INFO, NULL),
                REMOUNT("d", MS_NOSUID),
                CALL(INFO, NULL),
                REMOUNT("d", MS_NOATIME | MS_RELATIME),
                CALL(INFO, NULL),
                REMOUNT("d", MS_BIND | MS_NODIRATIME | MS_NOEXEC),
                CALL(INFO, NULL),
                CALL(TOUCH, "d/x"),
                CALL(CHMOD, "d/x"),
                { ACCESS, .a = "d/x", .flags = X_OK },
                REMOUNT("d", MS_BIND | 256),
                CALL2(SYMLINK, "x", "d/l"),
                CALL(ACCESS, "d/l"),
                CALL(READLINK, "d/l"),
                CALL(ATTRS, "d/l"),
                { MOUNT, .b = "d", .flags = MS_REMOUNT, .d = "zork=1" },
                { MOUNT, .b = "d", .flags = MS_REMOUNT | MS_BIND, .d = "zork=1" },
                { MOUNT, .a = "s", .b = "d", .c = "tmpfs", .flags = MS_NOATIME | MS_STRICTATIME },
                { MOUNT, .a = "s", .b = "d", .c = "tmpfs", .flags = MS_RELATIME | MS_NODEV, .d = "" },
                CALL(INFO, NULL),
                { .op = END },
        };

        run(steps);
}
END_TEST

START_TEST(test_mount_ops_mountinfo_names)
{
        static const struct step steps[] = {
                CALL(MKDIR, "s p\t\n\\#"),
                { MOUNT, .a = "a b#\\\t\n", .b = "s p\t\n\\#", .c = "tmpfs" },
                CALL(MKDIR, "n"),
                { MOUNT, .b = "n", .c = "tmpfs" },
                CALL(MKDIR, "e"),
                { MOUNT, .a = "", .b = "e", .c = "tmpfs" },
                CALL(MKDIR, "s p\t\n\\#/in #"),
                CALL(MKDIR, "b"),
                BIND("s p\t\n\\#/in #", "b"),
                CALL(INFO, NULL),
                CALL(RMDIR, "s p\t\n\\#/in #"),
                CALL(INFO, NULL),
                CALL(CHDIR, "b"),
                CALL(GETCWD, NULL),
                CALL(CHROOT, "/s p\t\n\\#"),
                CALL(INFO, NULL),
                { .op = END },
        };

        run(steps);
}
END_TEST

START_TEST(test_mount_ops_recursive_bind)
{
        static const struct step steps[] = {
                CALL(MKDIR, "a"),
                CALL(MKDIR, "a/1"),
                CALL(MKDIR, "a/2"),
                CALL(MKDIR, "b"),
                CALL(MKDIR, "c"),
                TMPFS("a/1"),
                CALL(MKDIR, "a/1/deep"),
                TMPFS("a/1/deep"),
                CALL(TOUCH, "a/1/deep/f"),
                TMPFS("a/2"),
                { MOUNT, .a = "a", .b = "b", .flags = MS_BIND | MS_REC },
                BIND("a", "c"),
                CALL(INFO, NULL),
                CALL(ACCESS, "b/1/deep/f"),
                CALL(ACCESS, "c/1/deep"),
                { UMOUNT, .a = "b" },
                { UMOUNT, .a = "c" },
                /* Of a directory of the mounted one: only what is below it. */
                { MOUNT, .a = "a/1", .b = "c", .flags = MS_BIND | MS_REC },
                CALL(INFO, NULL),
                { UMOUNT, .a = "b", .flags = MNT_DETACH },
                CALL(ACCESS, "a/1/deep/f"),
                CALL(ACCESS, "b/1"),
                { MOUNT, .a = "/", .b = "b", .flags = MS_BIND | MS_REC },
                CALL(INFO, NULL),
                CALL(ACCESS, "b/a/1/deep/f"),
                CALL(ACCESS, "b/b/a"),
                { UMOUNT, .a = "b/a/2" },
                CALL(INFO, NULL),
                { .op = END },
        };

        run(steps);
}
END_TEST

TEST_MAIN("mount operations", test_mount_ops_arguments, test_mount_ops_without_privilege,
          test_mount_ops_stack, test_mount_ops_dotdot, test_mount_ops_busy, test_mount_ops_detach,
          test_mount_ops_mount_points_stay, test_mount_ops_read_only_mount, test_mount_ops_flags,
          test_mount_ops_mountinfo_names, test_mount_ops_recursive_bind)
