/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builds as processes of their own: this program is the worker then (main.c), and finds that the fake forge's commits are
 * not on this machine, which is how each of these builds fails. */
#include "world.h"

#include "app/app_impl.h"

static void world_with_builds(struct world *w)
{
	setenv("BERTH_TEST_BUILDS", "1", 1);
	world_new(w);
}

static bool ended(const struct world *w, const char *id)
{
	const struct build *b = store_build(w->store, id);
	return b && b->state != BUILD_QUEUED && b->state != BUILD_RUNNING;
}

static void wait_for_end(struct world *w, const char *id)
{
	for (int64_t until = patience(); !ended(w, id) && patient(until);) {
		pass_ms(w, 100);
		loop_turn(w->loop, true);
	}
	assert_true(ended(w, id));
}

void a_build_is_watched_to_its_end_and_then_left_alone(void **state)
{
	(void)state;
	struct world w;
	struct oid tip = fake_oid(0, 50);
	struct err err = { 0 };
	AUTO_STR id = NULL;
	world_with_builds(&w);
	assert_null(w.app->builds.poll);
	know_all(&w);
	app_want_images(w.app, w.flights, &tip, 1);
	assert_int_equal(app_build(w.app, &(struct app_build_query){ .project = w.flights, .commit = tip }, &id, &err), 0);
	assert_int_equal(w.app->builds.poll != NULL, !ended(&w, id)); /* on a busy machine it may have ended by now */
	wait_for_end(&w, id);
	assert_int_equal(store_build(w.store, id)->state, BUILD_FAILED);
	assert_int_equal(n_messages_with(&w, "failed"), 1);
	pass_ms(&w, 1100);
	assert_null(w.app->builds.poll);
	assert_int_equal(store_image(w.store, w.flights, &tip)->state, IMAGE_FAILED);
	assert_int_equal(build_remove(id, &err), 0);
	app_refresh(w.app);
	assert_null(store_build(w.store, id));
	world_free(&w);
}

void a_launch_ends_with_the_build_it_waits_for(void **state)
{
	(void)state;
	struct world w;
	enum start_kind kind;
	AUTO_STR name = NULL;
	struct err err = { 0 };
	const struct err *why = NULL;
	world_with_builds(&w);
	know_all(&w);
	struct app_start q = { .project = w.flights };
	assert_int_equal(app_start(w.app, &q, &kind, &name, &err), 0);
	for (int64_t until = patience(); !app_launch_ended(w.app, name, &why) && patient(until);) {
		pass_ms(&w, 100);
		loop_turn(w.loop, true);
	}
	assert_true(app_launch_ended(w.app, name, &why));
	assert_non_null(why);
	assert_non_null(strstr(why->text, "not on this machine"));
	assert_int_equal(store_n_builds(w.store), 1);
	assert_null(w.app->builds.waits);
	world_free(&w);
}

void a_launch_that_is_cancelled_cancels_the_build_it_began(void **state)
{
	(void)state;
	struct world w;
	enum start_kind kind;
	AUTO_STR name = NULL;
	struct err err = { 0 };
	const struct err *why = NULL;
	world_with_builds(&w);
	know_all(&w);
	struct app_start q = { .project = w.flights };
	assert_int_equal(app_start(w.app, &q, &kind, &name, &err), 0);
	for (int64_t until = patience(); !w.app->builds.waits && !app_launch_ended(w.app, name, &why) && patient(until);)
		pass_ms(&w, 10);
	app_launch_cancel(w.app, name);
	pass_ms(&w, 10000);
	assert_true(app_launch_ended(w.app, name, &why));
	assert_null(w.app->builds.waits);
	AUTO_STR id = xstrdup(store_build_at(w.store, 0)->id);
	wait_for_end(&w, id);
	world_free(&w);
}

void no_build_begins_without_an_engine(void **state)
{
	(void)state;
	struct world w;
	struct oid tip = fake_oid(0, 50);
	struct err err = { 0 };
	world_new_with(&w, WORLD_DOWN, "");
	know_all(&w);
	assert_int_equal(app_build(w.app, &(struct app_build_query){ .project = w.flights, .commit = tip }, NULL, &err), -ERR_NET);
	assert_int_equal(store_n_builds(w.store), 0);
	world_free(&w);
}

/* ---- logs ---- */
struct log { struct buf bytes; unsigned ends; struct err err; struct app_log *stop; };

static void log_piece(void *log, struct sv bytes)
{
	struct log *l = log;
	buf_add_sv(&l->bytes, bytes);
	if (l->stop) {
		struct app_log *one = l->stop;
		l->stop = NULL;
		app_log_stop(one);
	}
}

static void log_end(void *log, const struct err *err)
{
	struct log *l = log;
	l->ends++;
	l->err = err ? *err : (struct err){ 0 };
}

static const struct app_log_events log_events = { .piece = log_piece, .end = log_end };

static void read_log(struct world *w, enum app_log_kind kind, const char *id, bool follow, struct log *ret)
{
	*ret = (struct log){ 0 };
	app_log_follow(w->app, kind, id, follow, &log_events, ret);
	for (int64_t until = patience(); !ret->ends && patient(until);)
		loop_turn(w->loop, true);
	assert_int_equal(ret->ends, 1);
}

void logs_are_read_from_wherever_they_are(void **state)
{
	(void)state;
	struct world w;
	struct log l;
	AUTO_STR id = NULL;
	struct oid tip = fake_oid(0, 50);
	struct err err = { 0 };
	world_with_builds(&w);
	add_session(&w, "a", "main");
	know_all(&w);
	read_log(&w, APP_LOG_FILE, "/no/such/file", false, &l);
	assert_int_equal(l.err.code, ERR_NOT_FOUND);
	read_log(&w, APP_LOG_FILE, "/", false, &l);
	assert_int_not_equal(l.err.code, ERR_NONE);
	read_log(&w, APP_LOG_SESSION, "nobody", true, &l);
	assert_int_equal(l.err.code, ERR_NOT_FOUND);
	read_log(&w, APP_LOG_SESSION, "a", true, &l);
	assert_string_equal(buf_str(&l.bytes), "one\ntwo\n");
	buf_fini(&l.bytes);
	read_log(&w, APP_LOG_BUILD, "nonsense", false, &l);
	assert_int_not_equal(l.err.code, ERR_NONE);
	assert_int_equal(app_build(w.app, &(struct app_build_query){ .project = w.flights, .commit = tip }, &id, &err), 0);
	wait_for_end(&w, id);
	read_log(&w, APP_LOG_BUILD, id, false, &l);
	assert_int_equal(l.err.code, ERR_NONE);
	AUTO_STR all = buf_take(&l.bytes);
	read_log(&w, APP_LOG_BUILD, id, true, &l);
	assert_string_equal(buf_str(&l.bytes), all);
	buf_fini(&l.bytes);
	world_free(&w);
}

void a_log_may_be_stopped_in_its_own_piece(void **state)
{
	(void)state;
	struct world w;
	struct log l = { 0 };
	world_with_builds(&w);
	add_session(&w, "a", "main");
	know_all(&w);
	l.stop = app_log_follow(w.app, APP_LOG_SESSION, "a", true, &log_events, &l);
	pass_ms(&w, 10);
	assert_string_equal(buf_str(&l.bytes), "one\n");
	buf_clear(&l.bytes);
	l.stop = app_log_follow(w.app, APP_LOG_FILE, "/proc/self/status", false, &log_events, &l);
	for (int64_t until = patience(); l.stop && patient(until);)
		loop_turn(w.loop, true);
	assert_true(l.bytes.len > 0);
	app_log_stop(app_log_follow(w.app, APP_LOG_FILE, "/no/such/file", false, &log_events, &l));
	pass_ms(&w, 10);
	assert_int_equal(l.ends, 0);
	buf_fini(&l.bytes);
	world_free(&w);
}
