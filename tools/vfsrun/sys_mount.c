/*
 * sys_mount.c - mounting: the classic calls, the new ones, and listings.
 *
 * The library does all of it. Before a call that asks whether a mount is in use, files
 * that guests have closed are put.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "tools/vfsrun/sys.h"

#define MS_MGC_VAL_MASK 0xffff0000u

int64_t sys_mount(struct call *c)
{
        char source[VFS_PATH_MAX], target[VFS_PATH_MAX], type[VFS_PATH_MAX], data[VFS_PATH_MAX];
        const char *from, *fstype, *options = NULL;
        uint64_t flags = c->a[3];
        int r;

        r = arg_string(c, c->a[2], type, sizeof(type), &fstype);
        if (r == 0)
                r = arg_string(c, c->a[0], source, sizeof(source), &from);
        if (r == 0 && c->a[4]) {
                /* A page at most, and what of it can be read. */
                size_t n = 4096 - c->a[4] % 4096;

                memset(data, 0, sizeof(data));
                r = mem_read(c->task, c->a[4], data, n);
                if (r == 0 && n < sizeof(data) && !memchr(data, '\0', n))
                        mem_read(c->task, c->a[4] + n, data + n, sizeof(data) - n);
                data[sizeof(data) - 1] = '\0';
                options = data;
        }
        if (r == 0)
                r = arg_path(c, c->a[1], target);
        if (r < 0)
                return r;
        if ((flags & MS_MGC_VAL_MASK) == 0xc0ed0000u)
                flags &= ~(uint64_t)MS_MGC_VAL_MASK;
        if (flags & VFS_MS_REMOUNT)
                descs_settle();
        return vfs_mount(&c->task->ctx, from, target, fstype, flags, options);
}

int64_t sys_umount2(struct call *c)
{
        char path[VFS_PATH_MAX];
        uint32_t flags = (uint32_t)c->a[1];
        int r;

        if (flags & ~(VFS_MNT_FORCE | VFS_MNT_DETACH | VFS_MNT_EXPIRE | VFS_UMOUNT_NOFOLLOW))
                return -EINVAL;
        r = arg_path(c, c->a[0], path);
        if (r < 0)
                return r;
        descs_settle();
        return vfs_umount(&c->task->ctx, path, flags);
}

int64_t sys_pivot_root(struct call *c)
{
        char new_root[VFS_PATH_MAX], put_old[VFS_PATH_MAX];
        int r = arg_path(c, c->a[0], new_root);

        if (r == 0)
                r = arg_path(c, c->a[1], put_old);
        return r < 0 ? r : vfs_fsctx_pivot_root(c->task->fs, &c->task->ctx, new_root, put_old);
}

int64_t sys_fsopen(struct call *c)
{
        char type[VFS_PATH_MAX];
        struct vfs_file *file;
        int r;

        if ((uint32_t)c->a[1] & ~VFS_FSOPEN_CLOEXEC)
                return -EINVAL;
        r = arg_path(c, c->a[0], type);
        if (r == 0)
                r = vfs_fsopen(&c->task->ctx, type, (uint32_t)c->a[1], &file);
        return r < 0 ? r : desc_install(c, file, c->a[1] & VFS_FSOPEN_CLOEXEC ? VFS_O_CLOEXEC : 0);
}

int64_t sys_fspick(struct call *c)
{
        uint32_t flags = (uint32_t)c->a[2];
        char path[VFS_PATH_MAX];
        struct vfs_file *dir, *file;
        int r = arg_at(c, c->a[0], c->a[1], path, &dir);

        if (r < 0)
                return r;
        r = vfs_fspick(&c->task->ctx, dir, path, flags, &file);
        desc_start_put(dir);
        return r < 0 ? r : desc_install(c, file, flags & VFS_FSPICK_CLOEXEC ? VFS_O_CLOEXEC : 0);
}

/* What value is depends on the command. */
int64_t sys_fsconfig(struct call *c)
{
        uint32_t cmd = (uint32_t)c->a[1];
        int aux = (int)c->a[4], r;
        char key[257], *value = NULL;
        const char *k, *v = NULL;
        struct vfs_file *file = NULL;
        struct desc context;
        size_t size = cmd == VFS_FSCONFIG_SET_STRING ? 257 : VFS_PATH_MAX;

        if ((int)c->a[0] < 0)
                return -EINVAL;
        if (desc_get(c->task, (int)c->a[0], &context) < 0)
                return CALL_CONTINUE; /* EBADF, or EINVAL for a descriptor of another kind */
        r = arg_string(c, c->a[2], key, sizeof(key), &k);
        if (r == 0 && c->a[3] && cmd == VFS_FSCONFIG_SET_BINARY) {
                if (aux < 1 || aux > 1 << 20)
                        r = -EINVAL;
                else
                        value = malloc((size_t)aux);
                if (r == 0)
                        r = value ? mem_read(c->task, c->a[3], value, (size_t)aux) : -ENOMEM;
                v = value;
        } else if (r == 0 && c->a[3]) {
                value = malloc(size);
                r = value ? arg_string(c, c->a[3], value, size, &v) : -ENOMEM;
        }
        if (r == 0 && (cmd == VFS_FSCONFIG_SET_FD || cmd == VFS_FSCONFIG_SET_PATH ||
                       cmd == VFS_FSCONFIG_SET_PATH_EMPTY))
                r = desc_start(c->task, aux, &file);
        if (r == 0) {
                if (cmd == VFS_FSCONFIG_CMD_RECONFIGURE)
                        descs_settle();
                r = vfs_fsconfig(&c->task->ctx, context.file, cmd, k, v, aux, file);
                desc_start_put(file);
        }
        free(value);
        desc_put(&context);
        return r;
}

int64_t sys_fsmount(struct call *c)
{
        struct vfs_file *file;
        struct desc context;
        int r;

        if ((uint32_t)c->a[1] & ~VFS_FSMOUNT_CLOEXEC)
                return -EINVAL;
        if (desc_get(c->task, (int)c->a[0], &context) < 0)
                return CALL_CONTINUE;
        r = vfs_fsmount(&c->task->ctx, context.file, (uint32_t)c->a[1], (uint32_t)c->a[2], &file);
        desc_put(&context);
        return r < 0 ? r : desc_install(c, file, c->a[1] & VFS_FSMOUNT_CLOEXEC ? VFS_O_CLOEXEC : 0);
}

/* struct mount_attr of any size the caller has; NULL where size is 0. Errors: E2BIG, EFAULT. */
static int get_attr(struct call *c, uint64_t addr, uint64_t size, char bytes[4096])
{
        if (size > 4096)
                return -E2BIG;
        if (mem_read(c->task, addr, bytes, size) < 0)
                return -EFAULT;
        return 0;
}

int64_t sys_open_tree(struct call *c)
{
        uint32_t flags = (uint32_t)c->a[2];
        char path[VFS_PATH_MAX];
        struct vfs_file *dir, *file;
        int r = arg_at(c, c->a[0], c->a[1], path, &dir);

        if (r < 0)
                return r;
        r = vfs_open_tree(&c->task->ctx, dir, path, flags, &file);
        desc_start_put(dir);
        return r < 0 ? r : desc_install(c, file, flags & VFS_OPEN_TREE_CLOEXEC);
}

int64_t sys_open_tree_attr(struct call *c)
{
        uint32_t flags = (uint32_t)c->a[2];
        char path[VFS_PATH_MAX], bytes[4096] __attribute__((aligned(8)));
        struct vfs_file *dir, *file;
        int r;

        if (!c->a[3] && c->a[4])
                return -EINVAL;
        r = get_attr(c, c->a[3], c->a[4], bytes);
        if (r == 0)
                r = arg_at(c, c->a[0], c->a[1], path, &dir);
        if (r < 0)
                return r;
        r = vfs_open_tree_attr(&c->task->ctx, dir, path, flags, c->a[3] ? (const void *)bytes : NULL, c->a[4],
                               &file);
        desc_start_put(dir);
        return r < 0 ? r : desc_install(c, file, flags & VFS_OPEN_TREE_CLOEXEC);
}

int64_t sys_move_mount(struct call *c)
{
        char from[VFS_PATH_MAX], to[VFS_PATH_MAX];
        struct vfs_file *from_dir, *to_dir;
        int r = arg_at(c, c->a[2], c->a[3], to, &to_dir);

        if (r < 0)
                return r;
        r = arg_at(c, c->a[0], c->a[1], from, &from_dir);
        if (r == 0) {
                r = vfs_move_mount(&c->task->ctx, from_dir, from, to_dir, to, (uint32_t)c->a[4]);
                desc_start_put(from_dir);
        }
        desc_start_put(to_dir);
        return r;
}

int64_t sys_mount_setattr(struct call *c)
{
        char path[VFS_PATH_MAX], bytes[4096] __attribute__((aligned(8)));
        struct vfs_file *dir;
        int r;

        r = get_attr(c, c->a[3], c->a[4], bytes);
        if (r == 0)
                r = arg_at(c, c->a[0], c->a[1], path, &dir);
        if (r < 0)
                return r;
        descs_settle();
        r = vfs_mount_setattr(&c->task->ctx, dir, path, (uint32_t)c->a[2], (const void *)bytes, c->a[4]);
        desc_start_put(dir);
        return r;
}

/* struct mnt_id_req, of 24 bytes or 32; more must be zero. */
static int get_request(struct call *c, struct vfs_mnt_id_req *req)
{
        char bytes[4096];
        uint32_t size;

        if (mem_read(c->task, c->a[0], &size, sizeof(size)) < 0)
                return -EFAULT;
        if (size > sizeof(bytes))
                return -E2BIG;
        if (size < VFS_MNT_ID_REQ_SIZE_VER0)
                return -EINVAL;
        if (mem_read(c->task, c->a[0], bytes, size) < 0)
                return -EFAULT;
        for (size_t i = sizeof(*req); i < size; i++)
                if (bytes[i])
                        return -E2BIG;
        memset(req, 0, sizeof(*req));
        memcpy(req, bytes, size < sizeof(*req) ? size : sizeof(*req));
        req->size = size < sizeof(*req) ? VFS_MNT_ID_REQ_SIZE_VER0 : sizeof(*req);
        return 0;
}

int64_t sys_statmount(struct call *c)
{
        size_t size = c->a[2] < 1 << 20 ? c->a[2] : 1 << 20;
        struct vfs_statmount *buf;
        struct vfs_mnt_id_req req;
        int r;

        if ((uint32_t)c->a[3])
                return -EINVAL;
        r = get_request(c, &req);
        if (r < 0)
                return r;
        buf = calloc(1, size + sizeof(*buf));
        if (!buf)
                return -ENOMEM;
        r = vfs_statmount(&c->task->ctx, &req, buf, size, 0);
        if (r == 0)
                r = mem_write(c->task, c->a[1], buf, buf->size < size ? buf->size : size);
        free(buf);
        return r;
}

int64_t sys_listmount(struct call *c)
{
        size_t n = c->a[2];
        struct vfs_mnt_id_req req;
        uint64_t *ids;
        int64_t r;

        if ((uint32_t)c->a[3] & ~VFS_LISTMOUNT_REVERSE)
                return -EINVAL;
        if (n > 1000000)
                return -EOVERFLOW;
        r = get_request(c, &req);
        if (r < 0)
                return r;
        ids = calloc(n + 1, sizeof(*ids));
        if (!ids)
                return -ENOMEM;
        r = vfs_listmount(&c->task->ctx, &req, ids, n, (uint32_t)c->a[3]);
        if (r > 0 && mem_write(c->task, c->a[1], ids, (size_t)r * sizeof(*ids)) < 0)
                r = -EFAULT;
        free(ids);
        return r;
}
