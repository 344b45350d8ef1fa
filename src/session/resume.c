/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stopped session begins again: its container, a new token handed over, and a wait until it answers. And its workspace as a tar. */
#include "berth/mem.h"
#include "berth/path.h"
#include "call.h"

enum { ANSWER_MS = 3000, LOOK_EVERY_MS = 300, GIVE_UP_MS = 120000, STAYS_MS = 700 };

struct resume_call {
	struct session_call base;
	struct session session;
	struct secret *token;
	struct buf git;              /* git's settings, as they are handed over */
	struct net *net;
	uint64_t began_ms;
	int exit_code;
	bool runs, oom;
	struct buf workdir;
	void (*progress)(void *ctx, const char *what);
};

static void resume_fini(struct session_call *c)
{
	struct resume_call *r = (struct resume_call *)c;
	net_free(r->net);
	session_fini(&r->session);
	secret_free(r->token);
	buf_fini(&r->workdir);
	wipe(r->git.p, r->git.len);
	buf_fini(&r->git);
}

static void say(struct resume_call *r, const char *what)
{
	if (r->progress)
		r->progress(r->base.ctx, what);
}

static void look(void *call);

static void look_later(struct resume_call *r)
{
	struct err err = { 0 };
	if (loop_now_ms(r->base.loop) - r->began_ms > GIVE_UP_MS) {
		err_set(&err, ERR_TIMEOUT, "%s runs again, but nothing answers on its port", r->session.name);
		err_hint(&err, "`berth logs %s` may say what it waits for.", r->session.name);
		session_call_end(&r->base, &err);
		return;
	}
	r->base.timer = loop_timer_start(r->base.loop, LOOK_EVERY_MS, 0, look, r);
}

/* ---- until it answers ---- */
static void answered(void *call, const struct net_response *a, const struct err *err)
{
	struct resume_call *r = call;
	if (r->base.cancelled)
		session_call_end(&r->base, NULL);
	else if (err || a->status >= 500)
		look_later(r);
	else
		session_call_end(&r->base, NULL);
}

static void ask(struct resume_call *r)
{
	struct net_request q = {
		.peer = { .base_url = r->session.address }, .method = "GET", .path = r->session.has_token ? "/api" : "/",
		.connect_timeout_ms = ANSWER_MS, .total_timeout_ms = ANSWER_MS, .max_body = 4 << 20,
	};
	if (!r->net)
		r->net = net_new(r->base.loop);
	net_fetch(r->net, &q, answered, r);
}

static void seen(void *call, const struct engine_container *c)
{
	struct resume_call *r = call;
	r->runs = strcmp(c->status, "running") == 0;
	r->exit_code = c->exit_code;
	r->oom = c->oom_killed;
}

static void looked(void *call, const struct err *err)
{
	struct resume_call *r = call;
	if (!session_call_ok(&r->base, err))
		return;
	if (!r->runs) {
		struct err dead = { 0 };
		AUTO(buf_fini) struct buf words = BUF_INIT;
		session_explain_exit(&words, r->exit_code, r->oom, (struct sv){ "", 0 });
		err_set(&dead, ERR_FAILED, "%s did not start again: %s", r->session.name, buf_str(&words));
		err_hint(&dead, "Its workspace is still there. `berth logs %s` may say more.", r->session.name);
		session_call_end(&r->base, &dead);
	} else if (loop_now_ms(r->base.loop) - r->began_ms < STAYS_MS) {
		look_later(r);
	} else if (r->session.address && (engine_caps(r->base.engine) & ENGINE_IS_LOCAL)) {
		ask(r);
	} else {
		session_call_end(&r->base, NULL);
	}
}

static void look(void *call)
{
	struct resume_call *r = call;
	loop_timer_stop(r->base.timer);
	r->base.timer = NULL;
	r->base.call = engine_container_inspect(r->base.engine, r->session.container_id, seen, looked, r);
}

/* ---- settings ---- */
static void handed_exit(void *call, int exit_code)
{
	((struct resume_call *)call)->exit_code = exit_code;
}

/* One without a token runs without its settings, too: an older berth made it, or its image has no shell. */
static void handed(void *call, const struct err *err)
{
	struct resume_call *r = call;
	if (err && (err->code == ERR_FAILED || (!r->session.has_token && err->code != ERR_CANCELLED))) { /* it died meanwhile, perhaps: looking says so */
		r->base.call = NULL;
		look(r);
	} else if (session_call_ok(&r->base, err)) {
		look(r);
	}
}

static void hand_over(struct resume_call *r)
{
	const char *argv[] = { "/bin/sh", "-c", settings_store_script };
	AUTO(buf_fini) struct buf in = BUF_INIT;
	const char *dir = r->session.workdir ? r->session.workdir : buf_str(&r->workdir);
	if (r->session.has_token) {
		r->token = secret_random(16);
		settings_add_jupyter(&in, secret_reveal(r->token), dir, r->session.default_url);
	}
	buf_add_sv(&in, buf_sv(&r->git));
	struct engine_exec_query q = { .container = r->session.container_id, .argv = argv, .n_argv = ARRAY_LEN(argv), .workdir = "/", .stdin_bytes = buf_sv(&in) };
	say(r, "handing over the settings");
	r->base.call = engine_exec(r->base.engine, &q, NULL, handed_exit, handed, r);
	wipe(in.p, in.len);
}

static void place_output(void *call, int stream, struct sv bytes)
{
	struct resume_call *r = call;
	if (stream == 1)
		buf_add_sv(&r->workdir, bytes);
}

/* Of a session that an older berth made: where it works is what a command in it finds. */
static void place_end(void *call, const struct err *err)
{
	struct resume_call *r = call;
	if (!session_call_ok(&r->base, err))
		return;
	while (r->workdir.len && r->workdir.p[r->workdir.len - 1] == '\n')
		r->workdir.len--;
	hand_over(r);
}

static void started(void *call, const struct err *err)
{
	static const char *const argv[] = { "/bin/sh", "-c", "pwd" };
	struct resume_call *r = call;
	struct err copy = { 0 };
	err_copy(&copy, err);
	if (err && (strstr(err->text, "already in use") || strstr(err->text, "already allocated"))) {
		err_prefix(&copy, "the port of %s, %u, is taken by something else now", r->session.name, r->session.port);
		err_hint(&copy, "End what has it, and resume again; or export the workspace: `berth export %s`.", r->session.name);
	}
	if (!session_call_ok(&r->base, err ? &copy : NULL))
		return;
	r->began_ms = loop_now_ms(r->base.loop);
	if (r->session.workdir || !r->session.has_token)
		hand_over(r);
	else
		r->base.call = engine_exec(r->base.engine, &(struct engine_exec_query){ .container = r->session.container_id, .argv = argv, .n_argv = ARRAY_LEN(argv) },
		                           place_output, NULL, place_end, r);
}

struct session_call *session_resume(struct engine *e, struct loop *l, const struct session *s, const struct session_git *g, void (*progress)(void *ctx, const char *what),
                                    session_end_fn end, void *ctx)
{
	struct resume_call *r = session_call_new(sizeof *r, e, l, end, ctx);
	r->base.fini = resume_fini;
	session_dup(&r->session, s);
	r->workdir = BUF_INIT_MAX(4096);
	r->progress = progress;
	if (g)
		gitin_settings(&r->git, g, s->workdir ? s->workdir : "/");
	say(r, "starting");
	r->base.call = engine_start(e, r->session.container_id, started, r);
	return &r->base;
}

/* ---- the workspace as a tar ---- */
struct export_call { struct session_call base; void (*piece)(void *ctx, struct sv tar); };

static void export_piece(void *call, struct sv tar)
{
	struct export_call *x = call;
	if (!x->base.cancelled)
		x->piece(x->base.ctx, tar);
}

static void export_end(void *call, const struct err *err)
{
	struct export_call *x = call;
	if (session_call_ok(&x->base, err))
		session_call_end(&x->base, NULL);
}

static void export_refuse(void *call)
{
	struct export_call *x = call;
	struct err err = { 0 };
	loop_timer_stop(x->base.timer);
	x->base.timer = NULL;
	err_set(&err, ERR_UNSUPPORTED, "where the workspace lies in its container was not kept: an older berth made that session");
	err_hint(&err, "Resume it, and take its files out from within.");
	session_call_end(&x->base, &err);
}

struct session_call *session_export(struct engine *e, struct loop *l, const struct session *s, void (*piece)(void *ctx, struct sv tar), session_end_fn end, void *ctx)
{
	struct export_call *x = session_call_new(sizeof *x, e, l, end, ctx);
	x->piece = piece;
	if (s->workdir)
		x->base.call = engine_archive_get(e, s->container_id, s->workdir, export_piece, export_end, x);
	else
		x->base.timer = loop_timer_start(l, 0, 0, export_refuse, x);
	return &x->base;
}
