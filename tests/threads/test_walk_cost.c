/*
 * test_walk_cost.c - what a stat does not do: it allocates nothing, and between
 * entering and leaving its epoch section it makes no atomic read-modify-write.
 *
 * The first is counted by the allocator hook. For the second a child process is
 * single-stepped through one call, and each instruction is looked at: a lock
 * prefix, or xchg with memory. Entering the section is the one that is allowed
 * (a section that could begin without one would not order its first load).
 * Sanitizers put instructions of their own in, so they leave this part out.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/threads/race.h"

static atomic_long allocations;

static void *counting_alloc(void *user, size_t size)
{
        atomic_fetch_add(&allocations, 1);
        return aligned_alloc(16, (size + 15) / 16 * 16);
}

static void counting_free(void *user, void *p, size_t size)
{
        free(p);
}

static const char *const paths[] = {
        "/f",
        "/d/d/d/d/d/d/d/f",
        "/d/../d/./d//f",
        "/m/f", /* crosses a mount */
        "/m/sub/../../f",
        "/l", /* a symlink */
        "/d/missing",
};

static struct race race;

static void setup(void)
{
        struct vfs_config config = { .size = sizeof(config), .alloc = counting_alloc, .free = counting_free };
        char path[64] = "";

        memset(&race, 0, sizeof(race));
        ck_assert_int_eq(vfs_new(&config, &race.vfs), 0);
        ck_assert_int_eq(vfs_cred_new_root(&race.root), 0);
        ck_assert_int_eq(vfs_mntns_new(race.vfs, race.root, "tmpfs", "tmpfs", 0, "mode=755", &race.ns), 0);
        vfs_ctx_init(&race.ctx, race.ns, race.root);
        race_file(&race, "/f", 0644);
        for (int i = 0; i < 7; i++) {
                strcat(path, "/d");
                race_mkdir(&race, path);
        }
        race_file(&race, "/d/d/d/d/d/d/d/f", 0644);
        race_file(&race, "/d/d/f", 0644);
        race_mkdir(&race, "/m");
        ck_assert_int_eq(vfs_mount(&race.ctx, "tmpfs", "/m", "tmpfs", VFS_MS_NOATIME, NULL), 0);
        race_file(&race, "/m/f", 0644);
        race_mkdir(&race, "/m/sub");
        ck_assert_int_eq(vfs_symlink(&race.ctx, "f", NULL, "/l"), 0);
}

static void teardown(void)
{
        vfs_mntns_put(race.ns);
        vfs_cred_put(race.root);
        vfs_free(race.vfs);
}

START_TEST(test_stat_allocates_nothing)
{
        struct vfs_statx st;
        long before;

        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
                race_stat(&race.ctx, paths[i], &st);
                before = atomic_load(&allocations);
                for (int k = 0; k < 100; k++)
                        race_stat(&race.ctx, paths[i], &st);
                ck_assert_msg(atomic_load(&allocations) == before, "%s: %ld allocations", paths[i],
                              atomic_load(&allocations) - before);
        }
}
END_TEST

START_TEST(test_stat_takes_no_lock)
{
        struct vfs_stats before = { .size = sizeof(before) }, after = { .size = sizeof(after) };
        struct vfs_statx st;

        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
                race_stat(&race.ctx, paths[i], &st); /* the first may update a symlink's atime */
                vfs_get_stats(race.vfs, &before);
                for (int k = 0; k < 100; k++)
                        race_stat(&race.ctx, paths[i], &st);
                vfs_get_stats(race.vfs, &after);
                ck_assert_msg(after.walks_reference == before.walks_reference, "%s: %d walks took references",
                              paths[i], (int)(after.walks_reference - before.walks_reference));
                ck_assert_msg(after.walks_lockfree - before.walks_lockfree >= 100, "%s: %d walks counted",
                              paths[i], (int)(after.walks_lockfree - before.walks_lockfree));
        }
}
END_TEST

#ifdef __has_feature
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#if defined(__x86_64__) && !SANITIZED

/* Where counting begins and ends; the addresses are the same in the child. */
static void __attribute__((noinline)) marker_begin(void)
{
        __asm__ volatile("" ::: "memory");
}

static void __attribute__((noinline)) marker_end(void)
{
        __asm__ volatile("nop" ::: "memory");
}

/* Does the instruction read, modify and write memory atomically? */
static int is_atomic(const unsigned char *p)
{
        int locked = 0;

        for (;; p++) {
                switch (*p) {
                case 0xf0:
                        locked = 1;
                        continue;
                case 0x66:
                case 0x67:
                case 0xf2:
                case 0xf3:
                case 0x2e:
                case 0x36:
                case 0x3e:
                case 0x26:
                case 0x64:
                case 0x65:
                        continue;
                default:
                        break;
                }
                break;
        }
        if ((*p & 0xf0) == 0x40)
                p++;
        return locked || ((*p == 0x86 || *p == 0x87) && (p[1] & 0xc0) != 0xc0);
}

static void __attribute__((noreturn)) traced(const char *path)
{
        struct vfs_statx st;

        race_stat(&race.ctx, path, &st);
        race_stat(&race.ctx, path, &st);
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
                _exit(77);
        raise(SIGSTOP);
        marker_begin();
        race_stat(&race.ctx, path, &st);
        marker_end();
        _exit(0);
}

/* Counts the atomic instructions of one stat; -1 where tracing is not allowed. steps: all instructions. */
static int count_atomics(const char *path, long *ret_steps)
{
        struct user_regs_struct regs;
        int status, counting = 0, atomics = 0;
        long steps = 0;
        pid_t pid;

        pid = fork();
        if (pid == 0)
                traced(path);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
                return -1;
        for (;;) {
                ck_assert(WIFSTOPPED(status));
                ck_assert_int_eq((int)ptrace(PTRACE_GETREGS, pid, NULL, &regs), 0);
                if (regs.rip == (uintptr_t)marker_end)
                        break;
                if (regs.rip == (uintptr_t)marker_begin)
                        counting = 1;
                /* The child is a copy of this process: its code is readable here. */
                if (counting) {
                        steps++;
                        atomics += is_atomic((const unsigned char *)(uintptr_t)regs.rip);
                }
                ck_assert_int_eq((int)ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
                ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        }
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        *ret_steps = steps;
        return atomics;
}

START_TEST(test_stat_makes_no_atomic_read_modify_write_inside_its_section)
{
        long steps = 0;
        int n;

        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
                n = count_atomics(paths[i], &steps);
                if (n < 0)
                        return;
                ck_assert_msg(steps > 50, "%s: only %ld instructions seen", paths[i], steps);
                ck_assert_msg(n == 1, "%s: %d atomic instructions in %ld", paths[i], n, steps);
        }
}
END_TEST

TEST_MAIN_FIXTURE("walk_cost", setup, teardown, test_stat_allocates_nothing, test_stat_takes_no_lock,
                  test_stat_makes_no_atomic_read_modify_write_inside_its_section)
#else
TEST_MAIN_FIXTURE("walk_cost", setup, teardown, test_stat_allocates_nothing, test_stat_takes_no_lock)
#endif
