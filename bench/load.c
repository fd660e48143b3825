/*
 * load.c - what few benchmarks of a filesystem's names show: sets that no cache
 * holds, and readers beside a thread that changes what they walk through.
 *
 * The parts measure and append rows; here they are run, and printed in one order.
 */
#include "bench/load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/commands.h"
#include "bench/layout.h"

#define FILES  1000000
#define PPM    "ppm" /* unit: of a million walks */
#define LABELS 64

/* A row's op, and its label, which may name the size of the set. */
static const struct {
        const char *op;
        const char *label;
        const char *unit;
        unsigned threads;
} kinds[BENCH_LOAD_N_OPS] = {
        [BENCH_LOAD_WORKING_SET] = { "set-stat", "%llu files: stat", "ns", 1 },
        [BENCH_LOAD_MISSING] = { "missing-stat", "missing among %llu: stat", "ns", 1 },
        [BENCH_LOAD_DIR_CREATE] = { "directory-create", "directory of %llu: create", "ns", 1 },
        [BENCH_LOAD_DIR_STAT] = { "directory-stat", "  stat at random", "ns", 1 },
        [BENCH_LOAD_DIR_LIST] = { "directory-list", "  list, each entry", "ns", 1 },
        [BENCH_LOAD_DIR_REMOVE] = { "directory-remove", "  remove at random", "ns", 1 },
        [BENCH_LOAD_RENAME] = { "rename", "rename above a reader", "ns", 2 },
        [BENCH_LOAD_RENAME_STAT] = { "rename-stat", "  stat meanwhile", "ns", 2 },
        [BENCH_LOAD_RENAME_REFERENCE] = { "rename-reference", "  ppm of walks, locked", PPM, 2 },
        [BENCH_LOAD_EXCHANGE] = { "exchange", "exchange above a reader", "ns", 2 },
        [BENCH_LOAD_EXCHANGE_STAT] = { "exchange-stat", "  stat meanwhile", "ns", 2 },
        [BENCH_LOAD_EXCHANGE_REFERENCE] = { "exchange-reference", "  ppm of walks, locked", PPM, 2 },
};

int bench_load_add(struct bench_load *load, enum bench_load_op op, const struct bench_target *t,
                   unsigned depth, uint64_t files, unsigned reps, struct bench_result result)
{
        struct bench_row row = {
                .bench = "load",
                .variant = "walk",
                .depth = depth,
                .threads = kinds[op].threads,
                .files = files,
                .reps = reps,
                .best = result.best,
                .median = result.median,
        };

        if (isnan(result.best))
                return 0;
        snprintf(row.op, sizeof(row.op), "%s", kinds[op].op);
        snprintf(row.unit, sizeof(row.unit), "%s", kinds[op].unit);
        snprintf(row.impl, sizeof(row.impl), "%s", t->impl);
        return bench_rows_add(&load->rows, &row);
}

int bench_load_add_contest(struct bench_load *load, enum bench_load_op op, const struct bench_contest *side,
                           unsigned depth, uint64_t files)
{
        const struct bench_result results[] = {
                side->write,
                side->read,
                { side->reference, side->reference },
        };
        int r = 0;

        for (unsigned i = 0; i < 3 && r >= 0; i++)
                r = bench_load_add(load, op + i, side->target, depth, files, load->options->reps, results[i]);
        return r;
}

int bench_load_failed(const char *what, const struct bench_target *t, int r)
{
        if (r < 0)
                fprintf(stderr, "vfsbench: load: %s: %s%s%s\n", what, t ? t->impl : "", t ? ": " : "",
                        strerror(-r));
        return r;
}

static void print_table(const struct bench_load *load)
{
        struct bench_columns columns = { .impl = { "vfs2", "host" }, .n = 2 };
        char text[128], label[LABELS];

        snprintf(text, sizeof(text),
                 "load: nanoseconds, best and median of %u repetitions (of whole sets: %u)",
                 load->options->reps, load->reps);
        bench_table_head(&columns, text);
        for (unsigned op = 0; op < BENCH_LOAD_N_OPS; op++)
                for (size_t i = 0; i < load->rows.n; i++) {
                        const struct bench_row *row = &load->rows.row[i];

                        if (strcmp(row->op, kinds[op].op) != 0 || strcmp(row->impl, columns.impl[0]) != 0)
                                continue;
                        snprintf(label, sizeof(label), kinds[op].label, (unsigned long long)row->files);
                        bench_table_line(&columns, &load->rows, row, label);
                }
}

int bench_command_load(const struct bench_options *options)
{
        static int (*const parts[])(struct bench_load *) = { bench_load_sets, bench_load_races };
        struct bench_load load = {
                .options = options,
                .files = options->files ? options->files : FILES,
                .reps = options->reps < BENCH_LOAD_REPS ? options->reps : BENCH_LOAD_REPS,
        };
        size_t printed = 0;
        int r;

        r = bench_targets_new(NULL, load.targets);
        if (r < 0)
                return 1;
        for (size_t i = 0; i < BENCH_MAX_TARGETS; i++)
                load.big[i] = bench_layout_fits(load.targets[i], load.files);
        bench_progress_begin(&load.progress, "load",
                             bench_load_sets_steps(&load) + bench_load_races_steps(&load), options->json);
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && r >= 0; i++) {
                r = parts[i](&load);
                for (; options->json && printed < load.rows.n; printed++)
                        bench_row_print_json(&load.rows.row[printed]);
        }
        bench_progress_end(&load.progress);
        if (r >= 0 && !options->json)
                print_table(&load);
        bench_targets_free(load.targets);
        bench_rows_fini(&load.rows);
        return r < 0;
}
