/*
 * Descriptor tables: against a model that searches from 0, and the corner cases as the host has them.
 */
#include <vfs/fdtable.h>

#include "tests/unit/bare_file.h"
#include "tests/unit/test_main.h"

#define MODEL_FDS 400

static struct bare_files w;
static struct vfs_ctx *ctx;
static struct vfs_fdtable *table;
static struct vfs_file *files[4];

static void setup(void)
{
        ctx = bare_files_init(&w);
        ck_assert_int_eq(vfs_fdtable_new(ctx->vfs, 0, &table), 0);
        for (int i = 0; i < 4; i++)
                files[i] = bare_must_open(&w, w.reg, VFS_O_RDONLY);
}

static void teardown(void)
{
        vfs_fdtable_put(table);
        for (int i = 0; i < 4; i++) {
                ck_assert_uint_eq(files[i]->refs, 1);
                vfs_file_put(files[i]);
        }
        bare_files_fini(&w);
}

static struct vfs_file *file_at(struct vfs_fdtable *t, int fd)
{
        struct vfs_file *file;

        if (vfs_fdtable_file(t, fd, &file) < 0)
                return NULL;
        vfs_file_put(file);
        return file;
}

/* The model: an array, searched from its beginning. */
struct model {
        struct vfs_file *file[MODEL_FDS];
        bool cloexec[MODEL_FDS];
};

static int model_lowest(const struct model *m, int min)
{
        while (min < MODEL_FDS && m->file[min] != NULL)
                min++;
        return min < MODEL_FDS ? min : -EMFILE;
}

static void model_check(const struct model *m)
{
        for (int fd = 0; fd < MODEL_FDS; fd++) {
                int flags = vfs_fdtable_fcntl(ctx, table, fd, VFS_F_GETFD, 0);

                ck_assert_ptr_eq(file_at(table, fd), m->file[fd]);
                ck_assert_int_eq(flags, m->file[fd] == NULL ? -EBADF : m->cloexec[fd]);
        }
}

static uint32_t next_random(uint32_t *state)
{
        *state = *state * 1664525u + 1013904223u;
        return *state >> 8;
}

/* One random call on both. */
static void model_step(struct model *m, uint32_t *random)
{
        int fd = (int)(next_random(random) % MODEL_FDS), to = (int)(next_random(random) % MODEL_FDS);
        struct vfs_file *file = files[next_random(random) % 4];
        uint32_t op = next_random(random) % 32, cloexec = next_random(random) % 2 ? VFS_O_CLOEXEC : 0;
        int want;

        if (op < 12) {
                want = model_lowest(m, op < 8 ? 0 : fd);
                ck_assert_int_eq(vfs_fdtable_install(table, file, op < 8 ? 0 : fd, cloexec), want);
        } else if (op < 20) {
                want = m->file[fd] != NULL ? 0 : -EBADF;
                ck_assert_int_eq(vfs_fdtable_close(table, fd), want);
                m->file[fd] = NULL;
                return;
        } else if (op < 23) {
                file = m->file[fd];
                want = file == NULL ? -EBADF : model_lowest(m, 0);
                ck_assert_int_eq(vfs_fdtable_dup(table, fd), want);
                cloexec = 0;
        } else if (op < 26) {
                file = m->file[fd];
                want = fd == to ? -EINVAL : file == NULL ? -EBADF : to;
                ck_assert_int_eq(vfs_fdtable_dup3(table, fd, to, cloexec), want);
        } else if (op < 28) {
                file = m->file[fd];
                want = file == NULL ? -EBADF : model_lowest(m, to);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, fd, VFS_F_DUPFD_CLOEXEC, (uint64_t)to), want);
                cloexec = VFS_O_CLOEXEC;
        } else if (op < 30) {
                uint32_t flags = op == 28 ? VFS_CLOSE_RANGE_CLOEXEC : 0,
                         last = (uint32_t)fd + (uint32_t)to % 40;

                ck_assert_int_eq(vfs_fdtable_close_range(table, (uint32_t)fd, last, flags), 0);
                for (int i = fd; i <= (int)last && i < MODEL_FDS; i++) {
                        if (flags == 0)
                                m->file[i] = NULL;
                        m->cloexec[i] = true;
                }
                return;
        } else if (op == 30) {
                want = m->file[fd] != NULL ? 0 : -EBADF;
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, fd, VFS_F_SETFD, cloexec != 0), want);
                m->cloexec[fd] = cloexec != 0;
                return;
        } else {
                if (next_random(random) % 8 != 0)
                        return;
                vfs_fdtable_exec(table);
                for (int i = 0; i < MODEL_FDS; i++)
                        if (m->cloexec[i])
                                m->file[i] = NULL;
                return;
        }
        if (want < 0)
                return;
        m->file[want] = file;
        m->cloexec[want] = cloexec != 0;
}

START_TEST(test_fdtable_behaves_as_the_model)
        {
                static struct model m;
                uint32_t random = 12345;

                vfs_fdtable_set_limit(table, MODEL_FDS);
                for (int step = 0; step < 20000; step++) {
                        model_step(&m, &random);
                        if (step % 100 == 0)
                                model_check(&m);
                }
                model_check(&m);
        }
END_TEST

START_TEST(test_fdtable_lowest_first_over_growth)
        {
                for (int i = 0; i < 5000; i++)
                        ck_assert_int_eq(vfs_fdtable_install(table, files[0], 0, 0), i);
                ck_assert_int_eq(vfs_fdtable_close(table, 4100), 0);
                ck_assert_int_eq(vfs_fdtable_close(table, 77), 0);
                ck_assert_int_eq(vfs_fdtable_install(table, files[1], 100, 0), 4100);
                ck_assert_int_eq(vfs_fdtable_dup(table, 3), 77);
                ck_assert_int_eq(vfs_fdtable_dup(table, 3), 5000);
                ck_assert_ptr_eq(file_at(table, 4100), files[1]);
        }
END_TEST

START_TEST(test_fdtable_dup_corner_cases)
        {
                ck_assert_int_eq(vfs_fdtable_install(table, files[0], 0, VFS_O_CLOEXEC), 0);
                vfs_fdtable_set_limit(table, 100);
                ck_assert_int_eq(vfs_fdtable_dup2(table, 0, 0), 0);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 0, VFS_F_GETFD, 0), VFS_FD_CLOEXEC);
                ck_assert_int_eq(vfs_fdtable_dup2(table, 1, 1), -EBADF);
                ck_assert_int_eq(vfs_fdtable_dup2(table, -1, -1), -EBADF);
                ck_assert_int_eq(vfs_fdtable_dup2(table, 0, 100), -EBADF);
                ck_assert_int_eq(vfs_fdtable_dup2(table, 0, -1), -EBADF);
                ck_assert_int_eq(vfs_fdtable_dup2(table, 0, 99), 99);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 99, VFS_F_GETFD, 0), 0);
                ck_assert_int_eq(vfs_fdtable_dup3(table, 0, 0, 0), -EINVAL);
                ck_assert_int_eq(vfs_fdtable_dup3(table, -1, -1, 0), -EINVAL);
                ck_assert_int_eq(vfs_fdtable_dup3(table, -1, 5000, 0), -EBADF);
                ck_assert_int_eq(vfs_fdtable_dup3(table, 0, 40, 1), -EINVAL);
                ck_assert_int_eq(vfs_fdtable_dup3(table, -1, 40, VFS_O_NONBLOCK), -EINVAL);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 0, VFS_F_DUPFD, (uint64_t)-1), -EINVAL);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 0, VFS_F_DUPFD, 100), -EINVAL);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 0, VFS_F_DUPFD, 99), -EMFILE);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 1, VFS_F_DUPFD, (uint64_t)-1), -EBADF);
                ck_assert_int_eq(vfs_fdtable_install(table, files[0], -1, 0), -EINVAL);
                ck_assert_int_eq(vfs_fdtable_install(table, files[0], 0, 1), -EINVAL);
                vfs_fdtable_set_limit(table, 0);
                ck_assert_int_eq(vfs_fdtable_dup(table, 0), -EMFILE);
                ck_assert_int_eq(vfs_fdtable_install(table, files[0], 0, 0), -EMFILE);
                ck_assert_ptr_eq(file_at(table, 99), files[0]);
        }
END_TEST

START_TEST(test_fdtable_fcntl_of_files)
        {
                struct vfs_file *path = bare_must_open(&w, w.reg, VFS_O_PATH);

                ck_assert_int_eq(vfs_fdtable_install(table, files[0], 0, 0), 0);
                ck_assert_int_eq(vfs_fdtable_install(table, path, 0, 0), 1);
                vfs_file_put(path);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 0, 9999, 0), -EINVAL);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 1, 9999, 0), -EBADF);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 2, 9999, 0), -EBADF);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 1, VFS_F_GETFL, 0), VFS_O_PATH);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 1, VFS_F_SETFL, 0), -EBADF);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 0, VFS_F_SETFL, VFS_O_APPEND), 0);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 0, VFS_F_GETFL, 0), VFS_O_APPEND);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 0, VFS_F_ADD_SEALS, 0), -EPERM);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 1, VFS_F_DUPFD, 0), 2);
        }
END_TEST

START_TEST(test_fdtable_close_range_arguments)
        {
                ck_assert_int_eq(vfs_fdtable_close_range(table, 5, 4, 0), -EINVAL);
                ck_assert_int_eq(vfs_fdtable_close_range(table, 50, 60, 8), -EINVAL);
                ck_assert_int_eq(vfs_fdtable_close_range(table, UINT32_MAX, UINT32_MAX, 0), 0);
                ck_assert_int_eq(vfs_fdtable_close_range(table, 0, UINT32_MAX, VFS_CLOSE_RANGE_CLOEXEC), 0);
                ck_assert_int_eq(vfs_fdtable_install(table, files[0], 0, 0), 0);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, table, 0, VFS_F_GETFD, 0), 0);
                ck_assert_int_eq(vfs_fdtable_close_range(table, 0, UINT32_MAX, VFS_CLOSE_RANGE_UNSHARE), 0);
                ck_assert_int_eq(vfs_fdtable_close(table, 0), -EBADF);
        }
END_TEST

START_TEST(test_fdtable_copy_is_independent)
        {
                struct vfs_fdtable *copy;

                for (int i = 0; i < 300; i++)
                        ck_assert_int_eq(
                                vfs_fdtable_install(table, files[i % 4], 0, i % 3 == 0 ? VFS_O_CLOEXEC : 0),
                                i);
                ck_assert_int_eq(vfs_fdtable_close(table, 130), 0);
                vfs_fdtable_set_limit(table, 310);
                ck_assert_int_eq(vfs_fdtable_copy(table, &copy), 0);
                ck_assert_int_eq(vfs_fdtable_close(table, 5), 0);
                ck_assert_ptr_eq(file_at(copy, 5), files[1]);
                ck_assert_int_eq(vfs_fdtable_fcntl(ctx, copy, 6, VFS_F_GETFD, 0), VFS_FD_CLOEXEC);
                ck_assert_int_eq(vfs_fdtable_dup(copy, 0), 130);
                for (int i = 300; i < 310; i++)
                        ck_assert_int_eq(vfs_fdtable_dup(copy, 0), i);
                ck_assert_int_eq(vfs_fdtable_dup(copy, 0), -EMFILE);
                vfs_fdtable_exec(copy);
                ck_assert_ptr_null(file_at(copy, 6));
                ck_assert_ptr_eq(file_at(table, 6), files[2]);
                vfs_fdtable_put(vfs_fdtable_get(copy));
                vfs_fdtable_put(copy);
                vfs_fdtable_put(NULL);
        }
END_TEST

START_TEST(test_fdtable_new_limits)
        {
                struct vfs_fdtable *t;

                ck_assert_int_eq(vfs_fdtable_new(ctx->vfs, (1u << 30) + 1, &t), -EINVAL);
                ck_assert_int_eq(vfs_fdtable_new(ctx->vfs, 2, &t), 0);
                ck_assert_int_eq(vfs_fdtable_install(t, files[0], 0, 0), 0);
                ck_assert_int_eq(vfs_fdtable_install(t, files[0], 2, 0), -EINVAL);
                ck_assert_int_eq(vfs_fdtable_install(t, files[0], 0, 0), 1);
                ck_assert_int_eq(vfs_fdtable_install(t, files[0], 0, 0), -EMFILE);
                vfs_fdtable_put(t);
        }
END_TEST

TEST_MAIN_FIXTURE("fdtable", setup, teardown, test_fdtable_behaves_as_the_model,
                  test_fdtable_lowest_first_over_growth, test_fdtable_dup_corner_cases,
                  test_fdtable_fcntl_of_files, test_fdtable_close_range_arguments,
                  test_fdtable_copy_is_independent, test_fdtable_new_limits)
