/*
 * component.h - cutting a path into components, and hashing a component.
 *
 * A cursor walks over one NUL-terminated text (a path, or a symlink's target).
 * It looks at 64 bytes at a time and keeps a mask of where slashes and the NUL
 * are, so that the components of a block do not wait for each other. A block is
 * read whole only where it cannot cross into the next page; sanitizers get the
 * same through code that reads byte by byte.
 *
 * A component's first 16 bytes are kept zero-padded in one vector: names are
 * compared and hashed by it. The hash is keyed per instance and takes the name
 * alone, so a stranger cannot choose names that collide.
 */
#ifndef VFS_PATH_COMPONENT_H
#define VFS_PATH_COMPONENT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <vfs/abi.h>

#include "vfs/base/sync.h"

#if defined(__SSE2__) && !VFS_ASAN && !VFS_TSAN
#include <emmintrin.h>
#define VFS_CUT_SSE2 1
#else
#define VFS_CUT_SSE2 0
#endif

struct vfs_cut {
        const char *p; /* the next byte */
        uint64_t ends; /* bit i: p[i] is '/' or NUL, as far as was looked; 0: nothing was */
};

/* 16 bytes of a name, zero-padded: what names are compared and hashed by. */
typedef uint64_t vfs_name_head __attribute__((vector_size(16)));

struct vfs_component {
        const char *name; /* not NUL-terminated */
        size_t len;
};

VFS_INLINE bool vfs_page_holds(const char *p, unsigned int n)
{
        return ((uintptr_t)p & 4095) <= 4096 - n;
}

#if VFS_CUT_SSE2
/* The masks of 64 bytes: where a slash or a NUL is, and where a NUL. */
VFS_INLINE uint64_t vfs_cut_masks(const char *p, uint64_t *ret_nuls)
{
        const __m128i slash = _mm_set1_epi8('/');
        const __m128i nul = _mm_setzero_si128();
        uint64_t ends = 0, nuls = 0;

#pragma GCC unroll 4
        for (unsigned int i = 0; i < 4; i++) {
                __m128i v = _mm_loadu_si128((const __m128i *)(p + 16 * i));
                __m128i z = _mm_cmpeq_epi8(v, nul);
                __m128i e = _mm_or_si128(_mm_cmpeq_epi8(v, slash), z);

                ends |= (uint64_t)(uint16_t)_mm_movemask_epi8(e) << (16 * i);
                nuls |= (uint64_t)(uint16_t)_mm_movemask_epi8(z) << (16 * i);
        }
        *ret_nuls = nuls;
        return ends;
}

/*
 * Near the end of a page: the 64 aligned bytes that p is in are all in its page.
 * What ends in the page's last 15 bytes is left out, so that whatever component
 * is found this way has 16 bytes that can be read.
 */
static VFS_COLD uint64_t vfs_cut_masks_near(const char *p, uint64_t *ret_nuls)
{
        unsigned int before = (uintptr_t)p & 63;
        int64_t last = 4096 - 16 - (int64_t)((uintptr_t)p & 4095);
        uint64_t ends = vfs_cut_masks(p - before, ret_nuls) >> before;

        *ret_nuls >>= before;
        if (last < 0)
                return 0;
        return last < 63 ? ends & ((UINT64_C(2) << last) - 1) : ends;
}
#else
/* Byte by byte: never reads behind the NUL. *ret_nul: the block has the NUL. */
static VFS_COLD uint64_t vfs_cut_ends_slow(const char *p, bool *ret_nul)
{
        uint64_t ends = 0;

        *ret_nul = false;
        for (unsigned int i = 0; i < 64; i++) {
                if (p[i] == '/') {
                        ends |= UINT64_C(1) << i;
                } else if (p[i] == '\0') {
                        ends |= UINT64_C(1) << i;
                        *ret_nul = true;
                        break;
                }
        }
        return ends;
}
#endif

/* Looks at the block that begins at p. *ret_nul: it has the text's NUL. */
VFS_INLINE void vfs_cut_block(struct vfs_cut *cut, bool *ret_nul)
{
#if VFS_CUT_SSE2
        uint64_t nuls;

        /* A name that begins in the block is read by 16 bytes, too. */
        if (vfs_likely(vfs_page_holds(cut->p, 64 + 16)))
                cut->ends = vfs_cut_masks(cut->p, &nuls);
        else
                cut->ends = vfs_cut_masks_near(cut->p, &nuls);
        *ret_nul = nuls != 0;
#else
        cut->ends = vfs_cut_ends_slow(cut->p, ret_nul);
#endif
}

/* Begins a path. False when it is VFS_PATH_MAX bytes or longer. */
VFS_INLINE bool vfs_cut_init_path(struct vfs_cut *cut, const char *path)
{
        bool nul;

        cut->p = path;
        vfs_cut_block(cut, &nul);
        return vfs_likely(nul) || strnlen(path, VFS_PATH_MAX) < VFS_PATH_MAX;
}

/* Begins a text whose length is known to be right. */
VFS_INLINE void vfs_cut_init(struct vfs_cut *cut, const char *text)
{
        cut->p = text;
        cut->ends = 0; /* the first step looks at the block */
}

/* Is there no further component? */
VFS_INLINE bool vfs_cut_done(const struct vfs_cut *cut)
{
        const char *p = cut->p;

        while (*p == '/')
                p++;
        return *p == '\0';
}

static VFS_COLD vfs_name_head vfs_name_head_slow(const char *name, size_t len)
{
        vfs_name_head head = { 0, 0 };

        memcpy(&head, name, len < 16 ? len : 16);
        return head;
}

/* The first 16 bytes of a component that is VFS_CUT_NAME. */
VFS_INLINE vfs_name_head vfs_name_head_of(const char *name, size_t len)
{
#if VFS_CUT_SSE2
        /* From VFS_PATH_MAX - len on: as many ones as the name has bytes, then zeroes. */
        static const uint8_t ones[VFS_PATH_MAX + 16] = { [0 ... VFS_PATH_MAX - 1] = 0xff };

        return (vfs_name_head)_mm_and_si128(_mm_loadu_si128((const __m128i *)name),
                                            _mm_loadu_si128((const __m128i *)(ones + VFS_PATH_MAX - len)));
#else
        return vfs_name_head_slow(name, len);
#endif
}

/* The same of any name. */
VFS_INLINE vfs_name_head vfs_name_head_any(const char *name, size_t len)
{
        return vfs_likely(vfs_page_holds(name, 16)) ? vfs_name_head_of(name, len) : vfs_name_head_slow(name, len);
}

VFS_INLINE bool vfs_name_head_is(vfs_name_head a, vfs_name_head b)
{
#if VFS_CUT_SSE2
        return _mm_movemask_epi8(_mm_cmpeq_epi8((__m128i)a, (__m128i)b)) == 0xffff;
#else
        return a[0] == b[0] && a[1] == b[1];
#endif
}

/* The lowest bit of a mask that has one. */
VFS_INLINE size_t vfs_lowest_bit(uint64_t mask)
{
#if defined(__x86_64__)
        /* As the builtin, but 64 bits wide, and without what it does for a mask of 0. */
        size_t n;

        __asm__("rep bsf %1, %0" : "=r"(n) : "r"(mask) : "cc");
        return n;
#else
        return (size_t)__builtin_ctzll(mask);
#endif
}

/* What vfs_cut_next found. */
enum vfs_cut_found {
        VFS_CUT_END,  /* the end of the text; p is at the NUL */
        VFS_CUT_NAME, /* a component */
        VFS_CUT_ODD,  /* a component that is long, or so near the end of a page that it must be read byte by byte */
};

/* The component at p, which the block did not show the end of. */
static VFS_COLD enum vfs_cut_found vfs_cut_odd(const char *p, size_t *ret_len)
{
        *ret_len = strcspn(p, "/");
        return *ret_len != 0 || *p != '\0' ? VFS_CUT_ODD : VFS_CUT_END;
}

/*
 * The next component, which is empty between two slashes. One that ends at a
 * slash leaves p behind that slash.
 */
VFS_INLINE enum vfs_cut_found vfs_cut_next(struct vfs_cut *cut, struct vfs_component *c)
{
        size_t len;
        bool nul;

        c->name = cut->p;
        if (vfs_unlikely(cut->ends == 0)) {
                vfs_cut_block(cut, &nul);
                if (vfs_unlikely(cut->ends == 0)) {
                        enum vfs_cut_found found = vfs_cut_odd(cut->p, &len);

                        c->len = len;
                        cut->p += cut->p[len] == '/' ? len + 1 : len;
                        return found;
                }
        }
        len = vfs_lowest_bit(cut->ends);
        c->len = len;
        if (vfs_unlikely(cut->p[len] != '/')) {
                cut->p += len;
                cut->ends = 1;
                return len != 0 ? VFS_CUT_NAME : VFS_CUT_END;
        }
        cut->p += len + 1;
        cut->ends = cut->ends >> len >> 1;
        return VFS_CUT_NAME;
}

/* Passes over the slash at p, of a text that was just begun. */
VFS_INLINE void vfs_cut_skip_slash(struct vfs_cut *cut)
{
        cut->p++;
        cut->ends >>= 1;
}

/* Was the component followed by a slash? */
VFS_INLINE bool vfs_component_slash(const struct vfs_component *c)
{
        return c->name[c->len] == '/';
}

VFS_INLINE bool vfs_component_is_dot(const struct vfs_component *c)
{
        return c->len == 1 && c->name[0] == '.';
}

VFS_INLINE bool vfs_component_is_dotdot(const struct vfs_component *c)
{
        return c->len == 2 && c->name[0] == '.' && c->name[1] == '.';
}

VFS_INLINE uint64_t vfs_hash_fold(uint64_t a, uint64_t b)
{
        unsigned __int128 m = (unsigned __int128)a * b;

        return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* What a name has behind its first 16 bytes, folded into h. */
static VFS_COLD uint64_t vfs_hash_rest(uint64_t h, const char *name, size_t len, const uint64_t key[4])
{
        for (size_t i = 16; i < len; i += 16) {
                vfs_name_head part = vfs_name_head_slow(name + i, len - i);

                h = vfs_hash_fold(h ^ part[0] ^ key[2], part[1] ^ key[3]);
        }
        return h;
}

/*
 * The hash of a name whose head is known. key: four odd random words. The high
 * bits and the low 16 are used apart; the lowest is always set.
 */
VFS_INLINE uint64_t vfs_name_hash(const char *name, size_t len, vfs_name_head head, const uint64_t key[4])
{
        uint64_t h = vfs_hash_fold(head[0] ^ key[0], head[1] ^ key[1]);

        if (vfs_unlikely(len > 16))
                h = vfs_hash_rest(h, name, len, key);
        return h | 1;
}

/* The same of a name that is not being walked. */
static inline uint64_t vfs_name_hash_of(const char *name, size_t len, const uint64_t key[4])
{
        return vfs_name_hash(name, len, vfs_name_head_slow(name, len), key);
}

#endif
