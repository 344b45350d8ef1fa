/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of the whole, and the pump that tells owners what curl has brought. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/tape.h"

struct net *net_new(struct loop *loop)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		BUG("curl can't be initialised");
	struct net *n = xcalloc(1, sizeof *n);
	n->loop = loop;
	n->mux = mux_new(loop, call_finished);
	return n;
}

static void pump(void *ctx)
{
	struct net *n = ctx;
	n->pump_asked = false;
	net_enter(n);
	calls_pump(n);
	net_leave(n);
}

void net_ask_pump(struct net *n)
{
	if (n->pump_asked || n->freed)
		return;
	n->pump_asked = true;
	loop_defer(n->loop, pump, n);
}

void net_enter(struct net *n)
{
	n->depth++;
}

void net_leave(struct net *n)
{
	if (--n->depth)
		return;
	calls_sweep(n);
	duplexes_sweep(n);
	if (!n->freed)
		return;
	mux_free(n->mux);
	replay_free(n->replay);
	free(n->record_dir);
	free(n);
	curl_global_cleanup();
}

void net_free(struct net *n)
{
	if (!n || n->freed)
		return;
	n->freed = true;
	loop_defer_cancel(n->loop, pump, n);
	net_enter(n);
	calls_cancel_all(n);
	duplexes_cancel_all(n);
	net_leave(n);                           /* the last one out frees: not before a callback that is under way */
}

uint16_t net_free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	bool bound = !bind(fd, (struct sockaddr *)&a, sizeof a) && !getsockname(fd, (struct sockaddr *)&a, &len);
	close(fd);
	return bound ? ntohs(a.sin_port) : 0;
}
