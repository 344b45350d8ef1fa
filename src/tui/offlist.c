/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/offlist.h"

enum { EACH = 64 };

void offlist_fini(struct offlist *l)
{
	VEC_FINI(&l->steps);
	VEC_FINI(&l->blocks);
	*l = (struct offlist){ 0 };
}

void offlist_add(struct offlist *l, uint64_t offset)
{
	if (l->n % EACH == 0) {
		VEC_RESERVE(&l->blocks, l->blocks.len + 1);
		l->blocks.items[l->blocks.len].first = offset;
		l->blocks.items[l->blocks.len++].steps_at = l->steps.len;
	} else {
		uint64_t step = offset - l->last;
		for (; step >= 0x80; step >>= 7)
			VEC_PUSH(&l->steps, (uint8_t)(step | 0x80));
		VEC_PUSH(&l->steps, (uint8_t)step);
	}
	l->last = offset;
	l->n++;
}

static uint64_t next_step(const struct offlist *l, size_t *at)
{
	uint64_t step = 0;
	for (unsigned shift = 0;; shift += 7) {
		uint8_t b = l->steps.items[(*at)++];
		step |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return step;
	}
}

uint64_t offlist_at(const struct offlist *l, size_t i)
{
	size_t at = l->blocks.items[i / EACH].steps_at;
	uint64_t offset = l->blocks.items[i / EACH].first;
	for (size_t k = i % EACH; k; k--)
		offset += next_step(l, &at);
	return offset;
}

size_t offlist_from(const struct offlist *l, uint64_t offset)
{
	size_t low = 0, high = l->blocks.len;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;
		if (l->blocks.items[mid].first <= offset)
			low = mid;
		else
			high = mid;
	}
	if (!l->n || l->blocks.items[0].first >= offset)
		return 0;
	size_t i = low * EACH, at = l->blocks.items[low].steps_at;
	uint64_t v = l->blocks.items[low].first;
	while (v < offset) {
		if (++i >= l->n)
			return l->n;
		v = i % EACH ? v + next_step(l, &at) : l->blocks.items[i / EACH].first;
	}
	return i;
}
