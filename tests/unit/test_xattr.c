/*
 * The store of extended attributes. Who may use it is compared with the host in test_perm.c.
 */
#include <errno.h>
#include <stdio.h>

#include "tests/unit/test_main.h"
#include "tests/unit/bare_vfs.h"
#include "vfs/object/cred.h"

static struct bare_vfs bare;
static struct vfs_filesystem *fs;
static struct vfs_inode inode;
static uint64_t bytes;

static void setup(void)
{
        const struct vfs_timespec now = { 0 };

        bare_init(&bare);
        ck_assert_int_eq(bare_fs_new(&bare, &fs), 0);
        vfs_inode_init(&inode, fs, 1, VFS_S_IFREG | 0644, 0, 0, 1, 0, &now);
        bytes = vfs_arena_bytes(fs->arena);
}

static void teardown(void)
{
        vfs_xattrs_free(&inode, fs->arena);
        ck_assert_ptr_null(inode.xattrs);
        ck_assert_uint_eq(vfs_arena_bytes(fs->arena), bytes);
        vfs_filesystem_put(fs);
        bare_fini(&bare);
}

static int set(const char *name, const char *value, uint32_t flags)
{
        return vfs_xattrs_set(&inode, fs->arena, name, value, strlen(value), flags);
}

static void check_value(const char *name, const char *value)
{
        char buf[64] = "";

        ck_assert_int_eq(vfs_xattrs_get(&inode, name, NULL, 0), (int64_t)strlen(value));
        ck_assert_int_eq(vfs_xattrs_get(&inode, name, buf, sizeof(buf)), (int64_t)strlen(value));
        ck_assert_str_eq(buf, value);
}

START_TEST(test_xattrs_create_and_replace)
{
        ck_assert_int_eq(set("user.a", "1", VFS_XATTR_REPLACE), -ENODATA);
        ck_assert_int_eq(set("user.a", "1", VFS_XATTR_CREATE), 0);
        ck_assert_int_eq(set("user.a", "2", VFS_XATTR_CREATE), -EEXIST);
        check_value("user.a", "1");
        ck_assert_int_eq(set("user.a", "22", VFS_XATTR_REPLACE), 0);
        check_value("user.a", "22");
        ck_assert_int_eq(set("user.a", "", 0), 0);
        check_value("user.a", "");
        ck_assert_int_eq(set("user.a", "x", VFS_XATTR_CREATE | VFS_XATTR_REPLACE), -EEXIST);
        ck_assert_int_eq(set("user.b", "x", VFS_XATTR_CREATE | VFS_XATTR_REPLACE), -ENODATA);
}
END_TEST

START_TEST(test_xattrs_get_small_buffer)
{
        char buf[4];

        ck_assert_int_eq(vfs_xattrs_get(&inode, "user.a", buf, 4), -ENODATA);
        ck_assert_int_eq(set("user.a", "12345", 0), 0);
        ck_assert_int_eq(vfs_xattrs_get(&inode, "user.a", buf, 4), -ERANGE);
        ck_assert_int_eq(vfs_xattrs_get(&inode, "user.a", buf, 0), 5);
        ck_assert_int_eq(vfs_xattrs_get(&inode, "user", buf, 4), -ENODATA);
}
END_TEST

START_TEST(test_xattrs_list_in_the_order_of_names)
{
        static const char all[] = "security.x\0trusted.t\0user.a\0user.b\0user.bb";
        char buf[sizeof(all)];

        ck_assert_int_eq(vfs_xattrs_list(&inode, buf, sizeof(buf), 1), 0);
        set("user.b", "", 0);
        set("trusted.t", "", 0);
        set("user.bb", "", 0);
        set("security.x", "", 0);
        set("user.a", "", 0);
        ck_assert_int_eq(vfs_xattrs_list(&inode, NULL, 0, 1), sizeof(all));
        ck_assert_int_eq(vfs_xattrs_list(&inode, buf, sizeof(all) - 1, 1), -ERANGE);
        ck_assert_int_eq(vfs_xattrs_list(&inode, buf, sizeof(all), 1), sizeof(all));
        ck_assert_mem_eq(buf, all, sizeof(all));
        ck_assert_int_eq(vfs_xattrs_list(&inode, buf, sizeof(buf), 0), sizeof(all) - sizeof("trusted.t"));
        ck_assert_mem_eq(buf, "security.x\0user.a\0user.b\0user.bb", sizeof(all) - sizeof("trusted.t"));
}
END_TEST

START_TEST(test_xattrs_remove)
{
        ck_assert_int_eq(vfs_xattrs_remove(&inode, fs->arena, "user.a"), -ENODATA);
        set("user.a", "1", 0);
        set("user.b", "2", 0);
        set("user.c", "3", 0);
        ck_assert_int_eq(vfs_xattrs_remove(&inode, fs->arena, "user.b"), 0);
        ck_assert_int_eq(vfs_xattrs_remove(&inode, fs->arena, "user.b"), -ENODATA);
        check_value("user.a", "1");
        check_value("user.c", "3");
}
END_TEST

START_TEST(test_xattrs_many_and_large)
{
        static char value[VFS_XATTR_SIZE_MAX], got[VFS_XATTR_SIZE_MAX];
        char name[32];

        memset(value, 'v', sizeof(value));
        for (int i = 0; i < 300; i++) {
                snprintf(name, sizeof(name), "user.%d", i * 7919 % 300);
                ck_assert_int_eq(set(name, name, VFS_XATTR_CREATE), 0);
        }
        ck_assert_int_eq(vfs_xattrs_set(&inode, fs->arena, "user.large", value, sizeof(value), 0), 0);
        ck_assert_int_eq(vfs_xattrs_get(&inode, "user.large", got, sizeof(got)), sizeof(got));
        ck_assert_mem_eq(got, value, sizeof(value));
        for (int i = 0; i < 300; i++) {
                snprintf(name, sizeof(name), "user.%d", i);
                check_value(name, name);
        }
}
END_TEST

START_TEST(test_xattrs_a_write_takes_file_capabilities)
{
        struct vfs_cred *root;

        ck_assert_int_eq(vfs_cred_new_root(&root), 0);
        set("security.capability", "caps", 0);
        set("security.other", "stays", 0);
        vfs_mutex_lock(&inode.lock, VFS_LOCK_INODE);
        vfs_inode_write_begin(&inode);
        vfs_inode_drop_privs(root, &inode);
        vfs_inode_write_end(&inode);
        vfs_mutex_unlock(&inode.lock, VFS_LOCK_INODE);
        ck_assert_int_eq(vfs_xattrs_get(&inode, "security.capability", NULL, 0), -ENODATA);
        check_value("security.other", "stays");
        vfs_cred_put(root);
}
END_TEST

TEST_MAIN_FIXTURE("xattr", setup, teardown, test_xattrs_create_and_replace, test_xattrs_get_small_buffer,
                  test_xattrs_list_in_the_order_of_names, test_xattrs_remove, test_xattrs_many_and_large,
                  test_xattrs_a_write_takes_file_capabilities)
