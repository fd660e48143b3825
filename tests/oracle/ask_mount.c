/*
 * ask_mount.c - statmount(2) and listmount(2), of what is mounted at a path; /proc/PID/mounts and
 * mountstats.
 *
 * Of the unique ids only their order is compared. Mounts of one age (copies that
 * one operation made) may be listed in any order, so they are described by their places, sorted.
 */
#include "tests/oracle/side_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED 4000

static const char *string_of(const struct vfs_statmount *st, uint64_t mask, uint32_t offset)
{
        return st->mask & mask ? st->str + offset : "-";
}

static void say_statmount(struct outcome *out, const struct vfs_statmount *st)
{
        const char *option = string_of(st, VFS_STATMOUNT_OPT_ARRAY, st->opt_array);

        say(out, "mask %llx magic %llx sb %x attr %llx kind %llx peers %d%d%d", (unsigned long long)st->mask,
            (unsigned long long)st->sb_magic, st->sb_flags, (unsigned long long)st->mnt_attr,
            (unsigned long long)st->mnt_propagation, st->mnt_peer_group != 0, st->mnt_master != 0,
            st->propagate_from != 0);
        say(out, " root %.80s point %.80s type %s opts %.100s source %.20s",
            string_of(st, VFS_STATMOUNT_MNT_ROOT, st->mnt_root),
            string_of(st, VFS_STATMOUNT_MNT_POINT, st->mnt_point),
            string_of(st, VFS_STATMOUNT_FS_TYPE, st->fs_type),
            string_of(st, VFS_STATMOUNT_MNT_OPTS, st->mnt_opts),
            string_of(st, VFS_STATMOUNT_SB_SOURCE, st->sb_source));
        for (uint32_t i = 0; i < st->opt_num && st->mask & VFS_STATMOUNT_OPT_ARRAY; i++) {
                say(out, " %.40s", option);
                option += strlen(option) + 1;
        }
}

static int64_t stat_mount(struct driver *d, const struct vfs_mnt_id_req *of, uint64_t id, uint64_t param,
                          void *buf, size_t size)
{
        struct vfs_mnt_id_req req = *of;

        req.mnt_id = id;
        req.param = param;
        return d->ops->statmount(d, &req, buf, size, 0);
}

static int compare_strings(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static void say_listed(struct outcome *out, struct driver *d, const struct vfs_mnt_id_req *of,
                       const uint64_t *ids, int64_t n, int reverse)
{
        static char buf[5000] __attribute__((aligned(8)));
        struct vfs_statmount *st = (struct vfs_statmount *)buf;
        const uint64_t param = VFS_STATMOUNT_MNT_POINT | VFS_STATMOUNT_MNT_ROOT;
        static char *places[LISTED];
        char place[400];
        int sorted = 1;

        for (int64_t i = 0; i < n; i++) {
                if (stat_mount(d, of, ids[i], param, buf, sizeof(buf)) < 0)
                        strcpy(place, "?");
                else
                        snprintf(place, sizeof(place), "%.150s=%.150s",
                                 string_of(st, VFS_STATMOUNT_MNT_POINT, st->mnt_point),
                                 string_of(st, VFS_STATMOUNT_MNT_ROOT, st->mnt_root));
                places[i] = strdup(place);
                if (i && (ids[i] > ids[i - 1]) == reverse)
                        sorted = 0;
        }
        qsort(places, (size_t)n, sizeof(places[0]), compare_strings);
        say(out, sorted ? "in order" : "not in order");
        for (int64_t i = 0; i < n; i++) {
                say(out, " %s", places[i]);
                free(places[i]);
        }
}

/* The ids that req asks for, chunk at a time. */
static int64_t list_mounts(struct driver *d, const struct vfs_mnt_id_req *of, uint32_t flags, size_t chunk,
                           uint64_t *ids)
{
        struct vfs_mnt_id_req req = *of;
        int64_t r, n = 0;

        do {
                r = d->ops->listmount(d, &req, ids + n, chunk, flags);
                if (r < 0)
                        return r;
                n += r;
                if (r > 0)
                        req.param = ids[n - 1];
        } while (r == (int64_t)chunk && n + r <= LISTED);
        return n;
}

/* The lines of a listing, sorted, as a hash and a few words. */
static int64_t say_mounts(struct outcome *out, struct driver *d, int stats)
{
        static char text[1 << 20], *lines[LISTED];
        char *at = text;
        size_t n = 0;
        uint64_t h = 0;
        int64_t r = stats ? d->ops->mountstats(d, text, sizeof(text) - 1)
                          : d->ops->mounts(d, text, sizeof(text) - 1);

        if (r < 0)
                return r;
        text[r] = '\0';
        while (*at && n < LISTED) {
                lines[n++] = at;
                at += strcspn(at, "\n");
                if (*at)
                        *at++ = '\0';
        }
        qsort(lines, n, sizeof(lines[0]), compare_strings);
        for (size_t i = 0; i < n; i++) {
                for (const char *c = lines[i]; *c; c++)
                        h = (h ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
                if (i < 4)
                        say(out, " [%.90s]", lines[i]);
        }
        say(out, " all %zu %016llx", n, (unsigned long long)h);
        return 0;
}

int64_t side_ask_mount(struct side *side, const struct op *op, const char *path, struct outcome *out)
{
        static char buf[5000] __attribute__((aligned(8)));
        static uint64_t ids[LISTED];
        const int ns = op->fd2 >= 0 && op->fd2 < SIDE_NS ? side->mounts.ns[op->fd2] : -1;
        struct driver *d = side->d;
        struct vfs_mnt_id_req req = { .size = VFS_MNT_ID_REQ_SIZE_VER1, .mnt_id = VFS_LSMT_ROOT };
        struct vfs_statx st;
        int64_t r;

        if (op->kind == OP_mounts) {
                side_become(side, 0); /* who may read them is procfs' to say */
                return say_mounts(out, d, op->a != 0);
        }
        r = d->ops->statx(d, DRIVER_CWD, path, 0, VFS_STATX_MNT_ID_UNIQUE, &st);
        if (r < 0)
                return r;
        if (ns >= 0)
                d->ops->ns_id(d, ns, &req.mnt_ns_id);
        if (op->kind == OP_statmount) {
                r = stat_mount(d, &req, st.mnt_id, (uint64_t)op->a, buf, op->b ? (size_t)op->b : sizeof(buf));
                if (r == 0 && (!op->b || op->b >= (int64_t)sizeof(struct vfs_statmount)))
                        say_statmount(out, (struct vfs_statmount *)buf);
                return r;
        }
        if (!op->a)
                req.mnt_id = st.mnt_id;
        r = list_mounts(d, &req, op->flags, op->b ? (size_t)op->b : LISTED / 2, ids);
        if (r > 0)
                say_listed(out, d, &req, ids, r, op->flags == VFS_LISTMOUNT_REVERSE);
        return r;
}
