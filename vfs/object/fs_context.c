/*
 * fs_context.c - filesystem contexts: their parameters, their log, and what they make.
 *
 * A parameter is first looked at as one of the flags that every filesystem has, whatever
 * its value; then by the type; then as the source. Messages go to a ring of eight,
 * which drops the oldest; they are as Linux writes them, newline included.
 *
 * DIFF-LINUX: uid= and gid= are ids of the first user namespace, whoever asks.
 */
#include "vfs/object/fs_context.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vfs/object/userns.h"

/*
 * Messages
 */

static char vfs_fs_message_lost[] = "OOM: Can't store error string";

void vfs_fs_message_free(struct vfs *vfs, char *message)
{
        if (message != NULL && message != vfs_fs_message_lost)
                vfs_dealloc(&vfs->allocator, message, strlen(message) + 1);
}

/* "e prefix: text\n"; NULL when there is no memory. */
static char *vfs_fs_message_new(struct vfs *vfs, char level, const char *prefix, const char *format,
                                va_list ap)
{
        const char *colon = prefix != NULL ? ": " : "";
        va_list again;
        size_t size;
        char *text;
        int head, body;

        prefix = prefix != NULL ? prefix : "";
        va_copy(again, ap);
        head = snprintf(NULL, 0, "%c %s%s", level, prefix, colon);
        body = vsnprintf(NULL, 0, format, again);
        va_end(again);
        if (head < 0 || body < 0)
                return NULL;
        size = (size_t)head + (size_t)body + 2;
        text = vfs_alloc(&vfs->allocator, size);
        if (text == NULL)
                return NULL;
        snprintf(text, size, "%c %s%s", level, prefix, colon);
        vsnprintf(text + head, size - (size_t)head, format, ap);
        text[size - 2] = '\n';
        text[size - 1] = '\0';
        return text;
}

static void vfs_fs_log(struct vfs_fs_context *fc, char level, const char *prefix, const char *format,
                       va_list ap)
{
        char **slot = &fc->log[fc->log_head % VFS_FS_LOG_SIZE];
        char *message;

        if (!fc->logs)
                return;
        message = vfs_fs_message_new(fc->vfs, level, prefix, format, ap);
        if ((uint8_t)(fc->log_head - fc->log_tail) == VFS_FS_LOG_SIZE) {
                vfs_fs_message_free(fc->vfs, *slot);
                fc->log_tail++;
        }
        *slot = message != NULL ? message : vfs_fs_message_lost;
        fc->log_head++;
}

void vfs_fs_context_log(struct vfs_fs_context *fc, char level, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        vfs_fs_log(fc, level, fc->type->name, format, ap);
        va_end(ap);
}

int vfs_fs_context_invalid(struct vfs_fs_context *fc, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        vfs_fs_log(fc, 'e', fc->type->name, format, ap);
        va_end(ap);
        return -EINVAL;
}

/* The same for what is no type's business, and so without its name. */
__attribute__((format(printf, 2, 3))) static int vfs_fs_context_refuse(struct vfs_fs_context *fc,
                                                                       const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        vfs_fs_log(fc, 'e', NULL, format, ap);
        va_end(ap);
        return -EINVAL;
}

int vfs_fs_context_take_message(struct vfs_fs_context *fc, size_t size, char **ret_message)
{
        char **slot = &fc->log[fc->log_tail % VFS_FS_LOG_SIZE];

        if (fc->log_head == fc->log_tail)
                return -ENODATA;
        if (strlen(*slot) > size)
                return -EMSGSIZE;
        *ret_message = *slot;
        *slot = NULL;
        fc->log_tail++;
        return 0;
}

/*
 * Life
 */

/* Prepares for the next parameters. */
static int vfs_fs_context_begin(struct vfs_fs_context *fc)
{
        int r = 0;

        if (fc->type->options_size != 0) {
                fc->options = vfs_zalloc(&fc->vfs->allocator, fc->type->options_size);
                if (fc->options == NULL)
                        return -ENOMEM;
        }
        if (fc->type->begin != NULL)
                r = fc->type->begin(fc);
        fc->begun = r == 0;
        return r;
}

/* Forgets parameters; what begin allocated, too, should that have failed. */
static void vfs_fs_context_end(struct vfs_fs_context *fc)
{
        if (fc->begun && fc->type->end != NULL)
                fc->type->end(fc);
        fc->begun = false;
        vfs_dealloc(&fc->vfs->allocator, fc->options, fc->type->options_size);
        fc->options = NULL;
        if (fc->source != NULL)
                vfs_dealloc(&fc->vfs->allocator, fc->source, strlen(fc->source) + 1);
        fc->source = NULL;
}

static int vfs_fs_context_start(struct vfs_fs_context *fc, struct vfs_fs_context **ret_fc)
{
        int r = vfs_fs_context_begin(fc);

        if (r < 0)
                vfs_fs_context_free(fc);
        else
                *ret_fc = fc;
        return r;
}

int vfs_fs_context_new(struct vfs *vfs, const struct vfs_fstype *type, const struct vfs_cred *cred,
                       const struct vfs_ctx *ctx, uint32_t sb_flags, struct vfs_fs_context **ret_fc)
{
        struct vfs_fs_context *fc = vfs_zalloc(&vfs->allocator, sizeof(*fc));

        if (fc == NULL)
                return -ENOMEM;
        fc->vfs = vfs;
        fc->type = type;
        fc->cred = vfs_cred_get(cred);
        fc->userns = vfs_userns_get(vfs_cred_userns(cred));
        fc->phase = VFS_FS_CONTEXT_CREATE_PARAMS;
        fc->ctx = ctx;
        fc->sb_flags = sb_flags;
        return vfs_fs_context_start(fc, ret_fc);
}

int vfs_fs_context_pick(const struct vfs_ctx *ctx, struct vfs_filesystem *fs, struct vfs_dentry *root,
                        uint32_t sb_flags, uint32_t mask, struct vfs_fs_context **ret_fc)
{
        struct vfs_fs_context *fc = vfs_zalloc(&fs->vfs->allocator, sizeof(*fc));

        if (fc == NULL)
                return -ENOMEM;
        fc->vfs = fs->vfs;
        fc->type = fs->type;
        fc->cred = vfs_cred_get(ctx->cred);
        fc->userns = vfs_userns_get(fs->userns);
        fc->phase = VFS_FS_CONTEXT_RECONF_PARAMS;
        fc->ctx = ctx;
        fc->sb_flags = sb_flags;
        fc->sb_mask = mask;
        fc->fs = fs;
        fc->root = root;
        vfs_filesystem_get(fs);
        vfs_dentry_get(root);
        return vfs_fs_context_start(fc, ret_fc);
}

void vfs_fs_context_free(struct vfs_fs_context *fc)
{
        struct vfs *vfs = fc->vfs;

        vfs_fs_context_end(fc);
        if (fc->root != NULL) {
                vfs_dentry_put(fc->root);
                vfs_filesystem_put(fc->fs);
        }
        for (unsigned int i = 0; i < VFS_FS_LOG_SIZE; i++)
                vfs_fs_message_free(vfs, fc->log[i]);
        vfs_userns_put(fc->userns);
        vfs_cred_put(fc->cred);
        vfs_dealloc(&vfs->allocator, fc, sizeof(*fc));
}

void vfs_fs_context_clean(struct vfs_fs_context *fc)
{
        vfs_fs_context_end(fc);
        fc->sb_flags = 0;
        fc->exclusive = false;
        fc->phase = VFS_FS_CONTEXT_AWAITING_RECONF;
}

int vfs_fs_context_resume(struct vfs_fs_context *fc)
{
        int r;

        if (fc->phase != VFS_FS_CONTEXT_AWAITING_RECONF)
                return 0;
        r = vfs_fs_context_begin(fc);
        fc->phase = r < 0 ? VFS_FS_CONTEXT_FAILED : VFS_FS_CONTEXT_RECONF_PARAMS;
        return r;
}

/*
 * Parameters
 */

/* Analogous to vfs_parse_sb_flag. False: it is no such flag. */
static bool vfs_fs_context_parse_flag(struct vfs_fs_context *fc, const char *key)
{
        static const struct {
                const char *set, *clear;
                uint32_t flag;
        } flags[] = {
                { "ro", "rw", VFS_MS_RDONLY },         { "sync", "async", VFS_MS_SYNCHRONOUS },
                { "dirsync", NULL, VFS_MS_DIRSYNC },   { "lazytime", "nolazytime", VFS_MS_LAZYTIME },
                { "mand", "nomand", VFS_MS_MANDLOCK },
        };

        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
                if (strcmp(key, flags[i].set) == 0)
                        fc->sb_flags |= flags[i].flag;
                else if (flags[i].clear != NULL && strcmp(key, flags[i].clear) == 0)
                        fc->sb_flags &= ~flags[i].flag;
                else
                        continue;
                fc->sb_mask |= flags[i].flag;
                return true;
        }
        return false;
}

static int vfs_fs_context_parse_source(struct vfs_fs_context *fc, const struct vfs_fs_param *param)
{
        const size_t size = param->size + 1;

        if (param->type != VFS_FS_PARAM_STRING)
                return vfs_fs_context_refuse(fc, "Non-string source");
        if (fc->source != NULL)
                return vfs_fs_context_refuse(fc, "Multiple sources");
        fc->source = vfs_alloc(&fc->vfs->allocator, size);
        if (fc->source == NULL)
                return -ENOMEM;
        memcpy(fc->source, param->value, size);
        return 0;
}

int vfs_fs_context_parse(struct vfs_fs_context *fc, const struct vfs_fs_param *param)
{
        int r = VFS_FS_PARAM_UNKNOWN;

        if (vfs_fs_context_parse_flag(fc, param->key))
                return 0;
        if (fc->type->parse != NULL)
                r = fc->type->parse(fc, param);
        if (r != VFS_FS_PARAM_UNKNOWN)
                return r;
        if (strcmp(param->key, "source") == 0)
                return vfs_fs_context_parse_source(fc, param);
        return vfs_fs_context_invalid(fc, "Unknown parameter '%s'", param->key);
}

int vfs_fs_context_parse_string(struct vfs_fs_context *fc, const char *key, const char *value)
{
        const struct vfs_fs_param param = {
                .key = key,
                .type = value != NULL ? VFS_FS_PARAM_STRING : VFS_FS_PARAM_FLAG,
                .value = value,
                .size = value != NULL ? strlen(value) : 0,
        };

        return vfs_fs_context_parse(fc, &param);
}

/* Ends the option at s, and returns the next one, or NULL. */
static char *vfs_fs_data_cut(char *s, bool comma_digit)
{
        do {
                s = strchr(s, ',');
                if (s == NULL)
                        return NULL;
                s++;
        } while (comma_digit && *s >= '0' && *s <= '9');
        s[-1] = '\0';
        return s;
}

int vfs_fs_context_parse_data(struct vfs_fs_context *fc, const char *data)
{
        const size_t size = data != NULL ? strlen(data) + 1 : 0;
        char *copy, *next, *value;
        int r = 0;

        if (size <= 1)
                return 0;
        copy = vfs_alloc(&fc->vfs->allocator, size);
        if (copy == NULL)
                return -ENOMEM;
        memcpy(copy, data, size);
        for (char *key = copy; key != NULL && r == 0; key = next) {
                next = vfs_fs_data_cut(key, (fc->type->flags & VFS_FSTYPE_COMMA_DIGIT) != 0);
                value = strchr(key, '=');
                if (*key == '\0' || value == key)
                        continue;
                if (value != NULL)
                        *value++ = '\0';
                r = vfs_fs_context_parse_string(fc, key, value);
        }
        vfs_dealloc(&fc->vfs->allocator, copy, size);
        return r;
}

/*
 * Making
 */

bool vfs_fs_context_may_create(const struct vfs_fs_context *fc, const struct vfs_cred *cred)
{
        if (fc->type->flags & VFS_FSTYPE_USERNS)
                return vfs_cred_ns_capable(cred, fc->userns, VFS_CAP_SYS_ADMIN);
        return vfs_cred_capable(cred, VFS_CAP_SYS_ADMIN);
}

bool vfs_fs_context_may_reconfigure(const struct vfs_fs_context *fc, const struct vfs_cred *cred)
{
        return vfs_cred_ns_capable(cred, fc->fs->userns, VFS_CAP_SYS_ADMIN);
}

int vfs_fs_context_get_tree(struct vfs_fs_context *fc)
{
        struct vfs_filesystem *fs;
        struct vfs_dentry *root;
        int r;

        vfs_assert(fc->root == NULL);
        r = fc->type->get_tree(fc, &fs, &root);
        if (r < 0)
                return r;
        fc->fs = fs;
        fc->root = root;
        return 0;
}

int vfs_filesystem_init_context(struct vfs_filesystem *fs, struct vfs_fs_context *fc,
                                const struct vfs_filesystem_ops *ops, const struct vfs_dentry_ops *dops)
{
        int r = vfs_filesystem_init(fs, fc->vfs, fc->type, ops, dops, fc->source);

        if (r < 0)
                return r;
        fs->flags = fc->sb_flags;
        vfs_filesystem_set_owner(fs, fc->userns);
        return 0;
}

/*
 * What types ask
 */

struct vfs *vfs_fs_context_vfs(const struct vfs_fs_context *fc)
{
        return fc->vfs;
}

void *vfs_fs_context_options(const struct vfs_fs_context *fc)
{
        return fc->options;
}

const struct vfs_fstype *vfs_fs_context_type(const struct vfs_fs_context *fc)
{
        return fc->type;
}

const struct vfs_cred *vfs_fs_context_cred(const struct vfs_fs_context *fc)
{
        return fc->cred;
}

const struct vfs_ctx *vfs_fs_context_ctx(const struct vfs_fs_context *fc)
{
        return fc->ctx;
}

const char *vfs_fs_context_source(const struct vfs_fs_context *fc)
{
        return fc->source;
}

uint32_t vfs_fs_context_flags(const struct vfs_fs_context *fc)
{
        return fc->sb_flags;
}

int vfs_fs_context_exclusive(const struct vfs_fs_context *fc)
{
        return fc->exclusive;
}

struct vfs_filesystem *vfs_fs_context_filesystem(const struct vfs_fs_context *fc)
{
        return fc->fs;
}

/*
 * Values
 */

int vfs_fs_param_bad(struct vfs_fs_context *fc, const struct vfs_fs_param *param)
{
        return vfs_fs_context_invalid(fc, "Bad value for '%s'", param->key);
}

int vfs_fs_param_flag(struct vfs_fs_context *fc, const struct vfs_fs_param *param)
{
        if (param->type != VFS_FS_PARAM_FLAG)
                return vfs_fs_context_invalid(fc, "Unexpected value for '%s'", param->key);
        return 0;
}

int vfs_fs_param_string(struct vfs_fs_context *fc, const struct vfs_fs_param *param, const char **ret_value)
{
        if (param->type != VFS_FS_PARAM_STRING || param->size == 0)
                return vfs_fs_param_bad(fc, param);
        *ret_value = param->value;
        return 0;
}

static unsigned int vfs_digit(char c)
{
        if (c >= '0' && c <= '9')
                return (unsigned int)(c - '0');
        c |= 0x20;
        return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 : 16;
}

/* Analogous to kstrtouint: a sign, a prefix for base 0 or 16, digits, and at most a newline. */
static bool vfs_parse_u32(const char *s, unsigned int base, uint32_t *ret_value)
{
        const char *start;
        uint64_t v = 0;

        if (*s == '+')
                s++;
        if (base == 0) {
                base = *s == '0' ? 8 : 10;
                if (base == 8 && (s[1] | 0x20) == 'x' && vfs_digit(s[2]) < 16)
                        base = 16;
        }
        if (base == 16 && s[0] == '0' && (s[1] | 0x20) == 'x')
                s += 2;
        for (start = s; vfs_digit(*s) < base; s++) {
                v = v * base + vfs_digit(*s);
                if (v > UINT32_MAX)
                        return false;
        }
        if (s == start || strcmp(*s == '\n' ? s + 1 : s, "") != 0)
                return false;
        *ret_value = (uint32_t)v;
        return true;
}

int vfs_fs_param_u32(struct vfs_fs_context *fc, const struct vfs_fs_param *param, unsigned int base,
                     uint32_t *ret_value)
{
        if (param->type != VFS_FS_PARAM_STRING || !vfs_parse_u32(param->value, base, ret_value))
                return vfs_fs_param_bad(fc, param);
        return 0;
}

typedef bool vfs_id_maps(const struct vfs_userns *userns, uint32_t id);

static int vfs_fs_param_id(struct vfs_fs_context *fc, const struct vfs_fs_param *param, const char *kind,
                           vfs_id_maps *maps, uint32_t *ret_id)
{
        const struct vfs_cred *asker = fc->ctx != NULL ? fc->ctx->cred : fc->cred;
        uint32_t id;

        /* Linux says it twice. */
        if (vfs_fs_param_u32(fc, param, 0, &id) < 0)
                return vfs_fs_param_bad(fc, param);
        if (id == UINT32_MAX || !maps(vfs_cred_userns(asker), id))
                return vfs_fs_context_invalid(fc, "Invalid %s '%s'", kind, param->value);
        if (!maps(fc->userns, id))
                return vfs_fs_param_bad(fc, param);
        *ret_id = id;
        return 0;
}

int vfs_fs_param_uid(struct vfs_fs_context *fc, const struct vfs_fs_param *param, uint32_t *ret_uid)
{
        return vfs_fs_param_id(fc, param, "uid", vfs_userns_maps_uid, ret_uid);
}

int vfs_fs_param_gid(struct vfs_fs_context *fc, const struct vfs_fs_param *param, uint32_t *ret_gid)
{
        return vfs_fs_param_id(fc, param, "gid", vfs_userns_maps_gid, ret_gid);
}
