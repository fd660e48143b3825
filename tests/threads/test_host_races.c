/*
 * test_host_races.c - others change the directory while it is walked: names are renamed, unlinked and replaced by
 * symlinks that lead out of it, and directories are moved in and out. Whatever a guest's path meets, it is something of the
 * directory: the secrets that lie outside, under the same names, are never seen.
 *
 * Who changes the directory is another process and threads beside it; who walks is the guest, in shared mode (the
 * promise), and in exclusive mode (a breach of the contract, which may give wrong answers but no escape either).
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/unit/host_world.h"

/* RACE_SECONDS in the environment makes each test as long as that. */
static unsigned int seconds(void)
{
        const char *s = getenv("RACE_SECONDS");

        return s ? (unsigned int)atoi(s) : 3;
}

#define INSIDE  "inside"

static atomic_int stop;
static atomic_long walks, found, escapes, odd;
static atomic_int odd_error;
/* Of the other process: in memory that both see. */
static _Atomic long *renames;

/*
 * The directory: /a/b/f and /a2/b/f with INSIDE. Outside, in the test's own folder: b/f and f with SECRET, and a
 * directory "away" for what is moved out.
 */
static void make_tree(void)
{
        char path[128];

        host_mkdir("/a");
        host_mkdir("/a/b");
        host_file("/a/b/f", INSIDE);
        host_mkdir("/a2");
        host_mkdir("/a2/b");
        host_file("/a2/b/f", INSIDE);
        snprintf(path, sizeof(path), "%s/b", world_top);
        ck_assert_int_eq(mkdir(path, 0755), 0);
        strcat(path, "/f");
        host_write(path, SECRET);
        snprintf(path, sizeof(path), "%s/f", world_top);
        host_write(path, SECRET);
        ck_assert_int_eq(symlink("../../b", host_path("/up")), 0);
        ck_assert_int_eq(symlink(world_top, host_path("/out")), 0);
        ck_assert_int_eq(symlink("../../f", host_path("/upfile")), 0);
}

/* A directory of ours by its name, never what a symlink in its place leads to; or -1. */
static int ours(int dirfd, const char *name)
{
        return openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void swap(int afd, const char *a, int bfd, const char *b)
{
        renameat2(afd, a, bfd, b, RENAME_EXCHANGE);
        renameat2(afd, a, bfd, b, RENAME_EXCHANGE);
}

static void move(int afd, const char *a, int bfd, const char *b)
{
        renameat2(afd, a, bfd, b, RENAME_NOREPLACE);
}

/* One round of changes; each may fail, since others make changes too. */
static void change(int dirfd, int topfd, unsigned int round)
{
        const int a = ours(dirfd, "a"), a2 = ours(dirfd, "a2"), b = a >= 0 ? ours(a, "b") : -1;
        int made = 0;

        switch (round % 8) {
        case 0: /* a directory and a symlink that leads out */
                swap(a, "b", dirfd, "up");
                break;
        case 1:
                swap(dirfd, "a", dirfd, "out");
                break;
        case 2: /* a file and a symlink that leads out */
                swap(b, "f", dirfd, "upfile");
                break;
        case 3: /* out of the directory, and back */
                move(a, "b", topfd, "away");
                move(topfd, "away", a, "b");
                break;
        case 4:
                renameat2(dirfd, "a", dirfd, "a2", RENAME_EXCHANGE);
                move(dirfd, "a", dirfd, "a3");
                move(dirfd, "a3", dirfd, "a");
                break;
        case 5: /* a loop of moves */
                move(dirfd, "a", a2, "a");
                move(dirfd, "a2", dirfd, "a");
                move(a2, "a", dirfd, "a2");
                break;
        case 6: /* of another type */
                made += mkdirat(dirfd, "t", 0755);
                unlinkat(dirfd, "t", AT_REMOVEDIR);
                made += symlinkat("/", dirfd, "t");
                unlinkat(dirfd, "t", 0);
                made += mknodat(dirfd, "t", S_IFIFO | 0644, 0);
                unlinkat(dirfd, "t", 0);
                break;
        default:
                made += linkat(b, "f", dirfd, "t", 0);
                unlinkat(dirfd, "t", 0);
                break;
        }
        (void)made;
        close(a);
        close(a2);
        close(b);
        atomic_fetch_add_explicit(renames, 2, memory_order_relaxed);
}

static void change_until(unsigned int seed)
{
        int dirfd = open(world_dir, O_RDONLY | O_DIRECTORY), topfd = open(world_top, O_RDONLY | O_DIRECTORY);

        while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
                seed = seed * 1103515245 + 12345;
                change(dirfd, topfd, seed >> 16);
        }
        close(dirfd);
        close(topfd);
}

static void *changer(void *arg)
{
        change_until((unsigned int)(uintptr_t)arg);
        return NULL;
}

/* What a guest may get from a path that others change. */
static void check_error(int64_t r)
{
        switch (r) {
        case 0:
        case -ENOENT:
        case -ENOTDIR:
        case -ELOOP:
        case -EISDIR:
        case -EEXIST:
        case -ENOTEMPTY:
        case -ESTALE:
        case -ENXIO:
        case -EINVAL:
        case -EBUSY:
        case -EXDEV:
        case -ENODATA:
                return;
        default:
                atomic_store(&odd_error, (int)r);
                atomic_fetch_add(&odd, 1);
        }
}

static void read_one(const struct vfs_ctx *ctx, const char *path)
{
        struct vfs_file *file;
        struct vfs_iter it;
        char buf[64];
        int64_t n;
        int r;

        r = vfs_open(ctx, NULL, path, VFS_O_RDONLY | VFS_O_NONBLOCK, 0, &file);
        check_error(r);
        atomic_fetch_add_explicit(&walks, 1, memory_order_relaxed);
        if (r != 0)
                return;
        vfs_iter_init_buf(&it, buf, sizeof(buf) - 1);
        n = vfs_file_read(ctx, file, &it, 0);
        if (n > 0) {
                buf[n] = '\0';
                if (strcmp(buf, INSIDE) == 0)
                        atomic_fetch_add_explicit(&found, 1, memory_order_relaxed);
                else if (strstr(buf, "secret"))
                        atomic_fetch_add(&escapes, 1);
        }
        vfs_file_put(file);
}

static void *walker(void *arg)
{
        static const char *const paths[] = { "/a/b/f", "/a/b/../b/f", "/a2/b/f", "/a/f", "/up/f", "/out/f", "/upfile",
                                             "/a/a/b/f" };
        struct vfs_ctx ctx = root;
        struct vfs_statx st;
        char target[128];

        for (unsigned int i = 0; !atomic_load_explicit(&stop, memory_order_relaxed); i++) {
                const char *path = paths[i % 8];

                read_one(&ctx, path);
                check_error(vfs_statx(&ctx, NULL, path, 0, VFS_STATX_BASIC_STATS, &st));
                if (i % 16 == 0) {
                        int64_t n = vfs_readlink(&ctx, NULL, "/a/b", target, sizeof(target));

                        check_error(n > 0 ? 0 : n);
                }
        }
        return NULL;
}

/* Changes through the namespace: what it does must stay in the directory, too. */
static void *meddler(void *arg)
{
        struct vfs_ctx ctx = root;
        struct vfs_file *file;

        for (unsigned int i = 0; !atomic_load_explicit(&stop, memory_order_relaxed); i++) {
                switch (i % 6) {
                case 0:
                        check_error(vfs_mkdir(&ctx, NULL, "/a/b/new", 0755));
                        break;
                case 1:
                        check_error(vfs_rename(&ctx, NULL, "/a/b/new", NULL, "/a2/b/new", 0));
                        break;
                case 2:
                        check_error(vfs_rmdir(&ctx, NULL, "/a2/b/new"));
                        break;
                case 3: {
                        int r = vfs_open(&ctx, NULL, "/a/b/made", VFS_O_CREAT | VFS_O_WRONLY, 0644, &file);

                        check_error(r);
                        if (r == 0)
                                vfs_file_put(file);
                        break;
                }
                case 4:
                        check_error(vfs_unlink(&ctx, NULL, "/a/b/made", 0));
                        break;
                default:
                        check_error(vfs_chmod(&ctx, NULL, "/a/b", 0755, 0));
                        break;
                }
        }
        return NULL;
}

/* The secrets are as they were, and nothing was made beside them. */
static void check_outside(void)
{
        static const char *const names[] = { "f", "b/f", "secret" };
        char path[128], buf[64];
        struct stat st;

        for (int i = 0; i < 3; i++) {
                int fd;
                ssize_t n;

                snprintf(path, sizeof(path), "%s/%s", world_top, names[i]);
                fd = open(path, O_RDONLY);
                ck_assert_int_ge(fd, 0);
                n = read(fd, buf, sizeof(buf) - 1);
                ck_assert_int_gt(n, 0);
                buf[n] = '\0';
                ck_assert_str_eq(buf, SECRET);
                close(fd);
        }
        snprintf(path, sizeof(path), "%s/b/new", world_top);
        ck_assert_int_ne(stat(path, &st), 0);
        snprintf(path, sizeof(path), "%s/b/made", world_top);
        ck_assert_int_ne(stat(path, &st), 0);
}

static void race(const char *options)
{
        void *(*const work[])(void *) = { walker, walker, meddler, changer };
        pthread_t threads[4];
        int fds;
        pid_t pid;

        world_up(options);
        make_tree();
        renames = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        fds = open_fds();
        pid = fork();
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                change_until(7);
                _exit(0);
        }
        ck_assert_int_gt(pid, 0);
        for (uintptr_t i = 0; i < 4; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, work[i], (void *)i), 0);
        sleep(seconds());
        atomic_store(&stop, 1);
        for (int i = 0; i < 4; i++)
                pthread_join(threads[i], NULL);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        printf("# %s: %ld renames, %ld opens, %ld read what is inside\n", options, atomic_load(renames),
               atomic_load(&walks), atomic_load(&found));
        ck_assert_int_eq(atomic_load(&escapes), 0);
        ck_assert_msg(atomic_load(&odd) == 0, "%ld odd errors, the last %d", atomic_load(&odd), atomic_load(&odd_error));
        ck_assert_int_gt(atomic_load(&found), 0);
        ck_assert_int_le(open_fds(), fds + 64);
        check_outside();
        world_down();
}

START_TEST(test_host_races_shared_never_leaves_the_directory)
{
        race("mode=shared,max_fds=8,max_dentries=16");
}
END_TEST

START_TEST(test_host_races_a_broken_promise_never_leaves_the_directory)
{
        race("mode=exclusive,max_fds=8,max_dentries=16");
}
END_TEST

/* Guests among themselves: the caches are far too small, so that all is found and let go all the time. */
static atomic_int lost;

static void *churner(void *arg)
{
        struct vfs_ctx ctx = root;
        struct vfs_statx st;
        char path[64], other[64];
        unsigned int seed = (unsigned int)(uintptr_t)arg * 7919 + 1;

        while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
                seed = seed * 1103515245 + 12345;
                snprintf(path, sizeof(path), "/d%u/e/f%u", (seed >> 16) % 4, (seed >> 20) % 8);
                snprintf(other, sizeof(other), "/d%u/e/f%u", (seed >> 24) % 4, (seed >> 10) % 8);
                switch ((seed >> 28) % 4) {
                case 0:
                        check_error(vfs_rename(&ctx, NULL, path, NULL, other, 0));
                        break;
                case 1: {
                        struct vfs_file *file;
                        int r = vfs_open(&ctx, NULL, path, VFS_O_CREAT | VFS_O_RDWR, 0644, &file);

                        check_error(r);
                        if (r == 0)
                                vfs_file_put(file);
                        break;
                }
                case 2:
                        check_error(vfs_unlink(&ctx, NULL, path, 0));
                        break;
                default:
                        check_error(vfs_statx(&ctx, NULL, path, 0, VFS_STATX_BASIC_STATS, &st));
                        break;
                }
                /* What nobody ever removes is always there. */
                snprintf(path, sizeof(path), "/d%u/e/stays", seed % 4);
                if (vfs_statx(&ctx, NULL, path, 0, VFS_STATX_BASIC_STATS, &st) != 0)
                        atomic_store(&lost, 1);
        }
        return NULL;
}

static void churn(const char *options)
{
        pthread_t threads[4];
        char path[64];

        world_up(options);
        for (int i = 0; i < 4; i++) {
                snprintf(path, sizeof(path), "/d%d", i);
                host_mkdir(path);
                strcat(path, "/e");
                host_mkdir(path);
                strcat(path, "/stays");
                host_file(path, "");
        }
        for (uintptr_t i = 0; i < 4; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, churner, (void *)i), 0);
        sleep(seconds());
        atomic_store(&stop, 1);
        for (int i = 0; i < 4; i++)
                pthread_join(threads[i], NULL);
        ck_assert_int_eq(atomic_load(&lost), 0);
        ck_assert_msg(atomic_load(&odd) == 0, "%ld odd errors, the last %d", atomic_load(&odd), atomic_load(&odd_error));
        /* What is cached is what is there. */
        for (int i = 0; i < 4; i++) {
                for (int k = 0; k < 8; k++) {
                        struct stat st;

                        snprintf(path, sizeof(path), "/d%d/e/f%d", i, k);
                        ck_assert_msg((stat_error(path) == 0) == (stat(host_path(path), &st) == 0), "%s", path);
                }
        }
        world_down();
}

START_TEST(test_host_races_eviction_loses_no_name)
{
        churn("max_fds=2,max_dentries=8");
}
END_TEST

START_TEST(test_host_races_shared_guests_agree_with_the_host)
{
        churn("mode=shared,max_fds=2,max_dentries=8");
}
END_TEST

TEST_MAIN("host_races", test_host_races_shared_never_leaves_the_directory,
          test_host_races_a_broken_promise_never_leaves_the_directory, test_host_races_eviction_loses_no_name,
          test_host_races_shared_guests_agree_with_the_host)
