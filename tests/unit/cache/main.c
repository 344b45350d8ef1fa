/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include <unistd.h>

const struct project flights = { .forge = LIT("lab"), .path = LIT("group/flights"), .name = LIT("flights"), .clone_url = LIT("https://lab.example/group/flights.git") };

static void said(void *world, const struct err *err)
{
	struct world *w = world;
	w->said = *err;
	w->n_said++;
}

int world_begin(void **state)
{
	struct world *w = xcalloc(1, sizeof *w);
	char dir[] = "/tmp/test-cache-XXXXXX";
	if (!mkdtemp(dir))
		return -1;
	w->dir = path_join(dir, "berth");
	w->db = path_join(w->dir, "cache.db");
	w->loop = loop_new();
	*state = w;
	return 0;
}

void world_open(struct world *w)
{
	w->n_said = 0;
	w->said = (struct err){ 0 };
	struct cache_config c = { .dir = w->dir, .quiet_ms = 5 };
	w->cache = cache_open(w->loop, &c);
	cache_on_trouble(w->cache, said, w);
}

void world_close(struct world *w)
{
	cache_free(w->cache);
	w->cache = NULL;
}

int world_end(void **state)
{
	struct world *w = *state;
	cache_free(w->cache);
	loop_free(w->loop);
	AUTO_STR above = xstrndup(w->dir, strlen(w->dir) - strlen("/berth"));
	path_remove_tree(above, NULL);
	free(w->dir);
	free(w->db);
	free(w);
	return 0;
}

static void too_late(void *flag)
{
	*(bool *)flag = true;
}

void world_settle(struct world *w)
{
	bool late = false;
	struct loop_timer *t = loop_timer_start(w->loop, 1000 * PATIENCE_S, 0, too_late, &late);
	cache_flush(w->cache);
	while (cache_busy(w->cache) && !late)
		loop_turn(w->loop, true);
	loop_timer_stop(t);
	assert_false(late);
}

void world_put_garbage(struct world *w, const char *bytes, size_t len)
{
	assert_int_equal(path_make_dirs(w->dir, NULL), 0);
	FILE *f = fopen(w->db, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

int64_t world_sql(struct world *w, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	int64_t n = -1;
	if (sqlite3_open(w->db, &db) == SQLITE_OK && sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK) {
		int rc = sqlite3_step(s);
		n = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : rc == SQLITE_DONE ? 0 : -1;
	}
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

void put_projects(struct cache *c, const char *first_name, size_t n)
{
	struct project *items = xcalloc(n, sizeof *items);
	for (size_t i = 0; i < n; i++)
		items[i] = (struct project){ .forge = xstrdup("lab"), .path = xasprintf("group/p%zu", i), .name = i ? xasprintf("p%zu", i) : xstrdup(first_name) };
	cache_put_projects(c, "lab", items, n);
	for (size_t i = 0; i < n; i++)
		project_fini(&items[i]);
	free(items);
}

struct counted { size_t n; char *first; };
static void count(void *ctx, struct project *p)
{
	struct counted *c = ctx;
	c->n++;
	if (strcmp(p->path, "group/p0") == 0) /* they come in no order */
		str_replace(&c->first, p->name);
	assert_true(project_id_eq(p->id, project_id_of(p->forge, p->path)));
}

size_t count_projects(struct cache *c, int64_t *ret_at_s, char **ret_first_name)
{
	struct counted got = { 0 };
	int64_t at_s = cache_get_projects(c, "lab", count, &got);
	if (ret_at_s)
		*ret_at_s = at_s;
	if (ret_first_name)
		*ret_first_name = got.first;
	else
		free(got.first);
	return got.n;
}

struct oid oid_of(unsigned n)
{
	struct oid o = { { 1 } };
	memcpy(o.b + 4, &n, sizeof n);
	return o;
}

struct commit commit_of(unsigned n, const char *subject)
{
	return (struct commit){ .id = oid_of(n), .author = xstrdup("Ann"), .email = xstrdup("ann@example.org"), .subject = xstrdup(subject),
		.authored_at_s = -5, .committed_at_s = 1700000000, .n_parents = 2, .parent = oid_of(n + 1) };
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end),
int main(void)
{
	const struct CMUnitTest tests[] = { FILE_TESTS(ROW) THING_TESTS(ROW) WRITING_TESTS(ROW) SECRET_TESTS(ROW) KILL_TESTS(ROW) };
	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
