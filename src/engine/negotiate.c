/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "negotiate.h"

#include "berth/log.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "decode.h"
#include "errors.h"
#include "tunnel.h"

enum { PING_MS = 10000, CONNECT_MS = 5000 };

void docker_peer(const struct docker *d, struct net_peer *ret)
{
	*ret = (struct net_peer){ .base_url = d->base_url, .unix_socket = d->unix_socket, .ca_file = d->config.ca_file,
		.cert_file = d->config.cert_file, .key_file = d->config.key_file, .tls_insecure = d->config.tls_insecure };
}

/* ---- addresses ---- */
static bool has_port(struct sv host)
{
	const char *bracket = memrchr(host.p, ']', host.len);
	const char *from = bracket ? bracket : host.p;

	return memchr(from, ':', host.len - (size_t)(from - host.p)) != NULL;
}

static bool is_ssh(const char *host)
{
	return strncmp(host, "ssh://", strlen("ssh://")) == 0;
}

int docker_address(const char *host, bool tls, char **ret_base_url, char **ret_unix_socket, struct err *reterr)
{
	struct sv h = sv_of(host);

	*ret_base_url = *ret_unix_socket = NULL;
	if (sv_starts(h, SV("unix://")) && host[7] == '/') {
		*ret_base_url = xstrdup("http://localhost");
		*ret_unix_socket = xstrdup(host + 7);
		return 0;
	}
	bool https = sv_starts(h, SV("https://"));
	if (https || sv_starts(h, SV("tcp://")) || sv_starts(h, SV("http://"))) {
		struct sv at = sv_of(strstr(host, "://") + 3);
		while (at.len && at.p[at.len - 1] == '/')
			at.len--;
		if (at.len) {
			tls = tls || https;
			*ret_base_url = xasprintf("%s://%.*s%s", tls ? "https" : "http", (int)at.len, at.p, has_port(at) ? "" : tls ? ":2376" : ":2375");
			return 0;
		}
	}
	if (is_ssh(host)) {
		AUTO(ssh_address_fini) struct ssh_address at;
		int r = ssh_address_read(host, &at, reterr);
		*ret_base_url = r < 0 ? NULL : xstrdup("http://localhost"); /* through a socket that a tunnel makes */
		return r;
	}
	err_set(reterr, ERR_CONFIG, "'%s' is no engine's address", host);
	err_hint(reterr, "addresses look like unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host");
	return -ERR_CONFIG;
}

static bool is_loopback(const char *base_url)
{
	struct sv at = sv_of(strstr(base_url, "://") + 3);

	return sv_starts(at, SV("127.")) || sv_starts(at, SV("localhost:")) || sv_starts(at, SV("[::1]:"));
}

/* ---- versions ---- */
static bool api_parse(const char *text, int *ret)
{
	int64_t n;

	if (strncmp(text, "1.", 2) != 0 || !sv_to_i64(sv_of(text + 2), &n) || n < 0 || n > 10000)
		return false;
	*ret = (int)n;
	return true;
}

int docker_choose_api(const char *max, const char *min, const char *product_version, int *ret_api, struct err *reterr)
{
	int most, least;

	if (!api_parse(max, &most)) {
		err_set(reterr, ERR_DECODE, "what answers there names no API version of a container engine ('%s')", max);
		err_hint(reterr, "check the engine's address");
		return -ERR_DECODE;
	}
	if (!api_parse(min, &least))
		least = 0;
	if (most < API_MIN) {
		err_set(reterr, ERR_UNSUPPORTED, "the engine (%s) is too old: it speaks API up to 1.%d, berth needs 1.%d or newer", product_version, most, API_MIN);
		err_hint(reterr, "update it: Docker 20.10 and Podman 4 are new enough");
		return -ERR_UNSUPPORTED;
	}
	if (least > API_MAX) {
		err_set(reterr, ERR_UNSUPPORTED, "the engine (%s) is too new: it speaks API from 1.%d on, berth 1.%d to 1.%d", product_version, least, API_MIN, API_MAX);
		err_hint(reterr, "update berth");
		return -ERR_UNSUPPORTED;
	}
	*ret_api = MAX_OF(least, MIN_OF(most, (int)API_MAX));
	return 0;
}

/* ---- the three questions: /_ping, /version, /info ---- */
/* The one that has waited longest; calls are kept newest first. Every call of this engine is a docker_call. */
static struct docker_call *waiting_call(const struct docker *d)
{
	struct docker_call *oldest = NULL;

	for (struct engine_call *c = d->base.calls; c; c = c->next)
		if (((struct docker_call *)c)->waits)
			oldest = (struct docker_call *)c;
	return oldest;
}

static void negotiation_end(struct docker *d, const struct err *err)
{
	d->state = err ? DOCKER_COLD : DOCKER_READY;
	for (struct docker_call *c; (c = waiting_call(d)) != NULL;) {
		c->waits = false;
		if (err)
			docker_call_fail(c, err);
		else
			docker_call_go(c);
	}
}

static void question_ask(struct docker *d, const char *path, void (*ended)(void *, const struct net_response *, const struct err *))
{
	struct net_request q = { .method = "GET", .path = path, .connect_timeout_ms = CONNECT_MS, .total_timeout_ms = PING_MS, .max_body = 4 << 20 };

	docker_peer(d, &q.peer);
	d->asking = net_fetch(d->net, &q, ended, d);
}

void docker_unreached(struct docker *d, const struct err *net_err, struct err *ret)
{
	if (d->tunnel) {
		tunnel_error(d->tunnel, net_err, ret);
		if (ret->code != ERR_CANCELLED)
			err_prefix(ret, "engine %s", d->where);
		return;
	}
	engine_error_unreached(ret, net_err, d->where ? d->where : d->base.name, d->unix_socket);
}

/* False when the negotiation is over: cancelled by docker_free(), or failed. */
static bool question_answered(struct docker *d, const struct net_response *r, const struct err *err)
{
	struct err why = { 0 };

	d->asking = NULL;
	if (d->state != DOCKER_ASKING)
		return false;
	if (!err && r->status == 200)
		return true;
	if (err)
		docker_unreached(d, err, &why);
	else
		engine_error_response(&why, r->status, r->content_type, r->body);
	negotiation_end(d, &why);
	return false;
}

static void info_answered(void *ctx, const struct net_response *r, const struct err *err)
{
	struct docker *d = ctx;
	struct err why = { 0 };

	if (!question_answered(d, r, err))
		return;
	json_auto_t *j = json_read(r->body, ANSWER_MAX, &why);
	if (!j) {
		err_prefix(&why, "the engine's description of itself");
		negotiation_end(d, &why);
		return;
	}
	d->cpus = (uint32_t)MAX_OF(json_int(j, "NCPU", 0), 0);
	d->memory_bytes = (uint64_t)MAX_OF(json_int(j, "MemTotal", 0), 0);
	str_replace(&d->root_dir, json_str(j, "DockerRootDir", NULL));
	d->base.caps |= decode_info_caps(j);
	AUTO(buf_fini) struct buf gpus = BUF_INIT;
	uint64_t cgroups = 0;
	d->n_gpus = d->base.caps & ENGINE_HAS_GPUS ? decode_info_gpus(j, &gpus) : 0;
	str_replace(&d->gpus, buf_str(&gpus));
	d->cgroups = sv_to_u64(sv_of(json_str(j, "CgroupVersion", "")), &cgroups) && cgroups <= 2 ? (unsigned)cgroups : 0;
	int64_t at_s;
	d->has_clock = time_parse_rfc3339(sv_of(json_str(j, "SystemTime", "")), &at_s);
	d->clock_ahead_s = d->has_clock ? at_s - clock_wall_s() : 0;
	decode_info_identity(j, &d->base.identity);
	log_debug("engine", "%s: %s %s, API 1.%d, caps %x", d->base.name, d->product, d->version, d->api, d->base.caps);
	negotiation_end(d, NULL);
}

static unsigned caps_so_far(const struct docker *d)
{
	bool podman = strcmp(d->product, "podman") == 0;
	unsigned caps = podman ? ENGINE_IS_PODMAN : 0;

	if (!podman && !d->builder_v1 && strcmp(d->os, "linux") == 0)
		caps |= ENGINE_HAS_BUILDKIT;
	if (!d->tunnel && (d->unix_socket || is_loopback(d->base_url)))
		caps |= ENGINE_IS_LOCAL;
	return caps;
}

static void version_answered(void *ctx, const struct net_response *r, const struct err *err)
{
	struct docker *d = ctx;
	struct err why = { 0 };

	if (!question_answered(d, r, err))
		return;
	json_auto_t *j = json_read(r->body, ANSWER_MAX, &why);
	if (!j) {
		err_set(&why, ERR_DECODE, "what answers at %s is no container engine: its version is no JSON", d->where);
		err_hint(&why, "check the engine's address");
		negotiation_end(d, &why);
		return;
	}
	const json_t *part = json_array_get(json_path(j, "Components"), 0);
	str_replace(&d->version, json_str(j, "Version", "version unknown"));
	str_replace(&d->product, strcasestr(json_str(part, "Name", ""), "podman") ? "podman" : "docker");
	str_replace(&d->os, json_str(j, "Os", "linux"));
	str_replace(&d->arch, json_str(j, "Arch", ""));
	if (docker_choose_api(json_str(j, "ApiVersion", ""), json_str(j, "MinAPIVersion", "1.0"), d->version, &d->api, &why) < 0) {
		negotiation_end(d, &why);
		return;
	}
	d->base.caps = caps_so_far(d);
	AUTO_STR path = xasprintf("/v1.%d/info", d->api);
	question_ask(d, path, info_answered);
}

static void ping_answered(void *ctx, const struct net_response *r, const struct err *err)
{
	struct docker *d = ctx;

	if (!question_answered(d, r, err))
		return;
	const char *builder = net_header_get(r, "builder-version"); /* absent before API 1.42: has it all the same */
	d->builder_v1 = builder && strcmp(builder, "1") == 0;
	question_ask(d, "/version", version_answered);
}

/* Finds the engine, where no host was configured, each time anew: it may have been installed or started meanwhile. */
static int docker_locate(struct docker *d, struct err *reterr)
{
	struct engine_host found = { 0 }, *h = &d->config;

	free_p(&d->base_url);
	free_p(&d->unix_socket);
	if (!d->config_given) {
		int r = engine_find_host(&found, reterr);
		if (r < 0)
			return r;
		engine_host_fini(h);
		*h = found;
	}
	str_replace(&d->where, h->host);
	return docker_address(h->host, h->ca_file || h->cert_file || h->tls_insecure, &d->base_url, &d->unix_socket, reterr);
}

/* ---- through ssh ---- */
static void tunnel_ready(void *ctx, const struct err *err)
{
	struct docker *d = ctx;
	struct err why = { 0 };

	if (err) {
		err_copy(&why, err);
		err_prefix(&why, "engine %s", d->where);
		negotiation_end(d, &why);
		return;
	}
	str_replace(&d->unix_socket, tunnel_socket(d->tunnel));
	question_ask(d, "/_ping", ping_answered);
}

static void negotiate_by_ssh(struct docker *d)
{
	if (tunnel_stands(d->tunnel, d->config.host)) {
		tunnel_ready(d, NULL);
		return;
	}
	tunnel_free(d->tunnel);
	d->tunnel = tunnel_open(d->base.loop, d->config.host, tunnel_ready, d);
}

static void negotiate_directly(struct docker *d)
{
	tunnel_free(d->tunnel);                         /* of an engine that was configured before */
	d->tunnel = NULL;
	question_ask(d, "/_ping", ping_answered);
}

void docker_negotiate(struct docker *d)
{
	struct err why = { 0 };

	if (d->state == DOCKER_ASKING)
		return;
	d->state = DOCKER_ASKING;
	if (docker_locate(d, &why) < 0 || (d->unix_socket && engine_socket_check(d->unix_socket, &why) < 0))
		negotiation_end(d, &why);
	else if (is_ssh(d->config.host))
		negotiate_by_ssh(d);
	else
		negotiate_directly(d);
}
