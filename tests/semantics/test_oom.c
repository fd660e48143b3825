/*
 * test_oom.c - every allocation of every operation of a script fails once, and
 * from there on for good: the operation answers ENOMEM or succeeds, ENOMEM leaves
 * the tree as it was, the same operation works afterwards, and nothing leaks.
 *
 * For each operation and each of its allocations the script is run again from
 * the start in a new instance, whose memory all comes from the hook below. Time
 * stands still during an operation, so that the smallest change shows.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <vfs/vfs.h>

#include "tests/oracle/side.h"
#include "tests/unit/test_main.h"

static struct {
        long blocks;   /* allocated now */
        long until;    /* allocations that still succeed; below 0: all do */
        int for_good;  /* failing does not end with one */
        int failed;    /* allocations refused */
        int64_t clock; /* in seconds */
} memory;

static void *hook_alloc(void *user, size_t size)
{
        if (memory.until == 0) {
                memory.failed++;
                if (!memory.for_good)
                        memory.until = -1;
                return NULL;
        }
        if (memory.until > 0)
                memory.until--;
        memory.blocks++;
        return aligned_alloc(16, (size + 15) / 16 * 16);
}

static void hook_free(void *user, void *p, size_t size)
{
        memory.blocks--;
        free(p);
}

static void hook_clock(void *user, struct vfs_timespec *ret_now)
{
        ret_now->sec = memory.clock;
        ret_now->nsec = 0;
}

static const struct vfs_config config = {
        .size = sizeof(config),
        .alloc = hook_alloc,
        .free = hook_free,
        .clock = hook_clock,
};

static char long_name[200], value[2000];

#define CWD          DRIVER_CWD
#define K(call, ...) (d->ops->call(d, __VA_ARGS__))

/* The script: one step each, as the last one left the tree. Descriptors are numbered from 0. */
static int64_t step(struct driver *d, int n)
{
        struct vfs_statx st;
        char buf[512];

        switch (n) {
        case 0:
                return K(mkdir, CWD, "/a", 0755);
        case 1:
                return K(mkdir, CWD, long_name, 0755);
        case 2:
                return K(openat, CWD, "/a/f", O_RDWR | O_CREAT, 0644); /* 0 */
        case 3:
                return K(write, 0, value, sizeof(value));
        case 4:
                return K(pwrite, 0, "x", 1, 10 << 20);
        case 5:
                return K(symlink, "target", CWD, "/a/l");
        case 6:
                return K(symlink, value, CWD, "/a/long");
        case 7:
                return K(mknod, CWD, "/a/p", S_IFIFO | 0600, 0, 0);
        case 8:
                return K(openat, CWD, "/a/p", O_RDWR | O_NONBLOCK, 0); /* 1 */
        case 9:
                return K(write, 1, value, sizeof(value));
        case 10:
                return K(link, CWD, "/a/f", CWD, "/a/g", 0);
        case 11:
                return K(setxattr, "/a/f", "user.a", value, 1000, 0, 0);
        case 12:
                return K(setxattr, "/a/f", "user.a", value, 1500, 0, 0);
        case 13:
                return K(rename, CWD, "/a/g", CWD, "/a/h", 0);
        case 14:
                return K(rename, CWD, "/a/h", CWD,
                         "/a/a-name-that-is-too-long-to-be-kept-in-the-entry-itself", 0);
        case 15:
                return K(rename, CWD, "/a/l", CWD, "/w", VFS_RENAME_WHITEOUT);
        case 16:
                return K(rename, CWD, "/a", CWD, "/w", VFS_RENAME_EXCHANGE);
        case 17:
                return K(rename, CWD, "/a", CWD, "/w", VFS_RENAME_EXCHANGE);
        case 18:
                return K(openat, CWD, "/a", O_RDWR | O_TMPFILE, 0600); /* 2 */
        case 19:
                return K(write, 2, value, sizeof(value));
        case 20:
                return K(link, 2, "", CWD, "/a/tmp", VFS_AT_EMPTY_PATH);
        case 21:
                return K(fallocate, 0, 0, 20 << 20, 1 << 20);
        case 22:
                return K(fallocate, 0, VFS_FALLOC_PUNCH_HOLE | VFS_FALLOC_KEEP_SIZE, 100, 10 << 20);
        case 23:
                return K(ftruncate, 0, 5000);
        case 24:
                return K(copy_file_range, 0, &(int64_t){ 0 }, 2, &(int64_t){ 8192 }, 3000, 0);
        case 25:
                return K(openat, CWD, "/a", O_RDONLY | O_DIRECTORY, 0); /* 3 */
        case 26:
                return K(getdents, 3, buf, sizeof(buf)) > 0 ? K(lseek, 3, 0, 0) : -ENOMEM;
        case 27:
                return K(openat, CWD, "/a/created/../f", O_RDWR | O_CREAT, 0644) == -ENOENT ? 0 : -ENOMEM;
        case 28:
                return K(mount, "m", long_name, "tmpfs", 0, "size=1m");
        case 29:
                return K(mkdir, CWD, "/m", 0755);
        case 30:
                return K(mount, "/a", "/m", NULL, VFS_MS_BIND, NULL);
        case 31:
                return K(statx, CWD, "/m/f", 0, VFS_STATX_BASIC_STATS, &st);
        case 32:
                return K(openat, CWD, "/m/f", O_PATH, 0); /* 4 */
        case 33:
                return K(dup, 4);
        case 34:
                return K(chdir, "/a");
        case 35:
                return K(getcwd, buf, sizeof(buf));
        case 36:
                return K(mmap, 0, 0, 4096, VFS_PROT_READ | VFS_PROT_WRITE, 1);
        case 37:
                return K(mount, NULL, "/m", NULL, VFS_MS_REMOUNT | VFS_MS_BIND | VFS_MS_RDONLY, NULL);
        case 38:
                return K(umount, "/m", VFS_MNT_DETACH);
        case 39:
                return K(umount, long_name, 0);
        case 40:
                return K(unlink, CWD, "/a/tmp", 0);
        case 41:
                return K(removexattr, "/a/f", "user.a", 0);
        case 42:
                return K(unlink, CWD, "/a/f", 0);
        case 43:
                return K(unlink, CWD, long_name, VFS_AT_REMOVEDIR);
        case 44:
                return K(fcntl, 0, VFS_F_DUPFD, 900);
        case 45:
                return K(mountinfo, buf, sizeof(buf));
        default:
                return -EPROTO;
        }
}

#define STEPS 46

static char *snapshot(struct driver *d)
{
        struct side side;
        char *text;

        side_init(&side, d);
        text = side_dump(&side);
        /*
         * Access times may move: what was read before memory ran out was read, and the snapshot
         * reads symlinks.
         */
        for (char *at = text; (at = strstr(at, "atime ")) != NULL;) {
                for (at += 6; *at != ' '; at++)
                        *at = '-';
        }
        return text;
}

/* Lets the allocation number at of one step fail. Returns 0 when the step has none of that number. */
static int try(int step_number, int at, int for_good)
{
        struct driver *d;
        char *before, *after;
        int64_t r;
        int hit;

        memory.until = -1;
        memory.blocks = 0;
        memory.clock = 1000;
        ck_assert_int_eq(driver_vfs2_new_with(&config, "mode=755", &d), 0);
        for (int i = 0; i < step_number; i++) {
                memory.clock += 10;
                r = step(d, i);
                ck_assert_msg(r >= 0, "step %d: %s", i, strerrorname_np((int)-r));
        }
        before = snapshot(d);
        memory.clock += 10;
        memory.failed = 0;
        memory.for_good = for_good;
        memory.until = at;
        r = step(d, step_number);
        hit = memory.failed > 0;
        memory.until = -1;
        if (r < 0) {
                ck_assert_msg(r == -ENOMEM && hit, "step %d, allocation %d: %s", step_number, at,
                              strerrorname_np((int)-r));
                after = snapshot(d);
                ck_assert_msg(!strcmp(before, after), "step %d, allocation %d changed the tree:\n%s\n%s",
                              step_number, at, before, after);
                free(after);
                r = step(d, step_number);
                ck_assert_msg(r >= 0, "step %d after ENOMEM: %s", step_number, strerrorname_np((int)-r));
        }
        free(before);
        driver_free(d);
        ck_assert_msg(memory.blocks == 0, "step %d, allocation %d: %ld blocks leaked", step_number, at,
                      memory.blocks);
        return hit;
}

static int all_steps(int for_good)
{
        int failures = 0;

        for (int n = 0; n < STEPS; n++) {
                for (int at = 0; try(n, at, for_good); at++)
                        failures++;
        }
        return failures;
}

START_TEST(test_oom_once_at_every_allocation_of_a_script)
{
        ck_assert_int_gt(all_steps(0), 20);
}
END_TEST

START_TEST(test_oom_for_good_from_every_allocation_of_a_script)
{
        ck_assert_int_gt(all_steps(1), 20);
}
END_TEST

START_TEST(test_oom_while_an_instance_and_its_namespace_are_made)
{
        struct driver *d;
        int r, failures = 0;

        for (int at = 0;; at++) {
                memory.until = at;
                memory.for_good = at & 1;
                memory.failed = 0;
                memory.blocks = 0;
                r = driver_vfs2_new_with(&config, "mode=755", &d);
                memory.until = -1;
                if (r == 0)
                        driver_free(d);
                else
                        ck_assert_int_eq(r, -ENOMEM);
                ck_assert_msg(memory.blocks == 0, "allocation %d: %ld blocks leaked", at, memory.blocks);
                if (memory.failed == 0)
                        break;
                failures++;
        }
        ck_assert_int_gt(failures, 3);
}
END_TEST

static void setup(void)
{
        memset(value, 'v', sizeof(value));
        value[sizeof(value) - 1] = '\0';
        memset(long_name, 'n', sizeof(long_name) - 1);
        long_name[0] = '/';
}

TEST_MAIN_FIXTURE("oom", setup, NULL, test_oom_once_at_every_allocation_of_a_script,
                  test_oom_for_good_from_every_allocation_of_a_script,
                  test_oom_while_an_instance_and_its_namespace_are_made)
