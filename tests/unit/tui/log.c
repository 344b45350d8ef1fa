/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/loop.h"
#include "berth/mem.h"
#include "tests.h"
#include "tui/line.h"
#include "tui/logview.h"

static void nothing(void *ctx)
{
	(void)ctx;
}

/* ---- offsets in few bytes ---- */
void test_offlist(void **state)
{
	struct offlist l = { 0 };
	uint64_t at = 0;
	(void)state;
	assert_int_equal(offlist_from(&l, 5), 0);
	for (int i = 0; i < 10000; i++) {
		at += (uint64_t)(i % 7 == 6 ? 300000 : i % 100 + 1);
		offlist_add(&l, at);
	}
	at = 0;
	for (size_t i = 0; i < 10000; i++) {
		at += (uint64_t)(i % 7 == 6 ? 300000 : i % 100 + 1);
		assert_int_equal(offlist_at(&l, i), at);
		assert_int_equal(offlist_from(&l, at), i);
		assert_int_equal(offlist_from(&l, at + 1), i + 1);
	}
	offlist_fini(&l);
}

/* ---- bytes and lines ---- */
static void expect_text(struct sv got, const char *want)
{
	AUTO_STR text = sv_dup(got);
	assert_string_equal(text, want);
}

void test_logstore(void **state)
{
	static const char *const pieces[] = { "on", "e\ntwo", "\n", "", "three\n\nfive" };
	struct logstore s;
	uint64_t next = 0;
	(void)state;
	logstore_init(&s);
	assert_int_equal(logstore_line_start(&s, 0), 0);
	expect_text(logstore_line(&s, 0, &next), "");
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
		logstore_add(&s, sv_of(pieces[i]));
	assert_int_equal(s.len, 19);
	expect_text(logstore_line(&s, 0, &next), "one");
	assert_int_equal(next, 4);
	assert_int_equal(logstore_line_start(&s, 6), 4);
	assert_int_equal(logstore_line_start(&s, 7), 4);
	expect_text(logstore_line(&s, 14, &next), "");
	expect_text(logstore_line(&s, 15, &next), "five");
	assert_int_equal(next, s.len);
	expect_text(logstore_read(&s, 17, 100), "ve");
	expect_text(logstore_read(&s, 19, 100), "");
	logstore_fini(&s);
}

/* A line without an end is broken at the same places from both sides. */
void test_logstore_long(void **state)
{
	static char many[LOG_BLOCK];
	struct logstore s;
	uint64_t at = 0, next, starts[8];
	size_t n = 0;
	(void)state;
	logstore_init(&s);
	memset(many, 'x', sizeof many);
	logstore_add(&s, SV("short\n"));
	for (int i = 0; i < 5; i++)
		logstore_add(&s, (struct sv){ many, sizeof many });
	logstore_add(&s, SV("\nlast"));
	for (; at < s.len && n < ARRAY_LEN(starts); at = next) {
		starts[n++] = at;
		assert_true(logstore_line(&s, at, &next).len <= 2 * LOG_BLOCK);
		assert_true(next > at);
	}
	assert_int_equal(at, s.len);
	assert_int_equal(n, 7);
	for (at = s.len; n-- > 0; at = starts[n])
		assert_int_equal(logstore_line_start(&s, at - 1), starts[n]);
	logstore_fini(&s);
}

/* ---- the view ---- */
struct world { struct loop *loop; struct logview v; struct logline line; };

static void begin(struct world *w, const char *log)
{
	memset(w, 0, sizeof *w);
	w->loop = loop_new_virtual();
	w->v.mask = true;
	logview_init(&w->v, w->loop, nothing, w);
	logstore_add(&w->v.store, sv_of(log));
	logview_advance(&w->v, true);
}

static void end(struct world *w)
{
	logview_fini(&w->v);
	logline_fini(&w->line);
	loop_free(w->loop);
}

/* All lines, from the front, with '|' behind each; then it is the same from the back. */
static void expect_lines(struct world *w, const char *want)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	uint64_t at, last = LOG_NOWHERE;
	for (at = logview_first(&w->v); at != LOG_NOWHERE; at = logview_next(&w->v, at)) {
		struct esc_style style = logview_carried(&w->v, at);
		logview_line(&w->v, at, &style, &w->line);
		buf_addf(&b, "%s|", buf_str(&w->line.text));
		assert_int_equal(logview_prev(&w->v, at), last);
		assert_int_equal(logview_near(&w->v, at), at);
		last = at;
	}
	assert_string_equal(buf_str(&b), want);
	assert_int_equal(logview_last(&w->v), last);
}

#define T "2024-05-14T11:19:19.899359Z "
void test_logview(void **state)
{
	static const struct { const char *log, *lines; } cases[] = {
		{ "", "" }, { "a\n\nb", "a||b|" }, { "a\r\n10%\r20%\r\nb\n", "a|20%|b|" }, { "\033[31ma\nb\033[0m\n", "a|b|" },
		{ "section_start:1:x\r\033[0KTitle\nin\nsection_end:3:x\r\033[0K\nout", "Title|in|out|" },
		{ "section_end:3:x\r\033[0Ksection_start:1:y\r\033[0K\033[36mNext\nz", "Next|z|" }, { "section_start:1:no_title\r\033[0K\nz", "no_title|z|" },
		{ "foosection_end:3:x\r\033[0K\nbar", "foo|bar|" },
		{ T "00O a\n" T "00O+b\n" T "00O c\n", "ab|c|" }, { T "00O a\n" T "01E x\n" T "00O+b\n" T "01E+y\n" T "00O c\n", "ab|xy|c|" },
		{ T "01O 1%\r\n" T "01O+2%\r\n" T "01O+3%\r\n" T "01O done\n", "3%|done|" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		begin(&w, cases[i].log);
		expect_lines(&w, cases[i].lines);
		end(&w);
	}
}

void test_logview_folds(void **state)
{
	struct world w;
	(void)state;
	begin(&w, "0\nsection_start:1:a[collapsed=true]\r\033[0KA\na1\nsection_start:1:b\r\033[0KB\nb1\nsection_end:64:b\r\033[0Ka2\nsection_end:9:a\r\033[0Ksection_start:9:c\r\033[0KC\nc1\n");
	assert_int_equal(w.v.index.sections.len, 3);
	assert_int_equal(logindex_lines(&w.v.index), 8);
	expect_lines(&w, "0|A|C|c1|");
	w.v.index.sections.items[0].folded = false;
	w.v.index.sections.items[1].folded = true;
	expect_lines(&w, "0|A|a1|B|a2|C|c1|");
	assert_int_equal(w.v.index.sections.items[1].end_s - w.v.index.sections.items[1].start_s, 63);
	assert_int_equal(w.v.index.sections.items[1].parent, 1);
	logview_fold_all(&w.v, true);
	expect_lines(&w, "0|A|C|");
	logview_unfold_to(&w.v, w.v.index.sections.items[1].from + 25);
	expect_lines(&w, "0|A|a1|B|b1|a2|C|");
	end(&w);
}

static size_t count_hits(struct world *w, struct logscan *s, const char *what, bool invert)
{
	logscan_start(s, pattern_new(what, NULL), invert);
	logscan_advance(s, true);
	while (s->work)
		loop_turn(w->loop, true);
	return s->lines.n;
}

void test_logscan(void **state)
{
	static const struct { const char *what; bool invert; size_t n; } cases[] = {
		{ "error", false, 2 }, { "Error", false, 1 }, { "re:^e.*[0-9]$", false, 1 }, { "31m", false, 0 }, { "error", true, 2 }, { "re:(a+)+$", false, 0 }, { "re:\\d", false, 1 },
	};
	struct world w;
	(void)state;
	begin(&w, T "00O Error: x\n" T "00O \033[31merror 7\033[0m\n" T "00O fine\n" T "00O aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(count_hits(&w, &w.v.hits, cases[i].what, cases[i].invert), cases[i].n);
	count_hits(&w, &w.v.filter, "error", false);
	expect_lines(&w, "Error: x|error 7|");
	assert_int_equal(count_hits(&w, &w.v.errors, log_error_pattern, false), 2);
	struct err err = { 0 };
	assert_null(pattern_new("re:(", &err));
	assert_int_equal(err.code, ERR_USAGE);
	end(&w);
}

/* More than is looked through at once: workers do it, with the same results. */
void test_log_big(void **state)
{
	enum { LINES = 200000 };
	struct world w;
	AUTO(buf_fini) struct buf piece = BUF_INIT;
	(void)state;
	begin(&w, "");
	for (int i = 0; i < LINES; i++) {
		if (i % 1000 == 0)
			buf_addf(&piece, "section_start:%d:s%d\r\033[0K", i, i);
		buf_addf(&piece, "line %d of a long log\n", i);
		if (i % 1000 == 998)
			buf_addf(&piece, "section_end:%d:s%d\r\033[0K", i, i - 998);
		if (piece.len > 60000 || i == LINES - 1) {
			logstore_add(&w.v.store, buf_sv(&piece));
			buf_clear(&piece);
		}
	}
	logview_advance(&w.v, true);
	assert_non_null(w.v.index.work);
	while (w.v.index.work)
		loop_turn(w.loop, true);
	assert_int_equal(w.v.index.to, w.v.store.len);
	assert_int_equal(logindex_lines(&w.v.index), LINES);
	assert_int_equal(w.v.index.sections.len, LINES / 1000);
	for (uint64_t i = 0; i < LINES; i += 4999) {
		uint64_t at = logindex_offset(&w.v.index, i);
		assert_int_equal(logindex_line_of(&w.v.index, at), i);
	}
	assert_int_equal(count_hits(&w, &w.v.hits, "line 19999", false), 11);
	assert_int_equal(logindex_line_of(&w.v.index, offlist_at(&w.v.hits.lines, 0)), 19999);
	assert_int_equal(count_hits(&w, &w.v.hits, "re:^line \\d+7 ", false), LINES / 10 - 1);
	logview_fini(&w.v); /* in the middle of a search */
	logview_init(&w.v, w.loop, nothing, &w);
	end(&w);
}

void test_logline(void **state)
{
	static const struct { const char *raw, *text; enum style style; } cases[] = {
		{ "plain", "plain", STYLE_PLAIN }, { "a\tb", "a       b", STYLE_PLAIN }, { "10%\r20%\r30%", "30%", STYLE_PLAIN }, { "ends\r", "ends", STYLE_PLAIN },
		{ "\033[31mred\033[0m", "red", STYLE_PLAIN }, { "x\033[2J\033[5;5Hy", "xy", STYLE_PLAIN }, { "#7 [2/5] RUN x", "#7 [2/5] RUN x", STYLE_ACCENT }, { "#7 DONE 1s", "#7 DONE 1s", STYLE_GOOD },
		{ "#8 ERROR: x", "#8 ERROR: x", STYLE_BAD }, { "Step 3/7 : RUN", "Step 3/7 : RUN", STYLE_ACCENT }, { "E: Error: no", "E: Error: no", STYLE_BAD }, { "terrors", "terrors", STYLE_PLAIN },
		{ "http://h/?token=abc123 x", "http://h/?token=****** x", STYLE_PLAIN },
	};
	struct logline l = { 0 };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		logline_set(&l, sv_of(cases[i].raw));
		assert_string_equal(buf_str(&l.text), cases[i].text);
		if (l.spans.len && !l.spans.items[0].coloured)
			assert_int_equal(l.spans.items[0].style, cases[i].style);
	}
	AUTO(buf_fini) struct buf big = BUF_INIT;
	for (int i = 0; i < 200000; i++)
		buf_add_char(&big, 'x');
	logline_set(&l, buf_sv(&big));
	assert_true(l.width < LOG_LINE_MAX + 16);
	logline_fini(&l);
}

void test_log_mask(void **state)
{
	static const struct { const char *in, *out; } cases[] = {
		{ "x glpat-abcdefghij1234567890 y", "x glpat-******************** y" }, { "gldt-abcdefghij1234567890", "gldt-********************" }, { "glossary-of-terms", "glossary-of-terms" },
		{ "http://u:secret@host/x", "http://u:******@host/x" }, { "https://oauth2:glpat-aaaaaaaaaaaaaaaaaaaa@h/p.git", "https://oauth2:**************************@h/p.git" },
		{ "http://host:80/a@b", "http://host:80/a@b" }, { "?token=abc&x=1", "?token=***&x=1" }, { "PRIVATE-TOKEN: abc", "PRIVATE-TOKEN: ***" }, { "[MASKED]", "[MASKED]" },
		{ "Authorization: Bearer eyJhbGciOi.x_y-z", "Authorization: Bearer ****************" }, { "ghp_0123456789", "ghp_**********" }, { "", "" }, { "t", "t" }, { "token", "token" }, { "://:@", "://:@" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_STR text = xstrdup(cases[i].in);
		text_mask(text, strlen(text));
		assert_string_equal(text, cases[i].out);
	}
}

void test_line(void **state)
{
	static const struct { const char *keys[8], *text; } cases[] = {
		{ { "a", "b", "left", "c" }, "acb" }, { { "ä", "文", "backspace" }, "ä" }, { { "a", "space", "b", "ctrl-w" }, "a " }, { { "a", "b", "ctrl-u" }, "" },
		{ { "a", "b", "home", "delete" }, "b" }, { { "backspace", "left", "right", "delete" }, "" }, { { "a", "left", "left", "b", "end", "c" }, "bac" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct line l = { 0 };
		for (size_t k = 0; k < 8 && cases[i].keys[k]; k++) {
			struct key key = { 0 };
			memcpy(key.name, cases[i].keys[k], strlen(cases[i].keys[k]));
			line_key(&l, &key);
		}
		assert_string_equal(buf_str(&l.text), cases[i].text);
		line_fini(&l);
	}
	struct line l = { 0 };
	struct key paste = { .name = "paste", .text = SV("x\n\033[2Jy") };
	assert_true(line_key(&l, &paste));
	assert_null(strpbrk(buf_str(&l.text), "\n\033"));
	line_fini(&l);
}
