/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "script.h"

#include <sys/socket.h>
#include <time.h>

static struct script *current;

/* A whole request, or NULL when the client has gone. */
static char *hear(int fd)
{
	struct buf b = BUF_INIT;
	char c;
	size_t want = 0;
	for (;;) {
		const char *end = strstr(buf_str(&b), "\r\n\r\n");
		const char *length = strcasestr(buf_str(&b), "\r\ncontent-length:");
		want = length ? strtoul(length + 17, NULL, 10) : 0;
		if (end && b.len >= (size_t)(end + 4 - b.p) + want)
			return buf_take(&b);
		if (recv(fd, &c, 1, 0) != 1) {
			buf_fini(&b);
			return NULL;
		}
		buf_add_char(&b, c);
	}
}

static const struct turn *pick(struct script *s, char *asked)
{
	static const struct turn none = { "", "HTTP/1.1 418 Not in the script\r\nContent-Length: 0\r\n\r\n" };
	const struct turn *found = &none;
	pthread_mutex_lock(&s->srv.lock);
	for (size_t i = 0; i < s->n_turns && found == &none; i++)
		if (!s->used[i] && !strncmp(asked, s->turns[i].asked, strlen(s->turns[i].asked))) {
			s->used[i] = true;
			found = &s->turns[i];
		}
	if (s->n_asked == SCRIPT_ASKED_MAX)
		abort();
	s->asked[s->n_asked++] = asked;
	s->n_now++;
	s->n_most = s->n_now > s->n_most ? s->n_now : s->n_most;
	pthread_mutex_unlock(&s->srv.lock);
	return found;
}

static void serve(struct server *srv, int fd)
{
	struct script *s = current;
	for (char *asked; (asked = hear(fd)); ) {
		const struct turn *t = pick(s, asked);
		struct timespec delay = { 0, (long)s->delay_ms * 1000000 };
		nanosleep(&delay, NULL);
		pthread_mutex_lock(&srv->lock);
		s->n_now--;
		pthread_mutex_unlock(&srv->lock);
		if (!t->answer || !server_say(fd, t->answer, strlen(t->answer)))
			return;
		if (!strcasestr(t->answer, "\r\ncontent-length:"))
			return;
	}
}

void script_start(struct script *s, const struct turn *turns, size_t n)
{
	memset(s, 0, sizeof *s);
	s->turns = turns;
	s->n_turns = n;
	assert_true(n <= SCRIPT_ASKED_MAX);
	current = s;
	server_start(&s->srv, true, serve);
}

void script_stop(struct script *s)
{
	server_stop(&s->srv);
	for (size_t i = 0; i < s->n_asked; i++)
		free(s->asked[i]);
}

/* ---- the client ----------------------------------------------------------------------------------------------------------- */
static void on_state(void *ctx, const struct net_api_state *state)
{
	struct api_seen *s = ctx;
	if (s->n_moods < ARRAY_LEN(s->moods))
		s->moods[s->n_moods++] = state->mood;
}

void api_seen_new(struct api_seen *s, const struct script *script, const struct net_api_config *config)
{
	struct net_api_config c = config ? *config : (struct net_api_config){ 0 };
	memset(s, 0, sizeof *s);
	s->loop = loop_new();
	s->net = net_new(s->loop);
	if (!c.peer.base_url)
		c.peer.base_url = script->srv.url;
	if (!c.peer.proxy)
		c.peer.proxy = "";
	if (!c.backoff_ms)
		c.backoff_ms = 5;
	c.on_state = on_state;
	c.ctx = s;
	s->api = net_api_new(s->loop, s->net, &c);
}

static void forget(struct api_seen *s)
{
	buf_fini(&s->data);
	buf_fini(&s->moved);
}

void api_seen_again(struct api_seen *s)
{
	struct api_seen kept = { .loop = s->loop, .net = s->net, .api = s->api };
	forget(s);
	*s = kept;
}

void api_seen_free(struct api_seen *s)
{
	net_api_free(s->api);
	net_free(s->net);
	loop_free(s->loop);
	forget(s);
}

static void see(struct api_seen *s, const struct net_answer *a)
{
	s->answered = true;
	s->status = a->response.status;
	s->unchanged = a->unchanged;
	buf_add_sv(&s->data, a->response.body);
	buf_add_str(&s->moved, a->moved_to);
}

static void act(struct api_seen *s, const char *where)
{
	if (s->act)
		s->act(s, where);
}

void api_seen_end(void *ctx, const struct net_answer *a, const struct err *err)
{
	struct api_seen *s = ctx;
	assert_int_equal(s->n_ends++, 0);
	s->ended = true;
	s->call = NULL;
	assert_true(a || err);
	if (a)
		see(s, a);
	if (err)
		s->err = *err;
	act(s, "end");
}

static long on_page(void *ctx, const struct net_answer *a)
{
	struct api_seen *s = ctx;
	long n = a->response.body.len > 2;
	s->n_pages++;
	see(s, a);
	for (size_t i = 0; i < a->response.body.len; i++)
		n += a->response.body.p[i] == ',';
	act(s, "page");
	return s->per_page ? s->per_page : n;
}

static void on_pages_end(void *ctx, bool complete, const struct err *err)
{
	struct api_seen *s = ctx;
	assert_int_equal(s->n_ends++, 0);
	assert_false(complete && err);
	s->ended = true;
	s->complete = complete;
	s->call = NULL;
	if (err)
		s->err = *err;
	act(s, "end");
}
const struct net_page_events api_seen_pages = { on_page, on_pages_end };

static void on_head(void *ctx, const struct net_answer *a)
{
	struct api_seen *s = ctx;
	assert_int_equal(s->n_heads++, 0);
	see(s, a);
	act(s, "head");
}

static void on_data(void *ctx, struct sv bytes)
{
	struct api_seen *s = ctx;
	assert_int_equal(s->n_heads, 1);
	buf_add_sv(&s->data, bytes);
	act(s, "data");
}

static void on_pieces_end(void *ctx, const struct err *err)
{
	on_pages_end(ctx, false, err);
}
const struct net_piece_events api_seen_pieces = { on_head, on_data, on_pieces_end };

void api_ask(struct api_seen *s, const struct net_api_request *q)
{
	s->call = net_api_fetch(s->api, q, api_seen_end, s);
	assert_int_equal(s->n_ends, 0);
	turn_until(s->loop, &s->ended);
}

void api_get(struct api_seen *s, const char *path)
{
	struct net_api_request q = { .path = path };
	api_ask(s, &q);
}
