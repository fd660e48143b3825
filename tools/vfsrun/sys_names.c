/*
 * sys_names.c - making, removing, linking and renaming names.
 */
#include <sys/sysmacros.h>

#include "tools/vfsrun/sys.h"

#define CWD ((uint64_t)VFS_AT_FDCWD)

static int64_t mkdir_at(struct call *c, uint64_t fd, uint64_t addr, uint64_t mode)
{
        char path[VFS_PATH_MAX];
        struct vfs_file *dir;
        int r = arg_at(c, fd, addr, path, &dir);

        if (r < 0)
                return r;
        r = vfs_mkdir(&c->task->ctx, dir, path, (uint32_t)mode & 0xffff);
        desc_start_put(dir);
        return r;
}

int64_t sys_mkdir(struct call *c)
{
        return mkdir_at(c, CWD, c->a[0], c->a[1]);
}

int64_t sys_mkdirat(struct call *c)
{
        return mkdir_at(c, c->a[0], c->a[1], c->a[2]);
}

static int64_t mknod_at(struct call *c, uint64_t fd, uint64_t addr, uint64_t mode, uint64_t dev)
{
        char path[VFS_PATH_MAX];
        struct vfs_file *dir;
        int r = arg_at(c, fd, addr, path, &dir);

        if (r < 0)
                return r;
        r = vfs_mknod(&c->task->ctx, dir, path, (uint32_t)mode & 0xffff,
                      VFS_DEV(major((uint32_t)dev), minor((uint32_t)dev)));
        desc_start_put(dir);
        return r;
}

int64_t sys_mknod(struct call *c)
{
        return mknod_at(c, CWD, c->a[0], c->a[1], c->a[2]);
}

int64_t sys_mknodat(struct call *c)
{
        return mknod_at(c, c->a[0], c->a[1], c->a[2], c->a[3]);
}

static int64_t unlink_at(struct call *c, uint64_t fd, uint64_t addr, uint32_t flags)
{
        char path[VFS_PATH_MAX];
        struct vfs_file *dir;
        int r = flags & ~VFS_AT_REMOVEDIR ? -EINVAL : arg_at(c, fd, addr, path, &dir);

        if (r < 0)
                return r;
        r = vfs_unlink(&c->task->ctx, dir, path, flags);
        desc_start_put(dir);
        return r;
}

int64_t sys_unlink(struct call *c)
{
        return unlink_at(c, CWD, c->a[0], 0);
}

int64_t sys_rmdir(struct call *c)
{
        return unlink_at(c, CWD, c->a[0], VFS_AT_REMOVEDIR);
}

int64_t sys_unlinkat(struct call *c)
{
        return unlink_at(c, c->a[0], c->a[1], (uint32_t)c->a[2]);
}

/* Two paths, for rename and link. */
struct pair {
        char old[VFS_PATH_MAX], new[VFS_PATH_MAX];
        struct vfs_file *olddir, *newdir;
};

static int get_pair(struct call *c, struct pair *p, uint64_t oldfd, uint64_t old, uint64_t newfd,
                    uint64_t new)
{
        int r = arg_at(c, oldfd, old, p->old, &p->olddir);

        if (r < 0)
                return r;
        r = arg_at(c, newfd, new, p->new, &p->newdir);
        if (r < 0)
                desc_start_put(p->olddir);
        return r;
}

static void put_pair(struct pair *p)
{
        desc_start_put(p->olddir);
        desc_start_put(p->newdir);
}

static int64_t rename_at(struct call *c, uint64_t oldfd, uint64_t old, uint64_t newfd, uint64_t new,
                         uint32_t flags)
{
        struct pair p;
        int r = get_pair(c, &p, oldfd, old, newfd, new);

        if (r < 0)
                return r;
        r = vfs_rename(&c->task->ctx, p.olddir, p.old, p.newdir, p.new, flags);
        put_pair(&p);
        return r;
}

int64_t sys_rename(struct call *c)
{
        return rename_at(c, CWD, c->a[0], CWD, c->a[1], 0);
}

int64_t sys_renameat(struct call *c)
{
        return rename_at(c, c->a[0], c->a[1], c->a[2], c->a[3], 0);
}

int64_t sys_renameat2(struct call *c)
{
        return rename_at(c, c->a[0], c->a[1], c->a[2], c->a[3], (uint32_t)c->a[4]);
}

static int64_t link_at(struct call *c, uint64_t oldfd, uint64_t old, uint64_t newfd, uint64_t new,
                       uint32_t flags)
{
        struct pair p;
        int r = flags & ~(VFS_AT_SYMLINK_FOLLOW | VFS_AT_EMPTY_PATH) ? -EINVAL :
                                                                      get_pair(c, &p, oldfd, old, newfd, new);

        if (r < 0)
                return r;
        r = vfs_link(&c->task->ctx, p.olddir, p.old, p.newdir, p.new, flags);
        put_pair(&p);
        return r;
}

int64_t sys_link(struct call *c)
{
        return link_at(c, CWD, c->a[0], CWD, c->a[1], 0);
}

int64_t sys_linkat(struct call *c)
{
        return link_at(c, c->a[0], c->a[1], c->a[2], c->a[3], (uint32_t)c->a[4]);
}

static int64_t symlink_at(struct call *c, uint64_t target, uint64_t fd, uint64_t addr)
{
        char text[VFS_PATH_MAX], path[VFS_PATH_MAX];
        struct vfs_file *dir;
        int r = arg_path(c, target, text);

        if (r == 0)
                r = arg_at(c, fd, addr, path, &dir);
        if (r < 0)
                return r;
        r = vfs_symlink(&c->task->ctx, text, dir, path);
        desc_start_put(dir);
        return r;
}

int64_t sys_symlink(struct call *c)
{
        return symlink_at(c, c->a[0], CWD, c->a[1]);
}

int64_t sys_symlinkat(struct call *c)
{
        return symlink_at(c, c->a[0], c->a[1], c->a[2]);
}
