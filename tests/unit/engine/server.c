/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a broken, foreign, old or silent engine does to a caller: a server of ours in the same loop says anything. */
#include "engine_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "berth/engine.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
struct route { const char *path, *answer; };            /* answer NULL: never answers; the last route's path is "" */
struct server { struct loop *loop; struct loop_fd *watch; int fd; char path[64]; const struct route *routes; struct client *clients; size_t flood; };
struct client { struct server *s; struct loop_fd *watch; int fd; struct buf in; struct client *next; const char *left; size_t flood; };

static const struct route *route_for(const struct server *s, const char *request)
{
	const struct route *r = s->routes;

	while (*r->path && !strstr(request, r->path))
		r++;
	return r;
}

static void client_ready(void *ctx, unsigned events)
{
	static char blanks[65536];
	struct client *c = ctx;
	char room[4096];

	if (events & LOOP_READ) {
		ssize_t n = read(c->fd, room, sizeof room);
		if (n > 0)
			buf_add(&c->in, room, (size_t)n);
		if (n == 0) {
			loop_fd_change(c->watch, 0);
			return;
		}
	}
	if (!c->left && strstr(buf_str(&c->in), "\r\n\r\n")) {
		c->left = route_for(c->s, buf_str(&c->in))->answer;
		c->flood = c->left && strstr(c->left, "X-Flood") ? c->s->flood : 0;
		loop_fd_change(c->watch, c->left ? LOOP_WRITE : 0);
		return;
	}
	if (!(events & LOOP_WRITE) || !c->left)
		return;
	memset(blanks, ' ', sizeof blanks);
	ssize_t n = *c->left ? write(c->fd, c->left, strlen(c->left)) : send(c->fd, blanks, MIN_OF(sizeof blanks, c->flood), MSG_NOSIGNAL);
	if (*c->left)
		c->left += n > 0 ? n : 0;
	else
		c->flood -= n > 0 ? (size_t)n : c->flood;
	if (!*c->left && !c->flood) {
		shutdown(c->fd, SHUT_RDWR);
		loop_fd_change(c->watch, 0);
	}
}

static void server_accept(void *ctx, unsigned events)
{
	struct server *s = ctx;
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	struct client *c = xcalloc(1, sizeof *c);
	*c = (struct client){ .s = s, .fd = fd, .next = s->clients };
	c->watch = loop_fd_watch(s->loop, fd, LOOP_READ, client_ready, c);
	s->clients = c;
}

static void server_start(struct server *s, struct loop *l, const struct route *routes)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	*s = (struct server){ .loop = l, .routes = routes };
	snprintf(s->path, sizeof s->path, "/tmp/berth-engine-%d.sock", (int)getpid());
	unlink(s->path);
	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", s->path);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sun, sizeof sun), 0);
	assert_int_equal(listen(s->fd, 16), 0);
	s->watch = loop_fd_watch(l, s->fd, LOOP_READ, server_accept, s);
}

static void server_stop(struct server *s)
{
	for (struct client *c = s->clients, *next; c; c = next) {
		next = c->next;
		loop_fd_unwatch(c->watch);
		close(c->fd);
		buf_fini(&c->in);
		free(c);
	}
	loop_fd_unwatch(s->watch);
	close(s->fd);
	unlink(s->path);
}

struct seen { unsigned ends, items; struct err err; };

static void keep_end(void *ctx, const struct err *err)
{
	struct seen *s = ctx;

	s->ends++;
	if (err)
		s->err = *err;
}

static void keep_event(void *ctx, const struct engine_event *ev) { ((struct seen *)ctx)->items++; }
static void keep_container(void *ctx, const struct engine_container *c) { ((struct seen *)ctx)->items++; }
static void keep_piece(void *ctx, int stream, struct sv bytes) { ((struct seen *)ctx)->items++; }
static void tick(void *ctx) { }

enum what { PING, LIST, EVENTS, LOGS };

static void ask(const struct route *routes, enum what what, size_t flood, unsigned patience_ms, struct seen *s)
{
	struct loop *l = loop_new();
	struct net *n = net_new(l);
	struct server server;

	server_start(&server, l, routes);
	server.flood = flood;
	AUTO_STR host = xasprintf("unix://%s", server.path);
	struct engine *e = engine_docker_new(l, n, &(struct engine_config){ .name = "odd", .host = host });
	*s = (struct seen){ 0 };
	switch (what) {
	case PING: engine_ping(e, NULL, keep_end, s); break;
	case LIST: engine_containers(e, NULL, keep_container, keep_end, s); break;
	case EVENTS: engine_events(e, NULL, 0, keep_event, keep_end, s); break;
	case LOGS: engine_logs(e, &(struct engine_logs_query){ .container = "c" }, keep_piece, keep_end, s); break;
	}
	struct loop_timer *t = loop_timer_start(l, 3, 3, tick, NULL);
	for (uint64_t until = loop_now_ms(l) + patience_ms; !s->ends && loop_now_ms(l) < until;)
		loop_turn(l, true);
	loop_timer_stop(t);
	engine_free(e);
	net_free(n);
	server_stop(&server);
	loop_free(l);
	assert_int_equal(s->ends, 1);
}

#define PING_OK { "/_ping", OK_HEAD "Content-Length: 2\r\n\r\nOK" }
#define CLOSED "Connection: close\r\n\r\n"
#define VERSION(max, min) { "/version", OK_HEAD CLOSED "{\"Version\":\"99.9\",\"ApiVersion\":\"" max "\",\"MinAPIVersion\":\"" min "\",\"Os\":\"linux\"}" }
#define GOOD PING_OK, VERSION("1.43", "1.12"), { "/info", OK_HEAD CLOSED "{\"NCPU\":1}" }
#define NOTHING { "", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" }

static void test_odd_engines(void **state)
{
	static const struct { const char *name; struct route routes[6]; enum what what; enum err_code code; const char *words; unsigned items; } rows[] = {
		{ "well", { GOOD, NOTHING }, PING, ERR_NONE, "", 0 },
		{ "too old", { PING_OK, VERSION("1.38", "1.12"), NOTHING }, PING, ERR_UNSUPPORTED, "1.38, berth needs 1.41", 0 },
		{ "too new", { PING_OK, VERSION("1.99", "1.60"), NOTHING }, PING, ERR_UNSUPPORTED, "from 1.60 on, berth 1.41 to 1.47", 0 },
		{ "garbage", { PING_OK, { "/version", OK_HEAD CLOSED "nonsense" }, NOTHING }, PING, ERR_DECODE, "no container engine", 0 },
		{ "another server", { { "", OK_HEAD "Content-Length: 2\r\n\r\n{}" } }, PING, ERR_DECODE, "names no API version", 0 },
		{ "a web page", { { "", "HTTP/1.1 404 x\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>" } }, PING, ERR_HTTP, "web page", 0 },
		{ "plain text", { GOOD, { "/containers/json", "HTTP/1.1 500 x\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\noh dear" }, NOTHING }, LIST, ERR_HTTP, "oh dear", 0 },
		{ "bad list", { GOOD, { "/containers/json", OK_HEAD CLOSED "[{" }, NOTHING }, LIST, ERR_DECODE, "", 0 },
		{ "foreign list", { GOOD, { "/containers/json", OK_HEAD CLOSED "[3,null,{}]" }, NOTHING }, LIST, ERR_NONE, "", 3 },
		{ "cut answer", { GOOD, { "/containers/json", OK_HEAD "Content-Length: 100\r\n\r\n[{}" }, NOTHING }, LIST, ERR_NET, "", 0 },
		{ "dies mid-stream", { GOOD, { "/events", OK_HEAD "Transfer-Encoding: chunked\r\n\r\nb\r\n{\"time\":5}\n\r\n" }, NOTHING }, EVENTS, ERR_NET, "", 1 },
		{ "ends its events", { GOOD, { "/events", OK_HEAD CLOSED "{\"time\":5}\n{\"time\":6}\n" }, NOTHING }, EVENTS, ERR_NET, "ended its stream", 2 },
		{ "garbage events", { GOOD, { "/events", OK_HEAD CLOSED "{\"time\":5}\nnonsense\n" }, NOTHING }, EVENTS, ERR_DECODE, "nonsense", 1 },
		{ "an error within", { GOOD, { "/events", OK_HEAD CLOSED "{\"errorDetail\":{\"message\":\"no space left on device\"}}\n" }, NOTHING }, EVENTS, ERR_NO_SPACE, "", 0 },
		{ "no frames", { GOOD, { "/c/json", OK_HEAD CLOSED "{}" }, { "/c/logs", OK_HEAD CLOSED "plain log text" }, NOTHING }, LOGS, ERR_DECODE, "frame", 0 },
		{ "no HTTP", { { "", "SSH-2.0-OpenSSH_9\r\n" } }, PING, ERR_DECODE, "", 0 },
		{ "closes at once", { { "", "" } }, PING, ERR_NET, "", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen s;
		ask(rows[i].routes, rows[i].what, 0, 9000, &s);
		if (s.err.code != rows[i].code || !strstr(s.err.text, rows[i].words) || s.items != rows[i].items)
			fail_msg("%s: %s '%s', %u items", rows[i].name, err_code_name(s.err.code), s.err.text, s.items);
		if (s.err.code == ERR_UNSUPPORTED)
			assert_true(s.err.hint[0] != '\0');
	}
}

static void test_a_hundred_megabytes(void **state)
{
	static const struct route routes[] = { GOOD, { "/events", OK_HEAD "X-Flood: yes\r\n" CLOSED }, NOTHING };
	struct seen s;

	ask(routes, EVENTS, (size_t)100 << 20, 9000, &s);
	assert_int_equal(s.err.code, ERR_TOO_BIG);
}

/* The call is there, nothing blocks, and it can be given up at any time. */
static void test_silence(void **state)
{
	static const struct route never[] = { { "", NULL } }, later[] = { GOOD, { "", NULL } };
	struct seen s;

	ask(never, PING, 0, 200, &s);
	assert_int_equal(s.err.code, ERR_CANCELLED);
	ask(later, LIST, 0, 200, &s);
	assert_int_equal(s.err.code, ERR_CANCELLED);
}

const struct CMUnitTest server_tests[] = {
	cmocka_unit_test(test_odd_engines), cmocka_unit_test(test_a_hundred_megabytes), cmocka_unit_test(test_silence),
};
const size_t n_server_tests = ARRAY_LEN(server_tests);
