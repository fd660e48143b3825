/*
 * op.h - one file system operation of a random sequence, complete with its
 * arguments, so that a sequence can be stored, cut down and run again.
 */
#ifndef TESTS_ORACLE_OP_H
#define TESTS_ORACLE_OP_H

#include <stddef.h>
#include <stdint.h>

/* Kinds, with their weights in the random mix. */
#define OP_KINDS(X)            \
        X(open, 120)           \
        X(openat2, 25)         \
        X(close, 25)           \
        X(dup, 6)              \
        X(read, 20)            \
        X(write, 35)           \
        X(pread, 15)           \
        X(pwrite, 25)          \
        X(lseek, 25)           \
        X(getdents, 15)        \
        X(fstat, 10)           \
        X(fstatfs, 2)          \
        X(fchmod, 6)           \
        X(fchown, 6)           \
        X(futimens, 6)         \
        X(ftruncate, 12)       \
        X(fallocate, 14)       \
        X(fsync, 2)            \
        X(fsetxattr, 5)        \
        X(fgetxattr, 4)        \
        X(flistxattr, 3)       \
        X(fremovexattr, 4)     \
        X(copy_file_range, 14) \
        X(mmap, 4)             \
        X(fd_path, 5)          \
        X(getfl, 4)            \
        X(setfl, 4)            \
        X(seals, 2)            \
        X(statx, 40)           \
        X(statfs, 4)           \
        X(access, 15)          \
        X(mkdir, 70)           \
        X(mknod, 25)           \
        X(symlink, 50)         \
        X(readlink, 15)        \
        X(link, 40)            \
        X(unlink, 45)          \
        X(rmdir, 25)           \
        X(rename, 80)          \
        X(chmod, 30)           \
        X(chown, 25)           \
        X(utimens, 20)         \
        X(truncate, 20)        \
        X(setxattr, 14)        \
        X(getxattr, 8)         \
        X(listxattr, 6)        \
        X(removexattr, 8)      \
        X(chdir, 15)           \
        X(fchdir, 6)           \
        X(getcwd, 6)           \
        X(umask, 3)            \
        X(mount, 30)           \
        X(umount, 20)

enum op_kind {
#define X(name, weight) OP_##name,
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
        uint8_t watch;          /* compare which ctimes the operation changes; 2: after a tick of the clock */
        int8_t fd, fd2;         /* slots */
        char path[OP_PATH_MAX]; /* a component "@255" stands for a name of 255 bytes */
        char path2[OP_PATH_MAX];
        uint32_t flags, mode;
        int64_t a, b;
};

/* What differs between worlds. */
enum world_flags {
        WORLD_TIGHT = 1,  /* few blocks, few inodes */
        WORLD_MOUNTS = 2, /* mount and umount take part */
};

const char *op_name(int kind);
int op_kind(const char *name); /* -1: none */
/* A line that op_parse understands. Returns its length. */
int op_print(const struct op *op, char *buf, size_t size);
/* 0, or -1 when line is no operation. */
int op_parse(const char *line, struct op *ret_op);

/* The sequence of a seed: n operations. */
void op_generate(uint64_t seed, unsigned int flags, struct op *ret_ops, size_t n);

#endif
