/*
 * resolving_path.h - the state of one walk: where it is, what is left of the
 * path, the symlinks it is inside of, its limits and its scope. Analogous to
 * Linux's struct nameidata. Lives on the stack of an entry point.
 *
 * A walk has two modes. It begins lock-free: one epoch section is open, and the
 * place it stands at is held by nothing but the section. When that cannot go on
 * (a race seen twice, or a filesystem that needs locks) the entry point begins
 * again in reference mode: no section is open, and the place, the next place and
 * the symlinks being walked are referenced. Both give the same answers.
 * vfs_rp_take turns the first into the second where a handle is needed.
 */
#ifndef VFS_PATH_RESOLVING_PATH_H
#define VFS_PATH_RESOLVING_PATH_H

#include <vfs/ops.h>

#include "mount/mount.h"
#include "vfs/object/instance.h"
#include "vfs/path/component.h"

/* What the caller of an operation asks for. */
#define VFS_RP_FOLLOW 0x01u     /* follow a symlink in the last component */
#define VFS_RP_DIRECTORY 0x02u  /* the end must be a directory */
#define VFS_RP_EMPTY 0x04u      /* an empty path is the starting point itself */
/* The walk's own. */
#define VFS_RP_REF 0x10u        /* reference mode */
#define VFS_RP_SECTION 0x20u    /* an epoch section is open */
#define VFS_RP_SCOPED 0x40u     /* RESOLVE_BENEATH or RESOLVE_IN_ROOT */
#define VFS_RP_SEARCHES 0x80u   /* the credentials may search every directory */
#define VFS_RP_DOTDOT 0x100u    /* ".." was walked */
#define VFS_RP_LEFT 0x200u      /* at a mount point whose mount ".." is leaving: its permissions do not count */
#define VFS_RP_LAST_DIR 0x400u  /* a mount was crossed at the last component: last_dir is known */
#define VFS_RP_HELD 0x800u      /* of the caller: rp->held is known */

/* A text that is set aside while a symlink in its middle is walked. */
struct vfs_rp_text {
        struct vfs_cut cut;
        struct vfs_path link; /* whose target it is; NULLs: the path. Referenced in reference mode */
};

struct vfs_rp {
        const struct vfs_ctx *ctx;
        struct vfs *vfs;
        struct vfs_thread *thread;
        struct vfs_path at;   /* where the walk stands */
        uint64_t word;        /* at.dentry's word when it was stepped on */
        struct vfs_cut cut;   /* what is left of the current text */
        struct vfs_path link; /* whose target the current text is; NULLs: the path. As in struct vfs_rp_text */
        uint32_t flags;       /* VFS_RP_* */
        uint32_t asked;       /* flags as the walk began */
        uint32_t resolve;     /* VFS_RESOLVE_* */
        uint32_t depth;       /* texts set aside */
        uint32_t nlinks;      /* symlinks followed */
        struct vfs_path root; /* borrowed: where absolute paths begin and ".." ends */
        struct vfs_path next; /* a crossing's target; referenced in reference mode */
        struct vfs_component last; /* after a walk to the parent */
        struct vfs_attr last_dir;  /* VFS_RP_LAST_DIR: of the directory that the last component was in */
        struct vfs_file *dir; /* the starting point asked for */
        const char *path;
        const struct vfs_path *held; /* with VFS_RP_HELD: the caller holds this place until the walk ends */
        uint32_t mounts_seq, rename_seq; /* scoped: when the walk began */
        struct vfs_rp_text texts[VFS_SYMLINK_MAX];
};

/*
 * Begins a walk of path from dir, lock-free. On success vfs_rp_end must follow.
 * Errors: ENAMETOOLONG, ENOENT (empty), EBADF, EXDEV (absolute under BENEATH), ENOMEM.
 */
int vfs_rp_begin(struct vfs_rp *rp, const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path,
                 uint32_t flags, uint32_t resolve);
void vfs_rp_end(struct vfs_rp *rp);
/* Answers a crossing (r > 0): 0 when the operation is to be called again, or an error that ends it. */
int vfs_rp_cross(struct vfs_rp *rp, int r);

/* Runs a path operation until it ends: op is an expression of rp->at.mount->fs, called fs. */
#define VFS_RP_RUN(rp, r, op)                                           \
        do {                                                            \
                struct vfs_filesystem *fs = (rp)->at.mount->fs;         \
                                                                        \
                (r) = (op);                                             \
                if (vfs_likely((r) <= 0))                               \
                        break;                                          \
                (r) = vfs_rp_cross((rp), (r));                          \
                if ((r) < 0)                                            \
                        break;                                          \
        } while (1)

/*
 * From lock-free to reference mode, in place; or just out of the section, at the
 * place that the caller holds. Errors: VFS_RP_RETRY when something on the way has
 * died.
 */
int vfs_rp_take(struct vfs_rp *rp);

/* The walk's steps, shared by both modes. 0, a crossing, or an errno. */

/* Up to the parent of where it stands. dots is the ".." in the text: it is put back for a crossing. */
int vfs_rp_dotdot(struct vfs_rp *rp, const char *dots);
/*
 * Does ".." at the root of a mount that is on up stay where it is, since nothing
 * but roots of mounts lie between it and the root of the walk? So it is in a
 * mount over the root of a process. Only NO_XDEV can tell: others go there and
 * come back.
 */
bool vfs_rp_stays(const struct vfs_rp *rp, const struct vfs_path *up);
/* A dentry with VFS_D_MOUNTED: crosses if something is mounted on it here. */
int vfs_rp_mounted(struct vfs_rp *rp, struct vfs_dentry *d);
/*
 * A symlink that is to be followed: pushes its target. last: it is the path's
 * last component; dir: the directory that it is in, or mounted in.
 */
int vfs_rp_symlink(struct vfs_rp *rp, const struct vfs_path *link, const struct vfs_dentry *dir, bool last);
/* The current text ended: goes on with the one that was set aside (depth is not 0). */
void vfs_rp_pop(struct vfs_rp *rp);
/* Is nothing left to walk, in any text? */
VFS_INLINE bool vfs_rp_done(const struct vfs_rp *rp)
{
        return rp->depth == 0 && vfs_cut_done(&rp->cut);
}
/* After the last step of a scoped walk. Errors: EAGAIN, EXDEV; VFS_RP_RETRY. */
int vfs_rp_check_scope(struct vfs_rp *rp);
/* May the walk look for names in the directory it stands in? Errors: EACCES. */
int vfs_rp_may_search(const struct vfs_rp *rp, const struct vfs_dentry *d);

/* In reference mode: stands at (mount, d), whose references the rp takes over. */
void vfs_rp_move(struct vfs_rp *rp, struct vfs_mount *mount, struct vfs_dentry *d);

#endif
