/*
 * mount_world.c - see mount_world.h.
 */
#include "tests/threads/mount_world.h"

#include <stdlib.h>

void world_id(struct race *race, const char *path, int id)
{
        struct vfs_file *file;
        char name[64];

        snprintf(name, sizeof(name), "%s/id", path);
        ck_assert_msg(vfs_open(&race->ctx, NULL, name, VFS_O_WRONLY | VFS_O_CREAT, 0644, &file) == 0,
                      "create %s", name);
        ck_assert_int_eq(vfs_file_truncate(&race->ctx, file, id), 0);
        vfs_file_put(file);
}

void world_dir(struct race *race, const char *path, int id)
{
        race_mkdir(race, path);
        world_id(race, path, id);
}

void world_bind(struct race *race, const char *from, const char *to)
{
        int r = vfs_mount(&race->ctx, from, to, NULL, VFS_MS_BIND, NULL);

        ck_assert_msg(r == 0, "bind %s on %s: %d", from, to, r);
}

void world_tmpfs(struct race *race, const char *path, int id)
{
        int r = vfs_mount(&race->ctx, "world", path, "tmpfs", 0, "mode=755");

        ck_assert_msg(r == 0, "mount on %s: %d", path, r);
        world_id(race, path, id);
}

void world_change(struct race *race, const char *path, uint64_t kind)
{
        int r = vfs_mount(&race->ctx, NULL, path, NULL, kind, NULL);

        ck_assert_msg(r == 0, "change the propagation of %s: %d", path, r);
}

void world_setup(struct race *race)
{
        world_setup_with(race, NULL);
}

void world_setup_with(struct race *race, const struct vfs_config *config)
{
        char name[32];

        race_setup_with(race, config);
        world_id(race, "", WORLD_ROOT_ID);
        world_dir(race, "/src", 1);
        world_dir(race, "/src/many", WORLD_MANY_ID);
        world_dir(race, "/many", 1);
        for (int i = 0; i < WORLD_MANY; i++) {
                snprintf(name, sizeof(name), "/many/%d", i);
                race_mkdir(race, name);
                world_bind(race, "/src/many", name);
        }
        world_counts(race, WORLD_MOUNTS);
}

void world_counts(struct race *race, uint32_t mounts)
{
        struct vfs_stats stats = { .size = sizeof(stats) };

        vfs_get_stats(race->vfs, &stats);
        ck_assert_uint_eq(stats.mounts, mounts);
}

void world_teardown(struct race *race)
{
        vfs_mntns_put(race->ns);
        world_counts(race, 0);
        vfs_cred_put(race->root);
        vfs_cred_put(race->user);
        vfs_free(race->vfs);
}

long world_see(const struct vfs_ctx *ctx, const char *path)
{
        struct vfs_statx st;
        int64_t r = race_stat(ctx, path, &st);

        return r < 0 ? (long)r : (long)st.size;
}

long world_open_see(const struct vfs_ctx *ctx, const char *path)
{
        struct vfs_file *file;
        struct vfs_statx st;
        int r;

        r = vfs_open(ctx, NULL, path, VFS_O_RDONLY, 0, &file);
        if (r < 0)
                return r;
        r = vfs_file_statx(ctx, file, VFS_STATX_BASIC_STATS, &st);
        vfs_file_put(file);
        return r < 0 ? r : (long)st.size;
}

void world_expect(struct race *race, const struct vfs_ctx *ctx, struct world_clock *clock, const char *path,
                  const long *ids, long n)
{
        static _Thread_local unsigned turn;
        struct world_span span;
        long seen, state;

        span = world_look(clock);
        seen = ++turn % 8 == 0 ? world_open_see(ctx, path) : world_see(ctx, path);
        world_looked(&span, clock);
        state = span.first;
        while (state <= span.last && seen != ids[state % n])
                state++;
        if (state > span.last) {
                RACE_FAIL(race, "%s is %ld in states %ld to %ld of %ld", path, seen, span.first, span.last,
                          n);
                return;
        }
        while (span.first < state && !atomic_compare_exchange_weak(&clock->seen, &span.first, state))
                ;
}

void world_look_at_many(struct race *race, const struct vfs_ctx *ctx, long round)
{
        char name[32];
        long seen;

        snprintf(name, sizeof(name), "/many/%ld/id", round * 7919 % WORLD_MANY);
        seen = round % 16 == 0 ? world_open_see(ctx, name) : world_see(ctx, name);
        if (seen != WORLD_MANY_ID)
                RACE_FAIL(race, "%s is %ld", name, seen);
}
