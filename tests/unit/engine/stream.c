/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine_test.h"

#include "engine/stream.h"
#include "engine/subnet.h"

static void keep_piece(void *ctx, int stream, struct sv bytes)
{
	buf_addf(ctx, "%d:", stream);
	buf_add_sv(ctx, bytes);
}

static void keep_stream(void *ctx, int stream, struct sv bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		buf_addf(ctx, "%d%c", stream, bytes.p[i]);
}

static const char two_frames[] = "\1\0\0\0\0\0\0\3abc\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2de\3\0\0\0\0\0\0\1!";

static void test_frames_split_anywhere(void **state)
{
	size_t n = sizeof two_frames - 1;

	for (size_t cut = 0; cut <= n; cut++) {
		AUTO(buf_fini) struct buf out = BUF_INIT;
		struct frames f = { 0 };
		assert_int_equal(frames_feed(&f, (struct sv){ two_frames, cut }, keep_stream, &out, NULL), 0);
		assert_int_equal(frames_feed(&f, (struct sv){ two_frames + cut, n - cut }, keep_stream, &out, NULL), 0);
		assert_string_equal(buf_str(&out), "1a1b1c1d1e3!");
		assert_true(frames_between(&f));
	}
}

static void test_frames_bad(void **state)
{
	static const char *const heads[] = { "\4\0\0\0\0\0\0\1", "\1\1\0\0\0\0\0\1", "HTTP/1.1", "\1\0\0x\0\0\0\1" };

	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		AUTO(buf_fini) struct buf out = BUF_INIT;
		struct frames f = { 0 };
		struct err err = { 0 };
		assert_int_equal(frames_feed(&f, (struct sv){ heads[i], 8 }, keep_piece, &out, &err), -ERR_DECODE);
		assert_int_equal(out.len, 0);
		assert_true(err.text[0]);
	}
}

static bool keep_line(void *ctx, const json_t *j)
{
	AUTO_STR text = json_text(j);

	buf_addf(ctx, "%s|", text);
	return !json_bool(j, "stop", false);
}

static void test_lines_split_anywhere(void **state)
{
	static const char text[] = "{\"a\":1}\r\n\n{\"b\":\"\\u0000x\"}\n  {\"c\":[]}";
	size_t n = sizeof text - 1;

	for (size_t cut = 0; cut <= n; cut++) {
		AUTO(buf_fini) struct buf out = BUF_INIT;
		AUTO(lines_fini) struct lines l = LINES_INIT;
		assert_int_equal(lines_feed(&l, (struct sv){ text, cut }, keep_line, &out, NULL), 0);
		assert_int_equal(lines_feed(&l, (struct sv){ text + cut, n - cut }, keep_line, &out, NULL), 0);
		assert_int_equal(lines_end(&l, keep_line, &out, NULL), 0);
		assert_string_equal(buf_str(&out), "{\"a\":1}|{\"b\":\"\\u0000x\"}|{\"c\":[]}|");
	}
}

static void test_lines_bad(void **state)
{
	static const char *const bad[] = { "nonsense\n", "[1]\n", "{\"a\":\n", "{} {}\n", "\"text\"\n", "{\"a\":\"\xff\"}\n" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(buf_fini) struct buf out = BUF_INIT;
		AUTO(lines_fini) struct lines l = LINES_INIT;
		struct err err = { 0 };
		assert_int_equal(lines_feed(&l, sv_of(bad[i]), keep_line, &out, &err), -ERR_DECODE);
	}
	AUTO(lines_fini) struct lines l = LINES_INIT;
	char *much = xmalloc(1 << 20);
	memset(much, ' ', 1 << 20);
	int r = 0, pieces = 0;
	for (; !r && pieces < 200; pieces++)
		r = lines_feed(&l, (struct sv){ much, 1 << 20 }, keep_line, NULL, NULL);
	free(much);
	assert_int_equal(r, -ERR_TOO_BIG);
	assert_true(pieces < 20);                   /* long before a hundred megabytes are kept */
}

static void test_stream_error(void **state)
{
	static const struct { const char *line, *text; } rows[] = {
		{ "{\"errorDetail\":{\"code\":3,\"message\":\"new\"},\"error\":\"old\"}", "new" }, { "{\"error\":\"old\"}", "old" },
		{ "{\"stream\":\"error\"}", NULL }, { "{\"error\":null}", NULL }, { "{\"errorDetail\":\"x\"}", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_auto_t *j = json_read(sv_of(rows[i].line), 1000, NULL);
		struct err err = { 0 };
		assert_int_equal(stream_error(j, &err), rows[i].text != NULL);
		if (rows[i].text)
			assert_string_equal(err.text, rows[i].text);
	}
}

static void test_subnets(void **state)
{
	struct subnets taken = { VEC_INIT };
	struct subnet a, b;

	assert_true(subnet_parse(SV("10.201.7.9/24"), &a));
	assert_int_equal(a.address, 0x0ac90700);
	static const char *const bad[] = { "10.1.2/24", "10.1.2.3/33", "10.1.2.256/8", "fe80::/64", "", "10.1.2.3", "a.b.c.d/8", "1.2.3.4.5/8" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(subnet_parse(sv_of(bad[i]), &b));
	assert_true(subnets_choose(&taken, "berth", 0, &a));
	VEC_PUSH(&taken.list, a);
	assert_true(subnets_choose(&taken, "berth", 0, &b));
	assert_false(a.address == b.address);
	subnets_add_routes(&taken, SV("Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\neth0\t00000000\t0100A8C0\t3\t0\t0\t0\t00000000\t0\ntun0\t0000C90A\t0\t1\t0\t0\t0\t0000FFFF\t0\n"));
	assert_int_equal(taken.list.len, 2);
	assert_int_equal(taken.list.items[1].address, 0x0ac90000);
	assert_true(subnet_parse(SV("10.0.0.0/8"), &b));
	VEC_PUSH(&taken.list, b);
	assert_false(subnets_choose(&taken, "berth", 0, &b));
	VEC_FINI(&taken.list);
}

const struct CMUnitTest stream_tests[] = {
	cmocka_unit_test(test_frames_split_anywhere), cmocka_unit_test(test_frames_bad), cmocka_unit_test(test_lines_split_anywhere),
	cmocka_unit_test(test_lines_bad), cmocka_unit_test(test_stream_error), cmocka_unit_test(test_subnets),
};
const size_t n_stream_tests = ARRAY_LEN(stream_tests);
