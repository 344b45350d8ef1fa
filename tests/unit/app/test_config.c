/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_app.h"

#include <sys/stat.h>
#include <unistd.h>

#include "berth/config.h"
#include "berth/path.h"
#include "berth/secret.h"

static char *config_file(const char *text)
{
	char *path = xstrdup("/tmp/berth-config-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(file_write_atomic(path, sv_of(text), NULL), 0);
	return path;
}

static struct config *read_text(const char *text)
{
	struct err err = { 0 };
	AUTO_STR path = config_file(text);
	struct config *c = config_read(path, &err);
	assert_non_null(c);
	assert_int_equal(err.code, 0);
	unlink(path);
	return c;
}

void an_absent_config_is_an_empty_one(void **state)
{
	(void)state;
	struct err err = { 0 };
	setenv("XDG_CONFIG_HOME", "/nonexistent/berth-test", 1);
	struct config *c = config_read(NULL, &err);
	assert_int_equal(err.code, 0);
	assert_int_equal(config_n_problems(c), 0);
	assert_string_equal(config_theme(c), "default");
	assert_true(config_mouse(c));
	assert_int_equal(config_n_folders(c), 1);
	assert_null(config_engine_host(c));
	config_free(c);
	c = config_read("/nonexistent/named-on-the-command-line", &err);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	config_free(c);
}

void good_lines_count(void **state)
{
	(void)state;
	const char *pane, *command, *key;
	struct config *c = read_text("[forge \"local\"]\n\tfolder = ~/a\n\tfolder = /b\n\tdepth = 5\n[ui]\n\ttheme = mono\n\tcolour = 16\n\tmouse = no\n"
	                             "[start]\n\tmemory = 3G\n[keys \"commits\"]\n\tbuild = B\n[engine \"default\"]\n\thost = unix:///x.sock\n");
	assert_int_equal(config_n_problems(c), 0);
	assert_int_equal(config_n_folders(c), 2);
	assert_string_equal(config_folder_at(c, 1), "/b");
	struct config_forge f;
	assert_true(config_forge_at(c, 0, &f));
	assert_int_equal(f.depth, 5);
	assert_false(f.folders_are_default);
	assert_false(config_forge_at(c, 1, &f));
	assert_string_equal(config_theme(c), "mono");
	assert_int_equal(config_colour(c), UI_COLOUR_16);
	assert_false(config_mouse(c));
	assert_string_equal(config_start_option(c, "memory"), "3G");
	assert_string_equal(config_engine_host(c), "unix:///x.sock");
	assert_true(config_key_at(c, 0, &pane, &command, &key));
	assert_string_equal(pane, "commits");
	assert_string_equal(command, "build");
	assert_string_equal(key, "B");
	assert_false(config_key_at(c, 1, &pane, &command, &key));
	struct config_row row;
	size_t n = 0;
	for (; config_row_at(c, n, &row); n++)
		assert_true(row.key && row.value && row.from && row.help);
	assert_true(n >= 7);
	config_free(c);
}

void each_wrong_line_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says, *hints;
	} cases[] = {
		{ "[ui]\n\tthem = x\n", ":2: there is no setting ui.them", "ui.theme" },
		{ "[ui]\n\n\tmouse = perhaps\n", ":3: ui.mouse is perhaps", "default" },
		{ "[ui]\n\tcolour = pink\n", "auto true 256 16 none", "" },
		{ "[forge \"local\"]\n\tdepth = many\n", "forge.local.depth is many", "" },
		{ "[forge \"x\"]\n\turi = https://x.org\n", "there is no setting forge.x.uri", "forge.x.url" },
		{ "[forge \"x\"]\n\ttype = github\n\turl = https://x.org\n", "local gitlab", "" },
		{ "[forge \"x\"]\n\turl = x.org\n", "which is no address", "" },
		{ "[forge \"x\"]\n\turl = https://me:pw@x.org\n", "which is no address", "" },
		{ "[forge \"x\"]\n\ttype = gitlab\n", ":2: [forge \"x\"] does not say where it is", "url" },
		{ "[forge \"x.org\"]\n\tdepth = 2\n", ":2: forge.x.org.depth means nothing for a forge of type gitlab", "" },
		{ "[forge \"a/b\"]\n\tdepth = 2\n", "a forge is named with", "" },
		{ "[start]\n\tmemroy = 2G\n", "no setting named memroy", "start --help" },
		{ "[start]\n\tmemory = lots\n", ":2: ", "" },
		{ "[keys \"commits\"]\n\tbiuld = b\n", "names no command: biuld", "build" },
		{ "[nonsense]\n\tx = 1\n", "there is no setting nonsense.x", "berth config" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct config *c = read_text(cases[i].text);
		assert_int_equal(config_n_problems(c), 1);
		const struct err *e = config_problem_at(c, 0);
		assert_int_equal(e->code, ERR_CONFIG);
		if (!strstr(e->text, cases[i].says) || !strstr(e->hint, cases[i].hints))
			fail_msg("case %zu says: %s (%s)", i, e->text, e->hint);
		assert_string_equal(config_theme(c), "default");
		config_free(c);
	}
}

void forges_are_named_sections(void **state)
{
	(void)state;
	struct config_forge f;
	struct config *c = read_text("[forge \"lab\"]\n\tfolder = /lab\n[forge \"gitlab.example.org\"]\n\ttoken = s3cret\n\tca-file = /ca.pem\n"
	                             "[forge \"Work\"]\n\ttype = gitlab\n\turl = https://git.example.org/gitlab/\n\ttoken-command = pass work\n");
	assert_int_equal(config_n_problems(c), 0);
	assert_true(config_forge_at(c, 0, &f));
	assert_string_equal(f.name, "local");
	assert_true(f.folders_are_default);
	assert_int_equal(config_n_folders(c), 2);
	assert_true(config_forge_at(c, 1, &f));
	assert_string_equal(f.name, "lab");
	assert_int_equal(f.kind, FORGE_KIND_LOCAL);
	assert_string_equal(f.folders[0], "/lab");
	assert_true(config_forge_at(c, 2, &f));
	assert_int_equal(f.kind, FORGE_KIND_GITLAB);
	assert_string_equal(f.url, "https://gitlab.example.org");
	assert_string_equal(f.ca_file, "/ca.pem");
	assert_true(secret_eq(f.token, SV("s3cret")));
	assert_true(config_forge_at(c, 3, &f));
	assert_string_equal(f.url, "https://git.example.org/gitlab");
	assert_string_equal(f.token_command, "pass work");
	assert_null(f.token);
	assert_false(config_forge_at(c, 4, &f));
	struct config_row row;
	for (size_t i = 0; config_row_at(c, i, &row); i++)
		assert_null(strstr(row.value, "s3cret"));
	config_free(c);
}

void a_token_that_others_may_read_is_not_used(void **state)
{
	(void)state;
	struct config_forge f;
	struct err err = { 0 };
	AUTO_STR path = config_file("[forge \"gitlab.example.org\"]\n\ttoken = s3cret\n");
	assert_int_equal(chmod(path, 0644), 0);
	struct config *c = config_read(path, &err);
	assert_int_equal(config_n_problems(c), 1);
	assert_non_null(strstr(config_problem_at(c, 0)->hint, "chmod 600"));
	assert_null(strstr(config_problem_at(c, 0)->text, "s3cret"));
	assert_true(config_forge_at(c, 1, &f));
	assert_null(f.token);
	config_free(c);
	unlink(path);
}

void a_syntax_error_keeps_the_defaults(void **state)
{
	(void)state;
	struct config *c = read_text("[ui\n\ttheme = mono\n");
	assert_int_equal(config_n_problems(c), 1);
	assert_int_equal(config_problem_at(c, 0)->code, ERR_CONFIG);
	assert_string_equal(config_theme(c), "default");
	config_free(c);
}
