/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The branches of a URL, through libgit2. Redirects are not followed: they would take the token along. */
#include <stdio.h>
#include "git/place.h"
#include "git/remote.h"

struct talk {
	const struct git_place *place;
	const atomic_bool *stop;
	struct remote_login login;
	const struct place_push *push;
	char refusal[300];            /* of one reference, and whose */
	struct buf said;              /* what the host says beside the protocol */
	git_repository *git;          /* of which we speak; NULL: none */
	bool own_git;
	git_remote *remote;
};

static void talk_end(struct talk *t)
{
	git_remote_free(t->remote);
	buf_fini(&t->said);
	if (t->own_git)
		git_repository_free(t->git);
	certificates_unlock();
}

static int credentials(git_credential **out, const char *url, const char *user, unsigned allowed, void *talk)
{
	return remote_login_give(out, &((struct talk *)talk)->login, url, allowed);
}

static int sideband(const char *text, int len, void *talk)
{
	struct talk *t = talk;

	if (len > 0 && t->said.len + (size_t)len < 4000)
		buf_add(&t->said, text, (size_t)len);
	return stopped(t->stop) ? GIT_EUSER : 0;
}

static int fetched(const git_indexer_progress *stats, void *talk) { return stopped(((struct talk *)talk)->stop) ? GIT_EUSER : 0; }

static int sent(unsigned now, unsigned total, size_t bytes, void *talk)
{
	struct talk *t = talk;

	if (t->push && t->push->progress)
		t->push->progress(t->push->ctx, "objects", now, total);
	return stopped(t->stop) ? GIT_EUSER : 0;
}

static int answered(const char *name, const char *status, void *talk)
{
	struct talk *t = talk;

	if (status && !*t->refusal)
		snprintf(t->refusal, sizeof t->refusal, "%s: %s", name, status);
	return 0;
}

static void callbacks_set(git_remote_callbacks *c, struct talk *t)
{
	git_remote_init_callbacks(c, GIT_REMOTE_CALLBACKS_VERSION);
	c->credentials = credentials;
	c->sideband_progress = sideband;
	c->transfer_progress = fetched;
	c->push_transfer_progress = sent;
	c->push_update_reference = answered;
	c->payload = t;
}

/* A remote without a name of a repository whose configuration is ours; so no setting of a stranger's says where we go. */
static int talk_begin(struct talk *t, const struct git_place *p, git_repository *git, const atomic_bool *stop, struct err *reterr)
{
	*t = (struct talk){ .place = p, .stop = stop, .login = { .url = p->url, .user = p->user, .password = p->password }, .said = BUF_INIT_MAX(8192), .git = git };
	int rc = certificates_lock(stop, reterr);

	if (rc)
		return rc;
	rc = certificates_set(p->ca_file, reterr);
	if (!rc) {
		rc = remote_create(&t->remote, git, NULL, p->url);
		rc = rc ? git_fail(reterr, rc, "%s can't be talked to", p->url) : 0;
	}
	if (rc)
		talk_end(t);
	return rc;
}

static int talk_failed(const struct talk *t, int rc, const char *deed, const char *scope, struct err *reterr)
{
	return stopped(t->stop) ? git_cancelled(reterr) : remote_failed(rc, &t->login, deed, scope, reterr);
}

static int connect_to(struct talk *t, git_direction direction)
{
	git_remote_connect_options o;

	git_remote_connect_options_init(&o, GIT_REMOTE_CONNECT_OPTIONS_VERSION);
	callbacks_set(&o.callbacks, t);
	o.proxy_opts.type = GIT_PROXY_AUTO;
	o.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	return git_remote_connect_ext(t->remote, direction, &o);
}

static int refs_take(struct talk *t, const char *prefix, git_refs *ret)
{
	const git_remote_head **heads;
	size_t n;
	int rc = git_remote_ls(&heads, &n, t->remote);

	for (size_t i = 0; !rc && i < n; i++) {
		struct git_ref ref;
		if (!sv_starts(sv_of(heads[i]->name), sv_of(prefix)) || sv_ends(sv_of(heads[i]->name), SV("^{}")))
			continue;
		ref.name = xstrdup(heads[i]->name);
		oid_from_git(&ref.id, &heads[i]->oid);
		VEC_PUSH(ret, ref);
	}
	return rc;
}

int url_refs(const struct git_place *p, const char *prefix, const atomic_bool *stop, git_refs *ret, struct err *reterr)
{
	struct talk t;
	int rc = talk_begin(&t, p, NULL, stop, reterr);

	if (rc)
		return rc;
	rc = connect_to(&t, GIT_DIRECTION_FETCH);
	if (!rc)
		rc = refs_take(&t, prefix, ret);
	if (rc)
		rc = talk_failed(&t, rc, "read", "read_repository", reterr);
	git_remote_disconnect(t.remote);
	talk_end(&t);
	return rc;
}

/* The host's own words, without its decoration ("remote: GitLab: You are not allowed …"). */
static void said_line(const struct buf *said, struct buf *ret)
{
	struct sv rest = buf_sv(said), line;

	while (sv_split(&rest, '\n', &line)) {
		line = sv_trim(line);
		if (!line.len || line.p[0] == '=' || line.p[0] == '-')
			continue;
		buf_addf(ret, "%s%.*s", ret->len ? " " : "", (int)MIN_OF(line.len, (size_t)200), line.p);
	}
}

static int push_refused(const struct talk *t, struct err *reterr)
{
	AUTO(buf_fini) struct buf words = BUF_INIT_MAX(600);

	said_line(&t->said, &words);
	bool moved = strstr(t->refusal, "stale info") || strstr(t->refusal, "failed to update ref") || strstr(t->refusal, "fetch first");
	err_set(reterr, moved ? ERR_CONFLICT : ERR_DENIED, "%s refuses %s%s%s", t->place->url, t->refusal, words.len ? ": " : "", buf_str(&words));
	err_hint(reterr, "the token needs write_repository, and the account the right to push branches there");
	return moved ? -ERR_CONFLICT : -ERR_DENIED;
}

/* libgit2 can't be told what the host's references were; it asks for them itself and sends those along, so that the host refuses
 * what moves in between. What moved before that is found here. */
static int push_check(struct talk *t, const struct place_push *q, struct err *reterr)
{
	git_refs there = VEC_INIT;
	int rc = connect_to(t, GIT_DIRECTION_PUSH);

	if (!rc)
		rc = refs_take(t, "refs/heads/", &there);
	if (rc)
		rc = talk_failed(t, rc, "pushed to", "write_repository", reterr);
	for (size_t i = 0; !rc && i < q->n; i++) {
		struct oid now = { { 0 } };
		for (size_t k = 0; k < there.len; k++)
			if (!strcmp(there.items[k].name, q->updates[i].name))
				now = there.items[k].id;
		if (!oid_eq(&now, &q->updates[i].old))
			rc = err_set(reterr, ERR_CONFLICT, "%s has been moved by somebody else meanwhile", q->updates[i].name);
	}
	git_refs_fini(&there);
	return rc;
}

/* libgit2 pushes references of the repository: ours have passing names in it. */
static int specs_make(struct talk *t, const struct place_push *q, strings *ret, struct err *reterr)
{
	for (size_t i = 0; i < q->n; i++) {
		AUTO_STR here = xasprintf("refs/berth/send/%zu", i);
		AUTO(git_reference_free_p) git_reference *ref = NULL;
		git_oid id;
		char *spec = oid_is_zero(&q->updates[i].id) ? xasprintf(":%s", q->updates[i].name) : xasprintf("+%s:%s", here, q->updates[i].name);
		int rc = oid_is_zero(&q->updates[i].id) ? 0 : git_reference_create(&ref, t->git, here, oid_to_git(&q->updates[i].id, &id), 1, NULL);
		VEC_PUSH(ret, spec);
		if (rc)
			return git_fail(reterr, rc, "%s can't be prepared", q->updates[i].name);
	}
	return 0;
}

static int push_send(struct talk *t, const struct place_push *q, struct err *reterr)
{
	strings specs = VEC_INIT;
	git_push_options o;
	int rc = specs_make(t, q, &specs, reterr);

	if (!rc) {
		git_push_options_init(&o, GIT_PUSH_OPTIONS_VERSION);
		callbacks_set(&o.callbacks, t);
		o.pb_parallelism = 1;
		o.proxy_opts.type = GIT_PROXY_AUTO;
		o.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
		t->push = q;
		t->login.asked = 0;
		rc = git_remote_push(t->remote, &(git_strarray){ specs.items, specs.len }, &o);
		if (*t->refusal && !stopped(t->stop))
			rc = push_refused(t, reterr);
		else if (rc)
			rc = talk_failed(t, rc, "pushed to", "write_repository", reterr);
	}
	strings_fini(&specs);
	return rc;
}

int url_push(const struct git_place *p, const struct place_push *q, const atomic_bool *stop, struct err *reterr)
{
	struct talk t;

	if (!q->from)
		return err_set(reterr, ERR_UNSUPPORTED, "a push to a URL needs a repository to push from");
	int rc = talk_begin(&t, p, q->from->git, stop, reterr);
	if (rc)
		return rc;
	rc = push_check(&t, q, reterr);
	if (!rc)
		rc = push_send(&t, q, reterr);
	git_remote_disconnect(t.remote);
	talk_end(&t);
	return rc;
}

int url_fetch(const struct git_place *p, struct repo *into, const struct git_ref *ref, const atomic_bool *stop, struct err *reterr)
{
	struct talk t;
	git_fetch_options o;
	AUTO_STR spec = xasprintf("+%s:refs/berth/fetched", ref->name);
	char *one = spec;
	int rc = talk_begin(&t, p, into->git, stop, reterr);

	if (rc)
		return rc;
	git_fetch_options_init(&o, GIT_FETCH_OPTIONS_VERSION);
	callbacks_set(&o.callbacks, &t);
	o.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	o.update_fetchhead = 0;
	o.proxy_opts.type = GIT_PROXY_AUTO;
	o.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	rc = git_remote_fetch(t.remote, &(git_strarray){ &one, 1 }, &o, NULL);
	if (rc)
		rc = talk_failed(&t, rc, "fetched from", "read_repository", reterr);
	talk_end(&t);
	return rc;
}
