/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding, asking and forgetting; what a quick start means; how starts end; the app's end at any moment. */
#include "app/app_impl.h"
#include "world.h"

#include <stdio.h>

/* ---- asks ---- */
void a_project_is_found_by_what_people_type(void **state)
{
	(void)state;
	static const struct { const char *text; enum err_code code; } cases[] = {
		{ "group/flights", ERR_NONE }, { "flights", ERR_CONFLICT }, { "tides", ERR_NONE }, { "nothing", ERR_NOT_FOUND }, { "", ERR_NOT_FOUND }, { NULL, ERR_NOT_FOUND },
	};
	struct world w;
	world_new(&w);
	w.forge->projects[2] = (struct fake_project){ .path = "other/flights", .n_commits = 1 };
	w.forge->n_projects = 3;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct heard h = { 0 };
		app_find_project(w.app, cases[i].text, hear_project, hear_end, &h);
		pass_ms(&w, 10);
		assert_int_equal(h.n, 1);
		assert_int_equal(h.err.code, cases[i].code);
		assert_int_equal(h.got, cases[i].code == ERR_NONE);
	}
	assert_int_equal(w.forge->n[FAKE_PROJECTS], 1);
	world_free(&w);
}

void a_list_that_failed_is_asked_again_when_somebody_searches(void **state)
{
	(void)state;
	struct world w;
	struct heard h = { 0 };
	world_new(&w);
	w.forge->fail[FAKE_PROJECTS] = ERR_DENIED;
	app_find_project(w.app, "tides", hear_project, hear_end, &h);
	pass_ms(&w, 10);
	assert_int_equal(h.err.code, ERR_DENIED);
	w.forge->fail[FAKE_PROJECTS] = ERR_NONE;
	app_find_project(w.app, "tides", hear_project, hear_end, &h);
	pass_ms(&w, 10);
	assert_int_equal(h.n, 2);
	assert_int_equal(h.err.code, ERR_NONE);
	world_free(&w);
}

void what_is_forgotten_says_nothing(void **state)
{
	(void)state;
	struct world w;
	struct heard kept = { 0 }, lost = { 0 };
	struct oid tip = fake_oid(0, 50), none = fake_oid(3, 1);
	world_new(&w);
	know_all(&w);
	w.forge->delay_ms = 10;
	app_resolve(w.app, w.flights, "dev", hear_commit, hear_end, &kept);
	app_forget(w.app, app_resolve(w.app, w.flights, "dev", hear_commit, hear_end, &lost));
	app_forget(w.app, app_resolve(w.app, (struct project_id){ 1 }, NULL, hear_commit, hear_end, &lost));
	app_forget(w.app, app_image(w.app, w.flights, &tip, hear_image, hear_end, &lost));
	app_forget(w.app, app_start_options(w.app, w.flights, &tip, hear_options, hear_end, &lost));
	app_forget(w.app, 0);
	app_image(w.app, w.flights, &tip, hear_image, hear_end, &kept);
	app_image(w.app, w.tides, &none, hear_image, hear_end, &kept);
	pass_ms(&w, 300);
	assert_int_equal(lost.n + lost.got, 0);
	assert_int_equal(kept.n, 3);
	assert_int_equal(store_image(w.store, w.flights, &tip)->state, IMAGE_NONE);
	world_free(&w);
}

void options_come_from_least_to_most_particular(void **state)
{
	(void)state;
	struct world w;
	struct heard h = { 0 };
	struct oid tip = fake_oid(0, 50);
	world_new_with(&w, 0, "[start]\n\tmemory = 3G\n\tcpus = 2\n");
	know_all(&w);
	app_start_options(w.app, w.flights, &tip, hear_options, hear_end, &h);
	pass_ms(&w, 10);
	assert_string_equal(h.text, "3G 2 | ");
	w.forge->projects[0].ini = "[interactive]\nmem_request = 4G\ncpu_request = lots\n";
	app_start_options(w.app, w.flights, &tip, hear_options, hear_end, &h);
	pass_ms(&w, 10);
	assert_int_equal(strncmp(h.text, "4G 2 | ", 7), 0);
	assert_non_null(strstr(h.text, "cpu_request"));
	w.forge->fail[FAKE_FILE] = ERR_DECODE;
	app_start_options(w.app, w.flights, &tip, hear_options, hear_end, &h);
	pass_ms(&w, 10);
	assert_int_equal(strncmp(h.text, "3G 2 | .renku/renku.ini", 23), 0);
	assert_int_equal(h.err.code, ERR_NONE);
	world_free(&w);
}

void what_was_chosen_is_offered_again(void **state)
{
	(void)state;
	struct world w;
	enum start_kind kind;
	struct err err = { 0 };
	AUTO_STR name = NULL;
	AUTO(options_fini) struct session_options o, again;
	world_new(&w);
	know_all(&w);
	options_init(&again);
	app_last_choice(w.app, w.flights, &again);
	assert_string_equal(options_text(&again, OPT_MEMORY), "2G");
	options_init(&o);
	options_set(&o, OPT_MEMORY, "4G", FROM_USER, NULL);
	options_set(&o, OPT_CPUS, "2", FROM_PROJECT, NULL);     /* not chosen by hand: not kept */
	options_set(&o, OPT_ENV, "SECRET=ish", FROM_USER, NULL); /* said of one start alone */
	options_set(&o, OPT_NAME, "once", FROM_USER, NULL);
	assert_int_equal(app_start(w.app, &(struct app_start){ .project = w.flights, .options = &o, .remember = true }, &kind, &name, &err), 0);
	app_last_choice(w.app, w.flights, &again);
	assert_string_equal(options_text(&again, OPT_MEMORY), "4G");
	assert_int_equal(again.values[OPT_MEMORY].source, FROM_LAST);
	assert_string_equal(options_text(&again, OPT_CPUS), "1");
	assert_string_equal(options_text(&again, OPT_ENV), "");
	assert_string_equal(options_text(&again, OPT_NAME), "");
	world_free(&w);
}

void what_sessions_used_is_remembered(void **state)
{
	(void)state;
	struct world w;
	struct project_use use;
	struct session s = { .name = (char *)"one", .forge = (char *)"local", .project = (char *)"used", .created_at_s = 1000, .memory_limit_bytes = (uint64_t)1 << 30 };
	struct project_id p = project_id_of("local", "used");
	world_new(&w);
	assert_false(app_project_use(w.app, p, &use));
	use_note(w.app, &s, &(struct usage){ .memory_bytes = 300 << 20, .cpu_cores = 0.7 });
	use_note(w.app, &s, &(struct usage){ .memory_bytes = 200 << 20, .memory_peak_bytes = 700 << 20, .cpu_cores = 0.1 });
	assert_true(app_project_use(w.app, p, &use));
	assert_int_equal(use.n, 1);
	assert_int_equal(use.peak_memory_bytes, 700 << 20);
	assert_true(use.peak_cores > 0.69 && use.peak_cores < 0.71);
	assert_int_equal(project_use_memory(&use), (uint64_t)1 << 30); /* 700M and a quarter more */
	assert_true(project_use_cores(&use) == 1);
	s.oom = true;
	use_note(w.app, &s, NULL);
	assert_true(app_project_use(w.app, p, &use));
	assert_int_equal(project_use_memory(&use), (uint64_t)2 << 30); /* 1G was too little */
	for (int i = 0; i < 50; i++) { /* the last ones are kept */
		AUTO_STR name = xasprintf("n%d", i);
		struct session more = s;
		more.name = name;
		more.oom = false;
		use_note(w.app, &more, &(struct usage){ .memory_bytes = 100 << 20 });
	}
	assert_true(app_project_use(w.app, p, &use));
	assert_int_equal(use.n, 20);
	assert_int_equal(project_use_memory(&use), (uint64_t)512 << 20);
	world_free(&w);
}

/* ---- quick starts ---- */
static enum start_kind start_at(struct world *w, const struct app_start *q, char name[100])
{
	enum start_kind kind;
	struct err err = { 0 };
	AUTO_STR session = NULL;
	assert_int_equal(app_start(w->app, q, &kind, &session, &err), 0);
	snprintf(name, 100, "%s", session);
	return kind;
}

void a_quick_start_finds_the_session_that_runs(void **state)
{
	(void)state;
	struct world w;
	char name[100];
	struct oid tip = fake_oid(0, 50), other = fake_oid(0, 49);
	world_new(&w);
	add_session(&w, "mine", "main");
	add_session(&w, "stranger", "dev");
	w.engine->sessions[1].owner = "somebody-else";
	know_all(&w);
	struct app_start q = { .project = w.flights };
	assert_int_equal(start_at(&w, &q, name), START_ALREADY_RUNNING);
	assert_string_equal(name, "mine");
	q.commit = &tip;
	assert_int_equal(start_at(&w, &q, name), START_ALREADY_RUNNING);
	q.commit = &other;
	assert_int_equal(start_at(&w, &q, name), START_LAUNCHED);
	q = (struct app_start){ .project = w.flights, .branch = "dev" };
	assert_int_equal(start_at(&w, &q, name), START_LAUNCHED);
	q = (struct app_start){ .project = w.flights, .even_if_running = true };
	assert_int_equal(start_at(&w, &q, name), START_LAUNCHED);
	q = (struct app_start){ .project = w.tides };
	assert_int_equal(start_at(&w, &q, name), START_LAUNCHED);
	world_free(&w);
}

void the_key_pressed_twice_starts_one_session(void **state)
{
	(void)state;
	struct world w;
	char first[100], second[100], third[100];
	world_new(&w);
	know_all(&w);
	w.engine->hangs = "image_inspect";
	struct app_start q = { .project = w.flights };
	start_at(&w, &q, first);
	start_at(&w, &q, second);
	assert_string_equal(first, second);
	q.even_if_running = true;
	start_at(&w, &q, third);
	assert_string_not_equal(first, third);
	pass_ms(&w, 100);
	assert_int_equal(app_n_launches(w.app), 2);
	app_launch_cancel(w.app, first);
	app_launch_cancel(w.app, third);
	pass_ms(&w, 20000);
	assert_int_equal(app_n_launches(w.app), 0);
	world_free(&w);
}

void names_are_unique(void **state)
{
	(void)state;
	struct world w;
	char name[100];
	struct err err = { 0 };
	enum start_kind kind;
	char *session = NULL;
	struct session_options o;
	world_new(&w);
	know_all(&w);
	struct app_start q = { .project = w.flights, .even_if_running = true };
	start_at(&w, &q, name);
	AUTO_STR first = xstrdup(name);
	app_launch_cancel(w.app, name);
	pass_ms(&w, 10);
	w.engine->sessions[w.engine->n_sessions++] = (struct fake_session){ .name = first, .project = "x", .owner = "x", .running = true };
	fake_engine_event(w.engine, "start");
	pass_ms(&w, 300);
	start_at(&w, &q, name);
	assert_string_not_equal(name, first);
	options_init(&o);
	assert_int_equal(options_set(&o, OPT_NAME, first, FROM_USER, &err), 0);
	q.options = &o;
	assert_int_equal(app_start(w.app, &q, &kind, &session, &err), -ERR_CONFLICT);
	options_fini(&o);
	world_free(&w);
}

void a_start_takes_the_image_that_there_is(void **state)
{
	(void)state;
	struct world w;
	char name[100];
	struct oid tip = fake_oid(0, 50), before = fake_oid(0, 47);
	world_new(&w);
	know_all(&w);
	AUTO_STR own = image_ref_of(store_project(w.store, w.flights), &tip);
	AUTO_STR ancestor = image_ref_of(store_project(w.store, w.flights), &before);
	w.engine->images[0] = ancestor;
	w.engine->n_images = 1;
	struct app_start q = { .project = w.flights };
	start_at(&w, &q, name);
	pass_ms(&w, 200);
	assert_string_equal(w.engine->inspected, ancestor);
	app_launch_cancel(w.app, name);
	pass_ms(&w, 20000);
	w.engine->images[1] = own;
	w.engine->n_images = 2;
	start_at(&w, &q, name);
	pass_ms(&w, 200);
	assert_string_equal(w.engine->inspected, own);
	world_free(&w);
}

void a_start_that_fails_is_listed_until_it_is_dismissed(void **state)
{
	(void)state;
	struct world w;
	char name[100];
	const struct err *err;
	struct oid tip = fake_oid(0, 50);
	world_new(&w);
	know_all(&w);
	AUTO_STR own = image_ref_of(store_project(w.store, w.flights), &tip);
	w.engine->images[w.engine->n_images++] = own;
	struct app_start q = { .project = w.flights };
	start_at(&w, &q, name); /* this engine can't make a container */
	pass_ms(&w, 1000);
	assert_true(app_launch_ended(w.app, name, &err));
	assert_non_null(err);
	assert_int_equal(app_n_launches(w.app), 1);
	assert_ptr_equal(app_launch_error(w.app, app_launch_at(w.app, 0)), err);
	assert_int_equal(n_messages_with(&w, "did not start"), 1);
	assert_int_equal(n_messages_with(&w, "did not start: flights-main did not start"), 0); /* the reason may say so itself */
	app_launch_dismiss(w.app, name);
	assert_int_equal(app_n_launches(w.app), 0);
	assert_null(app_launch_at(w.app, 0));
	world_free(&w);
}

void a_start_that_can_not_begin_is_told(void **state)
{
	(void)state;
	struct world w;
	char name[100];
	const struct err *err;
	enum start_kind kind;
	char *session = NULL;
	struct err refused = { 0 };
	world_new(&w);
	know_all(&w);
	struct app_start q = { .project = w.flights, .branch = "no-such-branch" };
	start_at(&w, &q, name);
	pass_ms(&w, 10);
	assert_true(app_launch_ended(w.app, name, &err));
	assert_int_equal(err->code, ERR_NOT_FOUND);
	fake_engine_goes_down(w.engine);
	q = (struct app_start){ .project = w.flights };
	start_at(&w, &q, name);
	pass_ms(&w, 100);
	assert_true(app_launch_ended(w.app, name, &err));
	assert_int_equal(err->code, ERR_NET);
	q.project = (struct project_id){ 1 };
	assert_int_equal(app_start(w.app, &q, &kind, &session, &refused), -ERR_NOT_FOUND);
	world_free(&w);
	world_new_with(&w, WORLD_READ_ONLY, "");
	know_all(&w);
	q.project = w.flights;
	assert_int_equal(app_start(w.app, &q, &kind, &session, &refused), -ERR_DENIED);
	assert_int_equal(app_build(w.app, &(struct app_build_query){ .project = w.flights }, NULL, &refused), -ERR_DENIED);
	world_free(&w);
}

/* ---- the end ---- */
static void hear_work(void *heard, const struct autosave_result *found)
{
	(void)found;
	((struct heard *)heard)->got++;
}

static void do_everything(struct world *w, struct heard *h)
{
	struct oid tip = fake_oid(0, 50);
	char name[100];
	know_all(w);
	w->forge->delay_ms = w->engine->delay_ms = 10;
	app_refresh(w->app);
	app_want_commits(w->app, w->flights, "dev", 0, 20);
	app_want_images(w->app, w->flights, &tip, 1);
	app_want_usage(w->app, "a");
	app_find_project(w->app, "tides", hear_project, hear_end, h);
	app_resolve(w->app, w->flights, NULL, hear_commit, hear_end, h);
	app_resolve(w->app, (struct project_id){ 1 }, NULL, hear_commit, hear_end, h);
	app_image(w->app, w->flights, &tip, hear_image, hear_end, h);
	app_start_options(w->app, w->flights, &tip, hear_options, hear_end, h);
	app_session_save(w->app, "a", true, hear_work, hear_end, h);
	app_session_git(w->app, "a", "m", hear_git, hear_end, h);
	app_session_git(w->app, "a", NULL, hear_git, hear_end, h);
	app_session_stop(w->app, "b", APP_STOP_KEEP, 60, hear_end, h);
	struct app_start q = { .project = w->flights };
	start_at(w, &q, name);
	q = (struct app_start){ .project = w->flights, .commit = &tip, .even_if_running = true };
	start_at(w, &q, name);
}

void the_end_may_come_at_any_moment(void **state)
{
	(void)state;
	for (unsigned ms = 0; ms < 160; ms += 5) {
		struct world w;
		struct heard h = { 0 };
		world_new(&w);
		add_session(&w, "a", "other");
		add_session(&w, "b", "other");
		w.engine->sessions[0].workdir = "/home/ada/flights";
		AUTO_STR ref = xstrdup("berth/group/flights:0000000");
		w.engine->images[w.engine->n_images++] = ref;
		do_everything(&w, &h);
		pass_ms(&w, ms);
		unsigned n = h.n;
		world_app_free(&w);
		assert_int_equal(h.n, n);
		loop_advance(w.loop, 100); /* what the ports had begun ends on nobody */
		world_free(&w);
	}
}

static void add_nothing(void *h, const struct err *err)
{
	(void)h;
	(void)err;
}

/* With time to spare, the end undoes what was begun. */
void the_end_undoes_what_was_begun(void **state)
{
	(void)state;
	struct world w;
	char name[100];
	world_new_with(&w, WORLD_REAL_CLOCK, "");
	add_session(&w, "a", "other");
	app_want_projects(w.app);
	app_want_sessions(w.app);
	while (store_n_sessions(w.store) == 0 || store_n_projects(w.store) == 0)
		loop_turn(w.loop, true);
	w.engine->hangs = "image_inspect";
	struct app_start q = { .project = w.flights };
	start_at(&w, &q, name);
	while (!w.engine->n_inspect)
		loop_turn(w.loop, true);
	app_session_stop(w.app, "a", APP_STOP_DISCARD, 60000, add_nothing, NULL);
	world_app_free(&w);
	assert_int_equal(w.engine->n_stop, 1);
	assert_int_equal(w.engine->n_volume_remove, 1);
	assert_null(w.engine->base.calls);
	world_free(&w);
}

/* Whatever the engine does not answer, the end comes, and leaves no call behind. */
void the_end_does_not_wait_for_a_hanging_engine(void **state)
{
	static const char *const slots[] = { "ping", "events", "images", "image_inspect", "containers", "container_inspect", "volumes", "volume_remove",
		"network_remove", "stop", "remove", "stats", "logs" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(slots); i++) {
		struct world w;
		struct err err = { 0 };
		char *name = NULL;
		enum start_kind kind;
		world_new(&w);
		add_session(&w, "a", "other");
		add_session(&w, "b", "another");
		if (strcmp(slots[i], "ping") != 0)
			know_all(&w);
		w.engine->hangs = slots[i];
		app_refresh(w.app);
		app_want_usage(w.app, "a");
		app_want_images(w.app, w.flights, &(struct oid){ 0 }, 1);
		app_start(w.app, &(struct app_start){ .project = w.flights }, &kind, &name, &err);
		app_session_stop(w.app, "a", APP_STOP_DISCARD, 0, add_nothing, NULL);
		app_session_stop(w.app, "b", APP_STOP_DISCARD, 60000, add_nothing, NULL);
		pass_ms(&w, 50);
		world_app_free(&w);
		if (w.engine->base.calls)
			fail_msg("a call is left where %s hangs", slots[i]);
		free(name);
		world_free(&w);
	}
}
