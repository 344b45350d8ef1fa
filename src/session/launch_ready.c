/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Step "wait until it answers". The container is looked at first: one that has died fails at once. Then, where the engine's
 * 127.0.0.1 is ours, over HTTP, with a look at the token: Jupyter must refuse whoever has none. Elsewhere by the sockets that
 * listen in the container. A session that serves nothing is ready when it has stayed alive for a moment.
 */
#include <stdio.h>
#include <unistd.h>

#include "berth/mem.h"
#include "launch_impl.h"

enum { GIVE_UP_MS = 300000, STAYS_MS = 1000, BLIND_MS = 3000, NO_HTTP_MS = 10000, ANSWER_MS = 5000, TABLE_MAX = 1 << 20, LOOK_INSIDE_EVERY = 5 };

static void look(void *launch);

static uint64_t since(const struct launch *l, uint64_t ms)
{
	return loop_now_ms(l->deps.loop) - ms;
}

static void look_later(struct launch *l)
{
	uint64_t waited = since(l, l->ready.began_ms);
	struct err err = { 0 };
	if (waited > GIVE_UP_MS) {
		err_set(&err, ERR_TIMEOUT, "%s runs, but nothing answered on port %u in it for %d minutes", l->session.name, l->plan.port, GIVE_UP_MS / 60000);
		err_hint(&err, "Its log, kept under berth's state folder, may say what it waits for.");
		step_fail(l, &err);
		return;
	}
	if (waited >= 3000)
		step_detail(l, "%us", (unsigned)(waited / 1000));
	loop_timer_stop(l->timer);
	l->timer = loop_timer_start(l->deps.loop, waited < 3000 ? 100 : waited < 20000 ? 300 : 1000, 0, look, l);
}

static void ready_now(struct launch *l)
{
	AUTO_STR old_log = launch_log_file(l->session.name);
	unlink(old_log);
	journal_remove(engine_identity(l->deps.engine), l->session.name);
	secret_free(l->token);
	l->token = NULL;
	net_free(l->net); /* a connection that is kept would be somebody who is connected, and the session never idle */
	l->net = NULL;
	if (l->session.port)
		step_detail(l, "http://127.0.0.1:%u", l->session.port);
	else
		step_detail(l, "attach a shell to work in it");
	step_next(l);
}

/* ---- over HTTP ---- */
static void ask_http(struct launch *l, const char *path, bool with_token,
                     void (*answered)(void *ctx, const struct net_response *r, const struct err *err))
{
	AUTO_STR base = xasprintf("http://127.0.0.1:%u", l->session.port);
	struct net_request q = {
		.peer = { .base_url = base }, .method = "GET", .path = path, .bearer = with_token ? l->token : NULL,
		.connect_timeout_ms = ANSWER_MS, .total_timeout_ms = ANSWER_MS, .max_body = 4 << 20,
	};
	if (!l->net)
		l->net = net_new(l->deps.loop);
	l->http = net_fetch(l->net, &q, answered, l);
}

static bool http_over(struct launch *l)
{
	l->http = NULL;
	return launch_goes_on(l) && !l->undoing;
}

static void token_tried(void *launch, const struct net_response *r, const struct err *err)
{
	struct launch *l = launch;
	struct err failed = { 0 };
	if (!http_over(l))
		return;
	if (err || r->status >= 500) {
		look_later(l);
	} else if (r->status == 401 || r->status == 403) {
		err_set(&failed, ERR_FAILED, "Jupyter runs in %s but refuses the session's token", l->session.name);
		err_hint(&failed, "The image's own settings say otherwise on Jupyter's command line: its entry point is where to look.");
		step_fail(l, &failed);
	} else {
		ready_now(l);
	}
}

static void open_to_all(struct launch *l)
{
	struct err failed = { 0 };
	err_set(&failed, ERR_FAILED, "Jupyter runs in %s but lets everybody in: the image's entry point switches its token off", l->session.name);
	err_hint(&failed, "Take such options (--ServerApp.token and the like) out of the image's entry point.");
	step_fail(l, &failed);
}

static void without_token_tried(void *launch, const struct net_response *r, const struct err *err)
{
	struct launch *l = launch;
	if (!http_over(l))
		return;
	if (err || r->status >= 500)
		look_later(l);
	else if (r->status == 200)
		open_to_all(l);
	else
		ask_http(l, "/api/status", true, token_tried);
}

/* A page that asks for the token says that one is needed, and leaves no complaint in the session's log. */
static void login_tried(void *launch, const struct net_response *r, const struct err *err)
{
	struct launch *l = launch;
	if (!http_over(l))
		return;
	bool asks = !err && r->status == 200;
	ask_http(l, "/api/status", asks, asks ? token_tried : without_token_tried);
}

static void look_inside(struct launch *l);

static void answered(void *launch, const struct net_response *r, const struct err *err)
{
	struct launch *l = launch;
	if (!http_over(l))
		return;
	if (!err && l->plan.jupyter && r->status == 200)
		ask_http(l, "/login", false, login_tried);
	else if (!err && !l->plan.jupyter)
		ready_now(l);
	else if (l->ready.n_asked++ % LOOK_INSIDE_EVERY == LOOK_INSIDE_EVERY - 1 && !l->ready.exec_useless)
		look_inside(l);
	else
		look_later(l);
}

/* ---- by the sockets that listen inside ---- */
static void table_piece(void *launch, int stream, struct sv bytes)
{
	struct launch *l = launch;
	if (stream == 1 && l->ready.table.len + bytes.len <= TABLE_MAX)
		buf_add_sv(&l->ready.table, bytes);
}

static void table_end(void *launch, const struct err *err)
{
	struct launch *l = launch;
	struct ready_state *r = &l->ready;
	bool local = engine_caps(l->deps.engine) & ENGINE_IS_LOCAL;
	if (!call_is_over(l))
		return;
	r->exec_useless = r->exec_useless || (err && err->code == ERR_FAILED);
	bool listens = !err && proc_net_listens(buf_sv(&r->table), l->plan.port);
	if (listens && !r->listens)
		r->listens_since_ms = loop_now_ms(l->deps.loop);
	r->listens = listens;
	if (listens && local && !l->plan.jupyter && since(l, r->listens_since_ms) > NO_HTTP_MS) {
		launch_warn(l, "%s listens on its port but doesn't speak HTTP: a browser will not open it", l->session.name);
		ready_now(l);
	} else if ((listens && !local) || (r->exec_useless && !local && since(l, r->began_ms) > BLIND_MS)) {
		ready_now(l);
	} else {
		look_later(l);
	}
}

static void look_inside(struct launch *l)
{
	static const char *const argv[] = { "cat", "/proc/net/tcp", "/proc/net/tcp6" };
	struct engine_exec_query q = { .container = l->container, .argv = argv, .n_argv = ARRAY_LEN(argv), .workdir = "/" };
	buf_clear(&l->ready.table);
	l->call = engine_exec(l->deps.engine, &q, table_piece, NULL, table_end, l);
}

/* ---- the round ---- */
static void container_seen(void *launch, const struct engine_container *c)
{
	struct launch *l = launch;
	l->exit_code = c->exit_code;
	l->oom = c->oom_killed;
	l->ready.running = strcmp(c->status, "running") == 0;
	str_replace(&l->engine_error, c->error);
}

static void looked_at(void *launch, const struct err *err)
{
	struct launch *l = launch;
	struct err gone = { 0 };
	if (err && err->code == ERR_NOT_FOUND) {
		err_set(&gone, ERR_FAILED, "somebody removed the container %s while it started", l->container);
		err = &gone;
	}
	if (!call_ok(l, err))
		return;
	if (!l->ready.running)
		fail_as_dead(l);
	else if (!l->plan.port && since(l, l->ready.began_ms) >= STAYS_MS)
		ready_now(l);
	else if (!l->plan.port)
		look_later(l);
	else if (engine_caps(l->deps.engine) & ENGINE_IS_LOCAL)
		ask_http(l, l->plan.jupyter ? "/api" : l->plan.default_url, false, answered);
	else if (!l->ready.exec_useless)
		look_inside(l);
	else
		table_end(l, NULL);
}

static void look(void *launch)
{
	struct launch *l = launch;
	loop_timer_stop(l->timer);
	l->timer = NULL;
	l->call = engine_container_inspect(l->deps.engine, l->container, container_seen, looked_at, l);
}

static void ready_start(struct launch *l)
{
	l->ready.began_ms = loop_now_ms(l->deps.loop);
	step_detail(l, l->plan.jupyter ? "Jupyter" : l->plan.port ? "its own server" : "its program");
	look(l);
}

const struct step_ops ready_step = { "wait until it answers", ready_start, NULL };
