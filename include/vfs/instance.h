/*
 * instance.h - an instance of the library, the credentials of a caller, and the
 * context that every operation is asked in.
 */
#ifndef VFS_INSTANCE_H
#define VFS_INSTANCE_H

#include <vfs/abi_mount.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vfs;        /* one instance: filesystem types, mounts, devices */
struct vfs_cred;   /* credentials: immutable, refcounted */
struct vfs_mount;  /* a filesystem placed in a tree: refcounted */
struct vfs_dentry; /* a node of a filesystem's tree: refcounted */
struct vfs_mntns;  /* a mount namespace: refcounted */
struct vfs_userns; /* a user namespace: refcounted */
struct vfs_file;   /* an open file description: refcounted */

/* A place in a tree of mounts: analogous to Linux's struct path. */
struct vfs_path {
        struct vfs_mount *mount;
        struct vfs_dentry *dentry;
};

/*
 * Instance
 */

/*
 * What an embedder may bring. Every member but size may be zero, which picks
 * the default. Hooks are called from any thread, also with locks held; they must not
 * call back into the library, and get the user pointer given beside them. alloc and
 * free, and wait and wake, come in pairs. docs/embedding.md has an example of each.
 */
struct vfs_config {
        uint32_t size; /* sizeof(struct vfs_config) */

        /* Settings, as the files of /proc/sys/fs. Zero is Linux's "off". */
        uint32_t protected_hardlinks;
        uint32_t protected_symlinks;
        uint32_t protected_regular; /* 0, 1 or 2 */
        uint32_t protected_fifos;   /* 0, 1 or 2 */
        uint32_t mount_max;         /* mounts per namespace; 0: 100000 */

        /*
         * Memory. alloc returns size bytes aligned to at least 16, or NULL; free
         * takes what alloc returned and the size it was asked for. Default:
         * jemalloc, or malloc where the library was built without it. Credentials,
         * user namespaces and file data do not come from here.
         */
        void *(*alloc)(void *user, size_t size);
        void (*free)(void *user, void *p, size_t size);
        void *alloc_user;

        /*
         * Waiting for another task, as futex(2): wait blocks while *word ==
         * expected and may return early; it returns 0, or -EINTR when the
         * caller's context was interrupted; ctx_user is that context's user.
         * wake wakes at most n waiters of word. Default: futex(2), where a signal
         * of the host's wakes, and vfs_ctx.interrupted says whether the call ends.
         */
        int (*wait)(void *user, void *ctx_user, const uint32_t *word, uint32_t expected);
        void (*wake)(void *user, const uint32_t *word, uint32_t n);
        void *wait_user;

        /* Wall clock, for timestamps. Default: CLOCK_REALTIME_COARSE. */
        void (*clock)(void *user, struct vfs_timespec *ret_now);
        void *clock_user;

        /* Random bytes, for hash keys. Default: getrandom(2). */
        void (*random)(void *user, void *buf, size_t n);
        void *random_user;
};

/*
 * Makes an instance. config may be NULL; it is copied. The filesystem types that the
 * library brings are registered ("tmpfs", also called "memfs"). vfs_free ends it.
 * Errors: EINVAL (config->size unknown, a setting out of range, half a pair of
 * hooks), ENOSYS (the host lacks memfd_create(2)), ENOMEM.
 */
VFS_API int vfs_new(const struct vfs_config *config, struct vfs **ret_vfs);

/*
 * Frees an instance. NULL is allowed. Every namespace, file, mapping, path, table
 * and filesystem context taken from it must have been put (debug builds stop if not);
 * deferred frees are completed here, so it waits for calls that are in flight on
 * other threads, whatever instance they are for.
 */
VFS_API void vfs_free(struct vfs *vfs);

/*
 * Optional: prepares the calling thread, so that its first operation does not
 * pay for it. Undone when the thread exits. Never blocks. Errors: ENOMEM.
 */
VFS_API int vfs_thread_prepare(void);

/*
 * Optional: completes deferred frees of an instance that are due, at most max of them (0: all
 * that are due); for an embedder's idle time. Returns how many were completed. Waits
 * for no call of another thread.
 */
VFS_API size_t vfs_reclaim(struct vfs *vfs, size_t max);

/*
 * Counters of one instance since it was made, read without a lock: for people and
 * tests. vfs_get_stats fills as many bytes as size says are there.
 */
struct vfs_stats {
        uint32_t size; /* sizeof(struct vfs_stats), set by the caller */
        uint32_t mounts;           /* mounts that exist now */
        uint64_t walks_lockfree;   /* walks that were answered without a lock */
        uint64_t walks_reference;  /* walks that fell back to locks and references */
        uint64_t bytes;            /* in the arenas of all filesystems: names, inodes, tables; no file data */
};
VFS_API void vfs_get_stats(struct vfs *vfs, struct vfs_stats *ret_stats);

/*
 * Credentials: credentials(7), capabilities(7)
 */

struct vfs_cred_opts {
        uint32_t size; /* sizeof(struct vfs_cred_opts) */
        uint32_t uid, gid;   /* the ids that decide about files: fsuid and fsgid */
        uint32_t ruid, rgid; /* the real ids, for access(2) */
        uint32_t ngroups;
        const uint32_t *groups; /* supplementary groups, in any order */
        uint64_t caps;          /* effective capabilities: bits VFS_CAP_* */
        uint64_t caps_permitted; /* for access(2) with real uid 0; see below */
        struct vfs_userns *userns; /* where the capabilities count; NULL: the first user namespace (mntns.h) */
};

/*
 * Makes credentials; the caller gets one reference. The groups are copied, userns is
 * referenced; bits of caps that are no capability are dropped. They belong to no
 * instance. access(2) judges by the real ids, with caps_permitted if ruid is root's
 * and else without capabilities. The library knows root's id in the first user
 * namespace; in another it takes caps_permitted as given: 0 for who is not root there.
 * Errors: EINVAL (opts->size unknown, more than 65536 groups, or no groups where
 * ngroups says so), ENOMEM.
 */
VFS_API int vfs_cred_new(const struct vfs_cred_opts *opts, struct vfs_cred **ret_cred);
/* Credentials of root with every capability. Errors: ENOMEM. */
VFS_API int vfs_cred_new_root(struct vfs_cred **ret_cred);
/* References. Neither blocks. NULL is allowed in put. */
VFS_API const struct vfs_cred *vfs_cred_get(const struct vfs_cred *cred);
VFS_API void vfs_cred_put(const struct vfs_cred *cred);

/*
 * Context
 */

/*
 * Who asks, and from where. The embedder fills one per task (or lets a
 * vfs_fsctx do it) and owns it: the library never keeps a pointer to it beyond
 * the call, and the members are borrowed. It must not change during a call.
 */
struct vfs_ctx {
        struct vfs *vfs;
        const struct vfs_cred *cred;
        struct vfs_path root; /* where absolute paths begin */
        struct vfs_path cwd;  /* where relative paths begin */
        struct vfs_mntns *mntns;
        uint32_t umask;
        uint32_t fsctx_seen;  /* vfs_fsctx_refresh's; 0 in a context that never met a vfs_fsctx */
        uint64_t fsize_limit; /* RLIMIT_FSIZE in bytes; 0 is no limit */

        /*
         * Nonzero when a blocking call should end with EINTR; asked before each
         * sleep, so also after a wake-up that came to nothing. May be NULL.
         */
        int (*interrupted)(void *user);
        void *user; /* handed to interrupted, and to the hook wait as ctx_user */
};

/*
 * Fills ctx for the root of a namespace: root and cwd at its root, umask 022,
 * no limits, no hooks. Borrows everything: ns and cred must outlive ctx. root
 * and cwd are valid while ns is referenced and nothing is mounted over or
 * unmounted from the root; a task that lives longer uses a vfs_fsctx.
 */
VFS_API void vfs_ctx_init(struct vfs_ctx *ctx, struct vfs_mntns *ns, const struct vfs_cred *cred);

/* References on a path: both members. The last put may block. A path of NULLs is allowed in put. */
VFS_API void vfs_path_get(const struct vfs_path *path);
VFS_API void vfs_path_put(struct vfs_path *path); /* and clears it */

#ifdef __cplusplus
}
#endif

#endif
