/*
 * fsapi.h - for authors of filesystems: what a filesystem fills in, and what the
 * library offers it. docs/path-resolution.md and docs/locking.md explain the
 * whole; each operation's comment below is its contract.
 *
 * Path operations get a resolving path (rp): where the walk stands and what is
 * left of it. The filesystem consumes components itself, as many as it likes,
 * and returns 0, a negative errno, or one of the crossings VFS_RP_*, which the
 * library answers by calling the operation again where the walk goes on. A
 * filesystem whose tree is in memory lets vfs_tree_* walk for it.
 *
 * Contracts have five lines: does, errors in order of precedence, locks held on
 * entry, references, blocking. "-" is none.
 */
#ifndef VFS_FSAPI_H
#define VFS_FSAPI_H

#include <vfs/file.h>
#include <vfs/fs/object.h>
#include <vfs/mount.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vfs_rp;

/* Crossings: results of path operations that never reach the embedder. */
enum vfs_rp_result {
        VFS_RP_MOUNT_POINT = 1, /* go on at the root of a mount */
        VFS_RP_MOUNT_ROOT,      /* go on at the parent mount, with ".." again; or at a jump's target */
        VFS_RP_ABS_SYMLINK,     /* go on at the root of the context */
        VFS_RP_RETRY,           /* a race, or no lock-free way: walk again with references */
};

/* Of open_at's flags, beside those of open(2): for vfs_open_exec. No guest can set it, and none sees it. */
#define VFS_O_EXEC 040u

/* The last component of a rename's old path; name is not NUL-terminated. */
struct vfs_rename_source {
        const char *name;
        size_t len;
        int must_be_dir; /* the old path ended in a slash */
};

/*
 * The resolving path
 */
/* Who asks, and the mount that the walk stands in: borrowed, until the operation returns. */
VFS_API const struct vfs_ctx *vfs_rp_ctx(const struct vfs_rp *rp);
VFS_API struct vfs_mount *vfs_rp_mount(const struct vfs_rp *rp);
/* After vfs_tree_walk_parent: the last component; not NUL-terminated. */
VFS_API const char *vfs_rp_name(const struct vfs_rp *rp, size_t *ret_len);
/*
 * When vfs_tree_step crossed a mount at the last component: the attributes of the
 * directory that the mount point is in; else NULL. For vfs_may_create_in_sticky.
 */
VFS_API const struct vfs_attr *vfs_rp_last_dir(const struct vfs_rp *rp);

/*
 * Filesystem types and their options
 *
 * A context is a filesystem that is being made, or a change of one: what has been asked
 * for so far. Its options come one by one, from fsconfig(2), or cut out of the string
 * that mount(2) has; the library takes those that every filesystem has (source, ro, sync
 * and the like) and gives the others to the type. Calls of one context are never at the
 * same time. Analogous to Linux's struct fs_context.
 */
struct vfs_fs_context;

enum vfs_fs_param_type {
        VFS_FS_PARAM_FLAG,   /* no value */
        VFS_FS_PARAM_STRING, /* value, NUL-terminated, of size bytes */
        VFS_FS_PARAM_BLOB,   /* size bytes at value */
        VFS_FS_PARAM_PATH,   /* value, NUL-terminated, relative to file: not looked up yet */
        VFS_FS_PARAM_FILE,   /* file */
};

/* A parameter; all of it is borrowed until parse returns. */
struct vfs_fs_param {
        const char *key;
        enum vfs_fs_param_type type;
        const char *value;
        size_t size;
        struct vfs_file *file; /* PATH: as vfs_lookup has it */
};
#define VFS_FS_PARAM_UNKNOWN 1 /* the answer of parse to a key that the type does not know */

/* Common: locks on entry at most the context's own, which is outside of all others; may block. */
struct vfs_fstype {
        uint32_t size;  /* sizeof(struct vfs_fstype) */
        uint32_t flags; /* VFS_FSTYPE_* */
        const char *name;
        size_t options_size; /* of what vfs_fs_context_options gives: zeroed, aligned to 16; 0: NULL */
        /*
         * Does:    prepares for parameters: sets defaults, or, where vfs_fs_context_filesystem
         *          says that one is to be changed, what it needs to know of that. Default: nothing.
         * Errors:  its own.
         * Locks:   -
         * Refs:    what the options hold, which end drops.
         * Blocks:  may.
         */
        int (*begin)(struct vfs_fs_context *fc);
        /*
         * Does:    takes a parameter into the options. Default: VFS_FS_PARAM_UNKNOWN.
         * Errors:  VFS_FS_PARAM_UNKNOWN, its own, after vfs_fs_context_invalid or the like has
         *          said why. More parameters may follow.
         * Locks:   -
         * Refs:    -
         * Blocks:  may.
         */
        int (*parse)(struct vfs_fs_context *fc, const struct vfs_fs_param *param);
        /*
         * Does:    makes the filesystem (vfs_filesystem_init_context), or finds one that exists,
         *          which with vfs_fs_context_exclusive is EBUSY. At most once. Required.
         * Errors:  its own.
         * Locks:   -
         * Refs:    ret_fs referenced; ret_root is its root dentry, referenced.
         * Blocks:  may.
         */
        int (*get_tree)(struct vfs_fs_context *fc, struct vfs_filesystem **ret_fs,
                        struct vfs_dentry **ret_root);
        /*
         * Does:    changes fs, which is the context's, as the options ask; the flags in fs->flags are
         *          the library's. All or nothing. Default: 0.
         * Errors:  its own.
         * Locks:   -; other contexts may be changing fs.
         * Refs:    -
         * Blocks:  may.
         */
        int (*reconfigure)(struct vfs_fs_context *fc, struct vfs_filesystem *fs);
        /*
         * Does:    drops what the options hold, whatever came of them, if begin succeeded. Default:
         *          nothing.
         * Errors:  -
         * Locks:   -
         * Refs:    -
         * Blocks:  may.
         */
        void (*end)(struct vfs_fs_context *fc);
};
#define VFS_FSTYPE_USERNS 1u      /* who has VFS_CAP_SYS_ADMIN in a user namespace may mount it there */
#define VFS_FSTYPE_COMMA_DIGIT 2u /* in mount(2)'s string, a comma before a digit belongs to the value */

/*
 * Registers a type (the structure must outlive the instance). Errors: EINVAL (size, no name, no
 * get_tree), EBUSY (the name is taken), ENOMEM.
 */
VFS_API int vfs_fstype_register(struct vfs *vfs, const struct vfs_fstype *type);

/* For a type's functions, and borrowed from the context. */
VFS_API void *vfs_fs_context_options(const struct vfs_fs_context *fc);
VFS_API struct vfs *vfs_fs_context_vfs(const struct vfs_fs_context *fc);
VFS_API const struct vfs_fstype *vfs_fs_context_type(const struct vfs_fs_context *fc);
/* Who made the context; and who is calling now: NULL when it is vfs_mntns_new. */
VFS_API const struct vfs_cred *vfs_fs_context_cred(const struct vfs_fs_context *fc);
VFS_API const struct vfs_ctx *vfs_fs_context_ctx(const struct vfs_fs_context *fc);
/* NULL: not given. */
VFS_API const char *vfs_fs_context_source(const struct vfs_fs_context *fc);
/* VFS_MS_RDONLY, _SYNCHRONOUS, _DIRSYNC, _LAZYTIME, _MANDLOCK: what is asked of a new filesystem. */
VFS_API uint32_t vfs_fs_context_flags(const struct vfs_fs_context *fc);
/* Nonzero: the filesystem must be a new one. */
VFS_API int vfs_fs_context_exclusive(const struct vfs_fs_context *fc);
/* The filesystem that is to be changed; NULL: one is to be made. */
VFS_API struct vfs_filesystem *vfs_fs_context_filesystem(const struct vfs_fs_context *fc);

/*
 * Messages for who reads the context, without a newline; the type's name is put before them. level:
 * 'e' an error, 'w' a warning, 'i' a remark. invalid logs an error and returns -EINVAL.
 */
VFS_API void vfs_fs_context_log(struct vfs_fs_context *fc, char level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
VFS_API int vfs_fs_context_invalid(struct vfs_fs_context *fc, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/*
 * Values, with Linux's rules and messages. Errors: EINVAL, logged. flag: there is no value. string: a
 * string that is not empty. u32: base 0 (as C writes numbers), 8, 10 or 16. uid, gid: an id that is
 * mapped in the caller's user namespace and in the filesystem's. bad: for values that have rules of
 * their own: -EINVAL.
 */
VFS_API int vfs_fs_param_flag(struct vfs_fs_context *fc, const struct vfs_fs_param *param);
VFS_API int vfs_fs_param_string(struct vfs_fs_context *fc, const struct vfs_fs_param *param,
                                const char **ret_value);
VFS_API int vfs_fs_param_u32(struct vfs_fs_context *fc, const struct vfs_fs_param *param, unsigned int base,
                             uint32_t *ret_value);
VFS_API int vfs_fs_param_uid(struct vfs_fs_context *fc, const struct vfs_fs_param *param, uint32_t *ret_uid);
VFS_API int vfs_fs_param_gid(struct vfs_fs_context *fc, const struct vfs_fs_param *param, uint32_t *ret_gid);
VFS_API int vfs_fs_param_bad(struct vfs_fs_context *fc, const struct vfs_fs_param *param);

/*
 * What a tree in memory does not know by itself, for filesystems whose files are
 * elsewhere. vfs_tree_* walk what is cached without a lock; where a dentry's flags say
 * that this is not enough, the walk takes references and asks:
 * - VFS_D_PARTIAL, of a directory, for its whole life: a name that is not in its
 *   table may exist. lookup is asked.
 * - VFS_D_NEGATIVE: the name is known not to exist: ENOENT, without a lock.
 * - VFS_D_REVALIDATE: what is known is to be confirmed before each use. revalidate is
 *   asked for a child, refresh for where a walk begins, what ".." leads to, and open files.
 */
struct vfs_tree_ops {
        uint32_t size; /* sizeof(struct vfs_tree_ops) */
        /*
         * Does:    makes and attaches the child of dir that is not in its table; one that does not
         *          exist may be remembered by a negative dentry. ENOENT in a dir that is dead.
         * Errors:  ENOENT, the filesystem's own.
         * Locks:   dir's inode lock; no other is taken but those below it.
         * Refs:    ret_child is the tree's.
         * Blocks:  may; others who look for names in dir wait.
         */
        int (*lookup)(const struct vfs_ctx *ctx, struct vfs_dentry *dir, const char *name, size_t len,
                      struct vfs_dentry **ret_child);
        /*
         * Does:    confirms that d (maybe negative) is still what its name in dir names, and brings its
         *          attributes up to date. Positive: it is not, and was taken out; look again.
         * Errors:  the filesystem's own.
         * Locks:   -
         * Refs:    both referenced.
         * Blocks:  may.
         */
        int (*revalidate)(const struct vfs_ctx *ctx, struct vfs_dentry *dir, struct vfs_dentry *d);
        /* The same for a dentry's attributes alone, whatever its name is now. Errors: the filesystem's own. */
        int (*refresh)(const struct vfs_ctx *ctx, struct vfs_dentry *d);
        /*
         * Does:    attaches all children that dir does not have, for vfs_tree_iterate. May be NULL.
         * Errors:  the filesystem's own.
         * Locks:   dir's inode lock.
         * Refs:    -
         * Blocks:  may.
         */
        int (*fill)(const struct vfs_ctx *ctx, struct vfs_dentry *dir);
        /* After a lookup, without locks: time to evict (vfs_tree_evict). May be NULL. */
        void (*trim)(struct vfs_filesystem *fs);
};

/*
 * Filesystem operations. Common: locks on entry -, may block, caller keeps its
 * references. Path errors first; then those listed, in order. NULL operations:
 * the default stands in the comment. release, stat_at, access_at, readlink_at,
 * lookup_at, parent_at and open_at are required; of the path operations that follow
 * open_at, a missing one is EPERM, once the path's errors have been found.
 */
struct vfs_filesystem_ops {
        uint32_t size; /* sizeof(struct vfs_filesystem_ops) */
        /*
         * The last reference is gone, no lock-free reader is left, and what was
         * deferred has been freed: free everything that is not in fs->arena, and
         * the structure itself. The base's own and the arena go without you, with
         * all dentries that are still linked: do not put or free those.
         */
        void (*release)(struct vfs_filesystem *fs);
        /* statfs of the filesystem; flags are the library's. Default: ENOSYS. */
        int (*statfs)(struct vfs_filesystem *fs, struct vfs_statfs *ret_statfs);
        /* Options for mountinfo: ",size=4k,..." appended to buf (NUL-terminated). Default: none. */
        void (*show_options)(struct vfs_filesystem *fs, char *buf, size_t size);

        /* Path operations; see vfs/ops.h for their meaning. */
        int (*stat_at)(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mask, struct vfs_statx *ret_stat);
        /* mode: VFS_[RWX]_OK, by the rp's credentials. */
        int (*access_at)(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mode);
        /* ret_len: bytes written, at most size. EINVAL: no symlink. */
        int (*readlink_at)(struct vfs_filesystem *fs, struct vfs_rp *rp, char *buf, size_t size,
                           size_t *ret_len);
        /* The place itself; ret_path referenced. */
        int (*lookup_at)(struct vfs_filesystem *fs, struct vfs_rp *rp, struct vfs_path *ret_path);
        /* The directory of the last component, which stays in the rp (vfs_rp_name); ret_path referenced. */
        int (*parent_at)(struct vfs_filesystem *fs, struct vfs_rp *rp, struct vfs_path *ret_path);
        /*
         * Opens or creates. flags and mode as open(2), umask not yet applied; the
         * library answers O_PATH itself. VFS_O_EXEC comes with O_RDONLY alone, and is
         * vfs_may_open's to judge. ret_file referenced.
         */
        int (*open_at)(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t flags, uint32_t mode,
                       struct vfs_file **ret_file);
        /* mode with its type for mknod; umask not yet applied. */
        int (*mkdir_at)(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mode);
        int (*mknod_at)(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mode, uint64_t dev);
        int (*symlink_at)(struct vfs_filesystem *fs, struct vfs_rp *rp, const char *target);
        /*
         * A new name for old (a place on any mount: EXDEV if not rp's). A link count
         * of 0 is ENOENT, unless old was made by O_TMPFILE without O_EXCL and never named.
         */
        int (*link_at)(struct vfs_filesystem *fs, struct vfs_rp *rp, const struct vfs_path *old);
        int (*unlink_at)(struct vfs_filesystem *fs, struct vfs_rp *rp);
        int (*rmdir_at)(struct vfs_filesystem *fs, struct vfs_rp *rp);
        /* old: the source's directory, name its last component; rp: the target. */
        int (*rename_at)(struct vfs_filesystem *fs, struct vfs_rp *rp, const struct vfs_path *old,
                         const struct vfs_rename_source *source, uint32_t flags);

        /* With dentries that are VFS_D_PARTIAL or VFS_D_REVALIDATE: required. */
        const struct vfs_tree_ops *tree;
};

/*
 * Dentry operations: on a referenced dentry, for path forms and open files
 * alike. The library has counted a writer on the mount where one is needed.
 * Common: locks on entry -, may block.
 */
struct vfs_dentry_ops {
        uint32_t size; /* sizeof(struct vfs_dentry_ops) */
        /* Required. The last reference is gone. Frees by vfs_arena_defer. Does not block. */
        void (*release)(struct vfs_dentry *d);
        /*
         * Permission checks and changes: chmod, chown, utimens, truncate; vfs_check_setattr
         * decides. Errors: its own, EFBIG, ENOSPC. Default: EOPNOTSUPP.
         */
        int (*setattr)(const struct vfs_ctx *ctx, struct vfs_dentry *d, const struct vfs_setattr *set);
        /* xattr(7), permission checks included. name and size are within their limits. Default: EOPNOTSUPP. */
        int (*setxattr)(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name, const void *value,
                        size_t size, uint32_t flags);
        int64_t (*getxattr)(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name, void *value,
                            size_t size);
        int64_t (*listxattr)(const struct vfs_ctx *ctx, struct vfs_dentry *d, char *list, size_t size);
        int (*removexattr)(const struct vfs_ctx *ctx, struct vfs_dentry *d, const char *name);
};

/* A buffer for getdents: vfs_dirbuf_add answers 0 when the record does not fit (stop, and keep the position). */
struct vfs_dirbuf {
        char *buf;
        size_t size, used;
        int full; /* a record did not fit */
};
VFS_API int vfs_dirbuf_add(struct vfs_dirbuf *db, uint64_t ino, int64_t next_pos, unsigned int type,
                           const char *name, size_t len);

/*
 * File operations. The library has checked the access mode, the flags, O_PATH,
 * negative offsets and RLIMIT_FSIZE, and holds the file's offset lock where the
 * offset is used. pos: where to begin, and moved by what was done. Locks on
 * entry: POS may be held.
 */
struct vfs_file_ops {
        uint32_t size; /* sizeof(struct vfs_file_ops) */
        /* The last reference is gone; the base goes on to drop the path. May block. Default: nothing. */
        void (*release)(struct vfs_file *file);
        /*
         * Bytes moved. flags: VFS_RWF_*; the library has folded the file's O_APPEND
         * in, so RWF_APPEND alone says that write appends at the end, atomically.
         * Default: EINVAL (EISDIR for a directory).
         */
        int64_t (*read)(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, int64_t *pos,
                        uint32_t flags);
        int64_t (*write)(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it, int64_t *pos,
                         uint32_t flags);
        /* Adds entries from *pos on until the buffer is full. Default: ENOTDIR. */
        int (*iterate)(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_dirbuf *db, int64_t *pos);
        /* The new offset. Default: SET, CUR, END by the inode's size; DATA and HOLE as one run of data. */
        int64_t (*lseek)(const struct vfs_ctx *ctx, struct vfs_file *file, int64_t pos, int64_t offset,
                         int whence);
        /* fallocate(2) of a regular file or block device, arguments checked. Default: EOPNOTSUPP. */
        int (*allocate)(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t mode, int64_t offset,
                        int64_t length);
        /* fsync(2) and, with data_only, fdatasync(2). Default: 0 (EINVAL for a stream). */
        int (*sync)(const struct vfs_ctx *ctx, struct vfs_file *file, int data_only);
        /* Pins and unpins a range for mapping; run as vfs_mapping_run. Default: ENODEV. */
        int (*map)(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_mapping *mapping);
        void (*unmap)(struct vfs_file *file, struct vfs_mapping *mapping);
        int (*map_run)(struct vfs_file *file, struct vfs_mapping *mapping, int64_t offset, int *ret_fd,
                       int64_t *ret_offset, uint64_t *ret_length);
        /* Seals: fcntl(2). Default: EINVAL. */
        int (*get_seals)(struct vfs_file *file, uint32_t *ret_seals);
        int (*add_seals)(struct vfs_file *file, uint32_t seals);
};

/* A pinned range of a file: fsapi's side of vfs_file_map. */
struct vfs_mapping {
        struct vfs_file *file; /* r  referenced */
        int64_t offset;        /* r  page-aligned */
        uint64_t length;       /* r  page-aligned */
        uint32_t prot;         /* r  VFS_PROT_* */
        uint32_t shared;       /* r */
        uint64_t priv;         /* o  the filesystem's: zero when map is called */
};

/*
 * Making and ending the base objects
 */

/* Initialises a filesystem's base with one reference and an arena of its own. Errors: ENOMEM. */
VFS_API int vfs_filesystem_init(struct vfs_filesystem *fs, struct vfs *vfs, const struct vfs_fstype *type,
                                const struct vfs_filesystem_ops *ops, const struct vfs_dentry_ops *dops,
                                const char *source);
/* The same for get_tree: instance, type, source, flags and user namespace are the context's. */
VFS_API int vfs_filesystem_init_context(struct vfs_filesystem *fs, struct vfs_fs_context *fc,
                                        const struct vfs_filesystem_ops *ops,
                                        const struct vfs_dentry_ops *dops);
/* Undoes init for a filesystem that was never handed out: all but the structure's own memory. */
VFS_API void vfs_filesystem_fini(struct vfs_filesystem *fs);
/* References. The last put, with no lock held, waits for calls in flight, then calls release. */
VFS_API void vfs_filesystem_get(struct vfs_filesystem *fs);
VFS_API void vfs_filesystem_put(struct vfs_filesystem *fs);

/*
 * Initialises an inode's base: all attributes that a new file has. mode with its
 * type; times are now; nlink as given. Not yet visible to anybody.
 */
VFS_API void vfs_inode_init(struct vfs_inode *inode, struct vfs_filesystem *fs, uint64_t ino, uint32_t mode,
                            uint32_t uid, uint32_t gid, uint32_t nlink, uint64_t rdev,
                            const struct vfs_timespec *now);
/* Around every change of attr, with inode->lock held. */
VFS_API void vfs_inode_write_begin(struct vfs_inode *inode);
VFS_API void vfs_inode_write_end(struct vfs_inode *inode);
/* Copies attr as it was at one moment; no lock needed. */
VFS_API void vfs_inode_read_attr(const struct vfs_inode *inode, struct vfs_attr *ret_attr);
/* The whole record for a place: a copy of attr, and the mount's part. mask as statx(2): MNT_ID_UNIQUE picks that id. */
VFS_API void vfs_fill_statx(struct vfs_mount *mount, const struct vfs_dentry *d, uint32_t mask,
                            struct vfs_statx *ret_stat);

/*
 * Initialises a dentry's base, with one reference, which becomes the tree's when
 * it is attached. The name is copied (a long one into fs->arena); len is at most
 * VFS_NAME_MAX, 0 for a root. It is its own parent until it is attached. Takes
 * over one reference on inode, which release drops. d is aligned to 64 bytes, as
 * vfs_arena_alloc does for sizes that are multiples of 64. Errors: ENOMEM.
 */
VFS_API int vfs_dentry_init(struct vfs_dentry *d, struct vfs_filesystem *fs, struct vfs_inode *inode,
                            const char *name, size_t len);
/* Frees what init allocated, the long name: from the callback of vfs_arena_defer, or for a dentry never handed out. */
VFS_API void vfs_dentry_fini(struct vfs_dentry *d);
/* One more reference, for who has one. */
VFS_API void vfs_dentry_get(struct vfs_dentry *d);
/* Inside an epoch section; 0 when it was dead. */
VFS_API int vfs_dentry_tryget(struct vfs_dentry *d);
/* The last put calls release; it does not block, but must be outside of epoch sections. */
VFS_API void vfs_dentry_put(struct vfs_dentry *d);
/* The name: valid while the parent's inode lock is held. Not NUL-terminated. */
VFS_API const char *vfs_dentry_name(const struct vfs_dentry *d, size_t *ret_len);
/* Recomputes VFS_D_SEARCH after a directory's mode changed: inode lock held, takes d's lock. */
VFS_API void vfs_dentry_mode_changed(struct vfs_dentry *d);

/*
 * Makes an open file: size bytes, zeroed, the base filled from the arguments,
 * with one reference; takes references on path and ctx->cred, and counts a
 * writer of the mount when flags open for writing and the inode is no special
 * file. flags: as open(2).
 * Errors: EROFS, ENOMEM.
 */
VFS_API int vfs_file_new(const struct vfs_ctx *ctx, const struct vfs_path *path,
                         const struct vfs_file_ops *ops, uint32_t flags, size_t size,
                         struct vfs_file **ret_file);
/* The same, but takes over the caller's references on path, which it clears, when it succeeds. */
VFS_API int vfs_file_new_move(const struct vfs_ctx *ctx, struct vfs_path *path,
                              const struct vfs_file_ops *ops, uint32_t flags, size_t size,
                              struct vfs_file **ret_file);
/*
 * The same for a file that is on no filesystem that anybody sees, as those of epoll are:
 * vfs_path_name shows "anon_inode:" and name (at most VFS_NAME_MAX bytes). It has no offset, unless
 * ops has an lseek. All such files of an instance are one inode, of which nothing can be
 * changed. Analogous to anon_inode_getfile. Errors: ENOMEM.
 */
VFS_API int vfs_file_new_anon(const struct vfs_ctx *ctx, const char *name, const struct vfs_file_ops *ops,
                              uint32_t flags, size_t size, struct vfs_file **ret_file);
/*
 * The same for a filesystem that is made for one file, whose root is all that is in it: on a
 * mount of its own, which no namespace has. Takes references on root and its filesystem.
 */
VFS_API int vfs_file_new_alone(const struct vfs_ctx *ctx, struct vfs_dentry *root,
                               const struct vfs_file_ops *ops, uint32_t flags, size_t size,
                               struct vfs_file **ret_file);

/*
 * Memory that belongs to a filesystem
 */
/* Not zeroed; aligned to 16 bytes, and to 64 when size is a multiple of 64. NULL: no memory. */
VFS_API void *vfs_arena_alloc(struct vfs_arena *arena, size_t size);
VFS_API void *vfs_arena_zalloc(struct vfs_arena *arena, size_t size);
VFS_API void vfs_arena_free(struct vfs_arena *arena, void *p, size_t size); /* p may be NULL */
/* Calls d->free(d, arena) once every lock-free reader of now has gone. */
VFS_API void vfs_arena_defer(struct vfs_arena *arena, struct vfs_deferred *d);
VFS_API uint64_t vfs_arena_bytes(const struct vfs_arena *arena); /* allocated now */
/* Memory of the instance: for filesystem and file structures. */
VFS_API void *vfs_mem_zalloc(struct vfs *vfs, size_t size);
VFS_API void vfs_mem_free(struct vfs *vfs, void *p, size_t size);

/*
 * Time, settings
 */
/* The time for a timestamp, by the instance's clock; and its configuration, borrowed. */
VFS_API void vfs_now(struct vfs *vfs, struct vfs_timespec *ret_now);
VFS_API const struct vfs_config *vfs_settings(const struct vfs *vfs);

/*
 * Permission rules: pure functions of credentials and attributes. may: bits of
 * VFS_[RWX]_OK. All: 0, or the errno that the comment names. Where a capability
 * helps, it counts in the user namespace of the credentials, and only for a file
 * whose owner and group are mapped there; "capable" and "ns_capable" say otherwise.
 */
/* In the first user namespace: capable(). 0 for every other one's credentials. */
VFS_API int vfs_cred_capable(const struct vfs_cred *cred, unsigned int cap);
/*
 * In userns: ns_capable(). Those are who have it in userns or in one above it, and
 * the owner of userns, or of one above it, in the parent of what is owned.
 */
VFS_API int vfs_cred_ns_capable(const struct vfs_cred *cred, const struct vfs_userns *userns,
                                unsigned int cap);
VFS_API struct vfs_userns *vfs_cred_userns(const struct vfs_cred *cred); /* borrowed */
VFS_API int vfs_cred_in_group(const struct vfs_cred *cred, uint32_t gid);
VFS_API uint32_t vfs_cred_uid(const struct vfs_cred *cred); /* fsuid */
VFS_API uint32_t vfs_cred_gid(const struct vfs_cred *cred); /* fsgid */
/* EACCES. */
VFS_API int vfs_may(const struct vfs_cred *cred, const struct vfs_attr *attr, uint32_t may);
/*
 * May something get a name in dir, a directory of fs? EOVERFLOW (the caller's uid or
 * gid is not mapped in the user namespace that fs belongs to), EACCES.
 */
VFS_API int vfs_may_create(const struct vfs_cred *cred, const struct vfs_filesystem *fs,
                           const struct vfs_attr *dir);
/* The owner, or VFS_CAP_FOWNER (whatever the group). */
VFS_API int vfs_is_owner(const struct vfs_cred *cred, const struct vfs_attr *attr);
/* Sticky directories: may victim be removed from dir? EPERM. */
VFS_API int vfs_may_delete_sticky(const struct vfs_cred *cred, const struct vfs_attr *dir,
                                  const struct vfs_attr *victim);
/*
 * May a file be opened with flags: access mode, O_NOATIME, O_APPEND rules; with
 * VFS_O_EXEC, may it be executed? EISDIR, ELOOP, EACCES (a device, on a nodev mount or
 * in a filesystem that does not belong to the first user namespace; to be executed, but
 * no regular file, or on a noexec mount), EROFS, EACCES, EPERM.
 */
VFS_API int vfs_may_open(const struct vfs_ctx *ctx, const struct vfs_mount *mount, const struct vfs_attr *attr,
                         uint32_t flags);
/* protected_regular and protected_fifos: O_CREAT on an existing file. EACCES. */
VFS_API int vfs_may_create_in_sticky(const struct vfs_ctx *ctx, const struct vfs_attr *dir,
                                     const struct vfs_attr *attr);
/* protected_hardlinks. EPERM. */
VFS_API int vfs_may_link(const struct vfs_ctx *ctx, const struct vfs_attr *attr);
/*
 * setattr's permission checks, and the resulting change: fills ret_attr's mode,
 * uid and gid, and nothing else, from attr and set, with the rules for suid and
 * sgid applied; ret_attr may be attr. security.capability goes with a change of
 * size, and of owner unless it is a directory: that is the caller's.
 * EISDIR or EINVAL (size of what is no regular file), EACCES, EPERM.
 */
VFS_API int vfs_check_setattr(const struct vfs_ctx *ctx, const struct vfs_attr *attr,
                              const struct vfs_setattr *set, struct vfs_attr *ret_attr);
/* Mode, uid and gid of a new file in dir (umask, setgid directories); mode with its type. */
VFS_API void vfs_new_owner(const struct vfs_ctx *ctx, const struct vfs_attr *dir, uint32_t *mode,
                           uint32_t *ret_uid, uint32_t *ret_gid);
/*
 * xattr(7): may name be read (write 0) or written, of a file of fs? trusted.* is for
 * who is capable of VFS_CAP_SYS_ADMIN, writing security.* for who is ns_capable of it
 * where fs belongs. EOPNOTSUPP, EPERM, ENODATA, EACCES, EINVAL.
 */
VFS_API int vfs_may_xattr(const struct vfs_cred *cred, const struct vfs_filesystem *fs,
                          const struct vfs_attr *attr, const char *name, int write);
/*
 * Clears suid and sgid after a write by who is not capable of VFS_CAP_FSETID: inode
 * lock held, inside write section.
 */
VFS_API void vfs_inode_drop_privs(const struct vfs_cred *cred, struct vfs_inode *inode);
/* relatime and its relatives: is a read to update atime? Takes inode->lock when it does. */
VFS_API void vfs_file_accessed(struct vfs_file *file);

/*
 * Extended attributes in memory, hanging off an inode, in its filesystem's arena
 * (always the same one); the inode's lock held by the caller. Listed in the order
 * of names. Errors: set EEXIST, ENODATA (VFS_XATTR_*), ENOMEM; get ENODATA, ERANGE;
 * list ERANGE; remove ENODATA. Size 0 asks get and list for the length.
 */
VFS_API int vfs_xattrs_set(struct vfs_inode *inode, struct vfs_arena *arena, const char *name,
                           const void *value, size_t size, uint32_t flags);
VFS_API int64_t vfs_xattrs_get(const struct vfs_inode *inode, const char *name, void *value, size_t size);
/* trusted: nonzero lists trusted.* too. */
VFS_API int64_t vfs_xattrs_list(const struct vfs_inode *inode, char *list, size_t size, int trusted);
VFS_API int vfs_xattrs_remove(struct vfs_inode *inode, struct vfs_arena *arena, const char *name);
VFS_API void vfs_xattrs_free(struct vfs_inode *inode, struct vfs_arena *arena);

/*
 * Writers of a mount. Errors: EROFS.
 */
VFS_API int vfs_mount_begin_write(struct vfs_mount *mount);
/* Do reads of inode through the mount leave its access time alone: noatime, nodiratime, or read-only? */
VFS_API int vfs_mount_keeps_atime(const struct vfs_mount *mount, const struct vfs_inode *inode);
VFS_API void vfs_mount_end_write(struct vfs_mount *mount);

/*
 * Deleting and renaming dentries: two phases. With the directories' inode locks
 * held; prepare returns holding the victim's dentry lock, so that nothing can be
 * mounted on it, and commit or abort releases it.
 */
/* Errors: EBUSY (a mount point in ns). */
VFS_API int vfs_dentry_prepare_delete(struct vfs_mntns *ns, struct vfs_dentry *d);
VFS_API void vfs_dentry_abort_delete(struct vfs_dentry *d);
/* After the tree let go of d: marks it dead. Mounts on it in other namespaces go when the caller calls vfs_dentry_detach_mounts. */
VFS_API void vfs_dentry_commit_delete(struct vfs_dentry *d);
/* With no locks held, d referenced: unmounts what other namespaces had mounted on a deleted d. */
VFS_API void vfs_dentry_detach_mounts(struct vfs_dentry *d);
/* Errors: EBUSY (from, or to when not NULL, is a mount point in ns). Holds both locks. */
VFS_API int vfs_dentry_prepare_rename(struct vfs_mntns *ns, struct vfs_dentry *from, struct vfs_dentry *to);
VFS_API void vfs_dentry_abort_rename(struct vfs_dentry *from, struct vfs_dentry *to);
/* replaced: to was deleted; otherwise both live on (exchange), or to is NULL. */
VFS_API void vfs_dentry_commit_rename(struct vfs_dentry *from, struct vfs_dentry *to, int replaced);

/*
 * The in-memory tree: a lock-free table of children for each directory, and
 * whole walks. Directories' inode locks guard changes.
 */

/* Path operations, ready for an operations table. */
VFS_API int vfs_tree_stat_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mask,
                             struct vfs_statx *ret_stat);
VFS_API int vfs_tree_access_at(struct vfs_filesystem *fs, struct vfs_rp *rp, uint32_t mode);
VFS_API int vfs_tree_readlink_at(struct vfs_filesystem *fs, struct vfs_rp *rp, char *buf, size_t size,
                                 size_t *ret_len);
VFS_API int vfs_tree_lookup_at(struct vfs_filesystem *fs, struct vfs_rp *rp, struct vfs_path *ret_path);
VFS_API int vfs_tree_parent_at(struct vfs_filesystem *fs, struct vfs_rp *rp, struct vfs_path *ret_path);

/* How the last component reads. */
enum vfs_last_type { VFS_LAST_NAME, VFS_LAST_DOT, VFS_LAST_DOTDOT, VFS_LAST_ROOT };
/*
 * Walks to the directory of the last component. Afterwards vfs_rp_name is that
 * component, vfs_rp_mount the mount; the rp holds references on both until the
 * operation returns, and no epoch section is open, so the caller may lock.
 * ret_type: what the last component is; ret_slash: it was followed by slashes.
 * The right to search the directory has been checked.
 * Errors: the path's own, or crossings.
 */
VFS_API int vfs_tree_walk_parent(struct vfs_rp *rp, struct vfs_dentry **ret_parent,
                                 enum vfs_last_type *ret_type, int *ret_slash);
/*
 * For open with O_CREAT, after a walk to the parent found that the last name
 * exists: steps onto child (referenced, the parent's lock not held): crosses mounts and
 * follows symlinks as the rp's flags ask. 0: child is the end; a crossing or an
 * errno; VFS_RP_AGAIN: a symlink was pushed, walk to the parent again.
 */
#define VFS_RP_AGAIN 16
VFS_API int vfs_tree_step(struct vfs_rp *rp, struct vfs_dentry *child);

/* Below: with the inode lock of dir held. */
/* Room for a child to attach and for one to move here, so that neither can fail. Errors: ENOMEM. */
VFS_API int vfs_tree_reserve(struct vfs_dentry *dir, struct vfs_arena *arena);
/* The child of that name, not referenced; NULL: none. */
VFS_API struct vfs_dentry *vfs_tree_child(struct vfs_dentry *dir, const char *name, size_t len);
/* Makes d (initialised, named) visible as a child; the tree takes over the caller's reference. Room was reserved. */
VFS_API void vfs_tree_attach(struct vfs_dentry *dir, struct vfs_dentry *d);
/* Takes d out; the caller gets the tree's reference. d was prepared for deletion. */
VFS_API void vfs_tree_detach(struct vfs_dentry *d);
/*
 * Gives d, which was never attached, the place of a removed child of dir: a file
 * without a name. A child that left its directory holds a reference on it, which
 * the last vfs_dentry_put drops.
 */
VFS_API void vfs_tree_orphan(struct vfs_dentry *dir, struct vfs_dentry *d);
/*
 * Moves d (prepared) to newdir under a new name; to, if not NULL, is replaced (its
 * tree reference goes to the caller). Room was reserved in newdir; a name longer than
 * 32 bytes was allocated by vfs_tree_alloc_name. Cannot fail.
 */
VFS_API void vfs_tree_rename(struct vfs_dentry *d, struct vfs_dentry *newdir, const char *name, size_t len,
                             void *long_name, struct vfs_dentry *to);
/* Swaps the names of two prepared children. Room was reserved in both directories. */
VFS_API void vfs_tree_exchange(struct vfs_dentry *a, struct vfs_dentry *b);
/* *ret NULL for a short name. Errors: ENOMEM. */
VFS_API int vfs_tree_alloc_name(struct vfs_arena *arena, const char *name, size_t len, void **ret_long_name);
/* Of a name that was not used after all; NULL is allowed. */
VFS_API void vfs_tree_free_name(struct vfs_arena *arena, void *long_name);
VFS_API uint32_t vfs_tree_count(const struct vfs_dentry *dir); /* children */
/* The next child at or behind *pos in the order of creation, NULL at the end; *pos moves behind it. */
VFS_API struct vfs_dentry *vfs_tree_next(struct vfs_dentry *dir, uint64_t *pos);
/*
 * For a tree that is a cache (struct vfs_tree_ops).
 */
/* Of a dentry that is not attached yet: VFS_D_PARTIAL, VFS_D_NEGATIVE, VFS_D_REVALIDATE. */
VFS_API void vfs_tree_mark_new(struct vfs_dentry *d, uint64_t flags);
/* Turns VFS_D_REVALIDATE on or off; takes d's lock. Cheap when it is so already. */
VFS_API void vfs_tree_set_revalidate(struct vfs_dentry *d, int on);
/*
 * Takes a child out that nobody uses: neither mounted on nor a directory with children,
 * and referenced by the tree and the caller alone. Nonzero: it is gone (release was called), and
 * the caller's reference with it. With the parent's inode lock held; takes d's.
 */
VFS_API int vfs_tree_evict(struct vfs_dentry *d);
/* d's parent, referenced, and its name (VFS_NAME_MAX bytes of room; may be NULL), as of one moment. Takes d's lock. */
VFS_API struct vfs_dentry *vfs_tree_parent_get(struct vfs_dentry *d, char *name, size_t *ret_len);
/* Frees a directory's tables: from release, or the limbo's callback. */
VFS_API void vfs_tree_dir_free(struct vfs_dentry *dir, struct vfs_arena *arena);
/* Is d equal to or below ancestor? With the filesystem's directory rename lock held. */
VFS_API int vfs_tree_is_below(const struct vfs_dentry *d, const struct vfs_dentry *ancestor);
/* getdents for a tree directory: ".", ".." and the children; an iterate operation. */
VFS_API int vfs_tree_iterate(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_dirbuf *db,
                             int64_t *pos);

/*
 * Special files
 */
/* Opens a FIFO or a device node at path as open(2) does; sockets and unknown devices: ENXIO. May block. */
VFS_API int vfs_special_open(const struct vfs_ctx *ctx, const struct vfs_path *path, uint32_t flags,
                             struct vfs_file **ret_file);

/* The device registry of an instance. */
struct vfs_device_ops {
        uint32_t size;
        /* Opens: as a filesystem's open of an existing file, permissions checked. Errors: the device's. */
        int (*open)(void *device, const struct vfs_ctx *ctx, const struct vfs_path *path, uint32_t flags,
                    struct vfs_file **ret_file);
};
/*
 * type: VFS_S_IFCHR or VFS_S_IFBLK. ops and device must outlive the registration; who
 * unregisters sees to it that nobody is opening the device. Errors: EINVAL (type, size,
 * no open; not registered), EBUSY (taken), ENOMEM.
 */
VFS_API int vfs_device_register(struct vfs *vfs, uint32_t type, uint32_t major, uint32_t minor,
                                const struct vfs_device_ops *ops, void *device);
VFS_API int vfs_device_unregister(struct vfs *vfs, uint32_t type, uint32_t major, uint32_t minor);

#ifdef __cplusplus
}
#endif

#endif
