/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Branches of a host that has many: a page first, then as far as somebody looks; single ones by name; saved work wherever it stands. */
#include "app/app_impl.h"
#include "berth/cache.h"
#include "world.h"

#define SAVED "renku/autosave/"
#define MINE SAVED "zoe/main/1111111/2222222"

static struct project_id mine(void)
{
	return project_id_of("fake", "mine/p0");
}

static void host_with(struct world *w, size_t n, size_t main_at)
{
	world_new(w);
	w->forge->projects[2].n_commits = 50; /* of mine/p0 */
	fake_forge_has_pages(w->forge, n, main_at);
	app_want_projects(w->app);
	pass_ms(w, 20);
}

static void look(struct world *w, const char *branch)
{
	app_want_branches(w->app, mine());
	app_want_commits(w->app, mine(), branch, 0, 20);
	pass_ms(w, 20);
}

static size_t n_commits(struct world *w, const char *branch)
{
	return store_n_commits(w->store, mine(), branch, NULL);
}

static void assert_asked(struct world *w, const char *what)
{
	assert_string_equal(w->forge->asked, what);
	w->forge->asked[0] = '\0';
}

void the_first_page_of_branches_is_enough_for_a_history(void **state)
{
	struct world w;
	(void)state;
	host_with(&w, 250, 3);
	look(&w, "main");
	assert_asked(&w, "0 ");
	assert_int_equal(store_n_branches(w.store, mine()), 100);
	assert_true(store_branches_more(w.store, mine()));
	assert_string_equal(store_branch_at(w.store, mine(), 0)->name, "main"); /* first, wherever it stands among the newest */
	assert_string_equal(store_branch_at(w.store, mine(), 1)->name, "b0");
	assert_int_equal(store_branches_fresh(w.store, mine())->state, FRESH_FRESH);
	assert_true(n_commits(&w, "main") > 0);
	app_want_more_branches(w.app, 101);
	app_want_more_branches(w.app, 101);              /* under way already */
	pass_ms(&w, 20);
	assert_asked(&w, "100 ");
	assert_int_equal(store_n_branches(w.store, mine()), 200);
	app_want_more_branches(w.app, SIZE_MAX);
	pass_ms(&w, 20);
	assert_asked(&w, "200 ");
	assert_int_equal(store_n_branches(w.store, mine()), 250);
	assert_false(store_branches_more(w.store, mine()));
	app_want_more_branches(w.app, SIZE_MAX);         /* all are there */
	pass_ms(&w, 20);
	assert_asked(&w, "");
	world_free(&w);
}

void all_branches_are_read_where_all_are_wanted(void **state)
{
	struct world w;
	(void)state;
	host_with(&w, 250, 3);
	app_want_branches(w.app, mine());
	app_want_more_branches(w.app, SIZE_MAX);
	pass_ms(&w, 20);
	assert_asked(&w, "0 100 200 ");
	assert_int_equal(store_n_branches(w.store, mine()), 250);
	assert_false(store_branches_more(w.store, mine()));
	world_free(&w);
}

void few_branches_are_one_page(void **state)
{
	struct world w;
	(void)state;
	host_with(&w, 100, 99);
	w.forge->n_branches = 0;
	w.forge->saved[0] = MINE;
	look(&w, "main");
	assert_asked(&w, "0 ");
	assert_false(store_branches_more(w.store, mine()) || app_saved_work_awaited(w.app, mine()));
	app_want_saved_work(w.app, mine());              /* it is there */
	pass_ms(&w, 20);
	assert_asked(&w, "");
	world_free(&w);
}

void a_default_branch_that_is_old_is_asked_for_by_its_name(void **state)
{
	struct world w;
	(void)state;
	host_with(&w, 250, 220);
	look(&w, "main");
	assert_asked(&w, "0 main ");
	assert_int_equal(store_n_branches(w.store, mine()), 101);
	assert_string_equal(store_branch_at(w.store, mine(), 0)->name, "main");
	assert_true(n_commits(&w, "main") > 0);
	app_want_more_branches(w.app, SIZE_MAX);         /* it is shown once */
	pass_ms(&w, 20);
	assert_int_equal(store_n_branches(w.store, mine()), 250);
	world_free(&w);
}

void a_branch_of_a_later_page_is_asked_for_by_its_name(void **state)
{
	struct world w;
	(void)state;
	host_with(&w, 250, 0);
	look(&w, "b180");
	assert_asked(&w, "0 b180 ");
	assert_int_equal(store_n_branches(w.store, mine()), 101);
	assert_true(n_commits(&w, "b180") > 0);
	look(&w, "b999");                                /* there is none: asked once, and nothing is made up */
	look(&w, "b999");
	assert_asked(&w, "b999 ");
	assert_null(store_branch(w.store, mine(), "b999"));
	assert_int_equal(n_commits(&w, "b999"), 0);
	world_free(&w);
}

void saved_work_of_a_later_page_is_searched_for(void **state)
{
	struct world w;
	(void)state;
	host_with(&w, 250, 0);
	fake_forge_has_account(w.forge, "zoe");
	w.forge->saved[0] = MINE;
	w.forge->saved[1] = SAVED "ann/main/1111111/2222222";
	look(&w, "main");
	assert_true(app_saved_work_awaited(w.app, mine()));
	assert_false(app_saved_work_known(w.app, mine()));
	app_want_saved_work(w.app, mine());
	app_want_saved_work(w.app, mine());
	pass_ms(&w, 50);
	assert_asked(&w, "0 ^" SAVED " ");
	assert_false(app_saved_work_awaited(w.app, mine()));
	assert_true(app_saved_work_known(w.app, mine()));
	assert_non_null(app_saved_work(w.app, mine(), "main"));
	assert_string_equal(app_saved_work(w.app, mine(), "main")->name, MINE);
	assert_int_equal(store_n_branches(w.store, mine()), 102);
	assert_true(store_branches_more(w.store, mine()));
	w.forge->saved[0] = w.forge->saved[1];           /* deleted meanwhile */
	w.forge->saved[1] = NULL;
	app_refresh(w.app);
	pass_ms(&w, 50);
	assert_null(app_saved_work(w.app, mine(), "main"));
	world_free(&w);
}

void a_search_for_saved_work_that_fails_says_so(void **state)
{
	struct world w;
	(void)state;
	host_with(&w, 250, 0);
	look(&w, "main");
	w.forge->fail[FAKE_BRANCH_PAGE] = ERR_NET;
	app_want_saved_work(w.app, mine());
	pass_ms(&w, 20);
	assert_int_equal(n_messages_with(&w, "saved work could not be looked for"), 1);
	assert_false(app_saved_work_awaited(w.app, mine())); /* nobody waits for ever */
	assert_int_equal(store_n_branches(w.store, mine()), 100);
	world_free(&w);
}

void a_page_of_branches_that_fails_takes_nothing_away(void **state)
{
	struct world w;
	(void)state;
	host_with(&w, 250, 0);
	look(&w, "main");
	w.forge->fail[FAKE_BRANCH_PAGE] = ERR_NET;
	w.forge->asked[0] = '\0';
	for (int i = 0; i < 3; i++) {                    /* what fails is not asked again by itself */
		app_want_more_branches(w.app, SIZE_MAX);
		pass_ms(&w, 20);
	}
	assert_asked(&w, "100 ");
	assert_int_equal(store_n_branches(w.store, mine()), 100);
	assert_int_equal(store_branches_fresh(w.store, mine())->state, FRESH_FAILED);
	assert_true(store_branches_more(w.store, mine()));
	w.forge->fail[FAKE_BRANCH_PAGE] = ERR_NONE;
	app_refresh(w.app);
	pass_ms(&w, 20);
	assert_asked(&w, "0 100 200 ");
	assert_int_equal(store_n_branches(w.store, mine()), 250);
	world_free(&w);
}

/* A push stands on the first page. The others are read again after five minutes. */
void further_pages_rest(void **state)
{
	struct world w;
	(void)state;
	host_with(&w, 250, 0);
	app_want_branches(w.app, mine());
	app_want_more_branches(w.app, SIZE_MAX);
	pass_ms(&w, 20);
	assert_asked(&w, "0 100 200 ");
	w.forge->n_branches = 240;
	schedule_branches(w.app);
	pass_ms(&w, 20);
	assert_asked(&w, "0 ");
	assert_int_equal(store_n_branches(w.store, mine()), 250);
	assert_false(store_branches_more(w.store, mine()));
	pass_ms(&w, 301000);
	w.forge->asked[0] = '\0';
	schedule_branches(w.app);
	pass_ms(&w, 20);
	assert_asked(&w, "0 100 200 ");
	assert_int_equal(store_n_branches(w.store, mine()), 240);
	world_free(&w);
}

/* ---- what earlier runs have seen ---- */
struct runs { char dir[40]; struct world w; struct cache *cache; };

static void begin(struct runs *r, size_t n)
{
	world_new(&r->w);
	app_free(r->w.app); /* made again, with a cache */
	r->w.forge->projects[2].n_commits = 50;
	fake_forge_has_pages(r->w.forge, n, 0);
	r->cache = cache_open(r->w.loop, &(struct cache_config){ .dir = r->dir });
	struct app_deps deps = { .loop = r->w.loop, .store = r->w.store, .config = r->w.config, .forges = r->w.forges, .n_forges = 1,
		.engine = &r->w.engine->base, .close_wait_ms = 1, .cache = r->cache, .recall = true };
	r->w.app = app_new(&deps);
	app_want_projects(r->w.app);
	pass_ms(&r->w, 20);
}

static void leave(struct runs *r)
{
	world_app_free(&r->w);
	cache_free(r->cache);
	world_free(&r->w);
}

void branches_that_were_seen_stay_beside_the_first_page(void **state)
{
	struct runs r = { .dir = "/tmp/berth-app-cache-XXXXXX" };
	(void)state;
	assert_non_null(mkdtemp(r.dir));
	setenv("BERTH_NOW", "1800000000", 1);
	begin(&r, 250);
	app_want_branches(r.w.app, mine());
	app_want_more_branches(r.w.app, SIZE_MAX);
	pass_ms(&r.w, 20);
	look(&r.w, "b180");
	assert_true(n_commits(&r.w, "b180") > 0);
	leave(&r);

	setenv("BERTH_NOW", "1800086400", 1);            /* each with its own age, the next time too */
	for (unsigned run = 0; run < 2; run++) {
		begin(&r, 250);
		r.w.forge->fail[FAKE_BRANCH_PAGE] = run ? ERR_NET : ERR_NONE;
		look(&r.w, "main");
		assert_true(store_branch(r.w.store, mine(), "b180")->kept && store_branch(r.w.store, mine(), "b180")->seen_at_s == 1800000000);
		assert_true(store_branch(r.w.store, mine(), "b20")->kept == run && store_branch(r.w.store, mine(), "b20")->seen_at_s == 1800086400);
		leave(&r);
	}

	begin(&r, 245);
	r.w.forge->asked[0] = '\0';
	look(&r.w, "main");
	assert_asked(&r.w, "0 ");
	assert_int_equal(store_n_branches(r.w.store, mine()), 250);
	assert_true(store_branches_more(r.w.store, mine())); /* nobody knows which of them are still there */
	assert_true(store_branch(r.w.store, mine(), "b180")->kept && !store_branch(r.w.store, mine(), "b20")->kept);
	look(&r.w, "b180");                              /* looked at, it is asked for */
	assert_asked(&r.w, "b180 ");
	assert_false(store_branch(r.w.store, mine(), "b180")->kept);
	assert_int_equal(store_commits_fresh(r.w.store, mine(), "b180")->state, FRESH_FRESH);
	look(&r.w, "b247");
	assert_asked(&r.w, "b247 ");
	assert_null(store_branch(r.w.store, mine(), "b247"));
	app_want_more_branches(r.w.app, SIZE_MAX);
	pass_ms(&r.w, 20);
	assert_int_equal(store_n_branches(r.w.store, mine()), 245);
	assert_false(store_branches_more(r.w.store, mine()));
	leave(&r);

	begin(&r, 245);
	r.w.forge->fail[FAKE_BRANCH_PAGE] = ERR_NET;
	look(&r.w, "b180");
	assert_int_equal(store_n_branches(r.w.store, mine()), 245);
	assert_true(n_commits(&r.w, "b180") > 0);
	leave(&r);
	unsetenv("BERTH_NOW");
	assert_int_equal(path_remove_tree(r.dir, NULL), 0);
}
