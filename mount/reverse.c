/*
 * reverse.c - the path of a place: from a dentry up to a root, across mounts.
 *
 * The name is written from the end of the buffer towards its beginning, inside an
 * epoch section, without a lock. Each dentry's name and parent are read under the
 * dentry's own sequence; that no directory moved meanwhile is known by the
 * instance's rename_seq, and that no mount did by the mount table's count. When
 * either moved the walk begins again, and the fourth time with mount_lock and
 * tree_lock held, which keep everything where it is.
 */
#include "mount/internal.h"

#include <errno.h>

#include "vfs/object/dentry.h"

/* The end of a buffer, being filled from there. */
struct vfs_prepend {
        char *buf, *start;
};

static int vfs_prepend(struct vfs_prepend *p, const char *s, size_t len)
{
        if ((size_t)(p->start - p->buf) < len)
                return -ENAMETOOLONG;
        p->start -= len;
        memcpy(p->start, s, len);
        return 0;
}

/* Prepends a slash and d's name, as they were at one moment, with d's parent then. */
static int vfs_prepend_dentry(struct vfs_prepend *p, const struct vfs_dentry *d,
                              struct vfs_dentry **ret_parent)
{
        const vfs_name_word *src = (const vfs_name_word *)d->name;
        vfs_name_word name[VFS_DENTRY_INLINE / 8];
        uint64_t word;
        size_t len;
        int r;

        for (uint32_t attempt = 0;; attempt++) {
                word = vfs_load(&d->word);
                /* Acquire, for the bytes of a long name. */
                for (size_t i = 0; i < VFS_DENTRY_INLINE / 8; i++)
                        name[i] = vfs_load(&src[i]);
                *ret_parent = vfs_load_relaxed(&d->parent);
                vfs_fence_load();
                if (!(word & VFS_D_ODD) && vfs_load_relaxed(&d->word) == word)
                        break;
                vfs_mount_table_wait(attempt);
        }
        if (*ret_parent == d)
                return 0;
        /* Only now are length and pointer known to belong together. */
        len = vfs_dentry_len(word);
        if (len > VFS_DENTRY_INLINE)
                r = vfs_prepend(p, (const char *)(uintptr_t)name[VFS_DENTRY_PREFIX / 8], len);
        else
                r = vfs_prepend(p, (const char *)name, len);
        return r < 0 ? r : vfs_prepend(p, "/", 1);
}

/* One walk. m NULL: up to the filesystem's root. seq is the mounts' count. EAGAIN: a mount changed. */
static int vfs_reverse_walk(struct vfs *vfs, uint32_t seq, const struct vfs_path *root, struct vfs_mount *m,
                            struct vfs_dentry *d, struct vfs_prepend *p, uint32_t *ret_flags)
{
        char *end = p->start;
        struct vfs_dentry *up;
        int r;

        *ret_flags = vfs_load_relaxed(&d->word) & VFS_D_DEAD ? VFS_REVERSE_DELETED : 0;
        while (root == NULL || d != root->dentry || m != root->mount) {
                if (m != NULL && d == m->root) {
                        struct vfs_mount *parent = vfs_load_relaxed(&m->parent);
                        struct vfs_dentry *point = vfs_load_relaxed(&m->point);

                        /* At every crossing, so that a walk through changing mounts ends. */
                        if (vfs_mounts_seq_retry(vfs, seq))
                                return -EAGAIN;
                        if (parent == NULL) {
                                *ret_flags |= VFS_REVERSE_UNREACHABLE;
                                break;
                        }
                        m = parent;
                        d = point;
                        continue;
                }
                r = vfs_prepend_dentry(p, d, &up);
                if (r < 0)
                        return r;
                if (up == d) {
                        /* The filesystem's root, above the mount's: d was moved out of the mount. Linux shows "/". */
                        if (m != NULL) {
                                *ret_flags |= VFS_REVERSE_UNREACHABLE;
                                p->start = end;
                        }
                        break;
                }
                d = up;
        }
        return p->start == end ? vfs_prepend(p, "/", 1) : 0;
}

/* mount_locked: the caller holds mount_lock. */
static int vfs_reverse(struct vfs *vfs, bool mount_locked, const struct vfs_path *root, struct vfs_mount *m,
                       struct vfs_dentry *d, char *buf, size_t size, char **ret_start, uint32_t *ret_flags)
{
        struct vfs_thread *thread = vfs_thread_get();
        bool moved = true, locked = false;
        struct vfs_prepend p;
        uint32_t flags = 0;
        int r;

        if (thread == NULL)
                return -ENOMEM;
        if (size == 0)
                return -ENAMETOOLONG;
        for (uint32_t attempt = 0; moved && !locked; attempt++) {
                uint32_t rename_seq, mounts_seq;

                locked = attempt == 3;
                if (locked) {
                        if (!mount_locked)
                                vfs_mounts_lock(vfs);
                        vfs_mutex_lock(&vfs->tree_lock, VFS_LOCK_TREE);
                }
                vfs_epoch_enter(thread);
                rename_seq = vfs_seq_read_begin(&vfs->rename_seq);
                mounts_seq = vfs_mounts_seq_begin(vfs);
                p.buf = buf;
                p.start = buf + size - 1;
                *p.start = '\0';
                r = vfs_reverse_walk(vfs, mounts_seq, root, m, d, &p, &flags);
                /* Whatever the result: a race may also have made the path too long. */
                moved = vfs_seq_retry(&vfs->rename_seq, rename_seq) || vfs_mounts_seq_retry(vfs, mounts_seq);
                vfs_epoch_exit(thread);
                if (locked) {
                        vfs_assert(!moved);
                        vfs_mutex_unlock(&vfs->tree_lock, VFS_LOCK_TREE);
                        if (!mount_locked)
                                vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
                }
        }
        if (r < 0)
                return r;
        *ret_start = p.start;
        *ret_flags = flags;
        return 0;
}

int vfs_path_reverse(struct vfs *vfs, const struct vfs_path *root, const struct vfs_path *path, char *buf,
                     size_t size, char **ret_start, uint32_t *ret_flags)
{
        return vfs_reverse(vfs, false, root, path->mount, path->dentry, buf, size, ret_start, ret_flags);
}

int vfs_path_reverse_locked(struct vfs *vfs, const struct vfs_path *root, const struct vfs_path *path,
                            char *buf, size_t size, char **ret_start, uint32_t *ret_flags)
{
        return vfs_reverse(vfs, true, root, path->mount, path->dentry, buf, size, ret_start, ret_flags);
}

int vfs_dentry_reverse_locked(struct vfs *vfs, struct vfs_dentry *d, char *buf, size_t size, char **ret_start,
                              uint32_t *ret_flags)
{
        return vfs_reverse(vfs, true, NULL, NULL, d, buf, size, ret_start, ret_flags);
}
