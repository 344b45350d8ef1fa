/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NET_IMPL_H
#define NET_IMPL_H
/*
 * What the files of this room share. The one rule: code of other rooms never runs while curl is on the stack. curl's
 * callbacks only move bytes into buffers and ask for a pump; the pump, a deferred call of the loop, tells the owners. So an
 * owner may start, cancel and free anything within its callback.
 */
#include <curl/curl.h>
#include "berth/log.h"
#include "berth/net.h"
#include "berth/vec.h"
#include "net/head.h"

enum {
	FLOW_BYTES = 64 << 10,          /* what a stream may gather before its owner takes it; what one turn hands over */
	HEADERS_MAX_BYTES = 256 << 10,
	CONNECT_TIMEOUT_DEFAULT_MS = 10000,
};

/* ---- mux.c: one curl multi handle in the loop ---------------------------------------------------------------------------- */
struct mux;
/* on_done runs when a transfer is over, with its CURLOPT_PRIVATE; curl is on the stack no more, but the mux must live on. */
struct mux *mux_new(struct loop *loop, void (*on_done)(void *transfer, CURLcode result));
void mux_free(struct mux *m);           /* all its transfers were removed */
void mux_add(struct mux *m, CURL *easy);
void mux_remove(struct mux *m, CURL *easy);
/* Watches no socket any more: their owner reads and writes by itself from now on. */
void mux_let_go(struct mux *m);

/* ---- request.c: a request becomes curl's options -------------------------------------------------------------------------- */
/* Where a request goes, for curl, for a hand-written request and for people. */
struct target { char *url, *host, *path, *where; bool is_unix, is_tls; };
int target_of(const struct net_request *q, struct target *ret, struct err *reterr);
void target_fini(struct target *t);
/* What both kinds of connections need: peer, TLS, proxy, protocols, time to connect. */
void request_apply_peer(CURL *easy, const struct net_request *q, const struct target *t);
struct curl_slist *request_headers(const struct net_request *q);
void request_headers_free(struct curl_slist *list);     /* wipes: one of them may be a token */
void request_add_authorization(struct buf *b, const struct net_request *q); /* bearer or basic is set */
bool request_has_header(const struct net_request *q, const char *name);

/* ---- errors.c ------------------------------------------------------------------------------------------------------------- */
enum net_phase { PHASE_ANY, PHASE_NAME, PHASE_CONNECT, PHASE_TLS }; /* how far it had come */
struct failure { CURLcode code; long sys; const char *detail; const struct target *target; enum net_phase phase; };
int net_failure(struct err *reterr, const struct failure *f);
int net_failure_easy(struct err *reterr, CURL *easy, CURLcode code, const char *detail, const struct target *t);

/* ---- net.c ---------------------------------------------------------------------------------------------------------------- */
struct net {
	struct loop *loop;
	struct mux *mux;
	struct net_call *calls;
	struct net_duplex *duplexes;
	char *record_dir;               /* NULL: nothing is written down */
	struct replay *replay;          /* what answers in the network's place; NULL: the network */
	unsigned depth;                 /* owners' callbacks on the stack */
	bool pump_asked, freed;
};
void net_ask_pump(struct net *n);
/* Around every owner's callback: what ended meanwhile is freed by the last net_leave. */
void net_enter(struct net *n);
void net_leave(struct net *n);

/* ---- call.c and duplex.c, for net.c --------------------------------------------------------------------------------------- */
void call_finished(void *call, CURLcode result);
void calls_pump(struct net *n);
void calls_sweep(struct net *n);
void calls_cancel_all(struct net *n);
void duplexes_sweep(struct net *n);
void duplexes_cancel_all(struct net *n);
#endif
