/*
 * device.c - the registry of devices.
 *
 * A short list under the registry lock: an embedder has a handful of devices, and
 * opening one is rare. The lock is not held while a device opens, so who
 * unregisters a device sees to it that nobody is opening it.
 */
#include "vfs/object/device.h"

#include <errno.h>

struct vfs_device {
        struct vfs_device *next;
        uint32_t type, major, minor;
        const struct vfs_device_ops *ops;
        void *device;
};

/* The link that points at the entry, or at the list's end. Called with registry_lock held. */
static struct vfs_device **vfs_device_link_locked(struct vfs *vfs, uint32_t type, uint32_t major,
                                                  uint32_t minor)
{
        struct vfs_device **link = &vfs->devices;

        while (*link != NULL && ((*link)->type != type || (*link)->major != major || (*link)->minor != minor))
                link = &(*link)->next;
        return link;
}

int vfs_device_register(struct vfs *vfs, uint32_t type, uint32_t major, uint32_t minor,
                        const struct vfs_device_ops *ops, void *device)
{
        struct vfs_device *entry, **link;
        int r = 0;

        if ((type != VFS_S_IFCHR && type != VFS_S_IFBLK) || ops->size < sizeof(*ops) || ops->open == NULL)
                return -EINVAL;
        entry = vfs_mem_zalloc(vfs, sizeof(*entry));
        if (entry == NULL)
                return -ENOMEM;
        entry->type = type;
        entry->major = major;
        entry->minor = minor;
        entry->ops = ops;
        entry->device = device;
        vfs_mutex_lock(&vfs->registry_lock, VFS_LOCK_LEAF);
        link = vfs_device_link_locked(vfs, type, major, minor);
        if (*link == NULL)
                *link = entry;
        else
                r = -EBUSY;
        vfs_mutex_unlock(&vfs->registry_lock, VFS_LOCK_LEAF);
        if (r < 0)
                vfs_mem_free(vfs, entry, sizeof(*entry));
        return r;
}

int vfs_device_unregister(struct vfs *vfs, uint32_t type, uint32_t major, uint32_t minor)
{
        struct vfs_device *entry, **link;

        vfs_mutex_lock(&vfs->registry_lock, VFS_LOCK_LEAF);
        link = vfs_device_link_locked(vfs, type, major, minor);
        entry = *link;
        if (entry != NULL)
                *link = entry->next;
        vfs_mutex_unlock(&vfs->registry_lock, VFS_LOCK_LEAF);
        if (entry == NULL)
                return -EINVAL;
        vfs_mem_free(vfs, entry, sizeof(*entry));
        return 0;
}

int vfs_device_find(struct vfs *vfs, uint32_t type, uint32_t major, uint32_t minor,
                    const struct vfs_device_ops **ret_ops, void **ret_device)
{
        struct vfs_device *entry;
        int r = -ENXIO;

        vfs_mutex_lock(&vfs->registry_lock, VFS_LOCK_LEAF);
        entry = *vfs_device_link_locked(vfs, type, major, minor);
        if (entry != NULL) {
                *ret_ops = entry->ops;
                *ret_device = entry->device;
                r = 0;
        }
        vfs_mutex_unlock(&vfs->registry_lock, VFS_LOCK_LEAF);
        return r;
}

void vfs_devices_fini(struct vfs *vfs)
{
        while (vfs->devices != NULL) {
                struct vfs_device *entry = vfs->devices;

                vfs->devices = entry->next;
                vfs_mem_free(vfs, entry, sizeof(*entry));
        }
}
