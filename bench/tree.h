/*
 * tree.h - a copy of a host tree in vfs2: the list of its entries, the import, and the check.
 *
 * The working directory is the tree's root on the host throughout.
 */
#ifndef BENCH_TREE_H
#define BENCH_TREE_H

#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <vfs/vfs.h>

#include "bench/progress.h"

struct bench_tree_entry {
        char *path;     /* below the tree's root: "/" is the root itself */
        struct stat st; /* as it was when the tree was scanned */
        size_t first;   /* the first entry with the same inode; a file with one name: itself */
        uint64_t links; /* in the tree: names of a file (at its first entry); 2 and the subdirectories */
        uint64_t ino;   /* vfs2's, once checked */
};

/* Parents stand before their children. */
struct bench_tree {
        struct bench_tree_entry *entry;
        size_t n, room;
        uint64_t bytes; /* of regular files, each once */
        char *failed;   /* the path that an error is about; NULL: none */
};

/* What an entry has to be read and written, in steps of a progress bar. */
uint64_t bench_tree_weight(const struct bench_tree_entry *entry);

/* The path to give to the host. */
static inline const char *bench_tree_host_path(const struct bench_tree_entry *entry)
{
        return entry->path[1] ? entry->path + 1 : ".";
}

/* Lists the tree at the working directory. Errors: the host's, with tree->failed set. */
int bench_tree_scan(struct bench_tree *tree);
void bench_tree_fini(struct bench_tree *tree);
/* Notes the path that an error is about, and returns the error. */
int bench_tree_fail(struct bench_tree *tree, const char *path, int error);

/* Copies it to the root of ctx, which is an empty filesystem. Errors: both sides', with tree->failed set. */
int bench_tree_import(struct bench_tree *tree, const struct vfs_ctx *ctx, struct bench_progress *progress);

/* Compares every entry on both sides. Each difference is counted, and the first ones are printed to out. */
struct bench_tree_report {
        FILE *out;
        uint64_t differences;
};
int bench_tree_check(struct bench_tree *tree, const struct vfs_ctx *ctx, struct bench_progress *progress,
                     struct bench_tree_report *report);

#endif
