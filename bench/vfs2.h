/*
 * vfs2.h - the library's target, for the files that it is made of (vfs2.c, vfs2_mounts.c),
 * and for what only vfs2 is asked: the import of a tree.
 */
#ifndef BENCH_VFS2_H
#define BENCH_VFS2_H

#include <vfs/vfs.h>

#include "bench/target.h"

struct vfs2_target {
        struct bench_target base;
        struct vfs *vfs;
        struct vfs_cred *cred;
        struct vfs_mntns *ns;
        struct vfs_ctx ctx;
        struct vfs_ctx home;  /* while ctx is that of a copy of the namespace */
        struct vfs_ctx inner; /* of a thread with a root of its own; its root is referenced */
        char *text;           /* of the last listing */
        size_t text_size;
};

static inline struct vfs2_target *bench_vfs2(struct bench_target *t)
{
        return (struct vfs2_target *)t;
}

/* Borrowed; t is a target of bench_vfs2_new(). */
const struct vfs_ctx *bench_vfs2_ctx(struct bench_target *t);

/* vfs2_mounts.c */
int bench_vfs2_mount(struct bench_target *t, const char *path);
int bench_vfs2_umount(struct bench_target *t, const char *path);
int bench_vfs2_bind(struct bench_target *t, const char *from, const char *to);
int bench_vfs2_detach(struct bench_target *t, const char *path);
int bench_vfs2_move(struct bench_target *t, const char *from, const char *to);
int bench_vfs2_share(struct bench_target *t, const char *path);
int bench_vfs2_unshare(struct bench_target *t);
int bench_vfs2_rejoin(struct bench_target *t);
int bench_vfs2_clone(struct bench_target *t);
int bench_vfs2_enter(struct bench_target *t, const char *path);
void bench_vfs2_leave(struct bench_target *t);
int bench_vfs2_pivot(struct bench_target *t, const char *new_root, const char *put_old);
int bench_vfs2_mountinfo(struct bench_target *t, size_t *ret_bytes);
int bench_vfs2_listmount(struct bench_target *t, uint64_t *ids, size_t n, size_t *ret_n);
int bench_vfs2_statmount(struct bench_target *t, uint64_t id);

#endif
