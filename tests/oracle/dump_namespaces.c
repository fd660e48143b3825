/*
 * dump_namespaces.c - the state of a world of namespaces, as text: what each remembered
 * namespace has mounted and shows to whoever enters it, what each task sees, and where the
 * open files are.
 *
 * Mounts, groups and devices are numbered through all of one text. Files are
 * known by the place that they were met at first.
 */
#include "tests/oracle/side_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/oracle/mountinfo.h"

#define TREE_ENTRIES 150 /* of one tree */
#define TREE_DEPTH   5

struct dump {
        struct side *side;
        struct mount_numbers numbers;
        struct numbers files;
        char *text;
        size_t used, size;
        int entries;
};

static void put(struct dump *dump, const char *text, size_t n)
{
        if (dump->used + n + 1 > dump->size) {
                dump->size = (dump->size + n + 4096) * 2;
                dump->text = realloc(dump->text, dump->size);
        }
        memcpy(dump->text + dump->used, text, n);
        dump->used += n;
        dump->text[dump->used] = '\0';
}

static void put_outcome(struct dump *dump, struct outcome *line)
{
        say(line, "\n");
        put(dump, line->text, strlen(line->text));
}

/*
 * Mounts
 */

static int listed_since(const struct side_mounts *m, int id)
{
        for (size_t i = 0; i < m->nlisted; i++) {
                if (m->listed[i].id == id)
                        return m->listed[i].since;
        }
        return m->looks;
}

/*
 * In which order the kernel listed the lines: by age. Each is described by when it was first seen, because
 * those that came together may be in any order among each other.
 */
static void put_order(struct dump *dump, const int *order, size_t n)
{
        struct side_mounts *m = &dump->side->mounts;
        struct side_mounts was = *m;
        char text[16];

        m->looks++;
        m->nlisted = n;
        put(dump, "order", 5);
        for (size_t i = 0; i < m->nlisted; i++) {
                m->listed[i].id = order[i];
                m->listed[i].since = listed_since(&was, order[i]);
                put(dump, text, (size_t)snprintf(text, sizeof(text), " %d", m->listed[i].since));
        }
        put(dump, "\n", 1);
}

_Static_assert(SIDE_LISTED >= MOUNTINFO_MAX, "all that are read can be noted");

static void put_mountinfo(struct dump *dump, int with_order)
{
        static struct mountinfo info;
        static char text[1 << 18];
        static int order[MOUNTINFO_MAX];
        struct driver *d = dump->side->d;
        char line[1024];
        int64_t n;

        n = d->ops->mountinfo(d, text, sizeof(text) - 1);
        text[n > 0 ? n : 0] = '\0';
        if (n < 0 || mountinfo_parse(text, &info) < 0) {
                put(dump, "no mountinfo\n", 13);
                return;
        }
        for (size_t i = 0; i < info.n; i++)
                order[i] = info.lines[i].id;
        mountinfo_sort(&info);
        for (size_t i = 0; i < info.n; i++)
                put(dump, line,
                    (size_t)mountinfo_print(&info.lines[i], &info, &dump->numbers, line, sizeof(line)));
        if (with_order && !dump->side->mounts.rooted[dump->side->mounts.task])
                put_order(dump, order, info.n);
        if (info.n > dump->side->mounts.most)
                dump->side->mounts.most = info.n;
}

/*
 * Trees
 */

static void say_file(struct dump *dump, struct outcome *line, const struct vfs_statx *st)
{
        const uint64_t device = (uint64_t)st->dev_major << 32 | st->dev_minor;

        say(line, "%06o mount %d%s file %d", st->mode, number_of(&dump->numbers.mounts, st->mnt_id),
            st->attributes & VFS_STATX_ATTR_MOUNT_ROOT ? " root" : "",
            number_of(&dump->files, (uint64_t)number_of(&dump->numbers.devices, device) << 48 |
                                            (st->ino & 0xffffffffffff)));
}

/* What is visible at path from fd, and below it. */
static void put_tree(struct dump *dump, int fd, const char *path, int depth)
{
        struct driver *d = dump->side->d;
        struct outcome line = { .text = "" };
        char child[600], **names;
        struct vfs_statx st;
        int64_t r, n;
        int dir;

        if (dump->entries++ >= TREE_ENTRIES)
                return;
        r = d->ops->statx(d, fd, path, VFS_AT_SYMLINK_NOFOLLOW, VFS_STATX_BASIC_STATS | VFS_STATX_MNT_ID,
                          &st);
        say(&line, "%.300s: ", path);
        if (r < 0)
                say(&line, "error %lld", (long long)-r);
        else
                say_file(dump, &line, &st);
        put_outcome(dump, &line);
        if (r < 0 || (st.mode & S_IFMT) != S_IFDIR || depth == 0)
                return;
        dir = (int)d->ops->openat(d, fd, path, O_RDONLY | O_DIRECTORY | O_NOATIME, 0);
        if (dir < 0)
                return;
        n = list_names(d, dir, &names);
        d->ops->close(d, dir);
        if (n < 0)
                return;
        for (int64_t i = 0; i < n; i++) {
                *strrchr(names[i], '|') = '\0';
                if (!strcmp(names[i], ".") || !strcmp(names[i], ".."))
                        continue;
                snprintf(child, sizeof(child), "%s/%.300s", strcmp(path, "/") ? path : "", names[i]);
                if (strlen(child) < 300)
                        put_tree(dump, fd, child, depth - 1);
        }
        free_names(names, n);
}

static void put_slot(struct dump *dump, int slot)
{
        struct driver *d = dump->side->d;
        const int fd = dump->side->fds[slot];
        struct outcome line = { .text = "" };
        struct vfs_statx st;
        char name[4096];
        int64_t r;

        if (fd == DRIVER_BAD_FD)
                return;
        say(&line, "slot %d: ", slot);
        r = d->ops->statx(d, fd, "", VFS_AT_EMPTY_PATH, VFS_STATX_BASIC_STATS | VFS_STATX_MNT_ID, &st);
        if (r < 0) {
                say(&line, "error %lld", (long long)-r);
                put_outcome(dump, &line);
                return;
        }
        say_file(dump, &line, &st);
        r = d->ops->fd_path(d, fd, name, sizeof(name));
        say(&line, " %.*s", (int)(r < 0 ? 0 : r > 300 ? 300 : r), name);
        put_outcome(dump, &line);
        if ((st.mode & S_IFMT) != S_IFDIR)
                return;
        dump->entries = 0;
        put_tree(dump, fd, ".", 2);
}

static void put_task(struct dump *dump, int task)
{
        struct side *side = dump->side;
        struct driver *d = side->d;
        struct outcome line = { .text = "" };
        struct vfs_statx st;
        char cwd[4096];
        int64_t r;

        side_switch(side, side->mounts.tasks[task]);
        say(&line, "task %d: ", task);
        r = d->ops->getcwd(d, cwd, sizeof(cwd));
        if (r < 0)
                say(&line, "error %lld", (long long)-r);
        else
                say(&line, "%.300s", cwd);
        for (int i = 0; i < 2; i++) {
                r = d->ops->statx(d, DRIVER_CWD, i ? "/" : ".", 0, VFS_STATX_BASIC_STATS | VFS_STATX_MNT_ID,
                                  &st);
                say(&line, i ? " root " : " cwd ");
                if (r < 0)
                        say(&line, "error %lld", (long long)-r);
                else
                        say_file(dump, &line, &st);
        }
        put_outcome(dump, &line);
        put_mountinfo(dump, 0);
}

static void put_namespace(struct dump *dump, int i)
{
        struct side *side = dump->side;
        struct driver *d = side->d;
        struct outcome line = { .text = "" };
        int64_t r = d->ops->ns_enter(d, side->mounts.ns[i]);

        say(&line, "namespace %d: %lld", i, (long long)r);
        put_outcome(dump, &line);
        if (r < 0)
                return;
        put_mountinfo(dump, 0);
        dump->entries = 0;
        put_tree(dump, DRIVER_CWD, "/", TREE_DEPTH);
}

char *side_dump_namespaces(struct side *side)
{
        struct dump *dump = calloc(1, sizeof(*dump));
        struct side_mounts *m = &side->mounts;
        char *text;

        if (!dump)
                return NULL;
        dump->side = side;
        m->most = 0;
        side_switch(side, m->observer);
        for (int i = 0; i < SIDE_NS; i++) {
                if (m->ns[i] >= 0)
                        put_namespace(dump, i);
        }
        side->d->ops->ns_enter(side->d, m->home);
        for (int i = 0; i < OP_SLOTS; i++)
                put_slot(dump, i);
        for (int i = 0; i < SIDE_TASKS; i++) {
                side_switch(side, m->tasks[i]);
                put_task(dump, i);
        }
        side_switch(side, m->tasks[m->task]);
        text = dump->text;
        free(dump);
        return text;
}

char *side_dump_mounts(struct side *side)
{
        struct dump *dump = calloc(1, sizeof(*dump));
        char *text;

        if (!dump)
                return NULL;
        dump->side = side;
        put(dump, "", 0); /* there may be nothing to see */
        put_mountinfo(dump, 1);
        text = dump->text;
        free(dump);
        return text;
}
