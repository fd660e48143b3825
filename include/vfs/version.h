/*
 * The version of the library that the program runs with.
 */
#ifndef VFS_VERSION_H
#define VFS_VERSION_H

#include <vfs/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Returns the library's version as "major.minor.patch". The string is static; the caller must not free it.
 * Never fails, never blocks, takes no lock.
 */
VFS_API const char *vfs_version(void);

#ifdef __cplusplus
}
#endif

#endif
