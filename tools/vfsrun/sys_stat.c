/*
 * sys_stat.c - attributes of files and filesystems, access, readlink.
 */
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "tools/vfsrun/proc.h"
#include "tools/vfsrun/sys.h"

/* The record of stat(2). */
static int write_stat(struct call *c, const struct vfs_statx *x, uint64_t addr)
{
        struct stat st;

        memset(&st, 0, sizeof(st));
        st.st_dev = makedev(x->dev_major, x->dev_minor);
        st.st_ino = x->ino;
        st.st_nlink = x->nlink;
        st.st_mode = x->mode;
        st.st_uid = x->uid;
        st.st_gid = x->gid;
        st.st_rdev = makedev(x->rdev_major, x->rdev_minor);
        st.st_size = (off_t)x->size;
        st.st_blksize = x->blksize;
        st.st_blocks = (blkcnt_t)x->blocks;
        st.st_atim = (struct timespec){ x->atime.sec, x->atime.nsec };
        st.st_mtim = (struct timespec){ x->mtime.sec, x->mtime.nsec };
        st.st_ctim = (struct timespec){ x->ctime.sec, x->ctime.nsec };
        return mem_write(c->task, addr, &st, sizeof(st));
}

/* The attributes of a descriptor, or of a path from one. CALL_CONTINUE: the descriptor is the host's. */
static int64_t get(struct call *c, uint64_t fd, uint64_t addr, uint32_t flags, uint32_t mask,
                   struct vfs_statx *x)
{
        char path[VFS_PATH_MAX] = "";
        struct vfs_file *dir;
        struct desc d;
        int64_t special;
        int r;

        if (!addr && !(flags & VFS_AT_EMPTY_PATH))
                return -EFAULT;
        if (addr) {
                r = arg_path(c, addr, path);
                if (r < 0)
                        return r;
        }
        if (path[0] == '\0' && (flags & VFS_AT_EMPTY_PATH) && (int)fd != VFS_AT_FDCWD) {
                r = desc_get(c->task, (int)fd, &d);
                if (r < 0)
                        return CALL_CONTINUE;
                r = vfs_statx(&c->task->ctx, d.file, "", flags, mask, x);
                desc_put(&d);
                return r;
        }
        dir = NULL;
        r = path[0] == '/' ? 0 : desc_start(c->task, (int)fd, &dir);
        if (r == -ENOTDIR) {
                dir = NULL;
                r = proc_absolute(c->task, (int)fd, path);
        }
        if (r == 0 && !(flags & VFS_AT_SYMLINK_NOFOLLOW))
                r = proc_resolve(c, path, 1);
        if (r < 0)
                return r;
        special = proc_stat(c, path, flags, x);
        if (special != PROC_NOT)
                return special;
        r = vfs_statx(&c->task->ctx, dir, path, flags, mask, x);
        desc_start_put(dir);
        return r;
}

static int64_t stat_at(struct call *c, uint64_t fd, uint64_t addr, uint64_t buf, uint32_t flags)
{
        struct vfs_statx x;
        int64_t r;

        if (flags & ~(VFS_AT_SYMLINK_NOFOLLOW | VFS_AT_NO_AUTOMOUNT | VFS_AT_EMPTY_PATH))
                return -EINVAL;
        r = get(c, fd, addr, flags, VFS_STATX_BASIC_STATS, &x);
        return r ? r : write_stat(c, &x, buf);
}

int64_t sys_stat(struct call *c)
{
        return stat_at(c, (uint64_t)VFS_AT_FDCWD, c->a[0], c->a[1], 0);
}

int64_t sys_lstat(struct call *c)
{
        return stat_at(c, (uint64_t)VFS_AT_FDCWD, c->a[0], c->a[1], VFS_AT_SYMLINK_NOFOLLOW);
}

int64_t sys_newfstatat(struct call *c)
{
        return stat_at(c, c->a[0], c->a[1], c->a[2], (uint32_t)c->a[3]);
}

int64_t sys_fstat(struct call *c)
{
        struct vfs_statx x;
        struct desc d;
        int r;

        if (desc_get(c->task, (int)c->a[0], &d) < 0)
                return CALL_CONTINUE;
        r = vfs_file_statx(&c->task->ctx, d.file, VFS_STATX_BASIC_STATS, &x);
        desc_put(&d);
        return r < 0 ? r : write_stat(c, &x, c->a[1]);
}

int64_t sys_statx(struct call *c)
{
        struct vfs_statx x;
        int64_t r;

        r = get(c, c->a[0], c->a[1], (uint32_t)c->a[2], (uint32_t)c->a[3], &x);
        return r ? r : mem_write(c->task, c->a[4], &x, sizeof(x));
}

/* struct statfs of x86-64: 15 words, of which the last are flags and spares. */
static int write_statfs(struct call *c, const struct vfs_statfs *s, uint64_t addr)
{
        const uint64_t words[15] = {
                s->type, s->bsize, s->blocks, s->bfree, s->bavail, s->files, s->ffree, s->fsid, s->namelen,
                s->frsize, s->flags,
        };

        return mem_write(c->task, addr, words, sizeof(words));
}

int64_t sys_statfs(struct call *c)
{
        char path[VFS_PATH_MAX];
        struct vfs_statfs s;
        int r;

        r = arg_path(c, c->a[0], path);
        if (r == 0)
                r = proc_resolve(c, path, 1);
        if (r == 0)
                r = vfs_statfs(&c->task->ctx, path, &s);
        return r < 0 ? r : write_statfs(c, &s, c->a[1]);
}

int64_t sys_fstatfs(struct call *c)
{
        struct vfs_statfs s;
        struct desc d;
        int r;

        if (desc_get(c->task, (int)c->a[0], &d) < 0)
                return CALL_CONTINUE;
        r = vfs_file_statfs(&c->task->ctx, d.file, &s);
        desc_put(&d);
        return r < 0 ? r : write_statfs(c, &s, c->a[1]);
}

static int64_t access_at(struct call *c, uint64_t fd, uint64_t addr, uint32_t mode, uint32_t flags)
{
        char path[VFS_PATH_MAX];
        struct vfs_file *dir;
        int64_t special;
        int r;

        r = arg_at(c, fd, addr, path, &dir);
        if (r == 0 && !(flags & VFS_AT_SYMLINK_NOFOLLOW))
                r = proc_resolve(c, path, 1);
        if (r < 0)
                return r;
        special = proc_access(c, path, mode);
        if (special != PROC_NOT) {
                desc_start_put(dir);
                return special;
        }
        r = vfs_access(&c->task->ctx, dir, path, mode, flags);
        desc_start_put(dir);
        return r;
}

int64_t sys_access(struct call *c)
{
        return access_at(c, (uint64_t)VFS_AT_FDCWD, c->a[0], (uint32_t)c->a[1], 0);
}

int64_t sys_faccessat(struct call *c)
{
        return access_at(c, c->a[0], c->a[1], (uint32_t)c->a[2], 0);
}

int64_t sys_faccessat2(struct call *c)
{
        return access_at(c, c->a[0], c->a[1], (uint32_t)c->a[2], (uint32_t)c->a[3]);
}

static int64_t readlink_at(struct call *c, uint64_t fd, uint64_t addr, uint64_t buf, int64_t size)
{
        char path[VFS_PATH_MAX], target[VFS_PATH_MAX];
        struct vfs_file *dir;
        size_t room;
        int64_t r;

        if ((int)size <= 0)
                return -EINVAL;
        r = arg_at(c, fd, addr, path, &dir);
        if (r < 0)
                return r;
        room = (uint32_t)size < sizeof(target) ? (uint32_t)size : sizeof(target);
        r = proc_readlink(c, path, target, room);
        if (r == PROC_NOT)
                r = vfs_readlink(&c->task->ctx, dir, path, target, room);
        desc_start_put(dir);
        if (r > 0 && mem_write(c->task, buf, target, (size_t)r) < 0)
                r = -EFAULT;
        return r;
}

int64_t sys_readlink(struct call *c)
{
        return readlink_at(c, (uint64_t)VFS_AT_FDCWD, c->a[0], c->a[1], (int64_t)c->a[2]);
}

int64_t sys_readlinkat(struct call *c)
{
        return readlink_at(c, c->a[0], c->a[1], c->a[2], (int64_t)c->a[3]);
}
