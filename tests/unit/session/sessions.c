/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/wait.h>
#include <unistd.h>

#include "berth/autosave.h"
#include "berth/path.h"
#include "fake.h"
#include "session/parts.h"
#include "tests.h"

struct world {
	struct loop *loop;
	struct fake_engine *e;
	unsigned ends, n_items, n_removed, lost_at;
	int64_t started_at_s;
	struct err err;
	struct buf text;
	struct usage usage;
};

static void world_init(struct world *w)
{
	*w = (struct world){ .loop = loop_new_virtual() };
	w->e = fake_engine_new(w->loop);
}

static void world_fini(struct world *w)
{
	engine_free(&w->e->base);
	buf_fini(&w->text);
	loop_free(w->loop);
}

static void on_end(void *world, const struct err *err)
{
	struct world *w = world;
	w->ends++;
	w->err = err ? *err : (struct err){ 0 };
}

static void finish(struct world *w)
{
	for (int i = 0; i < 200 && !w->ends; i++) {
		loop_turn(w->loop, false);
		loop_advance(w->loop, 50);
	}
	assert_int_equal(w->ends, 1);
	w->ends = 0;
}

static struct thing *add_session(struct world *w, const char *name, const char *status, int exit_code, const char *pending)
{
	AUTO(labels_fini) struct label_set set = { .n = 0 };
	struct session s = { .name = (char *)name, .forge = S("local"), .project = S("p"), .branch = S("main"), .default_url = S("/lab"), .port = 4000, .has_token = true };
	AUTO_STR thing = xasprintf("berth-%s", name);
	labels_of(&set, &s, pending);
	fake_add(w->e->volumes, &w->e->n_volumes, thing, set.items, set.n);
	struct thing *t = fake_add(w->e->containers, &w->e->n_containers, thing, set.items, set.n);
	str_replace(&t->status, status);
	t->exit_code = exit_code;
	w->e->network = true;
	return t;
}

static void one_session(void *world, const struct session *s)
{
	struct world *w = world;
	w->n_items++;
	buf_addf(&w->text, "%s %s %s|", s->name, session_state_name(s->state), s->reason ? s->reason : "");
	w->started_at_s = s->started_at_s;
}

static void states_come_from_the_engine(void **state)
{
	static const struct { const char *status; int code; enum session_state is; const char *reason; } rows[] = {
		{ "running", 0, SESSION_RUNNING, "" }, { "paused", 0, SESSION_PAUSED, "" }, { "removing", 0, SESSION_STOPPING, "" },
		{ "restarting", 0, SESSION_STARTING, "" }, { "exited", 0, SESSION_STOPPED, "by itself" }, { "exited", 143, SESSION_STOPPED, "stopped" },
		{ "exited", 137, SESSION_FAILED, "killed" }, { "dead", 1, SESSION_FAILED, "exit code 1" }, { "created", 0, SESSION_FAILED, "broken off" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(world_fini) struct world w;
		world_init(&w);
		add_session(&w, "a", rows[i].status, rows[i].code, "x");
		session_list(&w.e->base, w.loop, one_session, on_end, &w);
		finish(&w);
		AUTO_STR begins = xasprintf("a %s ", session_state_name(rows[i].is));
		assert_int_equal(w.n_items, 1);
		assert_true(w.started_at_s == (rows[i].code || strcmp(rows[i].status, "exited") == 0 ? 1001 : 1000)); /* those that ended are looked at more closely */
		if (!sv_starts(buf_sv(&w.text), sv_of(begins)) || !strstr(buf_str(&w.text), rows[i].reason))
			fail_msg("%s: %s", rows[i].status, buf_str(&w.text));
	}
}

static void kept_workspaces_are_listed(void **state)
{
	AUTO(world_fini) struct world w;
	(void)state;
	world_init(&w);
	add_session(&w, "a", "running", 0, "x");
	add_session(&w, "b", "running", 0, "x");
	fake_drop(w.e->containers, &w.e->n_containers, "berth-b");
	session_list(&w.e->base, w.loop, one_session, on_end, &w);
	finish(&w);
	assert_string_equal(buf_str(&w.text), "a running |b stopped its workspace is kept|");
}

static void list_is_cancelled(void **state)
{
	AUTO(world_fini) struct world w;
	(void)state;
	world_init(&w);
	add_session(&w, "a", "exited", 0, "x");
	for (int turns = 0; turns < 4; turns++) {
		struct session_call *c = session_list(&w.e->base, w.loop, one_session, on_end, &w);
		for (int i = 0; i < turns && !w.ends; i++)
			loop_turn(w.loop, false);
		if (!w.ends)
			session_cancel(c);
		finish(&w);
	}
	w.e->fault_at = w.e->n_ops + 1;
	w.e->fault = FAULT_BEFORE;
	session_list(&w.e->base, w.loop, one_session, on_end, &w);
	finish(&w);
	assert_int_equal(w.err.code, ERR_NET);
}

static void stopping_removes_all_of_it(void **state)
{
	(void)state;
	for (int mode = 0; mode < 4; mode++) {
		bool keep = mode & 1, other = mode & 2;
		AUTO(world_fini) struct world w;
		world_init(&w);
		add_session(&w, "a", "running", 0, "x");
		if (other)
			add_session(&w, "b", "running", 0, "x");
		struct session s = { .name = S("a"), .container_id = S("berth-a"), .volume = S("berth-a") };
		session_stop(&w.e->base, w.loop, &s, keep, NULL, on_end, &w);
		finish(&w);
		assert_int_equal(w.err.code, 0);
		assert_int_equal(w.e->n_containers, other ? 1 : 0);
		assert_int_equal(w.e->n_volumes, (keep ? 1 : 0) + (other ? 1 : 0));
		assert_true(w.e->network == other);
	}
}

static void stopping_fails_aloud(void **state)
{
	(void)state;
	for (unsigned at = 1; at <= 3; at++) {
		AUTO(world_fini) struct world w;
		world_init(&w);
		add_session(&w, "a", "running", 0, "x");
		w.e->fault_at = at;
		w.e->fault = FAULT_BEFORE;
		struct session s = { .name = S("a"), .container_id = S("berth-a"), .volume = S("berth-a") };
		session_stop(&w.e->base, w.loop, &s, false, NULL, on_end, &w);
		finish(&w);
		assert_int_equal(w.err.code, ERR_NET);
		assert_int_equal(w.e->n_volumes, 1); /* never lost by a half-done stop */
		session_stop(&w.e->base, w.loop, &s, false, NULL, on_end, &w);
		finish(&w);
		assert_true(w.err.code == 0 && w.e->n_volumes == 0);
	}
}

/* ---- questions ---- */
static void got_url(void *world, const char *url)
{
	buf_add_str(&((struct world *)world)->text, url);
}

static void addresses_have_their_token(void **state)
{
	static const struct { bool token; const char *address, *out, *default_url; int exit_code; const char *url; enum err_code code; } rows[] = {
		{ true, "http://127.0.0.1:1", "abc\n", "/lab", 0, "http://127.0.0.1:1/lab?token=abc", 0 },
		{ true, "http://127.0.0.1:1", "a&b", "/lab?reset", 0, "http://127.0.0.1:1/lab?reset&token=a%26b", 0 },
		{ true, "http://127.0.0.1:1", "", "/lab", 1, "", ERR_FAILED },
		{ false, "http://127.0.0.1:1", "", "/", 0, "http://127.0.0.1:1/", 0 },
		{ false, NULL, "", "", 0, "", ERR_UNSUPPORTED },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(world_fini) struct world w;
		world_init(&w);
		add_session(&w, "a", "running", 0, "x");
		w.e->exec_out = rows[i].out;
		w.e->exec_exit = rows[i].exit_code;
		struct session s = { .name = S("a"), .container_id = S("berth-a"), .address = (char *)rows[i].address, .default_url = (char *)rows[i].default_url, .has_token = rows[i].token };
		session_url(&w.e->base, w.loop, &s, got_url, on_end, &w);
		finish(&w);
		assert_string_equal(buf_str(&w.text), rows[i].url);
		assert_int_equal(w.err.code, rows[i].code);
	}
}

static void got_usage(void *world, const struct usage *u)
{
	((struct world *)world)->usage = *u;
}

static void usage_is_told(void **state)
{
	AUTO(world_fini) struct world w;
	(void)state;
	world_init(&w);
	session_usage(&w.e->base, w.loop, "berth-a", got_usage, on_end, &w);
	finish(&w);
	assert_true(w.usage.cpu_cores == 0.5 && w.usage.pids == 3 && w.usage.at_s > 0);
}

/* ---- the sweep ---- */
static char *dead_token(void)
{
	int ends[2];
	char text[512] = "";
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		AUTO_STR mine = owner_token();
		_exit(write(ends[1], mine, strlen(mine)) < 0);
	}
	close(ends[1]);
	assert_true(read(ends[0], text, sizeof text - 1) > 0);
	close(ends[0]);
	waitpid(pid, NULL, 0);
	return xstrdup(text);
}

static void removed(void *world, const char *what)
{
	(void)what;
	((struct world *)world)->n_removed++;
}

static void only_leftovers_are_swept(void **state)
{
	static const struct { const char *status; int code; bool journal, alive, gone_container, gone_volume, failed; } rows[] = {
		{ "created", 0, true, false, true, true, false }, { "created", 0, false, false, true, false, false },
		{ "created", 0, true, true, false, false, false }, { "running", 0, true, false, false, false, false },
		{ "exited", 79, true, false, true, true, false }, { "exited", 1, true, false, false, false, false },
		{ "exited", 0, false, false, false, false, false }, { NULL, 0, true, false, true, true, false }, { NULL, 0, false, false, true, false, false },
		{ "exited", 1, true, false, true, true, true }, { "running", 0, true, false, true, true, true }, { "running", 0, true, true, false, false, true },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(world_fini) struct world w;
		AUTO_STR token = rows[i].alive ? owner_token() : dead_token();
		AUTO_STR clone = path_of(PATH_CACHE, "clones/a-1");
		struct journal_entry e = { S("fake"), S("a"), token, clone, rows[i].failed };
		world_init(&w);
		path_make_dirs(clone, NULL);
		add_session(&w, "a", rows[i].status ? rows[i].status : "x", rows[i].code, token);
		if (!rows[i].status)
			fake_drop(w.e->containers, &w.e->n_containers, "berth-a");
		if (rows[i].journal)
			assert_int_equal(journal_add(&e, NULL), 0);
		session_sweep(&w.e->base, w.loop, removed, on_end, &w);
		finish(&w);
		if ((w.e->n_containers == 0) != rows[i].gone_container || (w.e->n_volumes == 0) != rows[i].gone_volume)
			fail_msg("row %zu: %zu containers, %zu volumes", i, w.e->n_containers, w.e->n_volumes);
		struct journal_entry left;
		bool in_journal = journal_get("fake", "a", &left);
		if (in_journal)
			journal_entry_fini(&left);
		assert_int_equal(in_journal, rows[i].alive);
		assert_int_equal(access(clone, F_OK) == 0, rows[i].alive || !rows[i].journal);
		journal_remove("fake", "a");
		path_remove_tree(clone, NULL);
	}
}

/* ---- volumes that a mount would make ---- */
static void look_into(struct world *w)
{
	struct fake_forge *forge = fake_forge_new(w->loop);
	const struct autosave_deps deps = { w->loop, &w->e->base, &forge->base };
	const struct session s = { .name = S("a"), .container_id = S("berth-a"), .volume = S("berth-a"), .image_ref = S("img"), .workdir = S("/home/jovyan/work/p"), .owner = S("ada") };
	const struct project p = { .path = S("p") };
	autosave_start(&deps, &(struct autosave_query){ .session = &s, .project = &p, .look_only = true }, &(struct autosave_events){ .end = on_end }, w);
	finish(w);
	forge_free(&forge->base);
}

static void loses_its_volume(void *world, unsigned op)
{
	struct world *w = world;
	if (op == w->lost_at)
		fake_drop(w->e->volumes, &w->e->n_volumes, "berth-a");
}

/* Whenever the workspace goes while a save looks for it: it does not come back, and the save says that it is gone. */
static void a_removed_workspace_stays_removed(void **state)
{
	(void)state;
	for (unsigned lost_at = 1; lost_at <= 4; lost_at++) {
		AUTO(world_fini) struct world w;
		world_init(&w);
		add_session(&w, "a", "exited", 0, "x");
		fake_drop(w.e->containers, &w.e->n_containers, "berth-a");
		w.lost_at = lost_at;
		w.e->before_op = loses_its_volume;
		w.e->before_ctx = &w;
		look_into(&w);
		assert_int_equal(w.err.code, ERR_NOT_FOUND);
		assert_non_null(strstr(w.err.text, "the workspace of a is gone"));
		assert_true(w.e->n_volumes == 0 && w.e->n_containers == 0);
		assert_int_equal(w.e->n_creates, lost_at == 4);
	}
}

static void told(void *world, const char *what, bool goes)
{
	struct world *w = world;
	buf_addf(&w->text, "%s %s\n", goes ? "goes:" : "stays:", what);
}

static void volumes_of_broken_looks_are_swept(void **state)
{
	AUTO(world_fini) struct world w;
	AUTO_STR dead = dead_token();
	AUTO_STR mine = owner_token();
	const struct net_header gone[] = { { LABEL("look"), "a" }, { LABEL("pending"), dead } }, alive[] = { { LABEL("look"), "b" }, { LABEL("pending"), mine } };
	const struct net_header other[] = { { "x", "y" } };
	(void)state;
	world_init(&w);
	fake_add(w.e->volumes, &w.e->n_volumes, "berth-a", gone, 2);
	fake_add(w.e->volumes, &w.e->n_volumes, "berth-b", alive, 2);
	fake_add(w.e->volumes, &w.e->n_volumes, "berth-c", NULL, 0);
	fake_add(w.e->volumes, &w.e->n_volumes, "berth-d", other, 1);
	fake_add(w.e->volumes, &w.e->n_volumes, "data", NULL, 0);
	session_leftovers(&w.e->base, w.loop, told, on_end, &w);
	finish(&w);
	assert_string_equal(buf_str(&w.text), "stays: berth-c\ngoes: a workspace of a\n");
	session_sweep(&w.e->base, w.loop, removed, on_end, &w);
	finish(&w);
	assert_int_equal(w.n_removed, 1);
	assert_int_equal(w.e->n_volumes, 4);
	assert_string_equal(w.e->volumes[0].name, "berth-b");
}

const struct CMUnitTest sessions_tests[] = {
	cmocka_unit_test(states_come_from_the_engine), cmocka_unit_test(kept_workspaces_are_listed), cmocka_unit_test(list_is_cancelled),
	cmocka_unit_test(stopping_removes_all_of_it), cmocka_unit_test(stopping_fails_aloud), cmocka_unit_test(addresses_have_their_token),
	cmocka_unit_test(usage_is_told), cmocka_unit_test(only_leftovers_are_swept),
	cmocka_unit_test(a_removed_workspace_stays_removed), cmocka_unit_test(volumes_of_broken_looks_are_swept),
};
const size_t n_sessions_tests = ARRAY_LEN(sessions_tests);
