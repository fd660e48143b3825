/*
 * ops.c - the other operations: opening, making, removing, renaming, data and
 * directories; and how much a very large number of files takes.
 *
 * Everything happens one directory below the root, on names that are warm. A
 * repetition that makes something leaves the tree as it was.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/commands.h"
#include "bench/layout.h"
#include "bench/measure.h"
#include "bench/peer.h"
#include "bench/progress.h"
#include "bench/rows.h"

#define MANY_FILES         1000000
#define MANY_PER_DIRECTORY 1000
#define MANY_REPS          3
#define MAX_APPENDS        4096 /* until a growing file is cut back */

/* One row: what is repeated, on which names, with which file open. */
struct op {
        const char *name;
        enum bench_op op;
        const char *a, *b;
        const char *file; /* NULL: none */
        enum bench_open how;
        unsigned list; /* a directory of so many entries is made as file */
};

static const struct op ops[] = {
        { "open+close", BENCH_OPEN_CLOSE, .a = "/ops/file" },
        { "fstat", BENCH_FSTAT, .file = "/ops/file", .how = BENCH_OPEN_READ },
        { "mknod+unlink", BENCH_MKNOD_UNLINK, .a = "/ops/new" },
        { "create+close+unlink", BENCH_CREATE_UNLINK, .a = "/ops/new" },
        { "mkdir+rmdir", BENCH_MKDIR_RMDIR, .a = "/ops/new" },
        { "rename", BENCH_RENAME, .a = "/ops/a/x", .b = "/ops/a/x2" },
        { "rename-across", BENCH_RENAME, .a = "/ops/a/y", .b = "/ops/b/y" },
        { "read-4k", BENCH_READ, .file = "/ops/page", .how = BENCH_OPEN_READ },
        { "write-4k", BENCH_WRITE, .file = "/ops/page", .how = BENCH_OPEN_WRITE },
        { "append-4k", BENCH_APPEND, .file = "/ops/grow", .how = BENCH_OPEN_APPEND },
        { "readdir-10", BENCH_READDIR, .file = "/ops/list10", .how = BENCH_OPEN_DIR, .list = 10 },
        { "readdir-100", BENCH_READDIR, .file = "/ops/list100", .how = BENCH_OPEN_DIR, .list = 100 },
        { "readdir-1000", BENCH_READDIR, .file = "/ops/list1000", .how = BENCH_OPEN_DIR, .list = 1000 },
};
#define N_OPS (sizeof(ops) / sizeof(ops[0]))

/* Rows of the many files, in the order of measuring. */
enum many { MANY_CREATE, MANY_UMOUNT, MANY_BYTES, N_MANY };
static const char *const many_names[N_MANY] = { "create-many", "umount-many", "bytes-per-file" };

static struct bench_row op_row(const char *name, const char *unit, const char *impl, unsigned depth,
                               uint64_t files, unsigned reps, struct bench_result result)
{
        struct bench_row row = {
                .bench = "ops",
                .variant = "walk",
                .depth = depth,
                .threads = 1,
                .files = files,
                .reps = reps,
                .best = result.best,
                .median = result.median,
        };

        snprintf(row.op, sizeof(row.op), "%s", name);
        snprintf(row.unit, sizeof(row.unit), "%s", unit);
        snprintf(row.impl, sizeof(row.impl), "%s", impl);
        return row;
}

/* The tree that all rows use. */
static int make_tree(struct bench_target *t, void *page)
{
        static const char *const dirs[] = { "/ops", "/ops/a", "/ops/b" };
        static const char *const files[] = { "/ops/file", "/ops/page", "/ops/a/x", "/ops/a/y" };
        union bench_file file;
        char path[64];
        int r = 0;

        for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && r >= 0; i++)
                r = t->calls->mkdir(t, dirs[i]);
        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && r >= 0; i++)
                r = t->calls->mknod(t, files[i]);
        for (size_t i = 0; i < N_OPS && r >= 0; i++) {
                if (!ops[i].list)
                        continue;
                r = t->calls->mkdir(t, ops[i].file);
                for (unsigned k = 0; k < ops[i].list && r >= 0; k++) {
                        snprintf(path, sizeof(path), "%s/file%u", ops[i].file, k);
                        r = t->calls->mknod(t, path);
                }
        }
        if (r >= 0)
                r = t->calls->open(t, "/ops/page", BENCH_OPEN_WRITE, &file);
        if (r >= 0) {
                r = t->calls->pwrite(t, file, page);
                t->calls->close(t, file);
        }
        return r;
}

static int cut_back(struct bench_side *side)
{
        return side->target->calls->truncate(side->target, side->work.file);
}

static int measure_op(const struct bench_options *o, struct bench_target *const targets[2],
                      const struct op *op, void *page, struct bench_rows *rows)
{
        struct bench_side sides[BENCH_MAX_TARGETS];
        struct bench_plan plan = { .threads = 1, .reps = o->reps, .ms = o->ms };
        size_t n;
        int r = 0;

        if (op->op == BENCH_APPEND) {
                plan.max_n = MAX_APPENDS;
                plan.reset = cut_back;
        }
        for (n = 0; n < BENCH_MAX_TARGETS; n++) {
                struct bench_work *w = &sides[n].work;

                sides[n] = (struct bench_side){
                        .target = targets[n],
                        .work = { .op = op->op,
                                  .a = op->a,
                                  .b = op->b,
                                  .page = page,
                                  .entries = op->list + 2 },
                };
                if (op->file) {
                        r = targets[n]->calls->open(targets[n], op->file, op->how, &w->file);
                        if (r < 0)
                                goto out;
                }
        }
        r = bench_measure(&plan, sides, n);
        for (size_t i = 0; i < n && r >= 0; i++) {
                struct bench_row row = op_row(op->name, "ns", targets[i]->impl, 1, 1, o->reps,
                                              sides[i].result);

                r = bench_rows_add(rows, &row);
        }
out:
        for (size_t i = 0; i < n && op->file; i++)
                targets[i]->calls->close(targets[i], sides[i].work.file);
        if (r < 0)
                fprintf(stderr, "vfsbench: %s: %s\n", op->name, strerror(-r));
        return r;
}

/* Creates n files in a filesystem of its own and unmounts it: nanoseconds and bytes for each. */
static int many_once(struct bench_target *t, uint64_t n, double ret_values[N_MANY])
{
        uint64_t before = 0, after = 0, begin, created;
        char path[64];
        int r;

        r = t->calls->mkdir(t, "/many");
        if (r < 0)
                return r;
        r = t->calls->mount(t, "/many");
        if (r < 0)
                return r;
        if (t->calls->memory)
                r = t->calls->memory(t, "/many", &before);
        begin = bench_now();
        for (uint64_t i = 0; i < n && r >= 0; i++) {
                unsigned dir = (unsigned)(i / MANY_PER_DIRECTORY), k = (unsigned)(i % MANY_PER_DIRECTORY);

                if (k == 0) {
                        snprintf(path, sizeof(path), "/many/%u", dir);
                        r = t->calls->mkdir(t, path);
                        if (r < 0)
                                break;
                }
                snprintf(path, sizeof(path), "/many/%u/file%u", dir, k);
                r = t->calls->mknod(t, path);
        }
        created = bench_now();
        if (r >= 0 && t->calls->memory)
                r = t->calls->memory(t, "/many", &after);
        if (r >= 0) {
                ret_values[MANY_CREATE] = (double)(created - begin) / (double)n;
                ret_values[MANY_BYTES] = t->calls->memory ? (double)(after - before) / (double)n : NAN;
                begin = bench_now();
                r = t->calls->umount(t, "/many");
                ret_values[MANY_UMOUNT] = (double)(bench_now() - begin) / (double)n;
        }
        if (r >= 0)
                r = t->calls->rmdir(t, "/many");
        return r;
}

static int measure_many(const struct bench_options *o, struct bench_target *const targets[2], uint64_t files,
                        struct bench_progress *progress, struct bench_rows *rows)
{
        unsigned reps = o->reps < MANY_REPS ? o->reps : MANY_REPS;
        double values[BENCH_MAX_TARGETS][N_MANY][MANY_REPS], once[N_MANY];
        bool skip[BENCH_MAX_TARGETS];
        int r;

        for (size_t i = 0; i < BENCH_MAX_TARGETS; i++)
                skip[i] = !bench_layout_fits(targets[i], files);
        for (unsigned rep = 0; rep < reps; rep++)
                for (size_t i = 0; i < BENCH_MAX_TARGETS; i++) {
                        bench_progress_step(progress, 1);
                        if (skip[i])
                                continue;
                        r = many_once(targets[i], files, once);
                        if (r < 0) {
                                fprintf(stderr, "vfsbench: %llu files: %s: %s\n", (unsigned long long)files,
                                        targets[i]->impl, strerror(-r));
                                return r;
                        }
                        for (size_t k = 0; k < N_MANY; k++)
                                values[i][k][rep] = once[k];
                }
        for (size_t k = 0; k < N_MANY; k++)
                for (size_t i = 0; i < BENCH_MAX_TARGETS; i++) {
                        struct bench_row row;

                        if (skip[i] || isnan(values[i][k][0]))
                                continue;
                        row = op_row(many_names[k], k == MANY_BYTES ? "bytes" : "ns", targets[i]->impl, 2,
                                     files, reps, bench_statistics(values[i][k], reps));
                        r = bench_rows_add(rows, &row);
                        if (r < 0)
                                return r;
                }
        return 0;
}

static void print_table(const struct bench_options *o, uint64_t files, const struct bench_rows *rows)
{
        struct bench_columns columns = { .impl = { "vfs2", "host", "gvisor" }, .n = o->peer ? 3 : 2 };
        struct bench_row key;
        double seconds[4];
        char text[128];

        snprintf(text, sizeof(text), "operations: nanoseconds, best and median of %u repetitions", o->reps);
        bench_table_head(&columns, text);
        for (size_t i = 0; i < N_OPS; i++) {
                key = op_row(ops[i].name, "", "", 1, 1, 0, (struct bench_result){ 0 });
                bench_table_line(&columns, rows, &key, ops[i].name);
        }
        key = op_row(many_names[MANY_BYTES], "", "", 2, files, 0, (struct bench_result){ 0 });
        bench_table_line(&columns, rows, &key, "bytes per empty file");
        for (size_t k = MANY_CREATE; k <= MANY_UMOUNT; k++) {
                key = op_row(many_names[k], "", "", 2, files, 0, (struct bench_result){ 0 });
                for (size_t i = 0; i < columns.n; i++) {
                        const struct bench_row *row = bench_rows_find(rows, &key, columns.impl[i]);

                        seconds[i] = row ? row->best * (double)files / 1e9 : NAN;
                }
                snprintf(text, sizeof(text), "%s %llu files, s", k == MANY_CREATE ? "create" : "unmount",
                         (unsigned long long)files);
                bench_table_values(&columns, text, seconds, true, "%.3f");
        }
}

int bench_command_ops(const struct bench_options *options)
{
        struct bench_target *targets[BENCH_MAX_TARGETS] = { 0 };
        uint64_t files = options->files ? options->files : MANY_FILES;
        struct bench_rows rows = { 0 };
        struct bench_progress progress;
        size_t printed = 0;
        void *page;
        int r = 0;

        page = aligned_alloc(BENCH_PAGE, BENCH_PAGE);
        if (!page)
                return 1;
        memset(page, 'x', BENCH_PAGE);
        bench_progress_begin(&progress, "ops",
                             (N_OPS + N_MANY) * (options->peer ? 2 : 1) + 2 * MANY_REPS - N_MANY,
                             options->json);
        if (options->peer)
                r = bench_peer_run(options, &progress, &rows);
        if (r >= 0)
                r = bench_targets_new(NULL, targets);
        for (size_t i = 0; i < BENCH_MAX_TARGETS && r >= 0; i++) {
                r = make_tree(targets[i], page);
                if (r < 0)
                        fprintf(stderr, "vfsbench: %s: %s\n", targets[i]->impl, strerror(-r));
        }
        for (size_t i = 0; i <= N_OPS && r >= 0; i++) {
                if (i < N_OPS)
                        r = measure_op(options, targets, &ops[i], page, &rows);
                else
                        r = measure_many(options, targets, files, &progress, &rows);
                bench_progress_step(&progress, 1);
                for (; options->json && printed < rows.n; printed++)
                        bench_row_print_json(&rows.row[printed]);
        }
        bench_progress_end(&progress);
        if (r >= 0 && !options->json)
                print_table(options, files, &rows);
        if (targets[0])
                bench_targets_free(targets);
        bench_rows_fini(&rows);
        free(page);
        return r < 0;
}
