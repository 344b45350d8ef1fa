/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is done to the clone before it is copied into the workspace, the rest of the step "clone at the commit": saved work put back,
 * submodules, files in Git LFS, and the clone's configuration. What blocks runs on a worker; a worker that nobody waits for any more
 * stops soon and removes what it wrote.
 */
#include <sys/stat.h>

#include "berth/autosave.h"
#include "berth/exchange.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "berth/salvage.h"
#include "berth/text.h"
#include "launch_impl.h"
#include "lfs.h"

enum { NOTES_SHOWN = 5, SPARE_BYTES = 64 << 20 };

struct tree_work {
	struct launch *launch;                      /* NULL: nobody waits; the loop's thread only */
	struct loop_work *work;
	atomic_bool stop;
	char *dir, *branch, *workdir;
	bool restores, copies /* LFS objects from this machine */, all_lfs;
	char *since;                                /* 7 digits of the commit that restored work began at */
	struct oid tip;
	struct git_place place;
	struct lfs_fetch *fetch;
	char *store;                                /* the clone's, of LFS objects */
	lfs_objects lfs, left;                      /* left: they stay pointers */
	uint64_t lfs_bytes, left_bytes;
	strings notes;
	int rc;
	struct err err;
};

static void tree_free(struct tree_work *t)
{
	lfs_fetch_free(t->fetch);
	git_place_fini(&t->place);
	lfs_objects_fini(&t->lfs);
	lfs_objects_fini(&t->left);
	strings_fini(&t->notes);
	free(t->store);
	free(t->since);
	free(t->dir);
	free(t->branch);
	free(t->workdir);
	free(t);
}

void tree_forget(struct launch *l)
{
	struct tree_work *t = l->tree;
	l->tree = NULL;
	if (!t)
		return;
	t->launch = NULL;
	atomic_store(&t->stop, true);
	if (!t->work)
		tree_free(t);
}

/* ---- progress of a worker ---- */
struct tree_step { const char *what; uint64_t now, total; };

static void told(void *tree, const void *item, size_t n)
{
	struct tree_work *t = tree;
	struct tree_step s;
	memcpy(&s, item, MIN_OF(n, sizeof s));
	if (t->launch)
		clone_progress(t->launch, s.what, s.now, s.total);
}

static void report(void *tree, const char *what, uint64_t now, uint64_t total)
{
	struct tree_work *t = tree;
	const struct tree_step s = { what, now, total }; /* what: a literal */
	loop_work_post(t->work, told, &s, sizeof s);
}

static void fetched_some(void *tree, const char *what, uint64_t now, uint64_t total)
{
	struct tree_work *t = tree;
	if (t->launch)
		clone_progress(t->launch, what, now, total);
}

/* The end of a worker; NULL: nobody waits, and all is freed. */
static struct launch *back(struct tree_work *t, bool cancelled)
{
	struct launch *l = t->launch;
	t->work = NULL;
	if (!l) {
		tree_free(t);
		return NULL;
	}
	if (cancelled)
		t->rc = err_set(&t->err, ERR_CANCELLED, "cancelled");
	struct err err = t->err;
	if (t->rc < 0) {
		l->tree = NULL;
		tree_free(t);
		call_ok(l, &err);
		return NULL;
	}
	return l;
}

static void tidy_up(struct tree_work *t)
{
	if (atomic_load(&t->stop))
		path_remove_tree(t->dir, NULL);
}

static char *size_word(uint64_t bytes)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	text_add_size(&b, bytes);
	return buf_take(&b);
}

/* ---- the end ---- */
static void tree_done(struct tree_work *t)
{
	struct launch *l = t->launch;
	char sha[8];
	AUTO_STR size = size_word(t->left_bytes);
	l->tree = NULL;
	l->has_lfs_files = t->lfs.len + t->left.len > 0;
	if (t->left.len)
		launch_warn(l, "%zu file%s in Git LFS (%s) stay%s a pointer: git lfs pull in the session fetches, or a start with --lfs", t->left.len, t->left.len == 1 ? "" : "s", size, t->left.len == 1 ? "s" : "");
	tree_free(t);
	if (!call_is_over(l))
		return;
	oid_sha7(&l->session.commit, sha);
	if (l->restore)
		step_detail(l, "with the saved work of %s", l->restore);
	else if (l->session.branch)
		step_detail(l, "%s at %s", l->session.branch, sha);
	else
		step_detail(l, "%s", sha);
	step_next(l);
}

/* ---- Git LFS ---- */
/* Files of restored work are fetched unasked; where they can't be had, all else of the work still comes back. */
static bool can_do_without(struct tree_work *t, const struct err *err)
{
	if (t->all_lfs || !t->restores || err->code == ERR_CANCELLED)
		return false;
	char *note = xasprintf("%zu file%s of the saved work stay%s a pointer of Git LFS: %s", t->lfs.len, t->lfs.len == 1 ? "" : "s", t->lfs.len == 1 ? "s" : "", err->text);
	VEC_PUSH(&t->notes, note);
	return true;
}

static void tell_notes(struct tree_work *t)
{
	for (size_t i = 0; i < MIN_OF(t->notes.len, (size_t)NOTES_SHOWN); i++)
		launch_warn(t->launch, "%s", t->notes.items[i]);
	if (t->notes.len > NOTES_SHOWN)
		launch_warn(t->launch, "%zu more submodules are left out", t->notes.len - NOTES_SHOWN);
	strings_fini(&t->notes);
	t->notes = (strings)VEC_INIT;
}

static void place_process(struct loop_work *w, void *tree)
{
	struct tree_work *t = tree;
	t->work = w;
	if (t->copies) {
		AUTO_STR from = lfs_store_of(t->place.url);
		const struct lfs_copy q = { from, t->store, &t->lfs, report, t };
		t->rc = from ? lfs_copy(&q, &t->stop, &t->err) : err_set(&t->err, ERR_NOT_FOUND, "%s is no repository any more", t->place.url);
		if (t->rc < 0 && can_do_without(t, &t->err)) {
			t->rc = 0;
			t->err = (struct err){ 0 };
			tidy_up(t);
			return;
		}
	}
	if (t->rc == 0)
		t->rc = lfs_place(t->dir, &t->lfs, &t->stop, report, t, &t->err);
	tidy_up(t);
}

static void place_done(void *tree, bool cancelled)
{
	struct tree_work *t = tree;
	if (!back(t, cancelled))
		return;
	tell_notes(t);
	tree_done(t);
}

static void place_begin(struct tree_work *t)
{
	t->work = loop_work_submit(t->launch->deps.loop, place_process, place_done, t);
}

static void fetch_end(void *tree, const struct err *err)
{
	struct tree_work *t = tree;
	struct launch *l = t->launch;
	struct err copy = { 0 };
	err_copy(&copy, err);
	lfs_fetch_free(t->fetch);
	t->fetch = NULL;
	if (!err) {
		place_begin(t);
		return;
	}
	if (can_do_without(t, &copy)) {
		tell_notes(t);
		tree_done(t);
		return;
	}
	l->tree = NULL;
	tree_free(t);
	call_ok(l, &copy);
}

/* Each file is there twice, as git-lfs has it: in the clone's store and in its place. */
static int check_disk_for(const struct tree_work *t, struct err *reterr)
{
	const struct launch *l = t->launch;
	struct { const char *path, *whose; } places[] = { { t->dir, "berth's cache folder is on" }, { l->engine_root, "the engine keeps its volumes on" } };
	struct stat here, there;
	bool local = (engine_caps(l->deps.engine) & ENGINE_IS_LOCAL) && l->engine_root && *l->engine_root;
	bool same = local && stat(t->dir, &here) == 0 && stat(l->engine_root, &there) == 0 && here.st_dev == there.st_dev;
	uint64_t need = 2 * t->lfs_bytes * (same ? 2 : 1) + SPARE_BYTES, free_bytes;
	for (size_t i = 0; i < (local ? 2u : 1u); i++) {
		if (!disk_free_at(places[i].path, &free_bytes) || free_bytes >= need)
			continue;
		AUTO_STR wanted = size_word(need);
		AUTO_STR has = size_word(free_bytes);
		err_set(reterr, ERR_NO_SPACE, "the files in Git LFS need %s, but the disk that %s has %s left", wanted, places[i].whose, has);
		err_hint(reterr, "Make room, or start with --lfs=no: the files stay pointers then.");
		return -ERR_NO_SPACE;
	}
	return 0;
}

static void lfs_begin(struct tree_work *t)
{
	struct launch *l = t->launch;
	struct err err = { 0 };
	AUTO_STR size = size_word(t->lfs_bytes);
	if (check_disk_for(t, &err) < 0 && can_do_without(t, &err)) {
		tell_notes(t);
		tree_done(t);
		return;
	}
	if (err.code) {
		l->tree = NULL;
		tree_free(t);
		call_ok(l, &err);
		return;
	}
	step_detail(l, "%zu files in Git LFS, %s", t->lfs.len, size);
	if (t->copies) {
		place_begin(t);
		return;
	}
	const struct lfs_wanted q = { &t->place, &t->lfs, t->store };
	t->fetch = lfs_fetch_start(l->deps.loop, &q, fetched_some, fetch_end, t);
}

/* ---- first: what was saved, submodules, which files are in LFS ---- */
/* While the index still has every file of saved work; afterwards it has only what was staged. */
static int find_lfs(struct tree_work *t)
{
	int rc = lfs_find(t->dir, &t->stop, &t->lfs, &t->err);
	if (rc == 0 && !t->all_lfs && t->restores) {
		rc = lfs_split_unchanged(t->dir, t->since ? t->since : "", &t->lfs, &t->left, &t->err);
	} else if (rc == 0 && !t->all_lfs) {
		t->left = t->lfs;
		t->lfs = (lfs_objects)VEC_INIT;
	}
	for (size_t i = 0; i < t->lfs.len; i++)
		t->lfs_bytes += t->lfs.items[i].size;
	for (size_t i = 0; i < t->left.len; i++)
		t->left_bytes += t->left.items[i].size;
	return rc;
}

static int tree_run(struct tree_work *t)
{
	struct stat st;
	AUTO_STR dotgit = path_join(t->dir, ".git");
	bool has_git = lstat(dotgit, &st) == 0;
	int rc = has_git ? find_lfs(t) : 0;
	if (rc == 0 && t->restores)
		rc = salvage_unwrap(t->dir, t->branch, &t->tip, &t->err);
	if (rc < 0 || !has_git)
		return rc;
	rc = clone_submodules(t->dir, &t->place, &t->stop, &t->notes, &t->err);
	if (rc == 0)
		rc = repo_config_set(t->dir, "include.path", GITIN_CONFIG, &t->err); /* for a git that doesn't know GIT_CONFIG_COUNT */
	if (rc == 0 && t->copies)
		rc = exchange_prepare(t->dir, &t->place, t->workdir, &t->err);
	t->store = lfs_store_of(t->dir);
	return rc;
}

static void tree_process(struct loop_work *w, void *tree)
{
	struct tree_work *t = tree;
	t->work = w;
	t->rc = tree_run(t);
	tidy_up(t);
}

static void tree_processed(void *tree, bool cancelled)
{
	struct tree_work *t = tree;
	struct launch *l = back(t, cancelled);
	if (!l)
		return;
	tell_notes(t);
	if (t->lfs.len && t->store)
		lfs_begin(t);
	else
		tree_done(t);
}

void tree_begin(struct launch *l)
{
	struct tree_work *t = xcalloc(1, sizeof *t);
	*t = (struct tree_work){ .launch = l, .dir = xstrdup(l->clone_dir), .branch = xstrdup(l->session.branch), .workdir = xstrdup(l->workdir), .restores = l->restore != NULL, .tip = l->restore_tip, .all_lfs = l->session.lfs };
	struct autosave_name name;
	if (l->restore && autosave_name_parse(sv_of(l->restore), &name))
		t->since = sv_dup(name.start7);
	forge_git_place(l->deps.forge, &l->project, &t->place);
	t->copies = t->place.url && t->place.url[0] == '/';
	l->tree = t;
	if (l->restore)
		step_detail(l, "restoring %s", l->restore);
	t->work = loop_work_submit(l->deps.loop, tree_process, tree_processed, t);
}
