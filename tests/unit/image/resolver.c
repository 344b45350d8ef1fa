/* SPDX-License-Identifier: GPL-3.0-or-later */
/* States of commits' images: what the engine has, what was built, what is pinned, what an ancestor can lend. */
#include <unistd.h>
#include "berth/path.h"
#include "berth/mem.h"
#include "disk.h"
#include "fakes.h"
#include "tests.h"

static const struct fake_file files[] = {
	{ 7, ".renku/renku.ini", "[interactive]\nimage = org/pinned:2\n" },
	{ 8, ".renku/renku.ini", "[interactive]\nimage = org/absent:2\n" },
	{ 9, ".renku/renku.ini", "[interactive]\nimage = org/x@sha256:00\n" },
	{ 10, "Dockerfile", "FROM other\n" }, { 11, "Dockerfile", "FROM x\n" }, { 12, "Dockerfile", "FROM x\n" }, { 13, "Dockerfile", "FROM z\n" },
	{ 14, "Dockerfile", "FROM z\n" },
	{ 0, "notes", "n" }, { 0 },
};

struct answer { enum image_state state; char *ref, *reason; struct oid same_as; uint32_t typical, step; uint64_t size; unsigned times; enum fresh_state fresh; };
struct asker {
	struct loop *l;
	struct fake_forge *f;
	struct fake_engine *e;
	struct image_resolver *r;
	struct image_call *call;
	struct answer got[256];
	unsigned n_items, cancel_at;   /* cancel at the n-th item; 0: never */
	bool ended;
	struct err err;
};

static void on_item(void *asker, const struct image *i)
{
	struct asker *a = asker;
	struct answer *g = &a->got[i->commit.b[0]];
	free(g->ref);
	free(g->reason);
	*g = (struct answer){ i->state, xstrdup(i->ref), xstrdup(i->reason), i->same_as, i->typical_build_s, i->step, i->size_bytes, g->times + 1, i->fresh.state };
	if (++a->n_items == a->cancel_at)
		image_cancel(a->call);
}

static void on_end(void *asker, const struct err *err)
{
	struct asker *a = asker;
	assert_false(a->ended);
	a->ended = true;
	a->err = (struct err){ 0 };
	err_copy(&a->err, err);
}

static void open_asker(struct asker *a, const char *const *tags)
{
	struct project p = { .forge = (char[]){ "local" }, .path = (char[]){ "flights" } };
	*a = (struct asker){ .l = loop_new() };
	a->f = fake_forge_new(a->l, files, 20);
	a->e = fake_engine_new(a->l, tags);
	a->r = image_resolver_new(&a->f->base, &a->e->base, &p);
}

static void forget_answers(struct asker *a)
{
	for (size_t i = 0; i < ARRAY_LEN(a->got); i++) {
		free(a->got[i].ref);
		free(a->got[i].reason);
		a->got[i] = (struct answer){ 0 };
	}
	a->n_items = 0;
}

static void close_asker(struct asker *a)
{
	image_resolver_free(a->r);
	engine_free(&a->e->base);
	forge_free(&a->f->base);
	loop_free(a->l);
	forget_answers(a);
}

/* Asks for commits first … last, to the end. */
static void begin(struct asker *a, unsigned first, unsigned last)
{
	struct oid commits[32];
	size_t n = 0;
	for (unsigned c = first; c <= last; c++)
		commits[n++] = oid_of((unsigned char)c);
	a->ended = false;
	a->call = image_resolve(a->r, commits, n, on_item, on_end, a);
	assert_false(a->ended);
}

static void ask(struct asker *a, unsigned first, unsigned last)
{
	forget_answers(a);
	begin(a, first, last);
	turn_until(a->l, &a->ended);
	assert_int_equal(a->err.code, 0);
}

static void assert_answer(const struct asker *a, unsigned c, enum image_state state, const char *words)
{
	const struct answer *g = &a->got[c];
	if (!g->times || g->state != state || (words && (!g->reason || !strstr(g->reason, words))))
		print_error("commit %u: %s, '%s' (%u times)\n", c, image_state_name(g->state), g->reason ? g->reason : "", g->times);
	assert_true(g->times > 0);
	assert_int_equal(g->state, state);
	if (words)
		assert_non_null(strstr(g->reason, words));
}

void states_of_every_kind(void **state)
{
	static const char *const tags[] = { "berth/flights:0101010", "debian:trixie-slim", NULL };
	struct asker a;
	(void)state;
	make_record("flights/0202020-1", "flights", 2, BUILD_FAILED, 1000);
	make_record("flights/0303030-1", "flights", 3, BUILD_CANCELED, 1000);
	make_record("flights/0404040-1", "flights", 4, BUILD_RUNNING, 1000);
	make_record("flights/0505050-1", "flights", 5, BUILD_RUNNING, 1000);
	make_record("flights/0606060-1", "flights", 6, BUILD_DONE, 1000);
	make_record("flights/0f0f0f0-1", "flights", 15, BUILD_QUEUED, 1 << 30);
	make_record("flights/1010101-1", "flights", 16, BUILD_DONE, 1000);
	make_record("other/0202020-1", "other", 2, BUILD_DONE, 9000);
	AUTO_STR path = build_file("flights/0505050-1", "lock");
	int lock = lock_take(path, false, NULL);
	setenv("BERTH_NOW", "1073741825", 1);
	open_asker(&a, tags);
	ask(&a, 1, 16);
	assert_answer(&a, 1, IMAGE_READY, NULL);
	assert_string_equal(a.got[1].ref, "berth/flights:0101010");
	assert_int_equal(a.got[1].size, 1000);
	assert_answer(&a, 2, IMAGE_FAILED, "failed");
	assert_answer(&a, 3, IMAGE_CANCELED, "canceled");
	assert_answer(&a, 4, IMAGE_FAILED, "lost");
	assert_answer(&a, 5, IMAGE_BUILDING, "being built on fake");
	assert_answer(&a, 6, IMAGE_NONE, "does not have it any more");
	assert_answer(&a, 12, IMAGE_NONE, "never built");
	assert_answer(&a, 15, IMAGE_QUEUED, "about to start");
	assert_int_equal(a.got[12].typical, 60);
	assert_int_equal(a.got[12].fresh, FRESH_FRESH);
	unsetenv("BERTH_NOW");
	close_asker(&a);
	close(lock);
}

void an_engine_that_is_down_leaves_the_rest(void **state)
{
	struct asker a;
	(void)state;
	make_record("flights/0202020-1", "flights", 2, BUILD_FAILED, 1000);
	make_record("flights/0606060-1", "flights", 6, BUILD_DONE, 1000);
	open_asker(&a, NULL);
	a.e->down = true;
	ask(&a, 1, 9);
	assert_answer(&a, 1, IMAGE_UNKNOWN, "nothing answers on /var/run/x.sock");
	assert_int_equal(a.got[1].fresh, FRESH_FAILED);
	assert_answer(&a, 2, IMAGE_FAILED, "failed");
	assert_answer(&a, 6, IMAGE_UNKNOWN, "not known");
	assert_answer(&a, 8, IMAGE_PINNED, "not known");
	a.e->down = false; /* and it is asked again as soon as somebody looks */
	ask(&a, 1, 2);
	assert_answer(&a, 1, IMAGE_NONE, NULL);
	close_asker(&a);
}

void no_engine_at_all(void **state)
{
	struct asker a;
	struct project p = { .forge = (char[]){ "local" }, .path = (char[]){ "flights" } };
	(void)state;
	open_asker(&a, NULL);
	image_resolver_free(a.r);
	a.r = image_resolver_new(&a.f->base, NULL, &p);
	make_record("flights/0202020-1", "flights", 2, BUILD_FAILED, 1000);
	ask(&a, 1, 8);
	assert_answer(&a, 1, IMAGE_UNKNOWN, "no engine was found");
	assert_answer(&a, 2, IMAGE_FAILED, NULL);
	assert_answer(&a, 7, IMAGE_PINNED, "not known: no engine");
	close_asker(&a);
}

void pins_win_and_are_looked_up(void **state)
{
	static const char *const tags[] = { "docker.io/org/pinned:2", "berth/flights:0808080", NULL };
	struct asker a;
	(void)state;
	open_asker(&a, tags);
	ask(&a, 6, 9);
	assert_answer(&a, 7, IMAGE_PINNED, "the engine has it");
	assert_string_equal(a.got[7].ref, "org/pinned:2");
	assert_answer(&a, 8, IMAGE_PINNED_MISSING, "org/absent:2");
	assert_answer(&a, 9, IMAGE_PINNED, "digest");
	assert_int_equal(a.e->n_images, 1);
	close_asker(&a);
}

void same_as_needs_the_same_environment(void **state)
{
	static const char *const tags[] = { "localhost/berth/flights:0c0c0c0", "berth/flights:0e0e0e0", NULL };
	struct asker a;
	struct oid twelve = oid_of(12), fourteen = oid_of(14);
	(void)state;
	open_asker(&a, tags);
	ask(&a, 10, 15);
	assert_answer(&a, 10, IMAGE_NONE, NULL);     /* FROM other */
	assert_answer(&a, 11, IMAGE_SAME_AS, "0c0c0c0");
	assert_true(oid_eq(&a.got[11].same_as, &twelve));
	assert_string_equal(a.got[11].ref, "berth/flights:0c0c0c0");
	assert_int_equal(a.got[11].times, 2);        /* the quick answer first */
	assert_answer(&a, 12, IMAGE_READY, NULL);
	assert_answer(&a, 13, IMAGE_SAME_AS, "0e0e0e0");
	assert_true(oid_eq(&a.got[13].same_as, &fourteen));
	assert_answer(&a, 15, IMAGE_NONE, NULL);     /* nothing behind it has one */
	close_asker(&a);
}

void one_request_until_forgotten(void **state)
{
	struct asker a;
	(void)state;
	open_asker(&a, NULL);
	ask(&a, 1, 20);
	ask(&a, 1, 20);
	ask(&a, 5, 9);
	assert_int_equal(a.e->n_images, 1);
	image_resolver_forget(a.r);
	ask(&a, 1, 20);
	assert_int_equal(a.e->n_images, 2);
	begin(&a, 1, 20); /* forgotten while it is asked: what comes is older than that */
	image_resolver_forget(a.r);
	turn_until(a.l, &a.ended);
	ask(&a, 1, 2);
	assert_int_equal(a.e->n_images, 3);
	close_asker(&a);
}

void trees_are_read_once(void **state)
{
	static const char *const tags[] = { "berth/flights:0c0c0c0", NULL };
	struct asker a;
	(void)state;
	open_asker(&a, tags);
	ask(&a, 10, 11);
	unsigned n_trees = a.f->n_trees, n_files = a.f->n_files;
	assert_int_equal(n_trees, 3);
	image_resolver_forget(a.r);
	ask(&a, 10, 11);
	assert_int_equal(a.f->n_trees, n_trees);
	assert_int_equal(a.f->n_files, n_files); /* nor the pins */
	close_asker(&a);
}

void a_later_call_replaces(void **state)
{
	struct asker a, b = { 0 };
	struct oid commit = oid_of(3);
	(void)state;
	open_asker(&a, NULL);
	begin(&a, 1, 5);
	image_resolve(a.r, &commit, 1, on_item, on_end, &b);
	assert_true(a.ended);
	assert_int_equal(a.err.code, ERR_CANCELLED);
	assert_int_equal(a.n_items, 0);
	turn_until(a.l, &b.ended);
	assert_int_equal(b.n_items, 1);
	forget_answers(&b);
	close_asker(&a);
}

void cancelled_in_any_callback(void **state)
{
	static const char *const tags[] = { "berth/flights:0c0c0c0", NULL };
	(void)state;
	for (unsigned n = 1; n <= 9; n++) {
		struct asker a;
		open_asker(&a, tags);
		a.cancel_at = n;
		begin(&a, 5, 11);
		turn_until(a.l, &a.ended);
		if (n <= 8)
			assert_int_equal(a.err.code, ERR_CANCELLED);
		close_asker(&a);
	}
	for (int turns = 0; turns < 16; turns++) {
		struct asker a;
		open_asker(&a, tags);
		begin(&a, 5, 11);
		for (int i = 0; i < turns && !a.ended; i++)
			loop_turn(a.l, /* wait= */ false);
		image_resolver_free(a.r);
		a.r = NULL;
		assert_true(a.ended);
		close_asker(&a);
	}
}

void nothing_to_resolve(void **state)
{
	struct asker a;
	(void)state;
	open_asker(&a, NULL);
	a.ended = false;
	image_resolve(a.r, NULL, 0, on_item, on_end, &a);
	turn_until(a.l, &a.ended);
	a.ended = false;
	image_resolve(a.r, NULL, 0, on_item, on_end, &a); /* ended by the resolver's end */
	close_asker(&a);
}
