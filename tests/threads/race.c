/*
 * race.c - see race.h.
 */
#include "tests/threads/race.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* Nanoseconds that a thread with jolts runs between two stops, and that a stop lasts at the least. */
#define JOLT_EVERY 40000
#define JOLT_LASTS 20000

void race_setup(struct race *race)
{
        race_setup_with(race, NULL);
}

void race_setup_with(struct race *race, const struct vfs_config *config)
{
        struct vfs_cred_opts user = {
                .size = sizeof(user), .uid = 1000, .gid = 1000, .ruid = 1000, .rgid = 1000
        };

        memset(race, 0, sizeof(*race));
        ck_assert_int_eq(vfs_new(config, &race->vfs), 0);
        ck_assert_int_eq(vfs_cred_new_root(&race->root), 0);
        ck_assert_int_eq(vfs_cred_new(&user, &race->user), 0);
        ck_assert_int_eq(vfs_mntns_new(race->vfs, race->root, "tmpfs", "tmpfs", 0, "mode=755", &race->ns), 0);
        vfs_ctx_init(&race->ctx, race->ns, race->root);
        race->ctx.umask = 0;
}

void race_teardown(struct race *race)
{
        vfs_mntns_put(race->ns);
        vfs_cred_put(race->root);
        vfs_cred_put(race->user);
        vfs_free(race->vfs);
}

struct thread {
        pthread_t id;
        struct race *race;
        const struct race_worker *worker;
};

static _Thread_local timer_t jolt_timer;
static _Thread_local atomic_int jolt_on;

/* Once: the time of the next stop counts from the end of this one, so that the thread gets on. */
static void jolt_soon(void)
{
        const struct itimerspec soon = { .it_value.tv_nsec = JOLT_EVERY };

        if (atomic_load(&jolt_on))
                timer_settime(jolt_timer, 0, &soon, NULL);
}

static void jolt(int sig)
{
        const struct timespec moment = { .tv_nsec = JOLT_LASTS };
        const int saved = errno;

        nanosleep(&moment, NULL);
        jolt_soon();
        errno = saved;
}

static void jolt_begin(void)
{
        struct sigaction action = { .sa_handler = jolt, .sa_flags = SA_RESTART };
        struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1 };

        event._sigev_un._tid = gettid();
        ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
        ck_assert_int_eq(timer_create(CLOCK_MONOTONIC, &event, &jolt_timer), 0);
        atomic_store(&jolt_on, 1);
        jolt_soon();
}

static void jolt_end(void)
{
        atomic_store(&jolt_on, 0);
        timer_delete(jolt_timer);
}

static void *work(void *arg)
{
        struct thread *t = arg;
        struct vfs_ctx ctx = t->race->ctx;

        if (t->worker->how & RACE_AS_USER)
                ctx.cred = t->race->user;
        if (t->worker->how & RACE_JOLTS)
                jolt_begin();
        for (long round = 0; !atomic_load_explicit(&t->race->stop, memory_order_relaxed); round++)
                t->worker->step(t->race, &ctx, round);
        if (t->worker->how & RACE_JOLTS)
                jolt_end();
        return NULL;
}

void race_run(struct race *race, const struct race_worker *workers, size_t n, int milliseconds)
{
        struct thread threads[16];
        size_t count = 0;

        for (size_t i = 0; i < n; i++) {
                for (int k = 0; k < workers[i].threads; k++) {
                        struct thread *t = &threads[count++];

                        t->race = race;
                        t->worker = &workers[i];
                        ck_assert_int_eq(pthread_create(&t->id, NULL, work, t), 0);
                }
        }
        for (int i = 0; i < milliseconds && !atomic_load(&race->stop); i++)
                usleep(1000);
        atomic_store(&race->stop, 1);
        for (size_t i = 0; i < count; i++)
                pthread_join(threads[i].id, NULL);
        atomic_store(&race->stop, 0);
        ck_assert_msg(!race->failed, "%s", race->message);
}

int race_lockfree_percent(struct race *race)
{
        struct vfs_stats stats = { .size = sizeof(stats) };
        uint64_t all;

        vfs_get_stats(race->vfs, &stats);
        all = stats.walks_lockfree + stats.walks_reference;
        return all ? (int)(stats.walks_lockfree * 100 / all) : 0;
}

void race_mkdir(struct race *race, const char *path)
{
        ck_assert_msg(vfs_mkdir(&race->ctx, NULL, path, 0755) == 0, "mkdir %s", path);
}

void race_file(struct race *race, const char *path, uint32_t mode)
{
        struct vfs_file *file;

        ck_assert_msg(vfs_open(&race->ctx, NULL, path, VFS_O_WRONLY | VFS_O_CREAT, mode, &file) == 0,
                      "create %s", path);
        vfs_file_put(file);
}

uint64_t race_ino(struct race *race, const char *path)
{
        struct vfs_statx st;

        ck_assert_msg(race_stat(&race->ctx, path, &st) == 0, "stat %s", path);
        return st.ino;
}

int64_t race_stat(const struct vfs_ctx *ctx, const char *path, struct vfs_statx *st)
{
        return vfs_statx(ctx, NULL, path, 0, VFS_STATX_BASIC_STATS, st);
}

int race_create(const struct vfs_ctx *ctx, const char *path)
{
        struct vfs_file *file;
        int r;

        r = vfs_open(ctx, NULL, path, VFS_O_WRONLY | VFS_O_CREAT, 0644, &file);
        if (r == 0)
                vfs_file_put(file);
        return r;
}
