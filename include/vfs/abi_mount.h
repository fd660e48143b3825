/*
 * abi_mount.h - numbers and records of the new mount API, with Linux's values and
 * layout: fsopen(2), open_tree(2), move_mount(2), mount_setattr(2), statmount(2),
 * listmount(2).
 */
#ifndef VFS_ABI_MOUNT_H
#define VFS_ABI_MOUNT_H

#include <vfs/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VFS_AT_FDCWD (-100)
#define VFS_AT_RECURSIVE 0x8000u

#define VFS_FSOPEN_CLOEXEC 1u
#define VFS_FSMOUNT_CLOEXEC 1u

#define VFS_FSPICK_CLOEXEC 1u
#define VFS_FSPICK_SYMLINK_NOFOLLOW 2u
#define VFS_FSPICK_NO_AUTOMOUNT 4u
#define VFS_FSPICK_EMPTY_PATH 8u

#define VFS_FSCONFIG_SET_FLAG 0u
#define VFS_FSCONFIG_SET_STRING 1u
#define VFS_FSCONFIG_SET_BINARY 2u
#define VFS_FSCONFIG_SET_PATH 3u
#define VFS_FSCONFIG_SET_PATH_EMPTY 4u
#define VFS_FSCONFIG_SET_FD 5u
#define VFS_FSCONFIG_CMD_CREATE 6u
#define VFS_FSCONFIG_CMD_RECONFIGURE 7u
#define VFS_FSCONFIG_CMD_CREATE_EXCL 8u

#define VFS_OPEN_TREE_CLONE 1u
#define VFS_OPEN_TREE_CLOEXEC VFS_O_CLOEXEC

#define VFS_MOVE_MOUNT_F_SYMLINKS 0x0001u
#define VFS_MOVE_MOUNT_F_AUTOMOUNTS 0x0002u
#define VFS_MOVE_MOUNT_F_EMPTY_PATH 0x0004u
#define VFS_MOVE_MOUNT_T_SYMLINKS 0x0010u
#define VFS_MOVE_MOUNT_T_AUTOMOUNTS 0x0020u
#define VFS_MOVE_MOUNT_T_EMPTY_PATH 0x0040u
#define VFS_MOVE_MOUNT_SET_GROUP 0x0100u
#define VFS_MOVE_MOUNT_BENEATH 0x0200u

#define VFS_MOUNT_ATTR_RDONLY 0x0001u
#define VFS_MOUNT_ATTR_NOSUID 0x0002u
#define VFS_MOUNT_ATTR_NODEV 0x0004u
#define VFS_MOUNT_ATTR_NOEXEC 0x0008u
#define VFS_MOUNT_ATTR__ATIME 0x0070u /* the field; of its values, one: */
#define VFS_MOUNT_ATTR_RELATIME 0x0000u
#define VFS_MOUNT_ATTR_NOATIME 0x0010u
#define VFS_MOUNT_ATTR_STRICTATIME 0x0020u
#define VFS_MOUNT_ATTR_NODIRATIME 0x0080u
#define VFS_MOUNT_ATTR_IDMAP 0x00100000u
#define VFS_MOUNT_ATTR_NOSYMFOLLOW 0x00200000u

struct vfs_mount_attr {
        uint64_t attr_set, attr_clr; /* VFS_MOUNT_ATTR_* */
        uint64_t propagation;        /* 0, or one of VFS_MS_SHARED, _PRIVATE, _SLAVE, _UNBINDABLE */
        uint64_t userns_fd;
};

struct vfs_mnt_id_req {
        uint32_t size; /* 24, or 32 with mnt_ns_id */
        uint32_t spare;
        uint64_t mnt_id; /* a unique id; listmount: or VFS_LSMT_ROOT */
        uint64_t param;  /* statmount: VFS_STATMOUNT_*; listmount: the last id already listed */
        uint64_t mnt_ns_id;
};
#define VFS_MNT_ID_REQ_SIZE_VER0 24u
#define VFS_MNT_ID_REQ_SIZE_VER1 32u
#define VFS_LSMT_ROOT UINT64_MAX
#define VFS_LISTMOUNT_REVERSE 1u

#define VFS_STATMOUNT_SB_BASIC 0x0001u
#define VFS_STATMOUNT_MNT_BASIC 0x0002u
#define VFS_STATMOUNT_PROPAGATE_FROM 0x0004u
#define VFS_STATMOUNT_MNT_ROOT 0x0008u
#define VFS_STATMOUNT_MNT_POINT 0x0010u
#define VFS_STATMOUNT_FS_TYPE 0x0020u
#define VFS_STATMOUNT_MNT_NS_ID 0x0040u
#define VFS_STATMOUNT_MNT_OPTS 0x0080u
#define VFS_STATMOUNT_FS_SUBTYPE 0x0100u
#define VFS_STATMOUNT_SB_SOURCE 0x0200u
#define VFS_STATMOUNT_OPT_ARRAY 0x0400u
#define VFS_STATMOUNT_OPT_SEC_ARRAY 0x0800u
#define VFS_STATMOUNT_SUPPORTED_MASK 0x1000u
#define VFS_STATMOUNT_MNT_UIDMAP 0x2000u
#define VFS_STATMOUNT_MNT_GIDMAP 0x4000u

/* Members marked "s" are offsets of NUL-terminated strings in str. */
struct vfs_statmount {
        uint32_t size;     /* bytes written, strings included */
        uint32_t mnt_opts; /* s */
        uint64_t mask;     /* VFS_STATMOUNT_*: what was written */
        uint32_t sb_dev_major, sb_dev_minor;
        uint64_t sb_magic;
        uint32_t sb_flags; /* VFS_MS_RDONLY, _SYNCHRONOUS, _DIRSYNC, _LAZYTIME */
        uint32_t fs_type;  /* s */
        uint64_t mnt_id, mnt_parent_id; /* unique ids; a root is its own parent */
        uint32_t mnt_id_old, mnt_parent_id_old;
        uint64_t mnt_attr;        /* VFS_MOUNT_ATTR_* */
        uint64_t mnt_propagation; /* VFS_MS_SHARED, _SLAVE, _PRIVATE, _UNBINDABLE */
        uint64_t mnt_peer_group, mnt_master, propagate_from;
        uint32_t mnt_root, mnt_point; /* s */
        uint64_t mnt_ns_id;
        uint32_t fs_subtype, sb_source; /* s */
        uint32_t opt_num, opt_array;    /* s: opt_num strings */
        uint32_t opt_sec_num, opt_sec_array;
        uint64_t supported_mask;
        uint32_t mnt_uidmap_num, mnt_uidmap;
        uint32_t mnt_gidmap_num, mnt_gidmap;
        uint64_t spare2[43];
        char str[VFS_FLEX];
};

#ifdef __cplusplus
}
#endif

#endif
