/*
 * mounts.h - what the cases about mounts share: mountinfo, read and made
 * comparable, detached trees, ids.
 */
#ifndef TESTS_SEMANTICS_MOUNTS_H
#define TESTS_SEMANTICS_MOUNTS_H

#include "tests/semantics/semantics.h"

/* A line of mountinfo. */
struct mount_line {
        unsigned int id, parent, major, minor;
        char root[256], point[256], opts[160], tags[96], type[32], source[160], super[256];
};

/* The topmost mount at a point; the case fails if there is none. Valid until the next call. */
const struct mount_line *mount_at(const char *point);
/* How many mounts are at a point. */
int mounts_at(const char *point);
/* The points in the order of mountinfo, at most n; valid until the next call. Returns how many there are. */
int mounts_in_order(const char **points, int n);

/*
 * All mounts but that of "/", sorted by their points, as a text like
 * "a A shared:1, b A/sub master:1, ^b B". A point is without its first slash, "^"
 * before it means that the mount lies on another mount's root. Letters name the
 * filesystems, "root" is that of "/", with the mount's root behind it where that is
 * not "/". The numbers of peer groups begin with 1, in the order of the text.
 */
const char *mounts(void);
#define WANT_MOUNTS(want)                                                                            \
        do {                                                                                         \
                const char *mounts_ = mounts();                                                      \
                if (strcmp(mounts_, (want)))                                                         \
                        ck_abort_msg("%s: line %d: mounts are\n\"%s\", not\n\"%s\"", drv->ops->name, \
                                     __LINE__, mounts_, (want));                                     \
        } while (0)
#define WANT_STR(want, got)                                                                             \
        do {                                                                                            \
                const char *str_ = (got);                                                               \
                if (strcmp(str_, (want)))                                                               \
                        ck_abort_msg("%s: line %d: %s is \"%s\", not \"%s\"", drv->ops->name, __LINE__, \
                                     #got, str_, (want));                                               \
        } while (0)

/* Directories with a tmpfs on each: up to eight names. */
void make_mounts(const char *names);
/* Directories: names with spaces between. */
void make_dirs(const char *names);
/* A tmpfs that is mounted nowhere, as a descriptor. */
int detached_tmpfs(void);
/* The directory of a descriptor. */
void make_dir_in(int fd, const char *path);
int exists_in(int fd, const char *path);
/* Is the path the root of a mount? */
int is_mount_root(int fd, const char *path);
/* STATX_MNT_ID_UNIQUE and STATX_MNT_ID. */
uint64_t unique_id(int fd, const char *path);
uint64_t old_id(int fd, const char *path);
/* getcwd(2); "" if it fails. */
const char *cwd(void);

#define F_EMPTY VFS_MOVE_MOUNT_F_EMPTY_PATH
#define T_EMPTY VFS_MOVE_MOUNT_T_EMPTY_PATH
#define BENEATH VFS_MOVE_MOUNT_BENEATH
#define CLONE   VFS_OPEN_TREE_CLONE

#endif
