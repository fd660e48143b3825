/*
 * rows.c - the list of results, as JSON and as tables.
 *
 * A JSON line is flat: strings without escapes, numbers, true and false. The
 * reader understands such lines only; it reads what gVisor's side prints.
 */
#include "bench/rows.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_WIDTH 30

int bench_rows_add(struct bench_rows *rows, const struct bench_row *row)
{
        if (rows->n == rows->room) {
                size_t room = rows->room ? rows->room * 2 : 32;
                struct bench_row *more = reallocarray(rows->row, room, sizeof(*more));

                if (!more)
                        return -ENOMEM;
                rows->row = more;
                rows->room = room;
        }
        rows->row[rows->n++] = *row;
        return 0;
}

void bench_rows_fini(struct bench_rows *rows)
{
        free(rows->row);
        *rows = (struct bench_rows){ 0 };
}

const struct bench_row *bench_rows_find(const struct bench_rows *rows, const struct bench_row *key,
                                        const char *impl)
{
        for (size_t i = 0; i < rows->n; i++) {
                const struct bench_row *row = &rows->row[i];

                if (strcmp(row->impl, impl) == 0 && strcmp(row->bench, key->bench) == 0 &&
                    strcmp(row->op, key->op) == 0 && row->depth == key->depth && row->mount == key->mount &&
                    row->threads == key->threads && row->files == key->files && row->mounts == key->mounts)
                        return row;
        }
        return NULL;
}

void bench_row_print_json(const struct bench_row *row)
{
        printf("{\"bench\":\"%s\",", row->bench);
        if (row->op[0])
                printf("\"op\":\"%s\",", row->op);
        printf("\"impl\":\"%s\",\"depth\":%u,\"mount\":%s,\"threads\":%u,\"files\":%llu,", row->impl,
               row->depth, row->mount ? "true" : "false", row->threads, (unsigned long long)row->files);
        if (row->mounts)
                printf("\"mounts\":%llu,", (unsigned long long)row->mounts);
        printf("\"variant\":\"%s\",\"reps\":%u,\"unit\":\"%s\",\"ns_best\":%.3f,\"ns_median\":%.3f}\n",
               row->variant, row->reps, row->unit, row->best, row->median);
        fflush(stdout);
}

/* What follows "name": in line; NULL: no such member. */
static const char *json_value(const char *line, const char *name)
{
        char quoted[32];
        const char *at;

        snprintf(quoted, sizeof(quoted), "\"%s\":", name);
        at = strstr(line, quoted);
        return at ? at + strlen(quoted) : NULL;
}

static void json_string(const char *line, const char *name, char *buf, size_t size)
{
        const char *at = json_value(line, name);
        size_t len;

        buf[0] = '\0';
        if (!at || *at != '"')
                return;
        len = strcspn(at + 1, "\"");
        if (len >= size)
                return;
        memcpy(buf, at + 1, len);
        buf[len] = '\0';
}

static double json_number(const char *line, const char *name)
{
        const char *at = json_value(line, name);

        return at ? strtod(at, NULL) : NAN;
}

int bench_row_parse_json(const char *line, struct bench_row *ret_row)
{
        struct bench_row row = { 0 };
        const char *mount = json_value(line, "mount");
        double depth = json_number(line, "depth"), threads = json_number(line, "threads");
        double files = json_number(line, "files"), reps = json_number(line, "reps");

        json_string(line, "bench", row.bench, sizeof(row.bench));
        json_string(line, "op", row.op, sizeof(row.op));
        json_string(line, "impl", row.impl, sizeof(row.impl));
        json_string(line, "variant", row.variant, sizeof(row.variant));
        json_string(line, "unit", row.unit, sizeof(row.unit));
        row.best = json_number(line, "ns_best");
        row.median = json_number(line, "ns_median");
        if (!row.bench[0] || !row.impl[0] || !mount || isnan(row.best) || isnan(row.median) ||
            !(depth >= 0 && depth < 1e9) || !(threads >= 1 && threads < 1e9) ||
            !(files >= 1 && files < 1e15) || !(reps >= 1 && reps < 1e9))
                return -EINVAL;
        row.mount = strncmp(mount, "true", 4) == 0;
        row.depth = (unsigned)depth;
        row.threads = (unsigned)threads;
        row.files = (uint64_t)files;
        row.reps = (unsigned)reps;
        *ret_row = row;
        return 0;
}

/* A figure with as many digits as are worth something. */
static void print_figure(double value, int width)
{
        printf("%*.*f", width, value < 99.95 ? 1 : 0, value);
}

void bench_table_head(const struct bench_columns *columns, const char *title)
{
        printf("%s\n\n%-*s", title, LABEL_WIDTH, "");
        for (size_t i = 0; i < columns->n; i++) {
                printf("%10s%10s", columns->impl[i], "median");
                if (i > 0)
                        printf("%9s", "ratio");
        }
        putchar('\n');
}

void bench_table_line(const struct bench_columns *columns, const struct bench_rows *rows,
                      const struct bench_row *key, const char *label)
{
        const struct bench_row *first = bench_rows_find(rows, key, columns->impl[0]);

        printf("%-*s", LABEL_WIDTH, label);
        for (size_t i = 0; i < columns->n; i++) {
                const struct bench_row *row = bench_rows_find(rows, key, columns->impl[i]);

                if (row) {
                        print_figure(row->best, 10);
                        print_figure(row->median, 10);
                } else {
                        printf("%10s%10s", "-", "-");
                }
                if (i > 0 && row && first)
                        printf("%8.1fx", row->best / first->best);
                else if (i > 0)
                        printf("%9s", "");
        }
        putchar('\n');
        fflush(stdout);
}

void bench_table_values(const struct bench_columns *columns, const char *label, const double *values,
                        bool ratio, const char *format)
{
        printf("%-*s", LABEL_WIDTH, label);
        for (size_t i = 0; i < columns->n; i++) {
                char text[32] = "-";

                if (!isnan(values[i]))
                        snprintf(text, sizeof(text), format, values[i]);
                printf("%10s%10s", text, "");
                if (i > 0 && ratio && !isnan(values[i]) && !isnan(values[0]))
                        printf("%8.1fx", values[i] / values[0]);
                else if (i > 0)
                        printf("%9s", "");
        }
        putchar('\n');
        fflush(stdout);
}
