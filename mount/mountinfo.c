/*
 * mountinfo.c - the text of /proc/PID/mountinfo: proc_pid_mountinfo(5).
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
#include <stdarg.h>
#include <stdio.h>

#define VFS_MOUNTINFO_OPTIONS 4096u /* bytes of one filesystem's options */

struct vfs_mountinfo_line {
        size_t end;                /* of this line's part of the text */
        struct vfs_filesystem *fs; /* referenced */
};

struct vfs_mountinfo {
        struct vfs *vfs;
        char *text;
        size_t len, capacity;
        struct vfs_mountinfo_line *lines;
        size_t nlines;
        char *scratch;
        size_t scratch_size;
        bool no_memory; /* something could not be appended */
};

static void vfs_mountinfo_append(struct vfs_mountinfo *info, const char *s, size_t n)
{
        if (info->len + n > info->capacity) {
                size_t capacity = (info->len + n) * 2;
                char *text = vfs_alloc(&info->vfs->allocator, capacity);

                if (text == NULL) {
                        info->no_memory = true;
                        return;
                }
                if (info->len != 0)
                        memcpy(text, info->text, info->len);
                vfs_dealloc(&info->vfs->allocator, info->text, info->capacity);
                info->text = text;
                info->capacity = capacity;
        }
        memcpy(info->text + info->len, s, n);
        info->len += n;
}

__attribute__((format(printf, 2, 3))) static void vfs_mountinfo_printf(struct vfs_mountinfo *info,
                                                                       const char *format, ...)
{
        char s[64];
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(s, sizeof(s), format, ap);
        va_end(ap);
        vfs_mountinfo_append(info, s, (size_t)n);
}

/* With the bytes of special written as \ooo. */
static void vfs_mountinfo_escaped(struct vfs_mountinfo *info, const char *s, const char *special)
{
        for (size_t n; *s != '\0'; s += n) {
                n = strcspn(s, special);
                vfs_mountinfo_append(info, s, n);
                if (s[n] != '\0')
                        vfs_mountinfo_printf(info, "\\%03o", (unsigned char)s[n++]);
        }
}

static const struct vfs_mountinfo_flag {
        uint32_t flag;
        const char *text;
} vfs_mountinfo_mount_flags[] = {
        { VFS_MS_NOSUID, ",nosuid" },         { VFS_MS_NODEV, ",nodev" },       { VFS_MS_NOEXEC, ",noexec" },
        { VFS_MS_NOATIME, ",noatime" },       { VFS_MS_NODIRATIME, ",nodiratime" }, { VFS_MS_RELATIME, ",relatime" },
        { VFS_MS_NOSYMFOLLOW, ",nosymfollow" }, { 0, NULL },
}, vfs_mountinfo_fs_flags[] = {
        { VFS_MS_SYNCHRONOUS, ",sync" }, { VFS_MS_DIRSYNC, ",dirsync" }, { VFS_MS_MANDLOCK, ",mand" },
        { VFS_MS_LAZYTIME, ",lazytime" }, { 0, NULL },
};

static void vfs_mountinfo_flags(struct vfs_mountinfo *info, uint32_t flags,
                                const struct vfs_mountinfo_flag *names)
{
        const char *rw = flags & VFS_MS_RDONLY ? "ro" : "rw";

        vfs_mountinfo_append(info, rw, 2);
        for (; names->text != NULL; names++) {
                if (flags & names->flag)
                        vfs_mountinfo_append(info, names->text, strlen(names->text));
        }
}

/*
 * Appends a path, escaped: of path seen from root, or, with root NULL, of
 * path->dentry within its filesystem. ret_flags as vfs_path_reverse; nothing is
 * appended for an unreachable place. Errors: ENOMEM.
 */
static int vfs_mountinfo_path_locked(struct vfs_mountinfo *info, const struct vfs_path *root,
                                     const struct vfs_path *path, uint32_t *ret_flags)
{
        char *start;
        int r;

        for (;;) {
                if (root != NULL)
                        r = vfs_path_reverse_locked(info->vfs, root, path, info->scratch, info->scratch_size,
                                                    &start, ret_flags);
                else
                        r = vfs_dentry_reverse_locked(info->vfs, path->dentry, info->scratch,
                                                      info->scratch_size, &start, ret_flags);
                if (r != -ENAMETOOLONG)
                        break;
                vfs_dealloc(&info->vfs->allocator, info->scratch, info->scratch_size);
                info->scratch_size = info->scratch_size != 0 ? info->scratch_size * 2 : VFS_PATH_MAX;
                info->scratch = vfs_alloc(&info->vfs->allocator, info->scratch_size);
                if (info->scratch == NULL)
                        return -ENOMEM;
        }
        if (r == 0 && !(*ret_flags & VFS_REVERSE_UNREACHABLE))
                vfs_mountinfo_escaped(info, start, " \t\n\\");
        return r;
}

/* One line up to the filesystem's own options, if m is below ctx's root. Errors: ENOMEM. */
static int vfs_mountinfo_line_locked(struct vfs_mountinfo *info, const struct vfs_ctx *ctx,
                                     struct vfs_mount *m)
{
        const struct vfs_path path = { m, m->root };
        struct vfs_filesystem *fs = m->fs;
        const char *source = fs->source != NULL ? fs->source : "none";
        size_t begin = info->len;
        uint32_t flags;
        int r;

        vfs_mountinfo_printf(info, "%u %u %u:%u ", m->id, m->parent != NULL ? m->parent->id : m->id,
                             fs->dev_major, fs->dev_minor);
        r = vfs_mountinfo_path_locked(info, NULL, &path, &flags);
        if (r < 0)
                return r;
        if (flags & VFS_REVERSE_DELETED)
                vfs_mountinfo_append(info, "//deleted", 9);
        vfs_mountinfo_append(info, " ", 1);
        r = vfs_mountinfo_path_locked(info, &ctx->root, &path, &flags);
        if (r < 0)
                return r;
        if (flags & VFS_REVERSE_UNREACHABLE) {
                info->len = begin;
                return 0;
        }
        vfs_mountinfo_append(info, " ", 1);
        vfs_mountinfo_flags(info, vfs_load_relaxed(&m->flags), vfs_mountinfo_mount_flags);
        vfs_mountinfo_append(info, " - ", 3);
        vfs_mountinfo_escaped(info, fs->type->name, " \t\n\\#");
        vfs_mountinfo_append(info, " ", 1);
        vfs_mountinfo_escaped(info, source, " \t\n\\#");
        vfs_mountinfo_append(info, " ", 1);
        vfs_mountinfo_flags(info, vfs_load_relaxed(&fs->flags), vfs_mountinfo_fs_flags);
        if (info->no_memory)
                return -ENOMEM;
        vfs_filesystem_get(fs);
        info->lines[info->nlines].end = info->len;
        info->lines[info->nlines++].fs = fs;
        return 0;
}

/* What the caller's buffer gets: the text's beginning, and the length of all of it. */
struct vfs_mountinfo_out {
        char *buf;
        size_t size, len;
};

static void vfs_mountinfo_out(struct vfs_mountinfo_out *out, const char *s, size_t n)
{
        if (out->len < out->size)
                memcpy(out->buf + out->len, s, n < out->size - out->len ? n : out->size - out->len);
        out->len += n;
}

static void vfs_mountinfo_options(struct vfs_mountinfo_out *out, struct vfs_filesystem *fs)
{
        char options[VFS_MOUNTINFO_OPTIONS];

        options[0] = '\0';
        if (fs->ops->show_options != NULL)
                fs->ops->show_options(fs, options, sizeof(options));
        vfs_mountinfo_out(out, options, strnlen(options, sizeof(options)));
        vfs_mountinfo_out(out, "\n", 1);
}

int64_t vfs_mountinfo(const struct vfs_ctx *ctx, char *buf, size_t size)
{
        struct vfs_mountinfo info = { .vfs = ctx->vfs };
        struct vfs_mountinfo_out out = { buf, size, 0 };
        struct vfs *vfs = ctx->vfs;
        size_t begin = 0, max_lines;
        int r = 0;

        vfs_mounts_lock(vfs);
        max_lines = ctx->mntns->nmounts;
        info.lines = vfs_alloc(&vfs->allocator, (max_lines + 1) * sizeof(*info.lines));
        if (info.lines == NULL)
                r = -ENOMEM;
        for (struct vfs_mount *m = ctx->mntns->mounts; r == 0 && m != NULL; m = m->ns_next)
                r = vfs_mountinfo_line_locked(&info, ctx, m);
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);

        for (size_t i = 0; i < info.nlines; i++) {
                struct vfs_mountinfo_line *line = &info.lines[i];

                if (r == 0) {
                        vfs_mountinfo_out(&out, info.text + begin, line->end - begin);
                        vfs_mountinfo_options(&out, line->fs);
                }
                begin = line->end;
                vfs_filesystem_put(line->fs);
        }
        vfs_dealloc(&vfs->allocator, info.lines, (max_lines + 1) * sizeof(*info.lines));
        vfs_dealloc(&vfs->allocator, info.text, info.capacity);
        vfs_dealloc(&vfs->allocator, info.scratch, info.scratch_size);
        return r < 0 ? r : (int64_t)out.len;
}
