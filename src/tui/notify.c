/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A build or a start that is watched is told of when it ends, also to somebody who looks elsewhere and over SSH: it is the terminal
 * in front of the person that rings. Builds are watched by app, wherever they run; starts here.
 */
#include "tui/tui_impl.h"

static void watched_drop(struct tui *t, size_t i)
{
	free(t->watched.items[i]);
	t->watched.items[i] = t->watched.items[--t->watched.len];
}

void watches_fini(struct tui *t)
{
	while (t->watched.len)
		watched_drop(t, 0);
	VEC_FINI(&t->watched);
}

static void tell(void *tui, bool good, const char *what)
{
	struct tui *t = tui;
	enum ui_notify how = config_notify(app_config(t->app));
	bool tmux = getenv("TMUX") != NULL; /* hands on what it doesn't know itself only in a cover */
	AUTO_STR text = text_cleaned(what);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	for (char *c = text; *c; c++)
		*c = *c == ';' ? ',' : *c;
	if (how == UI_NOTIFY_NONE || !t->host.write)
		return;
	if (how != UI_NOTIFY_BELL)
		buf_addf(&b, "%s\033]%s%s %s", tmux ? "\033Ptmux;\033" : "", how == UI_NOTIFY_OSC9 ? "9;berth: " : "777;notify;berth;", text, good ? "is ready" : "failed");
	buf_add_char(&b, '\a');
	buf_add_str(&b, tmux && how != UI_NOTIFY_BELL ? "\033\\" : "");
	t->host.write(t->host.self, buf_sv(&b));
}

void notify_listen(struct tui *t, bool on)
{
	app_on_notify(t->app, on ? tell : NULL, t);
}

void watches_check(struct tui *t)
{
	for (size_t i = t->watched.len; i-- > 0;) {
		const struct err *err = NULL;
		if (!app_launch_ended(t->app, t->watched.items[i], &err))
			continue;
		tell(t, !err, t->watched.items[i]);
		watched_drop(t, i);
	}
}

/* ---- what is watched ---- */
static void watch_start(struct tui *t, const char *name)
{
	for (size_t i = 0; i < t->watched.len; i++) {
		if (strcmp(t->watched.items[i], name) != 0)
			continue;
		watched_drop(t, i);
		say(t, MESSAGE_INFO, "%s is watched no longer", name);
		return;
	}
	VEC_PUSH(&t->watched, xstrdup(name));
	say(t, MESSAGE_INFO, "watched: berth tells when %s has started", name);
}

static void watch_image(struct tui *t)
{
	const struct app_watch_query q = { .project = t->sel.project, .branch = t->sel.branch, .commit = t->sel.commit };
	struct err err = { 0 };
	if (app_is_watched(t->app, q.project, &q.commit)) {
		app_unwatch(t->app, q.project, &q.commit);
		say(t, MESSAGE_INFO, "it is watched no longer");
	} else if (app_watch(t->app, &q, &err) < 0) {
		say_error(t, &err);
	} else {
		say(t, MESSAGE_INFO, "watched: berth tells when the image is there");
	}
}

bool image_is_coming(struct tui *t)
{
	const struct build *b = sel_build(t);
	const struct image *i = t->sel.has_commit ? store_image(t->store, t->sel.project, &t->sel.commit) : NULL;
	bool here = b && (b->state == BUILD_QUEUED || b->state == BUILD_RUNNING);
	return here || (i && (i->state == IMAGE_QUEUED || i->state == IMAGE_BUILDING || i->state == IMAGE_SCHEDULED));
}

void do_watch(struct tui *t)
{
	struct launch *l = sel_launch(t);
	if (l && !app_launch_error(t->app, l))
		watch_start(t, launch_session_name(l));
	else if (image_is_coming(t) || (t->sel.has_commit && app_is_watched(t->app, t->sel.project, &t->sel.commit)))
		watch_image(t);
	else
		say(t, MESSAGE_INFO, "neither a build nor a start is under way here");
}
