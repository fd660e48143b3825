/*
 * fscontext.c - fsopen(2), fspick(2), fsconfig(2), fsmount(2): filesystem contexts as open
 * files. What a context is stands in vfs/object/fs_context.h; here are the arguments'
 * rules, the phases, and the log.
 *
 * A call holds the context's lock, also while the filesystem is made or changed: calls
 * on one context wait for each other, as in Linux.
 */
#include "vfs/ops/walk.h"

#include <string.h>

#include <vfs/fscontext.h>

#include "vfs/object/fs_context.h"

#define VFS_FSCONFIG_STRING_MAX 255u
#define VFS_FSCONFIG_BLOB_MAX   (1024 * 1024)

static void vfs_fs_context_lock(struct vfs_fs_context *fc, const struct vfs_ctx *ctx)
{
        vfs_mutex_lock(&fc->lock, VFS_LOCK_CONTEXT);
        fc->ctx = ctx;
}

static void vfs_fs_context_unlock(struct vfs_fs_context *fc)
{
        fc->ctx = NULL;
        vfs_mutex_unlock(&fc->lock, VFS_LOCK_CONTEXT);
}

/*
 * The file
 */

/* Linux reads each buffer by itself; the first one has to hold the message. */
static int64_t vfs_fs_context_file_read(const struct vfs_ctx *ctx, struct vfs_file *file, struct vfs_iter *it,
                                        int64_t *pos, uint32_t flags)
{
        struct vfs_fs_context *fc = file->priv;
        const size_t size = it->count != 0 ? it->iov->len - it->off : 0;
        char *message;
        size_t len;
        int r;

        vfs_mutex_lock(&fc->lock, VFS_LOCK_CONTEXT);
        r = vfs_fs_context_take_message(fc, size, &message);
        vfs_mutex_unlock(&fc->lock, VFS_LOCK_CONTEXT);
        if (r < 0)
                return r;
        len = strlen(message);
        if (vfs_iter_copy_to(it, message, len) != len)
                r = -EFAULT;
        vfs_fs_message_free(fc->vfs, message);
        return r < 0 ? r : (int64_t)len;
}

static void vfs_fs_context_file_release(struct vfs_file *file)
{
        vfs_fs_context_free(file->priv);
}

static const struct vfs_file_ops vfs_fs_context_file_ops = {
        .size = sizeof(vfs_fs_context_file_ops),
        .release = vfs_fs_context_file_release,
        .read = vfs_fs_context_file_read,
};

/* A file for fc, which it takes over, or frees on failure. */
static int vfs_fs_context_open(const struct vfs_ctx *ctx, struct vfs_fs_context *fc,
                               struct vfs_file **ret_file)
{
        struct vfs_file *file;
        int r;

        r = vfs_file_new_anon(ctx, "[fscontext]", &vfs_fs_context_file_ops, VFS_O_RDWR, sizeof(*file), &file);
        if (r < 0) {
                vfs_fs_context_free(fc);
                return r;
        }
        fc->ctx = NULL;
        fc->logs = true;
        file->priv = fc;
        *ret_file = file;
        return 0;
}

/* Errors: EBADF, EINVAL (it is no context). */
static int vfs_fs_context_of(struct vfs_file *file, struct vfs_fs_context **ret_fc)
{
        if (file == NULL || file == VFS_BAD_FILE || (file->mode & VFS_FILE_PATH))
                return -EBADF;
        if (file->ops != &vfs_fs_context_file_ops)
                return -EINVAL;
        *ret_fc = file->priv;
        return 0;
}

int vfs_fsopen(const struct vfs_ctx *ctx, const char *type, uint32_t flags, struct vfs_file **ret_file)
{
        const struct vfs_fstype *fstype;
        struct vfs_fs_context *fc;
        int r;

        if (!vfs_may_mount(ctx))
                return -EPERM;
        if (flags & ~VFS_FSOPEN_CLOEXEC)
                return -EINVAL;
        fstype = vfs_fstype_find(ctx->vfs, type);
        if (fstype == NULL)
                return -ENODEV;
        r = vfs_fs_context_new(ctx->vfs, fstype, ctx->cred, ctx, 0, &fc);
        return r < 0 ? r : vfs_fs_context_open(ctx, fc, ret_file);
}

int vfs_fspick(const struct vfs_ctx *ctx, struct vfs_file *dir, const char *path, uint32_t flags,
               struct vfs_file **ret_file)
{
        struct vfs_fs_context *fc;
        struct vfs_path place;
        int r;

        if (!vfs_may_mount(ctx))
                return -EPERM;
        if (flags & ~(VFS_FSPICK_CLOEXEC | VFS_FSPICK_SYMLINK_NOFOLLOW | VFS_FSPICK_NO_AUTOMOUNT |
                      VFS_FSPICK_EMPTY_PATH))
                return -EINVAL;
        r = vfs_walk_place(ctx, dir, path,
                           (flags & VFS_FSPICK_SYMLINK_NOFOLLOW ? 0 : VFS_RP_FOLLOW) |
                                   (flags & VFS_FSPICK_EMPTY_PATH ? VFS_RP_EMPTY : 0),
                           &place);
        if (r < 0)
                return r;
        if (place.dentry == place.mount->root)
                r = vfs_fs_context_pick(ctx, place.mount->fs, place.dentry, 0, 0, &fc);
        else
                r = -EINVAL;
        vfs_path_put(&place);
        return r < 0 ? r : vfs_fs_context_open(ctx, fc, ret_file);
}

/*
 * fsconfig
 */

/* Is everything there that cmd needs, and nothing else? Errors: EINVAL, EOPNOTSUPP. */
static int vfs_fsconfig_check(uint32_t cmd, const char *key, const void *value, int aux)
{
        bool ok;

        switch (cmd) {
        case VFS_FSCONFIG_SET_FLAG:
                ok = key != NULL && value == NULL && aux == 0;
                break;
        case VFS_FSCONFIG_SET_STRING:
                ok = key != NULL && value != NULL && aux == 0;
                break;
        case VFS_FSCONFIG_SET_BINARY:
                ok = key != NULL && value != NULL && aux > 0 && aux <= VFS_FSCONFIG_BLOB_MAX;
                break;
        case VFS_FSCONFIG_SET_PATH:
        case VFS_FSCONFIG_SET_PATH_EMPTY:
                ok = key != NULL && value != NULL && (aux == VFS_AT_FDCWD || aux >= 0);
                break;
        case VFS_FSCONFIG_SET_FD:
                ok = key != NULL && value == NULL && aux >= 0;
                break;
        case VFS_FSCONFIG_CMD_CREATE:
        case VFS_FSCONFIG_CMD_CREATE_EXCL:
        case VFS_FSCONFIG_CMD_RECONFIGURE:
                ok = key == NULL && value == NULL && aux == 0;
                break;
        default:
                return -EOPNOTSUPP;
        }
        return ok ? 0 : -EINVAL;
}

/* A command's parameter. Errors: EINVAL (too long), ENOENT, ENAMETOOLONG (a path), EBADF. */
static int vfs_fsconfig_param(uint32_t cmd, const char *key, const void *value, int aux,
                              struct vfs_file *file, struct vfs_fs_param *ret_param)
{
        struct vfs_fs_param param = { .key = key };

        if (strnlen(key, VFS_FSCONFIG_STRING_MAX + 1) > VFS_FSCONFIG_STRING_MAX)
                return -EINVAL;
        switch (cmd) {
        case VFS_FSCONFIG_SET_FLAG:
                param.type = VFS_FS_PARAM_FLAG;
                break;
        case VFS_FSCONFIG_SET_STRING:
                param.type = VFS_FS_PARAM_STRING;
                param.value = value;
                param.size = strnlen(value, VFS_FSCONFIG_STRING_MAX + 1);
                if (param.size > VFS_FSCONFIG_STRING_MAX)
                        return -EINVAL;
                break;
        case VFS_FSCONFIG_SET_BINARY:
                param.type = VFS_FS_PARAM_BLOB;
                param.value = value;
                param.size = (size_t)aux;
                break;
        case VFS_FSCONFIG_SET_PATH:
        case VFS_FSCONFIG_SET_PATH_EMPTY:
                param.type = VFS_FS_PARAM_PATH;
                param.value = value;
                param.size = strnlen(value, VFS_PATH_MAX);
                param.file = file;
                if (param.size == 0 && cmd == VFS_FSCONFIG_SET_PATH)
                        return -ENOENT;
                if (param.size == VFS_PATH_MAX)
                        return -ENAMETOOLONG;
                break;
        default:
                param.type = VFS_FS_PARAM_FILE;
                param.file = file;
                if (file == NULL || file == VFS_BAD_FILE)
                        return -EBADF;
                break;
        }
        *ret_param = param;
        return 0;
}

/* Errors: EBUSY, EPERM, the type's. */
static int vfs_fsconfig_create(const struct vfs_ctx *ctx, struct vfs_fs_context *fc, bool exclusive)
{
        int r;

        if (fc->phase != VFS_FS_CONTEXT_CREATE_PARAMS)
                return -EBUSY;
        if (!vfs_fs_context_may_create(fc, ctx->cred))
                return -EPERM;
        fc->exclusive = exclusive;
        r = vfs_fs_context_get_tree(fc);
        fc->phase = r < 0 ? VFS_FS_CONTEXT_FAILED : VFS_FS_CONTEXT_AWAITING_MOUNT;
        return r;
}

/* Errors: EBUSY, EPERM, EINVAL, EBUSY, the type's. */
static int vfs_fsconfig_reconfigure(const struct vfs_ctx *ctx, struct vfs_fs_context *fc)
{
        int r = -EPERM;

        if (fc->phase != VFS_FS_CONTEXT_RECONF_PARAMS)
                return -EBUSY;
        if (vfs_fs_context_may_reconfigure(fc, ctx->cred))
                r = vfs_mount_reconfigure_fs(fc);
        if (r < 0)
                fc->phase = VFS_FS_CONTEXT_FAILED;
        else
                vfs_fs_context_clean(fc);
        return r;
}

static int vfs_fsconfig_locked(const struct vfs_ctx *ctx, struct vfs_fs_context *fc, uint32_t cmd,
                               const struct vfs_fs_param *param)
{
        int r = vfs_fs_context_resume(fc);

        if (r < 0)
                return r;
        switch (cmd) {
        case VFS_FSCONFIG_CMD_CREATE:
        case VFS_FSCONFIG_CMD_CREATE_EXCL:
                return vfs_fsconfig_create(ctx, fc, cmd == VFS_FSCONFIG_CMD_CREATE_EXCL);
        case VFS_FSCONFIG_CMD_RECONFIGURE:
                return vfs_fsconfig_reconfigure(ctx, fc);
        default:
                if (fc->phase != VFS_FS_CONTEXT_CREATE_PARAMS && fc->phase != VFS_FS_CONTEXT_RECONF_PARAMS)
                        return -EBUSY;
                return vfs_fs_context_parse(fc, param);
        }
}

int vfs_fsconfig(const struct vfs_ctx *ctx, struct vfs_file *context, uint32_t cmd, const char *key,
                 const void *value, int aux, struct vfs_file *file)
{
        struct vfs_fs_context *fc = NULL;
        struct vfs_fs_param param;
        int r;

        r = vfs_fsconfig_check(cmd, key, value, aux);
        if (r == 0)
                r = vfs_fs_context_of(context, &fc);
        if (r == 0 && key != NULL)
                r = vfs_fsconfig_param(cmd, key, value, aux, file, &param);
        if (r < 0)
                return r;
        vfs_fs_context_lock(fc, ctx);
        r = vfs_fsconfig_locked(ctx, fc, cmd, &param);
        vfs_fs_context_unlock(fc);
        return r;
}

/*
 * fsmount
 */

int vfs_fsmount(const struct vfs_ctx *ctx, struct vfs_file *context, uint32_t flags, uint32_t attr_flags,
                struct vfs_file **ret_file)
{
        struct vfs_fs_context *fc = NULL;
        uint32_t mount_flags;
        struct vfs_path root;
        int r;

        if (!vfs_may_mount(ctx))
                return -EPERM;
        if (flags & ~VFS_FSMOUNT_CLOEXEC)
                return -EINVAL;
        r = vfs_mount_attr_new_flags(attr_flags, &mount_flags);
        if (r == 0)
                r = vfs_fs_context_of(context, &fc);
        if (r < 0)
                return r;
        vfs_fs_context_lock(fc, ctx);
        if (fc->root == NULL)
                r = -EINVAL;
        else if (fc->phase != VFS_FS_CONTEXT_AWAITING_MOUNT)
                r = -EBUSY;
        else
                r = vfs_mount_detached_new(ctx, fc->fs, fc->root, mount_flags, &root);
        if (r == 0)
                vfs_fs_context_clean(fc);
        vfs_fs_context_unlock(fc);
        return r < 0 ? r : vfs_open_detached(ctx, &root, ret_file);
}
