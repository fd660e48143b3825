/*
 * The version, as the build system knows it. No data, no locks.
 */
#include <vfs/version.h>

const char *vfs_version(void)
{
        return VFS2_VERSION;
}
