/*
 * test_mount_attrs.c - flags of mounts against those whom they concern, and listings
 * against changes. Nobody writes to a mount that is read-only; a tree becomes read-only as a
 * whole or not at all; a listing shows each mount once, at a place where it was.
 */
#include <stdlib.h>

#include "mount/internal.h"
#include "tests/threads/mount_world.h"

#define UNDER    1
#define BRANCHES 64

static struct race race;
static struct world_clock clock_;

static void setup(void)
{
        world_setup(&race);
}

static void teardown(void)
{
        world_teardown(&race);
}

/*
 * Read-only
 */

static void make_tree(void)
{
        char name[32];

        world_dir(&race, "/src/branch", UNDER);
        race_mkdir(&race, "/tree");
        world_tmpfs(&race, "/tree", UNDER);
        for (int i = 0; i < BRANCHES; i++) {
                snprintf(name, sizeof(name), "/tree/%d", i);
                race_mkdir(&race, name);
                world_bind(&race, "/src/branch", name);
        }
}

static int set_rdonly(const struct vfs_ctx *ctx, bool rdonly)
{
        const struct vfs_mount_attr attr = { .attr_set = rdonly ? VFS_MOUNT_ATTR_RDONLY : 0,
                                             .attr_clr = rdonly ? 0 : VFS_MOUNT_ATTR_RDONLY };

        return vfs_mount_setattr(ctx, NULL, "/tree", VFS_AT_RECURSIVE, &attr, sizeof(attr));
}

static void change_rdonly(struct race *r, const struct vfs_ctx *ctx, long round)
{
        int result;

        world_begin(&clock_);
        do
                result = set_rdonly(ctx, round % 2 == 0);
        while (result == -EBUSY && !atomic_load(&r->stop));
        RACE_WANT(r, "mount_setattr", result, EBUSY, 0);
        world_end(&clock_);
}

/* Who has opened for writing is on a mount that is not read-only, until he closes. */
static void write_now_and_then(struct race *r, const struct vfs_ctx *ctx, long round)
{
        const struct timespec pause = { .tv_nsec = 100000 };
        struct world_span span;
        struct vfs_file *file;
        char name[32];
        int result;

        snprintf(name, sizeof(name), "/tree/%ld/id", round * 7 % BRANCHES);
        span = world_look(&clock_);
        result = vfs_open(ctx, NULL, name, VFS_O_WRONLY, 0, &file);
        world_looked(&span, &clock_);
        if (result == 0) {
                if (vfs_mount_is_rdonly(file->path.mount))
                        RACE_FAIL(r, "%s is open for writing on a read-only mount", name);
                vfs_file_put(file);
                if (!world_met(&span, 0, 2))
                        RACE_FAIL(r, "%s was opened in states %ld to %ld", name, span.first, span.last);
        } else if (result != -EROFS || !world_met(&span, 1, 2)) {
                RACE_FAIL(r, "opening %s gave %d in states %ld to %ld", name, result, span.first, span.last);
        }
        /* Else there is always a writer somewhere. */
        nanosleep(&pause, NULL);
}

START_TEST(test_mount_setattr_rdonly_during_opens_never_has_a_writer)
{
        const struct race_worker workers[] = { { change_rdonly, 1, RACE_JOLTS },
                                               { write_now_and_then, 2, 0 } };

        make_tree();
        race_run(&race, workers, sizeof(workers) / sizeof(workers[0]), 400);
        ck_assert_int_gt(atomic_load(&clock_.done), 2);
        world_counts(&race, WORLD_MOUNTS + 1 + BRANCHES);
}
END_TEST

/*
 * One file is open for writing all the time, in the last mount: every attempt is refused, and nobody
 * notices.
 */
static void refused(struct race *r, const struct vfs_ctx *ctx, long round)
{
        if (set_rdonly(ctx, true) != -EBUSY)
                RACE_FAIL(r, "a tree with a writer became read-only");
}

static void write_all_the_time(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_file *file;
        char name[32];
        int result;

        snprintf(name, sizeof(name), "/tree/%ld/id", round * 7 % (BRANCHES - 1));
        result = vfs_open(ctx, NULL, name, VFS_O_WRONLY, 0, &file);
        if (result < 0)
                RACE_FAIL(r, "opening %s gave %d", name, result);
        else
                vfs_file_put(file);
}

START_TEST(test_mount_setattr_that_is_refused_during_opens_is_not_noticed)
{
        const struct race_worker workers[] = { { refused, 1, RACE_JOLTS },
                                               { write_all_the_time, 2, 0 } };
        struct vfs_file *file;
        char name[32];

        make_tree();
        snprintf(name, sizeof(name), "/tree/%d/id", BRANCHES - 1);
        ck_assert_int_eq(vfs_open(&race.ctx, NULL, name, VFS_O_WRONLY, 0, &file), 0);
        race_run(&race, workers, sizeof(workers) / sizeof(workers[0]), 400);
        vfs_file_put(file);
        ck_assert_int_eq(set_rdonly(&race.ctx, true), 0);
}
END_TEST

/* A flag that a walk asks for. */
static void change_symlinks(struct race *r, const struct vfs_ctx *ctx, long round)
{
        const struct vfs_mount_attr attr = { .attr_set = round % 2 == 0 ? VFS_MOUNT_ATTR_NOSYMFOLLOW : 0,
                                             .attr_clr = round % 2 == 0 ? 0 : VFS_MOUNT_ATTR_NOSYMFOLLOW };

        world_begin(&clock_);
        RACE_WANT(r, "mount_setattr", vfs_mount_setattr(ctx, NULL, "/tree", 0, &attr, sizeof(attr)), 0, 0);
        world_end(&clock_);
}

static void follow(struct race *r, const struct vfs_ctx *ctx, long round)
{
        static const long ids[] = { UNDER, -ELOOP };

        world_expect(r, ctx, &clock_, "/tree/link", ids, 2);
}

START_TEST(test_mount_setattr_nosymfollow_during_walks_is_on_or_off)
{
        const struct race_worker workers[] = { { change_symlinks, 1, RACE_JOLTS }, { follow, 2, 0 } };

        race_mkdir(&race, "/tree");
        world_tmpfs(&race, "/tree", UNDER);
        ck_assert_int_eq(vfs_symlink(&race.ctx, "id", NULL, "/tree/link"), 0);
        race_run(&race, workers, sizeof(workers) / sizeof(workers[0]), 300);
}
END_TEST

/*
 * Listings
 */

static void move_once(struct race *r, const struct vfs_ctx *ctx, long round)
{
        const char *from = round % 2 == 0 ? "/a" : "/b", *to = round % 2 == 0 ? "/b" : "/a";

        RACE_WANT(r, "move", vfs_mount(ctx, from, to, NULL, VFS_MS_MOVE, NULL), 0, 0);
}

static void bind_and_umount(struct race *r, const struct vfs_ctx *ctx, long round)
{
        RACE_WANT(r, "bind", vfs_mount(ctx, "/src/moved", "/c", NULL, VFS_MS_BIND, NULL), 0, 0);
        RACE_WANT(r, "detach", vfs_umount(ctx, "/c", VFS_MNT_DETACH), 0, 0);
}

/* How often needle is in the text. */
static int count(const char *text, const char *needle)
{
        int n = 0;

        for (text = strstr(text, needle); text != NULL; text = strstr(text + 1, needle))
                n++;
        return n;
}

static void list(struct race *r, const struct vfs_ctx *ctx, long round)
{
        static _Thread_local char text[256 * 1024];
        const int64_t n = vfs_mountinfo(ctx, text, sizeof(text) - 1);
        int lines, a, b, c;

        if (n <= 0 || n >= (int64_t)sizeof(text)) {
                RACE_FAIL(r, "mountinfo gave %d", (int)n);
                return;
        }
        text[n] = '\0';
        lines = count(text, "\n");
        a = count(text, " /a rw,");
        b = count(text, " /b rw,");
        c = count(text, " /c rw,");
        if (a + b != 1 || c > 1 || lines != WORLD_MOUNTS + 1 + c || count(text, " - tmpfs ") != lines)
                RACE_FAIL(r, "mountinfo has %d lines, %d of /a, %d of /b, %d of /c", lines, a, b, c);
}

/* By number, too: the many ids are listed in order, and each can be asked for. */
static void list_ids(struct race *r, const struct vfs_ctx *ctx, long round)
{
        static _Thread_local uint64_t ids[WORLD_MOUNTS + 8];
        struct vfs_mnt_id_req req = { .size = VFS_MNT_ID_REQ_SIZE_VER0, .mnt_id = VFS_LSMT_ROOT };
        const int64_t n = vfs_listmount(ctx, &req, ids, WORLD_MOUNTS + 8, 0);
        uint64_t buf[256];
        const struct vfs_statmount *sm = (const struct vfs_statmount *)buf;
        int found = 0, result;

        if (n < WORLD_MOUNTS || n > WORLD_MOUNTS + 2) {
                RACE_FAIL(r, "listmount gave %d", (int)n);
                return;
        }
        for (int64_t i = n > 64 ? n - 64 : 0; i < n; i++) {
                if (i > 0 && ids[i] <= ids[i - 1])
                        RACE_FAIL(r, "listmount is not in order");
                req.mnt_id = ids[i];
                req.param = VFS_STATMOUNT_MNT_BASIC | VFS_STATMOUNT_MNT_POINT;
                result = vfs_statmount(ctx, &req, (struct vfs_statmount *)buf, sizeof(buf), 0);
                /* The one at /c may have gone. */
                if (result == -ENOENT && i == n - 1)
                        continue;
                if (result < 0 || sm->mnt_id != ids[i]) {
                        RACE_FAIL(r, "statmount gave %d", result);
                        return;
                }
                if (strcmp(sm->str + sm->mnt_point, "/a") == 0 || strcmp(sm->str + sm->mnt_point, "/b") == 0)
                        found++;
        }
        if (found != 1)
                RACE_FAIL(r, "%d mounts are at /a or /b", found);
}

START_TEST(test_mount_listings_during_changes_show_each_mount_once)
{
        const struct race_worker workers[] = { { move_once, 1, RACE_JOLTS },
                                               { bind_and_umount, 1, 0 },
                                               { list, 1, 0 },
                                               { list_ids, 1, 0 },
                                               { world_look_at_many, 1, 0 } };

        world_dir(&race, "/a", UNDER);
        world_dir(&race, "/b", UNDER);
        world_dir(&race, "/c", UNDER);
        world_dir(&race, "/src/moved", UNDER);
        world_bind(&race, "/src/moved", "/a");
        race_run(&race, workers, sizeof(workers) / sizeof(workers[0]), 500);
        world_counts(&race, WORLD_MOUNTS + 1);
}
END_TEST

TEST_MAIN_FIXTURE("mount attrs", setup, teardown, test_mount_setattr_rdonly_during_opens_never_has_a_writer,
                  test_mount_setattr_that_is_refused_during_opens_is_not_noticed,
                  test_mount_setattr_nosymfollow_during_walks_is_on_or_off,
                  test_mount_listings_during_changes_show_each_mount_once)
