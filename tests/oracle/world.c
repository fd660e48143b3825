/*
 * world.c - running a sequence on both kernels in a child process: the host's
 * side changes the mount namespace and the root of the process that runs it, and
 * a crash of the library must be a result like any other.
 */
#include "tests/oracle/world.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/oracle/side.h"

#define WORLD_SECONDS 60 /* longer is a hang */

enum {
        DIED,
        DIFFERENT_TREE,
        DIFFERENT_MOUNTS,
        DIFFERENT_ANSWER, /* and the operation's kind */
};

struct world_report *world_report_new(void)
{
        void *p = mmap(NULL, sizeof(struct world_report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                       -1, 0);

        return p == MAP_FAILED ? NULL : p;
}

static const char *name_of(int64_t r)
{
        const char *s = r < 0 ? strerrorname_np((int)-r) : NULL;

        return s ? s : "";
}

static void fail(struct world_report *report, const char *message)
{
        snprintf(report->message, sizeof(report->message), "%s", message);
        report->failed = 1;
}

static void fail_op(struct world_report *report, size_t at, const struct op *op, const struct outcome *host,
                    const struct outcome *vfs2)
{
        char text[256];

        report->kind = DIFFERENT_ANSWER + op->kind;
        report->host_r = (int32_t)host->r;
        report->vfs2_r = (int32_t)vfs2->r;
        op_print(op, text, sizeof(text));
        snprintf(report->message, sizeof(report->message),
                 "operation %zu: %s\n  host: %lld %s %s %s\n  vfs2: %lld %s %s %s\n", at, text,
                 (long long)host->r, name_of(host->r), host->text, host->changes, (long long)vfs2->r,
                 name_of(vfs2->r), vfs2->text, vfs2->changes);
        report->failed = 1;
}

/* The first lines that differ. */
static void fail_tree(struct world_report *report, size_t at, const struct op *last, const char *host,
                      const char *vfs2)
{
        size_t used, shown = 0;
        char text[256];

        op_print(last, text, sizeof(text));
        used = (size_t)snprintf(report->message, sizeof(report->message),
                                "%zu operations, the last: %s\n  afterwards differ\n", at, text);
        while ((*host || *vfs2) && shown < 3 && used + 1700 < sizeof(report->message)) {
                size_t h = strcspn(host, "\n"), v = strcspn(vfs2, "\n");

                if (h != v || memcmp(host, vfs2, h)) {
                        used += (size_t)snprintf(report->message + used, sizeof(report->message) - used,
                                                 "  host: %.*s\n  vfs2: %.*s\n", (int)h, host, (int)v, vfs2);
                        shown++;
                }
                host += h + (host[h] == '\n');
                vfs2 += v + (vfs2[v] == '\n');
        }
        report->failed = 1;
}

/* Compares what dump says of both, after so many operations of ops. verbose: prints the host's. */
static int compare(char *(*dump)(struct side *side), struct side *host, struct side *vfs2,
                   const struct op *ops, size_t at, int verbose, struct world_report *report)
{
        char *h = dump(host), *v = dump(vfs2);
        int same = h && v && !strcmp(h, v);

        report->kind = dump == side_dump_mounts ? DIFFERENT_MOUNTS : DIFFERENT_TREE;
        if (verbose && h)
                printf("%s", h);
        if (!same)
                fail_tree(report, at, &ops[at ? at - 1 : 0], h ? h : "", v ? v : "");
        free(h);
        free(v);
        return same;
}

static void child(const struct op *ops, size_t n, unsigned int flags, size_t interval, int verbose,
                  struct world_report *report)
{
        const char *options = flags & WORLD_TIGHT ? "mode=755,size=192k,nr_inodes=24" : "mode=755,size=64m";
        char *(*dump)(struct side * side) = flags & WORLD_NAMESPACES ? side_dump_namespaces : side_dump;
        static struct side host, vfs2;
        struct outcome a, b;
        struct driver *hd, *vd;
        char text[256];
        int r;

        alarm(WORLD_SECONDS);
        r = driver_host_new(options, &hd);
        if (r < 0) {
                report->skipped = (uint32_t)-r;
                return;
        }
        r = driver_vfs2_new(options, &vd);
        if (r < 0) {
                fail(report, "no instance of vfs2");
                return;
        }
        side_init(&host, hd);
        side_init(&vfs2, vd);
        if ((flags & WORLD_NAMESPACES) &&
            (side_init_namespaces(&host) < 0 || side_init_namespaces(&vfs2) < 0)) {
                fail(report, "no tasks or namespaces");
                goto done;
        }
        for (size_t i = 0; i < n; i++) {
                report->done = (uint32_t)i;
                if (side_avoids(&host, &ops[i])) {
                        if (verbose)
                                printf("operation %zu is left out\n", i);
                        continue;
                }
                if (ops[i].watch == 2)
                        side_wait_for_ticks();
                side_run(&host, &ops[i], &a);
                if (side_excuses(&host, &ops[i], &a)) {
                        if (verbose)
                                printf("operation %zu is excused\n", i);
                        continue;
                }
                side_run(&vfs2, &ops[i], &b);
                if (a.r < 0 && -a.r < WORLD_ERRNOS)
                        report->pairs[ops[i].kind][-a.r] = 1;
                else
                        report->pairs[ops[i].kind][0] = 1;
                if (verbose) {
                        op_print(&ops[i], text, sizeof(text));
                        printf("%s\n  host %lld %s %s\n  vfs2 %lld %s %s\n", text, (long long)a.r,
                               name_of(a.r), a.text, (long long)b.r, name_of(b.r), b.text);
                        fflush(stdout);
                }
                if (!outcome_same(&ops[i], &a, &b)) {
                        struct op lenient = ops[i];

                        lenient.watch = lenient.watch ? 1 : 0;
                        report->soft = (uint32_t)outcome_same(&lenient, &a, &b);
                        fail_op(report, i, &ops[i], &a, &b);
                        goto done;
                }
                if ((flags & WORLD_NAMESPACES) &&
                    !compare(side_dump_mounts, &host, &vfs2, ops, i + 1, verbose, report))
                        goto done;
                if ((i + 1) % interval == 0 && !compare(dump, &host, &vfs2, ops, i + 1, 0, report))
                        goto done;
        }
        if (compare(dump, &host, &vfs2, ops, n, verbose, report)) {
                report->done = (uint32_t)n;
                driver_free(vd);
        }
done:
        /* Its tasks are processes. */
        driver_free(hd);
}

void world_run(const struct op *ops, size_t n, unsigned int flags, size_t interval, int verbose,
               struct world_report *report)
{
        int status = 0;
        pid_t pid;

        report->done = 0;
        report->failed = 0;
        report->kind = DIED;
        report->host_r = 0;
        report->vfs2_r = 0;
        report->soft = 0;
        report->skipped = 0;
        report->message[0] = '\0';
        fflush(NULL);
        pid = fork();
        if (pid == 0) {
                child(ops, n, flags, interval, verbose, report);
                fflush(NULL);
                _exit(0);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid) {
                fail(report, "no child process");
        } else if (WIFSIGNALED(status) || WEXITSTATUS(status)) {
                char text[256] = "the end", message[400];

                if (report->done < n)
                        op_print(&ops[report->done], text, sizeof(text));
                snprintf(message, sizeof(message), "%s %d at operation %u: %s\n",
                         WIFSIGNALED(status) ? "signal" : "exit status",
                         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), report->done, text);
                report->kind = DIED;
                fail(report, message);
        }
}

/* In the same way. */
static int still_fails(const struct op *ops, size_t n, unsigned int flags, size_t interval,
                       struct world_report *report)
{
        const uint32_t kind = report->kind;
        const int32_t host_r = report->host_r, vfs2_r = report->vfs2_r;
        int fails;

        world_run(ops, n, flags, n <= 40 ? 1 : interval, 0, report);
        fails = report->failed && report->kind == kind && report->host_r == host_r &&
                report->vfs2_r == vfs2_r;
        report->kind = kind;
        report->host_r = host_r;
        report->vfs2_r = vfs2_r;
        return fails;
}

/*
 * Takes out the n operations at from; gives them back when the rest does not fail. Returns
 * whether it does.
 */
static int without(struct op *ops, size_t *count, size_t from, size_t n, unsigned int flags, size_t interval,
                   struct world_report *report)
{
        struct op *saved = malloc(*count * sizeof(*ops));
        int fails;

        if (!saved)
                return 0;
        memcpy(saved, ops, *count * sizeof(*ops));
        memmove(ops + from, ops + from + n, (*count - from - n) * sizeof(*ops));
        fails = still_fails(ops, *count - n, flags, interval, report);
        if (fails)
                *count -= n;
        else
                memcpy(ops, saved, *count * sizeof(*ops));
        free(saved);
        return fails;
}

size_t world_shrink(struct op *ops, size_t n, unsigned int flags, size_t interval,
                    struct world_report *report)
{
        size_t count = n;

        if (count > report->done + 1)
                count = report->done + 1;
        if (!still_fails(ops, count, flags, interval, report)) {
                count = n; /* the difference showed only later, in a tree */
                if (!still_fails(ops, count, flags, interval, report))
                        return n;
        }
        for (size_t chunk = count / 2; chunk > 0; chunk = chunk > 1 ? chunk / 2 : 0) {
                int again;

                do {
                        again = 0;
                        /* From the end: later operations depend on earlier ones. */
                        for (size_t from = count; from-- > 0;) {
                                if (from % chunk || from + chunk > count)
                                        continue;
                                if (without(ops, &count, from, chunk, flags, interval, report))
                                        again = 1;
                        }
                } while (again && chunk <= 4);
        }
        for (size_t i = 0; i < count; i++) {
                struct op saved = ops[i];

                ops[i].watch = 0;
                if (saved.watch && !still_fails(ops, count, flags, interval, report))
                        ops[i] = saved;
                saved = ops[i];
                ops[i].user = 0;
                if (saved.user && !still_fails(ops, count, flags, interval, report))
                        ops[i] = saved;
        }
        still_fails(ops, count, flags, interval, report);
        return count;
}
