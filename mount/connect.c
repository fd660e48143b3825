/*
 * connect.c - where a mount is connected: its parent, its point, and everything that
 * follows from them.
 *
 * A connected mount is in the mount table, in its parent's list of children and in
 * the index of points, and its point is flagged. It references its point, and its
 * parent as long as VFS_MOUNT_HOLDS_PARENT says so.
 *
 * What lock-free readers see changes in one write section of the table's sequence
 * count, for several mounts together where one takes the place of another. A point is
 * flagged before the first mount is on it and until after the last has gone, so a
 * reader that comes by the table never misses the flag.
 *
 * Trees of mounts are gone through in pre-order, oldest child first, without recursion:
 * a guest can make them as deep as mount_max.
 */
#include "mount/internal.h"

#include <errno.h>

#include "vfs/object/dentry.h"

int vfs_mounts_reserve_locked(struct vfs *vfs, uint32_t n)
{
        struct vfs_mounts *mounts = vfs_mounts_of(vfs);
        int r = vfs_mount_table_reserve(&mounts->table, vfs, n);

        return r < 0 ? r : vfs_mount_points_reserve(&mounts->points, vfs, n);
}

/*
 * Points
 */

/* One more mount is on point: m, or somebody who pins it. */
static void vfs_mount_point_enter(struct vfs_dentry *point, struct vfs_mount *m)
{
        /* Before the flag: who sees that sees this. */
        vfs_store_relaxed(&point->only_mount, point->mounts == 0 ? m : NULL);
        if (point->mounts++ == 0)
                vfs_dentry_set_flags_locked(point, VFS_D_MOUNTED, 0);
}

static void vfs_mount_point_leave(struct vfs_dentry *point, const struct vfs_mount *m)
{
        struct vfs_mount *only = NULL;

        vfs_mutex_lock(&point->lock, VFS_LOCK_DENTRY);
        if (--point->mounts == 1)
                only = vfs_mount_points_find(&vfs_mounts_of(point->fs->vfs)->points, point, NULL);
        if (only != NULL || vfs_load_relaxed(&point->only_mount) == m)
                vfs_store_relaxed(&point->only_mount, only);
        if (point->mounts == 0)
                vfs_dentry_set_flags_locked(point, 0, VFS_D_MOUNTED);
        vfs_mutex_unlock(&point->lock, VFS_LOCK_DENTRY);
}

int vfs_mount_pin_locked(struct vfs_dentry *point)
{
        int r = 0;

        vfs_mutex_lock(&point->lock, VFS_LOCK_DENTRY);
        if (vfs_load_relaxed(&point->word) & VFS_D_DEAD)
                r = -ENOENT;
        else
                vfs_mount_point_enter(point, NULL);
        vfs_mutex_unlock(&point->lock, VFS_LOCK_DENTRY);
        return r;
}

void vfs_mount_unpin_locked(struct vfs_dentry *point)
{
        vfs_mount_point_leave(point, NULL);
}

/*
 * Connecting
 */

/* Before the section: what m needs at its new place. */
static void vfs_mount_arrive(const struct vfs_mount_step *step)
{
        vfs_mount_get(step->parent);
        vfs_dentry_get(step->point);
        vfs_mutex_lock(&step->point->lock, VFS_LOCK_DENTRY);
        vfs_mount_point_enter(step->point, step->mount);
        vfs_mutex_unlock(&step->point->lock, VFS_LOCK_DENTRY);
}

/* After the section: m is where it is now. */
static void vfs_mount_settle(struct vfs_mount *m)
{
        struct vfs_mount *parent = m->parent;

        m->state |= VFS_MOUNT_HOLDS_PARENT;
        parent->locked_children += vfs_mount_locked(m);
        m->sibling_next = NULL;
        m->sibling_prev = parent->children_tail;
        *parent->children_tail = m;
        parent->children_tail = &m->sibling_next;
        vfs_mount_points_add(&vfs_mounts_of(m->vfs)->points, m);
}

/* Before the section: m leaves the lists at its old place. */
static void vfs_mount_unsettle(struct vfs_mount *m)
{
        vfs_mount_points_remove(&vfs_mounts_of(m->vfs)->points, m);
        m->parent->locked_children -= vfs_mount_locked(m);
        *m->sibling_prev = m->sibling_next;
        if (m->sibling_next != NULL)
                m->sibling_next->sibling_prev = m->sibling_prev;
        else
                m->parent->children_tail = m->sibling_prev;
}

/* In the section. */
static void vfs_mount_place_seq(struct vfs_mount *m, struct vfs_mount *parent, struct vfs_dentry *point)
{
        vfs_store_relaxed(&m->parent, parent);
        vfs_store_relaxed(&m->point, point);
        if (parent != NULL)
                vfs_mount_table_insert_seq(m->vfs->mount_table, m);
}

void vfs_mounts_reconnect_locked(const struct vfs_mount_step *steps, unsigned int n,
                                 struct vfs_mount_drops *drops)
{
        struct vfs_mount_table *table = steps[0].mount->vfs->mount_table;
        struct {
                struct vfs_mount *parent;
                struct vfs_dentry *point;
                bool held;
        } old[VFS_MOUNT_STEPS];

        vfs_assert(n <= VFS_MOUNT_STEPS);
        for (unsigned int i = 0; i < n; i++) {
                struct vfs_mount *m = steps[i].mount;

                old[i].parent = m->parent;
                old[i].point = m->point;
                old[i].held = (m->state & VFS_MOUNT_HOLDS_PARENT) != 0;
                if (m->parent != NULL)
                        vfs_mount_unsettle(m);
                if (steps[i].parent != NULL)
                        vfs_mount_arrive(&steps[i]);
        }
        vfs_seq_write_begin(&table->seq);
        for (unsigned int i = 0; i < n; i++) {
                if (old[i].parent != NULL)
                        vfs_mount_table_remove_seq(table, steps[i].mount);
        }
        /* All at once for those, too, who go by the mounts' own counts. */
        for (unsigned int i = 0; i < n; i++)
                vfs_seq_write_begin(&steps[i].mount->moves);
        for (unsigned int i = 0; i < n; i++)
                vfs_mount_place_seq(steps[i].mount, steps[i].parent, steps[i].point);
        for (unsigned int i = 0; i < n; i++)
                vfs_seq_write_end(&steps[i].mount->moves);
        vfs_seq_write_end(&table->seq);

        for (unsigned int i = 0; i < n; i++) {
                struct vfs_mount *m = steps[i].mount;

                m->state &= ~VFS_MOUNT_HOLDS_PARENT;
                if (m->parent != NULL)
                        vfs_mount_settle(m);
                if (old[i].parent == NULL)
                        continue;
                vfs_mount_point_leave(old[i].point, m);
                /* It had its tree reference, so this is not its last. */
                if (old[i].held)
                        vfs_mount_unref_locked(old[i].parent);
                if (vfs_dentry_put_not_last(old[i].point))
                        continue;
                vfs_mount_get(m);
                m->drop_point = old[i].point;
                vfs_mount_drop_locked(drops, m);
        }
}

void vfs_mount_connect_locked(struct vfs_mount *m, struct vfs_mount *parent, struct vfs_dentry *point)
{
        const struct vfs_mount_step step = { m, parent, point };

        vfs_assert(m->parent == NULL);
        vfs_mounts_reconnect_locked(&step, 1, NULL);
}

void vfs_mount_disconnect_locked(struct vfs_mount *m)
{
        struct vfs_mount_table *table = m->vfs->mount_table;
        struct vfs_mount *parent = m->parent;
        struct vfs_dentry *point = m->point;

        vfs_mount_unsettle(m);
        vfs_seq_write_begin(&table->seq);
        vfs_mount_table_remove_seq(table, m);
        vfs_seq_write_begin(&m->moves);
        vfs_mount_place_seq(m, NULL, NULL);
        vfs_seq_write_end(&m->moves);
        vfs_seq_write_end(&table->seq);
        vfs_mount_point_leave(point, m);

        m->drop_point = point;
        m->drop_parent = m->state & VFS_MOUNT_HOLDS_PARENT ? parent : NULL;
        m->state &= ~VFS_MOUNT_HOLDS_PARENT;
}

void vfs_mount_set_locked(struct vfs_mount *m, bool locked)
{
        if (m->parent != NULL)
                m->parent->locked_children += (uint32_t)locked - vfs_mount_locked(m);
        m->state = locked ? m->state | VFS_MOUNT_LOCKED : m->state & ~VFS_MOUNT_LOCKED;
}

/*
 * Stacks and trees
 */

struct vfs_mount *vfs_mount_at_locked(struct vfs_mount *parent, struct vfs_dentry *point)
{
        if (!(vfs_load_relaxed(&point->word) & VFS_D_MOUNTED))
                return NULL;
        return vfs_mount_table_find(parent->vfs->mount_table, parent, point);
}

struct vfs_mount *vfs_mount_topmost_locked(struct vfs_mount *m)
{
        struct vfs_mount *over;

        while ((over = vfs_mount_at_locked(m, m->root)) != NULL)
                m = over;
        return m;
}

void vfs_mount_top_locked(const struct vfs_path *target, struct vfs_path *ret_top)
{
        struct vfs_mount *m = vfs_mount_at_locked(target->mount, target->dentry);

        *ret_top = *target;
        if (m != NULL) {
                ret_top->mount = vfs_mount_topmost_locked(m);
                ret_top->dentry = ret_top->mount->root;
        }
}

struct vfs_mount *vfs_mount_skip_locked(struct vfs_mount *m, struct vfs_mount *top)
{
        for (; m != top; m = m->parent) {
                if (m->sibling_next != NULL)
                        return m->sibling_next;
        }
        return NULL;
}

struct vfs_mount *vfs_mount_next_locked(struct vfs_mount *m, struct vfs_mount *top)
{
        return m->children != NULL ? m->children : vfs_mount_skip_locked(m, top);
}

uint32_t vfs_mount_count_locked(struct vfs_mount *top)
{
        uint32_t n = 0;

        for (struct vfs_mount *m = top; m != NULL; m = vfs_mount_next_locked(m, top))
                n++;
        return n;
}

bool vfs_mount_is_below_locked(const struct vfs_mount *m, const struct vfs_mount *top)
{
        while (m != NULL && m != top)
                m = m->parent;
        return m != NULL;
}

bool vfs_mount_dentry_is_below(struct vfs *vfs, struct vfs_dentry *d, const struct vfs_dentry *ancestor)
{
        if (d == ancestor)
                return true;
        if (d->fs != ancestor->fs)
                return false;
        vfs_mutex_lock(&vfs->tree_lock, VFS_LOCK_TREE);
        while (d != ancestor && vfs_load_relaxed(&d->parent) != d)
                d = vfs_load_relaxed(&d->parent);
        vfs_mutex_unlock(&vfs->tree_lock, VFS_LOCK_TREE);
        return d == ancestor;
}

bool vfs_mount_reaches_locked(struct vfs_mount *m, struct vfs_dentry *d, const struct vfs_path *root)
{
        while (m != root->mount && m->parent != NULL) {
                d = m->point;
                m = m->parent;
        }
        return m == root->mount && vfs_mount_dentry_is_below(m->vfs, d, root->dentry);
}
