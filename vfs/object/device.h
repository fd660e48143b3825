/*
 * device.h - the registry of devices: which operations a device number has.
 */
#ifndef VFS_OBJECT_DEVICE_H
#define VFS_OBJECT_DEVICE_H

#include "vfs/object/instance.h"

/* What is registered for a number. Errors: ENXIO. */
int vfs_device_find(struct vfs *vfs, uint32_t type, uint32_t major, uint32_t minor,
                    const struct vfs_device_ops **ret_ops, void **ret_device);

/* Frees what was not unregistered: from vfs_free. */
void vfs_devices_fini(struct vfs *vfs);

#endif
