/*
 * Filesystem contexts: what may be done when, what a type is asked and what becomes of its errors, the log,
 * every kind of parameter, the messages of tmpfs, and files that are on no filesystem.
 */
#include <stdio.h>

#include <vfs/fsapi.h>
#include <vfs/fscontext.h>

#include "tests/unit/memfs_world.h"

/*
 * A type that notes what it is asked, and fails when it is told to.
 */
struct probe_options {
        uint64_t zero; /* begin finds zeroes, and leaves something else */
        void *held;    /* allocated by begin, freed by end */
};

static struct {
        int begin_error, parse_error, tree_error, reconfigure_error;
        int begins, ends, trees, reconfigures;
        struct vfs_fs_param last;
        char key[300], value[300];
        char keys[300]; /* all keys seen, each with a comma */
        const struct vfs_ctx *ctx;
        uint32_t flags;
        int changing; /* begin saw a filesystem */
} probe;

static int probe_begin(struct vfs_fs_context *fc)
{
        struct probe_options *o = vfs_fs_context_options(fc);

        ck_assert_uint_eq(o->zero, 0);
        o->zero = 1;
        probe.changing = vfs_fs_context_filesystem(fc) != NULL;
        ck_assert_str_eq(vfs_fs_context_type(fc)->name, "probe");
        ck_assert_ptr_nonnull(vfs_fs_context_cred(fc));
        if (probe.begin_error != 0)
                return probe.begin_error;
        o->held = vfs_mem_zalloc(vfs_fs_context_vfs(fc), 100);
        if (o->held == NULL)
                return -ENOMEM;
        probe.begins++;
        return 0;
}

static void probe_end(struct vfs_fs_context *fc)
{
        struct probe_options *o = vfs_fs_context_options(fc);

        vfs_mem_free(vfs_fs_context_vfs(fc), o->held, 100);
        probe.ends++;
}

static int probe_parse(struct vfs_fs_context *fc, const struct vfs_fs_param *param)
{
        const size_t n = param->size < sizeof(probe.value) - 1 ? param->size : sizeof(probe.value) - 1;

        probe.last = *param;
        probe.ctx = vfs_fs_context_ctx(fc);
        snprintf(probe.key, sizeof(probe.key), "%s", param->key);
        snprintf(probe.keys + strlen(probe.keys), sizeof(probe.keys) - strlen(probe.keys), "%s,", param->key);
        memset(probe.value, 0, sizeof(probe.value));
        if (n != 0)
                memcpy(probe.value, param->value, n);
        if (strcmp(param->key, "warn") == 0)
                vfs_fs_context_log(fc, 'w', "look: %d", 7);
        if (strncmp(param->key, "unknown", 7) == 0 || strcmp(param->key, "source") == 0)
                return VFS_FS_PARAM_UNKNOWN;
        if (probe.parse_error == -EINVAL)
                return vfs_fs_context_invalid(fc, "no %s", param->key);
        return probe.parse_error;
}

struct probe_node {
        struct vfs_dentry d;
        struct vfs_inode inode;
} __attribute__((aligned(64)));

static void probe_node_free(struct vfs_deferred *deferred, void *arena)
{
        char *d = (char *)deferred - offsetof(struct vfs_dentry, deferred);

        vfs_dentry_fini((struct vfs_dentry *)d);
        vfs_arena_free(arena, d, sizeof(struct probe_node));
}

static void probe_node_release(struct vfs_dentry *d)
{
        d->deferred.free = probe_node_free;
        vfs_arena_defer(d->fs->arena, &d->deferred);
}

static void probe_release(struct vfs_filesystem *fs)
{
        vfs_mem_free(fs->vfs, fs, sizeof(*fs));
}

static const struct vfs_filesystem_ops probe_ops = {
        .size = sizeof(probe_ops),
        .release = probe_release,
        .stat_at = vfs_tree_stat_at,
        .access_at = vfs_tree_access_at,
        .readlink_at = vfs_tree_readlink_at,
        .lookup_at = vfs_tree_lookup_at,
        .parent_at = vfs_tree_parent_at,
};
static const struct vfs_dentry_ops probe_dentry_ops = { .size = sizeof(probe_dentry_ops),
                                                        .release = probe_node_release };

static int probe_get_tree(struct vfs_fs_context *fc, struct vfs_filesystem **ret_fs,
                          struct vfs_dentry **ret_root)
{
        const struct vfs_timespec now = { 1, 0 };
        struct vfs *vfs = vfs_fs_context_vfs(fc);
        struct vfs_filesystem *fs;
        struct probe_node *node;
        int r;

        probe.trees++;
        probe.flags = vfs_fs_context_flags(fc);
        if (vfs_fs_context_exclusive(fc))
                return -EBUSY;
        if (probe.tree_error != 0)
                return probe.tree_error;
        fs = vfs_mem_zalloc(vfs, sizeof(*fs));
        if (fs == NULL)
                return -ENOMEM;
        r = vfs_filesystem_init_context(fs, fc, &probe_ops, &probe_dentry_ops);
        if (r < 0)
                goto fail_memory;
        node = vfs_arena_zalloc(fs->arena, sizeof(*node));
        r = -ENOMEM;
        if (node == NULL)
                goto fail_base;
        vfs_inode_init(&node->inode, fs, 1, VFS_S_IFDIR | 0755, 0, 0, 2, 0, &now);
        r = vfs_dentry_init(&node->d, fs, &node->inode, "", 0);
        if (r < 0)
                goto fail_base;
        *ret_fs = fs;
        *ret_root = &node->d;
        return 0;
fail_base:
        vfs_filesystem_fini(fs);
fail_memory:
        vfs_mem_free(vfs, fs, sizeof(*fs));
        return r;
}

static int probe_reconfigure(struct vfs_fs_context *fc, struct vfs_filesystem *fs)
{
        probe.reconfigures++;
        ck_assert_ptr_eq(vfs_fs_context_filesystem(fc), fs);
        return probe.reconfigure_error;
}

static const struct vfs_fstype probe_type = {
        .size = sizeof(probe_type),
        .name = "probe",
        .options_size = sizeof(struct probe_options),
        .begin = probe_begin,
        .parse = probe_parse,
        .get_tree = probe_get_tree,
        .reconfigure = probe_reconfigure,
        .end = probe_end,
};

/* A type that has only what every type must have; whoever may mount in a user namespace may mount it. */
static const struct vfs_fstype plain_type = {
        .size = sizeof(plain_type),
        .flags = VFS_FSTYPE_USERNS,
        .name = "plain",
        .get_tree = probe_get_tree,
};

static void setup(void)
{
        world_setup_failing();
        memset(&probe, 0, sizeof(probe));
        ck_assert_int_eq(vfs_fstype_register(world_vfs, &probe_type), 0);
        ck_assert_int_eq(vfs_fstype_register(world_vfs, &plain_type), 0);
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/m", 0755), 0);
}

static void teardown(void)
{
        ck_assert_int_eq(probe.begins, probe.ends);
        world_teardown();
}

static struct vfs_file *fsopen(const char *type)
{
        struct vfs_file *fc;

        ck_assert_int_eq(vfs_fsopen(&root, type, 0, &fc), 0);
        return fc;
}

static struct vfs_file *fspick(const char *path)
{
        struct vfs_file *fc;

        ck_assert_int_eq(vfs_fspick(&root, NULL, path, 0, &fc), 0);
        return fc;
}

static int set_flag(struct vfs_file *fc, const char *key)
{
        return vfs_fsconfig(&root, fc, VFS_FSCONFIG_SET_FLAG, key, NULL, 0, NULL);
}

static int set_string(struct vfs_file *fc, const char *key, const char *value)
{
        return vfs_fsconfig(&root, fc, VFS_FSCONFIG_SET_STRING, key, value, 0, NULL);
}

static int command(struct vfs_file *fc, uint32_t cmd)
{
        return vfs_fsconfig(&root, fc, cmd, NULL, NULL, 0, NULL);
}

static int create(struct vfs_file *fc)
{
        return command(fc, VFS_FSCONFIG_CMD_CREATE);
}

static int reconfigure(struct vfs_file *fc)
{
        return command(fc, VFS_FSCONFIG_CMD_RECONFIGURE);
}

static int fsmount(struct vfs_file *fc)
{
        struct vfs_file *mount;
        int r = vfs_fsmount(&root, fc, 0, 0, &mount);

        if (r == 0)
                vfs_file_put(mount);
        return r;
}

/* The next message without its newline, or the error. */
static const char *message(struct vfs_file *fc)
{
        static char text[600];
        struct vfs_iter it;
        int64_t n;

        vfs_iter_init_buf(&it, text, sizeof(text) - 1);
        n = vfs_file_read(&root, fc, &it, 0);
        if (n < 0) {
                snprintf(text, sizeof(text), "%d", (int)n);
        } else {
                ck_assert_int_gt(n, 0);
                ck_assert_int_eq(text[n - 1], '\n');
                text[n - 1] = '\0';
        }
        return text;
}

static const char none[] = "-61"; /* ENODATA */

/* The filesystem's type, source, flags and options at /m, as mountinfo has them for the topmost mount. */
static const char *shown(void)
{
        static char text[4096];
        int64_t n = vfs_mountinfo(&root, text, sizeof(text) - 1);
        char *line = NULL;

        ck_assert_int_gt(n, 0);
        text[n] = '\0';
        for (char *p = text; (p = strstr(p, " /m ")) != NULL; p++)
                line = p;
        ck_assert_ptr_nonnull(line);
        line = strstr(line, " - ");
        *strchr(line, '\n') = '\0';
        return line + 3;
}

/* Makes and mounts a tmpfs at /m. */
static struct vfs_file *mounted(const char *flag)
{
        struct vfs_file *fc = fsopen("tmpfs"), *mount;

        if (flag != NULL)
                ck_assert_int_eq(set_flag(fc, flag), 0);
        ck_assert_int_eq(set_string(fc, "size", "1m"), 0);
        ck_assert_int_eq(create(fc), 0);
        ck_assert_int_eq(vfs_fsmount(&root, fc, VFS_FSMOUNT_CLOEXEC, 0, &mount), 0);
        ck_assert_int_eq(vfs_move_mount(&root, mount, "", NULL, "/m", VFS_MOVE_MOUNT_F_EMPTY_PATH), 0);
        vfs_file_put(mount);
        return fc;
}

/*
 * Phases
 */

START_TEST(test_fs_context_new_is_created_once_and_mounted_once)
{
        struct vfs_file *fc = fsopen("probe"), *mount;

        ck_assert_int_eq(reconfigure(fc), -EBUSY);
        ck_assert_int_eq(fsmount(fc), -EINVAL);
        ck_assert_int_eq(set_flag(fc, "x"), 0);
        ck_assert_int_eq(create(fc), 0);
        ck_assert_int_eq(create(fc), -EBUSY);
        ck_assert_int_eq(command(fc, VFS_FSCONFIG_CMD_CREATE_EXCL), -EBUSY);
        ck_assert_int_eq(reconfigure(fc), -EBUSY);
        ck_assert_int_eq(set_flag(fc, "x"), -EBUSY);
        ck_assert_int_eq(probe.ends, 0);
        ck_assert_int_eq(vfs_fsmount(&root, fc, 0, VFS_MOUNT_ATTR_NODEV, &mount), 0);
        ck_assert_int_eq(probe.ends, 1);
        ck_assert_int_eq(fsmount(fc), -EBUSY);
        /* It changes what it made now, and begins to when it is asked something. */
        ck_assert_int_eq(probe.begins, 1);
        ck_assert_int_eq(probe.changing, 0);
        ck_assert_int_eq(create(fc), -EBUSY);
        ck_assert_int_eq(probe.begins, 2);
        ck_assert_int_eq(probe.changing, 1);
        ck_assert_int_eq(set_flag(fc, "x"), 0);
        ck_assert_int_eq(reconfigure(fc), 0);
        ck_assert_int_eq(reconfigure(fc), 0);
        ck_assert_int_eq(probe.reconfigures, 2);
        ck_assert_int_eq(fsmount(fc), -EBUSY);
        ck_assert_int_eq(probe.trees, 1);
        vfs_file_put(fc);
        vfs_file_put(mount);
}
END_TEST

START_TEST(test_fs_context_create_that_failed_is_the_end)
{
        struct vfs_file *fc = fsopen("probe");

        probe.tree_error = -ENOSPC;
        ck_assert_int_eq(create(fc), -ENOSPC);
        probe.tree_error = 0;
        ck_assert_int_eq(create(fc), -EBUSY);
        ck_assert_int_eq(set_flag(fc, "x"), -EBUSY);
        ck_assert_int_eq(reconfigure(fc), -EBUSY);
        ck_assert_int_eq(fsmount(fc), -EINVAL);
        vfs_file_put(fc);
}
END_TEST

START_TEST(test_fs_context_type_that_cannot_begin)
{
        struct vfs_file *fc;

        probe.begin_error = -EIO;
        ck_assert_int_eq(vfs_fsopen(&root, "probe", 0, &fc), -EIO);
        ck_assert_int_eq(vfs_mount(&root, "s", "/m", "probe", 0, NULL), -EIO);
        probe.begin_error = 0;
        fc = fsopen("probe");
        ck_assert_int_eq(create(fc), 0);
        ck_assert_int_eq(fsmount(fc), 0);
        probe.begin_error = -EIO;
        ck_assert_int_eq(set_flag(fc, "x"), -EIO);
        probe.begin_error = 0;
        ck_assert_int_eq(set_flag(fc, "x"), -EBUSY);
        vfs_file_put(fc);
}
END_TEST

START_TEST(test_fs_context_parameter_that_failed_is_not_the_end)
{
        struct vfs_file *fc = fsopen("probe");

        probe.parse_error = -EINVAL;
        ck_assert_int_eq(set_flag(fc, "x"), -EINVAL);
        probe.parse_error = -EIO;
        ck_assert_int_eq(set_flag(fc, "x"), -EIO);
        probe.parse_error = 0;
        ck_assert_str_eq(message(fc), "e probe: no x");
        ck_assert_str_eq(message(fc), none);
        ck_assert_int_eq(create(fc), 0);
        vfs_file_put(fc);
}
END_TEST

START_TEST(test_fs_context_change_that_failed_is_the_end)
{
        struct vfs_file *fc;

        ck_assert_int_eq(vfs_mount(&root, "s", "/m", "probe", 0, "a,b=c"), 0);
        ck_assert_str_eq(probe.keys, "source,a,b,");
        fc = fspick("/m");
        ck_assert_int_eq(create(fc), -EBUSY);
        ck_assert_int_eq(fsmount(fc), -EBUSY);
        ck_assert_int_eq(vfs_fsconfig(&user, fc, VFS_FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0, NULL), -EPERM);
        ck_assert_int_eq(reconfigure(fc), -EBUSY);
        vfs_file_put(fc);
        fc = fspick("/m");
        probe.reconfigure_error = -EROFS;
        ck_assert_int_eq(reconfigure(fc), -EROFS);
        ck_assert_int_eq(reconfigure(fc), -EBUSY);
        ck_assert_int_eq(set_flag(fc, "x"), -EBUSY);
        vfs_file_put(fc);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, "x"), -EROFS);
        probe.reconfigure_error = 0;
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, "unknown"), -EINVAL);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, "x"), 0);
        /* A change that the type has no function for is about flags alone. */
        ck_assert_int_eq(vfs_mount(&root, "s", "/m", "plain", 0, "ro"), 0);
        ck_assert_str_eq(shown(), "plain s ro");
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, "x"), -EINVAL);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, NULL), 0);
        ck_assert_str_eq(shown(), "plain s rw");
}
END_TEST

START_TEST(test_fs_context_who_may)
{
        struct vfs_file *fc, *out;

        ck_assert_int_eq(vfs_fsopen(&user, "none", 8, &fc), -EPERM);
        ck_assert_int_eq(vfs_fsopen(&root, "none", 8, &fc), -EINVAL);
        ck_assert_int_eq(vfs_fsopen(&root, "none", VFS_FSOPEN_CLOEXEC, &fc), -ENODEV);
        ck_assert_int_eq(vfs_fspick(&user, NULL, "/none", 99, &fc), -EPERM);
        ck_assert_int_eq(vfs_fspick(&root, NULL, "/none", 99, &fc), -EINVAL);
        ck_assert_int_eq(vfs_fspick(&root, NULL, "/none", 0, &fc), -ENOENT);
        ck_assert_int_eq(vfs_fspick(&root, NULL, "/m", 0, &fc), -EINVAL);
        ck_assert_int_eq(vfs_fspick(&root, NULL, "", 0, &fc), -ENOENT);
        ck_assert_int_eq(vfs_fspick(&root, VFS_BAD_FILE, "", VFS_FSPICK_EMPTY_PATH, &fc), -EBADF);
        fc = fsopen("plain");
        ck_assert_int_eq(vfs_fsconfig(&user, fc, VFS_FSCONFIG_SET_FLAG, "sync", NULL, 0, NULL), 0);
        ck_assert_int_eq(vfs_fsconfig(&user, fc, VFS_FSCONFIG_CMD_CREATE, NULL, NULL, 0, NULL), -EPERM);
        /* The context is as it was. */
        ck_assert_int_eq(create(fc), 0);
        ck_assert_uint_eq(probe.flags, VFS_MS_SYNCHRONOUS);
        ck_assert_int_eq(vfs_fsmount(&user, fc, 9, 0, &out), -EPERM);
        ck_assert_int_eq(vfs_fsmount(&root, fc, 9, 0, &out), -EINVAL);
        ck_assert_int_eq(vfs_fsmount(&root, fc, 0, 0x400, &out), -EINVAL);
        ck_assert_int_eq(vfs_fsmount(&root, fc, 0, VFS_MOUNT_ATTR__ATIME, &out), -EINVAL);
        ck_assert_int_eq(vfs_fsmount(&root, fc, 0, VFS_MOUNT_ATTR_IDMAP, &out), -EINVAL);
        ck_assert_int_eq(vfs_fsmount(&root, VFS_BAD_FILE, 0, 0x400, &out), -EINVAL);
        ck_assert_int_eq(vfs_fsmount(&root, VFS_BAD_FILE, 0, 0, &out), -EBADF);
        vfs_file_put(fc);
        /* A type that says nothing about user namespaces asks the first one. */
        fc = fsopen("probe");
        ck_assert_int_eq(vfs_fsconfig(&user, fc, VFS_FSCONFIG_CMD_CREATE, NULL, NULL, 0, NULL), -EPERM);
        ck_assert_int_eq(command(fc, VFS_FSCONFIG_CMD_CREATE_EXCL), -EBUSY);
        ck_assert_int_eq(create(fc), -EBUSY);
        ck_assert_int_eq(probe.trees, 2);
        vfs_file_put(fc);
}
END_TEST

/*
 * Parameters
 */

START_TEST(test_fs_context_arguments_of_commands)
{
        const char *const k = "k", *const v = "v";
        const struct {
                uint32_t cmd;
                const char *key, *value;
                int aux, result;
        } cases[] = {
                { VFS_FSCONFIG_SET_FLAG, k, NULL, 0, 0 },
                { VFS_FSCONFIG_SET_FLAG, NULL, NULL, 0, -EINVAL },
                { VFS_FSCONFIG_SET_FLAG, k, v, 0, -EINVAL },
                { VFS_FSCONFIG_SET_FLAG, k, NULL, 1, -EINVAL },
                { VFS_FSCONFIG_SET_STRING, k, v, 0, 0 },
                { VFS_FSCONFIG_SET_STRING, k, "", 0, 0 },
                { VFS_FSCONFIG_SET_STRING, NULL, v, 0, -EINVAL },
                { VFS_FSCONFIG_SET_STRING, k, NULL, 0, -EINVAL },
                { VFS_FSCONFIG_SET_STRING, k, v, 1, -EINVAL },
                { VFS_FSCONFIG_SET_BINARY, k, v, 1, 0 },
                { VFS_FSCONFIG_SET_BINARY, NULL, v, 1, -EINVAL },
                { VFS_FSCONFIG_SET_BINARY, k, NULL, 1, -EINVAL },
                { VFS_FSCONFIG_SET_BINARY, k, v, 0, -EINVAL },
                { VFS_FSCONFIG_SET_BINARY, k, v, -1, -EINVAL },
                { VFS_FSCONFIG_SET_BINARY, k, v, 1024 * 1024 + 1, -EINVAL },
                { VFS_FSCONFIG_SET_PATH, k, v, VFS_AT_FDCWD, 0 },
                { VFS_FSCONFIG_SET_PATH, k, v, 3, 0 },
                { VFS_FSCONFIG_SET_PATH, k, v, -5, -EINVAL },
                { VFS_FSCONFIG_SET_PATH, k, "", 3, -ENOENT },
                { VFS_FSCONFIG_SET_PATH, k, NULL, 3, -EINVAL },
                { VFS_FSCONFIG_SET_PATH_EMPTY, k, "", 3, 0 },
                { VFS_FSCONFIG_SET_PATH_EMPTY, NULL, "", 3, -EINVAL },
                { VFS_FSCONFIG_SET_FD, k, NULL, 3, -EBADF },
                { VFS_FSCONFIG_SET_FD, k, v, 3, -EINVAL },
                { VFS_FSCONFIG_SET_FD, k, NULL, -1, -EINVAL },
                { VFS_FSCONFIG_CMD_CREATE, k, NULL, 0, -EINVAL },
                { VFS_FSCONFIG_CMD_CREATE, NULL, v, 0, -EINVAL },
                { VFS_FSCONFIG_CMD_CREATE_EXCL, NULL, NULL, 1, -EINVAL },
                { VFS_FSCONFIG_CMD_RECONFIGURE, k, NULL, 0, -EINVAL },
                { 9, k, v, 7, -EOPNOTSUPP },
        };
        struct vfs_file *fc = fsopen("probe"), *f;

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                ck_assert_msg(vfs_fsconfig(&root, fc, cases[i].cmd, cases[i].key, cases[i].value,
                                           cases[i].aux, NULL) == cases[i].result,
                              "case %zu", i);
        ck_assert_int_eq(probe.trees, 0);
        /* The command before the context, the context before the lengths. */
        f = must_open("/f", VFS_O_CREAT | VFS_O_RDWR);
        ck_assert_int_eq(vfs_fsconfig(&root, VFS_BAD_FILE, 9, k, v, 0, NULL), -EOPNOTSUPP);
        ck_assert_int_eq(set_flag(VFS_BAD_FILE, k), -EBADF);
        ck_assert_int_eq(set_flag(NULL, k), -EBADF);
        ck_assert_int_eq(set_flag(f, k), -EINVAL);
        vfs_file_put(f);
        f = must_open("/", VFS_O_PATH);
        ck_assert_int_eq(set_flag(f, k), -EBADF);
        vfs_file_put(f);
        vfs_file_put(fc);
}
END_TEST

START_TEST(test_fs_context_lengths_of_strings)
{
        static char s[VFS_PATH_MAX + 1];
        struct vfs_file *fc = fsopen("probe");

        memset(s, 'a', sizeof(s) - 1);
        ck_assert_int_eq(vfs_fsconfig(&root, fc, VFS_FSCONFIG_SET_PATH, "k", s, 3, NULL), -ENAMETOOLONG);
        s[VFS_PATH_MAX - 1] = '\0';
        ck_assert_int_eq(vfs_fsconfig(&root, fc, VFS_FSCONFIG_SET_PATH, "k", s, 3, NULL), 0);
        s[256] = '\0';
        ck_assert_int_eq(set_flag(fc, s), -EINVAL);
        ck_assert_int_eq(set_string(fc, "k", s), -EINVAL);
        ck_assert_int_eq(vfs_fsconfig(&root, fc, VFS_FSCONFIG_SET_FD, s, NULL, 3, NULL), -EINVAL);
        s[255] = '\0';
        ck_assert_int_eq(set_flag(fc, s), 0);
        ck_assert_int_eq(set_string(fc, "k", s), 0);
        ck_assert_uint_eq(probe.last.size, 255);
        vfs_file_put(fc);
}
END_TEST

START_TEST(test_fs_context_parameters_arrive_as_they_are)
{
        struct vfs_file *fc = fsopen("probe"), *dir = must_open("/m", VFS_O_PATH);

        ck_assert_int_eq(set_flag(fc, "f"), 0);
        ck_assert_str_eq(probe.key, "f");
        ck_assert(probe.last.type == VFS_FS_PARAM_FLAG && probe.last.value == NULL);
        ck_assert_ptr_eq(probe.ctx, &root);
        ck_assert_int_eq(set_string(fc, "s", "a,b"), 0);
        ck_assert(probe.last.type == VFS_FS_PARAM_STRING && probe.last.size == 3);
        ck_assert_str_eq(probe.value, "a,b");
        ck_assert_int_eq(vfs_fsconfig(&root, fc, VFS_FSCONFIG_SET_BINARY, "b", "x\0y", 3, NULL), 0);
        ck_assert(probe.last.type == VFS_FS_PARAM_BLOB && probe.last.size == 3);
        ck_assert_int_eq(memcmp(probe.value, "x\0y", 3), 0);
        ck_assert_int_eq(vfs_fsconfig(&root, fc, VFS_FSCONFIG_SET_PATH, "p", "q", 5, dir), 0);
        ck_assert(probe.last.type == VFS_FS_PARAM_PATH && probe.last.file == dir);
        ck_assert_str_eq(probe.value, "q");
        ck_assert_int_eq(vfs_fsconfig(&root, fc, VFS_FSCONFIG_SET_PATH, "p", "q", 5, VFS_BAD_FILE), 0);
        ck_assert_ptr_eq(probe.last.file, VFS_BAD_FILE);
        ck_assert_int_eq(vfs_fsconfig(&root, fc, VFS_FSCONFIG_SET_FD, "d", NULL, 5, dir), 0);
        ck_assert(probe.last.type == VFS_FS_PARAM_FILE && probe.last.file == dir && probe.last.value == NULL);
        vfs_file_put(fc);
        vfs_file_put(dir);
}
END_TEST

START_TEST(test_fs_context_source_and_flags_are_the_librarys)
{
        struct vfs_file *fc = fsopen("probe");

        ck_assert_int_eq(set_flag(fc, "source"), -EINVAL);
        ck_assert_str_eq(message(fc), "e Non-string source");
        ck_assert_int_eq(set_string(fc, "source", ""), 0);
        ck_assert_int_eq(set_string(fc, "source", "b"), -EINVAL);
        ck_assert_str_eq(message(fc), "e Multiple sources");
        probe.keys[0] = '\0';
        ck_assert_int_eq(set_flag(fc, "ro"), 0);
        ck_assert_int_eq(set_string(fc, "sync", "whatever"), 0);
        ck_assert_int_eq(set_flag(fc, "dirsync"), 0);
        ck_assert_int_eq(set_flag(fc, "mand"), 0);
        ck_assert_int_eq(set_flag(fc, "nomand"), 0);
        ck_assert_int_eq(set_flag(fc, "lazytime"), 0);
        ck_assert_int_eq(set_flag(fc, "rw"), 0);
        ck_assert_str_eq(probe.keys, "");
        ck_assert_int_eq(set_flag(fc, "nodirsync"), 0);
        ck_assert_str_eq(probe.keys, "nodirsync,");
        ck_assert_int_eq(create(fc), 0);
        ck_assert_uint_eq(probe.flags, VFS_MS_SYNCHRONOUS | VFS_MS_DIRSYNC | VFS_MS_LAZYTIME);
        vfs_file_put(fc);
        ck_assert_int_eq(vfs_mount(&root, "s", "/m", "tmpfs", 0, "source=x"), -EINVAL);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", "tmpfs", VFS_MS_RDONLY, "source=x,rw,sync"), 0);
        ck_assert_str_eq(shown(), "tmpfs x rw,sync");
}
END_TEST

START_TEST(test_fs_context_data_is_cut_at_commas)
{
        ck_assert_int_eq(vfs_mount(&root, "s", "/m", "probe", 0, ",,a,=x,b=1,2,c=,d,"), 0);
        ck_assert_str_eq(probe.keys, "source,a,b,2,c,d,");
        ck_assert_int_eq(vfs_mount(&root, "s", "/m", "probe", 0, "a=b=c"), 0);
        ck_assert_str_eq(probe.value, "b=c");
        ck_assert_int_eq(vfs_mount(&root, "s", "/m", "probe", 0, "a="), 0);
        ck_assert_int_eq(probe.last.type, VFS_FS_PARAM_STRING);
        /* Where a comma before a digit is part of the value. */
        ck_assert_int_eq(vfs_mount(&root, "s", "/m", "tmpfs", 0, "mpol=interleave:0,1,size=4k"), 0);
        ck_assert_str_eq(shown(), "tmpfs s rw,size=4k,mpol=interleave:0,1");
}
END_TEST

/*
 * The log
 */

START_TEST(test_fs_context_log_keeps_the_last_eight)
{
        struct vfs_file *fc = fsopen("probe");
        char key[32], expected[64], buf[100];
        struct vfs_iovec iov[2] = { { buf, 10 }, { buf + 10, 90 } };
        struct vfs_iter it;

        ck_assert_str_eq(message(fc), none);
        for (int round = 0; round < 40; round++) {
                for (int i = 0; i < 11; i++) {
                        snprintf(key, sizeof(key), "unknown%d", i);
                        ck_assert_int_eq(set_flag(fc, key), -EINVAL);
                }
                for (int i = 3; i < 11; i++) {
                        snprintf(expected, sizeof(expected), "e probe: Unknown parameter 'unknown%d'", i);
                        ck_assert_str_eq(message(fc), expected);
                }
                ck_assert_str_eq(message(fc), none);
        }
        ck_assert_int_eq(set_flag(fc, "warn"), 0);
        /* A buffer that is too small leaves the message, and only the first buffer counts. */
        vfs_iter_init_buf(&it, buf, 15);
        ck_assert_int_eq(vfs_file_read(&root, fc, &it, 0), -EMSGSIZE);
        vfs_iter_init_buf(&it, buf, 0);
        ck_assert_int_eq(vfs_file_read(&root, fc, &it, 0), -EMSGSIZE);
        ck_assert_int_eq(vfs_iter_init(&it, iov, 2, NULL, NULL), 0);
        ck_assert_int_eq(vfs_file_read(&root, fc, &it, 0), -EMSGSIZE);
        ck_assert_str_eq(message(fc), "w probe: look: 7");
        /* What is never read is freed. */
        ck_assert_int_eq(set_flag(fc, "unknown"), -EINVAL);
        vfs_file_put(fc);
}
END_TEST

START_TEST(test_fs_context_message_without_memory_says_so)
{
        struct vfs_file *fc = fsopen("probe");
        char buf[100] = "";
        struct vfs_iter it;

        world_allocs_left = 0;
        ck_assert_int_eq(set_flag(fc, "unknown"), -EINVAL);
        world_allocs_left = -1;
        vfs_iter_init_buf(&it, buf, sizeof(buf));
        ck_assert_int_eq(vfs_file_read(&root, fc, &it, 0), 29);
        ck_assert_str_eq(buf, "OOM: Can't store error string");
        vfs_file_put(fc);
}
END_TEST

/*
 * tmpfs
 */

START_TEST(test_fs_context_messages_of_tmpfs)
{
        static const struct {
                const char *key, *value; /* NULL: a flag */
                const char *message;     /* NULL: fine */
        } cases[] = {
                { "size", "10%", NULL },
                { "size", "4x", "Bad value for 'size'" },
                { "size", "", "Bad value for 'size'" },
                { "size", NULL, "Bad value for 'size'" },
                { "size", "4k,nr_inodes=5", "Bad value for 'size'" },
                { "nr_blocks", "x", "Bad value for 'nr_blocks'" },
                { "nr_inodes", "-1", "Bad value for 'nr_inodes'" },
                { "mode", "7\n", NULL },
                { "mode", "0888", "Bad value for 'mode'" },
                { "mode", "", "Bad value for 'mode'" },
                { "uid", "+0x10", NULL },
                { "uid", "4294967295", "Invalid uid '4294967295'" },
                { "gid", "4294967295", "Invalid gid '4294967295'" },
                { "huge", "xx", "Bad value for 'huge'" },
                { "mpol", "zork", "Bad value for 'mpol'" },
                { "mpol", "bind:0,0", NULL },
                { "zork", NULL, "Unknown parameter 'zork'" },
                { "zork", "", "Unknown parameter 'zork'" },
                { "", "x", "Unknown parameter ''" },
                { "nosize", NULL, "Unknown parameter 'nosize'" },
                { "noswap", "1", "Unexpected value for 'noswap'" },
                { "inode64", "", "Unexpected value for 'inode64'" },
                { "noswap", NULL, NULL },
                { "inode32", NULL, NULL },
        };
        struct vfs_file *fc = fsopen("tmpfs");
        char expected[64];
        int r;

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                r = cases[i].value != NULL ? set_string(fc, cases[i].key, cases[i].value) :
                                             set_flag(fc, cases[i].key);
                ck_assert_msg(r == (cases[i].message != NULL ? -EINVAL : 0), "case %zu: %d", i, r);
                if (cases[i].message != NULL) {
                        snprintf(expected, sizeof(expected), "e tmpfs: %s", cases[i].message);
                        ck_assert_str_eq(message(fc), expected);
                }
                ck_assert_str_eq(message(fc), none);
        }
        /* Of ids Linux says it twice. */
        ck_assert_int_eq(set_flag(fc, "gid"), -EINVAL);
        ck_assert_str_eq(message(fc), "e tmpfs: Bad value for 'gid'");
        ck_assert_str_eq(message(fc), "e tmpfs: Bad value for 'gid'");
        ck_assert_str_eq(message(fc), none);
        ck_assert_int_eq(vfs_fsconfig(&root, fc, VFS_FSCONFIG_SET_BINARY, "size", "4k", 2, NULL), -EINVAL);
        ck_assert_str_eq(message(fc), "e tmpfs: Bad value for 'size'");
        ck_assert_int_eq(vfs_fsconfig(&root, fc, VFS_FSCONFIG_SET_FD, "noswap", NULL, 2, fc), -EINVAL);
        ck_assert_str_eq(message(fc), "e tmpfs: Unexpected value for 'noswap'");
        ck_assert_int_eq(vfs_fsconfig(&user, fc, VFS_FSCONFIG_SET_FLAG, "noswap", NULL, 0, NULL), -EINVAL);
        ck_assert_str_eq(message(fc), "e tmpfs: Turning off swap in unprivileged tmpfs mounts unsupported");
        vfs_file_put(fc);
}
END_TEST

/* What a change of /m with one parameter says; its result must be -EINVAL. */
static const char *change_message(const char *key, const char *value)
{
        struct vfs_file *fc = fspick("/m");
        const char *text;

        ck_assert_int_eq(value != NULL ? set_string(fc, key, value) : set_flag(fc, key), 0);
        ck_assert_int_eq(reconfigure(fc), -EINVAL);
        text = message(fc);
        vfs_file_put(fc);
        return text;
}

START_TEST(test_fs_context_changes_of_tmpfs)
{
        static char data[65536];
        const uint64_t rdonly = VFS_MS_REMOUNT | VFS_MS_RDONLY;
        struct vfs_file *fc = mounted(NULL), *f;

        f = must_open("/m/f", VFS_O_CREAT | VFS_O_RDWR);
        ck_assert_int_eq(pwrite_to(f, data, sizeof(data), 0), (int64_t)sizeof(data));
        ck_assert_int_eq(set_string(fc, "nr_inodes", "100"), 0);
        ck_assert_int_eq(set_flag(fc, "inode64"), 0);
        ck_assert_int_eq(set_string(fc, "uid", "5"), 0);
        ck_assert_int_eq(reconfigure(fc), 0);
        ck_assert_str_eq(shown(), "tmpfs none rw,size=1024k,nr_inodes=100,inode64");
        ck_assert_int_eq(set_flag(fc, "inode32"), 0);
        ck_assert_int_eq(reconfigure(fc), 0);
        ck_assert_str_eq(shown(), "tmpfs none rw,size=1024k,nr_inodes=100");
        ck_assert_str_eq(change_message("size", "4k"), "e tmpfs: Too small a size for current use");
        ck_assert_str_eq(change_message("nr_inodes", "1"), "e tmpfs: Too few inodes for current use");
        ck_assert_str_eq(change_message("noswap", NULL), "e tmpfs: Cannot disable swap on remount");
        ck_assert_str_eq(change_message("dirsync", NULL), none);
        ck_assert_int_eq(set_string(fc, "size", "0"), 0);
        ck_assert_int_eq(set_string(fc, "nr_inodes", "0"), 0);
        ck_assert_int_eq(reconfigure(fc), 0);
        ck_assert_str_eq(change_message("size", "1g"), "e tmpfs: Cannot retroactively limit size");
        ck_assert_str_eq(change_message("nr_inodes", "9"), "e tmpfs: Cannot retroactively limit inodes");
        /* A writer comes before what tmpfs says, and after what cannot be changed at all. */
        ck_assert_int_eq(set_flag(fc, "ro"), 0);
        ck_assert_int_eq(set_string(fc, "size", "1g"), 0);
        ck_assert_int_eq(reconfigure(fc), -EBUSY);
        vfs_file_put(fc);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, rdonly, "dirsync"), -EINVAL);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, rdonly, "size=1g"), -EBUSY);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, rdonly, "zork"), -EINVAL);
        vfs_file_put(f);
        ck_assert_int_eq(vfs_umount(&root, "/m", 0), 0);
        /* What was mounted without swap stays so. */
        ck_assert_int_eq(vfs_mount(&root, "s", "/m", "tmpfs", 0, "noswap"), 0);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, NULL), 0);
        ck_assert_int_eq(vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, "noswap"), 0);
        ck_assert_str_eq(shown(), "tmpfs s rw,noswap");
}
END_TEST

START_TEST(test_fs_context_flags_that_were_asked_for_once_are_cleared_by_the_next_change)
{
        struct vfs_file *fc = mounted("ro");

        ck_assert_str_eq(shown(), "tmpfs none ro,size=1024k");
        ck_assert_int_eq(reconfigure(fc), 0);
        ck_assert_str_eq(shown(), "tmpfs none rw,size=1024k");
        ck_assert_int_eq(set_flag(fc, "ro"), 0);
        ck_assert_int_eq(reconfigure(fc), 0);
        ck_assert_str_eq(shown(), "tmpfs none ro,size=1024k");
        ck_assert_int_eq(set_flag(fc, "sync"), 0);
        ck_assert_int_eq(reconfigure(fc), 0);
        ck_assert_str_eq(shown(), "tmpfs none rw,sync,size=1024k");
        vfs_file_put(fc);
        /* A context that was never asked for one leaves it. */
        fc = fspick("/m");
        ck_assert_int_eq(set_flag(fc, "lazytime"), 0);
        ck_assert_int_eq(reconfigure(fc), 0);
        ck_assert_str_eq(shown(), "tmpfs none rw,sync,lazytime,size=1024k");
        vfs_file_put(fc);
        /* Of a new filesystem dirsync can be asked for; the context can change nothing then. */
        ck_assert_int_eq(vfs_umount(&root, "/m", 0), 0);
        fc = mounted("dirsync");
        ck_assert_str_eq(shown(), "tmpfs none rw,dirsync,size=1024k");
        ck_assert_int_eq(reconfigure(fc), -EINVAL);
        vfs_file_put(fc);
}
END_TEST

START_TEST(test_fs_context_owner_of_a_tmpfs_is_who_opened_the_context)
{
        struct vfs_file *fc = fsopen("tmpfs"), *mount;
        struct vfs_cred_opts opts = { .size = sizeof(opts), .uid = 7, .gid = 8, .caps = UINT64_MAX };
        struct vfs_ctx other = root;
        struct vfs_statx st;
        struct vfs_cred *cred;

        ck_assert_int_eq(vfs_cred_new(&opts, &cred), 0);
        other.cred = cred;
        ck_assert_int_eq(vfs_fsconfig(&other, fc, VFS_FSCONFIG_CMD_CREATE, NULL, NULL, 0, NULL), 0);
        ck_assert_int_eq(vfs_fsmount(&other, fc, 0, VFS_MOUNT_ATTR_RDONLY, &mount), 0);
        ck_assert_int_eq(vfs_file_statx(&root, mount, VFS_STATX_BASIC_STATS, &st), 0);
        ck_assert(st.uid == 0 && st.gid == 0 && st.mode == (VFS_S_IFDIR | VFS_S_ISVTX | 0777));
        ck_assert_int_eq(vfs_mkdir(&root, mount, "d", 0755), -EROFS);
        vfs_file_put(mount);
        vfs_file_put(fc);
        ck_assert_int_eq(vfs_fsopen(&other, "tmpfs", 0, &fc), 0);
        ck_assert_int_eq(create(fc), 0);
        ck_assert_int_eq(vfs_fsmount(&root, fc, 0, 0, &mount), 0);
        ck_assert_int_eq(vfs_file_statx(&root, mount, VFS_STATX_BASIC_STATS, &st), 0);
        ck_assert(st.uid == 7 && st.gid == 8);
        ck_assert_int_eq(vfs_mkdir(&root, mount, "d", 0755), 0);
        vfs_file_put(mount);
        vfs_file_put(fc);
        vfs_cred_put(cred);
}
END_TEST

/*
 * Memory
 */

/* fsopen, parameters, create, fsmount, and a change: the first error. */
static int run_all(const char *type)
{
        struct vfs_file *fc = NULL, *mount = NULL;
        int r;

        r = vfs_fsopen(&root, type, 0, &fc);
        if (r == 0)
                r = set_string(fc, "source", "abc");
        if (r == 0)
                r = create(fc);
        if (r == 0)
                r = vfs_fsmount(&root, fc, 0, 0, &mount);
        if (r == 0)
                r = set_flag(fc, "ro");
        if (r == 0)
                r = reconfigure(fc);
        vfs_file_put(mount);
        vfs_file_put(fc);
        return r;
}

START_TEST(test_fs_context_out_of_memory_at_every_site)
{
        static const char *const types[] = { "probe", "tmpfs" };
        struct vfs_file *fc;
        struct vfs_stats before = { .size = sizeof(before) }, after = before;
        long n;

        vfs_get_stats(world_vfs, &before);
        for (size_t i = 0; i < 2; i++) {
                int r = -ENOMEM;

                for (n = 0; r != 0; n++) {
                        world_allocs_left = n;
                        r = run_all(types[i]);
                        world_allocs_left = -1;
                        ck_assert(r == 0 || r == -ENOMEM);
                        ck_assert_int_eq(probe.begins, probe.ends);
                }
                ck_assert_int_gt(n, 8);
        }
        vfs_get_stats(world_vfs, &after);
        /* All but the mount of the files that are on no filesystem. */
        ck_assert_uint_eq(after.mounts, before.mounts + 1);
        for (n = 0;; n++) {
                int r;

                world_allocs_left = n;
                r = vfs_mount(&root, "s", "/m", "probe", 0, "a,b=c");
                if (r == 0)
                        r = vfs_mount(&root, NULL, "/m", NULL, VFS_MS_REMOUNT, "a,b=c");
                if (r == 0)
                        r = vfs_fspick(&root, NULL, "/m", 0, &fc);
                world_allocs_left = -1;
                if (r == 0)
                        break;
                ck_assert_int_eq(r, -ENOMEM);
        }
        vfs_file_put(fc);
}
END_TEST

/*
 * Files that are on no filesystem
 */

START_TEST(test_anon_file_is_as_linux_shows_it)
{
        const uint32_t clone = VFS_AT_EMPTY_PATH | VFS_OPEN_TREE_CLONE;
        struct vfs_file *fc = fsopen("probe"), *other = fsopen("tmpfs"), *file;
        struct vfs_statx st, st2;
        struct vfs_statfs fs;
        char buf[100];
        struct vfs_iter it;
        uint32_t flags;

        ck_assert_int_eq(vfs_path_name(&root, vfs_file_path(fc), buf, sizeof(buf)), 23);
        ck_assert_str_eq(buf, "anon_inode:[fscontext]");
        ck_assert_int_eq(vfs_path_name(&root, vfs_file_path(fc), buf, 22), -ENAMETOOLONG);
        ck_assert_int_eq(vfs_file_statx(&root, fc, VFS_STATX_BASIC_STATS | VFS_STATX_BTIME, &st), 0);
        ck_assert(st.mode == 0600 && st.nlink == 1 && st.uid == 0 && st.gid == 0 && st.size == 0);
        ck_assert(st.blksize == 4096 && st.blocks == 0 && !(st.mask & VFS_STATX_BTIME));
        ck_assert_uint_eq(st.attributes & VFS_STATX_ATTR_MOUNT_ROOT, 0);
        ck_assert_int_eq(vfs_statx(&root, other, "", VFS_AT_EMPTY_PATH, VFS_STATX_BASIC_STATS, &st2), 0);
        ck_assert(st.ino == st2.ino && st.dev_minor == st2.dev_minor);
        ck_assert_int_eq(vfs_file_statfs(&root, fc, &fs), 0);
        ck_assert(fs.type == 0x09041934 && fs.bsize == 4096 && fs.namelen == 255 && fs.blocks == 0);
        ck_assert_uint_eq(fs.flags, VFS_ST_VALID);
        ck_assert_int_eq(vfs_file_getfl(fc, &flags), 0);
        ck_assert_uint_eq(flags, VFS_O_RDWR);

        vfs_iter_init_buf(&it, buf, 9);
        ck_assert_int_eq(vfs_file_write(&root, fc, &it, 0), -EINVAL);
        ck_assert_int_eq(vfs_file_pread(&root, fc, &it, 0, 0), -ESPIPE);
        ck_assert_int_eq(vfs_file_lseek(&root, fc, 0, VFS_SEEK_SET), -ESPIPE);
        ck_assert_int_eq(vfs_file_truncate(&root, fc, 0), -EINVAL);
        ck_assert_int_eq(vfs_file_sync(&root, fc, 0), -EINVAL);
        ck_assert_int_eq(vfs_file_allocate(&root, fc, 0, 0, 10), -ENODEV);
        ck_assert_int_eq(vfs_file_getdents(&root, fc, buf, sizeof(buf)), -ENOTDIR);
        ck_assert_int_eq(vfs_file_chmod(&root, fc, 0), -EOPNOTSUPP);
        ck_assert_int_eq(vfs_file_chown(&root, fc, 0, 0), -EOPNOTSUPP);
        ck_assert_int_eq(vfs_file_utimens(&root, fc, NULL), -EOPNOTSUPP);
        ck_assert_int_eq(vfs_file_setxattr(&root, fc, "user.x", "", 0, 0), -EPERM);
        ck_assert_int_eq(vfs_file_getxattr(&root, fc, "user.x", buf, 9), -ENODATA);
        ck_assert_int_eq(vfs_file_getxattr(&root, fc, "trusted.x", buf, 9), -EOPNOTSUPP);
        ck_assert_int_eq(vfs_file_removexattr(&root, fc, "user.x"), -EPERM);
        ck_assert_int_eq(vfs_file_listxattr(&root, fc, buf, 9), 0);

        /* No path leads there, and nothing can be mounted from there. */
        ck_assert_int_eq(vfs_statx(&root, fc, "x", 0, VFS_STATX_BASIC_STATS, &st), -ENOTDIR);
        ck_assert_int_eq(vfs_statx(&root, fc, "..", 0, VFS_STATX_BASIC_STATS, &st), -ENOTDIR);
        ck_assert_int_eq(vfs_open(&root, fc, "x", VFS_O_RDONLY, 0, &file), -ENOTDIR);
        ck_assert_int_eq(vfs_mkdir(&root, fc, "x", 0755), -ENOTDIR);
        ck_assert_int_eq(vfs_access(&root, fc, "", VFS_R_OK | VFS_W_OK, VFS_AT_EMPTY_PATH), 0);
        ck_assert_int_eq(vfs_access(&root, fc, "", VFS_X_OK, VFS_AT_EMPTY_PATH), -EACCES);
        ck_assert_int_eq(vfs_access(&user, fc, "", VFS_R_OK, VFS_AT_EMPTY_PATH), -EACCES);
        ck_assert_int_eq(vfs_readlink(&root, fc, "", buf, 9), -ENOENT);
        ck_assert_int_eq(vfs_link(&root, fc, "", NULL, "/l", VFS_AT_EMPTY_PATH), -EXDEV);
        ck_assert_int_eq(vfs_fspick(&root, fc, "", VFS_FSPICK_EMPTY_PATH, &file), -EINVAL);
        ck_assert_int_eq(vfs_open_tree(&root, fc, "", clone, &file), -EINVAL);
        ck_assert_int_eq(vfs_move_mount(&root, fc, "", NULL, "/m", VFS_MOVE_MOUNT_F_EMPTY_PATH), -EINVAL);
        ck_assert_int_eq(vfs_open_tree(&root, fc, "", VFS_AT_EMPTY_PATH, &file), 0);
        ck_assert_int_eq(set_flag(file, "x"), -EBADF);
        vfs_file_put(file);
        vfs_file_put(fc);
        vfs_file_put(other);
}
END_TEST

TEST_MAIN_FIXTURE("fs_context", setup, teardown,
                  test_fs_context_new_is_created_once_and_mounted_once,
                  test_fs_context_create_that_failed_is_the_end,
                  test_fs_context_type_that_cannot_begin,
                  test_fs_context_parameter_that_failed_is_not_the_end,
                  test_fs_context_change_that_failed_is_the_end,
                  test_fs_context_who_may,
                  test_fs_context_arguments_of_commands,
                  test_fs_context_lengths_of_strings,
                  test_fs_context_parameters_arrive_as_they_are,
                  test_fs_context_source_and_flags_are_the_librarys,
                  test_fs_context_data_is_cut_at_commas,
                  test_fs_context_log_keeps_the_last_eight,
                  test_fs_context_message_without_memory_says_so,
                  test_fs_context_messages_of_tmpfs,
                  test_fs_context_changes_of_tmpfs,
                  test_fs_context_flags_that_were_asked_for_once_are_cleared_by_the_next_change,
                  test_fs_context_owner_of_a_tmpfs_is_who_opened_the_context,
                  test_fs_context_out_of_memory_at_every_site,
                  test_anon_file_is_as_linux_shows_it)
