/*
 * check.h - assertions.
 *
 * vfs_assert() is for debug builds. vfs_check() is always on and cheap: for
 * damage after which going on would be worse (a reference dropped twice).
 * Neither is for anything that a guest, a server or an empty allocator causes.
 */
#ifndef VFS_BASE_CHECK_H
#define VFS_BASE_CHECK_H

#include <stddef.h>

#ifndef VFS_DEBUG
#define VFS_DEBUG 0
#endif

#define vfs_check(x) (__builtin_expect(!!(x), 1) ? (void)0 : __builtin_trap())

#if VFS_DEBUG
#define vfs_assert(x) vfs_check(x)
#else
#define vfs_assert(x) ((void)sizeof(x))
#endif

#define vfs_container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))

#endif
