/*
 * vfs2_driver.c - vfs2 as a driver: an instance, a namespace whose root is a
 * memfs, and one task made of the library's ready-made parts (a descriptor table
 * and a filesystem context).
 */
#include "tests/semantics/vfs2_driver.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void vfs2_free(struct driver *d)
{
        struct vfs2_driver *v = vfs2_self(d);

        vfs_fdtable_put(v->fds);
        vfs2_tasks_end(v);
        vfs_free(v->vfs);
        free(v);
}

static int64_t vfs2_umask(struct driver *d, uint32_t mask)
{
        return vfs_fsctx_umask(vfs2_self(d)->task->fs, mask);
}

static int64_t vfs2_chdir(struct driver *d, const char *path)
{
        return vfs_fsctx_chdir(vfs2_self(d)->task->fs, vfs2_ctx(d), NULL, path);
}

static int64_t vfs2_fchdir(struct driver *d, int fd)
{
        return WITH_FILE(d, fd, file, vfs_fsctx_chdir(vfs2_self(d)->task->fs, vfs2_ctx(d), file, NULL));
}

static int64_t vfs2_chroot(struct driver *d, const char *path)
{
        return vfs_fsctx_chroot(vfs2_self(d)->task->fs, vfs2_ctx(d), path);
}

static int64_t vfs2_getcwd(struct driver *d, char *buf, size_t size)
{
        return vfs_getcwd(vfs2_ctx(d), buf, size);
}

static int64_t vfs2_fsize_limit(struct driver *d, uint64_t bytes)
{
        vfs2_self(d)->task->ctx.fsize_limit = bytes;
        return 0;
}

int64_t vfs2_install(struct driver *d, int64_t r, struct vfs_file *file, uint32_t flags)
{
        if (r < 0)
                return r;
        r = vfs_fdtable_install(vfs2_self(d)->fds, file, 0, flags & VFS_O_CLOEXEC);
        vfs_file_put(file);
        return r;
}

static int64_t vfs2_openat(struct driver *d, int dirfd, const char *path, uint32_t flags, uint32_t mode)
{
        struct vfs_file *file = NULL;
        int64_t r;

        r = WITH_DIR(d, dirfd, dir, vfs_open(vfs2_ctx(d), dir, path, flags, mode, &file));
        return vfs2_install(d, r, file, flags);
}

static int64_t vfs2_openat2(struct driver *d, int dirfd, const char *path, const void *how, size_t size)
{
        struct vfs_file *file = NULL;
        int64_t r;

        r = WITH_DIR(d, dirfd, dir, vfs_openat2(vfs2_ctx(d), dir, path, how, size, &file));
        return vfs2_install(d, r, file, r < 0 ? 0 : (uint32_t)((const struct vfs_open_how *)how)->flags);
}

static int64_t vfs2_open_exec(struct driver *d, int dirfd, const char *path, uint32_t flags)
{
        struct vfs_file *file;
        int64_t r = WITH_DIR(d, dirfd, dir, vfs_open_exec(vfs2_ctx(d), dir, path, flags, &file));

        if (r == 0)
                vfs_file_put(file);
        return r;
}

static int64_t vfs2_close(struct driver *d, int fd)
{
        return vfs_fdtable_close(vfs2_self(d)->fds, fd);
}

static int64_t vfs2_dup(struct driver *d, int fd)
{
        return vfs_fdtable_dup(vfs2_self(d)->fds, fd);
}

static int64_t vfs2_dup3(struct driver *d, int fd, int newfd, uint32_t flags)
{
        return vfs_fdtable_dup3(vfs2_self(d)->fds, fd, newfd, flags);
}

static int64_t vfs2_fcntl(struct driver *d, int fd, int cmd, uint64_t arg)
{
        return vfs_fdtable_fcntl(vfs2_ctx(d), vfs2_self(d)->fds, fd, cmd, arg);
}

static int64_t vfs2_close_range(struct driver *d, uint32_t first, uint32_t last, uint32_t flags)
{
        return vfs_fdtable_close_range(vfs2_self(d)->fds, first, last, flags);
}

static int64_t vfs2_read(struct driver *d, int fd, void *buf, size_t n)
{
        struct vfs_iter it;

        vfs_iter_init_buf(&it, buf, n);
        return WITH_FILE(d, fd, file, vfs_file_read(vfs2_ctx(d), file, &it, 0));
}

static int64_t vfs2_write(struct driver *d, int fd, const void *buf, size_t n)
{
        struct vfs_iter it;

        vfs_iter_init_buf(&it, (void *)(uintptr_t)buf, n);
        return WITH_FILE(d, fd, file, vfs_file_write(vfs2_ctx(d), file, &it, 0));
}

static int64_t vfs2_pread(struct driver *d, int fd, void *buf, size_t n, int64_t off)
{
        struct vfs_iter it;

        vfs_iter_init_buf(&it, buf, n);
        return WITH_FILE(d, fd, file, vfs_file_pread(vfs2_ctx(d), file, &it, off, 0));
}

static int64_t vfs2_pwrite(struct driver *d, int fd, const void *buf, size_t n, int64_t off)
{
        struct vfs_iter it;

        vfs_iter_init_buf(&it, (void *)(uintptr_t)buf, n);
        return WITH_FILE(d, fd, file, vfs_file_pwrite(vfs2_ctx(d), file, &it, off, 0));
}

static int64_t vfs2_lseek(struct driver *d, int fd, int64_t off, int whence)
{
        return WITH_FILE(d, fd, file, vfs_file_lseek(vfs2_ctx(d), file, off, whence));
}

static int64_t vfs2_getdents(struct driver *d, int fd, void *buf, size_t n)
{
        return WITH_FILE(d, fd, file, vfs_file_getdents(vfs2_ctx(d), file, buf, n));
}

static int64_t vfs2_fstat(struct driver *d, int fd, struct vfs_statx *st)
{
        return WITH_FILE(d, fd, file, vfs_file_statx(vfs2_ctx(d), file, VFS_STATX_BASIC_STATS, st));
}

static int64_t vfs2_fstatfs(struct driver *d, int fd, struct vfs_statfs *st)
{
        return WITH_FILE(d, fd, file, vfs_file_statfs(vfs2_ctx(d), file, st));
}

static int64_t vfs2_fchmod(struct driver *d, int fd, uint32_t mode)
{
        return WITH_FILE(d, fd, file, vfs_file_chmod(vfs2_ctx(d), file, mode));
}

static int64_t vfs2_fchown(struct driver *d, int fd, uint32_t uid, uint32_t gid)
{
        return WITH_FILE(d, fd, file, vfs_file_chown(vfs2_ctx(d), file, uid, gid));
}

static int64_t vfs2_futimens(struct driver *d, int fd, const struct vfs_timespec times[2])
{
        if (times && times[0].nsec == VFS_UTIME_OMIT && times[1].nsec == VFS_UTIME_OMIT)
                return 0; /* before the descriptor is looked at: the embedder's part of utimensat(2) */
        return WITH_FILE(d, fd, file, vfs_file_utimens(vfs2_ctx(d), file, times));
}

static int64_t vfs2_ftruncate(struct driver *d, int fd, int64_t length)
{
        return WITH_FILE(d, fd, file, vfs_file_truncate(vfs2_ctx(d), file, length));
}

static int64_t vfs2_fallocate(struct driver *d, int fd, uint32_t mode, int64_t off, int64_t len)
{
        return WITH_FILE(d, fd, file, vfs_file_allocate(vfs2_ctx(d), file, mode, off, len));
}

static int64_t vfs2_fsync(struct driver *d, int fd)
{
        return WITH_FILE(d, fd, file, vfs_file_sync(vfs2_ctx(d), file, 0));
}

static int64_t vfs2_fsetxattr(struct driver *d, int fd, const char *name, const void *value, size_t n,
                              uint32_t flags)
{
        return WITH_FILE(d, fd, file, vfs_file_setxattr(vfs2_ctx(d), file, name, value, n, flags));
}

static int64_t vfs2_fgetxattr(struct driver *d, int fd, const char *name, void *value, size_t n)
{
        return WITH_FILE(d, fd, file, vfs_file_getxattr(vfs2_ctx(d), file, name, value, n));
}

static int64_t vfs2_flistxattr(struct driver *d, int fd, char *list, size_t n)
{
        return WITH_FILE(d, fd, file, vfs_file_listxattr(vfs2_ctx(d), file, list, n));
}

static int64_t vfs2_fremovexattr(struct driver *d, int fd, const char *name)
{
        return WITH_FILE(d, fd, file, vfs_file_removexattr(vfs2_ctx(d), file, name));
}

static int64_t vfs2_copy_file_range(struct driver *d, int in, int64_t *off_in, int out, int64_t *off_out,
                                    size_t n, uint32_t flags)
{
        return WITH_FILE(
                d, in, from,
                WITH_FILE(d, out, to, vfs_file_copy_range(vfs2_ctx(d), from, off_in, to, off_out, n, flags)));
}

static int64_t vfs2_mmap(struct driver *d, int fd, int64_t off, size_t n, uint32_t prot, int shared)
{
        struct vfs_mapping *mapping;
        int64_t r;

        if (off & 4095)
                return -EINVAL; /* before the descriptor is looked at: the embedder's part of mmap(2) */
        r = WITH_FILE(d, fd, file, vfs_file_map(vfs2_ctx(d), file, off, n, prot, shared, &mapping));
        if (r == 0)
                vfs_mapping_put(mapping);
        return r;
}

static int64_t vfs2_fd_path(struct driver *d, int fd, char *buf, size_t size)
{
        return WITH_FILE(d, fd, file, vfs_path_name(vfs2_ctx(d), vfs_file_path(file), buf, size));
}

static int64_t vfs2_statx(struct driver *d, int dirfd, const char *path, uint32_t flags, uint32_t mask,
                          struct vfs_statx *st)
{
        return WITH_DIR(d, dirfd, dir, vfs_statx(vfs2_ctx(d), dir, path, flags, mask, st));
}

static int64_t vfs2_statfs(struct driver *d, const char *path, struct vfs_statfs *st)
{
        return vfs_statfs(vfs2_ctx(d), path, st);
}

static int64_t vfs2_access(struct driver *d, int dirfd, const char *path, uint32_t mode, uint32_t flags)
{
        return WITH_DIR(d, dirfd, dir, vfs_access(vfs2_ctx(d), dir, path, mode, flags));
}

static int64_t vfs2_mkdir(struct driver *d, int dirfd, const char *path, uint32_t mode)
{
        return WITH_DIR(d, dirfd, dir, vfs_mkdir(vfs2_ctx(d), dir, path, mode));
}

static int64_t vfs2_mknod(struct driver *d, int dirfd, const char *path, uint32_t mode, uint32_t major,
                          uint32_t minor)
{
        return WITH_DIR(d, dirfd, dir, vfs_mknod(vfs2_ctx(d), dir, path, mode, VFS_DEV(major, minor)));
}

static int64_t vfs2_symlink(struct driver *d, const char *target, int dirfd, const char *path)
{
        return WITH_DIR(d, dirfd, dir, vfs_symlink(vfs2_ctx(d), target, dir, path));
}

static int64_t vfs2_readlink(struct driver *d, int dirfd, const char *path, char *buf, size_t n)
{
        return WITH_DIR(d, dirfd, dir, vfs_readlink(vfs2_ctx(d), dir, path, buf, n));
}

static int64_t vfs2_link(struct driver *d, int olddir, const char *oldpath, int newdir, const char *newpath,
                         uint32_t flags)
{
        return WITH_DIR(d, olddir, from,
                        WITH_DIR(d, newdir, to, vfs_link(vfs2_ctx(d), from, oldpath, to, newpath, flags)));
}

static int64_t vfs2_unlink(struct driver *d, int dirfd, const char *path, uint32_t flags)
{
        return WITH_DIR(d, dirfd, dir, vfs_unlink(vfs2_ctx(d), dir, path, flags));
}

static int64_t vfs2_rename(struct driver *d, int olddir, const char *oldpath, int newdir, const char *newpath,
                           uint32_t flags)
{
        return WITH_DIR(d, olddir, from,
                        WITH_DIR(d, newdir, to, vfs_rename(vfs2_ctx(d), from, oldpath, to, newpath, flags)));
}

static int64_t vfs2_chmod(struct driver *d, int dirfd, const char *path, uint32_t mode, uint32_t flags)
{
        return WITH_DIR(d, dirfd, dir, vfs_chmod(vfs2_ctx(d), dir, path, mode, flags));
}

static int64_t vfs2_chown(struct driver *d, int dirfd, const char *path, uint32_t uid, uint32_t gid,
                          uint32_t flags)
{
        return WITH_DIR(d, dirfd, dir, vfs_chown(vfs2_ctx(d), dir, path, uid, gid, flags));
}

static int64_t vfs2_utimens(struct driver *d, int dirfd, const char *path, const struct vfs_timespec times[2],
                            uint32_t flags)
{
        return WITH_DIR(d, dirfd, dir, vfs_utimens(vfs2_ctx(d), dir, path, times, flags));
}

static int64_t vfs2_truncate(struct driver *d, const char *path, int64_t length)
{
        return vfs_truncate(vfs2_ctx(d), path, length);
}

static uint32_t nofollow_flag(int nofollow)
{
        return nofollow ? VFS_AT_SYMLINK_NOFOLLOW : 0;
}

static int64_t vfs2_setxattr(struct driver *d, const char *path, const char *name, const void *value,
                             size_t n, uint32_t flags, int nofollow)
{
        return vfs_setxattr(vfs2_ctx(d), NULL, path, name, value, n, flags, nofollow_flag(nofollow));
}

static int64_t vfs2_getxattr(struct driver *d, const char *path, const char *name, void *value, size_t n,
                             int nofollow)
{
        return vfs_getxattr(vfs2_ctx(d), NULL, path, name, value, n, nofollow_flag(nofollow));
}

static int64_t vfs2_listxattr(struct driver *d, const char *path, char *list, size_t n, int nofollow)
{
        return vfs_listxattr(vfs2_ctx(d), NULL, path, list, n, nofollow_flag(nofollow));
}

static int64_t vfs2_removexattr(struct driver *d, const char *path, const char *name, int nofollow)
{
        return vfs_removexattr(vfs2_ctx(d), NULL, path, name, nofollow_flag(nofollow));
}

static const struct driver_ops vfs2_ops = {
        .name = "vfs2",
        .free = vfs2_free,
        .set_cred = vfs2_set_cred,
        .umask = vfs2_umask,
        .chdir = vfs2_chdir,
        .fchdir = vfs2_fchdir,
        .chroot = vfs2_chroot,
        .getcwd = vfs2_getcwd,
        .fsize_limit = vfs2_fsize_limit,
        .openat = vfs2_openat,
        .openat2 = vfs2_openat2,
        .open_exec = vfs2_open_exec,
        .close = vfs2_close,
        .dup = vfs2_dup,
        .dup3 = vfs2_dup3,
        .fcntl = vfs2_fcntl,
        .close_range = vfs2_close_range,
        .read = vfs2_read,
        .write = vfs2_write,
        .pread = vfs2_pread,
        .pwrite = vfs2_pwrite,
        .lseek = vfs2_lseek,
        .getdents = vfs2_getdents,
        .fstat = vfs2_fstat,
        .fstatfs = vfs2_fstatfs,
        .fchmod = vfs2_fchmod,
        .fchown = vfs2_fchown,
        .futimens = vfs2_futimens,
        .ftruncate = vfs2_ftruncate,
        .fallocate = vfs2_fallocate,
        .fsync = vfs2_fsync,
        .fsetxattr = vfs2_fsetxattr,
        .fgetxattr = vfs2_fgetxattr,
        .flistxattr = vfs2_flistxattr,
        .fremovexattr = vfs2_fremovexattr,
        .copy_file_range = vfs2_copy_file_range,
        .mmap = vfs2_mmap,
        .fd_path = vfs2_fd_path,
        .statx = vfs2_statx,
        .statfs = vfs2_statfs,
        .access = vfs2_access,
        .mkdir = vfs2_mkdir,
        .mknod = vfs2_mknod,
        .symlink = vfs2_symlink,
        .readlink = vfs2_readlink,
        .link = vfs2_link,
        .unlink = vfs2_unlink,
        .rename = vfs2_rename,
        .chmod = vfs2_chmod,
        .chown = vfs2_chown,
        .utimens = vfs2_utimens,
        .truncate = vfs2_truncate,
        .setxattr = vfs2_setxattr,
        .getxattr = vfs2_getxattr,
        .listxattr = vfs2_listxattr,
        .removexattr = vfs2_removexattr,
        .task_new = vfs2_task_new,
        .task_switch = vfs2_task_switch,
        .unshare = vfs2_unshare,
        .ns_save = vfs2_ns_save,
        .ns_enter = vfs2_ns_enter,
        .ns_drop = vfs2_ns_drop,
        .ns_id = vfs2_ns_id,
        .mount = vfs2_mount,
        .umount = vfs2_umount,
        .pivot_root = vfs2_pivot_root,
        .fsopen = vfs2_fsopen,
        .fspick = vfs2_fspick,
        .fsconfig = vfs2_fsconfig,
        .fsmount = vfs2_fsmount,
        .open_tree = vfs2_open_tree,
        .open_tree_attr = vfs2_open_tree_attr,
        .move_mount = vfs2_move_mount,
        .mount_setattr = vfs2_mount_setattr,
        .mountinfo = vfs2_mountinfo,
        .mounts = vfs2_mounts,
        .mountstats = vfs2_mountstats,
        .mounts_watch = vfs2_mounts_watch,
        .mounts_changed = vfs2_mounts_changed,
        .mounts_unwatch = vfs2_mounts_unwatch,
        .statmount = vfs2_statmount,
        .listmount = vfs2_listmount,
};

/* Never gives the same time twice, so that every change of a timestamp shows. One thread. */
static void strict_clock(void *user, struct vfs_timespec *ret_now)
{
        struct vfs2_driver *v = user;
        struct timespec ts;

        clock_gettime(CLOCK_REALTIME, &ts);
        if (ts.tv_sec > v->now.sec || (ts.tv_sec == v->now.sec && ts.tv_nsec > v->now.nsec)) {
                v->now.sec = ts.tv_sec;
                v->now.nsec = ts.tv_nsec;
        } else if (++v->now.nsec == 1000000000) {
                v->now.nsec = 0;
                v->now.sec++;
        }
        *ret_now = v->now;
}

/* The root of the namespace. */
struct driver_root {
        const char *type, *source, *options;
};

static int new_over(const struct vfs_config *given, const struct driver_root *over, struct driver **ret_driver);

static struct vfs_config host_settings(void)
{
        return (struct vfs_config){
                .size = sizeof(struct vfs_config),
                .protected_hardlinks = driver_host_sysctl("protected_hardlinks"),
                .protected_symlinks = driver_host_sysctl("protected_symlinks"),
                .protected_regular = driver_host_sysctl("protected_regular"),
                .protected_fifos = driver_host_sysctl("protected_fifos"),
        };
}

int driver_vfs2_new(const char *tmpfs_options, struct driver **ret_driver)
{
        const struct vfs_config config = host_settings();

        return driver_vfs2_new_with(&config, tmpfs_options, ret_driver);
}

/* A tmpfs of the host's, seen by this process alone, in a directory that is made for it. */
static int mount_private_tmpfs(const char *options, char *dir, size_t size)
{
        snprintf(dir, size, "/tmp/vfs2-passthrough-XXXXXX");
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -errno;
        if (!mkdtemp(dir))
                return -errno;
        if (mount("tmpfs", dir, "tmpfs", 0, options) < 0) {
                const int r = -errno;

                rmdir(dir);
                return r;
        }
        return 0;
}

int driver_passthrough_new(const char *tmpfs_options, const char *mode, struct driver **ret_driver)
{
        char dir[64], options[64];
        struct driver_root root = { .type = "host", .source = dir, .options = options };
        const struct vfs_config config = host_settings();
        int r;

        snprintf(options, sizeof(options), "mode=%s", mode);
        r = mount_private_tmpfs(tmpfs_options, dir, sizeof(dir));
        if (r < 0)
                return r;
        umask(0);
        r = new_over(&config, &root, ret_driver);
        /* The directory itself goes on living in the mount namespace of who comes here again. */
        umount2(dir, MNT_DETACH);
        rmdir(dir);
        return r;
}

int driver_vfs2_new_with(const struct vfs_config *given, const char *tmpfs_options,
                         struct driver **ret_driver)
{
        const struct driver_root root = { .type = "tmpfs", .source = "tmpfs", .options = tmpfs_options };

        return new_over(given, &root, ret_driver);
}

static int new_over(const struct vfs_config *given, const struct driver_root *over, struct driver **ret_driver)
{
        struct vfs_config config = *given;
        struct vfs_mntns *ns = NULL;
        struct vfs_fsctx *fs = NULL;
        struct vfs_cred *root = NULL;
        struct vfs2_driver *v;
        int r;

        v = calloc(1, sizeof(*v));
        if (!v)
                return -ENOMEM;
        v->driver.ops = &vfs2_ops;
        v->task = &v->tasks[0];
        if (!config.clock) {
                config.clock = strict_clock;
                config.clock_user = v;
        }
        r = vfs_new(&config, &v->vfs);
        if (r < 0)
                goto exit;
        r = vfs_cred_new_root(&root);
        if (r < 0)
                goto exit;
        if (strcmp(over->type, "host") == 0) {
                v->passthrough_ops = vfs2_ops;
                v->passthrough_ops.name = "passthrough";
                v->driver.ops = &v->passthrough_ops;
                r = vfs_host_register(v->vfs, &v->host_type, VFS_HOST_ANYWHERE);
                if (r < 0)
                        goto exit;
        }
        r = vfs_mntns_new(v->vfs, root, over->source, over->type, 0, over->options, &ns);
        if (r < 0)
                goto exit;
        r = vfs_fdtable_new(v->vfs, 1024, &v->fds);
        if (r < 0)
                goto exit;
        r = vfs_fsctx_new(ns, &fs);
        if (r < 0)
                goto exit;
        vfs_fsctx_umask(fs, 0);
        r = vfs2_task_init(v->task, v->vfs, fs);
exit:
        vfs_cred_put(root);
        vfs_mntns_put(ns); /* the tasks keep it */
        if (r < 0) {
                if (!v->task->fs)
                        vfs_fsctx_put(fs);
                vfs2_free(&v->driver);
                return r;
        }
        *ret_driver = &v->driver;
        return 0;
}

struct vfs *driver_vfs2_instance(struct driver *d)
{
        return vfs2_self(d)->vfs;
}
