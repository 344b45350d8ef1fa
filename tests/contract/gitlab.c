/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/mem.h"
#include "berth/path.h"
#include "tests/contract/gitlab.h"

struct loop *loop;
struct standin *standin;
struct forge *forge;
struct project flights;

/* ---- what a call brings -------------------------------------------------------------------------------------------------------- */
void brought_fini(struct brought *b) { buf_fini(&b->text); }

void brought_end(void *ctx, const struct err *err)
{
	struct brought *b = ctx;

	assert_int_equal(b->n_ends++, 0);
	if (err)
		b->err = *err;
}

static void patience_ended(void *ctx) { fail_msg("no end in a minute"); }

struct brought *brought_wait(struct brought *b)
{
	struct loop_timer *t = loop_timer_start(loop, 60000, 0, patience_ended, NULL);

	while (!b->n_ends)
		loop_turn(loop, true);
	loop_timer_stop(t);
	return b;
}

static void brought_one(struct brought *b)
{
	assert_int_equal(b->n_ends, 0);
	b->n_items++;
	if (b->cancel_at_first)
		forge_cancel(b->call);
}

void saw_project(void *ctx, const struct project *p)
{
	struct brought *b = ctx;

	b->id = p->number;
	buf_addf(&b->text, "%s|", p->path);
	brought_one(b);
}

static void saw_page(void *ctx, bool more, uint64_t total) { ((struct brought *)ctx)->more = more; }

void saw_job(void *ctx, const struct job *j)
{
	struct brought *b = ctx;

	b->id = j->id;
	buf_addf(&b->text, "%s %s|", j->name, job_state_name(j->state));
	brought_one(b);
}

void saw_pipeline(void *ctx, const struct pipeline *p)
{
	struct brought *b = ctx;

	b->id = p->id;
	buf_addf(&b->text, "%s %s %s%s|", p->ref, job_state_name(p->state), p->has_job ? job_state_name(p->job.state) : "-",
	         p->has_job && p->job.failure_reason ? " why" : "");
	brought_one(b);
}

void saw_commit(void *ctx, const struct commit *c)
{
	struct brought *b = ctx;

	b->commit = c->id;
	buf_addf(&b->text, "%s|", c->subject);
	brought_one(b);
}

void saw_tag(void *ctx, const struct registry_tag *t)
{
	struct brought *b = ctx;

	buf_addf(&b->text, "%s %s%s|", t->name, t->present ? "there" : "absent", t->digest && t->size_bytes ? " known" : "");
	brought_one(b);
}

void saw_note(void *ctx, const char *text)
{
	struct brought *b = ctx;
	buf_addf(&b->text, "note %.20s|", text);
}

static void saw_account(void *ctx, const struct account *a)
{
	struct brought *b = ctx;

	buf_addf(&b->text, "%s scopes=%s version=%s %s%s", a->user ? a->user : "-", a->scopes ? a->scopes : "-", a->version ? "yes" : "no",
	         a->expires_at_s > clock_wall_s() ? "ends later" : "no end", a->anonymous ? " anonymous" : "");
	brought_one(b);
}

static void log_bytes(void *ctx, struct sv bytes)
{
	struct brought *b = ctx;

	b->text.max = (size_t)200 << 20;
	buf_add_sv(&b->text, bytes);
	brought_one(b);
}

static void log_anew(void *ctx)
{
	struct brought *b = ctx;

	buf_clear(&b->text);
	b->n_anew++;
}

static void log_state(void *ctx, const struct forge_log_state *s)
{
	struct brought *b = ctx;

	assert_int_equal(s->bytes, b->text.len);
	b->n_states++;
	b->id = s->job->id;
	b->job = s->job->state;
	b->last = *s;
}

const struct forge_log_events log_events = { .bytes = log_bytes, .rewritten = log_anew, .state = log_state, .end = brought_end };

/* ---- the world ------------------------------------------------------------------------------------------------------------------- */
static char *quoted(const char *json)
{
	char *copy = xstrdup(json);

	for (char *p = copy; p && *p; p++)
		*p = *p == '\'' ? '"' : *p;
	return copy;
}

json_t *ask(const char *method, const char *path, const char *body)
{
	AUTO_STR json = quoted(body);
	return standin_ask(standin, method, path, json);
}

void tell(const char *method, const char *path, const char *body) { json_decref(ask(method, path, body)); }

struct forge *forge_of(const char *token, const char *url)
{
	AUTO(secret_free_p) struct secret *secret = token ? secret_new(sv_of(token)) : NULL;
	const struct forge_gitlab_config config = { .name = "fake", .url = url ? url : standin->url, .token = secret, .poll_ms = 20 };

	return forge_gitlab_new(loop, standin->net, &config);
}

static void keep_project(void *ctx, const struct project *p) { project_dup(ctx, p); }

static void no_error(void *ctx, const struct err *err)
{
	if (err)
		fail_msg("%s", err->text);
	loop_stop(loop);
}

struct project project_at(const char *path)
{
	struct project p = { 0 };

	forge_project(forge, path, keep_project, no_error, &p);
	loop_run(loop);
	return p;
}

uint64_t job_of(const char *pipeline)
{
	AUTO_STR body = xasprintf("{'project':'lab/air/flights',%s", pipeline + 1);
	AUTO_JSON made = ask("POST", "/pipelines", body);

	return (uint64_t)json_integer_value(json_array_get(json_path(made, "jobs"), 0));
}

static int begin(void **state)
{
	AUTO(buf_fini) struct buf world = BUF_INIT;

	if (file_read(TEST_SRCDIR "/fake/world.json", 1 << 20, &world, NULL))
		return -1;
	loop = loop_new();
	standin = standin_new(loop, buf_str(&world), NULL);
	forge = forge_of("glpat-zoe", NULL);
	flights = project_at("lab/air/flights");
	return 0;
}

static int end(void **state)
{
	project_fini(&flights);
	forge_free(forge);
	standin_free(standin);
	loop_free(loop);
	return 0;
}

/* ---- accounts and projects --------------------------------------------------------------------------------------------------------- */
static void tokens_say_whose_they_are(void **state)
{
	static const struct { const char *token, *text; enum err_code code; } cases[] = {
		{ "glpat-zoe", "zoe scopes=api write_repository read_registry version=yes ends later", ERR_NONE },
		{ "glpat-read", "zoe scopes=read_api version=yes ends later", ERR_NONE },
		{ "glpat-user", "zoe scopes=read_user version=", ERR_NONE },
		{ "gloas-zoe", "zoe scopes=api version=yes", ERR_NONE },
		{ NULL, "- scopes=- version=no no end anonymous", ERR_NONE },
		{ "glpat-expired", "", ERR_AUTH }, { "glpat-revoked", "", ERR_AUTH }, { "nonsense", "", ERR_AUTH },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct forge *f = forge_of(cases[i].token, NULL);
		AUTO(brought_fini) struct brought b = { 0 };
		b.call = forge_account(f, saw_account, brought_end, &b);
		brought_wait(&b);
		assert_int_equal(b.err.code, cases[i].code);
		if (!sv_starts(buf_sv(&b.text), sv_of(cases[i].text)))
			fail_msg("%s", buf_str(&b.text));
		assert_true(!b.err.code || (*b.err.hint && !strstr(b.err.text, "glpat")));
		forge_free(f);
	}
}

static void what_a_token_may_not_is_said(void **state)
{
	struct forge *f = forge_of("glpat-read", NULL);
	AUTO(brought_fini) struct brought b = { 0 };
	AUTO(brought_fini) struct brought c = { 0 };
	struct err err = { 0 };

	assert_int_equal(forge_may(f, &flights, FORGE_DEED_RUN, &err), 0); /* nothing is known of the token yet */
	c.call = forge_run_pipeline(f, &(struct forge_run_query){ .project = &flights, .ref = "main" }, saw_pipeline, brought_end, &c);
	brought_wait(&c);
	assert_int_equal(c.err.code, ERR_DENIED);
	assert_non_null(strstr(c.err.text, "scope api"));
	b.call = forge_account(f, saw_account, brought_end, &b);
	brought_wait(&b);
	assert_int_equal(forge_may(f, &flights, FORGE_DEED_READ, &err), 0);
	assert_int_equal(forge_may(f, &flights, FORGE_DEED_RUN, &err), -ERR_DENIED);
	assert_non_null(strstr(err.text, "scope api"));
	forge_free(f);
	f = forge_of(NULL, NULL);
	assert_int_equal(forge_may(f, &flights, FORGE_DEED_COMMIT, &err), -ERR_AUTH);
	forge_free(f);
	struct project guest = flights;
	guest.access_level = 10;
	assert_int_equal(forge_may(forge, &guest, FORGE_DEED_RUN, &err), -ERR_DENIED);
	assert_non_null(strstr(err.text, "guest"));
	assert_int_equal(forge_may(forge, &flights, FORGE_DEED_RUN, &err), 0);
}

static void page_of(const struct forge_projects_query *q, struct brought *b)
{
	static const struct forge_projects_events events = { saw_project, saw_page, brought_end };

	b->call = forge_projects_page(forge, q, &events, b);
	brought_wait(b);
	assert_int_equal(b->err.code, ERR_NONE);
}

static void projects_come_in_pages(void **state)
{
	static const struct { struct forge_projects_query q; const char *text; bool more; } cases[] = {
		{ { .of = FORGE_PROJECTS_STARRED }, "lab/air/flights|", false },
		{ { .of = FORGE_PROJECTS_ALL, .search = "TIDES" }, "zoe/tides|", false },
		{ { .of = FORGE_PROJECTS_ALL, .search = "\x1b[31m&per_page=1" }, "", false },
		{ { .of = FORGE_PROJECTS_MINE, .max = 2 }, NULL, true }, { { .of = FORGE_PROJECTS_MINE, .max = 2, .first = 2 }, NULL, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(brought_fini) struct brought b = { 0 };
		page_of(&cases[i].q, &b);
		if (cases[i].text)
			assert_string_equal(buf_str(&b.text), cases[i].text);
		assert_int_equal(b.more, cases[i].more);
	}
}

static void projects_are_found_by_path(void **state)
{
	static const struct { const char *path; enum err_code code; } cases[] = {
		{ "lab/air/flights", ERR_NONE }, { "lab/air/nothing", ERR_NOT_FOUND }, { "jose/hidden", ERR_NOT_FOUND }, { "..", ERR_NOT_FOUND },
		{ "a/../b", ERR_NOT_FOUND }, { "a/b?c", ERR_NOT_FOUND }, { "", ERR_NOT_FOUND }, { "0", ERR_NOT_FOUND },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(brought_fini) struct brought b = { 0 };
		b.call = forge_project(forge, cases[i].path, saw_project, brought_end, &b);
		brought_wait(&b);
		assert_int_equal(b.err.code, cases[i].code);
		assert_true(!b.err.code || b.err.text[0]);
	}
	assert_int_equal(flights.access_level, 30);
	assert_true(flights.can_run && flights.can_push && flights.rights_known);
	assert_non_null(flights.image_prefix);
}

static void a_moved_project_is_found_again(void **state)
{
	AUTO(project_fini) struct project before = project_at("zoe/tides");

	tell("POST", "/projects/zoe/tides/move", "{'to':'zoe/waves'}");
	AUTO(project_fini) struct project by_path = project_at("zoe/tides");
	AUTO(project_fini) struct project by_number = { 0 };
	AUTO_STR number = xasprintf("%llu", (unsigned long long)before.number);
	by_number = project_at(number);
	assert_string_equal(by_path.path, "zoe/waves");
	assert_string_equal(by_number.path, "zoe/waves");
	tell("POST", "/projects/zoe/waves/move", "{'to':'zoe/tides'}");
}

static const struct CMUnitTest first_tests[] = {
	cmocka_unit_test(tokens_say_whose_they_are), cmocka_unit_test(what_a_token_may_not_is_said), cmocka_unit_test(projects_come_in_pages),
	cmocka_unit_test(projects_are_found_by_path), cmocka_unit_test(a_moved_project_is_found_again), { 0 },
};

int main(void)
{
	static const struct CMUnitTest *const tables[] = { first_tests, gitlab_ci_tests, gitlab_log_tests, gitlab_bad_tests };
	static struct CMUnitTest tests[64];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		for (const struct CMUnitTest *t = tables[i]; t->test_func && n < ARRAY_LEN(tests); t++)
			tests[n++] = *t;
	return _cmocka_run_group_tests("gitlab", tests, n, begin, end);
}
