/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/logindex.h"

#include <unistd.h>

#include "berth/trace.h"

enum { EACH = 64, INLINE_MAX = LOG_BLOCK, MARKER_MAX = 2048, SECTIONS_MAX = 200000 };

struct marker { uint64_t line, name; int64_t at_s; bool start, collapsed; };
/* What one stretch of bytes holds. */
struct found { uint64_t to, n_ends; VEC(uint64_t) anchors; VEC(struct marker) markers; };

static void found_fini(struct found *f)
{
	VEC_FINI(&f->anchors);
	VEC_FINI(&f->markers);
}

/* ---- looking, on any thread ---- */
/* The markers that end with the "\r" at i, the last one first found: they may stand in a row, each ends with its own "\r". */
static void look_for_marker(struct found *f, struct sv s, size_t i, uint64_t base)
{
	size_t from = i > MARKER_MAX ? i - MARKER_MAX : 0;
	const char *line = memrchr(s.p + from, '\n', i - from);
	struct trace_marker m;
	from = line ? (size_t)(line - s.p) + 1 : from;
	for (size_t k = i; k-- > from;) {
		if (s.p[k] != 's' || s.len - k < 8 || memcmp(s.p + k, "section_", 8) != 0)
			continue;
		if (trace_marker_at((struct sv){ s.p + k, s.len - k }, &m) == TRACE_YES && k + m.len == i + 5) {
			const char *start = memrchr(s.p, '\n', k);
			AUTO_STR options = sv_dup(m.options);
			struct marker r = { base + (start ? (size_t)(start - s.p) + 1 : 0), hash_bytes(m.name.p, m.name.len), m.at_s, m.start, strstr(options, "collapsed=true") != NULL };
			VEC_PUSH(&f->markers, r);
		}
		return;
	}
}

static void look(struct found *f, struct sv s, uint64_t base)
{
	const char *end = s.p + s.len;
	for (const char *p = s.p; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		if (++f->n_ends % EACH == 0)
			VEC_PUSH(&f->anchors, base + (size_t)(p + 1 - s.p));
	for (const char *p = s.p; p < end && (p = memchr(p, '\r', (size_t)(end - p))); p++)
		if (end - p >= 5 && memcmp(p, "\r\033[0K", 5) == 0)
			look_for_marker(f, s, (size_t)(p - s.p), base);
	f->to = base + s.len;
}

/* ---- taking over what was found ---- */
static void take_marker(struct logindex *x, const struct marker *m)
{
	struct sv key = { (const char *)&m->name, sizeof m->name };
	uintptr_t at = (uintptr_t)map_get(x->open, key);
	if (m->start) {
		if (at || x->sections.len >= SECTIONS_MAX)
			return;
		struct log_section s = { m->line, UINT64_MAX, m->at_s, 0, x->innermost, m->collapsed };
		VEC_PUSH(&x->sections, s);
		x->innermost = (uint32_t)x->sections.len;
		map_put(x->open, key, (void *)(uintptr_t)x->sections.len); /* a number, not an address */
		return;
	}
	if (!at)
		return;
	struct log_section *s = &x->sections.items[at - 1];
	s->to = m->line;
	s->end_s = m->at_s;
	map_remove(x->open, key);
	while (x->innermost && x->sections.items[x->innermost - 1].to != UINT64_MAX)
		x->innermost = x->sections.items[x->innermost - 1].parent;
}

static void take(struct logindex *x, const struct found *f)
{
	for (size_t i = 0; i < f->anchors.len; i++)
		VEC_PUSH(&x->anchors, f->anchors.items[i]);
	for (size_t i = 0; i < f->markers.len; i++)
		take_marker(x, &f->markers.items[i]);
	x->to = f->to;
	x->n_ends = f->n_ends;
}

/* ---- the worker ---- */
struct job { struct logindex *x; int fd; uint64_t from, len; struct found found; char *block; };

static void got_anchors(void *job, const void *items, size_t n)
{
	struct logindex *x = ((struct job *)job)->x;
	for (size_t i = 0; i < n / sizeof(uint64_t); i++)
		VEC_PUSH(&x->anchors, ((const uint64_t *)items)[i]);
}

static void got_markers(void *job, const void *items, size_t n)
{
	for (size_t i = 0; i < n / sizeof(struct marker); i++)
		take_marker(((struct job *)job)->x, &((const struct marker *)items)[i]);
}

static void got_place(void *job, const void *item, size_t n)
{
	struct logindex *x = ((struct job *)job)->x;
	uint64_t place[2];
	memcpy(place, item, MIN_OF(n, sizeof place));
	x->to = place[0];
	x->n_ends = place[1];
	x->changed(x->ctx);
}

static void post(struct loop_work *w, struct job *j)
{
	struct found *f = &j->found;
	uint64_t place[2] = { f->to, f->n_ends };
	if (f->anchors.len)
		loop_work_post(w, got_anchors, f->anchors.items, f->anchors.len * sizeof *f->anchors.items);
	if (f->markers.len)
		loop_work_post(w, got_markers, f->markers.items, f->markers.len * sizeof *f->markers.items);
	loop_work_post(w, got_place, place, sizeof place);
	VEC_CLEAR(&f->anchors);
	VEC_CLEAR(&f->markers);
}

static void process(struct loop_work *w, void *job)
{
	struct job *j = job;
	uint64_t at = j->from;
	unsigned n = 0;
	while (at < j->len && !loop_work_cancelled(w)) {
		struct sv s = log_block(j->fd, j->block, at, j->len);
		if (!s.len)
			break;
		look(&j->found, s, at);
		at += s.len;
		if (++n % 16 == 0)
			post(w, j);
	}
	post(w, j);
}

static void job_free(struct job *j)
{
	close(j->fd);
	found_fini(&j->found);
	free(j->block);
	free(j);
}

static void done(void *job, bool cancelled)
{
	struct job *j = job;
	struct logindex *x = j->x;
	job_free(j);
	if (cancelled)
		return;
	x->work = NULL;
	logindex_advance(x, false);
	x->changed(x->ctx);
}

static void submit(struct logindex *x)
{
	struct job *j = xcalloc(1, sizeof *j);
	j->x = x;
	j->from = j->found.to = x->to;
	j->found.n_ends = x->n_ends;
	j->len = x->store->len;
	j->block = xmalloc(LOG_BLOCK);
	if ((j->fd = dup(x->store->fd)) < 0) {
		job_free(j);
		return;
	}
	x->work = loop_work_submit(x->loop, process, done, j);
}

/* ---- the index ---- */
void logindex_init(struct logindex *x, struct logstore *s, struct loop *l, void (*changed)(void *ctx), void *ctx)
{
	*x = (struct logindex){ .store = s, .loop = l, .changed = changed, .ctx = ctx };
	x->open = map_new(NULL);
	VEC_PUSH(&x->anchors, 0);
}

void logindex_fini(struct logindex *x)
{
	if (x->work)
		loop_work_cancel(x->work);
	map_free(x->open);
	VEC_FINI(&x->anchors);
	VEC_FINI(&x->sections);
	*x = (struct logindex){ 0 };
}

void logindex_advance(struct logindex *x, bool ended)
{
	if (x->work)
		return;
	if (x->store->len - x->to > INLINE_MAX) {
		submit(x);
		return;
	}
	struct found f = { .to = x->to, .n_ends = x->n_ends };
	struct sv s = log_whole_lines(logstore_read(x->store, x->to, (size_t)(x->store->len - x->to)), ended);
	if (s.len) {
		look(&f, s, x->to);
		take(x, &f);
	}
	found_fini(&f);
}

bool logindex_done(const struct logindex *x)
{
	return !x->work;
}

uint64_t logindex_lines(const struct logindex *x)
{
	return x->n_ends + (x->store->len > x->to || (x->to && x->to == x->store->len && logstore_read(x->store, x->to - 1, 1).p[0] != '\n'));
}

uint64_t logindex_line_of(struct logindex *x, uint64_t offset)
{
	size_t low = 0, high = x->anchors.len;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;
		if (x->anchors.items[mid] <= offset)
			low = mid;
		else
			high = mid;
	}
	uint64_t line = low * EACH, at = x->anchors.items[low];
	while (at < offset) {
		struct sv s = logstore_read(x->store, at, (size_t)MIN_OF(offset - at, (uint64_t)LOG_BLOCK));
		if (!s.len)
			break;
		for (const char *p = s.p, *end = s.p + s.len; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
			line++;
		at += s.len;
	}
	return line;
}

uint64_t logindex_offset(struct logindex *x, uint64_t line)
{
	if (line / EACH >= x->anchors.len)
		return UINT64_MAX;
	uint64_t at = x->anchors.items[line / EACH], next;
	for (uint64_t i = 0; i < line % EACH; i++) {
		do {
			logstore_line(x->store, at, &next);
			if (next >= x->store->len)
				return UINT64_MAX;
			at = next;
		} while (logstore_read(x->store, at - 1, 1).p[0] != '\n');
	}
	return at;
}

struct log_section *logindex_section(const struct logindex *x, uint64_t offset)
{
	size_t low = 0, high = x->sections.len;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (x->sections.items[mid].from <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	for (uint32_t i = (uint32_t)low, n = 0; i && n < 10000; n++) {
		struct log_section *s = &x->sections.items[i - 1];
		if (s->to > offset || s->from == offset)
			return s;
		i = i > 1 && x->sections.items[i - 2].from == s->from ? i - 1 : s->parent;
	}
	return NULL;
}
