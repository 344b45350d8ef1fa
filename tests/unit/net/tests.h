/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NET_TESTS_H
#define NET_TESTS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "berth/net.h"
#include "server.h"

/* What a test has seen of one call; the callbacks fill it. */
struct seen {
	struct loop *loop;
	struct net *net;
	struct net_call *call;
	struct net_duplex *duplex;
	struct err err;
	int status, n_heads, n_datas, n_ends, n_body_done;
	struct buf data, type, header;          /* header: X-Test */
	bool ended, in_call;
	/* What the test does in a callback: cancel, free the net, pause; called with "head", "data", "end", "body". */
	void (*act)(struct seen *s, const char *where);
	const char *act_at;
	struct sv body;                         /* a pulled body, by pieces */
	size_t body_at, piece;
	int waits;
};
extern const struct net_stream_events seen_events;
void seen_whole(void *ctx, const struct net_response *r, const struct err *err);
long seen_body_read(void *ctx, char *p, size_t room);
void seen_body_done(void *ctx);
void seen_new(struct seen *s);
void seen_free(struct seen *s);
void seen_again(struct seen *s);                /* forgets what was seen; loop and net stay */
void seen_act(struct seen *s, const char *where);
void turn_until(struct loop *l, const bool *flag);
struct net_request request_to(const struct server *srv, const char *method, const char *path);

#define HEAD_TESTS(X) X(head_parses) X(head_refuses) X(head_by_any_pieces) X(body_decodes) X(body_refuses) X(failures_are_worded) X(tls_failures_and_phases_are_worded)
#define FETCH_TESTS(X) X(fetch_over_unix) X(fetch_over_tcp) X(fetch_sends_a_body) X(fetch_methods) X(fetch_error_status) \
	X(fetch_bad_servers) X(fetch_body_over_cap) X(fetch_silent_server) X(fetch_total_timeout) X(fetch_no_listener) \
	X(fetch_tls_to_plain) X(fetch_refused_requests) X(fetch_many_at_once) X(fetch_cancel) X(fetch_cancelled_by_net_free) X(free_port)
#define STREAM_TESTS(X) X(stream_slow_body) X(stream_cut) X(stream_pause_pushes_back) X(stream_acts_in_callbacks) \
	X(stream_pulled_body) X(stream_pulled_body_fails) X(stream_early_answer_to_body) X(stream_idle_timeout) \
	X(stream_paused_is_not_idle) X(stream_firehose_leaves_turns)
#define DUPLEX_TESTS(X) X(hijack_both_ways) X(hijack_over_tcp_200) X(hijack_large_echo) X(hijack_refused) X(hijack_bad_servers) \
	X(hijack_silent_server) X(hijack_no_listener) X(hijack_pause) X(hijack_acts_in_callbacks) X(hijack_queue_cap) \
	X(hijack_beside_fetches)
#define TLS_TESTS(X) X(tls_trust) X(tls_hijack)
#define API_TESTS(X) X(api_whole_answer) X(api_revalidates) X(api_pages_by_link) X(api_pages_end_at_a_short_one) X(api_pages_whose_first_is_unchanged) X(api_pieces)
#define API_BAD_TESTS(X) X(api_statuses_are_worded) X(api_wants_a_token) X(api_asks_for_another_token) X(api_says_that_there_is_no_other_token) X(api_web_pages_are_no_data) X(api_repeats_what_may_be_repeated) \
	X(api_gives_up_in_the_end) X(api_limits_are_heeded) X(api_slows_down_before_the_limit) X(api_down_fails_fast_and_recovers) \
	X(api_nobody_listens) X(api_silence) X(api_follows_at_the_same_server) X(api_takes_the_token_nowhere_else) X(api_goes_through_a_proxy) \
	X(api_does_not_go_round_for_ever) X(api_bombs_are_too_big) X(api_long_errors_are_read_so_far)
#define API_ORDER_TESTS(X) X(api_what_is_on_screen_goes_first) X(api_nobody_waits_for_ever) X(api_runs_so_many_at_once) \
	X(api_pages_can_be_held) X(api_pages_can_be_stopped) X(api_pages_that_do_not_end) X(api_pages_revalidate) X(api_acts_in_callbacks) \
	X(api_free_cancels_all) X(api_uses_the_memo_it_is_given)
#define RECORD_TESTS(X) X(secrets_are_scrubbed) X(exchanges_are_recorded_and_replayed) X(replay_refuses)
#define HTTP2_TESTS(X) X(http2_shares_one_connection) X(http2_pauses_one_stream_only)
#define DECLARE(name) void name(void **state);
HEAD_TESTS(DECLARE) FETCH_TESTS(DECLARE) STREAM_TESTS(DECLARE) DUPLEX_TESTS(DECLARE) TLS_TESTS(DECLARE) API_TESTS(DECLARE) API_BAD_TESTS(DECLARE) API_ORDER_TESTS(DECLARE)
RECORD_TESTS(DECLARE) HTTP2_TESTS(DECLARE)
#undef DECLARE
#endif
