/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS against a real server (python3's), with a certificate that only this test trusts. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "tests.h"

#define CERT TEST_SRCDIR "/unit/net/tls-cert.pem"

struct tls { struct seen s; struct loop_child *child; char url[64]; };

static void ended(void *ctx, int status, int signo)
{
	*(struct loop_child **)ctx = NULL;
}

static void tls_start(struct tls *t)
{
	int fd[2];
	char port[16] = "";
	struct err err = { 0 };
	seen_new(&t->s);
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	struct loop_child_spec spec = { .argv = (const char *[]){ "python3", TEST_SRCDIR "/unit/net/tls_server.py", NULL },
	                                .stdin_fd = -1, .stdout_fd = fd[1], .stderr_fd = LOOP_CHILD_INHERIT };
	t->child = loop_child_spawn(t->s.loop, &spec, ended, &t->child, &err);
	if (!t->child)
		fail_msg("%s (%s)", err.text, err.hint);
	close(fd[1]);
	for (size_t n = 0; !strchr(port, '\n'); n++)
		assert_true(n < sizeof port - 1 && read(fd[0], port + n, 1) == 1);
	port[strcspn(port, "\n")] = '\0';
	close(fd[0]);
	snprintf(t->url, sizeof t->url, "https://127.0.0.1:%s", port);
}

static void tls_end(struct tls *t)
{
	assert_non_null(t->child);
	kill(loop_child_pid(t->child), SIGKILL);
	loop_child_forget(t->child);
	seen_free(&t->s);
}

void tls_trust(void **state)
{
	static const struct { const char *ca; bool insecure; enum err_code code; } rows[] = {
		{ CERT, false, 0 }, { NULL, true, 0 }, { NULL, false, ERR_TLS }, { "/no/such/file.pem", false, ERR_TLS },
	};
	struct tls t;
	tls_start(&t);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct net_request q = { .peer = { .base_url = t.url, .ca_file = rows[i].ca, .tls_insecure = rows[i].insecure },
		                         .method = "GET", .path = "/hello" };
		net_fetch(t.s.net, &q, seen_whole, &t.s);
		turn_until(t.s.loop, &t.s.ended);
		assert_int_equal(t.s.err.code, rows[i].code);
		assert_string_equal(buf_str(&t.s.data), rows[i].code ? "" : "hello");
		seen_again(&t.s);
	}
	tls_end(&t);
}

void tls_hijack(void **state)
{
	struct tls t;
	tls_start(&t);
	struct net_request q = { .peer = { .base_url = t.url, .ca_file = CERT }, .method = "POST", .path = "/stream" };
	t.s.duplex = net_hijack(t.s.net, &q, &seen_events, &t.s);
	bool all = false;
	net_duplex_write(t.s.duplex, SV("and back"));
	for (int i = 0; i < 100000 && !all && !t.s.ended; i++) { /* nothing may stay in TLS's own buffer */
		loop_turn(t.s.loop, true);
		all = t.s.data.len == (1 << 20) + 8;
	}
	assert_true(all);
	assert_string_equal(buf_str(&t.s.data) + (1 << 20), "and back");
	net_duplex_close_write(t.s.duplex);     /* no half of a TLS connection: it ends */
	turn_until(t.s.loop, &t.s.ended);
	assert_int_equal(t.s.err.code, 0);
	net_duplex_close(t.s.duplex);
	tls_end(&t);
}
