/*
 * sys_attr.c - changing modes, owners, times and sizes by path.
 */
#include <string.h>

#include "tools/vfsrun/sys.h"

#define CWD ((uint64_t)VFS_AT_FDCWD)

static int64_t chmod_at(struct call *c, uint64_t fd, uint64_t addr, uint64_t mode, uint32_t flags)
{
        char path[VFS_PATH_MAX];
        struct vfs_file *dir;
        int r = flags & ~(VFS_AT_SYMLINK_NOFOLLOW | VFS_AT_EMPTY_PATH) ? -EINVAL :
                                                                        arg_at(c, fd, addr, path, &dir);

        if (r < 0)
                return r;
        r = vfs_chmod(&c->task->ctx, dir, path, (uint32_t)mode & 07777, flags);
        desc_start_put(dir);
        return r;
}

int64_t sys_chmod(struct call *c)
{
        return chmod_at(c, CWD, c->a[0], c->a[1], 0);
}

int64_t sys_fchmodat(struct call *c)
{
        return chmod_at(c, c->a[0], c->a[1], c->a[2], 0);
}

int64_t sys_fchmodat2(struct call *c)
{
        return chmod_at(c, c->a[0], c->a[1], c->a[2], (uint32_t)c->a[3]);
}

int64_t sys_fchmod(struct call *c)
{
        struct desc d;
        int r;

        if (desc_get(c->task, (int)c->a[0], &d) < 0)
                return CALL_CONTINUE;
        r = vfs_file_chmod(&c->task->ctx, d.file, (uint32_t)c->a[1] & 07777);
        desc_put(&d);
        return r;
}

static int64_t chown_at(struct call *c, uint64_t fd, uint64_t addr, uint64_t uid, uint64_t gid,
                        uint32_t flags)
{
        char path[VFS_PATH_MAX];
        struct vfs_file *dir;
        int r = flags & ~(VFS_AT_SYMLINK_NOFOLLOW | VFS_AT_EMPTY_PATH) ? -EINVAL :
                                                                        arg_at(c, fd, addr, path, &dir);

        if (r < 0)
                return r;
        r = vfs_chown(&c->task->ctx, dir, path, (uint32_t)uid, (uint32_t)gid, flags);
        desc_start_put(dir);
        return r;
}

int64_t sys_chown(struct call *c)
{
        return chown_at(c, CWD, c->a[0], c->a[1], c->a[2], 0);
}

int64_t sys_lchown(struct call *c)
{
        return chown_at(c, CWD, c->a[0], c->a[1], c->a[2], VFS_AT_SYMLINK_NOFOLLOW);
}

int64_t sys_fchownat(struct call *c)
{
        return chown_at(c, c->a[0], c->a[1], c->a[2], c->a[3], (uint32_t)c->a[4]);
}

int64_t sys_fchown(struct call *c)
{
        struct desc d;
        int r;

        if (desc_get(c->task, (int)c->a[0], &d) < 0)
                return CALL_CONTINUE;
        r = vfs_file_chown(&c->task->ctx, d.file, (uint32_t)c->a[1], (uint32_t)c->a[2]);
        desc_put(&d);
        return r;
}

/* times NULL: now. */
static int64_t set_times(struct call *c, uint64_t fd, uint64_t addr, const struct vfs_timespec *times,
                         uint32_t flags)
{
        char path[VFS_PATH_MAX];
        struct vfs_file *dir;
        struct desc d;
        int r;

        if (!addr) { /* futimens */
                if ((int)fd == VFS_AT_FDCWD)
                        return -EFAULT;
                if (flags)
                        return -EINVAL;
                if (desc_get(c->task, (int)fd, &d) < 0)
                        return CALL_CONTINUE;
                r = vfs_file_utimens(&c->task->ctx, d.file, times);
                desc_put(&d);
                return r;
        }
        r = flags & ~(VFS_AT_SYMLINK_NOFOLLOW | VFS_AT_EMPTY_PATH) ? -EINVAL
                                                                   : arg_at(c, fd, addr, path, &dir);
        if (r < 0)
                return r;
        r = vfs_utimens(&c->task->ctx, dir, path, times, flags);
        desc_start_put(dir);
        return r;
}

int64_t sys_utimensat(struct call *c)
{
        struct vfs_timespec times[2];

        if (c->a[2]) {
                if (mem_read(c->task, c->a[2], times, sizeof(times)) < 0)
                        return -EFAULT;
                if (times[0].nsec == VFS_UTIME_OMIT && times[1].nsec == VFS_UTIME_OMIT)
                        return 0;
        }
        return set_times(c, c->a[0], c->a[1], c->a[2] ? times : NULL, (uint32_t)c->a[3]);
}

/* Seconds and microseconds. */
static int64_t set_timevals(struct call *c, uint64_t fd, uint64_t addr, uint64_t values)
{
        struct vfs_timespec times[2];

        if (values) {
                if (mem_read(c->task, values, times, sizeof(times)) < 0)
                        return -EFAULT;
                for (int i = 0; i < 2; i++) {
                        if (times[i].nsec < 0 || times[i].nsec >= 1000000)
                                return -EINVAL;
                        times[i].nsec *= 1000;
                }
        }
        return set_times(c, fd, addr, values ? times : NULL, 0);
}

int64_t sys_utimes(struct call *c)
{
        return set_timevals(c, CWD, c->a[0], c->a[1]);
}

int64_t sys_futimesat(struct call *c)
{
        return set_timevals(c, c->a[0], c->a[1], c->a[2]);
}

int64_t sys_utime(struct call *c)
{
        struct vfs_timespec times[2] = { { 0, 0 }, { 0, 0 } };
        int64_t seconds[2];

        if (c->a[1]) {
                if (mem_read(c->task, c->a[1], seconds, sizeof(seconds)) < 0)
                        return -EFAULT;
                times[0].sec = seconds[0];
                times[1].sec = seconds[1];
        }
        return set_times(c, CWD, c->a[0], c->a[1] ? times : NULL, 0);
}

int64_t sys_truncate(struct call *c)
{
        char path[VFS_PATH_MAX];
        int r;

        if ((int64_t)c->a[1] < 0)
                return -EINVAL;
        r = arg_path(c, c->a[0], path);
        return r < 0 ? r : vfs_truncate(&c->task->ctx, path, (int64_t)c->a[1]);
}
