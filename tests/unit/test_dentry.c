/*
 * The base objects: filesystem, inode, dentry; their references, names, flags and what releasing frees.
 */
#include <errno.h>

#include "tests/unit/test_main.h"
#include "tests/unit/bare_vfs.h"

static struct bare_vfs bare;
static struct vfs_filesystem *fs;

static void setup(void)
{
        bare_init(&bare);
        ck_assert_int_eq(bare_fs_new(&bare, &fs), 0);
}

static void teardown(void)
{
        if (fs != NULL)
                vfs_filesystem_put(fs);
        bare_fini(&bare);
}

static struct vfs_dentry *node(const char *name, uint32_t mode)
{
        struct vfs_dentry *d;

        ck_assert_int_eq(bare_node_new(fs, name, mode, &d), 0);
        return d;
}

START_TEST(test_dentry_name_of_every_length)
{
        char name[VFS_NAME_MAX + 1];
        struct vfs_dentry *d;
        const char *got;
        size_t len;

        for (size_t n = 0; n <= VFS_NAME_MAX; n++) {
                memset(name, 'a' + (int)(n % 26), n);
                name[n] = '\0';
                d = node(name, VFS_S_IFREG);
                got = vfs_dentry_name(d, &len);
                ck_assert_uint_eq(len, n);
                ck_assert_mem_eq(got, name, n);
                ck_assert_mem_eq(d->name, name, n <= VFS_DENTRY_INLINE ? n : VFS_DENTRY_PREFIX);
                ck_assert((got == d->name) == (n <= VFS_DENTRY_INLINE));
                for (size_t i = n; i < VFS_DENTRY_INLINE; i++)
                        ck_assert_int_eq(d->name[i], 0);
                vfs_dentry_put(d);
        }
        ck_assert_uint_eq(bare.dentry_releases, VFS_NAME_MAX + 1);
}
END_TEST

START_TEST(test_dentry_rename_returns_the_old_block)
{
        char long1[41] = "0123456789012345678901234567890123456789", long2[] = "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy";
        struct vfs_dentry *d = node(long1, VFS_S_IFREG);
        uint64_t before = d->word;
        char *block = vfs_long_name_new(fs->arena, sizeof(long2) - 1);
        const char *name;
        char *old;
        size_t len;

        vfs_mutex_lock(&d->lock, VFS_LOCK_DENTRY);
        vfs_dentry_write_begin(d);
        ck_assert_uint_ne(d->word & VFS_D_ODD, 0);
        old = vfs_dentry_set_name_seq(d, long2, sizeof(long2) - 1, block);
        vfs_dentry_write_end(d);
        vfs_mutex_unlock(&d->lock, VFS_LOCK_DENTRY);
        ck_assert_str_eq(old, long1);
        vfs_long_name_free(fs->arena, old);
        name = vfs_dentry_name(d, &len);
        ck_assert_str_eq(name, long2);
        ck_assert_uint_eq(len, sizeof(long2) - 1);
        ck_assert_uint_eq(d->word >> 32, (before >> 32) + 2);

        vfs_mutex_lock(&d->lock, VFS_LOCK_DENTRY);
        vfs_dentry_write_begin(d);
        old = vfs_dentry_set_name_seq(d, "ab", 2, NULL);
        vfs_dentry_write_end(d);
        vfs_mutex_unlock(&d->lock, VFS_LOCK_DENTRY);
        ck_assert_ptr_eq(old, block);
        vfs_long_name_free(fs->arena, old);
        ck_assert_mem_eq(d->name, "ab\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32);
        ck_assert_uint_eq(vfs_dentry_len(d->word), 2);
        vfs_dentry_put(d);
}
END_TEST

START_TEST(test_dentry_sequence_wraps_within_its_bits)
{
        struct vfs_dentry *d = node("abc", VFS_S_IFDIR | 0755);
        const uint64_t flags = (uint32_t)d->word;

        vfs_mutex_lock(&d->lock, VFS_LOCK_DENTRY);
        d->word = flags | UINT64_C(0xfffffffe) << 32;
        vfs_dentry_write_begin(d);
        vfs_dentry_write_end(d);
        ck_assert(d->word == flags);
        d->word = flags | UINT64_C(0xfffffffe) << 32;
        vfs_dentry_set_flags_locked(d, VFS_D_MOUNTED, VFS_D_SEARCH);
        ck_assert(d->word == ((flags | VFS_D_MOUNTED) & ~VFS_D_SEARCH));
        vfs_mutex_unlock(&d->lock, VFS_LOCK_DENTRY);
        vfs_dentry_put(d);
}
END_TEST

START_TEST(test_dentry_flags_say_type_and_search)
{
        static const struct {
                uint32_t mode;
                uint64_t flags;
        } cases[] = {
                { VFS_S_IFDIR | 0755, VFS_D_DIR | VFS_D_SEARCH }, { VFS_S_IFDIR | 0111, VFS_D_DIR | VFS_D_SEARCH },
                { VFS_S_IFDIR | 0754, VFS_D_DIR },                { VFS_S_IFDIR | 0700, VFS_D_DIR },
                { VFS_S_IFREG | 0777, 0 },                        { VFS_S_IFLNK | 0777, VFS_D_SYMLINK },
                { VFS_S_IFIFO | 0777, 0 },                        { VFS_S_IFSOCK | 0777, 0 },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct vfs_dentry *d = node("x", cases[i].mode);

                ck_assert((uint32_t)d->word >> 16 << 16 == cases[i].flags);
                vfs_dentry_put(d);
        }
}
END_TEST

START_TEST(test_dentry_mode_changed_follows_the_mode)
{
        struct vfs_dentry *d = node("x", VFS_S_IFDIR | 0755);
        uint64_t word = d->word;

        vfs_dentry_mode_changed(d);
        ck_assert(d->word == word);
        vfs_mutex_lock(&d->inode->lock, VFS_LOCK_DIR);
        vfs_inode_write_begin(d->inode);
        d->inode->attr.mode = VFS_S_IFDIR | 0750;
        vfs_inode_write_end(d->inode);
        vfs_dentry_mode_changed(d);
        vfs_mutex_unlock(&d->inode->lock, VFS_LOCK_DIR);
        ck_assert((d->word & VFS_D_SEARCH) == 0);
        ck_assert(d->word >> 32 == (word >> 32) + 2);
        vfs_dentry_put(d);
}
END_TEST

START_TEST(test_dentry_new_is_its_own_parent_without_children)
{
        struct vfs_dentry *d = node("", VFS_S_IFDIR | 0755);
        const uint64_t *slots = (const uint64_t *)(d->children >> 6);

        ck_assert_ptr_eq(d->parent, d);
        ck_assert_uint_eq((uintptr_t)d % 64, 0);
        ck_assert_uint_eq(UINT64_MAX >> (d->children & 63), 1);
        ck_assert(slots[0] == 0 && slots[1] == 0);
        vfs_dentry_put(d);
}
END_TEST

START_TEST(test_dentry_tryget_fails_once_dead)
{
        struct vfs_dentry *d = node("x", VFS_S_IFREG);
        struct vfs_thread *t = vfs_thread_get();

        vfs_epoch_enter(t);
        ck_assert_int_eq(vfs_dentry_tryget(d), 1);
        vfs_epoch_exit(t);
        vfs_dentry_get(d);
        ck_assert_uint_eq(d->refs, 3);
        vfs_dentry_put(d);
        vfs_dentry_put(d);
        vfs_epoch_enter(t);
        vfs_dentry_put(d);
        ck_assert_uint_eq(bare.dentry_releases, 1);
        ck_assert_int_eq(vfs_dentry_tryget(d), 0);
        vfs_epoch_exit(t);
}
END_TEST

START_TEST(test_inode_attributes_of_a_new_file)
{
        const struct vfs_timespec now = { .sec = 5, .nsec = 6 };
        struct vfs_inode inode;
        struct vfs_attr attr;

        vfs_inode_init(&inode, fs, 9, VFS_S_IFCHR | 04751, 11, 12, 3, VFS_DEV(1, 0x12345), &now);
        vfs_inode_read_attr(&inode, &attr);
        ck_assert_uint_eq(attr.mask, VFS_STATX_BASIC_STATS | VFS_STATX_BTIME);
        ck_assert_uint_eq(attr.mode, VFS_S_IFCHR | 04751);
        ck_assert(attr.ino == 9 && attr.uid == 11 && attr.gid == 12 && attr.nlink == 3 && attr.blksize == 4096);
        ck_assert(attr.rdev_major == 1 && attr.rdev_minor == 0x12345);
        ck_assert(attr.dev_major == 0 && attr.dev_minor == fs->dev_minor && fs->dev_minor != 0);
        ck_assert(attr.mtime.sec == 5 && attr.btime.nsec == 6 && attr.size == 0 && attr.blocks == 0);
}
END_TEST

START_TEST(test_filesystem_put_frees_itself_and_what_is_linked)
{
        struct vfs_filesystem *other;
        struct vfs_dentry *d;

        ck_assert_int_eq(bare_fs_new(&bare, &other), 0);
        ck_assert_uint_ne(other->dev_minor, fs->dev_minor);
        ck_assert_str_eq(other->source, "source");
        for (int i = 0; i < 1000; i++)
                ck_assert_int_eq(bare_node_new(other, "a name that is longer than thirty-two bytes", VFS_S_IFREG, &d), 0);
        ck_assert_uint_gt(vfs_arena_bytes(other->arena), 1000 * sizeof(struct bare_node));
        vfs_dentry_put(d);
        vfs_filesystem_get(other);
        vfs_filesystem_put(other);
        ck_assert_uint_eq(bare.fs_releases, 0);
        vfs_filesystem_put(other);
        ck_assert_uint_eq(bare.fs_releases, 1);
        ck_assert_uint_eq(bare.dentry_releases, 1);
        ck_assert_ptr_eq(bare.vfs.filesystems, fs);
}
END_TEST

START_TEST(test_filesystem_next_visits_all)
{
        struct vfs_filesystem *other, *f;
        unsigned int n = 0;

        ck_assert_int_eq(bare_fs_new(&bare, &other), 0);
        for (f = vfs_filesystem_next(&bare.vfs, NULL); f != NULL; f = vfs_filesystem_next(&bare.vfs, f))
                n++;
        ck_assert_uint_eq(n, 2);
        ck_assert_uint_eq(other->refs, 1);
        vfs_filesystem_put(other);
}
END_TEST

START_TEST(test_filesystem_fini_undoes_init)
{
        struct vfs_filesystem base;

        ck_assert_int_eq(vfs_filesystem_init(&base, &bare.vfs, NULL, &bare_fs_ops, &bare_dentry_ops, NULL), 0);
        ck_assert_str_eq(base.source, "none");
        ck_assert_ptr_eq(bare.vfs.filesystems, &base);
        vfs_filesystem_fini(&base);
        ck_assert_ptr_eq(bare.vfs.filesystems, fs);
        ck_assert_uint_eq(bare.fs_releases, 0);
}
END_TEST

static int no_tree(struct vfs_fs_context *fc, struct vfs_filesystem **ret_fs, struct vfs_dentry **ret_root)
{
        return -ENODEV;
}

START_TEST(test_fstype_registry)
{
        static const struct vfs_fstype a = { .size = sizeof(a), .name = "a", .get_tree = no_tree },
                                       a2 = { .size = sizeof(a2), .name = "a", .get_tree = no_tree },
                                       bad = { .size = sizeof(bad) - 8, .name = "b", .get_tree = no_tree },
                                       noname = { .size = sizeof(noname), .get_tree = no_tree };

        ck_assert_ptr_null(vfs_fstype_find(&bare.vfs, "a"));
        ck_assert_int_eq(vfs_fstype_register(&bare.vfs, &a), 0);
        ck_assert_ptr_eq(vfs_fstype_find(&bare.vfs, "a"), &a);
        ck_assert_int_eq(vfs_fstype_register(&bare.vfs, &a2), -EBUSY);
        ck_assert_int_eq(vfs_fstype_register(&bare.vfs, &bad), -EINVAL);
        ck_assert_int_eq(vfs_fstype_register(&bare.vfs, &noname), -EINVAL);
        ck_assert_ptr_null(vfs_fstype_find(&bare.vfs, "b"));
}
END_TEST

#if VFS_DEBUG
START_TEST(test_track_finds_a_leaked_dentry_reference_at_release)
{
        struct vfs_dentry *d = node("x", VFS_S_IFREG);

        vfs_dentry_get(d);
        vfs_filesystem_put(fs);
        fs = NULL;
        ck_assert_uint_eq(vfs_track_live(&bare.vfs.track, NULL, NULL), 1);
        vfs_track_fini(&bare.vfs.track);
}
END_TEST

START_TEST(test_track_finds_an_unlinked_dentry_that_was_never_put)
{
        struct vfs_dentry *d = node("x", VFS_S_IFREG);

        vfs_mutex_lock(&d->lock, VFS_LOCK_DENTRY);
        vfs_dentry_set_flags_locked(d, VFS_D_DEAD, 0);
        vfs_mutex_unlock(&d->lock, VFS_LOCK_DENTRY);
        vfs_filesystem_put(fs);
        fs = NULL;
        ck_assert_uint_eq(vfs_track_live(&bare.vfs.track, NULL, NULL), 1);
        vfs_track_fini(&bare.vfs.track);
}
END_TEST

#define DEBUG_TESTS \
        , test_track_finds_a_leaked_dentry_reference_at_release, test_track_finds_an_unlinked_dentry_that_was_never_put
#else
#define DEBUG_TESTS
#endif

TEST_MAIN_FIXTURE("dentry", setup, teardown, test_dentry_name_of_every_length,
                  test_dentry_rename_returns_the_old_block, test_dentry_sequence_wraps_within_its_bits,
                  test_dentry_flags_say_type_and_search, test_dentry_mode_changed_follows_the_mode,
                  test_dentry_new_is_its_own_parent_without_children, test_dentry_tryget_fails_once_dead,
                  test_inode_attributes_of_a_new_file, test_filesystem_put_frees_itself_and_what_is_linked,
                  test_filesystem_next_visits_all, test_filesystem_fini_undoes_init,
                  test_fstype_registry DEBUG_TESTS)
