/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The port's front: what holds for every forge. A missing slot is an error, a call ends exactly once, and never from within itself. */
#include "forge/forge_call.h"

struct forge_watch {
	struct forge *forge;
	struct forge_watch *prev, *next;
	void (*changed)(void *ctx);
	void *ctx, *impl;
};

void forge_init(struct forge *f, const struct forge_ops *ops, struct loop *loop, const char *name)
{
	*f = (struct forge){ .ops = ops, .loop = loop, .name = xstrdup(name) };
}

const char *forge_name(const struct forge *f) { return f->name; }
unsigned forge_caps(const struct forge *f) { return f->ops->caps; }

/* ---- a call's life ------------------------------------------------------------------------------------------------------ */
struct forge_call *forge_call_new(struct forge *f, forge_end_fn end, void *ctx)
{
	struct forge_call *c = xcalloc(1, sizeof *c);

	c->forge = f;
	c->end = end;
	c->ctx = ctx;
	c->next = f->calls;
	if (f->calls)
		f->calls->prev = c;
	f->calls = c;
	return c;
}

static void call_unlink(struct forge_call *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		c->forge->calls = c->next;
	if (c->next)
		c->next->prev = c->prev;
}

static void call_finish(void *p)
{
	struct forge_call *c = p;

	call_unlink(c);
	if (c->end)
		c->end(c->ctx, c->err.code == ERR_NONE ? NULL : &c->err);
	free(c);
}

bool forge_call_alive(const struct forge_call *c) { return !c->ending; }
void *forge_call_impl(const struct forge_call *c) { return c->impl; }
void forge_call_set_impl(struct forge_call *c, void *impl) { c->impl = impl; }

static void ending_set(struct forge_call *c, const struct err *err)
{
	if (c->ending)
		BUG("a call of forge %s ends twice", c->forge->name);
	c->ending = true;
	c->err = err ? *err : (struct err){ 0 };
}

void forge_call_end(struct forge_call *c, const struct err *err)
{
	ending_set(c, err);
	call_finish(c);
}

void forge_call_end_later(struct forge_call *c, const struct err *err)
{
	ending_set(c, err);
	loop_defer(c->forge->loop, call_finish, c);
}

static void call_abandon(struct forge_call *c, struct err *reterr)
{
	if (c->forge->ops->cancel)
		c->forge->ops->cancel(c);
	c->impl = NULL;
	err_set(reterr, ERR_CANCELLED, "cancelled");
}

void forge_cancel(struct forge_call *c)
{
	struct err err = { 0 };

	if (!c || c->ending)
		return;
	call_abandon(c, &err);
	forge_call_end_later(c, &err);
}

void forge_free(struct forge *f)
{
	if (!f)
		return;
	while (f->watches)
		forge_unwatch(f->watches);
	while (f->calls) {
		struct forge_call *c = f->calls;
		if (c->ending)
			loop_defer_cancel(f->loop, call_finish, c);
		else
			call_abandon(c, &c->err);
		c->ending = true;
		call_finish(c);
	}
	free(f->name);
	f->ops->destroy(f);
}

struct forge_call *forge_call_unsupported(struct forge_call *c, const char *what)
{
	struct err err = { 0 };

	err_set(&err, ERR_UNSUPPORTED, "forge %s %s", c->forge->name, what);
	forge_call_end_later(c, &err);
	return c;
}

/* ---- calls --------------------------------------------------------------------------------------------------------------- */
struct forge_call *forge_projects(struct forge *f, void (*item)(void *ctx, const struct project *p),
                                  void (*note)(void *ctx, const char *text), forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.project = item;
	c->note = note;
	if (!f->ops->projects)
		return forge_call_unsupported(c, "can't list projects");
	f->ops->projects(f, c);
	return c;
}

struct forge_call *forge_branches(struct forge *f, const struct project *p, void (*item)(void *ctx, const struct branch *b),
                                  forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.branch = item;
	if (!f->ops->branches)
		return forge_call_unsupported(c, "can't list branches");
	f->ops->branches(f, c, p);
	return c;
}

struct forge_call *forge_commit_ids(struct forge *f, const struct forge_commits_query *q,
                                    void (*ids)(void *ctx, size_t first, const struct oid *ids, size_t n, bool complete),
                                    forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.ids = ids;
	if (!f->ops->commit_ids)
		return forge_call_unsupported(c, "can't list commits");
	f->ops->commit_ids(f, c, q);
	return c;
}

struct forge_call *forge_commits(struct forge *f, const struct project *p, const struct oid *ids, size_t n,
                                 void (*item)(void *ctx, const struct commit *c), forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.commit = item;
	if (!f->ops->commits)
		return forge_call_unsupported(c, "can't read commits");
	f->ops->commits(f, c, p, ids, n);
	return c;
}

struct forge_call *forge_resolve(struct forge *f, const struct project *p, const char *rev,
                                 void (*found)(void *ctx, const struct oid *id, const char *branch), forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.found = found;
	if (!f->ops->resolve)
		return forge_call_unsupported(c, "can't look up a branch or commit");
	f->ops->resolve(f, c, p, rev);
	return c;
}

struct forge_call *forge_file(struct forge *f, const struct forge_file_query *q,
                              void (*got)(void *ctx, struct sv bytes), forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.bytes = got;
	if (!f->ops->file)
		return forge_call_unsupported(c, "can't read files");
	f->ops->file(f, c, q);
	return c;
}

struct forge_call *forge_tree(struct forge *f, const struct project *p, const struct oid *commit,
                              void (*item)(void *ctx, const struct forge_tree_item *i), forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.tree = item;
	if (!f->ops->tree)
		return forge_call_unsupported(c, "can't list files");
	f->ops->tree(f, c, p, commit);
	return c;
}

struct forge_call *forge_tar(struct forge *f, const struct forge_tar_query *q,
                             void (*piece)(void *ctx, struct sv bytes), forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.bytes = piece;
	if (!f->ops->tar)
		return forge_call_unsupported(c, "can't give a commit's files as an archive");
	f->ops->tar(f, c, q);
	return c;
}

void forge_tar_more(struct forge_call *c)
{
	if (c && !c->ending)
		c->forge->ops->tar_more(c);
}

struct forge_call *forge_clone(struct forge *f, const struct forge_clone_query *q,
                               void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total), forge_end_fn end, void *ctx)
{
	struct forge_call *c = forge_call_new(f, end, ctx);

	c->on.progress = progress;
	if (!f->ops->clone)
		return forge_call_unsupported(c, "can't clone");
	f->ops->clone(f, c, q);
	return c;
}

/* ---- items: nothing reaches a caller that has cancelled, and a callback that is not wanted may be NULL -------------------- */
void forge_give_project(struct forge_call *c, const struct project *p)
{
	if (!c->ending && c->on.project)
		c->on.project(c->ctx, p);
}

void forge_give_note(struct forge_call *c, const char *text)
{
	if (!c->ending && c->note)
		c->note(c->ctx, text);
}

void forge_give_branch(struct forge_call *c, const struct branch *b)
{
	if (!c->ending && c->on.branch)
		c->on.branch(c->ctx, b);
}

void forge_give_ids(struct forge_call *c, size_t first, const struct oid *ids, size_t n, bool complete)
{
	if (!c->ending && c->on.ids)
		c->on.ids(c->ctx, first, ids, n, complete);
}

void forge_give_commit(struct forge_call *c, const struct commit *commit)
{
	if (!c->ending && c->on.commit)
		c->on.commit(c->ctx, commit);
}

void forge_give_found(struct forge_call *c, const struct oid *id, const char *branch)
{
	if (!c->ending && c->on.found)
		c->on.found(c->ctx, id, branch);
}

void forge_give_bytes(struct forge_call *c, struct sv bytes)
{
	if (!c->ending && c->on.bytes)
		c->on.bytes(c->ctx, bytes);
}

void forge_give_tree(struct forge_call *c, const struct forge_tree_item *i)
{
	if (!c->ending && c->on.tree)
		c->on.tree(c->ctx, i);
}

void forge_give_progress(struct forge_call *c, const char *what, uint64_t now, uint64_t total)
{
	if (!c->ending && c->on.progress)
		c->on.progress(c->ctx, what, now, total);
}

/* ---- watches -------------------------------------------------------------------------------------------------------------- */
struct forge_watch *forge_watch_project(struct forge *f, const struct project *p, void (*changed)(void *ctx), void *ctx)
{
	struct forge_watch *w;

	if (!f->ops->watch)
		return NULL;
	w = xcalloc(1, sizeof *w);
	*w = (struct forge_watch){ .forge = f, .next = f->watches, .changed = changed, .ctx = ctx };
	if (!f->ops->watch(f, w, p, &w->impl)) {
		free(w);
		return NULL;
	}
	if (f->watches)
		f->watches->prev = w;
	f->watches = w;
	return w;
}

void forge_unwatch(struct forge_watch *w)
{
	if (!w)
		return;
	if (w->prev)
		w->prev->next = w->next;
	else
		w->forge->watches = w->next;
	if (w->next)
		w->next->prev = w->prev;
	w->forge->ops->unwatch(w->impl);
	free(w);
}

void forge_watch_tell(struct forge_watch *w) { w->changed(w->ctx); }
