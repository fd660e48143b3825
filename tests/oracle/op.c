/*
 * op.c - operations as text.
 */
#include "tests/oracle/op.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
#define X(name, weight, in_namespaces) #name,
        OP_KINDS(X)
#undef X
};

const char *op_name(int kind)
{
        return names[kind];
}

int op_kind(const char *name)
{
        for (int kind = 0; kind < OP_COUNT; kind++) {
                if (!strcmp(names[kind], name))
                        return kind;
        }
        return -1;
}

int op_print(const struct op *op, char *buf, size_t size)
{
        return snprintf(buf, size, "%s u%u w%u %d %d \"%s\" \"%s\" %#x 0%o %" PRId64 " %" PRId64,
                        names[op->kind], op->user, op->watch, op->fd, op->fd2, op->path, op->path2, op->flags,
                        op->mode, op->a, op->b);
}

/* Reads a quoted string of at most OP_PATH_MAX - 1 bytes; moves *at behind it. */
static int quoted(const char **at, char *ret)
{
        const char *begin = strchr(*at, '"'), *end;

        if (!begin)
                return -1;
        end = strchr(++begin, '"');
        if (!end || end - begin >= OP_PATH_MAX)
                return -1;
        memcpy(ret, begin, (size_t)(end - begin));
        ret[end - begin] = '\0';
        *at = end + 1;
        return 0;
}

int op_parse(const char *line, struct op *ret_op)
{
        struct op op = { 0 };
        char name[32];
        unsigned int user, watch;
        int fd, fd2, kind;

        if (sscanf(line, "%31s u%u w%u %d %d", name, &user, &watch, &fd, &fd2) != 5)
                return -1;
        kind = op_kind(name);
        if (kind < 0 || user >= OP_USERS || fd < OP_CWD || fd > OP_BAD_SLOT || fd2 < OP_CWD ||
            fd2 > OP_BAD_SLOT || watch > 2)
                return -1;
        op.kind = (uint8_t)kind;
        op.user = (uint8_t)user;
        op.watch = (uint8_t)watch;
        op.fd = (int8_t)fd;
        op.fd2 = (int8_t)fd2;
        if (quoted(&line, op.path) < 0 || quoted(&line, op.path2) < 0)
                return -1;
        if (sscanf(line, "%x %o %" SCNd64 " %" SCNd64, &op.flags, &op.mode, &op.a, &op.b) != 4)
                return -1;
        *ret_op = op;
        return 0;
}
