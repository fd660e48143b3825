/*
 * umount_set.c - which mounts go with an unmount: the kernel's
 * Documentation/filesystems/propagate_umount.txt.
 *
 * The set begins as a whole subtree. What is mounted at the same points of the
 * mounts that its parents propagate to are candidates. Of them those stay that would
 * take along what is not going: something mounted inside of them, other than over their
 * root. And those that are locked in their place, unless what they are mounted on goes,
 * too: they would reveal what they cover. The copies of the mount that is unmounted go all the
 * same, since who has the right to unmount that decides about them.
 *
 * What is mounted over the root of one that goes, and stays, gets the place where the
 * stack began.
 *
 * Each mount is marked at most once in each step, and a group of peers is gone through once for
 * each point; so the work is that of the mounts found, whatever a guest has built.
 *
 * GOING: in the set. CANDIDATE: undecided. VISITED: propagation from its place was gone through.
 * TRIMMED: something below it stays, and what that means further up is known. UNLOCKED: a copy of
 * the set's first mount.
 */
#include "mount/internal.h"

void vfs_umount_set_init(struct vfs_umount_set *set, struct vfs_mount *top)
{
        set->tail = &set->first;
        for (struct vfs_mount *m = top; m != NULL; m = vfs_mount_next_locked(m, top)) {
                m->state |= VFS_MOUNT_GOING;
                *set->tail = m;
                set->tail = &m->work_next;
        }
        *set->tail = NULL;
}

/*
 * Candidates
 */

/* Is what is mounted at point on a member of g visited? Then so is everything at and below g. */
static void vfs_umount_gather_group(struct vfs_peers *g, struct vfs_dentry *point, uint32_t state,
                                    struct vfs_umount_set *found, bool *ret_done)
{
        *ret_done = false;
        for (struct vfs_mount *m = g->members; m != NULL; m = m->peer_next) {
                struct vfs_mount *child = vfs_mount_at_locked(m, point);

                if (child == NULL)
                        continue;
                if (child->state & VFS_MOUNT_VISITED) {
                        *ret_done = true;
                        continue;
                }
                child->state |= VFS_MOUNT_VISITED;
                if (child->state & VFS_MOUNT_GOING)
                        continue;
                child->state |= state;
                *found->tail = child;
                found->tail = &child->work_next;
        }
}

static void vfs_umount_gather(const struct vfs_umount_set *set, struct vfs_umount_set *found)
{
        uint32_t state = VFS_MOUNT_CANDIDATE | VFS_MOUNT_UNLOCKED;

        for (struct vfs_mount *m = set->first; m != NULL; m = m->work_next, state = VFS_MOUNT_CANDIDATE) {
                struct vfs_peers *top = m->parent != NULL && vfs_mount_is_shared(m->parent) ? m->parent->peers
                                                                                            : NULL;
                bool done;

                if (top == NULL || (m->state & VFS_MOUNT_VISITED))
                        continue;
                for (struct vfs_peers *g = top; g != NULL;) {
                        vfs_umount_gather_group(g, m->point, state, found, &done);
                        g = done && g != top ? vfs_peers_skip_locked(g, top) : vfs_peers_next_locked(g, top);
                }
        }
        *found->tail = NULL;
}

/*
 * Those that stay
 */

static bool vfs_umount_goes(const struct vfs_mount *m)
{
        return (m->state & (VFS_MOUNT_GOING | VFS_MOUNT_CANDIDATE)) != 0;
}

/* m stays: so does every candidate that it is inside of. */
static void vfs_umount_trim_above(const struct vfs_mount *m)
{
        for (struct vfs_mount *up = m->parent; up != NULL && (up->state & VFS_MOUNT_VISITED);
             up = m->parent) {
                if (m->point != up->root)
                        up->state &= ~VFS_MOUNT_CANDIDATE;
                /* Somebody came this way: what is further up is known. */
                if (up->state & VFS_MOUNT_TRIMMED)
                        return;
                up->state |= VFS_MOUNT_TRIMMED;
                m = up;
        }
}

static void vfs_umount_trim(struct vfs_mount *candidate)
{
        for (struct vfs_mount *m = candidate->children; m != NULL; m = m->sibling_next) {
                if (vfs_umount_goes(m))
                        continue;
                vfs_umount_trim_above(m);
                if (m->point != candidate->root)
                        return;
        }
}

/* A chain of locked candidates, each mounted on the next, goes if what it ends at does. */
static void vfs_umount_settle_locked(struct vfs_mount *candidate)
{
        struct vfs_mount *m = candidate, *end;

        while ((m->state & (VFS_MOUNT_LOCKED | VFS_MOUNT_UNLOCKED)) == VFS_MOUNT_LOCKED &&
               (m->state & VFS_MOUNT_CANDIDATE))
                m = m->parent;
        end = m;
        for (m = candidate; m != end; m = m->parent) {
                m->state &= ~VFS_MOUNT_CANDIDATE;
                if (vfs_umount_goes(end))
                        m->state |= VFS_MOUNT_GOING;
        }
}

/*
 * Those that survive
 */

/* Mounts over, which is on a mount that goes and stays itself, where the stack below it begins. */
static void vfs_umount_lower(struct vfs_mount *over, struct vfs_mount_drops *drops)
{
        struct vfs_mount *bottom = over->parent;
        struct vfs_mount_step steps[2];

        while (bottom->parent->state & VFS_MOUNT_GOING)
                bottom = bottom->parent;
        steps[0] = (struct vfs_mount_step){ bottom, NULL, NULL };
        steps[1] = (struct vfs_mount_step){ over, bottom->parent, bottom->point };
        vfs_mounts_reconnect_locked(steps, 2, drops);
}

void vfs_umount_set_find(struct vfs_umount_set *set)
{
        struct vfs_umount_set found = { .tail = &found.first };
        struct vfs_mount *m, *next;

        vfs_umount_gather(set, &found);
        for (m = found.first; m != NULL; m = m->work_next)
                vfs_umount_trim(m);
        for (m = found.first; m != NULL; m = m->work_next)
                vfs_umount_settle_locked(m);
        for (m = set->first; m != NULL; m = m->work_next)
                m->state &= ~(VFS_MOUNT_VISITED | VFS_MOUNT_TRIMMED);
        for (m = found.first; m != NULL; m = next) {
                next = m->work_next;
                if (vfs_umount_goes(m)) {
                        m->state |= VFS_MOUNT_GOING;
                        *set->tail = m;
                        set->tail = &m->work_next;
                }
                m->state &= ~(VFS_MOUNT_VISITED | VFS_MOUNT_CANDIDATE | VFS_MOUNT_TRIMMED |
                              VFS_MOUNT_UNLOCKED);
        }
        *set->tail = NULL;
}

void vfs_umount_set_abort(struct vfs_umount_set *set)
{
        for (struct vfs_mount *m = set->first; m != NULL; m = m->work_next)
                m->state &= ~VFS_MOUNT_GOING;
}

/* The copies of m, which is unmounted: those that stay are not locked any more, as on Linux. */
static void vfs_umount_unlock_copies(struct vfs_mount *m)
{
        struct vfs_peers *top = m->parent != NULL && vfs_mount_is_shared(m->parent) ? m->parent->peers : NULL;

        for (struct vfs_peers *g = top; g != NULL; g = vfs_peers_next_locked(g, top)) {
                for (struct vfs_mount *p = g->members; p != NULL; p = p->peer_next) {
                        struct vfs_mount *copy = vfs_mount_at_locked(p, m->point);

                        if (copy != NULL)
                                vfs_mount_set_locked(copy, false);
                }
        }
}

void vfs_umount_set_lower(struct vfs_umount_set *set, struct vfs_mount_drops *drops)
{
        vfs_umount_unlock_copies(set->first);
        for (struct vfs_mount *m = set->first; m != NULL; m = m->work_next) {
                struct vfs_mount *child = vfs_mount_at_locked(m, m->root);

                if (child != NULL && !(child->state & VFS_MOUNT_GOING))
                        vfs_umount_lower(child, drops);
        }
}
