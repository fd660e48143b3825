/*
 * Devices and sockets as nodes, and the device registry.
 */
#include "tests/unit/bare_file.h"
#include "tests/unit/test_main.h"
#include "vfs/object/device.h"

#include <vfs/mntns.h>

static struct bare_files w;
static struct vfs_ctx *ctx;
static struct vfs_dentry *chr, *blk, *sock;

static void setup(void)
{
        ctx = bare_files_init(&w);
        chr = bare_child(w.world.root.dentry, "chr", VFS_S_IFCHR | 0600);
        blk = bare_child(w.world.root.dentry, "blk", VFS_S_IFBLK | 0600);
        sock = bare_child(w.world.root.dentry, "sock", VFS_S_IFSOCK | 0600);
        chr->inode->attr.rdev_major = blk->inode->attr.rdev_major = 1;
        chr->inode->attr.rdev_minor = blk->inode->attr.rdev_minor = 3;
}

static void teardown(void)
{
        vfs_dentry_put(chr);
        vfs_dentry_put(blk);
        vfs_dentry_put(sock);
        vfs_devices_fini(ctx->vfs);
        bare_files_fini(&w);
}

static int device_open(void *device, const struct vfs_ctx *dctx, const struct vfs_path *path, uint32_t flags,
                       struct vfs_file **ret_file)
{
        ++*(int *)device;
        return vfs_file_new(dctx, path, &bare_reg_ops, flags, sizeof(struct vfs_file), ret_file);
}

static const struct vfs_device_ops device_ops = { .size = sizeof(device_ops), .open = device_open };

START_TEST(test_special_unknown_device_and_socket_are_enxio)
        {
                struct vfs_file *file;

                ck_assert_int_eq(bare_open(&w, chr, VFS_O_RDWR, &file), -ENXIO);
                ck_assert_int_eq(bare_open(&w, sock, VFS_O_RDWR, &file), -ENXIO);
        }
END_TEST

START_TEST(test_special_device_is_found_by_type_and_number)
        {
                struct vfs_file *file;
                int opens = 0;

                ck_assert_int_eq(vfs_device_register(ctx->vfs, VFS_S_IFCHR, 1, 3, &device_ops, &opens), 0);
                ck_assert_int_eq(vfs_device_register(ctx->vfs, VFS_S_IFCHR, 1, 4, &device_ops, NULL), 0);
                ck_assert_int_eq(bare_open(&w, blk, VFS_O_RDWR, &file), -ENXIO);
                ck_assert_int_eq(bare_open(&w, chr, VFS_O_RDWR, &file), 0);
                ck_assert_int_eq(opens, 1);
                /* A device is no writer of the mount that its node is on. */
                ck_assert_uint_eq(w.world.root.mount->writers, 0);
                vfs_file_put(file);
                ck_assert_int_eq(vfs_device_unregister(ctx->vfs, VFS_S_IFCHR, 1, 3), 0);
                ck_assert_int_eq(bare_open(&w, chr, VFS_O_RDWR, &file), -ENXIO);
        }
END_TEST

START_TEST(test_special_nodev_mount_is_eacces)
        {
                struct vfs_file *file;
                int opens = 0;

                ck_assert_int_eq(vfs_device_register(ctx->vfs, VFS_S_IFBLK, 1, 3, &device_ops, &opens), 0);
                ck_assert_int_eq(vfs_mount_remount_at(ctx, &w.world.root,
                                                      VFS_MS_REMOUNT | VFS_MS_BIND | VFS_MS_NODEV, NULL),
                                 0);
                ck_assert_int_eq(bare_open(&w, blk, VFS_O_RDONLY, &file), -EACCES);
                ck_assert_int_eq(opens, 0);
                file = bare_must_open(&w, blk, VFS_O_PATH);
                vfs_file_put(file);
                file = bare_must_open(&w, w.fifo, VFS_O_RDWR);
                vfs_file_put(file);
        }
END_TEST

START_TEST(test_special_filesystem_of_a_user_namespace_is_eacces)
        {
                const struct vfs_userns_opts opts = { .size = sizeof(opts) };
                struct vfs_userns *userns;
                struct vfs_file *file;
                int opens = 0;

                ck_assert_int_eq(vfs_userns_new(&opts, &userns), 0);
                vfs_filesystem_set_owner(w.world.root.mount->fs, userns);
                vfs_userns_put(userns); /* the filesystem holds it */
                ck_assert_int_eq(vfs_device_register(ctx->vfs, VFS_S_IFCHR, 1, 3, &device_ops, &opens), 0);
                ck_assert_int_eq(bare_open(&w, chr, VFS_O_RDONLY, &file), -EACCES);
                ck_assert_int_eq(opens, 0);
                file = bare_must_open(&w, chr, VFS_O_PATH);
                vfs_file_put(file);
                file = bare_must_open(&w, w.fifo, VFS_O_RDWR);
                vfs_file_put(file);
        }
END_TEST

START_TEST(test_special_register_arguments)
        {
                struct vfs_device_ops small = { .size = 4, .open = device_open },
                                      empty = { .size = sizeof(empty) };

                ck_assert_int_eq(vfs_device_register(ctx->vfs, VFS_S_IFREG, 1, 3, &device_ops, NULL),
                                 -EINVAL);
                ck_assert_int_eq(vfs_device_register(ctx->vfs, VFS_S_IFCHR, 1, 3, &small, NULL), -EINVAL);
                ck_assert_int_eq(vfs_device_register(ctx->vfs, VFS_S_IFCHR, 1, 3, &empty, NULL), -EINVAL);
                ck_assert_int_eq(vfs_device_unregister(ctx->vfs, VFS_S_IFCHR, 1, 3), -EINVAL);
                ck_assert_int_eq(vfs_device_register(ctx->vfs, VFS_S_IFCHR, 1, 3, &device_ops, NULL), 0);
                ck_assert_int_eq(vfs_device_register(ctx->vfs, VFS_S_IFCHR, 1, 3, &device_ops, NULL), -EBUSY);
        }
END_TEST

TEST_MAIN_FIXTURE("special", setup, teardown, test_special_unknown_device_and_socket_are_enxio,
                  test_special_device_is_found_by_type_and_number, test_special_nodev_mount_is_eacces,
                  test_special_filesystem_of_a_user_namespace_is_eacces, test_special_register_arguments)
