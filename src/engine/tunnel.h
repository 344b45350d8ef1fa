/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ENGINE_TUNNEL_H
#define BERTH_ENGINE_TUNNEL_H
/*
 * An engine on a machine that is reached by ssh: ssh forwards its socket to one in a folder of ours. No Docker client is needed
 * there. Nothing is ever asked on the screen: ssh runs without a terminal, in batch mode, and what it says becomes a sentence.
 * It ends with the tunnel, and with this process, however that ends.
 */
#include "berth/loop.h"

/* ssh://[user@]host[:port][/path/to/the.sock], as Docker takes it: no password, query or fragment. */
struct ssh_address { char *user, *host, *port, *socket; }; /* owned; user and port NULL: as ssh's own configuration says */
int ssh_address_read(const char *text, struct ssh_address *ret, struct err *reterr); /* ERR_CONFIG */
void ssh_address_fini(struct ssh_address *a);

struct tunnel;
/* ready runs once, from the loop, unless the tunnel is freed before: err NULL when it stands. */
struct tunnel *tunnel_open(struct loop *loop, const char *address, void (*ready)(void *ctx, const struct err *err), void *ctx);
bool tunnel_stands(const struct tunnel *t, const char *address); /* and leads there; NULL: no */
const char *tunnel_socket(const struct tunnel *t);
/* Why a request through it got no answer. */
void tunnel_error(struct tunnel *t, const struct err *net_err, struct err *ret);
void tunnel_free(struct tunnel *t);
/* What ssh's complaints mean, most telling line first; pure. False: they say nothing that is known. */
bool tunnel_words(struct sv complaints, const struct ssh_address *at, struct err *ret);
#endif
