/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What git in a session did, as its list shows it. */
#include "app/app_impl.h"
#include "world.h"

void hear_git(void *heard, const struct session_git_done *d)
{
	((struct heard *)heard)->got += strcmp(d->branch, "main") == 0;
}

/* A session is behind by more than it has looked at when its branch is known to be elsewhere. Nobody is asked for that. */
void branches_that_moved_on_are_told(void **state)
{
	struct session_watch seen = { .seen_at_s = 5, .work_at_s = 5, .behind = 2 };
	struct world w;
	(void)state;
	world_new(&w);
	add_session(&w, "a", "main");
	know_all(&w);
	const char *engine = engine_identity(link_engine(w.app));
	const struct oid tip = store_branch(app_store(w.app), w.flights, "main")->tip;
	const struct { int64_t tip; bool moved; } rows[] = { { 0, false }, { (int64_t)oid_number(&tip), false }, { (int64_t)oid_number(&tip) ^ 1, true } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		seen.tip = rows[i].tip;
		assert_int_equal(watch_set(engine, "a", &seen, NULL), 0);
		schedule_sessions(w.app);
		pass_ms(&w, 50);
		assert_int_equal(store_session(app_store(w.app), "a")->watch.tip, rows[i].tip);
		assert_int_equal(store_session(app_store(w.app), "a")->branch_moved, rows[i].moved);
	}
	world_free(&w);
}

void commits_and_pulls_in_sessions_are_noted(void **state)
{
	static const char saved[] = "branch main\nahead 0\nbehind 0\nlook 0\nadd 0\nfiles 2 files\ncommit 0\nmade 9f8e7d6\nahead 1\npush 0\nend\n";
	static const char pulled[] = "branch main\nahead 0\nbehind 4\nlook 0\nmerge 0\nfiles 2 files\nend\n";
	const struct session_watch before = { .seen_at_s = 5, .work_at_s = 5, .changed = 2, .untracked = 1, .ahead = 3, .behind = 4 };
	struct world w;
	struct heard h = { 0 };
	struct session_watch now;
	(void)state;
	world_new(&w);
	add_session(&w, "a", "main");
	w.engine->sessions[0].workdir = "/home/ada/flights";
	know_all(&w);
	const char *engine = engine_identity(link_engine(w.app));
	watch_set(engine, "a", &before, NULL);
	w.engine->exec_out = pulled;
	app_session_git(w.app, "a", NULL, hear_git, hear_end, &h);
	pass_ms(&w, 10);
	assert_int_equal(h.err.code, 0);
	assert_int_equal(h.got, 1);
	watch_get(engine, "a", &now);
	assert_int_equal(now.behind, 0);
	assert_int_equal(now.changed, 2);
	w.engine->exec_out = saved;
	app_session_git(w.app, "a", "m", hear_git, hear_end, &h);
	pass_ms(&w, 10);
	assert_int_equal(h.got, 2);
	watch_get(engine, "a", &now);
	assert_true(now.work_at_s && !now.changed && !now.untracked && now.ahead == 2);
	assert_int_equal(store_session(app_store(w.app), "a")->watch.changed, 0);
	w.engine->exec_out = "refused no-git\nend\n";
	app_session_git(w.app, "a", "m", hear_git, hear_end, &h);
	pass_ms(&w, 10);
	assert_int_equal(h.err.code, ERR_UNSUPPORTED);
	assert_int_equal(h.got, 2);
	app_session_git(w.app, "nobody", "m", hear_git, hear_end, &h);
	pass_ms(&w, 10);
	assert_int_equal(h.err.code, ERR_NOT_FOUND);
	world_free(&w);
	world_new_with(&w, WORLD_READ_ONLY, "");
	add_session(&w, "a", "main");
	know_all(&w);
	app_session_git(w.app, "a", NULL, hear_git, hear_end, &h);
	pass_ms(&w, 10);
	assert_int_equal(h.err.code, ERR_DENIED);
	world_free(&w);
}
