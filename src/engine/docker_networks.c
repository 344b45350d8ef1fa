/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "docker.h"

#include "berth/mem.h"
#include "berth/path.h"
#include "errors.h"
#include "subnet.h"

enum { SUBNET_TRIES = 8, NETWORK_MS = 60000, ROUTES_MAX = 1 << 20 };

struct named { char *id, *created; };
struct network_call { struct docker_call call; json_t *labels; struct subnets taken; unsigned tries; VEC(struct named) named; /* of the name */ };
static const struct docker_list all_networks = { "/networks", NULL, NULL };

static void named_fini(struct named *n)
{
	free(n->id);
	free(n->created);
}

static void network_fini(struct docker_call *c)
{
	struct network_call *n = (struct network_call *)c;

	json_decref(n->labels);
	VEC_FINI(&n->taken.list);
	while (n->named.len)
		named_fini(&n->named.items[--n->named.len]);
	VEC_FINI(&n->named);
}

static void network_create(struct docker_call *c);
static void list_named(struct docker_call *c);

/* Another berth may have made it at the same moment, and an overlap the engine alone knows of calls for another subnet. */
static void create_answered(struct docker_call *c, const struct net_response *r)
{
	struct network_call *n = (struct network_call *)c;
	struct err err = { 0 };

	if (r->status < 300) {
		list_named(c);
		return;
	}
	engine_error_response(&err, r->status, r->content_type, r->body);
	bool exists = strcasestr(err.text, "already exists") != NULL;
	bool overlaps = strcasestr(err.text, "overlap") || strcasestr(err.text, "already being used") || strcasestr(err.text, "already used");
	if (exists)
		list_named(c);
	else if (overlaps && ++n->tries < SUBNET_TRIES)
		network_create(c);
	else
		docker_call_fail(c, &err);
}

/* Containers on it reach the world and their published ports, not each other. Podman separates networks only as a whole. */
static void network_create(struct docker_call *c)
{
	struct network_call *n = (struct network_call *)c;
	struct subnet net;
	json_auto_t *body = json_pack("{s:o,s:s,s:b,s:O}", "Name", json_str_lossy(sv_of(c->arg)), "Driver", "bridge", "CheckDuplicate", 1, "Labels", n->labels);

	if (docker_is_podman(docker_of(c)))
		json_object_set_new(body, "Options", json_pack("{s:s}", "isolate", "true"));
	else
		json_object_set_new(body, "Options", json_pack("{s:s}", "com.docker.network.bridge.enable_icc", "false"));
	if (subnets_choose(&n->taken, c->arg, n->tries, &net)) {
		AUTO_STR cidr = xasprintf("%u.%u.%u.0/24", net.address >> 24, net.address >> 16 & 255, net.address >> 8 & 255);
		json_object_set_new(body, "IPAM", json_pack("{s:s,s:[{s:s}]}", "Driver", "default", "Config", "Subnet", cidr));
	}
	docker_fetch(c, &(struct docker_ask){ .method = "POST", .path = "/networks/create", .json = body, .fine = DOCKER_ANY_STATUS, .idle_ms = NETWORK_MS }, create_answered);
}

static void taken_add(struct subnets *taken, const json_t *network)
{
	const json_t *config;
	struct subnet net;
	size_t i;

	json_array_foreach(json_path(network, "IPAM.Config"), i, config)
		if (subnet_parse(sv_of(json_str(config, "Subnet", "")), &net))
			VEC_PUSH(&taken->list, net);
}

static void note(struct docker_call *c, const json_t *network)
{
	struct network_call *n = (struct network_call *)c;

	taken_add(&n->taken, network);
	if (strcmp(json_str(network, "Name", ""), c->arg) != 0)
		return;
	struct named one = { xstrdup(json_str(network, "Id", c->arg)), xstrdup(json_str(network, "Created", "")) };
	VEC_PUSH(&n->named, one);
}

static void settle(struct docker_call *c);

static void list_named(struct docker_call *c)
{
	docker_fetch_list(c, &all_networks, note, settle);
}

static void use_or_make(struct docker_call *c)
{
	struct network_call *n = (struct network_call *)c;
	AUTO(buf_fini) struct buf routes = BUF_INIT;

	if (n->named.len) {
		settle(c);
		return;
	}
	if (docker_of(c)->base.caps & ENGINE_IS_LOCAL && file_read("/proc/net/route", ROUTES_MAX, &routes, NULL) == 0)
		subnets_add_routes(&n->taken, buf_sv(&routes)); /* a VPN's addresses would be cut off */
	network_create(c);
}

/* ---- one of a name ---- */
const char *docker_network_ref(const struct docker *d, const char *name)
{
	const char *id = name && d->networks ? map_get(d->networks, sv_of(name)) : NULL;

	return id ? id : name;
}

static void remember(struct docker *d, const char *name, const char *id)
{
	if (!d->networks)
		d->networks = map_new(free);
	map_put(d->networks, sv_of(name), xstrdup(id));
}

/* Takes away the next spare of the name; the engine keeps one that is in use, and that does no harm: ids are what is used. */
static void remove_next_spare(struct docker_call *c, const struct net_response *r)
{
	struct network_call *n = (struct network_call *)c;
	(void)r;

	if (!n->named.len) {
		docker_call_done(c);
		return;
	}
	struct named *spare = &n->named.items[--n->named.len];
	struct err err = { 0 };
	AUTO_STR path = docker_path("/networks/", spare->id, "", &err);
	named_fini(spare);
	if (!path) { /* an id that is none */
		remove_next_spare(c, NULL);
		return;
	}
	docker_fetch(c, &(struct docker_ask){ .method = "DELETE", .path = path, .fine = DOCKER_ANY_STATUS, .idle_ms = NETWORK_MS }, remove_next_spare);
}

/* Two berths that make it at the same moment both succeed: engines let networks share a name. The eldest is used, by all, and
 * the others go. */
static void settle(struct docker_call *c)
{
	struct network_call *n = (struct network_call *)c;
	size_t eldest = 0;

	for (size_t i = 1; i < n->named.len; i++) {
		const struct named *a = &n->named.items[i], *b = &n->named.items[eldest];
		int order = strcmp(a->created, b->created);
		if (order < 0 || (order == 0 && strcmp(a->id, b->id) < 0))
			eldest = i;
	}
	if (n->named.len) {
		struct named used = n->named.items[eldest];
		remember(docker_of(c), c->arg, used.id);
		n->named.items[eldest] = n->named.items[--n->named.len];
		named_fini(&used);
	}
	remove_next_spare(c, NULL);
}

static void ensure_begin(struct docker_call *c)
{
	struct err err = { 0 };
	AUTO_STR sound = docker_path("", c->arg, "", &err);

	if (!sound)
		docker_call_fail(c, &err);
	else
		docker_fetch_list(c, &all_networks, note, use_or_make);
}

struct engine_call *docker_network_ensure(struct engine *e, const char *name, const struct net_header *labels, size_t n_labels, engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct network_call), ensure_begin, end, ctx);

	c->arg = xstrdup(name);
	c->fini = network_fini;
	((struct network_call *)c)->labels = docker_labels(labels, n_labels);
	return &c->base;
}

static void remove_begin(struct docker_call *c)
{
	struct err err = { 0 };
	/* Podman, whose names are unique, looks for containers on it by the name only. */
	AUTO_STR path = docker_path("/networks/", docker_is_podman(docker_of(c)) ? c->arg : docker_network_ref(docker_of(c), c->arg), "", &err);

	if (!path)
		docker_call_fail(c, &err);
	else
		docker_fetch(c, &(struct docker_ask){ .method = "DELETE", .path = path, .fine = 404, .idle_ms = NETWORK_MS }, docker_answered_done);
}

struct engine_call *docker_network_remove(struct engine *e, const char *name, engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof *c, remove_begin, end, ctx);

	c->arg = xstrdup(name);
	return &c->base;
}
