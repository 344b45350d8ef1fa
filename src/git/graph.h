/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_GIT_GRAPH_H
#define BERTH_GIT_GRAPH_H
/*
 * The commits of one repository as numbered nodes with dates and parents, loaded as they are asked for: from git's
 * commit-graph file where it has one, else from the commit's header. What walks and ahead/behind counts work on.
 *
 * libgit2's own walker is not used: before 1.7 it fails at the edge of a shallow clone, it counts ahead/behind for one pair
 * at a time with a fresh walk each, and it keeps every commit in a cache of its own.
 */
#include "berth/model.h"

typedef struct git_odb git_odb;

enum graph_node_state { NODE_NEW, NODE_LOADED, NODE_MISSING, NODE_DAMAGED };
struct graph_node {
	struct oid id;
	uint32_t first_parent;        /* index into graph.edges */
	int64_t time_s;               /* of the committer */
	uint32_t file_pos;            /* row in the commit-graph file, or GRAPH_NO_POS */
	uint16_t n_parents;
	uint8_t state;
};
enum { GRAPH_NO_POS = 0xffffffff };

struct graph_file;
struct graph {
	git_odb *odb;                 /* borrowed */
	struct graph_file *file;      /* NULL: the repository has none that can be used */
	struct graph_node *nodes;
	uint32_t *edges;              /* node numbers */
	uint32_t *table;              /* open addressing: node number + 1, 0 is free */
	size_t n_nodes, cap_nodes, n_edges, cap_edges, table_size;
	struct oid *shallow;          /* commits whose parents were not fetched, sorted */
	size_t n_shallow;
};

struct graph *graph_new(git_odb *odb, const char *commondir);
void graph_free(struct graph *g);
uint32_t graph_node(struct graph *g, const struct oid *id); /* its number; the node is NODE_NEW when first seen */
/* Makes date and parents known. False when the commit is missing or damaged (the node's state says which). */
bool graph_load(struct graph *g, uint32_t n);
static inline const uint32_t *graph_parents(const struct graph *g, uint32_t n) { return g->edges + g->nodes[n].first_parent; }
bool graph_is_shallow(const struct graph *g);

/* A heap of nodes, newest first; of the same second, the one put in first. */
struct graph_queue { struct graph_queue_item *items; size_t len, cap; uint64_t n_put; };
void graph_queue_put(struct graph_queue *q, int64_t time_s, uint32_t node);
bool graph_queue_take(struct graph_queue *q, uint32_t *ret_node);
int64_t graph_queue_time(const struct graph_queue *q); /* of the node that comes next; the queue is not empty */
void graph_queue_fini(struct graph_queue *q);

/* How many commits are only in `from` (ahead) and only in `against` (behind). */
struct graph_pair { uint32_t from, against; uint32_t ahead, behind; };
/* Counts all pairs, 32 in one pass; false when `stop` turned true. Histories that are incomplete count what is there. */
bool graph_count(struct graph *g, struct graph_pair *pairs, size_t n, const _Atomic(_Bool) *stop);
#endif
