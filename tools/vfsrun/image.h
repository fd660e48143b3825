/*
 * image.h - virtual programs as files that the host's kernel can execute.
 */
#ifndef VFSRUN_IMAGE_H
#define VFSRUN_IMAGE_H

#include "tools/vfsrun/vfsrun.h"

struct image;

/*
 * The image of an open ELF file, whose attributes are st; interp is that of the program
 * interpreter it names (NULL: none). Referenced. Errors: the host's, the file's.
 */
int image_get(const struct vfs_ctx *ctx, struct vfs_file *file, const struct vfs_statx *st,
              struct image *interp, struct image **ret_image);
void image_put(struct image *im); /* NULL is allowed */
/* The program interpreter that an ELF file asks for; length 0: none. Errors: ENOEXEC. */
int image_interp(const struct vfs_ctx *ctx, struct vfs_file *file, char path[VFS_PATH_MAX]);
/* Its path below the guests' root, ending in base. Errors: the host's. */
int image_path(struct image *im, const char *base, char *path, size_t size);
void images_free(void);

#endif
