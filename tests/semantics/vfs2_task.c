/*
 * vfs2_task.c - vfs2's driver: tasks and namespaces. A task is a filesystem
 * context and credentials; all share one table of descriptors.
 */
#include "tests/semantics/vfs2_driver.h"

#include <errno.h>
#include <string.h>

static int change_cred(struct vfs2_task *task, const struct driver_cred *cred)
{
        struct vfs_cred *made;
        struct vfs_cred_opts opts = {
                .size = sizeof(opts),
                .uid = cred->uid,
                .gid = cred->gid,
                .ruid = cred->uid,
                .rgid = cred->gid,
                .ngroups = cred->ngroups,
                .groups = cred->groups,
                .caps = cred->caps & VFS_CAP_ALL,
                .caps_permitted = VFS_CAP_ALL,
                .userns = task->userns,
        };
        int r;

        r = vfs_cred_new(&opts, &made);
        if (r < 0)
                return r;
        vfs_cred_put(task->cred);
        task->cred = made;
        task->uid = cred->uid;
        task->gid = cred->gid;
        return 0;
}

int vfs2_task_init(struct vfs2_task *task, struct vfs *vfs, struct vfs_fsctx *fs)
{
        const struct driver_cred root = { .caps = VFS_CAP_ALL };
        int r;

        r = change_cred(task, &root);
        if (r < 0)
                return r;
        task->fs = fs;
        task->ctx.vfs = vfs;
        vfs_fsctx_refresh(fs, &task->ctx);
        return 0;
}

void vfs2_tasks_end(struct vfs2_driver *v)
{
        for (int i = 0; i <= v->ntasks; i++) {
                struct vfs2_task *task = &v->tasks[i];

                vfs_fsctx_release(&task->ctx);
                vfs_fsctx_put(task->fs);
                vfs_cred_put(task->cred);
                vfs_userns_put(task->userns);
                vfs_mntns_put(task->watched);
        }
        for (int i = 0; i < v->nns; i++)
                vfs_mntns_put(v->ns[i]);
}

int64_t vfs2_set_cred(struct driver *d, const struct driver_cred *cred)
{
        return change_cred(vfs2_self(d)->task, cred);
}

int64_t vfs2_task_new(struct driver *d)
{
        struct vfs2_driver *v = vfs2_self(d);
        struct vfs2_task *task = &v->tasks[v->ntasks + 1];
        int r;

        if (v->ntasks + 1 == VFS2_TASKS)
                return -EAGAIN;
        r = vfs_fsctx_copy(v->task->fs, &task->fs);
        if (r < 0)
                return r;
        task->cred = vfs_cred_get(v->task->cred);
        task->userns = vfs_userns_get(v->task->userns);
        task->uid = v->task->uid;
        task->gid = v->task->gid;
        task->ctx.vfs = v->vfs;
        task->ctx.fsize_limit = v->task->ctx.fsize_limit;
        vfs_fsctx_refresh(task->fs, &task->ctx);
        return ++v->ntasks;
}

int64_t vfs2_task_switch(struct driver *d, int task)
{
        struct vfs2_driver *v = vfs2_self(d);

        if (task < 0 || task > v->ntasks)
                return -ESRCH;
        /* A context keeps what it last saw: a task that does nothing any more must not keep a mount busy. */
        vfs2_ctx(d);
        v->task = &v->tasks[task];
        return 0;
}

static int unshare_user(struct vfs2_task *task, const struct driver_ids *ids)
{
        const struct driver_cred all = { .uid = task->uid, .gid = task->gid, .caps = VFS_CAP_ALL };
        struct vfs_id_range uids[DRIVER_RANGES_MAX] = { { 0, 65536 } };
        struct vfs_id_range gids[DRIVER_RANGES_MAX] = { { 0, 65536 } };
        struct vfs_userns_opts opts = {
                .size = sizeof(opts),
                .parent = task->userns,
                .uid = task->uid,
                .gid = task->gid,
                .uids = uids,
                .gids = gids,
                .nuids = ids ? ids->nuids : 1,
                .ngids = ids ? ids->ngids : 1,
        };
        struct vfs_userns *made;
        int r;

        for (uint32_t i = 0; ids && i < DRIVER_RANGES_MAX; i++) {
                uids[i] = (struct vfs_id_range){ ids->uids[i].first, ids->uids[i].count };
                gids[i] = (struct vfs_id_range){ ids->gids[i].first, ids->gids[i].count };
        }
        r = vfs_userns_new(&opts, &made);
        if (r < 0)
                return r;
        vfs_userns_put(task->userns);
        task->userns = made;
        return change_cred(task, &all);
}

int64_t vfs2_unshare(struct driver *d, uint32_t flags, const struct driver_ids *ids)
{
        struct vfs2_task *task = vfs2_self(d)->task;
        int r = 0;

        if (flags & DRIVER_NEWUSER)
                r = unshare_user(task, ids);
        if (r == 0 && flags & DRIVER_NEWNS)
                r = vfs_fsctx_unshare(task->fs, vfs2_ctx(d), task->userns);
        return r;
}

int64_t vfs2_ns_save(struct driver *d)
{
        struct vfs2_driver *v = vfs2_self(d);

        if (v->nns == VFS2_NS)
                return -EMFILE;
        v->ns[v->nns] = vfs_mntns_get(vfs2_ctx(d)->mntns);
        return v->nns++;
}

static struct vfs_mntns *ns_of(struct driver *d, int ns)
{
        return ns >= 0 && ns < vfs2_self(d)->nns ? vfs2_self(d)->ns[ns] : NULL;
}

int64_t vfs2_ns_enter(struct driver *d, int ns)
{
        struct vfs_mntns *to = ns_of(d, ns);

        return to ? vfs_fsctx_setns(vfs2_self(d)->task->fs, vfs2_ctx(d), to) : -EBADF;
}

int64_t vfs2_ns_drop(struct driver *d, int ns)
{
        struct vfs_mntns *gone = ns_of(d, ns);

        if (!gone)
                return -EBADF;
        vfs2_self(d)->ns[ns] = NULL;
        /* The context borrows nothing, but keeps what it last saw: let it see what is now. */
        vfs2_ctx(d);
        vfs_mntns_put(gone);
        return 0;
}

int64_t vfs2_ns_id(struct driver *d, int ns, uint64_t *ret_id)
{
        struct vfs_mntns *of = ns_of(d, ns);

        if (!of)
                return -EBADF;
        *ret_id = vfs_mntns_id(of);
        return 0;
}

int64_t vfs2_mounts_watch(struct driver *d)
{
        struct vfs2_task *task = vfs2_self(d)->task;
        struct vfs_mntns *ns = vfs2_ctx(d)->mntns;

        vfs_mntns_put(task->watched);
        task->watched = vfs_mntns_get(ns);
        task->event = vfs_mntns_event(ns);
        return 0;
}

int64_t vfs2_mounts_changed(struct driver *d)
{
        struct vfs2_task *task = vfs2_self(d)->task;
        uint64_t event;

        if (!task->watched)
                return -EBADF;
        event = vfs_mntns_event(task->watched);
        if (event == task->event)
                return 0;
        task->event = event;
        return 1;
}

int64_t vfs2_mounts_unwatch(struct driver *d)
{
        struct vfs2_task *task = vfs2_self(d)->task;

        if (!task->watched)
                return -EBADF;
        vfs_mntns_put(task->watched);
        task->watched = NULL;
        return 0;
}
