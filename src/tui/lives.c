/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a session's life is made of after its start: commit, pull, pause, resume, extend, export, discard; and what the keeper saw of it. */
#include "tui/tui_impl.h"

#include "berth/text.h"

static void life_ended(void *tui, const struct err *err)
{
	if (err)
		say_error(tui, err);
}

void lives_fini(struct tui *t)
{
	free_p(&t->life_of);
	free_p(&t->life_label);
}

/* The session may go while the prompt is open: it is known by its name. */
static void ask_line(struct tui *t, const char *session, char *label, const char *text, void (*done)(struct tui *, const char *, bool))
{
	lives_fini(t);
	t->life_of = xstrdup(session);
	t->life_label = label;
	open_prompt(t, label, text, NULL, done);
}

/* ---- export ---- */
static void exported(void *tui, uint64_t bytes)
{
	AUTO(buf_fini) struct buf size = BUF_INIT;
	text_add_size(&size, bytes);
	say(tui, MESSAGE_GOOD, "the workspace is exported: %s", buf_str(&size));
}

static void export_done(struct tui *t, const char *text, bool accepted)
{
	if (!accepted || !*text || !t->life_of)
		return;
	say(t, MESSAGE_INFO, "exporting the workspace of %s", t->life_of);
	app_session_export(t->app, t->life_of, text, exported, life_ended, t);
}

static void do_export(struct tui *t, const struct session *s)
{
	AUTO_STR path = xasprintf("~/%s.tar", s->name);
	ask_line(t, s->name, xstrdup("export the workspace to: "), path, export_done);
}

/* ---- discard ---- */
static void discard_done(struct tui *t, const char *text, bool accepted)
{
	if (accepted && t->life_of && sv_eq(sv_trim(sv_of(text)), sv_of(t->life_of)))
		app_session_stop(t->app, t->life_of, APP_STOP_DISCARD, 5000, life_ended, t);
	else
		say(t, MESSAGE_INFO, "nothing was discarded");
}

static void do_discard(struct tui *t, const struct session *s)
{
	if (session_is_up(s))
		say(t, MESSAGE_INFO, "%s runs: d stops it", s->name);
	else if (app_session_others(s))
		ask_line(t, s->name, xasprintf("type %s to throw away all that %s has in its workspace: ", s->name, app_session_others(s)), "", discard_done);
	else
		ask_line(t, s->name, xasprintf("type %s to throw away all that is in its workspace: ", s->name), "", discard_done);
}

/* ---- commit and push, pull ---- */
static void told(struct tui *t, const struct session_git_done *d, bool pull)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	present_git_done(&b, d, pull);
	for (size_t i = 0; i < d->n_notes; i++)
		say(t, MESSAGE_WARN, "%s", d->notes[i]);
	if (d->n_commits)
		buf_addf(&b, "; the newest: %s", d->commits[0]);
	say(t, MESSAGE_GOOD, "%s", buf_str(&b));
}

static void committed(void *tui, const struct session_git_done *d)
{
	told(tui, d, false);
}

static void pulled(void *tui, const struct session_git_done *d)
{
	told(tui, d, true);
}

static void commit_done(struct tui *t, const char *text, bool accepted)
{
	if (!accepted || !t->life_of || !sv_trim(sv_of(text)).len) {
		say(t, MESSAGE_INFO, accepted ? "nothing was committed: it wants a message" : "nothing was committed");
		return;
	}
	say(t, MESSAGE_INFO, "committing and pushing the work of %s", t->life_of);
	app_session_git(t->app, t->life_of, text, committed, life_ended, t);
}

/* ---- the rest ---- */
static void do_extend(struct tui *t, const struct session *s)
{
	struct err err = { 0 };
	AUTO(buf_fini) struct buf b = BUF_INIT;
	AUTO_STR name = xstrdup(s->name);
	int64_t until_s;
	if (app_session_extend(t->app, name, 0, &until_s, &err) < 0) {
		say_error(t, &err);
		return;
	}
	text_add_duration(&b, until_s - t->now_s);
	say(t, MESSAGE_GOOD, "%s is kept for %s at least", name, buf_str(&b));
}

static void do_pause(struct tui *t, const struct session *s)
{
	if (session_is_up(s))
		app_session_stop(t->app, s->name, APP_STOP_PAUSE, 0, life_ended, t);
	else
		say(t, MESSAGE_INFO, "%s does not run", s->name);
}

static void show_all(struct tui *t)
{
	t->all_sessions = !t->all_sessions;
	app_want_all_sessions(t->app, t->all_sessions);
	say(t, MESSAGE_INFO, "%s", t->all_sessions ? "everybody's sessions are shown" : "your sessions are shown");
}

void do_life(struct tui *t, enum command_id id)
{
	const struct session *s = sel_session(t);
	if (id == CMD_ALL_SESSIONS) {
		show_all(t);
		return;
	}
	if (!s)
		return;
	switch (id) {
	case CMD_PAUSE: do_pause(t, s); break;
	case CMD_RESUME:
		say(t, MESSAGE_INFO, "resuming %s", s->name);
		app_session_resume(t->app, s->name, life_ended, t);
		break;
	case CMD_EXTEND: do_extend(t, s); break;
	case CMD_COMMIT_WORK: ask_line(t, s->name, xasprintf("commit and push the work of %s; message: ", s->name), "", commit_done); break;
	case CMD_PULL:
		say(t, MESSAGE_INFO, "pulling into %s", s->name);
		app_session_git(t->app, s->name, NULL, pulled, life_ended, t);
		break;
	case CMD_EXPORT: do_export(t, s); break;
	case CMD_DISCARD: do_discard(t, s); break;
	default: break;
	}
}

/* ---- what the keeper saw ---- */
static void field_work(const struct session *s, struct doc *d)
{
	const struct session_watch *w = &s->watch;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	const struct session_work work = { .changed = (uint32_t)w->changed, .untracked = (uint32_t)w->untracked, .ahead = (uint32_t)w->ahead, .behind = (uint32_t)w->behind, .behind_more = s->branch_moved };
	bool unsaved = session_work_any(&work);
	present_work(&b, &work);
	doc_field(d, "Work", unsaved ? STYLE_WARN : STYLE_GOOD, "%s", b.len ? buf_str(&b) : "all of it is pushed");
}

static void field_idle(struct tui *t, const struct session *s, struct doc *d)
{
	const struct session_watch *w = &s->watch;
	int64_t left_s = idle_left_s(w, s->idle_limit_s, t->now_s);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	activity_words(&b, (unsigned)w->active);
	if (!w->active) {
		buf_add_str(&b, "for ");
		text_add_duration(&b, w->idle_s);
	}
	if (left_s == INT64_MAX) {
		buf_add_str(&b, "; never stopped for that");
	} else if (!w->active) {
		buf_add_str(&b, "; stopped in ");
		text_add_duration(&b, left_s);
	}
	doc_field(d, w->active ? "In use" : "Idle", idle_is_near(w, s->idle_limit_s, t->now_s) ? STYLE_WARN : STYLE_PLAIN, "%s", buf_str(&b));
}

void details_watch(struct tui *t, const struct session *s, struct doc *d)
{
	const struct session_watch *w = &s->watch;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (w->seen_at_s && session_is_up(s))
		field_idle(t, s, d);
	if (w->work_at_s)
		field_work(s, d);
	if (w->disk_used_bytes) {
		text_add_binary_size(&b, (uint64_t)w->disk_used_bytes);
		buf_add_str(&b, " used, ");
	}
	if (!w->disk_size_bytes)
		return;
	text_add_binary_size(&b, (uint64_t)w->disk_free_bytes);
	buf_add_str(&b, " free");
	doc_field(d, "Disk", w->disk_free_bytes < w->disk_size_bytes / 20 ? STYLE_WARN : STYLE_PLAIN, "%s", buf_str(&b));
}
