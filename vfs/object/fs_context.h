/*
 * fs_context.h - a filesystem that is being made, or changed, parameter by parameter: the
 * library's side of what fsapi.h offers authors. Analogous to Linux's struct fs_context.
 *
 * mount(2) makes a context for itself alone; one of fsopen(2) and fspick(2) is an open file,
 * whose calls take turns by the context's lock. Everything below is called with that held
 * where there is one, and may block in the filesystem.
 */
#ifndef VFS_OBJECT_FS_CONTEXT_H
#define VFS_OBJECT_FS_CONTEXT_H

#include <stdbool.h>

#include "vfs/object/instance.h"

/* What may be done next. Nobody would see Linux's CREATING and RECONFIGURING: they are under the lock. */
enum vfs_fs_context_phase {
        VFS_FS_CONTEXT_CREATE_PARAMS,   /* parameters of a new filesystem, and then its making */
        VFS_FS_CONTEXT_AWAITING_MOUNT,  /* it is made */
        VFS_FS_CONTEXT_AWAITING_RECONF, /* what was asked for is done; the next parameter begins anew */
        VFS_FS_CONTEXT_RECONF_PARAMS,   /* parameters of a change, and then the change */
        VFS_FS_CONTEXT_FAILED,
};

#define VFS_FS_LOG_SIZE 8u /* a power of two */

/* Lock key: c constant, l lock. */
struct vfs_fs_context {
        struct vfs *vfs;                 /* c */
        const struct vfs_fstype *type;   /* c */
        const struct vfs_cred *cred;     /* c  whose context it is; referenced */
        struct vfs_userns *userns;       /* c  the filesystem's; referenced */
        struct vfs_mutex lock;           /*    rank CONTEXT */
        enum vfs_fs_context_phase phase; /* l */
        const struct vfs_ctx *ctx;       /* l  who is calling now; NULL: nobody who has paths */
        struct vfs_filesystem *fs;       /* l  what was made, or is to be changed; referenced, as is root */
        struct vfs_dentry *root;         /* l  NULL: nothing was made yet */
        char *source;                    /* l  NULL: not given */
        void *options;                   /* l  type->options_size bytes */
        uint32_t sb_flags, sb_mask;      /* l  VFS_MS_*: what is to be, and which of them were asked for */
        bool begun;                      /* l  type->end is to be called */
        bool exclusive;                  /* l  only a filesystem that nobody else has will do */
        bool logs;                       /* c  messages are kept */
        uint8_t log_head, log_tail;      /* l  messages ever written, and taken: they wrap */
        char *log[VFS_FS_LOG_SIZE];      /* l */
};

/*
 * A context for a new filesystem, and one for changing fs, which root belongs to (both are
 * referenced). sb_flags: VFS_MS_* of the filesystem; mask: which of them are to change. ctx
 * may be NULL. Errors: ENOMEM, the type's.
 */
int vfs_fs_context_new(struct vfs *vfs, const struct vfs_fstype *type, const struct vfs_cred *cred,
                       const struct vfs_ctx *ctx, uint32_t sb_flags, struct vfs_fs_context **ret_fc);
int vfs_fs_context_pick(const struct vfs_ctx *ctx, struct vfs_filesystem *fs, struct vfs_dentry *root,
                        uint32_t sb_flags, uint32_t mask, struct vfs_fs_context **ret_fc);
void vfs_fs_context_free(struct vfs_fs_context *fc);

/* One parameter. Errors: EINVAL, ENOMEM, the type's. */
int vfs_fs_context_parse(struct vfs_fs_context *fc, const struct vfs_fs_param *param);
/* The same for a string, or, where value is NULL, a flag. */
int vfs_fs_context_parse_string(struct vfs_fs_context *fc, const char *key, const char *value);
/* mount(2)'s data, "a=b,c" or NULL, to the first error: empty options, and those without a name, are skipped. */
int vfs_fs_context_parse_data(struct vfs_fs_context *fc, const char *data);

/* May cred mount the type where the context was made? May it change the context's filesystem? */
bool vfs_fs_context_may_create(const struct vfs_fs_context *fc, const struct vfs_cred *cred);
bool vfs_fs_context_may_reconfigure(const struct vfs_fs_context *fc, const struct vfs_cred *cred);
/* Makes the filesystem: fc->fs and fc->root. Errors: the type's. */
int vfs_fs_context_get_tree(struct vfs_fs_context *fc);

/*
 * What was asked for is done: forgets it. What comes next are changes of the same filesystem, for
 * which resume begins anew. As in Linux, sb_mask stays: a flag that was ever asked for is
 * cleared by a change that does not ask for it. Errors of resume: ENOMEM, the type's; FAILED then.
 */
void vfs_fs_context_clean(struct vfs_fs_context *fc);
int vfs_fs_context_resume(struct vfs_fs_context *fc);

/*
 * Takes the oldest message, if it has at most size bytes; ret_message is freed by
 * vfs_fs_message_free. Errors: ENODATA (there is none), EMSGSIZE (it stays).
 */
int vfs_fs_context_take_message(struct vfs_fs_context *fc, size_t size, char **ret_message);
void vfs_fs_message_free(struct vfs *vfs, char *message);

#endif
