/*
 * task.c - guest threads, and how a new one is recognised.
 *
 * The kernel makes children by itself: vfsrun only lets the call go on, and the first
 * that it hears of a child is the child's first call. What the child has from its
 * parent (root, working directory, credentials) is what the parent had at that moment,
 * so task_fork notes it as a birth. A birth is matched with its child as soon as one of them
 * makes a call:
 *
 * - the child: its parent is known from /proc; if several threads of the parent have a
 *   birth open, /proc/PID/task/TID/children says whose child it is;
 * - the parent's thread: before its call is answered, its new child is looked up in the same
 *   file. So a thread has one birth open at most, and what it changes afterwards does not
 *   reach the child.
 *
 * A parent that dies first leaves its birth among the orphans; a child whose parent is
 * unknown takes the oldest of those. That, and a child of CLONE_PARENT, are the only
 * guesses: with two such at the same moment they may be taken for each other.
 *
 * Open descriptors need none of this: they are the kernel's (desc.c).
 *
 * Deaths come from a pidfd for each thread. The births lock guards the chains and all
 * births; it is held while /proc is read, which happens once for each child.
 */
#include "tools/vfsrun/task.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BUCKETS 4096u
#define PIDFD_THREAD_FLAG O_EXCL

/* What a child begins with. */
struct birth {
        struct birth *next; /* b  among the orphans */
        uint64_t flags;     /* c  of clone(2) */
        pid_t tid, tgid;    /* c  who forked */
        struct vfs_fsctx *fs;
        struct cred *cred;
        struct exe *exe;
        uint64_t scratch, scratch_size;
};

static struct {
        pthread_mutex_t lock; /* the births lock */
        struct task *by_tid[BUCKETS], *by_group[BUCKETS];
        struct birth *orphans, **orphans_end;
        int epoll;
        uint32_t count; /* a */
        pthread_t watcher;
} tasks = { .lock = PTHREAD_MUTEX_INITIALIZER, .orphans_end = &tasks.orphans };

struct exe *exe_new(const struct vfs_path *path)
{
        struct exe *e = calloc(1, sizeof(*e));

        if (!e)
                return NULL;
        e->refs = 1;
        e->path = *path;
        vfs_path_get(path);
        return e;
}

struct exe *exe_get(struct exe *e)
{
        if (e)
                __atomic_add_fetch(&e->refs, 1, __ATOMIC_RELAXED);
        return e;
}

void exe_put(struct exe *e)
{
        if (!e || __atomic_sub_fetch(&e->refs, 1, __ATOMIC_ACQ_REL))
                return;
        vfs_path_put(&e->path);
        free(e);
}

static void birth_free(struct birth *b)
{
        if (!b)
                return;
        vfs_fsctx_put(b->fs);
        cred_put(b->cred);
        exe_put(b->exe);
        free(b);
}

void task_put(struct task *t)
{
        if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL))
                return;
        vfs_fsctx_release(&t->ctx);
        vfs_fsctx_put(t->fs);
        vfs_fsctx_put(t->child_fs);
        cred_put(t->child_cred);
        cred_put(t->cred);
        exe_put(t->exe);
        birth_free(t->birth);
        if (t->fds >= 0)
                close(t->fds);
        if (t->pidfd >= 0)
                close(t->pidfd);
        free(t);
}

struct task *task_get(struct task *t)
{
        __atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
        return t;
}

struct vfs_fsctx *task_fs(struct task *t)
{
        struct vfs_fsctx *fs;

        pthread_mutex_lock(&tasks.lock);
        fs = vfs_fsctx_get(t->fs);
        pthread_mutex_unlock(&tasks.lock);
        return fs;
}

void task_set_fs(struct task *t, struct vfs_fsctx *fs)
{
        struct vfs_fsctx *old = t->fs;

        pthread_mutex_lock(&tasks.lock);
        t->fs = fs;
        pthread_mutex_unlock(&tasks.lock);
        vfs_fsctx_put(old);
        vfs_fsctx_release(&t->ctx); /* it was another context's */
        vfs_fsctx_refresh(fs, &t->ctx);
}

struct exe *task_exe(struct task *t)
{
        struct exe *e;

        pthread_mutex_lock(&tasks.lock);
        e = exe_get(t->exe);
        pthread_mutex_unlock(&tasks.lock);
        return e;
}

void task_place(struct task *t, int root, struct vfs_path *ret_path)
{
        struct vfs_fsctx *fs = task_fs(t);
        struct vfs_ctx ctx = { 0 };

        vfs_fsctx_refresh(fs, &ctx);
        *ret_path = root ? ctx.root : ctx.cwd;
        vfs_path_get(ret_path);
        vfs_fsctx_release(&ctx);
        vfs_fsctx_put(fs);
}

uint32_t tasks_count(void)
{
        return __atomic_load_n(&tasks.count, __ATOMIC_RELAXED);
}

static struct task *lookup_locked(pid_t tid)
{
        struct task *t = tasks.by_tid[(uint32_t)tid % BUCKETS];

        while (t && t->tid != tid)
                t = t->next;
        return t;
}

static void link_locked(struct task *t)
{
        struct task **at = &tasks.by_tid[(uint32_t)t->tid % BUCKETS];

        __atomic_add_fetch(&tasks.count, 1, __ATOMIC_RELAXED);
        t->next = *at;
        *at = t;
        at = &tasks.by_group[(uint32_t)t->tgid % BUCKETS];
        t->next_in_group = *at;
        *at = t;
}

/* The table's reference goes to the caller. */
static void unlink_locked(struct task *t)
{
        struct task **at = &tasks.by_tid[(uint32_t)t->tid % BUCKETS];

        __atomic_sub_fetch(&tasks.count, 1, __ATOMIC_RELAXED);
        while (*at != t)
                at = &(*at)->next;
        *at = t->next;
        at = &tasks.by_group[(uint32_t)t->tgid % BUCKETS];
        while (*at != t)
                at = &(*at)->next_in_group;
        *at = t->next_in_group;
}

struct task *task_by_guest(pid_t number)
{
        struct task *found = NULL;

        pthread_mutex_lock(&tasks.lock);
        for (uint32_t i = 0; i < BUCKETS && !found; i++)
                for (struct task *t = tasks.by_tid[i]; t && !found; t = t->next)
                        if (t->guest_tid == number)
                                found = task_get(t);
        pthread_mutex_unlock(&tasks.lock);
        return found;
}

/* Asks to be told when the thread ends. Where the host knows no such pidfd, its process's end tells. */
static void watch(struct task *t)
{
        struct epoll_event ev = { .events = EPOLLIN, .data.u64 = (uint32_t)t->tid };

        t->pidfd = (int)syscall(SYS_pidfd_open, t->tid, PIDFD_THREAD_FLAG);
        if (t->pidfd < 0)
                t->pidfd = (int)syscall(SYS_pidfd_open, t->tid, 0);
        if (t->pidfd >= 0)
                epoll_ctl(tasks.epoll, EPOLL_CTL_ADD, t->pidfd, &ev);
}

/* The last of the numbers behind a name: the one in the innermost namespace. */
static pid_t last_number(const char *text, const char *name)
{
        const char *at = strstr(text, name);
        pid_t n = 0;
        char *end;

        if (!at)
                return 0;
        for (at += strlen(name); *at == '\t'; at = end)
                n = (pid_t)strtol(at, &end, 10);
        return n;
}

/* Tgid and PPid, and the guests' numbers, out of /proc/TID/status. */
static int read_status(pid_t tid, pid_t *ret_tgid, pid_t *ret_ppid, pid_t *ret_guest, pid_t *ret_guest_tgid)
{
        char path[40], text[2048], *at;
        ssize_t n;
        int fd;

        snprintf(path, sizeof(path), "/proc/%d/status", tid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -ESRCH;
        n = read(fd, text, sizeof(text) - 1);
        close(fd);
        if (n <= 0)
                return -ESRCH;
        text[n] = '\0';
        at = strstr(text, "\nTgid:");
        *ret_tgid = at ? atoi(at + 6) : 0;
        at = strstr(text, "\nPPid:");
        *ret_ppid = at ? atoi(at + 6) : 0;
        *ret_guest = last_number(text, "\nNSpid:");
        *ret_guest_tgid = last_number(text, "\nNStgid:");
        return *ret_tgid > 0 ? 0 : -ESRCH;
}

/* A task in the table, with what a birth holds; the birth is used up. */
static int add_locked(pid_t tid, pid_t tgid, struct birth *b, struct task **ret_task)
{
        struct task *t = calloc(1, sizeof(*t));
        pid_t same, parent;

        if (!t) {
                birth_free(b);
                return -ENOMEM;
        }
        t->tid = tid;
        t->tgid = tgid;
        read_status(tid, &same, &parent, &t->guest_tid, &t->guest_tgid);
        t->parent = b->tid;
        t->fs = b->fs;
        t->cred = b->cred;
        t->exe = b->exe;
        t->scratch = b->scratch;
        t->scratch_size = b->scratch_size;
        t->ctx.cred = t->cred->vfs;
        t->ctx.user = t;
        t->fds = -1;
        t->refs = 1; /* the table's */
        free(b);
        watch(t);
        link_locked(t);
        if (ret_task)
                *ret_task = t;
        return 0;
}

/* Finds in the list of a thread's children tid, or with tid 0 one that is not in the table. 0: none. */
static pid_t read_children(pid_t tgid, pid_t tid, pid_t wanted)
{
        char path[64], *end;
        static char text[65536]; /* births lock */
        ssize_t n;
        int fd;

        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", tgid, tid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return 0;
        n = read(fd, text, sizeof(text) - 1);
        close(fd);
        if (n <= 0)
                return 0;
        text[n] = '\0';
        for (char *at = text;; at = end) {
                pid_t child = (pid_t)strtol(at, &end, 10);

                if (end == at)
                        return 0;
                if (wanted ? child == wanted : !lookup_locked(child))
                        return child;
        }
}

/* The new thread of a process: the one in /proc/PID/task that is not in the table. 0: none. */
static pid_t read_threads(pid_t tgid)
{
        char path[40], buf[2048];
        pid_t found = 0;
        ssize_t n;
        int fd;

        snprintf(path, sizeof(path), "/proc/%d/task", tgid);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return 0;
        while (!found && (n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0) {
                for (ssize_t at = 0; at < n && !found;) {
                        const struct vfs_dirent *d = (const void *)(buf + at);
                        pid_t tid = atoi(d->name);

                        if (tid > 0 && !lookup_locked(tid))
                                found = tid;
                        at += d->reclen;
                }
        }
        close(fd);
        return found;
}

/* A thread that is to make a call: whoever it forked last is looked up before. */
static void settle_locked(struct task *t)
{
        struct birth *b = t->birth;
        pid_t child;

        if (b->flags & CLONE_THREAD)
                child = read_threads(t->tgid);
        else
                child = read_children(t->tgid, t->tid, 0);
        t->birth = NULL;
        if (child)
                add_locked(child, b->flags & CLONE_THREAD ? t->tgid : child, b, NULL);
        else if (b->flags & CLONE_PARENT) {
                *tasks.orphans_end = b;
                tasks.orphans_end = &b->next;
        } else
                birth_free(b); /* the fork failed, or the child is dead and buried */
}

/* The birth that a thread first heard of comes from. */
static struct birth *find_birth_locked(pid_t tid, pid_t tgid, pid_t ppid)
{
        pid_t group = tid != tgid ? tgid : ppid;
        struct task *only = NULL;
        struct birth *b = NULL;
        int n = 0;

        for (struct task *t = tasks.by_group[(uint32_t)group % BUCKETS]; t; t = t->next_in_group) {
                if (t->tgid != group || !t->birth || !(t->birth->flags & CLONE_THREAD) != (tid == tgid))
                        continue;
                if (n && tid == tgid && read_children(t->tgid, t->tid, tid) != tid)
                        continue;
                only = t;
                n++;
        }
        if (n > 1 && tid == tgid) { /* the first one was not asked above */
                for (struct task *t = tasks.by_group[(uint32_t)group % BUCKETS]; t; t = t->next_in_group)
                        if (t->tgid == group && t->birth && read_children(t->tgid, t->tid, tid) == tid)
                                only = t;
        }
        if (only) {
                b = only->birth;
                only->birth = NULL;
                return b;
        }
        /* CLONE_PARENT, or the parent has died. */
        for (uint32_t i = 0; i < BUCKETS && !b; i++)
                for (struct task *t = tasks.by_tid[i]; t && !b; t = t->next)
                        if (t->birth && (t->birth->flags & CLONE_PARENT || kill(t->tgid, 0) < 0)) {
                                b = t->birth;
                                t->birth = NULL;
                        }
        if (!b && tasks.orphans) {
                b = tasks.orphans;
                tasks.orphans = b->next;
                if (!tasks.orphans)
                        tasks.orphans_end = &tasks.orphans;
        }
        return b;
}

static struct birth *birth_new(struct task *t, uint64_t flags)
{
        struct birth *b = calloc(1, sizeof(*b));

        if (!b)
                return NULL;
        if (t->child_fs) {
                b->fs = t->child_fs;
                t->child_fs = NULL;
        } else if (flags & CLONE_FS)
                b->fs = vfs_fsctx_get(t->fs);
        else if (vfs_fsctx_copy(t->fs, &b->fs) < 0) {
                free(b);
                return NULL;
        }
        b->flags = flags;
        b->tid = t->tid;
        b->tgid = t->tgid;
        b->cred = t->child_cred ? t->child_cred : cred_get(t->cred);
        t->child_cred = NULL;
        b->exe = exe_get(t->exe);
        b->scratch = t->scratch;
        b->scratch_size = t->scratch_size;
        return b;
}

static int discover_locked(pid_t tid, struct task **ret_task)
{
        pid_t tgid, ppid, guest, guest_tgid;
        struct task *kin;
        struct birth *b;

        if (read_status(tid, &tgid, &ppid, &guest, &guest_tgid) < 0)
                return -ESRCH;
        b = find_birth_locked(tid, tgid, ppid);
        if (!b) {
                /* Made by a call that was not seen: as if it had been a fork of now. */
                kin = lookup_locked(tid != tgid ? tgid : ppid);
                if (!kin)
                        return -ESRCH;
                b = birth_new(kin, tid != tgid ? CLONE_FS : 0);
                if (!b)
                        return -ENOMEM;
        }
        return add_locked(tid, tgid, b, ret_task);
}

int task_find(pid_t tid, struct task **ret_task)
{
        struct task *t;
        int r = 0;

        pthread_mutex_lock(&tasks.lock);
        t = lookup_locked(tid);
        if (!t)
                r = discover_locked(tid, &t);
        else if (t->birth)
                settle_locked(t);
        if (r == 0) {
                __atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
                *ret_task = t;
        }
        pthread_mutex_unlock(&tasks.lock);
        return r;
}

void task_set_child(struct task *t, struct vfs_fsctx *fs, struct cred *cred)
{
        vfs_fsctx_put(t->child_fs);
        cred_put(t->child_cred);
        t->child_fs = fs;
        t->child_cred = cred;
}

int task_fork(struct task *t, uint64_t flags)
{
        struct birth *b = birth_new(t, flags);

        if (!b)
                return -ENOMEM;
        pthread_mutex_lock(&tasks.lock);
        birth_free(t->birth);
        t->birth = b;
        pthread_mutex_unlock(&tasks.lock);
        return 0;
}

void task_set_cred(struct task *t, struct cred *cred)
{
        struct cred *old = t->cred;

        t->cred = cred;
        t->ctx.cred = cred->vfs;
        cred_put(old);
}

void task_exec(struct task *t, struct cred *cred, struct exe *exe)
{
        struct task *leader = NULL;
        struct task *parent;
        struct exe *old;

        task_set_cred(t, cred);
        if (t->fds >= 0)
                close(t->fds);
        t->fds = -1;
        pthread_mutex_lock(&tasks.lock);
        old = t->exe;
        t->exe = exe;
        /* Memory that it mapped in a parent that lent its address space stays there, for the next child. */
        parent = lookup_locked(t->parent);
        if (parent && t->scratch && !parent->scratch) {
                parent->scratch = t->scratch;
                parent->scratch_size = t->scratch_size;
        }
        t->scratch = t->scratch_size = 0;
        if (t->tid != t->tgid && !t->dead) {
                leader = lookup_locked(t->tgid);
                if (leader) {
                        leader->dead = 1;
                        unlink_locked(leader);
                }
                unlink_locked(t);
                t->tid = t->tgid;
                t->guest_tid = t->guest_tgid;
                link_locked(t);
                if (t->pidfd >= 0)
                        close(t->pidfd);
                watch(t);
        }
        pthread_mutex_unlock(&tasks.lock);
        exe_put(old);
        task_put(leader);
}

/* Takes a dead thread, or a dead process's threads, out of the table. */
static void bury(pid_t tid)
{
        struct task *t;

        pthread_mutex_lock(&tasks.lock);
        t = lookup_locked(tid);
        if (t) {
                t->dead = 1;
                unlink_locked(t);
                if (t->birth) {
                        *tasks.orphans_end = t->birth;
                        tasks.orphans_end = &t->birth->next;
                        t->birth = NULL;
                }
        }
        pthread_mutex_unlock(&tasks.lock);
        if (t) {
                if (t->pidfd >= 0)
                        epoll_ctl(tasks.epoll, EPOLL_CTL_DEL, t->pidfd, NULL);
                task_put(t);
        }
}

static void *watcher(void *arg)
{
        struct epoll_event ev[64];

        for (;;) {
                int n = epoll_wait(tasks.epoll, ev, 64, -1);

                for (int i = 0; i < n; i++) {
                        if (ev[i].data.u64 == 0)
                                return NULL;
                        bury((pid_t)ev[i].data.u64);
                }
        }
}

int tasks_start(pid_t first, const char *workdir, struct cred *cred)
{
        struct birth *b = calloc(1, sizeof(*b));
        struct task *t;
        int r;

        if (!b)
                return -ENOMEM;
        tasks.epoll = epoll_create1(EPOLL_CLOEXEC);
        if (tasks.epoll < 0) {
                r = -errno;
                free(b);
                return r;
        }
        r = vfs_fsctx_new(vr.mntns, &b->fs);
        if (r < 0) {
                free(b);
                return r;
        }
        b->cred = cred_get(cred);
        pthread_mutex_lock(&tasks.lock);
        r = add_locked(first, first, b, &t);
        pthread_mutex_unlock(&tasks.lock);
        if (r < 0)
                return r;
        vfs_fsctx_refresh(t->fs, &t->ctx);
        r = vfs_fsctx_chdir(t->fs, &t->ctx, NULL, workdir);
        if (r < 0)
                return r;
        return -pthread_create(&tasks.watcher, NULL, watcher, NULL);
}

void tasks_stop(void)
{
        struct epoll_event ev = { .events = EPOLLOUT, .data.u64 = 0 };
        int fds[2];

        /* The watcher ends at an event without a thread: the end of a pipe that can be written to. */
        if (pipe(fds) == 0) {
                epoll_ctl(tasks.epoll, EPOLL_CTL_ADD, fds[1], &ev);
                pthread_join(tasks.watcher, NULL);
                close(fds[0]);
                close(fds[1]);
        }
        for (uint32_t i = 0; i < BUCKETS; i++)
                while (tasks.by_tid[i])
                        bury(tasks.by_tid[i]->tid);
        while (tasks.orphans) {
                struct birth *b = tasks.orphans;

                tasks.orphans = b->next;
                birth_free(b);
        }
        tasks.orphans_end = &tasks.orphans;
        close(tasks.epoll);
}
