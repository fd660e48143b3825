/*
 * step.c - see step.h. With the trap flag set the processor traps behind each instruction,
 * and the kernel sends SIGTRAP; the handler runs without the flag, and returning from the
 * handler sets it again. To stop at one instruction alone, a breakpoint is written over it, and
 * stepped over as often as the instruction is come to before.
 */
#include "tests/threads/step.h"

#if STEP_POSSIBLE

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/unit/test_main.h"
#include "vfs/base/sync.h"

#define TRAP_FLAG  0x100
#define BREAKPOINT 0xcc
#define LONGEST    32768 /* instructions that are recorded */

static struct {
        step_fn *call;
        void *arg;
        long seen; /* instructions stepped through */
        struct vfs_thread *other;
        /* A breakpoint. */
        unsigned char *place;
        unsigned char covered;
        long times;    /* that it is to be passed before */
        bool stepping; /* over what it covers */
        bool reached;
} step;

static uintptr_t record[LONGEST]; /* where each instruction's successor is */

static sigjmp_buf *blocked; /* where to go instead of waiting; NULL: wait */

/* In the place of libc's: by these two the library waits, for a lock and for somebody who is at work. */
long syscall(long n, ...)
{
        long a[6], r;
        va_list ap;

        va_start(ap, n);
        for (int i = 0; i < 6; i++)
                a[i] = va_arg(ap, long);
        va_end(ap);
        if (blocked != NULL && n == SYS_futex && (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT)
                siglongjmp(*blocked, 1);
        {
                register long r10 __asm__("r10") = a[3];
                register long r8 __asm__("r8") = a[4];
                register long r9 __asm__("r9") = a[5];

                __asm__ volatile("syscall"
                                 : "=a"(r)
                                 : "a"(n), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                                 : "rcx", "r11", "memory");
        }
        if (r < 0 && r > -4096) {
                errno = (int)-r;
                return -1;
        }
        return r;
}

int sched_yield(void)
{
        if (blocked != NULL)
                siglongjmp(*blocked, 1);
        return (int)syscall(SYS_sched_yield);
}

int step_try(step_fn *look, void *arg)
{
        sigjmp_buf here;

        if (sigsetjmp(here, 0) != 0) {
                blocked = NULL;
                while (vfs_epoch_inside(vfs_thread_self))
                        vfs_epoch_exit(vfs_thread_self);
                return 0;
        }
        blocked = &here;
        look(arg);
        blocked = NULL;
        return 1;
}

static void call_as_other(step_fn *call, void *arg)
{
        struct vfs_thread *self = vfs_thread_self;

        vfs_thread_self = step.other;
        call(arg);
        vfs_thread_self = self;
}

static void on_breakpoint(greg_t *regs)
{
        if (step.stepping) {
                step.stepping = false;
                regs[REG_EFL] &= ~TRAP_FLAG;
                *step.place = BREAKPOINT;
                return;
        }
        *step.place = step.covered;
        regs[REG_RIP]--;
        if (step.times-- > 0) {
                step.stepping = true;
                regs[REG_EFL] |= TRAP_FLAG;
                return;
        }
        step.reached = true;
        call_as_other(step.call, step.arg);
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
        greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
        const int saved = errno;

        if (step.place != NULL) {
                on_breakpoint(regs);
        } else {
                if (step.seen < LONGEST)
                        record[step.seen] = (uintptr_t)regs[REG_RIP];
                step.seen++;
                if (step.call != NULL)
                        call_as_other(step.call, step.arg);
        }
        errno = saved;
}

static void prepare(step_fn *call, void *arg)
{
        static const struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
        struct vfs_thread *self;

        if (step.other == NULL) {
                self = vfs_thread_get();
                step.other = vfs_thread_register();
                ck_assert(self != NULL && step.other != NULL);
                vfs_thread_self = self;
                ck_assert_int_eq(sigaction(SIGTRAP, &action, NULL), 0);
        }
        step.call = call;
        step.arg = arg;
        step.seen = 0;
        step.place = NULL;
}

/* Both leave alone the red zone, which belongs to the function that they are inlined into. */
static inline void trap_on(void)
{
        __asm__ volatile("sub $128, %%rsp; pushfq; orq $0x100, (%%rsp); popfq; add $128, %%rsp" ::
                                 : "memory", "cc");
}

static inline void trap_off(void)
{
        __asm__ volatile("sub $128, %%rsp; pushfq; andq $~0x100, (%%rsp); popfq; add $128, %%rsp" ::
                                 : "memory", "cc");
}

long step_through(step_fn *op, step_fn *between, void *arg)
{
        prepare(between, arg);
        trap_on();
        op(arg);
        trap_off();
        return step.seen;
}

long step_record(step_fn *op, void *arg)
{
        return step_through(op, NULL, arg);
}

static bool make_writable(unsigned char *place)
{
        const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

        return mprotect((void *)((uintptr_t)place & -page), page, PROT_READ | PROT_WRITE | PROT_EXEC) == 0;
}

int step_once_at(step_fn *op, long n, step_fn *once, void *arg)
{
        unsigned char *place;

        ck_assert_int_lt(n, LONGEST);
        prepare(once, arg);
        place = (unsigned char *)record[n]; /* NOLINT: an address is what the processor said */
        if (!make_writable(place)) {
                op(arg);
                return 0;
        }
        step.times = 0;
        for (long i = 0; i < n; i++)
                step.times += record[i] == record[n];
        step.reached = false;
        step.stepping = false;
        step.covered = *place;
        step.place = place;
        *(volatile unsigned char *)place = BREAKPOINT;
        op(arg);
        *place = step.covered;
        step.place = NULL;
        return step.reached;
}

#endif
