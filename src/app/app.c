/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/app_impl.h"

#include <time.h>

#include "berth/log.h"
#include "berth/path.h"

enum { CLOSE_WAIT_MS = 20000 /* a container gets ten seconds to stop */, CLOSE_LOOK_MS = 50 };

static void flush(void *app)
{
	store_flush(((struct app *)app)->store);
}

struct app *app_new(const struct app_deps *deps)
{
	struct app *a = xcalloc(1, sizeof *a);
	a->loop = deps->loop;
	a->net = deps->net;
	a->store = deps->store;
	a->config = deps->config;
	a->build_program = deps->build_program;
	a->keeper_program = deps->keeper_program;
	a->read_only = deps->read_only;
	a->stays = deps->stays;
	a->close_wait_ms = deps->close_wait_ms ? deps->close_wait_ms : CLOSE_WAIT_MS;
	a->hook = loop_hook_add(a->loop, flush, a);
	forges_init(a, deps->forges, deps->n_forges);
	hosts_init(a);
	remember_init(a, deps->cache, deps->recall);
	builds_init(a);
	registries_init(a);
	engine_link_init(a, deps->engine);
	for (size_t i = 0; i < config_n_problems(a->config); i++)
		app_say_err(a, MESSAGE_WARN, config_problem_at(a->config, i), NULL);
	return a;
}

/* ---- the end ------------------------------------------------------------------------------------------------------------ */
bool app_close(struct app *a)
{
	if (!a->closing) {
		a->closing = true;
		asks_forget(a);
		schedule_fini(a);
	}
	bool starts = starts_close(a), stops = stops_close(a);
	return starts && stops;
}

/* Not the loop's clock: that one may stand still. */
static uint64_t real_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void wake(void *app)
{
	(void)app;
}

static void wait_for_the_end(struct app *a)
{
	uint64_t until = real_ms() + a->close_wait_ms;
	if (app_close(a))
		return;
	/* So that a turn does not wait longer than we do. */
	struct loop_timer *tick = loop_timer_start(a->loop, CLOSE_LOOK_MS, CLOSE_LOOK_MS, wake, a);
	while (!app_close(a) && real_ms() < until)
		loop_turn(a->loop, true);
	loop_timer_stop(tick);
	if (!app_close(a))
		log_warn("app", "what was begun could not be undone in time; the next berth looks after it");
}

void app_free(struct app *a)
{
	if (!a)
		return;
	wait_for_the_end(a);
	keepers_fini(a);
	warnings_fini(a);
	inside_fini(a);
	accounts_fini(a);
	others_forget(a);
	stops_fini(a);
	starts_fini(a);
	builds_watch_fini(a);
	asks_close(a);
	saves_fini(a);
	awaited_fini(a);
	ones_fini(a);
	logins_fini(a);
	resolvers_fini(a);
	registries_fini(a);
	engine_link_fini(a);
	remember_fini(a);
	hosts_fini(a);
	forges_fini(a);
	loop_hook_remove(a->hook);
	free(a);
}

struct loop *app_loop(const struct app *a)
{
	return a->loop;
}

struct store *app_store(const struct app *a)
{
	return a->store;
}

const struct config *app_config(const struct app *a)
{
	return a->config;
}

bool app_read_only(const struct app *a)
{
	return a->read_only;
}

static void add_message(struct app *a, const struct message *m)
{
	log_at(m->level == MESSAGE_ERROR ? LOG_ERROR : LOG_INFO, "app", "%s", m->text);
	store_add_message(a->store, m);
}

void app_say(struct app *a, enum message_level level, const char *hint, const char *fmt, ...)
{
	struct message m = { .level = level, .hint = (char *)hint, .named = err_begins_with_name(fmt) };
	va_list ap;
	va_start(ap, fmt);
	m.text = xvasprintf(fmt, ap);
	va_end(ap);
	add_message(a, &m);
	free(m.text);
}

void app_say_err(struct app *a, enum message_level level, const struct err *err, const char *prefix)
{
	struct message m = { .level = level, .hint = (char *)err->hint, .named = !prefix && err->named };
	m.text = xasprintf("%s%s", prefix ? prefix : "", err->text);
	add_message(a, &m);
	free(m.text);
}

int refuse_read_only(const struct app *a, struct err *reterr)
{
	return a->read_only ? err_set(reterr, ERR_DENIED, "berth was started with --read-only") : 0;
}

struct fresh fresh_of(enum fresh_state state, const struct err *err, const struct fresh *before)
{
	struct fresh f = { .state = state, .at_s = before ? before->at_s : 0 };
	if (state == FRESH_FRESH)
		f.at_s = clock_wall_s();
	if (err)
		f.err = *err;
	return f;
}
