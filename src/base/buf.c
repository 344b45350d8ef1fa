/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include "berth/mem.h"
#include "berth/str.h"

static size_t cap_of(const struct buf *b)
{
	return b->max ? b->max : BUF_MAX_DEFAULT;
}

void buf_fini(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .max = b->max };
}

void buf_clear(struct buf *b)
{
	b->overflow = false;
	buf_cut_to(b, 0);
}

char *buf_reserve(struct buf *b, size_t room)
{
	if (b->overflow || room > cap_of(b) - b->len) {
		b->overflow = true; /* nothing more is added, so what is there is a true beginning */
		return NULL;
	}
	if (b->len + room + 1 > b->cap) {
		size_t cap = MAX_OF(b->len + room, MIN_OF(b->cap * 2, cap_of(b))) + 1;
		b->p = xrealloc(b->p, MAX_OF(cap, (size_t)32), 1);
		b->cap = MAX_OF(cap, (size_t)32);
		b->p[b->len] = '\0';
	}
	return b->p + b->len;
}

void buf_grew(struct buf *b, size_t len)
{
	if (len > b->cap - b->len - (b->cap > 0))
		BUG("%zu bytes written into a buffer with room for %zu", len, b->cap - b->len);
	b->len += len;
	if (b->p)
		b->p[b->len] = '\0';
}

void buf_add(struct buf *b, const void *p, size_t len)
{
	char *room;

	if (!len || !(room = buf_reserve(b, len)))
		return;
	memcpy(room, p, len);
	buf_grew(b, len);
}

void buf_add_sv(struct buf *b, struct sv s)
{
	buf_add(b, s.p, s.len);
}

void buf_add_str(struct buf *b, const char *s)
{
	if (s)
		buf_add(b, s, strlen(s));
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list measure;

	va_copy(measure, ap);
	int n = vsnprintf(NULL, 0, fmt, measure);
	va_end(measure);
	if (n < 0)
		BUG("bad format \"%s\"", fmt);
	char *room = buf_reserve(b, (size_t)n);
	if (!room)
		return;
	vsnprintf(room, (size_t)n + 1, fmt, ap);
	buf_grew(b, (size_t)n);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

void buf_cut_front(struct buf *b, size_t len)
{
	if (len >= b->len) {
		buf_cut_to(b, 0);
		return;
	}
	memmove(b->p, b->p + len, b->len - len + 1);
	b->len -= len;
}

void buf_cut_to(struct buf *b, size_t len)
{
	if (len > b->len)
		return;
	b->len = len;
	if (b->p)
		b->p[len] = '\0';
}

int buf_check(const struct buf *b, const char *what, struct err *reterr)
{
	if (!b->overflow)
		return 0;
	return err_set(reterr, ERR_TOO_BIG, "%s is bigger than the %zu bytes that are taken", what, cap_of(b));
}

const char *buf_str(const struct buf *b)
{
	return b->p ? b->p : "";
}

char *buf_take(struct buf *b)
{
	char *p = b->p ? b->p : xstrdup("");

	*b = (struct buf){ .max = b->max };
	return p;
}
