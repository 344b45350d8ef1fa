/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/stat.h>
#include "berth/path.h"
#include "tests/contract/forge.h"

static const struct maker *const makers[] = { &maker_local, &maker_gitlab };
const struct maker *maker;
struct loop *loop;
struct forge *forge;

/* ---- what a call brings ----------------------------------------------------------------------------------------------------- */
void seen_fini(struct seen *s)
{
	buf_fini(&s->text);
	VEC_FINI(&s->ids);
}

void seen_end(void *ctx, const struct err *err)
{
	struct seen *s = ctx;

	assert_int_equal(s->n_ends++, 0);
	if (err)
		s->err = *err;
}

void seen_item(struct seen *s)
{
	assert_int_equal(s->n_ends, 0);
	assert_true(!s->cancel_at || s->n_items < s->cancel_at);
	if (++s->n_items == s->cancel_at)
		forge_cancel(s->call);
}

struct seen *seen_wait(struct seen *s)
{
	assert_int_equal(s->n_ends, 0); /* never from within the call */
	for (unsigned i = 0; !s->n_ends && i < 100000; i++)
		loop_turn(loop, true);
	assert_int_equal(s->n_ends, 1);
	for (unsigned i = 0; i < 20; i++)
		loop_turn(loop, false);
	return s;
}

void on_project(void *ctx, const struct project *p)
{
	struct seen *s = ctx;

	assert_true(project_id_eq(p->id, project_id_of(p->forge, p->path)));
	buf_addf(&s->text, "%s:%s|", p->path, p->note ? p->note : "");
	seen_item(s);
}

void on_note(void *ctx, const char *text) { ((struct seen *)ctx)->n_notes++; }

void on_branch(void *ctx, const struct branch *b)
{
	struct seen *s = ctx;

	buf_addf(&s->text, "%s%s +%u -%u|", b->name, b->is_default ? "*" : "", b->ahead, b->behind);
	seen_item(s);
}

void on_ids(void *ctx, size_t first, const struct oid *ids, size_t n, bool complete)
{
	struct seen *s = ctx;

	assert_false(s->complete);
	if (s->ids.len)
		assert_true(first == s->complete || first > 0);
	for (size_t i = 0; i < n; i++)
		VEC_PUSH(&s->ids, ids[i]);
	s->complete = complete;
	seen_item(s);
}

void on_commit(void *ctx, const struct commit *c)
{
	struct seen *s = ctx;

	buf_addf(&s->text, "%s|", c->subject);
	seen_item(s);
}

void on_found(void *ctx, const struct oid *id, const char *branch)
{
	struct seen *s = ctx;

	VEC_PUSH(&s->ids, *id);
	buf_add_str(&s->text, branch ? branch : "-");
	seen_item(s);
}

void on_bytes(void *ctx, struct sv bytes)
{
	struct seen *s = ctx;

	buf_add_sv(&s->text, bytes);
	seen_item(s);
	if (s->tar && !s->stalled && !s->cancel_at)
		forge_tar_more(s->tar);
}

void on_tree(void *ctx, const struct forge_tree_item *i)
{
	struct seen *s = ctx;

	buf_addf(&s->text, "%o %s|", i->mode, i->path);
	seen_item(s);
}

void on_progress(void *ctx, const char *what, uint64_t now, uint64_t total)
{
	assert_true(now <= total);
	seen_item(ctx);
}

/* ---- short ways to ask -------------------------------------------------------------------------------------------------------- */
struct finding { const char *path; struct project found; };

static void find_project(void *ctx, const struct project *p)
{
	struct finding *f = ctx;

	if (!strcmp(p->path, f->path))
		project_dup(&f->found, p);
}

static void find_end(void *ctx, const struct err *err)
{
	assert_null(err);
	loop_stop(loop);
}

struct project project_of(const char *path)
{
	AUTO_STR full = xasprintf("%s%s", maker->group, path);
	struct finding f = { .path = full };

	forge_projects(forge, find_project, NULL, find_end, &f);
	loop_run(loop);
	if (!f.found.path)
		fail_msg("no project %s", path);
	return f.found;
}

struct oid resolved(const struct project *p, const char *rev)
{
	AUTO(seen_fini) struct seen s = { 0 };

	s.call = forge_resolve(forge, p, rev, on_found, seen_end, &s);
	seen_wait(&s);
	if (s.err.code || s.ids.len != 1)
		fail_msg("%s: %s", rev, s.err.text);
	return s.ids.items[0];
}

struct seen ids_of(const struct project *p, const struct oid *tip, size_t first, size_t max)
{
	const struct forge_commits_query q = { .project = p, .branch = "main", .tip = *tip, .first = first, .max = max };
	struct seen s = { 0 };

	s.call = forge_commit_ids(forge, &q, on_ids, seen_end, &s);
	seen_wait(&s);
	return s;
}

/* ---- the projects ---------------------------------------------------------------------------------------------------------------------------- */
static void long_history(struct buf *b)
{
	AUTO(buf_fini) struct buf big = BUF_INIT;

	while (big.len < 2000000)
		buf_addf(&big, "%zu\n", big.len * 2654435761u);
	buf_cut_to(&big, 2000000);
	for (int i = 1; i <= LONG_HISTORY; i++)
		import_commit(b, "refs/heads/main", i, i - 1, i, "change\n");
	static const char *const names[] = { "new\nline", "bad\xff", "\xc3\xa9t\xc3\xa9", "data/keep", "data/drop", "docker/Dockerfile" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		import_file(b, "644", names[i], SV("x"));
	import_file(b, "644", "big", buf_sv(&big));
	import_file(b, "644", "empty", SV(""));
	import_file(b, "644", ".dockerignore", SV("# comment\nbig\ndocker\ndata/*\n!data/keep\n.*\n"));
	buf_add_str(b, "M 160000 1234567890123456789012345678901234567890 module\n\n");
}

static int begin(void **state)
{
	AUTO(buf_fini) struct buf stream = BUF_INIT;

	if (fixture_begin(state))
		return -1;
	AUTO_STR dir = fixture_path("projects");
	if (mkdir(dir, 0755))
		return -1;
	free(repo_usual("projects/usual"));
	free(repo_import("projects/empty", SV(""), NULL));
	long_history(&stream);
	free(repo_import("projects/long", buf_sv(&stream), "--bare"));
	loop = loop_new();
	if (maker->begin)
		maker->begin();
	forge = maker->make(loop);
	return 0;
}

static int end(void **state)
{
	forge_free(forge);
	if (maker->end)
		maker->end();
	loop_free(loop);
	return fixture_end(state);
}

/* The first test of a forge begins it, the last one ends it. */
static size_t turn;

static int begin_next(void **state)
{
	maker = makers[turn++];
	return begin(state);
}

/* One group of all forges, so that there is one plan; of each in this order: the last ones take projects away. */
static size_t gather(struct CMUnitTest *out, size_t max)
{
	const struct CMUnitTest *const tables[] = { forge_items_tests, forge_tar_tests, forge_ends_tests };
	size_t n = 0;

	for (size_t m = 0; m < ARRAY_LEN(makers); m++) {
		size_t first = n;
		for (size_t i = 0; i < ARRAY_LEN(tables); i++)
			for (const struct CMUnitTest *t = tables[i]; t->test_func && n < max; t++) {
				out[n] = *t;
				out[n++].name = xasprintf("%s: %s", makers[m]->name, t->name);
			}
		out[first].setup_func = begin_next;
		out[n - 1].teardown_func = end;
	}
	return n;
}

int main(void)
{
	static struct CMUnitTest tests[128];
	size_t n = gather(tests, ARRAY_LEN(tests));
	int failed = _cmocka_run_group_tests("forge", tests, n, NULL, NULL);

	for (size_t i = 0; i < n; i++)
		free((char *)(uintptr_t)tests[i].name);
	return failed;
}
