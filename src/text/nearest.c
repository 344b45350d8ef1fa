/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/macros.h"
#include "berth/text.h"

/* One wrong, missing or swapped letter, or a part left out, leaves most of a word at its two ends. */
static size_t common_ends(struct sv a, struct sv b)
{
	size_t front = 0, back = 0, most = MIN_OF(a.len, b.len);
	while (front < most && a.p[front] == b.p[front])
		front++;
	while (back < most - front && a.p[a.len - 1 - back] == b.p[b.len - 1 - back])
		back++;
	bool swapped = front + back + 2 <= most && a.p[front] == b.p[front + 1] && a.p[front + 1] == b.p[front];
	return front + back + swapped;
}

void text_nearest_offer(struct text_nearest *n, const char *word)
{
	struct sv w = sv_of(word);
	size_t alike = common_ends(n->typed, w), rest = w.len - alike;
	bool better = alike > n->alike || (alike == n->alike && rest < n->rest);
	if (alike * 2 <= n->typed.len || !better)
		return;
	n->best = word;
	n->alike = alike;
	n->rest = rest;
}
