/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A host's batch API for files in Git LFS (git-lfs, docs/api/batch.md; "basic" transfers), what downloads and uploads share. What the host
 * answers is a stranger's: addresses are http ones or nothing, and the login goes to the host of the project alone.
 */
#include "berth/json.h"
#include "berth/mem.h"
#include "lfs.h"

enum { BATCH_ANSWER_MAX = 4 << 20 };

/* ---- the answer of a batch: pure ---- */
void lfs_answer_fini(struct lfs_answer *a)
{
	json_decref(a->json);
	*a = (struct lfs_answer){ 0 };
}

int lfs_answer_read(struct sv body, struct lfs_answer *ret, struct err *reterr)
{
	*ret = (struct lfs_answer){ .json = json_read(body, BATCH_ANSWER_MAX, reterr) };
	if (!ret->json)
		return -ERR_DECODE;
	if (!json_is_array(json_path(ret->json, "objects"))) {
		lfs_answer_fini(ret);
		return err_set(reterr, ERR_DECODE, "the host's answer about files in Git LFS lists no objects");
	}
	return 0;
}

static const json_t *answer_of(const struct lfs_answer *a, const char *oid)
{
	const json_t *list = json_path(a->json, "objects"), *one;
	size_t i;
	json_array_foreach(list, i, one)
		if (strcmp(json_str(one, "oid", ""), oid) == 0)
			return one;
	return NULL;
}

bool lfs_is_http(const char *url)
{
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || *p == '"')
			return false;
	return (strncmp(url, "http://", 7) == 0 && url[7] && url[7] != '/') || (strncmp(url, "https://", 8) == 0 && url[8] && url[8] != '/');
}

static void read_headers(const json_t *headers, struct lfs_source *ret)
{
	const json_t *value;
	const char *name;
	json_object_foreach((json_t *)headers, name, value)
		if (json_is_string(value) && ret->n_headers < ARRAY_LEN(ret->headers))
			ret->headers[ret->n_headers++] = (struct net_header){ name, json_string_value(value) };
}

static const char *path_of_object(const struct lfs_object *o) { return o->paths.len ? o->paths.items[0] : o->oid; }

int lfs_answer_find(const struct lfs_answer *a, const struct lfs_object *o, struct lfs_source *ret, struct err *reterr)
{
	const json_t *one = answer_of(a, o->oid);
	*ret = (struct lfs_source){ .href = one ? json_str(one, "actions.download.href", NULL) : NULL };
	const json_t *headers = one ? json_path(one, "actions.download.header") : NULL;
	const char *why = one ? json_str(one, "error.message", NULL) : NULL;
	if (!ret->href)
		return err_set(reterr, ERR_NOT_FOUND, "%s is in Git LFS, but the host does not have it%s%.200s", path_of_object(o), why ? ": " : "", why ? why : "");
	if (!lfs_is_http(ret->href))
		return err_set(reterr, ERR_DECODE, "the host names a place for %s that is no http address", path_of_object(o));
	read_headers(headers, ret);
	return 0;
}

/* The head of one action of an object's answer; false: there is none. */
static bool action_of(const json_t *one, const char *href, const char *header, struct lfs_source *ret)
{
	*ret = (struct lfs_source){ .href = one ? json_str(one, href, NULL) : NULL };
	if (ret->href)
		read_headers(json_path(one, header), ret);
	return ret->href != NULL;
}

int lfs_answer_upload(const struct lfs_answer *a, const struct lfs_object *o, struct lfs_source *ret, struct lfs_source *ret_verify, struct err *reterr)
{
	const json_t *one = answer_of(a, o->oid);
	const char *why = one ? json_str(one, "error.message", NULL) : NULL;
	int64_t code = one ? json_int(one, "error.code", 0) : 0;
	*ret = *ret_verify = (struct lfs_source){ 0 };
	if (!one || why || code)
		return err_set(reterr, code == 401 || code == 403 ? ERR_DENIED : code == 507 ? ERR_NO_SPACE : ERR_HTTP, "the host does not take %s into Git LFS%s%.200s",
		               path_of_object(o), why ? ": " : "", why ? why : "");
	if (action_of(one, "actions.upload.href", "actions.upload.header", ret))
		action_of(one, "actions.verify.href", "actions.verify.header", ret_verify);
	if ((ret->href && !lfs_is_http(ret->href)) || (ret_verify->href && !lfs_is_http(ret_verify->href)))
		return err_set(reterr, ERR_DECODE, "the host names a place for %s that is no http address", path_of_object(o));
	return 0;
}

/* ---- addresses ---- */
size_t lfs_origin_len(const char *url)
{
	const char *host = strstr(url, "://");
	return host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : 0;
}

bool lfs_same_origin(const char *a, const char *b)
{
	size_t n = lfs_origin_len(a);
	return n && n == lfs_origin_len(b) && strncmp(a, b, n) == 0;
}

bool lfs_has_header(const struct net_header *headers, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(headers[i].name, name) == 0)
			return true;
	return false;
}

/* ---- a batch ---- */
struct secret *lfs_login(const struct git_place *p)
{
	if (!p->password)
		return NULL;
	struct sv token = secret_reveal(p->password);
	char *pair = xasprintf("%s:%.*s", p->user ? p->user : "oauth2", (int)token.len, token.p);
	struct secret *login = secret_new(sv_of(pair));
	wipe(pair, strlen(pair));
	free(pair);
	return login;
}

static void add_objects(struct buf *b, const struct lfs_batch *q)
{
	buf_addf(b, "{\"operation\":\"%s\",\"transfers\":[\"basic\"],\"objects\":[", q->operation);
	for (size_t i = 0; i < q->n; i++)
		buf_addf(b, "%s{\"oid\":\"%s\",\"size\":%llu}", i ? "," : "", q->objects[i].oid, (unsigned long long)q->objects[i].size);
	buf_add_str(b, "]}");
}

struct net_call *lfs_batch_ask(struct net *n, const struct lfs_batch *q, void (*end)(void *ctx, const struct net_response *r, const struct err *err), void *ctx)
{
	static const struct net_header headers[] = { { "Accept", LFS_JSON }, { "Content-Type", LFS_JSON }, { "User-Agent", "berth" } };
	AUTO(buf_fini) struct buf body = BUF_INIT;
	size_t len = lfs_origin_len(q->place->url);
	AUTO_STR base = xstrndup(q->place->url, len);
	AUTO_STR path = xasprintf("%s/info/lfs/objects/batch", q->place->url + len);
	add_objects(&body, q);
	struct net_request r = {
		.peer = { .base_url = base, .ca_file = q->place->ca_file }, .method = "POST", .path = path, .headers = headers, .n_headers = ARRAY_LEN(headers),
		.basic = q->login, .body = buf_sv(&body), .connect_timeout_ms = LFS_CONNECT_MS, .total_timeout_ms = LFS_IDLE_MS, .max_body = BATCH_ANSWER_MAX,
	};
	return net_fetch(n, &r, end, ctx);
}

static int refused(const struct git_place *p, const struct net_response *r, struct err *reterr)
{
	json_auto_t *j = json_read(r->body, BATCH_ANSWER_MAX, NULL);
	const char *said = j ? json_str(j, "message", "") : "";
	enum err_code code = r->status == 401 ? ERR_AUTH : r->status == 403 ? ERR_DENIED : r->status == 404 ? ERR_NOT_FOUND : r->status == 429 ? ERR_RATE : ERR_HTTP;
	return err_set(reterr, code, "%s has no Git LFS for us: it answers %d%s%.200s", p->url, r->status, *said ? ": " : "", said);
}

int lfs_batch_answered(const struct git_place *p, const struct net_response *r, const struct err *err, struct lfs_answer *answer, struct err *reterr)
{
	lfs_answer_fini(answer);
	if (err)
		return err_copy(reterr, err);
	return r->status == 200 ? lfs_answer_read(r->body, answer, reterr) : refused(p, r, reterr);
}
