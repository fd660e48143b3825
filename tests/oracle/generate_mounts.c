/*
 * generate_mounts.c - random operations on mounts and mount namespaces. Names
 * are fewer still than elsewhere, so that mounts meet: directories a, b and d, a
 * file c, two levels of them to begin with. Over what is freshly mounted there is
 * nothing, so directories are made again and again.
 *
 * One operation in a few is followed by another that suits it: something is made in
 * a new filesystem, a tree that was opened is attached, what expires is asked twice.
 */
#include "tests/oracle/random.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <vfs/abi_mount.h>

/* What a world is like. One sequence is made at a time. */
static struct {
        int narrow;                /* two names, two levels */
        uint32_t sharing;          /* how many percent of the changes of propagation make shared */
        uint16_t weight[OP_COUNT]; /* of the kinds */
} style;

static void one_name(struct rng *rng, char *path)
{
        static const char *const name[] = { "a", "a", "a", "b", "b", "a", "a", "b", "b", "c", "d" };

        add(path, chance(rng, 4) ? ".." : style.narrow ? name[below(rng, 5)] : PICK(rng, name));
}

static void random_place(struct rng *rng, char *path)
{
        static const char *const odd[] = { "/", "/", "/", ".", ".", ".", "..", "", "/." };
        static const uint8_t depth[] = { 1, 1, 1, 1, 1, 2, 2, 2, 3 };
        uint32_t n = style.narrow ? 1 + below(rng, 2) : PICK(rng, depth);

        path[0] = '\0';
        if (chance(rng, 9)) {
                add(path, PICK(rng, odd));
                return;
        }
        if (chance(rng, 25))
                add(path, "/");
        for (uint32_t i = 0; i < n; i++) {
                if (i)
                        add(path, "/");
                one_name(rng, path);
        }
}

/* A place below the one in path2. */
static void place_below(struct rng *rng, const char *above, char *path)
{
        path[0] = '\0';
        add(path, above);
        add(path, "/");
        one_name(rng, path);
}

static int start(struct rng *rng)
{
        return chance(rng, 80) ? OP_CWD : chance(rng, 3) ? OP_BAD_SLOT : (int)below(rng, OP_SLOTS);
}

/*
 * Mounting
 */

static uint32_t random_flags(struct rng *rng)
{
        static const uint32_t flag[] = { VFS_MS_RDONLY,      VFS_MS_NODEV,    VFS_MS_NOEXEC,
                                         VFS_MS_NOATIME,     VFS_MS_RELATIME, VFS_MS_STRICTATIME,
                                         VFS_MS_NODIRATIME,  VFS_MS_NOSUID,   VFS_MS_NOSYMFOLLOW,
                                         VFS_MS_SYNCHRONOUS, VFS_MS_DIRSYNC,  VFS_MS_SILENT,
                                         VFS_MS_LAZYTIME,    VFS_MS_MANDLOCK };
        uint32_t flags = 0;

        while (chance(rng, 25))
                flags |= PICK(rng, flag);
        return flags;
}

static uint32_t random_propagation(struct rng *rng)
{
        static const uint32_t other[] = { VFS_MS_SLAVE,   VFS_MS_SLAVE,   VFS_MS_SLAVE,
                                          VFS_MS_PRIVATE, VFS_MS_PRIVATE, VFS_MS_UNBINDABLE };

        return chance(rng, style.sharing) ? VFS_MS_SHARED : PICK(rng, other);
}

static void random_mount(struct rng *rng, struct op *op)
{
        uint32_t what = below(rng, 100);

        random_place(rng, op->path);
        random_place(rng, op->path2);
        op->a = chance(rng, 85) ? 0 : 1 + below(rng, 5);
        if (what < 22) {
                op->flags = random_flags(rng);
        } else if (what < 60) {
                op->flags = VFS_MS_BIND | (chance(rng, 40) ? VFS_MS_REC : 0);
                if (chance(rng, 10))
                        op->flags |= random_flags(rng);
        } else if (what < 70) {
                op->flags = VFS_MS_MOVE;
        } else if (what < 88) {
                op->flags = random_propagation(rng) | (chance(rng, 30) ? VFS_MS_REC : 0);
                if (chance(rng, 3))
                        op->flags |= chance(rng, 50) ? random_flags(rng) : random_propagation(rng);
        } else if (what < 94) {
                op->flags = VFS_MS_REMOUNT | VFS_MS_BIND | random_flags(rng);
        } else if (what < 99) {
                op->flags = VFS_MS_REMOUNT | (chance(rng, 60) ? random_flags(rng) : 0);
        } else {
                op->flags = (uint32_t)next(rng) & (uint32_t)next(rng) & (uint32_t)next(rng);
        }
        if (chance(rng, 2))
                op->mode = 1 + below(rng, 3);
        if (chance(rng, 1))
                op->flags |= 0xc0ed0000u; /* what mount(8) once had to give */
}

static void random_umount(struct rng *rng, struct op *op)
{
        static const uint32_t flag[] = { 0, 0, 0, 0, 0, 0, VFS_MNT_DETACH, VFS_MNT_DETACH, VFS_MNT_DETACH };

        random_place(rng, op->path);
        op->flags = chance(rng, 90)   ? PICK(rng, flag)
                    : chance(rng, 90) ? below(rng, 16)
                                      : 1u << below(rng, 32);
}

static void random_open_tree(struct rng *rng, struct op *op)
{
        static const uint32_t flag[] = { VFS_AT_SYMLINK_NOFOLLOW, VFS_AT_EMPTY_PATH, VFS_OPEN_TREE_CLOEXEC,
                                         VFS_AT_NO_AUTOMOUNT };

        op->fd2 = (int8_t)start(rng);
        random_place(rng, op->path);
        op->flags = chance(rng, 80) ? VFS_OPEN_TREE_CLONE : 0;
        if (chance(rng, op->flags ? 45 : 5))
                op->flags |= VFS_AT_RECURSIVE;
        if (chance(rng, 15))
                op->flags |= PICK(rng, flag);
        if (chance(rng, 1))
                op->flags |= 1u << below(rng, 32);
        if (op->fd2 != OP_CWD && chance(rng, 60)) {
                op->flags |= VFS_AT_EMPTY_PATH;
                op->path[0] = '\0';
        }
}

/* attr_set, attr_clr and propagation. */
static void random_attr(struct rng *rng, struct op *op)
{
        static const uint32_t atime[] = { 0, 0, VFS_MOUNT_ATTR_NOATIME, VFS_MOUNT_ATTR_STRICTATIME, 0x30 };
        static const uint32_t bit[] = { VFS_MOUNT_ATTR_RDONLY,     VFS_MOUNT_ATTR_RDONLY,
                                        VFS_MOUNT_ATTR_NOSUID,     VFS_MOUNT_ATTR_NODEV,
                                        VFS_MOUNT_ATTR_NOEXEC,     VFS_MOUNT_ATTR_NODIRATIME,
                                        VFS_MOUNT_ATTR_NOSYMFOLLOW };

        while (chance(rng, 40))
                op->a |= PICK(rng, bit);
        while (chance(rng, 45))
                op->b |= PICK(rng, bit);
        if (chance(rng, 25)) {
                op->b |= chance(rng, 95) ? VFS_MOUNT_ATTR__ATIME : 0;
                op->a |= PICK(rng, atime);
        }
        if (chance(rng, 3))
                op->a |= INT64_C(1) << below(rng, 33);
        if (chance(rng, 3))
                op->b |= INT64_C(1) << below(rng, 33);
        /* Without the file descriptor that goes with it. */
        op->a &= ~(int64_t)VFS_MOUNT_ATTR_IDMAP;
        if (chance(rng, 50))
                op->mode = random_propagation(rng);
        if (chance(rng, 2))
                op->mode |= chance(rng, 50) ? random_propagation(rng) : 1u << below(rng, 32);
}

static void random_setattr(struct rng *rng, struct op *op)
{
        op->fd2 = (int8_t)start(rng);
        random_place(rng, op->path);
        op->flags = chance(rng, 40) ? VFS_AT_RECURSIVE : 0;
        if (chance(rng, 5))
                op->flags |= chance(rng, 70) ? VFS_AT_SYMLINK_NOFOLLOW : 1u << below(rng, 32);
        if (op->fd2 != OP_CWD && chance(rng, 70)) {
                op->flags |= VFS_AT_EMPTY_PATH;
                op->path[0] = '\0';
        }
        random_attr(rng, op);
}

static void random_move_mount(struct rng *rng, struct op *op)
{
        static const uint32_t flag[] = { VFS_MOVE_MOUNT_F_SYMLINKS,   VFS_MOVE_MOUNT_F_AUTOMOUNTS,
                                         VFS_MOVE_MOUNT_F_EMPTY_PATH, VFS_MOVE_MOUNT_T_SYMLINKS,
                                         VFS_MOVE_MOUNT_T_AUTOMOUNTS, VFS_MOVE_MOUNT_T_EMPTY_PATH };

        op->fd = (int8_t)(chance(rng, 45) ? OP_CWD : (int)below(rng, OP_SLOTS));
        op->fd2 = (int8_t)start(rng);
        random_place(rng, op->path);
        random_place(rng, op->path2);
        op->flags = 0;
        if (chance(rng, 8)) {
                op->fd = OP_CWD;
                op->fd2 = OP_CWD;
                op->flags = VFS_MOVE_MOUNT_SET_GROUP;
                return;
        }
        if (op->fd != OP_CWD && chance(rng, 90)) {
                op->flags |= VFS_MOVE_MOUNT_F_EMPTY_PATH;
                op->path[0] = '\0';
        }
        if (op->fd2 != OP_CWD && chance(rng, 60)) {
                op->flags |= VFS_MOVE_MOUNT_T_EMPTY_PATH;
                op->path2[0] = '\0';
        }
        if (chance(rng, 25))
                op->flags |= VFS_MOVE_MOUNT_BENEATH;
        else if (chance(rng, 12))
                op->flags |= VFS_MOVE_MOUNT_SET_GROUP;
        if (chance(rng, 10))
                op->flags |= PICK(rng, flag);
        if (chance(rng, 1))
                op->flags |= 1u << below(rng, 32);
}

static void random_pivot(struct rng *rng, struct op *op)
{
        random_place(rng, op->path);
        if (chance(rng, 60))
                place_below(rng, op->path, op->path2);
        else if (chance(rng, 40))
                add(op->path2, op->path);
        else
                random_place(rng, op->path2);
}

static void random_statmount(struct rng *rng, struct op *op)
{
        static const uint32_t size[] = { 8, 100, 511, 512, 513, 540, 600 };

        op->fd2 = (int8_t)(chance(rng, 80) ? OP_CWD : (int)below(rng, 4));
        random_place(rng, op->path);
        op->a = chance(rng, 50) ? 0x7fff : (int64_t)below(rng, 0x8000);
        /* Those that the mount has none of have bits that come and go with versions. */
        op->a &= ~(int64_t)VFS_STATMOUNT_SUPPORTED_MASK;
        op->b = chance(rng, 80) ? 0 : PICK(rng, size);
        /* What a smaller buffer gets of strings is different in vfs2 (docs/linux-differences.md). */
        if (op->b && op->b < 512)
                op->a &= VFS_STATMOUNT_SB_BASIC | VFS_STATMOUNT_MNT_BASIC | VFS_STATMOUNT_MNT_NS_ID;
}

/*
 * Contexts
 */

static void random_option(struct rng *rng, struct op *op)
{
        static const char *const option[][2] = {
                { "size", "1m" },  { "size", "4m" },     { "size", "0" },      { "size", "x" },
                { "size", "4k" },  { "nr_inodes", "9" }, { "nr_inodes", "0" }, { "nr_inodes", "1000" },
                { "mode", "700" }, { "mode", "9" },      { "uid", "1000" },    { "gid", "-1" },
                { "source", "s" }, { "source", "t" },    { "ro", "" },         { "rw", "" },
                { "sync", "" },    { "async", "" },      { "lazytime", "" },   { "nolazytime", "" },
                { "dirsync", "" }, { "zork", "1" },      { "noswap", "" },     { "huge", "never" },
        };
        uint32_t i = below(rng, sizeof(option) / sizeof(option[0]));

        add(op->path, option[i][0]);
        add(op->path2, option[i][1]);
        op->flags = option[i][1][0] ? VFS_FSCONFIG_SET_STRING : VFS_FSCONFIG_SET_FLAG;
        if (op->flags == VFS_FSCONFIG_SET_FLAG)
                op->mode = OP_FSCONFIG_NO_VALUE;
        if (chance(rng, 8))
                op->flags = below(rng, 6);
}

static void random_fsconfig(struct rng *rng, struct op *op)
{
        static const int aux[] = { VFS_AT_FDCWD, -1, 999 }; /* no descriptor that is open */

        if (chance(rng, 60)) {
                random_option(rng, op);
        } else {
                op->mode = OP_FSCONFIG_NO_KEY | OP_FSCONFIG_NO_VALUE;
                op->flags = chance(rng, 95) ? VFS_FSCONFIG_CMD_CREATE + below(rng, 3) : below(rng, 10);
        }
        if (chance(rng, 3))
                op->mode = below(rng, 4);
        if (chance(rng, 3))
                op->a = op->flags == VFS_FSCONFIG_SET_BINARY ? (int64_t)below(rng, 4) : PICK(rng, aux);
        if (op->flags == VFS_FSCONFIG_SET_FD && op->a == 0)
                op->a = 999;
        op->b = chance(rng, 60);
}

static uint32_t random_mount_attr(struct rng *rng)
{
        uint32_t attr = 0;

        while (chance(rng, 30))
                attr |= 1u << below(rng, 8);
        if (chance(rng, 5))
                attr |= VFS_MOUNT_ATTR_NOSYMFOLLOW;
        return attr;
}

/*
 * The rest
 */

static uint32_t random_open_flags(struct rng *rng)
{
        uint32_t flags = chance(rng, 55) ? VFS_O_PATH : below(rng, 3);

        if (!(flags & VFS_O_PATH) && chance(rng, 40))
                flags |= O_CREAT;
        if (chance(rng, 15))
                flags |= chance(rng, 50) ? O_NOFOLLOW : O_DIRECTORY;
        return flags | O_NONBLOCK;
}

static void random_arguments(struct rng *rng, struct op *op)
{
        op->fd = (int8_t)(chance(rng, 1) ? OP_BAD_SLOT : below(rng, OP_SLOTS));
        op->fd2 = (int8_t)below(rng, OP_SLOTS);
        switch (op->kind) {
        case OP_open:
                op->fd2 = (int8_t)start(rng);
                random_place(rng, op->path);
                op->flags = random_open_flags(rng);
                op->mode = 0755;
                break;
        case OP_openat2:
                op->fd2 = (int8_t)start(rng);
                random_place(rng, op->path);
                op->flags = VFS_O_PATH;
                op->a = INT64_C(1) << below(rng, 5) | (chance(rng, 30) ? INT64_C(1) << below(rng, 5) : 0);
                break;
        case OP_write:
                op->a = 1;
                break;
        case OP_mkdir:
        case OP_mknod:
                op->fd2 = (int8_t)start(rng);
                random_place(rng, op->path);
                op->mode = op->kind == OP_mkdir ? 0755 : S_IFREG | 0644;
                break;
        case OP_symlink:
                op->fd2 = (int8_t)start(rng);
                random_place(rng, op->path);
                random_place(rng, op->path2);
                break;
        case OP_statx:
        case OP_access:
                op->fd2 = (int8_t)start(rng);
                random_place(rng, op->path);
                op->mode = below(rng, 8);
                break;
        case OP_link:
        case OP_rename:
                op->fd = (int8_t)start(rng);
                op->fd2 = (int8_t)start(rng);
                random_place(rng, op->path);
                random_place(rng, op->path2);
                op->flags = op->kind == OP_rename && chance(rng, 20) ? VFS_RENAME_EXCHANGE : 0;
                break;
        case OP_unlink:
        case OP_rmdir:
                op->fd2 = (int8_t)start(rng);
                random_place(rng, op->path);
                break;
        case OP_chdir:
        case OP_statfs:
        case OP_chroot:
                random_place(rng, op->path);
                break;
        case OP_mount:
                random_mount(rng, op);
                break;
        case OP_umount:
                random_umount(rng, op);
                break;
        case OP_pivot_root:
                random_pivot(rng, op);
                break;
        case OP_open_tree:
                random_open_tree(rng, op);
                break;
        case OP_open_tree_attr:
                random_open_tree(rng, op);
                random_attr(rng, op);
                break;
        case OP_move_mount:
                random_move_mount(rng, op);
                break;
        case OP_mount_setattr:
                random_setattr(rng, op);
                break;
        case OP_setns:
        case OP_nsdrop:
                op->a = below(rng, 4);
                break;
        case OP_task:
                op->a = below(rng, 3);
                break;
        case OP_unshare:
                op->a = chance(rng, 25);
                break;
        case OP_statmount:
                random_statmount(rng, op);
                break;
        case OP_listmount:
                random_place(rng, op->path);
                op->a = chance(rng, 30);
                op->b = chance(rng, 50) ? 0 : 1 + below(rng, 3);
                op->fd2 = (int8_t)(chance(rng, 75) ? OP_CWD : (int)below(rng, 4));
                op->flags = chance(rng, 30) ? VFS_LISTMOUNT_REVERSE : 0;
                break;
        case OP_mounts:
                op->a = chance(rng, 50);
                break;
        case OP_fsopen:
                op->flags = chance(rng, 98) ? below(rng, 2) : 2;
                break;
        case OP_fspick:
                op->fd2 = (int8_t)start(rng);
                random_place(rng, op->path);
                op->flags = chance(rng, 80) ? 0 : below(rng, 17);
                break;
        case OP_fsconfig:
                random_fsconfig(rng, op);
                break;
        case OP_fsmount:
                op->flags = chance(rng, 98) ? below(rng, 2) : 2;
                op->mode = random_mount_attr(rng);
                break;
        default:
                break;
        }
}

/* What one would do next; 0: nothing in particular. */
static int random_sequel(struct rng *rng, const struct op *last, struct op *op)
{
        *op = (struct op){ .user = last->user, .fd = OP_CWD, .fd2 = OP_CWD };
        if (last->kind == OP_mount && !(last->flags & ~(uint32_t)VFS_MS_NOSUID) && chance(rng, 75)) {
                op->kind = (uint8_t)(chance(rng, 80) ? OP_mkdir : OP_mknod);
                op->mode = op->kind == OP_mkdir ? 0755 : S_IFREG | 0644;
                place_below(rng, last->path2, op->path);
                return 1;
        }
        /* Who writes, and what would then be read-only. */
        if (last->kind == OP_open && !(last->flags & VFS_O_PATH) && (last->flags & 3) && chance(rng, 40)) {
                if (chance(rng, 50)) {
                        op->kind = OP_mount_setattr;
                        op->fd2 = OP_CWD;
                        op->flags = VFS_AT_RECURSIVE;
                        op->a = VFS_MOUNT_ATTR_RDONLY;
                        add(op->path, chance(rng, 50) ? "/" : last->path);
                } else {
                        op->kind = OP_mount;
                        op->flags = VFS_MS_REMOUNT | VFS_MS_RDONLY | (chance(rng, 60) ? VFS_MS_BIND : 0);
                        add(op->path2, chance(rng, 40) ? "/" : last->path);
                        if (chance(rng, 60) && strrchr(op->path2, '/') > op->path2)
                                *strrchr(op->path2, '/') = '\0';
                }
                return 1;
        }
        /* What every container begins with. */
        if (last->kind == OP_unshare && chance(rng, 60)) {
                op->kind = OP_mount;
                op->flags = VFS_MS_REC | random_propagation(rng);
                add(op->path2, "/");
                return 1;
        }
        /* A copy that is private, and then a peer again. */
        if (last->kind == OP_mount && last->flags == VFS_MS_BIND && chance(rng, 15)) {
                *op = *last;
                op->path[0] = '\0';
                op->flags = VFS_MS_PRIVATE;
                return 1;
        }
        if (last->kind == OP_mount && last->flags == VFS_MS_PRIVATE && chance(rng, 40)) {
                op->kind = OP_move_mount;
                random_place(rng, op->path);
                add(op->path2, last->path2);
                op->flags = VFS_MOVE_MOUNT_SET_GROUP;
                return 1;
        }
        if (last->kind == OP_open_tree && (last->flags & VFS_OPEN_TREE_CLONE) && chance(rng, 60)) {
                op->kind = OP_move_mount;
                op->fd = (int8_t)(last->fd % OP_SLOTS);
                op->flags = VFS_MOVE_MOUNT_F_EMPTY_PATH | (chance(rng, 20) ? VFS_MOVE_MOUNT_BENEATH : 0);
                random_place(rng, op->path2);
                return 1;
        }
        /* A context, and what becomes of it. */
        if ((last->kind == OP_fsopen || last->kind == OP_fspick) && chance(rng, 80)) {
                op->kind = OP_fsconfig;
                op->fd = (int8_t)(last->fd % OP_SLOTS);
                random_fsconfig(rng, op);
                return 1;
        }
        if (last->kind == OP_fsconfig && last->fd < OP_SLOTS && chance(rng, 60)) {
                op->kind = (uint8_t)(chance(rng, 60) ? OP_fsconfig : OP_fsmount);
                op->fd = last->fd;
                op->fd2 = (int8_t)below(rng, OP_SLOTS);
                if (op->kind == OP_fsconfig)
                        random_fsconfig(rng, op);
                else
                        op->mode = random_mount_attr(rng);
                return 1;
        }
        if (last->kind == OP_fsmount && chance(rng, 60)) {
                op->kind = OP_move_mount;
                op->fd = last->fd2;
                op->flags = VFS_MOVE_MOUNT_F_EMPTY_PATH | (chance(rng, 20) ? VFS_MOVE_MOUNT_BENEATH : 0);
                random_place(rng, op->path2);
                return 1;
        }
        if (last->kind == OP_umount && last->flags == VFS_MNT_EXPIRE && chance(rng, 80)) {
                *op = *last;
                return 1;
        }
        if (last->kind == OP_chdir && chance(rng, 25)) {
                op->kind = OP_pivot_root;
                add(op->path, ".");
                add(op->path2, ".");
                return 1;
        }
        if (last->kind == OP_pivot_root && chance(rng, 30)) {
                op->kind = OP_umount;
                op->flags = VFS_MNT_DETACH;
                add(op->path, last->path2);
                return 1;
        }
        if (last->kind == OP_chroot && chance(rng, 40)) {
                op->kind = OP_chdir;
                add(op->path, "/");
                return 1;
        }
        return 0;
}

/*
 * Each world has weights of its own: some kinds are left out, others come more often. So worlds differ in what they
 * are about, and go further into it.
 */
static void random_style(struct rng *rng)
{
        static const uint16_t usual[] = {
#define X(name, weight, in_namespaces) in_namespaces,
                OP_KINDS(X)
#undef X
        };
        static const uint8_t factor[] = { 0, 1, 1, 1, 1, 3 };

        style.narrow = chance(rng, 35);
        style.sharing = 20 + below(rng, 60);
        for (int kind = 0; kind < OP_COUNT; kind++)
                style.weight[kind] = (uint16_t)(usual[kind] * PICK(rng, factor));
        style.weight[OP_mkdir] = usual[OP_mkdir];
}

static int random_kind(struct rng *rng)
{
        uint32_t total = 0, at;
        int kind;

        for (kind = 0; kind < OP_COUNT; kind++)
                total += style.weight[kind];
        at = below(rng, total);
        for (kind = 0; at >= style.weight[kind]; kind++)
                at -= style.weight[kind];
        return kind;
}

/* What every world begins with. */
static size_t beginning(struct rng *rng, struct op *ops, size_t n)
{
        static const struct {
                uint8_t kind;
                const char *path;
                uint32_t mode;
        } made[] = {
                { OP_mkdir, "a", 0755 },           { OP_mkdir, "b", 0755 },
                { OP_mknod, "c", S_IFREG | 0644 }, { OP_mkdir, "a/a", 0755 },
                { OP_mkdir, "a/b", 0755 },         { OP_mkdir, "b/a", 0755 },
                { OP_mkdir, "d", 0755 },           { OP_mknod, "a/c", S_IFREG | 0644 },
        };
        size_t used = 0;

        for (; used < sizeof(made) / sizeof(made[0]) && used < n; used++) {
                ops[used] = (struct op){ .kind = made[used].kind, .fd2 = OP_CWD, .mode = made[used].mode };
                add(ops[used].path, made[used].path);
        }
        if (used < n && chance(rng, 50)) {
                ops[used] = (struct op){ .kind = OP_mount, .path2 = "/", .flags = VFS_MS_SHARED };
                used++;
        }
        return used;
}

void op_generate_namespaces(uint64_t seed, struct op *ret_ops, size_t n)
{
        struct rng rng = { .state = seed };
        uint8_t user = 0;

        random_style(&rng);
        for (size_t i = beginning(&rng, ret_ops, n); i < n; i++) {
                struct op *op = &ret_ops[i];

                if (i && random_sequel(&rng, &ret_ops[i - 1], op))
                        continue;
                *op = (struct op){ 0 };
                if (chance(&rng, user ? 50 : 2))
                        user = (uint8_t)(chance(&rng, 80) ? 0 : below(&rng, OP_USERS));
                op->kind = (uint8_t)random_kind(&rng);
                op->user = user;
                op->watch = (uint8_t)chance(&rng, 25);
                random_arguments(&rng, op);
        }
}
