/*
 * start.h - the host's side of a run: the jail, the first process.
 */
#ifndef VFSRUN_START_H
#define VFSRUN_START_H

#include <sys/resource.h>
#include <sys/types.h>

struct start {
        pid_t init;    /* the guests' process 1 */
        pid_t program; /* as this process sees it */
        int control;   /* a socket to both */
        struct rlimit files; /* the program's RLIMIT_NOFILE and umask: what vfsrun was started with */
        mode_t umask;
        int guest_root; /* the jail, read-only */
};

/* Namespaces and the jail: vr.jail, vr.pool. what: the step that an error is about. Errors: the host's. */
int start_jail(struct start *s, const char **what);
/*
 * Makes the guests' process 1 and the program's process, which waits; vr.listener is open then.
 * Errors: the host's.
 */
int start_processes(struct start *s, const char *path, char **argv, char **envp, const char **what);
/* Lets the program be executed. */
void start_go(struct start *s);
/* Waits for the program's end; all guests are dead afterwards. Returns its status as a shell would. */
int start_wait(struct start *s);

#endif
