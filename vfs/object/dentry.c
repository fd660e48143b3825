/*
 * dentry.c - the base of a tree's nodes: their references, names and flags.
 *
 * The count begins with one reference, which is the tree's while the dentry is
 * linked. It never rises from 0: lock-free readers use tryget. At 0 the
 * filesystem's release is called, on the thread of the last put.
 *
 * A name of up to 32 bytes is in the dentry, padded with zeroes; of a longer one
 * the first 24 bytes are, so that most comparisons end there, and a pointer to
 * the whole, NUL-terminated, in the filesystem's arena.
 */
#include "vfs/object/dentry.h"

#include <errno.h>
#include <string.h>

const uint64_t vfs_empty_children[8] __attribute__((aligned(64)));

static uint64_t vfs_dentry_mode_flags(uint32_t mode)
{
        switch (mode & VFS_S_IFMT) {
        case VFS_S_IFDIR:
                return VFS_D_DIR | ((mode & 0111) == 0111 ? VFS_D_SEARCH : 0);
        case VFS_S_IFLNK:
                return VFS_D_SYMLINK;
        default:
                return 0;
        }
}

/* A long name's block. */
struct vfs_long_name {
        struct vfs_deferred deferred;
        uint64_t bytes; /* of the block */
        char name[];
};

char *vfs_long_name_new(struct vfs_arena *arena, size_t len)
{
        size_t bytes = sizeof(struct vfs_long_name) + len + 1;
        struct vfs_long_name *n = vfs_arena_alloc(arena, bytes);

        if (n == NULL)
                return NULL;
        n->bytes = bytes;
        return n->name;
}

void vfs_long_name_free(struct vfs_arena *arena, char *name)
{
        struct vfs_long_name *n = vfs_container_of(name, struct vfs_long_name, name);

        vfs_arena_free(arena, n, n->bytes);
}

static void vfs_long_name_deferred(struct vfs_deferred *self, void *arena)
{
        vfs_long_name_free(arena, vfs_container_of(self, struct vfs_long_name, deferred)->name);
}

void vfs_long_name_defer(struct vfs_arena *arena, char *name)
{
        struct vfs_long_name *n = vfs_container_of(name, struct vfs_long_name, name);

        n->deferred.free = vfs_long_name_deferred;
        vfs_arena_defer(arena, &n->deferred);
}

char *vfs_dentry_set_name_seq(struct vfs_dentry *d, const char *name, size_t len, char *long_name)
{
        vfs_name_word *words = (vfs_name_word *)d->name;
        size_t old_len = vfs_dentry_len(d->word);
        char *old = old_len > VFS_DENTRY_INLINE ? (char *)(uintptr_t)words[VFS_DENTRY_PREFIX / 8] : NULL;
        uint64_t prefix[VFS_DENTRY_INLINE / 8] = { 0 };

        if (len <= VFS_DENTRY_INLINE) {
                memcpy(prefix, name, len);
        } else {
                memcpy(long_name, name, len);
                long_name[len] = '\0';
                memcpy(prefix, name, VFS_DENTRY_PREFIX);
                prefix[VFS_DENTRY_PREFIX / 8] = (uintptr_t)long_name;
        }
        /* Release, for the bytes behind the pointer. */
        for (size_t i = 0; i < VFS_DENTRY_INLINE / 8; i++)
                vfs_store(&words[i], prefix[i]);
        vfs_store_relaxed(&d->word, (d->word & ~VFS_DENTRY_LEN_MASK) | len);
        return old;
}

int vfs_dentry_init(struct vfs_dentry *d, struct vfs_filesystem *fs, struct vfs_inode *inode, const char *name,
                    size_t len)
{
        char *long_name = NULL;

        vfs_assert(len <= VFS_NAME_MAX);
        if (len > VFS_DENTRY_INLINE) {
                long_name = vfs_long_name_new(fs->arena, len);
                if (long_name == NULL)
                        return -ENOMEM;
        }
        *d = (struct vfs_dentry){
                .word = vfs_dentry_mode_flags(inode->attr.mode),
                .parent = d,
                .children = VFS_CHILDREN_EMPTY,
                .inode = inode,
                .refs = 1,
                .fs = fs,
        };
        vfs_dentry_set_name_seq(d, name, len, long_name);
        vfs_track_ref(&fs->vfs->track, d, "dentry", 1);
        return 0;
}

void vfs_dentry_fini(struct vfs_dentry *d)
{
        size_t len = vfs_dentry_len(d->word);

        if (d->refs != 0) /* never handed out: the end of a failed creation */
                vfs_track_ref(&d->fs->vfs->track, d, "dentry", -(int)d->refs);
        if (len > VFS_DENTRY_INLINE)
                vfs_long_name_free(d->fs->arena, (char *)vfs_dentry_name_ptr(d, len));
}

void vfs_dentry_get(struct vfs_dentry *d)
{
        uint64_t n = vfs_fetch_add_u64(&d->refs, 1);

        vfs_check(n != 0);
        vfs_track_ref(&d->fs->vfs->track, d, "dentry", 1);
}

int vfs_dentry_tryget(struct vfs_dentry *d)
{
        if (!vfs_ref_tryget(&d->refs))
                return 0;
        vfs_track_ref(&d->fs->vfs->track, d, "dentry", 1);
        return 1;
}

void vfs_tree_mark_new(struct vfs_dentry *d, uint64_t flags)
{
        d->word |= flags & (VFS_D_PARTIAL | VFS_D_NEGATIVE | VFS_D_REVALIDATE);
        if (d->word & VFS_D_REVALIDATE)
                d->word &= ~VFS_D_SEARCH;
}

void vfs_tree_set_revalidate(struct vfs_dentry *d, int on)
{
        const uint64_t flag = on ? VFS_D_REVALIDATE : 0;
        uint64_t search;

        if ((vfs_load(&d->word) & VFS_D_REVALIDATE) == flag)
                return;
        vfs_mutex_lock(&d->lock, VFS_LOCK_DENTRY);
        search = on ? 0 : vfs_dentry_mode_flags(vfs_load_relaxed(&d->inode->attr.mode)) & VFS_D_SEARCH;
        vfs_dentry_set_flags_locked(d, flag | search, (VFS_D_REVALIDATE & ~flag) | (VFS_D_SEARCH & ~search));
        vfs_mutex_unlock(&d->lock, VFS_LOCK_DENTRY);
}

/* One that left its directory holds it: so the end of one may be the end of the next one up. */
void vfs_dentry_put(struct vfs_dentry *d)
{
        for (;;) {
                struct vfs_dentry *parent;
                uint64_t n;

                vfs_track_ref(&d->fs->vfs->track, d, "dentry", -1);
                n = vfs_fetch_add_u64(&d->refs, UINT64_MAX);
                vfs_check(n != 0);
                if (n != 1)
                        return;
                parent = d->parent;
                d->fs->dops->release(d);
                if (parent == d)
                        return;
                d = parent;
        }
}

bool vfs_dentry_put_not_last(struct vfs_dentry *d)
{
        uint64_t n;

        do {
                n = vfs_load_relaxed(&d->refs);
                if (n == 1)
                        return false;
        } while (!vfs_cas_u64(&d->refs, n, n - 1));
        vfs_track_ref(&d->fs->vfs->track, d, "dentry", -1);
        return true;
}

const char *vfs_dentry_name(const struct vfs_dentry *d, size_t *ret_len)
{
        *ret_len = vfs_dentry_len(vfs_load_relaxed(&d->word));
        return vfs_dentry_name_ptr(d, *ret_len);
}

void vfs_dentry_mode_changed(struct vfs_dentry *d)
{
        uint64_t flags = vfs_dentry_mode_flags(vfs_load_relaxed(&d->inode->attr.mode)) & VFS_D_SEARCH;

        vfs_mutex_lock(&d->lock, VFS_LOCK_DENTRY);
        /* A mode that is to be asked for again lets nobody pass unasked. */
        if (d->word & VFS_D_REVALIDATE)
                flags = 0;
        if ((d->word & VFS_D_SEARCH) != flags)
                vfs_dentry_set_flags_locked(d, flags, VFS_D_SEARCH & ~flags);
        vfs_mutex_unlock(&d->lock, VFS_LOCK_DENTRY);
}
