/*
 * super.c - the filesystem itself: registering the type, mounting a directory, statfs,
 * the end.
 *
 * The directory is opened once; from then on its path does not matter, and nothing
 * above it can be named: every call of the host begins at a descriptor of a directory
 * below, with one name.
 *
 * Locks: none of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"

static void release(struct vfs_filesystem *base)
{
        struct host *fs = host_of(base);

        host_close_all(fs);
        host_close(fs->proc_fd);
        vfs_mem_free(base->vfs, fs, sizeof(*fs));
}

static int statfs_fill(struct vfs_filesystem *base, struct vfs_statfs *ret_statfs)
{
        struct host *fs = host_of(base);
        struct statfs st;

        if (fstatfs(fs->root_fd, &st) < 0)
                return -errno;
        *ret_statfs = (struct vfs_statfs){
                .type = (uint32_t)st.f_type,
                .bsize = st.f_bsize,
                .blocks = st.f_blocks,
                .bfree = st.f_bfree,
                .bavail = st.f_bavail,
                .files = st.f_files,
                .ffree = st.f_ffree,
                .fsid = (uint64_t)base->dev_major << 32 | base->dev_minor,
                .namelen = st.f_namelen < VFS_NAME_MAX ? st.f_namelen : VFS_NAME_MAX,
                .frsize = st.f_frsize,
        };
        return 0;
}

static void show_options(struct vfs_filesystem *base, char *buf, size_t size)
{
        static const char *const modes[] = { "", ",mode=writethrough", ",mode=shared" };
        const struct host_options *o = &host_of(base)->options;
        char dentries[32] = "", fds[32] = "";

        if (o->max_dentries != HOST_MAX_DENTRIES)
                snprintf(dentries, sizeof(dentries), ",max_dentries=%u", o->max_dentries);
        if (o->max_fds != HOST_MAX_FDS)
                snprintf(fds, sizeof(fds), ",max_fds=%u", o->max_fds);
        snprintf(buf, size, "%s%s%s", modes[o->mode], dentries, fds);
}

static const struct vfs_filesystem_ops host_ops = {
        .size = sizeof(struct vfs_filesystem_ops),
        .release = release,
        .statfs = statfs_fill,
        .show_options = show_options,
        .stat_at = vfs_tree_stat_at,
        .access_at = vfs_tree_access_at,
        .readlink_at = vfs_tree_readlink_at,
        .lookup_at = vfs_tree_lookup_at,
        .parent_at = vfs_tree_parent_at,
        .open_at = host_open_at,
        .mkdir_at = host_mkdir_at,
        .mknod_at = host_mknod_at,
        .symlink_at = host_symlink_at,
        .link_at = host_link_at,
        .unlink_at = host_unlink_at,
        .rmdir_at = host_rmdir_at,
        .rename_at = host_rename_at,
        .tree = &host_tree_ops,
};

/* The directory that a source names. A negative errno or an O_PATH descriptor. */
static int open_source(const struct vfs_host_type *type, const char *source)
{
        struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS };
        long r;

        if (!source || !*source)
                return -EINVAL;
        if (type->beneath != VFS_HOST_ANYWHERE)
                how.resolve |= RESOLVE_IN_ROOT;
        r = syscall(SYS_openat2, type->beneath != VFS_HOST_ANYWHERE ? type->beneath : AT_FDCWD, source, &how,
                    sizeof(how));
        return r < 0 ? -errno : (int)r;
}

/* The host's /proc: what is opened through it is what our own descriptors stand for. */
static int open_proc(void)
{
        struct statfs st;
        int fd;

        fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (fstatfs(fd, &st) < 0 || st.f_type != PROC_SUPER_MAGIC) {
                close(fd);
                return -ENOENT;
        }
        return fd;
}

/* Takes over the descriptor of the directory when it succeeds. */
static int new_root(struct host *fs, int fd, struct vfs_dentry **ret_root)
{
        struct host_node *node;
        struct statx st;
        int r;

        r = host_statx(fd, NULL, &st);
        if (r < 0)
                return r;
        if (!S_ISDIR(st.stx_mode))
                return -ENOTDIR;
        fs->mnt_id = st.stx_mask & STATX_MNT_ID ? st.stx_mnt_id : 0;
        fs->dev_major = st.stx_dev_major;
        fs->dev_minor = st.stx_dev_minor;
        r = host_negative_new(fs);
        if (r == 0)
                r = host_node_new(fs, &st, NULL, "", 0, &node);
        if (r < 0)
                return r;
        fs->root_fd = fd;
        host_give_fd(fs, host_inode_of(&node->d), fd, HOST_I_STICKY);
        /* The tree's own, beside the mount's. */
        vfs_dentry_get(&node->d);
        *ret_root = &node->d;
        return 0;
}

static int get_tree(struct vfs_fs_context *fc, struct vfs_filesystem **ret_fs, struct vfs_dentry **ret_root)
{
        const struct vfs_host_type *type = (const struct vfs_host_type *)(const void *)vfs_fs_context_type(
                fc);
        struct vfs *vfs = vfs_fs_context_vfs(fc);
        struct host *fs;
        int r, fd;

        if (__atomic_load_n(&type->forbidden, __ATOMIC_ACQUIRE))
                return -EPERM;
        fd = open_source(type, vfs_fs_context_source(fc));
        if (fd < 0)
                return fd;
        r = -ENOMEM;
        fs = vfs_mem_zalloc(vfs, sizeof(*fs));
        if (!fs)
                goto fail_fd;
        r = vfs_filesystem_init_context(&fs->base, fc, &host_ops, &host_dentry_ops);
        if (r < 0)
                goto fail_memory;
        fs->options = *(const struct host_options *)vfs_fs_context_options(fc);
        fs->uid = geteuid();
        fs->gid = getegid();
        host_list_init(&fs->nodes);
        host_list_init(&fs->fds);
        host_list_init(&fs->held);
        r = fs->proc_fd = open_proc();
        if (r < 0)
                goto fail_base;
        r = new_root(fs, fd, ret_root);
        if (r < 0)
                goto fail_proc;
        *ret_fs = &fs->base;
        return 0;
fail_proc:
        close(fs->proc_fd);
fail_base:
        vfs_filesystem_fini(&fs->base);
fail_memory:
        vfs_mem_free(vfs, fs, sizeof(*fs));
fail_fd:
        close(fd);
        return r;
}

int vfs_host_register(struct vfs *vfs, struct vfs_host_type *type, int beneath)
{
        *type = (struct vfs_host_type){
                .type = {
                        .size = sizeof(struct vfs_fstype),
                        .name = "host",
                        .options_size = sizeof(struct host_options),
                        .begin = host_options_begin,
                        .parse = host_options_parse,
                        .get_tree = get_tree,
                        .reconfigure = host_options_change,
                },
                .beneath = beneath,
        };
        return vfs_fstype_register(vfs, &type->type);
}

void vfs_host_forbid(struct vfs_host_type *type)
{
        __atomic_store_n(&type->forbidden, 1, __ATOMIC_RELEASE);
}
