/*
 * stats.c - what --stats prints: how often each call came, how it ended, how long
 * the answers took.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/vfsrun/vfsrun.h"

#define NUMBERS 512

static struct {
        uint64_t calls, continued, failed, ns; /* a */
} counts[NUMBERS];

void stats_count(int nr, int64_t result, uint64_t ns)
{
        unsigned int i = (unsigned int)nr < NUMBERS ? (unsigned int)nr : NUMBERS - 1;

        __atomic_add_fetch(&counts[i].calls, 1, __ATOMIC_RELAXED);
        __atomic_add_fetch(&counts[i].ns, ns, __ATOMIC_RELAXED);
        if (result == CALL_CONTINUE)
                __atomic_add_fetch(&counts[i].continued, 1, __ATOMIC_RELAXED);
        else if (result < 0 && result >= -4095)
                __atomic_add_fetch(&counts[i].failed, 1, __ATOMIC_RELAXED);
}

static int by_time(const void *a, const void *b)
{
        uint64_t x = counts[*(const int *)a].ns, y = counts[*(const int *)b].ns;

        return x > y ? -1 : x < y;
}

void stats_print(void)
{
        int order[NUMBERS], n = 0;
        struct vfs_stats stats = { .size = sizeof(stats) };

        for (int i = 0; i < NUMBERS; i++)
                if (counts[i].calls)
                        order[n++] = i;
        qsort(order, (size_t)n, sizeof(*order), by_time);
        fprintf(stderr, "%-20s %10s %10s %10s %12s %10s\n", "call", "calls", "failed", "to host", "total us",
                "mean us");
        for (int i = 0; i < n; i++) {
                const struct syscall_entry *e = syscall_find(order[i]);
                int at = order[i];

                fprintf(stderr, "%-20s %10lu %10lu %10lu %12.0f %10.2f%s\n", e ? e->name : "?",
                        (unsigned long)counts[at].calls, (unsigned long)counts[at].failed,
                        (unsigned long)counts[at].continued, (double)counts[at].ns / 1000,
                        (double)counts[at].ns / 1000 / (double)counts[at].calls,
                        e && e->refusal ? "  not served" : "");
        }
        vfs_get_stats(vr.vfs, &stats);
        fprintf(stderr, "walks %lu without a lock, %lu with references; %u mounts; %lu bytes of trees\n",
                (unsigned long)stats.walks_lockfree, (unsigned long)stats.walks_reference, stats.mounts,
                (unsigned long)stats.bytes);
}
