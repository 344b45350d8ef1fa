/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order of a call: the engine's tags (one request, kept until forget) and the pins of the rows, some at a time, together;
 * (of a host, its pipelines too); each row is answered as soon as all is known for it; then, for the first row, what its host says of
 * its tag, and its registry of what it pins; then, for rows that have nothing, one search for an ancestor's image after another, and a
 * second answer where one is found.
 */
#include "berth/mem.h"
#include "image/pin.h"
#include "image/resolver.h"

enum { PIPELINES_OF_MAX = 1024 };
struct row { struct oid commit; bool asked, pin_done, answered, wants_same; };
struct pin_ask { struct image_call *call; size_t row; struct forge_call *fc; };

struct image_call {
	struct image_resolver *r;
	struct row *rows;
	size_t n, n_answered, next_same;
	builds builds;                 /* of this project and engine */
	struct engine_call *tags;
	struct pin_ask pins[PINS_AT_ONCE];
	struct ci_ask *pipelines, *tag; /* of a host */
	struct registry_ask *registry;
	bool tag_tried, registry_tried;
	struct same_search *same;
	struct oid same_for;
	unsigned holds;
	bool ended;
	void (*item)(void *ctx, const struct image *i);
	void (*end)(void *ctx, const struct err *err);
	void *ctx;
};

/* ---- life ---- */
static bool anything_open(const struct image_call *c)
{
	for (size_t i = 0; i < PINS_AT_ONCE; i++)
		if (c->pins[i].fc)
			return true;
	return c->tags || c->pipelines;
}

static void call_release(struct image_call *c)
{
	if (--c->holds || !c->ended || anything_open(c))
		return;
	builds_fini(&c->builds);
	free(c->rows);
	free(c);
}

static void call_end(struct image_call *c, const struct err *err)
{
	if (c->ended)
		return;
	c->holds++;
	c->ended = true;
	if (c->r->call == c)
		c->r->call = NULL;
	same_search_cancel(c->same);
	c->same = NULL;
	ci_ask_cancel(c->pipelines);
	ci_ask_leave(c->tag);          /* the next call asks the same, as a rule */
	registry_ask_leave(c->registry);
	c->pipelines = c->tag = NULL;
	c->registry = NULL;
	for (size_t i = 0; i < PINS_AT_ONCE; i++)
		forge_cancel(c->pins[i].fc);
	if (c->tags)
		engine_cancel(c->tags);
	c->end(c->ctx, err);
	call_release(c);
}

void image_cancel(struct image_call *c)
{
	struct err err = { 0 };
	if (!c)
		return;
	err_set(&err, ERR_CANCELLED, "other images are asked for");
	call_end(c, &err);
}

/* ---- answers ---- */
static bool tags_settled(const struct image_call *c)
{
	return !c->tags && !c->pipelines;
}

static void answer_row(struct image_call *c, struct row *row)
{
	struct image i;
	if (row->answered || !row->pin_done || !tags_settled(c))
		return;
	row->answered = true;
	c->n_answered++;
	image_state_of(c->r, &row->commit, &c->builds, &i);
	row->wants_same = i.state == IMAGE_NONE && (!resolver_has_ci(c->r) || (row == c->rows && !c->r->from_afar));
	c->item(c->ctx, &i);
	image_fini(&i);
}

static void same_found(void *call, const struct oid *ancestor);

static void search_more(struct image_call *c);

static void answer_again(struct image_call *c, struct row *row)
{
	row->answered = false;
	c->n_answered--;
	answer_row(c, row);
}

static void tag_told(void *call)
{
	struct image_call *c = call;
	c->tag = NULL;
	c->holds++;
	answer_again(c, &c->rows[0]);
	if (!c->ended)
		search_more(c);
	call_release(c);
}

/* Those that pin the same are told, too. */
static void registry_told(void *call)
{
	struct image_call *c = call;
	const char *pin = facts_of(c->r, &c->rows[0].commit)->pin;
	AUTO_STR asked = xstrdup(pin);
	c->registry = NULL;
	c->holds++;
	answer_again(c, &c->rows[0]);
	for (size_t i = 1; asked && i < c->n && !c->ended; i++) {
		pin = facts_of(c->r, &c->rows[i].commit)->pin;
		if (pin && strcmp(pin, asked) == 0)
			answer_again(c, &c->rows[i]);
	}
	if (!c->ended)
		search_more(c);
	call_release(c);
}

static bool ask_tag(struct image_call *c)
{
	if (c->tag_tried || !c->n || c->r->from_afar || !resolver_has_ci(c->r) || !ci_wants_tag(c->r, &c->rows[0].commit))
		return false;
	c->tag_tried = true;
	c->tag = ci_ask_tag(c->r, &c->rows[0].commit, tag_told, c);
	return true;
}

static bool ask_registry(struct image_call *c)
{
	if (c->registry_tried || !c->n || c->r->alone || !registry_wanted(c->r, &c->rows[0].commit))
		return false;
	c->registry_tried = true;
	c->registry = registry_ask(c->r, &c->rows[0].commit, registry_told, c);
	return true;
}

static void search_more(struct image_call *c)
{
	if (ask_tag(c) || ask_registry(c))
		return;
	while (c->next_same < c->n && !c->rows[c->next_same].wants_same)
		c->next_same++;
	if (c->next_same == c->n || (!resolver_has_ci(c->r) && !tags_any_of_project(c->r))) {
		call_end(c, NULL);
		return;
	}
	c->same_for = c->rows[c->next_same++].commit;
	c->same = same_search_start(c->r, &c->same_for, same_found, c);
}

static void same_found(void *call, const struct oid *ancestor)
{
	struct image_call *c = call;
	c->same = NULL;
	c->holds++;
	AUTO_STR ref = ancestor ? image_ref_of(&c->r->project, ancestor) : NULL;
	AUTO_STR local = ancestor ? image_local_ref_of(&c->r->project, ancestor) : NULL;
	const struct tag *t = ref ? tags_find(&c->r->tags, sv_of(ref)) : NULL, *built = local ? tags_find(&c->r->tags, sv_of(local)) : NULL;
	if (ancestor && (t || built || resolver_has_ci(c->r))) {
		struct image i;
		char sha[8];
		oid_sha7(ancestor, sha);
		image_state_of(c->r, &c->same_for, &c->builds, &i);
		i.state = IMAGE_SAME_AS;
		i.same_as = *ancestor;
		if (t || built)
			image_set_tag(&i, t ? t : built);
		str_replace(&i.ref, built && !t ? local : ref);
		free(i.reason);
		i.reason = xasprintf("nothing that the image is made from has changed since %s, whose image %s", sha, t || built ? "the engine has" : "was built");
		c->item(c->ctx, &i);
		image_fini(&i);
	}
	if (!c->ended)
		search_more(c);
	call_release(c);
}

static void ask_pins(struct image_call *c);

/* Answers what can be answered; goes on to the searches when that was all. The call may be gone after it. */
static void call_step(struct image_call *c)
{
	c->holds++;
	for (size_t i = 0; i < c->n && !c->ended; i++)
		answer_row(c, &c->rows[i]);
	if (!c->ended)
		ask_pins(c);
	if (!c->ended && c->n_answered == c->n && !c->same && !anything_open(c))
		search_more(c);
	call_release(c);
}

/* ---- pins ---- */
static void pin_got(void *ask, struct sv bytes)
{
	const struct pin_ask *a = ask;
	if (a->call->ended || a->row >= a->call->n)
		return;
	struct facts *f = facts_of(a->call->r, &a->call->rows[a->row].commit);
	free(f->pin);
	f->pin = pin_of(bytes);
}

static void pin_end(void *ask, const struct err *err)
{
	struct pin_ask *a = ask;
	struct image_call *c = a->call;
	c->holds++;
	a->fc = NULL;
	if (!c->ended && a->row < c->n) {
		struct row *row = &c->rows[a->row];
		/* What can't be read now may be readable next time; the answer of now goes without a pin. */
		facts_of(c->r, &row->commit)->pin_known = !err || err->code == ERR_NOT_FOUND || err->code == ERR_TOO_BIG;
		row->pin_done = true;
	}
	if (!c->ended)
		call_step(c);
	call_release(c);
}

static void ask_pin(struct image_call *c, struct pin_ask *a, size_t row, const struct oid *commit)
{
	a->call = c;
	a->row = row;
	a->fc = forge_file(c->r->forge, &(struct forge_file_query){ &c->r->project, *commit, RENKU_INI, RENKU_INI_MAX }, pin_got, pin_end, a);
}

/* The answer about pipelines may have brought it. */
static void pins_told(struct image_call *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->rows[i].asked && facts_of(c->r, &c->rows[i].commit)->pin_known)
			c->rows[i].asked = c->rows[i].pin_done = true;
}

static void ask_pins(struct image_call *c)
{
	size_t slot = 0;
	if (c->pipelines)
		return; /* they bring the pin of a branch's tip, as a rule */
	pins_told(c);
	for (size_t i = 0; i < c->n; i++) {
		struct row *row = &c->rows[i];
		if (row->asked)
			continue;
		while (slot < PINS_AT_ONCE && c->pins[slot].fc)
			slot++;
		if (slot == PINS_AT_ONCE)
			return;
		row->asked = true;
		ask_pin(c, &c->pins[slot], i, &row->commit);
	}
}

/* ---- tags ---- */
static void tag_item(void *call, const struct engine_image *i)
{
	struct image_call *c = call;
	if (!c->ended)
		tags_add(&c->r->tags, i);
}

static void tags_end(void *call, const struct err *err)
{
	struct image_call *c = call;
	c->holds++;
	c->tags = NULL;
	if (!c->ended) {
		c->r->tags.known = !err;
		err_copy(&c->r->tags.err, err);
		call_step(c);
	} else if (err) {
		tags_clear(&c->r->tags); /* half a list is none */
	}
	call_release(c);
}

/* ---- the call ---- */
/* The project's builds; those on another engine say nothing about this one's images. */
static void read_builds(struct image_call *c)
{
	builds all = VEC_INIT;
	const struct project *p = &c->r->project;
	builds_read(&all, NULL, NULL);
	for (size_t i = 0; i < all.len; i++) {
		struct build *b = &all.items[i];
		bool elsewhere = c->r->engine && b->engine && strcmp(b->engine, engine_name(c->r->engine)) != 0;
		if (!elsewhere && strcmp(b->project, p->path) == 0 && strcmp(b->forge, p->forge) == 0)
			VEC_PUSH(&c->builds, *b);
		else
			build_fini(b);
	}
	VEC_FINI(&all);
}

static void fill_rows(struct image_call *c, const struct oid *commits, size_t n)
{
	c->rows = xcalloc(n ? n : 1, sizeof *c->rows);
	c->n = n;
	for (size_t i = 0; i < n; i++) {
		c->rows[i].commit = commits[i];
		/* A host is only asked for the pin of the one that is looked at. */
		c->rows[i].asked = c->rows[i].pin_done = facts_of(c->r, &commits[i])->pin_known || (i && resolver_has_ci(c->r));
	}
}

/* ---- pipelines of a host: all rows in one request ---- */
static void pipelines_told(void *call)
{
	struct image_call *c = call;
	c->pipelines = NULL;
	call_step(c);
}

static void ask_pipelines(struct image_call *c)
{
	struct oid missing[PIPELINES_OF_MAX];
	size_t n = 0;
	if (!resolver_has_ci(c->r))
		return;
	for (size_t i = 0; i < c->n && n < PIPELINES_OF_MAX; i++)
		if (facts_of(c->r, &c->rows[i].commit)->ci_generation != c->r->ci_generation)
			missing[n++] = c->rows[i].commit;
	if (n)
		c->pipelines = ci_ask_pipelines(c->r, missing, n, pipelines_told, c);
}

struct image_call *image_resolve(struct image_resolver *r, const struct oid *commits, size_t n,
                                 void (*item)(void *ctx, const struct image *i), void (*end)(void *ctx, const struct err *err), void *ctx)
{
	static const struct oid zero;
	struct image_call *c = xcalloc(1, sizeof *c);
	image_cancel(r->call);
	r->call = c;
	c->r = r;
	c->item = item;
	c->end = end;
	c->ctx = ctx;
	read_builds(c);
	fill_rows(c, commits, n);
	if (r->engine && !(r->tags.known && r->tags.generation == r->generation)) {
		tags_clear(&r->tags);
		r->tags.generation = r->generation;
		c->tags = engine_images(r->engine, NULL, tag_item, tags_end, c);
	}
	ask_pipelines(c);
	ask_pins(c);
	/* Nothing may end within this call: where all is known, one answer is asked for again, and its end goes on. */
	if (!anything_open(c))
		ask_pin(c, &c->pins[0], n ? 0 : SIZE_MAX, n ? &commits[0] : &zero);
	return c;
}

/* ---- the resolver ---- */
static void facts_free(void *facts)
{
	struct facts *f = facts;
	pipeline_fini(&f->pipeline);
	registry_tag_fini(&f->tag);
	free(f->pin);
	free(f);
}

struct image_resolver *image_resolver_new(struct forge *f, struct engine *e, const struct project *p)
{
	struct image_resolver *r = xcalloc(1, sizeof *r);
	r->forge = f;
	r->engine = e;
	r->ci_generation = r->full_generation = 1;
	r->facts = map_new(facts_free);
	r->pinned = map_new(pinned_free);
	project_dup(&r->project, p);
	return r;
}

void image_resolver_free(struct image_resolver *r)
{
	if (!r)
		return;
	image_cancel(r->call);
	ci_ask_cancel(r->tag_asked);
	registry_ask_cancel(r->registry_asked);
	tags_clear(&r->tags);
	map_free(r->facts);
	map_free(r->pinned);
	project_fini(&r->project);
	free(r);
}

void image_resolver_ask_registries(struct image_resolver *r, struct registries *registries)
{
	r->registries = registries;
}

bool image_resolver_knows_less(struct image_resolver *r, const struct oid *commit)
{
	const struct facts *f = facts_of(r, commit);
	if (registry_wanted(r, commit) || (r->from_afar && resolver_has_ci(r)))
		return true;
	return resolver_has_ci(r) && (!f->pin_known || f->ci_generation != r->ci_generation || ci_wants_tag(r, commit));
}

void image_resolver_set_engine(struct image_resolver *r, struct engine *e)
{
	tags_clear(&r->tags);
	r->engine = e;
	r->generation++;
}

void image_resolver_of_list(struct image_resolver *r, bool closer)
{
	r->of_list = true;
	r->from_afar = !closer;
}

void image_resolver_alone(struct image_resolver *r, bool alone)
{
	r->alone = alone;
}

bool image_resolver_asks_pipelines(const struct image_resolver *r)
{
	return r->call && r->call->pipelines;
}

void image_resolver_forget_jobs(struct image_resolver *r)
{
	r->ci_generation++;
}

void image_resolver_forget_tags(struct image_resolver *r)
{
	r->generation++; /* a request that is under way is older than what changed: the next call asks again, too */
}

void image_resolver_forget(struct image_resolver *r)
{
	r->full_generation = ++r->ci_generation;
	image_resolver_forget_tags(r);
}
