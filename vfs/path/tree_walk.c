/*
 * tree_walk.c - whole walks of an in-memory tree.
 *
 * The lock-free walk is the loop in vfs_tree_walk: cut a component, hash it, find
 * the child, check its first line. One masked comparison of the child's word
 * answers "a directory, searchable by everybody, no mount point, no symlink", and
 * then the loop goes on; everything else is a step in resolving_path.c. Nothing
 * is written, no reference is taken, nothing allocated.
 *
 * The walk in reference mode is the same loop with another way to find a child:
 * under the directory's inode lock, with a reference on where it stands. It is
 * what a walk falls back to, so it must not differ in any answer; hence one text
 * for both, compiled twice.
 *
 * Each step is atomic, the walk as a whole is not: as on Linux, a directory may
 * be renamed while a walk is inside it. Scoped walks (RESOLVE_BENEATH) check at
 * the end that they did not leave their scope that way.
 */
#include <errno.h>

#include "vfs/object/cred.h"
#include "vfs/path/resolving_path.h"
#include "vfs/path/atime.h"
#include "vfs/path/stat_fill.h"
#include "vfs/path/tree_table.h"

/* What kind of walk. */
enum vfs_tree_kind {
        WALK_END,    /* to the end, as far as this filesystem goes */
        WALK_THROUGH, /* to the end, through mounts of the same type, too: for operations that only read */
        WALK_PARENT, /* to the directory of the last component */
};

/* How often a child that turns out to be another by now is looked up again. */
#define VFS_REVALIDATE_TRIES 8

/* In reference mode: the child in the table, referenced, or else the filesystem's, just made. */
static int vfs_tree_find_ref(struct vfs_rp *rp, struct vfs_dentry *dir, const char *name, size_t len,
                             struct vfs_found *ret_found, bool *ret_made)
{
        const struct vfs_tree_ops *tree = dir->fs->ops->tree;
        struct vfs_found found = { NULL, 0 };
        bool ask;
        int r = 0;

        vfs_mutex_lock(&dir->inode->lock, VFS_LOCK_DIR);
        found.d = vfs_tree_child(dir, name, len);
        ask = found.d == NULL && (vfs_load_relaxed(&dir->word) & VFS_D_PARTIAL) != 0;
        if (ask)
                r = tree->lookup(rp->ctx, dir, name, len, &found.d);
        else if (found.d == NULL)
                r = -ENOENT;
        if (r == 0) {
                vfs_dentry_get(found.d);
                found.word = vfs_load_relaxed(&found.d->word);
        }
        vfs_mutex_unlock(&dir->inode->lock, VFS_LOCK_DIR);
        if (ask && tree->trim != NULL)
                tree->trim(dir->fs);
        *ret_found = found;
        *ret_made = ask;
        return r;
}

/* Finds the child in reference mode: it is referenced, and confirmed where it has to be. */
static int vfs_tree_lookup_ref(struct vfs_rp *rp, struct vfs_dentry *dir, const char *name, size_t len,
                               struct vfs_found *ret_found)
{
        struct vfs_found found;
        bool made;
        int r;

        for (int tries = 0;; tries++) {
                r = vfs_tree_find_ref(rp, dir, name, len, &found, &made);
                if (r < 0)
                        return r;
                /* One that somebody replaces all the time was there when it was looked up. */
                if (made || !(found.word & VFS_D_REVALIDATE) || tries == VFS_REVALIDATE_TRIES)
                        break;
                r = dir->fs->ops->tree->revalidate(rp->ctx, dir, found.d);
                if (r == 0)
                        found.word = vfs_load(&found.d->word);
                if (r == 0)
                        break;
                vfs_dentry_put(found.d);
                if (r < 0)
                        return r;
        }
        if (found.word & VFS_D_NEGATIVE) {
                vfs_dentry_put(found.d);
                return -ENOENT;
        }
        *ret_found = found;
        return 0;
}

/* In reference mode: brings what is known of the place up to date, where it has to be. */
static int vfs_tree_refresh_ref(struct vfs_rp *rp, struct vfs_dentry *d, uint64_t *w)
{
        int r;

        if (!(*w & VFS_D_REVALIDATE))
                return 0;
        r = d->fs->ops->tree->refresh(rp->ctx, d);
        *w = vfs_load(&d->word);
        return r;
}

/*
 * The mount on d at mount, if it is the only one on d anywhere and nothing is on
 * top of it: what mostly is so, and then no table is searched. w is d's word, of
 * which the flag was seen: as long as it has not moved, d is mounted on, and
 * only_mount is what it says.
 */
VFS_INLINE struct vfs_mount *vfs_tree_only_mount_rcu(const struct vfs_dentry *d, uint64_t w,
                                                     const struct vfs_mount *mount)
{
        struct vfs_mount *m = vfs_load(&d->only_mount);

        vfs_fence_load();
        if (m == NULL || vfs_load_relaxed(&d->word) != w)
                return NULL;
        return vfs_mount_is_top_at_rcu(m, mount, d) ? m : NULL;
}

/*
 * The crossing in rp->next leads to a symlink, which is mounted on another, in dir. It is followed like
 * any other, from where it is mounted. slash: slashes follow it in the path. 0: its target was pushed; VFS_RP_MOUNT_POINT: it is
 * not to be followed.
 */
static VFS_COLD int vfs_tree_mounted_symlink(struct vfs_rp *rp, bool slash, const struct vfs_dentry *dir)
{
        const bool last = vfs_rp_done(rp);
        struct vfs_path link = rp->next;
        int r;

        if (last && slash)
                rp->flags |= VFS_RP_DIRECTORY | VFS_RP_FOLLOW;
        if (last && !(rp->flags & VFS_RP_FOLLOW))
                return VFS_RP_MOUNT_POINT;
        r = vfs_rp_symlink(rp, &link, dir, last);
        if (rp->flags & VFS_RP_REF)
                vfs_path_put(&link);
        return r;
}

/*
 * Walks from where rp stands, as far as this filesystem goes. 0: rp->at and
 * rp->word are the end (or the parent, with rp->last), and *ret_slash is whether
 * slashes followed the last component.
 */
VFS_INLINE int vfs_tree_walk_as(struct vfs_rp *rp, const enum vfs_tree_kind kind, const bool ref,
                                bool *ret_slash)
{
        const uint64_t *key = rp->vfs->hash_key;
        const uint64_t plain = VFS_D_DIR | (rp->flags & VFS_RP_SEARCHES ? 0 : VFS_D_SEARCH);
        const uint64_t mask = plain | VFS_D_SYMLINK | VFS_D_MOUNTED | VFS_D_REVALIDATE;
        const uint64_t special = VFS_D_MOUNTED | VFS_D_SYMLINK | VFS_D_REVALIDATE | VFS_D_NEGATIVE;
        struct vfs_dentry *d = rp->at.dentry;
        struct vfs_component c = { .len = 0 };
        struct vfs_cut cut = rp->cut;
        uint64_t w = vfs_load(&d->word);
        enum vfs_cut_found cut_found;
        struct vfs_found found;
        uint64_t hash = 0;
        bool last;
        int r;

        if (ref) {
                r = vfs_tree_refresh_ref(rp, d, &w);
                if (r != 0)
                        return r;
        }
        for (;;) {
                /* Here w is d's word, of which nothing was asked yet. */
                cut_found = vfs_cut_next(&cut, &c);
                if (cut_found == VFS_CUT_END) {
                        if (vfs_likely(rp->depth == 0)) {
                                /* Where the walk began, that is, and did not leave. */
                                if (!ref && vfs_unlikely(w & VFS_D_REVALIDATE))
                                        return VFS_RP_RETRY;
                                break;
                        }
                        vfs_rp_pop(rp);
                        cut = rp->cut;
                        continue;
                }
                if (!(w & VFS_D_DIR))
                        return -ENOTDIR;
                if (vfs_unlikely((w & plain) != plain)) {
                        /* One more slash looks for nothing here. */
                        if (c.len == 0)
                                continue;
                        if (!ref && (w & VFS_D_REVALIDATE))
                                return VFS_RP_RETRY;
                        r = rp->flags & VFS_RP_LEFT ? 0 : vfs_rp_may_search(rp, d);
                        if (r != 0)
                                return r;
                }
next:
                /* And here d is a directory that may be searched for c, and w is not d's. */
                if (kind == WALK_PARENT && rp->depth == 0 && vfs_cut_done(&cut)) {
                        rp->last = c;
                        w = plain;
                        break;
                }
                found.d = VFS_FOUND_RACED;
                if (!ref && vfs_unlikely(cut_found == VFS_CUT_ODD)) {
                        hash = vfs_name_hash_of(c.name, c.len, key);
                } else if (!ref) {
                        vfs_name_head head = vfs_name_head_of(c.name, c.len);
                        uint64_t slot;
                        struct vfs_dentry *child;

                        hash = vfs_name_hash(c.name, c.len, head, key);
                        slot = vfs_tree_probe_rcu(d, hash);
                        child = vfs_slot_dentry(slot);

                        if (vfs_likely(vfs_slot_agrees(slot, hash))) {
                                uint64_t cw = vfs_load(&child->word);

                                if (vfs_likely(vfs_dentry_is(child, cw, d, c.name, c.len, head, mask, plain))) {
                                        d = child;
                                        cut_found = vfs_cut_next(&cut, &c);
                                        if (vfs_likely(cut_found != VFS_CUT_END))
                                                goto next;
                                        w = plain;
                                        if (rp->depth == 0)
                                                break;
                                        vfs_rp_pop(rp);
                                        cut = rp->cut;
                                        continue;
                                }
                                if (vfs_dentry_is(child, cw, d, c.name, c.len, head, 0, 0))
                                        found = (struct vfs_found){ child, cw };
                        }
                }
                if (found.d == VFS_FOUND_RACED) {
                        /* No name at all, or one that takes a search. */
                        if (c.len == 0 || vfs_component_is_dot(&c)) {
                                w = plain;
                                continue;
                        }
                        if (vfs_component_is_dotdot(&c)) {
                                rp->at.dentry = d;
                                rp->cut = cut;
                                r = vfs_rp_dotdot(rp, c.name);
                                if (r != 0)
                                        return r;
                                d = rp->at.dentry;
                                w = vfs_load(&d->word);
                                if (ref && (r = vfs_tree_refresh_ref(rp, d, &w)) != 0)
                                        return r;
                                continue;
                        }
                        if (c.len > VFS_NAME_MAX)
                                return vfs_load_relaxed(&d->word) & VFS_D_DEAD ? -ENOENT : -ENAMETOOLONG;
                        if (ref) {
                                r = vfs_tree_lookup_ref(rp, d, c.name, c.len, &found);
                                if (r != 0)
                                        return r;
                        } else {
                                found = vfs_tree_lookup_rcu(d, c.name, c.len, hash);
                        }
                }
                if (vfs_unlikely((uintptr_t)found.d <= (uintptr_t)VFS_FOUND_RACED)) {
                        /* A directory is partial for its whole life, so it does not matter when this is asked. */
                        if (found.d == NULL && !(vfs_load_relaxed(&d->word) & VFS_D_PARTIAL))
                                return -ENOENT;
                        return VFS_RP_RETRY;
                }
                if (vfs_likely(!(found.word & special)))
                        goto step;
                if (!ref && (found.word & (VFS_D_REVALIDATE | VFS_D_NEGATIVE)))
                        return found.word & VFS_D_REVALIDATE ? (int)VFS_RP_RETRY : -ENOENT;
                if (found.word & VFS_D_MOUNTED) {
                        if (kind == WALK_THROUGH && !ref && !(rp->resolve & VFS_RESOLVE_NO_XDEV)) {
                                struct vfs_mount *m = vfs_tree_only_mount_rcu(found.d, found.word, rp->at.mount);

                                if (vfs_likely(m != NULL && m->fs->ops == rp->at.mount->fs->ops)) {
                                        w = vfs_load(&m->root->word);
                                        if (vfs_likely(!(w & VFS_D_SYMLINK))) {
                                                rp->at.mount = m;
                                                d = m->root;
                                                continue;
                                        }
                                }
                        }
                        rp->cut = cut;
                        r = vfs_rp_mounted(rp, found.d);
                        if (r != 0) {
                                if (ref)
                                        vfs_dentry_put(found.d);
                                if (vfs_unlikely(r == VFS_RP_MOUNT_POINT &&
                                                 (vfs_load(&rp->next.dentry->word) & VFS_D_SYMLINK))) {
                                        r = vfs_tree_mounted_symlink(rp, vfs_component_slash(&c), d);
                                        if (r == 0) {
                                                cut = rp->cut;
                                                w = plain;
                                                continue;
                                        }
                                }
                                if (kind != WALK_THROUGH || r != VFS_RP_MOUNT_POINT ||
                                    rp->next.mount->fs->ops != rp->at.mount->fs->ops)
                                        return r;
                                /* The same operations there: what would be called is what is running. */
                                vfs_rp_cross(rp, r);
                                d = rp->at.dentry;
                                w = vfs_load(&d->word);
                                continue;
                        }
                }
                /* A symlink may be a mount point elsewhere, too. */
                if (found.word & VFS_D_SYMLINK) {
                        rp->cut = cut;
                        last = vfs_rp_done(rp);
                        if (last && vfs_component_slash(&c))
                                rp->flags |= VFS_RP_DIRECTORY | VFS_RP_FOLLOW;
                        if (!last || (rp->flags & VFS_RP_FOLLOW)) {
                                const struct vfs_path link = { rp->at.mount, found.d };

                                r = vfs_rp_symlink(rp, &link, d, last);
                                if (ref)
                                        vfs_dentry_put(found.d);
                                if (r != 0)
                                        return r;
                                cut = rp->cut;
                                w = plain;
                                continue;
                        }
                }
step:
                if (ref) {
                        rp->at.dentry = found.d;
                        vfs_dentry_put(d);
                }
                d = found.d;
                w = found.word;
        }
        rp->at.dentry = d;
        rp->word = w;
        if (kind == WALK_PARENT) {
                rp->cut = cut;
                *ret_slash = c.len != 0 && vfs_component_slash(&c);
        } else {
                *ret_slash = rp->path[0] != '\0' && cut.p[-1] == '/';
        }
        return 0;
}

/* The walk in reference mode, out of the way of the other. */
static VFS_COLD int vfs_tree_walk_ref(struct vfs_rp *rp, enum vfs_tree_kind kind, bool *ret_slash)
{
        return vfs_tree_walk_as(rp, kind, true, ret_slash);
}

/* Walks to the end and checks what must hold there. */
VFS_INLINE int vfs_tree_walk(struct vfs_rp *rp, const enum vfs_tree_kind kind)
{
        bool slash;
        int r;

        if (vfs_likely(!(rp->flags & VFS_RP_REF)))
                r = vfs_tree_walk_as(rp, kind, false, &slash);
        else
                r = vfs_tree_walk_ref(rp, kind, &slash);
        if (vfs_unlikely(r != 0))
                return r;
        if (vfs_unlikely(slash || (rp->flags & VFS_RP_DIRECTORY)) && !(rp->word & VFS_D_DIR))
                return -ENOTDIR;
        if (vfs_unlikely(rp->flags & VFS_RP_SCOPED))
                return vfs_rp_check_scope(rp);
        return 0;
}

int vfs_tree_stat_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mask, struct vfs_statx *ret_stat)
{
        int r = vfs_tree_walk(rp, WALK_THROUGH);

        if (vfs_unlikely(r != 0))
                return r;
        vfs_stat_fill(rp->at.mount, rp->at.dentry, mask, ret_stat);
        return 0;
}

int vfs_tree_access_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mode)
{
        struct vfs_attr attr;
        int r = vfs_tree_walk(rp, WALK_THROUGH);

        if (r != 0)
                return r;
        vfs_inode_read_attr(rp->at.dentry->inode, &attr);
        /* noexec mounts: a regular file is not executable. Linux asks that before the mode. */
        if ((mode & VFS_X_OK) && (attr.mode & VFS_S_IFMT) == VFS_S_IFREG &&
            (vfs_load_relaxed(&rp->at.mount->flags) & VFS_MS_NOEXEC))
                return -EACCES;
        /* A read-only filesystem, before the mode; a read-only mount, after it: special files may be written. */
        if ((mode & VFS_W_OK) && (vfs_load_relaxed(&rp->at.mount->fs->flags) & VFS_FS_RDONLY) &&
            ((attr.mode & VFS_S_IFMT) == VFS_S_IFREG || (attr.mode & VFS_S_IFMT) == VFS_S_IFDIR ||
             (attr.mode & VFS_S_IFMT) == VFS_S_IFLNK))
                return -EROFS;
        r = vfs_may(rp->ctx->cred, &attr, mode);
        if (r != 0 || !(mode & VFS_W_OK))
                return r;
        switch (attr.mode & VFS_S_IFMT) {
        case VFS_S_IFREG:
        case VFS_S_IFDIR:
        case VFS_S_IFLNK:
                return vfs_mount_is_rdonly(rp->at.mount) ? -EROFS : 0;
        default:
                return 0;
        }
}

int vfs_tree_readlink_at(struct vfs_filesystem *fs, struct vfs_rp *rp, char *buf, size_t size, size_t *ret_len)
{
        const char *target;
        size_t len;
        int r = vfs_tree_walk(rp, WALK_THROUGH);

        if (r != 0)
                return r;
        if (!(rp->word & VFS_D_SYMLINK))
                return -EINVAL;
        vfs_atime_touch(rp->at.mount, rp->at.dentry->inode);
        target = rp->at.dentry->inode->target;
        len = strlen(target);
        *ret_len = len < size ? len : size;
        memcpy(buf, target, *ret_len);
        return 0;
}

/* Hands the place that the walk ended at, with its references, to the caller. */
static void vfs_rp_give(struct vfs_rp *rp, struct vfs_path *ret_path)
{
        *ret_path = rp->at;
        if (vfs_unlikely(!(rp->flags & VFS_RP_REF))) {
                /* What holds it is the walk's caller. */
                vfs_path_get(ret_path);
                return;
        }
        rp->at.mount = NULL;
        rp->at.dentry = NULL;
}

int vfs_tree_lookup_at(struct vfs_filesystem *fs, struct vfs_rp *rp, struct vfs_path *ret_path)
{
        int r = vfs_tree_walk(rp, WALK_END);

        if (r == 0)
                r = vfs_rp_take(rp);
        if (r != 0)
                return r;
        vfs_rp_give(rp, ret_path);
        return 0;
}

static enum vfs_last_type vfs_rp_last_type(const struct vfs_rp *rp)
{
        if (rp->last.len == 0)
                return VFS_LAST_ROOT;
        if (vfs_component_is_dot(&rp->last))
                return VFS_LAST_DOT;
        if (vfs_component_is_dotdot(&rp->last))
                return VFS_LAST_DOTDOT;
        return VFS_LAST_NAME;
}

/* In reference mode: does ".." from here break the limits of openat2? */
static bool vfs_rp_would_leave(struct vfs_rp *rp)
{
        const bool at_root = rp->at.mount == rp->root.mount && rp->at.dentry == rp->root.dentry;
        struct vfs_dentry *d = rp->at.dentry;
        struct vfs_path up;
        bool leaves;

        if (at_root && (rp->resolve & VFS_RESOLVE_BENEATH))
                return true;
        if (!(rp->resolve & VFS_RESOLVE_NO_XDEV))
                return false;
        vfs_epoch_enter(rp->thread);
        leaves = false;
        if (!at_root && d == rp->at.mount->root)
                leaves = vfs_mount_parent_rcu(rp->at.mount, &up) && !vfs_rp_stays(rp, &up);
        else if (!at_root)
                d = vfs_load(&d->parent);
        /* What ".." leads to may have a mount on it. */
        if (!leaves && (vfs_load(&d->word) & VFS_D_MOUNTED))
                leaves = vfs_mount_lookup_rcu(rp->vfs, rp->at.mount, d) != NULL;
        vfs_epoch_exit(rp->thread);
        return leaves;
}

int vfs_tree_walk_parent(struct vfs_rp *rp, struct vfs_dentry **ret_parent, enum vfs_last_type *ret_type,
                         int *ret_slash)
{
        bool slash;
        int r;

        rp->last.len = 0;
        if (!(rp->flags & VFS_RP_REF))
                r = vfs_tree_walk_as(rp, WALK_PARENT, false, &slash);
        else
                r = vfs_tree_walk_ref(rp, WALK_PARENT, &slash);
        if (r == 0 && (rp->flags & VFS_RP_SCOPED))
                r = vfs_rp_check_scope(rp);
        if (r == 0)
                r = vfs_rp_take(rp);
        if (r != 0)
                return r;
        *ret_parent = rp->at.dentry;
        *ret_type = vfs_rp_last_type(rp);
        *ret_slash = slash;
        /* Of what walks to a parent only openat2 has limits: there a last ".." may be refused. */
        return *ret_type == VFS_LAST_DOTDOT && vfs_rp_would_leave(rp) ? -EXDEV : 0;
}

int vfs_tree_parent_at(struct vfs_filesystem *fs, struct vfs_rp *rp, struct vfs_path *ret_path)
{
        struct vfs_dentry *parent;
        enum vfs_last_type type;
        int r, slash;

        r = vfs_tree_walk_parent(rp, &parent, &type, &slash);
        if (r != 0)
                return r;
        vfs_rp_give(rp, ret_path);
        return 0;
}

int vfs_tree_step(struct vfs_rp *rp, struct vfs_dentry *child)
{
        uint64_t w = vfs_load(&child->word);
        int r;

        vfs_assert(rp->flags & VFS_RP_REF);
        if (w & VFS_D_MOUNTED) {
                r = vfs_rp_mounted(rp, child);
                if (r == VFS_RP_MOUNT_POINT && (vfs_load(&rp->next.dentry->word) & VFS_D_SYMLINK) &&
                    (rp->flags & VFS_RP_FOLLOW)) {
                        struct vfs_path link = rp->next;

                        r = vfs_rp_symlink(rp, &link, rp->at.dentry, true);
                        vfs_path_put(&link);
                        return r != 0 ? r : VFS_RP_AGAIN;
                }
                if (r != 0) {
                        vfs_inode_read_attr(rp->at.dentry->inode, &rp->last_dir);
                        rp->flags |= VFS_RP_LAST_DIR;
                        return r;
                }
        }
        if ((w & VFS_D_SYMLINK) && (rp->flags & VFS_RP_FOLLOW)) {
                const struct vfs_path link = { rp->at.mount, child };

                r = vfs_rp_symlink(rp, &link, rp->at.dentry, true);
                return r != 0 ? r : VFS_RP_AGAIN;
        }
        vfs_dentry_get(child);
        vfs_mount_get(rp->at.mount);
        vfs_rp_move(rp, rp->at.mount, child);
        return 0;
}
