/*
 * fs/object.h - the objects that a filesystem's own objects embed: filesystem,
 * inode, dentry, file. For authors of filesystems.
 *
 * Embed the structure first in yours. Fields are marked: "o" the owner (your
 * filesystem) may read and write under the lock named; "r" you may read; the
 * others belong to the library.
 */
#ifndef VFS_FS_OBJECT_H
#define VFS_FS_OBJECT_H

#include <vfs/fs/lock.h>
#include <vfs/instance.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vfs_filesystem_ops;
struct vfs_dentry_ops;
struct vfs_file_ops;
struct vfs_fstype;
struct vfs_arena;
struct vfs_tree_dir;
struct vfs_xattrs;
struct vfs_pipe;

/* An object whose memory is freed once no lock-free reader can see it. */
struct vfs_deferred {
        struct vfs_deferred *next;
        void (*free)(struct vfs_deferred *self, void *owner);
};

/*
 * A mounted tree's data: analogous to Linux's super_block. Refcounted: mounts
 * hold it. Everything allocated from its arena goes with it.
 */
struct vfs_filesystem {
        const struct vfs_filesystem_ops *ops; /* r c */
        const struct vfs_dentry_ops *dops;    /* r c */
        const struct vfs_fstype *type;        /* r c */
        struct vfs *vfs;                      /* r c */
        struct vfs_arena *arena;              /* r c  for dentries, inodes, names */
        uint64_t refs;                        /* a */
        uint32_t dev_major, dev_minor;        /* r c  st_dev */
        uint32_t flags;                       /* a    VFS_FS_* */
        uint32_t removed;                     /* o a  files in use without a name: while there are any it does not become read-only */
        char *source;                         /* r c  what mountinfo shows */
        struct vfs_userns *userns;            /* r c  whose it is: NULL the first; referenced */
        struct vfs_filesystem *next, **prev;  /*      instance's list */
};
#define VFS_FS_RDONLY 1u /* the superblock is read-only */

/*
 * The attributes of a file, as the first 144 bytes of struct vfs_statx: stat
 * copies them. Guarded by the inode's lock and its sequence count.
 */
struct vfs_attr {
        uint32_t mask;
        uint32_t blksize;
        uint64_t attributes;
        uint32_t nlink;
        uint32_t uid;
        uint32_t gid;
        uint16_t mode; /* type and permissions */
        uint16_t pad0;
        uint64_t ino;
        uint64_t size;
        uint64_t blocks;
        uint64_t attributes_mask;
        struct vfs_statx_time atime, btime, ctime, mtime;
        uint32_t rdev_major, rdev_minor;
        uint32_t dev_major, dev_minor;
};

/*
 * A file, whatever its names: analogous to Linux's struct inode. Referenced by
 * its dentries. Written between vfs_inode_write_begin and _end, with lock held.
 */
struct vfs_inode {
        struct vfs_attr attr;  /* r  l, read lock-free under seq; write: vfs_inode_write_begin */
        uint32_t seq;          /*    l */
        struct vfs_mutex lock; /* o  rank DIR for a directory, else INODE */
        uint32_t refs;         /* a  dentries */
        uint32_t flags;        /* o  l, yours */
        union {
                struct vfs_tree_dir *dir; /* a directory's entries: lock */
                const char *target;       /* r c  a symlink's target, NUL-terminated */
                struct vfs_pipe *pipe;    /*      a FIFO's pipe while it is open: lock */
        };
        struct vfs_xattrs *xattrs; /* l  NULL: none */
};

/* VFS_S_IF*: it never changes, but the rest of the word may, meanwhile; so no lock is needed. */
static inline uint32_t vfs_inode_type(const struct vfs_inode *inode)
{
        return __atomic_load_n(&inode->attr.mode, __ATOMIC_RELAXED) & VFS_S_IFMT;
}

/*
 * A name in a tree and what it names: analogous to Linux's struct dentry. The
 * first 64 bytes are all that a lock-free walk reads. Lifetime: refs counts the
 * tree itself (while linked) and every handle; at 0 the filesystem's release is
 * called and memory goes through its arena's limbo.
 */
struct vfs_dentry {
        uint64_t word;             /* d  sequence, name length, VFS_D_* */
        struct vfs_dentry *parent; /* d  under word's sequence; a root is its own parent */
        uintptr_t children;        /*    a directory's table of entries: inode lock */
        struct vfs_inode *inode;   /* r c */
        char name[32];             /* d  under word's sequence; see vfs_dentry_name */

        uint64_t refs;             /* a */
        struct vfs_mutex lock;     /*    rank DENTRY: word, mounts, name, parent */
        uint32_t mounts;           /* d  mounts on it, in any namespace */
        struct vfs_filesystem *fs; /* r c */
        uint64_t pos;              /* r  position in its directory: the parent's inode lock */
        union {
                struct vfs_mount *only_mount; /* d  while mounted on: the mount, if it is the only one */
                struct vfs_deferred deferred; /* o  after release */
        };
};

/* vfs_dentry.word: the name's length in bits 0 to 15, flags, and in the upper half the sequence (odd: being changed). */
#define VFS_D_DIR (UINT64_C(1) << 16)
#define VFS_D_SYMLINK (UINT64_C(1) << 17)
#define VFS_D_MOUNTED (UINT64_C(1) << 18) /* mounts != 0 */
#define VFS_D_SEARCH (UINT64_C(1) << 19)  /* a directory that everybody may search */
#define VFS_D_DEAD (UINT64_C(1) << 20)    /* unlinked: no name can be made in it, nor a mount on it */
#define VFS_D_REVALIDATE (UINT64_C(1) << 21) /* to be asked for again before it is used: struct vfs_tree_ops */
#define VFS_D_NEGATIVE (UINT64_C(1) << 22)   /* known not to exist; such a dentry never leaves the tree */
#define VFS_D_PARTIAL (UINT64_C(1) << 23)    /* a directory that may have children which are not in its table */
#define VFS_D_ODD (UINT64_C(1) << 32)     /* the sequence's lowest bit */

/*
 * An open file description: analogous to Linux's struct file.
 */
struct vfs_file {
        const struct vfs_file_ops *ops;  /* r c */
        struct vfs_path path;            /* r c  holds references */
        const struct vfs_cred *cred;     /* r c  the opener's, referenced */
        uint64_t refs;                   /* a */
        uint32_t flags;                  /* r a  status flags, VFS_O_* */
        uint32_t mode;                   /* r c  VFS_FILE_* */
        struct vfs_mutex pos_lock;       /*      rank POS */
        uint32_t size;                   /*      of the allocation */
        int64_t pos;                     /*      pos_lock; the operations get it passed */
        void *priv;                      /* o    yours */
};
#define VFS_FILE_READ 0x01u
#define VFS_FILE_WRITE 0x02u
#define VFS_FILE_PATH 0x04u    /* O_PATH: a place, no file */
#define VFS_FILE_STREAM 0x08u  /* has no offset: lseek, pread and pwrite are ESPIPE */
#define VFS_FILE_WRITER 0x10u  /* counted as a writer of its mount */
#define VFS_FILE_NONAME 0x20u  /* O_TMPFILE|O_EXCL: linkat must not name it */
#define VFS_FILE_UNMOUNT 0x40u /* the root of a detached tree, which goes with the file */

/* What setattr is asked to change. */
struct vfs_setattr {
        uint32_t valid; /* VFS_SET_* */
        uint32_t mode;  /* permission bits */
        uint32_t uid, gid;
        uint64_t size;
        struct vfs_timespec atime, mtime;
};
#define VFS_SET_MODE 0x01u
#define VFS_SET_UID 0x02u
#define VFS_SET_GID 0x04u
#define VFS_SET_SIZE 0x08u
#define VFS_SET_ATIME 0x10u     /* to .atime */
#define VFS_SET_MTIME 0x20u     /* to .mtime */
#define VFS_SET_ATIME_NOW 0x40u /* to now */
#define VFS_SET_MTIME_NOW 0x80u
#define VFS_SET_CHOWN 0x100u    /* chown(2) was called, whatever it changes: clears suid and sgid */
#define VFS_SET_OPEN 0x200u     /* size: through a file open for writing, so without a permission check */
#define VFS_SET_TOUCH 0x400u    /* utimensat(2) with both times NULL: writers may */

#ifdef __cplusplus
}
#endif

#endif
