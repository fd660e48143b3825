/*
 * file.c - the life of an open file description.
 *
 * A file holds its mount, its dentry and the opener's credentials, and, when it
 * may write to something that a read-only mount protects, counts as a writer of
 * the mount. FIFOs, sockets and devices do not count: they open for writing on
 * read-only mounts too.
 *
 * References are taken by whoever holds one, never by a lock-free reader: a
 * descriptor table takes them under its lock, which also covers removing the
 * table's own. So a count of 1 seen by its holder cannot grow, and the last put,
 * which is the usual one, needs no atomic operation; and a file's memory needs no
 * deferred free. The dentry is dropped before the mount, which keeps the
 * filesystem alive.
 */
#include <vfs/fsapi.h>

#include <errno.h>
#include <string.h>

#include "vfs/path/atime.h"

#define VFS_OPEN_ONLY                                                                      \
        (VFS_O_CREAT | VFS_O_EXCL | VFS_O_NOCTTY | VFS_O_TRUNC | VFS_O_CLOEXEC | VFS_O_EXEC)

/* For places opened with O_PATH, and for filesystems that bring no table: every default. */
static const struct vfs_file_ops vfs_file_default_ops = { .size = sizeof(vfs_file_default_ops) };

static uint32_t vfs_file_mode(uint32_t flags, uint32_t type)
{
        uint32_t mode;

        if ((flags & VFS_O_PATH) != 0)
                return VFS_FILE_PATH;
        /* 0, 1, 2 are read, write, both; 3 is neither: it needs both permissions and is good for ioctl only. */
        mode = ((flags & VFS_O_ACCMODE) + 1) & (VFS_FILE_READ | VFS_FILE_WRITE);
        if ((mode & VFS_FILE_WRITE) != 0 && (type == VFS_S_IFREG || type == VFS_S_IFDIR))
                mode |= VFS_FILE_WRITER;
        if ((flags & VFS_O_TMPFILE) == VFS_O_TMPFILE && (flags & VFS_O_EXCL) != 0)
                mode |= VFS_FILE_NONAME;
        return mode;
}

int vfs_file_new_move(const struct vfs_ctx *ctx, struct vfs_path *path, const struct vfs_file_ops *ops,
                      uint32_t flags, size_t size, struct vfs_file **ret_file)
{
        struct vfs *vfs = path->mount->vfs;
        uint32_t mode = vfs_file_mode(flags, vfs_inode_type(path->dentry->inode));
        struct vfs_file *file;
        int r;

        vfs_assert(size >= sizeof(*file) && size <= UINT32_MAX);
        if ((mode & VFS_FILE_WRITER) != 0) {
                r = vfs_mount_begin_write(path->mount);
                if (r < 0)
                        return r;
        }
        file = vfs_mem_zalloc(vfs, size);
        if (file == NULL) {
                if ((mode & VFS_FILE_WRITER) != 0)
                        vfs_mount_end_write(path->mount);
                return -ENOMEM;
        }
        file->ops = ops != NULL ? ops : &vfs_file_default_ops;
        file->path = *path;
        file->cred = vfs_cred_get(ctx->cred);
        file->refs = 1;
        file->flags = flags & ~VFS_OPEN_ONLY;
        file->mode = mode;
        file->size = (uint32_t)size;
        vfs_track_ref(&vfs->track, file, "file", 1);
        *path = (struct vfs_path){ NULL, NULL };
        *ret_file = file;
        return 0;
}

int vfs_file_new(const struct vfs_ctx *ctx, const struct vfs_path *path, const struct vfs_file_ops *ops,
                 uint32_t flags, size_t size, struct vfs_file **ret_file)
{
        struct vfs_path own = *path;
        int r;

        vfs_mount_get(own.mount);
        vfs_dentry_get(own.dentry);
        r = vfs_file_new_move(ctx, &own, ops, flags, size, ret_file);
        if (r < 0) {
                vfs_dentry_put(own.dentry);
                vfs_mount_put(own.mount);
        }
        return r;
}

static void vfs_file_free(struct vfs_file *file)
{
        struct vfs_mount *mount = file->path.mount;
        struct vfs *vfs = mount->vfs;

        if (file->ops->release != NULL)
                file->ops->release(file);
        if ((file->mode & VFS_FILE_WRITER) != 0)
                vfs_mount_end_write(mount);
        if ((file->mode & VFS_FILE_UNMOUNT) != 0)
                vfs_mount_dissolve(mount);
        vfs_cred_put(file->cred);
        vfs_dentry_put(file->path.dentry);
        vfs_mem_free(vfs, file, file->size);
        vfs_mount_put(mount);
}

struct vfs_file *vfs_file_get(struct vfs_file *file)
{
        vfs_fetch_add_u64(&file->refs, 1);
        vfs_track_ref(&file->path.mount->vfs->track, file, "file", 1);
        return file;
}

void vfs_file_put(struct vfs_file *file)
{
        if (file == NULL)
                return;
        vfs_track_ref(&file->path.mount->vfs->track, file, "file", -1);
        /* Alone with it: acquire, to see what the others did before they let go. */
        if (vfs_load(&file->refs) != 1) {
                uint64_t old = vfs_fetch_add_u64(&file->refs, (uint64_t)-1);

                vfs_check(old != 0);
                if (old != 1)
                        return;
        }
        vfs_file_free(file);
}

const struct vfs_path *vfs_file_path(const struct vfs_file *file)
{
        return &file->path;
}

void vfs_file_accessed(struct vfs_file *file)
{
        if ((vfs_load_relaxed(&file->flags) & VFS_O_NOATIME) == 0)
                vfs_atime_touch(file->path.mount, file->path.dentry->inode);
}
