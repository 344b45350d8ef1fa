/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

void turn_until(struct loop *l, const bool *flag)
{
	uint64_t end = loop_now_ms(l) + 8000;
	while (!*flag && loop_now_ms(l) < end)
		loop_turn(l, /* wait= */ true);
	assert_true(*flag);
}

struct net_request request_to(const struct server *srv, const char *method, const char *path)
{
	bool tcp = strchr(srv->url + 5, ':') != NULL;
	return (struct net_request){ .peer = { .base_url = srv->url, .unix_socket = tcp ? NULL : srv->path }, .method = method, .path = path };
}

void seen_new(struct seen *s)
{
	memset(s, 0, sizeof *s);
	s->loop = loop_new();
	s->net = net_new(s->loop);
}

void seen_again(struct seen *s)
{
	struct loop *loop = s->loop;
	struct net *net = s->net;
	buf_fini(&s->data);
	buf_fini(&s->type);
	buf_fini(&s->header);
	memset(s, 0, sizeof *s);
	s->loop = loop;
	s->net = net;
}

void seen_free(struct seen *s)
{
	net_free(s->net);
	s->net = NULL;
	loop_free(s->loop);
	seen_again(s);
}

void seen_act(struct seen *s, const char *where)
{
	assert_false(s->in_call); /* no callback within the call that starts it */
	assert_int_equal(s->n_ends, !strcmp(where, "end"));
	if (s->act && !strcmp(s->act_at, where))
		s->act(s, where);
}

static void see_head(struct seen *s, const struct net_response *r)
{
	s->status = r->status;
	buf_add_str(&s->type, r->content_type);
	buf_add_str(&s->header, net_header_get(r, "x-test"));
}

static void on_head(void *ctx, const struct net_response *r)
{
	struct seen *s = ctx;
	assert_int_equal(s->n_heads++, 0);
	see_head(s, r);
	seen_act(s, "head");
}

static void on_data(void *ctx, struct sv bytes)
{
	struct seen *s = ctx;
	assert_int_equal(s->n_heads, 1);
	assert_true(bytes.len > 0);
	s->n_datas++;
	buf_add_sv(&s->data, bytes);
	seen_act(s, "data");
}

static void on_end(void *ctx, const struct err *err)
{
	struct seen *s = ctx;
	s->n_ends++;
	s->ended = true;
	s->call = NULL;
	if (err)
		s->err = *err;
	seen_act(s, "end");
}
const struct net_stream_events seen_events = { on_head, on_data, on_end };

void seen_whole(void *ctx, const struct net_response *r, const struct err *err)
{
	struct seen *s = ctx;
	assert_true(!r == !!err);
	if (r) {
		see_head(s, r);
		buf_add_sv(&s->data, r->body);
	}
	on_end(ctx, err);
}

long seen_body_read(void *ctx, char *p, size_t room)
{
	struct seen *s = ctx;
	assert_int_equal(s->n_body_done, 0);
	seen_act(s, "body");
	if (s->waits) {
		s->waits--;
		return NET_BODY_WAIT;
	}
	size_t n = MIN_OF(MIN_OF(s->piece, room), s->body.len - s->body_at);
	memcpy(p, s->body.p + s->body_at, n);
	s->body_at += n;
	return (long)n;
}

void seen_body_done(void *ctx)
{
	struct seen *s = ctx;
	s->n_body_done++;
}

int main(void)
{
#define LIST(name) cmocka_unit_test(name),
	const struct CMUnitTest tests[] = { HEAD_TESTS(LIST) FETCH_TESTS(LIST) STREAM_TESTS(LIST) DUPLEX_TESTS(LIST) TLS_TESTS(LIST)
		API_TESTS(LIST) API_BAD_TESTS(LIST) API_ORDER_TESTS(LIST)
		RECORD_TESTS(LIST) HTTP2_TESTS(LIST) };
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("ALL_PROXY");
	unsetenv("all_proxy");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
