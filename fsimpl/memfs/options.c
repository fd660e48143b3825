/*
 * options.c - mount options, as tmpfs(5) has them and as Linux parses them.
 *
 * size=, nr_blocks=, nr_inodes=, mode=, uid=, gid= have an effect. DIFF-LINUX:
 * huge=, mpol=, noswap, inode32 and inode64 are checked and shown again but change
 * nothing; quota and casefold options are EINVAL whatever Linux was built with.
 * Empty options are skipped; a comma before a digit belongs to the value (node
 * lists of mpol=). Of several sizes the last one counts.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "memfs.h"

/* A word of the option string: not NUL-terminated. */
struct word {
        const char *s;
        size_t len;
};

static int word_is(struct word w, const char *s)
{
        return w.len == strlen(s) && memcmp(w.s, s, w.len) == 0;
}

static unsigned int digit_of(char c)
{
        if (c >= '0' && c <= '9')
                return (unsigned int)(c - '0');
        if (c >= 'a' && c <= 'f')
                return (unsigned int)(c - 'a') + 10;
        if (c >= 'A' && c <= 'F')
                return (unsigned int)(c - 'A') + 10;
        return UINT_MAX;
}

/* Reads a number at the start of w and cuts it off; base 0: 0x or 0 tell. Wraps, as Linux's memparse. */
static uint64_t take_number(struct word *w, unsigned int base, size_t *ret_digits, int *ret_overflow)
{
        uint64_t v = 0;
        size_t n = 0;

        if (base == 0) {
                base = 10;
                if (w->len > 0 && w->s[0] == '0') {
                        base = 8;
                        if (w->len > 2 && (w->s[1] | 0x20) == 'x' && digit_of(w->s[2]) < 16) {
                                base = 16;
                                w->s += 2;
                                w->len -= 2;
                        }
                }
        }
        *ret_overflow = 0;
        for (; n < w->len && digit_of(w->s[n]) < base; n++) {
                if (v > (UINT64_MAX - digit_of(w->s[n])) / base)
                        *ret_overflow = 1;
                v = v * base + digit_of(w->s[n]);
        }
        w->s += n;
        w->len -= n;
        *ret_digits = n;
        return v;
}

/* A number with a suffix of k, m, g, t, p, e. What follows stays in w. */
static uint64_t take_size(struct word *w)
{
        static const char suffixes[] = "kmgtpe";
        uint64_t v;
        size_t digits;
        const char *p;
        int overflow;

        v = take_number(w, 0, &digits, &overflow);
        if (w->len > 0 && w->s[0] != 0 && (p = strchr(suffixes, w->s[0] | 0x20)) != NULL) {
                v <<= 10 * (p - suffixes + 1);
                w->s++;
                w->len--;
        }
        return v;
}

/* A whole number below 2^32. */
static int parse_u32(struct word w, unsigned int base, uint32_t *ret)
{
        uint64_t v;
        size_t digits;
        int overflow;

        if (w.len > 0 && w.s[0] == '+') {
                w.s++;
                w.len--;
        }
        v = take_number(&w, base, &digits, &overflow);
        if (digits == 0 || w.len != 0 || overflow || v > UINT32_MAX)
                return -EINVAL;
        *ret = (uint32_t)v;
        return 0;
}

static int parse_id(struct word value, uint32_t *ret)
{
        uint32_t id;

        if (parse_u32(value, 0, &id) < 0 || id == UINT32_MAX)
                return -EINVAL;
        *ret = id;
        return 0;
}

static int parse_size(struct word value, uint64_t pages, struct memfs_options *o)
{
        uint64_t size = take_size(&value);

        if (value.len > 0 && value.s[0] == '%') {
                size = (size << MEMFS_BLOCK_SHIFT) * pages / 100;
                value.s++;
                value.len--;
        }
        if (value.len != 0)
                return -EINVAL;
        o->blocks = (size + MEMFS_BLOCK_SIZE - 1) >> MEMFS_BLOCK_SHIFT;
        o->seen |= MEMFS_SEEN_BLOCKS;
        return 0;
}

static int parse_count(struct word value, uint64_t max, uint64_t *ret)
{
        uint64_t n = take_size(&value);

        if (value.len != 0 || n > max)
                return -EINVAL;
        *ret = n;
        return 0;
}

static int parse_huge(struct word value, struct memfs_options *o)
{
        static const char *const modes[] = { "never", "always", "within_size", "advise" };

        for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
                if (!word_is(value, modes[i]))
                        continue;
                snprintf(o->huge, sizeof(o->huge), "%s", i == 0 ? "" : modes[i]);
                o->seen |= MEMFS_SEEN_HUGE;
                return 0;
        }
        return -EINVAL;
}

/* A list of numbers and ranges: "0-3,5". The node numbers themselves mean nothing here. */
static int nodelist_valid(struct word w)
{
        size_t digits;
        int overflow;

        for (;;) {
                take_number(&w, 10, &digits, &overflow);
                if (digits == 0 || overflow)
                        return 0;
                if (w.len > 0 && w.s[0] == '-') {
                        w.s++;
                        w.len--;
                        take_number(&w, 10, &digits, &overflow);
                        if (digits == 0 || overflow)
                                return 0;
                }
                if (w.len == 0)
                        return 1;
                if (w.s[0] != ',')
                        return 0;
                w.s++;
                w.len--;
        }
}

/* mode[=flag][:nodes] */
static int parse_mpol(struct word value, struct memfs_options *o)
{
        enum { NODES_NONE, NODES_MAY, NODES_MUST };
        static const struct {
                const char *name;
                int nodes;
        } modes[] = {
                { "default", NODES_NONE },       { "prefer", NODES_MAY },
                { "bind", NODES_MUST },          { "local", NODES_NONE },
                { "interleave", NODES_MAY },     { "weighted interleave", NODES_MAY },
                { "prefer (many)", NODES_MUST },
        };
        struct word mode = value, flag = { NULL, 0 }, nodes = { NULL, 0 };
        const char *p;

        p = memchr(value.s, ':', value.len);
        if (p) {
                mode.len = (size_t)(p - value.s);
                nodes = (struct word){ p + 1, value.len - mode.len - 1 };
                if (!nodelist_valid(nodes))
                        return -EINVAL;
        }
        p = memchr(mode.s, '=', mode.len);
        if (p) {
                flag = (struct word){ p + 1, mode.len - (size_t)(p + 1 - mode.s) };
                mode.len = (size_t)(p - mode.s);
                if (!word_is(flag, "static") && !word_is(flag, "relative"))
                        return -EINVAL;
        }
        for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
                if (!word_is(mode, modes[i].name))
                        continue;
                if ((nodes.s && modes[i].nodes == NODES_NONE) || (!nodes.s && modes[i].nodes == NODES_MUST) ||
                    (flag.s && !nodes.s))
                        return -EINVAL;
                if (value.len >= sizeof(o->mpol))
                        return -EINVAL;
                memcpy(o->mpol, value.s, value.len);
                o->mpol[value.len] = '\0';
                if (i == 0)
                        o->mpol[0] = '\0';
                o->seen |= MEMFS_SEEN_MPOL;
                return 0;
        }
        return -EINVAL;
}

static int parse_value(struct word key, struct word value, uint64_t pages, struct memfs_options *o)
{
        if (value.len == 0)
                return -EINVAL;
        if (word_is(key, "size"))
                return parse_size(value, pages, o);
        if (word_is(key, "nr_blocks")) {
                if (parse_count(value, INT64_MAX, &o->blocks) < 0)
                        return -EINVAL;
                o->seen |= MEMFS_SEEN_BLOCKS;
                return 0;
        }
        if (word_is(key, "nr_inodes")) {
                if (parse_count(value, UINT64_MAX / MEMFS_INODE_SPACE, &o->inodes) < 0)
                        return -EINVAL;
                o->seen |= MEMFS_SEEN_INODES;
                return 0;
        }
        if (word_is(key, "mode")) {
                if (parse_u32(value, 8, &o->mode) < 0)
                        return -EINVAL;
                o->mode &= 07777;
                return 0;
        }
        if (word_is(key, "uid"))
                return parse_id(value, &o->uid);
        if (word_is(key, "gid"))
                return parse_id(value, &o->gid);
        if (word_is(key, "huge"))
                return parse_huge(value, o);
        if (word_is(key, "mpol"))
                return parse_mpol(value, o);
        return -EINVAL;
}

static int parse_flag(struct word key, struct memfs_options *o)
{
        /* What Linux takes in any filesystem's options, and has no effect on memory. */
        static const char *const generic[] = { "sync",       "async", "dirsync", "lazytime",
                                               "nolazytime", "mand",  "nomand" };

        if (word_is(key, "noswap"))
                o->flags |= MEMFS_OPT_NOSWAP;
        else if (word_is(key, "inode64"))
                o->flags |= MEMFS_OPT_INODE64;
        else if (word_is(key, "inode32"))
                o->flags &= ~MEMFS_OPT_INODE64;
        else if (word_is(key, "ro"))
                o->flags = (o->flags & ~MEMFS_OPT_RDWR) | MEMFS_OPT_RDONLY;
        else if (word_is(key, "rw"))
                o->flags = (o->flags & ~MEMFS_OPT_RDONLY) | MEMFS_OPT_RDWR;
        else {
                for (size_t i = 0; i < sizeof(generic) / sizeof(generic[0]); i++) {
                        if (word_is(key, generic[i]))
                                return 0;
                }
                return -EINVAL;
        }
        return 0;
}

int memfs_options_parse(const char *data, uint64_t pages, struct memfs_options *options)
{
        while (data && *data) {
                struct word key = { data, 0 }, value = { NULL, 0 };
                int r;

                while (data[0] != '\0' && (data[0] != ',' || digit_of(data[1]) < 10))
                        data++;
                key.len = (size_t)(data - key.s);
                if (*data == ',')
                        data++;
                value.s = memchr(key.s, '=', key.len);
                if (value.s == key.s || key.len == 0)
                        continue;
                if (value.s) {
                        value.s++;
                        value.len = key.len - (size_t)(value.s - key.s);
                        key.len -= value.len + 1;
                        r = parse_value(key, value, pages, options);
                } else {
                        r = parse_flag(key, options);
                }
                if (r < 0)
                        return r;
        }
        return 0;
}
