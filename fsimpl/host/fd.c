/*
 * fd.c - descriptors of the host: how a file is held, found again, and opened.
 *
 * A file is held by an O_PATH descriptor, which neither reads nor writes nor opens
 * a device, and works whatever the file's permissions are. There are at most
 * max_fds of those that nobody uses at the moment; the least recently used one is
 * closed, and opened again by name when it is needed: from the nearest directory
 * above that has a descriptor, by openat2 beneath it, without symlinks or other mounts
 * of the host; and only if it is the same file still (struct host_id).
 *
 * A descriptor that is in use is pinned, so that its number cannot become another
 * file's in the middle of a call. Files that lost their last name in the tree while
 * somebody uses them keep theirs to the end.
 *
 * Everything else is opened through the O_PATH descriptor's link in /proc, once it is
 * known what it is: the host never follows a name of the guest's to anything but a
 * place to be looked at.
 *
 * Locks: host.lock for the lists; never while the host is called.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"

/* A path from one descriptor to the next that is so long is opened in pieces, so many at most. */
#define HOST_PIECES 8
/* A file that is renamed while it is looked for is looked for again. */
#define HOST_TRIES 16
/* Closed at once when the process has no number free. */
#define HOST_SPARE 64u

void host_name_set(struct host_name *n, const char *name, size_t len)
{
        memcpy(n->s, name, len);
        n->s[len] = '\0';
}

void host_link_name(struct host_link *link, int fd)
{
        snprintf(link->s, sizeof(link->s), "thread-self/fd/%d", fd);
}

void host_link_path(struct host_link *link, int fd)
{
        snprintf(link->s, sizeof(link->s), "/proc/thread-self/fd/%d", fd);
}

void host_close(int fd)
{
        if (fd >= 0)
                close(fd);
}

int host_statx(int fd, const char *name, struct statx *ret_st)
{
        const unsigned int mask = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID;
        const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name ? 0 : AT_EMPTY_PATH);

        return statx(fd, name ? name : "", flags, mask, ret_st) < 0 ? -errno : 0;
}

int host_open_path(int fd, const char *name)
{
        struct open_how how = {
                .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
        };
        long r = syscall(SYS_openat2, fd, name, &how, sizeof(how));

        return r < 0 ? -errno : (int)r;
}

/* host.lock held. */
static void pin_locked(struct host *fs, struct host_inode *inode)
{
        if (inode->pins++ == 0) {
                host_list_remove(&inode->fd_link);
                host_list_add(&fs->held, &inode->fd_link);
        }
}

/* Takes at most n descriptors that nobody uses off the list, and closes them. limit: down to so many. */
static unsigned int close_unused(struct host *fs, uint32_t limit, unsigned int n)
{
        int fds[HOST_SPARE];
        unsigned int count = 0, closed;

        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        while (fs->nfds > limit && count < n && fs->fds.next != &fs->fds)
                fds[count++] = host_take_fd(fs, host_container_of(fs->fds.next, struct host_inode, fd_link));
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
        closed = count;
        while (count > 0)
                close(fds[--count]);
        return closed;
}

int host_make_room(struct host *fs, int error)
{
        const int r = (error == EMFILE || error == ENFILE) && close_unused(fs, 0, HOST_SPARE) != 0;

        errno = error;
        return r;
}

int host_reopen(struct host *fs, int fd, int flags, unsigned int mode)
{
        struct host_link link;
        int r;

        host_link_name(&link, fd);
        do
                r = openat(fs->proc_fd, link.s, flags | O_CLOEXEC | O_NOCTTY | O_LARGEFILE, mode);
        while (r < 0 && host_make_room(fs, errno));
        return r < 0 ? -errno : r;
}

int host_take_fd(struct host *fs, struct host_inode *inode)
{
        const int fd = inode->fd;

        if (fd >= 0) {
                host_list_remove(&inode->fd_link);
                inode->fd = -1;
                host_count(&fs->nfds, -1);
        }
        return fd;
}

/* Gives inode a descriptor unless it has one; *ret_fd, if wanted, is what it has, pinned. */
static void give(struct host *fs, struct host_inode *inode, int fd, uint32_t state, int *ret_fd)
{
        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        if (inode->fd < 0 && fd >= 0) {
                inode->fd = fd;
                host_count(&fs->nfds, 1);
                host_list_add(inode->pins != 0 ? &fs->held : &fs->fds, &inode->fd_link);
                fd = -1;
        }
        if ((state & HOST_I_STICKY) && !(inode->state & HOST_I_STICKY)) {
                inode->state |= HOST_I_STICKY;
                pin_locked(fs, inode);
        }
        if (ret_fd) {
                *ret_fd = inode->fd;
                pin_locked(fs, inode);
        }
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
        host_close(fd);
        if (__atomic_load_n(&fs->nfds, __ATOMIC_RELAXED) > fs->options.max_fds)
                close_unused(fs, fs->options.max_fds, HOST_SPARE);
}

void host_give_fd(struct host *fs, struct host_inode *inode, int fd, uint32_t state)
{
        give(fs, inode, fd, state, NULL);
}

void host_give_pinned(struct host *fs, struct host_inode *inode, int fd, uint32_t state)
{
        int pinned;

        give(fs, inode, fd, state, &pinned);
}

void host_close_all(struct host *fs)
{
        struct host_list *lists[] = { &fs->fds, &fs->held };

        for (int i = 0; i < 2; i++) {
                while (lists[i]->next != lists[i]) {
                        struct host_inode *inode = host_container_of(lists[i]->next, struct host_inode,
                                                                     fd_link);

                        host_close(host_take_fd(fs, inode));
                }
        }
}

/* Pins it if it is open. */
static int pin_open(struct host *fs, struct host_inode *inode, int *ret_fd)
{
        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        *ret_fd = inode->fd;
        if (inode->fd >= 0)
                pin_locked(fs, inode);
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
        return *ret_fd >= 0;
}

/* A name of the inode that is in the tree, referenced; NULL: there is none. */
static struct vfs_dentry *live_name(struct host *fs, struct host_inode *inode)
{
        struct vfs_dentry *d = NULL;

        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        for (struct host_node *n = inode->names; n && !d; n = n->name_next) {
                /* On the list until its release, so that it is there to be asked. */
                if (!host_is_dead(&n->d) && vfs_dentry_tryget(&n->d))
                        d = &n->d;
        }
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
        return d;
}

static int pin(struct host *fs, struct vfs_dentry *d, int pieces, int *ret_fd);

/*
 * Opens d from the nearest place above that is open. path has room for
 * VFS_PATH_MAX bytes.
 */
static int open_from_above(struct host *fs, struct vfs_dentry *d, char *path, int pieces)
{
        size_t start = VFS_PATH_MAX - 1, len;
        struct vfs_dentry *at = d, *up;
        char name[VFS_NAME_MAX];
        int fd, r;

        vfs_dentry_get(at);
        path[start] = '\0';
        for (;;) {
                up = vfs_tree_parent_get(at, name, &len);
                if (up == at || host_is_dead(at)) {
                        vfs_dentry_put(up);
                        vfs_dentry_put(at);
                        return -ESTALE;
                }
                if (start < len + 1) {
                        vfs_dentry_put(up);
                        up = at;
                        r = pieces == 0 ? -ENAMETOOLONG : pin(fs, at, pieces - 1, &fd);
                        if (r == 0)
                                start++; /* behind the slash */
                        break;
                }
                start -= len;
                memcpy(path + start, name, len);
                vfs_dentry_put(at);
                at = up;
                r = 0;
                if (pin_open(fs, host_inode_of(up), &fd))
                        break;
                path[--start] = '/';
        }
        if (r == 0) {
                r = host_open_path(fd, path + start);
                host_unpin(up);
        }
        vfs_dentry_put(up);
        return r;
}

static int pin(struct host *fs, struct vfs_dentry *d, int pieces, int *ret_fd)
{
        struct host_inode *inode = host_inode_of(d);
        struct vfs_dentry *name;
        struct host_id id;
        struct statx st;
        char *path = NULL;
        int fd = -ESTALE, r = -ESTALE;

        if (pin_open(fs, inode, ret_fd))
                return 0;
        for (int i = 0; i < HOST_TRIES; i++) {
                name = live_name(fs, inode);
                if (!name)
                        break;
                if (!path)
                        path = vfs_arena_alloc(fs->base.arena, VFS_PATH_MAX);
                if (!path) {
                        vfs_dentry_put(name);
                        return -ENOMEM;
                }
                fd = open_from_above(fs, name, path, pieces);
                vfs_dentry_put(name);
                if (fd < 0 && host_make_room(fs, -fd)) {
                        r = fd;
                        continue;
                }
                if (fd < 0 && fd != -ENOENT && fd != -ENOTDIR && fd != -ELOOP && fd != -ESTALE) {
                        r = fd;
                        break;
                }
                r = -ESTALE;
                if (fd >= 0 && host_statx(fd, NULL, &st) == 0) {
                        host_id_of(&st, &id);
                        if (host_id_same(&id, &inode->id)) {
                                give(fs, inode, fd, 0, ret_fd);
                                r = 0;
                                break;
                        }
                }
                host_close(fd);
                /* Others' doing stays; ours, a rename in the middle, does not. */
                if (host_is_shared(fs))
                        break;
                sched_yield();
        }
        vfs_arena_free(fs->base.arena, path, VFS_PATH_MAX);
        return r;
}

int host_pin(struct vfs_dentry *d, int *ret_fd)
{
        return pin(host_of(d->fs), d, HOST_PIECES, ret_fd);
}

void host_unpin(struct vfs_dentry *d)
{
        struct host *fs = host_of(d->fs);
        struct host_inode *inode = host_inode_of(d);
        int over;

        vfs_mutex_lock(&fs->lock, VFS_LOCK_FS_INNER);
        if (--inode->pins == 0) {
                host_list_remove(&inode->fd_link);
                host_list_add(&fs->fds, &inode->fd_link);
        }
        over = fs->nfds > fs->options.max_fds;
        vfs_mutex_unlock(&fs->lock, VFS_LOCK_FS_INNER);
        if (over)
                close_unused(fs, fs->options.max_fds, HOST_SPARE);
}

int host_keep_fd(struct vfs_dentry *d)
{
        struct host *fs = host_of(d->fs);
        int fd, r;

        r = host_pin(d, &fd);
        if (r < 0)
                return r;
        host_give_fd(fs, host_inode_of(d), -1, HOST_I_STICKY);
        host_unpin(d);
        return 0;
}
