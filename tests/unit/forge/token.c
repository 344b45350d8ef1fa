/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the token of a host is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "../../patience.h"
#include "berth/path.h"
#include "berth/token.h"
#include "forge/glab.h"
#include "forge/token_parts.h"

/* ---- pure parts ---- */
static void commands_are_split_as_a_shell_does(void **state)
{
	static const struct { const char *command, *words; } rows[] = {
		{ "pass show gitlab", "pass|show|gitlab" },
		{ "  a\t'b c'  \"d \\\" $e\" f\\ g \"\" ", "a|b c|d \" $e|f g|" },
		{ "x\"y\"'z'", "xyz" },
		{ "a '$HOME `id`; rm'", "a|$HOME `id`; rm" },
		{ "\"a\\b\"", "a\\b" },
		{ "!pass x | head -1", "sh|-c|pass x | head -1" },
		{ "", NULL }, { "   ", NULL }, { "a 'b", NULL }, { "a \"b\\\"", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		token_words w;
		struct err e = { 0 };
		AUTO(buf_fini) struct buf all = BUF_INIT;
		int r = token_split(rows[i].command, &w, &e);
		assert_int_equal(r, rows[i].words ? 0 : -ERR_USAGE);
		for (size_t k = 0; !r && w.items[k]; k++)
			buf_addf(&all, "%s%s", k ? "|" : "", w.items[k]);
		assert_string_equal(buf_str(&all), rows[i].words ? rows[i].words : "");
		token_words_fini(&w);
	}
}

static void check_secret(struct secret *s, const char *want)
{
	assert_int_equal(!s, !want);
	if (s)
		assert_true(secret_eq(s, sv_of(want)));
	secret_free(s);
}

static void outputs_are_read(void **state)
{
	static const struct { const char *out, *token; } rows[] = {
		{ "glpat-1\n", "glpat-1" }, { "  glpat-1 \r\nlogin: me\n", "glpat-1" }, { "glpat-1", "glpat-1" },
		{ "", NULL }, { "\nglpat-1\n", NULL }, { "two words\n", NULL }, { "a\033[0m\n", NULL }, { "\xc3\xa9\n", NULL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = { 0 };
		check_secret(token_of_output(sv_of(rows[i].out), &e), rows[i].token);
		assert_int_equal(e.code, rows[i].token ? 0 : ERR_AUTH);
	}
}

static void git_is_asked_in_its_words(void **state)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	char *user;
	token_git_question("https://gitlab.example:8443/re/lative", &b);
	assert_string_equal(buf_str(&b), "protocol=https\nhost=gitlab.example:8443\npath=re/lative\n\n");
	buf_clear(&b);
	token_git_question("http://h", &b);
	assert_string_equal(buf_str(&b), "protocol=http\nhost=h\n\n");
	buf_clear(&b);
	token_git_question("https://h\nhost=evil", &b);
	assert_int_equal(b.len, 0);
	check_secret(token_of_git(SV("protocol=https\nusername=me\npassword=glpat-2\n"), &user), "glpat-2");
	assert_string_equal(user, "me");
	free(user);
	check_secret(token_of_git(SV("username=me\n"), &user), NULL);
	assert_null(user);
	check_secret(token_of_git(SV("password=a b\n"), &user), NULL);
}

/* ---- glab's file ---- */
#define GLAB_USUAL \
	"# What protocol to use\ngit_protocol: ssh\neditor:\nhosts:\n    gitlab.com:\n        # What protocol to use to access the api endpoint.\n" \
	"        api_protocol: https\n        api_host: gitlab.com\n        token: !!null glpat-COM\n        user: ada\n" \
	"    gitlab.example:8443:\n        token: \"glpat-\\x45X\" # mine\n        git_protocol: https\n        api_host: api.example\n" \
	"        custom_headers:\n            - name: x\n              token: no\n        is_oauth2: \"true\"\n" \
	"    'quoted.example':\n        token: 'it''s'\n    \"empty.example\":\n        token:\n        use_keyring: true\nhost: gitlab.com\ncheck_update: true\n"

static void glab_files_are_read(void **state)
{
	static const struct { const char *url, *token, *user; bool keyring; } rows[] = {
		{ "https://gitlab.com", "glpat-COM", "ada", false }, { "https://gitlab.example:8443/x/y", "glpat-EX", NULL, false },
		{ "https://API.example", "glpat-EX", NULL, false }, { "https://quoted.example", "it's", NULL, false },
		{ "https://empty.example", NULL, NULL, true }, { "https://gitlab.example", NULL, NULL, false }, { "https://gitlab.co", NULL, NULL, false },
	};
	struct glab g;
	assert_int_equal(glab_parse(SV(GLAB_USUAL), &g, NULL), 0);
	assert_int_equal(g.n, 4);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct glab_host *h = glab_find(&g, rows[i].url);
		assert_int_equal(!h, !rows[i].token && !rows[i].keyring);
		if (!h)
			continue;
		assert_int_equal(!h->token, !rows[i].token);
		if (rows[i].token)
			assert_string_equal(h->token, rows[i].token);
		assert_int_equal(h->use_keyring, rows[i].keyring);
		if (rows[i].user)
			assert_string_equal(h->user, rows[i].user);
	}
	assert_string_equal(g.hosts[0].api_protocol, "https");
	assert_int_equal(g.hosts[0].token_line, 9);
	assert_true(g.hosts[1].is_oauth2);
	glab_fini(&g);
}

static void glab_files_that_are_odd(void **state)
{
	static const struct { const char *text; size_t n; int line; } rows[] = {
		{ "", 0, 0 }, { "hosts:\n", 0, 0 }, { "hosts: {}\n", 0, 0 }, { "---\nhosts:\r\n  a.b:\r\n    token: x\r\n", 1, 0 },
		{ "hosts:\n\ta: b\n", 0, 2 }, { "hosts:\n  'a: b\n", 0, 2 }, { "hosts:\n  a:\n    token: [1]\n", 0, 3 },
		{ "hosts:\n  a:\n    token: \"x\\q\"\n", 0, 3 }, { "hosts:\n    a:\n        token: x\n  b:\n    token: y\n", 0, 4 },
		{ "hosts:\n  a:\n    custom: {x: [}\n    token: y\n", 1, 0 }, { "nohosts:\n  a:\n    token: x\n", 0, 0 },
		{ "just words\n- a\n- b: c\n", 0, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct glab g;
		struct err e = { 0 };
		assert_int_equal(glab_parse(sv_of(rows[i].text), &g, &e), rows[i].line ? -ERR_DECODE : 0);
		assert_int_equal(g.n, rows[i].n);
		AUTO_STR where = xasprintf("line %d:", rows[i].line);
		if (rows[i].line)
			assert_ptr_equal(strstr(e.text, where), e.text);
		glab_fini(&g);
	}
}

/* ---- the search ---- */
struct search { struct loop *loop; char home[64]; bool done; enum token_source source; struct err err; struct buf notes, found; };

static void got(void *ctx, const struct token_found *t, const struct err *err)
{
	struct search *s = ctx;
	assert_false(s->done);
	assert_true(!t == !!err);
	s->done = true;
	if (err)
		s->err = *err;
	if (t) {
		s->source = t->source;
		buf_add_sv(&s->found, secret_reveal(t->token));
		buf_addf(&s->found, " %s %s", t->from, t->user ? t->user : "-");
	}
}

static void note(void *ctx, const char *text, const char *hint)
{
	struct search *s = ctx;
	buf_addf(&s->notes, "%s (%s)\n", text, hint);
}

static void put(const struct search *s, const char *name, const char *text, mode_t mode)
{
	AUTO_STR path = path_join(s->home, name);
	assert_int_equal(file_write_atomic(path, sv_of(text), NULL), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int begin(void **state)
{
	static struct search s;
	memset(&s, 0, sizeof s);
	s.loop = loop_new();
	snprintf(s.home, sizeof s.home, "/tmp/berth-token-XXXXXX");
	assert_non_null(mkdtemp(s.home));
	setenv("HOME", s.home, 1);
	setenv("GLAB_CONFIG_DIR", s.home, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("BERTH_TOKEN");
	unsetenv("GITLAB_TOKEN");
	*state = &s;
	return 0;
}

static int end(void **state)
{
	struct search *s = *state;
	loop_free(s->loop);
	buf_fini(&s->notes);
	buf_fini(&s->found);
	return path_remove_tree(s->home, NULL);
}

static void find(struct search *s, const struct token_query *q)
{
	struct token_query full = *q;
	s->done = false;
	s->err = (struct err){ 0 };
	buf_clear(&s->found);
	buf_clear(&s->notes);
	full.url = q->url ? q->url : "https://gitlab.example";
	struct token_call *c = token_find(s->loop, &full, &(struct token_events){ note, got }, s);
	assert_non_null(c);
	assert_false(s->done);
	for (int64_t until = patience(); !s->done && patient(until);)
		loop_turn(s->loop, true);
	assert_true(s->done);
}

static void the_first_source_wins(void **state)
{
	struct search *s = *state;
	AUTO(secret_free_p) struct secret *ours = secret_new(SV("glpat-config"));
	put(s, "config.yml", "hosts:\n  gitlab.example:\n    token: glpat-glab\n    user: ada\n", 0600);
	put(s, ".gitconfig", "[credential]\n\thelper = \"!f() { echo username=bob; echo password=glpat-git; }; f\"\n", 0600);
	setenv("GITLAB_TOKEN", "glpat-env", 1);
	struct token_query q = { .is_default = true, .command = "printf 'glpat-command\\nmore'", .token = ours, .token_from = "config:3" };
	find(s, &q);
	assert_string_equal(buf_str(&s->found), "glpat-env GITLAB_TOKEN -");
	setenv("BERTH_TOKEN", "glpat-berth", 1);
	find(s, &q);
	assert_string_equal(buf_str(&s->found), "glpat-berth BERTH_TOKEN -");
	q.is_default = false;                   /* one environment variable is not for every host */
	find(s, &q);
	assert_string_equal(buf_str(&s->found), "glpat-command token-command -");
	q.command = NULL;
	find(s, &q);
	assert_string_equal(buf_str(&s->found), "glpat-config config:3 -");
	q.token = NULL;
	find(s, &q);
	assert_non_null(strstr(buf_str(&s->found), "glpat-glab "));
	assert_non_null(strstr(buf_str(&s->found), "config.yml:3 ada"));
	assert_int_equal(s->source, TOKEN_GLAB);
	q.glab_file = "/no/such/file";
	find(s, &q);
	assert_string_equal(buf_str(&s->found), "glpat-git git credential bob");
	q.no_git = true;
	find(s, &q);
	assert_int_equal(s->err.code, ERR_AUTH);
	assert_non_null(strstr(s->err.hint, "berth login gitlab.example"));
	assert_int_equal(buf_str(&s->notes)[0], '\0');
}

static void what_fails_says_so(void **state)
{
	struct search *s = *state;
	static const struct { const char *command, *text; uint32_t ms; } rows[] = {
		{ "/no/such/program x", "can't start /no/such/program", 0 },
		{ "sh -c 'echo locked >&2; exit 7'", "exit code 7: locked", 0 },
		{ "!kill -9 $$", "signal 9", 0 },
		{ "true", "said nothing", 0 },
		{ "echo two words", "no token", 0 },
		{ "sleep 60", "did not answer", 50 },
		{ "sh -c 'yes | head -c 100000'", "more than", 0 },
		{ "a 'b", "quote", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		find(s, &(struct token_query){ .command = rows[i].command, .timeout_ms = rows[i].ms });
		assert_int_not_equal(s->err.code, 0);
		if (!strstr(s->err.text, rows[i].text))
			fail_msg("%s: %s", rows[i].command, s->err.text);
	}
}

static void what_is_passed_over_is_told(void **state)
{
	struct search *s = *state;
	put(s, "config.yml", "hosts:\n  gitlab.example:\n    token: glpat-glab\n", 0644);
	find(s, &(struct token_query){ .no_git = true });
	assert_int_equal(s->err.code, ERR_AUTH);
	assert_non_null(strstr(buf_str(&s->notes), "(`chmod 600 "));
	assert_null(strstr(buf_str(&s->notes), "glpat"));
	put(s, "config.yml", "hosts:\n  gitlab.example:\n    token: [glpat-glab]\n", 0600);
	find(s, &(struct token_query){ .no_git = true });
	assert_non_null(strstr(buf_str(&s->notes), "config.yml: line 3"));
	assert_null(strstr(buf_str(&s->notes), "glpat"));
	put(s, "config.yml", "hosts:\n  gitlab.example:\n    use_keyring: true\n", 0600);
	find(s, &(struct token_query){ .no_git = true });
	assert_non_null(strstr(buf_str(&s->notes), "keyring"));
	setenv("BERTH_TOKEN", "a b", 1);
	find(s, &(struct token_query){ .no_git = true, .is_default = true });
	assert_non_null(strstr(buf_str(&s->notes), "BERTH_TOKEN holds no token"));
}

static void git_asks_nobody(void **state)
{
	struct search *s = *state;
	put(s, ".gitconfig", "[core]\n\taskPass = echo asked\n", 0600);
	find(s, &(struct token_query){ 0 });
	assert_int_equal(s->err.code, ERR_AUTH);
}

static void a_search_can_be_cancelled(void **state)
{
	struct search *s = *state;
	struct token_query q = { .url = "https://h", .command = "sleep 60" };
	for (int turns = 0; turns < 3; turns++) {
		struct token_call *c = token_find(s->loop, &q, &(struct token_events){ note, got }, s);
		for (int i = 0; i < turns; i++)
			loop_turn(s->loop, false);
		token_cancel(c);
	}
	token_cancel(NULL);
	loop_turn(s->loop, false);
	assert_false(s->done);
}

int main(void)
{
#define WITH_HOME(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_split_as_a_shell_does), cmocka_unit_test(outputs_are_read),
		cmocka_unit_test(git_is_asked_in_its_words), cmocka_unit_test(glab_files_are_read),
		cmocka_unit_test(glab_files_that_are_odd), WITH_HOME(the_first_source_wins), WITH_HOME(what_fails_says_so),
		WITH_HOME(what_is_passed_over_is_told), WITH_HOME(git_asks_nobody), WITH_HOME(a_search_can_be_cancelled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
