/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GitLab's own cases (tests/fixtures/gitlab), each also cut at every place, by one converter and by one that takes over. */
#include "tests.h"

#include "berth/json.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "berth/trace.h"

static json_t *fixture(const char *name)
{
	AUTO_STR path = xasprintf("%s/fixtures/gitlab/%s", TEST_SRCDIR, name);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct err err = { 0 };
	if (file_read(path, 4 << 20, &b, &err) < 0)
		fail_msg("%s", err.text);
	json_t *j = json_read(buf_sv(&b), 4 << 20, &err);
	if (!j)
		fail_msg("%s", err.text);
	return j;
}

static void add_line(void *array, const struct trace_line *l)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct err err = { 0 };
	trace_add_json(&b, l);
	json_t *j = json_read(buf_sv(&b), b.len + 1, &err);
	if (!j)
		fail_msg("%s: %s", err.text, buf_str(&b));
	json_array_append_new(array, j);
}

static void expect(const json_t *got, const json_t *want, const char *what)
{
	if (json_equal(got, want))
		return;
	AUTO_STR g = json_text(got);
	AUTO_STR w = json_text(want);
	fail_msg("%s:\n got  %s\n want %s", what, g, w);
}

static json_t *convert(struct sv s, size_t cut)
{
	json_t *lines = json_array();
	struct trace *t = trace_new();
	trace_feed(t, (struct sv){ s.p, cut }, add_line, lines);
	trace_feed(t, (struct sv){ s.p + cut, s.len - cut }, add_line, lines);
	trace_end(t, add_line, lines);
	trace_free(t);
	return lines;
}

/* What is given of the first part, then what another converter makes of the rest from where the first one stood. */
static json_t *take_over(struct sv s, size_t cut, uint64_t *ret_from)
{
	json_t *lines = json_array();
	AUTO(buf_fini) struct buf saved = BUF_INIT;
	struct trace *a = trace_new(), *b = trace_new();
	trace_feed(a, (struct sv){ s.p, cut }, add_line, lines);
	trace_save(a, &saved);
	assert_true(trace_load(b, buf_sv(&saved)));
	uint64_t from = trace_offset(b);
	assert_true(from <= cut);
	if (ret_from) {
		json_array_clear(lines);
		*ret_from = from;
	}
	trace_feed(b, (struct sv){ s.p + from, s.len - from }, add_line, lines);
	trace_end(b, add_line, lines);
	trace_free(a);
	trace_free(b);
	return lines;
}

static void every_cut(struct sv s, const json_t *want, const char *what)
{
	for (size_t cut = 0; cut <= s.len; cut++) {
		AUTO_STR where = xasprintf("%s, cut at %zu", what, cut);
		AUTO_JSON one = convert(s, cut);
		AUTO_JSON two = take_over(s, cut, NULL);
		expect(one, want, where);
		expect(two, want, where);
	}
}

static void single_cases(void **state)
{
	AUTO_JSON all = fixture("ansi2json-cases.json");
	const json_t *cases = json_path(all, "single");
	assert_int_equal(json_array_size(cases), 36);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i);
		every_cut(sv_of(json_str(c, "input", "")), json_path(c, "lines"), json_str(c, "name", ""));
	}
}

static void incremental_cases(void **state)
{
	AUTO_JSON all = fixture("ansi2json-cases.json");
	const json_t *cases = json_path(all, "incremental");
	assert_int_equal(json_array_size(cases), 10);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i);
		const char *first = json_str(c, "pass1", ""), *name = json_str(c, "name", "");
		AUTO_STR both = xasprintf("%s%s", first, json_str(c, "pass2_appended", ""));
		uint64_t from = 0;
		AUTO_JSON lines = take_over(sv_of(both), strlen(first), &from);
		expect(lines, json_path(c, "pass2_lines"), name);
		assert_row((from > 0) == json_bool(c, "append", false), i, name);
		AUTO_JSON whole = convert(sv_of(both), 0);
		every_cut(sv_of(both), whole, name);
	}
}

/* A marker of any number after which nothing is open, and one that is met in the middle of a joined line. */
static void odd_cases(void **state)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "a\033\nb", "[{\"offset\":0,\"content\":[{\"text\":\"a\"}]},{\"offset\":3,\"content\":[{\"text\":\"b\"}]}]" },
		{ "a\033(Bb", "[{\"offset\":0,\"content\":[{\"text\":\"a\\u001b(Bb\"}]}]" }, { "a\033]0;tb", "[{\"offset\":0,\"content\":[{\"text\":\"ab\"}]}]" },
		{ "ssection_start:1:a\r\033[0Kx", "[{\"offset\":0,\"content\":[{\"text\":\"s\"}]},{\"offset\":1,\"content\":[{\"text\":\"x\"}],\"section\":\"a\",\"section_header\":true}]" },
		{ "\033[38;2;1;2;3mx", "[{\"offset\":0,\"content\":[{\"text\":\"x\",\"style\":\"term-bold term-italic\"}]}]" }, { "\033[01;31mx", "[{\"offset\":0,\"content\":[{\"text\":\"x\",\"style\":\"term-fg-red\"}]}]" },
		{ "a\xff\xc3", "[{\"offset\":0,\"content\":[{\"text\":\"a\\ufffd\\ufffd\"}]}]" },
		{ "section_start:1:a[k=1,k=2]\r\033[0Kx", "[{\"offset\":0,\"content\":[{\"text\":\"x\"}],\"section\":\"a\",\"section_header\":true,\"section_options\":{\"k\":\"2\"}}]" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = { 0 };
		AUTO_JSON want = json_read(sv_of(rows[i].out), 4096, &err);
		assert_non_null(want);
		every_cut(sv_of(rows[i].in), want, rows[i].in);
	}
	AUTO_JSON nul = convert((struct sv){ "a\0b", 3 }, 1);
	AUTO_STR text = json_text(nul);
	assert_string_equal(text, "[{\"offset\":0,\"content\":[{\"text\":\"a\\u0000b\"}]}]");
}

static uint16_t class_colour(const char *name)
{
	static const struct { const char *name; uint16_t colour; } known[] = { { "term-fg-l-red", 10 }, { "term-bg-yellow", 4 } };
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (!strcmp(known[i].name, name))
			return known[i].colour;
	return 0;
}

static void style_cases(void **state)
{
	AUTO_JSON all = fixture("ansi2json-cases.json");
	const json_t *cases = json_path(all, "style_update_v1");
	assert_int_equal(json_array_size(cases), 64);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i), *initial = json_path(c, "initial"), *commands = json_path(c, "commands");
		struct trace_style s = { 0 };
		AUTO(buf_fini) struct buf params = BUF_INIT, got = BUF_INIT;
		for (size_t k = 0; k < json_array_size(initial); k++) {
			const char *word = json_string_value(json_array_get(initial, k));
			if (class_colour(word))
				*(strstr(word, "-fg-") ? &s.fg : &s.bg) = class_colour(word);
			else
				trace_style_update(&s, sv_of(word));
		}
		for (size_t k = 0; k < json_array_size(commands); k++)
			buf_addf(&params, "%s%s", k ? ";" : "", json_string_value(json_array_get(commands, k)));
		trace_style_update(&s, buf_sv(&params));
		trace_add_style(&got, &s);
		assert_row(!strcmp(buf_str(&got), json_str(c, "style", "")), i, buf_str(&got));
	}
}

static void durations(void **state)
{
	static const struct { int64_t seconds; const char *text; } rows[] = {
		{ 0, "00:00" }, { 7, "00:07" }, { 75, "01:15" }, { 47655, "13:14:15" }, { 134055, "37:14:15" }, { INT64_MAX, "8765:00:00" }, { -5, "00:00" }, { 3600, "01:00:00" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		trace_add_duration(&b, rows[i].seconds);
		assert_row(!strcmp(buf_str(&b), rows[i].text), i, buf_str(&b));
	}
}

static void add_texts(struct buf *b, const json_t *lines)
{
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const json_t *content = json_path(json_array_get(lines, i), "content");
		for (size_t k = 0; k < json_array_size(content); k++)
			buf_add_str(b, json_str(json_array_get(content, k), "text", ""));
		buf_add_char(b, '\n');
	}
}

/* What the runner's timestamper writes comes back as what was said: progress shows its last state, long lines are whole again. */
static void runner_cases(void **state)
{
	AUTO_JSON all = fixture("runner-timestamper-cases.json");
	const json_t *lines = json_path(all, "expected_lines");
	AUTO(buf_fini) struct buf in = BUF_INIT, out = BUF_INIT;
	assert_int_equal(json_array_size(lines), 26);
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const char *line = json_string_value(json_array_get(lines, i));
		assert_row(trace_is_stamped(sv_of(line)), i, line);
		buf_add_str(&in, line);
	}
	AUTO_JSON whole = convert(buf_sv(&in), 0);
	add_texts(&out, whole);
	assert_string_equal(buf_str(&out), "PREFIX This is the beginning of a new line\nPREFIX This is a split up line\nDone.\nPREFIX Another windows new-line\n"
	                                   "PREFIX multiple\nnew\nlines\nin\none\nstart\nend\nPREFIX Eat carriages\nPREFIX This is across\ntwo lines\nPREFIX The end\n");
	every_cut(buf_sv(&in), whole, "timestamper");
	buf_clear(&in);
	lines = json_path(all, "no_split_after_cr.expected");
	for (size_t i = 0; i < json_array_size(lines); i++)
		buf_add_str(&in, json_string_value(json_array_get(lines, i)));
	AUTO_JSON section = convert(buf_sv(&in), 0);
	assert_int_equal(json_array_size(section), 1);
	assert_true(json_bool(json_array_get(section, 0), "section_footer", false));
	every_cut(buf_sv(&in), section, "section over two writes");
}

/* A line of a megabyte is whole, one of 20 is cut and said to be; 100,000 open sections stay few bytes. */
struct counts { size_t n, longest; bool cut; };

static void count(void *counts, const struct trace_line *l)
{
	struct counts *c = counts;
	c->n++;
	c->longest = MAX_OF(c->longest, l->text.len);
	c->cut |= l->cut;
}

static void sizes(void **state)
{
	static char many[1 << 20];
	struct counts c = { 0 };
	struct trace *t = trace_new();
	memset(many, 'x', sizeof many);
	trace_feed(t, (struct sv){ many, sizeof many }, count, &c);
	trace_feed(t, SV("\n"), count, &c);
	assert_int_equal(c.longest, sizeof many);
	assert_false(c.cut);
	for (int i = 0; i < 20; i++)
		trace_feed(t, (struct sv){ many, sizeof many }, count, &c);
	trace_feed(t, SV("\n"), count, &c);
	assert_true(c.cut);
	assert_int_equal(c.n, 2);
	for (int i = 0; i < 100000; i++) {
		AUTO_STR marker = xasprintf("section_start:1:s%d\r\033[0Kx\n", i);
		trace_feed(t, sv_of(marker), count, &c);
	}
	assert_int_equal(c.n, 100002);
	trace_end(t, count, &c);
	trace_free(t);
}

/* ---- a runner's log as text ---- */
static void note(void *ctx, const struct unstamp_line *l)
{
	buf_addf(ctx, "%llu,%llu %.*s", (unsigned long long)l->number, (unsigned long long)l->offset, (int)l->bytes.len, l->bytes.p);
}

#define AT "2026-11-24T12:04:00.000000Z "
static void runner_lines_are_whole(void **state)
{
	static const char raw[] = AT "01O a\n" AT "01E b\n" AT "01O+c\n" AT "02O d\n" AT "01O e\nbare\n" AT "01O+f";
	static const char want[] = "0,0 ac\n1,34 b\n3,102 d\n4,136 e\n5,170 bare\n6,175 f\n";
	(void)state;
	for (size_t piece = 1; piece <= sizeof raw; piece++) {
		AUTO(buf_fini) struct buf got = BUF_INIT;
		struct unstamp *u = unstamp_new(note, &got);
		for (size_t at = 0; at < sizeof raw - 1; at += piece)
			unstamp_feed(u, (struct sv){ raw + at, MIN_OF(piece, sizeof raw - 1 - at) });
		unstamp_end(u);
		assert_string_equal(buf_str(&got), want);
		buf_clear(&got);
		unstamp_feed(u, SV("another\nlog"));   /* without times: as it comes */
		unstamp_end(u);
		assert_string_equal(buf_str(&got), "0,0 another\nlog");
		unstamp_free(u);
	}
}

/* What waits for a line to go on is bounded, in lines and in bytes. */
static void runner_lines_wait_within_bounds(void **state)
{
	AUTO(buf_fini) struct buf got = BUF_INIT, big = BUF_INIT;
	struct unstamp *u = unstamp_new(note, &got);
	(void)state;
	unstamp_feed(u, SV(AT "01O open\n"));
	for (int i = 0; i < 80; i++)
		unstamp_feed(u, SV(AT "01E x\n"));
	assert_non_null(strstr(buf_str(&got), "open"));
	unstamp_flush(u);
	buf_clear(&got);
	for (int i = 0; i < 1000; i++) {
		buf_clear(&big);
		buf_addf(&big, AT "01O+%010000d\n", i);
		unstamp_feed(u, buf_sv(&big));
	}
	assert_true(got.len > 5000000);
	unstamp_free(u);
}

TEST_LIST(trace_tests, cmocka_unit_test(single_cases), cmocka_unit_test(incremental_cases), cmocka_unit_test(odd_cases), cmocka_unit_test(style_cases),
          cmocka_unit_test(durations), cmocka_unit_test(runner_cases), cmocka_unit_test(sizes), cmocka_unit_test(runner_lines_are_whole),
          cmocka_unit_test(runner_lines_wait_within_bounds));
