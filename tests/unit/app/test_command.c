/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_app.h"

#include "berth/app.h"
#include "berth/command.h"
#include "berth/str.h"

void commands_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < CMD_COUNT_; i++) {
		const struct command *c = command_at(i);
		assert_int_equal(c->id, i);
		assert_true(c->name && *c->name && c->summary && *c->summary);
		assert_true(c->faces);
		assert_int_not_equal(c->summary[strlen(c->summary) - 1], '.');
		assert_ptr_equal(command_by_name(c->name), c);
	}
	assert_null(command_at(CMD_COUNT_));
}

static bool share_a_pane(const struct command *a, const struct command *b)
{
	if (!*a->panes || !*b->panes)
		return *a->panes == *b->panes; /* a pane's own key may cover one that works everywhere */
	struct sv rest = sv_of(a->panes), one;
	while (sv_split(&rest, ' ', &one)) {
		struct sv others = sv_of(b->panes), other;
		while (sv_split(&others, ' ', &other))
			if (sv_eq(one, other))
				return true;
	}
	return false;
}

static void assert_apart(const struct command *a, const struct command *b)
{
	struct sv keys = sv_of(a->keys), key;
	while (sv_split(&keys, ' ', &key)) {
		struct sv others = sv_of(b->keys), other;
		while (sv_split(&others, ' ', &other))
			if (sv_eq(key, other))
				fail_msg("%s and %s are both on %.*s", a->name, b->name, (int)key.len, key.p);
	}
}

void no_key_has_two_meanings_in_a_pane(void **state)
{
	(void)state;
	for (size_t i = 0; i < CMD_COUNT_; i++)
		for (size_t k = i + 1; k < CMD_COUNT_; k++) {
			const struct command *a = command_at(i), *b = command_at(k);
			if (a->keys && b->keys && share_a_pane(a, b))
				assert_apart(a, b);
		}
}

void a_mistyped_command_finds_its_neighbour(void **state)
{
	(void)state;
	assert_string_equal(command_nearest("comits"), "commits");
	assert_string_equal(command_nearest("strat"), "start");
	assert_null(command_nearest("zzzzzzzzzz"));
	assert_null(command_nearest(""));
}

/* In two pieces, cut everywhere. */
void what_is_typed_into_a_shell(void **state)
{
	static const struct { const char *typed, *sent; enum shell_typed end; } rows[] = {
		{ "ls\r", "ls\r", SHELL_TYPED }, { "a\x1d" "d", "a", SHELL_LEAVE }, { "\x1d" "D", "", SHELL_LEAVE }, { "\x1d\x1d", "\x1d", SHELL_TYPED },
		{ "\x1dx", "\x1dx", SHELL_TYPED }, { "a\x1d?", "a", SHELL_HELP }, { "\x1d", "", SHELL_TYPED }, { "\x1d\x1d\x1d" "d", "\x1d", SHELL_LEAVE },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t cut = 0; cut <= strlen(rows[i].typed); cut++) {
			AUTO(buf_fini) struct buf sent = BUF_INIT;
			struct shell_keys k = { .prefix = 0x1d };
			struct sv first = { rows[i].typed, cut }, rest = sv_of(rows[i].typed + cut);
			enum shell_typed end = shell_keys_take(&k, &first, &sent);
			assert_int_equal(first.len, 0);
			if (end == SHELL_TYPED)
				end = shell_keys_take(&k, &rest, &sent);
			assert_string_equal(buf_str(&sent), rows[i].sent);
			assert_int_equal(end, rows[i].end);
		}
	assert_int_equal(key_byte("ctrl-]"), 0x1d);
	assert_int_equal(key_byte("ctrl-a"), 1);
	assert_int_equal(key_byte("ctrl-up"), -1);
	assert_int_equal(key_byte(""), -1);
}

void what_is_missing_is_the_reason(void **state)
{
	(void)state;
	struct command_place place = { .has = 0 };
	const struct command *start = command_at(CMD_START), *quit = command_at(CMD_QUIT);
	assert_null(command_why_not(quit, &place));
	assert_string_equal(command_why_not(start, &place), "no project is selected");
	place.has = NEED_PROJECT;
	place.engine_trouble = "the socket is not there";
	assert_string_equal(command_why_not(start, &place), "the socket is not there");
	place.has |= NEED_ENGINE_SOON; /* it waits; others don't */
	assert_null(command_why_not(start, &place));
	assert_string_equal(command_why_not(command_at(CMD_START_OPTIONS), &place), "the socket is not there");
	place.has = NEED_PROJECT | NEED_ENGINE;
	assert_null(command_why_not(start, &place));
	place.read_only = true;
	assert_non_null(strstr(command_why_not(start, &place), "--read-only"));
}

void every_error_has_an_exit_code(void **state)
{
	(void)state;
	assert_int_equal(exit_code_of(ERR_NONE), 0);
	for (int e = 1; e < ERR_CODE_COUNT_; e++)
		assert_true(exit_code_of((enum err_code)e) > 0);
}
