/*
 * test_walk_races.c - walks that race changes of the tree see it before or after,
 * and nothing else: no error that neither state explains, no file that was never
 * at that path.
 */
#include "tests/threads/race.h"

#include <unistd.h>

#define MILLISECONDS 700

static struct race race;
static uint64_t ino[4];

static void setup(void)
{
        race_setup(&race);
}

static void teardown(void)
{
        race_teardown(&race);
}

#define RUN(...)                                                                                 \
        do {                                                                                     \
                const struct race_worker workers_[] = { __VA_ARGS__ };                           \
                race_run(&race, workers_, sizeof(workers_) / sizeof(workers_[0]), MILLISECONDS); \
        } while (0)

static void rename_back_and_forth(struct race *r, const struct vfs_ctx *ctx, long round)
{
        RACE_WANT(r, "rename",
                  vfs_rename(ctx, NULL, round & 1 ? "/b/x" : "/a/x", NULL, round & 1 ? "/a/x" : "/b/x", 0), 0,
                  0);
}

static void stat_of_moving(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_statx st;
        int64_t got = race_stat(ctx, round & 1 ? "/a/x/y/f" : "/b/x/y/f", &st);

        RACE_WANT(r, "stat", got, ENOENT, 0);
        if (got == 0) {
                atomic_fetch_add(&r->counters[0], 1);
                if (st.ino != ino[0])
                        RACE_FAIL(r, "stat found another file");
        }
}

START_TEST(test_stat_racing_rename_of_a_component)
{
        race_mkdir(&race, "/a");
        race_mkdir(&race, "/b");
        race_mkdir(&race, "/a/x");
        race_mkdir(&race, "/a/x/y");
        race_file(&race, "/a/x/y/f", 0644);
        race_file(&race, "/a/f", 0644);
        ino[0] = race_ino(&race, "/a/x/y/f");
        RUN({ stat_of_moving, 3, 0 }, { rename_back_and_forth, 1, 0 });
        ck_assert(race.counters[0] > 0);
        ck_assert_int_gt(race_lockfree_percent(&race), 50);
}
END_TEST

static void exchange(struct race *r, const struct vfs_ctx *ctx, long round)
{
        RACE_WANT(r, "exchange", vfs_rename(ctx, NULL, "/p", NULL, "/q", VFS_RENAME_EXCHANGE), 0, 0);
}

static void stat_of_exchanged(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_statx st;
        int64_t got = race_stat(ctx, "/p/f", &st);

        RACE_WANT(r, "stat", got, 0, 0);
        if (got == 0 && st.ino != ino[0] && st.ino != ino[1])
                RACE_FAIL(r, "stat found another file");
}

START_TEST(test_name_is_never_missing_while_directories_are_exchanged)
{
        race_mkdir(&race, "/p");
        race_mkdir(&race, "/q");
        race_file(&race, "/p/f", 0644);
        race_file(&race, "/q/f", 0644);
        ino[0] = race_ino(&race, "/p/f");
        ino[1] = race_ino(&race, "/q/f");
        RUN({ stat_of_exchanged, 3, 0 }, { exchange, 1, 0 });
}
END_TEST

static void replace(struct race *r, const struct vfs_ctx *ctx, long round)
{
        RACE_WANT(r, "create", race_create(ctx, "/new"), 0, 0);
        RACE_WANT(r, "rename", vfs_rename(ctx, NULL, "/new", NULL, "/name", 0), 0, 0);
}

static void open_of_replaced(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_file *file;
        struct vfs_statx st;
        int got = vfs_open(ctx, NULL, "/name", VFS_O_RDONLY, 0, &file);

        RACE_WANT(r, "open", got, 0, 0);
        if (got == 0) {
                if (vfs_file_statx(ctx, file, 0, &st) < 0 || st.nlink > 1)
                        RACE_FAIL(r, "nlink %u", st.nlink);
                vfs_file_put(file);
        }
        RACE_WANT(r, "stat", race_stat(ctx, "/name", &st), 0, 0);
}

START_TEST(test_name_is_never_missing_while_it_is_replaced)
{
        race_file(&race, "/name", 0644);
        RUN({ open_of_replaced, 3, 0 }, { replace, 1, 0 });
}
END_TEST

static void create_and_unlink(struct race *r, const struct vfs_ctx *ctx, long round)
{
        RACE_WANT(r, "create", race_create(ctx, "/d/f"), 0, 0);
        RACE_WANT(r, "unlink", vfs_unlink(ctx, NULL, "/d/f", 0), ENOENT, 0);
}

static void open_of_unlinked(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_file *file;
        struct vfs_statx st;
        int got = vfs_open(ctx, NULL, "/d/f", VFS_O_RDWR, 0, &file);

        RACE_WANT(r, "open", got, ENOENT, 0);
        if (got == 0) {
                atomic_fetch_add(&r->counters[0], 1);
                if (vfs_file_statx(ctx, file, 0, &st) < 0 || st.nlink > 1)
                        RACE_FAIL(r, "nlink %u", st.nlink);
                vfs_file_put(file);
        }
        RACE_WANT(r, "stat", race_stat(ctx, "/d/f", &st), ENOENT, 0);
}

START_TEST(test_open_racing_unlink_and_create)
{
        race_mkdir(&race, "/d");
        RUN({ open_of_unlinked, 2, 0 }, { create_and_unlink, 2, 0 });
        ck_assert(race.counters[0] > 0);
}
END_TEST

static void mkdir_and_rmdir(struct race *r, const struct vfs_ctx *ctx, long round)
{
        RACE_WANT(r, "mkdir", vfs_mkdir(ctx, NULL, "/d", 0755), EEXIST, 0);
        RACE_WANT(r, "rmdir", vfs_rmdir(ctx, NULL, "/d"), ENOTEMPTY, ENOENT);
}

static void create_inside(struct race *r, const struct vfs_ctx *ctx, long round)
{
        int got = race_create(ctx, "/d/f");

        RACE_WANT(r, "create", got, ENOENT, 0);
        if (got == 0) {
                atomic_fetch_add(&r->counters[0], 1);
                RACE_WANT(r, "unlink", vfs_unlink(ctx, NULL, "/d/f", 0), ENOENT, 0);
        }
}

START_TEST(test_create_racing_rmdir_and_mkdir)
{
        struct vfs_statx st;

        RUN({ create_inside, 2, 0 }, { mkdir_and_rmdir, 2, 0 });
        ck_assert(race.counters[0] > 0);
        vfs_unlink(&race.ctx, NULL, "/d/f", 0);
        vfs_rmdir(&race.ctx, NULL, "/d");
        ck_assert_int_eq(race_stat(&race.ctx, "/", &st), 0);
        ck_assert_int_eq((int)st.nlink, 2);
}
END_TEST

static void chmod_back_and_forth(struct race *r, const struct vfs_ctx *ctx, long round)
{
        RACE_WANT(r, "chmod", vfs_chmod(ctx, NULL, "/d", round & 1 ? 0755 : 0700, 0), 0, 0);
}

static void stat_through(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_statx st;
        struct vfs_file *file;
        int64_t got = race_stat(ctx, "/d/e/f", &st);

        RACE_WANT(r, "stat", got, EACCES, 0);
        atomic_fetch_add(&r->counters[got == 0], 1);
        got = vfs_open(ctx, NULL, "/d/e/f", VFS_O_RDONLY, 0, &file);
        RACE_WANT(r, "open", got, EACCES, 0);
        if (got == 0)
                vfs_file_put(file);
}

START_TEST(test_walk_racing_chmod_is_allowed_or_eacces)
{
        race_mkdir(&race, "/d");
        race_mkdir(&race, "/d/e");
        race_file(&race, "/d/e/f", 0644);
        RUN({ stat_through, 3, 1 }, { chmod_back_and_forth, 1, 0 });
        ck_assert(race.counters[0] > 0 && race.counters[1] > 0);
        ck_assert_int_gt(race_lockfree_percent(&race), 50);
}
END_TEST

static void mount_and_umount(struct race *r, const struct vfs_ctx *ctx, long round)
{
        int got;

        RACE_WANT(r, "mount", vfs_mount(ctx, "/src", "/m", NULL, VFS_MS_BIND, NULL), 0, 0);
        got = round & 1 ? vfs_umount(ctx, "/m", 0) : -EBUSY;
        RACE_WANT(r, "umount", got, EBUSY, 0);
        if (got < 0)
                RACE_WANT(r, "detach", vfs_umount(ctx, "/m", VFS_MNT_DETACH), 0, 0);
}

static void stat_covered(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_file *file;
        struct vfs_statx st;
        int64_t got = race_stat(ctx, "/m/f", &st);

        RACE_WANT(r, "stat", got, 0, 0);
        if (got == 0 && st.ino != ino[0] && st.ino != ino[1])
                RACE_FAIL(r, "stat found another file");
        if (got == 0)
                atomic_fetch_add(&r->counters[st.ino == ino[0]], 1);
        got = vfs_open(ctx, NULL, "/m/f", VFS_O_RDONLY, 0, &file);
        RACE_WANT(r, "open", got, 0, 0);
        if (got == 0)
                vfs_file_put(file);
        /*
         * ".." at the root of a mount that was detached under the walk is that root, so there
         * ENOENT is right.
         */
        RACE_WANT(r, "stat ..", race_stat(ctx, "/m/sub/../../m/f", &st), ENOENT, 0);
}

START_TEST(test_walk_racing_mount_and_umount_sees_one_of_both_files)
{
        race_mkdir(&race, "/m");
        race_mkdir(&race, "/m/sub");
        race_mkdir(&race, "/src");
        race_mkdir(&race, "/src/sub");
        race_file(&race, "/m/f", 0644);
        race_file(&race, "/src/f", 0644);
        ino[0] = race_ino(&race, "/m/f");
        ino[1] = race_ino(&race, "/src/f");
        RUN({ stat_covered, 3, 0 }, { mount_and_umount, 1, 0 });
        ck_assert(race.counters[0] > 0 && race.counters[1] > 0);
        ck_assert_int_gt(race_lockfree_percent(&race), 40);
}
END_TEST

static void grow_and_empty(struct race *r, const struct vfs_ctx *ctx, long round)
{
        char path[32];

        for (int i = 0; i < 500 && !atomic_load(&r->stop); i++) {
                snprintf(path, sizeof(path), "/d/new%d", i);
                RACE_WANT(r, "create", race_create(ctx, path), 0, 0);
        }
        for (int i = 0; i < 500; i++) {
                snprintf(path, sizeof(path), "/d/new%d", i);
                RACE_WANT(r, "unlink", vfs_unlink(ctx, NULL, path, 0), ENOENT, 0);
        }
}

static void stat_stable(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_statx st;
        char path[32];

        snprintf(path, sizeof(path), "/d/stable%ld", round % 20);
        RACE_WANT(r, "stat", race_stat(ctx, path, &st), 0, 0);
        RACE_WANT(r, "stat of a missing name", race_stat(ctx, "/d/missing", &st) == -ENOENT ? 0 : -EPROTO, 0,
                  0);
}

START_TEST(test_stable_names_are_found_while_their_directory_grows_and_shrinks)
{
        char path[32];

        race_mkdir(&race, "/d");
        for (int i = 0; i < 20; i++) {
                snprintf(path, sizeof(path), "/d/stable%d", i);
                race_file(&race, path, 0644);
        }
        RUN({ stat_stable, 3, 0 }, { grow_and_empty, 1, 0 });
        ck_assert_int_gt(race_lockfree_percent(&race), 50);
}
END_TEST

static void walk_up(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_statx st;
        struct vfs_file *dir;
        int64_t got;

        got = vfs_open(ctx, NULL, round & 1 ? "/a/x/y" : "/b/x/y", VFS_O_PATH, 0, &dir);
        RACE_WANT(r, "open", got, ENOENT, 0);
        if (got < 0)
                return;
        for (int i = 0; i < 20; i++) {
                got = vfs_statx(ctx, dir, "../..", 0, VFS_STATX_BASIC_STATS, &st);
                RACE_WANT(r, "stat ../..", got, 0, 0);
                if (got == 0 && st.ino != ino[0] && st.ino != ino[1])
                        RACE_FAIL(r, "../.. is neither directory");
                got = vfs_statx(ctx, dir, "../../../../..", 0, VFS_STATX_BASIC_STATS, &st);
                if (got == 0 && st.ino != ino[2])
                        RACE_FAIL(r, "the top is not the root");
        }
        vfs_file_put(dir);
}

START_TEST(test_dotdot_racing_cross_directory_renames)
{
        race_mkdir(&race, "/a");
        race_mkdir(&race, "/b");
        race_mkdir(&race, "/a/x");
        race_mkdir(&race, "/a/x/y");
        ino[0] = race_ino(&race, "/a");
        ino[1] = race_ino(&race, "/b");
        ino[2] = race_ino(&race, "/");
        RUN({ walk_up, 3, 0 }, { rename_back_and_forth, 1, 0 });
}
END_TEST

static void leave_the_jail(struct race *r, const struct vfs_ctx *ctx, long round)
{
        RACE_WANT(r, "rename",
                  vfs_rename(ctx, NULL, round & 1 ? "/out/y" : "/jail/x/y", NULL,
                             round & 1 ? "/jail/x/y" : "/out/y", 0),
                  0, 0);
}

static void escape(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_open_how how = { .flags = VFS_O_RDONLY };
        struct vfs_file *jail, *file;
        struct vfs_statx st;
        int got;

        RACE_WANT(r, "open", vfs_open(ctx, NULL, "/jail", VFS_O_PATH, 0, &jail), 0, 0);
        for (int i = 0; i < 50; i++) {
                how.resolve = i & 1 ? VFS_RESOLVE_BENEATH : VFS_RESOLVE_IN_ROOT;
                /* From /out/y this would be /secret, from /jail/x/y it is nothing. */
                got = vfs_openat2(ctx, jail, "x/y/../../secret", &how, sizeof(how), &file);
                if (got == 0) {
                        RACE_FAIL(r, "escaped with %s", i & 1 ? "BENEATH" : "IN_ROOT");
                        vfs_file_put(file);
                } else if (got != -ENOENT && got != -EAGAIN && got != -EXDEV) {
                        RACE_WANT(r, "openat2", got, 0, 0);
                }
                atomic_fetch_add(&r->counters[got == -EAGAIN], 1);
                got = vfs_openat2(ctx, jail, "x/y/../../inside", &how, sizeof(how), &file);
                if (got == 0) {
                        if (vfs_file_statx(ctx, file, 0, &st) == 0 && st.ino != ino[0])
                                RACE_FAIL(r, "opened another file");
                        vfs_file_put(file);
                }
        }
        vfs_file_put(jail);
}

START_TEST(test_scoped_walk_racing_renames_never_escapes)
{
        race_mkdir(&race, "/jail");
        race_mkdir(&race, "/jail/x");
        race_mkdir(&race, "/jail/x/y");
        race_mkdir(&race, "/out");
        race_file(&race, "/secret", 0644);
        race_file(&race, "/inside", 0644);
        race_file(&race, "/jail/inside", 0644);
        ino[0] = race_ino(&race, "/jail/inside");
        RUN({ escape, 3, 0 }, { leave_the_jail, 1, 0 });
        ck_assert(race.counters[0] > 0);
}
END_TEST

static void into_b(struct race *r, const struct vfs_ctx *ctx, long round)
{
        if (vfs_rename(ctx, NULL, "/a", NULL, "/b/c/a", 0) == 0) {
                atomic_fetch_add(&r->counters[0], 1);
                RACE_WANT(r, "rename back", vfs_rename(ctx, NULL, "/b/c/a", NULL, "/a", 0), 0, 0);
        }
}

static void into_a(struct race *r, const struct vfs_ctx *ctx, long round)
{
        if (vfs_rename(ctx, NULL, "/b", NULL, "/a/c/b", 0) == 0) {
                atomic_fetch_add(&r->counters[1], 1);
                RACE_WANT(r, "rename back", vfs_rename(ctx, NULL, "/a/c/b", NULL, "/b", 0), 0, 0);
        }
}

START_TEST(test_crossing_renames_make_no_loop)
{
        race_mkdir(&race, "/a");
        race_mkdir(&race, "/a/c");
        race_mkdir(&race, "/b");
        race_mkdir(&race, "/b/c");
        RUN({ into_b, 1, 0 }, { into_a, 1, 0 });
        ck_assert(race.counters[0] > 0 && race.counters[1] > 0);
        race_ino(&race, "/a/c");
        race_ino(&race, "/b/c");
        ck_assert_int_eq(vfs_rename(&race.ctx, NULL, "/a", NULL, "/b/c/a", 0), 0);
        ck_assert_int_eq(vfs_rename(&race.ctx, NULL, "/b", NULL, "/b/c/a/c/b", 0), -EINVAL);
}
END_TEST

static atomic_int phase;

/* Two threads meet: both go on when the other is there, too. False when the race is over. */
static int meet(struct race *r, long round, int who)
{
        atomic_store(&r->counters[4 + who], round + 1);
        while (atomic_load(&r->counters[4 + !who]) < round + 1) {
                if (atomic_load(&r->stop))
                        return 0;
                sched_yield();
        }
        return 1;
}

static void remove_dir(struct race *r, const struct vfs_ctx *ctx, long round)
{
        int got;

        RACE_WANT(r, "mkdir", vfs_mkdir(ctx, NULL, "/d", 0755), 0, 0);
        if (!meet(r, 2 * round, 0))
                return;
        got = vfs_rmdir(ctx, NULL, "/d");
        RACE_WANT(r, "rmdir", got, EBUSY, 0);
        atomic_store(&r->counters[2], got);
        if (!meet(r, 2 * round + 1, 0))
                return;
        if (got == 0 && atomic_load(&r->counters[3]) == 0)
                RACE_FAIL(r, "removed, and mounted on");
        if (got < 0 && atomic_load(&r->counters[3]) < 0)
                RACE_FAIL(r, "neither removed nor mounted on");
        if (got < 0) {
                RACE_WANT(r, "umount", vfs_umount(ctx, "/d", VFS_MNT_DETACH), 0, 0);
                RACE_WANT(r, "rmdir", vfs_rmdir(ctx, NULL, "/d"), 0, 0);
        }
        atomic_fetch_add(&r->counters[got == 0], 1);
}

static void mount_on_dir(struct race *r, const struct vfs_ctx *ctx, long round)
{
        int got;

        if (!meet(r, 2 * round, 1))
                return;
        got = vfs_mount(ctx, "/src", "/d", NULL, VFS_MS_BIND, NULL);
        RACE_WANT(r, "mount", got, ENOENT, 0);
        atomic_store(&r->counters[3], got);
        meet(r, 2 * round + 1, 1);
}

START_TEST(test_rmdir_racing_mount_on_it_one_wins)
{
        race_mkdir(&race, "/src");
        RUN({ remove_dir, 1, 0 }, { mount_on_dir, 1, 0 });
        ck_assert(race.counters[0] + race.counters[1] > 0);
}
END_TEST

static void open_writers(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_file *file;
        int got = vfs_open(ctx, NULL, "/m/f", VFS_O_WRONLY, 0, &file);

        RACE_WANT(r, "open", got, EROFS, 0);
        atomic_fetch_add(&r->counters[got == 0], 1);
        if (got == 0) {
                atomic_fetch_add(&phase, 1);
                sched_yield();
                atomic_fetch_sub(&phase, 1);
                vfs_file_put(file);
        }
        usleep(20); /* a moment without a writer */
}

static void make_readonly(struct race *r, const struct vfs_ctx *ctx, long round)
{
        int got = vfs_mount(ctx, NULL, "/m", NULL, VFS_MS_REMOUNT | VFS_MS_BIND | VFS_MS_RDONLY, NULL);

        RACE_WANT(r, "remount", got, EBUSY, 0);
        if (got == 0) {
                if (atomic_load(&phase))
                        RACE_FAIL(r, "a writer on a read-only mount");
                usleep(20);
                if (atomic_load(&phase))
                        RACE_FAIL(r, "a writer on a mount that was read-only");
                RACE_WANT(r, "remount rw",
                          vfs_mount(ctx, NULL, "/m", NULL, VFS_MS_REMOUNT | VFS_MS_BIND, NULL), 0, 0);
        }
}

START_TEST(test_no_writer_on_a_mount_that_became_read_only)
{
        atomic_store(&phase, 0);
        race_mkdir(&race, "/m");
        race_mkdir(&race, "/src");
        race_file(&race, "/src/f", 0644);
        ck_assert_int_eq(vfs_mount(&race.ctx, "/src", "/m", NULL, VFS_MS_BIND, NULL), 0);
        RUN({ open_writers, 2, 0 }, { make_readonly, 1, 0 });
        ck_assert(race.counters[0] > 0 && race.counters[1] > 0);
        ck_assert_int_eq(vfs_umount(&race.ctx, "/m", 0), 0);
}
END_TEST

#define RECORD 24

static void append_record(struct race *r, const struct vfs_ctx *ctx, long round)
{
        char record[RECORD];
        struct vfs_file *file;
        struct vfs_iter it;

        if (atomic_load(&r->counters[0]) > 50000)
                return;
        if (vfs_open(ctx, NULL, "/log", VFS_O_WRONLY | VFS_O_APPEND, 0, &file) < 0) {
                RACE_FAIL(r, "open");
                return;
        }
        memset(record, 'a' + (int)(round % 26), sizeof(record));
        for (int i = 0; i < 10; i++) {
                vfs_iter_init_buf(&it, record, sizeof(record));
                if (vfs_file_write(ctx, file, &it, 0) != RECORD)
                        RACE_FAIL(r, "write");
                atomic_fetch_add(&r->counters[0], 1);
        }
        vfs_file_put(file);
}

START_TEST(test_appended_records_are_whole_and_all_there)
{
        char record[RECORD];
        struct vfs_file *file;
        struct vfs_iter it;
        long n = 0, torn = 0;

        race_file(&race, "/log", 0644);
        RUN({ append_record, 4, 0 });
        ck_assert_int_eq(vfs_open(&race.ctx, NULL, "/log", VFS_O_RDONLY, 0, &file), 0);
        for (;; n++) {
                vfs_iter_init_buf(&it, record, sizeof(record));
                if (vfs_file_read(&race.ctx, file, &it, 0) != RECORD)
                        break;
                torn += memcmp(record, record + 1, RECORD - 1) != 0;
        }
        vfs_file_put(file);
        ck_assert_int_eq(torn, 0);
        ck_assert_int_eq(n, race.counters[0]);
}
END_TEST

static void descriptors(struct race *r, const struct vfs_ctx *ctx, long round)
{
        struct vfs_fdtable *table = (struct vfs_fdtable *)atomic_load(&r->counters[7]);
        struct vfs_file *file;
        int fd, copy;

        if (vfs_open(ctx, NULL, "/f", VFS_O_RDONLY, 0, &file) < 0) {
                RACE_FAIL(r, "open");
                return;
        }
        fd = vfs_fdtable_install(table, file, 0, 0);
        vfs_file_put(file);
        RACE_WANT(r, "install", fd, 0, 0);
        copy = vfs_fdtable_dup(table, fd);
        RACE_WANT(r, "dup", copy, EBADF, 0);
        if (copy >= 0)
                vfs_fdtable_close(table, copy);
        if (vfs_fdtable_file(table, fd, &file) == 0)
                vfs_file_put(file);
        vfs_fdtable_close(table, fd);
        if (round % 64 == 0)
                vfs_fdtable_close_range(table, 0, 20, 0);
}

START_TEST(test_descriptor_table_shared_by_threads)
{
        struct vfs_fdtable *table;
        struct vfs_file *file;

        race_file(&race, "/f", 0644);
        ck_assert_int_eq(vfs_fdtable_new(race.vfs, 64, &table), 0);
        atomic_store(&race.counters[7], (long)(uintptr_t)table);
        RUN({ descriptors, 4, 0 });
        vfs_fdtable_close_range(table, 0, UINT32_MAX, 0);
        for (int fd = 0; fd < 64; fd++)
                ck_assert_int_eq(vfs_fdtable_file(table, fd, &file), -EBADF);
        vfs_fdtable_put(table);
}
END_TEST

TEST_MAIN_FIXTURE("walk_races", setup, teardown, test_stat_racing_rename_of_a_component,
                  test_name_is_never_missing_while_directories_are_exchanged,
                  test_name_is_never_missing_while_it_is_replaced, test_open_racing_unlink_and_create,
                  test_create_racing_rmdir_and_mkdir, test_walk_racing_chmod_is_allowed_or_eacces,
                  test_walk_racing_mount_and_umount_sees_one_of_both_files,
                  test_stable_names_are_found_while_their_directory_grows_and_shrinks,
                  test_dotdot_racing_cross_directory_renames, test_scoped_walk_racing_renames_never_escapes,
                  test_crossing_renames_make_no_loop, test_rmdir_racing_mount_on_it_one_wins,
                  test_no_writer_on_a_mount_that_became_read_only,
                  test_appended_records_are_whole_and_all_there, test_descriptor_table_shared_by_threads)
