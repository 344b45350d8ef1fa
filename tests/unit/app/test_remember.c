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

/* ---- a host, whose list is read as far as somebody looks ---- */
static void begin_host(struct runs *r, const char *now, size_t mine)
{
	begin(r, now);
	fake_forge_be_host(r->w.forge);
	r->w.forge->n_mine = mine;
}

static void go_offline(struct runs *r)
{
	for (size_t i = 0; i < FAKE_SLOTS_; i++)
		r->w.forge->fail[i] = ERR_NET;
}

static void list(struct runs *r, size_t want)
{
	if (want)
		app_want_more_projects(r->w.app, want);
	app_want_projects(r->w.app);
	pass_ms(&r->w, 200);
}

static size_t n_kept(const struct runs *r)
{
	size_t n = 0;
	for (size_t i = 0; i < store_n_projects(r->w.store); i++)
		n += store_project_at(r->w.store, i)->kept;
	return n;
}

static const struct project *mine(const struct runs *r, size_t i)
{
	AUTO_STR path = xasprintf("mine/p%zu", i);
	return store_project(r->w.store, project_id_of("fake", path));
}

static void saw_many(struct runs *r, size_t n)
{
	memcpy(r->dir, "/tmp/berth-app-cache-XXXXXX", sizeof "/tmp/berth-app-cache-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	begin_host(r, "1800000000", n);
	list(r, n);
	assert_int_equal(store_n_projects(r->w.store), n);
	assert_int_equal(n_kept(r), 0);
	leave(r);
}

void many_that_were_seen_stay_beside_the_first_page(void **state)
{
	(void)state;
	struct runs r;
	saw_many(&r, 1200);
	begin_host(&r, "1800086400", 1200);
	list(&r, 0);                                     /* sees a page of fifty */
	assert_int_equal(r.w.forge->n[FAKE_PAGE], 1);
	assert_int_equal(store_n_projects(r.w.store), 1200);
	assert_int_equal(n_kept(&r), 1150);
	assert_true(!mine(&r, 0)->kept && mine(&r, 0)->seen_at_s == 1800086400);
	assert_true(mine(&r, 1100)->kept && mine(&r, 1100)->seen_at_s == 1800000000);
	app_want_more_projects(r.w.app, 100);
	pass_ms(&r.w, 50);
	assert_int_equal(n_kept(&r), 1100);
	app_want_branches(r.w.app, mine(&r, 1150)->id);  /* somebody looks at it: so it is there */
	pass_ms(&r.w, 50);
	leave(&r);
	begin_host(&r, "1800172800", 1200);
	go_offline(&r);
	list(&r, 0);
	assert_int_equal(store_n_projects(r.w.store), 1200);
	assert_int_equal(n_kept(&r), 1200);
	assert_int_equal(mine(&r, 1150)->seen_at_s, 1800086400);
	assert_int_equal(mine(&r, 99)->seen_at_s, 1800086400);
	assert_int_equal(mine(&r, 100)->seen_at_s, 1800000000);
	over(&r);
}

void a_list_that_was_read_to_its_end_says_what_is_gone(void **state)
{
	(void)state;
	struct runs r;
	saw_many(&r, 120);
	begin_host(&r, "1800086400", 110);
	list(&r, 0);
	assert_int_equal(store_n_projects(r.w.store), 120);
	app_want_more_projects(r.w.app, 120);
	pass_ms(&r.w, 50);
	assert_int_equal(store_n_projects(r.w.store), 110);
	assert_null(mine(&r, 115));
	leave(&r);
	begin_host(&r, "1800172800", 110);
	go_offline(&r);
	list(&r, 0);
	assert_int_equal(store_n_projects(r.w.store), 110);
	over(&r);
}

/* Whoever takes minutes to go through a list has not read it at one time. */
void a_list_that_took_long_says_nothing_of_what_is_gone(void **state)
{
	(void)state;
	struct runs r;
	saw_many(&r, 120);
	begin_host(&r, "1800086400", 110);
	list(&r, 0);
	setenv("BERTH_NOW", "1800086500", 1);
	app_want_more_projects(r.w.app, 120);
	pass_ms(&r.w, 50);
	assert_int_equal(store_n_projects(r.w.store), 120);
	assert_int_equal(n_kept(&r), 10);
	app_refresh(r.w.app);                            /* all of it, at once */
	pass_ms(&r.w, 50);
	assert_int_equal(store_n_projects(r.w.store), 110);
	over(&r);
}

void a_project_that_moved_is_shown_once(void **state)
{
	(void)state;
	struct runs r;
	saw_many(&r, 80);
	begin_host(&r, "1800086400", 80);
	r.w.forge->moved = 3;
	list(&r, 0);
	assert_int_equal(store_n_projects(r.w.store), 80);
	assert_null(mine(&r, 1));
	assert_non_null(store_project(r.w.store, project_id_of("fake", "moved/p1")));
	leave(&r);
	begin_host(&r, "1800172800", 80);
	go_offline(&r);
	list(&r, 0);
	assert_int_equal(store_n_projects(r.w.store), 80);
	assert_null(mine(&r, 1));
	over(&r);
}

static void nobody_said(void *unused, const struct app_searched *s) { (void)unused; (void)s; }
static void nobody_ended(void *unused, const struct err *err) { (void)unused; (void)err; }
static const struct project *stranger(const struct runs *r) { return store_project(r->w.store, project_id_of("fake", "all/p499")); }

/* Its list, though read to the end, need not have it. */
void what_was_found_without_a_list_is_there_next_time(void **state)
{
	(void)state;
	struct runs r;
	saw_many(&r, 60);
	begin_host(&r, "1800000000", 60);
	r.w.forge->n_all = 500;
	r.w.forge->hit = "needle";
	list(&r, 100);
	app_search(r.w.app, &(struct app_search){ .words = "needle", .few = 10 }, nobody_said, nobody_ended, NULL);
	pass_ms(&r.w, 50);
	assert_true(stranger(&r)->found && !stranger(&r)->kept);
	assert_int_equal(stranger(&r)->seen_at_s, 1800000000);
	leave(&r);
	begin_host(&r, "1800086400", 60);
	list(&r, 100);
	assert_int_equal(store_n_projects(r.w.store), 61);
	assert_true(stranger(&r)->found && stranger(&r)->kept);
	assert_int_equal(stranger(&r)->seen_at_s, 1800000000);
	leave(&r);
	begin_host(&r, "1800172800", 60);
	go_offline(&r);
	list(&r, 0);
	assert_int_equal(store_n_projects(r.w.store), 61);
	assert_true(app_project_is_found(r.w.app, stranger(&r)->id));
	leave(&r);
	begin_host(&r, "1800172900", 60);
	list(&r, 100);
	r.w.forge->fail[FAKE_BRANCHES] = ERR_NOT_FOUND;
	r.w.forge->fail_http = FORGE_HTTP_GONE;          /* the host has the last word */
	app_want_branches(r.w.app, stranger(&r)->id);
	pass_ms(&r.w, 50);
	app_refresh(r.w.app);
	pass_ms(&r.w, 50);
	assert_null(stranger(&r));
	over(&r);
}

void a_kept_project_goes_when_its_host_says_so(void **state)
{
	(void)state;
	struct runs r;
	saw_many(&r, 120);
	begin_host(&r, "1800086400", 120);
	list(&r, 0);
	r.w.forge->fail[FAKE_BRANCHES] = ERR_NET;        /* a bad day says nothing */
	app_want_branches(r.w.app, mine(&r, 100)->id);
	pass_ms(&r.w, 50);
	assert_non_null(mine(&r, 100));
	r.w.forge->fail[FAKE_BRANCHES] = ERR_NOT_FOUND;
	r.w.forge->fail_http = 404;                      /* nor does a 404 of something else */
	app_want_branches(r.w.app, mine(&r, 101)->id);
	pass_ms(&r.w, 50);
	assert_non_null(mine(&r, 101));
	r.w.forge->fail_http = FORGE_HTTP_GONE;
	app_want_branches(r.w.app, mine(&r, 102)->id);
	pass_ms(&r.w, 50);
	assert_null(mine(&r, 102));
	assert_int_equal(n_messages_with(&r.w, "mine/p102 is no longer listed"), 1);
	app_want_branches(r.w.app, mine(&r, 3)->id);     /* the list has this one: it says what is the matter */
	pass_ms(&r.w, 50);
	assert_int_equal(store_branches_fresh(r.w.store, mine(&r, 3)->id)->state, FRESH_FAILED);
	leave(&r);
	begin_host(&r, "1800172800", 120);
	go_offline(&r);
	list(&r, 0);
	assert_null(mine(&r, 102));
	assert_non_null(mine(&r, 101));
	over(&r);
}
