/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is all well here? The parts of a run, their time, and the order in which their lines are told. */
#include "app/doctor.h"

#include <stdarg.h>

struct checkup {
	struct app *app;
	struct ask *ask;
	struct app_terminal terminal;
	VEC(struct part *) parts;
	size_t n_told;                 /* parts */
	struct loop_timer *tick;
};

/* THE table of what is looked at; "host" stands for each that is configured. */
static const struct part kinds[] = {
	{ .subject = "config", .begin = doctor_config },
	{ .subject = "folders", .begin = doctor_folders },
	{ .subject = "terminal", .begin = doctor_terminal },
	{ .subject = "projects", .begin = doctor_projects },
	{ .subject = "host", .begin = doctor_host, .look = doctor_host_look },
	{ .subject = "engine", .begin = doctor_engine, .look = doctor_engine_look },
	{ .subject = "registry", .begin = doctor_registries, .look = doctor_registries_look, .after_others = true },
	{ .subject = "keeper", .look = doctor_keeper_look, .after_others = true },
	{ .subject = "leftovers", .look = doctor_leftovers_look, .after_others = true },
};

struct app *part_app(const struct part *p)
{
	return p->up->app;
}

const struct app_terminal *part_terminal(const struct part *p)
{
	return &p->up->terminal;
}

/* ---- lines ---- */
void part_add(struct part *p, enum check_level level, const char *fix, const char *fmt, ...)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	struct app_check line = { .subject = p->subject, .level = level, .what = xstrdup(buf_str(&b)), .fix = xstrdup(fix ? fix : "") };
	VEC_PUSH(&p->lines, line);
}

void part_add_err(struct part *p, enum check_level level, const struct err *err, const char *before)
{
	part_add(p, level, err->hint, "%s%s", before, err->text);
}

/* ---- life ---- */
static void part_free(struct part *p)
{
	for (size_t i = 0; i < ARRAY_LEN(p->calls); i++)
		request_drop(&p->calls[i]);
	loop_ask_cancel(p->program);
	for (size_t i = 0; i < p->lines.len; i++) {
		free((char *)p->lines.items[i].what);
		free((char *)p->lines.items[i].fix);
	}
	VEC_FINI(&p->lines);
	free(p);
}

static void checkup_free(struct checkup *up)
{
	loop_timer_stop(up->tick);
	for (size_t i = 0; i < up->parts.len; i++)
		part_free(up->parts.items[i]);
	VEC_FINI(&up->parts);
	free(up);
}

static void checkup_close(struct ask *k)
{
	checkup_free(k->data);
	ask_free(k);
}

void part_done(struct part *p)
{
	p->done = true;
}

void *part_call_new(struct part *p, size_t size, void (*cancel)(void *call))
{
	for (size_t i = 0; i < ARRAY_LEN(p->calls); i++) {
		if (p->calls[i])
			continue;
		struct part_call *c = request_new(p->up->app, size, &p->calls[i], cancel);
		c->part = p;
		p->n_calls++;
		return c;
	}
	return NULL;
}

bool part_calls_over(const struct part *p)
{
	for (size_t i = 0; i < ARRAY_LEN(p->calls); i++)
		if (p->calls[i])
			return false;
	return !p->program;
}

/* ---- the run ---- */
static bool others_done(const struct checkup *up)
{
	for (size_t i = 0; i < up->parts.len; i++)
		if (!up->parts.items[i]->after_others && !up->parts.items[i]->done)
			return false;
	return true;
}

static void part_begin(struct part *p)
{
	p->begun = true;
	p->began_ms = loop_now_ms(p->up->app->loop);
	p->until_ms = p->began_ms + DOCTOR_PART_MS;
	if (p->begin)
		p->begin(p);
	else if (!p->look)
		p->done = true;
}

static void part_late(struct part *p)
{
	for (size_t i = 0; i < ARRAY_LEN(p->calls); i++)
		request_drop(&p->calls[i]);
	loop_ask_cancel(p->program);
	p->program = NULL;
	part_add(p, CHECK_PROBLEM, "Try again; when it stays so, look at what lies between: network, VPN, proxy, a password manager that asks.",
	         "not all was answered in %d s", DOCTOR_PART_MS / 1000);
	part_done(p);
}

/* Whoever listens may end the run from within: then nothing of it is there any more. */
static bool tell(struct checkup *up, const struct part *p)
{
	struct ask *k = up->ask;
	for (size_t i = 0; i < p->lines.len && ask_heard(k); i++)
		k->got.check(k->ctx, &p->lines.items[i]);
	return ask_heard(k);
}

static void turn(void *checkup)
{
	struct checkup *up = checkup;
	struct ask *k = up->ask;
	uint64_t now = loop_now_ms(up->app->loop);
	bool others = others_done(up);
	for (size_t i = 0; i < up->parts.len; i++) {
		struct part *p = up->parts.items[i];
		if (!p->begun && (others || !p->after_others))
			part_begin(p);
		if (p->begun && !p->done && p->look)
			p->look(p);
		if (p->begun && !p->done && now >= p->until_ms)
			part_late(p);
	}
	bool heard = ask_heard(k);
	for (; heard && up->n_told < up->parts.len && up->parts.items[up->n_told]->done; up->n_told++)
		heard = tell(up, up->parts.items[up->n_told]);
	if (heard && up->n_told < up->parts.len)
		return;
	k->close = NULL;
	checkup_free(up);
	ask_end(k, NULL);
}

static void add_part(struct checkup *up, const struct part *kind, size_t which)
{
	struct part *p = xmalloc(sizeof *p);
	*p = *kind;
	p->up = up;
	p->which = which;
	VEC_PUSH(&up->parts, p);
}

unsigned app_doctor(struct app *a, const struct app_terminal *t, void (*got)(void *ctx, const struct app_check *c), app_end_fn end, void *ctx)
{
	struct checkup *up = xcalloc(1, sizeof *up);
	struct ask *k = ask_new(a, end, ctx);
	struct host_facts ignored;
	*up = (struct checkup){ .app = a, .ask = k, .terminal = *t };
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (kinds[i].begin != doctor_host)
			add_part(up, &kinds[i], 0);
		for (size_t h = 0; kinds[i].begin == doctor_host && host_at(a, h, &ignored); h++)
			add_part(up, &kinds[i], h);
	}
	k->got.check = got;
	k->data = up;
	k->close = checkup_close;
	up->tick = loop_timer_start(a->loop, 0, DOCTOR_TICK_MS, turn, up);
	return k->number;
}
