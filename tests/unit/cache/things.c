/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is put comes back: before it is written, after it is written, and in the next run. */
#include "tests.h"

#include "cache/pack.h"

static void next_run(struct world *w)
{
	world_settle(w);
	world_close(w);
	world_open(w);
	assert_int_equal(w->n_said, 0);
}

void nothing_is_known_at_first(void **state)
{
	struct world *w = *state;
	struct cache_ids ids;
	struct cache_memo memo;
	struct commit c;
	struct image i;
	struct oid id = oid_of(1);
	world_open(w);
	assert_int_equal(w->n_said, 0);
	assert_int_equal(count_projects(w->cache, NULL, NULL), 0);
	assert_int_equal(cache_get_branches(w->cache, &flights, NULL, NULL, NULL), 0);
	assert_int_equal(cache_get_ids(w->cache, &flights, "main", &ids), 0);
	assert_false(cache_get_commit(w->cache, &flights, &id, &c));
	assert_false(cache_get_image(w->cache, &flights, &id, &i));
	assert_false(cache_memo_get(w->cache, "lab.example", "/a", &memo));
	assert_null(cache_log_path(w->cache, &flights, "1"));
	assert_false(cache_busy(w->cache));
}

void null_is_no_cache(void **state)
{
	struct cache_ids ids = { 0 };
	struct cache_memo memo = { 0 };
	struct commit c = { 0 };
	struct oid id = oid_of(1);
	(void)state;
	put_projects(NULL, "x", 2);
	cache_drop_other_projects(NULL, "x", NULL, 0, 1);
	cache_forget_project(NULL, "x", "y");
	cache_put_branches(NULL, &flights, NULL, 0, true);
	cache_put_ids(NULL, &flights, "main", &ids);
	cache_put_commit(NULL, &flights, &c);
	cache_memo_put(NULL, "h", "k", &memo);
	cache_memo_touch(NULL, "h", "k", 1);
	cache_flush(NULL);
	cache_on_trouble(NULL, NULL, NULL);
	assert_int_equal(count_projects(NULL, NULL, NULL), 0);
	assert_false(cache_get_commit(NULL, &flights, &id, &c));
	assert_false(cache_memo_get(NULL, "h", "k", &memo));
	assert_false(cache_busy(NULL));
	cache_log_add(NULL, SV("x"));
	cache_log_end(NULL, true);
	cache_free(NULL);
}

void projects_come_back(void **state)
{
	struct world *w = *state;
	int64_t at_s = 0, now = clock_wall_s();
	world_open(w);
	put_projects(w->cache, "first", 1000);
	for (int run = 0; run < 3; run++) {
		char *name = NULL;
		assert_int_equal(count_projects(w->cache, &at_s, &name), 1000);
		assert_string_equal(name, "first");
		assert_true(at_s >= now && at_s <= now + 60);
		free(name);
		if (run < 2)
			next_run(w);
	}
	put_projects(w->cache, "other", 2); /* a page: what it has is new, the others stay */
	for (int run = 0; run < 2; run++) {
		char *name = NULL;
		assert_int_equal(count_projects(w->cache, NULL, &name), 1000);
		assert_string_equal(name, "other"); /* also while it waits to be written */
		free(name);
		next_run(w);
	}
}

struct seen { size_t n; int64_t oldest_s, newest_s; bool all_kept; };
static void see(void *ctx, struct project *p)
{
	struct seen *s = ctx;
	s->oldest_s = s->n && s->oldest_s < p->seen_at_s ? s->oldest_s : p->seen_at_s;
	s->newest_s = s->n && s->newest_s > p->seen_at_s ? s->newest_s : p->seen_at_s;
	s->all_kept = (!s->n || s->all_kept) && p->kept;
	s->n++;
}

static struct seen seen(struct world *w, const char *forge)
{
	struct seen s = { 0 };
	cache_get_projects(w->cache, forge, see, &s);
	return s;
}

static void drop_but(struct world *w, const char *path, int64_t before_s)
{
	struct project p = { .forge = LIT("lab"), .path = (char *)(uintptr_t)path, .name = LIT("x") };
	cache_drop_other_projects(w->cache, "lab", &p, path ? 1 : 0, before_s);
}

void projects_stay_until_they_are_gone(void **state)
{
	struct world *w = *state;
	world_open(w);
	setenv("BERTH_NOW", "1800000000", 1);
	put_projects(w->cache, "p0", 20);
	world_settle(w);
	setenv("BERTH_NOW", "1800086400", 1);
	put_projects(w->cache, "p0", 5);
	for (int run = 0; run < 2; run++) { /* waiting, and written: each as old as what was last heard of it */
		struct seen s = seen(w, "lab");
		assert_true(s.n == 20 && s.all_kept && s.oldest_s == 1800000000 && s.newest_s == 1800086400);
		assert_int_equal(seen(w, "la").n + seen(w, "lab2").n, 0);
		next_run(w);
	}
	cache_forget_project(w->cache, "lab", "group/p7");
	cache_forget_project(w->cache, "lab", "group/never");
	assert_int_equal(seen(w, "lab").n, 19);
	put_projects(w->cache, "p0", 8); /* there again: what comes last counts */
	assert_int_equal(seen(w, "lab").n, 20);
	cache_forget_project(w->cache, "lab", "group/p7");
	next_run(w);
	assert_int_equal(seen(w, "lab").n, 19);
	drop_but(w, "group/p1", 1800000000); /* those that were heard of since then stay */
	assert_int_equal(seen(w, "lab").n, 7);
	world_settle(w);
	drop_but(w, "group/p1", 1800086400);
	assert_int_equal(seen(w, "lab").n, 1);
	next_run(w);
	assert_int_equal(seen(w, "lab").n, 1);
	drop_but(w, NULL, 1800086400); /* an empty list says so, too */
	next_run(w);
	assert_int_equal(seen(w, "lab").n, 0);
	unsetenv("BERTH_NOW");
}

static void take_branch(void *ctx, struct branch *b)
{
	struct branch *out = ctx;
	if (strcmp(b->name, "fix/ünï") == 0) {
		*out = *b;
		*b = (struct branch){ 0 };
	}
}

void branches_come_back(void **state)
{
	struct world *w = *state;
	struct branch items[] = { { .name = LIT("main"), .tip = oid_of(3), .is_default = true },
		{ .name = LIT("fix/ünï"), .upstream = LIT("origin/fix"), .tip = oid_of(4), .tip_at_s = 99, .ahead = 7, .behind = UINT32_MAX, .has_upstream = true } };
	struct branch got = { 0 };
	world_open(w);
	bool more = false;
	cache_put_branches(w->cache, &flights, items, ARRAY_LEN(items), true);
	next_run(w);
	assert_true(cache_get_branches(w->cache, &flights, take_branch, &got, &more) > 0);
	assert_true(more);
	assert_string_equal(got.name, "fix/ünï");
	assert_string_equal(got.upstream, "origin/fix");
	assert_null(got.tip_author);
	assert_true(oid_eq(&got.tip, &items[1].tip));
	assert_true(got.tip_at_s == 99 && got.ahead == 7 && got.behind == UINT32_MAX && got.has_upstream && !got.is_default);
	branch_fini(&got);
	cache_put_branches(w->cache, &flights, items, 1, false); /* all of them */
	next_run(w);
	assert_true(cache_get_branches(w->cache, &flights, take_branch, &got, &more) > 0);
	assert_true(!more && !got.name);
}

void histories_come_back(void **state)
{
	struct world *w = *state;
	size_t n = CACHE_IDS_MAX + 500;
	struct oid *ids = xcalloc(n, sizeof *ids);
	struct cache_ids got;
	for (size_t i = 0; i < n; i++)
		ids[i] = oid_of((unsigned)i);
	world_open(w);
	cache_put_ids(w->cache, &flights, "main", &(struct cache_ids){ ids, n, true });
	cache_put_ids(w->cache, &flights, "short", &(struct cache_ids){ ids, 2, true });
	cache_put_ids(w->cache, &flights, "none", &(struct cache_ids){ NULL, 0, false });
	next_run(w);
	assert_true(cache_get_ids(w->cache, &flights, "main", &got) > 0);
	assert_true(got.n == CACHE_IDS_MAX && !got.complete); /* cut: not whole */
	assert_memory_equal(got.ids, ids, got.n * sizeof *ids);
	free(got.ids);
	assert_true(cache_get_ids(w->cache, &flights, "short", &got) > 0 && got.n == 2 && got.complete);
	free(got.ids);
	assert_true(cache_get_ids(w->cache, &flights, "none", &got) > 0 && !got.n);
	free(got.ids);
	free(ids);
}

void commits_and_images_come_back(void **state)
{
	struct world *w = *state;
	struct commit c = commit_of(9, "subject"), back;
	struct image i = { .commit = oid_of(9), .state = IMAGE_FAILED, .reason = LIT("pip: no such package"), .size_bytes = UINT64_MAX, .fresh = { .state = FRESH_FRESH } }, image;
	world_open(w);
	cache_put_commit(w->cache, &flights, &c);
	cache_put_image(w->cache, &flights, &i);
	next_run(w);
	assert_true(cache_get_commit(w->cache, &flights, &c.id, &back));
	assert_string_equal(back.subject, "subject");
	assert_string_equal(back.email, "ann@example.org");
	assert_true(back.authored_at_s == -5 && back.n_parents == 2 && oid_eq(&back.parent, &c.parent) && !back.body);
	commit_fini(&back);
	commit_fini(&c);
	assert_true(cache_get_image(w->cache, &flights, &i.commit, &image));
	assert_true(image.state == IMAGE_FAILED && image.fresh.state == FRESH_STALE && image.fresh.at_s > 0 && image.size_bytes == UINT64_MAX);
	assert_string_equal(image.reason, i.reason);
	image_fini(&image);
}

void memos_come_back(void **state)
{
	struct world *w = *state;
	struct cache_memo got, m = { .etag = "W/\"abc\"", .content_type = "application/json", .body = SV("[{\"id\":1}]"), .at_s = 1000 };
	world_open(w);
	cache_memo_put(w->cache, "lab.example", "/projects?page=1", &m);
	m.next = "/projects?page=3&page_token=ab12";
	m.body = SV("");
	cache_memo_put(w->cache, "lab.example", "/projects?page=2", &m);
	for (int run = 0; run < 2; run++) {
		assert_true(cache_memo_get(w->cache, "lab.example", "/projects?page=1", &got));
		assert_string_equal(got.etag, "W/\"abc\"");
		assert_string_equal(got.content_type, "application/json");
		assert_null(got.next);
		assert_true(sv_eq(got.body, SV("[{\"id\":1}]")) && got.at_s == (run ? 2000 : 1000));
		assert_true(cache_memo_get(w->cache, "lab.example", "/projects?page=2", &got));
		assert_string_equal(got.next, "/projects?page=3&page_token=ab12");
		assert_int_equal(got.body.len, 0);
		assert_false(cache_memo_get(w->cache, "other.example", "/projects?page=1", &got));
		cache_memo_touch(w->cache, "lab.example", "/projects?page=1", 2000);
		next_run(w);
	}
}

void hostile_records_give_nothing(void **state)
{
	struct world *w = *state;
	static const char *const sql[] = {
		"UPDATE thing SET bytes = x'ffffffffffffffffffff01'", "UPDATE thing SET bytes = x'05030a41'", "UPDATE thing SET bytes = ''",
		"UPDATE thing SET bytes = randomblob(300)", "UPDATE thing SET bytes = 'text'", "UPDATE thing SET bytes = 17", "UPDATE thing SET at_s = 'x'",
	};
	for (size_t i = 0; i < ARRAY_LEN(sql); i++) {
		struct commit c = commit_of(1, "s"), back;
		struct cache_ids ids = { &c.id, 1, true };
		struct cache_memo memo = { .etag = "e" };
		world_open(w);
		put_projects(w->cache, "x", 4);
		cache_put_commit(w->cache, &flights, &c);
		cache_put_ids(w->cache, &flights, "main", &ids);
		cache_memo_put(w->cache, "h", "k", &memo);
		world_settle(w);
		world_close(w);
		assert_int_equal(world_sql(w, sql[i]), 0);
		world_open(w);
		count_projects(w->cache, NULL, NULL);
		if (cache_get_commit(w->cache, &flights, &c.id, &back))
			commit_fini(&back);
		cache_get_ids(w->cache, &flights, "main", &ids);
		free(ids.ids);
		cache_memo_get(w->cache, "h", "k", &memo);
		commit_fini(&c);
		world_close(w);
	}
}

void names_do_not_mix(void **state)
{
	struct world *w = *state;
	struct commit c = commit_of(1, "s"), got;
	struct project other = flights;
	world_open(w);
	cache_put_commit(w->cache, &flights, &c);
	other.forge = LIT("labgroup");
	other.path = LIT("/flights");
	assert_false(cache_get_commit(w->cache, &other, &c.id, &got));
	other = flights;
	other.path = LIT("group/flights2");
	assert_false(cache_get_commit(w->cache, &other, &c.id, &got));
	commit_fini(&c);
}

/* A record of a berth that knows one field more, one field less and another type. */
void fields_come_and_go(void **state)
{
	static const struct pack_field newer[] = { { 1, PACK_OID, offsetof(struct commit, id) }, { 4, PACK_STR, offsetof(struct commit, subject) },
		{ 40, PACK_STR, offsetof(struct commit, body) }, { 41, PACK_I64, offsetof(struct commit, authored_at_s) }, { 2, PACK_I64, offsetof(struct commit, committed_at_s) } };
	struct pack p = { newer, ARRAY_LEN(newer), sizeof(struct commit), NULL };
	struct commit c = commit_of(5, "subject"), got;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	(void)state;
	c.body = xstrdup("b");
	pack_add(&b, &p, &c);
	struct sv rest = buf_sv(&b);
	assert_true(pack_next(&rest, &pack_commit, &got));
	assert_string_equal(got.subject, "subject");
	assert_true(!got.author && !got.body && !got.authored_at_s);
	assert_false(pack_next(&rest, &pack_commit, &(struct commit){ 0 }));
	commit_fini(&got);
	commit_fini(&c);
}
