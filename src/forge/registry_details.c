/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Size and age of an image that is there: its manifest, for this machine's kind where there are several, and its configuration. What can't
 * be had leaves them unknown: the image is there all the same. */
#include "forge/registry.h"

#include <sys/utsname.h>

#include "berth/json.h"
#include "berth/path.h"

enum { INDEX_DEPTH_MAX = 2, DOCUMENT_MAX = 4 << 20 };

static const char *architecture(void)
{
	static const struct { const char *machine, *name; } rows[] = { { "x86_64", "amd64" }, { "aarch64", "arm64" }, { "armv7l", "arm" }, { "i686", "386" } };
	struct utsname u;
	if (!uname(&u))
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			if (!strcmp(rows[i].machine, u.machine))
				return rows[i].name;
	return "amd64";
}

static const char *child_of(const json_t *index)
{
	const json_t *list = json_path(index, "manifests");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *m = json_array_get(list, i);
		if (!strcmp(json_str(m, "platform.os", ""), "linux") && !strcmp(json_str(m, "platform.architecture", ""), architecture()))
			return json_str(m, "digest", NULL);
	}
	return json_str(json_array_get(list, 0), "digest", NULL);
}

/* A digest becomes part of a path. */
static bool is_digest(const char *s)
{
	return s && strchr(s, ':') && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789:") == strlen(s);
}

static void take_config(struct registry_call *c, struct sv body)
{
	json_auto_t *j = json_read(body, DOCUMENT_MAX, NULL);
	time_parse_rfc3339(sv_of(json_str(j, "created", "")), &c->image.created_s);
	registry_end(c, NULL);
}

static void got_elsewhere(void *ctx, const struct net_response *a, const struct err *err)
{
	struct registry_call *c = ctx;
	c->plain = NULL;
	if (!c->ended)
		take_config(c, a && a->status == 200 ? a->body : SV(""));
}

/* A blob may lie in a store of another host, whose address carries what it needs: nothing of ours goes there. */
static void ask_elsewhere(struct registry_call *c, const char *location)
{
	size_t scheme = !strncmp(location, "https://", 8) ? 8 : 0, host = scheme + strcspn(location + scheme, "/?#");
	if (!scheme || location[host] != '/') {
		registry_end(c, NULL);
		return;
	}
	AUTO_STR url = xstrndup(location, host);
	struct net_request q = { .peer = { .base_url = url }, .method = "GET", .path = location + host, .total_timeout_ms = 30000, .max_body = DOCUMENT_MAX };
	c->plain = net_fetch(c->all->config.net, &q, got_elsewhere, c);
}

static void got_config(void *ctx, const struct net_answer *a, const struct err *err)
{
	struct registry_call *c = ctx;
	c->call = NULL;
	if (c->ended)
		return;
	const char *location = err && a && err->http >= 301 && err->http <= 308 ? net_header_get(&a->response, "location") : NULL;
	if (location)
		ask_elsewhere(c, location);
	else
		take_config(c, err ? SV("") : a->response.body);
}

static void got_document(void *ctx, const struct net_answer *a, const struct err *err);

static void ask_document(struct registry_call *c, const char *kind, const char *digest, net_api_end_fn end)
{
	AUTO_STR path = xasprintf("/v2/%s/%s/%s", c->ref.path, kind, digest);
	registry_fetch(c, "GET", path, end);
}

static void got_document(void *ctx, const struct net_answer *a, const struct err *err)
{
	struct registry_call *c = ctx;
	c->call = NULL;
	if (c->ended)
		return;
	json_auto_t *j = err ? NULL : json_read(a->response.body, DOCUMENT_MAX, NULL);
	const char *child = child_of(j), *config = json_str(j, "config.digest", NULL);
	const json_t *layers = json_path(j, "layers");
	if (is_digest(child) && c->depth++ < INDEX_DEPTH_MAX) {
		ask_document(c, "manifests", child, got_document);
		return;
	}
	for (size_t i = 0; i < json_array_size(layers); i++) {
		int64_t size = json_int(json_array_get(layers, i), "size", 0);
		c->image.size_bytes += size > 0 && size < INT64_MAX / 65536 ? (uint64_t)size : 0;
	}
	if (is_digest(config))
		ask_document(c, "blobs", config, got_config);
	else
		registry_end(c, NULL);
}

void registry_ask_details(struct registry_call *c)
{
	ask_document(c, "manifests", is_digest(c->digest) ? c->digest : c->ref.what, got_document);
}
