/*
 * dirbuf.h - writing a getdents record, inline for the tree's own listing.
 */
#ifndef VFS_PATH_DIRBUF_H
#define VFS_PATH_DIRBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <vfs/fsapi.h>

#include "vfs/base/sync.h"

#define VFS_DIRENT_HEAD offsetof(struct vfs_dirent, name)

/* Bytes of a record whose name has len bytes. */
static inline size_t vfs_dirent_size(size_t len)
{
        return (VFS_DIRENT_HEAD + len + 1 + 7) & ~(size_t)7;
}

/*
 * Adds a record; false when it does not fit. padded: name has 32 readable bytes,
 * zero behind its end, as a dentry's has; then a short one is copied whole.
 * The buffer may be at any address. A record's padding is zeroed: nothing of
 * ours leaks into a guest.
 */
VFS_INLINE bool vfs_dirbuf_put(struct vfs_dirbuf *db, uint64_t ino, int64_t next_pos, unsigned int type,
                               const char *name, size_t len, bool padded)
{
        size_t reclen = vfs_dirent_size(len), room = db->size - db->used;
        uint16_t reclen16 = (uint16_t)reclen;
        uint8_t type8 = (uint8_t)type;
        char *to = db->buf + db->used;

        if (vfs_unlikely(db->full || reclen > room)) {
                db->full = 1;
                return false;
        }
        memset(to + reclen - 8, 0, 8);
        memcpy(to + offsetof(struct vfs_dirent, ino), &ino, sizeof(ino));
        memcpy(to + offsetof(struct vfs_dirent, off), &next_pos, sizeof(next_pos));
        memcpy(to + offsetof(struct vfs_dirent, reclen), &reclen16, sizeof(reclen16));
        memcpy(to + offsetof(struct vfs_dirent, type), &type8, sizeof(type8));
        if (vfs_likely(padded && len < 32 && room >= VFS_DIRENT_HEAD + 32))
                memcpy(to + VFS_DIRENT_HEAD, name, 32);
        else
                memcpy(to + VFS_DIRENT_HEAD, name, len);
        db->used += reclen;
        return true;
}

#endif
