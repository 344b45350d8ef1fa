/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMAGE_RESOLVER_H
#define IMAGE_RESOLVER_H
/*
 * The states of images, inside: resolver.c owns the calls and their order, resolver_facts.c what a commit's tree says (which
 * can't change) and what the engine has, resolver_ci.c and resolver_registry.c ask hosts and registries, resolver_words.c makes a state
 * of all that, resolver_same.c looks for an ancestor's image.
 */
#include "berth/image.h"
#include "berth/map.h"

enum { FACTS_MAX = 4096, PINS_AT_ONCE = 4, ANCESTORS_MAX = 1000, CANDIDATES_MAX = 8, HOST_ANCESTORS_MAX = 100, HOST_CANDIDATES_MAX = 3 };

struct facts {                     /* of one commit's tree */
	bool pin_known, fingerprint_known;
	char *pin;                     /* NULL: none */
	uint64_t fingerprint, used;
	/* of a host; generations: of the resolver's ci_generation when it was last asked for, 0: never */
	uint64_t ci_generation, tag_generation;
	bool has_pipeline, tag_known, tag_by_registry /* its host could not tell */;
	struct pipeline pipeline;      /* the one that tells of the image */
	struct registry_tag tag;
	struct err tag_err;
};
struct tag { char *name, *id; uint64_t size; int64_t created_at_s; };
struct tags {
	VEC(struct tag) items;
	bool known;                    /* asked and answered */
	uint64_t generation;           /* of the resolver, when they were asked for */
	struct err err;                /* why the engine did not say, when code is set */
};

/* What its registry said of a pinned image. */
struct pinned { char *digest; uint64_t size, generation; int64_t created_s, at_s; struct err err; };

struct image_resolver {
	struct forge *forge;
	struct engine *engine;         /* NULL: none */
	struct project project;
	struct map *facts;             /* oid -> struct facts */
	uint64_t clock;
	uint64_t generation;           /* one more with each forget */
	struct tags tags;
	uint64_t ci_generation;        /* one more when jobs may have moved */
	uint64_t full_generation;      /* ci_generation of the last forget of everything */
	struct err ci_err;             /* of the last question for pipelines */
	uint32_t typical_ci_s;
	struct registries *registries; /* NULL: none is asked */
	struct map *pinned;            /* reference -> struct pinned */
	bool of_list, from_afar;       /* of a list; and nobody rests on its first row */
	bool alone;                    /* nobody has touched a key yet: a registry is not asked */
	struct ci_ask *tag_asked;      /* under way; one whose call has ended is taken over by the next */
	struct registry_ask *registry_asked; /* likewise */
	struct image_call *call;       /* the one under way */
};

struct facts *facts_of(struct image_resolver *r, const struct oid *o); /* made when absent; valid until the next call */

const struct tag *tags_find(const struct tags *t, struct sv ref);      /* NULL: the engine has no such image */
bool tags_any_of_project(const struct image_resolver *r);
void tags_add(struct tags *t, const struct engine_image *i);
void tags_clear(struct tags *t);

/* What is known of a commit, but for ancestors. bs: the project's builds, newest first. ret is owned by the caller. */
void image_state_of(struct image_resolver *r, const struct oid *commit, const builds *bs, struct image *ret);
void image_set_tag(struct image *i, const struct tag *t);

/* ---- hosts (resolver_ci.c asks, resolver_host.c words) ---- */
struct ci_ask;
bool resolver_has_ci(const struct image_resolver *r);
/* Each ends by done, once; or by its cancel, after which nothing comes. */
struct ci_ask *ci_ask_pipelines(struct image_resolver *r, const struct oid *commits, size_t n, void (*done)(void *ctx), void *ctx);
struct ci_ask *ci_ask_tag(struct image_resolver *r, const struct oid *commit, void (*done)(void *ctx), void *ctx);
void ci_ask_cancel(struct ci_ask *a);                  /* NULL is fine */
void ci_ask_leave(struct ci_ask *a);                   /* of a tag: it goes on, and done doesn't come; NULL is fine */
bool ci_wants_tag(struct image_resolver *r, const struct oid *commit);
void image_host_state(struct image_resolver *r, const struct facts *f, struct image *i); /* adds to what i has */
bool commit_has_image(struct image_resolver *r, const struct oid *commit); /* on the engine, or as its host says */

/* ---- registries (resolver_registry.c): asked about what is looked at ---- */
struct registry_ask;
const struct pinned *pinned_of(const struct image_resolver *r, const char *ref); /* NULL: not asked yet */
void pinned_free(void *pinned);
bool registry_wanted(struct image_resolver *r, const struct oid *commit);
struct registry_ask *registry_ask(struct image_resolver *r, const struct oid *commit, void (*done)(void *ctx), void *ctx);
void registry_ask_cancel(struct registry_ask *a);      /* nothing comes after it; NULL is fine */
void registry_ask_leave(struct registry_ask *a);       /* it goes on, and done doesn't come; NULL is fine */

/* Looks for the newest ancestor that has an image and the same environment. found once (NULL: none, or it can't be told). */
struct same_search;
struct same_search *same_search_start(struct image_resolver *r, const struct oid *commit,
                                      void (*found)(void *ctx, const struct oid *ancestor), void *ctx);
void same_search_cancel(struct same_search *s);         /* no callback any more; NULL is fine */
#endif
