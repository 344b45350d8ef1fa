/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ENGINE_AUTH_H
#define BERTH_ENGINE_AUTH_H
/* Registry credentials as docker keeps them: ~/.docker/config.json (auths, credsStore, credHelpers). Nothing of ours stores
 * or shows them. */
#include <jansson.h>
#include "berth/engine.h"

/* The registry of an image reference: "docker.io" when it names none. Owned. */
char *auth_registry_of(const char *ref);

/* Looks up one registry's credentials, running its helper program where one is set. got runs once, from the loop, with the
 * value of X-Registry-Auth, or NULL: there are none (a failing helper counts as none; log_debug says why). */
struct registry_login_call *auth_find(struct loop *loop, const char *config_dir, const char *registry,
                                      void (*got)(void *ctx, const struct secret *header), void *ctx);
void auth_cancel(struct registry_login_call *a);              /* got does not run; NULL is fine */

/* X-Registry-Auth's JSON, base64url. identity: password is an identity token. */
struct secret *auth_header(const char *registry, struct sv user, struct sv password, bool identity);
/* A helper's answer on stdout -> header; NULL when it holds no credentials. */
struct secret *auth_header_of_helper(const char *registry, struct sv answer);
/* config.json's own entry for the registry; *ret_helper gets the helper to ask instead ("desktop" …), or NULL. */
struct secret *auth_header_of_config(const json_t *config, const char *registry, char **ret_helper);
/* X-Registry-Config for the classic builder: all credentials that stand in config.json itself. NULL: none. */
struct secret *auth_build_header(const char *config_dir);
#endif
