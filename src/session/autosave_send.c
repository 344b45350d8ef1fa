/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was found is given names that nobody else's work has, and sent. */
#include "autosave_impl.h"
#include "berth/mem.h"

enum { NTH_MAX = 50, DROPS_MAX = 16 };

/* ---- names --------------------------------------------------------------------------------------------------------------------- */
/* Some characters can't stand in a branch's name. */
static void add_user(struct buf *b, const char *user)
{
	for (const char *p = user; *p; p++)
		buf_add_char(b, (unsigned char)*p <= ' ' || strchr("~^:?*[\\/@{\x7f", *p) || (*p == '.' && (p == user || p[1] == '.' || !p[1])) ? '-' : *p);
}

void autosave_name_add(struct buf *b, const char *user, const char *branch, unsigned nth, const char *start7, const char *head7)
{
	buf_add_str(b, AUTOSAVE_PREFIX);
	add_user(b, user);
	buf_addf(b, "/%s", branch);
	if (nth > 1)
		buf_addf(b, "/@%u", nth);
	buf_addf(b, "/%s/%s", start7, head7);
}

static bool is_sha7(struct sv s)
{
	size_t n = 0;
	while (n < s.len && ((s.p[n] >= '0' && s.p[n] <= '9') || (s.p[n] >= 'a' && s.p[n] <= 'z') || (s.p[n] >= 'A' && s.p[n] <= 'Z')))
		n++;
	return n == 7 && s.len == 7;
}

static bool cut_last(struct sv *s, struct sv *ret_last)
{
	const char *slash = s->len ? memrchr(s->p, '/', s->len) : NULL;
	if (!slash)
		return false;
	*ret_last = (struct sv){ slash + 1, s->len - (size_t)(slash + 1 - s->p) };
	s->len = (size_t)(slash - s->p);
	return true;
}

/* From both ends: what is between may have any number of slashes. */
bool autosave_name_parse(struct sv branch, struct autosave_name *ret)
{
	struct sv last;
	uint64_t nth;

	*ret = (struct autosave_name){ .nth = 1 };
	if (sv_starts(branch, SV("origin/")))
		branch = (struct sv){ branch.p + 7, branch.len - 7 };
	if (!sv_starts(branch, SV(AUTOSAVE_PREFIX)))
		return false;
	branch = (struct sv){ branch.p + strlen(AUTOSAVE_PREFIX), branch.len - strlen(AUTOSAVE_PREFIX) };
	const char *slash = branch.len ? memchr(branch.p, '/', branch.len) : NULL;
	if (!slash || slash == branch.p)
		return false;
	ret->user = (struct sv){ branch.p, (size_t)(slash - branch.p) };
	ret->branch = (struct sv){ slash + 1, branch.len - ret->user.len - 1 };
	if (!cut_last(&ret->branch, &ret->head7) || !cut_last(&ret->branch, &ret->start7) || !is_sha7(ret->head7) || !is_sha7(ret->start7) || !ret->branch.len)
		return false;
	struct sv shorter = ret->branch;
	if (cut_last(&shorter, &last) && last.len > 1 && last.p[0] == '@' && sv_to_u64((struct sv){ last.p + 1, last.len - 1 }, &nth) && nth > 1 && nth <= NTH_MAX) {
		ret->nth = (unsigned)nth;
		ret->branch = shorter;
	}
	return ret->branch.len > 0;
}

/* ---- whose is what is there already -------------------------------------------------------------------------------------------------- */
struct sending {
	struct save_job *job;
	struct repo *repo;
	git_refs there;
	VEC(struct place_update) updates;
	strings names;                              /* of the updates */
};

static void sending_fini(struct sending *s)
{
	git_refs_fini(&s->there);
	strings_fini(&s->names);
	VEC_FINI(&s->updates);
}

static const struct git_ref *find_there(const struct sending *s, const char *full)
{
	for (size_t i = 0; i < s->there.len; i++)
		if (strcmp(s->there.items[i].name, full) == 0)
			return &s->there.items[i];
	return NULL;
}

/* Saved by this session before: then newer work of it may take its place. */
static int is_ours(struct sending *s, const struct git_ref *ref, bool *ret, struct err *reterr)
{
	AUTO_STR message = NULL;

	*ret = false;
	if (repo_message(s->repo, &ref->id, &message, NULL) < 0) {
		int rc = place_fetch(&s->job->place, s->repo, ref, &s->job->stop, reterr);
		if (rc == 0)
			rc = repo_message(s->repo, &ref->id, &message, reterr);
		if (rc < 0)
			return rc;
	}
	*ret = sv_eq(salvage_message_value(message, SALVAGE_SESSION), sv_of(s->job->session));
	return 0;
}

static int place_one(struct sending *s, const struct salvaged *w, struct err *reterr)
{
	for (unsigned nth = 1; nth <= NTH_MAX; nth++) {
		AUTO(buf_fini) struct buf name = BUF_INIT;
		autosave_name_add(&name, s->job->user, w->branch, nth, w->start7, w->head7);
		AUTO_STR full = xasprintf("refs/heads/%s", buf_str(&name));
		const struct git_ref *there = find_there(s, full);
		struct save_ref ref = { .tip = w->tip };
		bool ours = false;
		if (there && !oid_eq(&there->id, &w->tip) && is_ours(s, there, &ours, reterr) < 0)
			return -1;
		if (there && !oid_eq(&there->id, &w->tip) && !ours)
			continue;
		ref.was_there = there && (oid_eq(&there->id, &w->tip) || salvage_same(s->repo, &there->id, &w->tip));
		if (ref.was_there)
			ref.tip = there->id;
		ref.name = xstrdup(buf_str(&name));
		ref.branch = xstrdup(w->branch);
		VEC_PUSH(&s->job->refs, ref);
		if (!ref.was_there) {
			struct place_update u = { .name = full, .id = w->tip, .old = there ? there->id : (struct oid){ { 0 } } };
			VEC_PUSH(&s->names, full);
			full = NULL;
			VEC_PUSH(&s->updates, u);
		}
		return 0;
	}
	return err_set(reterr, ERR_CONFLICT, "%d sessions have saved work on %s under one name already", NTH_MAX, w->branch);
}

static void push_progress(void *job, const char *what, uint64_t now, uint64_t total)
{
	(void)what;
	autosave_report(job, "sending", now, total);
}

static void refs_clear(struct save_job *j)
{
	for (size_t i = 0; i < j->refs.len; i++) {
		free(j->refs.items[i].name);
		free(j->refs.items[i].branch);
	}
	VEC_CLEAR(&j->refs);
}

/* One of ours that is there with the same files is fine; what another berth moved in between is looked at again. */
static int send_once(struct save_job *j, struct salvage *salvage, struct err *reterr)
{
	AUTO(sending_fini) struct sending s = { .job = j, .repo = salvage_repo(salvage) };
	int rc = place_refs(&j->place, "refs/heads/" AUTOSAVE_PREFIX, &j->stop, &s.there, reterr);

	refs_clear(j);
	for (size_t i = 0; rc == 0 && i < j->found.saved.len; i++)
		rc = place_one(&s, &j->found.saved.items[i], reterr);
	if (rc == 0 && s.updates.len) {
		const struct place_push q = { s.repo, s.updates.items, s.updates.len, push_progress, j };
		rc = place_push(&j->place, &q, &j->stop, reterr);
	}
	return rc;
}

/* ---- what this session saved of the same branch before: it goes when the newer is there ---------------------------------------- */
static bool is_of_now(const struct save_job *j, const char *name)
{
	for (size_t i = 0; i < j->refs.len; i++)
		if (strcmp(j->refs.items[i].name, name) == 0)
			return true;
	return false;
}

/* The same user's of the same branch since the same commit; and either this session's, or all in the newer one. */
static bool is_superseded(struct sending *s, const struct git_ref *ref)
{
	struct autosave_name old, now;
	bool ours = false;

	if (is_of_now(s->job, ref->name + strlen("refs/heads/")) || !autosave_name_parse(sv_of(ref->name + strlen("refs/heads/")), &old) || old.branch.p[0] == '@')
		return false;
	for (size_t i = 0; i < s->job->refs.len; i++) {
		const struct save_ref *r = &s->job->refs.items[i];
		if (!autosave_name_parse(sv_of(r->name), &now) || !sv_eq(now.user, old.user) || !sv_eq(now.branch, old.branch) || !sv_eq(now.start7, old.start7))
			continue;
		return repo_is_ancestor(s->repo, &ref->id, &r->tip) || (is_ours(s, ref, &ours, NULL) == 0 && ours);
	}
	return false;
}

/* What goes wrong here loses nothing: there is one branch more. */
static void drop_superseded(struct save_job *j, struct salvage *salvage)
{
	AUTO(sending_fini) struct sending s = { .job = j, .repo = salvage_repo(salvage) };
	int rc = place_refs(&j->place, "refs/heads/" AUTOSAVE_PREFIX, &j->stop, &s.there, NULL);

	for (size_t i = 0; rc == 0 && i < s.there.len && s.updates.len < DROPS_MAX; i++) {
		const struct git_ref *ref = &s.there.items[i];
		if (is_superseded(&s, ref))
			VEC_PUSH(&s.updates, ((struct place_update){ .name = ref->name, .old = ref->id }));
	}
	if (rc == 0 && s.updates.len)
		place_push(&j->place, &(struct place_push){ .from = s.repo, .updates = s.updates.items, .n = s.updates.len }, &j->stop, NULL);
}

int autosave_send(struct save_job *j, struct salvage *s, struct err *reterr)
{
	int rc = send_once(j, s, reterr);

	for (int n = 0; rc == -ERR_CONFLICT && n < 3 && !atomic_load(&j->stop); n++)
		rc = send_once(j, s, reterr);
	if (rc == 0)
		drop_superseded(j, s);
	return rc;
}
