/*
 * start.c - how the first guest comes to be, and how the last one goes.
 *
 * The guests live in a process id namespace, whose process 1 does nothing but wait: when
 * the program ends, or vfsrun does, it ends, and the kernel kills whoever is left. Their
 * root on the host is an empty tmpfs, read-only for them, in no mount tree at all (a
 * detached mount); their privileges on the host are none but for low ports. So what the
 * kernel does by itself for a guest finds no file.
 *
 * The program's process installs the filter, sends the listener over a socket, waits to be let
 * go, and calls umask and execve, the first calls that are answered. Before that it may
 * use such calls only as are the host's: sendmsg, recvmsg.
 *
 * An ordinary user gets a user namespace first, in which all this is allowed.
 */
#include "tools/vfsrun/start.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/vfsrun/vfsrun.h"

#define CAP_NET_BIND_SERVICE_BIT 10
#define CAP_NET_RAW_BIT 13

static volatile pid_t init_pid;
static volatile int killed_by;

static int write_file(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC), r;

        if (fd < 0)
                return -errno;
        r = write(fd, text, strlen(text)) < 0 ? -errno : 0;
        close(fd);
        return r;
}

static int enter_userns(void)
{
        unsigned int uid = getuid(), gid = getgid();
        char text[64];
        int r;

        if (unshare(CLONE_NEWUSER) < 0)
                return -errno;
        r = write_file("/proc/self/setgroups", "deny");
        snprintf(text, sizeof(text), "0 %u 1", uid);
        if (r == 0)
                r = write_file("/proc/self/uid_map", text);
        snprintf(text, sizeof(text), "0 %u 1", gid);
        if (r == 0)
                r = write_file("/proc/self/gid_map", text);
        return r;
}

/* A filesystem that is mounted nowhere. */
static int new_filesystem(const char *type, const char *mode)
{
        int context = fsopen(type, FSOPEN_CLOEXEC), fd = -1;

        if (context < 0)
                return -errno;
        if ((!mode || fsconfig(context, FSCONFIG_SET_STRING, "mode", mode, 0) == 0) &&
            fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
                fd = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
        if (fd < 0)
                fd = -errno;
        close(context);
        return fd;
}

int start_jail(struct start *s, const char **what)
{
        struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
        int r;

        *what = "making a user namespace";
        if (geteuid() != 0) {
                r = enter_userns();
                if (r < 0)
                        return r;
        }
        *what = "making a mount namespace";
        if (unshare(CLONE_NEWNS) < 0)
                return -errno;
        *what = "making a tmpfs";
        vr.jail = new_filesystem("tmpfs", "0755");
        if (vr.jail < 0)
                return vr.jail;
        vr.pool = new_filesystem("tmpfs", "0700");
        if (vr.pool < 0)
                return vr.pool;
        /*
         * A second, read-only mount of the jail; kernels before 6.15 cannot, and leave it writable for
         * guests.
         */
        s->guest_root = open_tree(vr.jail, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
        if (s->guest_root < 0 || mount_setattr(s->guest_root, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
                s->guest_root = vr.jail;
        *what = "getting random numbers";
        return getrandom(vr.exec_secret, sizeof(vr.exec_secret), 0) == sizeof(vr.exec_secret) ? 0 : -EIO;
}

/* All privileges but those that need no file. */
static int drop_privileges(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        const uint32_t kept = 1u << CAP_NET_BIND_SERVICE_BIT | 1u << CAP_NET_RAW_BIT;
        struct __user_cap_data_struct data[2] = { { kept, kept, 0 }, { 0, 0, 0 } };

        for (int cap = 0; cap < 64; cap++)
                if (!(cap < 32 && (kept >> cap & 1)) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 &&
                    errno != EINVAL)
                        return -errno;
        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* Data that says how a step went, and a descriptor or -1. */
static int send_result(int socket, int result, int fd)
{
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(sizeof(int))];
        } control = { 0 };
        struct iovec iov = { &result, sizeof(result) };
        struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

        if (fd >= 0) {
                msg.msg_control = &control;
                msg.msg_controllen = sizeof(control);
                control.header.cmsg_level = SOL_SOCKET;
                control.header.cmsg_type = SCM_RIGHTS;
                control.header.cmsg_len = CMSG_LEN(sizeof(int));
                memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
        }
        return sendmsg(socket, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int receive_result(int socket, int *ret_result, int *ret_fd)
{
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(sizeof(int))];
        } control = { 0 };
        struct iovec iov = { ret_result, sizeof(*ret_result) };
        struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                              .msg_controllen = sizeof(control) };
        ssize_t n;

        do
                n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
        while (n < 0 && errno == EINTR);
        if (n != sizeof(*ret_result))
                return n < 0 ? -errno : -EPIPE;
        if (ret_fd && msg.msg_controllen >= CMSG_LEN(sizeof(int)) && control.header.cmsg_type == SCM_RIGHTS)
                memcpy(ret_fd, CMSG_DATA(&control.header), sizeof(*ret_fd));
        return 0;
}

/* Everything above 2 goes, but for one. */
static void close_others(int keep)
{
        if (keep > 3)
                close_range(3, (unsigned int)keep - 1, 0);
        close_range((unsigned int)keep + 1, ~0u, 0);
}

static void default_signals(void)
{
        sigset_t none;

        for (int sig = 1; sig < NSIG; sig++)
                if (sig == SIGINT || sig == SIGQUIT || sig == SIGPIPE || sig == SIGTERM || sig == SIGHUP)
                        signal(sig, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The program's process, up to execve. */
static void program(const struct start *s, int socket, const char *path, char **argv, char **envp)
{
        int r, go, error;

        default_signals();
        r = fchdir(s->guest_root) < 0 || chroot(".") < 0 || chdir("/") < 0 ? -errno : 0;
        if (r == 0)
                r = drop_privileges();
        close_others(socket);
        if (r == 0)
                r = filter_install(vr.exec_secret);
        send_result(socket, r < 0 ? r : 0, r);
        if (r < 0 || receive_result(socket, &go, NULL) < 0)
                _exit(1);
        setrlimit(RLIMIT_NOFILE, &s->files);
        umask(s->umask); /* the first call that is answered */
        execve(path, argv, envp);
        error = errno;
        dprintf(2, "vfsrun: %s: %s\n", path, strerror(error));
        _exit(error == ENOENT ? 127 : 126);
}

/* Process 1: ends with the program. */
static void init(const struct start *s, int socket, const char *path, char **argv, char **envp)
{
        pid_t child, got;
        int status, r;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        r = new_filesystem("proc", NULL); /* of this namespace's numbers */
        send_result(socket, r < 0 ? r : 0, r);
        child = r < 0 ? -1 : fork();
        if (child == 0)
                program(s, socket, path, argv, envp);
        close_others(socket);
        if (drop_privileges() < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 || child < 0)
                _exit(1);
        for (;;) {
                got = waitpid(-1, &status, 0);
                if (got == child) {
                        send_result(socket, status, -1);
                        _exit(0);
                }
                if (got < 0 && errno == ECHILD)
                        _exit(1);
        }
}

static void on_signal(int sig)
{
        killed_by = sig;
        if (init_pid > 0)
                kill(init_pid, SIGKILL);
}

/* The program's number here: the only child of process 1. */
static pid_t find_program(pid_t init)
{
        char path[64], text[32] = "";
        int fd;

        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", init, init);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
                if (read(fd, text, sizeof(text) - 1) < 0)
                        text[0] = '\0';
                close(fd);
        }
        return atoi(text);
}

int start_processes(struct start *s, const char *path, char **argv, char **envp, const char **what)
{
        const struct sigaction action = { .sa_handler = on_signal };
        int sockets[2], r, result = 0;
        pid_t pid;

        signal(SIGPIPE, SIG_IGN);
        signal(SIGINT, SIG_IGN); /* of the terminal's: the program's business */
        signal(SIGQUIT, SIG_IGN);
        *what = "making the first process";
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
                return -errno;
        /* Not by unshare: then this process could start no threads. */
        pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                close(sockets[0]);
                init(s, sockets[1], path, argv, envp);
        }
        close(sockets[1]);
        s->control = sockets[0];
        s->init = init_pid = pid;
        sigaction(SIGTERM, &action, NULL);
        sigaction(SIGHUP, &action, NULL);
        *what = "mounting proc";
        vr.proc = -1;
        r = receive_result(s->control, &result, &vr.proc);
        if (r == 0)
                r = result;
        if (r < 0)
                return r;
        *what = "installing the seccomp filter";
        vr.listener = -1;
        r = receive_result(s->control, &result, &vr.listener);
        if (r == 0)
                r = result;
        if (r == 0 && vr.listener < 0)
                r = -EPROTO;
        if (r == 0) {
                s->program = find_program(pid);
                *what = "reading /proc";
                r = s->program > 0 ? 0 : -ESRCH;
        }
        if (r < 0)
                kill(pid, SIGKILL);
        return r;
}

void start_go(struct start *s)
{
        send_result(s->control, 0, -1);
}

int start_wait(struct start *s)
{
        int status = 0, r = receive_result(s->control, &status, NULL);

        while (waitpid(s->init, NULL, 0) < 0 && errno == EINTR)
                ;
        close(s->control);
        if (r < 0)
                return killed_by ? 128 + killed_by : 255;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
