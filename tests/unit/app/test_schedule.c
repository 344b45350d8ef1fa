/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked, how often, and what becomes of the answers. */
#include "app/app_impl.h"
#include "world.h"

void a_cold_start_asks_once_for_each_thing(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	w.forge->delay_ms = 5;
	for (int i = 0; i < 100; i++) { /* a view wants at every frame */
		app_want_projects(w.app);
		app_want_sessions(w.app);
		app_want_branches(w.app, w.flights);
		app_want_commits(w.app, w.flights, "main", 0, 30);
		pass_ms(&w, 1);
	}
	assert_int_equal(w.forge->n[FAKE_PROJECTS], 1);
	assert_int_equal(w.forge->n[FAKE_BRANCHES], 1);
	assert_int_equal(w.forge->n[FAKE_IDS], 1);
	assert_int_equal(w.forge->n[FAKE_COMMITS], 1);
	assert_int_equal(w.engine->n_ping, 1);
	assert_int_equal(store_projects_fresh(w.store)->state, FRESH_FRESH);
	assert_int_equal(store_sessions_fresh(w.store)->state, FRESH_FRESH);
	for (size_t i = 0; i < 30; i++)
		assert_non_null(store_commit(w.store, w.flights, store_commit_id_at(w.store, w.flights, "main", i)));
	world_free(&w);
}

void a_long_history_comes_page_after_page(void **state)
{
	(void)state;
	struct world w;
	bool complete;
	struct oid root = fake_oid(0, 1);
	world_new(&w);
	w.forge->projects[0].n_commits = 100000;
	know_all(&w);
	pass_ms(&w, 10);
	assert_int_equal(store_n_commits(w.store, w.flights, "main", &complete), 100000);
	assert_true(complete);
	assert_int_equal(w.forge->n[FAKE_IDS], 6);
	assert_true(oid_eq(store_commit_id_at(w.store, w.flights, "main", 99999), &root));
	app_want_commits(w.app, w.flights, "main", 99990, 30);
	pass_ms(&w, 10);
	assert_non_null(store_commit(w.store, w.flights, &root));
	assert_int_equal(w.forge->n[FAKE_IDS], 6);
	world_free(&w);
}

void a_tip_that_moves_replaces_the_history(void **state)
{
	(void)state;
	struct world w;
	bool complete;
	struct oid tip = fake_oid(0, 1001);
	world_new(&w);
	w.forge->projects[0].n_commits = 1000;
	know_all(&w);
	app_want_commits(w.app, w.flights, "main", 700, 20);
	pass_ms(&w, 10);
	w.forge->projects[0].n_commits = 1001;
	forge_watch_tell(w.forge->watch);
	for (int i = 0; i < 20; i++) {
		pass_ms(&w, 1); /* what is on screen stays there meanwhile */
		assert_true(store_n_commits(w.store, w.flights, "main", NULL) >= 720);
	}
	assert_int_equal(store_n_commits(w.store, w.flights, "main", &complete), 1001);
	assert_true(complete);
	assert_true(oid_eq(store_commit_id_at(w.store, w.flights, "main", 0), &tip));
	world_free(&w);
}

/* Each of these, asked again after its answer, would be asked for ever. */
void what_fails_is_not_asked_again_by_itself(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct world w;
		world_new(&w);
		w.forge->fail[FAKE_IDS] = kind == 0 ? ERR_DECODE : ERR_NONE;
		w.forge->wrong_ids = kind == 1;
		w.forge->lost_commits = kind == 2;
		w.forge->fail[FAKE_COMMITS] = kind == 3 ? ERR_SYS : ERR_NONE;
		know_all(&w);
		for (int i = 0; i < 200; i++) {
			app_want_commits(w.app, w.flights, "main", 0, 20);
			pass_ms(&w, 1);
		}
		assert_true(w.forge->n[FAKE_IDS] <= 2 && w.forge->n[FAKE_COMMITS] <= 2);
		enum fresh_state expected = kind < 2 ? FRESH_FAILED : FRESH_FRESH;
		assert_int_equal(store_commits_fresh(w.store, w.flights, "main")->state, expected);
		unsigned before = w.forge->n[FAKE_IDS] + w.forge->n[FAKE_COMMITS];
		w.forge->fail[FAKE_IDS] = w.forge->fail[FAKE_COMMITS] = ERR_NONE;
		w.forge->wrong_ids = w.forge->lost_commits = false;
		app_refresh(w.app);
		pass_ms(&w, 20);
		assert_true(w.forge->n[FAKE_IDS] + w.forge->n[FAKE_COMMITS] > before);
		assert_int_equal(store_commits_fresh(w.store, w.flights, "main")->state, FRESH_FRESH);
		assert_non_null(store_commit(w.store, w.flights, store_commit_id_at(w.store, w.flights, "main", 0)));
		world_free(&w);
	}
}

void answers_go_to_what_was_asked_about(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	know_all(&w);
	w.forge->delay_ms = 30;
	app_want_commits(w.app, w.flights, "main", 30, 10);
	pass_ms(&w, 10);
	app_want_branches(w.app, w.tides);
	app_want_commits(w.app, w.tides, "main", 0, 10);
	pass_ms(&w, 10);
	app_want_branches(w.app, w.flights); /* before tides has answered */
	pass_ms(&w, 200);
	struct oid row = fake_oid(0, 15);
	assert_non_null(store_commit(w.store, w.flights, &row));
	assert_null(store_commit(w.store, w.tides, &row));
	assert_int_equal(store_branches_fresh(w.store, w.flights)->state, FRESH_FRESH);
	assert_int_not_equal(store_branches_fresh(w.store, w.tides)->state, FRESH_LOADING);
	world_free(&w);
}

void changes_faster_than_answers_do_not_starve_them(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	know_all(&w);
	unsigned before = w.forge->n[FAKE_BRANCHES];
	w.forge->delay_ms = 50;
	w.forge->projects[0].n_commits = 51;
	for (int i = 0; i < 40; i++) {
		forge_watch_tell(w.forge->watch);
		pass_ms(&w, 5);
	}
	pass_ms(&w, 300);
	struct oid tip = fake_oid(0, 51);
	assert_true(oid_eq(&store_branch(w.store, w.flights, "main")->tip, &tip));
	assert_in_range(w.forge->n[FAKE_BRANCHES] - before, 2, 7);
	world_free(&w);
}

void a_host_that_is_back_is_seen_soon(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	know_all(&w);
	w.app->stays = true;
	w.forge->fail[FAKE_BRANCHES] = w.forge->fail[FAKE_PROJECTS] = ERR_NET;
	app_refresh(w.app);
	pass_ms(&w, 300);
	assert_int_equal(store_branches_fresh(w.store, w.flights)->state, FRESH_FAILED);
	w.forge->fail[FAKE_BRANCHES] = w.forge->fail[FAKE_PROJECTS] = ERR_NONE;
	pass_ms(&w, 12000);
	assert_int_equal(store_branches_fresh(w.store, w.flights)->state, FRESH_FRESH);
	assert_int_equal(store_projects_fresh(w.store)->state, FRESH_FRESH);
	unsigned n = w.forge->n[FAKE_BRANCHES];
	w.forge->fail[FAKE_BRANCHES] = ERR_DENIED;                 /* what nobody may see is not asked for again and again */
	app_refresh(w.app);
	pass_ms(&w, 25000);
	assert_int_equal(w.forge->n[FAKE_BRANCHES], n + 1);
	world_free(&w);
}

void a_project_that_vanished_takes_its_answers_along(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	know_all(&w);
	w.forge->delay_ms = 20;
	w.forge->n_projects = 1;
	w.forge->projects[0] = w.forge->projects[1];
	app_refresh(w.app);
	pass_ms(&w, 300);
	assert_int_equal(store_n_projects(w.store), 1);
	assert_null(store_project(w.store, w.flights));
	assert_int_equal(store_branches_fresh(w.store, w.flights)->state, FRESH_ABSENT);
	w.forge->projects[0] = (struct fake_project){ .path = "group/flights", .n_commits = 5 };
	app_refresh(w.app);
	pass_ms(&w, 300);
	assert_int_equal(store_n_branches(w.store, w.flights), 1); /* it is still the one that is wanted */
	world_free(&w);
}

void the_first_commit_of_a_project_is_seen(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	w.forge->projects[0].n_commits = 0;
	know_all(&w);
	assert_null(store_project(w.store, w.flights)->default_branch);
	w.forge->projects[0].n_commits = 1;
	forge_watch_tell(w.forge->watch);
	pass_ms(&w, 100);
	assert_string_equal(store_project(w.store, w.flights)->default_branch, "main");
	world_free(&w);
}

void nothing_is_asked_while_suspended(void **state)
{
	(void)state;
	struct world w;
	struct oid tip = fake_oid(0, 50);
	world_new(&w);
	know_all(&w);
	app_suspend(w.app, true);
	unsigned forge = w.forge->n[FAKE_BRANCHES] + w.forge->n[FAKE_IDS] + w.forge->n[FAKE_PROJECTS], list = w.engine->n_list;
	forge_watch_tell(w.forge->watch);
	fake_engine_event(w.engine, "start");
	app_want_images(w.app, w.flights, &tip, 1);
	app_want_branches(w.app, w.tides);
	pass_ms(&w, 120000);
	assert_int_equal(w.forge->n[FAKE_BRANCHES] + w.forge->n[FAKE_IDS] + w.forge->n[FAKE_PROJECTS], forge);
	assert_int_equal(w.engine->n_list, list);
	assert_int_equal(w.engine->n_images_asked, 0);
	app_suspend(w.app, false);
	pass_ms(&w, 200);
	assert_int_equal(store_branches_fresh(w.store, w.tides)->state, FRESH_FRESH);
	assert_int_equal(store_image(w.store, w.flights, &tip)->state, IMAGE_NONE);
	assert_int_equal(w.engine->n_list, list + 1);
	world_free(&w);
}

void rows_that_are_scrolled_past_cost_nothing(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	know_all(&w);
	for (size_t i = 0; i < 30; i++) {
		struct oid row = fake_oid(0, 50 - i);
		app_want_images(w.app, w.flights, &row, 1);
		pass_ms(&w, 10);
	}
	pass_ms(&w, 200);
	struct oid passed = fake_oid(0, 40), last = fake_oid(0, 21);
	assert_int_equal(w.engine->n_images_asked, 1);
	assert_null(store_image(w.store, w.flights, &passed));
	assert_int_equal(store_image(w.store, w.flights, &last)->state, IMAGE_NONE);
	AUTO_STR ref = image_ref_of(store_project(w.store, w.flights), &last);
	w.engine->images[w.engine->n_images++] = ref;
	app_refresh(w.app);
	pass_ms(&w, 200);
	assert_int_equal(store_image(w.store, w.flights, &last)->state, IMAGE_READY);
	world_free(&w);
}

void images_are_told_when_the_engine_comes_and_goes(void **state)
{
	(void)state;
	struct world w;
	struct oid tip = fake_oid(0, 50);
	world_new_with(&w, WORLD_DOWN, "");
	know_all(&w);
	app_want_images(w.app, w.flights, &tip, 1);
	pass_ms(&w, 200);
	assert_int_equal(store_image(w.store, w.flights, &tip)->state, IMAGE_UNKNOWN);
	w.engine->down = false;
	pass_ms(&w, 5000);
	assert_int_equal(store_engine(w.store)->state, ENGINE_UP);
	assert_int_equal(store_image(w.store, w.flights, &tip)->state, IMAGE_NONE);
	world_free(&w);
}
