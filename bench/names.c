/*
 * names.c - lists of very many paths.
 *
 * The texts lie one after the other in the order in which they are used, also
 * when that is a random one. The processor then fetches them ahead, and what
 * misses the caches is the filesystem that is measured, not the list of names.
 */
#include "bench/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/layout.h"

static void shuffle(uint32_t *order, size_t n, uint64_t seed)
{
        uint64_t state = seed;

        for (size_t i = n; i > 1; i--) {
                size_t k = (size_t)(bench_random(&state) % i);
                uint32_t other = order[k];

                order[k] = order[i - 1];
                order[i - 1] = other;
        }
}

int bench_names_new(size_t n, bench_name_fn name, uint64_t seed, struct bench_names *ret_names)
{
        struct bench_names names = { .n = n };
        char buf[BENCH_NAME_SIZE];
        uint32_t *order;
        size_t bytes = 0;
        int r = -ENOMEM;

        order = calloc(n, sizeof(*order));
        names.path = calloc(n, sizeof(*names.path));
        if (!order || !names.path)
                goto out;
        for (size_t i = 0; i < n; i++) {
                order[i] = (uint32_t)i;
                name(buf, i);
                bytes += strlen(buf) + 1;
        }
        names.text = malloc(bytes);
        if (!names.text)
                goto out;
        if (seed)
                shuffle(order, n, seed);
        bytes = 0;
        for (size_t i = 0; i < n; i++) {
                name(buf, order[i]);
                names.path[i] = strcpy(names.text + bytes, buf);
                bytes += strlen(buf) + 1;
        }
        *ret_names = names;
        names = (struct bench_names){ 0 };
        r = 0;
out:
        bench_names_fini(&names);
        free(order);
        return r;
}

void bench_names_fini(struct bench_names *names)
{
        free(names->path);
        free(names->text);
        *names = (struct bench_names){ 0 };
}
