/*
 * sys_process.c - working directory, root, umask; fork, execve, unshare.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "tools/vfsrun/exec.h"
#include "tools/vfsrun/fork.h"
#include "tools/vfsrun/proc.h"
#include "tools/vfsrun/sys.h"
#include "tools/vfsrun/task.h"

#define NEW_NAMESPACES                                                                          \
        ((uint64_t)(CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |  \
                    CLONE_NEWUTS | CLONE_NEWCGROUP) | 0x80u /* CLONE_NEWTIME */)

int64_t sys_chdir(struct call *c)
{
        char path[VFS_PATH_MAX];
        int r = arg_path(c, c->a[0], path);

        if (r == 0)
                r = proc_resolve(c, path, 1);
        return r < 0 ? r : vfs_fsctx_chdir(c->task->fs, &c->task->ctx, NULL, path);
}

int64_t sys_fchdir(struct call *c)
{
        struct vfs_file *dir;
        int r;

        if ((int)c->a[0] < 0)
                return -EBADF;
        r = desc_start(c->task, (int)c->a[0], &dir);
        if (r < 0)
                return r;
        r = vfs_fsctx_chdir(c->task->fs, &c->task->ctx, dir, NULL);
        desc_start_put(dir);
        return r;
}

/* Into a mount namespace; of others the guest has no privileges on the host, EPERM. */
int64_t sys_setns(struct call *c)
{
        struct vfs_mntns *ns;
        struct desc d;
        int r;

        if (desc_get(c->task, (int)c->a[0], &d) < 0)
                return CALL_CONTINUE;
        ns = proc_mntns(d.file);
        if (!ns || (c->a[1] && (uint32_t)c->a[1] != CLONE_NEWNS))
                r = -EINVAL;
        else
                r = vfs_fsctx_setns(c->task->fs, &c->task->ctx, ns);
        desc_put(&d);
        return r;
}

int64_t sys_chroot(struct call *c)
{
        char path[VFS_PATH_MAX];
        int r = arg_path(c, c->a[0], path);

        return r < 0 ? r : vfs_fsctx_chroot(c->task->fs, &c->task->ctx, path);
}

int64_t sys_getcwd(struct call *c)
{
        char path[VFS_PATH_MAX];
        int64_t n = vfs_getcwd(&c->task->ctx, path, c->a[1] < sizeof(path) ? c->a[1] : sizeof(path));

        if (n > 0 && mem_write(c->task, c->a[0], path, (size_t)n) < 0)
                n = -EFAULT;
        return n;
}

int64_t sys_umask(struct call *c)
{
        return vfs_fsctx_umask(c->task->fs, (uint32_t)c->a[0]);
}

int64_t sys_fork(struct call *c)
{
        return fork_run(c, 0, 0);
}

int64_t sys_vfork(struct call *c)
{
        return fork_run(c, CLONE_VFORK | CLONE_VM, 0);
}

int64_t sys_clone(struct call *c)
{
        return fork_run(c, c->a[0] & 0xffffffffu, 0);
}

/*
 * The flags are in memory, and the kernel will read them again: a guest that changes them meanwhile
 * fools itself only.
 */
int64_t sys_clone3(struct call *c)
{
        uint64_t flags;

        if (c->a[1] < 64 || mem_read(c->task, c->a[0], &flags, sizeof(flags)) < 0)
                return CALL_CONTINUE;
        return fork_run(c, flags, c->a[0]);
}

int64_t sys_execve(struct call *c)
{
        char path[VFS_PATH_MAX];
        char name[VFS_PATH_MAX];
        int r = arg_path(c, c->a[0], path);

        strcpy(name, path);
        if (r == 0)
                r = proc_resolve(c, path, 1);
        return r < 0 ? r : exec_run(c, NULL, path, name, 0, c->a[1], c->a[2]);
}

int64_t sys_execveat(struct call *c)
{
        uint32_t flags = (uint32_t)c->a[4];
        char path[VFS_PATH_MAX], name[VFS_PATH_MAX + 32];
        struct vfs_file *dir;
        int64_t r;

        if (flags & ~(VFS_AT_EMPTY_PATH | VFS_AT_SYMLINK_NOFOLLOW))
                return -EINVAL;
        r = arg_at(c, c->a[0], c->a[1], path, &dir);
        if (r < 0)
                return r;
        if (path[0] == '/' || (int)c->a[0] == VFS_AT_FDCWD)
                snprintf(name, sizeof(name), "%s", path);
        else
                snprintf(name, sizeof(name), "/dev/fd/%d%s%s", (int)c->a[0], path[0] ? "/" : "", path);
        name[VFS_PATH_MAX - 1] = '\0';
        r = exec_run(c, dir, path, name, flags, c->a[2], c->a[3]);
        desc_start_put(dir);
        return r;
}

/*
 * Mount and user namespaces of one's own are the library's, and so is an fs_struct. What is
 * left in the same call is the host kernel's; both at once cannot be served.
 */
int64_t sys_unshare(struct call *c)
{
        const uint64_t ours = CLONE_NEWNS | CLONE_NEWUSER | CLONE_FS;
        uint64_t flags = c->a[0];
        struct task *t = c->task;
        struct cred *cred = NULL;
        struct vfs_fsctx *fs;
        struct vfs_ctx asks;
        int r;

        if (flags & ~(NEW_NAMESPACES | CLONE_FILES | CLONE_FS | CLONE_SYSVSEM | CLONE_THREAD | CLONE_VM |
                      CLONE_SIGHAND))
                return -EINVAL;
        if (!(flags & ours))
                return CALL_CONTINUE;
        if (flags & NEW_NAMESPACES & ~ours)
                return -EPERM;
        if (flags & ~(ours | CLONE_SYSVSEM))
                return -EINVAL;
        r = vfs_fsctx_copy(t->fs, &fs);
        if (r < 0)
                return r;
        if (flags & CLONE_NEWUSER)
                r = cred_unshare(t->cred, &cred);
        if (r == 0 && (flags & CLONE_NEWNS)) {
                asks = t->ctx;
                if (cred)
                        asks.cred = cred->vfs;
                r = vfs_fsctx_unshare(fs, &asks, (cred ? cred : t->cred)->userns);
        }
        if (r < 0) {
                cred_put(cred);
                vfs_fsctx_put(fs);
                return r;
        }
        if (cred)
                task_set_cred(t, cred);
        task_set_fs(t, fs);
        return 0;
}
