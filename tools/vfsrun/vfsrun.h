/*
 * vfsrun.h - what the parts of vfsrun share: the supervisor, its tasks, and a call
 * that waits for its answer.
 *
 * A guest is a Linux process whose calls about files the kernel hands to this process
 * (seccomp user notification); docs/vfsrun.md has the whole picture. Three tables:
 * tasks by thread number (task.h), placeholder descriptors by name (desc.h), and
 * programs that were made executable (image.h). Who calls what: notify.c receives, finds
 * the task and asks the handler of the call (table.c); handlers are in sys_*.c.
 */
#ifndef VFSRUN_H
#define VFSRUN_H

#include <linux/seccomp.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

#include <vfs/vfs.h>

#include "tools/vfsrun/cred.h"

/* The one supervisor of this process. */
struct vfsrun {
        struct vfs *vfs;             /* c */
        struct vfs_mntns *mntns;     /* c  the first mount namespace */
        const struct vfs_cred *root; /* c  for what vfsrun itself asks */
        int listener;                /* c  notifications */
        int jail;                    /* c  the guests' root on the host, writable: executables (image.c) */
        int proc;                    /* c  the guests' procfs (proc.c) */
        struct vfs_path root_path;   /* c  the first namespace's root, referenced */
        int pool;                    /* c  the folder of placeholders (desc.c) */
        int stats;                   /* c  --stats was given */
        int fsize_limited;           /* a  a guest has set RLIMIT_FSIZE */
        uint64_t exec_secret[2];     /* c  marks the execve that exec.c makes for a guest */
};
extern struct vfsrun vr;

/* One thread of a guest. Lock key: b the births lock (task.c), o only while its call is answered. */
struct task {
        pid_t tid, tgid;          /* c  as this process sees them */
        pid_t guest_tid, guest_tgid; /* c  as guests see them */
        pid_t parent;             /* c  the thread that made it */
        struct vfs_ctx ctx;       /* o  who asks: user is this task */
        struct vfs_fsctx *fs;     /* o  referenced */
        struct cred *cred;        /* o  referenced; ctx.cred is its vfs_cred */
        struct vfs_fsctx
                *child_fs; /* o  what the next child begins with, referenced; NULL: what this one has */
        struct cred *child_cred;  /* o  the same */
        struct exe *exe;          /* o  referenced: what it executes */
        int fds;                  /* o  /proc/TID/fd, or -1 */
        int pidfd;                /* c  tells of its death, or -1 */
        uint64_t scratch;         /* o  memory that exec.c mapped in it: address and bytes */
        uint64_t scratch_size;
        uint64_t call;            /* o  the notification that is being answered */
        struct birth *birth;      /* b  its last fork, while the child is not known yet */
        uint32_t refs;            /* a */
        int dead;                 /* b */
        struct task *next, *next_in_group; /* b  chains by tid and by tgid */
};

/* What a process executes: shared by those that forked since. */
struct exe {
        uint32_t refs;        /* a */
        struct vfs_path path; /* c  referenced */
};

/* Handlers return the call's value, a negative errno, or one of these. */
#define CALL_CONTINUE INT64_MIN      /* let the host's kernel execute it */
#define CALL_REPLIED (INT64_MIN + 1) /* the answer was sent already */

struct call {
        const struct seccomp_notif *n;
        struct task *task;
        const uint64_t *a; /* the six arguments */
};

/* A call that the kernel hands over (table.c). */
struct syscall_entry {
        const char *name;
        int nr;
        int64_t (*fn)(struct call *c);
        int cond;    /* SYS_*: for which arguments the kernel asks at all */
        int refusal; /* errno that sys_refused answers */
};
enum { SYS_ALWAYS, SYS_FILE_MAP, SYS_FCNTL, SYS_IOCTL, SYS_EXEC, SYS_PRCTL, SYS_FSIZE };

/* table.c: all calls that are not simply the host's. nr of an entry past the last is -1. */
extern const struct syscall_entry syscall_table[];
/* The entry of a number; NULL: none. */
const struct syscall_entry *syscall_find(int nr);

/* filter.c: installs the filter in the calling process and returns the listener. Errors: the host's. */
int filter_install(const uint64_t exec_secret[2]);

/* notify.c */
/* Serves notifications until notify_stop; the threads are its own. Errors: EAGAIN. */
int notify_start(void);
void notify_stop(void);
/* Before the calling thread waits for anything but a lock: others go on receiving. */
void notify_pass_turn(void);
/* Answers a call before its handler returns. Errors: ENOENT (the guest was killed). */
int call_reply(struct call *c, int64_t result);
/* After guest memory was read: is it still this call's? Errors: ENOENT. */
int call_valid(struct call *c);
/* Should a call that blocks end? A signal waits, or the guest was killed. */
int call_interrupted(struct task *t);

/* stats.c: what was called how often. */
void stats_count(int nr, int64_t result, uint64_t ns);
void stats_print(void);

/* mem.c: the guest's memory. All: 0 or EFAULT, whole or nothing. */
int mem_read(const struct task *t, uint64_t addr, void *buf, size_t n);
int mem_write(const struct task *t, uint64_t addr, const void *buf, size_t n);
/* Its length without NUL. Errors: EFAULT, ENAMETOOLONG (no NUL in size bytes). */
ssize_t mem_string(const struct task *t, uint64_t addr, char *buf, size_t size);
/* Prepares an iterator over guest memory: iov is filled with n buffers. Errors: EFAULT, EINVAL. */
int mem_iter(struct task *t, struct vfs_iter *it, struct vfs_iovec *iov, uint64_t addr, uint64_t n);
void mem_iter_one(struct task *t, struct vfs_iter *it, struct vfs_iovec *iov, uint64_t addr, uint64_t n);

/*
 * import.c: copies a host path, and what its symlinks lead to, to the same place. failed: what an
 * error is about.
 */
int import_path(const struct vfs_ctx *ctx, const char *path, char failed[VFS_PATH_MAX]);

/* device.c: the devices of /dev. Errors: ENOMEM. */
int devices_register(struct vfs *vfs);
int devices_populate(const struct vfs_ctx *ctx);
/* A file that stands for a descriptor of the host's: that descriptor; else -1. */
int device_host_fd(const struct vfs_file *file);

#endif
