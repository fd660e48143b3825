/*
 * fork.c - making children.
 *
 * The host's kernel makes them; what a child begins with is noted before (task.c). New
 * mount and user namespaces are the library's, and the host's kernel must not be asked for
 * them: it would refuse. Since a notification cannot change the flags, the guest is traced
 * for a moment, as for execve: its call is answered with an error, and before it
 * returns it is led to call again without these flags. What the child begins with is
 * handed from the first call to the second in the task.
 *
 * A signal that comes before the second call lets the guest begin anew after its
 * handler, with the flags it gave. The child finds the flags that remained in the register
 * of its first argument.
 */
#include "tools/vfsrun/fork.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tools/vfsrun/task.h"
#include "tools/vfsrun/trace.h"

#define OURS ((uint64_t)(CLONE_NEWNS | CLONE_NEWUSER))
#define OTHERS ((uint64_t)(CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP))
#define ERESTARTNOINTR 513

/* The child's namespaces, in t until the second call. */
static int make_namespaces(struct task *t, uint64_t flags)
{
        struct vfs_ctx asks = t->ctx;
        struct cred *cred = NULL;
        struct vfs_fsctx *fs;
        int r;

        r = vfs_fsctx_copy(t->fs, &fs);
        if (r < 0)
                return r;
        if (flags & CLONE_NEWUSER)
                r = cred_unshare(t->cred, &cred);
        if (r == 0 && (flags & CLONE_NEWNS)) {
                if (cred)
                        asks.cred = cred->vfs;
                r = vfs_fsctx_unshare(fs, &asks, (cred ? cred : t->cred)->userns);
        }
        if (r < 0) {
                cred_put(cred);
                vfs_fsctx_put(fs);
                return r;
        }
        task_set_child(t, fs, cred);
        return 0;
}

/* The second call. */
static int64_t call_again(struct call *c, uint64_t flags, uint64_t record)
{
        const uint64_t nr = (uint64_t)c->n->data.nr, less = flags & ~OURS;
        struct task *t = c->task;
        struct user_regs_struct saved, regs;
        pid_t tid = t->tid;
        int status, stops = 0, sig = 0;

        notify_pass_turn();
        if (ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) < 0)
                return -errno;
        ptrace(PTRACE_INTERRUPT, tid, 0, 0);
        call_reply(c, -EINTR);
        if (trace_wait(&tid, &status) < 0 || ptrace(PTRACE_GETREGS, tid, 0, &saved) < 0)
                return CALL_REPLIED; /* it died */
        saved.rip -= 2;
        saved.rax = nr;
        saved.orig_rax = (unsigned long long)-1;
        regs = saved;
        if (record)
                mem_write(t, record, &less, sizeof(less));
        else
                regs.rdi = less;
        ptrace(PTRACE_SETREGS, tid, 0, &regs);
        while (stops < 2 && !sig) {
                if (ptrace(PTRACE_SYSCALL, tid, 0, 0) < 0 || trace_wait(&tid, &status) < 0)
                        return CALL_REPLIED;
                if (WSTOPSIG(status) == TRACE_SYSCALL)
                        stops++;
                else if (status >> 16 == 0)
                        sig = WSTOPSIG(status);
        }
        if (record)
                mem_write(t, record, &flags, sizeof(flags));
        if (!sig) {
                ptrace(PTRACE_GETREGS, tid, 0, &regs);
                regs.rdi = saved.rdi;
                if ((int64_t)regs.rax == -ERESTARTNOINTR)
                        sig = -1;
        }
        if (sig) {
                regs = saved; /* at the call, with its flags */
                task_set_child(t, NULL, NULL);
        }
        ptrace(PTRACE_SETREGS, tid, 0, &regs);
        ptrace(PTRACE_DETACH, tid, 0, sig > 0 ? sig : 0);
        return CALL_REPLIED;
}

int64_t fork_run(struct call *c, uint64_t flags, uint64_t record)
{
        int r;

        if (flags & OTHERS)
                return -EPERM;
        if (!(flags & OURS)) {
                r = task_fork(c->task, flags);
                return r < 0 ? r : CALL_CONTINUE;
        }
        if (flags & (CLONE_FS | CLONE_THREAD | CLONE_PTRACE))
                return -EINVAL;
        r = make_namespaces(c->task, flags);
        return r < 0 ? r : call_again(c, flags, record);
}
