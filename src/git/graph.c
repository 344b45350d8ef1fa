/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/path.h"
#include "git/commit_scan.h"
#include "git/git_priv.h"
#include "git/graph_file.h"

static int oid_order(const void *a, const void *b) { return memcmp(a, b, sizeof(struct oid)); }

static void shallow_read(struct graph *g, const char *commondir)
{
	AUTO_STR path = path_join(commondir, "shallow");
	AUTO(buf_fini) struct buf text = BUF_INIT_MAX((size_t)16 << 20);
	VEC(struct oid) ids = VEC_INIT;
	struct sv rest, line;

	if (file_read(path, text.max, &text, NULL))
		return;
	rest = buf_sv(&text);
	while (sv_split(&rest, '\n', &line)) {
		struct oid id;
		if (oid_parse(line, &id))
			VEC_PUSH(&ids, id);
	}
	if (ids.len)
		qsort(ids.items, ids.len, sizeof ids.items[0], oid_order);
	g->shallow = ids.items;
	g->n_shallow = ids.len;
}

struct graph *graph_new(git_odb *odb, const char *commondir)
{
	AUTO_STR objects = path_join(commondir, "objects");
	struct graph *g = xcalloc(1, sizeof *g);

	g->odb = odb;
	shallow_read(g, commondir);
	/* git itself writes no commit-graph for a shallow clone, and one left from before would tell of parents that are gone. */
	g->file = g->n_shallow ? NULL : graph_file_open(objects);
	return g;
}

void graph_free(struct graph *g)
{
	if (!g)
		return;
	graph_file_free(g->file);
	free(g->nodes);
	free(g->edges);
	free(g->table);
	free(g->shallow);
	free(g);
}

bool graph_is_shallow(const struct graph *g) { return g->n_shallow > 0; }

static size_t slot_of(const struct graph *g, const struct oid *id)
{
	uint64_t h;

	memcpy(&h, id->b, sizeof h);
	return (size_t)h & (g->table_size - 1);
}

static void table_grow(struct graph *g)
{
	g->table_size = g->table_size ? g->table_size * 2 : 1024;
	free(g->table);
	g->table = xcalloc(g->table_size, sizeof *g->table);
	for (size_t n = 0; n < g->n_nodes; n++) {
		size_t s = slot_of(g, &g->nodes[n].id);
		while (g->table[s])
			s = (s + 1) & (g->table_size - 1);
		g->table[s] = (uint32_t)n + 1;
	}
}

uint32_t graph_node(struct graph *g, const struct oid *id)
{
	size_t s;

	if (g->n_nodes * 2 >= g->table_size)
		table_grow(g);
	for (s = slot_of(g, id); g->table[s]; s = (s + 1) & (g->table_size - 1))
		if (oid_eq(&g->nodes[g->table[s] - 1].id, id))
			return g->table[s] - 1;
	if (g->n_nodes == g->cap_nodes) {
		g->cap_nodes = g->cap_nodes ? g->cap_nodes + g->cap_nodes / 2 : 256;
		g->nodes = xrealloc(g->nodes, g->cap_nodes, sizeof *g->nodes);
	}
	g->nodes[g->n_nodes] = (struct graph_node){ .id = *id, .file_pos = GRAPH_NO_POS };
	g->table[s] = (uint32_t)++g->n_nodes;
	return (uint32_t)g->n_nodes - 1;
}

static void edge_add(struct graph *g, uint32_t n, const struct oid *parent, uint32_t file_pos)
{
	uint32_t p = graph_node(g, parent);

	if (file_pos != GRAPH_NO_POS)
		g->nodes[p].file_pos = file_pos;
	if (g->n_edges == g->cap_edges) {
		g->cap_edges = g->cap_edges ? g->cap_edges + g->cap_edges / 2 : 256;
		g->edges = xrealloc(g->edges, g->cap_edges, sizeof *g->edges);
	}
	g->edges[g->n_edges++] = p;
	g->nodes[n].n_parents++;
}

static bool load_from_file(struct graph *g, uint32_t n)
{
	uint32_t parents[GRAPH_FILE_MAX_PARENTS], pos = g->nodes[n].file_pos;
	size_t n_parents;

	if (pos == GRAPH_NO_POS && !graph_file_find(g->file, &g->nodes[n].id, &pos))
		return false;
	if (!graph_file_row(g->file, pos, &g->nodes[n].time_s, parents, &n_parents))
		return false;
	for (size_t i = 0; i < n_parents; i++) {
		struct oid id;
		if (graph_file_oid(g->file, parents[i], &id))
			edge_add(g, n, &id, parents[i]);
	}
	return true;
}

static enum graph_node_state load_from_object(struct graph *g, uint32_t n)
{
	AUTO(git_odb_object_free_p) git_odb_object *object = NULL;
	struct commit_scan c;
	git_oid id;

	int rc = git_odb_read(&object, g->odb, oid_to_git(&g->nodes[n].id, &id));
	if (rc)
		return rc == GIT_ENOTFOUND ? NODE_MISSING : NODE_DAMAGED;
	if (git_odb_object_type(object) != GIT_OBJECT_COMMIT
	    || !commit_scan((struct sv){ git_odb_object_data(object), git_odb_object_size(object) }, &c))
		return NODE_DAMAGED;
	g->nodes[n].time_s = c.committer.at_s;
	if (g->n_shallow && bsearch(&g->nodes[n].id, g->shallow, g->n_shallow, sizeof *g->shallow, oid_order))
		return NODE_LOADED;
	for (size_t i = 0; i < c.n_parents && i < UINT16_MAX; i++) {
		struct oid parent;
		if (commit_scan_parent(&c, i, &parent))
			edge_add(g, n, &parent, GRAPH_NO_POS);
	}
	return NODE_LOADED;
}

bool graph_load(struct graph *g, uint32_t n)
{
	if (g->nodes[n].state != NODE_NEW)
		return g->nodes[n].state == NODE_LOADED;
	g->nodes[n].first_parent = (uint32_t)g->n_edges;
	enum graph_node_state state = g->file && load_from_file(g, n) ? NODE_LOADED : load_from_object(g, n);
	g->nodes[n].state = (uint8_t)state;
	return state == NODE_LOADED;
}

/* ---- newest first ---------------------------------------------------------------------------------------------------- */
struct graph_queue_item { int64_t time_s; uint64_t put; uint32_t node; };

static bool item_before(const struct graph_queue_item *a, const struct graph_queue_item *b)
{
	return a->time_s != b->time_s ? a->time_s > b->time_s : a->put < b->put;
}

void graph_queue_put(struct graph_queue *q, int64_t time_s, uint32_t node)
{
	struct graph_queue_item item = { time_s, q->n_put++, node };
	size_t i = q->len++;

	if (q->len > q->cap) {
		q->cap = q->cap * 2 + 32;
		q->items = xrealloc(q->items, q->cap, sizeof *q->items);
	}
	for (; i > 0 && item_before(&item, &q->items[(i - 1) / 2]); i = (i - 1) / 2)
		q->items[i] = q->items[(i - 1) / 2];
	q->items[i] = item;
}

bool graph_queue_take(struct graph_queue *q, uint32_t *ret_node)
{
	if (!q->len)
		return false;
	*ret_node = q->items[0].node;
	struct graph_queue_item last = q->items[--q->len];
	size_t i = 0;
	for (;;) {
		size_t child = i * 2 + 1;
		if (child >= q->len)
			break;
		if (child + 1 < q->len && item_before(&q->items[child + 1], &q->items[child]))
			child++;
		if (!item_before(&q->items[child], &last))
			break;
		q->items[i] = q->items[child];
		i = child;
	}
	if (q->len)
		q->items[i] = last;
	return true;
}

int64_t graph_queue_time(const struct graph_queue *q) { return q->items[0].time_s; }

void graph_queue_fini(struct graph_queue *q)
{
	free(q->items);
	*q = (struct graph_queue){ 0 };
}
