/*
 * super.c - the filesystem itself: mounting, statfs, remounting, its end.
 *
 * Everything that belongs to the tree lies in the filesystem's arena, which goes
 * as a whole; release has only the memfd and its mappings to give back. So a
 * million files cost nothing at the end.
 *
 * Locks: memfs.lock guards the options, a leaf, since mountinfo asks for them
 * with other locks held; remounts are one at a time under the rename lock.
 * Counters are atomics or under the block allocator's lock.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "memfs.h"

static void release(struct vfs_filesystem *base)
{
        struct memfs *fs = memfs_of(base);

        memfs_blocks_fini(&fs->blocks);
        vfs_mem_free(base->vfs, fs, sizeof(*fs));
}

static int statfs_fill(struct vfs_filesystem *base, struct vfs_statfs *ret_statfs)
{
        struct memfs *fs = memfs_of(base);
        uint64_t used, limit, inodes, space;

        memfs_blocks_usage(&fs->blocks, &used, &limit);
        inodes = __atomic_load_n(&fs->inode_limit, __ATOMIC_RELAXED);
        space = __atomic_load_n(&fs->inode_space, __ATOMIC_RELAXED);
        *ret_statfs = (struct vfs_statfs){
                .type = VFS_TMPFS_MAGIC,
                .bsize = MEMFS_BLOCK_SIZE,
                .blocks = limit,
                .bfree = used < limit ? limit - used : 0,
                .bavail = used < limit ? limit - used : 0,
                .files = inodes / MEMFS_INODE_SPACE,
                .ffree = space < inodes ? (inodes - space) / MEMFS_INODE_SPACE : 0,
                .fsid = (uint64_t)base->dev_major << 32 | base->dev_minor,
                .namelen = VFS_NAME_MAX,
                .frsize = MEMFS_BLOCK_SIZE,
        };
        return 0;
}

__attribute__((format(printf, 3, 4))) static void append(char **p, size_t *left, const char *format, ...)
{
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(*p, *left, format, ap);
        va_end(ap);
        if (n < 0)
                return;
        if ((size_t)n >= *left)
                n = *left > 0 ? (int)*left - 1 : 0;
        *p += n;
        *left -= (size_t)n;
}

static void show_options(struct vfs_filesystem *base, char *buf, size_t size)
{
        struct memfs *fs = memfs_of(base);
        struct memfs_options o;

        vfs_mutex_lock(&fs->lock, VFS_LOCK_LEAF);
        o = fs->options;
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_LEAF);
        if (size > 0)
                *buf = '\0';
        if (o.blocks != fs->default_blocks)
                append(&buf, &size, ",size=%lluk", (unsigned long long)o.blocks * (MEMFS_BLOCK_SIZE / 1024));
        if (o.inodes != fs->default_inodes)
                append(&buf, &size, ",nr_inodes=%llu", (unsigned long long)o.inodes);
        if (o.mode != (0777 | VFS_S_ISVTX))
                append(&buf, &size, ",mode=%03o", o.mode);
        if (o.uid != 0)
                append(&buf, &size, ",uid=%u", o.uid);
        if (o.gid != 0)
                append(&buf, &size, ",gid=%u", o.gid);
        if (o.flags & MEMFS_OPT_INODE64)
                append(&buf, &size, ",inode64");
        if (o.huge[0])
                append(&buf, &size, ",huge=%s", o.huge);
        if (o.mpol[0])
                append(&buf, &size, ",mpol=%s", o.mpol);
        if (o.flags & MEMFS_OPT_NOSWAP)
                append(&buf, &size, ",noswap");
}

static const char too_small[] = "Too small a size for current use";

static uint64_t host_pages(void)
{
        long pages = sysconf(_SC_PHYS_PAGES);
        long size = sysconf(_SC_PAGESIZE);

        return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / MEMFS_BLOCK_SIZE : 0;
}

/* What keeps fs from being changed as given asks; NULL: nothing. rename_lock held. */
static const char *find_obstacle(struct memfs *fs, const struct memfs_options *given)
{
        uint64_t used, limit;

        memfs_blocks_usage(&fs->blocks, &used, &limit);
        if ((given->seen & MEMFS_SEEN_BLOCKS) && given->blocks != 0) {
                if (limit == 0)
                        return "Cannot retroactively limit size";
                if (used > given->blocks)
                        return too_small;
        }
        if ((given->seen & MEMFS_SEEN_INODES) && given->inodes != 0) {
                if (fs->options.inodes == 0)
                        return "Cannot retroactively limit inodes";
                if (given->inodes * MEMFS_INODE_SPACE < __atomic_load_n(&fs->inode_space, __ATOMIC_RELAXED))
                        return "Too few inodes for current use";
        }
        if ((given->seen & MEMFS_SEEN_INUMS) && !(given->flags & MEMFS_OPT_INODE64) &&
            __atomic_load_n(&fs->next_ino, __ATOMIC_RELAXED) > UINT32_MAX)
                return "Current inum too high to switch to 32-bit inums";
        if (given->flags & ~fs->options.flags & MEMFS_OPT_NOSWAP)
                return "Cannot disable swap on remount";
        return NULL;
}

static int reconfigure(struct vfs_fs_context *fc, struct vfs_filesystem *base)
{
        const struct memfs_options *given = vfs_fs_context_options(fc);
        struct memfs *fs = memfs_of(base);
        struct memfs_options next;
        const char *obstacle;

        vfs_mutex_lock(&fs->rename_lock, VFS_LOCK_FS);
        next = fs->options;
        obstacle = find_obstacle(fs, given);
        /* Writers may take blocks meanwhile. */
        if (obstacle == NULL && (given->seen & MEMFS_SEEN_BLOCKS)) {
                if (memfs_blocks_set_limit(&fs->blocks, given->blocks) < 0)
                        obstacle = too_small;
                next.blocks = given->blocks;
        }
        if (obstacle != NULL)
                goto out;
        if (given->seen & MEMFS_SEEN_INODES) {
                __atomic_store_n(&fs->inode_limit, given->inodes * MEMFS_INODE_SPACE, __ATOMIC_RELAXED);
                next.inodes = given->inodes;
        }
        if (given->seen & MEMFS_SEEN_HUGE)
                memcpy(next.huge, given->huge, sizeof(next.huge));
        if (given->seen & MEMFS_SEEN_MPOL)
                memcpy(next.mpol, given->mpol, sizeof(next.mpol));
        if (given->seen & MEMFS_SEEN_INUMS)
                next.flags = (next.flags & ~MEMFS_OPT_INODE64) | (given->flags & MEMFS_OPT_INODE64);
        vfs_mutex_lock(&fs->lock, VFS_LOCK_LEAF);
        fs->options = next;
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_LEAF);
out:
        vfs_mutex_unlock(&fs->rename_lock, VFS_LOCK_FS);
        return obstacle != NULL ? vfs_fs_context_invalid(fc, "%s", obstacle) : 0;
}

static const struct vfs_filesystem_ops memfs_ops = {
        .size = sizeof(struct vfs_filesystem_ops),
        .release = release,
        .statfs = statfs_fill,
        .show_options = show_options,
        .stat_at = vfs_tree_stat_at,
        .access_at = vfs_tree_access_at,
        .readlink_at = vfs_tree_readlink_at,
        .lookup_at = vfs_tree_lookup_at,
        .parent_at = vfs_tree_parent_at,
        .open_at = memfs_open_at,
        .mkdir_at = memfs_mkdir_at,
        .mknod_at = memfs_mknod_at,
        .symlink_at = memfs_symlink_at,
        .link_at = memfs_link_at,
        .unlink_at = memfs_unlink_at,
        .rmdir_at = memfs_rmdir_at,
        .rename_at = memfs_rename_at,
};

static int begin(struct vfs_fs_context *fc)
{
        struct memfs_options *o = vfs_fs_context_options(fc);

        o->pages = host_pages();
        /* A change begins with nothing. */
        if (vfs_fs_context_filesystem(fc) != NULL)
                return 0;
        o->blocks = o->inodes = o->pages / 2;
        o->mode = 0777 | VFS_S_ISVTX;
        o->uid = vfs_cred_uid(vfs_fs_context_cred(fc));
        o->gid = vfs_cred_gid(vfs_fs_context_cred(fc));
        return 0;
}

static int get_tree(struct vfs_fs_context *fc, struct vfs_filesystem **ret_fs, struct vfs_dentry **ret_root)
{
        const struct memfs_options *o = vfs_fs_context_options(fc);
        struct vfs *vfs = vfs_fs_context_vfs(fc);
        struct memfs_new root = { .nlink = 2 };
        struct memfs_node *node;
        struct memfs *fs;
        int r;

        fs = vfs_mem_zalloc(vfs, sizeof(*fs));
        if (!fs)
                return -ENOMEM;
        r = vfs_filesystem_init_context(&fs->base, fc, &memfs_ops, &memfs_dentry_ops);
        if (r < 0)
                goto fail_memory;
        fs->options = *o;
        fs->default_blocks = fs->default_inodes = o->pages / 2;
        fs->inode_limit = o->inodes * MEMFS_INODE_SPACE;
        memfs_blocks_init(&fs->blocks, fs->base.arena, o->blocks);

        root.mode = VFS_S_IFDIR | o->mode;
        root.uid = o->uid;
        root.gid = o->gid;
        vfs_now(vfs, &root.now);
        r = memfs_node_new(fs, &root, "", 0, &node);
        if (r < 0)
                goto fail_base;
        /* The tree's own, as its children's are: a bind of a directory may outlive the mount of the root. */
        vfs_dentry_get(&node->d);
        *ret_fs = &fs->base;
        *ret_root = &node->d;
        return 0;
fail_base:
        vfs_filesystem_fini(&fs->base);
fail_memory:
        vfs_mem_free(vfs, fs, sizeof(*fs));
        return r;
}

const struct vfs_fstype vfs_tmpfs_type = {
        .size = sizeof(struct vfs_fstype),
        .flags = VFS_FSTYPE_USERNS | VFS_FSTYPE_COMMA_DIGIT, /* node lists of mpol= have commas */
        .name = "tmpfs",
        .options_size = sizeof(struct memfs_options),
        .begin = begin,
        .parse = memfs_options_parse,
        .get_tree = get_tree,
        .reconfigure = reconfigure,
};

/* DIFF-LINUX: a second name, which Linux does not have. mountinfo shows the one that was asked for. */
const struct vfs_fstype vfs_memfs_type = {
        .size = sizeof(struct vfs_fstype),
        .flags = VFS_FSTYPE_USERNS | VFS_FSTYPE_COMMA_DIGIT,
        .name = "memfs",
        .options_size = sizeof(struct memfs_options),
        .begin = begin,
        .parse = memfs_options_parse,
        .get_tree = get_tree,
        .reconfigure = reconfigure,
};
