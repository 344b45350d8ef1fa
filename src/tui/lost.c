/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stops would lose, found out as a save finds it, one session after the other. A big workspace takes its time to be read, and a
 * question must not wait for it: after a few seconds what is still not known is said so.
 */
#include "tui/tui_impl.h"

enum { PATIENCE_MS = 3000 };
enum lost_state { LOST_UNKNOWN, LOST_TOLD, LOST_FAILED };
struct one { char *session, *note, *why; struct session_work work; enum lost_state state; };
struct lost {
	struct tui *t;
	VEC(struct one) items;
	size_t at;                     /* the one that is being looked at */
	unsigned asking;
	bool in_call, ended_in_call;
	struct loop_timer *timer;
	void (*known)(void *ctx);
	void *ctx;
};

static void forget(struct lost *l)
{
	if (l->asking)
		app_forget(l->t->app, l->asking);
	l->asking = 0;
	loop_timer_stop(l->timer);
	l->timer = NULL;
}

void lost_free(struct lost *l)
{
	if (!l)
		return;
	forget(l);
	for (size_t i = 0; i < l->items.len; i++) {
		free(l->items.items[i].session);
		free(l->items.items[i].note);
		free(l->items.items[i].why);
	}
	VEC_FINI(&l->items);
	free(l);
}

static void found(void *lost, const struct autosave_result *r)
{
	struct lost *l = lost;
	struct one *o = &l->items.items[l->at];
	o->state = LOST_TOLD;
	o->work = r->work;
	if (r->n_notes)
		str_replace(&o->note, r->notes[0]);
}

static void go_on(struct lost *l);

static void looked(void *lost, const struct err *err)
{
	struct lost *l = lost;
	struct one *o = &l->items.items[l->at];
	l->asking = 0;
	if (err) {
		o->state = LOST_FAILED;
		str_replace(&o->why, err->text);
	}
	l->at++;
	if (l->in_call)
		l->ended_in_call = true;
	else
		go_on(l);
}

static void enough(struct lost *l)
{
	forget(l);
	if (l->t->toast.level == MESSAGE_INFO)
		l->t->toast.until_ms = 0; /* that it is looked for is no news any more */
	l->known(l->ctx); /* l may be gone */
}

static void late(void *lost)
{
	enough(lost);
}

static void go_on(struct lost *l)
{
	while (l->at < l->items.len) {
		l->in_call = true;
		l->ended_in_call = false;
		unsigned asking = app_session_save(l->t->app, l->items.items[l->at].session, /* look_only= */ true, found, looked, l);
		l->in_call = false;
		if (!l->ended_in_call) {
			l->asking = asking;
			return;
		}
	}
	enough(l);
}

struct lost *lost_new(struct tui *t, void (*known)(void *ctx), void *ctx)
{
	struct lost *l = xcalloc(1, sizeof *l);
	*l = (struct lost){ .t = t, .known = known, .ctx = ctx };
	return l;
}

void lost_name(struct lost *l, const char *session)
{
	struct one o = { .session = xstrdup(session) };
	VEC_PUSH(&l->items, o);
}

void lost_find(struct lost *l)
{
	l->timer = loop_timer_start(l->t->loop, PATIENCE_MS, 0, late, l);
	go_on(l);
}

static const struct one *one_of(const struct lost *l, const char *session)
{
	for (size_t i = 0; i < l->items.len; i++)
		if (strcmp(l->items.items[i].session, session) == 0)
			return &l->items.items[i];
	return NULL;
}

static const char *doubt_of(const struct one *o)
{
	return o->state == LOST_FAILED ? "what it holds can't be told" : "what it holds is not known yet";
}

/* What others have more is not lost. */
static void add_work(struct buf *b, const struct one *o)
{
	struct session_work w = o->work;
	w.behind = 0;
	present_work(b, &w);
	if (o->note)
		buf_addf(b, "%s%s", b->len ? "; " : "", o->note);
}

void lost_say(const struct lost *l, const char *session, struct doc *d)
{
	const struct one *o = one_of(l, session);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	AUTO(buf_fini) struct buf work = BUF_INIT;
	if (!o)
		return;
	if (o->state == LOST_TOLD)
		add_work(&work, o);
	if (work.len)
		buf_addf(&b, "only in this session: %s", buf_str(&work));
	else if (o->state == LOST_FAILED)
		buf_addf(&b, "%s: %s", doubt_of(o), o->why);
	else if (o->state != LOST_TOLD)
		buf_addf(&b, "%s: its workspace takes time to read", doubt_of(o));
	bool nothing = !b.len;
	if (!nothing)
		b.p[0] = (char)(b.p[0] - 'a' + 'A');
	buf_add_str(&b, nothing ? "All its work is committed and pushed." : ".");
	doc_wrap(d, nothing ? STYLE_GOOD : STYLE_WARN, 0, buf_sv(&b));
}

void lost_say_shortly(const struct lost *l, const char *session, struct doc *d)
{
	const struct one *o = one_of(l, session);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (!o)
		return;
	if (o->state == LOST_TOLD)
		add_work(&b, o);
	else
		buf_add_str(&b, doubt_of(o));
	doc_add(d, b.len ? STYLE_WARN : STYLE_GOOD, "  %s", b.len ? buf_str(&b) : "all its work is pushed");
}

bool lost_any(const struct lost *l)
{
	for (size_t i = 0; i < l->items.len; i++)
		if (l->items.items[i].state != LOST_TOLD || l->items.items[i].note || session_work_any(&l->items.items[i].work))
			return true;
	return false;
}
