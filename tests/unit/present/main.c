/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <locale.h>

#include "berth/json.h"
#include "berth/path.h"
#include "berth/present.h"
#include "berth/text.h"

#define NOW 1700000000
/* Entities own their strings; the tests' never end. */
#define S(literal) ((char *)(uintptr_t)(literal))

/* ---- every table is whole ---- */
static void every_column_is_usable(void **state)
{
	(void)state;
	for (int e = 0; e < ENTITY_COUNT_; e++) {
		size_t n, shown = 0;
		const struct column *c = columns_of((enum entity)e, &n);
		assert_true(n > 0);
		for (size_t i = 0; i < n; i++) {
			assert_non_null(c[i].text);
			assert_true(c[i].type == COLUMN_TEXT || c[i].number);
			assert_ptr_equal(column_by_id((enum entity)e, c[i].id), &c[i]);
			shown += c[i].rank > 0;
		}
		assert_true(shown > 0);
		assert_null(column_by_id((enum entity)e, "no such column"));
	}
}

/* What is behind and not counted yet is no number. */
static void what_is_behind_is_said_honestly(void **state)
{
	static const struct { uint32_t behind; bool more; const char *words, *column; } rows[] = {
		{ 0, false, "", "saved" }, { 1, false, "1 commit behind", "↓1" }, { 1, true, "at least 1 commit behind", "↓1+" }, { 3, true, "at least 3 commits behind", "↓3+" },
		{ 0, true, "new commits on its branch", "↓+" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf words = BUF_INIT;
		AUTO(buf_fini) struct buf cell = BUF_INIT;
		enum style style;
		const struct session s = { .watch = { .work_at_s = 5, .behind = rows[i].behind }, .branch_moved = rows[i].more };
		const struct row r = { .session = &s };
		present_work(&words, &(struct session_work){ .behind = rows[i].behind, .behind_more = rows[i].more });
		assert_string_equal(buf_str(&words), rows[i].words);
		column_by_id(ENTITY_SESSION, "work")->text(&cell, &r, &style);
		assert_string_equal(buf_str(&cell), rows[i].column);
	}
}

static void check_look(const struct look *l)
{
	assert_true(l->glyph && *l->glyph);
	assert_int_equal(text_width(sv_of(l->glyph)), 1);
	assert_int_equal(strlen(l->ascii), 1);
	assert_true(l->word && *l->word);
}

static void every_state_has_a_look(void **state)
{
	(void)state;
	for (int s = 0; s < IMAGE_STATE_COUNT_; s++)
		check_look(look_of_image((enum image_state)s));
	for (int s = 0; s < BUILD_STATE_COUNT_; s++)
		check_look(look_of_build((enum build_state)s));
	for (int s = 0; s < SESSION_STATE_COUNT_; s++)
		check_look(look_of_session((enum session_state)s));
	for (int s = STEP_WAITING; s <= STEP_CANCELLED; s++)
		check_look(look_of_step((enum step_state)s));
	for (int s = MESSAGE_INFO; s <= MESSAGE_ERROR; s++)
		check_look(look_of_message((enum message_level)s));
	for (int s = 0; s < STYLE_COUNT_; s++)
		assert_non_null(style_name((enum style)s));
}

static void every_image_state_explains_itself(void **state)
{
	(void)state;
	for (int s = 0; s < IMAGE_STATE_COUNT_; s++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		struct image i = { .state = (enum image_state)s };
		present_image_sentence(&b, &i, NOW, false);
		assert_true(b.len > 10);
		assert_int_equal(b.p[b.len - 1], '.');
		assert_null(strstr(buf_str(&b), "berth "));
		buf_clear(&b);
		present_image_sentence(&b, &i, NOW, true);
		assert_int_equal(b.p[b.len - 1], '.');
		if (s != IMAGE_UNKNOWN) /* nobody is left without a next step */
			assert_non_null(strpbrk(buf_str(&b), "`/"));
	}
}

/* ---- writers ---- */
static struct project hostile_project(void)
{
	return (struct project){ .id = project_id_of("local", "x"), .forge = S("local"), .path = S("x\033[2Jy"), .name = S("na\tme\n\xff"), .active_at_s = NOW - 3600 };
}

static char *written(const struct writer_spec *spec, const struct project *p, size_t n)
{
	struct err err = { 0 };
	struct writer *w = writer_new(spec, &err);
	AUTO(buf_fini) struct buf out = BUF_INIT;
	assert_non_null(w);
	for (size_t i = 0; i < n; i++) {
		struct row r = { .project = &p[i], .now_s = NOW };
		writer_row(w, &r);
	}
	writer_end(w, &out);
	writer_free(w);
	return buf_take(&out);
}

static void assert_harmless(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		assert_true((*p >= 0x20 && *p != 0x7f) || *p == '\n' || *p == '\t');
}

static void hostile_names_leave_no_writer_raw(void **state)
{
	(void)state;
	struct project p = hostile_project();
	for (int k = WRITER_TABLE; k <= WRITER_JSON; k++) {
		struct writer_spec spec = { .kind = (enum writer_kind)k, .entity = ENTITY_PROJECT, .width = 80 };
		AUTO_STR text = written(&spec, &p, 1);
		assert_harmless(text);
	}
}

static void a_tsv_row_has_as_many_tabs_as_its_head(void **state)
{
	(void)state;
	struct project p = hostile_project();
	struct writer_spec spec = { .kind = WRITER_TSV, .entity = ENTITY_PROJECT };
	AUTO_STR text = written(&spec, &p, 1);
	struct sv rest = sv_of(text), head, row;
	size_t a = 0, b = 0;
	assert_true(sv_split(&rest, '\n', &head) && sv_split(&rest, '\n', &row));
	for (size_t i = 0; i < head.len; i++)
		a += head.p[i] == '\t';
	for (size_t i = 0; i < row.len; i++)
		b += row.p[i] == '\t';
	assert_int_equal(a, b);
}

static void json_is_an_array_of_all_columns(void **state)
{
	(void)state;
	struct project p[2] = { hostile_project(), hostile_project() };
	struct writer_spec spec = { .kind = WRITER_JSON, .entity = ENTITY_PROJECT };
	AUTO_STR text = written(&spec, p, 2);
	AUTO_STR none = written(&spec, p, 0);
	struct err err = { 0 };
	AUTO_JSON j = json_read(sv_of(text), 1 << 20, &err);
	AUTO_JSON empty = json_read(sv_of(none), 1 << 20, &err);
	size_t n;
	assert_non_null(j);
	assert_int_equal(json_array_size(j), 2);
	columns_of(ENTITY_PROJECT, &n);
	assert_int_equal(json_object_size(json_array_get(j, 0)), n);
	assert_string_equal(json_str(json_array_get(j, 0), "active_at", ""), "2023-11-14T21:13:20Z");
	assert_true(json_is_null(json_object_get(json_array_get(j, 0), "default_branch")));
	assert_int_equal(json_array_size(empty), 0);
}

static void sorting_keeps_equal_rows_in_order(void **state)
{
	(void)state;
	struct project p[] = { { .name = S("b"), .path = S("1"), .forge = S("local") }, { .name = S("a"), .path = S("2"), .forge = S("local") }, { .name = S("b"), .path = S("3"), .forge = S("local") } };
	struct writer_spec spec = { .kind = WRITER_TSV, .entity = ENTITY_PROJECT, .columns = "name,path", .sort = "name" };
	AUTO_STR up = written(&spec, p, 3);
	spec.sort = "-name";
	AUTO_STR down = written(&spec, p, 3);
	assert_string_equal(up, "name\tpath\na\t2\nb\t1\nb\t3\n");
	assert_string_equal(down, "name\tpath\nb\t1\nb\t3\na\t2\n");
}

static void tables_fit_any_width(void **state)
{
	(void)state;
	struct project p = { .name = S("a project with quite a long name 漢字"), .path = S("p"), .forge = S("local"), .default_branch = S("main"), .note = S("shallow clone"), .active_at_s = NOW };
	for (size_t width = 1; width < 120; width++) {
		struct writer_spec spec = { .kind = WRITER_TABLE, .entity = ENTITY_PROJECT, .width = width };
		AUTO_STR text = written(&spec, &p, 1);
		struct sv rest = sv_of(text), line;
		while (sv_split(&rest, '\n', &line))
			assert_true(text_width(line) <= MAX_OF(width, (size_t)8));
	}
}

/* What names a session stays whole; what is said of none, and extras, go before. */
static void names_stay_whole_in_a_table(void **state)
{
	static const struct { const char *name, *branch, *reason, *address; enum session_state state; } rows[] = {
		{ "flights-analysis-main-2", "main", NULL, "http://127.0.0.1:34501", SESSION_RUNNING }, { "sandbox-main", "main", NULL, NULL, SESSION_PAUSED } };
	(void)state;
	for (size_t width = 72; width <= 120; width += 24) {
		struct err err = { 0 };
		struct writer_spec spec = { .kind = WRITER_TABLE, .entity = ENTITY_SESSION, .width = width };
		struct writer *w = writer_new(&spec, &err);
		AUTO(buf_fini) struct buf out = BUF_INIT;
		struct session s[2];
		assert_non_null(w);
		for (size_t i = 0; i < 2; i++) {
			s[i] = (struct session){ .name = S(rows[i].name), .branch = S(rows[i].branch), .address = S(rows[i].address), .project = S("flights-analysis"), .state = rows[i].state };
			writer_row(w, &(struct row){ .now_s = NOW, .session = &s[i] });
		}
		writer_end(w, &out);
		writer_free(w);
		const char *text = buf_str(&out);
		assert_non_null(strstr(text, "flights-analysis-main-2 "));
		assert_non_null(strstr(text, "running "));
		assert_null(strstr(text, "REASON"));
		assert_true(width < 100 || strstr(text, "http://127.0.0.1:34501"));
		for (struct sv rest = sv_of(text), line; sv_split(&rest, '\n', &line);)
			assert_true(text_width(line) <= width);
	}
}

static void a_wrong_column_is_named_and_the_right_ones_listed(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct writer_spec spec = { .kind = WRITER_TSV, .entity = ENTITY_SESSION, .columns = "name,nonsense" };
	assert_null(writer_new(&spec, &err));
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.text, "nonsense"));
	assert_non_null(strstr(err.hint, "memory"));
	spec = (struct writer_spec){ .kind = WRITER_TSV, .entity = ENTITY_SESSION, .sort = "-nonsense" };
	assert_null(writer_new(&spec, &err));
}

/* ---- words ---- */
static void errors_are_sentences(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(buf_fini) struct buf b = BUF_INIT;
	err_set(&err, ERR_NO_SPACE, "the disk\nis full\033[2J");
	present_error(&b, &err);
	assert_true(strncmp(buf_str(&b), "The disk is full", 16) == 0);
	assert_non_null(strstr(buf_str(&b), "Free some disk space"));
	assert_harmless(buf_str(&b));
	AUTO(buf_fini) struct buf j = BUF_INIT;
	present_json_error(&j, &err);
	AUTO_JSON parsed = json_read(buf_sv(&j), 4096, &err);
	assert_string_equal(json_str(parsed, "error.code", ""), "no-space");
}

static void messages_are_sentences(void **state)
{
	static const struct { const char *text, *hint, *shown; bool named; } rows[] = {
		{ "the build ended", NULL, "the build ended", false },
		{ "the build ended", "", "the build ended", false },
		{ "lab: nothing listens at http://127.0.0.1:43509", "check the address", "lab: nothing listens at http://127.0.0.1:43509. Check the address.", false },
		{ "the token was refused.", "`berth login lab` stores one", "The token was refused. `berth login lab` stores one.", false },
		{ "thesis has no commits yet", "commit something in it", "thesis has no commits yet. Commit something in it.", true },
		{ "the repository is damaged", "git fsck says more", "The repository is damaged. git fsck says more.", false },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		present_message(&b, &(struct message){ .text = (char *)rows[i].text, .hint = (char *)rows[i].hint, .named = rows[i].named });
		assert_string_equal(buf_str(&b), rows[i].shown);
	}
}

static void names_are_spelt_as_they_are(void **state)
{
	(void)state;
	AUTO(buf_fini) struct buf said = BUF_INIT;
	struct err err = { 0 };
	err_set(&err, ERR_USAGE, "%s is one word too many", "plots");
	present_error(&said, &err);
	assert_true(strncmp(buf_str(&said), "plots is one word", 17) == 0);
	buf_clear(&said);
	err_set(&err, ERR_FAILED, "%s", "the build ended");
	present_error(&said, &err);
	assert_string_equal(buf_str(&said), "The build ended.");
	buf_clear(&said);
	err_set_errno(&err, ENOENT, "%s can't be read", "notes");
	present_error(&said, &err);
	assert_true(strncmp(buf_str(&said), "notes can't be read: No such file", 33) == 0);
	buf_clear(&said);
	err_set(&err, ERR_FAILED, "%s is gone", "plots");
	err_prefix(&err, "the branch");
	present_error(&said, &err);
	assert_string_equal(buf_str(&said), "The branch: plots is gone.");
	static const struct { const char *text, *said; } steps[] = {
		{ "make another at lab", "Make another at lab" }, { "berth login lab", "berth login lab" }, { "chmod go-w '/x'", "chmod go-w '/x'" }, { "", "" }, { "it is\tso", "It is so" },
	};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		buf_clear(&said);
		present_with_capital(&said, steps[i].text);
		assert_string_equal(buf_str(&said), steps[i].said);
	}
}

static void charts_have_their_width(void **state)
{
	(void)state;
	const float shares[] = { -1, 0, 0.01f, 0.5f, 1, 7 };
	for (size_t cols = 0; cols < 12; cols++)
		for (int ascii = 0; ascii < 2; ascii++) {
			AUTO(buf_fini) struct buf line = BUF_INIT;
			AUTO(buf_fini) struct buf bar = BUF_INIT;
			present_sparkline(&line, shares, ARRAY_LEN(shares), cols, ascii);
			present_bar(&bar, 0.4, cols, ascii);
			assert_int_equal(text_width(buf_sv(&line)), cols);
			assert_int_equal(text_width(buf_sv(&bar)), cols);
		}
}

static void saved_work_is_json_whatever_its_names(void **state)
{
	const struct autosave_ref ref = { .name = "renku/autosave/ada/caf\xe9\"/1a2b3c4/5d6e7f8", .branch = "caf\xe9\"", .was_there = true };
	static const char *const notes[] = { "a\tnote\x7f" };
	const struct autosave_result r = { .outcome = AUTOSAVE_SAVED, .refs = &ref, .n_refs = 1, .work = { .changed = 2, .detached = true }, .notes = notes, .n_notes = 1 };
	AUTO(buf_fini) struct buf b = BUF_INIT;
	(void)state;
	present_json_autosave(&b, &r, true);
	assert_string_equal(buf_str(&b), "{\"saved\":true,\"changed\":2,\"untracked\":0,\"staged\":0,\"unmerged\":0,\"ahead\":0,\"behind\":0,\"stashes\":0,\"detached\":true,"
	                                "\"branches\":[{\"name\":\"renku/autosave/ada/caf\xef\xbf\xbd\\\"/1a2b3c4/5d6e7f8\",\"branch\":\"caf\xef\xbf\xbd\\\"\","
	                                "\"commit\":\"0000000000000000000000000000000000000000\",\"was_there\":true}],\"notes\":[\"a\\tnote\\u007f\"]}\n");
}

static void what_git_did_is_told(void **state)
{
	static const struct { struct session_git_done d; bool pull; const char *words; } rows[] = {
		{ { .branch = "main", .commit = "9f8e7d6", .files = 3, .sent = 1, .pushed = true }, false, "Committed 3 files as 9f8e7d6, and pushed to main" },
		{ { .branch = "main", .commit = "9f8e7d6", .files = 1, .sent = 3, .pushed = true }, false, "Committed 1 file as 9f8e7d6, and pushed to main with 2 commits from before" },
		{ { .branch = "main", .landed = "main-x", .commit = "9f8e7d6", .files = 1, .sent = 1, .pushed = true }, false, "Committed 1 file as 9f8e7d6, and pushed to main-x" },
		{ { .branch = "main", .sent = 1, .pushed = true }, false, "There was nothing to commit; 1 commit was pushed to main" },
		{ { .branch = "x", .pushed = true }, false, "There was nothing to commit; x was pushed, as a new branch of the project" },
		{ { .branch = "main" }, false, "There is nothing to commit, and the project has all of main" },
		{ { .branch = "main", .came = 2, .files = 1 }, true, "2 commits came to main, with changes of 1 file" },
		{ { .branch = "main", .came = 1 }, true, "1 commit came to main" },
		{ { .branch = "main" }, true, "There is nothing new for main" },
		{ { .branch = "main", .ahead = 2 }, true, "There is nothing new for main, and 2 commits of it are not pushed yet" },
	};
	static const char *const commits[] = { "9f8e7d6 caf\xe9\"" }, *const notes[] = { "a\tnote" };
	const struct session_git_done d = { .branch = "m\x1b", .came = 1, .commits = commits, .n_commits = 1, .notes = notes, .n_notes = 1 };
	AUTO(buf_fini) struct buf json = BUF_INIT;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		present_git_done(&b, &rows[i].d, rows[i].pull);
		assert_string_equal(buf_str(&b), rows[i].words);
	}
	present_json_git_done(&json, &d);
	assert_string_equal(buf_str(&json), "{\"branch\":\"m\\u001B\",\"landed\":null,\"commit\":null,\"files\":0,\"pushed\":0,\"came\":1,\"ahead\":0,\"commits\":[\"9f8e7d6 caf\xef\xbf\xbd\\\"\"],"
	                                   "\"notes\":[\"a\\tnote\"]}\n");
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_column_is_usable), cmocka_unit_test(what_is_behind_is_said_honestly), cmocka_unit_test(saved_work_is_json_whatever_its_names), cmocka_unit_test(every_state_has_a_look), cmocka_unit_test(every_image_state_explains_itself),
		cmocka_unit_test(hostile_names_leave_no_writer_raw), cmocka_unit_test(a_tsv_row_has_as_many_tabs_as_its_head),
		cmocka_unit_test(json_is_an_array_of_all_columns), cmocka_unit_test(sorting_keeps_equal_rows_in_order), cmocka_unit_test(tables_fit_any_width), cmocka_unit_test(names_stay_whole_in_a_table),
		cmocka_unit_test(a_wrong_column_is_named_and_the_right_ones_listed), cmocka_unit_test(errors_are_sentences), cmocka_unit_test(messages_are_sentences), cmocka_unit_test(names_are_spelt_as_they_are), cmocka_unit_test(charts_have_their_width), cmocka_unit_test(what_git_did_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
