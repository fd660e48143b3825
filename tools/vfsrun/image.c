/*
 * image.c - executables in the jail.
 *
 * The guests' root on the host is a tmpfs that holds copies of the programs they execute,
 * and nothing else: so whatever path reaches the host's kernel, it finds no file of the
 * host's. Each image has a folder whose name cannot be guessed; in it are hard links of
 * the copy, one for each name it was called by, because the kernel takes the name
 * that ps shows from there. An ELF program's interpreter (the dynamic linker) is an image
 * too: the copy's PT_INTERP points to a new string at the end of the copy.
 *
 * Images are kept for later, the most recently used ones; size and times of the file
 * tell whether one is still good.
 */
#include "tools/vfsrun/image.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT 64u
#define COPY_BYTES (1u << 20)
#define FOLDER_LENGTH 33

struct image {
        struct image *next;     /* the lock's: all images, the last used first */
        uint32_t refs;          /* the lock's */
        struct vfs_statx st;    /* c */
        struct image *interp;   /* c  referenced */
        char folder[FOLDER_LENGTH + 1]; /* c */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct image *images;

static int read_at(const struct vfs_ctx *ctx, struct vfs_file *file, void *buf, size_t n, uint64_t at)
{
        struct vfs_iter it;

        if (at > INT64_MAX)
                return -ENOEXEC;
        vfs_iter_init_buf(&it, buf, n);
        return vfs_file_pread(ctx, file, &it, (int64_t)at, 0) == (int64_t)n ? 0 : -ENOEXEC;
}

/* The PT_INTERP of a file, and where its program header is. Errors: ENOEXEC. */
static int find_interp(const struct vfs_ctx *ctx, struct vfs_file *file, Elf64_Phdr *ret_phdr,
                       uint64_t *ret_at)
{
        Elf64_Ehdr e;

        *ret_at = 0;
        if (read_at(ctx, file, &e, sizeof(e), 0) < 0 || memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 ||
            e.e_ident[EI_CLASS] != ELFCLASS64 || e.e_phentsize != sizeof(*ret_phdr) || e.e_phnum > 1024)
                return -ENOEXEC;
        for (unsigned int i = 0; i < e.e_phnum; i++) {
                uint64_t at = e.e_phoff + i * sizeof(*ret_phdr);

                if (read_at(ctx, file, ret_phdr, sizeof(*ret_phdr), at) < 0)
                        return -ENOEXEC;
                if (ret_phdr->p_type == PT_INTERP) {
                        *ret_at = at;
                        return 0;
                }
        }
        return 0;
}

int image_interp(const struct vfs_ctx *ctx, struct vfs_file *file, char path[VFS_PATH_MAX])
{
        Elf64_Phdr ph;
        uint64_t at;
        int r;

        path[0] = '\0';
        r = find_interp(ctx, file, &ph, &at);
        if (r < 0 || !at)
                return r;
        if (ph.p_filesz < 2 || ph.p_filesz > VFS_PATH_MAX ||
            read_at(ctx, file, path, (size_t)ph.p_filesz, ph.p_offset) < 0 || path[ph.p_filesz - 1] != '\0')
                return -ENOEXEC;
        return 0;
}

/* Copies the file, and redirects its PT_INTERP. */
static int fill(const struct vfs_ctx *ctx, struct vfs_file *file, const struct image *im, int fd)
{
        char *buf = malloc(COPY_BYTES);
        int64_t at = 0, got = 0;
        char interp[FOLDER_LENGTH + 16];
        uint64_t ph_at = 0;
        Elf64_Phdr ph;
        int r = 0;

        if (!buf)
                return -ENOMEM;
        do {
                struct vfs_iter it;

                at += got;
                vfs_iter_init_buf(&it, buf, COPY_BYTES);
                got = vfs_file_pread(ctx, file, &it, at, 0);
        } while (got > 0 && pwrite(fd, buf, (size_t)got, at) == got);
        free(buf);
        if (got != 0)
                return got < 0 ? (int)got : -EIO;
        if (im->interp)
                r = find_interp(ctx, file, &ph, &ph_at);
        if (r < 0 || !ph_at)
                return r;
        snprintf(interp, sizeof(interp), "/%s/image", im->interp->folder);
        ph.p_offset = (uint64_t)at;
        ph.p_filesz = strlen(interp) + 1;
        if (pwrite(fd, interp, ph.p_filesz, at) != (ssize_t)ph.p_filesz ||
            pwrite(fd, &ph, sizeof(ph), (off_t)ph_at) != sizeof(ph))
                return -EIO;
        return 0;
}

/* Removes an image's files, and the structure; a process that executes it keeps the inode. */
static void discard(struct image *im)
{
        char path[FOLDER_LENGTH + 300];
        int dir = openat(vr.jail, im->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        char buf[4096] __attribute__((aligned(8)));
        ssize_t n;

        while (dir >= 0 && (n = getdents64(dir, buf, sizeof(buf))) > 0) {
                for (ssize_t at = 0; at < n;) {
                        const struct vfs_dirent *d = (const void *)(buf + at);

                        snprintf(path, sizeof(path), "%s/%s", im->folder, d->name);
                        if (d->type == VFS_DT_REG)
                                unlinkat(vr.jail, path, 0);
                        at += d->reclen;
                }
        }
        if (dir >= 0)
                close(dir);
        unlinkat(vr.jail, im->folder, AT_REMOVEDIR);
        free(im);
}

static int create(const struct vfs_ctx *ctx, struct vfs_file *file, struct image *im)
{
        char path[FOLDER_LENGTH + 16];
        uint64_t random[2];
        int fd, r;

        if (getrandom(random, sizeof(random), 0) != sizeof(random))
                return -EIO;
        snprintf(im->folder, sizeof(im->folder), "x%016lx%016lx", (unsigned long)random[0],
                 (unsigned long)random[1]);
        if (mkdirat(vr.jail, im->folder, 0711) < 0 || fchmodat(vr.jail, im->folder, 0711, 0) < 0)
                return -errno;
        snprintf(path, sizeof(path), "%s/image", im->folder);
        fd = openat(vr.jail, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500);
        if (fd < 0)
                return -errno;
        r = fill(ctx, file, im, fd);
        if (r == 0 && fchmod(fd, 0555) < 0)
                r = -errno;
        close(fd);
        return r;
}

static int same(const struct vfs_statx *a, const struct vfs_statx *b)
{
        return a->ino == b->ino && a->dev_minor == b->dev_minor && a->dev_major == b->dev_major &&
               a->size == b->size && a->mtime.sec == b->mtime.sec && a->mtime.nsec == b->mtime.nsec &&
               a->ctime.sec == b->ctime.sec && a->ctime.nsec == b->ctime.nsec;
}

/*
 * Forgets the images that nobody has used for longest, one at a time: it may have been the last user
 * of another.
 */
static void trim_locked(uint32_t keep)
{
        struct image **last, *im;
        uint32_t n;

        for (;;) {
                last = NULL;
                n = 0;
                for (struct image **at = &images; *at; at = &(*at)->next, n++)
                        if ((*at)->refs == 0)
                                last = at;
                if (n <= keep || !last)
                        return;
                im = *last;
                *last = im->next;
                if (im->interp)
                        im->interp->refs--;
                discard(im);
        }
}

int image_get(const struct vfs_ctx *ctx, struct vfs_file *file, const struct vfs_statx *st,
              struct image *interp, struct image **ret_image)
{
        struct image *im, **at;
        int r = 0;

        pthread_mutex_lock(&lock);
        for (at = &images; (im = *at); at = &im->next)
                if (im->interp == interp && same(&im->st, st)) {
                        *at = im->next;
                        break;
                }
        if (!im) {
                im = calloc(1, sizeof(*im));
                r = -ENOMEM;
                if (im) {
                        im->st = *st;
                        im->interp = interp;
                        r = create(ctx, file, im);
                        if (r < 0)
                                discard(im);
                        else if (interp)
                                interp->refs++;
                }
        }
        if (r == 0) {
                im->refs++;
                im->next = images;
                images = im;
                trim_locked(KEPT);
                *ret_image = im;
        }
        pthread_mutex_unlock(&lock);
        return r;
}

void image_put(struct image *im)
{
        if (!im)
                return;
        pthread_mutex_lock(&lock);
        im->refs--;
        pthread_mutex_unlock(&lock);
}

int image_path(struct image *im, const char *base, char *path, size_t size)
{
        char image[FOLDER_LENGTH + 16];

        snprintf(image, sizeof(image), "%s/image", im->folder);
        if ((size_t)snprintf(path, size, "/%s/%s", im->folder, *base ? base : "image") >= size)
                return -ENAMETOOLONG;
        if (linkat(vr.jail, image, vr.jail, path + 1, 0) < 0 && errno != EEXIST)
                return -errno;
        return 0;
}

void images_free(void)
{
        pthread_mutex_lock(&lock);
        trim_locked(0);
        pthread_mutex_unlock(&lock);
}
