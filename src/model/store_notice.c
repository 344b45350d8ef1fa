/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Change notices. A write notes what changed, once per kind and project until it is told. A subscriber has a number of the
 * dispatch it came after: it is not told what was under way when it came. One that leaves during a notice is only marked,
 * so that the walk over the others stays whole.
 */
#include "store_impl.h"

/* Subscribers that write (reducers only may) cause notices in turn. They are told in the same flush, but two that answer
 * each other for ever must not hang the program. */
enum { ROUNDS_MAX = 16 };

void store_note(struct store *s, enum notice_kind kind, struct project_id p)
{
	bool *noted = p.v ? &known_of(s, p)->noted[kind] : &s->noted[kind];
	if (*noted)
		return;
	*noted = true;
	VEC_PUSH(&s->notices, ((struct notice){ kind, p }));
}

int store_subscribe(struct store *s, notice_fn fn, void *ctx)
{
	struct subscriber one = { fn, ctx, ++s->last_number, s->n_dispatched };
	VEC_PUSH(&s->subscribers, one);
	return one.number;
}

static void sweep(struct store *s)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->subscribers.len; i++)
		if (s->subscribers.items[i].fn)
			s->subscribers.items[kept++] = s->subscribers.items[i];
	s->subscribers.len = kept;
}

void store_unsubscribe(struct store *s, int number)
{
	for (size_t i = 0; i < s->subscribers.len; i++)
		if (s->subscribers.items[i].number == number)
			s->subscribers.items[i].fn = NULL;
	if (!s->flushing)
		sweep(s);
}

static void dispatch(struct store *s, const struct notice *n)
{
	s->n_dispatched++;
	for (size_t i = 0; i < s->subscribers.len; i++) {
		struct subscriber one = s->subscribers.items[i]; /* a copy: the array may move */
		if (one.fn && one.since < s->n_dispatched)
			one.fn(one.ctx, n);
	}
}

static void tell_noted(struct store *s)
{
	size_t n = s->notices.len;
	for (size_t i = 0; i < n; i++) {
		struct notice notice = s->notices.items[i];
		/* Unmarked first: what a subscriber changes now is news again. The project may be gone by now. */
		struct known *k = notice.project.v ? map_get(s->known, (struct sv){ (const char *)&notice.project, sizeof notice.project }) : NULL;
		if (k)
			k->noted[notice.kind] = false;
		if (!notice.project.v)
			s->noted[notice.kind] = false;
		dispatch(s, &notice);
	}
	memmove(s->notices.items, s->notices.items + n, (s->notices.len - n) * sizeof *s->notices.items);
	s->notices.len -= n;
}

void store_flush(struct store *s)
{
	if (s->flushing || !s->notices.len)
		return;
	s->flushing = true;
	for (int round = 0; round < ROUNDS_MAX && s->notices.len; round++)
		tell_noted(s);
	s->flushing = false;
	sweep(s);
}
