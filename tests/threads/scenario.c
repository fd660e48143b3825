/*
 * scenario.c - see scenario.h.
 */
#include "tests/threads/scenario.h"

#include "tests/threads/step.h"

#if STEP_POSSIBLE

#include <stdlib.h>

#include "mount/internal.h"

struct race race;
struct vfs_ctx reader, task;
struct vfs_path inner;
struct vfs_mntns *other;

static const struct scenario *scenario;
static uint32_t mounts[2]; /* that exist in each state */
static long looks;
static char complaint[256];

#define COMPLAIN(...)                                                        \
        do {                                                                 \
                if (complaint[0] == '\0')                                    \
                        snprintf(complaint, sizeof(complaint), __VA_ARGS__); \
        } while (0)

/*
 * Memory: blocks of powers of two from two pools. Each operation allocates from its own; a block that is
 * given back while its pool's owner is interrupted in taking one is lost, at worst.
 */

#define POOL_SIZE    (16u << 20)
#define POOL_CLASSES 20

static struct pool {
        char *begin, *at, *end;
        void *free[POOL_CLASSES];
} pools[2];
static struct vfs_thread *stepped; /* the record of the operation that is interrupted */

static unsigned class_of(size_t size)
{
        unsigned class = 4;

        while ((size_t)1 << class < size)
                class ++;
        return class;
}

static void *pool_alloc(void *user, size_t size)
{
        struct pool *pool = &pools[stepped != NULL && vfs_thread_self != stepped];
        const unsigned class = class_of(size);
        void *p;

        /* No assertion of Check's here: they take a lock. */
        if (class >= POOL_CLASSES)
                return NULL;
        p = pool->free[class];
        if (p != NULL) {
                memcpy(&pool->free[class], p, sizeof(p));
                return p;
        }
        p = pool->at;
        pool->at += (size_t)1 << class;
        return pool->at <= pool->end ? p : NULL;
}

static void pool_free(void *user, void *p, size_t size)
{
        struct pool *pool = &pools[(char *)p < pools[0].begin || (char *)p >= pools[0].end];
        const unsigned class = class_of(size);

        memcpy(p, &pool->free[class], sizeof(p));
        pool->free[class] = p;
}

void scenario_setup(void)
{
        struct vfs_config config = { .size = sizeof(config), .alloc = pool_alloc, .free = pool_free };

        for (int i = 0; i < 2; i++) {
                pools[i].begin = pools[i].at = aligned_alloc(4096, POOL_SIZE);
                ck_assert_ptr_nonnull(pools[i].begin);
                pools[i].end = pools[i].begin + POOL_SIZE;
        }
        ck_assert_int_eq(vfs_new(&config, &race.vfs), 0);
        ck_assert_int_eq(vfs_cred_new_root(&race.root), 0);
        ck_assert_int_eq(vfs_mntns_new(race.vfs, race.root, "step", "tmpfs", 0, "mode=755", &race.ns), 0);
        vfs_ctx_init(&race.ctx, race.ns, race.root);
        reader = task = race.ctx;
        stepped = vfs_thread_get();
}

static uint32_t count_mounts(void)
{
        struct vfs_stats stats = { .size = sizeof(stats) };

        vfs_get_stats(race.vfs, &stats);
        return stats.mounts;
}

void scenario_teardown(void)
{
        vfs_path_put(&inner);
        vfs_mntns_put(other);
        vfs_mntns_put(race.ns);
        ck_assert_uint_eq(count_mounts(), 0);
        vfs_cred_put(race.root);
        vfs_free(race.vfs);
}

void make_id(const char *dir, int64_t size)
{
        struct vfs_file *file;
        char name[64];

        snprintf(name, sizeof(name), "%s/id", dir);
        ck_assert_int_eq(vfs_open(&task, NULL, name, VFS_O_CREAT | VFS_O_WRONLY, 0644, &file), 0);
        ck_assert_int_eq(vfs_file_truncate(&task, file, size), 0);
        vfs_file_put(file);
}

void make_dir(const char *path, int64_t size)
{
        ck_assert_int_eq(vfs_mkdir(&task, NULL, path, 0755), 0);
        make_id(path, size);
}

void make_tmpfs(const char *path, int64_t size)
{
        ck_assert_int_eq(vfs_mount(&task, "step", path, "tmpfs", 0, "mode=755"), 0);
        make_id(path, size);
}

int bind_on(const char *from, const char *to)
{
        return vfs_mount(&task, from, to, NULL, VFS_MS_BIND, NULL);
}

void must(int r)
{
        ck_assert_int_eq(r, 0);
}

static long see(const struct scenario_place *place)
{
        struct vfs_ctx ctx = reader;
        struct vfs_statx st;
        char name[64];
        int64_t r;

        if (place->inside)
                ctx.cwd = inner;
        if (place->question == WRITABLE)
                return vfs_access(&ctx, NULL, place->path, VFS_W_OK, 0);
        if (place->question == NAME) {
                r = vfs_path_name(&ctx, &inner, name, sizeof(name));
                return r < 0 ? (long)r : (long)strlen(name);
        }
        r = race_stat(&ctx, place->path, &st);
        return r < 0 ? (long)r : (long)st.size;
}

/*
 * The change, instruction by instruction
 */

static int before;                   /* the state that the change begins in */
static bool turned[SCENARIO_PLACES]; /* what has been seen as it is afterwards */
static int result;

static void change_once(void *arg)
{
        result = before == 0 ? scenario->change() : scenario->undo();
}

struct look {
        const struct scenario_place *place;
        long seen;
};

static void look_at(void *arg)
{
        struct look *look = arg;

        look->seen = see(look->place);
}

static void look_around(void *arg)
{
        bool any_old = false, any_new = false;

        for (size_t i = 0; i < SCENARIO_PLACES && scenario->places[i].path != NULL; i++) {
                const struct scenario_place *p = &scenario->places[i];
                struct look look = { .place = p };
                long seen;

                if (!step_try(look_at, &look))
                        continue;
                seen = look.seen;
                looks++;
                if (seen != p->ids[before] && seen != p->ids[!before])
                        COMPLAIN("%s was %ld and will be %ld, and is %ld", p->path, p->ids[before],
                                 p->ids[!before], seen);
                if (p->ids[0] == p->ids[1])
                        continue;
                if (turned[i] && seen != p->ids[!before])
                        COMPLAIN("%s went back to %ld", p->path, seen);
                if (seen == p->ids[before]) {
                        any_old = true;
                } else {
                        any_new = true;
                        turned[i] = true;
                }
        }
        if (any_old && any_new && !scenario->apart)
                COMPLAIN("some places are as before, and some are as after");
}

static void step_through_changes(void)
{
        long steps;

        mounts[0] = count_mounts();
        for (int round = 0; round < 2; round++) {
                before = round;
                memset(turned, 0, sizeof(turned));
                steps = step_through(change_once, look_around, NULL);
                if (round == 0)
                        mounts[1] = count_mounts();
                else
                        ck_assert_uint_eq(count_mounts(), mounts[0]);
                ck_assert_msg(complaint[0] == '\0', "%s, of the %s", complaint,
                              round == 0 ? "change" : "reverse");
                ck_assert_int_eq(result, 0);
                ck_assert_int_gt(steps, 500);
                before = !before;
                memset(turned, 0, sizeof(turned));
                look_around(NULL);
                for (size_t i = 0; i < SCENARIO_PLACES && scenario->places[i].path != NULL; i++)
                        ck_assert_int_eq(see(&scenario->places[i]), scenario->places[i].ids[before]);
        }
        ck_assert_int_gt(looks, 500);
}

/*
 * A look, instruction by instruction, and the change in its middle
 */

static const struct scenario_place *looked_at;
static long looked;
static int changes;             /* to make in the middle */
static bool busy;               /* may they be refused? */
static struct vfs_file *opened; /* by the look; NULL: nothing */

static void look_once(void *arg)
{
        looked = see(looked_at);
}

static void change_some(void *arg)
{
        const struct vfs *vfs = race.vfs;

        if (vfs->mount_lock.word != 0 || vfs->limbo.lock.word != 0 || vfs->registry_lock.word != 0)
                return;
        for (int i = 0; i < changes; i++) {
                change_once(NULL);
                if (busy && result == -EBUSY)
                        return;
                if (result != 0)
                        COMPLAIN("the change gave %d", result);
                before = !before;
        }
}

static void change_to(int state)
{
        if (before == state)
                return;
        change_once(NULL);
        ck_assert_int_eq(result, 0);
        before = state;
}

/* Returns how many times the look was met. */
static long step_through_look(const struct scenario_place *place, int state)
{
        long n, met = 0;

        looked_at = place;
        n = step_record(look_once, NULL);
        for (long i = 0; i < n; i++) {
                met += step_once_at(look_once, i, change_some, NULL);
                if (looked != place->ids[0] && looked != place->ids[1])
                        COMPLAIN("%s is %ld", place->path, looked);
                ck_assert_msg(complaint[0] == '\0',
                              "%s, with %d changes from state %d behind %ld instructions", complaint, changes,
                              state, i);
                change_to(state);
                ck_assert_uint_eq(count_mounts(), mounts[state]);
        }
        return met;
}

static void step_through_looks(int state)
{
        change_to(state);
        for (changes = 1; changes <= 3; changes++) {
                for (size_t i = 0; i < SCENARIO_PLACES && scenario->places[i].path != NULL; i++) {
                        /* A name is found with mount_lock held, if it has moved three times. */
                        if (!scenario->places[i].deep &&
                            (scenario->places[i].question != NAME || changes < 3))
                                ck_assert_int_gt(step_through_look(&scenario->places[i], state), 50);
                }
        }
}

/*
 * The same with an open
 */

static void open_once(void *arg)
{
        struct vfs_ctx ctx = reader;
        struct vfs_statx st;
        int r;

        if (looked_at->inside)
                ctx.cwd = inner;
        opened = NULL;
        r = vfs_open(&ctx, NULL, looked_at->path, scenario->writes ? VFS_O_WRONLY : VFS_O_RDONLY, 0, &opened);
        if (r == 0)
                r = vfs_file_statx(&ctx, opened, VFS_STATX_BASIC_STATS, &st);
        looked = r < 0 ? r : scenario->writes ? 0 : (long)st.size;
}

static void close_opened(void)
{
        if (opened != NULL)
                vfs_file_put(opened);
        opened = NULL;
}

/* Of what was opened, when nobody has unmounted it lazily. */
static void check_opened(bool lazy)
{
        bool attached;

        if (opened == NULL)
                return;
        if (scenario->writes && vfs_mount_is_rdonly(opened->path.mount))
                COMPLAIN("what was opened for writing is read-only");
        if (lazy)
                return;
        vfs_mounts_lock(race.vfs);
        attached = opened->path.mount->ns != NULL;
        vfs_mutex_unlock(&race.vfs->mount_lock, VFS_LOCK_MOUNT);
        if (!attached)
                COMPLAIN("what was opened has been unmounted");
}

static void step_through_opens(int state, bool lazy)
{
        long n, met = 0;

        busy = true;
        change_to(state);
        for (changes = 1; changes <= 3; changes++) {
                looked_at = &scenario->places[0];
                n = step_record(open_once, NULL);
                close_opened();
                for (long i = 0; i < n; i++) {
                        met += step_once_at(open_once, i, change_some, NULL);
                        check_opened(lazy);
                        close_opened();
                        if (looked != looked_at->ids[0] && looked != looked_at->ids[1])
                                COMPLAIN("%s is %ld", looked_at->path, looked);
                        ck_assert_msg(complaint[0] == '\0',
                                      "%s, with %d changes from state %d behind %ld instructions of "
                                      "an open",
                                      complaint, changes, state, i);
                        change_to(state);
                        ck_assert_uint_eq(count_mounts(), mounts[state]);
                }
        }
        busy = false;
        ck_assert_int_gt(met, 500);
}

void scenario_run(const struct scenario *s)
{
        scenario = s;
        s->prepare();
        step_through_changes();
        step_through_looks(0);
        step_through_looks(1);
        change_to(0);
}

void scenario_run_with_opens(const struct scenario *s, bool lazy)
{
        scenario_run(s);
        /* References take the lock of the map of references in debug builds, wherever they are taken. */
        if (VFS_DEBUG)
                return;
        step_through_opens(0, lazy);
        step_through_opens(1, lazy);
        change_to(0);
}

void scenario_run_from_inside(const struct scenario *s)
{
        long n;

        scenario = s;
        s->prepare();
        changes = 1;
        looked_at = &s->places[0];
        must(s->undo());
        n = step_record(look_once, NULL);
        before = 0;
        step_through(change_once, look_around, NULL);
        must(result);
        for (long i = 0; i < n; i++) {
                vfs_path_put(&inner);
                must(s->undo());
                before = 0;
                step_once_at(look_once, i, change_some, NULL);
                if (looked != looked_at->ids[0] && looked != looked_at->ids[1])
                        COMPLAIN("%s is %ld behind %ld instructions", looked_at->path, looked, i);
                if (before == 0)
                        must(s->change());
        }
        ck_assert_msg(complaint[0] == '\0', "%s", complaint);
}

#endif
