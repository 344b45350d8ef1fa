/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NET_API_H
#define NET_API_H
/*
 * What the files of the API client share. A call waits in its client's queue, runs as a net_call, and is judged when its answer
 * is there: it ends, or goes back into the queue (another try, a redirect, the next page).
 */
#include "berth/net_api.h"
#include "berth/vec.h"
#include "net/api_fields.h"
#include "net/head.h"

enum {
	API_RUNNING_MAX = 6,
	API_TRIES = 3,
	API_BACKOFF_MS = 1000, API_BACKOFF_MAX_MS = 60000,
	API_PATIENCE_MS = 30000,        /* a wait that the server asks for and that a request sits out; a longer one fails it */
	API_WAIT_MAX_S = 3600,          /* no server makes us wait longer */
	API_PACE_MAX_MS = 2000,
	API_REDIRECTS_MAX = 5,
	API_ERROR_MAX_BYTES = 64 << 10, /* read of an error's body */
	API_WORDS_MAX_BYTES = 240,
	API_PAGES_MAX = 100000,
	API_RENEW_EVERY_MS = 300000,
};

enum api_kind { API_WHOLE, API_PAGES, API_PIECES };
enum api_where { API_QUEUED, API_RUNNING, API_HELD, API_REFUSED /* waits for another token */, API_ENDED };

struct net_api_call {
	struct net_api *api;
	struct net_api_call *prev, *next;       /* in the order of asking */
	enum api_kind kind;
	enum api_where where;
	struct net_api_request q;               /* its strings are owned */
	char *etag;                             /* of what the memo has, when it was asked with */
	struct buf body;

	net_api_end_fn on_whole;
	struct net_page_events pages;
	struct net_piece_events pieces;
	void *ctx;

	struct net_call *call;
	struct head head;                       /* of the answer that is coming */
	struct buf in;
	size_t n_bytes;
	bool head_came, is_given, refused;      /* the head has been told to the owner; no more of this answer is looked at */
	bool paused, hold, failing;
	unsigned n_tries, n_redirects, n_pages;
	unsigned bearer_no;                     /* which of the client's tokens it was sent with */
	bool first_unchanged;                   /* of a list: what was kept of its first page is still so */
	bool sent_again;                        /* with another token than the one that was refused */
	uint64_t not_before_ms;
	struct err err;                         /* failing: how it ends at the next pump */
};

struct net_api {
	struct loop *loop;
	struct net *net;
	struct net_api_config config;           /* its strings are owned, and so are the headers */
	struct secret *bearer;
	unsigned bearer_no;                     /* counts them */
	bool renewing;
	uint64_t renew_asked_ms;                /* 0: never */
	struct api_lru *lru;                    /* the memo, when the config has none */
	struct net_api_call *first, *last;
	struct net_api_state state;
	unsigned depth, n_failures, n_started;
	bool freed, pump_asked;
	struct loop_timer *wake;
	uint64_t pace_ms, last_start_ms;
};

/* ---- api.c ---------------------------------------------------------------------------------------------------------------- */
void api_enter(struct net_api *a);
void api_leave(struct net_api *a);
void api_end(struct net_api_call *c, const struct net_answer *answer, const struct err *err);
/* Ends at the next pump. */
void api_fail_soon(struct net_api_call *c, const struct err *err);

/* ---- api_queue.c: when a call runs ------------------------------------------------------------------------------------------ */
void api_ask_pump(struct net_api *a);
void api_pump(void *api);
void api_queue(struct net_api_call *c, uint64_t wait_ms);
/* The server answered as it should; its limits may still ask for less haste. */
void api_heard(struct net_api *a, const struct head *h);
/* It asks for a pause (429), or it is down. Both say how long from now. */
void api_limited(struct net_api *a, uint64_t wait_ms, const struct err *why);
void api_down(struct net_api *a, uint64_t wait_ms, const struct err *why);
uint64_t api_backoff_ms(const struct net_api *a, unsigned n);

/* ---- api_run.c: one attempt --------------------------------------------------------------------------------------------------- */
void api_run(struct net_api_call *c);

/* ---- api_answer.c: what an answer means ------------------------------------------------------------------------------------ */
void api_judge(struct net_api_call *c, const struct err *broke);
/* Takes a further page as it was kept, see rest_s; false: it has to be asked for. */
bool api_take_kept(struct net_api_call *c);
/* The answer is good and its body follows: true when it may be given in pieces. */
bool api_is_good(const struct net_api_call *c);
void api_fail_with(struct net_api_call *c, const struct err *e); /* ends it, its answer given beside the error */
void api_answer(const struct net_api_call *c, struct net_answer *ret);
int api_check_type(const struct net_api_call *c, struct err *reterr);

/* ---- api_renew.c: a token that is refused --------------------------------------------------------------------------------------- */
bool api_waits_for_token(struct net_api_call *c); /* true: it has been refused, and is seen to */

/* ---- api_words.c --------------------------------------------------------------------------------------------------------------- */
/* What an error status says, where, and what next. */
int api_status_error(const struct net_api_call *c, struct err *reterr);
int api_redirect_error(const struct net_api_call *c, const char *location, struct err *reterr);
/* "8 s", "25 min" */
const char *api_wait_words(uint64_t ms, char room[32]);

/* ---- api_memo.c ------------------------------------------------------------------------------------------------------------------ */
struct api_lru *api_lru_new(void);
void api_lru_free(struct api_lru *m);
struct net_memo api_lru_memo(struct api_lru *m);
#endif
