/*
 * What marks a function as part of the library's interface.
 *
 * Everything else is hidden (-fvisibility=hidden), and the version script exports only names that begin with vfs_.
 */
#ifndef VFS_EXPORT_H
#define VFS_EXPORT_H

#define VFS_API __attribute__((visibility("default")))

#endif
