/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Branches between a local project's repository and its session, with a git of this machine; whatever breaks off, nothing is lost. */
#include "berth/exchange.h"
#include "berth/git.h"
#include "shell.h"

static void begin(struct shell *s, const char *name)
{
	struct err err = { 0 };
	shell_init(s, name);
	shell_do(s, "git init -q host && cd host && echo one >a && git add a && git commit -q -m Begin && git branch side && cd .. && git clone -q host work && cd work && git branch -q side origin/side");
	AUTO_STR host = path_join(s->dir, "host");
	const struct git_place place = { .url = host };
	if (exchange_prepare(s->workdir, &place, s->workdir, &err) < 0)
		fail_msg("%s", err.text);
	shell_do(s, "cd work && git config --unset remote.origin.uploadpack && rm .git/berth/hooks/post-receive"); /* both speak with a keeper */
}

static void end(struct shell *s)
{
	shell_do(s, "git -C host fsck --no-dangling && git -C work fsck --no-dangling && git -C work/.git/berth fsck --no-dangling");
	AUTO_STR cache = path_of(PATH_CACHE, "pushes");
	AUTO_STR look = xasprintf("ls '%s' 2>/dev/null | wc -l", cache);
	shell_is(s, look, "0");
	shell_fini(s);
}

static void said(void *shell, const char *text)
{
	buf_add_str(&((struct shell *)shell)->said, text);
}

static void exchange(struct shell *s)
{
	AUTO_STR host = path_join(s->dir, "host");
	const struct git_place place = { .url = host };
	buf_clear(&s->said);
	session_exchange(&s->e->base, s->loop, &s->session, &place, said, shell_end, s);
	shell_wait(s);
}

static void both_ways(struct shell *s, const char *wanted)
{
	exchange(s);
	if (s->err.code)
		fail_msg("%s", s->err.text);
	assert_string_equal(buf_str(&s->said), wanted);
}

static void branches_go_both_ways(void **state)
{
	struct shell s;
	(void)state;
	begin(&s, "ways");
	both_ways(&s, "");
	shell_do(&s, "cd work && git checkout -q -b topic/x && echo 2 >>a && git commit -qam Topic && git push -q origin topic/x");
	both_ways(&s, "topic/x is on your machine\n");
	shell_is(&s, "git -C host log -1 --format=%s topic/x", "Topic");
	both_ways(&s, "");
	shell_do(&s, "cd host && echo 3 >>a && git commit -qam 'From outside' && git branch -q fresh");
	both_ways(&s, "");
	shell_do(&s, "cd work && git fetch -q origin");
	shell_is(&s, "git -C work log -1 --format=%s origin/main", "From outside");
	shell_is(&s, "git -C work log -1 --format=%s origin/fresh", "From outside");
	shell_do(&s, "git -C host branch -q -D fresh");
	both_ways(&s, "");
	shell_is(&s, "git -C work/.git/berth for-each-ref --format='%(refname)' 'refs/*/fresh' refs/berth/host/fresh", "");
	end(&s);
}

static void what_can_not_be_moved_lands_beside(void **state)
{
	struct shell s;
	(void)state;
	begin(&s, "beside");
	shell_do(&s, "cd work && echo 2 >>a && git commit -qam 'On main' && git push -q origin main");
	both_ways(&s, "main is checked out on your machine, and stays as it is: the work is there as main-a\n");
	shell_is(&s, "git -C host log -1 --format=%s main", "Begin");
	shell_is(&s, "git -C host log -1 --format=%s main-a", "On main");
	shell_is(&s, "git -C host status --porcelain", "");
	shell_do(&s, "cd work && git checkout -q side && echo s >s && git add s && git commit -qm Ours && git push -q origin side");
	shell_do(&s, "cd host && git checkout -q side && echo t >t && git add t && git commit -qm Theirs && git checkout -q main");
	both_ways(&s, "side has other commits on your machine, and stays as it is: the work is there as side-a\n");
	shell_is(&s, "git -C host log -1 --format=%s side", "Theirs");
	shell_is(&s, "git -C host log -1 --format=%s side-a", "Ours");
	assert_string_equal(exchange_landed("side has other commits on your machine, and stays as it is: the work is there as side-a"), "side-a");
	assert_null(exchange_landed("side is on your machine"));
	end(&s);
}

/* Each operation in turn fails before it is done, or its answer gets lost: the next exchange has it all. */
static void a_broken_one_is_made_good_by_the_next(void **state)
{
	struct shell s;
	unsigned faults = 0;
	(void)state;
	begin(&s, "broken");
	for (unsigned kind = FAULT_BEFORE; kind <= FAULT_AFTER; kind++)
		for (unsigned at = 1; at < 12; at++) {
			AUTO_STR work = xasprintf("cd work && git checkout -q -B b%u-%u main && echo %u >>a && git commit -qam %u-%u && git push -q origin b%u-%u", kind, at, at, kind, at, kind, at);
			AUTO_STR there = xasprintf("git -C host log -1 --format=%%s b%u-%u", kind, at);
			AUTO_STR wanted = xasprintf("%u-%u", kind, at);
			shell_do(&s, work);
			shell_do(&s, "cd host && echo x >>a && git commit -qam Outside");
			s.e->n_ops = 0;
			s.e->fault_at = at;
			s.e->fault = (enum fault_kind)kind;
			exchange(&s);
			faults += s.err.code != 0;
			s.e->fault_at = 0;
			exchange(&s);
			assert_int_equal(s.err.code, 0);
			shell_is(&s, there, wanted);
			shell_do(&s, "cd work && git fetch -q origin && test $(git rev-parse origin/main) = $(git -C ../host rev-parse main)");
		}
	assert_true(faults >= 8);
	end(&s);
}

static void it_can_be_left_at_any_turn(void **state)
{
	struct shell s;
	(void)state;
	begin(&s, "leave");
	AUTO_STR host = path_join(s.dir, "host");
	const struct git_place place = { .url = host };
	shell_do(&s, "cd work && git checkout -q -b topic && echo 2 >>a && git commit -qam Topic && git push -q origin topic");
	for (int turns = 0; turns < 30; turns++) {
		struct session_call *c = session_exchange(&s.e->base, s.loop, &s.session, &place, said, shell_end, &s);
		for (int i = 0; i < turns && !s.ends; i++)
			loop_turn(s.loop, true);
		if (!s.ends)
			session_cancel(c);
		shell_wait(&s);
		assert_true(!s.err.code || s.err.code == ERR_CANCELLED);
	}
	for (int64_t until = patience(); loop_has_work(s.loop) && patient(until);) /* that nobody waits for */
		loop_turn(s.loop, true);
	exchange(&s);
	assert_int_equal(s.err.code, 0);
	shell_is(&s, "git -C host log -1 --format=%s topic", "Topic");
	end(&s);
}

static void what_git_can_not_do_is_said(void **state)
{
	struct shell s;
	(void)state;
	begin(&s, "said");
	shell_do(&s, "mv work/.git/berth kept");
	exchange(&s);
	assert_int_equal(s.err.code, ERR_FAILED);
	assert_non_null(strstr(s.err.text, "git in a could not list what was pushed (exit status"));
	shell_do(&s, "mv kept work/.git/berth && mv host away");
	exchange(&s);
	assert_int_not_equal(s.err.code, 0);
	shell_do(&s, "mv away host");
	s.session.container_id = S("berth-gone");
	exchange(&s);
	assert_int_equal(s.err.code, ERR_CONFLICT);
	end(&s);
}

static void lists_of_strangers_are_read(void **state)
{
	static const char text[] =
		"1111111111111111111111111111111111111111 refs/heads/main\n2222222222222222222222222222222222222222 refs/berth/host/main\n"
		"1111111111111111111111111111111111111111 refs/heads/a/b\n111111111111111111111111111111111111111 refs/heads/short\n"
		"3333333333333333333333333333333333333333 refs/heads/../../etc\n3333333333333333333333333333333333333333 refs/heads/a b\n3333333333333333333333333333333333333333 refs/heads/\n"
		"3333333333333333333333333333333333333333 refs/heads/x\033[31m\n3333333333333333333333333333333333333333 refs/tags/v1\n3333333333333333333333333333333333333333 refs/heads/x.lock\n"
		"4444444444444444444444444444444444444444 refs/berth/host/gone\nzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz refs/heads/z\n\n \nrefs/heads/main\n"
		"5555555555555555555555555555555555555555 refs/heads/cut";
	exchange_refs refs = VEC_INIT;
	(void)state;
	exchange_read(sv_of(text), &refs); /* the first in a process, it may be */
	static const char *const names[] = { "main", "a/b", "gone", "cut" };
	static const bool pushed[] = { true, true, false, true };
	assert_int_equal(refs.len, ARRAY_LEN(names));
	for (size_t i = 0; i < refs.len; i++) {
		assert_string_equal(refs.items[i].name, names[i]);
		assert_int_equal(exchange_is_pushed(&refs.items[i]), pushed[i]);
	}
	exchange_refs_fini(&refs);
}

/* ---- listening ---- */
static void asked(void *shell)
{
	buf_add_str(&((struct shell *)shell)->said, "asked ");
}

static void listening_hears_lines(void **state)
{
	struct shell s;
	(void)state;
	shell_init(&s, "listens");
	s.e->runs = false;
	s.e->exec_out = "push\n";
	session_listen(&s.e->base, s.loop, &s.session, asked, shell_end, &s);
	shell_wait(&s);
	assert_int_equal(s.err.code, 0);
	assert_string_equal(buf_str(&s.said), "asked ");
	s.e->exec_out = "pu";
	session_cancel(session_listen(&s.e->base, s.loop, &s.session, asked, shell_end, &s));
	shell_wait(&s);
	assert_int_equal(s.err.code, ERR_CANCELLED);
	assert_string_equal(buf_str(&s.said), "asked ");
	shell_fini(&s);
}

const struct CMUnitTest exchange_tests[] = {
	cmocka_unit_test(lists_of_strangers_are_read), cmocka_unit_test(branches_go_both_ways), cmocka_unit_test(what_can_not_be_moved_lands_beside), cmocka_unit_test(a_broken_one_is_made_good_by_the_next),
	cmocka_unit_test(it_can_be_left_at_any_turn), cmocka_unit_test(what_git_can_not_do_is_said), cmocka_unit_test(listening_hears_lines),
};
const size_t n_exchange_tests = ARRAY_LEN(exchange_tests);
