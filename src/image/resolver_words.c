/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what is known of a commit to a state and its sentence. */
#include "berth/path.h"
#include "berth/text.h"
#include "image/record.h"
#include "image/resolver.h"

enum { TYPICAL_OF = 15 };          /* past builds that the usual time is taken from */

static int by_length(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static uint32_t typical_build_s(const builds *bs)
{
	uint32_t took[TYPICAL_OF];
	size_t n = 0;
	for (size_t i = 0; i < bs->len && n < TYPICAL_OF; i++) {
		const struct build *b = &bs->items[i];
		if (b->state == BUILD_DONE && b->ended_at_s >= b->started_at_s)
			took[n++] = (uint32_t)MIN_OF(b->ended_at_s - b->started_at_s, (int64_t)UINT32_MAX);
	}
	if (!n)
		return 0;
	qsort(took, n, sizeof *took, by_length);
	return MAX_OF(took[n / 2], 1U);
}

static const struct build *newest_build(const builds *bs, const struct oid *commit)
{
	for (size_t i = 0; i < bs->len; i++)
		if (oid_eq(&bs->items[i].commit, commit))
			return &bs->items[i];
	return NULL;
}

void image_set_tag(struct image *i, const struct tag *t)
{
	str_replace(&i->image_id, t->id);
	i->size_bytes = t->size;
	i->created_at_s = t->created_at_s;
}

static const char *engine_words(const struct image_resolver *r)
{
	if (!r->engine)
		return "no engine was found";
	return r->tags.err.code ? r->tags.err.text : "the engine has not answered yet";
}

static void set_reason(struct image *i, char *owned)
{
	free(i->reason);
	i->reason = owned;
}

/* The engine lacks it: what its registry says. */
static void pinned_words(const char *pin, const struct pinned *p, struct image *i)
{
	const char *next = p->err.hint[0] ? p->err.hint : NULL;
	i->fresh.at_s = p->at_s;
	switch (p->err.code) {
	case ERR_NONE:
		str_replace(&i->image_id, p->digest);
		i->size_bytes = p->size;
		i->created_at_s = p->created_s;
		set_reason(i, xasprintf("the project pins %s: its registry has it, and a start pulls it", pin));
		return;
	case ERR_NOT_FOUND:
		i->state = IMAGE_PINNED_MISSING;
		set_reason(i, xasprintf("the project pins %s, which neither the engine nor its registry has", pin));
		return;
	case ERR_AUTH:
	case ERR_DENIED:
		i->state = IMAGE_PINNED_LOGIN;
		set_reason(i, xasprintf("the project pins %s, but %s%s%s", pin, p->err.text, next ? ": " : "", next ? next : ""));
		return;
	default:
		i->fresh.state = FRESH_FAILED;
		i->fresh.err = p->err;
		set_reason(i, xasprintf("the project pins %s, which the engine does not have; whether its registry has it is not known: %s", pin, p->err.text));
	}
}

static void pinned_state(struct image_resolver *r, const char *pin, struct image *i)
{
	const struct tag *t = tags_find(&r->tags, sv_of(pin));
	str_replace(&i->ref, pin);
	i->state = IMAGE_PINNED;
	if (t) {
		image_set_tag(i, t);
		set_reason(i, xasprintf("the project pins %s, and the engine has it", pin));
	} else if (pinned_of(r, pin)) {
		pinned_words(pin, pinned_of(r, pin), i);
	} else if (!r->tags.known) {
		set_reason(i, xasprintf("the project pins %s; whether the engine has it is not known: %s", pin, engine_words(r)));
	} else if (strchr(pin, '@')) {
		set_reason(i, xasprintf("the project pins %s, by its digest: a start pulls it if the engine lacks it", pin));
	} else if (r->registries) {
		set_reason(i, xasprintf("the project pins %s, which the engine does not have; its registry is asked when the commit is looked at", pin));
	} else {
		i->state = IMAGE_PINNED_MISSING;
		set_reason(i, xasprintf("the project pins %s, which the engine does not have: a start tries to pull it", pin));
	}
}

static char *progress_words(const struct build *b)
{
	const char *at = b->engine && *b->engine ? b->engine : "the engine";
	if (b->state == BUILD_QUEUED)
		return xasprintf("its build on %s is about to start", at);
	return b->steps ? xasprintf("being built on %s, step %u of %u", at, b->step, b->steps) : xasprintf("being built on %s", at);
}

/* No image, and the last build says why. */
static void absent_state(struct image_resolver *r, const struct build *b, struct image *i)
{
	i->state = IMAGE_NONE;
	switch (b ? b->state : BUILD_STATE_COUNT_) {
	case BUILD_FAILED:
		i->state = IMAGE_FAILED;
		set_reason(i, xasprintf("its build failed: %s", b->error ? b->error : "the log says why"));
		return;
	case BUILD_LOST:
		i->state = IMAGE_FAILED;
		set_reason(i, xasprintf("its build was lost: %s", b->error ? b->error : "its process is gone"));
		return;
	case BUILD_CANCELED:
		i->state = IMAGE_CANCELED;
		set_reason(i, xstrdup("its build was canceled"));
		return;
	default:
		break;
	}
	if (!r->tags.known) {
		i->state = IMAGE_UNKNOWN;
		set_reason(i, xasprintf("whether it is there is not known: %s", engine_words(r)));
	} else if (b) {
		set_reason(i, xstrdup("it was built, but the engine does not have it any more"));
	} else {
		set_reason(i, xstrdup("it was never built here"));
	}
}

static void build_facts(struct image *i, const struct build *b)
{
	if (!b)
		return;
	i->build_started_at_s = b->started_at_s;
	i->build_ended_at_s = b->ended_at_s;
	if (build_is_active(b)) {
		i->step = b->step;
		i->steps = b->steps;
	}
}

/* The engine may have it from the registry, or from a build of ours; i->ref becomes what a start uses. */
static const struct tag *engine_tag_of(const struct image_resolver *r, struct image *i)
{
	const struct tag *t = tags_find(&r->tags, sv_of(i->ref));
	if (t || !r->project.image_prefix)
		return t;
	AUTO_STR local = image_local_ref_of(&r->project, &i->commit);
	if ((t = tags_find(&r->tags, sv_of(local))))
		str_replace(&i->ref, local);
	return t;
}

bool commit_has_image(struct image_resolver *r, const struct oid *commit)
{
	struct image probe = { .commit = *commit, .ref = image_ref_of(&r->project, commit) };
	bool there = engine_tag_of(r, &probe) != NULL;
	image_fini(&probe);
	if (there || !resolver_has_ci(r))
		return there;
	const struct facts *f = facts_of(r, commit);
	return (f->tag_known && f->tag.present) || (!f->tag_known && f->has_pipeline && f->pipeline.has_job && f->pipeline.job.state == JOB_SUCCESS);
}

void image_state_of(struct image_resolver *r, const struct oid *commit, const builds *bs, struct image *ret)
{
	const struct facts *f = facts_of(r, commit);
	const struct build *b = newest_build(bs, commit);
	*ret = (struct image){ .commit = *commit, .typical_build_s = typical_build_s(bs) };
	ret->fresh = (struct fresh){ .state = FRESH_FRESH, .at_s = clock_wall_s() };
	build_facts(ret, b);
	if (f->pin_known && f->pin) {
		pinned_state(r, f->pin, ret);
		return;
	}
	ret->ref = image_ref_of(&r->project, commit);
	const struct tag *t = engine_tag_of(r, ret);
	if (t) {
		ret->state = IMAGE_READY;
		image_set_tag(ret, t);
		if (b && build_is_active(b))
			set_reason(ret, xstrdup("the engine has it; it is being built anew"));
		else if (b && b->state == BUILD_FAILED)
			set_reason(ret, xstrdup("the engine has it; a later build of it failed"));
	} else if (b && build_is_active(b)) {
		ret->state = b->state == BUILD_QUEUED ? IMAGE_QUEUED : IMAGE_BUILDING;
		set_reason(ret, progress_words(b));
	} else if (resolver_has_ci(r) || (f->tag_known && f->tag.present)) {
		image_host_state(r, f, ret);
		if (ret->state == IMAGE_NONE && b && b->state == BUILD_FAILED)
			absent_state(r, b, ret);
	} else {
		absent_state(r, b, ret);
	}
	if (r->typical_ci_s && ret->has_job)
		ret->typical_build_s = r->typical_ci_s;
	if (r->engine && r->tags.err.code) {
		ret->fresh.state = FRESH_FAILED;
		ret->fresh.err = r->tags.err;
	}
}
