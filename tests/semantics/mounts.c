/*
 * mounts.c - what the cases about mounts share.
 */
#include "tests/semantics/mounts.h"

#include <stdlib.h>

#define LINES_MAX 512

static struct mount_line lines[LINES_MAX];
static int nlines;

/* Takes the next word of *at, up to a space or the end, into a buffer. */
static void word(char **at, char *into, size_t size)
{
        size_t n = strcspn(*at, " ");

        WANT(n < size);
        memcpy(into, *at, n);
        into[n] = '\0';
        *at += n + ((*at)[n] == ' ');
}

static void parse(char *at, struct mount_line *line)
{
        char field[160];
        int n;

        memset(line, 0, sizeof(*line));
        WANT(sscanf(at, "%u %u %u:%u %n", &line->id, &line->parent, &line->major, &line->minor, &n) == 4);
        at += n;
        word(&at, line->root, sizeof(line->root));
        word(&at, line->point, sizeof(line->point));
        word(&at, line->opts, sizeof(line->opts));
        for (word(&at, field, sizeof(field)); strcmp(field, "-"); word(&at, field, sizeof(field))) {
                WANT(*field);
                WANT(strlen(line->tags) + strlen(field) + 2 < sizeof(line->tags));
                strcat(line->tags, *line->tags ? " " : "");
                strcat(line->tags, field);
        }
        word(&at, line->type, sizeof(line->type));
        word(&at, line->source, sizeof(line->source));
        word(&at, line->super, sizeof(line->super));
        WANT(!*at);
}

static void read_lines(void)
{
        static char buf[131072];
        int64_t n = OK(drv->ops->mountinfo(drv, buf, sizeof(buf) - 1));
        char *at = buf, *end;

        buf[n] = '\0';
        for (nlines = 0; *at; at = end + 1) {
                end = strchr(at, '\n');
                WANT(end && nlines < LINES_MAX);
                *end = '\0';
                parse(at, &lines[nlines++]);
        }
}

static const struct mount_line *parent_of(const struct mount_line *line)
{
        for (int i = 0; i < nlines; i++)
                if (lines[i].id == line->parent && &lines[i] != line)
                        return &lines[i];
        return NULL;
}

static int depth(const struct mount_line *line)
{
        int n = 0;

        while (line && n <= nlines) {
                line = parent_of(line);
                n++;
        }
        WANT(n <= nlines);
        return n;
}

const struct mount_line *mount_at(const char *point)
{
        const struct mount_line *found = NULL;

        read_lines();
        for (int i = 0; i < nlines; i++)
                if (!strcmp(lines[i].point, point) && (!found || depth(&lines[i]) > depth(found)))
                        found = &lines[i];
        if (!found)
                ck_abort_msg("%s: nothing is mounted at %s", drv->ops->name, point);
        return found;
}

int mounts_at(const char *point)
{
        int n = 0;

        read_lines();
        for (int i = 0; i < nlines; i++)
                n += !strcmp(lines[i].point, point);
        return n;
}

int mounts_in_order(const char **points, int n)
{
        read_lines();
        for (int i = 0; i < n && i < nlines; i++)
                points[i] = lines[i].point;
        return nlines;
}

/* By point, from the root up; what is still equal by the mount it lies on, and what it shows. */
static int compare(const struct mount_line *x, const struct mount_line *y)
{
        const struct mount_line *px = parent_of(x), *py = parent_of(y);
        int r = strcmp(x->point, y->point);

        if (!r)
                r = depth(x) - depth(y);
        if (!r && px && py && px != py)
                r = compare(px, py);
        if (!r)
                r = strcmp(x->root, y->root);
        return r ? r : strcmp(x->source, y->source);
}

static int by_point(const void *a, const void *b)
{
        const struct mount_line *const *x = a, *const *y = b;

        return compare(*x, *y);
}

/* A number that stands for key: 1 for the first one seen, and so on. */
static int number_of(uint64_t key, uint64_t *seen, int *nseen)
{
        int i = 0;

        while (i < *nseen && seen[i] != key)
                i++;
        if (i == *nseen)
                seen[(*nseen)++] = key;
        return i + 1;
}

static void append(char *text, size_t size, const char *s)
{
        WANT(strlen(text) + strlen(s) < size);
        strcat(text, s);
}

const char *mounts(void)
{
        static char text[32768];
        const struct mount_line *sorted[LINES_MAX];
        uint64_t devices[LINES_MAX], groups[2 * LINES_MAX], rootdev = 0;
        int ndevices = 0, ngroups = 0, n = 0;
        char part[512];

        read_lines();
        *text = '\0';
        for (int i = 0; i < nlines; i++) {
                if (!parent_of(&lines[i]) && !strcmp(lines[i].point, "/"))
                        rootdev = ((uint64_t)lines[i].major << 32) | lines[i].minor;
                else
                        sorted[n++] = &lines[i];
        }
        qsort(sorted, (size_t)n, sizeof(sorted[0]), by_point);
        for (int i = 0; i < n; i++) {
                const struct mount_line *line = sorted[i], *parent = parent_of(line);
                uint64_t device = ((uint64_t)line->major << 32) | line->minor;
                const char *at = line->tags;

                snprintf(part, sizeof(part), "%s%s%s ", i ? ", " : "",
                         parent && !strcmp(parent->point, line->point) ? "^" : "", line->point + 1);
                append(text, sizeof(text), part);
                if (device == rootdev)
                        snprintf(part, sizeof(part), "root");
                else
                        snprintf(part, sizeof(part), "%c", 'A' - 1 + number_of(device, devices, &ndevices));
                append(text, sizeof(text), part);
                if (strcmp(line->root, "/"))
                        append(text, sizeof(text), line->root);
                if (*at)
                        append(text, sizeof(text), " ");
                while (*at) {
                        size_t len = strcspn(at, "0123456789");

                        snprintf(part, sizeof(part), "%.*s", (int)len, at);
                        append(text, sizeof(text), part);
                        at += len;
                        if (*at) {
                                char *end;
                                uint64_t id = strtoull(at, &end, 10);

                                snprintf(part, sizeof(part), "%d", number_of(id, groups, &ngroups));
                                append(text, sizeof(text), part);
                                at = end;
                        }
                }
        }
        return text;
}

/* Calls make for each of the names in a list with spaces between. */
static void each_name(const char *names, void (*make)(const char *name))
{
        char name[128];

        while (*names) {
                size_t n = strcspn(names, " ");

                WANT(n && n < sizeof(name));
                memcpy(name, names, n);
                name[n] = '\0';
                make(name);
                names += n + (names[n] == ' ');
        }
}

static void one_dir(const char *name)
{
        make_dir(name, 0755);
}

static void one_mount(const char *name)
{
        make_dir(name, 0755);
        OK(mount_tmpfs(name));
}

void make_mounts(const char *names)
{
        each_name(names, one_mount);
}

void make_dirs(const char *names)
{
        each_name(names, one_dir);
}

int detached_tmpfs(void)
{
        int context = (int)OK(sys_fsopen("tmpfs")), fd;

        OK(fsconfig_string(context, "mode", "755"));
        OK(fsconfig_create(context));
        fd = (int)OK(sys_fsmount(context, 0));
        OK(sys_close(context));
        return fd;
}

void make_dir_in(int fd, const char *path)
{
        OK(drv->ops->mkdir(drv, fd, path, 0755));
}

int exists_in(int fd, const char *path)
{
        struct vfs_statx st;

        return sys_statx(fd, path, VFS_AT_SYMLINK_NOFOLLOW, &st) == 0;
}

static struct vfs_statx look(int fd, const char *path, uint32_t mask)
{
        struct vfs_statx st;

        OK(drv->ops->statx(drv, fd, path, VFS_AT_EMPTY_PATH | VFS_AT_SYMLINK_NOFOLLOW, mask, &st));
        return st;
}

int is_mount_root(int fd, const char *path)
{
        return !!(look(fd, path, VFS_STATX_BASIC_STATS).attributes & VFS_STATX_ATTR_MOUNT_ROOT);
}

uint64_t unique_id(int fd, const char *path)
{
        struct vfs_statx st = look(fd, path, VFS_STATX_BASIC_STATS | VFS_STATX_MNT_ID_UNIQUE);

        WANT(st.mask & VFS_STATX_MNT_ID_UNIQUE);
        return st.mnt_id;
}

uint64_t old_id(int fd, const char *path)
{
        struct vfs_statx st = look(fd, path, VFS_STATX_BASIC_STATS | VFS_STATX_MNT_ID);

        WANT(st.mask & VFS_STATX_MNT_ID);
        return st.mnt_id;
}

const char *cwd(void)
{
        static char buf[256];

        if (sys_getcwd(buf, sizeof(buf)) < 0)
                *buf = '\0';
        return buf;
}
