/*
 * trace.c - steps of tracing that execve and clone have in common: ptrace(2).
 *
 * A tracer is a thread, and so are its tracees' stops its own: a guest is seized, led
 * through a call or two and let go by one thread of vfsrun, without a return to the loop.
 */
#include "tools/vfsrun/trace.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

int trace_wait(pid_t *tid, int *ret_status)
{
        pid_t got;

        do
                got = waitpid(-1, ret_status, __WALL | __WNOTHREAD);
        while (got < 0 && errno == EINTR);
        if (got < 0 || !WIFSTOPPED(*ret_status))
                return -ESRCH;
        *tid = got;
        return 0;
}

int trace_call(pid_t *tid, const struct user_regs_struct *saved, uint64_t nr, const uint64_t a[6],
                     int64_t *ret_result)
{
        struct user_regs_struct regs = *saved;
        int status, entered = 0, r;

        regs.rip -= 2;
        regs.rax = nr;
        regs.orig_rax = (unsigned long long)-1;
        regs.rdi = a[0];
        regs.rsi = a[1];
        regs.rdx = a[2];
        regs.r10 = a[3];
        regs.r8 = a[4];
        regs.r9 = a[5];
        if (ptrace(PTRACE_SETREGS, *tid, 0, &regs) < 0)
                return -ESRCH;
        for (;;) {
                if (ptrace(PTRACE_SYSCALL, *tid, 0, 0) < 0)
                        return -ESRCH;
                r = trace_wait(tid, &status);
                if (r < 0)
                        return r;
                if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXEC << 8)))
                        return 1;
                if (WSTOPSIG(status) != TRACE_SYSCALL)
                        continue; /* a stop that does not belong to the call */
                if (entered++) {
                        if (ptrace(PTRACE_GETREGS, *tid, 0, &regs) < 0)
                                return -ESRCH;
                        *ret_result = (int64_t)regs.rax;
                        return 0;
                }
        }
}
