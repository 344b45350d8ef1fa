/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that are cancelled, that ask for what is not there, that a forge lacks; and watches. */
#include "berth/forge_impl.h"
#include "tests/contract/forge.h"

/* ---- cancelling ------------------------------------------------------------------------------------------------------------------------ */
static struct forge_call *any_call(unsigned which, const struct project *p, const struct oid *tip, struct seen *s)
{
	const struct forge_commits_query ids = { .project = p, .branch = "main", .tip = *tip, .max = SIZE_MAX };
	const struct forge_tar_query tar = { .project = p, .commit = *tip };

	switch (which) {
	case 0: return forge_projects(forge, on_project, on_note, seen_end, s);
	case 1: return forge_branches(forge, p, on_branch, seen_end, s);
	case 2: return forge_commit_ids(forge, &ids, on_ids, seen_end, s);
	case 3: return forge_commits(forge, p, tip, 1, on_commit, seen_end, s);
	case 4: return forge_resolve(forge, p, "main", on_found, seen_end, s);
	case 5: return forge_file(forge, &(struct forge_file_query){ p, *tip, "README.md", 1000 }, on_bytes, seen_end, s);
	case 6: return forge_tree(forge, p, tip, on_tree, seen_end, s);
	case 7: return forge_tar(forge, &tar, on_bytes, seen_end, s);
	default: return NULL;
	}
}
enum { N_CALLS = 8 };

static void cancelled_at_once(void **state)
{
	AUTO(project_fini) struct project p = project_of("long");
	struct oid tip = resolved(&p, "main");

	for (unsigned which = 0; which < N_CALLS; which++) {
		AUTO(seen_fini) struct seen s = { 0 };
		s.call = any_call(which, &p, &tip, &s);
		forge_cancel(s.call);
		forge_cancel(s.call); /* twice is once */
		assert_int_equal(s.n_ends, 0);
		loop_turn(loop, false);
		assert_int_equal(s.n_ends, 1); /* at once: it waits for no worker */
		assert_int_equal(s.err.code, ERR_CANCELLED);
		assert_int_equal(s.n_items, 0);
		for (int i = 0; i < 50; i++)
			loop_turn(loop, false);
	}
	forge_cancel(NULL);
}

static void cancelled_in_an_item(void **state)
{
	AUTO(project_fini) struct project p = project_of("long");
	struct oid tip = resolved(&p, "main");

	for (unsigned which = 0; which < N_CALLS; which++) {
		AUTO(seen_fini) struct seen s = { .cancel_at = 1 };
		s.call = any_call(which, &p, &tip, &s);
		if (which == 7)
			forge_tar_more(s.call);
		seen_wait(&s);
		assert_int_equal(s.err.code, which == 5 && !s.n_items ? ERR_NOT_FOUND : ERR_CANCELLED);
		assert_true(s.n_items == 1 || which == 5);
	}
}

static void freeing_ends_everything(void **state)
{
	AUTO(project_fini) struct project p = project_of("long");
	struct oid tip = resolved(&p, "main");
	struct seen s[N_CALLS] = { 0 };

	for (unsigned which = 0; which < N_CALLS; which++)
		s[which].call = any_call(which, &p, &tip, &s[which]);
	forge_cancel(s[1].call); /* whose end is on its way */
	forge_free(forge);
	for (unsigned which = 0; which < N_CALLS; which++) {
		assert_int_equal(s[which].n_ends, 1);
		assert_int_equal(s[which].err.code, ERR_CANCELLED);
		seen_fini(&s[which]);
	}
	for (int i = 0; i < 50; i++)
		loop_turn(loop, false);
	forge = maker->make(loop);
}

/* ---- what is not there ----------------------------------------------------------------------------------------------------------------- */
static void unknown_projects_and_branches(void **state)
{
	AUTO(project_fini) struct project usual = project_of("usual");
	struct project unknown = { .path = (char[]){ "x" }, .forge = usual.forge };
	struct oid tip = resolved(&usual, "feature/x"), nowhere = { .b = { 8 } };

	for (unsigned which = 1; which < N_CALLS; which++) {
		AUTO(seen_fini) struct seen s = { 0 };
		s.call = any_call(which, &unknown, &tip, &s);
		if (which == 7)
			forge_tar_more(s.call);
		seen_wait(&s);
		assert_int_equal(s.err.code, ERR_NOT_FOUND);
		assert_string_not_equal(s.err.text, "");
	}
	AUTO(seen_fini) struct seen none = ids_of(&usual, &nowhere, 0, 10);
	assert_int_not_equal(none.err.code, ERR_NONE);
	/* a branch that vanishes between the list and the walk: its commits are still there */
	maker->drop_branch("usual", "feature/x");
	AUTO(seen_fini) struct seen walk = ids_of(&usual, &tip, 0, 10);
	assert_int_equal(walk.ids.len, 4);
	AUTO(seen_fini) struct seen gone = { 0 };
	gone.call = forge_resolve(forge, &usual, "feature/x", on_found, seen_end, &gone);
	seen_wait(&gone);
	assert_int_equal(gone.err.code, ERR_NOT_FOUND);
}

static void vanished_projects(void **state)
{
	AUTO(project_fini) struct project p = project_of("empty");
	AUTO(seen_fini) struct seen s = { 0 };

	maker->drop_project("empty");
	s.call = forge_branches(forge, &p, on_branch, seen_end, &s);
	seen_wait(&s);
	assert_int_equal(s.err.code, ERR_NOT_FOUND);
}

/* ---- watching -------------------------------------------------------------------------------------------------------------------------- */
static void on_changed(void *ctx) { ++*(unsigned *)ctx; }

static void turn_until(const unsigned *n, unsigned least)
{
	for (unsigned i = 0; *n < least && i < 100000; i++)
		loop_turn(loop, true);
	assert_true(*n >= least);
}

static void tick(void *ctx) { ++*(unsigned *)ctx; }

static void changes_are_told(void **state)
{
	AUTO(project_fini) struct project p = project_of("usual");
	unsigned n = 0, ticks = 0;
	struct forge_watch *w = forge_watch_project(forge, &p, on_changed, &n);
	struct loop_timer *t = loop_timer_start(loop, 100, 100, tick, &ticks);

	if (!w) {
		loop_timer_stop(t);
		return; /* a forge may say that it can't */
	}
	turn_until(&ticks, 5);
	git_run(p.dir, "branch", "deep/er/branch", "main");
	turn_until(&n, 1);
	unsigned before = n;
	ticks = 0;
	turn_until(&ticks, 8); /* what it found may be told once more, then there is silence */
	before = n;
	git_run(p.dir, "branch", "deep/er/other", "main"); /* in a folder that came later */
	turn_until(&n, before + 1);
	forge_unwatch(w);
	forge_unwatch(NULL);
	loop_timer_stop(t);
}

/* ---- slots that are missing -------------------------------------------------------------------------------------------------------------- */
static void bare_destroy(struct forge *f) { free(f); }

static void missing_slots_are_unsupported(void **state)
{
	static const struct forge_ops nothing = { .destroy = bare_destroy };
	struct project p = { 0 };
	struct oid tip = { 0 };
	struct forge *real = forge;

	forge = xcalloc(1, sizeof *forge);
	forge_init(forge, &nothing, loop, "bare");
	for (unsigned which = 0; which < N_CALLS; which++) {
		AUTO(seen_fini) struct seen s = { 0 };
		s.call = any_call(which, &p, &tip, &s);
		seen_wait(&s);
		assert_int_equal(s.err.code, ERR_UNSUPPORTED);
	}
	assert_null(forge_watch_project(forge, &p, on_changed, NULL));
	forge_free(forge);
	forge = real;
}

const struct CMUnitTest forge_ends_tests[] = {
	cmocka_unit_test(cancelled_at_once),
	cmocka_unit_test(cancelled_in_an_item),
	cmocka_unit_test(freeing_ends_everything),
	cmocka_unit_test(missing_slots_are_unsupported),
	cmocka_unit_test(changes_are_told),
	cmocka_unit_test(unknown_projects_and_branches),
	cmocka_unit_test(vanished_projects),
	{ 0 },
};
