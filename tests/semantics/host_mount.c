/*
 * host_mount.c - the host's driver: mounting, and what is mounted.
 */
#include "tests/semantics/host_driver.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By number: the same on all architectures, and not in every C library's headers. */
enum {
        NR_open_tree = 428,
        NR_move_mount = 429,
        NR_fsopen = 430,
        NR_fsconfig = 431,
        NR_fsmount = 432,
        NR_fspick = 433,
        NR_mount_setattr = 442,
        NR_statmount = 457,
        NR_listmount = 458,
        NR_open_tree_attr = 467,
};

int64_t host_mount(struct driver *d, const char *source, const char *target, const char *type, uint64_t flags,
                   const char *data)
{
        return answer(syscall(SYS_mount, source, target, type, flags, data));
}

int64_t host_umount(struct driver *d, const char *target, uint32_t flags)
{
        return answer(umount2(target, (int)flags));
}

int64_t host_pivot_root(struct driver *d, const char *new_root, const char *put_old)
{
        return answer(syscall(SYS_pivot_root, new_root, put_old));
}

int64_t host_fsopen(struct driver *d, const char *type, uint32_t flags)
{
        return answer(syscall(NR_fsopen, type, flags));
}

int64_t host_fspick(struct driver *d, int dir, const char *path, uint32_t flags)
{
        return answer(syscall(NR_fspick, dir, path, flags));
}

int64_t host_fsconfig(struct driver *d, int fd, uint32_t cmd, const char *key, const void *value, int aux)
{
        return answer(syscall(NR_fsconfig, fd, cmd, key, value, aux));
}

int64_t host_fsmount(struct driver *d, int fd, uint32_t flags, uint32_t attr_flags)
{
        return answer(syscall(NR_fsmount, fd, flags, attr_flags));
}

int64_t host_open_tree(struct driver *d, int dir, const char *path, uint32_t flags)
{
        return answer(syscall(NR_open_tree, dir, path, flags));
}

int64_t host_open_tree_attr(struct driver *d, int dir, const char *path, uint32_t flags,
                            const struct vfs_mount_attr *attr, size_t size)
{
        return answer(syscall(NR_open_tree_attr, dir, path, flags, attr, size));
}

int64_t host_move_mount(struct driver *d, int from, const char *from_path, int to, const char *to_path,
                        uint32_t flags)
{
        return answer(syscall(NR_move_mount, from, from_path, to, to_path, flags));
}

int64_t host_mount_setattr(struct driver *d, int dir, const char *path, uint32_t flags,
                           const struct vfs_mount_attr *attr, size_t size)
{
        return answer(syscall(NR_mount_setattr, dir, path, flags, attr, size));
}

/* Takes out what some kernels add to the options of every tmpfs. */
static size_t without(char *buf, size_t used, const char *option)
{
        size_t n = strlen(option);
        char *at;

        while ((at = memmem(buf, used, option, n))) {
                memmove(at, at + n, (size_t)(buf + used - at) - n);
                used -= n;
        }
        return used;
}

static int64_t listing(struct driver *d, const char *name, char *buf, size_t size)
{
        size_t used = 0;
        ssize_t n = 0;
        int fd;

        fd = openat(PROC(d), name, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        while (used < size) {
                n = read(fd, buf + used, size - used);
                if (n <= 0)
                        break;
                used += (size_t)n;
        }
        close(fd);
        used = without(buf, used, ",seclabel");
        used = without(buf, used, ",inode64");
        return n < 0 ? -EIO : (int64_t)used;
}

int64_t host_mountinfo(struct driver *d, char *buf, size_t size)
{
        return listing(d, "self/mountinfo", buf, size);
}

int64_t host_mounts(struct driver *d, char *buf, size_t size)
{
        return listing(d, "self/mounts", buf, size);
}

int64_t host_mountstats(struct driver *d, char *buf, size_t size)
{
        return listing(d, "self/mountstats", buf, size);
}

static int watch_of(struct driver *d)
{
        return HOST_FD_WATCH + host_self(d)->task;
}

int64_t host_mounts_watch(struct driver *d)
{
        int fd = openat(PROC(d), "self/mountinfo", O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        host_out_of_the_way(fd, watch_of(d));
        return 0;
}

int64_t host_mounts_changed(struct driver *d)
{
        struct pollfd p = { .fd = watch_of(d), .events = POLLPRI };

        if (poll(&p, 1, 0) < 0)
                return -errno;
        if (p.revents & POLLNVAL)
                return -EBADF;
        return p.revents != 0;
}

int64_t host_mounts_unwatch(struct driver *d)
{
        return answer(close(watch_of(d)));
}

int64_t host_statmount(struct driver *d, const struct vfs_mnt_id_req *req, struct vfs_statmount *buf,
                       size_t size, uint32_t flags)
{
        return answer(syscall(NR_statmount, req, buf, size, flags));
}

int64_t host_listmount(struct driver *d, const struct vfs_mnt_id_req *req, uint64_t *ids, size_t n,
                       uint32_t flags)
{
        return answer(syscall(NR_listmount, req, ids, n, flags));
}
