/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/mem.h"
#include "session/parts.h"
#include "tests.h"

/* entry and cmd: words parted by blanks */
static const struct {
	const char *entry, *cmd; uint16_t exposed; bool sh, jupyter; const char *environment;
	uint16_t port; bool runs_jupyter, init, stays; const char *url, *in_script, *not_in_script;
} rows[] = {
	{ "tini -g --", "jupyter lab", 8888, true, true, "/lab", 8888, true, false, false, "/lab", "exec tini -g -- jupyter-lab", NULL },
	{ "/tini -- /entrypoint.sh", "jupyter notebook", 8888, true, true, "/rstudio", 8888, true, false, false, "/rstudio", "/entrypoint.sh jupyter-lab", NULL },
	{ "", "start-notebook.sh", 8888, true, true, "/lab", 8888, true, true, false, "/lab", "exec jupyter-lab", NULL },
	{ "python", "app.py", 8888, true, true, "/lab", 8888, true, true, false, "/lab", "exec jupyter-lab", "python jupyter-lab" },
	{ "tini -- python app.py", "", 0, true, false, "/lab", 0, false, false, false, "", "exec tini -- python app.py", "jupyter" },
	{ "/init", "", 8787, true, false, "/rstudio", 8787, false, false, false, "/", "exec /init", "jupyter" },
	{ "", "nginx -g", 80, true, true, "/x", 80, false, true, false, "/x", "exec nginx -g", "jupyter" },
	{ "", "bash", 0, true, false, "/lab", 0, false, true, true, "", "sleep 3600", "exec bash" },
	{ "", "", 0, true, false, "/lab", 0, false, true, true, "", "sleep 3600", NULL },
	{ "tini --", "", 0, true, false, "/lab", 0, false, false, true, "", "sleep 3600", NULL },
	{ "/bin/sh -c", "sleep 5", 0, true, false, "/lab", 0, false, true, false, "", "exec /bin/sh -c sleep 5", NULL },
	{ "", "jupyter lab", 8888, true, true, "shell", 0, false, true, true, "", "sleep 3600", "jupyter-lab" },
	{ "", "bash", 8888, true, true, "/lab", 8888, true, true, false, "/lab", "sleep 3600", NULL },
	{ "", "serve", 8888, false, false, "/lab", 8888, false, true, false, "/", NULL, NULL },
	{ "", "it's", 0, true, false, "/lab", 0, false, true, false, "", "exec 'it'\\''s'", NULL },
};

static void split(struct words *w, const char *text)
{
	struct sv rest = sv_of(text), word;
	while (*text && sv_split(&rest, ' ', &word)) {
		AUTO_STR one = sv_dup(word);
		words_add(w, one);
	}
}

static void plans_fit_images(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(image_facts_fini) struct image_facts f = { .port = rows[i].exposed, .has_sh = rows[i].sh, .has_jupyter = rows[i].jupyter };
		AUTO(run_plan_fini) struct run_plan p;
		split(&f.entrypoint, rows[i].entry);
		split(&f.cmd, rows[i].cmd);
		run_plan_make(&f, rows[i].environment, &p);
		const char *script = p.entrypoint.n ? p.entrypoint.items[2] : "";
		if (p.port != rows[i].port || p.jupyter != rows[i].runs_jupyter || p.init != rows[i].init || p.open_stdin != rows[i].stays)
			fail_msg("row %zu: port %u jupyter %d init %d stays %d", i, p.port, p.jupyter, p.init, p.open_stdin);
		assert_string_equal(p.default_url, rows[i].url);
		assert_int_equal(p.entrypoint.n, rows[i].sh ? 4 : 0);
		if (rows[i].in_script && !strstr(script, rows[i].in_script))
			fail_msg("row %zu: '%s' is not in\n%s", i, rows[i].in_script, script);
		if (rows[i].not_in_script && strstr(script, rows[i].not_in_script))
			fail_msg("row %zu: '%s' is in\n%s", i, rows[i].not_in_script, script);
		assert_true(p.settings == rows[i].sh);
	}
}

static void workspaces_have_a_place(void **state)
{
	static const struct { const char *workdir, *home, *root; } places[] = {
		{ "/home/jovyan", "/home/x", "/home/jovyan/work" }, { "", "/home/x", "/home/x/work" }, { "/", "/home/x", "/home/x/work" },
		{ "", NULL, "/home/jovyan/work" }, { "/", "/", "/home/jovyan/work" }, { "/srv/app/", NULL, "/srv/app/work" },
	};
	static const struct { const char *project, *folder; } names[] = {
		{ "flights", "flights" }, { "my data", "my data" }, { "häuser", "häuser" }, { "a'b\"c", "a'b\"c" }, { "a:b", NULL }, { "..", NULL }, { ".git", NULL },
		{ "-x", NULL }, { "a\nb", NULL }, { "\xff", NULL }, { "", NULL }, { "a\x1b", NULL },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct image_facts f = { .workdir = (char *)places[i].workdir };
		struct image_user u = { .home = (char *)places[i].home };
		AUTO_STR root = work_root_of(&f, &u);
		assert_string_equal(root, places[i].root);
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_STR folder = folder_name_of(names[i].project);
		assert_true(folder[0] && folder[0] != '.' && folder[0] != '-' && !strpbrk(folder, "/\n\x1b"));
		if (names[i].folder)
			assert_string_equal(folder, names[i].folder);
	}
}

const struct CMUnitTest plan_tests[] = { cmocka_unit_test(plans_fit_images), cmocka_unit_test(workspaces_have_a_place) };
const size_t n_plan_tests = ARRAY_LEN(plan_tests);
