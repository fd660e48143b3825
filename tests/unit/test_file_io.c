/*
 * Open files: life, the checks before a filesystem is entered, offsets, getdents, flags. The results are
 * those of a host tmpfs.
 */
#include <vfs/fdtable.h>

#include "tests/unit/bare_file.h"
#include "tests/unit/test_main.h"

static struct bare_files w;
static struct vfs_ctx *ctx;

static void setup(void)
{
        ctx = bare_files_init(&w);
}

static void teardown(void)
{
        bare_files_fini(&w);
}

static int64_t pread_at(struct vfs_file *file, size_t n, int64_t offset, uint32_t flags)
{
        static char buf[BARE_DATA];
        struct vfs_iter it;

        vfs_iter_init_buf(&it, buf, n);
        return vfs_file_pread(ctx, file, &it, offset, flags);
}

static int64_t pwrite_at(struct vfs_file *file, size_t n, int64_t offset, uint32_t flags)
{
        static char buf[BARE_DATA];
        struct vfs_iter it;
        int64_t r;

        vfs_iter_init_buf(&it, buf, n);
        r = vfs_file_pwrite(ctx, file, &it, offset, flags);
        ck_assert_uint_eq(it.count, n - (r > 0 ? (size_t)r : 0));
        return r;
}

START_TEST(test_file_last_put_releases_once)
        {
                struct vfs_file *file = bare_must_open(&w, w.reg, VFS_O_RDWR | VFS_O_CREAT | VFS_O_CLOEXEC);

                ck_assert_ptr_eq(vfs_file_path(file)->dentry, w.reg);
                ck_assert_uint_eq(file->flags, VFS_O_RDWR);
                ck_assert_uint_eq(w.world.root.mount->writers, 1);
                vfs_file_put(vfs_file_get(file));
                ck_assert_uint_eq(bare_data.releases, 0);
                vfs_file_put(file);
                ck_assert_uint_eq(bare_data.releases, 1);
                ck_assert_uint_eq(w.world.root.mount->writers, 0);
                vfs_file_put(NULL);
        }
END_TEST

START_TEST(test_file_new_move_takes_the_path_over)
        {
                struct vfs_path path = { w.world.root.mount, w.reg };
                uint64_t refs = w.reg->refs;
                struct vfs_file *file;

                vfs_path_get(&path);
                ck_assert_int_eq(
                        vfs_file_new_move(ctx, &path, &bare_reg_ops, VFS_O_RDONLY, sizeof(*file), &file), 0);
                ck_assert_ptr_null(path.dentry);
                ck_assert_ptr_null(path.mount);
                ck_assert_uint_eq(w.reg->refs, refs + 1);
                vfs_file_put(file);
                ck_assert_uint_eq(w.reg->refs, refs);
        }
END_TEST

START_TEST(test_file_write_open_of_read_only_mount_is_erofs)
        {
                struct vfs_file *file;
                uint64_t refs = w.reg->refs;

                ck_assert_int_eq(vfs_mount_remount_at(ctx, &w.world.root,
                                                      VFS_MS_REMOUNT | VFS_MS_BIND | VFS_MS_RDONLY, NULL),
                                 0);
                ck_assert_int_eq(bare_open(&w, w.reg, VFS_O_WRONLY, &file), -EROFS);
                ck_assert_uint_eq(w.reg->refs, refs);
                file = bare_must_open(&w, w.reg, VFS_O_RDONLY);
                ck_assert_int_eq(vfs_file_chmod(ctx, file, 0600), -EROFS);
                ck_assert_int_eq(vfs_file_setxattr(ctx, file, "user.a", "", 0, 0), -EROFS);
                ck_assert_int_eq(vfs_file_removexattr(ctx, file, "user.a"), -EROFS);
                vfs_file_put(file);
                file = bare_must_open(&w, w.fifo, VFS_O_RDWR);
                vfs_file_put(file);
        }
END_TEST

START_TEST(test_file_access_mode_decides)
        {
                struct vfs_file *r = bare_must_open(&w, w.reg, VFS_O_RDONLY),
                                *wr = bare_must_open(&w, w.reg, VFS_O_WRONLY),
                                *none = bare_must_open(&w, w.reg, VFS_O_ACCMODE),
                                *path = bare_must_open(&w, w.reg, VFS_O_PATH);
                char c = 'x';

                ck_assert_int_eq(bare_do_write(&w, wr, &c, 1), 1);
                ck_assert_int_eq(bare_do_read(&w, wr, &c, 1), -EBADF);
                ck_assert_int_eq(bare_do_write(&w, r, &c, 1), -EBADF);
                ck_assert_int_eq(bare_do_read(&w, r, &c, 1), 1);
                ck_assert_int_eq(bare_do_read(&w, none, &c, 1), -EBADF);
                ck_assert_int_eq(bare_do_write(&w, none, &c, 1), -EBADF);
                ck_assert_int_eq(bare_do_read(&w, path, &c, 1), -EBADF);
                ck_assert_int_eq(pread_at(path, 1, 0, 0), -EBADF);
                ck_assert_int_eq(pread_at(path, 1, -1, 0), -EINVAL);
                vfs_file_put(r);
                vfs_file_put(wr);
                vfs_file_put(none);
                vfs_file_put(path);
        }
END_TEST

START_TEST(test_file_path_handle_refuses_what_linux_refuses)
        {
                struct vfs_file *path = bare_must_open(&w, w.reg, VFS_O_PATH | VFS_O_NOFOLLOW);
                struct vfs_timespec omit[2] = { { 0, VFS_UTIME_OMIT }, { 0, VFS_UTIME_OMIT } };
                struct vfs_timespec bad[2] = { { 0, -5 }, { 0, 0 } };
                struct vfs_mapping *mapping;
                struct vfs_statx st;
                uint32_t flags;
                char buf[64];

                ck_assert_int_eq(vfs_file_lseek(ctx, path, 0, VFS_SEEK_SET), -EBADF);
                ck_assert_int_eq(vfs_file_getdents(ctx, path, buf, sizeof(buf)), -EBADF);
                ck_assert_int_eq(vfs_file_chmod(ctx, path, 0), -EBADF);
                ck_assert_int_eq(vfs_file_chown(ctx, path, 0, 0), -EBADF);
                ck_assert_int_eq(vfs_file_utimens(ctx, path, NULL), -EBADF);
                ck_assert_int_eq(vfs_file_utimens(ctx, path, bad), -EBADF);
                ck_assert_int_eq(vfs_file_utimens(ctx, path, omit), 0);
                ck_assert_int_eq(vfs_file_truncate(ctx, path, 0), -EBADF);
                ck_assert_int_eq(vfs_file_truncate(ctx, path, -1), -EINVAL);
                ck_assert_int_eq(vfs_file_allocate(ctx, path, 0, 0, 0), -EBADF);
                ck_assert_int_eq(vfs_file_sync(ctx, path, 0), -EBADF);
                ck_assert_int_eq(vfs_file_getxattr(ctx, path, "user.a", NULL, 0), -EBADF);
                ck_assert_int_eq(vfs_file_getxattr(ctx, path, "", NULL, 0), -ERANGE);
                ck_assert_int_eq(vfs_file_listxattr(ctx, path, NULL, 0), -EBADF);
                ck_assert_int_eq(vfs_file_setxattr(ctx, path, "user.a", "", 0, 0), -EBADF);
                ck_assert_int_eq(vfs_file_setfl(ctx, path, 0), -EBADF);
                ck_assert_int_eq(vfs_file_add_seals(ctx, path, 0), -EBADF);
                ck_assert_int_eq(vfs_file_get_seals(path, &flags), -EBADF);
                ck_assert_int_eq(vfs_file_map(ctx, path, 0, 1, VFS_PROT_READ, 0, &mapping), -EBADF);
                ck_assert_int_eq(vfs_file_map(ctx, path, 1, 1, VFS_PROT_READ, 0, &mapping), -EINVAL);
                ck_assert_int_eq(vfs_file_statx(ctx, path, 0, &st), 0);
                ck_assert_int_eq(vfs_file_getfl(path, &flags), 0);
                ck_assert_uint_eq(flags, VFS_O_PATH | VFS_O_NOFOLLOW);
                vfs_file_put(path);
        }
END_TEST

START_TEST(test_file_offsets_and_lengths)
        {
                struct vfs_file *file = bare_must_open(&w, w.reg, VFS_O_RDWR);

                ck_assert_int_eq(pread_at(file, 1, -1, 0), -EINVAL);
                ck_assert_int_eq(pread_at(file, 1, INT64_MAX, 0), -EINVAL);
                ck_assert_int_eq(pread_at(file, 2, INT64_MAX - 1, 0), -EINVAL);
                ck_assert_int_eq(pread_at(file, 0, INT64_MAX, 0), 0);
                ck_assert_int_eq(pwrite_at(file, 2, INT64_MAX - 1, 0), -EINVAL);
                ck_assert_int_eq(pwrite_at(file, SIZE_MAX, 0, 0), -EINVAL);
                vfs_file_put(file);
        }
END_TEST

START_TEST(test_file_long_transfer_is_cut)
        {
                struct vfs_file *file = bare_must_open(&w, w.reg, VFS_O_RDONLY);

                ck_assert_int_eq(pread_at(file, (size_t)1 << 40, 0, 0), 0);
                ck_assert_uint_eq(bare_data.last_count, 0x7ffff000u);
                vfs_file_put(file);
        }
END_TEST

START_TEST(test_file_per_call_flags)
        {
                struct vfs_file *file = bare_must_open(&w, w.reg, VFS_O_RDWR);

                ck_assert_int_eq(pread_at(file, 1, 0, 0x1000), -EOPNOTSUPP);
                ck_assert_int_eq(pread_at(file, 0, 0, 0x1000), 0);
                ck_assert_int_eq(pread_at(file, 1, 0, VFS_RWF_NOWAIT), -EOPNOTSUPP);
                ck_assert_int_eq(pread_at(file, 1, 0, VFS_RWF_APPEND), 0);
                ck_assert_int_eq(pread_at(file, 1, 0, VFS_RWF_HIPRI | VFS_RWF_DSYNC), 0);
                ck_assert_int_eq(pwrite_at(file, 1, 0, VFS_RWF_APPEND | VFS_RWF_NOAPPEND), -EINVAL);
                ck_assert_int_eq(pwrite_at(file, 3, 0, 0), 3);
                ck_assert_int_eq(pwrite_at(file, 3, 0, VFS_RWF_APPEND), 3);
                ck_assert_uint_eq(bare_size(file), 6);
                ck_assert_uint_eq(bare_data.syncs, 0);
                ck_assert_int_eq(pwrite_at(file, 1, 0, VFS_RWF_DSYNC), 1);
                ck_assert_uint_eq(bare_data.syncs, 1);
                vfs_file_put(file);
                file = bare_must_open(&w, w.reg, VFS_O_WRONLY | VFS_O_APPEND | VFS_O_SYNC);
                ck_assert_int_eq(pwrite_at(file, 1, 0, VFS_RWF_NOAPPEND), 1);
                ck_assert_uint_eq(bare_size(file), 6);
                ck_assert_int_eq(pwrite_at(file, 1, 0, 0), 1);
                ck_assert_uint_eq(bare_size(file), 7);
                ck_assert_uint_eq(bare_data.syncs, 3);
                vfs_file_put(file);
        }
END_TEST

START_TEST(test_file_size_limit_is_short_then_efbig)
        {
                struct vfs_file *file = bare_must_open(&w, w.reg, VFS_O_RDWR);

                ctx->fsize_limit = 10;
                ck_assert_int_eq(pwrite_at(file, 8, 0, 0), 8);
                ck_assert_int_eq(pwrite_at(file, 8, 5, 0), 5);
                ck_assert_int_eq(pwrite_at(file, 8, 10, 0), -EFBIG);
                ck_assert_int_eq(pwrite_at(file, 0, 10, 0), 0);
                ck_assert_int_eq(pwrite_at(file, 1, 0, VFS_RWF_APPEND), -EFBIG);
                ck_assert_int_eq(vfs_file_truncate(ctx, file, 11), -EFBIG);
                ck_assert_int_eq(vfs_file_allocate(ctx, file, 0, 0, 11), -EFBIG);
                ck_assert_int_eq(vfs_file_allocate(ctx, file, VFS_FALLOC_KEEP_SIZE, 0, 11), 0);
                vfs_file_put(file);
        }
END_TEST

START_TEST(test_file_read_moves_the_offset_and_pread_does_not)
        {
                struct vfs_file *file = bare_must_open(&w, w.reg, VFS_O_RDWR);
                char buf[4];

                ck_assert_int_eq(bare_do_write(&w, file, "abcdef", 6), 6);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, 0, VFS_SEEK_CUR), 6);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, 1, VFS_SEEK_SET), 1);
                ck_assert_int_eq(bare_do_read(&w, file, buf, 2), 2);
                ck_assert_mem_eq(buf, "bc", 2);
                ck_assert_int_eq(pread_at(file, 4, 0, 0), 4);
                ck_assert_int_eq(bare_do_read(&w, file, buf, 4), 3);
                ck_assert_mem_eq(buf, "def", 3);
                ck_assert_int_eq(bare_do_read(&w, file, buf, 4), 0);
                vfs_file_put(file);
        }
END_TEST

START_TEST(test_file_lseek_default)
        {
                struct vfs_file *file = bare_must_open(&w, w.reg, VFS_O_RDWR),
                                *dir = bare_must_open(&w, w.world.root.dentry, 0),
                                *fifo = bare_must_open(&w, w.fifo, VFS_O_RDWR);

                ck_assert_int_eq(bare_do_write(&w, file, "abcdef", 6), 6);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, 0, 5), -EINVAL);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, 0, -1), -EINVAL);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, -1, VFS_SEEK_SET), -EINVAL);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, -6, VFS_SEEK_END), 0);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, -7, VFS_SEEK_END), -EINVAL);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, 2, VFS_SEEK_DATA), 2);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, 2, VFS_SEEK_HOLE), 6);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, 6, VFS_SEEK_DATA), -ENXIO);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, 6, VFS_SEEK_HOLE), -ENXIO);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, -1, VFS_SEEK_DATA), -ENXIO);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, INT64_MAX, VFS_SEEK_SET), INT64_MAX);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, 1, VFS_SEEK_CUR), -EINVAL);
                ck_assert_int_eq(vfs_file_lseek(ctx, dir, 5, VFS_SEEK_SET), 5);
                ck_assert_int_eq(vfs_file_lseek(ctx, dir, 1, VFS_SEEK_CUR), 6);
                ck_assert_int_eq(vfs_file_lseek(ctx, dir, 0, VFS_SEEK_END), -EINVAL);
                ck_assert_int_eq(vfs_file_lseek(ctx, dir, 0, VFS_SEEK_DATA), -EINVAL);
                ck_assert_int_eq(vfs_file_lseek(ctx, fifo, 0, 99), -EINVAL);
                ck_assert_int_eq(vfs_file_lseek(ctx, fifo, 0, VFS_SEEK_SET), -ESPIPE);
                ck_assert_int_eq(pread_at(fifo, 1, 0, 0), -ESPIPE);
                ck_assert_int_eq(pwrite_at(fifo, 1, 0, 0), -ESPIPE);
                ck_assert_int_eq(pread_at(fifo, 1, -1, 0), -EINVAL);
                vfs_file_put(file);
                vfs_file_put(dir);
                vfs_file_put(fifo);
        }
END_TEST

START_TEST(test_file_directory_is_eisdir_for_data)
        {
                struct vfs_file *dir = bare_must_open(&w, w.world.root.dentry, 0);

                ck_assert_int_eq(pread_at(dir, 1, 0, 0), -EISDIR);
                ck_assert_int_eq(pread_at(dir, 0, 0, 0), -EISDIR);
                ck_assert_int_eq(pread_at(dir, 1, INT64_MAX, 0), -EINVAL);
                ck_assert_int_eq(vfs_file_truncate(ctx, dir, 0), -EINVAL);
                ck_assert_int_eq(vfs_file_allocate(ctx, dir, 0, 0, 1), -EBADF);
                vfs_file_put(dir);
        }
END_TEST

START_TEST(test_file_getdents_records_and_positions)
        {
                struct vfs_file *dir = bare_must_open(&w, w.world.root.dentry, 0),
                                *file = bare_must_open(&w, w.reg, 0);
                char buf[24 * 10 + 1] __attribute__((aligned(8)));
                struct vfs_dirent *entry = (struct vfs_dirent *)(void *)buf;

                ck_assert_int_eq(vfs_file_getdents(ctx, file, buf, sizeof(buf)), -ENOTDIR);
                ck_assert_int_eq(vfs_file_getdents(ctx, dir, buf, 23), -EINVAL);
                ck_assert_int_eq(vfs_file_getdents(ctx, dir, buf, 0), -EINVAL);
                memset(buf, 0xff, sizeof(buf));
                ck_assert_int_eq(vfs_file_getdents(ctx, dir, buf, 24 * 3 + 23), 24 * 3);
                ck_assert_uint_eq(entry->ino, 100);
                ck_assert_int_eq(entry->off, 1);
                ck_assert_uint_eq(entry->reclen, 24);
                ck_assert_uint_eq(entry->type, VFS_DT_REG);
                ck_assert_mem_eq(entry->name, "f0\0\0\0", 5);
                ck_assert_int_eq(vfs_file_lseek(ctx, dir, 0, VFS_SEEK_CUR), 3);
                ck_assert_int_eq(vfs_file_getdents(ctx, dir, buf, sizeof(buf)), 24 * 7);
                ck_assert_str_eq(entry->name, "f3");
                ck_assert_int_eq(vfs_file_getdents(ctx, dir, buf, sizeof(buf)), 0);
                ck_assert_int_eq(vfs_file_getdents(ctx, dir, buf, 1), 0);
                vfs_file_put(dir);
                vfs_file_put(file);
        }
END_TEST

START_TEST(test_file_statx_has_the_mounts_part)
        {
                struct vfs_file *root = bare_must_open(&w, w.world.root.dentry, 0),
                                *file = bare_must_open(&w, w.reg, 0);
                struct vfs_statx st;

                memset(&st, 0xff, sizeof(st));
                ck_assert_int_eq(vfs_file_statx(ctx, file, VFS_STATX__RESERVED, &st), -EINVAL);
                ck_assert_int_eq(vfs_file_statx(ctx, file, VFS_STATX_BASIC_STATS, &st), 0);
                ck_assert_uint_eq(st.mode, VFS_S_IFREG | 0644);
                ck_assert_uint_eq(st.ino, 7);
                ck_assert_uint_eq(st.mnt_id, w.world.root.mount->id);
                ck_assert_uint_ne(st.mask & VFS_STATX_MNT_ID, 0);
                ck_assert_uint_eq(st.mask & VFS_STATX_MNT_ID_UNIQUE, 0);
                ck_assert_uint_eq(st.attributes & VFS_STATX_ATTR_MOUNT_ROOT, 0);
                ck_assert_uint_ne(st.attributes_mask & VFS_STATX_ATTR_MOUNT_ROOT, 0);
                ck_assert_uint_eq(st.dio_mem_align | st.dio_offset_align, 0);
                for (int i = 0; i < 12; i++)
                        ck_assert_uint_eq(st.spare[i], 0);
                ck_assert_int_eq(vfs_file_statx(ctx, root, VFS_STATX_MNT_ID_UNIQUE, &st), 0);
                ck_assert_uint_eq(st.mnt_id, w.world.root.mount->unique_id);
                ck_assert_uint_ne(st.mask & VFS_STATX_MNT_ID_UNIQUE, 0);
                ck_assert_uint_eq(st.mask & VFS_STATX_MNT_ID, 0);
                ck_assert_uint_ne(st.attributes & VFS_STATX_ATTR_MOUNT_ROOT, 0);
                vfs_file_put(root);
                vfs_file_put(file);
        }
END_TEST

START_TEST(test_file_allocate_modes)
        {
                static const struct {
                        uint32_t mode;
                        int64_t offset, length;
                        int ro, rw;
                } cases[] = {
                        { 0, 0, 0, -EINVAL, -EINVAL },
                        { 0, -1, 1, -EINVAL, -EINVAL },
                        { 0x80, 0, 1, -EBADF, 0 },
                        { 0x100, 0, 1, -EOPNOTSUPP, -EOPNOTSUPP },
                        { VFS_FALLOC_NO_HIDE_STALE, 0, 1, -EOPNOTSUPP, -EOPNOTSUPP },
                        { VFS_FALLOC_PUNCH_HOLE, 0, 1, -EOPNOTSUPP, -EOPNOTSUPP },
                        { VFS_FALLOC_PUNCH_HOLE | VFS_FALLOC_KEEP_SIZE, 0, 1, -EBADF, 0 },
                        { VFS_FALLOC_COLLAPSE_RANGE | VFS_FALLOC_KEEP_SIZE, 0, 1, -EOPNOTSUPP, -EOPNOTSUPP },
                        { VFS_FALLOC_PUNCH_HOLE | VFS_FALLOC_ZERO_RANGE, 0, 1, -EOPNOTSUPP, -EOPNOTSUPP },
                        { 0, INT64_MAX, 1, -EBADF, -EFBIG },
                };
                struct vfs_file *ro = bare_must_open(&w, w.reg, VFS_O_RDONLY),
                                *rw = bare_must_open(&w, w.reg, VFS_O_RDWR),
                                *fifo = bare_must_open(&w, w.fifo, VFS_O_RDWR);

                for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                        ck_assert_int_eq(
                                vfs_file_allocate(ctx, ro, cases[i].mode, cases[i].offset, cases[i].length),
                                cases[i].ro);
                        ck_assert_int_eq(
                                vfs_file_allocate(ctx, rw, cases[i].mode, cases[i].offset, cases[i].length),
                                cases[i].rw);
                }
                ck_assert_int_eq(vfs_file_allocate(ctx, fifo, 0, 0, 1), -ESPIPE);
                ck_assert_int_eq(vfs_file_sync(ctx, fifo, 0), -EINVAL);
                ck_assert_int_eq(vfs_file_truncate(ctx, ro, 0), -EINVAL);
                vfs_file_put(ro);
                vfs_file_put(rw);
                vfs_file_put(fifo);
        }
END_TEST

START_TEST(test_file_setfl_changes_what_it_may)
        {
                struct vfs_file *file = bare_must_open(&w, w.reg, VFS_O_RDWR | VFS_O_LARGEFILE),
                                *dir = bare_must_open(&w, w.world.root.dentry, 0),
                                *fifo = bare_must_open(&w, w.fifo, VFS_O_RDWR);
                struct vfs_cred_opts opts = { .size = sizeof(opts), .uid = 1000, .gid = 1000 };
                struct vfs_cred *user;
                uint32_t flags;

                ck_assert_int_eq(
                        vfs_file_setfl(ctx, file, VFS_O_APPEND | VFS_O_TRUNC | VFS_O_WRONLY | VFS_O_SYNC), 0);
                ck_assert_int_eq(vfs_file_getfl(file, &flags), 0);
                ck_assert_uint_eq(flags, VFS_O_RDWR | VFS_O_LARGEFILE | VFS_O_APPEND);
                ck_assert_int_eq(vfs_file_setfl(ctx, file, VFS_O_ASYNC), 0);
                ck_assert_int_eq(vfs_file_getfl(file, &flags), 0);
                ck_assert_uint_eq(flags, VFS_O_RDWR | VFS_O_LARGEFILE);
                ck_assert_int_eq(vfs_file_setfl(ctx, fifo, VFS_O_ASYNC | VFS_O_DIRECT), 0);
                ck_assert_int_eq(vfs_file_getfl(fifo, &flags), 0);
                ck_assert_uint_eq(flags, VFS_O_RDWR | VFS_O_ASYNC | VFS_O_DIRECT);
                ck_assert_int_eq(vfs_file_setfl(ctx, dir, VFS_O_DIRECT), -EINVAL);
                ck_assert_int_eq(vfs_cred_new(&opts, &user), 0);
                ctx->cred = user;
                ck_assert_int_eq(vfs_file_setfl(ctx, file, VFS_O_NOATIME), -EPERM);
                ctx->cred = w.cred;
                ck_assert_int_eq(vfs_file_setfl(ctx, file, VFS_O_NOATIME), 0);
                ctx->cred = user;
                ck_assert_int_eq(vfs_file_setfl(ctx, file, VFS_O_NOATIME | VFS_O_NONBLOCK), 0);
                ctx->cred = w.cred;
                vfs_cred_put(user);
                vfs_file_put(file);
                vfs_file_put(dir);
                vfs_file_put(fifo);
        }
END_TEST

START_TEST(test_file_seals_checks)
        {
                struct vfs_file *ro = bare_must_open(&w, w.reg, VFS_O_RDONLY),
                                *rw = bare_must_open(&w, w.reg, VFS_O_RDWR);
                uint32_t seals;

                ck_assert_int_eq(vfs_file_add_seals(ctx, ro, 0x1000), -EPERM);
                ck_assert_int_eq(vfs_file_add_seals(ctx, rw, 0x1000), -EINVAL);
                ck_assert_int_eq(vfs_file_add_seals(ctx, rw, 1), -EINVAL);
                ck_assert_int_eq(vfs_file_get_seals(rw, &seals), -EINVAL);
                vfs_file_put(ro);
                vfs_file_put(rw);
        }
END_TEST

START_TEST(test_file_map_checks)
        {
                struct vfs_file *ro = bare_must_open(&w, w.reg, VFS_O_RDONLY),
                                *rw = bare_must_open(&w, w.reg, VFS_O_RDWR),
                                *wo = bare_must_open(&w, w.reg, VFS_O_WRONLY),
                                *dir = bare_must_open(&w, w.world.root.dentry, 0);
                struct vfs_mapping *m;
                const uint32_t r = VFS_PROT_READ, rwp = VFS_PROT_READ | VFS_PROT_WRITE;

                ck_assert_int_eq(vfs_file_map(ctx, rw, 0, 0, r, 1, &m), -EINVAL);
                ck_assert_int_eq(vfs_file_map(ctx, rw, 5, 10, r, 1, &m), -EINVAL);
                ck_assert_int_eq(vfs_file_map(ctx, rw, 0, UINT64_MAX, r, 1, &m), -ENOMEM);
                ck_assert_int_eq(vfs_file_map(ctx, rw, INT64_MAX - 4095, 4096, r, 1, &m), -EOVERFLOW);
                ck_assert_int_eq(vfs_file_map(ctx, rw, -4096, 4096, r, 1, &m), -EOVERFLOW);
                ck_assert_int_eq(vfs_file_map(ctx, ro, 0, 10, rwp, 1, &m), -EACCES);
                ck_assert_int_eq(vfs_file_map(ctx, wo, 0, 10, 0, 0, &m), -EACCES);
                ck_assert_int_eq(vfs_file_map(ctx, dir, 0, 10, r, 1, &m), -ENODEV);
                ck_assert_int_eq(vfs_file_map(ctx, dir, 0, 10, rwp, 1, &m), -EACCES);
                ck_assert_int_eq(vfs_mount_remount_at(ctx, &w.world.root,
                                                      VFS_MS_REMOUNT | VFS_MS_BIND | VFS_MS_NOEXEC, NULL),
                                 0);
                ck_assert_int_eq(vfs_file_map(ctx, ro, 0, 10, VFS_PROT_EXEC, 0, &m), -EPERM);
                ck_assert_int_eq(vfs_file_map(ctx, ro, 4096, 10, rwp, 0, &m), 0);
                ck_assert_uint_eq(m->length, 4096);
                ck_assert_uint_eq(ro->refs, 2);
                vfs_mapping_put(m);
                ck_assert_uint_eq(ro->refs, 1);
                vfs_mapping_put(NULL);
                vfs_file_put(ro);
                vfs_file_put(rw);
                vfs_file_put(wo);
                vfs_file_put(dir);
        }
END_TEST

START_TEST(test_file_copy_range_checks_in_order)
        {
                struct vfs_file *in = bare_must_open(&w, w.reg, VFS_O_RDWR),
                                *out = bare_must_open(&w, w.other, VFS_O_WRONLY),
                                *dir = bare_must_open(&w, w.world.root.dentry, 0),
                                *fifo = bare_must_open(&w, w.fifo, VFS_O_RDWR),
                                *append = bare_must_open(&w, w.other, VFS_O_WRONLY | VFS_O_APPEND);
                int64_t a, b;

                ck_assert_int_eq(bare_do_write(&w, in, "0123456789", 10), 10);
                ck_assert_int_eq(vfs_file_copy_range(ctx, in, NULL, out, NULL, 1, 1), -EINVAL);
                ck_assert_int_eq(vfs_file_copy_range(ctx, dir, NULL, out, NULL, 1, 0), -EISDIR);
                ck_assert_int_eq(vfs_file_copy_range(ctx, fifo, NULL, out, NULL, 1, 0), -EINVAL);
                ck_assert_int_eq(vfs_file_copy_range(ctx, out, NULL, in, NULL, 1, 0), -EBADF);
                ck_assert_int_eq(vfs_file_copy_range(ctx, in, NULL, append, NULL, 1, 0), -EBADF);
                a = -1;
                ck_assert_int_eq(vfs_file_copy_range(ctx, in, &a, out, NULL, 10, 0), -EOVERFLOW);
                ck_assert_int_eq(vfs_file_copy_range(ctx, in, &a, out, NULL, 0, 0), -EINVAL);
                a = -20;
                ck_assert_int_eq(vfs_file_copy_range(ctx, in, &a, out, NULL, 10, 0), -EINVAL);
                a = 0;
                b = INT64_MAX;
                ck_assert_int_eq(vfs_file_copy_range(ctx, in, &a, out, &b, 10, 0), -EFBIG);
                b = 5;
                ck_assert_int_eq(vfs_file_copy_range(ctx, in, &a, in, &b, 10, 0), -EINVAL);
                a = 2000;
                b = 2000;
                ck_assert_int_eq(vfs_file_copy_range(ctx, in, &a, in, &b, 10, 0), 0);
                b = 1;
                ck_assert_int_eq(vfs_file_copy_range(ctx, in, &a, in, &b, SIZE_MAX, 0), -EOVERFLOW);
                ck_assert_int_eq(vfs_file_copy_range(ctx, in, NULL, in, NULL, 4, 0), 0);
                vfs_file_put(in);
                vfs_file_put(out);
                vfs_file_put(dir);
                vfs_file_put(fifo);
                vfs_file_put(append);
        }
END_TEST

START_TEST(test_file_copy_range_moves_offsets)
        {
                struct vfs_file *file = bare_must_open(&w, w.reg, VFS_O_RDWR);
                int64_t to = 10;
                char buf[20];

                ck_assert_int_eq(bare_do_write(&w, file, "0123456789", 10), 10);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, 2, VFS_SEEK_SET), 2);
                ck_assert_int_eq(vfs_file_copy_range(ctx, file, NULL, file, &to, 5, 0), 5);
                ck_assert_int_eq(to, 15);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, 0, VFS_SEEK_CUR), 7);
                ck_assert_int_eq(vfs_file_lseek(ctx, file, 0, VFS_SEEK_SET), 0);
                ck_assert_int_eq(bare_do_read(&w, file, buf, 20), 15);
                ck_assert_mem_eq(buf, "012345678923456", 15);
                vfs_file_put(file);
        }
END_TEST

TEST_MAIN_FIXTURE("file_io", setup, teardown, test_file_last_put_releases_once,
                  test_file_new_move_takes_the_path_over, test_file_write_open_of_read_only_mount_is_erofs,
                  test_file_access_mode_decides, test_file_path_handle_refuses_what_linux_refuses,
                  test_file_offsets_and_lengths, test_file_long_transfer_is_cut, test_file_per_call_flags,
                  test_file_size_limit_is_short_then_efbig,
                  test_file_read_moves_the_offset_and_pread_does_not, test_file_lseek_default,
                  test_file_directory_is_eisdir_for_data, test_file_getdents_records_and_positions,
                  test_file_statx_has_the_mounts_part, test_file_allocate_modes,
                  test_file_setfl_changes_what_it_may, test_file_seals_checks, test_file_map_checks,
                  test_file_copy_range_checks_in_order, test_file_copy_range_moves_offsets)
