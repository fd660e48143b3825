/*
 * device.c - the devices of /dev: opening one gives the guest the host's device itself.
 *
 * The library checks path and permissions and asks here; the file that is returned only
 * carries the host's descriptor to desc_install, which injects it. From then on it
 * is a descriptor of the host's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <vfs/fsapi.h>

#include "tools/vfsrun/vfsrun.h"

static const struct device {
        uint32_t major, minor;
        const char *name;
} devices[] = {
        { 1, 3, "null" },   { 1, 5, "zero" }, { 1, 7, "full" }, { 1, 8, "random" },
        { 1, 9, "urandom" }, { 5, 0, "tty" },
};
#define DEVICES (sizeof(devices) / sizeof(*devices))

static void host_release(struct vfs_file *file)
{
        close((int)(intptr_t)file->priv);
}

static const struct vfs_file_ops host_ops = { .size = sizeof(host_ops), .release = host_release };

static int device_open(void *device, const struct vfs_ctx *ctx, const struct vfs_path *path, uint32_t flags,
                       struct vfs_file **ret_file)
{
        const struct device *dev = device;
        char host[32];
        int fd, r;

        snprintf(host, sizeof(host), "/dev/%s", dev->name);
        fd = open(host,
                  (int)(flags & (VFS_O_ACCMODE | VFS_O_NONBLOCK | VFS_O_APPEND)) | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = vfs_file_new(ctx, path, &host_ops, flags, sizeof(struct vfs_file), ret_file);
        if (r < 0)
                close(fd);
        else
                (*ret_file)->priv = (void *)(intptr_t)fd;
        return r;
}

static const struct vfs_device_ops device_ops = { .size = sizeof(device_ops), .open = device_open };

int device_host_fd(const struct vfs_file *file)
{
        return file->ops == &host_ops ? (int)(intptr_t)file->priv : -1;
}

int devices_register(struct vfs *vfs)
{
        int r = 0;

        for (size_t i = 0; i < DEVICES && r == 0; i++)
                r = vfs_device_register(vfs, VFS_S_IFCHR, devices[i].major, devices[i].minor, &device_ops,
                                        (void *)&devices[i]);
        return r;
}

/* What is there already stays. */
int devices_populate(const struct vfs_ctx *ctx)
{
        static const char *const folders[] = { "/dev", "/proc", "/dev/shm", "/tmp" };
        static const struct {
                const char *name, *target;
        } links[] = {
                { "/dev/fd", "/proc/self/fd" },
                { "/dev/stdin", "/proc/self/fd/0" },
                { "/dev/stdout", "/proc/self/fd/1" },
                { "/dev/stderr", "/proc/self/fd/2" },
        };
        struct vfs_ctx no_mask = *ctx;
        char path[32];
        int r = 0;

        no_mask.umask = 0;
        for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && (r == 0 || r == -EEXIST); i++)
                r = vfs_mkdir(&no_mask, NULL, folders[i], i < 2 ? 0755 : 01777);
        for (size_t i = 0; i < DEVICES && (r == 0 || r == -EEXIST); i++) {
                snprintf(path, sizeof(path), "/dev/%s", devices[i].name);
                r = vfs_mknod(&no_mask, NULL, path, VFS_S_IFCHR | 0666,
                              VFS_DEV(devices[i].major, devices[i].minor));
        }
        for (size_t i = 0; i < sizeof(links) / sizeof(*links) && (r == 0 || r == -EEXIST); i++)
                r = vfs_symlink(&no_mask, links[i].target, NULL, links[i].name);
        return r == -EEXIST ? 0 : r;
}
