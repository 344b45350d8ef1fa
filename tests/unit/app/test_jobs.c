/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be done about builds that a host runs, and waiting for them. */
#include <stdio.h>

#include "world.h"

static void begin(struct world *w)
{
	world_new(w);
	fake_forge_have_jobs(w->forge);
	know_all(w);
}

static void put_job(struct world *w, struct oid commit, enum job_state state)
{
	struct image i = { .commit = commit, .state = state == JOB_FAILED ? IMAGE_FAILED : IMAGE_BUILDING, .has_job = state != JOB_OTHER, .pipeline_id = 3,
		.job = { .id = 12, .state = state, .state_word = xstrdup(job_state_name(state)) } };
	store_put_image(w->store, w->flights, &i);
}

static void hear_said(void *heard, const char *text)
{
	struct heard *h = heard;
	h->got++;
	snprintf(h->text, sizeof h->text, "%s", text);
}

static struct err why_not(struct world *w, enum app_deed deed, struct oid commit)
{
	struct err err = { 0 };
	const struct app_deed_query q = { .deed = deed, .project = w->flights, .commit = commit };
	if (app_may(w->app, &q, &err) == 0)
		assert_int_equal(err.code, ERR_NONE);
	return err;
}

static struct heard done(struct world *w, enum app_deed deed, struct oid commit)
{
	struct heard h = { 0 };
	const struct app_deed_query q = { .deed = deed, .project = w->flights, .commit = commit };
	w->forge->deeds[0] = '\0';
	app_do(w->app, &q, hear_said, hear_end, &h);
	pass_ms(w, 20);
	assert_int_equal(h.n, 1);
	return h;
}

void deeds_are_refused_with_their_reason(void **state)
{
	(void)state;
	struct world w;
	struct oid tip = fake_oid(0, 50), older = fake_oid(0, 45);
	world_new(&w);
	know_all(&w);
	assert_int_equal(why_not(&w, APP_RETRY, tip).code, ERR_UNSUPPORTED); /* no host */
	assert_false(app_has_jobs(w.app, w.flights));
	world_free(&w);
	begin(&w);
	assert_true(app_has_jobs(w.app, w.flights));
	put_job(&w, older, JOB_OTHER);
	assert_int_equal(why_not(&w, APP_RETRY, older).code, ERR_NOT_FOUND);
	put_job(&w, tip, JOB_FAILED);
	assert_int_equal(why_not(&w, APP_RETRY, tip).code, ERR_NONE);
	assert_int_equal(why_not(&w, APP_PLAY, tip).code, ERR_CONFLICT);
	assert_int_equal(why_not(&w, APP_CANCEL, tip).code, ERR_CONFLICT);
	put_job(&w, tip, JOB_RUNNING);
	struct err err = why_not(&w, APP_RETRY, tip);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.text, "running"));
	assert_int_equal(why_not(&w, APP_CANCEL, tip).code, ERR_NONE);
	put_job(&w, tip, JOB_MANUAL);
	assert_int_equal(why_not(&w, APP_PLAY, tip).code, ERR_NONE);
	assert_int_equal(why_not(&w, APP_RUN, tip).code, ERR_NONE);
	assert_int_equal(why_not(&w, APP_RUN, older).code, ERR_CONFLICT); /* no branch ends there */
	w.forge->forbidden = true;
	err = why_not(&w, APP_PLAY, tip);
	assert_int_equal(err.code, ERR_DENIED);
	assert_non_null(strstr(err.text, "scope api"));
	struct heard h = done(&w, APP_PLAY, tip);     /* what may not be done asks nobody */
	assert_int_equal(h.err.code, ERR_DENIED);
	assert_string_equal(w.forge->deeds, "");
	world_free(&w);
	world_new_with(&w, WORLD_READ_ONLY, "");
	fake_forge_have_jobs(w.forge);
	know_all(&w);
	put_job(&w, tip, JOB_FAILED);
	assert_int_equal(why_not(&w, APP_RETRY, tip).code, ERR_DENIED);
	world_free(&w);
}

void deeds_say_what_came_of_them(void **state)
{
	(void)state;
	struct world w;
	struct oid tip = fake_oid(0, 50), older = fake_oid(0, 45);
	begin(&w);
	put_job(&w, tip, JOB_FAILED);
	struct heard h = done(&w, APP_RETRY, tip);
	assert_string_equal(w.forge->deeds, "act 0 on 12\n");
	assert_string_equal(h.text, "the build runs again, as job 91");
	h = done(&w, APP_RUN, tip);
	assert_string_equal(w.forge->deeds, "run main with 0 and 0\n");
	assert_non_null(strstr(h.text, "pipeline 31"));
	h = done(&w, APP_TOUCH, tip);
	assert_string_equal(w.forge->deeds, "commit on main from its end: .renku/rebuild\n");
	h = done(&w, APP_TOUCH, older);               /* nobody's branch is moved back */
	assert_non_null(strstr(w.forge->deeds, "commit on rebuild/"));
	assert_non_null(strstr(w.forge->deeds, "from a commit"));
	h = done(&w, APP_FORK, tip);
	assert_string_equal(w.forge->deeds, "fork to me\n");
	assert_non_null(strstr(h.text, "me/flights"));
	assert_non_null(store_project(w.store, project_id_of("fake", "me/flights")));
	put_job(&w, tip, JOB_FAILED);
	w.forge->deed_fails = ERR_CONFLICT;
	h = done(&w, APP_RETRY, tip);
	assert_int_equal(h.err.code, ERR_CONFLICT);
	assert_int_equal(h.got, 0);
	world_free(&w);
}

static struct { unsigned n; bool good; char what[80]; } notified;
static void hear_notice(void *ctx, bool good, const char *what)
{
	(void)ctx;
	notified.n++;
	notified.good = good;
	snprintf(notified.what, sizeof notified.what, "%s", what);
}

void a_watched_build_is_told_once_wherever_one_looks(void **state)
{
	(void)state;
	struct world w;
	struct oid tip = fake_oid(0, 50);
	struct app_watched watched;
	struct app_watch_query ask = { .commit = tip };
	begin(&w);
	notified.n = 0;
	app_on_notify(w.app, hear_notice, NULL);
	w.forge->job_state = JOB_RUNNING;
	ask.project = w.flights;
	assert_int_equal(app_watch(w.app, &ask, NULL), 0);
	assert_int_equal(app_watch(w.app, &ask, NULL), 0);  /* twice is once */
	assert_true(app_is_watched(w.app, w.flights, &tip));
	app_want_branches(w.app, w.tides);                   /* somebody looks elsewhere */
	for (int i = 0; i < 20; i++)
		pass_ms(&w, 1000);
	assert_int_equal(notified.n, 0);
	assert_true(app_watch_at(w.app, 0, &watched) && !app_watch_at(w.app, 1, &watched));
	assert_true(app_watch_at(w.app, 0, &watched) && watched.image->state == IMAGE_BUILDING && !watched.ended);
	w.forge->job_state = JOB_FAILED;
	for (int i = 0; i < 60 && !notified.n; i++)
		pass_ms(&w, 1000);
	assert_int_equal(notified.n, 1);
	assert_false(notified.good);
	assert_int_equal(n_messages_with(&w, "There is no image of flights"), 1);
	assert_false(app_is_watched(w.app, w.flights, &tip));
	unsigned asked = w.forge->n_pipelines;
	for (int i = 0; i < 20; i++)
		pass_ms(&w, 1000);
	assert_int_equal(notified.n, 1);
	assert_true(w.forge->n_pipelines <= asked + 2);      /* what has ended is asked about no more */
	app_unwatch(w.app, w.flights, &tip);
	assert_false(app_watch_at(w.app, 0, &watched));
	assert_int_equal(app_watch(w.app, &ask, NULL), 0);  /* and the app goes while one is watched */
	world_free(&w);
}
