/*
 * rows.h - results: a row for each thing measured, printed as JSON lines or as a table.
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was measured, and how much it took. */
struct bench_row {
        char bench[8];   /* the command */
        char op[24];     /* the operation, where a command has several */
        char impl[8];    /* vfs2, host, gvisor */
        char variant[8]; /* "walk": every call walks its path */
        char unit[8];    /* of best and median: ns, bytes, ppm, percent */
        unsigned depth;  /* directories above the file */
        bool mount;      /* the first directory is a mount point */
        unsigned threads;
        uint64_t files;  /* different files in turn, in random order */
        uint64_t mounts; /* in the namespace, or made, or reached by propagation; 0: does not matter */
        unsigned reps;
        double best, median; /* of one operation, in one thread */
};

struct bench_rows {
        struct bench_row *row;
        size_t n, room;
};

/* Appends a row. Errors: ENOMEM. */
int bench_rows_add(struct bench_rows *rows, const struct bench_row *row);
void bench_rows_fini(struct bench_rows *rows);

/* The row of impl for what is measured in key (all but its figures and reps); NULL: none. */
const struct bench_row *bench_rows_find(const struct bench_rows *rows, const struct bench_row *key,
                                        const char *impl);

void bench_row_print_json(const struct bench_row *row);
/* Reads what bench_row_print_json wrote; other members are passed over. Errors: EINVAL. */
int bench_row_parse_json(const char *line, struct bench_row *ret_row);

/* The implementations of a table, in the order of its columns; the first is compared with the others. */
struct bench_columns {
        const char *impl[4];
        size_t n;
};

void bench_table_head(const struct bench_columns *columns, const char *title);
/* One line: each implementation's best and median, and how much longer it takes than the first one. */
void bench_table_line(const struct bench_columns *columns, const struct bench_rows *rows,
                      const struct bench_row *key, const char *label);
/* A line of derived figures, one for each implementation, NaN: none; with ratio they are compared. */
void bench_table_values(const struct bench_columns *columns, const char *label, const double *values,
                        bool ratio, const char *format);

#endif
