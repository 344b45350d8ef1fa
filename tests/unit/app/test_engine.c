/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine that comes and goes; sessions and their use of the machine. */
#include "world.h"

void an_engine_that_is_down_is_tried_ever_more_rarely(void **state)
{
	(void)state;
	struct world w;
	world_new_with(&w, WORLD_DOWN, "");
	know_all(&w);
	assert_int_equal(store_engine(w.store)->state, ENGINE_DOWN);
	assert_int_equal(store_sessions_fresh(w.store)->state, FRESH_FAILED);
	pass_ms(&w, 300000);
	assert_in_range(w.engine->n_ping, 8, 20);
	assert_int_equal(store_engine(w.store)->retry_in_s, 30);
	assert_int_equal(n_messages_with(&w, "does not answer"), 1);
	w.engine->down = false;
	pass_ms(&w, 31000);
	assert_int_equal(store_engine(w.store)->state, ENGINE_UP);
	assert_int_equal(store_sessions_fresh(w.store)->state, FRESH_FRESH);
	assert_int_equal(n_messages_with(&w, "answers"), 1);
	world_free(&w);
}

void an_engine_that_goes_and_comes_back_is_listened_to_again(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	know_all(&w);
	pass_ms(&w, 60000);
	fake_engine_goes_down(w.engine);
	pass_ms(&w, 100);
	assert_int_equal(store_engine(w.store)->state, ENGINE_DOWN);
	assert_int_equal(store_sessions_fresh(w.store)->state, FRESH_FAILED);
	w.engine->down = false;
	add_session(&w, "a", "main");
	pass_ms(&w, 1100);
	assert_int_equal(store_engine(w.store)->state, ENGINE_UP);
	assert_int_equal(store_n_sessions(w.store), 1);
	add_session(&w, "b", "main");
	fake_engine_event(w.engine, "start");
	pass_ms(&w, 200);
	assert_int_equal(store_n_sessions(w.store), 2);
	world_free(&w);
}

void an_engine_that_flaps_is_not_hammered(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	know_all(&w);
	for (int s = 0; s < 120; s++) {
		if (w.engine->events)
			fake_engine_goes_down(w.engine);
		w.engine->down = false;
		pass_ms(&w, 1000);
	}
	assert_in_range(w.engine->n_ping, 4, 12);
	world_free(&w);
}

void events_in_bursts_are_one_list(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	know_all(&w);
	unsigned before = w.engine->n_list;
	for (int i = 0; i < 50; i++)
		fake_engine_event(w.engine, "start");
	pass_ms(&w, 500);
	assert_int_equal(w.engine->n_list, before + 1);
	w.engine->delay_ms = 50;
	for (int i = 0; i < 100; i++) { /* a storm that lasts a second */
		fake_engine_event(w.engine, "die");
		pass_ms(&w, 10);
	}
	pass_ms(&w, 1000);
	assert_in_range(w.engine->n_list - before, 2, 12);
	before = w.engine->n_list;
	fake_engine_event(w.engine, "exec_create: sh");
	fake_engine_event(w.engine, "exec_start: sh");
	pass_ms(&w, 500);
	assert_int_equal(w.engine->n_list, before);
	world_free(&w);
}

void use_is_sampled_only_while_somebody_looks(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	add_session(&w, "a", "main");
	know_all(&w);
	for (int i = 0; i < 20; i++) {
		app_want_usage(w.app, "a");
		app_want_usage(w.app, "gone");
		pass_ms(&w, 500);
	}
	unsigned n = w.engine->n_stats;
	assert_in_range(n, 4, 6);
	assert_int_equal(store_session(w.store, "a")->usage.pids, 3);
	pass_ms(&w, 10000);
	n = w.engine->n_stats;
	pass_ms(&w, 600000);
	assert_int_equal(w.engine->n_stats, n);
	world_free(&w);
}

void a_sample_that_hangs_is_asked_once(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	add_session(&w, "a", "main");
	know_all(&w);
	w.engine->hangs = "stats";
	for (int i = 0; i < 60; i++) {
		app_want_usage(w.app, "a");
		pass_ms(&w, 1000);
	}
	assert_int_equal(w.engine->n_stats, 1);
	world_free(&w);
}

/* ---- stops ---- */
void a_stop_can_be_taken_back_for_a_moment(void **state)
{
	(void)state;
	struct world w;
	struct heard h = { 0 };
	unsigned left = 0;
	world_new(&w);
	add_session(&w, "a", "main");
	know_all(&w);
	app_session_stop(w.app, "a", APP_STOP_DISCARD, 5000, hear_end, &h);
	pass_ms(&w, 3000);
	assert_string_equal(app_pending_undo(w.app, &left), "a");
	assert_int_equal(left, 2000);
	assert_true(app_undo(w.app));
	assert_false(app_undo(w.app));
	pass_ms(&w, 10000);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.err.code, ERR_CANCELLED);
	assert_int_equal(w.engine->n_stop, 0);
	assert_null(app_pending_undo(w.app, &left));
	world_free(&w);
}

void a_stop_stops_once_and_shows_as_such(void **state)
{
	(void)state;
	struct world w;
	struct heard first = { 0 }, second = { 0 }, third = { 0 };
	world_new(&w);
	add_session(&w, "a", "main");
	know_all(&w);
	w.engine->delay_ms = 100;
	app_session_stop(w.app, "a", APP_STOP_DISCARD, 1000, hear_end, &first);
	app_session_stop(w.app, "a", APP_STOP_DISCARD, 1000, hear_end, &second);
	pass_ms(&w, 1050);
	assert_int_equal(second.err.code, ERR_BUSY);
	assert_int_equal(store_session(w.store, "a")->state, SESSION_STOPPING);
	fake_engine_event(w.engine, "die");
	pass_ms(&w, 0);
	app_session_stop(w.app, "a", APP_STOP_DISCARD, 0, hear_end, &third);
	pass_ms(&w, 60);
	assert_int_equal(third.err.code, ERR_BUSY);
	assert_int_equal(store_session(w.store, "a")->state, SESSION_STOPPING);
	pass_ms(&w, 3000);
	assert_int_equal(first.n, 1);
	assert_int_equal(first.err.code, ERR_NONE);
	assert_int_equal(w.engine->n_stop, 1);
	assert_int_equal(w.engine->n_volume_remove, 1);
	assert_null(store_session(w.store, "a"));
	world_free(&w);
}

void a_stop_is_refused_in_words(void **state)
{
	(void)state;
	struct world w;
	struct heard h = { 0 };
	world_new(&w);
	know_all(&w);
	app_session_stop(w.app, "nobody", APP_STOP_DISCARD, 5000, hear_end, &h);
	assert_int_equal(h.n, 0); /* never from within */
	pass_ms(&w, 0);
	assert_int_equal(h.err.code, ERR_NOT_FOUND);
	world_free(&w);
	world_new_with(&w, WORLD_READ_ONLY, "");
	add_session(&w, "a", "main");
	know_all(&w);
	app_session_stop(w.app, "a", APP_STOP_DISCARD, 0, hear_end, &h);
	pass_ms(&w, 0);
	assert_int_equal(h.err.code, ERR_DENIED);
	assert_int_equal(w.engine->n_stop, 0);
	world_free(&w);
}

void a_confirmed_stop_is_done_when_berth_leaves(void **state)
{
	(void)state;
	struct world w;
	struct heard h = { 0 };
	world_new(&w);
	add_session(&w, "a", "main");
	know_all(&w);
	app_session_stop(w.app, "a", APP_STOP_DISCARD, 5000, hear_end, &h);
	assert_false(app_close(w.app));
	pass_ms(&w, 100);
	assert_true(app_close(w.app));
	assert_int_equal(w.engine->n_stop, 1);
	assert_int_equal(w.engine->n_volume_remove, 1);
	assert_int_equal(h.n, 0); /* whoever asked has gone */
	world_free(&w);
}
