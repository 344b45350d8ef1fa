/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The connection to the engine: found as configured, asked whether it answers, listened to, and tried again when it goes. */
#include <stdio.h>
#include <sys/statvfs.h>

#include "app/app_impl.h"
#include "berth/path.h"
#include "berth/text.h"

enum { RETRY_FIRST_S = 1, RETRY_MOST_S = 30, STEADY_MS = 10000 /* an engine that stayed so long is not the one that flaps */ };
#define SESSION_LABEL "io.berth.session"

static void connect_engine(void *app);

/* ---- its state ---- */
static void set_status(struct app *a, enum engine_state state, const struct err *err, unsigned retry_in_s)
{
	const struct engine_status *old = store_engine(a->store);
	struct engine_status e = { .state = state, .cpus = old->cpus, .memory_bytes = old->memory_bytes, .retry_in_s = retry_in_s,
		.disk_free_bytes = old->disk_free_bytes, .has_gpus = old->has_gpus, .limits_disk = old->limits_disk, .n_gpus = old->n_gpus };
	memcpy(e.gpus, old->gpus, sizeof e.gpus);
	e.name = xstrdup(a->link.engine ? engine_name(a->link.engine) : config_engine_name(a->config));
	e.what = xstrdup(old->what);
	if (err)
		e.err = *err;
	store_set_engine(a->store, &e);
}

static void went_down(struct app *a, const struct err *err)
{
	struct engine_link *l = &a->link;
	if (l->up_at_ms && loop_now_ms(a->loop) - l->up_at_ms >= STEADY_MS)
		l->failures = 0;
	unsigned wait_s = MIN_OF((unsigned)RETRY_FIRST_S << MIN_OF(l->failures, 5u), (unsigned)RETRY_MOST_S);
	bool first = !l->failures;
	/* Whether its socket is not there or nobody listens on it: for who wanted something of it, it does not answer. */
	struct err down = *err;
	if (down.code == ERR_NOT_FOUND)
		down.code = ERR_NET;
	l->up_at_ms = 0;
	l->failures++;
	if (first)
		app_say_err(a, MESSAGE_ERROR, &down, "The engine does not answer: ");
	set_status(a, ENGINE_DOWN, &down, wait_s);
	loop_timer_stop(l->retry);
	l->retry = loop_timer_start(a->loop, (uint64_t)wait_s * 1000, 0, connect_engine, a);
	schedule_sessions(a); /* what is listed is old from now on */
	images_changed(a);
}

struct engine *link_engine(const struct app *a)
{
	return a->link.engine;
}

struct engine *link_up(const struct app *a, struct err *reterr)
{
	const struct engine_status *s = store_engine(a->store);
	if (a->link.engine && s->state != ENGINE_DOWN)
		return a->link.engine;
	if (s->err.code)
		err_copy(reterr, &s->err);
	else
		err_set(reterr, ERR_NET, "no container engine answers");
	return NULL;
}

/* ---- events ---- */
/* Commands that run in a session (ours among them) come and go without changing it. */
static bool tells_nothing(const struct engine_event *ev)
{
	static const char *const dull[] = { "exec_", "top", "attach", "resize" };
	for (size_t i = 0; ev->action && i < ARRAY_LEN(dull); i++)
		if (sv_starts(sv_of(ev->action), sv_of(dull[i])))
			return true;
	return false;
}

static void event_item(void *request, const struct engine_event *ev)
{
	struct request *r = request;
	if (r->app && !tells_nothing(ev))
		schedule_sessions_soon(r->app);
}

static void events_end(void *request, const struct err *err)
{
	struct request *r = request;
	struct err gone = { 0 };
	if (request_over(r) && !(err && err->code == ERR_UNSUPPORTED)) {
		if (!err)
			err_set(&gone, ERR_NET, "the engine closed its connection");
		went_down(r->app, err ? err : &gone);
	}
	free(r);
}

/* ---- ping ---- */
/* An engine on this machine keeps its things where we can look; elsewhere a folder of that name would be another one. */
static uint64_t free_on_disk(const struct engine_info *i)
{
	struct statvfs v;
	if (!(i->caps & ENGINE_IS_LOCAL) || !*i->root_dir || statvfs(i->root_dir, &v) < 0)
		return 0;
	return (uint64_t)v.f_bavail * v.f_frsize;
}

static void info_got(void *request, const struct engine_info *i)
{
	struct request *r = request;
	struct engine_status e = { .state = ENGINE_UP, .cpus = i->cpus, .memory_bytes = i->memory_bytes, .disk_free_bytes = free_on_disk(i),
		.has_gpus = i->caps & ENGINE_HAS_GPUS, .limits_disk = i->caps & ENGINE_LIMITS_DISK, .n_gpus = i->n_gpus };
	snprintf(e.gpus, sizeof e.gpus, "%s", i->gpus ? i->gpus : "");
	AUTO(buf_fini) struct buf what = BUF_INIT;
	if (!r->app)
		return;
	buf_addf(&what, "%s %s, API %s, %u CPU%s, ", i->product, i->version, i->api_version, i->cpus, i->cpus == 1 ? "" : "s");
	text_add_size(&what, i->memory_bytes);
	e.name = xstrdup(engine_name(r->app->link.engine));
	e.what = buf_take(&what);
	store_set_engine(r->app->store, &e);
}

static void swept_one(void *request, const char *what)
{
	struct request *r = request;
	if (!r->app)
		return;
	r->app->link.n_swept++;
	app_say(r->app, MESSAGE_INFO, NULL, "Removed what an interrupted start had left: %s", what);
}

static void sweep_end(void *request, const struct err *err)
{
	struct request *r = request;
	/* What is left is swept when the engine comes back, or by the next berth. */
	if (request_over(r)) {
		r->app->link.swept = !err;
		if (store_engine(r->app->store)->state == ENGINE_UP)
			set_status(r->app, ENGINE_UP, NULL, 0); /* for who waits for app_has_swept() */
	}
	free(r);
}

bool app_has_swept(const struct app *a)
{
	return a->read_only || store_engine(a->store)->state != ENGINE_UP || (a->link.up_at_ms && !a->link.sweep);
}

static void sweep(struct app *a)
{
	struct engine_link *l = &a->link;
	if (l->swept || l->sweep || a->read_only)
		return;
	l->swept = true;
	struct request *r = request_new(a, sizeof *r, &l->sweep, cancel_session);
	r->call = session_sweep(l->engine, a->loop, swept_one, sweep_end, r);
}

static void came_up(struct app *a)
{
	struct engine_link *l = &a->link;
	if (l->failures)
		app_say(a, MESSAGE_GOOD, NULL, "The engine answers");
	if (store_engine(a->store)->state != ENGINE_UP)
		set_status(a, ENGINE_UP, NULL, 0);
	l->up_at_ms = MAX_OF(loop_now_ms(a->loop), (uint64_t)1);
	sweep(a);
	struct request *r = request_new(a, sizeof *r, &l->events, cancel_engine);
	r->call = engine_events(l->engine, SESSION_LABEL, clock_wall_s(), event_item, events_end, r);
	schedule_sessions(a);
	images_changed(a);
}

static void ping_end(void *request, const struct err *err)
{
	struct request *r = request;
	if (request_over(r)) {
		if (err)
			went_down(r->app, err);
		else
			came_up(r->app);
	}
	free(r);
}

/* ---- finding ---- */
bool link_config(const struct app *a, struct engine_config *ret)
{
	const struct engine_host *h = &a->link.host;
	const char *configured = config_engine_host(a->config);
	if (!a->link.owned)
		return false;
	*ret = (struct engine_config){ .name = configured ? config_engine_name(a->config) : h->name, .host = configured ? configured : h->host,
		.ca_file = h->ca_file, .cert_file = h->cert_file, .key_file = h->key_file, .tls_insecure = h->tls_insecure };
	return true;
}

static int find_engine(struct app *a, struct err *reterr)
{
	struct engine_link *l = &a->link;
	struct engine_config c;
	engine_host_fini(&l->host);
	l->host = (struct engine_host){ 0 };
	if (!config_engine_host(a->config)) {
		int r = engine_find_host(&l->host, reterr);
		if (r < 0)
			return r;
	}
	l->owned = true;
	link_config(a, &c);
	l->engine = engine_docker_new(a->loop, a->net, &c);
	resolvers_forget_engine(a);
	return 0;
}

static void ping_engine(struct app *a)
{
	struct engine_link *l = &a->link;
	if (l->ping || l->events)
		return;
	struct request *r = request_new(a, sizeof *r, &l->ping, cancel_engine);
	r->call = engine_ping(l->engine, info_got, ping_end, r);
}

/* ---- Podman's service, where there is no other engine ---- */
static void podman_started(void *app, const struct err *err)
{
	struct app *a = app;
	struct engine_link *l = &a->link;
	struct err why = { 0 };
	l->podman = NULL;
	if (err)
		why = *err;
	if (why.code || (!l->engine && find_engine(a, &why) < 0))
		went_down(a, &why);
	else
		ping_engine(a);
}

static bool start_podman(struct app *a)
{
	struct engine_link *l = &a->link;
	if (config_engine_host(a->config))
		return false;
	if (!l->podman)
		l->podman = engine_podman_start(a->loop, podman_started, a);
	return l->podman != NULL;
}

static void connect_engine(void *app)
{
	struct app *a = app;
	struct engine_link *l = &a->link;
	struct err err = { 0 };
	bool ended = l->failures && l->owned && engine_podman_serves(l->host.host); /* nobody had spoken to it */
	bool found = l->engine || find_engine(a, &err) == 0;
	if ((!found || ended) && start_podman(a))
		return;
	if (found)
		ping_engine(a);
	else
		went_down(a, &err);
}

void engine_link_init(struct app *a, struct engine *given)
{
	a->link.engine = given;
	set_status(a, ENGINE_ASKING, NULL, 0);
	connect_engine(a);
}

void engine_link_fini(struct app *a)
{
	struct engine_link *l = &a->link;
	loop_timer_stop(l->retry);
	request_drop(&l->ping);
	request_drop(&l->events);
	request_drop(&l->sweep);
	engine_starting_cancel(l->podman);
	l->podman = NULL;
	if (l->owned)
		engine_free(l->engine);
	engine_host_fini(&l->host);
}
