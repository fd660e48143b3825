/*
 * task.h - the table of guest threads.
 */
#ifndef VFSRUN_TASK_H
#define VFSRUN_TASK_H

#include "tools/vfsrun/vfsrun.h"

/* Starts with the first thread, and watches for deaths. Errors: the host's. */
int tasks_start(pid_t first, const char *workdir, struct cred *cred);
/* Ends it; all guests are dead. */
void tasks_stop(void);

/* How many there are, about. */
uint32_t tasks_count(void);

/*
 * The task that asks, found or made, referenced; its last fork's child is known afterwards. Errors:
 * ESRCH, ENOMEM.
 */
int task_find(pid_t tid, struct task **ret_task);
struct task *task_get(struct task *t);
void task_put(struct task *t); /* NULL is allowed */
/* The task with that number among the guests, referenced; NULL: none has made a call yet. */
struct task *task_by_guest(pid_t number);

/*
 * Of another task, referenced: its root or working directory, what it executes (NULL: nothing yet),
 * its context.
 */
void task_place(struct task *t, int root, struct vfs_path *ret_path);
struct exe *task_exe(struct task *t);
struct vfs_fsctx *task_fs(struct task *t);
/* Takes over fs, which becomes t's. */
void task_set_fs(struct task *t, struct vfs_fsctx *fs);

/*
 * Before the kernel executes a clone with those flags: what the child will begin
 * with is noted. Errors: ENOMEM.
 */
int task_fork(struct task *t, uint64_t flags);
/* The next child begins with these; cred may be NULL. Takes over both. */
void task_set_child(struct task *t, struct vfs_fsctx *fs, struct cred *cred);
/* After a successful execve: t is alone in its process, and bears its number. Takes over cred and exe. */
void task_exec(struct task *t, struct cred *cred, struct exe *exe);
/* Takes over cred. */
void task_set_cred(struct task *t, struct cred *cred);

struct exe *exe_new(const struct vfs_path *path); /* NULL: no memory */
struct exe *exe_get(struct exe *e);
void exe_put(struct exe *e);

#endif
