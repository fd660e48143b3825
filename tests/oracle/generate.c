/*
 * generate.c - random operations over a small name space, so that they meet:
 * four names, three levels, symlinks between them, a handful of open files,
 * four users. Arguments lean towards what is allowed and stray now and then.
 */
#include "tests/oracle/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <vfs/abi.h>

/* dots: the odds in percent of "." and ".." components and of odd slashes. */
static void random_path(struct rng *rng, char *path, uint32_t dots)
{
        static const char *const name[] = { "a", "b", "c", "d" };
        static const uint8_t depth[] = { 1, 1, 1, 1, 2, 2, 2, 3, 3, 3 };
        uint32_t n = PICK(rng, depth);

        path[0] = '\0';
        if (chance(rng, 1) && chance(rng, 50))
                return;
        if (chance(rng, 20))
                add(path, "/");
        for (uint32_t i = 0; i < n; i++) {
                if (i)
                        add(path, chance(rng, 4) ? "//" : "/");
                if (chance(rng, dots))
                        add(path, chance(rng, 50) ? "." : "..");
                else if (chance(rng, 1))
                        add(path, chance(rng, 70) ? "@255" : "@256");
                else
                        add(path, PICK(rng, name));
        }
        if (chance(rng, dots))
                add(path, "/");
        if (chance(rng, 1))
                add(path, "/");
}

static uint32_t random_mode(struct rng *rng)
{
        static const uint32_t mode[] = { 0777,  0755,  0700,  0644,  0666, 0600, 0,    0711,  0744, 01777,
                                         02775, 02755, 04755, 06777, 0555, 0070, 0007, 02745, 06711 };

        return chance(rng, 45) ? 0777 : chance(rng, 10) ? below(rng, 010000) : PICK(rng, mode);
}

static uint32_t random_open_flags(struct rng *rng)
{
        static const uint32_t extra[] = { O_EXCL, O_TRUNC,   O_APPEND,      O_DIRECTORY, O_NOFOLLOW,
                                          O_PATH, O_NOATIME, VFS_O_TMPFILE, O_SYNC,      O_CLOEXEC };
        uint32_t flags = chance(rng, 50) ? O_RDWR : below(rng, 4);

        if (chance(rng, 45))
                flags |= O_CREAT;
        while (chance(rng, 35))
                flags |= PICK(rng, extra);
        /* A FIFO must not make the sequence wait. */
        return flags | O_NONBLOCK;
}

static int64_t random_offset(struct rng *rng)
{
        /* Not INT64_MAX - 1: SEEK_DATA of the host misses the last page there. */
        static const int64_t odd[] = { -1,   INT64_MAX, INT64_C(1) << 62, INT64_C(1) << 40, 4095, 4096,
                                       4097, 65536 };

        if (chance(rng, 4))
                return PICK(rng, odd);
        if (chance(rng, 30))
                return 4096 * (int64_t)below(rng, 16);
        return below(rng, chance(rng, 50) ? 300 : 40000);
}

static int64_t random_length(struct rng *rng)
{
        if (chance(rng, 5))
                return 0;
        return below(rng, chance(rng, 60) ? 200 : 20000);
}

static void random_times(struct rng *rng, struct op *op)
{
        static const int64_t second[] = {
                1000, 2000, INT64_C(8000000000), INT64_C(9000000000), VFS_UTIME_NOW, VFS_UTIME_OMIT, -1
        };

        /* a and b: seconds, or a mark in place of them; mode 1: both now (a null pointer). */
        op->a = PICK(rng, second);
        op->b = PICK(rng, second);
        op->mode = chance(rng, 20);
}

static int random_start(struct rng *rng)
{
        if (chance(rng, 78))
                return OP_CWD;
        return chance(rng, 4) ? OP_BAD_SLOT : (int)below(rng, OP_SLOTS);
}

static uint32_t random_at_flags(struct rng *rng)
{
        static const uint32_t flag[] = { VFS_AT_SYMLINK_NOFOLLOW, VFS_AT_EMPTY_PATH, 0x40000,
                                         VFS_AT_EMPTY_PATH | VFS_AT_SYMLINK_NOFOLLOW };

        return chance(rng, 70) ? 0 : chance(rng, 90) ? flag[below(rng, 2)] : PICK(rng, flag);
}

static void random_xattr(struct rng *rng, struct op *op)
{
        static const char *const name[] = {
                "user.a", "user.b", "trusted.a", "user.", "bad.a", "", "user.long"
        };

        strcpy(op->path2, chance(rng, 60) ? name[below(rng, 2)] : PICK(rng, name));
        op->a = chance(rng, 90) ? below(rng, 40) : 65530 + below(rng, 10);
        op->mode = chance(rng, 70) ? 0 : below(rng, 4);
}

static const uint32_t ids[] = { 0, 1000, 1001, 1002, (uint32_t)-1 };

static void random_mount(struct rng *rng, struct op *op)
{
        static const uint32_t flag[] = { VFS_MS_RDONLY,      VFS_MS_NODEV,       VFS_MS_NOEXEC,
                                         VFS_MS_NOATIME,     VFS_MS_STRICTATIME, VFS_MS_NODIRATIME,
                                         VFS_MS_NOSYMFOLLOW, VFS_MS_NOSUID };
        uint32_t what = below(rng, 10);

        random_path(rng, op->path, 3);
        random_path(rng, op->path2, 3);
        op->flags = 0;
        while (chance(rng, 25))
                op->flags |= PICK(rng, flag);
        if (what < 5)
                op->flags |= VFS_MS_BIND;
        else if (what < 7)
                op->flags |= VFS_MS_REMOUNT | VFS_MS_BIND;
        else if (what < 8)
                op->flags |= VFS_MS_REMOUNT;
}

/* Fills the arguments of op->kind. */
static void random_arguments(struct rng *rng, struct op *op)
{
        op->fd = (int8_t)(chance(rng, 1) ? OP_BAD_SLOT : below(rng, OP_SLOTS));
        op->fd2 = (int8_t)below(rng, OP_SLOTS);
        switch (op->kind) {
        case OP_open:
                op->fd2 = (int8_t)random_start(rng);
                random_path(rng, op->path, 6);
                op->flags = random_open_flags(rng);
                op->mode = random_mode(rng);
                break;
        case OP_openat2:
                op->fd2 = (int8_t)random_start(rng);
                random_path(rng, op->path, 15);
                op->flags = random_open_flags(rng);
                op->mode = (op->flags & (O_CREAT | (VFS_O_TMPFILE & ~VFS_O_DIRECTORY))) ? random_mode(rng)
                                                                                        : 0;
                op->a = chance(rng, 95) ? INT64_C(1) << below(rng, 5) : (int64_t)below(rng, 128);
                /* The host's cache is its own: a missing name is EAGAIN there. */
                op->a &= ~(int64_t)VFS_RESOLVE_CACHED;
                break;
        case OP_write:
        case OP_read:
                op->a = random_length(rng);
                op->b = below(rng, 256);
                break;
        case OP_pread:
        case OP_pwrite:
                op->a = random_length(rng);
                op->b = random_offset(rng);
                break;
        case OP_lseek:
                op->a = chance(rng, 10) ? -(int64_t)below(rng, 100) : random_offset(rng);
                op->flags = chance(rng, 99) ? below(rng, 5) : 9;
                break;
        case OP_fchmod:
                op->mode = random_mode(rng);
                break;
        case OP_fchown:
                op->a = PICK(rng, ids);
                op->b = PICK(rng, ids);
                break;
        case OP_futimens:
                random_times(rng, op);
                break;
        case OP_ftruncate:
                op->a = random_offset(rng);
                break;
        case OP_fallocate:
                op->flags = chance(rng, 40) ? 0 : chance(rng, 60) ? 3 : below(rng, 128);
                op->a = random_offset(rng);
                op->b = random_offset(rng);
                break;
        case OP_fsetxattr:
        case OP_fgetxattr:
        case OP_fremovexattr:
                random_xattr(rng, op);
                break;
        case OP_copy_file_range:
                op->a = chance(rng, 40) ? INT64_MIN : random_offset(rng); /* INT64_MIN: the file's own */
                op->b = chance(rng, 40) ? INT64_MIN : random_offset(rng);
                op->flags = chance(rng, 2);
                op->mode = (uint32_t)random_length(rng);
                break;
        case OP_mmap:
                op->a = random_offset(rng);
                op->b = random_length(rng);
                op->flags = below(rng, 8);
                op->mode = below(rng, 2);
                break;
        case OP_setfl:
                op->flags = (chance(rng, 50) ? O_APPEND : 0) | (chance(rng, 10) ? O_NOATIME : 0) | O_NONBLOCK;
                break;
        case OP_seals:
                op->flags = below(rng, 64);
                break;
        case OP_statx:
        case OP_access:
                op->fd2 = (int8_t)random_start(rng);
                random_path(rng, op->path, 12);
                op->flags = random_at_flags(rng);
                op->mode = chance(rng, 98) ? below(rng, 8) : 8;
                if ((op->flags & VFS_AT_EMPTY_PATH) && chance(rng, 60))
                        op->path[0] = '\0';
                break;
        case OP_chmod:
        case OP_chown:
        case OP_utimens:
                op->fd2 = (int8_t)random_start(rng);
                random_path(rng, op->path, 5);
                op->flags = random_at_flags(rng);
                if ((op->flags & VFS_AT_EMPTY_PATH) && chance(rng, 60))
                        op->path[0] = '\0';
                if (op->kind == OP_chmod) {
                        op->mode = random_mode(rng);
                } else if (op->kind == OP_chown) {
                        op->a = PICK(rng, ids);
                        op->b = PICK(rng, ids);
                } else {
                        random_times(rng, op);
                }
                break;
        case OP_mkdir:
                op->fd2 = (int8_t)random_start(rng);
                random_path(rng, op->path, 4);
                op->mode = random_mode(rng);
                break;
        case OP_mknod: {
                static const uint32_t type[] = { S_IFREG, 0,       S_IFIFO, S_IFSOCK,
                                                 S_IFCHR, S_IFBLK, S_IFDIR, S_IFLNK };

                op->fd2 = (int8_t)random_start(rng);
                random_path(rng, op->path, 4);
                op->mode = PICK(rng, type) | random_mode(rng);
                op->a = chance(rng, 50) ? 0 : 501; /* devices that nobody has */
                op->b = chance(rng, 50) ? 0 : 7;
                break;
        }
        case OP_symlink:
                op->fd2 = (int8_t)random_start(rng);
                random_path(rng, op->path, 4);
                random_path(rng, op->path2, 15);
                break;
        case OP_readlink:
                op->fd2 = (int8_t)random_start(rng);
                random_path(rng, op->path, 4);
                op->a = chance(rng, 80) ? 64 : below(rng, 4);
                break;
        case OP_link:
                op->fd = (int8_t)random_start(rng);
                op->fd2 = (int8_t)random_start(rng);
                random_path(rng, op->path, 4);
                random_path(rng, op->path2, 4);
                op->flags = chance(rng, 75) ? 0 : chance(rng, 50) ? VFS_AT_SYMLINK_FOLLOW : VFS_AT_EMPTY_PATH;
                if ((op->flags & VFS_AT_EMPTY_PATH) && chance(rng, 80)) {
                        op->path[0] = '\0';
                        op->fd = (int8_t)below(rng, OP_SLOTS);
                }
                break;
        case OP_unlink:
        case OP_rmdir:
                op->fd2 = (int8_t)random_start(rng);
                random_path(rng, op->path, 4);
                break;
        case OP_rename:
                op->fd = (int8_t)random_start(rng);
                op->fd2 = (int8_t)random_start(rng);
                random_path(rng, op->path, 4);
                random_path(rng, op->path2, 4);
                op->flags = chance(rng, 65) ? 0 : chance(rng, 90) ? 1u << below(rng, 3) : below(rng, 16);
                break;
        case OP_truncate:
                random_path(rng, op->path, 4);
                op->a = random_offset(rng);
                break;
        case OP_setxattr:
        case OP_getxattr:
        case OP_listxattr:
        case OP_removexattr:
                random_path(rng, op->path, 4);
                random_xattr(rng, op);
                op->flags = chance(rng, 30); /* the l forms */
                break;
        case OP_statfs:
                random_path(rng, op->path, 4);
                break;
        case OP_chdir:
                if (chance(rng, 50))
                        strcpy(op->path, "/");
                else
                        random_path(rng, op->path, 10);
                break;
        case OP_umask:
                op->mode = chance(rng, 70) ? 0 : chance(rng, 50) ? 022 : 077;
                break;
        case OP_mount:
                random_mount(rng, op);
                break;
        case OP_umount:
                random_path(rng, op->path, 4);
                op->flags = chance(rng, 50) ? 0 : chance(rng, 80) ? VFS_MNT_DETACH : 1u << below(rng, 5);
                if (op->flags == VFS_MNT_EXPIRE)
                        op->flags = 0;
                break;
        default:
                break;
        }
}

static int random_kind(struct rng *rng, unsigned int flags)
{
        static const uint16_t weight[] = {
#define X(name, weight, in_namespaces) weight,
                OP_KINDS(X)
#undef X
        };
        uint32_t total = 0, at;
        int kind;

        for (kind = 0; kind < OP_COUNT; kind++)
                total += weight[kind];
        do {
                at = below(rng, total);
                for (kind = 0; at >= weight[kind]; kind++)
                        at -= weight[kind];
        } while ((kind == OP_mount || kind == OP_umount) && !(flags & WORLD_MOUNTS));
        return kind;
}

void op_generate(uint64_t seed, unsigned int flags, struct op *ret_ops, size_t n)
{
        struct rng rng = { .state = seed };
        uint8_t user = 0;

        if (flags & WORLD_NAMESPACES) {
                op_generate_namespaces(seed, ret_ops, n);
                return;
        }
        for (size_t i = 0; i < n; i++) {
                struct op *op = &ret_ops[i];

                memset(op, 0, sizeof(*op));
                if (chance(&rng, 8))
                        user = (uint8_t)(chance(&rng, 60) ? 0 : below(&rng, OP_USERS));
                op->kind = (uint8_t)random_kind(&rng, flags);
                op->user = user;
                op->watch = below(&rng, 400) == 0 ? 2 : (uint8_t)chance(&rng, 25);
                random_arguments(&rng, op);
        }
}
