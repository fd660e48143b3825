/*
 * host_driver.h - what the files of the host's driver share.
 */
#ifndef TESTS_SEMANTICS_HOST_DRIVER_H
#define TESTS_SEMANTICS_HOST_DRIVER_H

#include "tests/semantics/driver.h"

#include <errno.h>

#define HOST_TASKS 4
#define HOST_NS    8

/* Descriptors of the driver's own, out of the way of the numbers that tests see. */
#define HOST_FD_PROC  900
#define HOST_FD_WATCH 901 /* and one more for each task */
#define HOST_FD_NS    910 /* and one more for each namespace */

struct host_driver {
        struct driver driver;
        int proc;         /* the host's /proc */
        int task, ntasks; /* the current one; how many were made beside the first */
        int nns;
};

static inline struct host_driver *host_self(struct driver *d)
{
        return (struct host_driver *)d;
}

#define PROC(d) (host_self(d)->proc)

static inline int64_t answer(int64_t r)
{
        return r < 0 ? -errno : r;
}

/* Moves a descriptor to a number; returns where it is now. */
int host_out_of_the_way(int fd, int number);
/* Makes of the permitted capabilities these effective. */
int host_capset(uint64_t effective);

/* host_task.c */
void host_tasks_end(struct driver *d);
/* The current task's have changed. */
void host_new_credentials(struct driver *d);
int64_t host_task_new(struct driver *d);
int64_t host_task_switch(struct driver *d, int task);
int64_t host_unshare(struct driver *d, uint32_t flags, const struct driver_ids *ids);
int64_t host_ns_save(struct driver *d);
int64_t host_ns_enter(struct driver *d, int ns);
int64_t host_ns_drop(struct driver *d, int ns);
int64_t host_ns_id(struct driver *d, int ns, uint64_t *ret_id);

/* host_mount.c */
int64_t host_mount(struct driver *d, const char *source, const char *target, const char *type, uint64_t flags,
                   const char *data);
int64_t host_umount(struct driver *d, const char *target, uint32_t flags);
int64_t host_pivot_root(struct driver *d, const char *new_root, const char *put_old);
int64_t host_fsopen(struct driver *d, const char *type, uint32_t flags);
int64_t host_fspick(struct driver *d, int dir, const char *path, uint32_t flags);
int64_t host_fsconfig(struct driver *d, int fd, uint32_t cmd, const char *key, const void *value, int aux);
int64_t host_fsmount(struct driver *d, int fd, uint32_t flags, uint32_t attr_flags);
int64_t host_open_tree(struct driver *d, int dir, const char *path, uint32_t flags);
int64_t host_open_tree_attr(struct driver *d, int dir, const char *path, uint32_t flags,
                            const struct vfs_mount_attr *attr, size_t size);
int64_t host_move_mount(struct driver *d, int from, const char *from_path, int to, const char *to_path,
                        uint32_t flags);
int64_t host_mount_setattr(struct driver *d, int dir, const char *path, uint32_t flags,
                           const struct vfs_mount_attr *attr, size_t size);
int64_t host_mountinfo(struct driver *d, char *buf, size_t size);
int64_t host_mounts(struct driver *d, char *buf, size_t size);
int64_t host_mountstats(struct driver *d, char *buf, size_t size);
int64_t host_mounts_watch(struct driver *d);
int64_t host_mounts_changed(struct driver *d);
int64_t host_mounts_unwatch(struct driver *d);
int64_t host_statmount(struct driver *d, const struct vfs_mnt_id_req *req, struct vfs_statmount *buf,
                       size_t size, uint32_t flags);
int64_t host_listmount(struct driver *d, const struct vfs_mnt_id_req *req, uint64_t *ids, size_t n,
                       uint32_t flags);

#endif
