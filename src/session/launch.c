/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine that walks the steps of a launch, forwards or back. */
#include <stdarg.h>
#include <stdio.h>

#include "berth/mem.h"
#include "berth/path.h"
#include "berth/text.h"
#include "launch_impl.h"

enum { BREAK_OFF_MS = 10000 };

static const struct step_ops *const steps[STEP_COUNT_] = {
	[STEP_CHECK] = &check_step, [STEP_IMAGE] = &image_step, [STEP_WORKSPACE] = &workspace_step, [STEP_CLONE] = &clone_step,
	[STEP_CREATE] = &create_step, [STEP_START] = &start_step, [STEP_READY] = &ready_step,
};

const char *launch_step_title(enum launch_step s)
{
	return steps[s]->title;
}

const char *step_state_name(enum step_state s)
{
	static const char *const names[] = { "waiting", "running", "done", "skipped", "failed", "cancelled" };
	return names[s];
}

/* ---- telling ---- */
static void changed(struct launch *l)
{
	if (l->ev.on_change && !l->dropped)
		l->ev.on_change(l->ctx);
}

void step_detail(struct launch *l, const char *fmt, ...)
{
	struct step_status *s = &l->status[l->current];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(s->detail, sizeof s->detail, fmt, ap);
	va_end(ap);
	s->detail[utf8_floor(sv_of(s->detail), sizeof s->detail - 1)] = '\0';
	changed(l);
}

void step_progress(struct launch *l, uint64_t now, uint64_t total)
{
	struct step_status *s = &l->status[l->current];
	if (s->now == now && s->total == total)
		return;
	s->now = now;
	s->total = total;
	changed(l);
}

void launch_warn(struct launch *l, const char *fmt, ...)
{
	va_list ap;
	if (!l->ev.on_warning || l->dropped)
		return;
	va_start(ap, fmt);
	AUTO_STR text = xvasprintf(fmt, ap);
	va_end(ap);
	l->ev.on_warning(l->ctx, text);
}

/* ---- forwards ---- */
static void end_now(void *launch)
{
	struct launch *l = launch;
	struct err err = l->err;
	l->ended = true;
	l->ev.on_end(l->ctx, err.code ? &err : NULL); /* l may be gone */
}

static void step_begin(struct launch *l, enum launch_step s)
{
	l->current = s;
	l->status[s].state = STEP_RUNNING;
	l->status[s].began_ms = (int64_t)loop_now_ms(l->deps.loop);
	changed(l);
	steps[s]->start(l);
}

static void step_finish(struct launch *l, enum step_state state)
{
	l->status[l->current].state = state;
	l->status[l->current].ended_ms = (int64_t)loop_now_ms(l->deps.loop);
	changed(l);
}

static void go_on(struct launch *l, enum step_state state)
{
	if (l->cancelled) {
		step_fail(l, NULL);
		return;
	}
	step_finish(l, state);
	if (l->current + 1 == STEP_COUNT_)
		loop_defer(l->deps.loop, end_now, l);
	else
		step_begin(l, l->current + 1);
}

void step_next(struct launch *l)
{
	go_on(l, STEP_DONE);
}

void step_skip(struct launch *l, const char *why)
{
	step_detail(l, "%s", why);
	go_on(l, STEP_SKIPPED);
}

static void first_step(void *launch)
{
	step_begin(launch, STEP_CHECK);
}

/* ---- back ---- */
static void undo_step(struct launch *l)
{
	const struct step_ops *s = steps[l->current];
	if (s->undo)
		s->undo(l);
	else
		undo_next(l);
}

void undo_next(struct launch *l)
{
	if (l->dropped)
		return;
	if (l->current == STEP_CHECK) {
		loop_timer_stop(l->cancel_timer);
		l->cancel_timer = NULL;
		loop_defer(l->deps.loop, end_now, l);
		return;
	}
	l->current--;
	undo_step(l);
}

static void stop_timer(struct launch *l)
{
	loop_timer_stop(l->timer);
	l->timer = NULL;
}

void step_fail(struct launch *l, const struct err *err)
{
	struct step_status *s = &l->status[l->current];
	if (l->dropped || l->undoing)
		return;
	l->undoing = true;
	stop_timer(l);
	if (l->cancelled || !err)
		err_set(&l->err, ERR_CANCELLED, "the start was cancelled");
	else
		l->err = *err;
	if (!l->cancelled)
		snprintf(s->detail, sizeof s->detail, "%.*s", (int)utf8_floor(sv_of(l->err.text), sizeof s->detail - 1), l->err.text);
	step_finish(l, l->cancelled ? STEP_CANCELLED : STEP_FAILED);
	undo_step(l);
}

bool launch_goes_on(const struct launch *l)
{
	return !l->dropped && !l->breaking;
}

bool call_is_over(struct launch *l)
{
	l->call = NULL;
	l->atomic = false;
	if (!launch_goes_on(l))
		return false;
	if (!l->cancelled)
		return true;
	step_fail(l, NULL);
	return false;
}

bool call_ok(struct launch *l, const struct err *err)
{
	if (!call_is_over(l))
		return false;
	if (err)
		step_fail(l, err);
	return !err;
}

bool undo_call_over(struct launch *l, const struct err *err, const char *what)
{
	l->call = NULL;
	if (l->dropped)
		return false;
	if (err && err->code != ERR_NOT_FOUND) {
		launch_warn(l, "%s could not be removed (%s); berth tries again when it starts next", what, err->text);
		l->leftovers = true;
	}
	return true;
}

/* ---- cancelling ---- */
static void break_off(void *launch)
{
	struct launch *l = launch;
	if (!l->undoing && l->call)
		engine_cancel(l->call);
}

/* Ends what is under way; the ends that come of it are not listened to. */
static void drop_work(struct launch *l)
{
	stop_timer(l);
	if (l->build)
		l->deps.image_ops->cancel(l->deps.image_self, l->build);
	if (l->awaited)
		l->deps.image_ops->leave(l->deps.image_self, l->awaited);
	forge_cancel(l->clone);
	tree_forget(l);
	net_cancel(l->http);
	engine_cancel(l->call);
	tar_feed_free(l->feed);
	network_unlock(l);
	l->build = l->awaited = NULL;
	l->clone = NULL;
	l->http = NULL;
	l->call = NULL;
	l->feed = NULL;
}

void launch_cancel(struct launch *l)
{
	if (l->cancelled || l->undoing || l->ended || l->status[STEP_READY].state == STEP_DONE)
		return;
	l->cancelled = true;
	loop_defer_cancel(l->deps.loop, first_step, l);
	step_detail(l, "cancelling");
	if (l->atomic) { /* its answer says whether there is something to remove: worth waiting for, a while */
		l->cancel_timer = loop_timer_start(l->deps.loop, BREAK_OFF_MS, 0, break_off, l);
		return;
	}
	l->breaking = true; /* the ends that come now change nothing */
	drop_work(l);
	l->breaking = false;
	step_fail(l, NULL);
}

/* ---- life ---- */
static char *name_for(const struct project *p, const char *branch)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	AUTO(secret_free_p) struct secret *tail = secret_random(2);
	const char *parts[] = { p->name, branch ? branch : "commit" };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		size_t from = b.len;
		for (const char *c = parts[i] ? parts[i] : ""; *c && b.len - from < 18; c++) {
			char low = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
			bool fits = (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9');
			if (fits)
				buf_add_char(&b, low);
			else if (b.len && b.p[b.len - 1] != '-')
				buf_add_char(&b, '-');
		}
		if (b.len && b.p[b.len - 1] != '-')
			buf_add_char(&b, '-');
	}
	buf_add_sv(&b, secret_reveal(tail));
	return buf_take(&b);
}

static void session_from(struct launch *l, const struct launch_request *q)
{
	struct session *s = &l->session;
	const char *name = options_text(q->options, OPT_NAME);
	s->name = *name ? xstrdup(name) : name_for(q->project, q->branch);
	s->volume = xasprintf(NAME_PREFIX "%s", s->name);
	s->forge = xstrdup(q->project->forge);
	s->project = xstrdup(q->project->path);
	s->branch = xstrdup(q->branch);
	s->commit = q->commit;
	s->image_ref = xstrdup(options_text(q->options, OPT_IMAGE));
	s->owner = xstrdup(q->owner ? q->owner : "unknown");
	s->home = home_id();
	s->created_at_s = clock_wall_s();
	s->memory_limit_bytes = options_bytes(q->options, OPT_MEMORY);
	s->cpu_limit_cores = options_cores(q->options);
	s->pids_limit = options_count(q->options, OPT_PIDS);
	s->gpus = options_count(q->options, OPT_GPUS);
	s->disk_limit_bytes = options_bytes(q->options, OPT_DISK);
	s->shm_bytes = options_bytes(q->options, OPT_SHM);
	s->idle_limit_s = options_seconds(q->options, OPT_IDLE);
	s->lfs = options_yes(q->options, OPT_LFS);
}

struct launch *launch_start(const struct launch_deps *deps, const struct launch_request *q, const struct launch_events *ev, void *ctx)
{
	struct launch *l = xcalloc(1, sizeof *l);
	l->deps = *deps;
	l->ev = *ev;
	l->ctx = ctx;
	project_dup(&l->project, q->project);
	options_dup(&l->options, q->options);
	l->restore = xstrdup(q->restore);
	l->restore_tip = q->restore_tip;
	l->author_name = xstrdup(q->author_name);
	l->author_email = xstrdup(q->author_email);
	session_from(l, q);
	l->container = xasprintf(NAME_PREFIX "%s", l->session.name);
	l->probe = xasprintf(NAME_PREFIX "%s-look", l->session.name);
	l->token_of_owner = owner_token();
	loop_defer(deps->loop, first_step, l);
	return l;
}

void launch_free(struct launch *l)
{
	if (!l)
		return;
	l->dropped = true;
	loop_defer_cancel(l->deps.loop, first_step, l);
	loop_defer_cancel(l->deps.loop, end_now, l);
	loop_timer_stop(l->cancel_timer);
	drop_work(l);
	net_free(l->net);
	if (!l->ended && l->clone_dir)
		path_remove_tree(l->clone_dir, NULL);
	project_fini(&l->project);
	options_fini(&l->options);
	session_fini(&l->session);
	image_facts_fini(&l->image);
	image_user_fini(&l->user);
	run_plan_fini(&l->plan);
	words_fini(&l->look_paths);
	secret_free(l->token);
	buf_fini(&l->bytes);
	buf_fini(&l->passwd);
	buf_fini(&l->group);
	buf_fini(&l->complaints);
	buf_fini(&l->ready.table);
	char *strings[] = { l->restore, l->author_name, l->author_email, l->container, l->probe, l->token_of_owner, l->work_root, l->workdir,
	                    l->clone_dir, l->extra_env, l->look_path, l->engine_error, l->engine_root, l->log_path };
	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		free(strings[i]);
	free(l);
}

/* ---- asking ---- */
const struct step_status *launch_step_status(const struct launch *l, enum launch_step s)
{
	return &l->status[s];
}

const char *launch_session_name(const struct launch *l)
{
	return l->session.name;
}

const struct session *launch_session(const struct launch *l)
{
	return &l->session;
}

const struct session_options *launch_options(const struct launch *l)
{
	return &l->options;
}

const struct project *launch_project(const struct launch *l)
{
	return &l->project;
}

const char *launch_log_path(const struct launch *l)
{
	return l->log_path;
}

enum launch_step launch_current_step(const struct launch *l)
{
	for (int s = STEP_COUNT_ - 1; s > 0; s--)
		if (l->status[s].state != STEP_WAITING)
			return (enum launch_step)s;
	return STEP_CHECK;
}

void launch_labels(const struct launch *l, struct label_set *ret)
{
	labels_of(ret, &l->session, l->token_of_owner);
}
