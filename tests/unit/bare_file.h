/*
 * Open files on a bare filesystem: a regular file whose data is an array, a directory with fixed entries, and
 * anything else by mode. What vfs/ops checks before it enters a filesystem can be seen by what arrives here.
 */
#ifndef TESTS_UNIT_BARE_FILE_H
#define TESTS_UNIT_BARE_FILE_H

#include "tests/unit/bare_mount.h"

#define BARE_DATA 8192u

struct bare_data {
        char bytes[BARE_DATA];
        unsigned int releases, reads, writes, syncs;
        size_t last_count;
        uint32_t last_flags;
};

/* One file's data; a test has at most one. */
static struct bare_data bare_data;

static inline uint64_t bare_size(const struct vfs_file *file)
{
        return file->path.dentry->inode->attr.size;
}

static inline void bare_file_release(struct vfs_file *file)
{
        bare_data.releases++;
}

static inline int64_t bare_read(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                                int64_t *pos, uint32_t flags)
{
        size_t n = it->count;

        bare_data.reads++;
        bare_data.last_count = n;
        bare_data.last_flags = flags;
        if ((uint64_t)*pos >= bare_size(file))
                return 0;
        if (n > bare_size(file) - (uint64_t)*pos)
                n = bare_size(file) - (uint64_t)*pos;
        n = vfs_iter_copy_to(it, bare_data.bytes + *pos, n);
        *pos += (int64_t)n;
        return (int64_t)n;
}

static inline int64_t bare_write(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                                 int64_t *pos, uint32_t flags)
{
        struct vfs_inode *inode = file->path.dentry->inode;
        size_t n = it->count;

        bare_data.writes++;
        bare_data.last_count = n;
        bare_data.last_flags = flags;
        if ((flags & VFS_RWF_APPEND) != 0)
                *pos = (int64_t)inode->attr.size;
        if ((uint64_t)*pos >= BARE_DATA)
                return -ENOSPC;
        if (n > BARE_DATA - (uint64_t)*pos)
                n = BARE_DATA - (uint64_t)*pos;
        n = vfs_iter_copy_from(it, bare_data.bytes + *pos, n);
        *pos += (int64_t)n;
        vfs_mutex_lock(&inode->lock, VFS_LOCK_INODE);
        vfs_inode_write_begin(inode);
        if ((uint64_t)*pos > inode->attr.size)
                inode->attr.size = (uint64_t)*pos;
        vfs_inode_write_end(inode);
        vfs_mutex_unlock(&inode->lock, VFS_LOCK_INODE);
        return (int64_t)n;
}

/* Entries "f0" to "f9", at positions 0 to 9. */
static inline int bare_iterate(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_dirbuf *db,
                               int64_t *pos)
{
        while (*pos < 10) {
                char name[2] = { 'f', (char)('0' + *pos) };

                if (!vfs_dirbuf_add(db, (uint64_t)*pos + 100, *pos + 1, VFS_DT_REG, name, sizeof(name)))
                        break;
                ++*pos;
        }
        return 0;
}

static inline int bare_allocate(const struct vfs_ctx *ctx, struct vfs_file *file, uint32_t mode,
                                int64_t offset, int64_t length)
{
        return 0;
}

static inline int bare_sync(const struct vfs_ctx *ctx, struct vfs_file *file, int data_only)
{
        bare_data.syncs++;
        return 0;
}

static inline int bare_map(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_mapping *mapping)
{
        return 0;
}

static const struct vfs_file_ops bare_reg_ops = {
        .size = sizeof(bare_reg_ops),
        .release = bare_file_release,
        .read = bare_read,
        .write = bare_write,
        .allocate = bare_allocate,
        .sync = bare_sync,
        .map = bare_map,
};
static const struct vfs_file_ops bare_dir_ops = {
        .size = sizeof(bare_dir_ops),
        .release = bare_file_release,
        .iterate = bare_iterate,
};

/* The world, with credentials of root, and one node of each kind that tests open. */
struct bare_files {
        struct bare_world world;
        const struct vfs_cred *cred;
        struct vfs_dentry *reg, *fifo, *other;
};

static inline struct vfs_ctx *bare_files_init(struct bare_files *f)
{
        struct vfs_cred *cred;

        memset(&bare_data, 0, sizeof(bare_data));
        bare_world_init(&f->world);
        ck_assert_int_eq(vfs_cred_new_root(&cred), 0);
        f->cred = cred;
        f->world.ctx.cred = cred;
        f->reg = bare_child(f->world.root.dentry, "reg", VFS_S_IFREG | 0644);
        f->fifo = bare_child(f->world.root.dentry, "fifo", VFS_S_IFIFO | 0644);
        f->other = bare_child(f->world.root.dentry, "other", VFS_S_IFREG | 0644);
        return &f->world.ctx;
}

static inline void bare_files_fini(struct bare_files *f)
{
        vfs_dentry_put(f->reg);
        vfs_dentry_put(f->fifo);
        vfs_dentry_put(f->other);
        vfs_cred_put(f->cred);
        bare_world_fini(&f->world);
}

/* Opens d without any permission check; FIFOs as vfs_special_open does. */
static inline int bare_open(struct bare_files *f, struct vfs_dentry *d, uint32_t flags,
                            struct vfs_file **ret_file)
{
        struct vfs_path path = { f->world.root.mount, d };
        uint32_t type = d->inode->attr.mode & VFS_S_IFMT;

        if ((flags & VFS_O_PATH) != 0)
                return vfs_file_new(&f->world.ctx, &path, NULL, flags, sizeof(struct vfs_file), ret_file);
        if (type != VFS_S_IFREG && type != VFS_S_IFDIR)
                return vfs_special_open(&f->world.ctx, &path, flags, ret_file);
        return vfs_file_new(&f->world.ctx, &path, type == VFS_S_IFDIR ? &bare_dir_ops : &bare_reg_ops, flags,
                            sizeof(struct vfs_file), ret_file);
}

static inline struct vfs_file *bare_must_open(struct bare_files *f, struct vfs_dentry *d, uint32_t flags)
{
        struct vfs_file *file;

        ck_assert_int_eq(bare_open(f, d, flags, &file), 0);
        return file;
}

static inline int64_t bare_do_read(struct bare_files *f, struct vfs_file *file, void *buf, size_t n)
{
        struct vfs_iter it;

        vfs_iter_init_buf(&it, buf, n);
        return vfs_file_read(&f->world.ctx, file, &it, 0);
}

static inline int64_t bare_do_write(struct bare_files *f, struct vfs_file *file, const void *buf, size_t n)
{
        struct vfs_iter it;

        vfs_iter_init_buf(&it, (void *)(uintptr_t)buf, n);
        return vfs_file_write(&f->world.ctx, file, &it, 0);
}

#endif
