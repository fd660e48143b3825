/*
 * resolving_path.c - a walk's beginning, its end, its crossings, and the steps
 * that are not "the child of that name": "..", mounts, symlinks.
 *
 * The current text and those set aside make a stack. A symlink in the middle of
 * a text sets the rest of it aside; one at its end replaces the text, so that a
 * text on the stack always has a component left, and "is this the last
 * component" is one test. Targets are walked where they are, in the inode of the
 * symlink: nothing is concatenated or copied.
 */
#include "vfs/path/resolving_path.h"

#include <errno.h>

#include "mount/mount_table.h"
#include "vfs/object/cred.h"
#include "vfs/object/dentry.h"
#include "vfs/path/atime.h"

const struct vfs_ctx *vfs_rp_ctx(const struct vfs_rp *rp)
{
        return rp->ctx;
}

struct vfs_mount *vfs_rp_mount(const struct vfs_rp *rp)
{
        return rp->at.mount;
}

const struct vfs_attr *vfs_rp_last_dir(const struct vfs_rp *rp)
{
        return rp->flags & VFS_RP_LAST_DIR ? &rp->last_dir : NULL;
}

const char *vfs_rp_name(const struct vfs_rp *rp, size_t *ret_len)
{
        *ret_len = rp->last.len;
        return rp->last.name;
}

/* Where the walk begins: at, and root. Errors: EBADF, EXDEV. */
static int vfs_rp_start(struct vfs_rp *rp)
{
        const struct vfs_ctx *ctx = rp->ctx;
        const struct vfs_path *start;

        if (rp->path[0] == '/' && !(rp->flags & VFS_RP_SCOPED)) {
                rp->at = rp->root = ctx->root;
                return 0;
        }
        if (rp->path[0] == '/' && (rp->resolve & VFS_RESOLVE_BENEATH))
                return -EXDEV;
        if (rp->dir == NULL)
                start = &ctx->cwd;
        else if (rp->dir == VFS_BAD_FILE)
                return -EBADF;
        else
                start = &rp->dir->path;
        rp->at = *start;
        rp->root = rp->flags & VFS_RP_SCOPED ? *start : ctx->root;
        return 0;
}

/* The parts of a walk that are the same when it begins again. */
static void vfs_rp_rewind(struct vfs_rp *rp)
{
        rp->link = (struct vfs_path){ NULL, NULL };
        rp->depth = 0;
        rp->nlinks = 0;
        if (vfs_unlikely(rp->flags & VFS_RP_SCOPED)) {
                rp->mounts_seq = vfs_mounts_seq_begin(rp->vfs);
                rp->rename_seq = vfs_seq_read_begin(&rp->vfs->rename_seq);
        }
}

int vfs_rp_begin(struct vfs_rp *rp, const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                 uint32_t flags, uint32_t resolve)
{
        struct vfs_thread *t = vfs_thread_get();
        int r;

        if (vfs_unlikely(t == NULL))
                return -ENOMEM;
        if (vfs_unlikely(!vfs_cut_init_path(&rp->cut, path)))
                return -ENAMETOOLONG;
        if (vfs_unlikely(path[0] == '\0') && !(flags & VFS_RP_EMPTY))
                return -ENOENT;
        rp->ctx = ctx;
        rp->vfs = ctx->vfs;
        rp->thread = t;
        rp->flags = flags | VFS_RP_SECTION | (vfs_cred_searches_all(ctx->cred) ? VFS_RP_SEARCHES : 0) |
                    (resolve & (VFS_RESOLVE_BENEATH | VFS_RESOLVE_IN_ROOT) ? VFS_RP_SCOPED : 0);
        rp->asked = rp->flags;
        rp->resolve = resolve;
        rp->dir = dir;
        rp->path = path;
        r = vfs_rp_start(rp);
        if (vfs_unlikely(r != 0))
                return r;
        if (path[0] == '/')
                vfs_cut_skip_slash(&rp->cut);
        vfs_rp_rewind(rp);
        vfs_epoch_enter(t);
        return 0;
}

/* Drops what a walk in reference mode holds. */
static void vfs_rp_drop(struct vfs_rp *rp)
{
        vfs_path_put(&rp->link);
        while (rp->depth > 0) {
                rp->depth--;
                vfs_path_put(&rp->texts[rp->depth].link);
        }
        vfs_path_put(&rp->at);
}

static void vfs_rp_leave_section(struct vfs_rp *rp)
{
        if (rp->flags & VFS_RP_SECTION) {
                rp->flags &= ~VFS_RP_SECTION;
                vfs_epoch_exit(rp->thread);
        }
}

void vfs_rp_end(struct vfs_rp *rp)
{
        if (vfs_unlikely(rp->flags & VFS_RP_REF)) {
                vfs_rp_drop(rp);
                return;
        }
        struct vfs_walk_shard *shard = &rp->vfs->walk_shards[rp->thread->shard % VFS_WALK_SHARDS];

        vfs_store_relaxed(&shard->lockfree, vfs_load_relaxed(&shard->lockfree) + 1);
        vfs_mount_used(rp->at.mount);
        vfs_rp_leave_section(rp);
}

void vfs_rp_move(struct vfs_rp *rp, struct vfs_mount *mount, struct vfs_dentry *d)
{
        struct vfs_path old = rp->at;

        rp->at.mount = mount;
        rp->at.dentry = d;
        vfs_path_put(&old);
}

/* Begins again from the start, in reference mode. */
static int vfs_rp_again(struct vfs_rp *rp)
{
        int r;

        if (rp->resolve & VFS_RESOLVE_CACHED)
                return -EAGAIN;
        if (rp->flags & VFS_RP_REF) {
                vfs_rp_drop(rp);
        } else {
                vfs_rp_leave_section(rp);
                vfs_fetch_add_u64(&rp->vfs->walks_reference, 1);
        }
        /* Without what was found on the way: a symlink's slash asks for a directory. */
        rp->flags = (rp->asked | VFS_RP_REF) & ~VFS_RP_SECTION;
        vfs_cut_init(&rp->cut, rp->path);
        vfs_rp_rewind(rp);
        r = vfs_rp_start(rp);
        vfs_check(r == 0);
        vfs_path_get(&rp->at);
        return 0;
}

int vfs_rp_cross(struct vfs_rp *rp, int r)
{
        if (r == VFS_RP_RETRY)
                return vfs_rp_again(rp);
        vfs_assert(r == VFS_RP_MOUNT_POINT || r == VFS_RP_MOUNT_ROOT || r == VFS_RP_ABS_SYMLINK);
        if (rp->flags & VFS_RP_REF)
                vfs_rp_move(rp, rp->next.mount, rp->next.dentry);
        else
                rp->at = rp->next;
        return 0;
}

/*
 * References a place, or nothing at all; false when it has died. The mount comes
 * first: nothing else keeps a dentry's filesystem until the dentry is put.
 * *ret_mount is what to put if the dentry alone has died.
 */
static bool vfs_rp_tryget(const struct vfs_path *path, struct vfs_mount **ret_mount)
{
        *ret_mount = NULL;
        if (path->mount == NULL)
                return true;
        if (!vfs_mount_tryget(path->mount))
                return false;
        if (vfs_dentry_tryget(path->dentry))
                return true;
        *ret_mount = path->mount;
        return false;
}

int vfs_rp_take(struct vfs_rp *rp)
{
        struct vfs_mount *mount;
        uint32_t n = 0;

        if (rp->flags & VFS_RP_REF)
                return 0;
        if ((rp->flags & VFS_RP_HELD) && rp->at.mount == rp->held->mount && rp->at.dentry == rp->held->dentry) {
                /* The end of a walk to a parent: no symlink is being walked. */
                vfs_assert(rp->link.dentry == NULL && rp->depth == 0);
                vfs_rp_leave_section(rp);
                return 0;
        }
        if (!vfs_rp_tryget(&rp->at, &mount))
                goto put_mount;
        if (!vfs_rp_tryget(&rp->link, &mount))
                goto put_at;
        for (; n < rp->depth; n++) {
                if (!vfs_rp_tryget(&rp->texts[n].link, &mount))
                        goto put_texts;
        }
        rp->flags |= VFS_RP_REF;
        vfs_rp_leave_section(rp);
        return 0;

        /* Puts may be the last, and those never happen inside a section. */
put_texts:
        vfs_rp_leave_section(rp);
        while (n > 0)
                vfs_path_put(&rp->texts[--n].link);
        vfs_path_put(&rp->link);
put_at:
        vfs_rp_leave_section(rp);
        vfs_path_put(&rp->at);
put_mount:
        vfs_rp_leave_section(rp);
        vfs_mount_put(mount);
        return VFS_RP_RETRY;
}

int vfs_rp_may_search(const struct vfs_rp *rp, const struct vfs_dentry *d)
{
        struct vfs_attr attr;

        if (rp->flags & VFS_RP_SEARCHES)
                return 0;
        vfs_inode_read_attr(d->inode, &attr);
        return vfs_may(rp->ctx->cred, &attr, VFS_X_OK);
}

void vfs_rp_pop(struct vfs_rp *rp)
{
        struct vfs_path link = rp->link;

        vfs_assert(rp->depth != 0);
        rp->depth--;
        rp->cut = rp->texts[rp->depth].cut;
        rp->link = rp->texts[rp->depth].link;
        if (rp->flags & VFS_RP_REF)
                vfs_path_put(&link);
}

/*
 * In reference mode, a look at the mounts that ended at one that is going: it is made again, since that will
 * be gone. Should it take long, because whoever unmounts was preempted or has many copies to
 * unmount, then with mount_lock, under which no unmount is half done.
 */
#define VFS_RP_LOOKS 16u

static void vfs_rp_look_begin(struct vfs_rp *rp, uint32_t attempt)
{
        if (attempt == VFS_RP_LOOKS)
                vfs_mutex_lock(&rp->vfs->mount_lock, VFS_LOCK_MOUNT);
        vfs_epoch_enter(rp->thread);
}

/* again: a further one is needed, which there is not with the lock held. */
static void vfs_rp_look_end(struct vfs_rp *rp, uint32_t attempt, bool again)
{
        vfs_epoch_exit(rp->thread);
        if (attempt == VFS_RP_LOOKS) {
                vfs_mutex_unlock(&rp->vfs->mount_lock, VFS_LOCK_MOUNT);
                vfs_assert(!again);
        } else if (again) {
                vfs_mount_table_wait(attempt);
        }
}

/*
 * References the crossing's target in reference mode. Runs inside a section of
 * its own; false when it died meanwhile.
 */
static bool vfs_rp_hold(struct vfs_mount *mount, struct vfs_dentry *d)
{
        if (!vfs_mount_tryget(mount))
                return false;
        /* The mount holds its root. */
        vfs_dentry_get(d);
        return true;
}

int vfs_rp_mounted(struct vfs_rp *rp, struct vfs_dentry *d)
{
        struct vfs_mount *m;
        bool held = true;

        if (!(rp->flags & VFS_RP_REF)) {
                m = vfs_mount_table_lookup(rp->vfs->mount_table, rp->at.mount, d);
                if (m == NULL)
                        return 0;
        } else {
                for (uint32_t attempt = 0; attempt == 0 || (m != NULL && !held); attempt++) {
                        vfs_rp_look_begin(rp, attempt);
                        m = vfs_mount_lookup_rcu(rp->vfs, rp->at.mount, d);
                        if (m != NULL)
                                held = vfs_rp_hold(m, m->root);
                        vfs_rp_look_end(rp, attempt, m != NULL && !held);
                }
                if (m == NULL)
                        return 0;
        }
        if (rp->resolve & VFS_RESOLVE_NO_XDEV) {
                if (rp->flags & VFS_RP_REF) {
                        vfs_dentry_put(m->root);
                        vfs_mount_put(m);
                }
                return -EXDEV;
        }
        rp->next.mount = m;
        rp->next.dentry = m->root;
        return VFS_RP_MOUNT_POINT;
}

/* The parent of d as it is at one moment, and its word. NULL: d is being moved. */
static struct vfs_dentry *vfs_dentry_parent_rcu(const struct vfs_dentry *d)
{
        uint64_t w = vfs_load(&d->word);
        struct vfs_dentry *parent = vfs_load_relaxed(&d->parent);

        vfs_fence_load();
        if ((w & VFS_D_ODD) || vfs_load_relaxed(&d->word) != w)
                return NULL;
        return parent;
}

/* Scoped walks: has anything moved since the walk began? */
static bool vfs_rp_moved(const struct vfs_rp *rp)
{
        return vfs_mounts_seq_retry(rp->vfs, rp->mounts_seq) ||
               vfs_seq_retry(&rp->vfs->rename_seq, rp->rename_seq);
}

bool vfs_rp_stays(const struct vfs_rp *rp, const struct vfs_path *up)
{
        struct vfs_path at = *up;
        bool has = true;

        vfs_epoch_enter(rp->thread);
        while (has && at.dentry == at.mount->root &&
               (at.mount != rp->root.mount || at.dentry != rp->root.dentry))
                has = vfs_mount_parent_rcu(at.mount, &at);
        vfs_epoch_exit(rp->thread);
        return !has || (at.mount == rp->root.mount && at.dentry == rp->root.dentry);
}

/* ".." at the root of a mount. */
static int vfs_rp_leave_mount(struct vfs_rp *rp, const char *dots)
{
        const bool ref = rp->flags & VFS_RP_REF;
        struct vfs_path up;
        bool has, held;

        if (!ref) {
                /*
                 * A mount without a parent may have been unmounted since the walk came
                 * to it; who holds it knows better.
                 */
                if (!vfs_mount_parent_rcu(rp->at.mount, &up))
                        return VFS_RP_RETRY;
        } else {
                has = true;
                held = false;
                for (uint32_t attempt = 0; has && !held; attempt++) {
                        vfs_rp_look_begin(rp, attempt);
                        has = vfs_mount_parent_rcu(rp->at.mount, &up);
                        held = has && vfs_mount_tryget(up.mount);
                        if (held && !vfs_dentry_tryget(up.dentry))
                                up.dentry = NULL;
                        vfs_rp_look_end(rp, attempt, has && (!held || up.dentry == NULL));
                        /* Unmounted meanwhile, and the directory that it was on removed. */
                        if (held && up.dentry == NULL) {
                                vfs_mount_put(up.mount);
                                held = false;
                        }
                }
                if (!has)
                        return 0;
        }
        if (rp->resolve & VFS_RESOLVE_NO_XDEV) {
                bool stays = vfs_rp_stays(rp, &up);

                if (ref)
                        vfs_path_put(&up);
                return stays ? 0 : -EXDEV;
        }
        rp->next = up;
        rp->flags |= VFS_RP_LEFT;
        vfs_cut_init(&rp->cut, dots);
        return VFS_RP_MOUNT_ROOT;
}

/*
 * Is d still below the root of the mount that the walk is on? A directory that
 * was moved out of a bind has parents that the bind does not show. Analogous to
 * Linux's path_connected. d is held by the section or referenced. Errors: ENOENT
 * (no); VFS_RP_RETRY (renames all the time).
 */
static int vfs_rp_connected(const struct vfs_rp *rp, const struct vfs_dentry *d)
{
        const struct vfs_dentry *root = rp->at.mount->root, *at, *up;
        struct vfs *vfs = rp->vfs;
        bool moved = true, locked = false;

        if (vfs_likely(vfs_load_relaxed(&root->parent) == root))
                return 0;
        for (int tries = 0; moved && !locked; tries++) {
                uint32_t seq;

                if (tries == 4) {
                        if (!(rp->flags & VFS_RP_REF))
                                return VFS_RP_RETRY;
                        vfs_mutex_lock(&vfs->tree_lock, VFS_LOCK_TREE);
                        locked = true;
                }
                vfs_epoch_enter(rp->thread);
                seq = vfs_seq_read_begin(&vfs->rename_seq);
                moved = false;
                for (at = d; at != root && !moved; at = up) {
                        up = vfs_load(&at->parent);
                        if (up == at)
                                break;
                        moved = vfs_seq_retry(&vfs->rename_seq, seq);
                }
                moved = moved || vfs_seq_retry(&vfs->rename_seq, seq);
                vfs_epoch_exit(rp->thread);
        }
        if (locked)
                vfs_mutex_unlock(&vfs->tree_lock, VFS_LOCK_TREE);
        return at == root ? 0 : -ENOENT;
}

int vfs_rp_dotdot(struct vfs_rp *rp, const char *dots)
{
        const bool ref = rp->flags & VFS_RP_REF;
        struct vfs_dentry *d = rp->at.dentry, *parent;
        int r;

        rp->flags &= ~VFS_RP_LEFT;
        if (rp->at.mount == rp->root.mount && d == rp->root.dentry) {
                if (rp->resolve & VFS_RESOLVE_BENEATH)
                        return -EXDEV;
                parent = d;
        } else if (d == rp->at.mount->root) {
                r = vfs_rp_leave_mount(rp, dots);
                if (r != 0)
                        return r;
                parent = d;
        } else if (!ref) {
                parent = vfs_dentry_parent_rcu(d);
                if (parent == NULL)
                        return VFS_RP_RETRY;
        } else {
                do {
                        vfs_epoch_enter(rp->thread);
                        parent = vfs_dentry_parent_rcu(d);
                        if (parent != NULL && !vfs_dentry_tryget(parent))
                                parent = NULL;
                        vfs_epoch_exit(rp->thread);
                        if (parent == NULL)
                                vfs_cpu_relax();
                } while (parent == NULL);
        }
        rp->flags |= VFS_RP_DOTDOT;
        r = parent != d ? vfs_rp_connected(rp, parent) : 0;
        if (r == 0 && vfs_unlikely((rp->flags & VFS_RP_SCOPED) && vfs_rp_moved(rp)))
                r = -EAGAIN;
        if (vfs_unlikely(r != 0)) {
                if (ref && parent != d)
                        vfs_dentry_put(parent);
                return r;
        }
        if (parent != d && ref) {
                rp->at.dentry = parent;
                vfs_dentry_put(d);
        }
        rp->at.dentry = parent;
        rp->word = vfs_load(&parent->word);
        if (vfs_unlikely(rp->word & VFS_D_MOUNTED))
                return vfs_rp_mounted(rp, parent);
        return 0;
}

/* protected_symlinks: may a symlink in the last place be followed? */
static int vfs_rp_may_follow(const struct vfs_rp *rp, const struct vfs_inode *link,
                             const struct vfs_dentry *dir)
{
        struct vfs_attr l, p;

        if (!rp->vfs->config.protected_symlinks)
                return 0;
        vfs_inode_read_attr(link, &l);
        vfs_inode_read_attr(dir->inode, &p);
        if (vfs_cred_uid(rp->ctx->cred) == l.uid || (p.mode & 01002) != 01002 || p.uid == l.uid)
                return 0;
        return -EACCES;
}

/*
 * Linux looks at the root of a walk only when it needs it, and without it NO_XDEV
 * cannot tell that an absolute symlink stays on the mount, and refuses it.
 */
static bool vfs_rp_knows_root(const struct vfs_rp *rp)
{
        return rp->path[0] == '/' || (rp->flags & (VFS_RP_SCOPED | VFS_RP_DOTDOT));
}

int vfs_rp_symlink(struct vfs_rp *rp, const struct vfs_path *link, const struct vfs_dentry *dir, bool last)
{
        const bool ref = rp->flags & VFS_RP_REF;
        struct vfs_inode *inode = link->dentry->inode;
        const char *target = inode->target;
        struct vfs_path done = { NULL, NULL };
        int r;

        if (rp->nlinks == VFS_SYMLINK_MAX)
                return -ELOOP;
        rp->nlinks++;
        if (last) {
                r = vfs_rp_may_follow(rp, inode, dir);
                if (r != 0)
                        return r;
        }
        if ((rp->resolve & VFS_RESOLVE_NO_SYMLINKS) ||
            (vfs_load_relaxed(&link->mount->flags) & VFS_MS_NOSYMFOLLOW))
                return -ELOOP;
        vfs_atime_touch(link->mount, inode);
        if (target[0] == '/') {
                if (rp->resolve & VFS_RESOLVE_BENEATH)
                        return -EXDEV;
                if ((rp->resolve & VFS_RESOLVE_NO_XDEV) && (rp->at.mount != rp->root.mount || !vfs_rp_knows_root(rp)))
                        return -EXDEV;
        }

        if (vfs_cut_done(&rp->cut)) {
                done = rp->link;
        } else {
                rp->texts[rp->depth].cut = rp->cut;
                rp->texts[rp->depth].link = rp->link;
                rp->depth++;
        }
        rp->link = *link;
        if (ref) {
                vfs_path_get(&rp->link);
                vfs_path_put(&done);
        }
        vfs_cut_init(&rp->cut, target);
        if (target[0] != '/')
                return 0;
        rp->next = rp->root;
        if (ref)
                vfs_path_get(&rp->next);
        return VFS_RP_ABS_SYMLINK;
}

/*
 * Is d at or below the scope's root? With the mount lock and the tree lock held,
 * inside a section: d itself may be moved and its parent removed, if it is no directory.
 */
static bool vfs_rp_is_under(const struct vfs_rp *rp)
{
        const struct vfs_mount *m = rp->at.mount;
        const struct vfs_dentry *d = rp->at.dentry;

        for (;;) {
                if (m == rp->root.mount && d == rp->root.dentry)
                        return true;
                if (d != m->root) {
                        const struct vfs_dentry *up = vfs_load(&d->parent);

                        if (d == up)
                                return false;
                        d = up;
                } else {
                        if (m->parent == NULL)
                                return false;
                        d = m->point;
                        m = m->parent;
                }
        }
}

int vfs_rp_check_scope(struct vfs_rp *rp)
{
        bool under;

        if (vfs_likely(!vfs_rp_moved(rp)))
                return 0;
        if (!(rp->flags & VFS_RP_REF))
                return VFS_RP_RETRY;
        vfs_mutex_lock(&rp->vfs->mount_lock, VFS_LOCK_MOUNT);
        vfs_mutex_lock(&rp->vfs->tree_lock, VFS_LOCK_TREE);
        vfs_epoch_enter(rp->thread);
        under = vfs_rp_is_under(rp);
        vfs_epoch_exit(rp->thread);
        vfs_mutex_unlock(&rp->vfs->tree_lock, VFS_LOCK_TREE);
        vfs_mutex_unlock(&rp->vfs->mount_lock, VFS_LOCK_MOUNT);
        return under ? 0 : -EXDEV;
}
