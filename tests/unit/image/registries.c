/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What registries say of images that projects pin, and of a commit's own where no host tells. */
#include "../net/script.h"
#include "berth/mem.h"
#include "berth/image.h"
#include "disk.h"
#include "fakes.h"

/* The tests of two rooms list theirs under the same names: this file has net's, and says its own. */
void a_pinned_image_is_asked_for_in_its_registry(void **state);
void an_image_of_the_engine_is_not_asked_for(void **state);
void a_tag_that_no_host_tells_of_is_asked_for(void **state);
void a_registry_that_is_asked_can_be_left(void **state);

enum { GOOD = 1, GOOD_TOO, MISSING, CLOSED, BROKEN, BY_NAME, OWN, LAST };
#define HEAD(status, more) "HTTP/1.1 " status "\r\n" more "Content-Length: 0\r\n\r\n"

struct said { enum image_state state; char *reason, *id; uint64_t size; int64_t created; unsigned times; enum fresh_state fresh; };
static struct world {
	struct loop *l;
	struct net *net;
	struct script script;
	struct registries *registries;
	struct fake_forge *f;
	struct fake_engine *e;
	struct image_resolver *r;
	struct fake_file files[LAST + 2];
	char *texts[LAST + 1], *host;
	struct said said[256];
	bool ended;
} w;

static void on_item(void *ctx, const struct image *i)
{
	(void)ctx;
	struct said *s = &w.said[i->commit.b[0]];
	free(s->reason);
	free(s->id);
	*s = (struct said){ i->state, xstrdup(i->reason), xstrdup(i->image_id), i->size_bytes, i->created_at_s, s->times + 1, i->fresh.state };
}

static void on_end(void *ctx, const struct err *err)
{
	(void)ctx;
	(void)err;
	w.ended = true;
}

static void open_world(const struct turn *turns, size_t n, const char *const *tags)
{
	static const char *const names[] = { [GOOD] = "g/p:1", [GOOD_TOO] = "g/p:1", [MISSING] = "g/p:none", [CLOSED] = "closed/p:1", [BROKEN] = "broken/p:1" };
	w = (struct world){ 0 };
	script_start(&w.script, turns, n);
	w.l = loop_new();
	w.net = net_new(w.l);
	w.host = xstrdup(w.script.srv.url + 7);
	w.registries = registries_new(&(struct registries_config){ .loop = w.l, .net = w.net });
	for (size_t i = GOOD; i <= BROKEN; i++) {
		w.texts[i] = xasprintf("[interactive]\nimage = %s/%s\n", w.host, names[i]);
		w.files[i - 1] = (struct fake_file){ (unsigned char)i, ".renku/renku.ini", w.texts[i] };
	}
	w.files[BROKEN] = (struct fake_file){ 0, "notes", "n" };
	AUTO_STR prefix = xasprintf("%s/g/own", w.host);
	struct project p = { .forge = (char[]){ "local" }, .path = (char[]){ "flights" }, .image_prefix = prefix };
	w.f = fake_forge_new(w.l, w.files, LAST);
	w.e = fake_engine_new(w.l, tags);
	w.r = image_resolver_new(&w.f->base, &w.e->base, &p);
	image_resolver_ask_registries(w.r, w.registries);
}

static void close_world(void)
{
	image_resolver_free(w.r);
	registries_free(w.registries);
	engine_free(&w.e->base);
	forge_free(&w.f->base);
	net_free(w.net);
	loop_free(w.l);
	script_stop(&w.script);
	for (size_t i = 0; i < ARRAY_LEN(w.said); i++) {
		free(w.said[i].reason);
		free(w.said[i].id);
	}
	for (size_t i = 0; i < ARRAY_LEN(w.texts); i++)
		free(w.texts[i]);
	free(w.host);
}

/* The first one is the one that is looked at. */
static void look_at(unsigned first, unsigned last)
{
	struct oid commits[LAST];
	size_t n = 0;
	for (unsigned c = first; c <= last; c++)
		commits[n++] = oid_of((unsigned char)c);
	w.ended = false;
	image_resolve(w.r, commits, n, on_item, on_end, NULL);
	turn_until(w.l, &w.ended);
}

static void assert_said(unsigned commit, enum image_state state, const char *words)
{
	const struct said *s = &w.said[commit];
	if (s->state != state || !s->reason || !strstr(s->reason, words))
		fail_msg("commit %u: %s, '%s'", commit, image_state_name(s->state), s->reason ? s->reason : "");
}

static const struct turn pins[] = {
	{ "HEAD /v2/g/p/manifests/1 ", HEAD("200 OK", "Docker-Content-Digest: sha256:abc\r\n") },
	{ "GET /v2/g/p/manifests/sha256:abc ", JSON_ANSWER("200 OK", "Content-Length: 67\r\n", "{\"config\":{\"digest\":\"sha256:cf\"},\"layers\":[{\"size\":40},{\"size\":2}]}") },
	{ "GET /v2/g/p/blobs/sha256:cf ", JSON_ANSWER("200 OK", "Content-Length: 34\r\n", "{\"created\":\"1970-01-02T00:00:00Z\"}") },
	{ "HEAD /v2/g/p/manifests/none ", HEAD("404 Not Found", "") },
	{ "HEAD /v2/closed/p/manifests/1 ", HEAD("403 Forbidden", "") },
	{ "HEAD /v2/broken/p/manifests/1 ", HEAD("418 Teapot", "") },
};

void a_pinned_image_is_asked_for_in_its_registry(void **state)
{
	static const char *const tags[] = { NULL };
	(void)state;
	open_world(pins, ARRAY_LEN(pins), tags);
	look_at(GOOD, MISSING);
	assert_said(GOOD, IMAGE_PINNED, "its registry has it");
	assert_string_equal(w.said[GOOD].id, "sha256:abc");
	assert_int_equal(w.said[GOOD].size, 42);
	assert_int_equal(w.said[GOOD].created, 86400);
	assert_int_equal(w.said[GOOD].times, 2);        /* the quick answer first */
	assert_said(GOOD_TOO, IMAGE_PINNED, "its registry has it"); /* it pins the same */
	assert_said(MISSING, IMAGE_PINNED, "asked when the commit is looked at");
	look_at(MISSING, MISSING);
	assert_said(MISSING, IMAGE_PINNED_MISSING, "neither the engine nor its registry");
	look_at(CLOSED, CLOSED);
	assert_said(CLOSED, IMAGE_PINNED_LOGIN, "docker login");
	look_at(BROKEN, BROKEN);
	assert_said(BROKEN, IMAGE_PINNED, "not known");
	assert_int_equal(w.said[BROKEN].fresh, FRESH_FAILED);
	size_t asked = w.script.n_asked;
	look_at(GOOD, CLOSED);                          /* kept */
	look_at(CLOSED, CLOSED);
	assert_int_equal(w.script.n_asked, asked);
	close_world();
}

void an_image_of_the_engine_is_not_asked_for(void **state)
{
	const char *tags[] = { NULL, NULL };
	(void)state;
	open_world(NULL, 0, tags);
	AUTO_STR ref = xasprintf("%s/g/p:1", w.host);
	tags[0] = ref;
	look_at(GOOD, GOOD);
	assert_said(GOOD, IMAGE_PINNED, "the engine has it");
	assert_int_equal(w.script.n_asked, 0);
	close_world();
}

void a_tag_that_no_host_tells_of_is_asked_for(void **state)
{
	static const struct turn turns[] = { { "HEAD /v2/g/own/manifests/0707070 ", HEAD("200 OK", "Docker-Content-Digest: sha256:abc\r\n") },
		{ "GET ", HEAD("404 Not Found", "") }, { "HEAD /v2/g/own/manifests/0606060 ", HEAD("404 Not Found", "") } };
	static const char *const tags[] = { NULL };
	(void)state;
	open_world(turns, ARRAY_LEN(turns), tags);
	look_at(OWN, OWN);
	assert_int_equal(w.said[OWN].state, IMAGE_AVAILABLE);
	assert_string_equal(w.said[OWN].id, "sha256:abc");
	look_at(BY_NAME, BY_NAME);
	assert_said(BY_NAME, IMAGE_NONE, "never built");
	close_world();
}

/* At any moment. */
void a_registry_that_is_asked_can_be_left(void **state)
{
	static const char *const tags[] = { NULL };
	(void)state;
	for (int turns = 0; turns < 12; turns++) {
		struct oid commit = oid_of(GOOD);
		open_world(pins, ARRAY_LEN(pins), tags);
		struct image_call *c = image_resolve(w.r, &commit, 1, on_item, on_end, NULL);
		for (int i = 0; i < turns && !w.ended; i++)
			loop_turn(w.l, /* wait= */ true);
		if (!w.ended)
			image_cancel(c);
		assert_true(w.ended);
		close_world();
	}
}
