/*
 * statmount.c - statmount(2) and listmount(2).
 *
 * A caller asks about its own namespace, where its root decides what it sees, or about
 * another one by its id, and then sees that from that namespace's root. Detached trees
 * are in no namespace that can be named.
 *
 * As in mountinfo.c, what the filesystem has to say is asked for with no lock held,
 * and with a reference on the filesystem rather than on the mount.
 *
 * DIFF-LINUX: where strings are asked for, a buffer smaller than the structure is EOVERFLOW, also
 * if the mount has none of them; Linux then writes an empty string behind the buffer.
 */
#include "mount/internal.h"

#include <errno.h>
#include <stddef.h>

#include "mount/text.h"

#define VFS_MNT_ID_REQ_SIZE_MAX 4096u
#define VFS_LISTMOUNT_MAX       1000000u
/* The offset of Linux's unique ids: they are above it. */
#define VFS_MOUNT_UNIQUE_ID_MIN (UINT64_C(1) << 31)

#define VFS_STATMOUNT_SIZE offsetof(struct vfs_statmount, str)
#define VFS_STATMOUNT_STRINGS                                                                                \
        (VFS_STATMOUNT_MNT_ROOT | VFS_STATMOUNT_MNT_POINT | VFS_STATMOUNT_FS_TYPE | VFS_STATMOUNT_MNT_OPTS | \
         VFS_STATMOUNT_FS_SUBTYPE | VFS_STATMOUNT_SB_SOURCE | VFS_STATMOUNT_OPT_ARRAY |                      \
         VFS_STATMOUNT_OPT_SEC_ARRAY | VFS_STATMOUNT_MNT_UIDMAP | VFS_STATMOUNT_MNT_GIDMAP)
#define VFS_STATMOUNT_SUPPORTED                                                     \
        (VFS_STATMOUNT_STRINGS | VFS_STATMOUNT_SB_BASIC | VFS_STATMOUNT_MNT_BASIC | \
         VFS_STATMOUNT_PROPAGATE_FROM | VFS_STATMOUNT_MNT_NS_ID | VFS_STATMOUNT_SUPPORTED_MASK)

_Static_assert(VFS_STATMOUNT_SIZE == 512, "struct statmount is 512 bytes");

/*
 * What is asked about
 */

/* A copy of req, whose size the caller chose. Errors: E2BIG, EINVAL. */
static int vfs_mnt_id_req_read(const struct vfs_mnt_id_req *req, struct vfs_mnt_id_req *ret_req)
{
        const char *bytes = (const char *)req;
        const uint32_t size = req->size;

        if (size > VFS_MNT_ID_REQ_SIZE_MAX)
                return -E2BIG;
        if (size < VFS_MNT_ID_REQ_SIZE_VER0)
                return -EINVAL;
        for (uint32_t i = sizeof(*req); i < size; i++) {
                if (bytes[i] != 0)
                        return -E2BIG;
        }
        memset(ret_req, 0, sizeof(*ret_req));
        memcpy(ret_req, bytes, size < sizeof(*req) ? size : sizeof(*req));
        return ret_req->spare != 0 || ret_req->mnt_id <= VFS_MOUNT_UNIQUE_ID_MIN ? -EINVAL : 0;
}

/* The namespace with that id, 0 being ctx's own. NULL: none, or without mounts. */
static struct vfs_mntns *vfs_mntns_find_locked(const struct vfs_ctx *ctx, uint64_t id)
{
        struct vfs_mntns *ns;

        if (id == 0 || id == ctx->mntns->id)
                return ctx->mntns;
        for (ns = vfs_mounts_of(ctx->vfs)->namespaces; ns != NULL; ns = ns->next) {
                if (ns->id == id && !ns->detached && ns->list.count != 0)
                        break;
        }
        return ns;
}

/* Where ctx sees ns from. */
static struct vfs_path vfs_mntns_seen_from_locked(const struct vfs_ctx *ctx, const struct vfs_mntns *ns)
{
        if (ns == ctx->mntns)
                return ctx->root;
        return (struct vfs_path){ ns->root, ns->root->root };
}

static bool vfs_mntns_may_list(const struct vfs_ctx *ctx, const struct vfs_mntns *ns)
{
        return vfs_cred_ns_capable(ctx->cred, ns->owner, VFS_CAP_SYS_ADMIN);
}

/* May ctx ask about m, a mount of ns? Errors: EPERM. */
static int vfs_mount_may_list_locked(const struct vfs_ctx *ctx, const struct vfs_mntns *ns,
                                     struct vfs_mount *m, const struct vfs_path *root)
{
        return vfs_mount_reaches_locked(m, m->root, root) || vfs_mntns_may_list(ctx, ns) ? 0 : -EPERM;
}

/*
 * statmount
 */

/* An answer being made. */
struct vfs_statmount_answer {
        uint64_t want;           /* VFS_STATMOUNT_* */
        struct vfs_text strings; /* what is to be behind sm */
        struct vfs_statmount sm;
};

/* Ends the string that was appended from start on, if any was. */
static void vfs_statmount_end_string(struct vfs_statmount_answer *a, uint32_t which, size_t start,
                                     uint32_t *offset)
{
        if (a->strings.len == start)
                return;
        vfs_text_append(&a->strings, "", 1);
        *offset = (uint32_t)start;
        a->sm.mask |= which;
}

static uint64_t vfs_mount_attr_of(const struct vfs_mount *m)
{
        static const struct {
                uint32_t flag, attr;
        } map[] = {
                { VFS_MS_RDONLY, VFS_MOUNT_ATTR_RDONLY },
                { VFS_MS_NOSUID, VFS_MOUNT_ATTR_NOSUID },
                { VFS_MS_NODEV, VFS_MOUNT_ATTR_NODEV },
                { VFS_MS_NOEXEC, VFS_MOUNT_ATTR_NOEXEC },
                { VFS_MS_NODIRATIME, VFS_MOUNT_ATTR_NODIRATIME },
                { VFS_MS_NOSYMFOLLOW, VFS_MOUNT_ATTR_NOSYMFOLLOW },
                { VFS_MS_NOATIME, VFS_MOUNT_ATTR_NOATIME },
        };
        const uint32_t flags = vfs_load_relaxed(&m->flags);
        uint64_t attr = 0;

        for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
                if (flags & map[i].flag)
                        attr |= map[i].attr;
        }
        return flags & (VFS_MS_NOATIME | VFS_MS_RELATIME) ? attr : attr | VFS_MOUNT_ATTR_STRICTATIME;
}

static void vfs_statmount_basic_locked(struct vfs_statmount *sm, const struct vfs_mount *m)
{
        const struct vfs_mount *parent = m->parent != NULL ? m->parent : m;

        sm->mnt_id = m->unique_id;
        sm->mnt_parent_id = parent->unique_id;
        sm->mnt_id_old = m->id;
        sm->mnt_parent_id_old = parent->id;
        sm->mnt_attr = vfs_mount_attr_of(m);
        if (vfs_mount_is_shared(m)) {
                sm->mnt_propagation |= VFS_MS_SHARED;
                sm->mnt_peer_group = m->peers->id;
        }
        if (vfs_mount_is_slave(m)) {
                sm->mnt_propagation |= VFS_MS_SLAVE;
                sm->mnt_master = m->peers->master->id;
        }
        if (m->state & VFS_MOUNT_UNBINDABLE)
                sm->mnt_propagation |= VFS_MS_UNBINDABLE;
        if (sm->mnt_propagation == 0)
                sm->mnt_propagation = VFS_MS_PRIVATE;
        sm->mask |= VFS_STATMOUNT_MNT_BASIC;
}

/* All that needs the lock. */
static void vfs_statmount_mount_locked(struct vfs_statmount_answer *a, const struct vfs_ctx *ctx,
                                       struct vfs_mount *m, const struct vfs_path *root)
{
        struct vfs_statmount *sm = &a->sm;
        size_t start;

        if (a->want & VFS_STATMOUNT_MNT_BASIC)
                vfs_statmount_basic_locked(sm, m);
        if (a->want & VFS_STATMOUNT_PROPAGATE_FROM) {
                /* From the caller's own root, also in another namespace, where it reaches nothing. */
                sm->propagate_from = vfs_mount_dominating_id_locked(m, &ctx->root);
                sm->mask |= VFS_STATMOUNT_PROPAGATE_FROM;
        }
        if (a->want & VFS_STATMOUNT_MNT_NS_ID) {
                sm->mnt_ns_id = m->ns->id;
                sm->mask |= VFS_STATMOUNT_MNT_NS_ID;
        }
        if (a->want & VFS_STATMOUNT_SUPPORTED_MASK) {
                sm->supported_mask = VFS_STATMOUNT_SUPPORTED;
                sm->mask |= VFS_STATMOUNT_SUPPORTED_MASK;
        }
        /* An empty string, where the offsets of those that are absent point. */
        if (a->want & VFS_STATMOUNT_STRINGS)
                vfs_text_append(&a->strings, "", 1);
        if (a->want & VFS_STATMOUNT_FS_TYPE) {
                start = a->strings.len;
                vfs_text_puts(&a->strings, m->fs->type->name);
                vfs_statmount_end_string(a, VFS_STATMOUNT_FS_TYPE, start, &sm->fs_type);
        }
        if (a->want & VFS_STATMOUNT_MNT_ROOT) {
                start = a->strings.len;
                vfs_text_root_locked(&a->strings, m, "");
                vfs_statmount_end_string(a, VFS_STATMOUNT_MNT_ROOT, start, &sm->mnt_root);
        }
        if (a->want & VFS_STATMOUNT_MNT_POINT) {
                start = a->strings.len;
                vfs_text_place_locked(&a->strings, m, root, "");
                vfs_statmount_end_string(a, VFS_STATMOUNT_MNT_POINT, start, &sm->mnt_point);
        }
}

static bool vfs_is_octal(char c)
{
        return c >= '0' && c <= '7';
}

/* An option, which its filesystem may have escaped for mountinfo. */
static void vfs_text_unescaped(struct vfs_text *text, const char *s, const char *end)
{
        while (s < end) {
                char c = *s++;

                if (c == '\\' && s < end && vfs_is_octal(*s)) {
                        unsigned int byte = 0;

                        for (int i = 0; i < 3 && byte < 32 && s < end && vfs_is_octal(*s); i++)
                                byte = byte * 8 + (unsigned int)(*s++ - '0');
                        c = (char)byte;
                }
                vfs_text_append(text, &c, 1);
        }
}

static void vfs_statmount_options(struct vfs_statmount_answer *a, struct vfs_filesystem *fs)
{
        struct vfs_text options = { .vfs = fs->vfs };
        const char *s, *end, *comma;
        size_t start;

        vfs_text_options(&options, fs);
        /* The first byte is a comma. */
        if (options.len > 1 && (a->want & VFS_STATMOUNT_MNT_OPTS)) {
                start = a->strings.len;
                vfs_text_append(&a->strings, options.bytes + 1, options.len - 1);
                vfs_statmount_end_string(a, VFS_STATMOUNT_MNT_OPTS, start, &a->sm.mnt_opts);
        }
        if (options.len > 1 && (a->want & VFS_STATMOUNT_OPT_ARRAY)) {
                start = a->strings.len;
                end = options.bytes + options.len;
                for (s = options.bytes + 1; s < end; s = comma + 1) {
                        comma = memchr(s, ',', (size_t)(end - s));
                        if (comma == NULL)
                                comma = end;
                        if (a->sm.opt_num++ != 0)
                                vfs_text_append(&a->strings, "", 1);
                        vfs_text_unescaped(&a->strings, s, comma);
                }
                vfs_statmount_end_string(a, VFS_STATMOUNT_OPT_ARRAY, start, &a->sm.opt_array);
        }
        if (options.no_memory)
                a->strings.no_memory = true;
        vfs_text_fini(&options);
}

/* All that is the filesystem's. No lock is held; may block. */
static void vfs_statmount_fs(struct vfs_statmount_answer *a, struct vfs_filesystem *fs)
{
        struct vfs_statmount *sm = &a->sm;
        size_t start;

        if (a->want & VFS_STATMOUNT_SB_BASIC) {
                struct vfs_statfs st = { 0 };

                if (fs->ops->statfs != NULL && fs->ops->statfs(fs, &st) == 0)
                        sm->sb_magic = st.type;
                sm->sb_dev_major = fs->dev_major;
                sm->sb_dev_minor = fs->dev_minor;
                sm->sb_flags = vfs_load_relaxed(&fs->flags) &
                               (VFS_MS_RDONLY | VFS_MS_SYNCHRONOUS | VFS_MS_DIRSYNC | VFS_MS_LAZYTIME);
                sm->mask |= VFS_STATMOUNT_SB_BASIC;
        }
        if (a->want & (VFS_STATMOUNT_MNT_OPTS | VFS_STATMOUNT_OPT_ARRAY))
                vfs_statmount_options(a, fs);
        if (a->want & VFS_STATMOUNT_SB_SOURCE) {
                start = a->strings.len;
                vfs_text_puts(&a->strings, fs->source != NULL ? fs->source : "none");
                vfs_statmount_end_string(a, VFS_STATMOUNT_SB_SOURCE, start, &sm->sb_source);
        }
}

/* A buffer that is smaller than the structure gets its beginning. Errors: ENOMEM, EOVERFLOW. */
static int vfs_statmount_copy(struct vfs_statmount_answer *a, struct vfs_statmount *buf, size_t size)
{
        const size_t head = size < VFS_STATMOUNT_SIZE ? size : VFS_STATMOUNT_SIZE;

        if (a->strings.no_memory)
                return -ENOMEM;
        if (a->strings.len != 0 && size < VFS_STATMOUNT_SIZE + a->strings.len)
                return -EOVERFLOW;
        a->sm.size = (uint32_t)(head + a->strings.len);
        if (head != 0)
                memcpy(buf, &a->sm, head);
        if (a->strings.len != 0)
                memcpy((char *)buf + VFS_STATMOUNT_SIZE, a->strings.bytes, a->strings.len);
        return 0;
}

int vfs_statmount(const struct vfs_ctx *ctx, const struct vfs_mnt_id_req *req, struct vfs_statmount *buf,
                  size_t size, uint32_t flags)
{
        struct vfs_statmount_answer a;
        struct vfs *vfs = ctx->vfs;
        struct vfs_filesystem *fs = NULL;
        struct vfs_mount *m = NULL;
        struct vfs_mnt_id_req q;
        struct vfs_mntns *ns;
        struct vfs_path root;
        int r;

        if (flags != 0)
                return -EINVAL;
        r = vfs_mnt_id_req_read(req, &q);
        if (r < 0)
                return r;
        memset(&a, 0, sizeof(a));
        a.want = q.param;
        a.strings.vfs = vfs;

        vfs_mounts_lock(vfs);
        ns = vfs_mntns_find_locked(ctx, q.mnt_ns_id);
        if (ns == NULL)
                r = -ENOENT;
        else if (ns != ctx->mntns && !vfs_mntns_may_list(ctx, ns))
                r = -EPERM;
        else if ((a.want & VFS_STATMOUNT_STRINGS) && size == VFS_STATMOUNT_SIZE)
                r = -EOVERFLOW;
        else if ((m = vfs_mount_list_find(&ns->list, q.mnt_id)) == NULL)
                r = -ENOENT;
        if (r == 0) {
                root = vfs_mntns_seen_from_locked(ctx, ns);
                r = vfs_mount_may_list_locked(ctx, ns, m, &root);
        }
        if (r == 0) {
                vfs_statmount_mount_locked(&a, ctx, m, &root);
                fs = m->fs;
                vfs_filesystem_get(fs);
        }
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        if (r < 0)
                return r;

        vfs_statmount_fs(&a, fs);
        vfs_filesystem_put(fs);
        r = vfs_statmount_copy(&a, buf, size);
        vfs_text_fini(&a.strings);
        return r;
}

/*
 * listmount
 */

/* The mounts of ns that orig reaches, orig's own excepted if it is top, from behind last on. */
static int64_t vfs_listmount_locked(const struct vfs_mntns *ns, const struct vfs_path *orig, uint64_t top,
                                    uint64_t last, bool reverse, uint64_t *ids, size_t n)
{
        struct vfs_mount *m;
        int64_t count = 0;

        if (reverse)
                m = vfs_mount_list_before(&ns->list, last != 0 ? last : UINT64_MAX);
        else
                /* Behind the largest number Linux begins again. */
                m = vfs_mount_list_after(&ns->list, last != UINT64_MAX ? last : 0);
        while (m != NULL && (uint64_t)count < n) {
                if (m->unique_id != top && vfs_mount_reaches_locked(m, m->root, orig))
                        ids[count++] = m->unique_id;
                m = reverse ? vfs_mount_list_before(&ns->list, m->unique_id)
                            : vfs_mount_list_after(&ns->list, m->unique_id);
        }
        return count;
}

int64_t vfs_listmount(const struct vfs_ctx *ctx, const struct vfs_mnt_id_req *req, uint64_t *ids, size_t n,
                      uint32_t flags)
{
        struct vfs *vfs = ctx->vfs;
        struct vfs_mount *m = NULL;
        struct vfs_mnt_id_req q;
        struct vfs_path root, orig;
        struct vfs_mntns *ns;
        int64_t r;

        if (flags & ~VFS_LISTMOUNT_REVERSE)
                return -EINVAL;
        if (n > VFS_LISTMOUNT_MAX)
                return -EOVERFLOW;
        r = vfs_mnt_id_req_read(req, &q);
        if (r < 0)
                return r;
        if (q.param != 0 && q.param <= VFS_MOUNT_UNIQUE_ID_MIN)
                return -EINVAL;

        vfs_mounts_lock(vfs);
        ns = vfs_mntns_find_locked(ctx, q.mnt_ns_id);
        /* Unlike statmount, it does not tell that there is one. */
        if (ns == NULL || (ns != ctx->mntns && !vfs_mntns_may_list(ctx, ns)))
                r = -ENOENT;
        else if (q.mnt_id != VFS_LSMT_ROOT && (m = vfs_mount_list_find(&ns->list, q.mnt_id)) == NULL)
                r = -ENOENT;
        if (r == 0) {
                root = vfs_mntns_seen_from_locked(ctx, ns);
                orig = m != NULL ? (struct vfs_path){ m, m->root } : root;
                r = m != NULL ? vfs_mount_may_list_locked(ctx, ns, m, &root) : 0;
        }
        if (r == 0)
                r = vfs_listmount_locked(ns, &orig, q.mnt_id, q.param, (flags & VFS_LISTMOUNT_REVERSE) != 0,
                                         ids, n);
        vfs_mutex_unlock(&vfs->mount_lock, VFS_LOCK_MOUNT);
        return r;
}
