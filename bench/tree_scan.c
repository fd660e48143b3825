/*
 * tree_scan.c - lists a host tree: one entry for each name, and which names are the same file.
 *
 * The list is its own queue: a directory's entries are appended when its turn
 * comes, so that nothing recurses and parents stand before their children.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "bench/tree.h"

#define BYTES_PER_STEP 65536

uint64_t bench_tree_weight(const struct bench_tree_entry *entry)
{
        return 1 + (S_ISREG(entry->st.st_mode) ? (uint64_t)entry->st.st_size / BYTES_PER_STEP : 0);
}

int bench_tree_fail(struct bench_tree *tree, const char *path, int error)
{
        if (!tree->failed)
                tree->failed = strdup(path);
        return error;
}

void bench_tree_fini(struct bench_tree *tree)
{
        for (size_t i = 0; i < tree->n; i++)
                free(tree->entry[i].path);
        free(tree->entry);
        free(tree->failed);
        *tree = (struct bench_tree){ 0 };
}

/* Appends dir/name. */
static int add_entry(struct bench_tree *tree, const char *dir, const char *name)
{
        struct bench_tree_entry *entry;
        size_t len = strlen(dir), size = len + strlen(name) + 2;

        if (tree->n == tree->room) {
                size_t room = tree->room ? tree->room * 2 : 256;

                entry = reallocarray(tree->entry, room, sizeof(*entry));
                if (!entry)
                        return -ENOMEM;
                tree->entry = entry;
                tree->room = room;
        }
        entry = &tree->entry[tree->n];
        *entry = (struct bench_tree_entry){ .first = tree->n, .links = 1 };
        entry->path = malloc(size);
        if (!entry->path)
                return -ENOMEM;
        tree->n++;
        snprintf(entry->path, size, "%s%s%s", dir, dir[len - 1] == '/' ? "" : "/", name);
        if (lstat(bench_tree_host_path(entry), &entry->st) < 0)
                return bench_tree_fail(tree, entry->path, -errno);
        return 0;
}

/* Opens without touching the access time, where we may. */
static DIR *open_directory(const char *path)
{
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);

        if (fd < 0 && errno == EPERM)
                fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? NULL : fdopendir(fd);
}

static int scan_directory(struct bench_tree *tree, size_t index)
{
        const char *path = tree->entry[index].path; /* stays where it is when the array moves */
        struct dirent *d;
        uint64_t subdirs = 0;
        DIR *dir;
        int r = 0;

        dir = open_directory(bench_tree_host_path(&tree->entry[index]));
        if (!dir)
                return bench_tree_fail(tree, path, -errno);
        while ((errno = 0, d = readdir(dir))) {
                if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
                        continue;
                r = add_entry(tree, path, d->d_name);
                if (r < 0)
                        goto out;
                if (S_ISDIR(tree->entry[tree->n - 1].st.st_mode))
                        subdirs++;
        }
        if (errno)
                r = bench_tree_fail(tree, path, -errno);
        tree->entry[index].links = 2 + subdirs;
out:
        closedir(dir);
        return r;
}

static int compare_inodes(const void *a, const void *b)
{
        const struct bench_tree_entry *x = *(struct bench_tree_entry *const *)a;
        const struct bench_tree_entry *y = *(struct bench_tree_entry *const *)b;

        if (x->st.st_dev != y->st.st_dev)
                return x->st.st_dev < y->st.st_dev ? -1 : 1;
        if (x->st.st_ino != y->st.st_ino)
                return x->st.st_ino < y->st.st_ino ? -1 : 1;
        return x < y ? -1 : x > y;
}

static bool same_inode(const struct bench_tree_entry *a, const struct bench_tree_entry *b)
{
        return a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino;
}

/* Finds the names of one file among those that have several. */
static int group_links(struct bench_tree *tree)
{
        struct bench_tree_entry **linked;
        size_t n = 0, first = 0;

        linked = calloc(tree->n, sizeof(*linked));
        if (!linked)
                return -ENOMEM;
        for (size_t i = 0; i < tree->n; i++)
                if (!S_ISDIR(tree->entry[i].st.st_mode) && tree->entry[i].st.st_nlink > 1)
                        linked[n++] = &tree->entry[i];
        qsort(linked, n, sizeof(*linked), compare_inodes);
        for (size_t i = 1; i < n; i++) {
                if (!same_inode(linked[first], linked[i])) {
                        first = i;
                        continue;
                }
                linked[i]->first = linked[first]->first;
                linked[first]->links++;
        }
        free(linked);
        return 0;
}

int bench_tree_scan(struct bench_tree *tree)
{
        int r;

        *tree = (struct bench_tree){ 0 };
        r = add_entry(tree, "/", "");
        if (r >= 0 && !S_ISDIR(tree->entry[0].st.st_mode))
                r = bench_tree_fail(tree, "/", -ENOTDIR);
        for (size_t i = 0; i < tree->n && r >= 0; i++)
                if (S_ISDIR(tree->entry[i].st.st_mode))
                        r = scan_directory(tree, i);
        if (r >= 0)
                r = group_links(tree);
        if (r < 0)
                return r;
        for (size_t i = 0; i < tree->n; i++)
                if (S_ISREG(tree->entry[i].st.st_mode) && tree->entry[i].first == i)
                        tree->bytes += (uint64_t)tree->entry[i].st.st_size;
        return 0;
}
