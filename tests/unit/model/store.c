/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <time.h>
#include "tests.h"

static const struct fresh good = { .state = FRESH_FRESH, .at_s = 100 };

static struct oid oid_n(unsigned n)
{
	struct oid o = { { 0xaa } };
	memcpy(o.b + 4, &n, sizeof n);
	return o;
}

static void put_projects(struct store *s, const char *const *paths, size_t n)
{
	struct project items[8] = { 0 };
	for (size_t i = 0; i < n; i++)
		items[i] = (struct project){ .id = project_id_of("local", paths[i]), .forge = xstrdup("local"), .path = xstrdup(paths[i]) };
	store_set_projects(s, items, n, &good);
	for (size_t i = 0; i < n; i++)
		assert_null(items[i].path); /* taken over */
}

static void put_branches(struct store *s, struct project_id p, const char *const *names, size_t n)
{
	struct branch items[8] = { 0 };
	for (size_t i = 0; i < n; i++)
		items[i] = (struct branch){ .name = xstrdup(names[i]) };
	store_set_branches(s, p, items, n, &good);
}
#define PUT_PROJECTS(s, ...) put_projects(s, (const char *const[]){ __VA_ARGS__ }, ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))
#define PUT_BRANCHES(s, p, ...) put_branches(s, p, (const char *const[]){ __VA_ARGS__ }, ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

void empty_store_reads(void **state)
{
	struct store *s = store_new();
	struct project_id p = project_id_of("local", "x");
	struct oid o = oid_n(1);
	bool complete = true;
	assert_int_equal(store_projects_fresh(s)->state, FRESH_ABSENT);
	assert_int_equal(store_branches_fresh(s, p)->state, FRESH_ABSENT);
	assert_int_equal(store_commits_fresh(s, p, "main")->state, FRESH_ABSENT);
	assert_int_equal(store_n_commits(s, p, "main", &complete), 0);
	assert_false(complete);
	assert_null(store_project_at(s, 0));
	assert_null(store_project(s, p));
	assert_null(store_branch_at(s, p, 0));
	assert_null(store_branch(s, p, "main"));
	assert_null(store_commit_id_at(s, p, "main", 0));
	assert_null(store_commit(s, p, &o));
	assert_null(store_image(s, p, &o));
	assert_null(store_build_at(s, 0));
	assert_null(store_build(s, "x"));
	assert_null(store_build_of(s, p, &o));
	assert_null(store_session_at(s, 0));
	assert_null(store_session(s, "x"));
	assert_null(store_message_at(s, 0));
	assert_int_equal(store_engine(s)->state, ENGINE_ASKING);
	store_remove_build(s, "x");
	store_remove_session(s, "x");
	store_add_usage(s, "x", &(struct usage){ .at_s = 1 });
	store_free(s);
	store_free(NULL);
}

void projects_replace_and_forget(void **state)
{
	struct store *s = store_new();
	struct project_id a = project_id_of("local", "a"), b = project_id_of("local", "b");
	PUT_PROJECTS(s, "a", "b", "a");
	assert_int_equal(store_n_projects(s), 2);
	PUT_BRANCHES(s, a, "main");
	PUT_BRANCHES(s, b, "main");
	struct commit c = { .id = oid_n(1), .subject = xstrdup("s") };
	store_put_commit(s, a, &c);
	PUT_PROJECTS(s, "c", "b");
	assert_null(store_project(s, a));
	assert_int_equal(store_n_branches(s, a), 0);
	struct oid o = oid_n(1);
	assert_null(store_commit(s, a, &o));
	assert_string_equal(store_project(s, b)->path, "b");
	assert_int_equal(store_n_branches(s, b), 1);
	struct fresh failed = { .state = FRESH_FAILED, .at_s = 100 };
	store_projects_mark(s, &failed);
	assert_int_equal(store_projects_fresh(s)->state, FRESH_FAILED);
	assert_int_equal(store_n_projects(s), 2);
	store_free(s);
}

void branches_by_name(void **state)
{
	struct store *s = store_new();
	struct project_id p = project_id_of("local", "a");
	PUT_BRANCHES(s, p, "main", "fix/ü", "origin/main");
	assert_ptr_equal(store_branch(s, p, "fix/ü"), store_branch_at(s, p, 1));
	assert_null(store_branch(s, p, "fix"));
	assert_null(store_branch(s, p, NULL));
	PUT_BRANCHES(s, p, "fix/ü");
	assert_ptr_equal(store_branch(s, p, "fix/ü"), store_branch_at(s, p, 0));
	assert_null(store_branch(s, p, "main"));
	store_free(s);
}

void branch_gone_takes_its_commits(void **state)
{
	struct store *s = store_new();
	struct project_id p = project_id_of("local", "a");
	struct oid o = oid_n(1);
	PUT_BRANCHES(s, p, "main", "old");
	store_set_commit_ids(s, p, "main", &o, 1, true, &good);
	store_set_commit_ids(s, p, "old", &o, 1, true, &good);
	store_set_commit_ids(s, p, "some tag", &o, 1, true, &good);
	PUT_BRANCHES(s, p, "main");
	assert_int_equal(store_n_commits(s, p, "main", NULL), 1);
	assert_int_equal(store_n_commits(s, p, "old", NULL), 0);
	assert_int_equal(store_n_commits(s, p, "some tag", NULL), 1);
	store_free(s);
}

void commit_ids_append(void **state)
{
	struct store *s = store_new();
	struct project_id p = project_id_of("local", "a");
	struct oid ids[3] = { oid_n(1), oid_n(2), oid_n(3) };
	bool complete;
	store_set_commit_ids(s, p, "main", ids, 2, false, &good);
	store_add_commit_ids(s, p, "main", ids + 2, 1, true, &good);
	assert_int_equal(store_n_commits(s, p, "main", &complete), 3);
	assert_true(complete);
	assert_true(oid_eq(store_commit_id_at(s, p, "main", 2), &ids[2]));
	store_add_commit_ids(s, p, "main", NULL, 0, true, &good);
	store_set_commit_ids(s, p, "main", ids + 1, 1, false, &good);
	assert_int_equal(store_n_commits(s, p, "main", &complete), 1);
	assert_false(complete);
	store_free(s);
}

static void put_commit(struct store *s, struct project_id p, unsigned n)
{
	struct commit c = { .id = oid_n(n), .subject = xstrdup("subject") };
	store_put_commit(s, p, &c);
}

void commits_least_recent_goes(void **state)
{
	struct store *s = store_new();
	struct project_id p = project_id_of("local", "a"), q = project_id_of("local", "b");
	for (unsigned i = 0; i < 4096; i++)
		put_commit(s, p, i);
	struct oid first = oid_n(0), second = oid_n(1);
	assert_non_null(store_commit(s, p, &first)); /* read: now the second is the oldest */
	put_commit(s, q, 0);
	assert_non_null(store_commit(s, p, &first));
	assert_non_null(store_commit(s, q, &first));
	assert_null(store_commit(s, p, &second));
	put_commit(s, p, 0); /* once more */
	assert_string_equal(store_commit(s, p, &first)->subject, "subject");
	store_free(s);
}

void images_by_commit(void **state)
{
	struct store *s = store_new();
	struct project_id p = project_id_of("local", "a"), q = project_id_of("local", "b");
	struct oid o = oid_n(5);
	for (int i = 0; i < 2; i++) {
		struct image im = { .commit = o, .state = i ? IMAGE_FAILED : IMAGE_READY, .ref = xstrdup("berth/a:1") };
		store_put_image(s, p, &im);
		assert_null(im.ref);
	}
	assert_int_equal(store_image(s, p, &o)->state, IMAGE_FAILED);
	assert_null(store_image(s, q, &o));
	store_free(s);
}

static void put_build(struct store *s, const char *id, int64_t started, unsigned commit)
{
	struct build b = { .id = xstrdup(id), .forge = xstrdup("local"), .project = xstrdup("a"), .commit = oid_n(commit), .started_at_s = started };
	store_put_build(s, &b);
}

void builds_newest_first(void **state)
{
	struct store *s = store_new();
	static const struct { const char *id; int64_t at; } rows[] = { { "b1", 10 }, { "b3", 30 }, { "b2", 20 }, { "waiting", 0 }, { "b2b", 20 } };
	static const char *const order[] = { "waiting", "b3", "b2b", "b2", "b1" };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		put_build(s, rows[i].id, rows[i].at, 1);
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		assert_string_equal(store_build_at(s, i)->id, order[i]);
	put_build(s, "waiting", 15, 1); /* it has begun, by a clock that went back */
	assert_string_equal(store_build_at(s, 3)->id, "waiting");
	assert_int_equal(store_n_builds(s), 5);
	store_remove_build(s, store_build_at(s, 0)->id);
	assert_null(store_build(s, "b3"));
	assert_int_equal(store_n_builds(s), 4);
	store_free(s);
}

void build_of_a_commit(void **state)
{
	struct store *s = store_new();
	struct project_id p = project_id_of("local", "a");
	struct oid one = oid_n(1), two = oid_n(2);
	put_build(s, "x1", 10, 1);
	put_build(s, "x2", 20, 1);
	put_build(s, "y", 30, 2);
	assert_string_equal(store_build_of(s, p, &one)->id, "x2");
	assert_string_equal(store_build_of(s, p, &two)->id, "y");
	store_remove_build(s, "x2");
	assert_string_equal(store_build_of(s, p, &one)->id, "x1");
	store_remove_build(s, "x1");
	assert_null(store_build_of(s, p, &one));
	store_free(s);
}

static struct session session_named(const char *name, int64_t created)
{
	return (struct session){ .name = xstrdup(name), .created_at_s = created };
}

void sessions_keep_usage_by_name(void **state)
{
	struct store *s = store_new();
	struct session two[2] = { session_named("old", 1), session_named("new", 2) };
	store_set_sessions(s, two, 2, &good);
	assert_string_equal(store_session_at(s, 0)->name, "new");
	store_add_usage(s, "old", &(struct usage){ .cpu_cores = 0.5, .memory_bytes = 7, .at_s = 5 });
	struct session again[2] = { session_named("old", 1), session_named("third", 3) };
	store_set_sessions(s, again, 2, &good);
	assert_null(store_session(s, "new"));
	assert_int_equal(store_session(s, "old")->usage.n, 1);
	struct session put = session_named("old", 1);
	store_put_session(s, &put);
	assert_null(put.name);
	assert_int_equal(store_session(s, "old")->usage.memory_bytes, 7);
	store_remove_session(s, store_session(s, "old")->name);
	struct session fresh_one = session_named("old", 9);
	store_put_session(s, &fresh_one);
	assert_int_equal(store_session(s, "old")->usage.n, 0);
	assert_string_equal(store_session_at(s, 0)->name, "old");
	store_set_sessions(s, NULL, 0, &good);
	assert_int_equal(store_n_sessions(s), 0);
	store_free(s);
}

static void put_running(struct store *s, const char *name, const char *forge, const char *branch, unsigned commit, enum session_state state)
{
	struct session one = session_named(name, 1);
	one.forge = xstrdup(forge);
	one.project = xstrdup("a");
	one.branch = branch ? xstrdup(branch) : NULL;
	one.commit = oid_n(commit);
	one.state = state;
	store_put_session(s, &one);
}

void sessions_that_are_up_are_counted(void **state)
{
	struct store *s = store_new();
	struct project p = { .forge = (char *)"local", .path = (char *)"a" };
	struct oid one = oid_n(1);
	put_running(s, "1", "local", "main", 1, SESSION_RUNNING);
	put_running(s, "2", "local", "main", 2, SESSION_UNHEALTHY);
	put_running(s, "3", "local", NULL, 1, SESSION_STARTING);
	put_running(s, "4", "local", "main", 1, SESSION_STOPPED);
	put_running(s, "5", "elsewhere", "main", 1, SESSION_RUNNING);
	struct session stranger = session_named("6", 1);
	stranger.state = SESSION_RUNNING;
	store_put_session(s, &stranger);
	assert_int_equal(store_count_sessions(s, &p, NULL, NULL), 3);
	assert_int_equal(store_count_sessions(s, &p, "main", NULL), 2);
	assert_int_equal(store_count_sessions(s, &p, NULL, &one), 2);
	assert_int_equal(store_count_sessions(s, &p, "main", &one), 1);
	assert_int_equal(store_count_sessions(s, NULL, NULL, NULL), 0);
	store_free(s);
}

void usage_is_a_ring(void **state)
{
	struct store *s = store_new();
	struct session one = session_named("a", 1);
	one.memory_limit_bytes = 1000;
	store_put_session(s, &one);
	for (unsigned i = 1; i <= USAGE_HISTORY + 5; i++)
		store_add_usage(s, "a", &(struct usage){ .cpu_cores = i, .memory_bytes = i == 3 ? 5000 : 500, .at_s = i });
	const struct usage *u = &store_session(s, "a")->usage;
	assert_int_equal(u->n, USAGE_HISTORY);
	assert_int_equal((int)u->cpu_history[0], 6);
	assert_int_equal((int)u->cpu_history[USAGE_HISTORY - 1], USAGE_HISTORY + 5);
	assert_true(u->memory_history[0] > 0.49f && u->memory_history[0] < 0.51f);
	assert_int_equal(u->memory_peak_bytes, 5000);
	assert_int_equal(u->at_s, USAGE_HISTORY + 5);
	store_free(s);
}

void messages_are_a_ring(void **state)
{
	struct store *s = store_new();
	char text[32];
	for (int i = 0; i < 1203; i++) {
		snprintf(text, sizeof text, "message %d", i);
		store_add_message(s, &(struct message){ .level = MESSAGE_INFO, .text = text, .hint = (char *)(i % 2 ? "do it" : "") });
	}
	assert_int_equal(store_n_messages(s), 500);
	assert_string_equal(store_message_at(s, 0)->text, "message 1202");
	assert_null(store_message_at(s, 0)->hint);
	assert_string_equal(store_message_at(s, 499)->text, "message 703");
	assert_string_equal(store_message_at(s, 499)->hint, "do it");
	assert_null(store_message_at(s, 500));
	store_free(s);
}

void engine_is_replaced(void **state)
{
	struct store *s = store_new();
	for (int i = 0; i < 2; i++) {
		struct engine_status e = { .state = i ? ENGINE_DOWN : ENGINE_UP, .name = xstrdup("default") };
		store_set_engine(s, &e);
		assert_null(e.name);
	}
	assert_int_equal(store_engine(s)->state, ENGINE_DOWN);
	store_free(s);
}

/* ---- notices ------------------------------------------------------------------------------------------------------------ */
struct watcher {
	struct store *s;
	unsigned seen[NOTICE_KIND_COUNT_], total;
	int number, other;
	struct watcher *late;
	void (*act)(struct watcher *w);
};

static void watch(void *ctx, const struct notice *n)
{
	struct watcher *w = ctx;
	w->seen[n->kind]++;
	w->total++;
	if (w->act)
		w->act(w);
}

void notices_coalesce(void **state)
{
	struct store *s = store_new();
	struct watcher w = { .s = s };
	w.number = store_subscribe(s, watch, &w);
	struct project_id a = project_id_of("local", "a"), b = project_id_of("local", "b");
	store_flush(s);
	assert_int_equal(w.total, 0);
	for (unsigned i = 0; i < 100; i++) {
		put_commit(s, a, i);
		put_commit(s, b, i);
		store_note_launch(s);
	}
	assert_int_equal(w.total, 0);
	store_flush(s);
	assert_int_equal(w.seen[NOTICE_COMMITS], 2);
	assert_int_equal(w.seen[NOTICE_LAUNCH], 1);
	store_flush(s);
	assert_int_equal(w.total, 3);
	store_unsubscribe(s, w.number);
	store_note_launch(s);
	store_flush(s);
	assert_int_equal(w.total, 3);
	store_free(s);
}

static void add_late(struct watcher *w)
{
	if (!w->late->number)
		w->late->number = store_subscribe(w->s, watch, w->late);
}

void subscriber_added_in_dispatch(void **state)
{
	struct store *s = store_new();
	struct watcher late = { .s = s }, w = { .s = s, .act = add_late, .late = &late };
	store_subscribe(s, watch, &w);
	store_note_launch(s);
	store_flush(s);
	assert_int_equal(late.total, 0);
	store_note_launch(s);
	store_flush(s);
	assert_int_equal(late.total, 1);
	store_free(s);
}

static void remove_both(struct watcher *w)
{
	store_unsubscribe(w->s, w->number);
	store_unsubscribe(w->s, w->other);
}

void subscriber_removed_in_dispatch(void **state)
{
	struct store *s = store_new();
	struct watcher w = { .s = s, .act = remove_both }, victim = { .s = s }, stays = { .s = s };
	w.number = store_subscribe(s, watch, &w);
	w.other = store_subscribe(s, watch, &victim);
	store_subscribe(s, watch, &stays);
	for (int i = 0; i < 2; i++) {
		store_note_launch(s);
		store_flush(s);
	}
	assert_int_equal(w.total, 1);
	assert_int_equal(victim.total, 0);
	assert_int_equal(stays.total, 2);
	store_free(s);
}

static void write_once(struct watcher *w)
{
	w->act = NULL;
	store_add_message(w->s, &(struct message){ .level = MESSAGE_INFO, .text = (char *)"seen" });
}

void write_in_dispatch_is_told(void **state)
{
	struct store *s = store_new();
	struct watcher w = { .s = s, .act = write_once };
	store_subscribe(s, watch, &w);
	store_note_launch(s);
	store_flush(s);
	assert_int_equal(w.seen[NOTICE_MESSAGES], 1);
	store_free(s);
}

static void write_always(struct watcher *w)
{
	store_note_launch(w->s);
}

void answering_subscribers_do_not_hang(void **state)
{
	struct store *s = store_new();
	struct watcher w = { .s = s, .act = write_always };
	store_subscribe(s, watch, &w);
	store_note_launch(s);
	store_flush(s);
	assert_in_range(w.total, 2, 100);
	store_free(s);
}

static void flush_again(struct watcher *w)
{
	store_flush(w->s);
}

void flush_in_flush(void **state)
{
	struct store *s = store_new();
	struct watcher w = { .s = s, .act = flush_again };
	store_subscribe(s, watch, &w);
	store_note_launch(s);
	store_add_message(s, &(struct message){ .level = MESSAGE_INFO, .text = (char *)"x" });
	store_flush(s);
	assert_int_equal(w.total, 2);
	store_free(s);
}

/* 1,000 projects, a branch of 100,000 commits by pages, every row read: each must be far from quadratic. */
void large_histories_are_fast(void **state)
{
	enum { PROJECTS = 1000, COMMITS = 100000, PAGE = 200 };
	clock_t start = clock();
	struct store *s = store_new();
	struct project *items = xcalloc(PROJECTS, sizeof *items);
	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < PROJECTS; i++) {
			char *path = xasprintf("group/project-%u", i);
			items[i] = (struct project){ .id = project_id_of("local", path), .path = path };
		}
		store_set_projects(s, items, PROJECTS, &good);
	}
	free(items);
	struct project_id p = store_project_at(s, 500)->id;
	struct oid page[PAGE];
	for (unsigned i = 0; i < COMMITS; i += PAGE) {
		for (unsigned j = 0; j < PAGE; j++) {
			page[j] = oid_n(i + j);
			put_commit(s, p, i + j);
		}
		store_add_commit_ids(s, p, "main", page, PAGE, i + PAGE == COMMITS, &good);
		store_flush(s);
	}
	size_t loaded = 0;
	for (size_t i = 0; i < COMMITS; i++)
		loaded += store_commit(s, p, store_commit_id_at(s, p, "main", i)) != NULL;
	assert_int_equal(loaded, 4096);
	for (unsigned i = 0; i < PROJECTS; i++)
		assert_ptr_equal(store_project(s, store_project_at(s, i)->id), store_project_at(s, i));
	store_free(s);
	assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 5); /* some 0.1 s; the sanitizers take ten times that */
}
