/*
 * mountinfo.c - the texts of /proc/PID/mountinfo, mounts and mountstats:
 * proc_pid_mountinfo(5).
 *
 * Two passes, since a filesystem is not entered with mount_lock held: under it
 * everything but the filesystems' own options is written, one record per line
 * noting where the options belong, with a reference on the filesystem; then, with
 * no lock, the options are asked for and the text is put together. Holding the
 * filesystems rather than the mounts keeps a reader from making an unmount EBUSY.
 *
 * A namespace's root has no parent; like Linux, it is shown as its own.
 */
#include "mount/internal.h"

#include <errno.h>

#include "mount/text.h"

struct vfs_listing_format {
        /* Appends the part before the filesystem's options; false if ctx's root does not reach m. */
        bool (*line)(struct vfs_text *text, const struct vfs_ctx *ctx, struct vfs_mount *m);
        bool options; /* has them */
        const char *end;
};

/* What one line needs after the lock is released. */
struct vfs_listing_line {
        size_t end;                /* of this line's part of the text */
        struct vfs_filesystem *fs; /* referenced */
};

/*
 * The parts of a line
 */

static const struct vfs_flag_name {
        uint32_t flag;
        const char *text;
} vfs_mount_flag_names[] = {
        { VFS_MS_NOSUID, ",nosuid" },
        { VFS_MS_NODEV, ",nodev" },
        { VFS_MS_NOEXEC, ",noexec" },
        { VFS_MS_NOATIME, ",noatime" },
        { VFS_MS_NODIRATIME, ",nodiratime" },
        { VFS_MS_RELATIME, ",relatime" },
        { VFS_MS_NOSYMFOLLOW, ",nosymfollow" },
        { 0, NULL },
}, vfs_fs_flag_names[] = {
        { VFS_MS_SYNCHRONOUS, ",sync" },
        { VFS_MS_DIRSYNC, ",dirsync" },
        { VFS_MS_MANDLOCK, ",mand" },
        { VFS_MS_LAZYTIME, ",lazytime" },
        { 0, NULL },
};

static void vfs_text_flags(struct vfs_text *text, uint32_t flags, const struct vfs_flag_name *names)
{
        for (; names->text != NULL; names++) {
                if (flags & names->flag)
                        vfs_text_puts(text, names->text);
        }
}

static void vfs_text_source(struct vfs_text *text, const struct vfs_filesystem *fs)
{
        vfs_text_escaped(text, fs->source != NULL ? fs->source : "none", VFS_TEXT_NAME_SPECIAL);
}

uint32_t vfs_mount_dominating_id_locked(const struct vfs_mount *m, const struct vfs_path *root)
{
        for (struct vfs_peers *g = m->peers != NULL ? m->peers->master : NULL; g != NULL; g = g->master) {
                for (struct vfs_mount *peer = g->members; peer != NULL; peer = peer->peer_next) {
                        if (peer->ns == m->ns && vfs_mount_reaches_locked(peer, peer->root, root))
                                return g->id;
                }
        }
        return 0;
}

static void vfs_text_propagation_locked(struct vfs_text *text, const struct vfs_mount *m,
                                        const struct vfs_path *root)
{
        if (vfs_mount_is_shared(m))
                vfs_text_printf(text, " shared:%u", m->peers->id);
        if (vfs_mount_is_slave(m)) {
                uint32_t from = vfs_mount_dominating_id_locked(m, root);

                vfs_text_printf(text, " master:%u", m->peers->master->id);
                if (from != 0 && from != m->peers->master->id)
                        vfs_text_printf(text, " propagate_from:%u", from);
        }
        if (m->state & VFS_MOUNT_UNBINDABLE)
                vfs_text_puts(text, " unbindable");
}

/*
 * The lines
 */

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
static bool vfs_mountinfo_line_locked(struct vfs_text *text, const struct vfs_ctx *ctx, struct vfs_mount *m)
{
        const uint32_t flags = vfs_load_relaxed(&m->flags), fs_flags = vfs_load_relaxed(&m->fs->flags);

        vfs_text_printf(text, "%u %u %u:%u ", m->id, m->parent != NULL ? m->parent->id : m->id,
                        m->fs->dev_major, m->fs->dev_minor);
        vfs_text_root_locked(text, m, VFS_TEXT_PATH_SPECIAL);
        vfs_text_puts(text, " ");
        if (!vfs_text_place_locked(text, m, &ctx->root, VFS_TEXT_PATH_SPECIAL))
                return false;
        vfs_text_puts(text, flags & VFS_MS_RDONLY ? " ro" : " rw");
        vfs_text_flags(text, flags, vfs_mount_flag_names);
        vfs_text_propagation_locked(text, m, &ctx->root);
        vfs_text_puts(text, " - ");
        vfs_text_escaped(text, m->fs->type->name, VFS_TEXT_NAME_SPECIAL);
        vfs_text_puts(text, " ");
        vfs_text_source(text, m->fs);
        vfs_text_puts(text, fs_flags & VFS_MS_RDONLY ? " ro" : " rw");
        vfs_text_flags(text, fs_flags, vfs_fs_flag_names);
        return true;
}

/* "/dev/root /mnt2 ext3 rw,noatime,errors=continue 0 0" */
static bool vfs_mounts_line_locked(struct vfs_text *text, const struct vfs_ctx *ctx, struct vfs_mount *m)
{
        vfs_text_source(text, m->fs);
        vfs_text_puts(text, " ");
        if (!vfs_text_place_locked(text, m, &ctx->root, VFS_TEXT_PATH_SPECIAL))
                return false;
        vfs_text_puts(text, " ");
        vfs_text_escaped(text, m->fs->type->name, VFS_TEXT_NAME_SPECIAL);
        vfs_text_puts(text, vfs_mount_is_rdonly(m) ? " ro" : " rw");
        vfs_text_flags(text, vfs_load_relaxed(&m->fs->flags), vfs_fs_flag_names);
        vfs_text_flags(text, vfs_load_relaxed(&m->flags), vfs_mount_flag_names);
        return true;
}

/* "device /dev/root mounted on /mnt2 with fstype ext3" */
static bool vfs_mountstats_line_locked(struct vfs_text *text, const struct vfs_ctx *ctx, struct vfs_mount *m)
{
        vfs_text_puts(text, "device ");
        vfs_text_source(text, m->fs);
        vfs_text_puts(text, " mounted on ");
        if (!vfs_text_place_locked(text, m, &ctx->root, VFS_TEXT_PATH_SPECIAL))
                return false;
        vfs_text_puts(text, " with fstype ");
        vfs_text_escaped(text, m->fs->type->name, VFS_TEXT_NAME_SPECIAL);
        return true;
}

/*
 * All of them
 */

/* What the caller's buffer gets: the text's beginning, and the length of all of it. */
struct vfs_listing_out {
        char *buf;
        size_t size, len;
};

static void vfs_listing_out(struct vfs_listing_out *out, const char *s, size_t n)
{
        if (n != 0 && out->len < out->size)
                memcpy(out->buf + out->len, s, n < out->size - out->len ? n : out->size - out->len);
        out->len += n;
}

/* The first pass: a line for each mount that ctx's root reaches. Returns how many. */
static size_t vfs_listing_lines_locked(const struct vfs_listing_format *format, const struct vfs_ctx *ctx,
                                       struct vfs_text *text, struct vfs_listing_line *lines)
{
        const struct vfs_mount_list *list = &ctx->mntns->list;
        size_t n = 0;

        for (uint32_t i = 0; i < list->used && !text->no_memory; i++) {
                struct vfs_mount *m = list->entries[i].mount;
                const size_t begin = text->len;

                if (m == NULL)
                        continue;
                if (!format->line(text, ctx, m)) {
                        text->len = begin;
                        continue;
                }
                vfs_filesystem_get(m->fs);
                lines[n].end = text->len;
                lines[n++].fs = m->fs;
        }
        return n;
}

static int64_t vfs_listing(const struct vfs_listing_format *format, const struct vfs_ctx *ctx, char *buf,
                           size_t size)
{
        struct vfs *vfs = ctx->vfs;
        struct vfs_text text = { .vfs = vfs }, options = { .vfs = vfs };
        struct vfs_listing_out out = { buf, size, 0 };
        struct vfs_listing_line *lines;
        size_t begin = 0, nlines = 0, max_lines;

        vfs_mounts_lock(vfs);
        max_lines = ctx->mntns->list.count;
        lines = vfs_alloc(&vfs->allocator, (max_lines + 1) * sizeof(*lines));
        if (lines != NULL)
                nlines = vfs_listing_lines_locked(format, ctx, &text, lines);
        else
                text.no_memory = true;
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);

        for (size_t i = 0; i < nlines; i++) {
                if (!text.no_memory && !options.no_memory) {
                        options.len = 0;
                        if (format->options)
                                vfs_text_options(&options, lines[i].fs);
                        vfs_text_puts(&options, format->end);
                        vfs_listing_out(&out, text.bytes + begin, lines[i].end - begin);
                        vfs_listing_out(&out, options.bytes, options.len);
                }
                begin = lines[i].end;
                vfs_filesystem_put(lines[i].fs);
        }
        vfs_dealloc(&vfs->allocator, lines, (max_lines + 1) * sizeof(*lines));
        vfs_text_fini(&options);
        vfs_text_fini(&text);
        return text.no_memory || options.no_memory ? -ENOMEM : (int64_t)out.len;
}

int64_t vfs_mountinfo(const struct vfs_ctx *ctx, char *buf, size_t size)
{
        static const struct vfs_listing_format format = { vfs_mountinfo_line_locked, true, "\n" };

        return vfs_listing(&format, ctx, buf, size);
}

int64_t vfs_mounts(const struct vfs_ctx *ctx, char *buf, size_t size)
{
        static const struct vfs_listing_format format = { vfs_mounts_line_locked, true, " 0 0\n" };

        return vfs_listing(&format, ctx, buf, size);
}

int64_t vfs_mountstats(const struct vfs_ctx *ctx, char *buf, size_t size)
{
        static const struct vfs_listing_format format = { vfs_mountstats_line_locked, false, "\n" };

        return vfs_listing(&format, ctx, buf, size);
}
