/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine.h"

#include <stdio.h>

static const char *const sleeping[] = { "sleep", "600" };

static void keep_out(void *ctx, int stream, struct sv bytes)
{
	struct seen *s = ctx;

	s->items++;
	buf_add_sv(stream == 2 ? &s->errors : &s->bytes, bytes);
}

static void keep_exit(void *ctx, int exit_code)
{
	((struct seen *)ctx)->exit_code = exit_code;
	((struct seen *)ctx)->known = true;
}

static void run_in(const char *name, const char *script, struct sv input, struct seen *s)
{
	const char *argv[] = { "sh", "-c", script };

	seen_clear(s);
	engine_exec(test_engine(), &(struct engine_exec_query){ .container = name, .argv = argv, .n_argv = 3, .stdin_bytes = input }, keep_out, keep_exit, seen_end, s);
}

static void test_exec(void **state)
{
	const char *name = test_name("exec");
	AUTO(seen_clear) struct seen s = { 0 };
	AUTO(buf_fini) struct buf big = BUF_INIT;

	test_run(name, sleeping, 2);
	run_in(name, "echo out; echo err >&2; exit 7", SV(""), &s);
	assert_ended_well(&s, "exec");
	assert_int_equal(s.exit_code, 7);
	assert_string_equal(buf_str(&s.bytes), "out\n");
	assert_string_equal(buf_str(&s.errors), "err\n");
	run_in(name, "cat", SV("hand over\n"), &s);
	assert_ended_well(&s, "exec with input");
	assert_int_equal(s.exit_code, 0);
	assert_string_equal(buf_str(&s.bytes), "hand over\n");
	for (int i = 0; i < 40000; i++)
		buf_addf(&big, "line %d of many\n", i);
	run_in(name, "cat", buf_sv(&big), &s);
	assert_ended_well(&s, "exec with much input");
	assert_int_equal(s.bytes.len, big.len);
	assert_memory_equal(s.bytes.p, big.p, big.len);
	test_remove(name);
}

static void test_exec_environment(void **state)
{
	static const char *const argv[] = { "sh", "-c", "echo $GREETING; id -u; echo $PWD" };
	const char *name = test_name("env");
	AUTO(seen_clear) struct seen s = { 0 };

	test_run(name, sleeping, 2);
	engine_exec(test_engine(), &(struct engine_exec_query){ .container = name, .argv = argv, .n_argv = 3, .user = "12", .workdir = "/tmp",
		.env = &(struct net_header){ "GREETING", "h\xc3\xa9 \"'$=" }, .n_env = 1 }, keep_out, keep_exit, seen_end, &s);
	assert_ended_well(&s, "exec with an environment");
	assert_string_equal(buf_str(&s.bytes), "h\xc3\xa9 \"'$=\n12\n/tmp\n");
	test_remove(name);
}

static void test_exec_refused(void **state)
{
	static const char *const argv[] = { "no-such-shell" };
	const char *name = test_name("noshell");
	AUTO(seen_clear) struct seen s = { 0 };
	struct engine_exec_query q = { .container = name, .argv = argv, .n_argv = 1 };

	test_run(name, sleeping, 2);
	engine_exec(test_engine(), &q, keep_out, keep_exit, seen_end, &s);
	assert_ended_as(&s, ERR_FAILED, "no-such-shell", "a program that isn't there");
	assert_true(!s.known || s.exit_code == 126 || s.exit_code == 127);
	assert_int_equal(s.items, 0);
	seen_clear(&s);
	engine_kill(test_engine(), name, "KILL", seen_end, &s);
	assert_ended_well(&s, "kill");
	seen_clear(&s);
	engine_exec(test_engine(), &q, keep_out, keep_exit, seen_end, &s);
	wait_end(&s, "exec in a dead container");
	if (s.err.code != ERR_CONFLICT && s.err.code != ERR_FAILED)
		fail_msg("exec in a dead container: %s: %s", err_code_name(s.err.code), s.err.text);
	test_remove(name);
	seen_clear(&s);
	engine_exec(test_engine(), &q, keep_out, keep_exit, seen_end, &s);
	assert_ended_as(&s, ERR_NOT_FOUND, NULL, "exec in none");
}

/* ---- terminals ---- */
struct tty_seen { struct buf bytes; bool ended, says; const char *want; int exit_code; struct err err; };

static void tty_data(void *ctx, struct sv bytes)
{
	struct tty_seen *s = ctx;

	buf_add_sv(&s->bytes, bytes);
	if (s->want && strstr(buf_str(&s->bytes), s->want))
		s->says = true;
}

static void tty_end(void *ctx, int exit_code, const struct err *err)
{
	struct tty_seen *s = ctx;

	s->ended = true;
	s->exit_code = exit_code;
	if (err)
		s->err = *err;
}

static void tty_expect(struct tty_seen *s, const char *words)
{
	s->want = words;
	s->says = strstr(buf_str(&s->bytes), words) != NULL;
	if (!s->says)
		wait_for(&s->says, 10, words);
}

static const struct engine_tty_events tty_events = { tty_data, tty_end };

static void test_tty(void **state)
{
	static const char *const argv[] = { "/bin/sh" };
	const char *name = test_name("tty");
	struct tty_seen s = { 0 };

	test_run(name, sleeping, 2);
	struct engine_tty *t = engine_tty_open(test_engine(), &(struct engine_exec_query){ .container = name, .argv = argv, .n_argv = 1,
		.env = &(struct net_header){ "PS1", "@> " }, .n_env = 1 }, 33, 101, &tty_events, &s);
	engine_tty_write(t, SV("echo early-$((20+1))\n"));  /* before it stands */
	tty_expect(&s, "early-21");
	/* the first size comes right after the start: the shell waits until it sees it */
	engine_tty_write(t, SV("until stty size | { read a b; [ $a = 33 ]; }; do :; done; stty size\n"));
	tty_expect(&s, "33 101");
	engine_tty_resize(t, 40, 120);
	engine_tty_write(t, SV("until stty size | { read a b; [ $a = 40 ]; }; do :; done; stty size\n"));
	tty_expect(&s, "40 120");
	engine_tty_write(t, SV("exit 9\n"));
	wait_for(&s.ended, 10, "the shell's end");
	assert_int_equal(s.exit_code, 9);
	assert_int_equal(s.err.code, ERR_NONE);
	engine_tty_write(t, SV("nobody reads this\n"));
	engine_tty_resize(t, 1, 1);
	engine_tty_close(t);
	buf_fini(&s.bytes);
	test_remove(name);
}

static void test_tty_closed_early(void **state)
{
	static const char *const argv[] = { "/bin/sh" };
	const char *name = test_name("ttyclose");
	struct tty_seen s = { 0 };
	struct engine_exec_query q = { .container = name, .argv = argv, .n_argv = 1 };

	test_run(name, sleeping, 2);
	engine_tty_close(engine_tty_open(test_engine(), &q, 24, 80, &tty_events, &s));
	struct engine_tty *t = engine_tty_open(test_engine(), &q, 24, 80, &tty_events, &s);
	tty_expect(&s, "#");
	engine_tty_close(t);
	assert_false(s.ended);
	t = engine_tty_open(test_engine(), &(struct engine_exec_query){ .container = "berth-test-absent", .argv = argv, .n_argv = 1 }, 24, 80, &tty_events, &s);
	wait_for(&s.ended, 10, "a terminal in no container");
	assert_int_equal(s.err.code, ERR_NOT_FOUND);
	assert_int_equal(s.exit_code, -1);
	engine_tty_close(t);
	buf_fini(&s.bytes);
	test_remove(name);
}

/* ---- logs ---- */
static void test_logs(void **state)
{
	static const char *const cmd[] = { "sh", "-c", "echo one; echo two >&2; echo three" };
	const char *name = test_name("logs");
	AUTO(seen_clear) struct seen s = { 0 };
	struct engine_logs_query q = { .container = name, .follow = true };

	test_run(name, cmd, 3);
	engine_logs(test_engine(), &q, keep_out, seen_end, &s); /* follows to the container's end */
	assert_ended_well(&s, "logs");
	assert_string_equal(buf_str(&s.bytes), "one\nthree\n");
	assert_string_equal(buf_str(&s.errors), "two\n");
	seen_clear(&s);
	q = (struct engine_logs_query){ .container = name, .tail = 1, .timestamps = true };
	engine_logs(test_engine(), &q, keep_out, seen_end, &s);
	assert_ended_well(&s, "logs, the last line");
	assert_int_equal(s.items, 1);
	assert_true(s.bytes.len + s.errors.len > 20);
	test_remove(name);
	seen_clear(&s);
	engine_logs(test_engine(), &q, keep_out, seen_end, &s);
	assert_ended_as(&s, ERR_NOT_FOUND, NULL, "logs of none");
}

static void test_logs_of_terminal(void **state)
{
	static const char *const cmd[] = { "sh", "-c", "echo raw; exit 0" };
	const char *name = test_name("logtty");
	AUTO(seen_clear) struct seen s = { 0 };

	test_make(&(struct engine_create_query){ .name = name, .image = TEST_IMAGE, .cmd = cmd, .n_cmd = 3, .labels = test_labels, .n_labels = 1, .tty = true });
	test_start(name);
	engine_logs(test_engine(), &(struct engine_logs_query){ .container = name, .follow = true }, keep_out, seen_end, &s);
	assert_ended_well(&s, "logs of a terminal");
	assert_string_equal(buf_str(&s.bytes), "raw\r\n");
	test_remove(name);
}

const struct CMUnitTest exec_tests[] = {
	cmocka_unit_test(test_exec), cmocka_unit_test(test_exec_environment), cmocka_unit_test(test_exec_refused), cmocka_unit_test(test_tty),
	cmocka_unit_test(test_tty_closed_early), cmocka_unit_test(test_logs), cmocka_unit_test(test_logs_of_terminal),
};
const size_t n_exec_tests = ARRAY_LEN(exec_tests);
