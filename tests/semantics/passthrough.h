/*
 * passthrough.h - cases that a passed-through directory of the host's cannot answer as a
 * memfs does, and why: they are left out for that driver.
 */
#ifndef TESTS_SEMANTICS_PASSTHROUGH_H
#define TESTS_SEMANTICS_PASSTHROUGH_H

#include <stddef.h>
#include <string.h>

static const struct {
        const char *test, *why;
} passthrough_exceptions[] = {
        { "test_sockets_and_unknown_devices_are_enxio", "device nodes cannot be made" },
        { "test_link_and_mknod_refuse_directories", "device nodes cannot be made" },
        { "test_whiteout_is_left_at_the_old_name", "a whiteout is a device node" },
        { "test_whiteout_without_an_inode_left_is_the_last_error", "a whiteout is a device node" },
        { "test_whiteout_needs_no_capability_but_other_devices_do", "a whiteout is a device node" },
        { "test_seals_are_for_memory_files", "no file has seals" },
        { "test_mountinfo_lines", "the filesystem's type and options are its own" },
        { "test_cached_with_creation_is_eagain", "nothing is cached in shared mode" },
        { "test_following_bumps_no_time_but_the_links_atime", "a symlink is read once" },
        { "test_reading_a_link_changes_its_atime", "a symlink is read once" },
        { "test_noswap_is_for_the_privileged", "the root has no options of tmpfs" },
        { "test_devices_of_a_less_privileged_filesystem_do_not_open", "device nodes cannot be made" },
};

static inline int passthrough_differs(const char *test)
{
        for (size_t i = 0; i < sizeof(passthrough_exceptions) / sizeof(passthrough_exceptions[0]); i++) {
                if (strcmp(test, passthrough_exceptions[i].test) == 0)
                        return 1;
        }
        return 0;
}

#endif
