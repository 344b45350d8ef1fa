/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "git/git_priv.h"

struct walk {
	struct repo *repo;
	struct graph_queue queue;
	uint64_t *seen;               /* a bit per node of the graph */
	size_t seen_words;
	uint32_t bad;                 /* a commit that could not be read, when has_bad */
	bool has_bad;
};

static bool mark_seen(struct walk *w, uint32_t node)
{
	size_t word = node / 64;

	if (word >= w->seen_words) {
		size_t words = MAX_OF(word + 1, w->seen_words * 2);
		w->seen = xrealloc(w->seen, words, sizeof *w->seen);
		memset(w->seen + w->seen_words, 0, (words - w->seen_words) * sizeof *w->seen);
		w->seen_words = words;
	}
	uint64_t bit = UINT64_C(1) << (node % 64);
	bool before = w->seen[word] & bit;
	w->seen[word] |= bit;
	return before;
}

static void enqueue(struct walk *w, uint32_t node)
{
	struct graph *g = w->repo->graph;

	if (mark_seen(w, node))
		return;
	if (graph_load(g, node)) {
		graph_queue_put(&w->queue, g->nodes[node].time_s, node);
	} else if (!w->has_bad) {
		w->has_bad = true;
		w->bad = node;
	}
}

static int bad_commit(const struct walk *w, struct err *reterr)
{
	const struct graph_node *n = &w->repo->graph->nodes[w->bad];
	char hex[OID_HEX + 1];

	oid_hex(&n->id, hex);
	if (n->state == NODE_MISSING)
		err_set(reterr, ERR_DECODE, "commit %s is missing from the repository", hex);
	else
		err_set(reterr, ERR_DECODE, "commit %s is damaged", hex);
	err_hint(reterr, "`git -C %s fsck` shows what is lost", w->repo->gitdir);
	return -ERR_DECODE;
}

int walk_new(struct repo *r, const struct oid *tip, struct walk **ret, struct err *reterr)
{
	struct walk *w = xcalloc(1, sizeof *w);

	w->repo = r;
	enqueue(w, graph_node(repo_graph(r), tip));
	if (w->has_bad) {
		int rc = bad_commit(w, reterr);
		walk_free(w);
		return rc;
	}
	*ret = w;
	return 0;
}

int walk_next(struct walk *w, size_t max, const atomic_bool *stop, struct oid *ret_ids, size_t *ret_n, struct err *reterr)
{
	struct graph *g = w->repo->graph;
	uint32_t node;

	for (*ret_n = 0; *ret_n < max; (*ret_n)++) {
		if (stopped(stop))
			return git_cancelled(reterr);
		if (!graph_queue_take(&w->queue, &node))
			return w->has_bad ? bad_commit(w, reterr) : 0;
		ret_ids[*ret_n] = g->nodes[node].id;
		for (uint32_t i = 0; i < g->nodes[node].n_parents; i++)
			enqueue(w, graph_parents(g, node)[i]);
	}
	return 0;
}

void walk_free(struct walk *w)
{
	if (!w)
		return;
	graph_queue_fini(&w->queue);
	free(w->seen);
	free(w);
}
