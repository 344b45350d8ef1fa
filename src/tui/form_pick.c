/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists to choose a field's value from: branches, commits with the state of their images, images, environments. */
#include "tui/form.h"
#include "tui/picker.h"

enum { COMMITS_MAX = 300, IMAGES_MAX = 20 };
static const char *const environments[][2] = {
	{ "/lab", "JupyterLab" }, { "/rstudio", "RStudio" }, { "/tree", "the classic notebook" }, { "shell", "no server: a shell to attach to" },
};

bool form_is_autosave(const char *branch)
{
	return sv_starts(sv_of(branch), SV(AUTOSAVE_PREFIX));
}

static void add_state(struct form *f, struct buf *b, const struct oid *commit)
{
	const struct image *i = store_image(f->t->store, f->project, commit);
	const struct look *look = i ? look_of_image(i->state) : NULL;
	if (look)
		buf_addf(b, "%s %s  ", f->t->surface.ascii ? look->ascii : look->glyph, look->word);
}

/* ---- branch ---- */
static void branch_chosen(struct tui *t, int value, void *data)
{
	struct form *f = form_on_top(t);
	const struct branch *b = f && value >= 0 ? store_branch(t->store, f->project, t->picked) : NULL;
	(void)data;
	if (!b)
		return;
	struct oid tip = b->tip;
	form_go_to(f, b->name, &tip);
	app_want_commits(t->app, f->project, f->branch, 0, COMMITS_MAX);
}

static void fill_branches(struct tui *t, struct picker *p)
{
	struct form *f = NULL;
	for (struct overlay *o = t->top; o && !f; o = o->below)
		f = form_of(o);
	if (!f)
		return;
	AUTO(buf_fini) struct buf further = BUF_INIT;
	branches_say(t, false, &further);
	for (size_t i = 0; i < store_n_branches(t->store, f->project); i++) {
		const struct branch *b = store_branch_at(t->store, f->project, i);
		AUTO(buf_fini) struct buf what = BUF_INIT;
		add_state(f, &what, &b->tip);
		if (form_is_autosave(b->name))
			buf_add_str(&what, "autosave  ");
		text_add_age(&what, t->now_s - b->tip_at_s);
		buf_addf(&what, "  %s", b->tip_subject ? b->tip_subject : "");
		picker_add(p, b->is_default ? "default" : "", b->name, buf_str(&what), NULL, (int)i);
	}
	if (further.len)
		picker_add(p, "", buf_str(&further), "", NULL, -1);
}

static void pick_branch(struct form *f)
{
	app_want_branches(f->t->app, f->project);
	app_want_more_branches(f->t->app, SIZE_MAX);
	picker_grows(picker_open(f->t, "Branch", true, branch_chosen, NULL), fill_branches);
}

/* ---- commit ---- */
static void commit_chosen(struct tui *t, int value, void *data)
{
	struct form *f = form_on_top(t);
	const struct oid *id = f && f->branch ? store_commit_id_at(t->store, f->project, f->branch, (size_t)value) : NULL;
	(void)data;
	if (!id)
		return;
	struct oid commit = *id;
	form_go_to(f, f->branch, &commit);
}

static void pick_commit(struct form *f)
{
	struct tui *t = f->t;
	bool complete;
	size_t n = f->branch ? store_n_commits(t->store, f->project, f->branch, &complete) : 0;
	struct picker *p = picker_open(t, "Commit", true, commit_chosen, NULL);
	for (size_t i = 0; i < MIN_OF(n, (size_t)COMMITS_MAX); i++) {
		const struct oid *id = store_commit_id_at(t->store, f->project, f->branch, i);
		const struct commit *c = id ? store_commit(t->store, f->project, id) : NULL;
		AUTO(buf_fini) struct buf what = BUF_INIT;
		char sha[8];
		if (!c)
			continue;
		oid_sha7(id, sha);
		add_state(f, &what, id);
		text_add_age(&what, t->now_s - c->committed_at_s);
		buf_addf(&what, "  %s", c->subject ? c->subject : "");
		picker_add(p, "", sha, buf_str(&what), NULL, (int)i);
	}
	app_want_commits(t->app, f->project, f->branch, 0, COMMITS_MAX);
}

/* ---- image ---- */
struct refs { size_t n; char items[IMAGES_MAX + 2][420]; };

static void image_chosen(struct tui *t, int value, void *data)
{
	struct form *f = form_on_top(t);
	const struct refs *refs = data;
	if (f)
		form_set(f, OPT_IMAGE, value ? refs->items[value - 1] : "");
}

static void add_ref(struct picker *p, struct refs *refs, const char *ref, const char *what)
{
	for (size_t i = 0; i < refs->n; i++)
		if (strcmp(refs->items[i], ref) == 0)
			return;
	if (refs->n == ARRAY_LEN(refs->items) || strlen(ref) >= sizeof refs->items[0])
		return;
	memcpy(refs->items[refs->n++], ref, strlen(ref) + 1);
	picker_add(p, "", ref, what, NULL, (int)refs->n);
}

static void add_ready(struct form *f, struct picker *p, struct refs *refs)
{
	bool complete;
	size_t n = f->branch ? store_n_commits(f->t->store, f->project, f->branch, &complete) : 0;
	for (size_t i = 0; i < MIN_OF(n, (size_t)COMMITS_MAX); i++) {
		const struct oid *id = store_commit_id_at(f->t->store, f->project, f->branch, i);
		const struct image *image = id ? store_image(f->t->store, f->project, id) : NULL;
		const struct commit *c = id ? store_commit(f->t->store, f->project, id) : NULL;
		if (image && image->ref && image->state == IMAGE_READY)
			add_ref(p, refs, image->ref, c && c->subject ? c->subject : "");
	}
}

static void pick_image(struct form *f)
{
	struct tui *t = f->t;
	struct refs *refs = xcalloc(1, sizeof *refs);
	struct picker *p = picker_open(t, "Image", true, image_chosen, refs);
	const struct image *own = store_image(t->store, f->project, &f->commit);
	AUTO(buf_fini) struct buf what = BUF_INIT;
	add_state(f, &what, &f->commit);
	if (own && own->ref)
		buf_add_str(&what, own->ref);
	picker_add(p, "", own && (own->state == IMAGE_PINNED || own->state == IMAGE_PINNED_MISSING || own->state == IMAGE_PINNED_LOGIN) ? "the pinned one" : "the commit's", buf_str(&what), NULL, 0);
	if (own && own->ref && own->state == IMAGE_SAME_AS)
		add_ref(p, refs, own->ref, "the environment is the same there");
	add_ready(f, p, refs);
	for (size_t i = 0; i < store_n_sessions(t->store); i++)
		if (store_session_at(t->store, i)->image_ref)
			add_ref(p, refs, store_session_at(t->store, i)->image_ref, "a session runs from it");
}

/* ---- environment ---- */
static void environment_chosen(struct tui *t, int value, void *data)
{
	struct form *f = form_on_top(t);
	(void)data;
	if (f)
		form_set(f, OPT_ENVIRONMENT, value < (int)ARRAY_LEN(environments) ? environments[value][0] : options_text(&f->base, OPT_ENVIRONMENT));
}

static void pick_environment(struct form *f)
{
	struct picker *p = picker_open(f->t, "Environment", true, environment_chosen, NULL);
	bool own = f->base.values[OPT_ENVIRONMENT].source == FROM_PROJECT;
	for (size_t i = 0; i < ARRAY_LEN(environments); i++) {
		own = own && strcmp(environments[i][0], options_text(&f->base, OPT_ENVIRONMENT)) != 0;
		picker_add(p, "", environments[i][0], environments[i][1], NULL, (int)i);
	}
	if (own)
		picker_add(p, "", options_text(&f->base, OPT_ENVIRONMENT), "what the project asks for", NULL, (int)ARRAY_LEN(environments));
}

bool form_pick(struct form *f, int field)
{
	switch (field) {
	case FIELD_BRANCH: pick_branch(f); return true;
	case FIELD_COMMIT: pick_commit(f); return true;
	case FIELD_OPTIONS + OPT_IMAGE: pick_image(f); return true;
	case FIELD_OPTIONS + OPT_ENVIRONMENT: pick_environment(f); return true;
	case FIELD_OPTIONS + OPT_LFS: form_set(f, OPT_LFS, options_yes(&f->options, OPT_LFS) ? "no" : "yes"); return true;
	default: return false;
	}
}
