/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FORGE_REGISTRY_H
#define FORGE_REGISTRY_H
/* What the files of the registries' client share. */
#include "berth/net_api.h"
#include "berth/registry.h"
#include "berth/vec.h"
#include "forge/registry_parts.h"

enum login_state { LOGIN_UNKNOWN, LOGIN_ASKED, LOGIN_KNOWN };
struct registry_token { char *path; struct secret *bearer; uint64_t until_ms; };
struct registry {
	struct registry *next;
	struct registries *all;
	char *name;
	struct net_api *api;
	enum registry_scheme scheme;          /* OTHER: not known yet */
	char *realm_url, *realm_path, *service;
	struct net_api *realm;
	enum login_state login;
	struct registry_want *want;
	struct secret *basic, *identity;      /* at most one */
	VEC(struct registry_token) tokens;
	struct net_api_call *asking;          /* for a token */
	struct registry_call *probe;          /* finds out what is wanted; the others wait for it */
	bool is_open;                         /* it answers without a login */
};

struct registries {
	struct registries_config config;
	struct registry *first;
	struct registry_call *calls;
};

struct registry_call {
	struct registry_call *prev, *next;
	struct registries *all;
	struct registry *registry;            /* NULL: the reference was none */
	struct registry_ref ref;
	bool details, waits, in_request, had_login, ended;
	unsigned n_tries, depth;
	void (*got)(void *ctx, const struct registry_image *i, const struct err *err);
	void *ctx;
	struct net_api_call *call;
	struct net_call *plain;               /* to where a blob really lies, without any login */
	char *digest;
	struct registry_image image;
	struct err err;
};

/* ---- registry.c ---- */
void registry_end(struct registry_call *c, const struct err *err);
/* Those that wait go on, or end with err. */
void registry_resume(struct registry *r, bool only_in_request, const struct err *err);
void registry_fetch(struct registry_call *c, const char *method, const char *path, net_api_end_fn end);
/* ---- registry_auth.c ---- */
/* Learns from a 401 what is wanted; false: nothing that can be given. */
bool registry_learn(struct registry *r, const struct net_answer *a);
void registry_want_login(struct registry *r);
void registry_proceed(void *registry);
const struct secret *registry_token_of(const struct registry *r, const char *path);
void registry_forget(struct registry *r);
/* ---- registry_details.c ---- */
void registry_ask_details(struct registry_call *c);
#define REGISTRY_ACCEPT "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, " \
	"application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
#endif
