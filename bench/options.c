/*
 * options.c - vfsbench's command line.
 *
 * Each command accepts the options that mean something to it and refuses the
 * others, so that nobody believes to have measured what was ignored.
 */
#include "bench/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char bench_usage[] =
        "usage: vfsbench stat [--depth N,N,...] [--mount] [--threads N] [--files N]\n"
        "                     [--reps N] [--ms N] [--json] [--peer gvisor]\n"
        "       vfsbench ops [--files N] [--reps N] [--ms N] [--json] [--peer gvisor]\n"
        "       vfsbench load [--files N] [--reps N] [--ms N] [--json]\n"
        "       vfsbench mounts [--mounts N] [--reps N] [--ms N] [--json]\n"
        "       vfsbench tree DIR [--reps N] [--ms N] [--json]\n"
        "\n"
        "stat   stat of a path by its depth (N directories, then the file). By itself it prints\n"
        "       the whole table; --mount (the first directory is a mount point), --threads and\n"
        "       --files (a random one of N files each time) pick the rows with that property.\n"
        "ops    the other operations; --files is how many files are created and unmounted.\n"
        "load   large sets and contention: a working set beyond the caches and a directory, of --files\n"
        "       (1000000) files each, missing names, stat while another thread renames. Other sets that\n"
        "       are larger than --files are left out.\n"
        "mounts stat below one of --mounts (10000) mounts, making and unmounting them, propagation and\n"
        "       copies of namespaces, listings; stat while another thread changes mounts.\n"
        "tree   imports DIR into memfs, checks every entry against the host, then stats at random.\n"
        "\n"
        "--reps N   repetitions of each row (15); best and median are reported\n"
        "--ms N     milliseconds of one repetition (10)\n"
        "--json     one JSON object a line\n"
        "--peer gvisor   gVisor's tmpfs as well (built by: ninja vfsbench-gvisor)\n";

enum {
        OPT_DEPTH = 1,
        OPT_MOUNT,
        OPT_THREADS,
        OPT_FILES,
        OPT_MOUNTS,
        OPT_REPS,
        OPT_MS,
        OPT_JSON,
        OPT_PEER,
        OPT_HELP,
};

static const struct option long_options[] = {
        { "depth", required_argument, NULL, OPT_DEPTH },
        { "mount", no_argument, NULL, OPT_MOUNT },
        { "threads", required_argument, NULL, OPT_THREADS },
        { "files", required_argument, NULL, OPT_FILES },
        { "mounts", required_argument, NULL, OPT_MOUNTS },
        { "reps", required_argument, NULL, OPT_REPS },
        { "ms", required_argument, NULL, OPT_MS },
        { "json", no_argument, NULL, OPT_JSON },
        { "peer", required_argument, NULL, OPT_PEER },
        { "help", no_argument, NULL, OPT_HELP },
        { 0 },
};

#define BIT(opt) (1u << (opt))
static const struct {
        const char *name;
        unsigned options;
} commands[] = {
        [BENCH_COMMAND_HELP] = { "help", 0 },
        [BENCH_COMMAND_STAT] = { "stat", BIT(OPT_DEPTH) | BIT(OPT_MOUNT) | BIT(OPT_THREADS) | BIT(OPT_FILES) |
                                                 BIT(OPT_PEER) },
        [BENCH_COMMAND_OPS] = { "ops", BIT(OPT_FILES) | BIT(OPT_PEER) },
        [BENCH_COMMAND_LOAD] = { "load", BIT(OPT_FILES) },
        [BENCH_COMMAND_MOUNTS] = { "mounts", BIT(OPT_MOUNTS) },
        [BENCH_COMMAND_TREE] = { "tree", 0 },
};
#define COMMON_OPTIONS (BIT(OPT_REPS) | BIT(OPT_MS) | BIT(OPT_JSON) | BIT(OPT_HELP))

__attribute__((format(printf, 1, 2))) static int refuse(const char *format, ...)
{
        va_list ap;

        fputs("vfsbench: ", stderr);
        va_start(ap, format);
        vfprintf(stderr, format, ap);
        va_end(ap);
        fputc('\n', stderr);
        fputs(bench_usage, stderr);
        return -EINVAL;
}

/* A whole decimal number from 1 to max. */
static int parse_number(const char *text, uint64_t max, uint64_t *ret_number)
{
        unsigned long long n;
        char *end;

        if (text[0] < '0' || text[0] > '9')
                return -EINVAL;
        errno = 0;
        n = strtoull(text, &end, 10);
        if (errno || *end || n < 1 || n > max)
                return -EINVAL;
        *ret_number = n;
        return 0;
}

static int parse_depths(char *list, struct bench_options *options)
{
        uint64_t depth;
        char *word;

        options->n_depths = 0;
        while ((word = strsep(&list, ","))) {
                if (options->n_depths == BENCH_MAX_DEPTHS || parse_number(word, BENCH_MAX_DEPTH, &depth) < 0)
                        return -EINVAL;
                options->depths[options->n_depths++] = (unsigned)depth;
        }
        return 0;
}

static int parse_option(int option, char *value, struct bench_options *options)
{
        uint64_t n = 0;
        int r = 0;

        switch (option) {
        case OPT_DEPTH:
                return parse_depths(value, options);
        case OPT_MOUNT:
                options->mount = true;
                return 0;
        case OPT_THREADS:
                r = parse_number(value, BENCH_MAX_THREADS, &n);
                options->threads = (unsigned)n;
                return r;
        case OPT_FILES:
                return parse_number(value, BENCH_MAX_FILES, &options->files);
        case OPT_MOUNTS:
                return parse_number(value, BENCH_MAX_MOUNTS, &options->mounts);
        case OPT_REPS:
                r = parse_number(value, 100000, &n);
                options->reps = (unsigned)n;
                return r;
        case OPT_MS:
                r = parse_number(value, 60000, &n);
                options->ms = (unsigned)n;
                return r;
        case OPT_JSON:
                options->json = true;
                return 0;
        case OPT_PEER:
                options->peer = value;
                return strcmp(value, "gvisor") == 0 ? 0 : -EINVAL;
        default:
                return -EINVAL;
        }
}

int bench_options_parse(int argc, char **argv, struct bench_options *ret_options)
{
        struct bench_options options = {
                .depths = { 1, 2, 3, 8, 64, 100 },
                .n_depths = 6,
                .reps = 15,
                .ms = 10,
        };
        const char *command;
        int option, index = 0;

        /* One message of ours instead of getopt's: "+" keeps the order, ":" tells a missing value apart. */
        opterr = 0;
        if (argc < 2)
                return refuse("say what to measure");
        if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
                options.command = BENCH_COMMAND_HELP;
                *ret_options = options;
                return 0;
        }
        command = argv[1];
        for (size_t i = BENCH_COMMAND_STAT; i < sizeof(commands) / sizeof(commands[0]); i++)
                if (strcmp(command, commands[i].name) == 0)
                        options.command = (enum bench_command)i;
        if (options.command == BENCH_COMMAND_HELP)
                return refuse("no such command: %s", command);

        argc--;
        argv++;
        while ((option = getopt_long(argc, argv, ":", long_options, &index)) != -1) {
                if (option == ':')
                        return refuse("%s needs a value", argv[optind - 1]);
                if (option == '?')
                        return refuse("no such option: %s", argv[optind - 1]);
                if (!(BIT(option) & (commands[options.command].options | COMMON_OPTIONS)))
                        return refuse("%s has no option --%s", command, long_options[index].name);
                if (option == OPT_HELP) {
                        options.command = BENCH_COMMAND_HELP;
                        *ret_options = options;
                        return 0;
                }
                if (parse_option(option, optarg, &options) < 0)
                        return refuse("bad value for --%s: %s", long_options[index].name, optarg);
        }
        if (options.command == BENCH_COMMAND_TREE) {
                if (optind != argc - 1)
                        return refuse("tree takes one directory");
                options.dir = argv[optind];
        } else if (optind != argc) {
                return refuse("unexpected argument: %s", argv[optind]);
        }
        *ret_options = options;
        return 0;
}
