/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_NET_H
#define BERTH_NET_H
/*
 * HTTP over TCP, TLS and unix sockets, in the loop (libcurl's multi socket API; no other room sees curl). Streams both ways,
 * with back-pressure; hijacked connections (Docker's attach and exec) as byte streams. Every call ends exactly once.
 * No callback runs within the call that starts it, or on curl's stack: everything here may be called from every callback,
 * net_free included. Redirects are not followed: the caller sees the status.
 */
#include "berth/loop.h"
#include "berth/secret.h"

struct net;
struct net *net_new(struct loop *loop);
void net_free(struct net *n);                           /* cancels what is under way (their on_end runs, ERR_CANCELLED) */

/* Where a server is. Copied by the calls. */
struct net_peer {
	const char *base_url;         /* "http://localhost", "https://gitlab.example:8443/git": no trailing slash */
	const char *unix_socket;      /* NULL: TCP */
	const char *ca_file, *cert_file, *key_file; /* TLS; NULL: the system's, none */
	bool tls_insecure;            /* a Docker context's SkipTLSVerify */
	const char *proxy;            /* "http://proxy:3128"; NULL: http_proxy, https_proxy and no_proxy say; "": none */
};
struct net_header { const char *name, *value; };
struct net_request {
	struct net_peer peer;
	const char *method;           /* "GET"… */
	const char *path;             /* encoded already, with query: "/v1.41/containers/json?all=1" */
	const struct net_header *headers; size_t n_headers;
	const struct secret *bearer;  /* sent as Authorization: Bearer, to this peer only; NULL: none */
	const struct secret *basic;   /* "user:password", sent as Authorization: Basic in its place */
	struct sv body;               /* a body known whole (copied); else … */
	/* … a body pulled: fills at most room bytes, returns how many, 0 at the end, NET_BODY_WAIT, or NET_BODY_FAIL. Sent chunked, unless its length is known. */
	long (*body_read)(void *ctx, char *p, size_t room);
	uint64_t body_size;           /* of a pulled body, which then gives exactly so many bytes; 0: unknown */
	void (*body_done)(void *ctx); /* always called once when the body is not needed any more (end, failure, cancel); may be NULL */
	void *body_ctx;
	uint32_t connect_timeout_ms;  /* 0: 10 s */
	uint32_t first_byte_timeout_ms; /* from the request sent to the first byte of the answer; 0: as idle */
	uint32_t idle_timeout_ms;     /* nothing moved for so long: ERR_TIMEOUT. 0: never (streams) */
	uint32_t total_timeout_ms;    /* 0: none. In net_hijack both end when the stream begins */
	bool share_connection;        /* waits for one that is being made, in case it can carry more (HTTP/2) */
	size_t max_body;              /* cap for net_fetch(); 0: 64 MiB. Streams have none */
};
#define NET_BODY_WAIT (-1L)       /* nothing now: net_body_ready() when there is */
#define NET_BODY_FAIL (-2L)       /* gives up the call with ERR_CANCELLED, or what net_call_fail said */

struct net_response {
	int status;
	const char *content_type;     /* "" when absent; valid during the callback */
	const struct net_header *headers; size_t n_headers; /* names lower-cased; valid during the callback */
	struct sv body;               /* net_fetch: whole; net_open: empty */
};
const char *net_header_get(const struct net_response *r, const char *lower_name); /* NULL when absent */
bool net_response_date(const struct net_response *r, int64_t *ret_s); /* the server's clock; false: it did not say */

struct net_call;
/* Whole answer at once. r is NULL when err is set; an HTTP error status is not an err here. Runs on_end later, never within. */
struct net_call *net_fetch(struct net *n, const struct net_request *q,
                           void (*on_end)(void *ctx, const struct net_response *r, const struct err *err), void *ctx);
/* A stream. on_head once (final response's head), on_data any number of times, on_end once (err NULL: the body ended well). */
struct net_stream_events {
	void (*on_head)(void *ctx, const struct net_response *r);
	void (*on_data)(void *ctx, struct sv bytes);
	void (*on_end)(void *ctx, const struct err *err);
};
struct net_call *net_open(struct net *n, const struct net_request *q, const struct net_stream_events *ev, void *ctx);
void net_call_pause(struct net_call *c);                /* no more on_data until resume; TCP pushes back */
void net_call_resume(struct net_call *c);
void net_body_ready(struct net_call *c);
void net_call_fail(struct net_call *c, const struct err *err);  /* ends it soon with this error: a body that can't be made */
/* Ends it now; on_end runs with ERR_CANCELLED before this returns. NULL is fine. The handle is gone after on_end. */
void net_cancel(struct net_call *c);

/* A connection that HTTP hands over (101, or 200 and a stream). on_head as above: any status but 101/200 is followed by the
 * body as on_data and on_end. `Connection: Upgrade` and `Upgrade: tcp` are sent unless the request names another upgrade.
 * What is written before the head has come waits. The handle lives until net_duplex_close(), also after on_end. */
struct net_duplex;
struct net_duplex *net_hijack(struct net *n, const struct net_request *q, const struct net_stream_events *ev, void *ctx);
void net_duplex_write(struct net_duplex *d, struct sv bytes);   /* queued (cap 16 MiB, then on_end ERR_TOO_BIG) */
void net_duplex_close_write(struct net_duplex *d);              /* half-close once the queue is sent (not over TLS: closes) */
void net_duplex_pause(struct net_duplex *d, bool paused);
void net_duplex_close(struct net_duplex *d);                    /* no callback after it; NULL is fine */

/* Writes every exchange but hijacked ones into dir, a file each (0600), without secrets: for bug reports. Its own bodies that are pulled,
 * what is no text, and what is over a megabyte of a body are left out. */
int net_record_to(struct net *n, const char *dir, struct err *reterr);
/* From now on what was written there answers instead of the network, each once, by method and URL in order; ERR_NOT_FOUND for
 * what was not asked then. */
int net_replay_from(struct net *n, const char *dir, struct err *reterr);

/* A TCP port of 127.0.0.1 that is free now (bound and let go): a hint, the engine has the last word. 0 on failure. */
uint16_t net_free_port(void);
#endif
