/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What runs on an engine, read from labels: containers, and workspaces that outlived theirs. */
#include "berth/mem.h"
#include "call.h"

enum { DISK_FULL_BYTES = 16 << 20 };

struct list_call {
	struct session_call base;
	VEC(struct session) found;
	VEC(bool) ended;                            /* beside found: the container has ended and wants a closer look */
	size_t at;
	void (*item)(void *ctx, const struct session *s);
};

static void list_fini(struct session_call *c)
{
	struct list_call *l = (struct list_call *)c;
	for (size_t i = 0; i < l->found.len; i++)
		session_fini(&l->found.items[i]);
	VEC_FINI(&l->found);
	VEC_FINI(&l->ended);
}

/* ---- states ---- */
static enum session_state state_of(const struct engine_container *c)
{
	if (strcmp(c->status, "running") == 0)
		return strcmp(c->health, "unhealthy") == 0 ? SESSION_UNHEALTHY : strcmp(c->health, "starting") == 0 ? SESSION_STARTING : SESSION_RUNNING;
	if (strcmp(c->status, "paused") == 0)
		return SESSION_PAUSED;
	if (strcmp(c->status, "removing") == 0)
		return SESSION_STOPPING;
	if (strcmp(c->status, "created") == 0 || strcmp(c->status, "restarting") == 0)
		return SESSION_STARTING;
	return c->exit_code == 0 || c->exit_code == 143 ? SESSION_STOPPED : SESSION_FAILED;
}

/* One that its starter has not made ready yet. */
static bool still_starting(const struct list_call *l, const char *name)
{
	AUTO(journal_entry_fini) struct journal_entry e = { 0 };
	return journal_get(engine_identity(l->base.engine), name, &e) && owner_life(e.token) != OWNER_DEAD;
}

/* A workspace that a start has not finished: being made, or, when its starter is dead, about to be swept. */
static bool is_half_made(const struct list_call *l, const char *name)
{
	AUTO(journal_entry_fini) struct journal_entry e = { 0 };
	return journal_get(engine_identity(l->base.engine), name, &e);
}

static void take_state(struct list_call *l, struct session *s, const struct engine_container *c)
{
	s->state = state_of(c);
	s->exit_code = c->exit_code;
	s->oom = c->oom_killed;
	s->started_at_s = c->started_at_s ? c->started_at_s : c->created_at_s ? c->created_at_s : s->created_at_s; /* a list knows no start; the request may have waited for a build */
	s->ended_at_s = s->state == SESSION_STOPPED || s->state == SESSION_FAILED ? c->finished_at_s : 0;
	if (s->state == SESSION_RUNNING && still_starting(l, s->name))
		s->state = SESSION_STARTING;
	if (strcmp(c->status, "created") == 0 && !still_starting(l, s->name)) {
		s->state = SESSION_FAILED;
		str_replace(&s->reason, "its start was broken off; berth clears it away");
	} else if (s->state == SESSION_STOPPED || s->state == SESSION_FAILED) {
		AUTO(buf_fini) struct buf words = BUF_INIT;
		session_explain_exit(&words, c->exit_code, c->oom_killed, sv_of(c->error));
		str_replace(&s->reason, buf_str(&words));
	} else if (s->state == SESSION_UNHEALTHY) {
		str_replace(&s->reason, "the image's own health check fails");
	}
}

/* ---- containers, then a closer look at the dead, then workspaces alone ---- */
static void one_container(void *call, const struct engine_container *c)
{
	struct list_call *l = call;
	struct session s;
	labels_read(c->labels, c->n_labels, &s);
	if (!s.name || !*s.name) {
		session_fini(&s);
		return;
	}
	s.container_id = xstrdup(c->id);
	take_state(l, &s, c);
	VEC_PUSH(&l->ended, strcmp(c->status, "exited") == 0 || strcmp(c->status, "dead") == 0);
	VEC_PUSH(&l->found, s);
}

/* What the engine can't know: why one has ended that somebody ended, and what the keeper saw. */
static void add_notes(const char *engine, struct session *s)
{
	AUTO(session_fate_fini) struct session_fate f = { 0 };
	bool ended = s->state == SESSION_STOPPED || s->state == SESSION_FAILED;
	watch_get(engine, s->name, &s->watch);
	if (s->state == SESSION_FAILED && !s->oom && s->watch.disk_size_bytes && s->watch.disk_free_bytes < DISK_FULL_BYTES) {
		AUTO_STR both = xasprintf("the disk that has its workspace was full; %s", s->reason ? s->reason : "it ended");
		str_replace(&s->reason, both);
	}
	if (!fate_get(engine, s->name, &f))
		return;
	bool begun = f.kind == FATE_STOPPING || f.kind == FATE_PAUSING;
	if (begun && !f.owner_is_dead) {
		s->state = SESSION_STOPPING;
	} else if (begun) {
		str_replace(&s->reason, f.kind == FATE_STOPPING ? "its stop was broken off, and goes on with the next keeper" : "its pause was broken off, and goes on with the next keeper");
	} else if (ended && f.kind == FATE_PAUSED) {
		s->state = SESSION_PAUSED;
		str_replace(&s->reason, f.why ? f.why : "its workspace is kept");
	} else if (ended && f.kind == FATE_UNSAVED) {
		s->state = SESSION_UNSAVED;
		str_replace(&s->reason, f.why ? f.why : "its work could not be saved");
	} else if (ended && f.kind == FATE_ENGINE) {
		str_replace(&s->reason, "the engine went down while it ran; its workspace is kept");
	}
}

static void give_all(struct list_call *l)
{
	for (size_t i = 0; i < l->found.len; i++)
		add_notes(engine_identity(l->base.engine), &l->found.items[i]);
	for (size_t i = 0; i < l->found.len && !l->base.cancelled; i++)
		l->item(l->base.ctx, &l->found.items[i]);
	if (session_call_back(&l->base, NULL))
		session_call_end(&l->base, NULL);
}

static bool known(const struct list_call *l, const char *name)
{
	for (size_t i = 0; i < l->found.len; i++)
		if (strcmp(l->found.items[i].name, name) == 0)
			return true;
	return false;
}

static void one_volume(void *call, const struct engine_volume *v)
{
	struct list_call *l = call;
	struct session s;
	labels_read(v->labels, v->n_labels, &s);
	if (!s.name || !*s.name || strcmp(v->name, s.volume) != 0 || known(l, s.name) || is_half_made(l, s.name)) {
		session_fini(&s);
		return;
	}
	s.container_id = xstrdup(v->name); /* of the same name as the container had: asking for it says that it is gone */
	s.state = SESSION_STOPPED;
	s.reason = xstrdup("its workspace is kept");
	s.port = 0;
	free(s.address);
	s.address = NULL;
	VEC_PUSH(&l->ended, false);
	VEC_PUSH(&l->found, s);
}

static void volumes_end(void *call, const struct err *err)
{
	struct list_call *l = call;
	if (session_call_ok(&l->base, err))
		give_all(l);
}

static void look_closer(struct list_call *l);

static void one_looked_at(void *call, const struct engine_container *c)
{
	struct list_call *l = call;
	take_state(l, &l->found.items[l->at], c);
}

static void look_end(void *call, const struct err *err)
{
	struct list_call *l = call;
	struct session *s = &l->found.items[l->at];
	if (err && err->code == ERR_NOT_FOUND && !l->base.cancelled)
		s->state = SESSION_STOPPING; /* removed in between: its volume follows */
	if (session_call_ok(&l->base, err && err->code == ERR_NOT_FOUND ? NULL : err)) {
		l->at++;
		look_closer(l);
	}
}

static void look_closer(struct list_call *l)
{
	while (l->at < l->found.len && !l->ended.items[l->at])
		l->at++;
	if (l->at < l->found.len)
		l->base.call = engine_container_inspect(l->base.engine, l->found.items[l->at].container_id, one_looked_at, look_end, l);
	else
		l->base.call = engine_volumes(l->base.engine, LABEL("session"), one_volume, volumes_end, l);
}

static void containers_end(void *call, const struct err *err)
{
	struct list_call *l = call;
	if (session_call_ok(&l->base, err))
		look_closer(l);
}

struct session_call *session_list(struct engine *e, struct loop *l, void (*item)(void *ctx, const struct session *s), session_end_fn end, void *ctx)
{
	struct list_call *c = session_call_new(sizeof *c, e, l, end, ctx);
	c->base.fini = list_fini;
	c->item = item;
	c->base.call = engine_containers(e, LABEL("session"), one_container, containers_end, c);
	return &c->base;
}
