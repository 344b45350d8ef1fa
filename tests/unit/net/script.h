/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NET_TEST_SCRIPT_H
#define NET_TEST_SCRIPT_H
/* A server that answers by a script, and a client of it. Each turn is used once: the first left whose `asked` begins the request. */
#include "berth/net_api.h"
#include "tests.h"

enum { SCRIPT_ASKED_MAX = 64 };
struct turn { const char *asked, *answer; }; /* asked: "GET /x", "" any; answer NULL: closes */
struct script {
	struct server srv;
	const struct turn *turns;
	size_t n_turns;
	bool used[SCRIPT_ASKED_MAX];
	char *asked[SCRIPT_ASKED_MAX];          /* whole requests, in order */
	size_t n_asked;
	unsigned n_now, n_most;                 /* requests that are being answered; the most at once */
	unsigned delay_ms;
};
/* Only one script at a time. */
void script_start(struct script *s, const struct turn *turns, size_t n);
void script_stop(struct script *s);
#define SCRIPT(s, ...) \
	do { \
		static const struct turn turns_[] = { __VA_ARGS__ }; \
		script_start((s), turns_, sizeof turns_ / sizeof turns_[0]); \
	} while (0)
#define JSON_ANSWER(status, more, body) "HTTP/1.1 " status "\r\nContent-Type: application/json\r\n" more "\r\n" body

/* What a test has seen of one call of a client, and the client. */
struct api_seen {
	struct loop *loop;
	struct net *net;
	struct net_api *api;
	struct net_api_call *call;
	struct err err;
	int status, n_ends, n_heads, n_pages;
	bool ended, answered, unchanged, complete;
	struct buf data, moved;
	long per_page;                          /* what on_page returns; the items are counted by their commas when 0 */
	void (*act)(struct api_seen *s, const char *where);
	enum net_api_mood moods[16];
	size_t n_moods;
};
void api_seen_new(struct api_seen *s, const struct script *script, const struct net_api_config *config);
void api_seen_free(struct api_seen *s);
void api_seen_again(struct api_seen *s);        /* loop, net and client stay */
extern const struct net_page_events api_seen_pages;
extern const struct net_piece_events api_seen_pieces;
void api_seen_end(void *ctx, const struct net_answer *a, const struct err *err);
/* One request to its end. */
void api_ask(struct api_seen *s, const struct net_api_request *q);
void api_get(struct api_seen *s, const char *path);
#endif
