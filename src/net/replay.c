/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exchanges that were written down answer in the network's place. */
#include <dirent.h>
#include <stdlib.h>
#include "berth/path.h"
#include "net/scrub.h"
#include "net/tape.h"

enum { FILES_MAX = 10000 };

/* ---- reading one ---------------------------------------------------------------------------------------------------------- */
static bool take_line(struct sv *s, struct sv *ret)
{
	return s->p && s->len && sv_split(s, '\n', ret);
}

static bool take_word(struct sv *line, const char *word)
{
	struct sv w = sv_of(word);
	if (!sv_starts(*line, w))
		return false;
	*line = (struct sv){ line->p + w.len, line->len - w.len };
	return true;
}

/* Header lines up to the empty one, then "body N of M" and N bytes and a line end. */
static bool take_message(struct sv *s, struct sv *ret_head, struct sv *ret_body)
{
	struct sv line, number;
	const char *from = s->p;
	uint64_t n;
	do {
		if (!take_line(s, &line))
			return false;
	} while (line.len);
	*ret_head = (struct sv){ from, (size_t)(line.p - from) };
	if (!take_line(s, &line) || !take_word(&line, "body ") || !sv_split(&line, ' ', &number) || !sv_to_u64(number, &n))
		return false;
	if (n >= s->len || s->p[n] != '\n')
		return false;
	*ret_body = (struct sv){ s->p, (size_t)n };
	*s = (struct sv){ s->p + n + 1, s->len - (size_t)n - 1 };
	return true;
}

bool tape_parse(struct sv text, struct tape_parts *ret)
{
	struct sv line, ignored_head, ignored_body;
	int64_t status;
	*ret = (struct tape_parts){ 0 };
	if (!take_line(&text, &line) || !sv_eq(line, SV("berth-exchange 1")))
		return false;
	if (!take_line(&text, &line) || !take_word(&line, "request ") || !sv_split(&line, ' ', &ret->method) || !line.p)
		return false;
	ret->url = line;
	if (!take_message(&text, &ignored_head, &ignored_body) || !take_line(&text, &line))
		return false;
	if (take_word(&line, "response ")) {
		if (!sv_to_i64(line, &status) || status < 100 || status > 599 || !take_message(&text, &ret->response_head, &ret->body))
			return false;
		ret->status = (int)status;
		if (!take_line(&text, &line))
			return true;
	}
	if (!take_word(&line, "failed "))
		return false;
	ret->failed = line;
	return true;
}

/* ---- a folder ---------------------------------------------------------------------------------------------------------------- */
struct record { struct buf text; struct tape_parts parts; bool used; };
struct replay { char *dir; VEC(struct record) records; };

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_file(struct replay *r, const char *path)
{
	struct record rec = { .text = BUF_INIT_MAX(TAPE_FILE_MAX) };
	if (!file_read(path, TAPE_FILE_MAX, &rec.text, NULL) && tape_parse(buf_sv(&rec.text), &rec.parts)) {
		VEC_PUSH(&r->records, rec);
		return;
	}
	log_debug("net", "%s is no recorded exchange", path);
	buf_fini(&rec.text);
}

struct replay *replay_new(const char *dir, struct err *reterr)
{
	VEC(char *) names = VEC_INIT;
	struct dirent *entry;
	DIR *d = opendir(dir);
	if (!d) {
		err_set(reterr, ERR_NOT_FOUND, "there is no folder %s with recorded exchanges", dir);
		return NULL;
	}
	struct replay *r = xcalloc(1, sizeof *r);
	r->dir = xstrdup(dir);
	while ((entry = readdir(d)) && names.len < FILES_MAX)
		if (entry->d_name[0] != '.')
			VEC_PUSH(&names, path_join(dir, entry->d_name));
	closedir(d);
	if (names.len)
		qsort(names.items, names.len, sizeof *names.items, by_name);
	for (size_t i = 0; i < names.len; i++) {
		add_file(r, names.items[i]);
		free(names.items[i]);
	}
	VEC_FINI(&names);
	return r;
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->records.len; i++)
		buf_fini(&r->records.items[i].text);
	VEC_FINI(&r->records);
	free(r->dir);
	free(r);
}

static int give(const struct tape_parts *p, struct head *ret_head, struct buf *ret_body, struct err *reterr)
{
	struct sv rest = p->response_head, line;
	AUTO(buf_fini) struct buf first = BUF_INIT;
	if (!p->status)
		return err_set(reterr, ERR_NET, "%.*s", (int)p->failed.len, p->failed.p);
	buf_addf(&first, "HTTP/1.1 %d", p->status);
	int r = head_add_line(ret_head, buf_sv(&first), HEADERS_MAX_BYTES, reterr);
	while (!r && rest.len && sv_split(&rest, '\n', &line))
		if (line.len)
			r = head_add_line(ret_head, line, HEADERS_MAX_BYTES, reterr);
	head_finish(ret_head);
	buf_add_sv(ret_body, p->body);
	return r ? r : buf_check(ret_body, "the recorded answer", reterr);
}

int replay_take(struct replay *r, const struct net_request *q, const struct target *t, struct head *ret_head, struct buf *ret_body, struct err *reterr)
{
	AUTO(buf_fini) struct buf url = BUF_INIT;
	const struct secret *known[] = { q->bearer, q->basic };
	scrub_add(&url, sv_of(t->url), known, ARRAY_LEN(known));
	for (size_t i = 0; i < r->records.len; i++) {
		struct record *rec = &r->records.items[i];
		if (rec->used || !sv_eq(rec->parts.method, sv_of(q->method)) || !sv_eq(rec->parts.url, buf_sv(&url)))
			continue;
		rec->used = true;
		return give(&rec->parts, ret_head, ret_body, reterr);
	}
	err_set(reterr, ERR_NOT_FOUND, "%s has no answer left for %s %s", r->dir, q->method, buf_str(&url));
	err_hint(reterr, "record it again, from the start");
	return -ERR_NOT_FOUND;
}

int net_replay_from(struct net *n, const char *dir, struct err *reterr)
{
	struct err e = { 0 };
	struct replay *r = replay_new(dir, &e);
	if (!r)
		return err_copy(reterr, &e);
	replay_free(n->replay);
	n->replay = r;
	return 0;
}
