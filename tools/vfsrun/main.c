/*
 * main.c - vfsrun: runs a program in a namespace of vfs2's.
 *
 * Builds the namespace as the options say, starts the program's process, serves its
 * calls and those of all its descendants until it ends, and takes everything down.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/vfsrun/desc.h"
#include "tools/vfsrun/image.h"
#include "tools/vfsrun/options.h"
#include "tools/vfsrun/start.h"
#include "tools/vfsrun/sys.h"
#include "tools/vfsrun/task.h"

struct vfsrun vr;

static void die(int status, const char *what, const char *about, int error)
{
        fprintf(stderr, "vfsrun: %s%s%s%s: %s\n", what, about ? " '" : "", about ? about : "",
                about ? "'" : "", strerror(-error));
        exit(status);
}

/* All directories of a path. */
static int make_path(const struct vfs_ctx *ctx, const char *path)
{
        char part[VFS_PATH_MAX];
        int r = 0;

        if (strlen(path) >= sizeof(part))
                return -ENAMETOOLONG;
        strcpy(part, path);
        for (char *slash = strchr(part + 1, '/'); (r == 0 || r == -EEXIST) && slash;
             slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                r = vfs_mkdir(ctx, NULL, part, 0755);
                *slash = '/';
        }
        if (r == 0 || r == -EEXIST)
                r = vfs_mkdir(ctx, NULL, part, 0755);
        return r == -EEXIST ? 0 : r;
}

static void build_namespace(const struct options *o, struct vfs_ctx *ctx)
{
        const struct vfs_config config = { .size = sizeof(config), .wait = notify_wait, .wake = notify_wake };
        char failed[VFS_PATH_MAX], about[VFS_PATH_MAX + 16];
        struct vfs_cred *root = NULL;
        int r;

        r = vfs_new(&config, &vr.vfs);
        if (r == 0)
                r = vfs_cred_new_root(&root);
        if (r < 0)
                die(1, "starting", NULL, r);
        vr.root = root;
        snprintf(about, sizeof(about), "%s:%s", o->root_type, o->root_source);
        r = vfs_mntns_new(vr.vfs, root, *o->root_source ? o->root_source : "none", o->root_type, 0,
                          strcmp(o->root_type, "tmpfs") == 0 ? "mode=755" : NULL, &vr.mntns);
        if (r < 0)
                die(2, "root", about, r);
        vfs_mntns_root(vr.mntns, &vr.root_path);
        vfs_ctx_init(ctx, vr.mntns, root);
        for (unsigned int i = 0; i < o->nimports; i++) {
                r = import_path(ctx, o->imports[i], failed);
                if (r < 0)
                        die(2, "importing", *failed ? failed : o->imports[i], r);
        }
        r = devices_register(vr.vfs);
        if (r == 0)
                r = devices_populate(ctx);
        if (r < 0 && r != -EROFS)
                die(1, "making /dev", NULL, r);
        for (unsigned int i = 0; i < o->nmounts; i++) {
                const struct mount_option *m = &o->mounts[i];
                uint64_t later = m->flags & VFS_MS_BIND ? m->flags & ~(VFS_MS_BIND | VFS_MS_REC) : 0;

                make_path(ctx, m->target); /* if it fails, mounting says why */
                r = vfs_mount(ctx, m->source ? m->source : "none", m->target, m->type, m->flags & ~later,
                              *m->data ? m->data : NULL);
                if (r == 0 && later)
                        r = vfs_mount(ctx, NULL, m->target, NULL, later | VFS_MS_REMOUNT | VFS_MS_BIND, NULL);
                if (r < 0)
                        die(2, "mount", m->text, r);
        }
}

/* The program's path, by PATH if it has no slash: the last error counts that is not ENOENT. */
static int find_program(const struct vfs_ctx *ctx, const char *name, const char *search,
                        char path[VFS_PATH_MAX])
{
        int error = -ENOENT, r;

        if (strchr(name, '/')) {
                snprintf(path, VFS_PATH_MAX, "%s", name);
                return vfs_access(ctx, NULL, path, VFS_X_OK, VFS_AT_EACCESS);
        }
        for (const char *at = search ? search : "/usr/bin:/bin"; *at; at += *at == ':') {
                size_t n = strcspn(at, ":");

                snprintf(path, VFS_PATH_MAX, "%.*s/%s", (int)(n ? n : 1), n ? at : ".", name);
                r = vfs_access(ctx, NULL, path, VFS_X_OK, VFS_AT_EACCESS);
                if (r == 0)
                        return 0;
                if (r != -ENOENT && r != -ENOTDIR)
                        error = r;
                at += n;
        }
        return error;
}

static void set_environment(const struct options *o)
{
        for (unsigned int i = 0; i < o->nenv; i++) {
                if (strchr(o->env[i], '=') ? putenv(o->env[i]) : unsetenv(o->env[i]))
                        die(1, "variable", o->env[i], -errno);
        }
}

/*
 * The first task's context, to look for the program as it will. Exits with 126 or 127, or 2 for the
 * directory.
 */
static void check_program(const struct options *o, const struct cred *cred, struct vfs_ctx *ctx,
                          char path[VFS_PATH_MAX])
{
        struct vfs_path cwd;
        struct vfs_ctx asks;
        int r;

        vfs_ctx_init(&asks, vr.mntns, cred->vfs);
        r = vfs_chdir(&asks, NULL, o->workdir, &cwd);
        if (r < 0)
                die(2, "working directory", o->workdir, r);
        asks.cwd = cwd;
        r = find_program(&asks, o->argv[0], getenv("PATH"), path);
        vfs_path_put(&cwd);
        if (r < 0)
                die(r == -ENOENT || r == -ENOTDIR ? 127 : 126, "running", o->argv[0], r);
}

int main(int argc, char **argv)
{
        struct rlimit files;
        struct options o;
        struct start s = { 0 };
        struct vfs_ctx ctx;
        struct cred *cred;
        char path[VFS_PATH_MAX];
        const char *what = "";
        int r, status;

        options_parse(argc, argv, &o);
        vr.stats = o.stats;
        s.umask = umask(022);
        if (getrlimit(RLIMIT_NOFILE, &s.files) == 0) { /* vfsrun wants as many as it can have */
                files = (struct rlimit){ s.files.rlim_max, s.files.rlim_max };
                setrlimit(RLIMIT_NOFILE, &files);
        }
        set_environment(&o);
        build_namespace(&o, &ctx);
        cred = cred_new(o.uid, o.gid);
        if (!cred)
                die(1, "starting", NULL, -ENOMEM);
        check_program(&o, cred, &ctx, path);

        r = start_jail(&s, &what);
        if (r == 0)
                r = start_processes(&s, path, o.argv, environ, &what);
        if (r < 0)
                die(1, what, NULL, r);
        what = "serving";
        r = descs_start();
        if (r == 0)
                r = tasks_start(s.program, o.workdir, cred);
        if (r == 0)
                r = notify_start();
        if (r < 0) {
                kill(s.init, SIGKILL);
                die(1, what, NULL, r);
        }
        start_go(&s);
        status = start_wait(&s);

        notify_stop();
        tasks_stop();
        descs_stop();
        images_free();
        if (vr.stats)
                stats_print();
        cred_put(cred);
        vfs_path_put(&vr.root_path);
        vfs_mntns_put(vr.mntns);
        vfs_free(vr.vfs);
        vfs_cred_put(vr.root);
        options_free(&o);
        return status;
}
