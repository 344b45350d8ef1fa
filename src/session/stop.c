/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ending a session: the container, its workspace unless it is to stay, and with the last session the network. */
#include "berth/mem.h"
#include "call.h"

enum { STOP_TIMEOUT_S = 10 };

struct stop_call {
	struct session_call base;
	char *container, *volume, *name;
	bool keep;
	void (*progress)(void *ctx, const char *what);
};

static void stop_fini(struct session_call *c)
{
	struct stop_call *s = (struct stop_call *)c;
	free(s->container);
	free(s->volume);
	free(s->name);
}

static void say(struct stop_call *s, const char *what)
{
	if (s->progress)
		s->progress(s->base.ctx, what);
}

/* ---- container and workspace ---- */
static void volume_gone(void *call, const struct err *err)
{
	struct stop_call *s = call;
	if (!session_call_ok(&s->base, err))
		return;
	journal_remove(engine_identity(s->base.engine), s->name);
	session_call_leave_network(&s->base);
}

static void container_gone(void *call, const struct err *err)
{
	struct stop_call *s = call;
	if (!session_call_ok(&s->base, err))
		return;
	if (s->keep) {
		/* From now on the volume is somebody's work, not what a start left behind. */
		journal_remove(engine_identity(s->base.engine), s->name);
		session_call_leave_network(&s->base);
		return;
	}
	say(s, "removing the workspace");
	s->base.call = engine_volume_remove(s->base.engine, s->volume, volume_gone, s);
}

static void stopped(void *call, const struct err *err)
{
	struct stop_call *s = call;
	if (err && err->code == ERR_NOT_FOUND)
		err = NULL; /* gone already: what is left of it goes too */
	if (!session_call_ok(&s->base, err))
		return;
	say(s, "removing the container");
	s->base.call = engine_remove(s->base.engine, s->container, true, container_gone, s);
}

struct session_call *session_stop(struct engine *e, struct loop *l, const struct session *s, bool keep_workspace, void (*progress)(void *ctx, const char *what),
                                  session_end_fn end, void *ctx)
{
	struct stop_call *c = session_call_new(sizeof *c, e, l, end, ctx);
	c->base.fini = stop_fini;
	c->container = xstrdup(s->container_id);
	c->volume = xstrdup(s->volume);
	c->name = xstrdup(s->name);
	c->keep = keep_workspace;
	c->progress = progress;
	say(c, "stopping");
	c->base.call = engine_stop(e, c->container, STOP_TIMEOUT_S, stopped, c);
	return &c->base;
}
