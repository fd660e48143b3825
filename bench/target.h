/*
 * target.h - what is measured: an implementation of files behind one interface.
 *
 * The host kernel and vfs2 are two targets, and one set of loops (loops.h) runs
 * on both. A target is its primitive calls, which also build the trees, and run(),
 * which is the loops with these calls compiled into them: a call through a
 * pointer would cost a tenth of a short stat.
 *
 * All paths are absolute below the target's own root, an empty tmpfs, and the
 * same for every target.
 */
#ifndef BENCH_TARGET_H
#define BENCH_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_PAGE  4096
#define BENCH_DENTS 32768 /* buffer of a directory read: glibc's */

struct vfs_file;
struct bench_target;

/* An open file: a descriptor on the host, a file of the library's. */
union bench_file {
        int fd;
        struct vfs_file *file;
};

enum bench_open {
        BENCH_OPEN_READ,
        BENCH_OPEN_WRITE,  /* read and write */
        BENCH_OPEN_CREATE, /* a new file; read and write */
        BENCH_OPEN_APPEND, /* made if missing; appending */
        BENCH_OPEN_DIR,
};

/* How walks went, since the target was made. */
struct bench_walks {
        uint64_t lockfree, reference;
};

/* Each returns 0 or a negative errno. */
struct bench_calls {
        int (*stat)(struct bench_target *t, const char *path);
        int (*lstat)(struct bench_target *t, const char *path);
        int (*open)(struct bench_target *t, const char *path, enum bench_open how,
                    union bench_file *ret_file);
        void (*close)(struct bench_target *t, union bench_file file);
        int (*fstat)(struct bench_target *t, union bench_file file);
        int (*mknod)(struct bench_target *t, const char *path); /* an empty regular file */
        int (*unlink)(struct bench_target *t, const char *path);
        int (*mkdir)(struct bench_target *t, const char *path);
        int (*rmdir)(struct bench_target *t, const char *path);
        int (*rename)(struct bench_target *t, const char *from, const char *to);
        int (*pread)(struct bench_target *t, union bench_file file, void *page);  /* a page at 0 */
        int (*pwrite)(struct bench_target *t, union bench_file file, void *page); /* a page at 0 */
        int (*write)(struct bench_target *t, union bench_file file, void *page);  /* a page at the offset */
        int (*truncate)(struct bench_target *t, union bench_file file);           /* to 0 */
        int (*list)(struct bench_target *t, union bench_file file,
                    unsigned *ret_entries);                     /* from the start */
        int (*mount)(struct bench_target *t, const char *path); /* a tmpfs with any number of inodes */
        int (*umount)(struct bench_target *t, const char *path);
        int (*memory)(struct bench_target *t, const char *path, uint64_t *ret_bytes); /* of a filesystem */
        int (*exchange)(struct bench_target *t, const char *a, const char *b);
        int (*bind)(struct bench_target *t, const char *from, const char *to); /* a bind mount */
        int (*detach)(struct bench_target *t,
                      const char *path); /* umount, lazily, of all that is below, too */
        int (*move)(struct bench_target *t, const char *from, const char *to); /* a mount */
        int (*share)(struct bench_target *t,
                     const char *path); /* what is mounted there gets peers from now on */
        /* The thread goes on in a copy of the mount namespace, and comes back: then the copy ends. */
        int (*unshare)(struct bench_target *t);
        int (*rejoin)(struct bench_target *t);
        int (*clone)(struct bench_target *t); /* both, beside other threads that stay where they are */
        /*
         * The thread's root becomes a mount point, and the paths of pivot are its own; and the end of that.
         */
        int (*enter)(struct bench_target *t, const char *path);
        void (*leave)(struct bench_target *t);
        int (*pivot)(struct bench_target *t, const char *new_root, const char *put_old);
        int (*mountinfo)(struct bench_target *t, size_t *ret_bytes); /* the text of all mounts */
        /* At most n ids of mounts, and what is known about one. ENOSYS: it cannot. */
        int (*listmount)(struct bench_target *t, uint64_t *ids, size_t n, size_t *ret_n);
        int (*statmount)(struct bench_target *t, uint64_t id);
        void (*walks)(struct bench_target *t, struct bench_walks *ret_walks); /* NULL: not counted */
        int (*thread)(struct bench_target *t);                                /* prepares a thread */
        void (*free)(struct bench_target *t);
};

/* One operation to repeat, and what it works on. */
enum bench_op {
        BENCH_STAT,  /* paths[0], or each of paths in turn */
        BENCH_LSTAT, /* the same without following */
        BENCH_OPEN_CLOSE,
        BENCH_FSTAT,
        BENCH_MKNOD_UNLINK,
        BENCH_CREATE_UNLINK,
        BENCH_MKDIR_RMDIR,
        BENCH_RENAME, /* a to b and back; each counts */
        BENCH_READ,
        BENCH_WRITE,
        BENCH_APPEND,
        BENCH_READDIR,
        BENCH_STAT_MISSING, /* each of paths in turn: none exists */
        BENCH_STAT_RACING,  /* each of paths in turn: it may be missing at the moment */
        BENCH_EXCHANGE,     /* a and b, twice; each counts */
        BENCH_BIND_UMOUNT,  /* a is bound on b */
        BENCH_MOVE,         /* the mount on a to b and back; each counts */
        BENCH_PIVOT, /* from the root to what is on /new, its place is /old there, and back; each counts */
        BENCH_CLONE, /* of the namespace */
        BENCH_MOUNTINFO,
        BENCH_LISTMOUNT, /* ids gets all */
        BENCH_STATMOUNT, /* each of ids in turn */
};

struct bench_work {
        enum bench_op op;
        const char *const *paths;
        size_t n_paths;
        const char *a, *b;
        union bench_file file;
        void *page;
        unsigned entries; /* a directory's, "." and ".." included */
        uint64_t *ids;    /* of mounts */
        size_t n_ids;
};

struct bench_target {
        const char *impl;
        const struct bench_calls *calls;
        /* Does w->op n times (an even number) and returns the first error. */
        int (*run)(struct bench_target *t, const struct bench_work *w, unsigned thread, uint64_t n);
        bool can_mount;
};

/* vfs2: an instance with one memfs. */
int bench_vfs2_new(struct bench_target **ret_target);

/*
 * The host kernel: a tmpfs mounted in a mount namespace of our own, or else a
 * directory below /dev/shm, where mounting is not possible. dir not NULL: that
 * directory instead. Changes the working directory; call while single-threaded.
 */
int bench_host_new(const char *dir, struct bench_target **ret_target);

static inline void bench_target_free(struct bench_target *t)
{
        if (t)
                t->calls->free(t);
}

#endif
