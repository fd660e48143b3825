/*
 * A user namespace of the host's and its like in the library, to compare what callers
 * in it may do. Ids 1000 and 1001 are mapped in it, as 0 and 1. Needs root; where the
 * host does not let us have one, tests that want it do nothing.
 */
#ifndef TESTS_UNIT_USERNS_HOST_H
#define TESTS_UNIT_USERNS_HOST_H

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vfs/fsapi.h>
#include <vfs/mntns.h>

#include "tests/unit/test_main.h"

#define NS_FIRST 1000u
#define CAP(c) (UINT64_C(1) << VFS_CAP_##c)

/* Ids are those of the first namespace. */
struct caller {
        bool inside;
        uint32_t uid, gid, group;
        uint64_t caps;
};

static int host_user_ns = -1, host_mount_ns = -1;
static struct vfs_userns *userns;

static inline bool host_map(pid_t pid, const char *name)
{
        static const char text[] = "0 1000 2\n";
        char path[64];
        bool written;
        int fd;

        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
        fd = open(path, O_WRONLY);
        written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
        close(fd);
        return written;
}

static inline int host_ns_open(pid_t pid, const char *name)
{
        char path[64];
        int fd;

        snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        return fd;
}

/* The life of the process that makes the namespaces: until it is killed. */
static inline void host_holder(int up, int down, const char *tmpfs)
{
        char c = 'x';

        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
                c = '-';
        if (write(up, &c, 1) != 1 || read(down, &c, 1) != 1)
                _exit(1);
        if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0 ||
            (tmpfs != NULL && mount("none", tmpfs, "tmpfs", 0, "mode=755") < 0))
                c = '-';
        if (write(up, &c, 1) == 1)
                pause();
        _exit(1);
}

/* tmpfs (may be NULL): where a tmpfs of the namespace is mounted, in its mount namespace. */
static inline void userns_setup(const char *tmpfs)
{
        const struct vfs_id_range range = { NS_FIRST, 2 };
        const struct vfs_userns_opts opts = {
                .size = sizeof(opts), .uids = &range, .gids = &range, .nuids = 1, .ngids = 1,
        };
        int up[2], down[2];
        pid_t pid;
        char c;

        ck_assert_int_eq(vfs_userns_new(&opts, &userns), 0);
        if (geteuid() != 0)
                return;
        ck_assert(pipe(up) == 0 && pipe(down) == 0);
        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
                host_holder(up[1], down[0], tmpfs);
        ck_assert_int_eq(read(up[0], &c, 1), 1);
        if (c == 'x' && host_map(pid, "uid_map") && host_map(pid, "gid_map")) {
                ck_assert_int_eq(write(down[1], &c, 1), 1);
                ck_assert_int_eq(read(up[0], &c, 1), 1);
        } else {
                c = '-';
        }
        if (c == 'x') {
                host_user_ns = host_ns_open(pid, "user");
                host_mount_ns = host_ns_open(pid, "mnt");
        }
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        close(up[0]), close(up[1]), close(down[0]), close(down[1]);
}

static inline void userns_teardown(void)
{
        vfs_userns_put(userns);
        close(host_user_ns);
        close(host_mount_ns);
}

#define NEED_USERNS()                 \
        do {                          \
                if (host_user_ns < 0) \
                        return;       \
        } while (0)

static inline struct vfs_cred *cred_of(const struct caller *c)
{
        const struct vfs_cred_opts opts = {
                .size = sizeof(opts), .uid = c->uid, .gid = c->gid, .ngroups = 1, .groups = &c->group,
                .caps = c->caps, .userns = c->inside ? userns : NULL,
        };
        struct vfs_cred *cred = NULL;

        ck_assert_int_eq(vfs_cred_new(&opts, &cred), 0);
        return cred;
}

static inline bool host_become(const struct caller *c)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        const uint32_t base = c->inside ? NS_FIRST : 0;
        struct __user_cap_data_struct data[2];
        const gid_t group = c->group - base;

        if ((c->inside && setns(host_user_ns, CLONE_NEWUSER) < 0) ||
            prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) < 0 || setgroups(1, &group) < 0 ||
            setresgid(c->gid - base, c->gid - base, c->gid - base) < 0 ||
            setresuid(c->uid - base, c->uid - base, c->uid - base) < 0 ||
            syscall(SYS_capget, &header, data) < 0)
                return false;
        for (int i = 0; i < 2; i++)
                data[i].effective = data[i].permitted & (uint32_t)(c->caps >> (32 * i));
        return syscall(SYS_capset, &header, data) == 0;
}

/*
 * A child goes on as that caller, in the mount namespace if in_mounts: true, and it
 * ends with _exit(0). The test itself waits for that end, and goes on with false.
 */
static inline bool as_caller(const struct caller *c, bool in_mounts)
{
        pid_t pid = fork();
        int status;

        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                if ((in_mounts && setns(host_mount_ns, CLONE_NEWNS) < 0) || !host_become(c))
                        _exit(1);
                umask(0);
                return true;
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, 0);
        return false;
}

/* Memory that a child's answers come back in. */
static inline void *shared_new(size_t size)
{
        void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        ck_assert_ptr_ne(p, MAP_FAILED);
        return p;
}

#endif
