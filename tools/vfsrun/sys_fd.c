/*
 * sys_fd.c - calls on descriptors: lseek, getdents, fcntl, ioctl, syncing, sizes.
 *
 * Commands of fcntl that are about numbers (F_DUPFD, F_SETFD) or locks never come here: they
 * are the host kernel's, on the placeholder.
 */
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tools/vfsrun/sys.h"

#define MAX_ENTRIES 65536u

/* With a virtual file at c->a[0]: r = expression. */
#define ON_FILE(c, d, expression)                             \
        do {                                                  \
                int64_t result;                               \
                                                              \
                if (desc_get((c)->task, (int)(c)->a[0], &(d)) < 0) \
                        return CALL_CONTINUE;                 \
                result = (expression);                        \
                desc_put(&(d));                               \
                return result;                                \
        } while (0)

int64_t sys_lseek(struct call *c)
{
        struct desc d;

        ON_FILE(c, d, vfs_file_lseek(&c->task->ctx, d.file, (int64_t)c->a[1], (int)c->a[2]));
}

/* Reads entries into memory of ours; a buffer that the guest cannot take loses them, as in Linux. */
static int64_t entries(struct call *c, struct desc *d, char *buf, size_t size)
{
        int64_t n = call_valid(c) < 0 ? -ESRCH : vfs_file_getdents(&c->task->ctx, d->file, buf, size);

        return n;
}

int64_t sys_getdents64(struct call *c)
{
        size_t size = (uint32_t)c->a[2] < MAX_ENTRIES ? (uint32_t)c->a[2] : MAX_ENTRIES;
        char buf[MAX_ENTRIES] __attribute__((aligned(8)));
        struct desc d;
        int64_t n;

        if (desc_get(c->task, (int)c->a[0], &d) < 0)
                return CALL_CONTINUE;
        n = entries(c, &d, buf, size);
        if (n > 0 && mem_write(c->task, c->a[1], buf, (size_t)n) < 0)
                n = -EFAULT;
        desc_put(&d);
        return n;
}

/* The old record: the type is its last byte. It is as long as the new one, so each is changed in place. */
int64_t sys_getdents(struct call *c)
{
        size_t size = (uint32_t)c->a[2] < MAX_ENTRIES ? (uint32_t)c->a[2] : MAX_ENTRIES;
        char buf[MAX_ENTRIES] __attribute__((aligned(8)));
        struct desc d;
        int64_t n;

        if (desc_get(c->task, (int)c->a[0], &d) < 0)
                return CALL_CONTINUE;
        n = entries(c, &d, buf, size);
        for (int64_t at = 0; at < n;) {
                struct vfs_dirent *e = (void *)(buf + at);
                unsigned char type = e->type;
                size_t len = strlen(e->name);

                memmove((char *)e + offsetof(struct vfs_dirent, type), e->name, len + 1);
                ((unsigned char *)e)[e->reclen - 1] = type;
                at += e->reclen;
        }
        if (n > 0 && mem_write(c->task, c->a[1], buf, (size_t)n) < 0)
                n = -EFAULT;
        desc_put(&d);
        return n;
}

static int64_t do_fcntl(struct call *c, struct desc *d)
{
        uint32_t value;
        int r;

        switch ((int)c->a[1]) {
        case VFS_F_GETFL:
                r = vfs_file_getfl(d->file, &value);
                return r < 0 ? r : (int64_t)value;
        case VFS_F_SETFL:
                return vfs_file_setfl(&c->task->ctx, d->file, (uint32_t)c->a[2]);
        case VFS_F_GET_SEALS:
                r = vfs_file_get_seals(d->file, &value);
                return r < 0 ? r : (int64_t)value;
        case VFS_F_ADD_SEALS:
                return vfs_file_add_seals(&c->task->ctx, d->file, (uint32_t)c->a[2]);
        default: /* leases, F_NOTIFY */
                return -EINVAL;
        }
}

int64_t sys_fcntl(struct call *c)
{
        struct desc d;

        ON_FILE(c, d, do_fcntl(c, &d));
}

const unsigned int sys_ioctl_commands[] = {
        FIONREAD,
        FS_IOC_GETFLAGS,
        FS_IOC_SETFLAGS,
        FS_IOC_FSGETXATTR,
        FS_IOC_FSSETXATTR,
        FICLONE,
        FICLONERANGE,
        FIDEDUPERANGE,
        FS_IOC_GETVERSION,
        FS_IOC_FIEMAP,
        FIBMAP,
        FIFREEZE,
        FITHAW,
        FITRIM,
};
const size_t sys_ioctl_n = sizeof(sys_ioctl_commands) / sizeof(*sys_ioctl_commands);

static int64_t do_ioctl(struct call *c, struct desc *d)
{
        struct vfs_statx st;
        int64_t at, left;

        switch ((unsigned int)c->a[1]) {
        case FIONREAD:
                if (vfs_file_statx(&c->task->ctx, d->file, VFS_STATX_BASIC_STATS, &st) < 0 ||
                    (st.mode & VFS_S_IFMT) != VFS_S_IFREG)
                        return -ENOTTY;
                at = vfs_file_lseek(&c->task->ctx, d->file, 0, VFS_SEEK_CUR);
                if (at < 0)
                        return at;
                left = (int64_t)st.size - at;
                at = left > INT32_MAX ? INT32_MAX : left;
                return mem_write(c->task, c->a[2], &at, sizeof(int32_t));
        case FICLONE:
        case FICLONERANGE:
        case FIDEDUPERANGE:
        case FS_IOC_FIEMAP:
                return -EOPNOTSUPP;
        default:
                return -ENOTTY;
        }
}

int64_t sys_ioctl(struct call *c)
{
        struct desc d;

        ON_FILE(c, d, do_ioctl(c, &d));
}

int64_t sys_fsync(struct call *c)
{
        struct desc d;

        ON_FILE(c, d, vfs_file_sync(&c->task->ctx, d.file, 0));
}

int64_t sys_fdatasync(struct call *c)
{
        struct desc d;

        ON_FILE(c, d, vfs_file_sync(&c->task->ctx, d.file, 1));
}

int64_t sys_sync_file_range(struct call *c)
{
        struct desc d;

        ON_FILE(c, d, vfs_file_sync(&c->task->ctx, d.file, 1));
}

/* Advice changes nothing here; it is an error only where there is no file. */
static int64_t advice(struct desc *d)
{
        uint32_t fl;

        return vfs_file_getfl(d->file, &fl) == 0 && (fl & VFS_O_PATH) ? -EBADF : 0;
}

int64_t sys_fadvise(struct call *c)
{
        struct desc d;

        ON_FILE(c, d, advice(&d));
}

static int64_t do_allocate(struct call *c, struct desc *d)
{
        int64_t r;

        if (!desc_mapped(d))
                return vfs_file_allocate(&c->task->ctx, d->file, (uint32_t)c->a[1], (int64_t)c->a[2],
                                         (int64_t)c->a[3]);
        desc_lock(d);
        r = vfs_file_allocate(&c->task->ctx, d->file, (uint32_t)c->a[1], (int64_t)c->a[2], (int64_t)c->a[3]);
        if (r == 0 && syscall(SYS_fallocate, desc_shadow(d), c->a[1], c->a[2], c->a[3]) < 0)
                r = -errno;
        desc_unlock(d);
        return r;
}

int64_t sys_fallocate(struct call *c)
{
        struct desc d;

        ON_FILE(c, d, do_allocate(c, &d));
}

static int64_t do_truncate(struct call *c, struct desc *d)
{
        int64_t r;

        if (!desc_mapped(d))
                return vfs_file_truncate(&c->task->ctx, d->file, (int64_t)c->a[1]);
        desc_lock(d);
        r = vfs_file_truncate(&c->task->ctx, d->file, (int64_t)c->a[1]);
        if (r == 0 && ftruncate(desc_shadow(d), (off_t)c->a[1]) < 0)
                r = -errno;
        desc_unlock(d);
        return r;
}

int64_t sys_ftruncate(struct call *c)
{
        struct desc d;

        ON_FILE(c, d, do_truncate(c, &d));
}
