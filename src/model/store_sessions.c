/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions and their use of the machine. */
#include "store_impl.h"

const struct fresh *store_sessions_fresh(const struct store *s)
{
	return &s->sessions_fresh;
}

size_t store_n_sessions(const struct store *s)
{
	return s->sessions.len;
}

const struct session *store_session_at(const struct store *s, size_t i)
{
	return i < s->sessions.len ? &s->sessions.items[i] : NULL;
}

/* Few enough for a walk: an engine runs dozens. */
static size_t find(const struct session *items, size_t n, const char *name)
{
	size_t i = 0;
	while (i < n && (!name || strcmp(items[i].name, name)))
		i++;
	return i;
}

const struct session *store_session(const struct store *s, const char *name)
{
	return store_session_at(s, find(s->sessions.items, s->sessions.len, name));
}

unsigned store_count_sessions(const struct store *s, const struct project *p, const char *branch, const struct oid *commit)
{
	unsigned n = 0;
	for (size_t i = 0; i < s->sessions.len; i++) {
		const struct session *one = &s->sessions.items[i];
		bool here = session_is_up(one) && session_is_of(one, p);
		n += here && (!branch || (one->branch && strcmp(one->branch, branch) == 0)) && (!commit || oid_eq(commit, &one->commit));
	}
	return n;
}

static int newest_first(const void *a, const void *b)
{
	const struct session *x = a, *y = b;
	if (x->created_at_s != y->created_at_s)
		return x->created_at_s > y->created_at_s ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void sort(struct store *s)
{
	if (s->sessions.len)
		qsort(s->sessions.items, s->sessions.len, sizeof *s->sessions.items, newest_first);
}

/* The engine's list knows nothing of the past: what was sampled of the same container goes on. */
static void keep_usage(struct session *now, const struct session *before)
{
	bool same = !now->container_id || !before->container_id || !strcmp(now->container_id, before->container_id);
	if (!now->usage.at_s && same)
		now->usage = before->usage;
}

void store_sessions_fini(struct store *s)
{
	for (size_t i = 0; i < s->sessions.len; i++)
		session_fini(&s->sessions.items[i]);
	VEC_FINI(&s->sessions);
}

void store_set_sessions(struct store *s, struct session *items, size_t n, const struct fresh *f)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = find(s->sessions.items, s->sessions.len, items[i].name);
		if (at < s->sessions.len)
			keep_usage(&items[i], &s->sessions.items[at]);
	}
	store_sessions_fini(s);
	VEC_RESERVE(&s->sessions, n);
	for (size_t i = 0; i < n; i++) {
		VEC_PUSH(&s->sessions, items[i]);
		items[i] = (struct session){ 0 };
	}
	sort(s);
	store_sessions_mark(s, f);
}

void store_put_session(struct store *s, struct session *one)
{
	size_t at = find(s->sessions.items, s->sessions.len, one->name);
	if (at < s->sessions.len) {
		keep_usage(one, &s->sessions.items[at]);
		session_fini(&s->sessions.items[at]);
		s->sessions.items[at] = *one;
	} else {
		VEC_PUSH(&s->sessions, *one);
	}
	*one = (struct session){ 0 };
	sort(s);
	store_note(s, NOTICE_SESSIONS, NO_PROJECT);
}

void store_remove_session(struct store *s, const char *name)
{
	size_t at = find(s->sessions.items, s->sessions.len, name);
	if (at == s->sessions.len)
		return;
	session_fini(&s->sessions.items[at]);
	VEC_REMOVE(&s->sessions, at);
	store_note(s, NOTICE_SESSIONS, NO_PROJECT);
}

static void push_sample(float history[USAGE_HISTORY], uint32_t n, double value)
{
	if (n == USAGE_HISTORY)
		memmove(history, history + 1, (USAGE_HISTORY - 1) * sizeof *history);
	history[n == USAGE_HISTORY ? n - 1 : n] = (float)value;
}

void store_add_usage(struct store *s, const char *session, const struct usage *sample)
{
	size_t at = find(s->sessions.items, s->sessions.len, session);
	if (at == s->sessions.len)
		return;
	struct session *one = &s->sessions.items[at];
	struct usage *u = &one->usage;
	uint64_t limit = one->memory_limit_bytes ? one->memory_limit_bytes : s->engine.memory_bytes;
	double share = limit ? (double)sample->memory_bytes / (double)limit : 0;
	push_sample(u->cpu_history, u->n, sample->cpu_cores);
	push_sample(u->memory_history, u->n, MIN_OF(share, 1.0));
	u->n = MIN_OF(u->n + 1, (uint32_t)USAGE_HISTORY);
	u->cpu_cores = sample->cpu_cores;
	u->memory_bytes = sample->memory_bytes;
	u->memory_peak_bytes = MAX_OF(u->memory_peak_bytes, MAX_OF(sample->memory_peak_bytes, sample->memory_bytes));
	u->pids = sample->pids;
	u->at_s = sample->at_s;
	store_note(s, NOTICE_SESSIONS, NO_PROJECT);
}

void store_sessions_mark(struct store *s, const struct fresh *f)
{
	s->sessions_fresh = *f;
	store_note(s, NOTICE_SESSIONS, NO_PROJECT);
}
