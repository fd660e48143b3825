/*
 * side_mounts.c - operations on mounts and namespaces, and the tasks of a world
 * of namespaces.
 */
#include "tests/oracle/side_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "tests/oracle/mountinfo.h"

#define MANY_MOUNTS 30 /* a world that has more makes no new ones until some are gone */

/*
 * Tasks and namespaces
 */

void side_switch(struct side *side, int task)
{
        side->d->ops->task_switch(side->d, task);
}

static int remember(struct side *side)
{
        struct side_mounts *m = &side->mounts;
        int i = 0;

        while (m->ns[i] >= 0)
                i++;
        m->ns[i] = (int)side->d->ops->ns_save(side->d);
        m->nsaved++;
        return m->ns[i] < 0 ? m->ns[i] : 0;
}

int side_init_namespaces(struct side *side)
{
        const struct driver_ops *k = side->d->ops;
        struct side_mounts *m = &side->mounts;
        int r;

        m->on = 1;
        for (int i = 0; i < SIDE_NS; i++)
                m->ns[i] = -1;
        m->observer = (int)k->task_new(side->d);
        if (m->observer < 0)
                return m->observer;
        side_switch(side, m->observer);
        r = (int)k->unshare(side->d, DRIVER_NEWNS, NULL);
        m->home = (int)k->ns_save(side->d);
        side_switch(side, 0);
        for (int i = 1; i < SIDE_TASKS; i++)
                m->tasks[i] = (int)k->task_new(side->d);
        if (r < 0 || m->home < 0 || m->tasks[SIDE_TASKS - 1] < 0)
                return -EIO;
        m->nsaved = 1;
        return remember(side);
}

static int64_t run_task(struct side *side, int task)
{
        struct side_mounts *m = &side->mounts;

        m->users[m->task] = side->user;
        m->task = task;
        side->user = m->users[task];
        m->nlisted = 0;
        side_switch(side, m->tasks[task]);
        return 0;
}

/*
 * Remembers the new namespace. There is no room for more than a few of them. The first task keeps its user
 * namespace: it must be able to end the others.
 */
static int64_t run_unshare(struct side *side, int user)
{
        struct side_mounts *m = &side->mounts;
        uint32_t flags = DRIVER_NEWNS | (user && m->task != 0 ? DRIVER_NEWUSER : 0);
        int64_t r;
        int n = 0;

        for (int i = 0; i < SIDE_NS; i++)
                n += m->ns[i] >= 0;
        if (n == SIDE_NS || m->nsaved == 8)
                return -ENOSPC;
        r = side->d->ops->unshare(side->d, flags, NULL);
        if (r < 0)
                return r;
        m->nlisted = 0;
        if (flags & DRIVER_NEWUSER)
                side->user = -1; /* all capabilities, in the new one */
        return remember(side);
}

static int64_t run_setns(struct side *side, int which)
{
        struct side_mounts *m = &side->mounts;
        int64_t r = m->ns[which] < 0 ? -EBADF : side->d->ops->ns_enter(side->d, m->ns[which]);

        if (r == 0) {
                m->nlisted = 0;
                m->rooted[m->task] = 1; /* the root is what is mounted over the namespace's */
        }
        return r;
}

static int64_t run_nsdrop(struct side *side, int which)
{
        struct side_mounts *m = &side->mounts;
        int64_t r = -EBADF;

        if (m->ns[which] >= 0)
                r = side->d->ops->ns_drop(side->d, m->ns[which]);
        m->ns[which] = -1;
        return r;
}

/*
 * Mounts
 */

/* Unmounting the root directory changes the whole filesystem (it goes read-only). */
static int is_root_mount(struct driver *d, const char *path)
{
        struct vfs_statx st, root;

        return d->ops->statx(d, DRIVER_CWD, path, 0, VFS_STATX_MNT_ID, &st) == 0 &&
               d->ops->statx(d, DRIVER_CWD, "/", 0, VFS_STATX_MNT_ID, &root) == 0 && st.mnt_id == root.mnt_id;
}

static int64_t run_mount(struct side *side, const struct op *op, const char *path, const char *path2)
{
        static const char *const options[] = { NULL, "size=4m", "mode=700", "zork=1", "size=x", "" };
        const uint32_t others = VFS_MS_REMOUNT | VFS_MS_BIND | VFS_MS_MOVE | VFS_MS_SHARED | VFS_MS_PRIVATE |
                                VFS_MS_SLAVE | VFS_MS_UNBINDABLE;
        int is_new = !(op->flags & others);
        const char *source = is_new ? "none" : op->flags & VFS_MS_REMOUNT ? NULL : path;
        const char *data = options[(uint64_t)op->a % (sizeof(options) / sizeof(options[0]))];

        if (is_new && !data)
                data = "size=8m,mode=755,nr_inodes=1000";
        return side->d->ops->mount(side->d, op->mode & OP_MOUNT_NO_SOURCE ? NULL : source, path2,
                                   is_new && !(op->mode & OP_MOUNT_NO_TYPE) ? "tmpfs" : NULL, op->flags,
                                   data);
}

/* What a context says was wrong. */
static void say_messages(struct driver *d, int fd, struct outcome *out)
{
        char message[256];
        int64_t n;

        while ((n = d->ops->read(d, fd, message, sizeof(message))) > 0)
                say(out, "%.*s|", (int)n - 1, message);
        say(out, "%lld", (long long)n);
}

static int64_t run_fsconfig(struct side *side, const struct op *op, const char *key, const char *value,
                            struct outcome *out)
{
        struct driver *d = side->d;
        const int fd = fd_of(side, op->fd);
        int64_t r = d->ops->fsconfig(d, fd, op->flags, op->mode & OP_FSCONFIG_NO_KEY ? NULL : key,
                                     op->mode & OP_FSCONFIG_NO_VALUE ? NULL : value, (int)op->a);

        out->bad_fd = fd == DRIVER_BAD_FD;
        if (op->b)
                say_messages(d, fd, out);
        return r;
}

int64_t side_run_mount(struct side *side, const struct op *op, const char *path, const char *path2,
                       struct outcome *out)
{
        const struct vfs_mount_attr attr = { .attr_set = (uint64_t)op->a,
                                             .attr_clr = (uint64_t)op->b,
                                             .propagation = op->mode };
        struct driver *d = side->d;
        const struct driver_ops *k = d->ops;
        int64_t r;

        switch (op->kind) {
        case OP_mount:
                return run_mount(side, op, path, path2);
        case OP_umount:
                /* Where that is not what is played for. */
                if (!side->mounts.on && is_root_mount(d, path))
                        return 0;
                return k->umount(d, path, op->flags);
        case OP_pivot_root:
                return k->pivot_root(d, path, path2);
        case OP_open_tree:
                r = k->open_tree(d, fd_of(side, op->fd2), path, op->flags);
                take(side, op->fd % OP_SLOTS, &r);
                return r;
        case OP_open_tree_attr:
                r = k->open_tree_attr(d, fd_of(side, op->fd2), path, op->flags, &attr, sizeof(attr));
                take(side, op->fd % OP_SLOTS, &r);
                return r;
        case OP_move_mount:
                return k->move_mount(d, fd_of(side, op->fd), path, fd_of(side, op->fd2), path2, op->flags);
        case OP_mount_setattr:
                return k->mount_setattr(d, fd_of(side, op->fd2), path, op->flags, &attr, sizeof(attr));
        case OP_chroot:
                r = k->chroot(d, path);
                if (r == 0)
                        side->mounts.rooted[side->mounts.task] = 1;
                return r;
        case OP_unshare:
                return run_unshare(side, op->a != 0);
        case OP_setns:
                return run_setns(side, (int)op->a % SIDE_NS);
        case OP_nsdrop:
                return run_nsdrop(side, (int)op->a % SIDE_NS);
        case OP_task:
                return run_task(side, (int)op->a % SIDE_TASKS);
        case OP_fsopen:
                r = k->fsopen(d, "tmpfs", op->flags);
                take(side, op->fd % OP_SLOTS, &r);
                return r;
        case OP_fspick:
                r = k->fspick(d, fd_of(side, op->fd2), path, op->flags);
                take(side, op->fd % OP_SLOTS, &r);
                return r;
        case OP_fsconfig:
                return run_fsconfig(side, op, path, path2, out);
        case OP_fsmount:
                out->bad_fd = fd_of(side, op->fd) == DRIVER_BAD_FD;
                r = k->fsmount(d, fd_of(side, op->fd), op->flags, op->mode);
                take(side, op->fd2 % OP_SLOTS, &r);
                return r;
        default:
                return -ENOSYS;
        }
}

/*
 * What is not run
 */

static int makes_mounts(const struct op *op)
{
        switch (op->kind) {
        case OP_mount:
                return !(op->flags & VFS_MS_REMOUNT);
        case OP_open_tree:
        case OP_open_tree_attr:
        case OP_move_mount:
        case OP_unshare:
                return 1;
        default:
                return 0;
        }
}

/* The parent of the mount with a unique id; 0: it is of no namespace, or of another. */
static uint64_t parent_of(struct driver *d, uint64_t id)
{
        struct vfs_mnt_id_req req = { .size = VFS_MNT_ID_REQ_SIZE_VER0,
                                      .mnt_id = id,
                                      .param = VFS_STATMOUNT_MNT_BASIC };
        struct vfs_statmount st;
        int64_t r = d->ops->statmount(d, &req, &st, sizeof(st), 0);

        /* A kernel that does not say: it might be a root. */
        return r == 0 ? st.mnt_parent_id : r == -ENOENT ? 0 : id;
}

/* Is what umount2(2) finds at path the root mount of a namespace? Its parent is its own parent. */
static int is_absolute_root(struct side *side, const char *path)
{
        static struct mountinfo info;
        static char text[1 << 18];
        struct driver *d = side->d;
        struct vfs_statx st;
        uint64_t parent;
        int64_t n;

        if (d->ops->statx(d, DRIVER_CWD, path, 0, VFS_STATX_MNT_ID, &st) < 0)
                return 0;
        n = d->ops->mountinfo(d, text, sizeof(text) - 1);
        text[n > 0 ? n : 0] = '\0';
        /* Something is mounted over a root that the path ends at. */
        if (mountinfo_parse(text, &info) == 0 && mountinfo_topmost(&info, (int)st.mnt_id) > 0 &&
            mountinfo_topmost(&info, (int)st.mnt_id) != (int)st.mnt_id)
                return 0;
        if (d->ops->statx(d, DRIVER_CWD, path, 0, VFS_STATX_MNT_ID_UNIQUE, &st) < 0)
                return 0;
        parent = parent_of(d, st.mnt_id);
        return parent != 0 && parent_of(d, parent) == parent;
}

int side_excuses(struct side *side, const struct op *op, const struct outcome *host)
{
        /* Nobody in a chroot makes a user namespace; here that is for the embedder to know. */
        return side->mounts.on && op->kind == OP_unshare && op->a && host->r == -EPERM;
}

int side_avoids(struct side *side, const struct op *op)
{
        if (!side->mounts.on)
                return 0;
        if (makes_mounts(op) && side->mounts.most > MANY_MOUNTS)
                return 1;
        if (op->kind != OP_umount || !(op->flags & VFS_MNT_DETACH))
                return 0;
        side_become(side, 0);
        return is_absolute_root(side, op->path);
}
