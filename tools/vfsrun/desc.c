/*
 * desc.c - placeholders: how a virtual file has a number among the guest's descriptors.
 *
 * For each open virtual file there is an empty file of the host's, with a number as
 * its name, in a tmpfs that no guest can reach by a path: a slot. It is opened once, and
 * that descriptor is injected into the guest. From then on the kernel does what it does for
 * all descriptors: numbers, dup, close-on-exec, fork, sharing among threads, passing over
 * sockets. vfsrun keeps no copy of a guest's table that could be wrong; it asks the
 * kernel: the link /proc/TID/fd/N leads to the placeholder, whose name is the slot.
 * When the last copy of the descriptor (or mapping of it) is gone, the kernel closes the
 * placeholder, inotify tells its name, and the virtual file is put.
 *
 * Calls that vfsrun does not answer meet a regular file that is always ready, as the real
 * one would be: poll, epoll_ctl (EPERM), sockets' calls (ENOTSOCK), flock and record locks.
 * For the locks, and for mapped data (shadow.c), all slots of one virtual file are hard
 * links of one placeholder file: its node.
 *
 * Locks: slots.lock guards slots, the table of nodes and their chains; a node's own lock
 * guards its data, and is taken first.
 */
#include "tools/vfsrun/desc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/vfsrun/node.h"

#define CHUNK 4096u
#define MAX_CHUNKS 1024u
#define FOLDER "vfsrun-descriptors"
#define NO_SLOT UINT32_MAX
#define REAP_DELAY 300 /* microseconds */

/* A placeholder. Lock: slots.lock. */
struct slot {
        struct vfs_file *file; /* referenced; NULL: free */
        struct node *node;     /* referenced */
        uint32_t next_free;
        uint8_t made;          /* there is a file of that name */
        uint8_t dirty;         /* which is not an empty one of its own */
        uint8_t shared_write;  /* counted in node->shared_writers */
        uint8_t mapped;        /* counted in node->mappers */
};

static struct {
        pthread_mutex_t lock;
        struct slot *chunk[MAX_CHUNKS];
        uint32_t used, free_list;
        pthread_mutex_t events; /* one reader of inotify at a time */
        int inotify, stop;
        pthread_t reaper;
} slots = {
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .events = PTHREAD_MUTEX_INITIALIZER,
        .free_list = NO_SLOT,
};

static struct slot *slot_at(uint32_t i)
{
        return &slots.chunk[i / CHUNK][i % CHUNK];
}

/* A free slot, with file and node. Errors: ENFILE. */
static int slot_new(struct vfs_file *file, struct node *node, uint32_t *ret_slot)
{
        uint32_t i;

        pthread_mutex_lock(&slots.lock);
        i = slots.free_list;
        if (i != NO_SLOT) {
                slots.free_list = slot_at(i)->next_free;
        } else if (slots.used < CHUNK * MAX_CHUNKS) {
                if (!slots.chunk[slots.used / CHUNK])
                        slots.chunk[slots.used / CHUNK] = calloc(CHUNK, sizeof(struct slot));
                if (slots.chunk[slots.used / CHUNK])
                        i = slots.used++;
        }
        if (i != NO_SLOT) {
                struct slot *s = slot_at(i);

                s->file = file;
                s->node = node;
                s->mapped = s->shared_write = 0;
        }
        pthread_mutex_unlock(&slots.lock);
        *ret_slot = i;
        return i == NO_SLOT ? -ENFILE : 0;
}

static void slot_free(uint32_t i)
{
        struct vfs_file *file;
        struct slot *s, copy;

        pthread_mutex_lock(&slots.lock);
        s = slot_at(i);
        copy = *s;
        file = s->file;
        if (file && !copy.shared_write)
                s->file = NULL;
        pthread_mutex_unlock(&slots.lock);
        if (!file)
                return;
        if (copy.node) {
                s->dirty |= node_used(copy.node);
                /* Until what was written through the mapping is in the file, others read the shadow. */
                if (copy.mapped)
                        node_unmapped(copy.node, file, copy.shared_write);
                node_put(copy.node, i);
        }
        pthread_mutex_lock(&slots.lock);
        s->file = NULL;
        s->node = NULL;
        s->next_free = slots.free_list;
        slots.free_list = i;
        pthread_mutex_unlock(&slots.lock);
        vfs_file_put(file);
}

/* Opens the slot's placeholder, fresh or as one more name of its node's. */
static int slot_open(uint32_t i, struct node *node, uint32_t flags)
{
        struct slot *s = slot_at(i); /* its names are its owner's */
        int mode = (flags & VFS_O_ACCMODE) == VFS_O_ACCMODE ? VFS_O_RDWR : (int)(flags & VFS_O_ACCMODE);
        char name[16];
        int fd;

        if (flags & VFS_O_PATH)
                mode = O_RDONLY;
        snprintf(name, sizeof(name), "%u", i);
        if (s->made && (s->dirty || (node && node_linked(node, i)))) {
                unlinkat(vr.pool, name, 0);
                s->made = 0;
        }
        s->dirty = 0;
        if (node && node_linked(node, i)) {
                if (node_link(node, name) < 0)
                        return -errno;
                s->dirty = 1;
        }
        fd = openat(vr.pool, name, mode | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        s->made = 1;
        return fd;
}

int64_t desc_install(struct call *c, struct vfs_file *file, uint32_t flags)
{
        struct seccomp_notif_addfd add = { .id = c->n->id, .flags = SECCOMP_ADDFD_FLAG_SEND };
        struct vfs_statx st;
        struct node *node = NULL;
        uint32_t fl = 0, i = NO_SLOT;
        int fd, r;

        fd = device_host_fd(file);
        if (fd >= 0) {
                fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
                r = fd < 0 ? -errno : 0;
                vfs_file_put(file);
                if (r < 0)
                        return r;
        } else {
                vfs_file_getfl(file, &fl);
                r = vfs_file_statx(&c->task->ctx, file, VFS_STATX_BASIC_STATS, &st);
                if (r == 0 && (st.mode & VFS_S_IFMT) == VFS_S_IFREG && !(fl & VFS_O_PATH))
                        r = node_get(&st, &node);
                if (r == 0)
                        r = slot_new(file, node, &i);
                if (r < 0) {
                        if (node)
                                node_put(node, NO_SLOT);
                        vfs_file_put(file);
                        return r;
                }
                fd = slot_open(i, node, fl);
                if (fd < 0) {
                        slot_free(i);
                        return fd;
                }
        }
        add.srcfd = (uint32_t)fd;
        add.newfd_flags = flags & VFS_O_CLOEXEC ? O_CLOEXEC : 0;
        r = ioctl(vr.listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0 ? -errno : 0;
        close(fd); /* when that failed, it was the last, and inotify sees to the slot */
        return r < 0 ? r : CALL_REPLIED;
}

static int open_fds(pid_t tid)
{
        char path[40];

        snprintf(path, sizeof(path), "/proc/%d/fd", tid);
        return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The slot that a number in /proc/TID/fd leads to. */
static int find_slot(int fds, int fd, uint32_t *ret_slot)
{
        char name[24], link[64];
        ssize_t n;

        snprintf(name, sizeof(name), "%d", fd);
        n = readlinkat(fds, name, link, sizeof(link) - 1);
        if (n < 0)
                return -EBADF;
        link[n] = '\0';
        if (strncmp(link, "/" FOLDER "/", sizeof(FOLDER) + 1) != 0)
                return -ENOTDIR; /* the host's */
        *ret_slot = (uint32_t)strtoul(link + sizeof(FOLDER) + 1, NULL, 10);
        return 0;
}

static int get(int fds, int fd, struct desc *ret_desc)
{
        uint32_t i;
        int r;

        if (fd < 0)
                return -EBADF;
        r = find_slot(fds, fd, &i);
        if (r < 0)
                return r;
        pthread_mutex_lock(&slots.lock);
        if (i >= slots.used || !slot_at(i)->file) {
                pthread_mutex_unlock(&slots.lock);
                return -EBADF; /* closed by another thread since */
        }
        ret_desc->file = vfs_file_get(slot_at(i)->file);
        ret_desc->node = slot_at(i)->node;
        ret_desc->slot = i;
        if (ret_desc->node)
                node_ref(ret_desc->node);
        pthread_mutex_unlock(&slots.lock);
        return 0;
}

int desc_get(struct task *t, int fd, struct desc *ret_desc)
{
        if (t->fds < 0)
                t->fds = open_fds(t->tid);
        return t->fds < 0 ? -EBADF : get(t->fds, fd, ret_desc);
}

int desc_of_thread(pid_t tid, int fd, struct desc *ret_desc)
{
        int fds = open_fds(tid), r;

        r = fds < 0 ? -EBADF : get(fds, fd, ret_desc);
        if (fds >= 0)
                close(fds);
        return r;
}

void desc_put(struct desc *d)
{
        if (d->node)
                node_put(d->node, NO_SLOT);
        vfs_file_put(d->file);
}

int desc_start(struct task *t, int fd, struct vfs_file **ret_file)
{
        struct desc d;
        int r;

        *ret_file = NULL;
        if (fd == VFS_AT_FDCWD)
                return 0;
        *ret_file = VFS_BAD_FILE;
        if (fd < 0)
                return 0;
        r = desc_get(t, fd, &d);
        if (r == -ENOTDIR)
                return r;
        if (r == 0) {
                *ret_file = d.file;
                if (d.node)
                        node_put(d.node, NO_SLOT);
        }
        return 0;
}

void desc_start_put(struct vfs_file *file)
{
        if (file != VFS_BAD_FILE)
                vfs_file_put(file);
}

/* Reads what inotify has, and puts the files whose placeholders were closed. */
static void reap(void)
{
        char buf[16384] __attribute__((aligned(8)));
        ssize_t n;

        pthread_mutex_lock(&slots.events);
        while ((n = read(slots.inotify, buf, sizeof(buf))) > 0) {
                for (ssize_t at = 0; at < n;) {
                        const struct inotify_event *e = (const void *)(buf + at);

                        at += (ssize_t)(sizeof(*e) + e->len);
                        if (e->len && e->name[0] >= '0' && e->name[0] <= '9')
                                slot_free((uint32_t)strtoul(e->name, NULL, 10));
                }
        }
        pthread_mutex_unlock(&slots.events);
}

void descs_settle(void)
{
        reap();
}

static void *reaper(void *arg)
{
        struct pollfd fds[2] = { { .fd = slots.inotify, .events = POLLIN },
                                 { .fd = slots.stop, .events = POLLIN } };

        while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
                if (fds[1].revents)
                        break;
                usleep(REAP_DELAY); /* several at once: waking up for each would double the price of close */
                reap();
        }
        return NULL;
}

int descs_start(void)
{
        char path[40];
        int folder;

        if (mkdirat(vr.pool, FOLDER, 0700) < 0)
                return -errno;
        folder = openat(vr.pool, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0)
                return -errno;
        close(vr.pool);
        vr.pool = folder;
        slots.inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        slots.stop = eventfd(0, EFD_CLOEXEC);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", folder);
        if (slots.inotify < 0 || slots.stop < 0 ||
            inotify_add_watch(slots.inotify, path, IN_CLOSE_WRITE | IN_CLOSE_NOWRITE) < 0)
                return -errno;
        return -pthread_create(&slots.reaper, NULL, reaper, NULL);
}

void descs_stop(void)
{
        uint64_t one = 1;

        if (write(slots.stop, &one, sizeof(one)) == sizeof(one))
                pthread_join(slots.reaper, NULL);
        reap();
        for (uint32_t i = 0; i < slots.used; i++)
                slot_free(i); /* those whose event was lost */
        nodes_free();
        for (uint32_t i = 0; i < MAX_CHUNKS; i++)
                free(slots.chunk[i]);
        close(slots.inotify);
        close(slots.stop);
}

int desc_map(const struct vfs_ctx *ctx, struct desc *d, int shared_write)
{
        struct slot *s;
        int r, first, first_shared;

        r = node_fill(ctx, d->node, d->file);
        if (r < 0)
                return r;
        pthread_mutex_lock(&slots.lock);
        s = slot_at(d->slot);
        first = !s->mapped;
        first_shared = shared_write && !s->shared_write;
        s->mapped = 1;
        s->shared_write |= shared_write != 0;
        pthread_mutex_unlock(&slots.lock);
        node_mapped(d->node, first, first_shared);
        return 0;
}
