/*
 * sys_xattr.c - extended attributes.
 *
 * Each call has three forms: of a path, of a path whose last symlink is not followed, of
 * a descriptor. An object is what they are of.
 */
#include <stdlib.h>

#include "tools/vfsrun/proc.h"
#include "tools/vfsrun/sys.h"

enum form { PATH, LINK, FILE_ };

struct object {
        char path[VFS_PATH_MAX];
        char name[VFS_XATTR_NAME_MAX + 2];
        uint32_t flags;
        struct desc d;
        int is_file;
};

/* The object, by the first argument. CALL_CONTINUE: a descriptor of the host's. */
static int64_t get_object(struct call *c, enum form form, struct object *o)
{
        o->is_file = form == FILE_;
        o->flags = form == LINK ? VFS_AT_SYMLINK_NOFOLLOW : 0;
        if (!o->is_file) {
                struct vfs_statx st;
                int r = arg_path(c, c->a[0], o->path);
                int64_t special;

                if (r == 0 && form == PATH)
                        r = proc_resolve(c, o->path, 1);
                if (r < 0)
                        return r;
                special = proc_stat(c, o->path, o->flags, &st);
                return special == PROC_NOT ? 0 : special < 0 ? special : -EOPNOTSUPP; /* /proc has none */
        }
        return desc_get(c->task, (int)c->a[0], &o->d) < 0 ? CALL_CONTINUE : 0;
}

static void put_object(struct object *o)
{
        if (o->is_file)
                desc_put(&o->d);
}

/* A name that is too long, or empty, is ERANGE: import_xattr_name. */
static int get_name(struct call *c, struct object *o)
{
        ssize_t n = mem_string(c->task, c->a[1], o->name, sizeof(o->name));

        if (n == 0 || n == -ENAMETOOLONG)
                return -ERANGE;
        return n < 0 ? (int)n : 0;
}

static int64_t set(struct call *c, enum form form)
{
        struct object o;
        void *value = NULL;
        int64_t r;

        if ((uint32_t)c->a[4] & ~(VFS_XATTR_CREATE | VFS_XATTR_REPLACE))
                return -EINVAL;
        r = get_name(c, &o);
        if (r < 0)
                return r;
        if (c->a[3] > VFS_XATTR_SIZE_MAX)
                return -E2BIG;
        if (c->a[3]) {
                value = malloc(c->a[3]);
                r = value ? mem_read(c->task, c->a[2], value, c->a[3]) : -ENOMEM;
        }
        if (r == 0)
                r = get_object(c, form, &o);
        if (r == 0) {
                r = o.is_file ? vfs_file_setxattr(&c->task->ctx, o.d.file, o.name, value, c->a[3],
                                                  (uint32_t)c->a[4]) :
                                vfs_setxattr(&c->task->ctx, NULL, o.path, o.name, value, c->a[3],
                                             (uint32_t)c->a[4], o.flags);
                put_object(&o);
        }
        free(value);
        return r;
}

static int64_t get(struct call *c, enum form form)
{
        size_t size = c->a[3] < VFS_XATTR_SIZE_MAX ? c->a[3] : VFS_XATTR_SIZE_MAX;
        struct object o;
        void *value;
        int64_t r;

        r = get_name(c, &o);
        if (r == 0)
                r = get_object(c, form, &o);
        if (r)
                return r;
        value = malloc(size ? size : 1);
        if (!value)
                r = -ENOMEM;
        else if (o.is_file)
                r = vfs_file_getxattr(&c->task->ctx, o.d.file, o.name, value, size);
        else
                r = vfs_getxattr(&c->task->ctx, NULL, o.path, o.name, value, size, o.flags);
        if (r > 0 && size && mem_write(c->task, c->a[2], value, (size_t)r) < 0)
                r = -EFAULT;
        free(value);
        put_object(&o);
        return r;
}

static int64_t list(struct call *c, enum form form)
{
        size_t size = c->a[2] < VFS_XATTR_LIST_MAX ? c->a[2] : VFS_XATTR_LIST_MAX;
        struct object o;
        char *names;
        int64_t r;

        r = get_object(c, form, &o);
        if (r)
                return r;
        names = malloc(size ? size : 1);
        if (!names)
                r = -ENOMEM;
        else if (o.is_file)
                r = vfs_file_listxattr(&c->task->ctx, o.d.file, names, size);
        else
                r = vfs_listxattr(&c->task->ctx, NULL, o.path, names, size, o.flags);
        if (r > 0 && size && mem_write(c->task, c->a[1], names, (size_t)r) < 0)
                r = -EFAULT;
        free(names);
        put_object(&o);
        return r;
}

static int64_t drop(struct call *c, enum form form)
{
        struct object o;
        int64_t r;

        r = get_name(c, &o);
        if (r == 0)
                r = get_object(c, form, &o);
        if (r)
                return r;
        r = o.is_file ? vfs_file_removexattr(&c->task->ctx, o.d.file, o.name) :
                        vfs_removexattr(&c->task->ctx, NULL, o.path, o.name, o.flags);
        put_object(&o);
        return r;
}

#define FORMS(verb, name)                 \
        int64_t sys_##name(struct call *c) \
        {                                 \
                return verb(c, PATH);     \
        }                                 \
        int64_t sys_l##name(struct call *c) \
        {                                 \
                return verb(c, LINK);     \
        }                                 \
        int64_t sys_f##name(struct call *c) \
        {                                 \
                return verb(c, FILE_);    \
        }

FORMS(set, setxattr)
FORMS(get, getxattr)
FORMS(list, listxattr)
FORMS(drop, removexattr)
