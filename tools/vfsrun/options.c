/*
 * options.c - reading the command line. A wrong option is one line that names it, and
 * status 2.
 */
#include "tools/vfsrun/options.h"

#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vfs/abi.h>

static const char help[] =
        "usage: vfsrun [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
        "Runs a Linux program, and all that it starts, in a file system namespace of vfs2's.\n"
        "\n"
        "  --root TYPE:SOURCE     what is mounted as the root (default: tmpfs:, empty)\n"
        "  --import PATH          copies a path of the host's, and what its symlinks lead to\n"
        "  --mount type=TYPE,target=PATH[,source=S][,readonly][,OPTION]...\n"
        "                         mounts a filesystem, or with type=bind another directory of the namespace\n"
        "  --workdir PATH         where the program starts (default: /)\n"
        "  --user UID[:GID]       numbers, or names of the host's (default: 0 for root, else oneself)\n"
        "  --env NAME=VALUE       sets a variable; without '=' it is taken away\n"
        "  --stats                prints at the end which calls came how often, and how long they took\n"
        "  --help                 this text\n"
        "\n"
        "Options are done in this order: root, imports, devices in /dev, mounts. The status is the\n"
        "program's; 127 if it does not exist, 126 if it cannot be executed, 2 for a wrong option,\n"
        "128 + N for signal N.\n";

static void fail(const char *what, const char *text)
{
        fprintf(stderr, "vfsrun: %s: '%s'\n", what, text);
        exit(2);
}

static void *grow(void *array, unsigned int n, size_t size)
{
        void *p = reallocarray(array, n + 1, size);

        if (!p) {
                fprintf(stderr, "vfsrun: no memory\n");
                exit(1);
        }
        return p;
}

/* What is not one of the keys goes to the filesystem, as in mount(8). */
static void parse_mount(const char *text, struct mount_option *m)
{
        static const struct {
                const char *name;
                uint64_t flag;
        } flags[] = {
                { "readonly", VFS_MS_RDONLY }, { "ro", VFS_MS_RDONLY },         { "nosuid", VFS_MS_NOSUID },
                { "nodev", VFS_MS_NODEV },     { "noexec", VFS_MS_NOEXEC },     { "noatime", VFS_MS_NOATIME },
                { "rbind", VFS_MS_REC },       { "nosymfollow", VFS_MS_NOSYMFOLLOW },
        };
        char *copy = strdup(text), *data = calloc(1, strlen(text) + 1), *save = NULL;

        *m = (struct mount_option){ .text = text, .words = copy, .data = data };
        if (!copy || !data)
                fail("no memory for mount", text);
        for (char *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
                size_t i, n = sizeof(flags) / sizeof(*flags);

                if (strncmp(word, "type=", 5) == 0)
                        m->type = word + 5;
                else if (strncmp(word, "target=", 7) == 0)
                        m->target = word + 7;
                else if (strncmp(word, "source=", 7) == 0)
                        m->source = word + 7;
                else {
                        for (i = 0; i < n && strcmp(word, flags[i].name) != 0; i++)
                                ;
                        if (i < n) {
                                m->flags |= flags[i].flag;
                        } else {
                                if (*data)
                                        strcat(data, ",");
                                strcat(data, word);
                        }
                }
        }
        if (!m->type)
                fail("mount without a type", text);
        if (!m->target || m->target[0] != '/')
                fail("mount without an absolute target", text);
        if (strcmp(m->type, "bind") == 0) {
                m->flags |= VFS_MS_BIND;
                if (!m->source)
                        fail("bind mount without a source", text);
        }
}

static int number(const char *text, uint32_t *ret)
{
        char *end;
        unsigned long n = strtoul(text, &end, 10);

        if (*text < '0' || *text > '9' || *end || n >= UINT32_MAX)
                return 0;
        *ret = (uint32_t)n;
        return 1;
}

static void parse_user(const char *text, struct options *o)
{
        char *copy = strdup(text), *group = copy ? strchr(copy, ':') : NULL;
        const struct passwd *pw;
        const struct group *gr;

        if (group)
                *group++ = '\0';
        if (copy && number(copy, &o->uid)) {
                o->gid = o->uid;
        } else {
                pw = copy ? getpwnam(copy) : NULL;
                if (!pw)
                        fail("no such user", text);
                o->uid = pw->pw_uid;
                o->gid = pw->pw_gid;
        }
        if (group && !number(group, &o->gid)) {
                gr = getgrnam(group);
                if (!gr)
                        fail("no such group", text);
                o->gid = gr->gr_gid;
        }
        free(copy);
}

static void parse_root(const char *text, struct options *o)
{
        char *colon = strchr(text, ':');

        if (!colon || colon == text)
                fail("root is not TYPE:SOURCE", text);
        free(o->root_type);
        o->root_type = strndup(text, (size_t)(colon - text));
        o->root_source = colon + 1;
}

void options_parse(int argc, char **argv, struct options *o)
{
        enum { ROOT = 256, IMPORT, MOUNT, WORKDIR, USER, ENV, STATS, HELP };
        static const struct option longs[] = {
                { "root", required_argument, NULL, ROOT },
                { "import", required_argument, NULL, IMPORT },
                { "mount", required_argument, NULL, MOUNT },
                { "workdir", required_argument, NULL, WORKDIR },
                { "user", required_argument, NULL, USER },
                { "env", required_argument, NULL, ENV },
                { "stats", no_argument, NULL, STATS },
                { "help", no_argument, NULL, HELP },
                { NULL, 0, NULL, 0 },
        };
        int opt;

        *o = (struct options){ .root_type = strdup("tmpfs"), .root_source = "", .workdir = "/" };
        o->uid = getuid();
        o->gid = getgid();
        opterr = 0;
        while ((opt = getopt_long(argc, argv, "+:", longs, NULL)) >= 0) {
                switch (opt) {
                case ROOT:
                        parse_root(optarg, o);
                        break;
                case IMPORT:
                        if (optarg[0] != '/')
                                fail("import of a path that is not absolute", optarg);
                        o->imports = grow(o->imports, o->nimports, sizeof(*o->imports));
                        o->imports[o->nimports++] = optarg;
                        break;
                case MOUNT:
                        o->mounts = grow(o->mounts, o->nmounts, sizeof(*o->mounts));
                        parse_mount(optarg, &o->mounts[o->nmounts++]);
                        break;
                case WORKDIR:
                        if (optarg[0] != '/')
                                fail("working directory that is not absolute", optarg);
                        o->workdir = optarg;
                        break;
                case USER:
                        parse_user(optarg, o);
                        break;
                case ENV:
                        if (optarg[0] == '\0' || optarg[0] == '=')
                                fail("variable without a name", optarg);
                        o->env = grow(o->env, o->nenv, sizeof(*o->env));
                        o->env[o->nenv++] = optarg;
                        break;
                case STATS:
                        o->stats = 1;
                        break;
                case HELP:
                        fputs(help, stdout);
                        exit(0);
                case ':':
                        fail("option needs an argument", argv[optind - 1]);
                        break;
                default:
                        fail("unknown option", argv[optind - 1]);
                }
        }
        o->argv = argv + optind;
        if (!*o->argv) {
                fprintf(stderr, "vfsrun: no program given; see vfsrun --help\n");
                exit(2);
        }
}

void options_free(struct options *o)
{
        for (unsigned int i = 0; i < o->nmounts; i++) {
                free(o->mounts[i].words);
                free(o->mounts[i].data);
        }
        free(o->mounts);
        free(o->imports);
        free(o->env);
        free(o->root_type);
}
