/*
 * test_mount_steps.c - what a reader sees at every instruction of a change of mounts, and
 * what becomes of a reader that a whole change meets at each of its instructions: the
 * scenarios. scenario.h says what is done with each.
 */
#include "tests/threads/scenario.h"
#include "tests/threads/step.h"

#if STEP_POSSIBLE

enum { UNDER = 1, LOWER, UPPER, COVERED, OLD, NEW, ROOT };

/* A mount comes and goes. */
static void prepare_bind(void)
{
        make_dir("/d", UNDER);
        make_dir("/upper", UPPER);
}

static int bind_upper(void)
{
        return bind_on("/upper", "/d");
}

static int umount_d(void)
{
        return vfs_umount(&task, "/d", 0);
}

static int detach_d(void)
{
        return vfs_umount(&task, "/d", VFS_MNT_DETACH);
}

START_TEST(test_mount_steps_of_bind_and_umount)
{
        static const struct scenario s = { .prepare = prepare_bind,
                                           .change = bind_upper,
                                           .undo = umount_d,
                                           .places = { AT("/d/id", UNDER, UPPER),
                                                       AT("/d/../d/id", UNDER, UPPER) } };

        scenario_run_with_opens(&s, false);
}
END_TEST

START_TEST(test_mount_steps_of_bind_and_detach)
{
        static const struct scenario s = { .prepare = prepare_bind,
                                           .change = bind_upper,
                                           .undo = detach_d,
                                           .places = { AT("/d/id", UNDER, UPPER) } };

        scenario_run_with_opens(&s, true);
}
END_TEST

/* The same over another mount: a stack. */
static void prepare_stack(void)
{
        prepare_bind();
        make_dir("/lower", LOWER);
        must(bind_on("/lower", "/d"));
}

START_TEST(test_mount_steps_of_bind_and_umount_on_a_mount)
{
        static const struct scenario s = { .prepare = prepare_stack,
                                           .change = bind_upper,
                                           .undo = umount_d,
                                           .places = { AT("/d/id", LOWER, UPPER),
                                                       AT("/d/./id", LOWER, UPPER) } };

        scenario_run_with_opens(&s, false);
}
END_TEST

/* The same where another namespace has a mount on the same directory. */
static void prepare_twice(void)
{
        prepare_stack();
        must(vfs_mntns_clone(&task, NULL, &other, NULL, NULL));
        must(umount_d());
}

START_TEST(test_mount_steps_of_bind_and_umount_on_a_mount_point_of_another_namespace)
{
        static const struct scenario s = { .prepare = prepare_twice,
                                           .change = bind_upper,
                                           .undo = umount_d,
                                           .places = { AT("/d/id", UNDER, UPPER) } };

        scenario_run(&s);
}
END_TEST

/* A tree: on a directory of it a mount is covered by another, and both are gone at once. */
static void prepare_tree(void)
{
        make_dir("/d", UNDER);
        make_dir("/d/s", OLD);
        make_dir("/lower", LOWER);
        make_dir("/upper", UPPER);
        make_dir("/tree", NEW);
        make_tmpfs("/tree", NEW);
        make_dir("/tree/s", COVERED);
        must(bind_on("/lower", "/tree/s"));
        must(bind_on("/upper", "/tree/s"));
}

static int bind_tree(void)
{
        return vfs_mount(&task, "/tree", "/d", NULL, VFS_MS_BIND | VFS_MS_REC, NULL);
}

START_TEST(test_mount_steps_of_bind_and_detach_of_a_tree)
{
        static const struct scenario s = {
                .prepare = prepare_tree,
                .change = bind_tree,
                .undo = detach_d,
                .places = { AT("/d/id", UNDER, NEW), AT_BUT("/d/s/id", OLD, UPPER, .deep = true),
                            AT("/tree/s/id", UPPER, UPPER) },
        };

        scenario_run(&s);
}
END_TEST

/* Who is inside when it is taken apart sees what its own mount has, and nothing that was covered. */
static int bind_tree_and_enter(void)
{
        int r = bind_tree();

        return r < 0 ? r : vfs_lookup(&task, NULL, "/d", 0, &inner);
}

START_TEST(test_mount_steps_of_detach_seen_from_inside)
{
        static const struct scenario s = { .prepare = prepare_tree,
                                           .change = detach_d,
                                           .undo = bind_tree_and_enter,
                                           .places = {
                                                   AT_BUT("s/id", UPPER, COVERED, .inside = true) } };

        scenario_run_from_inside(&s);
}
END_TEST

/* The same where no other mount is on any of the directories. */
static void prepare_single(void)
{
        make_dir("/d", UNDER);
        make_dir("/lower", LOWER);
        make_dir("/upper", UPPER);
        make_dir("/tree", NEW);
        make_dir("/tree/s", COVERED);
}

static int bind_single_and_enter(void)
{
        int r;

        r = bind_on("/tree", "/d");
        if (r == 0)
                r = bind_on("/lower", "/d/s");
        if (r == 0)
                r = bind_on("/upper", "/d/s");
        return r < 0 ? r : vfs_lookup(&task, NULL, "/d", 0, &inner);
}

START_TEST(test_mount_steps_of_detach_of_single_mounts_seen_from_inside)
{
        static const struct scenario s = { .prepare = prepare_single,
                                           .change = detach_d,
                                           .undo = bind_single_and_enter,
                                           .places = {
                                                   AT_BUT("s/id", UPPER, COVERED, .inside = true) } };

        scenario_run_from_inside(&s);
}
END_TEST

/* The end of a namespace takes it apart in the same way. */
static int copy_and_enter(void)
{
        struct vfs_path cwd;
        int r;

        r = vfs_mntns_clone(&task, NULL, &other, &inner, &cwd);
        if (r == 0)
                vfs_path_put(&cwd);
        return r;
}

static int end_copy(void)
{
        vfs_mntns_put(other);
        other = NULL;
        return 0;
}

START_TEST(test_mount_steps_of_the_end_of_a_namespace_seen_from_inside)
{
        static const struct scenario s = { .prepare = prepare_tree,
                                           .change = end_copy,
                                           .undo = copy_and_enter,
                                           .places = { AT_BUT("tree/s/id", UPPER, -ENOENT,
                                                              .inside = true) } };

        scenario_run_from_inside(&s);
}
END_TEST

/* A detached tree stays together as long as somebody is inside, and its file is not needed for that. */
static struct vfs_file *detached;

static int open_tree_and_enter(void)
{
        int r;

        r = vfs_open_tree(&task, NULL, "/tree", VFS_OPEN_TREE_CLONE | VFS_AT_RECURSIVE, &detached);
        if (r == 0)
                r = vfs_lookup(&task, detached, "", VFS_AT_EMPTY_PATH, &inner);
        return r;
}

static int close_tree(void)
{
        vfs_file_put(detached);
        return 0;
}

START_TEST(test_mount_steps_of_the_end_of_a_detached_tree_seen_from_inside)
{
        static const struct scenario s = { .prepare = prepare_tree,
                                           .change = close_tree,
                                           .undo = open_tree_and_enter,
                                           .places = {
                                                   AT_BUT("s/id", UPPER, UPPER, .inside = true) } };

        scenario_run_from_inside(&s);
}
END_TEST

/* A mount moves to and fro. */
static void prepare_move(void)
{
        make_id("", ROOT);
        make_dir("/x", UNDER);
        make_dir("/y", UNDER);
        make_tmpfs("/x", OLD);
        make_tmpfs("/y", NEW);
        make_dir("/x/a", UNDER);
        make_dir("/y/long", UNDER);
        make_dir("/upper", UPPER);
        must(bind_on("/upper", "/x/a"));
        must(vfs_lookup(&task, NULL, "/x/a", 0, &inner));
}

static int move_there(void)
{
        return vfs_mount(&task, "/x/a", "/y/long", NULL, VFS_MS_MOVE, NULL);
}

static int move_back(void)
{
        return vfs_mount(&task, "/y/long", "/x/a", NULL, VFS_MS_MOVE, NULL);
}

START_TEST(test_mount_steps_of_move)
{
        static const struct scenario s = {
                .prepare = prepare_move,
                .change = move_there,
                .undo = move_back,
                .places = { AT("/x/a/id", UPPER, UNDER), AT("/y/long/id", UNDER, UPPER),
                            AT_BUT("id", UPPER, UPPER, .inside = true),
                            AT_BUT("../id", OLD, NEW, .inside = true),
                            AT_BUT("../../id", ROOT, ROOT, .inside = true),
                            AT_BUT("the name", 4, 7, .question = NAME) },
        };

        scenario_run_with_opens(&s, false);
}
END_TEST

/* To a place on the same mount. */
static void prepare_near(void)
{
        make_id("", ROOT);
        make_dir("/a", UNDER);
        make_dir("/b", UNDER);
        make_dir("/upper", UPPER);
        must(bind_on("/upper", "/a"));
        must(vfs_lookup(&task, NULL, "/a", 0, &inner));
}

static int move_near(void)
{
        return vfs_mount(&task, "/a", "/b", NULL, VFS_MS_MOVE, NULL);
}

static int move_near_back(void)
{
        return vfs_mount(&task, "/b", "/a", NULL, VFS_MS_MOVE, NULL);
}

START_TEST(test_mount_steps_of_move_on_one_mount)
{
        static const struct scenario s = {
                .prepare = prepare_near,
                .change = move_near,
                .undo = move_near_back,
                .places = { AT("/a/id", UPPER, UNDER), AT("/b/id", UNDER, UPPER),
                            AT_BUT("../id", ROOT, ROOT, .inside = true) },
        };

        scenario_run(&s);
}
END_TEST

/* From on top of one mount to on top of another. */
static void prepare_stacks(void)
{
        prepare_near();
        make_dir("/lower", LOWER);
        make_dir("/covered", COVERED);
        must(vfs_umount(&task, "/a", VFS_MNT_DETACH));
        must(bind_on("/lower", "/a"));
        must(bind_on("/upper", "/a"));
        must(bind_on("/covered", "/b"));
}

START_TEST(test_mount_steps_of_move_between_stacks)
{
        static const struct scenario s = { .prepare = prepare_stacks,
                                           .change = move_near,
                                           .undo = move_near_back,
                                           .places = { AT("/a/id", UPPER, LOWER),
                                                       AT("/b/id", COVERED, UPPER) } };

        scenario_run(&s);
}
END_TEST

/* A new version is moved beneath the old one, which then goes. */
static void prepare_beneath(void)
{
        make_dir("/t", UNDER);
        make_dir("/stage", UNDER);
        make_dir("/old", OLD);
        make_dir("/new", NEW);
        must(bind_on("/old", "/t"));
}

static int upgrade(const char *to, uint32_t flags)
{
        int r;

        r = bind_on(to, "/stage");
        if (r == 0)
                r = vfs_move_mount(&task, NULL, "/stage", NULL, "/t", VFS_MOVE_MOUNT_BENEATH);
        return r == 0 ? vfs_umount(&task, "/t", flags) : r;
}

static int upgrade_new(void)
{
        return upgrade("/new", 0);
}

static int upgrade_old(void)
{
        return upgrade("/old", VFS_MNT_DETACH);
}

START_TEST(test_mount_steps_of_move_beneath_and_umount)
{
        static const struct scenario s = { .prepare = prepare_beneath,
                                           .change = upgrade_new,
                                           .undo = upgrade_old,
                                           .places = { AT("/t/id", OLD, NEW) } };

        scenario_run(&s);
}
END_TEST

static int change_kind(const char *path, uint64_t kind)
{
        return vfs_mount(&task, NULL, path, NULL, kind, NULL);
}

/* Propagation: to peers, to a slave, and to a slave that has something there already. */
static void prepare_propagation(void)
{
        static const char *const places[] = { "/master", "/peer", "/slave", "/tucked" };

        make_dir("/upper", UPPER);
        make_dir("/lower", LOWER);
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
                make_dir(places[i], UNDER);
        make_tmpfs("/master", UNDER);
        make_dir("/master/d", UNDER);
        must(change_kind("/master", VFS_MS_SHARED));
        for (size_t i = 1; i < sizeof(places) / sizeof(places[0]); i++)
                must(bind_on("/master", places[i]));
        must(change_kind("/slave", VFS_MS_SLAVE));
        must(change_kind("/tucked", VFS_MS_SLAVE));
        must(bind_on("/upper", "/tucked/d"));
}

static int bind_shared(void)
{
        return bind_on("/lower", "/master/d");
}

static int umount_shared(void)
{
        return vfs_umount(&task, "/master/d", 0);
}

static int detach_shared(void)
{
        return vfs_umount(&task, "/peer/d", VFS_MNT_DETACH);
}

#define PROPAGATED                                                                                           \
        {                                                                                                    \
                AT_BUT("/master/d/id", UNDER, LOWER, .deep = true),                                          \
                        AT_BUT("/peer/d/id", UNDER, LOWER, .deep = true),                                    \
                        AT_BUT("/slave/d/id", UNDER, LOWER, .deep = true), AT("/tucked/d/id", UPPER, UPPER), \
        }

START_TEST(test_mount_steps_of_propagation)
{
        static const struct scenario s = { .prepare = prepare_propagation,
                                           .change = bind_shared,
                                           .undo = umount_shared,
                                           .places = PROPAGATED,
                                           .apart = true };

        scenario_run(&s);
}
END_TEST

START_TEST(test_mount_steps_of_propagation_and_detach)
{
        static const struct scenario s = { .prepare = prepare_propagation,
                                           .change = bind_shared,
                                           .undo = detach_shared,
                                           .places = PROPAGATED,
                                           .apart = true };

        scenario_run(&s);
}
END_TEST

/* pivot_root, seen from outside and from inside. */
static void prepare_pivot(void)
{
        make_id("", ROOT);
        make_dir("/x", UNDER);
        make_tmpfs("/x", OLD);
        must(vfs_lookup(&task, NULL, "/x", 0, &inner));
        task.root = task.cwd = inner;
        vfs_path_get(&task.root);
        make_dir("/old", UNDER);
        make_dir("/new", LOWER);
        make_tmpfs("/new", NEW);
        make_dir("/new/old", UPPER);
        make_dir("/new/new", COVERED);
}

static int pivot(const char *new_root, const char *put_old)
{
        struct vfs_path old;
        int r;

        r = vfs_pivot_root(&task, new_root, put_old, &old, &task.cwd);
        if (r < 0)
                return r;
        vfs_path_put(&task.root);
        vfs_path_put(&old);
        task.root = task.cwd;
        return 0;
}

static int pivot_there(void)
{
        return pivot("/new", "/new/old");
}

static int pivot_back(void)
{
        return pivot("/old", "/old/new");
}

START_TEST(test_mount_steps_of_pivot_root)
{
        static const struct scenario s = {
                .prepare = prepare_pivot,
                .change = pivot_there,
                .undo = pivot_back,
                .places = { AT("/x/id", OLD, NEW), AT_BUT("/x/new/id", NEW, COVERED, .deep = true),
                            AT_BUT("/x/old/id", UNDER, OLD, .deep = true),
                            AT_BUT("id", OLD, OLD, .inside = true),
                            AT_BUT("../id", ROOT, NEW, .inside = true),
                            AT_BUT("new/id", NEW, LOWER, .inside = true) },
        };

        scenario_run(&s);
        vfs_path_put(&task.root);
}
END_TEST

/* A namespace is copied, and the copy ends: nothing changes for those who stay. */
static void prepare_copy(void)
{
        char name[32];

        prepare_tree();
        for (int i = 0; i < 8; i++) {
                snprintf(name, sizeof(name), "/d%d", i);
                make_dir(name, UNDER);
                must(bind_on("/lower", name));
        }
}

static int copy(void)
{
        return vfs_mntns_clone(&task, NULL, &other, NULL, NULL);
}

START_TEST(test_mount_steps_of_a_copy_of_the_namespace)
{
        static const struct scenario s = {
                .prepare = prepare_copy,
                .change = copy,
                .undo = end_copy,
                .places = { AT("/d0/id", LOWER, LOWER), AT("/d5/id", LOWER, LOWER),
                            AT("/d/id", UNDER, UNDER), AT("/tree/s/id", UPPER, UPPER) }
        };

        scenario_run(&s);
}
END_TEST

/* A directory is removed that another namespace has a mount on. */
static void prepare_removal(void)
{
        make_dir("/upper", UPPER);
        make_dir("/p", ROOT);
        must(vfs_mkdir(&task, NULL, "/p/d", 0755));
        must(vfs_mntns_clone(&task, NULL, &other, &reader.root, &reader.cwd));
        reader.mntns = other;
        must(vfs_mount(&reader, "/upper", "/p/d", NULL, VFS_MS_BIND, NULL));
}

static int remove_point(void)
{
        return vfs_rmdir(&task, NULL, "/p/d");
}

static int make_point(void)
{
        int r = vfs_mkdir(&task, NULL, "/p/d", 0755);

        return r < 0 ? r : vfs_mount(&reader, "/upper", "/p/d", NULL, VFS_MS_BIND, NULL);
}

START_TEST(test_mount_steps_of_removing_the_mount_point_of_another_namespace)
{
        static const struct scenario s = { .prepare = prepare_removal,
                                           .change = remove_point,
                                           .undo = make_point,
                                           .places = { AT("/p/d/id", UPPER, -ENOENT),
                                                       AT("/p/id", ROOT, ROOT) } };

        scenario_run(&s);
        vfs_path_put(&reader.root);
        vfs_path_put(&reader.cwd);
}
END_TEST

/* A tree becomes read-only, and may be written again. */
static void prepare_attributes(void)
{
        prepare_tree();
        must(bind_tree());
}

static int set_attributes(uint64_t set, uint64_t clear)
{
        const struct vfs_mount_attr attr = { .attr_set = set, .attr_clr = clear };

        return vfs_mount_setattr(&task, NULL, "/d", VFS_AT_RECURSIVE, &attr, sizeof(attr));
}

static int make_rdonly(void)
{
        return set_attributes(VFS_MOUNT_ATTR_RDONLY, 0);
}

static int make_writable(void)
{
        return set_attributes(0, VFS_MOUNT_ATTR_RDONLY);
}

START_TEST(test_mount_steps_of_setattr_of_a_tree)
{
        static const struct scenario s = {
                .prepare = prepare_attributes,
                .change = make_rdonly,
                .undo = make_writable,
                .places = { AT_BUT("/d/id", 0, -EROFS, .question = WRITABLE),
                            AT_BUT("/d/s/id", 0, -EROFS, .question = WRITABLE),
                            AT_BUT("/tree/s/id", 0, 0, .question = WRITABLE) },
                .apart = true
        };

        scenario_run(&s);
}
END_TEST

/* It is refused, since one of the mounts is being written to; then none of them is read-only for a moment. */
static struct vfs_file *writer;

static void prepare_refused(void)
{
        prepare_attributes();
        must(vfs_open(&task, NULL, "/d/s/id", VFS_O_WRONLY, 0, &writer));
}

static int refuse(void)
{
        int r = make_rdonly();

        return r == -EBUSY ? 0 : -EIO;
}

START_TEST(test_mount_steps_of_setattr_of_a_tree_that_is_refused)
{
        static const struct scenario s = { .prepare = prepare_refused,
                                           .change = refuse,
                                           .undo = refuse,
                                           .places = { AT_BUT("/d/id", 0, 0, .question = WRITABLE),
                                                       AT_BUT("/d/s/id", 0, 0, .question = WRITABLE),
                                                       AT_BUT("/tree/s/id", 0, 0,
                                                              .question = WRITABLE) } };

        scenario_run(&s);
        vfs_file_put(writer);
}
END_TEST

/* One file is opened for writing, which is refused while the mount is read-only, and the reverse. */
static int set_one(bool rdonly)
{
        const struct vfs_mount_attr attr = { .attr_set = rdonly ? VFS_MOUNT_ATTR_RDONLY : 0,
                                             .attr_clr = rdonly ? 0 : VFS_MOUNT_ATTR_RDONLY };

        return vfs_mount_setattr(&task, NULL, "/d", 0, &attr, sizeof(attr));
}

static void prepare_writer(void)
{
        prepare_bind();
        must(bind_upper());
}

static int forbid(void)
{
        return set_one(true);
}

static int allow(void)
{
        return set_one(false);
}

START_TEST(test_mount_steps_of_setattr_and_opening_for_writing)
{
        static const struct scenario s = { .prepare = prepare_writer,
                                           .change = forbid,
                                           .undo = allow,
                                           .places = { AT_BUT("/d/id", 0, -EROFS,
                                                              .question = WRITABLE) },
                                           .writes = true };

        scenario_run_with_opens(&s, false);
}
END_TEST

TEST_MAIN_FIXTURE("mount steps", scenario_setup, scenario_teardown, test_mount_steps_of_bind_and_umount,
                  test_mount_steps_of_bind_and_detach, test_mount_steps_of_bind_and_umount_on_a_mount,
                  test_mount_steps_of_bind_and_umount_on_a_mount_point_of_another_namespace,
                  test_mount_steps_of_bind_and_detach_of_a_tree, test_mount_steps_of_detach_seen_from_inside,
                  test_mount_steps_of_detach_of_single_mounts_seen_from_inside,
                  test_mount_steps_of_the_end_of_a_namespace_seen_from_inside,
                  test_mount_steps_of_the_end_of_a_detached_tree_seen_from_inside, test_mount_steps_of_move,
                  test_mount_steps_of_move_on_one_mount, test_mount_steps_of_move_between_stacks,
                  test_mount_steps_of_move_beneath_and_umount, test_mount_steps_of_propagation,
                  test_mount_steps_of_propagation_and_detach, test_mount_steps_of_pivot_root,
                  test_mount_steps_of_a_copy_of_the_namespace,
                  test_mount_steps_of_removing_the_mount_point_of_another_namespace,
                  test_mount_steps_of_setattr_of_a_tree,
                  test_mount_steps_of_setattr_of_a_tree_that_is_refused,
                  test_mount_steps_of_setattr_and_opening_for_writing)

#else

START_TEST(test_mount_steps_need_a_trap_flag_and_no_sanitizer)
{
}
END_TEST

TEST_MAIN("mount steps", test_mount_steps_need_a_trap_flag_and_no_sanitizer)

#endif
