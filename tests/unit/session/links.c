/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/link.h"
#include "berth/mem.h"
#include "tests.h"

/* What a link says, as one line: "host project branch commit a|-, then options and extras". */
static void show(struct buf *b, const struct link *l)
{
	buf_addf(b, "%s %s %s %s %s %s", l->berth ? "berth" : "https", l->host, l->project, l->branch ? l->branch : "-", l->commit ? l->commit : "-", l->autostart ? "auto" : "form");
	for (int i = 0; i < OPT_COUNT_; i++)
		if (link_sets(l, (enum option_id)i))
			buf_addf(b, " %s=%s", option_def((enum option_id)i)->name, options_text(&l->options, (enum option_id)i));
	for (size_t i = 0; i < l->n_extras; i++)
		buf_addf(b, " +%s=%s", l->extras[i].name, l->extras[i].value);
}

static const struct { const char *text, *says; bool bad; } cases[] = {
	{ "https://renku.example.org/projects/lab/flights/sessions/new?autostart=1", "https renku.example.org lab/flights - - auto", false },
	{ " https://Renku.Example.ORG:8443/projects/a/b/c/flights/sessions/new?autostart=1&branch=fix/a+b&commit=latest#x\n",
	  "https renku.example.org:8443 a/b/c/flights fix/a+b - auto", false },
	{ "https://h/projects/a/b/sessions/new?autostart=1&commit=0123456789ABCDEF0123456789abcdef01234567&branch=main&env[A]=1&env%5BB%5D=two%20w+x%2B",
	  "https h a/b main 0123456789abcdef0123456789abcdef01234567 auto env=A=1\nB=two w x+", false },
	{ "https://h/projects/a/b/sessions/new?fromLanding=1&x", "https h a/b - - form +fromLanding=1 +x=", false },
	{ "http://127.0.0.1:8080/projects/a/b/sessions/new/", "https 127.0.0.1:8080 a/b - - form", false },
	{ "berth://local/my%20thesis?autostart=1&memory=4096M&cpus=2&lfs=yes", "berth local my thesis - - auto cpus=2 memory=4G lfs=yes", false },
	{ "BERTH://Local/x", "berth local x - - form", false },
	{ "berth://h/a/b?autostart=0&notebook=notes/a b.ipynb", "spaces or control", true },
	{ "berth://h/a/b?autostart=1&notebook=notes/a%20b.ipynb", "berth h a/b - - auto environment=/lab/tree/notes/a%20b.ipynb", false },
	{ "berth://h/a/b?environment=/rstudio&notebook=x", "berth h a/b - - form environment=/rstudio", false },
	{ "berth://h/a/b?env=A%3D1&&=x&", "berth h a/b - - form +env=A=1", false },
	{ "", "it is empty", true }, { "flights", "neither https", true }, { "javascript:alert(1)", "neither https", true }, { "file:///etc/passwd", "neither", true },
	{ "https://h/a/b", "its path is not /projects/", true }, { "https://h/projects//sessions/new", "its path is not", true }, { "https:///projects/a/sessions/new", "no host", true },
	{ "https://u:p@h/projects/a/b/sessions/new", "user name", true }, { "berth://h", "names no project", true }, { "berth://h/?x", "names no project", true },
	{ "berth://h/a/../b", "names no project", true }, { "berth://h/a/%2e%2E/b", "names no project", true }, { "berth://h/a%2fb", "names no project", true },
	{ "berth://h/a//b", "names no project", true }, { "berth://h/a%0ab", "names no project", true }, { "berth://h/a%zz", "two hexadecimal", true }, { "berth://h/a%00", "two hexadecimal", true },
	{ "berth://h;id/a", "no host has", true }, { "berth://h/a?branch=-x", "'-x' is no name of a branch", true }, { "berth://h/a?branch=a..b", "no name of a branch", true },
	{ "berth://h/a?branch=main~3", "no name of a branch", true }, { "berth://h/a?branch=@{-1}", "no name of a branch", true }, { "berth://h/a?branch=a&branch=b", "second", true },
	{ "berth://h/a?commit=HEAD", "no id of a commit", true }, { "berth://h/a?commit=abc", "no id", true }, { "berth://h/a?memory=lots", "memory", true },
	{ "berth://h/a?memory=2G&memory=4G", "second", true }, { "berth://h/a?image=$(id)", "no name of an image", true }, { "berth://h/a?env[A]=1&env[A]=2", "A is set twice", true },
	{ "berth://h/a?env[1]=x", "can't be the name", true }, { "berth://h/a?env[JUPYTER_TOKEN]=x", "set by the session", true }, { "berth://h/a?env[A]=x%0ay", "several lines", true },
	{ "berth://h/a?branch=%1b[31m", "no name of a branch", true }, { "berth://h/a?x=%", "two hexadecimal", true },
};

static void links_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct link l;
		struct err err = { 0 };
		AUTO(buf_fini) struct buf b = BUF_INIT;
		int r = link_parse(sv_of(cases[i].text), &l, &err);
		if ((r < 0) != cases[i].bad)
			fail_msg("%s: %s", cases[i].text, err.text);
		if (r < 0) {
			assert_int_equal(err.code, ERR_USAGE);
			assert_true(err.hint[0]);
			if (!strstr(err.text, cases[i].says))
				fail_msg("%s: '%s' is not in: %s", cases[i].text, cases[i].says, err.text);
			continue;
		}
		show(&b, &l);
		assert_string_equal(buf_str(&b), cases[i].says);
		link_fini(&l);
	}
}

static void what_is_written_is_read_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct link l, again;
		AUTO(buf_fini) struct buf text = BUF_INIT;
		AUTO(buf_fini) struct buf before = BUF_INIT;
		AUTO(buf_fini) struct buf after = BUF_INIT;
		if (cases[i].bad)
			continue;
		assert_int_equal(link_parse(sv_of(cases[i].text), &l, NULL), 0);
		link_make(&text, &l);
		assert_int_equal(link_parse(buf_sv(&text), &again, NULL), 0);
		show(&before, &l);
		show(&after, &again);
		assert_string_equal(buf_str(&before), buf_str(&after));
		link_fini(&l);
		link_fini(&again);
	}
}

static void nothing_is_left_unescaped(void **state)
{
	(void)state;
	struct link l;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	link_init(&l);
	l.host = xstrdup("h.example");
	l.project = xstrdup("a/b c(d)]");
	l.branch = xstrdup("fix/é&x");
	l.autostart = true;
	assert_int_equal(options_env_add(&l.options, SV("A=<i>&\"')"), FROM_USER, NULL), 0);
	link_make_badge(&b, &l);
	assert_string_equal(buf_str(&b), "[![launch - renku](https://h.example/renku-badge.svg)](https://h.example/projects/a/b%20c%28d%29%5D/sessions/new?autostart=1"
	                                 "&branch=fix/%C3%A9%26x&env%5BA%5D=%3Ci%3E%26%22%27%29)");
	buf_clear(&b);
	l.berth = true;
	link_make_badge(&b, &l);
	assert_string_equal(buf_str(&b), "[launch - berth](berth://h.example/a/b%20c%28d%29%5D?autostart=1&branch=fix/%C3%A9%26x&env%5BA%5D=%3Ci%3E%26%22%27%29)");
	link_fini(&l);
}

const struct CMUnitTest links_tests[] = {
	cmocka_unit_test(links_are_read), cmocka_unit_test(what_is_written_is_read_again), cmocka_unit_test(nothing_is_left_unescaped),
};
const size_t n_links_tests = ARRAY_LEN(links_tests);
