/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files in Git LFS from a host: asked for by its batch API, fetched one after the other straight into the clone's store, each checked
 * against its name. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "berth/mem.h"
#include "berth/path.h"
#include "berth/sha256.h"
#include "lfs.h"

enum { REDIRECTS_MAX = 5, TRIES = 3 };

struct lfs_fetch {
	struct loop *loop;
	struct net *net;
	struct git_place place;
	const lfs_objects *objects;
	char *store;
	struct secret *login;                       /* "user:token"; NULL: none */
	lfs_progress_fn progress;
	void (*end)(void *ctx, const struct err *err);
	void *ctx;
	uint64_t now, total, done_before;           /* bytes; done_before: of objects that are there */
	/* the batch that was asked for, and the object of it that is fetched */
	size_t first, n, at;
	struct lfs_answer answer;
	struct net_call *call;
	char *href;
	unsigned n_redirects, n_tries;
	bool foreign;                               /* another host than the object's own address said: its headers stay behind */
	int fd;
	char *part;
	struct sha256_ctx sum;
	uint64_t got;
	int status;
	char *location;
	struct err err;
};

/* ---- the end ---- */
static void drop_part(struct lfs_fetch *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	if (f->part)
		unlink(f->part);
	free(f->part);
	f->part = NULL;
}

void lfs_fetch_free(struct lfs_fetch *f)
{
	if (!f)
		return;
	struct net_call *call = f->call;
	f->call = NULL;
	f->end = NULL;
	net_cancel(call);
	drop_part(f);
	net_free(f->net);
	lfs_answer_fini(&f->answer);
	git_place_fini(&f->place);
	secret_free(f->login);
	free(f->store);
	free(f->href);
	free(f->location);
	free(f);
}

static void finish(struct lfs_fetch *f, const struct err *err)
{
	struct err copy = { 0 };
	if (err) {
		copy = *err;
		if (!copy.hint[0])
			err_hint(&copy, "Start with --lfs=no: the files stay pointers then, and git lfs pull in the session fetches them later.");
	}
	drop_part(f);
	if (f->end)
		f->end(f->ctx, err ? &copy : NULL);
}

/* ---- one object ---- */
static void next_object(struct lfs_fetch *f);
static void get(struct lfs_fetch *f);

static const struct lfs_object *object_now(const struct lfs_fetch *f)
{
	return &f->objects->items[f->first + f->at];
}

static void get_head(void *fetch, const struct net_response *r)
{
	struct lfs_fetch *f = fetch;
	const char *location = net_header_get(r, "location");
	f->status = r->status;
	str_replace(&f->location, location);
}

static void get_data(void *fetch, struct sv bytes)
{
	struct lfs_fetch *f = fetch;
	struct err err = { 0 };
	if (f->status != 200 || f->err.code)
		return;
	f->got += bytes.len;
	if (f->got > object_now(f)->size)
		err_set(&f->err, ERR_DECODE, "the host sends more of %s than its pointer says", object_now(f)->paths.items[0]);
	else if (file_write_all(f->fd, bytes) < 0)
		err_set_errno(&f->err, errno, "writing %s", f->part);
	if (f->err.code) {
		err = f->err;
		net_call_fail(f->call, &err);
		return;
	}
	sha256_add(&f->sum, bytes.p, bytes.len);
	if (f->progress)
		f->progress(f->ctx, "bytes of Git LFS", f->now + f->got, f->total);
}

static int keep_object(struct lfs_fetch *f, struct err *reterr)
{
	const struct lfs_object *o = object_now(f);
	AUTO_STR path = lfs_object_path(f->store, o->oid);
	char hex[65];
	sha256_hex(&f->sum, hex);
	if (f->got != o->size || strcmp(hex, o->oid) != 0)
		return err_set(reterr, ERR_DECODE, "%s came damaged from the host: its bytes are not what its pointer says", o->paths.items[0]);
	if (close(f->fd) < 0 || rename(f->part, path) < 0) {
		f->fd = -1;
		return err_set_errno(reterr, errno, "writing %s", path);
	}
	f->fd = -1;
	free(f->part);
	f->part = NULL;
	return 0;
}

static bool follow(struct lfs_fetch *f)
{
	if (f->status < 301 || f->status > 308 || f->status == 304 || !f->location || f->n_redirects++ >= REDIRECTS_MAX)
		return false;
	AUTO_STR to = f->location[0] == '/' && f->location[1] != '/' ? xasprintf("%.*s%s", (int)lfs_origin_len(f->href), f->href, f->location) : xstrdup(f->location);
	if (!lfs_is_http(to) || (strncmp(f->href, "https:", 6) == 0 && strncmp(to, "https:", 6) != 0))
		return false;
	f->foreign = f->foreign || !lfs_same_origin(to, f->href);
	str_replace(&f->href, to);
	return true;
}

static void got(void *fetch, const struct err *err)
{
	struct lfs_fetch *f = fetch;
	struct err bad = f->err;
	const struct lfs_object *o = object_now(f);
	f->call = NULL;
	if (!f->end)
		return;
	if (!err && follow(f)) {
		get(f);
		return;
	}
	if (!err && f->status != 200)
		err_set(&bad, f->status == 401 || f->status == 403 ? ERR_DENIED : f->status == 404 ? ERR_NOT_FOUND : ERR_HTTP, "%s can't be fetched from Git LFS: the host answers %d", o->paths.items[0], f->status);
	else if (!err && !bad.code)
		keep_object(f, &bad);
	if (err && !bad.code)
		bad = *err;
	if (bad.code && (bad.code == ERR_NET || bad.code == ERR_TIMEOUT || f->status >= 500) && ++f->n_tries < TRIES) {
		get(f);
		return;
	}
	if (bad.code) {
		finish(f, &bad);
		return;
	}
	f->now += o->size;
	f->at++;
	next_object(f);
}

static int open_part(struct lfs_fetch *f, struct err *reterr)
{
	const struct lfs_object *o = object_now(f);
	AUTO_STR folder = xasprintf("%s/%.2s/%.2s", f->store, o->oid, o->oid + 2);
	drop_part(f);
	f->part = xasprintf("%s/%s.part", folder, o->oid);
	int r = path_make_dirs(folder, reterr);
	if (r < 0)
		return r;
	unlink(f->part);
	f->fd = open(f->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
	return f->fd < 0 ? err_set_errno(reterr, errno, "writing %s", f->part) : 0;
}

static void get(struct lfs_fetch *f)
{
	static const struct net_stream_events events = { get_head, get_data, got };
	struct lfs_source source;
	struct err err = { 0 };
	if (open_part(f, &err) < 0 || lfs_answer_find(&f->answer, object_now(f), &source, &err) < 0) {
		finish(f, &err);
		return;
	}
	size_t n = lfs_origin_len(f->href);
	AUTO_STR base = xstrndup(f->href, n);
	bool ours = lfs_same_origin(f->href, f->place.url) && !lfs_has_header(source.headers, source.n_headers, "authorization");
	struct net_request q = {
		.peer = { .base_url = base, .ca_file = lfs_same_origin(f->href, f->place.url) ? f->place.ca_file : NULL }, .method = "GET", .path = f->href[n] == '/' ? f->href + n : "/",
		.headers = source.headers, .n_headers = f->foreign ? 0 : source.n_headers, .basic = ours ? f->login : NULL,
		.connect_timeout_ms = LFS_CONNECT_MS, .idle_timeout_ms = LFS_IDLE_MS,
	};
	f->err = (struct err){ 0 };
	f->got = 0;
	f->status = 0;
	str_replace(&f->location, NULL);
	sha256_init(&f->sum);
	f->call = net_open(f->net, &q, &events, f);
}

/* ---- a batch ---- */
static void ask(struct lfs_fetch *f);

static void next_object(struct lfs_fetch *f)
{
	struct lfs_source source;
	struct err err = { 0 };
	while (f->at < f->n && lfs_has(f->store, object_now(f)))
		f->now += object_now(f)->size, f->at++;
	if (f->at == f->n) {
		f->first += f->n;
		ask(f);
		return;
	}
	if (lfs_answer_find(&f->answer, object_now(f), &source, &err) < 0) {
		finish(f, &err);
		return;
	}
	str_replace(&f->href, source.href);
	f->n_redirects = f->n_tries = 0;
	f->foreign = false;
	get(f);
}

static void answered(void *fetch, const struct net_response *r, const struct err *err)
{
	struct lfs_fetch *f = fetch;
	struct err bad = { 0 };
	f->call = NULL;
	if (!f->end)
		return;
	if (lfs_batch_answered(&f->place, r, err, &f->answer, &bad) < 0) {
		finish(f, &bad);
		return;
	}
	f->at = 0;
	next_object(f);
}

static void ask(struct lfs_fetch *f)
{
	if (f->first >= f->objects->len) {
		finish(f, NULL);
		return;
	}
	f->n = MIN_OF((size_t)LFS_BATCH, f->objects->len - f->first);
	const struct lfs_batch q = { &f->place, f->login, "download", f->objects->items + f->first, f->n };
	f->call = lfs_batch_ask(f->net, &q, answered, f);
}

struct lfs_fetch *lfs_fetch_start(struct loop *loop, const struct lfs_wanted *q, lfs_progress_fn progress, void (*end)(void *ctx, const struct err *err), void *ctx)
{
	struct lfs_fetch *f = xcalloc(1, sizeof *f);
	*f = (struct lfs_fetch){ .loop = loop, .net = net_new(loop), .objects = q->objects, .store = xstrdup(q->store), .progress = progress, .end = end, .ctx = ctx, .fd = -1 };
	git_place_dup(&f->place, q->place);
	f->login = lfs_login(&f->place);
	for (size_t i = 0; i < q->objects->len; i++)
		f->total += q->objects->items[i].size;
	ask(f);
	return f;
}
