/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a log: every line is found from the front and from the back, folded or not, and what is drawn of it is harmless. */
#include "fuzz.h"

#include "berth/mem.h"
#include "tui/logview.h"

enum { LINES_MAX = 4096 };

static void nothing(void *ctx)
{
	(void)ctx;
}

static void check_line(struct logview *v, uint64_t at, struct logline *l)
{
	struct esc_style style = logview_carried(v, at);
	logview_line(v, at, &style, l);
	size_t end = 0;
	for (size_t i = 0; i < l->spans.len; i++) {
		FUZZ_CHECK(l->spans.items[i].from == end);
		end += l->spans.items[i].len;
	}
	FUZZ_CHECK(end == l->text.len);
	for (size_t i = 0; i < l->text.len; i++)
		FUZZ_CHECK((unsigned char)l->text.p[i] >= 0x20 && l->text.p[i] != 0x7f);
}

static void walk(struct logview *v, struct logline *l)
{
	static uint64_t starts[LINES_MAX];
	size_t n = 0;
	uint64_t at;
	for (at = logview_first(v); at != LOG_NOWHERE && n < LINES_MAX; at = logview_next(v, at)) {
		FUZZ_CHECK(at < v->store.len && (!n || at > starts[n - 1]));
		check_line(v, at, l);
		FUZZ_CHECK(logview_near(v, at) == at);
		starts[n++] = at;
	}
	if (n == LINES_MAX)
		return;
	for (at = logview_last(v); at != LOG_NOWHERE; at = logview_prev(v, at)) {
		FUZZ_CHECK(n > 0 && at == starts[n - 1]);
		n--;
	}
	FUZZ_CHECK(n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct loop *loop;
	struct sv s = { (const char *)data, size };
	struct logview v = { .mask = true };
	struct logline l = { 0 };
	if (!loop)
		loop = loop_new_virtual();
	logview_init(&v, loop, nothing, NULL);
	logstore_add(&v.store, (struct sv){ s.p, s.len / 2 });
	logview_advance(&v, false);
	logstore_add(&v.store, (struct sv){ s.p + s.len / 2, s.len - s.len / 2 });
	logview_advance(&v, true);
	FUZZ_CHECK(size >= LOG_BLOCK || v.index.to == size);
	walk(&v, &l);
	logview_fold_all(&v, true);
	walk(&v, &l);
	logview_fold_all(&v, false);
	logscan_start(&v.filter, pattern_new("e", NULL), size % 2);
	logscan_advance(&v.filter, true);
	walk(&v, &l);
	logview_fini(&v);
	logline_fini(&l);
	return 0;
}
