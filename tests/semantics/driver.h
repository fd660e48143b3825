/*
 * driver.h - one set of file system calls, two kernels behind it.
 *
 * A driver is one process on one kernel: descriptors, a working directory, a
 * root, a umask, credentials and namespaces; and further processes, where a case
 * needs them. There are two: the host kernel, with a tmpfs as its root directory
 * in a mount namespace of its own, and vfs2, with a memfs as the root of a
 * namespace. A test case is written once against struct driver and run on both:
 * the host's run proves the belief about Linux, the other the library.
 *
 * Results are as the kernel gives them: a value, or a negative errno. Flags,
 * modes and records are Linux's own on both sides.
 */
#ifndef TESTS_SEMANTICS_DRIVER_H
#define TESTS_SEMANTICS_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include <vfs/abi_mount.h>

#define DRIVER_CWD        (-100) /* AT_FDCWD */
#define DRIVER_BAD_FD     999    /* never open */
#define DRIVER_GROUPS_MAX 4

struct driver_cred {
        uint32_t uid, gid; /* real, effective, filesystem */
        uint32_t ngroups;
        uint32_t groups[DRIVER_GROUPS_MAX];
        uint64_t caps; /* effective; all are permitted */
};

/*
 * unshare: what the task gets of its own: a copy of its mount namespace; a user namespace, with
 * all capabilities there, which owns a mount namespace made with it or later.
 */
#define DRIVER_NEWNS   1u
#define DRIVER_NEWUSER 2u

/* The ids of a user namespace, which are the same numbers inside and outside. */
#define DRIVER_RANGES_MAX 4
struct driver_ids {
        uint32_t nuids, ngids;
        struct {
                uint32_t first, count;
        } uids[DRIVER_RANGES_MAX], gids[DRIVER_RANGES_MAX];
};

struct driver;

struct driver_ops {
        const char *name;
        void (*free)(struct driver *d);

        /*
         * Tasks. A driver begins as task 0. task_new makes another, as fork(2) with CLONE_FILES
         * would: a root, a working directory, a umask, credentials and namespaces of its own, and
         * the same descriptors. It returns the task's number, from 1 up. task_switch makes all
         * that follows, up to the next switch, the doing of that task.
         */
        int64_t (*task_new)(struct driver *d);
        int64_t (*task_switch)(struct driver *d, int task);

        /*
         * Namespaces. unshare(2) for the current task; ids NULL: 0 to 65535. ns_save
         * remembers the current task's mount namespace (and keeps it alive) and returns a number for
         * it; ns_enter is setns(2) with that; ns_drop forgets it. ns_id is the kernel's number.
         */
        int64_t (*unshare)(struct driver *d, uint32_t flags, const struct driver_ids *ids);
        int64_t (*ns_save)(struct driver *d);
        int64_t (*ns_enter)(struct driver *d, int ns);
        int64_t (*ns_drop)(struct driver *d, int ns);
        int64_t (*ns_id)(struct driver *d, int ns, uint64_t *ret_id);

        /* The process. */
        int64_t (*set_cred)(struct driver *d, const struct driver_cred *cred);
        int64_t (*umask)(struct driver *d, uint32_t mask);
        int64_t (*chdir)(struct driver *d, const char *path);
        int64_t (*fchdir)(struct driver *d, int fd);
        int64_t (*chroot)(struct driver *d, const char *path);
        int64_t (*getcwd)(struct driver *d, char *buf, size_t size);
        int64_t (*fsize_limit)(struct driver *d, uint64_t bytes);

        /* Descriptors. */
        int64_t (*openat)(struct driver *d, int dir, const char *path, uint32_t flags, uint32_t mode);
        int64_t (*openat2)(struct driver *d, int dir, const char *path, const void *how, size_t size);
        /* As execveat(2) opens a program, without running it: the file must be none that can be run. */
        int64_t (*open_exec)(struct driver *d, int dir, const char *path, uint32_t flags);
        int64_t (*close)(struct driver *d, int fd);
        int64_t (*dup)(struct driver *d, int fd);
        int64_t (*dup3)(struct driver *d, int fd, int newfd, uint32_t flags);
        int64_t (*fcntl)(struct driver *d, int fd, int cmd, uint64_t arg);
        int64_t (*close_range)(struct driver *d, uint32_t first, uint32_t last, uint32_t flags);

        /* Open files. */
        int64_t (*read)(struct driver *d, int fd, void *buf, size_t n);
        int64_t (*write)(struct driver *d, int fd, const void *buf, size_t n);
        int64_t (*pread)(struct driver *d, int fd, void *buf, size_t n, int64_t off);
        int64_t (*pwrite)(struct driver *d, int fd, const void *buf, size_t n, int64_t off);
        int64_t (*lseek)(struct driver *d, int fd, int64_t off, int whence);
        int64_t (*getdents)(struct driver *d, int fd, void *buf, size_t n);
        int64_t (*fstat)(struct driver *d, int fd, struct vfs_statx *st);
        int64_t (*fstatfs)(struct driver *d, int fd, struct vfs_statfs *st);
        int64_t (*fchmod)(struct driver *d, int fd, uint32_t mode);
        int64_t (*fchown)(struct driver *d, int fd, uint32_t uid, uint32_t gid);
        int64_t (*futimens)(struct driver *d, int fd, const struct vfs_timespec times[2]);
        int64_t (*ftruncate)(struct driver *d, int fd, int64_t length);
        int64_t (*fallocate)(struct driver *d, int fd, uint32_t mode, int64_t off, int64_t len);
        int64_t (*fsync)(struct driver *d, int fd);
        int64_t (*fsetxattr)(struct driver *d, int fd, const char *name, const void *value, size_t n,
                             uint32_t flags);
        int64_t (*fgetxattr)(struct driver *d, int fd, const char *name, void *value, size_t n);
        int64_t (*flistxattr)(struct driver *d, int fd, char *list, size_t n);
        int64_t (*fremovexattr)(struct driver *d, int fd, const char *name);
        int64_t (*copy_file_range)(struct driver *d, int in, int64_t *off_in, int out, int64_t *off_out,
                                   size_t n, uint32_t flags);
        int64_t (*mmap)(struct driver *d, int fd, int64_t off, size_t n, uint32_t prot, int shared);
        int64_t (*fd_path)(struct driver *d, int fd, char *buf, size_t size); /* /proc/self/fd/N, a string */

        /* Paths. */
        int64_t (*statx)(struct driver *d, int dir, const char *path, uint32_t flags, uint32_t mask,
                         struct vfs_statx *st);
        int64_t (*statfs)(struct driver *d, const char *path, struct vfs_statfs *st);
        int64_t (*access)(struct driver *d, int dir, const char *path, uint32_t mode, uint32_t flags);
        int64_t (*mkdir)(struct driver *d, int dir, const char *path, uint32_t mode);
        int64_t (*mknod)(struct driver *d, int dir, const char *path, uint32_t mode, uint32_t major,
                         uint32_t minor);
        int64_t (*symlink)(struct driver *d, const char *target, int dir, const char *path);
        int64_t (*readlink)(struct driver *d, int dir, const char *path, char *buf, size_t n);
        int64_t (*link)(struct driver *d, int olddir, const char *oldpath, int newdir, const char *newpath,
                        uint32_t flags);
        int64_t (*unlink)(struct driver *d, int dir, const char *path, uint32_t flags);
        int64_t (*rename)(struct driver *d, int olddir, const char *oldpath, int newdir, const char *newpath,
                          uint32_t flags);
        int64_t (*chmod)(struct driver *d, int dir, const char *path, uint32_t mode, uint32_t flags);
        int64_t (*chown)(struct driver *d, int dir, const char *path, uint32_t uid, uint32_t gid,
                         uint32_t flags);
        int64_t (*utimens)(struct driver *d, int dir, const char *path, const struct vfs_timespec times[2],
                           uint32_t flags);
        int64_t (*truncate)(struct driver *d, const char *path, int64_t length);
        int64_t (*setxattr)(struct driver *d, const char *path, const char *name, const void *value, size_t n,
                            uint32_t flags, int nofollow);
        int64_t (*getxattr)(struct driver *d, const char *path, const char *name, void *value, size_t n,
                            int nofollow);
        int64_t (*listxattr)(struct driver *d, const char *path, char *list, size_t n, int nofollow);
        int64_t (*removexattr)(struct driver *d, const char *path, const char *name, int nofollow);

        /* Mounts. */
        int64_t (*mount)(struct driver *d, const char *source, const char *target, const char *type,
                         uint64_t flags, const char *data);
        int64_t (*umount)(struct driver *d, const char *target, uint32_t flags);
        int64_t (*pivot_root)(struct driver *d, const char *new_root, const char *put_old);

        /* The new mount API. A context and a tree are descriptors; reading a context gives its messages. */
        int64_t (*fsopen)(struct driver *d, const char *type, uint32_t flags);
        int64_t (*fspick)(struct driver *d, int dir, const char *path, uint32_t flags);
        int64_t (*fsconfig)(struct driver *d, int fd, uint32_t cmd, const char *key, const void *value,
                            int aux);
        int64_t (*fsmount)(struct driver *d, int fd, uint32_t flags, uint32_t attr_flags);
        int64_t (*open_tree)(struct driver *d, int dir, const char *path, uint32_t flags);
        int64_t (*open_tree_attr)(struct driver *d, int dir, const char *path, uint32_t flags,
                                  const struct vfs_mount_attr *attr, size_t size);
        int64_t (*move_mount)(struct driver *d, int from, const char *from_path, int to, const char *to_path,
                              uint32_t flags);
        int64_t (*mount_setattr)(struct driver *d, int dir, const char *path, uint32_t flags,
                                 const struct vfs_mount_attr *attr, size_t size);

        /*
         * What there is, as the current task sees it. The listings are those of /proc/self; they
         * return the bytes written, at most size. mounts_watch begins to watch the current task's mount
         * namespace; mounts_changed says whether poll(2) reports a change (1) or not (0), and takes
         * note of it. mounts_unwatch ends that: on the host what is watched keeps the task's root busy.
         */
        int64_t (*mountinfo)(struct driver *d, char *buf, size_t size);
        int64_t (*mounts)(struct driver *d, char *buf, size_t size);
        int64_t (*mountstats)(struct driver *d, char *buf, size_t size);
        int64_t (*mounts_watch)(struct driver *d);
        int64_t (*mounts_changed)(struct driver *d);
        int64_t (*mounts_unwatch)(struct driver *d);
        int64_t (*statmount)(struct driver *d, const struct vfs_mnt_id_req *req, struct vfs_statmount *buf,
                             size_t size, uint32_t flags);
        int64_t (*listmount)(struct driver *d, const struct vfs_mnt_id_req *req, uint64_t *ids, size_t n,
                             uint32_t flags);
};

struct driver {
        const struct driver_ops *ops;
};

/*
 * The host. Gives the calling process a mount namespace of its own with a new
 * tmpfs as its root directory (and nothing else in it), for good: for a child
 * made for the purpose. Errors: EPERM (needs root), ENOSYS (a kernel before
 * 6.6, whose results are not those that vfs2 follows).
 */
int driver_host_new(const char *tmpfs_options, struct driver **ret_driver);
/* Is the host's kernel older than that? */
int driver_host_is_older(int major_nr, int minor_nr);
/* vfs2: an instance with a memfs as the root of its namespace, and the host's /proc/sys/fs settings. */
int driver_vfs2_new(const char *tmpfs_options, struct driver **ret_driver);
/*
 * The same with a configuration of the caller's; with no clock there, one that never gives the
 * same time twice.
 */
struct vfs_config;
int driver_vfs2_new_with(const struct vfs_config *config, const char *tmpfs_options,
                         struct driver **ret_driver);
/*
 * vfs2, with a tmpfs of the host's as the root of its namespace, passed through: in a mount
 * namespace of the process's own, for good. mode: of the filesystem. Errors: EPERM (needs root).
 */
int driver_passthrough_new(const char *tmpfs_options, const char *mode, struct driver **ret_driver);
/* The instance behind a vfs2 driver. */
struct vfs *driver_vfs2_instance(struct driver *d);

static inline void driver_free(struct driver *d)
{
        if (d)
                d->ops->free(d);
}

/* /proc/sys/fs/NAME of the host, read before it went out of sight; 0 if there is none. */
uint32_t driver_host_sysctl(const char *name);

#endif
