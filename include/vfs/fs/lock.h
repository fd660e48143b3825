/*
 * fs/lock.h - the mutex of the library, for filesystems.
 *
 * Four bytes, because there is one in every inode and dentry; sleeps on a futex
 * when contended. Each lock has a rank, its place in the lock order
 * (docs/locking.md); debug builds check that a thread takes ranks in order.
 */
#ifndef VFS_FS_LOCK_H
#define VFS_FS_LOCK_H

#include <stdint.h>

#include <vfs/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vfs_mutex {
        uint32_t word; /* 0 free, 1 held, 2 held with waiters; all zeroes is an initialised mutex */
};

/* Outermost first. Ranks marked "many" may be held more than once by a thread. */
enum vfs_lock_rank {
        VFS_LOCK_CONTEXT = 1, /* a filesystem being made or changed: fsconfig */
        VFS_LOCK_FDTABLE,     /* descriptor table; root and working directory */
        VFS_LOCK_POS,         /* a file's offset; many (copy_file_range: by address) */
        VFS_LOCK_FS,          /* a filesystem's own outer lock: directory renames */
        VFS_LOCK_DIR,         /* a directory's entries: inode lock of a directory; many (ancestor first) */
        VFS_LOCK_INODE,       /* an inode's data and attributes; many (by address) */
        VFS_LOCK_FS_INNER,    /* a filesystem's own inner locks: allocators, pipes */
        VFS_LOCK_MOUNT,       /* vfs.mount_lock */
        VFS_LOCK_DENTRY,      /* dentry.lock; many */
        VFS_LOCK_TREE,        /* vfs.tree_lock: ancestry; a leaf */
        VFS_LOCK_LEAF,        /* limbo, registries: nothing is taken inside */
};

/*
 * Lock and unlock, of the thread that locked. A rank is the same in both calls; locking out of order is caught in debug
 * builds. vfs_mutex_lock() may block; neither fails. The two slow ones are the contended halves of the others, not to
 * be called directly.
 */
VFS_API void vfs_mutex_lock_slow(struct vfs_mutex *m);
VFS_API void vfs_mutex_unlock_slow(struct vfs_mutex *m);
VFS_API void vfs_mutex_lock(struct vfs_mutex *m, enum vfs_lock_rank rank);
VFS_API void vfs_mutex_unlock(struct vfs_mutex *m, enum vfs_lock_rank rank);

#ifdef __cplusplus
}
#endif

#endif
