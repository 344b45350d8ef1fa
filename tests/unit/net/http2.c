/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP/2 against a real server (nghttpd): many requests share one connection, and a stream that is paused holds no other up. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
#include "berth/mem.h"
#include "berth/path.h"
#include "script.h"

#define CERT TEST_SRCDIR "/unit/net/tls-cert.pem"
#define KEY TEST_SRCDIR "/unit/net/tls-key.pem"
enum { BIG = 2 << 20 };

struct h2 { struct api_seen s; struct loop_child *child; char dir[64], *url, *log; };

static void ended(void *ctx, int status, int signo)
{
	struct h2 *t = ctx;
	t->child = NULL;
}

static bool listens(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good = !connect(fd, (struct sockaddr *)&a, sizeof a);
	close(fd);
	return good;
}

static void make_files(struct h2 *t)
{
	struct buf big = BUF_INIT;
	AUTO_STR small_path = path_join(t->dir, "small");
	AUTO_STR big_path = path_join(t->dir, "big");
	while (big.len < BIG)
		buf_addf(&big, "%zu\n", big.len);
	assert_int_equal(file_write_atomic(small_path, SV("small"), NULL), 0);
	assert_int_equal(file_write_atomic(big_path, buf_sv(&big), NULL), 0);
	buf_fini(&big);
}

static void h2_start(struct h2 *t)
{
	struct err err = { 0 };
	uint16_t port = net_free_port();
	snprintf(t->dir, sizeof t->dir, "/tmp/berth-h2-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	make_files(t);
	t->log = path_join(t->dir, "log");
	t->url = xasprintf("https://127.0.0.1:%u", port);
	AUTO_STR number = xasprintf("%u", port);
	int fd = open(t->log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct loop_child_spec spec = { .argv = (const char *[]){ "nghttpd", "-v", "--address=127.0.0.1", "-d", t->dir, number, KEY, CERT, NULL },
	                                .stdin_fd = -1, .stdout_fd = fd, .stderr_fd = LOOP_CHILD_INHERIT };
	api_seen_new(&t->s, NULL, &(struct net_api_config){ .peer = { .base_url = t->url, .ca_file = CERT } });
	t->child = loop_child_spawn(t->s.loop, &spec, ended, t, &err);
	close(fd);
	if (!t->child)
		fail_msg("%s (%s)", err.text, err.hint);
	uint64_t until = loop_now_ms(t->s.loop) + 8000;
	while (!listens(port) && t->child && loop_now_ms(t->s.loop) < until)
		loop_turn(t->s.loop, false);
	assert_true(t->child && listens(port));
}

static void h2_end(struct h2 *t)
{
	assert_non_null(t->child);
	kill(loop_child_pid(t->child), SIGKILL);
	loop_child_forget(t->child);
	api_seen_free(&t->s);
	assert_int_equal(path_remove_tree(t->dir, NULL), 0);
	free(t->url);
	free(t->log);
}

/* "[id=3] [  0.123] recv (stream_id=1) :path: /small": the connections that carried a request. */
static size_t n_connections(const struct h2 *t, size_t *ret_requests)
{
	AUTO(buf_fini) struct buf text = BUF_INIT;
	char ids[64][16];
	size_t n = 0;
	assert_int_equal(file_read(t->log, 16 << 20, &text, NULL), 0);
	struct sv rest = buf_sv(&text), line;
	*ret_requests = 0;
	while (sv_split(&rest, '\n', &line)) {
		AUTO_STR s = sv_dup(line);
		const char *id = strstr(s, "[id=");
		if (!id || !strstr(s, ":path: /"))
			continue;
		++*ret_requests;
		size_t len = MIN_OF(strcspn(id, "]"), sizeof ids[0] - 1), i = 0;
		while (i < n && strncmp(ids[i], id, len))
			i++;
		if (i == n && n < ARRAY_LEN(ids)) {
			memset(ids[n], 0, sizeof ids[n]);
			memcpy(ids[n++], id, len);
		}
	}
	return n;
}

void http2_shares_one_connection(void **state)
{
	enum { N = 6 };
	struct h2 t = { 0 };
	struct api_seen each[N] = { 0 };
	size_t n_requests;
	h2_start(&t);
	for (size_t i = 0; i < N; i++)
		net_api_fetch(t.s.api, &(struct net_api_request){ .path = "/small", .any_type = true }, api_seen_end, &each[i]);
	for (size_t i = 0; i < N; i++) {
		turn_until(t.s.loop, &each[i].ended);
		if (each[i].err.code)
			fail_msg("%s", each[i].err.text);
		assert_string_equal(buf_str(&each[i].data), "small");
		buf_fini(&each[i].data);
		buf_fini(&each[i].moved);
	}
	assert_int_equal(n_connections(&t, &n_requests), 1);
	assert_int_equal(n_requests, N);
	h2_end(&t);
}

static void pause_at_once(struct api_seen *s, const char *where)
{
	if (!strcmp(where, "data") && s->n_pages++ == 0)
		net_api_pause(s->call, true);
}

void http2_pauses_one_stream_only(void **state)
{
	struct h2 t = { 0 };
	struct api_seen paused = { 0 };
	h2_start(&t);
	paused.act = pause_at_once;
	paused.call = net_api_open(t.s.api, &(struct net_api_request){ .path = "/big", .any_type = true }, &api_seen_pieces, &paused);
	for (int i = 0; i < 1000 && !paused.n_pages; i++)
		loop_turn(t.s.loop, true);
	size_t had = paused.data.len;
	assert_in_range(had, 1, BIG / 2);
	api_ask(&t.s, &(struct net_api_request){ .path = "/small", .any_type = true });
	assert_string_equal(buf_str(&t.s.data), "small");
	assert_int_equal(paused.data.len, had);
	net_api_pause(paused.call, false);
	turn_until(t.s.loop, &paused.ended);
	assert_int_equal(paused.err.code, 0);
	assert_true(paused.data.len >= BIG);
	buf_fini(&paused.data);
	buf_fini(&paused.moved);
	h2_end(&t);
}
