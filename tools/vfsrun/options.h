/*
 * options.h - the command line.
 */
#ifndef VFSRUN_OPTIONS_H
#define VFSRUN_OPTIONS_H

#include <stdint.h>

/* One --mount; the strings are cut out of the argument. */
struct mount_option {
        const char *text; /* as given, for messages */
        char *words; /* a copy of the text, cut */
        char *type, *target, *source, *data;
        uint64_t flags; /* VFS_MS_* */
};

struct options {
        char *root_type; /* allocated */
        const char *root_source;
        struct mount_option *mounts;
        char **imports;
        char **env; /* NAME=VALUE, set over the environment */
        unsigned int nmounts, nimports, nenv;
        const char *workdir;
        uint32_t uid, gid;
        int stats;
        char **argv; /* the program and its arguments */
};

/*
 * Fills options, or prints one line that says what is wrong and exits with 2; --help prints and exits
 * with 0.
 */
void options_parse(int argc, char **argv, struct options *o);
void options_free(struct options *o);

#endif
