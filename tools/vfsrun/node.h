/*
 * node.h - the placeholder files of regular virtual files, one each, and their data.
 */
#ifndef VFSRUN_NODE_H
#define VFSRUN_NODE_H

#include "tools/vfsrun/desc.h"

/* The node of a file, made if there is none. Errors: ENOMEM. */
int node_get(const struct vfs_statx *st, struct node **ret_node);
void node_ref(struct node *n);
/* slot: whose placeholder is no more a name of it; UINT32_MAX: none. */
void node_put(struct node *n, uint32_t slot);
void nodes_free(void);
/*
 * Has it a placeholder already, so that the slot's must be a link of it? If not, the slot's is it from
 * now on.
 */
int node_linked(struct node *n, uint32_t slot);
/* Has its file got data, or other names? */
int node_used(struct node *n);
/* One more name. Errors: -1 and errno. */
int node_link(struct node *n, const char *name);

/* Makes its data that of the file. Errors: the host's, the file's. */
int node_fill(const struct vfs_ctx *ctx, struct node *n, struct vfs_file *file);
void node_mapped(struct node *n, int first, int first_shared);
/* The slot's last mapping has gone. What was written through it goes to the file. */
void node_unmapped(struct node *n, struct vfs_file *file, int shared_write);

#endif
