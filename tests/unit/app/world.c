/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "world.h"

#include "app/app_impl.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

static char state_dir[] = "/tmp/berth-app-XXXXXX";

static struct config *make_config(const char *text)
{
	AUTO_STR path = xasprintf("%s/config", state_dir);
	struct err err = { 0 };
	assert_int_equal(file_write_atomic(path, sv_of(text), &err), 0);
	return config_read(path, &err);
}

void world_new_with(struct world *w, unsigned flags, const char *config)
{
	*w = (struct world){ 0 };
	snprintf(state_dir, sizeof state_dir, "/tmp/berth-app-XXXXXX");
	assert_non_null(mkdtemp(state_dir));
	setenv("XDG_STATE_HOME", state_dir, 1);
	setenv("XDG_RUNTIME_DIR", state_dir, 1);
	w->loop = flags & WORLD_REAL_CLOCK ? loop_new() : loop_new_virtual();
	w->store = store_new();
	w->config = make_config(config);
	w->forge = fake_forge_new(w->loop, "fake");
	w->forge->projects[0] = (struct fake_project){ .path = "group/flights", .n_commits = 50 };
	w->forge->projects[1] = (struct fake_project){ .path = "tides", .n_commits = 25 };
	w->forge->n_projects = 2;
	w->flights = fake_project_id(w->forge, 0);
	w->tides = fake_project_id(w->forge, 1);
	w->engine = fake_engine_new(w->loop);
	w->engine->down = flags & WORLD_DOWN;
	w->forges[0] = &w->forge->base;
	if (flags & WORLD_TWO_FORGES) {
		w->other = fake_forge_new(w->loop, "other");
		w->forges[1] = &w->other->base;
	}
	w->net = flags & WORLD_NET ? net_new(w->loop) : NULL;
	struct app_deps deps = { .loop = w->loop, .net = w->net, .store = w->store, .config = w->config, .forges = w->forges, .n_forges = w->other ? 2 : 1, .engine = &w->engine->base,
		.build_program = "/proc/self/exe", .read_only = flags & WORLD_READ_ONLY, .close_wait_ms = flags & WORLD_REAL_CLOCK ? 5000 : 1 };
	w->app = app_new(&deps);
}

void world_new(struct world *w)
{
	world_new_with(w, 0, "");
}

void world_app_free(struct world *w)
{
	app_free(w->app);
	w->app = NULL;
}

void world_free(struct world *w)
{
	world_app_free(w);
	for (size_t i = 0; i < 2; i++)
		forge_free(w->forges[i]);
	engine_free(&w->engine->base);
	net_free(w->net);
	store_free(w->store);
	loop_free(w->loop);
	config_free(w->config);
	assert_int_equal(path_remove_tree(state_dir, NULL), 0);
	unsetenv("BERTH_TEST_BUILDS");
}

static bool start_asks(const struct world *w)
{
	for (const struct start *s = w->app ? w->app->starts : NULL; s; s = s->next)
		if (s->ask)
			return true;
	return false;
}

void pass_ms(struct world *w, unsigned ms)
{
	for (unsigned i = 0; i < 4; i++) /* what ends defers what goes on */
		loop_advance(w->loop, 0);
	for (int64_t until = patience(); start_asks(w) && loop_has_work(w->loop) && patient(until);)
		loop_turn(w->loop, true); /* who commits is found out by a worker */
	loop_advance(w->loop, ms);
	for (unsigned i = 0; i < 4; i++)
		loop_advance(w->loop, 0);
}

void know_all(struct world *w)
{
	app_want_sessions(w->app);
	app_want_projects(w->app);
	pass_ms(w, 20);
	app_want_branches(w->app, w->flights);
	pass_ms(w, 20);
	app_want_commits(w->app, w->flights, "main", 0, 20);
	pass_ms(w, 50);
}

size_t n_messages_with(const struct world *w, const char *text)
{
	size_t n = 0;
	for (size_t i = 0; i < store_n_messages(w->store); i++)
		n += strstr(store_message_at(w->store, i)->text, text) != NULL;
	return n;
}

void add_session(struct world *w, const char *name, const char *branch)
{
	struct fake_engine *e = w->engine;
	e->sessions[e->n_sessions++] = (struct fake_session){ .name = name, .project = "group/flights", .branch = branch, .owner = getpwuid(geteuid())->pw_name,
		.commit = fake_oid(0, 50), .running = true };
}

/* ---- listening ---- */
void hear_end(void *heard, const struct err *err)
{
	struct heard *h = heard;
	h->n++;
	h->err = err ? *err : (struct err){ 0 };
}

void hear_project(void *heard, struct project_id p)
{
	struct heard *h = heard;
	h->got++;
	h->project = p;
}

void hear_commit(void *heard, const struct oid *id, const char *branch)
{
	struct heard *h = heard;
	(void)branch;
	h->got++;
	h->commit = *id;
}

void hear_image(void *heard, const struct image *i)
{
	struct heard *h = heard;
	h->got++;
	h->image = i->state;
}

void hear_options(void *heard, const struct session_options *o, const char *warnings)
{
	struct heard *h = heard;
	h->got++;
	snprintf(h->text, sizeof h->text, "%s %s | %s", options_text(o, OPT_MEMORY), options_text(o, OPT_CPUS), warnings);
}
