/*
 * mount.c - a mount by itself: making and freeing it, its references, its writers.
 *
 * References. A mount's tree reference stands for its being attached to a
 * namespace (or for its maker, until then); everybody who keeps a path has one
 * more, and so has each mount on it that is attached. At 0 the mount is freed.
 * VFS_MOUNT_UMOUNTED is set by an eager unmount in the same compare-and-swap that
 * finds nobody else holding the mount, so that a lock-free walk which still sees
 * the mount cannot make a new reference out of it.
 *
 * Putting may enter a filesystem and may free a tree of mounts. So it happens
 * with no lock held, and in a loop rather than by recursion: a guest can stack
 * mounts as deep as mount_max.
 *
 * Writers. A writer adds itself to the mount's count, then looks at the
 * filesystem's flags; remounting a filesystem read-only marks the flags, then
 * looks at the counts. Both are full barriers, so at least one sees the other.
 * The mark makes writers wait instead of refusing them, since the remount may
 * still fail; the wait is as long as a scan of the instance's mounts.
 */
#include "mount/mount.h"

#include <errno.h>

#include "mount/internal.h"

/* MNT_UNIQUE_ID_OFFSET of Linux: unique ids are never taken for the small ones. */
#define VFS_MOUNT_UNIQUE_ID_FIRST (UINT64_C(1) << 31)

int vfs_mounts_init(struct vfs *vfs)
{
        struct vfs_mounts *mounts = vfs_zalloc(&vfs->allocator, sizeof(*mounts));
        int r;

        if (mounts == NULL)
                return -ENOMEM;
        r = vfs_mount_table_init(&mounts->table, vfs, vfs->hash_key[0]);
        if (r < 0) {
                vfs_dealloc(&vfs->allocator, mounts, sizeof(*mounts));
                return r;
        }
        vfs->mount_table = &mounts->table;
        vfs->next_mount_unique_id = VFS_MOUNT_UNIQUE_ID_FIRST;
        return 0;
}

void vfs_mounts_fini(struct vfs *vfs)
{
        struct vfs_mounts *mounts;

        if (vfs->mount_table == NULL)
                return;
        mounts = vfs_mounts_of(vfs);
        vfs_assert(mounts->all == NULL);
        vfs_mount_table_fini(&mounts->table, vfs);
        vfs_mount_points_fini(&mounts->points, vfs);
        vfs_mount_ids_fini(&mounts->ids, vfs);
        vfs_mount_ids_fini(&mounts->peer_ids, vfs);
        vfs->mount_table = NULL;
        vfs_dealloc(&vfs->allocator, mounts, sizeof(*mounts));
}

/* A random-looking word for the n-th mount, by a permutation that the instance's keys choose. */
static uint64_t vfs_mount_hash_word(const struct vfs *vfs, uint64_t n)
{
        uint64_t h = (n ^ vfs->hash_key[1]) * (vfs->hash_key[2] | 1);

        h ^= h >> 32;
        h *= vfs->hash_key[3] | 1;
        return h ^ (h >> 29);
}

int vfs_mount_new_locked(struct vfs *vfs, struct vfs_filesystem *fs, struct vfs_dentry *root, uint32_t flags,
                         struct vfs_mount **ret_mount)
{
        struct vfs_mounts *mounts = vfs_mounts_of(vfs);
        struct vfs_mount *m = vfs_zalloc(&vfs->allocator, sizeof(*m));
        int r;

        if (m == NULL)
                return -ENOMEM;
        r = vfs_mount_ids_alloc(&mounts->ids, vfs, &m->id);
        if (r < 0) {
                vfs_dealloc(&vfs->allocator, m, sizeof(*m));
                return r;
        }
        m->unique_id = ++vfs->next_mount_unique_id;
        m->hash = vfs_mount_hash_word(vfs, m->unique_id);
        m->vfs = vfs;
        m->fs = fs;
        m->root = root;
        m->flags = flags & VFS_MOUNT_FLAGS;
        m->children_tail = &m->children;
        m->refs = 1;
        m->writers = flags & VFS_MS_RDONLY ? VFS_MOUNT_RDONLY : 0;
        vfs_filesystem_get(fs);
        vfs_dentry_get(root);

        m->all_next = mounts->all;
        m->all_prev = &mounts->all;
        if (m->all_next != NULL)
                m->all_next->all_prev = &m->all_next;
        mounts->all = m;
        vfs->nmounts++;
        vfs_track_ref(&vfs->track, m, "mount", 1);
        *ret_mount = m;
        return 0;
}

static void vfs_mount_free(struct vfs_deferred *d, void *owner)
{
        struct vfs_mount *m = vfs_container_of(d, struct vfs_mount, deferred);
        struct vfs *vfs = owner;

        vfs_dealloc(&vfs->allocator, m, sizeof(*m));
}

/* Drops one reference; true when it was the last. */
static bool vfs_mount_unref(struct vfs_mount *m)
{
        uint64_t old;

        vfs_track_ref(&m->vfs->track, m, "mount", -1);
        old = vfs_fetch_add_u64(&m->refs, (uint64_t)-1);
        vfs_check((old & ~VFS_MOUNT_UMOUNTED) != 0);
        return (old & ~VFS_MOUNT_UMOUNTED) == 1;
}

/* The last reference is gone: what lazily stayed mounted on m goes too, then m itself. */
static void vfs_mount_kill(struct vfs_mount_drops *drops, struct vfs_mount *m)
{
        struct vfs *vfs = m->vfs;
        struct vfs_mounts *mounts = vfs_mounts_of(vfs);
        struct vfs_mount_drops connected = { NULL };
        struct vfs_mount *child;

        vfs_mounts_lock(vfs);
        while ((child = m->children) != NULL) {
                vfs_mount_disconnect_locked(child);
                vfs_mount_drop_locked(&connected, child);
        }
        vfs_assert(m->ns == NULL && m->parent == NULL && m->peers == NULL);
        *m->all_prev = m->all_next;
        if (m->all_next != NULL)
                m->all_next->all_prev = m->all_prev;
        vfs_mount_ids_free(&mounts->ids, m->id);
        vfs->nmounts--;
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);

        /* Their mount points are dentries of m's filesystem, which may go now. */
        while ((child = connected.first) != NULL) {
                connected.first = child->drop_next;
                vfs_dentry_put(child->drop_point);
                child->drop_point = NULL;
                vfs_mount_drop_locked(drops, child);
        }
        vfs_dentry_put(m->root);
        vfs_filesystem_put(m->fs);
        m->deferred.free = vfs_mount_free;
        vfs_defer(vfs, &m->deferred);
}

/* Puts everything in drops, and what that frees in turn. No lock held. */
static void vfs_mount_drops_run(struct vfs_mount_drops *drops)
{
        struct vfs_mount *dead = NULL;

        for (;;) {
                struct vfs_mount *m, *parent;

                if (dead != NULL) {
                        m = dead;
                        dead = m->drop_next;
                        vfs_mount_kill(drops, m);
                        continue;
                }
                m = drops->first;
                if (m == NULL)
                        return;
                drops->first = m->drop_next;
                /* A dentry goes before the mount that keeps its filesystem. */
                parent = m->drop_parent;
                if (m->drop_point != NULL)
                        vfs_dentry_put(m->drop_point);
                m->drop_point = NULL;
                m->drop_parent = NULL;
                if (parent != NULL && vfs_mount_unref(parent)) {
                        parent->drop_next = dead;
                        dead = parent;
                }
                if (vfs_mount_unref(m)) {
                        m->drop_next = dead;
                        dead = m;
                }
        }
}

void vfs_mount_unref_locked(struct vfs_mount *m)
{
        vfs_check(!vfs_mount_unref(m));
}

void vfs_mount_drop_locked(struct vfs_mount_drops *drops, struct vfs_mount *m)
{
        m->drop_next = drops->first;
        drops->first = m;
}

void vfs_mounts_unlock(struct vfs *vfs, struct vfs_mount_drops *drops)
{
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        vfs_mount_drops_run(drops);
}

void vfs_mount_get(struct vfs_mount *m)
{
        uint64_t old = vfs_fetch_add_u64(&m->refs, 1);

        vfs_check((old & ~VFS_MOUNT_UMOUNTED) != 0);
        vfs_track_ref(&m->vfs->track, m, "mount", 1);
}

bool vfs_mount_tryget(struct vfs_mount *m)
{
        for (;;) {
                uint64_t n = vfs_load_relaxed(&m->refs);

                if (n == 0 || n & VFS_MOUNT_UMOUNTED)
                        return false;
                if (vfs_cas_u64(&m->refs, n, n + 1))
                        break;
        }
        vfs_track_ref(&m->vfs->track, m, "mount", 1);
        return true;
}

void vfs_mount_put_unused(struct vfs_mount *m)
{
        struct vfs_mount_drops drops = { NULL };

        if (!vfs_mount_unref(m))
                return;
        vfs_mount_kill(&drops, m);
        vfs_mount_drops_run(&drops);
}

void vfs_mount_put(struct vfs_mount *m)
{
        if (m == NULL)
                return;
        vfs_mount_used(m);
        vfs_mount_put_unused(m);
}

void vfs_path_get(const struct vfs_path *path)
{
        vfs_mount_get(path->mount);
        vfs_dentry_get(path->dentry);
}

void vfs_path_put(struct vfs_path *path)
{
        if (path->dentry != NULL)
                vfs_dentry_put(path->dentry);
        vfs_mount_put(path->mount);
        path->mount = NULL;
        path->dentry = NULL;
}

int vfs_mount_begin_write(struct vfs_mount *m)
{
        for (uint32_t attempt = 0;; attempt++) {
                uint64_t n = vfs_load_relaxed(&m->writers);
                uint32_t flags;

                if (vfs_unlikely(n & (VFS_MOUNT_RDONLY | VFS_MOUNT_HOLD))) {
                        if (n & VFS_MOUNT_RDONLY)
                                return -EROFS;
                        vfs_mount_table_wait(attempt);
                        continue;
                }
                if (!vfs_cas_u64(&m->writers, n, n + 1))
                        continue;
                flags = vfs_load(&m->fs->flags);
                if (vfs_likely(!(flags & (VFS_FS_RDONLY | VFS_FS_REMOUNTING))))
                        return 0;
                vfs_mount_end_write(m);
                if (!(flags & VFS_FS_REMOUNTING))
                        return -EROFS;
                vfs_mount_table_wait(attempt);
        }
}

void vfs_mount_end_write(struct vfs_mount *m)
{
        uint64_t old = vfs_fetch_add_u64(&m->writers, (uint64_t)-1);

        vfs_check((old & ~(VFS_MOUNT_RDONLY | VFS_MOUNT_HOLD)) != 0);
}

bool vfs_mount_is_rdonly(const struct vfs_mount *m)
{
        return (vfs_load_relaxed(&m->writers) & VFS_MOUNT_RDONLY) != 0 ||
               (vfs_load_relaxed(&m->fs->flags) & VFS_FS_RDONLY) != 0;
}

struct vfs_mount *vfs_mount_lookup_rcu(struct vfs *vfs, struct vfs_mount *mount, struct vfs_dentry *point)
{
        return vfs_mount_table_lookup(vfs->mount_table, mount, point);
}

bool vfs_mount_parent_rcu(struct vfs_mount *mount, struct vfs_path *ret_point)
{
        for (uint32_t attempt = 0;; attempt++) {
                uint32_t seq = vfs_seq_read_begin(&mount->moves);
                struct vfs_mount *parent = vfs_load_relaxed(&mount->parent);
                struct vfs_dentry *point = vfs_load_relaxed(&mount->point);

                if (vfs_likely(!vfs_seq_retry(&mount->moves, seq))) {
                        if (parent == NULL)
                                return false;
                        ret_point->mount = parent;
                        ret_point->dentry = point;
                        return true;
                }
                vfs_mount_table_wait(attempt);
        }
}

uint32_t vfs_mounts_seq_begin(struct vfs *vfs)
{
        return vfs_seq_read_begin(&vfs->mount_table->seq);
}

bool vfs_mounts_seq_retry(struct vfs *vfs, uint32_t start)
{
        return vfs_seq_retry(&vfs->mount_table->seq, start);
}
