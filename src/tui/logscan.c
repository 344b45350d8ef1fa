/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/logscan.h"

#include <unistd.h>

#include "berth/mem.h"
#include "berth/text.h"
#include "berth/trace.h"

enum { INLINE_MAX = LOG_BLOCK, TOO_HARD_MAX = 2000 };

/* ---- one line ---- */
struct sv log_plain(struct sv raw, struct buf *b)
{
	if (trace_is_stamped(raw)) {
		raw.p += TRACE_HEADER;
		raw.len -= TRACE_HEADER;
	}
	return text_shown(raw, b);
}

/* ---- many lines, on any thread ---- */
struct look { struct matcher *m; bool invert; struct buf plain; void (*hit)(void *ctx, uint64_t line); void *ctx; };

static bool line_matches(struct look *k, struct sv line)
{
	size_t at, n;
	return matcher_find(k->m, log_plain(line, &k->plain), 0, &at, &n);
}

static void each_line(struct look *k, struct sv s, uint64_t base)
{
	for (size_t i = 0; i < s.len;) {
		const char *end = memchr(s.p + i, '\n', s.len - i);
		size_t n = end ? (size_t)(end - s.p) - i : s.len - i;
		if (line_matches(k, (struct sv){ s.p + i, n }) != k->invert)
			k->hit(k->ctx, base + i);
		i += n + 1;
		if (matcher_too_hard(k->m) > TOO_HARD_MAX)
			return;
	}
}

/* Words can be looked for over many lines at once; the lines that have them are looked at more closely. */
static void at_once(struct look *k, struct sv s, uint64_t base)
{
	size_t i = 0, at, n;
	while (i < s.len && matcher_find(k->m, s, i, &at, &n)) {
		const char *start = memrchr(s.p, '\n', at), *end = memchr(s.p + at, '\n', s.len - at);
		size_t from = start ? (size_t)(start - s.p) + 1 : 0, to = end ? (size_t)(end - s.p) : s.len;
		if (line_matches(k, (struct sv){ s.p + from, to - from }))
			k->hit(k->ctx, base + from);
		i = to + 1;
	}
}

static void look(struct look *k, const struct pattern *p, struct sv s, uint64_t base)
{
	if (pattern_is_literal(p) && !k->invert)
		at_once(k, s, base);
	else
		each_line(k, s, base);
}

/* ---- the worker ---- */
struct job {
	struct logscan *s; struct pattern *pattern;
	int fd; uint64_t from, len;
	char *block;
	VEC(uint64_t) hits;
	bool invert;
};

static void got_hits(void *job, const void *items, size_t n)
{
	struct logscan *s = ((struct job *)job)->s;
	for (size_t i = 0; i < n / sizeof(uint64_t); i++)
		offlist_add(&s->lines, ((const uint64_t *)items)[i]);
}

static void got_place(void *job, const void *item, size_t n)
{
	struct logscan *s = ((struct job *)job)->s;
	uint64_t place[2];
	memcpy(place, item, MIN_OF(n, sizeof place));
	s->to = place[0];
	s->too_hard = place[1];
	s->gave_up = place[1] > TOO_HARD_MAX;
	s->changed(s->ctx);
}

static void add_hit(void *job, uint64_t line)
{
	struct job *j = job;
	VEC_PUSH(&j->hits, line);
}

static void post(struct loop_work *w, struct job *j, uint64_t at, const struct look *k)
{
	uint64_t place[2] = { at, matcher_too_hard(k->m) };
	if (j->hits.len)
		loop_work_post(w, got_hits, j->hits.items, j->hits.len * sizeof *j->hits.items);
	loop_work_post(w, got_place, place, sizeof place);
	VEC_CLEAR(&j->hits);
}

static void process(struct loop_work *w, void *job)
{
	struct job *j = job;
	struct look k = { .m = matcher_new(j->pattern), .invert = j->invert, .plain = BUF_INIT, .hit = add_hit, .ctx = j };
	uint64_t at = j->from;
	unsigned n = 0;
	while (at < j->len && !loop_work_cancelled(w) && matcher_too_hard(k.m) <= TOO_HARD_MAX) {
		struct sv s = log_block(j->fd, j->block, at, j->len);
		if (!s.len)
			break;
		look(&k, j->pattern, s, at);
		at += s.len;
		if (++n % 8 == 0)
			post(w, j, at, &k);
	}
	post(w, j, at, &k);
	matcher_free(k.m);
	buf_fini(&k.plain);
}

static void job_free(struct job *j)
{
	close(j->fd);
	pattern_unref(j->pattern);
	VEC_FINI(&j->hits);
	free(j->block);
	free(j);
}

static void done(void *job, bool cancelled)
{
	struct job *j = job;
	struct logscan *s = j->s;
	job_free(j);
	if (cancelled)
		return;
	s->work = NULL;
	logscan_advance(s, false);
	s->changed(s->ctx);
}

static void submit(struct logscan *s)
{
	struct job *j = xcalloc(1, sizeof *j);
	*j = (struct job){ .s = s, .pattern = pattern_ref(s->pattern), .from = s->to, .len = s->store->len, .invert = s->invert, .block = xmalloc(LOG_BLOCK) };
	if ((j->fd = dup(s->store->fd)) < 0) {
		job_free(j);
		return;
	}
	s->work = loop_work_submit(s->loop, process, done, j);
}

/* ---- the scan ---- */
void logscan_init(struct logscan *s, struct logstore *store, struct loop *l, void (*changed)(void *ctx), void *ctx)
{
	*s = (struct logscan){ .store = store, .loop = l, .changed = changed, .ctx = ctx };
}

void logscan_fini(struct logscan *s)
{
	logscan_start(s, NULL, false);
}

void logscan_start(struct logscan *s, struct pattern *p, bool invert)
{
	if (s->work)
		loop_work_cancel(s->work);
	matcher_free(s->matcher);
	pattern_unref(s->pattern);
	offlist_fini(&s->lines);
	s->work = NULL;
	s->pattern = p;
	s->matcher = p ? matcher_new(p) : NULL;
	s->invert = invert;
	s->to = s->too_hard = 0;
	s->gave_up = false;
}

static void hit_here(void *scan, uint64_t line)
{
	struct logscan *s = scan;
	offlist_add(&s->lines, line);
}

void logscan_advance(struct logscan *s, bool ended)
{
	if (s->work || !s->pattern || s->gave_up)
		return;
	if (s->store->len - s->to > INLINE_MAX) {
		submit(s);
		return;
	}
	struct look k = { .m = s->matcher, .invert = s->invert, .plain = BUF_INIT, .hit = hit_here, .ctx = s };
	struct sv b = log_whole_lines(logstore_read(s->store, s->to, (size_t)(s->store->len - s->to)), ended);
	uint64_t hard = matcher_too_hard(s->matcher);
	look(&k, s->pattern, b, s->to);
	s->to += b.len;
	s->too_hard += matcher_too_hard(s->matcher) - hard;
	s->gave_up = matcher_too_hard(s->matcher) > TOO_HARD_MAX;
	buf_fini(&k.plain);
}
