/*
 * mountinfo.c - reading, ordering and describing the lines of a mountinfo.
 *
 * The kernel lists mounts by age, in which the copies that one mount got by propagation may
 * follow each other in any order. So lines are put in an order that only what is
 * mounted where decides: from the root down, children by their places. No two mounts
 * have the same parent and place, so the order is total.
 *
 * A mount whose parent is not listed shows "-" for it: whether a namespace's root has a
 * parent that nobody sees is each kernel's own business.
 */
#include "tests/oracle/mountinfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int number_of(struct numbers *numbers, uint64_t known)
{
        for (int i = 0; i < numbers->n; i++) {
                if (numbers->known[i] == known)
                        return i;
        }
        if (numbers->n < MOUNTINFO_MAX)
                numbers->known[numbers->n++] = known;
        return numbers->n - 1;
}

/* The next word of a line; *at moves behind it. */
static char *word(char **at)
{
        char *begin = *at;

        *at += strcspn(begin, " ");
        if (**at)
                *(*at)++ = '\0';
        return begin;
}

static int parse_line(char *at, struct mountinfo_line *ret)
{
        char *tag;

        ret->id = atoi(word(&at));
        ret->parent = atoi(word(&at));
        if (sscanf(word(&at), "%u:%u", &ret->major_nr, &ret->minor_nr) != 2)
                return -1;
        ret->root = word(&at);
        ret->point = word(&at);
        ret->options = word(&at);
        ret->tags[0] = '\0';
        ret->done = 0;
        for (;;) {
                tag = word(&at);
                if (!*tag)
                        return -1;
                if (!strcmp(tag, "-"))
                        break;
                if (strlen(ret->tags) + strlen(tag) + 2 > sizeof(ret->tags))
                        return -1;
                strcat(strcat(ret->tags, tag), " ");
        }
        ret->rest = at;
        return 0;
}

int mountinfo_parse(char *text, struct mountinfo *ret_info)
{
        ret_info->n = 0;
        while (*text) {
                char *end = strchr(text, '\n');

                if (!end || ret_info->n == MOUNTINFO_MAX)
                        return -1;
                *end = '\0';
                if (parse_line(text, &ret_info->lines[ret_info->n++]) < 0)
                        return -1;
                text = end + 1;
        }
        return 0;
}

static const struct mountinfo_line *find(const struct mountinfo *info, int id)
{
        for (size_t i = 0; i < info->n; i++) {
                if (info->lines[i].id == id)
                        return &info->lines[i];
        }
        return NULL;
}

static int has_listed_parent(const struct mountinfo *info, const struct mountinfo_line *line)
{
        return line->parent != line->id && find(info, line->parent);
}

/* Moves the lines below a parent (NULL: those without one) to sorted. */
static void sort_below(struct mountinfo *info, const struct mountinfo_line *parent, struct mountinfo *sorted)
{
        for (;;) {
                struct mountinfo_line *least = NULL;

                for (size_t i = 0; i < info->n; i++) {
                        struct mountinfo_line *line = &info->lines[i];

                        if (!line->done && (least == NULL || strcmp(line->point, least->point) < 0) &&
                            (parent ? line->parent == parent->id && line != parent
                                    : !has_listed_parent(info, line)))
                                least = line;
                }
                if (!least)
                        return;
                least->done = 1;
                sorted->lines[sorted->n++] = *least;
                sort_below(info, least, sorted);
        }
}

void mountinfo_sort(struct mountinfo *info)
{
        static struct mountinfo sorted;

        sorted.n = 0;
        sort_below(info, NULL, &sorted);
        *info = sorted;
}

int mountinfo_topmost(const struct mountinfo *info, int id)
{
        const struct mountinfo_line *line = find(info, id);
        size_t i;

        if (!line)
                return -1;
        do {
                for (i = 0; i < info->n; i++) {
                        const struct mountinfo_line *over = &info->lines[i];

                        if (over != line && over->parent == line->id && !strcmp(over->point, line->point))
                                break;
                }
                if (i < info->n)
                        line = &info->lines[i];
        } while (i < info->n);
        return line->id;
}

/* "shared:17 master:3 " with the numbers of groups replaced. */
static int print_tags(const char *tags, struct mount_numbers *numbers, char *buf, size_t size)
{
        int used = 0;

        while (*tags) {
                size_t n = strcspn(tags, " ");
                const char *colon = memchr(tags, ':', n);

                if (colon)
                        used += snprintf(buf + used, size - (size_t)used, "%.*s%d ", (int)(colon + 1 - tags),
                                         tags, number_of(&numbers->groups, strtoull(colon + 1, NULL, 10)));
                else
                        used += snprintf(buf + used, size - (size_t)used, "%.*s ", (int)n, tags);
                tags += n + 1;
        }
        buf[used] = '\0';
        return used;
}

int mountinfo_print(const struct mountinfo_line *line, const struct mountinfo *info,
                    struct mount_numbers *numbers, char *buf, size_t size)
{
        char parent[16] = "-", tags[120];

        if (has_listed_parent(info, line))
                snprintf(parent, sizeof(parent), "%d", number_of(&numbers->mounts, (uint64_t)line->parent));
        print_tags(line->tags, numbers, tags, sizeof(tags));
        return snprintf(buf, size, "%d on %s dev %d %s %s %s %s- %s\n",
                        number_of(&numbers->mounts, (uint64_t)line->id), parent,
                        number_of(&numbers->devices, (uint64_t)line->major_nr << 32 | line->minor_nr),
                        line->root, line->point, line->options, tags, line->rest);
}
