/*
 * memfs: every allocation of every change fails in turn. The answer is ENOMEM, and the tree, its sizes and what is
 * charged are as before; with memory again, the same call succeeds.
 */
#include "tests/unit/memfs_world.h"

static char long_name[220];

struct snapshot {
        struct vfs_statx dir, sub, f;
        uint64_t ffree, bfree;
        char list[1000];
        int64_t list_len;
};

static void snap(struct snapshot *s)
{
        struct vfs_file *d = must_open("/", VFS_O_RDONLY | VFS_O_DIRECTORY);
        struct vfs_statfs st;

        memset(s, 0, sizeof(*s));
        vfs_statfs(&root, "/", &st);
        s->ffree = st.ffree;
        s->bfree = st.bfree;
        s->dir = stat_of("/");
        s->sub = stat_of("/d");
        s->f = stat_of("/f");
        s->list_len = vfs_file_getdents(&root, d, s->list, sizeof(s->list));
        vfs_file_put(d);
}

static void check_same(const struct snapshot *before, const char *what, long n)
{
        struct snapshot after;
        long left = world_allocs_left;

        world_allocs_left = -1;
        snap(&after);
        world_allocs_left = left;
        /* Reading a directory may touch its atime. */
        after.dir.atime = before->dir.atime;
        ck_assert_msg(memcmp(before, &after, sizeof(after)) == 0, "%s: after failing allocation %ld", what, n);
}

enum change { MKDIR, MKNOD, SYMLINK, LINK, CREATE, CREATE_LONG, TMPFILE, RENAME, RENAME_LONG, RENAME_ACROSS, WHITEOUT, XATTR,
              CHANGES };

static int do_change(int change)
{
        struct vfs_file *f = NULL;
        int r = -1;

        switch (change) {
        case MKDIR:
                return vfs_mkdir(&root, NULL, "/new", 0755);
        case MKNOD:
                return vfs_mknod(&root, NULL, long_name, VFS_S_IFREG | 0644, 0);
        case SYMLINK:
                return vfs_symlink(&root, long_name, NULL, "/new");
        case LINK:
                return vfs_link(&root, NULL, "/f", NULL, long_name, 0);
        case CREATE:
                r = vfs_open(&root, NULL, "/new", VFS_O_CREAT | VFS_O_RDWR, 0644, &f);
                break;
        case CREATE_LONG:
                r = vfs_open(&root, NULL, long_name, VFS_O_CREAT | VFS_O_RDWR, 0644, &f);
                break;
        case TMPFILE:
                r = vfs_open(&root, NULL, "/", VFS_O_TMPFILE | VFS_O_RDWR, 0644, &f);
                break;
        case RENAME:
                return vfs_rename(&root, NULL, "/f", NULL, "/new", 0);
        case RENAME_LONG:
                return vfs_rename(&root, NULL, "/f", NULL, long_name, 0);
        case RENAME_ACROSS:
                return vfs_rename(&root, NULL, "/f", NULL, "/d/new", 0);
        case WHITEOUT:
                return vfs_rename(&root, NULL, "/f", NULL, long_name, VFS_RENAME_WHITEOUT);
        case XATTR:
                return vfs_setxattr(&root, NULL, "/f", "user.a", "1", 1, 0, 0);
        default:
                break;
        }
        vfs_file_put(f);
        return r;
}

START_TEST(test_memfs_nomem_leaves_the_tree_as_it_was)
{
        struct snapshot before;
        long n;
        int r = -ENOMEM;

        long_name[0] = '/';
        memset(long_name + 1, 'l', 200);
        vfs_mkdir(&root, NULL, "/d", 0755);
        touch("/f");
        /* As many entries as make the tables full, so that they must grow. */
        for (int i = 0; i < _i / CHANGES; i++) {
                char name[] = "/x0";

                name[2] = (char)('0' + i);
                touch(name);
        }
        snap(&before);
        for (n = 0; r == -ENOMEM && n < 50; n++) {
                world_allocs_left = n;
                r = do_change(_i % CHANGES);
                world_allocs_left = -1;
                ck_assert_msg(r == 0 || r == -ENOMEM, "change %d: %d", _i % CHANGES, r);
                if (r == -ENOMEM)
                        check_same(&before, "change", n);
        }
        ck_assert_int_eq(r, 0);
}
END_TEST

START_TEST(test_memfs_nomem_in_data_gives_short_counts_and_keeps_what_was)
{
        static char buf[20000], got[20000];
        struct vfs_file *f = must_open("/f", VFS_O_CREAT | VFS_O_RDWR);

        memset(buf, 'q', sizeof(buf));
        for (long n = 0; n < 12; n++) {
                struct vfs_statx st;
                int64_t r, size;

                ck_assert_int_eq(vfs_file_truncate(&root, f, 0), 0);
                world_allocs_left = n;
                r = pwrite_to(f, buf, sizeof(buf), 5 << 20);
                world_allocs_left = -1;
                ck_assert_msg(r == -ENOMEM || r > 0, "%lld", (long long)r);
                st = fstat_of(f);
                size = r > 0 ? (5 << 20) + r : 0;
                ck_assert_int_eq((int64_t)st.size, size);
                if (r > 0) {
                        ck_assert_int_eq(pread_from(f, got, sizeof(got), 5 << 20), r);
                        ck_assert_mem_eq(got, buf, (size_t)r);
                } else {
                        ck_assert_uint_eq(st.blocks, 0);
                }
                ck_assert_int_eq(vfs_file_truncate(&root, f, 0), 0);
                world_allocs_left = n;
                r = vfs_file_allocate(&root, f, 0, 1 << 20, 9 << 20);
                world_allocs_left = -1;
                ck_assert_msg(r == -ENOMEM || r == 0, "%lld", (long long)r);
                st = fstat_of(f);
                ck_assert_uint_eq(st.blocks, r == 0 ? 9 * 2048 : 0);
        }
        vfs_file_put(f);
}
END_TEST

START_TEST(test_memfs_nomem_at_mount)
{
        int r = -ENOMEM;
        long n;

        vfs_mkdir(&root, NULL, "/m", 0755);
        for (n = 0; r == -ENOMEM && n < 100; n++) {
                world_allocs_left = n;
                r = vfs_mount(&root, "t", "/m", "tmpfs", 0, "size=1m");
                world_allocs_left = -1;
        }
        ck_assert_int_eq(r, 0);
        ck_assert_int_gt((int)n, 3);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("memfs_nomem");
        TCase *tcase = tcase_create("memfs_nomem");

        tcase_add_checked_fixture(tcase, world_setup_failing, world_teardown);
        tcase_add_loop_test(tcase, test_memfs_nomem_leaves_the_tree_as_it_was, 0, CHANGES * 6);
        tcase_add_test(tcase, test_memfs_nomem_in_data_gives_short_counts_and_keeps_what_was);
        tcase_add_test(tcase, test_memfs_nomem_at_mount);
        suite_add_tcase(suite, tcase);
        return test_run(suite);
}
