/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/head.h"

void head_fini(struct head *h)
{
	buf_fini(&h->text);
	VEC_FINI(&h->starts);
	VEC_FINI(&h->headers);
}

void head_clear(struct head *h)
{
	h->status = 0;
	buf_clear(&h->text);
	VEC_CLEAR(&h->starts);
	VEC_CLEAR(&h->headers);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK", "HTTP/2 200" */
static int parse_status(struct head *h, struct sv line, struct err *reterr)
{
	size_t i = 5;
	while (i < line.len && (is_digit(line.p[i]) || line.p[i] == '.'))
		i++;
	bool good = sv_starts(line, SV("HTTP/")) && i > 5 && i + 4 <= line.len && line.p[i] == ' ' && line.p[i + 1] >= '1' &&
	            line.p[i + 1] <= '9' && is_digit(line.p[i + 2]) && is_digit(line.p[i + 3]) && (i + 4 == line.len || line.p[i + 4] == ' ');
	if (!good)
		return err_set(reterr, ERR_DECODE, "the answer does not begin as HTTP does");
	head_clear(h);
	h->status = (line.p[i + 1] - '0') * 100 + (line.p[i + 2] - '0') * 10 + (line.p[i + 3] - '0');
	return 0;
}

static bool is_token(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static void add_value(struct head *h, struct sv value)
{
	value = sv_trim(value);
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.p[i];
		buf_add_char(&h->text, c < 0x20 || c == 0x7f ? ' ' : (char)c);
	}
	buf_add_char(&h->text, '\0');
}

static int parse_field(struct head *h, struct sv line, struct err *reterr)
{
	size_t colon = 0;
	while (colon < line.len && is_token(line.p[colon]))
		colon++;
	if (!colon || colon == line.len || line.p[colon] != ':')
		return err_set(reterr, ERR_DECODE, "a header line of the answer has no name");
	VEC_PUSH(&h->starts, h->text.len);
	for (size_t i = 0; i < colon; i++) {
		char c = line.p[i];
		buf_add_char(&h->text, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
	}
	buf_add_char(&h->text, '\0');
	VEC_PUSH(&h->starts, h->text.len);
	add_value(h, (struct sv){ line.p + colon + 1, line.len - colon - 1 });
	return 0;
}

/* A line that begins with white space goes on with the value before (RFC 9112 §5.2). */
static int parse_folded(struct head *h, struct sv line, struct err *reterr)
{
	if (!h->starts.len)
		return err_set(reterr, ERR_DECODE, "the answer's first header line goes on with nothing");
	buf_cut_to(&h->text, h->text.len - 1);
	buf_add_char(&h->text, ' ');
	add_value(h, line);
	return 0;
}

int head_add_line(struct head *h, struct sv line, size_t max_bytes, struct err *reterr)
{
	while (line.len && (line.p[line.len - 1] == '\n' || line.p[line.len - 1] == '\r'))
		line.len--;
	if (h->text.len + line.len + 2 > max_bytes)
		return err_set(reterr, ERR_TOO_BIG, "the head of the answer is longer than %zu bytes", max_bytes);
	if (!h->status || sv_starts(line, SV("HTTP/")))
		return parse_status(h, line, reterr);
	if (line.len && (line.p[0] == ' ' || line.p[0] == '\t'))
		return parse_folded(h, line, reterr);
	return parse_field(h, line, reterr);
}

void head_finish(struct head *h)
{
	VEC_CLEAR(&h->headers);
	for (size_t i = 0; i + 1 < h->starts.len; i += 2)
		VEC_PUSH(&h->headers, ((struct net_header){ h->text.p + h->starts.items[i], h->text.p + h->starts.items[i + 1] }));
}

const char *head_get(const struct head *h, const char *lower_name)
{
	for (size_t i = 0; i < h->headers.len; i++)
		if (!strcmp(h->headers.items[i].name, lower_name))
			return h->headers.items[i].value;
	return NULL;
}

const char *net_header_get(const struct net_response *r, const char *lower_name)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (!strcmp(r->headers[i].name, lower_name))
			return r->headers[i].value;
	return NULL;
}

void head_response(const struct head *h, struct net_response *ret)
{
	const char *type = head_get(h, "content-type");
	*ret = (struct net_response){ .status = h->status, .content_type = type ? type : "", .headers = h->headers.items,
	                              .n_headers = h->headers.len, .body = SV("") };
}

/* The length of the head with its empty line, 0 when that has not come yet. */
static size_t head_length(struct sv bytes)
{
	for (size_t i = 0; i + 1 < bytes.len; i++) {
		if (bytes.p[i] != '\n')
			continue;
		if (bytes.p[i + 1] == '\n')
			return i + 2;
		if (i + 2 < bytes.len && bytes.p[i + 1] == '\r' && bytes.p[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

long head_parse(struct head *h, struct sv bytes, struct err *reterr)
{
	struct sv start = { "HTTP/", MIN_OF(bytes.len, 5) };
	if (!sv_starts(bytes, start))
		return err_set(reterr, ERR_DECODE, "the answer does not begin as HTTP does");
	size_t len = head_length((struct sv){ bytes.p, MIN_OF(bytes.len, (size_t)HEAD_MAX_BYTES) });
	if (!len && bytes.len >= HEAD_MAX_BYTES)
		return err_set(reterr, ERR_TOO_BIG, "the head of the answer is longer than %d bytes", HEAD_MAX_BYTES);
	if (!len)
		return 0;
	head_clear(h);
	struct sv rest = { bytes.p, len }, line;
	while (sv_split(&rest, '\n', &line) && line.len && !(line.len == 1 && line.p[0] == '\r')) {
		int r = head_add_line(h, line, HEAD_MAX_BYTES, reterr);
		if (r)
			return r;
	}
	head_finish(h);
	return (long)len;
}
