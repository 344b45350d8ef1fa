/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is looked at, on the right: the image of the commit and why it is so, the commit, the session, a start's steps. */
#include "berth/path.h"
#include "tui/tui_impl.h"

static const char *glyph_of(const struct tui *t, const struct look *l)
{
	return t->surface.ascii ? l->ascii : l->glyph;
}

void add_ago(struct buf *b, int64_t at_s, int64_t now_s)
{
	text_add_age(b, now_s - at_s);
	buf_add_str(b, now_s - at_s < 5 ? "" : " ago");
}

/* What can be done next, by the key that does it. */
static void offer(struct tui *t, struct doc *d, enum command_id id, const char *what)
{
	static const char *const names[] = { "projects", "branches", "commits", "sessions", "main" };
	const char *key = keymap_key_of(t->keymap, id, names[t->list_focus]);
	if (key)
		doc_key(d, key, what);
}

static void heading(struct tui *t, struct doc *d)
{
	const struct project *p = sel_project(t);
	const struct commit *c = t->sel.has_commit ? store_commit(t->store, t->sel.project, &t->sel.commit) : NULL;
	char sha[8];
	if (!p)
		return;
	doc_sv(d, STYLE_BOLD, sv_of(p->name));
	if (t->sel.has_commit && t->layout.panes[PANE_COMMITS].h <= 0) { /* else the list shows it */
		oid_sha7(&t->sel.commit, sha);
		doc_add(d, STYLE_HASH, "  %s", sha);
	}
	if (c && c->subject) {
		doc_sv(d, STYLE_PLAIN, SV("  "));
		doc_sv(d, STYLE_PLAIN, sv_of(c->subject));
	}
	doc_nl(d);
	doc_nl(d);
}

/* A host's list was asked for, this project is not in what was read of it, and nothing else was heard of it yet. */
static void kept_since(struct tui *t, struct doc *d)
{
	const struct project *p = sel_project(t);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	size_t i = 0;
	while (p && i < app_n_forges(t->app) && strcmp(app_forge_name(t->app, i), p->forge) != 0)
		i++;
	if (!p || !p->kept || i == app_n_forges(t->app) || store_branches_fresh(t->store, p->id)->state == FRESH_FRESH)
		return;
	const struct fresh *f = app_forge_fresh(t->app, i);
	if (!fresh_is_answered(f))
		return;
	buf_add_str(&b, "Last seen ");
	add_ago(&b, p->seen_at_s, t->now_s);
	buf_addf(&b, f->state != FRESH_FRESH ? ": %s could not be asked since." : p->found ? ": it was searched for or named, and %s was not asked about it since."
	         : ": the list of %s has not been read as far as this project.", p->forge);
	doc_wrap(d, STYLE_DIM, 0, buf_sv(&b));
	doc_nl(d);
}

/* Its host's branches were asked for, and this one is not in what was read of them. */
static void branch_kept_since(struct tui *t, struct doc *d)
{
	const struct branch *br = t->sel.branch ? store_branch(t->store, t->sel.project, t->sel.branch) : NULL;
	const struct fresh *f = store_branches_fresh(t->store, t->sel.project);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (!br || !br->kept || !br->seen_at_s || !fresh_is_answered(f))
		return;
	buf_addf(&b, "%s was last seen ", br->name);
	add_ago(&b, br->seen_at_s, t->now_s);
	buf_addf(&b, f->state == FRESH_FRESH ? ": the branches have not been read as far as this one." : ": %s could not be asked since.", sel_project(t)->forge);
	doc_wrap(d, STYLE_DIM, 0, buf_sv(&b));
	doc_nl(d);
}

/* said: what stands above already; an error in it is not told twice. */
static void build_lines(struct tui *t, const struct build *b, const char *said, struct doc *d)
{
	const struct look *look = look_of_build(b->state);
	AUTO(buf_fini) struct buf text = BUF_INIT;
	buf_addf(&text, "%s %s", glyph_of(t, look), look->word);
	if (b->state == BUILD_RUNNING && b->steps)
		buf_addf(&text, ", step %u of %u", b->step, b->steps);
	if (b->started_at_s) {
		buf_add_str(&text, b->ended_at_s ? " after " : " for ");
		text_add_duration(&text, (b->ended_at_s ? b->ended_at_s : t->now_s) - b->started_at_s);
	}
	if (b->ended_at_s) {
		buf_add_str(&text, ", ");
		add_ago(&text, b->ended_at_s, t->now_s);
	}
	doc_field(d, "Build", look->style, "%s", buf_str(&text));
	if (b->state == BUILD_RUNNING && b->steps) {
		buf_clear(&text);
		present_bar(&text, (double)b->step / b->steps, 24, t->surface.ascii);
		doc_field(d, "", STYLE_BAR, "%s", buf_str(&text));
	}
	if (b->builder && b->engine)
		doc_field(d, "Builder", STYLE_DIM, "%s on %s", b->builder, b->engine);
	if (b->error && !strstr(said, b->error)) {
		doc_field(d, "Error", STYLE_ERROR, "%s", b->error);
		if (b->hint)
			doc_field(d, "Hint", STYLE_PLAIN, "%s", b->hint);
	}
}

static void image_next(struct tui *t, const struct image *i, struct doc *d)
{
	bool building = i->state == IMAGE_BUILDING || i->state == IMAGE_QUEUED;
	bool usable = i->state == IMAGE_READY || i->state == IMAGE_AVAILABLE || i->state == IMAGE_SAME_AS || i->state == IMAGE_PINNED;
	struct command_place place;
	tui_place(t, &place);
	doc_nl(d);
	if (!(place.has & NEED_ENGINE)) {
		engine_trouble(t, d);
		return;
	}
	const struct session *s = sel_session(t);
	bool log = !building && (place.has & NEED_LOG);
	if (s && s->address && session_is_up(s))
		offer(t, d, CMD_CONNECT, "connect to the session that runs");
	else if (session_is_running(s))
		offer(t, d, CMD_ATTACH, "open a shell in the session that runs");
	if (i->state == IMAGE_FAILED && log) { /* what a person wants to know first */
		offer(t, d, CMD_DIAGNOSE, "say why it failed");
		offer(t, d, CMD_LOG, "read its log");
	}
	bool runs = s && session_is_up(s); /* starting is going there, then */
	if (usable && !runs)
		offer(t, d, CMD_START, "start a session from it");
	else if (!usable && !building)
		offer(t, d, CMD_START, "build it, then start a session");
	if (usable || !building)
		offer(t, d, CMD_START_OPTIONS, runs ? "start another, with options" : "start with options");
	if (app_has_jobs(t->app, t->sel.project))
		offer_deeds(t, d);
	if (building && i->has_job) {
		offer(t, d, CMD_START, "start a session when it is ready");
		offer(t, d, CMD_LOG, "watch the log");
	} else if (building) {
		offer(t, d, CMD_LOG, "watch the log");
		offer(t, d, CMD_CANCEL, "cancel the build");
	} else if (i->state != IMAGE_READY) {
		offer(t, d, CMD_BUILD, i->state == IMAGE_FAILED || i->state == IMAGE_CANCELED ? "build again" : "build its image");
	}
	if (i->state != IMAGE_FAILED && log)
		offer(t, d, CMD_LOG, "read the log of the last build");
}

static void image_facts(struct tui *t, const struct image *i, struct doc *d)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	const struct look *look = look_of_image(i->state);
	char sha[8];
	doc_label(d, "Image");
	doc_add(d, look->style, "%s %s", glyph_of(t, look), look->word);
	if (i->state == IMAGE_SAME_AS) {
		oid_sha7(&i->same_as, sha);
		doc_add(d, STYLE_HASH, " %s", sha);
	}
	doc_nl(d);
	if (i->ref)
		doc_field(d, "Ref", STYLE_REF, "%s", i->ref);
	if (i->size_bytes)
		text_add_size(&b, i->size_bytes);
	if (i->created_at_s) {
		buf_add_str(&b, b.len ? ", made " : "made ");
		add_ago(&b, i->created_at_s, t->now_s);
	}
	if (b.len)
		doc_field(d, "Size", STYLE_PLAIN, "%s", buf_str(&b));
}

void details_image(struct tui *t, struct doc *d)
{
	const struct image *i = t->sel.has_commit ? store_image(t->store, t->sel.project, &t->sel.commit) : NULL;
	const struct build *build = sel_build(t);
	struct launch *launch = sel_launch(t);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	heading(t, d);
	kept_since(t, d);
	branch_kept_since(t, d);
	if (launch && !t->layout.session.h) { /* else its steps stand there */
		details_launch(t, launch, d);
		doc_nl(d);
	}
	if (!sel_project(t)) { /* more room than in the list */
		projects_list.empty(t, d);
		return;
	}
	if (!t->sel.has_commit) {
		(t->sel.branch ? &commits_list : &branches_list)->empty(t, d);
		return;
	}
	if (!i) {
		const struct engine_status *e = store_engine(t->store);
		if (e && e->state == ENGINE_DOWN)
			engine_trouble(t, d);
		else
			doc_wrap(d, STYLE_DIM, 0, SV("Working out the state of the image..."));
	} else {
		image_facts(t, i, d);
		present_image_sentence(&b, i, t->now_s, /* with_commands= */ false);
		doc_nl(d);
		doc_wrap(d, STYLE_PLAIN, 0, buf_sv(&b));
	}
	if (build) {
		doc_nl(d);
		build_lines(t, build, buf_str(&b), d);
	}
	if (i && i->has_job)
		details_job(t, i, d);
	if (i)
		image_next(t, i, d);
	details_watches(t, d);
}

void details_commit(struct tui *t, struct doc *d)
{
	const struct commit *c = t->sel.has_commit ? store_commit(t->store, t->sel.project, &t->sel.commit) : NULL;
	const struct project *p = sel_project(t);
	char hex[OID_HEX + 1];
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (!c) {
		doc_wrap(d, STYLE_DIM, 0, t->sel.has_commit ? SV("Reading the commit...") : SV("No commit is selected."));
		return;
	}
	oid_hex(&c->id, hex);
	doc_field(d, "Commit", STYLE_HASH, "%s", hex);
	doc_field(d, "Author", STYLE_PERSON, "%s <%s>", c->author ? c->author : "", c->email ? c->email : "");
	buf_add_rfc3339(&b, c->committed_at_s);
	buf_add_str(&b, ", ");
	add_ago(&b, c->committed_at_s, t->now_s);
	doc_field(d, "Date", STYLE_AGE, "%s", buf_str(&b));
	if (c->n_parents > 1)
		doc_field(d, "Merge", STYLE_DIM, "of %u parents", c->n_parents);
	if (!oid_is_zero(&c->parent)) {
		oid_hex(&c->parent, hex);
		doc_field(d, "Parent", STYLE_DIM, "%.12s", hex);
	}
	if (p && p->dir)
		doc_field(d, "Folder", STYLE_DIM, "%s", p->dir);
	offer(t, d, CMD_DOCKERFILE, "show its Dockerfile");
	doc_nl(d);
	doc_wrap(d, STYLE_BOLD, 0, sv_of(c->subject ? c->subject : ""));
	if (!c->body)
		return;
	struct sv rest = sv_of(c->body), line;
	doc_nl(d);
	while (sv_split(&rest, '\n', &line)) {
		if (line.len)
			doc_wrap(d, STYLE_PLAIN, 0, line);
		else
			doc_nl(d);
	}
}

/* ---- sessions ---- */
static void meter(struct tui *t, struct doc *d, const char *label, const char *now, double share, const float *history, size_t n)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	int room = d->width - 9 - 14 - 12;
	doc_label(d, label);
	doc_add(d, share > 0.9 ? STYLE_WARN : STYLE_PLAIN, "%-13s ", now);
	present_bar(&b, share, 10, t->surface.ascii);
	doc_sv(d, STYLE_BAR, buf_sv(&b));
	if (room >= 8) {
		buf_clear(&b);
		buf_add_str(&b, "  ");
		present_sparkline(&b, history, n, (size_t)MIN_OF(room, 40), t->surface.ascii);
		doc_sv(d, STYLE_BUSY, buf_sv(&b));
	}
	doc_nl(d);
}

static void session_meters(struct tui *t, const struct session *s, struct doc *d)
{
	const struct usage *u = &s->usage;
	const struct engine_status *e = store_engine(t->store);
	double cores = s->cpu_limit_cores > 0 ? s->cpu_limit_cores : e && e->cpus ? e->cpus : 1;
	uint64_t most = s->memory_limit_bytes ? s->memory_limit_bytes : e ? e->memory_bytes : 0;
	float shares[USAGE_HISTORY];
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (!u->at_s) {
		doc_field(d, "Use", STYLE_DIM, "measuring...");
		return;
	}
	for (size_t i = 0; i < u->n && i < USAGE_HISTORY; i++)
		shares[i] = (float)(u->cpu_history[i] / cores);
	buf_addf(&b, "%.0f%% of %g", u->cpu_cores * 100, cores);
	meter(t, d, "CPU", buf_str(&b), u->cpu_cores / cores, shares, MIN_OF(u->n, (uint32_t)USAGE_HISTORY));
	buf_clear(&b);
	text_add_binary_size(&b, u->memory_bytes);
	if (most) {
		buf_add_str(&b, " of ");
		text_add_binary_size(&b, most);
	}
	meter(t, d, "Memory", buf_str(&b), most ? (double)u->memory_bytes / (double)most : 0, u->memory_history, MIN_OF(u->n, (uint32_t)USAGE_HISTORY));
}

static void session_facts(struct tui *t, const struct session *s, struct doc *d)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	const struct look *look = look_of_session(s->state);
	char sha[8];
	buf_addf(&b, "%s %s", glyph_of(t, look), look->word);
	if (s->started_at_s && !s->ended_at_s) {
		buf_add_str(&b, " for ");
		text_add_duration(&b, t->now_s - s->started_at_s);
	} else if (s->ended_at_s) {
		buf_addf(&b, ", exit code %d, ", s->exit_code);
		add_ago(&b, s->ended_at_s, t->now_s);
	}
	doc_field(d, "State", look->style, "%s", buf_str(&b));
	if (s->reason)
		doc_field(d, "Reason", look->style == STYLE_BAD ? STYLE_BAD : STYLE_WARN, "%s", s->reason);
	oid_sha7(&s->commit, sha);
	doc_field(d, "Project", STYLE_PLAIN, "%s  %s @ %s", s->project ? s->project : "?", s->branch ? s->branch : "detached", sha);
	if (s->image_ref)
		doc_field(d, "Image", STYLE_REF, "%s", s->image_ref);
	if (s->address && session_is_up(s))
		doc_field(d, "Address", STYLE_REF, "%s%s%s", s->address, s->default_url ? s->default_url : "", s->has_token ? "  (token hidden: c)" : "");
}

void details_session(struct tui *t, struct doc *d)
{
	const struct session *s = sel_session(t);
	struct launch *l = sel_launch(t);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (l && (!s || t->list_focus != PANE_SESSIONS || strcmp(launch_session_name(l), s->name) == 0)) {
		details_launch(t, l, d);
		if (!s)
			return;
		doc_nl(d);
	}
	if (!s) {
		sessions_list.empty(t, d);
		return;
	}
	doc_field(d, "Session", STYLE_BOLD, "%s", s->name);
	if (app_session_others(s))
		doc_field(d, "Owner", STYLE_PERSON, "%s", app_session_others(s));
	session_facts(t, s, d);
	if (session_is_up(s)) {
		session_meters(t, s, d);
		app_want_usage(t->app, s->name);
	}
	details_watch(t, s, d);
	if (s->cpu_limit_cores > 0)
		buf_addf(&b, "%g CPU%s  ", s->cpu_limit_cores, s->cpu_limit_cores == 1 ? "" : "s");
	if (s->memory_limit_bytes) {
		text_add_binary_size(&b, s->memory_limit_bytes);
		buf_add_str(&b, " memory  ");
	}
	if (s->pids_limit)
		buf_addf(&b, "%u processes", s->pids_limit);
	doc_field(d, "Limits", STYLE_PLAIN, "%s", b.len ? buf_str(&b) : "none");
	if (s->volume)
		doc_field(d, "Volume", STYLE_DIM, "%s", s->volume);
	doc_nl(d);
	if (s->address && session_is_up(s))
		offer(t, d, CMD_CONNECT, "connect: open, copy and show the address");
	if (t->list_focus == PANE_SESSIONS) {
		if (session_is_up(s))
			offer(t, d, CMD_ATTACH, "a shell in the session");
		else
			offer(t, d, CMD_RESUME, "go on with it");
		offer(t, d, CMD_LOG, "what its program prints");
		if (session_is_up(s)) {
			offer(t, d, CMD_COMMIT_WORK, "commit and push its work");
			offer(t, d, CMD_PULL, "pull what is new");
		}
		offer(t, d, CMD_STOP, "stop it");
	}
}

/* ---- a start ---- */
static void step_line(struct tui *t, enum launch_step step, const struct step_status *s, struct doc *d)
{
	const struct look *look = look_of_step(s->state);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	bool live = s->state == STEP_RUNNING;
	doc_add(d, look->style, "%s ", glyph_of(t, look));
	doc_add(d, s->state == STEP_WAITING ? STYLE_DIM : live ? STYLE_BOLD : STYLE_PLAIN, "%-21s ", launch_step_title(step));
	if (live && s->total) {
		present_bar(&b, (double)s->now / (double)s->total, 10, t->surface.ascii);
		doc_sv(d, STYLE_BAR, buf_sv(&b));
		doc_add(d, STYLE_BUSY, " %3u%% ", (unsigned)(s->now * 100 / s->total));
	} else if (s->ended_ms > s->began_ms && s->ended_ms - s->began_ms >= 1000) {
		text_add_duration(&b, (s->ended_ms - s->began_ms) / 1000);
		doc_add(d, STYLE_AGE, "%-6s", buf_str(&b));
	}
	if (s->detail[0] && s->state != STEP_WAITING)
		doc_sv(d, s->state == STEP_FAILED ? STYLE_BAD : STYLE_DIM, sv_of(s->detail));
	doc_nl(d);
}

void details_steps(struct tui *t, struct launch *l, struct doc *d)
{
	for (int i = 0; i < STEP_COUNT_; i++)
		step_line(t, (enum launch_step)i, launch_step_status(l, (enum launch_step)i), d);
}

void details_launch(struct tui *t, struct launch *l, struct doc *d)
{
	const struct err *err = app_launch_error(t->app, l);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	doc_add(d, STYLE_BOLD, err ? "Start of %s failed" : "Starting %s", launch_session_name(l));
	doc_nl(d);
	details_steps(t, l, d);
	if (!err) {
		offer(t, d, CMD_CANCEL, "cancel; nothing is left behind");
		return;
	}
	doc_nl(d);
	present_error(&b, err);
	doc_wrap(d, STYLE_ERROR, 0, buf_sv(&b));
	if (launch_log_path(l))
		doc_field(d, "Log", STYLE_REF, "%s", launch_log_path(l));
	if (t->list_focus == PANE_SESSIONS)
		offer(t, d, CMD_DISMISS, " forget this start");
}
