/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing exchanges down. */
#include "net/tape.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "berth/path.h"
#include "net/scrub.h"

struct tape {
	const struct net *net;
	struct buf text, body;          /* the request as it is written; the answer's body */
	struct secret *known[2];
	char *slug;
	uint64_t n_bytes;
};

static void add_scrubbed(const struct tape *t, struct buf *to, struct sv s)
{
	scrub_add(to, s, (const struct secret *const *)t->known, ARRAY_LEN(t->known));
}

static void add_headers(struct tape *t, const struct net_header *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_addf(&t->text, "%s: ", h[i].name);
		if (scrub_header_is_secret(h[i].name))
			buf_add_str(&t->text, SCRUBBED);
		else
			add_scrubbed(t, &t->text, sv_of(h[i].value));
		buf_add_char(&t->text, '\n');
	}
	buf_add_char(&t->text, '\n');
}

static bool is_text(struct sv s)
{
	return !s.len || !memchr(s.p, '\0', MIN_OF(s.len, (size_t)4096));
}

static void add_body(struct tape *t, struct sv body, uint64_t whole)
{
	struct buf clean = BUF_INIT_MAX(2 * TAPE_BODY_MAX);
	if (is_text(body))
		add_scrubbed(t, &clean, body);
	buf_addf(&t->text, "body %zu of %llu\n", clean.len, (unsigned long long)whole);
	buf_add_sv(&t->text, buf_sv(&clean));
	buf_add_char(&t->text, '\n');
	buf_fini(&clean);
}

struct tape *tape_new(const struct net *n, const struct net_request *q, const struct target *target)
{
	if (!n->record_dir)
		return NULL;
	struct tape *t = xcalloc(1, sizeof *t);
	struct buf name = BUF_INIT;
	t->net = n;
	t->known[0] = secret_dup(q->bearer);
	t->known[1] = secret_dup(q->basic);
	t->text.max = 3 * TAPE_BODY_MAX;
	t->body.max = TAPE_BODY_MAX;
	buf_addf(&t->text, "berth-exchange 1\nrequest %s ", q->method);
	add_scrubbed(t, &t->text, sv_of(target->url));
	buf_add_char(&t->text, '\n');
	add_headers(t, q->headers, q->n_headers);
	add_body(t, (struct sv){ q->body.p, MIN_OF(q->body.len, (size_t)TAPE_BODY_MAX) }, q->body.len);
	buf_add_slug(&name, (struct sv){ q->path, strcspn(q->path, "?") });
	t->slug = xasprintf("%s-%s", q->method, buf_str(&name));
	buf_fini(&name);
	return t;
}

void tape_data(struct tape *t, struct sv bytes)
{
	if (!t)
		return;
	t->n_bytes += bytes.len;
	buf_add(&t->body, bytes.p, MIN_OF(bytes.len, t->body.max - t->body.len));
}

static void write_file(const struct tape *t)
{
	static unsigned number;
	int fd = -1;
	for (int i = 0; fd < 0 && i < 100000; i++) {
		AUTO_STR path = xasprintf("%s/%05u-%.100s.txt", t->net->record_dir, ++number, t->slug);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	bool whole = fd >= 0 && file_write_all(fd, buf_sv(&t->text)) == 0;
	if (fd < 0 || close(fd) || !whole)
		log_debug("net", "an exchange could not be written to %s", t->net->record_dir);
}

void tape_end(struct tape *t, const struct head *h, const struct err *err)
{
	if (!t)
		return;
	if (h->headers.len || !err) {
		buf_addf(&t->text, "response %d\n", h->status);
		add_headers(t, h->headers.items, h->headers.len);
		add_body(t, buf_sv(&t->body), t->n_bytes);
	}
	if (err) {
		buf_add_str(&t->text, "failed ");
		add_scrubbed(t, &t->text, sv_of(err->text));
		buf_add_char(&t->text, '\n');
	}
	write_file(t);
	for (size_t i = 0; i < ARRAY_LEN(t->known); i++)
		secret_free(t->known[i]);
	buf_fini(&t->text);
	buf_fini(&t->body);
	free(t->slug);
	free(t);
}

int net_record_to(struct net *n, const char *dir, struct err *reterr)
{
	int r = path_make_dirs(dir, reterr);
	if (!r)
		str_replace(&n->record_dir, dir);
	return r;
}
