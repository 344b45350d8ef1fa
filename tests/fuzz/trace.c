/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Job logs cut anywhere, fed byte by byte, or taken over by another converter: the lines are those of the whole. */
#include "fuzz.h"

#include "berth/trace.h"

static void add_line(void *buf, const struct trace_line *l)
{
	size_t end = 0;
	for (size_t i = 0; i < l->n_segments; i++) {
		FUZZ_CHECK(l->segments[i].from == end && l->segments[i].len > 0);
		end += l->segments[i].len;
	}
	FUZZ_CHECK(end == l->text.len && !memchr(l->text.p, '\n', l->text.len));
	trace_add_json(buf, l);
	buf_add_char(buf, '\n');
}

static void feed(struct trace *t, struct sv s, struct buf *out)
{
	trace_feed(t, s, add_line, out);
}

static void finish(struct trace *t, struct buf *out, const struct buf *want)
{
	trace_end(t, add_line, out);
	trace_free(t);
	FUZZ_CHECK(!want || sv_eq(buf_sv(out), buf_sv(want)));
}

static void feed_cut(struct sv s, size_t cut, const struct buf *want)
{
	AUTO(buf_fini) struct buf one = BUF_INIT, two = BUF_INIT, saved = BUF_INIT;
	struct trace *a = trace_new(), *b = trace_new();
	feed(a, (struct sv){ s.p, cut }, &one);
	buf_add_sv(&two, buf_sv(&one));
	trace_save(a, &saved);
	FUZZ_CHECK(trace_load(b, buf_sv(&saved)) && trace_offset(b) <= cut);
	feed(b, (struct sv){ s.p + trace_offset(b), s.len - trace_offset(b) }, &two);
	finish(b, &two, want);
	feed(a, (struct sv){ s.p + cut, s.len - cut }, &one);
	finish(a, &one, want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv s = { (const char *)data, size };
	AUTO(buf_fini) struct buf whole = BUF_INIT, single = BUF_INIT;
	struct trace *t = trace_new();
	feed(t, s, &whole);
	finish(t, &whole, NULL);
	t = trace_new();
	for (size_t i = 0; i < size; i++)
		feed(t, (struct sv){ s.p + i, 1 }, &single);
	finish(t, &single, &whole);
	size_t step = size / 100 + 1; /* every place, unless the input is long */
	for (size_t cut = 0; cut <= size; cut += step)
		feed_cut(s, cut, &whole);
	t = trace_new();
	trace_load(t, s);
	trace_free(t);
	return 0;
}
