/* SPDX-License-Identifier: GPL-3.0-or-later */
/* curl's multi socket interface on our loop: it says which sockets and which moment it waits for, we say when they come. */
#include <unistd.h>
#include "net/net_impl.h"

struct sock { struct sock *next; struct mux *mux; struct loop_fd *watch; curl_socket_t fd; };

struct mux {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer *timer;
	struct sock *socks;
	void (*on_done)(void *transfer, CURLcode result);
	bool let_go;
};

static void mux_act(struct mux *m, curl_socket_t fd, int events)
{
	int running;
	curl_multi_socket_action(m->multi, fd, events, &running);
	int left;
	for (CURLMsg *msg; (msg = curl_multi_info_read(m->multi, &left)); ) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		char *transfer = NULL;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &transfer);
		m->on_done(transfer, msg->data.result);
	}
}

static void timer_rang(void *ctx)
{
	mux_act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

static int timer_wanted(CURLM *multi, long timeout_ms, void *ctx)
{
	struct mux *m = ctx;
	if (timeout_ms < 0) {
		loop_timer_stop(m->timer);
		m->timer = NULL;
	} else if (m->timer) {
		loop_timer_again(m->timer, (uint64_t)timeout_ms);
	} else {
		m->timer = loop_timer_start(m->loop, (uint64_t)timeout_ms, 0, timer_rang, m);
	}
	return 0;
}

static void sock_ready(void *ctx, unsigned events)
{
	struct sock *s = ctx;
	mux_act(s->mux, s->fd, (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0) |
	                       (events & LOOP_HUP ? CURL_CSELECT_ERR : 0));
}

static void sock_drop(struct mux *m, curl_socket_t fd)
{
	for (struct sock **at = &m->socks; *at; at = &(*at)->next) {
		struct sock *s = *at;
		if (s->fd != fd)
			continue;
		*at = s->next;
		loop_fd_unwatch(s->watch);
		free(s);
		return;
	}
}

static struct sock *sock_find(const struct mux *m, curl_socket_t fd)
{
	struct sock *s = m->socks;
	while (s && s->fd != fd)
		s = s->next;
	return s;
}

static int sock_wanted(CURL *easy, curl_socket_t fd, int what, void *ctx, void *sock)
{
	struct mux *m = ctx;
	if (what == CURL_POLL_REMOVE || m->let_go) {
		sock_drop(m, fd);
		return 0;
	}
	unsigned events = (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0);
	struct sock *s = sock_find(m, fd);
	if (s) {
		loop_fd_change(s->watch, events);
		return 0;
	}
	s = xmalloc(sizeof *s);
	*s = (struct sock){ .next = m->socks, .mux = m, .fd = fd };
	m->socks = s;
	s->watch = loop_fd_watch(m->loop, fd, events, sock_ready, s);
	return 0;
}

/* curl does not always say that it wants a socket no more before it closes it: a number that comes back must be free. */
static int sock_close(void *ctx, curl_socket_t fd)
{
	sock_drop(ctx, fd);
	return close(fd);
}

struct mux *mux_new(struct loop *loop, void (*on_done)(void *transfer, CURLcode result))
{
	struct mux *m = xcalloc(1, sizeof *m);
	m->loop = loop;
	m->on_done = on_done;
	m->multi = curl_multi_init();
	if (!m->multi)
		BUG("curl has no memory");
	curl_multi_setopt(m->multi, CURLMOPT_SOCKETFUNCTION, sock_wanted);
	curl_multi_setopt(m->multi, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
	curl_multi_setopt(m->multi, CURLMOPT_TIMERDATA, m);
	return m;
}

void mux_free(struct mux *m)
{
	if (!m)
		return;
	curl_multi_cleanup(m->multi);
	loop_timer_stop(m->timer);
	mux_let_go(m);
	free(m);
}

void mux_add(struct mux *m, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, sock_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, m);
	CURLMcode r = curl_multi_add_handle(m->multi, easy);
	if (r)
		BUG("curl refuses a transfer: %s", curl_multi_strerror(r));
}

void mux_remove(struct mux *m, CURL *easy)
{
	CURLMcode r = curl_multi_remove_handle(m->multi, easy);
	if (r)
		BUG("curl keeps a transfer: %s", curl_multi_strerror(r));
}

void mux_let_go(struct mux *m)
{
	m->let_go = true;
	while (m->socks)
		sock_drop(m, m->socks->fd);
}
