/*
 * sys_open.c - open(2) and its relatives, mmap(2) of files.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "tools/vfsrun/proc.h"
#include "tools/vfsrun/sys.h"

static int64_t open_at(struct call *c, uint64_t fd, uint64_t addr, uint32_t flags, uint32_t mode)
{
        char path[VFS_PATH_MAX];
        struct vfs_file *dir, *file;
        int64_t special;
        int r;

        r = arg_at(c, fd, addr, path, &dir);
        if (r == 0 && !(flags & VFS_O_NOFOLLOW))
                r = proc_resolve(c, path, 1);
        if (r < 0)
                return r;
        special = proc_open(c, path, flags);
        if (special != PROC_NOT) {
                desc_start_put(dir);
                return special;
        }
        r = vfs_open(&c->task->ctx, dir, path, flags | VFS_O_LARGEFILE, mode, &file);
        desc_start_put(dir);
        return r < 0 ? r : desc_install(c, file, flags & VFS_O_CLOEXEC);
}

int64_t sys_open(struct call *c)
{
        return open_at(c, (uint64_t)VFS_AT_FDCWD, c->a[0], (uint32_t)c->a[1], (uint32_t)c->a[2]);
}

int64_t sys_creat(struct call *c)
{
        return open_at(c, (uint64_t)VFS_AT_FDCWD, c->a[0], VFS_O_CREAT | VFS_O_WRONLY | VFS_O_TRUNC,
                       (uint32_t)c->a[1]);
}

int64_t sys_openat(struct call *c)
{
        return open_at(c, c->a[0], c->a[1], (uint32_t)c->a[2], (uint32_t)c->a[3]);
}

int64_t sys_openat2(struct call *c)
{
        union {
                struct vfs_open_how how;
                char bytes[4096];
        } arg;
        char path[VFS_PATH_MAX];
        struct vfs_file *dir, *file;
        size_t size = c->a[3];
        int r;

        if (size < sizeof(arg.how))
                return -EINVAL;
        if (size > sizeof(arg))
                return -E2BIG;
        if (mem_read(c->task, c->a[2], &arg, size) < 0)
                return -EFAULT;
        r = arg_at(c, c->a[0], c->a[1], path, &dir);
        if (r < 0)
                return r;
        r = vfs_openat2(&c->task->ctx, dir, path, &arg.how, size, &file);
        desc_start_put(dir);
        return r < 0 ? r : desc_install(c, file, (uint32_t)arg.how.flags & VFS_O_CLOEXEC);
}

/*
 * The library says whether it may be mapped; then the placeholder gets the data, and the host's kernel
 * maps that.
 */
int64_t sys_mmap(struct call *c)
{
        uint32_t prot = (uint32_t)c->a[2] & (VFS_PROT_READ | VFS_PROT_WRITE | VFS_PROT_EXEC);
        uint64_t type = c->a[3] & MAP_TYPE;
        int shared = type == MAP_SHARED || type == MAP_SHARED_VALIDATE;
        struct vfs_mapping *mapping;
        struct desc d;
        uint32_t fl;
        int r;

        r = desc_get(c->task, (int)c->a[4], &d);
        if (r < 0)
                return CALL_CONTINUE;
        r = vfs_file_map(&c->task->ctx, d.file, (int64_t)c->a[5], c->a[1], prot, shared, &mapping);
        if (r == 0) {
                vfs_mapping_put(mapping);
                vfs_file_getfl(d.file, &fl);
                /* It may be made writable later (mprotect), if the file was opened for writing. */
                r = d.node ? desc_map(&c->task->ctx, &d, shared && (fl & VFS_O_ACCMODE) == VFS_O_RDWR)
                           : -ENODEV;
        }
        desc_put(&d);
        return r < 0 ? r : CALL_CONTINUE;
}
