/*
 * child.c - the tree as a cache of the host's: finding a child, confirming one,
 * letting go of what is not so any more, and of what there are too many of.
 *
 * A child is found by statx of its name under its directory's descriptor; a symlink is
 * opened with O_PATH for its target, which is kept, since a symlink cannot change. In
 * the modes in which nobody else changes the tree a name that does not exist is kept
 * as a negative dentry. In shared mode every use of a name asks the host again: the
 * same identity is the same file, with new attributes; any other, or none, takes the
 * dentry out, with all that was cached below it. Who still holds one of those has a removed
 * file: open files go on, and no name leads anywhere from a removed directory.
 *
 * Locks: the directory's, across the host's calls, so that a name is looked up once.
 * What was taken out is put on a list, and let go level by level, without locks.
 *
 * Known limit: what is evicted is what came or was opened longest ago. Walks without a
 * lock leave no trace, so a name that is only looked at counts from when it was found.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

/* Names looked at in one go before others get their turn. */
#define HOST_TRIM 64

/* dir.lock held, d a child of dir. */
void host_drop(struct host_drops *drops, struct vfs_dentry *d)
{
        struct host_node *node = host_node_of(d);

        /* Somebody uses it: it keeps its descriptor, if it still has one. */
        if (!(host_word(d) & VFS_D_NEGATIVE) && __atomic_load_n(&d->refs, __ATOMIC_RELAXED) > 1)
                host_keep_fd(d);
        /* Without a namespace to ask about nothing is in the way. */
        vfs_dentry_prepare_delete(NULL, d);
        vfs_tree_detach(d);
        vfs_dentry_commit_delete(d);
        node->drop_next = drops->first;
        drops->first = node;
}

void host_drops_run(struct host_drops *drops)
{
        struct host_node *node;
        struct vfs_dentry *child;
        uint64_t pos;

        while ((node = drops->first) != NULL) {
                drops->first = node->drop_next;
                node->drop_next = NULL;
                if (host_is_dir(node->d.inode)) {
                        pos = 0;
                        host_lock(node->d.inode);
                        while ((child = vfs_tree_next(&node->d, &pos)) != NULL)
                                host_drop(drops, child);
                        host_unlock(node->d.inode);
                }
                vfs_dentry_detach_mounts(&node->d);
                vfs_dentry_put(&node->d);
        }
}

/* Reads a symlink's target; st is what it was found to be, and will be. target: VFS_PATH_MAX bytes. */
static int read_target(int dirfd, const char *name, struct statx *st, char *target, int *ret_fd)
{
        ssize_t n;
        int fd, r;

        fd = host_open_path(dirfd, name);
        if (fd < 0)
                return fd;
        r = host_statx(fd, NULL, st);
        if (r == 0 && !S_ISLNK(st->stx_mode))
                r = -EAGAIN;
        if (r == 0) {
                n = readlinkat(fd, "", target, VFS_PATH_MAX);
                if (n < 0)
                        r = -errno;
                else if (n == 0 || n == VFS_PATH_MAX || memchr(target, '\0', (size_t)n))
                        r = -EIO;
                else
                        target[n] = '\0';
        }
        if (r < 0) {
                close(fd);
                return r;
        }
        *ret_fd = fd;
        return 0;
}

/* What the name is on the host. *ret_fd is -1, or an O_PATH descriptor of it. */
static int probe(struct host *fs, int dirfd, const char *name, struct statx *st, char *target, int *ret_fd)
{
        int r;

        *ret_fd = -1;
        target[0] = '\0';
        /* Somebody may be putting a symlink and something else there in turn. */
        for (int i = 0; i < 8; i++) {
                r = host_statx(dirfd, name, st);
                if (r < 0)
                        return r;
                if (host_is_elsewhere(fs, st))
                        return -EXDEV;
                if (!S_ISLNK(st->stx_mode))
                        return 0;
                r = read_target(dirfd, name, st, target, ret_fd);
                if (r == 0)
                        return 0;
                if (r != -EAGAIN && r != -ENOENT)
                        return r;
        }
        return -ENOENT;
}

/* dir.lock held; the name is not in the table. */
static int make_child(struct vfs_dentry *dir, const char *name, size_t len, struct vfs_dentry **ret_child)
{
        struct host *fs = host_of(dir->fs);
        struct host_node *node;
        struct host_name host_name;
        char target[VFS_PATH_MAX];
        struct statx st;
        int dirfd, fd, r;

        if (host_is_dead(dir))
                return -ENOENT;
        r = vfs_tree_reserve(dir, fs->base.arena);
        if (r < 0)
                return r;
        r = host_pin(dir, &dirfd);
        if (r < 0)
                return r == -ESTALE ? -ENOENT : r;
        host_name_set(&host_name, name, len);
        r = probe(fs, dirfd, host_name.s, &st, target, &fd);
        host_unpin(dir);
        if (r == -ENOENT && !host_is_shared(fs) && host_node_negative(fs, name, len, &node) == 0)
                vfs_tree_attach(dir, &node->d);
        if (r == 0) {
                r = host_node_new(fs, &st, S_ISLNK(st.stx_mode) ? target : NULL, name, len, &node);
                if (r < 0)
                        host_close(fd);
        }
        if (r == 0) {
                if (fd >= 0)
                        host_give_fd(fs, host_inode_of(&node->d), fd, 0);
                vfs_tree_attach(dir, &node->d);
                *ret_child = &node->d;
        }
        return r;
}

/* dir.lock held: is d still what the host has at its name? Positive: no. */
static int confirm(struct vfs_dentry *dir, struct vfs_dentry *d, const char *name, size_t len)
{
        struct host *fs = host_of(dir->fs);
        struct host_name host_name;
        struct host_id id;
        struct statx st;
        int dirfd, r;

        r = host_pin(dir, &dirfd);
        if (r < 0)
                return r == -ESTALE ? -ENOENT : r;
        host_name_set(&host_name, name, len);
        r = host_statx(dirfd, host_name.s, &st);
        host_unpin(dir);
        if (r == -ENOENT)
                return host_word(d) & VFS_D_NEGATIVE ? 0 : 1;
        if (r < 0)
                return r;
        host_id_of(&st, &id);
        if ((host_word(d) & VFS_D_NEGATIVE) || host_is_elsewhere(fs, &st) ||
            !host_id_same(&id, &host_inode_of(d)->id))
                return 1;
        host_lock(d->inode);
        host_inode_store(fs, d->inode, &st);
        host_unlock(d->inode);
        return 0;
}

int host_child_as(struct vfs_dentry *dir, const char *name, size_t len, enum host_confirm confirmed,
                  struct host_drops *drops, struct vfs_dentry **ret_child)
{
        struct vfs_dentry *d = vfs_tree_child(dir, name, len);
        int r;

        *ret_child = NULL;
        if (d && confirmed == HOST_CONFIRM && host_is_shared(host_of(dir->fs))) {
                r = confirm(dir, d, name, len);
                if (r < 0)
                        return r;
                if (r > 0) {
                        host_drop(drops, d);
                        d = NULL;
                }
        }
        if (!d)
                return make_child(dir, name, len, ret_child);
        if (host_word(d) & VFS_D_NEGATIVE)
                return -ENOENT;
        *ret_child = d;
        return 0;
}

void host_forget_negative(struct vfs_dentry *dir, const char *name, size_t len, struct host_drops *drops)
{
        struct vfs_dentry *d = vfs_tree_child(dir, name, len);

        if (d && (host_word(d) & VFS_D_NEGATIVE))
                host_drop(drops, d);
}

int host_attach_new(struct host *fs, struct vfs_dentry *dir, const struct statx *st, const char *target,
                    const char *name, size_t len, struct host_node **ret_node)
{
        int r;

        r = host_node_new(fs, st, target, name, len, ret_node);
        if (r == 0)
                vfs_tree_attach(dir, &(*ret_node)->d);
        return r;
}

void host_dir_changed(struct vfs_dentry *dir, int fd)
{
        struct statx st;

        if (host_statx(fd, NULL, &st) == 0)
                host_inode_store(host_of(dir->fs), dir->inode, &st);
}

/*
 * The tree's hooks
 */

static int tree_lookup(const struct vfs_ctx *ctx, struct vfs_dentry *dir, const char *name, size_t len,
                       struct vfs_dentry **ret_child)
{
        return make_child(dir, name, len, ret_child);
}

static int tree_refresh(const struct vfs_ctx *ctx, struct vfs_dentry *d)
{
        int r = 0;

        host_lock(d->inode);
        /* Somebody may have done it by now. */
        if (host_word(d) & VFS_D_REVALIDATE)
                r = host_refresh_locked(d);
        host_unlock(d->inode);
        return r;
}

static int tree_revalidate(const struct vfs_ctx *ctx, struct vfs_dentry *dir, struct vfs_dentry *d)
{
        struct host_drops drops = { NULL };
        const char *name;
        size_t len;
        int r = 1;

        if (!host_is_shared(host_of(d->fs)))
                return tree_refresh(ctx, d);
        host_lock(dir->inode);
        /* Its parent is this one, or another by now: only who holds this lock changes that. */
        if (__atomic_load_n(&d->parent, __ATOMIC_ACQUIRE) == dir && !host_is_dead(d)) {
                name = vfs_dentry_name(d, &len);
                r = confirm(dir, d, name, len);
                if (r > 0)
                        host_drop(&drops, d);
        }
        host_unlock(dir->inode);
        host_drops_run(&drops);
        return r;
}

/* The one that was used longest ago, referenced, and put behind all others; NULL: enough are gone. */
static struct vfs_dentry *next_to_evict(struct host *fs)
{
        struct vfs_dentry *d = NULL;

        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        for (int i = 0; i < HOST_TRIM && !d && fs->nnodes > fs->options.max_dentries; i++) {
                struct host_node *node = host_container_of(fs->nodes.next, struct host_node, lru);

                host_list_remove(&node->lru);
                host_list_add(&fs->nodes, &node->lru);
                if (__atomic_load_n(&node->d.refs, __ATOMIC_RELAXED) == 1 && vfs_dentry_tryget(&node->d))
                        d = &node->d;
        }
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
        return d;
}

void host_trim(struct vfs_filesystem *base)
{
        struct host *fs = host_of(base);
        struct vfs_dentry *d, *dir;
        int gone;

        if (__atomic_load_n(&fs->nnodes, __ATOMIC_RELAXED) <= fs->options.max_dentries)
                return;
        for (int i = 0; i < HOST_TRIM; i++) {
                d = next_to_evict(fs);
                if (!d)
                        break;
                dir = vfs_tree_parent_get(d, NULL, NULL);
                if (dir == d) {
                        /* The root, or one that is not attached yet. */
                        vfs_dentry_put(d);
                        vfs_dentry_put(d);
                        continue;
                }
                host_lock(dir->inode);
                gone = __atomic_load_n(&d->parent, __ATOMIC_ACQUIRE) == dir && vfs_tree_evict(d);
                host_unlock(dir->inode);
                if (!gone)
                        vfs_dentry_put(d);
                vfs_dentry_put(dir);
        }
}

const struct vfs_tree_ops host_tree_ops = {
        .size = sizeof(struct vfs_tree_ops),
        .lookup = tree_lookup,
        .revalidate = tree_revalidate,
        .refresh = tree_refresh,
        .trim = host_trim,
};
