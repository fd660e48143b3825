/*
 * xattrs.c - extended attributes: names, sizes, namespaces.
 */
#include "tests/semantics/semantics.h"

static char big[70000];

START_TEST(test_create_and_replace)
{
        char buf[16];

        make_file("F", 0644);
        ERR(ENODATA, sys_getxattr("F", "user.a", buf, sizeof(buf)));
        ERR(ENODATA, sys_removexattr("F", "user.a"));
        ERR(ENODATA, sys_setxattr("F", "user.a", "v", 1, VFS_XATTR_REPLACE));
        OK(sys_setxattr("F", "user.a", "one", 3, VFS_XATTR_CREATE));
        ERR(EEXIST, sys_setxattr("F", "user.a", "two", 3, VFS_XATTR_CREATE));
        OK(sys_setxattr("F", "user.a", "three", 5, VFS_XATTR_REPLACE));
        EQ(5, sys_getxattr("F", "user.a", buf, sizeof(buf)));
        WANT(!memcmp(buf, "three", 5));
        OK(sys_setxattr("F", "user.a", "", 0, 0));
        EQ(0, sys_getxattr("F", "user.a", buf, sizeof(buf)));
        ERR(EINVAL, sys_setxattr("F", "user.a", "v", 1, 4));
        OK(sys_removexattr("F", "user.a"));
        ERR(ENODATA, sys_getxattr("F", "user.a", buf, sizeof(buf)));
        ERR(ENODATA, sys_setxattr("F", "user.b", "v", 1, VFS_XATTR_CREATE | VFS_XATTR_REPLACE));
}
END_TEST

START_TEST(test_buffer_sizes)
{
        char buf[16];

        make_file("F", 0644);
        OK(sys_setxattr("F", "user.a", "12345", 5, 0));
        ERR(ERANGE, sys_getxattr("F", "user.a", buf, 4));
        EQ(5, sys_getxattr("F", "user.a", buf, 5));
        EQ(5, sys_getxattr("F", "user.a", NULL, 0));
        EQ(7, sys_listxattr("F", NULL, 0));
        ERR(ERANGE, sys_listxattr("F", buf, 6));
        EQ(7, sys_listxattr("F", buf, sizeof(buf)));
        WANT(!memcmp(buf, "user.a", 7));
}
END_TEST

START_TEST(test_names_and_values_have_limits)
{
        char name[300];

        make_file("F", 0644);
        ERR(EINVAL, sys_setxattr("F", "user.", "v", 1, 0));
        ERR(EOPNOTSUPP, sys_setxattr("F", "nonsense.a", "v", 1, 0));
        ERR(EOPNOTSUPP, sys_setxattr("F", "a", "v", 1, 0));
        ERR(EOPNOTSUPP, sys_getxattr("F", "nonsense.a", name, 1));
        ERR(EOPNOTSUPP, sys_removexattr("F", "nonsense.a"));
        ERR(ERANGE, sys_setxattr("F", "", "v", 1, 0));
        ERR(ERANGE, sys_getxattr("F", "", name, 1));
        memset(name, 'n', sizeof(name));
        memcpy(name, "user.", 5);
        name[255] = '\0';
        OK(sys_setxattr("F", name, "v", 1, 0));
        EQ(1, sys_getxattr("F", name, big, sizeof(big)));
        name[255] = 'n';
        name[256] = '\0';
        ERR(ERANGE, sys_setxattr("F", name, "v", 1, 0));
        ERR(ERANGE, sys_getxattr("F", name, big, sizeof(big)));
        ERR(ERANGE, sys_removexattr("F", name));
        ERR(E2BIG, sys_setxattr("F", "user.big", big, 65537, 0));
        ERR(E2BIG, sys_setxattr("F", "nonsense.big", big, 65537, 0));
        ERR(ENOENT, sys_setxattr("nope", "user.a", "v", 1, 0));
        ERR(ENOENT, sys_setxattr("nope", "nonsense.a", "v", 1, 0));
}
END_TEST

START_TEST(test_user_attributes_are_for_files_and_directories)
{
        char buf[8];

        make_file("F", 0644);
        make_dir("D", 0755);
        make_link("F", "L");
        OK(sys_mknod("P", S_IFIFO | 0666, 0, 0));
        OK(sys_setxattr("D", "user.a", "v", 1, 0));
        OK(sys_setxattr("L", "user.a", "v", 1, 0));
        EQ(1, sys_getxattr("F", "user.a", buf, sizeof(buf)));
        ERR(EPERM, drv->ops->setxattr(drv, "L", "user.a", "v", 1, 0, 1));
        ERR(ENODATA, drv->ops->getxattr(drv, "L", "user.a", buf, sizeof(buf), 1));
        ERR(EPERM, drv->ops->removexattr(drv, "L", "user.a", 1));
        EQ(0, drv->ops->listxattr(drv, "L", buf, sizeof(buf), 1));
        ERR(EPERM, sys_setxattr("P", "user.a", "v", 1, 0));
        ERR(ENODATA, sys_getxattr("P", "user.a", buf, sizeof(buf)));
        OK(drv->ops->setxattr(drv, "L", "trusted.a", "v", 1, 0, 1));
        EQ(1, drv->ops->getxattr(drv, "L", "trusted.a", buf, sizeof(buf), 1));
}
END_TEST

START_TEST(test_trusted_attributes_are_hidden_from_users)
{
        char buf[64];

        make_file("F", 0666);
        OK(sys_setxattr("F", "trusted.t", "v", 1, 0));
        OK(sys_setxattr("F", "user.u", "v", 1, 0));
        EQ(17, sys_listxattr("F", buf, sizeof(buf)));
        as_user(1000);
        ERR(EPERM, sys_setxattr("F", "trusted.t", "v", 1, 0));
        ERR(EPERM, sys_removexattr("F", "trusted.t"));
        ERR(ENODATA, sys_getxattr("F", "trusted.t", buf, sizeof(buf)));
        EQ(7, sys_listxattr("F", buf, sizeof(buf)));
}
END_TEST

START_TEST(test_permissions_are_those_of_the_file)
{
        char buf[8];

        make_file("R", 0644);
        make_file("W", 0622);
        OK(sys_setxattr("R", "user.a", "v", 1, 0));
        OK(sys_setxattr("W", "user.a", "v", 1, 0));
        as_user(1000);
        EQ(1, sys_getxattr("R", "user.a", buf, sizeof(buf)));
        ERR(EACCES, sys_setxattr("R", "user.a", "v", 1, 0));
        ERR(EACCES, sys_removexattr("R", "user.a"));
        ERR(EACCES, sys_getxattr("W", "user.a", buf, sizeof(buf)));
        OK(sys_setxattr("W", "user.a", "w", 1, 0));
        EQ(7, sys_listxattr("W", buf, sizeof(buf)));
        ERR(ENODATA, sys_removexattr("W", "user.nope"));
}
END_TEST

START_TEST(test_sticky_directory_takes_user_attributes_from_its_owner_only)
{
        make_dir("s", 01777);
        as_user(1000);
        ERR(EPERM, sys_setxattr("s", "user.a", "v", 1, 0));
        as_root();
        OK(sys_setxattr("s", "user.a", "v", 1, 0));
}
END_TEST

START_TEST(test_descriptor_forms_and_ctime)
{
        struct vfs_statx before, after;
        char buf[16];
        int fd;

        make_file("F", 0644);
        fd = (int)OK(sys_open("F", O_RDONLY, 0));
        age("F");
        before = attr_of("F");
        tick();
        OK(drv->ops->fsetxattr(drv, fd, "user.a", "v", 1, 0));
        after = attr_of("F");
        WANT(time_before(&before.ctime, &after.ctime));
        WANT(time_is(&after.mtime, 1000));
        EQ(1, drv->ops->fgetxattr(drv, fd, "user.a", buf, sizeof(buf)));
        EQ(7, drv->ops->flistxattr(drv, fd, buf, sizeof(buf)));
        OK(drv->ops->fremovexattr(drv, fd, "user.a"));
        EQ(0, drv->ops->flistxattr(drv, fd, buf, sizeof(buf)));
        OK(sys_link("F", "G"));
        OK(sys_setxattr("G", "user.b", "w", 1, 0));
        EQ(1, drv->ops->fgetxattr(drv, fd, "user.b", buf, sizeof(buf)));
}
END_TEST

SEMANTICS_MAIN("xattrs", test_create_and_replace, test_buffer_sizes, test_names_and_values_have_limits,
               test_user_attributes_are_for_files_and_directories,
               test_trusted_attributes_are_hidden_from_users, test_permissions_are_those_of_the_file,
               test_sticky_directory_takes_user_attributes_from_its_owner_only,
               test_descriptor_forms_and_ctime)
