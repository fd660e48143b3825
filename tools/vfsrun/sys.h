/*
 * sys.h - the handlers of calls, and the list of all calls that the kernel hands over.
 *
 * A handler gets the call's arguments, copies what they point to, and asks the library.
 * It answers calls on descriptors of the host's with CALL_CONTINUE.
 */
#ifndef VFSRUN_SYS_H
#define VFSRUN_SYS_H

#include <errno.h>

#include "tools/vfsrun/desc.h"
#include "tools/vfsrun/vfsrun.h"

/* X(call, handler, SYS_* condition, errno of a refusal) */
#define VFSRUN_CALLS(X)                                  \
        X(open, sys_open, ALWAYS, 0)                     \
        X(openat, sys_openat, ALWAYS, 0)                 \
        X(openat2, sys_openat2, ALWAYS, 0)               \
        X(creat, sys_creat, ALWAYS, 0)                   \
        X(read, sys_read, ALWAYS, 0)                     \
        X(write, sys_write, ALWAYS, 0)                   \
        X(pread64, sys_pread, ALWAYS, 0)                 \
        X(pwrite64, sys_pwrite, ALWAYS, 0)               \
        X(readv, sys_readv, ALWAYS, 0)                   \
        X(writev, sys_writev, ALWAYS, 0)                 \
        X(preadv, sys_preadv, ALWAYS, 0)                 \
        X(pwritev, sys_pwritev, ALWAYS, 0)               \
        X(preadv2, sys_preadv2, ALWAYS, 0)               \
        X(pwritev2, sys_pwritev2, ALWAYS, 0)             \
        X(lseek, sys_lseek, ALWAYS, 0)                   \
        X(getdents64, sys_getdents64, ALWAYS, 0)         \
        X(getdents, sys_getdents, ALWAYS, 0)             \
        X(fcntl, sys_fcntl, FCNTL, 0)                    \
        X(ioctl, sys_ioctl, IOCTL, 0)                    \
        X(fsync, sys_fsync, ALWAYS, 0)                   \
        X(fdatasync, sys_fdatasync, ALWAYS, 0)           \
        X(sync_file_range, sys_sync_file_range, ALWAYS, 0) \
        X(fallocate, sys_fallocate, ALWAYS, 0)           \
        X(ftruncate, sys_ftruncate, ALWAYS, 0)           \
        X(fadvise64, sys_fadvise, ALWAYS, 0)             \
        X(readahead, sys_fadvise, ALWAYS, 0)             \
        X(copy_file_range, sys_copy_file_range, ALWAYS, 0) \
        X(sendfile, sys_sendfile, ALWAYS, 0)             \
        X(splice, sys_splice, ALWAYS, 0)                 \
        X(mmap, sys_mmap, FILE_MAP, 0)                   \
        X(stat, sys_stat, ALWAYS, 0)                     \
        X(lstat, sys_lstat, ALWAYS, 0)                   \
        X(fstat, sys_fstat, ALWAYS, 0)                   \
        X(newfstatat, sys_newfstatat, ALWAYS, 0)         \
        X(statx, sys_statx, ALWAYS, 0)                   \
        X(statfs, sys_statfs, ALWAYS, 0)                 \
        X(fstatfs, sys_fstatfs, ALWAYS, 0)               \
        X(access, sys_access, ALWAYS, 0)                 \
        X(faccessat, sys_faccessat, ALWAYS, 0)           \
        X(faccessat2, sys_faccessat2, ALWAYS, 0)         \
        X(readlink, sys_readlink, ALWAYS, 0)             \
        X(readlinkat, sys_readlinkat, ALWAYS, 0)         \
        X(mkdir, sys_mkdir, ALWAYS, 0)                   \
        X(mkdirat, sys_mkdirat, ALWAYS, 0)               \
        X(mknod, sys_mknod, ALWAYS, 0)                   \
        X(mknodat, sys_mknodat, ALWAYS, 0)               \
        X(rmdir, sys_rmdir, ALWAYS, 0)                   \
        X(unlink, sys_unlink, ALWAYS, 0)                 \
        X(unlinkat, sys_unlinkat, ALWAYS, 0)             \
        X(rename, sys_rename, ALWAYS, 0)                 \
        X(renameat, sys_renameat, ALWAYS, 0)             \
        X(renameat2, sys_renameat2, ALWAYS, 0)           \
        X(link, sys_link, ALWAYS, 0)                     \
        X(linkat, sys_linkat, ALWAYS, 0)                 \
        X(symlink, sys_symlink, ALWAYS, 0)               \
        X(symlinkat, sys_symlinkat, ALWAYS, 0)           \
        X(chmod, sys_chmod, ALWAYS, 0)                   \
        X(fchmod, sys_fchmod, ALWAYS, 0)                 \
        X(fchmodat, sys_fchmodat, ALWAYS, 0)             \
        X(fchmodat2, sys_fchmodat2, ALWAYS, 0)           \
        X(chown, sys_chown, ALWAYS, 0)                   \
        X(lchown, sys_lchown, ALWAYS, 0)                 \
        X(fchown, sys_fchown, ALWAYS, 0)                 \
        X(fchownat, sys_fchownat, ALWAYS, 0)             \
        X(utime, sys_utime, ALWAYS, 0)                   \
        X(utimes, sys_utimes, ALWAYS, 0)                 \
        X(futimesat, sys_futimesat, ALWAYS, 0)           \
        X(utimensat, sys_utimensat, ALWAYS, 0)           \
        X(truncate, sys_truncate, ALWAYS, 0)             \
        X(setxattr, sys_setxattr, ALWAYS, 0)             \
        X(lsetxattr, sys_lsetxattr, ALWAYS, 0)           \
        X(fsetxattr, sys_fsetxattr, ALWAYS, 0)           \
        X(getxattr, sys_getxattr, ALWAYS, 0)             \
        X(lgetxattr, sys_lgetxattr, ALWAYS, 0)           \
        X(fgetxattr, sys_fgetxattr, ALWAYS, 0)           \
        X(listxattr, sys_listxattr, ALWAYS, 0)           \
        X(llistxattr, sys_llistxattr, ALWAYS, 0)         \
        X(flistxattr, sys_flistxattr, ALWAYS, 0)         \
        X(removexattr, sys_removexattr, ALWAYS, 0)       \
        X(lremovexattr, sys_lremovexattr, ALWAYS, 0)     \
        X(fremovexattr, sys_fremovexattr, ALWAYS, 0)     \
        X(chdir, sys_chdir, ALWAYS, 0)                   \
        X(fchdir, sys_fchdir, ALWAYS, 0)                 \
        X(chroot, sys_chroot, ALWAYS, 0)                 \
        X(getcwd, sys_getcwd, ALWAYS, 0)                 \
        X(umask, sys_umask, ALWAYS, 0)                   \
        X(fork, sys_fork, ALWAYS, 0)                     \
        X(vfork, sys_vfork, ALWAYS, 0)                   \
        X(clone, sys_clone, ALWAYS, 0)                   \
        X(clone3, sys_clone3, ALWAYS, 0)                 \
        X(execve, sys_execve, EXEC, 0)                   \
        X(execveat, sys_execveat, ALWAYS, 0)             \
        X(unshare, sys_unshare, ALWAYS, 0)               \
        X(setns, sys_setns, ALWAYS, 0)                   \
        X(setrlimit, sys_limit, FSIZE, 0)                \
        X(prlimit64, sys_limit, FSIZE, 0)                \
        X(getuid, sys_getuid, ALWAYS, 0)                 \
        X(geteuid, sys_geteuid, ALWAYS, 0)               \
        X(getgid, sys_getgid, ALWAYS, 0)                 \
        X(getegid, sys_getegid, ALWAYS, 0)               \
        X(getresuid, sys_getresuid, ALWAYS, 0)           \
        X(getresgid, sys_getresgid, ALWAYS, 0)           \
        X(getgroups, sys_getgroups, ALWAYS, 0)           \
        X(setuid, sys_setuid, ALWAYS, 0)                 \
        X(setgid, sys_setgid, ALWAYS, 0)                 \
        X(setreuid, sys_setreuid, ALWAYS, 0)             \
        X(setregid, sys_setregid, ALWAYS, 0)             \
        X(setresuid, sys_setresuid, ALWAYS, 0)           \
        X(setresgid, sys_setresgid, ALWAYS, 0)           \
        X(setfsuid, sys_setfsuid, ALWAYS, 0)             \
        X(setfsgid, sys_setfsgid, ALWAYS, 0)             \
        X(setgroups, sys_setgroups, ALWAYS, 0)           \
        X(capget, sys_capget, ALWAYS, 0)                 \
        X(capset, sys_capset, ALWAYS, 0)                 \
        X(prctl, sys_prctl, PRCTL, 0)                    \
        X(mount, sys_mount, ALWAYS, 0)                   \
        X(umount2, sys_umount2, ALWAYS, 0)               \
        X(pivot_root, sys_pivot_root, ALWAYS, 0)         \
        X(fsopen, sys_fsopen, ALWAYS, 0)                 \
        X(fspick, sys_fspick, ALWAYS, 0)                 \
        X(fsconfig, sys_fsconfig, ALWAYS, 0)             \
        X(fsmount, sys_fsmount, ALWAYS, 0)               \
        X(open_tree, sys_open_tree, ALWAYS, 0)           \
        X(move_mount, sys_move_mount, ALWAYS, 0)         \
        X(mount_setattr, sys_mount_setattr, ALWAYS, 0)   \
        X(statmount, sys_statmount, ALWAYS, 0)           \
        X(listmount, sys_listmount, ALWAYS, 0)           \
        X(open_tree_attr, sys_open_tree_attr, ALWAYS, 0) \
        X(setxattrat, sys_refused, ALWAYS, ENOSYS)       \
        X(getxattrat, sys_refused, ALWAYS, ENOSYS)       \
        X(listxattrat, sys_refused, ALWAYS, ENOSYS)      \
        X(removexattrat, sys_refused, ALWAYS, ENOSYS)    \
        X(file_getattr, sys_refused, ALWAYS, ENOSYS)     \
        X(file_setattr, sys_refused, ALWAYS, ENOSYS)     \
        X(name_to_handle_at, sys_refused, ALWAYS, EOPNOTSUPP) \
        X(open_by_handle_at, sys_refused, ALWAYS, EPERM) \
        X(inotify_add_watch, sys_refused, ALWAYS, ENOSYS) \
        X(fanotify_init, sys_refused, ALWAYS, ENOSYS)    \
        X(fanotify_mark, sys_refused, ALWAYS, ENOSYS)    \
        X(io_uring_setup, sys_refused, ALWAYS, ENOSYS)   \
        X(io_uring_enter, sys_refused, ALWAYS, ENOSYS)   \
        X(io_uring_register, sys_refused, ALWAYS, ENOSYS) \
        X(io_setup, sys_refused, ALWAYS, ENOSYS)         \
        X(userfaultfd, sys_refused, ALWAYS, EPERM)       \
        X(bpf, sys_refused, ALWAYS, EPERM)               \
        X(seccomp, sys_refused, ALWAYS, EINVAL)          \
        X(quotactl, sys_refused, ALWAYS, ENOSYS)         \
        X(quotactl_fd, sys_refused, ALWAYS, ENOSYS)      \
        X(swapon, sys_refused, ALWAYS, EPERM)            \
        X(swapoff, sys_refused, ALWAYS, EPERM)           \
        X(acct, sys_refused, ALWAYS, ENOSYS)             \
        X(uselib, sys_refused, ALWAYS, ENOSYS)           \
        X(ustat, sys_refused, ALWAYS, ENOSYS)

#define X(name_, handler_, cond_, refusal_) int64_t handler_(struct call *c);
VFSRUN_CALLS(X)
#undef X

/* The ioctl commands that are about files. */
extern const unsigned int sys_ioctl_commands[];
extern const size_t sys_ioctl_n;

/* notify.c: the library's hooks for waiting. */
int notify_wait(void *user, void *ctx_user, const uint32_t *word, uint32_t expected);
void notify_wake(void *user, const uint32_t *word, uint32_t n);

/* args.c: arguments that many calls have. */

/* A path, copied. Errors: EFAULT, ENAMETOOLONG, ENOENT (the guest is gone). */
int arg_path(struct call *c, uint64_t addr, char path[VFS_PATH_MAX]);
/*
 * A starting point and a path. Put the former with desc_start_put after success. Errors: as arg_path,
 * ENOTDIR.
 */
int arg_at(struct call *c, uint64_t fd, uint64_t addr, char path[VFS_PATH_MAX], struct vfs_file **ret_dir);
/* A string of at most size - 1 bytes, or NULL. Errors: EFAULT, EINVAL (longer). */
int arg_string(struct call *c, uint64_t addr, char *buf, size_t size, const char **ret_string);

#endif
