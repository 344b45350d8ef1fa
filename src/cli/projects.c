/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Projects: those that are listed, and those that hosts are searched for. */
#include "cli/cli_impl.h"

enum { MAX_DEFAULT = 100 };

struct list {
	const char *words;             /* NULL: no search; borrowed from the command line */
	size_t max;                    /* of each host */
	size_t n_asked, n_failed;      /* hosts that were searched */
	struct err err;                /* why the first of those that failed did */
	VEC(char *) go_on;             /* hosts that have more */
};

static void list_drop(struct cli *c)
{
	struct list *l = c->data;
	for (size_t i = 0; i < l->go_on.len; i++)
		free(l->go_on.items[i]);
	VEC_FINI(&l->go_on);
	free(l);
	c->data = NULL;
	c->clean_up = NULL;
}

static bool listed(struct cli *c)
{
	enum fresh_state s = store_projects_fresh(app_store(c->app))->state;
	return (s == FRESH_FRESH || s == FRESH_FAILED) && counts_settled(c);
}

/* A forge that fails takes nothing from the others, and is not passed over in silence. */
static bool note_failures(struct cli *c)
{
	bool any = false;
	for (size_t i = 0; i < app_n_forges(c->app); i++) {
		const struct fresh *f = app_forge_fresh(c->app, i);
		AUTO(buf_fini) struct buf why = BUF_INIT;
		if (f->state != FRESH_FAILED)
			continue;
		present_error(&why, &f->err);
		cli_note(c, "%s: %s", app_forge_name(c->app, i), buf_str(&why));
		any = true;
	}
	return any;
}

/* Each of the words is in its path, its name or its description's place, whatever the case. */
static bool has_words(const struct project *p, const char *words)
{
	struct sv rest = sv_of(words), one;
	while (sv_split(&rest, ' ', &one)) {
		AUTO_STR word = sv_dup(one);
		if (!strcasestr(p->path, word) && !strcasestr(p->name, word))
			return false;
	}
	return true;
}

static void note_rest(struct cli *c, const struct list *l, size_t n)
{
	const char *host;
	bool failed = note_failures(c);
	AUTO(buf_fini) struct buf why = BUF_INIT;
	if (l->n_failed) {
		present_error(&why, &l->err);
		cli_note(c, "%s", buf_str(&why));
	}
	for (size_t i = 0; i < l->go_on.len; i++)
		cli_note(c, "%s has more with these words: add a word, or --max 0.", l->go_on.items[i]);
	if (l->words && !n && !l->n_failed && !failed)
		cli_note(c, "No project has the words %s.", l->words);
	else if (!l->words && app_projects_more(c->app, &host))
		cli_note(c, "%s has more projects than these: --max 0 lists all, --search WORDS finds some.", host);
	else if (!l->words && !n && !failed)
		cli_note(c, "There are no projects. berth looked for a git repository around the current folder and in %s; [forge \"local\"] folder in %s adds more.",
		         config_folder_at(app_config(c->app), 0), config_path(app_config(c->app)));
}

static void print_projects(struct cli *c)
{
	struct store *st = app_store(c->app);
	struct list *l = c->data;
	const struct fresh *f = store_projects_fresh(st);
	size_t n = 0;
	struct err err = l->n_asked && l->n_failed == l->n_asked ? l->err : f->state == FRESH_FAILED ? f->err : (struct err){ 0 };
	struct writer *w = cli_writer(c, ENTITY_PROJECT);
	if (!w)
		return;
	for (size_t i = 0; i < store_n_projects(st); i++) {
		struct row r = cli_row(c);
		r.project = store_project_at(st, i);
		if (l->words && !has_words(r.project, l->words) && !app_search_hit(c->app, r.project->id))
			continue;
		r.one_forge = c->out_tty && !c->json && !c->columns && app_n_forges(c->app) < 2;
		r.found = app_project_is_found(c->app, r.project->id);
		count_sessions(c, NULL, NULL, &r);
		writer_row(w, &r);
		n++;
	}
	if (err.code && !n)
		writer_free(w);
	else
		cli_write(c, w);
	if (!err.code)
		note_rest(c, l, n);
	list_drop(c);
	cli_end(c, err.code ? &err : NULL);
}

/* ---- searching ---- */
static void heard_host(void *cli, const struct app_searched *s)
{
	struct cli *c = cli;
	struct list *l = c->data;
	AUTO(buf_fini) struct buf why = BUF_INIT;
	l->n_asked++;
	if (s->more)
		VEC_PUSH(&l->go_on, xstrdup(s->host));
	if (!s->err)
		return;
	if (!l->n_failed++) {
		l->err = *s->err;
		err_prefix(&l->err, "could not search %s", s->host);
		return;
	}
	present_error(&why, s->err);
	cli_note(c, "could not search %s: %s", s->host, buf_str(&why));
}

static bool always(struct cli *c)
{
	(void)c;
	return true;
}

static void searched(void *cli, const struct err *err)
{
	struct cli *c = cli;
	(void)err; /* no host is there to be searched: then the lists are all there is */
	cli_wait(c, always, print_projects);
}

static void search_now(struct cli *c)
{
	struct list *l = c->data;
	const struct app_search q = { .words = l->words, .max = l->max, .few = l->max };
	app_search(c->app, &q, heard_host, searched, c);
}

void run_projects(struct cli *c)
{
	struct list *l = xcalloc(1, sizeof *l);
	const char *max = cli_flag(c, "max");
	uint64_t n = MAX_DEFAULT;
	struct err err = { 0 };
	c->data = l;
	c->clean_up = list_drop;
	l->words = cli_flag(c, "search");
	if (max && !sv_to_u64(sv_of(max), &n))
		err_set(&err, ERR_USAGE, "--max wants a number, not %s", max);
	else if (l->words && !*l->words)
		err_set(&err, ERR_USAGE, "--search wants words");
	if (err.code) {
		list_drop(c);
		cli_end(c, &err);
		return;
	}
	l->max = n && n < SIZE_MAX / 2 ? (size_t)n : SIZE_MAX / 2;
	if (!l->words)
		app_want_more_projects(c->app, l->max);
	app_want_projects(c->app);
	want_counts(c);
	cli_wait(c, listed, l->words ? search_now : print_projects);
}
