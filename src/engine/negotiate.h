/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ENGINE_NEGOTIATE_H
#define BERTH_ENGINE_NEGOTIATE_H
/* Finding the engine and agreeing on an API version, before anything else is asked of it. */
#include "docker.h"
#include "find.h"

/* Starts it unless it is under way. When it ends, every call that waits begins, or ends with what went wrong. */
void docker_negotiate(struct docker *d);
void docker_call_go(struct docker_call *c);
/* What a request that got no answer is said to have failed of. */
void docker_unreached(struct docker *d, const struct err *net_err, struct err *ret);
void docker_peer(const struct docker *d, struct net_peer *ret);
/* "unix:///run/x.sock", "tcp://host:2375" -> how net reaches it; owned strings. An ssh:// host gets its socket from a
 * tunnel. ERR_CONFIG for other schemes. */
int docker_address(const char *host, bool tls, char **ret_base_url, char **ret_unix_socket, struct err *reterr);
/* The version to speak with an engine that offers [min, max] (each 1.x, as text), or an error with both sides' versions. */
int docker_choose_api(const char *max, const char *min, const char *product_version, int *ret_api, struct err *reterr);
#endif
