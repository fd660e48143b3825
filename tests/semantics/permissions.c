/*
 * permissions.c - who may do what: modes, groups, sticky and setgid directories,
 * capabilities, and when suid and sgid go away.
 */
#include "tests/semantics/semantics.h"

START_TEST(test_sticky_directory_protects_others_files)
{
        make_dir("s", 01777);
        as_user(1001);
        make_file("s/theirs", 0666);
        make_dir("s/theirdir", 0777);
        as_user(1000);
        make_file("s/mine", 0644);
        ERR(EPERM, sys_unlink("s/theirs"));
        ERR(EPERM, sys_rmdir("s/theirdir"));
        ERR(EPERM, sys_rename("s/theirs", "s/x"));
        ERR(EPERM, sys_rename("s/mine", "s/theirs"));
        ERR(EPERM, sys_rename2("s/mine", "s/theirs", VFS_RENAME_EXCHANGE));
        ERR(EPERM, sys_unlink("s/theirdir"));
        ERR(EPERM, sys_rmdir("s/theirs"));
        OK(sys_rename("s/mine", "s/mine2"));
        OK(sys_unlink("s/mine2"));
        as_root();
        OK(sys_chown("s", 1000, 1000));
        as_user(1000);
        OK(sys_unlink("s/theirs"));
        as_cred(1002, 1002, CAP(FOWNER));
        OK(sys_rmdir("s/theirdir"));
}
END_TEST

START_TEST(test_directory_without_x_is_not_searched)
{
        make_dir("d", 0766);
        make_file("d/f", 0666);
        as_user(1000);
        ERR(EACCES, sys_stat("d/f"));
        ERR(EACCES, sys_stat("d/nope"));
        ERR(EACCES, sys_stat("d/."));
        ERR(EACCES, sys_stat("d/.."));
        OK(sys_stat("d"));
        OK(sys_stat("d/"));
        OK(sys_stat("d//"));
        OK(sys_stat("d///"));
        ERR(EACCES, sys_stat("d//."));
        ERR(EACCES, sys_stat("d//f"));
        ERR(EACCES, sys_chdir("d"));
        ERR(EACCES, sys_unlink("d/f"));
        ERR(EACCES, sys_mkdir("d/x", 0755));
        WANT(listed("d", "f"));
}
END_TEST

START_TEST(test_directory_without_r_is_not_listed)
{
        make_dir("d", 0711);
        make_file("d/f", 0644);
        as_user(1000);
        OK(sys_stat("d/f"));
        ERR(EACCES, sys_open("d", O_RDONLY | O_DIRECTORY, 0));
        OK(sys_open("d", O_PATH, 0));
        OK(sys_chdir("d"));
}
END_TEST

START_TEST(test_unwritable_directory_existing_name_comes_first)
{
        make_dir("d", 0755);
        make_file("d/f", 0644);
        make_dir("d/e", 0755);
        as_user(1000);
        ERR(EEXIST, sys_mkdir("d/f", 0755));
        ERR(EEXIST, sys_mknod("d/f", S_IFIFO, 0, 0));
        ERR(EEXIST, sys_symlink("t", "d/f"));
        ERR(EEXIST, sys_open("d/f", O_RDWR | O_CREAT | O_EXCL, 0644));
        ERR(EACCES, sys_mkdir("d/x", 0755));
        ERR(EACCES, sys_symlink("t", "d/x"));
        ERR(EACCES, sys_open("d/x", O_RDWR | O_CREAT, 0644));
        ERR(EACCES, sys_unlink("d/f"));
        ERR(EACCES, sys_rmdir("d/e"));
        ERR(EACCES, sys_unlink("d/e"));
        ERR(EACCES, sys_rmdir("d/f"));
        ERR(ENOENT, sys_unlink("d/x"));
        ERR(ENOENT, sys_rmdir("d/x"));
        OK(sys_open("d/f", O_RDONLY | O_CREAT, 0644));
        ERR(EACCES, sys_open("d/f", O_RDWR | O_CREAT, 0644));
}
END_TEST

START_TEST(test_class_of_the_caller_decides_alone)
{
        make_file("owner", 0066);
        make_file("group", 0606);
        make_file("other", 0660);
        OK(sys_chown("owner", 1000, 50));
        OK(sys_chown("group", 7, 50));
        OK(sys_chown("other", 7, 51));
        as_user_in_group(1000, 50);
        ERR(EACCES, sys_open("owner", O_RDONLY, 0));
        ERR(EACCES, sys_open("group", O_RDONLY, 0));
        ERR(EACCES, sys_open("other", O_RDONLY, 0));
        as_user(1001);
        OK(sys_open("owner", O_RDWR, 0));
        OK(sys_open("group", O_RDWR, 0));
        as_user_in_group(1001, 51);
        OK(sys_open("other", O_RDWR, 0));
}
END_TEST

START_TEST(test_only_the_owner_changes_attributes)
{
        const struct vfs_timespec set[2] = { { 1, 0 }, { 1, 0 } };
        const struct vfs_timespec now[2] = { { 0, VFS_UTIME_NOW }, { 0, VFS_UTIME_NOW } };
        const struct vfs_timespec half[2] = { { 0, VFS_UTIME_NOW }, { 0, VFS_UTIME_OMIT } };

        make_file("F", 0666);
        make_file("R", 0444);
        as_user(1000);
        ERR(EPERM, sys_open("F", O_RDONLY | O_NOATIME, 0));
        ERR(EPERM, sys_chmod("F", 0777));
        ERR(EPERM, sys_chown("F", 1000, (uint32_t)-1));
        ERR(EPERM, sys_chown("F", (uint32_t)-1, 1000));
        ERR(EPERM, sys_utimens("F", set));
        ERR(EPERM, sys_utimens("F", half));
        OK(sys_utimens("F", now));
        OK(sys_utimens("F", NULL));
        ERR(EACCES, sys_utimens("R", now));
        ERR(EACCES, sys_utimens("R", NULL));
        OK(sys_chown("F", (uint32_t)-1, (uint32_t)-1));
        as_root();
        OK(sys_chown("R", 1000, 1000));
        as_user_in_group(1000, 77);
        OK(sys_utimens("R", set));
        OK(sys_chown("R", 1000, 77));
        ERR(EPERM, sys_chown("R", 1000, 78));
        ERR(EPERM, sys_chown("R", 1001, (uint32_t)-1));
        OK(sys_open("R", O_RDONLY | O_NOATIME, 0));
}
END_TEST

START_TEST(test_hard_link_to_a_file_one_cannot_write)
{
        int on = driver_host_sysctl("protected_hardlinks") != 0;

        make_dir("d", 0777);
        make_file("ro", 0644);
        make_file("rw", 0666);
        make_file("suid", 04777);
        OK(sys_chmod("suid", 04777));
        make_file("sgid", 02777);
        OK(sys_chmod("sgid", 02777));
        OK(sys_mknod("fifo", S_IFIFO | 0666, 0, 0));
        make_link("ro", "L");
        as_user(1000);
        OK(sys_link("rw", "d/rw"));
        EQ(on ? -EPERM : 0, sys_link("ro", "d/ro"));
        EQ(on ? -EPERM : 0, sys_link("suid", "d/suid"));
        EQ(on ? -EPERM : 0, sys_link("sgid", "d/sgid"));
        EQ(on ? -EPERM : 0, sys_link("fifo", "d/fifo"));
        EQ(on ? -EPERM : 0, sys_link("L", "d/L"));
        as_cred(1000, 1000, CAP(FOWNER));
        OK(sys_link("ro", "d/ro2"));
}
END_TEST

START_TEST(test_setgid_directory_hands_down_its_group)
{
        make_dir("d", 0777);
        OK(sys_chown("d", 0, 500));
        OK(sys_chmod("d", 02777));
        as_user(1000);
        make_file("d/f", 0644);
        make_dir("d/sub", 0755);
        make_link("t", "d/l");
        EQ(500, attr_of("d/f").gid);
        EQ(0644, mode_of("d/f"));
        EQ(500, attr_of("d/sub").gid);
        EQ(02755, mode_of("d/sub"));
        EQ(500, attr_of("d/l").gid);
        OK(sys_open("d/s", O_WRONLY | O_CREAT, 02775));
        EQ(0775, mode_of("d/s")); /* not in group 500 */
        as_user_in_group(1000, 500);
        OK(sys_open("d/t", O_WRONLY | O_CREAT, 02775));
        EQ(02775, mode_of("d/t"));
        OK(sys_open("d/u", O_WRONLY | O_CREAT, 06755));
        EQ(06755, mode_of("d/u"));
}
END_TEST

START_TEST(test_setgid_of_a_foreign_group_is_dropped_silently)
{
        make_file("F", 0644);
        make_dir("D", 0755);
        OK(sys_chown("F", 1000, 500));
        OK(sys_chown("D", 1000, 500));
        as_user(1000);
        OK(sys_chmod("F", 06755));
        EQ(04755, mode_of("F"));
        OK(sys_chmod("D", 02755));
        EQ(0755, mode_of("D"));
        as_user_in_group(1000, 500);
        OK(sys_chmod("F", 06755));
        EQ(06755, mode_of("F"));
        as_cred(1000, 1000, CAP(FSETID));
        OK(sys_chmod("D", 02755));
        EQ(02755, mode_of("D"));
}
END_TEST

START_TEST(test_write_clears_suid_and_sgid)
{
        static const struct {
                uint32_t before, after;
        } rows[] = { { 06777, 0777 }, { 04755, 0755 }, { 02755, 0755 },
                     { 02745, 0745 }, { 06745, 0745 }, { 01777, 01777 } };
        int fd;

        make_file("F", 0666);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                as_root();
                OK(sys_chmod("F", rows[i].before));
                fd = (int)OK(sys_open("F", O_WRONLY, 0));
                EQ(1, sys_write(fd, "x", 1));
                EQ(rows[i].before, mode_of("F")); /* root has CAP_FSETID */
                as_user(1000);
                EQ(1, sys_write(fd, "x", 1));
                EQ(rows[i].after, mode_of("F"));
                OK(sys_close(fd));
        }
        as_root();
        OK(sys_chmod("F", 06777));
        as_user(1000);
        OK(sys_truncate("F", 0));
        EQ(0777, mode_of("F"));
        as_root();
        OK(sys_chmod("F", 06777));
        as_user(1000);
        OK(sys_open("F", O_WRONLY | O_TRUNC, 0));
        EQ(0777, mode_of("F"));
        as_root();
        OK(sys_chmod("F", 06777));
        fd = (int)OK(sys_open("F", O_WRONLY, 0));
        as_user(1000);
        EQ(0, sys_write(fd, "", 0));
        EQ(06777, mode_of("F"));
        OK(sys_fallocate(fd, 0, 0, 10));
        EQ(0777, mode_of("F"));
}
END_TEST

START_TEST(test_chown_clears_suid_and_sgid_with_group_x)
{
        make_file("F", 0644);
        make_dir("D", 0755);
        OK(sys_chmod("F", 06755));
        OK(sys_chown("F", 5, 5));
        EQ(0755, mode_of("F"));
        OK(sys_chmod("F", 06745));
        OK(sys_chown("F", 6, 6));
        EQ(02745, mode_of("F"));
        OK(sys_chmod("D", 06777));
        OK(sys_chown("D", 5, 5));
        EQ(06777, mode_of("D"));
        OK(sys_chmod("F", 06755));
        OK(sys_chown("F", (uint32_t)-1, (uint32_t)-1));
        EQ(0755, mode_of("F"));
        OK(sys_chown("F", 1000, 1000));
        OK(sys_chmod("F", 06777));
        as_user_in_group(1000, 9);
        OK(sys_chown("F", (uint32_t)-1, 9));
        EQ(0777, mode_of("F"));
}
END_TEST

START_TEST(test_access_mode_3_needs_both_and_gives_neither)
{
        char c;
        int fd;

        make_file("F", 0666);
        make_file("R", 0444);
        make_file("W", 0222);
        as_user(1000);
        ERR(EACCES, sys_open("R", 3, 0));
        ERR(EACCES, sys_open("W", 3, 0));
        fd = (int)OK(sys_open("F", 3, 0));
        ERR(EBADF, sys_read(fd, &c, 1));
        ERR(EBADF, sys_write(fd, "x", 1));
        fd = (int)OK(sys_open("R", O_RDONLY, 0));
        ERR(EBADF, sys_write(fd, "x", 1));
        ERR(EINVAL, sys_ftruncate(fd, 0));
        fd = (int)OK(sys_open("W", O_WRONLY, 0));
        ERR(EBADF, sys_read(fd, &c, 1));
}
END_TEST

START_TEST(test_mode_of_creation_does_not_limit_the_creating_open)
{
        int fd;

        make_dir("d", 0777);
        as_user(1000);
        fd = (int)OK(sys_open("d/f", O_RDWR | O_CREAT, 0));
        EQ(1, sys_write(fd, "x", 1));
        ERR(EACCES, sys_open("d/f", O_RDONLY, 0));
        ERR(EACCES, sys_open("d/f", O_RDWR | O_CREAT, 0));
}
END_TEST

START_TEST(test_root_without_dac_override_is_a_user)
{
        make_dir("d", 0700);
        make_file("d/f", 0600);
        OK(sys_chown("d/f", 1000, 1000));
        make_file("mine", 0);
        as_cred(0, 0, 0);
        OK(sys_stat("d/f"));
        ERR(EACCES, sys_open("d/f", O_RDONLY, 0));
        ERR(EACCES, sys_open("mine", O_RDONLY, 0));
        ERR(EPERM, sys_chmod("d/f", 0666));
        ERR(EPERM, sys_chown("d/f", 0, 0));
        as_cred(0, 0, CAP(DAC_READ_SEARCH));
        OK(sys_open("d/f", O_RDONLY, 0));
        ERR(EACCES, sys_open("d/f", O_WRONLY, 0));
        ERR(EACCES, sys_open("d/f", O_RDWR, 0));
        as_cred(1001, 1001, CAP(DAC_READ_SEARCH));
        OK(sys_stat("d/f"));
        OK(sys_open("d", O_RDONLY, 0));
        ERR(EACCES, sys_open("d/new", O_WRONLY | O_CREAT, 0644));
        as_cred(1001, 1001, CAP(DAC_OVERRIDE));
        OK(sys_open("d/f", O_RDWR, 0));
        OK(sys_open("d/new", O_WRONLY | O_CREAT, 0644));
        as_cred(1001, 1001, CAP(CHOWN));
        OK(sys_chown("mine", 7, 7));
        as_cred(1001, 1001, CAP(FOWNER));
        OK(sys_chmod("mine", 0777));
        ERR(EPERM, sys_chown("mine", 8, 8));
}
END_TEST

START_TEST(test_dac_override_gives_x_only_where_somebody_has_it)
{
        make_file("none", 0644);
        make_file("some", 0601);
        make_dir("d", 0);
        ERR(EACCES, sys_access("none", X_OK));
        OK(sys_access("none", R_OK | W_OK));
        OK(sys_access("some", X_OK));
        OK(sys_access("d", X_OK | W_OK | R_OK));
        OK(sys_stat("d/."));
}
END_TEST

START_TEST(test_new_files_belong_to_their_maker)
{
        make_dir("d", 0777);
        as_cred(1000, 1001, 0);
        make_file("d/f", 0666);
        make_dir("d/d", 0777);
        make_link("t", "d/l");
        OK(sys_mknod("d/p", S_IFIFO | 0666, 0, 0));
        EQ(1000, attr_of("d/f").uid);
        EQ(1001, attr_of("d/f").gid);
        EQ(1000, attr_of("d/l").uid);
        EQ(1001, attr_of("d/d").gid);
        drv->ops->umask(drv, 077);
        make_file("d/g", 0666);
        EQ(0600, mode_of("d/g"));
        OK(sys_mknod("d/q", S_IFIFO | 0666, 0, 0));
        EQ(0600, mode_of("d/q"));
        make_link("t", "d/m");
        EQ(0777, mode_of("d/m"));
}
END_TEST

START_TEST(test_truncate_needs_write_permission)
{
        make_file("F", 0644);
        make_dir("d", 0700);
        make_file("d/f", 0666);
        as_user(1000);
        ERR(EACCES, sys_truncate("F", 0));
        ERR(EACCES, sys_truncate("d/f", 0));
}
END_TEST

START_TEST(test_mount_calls_need_cap_sys_admin)
{
        make_dir("m", 0777);
        as_user(1000);
        ERR(EPERM, mount_tmpfs("m"));
        ERR(EPERM, sys_umount("/"));
        ERR(EPERM, sys_chroot("m"));
        as_cred(0, 0, 0);
        ERR(EPERM, mount_tmpfs("m"));
        ERR(EPERM, sys_chroot("m"));
        ERR(ENOENT, sys_chroot("nope"));
        as_cred(0, 0, CAP(SYS_CHROOT));
        OK(sys_chroot("m"));
}
END_TEST

SEMANTICS_MAIN("permissions", test_sticky_directory_protects_others_files,
               test_directory_without_x_is_not_searched, test_directory_without_r_is_not_listed,
               test_unwritable_directory_existing_name_comes_first, test_class_of_the_caller_decides_alone,
               test_only_the_owner_changes_attributes, test_hard_link_to_a_file_one_cannot_write,
               test_setgid_directory_hands_down_its_group, test_setgid_of_a_foreign_group_is_dropped_silently,
               test_write_clears_suid_and_sgid, test_chown_clears_suid_and_sgid_with_group_x,
               test_access_mode_3_needs_both_and_gives_neither,
               test_mode_of_creation_does_not_limit_the_creating_open,
               test_root_without_dac_override_is_a_user, test_dac_override_gives_x_only_where_somebody_has_it,
               test_new_files_belong_to_their_maker, test_truncate_needs_write_permission,
               test_mount_calls_need_cap_sys_admin)
