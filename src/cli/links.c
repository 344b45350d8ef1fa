/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link, open: a link that starts a session is made, or followed once somebody has seen what is odd about it. */
#include "cli/cli_impl.h"

#include "berth/link.h"

/* ---- link ---- */
static void print_link(struct cli *c)
{
	AUTO(buf_fini) struct buf text = BUF_INIT;
	AUTO(buf_fini) struct buf badge = BUF_INIT;
	struct link l;
	struct err err = { 0 };
	char hex[OID_HEX + 1];
	if (app_link_of(c->app, c->project, &l, &err) < 0) {
		cli_end(c, &err);
		return;
	}
	l.berth |= cli_flag(c, "berth") != NULL;
	l.branch = xstrdup(c->branch);
	oid_hex(&c->commit, hex);
	l.commit = c->have_commit ? xstrdup(hex) : NULL;
	options_fini(&l.options);
	options_dup(&l.options, &c->options);
	link_make(&text, &l);
	link_make_badge(&badge, &l);
	link_fini(&l);
	if (c->json) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		present_json_pairs(&b, (const struct present_pair[]){ { "link", buf_str(&text) }, { "badge", buf_str(&badge) } }, 2);
		cli_out(c, buf_sv(&b));
	} else {
		cli_outf(c, "%s\n", buf_str(cli_flag(c, "badge") ? &badge : &text));
	}
	cli_end(c, NULL);
}

static void commit_got(void *cli, const struct oid *id, const char *branch)
{
	struct cli *c = cli;
	(void)branch;
	c->commit = *id;
	c->have_commit = true;
}

static void commit_ended(void *cli, const struct err *err)
{
	if (err)
		cli_end(cli, err);
	else
		print_link(cli);
}

static void branch_got(void *cli, const struct oid *id, const char *branch)
{
	struct cli *c = cli;
	(void)id;
	str_replace(&c->branch, branch);
}

static void branch_ended(void *cli, const struct err *err)
{
	struct cli *c = cli;
	struct err none = { 0 };
	if (!err && !c->branch) {
		err_set(&none, ERR_NOT_FOUND, "%s is no branch", c->args[1]);
		err_hint(&none, "`berth branches` lists them; a commit comes after the branch.");
		err = &none;
	}
	if (err)
		cli_end(c, err);
	else if (c->n_args > 2 && strcmp(c->args[2], "latest") != 0)
		app_resolve(c->app, c->project, c->args[2], commit_got, commit_ended, c);
	else
		print_link(c);
}

static void project_known(struct cli *c)
{
	if (c->n_args > 1)
		app_resolve(c->app, c->project, c->args[1], branch_got, branch_ended, c);
	else
		print_link(c);
}

void run_link(struct cli *c)
{
	with_project(c, project_known);
}

/* ---- open ---- */
struct opening { struct link link; char *doubts; bool json_said; };

static void drop(struct cli *c)
{
	struct opening *o = c->data;
	link_fini(&o->link);
	free(o->doubts);
	free(o);
	c->data = NULL;
	c->clean_up = NULL;
}

static void say_line(void *cli, const char *label, enum style style, const char *text)
{
	(void)style;
	cli_note(cli, "%-10s %s", label ? label : "", text);
}

static void start_it(struct cli *c)
{
	drop(c);
	start_here(c);
}

static void sessions_known(struct cli *c)
{
	struct opening *o = c->data;
	struct sv rest = sv_of(o->doubts), line;
	if (!*o->doubts || cli_flag(c, "yes")) {
		start_it(c);
		return;
	}
	while (sv_split(&rest, '\n', &line))
		if (line.len)
			cli_note(c, "%.*s", (int)line.len, line.p);
	cli_confirm(c, "the link asks for more than a session of a project that is known here", "--yes", start_it);
}

static void link_got(void *cli, const struct app_link *k)
{
	struct cli *c = cli;
	struct opening *o = c->data;
	struct sv rest = sv_of(k->warnings), line;
	c->project = k->project;
	c->commit = k->commit;
	c->have_commit = !k->newest;
	str_replace(&c->branch, k->branch);
	str_replace(&o->doubts, k->doubts);
	c->options_given = k->options != NULL;
	for (int i = 0; k->options && i < OPT_COUNT_; i++)
		options_take(&c->options, k->options, (enum option_id)i);
	while (sv_split(&rest, '\n', &line))
		if (line.len)
			cli_note(c, "%.*s", (int)line.len, line.p);
}

static void link_ended(void *cli, const struct err *err)
{
	struct cli *c = cli;
	struct err copy = { 0 };
	if (err) {
		err_copy(&copy, err);
		drop(c);
		cli_end(c, &copy);
	} else if (cli_flag(c, "dry-run")) {
		cli_end(c, NULL);
	} else {
		with_sessions(c, sessions_known);
	}
}

void run_open(struct cli *c)
{
	struct err err = { 0 };
	struct link l;
	if (!c->n_args) {
		err_set(&err, ERR_USAGE, "no link was given");
		err_hint(&err, "Usage: berth open LINK (in quotes: a shell takes the & for its own)");
	} else if (link_parse(sv_of(c->args[0]), &l, &err) == 0) {
		struct opening *o = xcalloc(1, sizeof *o);
		o->link = l;
		o->doubts = xstrdup("");
		c->data = o;
		c->clean_up = drop;
		present_link(&o->link, say_line, c);
		app_link(c->app, &o->link, link_got, link_ended, c);
		return;
	}
	cli_end(c, &err);
}
