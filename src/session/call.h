/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SESSION_CALL_H
#define BERTH_SESSION_CALL_H
/* A question about sessions that takes several of the engine's answers. Embeds this first; ends once, by session_call_end. */
#include "parts.h"

struct session_call {
	struct engine *engine;
	struct loop *loop;
	struct engine_call *call;           /* under way */
	struct loop_timer *timer;
	session_end_fn end;
	void *ctx;
	void (*fini)(struct session_call *c);
	bool cancelled, ended;
	unsigned n_left;                    /* sessions, for whom the network stays */
};
void *session_call_new(size_t size, struct engine *e, struct loop *l, session_end_fn end, void *ctx);
void session_call_end(struct session_call *c, const struct err *err);
/* For the ends of engine calls: false when the whole has been ended (cancelled, or by err). */
bool session_call_ok(struct session_call *c, const struct err *err);
/* The same, but an error is left to the caller. */
bool session_call_back(struct session_call *c, const struct err *err);
/* The last of all: the sessions' network goes when no session needs it any more. Ends the call, well in any case. */
void session_call_leave_network(struct session_call *c);
#endif
