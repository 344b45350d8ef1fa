/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clearing away what starts left behind whose berth died in the middle (README.md has the rules). A container that ever ran
 * its program is never touched, nor is a volume that this machine's journal doesn't know as unfinished: but for those that only a
 * mount by name has made (autosave_source.c), which nothing was ever put into.
 */
#include "berth/log.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "call.h"

enum sweep_kind { SWEEP_CONTAINER, SWEEP_VOLUME, SWEEP_JOURNAL };
struct sweep_item { enum sweep_kind kind; char *name, *session, *token, *clone_dir; bool seen, keep, failed, empty; };

struct sweep_call {
	struct session_call base;
	VEC(struct sweep_item) items;
	size_t at;
	bool never_got_settings, look_only;
	void (*found)(void *ctx, const char *what, bool goes);
	unsigned n_there;                       /* containers and workspaces that a start made, also those that stay */
	void (*removed)(void *ctx, const char *what);
};

static void sweep_fini(struct session_call *c)
{
	struct sweep_call *s = (struct sweep_call *)c;
	for (size_t i = 0; i < s->items.len; i++) {
		free(s->items.items[i].name);
		free(s->items.items[i].session);
		free(s->items.items[i].token);
		free(s->items.items[i].clone_dir);
	}
	VEC_FINI(&s->items);
}

static struct sweep_item *journal_item(struct sweep_call *s, const char *session, const char *token)
{
	for (size_t i = 0; session && i < s->items.len; i++)
		if (s->items.items[i].kind == SWEEP_JOURNAL && strcmp(s->items.items[i].session, session) == 0 && strcmp(s->items.items[i].token, token) == 0)
			return &s->items.items[i];
	return NULL;
}

static void push(struct sweep_call *s, enum sweep_kind kind, const char *name, const char *session, const char *token)
{
	struct sweep_item item = { .kind = kind, .name = xstrdup(name), .session = xstrdup(session), .token = xstrdup(token) };
	VEC_PUSH(&s->items, item);
}

static void from_journal(void *call, const struct journal_entry *e)
{
	struct sweep_call *s = call;
	if (owner_life(e->token) != OWNER_DEAD)
		return;
	push(s, SWEEP_JOURNAL, e->session, e->session, e->token);
	VEC_LAST(&s->items)->clone_dir = xstrdup(e->clone_dir);
	VEC_LAST(&s->items)->failed = e->failed;
}

static void one_container(void *call, const struct engine_container *c)
{
	struct sweep_call *s = call;
	s->n_there++;
	const char *token = label_get(c->labels, c->n_labels, LABEL("pending"));
	const char *session = label_get(c->labels, c->n_labels, LABEL("session"));
	if (!token || owner_life(token) != OWNER_DEAD)
		return;
	const struct sweep_item *known = journal_item(s, session, token);
	bool unfinished = known != NULL;
	if (strcmp(c->status, "created") == 0 || (unfinished && (known->failed || strcmp(c->status, "exited") == 0)))
		push(s, SWEEP_CONTAINER, c->id, session, token);
	else if (unfinished)
		journal_item(s, session, token)->keep = true; /* it runs: a session like any other */
}

/* It has our name and nobody's mark: an engine's own doing, or a person's. What can't be told apart stays, and is told. */
static void nobodys(struct sweep_call *s, const struct engine_volume *v)
{
	if (s->look_only && s->found && !v->n_labels && strncmp(v->name, NAME_PREFIX, strlen(NAME_PREFIX)) == 0)
		s->found(s->base.ctx, v->name, false);
}

static void one_volume(void *call, const struct engine_volume *v)
{
	struct sweep_call *s = call;
	const char *token = label_get(v->labels, v->n_labels, LABEL("pending"));
	const char *session = label_get(v->labels, v->n_labels, LABEL("session"));
	const char *looked_at = label_get(v->labels, v->n_labels, LABEL("look"));
	if (!token) {
		nobodys(s, v);
		return;
	}
	s->n_there++;
	struct sweep_item *known = journal_item(s, session, token);
	if (known && !known->keep) {
		push(s, SWEEP_VOLUME, v->name, session, token);
	} else if (looked_at && !session && owner_life(token) == OWNER_DEAD) {
		push(s, SWEEP_VOLUME, v->name, looked_at, token);
		VEC_LAST(&s->items)->empty = true;
	}
}

/* ---- one after the other ---- */
static void sweep_next(struct sweep_call *s);

static void tell(struct sweep_call *s, const struct sweep_item *i)
{
	AUTO_STR text = xasprintf("%s of %s", i->kind == SWEEP_CONTAINER ? "a container" : i->kind == SWEEP_VOLUME ? "a workspace" : "a note", i->session ? i->session : "a start");
	if (s->removed)
		s->removed(s->base.ctx, text);
	else if (s->found)
		s->found(s->base.ctx, text, true);
}

static void one_removed(void *call, const struct err *err)
{
	struct sweep_call *s = call;
	struct sweep_item *i = &s->items.items[s->at];
	struct sweep_item *known = i->token ? journal_item(s, i->session, i->token) : NULL;
	if (!session_call_back(&s->base, err))
		return;
	if (err && known)
		known->seen = true; /* still there: stays in the journal for the next time */
	if (err)
		log_debug("session", "sweeping %s: %s", i->name, err->text);
	else
		tell(s, i), s->n_there--;
	s->at++;
	sweep_next(s);
}

static void exit_seen(void *call, const struct engine_container *c)
{
	((struct sweep_call *)call)->never_got_settings = strcmp(c->status, "exited") != 0 || c->exit_code == EXIT_NO_SETTINGS;
}

/* An exited one that got its settings has run its program: it stays, as a failed session that somebody can look into. */
static void exit_known(void *call, const struct err *err)
{
	struct sweep_call *s = call;
	struct sweep_item *i = &s->items.items[s->at];
	struct sweep_item *known = journal_item(s, i->session, i->token);
	if (!session_call_back(&s->base, err))
		return;
	if (err || s->never_got_settings) {
		s->base.call = engine_remove(s->base.engine, i->name, true, one_removed, s);
		return;
	}
	if (known)
		known->keep = true;
	s->at++;
	sweep_next(s);
}

static void sweep_journal(struct sweep_call *s, struct sweep_item *i)
{
	if (i->clone_dir && *i->clone_dir)
		path_remove_tree(i->clone_dir, NULL);
	if (!i->seen)
		journal_remove(engine_identity(s->base.engine), i->session);
}

/* What an exited container was can only be asked; as long as it is there, it is told. */
static void tell_all(struct sweep_call *s)
{
	for (size_t i = 0; i < s->items.len; i++) {
		struct sweep_item *item = &s->items.items[i];
		struct sweep_item *known = item->kind == SWEEP_JOURNAL ? NULL : journal_item(s, item->session, item->token);
		if (known)
			known->seen = true;
		if (item->kind != SWEEP_JOURNAL)
			tell(s, item);
	}
	for (size_t i = 0; i < s->items.len; i++)
		if (s->items.items[i].kind == SWEEP_JOURNAL && !s->items.items[i].seen && !s->items.items[i].keep)
			tell(s, &s->items.items[i]);
}

static void sweep_next(struct sweep_call *s)
{
	if (s->look_only) {
		tell_all(s);
		session_call_end(&s->base, NULL);
		return;
	}
	for (; s->at < s->items.len; s->at++) {
		struct sweep_item *i = &s->items.items[s->at];
		s->never_got_settings = false;
		struct sweep_item *known = i->token ? journal_item(s, i->session, i->token) : NULL;
		if (i->kind == SWEEP_CONTAINER && known && known->failed) {
			s->base.call = engine_remove(s->base.engine, i->name, true, one_removed, s);
			return;
		}
		if (i->kind == SWEEP_CONTAINER) {
			s->base.call = engine_container_inspect(s->base.engine, i->name, exit_seen, exit_known, s);
			return;
		}
		if (i->kind == SWEEP_VOLUME && (i->empty || (known && !known->keep && !known->seen))) {
			s->base.call = engine_volume_remove(s->base.engine, i->name, one_removed, s);
			return;
		}
	}
	for (size_t i = 0; i < s->items.len; i++)
		if (s->items.items[i].kind == SWEEP_JOURNAL)
			sweep_journal(s, &s->items.items[i]);
	if (s->n_there)
		session_call_end(&s->base, NULL);
	else
		session_call_leave_network(&s->base); /* a stop may have been broken off just before that */
}

static void volumes_end(void *call, const struct err *err)
{
	struct sweep_call *s = call;
	if (session_call_ok(&s->base, err))
		sweep_next(s);
}

static void containers_end(void *call, const struct err *err)
{
	struct sweep_call *s = call;
	if (session_call_ok(&s->base, err))
		s->base.call = engine_volumes(s->base.engine, NULL, one_volume, volumes_end, s);
}

static void scratch_work(struct loop_work *w, void *nothing)
{
	(void)w;
	(void)nothing;
	scratch_sweep();
}

static void scratch_done(void *nothing, bool cancelled)
{
	(void)nothing;
	(void)cancelled;
}

static struct sweep_call *begin(struct engine *e, struct loop *l, session_end_fn end, void *ctx)
{
	struct sweep_call *s = session_call_new(sizeof *s, e, l, end, ctx);
	s->base.fini = sweep_fini;
	journal_each(engine_identity(e), from_journal, s);
	s->base.call = engine_containers(e, LABEL("pending"), one_container, containers_end, s);
	return s;
}

struct session_call *session_sweep(struct engine *e, struct loop *l, void (*removed)(void *ctx, const char *what), session_end_fn end, void *ctx)
{
	struct sweep_call *s = begin(e, l, end, ctx);
	s->removed = removed;
	loop_work_submit(l, scratch_work, scratch_done, NULL); /* beside it: nobody waits for that */
	return &s->base;
}

struct session_call *session_leftovers(struct engine *e, struct loop *l, void (*found)(void *ctx, const char *what, bool goes), session_end_fn end, void *ctx)
{
	struct sweep_call *s = begin(e, l, end, ctx);
	s->found = found;
	s->look_only = true;
	return &s->base;
}
