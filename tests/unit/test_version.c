/*
 * The version function says what the build system says.
 */
#include <vfs/version.h>

#include "tests/unit/test_main.h"

START_TEST(test_version_is_the_build_systems)
{
        ck_assert_str_eq(vfs_version(), VFS2_VERSION);
}
END_TEST

TEST_MAIN("version", test_version_is_the_build_systems)
