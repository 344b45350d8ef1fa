/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ahead and behind for many branches: 32 pairs share one pass over the history, newest first. A node's mask says from which
 * ends it can be reached: bit i from pair i's branch, bit 32 + i from what it is compared with. The pass ends when nothing
 * that is left to visit tells the two ends of any pair apart, so branches that are close to each other cost little.
 *
 * Dates are not to be trusted (clocks differ), so a node that learns of another end after it was counted is counted anew.
 */
#include "git/git_priv.h"

enum { BATCH = 32, SLOP = 64 };

struct counter {
	struct graph *g;
	struct graph_pair *pairs;     /* of this batch */
	size_t n;
	uint64_t *mask, *counted;     /* a word per node: ends it can be reached from; those it is counted for */
	size_t cap;
	bool *queued;
	struct graph_queue queue;
	size_t telling;               /* queued nodes that tell the ends of some pair apart */
	int64_t oldest_s;             /* of the nodes that were counted for some pair */
};

static uint32_t telling_bits(uint64_t mask) { return (uint32_t)mask ^ (uint32_t)(mask >> 32); }

static void counter_room(struct counter *c)
{
	if (c->g->n_nodes <= c->cap)
		return;
	size_t cap = c->g->cap_nodes;
	c->mask = xrealloc(c->mask, cap, sizeof *c->mask);
	c->counted = xrealloc(c->counted, cap, sizeof *c->counted);
	c->queued = xrealloc(c->queued, cap, sizeof *c->queued);
	memset(c->mask + c->cap, 0, (cap - c->cap) * sizeof *c->mask);
	memset(c->counted + c->cap, 0, (cap - c->cap) * sizeof *c->counted);
	memset(c->queued + c->cap, 0, (cap - c->cap) * sizeof *c->queued);
	c->cap = cap;
}

static void reach(struct counter *c, uint32_t node, uint64_t bits)
{
	uint64_t before = c->mask[node], now = before | bits;

	if (before == now || !graph_load(c->g, node))
		return;
	counter_room(c);
	c->mask[node] = now;
	if (!c->queued[node]) {
		c->queued[node] = true;
		graph_queue_put(&c->queue, c->g->nodes[node].time_s, node);
		c->telling += telling_bits(now) != 0;
	} else {
		c->telling += (telling_bits(now) != 0) - (size_t)(telling_bits(before) != 0);
	}
}

static void tally(struct counter *c, uint64_t mask, uint32_t by)
{
	for (uint32_t bits = telling_bits(mask); bits; bits &= bits - 1) {
		unsigned i = (unsigned)__builtin_ctz(bits);
		if (mask & (UINT64_C(1) << i))
			c->pairs[i].ahead += by;
		else
			c->pairs[i].behind += by;
	}
}

static void visit(struct counter *c, uint32_t node)
{
	uint64_t mask = c->mask[node];

	c->queued[node] = false;
	c->telling -= telling_bits(mask) != 0;
	tally(c, c->counted[node], (uint32_t)-1);
	tally(c, mask, 1);
	if (telling_bits(mask))
		c->oldest_s = MIN_OF(c->oldest_s, c->g->nodes[node].time_s);
	c->counted[node] = mask;
	for (uint32_t i = 0; i < c->g->nodes[node].n_parents; i++)
		reach(c, graph_parents(c->g, node)[i], mask);
}

/* What is left tells nothing by itself; but where dates lie it can still lead to a node that was counted too early. So it goes
 * on to the oldest of those, and (as git does) a little beyond. */
static bool settled(const struct counter *c, int *slop)
{
	if (c->telling || (c->queue.len && graph_queue_time(&c->queue) >= c->oldest_s))
		*slop = SLOP;
	return (*slop)-- <= 0;
}

static bool batch_run(struct counter *c, const atomic_bool *stop)
{
	uint32_t node;
	int slop = SLOP;

	memset(c->mask, 0, c->cap * sizeof *c->mask);
	memset(c->counted, 0, c->cap * sizeof *c->counted);
	c->telling = 0;
	c->oldest_s = INT64_MAX;
	for (size_t i = 0; i < c->n; i++) {
		c->pairs[i].ahead = c->pairs[i].behind = 0;
		reach(c, c->pairs[i].from, UINT64_C(1) << i);
		reach(c, c->pairs[i].against, UINT64_C(1) << (i + 32));
	}
	while (!settled(c, &slop) && graph_queue_take(&c->queue, &node)) {
		if (stopped(stop))
			return false;
		visit(c, node);
	}
	while (graph_queue_take(&c->queue, &node))
		c->queued[node] = false;
	return true;
}

bool graph_count(struct graph *g, struct graph_pair *pairs, size_t n, const atomic_bool *stop)
{
	struct counter c = { .g = g };
	bool ok = true;

	counter_room(&c);
	for (size_t i = 0; ok && i < n; i += BATCH) {
		c.pairs = pairs + i;
		c.n = MIN_OF(n - i, (size_t)BATCH);
		ok = batch_run(&c, stop);
	}
	free(c.mask);
	free(c.counted);
	free(c.queued);
	graph_queue_fini(&c.queue);
	return ok;
}
