/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the keys that do something do: each asks app, and says what came of it. */
#include "tui/tui_impl.h"

#include "tui/logpanel.h"

enum { PASSING_MS = 4000 };

void say(struct tui *t, enum message_level level, const char *fmt, ...)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	bool is_key = b.len > 1 && b.p[1] == ' ' && b.p[0] != 'a'; /* "q leaves berth": Q is another one */
	if (b.len && !is_key && !err_begins_with_name(fmt) && b.p[0] >= 'a' && b.p[0] <= 'z')
		b.p[0] = (char)(b.p[0] - 'a' + 'A');
	if (level == MESSAGE_INFO) { /* nothing to look up later: it is shown and forgotten */
		str_replace(&t->toast.text, buf_str(&b));
		t->toast.level = level;
		t->toast.until_ms = loop_now_ms(t->loop) + PASSING_MS;
	} else {
		app_say(t->app, level, NULL, "%s", buf_str(&b));
	}
	tui_dirty(t);
}

void say_error(struct tui *t, const struct err *e)
{
	struct err shown = *e;
	err_hint(&shown, "%s", present_hint_for(e->code));
	if (e->code != ERR_CANCELLED)
		app_say_err(t->app, MESSAGE_ERROR, &shown, NULL);
	tui_dirty(t);
}

/* ---- start ---- */
void do_start_with(struct tui *t, const struct session_options *options, bool even_if_running)
{
	struct app_start q = { .project = t->sel.project, .branch = t->list_focus == PANE_PROJECTS ? NULL : t->sel.branch, .options = options, .even_if_running = even_if_running };
	struct oid commit = t->sel.commit;
	enum start_kind kind;
	AUTO_STR name = NULL;
	struct err err = { 0 };
	if (t->list_focus == PANE_COMMITS && t->sel.has_commit)
		q.commit = &commit;
	if (app_start(t->app, &q, &kind, &name, &err) < 0) {
		say_error(t, &err);
		return;
	}
	if (kind == START_ALREADY_RUNNING) {
		say(t, MESSAGE_INFO, "%s runs for this branch already; S starts another one", name);
		open_connect(t, name, false);
		return;
	}
	say(t, MESSAGE_INFO, "starting %s", name);
	t->tab = t->list_focus == PANE_SESSIONS ? TAB_SESSION : TAB_IMAGE;
	t->main_top = 0;
}

static void start_chosen(struct tui *t, char letter, void *ctx)
{
	(void)ctx;
	if (letter == 'b' || letter == 'w') /* the launch waits, in its step "get image" */
		do_start_with(t, NULL, false);
	else
		open_form(t);
}

static bool has_session_here(struct tui *t)
{
	return session_is_running(sel_session(t));
}

/* What is with the image, and what comes first then. */
static void ask_first(struct tui *t, const struct image *i, bool wait)
{
	static const struct choice build[] = { { 'b', "Build, then start" }, { 'o', "Options" }, { 0, NULL } };
	static const struct choice await[] = { { 'w', "Start when it is ready" }, { 'o', "Options" }, { 0, NULL } };
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct doc d = { 0 };
	doc_begin(&d, MIN_OF(t->surface.cols, 100) - 6, t->surface.ascii);
	present_image_sentence(&b, i, t->now_s, /* with_commands= */ false);
	doc_wrap(&d, STYLE_PLAIN, 0, buf_sv(&b));
	buf_clear(&b);
	buf_add_str(&b, wait ? "berth waits for it" : "The image is built first");
	if (!wait && i->typical_build_s) {
		buf_add_str(&b, ", which takes about ");
		text_add_duration(&b, i->typical_build_s);
	}
	buf_add_str(&b, "; the session starts by itself when it is ready.");
	doc_nl(&d);
	doc_wrap(&d, STYLE_PLAIN, 0, buf_sv(&b));
	char hex[OID_HEX + 1];
	oid_hex(&i->commit, hex);
	AUTO_STR title = xasprintf(wait ? "Start %.7s when its image is built?" : "Build %.7s, then start?", hex);
	open_confirm(t, title, &d, wait ? await : build, start_chosen, NULL);
	confirm_mark(t, wait ? 'w' : 'b');
	doc_fini(&d);
}

static void form_saying(struct tui *t, const struct image *i)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	present_image_sentence(&b, i, t->now_s, /* with_commands= */ false);
	buf_add_str(&b, " Choose another image or commit here, or leave (esc) to see to it.");
	open_form(t);
	form_complain(t, buf_str(&b));
}

static void start_quick(struct tui *t, bool saved_answered)
{
	const struct image *i = t->sel.has_commit ? store_image(t->store, t->sel.project, &t->sel.commit) : NULL;
	const struct quick_facts f = { .runs = has_session_here(t), .host_builds = app_has_jobs(t->app, t->sel.project), .image = i ? i->state : IMAGE_UNKNOWN,
		.saved = saved_branch(t) != NULL, .saved_answered = saved_answered };
	switch (quick_decide(&f)) {
	case QUICK_ASK_SAVED: ask_saved(t); break;
	case QUICK_BUILD: ask_first(t, i, false); break;
	case QUICK_WAIT: ask_first(t, i, true); break;
	case QUICK_FORM: form_saying(t, i); break;
	default: do_start_with(t, NULL, false); break;
	}
}

/* What runs here and what was saved come before the image. */
static bool start_knows(const struct tui *t)
{
	return fresh_is_answered(store_sessions_fresh(t->store)) && app_saved_work_known(t->app, t->sel.project);
}

/* The sessions and the branches may not have been read yet, and work that was saved may stand on a page of the branches that nobody has
 * asked for: they are looked at first. Whoever goes elsewhere meanwhile starts nothing. */
void do_start(struct tui *t)
{
	if (!t->sel.project.v || has_session_here(t) || start_knows(t)) {
		start_quick(t, false);
		return;
	}
	t->start_waits.project = t->sel.project;
	str_replace(&t->start_waits.branch, t->list_focus == PANE_PROJECTS ? NULL : t->sel.branch);
	t->start_waits.commit = t->list_focus == PANE_COMMITS && t->sel.has_commit ? t->sel.commit : (struct oid){ { 0 } };
	t->start_waits.focus = t->list_focus;
	const struct engine_status *e = store_engine(t->store);
	say(t, MESSAGE_INFO, e && e->state == ENGINE_ASKING ? "waiting for the engine's answer; the start goes on by itself" : "looking for saved work first; the start goes on by itself");
	app_want_saved_work(t->app, t->sel.project);
}

/* What came in meanwhile is no going elsewhere: a branch has a new tip, a row a commit that it had not. */
static bool start_still_meant(const struct tui *t)
{
	const char *branch = t->start_waits.branch;
	if (t->top || !project_id_eq(t->start_waits.project, t->sel.project) || t->start_waits.focus != t->list_focus)
		return false;
	return (!branch || (t->sel.branch && strcmp(branch, t->sel.branch) == 0)) &&
	       (oid_is_zero(&t->start_waits.commit) || oid_eq(&t->start_waits.commit, &t->sel.commit));
}

void start_goes_on(struct tui *t)
{
	if (!t->start_waits.project.v)
		return;
	bool here = start_still_meant(t);
	if (here && !start_knows(t))
		return;
	t->start_waits.project.v = 0;
	if (t->toast.level == MESSAGE_INFO)
		t->toast.until_ms = 0; /* that it is looked for is no news any more */
	if (here)
		start_quick(t, false);
	else
		say(t, MESSAGE_INFO, "nothing is started: you went elsewhere while saved work was looked for");
}

void do_start_fresh(struct tui *t)
{
	start_quick(t, true);
}

/* ---- builds ---- */
void do_build(struct tui *t)
{
	struct err err = { 0 };
	AUTO_STR id = NULL;
	const struct app_build_query q = { .project = t->sel.project, .commit = t->sel.commit };
	if (app_build(t->app, &q, &id, &err) < 0)
		say_error(t, &err);
	else
		say(t, MESSAGE_INFO, "building; L shows the log, and it goes on when berth is closed");
}

struct cancel { bool launch; char name[256]; };

static void cancel_chosen(struct tui *t, char letter, void *ctx)
{
	const struct cancel *c = ctx;
	struct err err = { 0 };
	(void)letter;
	if (c->launch)
		app_launch_cancel(t->app, c->name);
	else if (app_build_cancel(t->app, c->name, &err) < 0)
		say_error(t, &err);
}

void do_cancel(struct tui *t)
{
	static const struct choice launch_choices[] = { { 'x', "Cancel the start" }, { 0, NULL } }, build_choices[] = { { 'x', "Cancel the build" }, { 0, NULL } };
	const struct build *b = sel_build(t);
	struct launch *l = sel_launch(t);
	struct doc d = { 0 };
	bool launch = l && !app_launch_error(t->app, l), build = b && (b->state == BUILD_RUNNING || b->state == BUILD_QUEUED);
	if (!launch && !build && app_has_jobs(t->app, t->sel.project)) {
		do_deed(t, CMD_CANCEL);
		return;
	}
	if (!launch && !build) {
		say(t, MESSAGE_INFO, "neither a build nor a start is under way here");
		return;
	}
	struct cancel *c = xcalloc(1, sizeof *c);
	c->launch = launch;
	struct buf name = BUF_INIT;
	buf_add_str(&name, launch ? launch_session_name(l) : b->id);
	memcpy(c->name, buf_str(&name), MIN_OF(name.len, sizeof c->name - 1));
	buf_fini(&name);
	doc_begin(&d, 60, t->surface.ascii);
	doc_wrap(&d, STYLE_BOLD, 0, sv_of(c->name));
	doc_wrap(&d, STYLE_PLAIN, 0, launch ? SV("What the start has made so far is removed.") : SV("What the build has done so far stays in the engine's cache; its log is kept."));
	open_confirm(t, launch ? "Cancel this start?" : "Cancel this build?", &d, launch ? launch_choices : build_choices, cancel_chosen, c);
	doc_fini(&d);
}

/* ---- sessions ---- */
struct stop { struct tui *t; char *session; struct lost *lost; };

static void stop_ended(void *tui, const struct err *err)
{
	if (err)
		say_error(tui, err);
}

struct stop_name { char name[256]; };

static void stop_chosen(struct tui *t, char letter, void *ctx)
{
	app_session_stop(t->app, ((const struct stop_name *)ctx)->name, letter == 'k' ? APP_STOP_KEEP : letter == 'x' ? APP_STOP_DISCARD : APP_STOP_SAVED, 5000, stop_ended, t);
}

static void ask_stop(struct tui *t, const struct stop *s)
{
	static const struct choice choices[] = { { 's', "Save, stop" }, { 'k', "Only stop" }, { 'x', "Discard work" }, { 0, NULL } };
	const struct session *of = store_session(t->store, s->session);
	const char *owner = of ? app_session_others(of) : NULL; /* who alone can save it */
	AUTO_STR title = owner ? xasprintf("Stop %s of %s?", s->session, owner) : xasprintf("Stop %s?", s->session);
	struct doc d = { 0 };
	struct stop_name *name = xcalloc(1, sizeof *name);
	memcpy(name->name, s->session, MIN_OF(strlen(s->session), sizeof name->name - 1));
	doc_begin(&d, MIN_OF(t->surface.cols, 100) - 6, t->surface.ascii);
	lost_say(s->lost, s->session, &d);
	if (owner)
		doc_wrap(&d, STYLE_PLAIN, 0, SV("Only stop: its workspace stays, and its owner can go on with it."));
	else if (lost_any(s->lost))
		doc_wrap(&d, STYLE_PLAIN, 0, SV("Save, stop: saved first; what can't be saved stays."));
	doc_wrap(&d, STYLE_DIM, 0, SV("It begins after 5 seconds; u takes it back until then."));
	open_confirm(t, title, &d, owner ? choices + 1 : choices, stop_chosen, name);
	doc_fini(&d);
}

static void stop_free(struct stop *s)
{
	lost_free(s->lost);
	free(s->session);
	free(s);
}

static void lost_known(void *stop)
{
	struct stop *s = stop;
	struct tui *t = s->t;
	t->stop_asked = NULL;
	if (!t->top)
		ask_stop(t, s);
	stop_free(s);
	tui_dirty(t);
}

void stop_forget(struct tui *t)
{
	if (t->stop_asked)
		stop_free(t->stop_asked);
	t->stop_asked = NULL;
}

void do_stop(struct tui *t)
{
	const struct session *s = sel_session(t);
	struct launch *l = sel_launch(t);
	if (l && !app_launch_error(t->app, l) && t->list_focus == PANE_SESSIONS) {
		do_cancel(t);
		return;
	}
	if (!s)
		return;
	stop_forget(t);
	t->stop_asked = xcalloc(1, sizeof *t->stop_asked);
	t->stop_asked->t = t;
	t->stop_asked->session = xstrdup(s->name);
	say(t, MESSAGE_INFO, "looking for work that is nowhere else...");
	t->stop_asked->lost = lost_new(t, lost_known, t->stop_asked);
	lost_name(t->stop_asked->lost, s->name);
	lost_find(t->stop_asked->lost);
}

/* What can't be had of a session that rests, and the key that goes on with it. */
static void say_rests(struct tui *t, const struct session *s, const char *lacks)
{
	const char *key = keymap_key_of(t->keymap, CMD_RESUME, "sessions");
	say(t, MESSAGE_WARN, "%s does not run, so %s%s%s%s", s->name, lacks, key ? ": " : "", key ? key : "", key ? " goes on with it" : "");
}

static void connect_to(struct tui *t, bool browse)
{
	const struct session *s = sel_session(t);
	if (!s)
		return;
	if (!s->address)
		say(t, MESSAGE_INFO, "%s serves no address; a opens a shell in it", s->name);
	else if (!session_is_up(s))
		say_rests(t, s, "nobody answers at its address");
	else
		open_connect(t, s->name, browse);
}

void do_connect(struct tui *t)
{
	connect_to(t, false);
}

void do_browse(struct tui *t)
{
	connect_to(t, true);
}

void do_attach(struct tui *t)
{
	const struct session *s = sel_session(t);
	if (!s || !t->host.attach)
		return;
	if (!session_is_up(s))
		say_rests(t, s, "there is no shell in it");
	else
		t->host.attach(t->host.self, s->name);
}

/* ---- a shell as soon as a start is done ---- */
enum { LOOK_AGAIN_MS = 300 };

static void attach_look(void *tui)
{
	struct tui *t = tui;
	const struct err *err;
	const struct session *s = store_session(t->store, t->attach_to);
	if (!app_launch_ended(t->app, t->attach_to, &err) || (!err && !s)) {
		loop_timer_again(t->attach_timer, LOOK_AGAIN_MS);
		return;
	}
	AUTO_STR name = xstrdup(t->attach_to);
	attach_forget(t);
	if (!err && !t->top && !t->prompt.label && t->host.attach) /* who does something else by now is not torn out of it */
		t->host.attach(t->host.self, name);
}

void attach_when_ready(struct tui *t, const char *session)
{
	attach_forget(t);
	t->attach_to = xstrdup(session);
	t->attach_timer = loop_timer_start(t->loop, LOOK_AGAIN_MS, 0, attach_look, t);
}

void attach_forget(struct tui *t)
{
	loop_timer_stop(t->attach_timer);
	free(t->attach_to);
	t->attach_timer = NULL;
	t->attach_to = NULL;
}

void do_log(struct tui *t)
{
	str_replace(&t->log_file, NULL);
	t->tab = TAB_LOG;
	focus_pane(t, PANE_MAIN);
	t->zoom = ZOOM_FULL;
	t->log->follow = true;
}

void do_dismiss(struct tui *t)
{
	struct launch *l = sel_launch(t);
	if (l && app_launch_error(t->app, l))
		app_launch_dismiss(t->app, launch_session_name(l));
	else
		say(t, MESSAGE_INFO, "no failed start is selected");
}
