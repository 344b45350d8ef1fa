/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files in Git LFS to a host: a batch is asked about, what the host lacks is sent one after the other, and the batch is asked about again:
 * sent is only what the host has then.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "berth/mem.h"
#include "lfs.h"

enum { TRIES = 3, ANSWER_MAX = 1 << 20 };

struct lfs_push {
	struct net *net;
	struct git_place place;
	const lfs_objects *objects;
	char *store;
	struct secret *login;
	strings *notes;
	lfs_progress_fn progress;
	void (*end)(void *ctx, const struct err *err);
	void *ctx;
	uint64_t now, total;                        /* bytes */
	/* the batch that was asked about, and the object of it that is sent */
	size_t first, n, at;
	bool sent, again;                           /* something of this batch; it is asked about the second time */
	struct lfs_answer answer;
	struct net_call *call;
	int fd, status;
	uint64_t gone;                              /* bytes of the object that were sent */
	unsigned n_tries;
	struct err err;                             /* of the file */
};

/* ---- the end ---- */
static void close_file(struct lfs_push *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

void lfs_push_free(struct lfs_push *p)
{
	if (!p)
		return;
	struct net_call *call = p->call;
	p->call = NULL;
	p->end = NULL;
	net_cancel(call);
	close_file(p);
	net_free(p->net);
	lfs_answer_fini(&p->answer);
	git_place_fini(&p->place);
	secret_free(p->login);
	free(p->store);
	free(p);
}

static void finish(struct lfs_push *p, const struct err *err)
{
	struct err copy = { 0 };
	if (err)
		copy = *err;
	close_file(p);
	if (p->end)
		p->end(p->ctx, err ? &copy : NULL);
}

static const struct lfs_object *object_now(const struct lfs_push *p)
{
	return &p->objects->items[p->first + p->at];
}

static const char *path_now(const struct lfs_push *p)
{
	const struct lfs_object *o = object_now(p);
	return o->paths.len ? o->paths.items[0] : o->oid;
}

/* ---- one object ---- */
static void next_object(struct lfs_push *p);
static void put(struct lfs_push *p);

/* Headers that are the connection's are not the host's to say; ours are the length and the form of the body. */
static size_t headers_of(const struct lfs_source *s, struct net_header *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n_headers; i++)
		if (strcasecmp(s->headers[i].name, "transfer-encoding") && strcasecmp(s->headers[i].name, "content-length") && strcasecmp(s->headers[i].name, "connection") &&
		    strcasecmp(s->headers[i].name, "expect"))
			ret[n++] = s->headers[i];
	return n;
}

struct asking { char *base; struct net_header headers[20]; struct net_request q; };

static void asking_fini(struct asking *a) { free(a->base); }

static void prepare(const struct lfs_push *p, const struct lfs_source *s, const char *method, const char *type, struct asking *ret)
{
	size_t n = lfs_origin_len(s->href);
	bool same = lfs_same_origin(s->href, p->place.url);
	*ret = (struct asking){ .base = xstrndup(s->href, n) };
	size_t n_headers = headers_of(s, ret->headers);
	if (!lfs_has_header(ret->headers, n_headers, "content-type"))
		ret->headers[n_headers++] = (struct net_header){ "Content-Type", type };
	ret->q = (struct net_request){
		.peer = { .base_url = ret->base, .ca_file = same ? p->place.ca_file : NULL }, .method = method, .path = s->href[n] == '/' ? s->href + n : "/",
		.headers = ret->headers, .n_headers = n_headers, .basic = same && !lfs_has_header(ret->headers, n_headers, "authorization") ? p->login : NULL,
		.connect_timeout_ms = LFS_CONNECT_MS, .idle_timeout_ms = LFS_IDLE_MS,
	};
}

static void refused(struct lfs_push *p, const char *what)
{
	struct err bad = { 0 };
	enum err_code code = p->status == 401 || p->status == 403 ? ERR_DENIED : p->status == 413 ? ERR_TOO_BIG : p->status == 507 ? ERR_NO_SPACE : ERR_HTTP;
	err_set(&bad, code, "%s can't be %s Git LFS: the host answers %d", path_now(p), what, p->status);
	finish(p, &bad);
}

static void object_sent(struct lfs_push *p)
{
	p->now += object_now(p)->size;
	p->sent = true;
	p->at++;
	next_object(p);
}

static void verified(void *push, const struct net_response *r, const struct err *err)
{
	struct lfs_push *p = push;
	p->call = NULL;
	if (!p->end)
		return;
	p->status = r ? r->status : 0;
	if (err)
		finish(p, err);
	else if (p->status / 100 != 2)
		refused(p, "seen in");
	else
		object_sent(p);
}

static bool verify(struct lfs_push *p)
{
	struct lfs_source to, confirm;
	struct err err = { 0 };
	if (lfs_answer_upload(&p->answer, object_now(p), &to, &confirm, &err) < 0 || !confirm.href)
		return false;
	AUTO(asking_fini) struct asking a;
	AUTO_STR body = xasprintf("{\"oid\":\"%s\",\"size\":%llu}", object_now(p)->oid, (unsigned long long)object_now(p)->size);
	prepare(p, &confirm, "POST", LFS_JSON, &a);
	a.q.body = sv_of(body);
	a.q.max_body = ANSWER_MAX;
	p->call = net_fetch(p->net, &a.q, verified, p);
	return true;
}

static void put_head(void *push, const struct net_response *r)
{
	((struct lfs_push *)push)->status = r->status;
}

static void put_end(void *push, const struct err *err)
{
	struct lfs_push *p = push;
	struct err bad = p->err.code || !err ? p->err : *err;
	p->call = NULL;
	if (!p->end)
		return;
	bool again = !p->err.code && ((err && (err->code == ERR_NET || err->code == ERR_TIMEOUT)) || p->status >= 500) && ++p->n_tries < TRIES;
	if (again)
		put(p);
	else if (bad.code)
		finish(p, &bad);
	else if (p->status / 100 != 2)
		refused(p, "sent to");
	else if (!verify(p))
		object_sent(p);
}

static long body_piece(void *push, char *to, size_t room)
{
	struct lfs_push *p = push;
	uint64_t left = object_now(p)->size - p->gone;
	ssize_t n;
	if (!left)
		return 0;
	do
		n = read(p->fd, to, (size_t)MIN_OF((uint64_t)room, left));
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		if (n < 0)
			err_set_errno(&p->err, errno, "reading a file of Git LFS");
		else
			err_set(&p->err, ERR_DECODE, "%s became shorter while it was sent", path_now(p));
		return NET_BODY_FAIL;
	}
	p->gone += (uint64_t)n;
	if (p->progress)
		p->progress(p->ctx, "bytes of Git LFS", p->now + p->gone, p->total);
	return (long)n;
}

static bool open_file(struct lfs_push *p, struct err *reterr)
{
	AUTO_STR path = lfs_object_path(p->store, object_now(p)->oid);
	close_file(p);
	p->fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (p->fd < 0)
		err_set_errno(reterr, errno, "reading %s", path);
	return p->fd >= 0;
}

static void put(struct lfs_push *p)
{
	static const struct net_stream_events events = { put_head, NULL, put_end };
	AUTO(asking_fini) struct asking a = { 0 };
	struct lfs_source to, confirm;
	struct err err = { 0 };
	if (lfs_answer_upload(&p->answer, object_now(p), &to, &confirm, &err) < 0 || !open_file(p, &err)) {
		finish(p, &err);
		return;
	}
	p->gone = 0;
	p->status = 0;
	prepare(p, &to, "PUT", "application/octet-stream", &a);
	a.q.body_read = body_piece;
	a.q.body_ctx = p;
	a.q.body_size = object_now(p)->size;
	p->call = net_open(p->net, &a.q, &events, p);
}

/* ---- a batch ---- */
static void ask(struct lfs_push *p);

/* False: a put is under way, or it is all over. */
static bool skip_object(struct lfs_push *p)
{
	const struct lfs_object *o = object_now(p);
	struct lfs_source to, confirm;
	struct err err = { 0 };
	int rc = lfs_answer_upload(&p->answer, o, &to, &confirm, &err);
	bool has = lfs_has(p->store, o);
	if (rc == 0 && !to.href) {
		p->now += p->again ? 0 : o->size;
		return true;
	}
	if (rc == 0 && !has) {
		char *note = p->again ? NULL : xasprintf("%s is a pointer of Git LFS, and its bytes are neither in the workspace nor on the host", path_now(p));
		if (note)
			VEC_PUSH(p->notes, note);
		return true;
	}
	if (rc == 0 && p->again)
		rc = err_set(&err, ERR_FAILED, "%s was sent to Git LFS, but the host does not show it", path_now(p));
	if (rc < 0) {
		finish(p, &err);
		return false;
	}
	p->n_tries = 0;
	put(p);
	return false;
}

static void next_object(struct lfs_push *p)
{
	while (p->at < p->n) {
		if (!skip_object(p))
			return;
		p->at++;
	}
	if (p->sent && !p->again) {
		p->again = true;
	} else {
		p->first += p->n;
		p->sent = p->again = false;
	}
	ask(p);
}

static void answered(void *push, const struct net_response *r, const struct err *err)
{
	struct lfs_push *p = push;
	struct err bad = { 0 };
	p->call = NULL;
	if (!p->end)
		return;
	if (lfs_batch_answered(&p->place, r, err, &p->answer, &bad) < 0) {
		finish(p, &bad);
		return;
	}
	p->at = 0;
	next_object(p);
}

static void ask(struct lfs_push *p)
{
	if (p->first >= p->objects->len) {
		finish(p, NULL);
		return;
	}
	p->n = MIN_OF((size_t)LFS_BATCH, p->objects->len - p->first);
	const struct lfs_batch q = { &p->place, p->login, "upload", p->objects->items + p->first, p->n };
	p->call = lfs_batch_ask(p->net, &q, answered, p);
}

struct lfs_push *lfs_push_start(struct loop *loop, const struct lfs_wanted *q, strings *notes, lfs_progress_fn progress, void (*end)(void *ctx, const struct err *err), void *ctx)
{
	struct lfs_push *p = xcalloc(1, sizeof *p);
	*p = (struct lfs_push){ .net = net_new(loop), .objects = q->objects, .store = xstrdup(q->store), .notes = notes, .progress = progress, .end = end, .ctx = ctx, .fd = -1 };
	git_place_dup(&p->place, q->place);
	p->login = lfs_login(&p->place);
	for (size_t i = 0; i < q->objects->len; i++)
		p->total += q->objects->items[i].size;
	ask(p);
	return p;
}
