/*
 * sys_rw.c - read(2), write(2) and their relatives.
 *
 * Data goes straight from the file to the guest, or back. A file that is mapped has its
 * data in a shadow, too (node.c): then writes go to both, from one copy of what the guest
 * wrote, and reads of a file that is mapped shared and writable come from the shadow.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tools/vfsrun/sys.h"

#define MAX_IOV 1024
#define MAX_BYTES 0x7ffff000u
#define OWN_OFFSET INT64_MIN /* the file's offset, which moves */

/* RLIMIT_FSIZE is the host's; nobody asks for it before a guest has set it. */
static void take_limit(struct task *t)
{
        struct rlimit lim;

        if (!__atomic_load_n(&vr.fsize_limited, __ATOMIC_RELAXED))
                return;
        t->ctx.fsize_limit = 0;
        if (prlimit(t->tid, RLIMIT_FSIZE, NULL, &lim) == 0 && lim.rlim_cur != RLIM_INFINITY)
                t->ctx.fsize_limit = lim.rlim_cur ? lim.rlim_cur : 1;
}

int64_t sys_limit(struct call *c)
{
        __atomic_store_n(&vr.fsize_limited, 1, __ATOMIC_RELAXED);
        return CALL_CONTINUE;
}

/* The signals that come with an error. */
static int64_t with_signal(struct task *t, int64_t r)
{
        if (r == -EPIPE)
                syscall(SYS_tgkill, t->tgid, t->tid, SIGPIPE);
        else if (r == -EFBIG && t->ctx.fsize_limit)
                syscall(SYS_tgkill, t->tgid, t->tid, SIGXFSZ);
        return r;
}

/* Reads the shadow, as the file would be read. */
static int64_t read_shadow(struct task *t, struct desc *d, struct vfs_iter *it, int64_t offset)
{
        int64_t at = offset, done = 0, got = 1;
        char *buf = malloc(65536);

        if (!buf)
                return -ENOMEM;
        if (offset == OWN_OFFSET)
                at = vfs_file_lseek(&t->ctx, d->file, 0, VFS_SEEK_CUR);
        while (it->count && got > 0 && at >= 0) {
                size_t want = it->count < 65536 ? it->count : 65536, put;

                got = pread(desc_shadow(d), buf, want, at);
                if (got <= 0)
                        break;
                put = vfs_iter_copy_to(it, buf, (size_t)got);
                done += (int64_t)put;
                at += (int64_t)put;
                if (put < (size_t)got) {
                        got = -EFAULT;
                        break;
                }
        }
        free(buf);
        if (at < 0)
                return at;
        if (offset == OWN_OFFSET)
                vfs_file_lseek(&t->ctx, d->file, at, VFS_SEEK_SET);
        return done ? done : got < 0 ? -EFAULT : 0;
}

/* Writes the file and the shadow. */
static int64_t write_both(struct task *t, struct desc *d, struct vfs_iter *it, int64_t offset, uint32_t flags)
{
        size_t n = it->count < (64u << 20) ? it->count : 64u << 20, got;
        char *buf = malloc(n ? n : 1);
        struct vfs_iter from;
        int64_t r, at = offset;

        if (!buf)
                return -ENOMEM;
        got = vfs_iter_copy_from(it, buf, n);
        if (got == 0 && n) {
                free(buf);
                return -EFAULT;
        }
        vfs_iter_init_buf(&from, buf, got);
        desc_lock(d);
        if (offset == OWN_OFFSET) {
                r = vfs_file_write(&t->ctx, d->file, &from, flags);
                at = r > 0 ? vfs_file_lseek(&t->ctx, d->file, 0, VFS_SEEK_CUR) - r : 0;
        } else {
                r = vfs_file_pwrite(&t->ctx, d->file, &from, offset, flags);
                if (r > 0 && (flags & VFS_RWF_APPEND)) {
                        struct vfs_statx st;

                        vfs_file_statx(&t->ctx, d->file, VFS_STATX_SIZE, &st);
                        at = (int64_t)st.size - r;
                }
        }
        if (r > 0 && pwrite(desc_shadow(d), buf, (size_t)r, at) != r)
                r = -EIO;
        desc_unlock(d);
        free(buf);
        return r;
}

/* offset OWN_OFFSET: the file's. */
static int64_t transfer(struct call *c, struct vfs_iter *it, struct desc *d, int write, int64_t offset,
                        uint32_t flags)
{
        struct task *t = c->task;
        uint32_t fl;
        int64_t r;

        if (call_valid(c) < 0)
                return -ESRCH;
        if (it->count > MAX_BYTES)
                it->count = MAX_BYTES;
        if (write)
                take_limit(t);
        if (desc_mapped(d) && vfs_file_getfl(d->file, &fl) == 0) {
                if (write && (fl & VFS_O_ACCMODE) != VFS_O_RDONLY)
                        return with_signal(t, write_both(t, d, it, offset, flags));
                if (!write && desc_shared(d) && (fl & VFS_O_ACCMODE) != VFS_O_WRONLY)
                        return read_shadow(t, d, it, offset);
        }
        if (offset == OWN_OFFSET)
                r = write ? vfs_file_write(&t->ctx, d->file, it, flags) :
                            vfs_file_read(&t->ctx, d->file, it, flags);
        else
                r = write ? vfs_file_pwrite(&t->ctx, d->file, it, offset, flags) :
                            vfs_file_pread(&t->ctx, d->file, it, offset, flags);
        return write ? with_signal(t, r) : r;
}

/* The kernel's access_ok: could it be the guest's memory at all? */
static int in_user_memory(uint64_t addr, uint64_t n)
{
        const uint64_t end = (UINT64_C(1) << 47) - 4096;

        return n <= end && addr <= end - n;
}

/* What is then the error: whether the file is open for it is asked first. */
static int64_t not_memory(const struct desc *d, int write)
{
        uint32_t fl;

        if (vfs_file_getfl(d->file, &fl) < 0 || (fl & VFS_O_PATH) ||
            (fl & VFS_O_ACCMODE) == (write ? VFS_O_RDONLY : VFS_O_WRONLY))
                return -EBADF;
        return -EFAULT;
}

/* One buffer. */
static int64_t simple(struct call *c, int write, int64_t offset)
{
        struct vfs_iovec iov;
        struct vfs_iter it;
        struct desc d;
        int64_t r;

        if (desc_get(c->task, (int)c->a[0], &d) < 0)
                return CALL_CONTINUE;
        mem_iter_one(c->task, &it, &iov, c->a[1], c->a[2]);
        r = in_user_memory(c->a[1], c->a[2]) ? transfer(c, &it, &d, write, offset, 0) : not_memory(&d, write);
        desc_put(&d);
        return r;
}

/* Several buffers. */
static int64_t vectored(struct call *c, int write, int64_t offset, uint32_t flags)
{
        struct vfs_iovec iov[MAX_IOV];
        struct vfs_iter it;
        struct desc d;
        int64_t r;

        if (desc_get(c->task, (int)c->a[0], &d) < 0)
                return CALL_CONTINUE;
        r = c->a[2] > MAX_IOV ? -EINVAL : mem_iter(c->task, &it, iov, c->a[1], c->a[2]);
        if (r == 0)
                r = transfer(c, &it, &d, write, offset, flags);
        desc_put(&d);
        return r;
}

int64_t sys_read(struct call *c)
{
        return simple(c, 0, OWN_OFFSET);
}

int64_t sys_write(struct call *c)
{
        return simple(c, 1, OWN_OFFSET);
}

/* An offset below 0 is EINVAL, whatever the mark above. */
static int64_t given(uint64_t offset)
{
        return (int64_t)offset < 0 ? -1 : (int64_t)offset;
}

int64_t sys_pread(struct call *c)
{
        return simple(c, 0, given(c->a[3]));
}

int64_t sys_pwrite(struct call *c)
{
        return simple(c, 1, given(c->a[3]));
}

int64_t sys_readv(struct call *c)
{
        return vectored(c, 0, OWN_OFFSET, 0);
}

int64_t sys_writev(struct call *c)
{
        return vectored(c, 1, OWN_OFFSET, 0);
}

int64_t sys_preadv(struct call *c)
{
        return vectored(c, 0, given(c->a[3]), 0);
}

int64_t sys_pwritev(struct call *c)
{
        return vectored(c, 1, given(c->a[3]), 0);
}

int64_t sys_preadv2(struct call *c)
{
        return vectored(c, 0, (int64_t)c->a[3] == -1 ? OWN_OFFSET : given(c->a[3]), (uint32_t)c->a[5]);
}

int64_t sys_pwritev2(struct call *c)
{
        return vectored(c, 1, (int64_t)c->a[3] == -1 ? OWN_OFFSET : given(c->a[3]), (uint32_t)c->a[5]);
}

/* Between two virtual files. With one of the host's, programs read and write instead when this is refused. */
int64_t sys_copy_file_range(struct call *c)
{
        int64_t off_in, off_out, r = 0;
        struct desc in, out;

        if (desc_get(c->task, (int)c->a[0], &in) < 0) {
                if (desc_get(c->task, (int)c->a[2], &out) < 0)
                        return CALL_CONTINUE;
                desc_put(&out);
                return -EINVAL;
        }
        if (desc_get(c->task, (int)c->a[2], &out) < 0) {
                desc_put(&in);
                return -EINVAL;
        }
        if (c->a[1])
                r = mem_read(c->task, c->a[1], &off_in, 8);
        if (r == 0 && c->a[3])
                r = mem_read(c->task, c->a[3], &off_out, 8);
        if (r == 0 && (desc_mapped(&in) || desc_mapped(&out)))
                r = -EXDEV; /* so that the data goes through read and write, which know the shadow */
        if (r == 0)
                r = call_valid(c);
        take_limit(c->task);
        if (r == 0)
                r = vfs_file_copy_range(&c->task->ctx, in.file, c->a[1] ? &off_in : NULL, out.file,
                                        c->a[3] ? &off_out : NULL, c->a[4], (uint32_t)c->a[5]);
        if (r > 0 && c->a[1] && mem_write(c->task, c->a[1], &off_in, 8) < 0)
                r = -EFAULT;
        if (r > 0 && c->a[3] && mem_write(c->task, c->a[3], &off_out, 8) < 0)
                r = -EFAULT;
        desc_put(&in);
        desc_put(&out);
        return r;
}

/* Any virtual file on either side: EINVAL, as for files that cannot be mapped. */
static int64_t no_pipe(struct call *c, uint64_t a, uint64_t b)
{
        struct desc d;

        if (desc_get(c->task, (int)a, &d) < 0 && desc_get(c->task, (int)b, &d) < 0)
                return CALL_CONTINUE;
        desc_put(&d);
        return -EINVAL;
}

int64_t sys_sendfile(struct call *c)
{
        return no_pipe(c, c->a[0], c->a[1]);
}

int64_t sys_splice(struct call *c)
{
        return no_pipe(c, c->a[0], c->a[2]);
}
