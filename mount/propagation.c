/*
 * propagation.c - peer groups: joining and leaving them, their masters, and the order in
 * which an event goes through them.
 *
 * A group ends with its last member. What it was the master of then belongs to its own
 * master, so that whoever received something from further up still does; without
 * one, slaves that only received become private.
 *
 * Everything that needs memory happens before a change; leaving a group needs none, so
 * that an unmount cannot fail.
 */
#include "mount/propagation.h"

#include <errno.h>

#include "mount/internal.h"

/*
 * Groups
 */

static void vfs_peers_add(struct vfs_peers *g, struct vfs_mount *m)
{
        m->peers = g;
        m->peer_next = g->members;
        m->peer_prev = &g->members;
        if (m->peer_next != NULL)
                m->peer_next->peer_prev = &m->peer_next;
        g->members = m;
}

static void vfs_peers_set_master(struct vfs_peers *g, struct vfs_peers *master)
{
        if (g->master != NULL) {
                *g->prev = g->next;
                if (g->next != NULL)
                        g->next->prev = g->prev;
        }
        g->master = master;
        if (master == NULL)
                return;
        g->next = master->slaves;
        g->prev = &master->slaves;
        if (g->next != NULL)
                g->next->prev = &g->next;
        master->slaves = g;
}

/* A group of m alone. Errors: ENOMEM. */
static int vfs_peers_new(struct vfs_mount *m, struct vfs_peers *master)
{
        struct vfs_peers *g = vfs_zalloc(&m->vfs->allocator, sizeof(*g));

        if (g == NULL)
                return -ENOMEM;
        vfs_peers_add(g, m);
        vfs_peers_set_master(g, master);
        return 0;
}

static void vfs_peers_free_id(struct vfs *vfs, struct vfs_peers *g)
{
        if (g->id != 0)
                vfs_mount_ids_free(&vfs_mounts_of(vfs)->peer_ids, g->id);
        g->id = 0;
}

/* g is no master any more: its slaves go to its own. */
static void vfs_peers_hand_over(struct vfs *vfs, struct vfs_peers *g)
{
        struct vfs_peers *slave;

        while ((slave = g->slaves) != NULL) {
                vfs_peers_set_master(slave, g->master);
                if (slave->master == NULL && slave->id == 0)
                        vfs_mount_make_private_locked(slave->members);
        }
}

void vfs_mount_make_private_locked(struct vfs_mount *m)
{
        struct vfs_peers *g = m->peers;
        struct vfs *vfs = m->vfs;

        if (g == NULL)
                return;
        m->peers = NULL;
        *m->peer_prev = m->peer_next;
        if (m->peer_next != NULL)
                m->peer_next->peer_prev = m->peer_prev;
        if (g->members != NULL)
                return;
        vfs_peers_hand_over(vfs, g);
        vfs_peers_set_master(g, NULL);
        vfs_peers_free_id(vfs, g);
        vfs_dealloc(&vfs->allocator, g, sizeof(*g));
}

int vfs_mount_share_locked(struct vfs_mount *m)
{
        struct vfs_mounts *mounts = vfs_mounts_of(m->vfs);
        uint32_t id;
        int r;

        if (vfs_mount_is_shared(m))
                return 0;
        r = vfs_mount_ids_alloc(&mounts->peer_ids, m->vfs, &id);
        if (r < 0)
                return r;
        if (m->peers == NULL) {
                r = vfs_peers_new(m, NULL);
                if (r < 0) {
                        vfs_mount_ids_free(&mounts->peer_ids, id);
                        return r;
                }
        }
        m->peers->id = id;
        return 0;
}

void vfs_mount_unshare_locked(struct vfs_mount *m)
{
        vfs_peers_free_id(m->vfs, m->peers);
        if (m->peers->master == NULL)
                vfs_mount_make_private_locked(m);
}

int vfs_mount_enslave_locked(struct vfs_mount *to, const struct vfs_mount *from)
{
        struct vfs_peers *master = vfs_mount_is_shared(from) ? from->peers
                                   : from->peers != NULL     ? from->peers->master
                                                             : NULL;

        vfs_assert(to->peers == NULL);
        return master != NULL ? vfs_peers_new(to, master) : 0;
}

int vfs_mount_join_locked(struct vfs_mount *to, const struct vfs_mount *from)
{
        if (!vfs_mount_is_shared(from))
                return vfs_mount_enslave_locked(to, from);
        vfs_assert(to->peers == NULL);
        vfs_peers_add(from->peers, to);
        return 0;
}

/*
 * Changing the kind
 */

static bool vfs_mount_has_peers(const struct vfs_mount *m)
{
        return vfs_mount_is_shared(m) && (m->peers->members != m || m->peer_next != NULL);
}

/*
 * A slave leaves its peers for a group of its own below them, which was made beforehand. Alone
 * in its group (by now: others of its tree may have left it) it stays there, and the group only
 * receives from now on.
 */
static void vfs_mount_make_slave(struct vfs_mount *m)
{
        struct vfs_peers *g = m->peers, *own = m->work_peers;

        m->work_peers = NULL;
        if (vfs_mount_has_peers(m)) {
                vfs_mount_make_private_locked(m);
                vfs_peers_add(own, m);
                vfs_peers_set_master(own, g);
                return;
        }
        vfs_dealloc(&m->vfs->allocator, own, sizeof(*own));
        if (!vfs_mount_is_shared(m))
                return;
        vfs_peers_hand_over(m->vfs, g);
        vfs_mount_unshare_locked(m);
}

int vfs_mount_change_prepare_locked(struct vfs_mount *m, uint32_t type, bool recurse)
{
        int r = 0;

        for (struct vfs_mount *p = m; p != NULL && r == 0; p = recurse ? vfs_mount_next_locked(p, m) : NULL) {
                if (type == VFS_MS_SHARED && !vfs_mount_is_shared(p)) {
                        r = vfs_mount_share_locked(p);
                        if (r == 0)
                                p->state |= VFS_MOUNT_NEWLY_SHARED;
                }
                if (type == VFS_MS_SLAVE && vfs_mount_has_peers(p)) {
                        p->work_peers = vfs_zalloc(&m->vfs->allocator, sizeof(*p->work_peers));
                        r = p->work_peers != NULL ? 0 : -ENOMEM;
                }
        }
        if (r < 0)
                vfs_mount_change_abort_locked(m, recurse);
        return r;
}

void vfs_mount_change_abort_locked(struct vfs_mount *m, bool recurse)
{
        for (struct vfs_mount *p = m; p != NULL; p = recurse ? vfs_mount_next_locked(p, m) : NULL) {
                if (p->state & VFS_MOUNT_NEWLY_SHARED)
                        vfs_mount_unshare_locked(p);
                p->state &= ~VFS_MOUNT_NEWLY_SHARED;
                vfs_dealloc(&m->vfs->allocator, p->work_peers, sizeof(*p->work_peers));
                p->work_peers = NULL;
        }
}

void vfs_mount_change_commit_locked(struct vfs_mount *m, uint32_t type, bool recurse)
{
        for (struct vfs_mount *p = m; p != NULL; p = recurse ? vfs_mount_next_locked(p, m) : NULL) {
                switch (type) {
                case VFS_MS_SHARED:
                        p->state &= ~(VFS_MOUNT_NEWLY_SHARED | VFS_MOUNT_UNBINDABLE);
                        break;
                case VFS_MS_SLAVE:
                        vfs_mount_make_slave(p);
                        break;
                default:
                        vfs_mount_make_private_locked(p);
                        p->state &= ~VFS_MOUNT_UNBINDABLE;
                        if (type == VFS_MS_UNBINDABLE)
                                p->state |= VFS_MOUNT_UNBINDABLE;
                        break;
                }
        }
}

int vfs_mount_change_at(const struct vfs_ctx *ctx, const struct vfs_path *target, uint64_t flags)
{
        const uint64_t kinds = VFS_MS_SHARED | VFS_MS_PRIVATE | VFS_MS_SLAVE | VFS_MS_UNBINDABLE;
        const uint64_t type = flags & ~(uint64_t)(VFS_MS_REC | VFS_MS_SILENT);
        struct vfs_mount *m = target->mount;
        const bool recurse = (flags & VFS_MS_REC) != 0;
        struct vfs *vfs = ctx->vfs;
        int r;

        if (target->dentry != m->root || (type & ~kinds) != 0 || type == 0 || (type & (type - 1)) != 0)
                return -EINVAL;
        vfs_mounts_lock(vfs);
        r = vfs_mount_may_change_propagation(ctx, m);
        if (r == 0)
                r = vfs_mount_change_prepare_locked(m, (uint32_t)type, recurse);
        /* Nobody who polls hears of it, as on Linux. */
        if (r == 0)
                vfs_mount_change_commit_locked(m, (uint32_t)type, recurse);
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        return r;
}

/*
 * Who receives
 */

struct vfs_peers *vfs_peers_skip_locked(struct vfs_peers *g, struct vfs_peers *top)
{
        for (; g != top; g = g->master) {
                if (g->next != NULL)
                        return g->next;
        }
        return NULL;
}

struct vfs_peers *vfs_peers_next_locked(struct vfs_peers *g, struct vfs_peers *top)
{
        return g->slaves != NULL ? g->slaves : vfs_peers_skip_locked(g, top);
}

bool vfs_mount_receives_locked(const struct vfs_mount *to, const struct vfs_mount *from)
{
        if (!vfs_mount_is_shared(from))
                return false;
        for (const struct vfs_peers *g = to->peers; g != NULL; g = g->master) {
                if (g == from->peers)
                        return true;
        }
        return false;
}
