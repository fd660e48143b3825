/*
 * mounts_churn.c - a thread that changes mounts, and another that stats files below a
 * random one of those that stay.
 *
 * In each contest the writer does one thing: it binds a directory and unmounts it; the same
 * in a mount that has 100 peers, which all get it; it moves a mount to and fro; it pivots
 * its root, one that is deep inside, to another mount and back; it copies the whole
 * namespace and drops the copy. Only the first is measured beside few and very many mounts.
 */
#include <stdio.h>

#include "bench/mounts.h"

#define SEED  3
#define PEERS 100

/* One thing that is done, and the tree for it, which is below directories of its own. */
struct churn {
        const char *name;
        bool everywhere; /* beside every number of mounts */
        struct bench_work work;
        const char *root; /* the writer's */
        int (*begin)(struct bench_target *t);
        int (*end)(struct bench_target *t);
};

static int make_dirs(struct bench_target *t, const char *const *dirs, size_t n)
{
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i++)
                r = t->calls->mkdir(t, dirs[i]);
        return r;
}

#define MAKE_DIRS(t, ...)                                    \
        make_dirs((t), (const char *const[]){ __VA_ARGS__ }, \
                  sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static int remove_dirs(struct bench_target *t, const char *const *dirs, size_t n)
{
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i++)
                r = t->calls->rmdir(t, dirs[i]);
        return r;
}

#define REMOVE_DIRS(t, ...)                                    \
        remove_dirs((t), (const char *const[]){ __VA_ARGS__ }, \
                    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static int begin_bind(struct bench_target *t)
{
        return MAKE_DIRS(t, "/churn");
}

static int end_bind(struct bench_target *t)
{
        return REMOVE_DIRS(t, "/churn");
}

static void peer_name(char *buf, unsigned i)
{
        snprintf(buf, BENCH_NAME_SIZE, "/peers/%u", i);
}

static int begin_shared(struct bench_target *t)
{
        char path[BENCH_NAME_SIZE];
        int r;

        r = MAKE_DIRS(t, "/shared", "/peers");
        if (r >= 0)
                r = t->calls->mount(t, "/shared");
        if (r >= 0)
                r = MAKE_DIRS(t, "/shared/churn");
        if (r >= 0)
                r = t->calls->share(t, "/shared");
        for (unsigned i = 1; i < PEERS && r >= 0; i++) {
                peer_name(path, i);
                r = t->calls->mkdir(t, path);
                if (r >= 0)
                        r = t->calls->bind(t, "/shared", path);
        }
        return r;
}

static int end_shared(struct bench_target *t)
{
        char path[BENCH_NAME_SIZE];
        int r = 0;

        for (unsigned i = 1; i < PEERS && r >= 0; i++) {
                peer_name(path, i);
                r = t->calls->umount(t, path);
                if (r >= 0)
                        r = t->calls->rmdir(t, path);
        }
        if (r >= 0)
                r = t->calls->umount(t, "/shared");
        return r < 0 ? r : REMOVE_DIRS(t, "/peers", "/shared");
}

static int begin_move(struct bench_target *t)
{
        int r = MAKE_DIRS(t, "/here", "/there");

        return r < 0 ? r : t->calls->bind(t, "/bound", "/here");
}

static int end_move(struct bench_target *t)
{
        int r = t->calls->umount(t, "/here");

        return r < 0 ? r : REMOVE_DIRS(t, "/here", "/there");
}

static int begin_pivot(struct bench_target *t)
{
        int r = MAKE_DIRS(t, "/root");

        if (r >= 0)
                r = t->calls->mount(t, "/root");
        if (r >= 0)
                r = MAKE_DIRS(t, "/root/new");
        if (r >= 0)
                r = t->calls->mount(t, "/root/new");
        return r < 0 ? r : MAKE_DIRS(t, "/root/new/old");
}

static int end_pivot(struct bench_target *t)
{
        int r = t->calls->detach(t, "/root");

        return r < 0 ? r : REMOVE_DIRS(t, "/root");
}

static const struct churn churns[] = {
        { .name = "churn-bind",
          .everywhere = true,
          .work = { .op = BENCH_BIND_UMOUNT, .a = "/bound", .b = "/churn" },
          .begin = begin_bind,
          .end = end_bind },
        { .name = "churn-shared",
          .work = { .op = BENCH_BIND_UMOUNT, .a = "/bound", .b = "/shared/churn" },
          .begin = begin_shared,
          .end = end_shared },
        { .name = "churn-move",
          .work = { .op = BENCH_MOVE, .a = "/here", .b = "/there" },
          .begin = begin_move,
          .end = end_move },
        { .name = "churn-pivot",
          .work = { .op = BENCH_PIVOT },
          .root = "/root",
          .begin = begin_pivot,
          .end = end_pivot },
        { .name = "churn-clone", .work = { .op = BENCH_CLONE } },
};

static void file_name(char *buf, size_t i)
{
        snprintf(buf, BENCH_NAME_SIZE, "/points/%zu/file", i);
}

static int contend(struct bench_mounts *m, const struct churn *churn, const struct bench_names *files)
{
        struct bench_contest contests[BENCH_MAX_TARGETS];
        struct bench_plan plan = {
                .threads = 1, .reps = m->options->reps, .ms = m->options->ms, .min_n = files->n
        };
        struct bench_target *failed = NULL;
        int r = 0;

        for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                failed = m->targets[i];
                contests[i] = (struct bench_contest){
                        .target = failed,
                        .reader = { .op = BENCH_STAT, .paths = files->path, .n_paths = files->n },
                        .writer = churn->work,
                        .writer_root = churn->root,
                        .compare = true,
                };
                if (churn->begin)
                        r = churn->begin(failed);
        }
        if (r >= 0) {
                failed = NULL;
                r = bench_contend(&plan, contests, m->n_targets);
        }
        for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                failed = m->targets[i];
                r = bench_mounts_add_contest(m, churn->name, &contests[i], files->n);
                if (r >= 0 && churn->end)
                        r = churn->end(failed);
        }
        return bench_mounts_failed(churn->name, failed, r);
}

int bench_mounts_churn(struct bench_mounts *m, size_t size)
{
        struct bench_names files;
        int r;

        r = bench_names_new(size, file_name, SEED, &files);
        if (r < 0)
                return bench_mounts_failed("churn", NULL, r);
        for (size_t i = 0; i < sizeof(churns) / sizeof(churns[0]) && r >= 0; i++)
                if (churns[i].everywhere ? size != m->middle || size == m->most : size == m->middle)
                        r = contend(m, &churns[i], &files);
        bench_names_fini(&files);
        return r;
}
