/* vfs.h - everything that an embedder needs. */
#ifndef VFS_VFS_H
#define VFS_VFS_H

#include <vfs/abi.h>
#include <vfs/abi_mount.h>
#include <vfs/fdtable.h>
#include <vfs/file.h>
#include <vfs/fscontext.h>
#include <vfs/instance.h>
#include <vfs/mntns.h>
#include <vfs/mount.h>
#include <vfs/ops.h>
#include <vfs/version.h>

#endif
