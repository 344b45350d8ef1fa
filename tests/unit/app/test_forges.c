/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several forges: one list, each project's calls go to its own, one that fails takes nothing from the others. */
#include "world.h"

static void two(struct world *w)
{
	world_new_with(w, WORLD_TWO_FORGES, "");
	w->forge->projects[0].active_at_s = 100;
	w->forge->projects[1].active_at_s = 300;
	w->other->projects[0] = (struct fake_project){ .path = "group/flights", .n_commits = 7, .active_at_s = 200 };
	w->other->n_projects = 1;
}

void the_lists_of_all_forges_are_one(void **state)
{
	(void)state;
	struct world w;
	static const char *const order[] = { "tides", "group/flights", "group/flights" }, *const forges[] = { "fake", "other", "fake" };
	two(&w);
	w.other->delay_ms = 40;
	app_want_projects(w.app);
	pass_ms(&w, 10);
	assert_int_equal(store_n_projects(w.store), 2); /* what is known is shown before the rest has come */
	assert_int_equal(store_projects_fresh(w.store)->state, FRESH_LOADING);
	pass_ms(&w, 50);
	assert_int_equal(store_projects_fresh(w.store)->state, FRESH_FRESH);
	assert_int_equal(store_n_projects(w.store), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(store_project_at(w.store, i)->path, order[i]);
		assert_string_equal(store_project_at(w.store, i)->forge, forges[i]);
	}
	world_free(&w);
}

void a_project_is_asked_of_its_own_forge(void **state)
{
	(void)state;
	struct world w;
	struct heard h = { 0 };
	two(&w);
	app_want_projects(w.app);
	pass_ms(&w, 20);
	app_want_branches(w.app, fake_project_id(w.other, 0));
	pass_ms(&w, 20);
	app_want_commits(w.app, fake_project_id(w.other, 0), "main", 0, 20);
	pass_ms(&w, 50);
	bool complete;
	assert_int_equal(store_n_commits(w.store, fake_project_id(w.other, 0), "main", &complete), 7);
	assert_int_equal(w.forge->n[FAKE_BRANCHES] + w.forge->n[FAKE_IDS] + w.forge->n[FAKE_COMMITS], 0);
	assert_int_equal(w.other->n[FAKE_BRANCHES], 1);
	app_find_project(w.app, "group/flights", hear_project, hear_end, &h);
	pass_ms(&w, 10);
	assert_int_equal(h.err.code, ERR_CONFLICT);
	assert_non_null(strstr(h.err.text, "other/group/flights"));
	h = (struct heard){ 0 };
	app_find_project(w.app, "other/group/flights", hear_project, hear_end, &h);
	pass_ms(&w, 10);
	assert_int_equal(h.got, 1);
	assert_true(project_id_eq(h.project, fake_project_id(w.other, 0)));
	world_free(&w);
}

void a_forge_that_fails_takes_nothing_from_the_others(void **state)
{
	(void)state;
	struct world w;
	two(&w);
	app_want_projects(w.app);
	pass_ms(&w, 20);
	w.other->fail[FAKE_PROJECTS] = ERR_NET;
	w.forge->n_projects = 1;
	for (int i = 0; i < 2; i++) {
		app_refresh(w.app);
		pass_ms(&w, 20);
	}
	assert_int_equal(store_projects_fresh(w.store)->state, FRESH_FRESH);
	assert_int_equal(store_n_projects(w.store), 2); /* what it said last stays */
	assert_int_equal(app_n_forges(w.app), 2);
	assert_string_equal(app_forge_name(w.app, 1), "other");
	assert_int_equal(app_forge_fresh(w.app, 0)->state, FRESH_FRESH);
	assert_int_equal(app_forge_fresh(w.app, 1)->state, FRESH_FAILED);
	assert_int_equal(n_messages_with(&w, "other: the forge fails"), 1); /* said once */
	w.forge->fail[FAKE_PROJECTS] = ERR_NET;
	app_refresh(w.app);
	pass_ms(&w, 20);
	assert_int_equal(store_projects_fresh(w.store)->state, FRESH_FAILED);
	world_free(&w);
}
