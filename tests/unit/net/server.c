/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct job { struct server *s; int fd; };

static void die(const char *what)
{
	perror(what);
	abort();
}

static void *work(void *arg)
{
	struct job job = *(struct job *)arg;
	free(arg);
	job.s->serve(job.s, job.fd);
	shutdown(job.fd, SHUT_RDWR);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct server *s = arg;
	while (s->n_connections < SERVER_CONNECTIONS) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return NULL;
		struct job *job = malloc(sizeof *job);
		*job = (struct job){ s, fd };
		s->fds[s->n_connections] = fd;
		if (pthread_create(&s->workers[s->n_connections++], NULL, work, job))
			die("pthread_create");
	}
	return NULL;
}

void server_start(struct server *s, bool tcp, void (*serve)(struct server *s, int fd))
{
	memset(s, 0, sizeof *s);
	s->serve = serve;
	pthread_mutex_init(&s->lock, NULL);
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t len = sizeof in;
	snprintf(s->dir, sizeof s->dir, "/tmp/berth-net-XXXXXX");
	if (!mkdtemp(s->dir))
		die(s->dir);
	snprintf(s->path, sizeof s->path, "%s/sock", s->dir);
	memcpy(un.sun_path, s->path, strlen(s->path) + 1);
	s->listener = socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->listener, tcp ? (struct sockaddr *)&in : (struct sockaddr *)&un, tcp ? sizeof in : sizeof un) || listen(s->listener, 16))
		die("bind");
	snprintf(s->url, sizeof s->url, "http://localhost");
	if (tcp) {
		getsockname(s->listener, (struct sockaddr *)&in, &len);
		snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u", ntohs(in.sin_port));
	}
	if (pthread_create(&s->thread, NULL, accept_all, s))
		die("pthread_create");
}

void server_stop(struct server *s)
{
	shutdown(s->listener, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	for (int i = 0; i < s->n_connections; i++) {
		shutdown(s->fds[i], SHUT_RDWR);
		pthread_join(s->workers[i], NULL);
		close(s->fds[i]);
	}
	close(s->listener);
	unlink(s->path);
	rmdir(s->dir);
	buf_fini(&s->got);
	pthread_mutex_destroy(&s->lock);
}

static void hear_until(struct server *s, int fd, bool (*is_all)(const struct buf *b))
{
	char bytes[4096];
	struct buf heard = BUF_INIT;
	while (!is_all(&heard)) {
		ssize_t n = recv(fd, bytes, sizeof bytes, 0);
		if (n <= 0)
			break;
		buf_add(&heard, bytes, (size_t)n);
	}
	pthread_mutex_lock(&s->lock);
	s->n_taken += heard.len;
	if (!s->got.len)
		buf_add_sv(&s->got, buf_sv(&heard));
	pthread_mutex_unlock(&s->lock);
	buf_fini(&heard);
}

static bool has_head(const struct buf *b)
{
	return strstr(buf_str(b), "\r\n\r\n");
}

static bool has_last_chunk(const struct buf *b)
{
	return sv_ends(buf_sv(b), SV("\r\n0\r\n\r\n"));
}

void server_hear(struct server *s, int fd)
{
	hear_until(s, fd, has_head);
}

void server_hear_chunks(struct server *s, int fd)
{
	hear_until(s, fd, has_last_chunk);
}

bool server_say(int fd, const void *p, size_t n)
{
	while (n) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
		if (k <= 0)
			return false;
		p = (const char *)p + k;
		n -= (size_t)k;
	}
	return true;
}

void server_drain(struct server *s, int fd)
{
	char bytes[16384];
	for (ssize_t n; (n = recv(fd, bytes, sizeof bytes, 0)) > 0; ) {
		pthread_mutex_lock(&s->lock);
		s->n_taken += (uint64_t)n;
		pthread_mutex_unlock(&s->lock);
	}
}
