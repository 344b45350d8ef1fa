/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NET_TEST_SERVER_H
#define NET_TEST_SERVER_H
/* A small server in threads of the test: it hears one request per connection, and a function of the test misbehaves with it. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include "berth/str.h"

enum { SERVER_CONNECTIONS = 16 };
struct server {
	char dir[64], path[96], url[64];        /* the socket's path for a unix server; else the URL has the port */
	int listener;
	pthread_t thread, workers[SERVER_CONNECTIONS];
	int fds[SERVER_CONNECTIONS], n_connections;
	void (*serve)(struct server *s, int fd);
	pthread_mutex_t lock;
	struct buf got;                         /* what the first connection asked, head and what came with it */
	uint64_t n_taken;                       /* bytes that serve() counted */
};
void server_start(struct server *s, bool tcp, void (*serve)(struct server *s, int fd));
void server_stop(struct server *s);             /* ends every connection */
/* Within serve(): */
void server_hear(struct server *s, int fd);     /* up to the empty line, into s->got */
void server_hear_chunks(struct server *s, int fd); /* head and body, up to the last chunk, counted too */
bool server_say(int fd, const void *p, size_t n); /* false: nobody listens any more */
#define SAY(fd, literal) server_say(fd, literal, sizeof(literal) - 1)
void server_drain(struct server *s, int fd);    /* reads up to the end, counting */
#endif
