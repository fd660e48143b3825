/*
 * host_driver.c - the host kernel as a driver.
 *
 * The process unshares its mount namespace, mounts a tmpfs and makes it the root
 * of that namespace with pivot_root, so that "/" and ".." mean on the host what
 * they mean in a namespace of vfs2. /proc stays reachable through a descriptor.
 *
 * Credentials are changed by the raw system calls, with the saved ids left at 0:
 * the way back is always open, and only the calling thread is meant.
 */
#include "tests/semantics/host_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/* Set once the process has no /proc any more. */
static int proc_is_gone;

#ifdef __has_feature
#define BUILT_WITH_ASAN __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define BUILT_WITH_ASAN 1
#endif
#if BUILT_WITH_ASAN
#include <sanitizer/lsan_interface.h>

/* The search for leaks needs /proc. */
int __lsan_is_turned_off(void)
{
        return proc_is_gone;
}
#endif

/* The host's settings; read once, because /proc is out of sight later. */
static struct {
        const char *name;
        unsigned int value;
        int known;
} sysctls[] = { { .name = "protected_hardlinks" },
                { .name = "protected_symlinks" },
                { .name = "protected_regular" },
                { .name = "protected_fifos" } };

uint32_t driver_host_sysctl(const char *name)
{
        char path[64];
        uint32_t value = 0;
        FILE *f;

        for (size_t i = 0; i < sizeof(sysctls) / sizeof(sysctls[0]); i++) {
                if (!sysctls[i].known) {
                        snprintf(path, sizeof(path), "/proc/sys/fs/%s", sysctls[i].name);
                        f = fopen(path, "re");
                        if (f && fscanf(f, "%u", &sysctls[i].value) != 1)
                                sysctls[i].value = 0;
                        if (f)
                                fclose(f);
                        sysctls[i].known = 1;
                }
                if (!strcmp(sysctls[i].name, name))
                        value = sysctls[i].value;
        }
        return value;
}

int host_out_of_the_way(int fd, int number)
{
        if (fd >= 0 && dup3(fd, number, O_CLOEXEC) == number) {
                close(fd);
                return number;
        }
        return fd;
}

static void host_free(struct driver *d)
{
        host_tasks_end(d);
        close(PROC(d));
        free(d);
}

int host_capset(uint64_t effective)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[2];

        if (syscall(SYS_capget, &header, data) < 0)
                return -errno;
        data[0].effective = (uint32_t)effective & data[0].permitted;
        data[1].effective = (uint32_t)(effective >> 32) & data[1].permitted;
        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int64_t host_set_cred(struct driver *d, const struct driver_cred *cred)
{
        int r;

        r = host_capset(~UINT64_C(0));
        if (r < 0)
                return r;
        if (syscall(SYS_setgroups, cred->ngroups, cred->groups) < 0 ||
            syscall(SYS_setresgid, cred->gid, cred->gid, 0) < 0 ||
            syscall(SYS_setresuid, cred->uid, cred->uid, 0) < 0)
                return -errno;
        host_new_credentials(d);
        return host_capset(cred->caps);
}

static int64_t host_umask(struct driver *d, uint32_t mask)
{
        return umask(mask);
}

static int64_t host_chdir(struct driver *d, const char *path)
{
        return answer(chdir(path));
}

static int64_t host_fchdir(struct driver *d, int fd)
{
        return answer(fchdir(fd));
}

static int64_t host_chroot(struct driver *d, const char *path)
{
        return answer(chroot(path));
}

static int64_t host_getcwd(struct driver *d, char *buf, size_t size)
{
        return answer(syscall(SYS_getcwd, buf, size));
}

static int64_t host_fsize_limit(struct driver *d, uint64_t bytes)
{
        struct rlimit limit = { .rlim_cur = bytes ? bytes : RLIM_INFINITY, .rlim_max = RLIM_INFINITY };

        return answer(setrlimit(RLIMIT_FSIZE, &limit));
}

static int64_t host_openat(struct driver *d, int dir, const char *path, uint32_t flags, uint32_t mode)
{
        return answer(syscall(SYS_openat, dir, path, flags, mode));
}

static int64_t host_openat2(struct driver *d, int dir, const char *path, const void *how, size_t size)
{
        const struct open_how *h = how;
        int64_t r;

        /*
         * A scoped walk is EAGAIN when any directory of the machine is renamed
         * meanwhile: somebody else's, since nobody renames here but us.
         */
        do
                r = answer(syscall(SYS_openat2, dir, path, how, size));
        while (r == -EAGAIN && size >= sizeof(*h) && (h->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) &&
               !(h->resolve & RESOLVE_CACHED));
        return r;
}

static int64_t host_open_exec(struct driver *d, int dir, const char *path, uint32_t flags)
{
        static char *const none[] = { NULL };
        char *const argv[] = { (char *)(uintptr_t)path, NULL };
        int64_t r = answer(syscall(SYS_execveat, dir, path, argv, none, flags));

        return r == -ENOEXEC ? 0 : r; /* it was opened, and read */
}

static int64_t host_close(struct driver *d, int fd)
{
        return answer(close(fd));
}

static int64_t host_dup(struct driver *d, int fd)
{
        return answer(dup(fd));
}

static int64_t host_dup3(struct driver *d, int fd, int newfd, uint32_t flags)
{
        return answer(syscall(SYS_dup3, fd, newfd, flags));
}

static int64_t host_fcntl(struct driver *d, int fd, int cmd, uint64_t arg)
{
        return answer(syscall(SYS_fcntl, fd, cmd, arg));
}

static int64_t host_close_range(struct driver *d, uint32_t first, uint32_t last, uint32_t flags)
{
        return answer(syscall(SYS_close_range, first, last, flags));
}

static int64_t host_read(struct driver *d, int fd, void *buf, size_t n)
{
        return answer(read(fd, buf, n));
}

static int64_t host_write(struct driver *d, int fd, const void *buf, size_t n)
{
        return answer(write(fd, buf, n));
}

static int64_t host_pread(struct driver *d, int fd, void *buf, size_t n, int64_t off)
{
        return answer(pread(fd, buf, n, off));
}

static int64_t host_pwrite(struct driver *d, int fd, const void *buf, size_t n, int64_t off)
{
        return answer(pwrite(fd, buf, n, off));
}

static int64_t host_lseek(struct driver *d, int fd, int64_t off, int whence)
{
        return answer(lseek(fd, off, whence));
}

static int64_t host_getdents(struct driver *d, int fd, void *buf, size_t n)
{
        return answer(syscall(SYS_getdents64, fd, buf, n));
}

static int64_t host_statx(struct driver *d, int dir, const char *path, uint32_t flags, uint32_t mask,
                          struct vfs_statx *st)
{
        _Static_assert(sizeof(struct vfs_statx) == sizeof(struct statx), "the record is Linux's");
        return answer(syscall(SYS_statx, dir, path, flags, mask, st));
}

/* fstat(2) with statx's record: the same attributes, but unlike statx("") without a path at all. */
static int64_t host_fstat(struct driver *d, int fd, struct vfs_statx *st)
{
        return host_statx(d, fd, "", AT_EMPTY_PATH, VFS_STATX_BASIC_STATS | VFS_STATX_BTIME, st);
}

static void statfs_convert(const struct statfs *from, struct vfs_statfs *to)
{
        memset(to, 0, sizeof(*to));
        to->type = (uint64_t)from->f_type;
        to->bsize = (uint64_t)from->f_bsize;
        to->blocks = from->f_blocks;
        to->bfree = from->f_bfree;
        to->bavail = from->f_bavail;
        to->files = from->f_files;
        to->ffree = from->f_ffree;
        to->namelen = (uint64_t)from->f_namelen;
        to->frsize = (uint64_t)from->f_frsize;
        to->flags = (uint64_t)from->f_flags;
}

static int64_t host_statfs(struct driver *d, const char *path, struct vfs_statfs *st)
{
        struct statfs buf;

        if (statfs(path, &buf) < 0)
                return -errno;
        statfs_convert(&buf, st);
        return 0;
}

static int64_t host_fstatfs(struct driver *d, int fd, struct vfs_statfs *st)
{
        struct statfs buf;

        if (fstatfs(fd, &buf) < 0)
                return -errno;
        statfs_convert(&buf, st);
        return 0;
}

static int64_t host_fchmod(struct driver *d, int fd, uint32_t mode)
{
        return answer(fchmod(fd, mode));
}

static int64_t host_fchown(struct driver *d, int fd, uint32_t uid, uint32_t gid)
{
        return answer(fchown(fd, uid, gid));
}

static int64_t host_utimens(struct driver *d, int dir, const char *path, const struct vfs_timespec times[2],
                            uint32_t flags)
{
        return answer(syscall(SYS_utimensat, dir, path, times, flags));
}

static int64_t host_futimens(struct driver *d, int fd, const struct vfs_timespec times[2])
{
        return host_utimens(d, fd, NULL, times, 0);
}

static int64_t host_ftruncate(struct driver *d, int fd, int64_t length)
{
        return answer(ftruncate(fd, length));
}

static int64_t host_fallocate(struct driver *d, int fd, uint32_t mode, int64_t off, int64_t len)
{
        return answer(fallocate(fd, (int)mode, off, len));
}

static int64_t host_fsync(struct driver *d, int fd)
{
        return answer(fsync(fd));
}

static int64_t host_fsetxattr(struct driver *d, int fd, const char *name, const void *value, size_t n,
                              uint32_t flags)
{
        return answer(fsetxattr(fd, name, value, n, (int)flags));
}

static int64_t host_fgetxattr(struct driver *d, int fd, const char *name, void *value, size_t n)
{
        return answer(fgetxattr(fd, name, value, n));
}

static int64_t host_flistxattr(struct driver *d, int fd, char *list, size_t n)
{
        return answer(flistxattr(fd, list, n));
}

static int64_t host_fremovexattr(struct driver *d, int fd, const char *name)
{
        return answer(fremovexattr(fd, name));
}

static int64_t host_copy_file_range(struct driver *d, int in, int64_t *off_in, int out, int64_t *off_out,
                                    size_t n, uint32_t flags)
{
        return answer(syscall(SYS_copy_file_range, in, off_in, out, off_out, n, flags));
}

static int64_t host_mmap(struct driver *d, int fd, int64_t off, size_t n, uint32_t prot, int shared)
{
        void *p = mmap(NULL, n, (int)prot, shared ? MAP_SHARED : MAP_PRIVATE, fd, off);

        if (p == MAP_FAILED)
                return -errno;
        munmap(p, n);
        return 0;
}

static int64_t host_fd_path(struct driver *d, int fd, char *buf, size_t size)
{
        char name[32];
        ssize_t n;

        snprintf(name, sizeof(name), "self/fd/%d", fd);
        n = readlinkat(PROC(d), name, buf, size - 1);
        if (n < 0)
                return -errno;
        buf[n] = '\0';
        return n + 1;
}

static int64_t host_access(struct driver *d, int dir, const char *path, uint32_t mode, uint32_t flags)
{
        return answer(syscall(SYS_faccessat2, dir, path, mode, flags));
}

static int64_t host_mkdir(struct driver *d, int dir, const char *path, uint32_t mode)
{
        return answer(mkdirat(dir, path, mode));
}

static int64_t host_mknod(struct driver *d, int dir, const char *path, uint32_t mode, uint32_t major_nr,
                          uint32_t minor_nr)
{
        return answer(syscall(SYS_mknodat, dir, path, mode, makedev(major_nr, minor_nr)));
}

static int64_t host_symlink(struct driver *d, const char *target, int dir, const char *path)
{
        return answer(symlinkat(target, dir, path));
}

static int64_t host_readlink(struct driver *d, int dir, const char *path, char *buf, size_t n)
{
        return answer(syscall(SYS_readlinkat, dir, path, buf, n));
}

static int64_t host_link(struct driver *d, int olddir, const char *oldpath, int newdir, const char *newpath,
                         uint32_t flags)
{
        return answer(syscall(SYS_linkat, olddir, oldpath, newdir, newpath, flags));
}

static int64_t host_unlink(struct driver *d, int dir, const char *path, uint32_t flags)
{
        return answer(syscall(SYS_unlinkat, dir, path, flags));
}

static int64_t host_rename(struct driver *d, int olddir, const char *oldpath, int newdir, const char *newpath,
                           uint32_t flags)
{
        return answer(syscall(SYS_renameat2, olddir, oldpath, newdir, newpath, flags));
}

static int64_t host_chmod(struct driver *d, int dir, const char *path, uint32_t mode, uint32_t flags)
{
        return answer(syscall(SYS_fchmodat2, dir, path, mode, flags));
}

static int64_t host_chown(struct driver *d, int dir, const char *path, uint32_t uid, uint32_t gid,
                          uint32_t flags)
{
        return answer(syscall(SYS_fchownat, dir, path, uid, gid, flags));
}

static int64_t host_truncate(struct driver *d, const char *path, int64_t length)
{
        return answer(truncate(path, length));
}

static int64_t host_setxattr(struct driver *d, const char *path, const char *name, const void *value,
                             size_t n, uint32_t flags, int nofollow)
{
        return answer((nofollow ? lsetxattr : setxattr)(path, name, value, n, (int)flags));
}

static int64_t host_getxattr(struct driver *d, const char *path, const char *name, void *value, size_t n,
                             int nofollow)
{
        return answer((nofollow ? lgetxattr : getxattr)(path, name, value, n));
}

static int64_t host_listxattr(struct driver *d, const char *path, char *list, size_t n, int nofollow)
{
        return answer((nofollow ? llistxattr : listxattr)(path, list, n));
}

static int64_t host_removexattr(struct driver *d, const char *path, const char *name, int nofollow)
{
        return answer((nofollow ? lremovexattr : removexattr)(path, name));
}

static const struct driver_ops host_ops = {
        .name = "host",
        .free = host_free,
        .set_cred = host_set_cred,
        .umask = host_umask,
        .chdir = host_chdir,
        .fchdir = host_fchdir,
        .chroot = host_chroot,
        .getcwd = host_getcwd,
        .fsize_limit = host_fsize_limit,
        .openat = host_openat,
        .openat2 = host_openat2,
        .open_exec = host_open_exec,
        .close = host_close,
        .dup = host_dup,
        .dup3 = host_dup3,
        .fcntl = host_fcntl,
        .close_range = host_close_range,
        .read = host_read,
        .write = host_write,
        .pread = host_pread,
        .pwrite = host_pwrite,
        .lseek = host_lseek,
        .getdents = host_getdents,
        .fstat = host_fstat,
        .fstatfs = host_fstatfs,
        .fchmod = host_fchmod,
        .fchown = host_fchown,
        .futimens = host_futimens,
        .ftruncate = host_ftruncate,
        .fallocate = host_fallocate,
        .fsync = host_fsync,
        .fsetxattr = host_fsetxattr,
        .fgetxattr = host_fgetxattr,
        .flistxattr = host_flistxattr,
        .fremovexattr = host_fremovexattr,
        .copy_file_range = host_copy_file_range,
        .mmap = host_mmap,
        .fd_path = host_fd_path,
        .statx = host_statx,
        .statfs = host_statfs,
        .access = host_access,
        .mkdir = host_mkdir,
        .mknod = host_mknod,
        .symlink = host_symlink,
        .readlink = host_readlink,
        .link = host_link,
        .unlink = host_unlink,
        .rename = host_rename,
        .chmod = host_chmod,
        .chown = host_chown,
        .utimens = host_utimens,
        .truncate = host_truncate,
        .setxattr = host_setxattr,
        .getxattr = host_getxattr,
        .listxattr = host_listxattr,
        .removexattr = host_removexattr,
        .task_new = host_task_new,
        .task_switch = host_task_switch,
        .unshare = host_unshare,
        .ns_save = host_ns_save,
        .ns_enter = host_ns_enter,
        .ns_drop = host_ns_drop,
        .ns_id = host_ns_id,
        .mount = host_mount,
        .umount = host_umount,
        .pivot_root = host_pivot_root,
        .fsopen = host_fsopen,
        .fspick = host_fspick,
        .fsconfig = host_fsconfig,
        .fsmount = host_fsmount,
        .open_tree = host_open_tree,
        .open_tree_attr = host_open_tree_attr,
        .move_mount = host_move_mount,
        .mount_setattr = host_mount_setattr,
        .mountinfo = host_mountinfo,
        .mounts = host_mounts,
        .mountstats = host_mountstats,
        .mounts_watch = host_mounts_watch,
        .mounts_changed = host_mounts_changed,
        .mounts_unwatch = host_mounts_unwatch,
        .statmount = host_statmount,
        .listmount = host_listmount,
};

int driver_host_is_older(int major_nr, int minor_nr)
{
        struct utsname name;
        int major_has, minor_has;

        return uname(&name) < 0 || sscanf(name.release, "%d.%d", &major_has, &minor_has) != 2 ||
               major_has < major_nr || (major_has == major_nr && minor_has < minor_nr);
}

/* Makes a new tmpfs the root of a new mount namespace of this process. */
static int enter_tmpfs(const char *options)
{
        if (unshare(CLONE_NEWNS | CLONE_FS) < 0)
                return -errno;
        proc_is_gone = 1;
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("tmpfs", "/tmp", "tmpfs", 0, options) < 0 || chdir("/tmp") < 0)
                return -errno;
        if (syscall(SYS_pivot_root, ".", ".") == 0) {
                if (umount2(".", MNT_DETACH) < 0)
                        return -errno;
        } else if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0) {
                return -errno; /* the root of an initramfs cannot be pivoted away, only covered */
        }
        return chdir("/") < 0 ? -errno : 0;
}

int driver_host_new(const char *tmpfs_options, struct driver **ret_driver)
{
        struct host_driver *h;
        int r;

        if (geteuid() != 0)
                return -EPERM;
        if (driver_host_is_older(6, 6))
                return -ENOSYS;
        driver_host_sysctl("protected_symlinks");
        h = calloc(1, sizeof(*h));
        if (!h)
                return -ENOMEM;
        h->driver.ops = &host_ops;
        h->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (h->proc < 0) {
                r = -errno;
                goto fail;
        }
        h->proc = host_out_of_the_way(h->proc, HOST_FD_PROC);
        r = enter_tmpfs(tmpfs_options);
        if (r < 0)
                goto fail;
        umask(0);
        signal(SIGXFSZ, SIG_IGN);
        signal(SIGPIPE, SIG_IGN);
        *ret_driver = &h->driver;
        return 0;
fail:
        if (h->proc >= 0)
                close(h->proc);
        free(h);
        return r;
}
