/*
 * text.h - a text that grows: what listings of mounts are put together in.
 *
 * Appending never fails; when memory ran out no_memory is set, and the text is
 * worthless. Begin with a zeroed structure but for vfs.
 */
#ifndef MOUNT_TEXT_H
#define MOUNT_TEXT_H

#include "mount/mount.h"

struct vfs_text {
        struct vfs *vfs;
        char *bytes;
        size_t len, capacity;
        char *path; /* where paths are made */
        size_t path_size;
        bool no_memory;
};

/* The bytes that mountinfo and its like write as \ooo: of paths; of sources and types. */
#define VFS_TEXT_PATH_SPECIAL " \t\n\\"
#define VFS_TEXT_NAME_SPECIAL " \t\n\\#"

void vfs_text_append(struct vfs_text *text, const char *s, size_t n);
void vfs_text_puts(struct vfs_text *text, const char *s);
__attribute__((format(printf, 2, 3))) void vfs_text_printf(struct vfs_text *text, const char *format, ...);
/* With the bytes of special written as \ooo. */
void vfs_text_escaped(struct vfs_text *text, const char *s, const char *special);
/* The fs's own options, as it shows them: ",size=4k,...". No lock is held; may block. */
void vfs_text_options(struct vfs_text *text, struct vfs_filesystem *fs);
/* The path of m's root within its filesystem. mount_lock is held, also for the next one. */
void vfs_text_root_locked(struct vfs_text *text, struct vfs_mount *m, const char *special);
/* The path of m as seen from root; false, and nothing is appended, if root is not above it. */
bool vfs_text_place_locked(struct vfs_text *text, struct vfs_mount *m, const struct vfs_path *root,
                           const char *special);
void vfs_text_fini(struct vfs_text *text);

#endif
