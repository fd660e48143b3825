/*
 * guest.c - what a shell cannot do: guests that are many, that race, and that die at
 * bad moments. Each argument names a case; each prints one line when it went well.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(e)                                                                                  \
        do {                                                                                      \
                if (!(e)) {                                                                       \
                        fprintf(stderr, "line %d: %s: %s\n", __LINE__, #e, strerror(errno));      \
                        exit(1);                                                                  \
                }                                                                                 \
        } while (0)

static int descriptors(void)
{
        int n = 0;

        for (int fd = 0; fd < 256; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

/* Threads that use one table of descriptors, while others fork and execute. */
static void *opener(void *arg)
{
        char name[32];

        for (int i = 0; i < 200; i++) {
                int fd, copy;

                snprintf(name, sizeof(name), "t%ld-%d", (long)arg, i % 7);
                fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
                CHECK(fd >= 0);
                copy = dup(fd);
                CHECK(copy >= 0 && write(copy, "x", 1) == 1 && close(fd) == 0);
                CHECK(lseek(copy, 0, SEEK_CUR) == 1 && close(copy) == 0);
        }
        return NULL;
}

static void *forker(void *arg)
{
        for (int i = 0; i < 20; i++) {
                int status;
                pid_t pid = fork();

                if (pid == 0) {
                        struct stat st;

                        _exit(stat(".", &st) < 0 || !S_ISDIR(st.st_mode));
                }
                CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
        }
        return NULL;
}

static void threads(const char *self)
{
        pthread_t thread[12];
        int before = descriptors();

        for (long i = 0; i < 12; i++)
                CHECK(pthread_create(&thread[i], NULL, i % 4 == 3 ? forker : opener, (void *)i) == 0);
        for (int i = 0; i < 12; i++)
                CHECK(pthread_join(thread[i], NULL) == 0);
        CHECK(descriptors() == before);
}

/* execve by a thread that is not the first one: it takes over the process's number. */
static const char *program;

static void *executor(void *arg)
{
        char *argv[] = { (char *)program, "print-pid", NULL };

        execv(program, argv);
        _exit(9);
}

static void exec_in_thread(const char *self)
{
        int p[2], status;
        char text[32] = "";
        pid_t pid;

        CHECK(pipe(p) == 0);
        pid = fork();
        if (pid == 0) {
                pthread_t thread;

                dup2(p[1], 1);
                pthread_create(&thread, NULL, executor, NULL);
                for (;;)
                        pause();
        }
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        CHECK(read(p[0], text, sizeof(text) - 1) > 0 && atoi(text) == pid);
}

/* Children that share memory with their parent until they execute. */
static void spawns(const char *self)
{
        char *argv[] = { (char *)self, "nothing", NULL }, *bad[] = { "/no/such", NULL };

        for (int i = 0; i < 30; i++) {
                pid_t pid;
                int status;

                CHECK(posix_spawn(&pid, self, NULL, NULL, argv, NULL) == 0);
                CHECK(waitpid(pid, &status, 0) == pid && status == 0);
                CHECK(posix_spawn(&pid, bad[0], NULL, NULL, bad, NULL) == ENOENT);
        }
}

/* The path changes while the call is answered: what was checked must be what is used. */
static volatile int stop;
static union {
        char text[8];
        uint64_t word; /* stored at once, so that no third name comes up */
} path;
static const char names[2][8] = { "public", "secret" };

static void *flip(void *arg)
{
        uint64_t word[2];

        memcpy(word, names, sizeof(word));
        for (unsigned int i = 0; !stop; i++)
                __atomic_store_n(&path.word, word[i % 2], __ATOMIC_SEQ_CST);
        return NULL;
}

static void races(const char *self)
{
        pthread_t thread;
        int opened = 0, refused = 0, fd;

        close(open("public", O_CREAT | O_WRONLY, 0644));
        fd = open("secret", O_CREAT | O_WRONLY, 0600);
        CHECK(fd >= 0 && write(fd, "secret", 6) == 6 && close(fd) == 0 && chmod("secret", 0) == 0);
        CHECK(syscall(SYS_setresuid, 1000, 1000, 1000) == 0);
        memcpy(path.text, names[0], sizeof(path.text));
        CHECK(pthread_create(&thread, NULL, flip, NULL) == 0);
        for (int i = 0; i < 20000 && (opened < 500 || refused < 500); i++) {
                char byte;

                fd = open(path.text, O_RDONLY);
                if (fd >= 0) {
                        CHECK(read(fd, &byte, 1) == 0); /* the public one is empty */
                        close(fd);
                        opened++;
                } else {
                        refused++;
                }
        }
        stop = 1;
        CHECK(pthread_join(thread, NULL) == 0 && opened + refused >= 500);
}

/* Guests that are killed while they wait, or at any moment, leave nothing behind. */
static void deaths(const char *self)
{
        struct stat st;
        int fd, status;

        CHECK(mkfifo("fifo", 0666) == 0);
        for (int i = 0; i < 40; i++) {
                pid_t pid = fork();

                if (pid == 0) {
                        if (i % 2)
                                open("fifo", O_RDONLY);
                        for (;;) {
                                fd = open("held", O_CREAT | O_RDWR, 0644);
                                stat("held", &st);
                                mkdir("dir", 0755);
                                rmdir("dir");
                                if (fd > 100)
                                        close_range(3, 200, 0);
                        }
                }
                usleep(2000 + (unsigned int)i * 100);
                CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid &&
                      WTERMSIG(status) == SIGKILL);
        }
        rmdir("dir");
        CHECK(unlink("fifo") == 0 && unlink("held") == 0);
        fd = open("fifo2", O_RDWR | O_CREAT, 0644);
        CHECK(fd >= 0 && close(fd) == 0 && unlink("fifo2") == 0);
}

/* Signals while calls are answered: each call is done once. */
static volatile sig_atomic_t signals;

static void on_alarm(int sig)
{
        signals++;
}

static void interrupted(const char *self)
{
        const struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
        const struct itimerval often = { { 0, 300 }, { 0, 300 } }, never = { { 0, 0 }, { 0, 0 } };
        char name[32];

        CHECK(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0);
        for (int i = 0; i < 3000; i++) {
                snprintf(name, sizeof(name), "d%d", i % 50);
                CHECK(mkdir(name, 0755) == 0);
                CHECK(rmdir(name) == 0);
        }
        CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0 && signals > 0);
}

/* More descriptors than there is room for. */
static void limits(const char *self)
{
        struct rlimit few = { 20, 20 };
        int fd, n = 0;

        CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
        while ((fd = open("many", O_CREAT | O_RDWR, 0644)) >= 0)
                n++;
        CHECK(errno == EMFILE && n > 10 && fcntl(19, F_GETFD) == 0);
        CHECK(close(19) == 0 && open("many", O_RDONLY) == 19);
        CHECK(close_range(3, 19, 0) == 0);
        CHECK(open("many", O_RDONLY) == 3);
}

/* A path in the last page, with nothing mapped behind it; one without an end. */
static void edges(const char *self)
{
        char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        struct stat st;

        CHECK(page != MAP_FAILED && munmap(page + 4096, 4096) == 0);
        strcpy(page + 4094, ".");
        CHECK(stat(page + 4094, &st) == 0);
        page[4095] = '/';
        CHECK(stat(page + 4094, &st) < 0 && errno == EFAULT);
        CHECK(syscall(SYS_getcwd, page + 4095, 4096) < 0 && errno == EFAULT);
}

static void nothing(const char *self)
{
}

static void print_pid(const char *self)
{
        printf("%d\n", getpid());
}

static const struct {
        const char *name;
        void (*run)(const char *self);
} cases[] = {
        { "threads", threads },   { "exec-in-thread", exec_in_thread }, { "spawns", spawns },
        { "races", races },       { "deaths", deaths },                 { "interrupted", interrupted },
        { "limits", limits },     { "edges", edges },                   { "nothing", nothing },
        { "print-pid", print_pid },
};

int main(int argc, char **argv)
{
        program = argv[0];
        for (int i = 1; i < argc; i++)
                for (size_t k = 0; k < sizeof(cases) / sizeof(*cases); k++)
                        if (strcmp(argv[i], cases[k].name) == 0) {
                                cases[k].run(argv[0]);
                                if (strcmp(argv[i], "print-pid") != 0 && strcmp(argv[i], "nothing") != 0)
                                        printf("%s went well\n", argv[i]);
                        }
        return 0;
}
