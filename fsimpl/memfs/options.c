/*
 * options.c - mount options, as tmpfs(5) has them and as Linux parses them.
 *
 * size=, nr_blocks=, nr_inodes=, mode=, uid=, gid= have an effect. DIFF-LINUX:
 * huge=, mpol=, noswap, inode32 and inode64 are checked and shown again but change
 * nothing; quota and casefold options are unknown, whatever Linux was built with.
 * Of several sizes the last one counts.
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

static int parse_size(struct word value, struct memfs_options *o)
{
        uint64_t size = take_size(&value);

        if (value.len > 0 && value.s[0] == '%') {
                size = (size << MEMFS_BLOCK_SHIFT) * o->pages / 100;
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

static int parse_blocks(struct word value, struct memfs_options *o)
{
        o->seen |= MEMFS_SEEN_BLOCKS;
        return parse_count(value, INT64_MAX, &o->blocks);
}

static int parse_inodes(struct word value, struct memfs_options *o)
{
        o->seen |= MEMFS_SEEN_INODES;
        return parse_count(value, UINT64_MAX / MEMFS_INODE_SPACE, &o->inodes);
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

static int parse_flag(struct vfs_fs_context *fc, const struct vfs_fs_param *param, struct memfs_options *o)
{
        const struct vfs_filesystem *fs = vfs_fs_context_filesystem(fc);
        const struct vfs_ctx *ctx = vfs_fs_context_ctx(fc);
        const int noswap = strcmp(param->key, "noswap") == 0, inode64 = strcmp(param->key, "inode64") == 0;

        if (!noswap && !inode64 && strcmp(param->key, "inode32") != 0)
                return VFS_FS_PARAM_UNKNOWN;
        if (vfs_fs_param_flag(fc, param) < 0)
                return -EINVAL;
        if (noswap) {
                if ((fs != NULL ? fs->userns : vfs_cred_userns(vfs_fs_context_cred(fc))) != NULL ||
                    (ctx != NULL && !vfs_cred_capable(ctx->cred, VFS_CAP_SYS_ADMIN)))
                        return vfs_fs_context_invalid(
                                fc, "Turning off swap in unprivileged tmpfs mounts unsupported");
                o->flags |= MEMFS_OPT_NOSWAP;
                return 0;
        }
        o->seen |= MEMFS_SEEN_INUMS;
        o->flags = inode64 ? o->flags | MEMFS_OPT_INODE64 : o->flags & ~MEMFS_OPT_INODE64;
        return 0;
}

/* Values with rules of their own. */
static const struct {
        const char *key;
        int (*parse)(struct word value, struct memfs_options *o);
} strings[] = {
        { "size", parse_size }, { "nr_blocks", parse_blocks }, { "nr_inodes", parse_inodes },
        { "huge", parse_huge }, { "mpol", parse_mpol },
};

int memfs_options_parse(struct vfs_fs_context *fc, const struct vfs_fs_param *param)
{
        struct memfs_options *o = vfs_fs_context_options(fc);
        const char *value;
        int r;

        if (strcmp(param->key, "uid") == 0)
                return vfs_fs_param_uid(fc, param, &o->uid);
        if (strcmp(param->key, "gid") == 0)
                return vfs_fs_param_gid(fc, param, &o->gid);
        if (strcmp(param->key, "mode") == 0) {
                r = vfs_fs_param_u32(fc, param, 8, &o->mode);
                o->mode &= 07777;
                return r;
        }
        for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
                if (strcmp(param->key, strings[i].key) != 0)
                        continue;
                r = vfs_fs_param_string(fc, param, &value);
                if (r == 0 && strings[i].parse((struct word){ value, param->size }, o) < 0)
                        r = vfs_fs_param_bad(fc, param);
                return r;
        }
        return parse_flag(fc, param, o);
}
