/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a command does to the marked rows of a list: asks once for all of them, naming each. */
#include "tui/tui_impl.h"

enum { BULK_MAX = 64, BUILDS_MAX = 8, NAMED_MAX = 8 };

/* One row, by what outlives the list: names and ids. */
struct target { char *name; struct oid commit; bool launch; };
struct bulk {
	struct tui *t;
	enum command_id id;
	struct project_id project;
	enum pane pane;
	VEC(struct target) targets;
	struct lost *lost;             /* of stops */
};

static void bulk_free(struct bulk *b)
{
	if (!b)
		return;
	lost_free(b->lost);
	for (size_t i = 0; i < b->targets.len; i++)
		free(b->targets.items[i].name);
	VEC_FINI(&b->targets);
	free(b);
}

/* ---- from marks to targets ---- */
static bool target_of(struct tui *t, enum pane pane, size_t row, struct target *ret)
{
	const struct oid *id;
	const struct branch *b;
	char sha[8];
	*ret = (struct target){ 0 };
	switch (pane) {
	case PANE_COMMITS:
		if (!(id = store_commit_id_at(t->store, t->sel.project, t->sel.branch, row)))
			return false;
		oid_sha7(id, sha);
		ret->commit = *id;
		ret->name = xstrdup(sha);
		return true;
	case PANE_BRANCHES:
		if (!(b = store_branch_at(t->store, t->sel.project, row)))
			return false;
		ret->commit = b->tip;
		ret->name = xstrdup(b->name);
		return true;
	case PANE_SESSIONS:
		ret->launch = t->session_rows.items[row].launch;
		ret->name = xstrdup(t->session_rows.items[row].name);
		return true;
	default:
		ret->name = xstrdup(store_project_at(t->store, row)->path);
		return true;
	}
}

static struct bulk *bulk_new(struct tui *t, enum command_id id)
{
	size_t rows[BULK_MAX], n = list_marked(t, &t->lists[t->list_focus], rows, BULK_MAX);
	struct bulk *b = xcalloc(1, sizeof *b);
	b->t = t;
	b->id = id;
	b->project = t->sel.project;
	b->pane = t->list_focus;
	for (size_t i = 0; i < MIN_OF(n, (size_t)BULK_MAX); i++) {
		struct target one;
		if (target_of(t, b->pane, rows[i], &one))
			VEC_PUSH(&b->targets, one);
	}
	return b;
}

/* ---- what is done, one by one ---- */
static void stop_ended(void *tui, const struct err *err)
{
	if (err)
		say_error(tui, err);
}

static bool start_one(struct tui *t, const struct bulk *b, const struct target *x, struct err *err)
{
	struct app_start q = { .project = b->project, .branch = b->pane == PANE_BRANCHES ? x->name : t->sel.branch, .even_if_running = false };
	enum start_kind kind;
	AUTO_STR name = NULL;
	if (b->pane == PANE_COMMITS)
		q.commit = &x->commit;
	return app_start(t->app, &q, &kind, &name, err) >= 0;
}

/* Cancels whatever is under way there: a start by its name, a build by its commit. */
static bool cancel_one(struct tui *t, const struct bulk *b, const struct target *x, struct err *err)
{
	const struct build *build = b->pane == PANE_SESSIONS ? NULL : store_build_of(t->store, b->project, &x->commit);
	if (x->launch)
		app_launch_cancel(t->app, x->name);
	else if (build && (build->state == BUILD_RUNNING || build->state == BUILD_QUEUED))
		return app_build_cancel(t->app, build->id, err) >= 0;
	return true;
}

static void do_one(struct tui *t, const struct bulk *b, const struct target *x, char letter)
{
	struct err err = { 0 };
	bool ok = true;
	switch (b->id) {
	case CMD_BUILD: ok = app_build(t->app, &(struct app_build_query){ .project = b->project, .commit = x->commit }, NULL, &err) >= 0; break;
	case CMD_START: ok = start_one(t, b, x, &err); break;
	case CMD_CANCEL: ok = cancel_one(t, b, x, &err); break;
	case CMD_STOP:
		if (!x->launch)
			app_session_stop(t->app, x->name, letter == 'k' ? APP_STOP_KEEP : letter == 'x' ? APP_STOP_DISCARD : APP_STOP_SAVED, 5000, stop_ended, t);
		break;
	default: break;
	}
	if (ok)
		return;
	err_prefix(&err, "%s", x->name);
	say_error(t, &err);
}

struct bulk_ctx { struct bulk *bulk; };

static void chosen(struct tui *t, char letter, void *ctx)
{
	struct bulk *b = ((struct bulk_ctx *)ctx)->bulk;
	for (size_t i = 0; i < b->targets.len; i++)
		do_one(t, b, &b->targets.items[i], letter);
	list_unmark_all(&t->lists[b->pane]);
}

/* ---- the question ---- */
static void ask(struct bulk *b)
{
	static const struct choice to_build[] = { { 'b', "Build them" }, { 0, NULL } }, to_start[] = { { 's', "Start them" }, { 0, NULL } },
		to_cancel[] = { { 'x', "Cancel them" }, { 0, NULL } }, to_stop[] = { { 's', "Save, stop" }, { 'k', "Only stop" }, { 'x', "Discard work" }, { 0, NULL } };
	struct tui *t = b->t;
	const struct choice *choices = b->id == CMD_BUILD ? to_build : b->id == CMD_START ? to_start : b->id == CMD_CANCEL ? to_cancel : to_stop;
	const char *verb = command_at(b->id)->name;
	AUTO_STR title = xasprintf("%c%s %zu marked %s?", verb[0] - 'a' + 'A', verb + 1, b->targets.len, t->lists[b->pane].kind->name);
	struct doc d = { 0 };
	doc_begin(&d, MIN_OF(t->surface.cols, 100) - 6, t->surface.ascii);
	for (size_t i = 0; i < MIN_OF(b->targets.len, (size_t)NAMED_MAX); i++) {
		const struct session *of = b->id == CMD_STOP ? store_session(t->store, b->targets.items[i].name) : NULL;
		const char *owner = of ? app_session_others(of) : NULL;
		doc_add(&d, STYLE_PLAIN, "%s", b->targets.items[i].name);
		if (owner)
			doc_add(&d, STYLE_PERSON, " of %s", owner);
		if (b->id == CMD_STOP && !b->targets.items[i].launch)
			lost_say_shortly(b->lost, b->targets.items[i].name, &d);
		doc_nl(&d);
	}
	if (b->targets.len > NAMED_MAX)
		doc_wrap(&d, STYLE_DIM, 0, SV("and more"));
	if (b->id == CMD_STOP)
		doc_wrap(&d, STYLE_DIM, 0, SV("They begin to stop after 5 seconds; u takes them back one by one until then."));
	struct bulk_ctx *ctx = xcalloc(1, sizeof *ctx);
	ctx->bulk = b;
	open_confirm(t, title, &d, choices, chosen, ctx);
	doc_fini(&d);
}

/* ---- stops: what each would lose is asked first ---- */
static void lost_known(void *bulk)
{
	struct bulk *b = bulk;
	tui_dirty(b->t);
	if (!b->t->top)
		ask(b);
}

static void ask_stops(struct bulk *b)
{
	b->lost = lost_new(b->t, lost_known, b);
	for (size_t i = 0; i < b->targets.len; i++)
		if (!b->targets.items[i].launch)
			lost_name(b->lost, b->targets.items[i].name);
	lost_find(b->lost);
}

void bulk_forget(struct tui *t)
{
	bulk_free(t->bulk);
	t->bulk = NULL;
}

/* ---- at once ---- */
static void copy_names(struct tui *t, const struct bulk *b)
{
	AUTO(buf_fini) struct buf text = BUF_INIT;
	for (size_t i = 0; i < b->targets.len; i++) {
		char hex[OID_HEX + 1];
		oid_hex(&b->targets.items[i].commit, hex);
		buf_addf(&text, "%s%s", i ? "\n" : "", b->pane == PANE_COMMITS ? hex : b->targets.items[i].name);
	}
	AUTO_STR what = xasprintf("list of %zu", b->targets.len);
	do_copy_text(t, what, buf_sv(&text));
}

static void dismiss(struct tui *t, const struct bulk *b)
{
	for (size_t i = 0; i < b->targets.len; i++)
		app_launch_dismiss(t->app, b->targets.items[i].name);
	list_unmark_all(&t->lists[b->pane]);
}

bool do_marked(struct tui *t, enum command_id id)
{
	struct list *l = &t->lists[t->list_focus];
	bool takes_several = id == CMD_BUILD || id == CMD_START || id == CMD_CANCEL || id == CMD_STOP || id == CMD_COPY || id == CMD_DISMISS;
	if (!takes_several || !list_n_marks(t, l) || ((id == CMD_BUILD || id == CMD_START) && t->list_focus == PANE_PROJECTS))
		return false;
	bulk_forget(t);
	struct bulk *b = t->bulk = bulk_new(t, id);
	if (b->targets.len < 2) { /* one: as if the cursor were on it */
		if (l->marks.len)
			list_select_id(t, l, l->marks.items[0]);
		list_unmark_all(l);
		tui_sync(t);
		if (!b->targets.len)
			say(t, MESSAGE_INFO, "what was marked is gone");
		return !b->targets.len;
	}
	if (id == CMD_COPY)
		copy_names(t, b);
	else if (id == CMD_DISMISS)
		dismiss(t, b);
	else if (id != CMD_STOP && id != CMD_CANCEL && b->targets.len > BUILDS_MAX)
		say(t, MESSAGE_WARN, "%zu at a time would wear the machine out; mark %d at most", b->targets.len, BUILDS_MAX);
	else if (id == CMD_STOP)
		ask_stops(b);
	else
		ask(b);
	return true;
}
