/*
 * memfs under several threads: names come and go in shared directories, directories move, files are appended to,
 * truncated, linked. What is counted afterwards must be what is there.
 */
#include <pthread.h>
#include <stdio.h>

#include "tests/unit/memfs_world.h"

#define THREADS 4
#define STEPS 6000

static uint32_t rnd(uint64_t *seed, uint32_t n)
{
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        return (uint32_t)((*seed >> 16) % n);
}

static void run(void *(*body)(void *))
{
        pthread_t threads[THREADS];

        for (uintptr_t i = 0; i < THREADS; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, body, (void *)(i + 1)), 0);
        for (int i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
}

/* Counts what is below path; checks each directory's size and link count. Returns how many directories there are. */
static unsigned int check_tree(const char *path, unsigned int *ret_names)
{
        struct vfs_file *d = must_open(path, VFS_O_RDONLY | VFS_O_DIRECTORY);
        unsigned int names = 0, dirs = 0, below = 0;
        struct vfs_statx st = fstat_of(d);
        char buf[4096], child[600];
        int64_t n;

        while ((n = vfs_file_getdents(&root, d, buf, sizeof(buf))) > 0) {
                for (int64_t at = 0; at < n;) {
                        struct vfs_dirent *e = (struct vfs_dirent *)(buf + at);

                        at += e->reclen;
                        if (strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0)
                                continue;
                        names++;
                        if (e->type != VFS_DT_DIR)
                                continue;
                        dirs++;
                        snprintf(child, sizeof(child), "%s%s/", path, e->name);
                        below += check_tree(child, ret_names);
                }
        }
        vfs_file_put(d);
        ck_assert_uint_eq(st.size, 40 + 20 * (uint64_t)names);
        ck_assert_uint_eq(st.nlink, 2 + dirs);
        *ret_names += names;
        return dirs + below;
}

static void *shuffle_names(void *arg)
{
        uint64_t seed = 0x9e3779b97f4a7c15u * (uintptr_t)arg;
        struct vfs_statx st;
        char a[32], b[32];

        for (int i = 0; i < STEPS; i++) {
                struct vfs_file *f = NULL;

                snprintf(a, sizeof(a), "/d%u/n%u", rnd(&seed, 3), rnd(&seed, 6));
                snprintf(b, sizeof(b), "/d%u/n%u", rnd(&seed, 3), rnd(&seed, 6));
                switch (rnd(&seed, 12)) {
                case 0:
                        vfs_mkdir(&root, NULL, a, 0755);
                        break;
                case 1:
                        vfs_rmdir(&root, NULL, a);
                        break;
                case 2:
                case 3:
                        vfs_unlink(&root, NULL, a, 0);
                        break;
                case 4:
                        vfs_symlink(&root, b, NULL, a);
                        break;
                case 5:
                        vfs_link(&root, NULL, a, NULL, b, 0);
                        break;
                case 6:
                        vfs_rename(&root, NULL, a, NULL, b, 0);
                        break;
                case 7:
                        vfs_rename(&root, NULL, a, NULL, b, VFS_RENAME_EXCHANGE);
                        break;
                case 8:
                        vfs_rename(&root, NULL, a, NULL, b, VFS_RENAME_WHITEOUT);
                        break;
                case 9:
                        vfs_open(&root, NULL, a, VFS_O_TMPFILE | VFS_O_RDWR, 0644, &f);
                        break;
                case 10:
                        vfs_chmod(&root, NULL, a, 0700 | rnd(&seed, 0100), 0);
                        vfs_statx(&root, NULL, a, 0, 0, &st);
                        break;
                default:
                        vfs_open(&root, NULL, a, VFS_O_CREAT | VFS_O_RDWR, 0644, &f);
                        break;
                }
                if (f)
                        write_to(f, a, sizeof(a));
                vfs_file_put(f);
        }
        return NULL;
}

static void remove_all(const char *path)
{
        struct vfs_file *d = must_open(path, VFS_O_RDONLY | VFS_O_DIRECTORY);
        char buf[4096], child[600];
        int64_t n;

        while ((n = vfs_file_getdents(&root, d, buf, sizeof(buf))) > 0) {
                for (int64_t at = 0; at < n;) {
                        struct vfs_dirent *e = (struct vfs_dirent *)(buf + at);

                        at += e->reclen;
                        if (strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0)
                                continue;
                        snprintf(child, sizeof(child), "%s%s", path, e->name);
                        if (e->type == VFS_DT_DIR) {
                                strcat(child, "/");
                                remove_all(child);
                                ck_assert_int_eq(vfs_rmdir(&root, NULL, child), 0);
                        } else {
                                ck_assert_int_eq(vfs_unlink(&root, NULL, child, 0), 0);
                        }
                }
        }
        vfs_file_put(d);
}

START_TEST(test_memfs_threads_shuffle_names)
{
        struct vfs_statfs before, after;
        unsigned int names = 0;

        vfs_statfs(&root, "/", &before);
        for (int i = 0; i < 3; i++) {
                char d[] = "/d0";

                d[2] = (char)('0' + i);
                vfs_mkdir(&root, NULL, d, 0777);
        }
        run(shuffle_names);
        check_tree("/", &names);
        remove_all("/");
        vfs_statfs(&root, "/", &after);
        ck_assert_uint_eq(after.ffree, before.ffree);
        ck_assert_uint_eq(after.bfree, before.bfree);
}
END_TEST

#define NODES 12

/* Moves directories below each other; their names are unique, so a walk by guess finds them now and then. */
static void *move_directories(void *arg)
{
        uint64_t seed = 0x1234567u * (uintptr_t)arg;
        char a[64], b[64];

        for (int i = 0; i < STEPS; i++) {
                unsigned int from = rnd(&seed, NODES);

                if (rnd(&seed, 2))
                        snprintf(a, sizeof(a), "/%u", from);
                else
                        snprintf(a, sizeof(a), "/%u/%u", rnd(&seed, NODES), from);
                if (rnd(&seed, 3) == 0)
                        snprintf(b, sizeof(b), "/%u", from);
                else if (rnd(&seed, 2))
                        snprintf(b, sizeof(b), "/%u/%u", rnd(&seed, NODES), from);
                else
                        snprintf(b, sizeof(b), "/%u/%u/%u", rnd(&seed, NODES), rnd(&seed, NODES), from);
                vfs_rename(&root, NULL, a, NULL, b, rnd(&seed, 4) ? VFS_RENAME_NOREPLACE : VFS_RENAME_EXCHANGE);
        }
        return NULL;
}

START_TEST(test_memfs_threads_moving_directories_make_no_loop)
{
        unsigned int names = 0;
        char name[16];

        for (int i = 0; i < NODES; i++) {
                snprintf(name, sizeof(name), "/%d", i);
                ck_assert_int_eq(vfs_mkdir(&root, NULL, name, 0755), 0);
        }
        run(move_directories);
        ck_assert_uint_eq(check_tree("/", &names), NODES);
        ck_assert_uint_eq(names, NODES);
}
END_TEST

#define RECORD 300

static void *append_records(void *arg)
{
        struct vfs_file *f = must_open("/log", VFS_O_WRONLY | VFS_O_APPEND);
        char record[RECORD];

        memset(record, 'A' + (int)(uintptr_t)arg, sizeof(record));
        for (int i = 0; i < 1000; i++)
                ck_assert_int_eq(write_to(f, record, sizeof(record)), RECORD);
        vfs_file_put(f);
        return NULL;
}

START_TEST(test_memfs_threads_appends_are_atomic)
{
        unsigned int count[THREADS + 1] = { 0 };
        char record[RECORD];
        struct vfs_file *f;

        touch("/log");
        run(append_records);
        f = must_open("/log", VFS_O_RDONLY);
        ck_assert_uint_eq(fstat_of(f).size, RECORD * 1000 * THREADS);
        for (int64_t i = 0; i < 1000 * THREADS; i++) {
                ck_assert_int_eq(pread_from(f, record, RECORD, i * RECORD), RECORD);
                ck_assert_int_eq(memcmp(record, record + 1, RECORD - 1), 0);
                ck_assert(record[0] > 'A' && record[0] <= 'A' + THREADS);
                count[record[0] - 'A']++;
        }
        for (int i = 1; i <= THREADS; i++)
                ck_assert_uint_eq(count[i], 1000);
        vfs_file_put(f);
}
END_TEST

/* Each thread's file holds its own letter and zeroes, whatever becomes of its blocks. */
static void *churn_blocks(void *arg)
{
        const char letter = (char)('A' + (int)(uintptr_t)arg);
        uint64_t seed = 0x7654321u * (uintptr_t)arg;
        char name[16], *buf = malloc(100000);
        unsigned int foreign = 0;
        struct vfs_file *f;

        snprintf(name, sizeof(name), "/c%c", letter);
        f = must_open(name, VFS_O_CREAT | VFS_O_RDWR);
        for (int i = 0; i < 600; i++) {
                int64_t at = rnd(&seed, 1 << 20), n = 1 + rnd(&seed, 100000), got;

                switch (rnd(&seed, 5)) {
                case 0:
                        ck_assert_int_eq(vfs_file_truncate(&root, f, at), 0);
                        break;
                case 1:
                        ck_assert_int_eq(
                                vfs_file_allocate(&root, f, VFS_FALLOC_KEEP_SIZE | VFS_FALLOC_PUNCH_HOLE, at, n), 0);
                        break;
                case 2:
                        ck_assert_int_eq(vfs_file_allocate(&root, f, 0, at, n), 0);
                        break;
                case 3:
                        memset(buf, letter, (size_t)n);
                        ck_assert_int_eq(pwrite_to(f, buf, (size_t)n, at), n);
                        break;
                default:
                        got = pread_from(f, buf, (size_t)n, at);
                        ck_assert_int_ge(got, 0);
                        for (int64_t k = 0; k < got; k++)
                                foreign += buf[k] != 0 && buf[k] != letter;
                        ck_assert_uint_eq(foreign, 0);
                        break;
                }
        }
        vfs_file_put(f);
        free(buf);
        return NULL;
}

START_TEST(test_memfs_threads_never_see_each_others_blocks)
{
        struct vfs_statfs before, after;

        vfs_statfs(&root, "/", &before);
        run(churn_blocks);
        remove_all("/");
        vfs_statfs(&root, "/", &after);
        ck_assert_uint_eq(after.bfree, before.bfree);
}
END_TEST

/* One file under several names, written, linked, unlinked and seen at once. */
static void *share_one_file(void *arg)
{
        uint64_t seed = 0xabcdefu * (uintptr_t)arg;
        struct vfs_statx st;
        char name[16];

        for (int i = 0; i < STEPS; i++) {
                struct vfs_file *f = NULL;

                snprintf(name, sizeof(name), "/l%u", rnd(&seed, 4));
                switch (rnd(&seed, 4)) {
                case 0:
                        vfs_link(&root, NULL, "/one", NULL, name, 0);
                        break;
                case 1:
                        vfs_unlink(&root, NULL, name, 0);
                        break;
                case 2:
                        if (vfs_open(&root, NULL, name, VFS_O_WRONLY | (rnd(&seed, 2) ? VFS_O_TRUNC : 0), 0, &f) == 0)
                                write_to(f, name, sizeof(name));
                        break;
                default:
                        if (vfs_statx(&root, NULL, name, 0, 0, &st) == 0)
                                ck_assert(st.nlink <= 5 && st.size <= 16);
                        break;
                }
                vfs_file_put(f);
        }
        return NULL;
}

START_TEST(test_memfs_threads_share_one_file)
{
        unsigned int names = 0;

        touch("/one");
        run(share_one_file);
        check_tree("/", &names);
        ck_assert_uint_eq(stat_of("/one").nlink, names);
}
END_TEST

/* All but one ask for more than there is; they must not take away, even for a moment, what the one may have. */
static void *ask_for_too_much(void *arg)
{
        static const char big[2000];
        static int done;
        char name[32];

        snprintf(name, sizeof(name), "/small/%u", (unsigned int)(uintptr_t)arg);
        if ((uintptr_t)arg != 1) {
                while (!__atomic_load_n(&done, __ATOMIC_RELAXED))
                        ck_assert_int_eq(vfs_setxattr(&root, NULL, name, "user.x", big, sizeof(big), 0, 0), -ENOSPC);
                return NULL;
        }
        for (int i = 0; i < 20 * STEPS; i++) {
                ck_assert_int_eq(vfs_mknod(&root, NULL, name, VFS_S_IFREG | 0644, 0), 0);
                ck_assert_int_eq(vfs_unlink(&root, NULL, name, 0), 0);
        }
        __atomic_store_n(&done, 1, __ATOMIC_RELAXED);
        return NULL;
}

START_TEST(test_memfs_threads_a_refused_charge_takes_nothing_from_others)
{
        ck_assert_int_eq(vfs_mkdir(&root, NULL, "/small", 0755), 0);
        ck_assert_int_eq(vfs_mount(&root, "none", "/small", "tmpfs", 0, "nr_inodes=5"), 0);
        touch("/small/2");
        touch("/small/3");
        touch("/small/4");
        run(ask_for_too_much);
        ck_assert_int_eq(vfs_umount(&root, "/small", 0), 0);
}
END_TEST

TEST_MAIN_FIXTURE("memfs_threads", world_setup, world_teardown,
                  test_memfs_threads_shuffle_names,
                  test_memfs_threads_moving_directories_make_no_loop,
                  test_memfs_threads_appends_are_atomic,
                  test_memfs_threads_never_see_each_others_blocks,
                  test_memfs_threads_share_one_file,
                  test_memfs_threads_a_refused_charge_takes_nothing_from_others)
