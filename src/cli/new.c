/* SPDX-License-Identifier: GPL-3.0-or-later */
/* new: a project from a template, in a folder that is not there yet; what the template wants to know is asked for at a terminal. */
#include <stdio.h>
#include <unistd.h>

#include "berth/template.h"
#include "cli/cli_impl.h"

enum { ANSWER_MAX = 4096 };
struct making {
	struct templates all;
	const struct template *chosen;
	struct template_value values[TEMPLATE_VARIABLES_MAX * 2];
	char *owned[TEMPLATE_VARIABLES_MAX * 2];
	size_t n;
	char *name;
};

static void drop(struct cli *c)
{
	struct making *m = c->data;
	templates_fini(&m->all);
	for (size_t i = 0; i < ARRAY_LEN(m->owned); i++)
		free(m->owned[i]);
	free(m->name);
	free(m);
	c->data = NULL;
	c->clean_up = NULL;
}

static void fail(struct cli *c, const struct err *err)
{
	struct err copy = *err;
	drop(c);
	cli_end(c, &copy);
}

/* ---- the end ---- */
static void say_way_to_host(struct cli *c)
{
	const char *origin = cli_flag(c, "origin");
	AUTO(buf_fini) struct buf b = BUF_INIT;
	buf_add_shell_quoted(&b, sv_of(c->args[0]));
	if (origin)
		cli_note(c, "To push it (GitLab makes the project when it is not there yet): git -C %s push --set-upstream origin main", buf_str(&b));
	else
		cli_note(c, "`berth start %s` builds its image and starts a session; git -C %s remote add origin URL, then git push, takes it to a host.", buf_str(&b), buf_str(&b));
}

static void said(void *cli, const char *text)
{
	cli_note(cli, "%c%s.", *text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text, text + 1);
}

static void made(void *cli, const struct err *err)
{
	struct cli *c = cli;
	if (err) {
		fail(c, err);
		return;
	}
	if (c->json) {
		const struct making *m = c->data;
		AUTO(buf_fini) struct buf b = BUF_INIT;
		present_json_pairs(&b, (const struct present_pair[]){ { "folder", c->args[0] }, { "name", m->name }, { "template", m->chosen->name } }, 3);
		cli_out(c, buf_sv(&b));
	} else {
		cli_outf(c, "%s\n", c->args[0]);
		if (!cli_flag(c, "forge"))
			say_way_to_host(c);
	}
	drop(c);
	cli_end(c, NULL);
}

/* ---- variables ---- */
static bool is_given(const struct making *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->values[i].name, name) == 0)
			return true;
	return false;
}

static void add_value(struct making *m, struct sv name, struct sv value)
{
	if (m->n + 1 > ARRAY_LEN(m->values))
		return;
	AUTO_STR n = sv_dup(name);
	/* both in one piece: the value stands behind the name's NUL */
	char *both = xmalloc(name.len + value.len + 2);
	memcpy(both, n, name.len + 1);
	memcpy(both + name.len + 1, value.p, value.len);
	both[name.len + 1 + value.len] = '\0';
	m->owned[m->n] = both;
	m->values[m->n++] = (struct template_value){ both, both + name.len + 1 };
}

static int take_given(struct cli *c, struct making *m, struct err *reterr)
{
	for (size_t i = 0; i < c->n_flags; i++) {
		const char *value = c->flags[i].value, *equals = strchr(value, '=');
		if (strcmp(c->flags[i].flag->name, "set") != 0)
			continue;
		if (!equals)
			return err_set(reterr, ERR_USAGE, "--set %s: write NAME=VALUE", value);
		add_value(m, (struct sv){ value, (size_t)(equals - value) }, sv_of(equals + 1));
	}
	return 0;
}

static int ask_for(const struct cli *c, struct making *m, const struct template_variable *v, struct err *reterr)
{
	char line[ANSWER_MAX];
	bool tty = isatty(STDIN_FILENO) && c->err_tty && !c->json;
	if (is_given(m, v->name) || (!tty && v->fallback))
		return 0;
	if (!tty) {
		err_set(reterr, ERR_USAGE, "the template %s wants a value of %s: %s", m->chosen->name, v->name, v->help ? v->help : "");
		err_hint(reterr, "--set %s=VALUE gives it.", v->name);
		return -ERR_USAGE;
	}
	AUTO_STR help = text_cleaned(v->help);
	AUTO_STR name = text_cleaned(v->name);
	AUTO_STR fallback = text_cleaned(v->fallback);
	fprintf(stderr, "%s\n%s [%s]: ", help, name, fallback);
	if (!fgets(line, sizeof line, stdin))
		return err_set(reterr, ERR_CANCELLED, "not answered, so nothing was made");
	struct sv answer = sv_trim(sv_of(line));
	if (answer.len || !v->fallback)
		add_value(m, sv_of(v->name), answer);
	return 0;
}

static void make(struct cli *c)
{
	struct making *m = c->data;
	struct err err = { 0 };
	int r = take_given(c, m, &err);
	for (size_t i = 0; r == 0 && i < m->chosen->n_variables; i++)
		r = ask_for(c, m, &m->chosen->variables[i], &err);
	if (r < 0) {
		fail(c, &err);
		return;
	}
	const struct app_new q = { .folder = c->args[0], .template = m->chosen, .name = m->name, .origin = cli_flag(c, "origin"), .values = m->values, .n_values = m->n,
		.host = cli_flag(c, "forge"), .namespace_path = cli_flag(c, "namespace"), .visibility = cli_flag(c, "visibility") };
	app_new_project(c->app, &q, said, made, c);
}

/* ---- which template ---- */
static void list(struct cli *c)
{
	const struct making *m = c->data;
	for (size_t i = 0; i < m->all.n; i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		const struct template *t = &m->all.items[i];
		if (c->json) {
			present_json_pairs(&b, (const struct present_pair[]){ { "template", t->name }, { "title", t->title } }, 2);
			cli_out(c, buf_sv(&b));
			continue;
		}
		AUTO_STR name = text_cleaned(t->name);
		AUTO_STR title = text_cleaned(t->title);
		cli_outf(c, "%s\t%s\n", name, title);
	}
	drop(c);
	cli_end(c, NULL);
}

static void choose(struct cli *c)
{
	struct making *m = c->data;
	const char *wanted = cli_flag(c, "template");
	AUTO(buf_fini) struct buf names = BUF_INIT;
	struct err err = { 0 };
	if (cli_flag(c, "list")) {
		list(c);
		return;
	}
	for (size_t i = 0; i < m->all.n; i++) {
		if (wanted ? strcmp(m->all.items[i].name, wanted) == 0 : m->all.n == 1)
			m->chosen = &m->all.items[i];
		buf_addf(&names, "%s%s", i ? ", " : "", m->all.items[i].name);
	}
	if (m->chosen) {
		make(c);
		return;
	}
	err_set(&err, ERR_USAGE, "%s%s; there are: %s", wanted ? "there is no template " : "no template was named", wanted ? wanted : "", buf_str(&names));
	err_hint(&err, "--template NAME takes one; `berth new --list` says what each is.");
	fail(c, &err);
}

static void got(void *cli, struct templates *t)
{
	struct cli *c = cli;
	struct making *m = c->data;
	m->all = *t;
	t->n = 0;
}

static void looked(void *cli, const struct err *err)
{
	struct cli *c = cli;
	if (err)
		fail(c, err);
	else
		choose(c);
}

static char *last_part(const char *path)
{
	size_t n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	size_t from = n;
	while (from > 0 && path[from - 1] != '/')
		from--;
	return xstrndup(path + from, n - from);
}

void run_new(struct cli *c)
{
	struct making *m = xcalloc(1, sizeof *m);
	struct err err = { 0 };
	const char *from = cli_flag(c, "from");
	c->data = m;
	c->clean_up = drop;
	if (!cli_flag(c, "forge") && (cli_flag(c, "namespace") || cli_flag(c, "visibility"))) {
		err_set(&err, ERR_USAGE, "--namespace and --visibility are of a project at a host");
		err_hint(&err, "--forge HOST names it.");
		fail(c, &err);
		return;
	}
	if (!c->n_args && !cli_flag(c, "list")) {
		err_set(&err, ERR_USAGE, "no folder was named");
		err_hint(&err, "Usage: berth new FOLDER --template python");
		fail(c, &err);
		return;
	}
	m->name = xstrdup(cli_flag(c, "name"));
	if (!m->name)
		m->name = last_part(c->n_args ? c->args[0] : "");
	if (from) {
		app_templates(c->app, from, got, looked, c);
		return;
	}
	templates_builtin(&m->all);
	choose(c);
}
