/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What registries say of what is looked at: is the image that it pins there, or (where its host can't tell) its own? Kept until somebody
 * refreshes or it is old. Docker Hub counts each manifest that is read as a pull, so there only its presence is asked for.
 */
#include "berth/mem.h"
#include "berth/path.h"
#include "image/resolver.h"

enum { PINNED_MAX = 256, OLD_S = 600 };

struct registry_ask {
	struct image_resolver *r;      /* NULL: nobody waits any more */
	struct registry_call *call;
	struct oid commit;
	char *ref;
	bool of_pin;
	uint64_t generation;
	void (*done)(void *ctx);       /* NULL: whoever waited has gone; what comes is kept, for the next who asks */
	void *ctx;
};

void pinned_free(void *pinned)
{
	struct pinned *p = pinned;
	free(p->digest);
	free(p);
}

const struct pinned *pinned_of(const struct image_resolver *r, const char *ref)
{
	return map_get(r->pinned, sv_of(ref));
}

static bool on_engine(const struct image_resolver *r, const struct facts *f)
{
	return tags_find(&r->tags, sv_of(f->pin)) != NULL;
}

static bool pin_wanted(const struct image_resolver *r, const struct facts *f)
{
	const struct pinned *p = pinned_of(r, f->pin);
	return !on_engine(r, f) && !(p && p->generation == r->full_generation && clock_wall_s() - p->at_s < OLD_S);
}

/* Its host is asked first (resolver_ci.c), where it can tell. */
static bool tag_wanted(struct image_resolver *r, const struct facts *f)
{
	bool host_tells = forge_caps(r->forge) & FORGE_HAS_REGISTRY;
	if (!r->project.image_prefix || (host_tells && !f->tag_err.code) || (f->has_pipeline && f->pipeline.has_job && job_state_active(f->pipeline.job.state)))
		return false;
	if (f->tag_known && f->tag.present && f->tag_by_registry)
		return f->tag_generation < r->full_generation;
	return host_tells ? !f->tag_by_registry : f->tag_generation != r->ci_generation;
}

bool registry_wanted(struct image_resolver *r, const struct oid *commit)
{
	const struct facts *f = facts_of(r, commit);
	if (!r->registries)
		return false;
	return f->pin_known && f->pin ? pin_wanted(r, f) : tag_wanted(r, f);
}

static void keep_pinned(struct registry_ask *a, const struct registry_image *i, const struct err *err)
{
	struct pinned *p = xcalloc(1, sizeof *p);
	*p = (struct pinned){ .generation = a->generation, .at_s = clock_wall_s() };
	err_copy(&p->err, err);
	if (i)
		p->digest = *i->digest ? xstrdup(i->digest) : NULL, p->size = i->size_bytes, p->created_s = i->created_s;
	if (map_len(a->r->pinned) >= PINNED_MAX) {
		map_free(a->r->pinned);
		a->r->pinned = map_new(pinned_free);
	}
	map_put(a->r->pinned, sv_of(a->ref), p);
}

static void keep_tag(struct registry_ask *a, const struct registry_image *i, const struct err *err)
{
	struct facts *f = facts_of(a->r, &a->commit);
	f->tag_by_registry = true;
	f->tag_generation = a->generation;
	if (err && err->code != ERR_NOT_FOUND) {
		if (!f->tag_err.code)
			f->tag_err = *err;      /* what the host said of it goes before */
		return;
	}
	f->tag_err = (struct err){ 0 };
	f->tag_known = true;
	registry_tag_fini(&f->tag);
	f->tag = (struct registry_tag){ .ref = xstrdup(a->ref), .present = i != NULL };
	if (i)
		f->tag.digest = *i->digest ? xstrdup(i->digest) : NULL, f->tag.size_bytes = i->size_bytes, f->tag.created_at_s = i->created_s;
}

static void ask_free(struct registry_ask *a)
{
	free(a->ref);
	free(a);
}

static void told(void *ask, const struct registry_image *i, const struct err *err)
{
	struct registry_ask *a = ask;
	void (*done)(void *) = a->done;
	void *ctx = a->ctx;
	if (!a->r) {
		ask_free(a);
		return;
	}
	if (a->of_pin)
		keep_pinned(a, i, err);
	else
		keep_tag(a, i, err);
	a->r->registry_asked = NULL;
	ask_free(a);
	if (done)
		done(ctx);
}

static bool counts_reads(const char *ref)
{
	const char *slash = strchr(ref, '/');
	struct sv first = { ref, slash ? (size_t)(slash - ref) : 0 };
	return !memchr(first.p, '.', first.len) ? !memchr(first.p, ':', first.len) && !sv_eq(first, SV("localhost"))
	                                        : sv_eq(first, SV("docker.io")) || sv_eq(first, SV("index.docker.io"));
}

struct registry_ask *registry_ask(struct image_resolver *r, const struct oid *commit, void (*done)(void *ctx), void *ctx)
{
	const struct facts *f = facts_of(r, commit);
	struct registry_ask *a = r->registry_asked;
	bool of_pin = f->pin_known && f->pin;
	uint64_t generation = of_pin ? r->full_generation : r->ci_generation;
	AUTO_STR ref = of_pin ? xstrdup(f->pin) : image_ref_of(&r->project, commit);
	if (a && a->of_pin == of_pin && a->generation == generation && strcmp(a->ref, ref) == 0) {
		a->done = done;
		a->ctx = ctx;
		return a;
	}
	r->registry_asked = NULL;
	registry_ask_cancel(a);
	a = r->registry_asked = xcalloc(1, sizeof *a);
	*a = (struct registry_ask){ .r = r, .commit = *commit, .ref = xstrdup(ref), .of_pin = of_pin, .generation = generation, .done = done, .ctx = ctx };
	a->call = registry_look(r->registries, a->ref, !counts_reads(a->ref), told, a);
	return a;
}

void registry_ask_cancel(struct registry_ask *a)
{
	if (!a)
		return;
	a->r = NULL;
	registry_cancel(a->call); /* ends in told(), which frees */
}

void registry_ask_leave(struct registry_ask *a)
{
	if (a)
		a->done = NULL;
}
