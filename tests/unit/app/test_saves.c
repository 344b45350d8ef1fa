/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose saved work is offered; what is said of a disk that is nearly full. */
#include "app/app_impl.h"
#include "world.h"

#define OF(user) "renku/autosave/" user "/main/1111111/2222222"

static const char *offered(struct world *w)
{
	const struct branch *b = app_saved_work(w->app, w->flights, "main");
	return b ? b->name : "";
}

/* Others' work of the same branch is newer, and is not this person's to take up. */
void saved_work_is_offered_to_whoever_saved_it(void **state)
{
	static const struct { const char *account; enum err_code fails; const char *offered; } cases[] = {
		{ "zoe", 0, OF("zoe") }, { "ann", 0, OF("ann") }, { "eve", 0, "" }, { "zoe", ERR_NET, "" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		world_new(&w);
		w.forge->saved[0] = OF("zoe");
		w.forge->saved[1] = OF("ann");
		w.forge->saved[2] = "renku/autosave/zoe/dev/1111111/2222222";
		fake_forge_has_account(w.forge, cases[i].account);
		w.forge->fail[FAKE_ACCOUNT] = cases[i].fails;
		know_all(&w);
		assert_true(app_saved_work_known(w.app, w.flights));
		assert_string_equal(offered(&w), cases[i].offered);
		assert_int_equal(w.forge->n[FAKE_ACCOUNT], 1);
		world_free(&w);
	}
}

/* What no branch of the project would offer is offered with the default branch, after what is that branch's own. */
void work_of_no_branch_of_the_project_is_offered(void **state)
{
	static const struct { const char *saved[2], *branch, *offered; } cases[] = {
		{ { "renku/autosave/zoe/never/pushed/1111111/2222222" }, "main", "renku/autosave/zoe/never/pushed/1111111/2222222" },
		{ { "renku/autosave/zoe/HEAD/1111111/2222222" }, "main", "renku/autosave/zoe/HEAD/1111111/2222222" },
		{ { "renku/autosave/zoe/@stash-0/1111111/2222222" }, "main", "renku/autosave/zoe/@stash-0/1111111/2222222" },
		{ { "renku/autosave/zoe/never/1111111/2222222", OF("zoe") }, "main", OF("zoe") },
		{ { "renku/autosave/zoe/never/1111111/2222222" }, "dev", NULL },
		{ { "renku/autosave/zoe/dev/1111111/2222222" }, "main", NULL },
		{ { "renku/autosave/ann/never/1111111/2222222" }, "main", NULL },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		world_new(&w);
		w.forge->saved[0] = cases[i].saved[0];
		w.forge->saved[1] = cases[i].saved[1];
		fake_forge_has_account(w.forge, "zoe");
		know_all(&w);
		const struct branch *b = app_saved_work(w.app, w.flights, cases[i].branch);
		assert_int_equal(b != NULL, cases[i].offered != NULL);
		if (b)
			assert_string_equal(b->name, cases[i].offered);
		world_free(&w);
	}
}

void nobody_is_asked_who_they_are_without_need(void **state)
{
	struct world w;
	(void)state;
	world_new(&w);
	fake_forge_has_account(w.forge, "zoe");
	know_all(&w);
	assert_true(app_saved_work_known(w.app, w.flights));
	assert_string_equal(offered(&w), "");
	assert_int_equal(w.forge->n[FAKE_ACCOUNT], 0);
	world_free(&w);
}

/* A call that is under way when all ends is dropped; until it has ended, nothing of a stranger's is offered. */
void who_is_not_known_yet_is_waited_for(void **state)
{
	struct world w;
	(void)state;
	world_new(&w);
	w.forge->saved[0] = OF("ann");
	fake_forge_has_account(w.forge, "ann");
	app_want_projects(w.app);
	pass_ms(&w, 20);
	w.forge->delay_ms = 500;
	app_want_branches(w.app, w.flights);
	pass_ms(&w, 600); /* the branches are there, the account is on its way */
	assert_false(app_saved_work_known(w.app, w.flights));
	assert_string_equal(offered(&w), "");
	pass_ms(&w, 600);
	assert_true(app_saved_work_known(w.app, w.flights));
	assert_string_equal(offered(&w), OF("ann"));
	world_free(&w);
}

void a_disk_that_fills_up_is_told_of_once(void **state)
{
	enum { GB = 1 << 30 };
	static const struct { int64_t size, free; unsigned said; } looks[] = {
		{ 0, 0, 0 }, { 100LL * GB, 50LL * GB, 0 }, { 100LL * GB, 4LL * GB, 1 }, { 100LL * GB, 3LL * GB, 1 }, { 100LL * GB, 50LL * GB, 1 },
		{ 8LL * GB, GB / 2, 2 }, /* less than a gigabyte of more than four */ { 2LL * GB, GB / 2, 2 }, { 2LL * GB, GB / 20, 3 },
	};
	struct session s = { .name = (char *)(uintptr_t)"one", .state = SESSION_RUNNING };
	struct world w;
	(void)state;
	world_new(&w);
	for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
		s.watch.disk_size_bytes = looks[i].size;
		s.watch.disk_free_bytes = looks[i].free;
		warnings_look(w.app, &s);
		if (n_messages_with(&w, "The disk that has the workspace of one") != looks[i].said)
			fail_msg("look %zu: said %zu times", i, n_messages_with(&w, "The disk that has the workspace of one"));
	}
	s.state = SESSION_STOPPED;
	s.watch.disk_size_bytes = 100LL * GB;
	s.watch.disk_free_bytes = 50LL * GB;
	warnings_look(w.app, &s);
	s.watch.disk_free_bytes = 1;
	warnings_look(w.app, &s); /* nobody writes to it */
	assert_int_equal(n_messages_with(&w, "The disk that has the workspace of one"), 3);
	world_free(&w);
}
