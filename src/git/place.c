/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a project's branches are: read, moved and looked at again. A repository on this machine; place_url.c has URLs. */
#include <poll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "git/place.h"

#define PLACE_OURS "refs/heads/renku/autosave/"
enum { LOCK_LEFT_S = 3, LOCK_AGAIN_MS = 100, LOCK_TRIES = 50 };

void git_place_dup(struct git_place *dst, const struct git_place *src)
{
	*dst = (struct git_place){ .url = xstrdup(src->url), .user = xstrdup(src->user), .password = secret_dup(src->password), .ca_file = xstrdup(src->ca_file) };
}

void git_place_fini(struct git_place *p)
{
	free(p->url);
	free(p->user);
	secret_free(p->password);
	free(p->ca_file);
	*p = (struct git_place){ 0 };
}

void git_refs_fini(git_refs *r)
{
	for (size_t i = 0; i < r->len; i++)
		free(r->items[i].name);
	VEC_FINI(r);
}

/* ---- a repository on this machine ------------------------------------------------------------------------------------------ */
static int refs_here(const char *path, const char *prefix, git_refs *ret, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	AUTO(git_reference_iterator_free_p) git_reference_iterator *it = NULL;
	AUTO_STR glob = xasprintf("%s*", prefix);
	const char *name;
	int rc = repo_open(path, &r, reterr);

	if (rc)
		return rc;
	rc = git_reference_iterator_glob_new(&it, r->git, glob);
	while (!rc && !(rc = git_reference_next_name(&name, it))) {
		struct git_ref ref;
		git_oid id;
		if (git_reference_name_to_id(&id, r->git, name))
			continue; /* leads nowhere */
		ref.name = xstrdup(name);
		oid_from_git(&ref.id, &id);
		VEC_PUSH(ret, ref);
	}
	return rc == GIT_ITEROVER ? 0 : git_fail(reterr, rc, "the branches of %s can't be listed", path);
}

bool place_checked_out(git_repository *git, const char *name)
{
	AUTO(git_reference_free_p) git_reference *ref = NULL;
	AUTO(git_reference_free_p) git_reference *head = NULL;

	if (!git_reference_lookup(&head, git, "HEAD") && git_reference_type(head) == GIT_REFERENCE_SYMBOLIC && !git_repository_is_bare(git) &&
	    !strcmp(git_reference_symbolic_target(head), name))
		return true;
	return !git_reference_lookup(&ref, git, name) && git_branch_is_checked_out(ref) == 1 && !git_repository_is_bare(git);
}

static int update_check(git_repository *git, const struct place_update *u, struct err *reterr)
{
	git_oid now, old;
	int rc = git_reference_name_to_id(&now, git, u->name);
	bool absent = rc == GIT_ENOTFOUND;

	oid_to_git(&u->old, &old);
	if (place_checked_out(git, u->name))
		return err_set(reterr, ERR_CONFLICT, "%s is checked out there, and is not moved under its owner's feet", u->name);
	if (absent != oid_is_zero(&u->old) || (!absent && git_oid_cmp(&now, &old)))
		return err_set(reterr, ERR_CONFLICT, "%s has been moved by somebody else meanwhile", u->name);
	return 0;
}

/* A name below PLACE_OURS is locked by us alone, and for a moment: a lock that stays was left by one of us who was killed. */
static void drop_left_lock(git_repository *git, const char *name)
{
	AUTO_STR lock = xasprintf("%s%s.lock", git_repository_commondir(git), name);
	struct stat st;

	if (sv_starts(sv_of(name), SV(PLACE_OURS)) && !lstat(lock, &st) && S_ISREG(st.st_mode) && time(NULL) - st.st_mtime > LOCK_LEFT_S)
		unlink(lock);
}

static int update_once(git_repository *git, const struct place_update *u)
{
	AUTO(git_reference_free_p) git_reference *ref = NULL;
	git_oid id, old;
	int rc;

	oid_to_git(&u->id, &id);
	oid_to_git(&u->old, &old);
	if (oid_is_zero(&u->id)) {
		rc = git_reference_lookup(&ref, git, u->name);
		if (!rc)
			rc = git_reference_delete(ref);
	} else if (oid_is_zero(&u->old)) {
		rc = git_reference_create(&ref, git, u->name, &id, 0, "berth: saved");
	} else {
		rc = git_reference_create_matching(&ref, git, u->name, &id, 1, &old, "berth: saved");
	}
	return rc;
}

static int update_here(git_repository *git, const struct place_update *u, const atomic_bool *stop, struct err *reterr)
{
	int rc = update_once(git, u);

	for (int n = 0; rc == GIT_ELOCKED && n < LOCK_TRIES && !stopped(stop); n++) {
		drop_left_lock(git, u->name);
		poll(NULL, 0, LOCK_AGAIN_MS); /* on a worker */
		rc = update_once(git, u);
	}
	return rc ? git_fail(reterr, rc, "%s can't be written", u->name) : 0;
}

static int objects_send(struct repo *into, const struct place_push *q, const atomic_bool *stop, struct err *reterr)
{
	git_refs there = VEC_INIT;
	refs_here(repo_gitdir(into), "refs/", &there, NULL);
	int rc = place_objects_send(into, q, &there, stop, reterr);
	git_refs_fini(&there);
	return rc;
}

static int push_here(const struct git_place *place, const struct place_push *q, const atomic_bool *stop, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	int rc = repo_open(place->url, &r, reterr);

	for (size_t i = 0; !rc && i < q->n; i++)
		rc = update_check(r->git, &q->updates[i], reterr);
	if (!rc && q->from)
		rc = objects_send(r, q, stop, reterr);
	for (size_t i = 0; !rc && i < q->n; i++)
		rc = update_here(r->git, &q->updates[i], stop, reterr);
	return rc;
}

static int fetch_here(const struct git_place *place, struct repo *into, const struct git_ref *ref, const atomic_bool *stop, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	const struct place_update u = { .name = ref->name, .id = ref->id };
	const struct place_push q = { .updates = &u, .n = 1 };
	int rc = repo_open(place->url, &r, reterr);

	if (rc)
		return rc;
	struct place_push from = q;
	from.from = r;
	return objects_send(into, &from, stop, reterr);
}

/* ---- the two kinds ------------------------------------------------------------------------------------------------------------ */
static bool is_url(const struct git_place *p)
{
	struct stat st;
	return stat(p->url, &st) && strstr(p->url, "://");
}

int place_refs(const struct git_place *p, const char *prefix, const atomic_bool *stop, git_refs *ret, struct err *reterr)
{
	if (git_room_start(reterr) < 0)
		return -ERR_FAILED;
	return is_url(p) ? url_refs(p, prefix, stop, ret, reterr) : refs_here(p->url, prefix, ret, reterr);
}

static const struct git_ref *ref_named(const git_refs *refs, const char *name)
{
	for (size_t i = 0; i < refs->len; i++)
		if (!strcmp(refs->items[i].name, name))
			return &refs->items[i];
	return NULL;
}

static int verify(const struct git_place *p, const struct place_push *q, const atomic_bool *stop, struct err *reterr)
{
	git_refs there = VEC_INIT;
	int rc = place_refs(p, "refs/heads/", stop, &there, reterr);

	for (size_t i = 0; !rc && i < q->n; i++) {
		const struct git_ref *ref = ref_named(&there, q->updates[i].name);
		bool gone = oid_is_zero(&q->updates[i].id);
		if (gone ? ref != NULL : !ref || !oid_eq(&ref->id, &q->updates[i].id))
			rc = err_set(reterr, ERR_FAILED, "%s was sent, but %s does not show it", q->updates[i].name, p->url);
	}
	git_refs_fini(&there);
	return rc;
}

int place_push(const struct git_place *p, const struct place_push *q, const atomic_bool *stop, struct err *reterr)
{
	if (git_room_start(reterr) < 0)
		return -ERR_FAILED;
	int rc = is_url(p) ? url_push(p, q, stop, reterr) : push_here(p, q, stop, reterr);

	return rc ? rc : verify(p, q, stop, reterr);
}

int place_fetch(const struct git_place *p, struct repo *into, const struct git_ref *ref, const atomic_bool *stop, struct err *reterr)
{
	return is_url(p) ? url_fetch(p, into, ref, stop, reterr) : fetch_here(p, into, ref, stop, reterr);
}

int repo_init_bare(const char *dir, struct repo **ret, struct err *reterr)
{
	AUTO(git_repository_free_p) git_repository *git = NULL;

	if (git_room_start(reterr) < 0)
		return -ERR_FAILED;
	int rc = git_repository_init(&git, dir, 1);
	return rc ? git_fail(reterr, rc, "%s can't be made a repository", dir) : repo_open(dir, ret, reterr);
}

int repo_message(struct repo *r, const struct oid *id, char **ret, struct err *reterr)
{
	AUTO(git_commit_free_p) git_commit *c = NULL;
	git_oid oid;
	int rc = git_commit_lookup(&c, r->git, oid_to_git(id, &oid));

	if (rc)
		return git_fail(reterr, rc, "a commit can't be read");
	*ret = xstrdup(git_commit_message(c) ? git_commit_message(c) : "");
	return 0;
}

bool repo_is_ancestor(struct repo *r, const struct oid *old, const struct oid *now)
{
	git_oid a, b;
	return oid_eq(old, now) || git_graph_descendant_of(r->git, oid_to_git(now, &b), oid_to_git(old, &a)) == 1;
}
