/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_NET_API_H
#define BERTH_NET_API_H
/*
 * A client of one HTTP API at one server, on top of net.h: requests queue for a few slots (what is on screen first), answers are
 * kept and asked for again by their ETag, lists come page by page, a server that is busy or down is waited for as it says, and
 * every failure is a sentence with a next step (err.http has the status). The token goes to this server only: a redirect
 * is followed when it stays at the same scheme, host and port; Links give the next page's query, never its host.
 * A request is sent again by itself only when its method is idempotent (GET, HEAD, PUT, DELETE) or it says `repeatable`, and only
 * before anything of its answer was given to the owner.
 * As in net.h every call ends exactly once, no callback runs within the call that starts it, and everything may be called from
 * every callback, net_api_free included.
 */
#include "berth/net.h"

/* What is kept of an answer. */
struct net_kept {
	const char *etag, *content_type;
	const char *next;             /* of a list: what net_api_pages asks for next, "" at the end */
	struct sv body;
	int64_t at_s;                 /* wall clock: when the server last said so */
};
/* Where answers are kept (the cache room: on disk). All zero: in memory, the least used forgotten first. One loop, one thread. */
struct net_memo {
	bool (*get)(void *ctx, const char *key, struct net_kept *ret); /* borrowed until the memo's next call */
	void (*put)(void *ctx, const char *key, const struct net_kept *k);
	void (*touch)(void *ctx, const char *key, int64_t at_s); /* the server said that it is still so; may be NULL */
	void *ctx;
};

/* How the server is, told when it changes (and when `retry_at_ms` has come, as NET_API_FINE or TRYING). */
enum net_api_mood {
	NET_API_FINE,
	NET_API_SLOW,                 /* its limits are near or passed: requests wait, till retry_at_ms if that is set */
	NET_API_TRYING,               /* down; the next request finds out more */
	NET_API_DOWN,                 /* down: requests fail at once with `why` until retry_at_ms */
};
struct net_api_state {
	enum net_api_mood mood;
	uint64_t retry_at_ms;         /* loop_now_ms(); 0: now */
	struct err why;               /* SLOW, TRYING, DOWN */
	unsigned n_running, n_queued;
};

struct net_api_config {
	struct net_peer peer;         /* base_url up to where every path begins: "https://gitlab.example/relative" */
	const struct secret *bearer;  /* NULL: none */
	const struct net_header *headers; size_t n_headers; /* sent with each request (User-Agent …) */
	struct net_memo memo;
	/* The server's own words of an error answer, added to ret (NULL: the first line of a text). Foreign: cleaned by the caller. */
	void (*words)(const struct net_response *r, struct buf *ret);
	void (*on_state)(void *ctx, const struct net_api_state *s); /* may be NULL */
	/* The bearer is not taken any more (401): true when net_api_renewed() will be called. Requests that were refused wait until then and
	 * are sent once more. Asked for at most every five minutes; may be NULL. */
	bool (*renew)(void *ctx);
	void *ctx;
	bool stays;                   /* who asks goes on asking, so an error may say when; else its hint is what can be done */
	unsigned max_running;         /* 0: 6 */
	unsigned tries;               /* of one request; 0: 3 */
	uint32_t backoff_ms;          /* before the second try, doubled for each after it up to a minute, less some chance; 0: 1 s */
	uint32_t connect_timeout_ms, first_byte_timeout_ms, idle_timeout_ms, total_timeout_ms; /* 0: 10 s, 60 s, 30 s, none */
};
struct net_api;
struct net_api *net_api_new(struct loop *loop, struct net *net, const struct net_api_config *c); /* all copied but memo.ctx and ctx */
void net_api_free(struct net_api *a);                   /* cancels what is under way (their ends run); NULL is fine */
void net_api_set_bearer(struct net_api *a, const struct secret *bearer);
void net_api_renewed(struct net_api *a, const struct secret *bearer); /* bearer NULL: there is no other, and what waits for it ends as refused */
const struct net_api_state *net_api_state(const struct net_api *a);
void net_api_retry_now(struct net_api *a);              /* somebody asked: no wait any more */

enum net_priority { NET_ON_SCREEN, NET_NEARBY, NET_BACKGROUND, NET_PRIORITY_COUNT_ };
struct net_api_request {
	const char *method;           /* NULL: "GET" */
	const char *path;             /* encoded, with query, under base_url: "/api/v4/projects?per_page=100" */
	const struct net_header *headers; size_t n_headers;
	struct sv body;               /* copied */
	const char *body_type;        /* NULL: "application/json" */
	const struct secret *bearer, *basic; /* in place of the config's bearer; as in net.h. Copied */
	enum net_priority priority;
	bool revalidate;              /* a GET through the memo */
	bool repeatable;              /* a POST that only asks (GraphQL) */
	bool any_type;                /* not JSON: else a web page in its place is an error */
	size_t max_body;              /* decoded; 0: 64 MiB, for a stream none */
	size_t page_size;             /* net_api_pages: items of a full page, as the path asks for; 0: not known */
	uint32_t rest_s;              /* net_api_pages of a list sorted by change: where its first page is unchanged, the others are not asked
	                               * for again so many seconds after the server last confirmed them; 0: they are */
	uint32_t total_timeout_ms;    /* 0: the config's */
};
struct net_answer {
	struct net_response response; /* of a kept answer: headers are those of the 304 */
	bool unchanged;               /* 304: response is what was kept (status 200), or empty where the caller sent If-None-Match */
	const char *moved_to;         /* the path that answered, where redirects led; else NULL */
};

struct net_api_call;
/* a is NULL when no answer came; with an error status both are given, and err is what to show. */
typedef void (*net_api_end_fn)(void *ctx, const struct net_answer *a, const struct err *err);
struct net_api_call *net_api_fetch(struct net_api *a, const struct net_api_request *q, net_api_end_fn on_end, void *ctx);

/* A list: the next page is that of `Link: …; rel="next"`, else x-next-page; it ends without either or at a page shorter than page_size. */
#define NET_PAGES_STOP (-1L)
struct net_page_events {
	long (*on_page)(void *ctx, const struct net_answer *a); /* how many items it held, or NET_PAGES_STOP */
	void (*on_end)(void *ctx, bool complete, const struct err *err); /* complete: up to the last page */
};
struct net_api_call *net_api_pages(struct net_api *a, const struct net_api_request *q, const struct net_page_events *ev, void *ctx);
void net_api_hold(struct net_api_call *c);              /* asks for no page after this one … */
void net_api_more(struct net_api_call *c);              /* … until this */

/* A body in decoded pieces. on_head only for 2xx, and 304 where the caller asked for it; everything else is on_end's err. */
struct net_piece_events {
	void (*on_head)(void *ctx, const struct net_answer *a);
	void (*on_data)(void *ctx, struct sv bytes);
	void (*on_end)(void *ctx, const struct err *err);
};
struct net_api_call *net_api_open(struct net_api *a, const struct net_api_request *q, const struct net_piece_events *ev, void *ctx);
void net_api_pause(struct net_api_call *c, bool paused);

void net_api_set_priority(struct net_api_call *c, enum net_priority p); /* while it waits: it came into sight, or left it */
/* Ends it now with ERR_CANCELLED, before this returns. NULL is fine. The handle is gone after the end. */
void net_api_cancel(struct net_api_call *c);

/* What is kept of a GET, to paint before the server has answered; borrowed until the next call. False: nothing. */
bool net_api_kept(struct net_api *a, const char *path, struct net_kept *ret);
/* Keeps what is known of a path by other means; without an ETag (""): it is not revalidated by, only given by net_api_kept(). */
void net_api_keep(struct net_api *a, const char *path, const struct net_kept *k);
#endif
