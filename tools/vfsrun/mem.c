/*
 * mem.c - reading and writing the memory of guests: process_vm_readv(2) and its twin.
 *
 * What a call's arguments point to is copied once, and only the copy is looked at:
 * another thread of the guest may change the original at any time. Data of
 * read(2) and write(2) moves by the iterator's hooks, straight between the file
 * and the guest.
 */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "tools/vfsrun/vfsrun.h"

#define PAGE 4096u

int mem_read(const struct task *t, uint64_t addr, void *buf, size_t n)
{
        struct iovec local = { buf, n }, remote = { (void *)addr, n };

        return n == 0 || process_vm_readv(t->tid, &local, 1, &remote, 1, 0) == (ssize_t)n ? 0 : -EFAULT;
}

int mem_write(const struct task *t, uint64_t addr, const void *buf, size_t n)
{
        struct iovec local = { (void *)buf, n }, remote = { (void *)addr, n };

        return n == 0 || process_vm_writev(t->tid, &local, 1, &remote, 1, 0) == (ssize_t)n ? 0 : -EFAULT;
}

/* By steps that end at a page's end: what is behind the NUL may not be mapped. */
ssize_t mem_string(const struct task *t, uint64_t addr, char *buf, size_t size)
{
        size_t done = 0, step = 128;

        while (done < size) {
                struct iovec local, remote;
                size_t room = PAGE - (addr + done) % PAGE;
                ssize_t got;
                char *end;

                if (room > step)
                        room = step;
                if (room > size - done)
                        room = size - done;
                local = (struct iovec){ buf + done, room };
                remote = (struct iovec){ (void *)(addr + done), room };
                got = process_vm_readv(t->tid, &local, 1, &remote, 1, 0);
                if (got <= 0)
                        return -EFAULT;
                end = memchr(buf + done, '\0', (size_t)got);
                if (end)
                        return end - buf;
                done += (size_t)got;
                step = PAGE;
        }
        return -ENAMETOOLONG;
}

static size_t guest_copy_to(void *user, void *guest, const void *src, size_t n)
{
        const struct task *t = user;
        struct iovec local = { (void *)src, n }, remote = { guest, n };
        ssize_t done = process_vm_writev(t->tid, &local, 1, &remote, 1, 0);

        return done > 0 ? (size_t)done : 0;
}

static size_t guest_copy_from(void *user, void *dst, const void *guest, size_t n)
{
        const struct task *t = user;
        struct iovec local = { dst, n }, remote = { (void *)guest, n };
        ssize_t done = process_vm_readv(t->tid, &local, 1, &remote, 1, 0);

        return done > 0 ? (size_t)done : 0;
}

static const struct vfs_iter_ops guest_ops = { guest_copy_to, guest_copy_from };

int mem_iter(struct task *t, struct vfs_iter *it, struct vfs_iovec *iov, uint64_t addr, uint64_t n)
{
        if (n > 1024)
                return -EINVAL;
        if (mem_read(t, addr, iov, n * sizeof(*iov)) < 0)
                return -EFAULT;
        return vfs_iter_init(it, iov, n, &guest_ops, t);
}

void mem_iter_one(struct task *t, struct vfs_iter *it, struct vfs_iovec *iov, uint64_t addr, uint64_t n)
{
        *iov = (struct vfs_iovec){ (void *)addr, n > INT64_MAX ? INT64_MAX : n };
        vfs_iter_init(it, iov, 1, &guest_ops, t);
}
