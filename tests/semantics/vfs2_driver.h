/*
 * vfs2_driver.h - what the files of vfs2's driver share.
 */
#ifndef TESTS_SEMANTICS_VFS2_DRIVER_H
#define TESTS_SEMANTICS_VFS2_DRIVER_H

#include "tests/semantics/driver.h"

#include <vfs/host.h>
#include <vfs/vfs.h>

#define VFS2_TASKS 4
#define VFS2_NS    8

struct vfs2_task {
        const struct vfs_cred *cred;
        struct vfs_userns *userns; /* NULL: the first */
        uint32_t uid, gid;
        struct vfs_fsctx *fs;
        struct vfs_ctx ctx;
        struct vfs_mntns *watched;
        uint64_t event; /* of watched, when it was last looked at */
};

struct vfs2_driver {
        struct driver driver;
        struct vfs *vfs;
        struct vfs_fdtable *fds;
        struct vfs2_task tasks[VFS2_TASKS];
        struct vfs2_task *task; /* the current one */
        int ntasks, nns;
        struct vfs_mntns *ns[VFS2_NS];
        struct vfs_host_type host_type;     /* of the passthrough driver */
        struct driver_ops passthrough_ops;
        struct vfs_timespec now; /* the clock's last answer: each is later than the one before */
};

static inline struct vfs2_driver *vfs2_self(struct driver *d)
{
        return (struct vfs2_driver *)d;
}

/* The context of the current task's next operation. */
static inline const struct vfs_ctx *vfs2_ctx(struct driver *d)
{
        struct vfs2_task *task = vfs2_self(d)->task;

        vfs_fsctx_refresh(task->fs, &task->ctx);
        task->ctx.cred = task->cred;
        return &task->ctx;
}

/* The file behind a starting point: NULL for the working directory, VFS_BAD_FILE for a closed number. */
static inline struct vfs_file *vfs2_start_get(struct driver *d, int fd)
{
        struct vfs_file *file;

        if (fd == DRIVER_CWD)
                return NULL;
        if (vfs_fdtable_file(vfs2_self(d)->fds, fd, &file) < 0)
                return VFS_BAD_FILE;
        return file;
}

static inline void vfs2_start_put(struct vfs_file *file)
{
        if (file != VFS_BAD_FILE)
                vfs_file_put(file);
}

/* Runs expr with the open file of a number as file. */
#define WITH_FILE(d, fd, file, expr)                                                  \
        __extension__({                                                               \
                struct vfs_file *file;                                                \
                int64_t file##_r_ = vfs_fdtable_file(vfs2_self(d)->fds, (fd), &file); \
                if (file##_r_ == 0) {                                                 \
                        file##_r_ = (expr);                                           \
                        vfs_file_put(file);                                           \
                }                                                                     \
                file##_r_;                                                            \
        })

/* Runs expr with a starting point as dir. */
#define WITH_DIR(d, fd, dir, expr)                                \
        __extension__({                                           \
                struct vfs_file *dir = vfs2_start_get((d), (fd)); \
                int64_t dir##_r_ = (expr);                        \
                vfs2_start_put(dir);                              \
                dir##_r_;                                         \
        })

/* Gives a file that a call made, if r says so, a number. */
int64_t vfs2_install(struct driver *d, int64_t r, struct vfs_file *file, uint32_t flags);

/* vfs2_task.c */
int vfs2_task_init(struct vfs2_task *task, struct vfs *vfs, struct vfs_fsctx *fs);
void vfs2_tasks_end(struct vfs2_driver *v);
int64_t vfs2_set_cred(struct driver *d, const struct driver_cred *cred);
int64_t vfs2_task_new(struct driver *d);
int64_t vfs2_task_switch(struct driver *d, int task);
int64_t vfs2_unshare(struct driver *d, uint32_t flags, const struct driver_ids *ids);
int64_t vfs2_ns_save(struct driver *d);
int64_t vfs2_ns_enter(struct driver *d, int ns);
int64_t vfs2_ns_drop(struct driver *d, int ns);
int64_t vfs2_ns_id(struct driver *d, int ns, uint64_t *ret_id);
int64_t vfs2_mounts_watch(struct driver *d);
int64_t vfs2_mounts_changed(struct driver *d);
int64_t vfs2_mounts_unwatch(struct driver *d);

/* vfs2_mount.c */
int64_t vfs2_mount(struct driver *d, const char *source, const char *target, const char *type, uint64_t flags,
                   const char *data);
int64_t vfs2_umount(struct driver *d, const char *target, uint32_t flags);
int64_t vfs2_pivot_root(struct driver *d, const char *new_root, const char *put_old);
int64_t vfs2_fsopen(struct driver *d, const char *type, uint32_t flags);
int64_t vfs2_fspick(struct driver *d, int dirfd, const char *path, uint32_t flags);
int64_t vfs2_fsconfig(struct driver *d, int fd, uint32_t cmd, const char *key, const void *value, int aux);
int64_t vfs2_fsmount(struct driver *d, int fd, uint32_t flags, uint32_t attr_flags);
int64_t vfs2_open_tree(struct driver *d, int dirfd, const char *path, uint32_t flags);
int64_t vfs2_open_tree_attr(struct driver *d, int dirfd, const char *path, uint32_t flags,
                            const struct vfs_mount_attr *attr, size_t size);
int64_t vfs2_move_mount(struct driver *d, int from, const char *from_path, int to, const char *to_path,
                        uint32_t flags);
int64_t vfs2_mount_setattr(struct driver *d, int dirfd, const char *path, uint32_t flags,
                           const struct vfs_mount_attr *attr, size_t size);
int64_t vfs2_mountinfo(struct driver *d, char *buf, size_t size);
int64_t vfs2_mounts(struct driver *d, char *buf, size_t size);
int64_t vfs2_mountstats(struct driver *d, char *buf, size_t size);
int64_t vfs2_statmount(struct driver *d, const struct vfs_mnt_id_req *req, struct vfs_statmount *buf,
                       size_t size, uint32_t flags);
int64_t vfs2_listmount(struct driver *d, const struct vfs_mnt_id_req *req, uint64_t *ids, size_t n,
                       uint32_t flags);

#endif
