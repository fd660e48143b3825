/*
 * filter.c - which calls the kernel hands over: the table of calls as a seccomp filter.
 *
 * libseccomp makes the program; it is loaded here, since two of the flags are not
 * libseccomp's (2.5): the listener, and that a call whose notification was received is
 * ended by a fatal signal only. Without the latter a signal would end a call at a
 * moment when vfsrun has already done it, and the guest's kernel would do it again.
 *
 * Calls of other ABIs (32 bit, x32) end with ENOSYS.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tools/vfsrun/sys.h"
#include "tools/vfsrun/vfsrun.h"

/* The arguments that matter, one rule each. */
static const unsigned int fcntl_commands[] = {
        VFS_F_GETFL,     VFS_F_SETFL,           VFS_F_ADD_SEALS,
        VFS_F_GET_SEALS, 1024 /* F_SETLEASE */, 1026 /* F_NOTIFY */,
};
static const unsigned int prctl_options[] = {
        PR_GET_KEEPCAPS, PR_SET_KEEPCAPS, PR_CAPBSET_READ, PR_CAPBSET_DROP, PR_CAP_AMBIENT, PR_GET_SECUREBITS,
        PR_SET_SECUREBITS,
};

/* One rule: the kernel asks if an argument compares so. */
static int add_if(scmp_filter_ctx ctx, int nr, unsigned int arg, enum scmp_compare op, uint64_t a, uint64_t b)
{
        const struct scmp_arg_cmp cmp = { .arg = arg, .op = op, .datum_a = a, .datum_b = b };

        return seccomp_rule_add_array(ctx, SCMP_ACT_NOTIFY, nr, 1, &cmp);
}

/* For arguments of 32 bits, of which the kernel ignores the rest. */
static int add_if_word(scmp_filter_ctx ctx, int nr, unsigned int arg, uint32_t value)
{
        return add_if(ctx, nr, arg, SCMP_CMP_MASKED_EQ, UINT32_MAX, value);
}

static int add_rule(scmp_filter_ctx ctx, const struct syscall_entry *e, const uint64_t secret[2])
{
        int r = 0;

        switch (e->cond) {
        case SYS_FILE_MAP:
                return add_if(ctx, e->nr, 3, SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, 0);
        case SYS_FCNTL:
                for (size_t i = 0; i < sizeof(fcntl_commands) / sizeof(*fcntl_commands) && r == 0; i++)
                        r = add_if_word(ctx, e->nr, 1, fcntl_commands[i]);
                return r;
        case SYS_PRCTL:
                for (size_t i = 0; i < sizeof(prctl_options) / sizeof(*prctl_options) && r == 0; i++)
                        r = add_if_word(ctx, e->nr, 0, prctl_options[i]);
                return r;
        case SYS_IOCTL:
                for (size_t i = 0; i < sys_ioctl_n && r == 0; i++)
                        r = add_if_word(ctx, e->nr, 1, sys_ioctl_commands[i]);
                return r;
        case SYS_FSIZE:
                return add_if_word(ctx, e->nr, e->nr == SYS_setrlimit ? 0 : 1, RLIMIT_FSIZE);
        case SYS_EXEC:
                /* All but the one that exec.c makes: two rules, one for each half of the mark. */
                r = add_if(ctx, e->nr, 5, SCMP_CMP_NE, secret[0], 0);
                return r < 0 ? r : add_if(ctx, e->nr, 4, SCMP_CMP_NE, secret[1], 0);
        default:
                return seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, e->nr, 0);
        }
}

/* libseccomp writes its program to a file only. */
static int load(scmp_filter_ctx ctx)
{
        struct sock_fprog prog;
        struct stat st;
        int fd, r;

        fd = memfd_create("filter", MFD_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = seccomp_export_bpf(ctx, fd);
        if (r < 0 || fstat(fd, &st) < 0) {
                close(fd);
                return r < 0 ? r : -errno;
        }
        prog.len = (unsigned short)((size_t)st.st_size / sizeof(*prog.filter));
        prog.filter = malloc((size_t)st.st_size);
        r = prog.filter && pread(fd, prog.filter, (size_t)st.st_size, 0) == st.st_size ? 0 : -ENOMEM;
        close(fd);
        if (r == 0) {
                r = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                 SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
                                 &prog);
                r = r < 0 ? -errno : r;
        }
        free(prog.filter);
        return r;
}

int filter_install(const uint64_t exec_secret[2])
{
        scmp_filter_ctx ctx;
        int r;

        ctx = seccomp_init(SCMP_ACT_ALLOW);
        if (!ctx)
                return -ENOMEM;
        r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
        if (r == 0)
                r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree instead of a list */
        for (const struct syscall_entry *e = syscall_table; e->nr >= 0 && r == 0; e++)
                r = add_rule(ctx, e, exec_secret);
        if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                r = -errno;
        if (r == 0)
                r = load(ctx);
        seccomp_release(ctx);
        return r;
}
