/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links: what they mean here, and that looking at one makes nothing. */
#include <stdio.h>

#include "world.h"

static void hear_link(void *heard, const struct app_link *k)
{
	struct heard *h = heard;
	h->got++;
	h->project = k->project;
	h->commit = k->commit;
	snprintf(h->text, sizeof h->text, "%s %s %s %s| %s", k->branch ? k->branch : "-", k->newest ? "newest" : "that", k->options ? options_text(k->options, OPT_MEMORY) : "-",
	         k->options && k->options->values[OPT_MEMORY].source == FROM_USER ? "by hand " : "", k->doubts);
}

static void follow(struct world *w, const char *text, struct heard *h)
{
	struct link l;
	*h = (struct heard){ 0 };
	if (link_parse(sv_of(text), &l, &h->err) < 0)
		fail_msg("%s: %s", text, h->err.text);
	app_link(w->app, &l, hear_link, hear_end, h);
	link_fini(&l);
	pass_ms(w, 300);
	assert_int_equal(h->n, 1);
}

void links_mean_what_is_here(void **state)
{
	(void)state;
	struct world w;
	struct heard h;
	static const struct { const char *text, *says; enum err_code code; } cases[] = {
		{ "berth://fake/group/flights?autostart=1", "main newest - | ", ERR_NONE },
		{ "berth://FAKE/group/flights?autostart=1&branch=main&memory=4G", "main newest 4G | ", ERR_NONE },
		{ "berth://fake/group/flights?autostart=1&env[A]=1&env[B]=2", "main newest 2G | It sets 2 environment variables.\n", ERR_NONE },
		{ "berth://fake/group/flights?autostart=1&image=evil/image", "main newest 2G | It starts from an image of its own, evil/image, instead of the commit's.\n", ERR_NONE },
		{ "berth://fake/group/flights", "main newest - | It does not ask for a start by itself (autostart=1 is missing).\n", ERR_NONE },
		{ "berth://fake/group/flights?branch=gone&autostart=1", "fake/group/flights has no branch gone (any more)", ERR_NOT_FOUND },
		{ "berth://fake/group/flights?commit=ffffffff&autostart=1", "no commit ffffffff", ERR_NOT_FOUND },
		{ "berth://fake/group/nothing?autostart=1", "no project fake/group/nothing", ERR_NOT_FOUND },
		{ "https://renku.example/projects/group/flights/sessions/new?autostart=1", "renku.example, and that host is not configured", ERR_NOT_FOUND },
		{ "berth://elsewhere/group/flights?autostart=1", "elsewhere, and that host is not configured", ERR_NOT_FOUND },
	};
	world_new(&w);
	know_all(&w);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		follow(&w, cases[i].text, &h);
		assert_int_equal(h.err.code, cases[i].code);
		if (cases[i].code ? !strstr(h.err.text, cases[i].says) : strcmp(h.text, cases[i].says) != 0)
			fail_msg("%s: %s%s", cases[i].text, h.text, h.err.text);
	}
	assert_int_equal(app_n_launches(w.app), 0);
	world_free(&w);
}

/* Whoever goes away while a link is looked at is not called. */
void a_link_that_nobody_waits_for_is_forgotten(void **state)
{
	(void)state;
	struct world w;
	struct heard h = { 0 };
	struct link l;
	world_new(&w);
	know_all(&w);
	assert_int_equal(link_parse(SV("berth://fake/group/flights?autostart=1"), &l, NULL), 0);
	app_forget(w.app, app_link(w.app, &l, hear_link, hear_end, &h));
	pass_ms(&w, 300);
	app_link(w.app, &l, hear_link, hear_end, &h); /* ends with the app */
	loop_turn(w.loop, false);
	link_fini(&l);
	world_free(&w);
	assert_int_equal(h.n + h.got, 0);
}

void a_link_of_a_project_leads_to_it(void **state)
{
	(void)state;
	struct world w;
	struct heard h;
	struct link l;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	world_new(&w);
	know_all(&w);
	assert_int_equal(app_link_of(w.app, w.flights, &l, NULL), 0);
	link_make(&b, &l);
	link_fini(&l);
	follow(&w, buf_str(&b), &h);
	assert_true(project_id_eq(h.project, w.flights));
	assert_int_equal(app_link_of(w.app, (struct project_id){ 1 }, &l, NULL), -ERR_NOT_FOUND);
	world_free(&w);
}
