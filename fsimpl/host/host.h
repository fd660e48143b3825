/*
 * host.h - a host directory as a filesystem: what its files share.
 *
 * Files: super.c (mounting, options.c), fd.c (host descriptors and how they are found
 * again), inode.c (files and names), child.c (the tree as a cache), namei.c, rename.c,
 * open.c (path operations), attr.c, xattr.c, file.c, dir.c, import.c.
 */
#ifndef FSIMPL_HOST_HOST_H
#define FSIMPL_HOST_HOST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <vfs/fsapi.h>
#include <vfs/host.h>

/* Lock key: c constant after mount or init, a atomic, l inode.lock, t host.lock. */

struct host_list {
        struct host_list *prev, *next;
};

#define host_container_of(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))

/* What makes a file of the host the same file: what a number is used for again has another birth time. */
struct host_id {
        uint64_t ino;
        uint32_t dev_major, dev_minor;
        int64_t btime_sec;
        uint32_t btime_nsec;
        uint32_t type; /* VFS_S_IF* */
};

struct host_options {
        uint32_t max_dentries, max_fds;
        uint32_t mode; /* HOST_* */
};
#define HOST_EXCLUSIVE    0u
#define HOST_WRITETHROUGH 1u
#define HOST_SHARED       2u
#define HOST_MAX_DENTRIES 65536u
#define HOST_MAX_FDS      512u

struct host_inode;

/* A name: positive, or of what is known not to exist. */
struct host_node {
        struct vfs_dentry d;
        struct host_list lru;        /* t */
        struct host_node *name_next; /* t  of the inode */
        struct host_node *drop_next; /*    of who takes a subtree out */
} __attribute__((aligned(64)));

struct host_inode {
        struct vfs_inode base;
        struct vfs_deferred deferred;
        struct host_id id;            /* c */
        struct host_inode *hash_next; /* t */
        struct host_node *names;      /* t */
        struct host_list fd_link;     /* t  while fd is open: unused, or held */
        int fd;                       /* t  O_PATH, or -1; c while pinned */
        uint32_t pins;                /* t */
        uint32_t mapped;              /* l  shared mappings that may write */
        uint32_t state;               /* t  HOST_I_* */
};
#define HOST_I_HASHED 1u
#define HOST_I_STICKY 2u /* its descriptor stays: no name leads to it any more */

struct host {
        struct vfs_filesystem base;
        struct vfs_mutex rename_lock;  /*    rank FS */
        struct vfs_mutex lock;         /*    rank FS_INNER; no host call is made with it */
        struct host_options options;   /* c */
        int proc_fd;                   /* c  the host's /proc */
        int root_fd;                   /* c  its inode's */
        uint64_t mnt_id;               /* c  the host's; 0: not known */
        uint32_t dev_major, dev_minor; /* c  the root's */
        uint32_t uid, gid;             /* c  the process's, as it mounted */
        struct host_inode **buckets;   /* t  files that are no directories, by identity */
        uint32_t log2, ninodes;        /* t */
        struct host_list nodes;        /* t  the least recently used first */
        uint32_t nnodes;               /* t */
        struct host_list fds,
                held;  /* t  inodes with a descriptor: unused, the least recently used first; pinned */
        uint32_t nfds; /* t  of both */
        struct host_inode *negative; /* c  the inode of names that do not exist */
};

static inline struct host *host_of(const struct vfs_filesystem *fs)
{
        return (struct host *)(uintptr_t)fs;
}

static inline struct host_inode *host_inode_of(const struct vfs_dentry *d)
{
        return (struct host_inode *)d->inode;
}

static inline struct host_node *host_node_of(const struct vfs_dentry *d)
{
        return (struct host_node *)(uintptr_t)d;
}

static inline int host_is_shared(const struct host *fs)
{
        return fs->options.mode == HOST_SHARED;
}

static inline int host_is_dir(const struct vfs_inode *inode)
{
        return vfs_inode_type(inode) == VFS_S_IFDIR;
}

static inline uint64_t host_word(const struct vfs_dentry *d)
{
        return __atomic_load_n(&d->word, __ATOMIC_ACQUIRE);
}

static inline int host_is_dead(const struct vfs_dentry *d)
{
        return (host_word(d) & VFS_D_DEAD) != 0;
}

static inline enum vfs_lock_rank host_rank(const struct vfs_inode *inode)
{
        return host_is_dir(inode) ? VFS_LOCK_DIR : VFS_LOCK_INODE;
}

static inline void host_lock(struct vfs_inode *inode)
{
        vfs_mutex_lock(&inode->lock, host_rank(inode));
}

static inline void host_unlock(struct vfs_inode *inode)
{
        vfs_mutex_unlock(&inode->lock, host_rank(inode));
}

/* A count under host.lock that others look at without it. */
static inline void host_count(uint32_t *count, int by)
{
        __atomic_store_n(count, *count + (uint32_t)by, __ATOMIC_RELAXED);
}

static inline void host_list_init(struct host_list *l)
{
        l->prev = l->next = l;
}

static inline void host_list_remove(struct host_list *l)
{
        l->prev->next = l->next;
        l->next->prev = l->prev;
        host_list_init(l);
}

/* To the end: the most recently used. */
static inline void host_list_add(struct host_list *list, struct host_list *l)
{
        l->prev = list->prev;
        l->next = list;
        list->prev->next = l;
        list->prev = l;
}

/* A component as the host's calls want it. */
struct host_name {
        char s[VFS_NAME_MAX + 1];
};
void host_name_set(struct host_name *n, const char *name, size_t len);

/*
 * fd.c: descriptors of the host. None of them is ever the guest's.
 */
/*
 * The O_PATH descriptor of d's file, opened again if it was closed, and kept until
 * host_unpin. Locks: none, or those before FS_INNER. Errors: ESTALE (what was there is not
 * there any more), and the host's.
 */
int host_pin(struct vfs_dentry *d, int *ret_fd);
void host_unpin(struct vfs_dentry *d);
/* Pins for good: d is about to lose its name, and somebody uses it. */
int host_keep_fd(struct vfs_dentry *d);
/* Gives an inode that has none a descriptor; closes it when it has one. */
void host_give_fd(struct host *fs, struct host_inode *inode, int fd, uint32_t state);
/* The same, and pins it. */
void host_give_pinned(struct host *fs, struct host_inode *inode, int fd, uint32_t state);
/* With host.lock held, at an inode's end: its descriptor, to be closed, or -1. */
int host_take_fd(struct host *fs, struct host_inode *inode);
void host_close(int fd);
void host_close_all(struct host *fs);
/* After an error: were unused descriptors closed, so that it is worth trying again? errno is as it was. */
int host_make_room(struct host *fs, int error);
/* Opens again what an O_PATH descriptor stands for: flags as open(2). A negative errno or a descriptor. */
int host_reopen(struct host *fs, int fd, int flags, unsigned int mode);
/* "thread-self/fd/N", below host.proc_fd; and the whole path, for calls that take nothing else. */
struct host_link {
        char s[48];
};
void host_link_name(struct host_link *link, int fd);
void host_link_path(struct host_link *link, int fd);
/* statx(2) of a name in a directory, or of the descriptor itself (NULL). Errors: the host's. */
int host_statx(int fd, const char *name, struct statx *ret_st);
/* Opens a name with O_PATH, whatever it is; no symlink is followed. */
int host_open_path(int fd, const char *name);

/*
 * inode.c: files and their names
 */
extern const struct vfs_dentry_ops host_dentry_ops;
void host_id_of(const struct statx *st, struct host_id *ret_id);
int host_id_same(const struct host_id *a, const struct host_id *b);
/* Is it on another mount of the host's than the root? */
int host_is_elsewhere(const struct host *fs, const struct statx *st);
/* What st says, as the guest is to see it; in the middle of a write section, or not visible yet. */
void host_fill_attr(const struct vfs_filesystem *fs, struct vfs_attr *attr, const struct statx *st);
/* inode.lock held: its attributes are those. Says whether a directory's permissions changed. */
void host_inode_store(struct host *fs, struct vfs_inode *inode, const struct statx *st);
/*
 * A new name, with one reference, for the file that st describes: of an inode that is known, or of
 * a new one. target: of a symlink, its length st's size. Errors: ENOMEM.
 */
int host_node_new(struct host *fs, const struct statx *st, const char *target, const char *name, size_t len,
                  struct host_node **ret_node);
/* A further name of an inode that the caller holds. Errors: ENOMEM. */
int host_node_link(struct host *fs, struct host_inode *inode, const char *name, size_t len,
                   struct host_node **ret_node);
/* A name that does not exist. Errors: ENOMEM. */
int host_node_negative(struct host *fs, const char *name, size_t len, struct host_node **ret_node);
int host_negative_new(struct host *fs);
void host_node_used(struct host *fs, struct vfs_dentry *d);
/* The inode has no name left: a new file with its number is another one. */
void host_inode_unhash(struct host *fs, struct host_inode *inode);
/* Its attributes changed on the host by what was just done. Takes inode.lock. */
void host_inode_changed(struct vfs_dentry *d);
/* inode.lock held: asks the host for the attributes. */
int host_refresh_locked(struct vfs_dentry *d);

/*
 * child.c: the tree as a cache
 */
extern const struct vfs_tree_ops host_tree_ops;

/* What was taken out of the tree, to be let go without locks. */
struct host_drops {
        struct host_node *first;
};
void host_drops_run(struct host_drops *drops);
/* dir.lock held: takes d out, whatever it is; it is dead afterwards. */
void host_drop(struct host_drops *drops, struct vfs_dentry *d);
/*
 * dir.lock held: the child as it is now, not referenced. *ret_child NULL with ENOENT.
 * Errors: ENOENT, EXDEV (a mount point of the host's), and the host's.
 */
enum host_confirm {
        HOST_CONFIRM,   /* may take a child's lock */
        HOST_CONFIRMED, /* was done a moment ago */
};
int host_child_as(struct vfs_dentry *dir, const char *name, size_t len, enum host_confirm confirmed,
                  struct host_drops *drops, struct vfs_dentry **ret_child);
static inline int host_child(struct vfs_dentry *dir, const char *name, size_t len, struct host_drops *drops,
                             struct vfs_dentry **ret_child)
{
        return host_child_as(dir, name, len, HOST_CONFIRM, drops, ret_child);
}
/* dir.lock held: a name that was found not to exist is about to. */
void host_forget_negative(struct vfs_dentry *dir, const char *name, size_t len, struct host_drops *drops);
/* dir.lock held, room reserved: a file that was just made, whose descriptor or name says what it is. */
int host_attach_new(struct host *fs, struct vfs_dentry *dir, const struct statx *st, const char *target,
                    const char *name, size_t len, struct host_node **ret_node);
/* dir.lock held, after a change to its entries: its attributes. */
void host_dir_changed(struct vfs_dentry *dir, int fd);
void host_trim(struct vfs_filesystem *base);

/*
 * namei.c, rename.c, open.c: path operations
 */
int host_mkdir_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mode);
int host_mknod_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mode, uint64_t dev);
int host_symlink_at(struct vfs_filesystem *fs, struct vfs_rp *rp, const char *target);
int host_link_at(struct vfs_filesystem *fs, struct vfs_rp *rp, const struct vfs_path *old);
int host_unlink_at(struct vfs_filesystem *fs, struct vfs_rp *rp);
int host_rmdir_at(struct vfs_filesystem *fs, struct vfs_rp *rp);
int host_rename_at(struct vfs_filesystem *fs, struct vfs_rp *rp, const struct vfs_path *old,
                   const struct vfs_rename_source *source, uint32_t flags);
int host_open_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t flags, uint32_t mode,
                 struct vfs_file **ret_file);
/* dir.lock held. As their namesakes in memfs; attributes are up to date. */
int host_may_create(const struct vfs_cred *cred, const struct vfs_dentry *dir);
int host_may_delete(const struct vfs_cred *cred, const struct vfs_dentry *dir,
                    const struct vfs_dentry *victim, int dir_wanted);
/* No lock held: a name of victim's has gone on the host. */
void host_unlinked(struct vfs_dentry *victim);
/* What a new file is to be, as vfs_new_owner says. */
struct host_new {
        uint32_t mode; /* with its type */
        uint32_t uid, gid;
};
/* Makes owner and mode of a file that was just created what they should be. st: what they are, and will be. */
int host_set_owner(const struct host *fs, int fd, const struct host_new *new, struct statx *st);
/* With which permissions to create it, so that nobody gets in before that. */
unsigned int host_first_mode(const struct host *fs, const struct host_new *new);

/*
 * attr.c, xattr.c
 */
int host_setattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const struct vfs_setattr *set);
int host_setxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name, const void *value,
                  size_t size, uint32_t flags);
int64_t host_getxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name, void *value,
                      size_t size);
int64_t host_listxattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, char *list, size_t size);
int host_removexattr(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name);
/* chmod(2) of what a descriptor (O_PATH, too) stands for. */
int host_chmod(const struct host *fs, int fd, uint32_t mode);

/*
 * file.c, dir.c: open files
 */
struct host_file {
        struct vfs_file base;
        int fd; /* c  for input and output, with the access that was asked for */
};
static inline struct host_file *host_file_of(struct vfs_file *file)
{
        return (struct host_file *)(void *)file;
}
extern const struct vfs_file_ops host_file_ops;
extern const struct vfs_file_ops host_dir_ops;
void host_file_release(struct vfs_file *file);
/* Input and output on a host descriptor: at pos, or where it is (a stream; pos NULL). */
int64_t host_fd_read(int fd, struct vfs_iter *it, int64_t *pos);
int64_t host_fd_write(int fd, struct vfs_iter *it, int64_t *pos, uint32_t flags);
int64_t host_fd_lseek(int fd, int64_t pos, int64_t offset, int whence);
int host_fd_map_run(int fd, int64_t offset, int *ret_fd, int64_t *ret_offset, uint64_t *ret_length);

/*
 * options.c
 */
/* A type's begin, parse and reconfigure. */
int host_options_begin(struct vfs_fs_context *fc);
int host_options_parse(struct vfs_fs_context *fc, const struct vfs_fs_param *param);
int host_options_change(struct vfs_fs_context *fc, struct vfs_filesystem *fs);

#endif
