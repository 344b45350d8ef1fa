/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine_test.h"

#include "engine/build_lines.h"
#include "engine/pull.h"

struct seen { struct buf log, steps; char *image; };

static void keep_event(void *ctx, const struct engine_build_event *ev)
{
	struct seen *s = ctx;

	if (ev->kind == BUILD_EVENT_LOG)
		buf_add_sv(&s->log, ev->text);
	else if (ev->kind == BUILD_EVENT_STEP)
		buf_addf(&s->steps, "%u/%u %.*s\n", ev->step, ev->steps, (int)ev->text.len, ev->text.p);
	else
		s->image = sv_dup(ev->text);
}

static void seen_fini(struct seen *s)
{
	buf_fini(&s->log);
	buf_fini(&s->steps);
	free(s->image);
}

static int run(const char *data, size_t piece, struct seen *s, struct err *reterr)
{
	AUTO(buf_fini) struct buf bytes = BUF_INIT;
	struct build_lines b;

	read_data(data, &bytes);
	build_lines_init(&b, keep_event, s);
	bool well = true;
	for (size_t i = 0; well && i < bytes.len; i += piece)
		well = build_lines_feed(&b, (struct sv){ bytes.p + i, MIN_OF(piece, bytes.len - i) });
	int r = build_lines_end(&b);
	err_copy(reterr, &b.err);
	build_lines_fini(&b);
	return r;
}

static void assert_says(const struct buf *b, const char *words)
{
	if (!strstr(buf_str(b), words))
		fail_msg("'%s' is not in:\n%s", words, buf_str(b));
}

static void test_buildkit(void **state)
{
	for (size_t piece = 1; piece < 20000; piece = piece * 7 + 1) {
		AUTO(seen_fini) struct seen s = { 0 };
		assert_int_equal(run("buildkit-ok.jsonl", piece, &s, NULL), 0);
		assert_says(&s.log, " [one 2/3] RUN echo out-x;");
		assert_says(&s.log, " half-rest\n");    /* came in two pieces */
		assert_says(&s.log, " err\n");
		assert_says(&s.log, " 1\n#");
		assert_says(&s.log, " DONE 0.");
		assert_says(&s.steps, "6/6 [stage-1 4/4] RUN cat /hello\n");
		assert_true(strncmp(s.image, "sha256:", 7) == 0);
		assert_int_equal(strncmp(buf_str(&s.log), "#1 ", 3), 0);
	}
}

static void test_buildkit_cached(void **state)
{
	AUTO(seen_fini) struct seen s = { 0 };

	assert_int_equal(run("buildkit-cached.jsonl", 100, &s, NULL), 0);
	assert_says(&s.log, " CACHED\n");
}

static void test_failures(void **state)
{
	static const struct { const char *data, *words; } rows[] = { { "buildkit-fail.jsonl", "exit code: 3" }, { "classic-fail.jsonl", "returned a non-zero code: 3" } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(seen_fini) struct seen s = { 0 };
		struct err err = { 0 };
		assert_int_equal(run(rows[i].data, 50, &s, &err), -ERR_FAILED);
		assert_non_null(strstr(err.text, rows[i].words));
		assert_true(err.hint[0] != '\0');
		assert_says(&s.log, "before");
		assert_null(s.image);
	}
}

static void test_classic(void **state)
{
	for (size_t piece = 1; piece < 3000; piece = piece * 7 + 1) {
		AUTO(seen_fini) struct seen s = { 0 };
		assert_int_equal(run("classic-ok.jsonl", piece, &s, NULL), 0);
		assert_says(&s.steps, "1/9 FROM berth-test/bb:latest AS one\n");
		assert_says(&s.steps, "9/9 LABEL io.berth.test=engine\n");
		assert_says(&s.log, "half-rest\n");
		assert_true(strncmp(s.image, "sha256:bd74", 11) == 0);
	}
}

static void test_bad_traces(void **state)
{
	static const char *const lines[] = { "{\"id\":\"moby.buildkit.trace\",\"aux\":\"!!!\"}\n", "{\"id\":\"moby.buildkit.trace\",\"aux\":\"/////w==\"}\n", "half a line", "" };

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		AUTO(seen_fini) struct seen s = { 0 };
		struct build_lines b;
		build_lines_init(&b, keep_event, &s);
		build_lines_feed(&b, sv_of(lines[i]));
		assert_true(build_lines_end(&b) < 0);
		assert_true(b.err.text[0] != '\0');
		build_lines_fini(&b);
	}
}

static void test_pull_sum(void **state)
{
	static const struct { const char *line; uint64_t now, total; const char *what; } rows[] = {
		{ "{\"status\":\"Pulling from group/proj\",\"id\":\"lay2\"}", 0, 0, "asking the registry" },
		{ "{\"status\":\"Downloading\",\"id\":\"a\",\"progressDetail\":{\"current\":10,\"total\":100}}", 10, 100, "downloading layers" },
		{ "{\"status\":\"Downloading\",\"id\":\"b\",\"progressDetail\":{\"current\":50}}", 60, 100, "downloading layers" },
		{ "{\"status\":\"Download complete\",\"id\":\"a\",\"progressDetail\":{}}", 150, 100, "downloading layers" },
		{ "{\"status\":\"Extracting\",\"id\":\"a\",\"progressDetail\":{\"current\":1,\"total\":100}}", 150, 100, "unpacking layers" },
		{ "{\"status\":\"Already exists\",\"id\":\"c\"}", 150, 100, "downloading layers" },
		{ "{\"status\":\"Digest: sha256:1\"}", 150, 100, "Digest: sha256:1" },
	};
	struct pull_sum p;

	pull_sum_init(&p);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_auto_t *j = json_read(sv_of(rows[i].line), 1000, NULL);
		struct engine_progress got;
		assert_true(pull_sum_line(&p, j, &got));
		assert_int_equal(got.now, rows[i].now);
		assert_int_equal(got.total, rows[i].total);
		assert_string_equal(got.what, rows[i].what);
	}
	pull_sum_fini(&p);
}

static void keep_base(void *ctx, const char *ref)
{
	buf_addf(ctx, "%s ", ref);
}

static void test_dockerfile_bases(void **state)
{
	static const struct { const char *text, *bases; } rows[] = {
		{ "FROM debian:12\nRUN x\n", "debian:12 " }, { "from  a AS one\nFROM One\nFROM scratch\nFROM b as c\nCOPY --from=c x y\nCOPY --from=0 x y\nCOPY --from=d --chown=1 x y", "a b d " },
		{ "ARG V=11\nARG R\nFROM ${R:-reg.example/x}/base:$V\n", "reg.example/x/base:12 " }, { "# FROM no\nFROM \\\n  --platform=$X \\\n  img@sha256:ab\n", "img@sha256:ab " },
		{ "FROM a\nFROM a\nRUN --mount=type=bind,from=tools,source=/x cmd\n", "a tools " }, { "", "" }, { "FROM\n", "" }, { "FROM $\n", "$ " }, { "FROM ${X", "" }, { "RUN echo FROM x", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf out = BUF_INIT;
		engine_dockerfile_bases(sv_of(rows[i].text), &(struct net_header){ "V", "12" }, 1, keep_base, &out);
		assert_string_equal(buf_str(&out), rows[i].bases);
	}
}

const struct CMUnitTest build_tests[] = {
	cmocka_unit_test(test_buildkit), cmocka_unit_test(test_buildkit_cached), cmocka_unit_test(test_failures), cmocka_unit_test(test_classic),
	cmocka_unit_test(test_bad_traces), cmocka_unit_test(test_pull_sum), cmocka_unit_test(test_dockerfile_bases),
};
const size_t n_build_tests = ARRAY_LEN(build_tests);
