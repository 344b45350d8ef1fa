/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Launches against an engine in memory: every operation fails in turn, before and after it took effect; every one is cancelled. */
#include <dirent.h>

#include "berth/path.h"
#include "fake.h"
#include "session/parts.h"
#include "tests.h"

struct world {
	struct loop *loop;
	struct fake_engine *e;
	struct fake_forge *g;
	struct launch *l;
	struct session_options options;
	unsigned ends, changes, cancel_at;
	bool ended;
	struct err err;
	struct buf warnings;
	char *secret, *line;
};

static void on_change(void *w) { ((struct world *)w)->changes++; }

static void on_warning(void *w, const char *text)
{
	buf_addf(&((struct world *)w)->warnings, "%s\n", text);
}

static void on_end(void *world, const struct err *err)
{
	struct world *w = world;
	w->ends++;
	w->ended = true;
	if (err)
		w->err = *err;
}

static void world_init(struct world *w)
{
	*w = (struct world){ .loop = loop_new_virtual() };
	w->e = fake_engine_new(w->loop);
	w->g = fake_forge_new(w->loop);
	options_init(&w->options);
	options_set(&w->options, OPT_IMAGE, "img:1", FROM_USER, NULL);
	options_set(&w->options, OPT_NAME, "s1", FROM_USER, NULL);
}

static void world_fini(struct world *w)
{
	launch_free(w->l);
	engine_free(&w->e->base);
	forge_free(&w->g->base);
	options_fini(&w->options);
	buf_fini(&w->warnings);
	free(w->secret);
	free(w->line);
	loop_free(w->loop);
}

static void begin(struct world *w)
{
	static const struct launch_events events = { on_change, on_warning, on_end };
	struct project p = { .forge = S("local"), .path = S("flights"), .name = S("flights"), .dir = S("/x"), .clone_url = S("/x") };
	struct launch_deps deps = { .loop = w->loop, .forge = &w->g->base, .engine = &w->e->base };
	struct launch_request q = { .project = &p, .branch = "fix/deps", .options = &w->options, .owner = "me" };
	memset(q.commit.b, 0x12, sizeof q.commit.b);
	w->l = launch_start(&deps, &q, &events, w);
}

static unsigned entries(enum path_base base, const char *name, const char *suffix)
{
	AUTO_STR path = path_of(base, name);
	DIR *d = opendir(path);
	unsigned n = 0;
	for (struct dirent *at; d && (at = readdir(d)) != NULL;)
		n += at->d_name[0] != '.' && sv_ends(sv_of(at->d_name), sv_of(suffix));
	if (d)
		closedir(d);
	return n;
}

static void finish(struct world *w)
{
	for (int64_t until = patience(); !w->ended && patient(until);) {
		loop_turn(w->loop, loop_has_work(w->loop));
		if (!loop_has_work(w->loop)) /* while one is at it the clock stands still */
			loop_advance(w->loop, 100);
	}
	for (int i = 0; i < 5; i++)
		loop_turn(w->loop, false);
	assert_int_equal(w->ends, 1);
}

/* A worker removes them. */
static void clones_go(struct world *w)
{
	for (int64_t until = patience(); entries(PATH_CACHE, "clones", "") && patient(until);)
		loop_turn(w->loop, true);
	assert_int_equal(entries(PATH_CACHE, "clones", ""), 0);
}

static void assert_nothing_left(struct world *w, const char *what)
{
	clones_go(w);
	if (w->e->n_containers || w->e->n_volumes || w->e->network)
		fail_msg("%s leaves %zu containers, %zu volumes, network %d", what, w->e->n_containers, w->e->n_volumes, w->e->network);
	assert_int_equal(entries(PATH_STATE, "launches", ".starting"), 0);
}

static void a_launch_that_works(void **state)
{
	AUTO(world_fini) struct world w;
	(void)state;
	world_init(&w);
	w.e->exposed = 8888;
	begin(&w);
	assert_int_equal(w.ends, 0);
	finish(&w);
	if (w.err.code)
		fail_msg("%s", w.err.text);
	for (int i = 0; i < STEP_COUNT_; i++)
		assert_int_equal(launch_step_status(w.l, (enum launch_step)i)->state, STEP_DONE);
	assert_int_equal(w.e->n_containers, 1);
	assert_int_equal(w.e->n_volumes, 1);
	assert_int_equal(entries(PATH_STATE, "launches", ".starting"), 0);
	clones_go(&w);
	struct thing *c = fake_container(w.e, "berth-s1");
	AUTO_STR in = sv_dup(buf_sv(&w.e->stdin_bytes));
	assert_int_equal(strncmp(in, "token 1\n", 8), 0);
	char *token = in + 8;
	token[strcspn(token, "\n")] = '\0';
	assert_int_equal(strlen(token), 32);
	assert_null(strstr(c->env, token));
	assert_null(strstr(c->argv, token));
	for (size_t i = 0; i < c->n_labels; i++)
		assert_null(strstr(c->labels[i].value, token));
	assert_non_null(strstr(c->env, "NOTEBOOK_DIR=/home/jovyan/work/flights\n"));
	assert_non_null(strstr(c->env, "CI_COMMIT_SHA=1212121212121212121212121212121212121212\n"));
	assert_null(strstr(c->env, "RENKU_BASE_URL_PATH"));
	assert_non_null(memmem(w.e->put_bytes.p, w.e->put_bytes.len, "home/jovyan/work/flights/README.md", 34));
	assert_non_null(memmem(w.e->put_bytes.p, w.e->put_bytes.len, "tüten\"/x.txt", 13));
}

/* How many operations a launch takes that works. */
static unsigned ops_of_a_launch(void)
{
	AUTO(world_fini) struct world w;
	world_init(&w);
	begin(&w);
	finish(&w);
	assert_int_equal(w.err.code, 0);
	return w.e->n_ops;
}

static void every_failure_is_undone(void **state)
{
	(void)state;
	unsigned n = ops_of_a_launch();
	assert_true(n > 15);
	for (unsigned op = 1; op <= n; op++)
		for (enum fault_kind kind = FAULT_BEFORE; kind <= FAULT_AFTER; kind++) {
			AUTO(world_fini) struct world w;
			world_init(&w);
			w.e->fault_at = op;
			w.e->fault = kind;
			begin(&w);
			finish(&w);
			AUTO_STR what = xasprintf("a failed %s (%u)", w.e->last_op, op);
			if (w.err.code == 0 && strcmp(w.e->last_op, "exec") == 0)
				continue; /* one of many looks into the container: the next one tells */
			if (w.err.code == 0 || !w.err.text[0] || !w.err.hint[0])
				fail_msg("%s is no failure, or has no words: '%s' '%s'", what, w.err.text, w.err.hint);
			assert_int_equal(launch_step_status(w.l, launch_current_step(w.l))->state, STEP_FAILED);
			assert_true(launch_step_status(w.l, launch_current_step(w.l))->detail[0] != '\0');
			assert_nothing_left(&w, what);
		}
}

static void cancel_there(void *world, unsigned op)
{
	struct world *w = world;
	if (op == w->cancel_at)
		loop_defer(w->loop, (void (*)(void *))launch_cancel, w->l);
}

static void cancelling_anywhere_leaves_nothing(void **state)
{
	(void)state;
	unsigned n = ops_of_a_launch();
	for (unsigned op = 0; op < n; op++) {
		AUTO(world_fini) struct world w;
		world_init(&w);
		w.cancel_at = op;
		w.e->before_op = cancel_there;
		w.e->before_ctx = &w;
		begin(&w);
		if (op == 0)
			launch_cancel(w.l);
		finish(&w);
		AUTO_STR what = xasprintf("cancelling at operation %u", op);
		if (w.err.code != ERR_CANCELLED)
			fail_msg("%s: %d %s", what, w.err.code, w.err.text);
		assert_nothing_left(&w, what);
	}
}

static void freeing_anywhere_is_safe(void **state)
{
	(void)state;
	for (int turns = 0; turns < 60; turns++) {
		AUTO(world_fini) struct world w;
		world_init(&w);
		begin(&w);
		for (int i = 0; i < turns && !w.ended; i++)
			loop_turn(w.loop, true);
		launch_free(w.l);
		w.l = NULL;
		for (int i = 0; i < 3; i++)
			loop_turn(w.loop, false);
		assert_true(w.ends <= 1);
	}
	AUTO_STR journal = path_of(PATH_STATE, "launches");
	path_remove_tree(journal, NULL);
}

static void clones_fail_and_hang(void **state)
{
	(void)state;
	for (int hang = 0; hang < 2; hang++) {
		AUTO(world_fini) struct world w;
		world_init(&w);
		w.g->fail = !hang;
		w.g->hang = hang;
		begin(&w);
		for (int64_t until = patience(); hang && w.g->n_clones == 0 && patient(until);)
			loop_turn(w.loop, true);
		if (hang)
			launch_cancel(w.l);
		finish(&w);
		assert_int_equal(w.err.code, hang ? ERR_CANCELLED : ERR_NOT_FOUND);
		assert_nothing_left(&w, "a clone");
	}
}

static void the_dead_have_words_and_a_log(void **state)
{
	static const struct { int code; bool oom; const char *log, *says, *hint; } rows[] = {
		{ 1, false, "line\nModuleNotFoundError: nope\n", "ModuleNotFoundError: nope", "Its log is kept" },
		{ 137, true, "x\n", "it ran out of memory", "--memory" },
		{ 137, false, "x\n", "from outside, or because it or the engine's machine ran out of memory (exit code 137): x", "--memory. Its log is kept" }, { 127, false, NULL, "no such command", "printed nothing" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(world_fini) struct world w;
		AUTO(buf_fini) struct buf kept = BUF_INIT;
		world_init(&w);
		w.e->die_code = rows[i].code;
		w.e->die_oom = rows[i].oom;
		w.e->log_text = rows[i].log;
		begin(&w);
		finish(&w);
		if (!strstr(w.err.text, rows[i].says) || !strstr(w.err.hint, rows[i].hint))
			fail_msg("%s / %s", w.err.text, w.err.hint);
		assert_int_equal(launch_log_path(w.l) != NULL, rows[i].log != NULL);
		if (rows[i].log) {
			assert_int_equal(file_read(launch_log_path(w.l), 1 << 16, &kept, NULL), 0);
			assert_string_equal(buf_str(&kept), rows[i].log);
		}
		assert_nothing_left(&w, "a dead one");
	}
}

/* The token is known once it was handed over: a program that prints it then doesn't get it into the kept log. */
static void print_token(void *world, unsigned op)
{
	struct world *w = world;
	(void)op;
	if (w->e->stdin_bytes.len && !w->secret) {
		const char *token = w->e->stdin_bytes.p + strlen("token 1\n");
		w->secret = xstrndup(token, strcspn(token, "\n"));
		w->line = xasprintf("my token is %s\nand again %s!\n", w->secret, w->secret);
		w->e->log_text = w->line;
		w->e->listens = false;
	}
}

static void a_kept_log_has_no_token(void **state)
{
	AUTO(world_fini) struct world w;
	AUTO(buf_fini) struct buf kept = BUF_INIT;
	(void)state;
	world_init(&w);
	w.e->before_op = print_token;
	w.e->before_ctx = &w;
	begin(&w);
	finish(&w);
	assert_int_equal(w.err.code, ERR_TIMEOUT);
	assert_int_equal(file_read(launch_log_path(w.l), 1 << 16, &kept, NULL), 0);
	assert_non_null(strstr(buf_str(&kept), "my token is ****"));
	assert_null(strstr(buf_str(&kept), w.secret));
}

static void what_never_answers_ends(void **state)
{
	AUTO(world_fini) struct world w;
	(void)state;
	world_init(&w);
	w.e->listens = false;
	w.e->log_text = "still thinking\n";
	begin(&w);
	finish(&w);
	assert_int_equal(w.err.code, ERR_TIMEOUT);
	assert_non_null(strstr(w.err.text, "5 minutes"));
	assert_non_null(launch_log_path(w.l));
	assert_nothing_left(&w, "a silent one");
}

static void a_taken_port_is_changed(void **state)
{
	(void)state;
	for (unsigned taken = 1; taken <= 5; taken += 2) {
		AUTO(world_fini) struct world w;
		world_init(&w);
		w.e->port_taken = taken;
		begin(&w);
		finish(&w);
		if (taken <= 3) {
			assert_int_equal(w.err.code, 0);
			assert_non_null(strstr(buf_str(&w.warnings), "was taken meanwhile"));
			assert_int_equal(w.e->n_containers, 1);
		} else {
			assert_int_equal(w.err.code, ERR_CONFLICT);
			assert_nothing_left(&w, "ports");
		}
	}
}

static void requests_that_do_not_fit(void **state)
{
	static const struct { enum option_id id; const char *text; enum option_source source; const char *says; bool refused; } rows[] = {
		{ OPT_MEMORY, "64G", FROM_USER, "8.0 GiB", true }, { OPT_CPUS, "16", FROM_USER, "has 4", true }, { OPT_IMAGE, "", FROM_USER, "no image", true },
		{ OPT_MEMORY, "64G", FROM_PROJECT, "goes with 8.0 GiB", false }, { OPT_CPUS, "16", FROM_PROJECT, "goes with 4", false },
		{ OPT_GPUS, "1", FROM_USER, "1 GPU is asked for, but the engine offers none", true }, { OPT_GPUS, "2", FROM_PROJECT, "engine offers none", false },
		{ OPT_GPUS, "1", FROM_LAST, "engine offers none", false }, { OPT_DISK, "10G", FROM_USER, "can't limit disk space", false },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(world_fini) struct world w;
		world_init(&w);
		options_set(&w.options, rows[i].id, rows[i].text, rows[i].source, NULL);
		begin(&w);
		finish(&w);
		assert_int_equal(w.err.code != 0, rows[i].refused);
		if (!strstr(rows[i].refused ? w.err.text : buf_str(&w.warnings), rows[i].says))
			fail_msg("'%s' '%s'", w.err.text, buf_str(&w.warnings));
		if (rows[i].refused) {
			assert_int_equal(w.e->n_creates, 0);
			assert_true(w.err.hint[0] != '\0');
			assert_nothing_left(&w, "a refused one");
		}
	}
}

static void an_engine_without_limits(void **state)
{
	static const struct { enum option_source cpus; const char *says; bool refused; } rows[] = {
		{ FROM_USER, "2 CPUs are asked for, but the engine can't limit CPUs", true }, { FROM_PROJECT, "can't limit CPUs: ", false },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(world_fini) struct world w;
		world_init(&w);
		w.e->caps = ENGINE_NO_CPU_LIMITS | ENGINE_NO_MEMORY_LIMITS;
		options_set(&w.options, OPT_CPUS, "2", rows[i].cpus, NULL);
		begin(&w);
		finish(&w);
		assert_int_equal(w.err.code != 0, rows[i].refused);
		assert_int_equal(w.e->n_creates > 0, !rows[i].refused);
		assert_non_null(strstr(rows[i].refused ? w.err.text : buf_str(&w.warnings), rows[i].says));
		assert_non_null(strstr(buf_str(&w.warnings), "can't limit memory"));
	}
}

static void names_are_not_taken_from_others(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		AUTO(world_fini) struct world w;
		static const struct net_header label = { LABEL("session"), "s1" };
		world_init(&w);
		if (kind & 1)
			fake_add(w.e->containers, &w.e->n_containers, "berth-s1", &label, kind & 2 ? 0 : 1);
		else
			fake_add(w.e->volumes, &w.e->n_volumes, "berth-s1", &label, kind & 2 ? 0 : 1);
		begin(&w);
		finish(&w);
		assert_int_equal(w.err.code, ERR_CONFLICT);
		assert_true(w.err.hint[0] != '\0');
		assert_int_equal(w.e->n_containers + w.e->n_volumes, 1);
	}
}

static void images_are_got(void **state)
{
	AUTO(world_fini) struct world w;
	(void)state;
	world_init(&w);
	w.e->image_there = false;
	begin(&w);
	finish(&w);
	assert_int_equal(w.err.code, 0);
	assert_int_equal(w.e->n_pulls, 1);
}

static void images_without_anything(void **state)
{
	AUTO(world_fini) struct world w;
	(void)state;
	world_init(&w);
	w.e->has_sh = w.e->has_jupyter = false;
	w.e->passwd = NULL;
	w.e->user = "1234:5";
	w.e->cmd = "/serve";
	begin(&w);
	finish(&w);
	assert_int_equal(w.err.code, 0);
	struct thing *c = fake_container(w.e, "berth-s1");
	assert_string_equal(c->argv, "");
	assert_int_equal(c->port, 0);
	assert_int_equal(w.e->stdin_bytes.len, 0);
}

const struct CMUnitTest launch_tests[] = {
	cmocka_unit_test(a_launch_that_works), cmocka_unit_test(every_failure_is_undone), cmocka_unit_test(cancelling_anywhere_leaves_nothing),
	cmocka_unit_test(freeing_anywhere_is_safe), cmocka_unit_test(clones_fail_and_hang), cmocka_unit_test(the_dead_have_words_and_a_log),
	cmocka_unit_test(a_kept_log_has_no_token), cmocka_unit_test(what_never_answers_ends),
	cmocka_unit_test(a_taken_port_is_changed), cmocka_unit_test(requests_that_do_not_fit), cmocka_unit_test(an_engine_without_limits),
	cmocka_unit_test(names_are_not_taken_from_others), cmocka_unit_test(images_are_got), cmocka_unit_test(images_without_anything),
};
const size_t n_launch_tests = ARRAY_LEN(launch_tests);
