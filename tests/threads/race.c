/*
 * race.c - see race.h.
 */
#include "tests/threads/race.h"

#include <stdlib.h>
#include <unistd.h>

void race_setup(struct race *race)
{
        struct vfs_cred_opts user = {
                .size = sizeof(user), .uid = 1000, .gid = 1000, .ruid = 1000, .rgid = 1000
        };

        memset(race, 0, sizeof(*race));
        ck_assert_int_eq(vfs_new(NULL, &race->vfs), 0);
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

static void *work(void *arg)
{
        struct thread *t = arg;
        struct vfs_ctx ctx = t->race->ctx;

        if (t->worker->as_user)
                ctx.cred = t->race->user;
        for (long round = 0; !atomic_load_explicit(&t->race->stop, memory_order_relaxed); round++)
                t->worker->step(t->race, &ctx, round);
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
