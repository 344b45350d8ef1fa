/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request is checked (nothing in it may end a line early) and becomes curl's options. */
#include <strings.h>
#include <sys/un.h>
#include "net/net_impl.h"

/* ---- checks ------------------------------------------------------------------------------------------------------------- */
static bool is_clean(struct sv s, bool spaces)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f || (!spaces && (c == ' ' || c == '\t')))
			return false;
	}
	return true;
}

static int check(const struct net_request *q, struct err *reterr)
{
	const char *method = q->method;
	if (!method || !*method || !is_clean(sv_of(method), false))
		return err_set(reterr, ERR_USAGE, "a request without a proper method");
	if (!q->peer.base_url || !is_clean(sv_of(q->peer.base_url), false))
		return err_set(reterr, ERR_USAGE, "the server's address is not a URL");
	if (!q->path || q->path[0] != '/' || !is_clean(sv_of(q->path), false))
		return err_set(reterr, ERR_USAGE, "a request with a path that is not encoded");
	for (size_t i = 0; i < q->n_headers; i++) {
		struct sv name = sv_of(q->headers[i].name);
		if (!name.len || !is_clean(name, false) || memchr(name.p, ':', name.len) || !is_clean(sv_of(q->headers[i].value), true))
			return err_set(reterr, ERR_USAGE, "a request with a header that holds a line end or a control character");
	}
	if (q->bearer && !is_clean(secret_reveal(q->bearer), false))
		return err_set(reterr, ERR_AUTH, "the token holds white space or control characters");
	if (q->peer.unix_socket && strlen(q->peer.unix_socket) >= sizeof ((struct sockaddr_un *)0)->sun_path)
		return err_set(reterr, ERR_USAGE, "the socket's path is too long: %s", q->peer.unix_socket);
	return 0;
}

/* ---- where it goes ------------------------------------------------------------------------------------------------------ */
static char *url_part(CURLU *u, CURLUPart part)
{
	char *curls = NULL;
	if (curl_url_get(u, part, &curls, 0))
		return NULL;
	char *ours = xstrdup(curls);
	curl_free(curls);
	return ours;
}

static int fill_target(CURLU *u, const struct net_request *q, struct target *t, struct err *reterr)
{
	AUTO_STR scheme = url_part(u, CURLUPART_SCHEME);
	AUTO_STR host = url_part(u, CURLUPART_HOST);
	AUTO_STR port = url_part(u, CURLUPART_PORT);
	AUTO_STR user = url_part(u, CURLUPART_USER);
	if (!scheme || !host || (strcasecmp(scheme, "http") && strcasecmp(scheme, "https")))
		return err_set(reterr, ERR_USAGE, "the server's address is neither http:// nor https://");
	t->is_unix = q->peer.unix_socket != NULL;
	t->is_tls = !strcasecmp(scheme, "https");
	t->host = xasprintf("%s%s%s", host, port ? ":" : "", port ? port : "");
	t->where = t->is_unix ? xasprintf("the socket %s", q->peer.unix_socket) : xasprintf("%s://%s", scheme, t->host);
	if (user)
		return err_set(reterr, ERR_USAGE, "the address of %s holds a user name or password", t->where);
	/* What stands between the host and the end of base_url goes before the path. */
	const char *rest = strstr(q->peer.base_url, "://");
	rest = rest ? strchr(rest + 3, '/') : NULL;
	size_t prefix = rest ? strlen(rest) : 0;
	while (prefix && rest[prefix - 1] == '/')
		prefix--;
	t->path = xasprintf("%.*s%s", (int)prefix, rest ? rest : "", q->path);
	t->url = xasprintf("%s://%s%s", scheme, t->host, t->path);
	return 0;
}

int target_of(const struct net_request *q, struct target *ret, struct err *reterr)
{
	*ret = (struct target){ 0 };
	int r = check(q, reterr);
	if (r)
		return r;
	CURLU *u = curl_url();
	if (!u)
		BUG("curl has no memory");
	if (curl_url_set(u, CURLUPART_URL, q->peer.base_url, CURLU_NON_SUPPORT_SCHEME))
		r = err_set(reterr, ERR_USAGE, "the server's address is not a URL: %s", strchr(q->peer.base_url, '@') ? "(hidden)" : q->peer.base_url);
	else
		r = fill_target(u, q, ret, reterr);
	curl_url_cleanup(u);
	if (r)
		err_hint(reterr, "write it as https://host or http://host:port");
	return r;
}

void target_fini(struct target *t)
{
	free(t->url);
	free(t->host);
	free(t->path);
	free(t->where);
	*t = (struct target){ 0 };
}

/* ---- options ------------------------------------------------------------------------------------------------------------ */
void request_apply_peer(CURL *easy, const struct net_request *q, const struct target *t)
{
	const struct net_peer *p = &q->peer;
	curl_easy_setopt(easy, CURLOPT_URL, t->url);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a cancel must not wait for a name server */
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "berth");
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(q->connect_timeout_ms ? q->connect_timeout_ms : CONNECT_TIMEOUT_DEFAULT_MS));
	if (p->unix_socket) {
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, p->unix_socket);
		curl_easy_setopt(easy, CURLOPT_PROXY, "");      /* the environment's proxy is for the network */
	} else {
		curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
		if (p->proxy)
			curl_easy_setopt(easy, CURLOPT_PROXY, p->proxy);
	}
	if (q->share_connection && strncmp(t->url, "https:", 6) == 0) /* a plain one never carries more than one at a time */
		curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	if (p->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, p->ca_file);
	if (p->cert_file)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, p->cert_file);
	if (p->key_file)
		curl_easy_setopt(easy, CURLOPT_SSLKEY, p->key_file);
	if (p->tls_insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

void request_add_authorization(struct buf *b, const struct net_request *q)
{
	struct sv bytes = secret_reveal(q->bearer ? q->bearer : q->basic);
	buf_add_str(b, q->bearer ? "Authorization: Bearer " : "Authorization: Basic ");
	if (q->bearer)
		buf_add_sv(b, bytes);
	else
		buf_add_base64(b, bytes.p, bytes.len, false);
}

bool request_has_header(const struct net_request *q, const char *name)
{
	for (size_t i = 0; i < q->n_headers; i++)
		if (!strcasecmp(q->headers[i].name, name))
			return true;
	return false;
}

static struct curl_slist *append(struct curl_slist *list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(list, line);
	if (!longer)
		BUG("curl has no memory");
	return longer;
}

struct curl_slist *request_headers(const struct net_request *q)
{
	struct curl_slist *list = append(NULL, "Expect:");      /* no waiting for a "100 Continue" */
	if (!request_has_header(q, "content-type"))
		list = append(list, "Content-Type:");           /* curl would call every body a form */
	if (q->body_read && !q->body_size)
		list = append(list, "Transfer-Encoding: chunked");
	struct buf line = BUF_INIT;
	buf_reserve(&line, 4096);       /* no unwiped copy of a token is left behind by growing */
	for (size_t i = 0; i < q->n_headers; i++) {
		const char *value = q->headers[i].value;
		buf_clear(&line);
		buf_add_str(&line, q->headers[i].name);
		buf_add_str(&line, value && *value ? ": " : ";"); /* curl's way to send an empty one */
		buf_add_str(&line, value);
		list = append(list, buf_str(&line));
	}
	if (q->bearer || q->basic) {
		buf_clear(&line);
		request_add_authorization(&line, q);
		list = append(list, buf_str(&line));
	}
	if (line.p)
		wipe(line.p, line.cap);
	buf_fini(&line);
	return list;
}

void request_headers_free(struct curl_slist *list)
{
	for (struct curl_slist *l = list; l; l = l->next)
		wipe(l->data, strlen(l->data));
	curl_slist_free_all(list);
}
