/*
 * filesystem.c - the base of a filesystem: references, its arena, its place in
 * the instance's list; and the registry of filesystem types.
 *
 * The last put takes the filesystem off the list, waits until no lock-free reader
 * is left, completes the deferred frees, lets the implementation free itself and
 * then drops the arena with everything that is still linked in the tree.
 *
 * Known limit: device numbers count up and are not used again, so they repeat
 * after 2^32 filesystems of one instance.
 */
#include <errno.h>
#include <string.h>

#include "vfs/object/dentry.h"
#include "vfs/object/userns.h"

/* A registered type. */
struct vfs_fstype_entry {
        struct vfs_fstype_entry *next;
        const struct vfs_fstype *type;
};

#if VFS_DEBUG
/* A dentry of this filesystem that only the tree holds: its reference goes with the arena. */
static bool vfs_track_is_trees(const void *user, const struct vfs_track_slot *slot)
{
        const struct vfs_dentry *d = slot->object;

        return strcmp(slot->kind, "dentry") == 0 && d->fs == user && slot->refs == 1 &&
               (d->word & VFS_D_DEAD) == 0;
}
#endif

int vfs_filesystem_init(struct vfs_filesystem *fs, struct vfs *vfs, const struct vfs_fstype *type,
                        const struct vfs_filesystem_ops *ops, const struct vfs_dentry_ops *dops,
                        const char *source)
{
        struct vfs_arena *arena;
        size_t len;
        char *copy;

        source = source != NULL ? source : "none";
        len = strlen(source) + 1;
        copy = vfs_alloc(&vfs->allocator, len);
        if (copy == NULL)
                return -ENOMEM;
        memcpy(copy, source, len);
        arena = vfs_arena_new(&vfs->allocator);
        if (arena == NULL) {
                vfs_dealloc(&vfs->allocator, copy, len);
                return -ENOMEM;
        }
        *fs = (struct vfs_filesystem){
                .ops = ops,
                .dops = dops,
                .type = type,
                .vfs = vfs,
                .arena = arena,
                .refs = 1,
                .source = copy,
        };
        vfs_mutex_lock(&vfs->registry_lock, VFS_LOCK_LEAF);
        fs->dev_minor = ++vfs->next_dev_minor;
        fs->next = vfs->filesystems;
        fs->prev = &vfs->filesystems;
        if (fs->next != NULL)
                fs->next->prev = &fs->next;
        vfs->filesystems = fs;
        vfs_mutex_unlock(&vfs->registry_lock, VFS_LOCK_LEAF);
        vfs_track_ref(&vfs->track, fs, "filesystem", 1);
        return 0;
}

/* Takes it off the list and completes what was deferred; fs and its arena are still there. */
static void vfs_filesystem_quiesce(struct vfs_filesystem *fs)
{
        struct vfs *vfs = fs->vfs;

        vfs_mutex_lock(&vfs->registry_lock, VFS_LOCK_LEAF);
        *fs->prev = fs->next;
        if (fs->next != NULL)
                fs->next->prev = fs->prev;
        vfs_mutex_unlock(&vfs->registry_lock, VFS_LOCK_LEAF);

        vfs_epoch_synchronize(vfs_thread_get());
        vfs_limbo_drain(&fs->arena->limbo, fs->arena);
#if VFS_DEBUG
        vfs_track_drop(&vfs->track, vfs_track_is_trees, fs);
#endif
        vfs_dealloc(&vfs->allocator, fs->source, strlen(fs->source) + 1);
        vfs_userns_put(fs->userns);
}

void vfs_filesystem_fini(struct vfs_filesystem *fs)
{
        struct vfs_arena *arena = fs->arena;

        vfs_track_ref(&fs->vfs->track, fs, "filesystem", -1);
        vfs_filesystem_quiesce(fs);
        vfs_arena_destroy(arena);
}

void vfs_filesystem_get(struct vfs_filesystem *fs)
{
        uint64_t n = vfs_fetch_add_u64(&fs->refs, 1);

        vfs_check(n != 0);
        vfs_track_ref(&fs->vfs->track, fs, "filesystem", 1);
}

void vfs_filesystem_put(struct vfs_filesystem *fs)
{
        struct vfs_arena *arena = fs->arena;
        uint64_t n;

        vfs_track_ref(&fs->vfs->track, fs, "filesystem", -1);
        n = vfs_fetch_add_u64(&fs->refs, UINT64_MAX);
        vfs_check(n != 0);
        if (n != 1)
                return;
        vfs_filesystem_quiesce(fs);
        fs->ops->release(fs); /* frees fs itself */
        vfs_arena_destroy(arena);
}

struct vfs_filesystem *vfs_filesystem_next(struct vfs *vfs, struct vfs_filesystem *fs)
{
        struct vfs_filesystem *next;

        vfs_mutex_lock(&vfs->registry_lock, VFS_LOCK_LEAF);
        next = fs != NULL ? fs->next : vfs->filesystems;
        while (next != NULL && !vfs_ref_tryget(&next->refs))
                next = next->next;
        vfs_mutex_unlock(&vfs->registry_lock, VFS_LOCK_LEAF);
        if (next != NULL)
                vfs_track_ref(&vfs->track, next, "filesystem", 1);
        if (fs != NULL)
                vfs_filesystem_put(fs);
        return next;
}

void vfs_filesystem_set_owner(struct vfs_filesystem *fs, struct vfs_userns *userns)
{
        vfs_assert(fs->userns == NULL);
        fs->userns = vfs_userns_get(userns);
}

uint64_t vfs_filesystems_bytes(struct vfs *vfs)
{
        uint64_t bytes = 0;

        vfs_mutex_lock(&vfs->registry_lock, VFS_LOCK_LEAF);
        for (const struct vfs_filesystem *fs = vfs->filesystems; fs != NULL; fs = fs->next)
                bytes += vfs_arena_bytes(fs->arena);
        vfs_mutex_unlock(&vfs->registry_lock, VFS_LOCK_LEAF);
        return bytes;
}

/* Registry lock held. */
static const struct vfs_fstype *vfs_fstype_find_locked(struct vfs *vfs, const char *name)
{
        for (struct vfs_fstype_entry *e = vfs->fstypes; e != NULL; e = e->next) {
                if (strcmp(e->type->name, name) == 0)
                        return e->type;
        }
        return NULL;
}

int vfs_fstype_register(struct vfs *vfs, const struct vfs_fstype *type)
{
        struct vfs_fstype_entry *e;
        int r = 0;

        if (type->size != sizeof(*type) || type->name == NULL || type->get_tree == NULL)
                return -EINVAL;
        e = vfs_alloc(&vfs->allocator, sizeof(*e));
        if (e == NULL)
                return -ENOMEM;
        e->type = type;
        vfs_mutex_lock(&vfs->registry_lock, VFS_LOCK_LEAF);
        if (vfs_fstype_find_locked(vfs, type->name) != NULL) {
                r = -EBUSY;
        } else {
                e->next = vfs->fstypes;
                vfs->fstypes = e;
        }
        vfs_mutex_unlock(&vfs->registry_lock, VFS_LOCK_LEAF);
        if (r < 0)
                vfs_dealloc(&vfs->allocator, e, sizeof(*e));
        return r;
}

const struct vfs_fstype *vfs_fstype_find(struct vfs *vfs, const char *name)
{
        const struct vfs_fstype *type;

        vfs_mutex_lock(&vfs->registry_lock, VFS_LOCK_LEAF);
        type = vfs_fstype_find_locked(vfs, name);
        vfs_mutex_unlock(&vfs->registry_lock, VFS_LOCK_LEAF);
        return type;
}

void vfs_fstypes_fini(struct vfs *vfs)
{
        struct vfs_fstype_entry *e;

        while ((e = vfs->fstypes) != NULL) {
                vfs->fstypes = e->next;
                vfs_dealloc(&vfs->allocator, e, sizeof(*e));
        }
}
