/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting sessions: what a quick start means, and the launches under way. */
#include "app/app_impl.h"

/* ---- the list of starts ---- */
static struct start *start_by_name(const struct app *a, const char *session)
{
	for (struct start *s = a->starts; s; s = s->next)
		if (strcmp(s->session, session) == 0)
			return s;
	return NULL;
}

static bool is_listed(const struct start *s)
{
	return s->launch && (!s->ended || (s->err.code && s->err.code != ERR_CANCELLED));
}

static void start_free(struct start *s)
{
	launch_free(s->launch);
	options_fini(&s->options);
	project_fini(&s->project);
	free(s->session);
	free(s->branch);
	free(s->restore);
	free(s->author_name);
	free(s->author_email);
	free(s);
}

static void start_unlink(struct start *s)
{
	for (struct start **p = &s->app->starts; *p; p = &(*p)->next)
		if (*p == s) {
			*p = s->next;
			break;
		}
}

static void start_failed(struct start *s, const struct err *err)
{
	AUTO_STR words = xasprintf("%s did not start", s->session);
	AUTO_STR prefix = sv_starts(sv_of(err->text), sv_of(words)) ? NULL : xasprintf("%s: ", words);
	s->ended = true;
	s->err = *err;
	if (err->code == ERR_CANCELLED)
		app_say(s->app, MESSAGE_INFO, NULL, "The start of %s was cancelled; nothing is left of it", s->session);
	else
		app_say_err(s->app, MESSAGE_ERROR, err, prefix);
	store_note_launch(s->app->store);
}

/* A start that nobody sees any more (it went well, or never got as far as a launch) goes when the next one comes: until then
 * app_launch_ended() can tell of it. */
static void drop_unlisted(struct app *a)
{
	for (struct start *s = a->starts, *next; s; s = next) {
		next = s->next;
		if (!s->ended || is_listed(s))
			continue;
		start_unlink(s);
		start_free(s);
	}
}

/* ---- the launch itself ---- */
static void launch_changed(void *start)
{
	store_note_launch(((struct start *)start)->app->store);
}

static void launch_warned(void *start, const char *text)
{
	app_say(((struct start *)start)->app, MESSAGE_WARN, NULL, "%s", text);
}

static void launch_ended(void *start, const struct err *err)
{
	struct start *s = start;
	struct app *a = s->app;
	if (err) {
		start_failed(s, err);
	} else {
		s->ended = true;
		app_say(a, MESSAGE_GOOD, "c shows its address, a opens a shell in it.", "The session %s is ready", s->session);
		store_note_launch(a->store);
		keeper_ensure(a);
	}
	schedule_sessions(a);
	images_changed(a);
}

static void begin(struct start *s)
{
	struct app *a = s->app;
	struct err err = { 0 };
	struct engine *e = link_up(a, &err);
	if (!e) {
		start_failed(s, &err);
		return;
	}
	options_set(&s->options, OPT_NAME, s->session, FROM_USER, NULL);
	struct launch_deps deps = { .loop = a->loop, .forge = forge_of(a, &s->project), .engine = e, .image_ops = &app_image_ops, .image_self = a };
	struct launch_request q = { .project = &s->project, .branch = s->branch, .commit = s->commit, .options = &s->options, .owner = local_user(),
		.author_name = s->author_name, .author_email = s->author_email, .restore = s->restore, .restore_tip = s->restore_tip };
	static const struct launch_events events = { launch_changed, launch_warned, launch_ended };
	repositories_note(a, &s->project);
	s->launch = launch_start(&deps, &q, &events, s);
	store_note_launch(a->store);
}

/* ---- before it: commit, options, image, author ---- */
static void author_got(void *start, const char *name, const char *email)
{
	struct start *s = start;
	s->author_name = xstrdup(name);
	s->author_email = xstrdup(email);
}

static void author_end(void *start, const struct err *err)
{
	struct start *s = start;
	(void)err;
	s->ask = 0;
	begin(s);
}

static void look_for_author(struct start *s)
{
	s->ask = author_find(s->app, &s->project, author_got, author_end, s);
}

static void use_image_ref(struct start *s, const char *ref)
{
	if (ref && !*options_text(&s->options, OPT_IMAGE))
		options_set(&s->options, OPT_IMAGE, ref, FROM_DEFAULT, NULL);
}

static void image_got(void *start, const struct image *i)
{
	struct start *s = start;
	if (i->state == IMAGE_READY || i->state == IMAGE_SAME_AS || i->state == IMAGE_AVAILABLE || i->state == IMAGE_PINNED)
		use_image_ref(s, i->ref);
}

static void image_end(void *start, const struct err *err)
{
	struct start *s = start;
	(void)err; /* the launch asks the engine itself, and words what is wrong */
	AUTO_STR own = image_ref_of(&s->project, &s->commit);
	s->ask = 0;
	use_image_ref(s, own);
	look_for_author(s);
}

static void look_for_image(struct start *s)
{
	if (*options_text(&s->options, OPT_IMAGE))
		look_for_author(s);
	else
		s->ask = app_image(s->app, s->project.id, &s->commit, image_got, image_end, s);
}

static void options_got(void *start, const struct session_options *o, const char *warnings)
{
	struct start *s = start;
	struct sv rest = sv_of(warnings), line;
	options_fini(&s->options);
	options_dup(&s->options, o);
	while (sv_split(&rest, '\n', &line))
		if (line.len)
			app_say(s->app, MESSAGE_WARN, "The start goes on without it.", "%.*s", (int)line.len, line.p);
}

static void options_end(void *start, const struct err *err)
{
	struct start *s = start;
	s->ask = 0;
	if (err)
		start_failed(s, err);
	else
		look_for_image(s);
}

static void with_commit(void *start)
{
	struct start *s = start;
	if (s->options_given)
		look_for_image(s);
	else
		s->ask = app_start_options(s->app, s->project.id, &s->commit, options_got, options_end, s);
}

static void commit_got(void *start, const struct oid *id, const char *branch)
{
	struct start *s = start;
	(void)branch;
	s->commit = *id;
}

static void commit_end(void *start, const struct err *err)
{
	struct start *s = start;
	s->ask = 0;
	if (err)
		start_failed(s, err);
	else
		with_commit(s);
}

/* ---- entry ---- */
/* What a quick start asks for; branch NULL: just the commit, commit NULL: the branch's newest. */
struct place { const struct project *project; const char *branch; const struct oid *commit; };

static bool is_there(const struct place *p, const char *project, const char *branch, const struct oid *commit)
{
	if (!project || strcmp(project, p->project->path) != 0)
		return false;
	if (p->branch && (!branch || strcmp(branch, p->branch) != 0))
		return false;
	return !p->commit || oid_eq(p->commit, commit);
}

static const struct session *running_at(struct app *a, const struct place *p)
{
	for (size_t i = 0; i < store_n_sessions(a->store); i++) {
		const struct session *s = store_session_at(a->store, i);
		bool same_forge = !s->forge || strcmp(s->forge, p->project->forge) == 0;
		if (session_is_up(s) && same_forge && session_is_mine(s) && is_there(p, s->project, s->branch, &s->commit))
			return s;
	}
	return NULL;
}

/* The key pressed twice starts one session. */
static const struct start *starting_at(struct app *a, const struct place *p)
{
	for (const struct start *s = a->starts; s; s = s->next)
		if (!s->ended && project_id_eq(s->project.id, p->project->id) && is_there(p, s->project.path, s->branch, &s->commit))
			return s;
	return NULL;
}

static bool name_taken(const struct app *a, const char *name)
{
	const struct start *s = start_by_name(a, name);
	return app_session_hidden(a, name) || store_session(a->store, name) || (s && !s->ended);
}

static char *name_for(struct app *a, const struct project *p, const char *branch)
{
	AUTO(buf_fini) struct buf base = BUF_INIT;
	AUTO(buf_fini) struct buf raw = BUF_INIT;
	buf_addf(&raw, "%.24s-%.20s", p->name, branch ? branch : "commit");
	for (size_t i = 0; i < raw.len; i++)
		raw.p[i] = raw.p[i] >= 'A' && raw.p[i] <= 'Z' ? (char)(raw.p[i] + 32) : strchr("/_.+ ", raw.p[i]) ? '-' : raw.p[i];
	buf_add_slug(&base, buf_sv(&raw));
	for (size_t i = 0; i < base.len; i++)
		if (base.p[i] == '_' || base.p[i] == '.')
			base.p[i] = '-';
	for (unsigned n = 2; n < 1000 && name_taken(a, buf_str(&base)); n++) {
		AUTO_STR numbered = xasprintf("%s-%u", buf_str(&base), n);
		if (!name_taken(a, numbered))
			return xstrdup(numbered);
	}
	return buf_take(&base);
}

static struct start *start_new(struct app *a, const struct app_start *q, const struct project *p, const char *branch)
{
	struct start *s = xcalloc(1, sizeof *s);
	const char *asked = q->options ? options_text(q->options, OPT_NAME) : "";
	s->app = a;
	s->session = *asked ? xstrdup(asked) : name_for(a, p, branch);
	s->branch = xstrdup(branch);
	s->restore = xstrdup(q->restore);
	project_dup(&s->project, p);
	if (q->options)
		options_dup(&s->options, q->options);
	else
		options_init(&s->options);
	s->options_given = q->options != NULL;
	s->next = a->starts;
	a->starts = s;
	return s;
}

/* What there is already instead of a new one. */
static char *there_already(struct app *a, const struct place *p, enum start_kind *ret_kind)
{
	const struct start *starting = starting_at(a, p); /* first: its container may be listed already */
	const struct session *running = starting ? NULL : running_at(a, p);
	*ret_kind = running ? START_ALREADY_RUNNING : START_LAUNCHED;
	return xstrdup(running ? running->name : starting ? starting->session : NULL);
}

/* The branch was forced back, say, and the saved work is not above that commit. The work itself is there: it has an image of its own, if any. */
static void base_end(void *start, const struct err *err)
{
	struct start *s = start;
	struct autosave_name n;
	if (!err || err->code != ERR_NOT_FOUND || !autosave_name_parse(sv_of(s->restore), &n)) {
		commit_end(s, err);
		return;
	}
	s->ask = 0;
	s->commit = s->restore_tip;
	app_say(s->app, MESSAGE_WARN, NULL, "the commit %.*s that this work began at is not in %s any more: the session begins with the work as it was saved", (int)n.start7.len,
	        n.start7.p, s->project.name);
	with_commit(s);
}

/* The commit that work was saved from: its image is the work's. */
static void restore_from(struct start *s)
{
	struct autosave_name n;
	if (!autosave_name_parse(sv_of(s->restore), &n) || !oid_is_zero(&s->commit)) {
		with_commit(s);
		return;
	}
	AUTO_STR start = sv_dup(n.start7);
	s->ask = app_resolve(s->app, s->project.id, start, commit_got, base_end, s);
}

static void saved_got(void *start, const struct oid *id, const char *branch)
{
	(void)branch;
	((struct start *)start)->restore_tip = *id;
}

static void saved_end(void *start, const struct err *err)
{
	struct start *s = start;
	s->ask = 0;
	if (err)
		start_failed(s, err);
	else
		restore_from(s);
}

static void start_begin(struct start *s, const struct app_start *q)
{
	if (s->restore) {
		s->commit = q->commit ? *q->commit : (struct oid){ { 0 } };
		s->ask = app_resolve(s->app, s->project.id, s->restore, saved_got, saved_end, s);
		return;
	}
	if (!q->commit) {
		s->ask = app_resolve(s->app, s->project.id, s->branch, commit_got, commit_end, s);
		return;
	}
	s->commit = *q->commit;
	loop_defer(s->app->loop, with_commit, s);
}

/* NULL: its work was on no branch. */
static int branch_of_saved(const char *name, char **ret, struct err *reterr)
{
	struct autosave_name n;
	if (!autosave_name_parse(sv_of(name), &n)) {
		err_set(reterr, ERR_USAGE, "%s is no saved work", name);
		err_hint(reterr, "`berth autosaves` lists what there is.");
		return -ERR_USAGE;
	}
	*ret = sv_eq(n.branch, SV("HEAD")) || n.branch.p[0] == '@' ? NULL : sv_dup(n.branch);
	return 0;
}

int app_start(struct app *a, const struct app_start *q, enum start_kind *ret_kind, char **ret_session, struct err *reterr)
{
	const struct project *p = store_project(a->store, q->project);
	int r = refuse_read_only(a, reterr);
	if (r < 0)
		return r;
	if (!p)
		return err_set(reterr, ERR_NOT_FOUND, "the project is gone");
	AUTO_STR saved = NULL;
	if (q->restore && (r = branch_of_saved(q->restore, &saved, reterr)) < 0)
		return r;
	struct place place = { p, q->restore ? saved : q->branch ? q->branch : q->commit ? NULL : p->default_branch, q->commit };
	if (!place.branch && !q->commit && !q->restore)
		return err_set(reterr, ERR_NOT_FOUND, "%s has no commits yet, so there is nothing to start from", p->path);
	*ret_kind = START_LAUNCHED;
	*ret_session = q->even_if_running || q->restore ? NULL : there_already(a, &place, ret_kind);
	if (*ret_session)
		return 0;
	const char *asked = q->options ? options_text(q->options, OPT_NAME) : "";
	if (*asked && name_taken(a, asked)) {
		err_set(reterr, ERR_CONFLICT, "there is a session named %s already", asked);
		err_hint(reterr, "Take another name, or stop that one first: berth stop %s", asked);
		return -ERR_CONFLICT;
	}
	if (q->options && q->remember)
		choices_keep(p->id, q->options);
	drop_unlisted(a);
	struct start *s = start_new(a, q, p, place.branch);
	*ret_session = xstrdup(s->session);
	start_begin(s, q);
	return 0;
}

/* ---- reading them ---- */
size_t app_n_launches(const struct app *a)
{
	size_t n = 0;
	for (const struct start *s = a->starts; s; s = s->next)
		n += is_listed(s);
	return n;
}

struct launch *app_launch_at(const struct app *a, size_t i)
{
	for (const struct start *s = a->starts; s; s = s->next)
		if (is_listed(s) && i-- == 0)
			return s->launch;
	return NULL;
}

struct launch *app_launch(const struct app *a, const char *session)
{
	const struct start *s = start_by_name(a, session);
	return s ? s->launch : NULL;
}

const struct err *app_launch_error(const struct app *a, const struct launch *l)
{
	for (const struct start *s = a->starts; s; s = s->next)
		if (s->launch == l)
			return s->err.code ? &s->err : NULL;
	return NULL;
}

bool app_launch_ended(const struct app *a, const char *session, const struct err **ret_err)
{
	const struct start *s = start_by_name(a, session);
	*ret_err = s && s->err.code ? &s->err : NULL;
	return !s || s->ended;
}

static void start_cancel(struct start *s)
{
	struct err err = { 0 };
	if (s->launch) {
		launch_cancel(s->launch);
		return;
	}
	app_forget(s->app, s->ask);
	loop_defer_cancel(s->app->loop, with_commit, s);
	err_set(&err, ERR_CANCELLED, "the start was cancelled");
	start_failed(s, &err);
}

void app_launch_cancel(struct app *a, const char *session)
{
	struct start *s = start_by_name(a, session);
	if (s && !s->ended)
		start_cancel(s);
}

void app_launch_dismiss(struct app *a, const char *session)
{
	struct start *s = start_by_name(a, session);
	if (!s || !s->ended)
		return;
	start_unlink(s);
	start_free(s);
	store_note_launch(a->store);
}

/* ---- the end ---- */
bool starts_close(struct app *a)
{
	bool over = true;
	for (struct start *s = a->starts; s; s = s->next) {
		if (!s->ended)
			start_cancel(s);
		over &= s->ended;
	}
	return over;
}

void starts_fini(struct app *a)
{
	while (a->starts) {
		struct start *s = a->starts;
		a->starts = s->next;
		start_free(s);
	}
}
