/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a session counts as idle, and what follows from it: numbers in, numbers out. */
#include "parts.h"

static int64_t window_s(uint32_t limit_s)
{
	return MIN_OF((int64_t)IDLE_WARN_S, (int64_t)limit_s / 2);
}

void idle_add(struct session_watch *w, int64_t at_s, unsigned active)
{
	int64_t gap_s = w->seen_at_s && at_s > w->seen_at_s ? at_s - w->seen_at_s : 0;
	w->idle_s = active ? 0 : MIN_OF(w->idle_s + MIN_OF(gap_s, (int64_t)IDLE_GAP_S), (int64_t)INT32_MAX);
	w->active = active;
	w->seen_at_s = at_s;
	if (active)
		w->warned_at_s = 0;
}

int64_t idle_left_s(const struct session_watch *w, uint32_t limit_s, int64_t now_s)
{
	int64_t since_s = w->seen_at_s && !w->active && now_s > w->seen_at_s ? MIN_OF(now_s - w->seen_at_s, (int64_t)IDLE_GAP_S) : 0;
	int64_t left_s = (int64_t)limit_s - w->idle_s - since_s;
	if (!limit_s)
		return INT64_MAX;
	return MAX_OF((int64_t)0, MAX_OF(left_s, w->kept_until_s - now_s));
}

bool idle_is_near(const struct session_watch *w, uint32_t limit_s, int64_t now_s)
{
	return w->seen_at_s && !w->active && idle_left_s(w, limit_s, now_s) <= window_s(limit_s);
}

enum idle_verdict idle_verdict(const struct session_watch *w, uint32_t limit_s)
{
	int64_t left_s = idle_left_s(w, limit_s, w->seen_at_s);
	if (!limit_s || w->active || !w->seen_at_s || left_s > window_s(limit_s))
		return IDLE_GOES_ON;
	if (!w->warned_at_s)
		return IDLE_WARN;
	return left_s == 0 ? IDLE_STOP : IDLE_GOES_ON;
}

/* Not later than what would have to be done then: the warning, then the end. */
uint32_t idle_next_look_s(const struct session_watch *w, uint32_t limit_s)
{
	int64_t left_s = idle_left_s(w, limit_s, w->seen_at_s), until_s = left_s;
	/* Nobody has been at it for long: CPU is a mean over all the time between, and Jupyter tells of any use in it. */
	int64_t most_s = w->idle_s >= IDLE_LONG_S ? IDLE_GAP_S : IDLE_LOOK_S;
	if (!limit_s)
		return (uint32_t)most_s;
	if (!w->warned_at_s)
		until_s = left_s - window_s(limit_s);
	return (uint32_t)MAX_OF((int64_t)IDLE_SOONEST_S, MIN_OF(until_s, most_s));
}

void activity_words(struct buf *b, unsigned active)
{
	static const struct { unsigned bit; const char *words; } all[] = {
		{ ACTIVITY_KERNEL, "a kernel is busy" },       { ACTIVITY_CONNECTION, "somebody is connected" },
		{ ACTIVITY_TERMINAL, "a terminal is open" },   { ACTIVITY_CPU, "its CPUs work" },
		{ ACTIVITY_USED, "Jupyter was used just now" },
	};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (active & all[i].bit)
			buf_addf(b, "%s%s", b->len ? ", " : "", all[i].words);
}
