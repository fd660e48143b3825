/*
 * tree.c - vfsbench tree: imports a host directory into memfs, checks the copy
 * entry by entry, and measures stat of all its paths in random order on both.
 */
#include "bench/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/commands.h"
#include "bench/layout.h"
#include "bench/measure.h"
#include "bench/progress.h"
#include "bench/rows.h"
#include "bench/vfs2.h"

#define MIB (1024.0 * 1024.0)

struct tree_run {
        const struct bench_options *options;
        struct bench_target *targets[BENCH_MAX_TARGETS];
        struct bench_tree tree;
        struct bench_tree_report report;
        double import_ns, check_ns;
};

static int report_error(const struct tree_run *run, const char *doing, int r)
{
        fprintf(stderr, "vfsbench: %s %s%s: %s\n", doing, run->options->dir,
                run->tree.failed && run->tree.failed[1] ? run->tree.failed : "", strerror(-r));
        return r;
}

static int import_and_check(struct tree_run *run)
{
        const struct vfs_ctx *ctx = bench_vfs2_ctx(run->targets[0]);
        struct bench_progress progress;
        uint64_t total = 0, begin;
        int r;

        r = bench_tree_scan(&run->tree);
        if (r < 0)
                return report_error(run, "listing", r);
        for (size_t i = 0; i < run->tree.n; i++)
                total += bench_tree_weight(&run->tree.entry[i]);

        bench_progress_begin(&progress, "importing", total, run->options->json);
        begin = bench_now();
        r = bench_tree_import(&run->tree, ctx, &progress);
        run->import_ns = (double)(bench_now() - begin);
        bench_progress_end(&progress);
        if (r < 0)
                return report_error(run, "importing", r);

        bench_progress_begin(&progress, "checking", total, run->options->json);
        begin = bench_now();
        r = bench_tree_check(&run->tree, ctx, &progress, &run->report);
        run->check_ns = (double)(bench_now() - begin);
        bench_progress_end(&progress);
        return r < 0 ? report_error(run, "checking", r) : 0;
}

static void print_summary(const struct tree_run *run)
{
        const struct bench_tree *tree = &run->tree;
        uint64_t dirs = 0, files = 0, symlinks = 0, links = 0, others = 0;

        for (size_t i = 0; i < tree->n; i++) {
                mode_t mode = tree->entry[i].st.st_mode;

                if (tree->entry[i].first != i)
                        links++;
                else if (S_ISDIR(mode))
                        dirs++;
                else if (S_ISREG(mode))
                        files++;
                else if (S_ISLNK(mode))
                        symlinks++;
                else
                        others++;
        }
        if (run->options->json) {
                printf("{\"bench\":\"tree\",\"op\":\"import\",\"impl\":\"vfs2\",\"depth\":0,\"mount\":false,"
                       "\"threads\":1,\"files\":%zu,\"variant\":\"walk\",\"reps\":1,\"unit\":\"ns\","
                       "\"ns_best\":%.3f,\"ns_median\":%.3f,\"bytes\":%llu,\"directories\":%llu,"
                       "\"regular\":%llu,\"symlinks\":%llu,\"hardlinks\":%llu,\"others\":%llu,"
                       "\"import_seconds\":%.6f,\"check_seconds\":%.6f,\"differences\":%llu}\n",
                       tree->n, run->import_ns / (double)tree->n, run->import_ns / (double)tree->n,
                       (unsigned long long)tree->bytes, (unsigned long long)dirs, (unsigned long long)files,
                       (unsigned long long)symlinks, (unsigned long long)links, (unsigned long long)others,
                       run->import_ns / 1e9, run->check_ns / 1e9,
                       (unsigned long long)run->report.differences);
                return;
        }
        printf("%s: %zu entries: %llu directories, %llu files, %llu symlinks, %llu further hard links, %llu "
               "others; "
               "%.1f MiB\n",
               run->options->dir, tree->n, (unsigned long long)dirs, (unsigned long long)files,
               (unsigned long long)symlinks, (unsigned long long)links, (unsigned long long)others,
               (double)tree->bytes / MIB);
        printf("imported in %.3f s (%.1f MiB/s), checked in %.3f s: %llu differences\n\n",
               run->import_ns / 1e9, (double)tree->bytes / MIB / (run->import_ns / 1e9), run->check_ns / 1e9,
               (unsigned long long)run->report.differences);
}

/* The paths of all entries but the root, which has no name. */
static int random_stat(struct tree_run *run)
{
        struct bench_columns columns = { .impl = { "vfs2", "host" }, .n = 2 };
        struct bench_plan plan = { .threads = 1, .reps = run->options->reps, .ms = run->options->ms };
        struct bench_side sides[BENCH_MAX_TARGETS];
        struct bench_rows rows = { 0 };
        struct bench_row key = {
                .bench = "tree",
                .op = "stat",
                .variant = "walk",
                .unit = "ns",
                .threads = 1,
                .reps = run->options->reps,
        };
        struct bench_paths paths = { .n = run->tree.n - 1 };
        char title[96];
        int r;

        if (!paths.n)
                return 0;
        paths.path = calloc(paths.n, sizeof(*paths.path));
        if (!paths.path)
                return -ENOMEM;
        for (size_t i = 0; i < paths.n; i++)
                paths.path[i] = run->tree.entry[i + 1].path; /* borrowed */
        bench_paths_shuffle(&paths, 1);
        plan.min_n = key.files = paths.n;
        for (size_t i = 0; i < BENCH_MAX_TARGETS; i++)
                sides[i] = (struct bench_side){
                        .target = run->targets[i],
                        .work = { .op = BENCH_LSTAT,
                                  .paths = (const char *const *)paths.path,
                                  .n_paths = paths.n },
                };
        r = bench_measure(&plan, sides, BENCH_MAX_TARGETS);
        for (size_t i = 0; i < BENCH_MAX_TARGETS && r >= 0; i++) {
                snprintf(key.impl, sizeof(key.impl), "%s", sides[i].target->impl);
                key.best = sides[i].result.best;
                key.median = sides[i].result.median;
                if (run->options->json)
                        bench_row_print_json(&key);
                r = bench_rows_add(&rows, &key);
        }
        if (r >= 0 && !run->options->json) {
                snprintf(title, sizeof(title), "stat, nanoseconds, best and median of %u repetitions",
                         plan.reps);
                bench_table_head(&columns, title);
                bench_table_line(&columns, &rows, &key, "all its paths at random");
        }
        bench_rows_fini(&rows);
        free(paths.path);
        return r;
}

int bench_command_tree(const struct bench_options *options)
{
        struct tree_run run = {
                .options = options,
                .report = { .out = options->json ? stderr : stdout },
        };
        int r;

        r = bench_targets_new(options->dir, run.targets);
        if (r < 0)
                return 1;
        r = import_and_check(&run);
        if (r >= 0) {
                print_summary(&run);
                r = random_stat(&run);
                if (r < 0)
                        report_error(&run, "measuring", r);
        }
        bench_tree_fini(&run.tree);
        bench_targets_free(run.targets);
        return r < 0 || run.report.differences > 0;
}
