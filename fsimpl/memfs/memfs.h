/*
 * memfs.h - memfs, a complete Linux tmpfs in memory: what its files share.
 */
#ifndef FSIMPL_MEMFS_MEMFS_H
#define FSIMPL_MEMFS_MEMFS_H

#include <stddef.h>
#include <stdint.h>

#include <vfs/fsapi.h>

#include "blockmap.h"
#include "blocks.h"

/* Registered by every instance: two names of one filesystem. */
extern const struct vfs_fstype vfs_tmpfs_type;
extern const struct vfs_fstype vfs_memfs_type;

/* Lock key: c constant after mount, a atomic, f fs.lock, l inode.lock. */

/* What tmpfs(5) mount options say. */
struct memfs_options {
        uint64_t blocks; /* size= and nr_blocks=; 0 is no limit */
        uint64_t inodes; /* nr_inodes=; 0 is no limit */
        uint32_t mode, uid, gid;
        uint32_t seen;  /* MEMFS_SEEN_* */
        uint32_t flags; /* MEMFS_OPT_* */
        char huge[16];  /* as given, without effect: "" when "never" */
        char mpol[64];  /* likewise */
        uint64_t pages; /* of the host's memory, for "%" */
};

struct memfs {
        struct vfs_filesystem base;
        struct vfs_mutex
                rename_lock; /*    rank FS: renames that move between directories, or a directory; remount */
        struct vfs_mutex lock;        /*    rank LEAF: options */
        struct memfs_options options; /* f  written with rename_lock too */
        uint64_t inode_limit;         /* a  bytes: MEMFS_INODE_SPACE for each of nr_inodes; 0 is none */
        uint64_t inode_space;         /* a  bytes in use: of inodes, links and xattrs; not counted without a limit */
        uint64_t next_ino;            /* a */
        uint64_t default_blocks, default_inodes; /* c  half of the host's memory */
        struct memfs_blocks blocks;
};

/* What tmpfs counts against nr_inodes for an inode, or one more link; xattrs count their size. */
#define MEMFS_INODE_SPACE 1024u
/* What a directory's size counts for each entry, "." and ".." included. */
#define MEMFS_ENTRY_SIZE 20u
/* Symlinks this long, or longer, count as a block. */
#define MEMFS_LONG_SYMLINK 128u

struct memfs_inode {
        struct vfs_inode base;
        struct memfs_map map;   /* l  a regular file's blocks */
        uint32_t mapped;        /* l  mappings alive */
        uint32_t mapped_shared; /* l  those that could write to the file */
        uint64_t xattr_space;   /* l  what its xattrs have charged */
};
/* memfs_inode.base.flags: seals in the low byte (VFS_F_SEAL_*), and */
#define MEMFS_I_SEALS    0xffu
#define MEMFS_I_LINKABLE 0x100u /* nlink is 0 but may grow: made by O_TMPFILE */
#define MEMFS_I_STALE    0x200u /* the map has MEMFS_ENTRY_STALE entries */
#define MEMFS_I_REMOVED  0x400u /* in use without a name, and counted as such */

/*
 * A new file is one allocation: its inode and its first name. Further names are
 * links. The node's memory goes when its inode has no name and no handle left,
 * which may be later than its own dentry's end.
 */
struct memfs_node {
        struct vfs_dentry d;
        struct memfs_inode i;
} __attribute__((aligned(64)));

struct memfs_link {
        struct vfs_dentry d;
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct memfs_node) == 320, "one of jemalloc's size classes");

static inline struct memfs *memfs_of(const struct vfs_filesystem *fs)
{
        return (struct memfs *)(uintptr_t)fs;
}

static inline struct memfs_inode *memfs_inode_of(const struct vfs_dentry *d)
{
        return (struct memfs_inode *)d->inode;
}

static inline struct memfs_node *memfs_node_of(struct memfs_inode *i)
{
        return (struct memfs_node *)((char *)i - offsetof(struct memfs_node, i));
}

static inline unsigned int memfs_is_dir(const struct vfs_inode *inode)
{
        return vfs_inode_type(inode) == VFS_S_IFDIR;
}

static inline unsigned int memfs_is_reg(const struct vfs_inode *inode)
{
        return vfs_inode_type(inode) == VFS_S_IFREG;
}

/* The rank of an inode's lock. */
static inline enum vfs_lock_rank memfs_rank(const struct vfs_inode *inode)
{
        return memfs_is_dir(inode) ? VFS_LOCK_DIR : VFS_LOCK_INODE;
}

static inline void memfs_lock(struct vfs_inode *inode)
{
        vfs_mutex_lock(&inode->lock, memfs_rank(inode));
}

static inline void memfs_unlock(struct vfs_inode *inode)
{
        vfs_mutex_unlock(&inode->lock, memfs_rank(inode));
}

/* Changes an attribute between vfs_inode_write_begin and _end: readers may be copying it, in whole words. */
#define memfs_set(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELAXED)

static inline void memfs_set_time(struct vfs_statx_time *t, const struct vfs_timespec *now)
{
        memfs_set(t->sec, now->sec);
        memfs_set(t->nsec, (uint32_t)now->nsec);
}

/*
 * inode.c: life and attributes
 */
extern const struct vfs_dentry_ops memfs_dentry_ops;

/* What a new file is, besides its name. */
struct memfs_new {
        uint32_t mode; /* with its type */
        uint32_t uid, gid;
        uint32_t nlink;
        uint64_t rdev;
        const char *target; /* of a symlink */
        struct vfs_timespec now;
};
/* A new node, with one reference on its dentry. Errors: ENOSPC (nr_inodes, size), ENOMEM. */
int memfs_node_new(struct memfs *fs, const struct memfs_new *new, const char *name, size_t len,
                   struct memfs_node **ret_node);
/* A further name for an inode, with one reference; charge: it counts as an inode. Errors: ENOSPC, ENOMEM. */
int memfs_link_new(struct memfs *fs, struct memfs_inode *inode, int charge, const char *name, size_t len,
                   struct vfs_dentry **ret_dentry);
/* Takes space out of nr_inodes, or gives it back. Errors: ENOSPC. */
int memfs_charge_space(struct memfs *fs, uint64_t bytes);
void memfs_uncharge_space(struct memfs *fs, uint64_t bytes);
/* inode.lock held: one name less or more; ctime is now. */
void memfs_inode_change_nlink(struct vfs_inode *inode, int delta, const struct vfs_timespec *now);
/*
 * The file is in use and has no name, or has one again: vfs_filesystem.removed. inode.lock held, or nobody
 * else has the inode.
 */
void memfs_inode_set_removed(struct memfs *fs, struct vfs_inode *inode, int removed);
/* Drops the tree's reference on victim, whose name was taken away. No lock held. */
void memfs_put_removed(struct memfs *fs, struct vfs_dentry *victim);

/*
 * xattr.c
 */
int memfs_setxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name, const void *value,
                   size_t size, uint32_t flags);
int64_t memfs_getxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name, void *value,
                       size_t size);
int64_t memfs_listxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, char *list, size_t size);
int memfs_removexattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name);
/* inode.lock held: a file that was changed, or whose owner was, is trusted no more. */
void memfs_drop_capability(struct memfs *fs, struct memfs_inode *inode);

/*
 * options.c
 */
#define MEMFS_SEEN_BLOCKS 1u
#define MEMFS_SEEN_INODES 2u
#define MEMFS_SEEN_HUGE   4u
#define MEMFS_SEEN_MPOL   8u
#define MEMFS_SEEN_INUMS  16u
#define MEMFS_OPT_NOSWAP  1u
#define MEMFS_OPT_INODE64 2u

/* The parse of the type: a parameter, into the context's struct memfs_options. Errors: EINVAL. */
int memfs_options_parse(struct vfs_fs_context *fc, const struct vfs_fs_param *param);

/*
 * namei.c, rename.c, open.c: path operations
 */
int memfs_mkdir_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mode);
int memfs_mknod_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mode, uint64_t dev);
int memfs_symlink_at(struct vfs_filesystem *fs, struct vfs_rp *rp, const char *target);
int memfs_link_at(struct vfs_filesystem *fs, struct vfs_rp *rp, const struct vfs_path *old);
int memfs_unlink_at(struct vfs_filesystem *fs, struct vfs_rp *rp);
int memfs_rmdir_at(struct vfs_filesystem *fs, struct vfs_rp *rp);
int memfs_rename_at(struct vfs_filesystem *fs, struct vfs_rp *rp, const struct vfs_path *old,
                    const struct vfs_rename_source *source, uint32_t flags);
int memfs_open_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t flags, uint32_t mode,
                  struct vfs_file **ret_file);
/*
 * What memfd_create(2) makes: a file without a name, open for reading and
 * writing, beside dir in its filesystem. name is what its path shows, at most
 * VFS_NAME_MAX bytes. seals: VFS_F_SEAL_SEAL, or 0 for a file that can be sealed.
 */
int memfs_open_sealable(const struct vfs_ctx *ctx, const struct vfs_path *dir, const char *name,
                        uint32_t mode, uint32_t seals, struct vfs_file **ret_file);

/* dir.lock held: an entry (dirs: a directory) came or went; times are now. */
void memfs_dir_changed(struct vfs_inode *dir, int entries, int dirs, const struct vfs_timespec *now);
/* dir.lock held: may a name be made in dir, or taken away? ENOENT (removed), EACCES. */
int memfs_may_create(const struct vfs_cred *cred, const struct vfs_dentry *dir);
/* dir.lock held. dir_wanted: victim is to be removed as a directory. EACCES, EPERM, ENOTDIR, EISDIR. */
int memfs_may_delete(const struct vfs_cred *cred, const struct vfs_dentry *dir,
                     const struct vfs_dentry *victim, unsigned int dir_wanted);
static inline int memfs_dentry_dead(const struct vfs_dentry *d)
{
        return (__atomic_load_n(&d->word, __ATOMIC_RELAXED) & VFS_D_DEAD) != 0;
}

/*
 * file.c, allocate.c, map.c: open regular files
 */
extern const struct vfs_file_ops memfs_file_ops;

int64_t memfs_file_read(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, int64_t *pos,
                        uint32_t flags);
int64_t memfs_file_write(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, int64_t *pos,
                         uint32_t flags);
int memfs_file_allocate(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t mode, int64_t offset,
                        int64_t length);
/* inode.lock held; sets size, blocks and what the file holds, no times. Errors: EPERM (sealed). */
int memfs_inode_truncate(struct memfs *fs, struct memfs_inode *inode, uint64_t size);
/* inode.lock held; zeroes [from, to) of the blocks that exist. */
void memfs_inode_zero(struct memfs *fs, struct memfs_inode *inode, uint64_t from, uint64_t to);
/* inode.lock held, before the file grows to size: zeroes blocks behind its end that mappings kept. */
void memfs_inode_extend(struct memfs *fs, struct memfs_inode *inode, uint64_t size);
/* inode.lock held: the last mapping went; releases what truncation and punching kept. */
void memfs_inode_release_stale(struct memfs *fs, struct memfs_inode *inode);
int memfs_file_map(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_mapping *mapping);
void memfs_file_unmap(struct vfs_file *file, struct vfs_mapping *mapping);
int memfs_file_map_run(struct vfs_file *file, struct vfs_mapping *mapping, int64_t offset, int *ret_fd,
                       int64_t *ret_offset, uint64_t *ret_length);
int memfs_file_get_seals(struct vfs_file *file, uint32_t *ret_seals);
int memfs_file_add_seals(struct vfs_file *file, uint32_t seals);

#endif
