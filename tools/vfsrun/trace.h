/*
 * trace.h - a guest that this thread traces for a moment.
 */
#ifndef VFSRUN_TRACE_H
#define VFSRUN_TRACE_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#define TRACE_SYSCALL (SIGTRAP | 0x80) /* the stop at a call's entry and exit, with PTRACE_O_TRACESYSGOOD */

/*
 * Waits for the only tracee of this thread to stop. tid: its number, which execve may change. Errors:
 * ESRCH (it died).
 */
int trace_wait(pid_t *tid, int *ret_status);
/*
 * Lets the stopped tracee make a call, from its own syscall instruction. 0: it has returned, with
 * *ret_result; 1: it stands at the stop of a successful execve. Errors: ESRCH.
 */
int trace_call(pid_t *tid, const struct user_regs_struct *saved, uint64_t nr, const uint64_t a[6],
               int64_t *ret_result);

#endif
