/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The branches of a URL, through libgit2. Redirects are not followed: they would take the token along. A push is libgit2's only as far as the
 * connection goes: it would hold the contents of each file in memory, so what is sent is a pack from a file (place_pack.c).
 */
#include <git2/sys/transport.h>
#include <stdio.h>
#include <unistd.h>
#include "berth/path.h"
#include "git/place.h"
#include "git/remote.h"

enum { ANSWER_MAX = 1 << 20, PIECE = 64 << 10, STALE_S = 10 /* hosts close a connection that says nothing for long */ };

struct talk {
	const struct git_place *place;
	const atomic_bool *stop;
	struct remote_login login;
	git_remote *remote;
	git_smart_subtransport *http; /* the connection below it, which is the remote's */
};

static void talk_end(struct talk *t)
{
	git_remote_free(t->remote);
	certificates_unlock();
}

static int credentials(git_credential **out, const char *url, const char *user, unsigned allowed, void *talk)
{
	return remote_login_give(out, &((struct talk *)talk)->login, url, allowed);
}

static int sideband(const char *text, int len, void *talk)
{
	(void)text;
	(void)len;
	return stopped(((struct talk *)talk)->stop) ? GIT_EUSER : 0;
}

static int fetched(const git_indexer_progress *stats, void *talk) { return stopped(((struct talk *)talk)->stop) ? GIT_EUSER : 0; }

static int http_new(git_smart_subtransport **out, git_transport *owner, void *talk)
{
	int rc = git_smart_subtransport_http(out, owner, NULL);
	((struct talk *)talk)->http = rc ? NULL : *out;
	return rc;
}

static int transport_new(git_transport **out, git_remote *owner, void *talk)
{
	git_smart_subtransport_definition d = { http_new, 1, talk };
	return git_transport_smart(out, owner, &d);
}

static void callbacks_set(git_remote_callbacks *c, struct talk *t)
{
	git_remote_init_callbacks(c, GIT_REMOTE_CALLBACKS_VERSION);
	c->credentials = credentials;
	c->sideband_progress = sideband;
	c->transfer_progress = fetched;
	if (!strncmp(t->place->url, "http://", 7) || !strncmp(t->place->url, "https://", 8))
		c->transport = transport_new;
	c->payload = t;
}

/* A remote without a name of a repository whose configuration is ours; so no setting of a stranger's says where we go. */
static int talk_begin(struct talk *t, const struct git_place *p, git_repository *git, const atomic_bool *stop, struct err *reterr)
{
	*t = (struct talk){ .place = p, .stop = stop, .login = { .url = p->url, .user = p->user, .password = p->password } };
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

static int push_refused(const struct talk *t, const struct place_report *r, struct err *reterr)
{
	AUTO(buf_fini) struct buf words = BUF_INIT_MAX(600);

	said_line(&r->said, &words);
	if (!*r->refusal)
		return err_set(reterr, ERR_FAILED, "%s does not say what became of the push%s%s", t->place->url, words.len ? ": " : "", buf_str(&words));
	bool moved = strstr(r->refusal, "stale info") || strstr(r->refusal, "failed to update ref") || strstr(r->refusal, "fetch first");
	err_set(reterr, moved ? ERR_CONFLICT : ERR_DENIED, "%s refuses %s%s%s", t->place->url, r->refusal, words.len ? ": " : "", buf_str(&words));
	err_hint(reterr, "the token needs write_repository, and the account the right to push branches there");
	return moved ? -ERR_CONFLICT : -ERR_DENIED;
}

/* Each is moved from where it shall have been; the host sees to it. What moved before the objects are sent is found here. */
static int push_check(struct talk *t, const struct place_push *q, git_refs *there, struct err *reterr)
{
	int rc = connect_to(t, GIT_DIRECTION_PUSH);

	if (!rc)
		rc = refs_take(t, "refs/", there);
	if (rc)
		return talk_failed(t, rc, "pushed to", "write_repository", reterr);
	for (size_t i = 0; i < q->n; i++) {
		struct oid now = { { 0 } };
		for (size_t k = 0; k < there->len; k++)
			if (!strcmp(there->items[k].name, q->updates[i].name))
				now = there->items[k].id;
		if (!oid_eq(&now, &q->updates[i].old))
			return err_set(reterr, ERR_CONFLICT, "%s has been moved by somebody else meanwhile", q->updates[i].name);
	}
	return 0;
}

/* ---- the request ------------------------------------------------------------------------------------------------------------------ */
static void add_update(struct buf *b, const struct place_update *u, bool first)
{
	static const char wishes[] = " report-status side-band-64k agent=berth";
	char old[OID_HEX + 1], now[OID_HEX + 1];
	size_t n = 4 + 2 * OID_HEX + 2 + strlen(u->name) + (first ? sizeof wishes : 0);

	oid_hex(&u->old, old);
	oid_hex(&u->id, now);
	buf_addf(b, "%04zx%s %s %s", n, old, now, u->name);
	if (first)
		buf_add(b, "", 1), buf_add(b, wishes, sizeof wishes - 1);
}

static int send_file(struct talk *t, git_smart_subtransport_stream *stream, const struct place_push *q, int fd)
{
	AUTO_STR piece = xmalloc(PIECE);
	off_t total = lseek(fd, 0, SEEK_END), now = 0;
	ssize_t n = 0;

	if (total < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -1;
	while (!stopped(t->stop) && (n = read(fd, piece, PIECE)) > 0) {
		int rc = stream->write(stream, piece, (size_t)n);
		if (rc)
			return rc;
		now += n;
		if (q->progress)
			q->progress(q->ctx, "bytes", (uint64_t)now, (uint64_t)total);
	}
	return n < 0 || stopped(t->stop) ? -1 : 0;
}

static int read_answer(struct talk *t, git_smart_subtransport_stream *stream, struct buf *ret)
{
	AUTO_STR piece = xmalloc(PIECE);
	size_t n;
	int rc;

	do {
		n = 0;
		rc = stream->read(stream, piece, PIECE, &n);
		if (!rc)
			buf_add(ret, piece, n);
	} while (!rc && n && !stopped(t->stop));
	return rc;
}

/* fd: the pack; -1: references are removed, nothing else. */
static int request(struct talk *t, const struct place_push *q, int fd, struct buf *ret)
{
	AUTO(buf_fini) struct buf head = BUF_INIT;
	git_smart_subtransport_stream *stream = NULL;
	int rc = t->http->action(&stream, t->http, t->place->url, GIT_SERVICE_RECEIVEPACK);

	for (size_t i = 0; i < q->n; i++)
		add_update(&head, &q->updates[i], i == 0);
	buf_add_str(&head, "0000");
	if (!rc)
		rc = stream->write(stream, head.p, head.len);
	if (!rc && fd >= 0)
		rc = send_file(t, stream, q, fd);
	if (!rc)
		rc = read_answer(t, stream, ret);
	if (stream)
		stream->free(stream);
	return rc;
}

static int push_send(struct talk *t, const struct place_push *q, int fd, struct err *reterr)
{
	AUTO(buf_fini) struct buf answer = BUF_INIT_MAX(ANSWER_MAX);
	struct place_report r;
	int rc = request(t, q, fd, &answer);

	if (rc || stopped(t->stop))
		return talk_failed(t, rc, "pushed to", "write_repository", reterr);
	place_report_read(buf_sv(&answer), &r);
	if (!r.unpacked || *r.refusal)
		rc = push_refused(t, &r, reterr);
	place_report_fini(&r);
	return rc;
}

static bool only_removes(const struct place_push *q)
{
	for (size_t i = 0; i < q->n; i++)
		if (!oid_is_zero(&q->updates[i].id))
			return false;
	return true;
}

/* Made while the host waits; where that took long, it is asked once more. */
static int push_packed(struct talk *t, const struct place_push *q, struct err *reterr)
{
	AUTO(git_refs_fini) git_refs there = VEC_INIT;
	AUTO(git_refs_fini) git_refs later = VEC_INIT;
	int fd = -1, rc = push_check(t, q, &there, reterr);
	int64_t began = clock_wall_s();

	if (!rc && !t->http)
		rc = err_set(reterr, ERR_UNSUPPORTED, "%s is no http address: nothing can be pushed there", t->place->url);
	if (!rc && !only_removes(q))
		rc = place_pack(q, &there, t->stop, &fd, reterr);
	if (!rc && clock_wall_s() - began >= STALE_S) {
		git_remote_disconnect(t->remote);
		t->login.asked = 0;
		rc = push_check(t, q, &later, reterr);
	}
	if (!rc)
		rc = push_send(t, q, fd, reterr);
	if (fd >= 0)
		close(fd);
	return rc;
}

int url_push(const struct git_place *p, const struct place_push *q, const atomic_bool *stop, struct err *reterr)
{
	struct talk t;

	if (!q->n)
		return 0;
	if (!q->from)
		return err_set(reterr, ERR_UNSUPPORTED, "a push to a URL needs a repository to push from");
	int rc = talk_begin(&t, p, q->from->git, stop, reterr);
	if (rc)
		return rc;
	rc = push_packed(&t, q, reterr);
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
