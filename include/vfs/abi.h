/*
 * abi.h - the numbers and records that guests see: flags, modes and structures
 * with the values and the layout of Linux on x86-64.
 *
 * vfs2 serves guests, so these are the guest's, whatever the host's own headers
 * say. Errors are negative errno values; take their names from <errno.h>.
 */
#ifndef VFS_ABI_H
#define VFS_ABI_H

#include <stddef.h>
#include <stdint.h>

#include <vfs/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The length of an array at the end of a record; C++ has no flexible one. */
#ifdef __cplusplus
#define VFS_FLEX 1
#else
#define VFS_FLEX
#endif

/* Limits. */
#define VFS_NAME_MAX 255       /* bytes of one name */
#define VFS_PATH_MAX 4096      /* bytes of a path, its NUL included */
#define VFS_SYMLINK_MAX 40     /* symlinks followed in one walk */
#define VFS_XATTR_NAME_MAX 255 /* bytes, the namespace prefix included */
#define VFS_XATTR_SIZE_MAX 65536
#define VFS_XATTR_LIST_MAX 65536

/* File types and mode bits: inode(7). */
#define VFS_S_IFMT 0170000u
#define VFS_S_IFSOCK 0140000u
#define VFS_S_IFLNK 0120000u
#define VFS_S_IFREG 0100000u
#define VFS_S_IFBLK 0060000u
#define VFS_S_IFDIR 0040000u
#define VFS_S_IFCHR 0020000u
#define VFS_S_IFIFO 0010000u
#define VFS_S_ISUID 04000u
#define VFS_S_ISGID 02000u
#define VFS_S_ISVTX 01000u
#define VFS_S_IXGRP 00010u

/* Open flags: open(2). */
#define VFS_O_RDONLY 0u
#define VFS_O_WRONLY 1u
#define VFS_O_RDWR 2u
#define VFS_O_ACCMODE 3u
#define VFS_O_CREAT 0100u
#define VFS_O_EXCL 0200u
#define VFS_O_NOCTTY 0400u
#define VFS_O_TRUNC 01000u
#define VFS_O_APPEND 02000u
#define VFS_O_NONBLOCK 04000u
#define VFS_O_DSYNC 010000u
#define VFS_O_ASYNC 020000u
#define VFS_O_DIRECT 040000u
#define VFS_O_LARGEFILE 0100000u
#define VFS_O_DIRECTORY 0200000u
#define VFS_O_NOFOLLOW 0400000u
#define VFS_O_NOATIME 01000000u
#define VFS_O_CLOEXEC 02000000u
#define VFS_O_SYNC (04000000u | VFS_O_DSYNC)
#define VFS_O_PATH 010000000u
#define VFS_O_TMPFILE (020000000u | VFS_O_DIRECTORY)

/* Flags of the *at calls. */
#define VFS_AT_SYMLINK_NOFOLLOW 0x100u
#define VFS_AT_REMOVEDIR 0x200u
#define VFS_AT_EACCESS 0x200u
#define VFS_AT_SYMLINK_FOLLOW 0x400u
#define VFS_AT_NO_AUTOMOUNT 0x800u
#define VFS_AT_EMPTY_PATH 0x1000u
#define VFS_AT_STATX_FORCE_SYNC 0x2000u
#define VFS_AT_STATX_DONT_SYNC 0x4000u

/* openat2(2). */
#define VFS_RESOLVE_NO_XDEV 0x01u
#define VFS_RESOLVE_NO_MAGICLINKS 0x02u
#define VFS_RESOLVE_NO_SYMLINKS 0x04u
#define VFS_RESOLVE_BENEATH 0x08u
#define VFS_RESOLVE_IN_ROOT 0x10u
#define VFS_RESOLVE_CACHED 0x20u

struct vfs_open_how {
        uint64_t flags;
        uint64_t mode;
        uint64_t resolve;
};

/* access(2), rename(2), lseek(2), fallocate(2), setxattr(2), fcntl(2). */
#define VFS_F_OK 0u
#define VFS_X_OK 1u
#define VFS_W_OK 2u
#define VFS_R_OK 4u

#define VFS_RENAME_NOREPLACE 1u
#define VFS_RENAME_EXCHANGE 2u
#define VFS_RENAME_WHITEOUT 4u

#define VFS_SEEK_SET 0
#define VFS_SEEK_CUR 1
#define VFS_SEEK_END 2
#define VFS_SEEK_DATA 3
#define VFS_SEEK_HOLE 4

#define VFS_FALLOC_KEEP_SIZE 0x01u
#define VFS_FALLOC_PUNCH_HOLE 0x02u
#define VFS_FALLOC_NO_HIDE_STALE 0x04u
#define VFS_FALLOC_COLLAPSE_RANGE 0x08u
#define VFS_FALLOC_ZERO_RANGE 0x10u
#define VFS_FALLOC_INSERT_RANGE 0x20u
#define VFS_FALLOC_UNSHARE_RANGE 0x40u

#define VFS_XATTR_CREATE 1u
#define VFS_XATTR_REPLACE 2u

#define VFS_F_DUPFD 0
#define VFS_F_GETFD 1
#define VFS_F_SETFD 2
#define VFS_F_GETFL 3
#define VFS_F_SETFL 4
#define VFS_F_DUPFD_CLOEXEC 1030
#define VFS_F_ADD_SEALS 1033
#define VFS_F_GET_SEALS 1034
#define VFS_FD_CLOEXEC 1

#define VFS_F_SEAL_SEAL 0x01u
#define VFS_F_SEAL_SHRINK 0x02u
#define VFS_F_SEAL_GROW 0x04u
#define VFS_F_SEAL_WRITE 0x08u
#define VFS_F_SEAL_FUTURE_WRITE 0x10u
#define VFS_F_SEAL_EXEC 0x20u

#define VFS_CLOSE_RANGE_UNSHARE 2u
#define VFS_CLOSE_RANGE_CLOEXEC 4u

/* Per-call flags of the vectored forms: preadv2(2). */
#define VFS_RWF_HIPRI 0x01u
#define VFS_RWF_DSYNC 0x02u
#define VFS_RWF_SYNC 0x04u
#define VFS_RWF_NOWAIT 0x08u
#define VFS_RWF_APPEND 0x10u
#define VFS_RWF_NOAPPEND 0x20u

/* mmap(2) protections. */
#define VFS_PROT_READ 1u
#define VFS_PROT_WRITE 2u
#define VFS_PROT_EXEC 4u

/* mount(2) and umount2(2). */
#define VFS_MS_RDONLY 1u
#define VFS_MS_NOSUID 2u
#define VFS_MS_NODEV 4u
#define VFS_MS_NOEXEC 8u
#define VFS_MS_SYNCHRONOUS 16u
#define VFS_MS_REMOUNT 32u
#define VFS_MS_MANDLOCK 64u
#define VFS_MS_DIRSYNC 128u
#define VFS_MS_NOSYMFOLLOW 256u
#define VFS_MS_NOATIME 1024u
#define VFS_MS_NODIRATIME 2048u
#define VFS_MS_BIND 4096u
#define VFS_MS_MOVE 8192u
#define VFS_MS_REC 16384u
#define VFS_MS_SILENT 32768u
#define VFS_MS_UNBINDABLE (1u << 17)
#define VFS_MS_PRIVATE (1u << 18)
#define VFS_MS_SLAVE (1u << 19)
#define VFS_MS_SHARED (1u << 20)
#define VFS_MS_RELATIME (1u << 21)
#define VFS_MS_I_VERSION (1u << 23)
#define VFS_MS_STRICTATIME (1u << 24)
#define VFS_MS_LAZYTIME (1u << 25)

#define VFS_MNT_FORCE 1u
#define VFS_MNT_DETACH 2u
#define VFS_MNT_EXPIRE 4u
#define VFS_UMOUNT_NOFOLLOW 8u

/* statfs(2): f_flags, and the magic numbers of the filesystems vfs2 brings. */
#define VFS_ST_RDONLY 0x0001u
#define VFS_ST_NOSUID 0x0002u
#define VFS_ST_NODEV 0x0004u
#define VFS_ST_NOEXEC 0x0008u
#define VFS_ST_SYNCHRONOUS 0x0010u
#define VFS_ST_VALID 0x0020u
#define VFS_ST_MANDLOCK 0x0040u
#define VFS_ST_NOATIME 0x0400u
#define VFS_ST_NODIRATIME 0x0800u
#define VFS_ST_RELATIME 0x1000u
#define VFS_ST_NOSYMFOLLOW 0x2000u
#define VFS_TMPFS_MAGIC 0x01021994u

/* Capabilities that filesystems ask for: capabilities(7). Bit numbers. */
#define VFS_CAP_CHOWN 0
#define VFS_CAP_DAC_OVERRIDE 1
#define VFS_CAP_DAC_READ_SEARCH 2
#define VFS_CAP_FOWNER 3
#define VFS_CAP_FSETID 4
#define VFS_CAP_SETFCAP 31
#define VFS_CAP_MKNOD 27
#define VFS_CAP_SYS_CHROOT 18
#define VFS_CAP_SYS_ADMIN 21
#define VFS_CAP_SYS_RESOURCE 24
#define VFS_CAP_ALL ((UINT64_C(1) << 41) - 1)

/* statx(2): masks, attributes, and the record itself (256 bytes). */
#define VFS_STATX_TYPE 0x0001u
#define VFS_STATX_MODE 0x0002u
#define VFS_STATX_NLINK 0x0004u
#define VFS_STATX_UID 0x0008u
#define VFS_STATX_GID 0x0010u
#define VFS_STATX_ATIME 0x0020u
#define VFS_STATX_MTIME 0x0040u
#define VFS_STATX_CTIME 0x0080u
#define VFS_STATX_INO 0x0100u
#define VFS_STATX_SIZE 0x0200u
#define VFS_STATX_BLOCKS 0x0400u
#define VFS_STATX_BASIC_STATS 0x07ffu
#define VFS_STATX_BTIME 0x0800u
#define VFS_STATX_MNT_ID 0x1000u
#define VFS_STATX_MNT_ID_UNIQUE 0x4000u
#define VFS_STATX__RESERVED 0x80000000u

#define VFS_STATX_ATTR_IMMUTABLE 0x10u
#define VFS_STATX_ATTR_APPEND 0x20u
#define VFS_STATX_ATTR_MOUNT_ROOT 0x2000u

struct vfs_statx_time {
        int64_t sec;
        uint32_t nsec;
        int32_t pad;
};

struct vfs_statx {
        uint32_t mask;
        uint32_t blksize;
        uint64_t attributes;
        uint32_t nlink;
        uint32_t uid;
        uint32_t gid;
        uint16_t mode;
        uint16_t pad0;
        uint64_t ino;
        uint64_t size;
        uint64_t blocks; /* units of 512 bytes */
        uint64_t attributes_mask;
        struct vfs_statx_time atime, btime, ctime, mtime;
        uint32_t rdev_major, rdev_minor;
        uint32_t dev_major, dev_minor;
        /* The first 144 bytes, down to here, belong to the inode. */
        uint64_t mnt_id;
        uint32_t dio_mem_align, dio_offset_align;
        uint64_t spare[12];
};

struct vfs_statfs {
        uint64_t type;
        uint64_t bsize;
        uint64_t blocks, bfree, bavail; /* units of bsize; 0 is "no limit" */
        uint64_t files, ffree;
        uint64_t fsid;
        uint64_t namelen;
        uint64_t frsize;
        uint64_t flags; /* VFS_ST_* */
};

/* Times given to vfs_utimens: nsec may be one of the two marks. */
struct vfs_timespec {
        int64_t sec;
        int64_t nsec;
};
#define VFS_UTIME_NOW ((1l << 30) - 1l)
#define VFS_UTIME_OMIT ((1l << 30) - 2l)

/* getdents64(2): the record that vfs_file_getdents writes; reclen is a multiple of 8. */
struct vfs_dirent {
        uint64_t ino;
        int64_t off;
        uint16_t reclen;
        uint8_t type; /* VFS_DT_* */
        char name[VFS_FLEX]; /* with its NUL */
};
#define VFS_DT_UNKNOWN 0
#define VFS_DT_FIFO 1
#define VFS_DT_CHR 2
#define VFS_DT_DIR 4
#define VFS_DT_BLK 6
#define VFS_DT_REG 8
#define VFS_DT_LNK 10
#define VFS_DT_SOCK 12

/* Device numbers, as mknod(2) takes them and stat(2) shows them. */
#define VFS_DEV(major, minor) (((uint64_t)(major) << 32) | (uint32_t)(minor))
#define VFS_DEV_MAJOR(dev) ((uint32_t)((dev) >> 32))
#define VFS_DEV_MINOR(dev) ((uint32_t)(dev))

#ifdef __cplusplus
}
#endif

#endif
