/*
 * inode.c - files of the host and their names in the tree.
 *
 * A file that is no directory has one inode, however many names it has, found by
 * its identity in a table, so that what one name changes is seen by the others. A
 * directory has one name, and its inode is its own: two of them for one directory of the
 * host's exist for as long as it takes to find out that somebody else moved it.
 *
 * Attributes are a copy of the host's. What an operation here changes, the host changes
 * by its own rules and clock, and the copy is taken again: at once for names, at the next
 * look for data (VFS_D_REVALIDATE on every name).
 *
 * Locks: inode.lock for the attributes, and across the host call that reads them; so
 * whoever wrote and then marks them changed does that after. host.lock for the
 * table and the lists of names.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

#define HOST_MIN_LOG2 6u

void host_id_of(const struct statx *st, struct host_id *ret_id)
{
        const int birth = (st->stx_mask & STATX_BTIME) != 0;

        *ret_id = (struct host_id){
                .ino = st->stx_ino,
                .dev_major = st->stx_dev_major,
                .dev_minor = st->stx_dev_minor,
                .btime_sec = birth ? st->stx_btime.tv_sec : 0,
                .btime_nsec = birth ? st->stx_btime.tv_nsec : 0,
                .type = st->stx_mode & VFS_S_IFMT,
        };
}

int host_id_same(const struct host_id *a, const struct host_id *b)
{
        return a->ino == b->ino && a->dev_major == b->dev_major && a->dev_minor == b->dev_minor &&
               a->btime_sec == b->btime_sec && a->btime_nsec == b->btime_nsec && a->type == b->type;
}

int host_is_elsewhere(const struct host *fs, const struct statx *st)
{
        if (fs->mnt_id != 0 && (st->stx_mask & STATX_MNT_ID))
                return st->stx_mnt_id != fs->mnt_id;
        return st->stx_dev_major != fs->dev_major || st->stx_dev_minor != fs->dev_minor;
}

/* Readers copy attributes in whole words. */
#define set(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELAXED)

static void set_time(struct vfs_statx_time *to, const struct statx_timestamp *from)
{
        set(to->sec, from->tv_sec);
        set(to->nsec, from->tv_nsec < 1000000000 ? from->tv_nsec : 0);
}

void host_fill_attr(const struct vfs_filesystem *fs, struct vfs_attr *attr, const struct statx *st)
{
        const uint64_t flags = VFS_STATX_ATTR_APPEND | VFS_STATX_ATTR_IMMUTABLE;

        set(attr->mask, VFS_STATX_BASIC_STATS | (st->stx_mask & VFS_STATX_BTIME));
        set(attr->blksize, st->stx_blksize != 0 ? st->stx_blksize : 4096);
        set(attr->attributes, st->stx_attributes & st->stx_attributes_mask & flags);
        set(attr->attributes_mask, st->stx_attributes_mask & flags);
        set(attr->nlink, st->stx_nlink);
        set(attr->uid, st->stx_uid);
        set(attr->gid, st->stx_gid);
        set(attr->mode, st->stx_mode);
        set(attr->ino, st->stx_ino);
        set(attr->size, st->stx_size <= INT64_MAX ? st->stx_size : INT64_MAX);
        set(attr->blocks, st->stx_blocks);
        set_time(&attr->atime, &st->stx_atime);
        set_time(&attr->btime, &st->stx_btime);
        set_time(&attr->ctime, &st->stx_ctime);
        set_time(&attr->mtime, &st->stx_mtime);
        set(attr->rdev_major, st->stx_rdev_major);
        set(attr->rdev_minor, st->stx_rdev_minor);
        set(attr->dev_major, fs->dev_major);
        set(attr->dev_minor, fs->dev_minor);
}

/* inode.lock and host.lock held: its names are to be confirmed before they are used, or need not be. */
static void mark_names(struct host *fs, struct host_inode *inode, int on)
{
        for (struct host_node *n = inode->names; n; n = n->name_next)
                vfs_tree_set_revalidate(&n->d, on || host_is_shared(fs));
}

void host_inode_store(struct host *fs, struct vfs_inode *base, const struct statx *st)
{
        struct host_inode *inode = (struct host_inode *)base;
        const uint16_t mode = base->attr.mode;

        vfs_inode_write_begin(base);
        host_fill_attr(&fs->base, &base->attr, st);
        vfs_inode_write_end(base);
        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        if (inode->mapped == 0)
                mark_names(fs, inode, 0);
        if (mode != base->attr.mode && host_is_dir(base)) {
                for (struct host_node *n = inode->names; n; n = n->name_next)
                        vfs_dentry_mode_changed(&n->d);
        }
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
}

int host_refresh_locked(struct vfs_dentry *d)
{
        struct host *fs = host_of(d->fs);
        struct statx st;
        struct host_id id;
        int fd, r;

        r = host_pin(d, &fd);
        if (r < 0)
                return r;
        r = host_statx(fd, NULL, &st);
        host_unpin(d);
        if (r < 0)
                return r;
        /* The file behind a descriptor stays what it is; a host that says otherwise is not believed. */
        host_id_of(&st, &id);
        if (id.type != host_inode_of(d)->id.type)
                return -EIO;
        host_inode_store(fs, d->inode, &st);
        return 0;
}

void host_inode_changed(struct vfs_dentry *d)
{
        struct host *fs = host_of(d->fs);

        if (host_is_shared(fs))
                return;
        host_lock(d->inode);
        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        mark_names(fs, host_inode_of(d), 1);
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
        host_unlock(d->inode);
}

/*
 * The table of inodes; host.lock held.
 */

static uint32_t bucket_of(const struct host *fs, const struct host_id *id)
{
        return (uint32_t)(((id->ino ^ (uint64_t)id->dev_minor << 40) * UINT64_C(0x9e3779b97f4a7c15)) >>
                          (64 - fs->log2));
}

static struct host_inode *find_inode(const struct host *fs, const struct host_id *id)
{
        struct host_inode *i = fs->log2 != 0 ? fs->buckets[bucket_of(fs, id)] : NULL;

        while (i && !host_id_same(&i->id, id))
                i = i->hash_next;
        return i;
}

/* Makes the table larger when it is full; that it could not is no error once there is one. */
static int grow(struct host *fs)
{
        const uint32_t log2 = fs->log2 != 0 ? fs->log2 + 1 : HOST_MIN_LOG2;
        const size_t old_bytes = fs->log2 != 0 ? sizeof(struct host_inode *) << fs->log2 : 0;
        struct host_inode **old = fs->buckets, **new;
        const uint32_t n = fs->log2 != 0 ? 1u << fs->log2 : 0;

        if (n != 0 && (fs->ninodes < n || log2 > 28))
                return 0;
        new = vfs_arena_zalloc(fs->base.arena, sizeof(*new) << log2);
        if (!new)
                return n != 0 ? 0 : -ENOMEM;
        fs->buckets = new;
        fs->log2 = log2;
        for (uint32_t i = 0; i < n; i++) {
                for (struct host_inode *inode = old[i], *next; inode; inode = next) {
                        struct host_inode **bucket = &new[bucket_of(fs, &inode->id)];

                        next = inode->hash_next;
                        inode->hash_next = *bucket;
                        *bucket = inode;
                }
        }
        vfs_arena_free(fs->base.arena, old, old_bytes);
        return 0;
}

static void unhash_locked(struct host *fs, struct host_inode *inode)
{
        struct host_inode **p;

        if (!(inode->state & HOST_I_HASHED))
                return;
        for (p = &fs->buckets[bucket_of(fs, &inode->id)]; *p != inode; p = &(*p)->hash_next)
                ;
        *p = inode->hash_next;
        inode->state &= ~HOST_I_HASHED;
        fs->ninodes--;
}

void host_inode_unhash(struct host *fs, struct host_inode *inode)
{
        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        unhash_locked(fs, inode);
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
}

/*
 * The end
 */

static void free_inode_memory(struct host_inode *inode, struct vfs_arena *arena)
{
        if (vfs_inode_type(&inode->base) == VFS_S_IFLNK && inode->base.target)
                vfs_arena_free(arena, (char *)(uintptr_t)inode->base.target, strlen(inode->base.target) + 1);
        vfs_arena_free(arena, inode, sizeof(*inode));
}

static void free_inode(struct vfs_deferred *self, void *arena)
{
        free_inode_memory(host_container_of(self, struct host_inode, deferred), arena);
}

static void free_node(struct vfs_deferred *self, void *arena)
{
        struct vfs_dentry *d = host_container_of(self, struct vfs_dentry, deferred);

        vfs_dentry_fini(d);
        vfs_arena_free(arena, host_node_of(d), sizeof(struct host_node));
}

/* A directory's inode is its name's alone, and its table needs both. */
static void free_dir(struct vfs_deferred *self, void *arena)
{
        struct vfs_dentry *d = host_container_of(self, struct vfs_dentry, deferred);
        struct host_inode *inode = host_inode_of(d);

        vfs_tree_dir_free(d, arena);
        free_node(self, arena);
        free_inode_memory(inode, arena);
}

static void host_release(struct vfs_dentry *d)
{
        struct host *fs = host_of(d->fs);
        struct host_inode *inode = host_inode_of(d);
        struct host_node *node = host_node_of(d), **p;
        int fd = -1, last = 0;

        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        host_list_remove(&node->lru);
        host_count(&fs->nnodes, -1);
        if (inode != fs->negative) {
                for (p = &inode->names; *p != node; p = &(*p)->name_next)
                        ;
                *p = node->name_next;
                last = --inode->base.refs == 0;
        }
        if (last) {
                unhash_locked(fs, inode);
                fd = host_take_fd(fs, inode);
        }
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
        host_close(fd);
        d->deferred.free = host_is_dir(d->inode) ? free_dir : free_node;
        if (last && !host_is_dir(d->inode)) {
                inode->deferred.free = free_inode;
                vfs_arena_defer(fs->base.arena, &inode->deferred);
        }
        vfs_arena_defer(fs->base.arena, &d->deferred);
}

/*
 * The beginning
 */

static struct host_inode *new_inode(struct host *fs, const struct statx *st, const char *target)
{
        static const struct vfs_timespec none;
        struct vfs_arena *arena = fs->base.arena;
        struct host_inode *inode = vfs_arena_zalloc(arena, sizeof(*inode));
        char *copy;

        if (!inode)
                return NULL;
        vfs_inode_init(&inode->base, &fs->base, st->stx_ino, st->stx_mode, 0, 0, 0, 0, &none);
        host_fill_attr(&fs->base, &inode->base.attr, st);
        host_id_of(st, &inode->id);
        inode->fd = -1;
        host_list_init(&inode->fd_link);
        if (target) {
                copy = vfs_arena_alloc(arena, strlen(target) + 1);
                if (!copy) {
                        vfs_arena_free(arena, inode, sizeof(*inode));
                        return NULL;
                }
                memcpy(copy, target, strlen(target) + 1);
                inode->base.target = copy;
        }
        return inode;
}

/* A dentry of inode, of which the caller has a reference that becomes the node's. */
static int new_node(struct host *fs, struct host_inode *inode, const char *name, size_t len,
                    struct host_node **ret_node)
{
        struct host_node *node = vfs_arena_alloc(fs->base.arena, sizeof(*node));
        uint64_t flags = host_is_shared(fs) ? VFS_D_REVALIDATE : 0;
        int r;

        if (!node)
                return -ENOMEM;
        r = vfs_dentry_init(&node->d, &fs->base, &inode->base, name, len);
        if (r < 0) {
                vfs_arena_free(fs->base.arena, node, sizeof(*node));
                return r;
        }
        if (inode == fs->negative)
                flags |= VFS_D_NEGATIVE;
        else if (host_is_dir(&inode->base))
                flags |= VFS_D_PARTIAL;
        node->drop_next = NULL;
        node->name_next = NULL;
        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        if (inode != fs->negative) {
                /* What is not known of one name is not known of the next. */
                if (inode->names && (host_word(&inode->names->d) & VFS_D_REVALIDATE))
                        flags |= VFS_D_REVALIDATE;
                node->name_next = inode->names;
                inode->names = node;
        }
        vfs_tree_mark_new(&node->d, flags);
        host_list_init(&node->lru);
        host_list_add(&fs->nodes, &node->lru);
        host_count(&fs->nnodes, 1);
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
        *ret_node = node;
        return 0;
}

/* Drops a reference that no node took over. */
static void put_inode(struct host *fs, struct host_inode *inode)
{
        int fd = -1, last;

        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        last = --inode->base.refs == 0;
        if (last) {
                unhash_locked(fs, inode);
                fd = host_take_fd(fs, inode);
        }
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
        host_close(fd);
        if (last) {
                inode->deferred.free = free_inode;
                vfs_arena_defer(fs->base.arena, &inode->deferred);
        }
}

int host_node_link(struct host *fs, struct host_inode *inode, const char *name, size_t len,
                   struct host_node **ret_node)
{
        int r;

        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        inode->base.refs++;
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
        r = new_node(fs, inode, name, len, ret_node);
        if (r < 0)
                put_inode(fs, inode);
        return r;
}

/* The inode of that identity, with one reference more; NULL. */
static struct host_inode *get_inode(struct host *fs, const struct statx *st)
{
        struct host_inode *inode;
        struct host_id id;

        if (S_ISDIR(st->stx_mode))
                return NULL;
        host_id_of(st, &id);
        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        inode = find_inode(fs, &id);
        if (inode)
                inode->base.refs++;
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
        return inode;
}

/* Enters a new inode into the table; or finds that there is one by now, which it takes a reference on. */
static struct host_inode *hash_inode(struct host *fs, struct host_inode *new)
{
        struct host_inode *inode;

        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        inode = find_inode(fs, &new->id);
        if (inode) {
                inode->base.refs++;
        } else if (grow(fs) == 0) {
                struct host_inode **bucket = &fs->buckets[bucket_of(fs, &new->id)];

                new->hash_next = *bucket;
                *bucket = new;
                new->state |= HOST_I_HASHED;
                fs->ninodes++;
                inode = new;
        }
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
        return inode;
}

int host_node_new(struct host *fs, const struct statx *st, const char *target, const char *name, size_t len,
                  struct host_node **ret_node)
{
        struct host_inode *inode = get_inode(fs, st), *made;
        int r, known = inode != NULL;

        if (!inode) {
                made = inode = new_inode(fs, st, target);
                if (!made)
                        return -ENOMEM;
                if (!S_ISDIR(st->stx_mode)) {
                        inode = hash_inode(fs, made);
                        known = inode != made;
                        if (known)
                                free_inode_memory(made, fs->base.arena);
                        if (!inode)
                                return -ENOMEM;
                }
        }
        r = new_node(fs, inode, name, len, ret_node);
        if (r < 0) {
                put_inode(fs, inode);
                return r;
        }
        if (known) {
                host_lock(&inode->base);
                host_inode_store(fs, &inode->base, st);
                host_unlock(&inode->base);
        }
        return 0;
}

int host_node_negative(struct host *fs, const char *name, size_t len, struct host_node **ret_node)
{
        return new_node(fs, fs->negative, name, len, ret_node);
}

int host_negative_new(struct host *fs)
{
        const struct statx st = { .stx_blksize = 4096 };

        fs->negative = new_inode(fs, &st, NULL);
        return fs->negative ? 0 : -ENOMEM;
}

void host_node_used(struct host *fs, struct vfs_dentry *d)
{
        struct host_node *node = host_node_of(d);

        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        host_list_remove(&node->lru);
        host_list_add(&fs->nodes, &node->lru);
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
}

const struct vfs_dentry_ops host_dentry_ops = {
        .size = sizeof(struct vfs_dentry_ops),
        .release = host_release,
        .setattr = host_setattr,
        .setxattr = host_setxattr,
        .getxattr = host_getxattr,
        .listxattr = host_listxattr,
        .removexattr = host_removexattr,
};
