/*
 * oracle.c - random operation sequences on a host tmpfs and on vfs2: the same
 * answers, the same trees.
 *
 *      oracle                          fixed seeds, FIXED_OPS of each, as TAP: the same on every machine
 *      oracle --seconds 600            longer, fresh seeds only
 *      oracle --seed 7 --ops 100000    that seed, so many operations
 *      oracle --only namespaces        one kind of worlds: files, namespaces
 *      oracle --skip getcwd            without that operation (may be given several times)
 *      oracle --replay FILE            a printed sequence again, with every answer
 *
 * A sequence is made of worlds of WORLD_OPS operations, each from empty trees; those of
 * namespaces have fewer, since mounts multiply.
 * The first difference ends the run: its seed and the shrunk sequence are
 * printed, ready for --replay.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "tests/oracle/world.h"
#include "tests/semantics/driver.h"

#define WORLD_OPS           1500
#define TREE_INTERVAL       250
#define NAMESPACES_OPS      250
#define NAMESPACES_INTERVAL 25
#define FIXED_SEEDS         8
#define FIXED_OPS           45000
#define FIXED_MOUNT_OPS     6000
#define FIXED_SECONDS       150 /* for a machine that is very slow */

/* Kinds of worlds. */
enum kind { FILES, NAMESPACES, KINDS };
static const char *const kinds[KINDS] = { "files", "namespaces" };
static const int pairs_wanted[KINDS] = { 200, 120 }; /* of operation and errno, in the fixed run */

struct totals {
        uint64_t ops;
        uint32_t worlds;
        uint8_t pairs[KINDS][OP_COUNT][WORLD_ERRNOS];
};

static double now(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Kind KINDS: of each in turn. */
static unsigned int world_flags(uint64_t world, enum kind kind)
{
        if (kind == NAMESPACES || (kind == KINDS && world % 2 == 1))
                return WORLD_NAMESPACES;
        if (kind == KINDS)
                world /= 2;
        return (world % 4 == 3 ? WORLD_TIGHT : 0) | (world % 3 == 2 ? WORLD_MOUNTS : 0);
}

static void print_sequence(const struct op *ops, size_t n, unsigned int flags)
{
        char line[256];

        printf("# world %u\n", flags);
        for (size_t i = 0; i < n; i++) {
                op_print(&ops[i], line, sizeof(line));
                printf("# %s\n", line);
        }
}

/* Every line of text as a remark of TAP. */
static void remark(const char *text)
{
        while (*text) {
                size_t n = strcspn(text, "\n");

                printf("# %.*s\n", (int)n, text);
                text += n + (text[n] == '\n');
        }
}

static uint8_t skip[OP_COUNT]; /* kinds that are left out */

static size_t generate(uint64_t seed, unsigned int flags, struct op *ops)
{
        size_t n = 0, size = flags & WORLD_NAMESPACES ? NAMESPACES_OPS : WORLD_OPS;

        op_generate(seed, flags, ops, size);
        for (size_t i = 0; i < size; i++) {
                if (!skip[ops[i].kind])
                        ops[n++] = ops[i];
        }
        return n;
}

/*
 * Runs worlds of a seed until ops are done or the time is up. 0, 1 for a difference, -1 when
 * the host is no help.
 */
static int run_seed(uint64_t seed, enum kind kind, uint64_t max_ops, double until, struct totals *totals)
{
        struct world_report *report = world_report_new();
        static struct op ops[WORLD_OPS];

        for (uint64_t world = 0, done = 0; report && done < max_ops && now() < until; world++) {
                unsigned int flags = world_flags(world, kind);
                size_t interval = flags & WORLD_NAMESPACES ? NAMESPACES_INTERVAL : TREE_INTERVAL, n;

                n = generate(seed * UINT64_C(1000003) + world, flags, ops);
                world_run(ops, n, flags, interval, 0, report);
                if (report->soft)
                        world_run(ops, n, flags, interval, 0, report);
                if (report->skipped) {
                        printf("# the host cannot be used: %s\n", strerror((int)report->skipped));
                        return -1;
                }
                if (report->failed) {
                        printf("# seed %" PRIu64 ", world %" PRIu64 " differs:\n", seed, world);
                        remark(report->message);
                        n = world_shrink(ops, n, flags, interval, report);
                        printf("# shrunk to %zu operations:\n", n);
                        remark(report->message);
                        print_sequence(ops, n, flags);
                        return 1;
                }
                done += report->done;
                totals->ops += report->done;
                totals->worlds++;
                for (size_t i = 0; i < sizeof(report->pairs); i++)
                        ((uint8_t *)totals->pairs[flags & WORLD_NAMESPACES ? NAMESPACES : FILES])[i] |=
                                ((uint8_t *)report->pairs)[i];
                memset(report->pairs, 0, sizeof(report->pairs));
        }
        return report ? 0 : -1;
}

static int count_pairs(const uint8_t pairs[OP_COUNT][WORLD_ERRNOS], int print)
{
        int n = 0;

        for (int kind = 0; kind < OP_COUNT; kind++) {
                for (int err = 1; err < WORLD_ERRNOS; err++) {
                        n += pairs[kind][err];
                        if (print && pairs[kind][err])
                                printf("# %s %s\n", op_name(kind), strerrorname_np(err));
                }
        }
        return n;
}

static int replay(const char *file)
{
        struct world_report *report = world_report_new();
        static struct op ops[100000];
        unsigned int flags = 0;
        size_t n = 0;
        char line[512];
        FILE *f = fopen(file, "r");

        if (!f || !report) {
                fprintf(stderr, "oracle: %s: %s\n", file, strerror(errno));
                return 2;
        }
        while (n < sizeof(ops) / sizeof(ops[0]) && fgets(line, sizeof(line), f)) {
                /*
                 * As it was printed, with the marks of a remark or without them; what else is a
                 * remark is left out.
                 */
                if (sscanf(line, "# world %u", &flags) == 1 || line[0] == '\n')
                        continue;
                if (op_parse(line[0] == '#' ? line + 1 : line, &ops[n]) < 0) {
                        if (line[0] == '#')
                                continue;
                        fprintf(stderr, "oracle: %s: no operation: %s", file, line);
                        fclose(f);
                        return 2;
                }
                n++;
        }
        fclose(f);
        world_run(ops, n, flags, 1, 1, report);
        printf("%s", report->failed ? report->message : "no difference\n");
        return report->failed ? 1 : 0;
}

static uint64_t fresh_seed(void)
{
        uint32_t seed = 0;

        if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
                seed = (uint32_t)time(NULL);
        return seed;
}

static int usage(void)
{
        fprintf(stderr, "usage: oracle [--seed N] [--ops N] [--seconds N] [--pairs] "
                        "[--only files|namespaces] [--skip KIND]... | --replay FILE\n");
        return 2;
}

/* Both kinds of worlds with their fixed seeds; only: one of them. Returns whether something failed. */
static int run_fixed(enum kind only, int print_pairs, struct totals *totals, int *test)
{
        const double until = now() + FIXED_SECONDS;
        int r = 0, pairs;

        for (enum kind kind = FILES; kind < KINDS && r <= 0; kind++) {
                if (only != KINDS && kind != only)
                        continue;
                if (kind == NAMESPACES && driver_host_is_older(6, 18)) {
                        printf("ok %d - test_oracle_namespaces # SKIP needs Linux 6.18\n", ++*test);
                        continue;
                }
                for (int i = 1; i <= FIXED_SEEDS && r == 0; i++) {
                        r = run_seed((uint64_t)i, kind, kind == FILES ? FIXED_OPS : FIXED_MOUNT_OPS, until,
                                     totals);
                        if (r < 0)
                                return 0;
                        printf("%sok %d - test_oracle_%s_of_seed_%d_are_as_on_the_host\n",
                               r > 0 ? "not " : "", ++*test, kinds[kind], i);
                }
                if (r > 0)
                        break;
                pairs = count_pairs(totals->pairs[kind], print_pairs);
                r = pairs < pairs_wanted[kind];
                printf("%sok %d - test_oracle_reaches_%d_pairs_of_operation_and_errno_with_%s\n",
                       r ? "not " : "", ++*test, pairs_wanted[kind], kinds[kind]);
        }
        return r > 0;
}

/* A seed (0: any) for that long. Returns whether something failed. */
static int run_one(uint64_t seed, enum kind kind, uint64_t max_ops, double seconds, struct totals *totals,
                   int *test)
{
        int r;

        if (driver_host_is_older(6, 18)) {
                if (kind == NAMESPACES)
                        return 0;
                kind = FILES;
        }
        if (!seed)
                seed = fresh_seed();
        printf("# fresh seed %" PRIu64 "\n", seed);
        r = run_seed(seed, kind, max_ops, now() + seconds, totals);
        if (r >= 0)
                printf("%sok %d - test_oracle_fresh_seed_is_as_on_the_host\n", r > 0 ? "not " : "", ++*test);
        return r > 0;
}

int main(int argc, char **argv)
{
        static const struct option options[] = {
                { "seed", required_argument, NULL, 's' },    { "ops", required_argument, NULL, 'o' },
                { "seconds", required_argument, NULL, 't' }, { "replay", required_argument, NULL, 'r' },
                { "pairs", no_argument, NULL, 'p' },         { "skip", required_argument, NULL, 'k' },
                { "only", required_argument, NULL, 'y' },    { NULL, 0, NULL, 0 },
        };
        static struct totals totals;
        uint64_t seed = 0, max_ops = UINT64_MAX;
        double seconds = 20, begin = now();
        enum kind kind = KINDS;
        int c, failed, test = 0, print_pairs = 0, fixed = 1;

        while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
                switch (c) {
                case 's':
                        seed = strtoull(optarg, NULL, 0);
                        fixed = 0;
                        break;
                case 'o':
                        max_ops = strtoull(optarg, NULL, 0);
                        fixed = 0;
                        seconds = 1e9;
                        break;
                case 't':
                        seconds = strtod(optarg, NULL);
                        fixed = 0;
                        break;
                case 'r':
                        return replay(optarg);
                case 'p':
                        print_pairs = 1;
                        break;
                case 'k':
                        if (op_kind(optarg) < 0)
                                return usage();
                        skip[op_kind(optarg)] = 1;
                        break;
                case 'y':
                        for (kind = FILES; kind < KINDS && strcmp(optarg, kinds[kind]); kind++)
                                ;
                        if (kind == KINDS)
                                return usage();
                        break;
                default:
                        return usage();
                }
        }
        if (optind != argc)
                return usage();
        setvbuf(stdout, NULL, _IOLBF, 0);
        if (fixed)
                failed = run_fixed(kind, print_pairs, &totals, &test);
        else
                failed = run_one(seed, kind, max_ops, seconds, &totals, &test);
        if (!failed && totals.ops == 0) {
                printf("1..0 # SKIP needs root, mount namespaces and Linux 6.6\n");
                return 0;
        }
        printf("# %" PRIu64 " operations in %u worlds, %.0f a second; pairs of operation and errno:",
               totals.ops, totals.worlds, (double)totals.ops / (now() - begin));
        for (kind = FILES; kind < KINDS; kind++)
                printf(" %d with %s", count_pairs(totals.pairs[kind], print_pairs && !fixed), kinds[kind]);
        printf("\n1..%d\n", test);
        return failed ? 1 : 0;
}
