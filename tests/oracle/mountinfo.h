/*
 * mountinfo.h - the text of a mountinfo without what differs between two kernels that
 * have done the same: numbers count from 0 in order of appearance, and lines are in the
 * order of the tree.
 */
#ifndef TESTS_ORACLE_MOUNTINFO_H
#define TESTS_ORACLE_MOUNTINFO_H

#include <stddef.h>
#include <stdint.h>

#define MOUNTINFO_MAX 1024 /* lines */

/* Numbers by the order in which they came. */
struct numbers {
        uint64_t known[MOUNTINFO_MAX];
        int n;
};

int number_of(struct numbers *numbers, uint64_t known);

/* What several texts have in common. */
struct mount_numbers {
        struct numbers mounts, groups, devices;
};

struct mountinfo_line {
        int id, parent;
        unsigned int major_nr, minor_nr;
        char *root, *point, *options, *rest;
        char tags[100];
        int done;
};

struct mountinfo {
        struct mountinfo_line lines[MOUNTINFO_MAX];
        size_t n;
};

/* Cuts text into pieces. -1: not what mountinfo looks like. */
int mountinfo_parse(char *text, struct mountinfo *ret_info);
/* Puts the lines in the order of the tree: parents first, their children by place. */
void mountinfo_sort(struct mountinfo *info);
/* A line, with its numbers replaced. Returns its length. */
int mountinfo_print(const struct mountinfo_line *line, const struct mountinfo *info,
                    struct mount_numbers *numbers, char *buf, size_t size);
/* The top of the stack that begins on id's root: id itself, if there is none. -1: id is not listed. */
int mountinfo_topmost(const struct mountinfo *info, int id);

#endif
