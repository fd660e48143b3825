/*
 * host_task.c - the host's driver: tasks and namespaces.
 *
 * A task beside the first is a process that shares memory and descriptors with
 * it, as after vfork(2). A case runs on one stack, which the tasks hand on: a
 * switch saves the case's context, parks the task on a small stack of its own,
 * and lets the other task go on with the case from the saved context. So a case's
 * code needs no second half in another process, and its system calls are those
 * of whichever task is current.
 *
 * Only one task runs at a time. Task 0 is the parent of the others and sees to
 * the turns: a parked task stops itself with SIGSTOP, which task 0 waits for. A task
 * that dies takes the case with it, with the same status.
 */
#include "tests/semantics/host_driver.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define STACK_SIZE 65536

/* Its stack is handed over between processes, which no sanitizer follows. */
#define NO_SANITIZER __attribute__((no_sanitize("address", "undefined")))

struct task {
        pid_t pid;
        ucontext_t parked;
        char *stack;
};

static struct {
        struct task tasks[HOST_TASKS];
        ucontext_t body; /* the case, while no task runs it */
        int turn;        /* the task that runs it next */
} all;

/* The pid that the C library remembers is the first task's. */
static pid_t own_pid(void)
{
        return (pid_t)syscall(SYS_getpid);
}

static void die_with_the_first(void)
{
        prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void host_new_credentials(struct driver *d)
{
        if (host_self(d)->task)
                die_with_the_first(); /* they have cleared it */
}

/* Waits until a task has stopped; if it ended instead, so does this one. */
NO_SANITIZER static void wait_for_stop(pid_t pid)
{
        int status;

        do {
                if (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status))
                        return;
        } while (errno == EINTR);
        if (WIFSIGNALED(status))
                kill(own_pid(), WTERMSIG(status));
        _exit(WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : 1);
}

NO_SANITIZER static void park_first(void)
{
        for (;;) {
                while (all.turn != 0) {
                        pid_t pid = all.tasks[all.turn].pid;

                        kill(pid, SIGCONT);
                        wait_for_stop(pid);
                }
                swapcontext(&all.tasks[0].parked, &all.body);
        }
}

NO_SANITIZER static int park_other(void *arg)
{
        struct task *task = arg;

        die_with_the_first();
        for (;;) {
                kill(own_pid(), SIGSTOP);
                swapcontext(&task->parked, &all.body);
        }
        return 0;
}

int64_t host_task_switch(struct driver *d, int to)
{
        struct host_driver *h = host_self(d);
        int from = h->task;

        if (to < 0 || to > h->ntasks)
                return -ESRCH;
        if (to != from) {
                h->task = to;
                all.turn = to;
                swapcontext(&all.body, &all.tasks[from].parked);
        }
        return 0;
}

static char *new_stack(void)
{
        char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        return stack == MAP_FAILED ? NULL : stack;
}

int64_t host_task_new(struct driver *d)
{
        struct host_driver *h = host_self(d);
        int number = h->ntasks + 1, current = h->task;
        struct task *task = &all.tasks[number];

        if (number == HOST_TASKS)
                return -EAGAIN;
        if (number == 1) {
                all.tasks[0].pid = own_pid();
                all.tasks[0].stack = new_stack();
                if (!all.tasks[0].stack || getcontext(&all.tasks[0].parked) < 0)
                        return -ENOMEM;
                all.tasks[0].parked.uc_stack.ss_sp = all.tasks[0].stack;
                all.tasks[0].parked.uc_stack.ss_size = STACK_SIZE;
                all.tasks[0].parked.uc_link = NULL;
                makecontext(&all.tasks[0].parked, park_first, 0);
        }
        task->stack = new_stack();
        if (!task->stack)
                return -ENOMEM;
        /* Always a child of the first task, which waits for all. */
        task->pid = clone(park_other, task->stack + STACK_SIZE,
                          CLONE_VM | CLONE_FILES | (current ? CLONE_PARENT : 0) | SIGCHLD, task);
        if (task->pid < 0)
                return -errno;
        h->ntasks = number;
        host_task_switch(d, 0);
        wait_for_stop(task->pid);
        host_task_switch(d, current);
        return number;
}

void host_tasks_end(struct driver *d)
{
        struct host_driver *h = host_self(d);

        host_task_switch(d, 0);
        host_capset(~UINT64_C(0)); /* to end tasks of any user */
        for (int i = h->ntasks; i > 0; i--) {
                kill(all.tasks[i].pid, SIGKILL);
                waitpid(all.tasks[i].pid, NULL, 0);
                munmap(all.tasks[i].stack, STACK_SIZE);
        }
        if (h->ntasks)
                munmap(all.tasks[0].stack, STACK_SIZE);
        h->ntasks = 0;
}

/* Writes /proc/PID/uid_map or gid_map. */
static int write_map(struct driver *d, pid_t pid, const char *name, const void *ranges, uint32_t n)
{
        const uint32_t(*range)[2] = ranges;
        char path[40], text[256];
        size_t used = 0;
        int fd, r;

        snprintf(path, sizeof(path), "%d/%s", (int)pid, name);
        for (uint32_t i = 0; i < n; i++)
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%u %u %u\n", range[i][0],
                                         range[i][0], range[i][1]);
        fd = openat(PROC(d), path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = write(fd, text, used) == (ssize_t)used ? 0 : -errno;
        close(fd);
        return r;
}

/*
 * unshare(2) of the user namespace. The maps are written by a process that stays
 * in the old one, and is root there: only so may they have any ranges.
 */
static int unshare_user(struct driver *d, int flags, const struct driver_ids *ids)
{
        pid_t writer, me = own_pid();
        int go[2], status = 0, r = 0;
        char c = 0;

        if (pipe2(go, O_CLOEXEC) < 0)
                return -errno;
        writer = fork();
        if (writer == 0) {
                close(go[1]);
                if (read(go[0], &c, 1) != 1)
                        _exit(0);
                r = host_capset(~UINT64_C(0));
                if (r == 0 && (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0))
                        r = -errno;
                if (r == 0)
                        r = host_capset(~UINT64_C(0));
                if (r == 0 && ids->nuids)
                        r = write_map(d, me, "uid_map", ids->uids, ids->nuids);
                if (r == 0 && ids->ngids)
                        r = write_map(d, me, "gid_map", ids->gids, ids->ngids);
                _exit(-r);
        }
        close(go[0]);
        if (writer < 0 || unshare(CLONE_NEWUSER | flags) < 0)
                r = -errno;
        else if (write(go[1], &c, 1) != 1)
                r = -EIO;
        close(go[1]);
        if (writer > 0 && waitpid(writer, &status, 0) == writer && r == 0)
                r = WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
        host_new_credentials(d);
        return r;
}

int64_t host_unshare(struct driver *d, uint32_t flags, const struct driver_ids *ids)
{
        static const struct driver_ids usual = {
                .nuids = 1, .ngids = 1, .uids = { { 0, 65536 } }, .gids = { { 0, 65536 } }
        };
        int ns = flags & DRIVER_NEWNS ? CLONE_NEWNS : 0;

        if (flags & DRIVER_NEWUSER)
                return unshare_user(d, ns, ids ? ids : &usual);
        return answer(unshare(ns));
}

static int ns_fd(struct driver *d, int ns)
{
        return ns >= 0 && ns < host_self(d)->nns ? HOST_FD_NS + ns : -1;
}

int64_t host_ns_save(struct driver *d)
{
        struct host_driver *h = host_self(d);
        int fd;

        if (h->nns == HOST_NS)
                return -EMFILE;
        fd = openat(PROC(d), "self/ns/mnt", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        host_out_of_the_way(fd, HOST_FD_NS + h->nns);
        return h->nns++;
}

int64_t host_ns_enter(struct driver *d, int ns)
{
        return answer(setns(ns_fd(d, ns), CLONE_NEWNS));
}

int64_t host_ns_drop(struct driver *d, int ns)
{
        return answer(close(ns_fd(d, ns)));
}

int64_t host_ns_id(struct driver *d, int ns, uint64_t *ret_id)
{
        return answer(ioctl(ns_fd(d, ns), _IOR(0xb7, 5, uint64_t), ret_id)); /* NS_GET_MNTNS_ID */
}
