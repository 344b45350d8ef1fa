/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When what is asked. Views say what they show; here stands what that means in requests, and how old an answer may get. */
#include "app/app_impl.h"

enum {
	USAGE_EVERY_MS = 2000,   /* of a session that is on screen */
	USAGE_WANT_MS = 7000,    /* a view that draws it again meanwhile renews the want */
	SESSIONS_EVERY_MS = 30000, /* beside the engine's events, for what they miss */
	EVENTS_PAUSE_MS = 80,    /* a start or stop is several events */
	JOBS_ACTIVE_MS = 2500,   /* a build that is on screen and runs or waits */
	JOBS_QUIET_MS = 30000,   /* what may begin to be built */
	BRANCHES_EVERY_MS = 30000, /* of a project that can't be watched */
	PROJECTS_EVERY_MS = 300000,
	IMAGES_PAUSE_MS = 40,    /* rows that are only scrolled past are not asked for */
	RETRY_EVERY_MS = 10000,  /* what a host could not be asked for; its client waits longer by itself while the host is down */
	LOOK_PAUSE_MS = 250,     /* nor is more asked about a row that the cursor only passes */
};

bool schedule_asleep(const struct app *a)
{
	return a->schedule.suspended || a->closing;
}

void schedule_fini(struct app *a)
{
	struct schedule *s = &a->schedule;
	struct loop_timer **timers[] = { &s->poll_timer, &s->images_timer, &s->look_timer, &s->usage_timer, &s->sessions_timer, &s->events_timer, &s->retry_timer };
	struct request **requests[] = { &s->branches_asked, &s->branch_asked, &s->saved_asked, &s->ids_asked, &s->entities_asked, &s->images_asked, &s->sessions_asked };
	for (size_t i = 0; i < ARRAY_LEN(timers); i++) {
		loop_timer_stop(*timers[i]);
		*timers[i] = NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(requests); i++)
		request_drop(requests[i]);
	forges_drop(a);
	forge_unwatch(s->watch);
	s->watch = NULL;
	usage_fini(a);
	free_p(&s->commits.branch);
	free_p(&s->images_said);
	free_p(&s->branch_missing);
}

/* ---- wants ------------------------------------------------------------------------------------------------------------ */
void app_want_projects(struct app *a)
{
	bool first = !a->schedule.projects;
	a->schedule.projects = true;
	if (!first)
		return;
	recall_projects(a);
	ask_projects(a);
}

static void project_changed(void *app)
{
	schedule_branches(app);
}

static void watch_project(struct app *a, const struct project *p)
{
	struct schedule *s = &a->schedule;
	if (project_id_eq(s->watched, p->id))
		return;
	forge_unwatch(s->watch);
	s->watch = forge_watch_project(forge_of(a, p), p, project_changed, a);
	s->watched = p->id;
}

void schedule_branches(struct app *a)
{
	a->schedule.branches_at_ms = loop_now_ms(a->loop);
	if (a->schedule.branches.v)
		ask_branches(a, a->schedule.branches);
}

void app_want_branches(struct app *a, struct project_id p)
{
	struct schedule *s = &a->schedule;
	const struct project *project = store_project(a->store, p);
	bool known = store_branches_fresh(a->store, p)->state != FRESH_ABSENT;
	if (!project || (project_id_eq(s->branches, p) && (known || s->branches_asked)))
		return;
	branches_begin_anew(a, p);
	recall_branches(a, project);
	if (store_branches_fresh(a->store, p)->state == FRESH_ABSENT && !schedule_asleep(a))
		forge_look_ahead(forge_of(a, project), project);
	watch_project(a, project);
	schedule_branches(a);
}

void app_want_commits(struct app *a, struct project_id p, const char *branch, size_t first, size_t n)
{
	struct want_commits *w = &a->schedule.commits;
	if (!branch)
		return;
	if (!w->branch || !project_id_eq(w->project, p) || strcmp(w->branch, branch) != 0 || w->first != first || w->n != n)
		a->schedule.entities_failed = false;
	w->project = p;
	if (!w->branch || strcmp(w->branch, branch) != 0)
		str_replace(&w->branch, branch);
	w->first = first;
	w->n = n;
	ask_commits(a);
}

static void again_in(struct app *a, struct loop_timer **timer, unsigned ms, void (*fn)(void *app))
{
	if (*timer)
		loop_timer_again(*timer, ms);
	else
		*timer = loop_timer_start(a->loop, ms, 0, fn, a);
}

void schedule_images_soon(struct app *a)
{
	if (!schedule_asleep(a) && a->schedule.images.n)
		again_in(a, &a->schedule.images_timer, IMAGES_PAUSE_MS, ask_images);
}

/* ---- hosts, which don't tell: asked again, as often as what is on screen may change --------------------------------------- */
static bool something_is_built(struct app *a)
{
	const struct want_images *w = &a->schedule.images;
	for (size_t i = 0; i < w->n; i++) {
		const struct image *image = store_image(a->store, w->project, &w->commits[i]);
		if (image && image->has_job && job_state_active(image->job.state))
			return true;
	}
	return false;
}

static void poll_tick(void *app)
{
	struct app *a = app;
	struct schedule *s = &a->schedule;
	uint64_t now = loop_now_ms(a->loop);
	if (schedule_asleep(a))
		return; /* who wakes it refreshes all, and then this begins again */
	if (!s->watch && now - s->branches_at_ms >= BRANCHES_EVERY_MS)
		schedule_branches(a);
	if (s->projects && now - s->projects_at_ms >= PROJECTS_EVERY_MS)
		ask_projects(a);
	jobs_changed(a, s->images.project);
	schedule_poll(a);
}

void schedule_poll(struct app *a)
{
	struct schedule *s = &a->schedule;
	if (schedule_asleep(a) || !app_has_jobs(a, s->images.project))
		return;
	again_in(a, &s->poll_timer, something_is_built(a) ? JOBS_ACTIVE_MS : JOBS_QUIET_MS, poll_tick);
}

static bool out_of_reach(const struct fresh *f)
{
	enum err_code c = f->err.code;
	return f->state == FRESH_FAILED && (c == ERR_NET || c == ERR_TIMEOUT || c == ERR_RATE || c == ERR_HTTP);
}

static void retry_tick(void *app)
{
	struct app *a = app;
	struct schedule *s = &a->schedule;
	bool lists = false;
	if (schedule_asleep(a))
		return; /* who wakes it refreshes all */
	for (size_t i = 0; i < a->forges.n; i++)
		lists |= out_of_reach(&a->forges.items[i].fresh);
	if (lists && s->projects)
		ask_projects(a);
	if (s->branches.v && out_of_reach(store_branches_fresh(a->store, s->branches)))
		schedule_branches(a);
}

void schedule_retry(struct app *a)
{
	if (a->stays && !schedule_asleep(a))
		again_in(a, &a->schedule.retry_timer, RETRY_EVERY_MS, retry_tick);
}

void app_want_images(struct app *a, struct project_id p, const struct oid *commits, size_t n)
{
	struct want_images *w = &a->schedule.images;
	n = MIN_OF(n, (size_t)WANT_IMAGES_MAX);
	if (project_id_eq(w->project, p) && w->n == n && (!n || memcmp(w->commits, commits, n * sizeof *commits) == 0))
		return;
	w->project = p;
	w->n = n;
	if (n)
		memcpy(w->commits, commits, n * sizeof *commits);
	recall_images(a);
	schedule_images_soon(a);
}

void schedule_look_soon(struct app *a)
{
	if (!schedule_asleep(a) && a->schedule.images.n)
		again_in(a, &a->schedule.look_timer, LOOK_PAUSE_MS, ask_looked);
}

void app_look_at_image(struct app *a, const struct oid *commit)
{
	struct want_images *w = &a->schedule.images;
	if (oid_eq(&w->looked, commit))
		return;
	w->looked = *commit;
	schedule_look_soon(a);
}

void app_somebody_is_here(struct app *a)
{
	if (a->schedule.somebody)
		return;
	a->schedule.somebody = true;
	account_want(a, store_project(a->store, a->schedule.branches));
	schedule_look_soon(a);
}

static void sessions_tick(void *app)
{
	schedule_sessions(app);
}

void app_want_sessions(struct app *a)
{
	struct schedule *s = &a->schedule;
	if (s->sessions)
		return;
	s->sessions = true;
	s->sessions_timer = loop_timer_start(a->loop, SESSIONS_EVERY_MS, SESSIONS_EVERY_MS, sessions_tick, a);
	schedule_sessions(a);
}

void app_want_usage(struct app *a, const char *session)
{
	struct schedule *s = &a->schedule;
	uint64_t until = loop_now_ms(a->loop) + USAGE_WANT_MS;
	for (size_t i = 0; i < s->n_usage; i++)
		if (strcmp(s->usage[i]->session, session) == 0) {
			s->usage[i]->until_ms = until;
			return;
		}
	if (s->n_usage == USAGE_WANTS_MAX || a->closing)
		return;
	struct want_usage *w = xcalloc(1, sizeof *w);
	*w = (struct want_usage){ .app = a, .session = xstrdup(session), .until_ms = until };
	s->usage[s->n_usage++] = w;
	if (!s->usage_timer)
		s->usage_timer = loop_timer_start(a->loop, 1, USAGE_EVERY_MS, usage_tick, a);
}

/* ---- sessions, when something says that they changed -------------------------------------------------------------------- */
void schedule_sessions(struct app *a)
{
	if (a->schedule.sessions)
		ask_sessions(a);
}

static void events_paused(void *app)
{
	struct app *a = app;
	a->schedule.sessions_soon = false;
	schedule_sessions(a);
}

/* Not put off again by each event of a long row of them. */
void schedule_sessions_soon(struct app *a)
{
	struct schedule *s = &a->schedule;
	if (!s->sessions || schedule_asleep(a) || s->sessions_soon)
		return;
	s->sessions_soon = true;
	again_in(a, &s->events_timer, EVENTS_PAUSE_MS, events_paused);
}

/* ---- all at once -------------------------------------------------------------------------------------------------------- */
void app_refresh(struct app *a)
{
	a->schedule.failed_tip = (struct oid){ 0 };
	a->schedule.entities_failed = false;
	a->schedule.branches_pages = 0; /* all of it anew */
	hosts_retry_now(a);
	if (a->schedule.projects)
		ask_projects(a);
	schedule_branches(a);
	schedule_sessions(a);
	builds_read_now(a);
	images_refresh(a);
}

void app_suspend(struct app *a, bool suspended)
{
	bool woke = a->schedule.suspended && !suspended;
	a->schedule.suspended = suspended;
	if (woke)
		app_refresh(a);
}
