/*
 * args.c - arguments that many calls have: paths, starting points, strings.
 *
 * Each is copied from the guest once. Whether the notification is still the guest's is
 * asked after the copy: thread numbers are used again.
 */
#include "tools/vfsrun/proc.h"
#include "tools/vfsrun/sys.h"

int arg_path(struct call *c, uint64_t addr, char path[VFS_PATH_MAX])
{
        ssize_t n = mem_string(c->task, addr, path, VFS_PATH_MAX);

        if (n < 0)
                return (int)n;
        n = call_valid(c);
        return n < 0 ? (int)n : proc_resolve(c, path, 0);
}

int arg_at(struct call *c, uint64_t fd, uint64_t addr, char path[VFS_PATH_MAX], struct vfs_file **ret_dir)
{
        int r = arg_path(c, addr, path);

        if (r < 0)
                return r;
        if (path[0] == '/') { /* the starting point is not looked at */
                *ret_dir = NULL;
                return 0;
        }
        r = desc_start(c->task, (int)fd, ret_dir);
        if (r == -ENOTDIR)
                r = proc_absolute(c->task, (int)fd, path);
        if (r == 0 && path[0] == '/') {
                *ret_dir = NULL;
                r = proc_resolve(c, path, 0);
        }
        return r;
}

int arg_string(struct call *c, uint64_t addr, char *buf, size_t size, const char **ret_string)
{
        ssize_t n;

        *ret_string = NULL;
        if (!addr)
                return 0;
        n = mem_string(c->task, addr, buf, size);
        if (n < 0)
                return n == -ENAMETOOLONG ? -EINVAL : (int)n;
        *ret_string = buf;
        return call_valid(c);
}
