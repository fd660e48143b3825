/*
 * table.c - the list of calls (sys.h) as a table, and the calls that are refused.
 *
 * A refusal is what Linux answers that was built without the call, or that does not
 * allow it to the caller.
 */
#include <sys/syscall.h>

#include "tools/vfsrun/sys.h"

/* Newer than the headers of Debian 12. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_statmount
#define SYS_statmount 457
#define SYS_listmount 458
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#define SYS_getxattrat 464
#define SYS_listxattrat 465
#define SYS_removexattrat 466
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#define SYS_file_getattr 468
#define SYS_file_setattr 469
#endif
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

#define X(name_, handler_, cond_, refusal_) { #name_, SYS_##name_, handler_, SYS_##cond_, refusal_ },
const struct syscall_entry syscall_table[] = { VFSRUN_CALLS(X) { NULL, -1, NULL, 0, 0 } };
#undef X

const struct syscall_entry *syscall_find(int nr)
{
        static const struct syscall_entry *by_number[512]; /* a  filled by whoever comes first */

        if (nr < 0 || nr >= 512)
                return NULL;
        if (!__atomic_load_n(&by_number[nr], __ATOMIC_RELAXED))
                for (const struct syscall_entry *e = syscall_table; e->nr >= 0; e++)
                        __atomic_store_n(&by_number[e->nr], e, __ATOMIC_RELAXED);
        return __atomic_load_n(&by_number[nr], __ATOMIC_RELAXED);
}

int64_t sys_refused(struct call *c)
{
        return -syscall_find(c->n->data.nr)->refusal;
}
