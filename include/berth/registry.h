/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_REGISTRY_H
#define BERTH_REGISTRY_H
/*
 * Registries of images, asked whether they have one: the OCI distribution API with Docker's token authentication, as Docker Hub, GitLab
 * and a plain registry speak it. A registry's credentials go to its own host, to the host it is a part of (registry.gitlab.example ->
 * gitlab.example), to Docker Hub's own, and to those that `trusts` names; to no other that an answer may name. One token is asked for all
 * repositories that wait for one. Registries on this machine are spoken to without TLS, as engines do.
 */
#include "berth/loop.h"
#include "berth/net.h"
#include "berth/secret.h"

struct registries;
struct registry_want;                 /* a registry that waits for its credentials */
struct registries_config {
	struct loop *loop;
	struct net *net;
	/* Looks for credentials ("docker.io", "registry.example:5000") and calls registry_login_found() once, at any time. NULL: none. */
	void (*find_login)(void *ctx, struct registry_want *w, const char *registry);
	bool (*trusts)(void *ctx, const char *registry, const char *host); /* may be NULL */
	const char *(*ca_file)(void *ctx, const char *registry);           /* NULL, or gives NULL: the system's */
	void *ctx;
};
struct registries *registries_new(const struct registries_config *c);
/* Cancels what is under way: those calls end before this returns. Not to be called from `got`. NULL is fine. */
void registries_free(struct registries *r);
/* login: an X-Registry-Auth value (base64url of JSON with username and password, or identitytoken); NULL: there is none. */
void registry_login_found(struct registry_want *w, const struct secret *login);
void registries_forget_logins(struct registries *r);    /* they have changed */

struct registry_image {               /* borrowed for the callback */
	const char *digest;           /* "sha256:…"; of the index where there is one; "" where the registry does not say */
	uint64_t size_bytes;          /* of its layers as they are pulled; 0 without details */
	int64_t created_s;            /* from its configuration; 0: not known, or without details */
};
struct registry_call;
/*
 * ref: "[registry/]path[:tag][@digest]". got runs once, later. err: ERR_NOT_FOUND the registry has no such image; ERR_AUTH it wants a login
 * that there is none for; ERR_DENIED the login may not see it; ERR_RATE, ERR_NET, ERR_TLS … as from net_api.h; ERR_USAGE no reference.
 */
struct registry_call *registry_look(struct registries *r, const char *ref, bool details,
                                    void (*got)(void *ctx, const struct registry_image *i, const struct err *err), void *ctx);
void registry_cancel(struct registry_call *c);          /* got runs with ERR_CANCELLED before this returns; NULL is fine */
#endif
