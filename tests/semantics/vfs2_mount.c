/*
 * vfs2_mount.c - vfs2's driver: mounting, and what is mounted.
 */
#include "tests/semantics/vfs2_driver.h"

#include <errno.h>

int64_t vfs2_mount(struct driver *d, const char *source, const char *target, const char *type, uint64_t flags,
                   const char *data)
{
        return vfs_mount(vfs2_ctx(d), source, target, type, flags, data);
}

int64_t vfs2_umount(struct driver *d, const char *target, uint32_t flags)
{
        return vfs_umount(vfs2_ctx(d), target, flags);
}

int64_t vfs2_pivot_root(struct driver *d, const char *new_root, const char *put_old)
{
        struct vfs2_driver *v = vfs2_self(d);
        int64_t r = vfs_fsctx_pivot_root(v->task->fs, vfs2_ctx(d), new_root, put_old);

        /* Other tasks may have been moved: their contexts must not keep the old root busy. */
        for (int i = 0; r == 0 && i <= v->ntasks; i++)
                vfs_fsctx_refresh(v->tasks[i].fs, &v->tasks[i].ctx);
        return r;
}

int64_t vfs2_fsopen(struct driver *d, const char *type, uint32_t flags)
{
        struct vfs_file *file = NULL;
        int64_t r = vfs_fsopen(vfs2_ctx(d), type, flags, &file);

        return vfs2_install(d, r, file, flags & VFS_FSOPEN_CLOEXEC ? VFS_O_CLOEXEC : 0);
}

int64_t vfs2_fspick(struct driver *d, int dirfd, const char *path, uint32_t flags)
{
        struct vfs_file *file = NULL;
        int64_t r = WITH_DIR(d, dirfd, dir, vfs_fspick(vfs2_ctx(d), dir, path, flags, &file));

        return vfs2_install(d, r, file, flags & VFS_FSPICK_CLOEXEC ? VFS_O_CLOEXEC : 0);
}

int64_t vfs2_fsconfig(struct driver *d, int fd, uint32_t cmd, const char *key, const void *value, int aux)
{
        int takes_file = cmd == VFS_FSCONFIG_SET_PATH || cmd == VFS_FSCONFIG_SET_PATH_EMPTY ||
                         cmd == VFS_FSCONFIG_SET_FD;

        return WITH_FILE(d, fd, context,
                         WITH_DIR(d, takes_file ? aux : DRIVER_CWD, file,
                                  vfs_fsconfig(vfs2_ctx(d), context, cmd, key, value, aux, file)));
}

int64_t vfs2_fsmount(struct driver *d, int fd, uint32_t flags, uint32_t attr_flags)
{
        struct vfs_file *file = NULL;
        int64_t r = WITH_FILE(d, fd, context, vfs_fsmount(vfs2_ctx(d), context, flags, attr_flags, &file));

        return vfs2_install(d, r, file, flags & VFS_FSMOUNT_CLOEXEC ? VFS_O_CLOEXEC : 0);
}

int64_t vfs2_open_tree(struct driver *d, int dirfd, const char *path, uint32_t flags)
{
        struct vfs_file *file = NULL;
        int64_t r = WITH_DIR(d, dirfd, dir, vfs_open_tree(vfs2_ctx(d), dir, path, flags, &file));

        return vfs2_install(d, r, file, flags & VFS_OPEN_TREE_CLOEXEC);
}

int64_t vfs2_open_tree_attr(struct driver *d, int dirfd, const char *path, uint32_t flags,
                            const struct vfs_mount_attr *attr, size_t size)
{
        struct vfs_file *file = NULL;
        int64_t r = WITH_DIR(d, dirfd, dir,
                             vfs_open_tree_attr(vfs2_ctx(d), dir, path, flags, attr, size, &file));

        return vfs2_install(d, r, file, flags & VFS_OPEN_TREE_CLOEXEC);
}

int64_t vfs2_move_mount(struct driver *d, int from, const char *from_path, int to, const char *to_path,
                        uint32_t flags)
{
        return WITH_DIR(d, from, from_dir,
                        WITH_DIR(d, to, to_dir,
                                 vfs_move_mount(vfs2_ctx(d), from_dir, from_path, to_dir, to_path, flags)));
}

int64_t vfs2_mount_setattr(struct driver *d, int dirfd, const char *path, uint32_t flags,
                           const struct vfs_mount_attr *attr, size_t size)
{
        return WITH_DIR(d, dirfd, dir, vfs_mount_setattr(vfs2_ctx(d), dir, path, flags, attr, size));
}

/* The library gives the length of the whole text. */
static int64_t written(int64_t length, size_t size)
{
        return length > (int64_t)size ? (int64_t)size : length;
}

int64_t vfs2_mountinfo(struct driver *d, char *buf, size_t size)
{
        return written(vfs_mountinfo(vfs2_ctx(d), buf, size), size);
}

int64_t vfs2_mounts(struct driver *d, char *buf, size_t size)
{
        return written(vfs_mounts(vfs2_ctx(d), buf, size), size);
}

int64_t vfs2_mountstats(struct driver *d, char *buf, size_t size)
{
        return written(vfs_mountstats(vfs2_ctx(d), buf, size), size);
}

int64_t vfs2_statmount(struct driver *d, const struct vfs_mnt_id_req *req, struct vfs_statmount *buf,
                       size_t size, uint32_t flags)
{
        return vfs_statmount(vfs2_ctx(d), req, buf, size, flags);
}

int64_t vfs2_listmount(struct driver *d, const struct vfs_mnt_id_req *req, uint64_t *ids, size_t n,
                       uint32_t flags)
{
        return vfs_listmount(vfs2_ctx(d), req, ids, n, flags);
}
