/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What forges said last time is there before they are asked, stale and with its age; and what they say now is kept. */
#include "world.h"

#include "berth/cache.h"

enum { DAY_S = 86400 };

/* Two runs of the program on one cache, a day apart. */
struct runs { char dir[40]; struct world w; struct cache *cache; struct loop *loop; };

static void begin(struct runs *r, const char *now)
{
	setenv("BERTH_NOW", now, 1);
	world_new(&r->w);
	app_free(r->w.app); /* made again, with a cache */
	r->cache = cache_open(r->w.loop, &(struct cache_config){ .dir = r->dir });
	struct app_deps deps = { .loop = r->w.loop, .store = r->w.store, .config = r->w.config, .forges = r->w.forges, .n_forges = 1,
		.engine = &r->w.engine->base, .close_wait_ms = 1, .cache = r->cache, .recall = true };
	r->w.app = app_new(&deps);
}

static void leave(struct runs *r)
{
	world_app_free(&r->w);
	cache_free(r->cache);
	world_free(&r->w);
	unsetenv("BERTH_NOW");
}

static void first_run(struct runs *r)
{
	memcpy(r->dir, "/tmp/berth-app-cache-XXXXXX", sizeof "/tmp/berth-app-cache-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	begin(r, "1800000000");
	know_all(&r->w);
	app_want_images(r->w.app, r->w.flights, (struct oid[]){ fake_oid(0, 50) }, 1);
	pass_ms(&r->w, 200);
	assert_int_equal(store_branches_fresh(r->w.store, r->w.flights)->state, FRESH_FRESH);
	leave(r);
}

static void over(struct runs *r)
{
	leave(r);
	assert_int_equal(path_remove_tree(r->dir, NULL), 0);
}

static void want_all(struct world *w)
{
	app_want_projects(w->app);
	app_want_branches(w->app, w->flights);
	app_want_commits(w->app, w->flights, "main", 0, 20);
}

static void assert_old(const struct fresh *f, enum fresh_state state)
{
	assert_int_equal(f->state, state);
	assert_int_equal(f->at_s, 1800000000);
}

void what_was_said_last_time_is_there_at_once(void **state)
{
	(void)state;
	struct runs r;
	struct oid tip = fake_oid(0, 50);
	first_run(&r);
	begin(&r, "1800086400");
	r.w.forge->delay_ms = 50;
	want_all(&r.w);
	assert_int_equal(store_n_projects(r.w.store), 2);
	assert_old(store_projects_fresh(r.w.store), FRESH_LOADING);
	assert_true(store_n_branches(r.w.store, r.w.flights) >= 2);
	assert_old(store_branches_fresh(r.w.store, r.w.flights), FRESH_LOADING);
	assert_int_equal(store_n_commits(r.w.store, r.w.flights, "main", NULL), 50);
	assert_old(store_commits_fresh(r.w.store, r.w.flights, "main"), FRESH_STALE);
	for (size_t i = 0; i < 20; i++)
		assert_non_null(store_commit(r.w.store, r.w.flights, store_commit_id_at(r.w.store, r.w.flights, "main", i)));
	app_want_images(r.w.app, r.w.flights, &tip, 1);
	const struct image *image = store_image(r.w.store, r.w.flights, &tip);
	assert_true(!image || image->fresh.state == FRESH_STALE);
	pass_ms(&r.w, 500);
	const struct fresh *all[] = { store_projects_fresh(r.w.store), store_branches_fresh(r.w.store, r.w.flights), store_commits_fresh(r.w.store, r.w.flights, "main") };
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		assert_int_equal(all[i]->state, FRESH_FRESH);
		assert_int_equal(all[i]->at_s, 1800000000 + DAY_S);
	}
	assert_int_equal(r.w.forge->n[FAKE_IDS], 0); /* the tip is the same, so the history is */
	assert_int_equal(r.w.forge->n[FAKE_COMMITS], 0);
	over(&r);
}

void without_a_network_all_seen_still_browses(void **state)
{
	(void)state;
	struct runs r;
	first_run(&r);
	begin(&r, "1800086400");
	for (size_t i = 0; i < FAKE_SLOTS_; i++)
		r.w.forge->fail[i] = ERR_NET;
	want_all(&r.w);
	pass_ms(&r.w, 500);
	want_all(&r.w);
	pass_ms(&r.w, 500);
	assert_int_equal(store_n_projects(r.w.store), 2);
	assert_old(store_projects_fresh(r.w.store), FRESH_FAILED);
	assert_old(store_branches_fresh(r.w.store, r.w.flights), FRESH_FAILED);
	assert_int_equal(store_n_commits(r.w.store, r.w.flights, "main", NULL), 50);
	struct oid tip = fake_oid(0, 50);
	assert_non_null(store_commit(r.w.store, r.w.flights, &tip));
	over(&r);
}

void a_tip_that_moved_meanwhile_replaces_what_was_kept(void **state)
{
	(void)state;
	struct runs r;
	first_run(&r);
	begin(&r, "1800086400");
	r.w.forge->projects[0].n_commits = 53;
	want_all(&r.w);
	assert_int_equal(store_n_commits(r.w.store, r.w.flights, "main", NULL), 50);
	pass_ms(&r.w, 500);
	want_all(&r.w);
	pass_ms(&r.w, 500);
	struct oid tip = fake_oid(0, 53);
	assert_int_equal(store_n_commits(r.w.store, r.w.flights, "main", NULL), 53);
	assert_true(oid_eq(store_commit_id_at(r.w.store, r.w.flights, "main", 0), &tip));
	over(&r);
}

void a_project_that_went_meanwhile_goes(void **state)
{
	(void)state;
	struct runs r;
	first_run(&r);
	begin(&r, "1800086400");
	r.w.forge->n_projects = 1;
	want_all(&r.w);
	assert_int_equal(store_n_projects(r.w.store), 2);
	pass_ms(&r.w, 500);
	assert_int_equal(store_n_projects(r.w.store), 1);
	over(&r);
}
