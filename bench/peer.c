/*
 * peer.c - runs vfsbench-gvisor, found beside vfsbench itself, and reads its rows.
 */
#include "bench/peer.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ARGS 16

extern char **environ;

/* Its arguments, as text in buf. */
static void build_arguments(const struct bench_options *o, char *program, char buf[][256], char **argv)
{
        size_t n = 0, len = 0;

        argv[n++] = program;
        argv[n++] = o->command == BENCH_COMMAND_STAT ? "stat" : "ops";
        for (size_t i = 0; i < o->n_depths; i++)
                len += (size_t)snprintf(buf[0] + len, 256 - len, "%s%u", i ? "," : "", o->depths[i]);
        argv[n++] = "-depth";
        argv[n++] = buf[0];
        snprintf(buf[1], 256, "-threads=%u", o->threads);
        argv[n++] = buf[1];
        snprintf(buf[2], 256, "-files=%llu", (unsigned long long)o->files);
        argv[n++] = buf[2];
        snprintf(buf[3], 256, "-reps=%u", o->reps);
        argv[n++] = buf[3];
        snprintf(buf[4], 256, "-ms=%u", o->ms);
        argv[n++] = buf[4];
        if (o->mount)
                argv[n++] = "-mount";
        argv[n] = NULL;
}

static int find_program(char path[PATH_MAX])
{
        char self[PATH_MAX];
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

        if (n < 0)
                return -errno;
        self[n] = '\0';
        n = snprintf(path, PATH_MAX, "%s/vfsbench-gvisor", dirname(self));
        if (n >= PATH_MAX)
                return -ENAMETOOLONG;
        return access(path, X_OK) < 0 ? -errno : 0;
}

static int read_rows(FILE *from, struct bench_progress *progress, struct bench_rows *rows)
{
        struct bench_row row;
        size_t room = 0;
        char *line = NULL;
        int r = 0;

        while (r >= 0 && getline(&line, &room, from) > 0) {
                r = bench_row_parse_json(line, &row);
                if (r < 0)
                        fprintf(stderr, "vfsbench: gVisor's side printed: %s", line);
                else
                        r = bench_rows_add(rows, &row);
                bench_progress_step(progress, 1);
        }
        free(line);
        return r;
}

int bench_peer_run(const struct bench_options *options, struct bench_progress *progress,
                   struct bench_rows *rows)
{
        posix_spawn_file_actions_t actions;
        char path[PATH_MAX], text[5][256], *argv[MAX_ARGS];
        int pipefd[2], status = 0, r;
        FILE *from;
        pid_t pid;

        if (find_program(path) < 0) {
                fputs("vfsbench: gVisor's side is not built: apt-get install golang "
                      "golang-gvisor-gvisor-dev, "
                      "then ninja vfsbench-gvisor\n",
                      stderr);
                return -ENOENT;
        }
        build_arguments(options, path, text, argv);
        if (pipe(pipefd) < 0)
                return -errno;
        r = -posix_spawn_file_actions_init(&actions);
        if (r < 0)
                goto close_pipe;
        posix_spawn_file_actions_addclose(&actions, pipefd[0]);
        posix_spawn_file_actions_adddup2(&actions, pipefd[1], STDOUT_FILENO);
        r = -posix_spawn(&pid, path, &actions, NULL, argv, environ);
        posix_spawn_file_actions_destroy(&actions);
        if (r < 0)
                goto close_pipe;

        close(pipefd[1]);
        from = fdopen(pipefd[0], "r");
        if (!from) {
                close(pipefd[0]);
                r = -ENOMEM;
        } else {
                r = read_rows(from, progress, rows);
                fclose(from); /* before the wait: what still writes then ends */
        }
        if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
                if (r >= 0)
                        fputs("vfsbench: gVisor's side failed\n", stderr);
                r = -EIO;
        }
        return r;

close_pipe:
        close(pipefd[0]);
        close(pipefd[1]);
        return r;
}
