/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of a host that come in pages, and searching it. */
#include <stdio.h>

#include "world.h"

struct found { size_t n_hosts, n, n_ended; bool more; enum err_code code; char host[32]; struct err err; };

static void hear_host(void *found, const struct app_searched *s)
{
	struct found *f = found;
	f->n_hosts++;
	f->n += s->n;
	f->more |= s->more;
	f->code = s->err ? s->err->code : ERR_NONE;
	snprintf(f->host, sizeof f->host, "%s", s->host);
}

static void hear_searched(void *found, const struct err *err)
{
	struct found *f = found;
	f->n_ended++;
	f->err = err ? *err : (struct err){ 0 };
}

static void host(struct world *w, size_t mine, size_t all)
{
	world_new(w);
	fake_forge_be_host(w->forge);
	w->forge->n_mine = mine;
	w->forge->n_all = all;
	app_want_projects(w->app);
	pass_ms(w, 20);
}

static unsigned search(struct world *w, struct found *f, const char *words)
{
	*f = (struct found){ 0 };
	unsigned number = app_search(w->app, &(struct app_search){ .words = words, .few = 10 }, hear_host, hear_searched, f);
	pass_ms(w, 20);
	return number;
}

void a_list_of_a_host_goes_on_where_it_is_wanted(void **state)
{
	(void)state;
	struct world w;
	const char *name = NULL;
	host(&w, 120, 500);
	assert_int_equal(store_n_projects(w.store), 50);
	assert_true(app_projects_more(w.app, &name));
	assert_string_equal(name, "fake");
	assert_int_equal(w.forge->n[FAKE_PAGE], 1);
	app_want_more_projects(w.app, 60);
	pass_ms(&w, 20);
	assert_int_equal(store_n_projects(w.store), 100);
	assert_int_equal(w.forge->n[FAKE_PAGE], 2);
	app_want_more_projects(w.app, 60);               /* there already */
	app_want_more_projects(w.app, 1000);
	app_want_more_projects(w.app, 1000);             /* under way already */
	pass_ms(&w, 20);
	assert_int_equal(store_n_projects(w.store), 120);
	assert_int_equal(w.forge->n[FAKE_PAGE], 3);
	assert_false(app_projects_more(w.app, NULL));
	app_refresh(w.app);                              /* all that is shown, anew */
	pass_ms(&w, 20);
	assert_int_equal(store_n_projects(w.store), 120);
	world_free(&w);
}

void many_projects_come_in_large_pages(void **state)
{
	(void)state;
	struct world w;
	world_new(&w);
	fake_forge_be_host(w.forge);
	w.forge->n_mine = 950;
	app_want_more_projects(w.app, 5000);
	app_want_projects(w.app);
	pass_ms(&w, 200);
	assert_int_equal(store_n_projects(w.store), 950);
	assert_int_equal(w.forge->n[FAKE_PAGE], 10);     /* of a hundred */
	assert_false(app_projects_more(w.app, NULL));
	world_free(&w);
}

void a_page_that_fails_takes_no_rows_away(void **state)
{
	(void)state;
	struct world w;
	host(&w, 120, 0);
	w.forge->fail[FAKE_PAGE] = ERR_NET;
	app_want_more_projects(w.app, 100);
	pass_ms(&w, 20);
	assert_int_equal(store_n_projects(w.store), 50);
	assert_int_equal(store_projects_fresh(w.store)->state, FRESH_FAILED);
	app_want_more_projects(w.app, 100);              /* not asked again by itself */
	pass_ms(&w, 20);
	assert_int_equal(w.forge->n[FAKE_PAGE], 2);
	w.forge->fail[FAKE_PAGE] = ERR_NONE;
	app_refresh(w.app);
	pass_ms(&w, 20);
	assert_int_equal(store_n_projects(w.store), 100);
	assert_int_equal(store_projects_fresh(w.store)->state, FRESH_FRESH);
	world_free(&w);
}

void a_host_is_searched_for_ones_own_first(void **state)
{
	(void)state;
	struct world w;
	struct found f;
	host(&w, 120, 500);
	w.forge->hit = "needle";
	search(&w, &f, "needle");
	assert_int_equal(f.n_hosts, 1);
	assert_int_equal(f.n_ended, 1);
	assert_int_equal(f.n, 2);
	assert_string_equal(f.host, "fake");
	assert_string_equal(w.forge->searched, "M:needle A:needle ");
	struct project_id mine = project_id_of("fake", "mine/p119"), all = project_id_of("fake", "all/p499");
	assert_non_null(store_project(w.store, mine));
	assert_true(app_project_is_found(w.app, all) && app_search_hit(w.app, all) && app_search_hit(w.app, mine));
	search(&w, &f, "nothing");
	assert_int_equal(f.n, 0);
	assert_false(app_search_hit(w.app, all));        /* hits are of the newest search … */
	assert_non_null(store_project(w.store, all));    /* … what was found stays */
	app_want_more_projects(w.app, 1000);             /* what is listed later is found no more */
	pass_ms(&w, 20);
	assert_int_equal(store_n_projects(w.store), 121);
	assert_false(app_project_is_found(w.app, mine));
	assert_true(app_project_is_found(w.app, all));
	w.forge->searched[0] = '\0';
	search(&w, &f, "needle");                        /* all one's own are listed */
	assert_string_equal(w.forge->searched, "A:needle ");
	app_refresh(w.app);
	pass_ms(&w, 20);
	assert_non_null(store_project(w.store, all));
	world_free(&w);
}

void a_search_that_fails_or_is_left(void **state)
{
	(void)state;
	struct world w;
	struct found f;
	host(&w, 120, 500);
	w.forge->fail[FAKE_PAGE] = ERR_DENIED;
	search(&w, &f, "needle");
	assert_int_equal(f.code, ERR_DENIED);
	assert_int_equal(f.n_ended, 1);
	assert_int_equal(f.err.code, ERR_NONE);          /* one host of several */
	w.forge->fail[FAKE_PAGE] = ERR_NONE;
	w.forge->delay_ms = 500;
	app_forget(w.app, search(&w, &f, "needle"));
	pass_ms(&w, 2000);
	assert_int_equal(f.n_hosts + f.n_ended, 0);
	search(&w, &f, "needle");                        /* and the app goes in the middle of one */
	world_free(&w);
	assert_int_equal(f.n_ended, 0);
	world_new(&w);                                   /* nobody to ask */
	search(&w, &f, "needle");
	assert_int_equal(f.err.code, ERR_UNSUPPORTED);
	assert_false(app_can_search(w.app));
	world_free(&w);
}

void a_history_of_a_host_is_read_where_it_is_looked_at(void **state)
{
	(void)state;
	struct world w;
	bool complete;
	world_new(&w);
	fake_forge_be_host(w.forge);
	w.forge->projects[0].n_commits = 1000;
	struct project p = { .id = fake_project_id(w.forge, 0), .forge = xstrdup("fake"), .path = xstrdup("group/flights"), .name = xstrdup("flights"), .default_branch = xstrdup("main") };
	struct fresh good = { .state = FRESH_FRESH, .at_s = 1 };
	store_set_projects(w.store, &p, 1, &good);
	app_want_branches(w.app, w.flights);
	pass_ms(&w, 20);
	app_want_commits(w.app, w.flights, "main", 0, 40);
	pass_ms(&w, 50);
	assert_int_equal(store_n_commits(w.store, w.flights, "main", &complete), 100);
	assert_false(complete);
	assert_int_equal(w.forge->n[FAKE_IDS], 1);
	app_want_commits(w.app, w.flights, "main", 70, 40);
	pass_ms(&w, 50);
	assert_int_equal(store_n_commits(w.store, w.flights, "main", &complete), 200);
	app_want_commits(w.app, w.flights, "main", 200, 400);
	pass_ms(&w, 50);
	assert_int_equal(store_n_commits(w.store, w.flights, "main", &complete), 600);
	world_free(&w);
}
