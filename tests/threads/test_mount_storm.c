/*
 * test_mount_storm.c - everything at once: threads that do whatever can be done to mounts, at random, in
 * two namespaces, while others read what stays. What single operations answer is not judged here, beyond
 * that it is an error they may give. In the end all mounts are gone, and in debug builds no reference is
 * left.
 */
#include "tests/threads/mount_world.h"

#define PLACES    12
#define MOUNT_MAX 3000

static struct race race;
static struct vfs_ctx contexts[2]; /* of the first namespace, and of a copy */

static void setup(void)
{
        const struct vfs_config config = { .size = sizeof(config), .mount_max = MOUNT_MAX };

        world_setup_with(&race, &config);
}

/* Small numbers that differ from thread to thread. */
static unsigned random_number(unsigned n)
{
        static _Thread_local uint64_t state;
        static atomic_ulong threads;

        if (state == 0)
                state = (atomic_fetch_add(&threads, 1) + 1) * UINT64_C(0x9e3779b97f4a7c15);
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return (unsigned)(state >> 33) % n;
}

static const char *place(char *buf, size_t size)
{
        if (random_number(3) == 0)
                snprintf(buf, size, "/storm/%u/%u", random_number(PLACES), random_number(3));
        else
                snprintf(buf, size, "/storm/%u", random_number(PLACES));
        return buf;
}

/* Errors that every operation may give when others are at work. */
static void judge(struct race *r, const char *what, int64_t result)
{
        static const int known[] = { EINVAL, EBUSY, ENOENT, EAGAIN, ENOSPC,
                                     ELOOP,  EPERM, EROFS,  EEXIST, ENOTEMPTY };

        if (result >= 0)
                return;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
                if (result == -known[i])
                        return;
        }
        RACE_FAIL(r, "%s gave %s", what, strerrorname_np((int)-result));
}

static void use_detached(struct race *r, const struct vfs_ctx *ctx, const char *a, const char *b)
{
        struct vfs_file *tree;
        int result;

        result = vfs_open_tree(ctx, NULL, a, VFS_OPEN_TREE_CLONE | (random_number(2) ? VFS_AT_RECURSIVE : 0),
                               &tree);
        judge(r, "open_tree", result);
        if (result < 0)
                return;
        if (random_number(2))
                judge(r, "move_mount",
                      vfs_move_mount(ctx, tree, "", NULL, b,
                                     VFS_MOVE_MOUNT_F_EMPTY_PATH |
                                             (random_number(2) ? VFS_MOVE_MOUNT_BENEATH : 0)));
        vfs_file_put(tree);
}

static void use_copy(struct race *r, const struct vfs_ctx *ctx, const char *a)
{
        struct vfs_ctx copy = *ctx;
        struct vfs_mntns *ns;
        int result;

        result = vfs_mntns_clone(ctx, NULL, &ns, &copy.root, &copy.cwd);
        judge(r, "copy", result);
        if (result < 0)
                return;
        copy.mntns = ns;
        judge(r, "bind in a copy", vfs_mount(&copy, "/src/many", a, NULL, VFS_MS_BIND, NULL));
        judge(r, "detach in a copy", vfs_umount(&copy, a, VFS_MNT_DETACH));
        vfs_path_put(&copy.root);
        vfs_path_put(&copy.cwd);
        vfs_mntns_put(ns);
}

static void set_attributes(struct race *r, const struct vfs_ctx *ctx, const char *a)
{
        static const uint64_t kinds[] = { 0, 0, VFS_MS_SHARED, VFS_MS_SLAVE, VFS_MS_PRIVATE };
        const bool set = random_number(2);
        const struct vfs_mount_attr attr = { .attr_set = set ? VFS_MOUNT_ATTR_RDONLY | VFS_MOUNT_ATTR_NODEV
                                                             : 0,
                                             .attr_clr = set ? 0 : VFS_MOUNT_ATTR_RDONLY,
                                             .propagation = kinds[random_number(5)] };

        judge(r, "mount_setattr",
              vfs_mount_setattr(ctx, NULL, a, random_number(2) ? VFS_AT_RECURSIVE : 0, &attr, sizeof(attr)));
}

static void make_and_remove(struct race *r, const struct vfs_ctx *ctx, const char *a)
{
        char name[64];

        snprintf(name, sizeof(name), "%s/%u", a, random_number(3));
        judge(r, "rmdir", vfs_rmdir(ctx, NULL, name));
        judge(r, "mkdir", vfs_mkdir(ctx, NULL, name, 0755));
}

static void storm(struct race *r, const struct vfs_ctx *unused, long round)
{
        static const uint64_t kinds[] = { VFS_MS_SHARED, VFS_MS_SLAVE, VFS_MS_PRIVATE, VFS_MS_UNBINDABLE };
        const struct vfs_ctx *ctx = &contexts[random_number(2)];
        char a_buf[32], b_buf[32];
        const char *a = place(a_buf, sizeof(a_buf)), *b = place(b_buf, sizeof(b_buf));

        switch (random_number(14)) {
        case 0:
                judge(r, "mount", vfs_mount(ctx, "x", a, "tmpfs", 0, "mode=755"));
                judge(r, "mkdir", vfs_mkdir(ctx, NULL, a, 0755));
                break;
        case 1:
        case 2:
                judge(r, "bind", vfs_mount(ctx, a, b, NULL, VFS_MS_BIND, NULL));
                break;
        case 3:
                judge(r, "bind of a tree", vfs_mount(ctx, a, b, NULL, VFS_MS_BIND | VFS_MS_REC, NULL));
                break;
        case 4:
        case 5:
                judge(r, "detach", vfs_umount(ctx, a, VFS_MNT_DETACH));
                break;
        case 6:
                judge(r, "umount", vfs_umount(ctx, a, random_number(2) ? 0 : VFS_MNT_EXPIRE));
                break;
        case 7:
                judge(r, "move", vfs_mount(ctx, a, b, NULL, VFS_MS_MOVE, NULL));
                break;
        case 8:
                judge(r, "move beneath", vfs_move_mount(ctx, NULL, a, NULL, b, VFS_MOVE_MOUNT_BENEATH));
                break;
        case 9:
                judge(r, "propagation",
                      vfs_mount(ctx, NULL, a, NULL,
                                kinds[random_number(4)] | (random_number(2) ? VFS_MS_REC : 0), NULL));
                break;
        case 10:
                use_detached(r, ctx, a, b);
                break;
        case 11:
                if (round % 8 == 0)
                        use_copy(r, ctx, a);
                break;
        case 12:
                set_attributes(r, ctx, a);
                break;
        default:
                make_and_remove(r, ctx, a);
                break;
        }
}

/* Whatever is there has a name, and can be opened and listed. */
static void wander(struct race *r, const struct vfs_ctx *unused, long round)
{
        const struct vfs_ctx *ctx = &contexts[random_number(2)];
        static _Thread_local char text[64 * 1024];
        struct vfs_path path;
        struct vfs_statx st;
        char a[32], name[256];

        place(a, sizeof(a));
        judge(r, "stat", vfs_statx(ctx, NULL, a, 0, VFS_STATX_BASIC_STATS, &st));
        if (vfs_lookup(ctx, NULL, a, 0, &path) == 0) {
                struct vfs_ctx inside = *ctx;

                inside.cwd = path;
                judge(r, "name", vfs_path_name(ctx, &path, name, sizeof(name)));
                judge(r, "stat from inside", vfs_statx(&inside, NULL, "../1", 0, VFS_STATX_BASIC_STATS, &st));
                judge(r, "stat of dots", vfs_statx(&inside, NULL, "1/../..", 0, VFS_STATX_BASIC_STATS, &st));
                vfs_path_put(&path);
        }
        if (round % 64 == 0)
                judge(r, "mountinfo", vfs_mountinfo(ctx, text, sizeof(text)));
}

START_TEST(test_mount_storm_leaves_nothing_behind)
{
        const struct race_worker workers[] = { { storm, 2, RACE_JOLTS },
                                               { storm, 1, 0 },
                                               { wander, 2, 0 },
                                               { world_look_at_many, 1, 0 } };
        struct vfs_mntns *ns;
        char name[32];

        race_mkdir(&race, "/storm");
        ck_assert_int_eq(vfs_mount(&race.ctx, "x", "/storm", "tmpfs", 0, "mode=755"), 0);
        for (int i = 0; i < PLACES; i++) {
                snprintf(name, sizeof(name), "/storm/%d", i);
                race_mkdir(&race, name);
                for (int k = 0; k < 3; k++) {
                        snprintf(name, sizeof(name), "/storm/%d/%d", i, k);
                        race_mkdir(&race, name);
                }
        }
        world_change(&race, "/storm", VFS_MS_SHARED);
        contexts[0] = contexts[1] = race.ctx;
        ck_assert_int_eq(vfs_mntns_clone(&race.ctx, NULL, &ns, &contexts[1].root, &contexts[1].cwd),
                         0);
        contexts[1].mntns = ns;
        race_run(&race, workers, sizeof(workers) / sizeof(workers[0]), 2000);
        vfs_path_put(&contexts[1].root);
        vfs_path_put(&contexts[1].cwd);
        vfs_mntns_put(ns);
        ck_assert_int_eq(vfs_umount(&race.ctx, "/storm", VFS_MNT_DETACH), 0);
        world_counts(&race, WORLD_MOUNTS);
        world_teardown(&race);
}
END_TEST

TEST_MAIN_FIXTURE("mount storm", setup, NULL, test_mount_storm_leaves_nothing_behind)
