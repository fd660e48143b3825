/*
 * desc.h - descriptors of guests that stand for virtual files, and the copies of file
 * data that guests map.
 */
#ifndef VFSRUN_DESC_H
#define VFSRUN_DESC_H

#include "tools/vfsrun/vfsrun.h"

struct node;

/* A virtual file behind a descriptor, as found for one call. */
struct desc {
        struct vfs_file *file; /* referenced */
        struct node *node;     /* of a regular file, referenced; else NULL */
        uint32_t slot;
};

/* Makes the folder of placeholders, and starts to watch it. Errors: the host's. */
int descs_start(void);
void descs_stop(void);

/* What a number of the task's stands for. Errors: EBADF (not open), ENOTDIR (a file of the host's). */
int desc_get(struct task *t, int fd, struct desc *ret_desc);
/* The same for a thread that is not the caller. */
int desc_of_thread(pid_t tid, int fd, struct desc *ret_desc);
void desc_put(struct desc *d);
/*
 * The file alone, for starting points: AT_FDCWD gives NULL, a number that is not open VFS_BAD_FILE; then
 * file_put does nothing. Errors: ENOTDIR (a file of the host's).
 */
int desc_start(struct task *t, int fd, struct vfs_file **ret_file);
void desc_start_put(struct vfs_file *file);

/*
 * Answers c with a new descriptor for file, whose reference is taken over. flags: VFS_O_CLOEXEC or 0.
 * Returns what the handler returns.
 */
int64_t desc_install(struct call *c, struct vfs_file *file, uint32_t flags);

/* Does what descriptors that guests have closed so far still wait for: before calls that count users. */
void descs_settle(void);

/*
 * Mapped data. desc_map makes the placeholder's data that of the file, so that the host's
 * kernel can map it. desc_mapped: is data to be read from there, or written to both?
 * desc_shadow then is a descriptor of it, borrowed. Errors: the host's, the file's.
 */
int desc_map(const struct vfs_ctx *ctx, struct desc *d, int shared_write);
int desc_mapped(const struct desc *d);
int desc_shared(const struct desc *d);
int desc_shadow(const struct desc *d);
/* A node's lock, around a change of both. */
void desc_lock(const struct desc *d);
void desc_unlock(const struct desc *d);

#endif
