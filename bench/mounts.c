/*
 * mounts.c - mounts, as many as a container host has: what finding them costs, making and
 * unmounting, copying and listing them, and what readers notice of it.
 *
 * The parts measure and append rows; here they are run, and printed in one order.
 */
#include "bench/mounts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/commands.h"

#define MOUNTS 10000
#define MIDDLE 1000
#define FEW    10
#define LABELS 64
#define STEPS  100 /* of the progress bar */

/* How a figure is printed. */
enum shown {
        SHOWN_EACH,  /* as it is */
        SHOWN_TOTAL, /* of all mounts together, in milliseconds */
};

/* A row's op and its label, which may name how many mounts there are: the order of the table. */
static const struct {
        const char *op, *label;
        enum shown shown;
} kinds[] = {
        { "bind-beside", "bind, up to %llu", SHOWN_EACH },
        { "umount-beside", "umount, down from %llu", SHOWN_EACH },
        { "stat", "%llu mounts: stat below one", SHOWN_EACH },
        { "stat-twice", "%llu, in two namespaces: stat", SHOWN_EACH },
        { "stat-random", "%llu mounts: a random one", SHOWN_EACH },
        { "stat-chain", "each of %llu, one in the other", SHOWN_EACH },
        { "stat-reference", "  ppm of walks, locked", SHOWN_EACH },
        { "bind", "bind %llu, ms", SHOWN_TOTAL },
        { "bind-umount", "  umount one by one, ms", SHOWN_TOTAL },
        { "bind-detach", "  detach together, ms", SHOWN_TOTAL },
        { "bind-drop", "  end of a namespace, ms", SHOWN_TOTAL },
        { "tmpfs", "mount %llu tmpfs, ms", SHOWN_TOTAL },
        { "tmpfs-umount", "  umount one by one, ms", SHOWN_TOTAL },
        { "tmpfs-detach", "  detach together, ms", SHOWN_TOTAL },
        { "tmpfs-drop", "  end of a namespace, ms", SHOWN_TOTAL },
        { "clone", "copy a namespace of %llu, each", SHOWN_EACH },
        { "clone-drop", "  end of the copy, each", SHOWN_EACH },
        { "propagate", "bind for %llu peers, each", SHOWN_EACH },
        { "propagate-umount", "  umount, each", SHOWN_EACH },
        { "mountinfo", "mountinfo of %llu, each", SHOWN_EACH },
        { "listmount", "listmount of %llu, each", SHOWN_EACH },
        { "statmount", "statmount of one of %llu", SHOWN_EACH },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct {
        const char *op, *label;
} contests[] = {
        { "churn-bind", "%llu mounts: bind+umount" },
        { "churn-shared", "%llu, bind+umount, 100 peers" },
        { "churn-move", "%llu mounts: move" },
        { "churn-pivot", "%llu mounts: pivot_root" },
        { "churn-clone", "%llu mounts: copy a namespace" },
};
#define N_CONTESTS (sizeof(contests) / sizeof(contests[0]))

/* What each contest has rows of. */
static const struct {
        const char *suffix, *label, *unit;
} contest_rows[] = {
        { "", NULL, "ns" },
        { "-stat", "  stat meanwhile", "ns" },
        { "-over-alone", "  more time than alone, %%", "percent" },
        { "-over-busy", "  more than beside a loop, %%", "percent" },
        { "-reference", "  ppm of walks, locked", "ppm" },
        { "-waits", "  ppm of reads, asleep", "ppm" },
};
#define N_CONTEST_ROWS (sizeof(contest_rows) / sizeof(contest_rows[0]))

/*
 * Rows
 */

int bench_mounts_add(struct bench_mounts *m, const struct bench_target *t, struct bench_row row)
{
        if (isnan(row.best))
                return 0;
        snprintf(row.bench, sizeof(row.bench), "mounts");
        snprintf(row.variant, sizeof(row.variant), "walk");
        snprintf(row.impl, sizeof(row.impl), "%s", t->impl);
        if (row.threads == 0)
                row.threads = 1;
        if (row.files == 0)
                row.files = 1;
        if (row.reps == 0)
                row.reps = m->options->reps;
        if (m->options->json)
                bench_row_print_json(&row);
        return bench_rows_add(&m->rows, &row);
}

int bench_mounts_add_contest(struct bench_mounts *m, const char *op, const struct bench_contest *side,
                             uint64_t mounts)
{
        const struct bench_result figures[N_CONTEST_ROWS] = {
                side->write,
                side->read,
                { side->over_alone, side->over_alone },
                { side->over_busy, side->over_busy },
                { side->reference, side->reference },
                { side->waits, side->waits },
        };
        int r = 0;

        for (size_t i = 0; i < N_CONTEST_ROWS && r >= 0; i++) {
                struct bench_row row = { .depth = 2,
                                         .mount = true,
                                         .threads = 2,
                                         .files = mounts,
                                         .mounts = mounts,
                                         .best = figures[i].best,
                                         .median = figures[i].median };

                snprintf(row.op, sizeof(row.op), "%s%s", op, contest_rows[i].suffix);
                snprintf(row.unit, sizeof(row.unit), "%s", contest_rows[i].unit);
                r = bench_mounts_add(m, side->target, row);
        }
        return r;
}

int bench_mounts_measure(struct bench_mounts *m, struct bench_row row, const struct bench_work *work,
                         double each)
{
        struct bench_side sides[BENCH_MAX_TARGETS];
        struct bench_plan plan = {
                .threads = 1, .reps = m->options->reps, .ms = m->options->ms, .min_n = work->n_paths
        };
        int r;

        for (size_t i = 0; i < m->n_targets; i++)
                sides[i] = (struct bench_side){ .target = m->targets[i], .work = *work };
        r = bench_measure(&plan, sides, m->n_targets);
        for (size_t i = 0; i < m->n_targets && r >= 0; i++) {
                row.best = sides[i].result.best / each;
                row.median = sides[i].result.median / each;
                r = bench_mounts_add(m, m->targets[i], row);
        }
        return r;
}

int bench_mounts_failed(const char *what, const struct bench_target *t, int r)
{
        if (r < 0)
                fprintf(stderr, "vfsbench: mounts: %s: %s%s%s\n", what, t ? t->impl : "", t ? ": " : "",
                        strerror(-r));
        return r;
}

/*
 * The tree
 */

void bench_mounts_point_name(char *buf, size_t i)
{
        snprintf(buf, BENCH_NAME_SIZE, "/points/%zu", i);
}

int bench_mounts_make_tree(struct bench_mounts *m, struct bench_target *t)
{
        static const char *const dirs[] = { "/bound", "/bound/inner", "/points" };
        char path[BENCH_NAME_SIZE];
        int r = 0;

        for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && r >= 0; i++)
                r = t->calls->mkdir(t, dirs[i]);
        if (r >= 0)
                r = t->calls->mknod(t, "/bound/file");
        for (size_t i = 0; i < m->most && r >= 0; i++) {
                bench_mounts_point_name(path, i);
                r = t->calls->mkdir(t, path);
        }
        return r;
}

int bench_mounts_bind(struct bench_target *t, const struct bench_names *points, size_t first, size_t last)
{
        int r = 0;

        for (size_t i = first; i < last && r >= 0; i++)
                r = t->calls->bind(t, "/bound", points->path[i]);
        return r;
}

/*
 * The table
 */

static void print_row(const struct bench_mounts *m, const struct bench_columns *columns,
                      const struct bench_row *row, const char *label, enum shown shown)
{
        double values[4];

        if (shown == SHOWN_EACH && strcmp(row->unit, "ns") == 0) {
                bench_table_line(columns, &m->rows, row, label);
                return;
        }
        for (size_t i = 0; i < columns->n; i++) {
                const struct bench_row *of = bench_rows_find(&m->rows, row, columns->impl[i]);

                values[i] = of ? of->best * (shown == SHOWN_TOTAL ? (double)of->mounts / 1e6 : 1) : NAN;
        }
        /* Shares are not compared. */
        bench_table_values(columns, label, values, shown == SHOWN_TOTAL, "%.1f");
}

/* Every row of op that vfs2 has; mounts 0: of any number. */
static void print_op(const struct bench_mounts *m, const struct bench_columns *columns, const char *op,
                     const char *format, enum shown shown, uint64_t mounts)
{
        char label[LABELS];

        for (size_t i = 0; i < m->rows.n; i++) {
                const struct bench_row *row = &m->rows.row[i];

                if (strcmp(row->op, op) != 0 || strcmp(row->impl, columns->impl[0]) != 0 ||
                    (mounts && row->mounts != mounts))
                        continue;
                snprintf(label, sizeof(label), format, (unsigned long long)row->mounts);
                print_row(m, columns, row, label, shown);
        }
}

static void print_contest(const struct bench_mounts *m, const struct bench_columns *columns, size_t contest,
                          uint64_t mounts)
{
        char op[sizeof(m->rows.row->op)];

        for (size_t i = 0; i < N_CONTEST_ROWS; i++) {
                const char *label = contest_rows[i].label ? contest_rows[i].label : contests[contest].label;

                snprintf(op, sizeof(op), "%s%s", contests[contest].op, contest_rows[i].suffix);
                print_op(m, columns, op, label, SHOWN_EACH, mounts);
        }
}

static void print_table(const struct bench_mounts *m)
{
        struct bench_columns columns = { .impl = { "vfs2", "host" }, .n = 2 };
        char text[128];

        snprintf(text, sizeof(text),
                 "mounts: nanoseconds, best and median of %u repetitions (of whole sets: %u)",
                 m->options->reps, m->reps);
        bench_table_head(&columns, text);
        for (size_t i = 0; i < N_KINDS; i++)
                print_op(m, &columns, kinds[i].op, kinds[i].label, kinds[i].shown, 0);
        for (size_t k = 0; k < N_CONTESTS; k++)
                for (size_t i = 0; i < m->rows.n; i++) {
                        const struct bench_row *row = &m->rows.row[i];

                        if (strcmp(row->op, contests[k].op) == 0 && strcmp(row->impl, columns.impl[0]) == 0)
                                print_contest(m, &columns, k, row->mounts);
                }
}

static void choose_sizes(struct bench_mounts *m)
{
        const size_t wanted[BENCH_MOUNTS_SIZES] = { FEW, MIDDLE, m->most };

        for (size_t i = 0; i < BENCH_MOUNTS_SIZES; i++)
                if (wanted[i] < m->most || i == BENCH_MOUNTS_SIZES - 1)
                        m->sizes[m->n_sizes++] = wanted[i];
        m->middle = m->most < MIDDLE ? m->most : MIDDLE;
}

int bench_command_mounts(const struct bench_options *options)
{
        static int (*const parts[])(struct bench_mounts *) = { bench_mounts_lookup, bench_mounts_make,
                                                               bench_mounts_copies, bench_mounts_listings };
        /* Of the progress bar; the rest is bench_mounts_make's own. */
        static const unsigned steps[] = { 40, 0, 15, 15 };
        struct bench_target *targets[BENCH_MAX_TARGETS];
        struct bench_mounts m = {
                .options = options,
                .most = options->mounts ? options->mounts : MOUNTS,
                .reps = options->reps < BENCH_MOUNTS_REPS ? options->reps : BENCH_MOUNTS_REPS,
        };
        int r;

        r = bench_targets_new(NULL, targets);
        if (r < 0)
                return 1;
        choose_sizes(&m);
        bench_progress_begin(&m.progress, "mounts", STEPS, options->json);
        for (size_t i = 0; i < BENCH_MAX_TARGETS && r >= 0; i++) {
                if (!targets[i]->can_mount) {
                        fprintf(stderr, "vfsbench: %s: no right to mount: left out\n", targets[i]->impl);
                        continue;
                }
                m.targets[m.n_targets++] = targets[i];
                r = bench_mounts_failed("tree", targets[i], bench_mounts_make_tree(&m, targets[i]));
        }
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && r >= 0; i++) {
                r = parts[i](&m);
                bench_progress_step(&m.progress, steps[i]);
        }
        bench_progress_end(&m.progress);
        if (r >= 0 && !options->json)
                print_table(&m);
        bench_targets_free(targets);
        bench_rows_fini(&m.rows);
        return r < 0;
}
