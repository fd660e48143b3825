/*
 * op.h - one file system operation of a random sequence, complete with its
 * arguments, so that a sequence can be stored, cut down and run again.
 */
#ifndef TESTS_ORACLE_OP_H
#define TESTS_ORACLE_OP_H

#include <stddef.h>
#include <stdint.h>

/* Kinds, with their weights in the random mix: of files, and of a world of namespaces. */
#define OP_KINDS(X)               \
        X(open, 120, 30)          \
        X(openat2, 25, 12)        \
        X(close, 25, 14)          \
        X(dup, 6, 3)              \
        X(read, 20, 0)            \
        X(write, 35, 2)           \
        X(pread, 15, 0)           \
        X(pwrite, 25, 0)          \
        X(lseek, 25, 0)           \
        X(getdents, 15, 0)        \
        X(fstat, 10, 3)           \
        X(fstatfs, 2, 3)          \
        X(fchmod, 6, 0)           \
        X(fchown, 6, 0)           \
        X(futimens, 6, 0)         \
        X(ftruncate, 12, 0)       \
        X(fallocate, 14, 0)       \
        X(fsync, 2, 0)            \
        X(fsetxattr, 5, 0)        \
        X(fgetxattr, 4, 0)        \
        X(flistxattr, 3, 0)       \
        X(fremovexattr, 4, 0)     \
        X(copy_file_range, 14, 0) \
        X(mmap, 4, 0)             \
        X(fd_path, 5, 6)          \
        X(getfl, 4, 0)            \
        X(setfl, 4, 0)            \
        X(seals, 2, 0)            \
        X(statx, 40, 16)          \
        X(statfs, 4, 6)           \
        X(access, 15, 4)          \
        X(mkdir, 70, 40)          \
        X(mknod, 25, 10)          \
        X(symlink, 50, 5)         \
        X(readlink, 15, 0)        \
        X(link, 40, 4)            \
        X(unlink, 45, 10)         \
        X(rmdir, 25, 14)          \
        X(rename, 80, 24)         \
        X(chmod, 30, 0)           \
        X(chown, 25, 0)           \
        X(utimens, 20, 0)         \
        X(truncate, 20, 0)        \
        X(setxattr, 14, 0)        \
        X(getxattr, 8, 0)         \
        X(listxattr, 6, 0)        \
        X(removexattr, 8, 0)      \
        X(chdir, 15, 16)          \
        X(fchdir, 6, 8)           \
        X(getcwd, 6, 5)           \
        X(umask, 3, 0)            \
        X(mount, 30, 170)         \
        X(umount, 20, 110)        \
        X(pivot_root, 0, 26)      \
        X(open_tree, 0, 34)       \
        X(open_tree_attr, 0, 8)   \
        X(move_mount, 0, 60)      \
        X(mount_setattr, 0, 50)   \
        X(chroot, 0, 8)           \
        X(unshare, 0, 7)          \
        X(setns, 0, 10)           \
        X(nsdrop, 0, 2)           \
        X(task, 0, 14)            \
        X(statmount, 0, 8)        \
        X(listmount, 0, 6)        \
        X(mounts, 0, 4)           \
        X(fsopen, 0, 12)          \
        X(fspick, 0, 8)           \
        X(fsconfig, 0, 44)        \
        X(fsmount, 0, 16)

enum op_kind {
#define X(name, weight, in_namespaces) OP_##name,
        OP_KINDS(X)
#undef X
                OP_COUNT
};

#define OP_SLOTS    8    /* open files of a world */
#define OP_BAD_SLOT 8    /* a descriptor that is not open */
#define OP_CWD      (-1) /* the working directory, as a starting point */
#define OP_USERS    4
#define OP_PATH_MAX 40

struct op {
        uint8_t kind;
        uint8_t user;
        /* Compare which ctimes the operation changes (2: after a tick of the clock); of mounts: whether poll(2) tells. */
        uint8_t watch;
        int8_t fd, fd2;         /* slots */
        char path[OP_PATH_MAX]; /* a component "@255" stands for a name of 255 bytes */
        char path2[OP_PATH_MAX];
        uint32_t flags, mode;
        int64_t a, b;
};

/* Bits of a mount's mode: what is not given. a chooses among its options. */
#define OP_MOUNT_NO_SOURCE 1u
#define OP_MOUNT_NO_TYPE   2u
/* And of an fsconfig's. b: the messages are read afterwards. */
#define OP_FSCONFIG_NO_KEY   1u
#define OP_FSCONFIG_NO_VALUE 2u

/* What differs between worlds. */
enum world_flags {
        WORLD_TIGHT = 1,      /* few blocks, few inodes */
        WORLD_MOUNTS = 2,     /* mount and umount take part */
        WORLD_NAMESPACES = 4, /* little else than mounts, in several namespaces, by two tasks */
};

const char *op_name(int kind);
int op_kind(const char *name); /* -1: none */
/* A line that op_parse understands. Returns its length. */
int op_print(const struct op *op, char *buf, size_t size);
/* 0, or -1 when line is no operation. */
int op_parse(const char *line, struct op *ret_op);

/* The sequence of a seed: n operations. */
void op_generate(uint64_t seed, unsigned int flags, struct op *ret_ops, size_t n);
/* Of a world of namespaces. */
void op_generate_namespaces(uint64_t seed, struct op *ret_ops, size_t n);

#endif
