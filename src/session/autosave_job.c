/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An autosave's worker, in two turns: what of the workspace is nowhere else; then it is sent. Between them, on the loop, files in Git LFS go
 * to a host: it refuses branches whose files it lacks.
 */
#include <unistd.h>

#include "autosave_impl.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "lfs.h"

static bool is_here(const struct save_job *j) { return j->place.url && j->place.url[0] == '/'; }

static void names_only(struct save_job *j)
{
	for (size_t i = 0; i < j->found.saved.len; i++) {
		const struct salvaged *w = &j->found.saved.items[i];
		AUTO(buf_fini) struct buf name = BUF_INIT;
		autosave_name_add(&name, j->user, w->branch, 1, w->start7, w->head7);
		struct save_ref ref = { .name = xstrdup(buf_str(&name)), .branch = xstrdup(w->branch), .tip = w->tip };
		VEC_PUSH(&j->refs, ref);
	}
}

/* Branches, tags and remote branches; a stash can be dropped any day, and saved work can be deleted. */
static bool is_safe_place(struct sv ref)
{
	return (sv_starts(ref, SV("refs/heads/")) && !sv_starts(ref, SV("refs/heads/" AUTOSAVE_PREFIX))) || sv_starts(ref, SV("refs/tags/")) ||
	       sv_starts(ref, SV("refs/remotes/"));
}

/* What a session of a local project has pushed may still be in its own bare repository alone: the project's says what is safe. */
static int autosave_elsewhere(struct save_job *j, git_refs *ret, struct salvage_spec *spec, struct err *reterr)
{
	if (!is_here(j))
		return 0;
	spec->elsewhere = ret;
	spec->elsewhere_dir = j->place.url;
	int rc = place_refs(&j->place, "refs/", &j->stop, ret, reterr);
	for (size_t i = ret->len; i > 0; i--)
		if (!is_safe_place(sv_of(ret->items[i - 1].name))) {
			free(ret->items[i - 1].name);
			VEC_REMOVE(ret, i - 1);
		}
	return rc;
}

struct step { const char *what; uint64_t now, total; };

static void told(void *job, const void *item, size_t n)
{
	struct save_job *j = job;
	struct step s;
	memcpy(&s, item, MIN_OF(n, sizeof s));
	if (j->a && j->a->ev.progress && !j->a->cancelled)
		j->a->ev.progress(j->a->ctx, s.what, s.now, s.total);
}

void autosave_report(struct save_job *j, const char *what, uint64_t now, uint64_t total)
{
	const struct step s = { what, now, MAX_OF(now, total) };
	loop_work_post(j->work, told, &s, sizeof s);
}

/* The commits that a shallow clone lacks are asked for where the project is, on the branch that the session began on: what is new can't be
 * told apart from them otherwise. */
static int complete(struct save_job *j, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	AUTO(git_refs_fini) git_refs refs = VEC_INIT;
	AUTO_STR dir = path_join(j->dir, ".git/whole");
	int rc;

	if (!j->place.url || !salvage_is_shallow(j->salvage) || (j->look_only && !is_here(j)))
		return 0;
	if (is_here(j)) {
		rc = repo_open(j->place.url, &r, reterr);
		return rc < 0 ? rc : salvage_borrow(j->salvage, repo_commondir(r), reterr);
	}
	rc = repo_init_bare(dir, &r, reterr);
	if (rc == 0)
		rc = place_refs(&j->place, "refs/heads/", &j->stop, &refs, reterr);
	for (size_t i = 0; rc == 0 && i < refs.len; i++)
		if (strcmp(refs.items[i].name + strlen("refs/heads/"), j->branch ? j->branch : "") == 0)
			rc = place_fetch(&j->place, r, &refs.items[i], &j->stop, reterr);
	return rc < 0 ? rc : salvage_borrow(j->salvage, repo_commondir(r), reterr);
}

/* ---- first turn ---------------------------------------------------------------------------------------------------------------------- */
static int job_copy(struct save_job *j, struct err *reterr)
{
	git_refs elsewhere = VEC_INIT;
	AUTO_STR store = is_here(j) ? lfs_store_of(j->place.url) : NULL;
	struct salvage_spec spec = { .start = j->start, .branch = j->branch, .user = j->user, .author_name = j->author_name, .author_email = j->author_email,
		.session = j->session, .now_s = clock_wall_s(), .saved_prefix = AUTOSAVE_PREFIX };
	int rc = salvage_new(j->dir, &j->salvage, reterr);

	if (rc == 0 && !j->look_only)
		salvage_take_lfs(j->salvage, store);
	if (rc == 0)
		rc = autosave_copy(j, j->salvage, reterr);
	close(j->in); /* the sender sees that nobody reads */
	j->in = -1;
	if (rc == 0)
		rc = complete(j, reterr);
	if (rc == 0)
		rc = autosave_elsewhere(j, &elsewhere, &spec, reterr);
	if (rc == 0)
		rc = salvage_finish(j->salvage, &spec, &j->stop, &j->found, reterr);
	git_refs_fini(&elsewhere);
	if (rc == 0 && j->look_only)
		names_only(j);
	return rc;
}

/* Here rather than on the loop: it may be much. */
static void clear_away(struct save_job *j)
{
	salvage_free(j->salvage);
	j->salvage = NULL;
	path_remove_tree(j->dir, NULL);
}

static void copy_process(struct loop_work *w, void *job)
{
	struct save_job *j = job;
	j->work = w;
	j->rc = job_copy(j, &j->err);
	j->sends = j->rc == 0 && !j->look_only && j->found.saved.len;
	if (!j->sends)
		clear_away(j);
}

/* ---- second turn --------------------------------------------------------------------------------------------------------------------- */
static void copied_some(void *job, const char *what, uint64_t now, uint64_t total) { autosave_report(job, what, now, total); }

/* Into the store of a repository on this machine, where git-lfs finds them. */
static int lfs_here(struct save_job *j, struct err *reterr)
{
	AUTO_STR to = lfs_store_of(j->place.url);

	for (size_t i = j->found.lfs.len; to && i > 0; i--) {
		struct lfs_object *o = &j->found.lfs.items[i - 1];
		if (lfs_has(to, o) || lfs_has(j->found.lfs_store, o))
			continue;
		char *note = xasprintf("%s is a pointer of Git LFS, and its bytes are neither in the workspace nor in the repository", o->paths.items[0]);
		VEC_PUSH(&j->found.notes, note);
		strings_fini(&o->paths);
		VEC_REMOVE(&j->found.lfs, i - 1);
	}
	if (!j->found.lfs.len)
		return 0;
	if (!to)
		return err_set(reterr, ERR_NOT_FOUND, "%s is no repository any more", j->place.url);
	const struct lfs_copy q = { j->found.lfs_store, to, &j->found.lfs, copied_some, j };
	return lfs_copy(&q, &j->stop, reterr);
}

static void send_process(struct loop_work *w, void *job)
{
	struct save_job *j = job;
	j->work = w;
	if (j->rc == 0 && is_here(j))
		j->rc = lfs_here(j, &j->err);
	if (j->rc == 0)
		j->rc = autosave_send(j, j->salvage, &j->err);
	if (j->rc == 0)
		j->err = (struct err){ 0 }; /* of a try before */
	clear_away(j);
}

/* Also when the loop ends between the two. */
static void job_done(void *job, bool cancelled)
{
	struct save_job *j = job;

	if (cancelled && j->rc == 0)
		j->rc = err_set(&j->err, ERR_CANCELLED, "cancelled");
	salvage_free(j->salvage);
	j->salvage = NULL;
	autosave_job_over(j);
}

static void send_begin(struct save_job *j)
{
	j->work = loop_work_submit(j->a->deps.loop, send_process, job_done, j);
}

/* ---- between ------------------------------------------------------------------------------------------------------------------------- */
static void upload_over(struct save_job *j, const struct err *err)
{
	lfs_push_free(j->upload);
	j->upload = NULL;
	if (err) {
		j->err = *err;
		j->rc = -(int)err->code;
	}
	send_begin(j); /* with an error it only clears away */
}

static void uploaded(void *job, const struct err *err)
{
	struct save_job *j = job;
	struct err copy = { 0 };

	err_copy(&copy, err);
	if (err && !copy.hint[0])
		err_hint(&copy, "All of it is still in the workspace. Save again when the host takes files in Git LFS, or have .gitattributes give the file to LFS no more.");
	upload_over(j, err ? &copy : NULL);
}

void autosave_upload_cancel(struct save_job *j)
{
	struct err err = { 0 };
	err_set(&err, ERR_CANCELLED, "cancelled");
	upload_over(j, &err);
}

static void uploaded_some(void *job, const char *what, uint64_t now, uint64_t total)
{
	struct save_job *j = job;
	if (j->a->ev.progress)
		j->a->ev.progress(j->a->ctx, what, now, MAX_OF(now, total));
}

static void copy_done(void *job, bool cancelled)
{
	struct save_job *j = job;

	if (cancelled || !j->sends) {
		job_done(j, cancelled);
	} else if (!is_here(j) && j->found.lfs.len && !atomic_load(&j->stop)) {
		const struct lfs_wanted q = { &j->place, &j->found.lfs, j->found.lfs_store };
		j->upload = lfs_push_start(j->a->deps.loop, &q, &j->found.notes, uploaded_some, uploaded, j);
	} else {
		send_begin(j);
	}
}

void autosave_job_start(struct save_job *j)
{
	j->work = loop_work_submit(j->a->deps.loop, copy_process, copy_done, j);
}
