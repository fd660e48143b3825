/*
 * exec.c - how a guest comes to execute a virtual file.
 *
 * First everything is looked up and checked in the guest's namespace: the file, the
 * interpreter of a script (which may be a script again), the dynamic linker; and the
 * ELF files are made executable (image.c). Then the guest must call execve with
 * another path, maybe other arguments, and a seccomp notification cannot change
 * arguments. So this thread becomes the guest's tracer for a moment:
 *
 * 1. seize it, ask it to stop, answer its call with an error: it stops before it returns
 *    to its program;
 * 2. if strings are needed that it does not have, let it map memory for them (kept, and
 *    inherited by its children, until an execve succeeds);
 * 3. let it call execve with the image's path, marked with numbers that only vfsrun
 *    knows, so that the filter lets it pass;
 * 4. at the stop that execve makes, write what the new program must see otherwise (the
 *    path it was called by, its ids) over what the kernel wrote; detach.
 *
 * If execve fails, registers are put back and the error is the call's result. The
 * guest's signals are blocked meanwhile. The path in step 3 has slashes in front, so that
 * the path it was called by has room in its place.
 *
 * A guest that is traced by another guest cannot be seized: EPERM.
 */
#include "tools/vfsrun/exec.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/vfsrun/image.h"
#include "tools/vfsrun/task.h"
#include "tools/vfsrun/trace.h"

#define SCRIPT_HEAD 256
#define MAX_SCRIPTS 5
#define MAX_FRONT (3 * MAX_SCRIPTS + 1)
#define SCRATCH_STEP 65536u

/* One execve under way. */
struct plan {
        struct call *c;
        const char *name;        /* what it was called by: the kernel's bprm->filename */
        char *front[MAX_FRONT];  /* strings that replace argv[0], if it is a script */
        int nfront;
        struct image *interp, *image;
        struct cred *cred;
        struct exe *exe;
        int secure;
        char jail_path[VFS_PATH_MAX + 1];
        uint64_t envp, argv, nargv; /* argv: the guest's; nargv: counted only for scripts */
};

/* Opens a file for execution: permission to execute, whatever the permission to read. */
static int open_exec(struct task *t, struct vfs_file *dir, const char *path, uint32_t flags,
                     struct vfs_file **ret_file, struct vfs_statx *ret_st, int *ret_nosuid)
{
        struct vfs_ctx as_root = t->ctx;
        struct vfs_file *place;
        struct vfs_statfs sfs;
        struct vfs_statx st;
        char own[VFS_PATH_MAX];
        uint32_t open_flags = VFS_O_PATH | (flags & VFS_AT_SYMLINK_NOFOLLOW ? VFS_O_NOFOLLOW : 0);
        int r;

        as_root.cred = vr.root;
        if (path[0] == '\0' && (flags & VFS_AT_EMPTY_PATH)) {
                if (!dir || dir == VFS_BAD_FILE)
                        return dir ? -EBADF : -EACCES;
                place = vfs_file_get(dir);
        } else {
                r = vfs_open(&t->ctx, dir, path, open_flags, 0, &place);
                if (r < 0)
                        return r;
        }
        r = vfs_file_statx(&t->ctx, place, VFS_STATX_BASIC_STATS, ret_st);
        if (r == 0 && (ret_st->mode & VFS_S_IFMT) == VFS_S_IFLNK)
                r = -ELOOP;
        else if (r == 0 && (ret_st->mode & VFS_S_IFMT) != VFS_S_IFREG)
                r = -EACCES;
        if (r == 0)
                r = vfs_access(&t->ctx, place, "", VFS_X_OK, VFS_AT_EACCESS | VFS_AT_EMPTY_PATH);
        if (r == 0)
                r = vfs_file_statfs(&t->ctx, place, &sfs);
        if (r == 0 && path[0] == '\0') { /* a descriptor, maybe of O_PATH: open it by its name */
                r = (int)vfs_path_name(&t->ctx, vfs_file_path(place), own, sizeof(own));
                r = r < 0 ? r : 0;
                dir = NULL;
                path = own;
        }
        if (r == 0) {
                r = vfs_open(&as_root, dir, path, VFS_O_RDONLY, 0, ret_file);
                if (r == 0)
                        r = vfs_file_statx(&as_root, *ret_file, VFS_STATX_BASIC_STATS, &st);
                if (r == 0 && (st.ino != ret_st->ino || st.dev_minor != ret_st->dev_minor)) {
                        vfs_file_put(*ret_file);
                        r = -EAGAIN; /* renamed meanwhile: what was checked is not what was opened */
                }
        }
        vfs_file_put(place);
        if (r == 0)
                *ret_nosuid = (sfs.flags & VFS_ST_NOSUID) != 0;
        return r;
}

static int push_front(struct plan *p, const char *text)
{
        if (p->nfront == MAX_FRONT)
                return -E2BIG;
        memmove(p->front + 1, p->front, (size_t)p->nfront * sizeof(*p->front));
        p->front[0] = strdup(text);
        if (!p->front[0])
                return -ENOMEM;
        p->nfront++;
        return 0;
}

/*
 * "#! interpreter argument": as fs/binfmt_script.c. path is what the script is called by, and becomes
 * the interpreter.
 */
static int read_script(struct plan *p, char *head, size_t n, char path[VFS_PATH_MAX])
{
        char *end, *interp, *arg = NULL, *at;
        int r;

        head[n] = '\0';
        end = memchr(head, '\n', n);
        if (!end) {
                /* The line is cut: the interpreter's name must be whole. */
                at = head + 2 + strspn(head + 2, " \t");
                if (n == SCRIPT_HEAD && at[strcspn(at, " \t")] == '\0')
                        return -ENOEXEC;
                end = head + strnlen(head, n);
        }
        while (end > head + 2 && (end[-1] == ' ' || end[-1] == '\t'))
                end--;
        *end = '\0';
        interp = head + 2 + strspn(head + 2, " \t");
        if (*interp == '\0')
                return -ENOEXEC;
        at = interp + strcspn(interp, " \t");
        if (*at) {
                *at++ = '\0';
                at += strspn(at, " \t");
                if (*at)
                        arg = at;
        }
        if (p->nfront) { /* argv[0] goes */
                free(p->front[0]);
                p->nfront--;
                memmove(p->front, p->front + 1, (size_t)p->nfront * sizeof(*p->front));
        }
        r = push_front(p, path);
        if (r == 0 && arg)
                r = push_front(p, arg);
        if (r == 0)
                r = push_front(p, interp);
        if (r == 0)
                strcpy(path, interp);
        return r;
}

static int make_images(struct plan *p, struct vfs_file *file, const struct vfs_statx *st)
{
        struct task *t = p->c->task;
        char path[VFS_PATH_MAX];
        struct vfs_file *interp;
        struct vfs_statx interp_st;
        int r, nosuid;

        r = image_interp(&t->ctx, file, path);
        if (r < 0)
                return r;
        if (path[0]) {
                r = open_exec(t, NULL, path, 0, &interp, &interp_st, &nosuid);
                if (r < 0)
                        return r;
                r = image_get(&t->ctx, interp, &interp_st, NULL, &p->interp);
                vfs_file_put(interp);
                if (r < 0)
                        return r;
        }
        return image_get(&t->ctx, file, st, p->interp, &p->image);
}

/* All that can be done before the guest is touched. */
static int prepare(struct plan *p, struct vfs_file *dir, const char *name, uint32_t flags)
{
        struct task *t = p->c->task;
        char head[SCRIPT_HEAD + 1], path[VFS_PATH_MAX];
        struct vfs_file *file;
        struct vfs_statx st;
        struct vfs_iter it;
        size_t want, have;
        const char *base;
        int64_t n;
        int r, nosuid;

        strcpy(path, name);
        for (int depth = 0;; depth++) {
                r = open_exec(t, depth ? NULL : dir, path, depth ? 0 : flags, &file, &st, &nosuid);
                if (r < 0)
                        return r;
                vfs_iter_init_buf(&it, head, SCRIPT_HEAD);
                n = vfs_file_pread(&t->ctx, file, &it, 0, 0);
                if (n < 2 || memcmp(head, "#!", 2) != 0)
                        break;
                vfs_file_put(file);
                if (depth == MAX_SCRIPTS)
                        return -ELOOP;
                if (!depth)
                        strcpy(path, p->name);
                r = read_script(p, head, (size_t)n, path);
                if (r < 0)
                        return r;
        }
        r = n < 0 ? (int)n : make_images(p, file, &st);
        if (r == 0) {
                p->exe = exe_new(vfs_file_path(file));
                p->cred = cred_exec(t->cred, st.mode, st.uid, st.gid, nosuid, &p->secure);
                if (!p->exe || !p->cred)
                        r = -ENOMEM;
        }
        vfs_file_put(file);
        if (r < 0)
                return r;
        base = strrchr(p->name, '/');
        r = image_path(p->image, base ? base + 1 : p->name, path, sizeof(path));
        if (r == -ENAMETOOLONG || r == -ENOENT)
                r = image_path(p->image, "image", path, sizeof(path));
        if (r < 0)
                return r;
        have = strlen(path);
        want = strlen(p->name) > have ? strlen(p->name) - have : 0;
        if (want + have >= VFS_PATH_MAX)
                want = VFS_PATH_MAX - 1 - have;
        memset(p->jail_path, '/', want);
        memcpy(p->jail_path + want, path, have + 1);
        return 0;
}

/* Has the guest's argv as many pointers? Errors: EFAULT, E2BIG. */
static int count_argv(struct plan *p)
{
        uint64_t pointers[64];

        while (p->argv && p->nargv < (1u << 20)) {
                size_t room = (4096 - (p->argv + p->nargv * 8) % 4096) / 8, n;

                n = room < 1 ? 1 : room < 64 ? room : 64;
                if (mem_read(p->c->task, p->argv + p->nargv * 8, pointers, n * 8) < 0)
                        return -EFAULT;
                for (size_t i = 0; i < n; i++)
                        if (!pointers[i]) {
                                p->nargv += i;
                                return 0;
                        }
                p->nargv += n;
        }
        return p->argv ? -E2BIG : 0;
}

/* Writes the path, and a script's arguments, into the guest's scratch memory. */
static int write_strings(struct plan *p, uint64_t at, uint64_t *ret_argv)
{
        struct task *t = p->c->task;
        uint64_t strings = at + strlen(p->jail_path) + 1, array;
        size_t rest = p->nargv ? p->nargv - 1 : 0, n = (size_t)p->nfront + rest + 1;
        uint64_t *pointers;
        int r;

        *ret_argv = p->argv;
        r = mem_write(t, at, p->jail_path, strlen(p->jail_path) + 1);
        if (r < 0 || !p->nfront)
                return r;
        pointers = calloc(n, sizeof(*pointers));
        if (!pointers)
                return -ENOMEM;
        for (int i = 0; i < p->nfront && r == 0; i++) {
                size_t len = strlen(p->front[i]) + 1;

                r = mem_write(t, strings, p->front[i], len);
                pointers[i] = strings;
                strings += len;
        }
        array = (strings + 7) & ~7ull;
        if (r == 0 && rest)
                r = mem_read(t, p->argv + 8, pointers + p->nfront, rest * sizeof(*pointers));
        if (r == 0)
                r = mem_write(t, array, pointers, n * sizeof(*pointers));
        *ret_argv = array;
        free(pointers);
        return r;
}

static uint64_t strings_size(const struct plan *p)
{
        uint64_t size = strlen(p->jail_path) + 1 + ((uint64_t)p->nfront + p->nargv + 2) * 8;

        for (int i = 0; i < p->nfront; i++)
                size += strlen(p->front[i]) + 1;
        return (size + SCRATCH_STEP - 1) & ~(uint64_t)(SCRATCH_STEP - 1);
}

/*
 * What the kernel put on the new program's stack: ids, whether it is to distrust its environment, its
 * path.
 */
static void fix_stack(struct plan *p, pid_t tid)
{
        struct task *t = p->c->task;
        struct user_regs_struct regs;
        uint64_t at, word, pair[2];
        int nulls = 0;

        if (ptrace(PTRACE_GETREGS, tid, 0, &regs) < 0)
                return;
        for (at = regs.rsp + 8; nulls < 2; at += 8) { /* argv and envp end with NULL */
                if (mem_read(t, at, &word, 8) < 0)
                        return;
                nulls += word == 0;
        }
        for (;; at += 16) {
                if (mem_read(t, at, pair, 16) < 0 || pair[0] == AT_NULL)
                        return;
                switch (pair[0]) {
                case AT_UID: pair[1] = p->cred->uid[ID_REAL]; break;
                case AT_EUID: pair[1] = p->cred->uid[ID_EFFECTIVE]; break;
                case AT_GID: pair[1] = p->cred->gid[ID_REAL]; break;
                case AT_EGID: pair[1] = p->cred->gid[ID_EFFECTIVE]; break;
                case AT_SECURE: pair[1] = (uint64_t)p->secure; break;
                case AT_EXECFN: mem_write(t, pair[1], p->name, strlen(p->name) + 1); continue;
                default: continue;
                }
                mem_write(t, at, pair, 16);
        }
}

/* The guest is seized and stopped: memory, execve. As trace_call. */
static int trace(struct plan *p, pid_t *tid, const struct user_regs_struct *saved, int64_t *ret_result)
{
        struct task *t = p->c->task;
        uint64_t size = strings_size(p), argv;
        int r;

        if (t->scratch_size < size || write_strings(p, t->scratch, &argv) < 0) {
                const uint64_t map[6] = { 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                                          (uint64_t)-1, 0 };

                r = trace_call(tid, saved, SYS_mmap, map, ret_result);
                if (r < 0)
                        return r;
                if (*ret_result < 0 && *ret_result >= -4095)
                        return 0;
                t->scratch = (uint64_t)*ret_result;
                t->scratch_size = size;
                r = write_strings(p, t->scratch, &argv);
                if (r < 0) {
                        *ret_result = r;
                        return 0;
                }
        }
        const uint64_t exec[6] = { t->scratch, argv, p->envp, 0, vr.exec_secret[1], vr.exec_secret[0] };

        return trace_call(tid, saved, SYS_execve, exec, ret_result);
}

/* The whole of it. The call is answered in any case. */
static int64_t run(struct plan *p)
{
        struct task *t = p->c->task;
        struct user_regs_struct saved;
        uint64_t mask, all = ~0ull;
        int64_t result = -ESRCH;
        pid_t tid = t->tid;
        int status, r;

        notify_pass_turn();
        if (ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) < 0)
                return -errno;
        ptrace(PTRACE_INTERRUPT, tid, 0, 0);
        call_reply(p->c, -EINTR);
        if (trace_wait(&tid, &status) < 0 || ptrace(PTRACE_GETREGS, tid, 0, &saved) < 0 ||
            ptrace(PTRACE_GETSIGMASK, tid, 8, &mask) < 0 || ptrace(PTRACE_SETSIGMASK, tid, 8, &all) < 0)
                return CALL_REPLIED; /* it died */
        r = trace(p, &tid, &saved, &result);
        if (r < 0)
                return CALL_REPLIED;
        if (r == 1) {
                task_exec(t, p->cred, p->exe);
                fix_stack(p, tid);
                cred_get(p->cred); /* the plan's go below */
                exe_get(p->exe);
        } else {
                saved.rax = (unsigned long long)result;
                saved.orig_rax = (unsigned long long)-1;
                ptrace(PTRACE_SETREGS, tid, 0, &saved);
        }
        ptrace(PTRACE_SETSIGMASK, tid, 8, &mask);
        ptrace(PTRACE_DETACH, tid, 0, 0);
        return CALL_REPLIED;
}

int64_t exec_run(struct call *c, struct vfs_file *dir, const char *path, const char *name, uint32_t flags,
                 uint64_t argv, uint64_t envp)
{
        struct plan *p = calloc(1, sizeof(*p));
        int64_t r;

        if (!p)
                return -ENOMEM;
        p->c = c;
        p->name = name;
        p->argv = argv;
        p->envp = envp;
        r = prepare(p, dir, path, flags);
        if (r == 0 && p->nfront)
                r = count_argv(p);
        if (r == 0)
                r = run(p);
        for (int i = 0; i < p->nfront; i++)
                free(p->front[i]);
        image_put(p->image);
        image_put(p->interp);
        cred_put(p->cred);
        exe_put(p->exe);
        free(p);
        return r;
}
