/*
 * config.c - what an instance was configured with: its clock, its settings and
 * its memory.
 */
#include <time.h>

#include "vfs/object/instance.h"

/*
 * DIFF-LINUX: timestamps move with the clock's ticks. Since 6.13 Linux takes a finer
 * clock for a file whose times somebody has looked at.
 */
void vfs_now(struct vfs *vfs, struct vfs_timespec *ret_now)
{
        struct timespec ts = { 0 };

        if (vfs->config.clock != NULL) {
                vfs->config.clock(vfs->config.clock_user, ret_now);
                return;
        }
        clock_gettime(CLOCK_REALTIME_COARSE, &ts);
        ret_now->sec = ts.tv_sec;
        ret_now->nsec = ts.tv_nsec;
}

const struct vfs_config *vfs_settings(const struct vfs *vfs)
{
        return &vfs->config;
}

void *vfs_mem_zalloc(struct vfs *vfs, size_t size)
{
        return vfs_zalloc(&vfs->allocator, size);
}

void vfs_mem_free(struct vfs *vfs, void *p, size_t size)
{
        vfs_dealloc(&vfs->allocator, p, size);
}
