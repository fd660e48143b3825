/*
 * semantics.h - what the cases of Linux behaviour share.
 *
 * A case is a Check test on drv, the driver under test. SEMANTICS_MAIN runs all
 * cases of a file twice: as "host" (a tmpfs of the host kernel; left out with a
 * remark where that is not possible) and as "vfs2"; and, but for those that
 * passthrough.h names, as "passthrough-exclusive" and "-shared": vfs2 over a tmpfs of the
 * host's. Each runs in a process of
 * its own, in an empty root directory of mode 755, as root, with umask 0.
 *
 * OK(call) wants success and gives the result; ERR(ENOENT, call) wants that
 * errno; EQ(n, call) wants that value. The sys_ functions are the system calls
 * on drv, relative to the working directory where the name has no "at".
 */
#ifndef TESTS_SEMANTICS_SEMANTICS_H
#define TESTS_SEMANTICS_SEMANTICS_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/semantics/driver.h"
#include "tests/unit/test_main.h"

/* The driver under test. Each case has a process of its own. */
extern struct driver *drv;

/* since: the first Linux that behaves so, as 100 * major + minor; on an older host only vfs2 runs. */
int semantics_main(const char *name, int since, const TTest *const *tests, size_t n);

#define SEMANTICS_MAIN_SINCE(since, name, ...)                                                      \
        int main(void)                                                                              \
        {                                                                                           \
                const TTest *const tests_[] = { __VA_ARGS__ };                                      \
                return semantics_main((name), (since), tests_, sizeof(tests_) / sizeof(tests_[0])); \
        }
#define SEMANTICS_MAIN(name, ...) SEMANTICS_MAIN_SINCE(606, name, __VA_ARGS__)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

const char *errno_name(int64_t r);

#define OK(call)                                                                                  \
        __extension__({                                                                           \
                int64_t ok_r_ = (call);                                                           \
                if (ok_r_ < 0)                                                                    \
                        ck_abort_msg("%s: %s gave %s", drv->ops->name, #call, errno_name(ok_r_)); \
                ok_r_;                                                                            \
        })
#define EQ(want, call)                                                                              \
        do {                                                                                        \
                int64_t eq_w_ = (want), eq_r_ = (call);                                             \
                if (eq_r_ != eq_w_)                                                                 \
                        ck_abort_msg("%s: %s gave %lld (%s), not %lld (%s)", drv->ops->name, #call, \
                                     (long long)eq_r_, errno_name(eq_r_), (long long)eq_w_,         \
                                     errno_name(eq_w_));                                            \
        } while (0)
#define ERR(err, call) EQ(-(err), call)
#define WANT(cond)                                                             \
        do {                                                                   \
                if (!(cond))                                                   \
                        ck_abort_msg("%s: not so: %s", drv->ops->name, #cond); \
        } while (0)

/* Rows of a table: path (or two) and the errno wanted, 0 for success. */
#define CHECK_ROW(i, label, want, call)                                                                     \
        do {                                                                                                \
                int64_t row_r_ = (call);                                                                    \
                if ((want) ? row_r_ != -(want) : row_r_ < 0)                                                \
                        ck_abort_msg("%s: row %zu: %s \"%s\" gave %s, not %s", drv->ops->name, (size_t)(i), \
                                     #call, (label), errno_name(row_r_), errno_name(-(want)));              \
        } while (0)

/* Users of the cases. */
void as_root(void);
void as_user(uint32_t uid); /* gid is the uid, no groups, no capabilities */
void as_user_in_group(uint32_t uid, uint32_t group);
void as_cred(uint32_t uid, uint32_t gid, uint64_t caps);
#define CAP(name) (UINT64_C(1) << VFS_CAP_##name)

/* Files made in one call; all are checked for success. */
void make_file(const char *path, uint32_t mode);
void make_data(const char *path, const void *data, size_t n);
void make_dir(const char *path, uint32_t mode);
void make_link(const char *target, const char *path); /* a symlink */

/* Attributes, without following; the call must succeed. */
struct vfs_statx attr_of(const char *path);
struct vfs_statx fd_attr_of(int fd);
uint32_t mode_of(const char *path); /* permission bits */
int same_file(const char *a, const char *b);
int exists(const char *path);
/* Is name listed in directory path? */
int listed(const char *path, const char *name);
/* The number of names in a directory without "." and "..". */
int entries(const char *path);
/* A file's whole content as a string, up to 255 bytes. */
const char *content_of(const char *path);
/* Sets both times of a file to second 1000, for tests of what changes them. */
void age(const char *path);
int time_is(const struct vfs_statx_time *t, int64_t sec); /* exactly that second */
/* Waits until the kernel's coarse clock has moved on. */
void tick(void);
int time_before(const struct vfs_statx_time *a, const struct vfs_statx_time *b);

static inline int64_t sys_openat(int dir, const char *path, uint32_t flags, uint32_t mode)
{
        return drv->ops->openat(drv, dir, path, flags, mode);
}
static inline int64_t sys_open(const char *path, uint32_t flags, uint32_t mode)
{
        return sys_openat(DRIVER_CWD, path, flags, mode);
}
static inline int64_t sys_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
        struct vfs_open_how how = { .flags = flags, .mode = mode, .resolve = resolve };

        return drv->ops->openat2(drv, dir, path, &how, sizeof(how));
}
static inline int64_t sys_open_exec(int dir, const char *path, uint32_t flags)
{
        return drv->ops->open_exec(drv, dir, path, flags);
}
static inline int64_t sys_close(int fd)
{
        return drv->ops->close(drv, fd);
}
static inline int64_t sys_read(int fd, void *buf, size_t n)
{
        return drv->ops->read(drv, fd, buf, n);
}
static inline int64_t sys_write(int fd, const void *buf, size_t n)
{
        return drv->ops->write(drv, fd, buf, n);
}
static inline int64_t sys_pread(int fd, void *buf, size_t n, int64_t off)
{
        return drv->ops->pread(drv, fd, buf, n, off);
}
static inline int64_t sys_pwrite(int fd, const void *buf, size_t n, int64_t off)
{
        return drv->ops->pwrite(drv, fd, buf, n, off);
}
static inline int64_t sys_lseek(int fd, int64_t off, int whence)
{
        return drv->ops->lseek(drv, fd, off, whence);
}
static inline int64_t sys_getdents(int fd, void *buf, size_t n)
{
        return drv->ops->getdents(drv, fd, buf, n);
}
static inline int64_t sys_fallocate(int fd, uint32_t mode, int64_t off, int64_t len)
{
        return drv->ops->fallocate(drv, fd, mode, off, len);
}
static inline int64_t sys_ftruncate(int fd, int64_t length)
{
        return drv->ops->ftruncate(drv, fd, length);
}
static inline int64_t sys_fcntl(int fd, int cmd, uint64_t arg)
{
        return drv->ops->fcntl(drv, fd, cmd, arg);
}
static inline int64_t sys_copy(int in, int64_t *off_in, int out, int64_t *off_out, size_t n)
{
        return drv->ops->copy_file_range(drv, in, off_in, out, off_out, n, 0);
}
static inline int64_t sys_fchmod(int fd, uint32_t mode)
{
        return drv->ops->fchmod(drv, fd, mode);
}
static inline int64_t sys_fchown(int fd, uint32_t uid, uint32_t gid)
{
        return drv->ops->fchown(drv, fd, uid, gid);
}
static inline int64_t sys_futimens(int fd, const struct vfs_timespec times[2])
{
        return drv->ops->futimens(drv, fd, times);
}
static inline int64_t sys_fstat(int fd, struct vfs_statx *st)
{
        return drv->ops->fstat(drv, fd, st);
}
static inline int64_t sys_statx(int dir, const char *path, uint32_t flags, struct vfs_statx *st)
{
        return drv->ops->statx(drv, dir, path, flags, VFS_STATX_BASIC_STATS, st);
}
static inline int64_t sys_stat(const char *path)
{
        struct vfs_statx st;

        return sys_statx(DRIVER_CWD, path, 0, &st);
}
static inline int64_t sys_lstat(const char *path)
{
        struct vfs_statx st;

        return sys_statx(DRIVER_CWD, path, VFS_AT_SYMLINK_NOFOLLOW, &st);
}
static inline int64_t sys_access(const char *path, uint32_t mode)
{
        return drv->ops->access(drv, DRIVER_CWD, path, mode, 0);
}
static inline int64_t sys_mkdir(const char *path, uint32_t mode)
{
        return drv->ops->mkdir(drv, DRIVER_CWD, path, mode);
}
static inline int64_t sys_mknod(const char *path, uint32_t mode, uint32_t major, uint32_t minor)
{
        return drv->ops->mknod(drv, DRIVER_CWD, path, mode, major, minor);
}
static inline int64_t sys_symlink(const char *target, const char *path)
{
        return drv->ops->symlink(drv, target, DRIVER_CWD, path);
}
static inline int64_t sys_readlink(const char *path, char *buf, size_t n)
{
        return drv->ops->readlink(drv, DRIVER_CWD, path, buf, n);
}
static inline int64_t sys_linkat(int olddir, const char *oldpath, int newdir, const char *newpath,
                                 uint32_t flags)
{
        return drv->ops->link(drv, olddir, oldpath, newdir, newpath, flags);
}
static inline int64_t sys_link(const char *oldpath, const char *newpath)
{
        return sys_linkat(DRIVER_CWD, oldpath, DRIVER_CWD, newpath, 0);
}
static inline int64_t sys_unlink(const char *path)
{
        return drv->ops->unlink(drv, DRIVER_CWD, path, 0);
}
static inline int64_t sys_rmdir(const char *path)
{
        return drv->ops->unlink(drv, DRIVER_CWD, path, VFS_AT_REMOVEDIR);
}
static inline int64_t sys_rename2(const char *oldpath, const char *newpath, uint32_t flags)
{
        return drv->ops->rename(drv, DRIVER_CWD, oldpath, DRIVER_CWD, newpath, flags);
}
static inline int64_t sys_rename(const char *oldpath, const char *newpath)
{
        return sys_rename2(oldpath, newpath, 0);
}
static inline int64_t sys_chmod(const char *path, uint32_t mode)
{
        return drv->ops->chmod(drv, DRIVER_CWD, path, mode, 0);
}
static inline int64_t sys_chown(const char *path, uint32_t uid, uint32_t gid)
{
        return drv->ops->chown(drv, DRIVER_CWD, path, uid, gid, 0);
}
static inline int64_t sys_lchown(const char *path, uint32_t uid, uint32_t gid)
{
        return drv->ops->chown(drv, DRIVER_CWD, path, uid, gid, VFS_AT_SYMLINK_NOFOLLOW);
}
static inline int64_t sys_utimens(const char *path, const struct vfs_timespec times[2])
{
        return drv->ops->utimens(drv, DRIVER_CWD, path, times, 0);
}
static inline int64_t sys_truncate(const char *path, int64_t length)
{
        return drv->ops->truncate(drv, path, length);
}
static inline int64_t sys_setxattr(const char *path, const char *name, const void *value, size_t n,
                                   uint32_t flags)
{
        return drv->ops->setxattr(drv, path, name, value, n, flags, 0);
}
static inline int64_t sys_getxattr(const char *path, const char *name, void *value, size_t n)
{
        return drv->ops->getxattr(drv, path, name, value, n, 0);
}
static inline int64_t sys_listxattr(const char *path, char *list, size_t n)
{
        return drv->ops->listxattr(drv, path, list, n, 0);
}
static inline int64_t sys_removexattr(const char *path, const char *name)
{
        return drv->ops->removexattr(drv, path, name, 0);
}
static inline int64_t sys_chdir(const char *path)
{
        return drv->ops->chdir(drv, path);
}
static inline int64_t sys_fchdir(int fd)
{
        return drv->ops->fchdir(drv, fd);
}
static inline int64_t sys_chroot(const char *path)
{
        return drv->ops->chroot(drv, path);
}
static inline int64_t sys_getcwd(char *buf, size_t n)
{
        return drv->ops->getcwd(drv, buf, n);
}
static inline int64_t sys_fd_path(int fd, char *buf, size_t n)
{
        return drv->ops->fd_path(drv, fd, buf, n);
}
static inline int64_t sys_mount(const char *source, const char *target, const char *type, uint64_t flags,
                                const char *data)
{
        return drv->ops->mount(drv, source, target, type, flags, data);
}
static inline int64_t mount_tmpfs(const char *target)
{
        return sys_mount("tmpfs", target, "tmpfs", 0, "mode=755");
}
static inline int64_t mount_bind(const char *source, const char *target)
{
        return sys_mount(source, target, NULL, MS_BIND, NULL);
}
static inline int64_t sys_umount2(const char *target, uint32_t flags)
{
        return drv->ops->umount(drv, target, flags);
}
static inline int64_t sys_umount(const char *target)
{
        return sys_umount2(target, 0);
}
/* Changes the flags of what is mounted: of the filesystem and the mount, or with MS_BIND of the mount. */
static inline int64_t sys_remount(const char *target, uint64_t flags)
{
        return sys_mount(NULL, target, NULL, MS_REMOUNT | flags, NULL);
}
static inline int64_t mount_rbind(const char *source, const char *target)
{
        return sys_mount(source, target, NULL, MS_BIND | MS_REC, NULL);
}
static inline int64_t mount_move(const char *source, const char *target)
{
        return sys_mount(source, target, NULL, MS_MOVE, NULL);
}
/* MS_SHARED and its like, with or without MS_REC. */
static inline int64_t set_propagation(const char *target, uint64_t kind)
{
        return sys_mount(NULL, target, NULL, kind, NULL);
}
static inline int64_t sys_pivot_root(const char *new_root, const char *put_old)
{
        return drv->ops->pivot_root(drv, new_root, put_old);
}
static inline int64_t sys_fsopen(const char *type)
{
        return drv->ops->fsopen(drv, type, 0);
}
static inline int64_t sys_fspick(int dir, const char *path, uint32_t flags)
{
        return drv->ops->fspick(drv, dir, path, flags);
}
static inline int64_t sys_fsconfig(int fd, uint32_t cmd, const char *key, const void *value, int aux)
{
        return drv->ops->fsconfig(drv, fd, cmd, key, value, aux);
}
static inline int64_t fsconfig_string(int fd, const char *key, const char *value)
{
        return sys_fsconfig(fd, VFS_FSCONFIG_SET_STRING, key, value, 0);
}
static inline int64_t fsconfig_flag(int fd, const char *key)
{
        return sys_fsconfig(fd, VFS_FSCONFIG_SET_FLAG, key, NULL, 0);
}
static inline int64_t fsconfig_create(int fd)
{
        return sys_fsconfig(fd, VFS_FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}
static inline int64_t fsconfig_reconfigure(int fd)
{
        return sys_fsconfig(fd, VFS_FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
}
static inline int64_t sys_fsmount(int fd, uint32_t attr_flags)
{
        return drv->ops->fsmount(drv, fd, 0, attr_flags);
}
static inline int64_t sys_open_tree(int dir, const char *path, uint32_t flags)
{
        return drv->ops->open_tree(drv, dir, path, flags);
}
static inline int64_t sys_open_tree_attr(int dir, const char *path, uint32_t flags,
                                         const struct vfs_mount_attr *attr)
{
        return drv->ops->open_tree_attr(drv, dir, path, flags, attr, attr ? sizeof(*attr) : 0);
}
static inline int64_t sys_move_mount(int from, const char *from_path, int to, const char *to_path,
                                     uint32_t flags)
{
        return drv->ops->move_mount(drv, from, from_path, to, to_path, flags);
}
/* The tree behind a descriptor to a path. */
static inline int64_t attach(int fd, const char *to_path)
{
        return sys_move_mount(fd, "", DRIVER_CWD, to_path, VFS_MOVE_MOUNT_F_EMPTY_PATH);
}
static inline int64_t sys_mount_setattr(int dir, const char *path, uint32_t flags,
                                        const struct vfs_mount_attr *attr)
{
        return drv->ops->mount_setattr(drv, dir, path, flags, attr, sizeof(*attr));
}
static inline int64_t sys_unshare(uint32_t flags)
{
        return drv->ops->unshare(drv, flags, NULL);
}
static inline int64_t ns_save(void)
{
        return drv->ops->ns_save(drv);
}
static inline int64_t ns_enter(int64_t ns)
{
        return drv->ops->ns_enter(drv, (int)ns);
}
static inline int64_t ns_drop(int64_t ns)
{
        return drv->ops->ns_drop(drv, (int)ns);
}
static inline int64_t task_new(void)
{
        return drv->ops->task_new(drv);
}
/* What follows is done by that task. */
static inline void as_task(int64_t task)
{
        OK(drv->ops->task_switch(drv, (int)task));
}
static inline int64_t mounts_watch(void)
{
        return drv->ops->mounts_watch(drv);
}
static inline int64_t mounts_changed(void)
{
        return drv->ops->mounts_changed(drv);
}

#endif
