/*
 * dentry_mounts.c - what is mounted on a dentry, whatever the mount and the
 * namespace; and what that means for removing and renaming the dentry.
 *
 * The index is a table of lists, chosen by a hash of the dentry's address; a list
 * holds the mounts on all dentries of its bucket. It doubles when there are more
 * mounts than buckets, and is used under mount_lock only. One list is long when
 * one dentry has many mounts (in many namespaces, say); adding and removing take
 * constant time even then.
 *
 * A mount point may not be removed or renamed over in the caller's namespace
 * (EBUSY); elsewhere it may, and then what others had mounted on it is unmounted.
 * Two phases, so that nobody can mount on the victim in between: prepare returns
 * holding its lock. Dentries that are no mount points take nothing but that lock;
 * for the others prepare takes mount_lock first, since the index is read under it,
 * and releases it before it returns.
 */
#include "mount/internal.h"

#include <errno.h>

#include "vfs/object/dentry.h"

#define VFS_MOUNT_POINTS_MIN_LOG2 4u

/*
 * The index
 */

static struct vfs_mount **vfs_mount_points_bucket(struct vfs_mount **buckets, uint32_t log2,
                                                  const struct vfs_dentry *point)
{
        /* A list per bucket needs no secret: colliding addresses cost only those who own them a longer list. */
        return &buckets[((uintptr_t)point * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - log2)];
}

static void vfs_mount_points_link(struct vfs_mount **bucket, struct vfs_mount *m)
{
        m->point_next = *bucket;
        m->point_prev = bucket;
        if (m->point_next != NULL)
                m->point_next->point_prev = &m->point_next;
        *bucket = m;
}

int vfs_mount_points_reserve(struct vfs_mount_points *points, struct vfs *vfs, uint32_t n)
{
        uint64_t need = (uint64_t)points->count + n;
        uint32_t log2 = points->buckets != NULL ? points->log2 : VFS_MOUNT_POINTS_MIN_LOG2;
        struct vfs_mount **buckets, *m, *next;

        while (need > UINT64_C(1) << log2)
                log2++;
        if (points->buckets != NULL && log2 == points->log2)
                return 0;
        buckets = vfs_zalloc(&vfs->allocator, sizeof(*buckets) << log2);
        if (buckets == NULL)
                return -ENOMEM;
        for (uint64_t i = 0; points->buckets != NULL && i < UINT64_C(1) << points->log2; i++) {
                for (m = points->buckets[i]; m != NULL; m = next) {
                        next = m->point_next;
                        vfs_mount_points_link(vfs_mount_points_bucket(buckets, log2, m->point), m);
                }
        }
        vfs_dealloc(&vfs->allocator, points->buckets, sizeof(*buckets) << points->log2);
        points->buckets = buckets;
        points->log2 = log2;
        return 0;
}

void vfs_mount_points_add(struct vfs_mount_points *points, struct vfs_mount *m)
{
        vfs_mount_points_link(vfs_mount_points_bucket(points->buckets, points->log2, m->point), m);
        points->count++;
}

void vfs_mount_points_remove(struct vfs_mount_points *points, struct vfs_mount *m)
{
        *m->point_prev = m->point_next;
        if (m->point_next != NULL)
                m->point_next->point_prev = m->point_prev;
        points->count--;
}

void vfs_mount_points_fini(struct vfs_mount_points *points, struct vfs *vfs)
{
        vfs_dealloc(&vfs->allocator, points->buckets, sizeof(*points->buckets) << points->log2);
        points->buckets = NULL;
}

struct vfs_mount *vfs_mount_points_find(const struct vfs_mount_points *points, const struct vfs_dentry *d,
                                        const struct vfs_mntns *ns)
{
        struct vfs_mount *m;

        if (points->buckets == NULL)
                return NULL;
        m = *vfs_mount_points_bucket(points->buckets, points->log2, d);
        while (m != NULL && (m->point != d || (ns != NULL && m->ns != ns)))
                m = m->point_next;
        return m;
}

/*
 * Removing and renaming
 */

/* In the order of their addresses; b may be NULL. */
static void vfs_dentry_lock_both(struct vfs_dentry *a, struct vfs_dentry *b)
{
        struct vfs_dentry *first = b == NULL || a < b ? a : b;

        vfs_mutex_lock(&first->lock, VFS_LOCK_DENTRY);
        if (b != NULL)
                vfs_mutex_lock(&(first == a ? b : a)->lock, VFS_LOCK_DENTRY);
}

static void vfs_dentry_unlock_both(struct vfs_dentry *a, struct vfs_dentry *b)
{
        vfs_mutex_unlock(&a->lock, VFS_LOCK_DENTRY);
        if (b != NULL)
                vfs_mutex_unlock(&b->lock, VFS_LOCK_DENTRY);
}

int vfs_dentry_prepare_rename(struct vfs_mntns *ns, struct vfs_dentry *from, struct vfs_dentry *to)
{
        struct vfs *vfs = from->fs->vfs;
        const struct vfs_mount_points *points;
        int r = 0;

        vfs_assert(from != to);
        vfs_dentry_lock_both(from, to);
        if (vfs_likely(from->mounts == 0 && (to == NULL || to->mounts == 0)))
                return 0;
        vfs_dentry_unlock_both(from, to);

        vfs_mounts_lock(vfs);
        vfs_dentry_lock_both(from, to);
        points = &vfs_mounts_of(vfs)->points;
        /* Without a namespace to ask about, nothing is the caller's mount point. */
        if (ns != NULL && (vfs_mount_points_find(points, from, ns) != NULL ||
                           (to != NULL && vfs_mount_points_find(points, to, ns) != NULL)))
                r = -EBUSY;
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        if (r < 0)
                vfs_dentry_unlock_both(from, to);
        return r;
}

void vfs_dentry_abort_rename(struct vfs_dentry *from, struct vfs_dentry *to)
{
        vfs_dentry_unlock_both(from, to);
}

void vfs_dentry_commit_rename(struct vfs_dentry *from, struct vfs_dentry *to, int replaced)
{
        if (to != NULL && replaced)
                vfs_dentry_set_flags_locked(to, VFS_D_DEAD, 0);
        vfs_dentry_unlock_both(from, to);
}

int vfs_dentry_prepare_delete(struct vfs_mntns *ns, struct vfs_dentry *d)
{
        return vfs_dentry_prepare_rename(ns, d, NULL);
}

void vfs_dentry_abort_delete(struct vfs_dentry *d)
{
        vfs_mutex_unlock(&d->lock, VFS_LOCK_DENTRY);
}

void vfs_dentry_commit_delete(struct vfs_dentry *d)
{
        vfs_dentry_set_flags_locked(d, VFS_D_DEAD, 0);
        vfs_mutex_unlock(&d->lock, VFS_LOCK_DENTRY);
}

void vfs_dentry_detach_mounts(struct vfs_dentry *d)
{
        struct vfs *vfs = d->fs->vfs;
        struct vfs_mount_drops drops = { NULL };
        struct vfs_mount *m;

        /* d is dead: if it has no mounts now, it gets none. */
        if (!(vfs_load(&d->word) & VFS_D_MOUNTED))
                return;
        vfs_mounts_lock(vfs);
        for (;;) {
                m = vfs_mount_points_find(&vfs_mounts_of(vfs)->points, d, NULL);
                if (m == NULL)
                        break;
                if (m->ns != NULL) {
                        vfs_umount_tree_locked(&drops, m, VFS_UMOUNT_CONNECTED);
                } else {
                        /* Already detached, and left connected to a mount that still lives. */
                        vfs_mount_disconnect_locked(m);
                        vfs_mount_drop_locked(&drops, m);
                }
        }
        vfs_mounts_unlock(vfs, &drops);
}
