/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ENGINE_ERRORS_H
#define BERTH_ENGINE_ERRORS_H
/* The engine's words, kept, with a code of ours and the next step. Engines answer 500 for most things, so words decide
 * before the status does. */
#include "berth/net.h"

/* status 0: the words came within a stream. */
void engine_error_words(struct err *ret, int status, struct sv words);
/* An answer that is no success: JSON {"message"} (Podman adds "cause"), plain text, or neither. */
void engine_error_response(struct err *ret, int status, const char *content_type, struct sv body);
/* A request that got no answer. `where` is the engine's address for people; unix_socket may be NULL. */
void engine_error_unreached(struct err *ret, const struct err *net_err, const char *where, const char *unix_socket);
/* Says why a unix socket can't be used: no right to it (ERR_DENIED), nobody listens (ERR_NET, with sys), none there (ERR_NET). 0 when it
 * can. */
int engine_socket_check(const char *path, struct err *reterr);
#endif
