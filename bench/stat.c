/*
 * stat.c - stat of one path by its depth: alone, below a mount point, by several
 * threads at once, and of random files.
 *
 * Depth N is N directories and then the file. With a mount, the first of these
 * directories is a mount point, so that the paths are the same and the difference
 * between both rows is a crossing.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/commands.h"
#include "bench/layout.h"
#include "bench/measure.h"
#include "bench/peer.h"
#include "bench/progress.h"
#include "bench/rows.h"

#define RANDOM_FILES 4096
#define RANDOM_DEPTH 8
#define MAX_KEYS     (2 * BENCH_MAX_DEPTHS + 4)

static const unsigned threads_depths[] = { 1, 8 };

/* The rows to measure, as rows without an implementation. */
struct keys {
        struct bench_row key[MAX_KEYS];
        size_t n;
};

static struct bench_row *add_key(struct keys *keys, unsigned depth, bool mount, unsigned threads,
                                 uint64_t files)
{
        struct bench_row *key = &keys->key[keys->n++];

        *key = (struct bench_row){
                .bench = "stat",
                .variant = "walk",
                .unit = "ns",
                .depth = depth,
                .mount = mount,
                .threads = threads,
                .files = files,
        };
        return key;
}

static bool whole_table(const struct bench_options *o)
{
        return !o->mount && !o->threads && !o->files;
}

static void choose_keys(const struct bench_options *o, struct keys *keys)
{
        keys->n = 0;
        if (!whole_table(o)) {
                for (size_t i = 0; i < o->n_depths; i++)
                        add_key(keys, o->depths[i], o->mount, o->threads ? o->threads : 1,
                                o->files ? o->files : 1);
                return;
        }
        for (int mount = 0; mount < 2; mount++)
                for (size_t i = 0; i < o->n_depths; i++)
                        add_key(keys, o->depths[i], mount, 1, 1);
        for (size_t i = 0; i < sizeof(threads_depths) / sizeof(threads_depths[0]); i++)
                add_key(keys, threads_depths[i], false, 2, 1);
        add_key(keys, RANDOM_DEPTH, false, 1, RANDOM_FILES);
}

/* Makes the trees of a row, measures it on the targets, and appends the results. */
static int measure_key(const struct bench_options *o, struct bench_target *const targets[2],
                       const struct bench_row *key, unsigned index, struct bench_rows *rows)
{
        struct bench_paths paths[BENCH_MAX_TARGETS] = { 0 };
        struct bench_side sides[BENCH_MAX_TARGETS];
        struct bench_plan plan = {
                .threads = key->threads, .reps = o->reps, .ms = o->ms, .min_n = key->files
        };
        const char *failed = "";
        char base[16];
        size_t n = 0;
        int r = 0;

        snprintf(base, sizeof(base), "/s%u", index);
        for (size_t i = 0; i < BENCH_MAX_TARGETS; i++) {
                struct bench_target *t = targets[i];

                if (key->mount && !t->can_mount)
                        continue;
                failed = t->impl;
                if (key->files == 1)
                        r = bench_layout_chain(t, base, key->depth, key->mount, &paths[n]);
                else
                        r = bench_layout_forest(t, base, key->depth, key->files, key->mount, &paths[n]);
                if (r < 0)
                        goto out;
                sides[n] = (struct bench_side){
                        .target = t,
                        .work = { .op = BENCH_STAT,
                                  .paths = (const char *const *)paths[n].path,
                                  .n_paths = paths[n].n },
                };
                n++;
        }
        failed = "measuring";
        r = bench_measure(&plan, sides, n);
        for (size_t i = 0; i < n && r >= 0; i++) {
                struct bench_row row = *key;

                snprintf(row.impl, sizeof(row.impl), "%s", sides[i].target->impl);
                row.reps = o->reps;
                row.best = sides[i].result.best;
                row.median = sides[i].result.median;
                r = bench_rows_add(rows, &row);
        }
out:
        if (r < 0)
                fprintf(stderr, "vfsbench: stat at depth %u: %s: %s\n", key->depth, failed, strerror(-r));
        for (size_t i = 0; i < n; i++)
                bench_paths_fini(&paths[i]);
        return r;
}

/* The best figure of an implementation; NaN: not measured. */
static double best(const struct bench_rows *rows, const char *impl, unsigned depth, bool mount,
                   unsigned threads)
{
        struct keys keys = { .n = 0 };
        const struct bench_row *row = bench_rows_find(rows, add_key(&keys, depth, mount, threads, 1), impl);

        return row ? row->best : NAN;
}

/* What one more component costs: between the shallowest and the deepest row. */
static double component_cost(const struct bench_options *o, const struct bench_rows *rows, const char *impl,
                             bool mount)
{
        unsigned low = o->depths[0], high = o->depths[0];

        for (size_t i = 1; i < o->n_depths; i++) {
                if (o->depths[i] < low)
                        low = o->depths[i];
                if (o->depths[i] > high)
                        high = o->depths[i];
        }
        if (low == high)
                return NAN;
        return (best(rows, impl, high, mount, 1) - best(rows, impl, low, mount, 1)) / (high - low);
}

/* What a mount point on the way costs: the median over all depths. */
static double crossing_cost(const struct bench_options *o, const struct bench_rows *rows, const char *impl)
{
        double costs[BENCH_MAX_DEPTHS];
        size_t n = 0;

        for (size_t i = 0; i < o->n_depths; i++) {
                double cost = best(rows, impl, o->depths[i], true, 1) -
                              best(rows, impl, o->depths[i], false, 1);

                if (!isnan(cost))
                        costs[n++] = cost;
        }
        return n ? bench_statistics(costs, n).median : NAN;
}

static void print_derived(const struct bench_options *o, const struct bench_rows *rows,
                          const struct bench_columns *columns)
{
        double values[4];

        if (o->threads || o->files || o->n_depths < 2)
                return;
        putchar('\n');
        for (size_t i = 0; i < columns->n; i++)
                values[i] = component_cost(o, rows, columns->impl[i], o->mount);
        bench_table_values(columns, "a component", values, true, "%.1f");
        if (!whole_table(o))
                return;
        for (size_t i = 0; i < columns->n; i++)
                values[i] = crossing_cost(o, rows, columns->impl[i]);
        bench_table_values(columns, "a mount crossing", values, true, "%.1f");
        for (size_t k = 0; k < sizeof(threads_depths) / sizeof(threads_depths[0]); k++) {
                char label[48];

                for (size_t i = 0; i < columns->n; i++)
                        values[i] = 2 * best(rows, columns->impl[i], threads_depths[k], false, 1) /
                                    best(rows, columns->impl[i], threads_depths[k], false, 2);
                snprintf(label, sizeof(label), "2 threads do, at depth %u", threads_depths[k]);
                bench_table_values(columns, label, values, false, "x%.2f");
        }
}

static void print_table(const struct bench_options *o, const struct keys *keys, const struct bench_rows *rows)
{
        struct bench_columns columns = { .impl = { "vfs2", "host", "gvisor" }, .n = o->peer ? 3 : 2 };
        char text[128];

        snprintf(text, sizeof(text), "stat of one path: nanoseconds, best and median of %u repetitions",
                 o->reps);
        bench_table_head(&columns, text);
        for (size_t i = 0; i < keys->n; i++) {
                const struct bench_row *key = &keys->key[i];
                int len = snprintf(text, sizeof(text), "depth %u", key->depth);

                if (key->mount)
                        len += snprintf(text + len, sizeof(text) - (size_t)len, ", mount");
                if (key->threads > 1)
                        len += snprintf(text + len, sizeof(text) - (size_t)len, ", %u threads", key->threads);
                if (key->files > 1)
                        snprintf(text + len, sizeof(text) - (size_t)len, ", %llu files",
                                 (unsigned long long)key->files);
                bench_table_line(&columns, rows, key, text);
        }
        print_derived(o, rows, &columns);
}

int bench_command_stat(const struct bench_options *options)
{
        struct bench_target *targets[BENCH_MAX_TARGETS] = { 0 };
        struct bench_rows rows = { 0 };
        struct bench_progress progress;
        struct keys keys;
        size_t printed = 0;
        int r = 0;

        choose_keys(options, &keys);
        bench_progress_begin(&progress, "stat", keys.n * (options->peer ? 2 : 1), options->json);
        /* The peer first: it is a program of its own, and knows nothing of our mount namespace. */
        if (options->peer)
                r = bench_peer_run(options, &progress, &rows);
        if (r >= 0)
                r = bench_targets_new(NULL, targets);
        for (size_t i = 0; i < keys.n && r >= 0; i++) {
                r = measure_key(options, targets, &keys.key[i], (unsigned)i, &rows);
                bench_progress_step(&progress, 1);
                for (; options->json && printed < rows.n; printed++)
                        bench_row_print_json(&rows.row[printed]);
        }
        bench_progress_end(&progress);
        if (r >= 0 && !options->json)
                print_table(options, &keys, &rows);
        if (targets[0])
                bench_targets_free(targets);
        bench_rows_fini(&rows);
        return r < 0;
}
