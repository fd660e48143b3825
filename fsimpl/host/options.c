/*
 * options.c - the options of a mount, each with a function of its own.
 */
#include <errno.h>
#include <string.h>

#include "host.h"

static int set_mode(struct vfs_fs_context *fc, const struct vfs_fs_param *param, struct host_options *o)
{
        static const char *const modes[] = { "exclusive", "writethrough", "shared" };
        const char *value;
        int r;

        r = vfs_fs_param_string(fc, param, &value);
        if (r < 0)
                return r;
        for (uint32_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
                if (strcmp(value, modes[i]) == 0) {
                        o->mode = i;
                        return 0;
                }
        }
        return vfs_fs_param_bad(fc, param);
}

static int set_count(struct vfs_fs_context *fc, const struct vfs_fs_param *param, uint32_t *count)
{
        uint32_t value;
        int r;

        r = vfs_fs_param_u32(fc, param, 10, &value);
        if (r < 0)
                return r;
        if (value == 0 || value > INT32_MAX)
                return vfs_fs_param_bad(fc, param);
        *count = value;
        return 0;
}

static int set_max_dentries(struct vfs_fs_context *fc, const struct vfs_fs_param *param,
                            struct host_options *o)
{
        return set_count(fc, param, &o->max_dentries);
}

static int set_max_fds(struct vfs_fs_context *fc, const struct vfs_fs_param *param, struct host_options *o)
{
        return set_count(fc, param, &o->max_fds);
}

int host_options_begin(struct vfs_fs_context *fc)
{
        struct host_options *o = vfs_fs_context_options(fc);
        struct vfs_filesystem *fs = vfs_fs_context_filesystem(fc);

        *o = (struct host_options){ .max_dentries = HOST_MAX_DENTRIES, .max_fds = HOST_MAX_FDS };
        if (fs)
                *o = host_of(fs)->options;
        return 0;
}

int host_options_parse(struct vfs_fs_context *fc, const struct vfs_fs_param *param)
{
        static const struct {
                const char *key;
                int (*set)(struct vfs_fs_context *fc, const struct vfs_fs_param *param,
                           struct host_options *o);
        } parameters[] = {
                { "mode", set_mode },
                { "max_dentries", set_max_dentries },
                { "max_fds", set_max_fds },
        };

        for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
                if (strcmp(param->key, parameters[i].key) == 0)
                        return parameters[i].set(fc, param, vfs_fs_context_options(fc));
        }
        return VFS_FS_PARAM_UNKNOWN;
}

/* What was cached was cached under the rules of then: only what the library keeps (ro, rw) can change. */
int host_options_change(struct vfs_fs_context *fc, struct vfs_filesystem *fs)
{
        const struct host_options *o = vfs_fs_context_options(fc), *old = &host_of(fs)->options;

        if (o->mode != old->mode || o->max_dentries != old->max_dentries || o->max_fds != old->max_fds)
                return vfs_fs_context_invalid(fc, "Cannot change mode, max_dentries or max_fds");
        return 0;
}
