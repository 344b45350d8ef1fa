/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Saved work that is there: what it changes, and its end. Both on a worker. */
#include "autosave_impl.h"
#include "berth/mem.h"
#include "berth/path.h"

struct autosave_call {
	struct loop_work *work;
	struct git_place place;
	char *name, *dir;
	bool removes;
	atomic_bool stop;
	bool cancelled;
	void (*piece)(void *ctx, struct sv text);
	session_end_fn end;
	void *ctx;
	int rc;
	struct err err;
};

static int find(struct autosave_call *c, struct git_ref *ret, struct err *reterr)
{
	AUTO(git_refs_fini) git_refs refs = VEC_INIT;
	AUTO_STR full = xasprintf("refs/heads/%s", c->name);
	int rc = place_refs(&c->place, full, &c->stop, &refs, reterr);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < refs.len; i++)
		if (strcmp(refs.items[i].name, full) == 0) {
			*ret = (struct git_ref){ xstrdup(full), refs.items[i].id };
			return 0;
		}
	err_set(reterr, ERR_NOT_FOUND, "there is no saved work %s", c->name);
	err_hint(reterr, "`berth autosaves` lists what there is.");
	return -ERR_NOT_FOUND;
}

static int open_with(struct autosave_call *c, const struct git_ref *ref, bool fetch, struct repo **ret, struct err *reterr)
{
	int rc = repo_init_bare(c->dir, ret, reterr);
	return rc < 0 || !fetch ? rc : place_fetch(&c->place, *ret, ref, &c->stop, reterr);
}

static void piece_out(void *call, const void *item, size_t n)
{
	struct autosave_call *c = call;
	if (!c->cancelled)
		c->piece(c->ctx, (struct sv){ item, n });
}

static void patch_piece(void *call, struct sv text)
{
	struct autosave_call *c = call;
	loop_work_post(c->work, piece_out, text.p, text.len);
}

static int show(struct autosave_call *c, struct repo *r, const struct git_ref *ref, struct err *reterr)
{
	struct oid head;
	bool ours;
	int rc = salvage_head_of(r, &ref->id, &head, &ours, reterr);

	if (rc == 0 && !ours) { /* the user's own commits: since the commit that they began at */
		struct autosave_name n;
		AUTO_STR start = NULL;
		if (autosave_name_parse(sv_of(c->name), &n))
			start = sv_dup(n.start7);
		if (!start || repo_resolve(r, start, &head, NULL) < 0)
			head = (struct oid){ { 0 } };
	}
	return rc < 0 ? rc : repo_patch(r, &head, &ref->id, patch_piece, c, reterr);
}

static int run(struct autosave_call *c, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	struct git_ref ref = { 0 };
	int rc = find(c, &ref, reterr);

	if (rc == 0)
		rc = open_with(c, &ref, !c->removes, &r, reterr);
	if (rc == 0 && c->removes) {
		const struct place_update u = { .name = ref.name, .old = ref.id };
		rc = place_push(&c->place, &(struct place_push){ .from = r, .updates = &u, .n = 1 }, &c->stop, reterr);
	} else if (rc == 0) {
		rc = show(c, r, &ref, reterr);
	}
	free(ref.name);
	return rc;
}

static void process(struct loop_work *w, void *call)
{
	struct autosave_call *c = call;
	c->work = w;
	c->rc = run(c, &c->err);
	path_remove_tree(c->dir, NULL);
}

static void done(void *call, bool cancelled)
{
	struct autosave_call *c = call;
	if (cancelled || c->cancelled)
		c->rc = err_set(&c->err, ERR_CANCELLED, "cancelled");
	if (c->end)
		c->end(c->ctx, c->rc < 0 ? &c->err : NULL);
	if (c->dir)
		scratch_remove(c->dir);
	git_place_fini(&c->place);
	free(c->name);
	free(c->dir);
	free(c);
}

/* A name that is none is told from the worker too: callers hear of every end in one way. */
static void refuse(struct loop_work *w, void *call)
{
	struct autosave_call *c = call;
	(void)w;
	if (c->err.code)
		c->rc = -(int)c->err.code;
	else
		c->rc = err_set(&c->err, ERR_USAGE, "%s is no saved work: their names begin with " AUTOSAVE_PREFIX, c->name);
}

static struct autosave_call *begin(const struct autosave_deps *deps, const struct project *p, const char *name, struct autosave_call with)
{
	struct autosave_name parsed;
	struct autosave_call *c = xcalloc(1, sizeof *c);
	bool sound = autosave_name_parse(sv_of(name), &parsed);

	c->name = xstrdup(strncmp(name, "origin/", 7) == 0 ? name + 7 : name);
	c->dir = scratch_new("look", &c->err);
	c->removes = with.removes;
	c->piece = with.piece;
	c->end = with.end;
	c->ctx = with.ctx;
	if (!forge_git_place(deps->forge, p, &c->place))
		sound = false;
	c->work = loop_work_submit(deps->loop, sound && c->dir ? process : refuse, done, c);
	return c;
}

struct autosave_call *autosave_diff(const struct autosave_deps *deps, const struct project *p, const char *name, void (*piece)(void *ctx, struct sv text),
                                    session_end_fn end, void *ctx)
{
	return begin(deps, p, name, (struct autosave_call){ .piece = piece, .end = end, .ctx = ctx });
}

struct autosave_call *autosave_delete(const struct autosave_deps *deps, const struct project *p, const char *name, session_end_fn end, void *ctx)
{
	return begin(deps, p, name, (struct autosave_call){ .removes = true, .end = end, .ctx = ctx });
}

void autosave_call_cancel(struct autosave_call *c)
{
	if (!c || c->cancelled)
		return;
	c->cancelled = true;
	atomic_store(&c->stop, true);
}
