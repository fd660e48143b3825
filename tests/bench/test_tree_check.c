/*
 * The check of an imported tree: it finds nothing in a true copy, and names what was changed in either side.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "bench/tree.h"
#include "tests/unit/test_main.h"

static char top[] = "/tmp/vfs2-tree-XXXXXX";
static struct vfs *vfs;
static struct vfs_cred *cred;
static struct vfs_mntns *ns;
static struct vfs_ctx ctx;
static struct bench_tree tree;
static struct bench_progress progress;
static bool has_xattrs;

static void write_host(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        close(fd);
}

static void write_vfs2(const char *path, uint32_t flags, const char *text)
{
        struct vfs_file *file;
        struct vfs_iter it;

        ck_assert_int_eq(vfs_open(&ctx, NULL, path, VFS_O_WRONLY | flags, 0644, &file), 0);
        vfs_iter_init_buf(&it, (void *)text, strlen(text));
        ck_assert_int_eq(vfs_file_pwrite(&ctx, file, &it, 0, 0), (int64_t)strlen(text));
        vfs_file_put(file);
}

/* Puts times back, so that a test provokes one difference and no other. */
static void keep_times(const char *path)
{
        for (size_t i = 0; i < tree.n; i++) {
                const struct stat *st = &tree.entry[i].st;
                struct vfs_timespec times[2] = {
                        { .sec = st->st_atim.tv_sec, .nsec = st->st_atim.tv_nsec },
                        { .sec = st->st_mtim.tv_sec, .nsec = st->st_mtim.tv_nsec },
                };

                if (strcmp(tree.entry[i].path, path) == 0)
                        ck_assert_int_eq(vfs_utimens(&ctx, NULL, path, times, VFS_AT_SYMLINK_NOFOLLOW), 0);
        }
}

static void setup(void)
{
        ck_assert_ptr_nonnull(mkdtemp(top));
        ck_assert_int_eq(chdir(top), 0);
        ck_assert_int_eq(mkdir("dir", 0755), 0);
        ck_assert_int_eq(mkdir("dir/sub", 0700), 0);
        write_host("file", "the contents");
        write_host("dir/other", "something else");
        ck_assert_int_eq(link("file", "dir/hard"), 0);
        ck_assert_int_eq(symlink("file", "link"), 0);
        ck_assert_int_eq(mkfifo("fifo", 0600), 0);
        has_xattrs = setxattr("file", "user.key", "value", 5, 0) == 0;

        ck_assert_int_eq(vfs_new(NULL, &vfs), 0);
        ck_assert_int_eq(vfs_cred_new_root(&cred), 0);
        ck_assert_int_eq(vfs_mntns_new(vfs, cred, "test", "tmpfs", 0, "", &ns), 0);
        vfs_ctx_init(&ctx, ns, cred);
        bench_progress_begin(&progress, "", 0, true);
        ck_assert_int_eq(bench_tree_scan(&tree), 0);
        ck_assert_int_eq(bench_tree_import(&tree, &ctx, &progress), 0);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static void teardown(void)
{
        bench_tree_fini(&tree);
        vfs_mntns_put(ns);
        vfs_cred_put(cred);
        vfs_free(vfs);
        ck_assert_int_eq(chdir("/"), 0);
        nftw(top, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Runs the check; its report must have so many differences, and say what is expected. */
static void expect(uint64_t differences, const char *text)
{
        struct bench_tree_report report = { 0 };
        char *printed = NULL;
        size_t size;

        report.out = open_memstream(&printed, &size);
        ck_assert_ptr_nonnull(report.out);
        ck_assert_int_eq(bench_tree_check(&tree, &ctx, &progress, &report), 0);
        fclose(report.out);
        ck_assert_msg(report.differences == differences && strstr(printed, text),
                      "%llu differences, not %llu with \"%s\":\n%s", (unsigned long long)report.differences,
                      (unsigned long long)differences, text, printed);
        free(printed);
}

START_TEST(test_tree_check_of_a_true_copy_finds_nothing)
        {
                ck_assert_uint_eq(tree.n, 8);
                ck_assert_uint_eq(tree.bytes, strlen("the contents") + strlen("something else"));
                expect(0, "");
        }
END_TEST

START_TEST(test_tree_check_after_chmod_names_the_mode)
        {
                ck_assert_int_eq(vfs_chmod(&ctx, NULL, "/dir", 0700, 0), 0);
                expect(1, "/dir: mode: host 40755, vfs2 40700\n");
        }
END_TEST

START_TEST(test_tree_check_after_chown_names_the_owner)
        {
                ck_assert_int_eq(vfs_chown(&ctx, NULL, "/link", 77777, UINT32_MAX, VFS_AT_SYMLINK_NOFOLLOW),
                                 0);
                expect(1, "/link: uid: host ");
        }
END_TEST

START_TEST(test_tree_check_after_utimens_names_the_nanosecond)
        {
                struct vfs_timespec times[2] = { { .nsec = VFS_UTIME_OMIT }, { .sec = 5, .nsec = 6 } };

                ck_assert_int_eq(vfs_utimens(&ctx, NULL, "/fifo", times, 0), 0);
                expect(1, "vfs2 5.000000006\n");
        }
END_TEST

START_TEST(test_tree_check_after_a_byte_changed_names_the_file)
        {
                write_vfs2("/dir/other", 0, "S");
                keep_times("/dir/other");
                expect(1, "/dir/other: contents differ between 0 and 14\n");
        }
END_TEST

START_TEST(test_tree_check_after_truncate_names_size_and_contents)
        {
                ck_assert_int_eq(vfs_truncate(&ctx, "/dir/other", 3), 0);
                keep_times("/dir/other");
                expect(2, "/dir/other: size: host 14, vfs2 3\n");
        }
END_TEST

START_TEST(test_tree_check_after_unlink_names_entry_and_directory)
        {
                ck_assert_int_eq(vfs_unlink(&ctx, NULL, "/fifo", 0), 0);
                keep_times("/");
                expect(2, "/: entry only on the host: fifo\n");
        }
END_TEST

START_TEST(test_tree_check_after_create_names_the_extra_entry)
        {
                write_vfs2("/dir/sub/extra", VFS_O_CREAT, "x");
                keep_times("/dir/sub");
                expect(1, "/dir/sub: entry only in vfs2: extra\n");
        }
END_TEST

START_TEST(test_tree_check_after_a_link_was_broken_names_links_and_inode)
        {
                ck_assert_int_eq(vfs_unlink(&ctx, NULL, "/dir/hard", 0), 0);
                write_vfs2("/dir/hard", VFS_O_CREAT, "the contents");
                if (has_xattrs)
                        ck_assert_int_eq(vfs_setxattr(&ctx, NULL, "/dir/hard", "user.key", "value", 5, 0, 0),
                                         0);
                keep_times("/dir/hard");
                keep_times("/dir");
                /* Both names have one link now, and the second one another inode. */
                expect(3, "inode number of the first name");
        }
END_TEST

START_TEST(test_tree_check_after_another_target_names_the_symlink)
        {
                ck_assert_int_eq(vfs_unlink(&ctx, NULL, "/link", 0), 0);
                ck_assert_int_eq(vfs_symlink(&ctx, "fil3", NULL, "/link"), 0);
                keep_times("/link");
                keep_times("/");
                expect(1, "/link: symlink targets differ\n");
        }
END_TEST

START_TEST(test_tree_check_after_a_change_of_type_names_mode_and_entry)
        {
                ck_assert_int_eq(vfs_rmdir(&ctx, NULL, "/dir/sub"), 0);
                ck_assert_int_eq(vfs_mknod(&ctx, NULL, "/dir/sub", VFS_S_IFIFO | 0700, 0), 0);
                keep_times("/dir/sub");
                keep_times("/dir");
                /* The mode and the links of sub; the links of dir, and the type of its entry. */
                expect(4, "/dir: type of entry sub: host 4, vfs2 1\n");
        }
END_TEST

START_TEST(test_tree_check_after_setxattr_names_the_attribute)
        {
                if (!has_xattrs)
                        return;
                ck_assert_int_eq(vfs_setxattr(&ctx, NULL, "/file", "user.key", "other", 5, 0, 0), 0);
                ck_assert_int_eq(vfs_setxattr(&ctx, NULL, "/dir/sub", "user.new", "", 0, 0, 0), 0);
                /* The file has two names. */
                expect(3, "/dir/sub: attribute only in vfs2: user.new\n");
        }
END_TEST

START_TEST(test_tree_check_after_the_host_changed_names_it)
        {
                ck_assert_int_eq(rmdir("dir/sub"), 0);
                write_host("dir/new", "");
                /* The directory's time, what is gone and what is new in it, and the entry itself; its link count is the scan's. */
                expect(4, "/dir/sub: on the host: No such file or directory\n");
        }
END_TEST

START_TEST(test_tree_check_prints_the_first_differences_only)
        {
                char path[32];

                for (int i = 0; i < 50; i++) {
                        snprintf(path, sizeof(path), "/dir/sub/%d", i);
                        write_vfs2(path, VFS_O_CREAT, "x");
                }
                keep_times("/dir/sub");
                expect(50, "and 30 more\n");
        }
END_TEST

TEST_MAIN_FIXTURE("tree_check", setup, teardown, test_tree_check_of_a_true_copy_finds_nothing,
                  test_tree_check_after_chmod_names_the_mode, test_tree_check_after_chown_names_the_owner,
                  test_tree_check_after_utimens_names_the_nanosecond,
                  test_tree_check_after_a_byte_changed_names_the_file,
                  test_tree_check_after_truncate_names_size_and_contents,
                  test_tree_check_after_unlink_names_entry_and_directory,
                  test_tree_check_after_create_names_the_extra_entry,
                  test_tree_check_after_a_link_was_broken_names_links_and_inode,
                  test_tree_check_after_another_target_names_the_symlink,
                  test_tree_check_after_a_change_of_type_names_mode_and_entry,
                  test_tree_check_after_setxattr_names_the_attribute,
                  test_tree_check_after_the_host_changed_names_it,
                  test_tree_check_prints_the_first_differences_only)
