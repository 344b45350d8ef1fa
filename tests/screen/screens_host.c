/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Golden screens of a GitLab host's projects. */
#include "berth/mem.h"
#include "play.h"

static void no_search(struct play *p) { p->app->no_search = "the token of lab was revoked"; }
static void offline(struct play *p) { p->app->no_search = "lab.example can't be reached"; p->app->offline = true; }
static void goes_away(struct play *p)
{
	struct err why = { 0 };
	err_set(&why, ERR_NET, "https://lab.example can't be reached: connection refused");
	store_set_host_away(p->app->store, "lab", FAKE_NOW - 130, &why);
	store_flush(p->app->store);
}
static void two_go_away(struct play *p)
{
	goes_away(p);
	store_set_host_away(p->app->store, "gitlab.a-university.example.org", FAKE_NOW - 2, &store_host_away_at(p->app->store, 0)->why);
	store_flush(p->app->store);
}
static void one_with_a_long_name(struct play *p)
{
	two_go_away(p);
	store_set_host_away(p->app->store, "lab", 0, NULL);
	store_flush(p->app->store);
}
static void seen_long_ago(struct play *p)
{
	struct store *s = p->app->store;
	size_t n = store_n_projects(s);
	struct project *items = xcalloc(n, sizeof *items);
	const struct fresh f = *store_projects_fresh(s);
	for (size_t i = 0; i < n; i++) {
		project_dup(&items[i], store_project_at(s, i));
		items[i].kept = strcmp(items[i].forge, "lab") == 0;
		items[i].seen_at_s = FAKE_NOW - 3 * 86400;
	}
	store_set_projects(s, items, n, &f);
	free(items);
	store_branches_mark(s, store_project_at(s, 0)->id, &(struct fresh){ .state = FRESH_STALE, .at_s = FAKE_NOW - 3 * 86400 });
	store_flush(s);
}
/* The first page is as new as can be, what stands on later ones is from another day. */
static void branches_seen_long_ago(struct play *p)
{
	struct store *s = p->app->store;
	struct project_id id = store_project_at(s, 0)->id;
	size_t n = store_n_branches(s, id);
	struct branch *items = xcalloc(n, sizeof *items);
	const struct fresh f = *store_branches_fresh(s, id);
	for (size_t i = 0; i < n; i++) {
		branch_dup(&items[i], store_branch_at(s, id, i));
		items[i].kept = i > 0;
		items[i].seen_at_s = FAKE_NOW - (i ? 3 * 86400 : 0);
	}
	store_set_branches(s, id, items, n, &f);
	free(items);
	store_flush(s);
	play_keys(p, "2 j");
}
static void with_job_log(struct play *p)
{
	play_keys(p, "3 j L");
	fake_log(p->app, sv_of(fake_build_log));
	store_flush(p->app->store);
}

static const struct scene scenes[] = {
	{ "host-60x20", WORLD_HOST, 60, 20, false, "", NULL },
	{ "host-80x24", WORLD_HOST, 80, 24, false, "", NULL },
	{ "host-160x50", WORLD_HOST, 160, 50, false, "", NULL },
	{ "host-60x20-ascii", WORLD_HOST, 60, 20, true, "", NULL },
	{ "host-160x50-ascii", WORLD_HOST, 160, 50, true, "", NULL },
	{ "host-80x24-ascii", WORLD_HOST, 80, 24, true, "", NULL },
	{ "host-branches-60x20", WORLD_HOST, 60, 20, false, "2 j", NULL },
	{ "host-branches-80x24", WORLD_HOST, 80, 24, false, "2 j", NULL },
	{ "host-branches-160x50", WORLD_HOST, 160, 50, false, "2 j", NULL },
	{ "host-branches-60x20-ascii", WORLD_HOST, 60, 20, true, "2 j", NULL },
	{ "host-branches-160x50-ascii", WORLD_HOST, 160, 50, true, "2 j", NULL },
	{ "host-branches-80x24-ascii", WORLD_HOST, 80, 24, true, "2 j", NULL },
	{ "host-commits-60x20", WORLD_HOST, 60, 20, false, "3", NULL },
	{ "host-commits-80x24", WORLD_HOST, 80, 24, false, "3 j", NULL },
	{ "host-commits-160x50", WORLD_HOST, 160, 50, false, "3 j j j", NULL },
	{ "host-commits-60x20-ascii", WORLD_HOST, 60, 20, true, "3 j j j j", NULL },
	{ "host-commits-160x50-ascii", WORLD_HOST, 160, 50, true, "3 j j j j", NULL },
	{ "host-commits-80x24-ascii", WORLD_HOST, 80, 24, true, "3 j j j j", NULL },
	{ "host-log-60x20", WORLD_HOST, 60, 20, false, "", with_job_log },
	{ "host-log-80x24", WORLD_HOST, 80, 24, false, "", with_job_log },
	{ "host-log-160x50", WORLD_HOST, 160, 50, false, "", with_job_log },
	{ "host-log-60x20-ascii", WORLD_HOST, 60, 20, true, "", with_job_log },
	{ "host-log-160x50-ascii", WORLD_HOST, 160, 50, true, "", with_job_log },
	{ "host-log-80x24-ascii", WORLD_HOST, 80, 24, true, "", with_job_log },
	{ "host-menu-60x20", WORLD_HOST, 60, 20, false, "3 x", NULL },
	{ "host-menu-80x24", WORLD_HOST, 80, 24, false, "3 x", NULL },
	{ "host-menu-160x50", WORLD_HOST, 160, 50, false, "3 j x", NULL },
	{ "host-menu-60x20-ascii", WORLD_HOST, 60, 20, true, "3 x", NULL },
	{ "host-menu-160x50-ascii", WORLD_HOST, 160, 50, true, "3 j x", NULL },
	{ "host-menu-80x24-ascii", WORLD_HOST, 80, 24, true, "3 x", NULL },
	{ "host-menu-reporter-80x24", WORLD_HOST, 80, 24, false, "1 j 3 x", NULL },
	{ "host-search-asking-80x24", WORLD_HOST, 80, 24, false, "1 / text:glider wait:450", NULL },
	{ "host-inspect-80x24", WORLD_HOST, 80, 24, false, "3 j i", NULL },
	{ "host-inspect-160x50", WORLD_HOST, 160, 50, false, "3 j i", NULL },
	{ "host-branch-kept-80x24", WORLD_HOST, 80, 24, false, "", branches_seen_long_ago },
	{ "host-kept-80x24", WORLD_HOST, 80, 24, false, "1", seen_long_ago },
	{ "host-away-60x20", WORLD_HOST, 60, 20, false, "", one_with_a_long_name },
	{ "host-away-80x24-ascii", WORLD_HOST, 80, 24, true, "", goes_away },
	{ "host-away-160x50", WORLD_HOST, 160, 50, false, "", goes_away },
	{ "host-away-messages-80x24", WORLD_HOST, 80, 24, false, "!", two_go_away },
	{ "host-search-asking-60x20", WORLD_HOST, 60, 20, false, "1 / text:glider wait:450", NULL },
	{ "host-search-60x20", WORLD_HOST, 60, 20, false, "1 / text:glider wait:450 wait:400", NULL },
	{ "host-search-60x20-ascii", WORLD_HOST, 60, 20, true, "1 / text:glider wait:450 wait:400", NULL },
	{ "host-search-refused-60x20", WORLD_HOST, 60, 20, false, "1 / text:glider wait:450 wait:400", no_search },
	{ "host-search-80x24", WORLD_HOST, 80, 24, false, "1 / text:glider wait:450 wait:400", NULL },
	{ "host-search-160x50", WORLD_HOST, 160, 50, false, "1 / text:glider wait:450 wait:400 enter", NULL },
	{ "host-search-refused-80x24", WORLD_HOST, 80, 24, false, "1 / text:glider wait:450 wait:400", no_search },
	{ "host-search-offline-80x24", WORLD_HOST, 80, 24, false, "1 / text:glider wait:450 wait:400", offline },
};

void test_host_scenes(void **state)
{
	(void)state;
	play_scenes(scenes, ARRAY_LEN(scenes));
}

void test_host_calls(void **state)
{
	static const struct calls cases[] = {
		/* a host is asked once a person has stopped typing, with three letters, where the filter finds little */
		{ WORLD_HOST, "1 / text:glider wait:200 text:s wait:399", "" },
		{ WORLD_HOST, "1 / text:glider wait:200 text:s wait:401", "search gliders\n" },
		{ WORLD_HOST, "1 / text:zz wait:900", "" }, { WORLD_HOST, "1 / text:!abc wait:900", "" }, { WORLD_HOST, "1 / text:glider esc wait:900", "" },
		{ WORLD_HOST, "1 / text:glider wait:450 text:s wait:1000", "search glider\n" }, /* all that begin so are here now */
		{ WORLD_HOST, "1 / text:glider wait:450 backspace wait:1000 wait:1000", "search glider\nsearch glide\n" }, /* one question at a time */
		{ WORLD_HOST, "3 / text:glider wait:900", "" }, { WORLD_FULL, "1 / text:glider wait:900", "" },
	};
	(void)state;
	play_calls(cases, ARRAY_LEN(cases));
}

/* The end of the list asks for its next page once a step: the row there may be the last one of every page. */
void test_host_pages(void **state)
{
	struct play p;
	(void)state;
	play_begin(&p, WORLD_HOST, 24, 80, false);
	tui_draw(p.t);
	assert_int_equal(p.app->want_projects, 0);
	play_keys(&p, "1 G");
	assert_true(p.app->want_projects > 0);
	p.app->want_projects = 0;
	tui_draw(p.t);
	assert_int_equal(p.app->want_projects, 0);
	play_keys(&p, "G");
	assert_true(p.app->want_projects > 0);
	play_end(&p);
}

/* Another project comes to the front of the list, as one does that somebody has just pushed to. */
static void one_in_front(struct app *a)
{
	size_t n = store_n_projects(a->store) + 1;
	struct project *items = xcalloc(n, sizeof *items);
	const struct fresh f = *store_projects_fresh(a->store);
	items[0] = (struct project){ .id = project_id_of("lab", "new/one"), .forge = xstrdup("lab"), .path = xstrdup("new/one"), .name = xstrdup("one") };
	for (size_t i = 1; i < n; i++)
		project_dup(&items[i], store_project_at(a->store, i - 1));
	store_set_projects(a->store, items, n, &f);
	free(items);
	store_flush(a->store);
}

/* The project of the clone around is known when other lists have come: it is selected all the same, unless somebody has moved meanwhile. */
void test_clone_is_selected(void **state)
{
	static const struct { const char *keys; bool selected; } cases[] = { { "", true }, { "1", true }, { "1 j", false }, { "2", false } };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct play p;
		play_begin(&p, WORLD_HOST, 24, 80, false);
		struct project_id first = store_project_at(p.app->store, 0)->id, mine = store_project_at(p.app->store, 5)->id;
		assert_true(project_id_eq(p.t->sel.project, first));
		play_keys(&p, cases[i].keys);
		fake_found(p.app, mine);
		one_in_front(p.app);
		tui_draw(p.t);
		assert_int_equal(project_id_eq(p.t->sel.project, mine), cases[i].selected);
		one_in_front(p.app); /* its list is read again */
		play_keys(&p, "wait:10");
		assert_int_equal(project_id_eq(p.t->sel.project, mine), cases[i].selected);
		play_end(&p);
	}
}
