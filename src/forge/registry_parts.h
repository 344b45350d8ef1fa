/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_FORGE_REGISTRY_PARTS_H
#define BERTH_FORGE_REGISTRY_PARTS_H
/* The pure parts of asking registries. */
#include "berth/net.h"
#include "berth/secret.h"

/* "registry.example:5000/group/image:tag@sha256:…" (distribution's reference grammar). All owned. */
struct registry_ref { char *registry, *path, *what; /* the digest, else the tag */ };
int registry_ref_parse(const char *text, struct registry_ref *ret, struct err *reterr);
void registry_ref_fini(struct registry_ref *r);
/* "https://registry-1.docker.io" for docker.io; http:// for this machine's own. Owned. */
char *registry_base_url(const char *registry);

/* WWW-Authenticate (RFC 9110 §11.6.1, distribution's token specification). */
enum registry_scheme { REGISTRY_OTHER, REGISTRY_BASIC, REGISTRY_BEARER };
struct registry_challenge { enum registry_scheme scheme; char *realm, *service, *scope; };
void registry_challenge_parse(struct sv value, struct registry_challenge *ret);
void registry_challenge_fini(struct registry_challenge *c);
/* The realm's "scheme://host" and its path, when it is one that may be asked: https, or http where the registry is. */
bool registry_realm_split(const struct registry_challenge *c, const char *base_url, char **ret_url, char **ret_path);
/* May credentials for the registry go to a realm at this address? Its own host, or one it is a part of. */
bool registry_owns(const char *registry, const char *realm_url);

/* An X-Registry-Auth value -> "user:password" or an identity token. NULL: neither. */
struct secret *registry_login_basic(const struct secret *login);
struct secret *registry_login_identity(const struct secret *login);
/* An answer's errors: "MANIFEST_UNKNOWN: manifest unknown". */
void registry_words(const struct net_response *r, struct buf *ret);
#endif
