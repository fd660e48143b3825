/*
 * layout.c - makes the trees that stat is measured on.
 */
#include "bench/layout.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_PER_DIRECTORY 16
#define BYTES_PER_FILE      1400 /* at most: the host's inode and dentry */

void bench_paths_fini(struct bench_paths *paths)
{
        for (size_t i = 0; i < paths->n; i++)
                free(paths->path[i]);
        free(paths->path);
        *paths = (struct bench_paths){ 0 };
}

/* xorshift64*: any fixed sequence will do. */
uint64_t bench_random(uint64_t *state)
{
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        return *state * UINT64_C(0x2545f4914f6cdd1d);
}

void bench_paths_shuffle(struct bench_paths *paths, uint64_t seed)
{
        uint64_t state = seed | 1;

        for (size_t i = paths->n; i > 1; i--) {
                size_t k = (size_t)(bench_random(&state) % i);
                char *other = paths->path[k];

                paths->path[k] = paths->path[i - 1];
                paths->path[i - 1] = other;
        }
}

static int add_path(struct bench_paths *paths, const char *path)
{
        char *copy = strdup(path);

        if (!copy)
                return -ENOMEM;
        paths->path[paths->n++] = copy;
        return 0;
}

static int make_base(struct bench_target *t, const char *base, bool mount)
{
        int r = t->calls->mkdir(t, base);

        return r < 0 || !mount ? r : t->calls->mount(t, base);
}

int bench_layout_chain(struct bench_target *t, const char *base, unsigned depth, bool mount,
                       struct bench_paths *ret_paths)
{
        struct bench_paths paths = { 0 };
        char path[PATH_MAX];
        size_t len;
        int r;

        r = make_base(t, base, mount);
        if (r < 0)
                return r;
        len = (size_t)snprintf(path, sizeof(path), "%s", base);
        for (unsigned i = 1; i < depth; i++) {
                len += (size_t)snprintf(path + len, sizeof(path) - len, "/%u", i);
                r = t->calls->mkdir(t, path);
                if (r < 0)
                        return r;
        }
        snprintf(path + len, sizeof(path) - len, "/file");
        r = t->calls->mknod(t, path);
        if (r < 0)
                return r;
        paths.path = calloc(1, sizeof(*paths.path));
        r = paths.path ? add_path(&paths, path) : -ENOMEM;
        if (r < 0) {
                bench_paths_fini(&paths);
                return r;
        }
        *ret_paths = paths;
        return 0;
}

/* A complete tree: how many directories each one has, and how many there are at the last level. */
static void choose_shape(unsigned levels, size_t n, size_t *ret_fan, size_t *ret_leaves)
{
        size_t fan = levels ? (size_t)floor(pow((double)n / FILES_PER_DIRECTORY, 1.0 / levels) + 1e-9) : 1;
        size_t leaves = 1;

        if (fan < 1)
                fan = 1;
        for (unsigned level = 0; level < levels; level++)
                leaves *= fan;
        *ret_fan = fan;
        *ret_leaves = leaves;
}

int bench_layout_forest(struct bench_target *t, const char *base, unsigned depth, size_t n, bool mount,
                        struct bench_paths *ret_paths)
{
        struct bench_paths paths = { 0 };
        size_t fan, leaves;
        char path[PATH_MAX];
        int r;

        choose_shape(depth - 1, n, &fan, &leaves);
        r = make_base(t, base, mount);
        if (r < 0)
                return r;
        paths.path = calloc(n, sizeof(*paths.path));
        if (!paths.path)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                size_t len = (size_t)snprintf(path, sizeof(path), "%s", base), rest = i % leaves;

                for (unsigned level = 1; level < depth; level++, rest /= fan) {
                        len += (size_t)snprintf(path + len, sizeof(path) - len, "/%zu", rest % fan);
                        r = t->calls->mkdir(t, path);
                        if (r < 0 && r != -EEXIST)
                                goto fail;
                }
                snprintf(path + len, sizeof(path) - len, "/file%zu", i / leaves);
                r = t->calls->mknod(t, path);
                if (r < 0)
                        goto fail;
                r = add_path(&paths, path);
                if (r < 0)
                        goto fail;
        }
        bench_paths_shuffle(&paths, 1);
        *ret_paths = paths;
        return 0;
fail:
        bench_paths_fini(&paths);
        return r;
}

/* Bytes that can be had without swapping. */
static uint64_t available_memory(void)
{
        FILE *file = fopen("/proc/meminfo", "re");
        unsigned long long kib = ULLONG_MAX / 1024;
        char line[128];

        if (!file)
                return UINT64_MAX;
        while (fgets(line, sizeof(line), file))
                if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
                        break;
        fclose(file);
        return kib * 1024;
}

bool bench_layout_fits(const struct bench_target *t, uint64_t files)
{
        if (!t->can_mount) {
                fprintf(stderr, "vfsbench: %s: no right to mount: %llu files left out\n", t->impl,
                        (unsigned long long)files);
                return false;
        }
        if (available_memory() / BYTES_PER_FILE < files) {
                fprintf(stderr, "vfsbench: %s: too little memory: %llu files left out\n", t->impl,
                        (unsigned long long)files);
                return false;
        }
        return true;
}
