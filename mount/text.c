/*
 * text.c - texts that grow, and the parts that all listings of mounts consist of.
 */
#include "mount/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mount/internal.h"

/* Bytes for one filesystem's options: at first, and at the most. */
#define VFS_TEXT_OPTIONS     4096u
#define VFS_TEXT_OPTIONS_MAX (1u << 20)

static bool vfs_text_reserve(struct vfs_text *text, size_t n)
{
        size_t capacity = (text->len + n) * 2;
        char *bytes;

        if (n <= text->capacity - text->len)
                return true;
        bytes = vfs_alloc(&text->vfs->allocator, capacity);
        if (bytes == NULL) {
                text->no_memory = true;
                return false;
        }
        if (text->len != 0)
                memcpy(bytes, text->bytes, text->len);
        vfs_dealloc(&text->vfs->allocator, text->bytes, text->capacity);
        text->bytes = bytes;
        text->capacity = capacity;
        return true;
}

void vfs_text_append(struct vfs_text *text, const char *s, size_t n)
{
        if (n == 0 || !vfs_text_reserve(text, n))
                return;
        memcpy(text->bytes + text->len, s, n);
        text->len += n;
}

void vfs_text_puts(struct vfs_text *text, const char *s)
{
        vfs_text_append(text, s, strlen(s));
}

void vfs_text_printf(struct vfs_text *text, const char *format, ...)
{
        char s[64];
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(s, sizeof(s), format, ap);
        va_end(ap);
        vfs_assert(n >= 0 && (size_t)n < sizeof(s));
        vfs_text_append(text, s, (size_t)n);
}

void vfs_text_escaped(struct vfs_text *text, const char *s, const char *special)
{
        for (size_t n; *s != '\0'; s += n) {
                n = strcspn(s, special);
                vfs_text_append(text, s, n);
                if (s[n] != '\0')
                        vfs_text_printf(text, "\\%03o", (unsigned char)s[n++]);
        }
}

void vfs_text_options(struct vfs_text *text, struct vfs_filesystem *fs)
{
        size_t room = VFS_TEXT_OPTIONS / 2, n;

        if (fs->ops->show_options == NULL)
                return;
        /* A filesystem cuts off what does not fit: options that fill the room may be such. */
        do {
                room *= 2;
                if (!vfs_text_reserve(text, room))
                        return;
                text->bytes[text->len] = '\0';
                fs->ops->show_options(fs, text->bytes + text->len, room);
                n = strnlen(text->bytes + text->len, room);
        } while (n + 1 >= room && room < VFS_TEXT_OPTIONS_MAX);
        text->len += n;
}

/* As vfs_text_place_locked, or, with root NULL, within the filesystem. ret_flags as vfs_path_reverse. */
static bool vfs_text_path_locked(struct vfs_text *text, struct vfs_mount *m, const struct vfs_path *root,
                                 const char *special, uint32_t *ret_flags)
{
        const struct vfs_path path = { m, m->root };
        struct vfs *vfs = text->vfs;
        char *start;
        int r;

        *ret_flags = 0;
        for (;;) {
                if (root != NULL)
                        r = vfs_path_reverse_locked(vfs, root, &path, text->path, text->path_size, &start,
                                                    ret_flags);
                else
                        r = vfs_dentry_reverse_locked(vfs, m->root, text->path, text->path_size, &start,
                                                      ret_flags);
                if (r != -ENAMETOOLONG)
                        break;
                vfs_dealloc(&vfs->allocator, text->path, text->path_size);
                text->path_size = text->path_size != 0 ? text->path_size * 2 : VFS_PATH_MAX;
                text->path = vfs_alloc(&vfs->allocator, text->path_size);
                if (text->path == NULL) {
                        text->path_size = 0;
                        r = -ENOMEM;
                        break;
                }
        }
        if (r < 0) {
                text->no_memory = true;
                return true;
        }
        if (*ret_flags & VFS_REVERSE_UNREACHABLE)
                return false;
        vfs_text_escaped(text, start, special);
        return true;
}

void vfs_text_root_locked(struct vfs_text *text, struct vfs_mount *m, const char *special)
{
        uint32_t flags;

        vfs_text_path_locked(text, m, NULL, special, &flags);
        if (flags & VFS_REVERSE_DELETED)
                vfs_text_puts(text, "//deleted");
}

bool vfs_text_place_locked(struct vfs_text *text, struct vfs_mount *m, const struct vfs_path *root,
                           const char *special)
{
        uint32_t flags;

        return vfs_text_path_locked(text, m, root, special, &flags);
}

void vfs_text_fini(struct vfs_text *text)
{
        vfs_dealloc(&text->vfs->allocator, text->bytes, text->capacity);
        vfs_dealloc(&text->vfs->allocator, text->path, text->path_size);
}
