/*
 * mapping.c - mmap(2) of a file, as a pinned range of host memory.
 *
 * The library checks what Linux checks and keeps the file open; which memory backs
 * the range is the filesystem's answer, asked run by run. A handle is the
 * embedder's: it is not refcounted and its runs may be asked from any thread.
 */
#include <vfs/fsapi.h>

#include <errno.h>

#include "mount/mount.h"

#define VFS_PAGE 4096u

/* do_mmap's checks, in its order; ret_length is rounded up to pages. */
static int vfs_map_check(const struct vfs_file *file, int64_t offset, uint64_t length, uint32_t prot,
                         int shared, uint64_t *ret_length)
{
        uint64_t bytes;

        if (((uint64_t)offset & (VFS_PAGE - 1)) != 0)
                return -EINVAL;
        if ((file->mode & VFS_FILE_PATH) != 0)
                return -EBADF;
        if (length == 0)
                return -EINVAL;
        bytes = (length + VFS_PAGE - 1) & ~(uint64_t)(VFS_PAGE - 1);
        if (bytes < length)
                return -ENOMEM;
        if (offset < 0 || bytes > (uint64_t)(INT64_MAX - offset))
                return -EOVERFLOW;
        if (shared && (prot & VFS_PROT_WRITE) != 0 && (file->mode & VFS_FILE_WRITE) == 0)
                return -EACCES;
        if ((file->mode & VFS_FILE_READ) == 0)
                return -EACCES;
        if ((prot & VFS_PROT_EXEC) != 0 && (vfs_load_relaxed(&file->path.mount->flags) & VFS_MS_NOEXEC) != 0)
                return -EPERM;
        if (file->ops->map == NULL)
                return -ENODEV;
        *ret_length = bytes;
        return 0;
}

int vfs_file_map(const struct vfs_ctx *ctx, struct vfs_file *file, int64_t offset, uint64_t length,
                 uint32_t prot, int shared, struct vfs_mapping **ret_mapping)
{
        struct vfs *vfs = file->path.mount->vfs;
        struct vfs_mapping *mapping;
        uint64_t bytes;
        int r;

        r = vfs_map_check(file, offset, length, prot, shared, &bytes);
        if (r < 0)
                return r;
        mapping = vfs_mem_zalloc(vfs, sizeof(*mapping));
        if (mapping == NULL)
                return -ENOMEM;
        mapping->file = vfs_file_get(file);
        mapping->offset = offset;
        mapping->length = bytes;
        mapping->prot = prot;
        mapping->shared = shared != 0;
        r = file->ops->map(ctx, file, mapping);
        if (r < 0) {
                vfs_mem_free(vfs, mapping, sizeof(*mapping));
                vfs_file_put(file);
                return r;
        }
        vfs_file_accessed(file);
        *ret_mapping = mapping;
        return 0;
}

int vfs_mapping_run(struct vfs_mapping *mapping, int64_t offset, int *ret_fd, int64_t *ret_offset,
                    uint64_t *ret_length)
{
        struct vfs_file *file = mapping->file;
        int r;

        if (offset < mapping->offset || (uint64_t)(offset - mapping->offset) >= mapping->length)
                return -EINVAL;
        if (file->ops->map_run == NULL)
                return -ENODEV;
        r = file->ops->map_run(file, mapping, offset, ret_fd, ret_offset, ret_length);
        if (r < 0)
                return r;
        if (*ret_length > mapping->length - (uint64_t)(offset - mapping->offset))
                *ret_length = mapping->length - (uint64_t)(offset - mapping->offset);
        return 0;
}

void vfs_mapping_put(struct vfs_mapping *mapping)
{
        struct vfs_file *file;

        if (mapping == NULL)
                return;
        file = mapping->file;
        if (file->ops->unmap != NULL)
                file->ops->unmap(file, mapping);
        vfs_mem_free(file->path.mount->vfs, mapping, sizeof(*mapping));
        vfs_file_put(file);
}
