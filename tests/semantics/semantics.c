/*
 * semantics.c - running cases on both drivers, and the small things they share.
 */
#include "tests/semantics/semantics.h"
#include "tests/semantics/passthrough.h"

#include <sys/wait.h>
#include <time.h>

struct driver *drv;

static const char *const root_options = "mode=755";

/* The parent asks in a child whether the host can be used: making the driver changes the process. */
static const char *host_missing(int since)
{
        static char needs[40];
        int status = 0, r;
        pid_t pid;

        if (driver_host_is_older(since / 100, since % 100)) {
                snprintf(needs, sizeof(needs), "needs Linux %d.%d or later", since / 100, since % 100);
                return needs;
        }

        fflush(NULL);
        pid = fork();
        if (pid == 0) {
                r = driver_host_new(root_options, &drv);
                _exit(-r);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
                return "no child process";
        switch (WEXITSTATUS(status)) {
        case 0:
                return NULL;
        case EPERM:
                return "needs root and the right to mount";
        default:
                return "no mount namespace";
        }
}

static void setup_host(void)
{
        int r = driver_host_new(root_options, &drv);

        ck_assert_msg(r == 0, "host driver: %s", strerror(-r));
}

static void setup_vfs2(void)
{
        int r = driver_vfs2_new(root_options, &drv);

        ck_assert_msg(r == 0, "vfs2 driver: %s", strerror(-r));
}

static void setup_exclusive(void)
{
        int r = driver_passthrough_new(root_options, "exclusive", &drv);

        ck_assert_msg(r == 0, "passthrough driver: %s", strerror(-r));
}

static void setup_shared(void)
{
        int r = driver_passthrough_new(root_options, "shared", &drv);

        ck_assert_msg(r == 0, "passthrough driver: %s", strerror(-r));
}

static void teardown(void)
{
        driver_free(drv);
        drv = NULL;
}

int semantics_main(const char *name, int since, const TTest *const *tests, size_t n)
{
        const char *missing = host_missing(since);
        Suite *suite = suite_create(name);
        TCase *host = tcase_create("host"), *vfs2 = tcase_create("vfs2");
        TCase *exclusive = tcase_create("passthrough-exclusive"), *shared = tcase_create("passthrough-shared");

        tcase_add_checked_fixture(host, setup_host, teardown);
        tcase_add_checked_fixture(vfs2, setup_vfs2, teardown);
        tcase_add_checked_fixture(exclusive, setup_exclusive, teardown);
        tcase_add_checked_fixture(shared, setup_shared, teardown);
        for (size_t i = 0; i < n; i++) {
                tcase_add_test(host, tests[i]);
                tcase_add_test(vfs2, tests[i]);
                if (!passthrough_differs(tests[i]->name)) {
                        tcase_add_test(exclusive, tests[i]);
                        tcase_add_test(shared, tests[i]);
                }
        }
        if (missing)
                printf("# not compared with the host kernel: %s\n", missing);
        else
                suite_add_tcase(suite, host);
        suite_add_tcase(suite, vfs2);
        if (!missing) {
                suite_add_tcase(suite, exclusive);
                suite_add_tcase(suite, shared);
        }
        return test_run(suite);
}

const char *errno_name(int64_t r)
{
        const char *s;

        if (r >= 0)
                return "success";
        s = strerrorname_np((int)-r);
        return s ? s : "?";
}

void as_cred(uint32_t uid, uint32_t gid, uint64_t caps)
{
        struct driver_cred cred = { .uid = uid, .gid = gid, .caps = caps };

        OK(drv->ops->set_cred(drv, &cred));
}

void as_root(void)
{
        as_cred(0, 0, ~UINT64_C(0));
}

void as_user(uint32_t uid)
{
        as_cred(uid, uid, 0);
}

void as_user_in_group(uint32_t uid, uint32_t group)
{
        struct driver_cred cred = { .uid = uid, .gid = uid, .ngroups = 1, .groups = { group } };

        OK(drv->ops->set_cred(drv, &cred));
}

void make_file(const char *path, uint32_t mode)
{
        sys_close((int)OK(sys_open(path, O_WRONLY | O_CREAT | O_EXCL, mode)));
}

void make_data(const char *path, const void *data, size_t n)
{
        int fd = (int)OK(sys_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));

        EQ((int64_t)n, sys_write(fd, data, n));
        sys_close(fd);
}

void make_dir(const char *path, uint32_t mode)
{
        OK(sys_mkdir(path, mode & 0777));
        if (mode & ~0777u)
                OK(sys_chmod(path, mode));
}

void make_link(const char *target, const char *path)
{
        OK(sys_symlink(target, path));
}

struct vfs_statx attr_of(const char *path)
{
        struct vfs_statx st;

        OK(sys_statx(DRIVER_CWD, path, VFS_AT_SYMLINK_NOFOLLOW, &st));
        return st;
}

struct vfs_statx fd_attr_of(int fd)
{
        struct vfs_statx st;

        OK(sys_fstat(fd, &st));
        return st;
}

uint32_t mode_of(const char *path)
{
        return attr_of(path).mode & 07777u;
}

int same_file(const char *a, const char *b)
{
        struct vfs_statx sa = attr_of(a), sb = attr_of(b);

        return sa.ino == sb.ino && sa.dev_major == sb.dev_major && sa.dev_minor == sb.dev_minor;
}

int exists(const char *path)
{
        return sys_lstat(path) == 0;
}

/* Counts the names of a directory; found is set when name is among them. */
static int list(const char *path, const char *name, int *found)
{
        char buf[4096] __attribute__((aligned(8)));
        int fd = (int)OK(sys_open(path, O_RDONLY | O_DIRECTORY, 0)), count = 0;
        int64_t n;

        *found = 0;
        while ((n = OK(sys_getdents(fd, buf, sizeof(buf)))) > 0) {
                for (int64_t at = 0; at < n;) {
                        struct vfs_dirent *entry = (struct vfs_dirent *)(buf + at);

                        if (strcmp(entry->name, ".") && strcmp(entry->name, ".."))
                                count++;
                        if (name && !strcmp(entry->name, name))
                                *found = 1;
                        at += entry->reclen;
                }
        }
        sys_close(fd);
        return count;
}

int listed(const char *path, const char *name)
{
        int found;

        list(path, name, &found);
        return found;
}

int entries(const char *path)
{
        int found;

        return list(path, NULL, &found);
}

const char *content_of(const char *path)
{
        static char buf[256];
        int fd = (int)OK(sys_open(path, O_RDONLY, 0));
        int64_t n = OK(sys_read(fd, buf, sizeof(buf) - 1));

        buf[n] = '\0';
        sys_close(fd);
        return buf;
}

void age(const char *path)
{
        const struct vfs_timespec times[2] = { { 1000, 0 }, { 1000, 0 } };

        OK(drv->ops->utimens(drv, DRIVER_CWD, path, times, VFS_AT_SYMLINK_NOFOLLOW));
}

int time_is(const struct vfs_statx_time *t, int64_t sec)
{
        return t->sec == sec && t->nsec == 0;
}

int time_before(const struct vfs_statx_time *a, const struct vfs_statx_time *b)
{
        return a->sec < b->sec || (a->sec == b->sec && a->nsec < b->nsec);
}

void tick(void)
{
        const struct timespec pause = { .tv_nsec = 15000000 };

        nanosleep(&pause, NULL);
}
