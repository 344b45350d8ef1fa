/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What will end a session, or its work, unless somebody does something: told once, and again only when it was over in between. */
#include "app/app_impl.h"
#include "berth/path.h"
#include "berth/text.h"

enum { NEAR_IDLE = 1, LITTLE_MEMORY = 2, LITTLE_DISK = 4, NOT_SAVED = 8, MEMORY_PERCENT = 90, DISK_PERCENT = 5 };
static const uint64_t disk_least_bytes = (uint64_t)1 << 30;

static struct warned *warned_of(struct app *a, const char *session)
{
	for (size_t i = 0; i < a->warned.len; i++)
		if (strcmp(a->warned.items[i].session, session) == 0)
			return &a->warned.items[i];
	struct warned w = { xstrdup(session), 0 };
	VEC_PUSH(&a->warned, w);
	return VEC_LAST(&a->warned);
}

static void tell(struct app *a, const char *hint, const char *text)
{
	app_say(a, MESSAGE_WARN, hint, "%s", text);
	if (a->notify)
		a->notify(a->notify_ctx, false, text);
}

/* Says it when it has become so, and forgets it when it is so no more. */
static bool newly(struct warned *w, unsigned what, bool is_so)
{
	bool was = w->about & what;
	w->about = is_so ? w->about | what : w->about & ~what;
	return is_so && !was;
}

static void look_idle(struct app *a, struct warned *w, const struct session *s)
{
	int64_t now_s = clock_wall_s();
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (!newly(w, NEAR_IDLE, session_is_up(s) && idle_is_near(&s->watch, s->idle_limit_s, now_s)))
		return;
	buf_addf(&b, "%s is idle and will be stopped in ", s->name);
	text_add_duration(&b, (uint64_t)idle_left_s(&s->watch, s->idle_limit_s, now_s));
	AUTO_STR hint = xasprintf("Use it, or extend its time: `berth extend %s`. Its work is saved first.", s->name);
	tell(a, hint, buf_str(&b));
}

static void look_memory(struct app *a, struct warned *w, const struct session *s)
{
	bool little = s->usage.at_s && s->memory_limit_bytes && s->usage.memory_bytes > s->memory_limit_bytes / 100 * MEMORY_PERCENT;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (!newly(w, LITTLE_MEMORY, session_is_up(s) && little))
		return;
	buf_addf(&b, "%s uses ", s->name);
	text_add_binary_size(&b, s->usage.memory_bytes);
	buf_add_str(&b, " of its ");
	text_add_binary_size(&b, s->memory_limit_bytes);
	buf_add_str(&b, " of memory: what goes over it is killed");
	tell(a, "Save your work and end kernels that you don't need; start it with more by --memory.", buf_str(&b));
}

static void look_disk(struct app *a, struct warned *w, const struct session *s)
{
	uint64_t free_bytes = (uint64_t)s->watch.disk_free_bytes, size_bytes = (uint64_t)s->watch.disk_size_bytes;
	bool little = size_bytes && (free_bytes < size_bytes / 100 * DISK_PERCENT || (size_bytes > 4 * disk_least_bytes && free_bytes < disk_least_bytes));
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (!newly(w, LITTLE_DISK, session_is_up(s) && little))
		return;
	buf_addf(&b, "The disk that has the workspace of %s has ", s->name);
	text_add_size(&b, free_bytes);
	buf_add_str(&b, " left: what is written may soon be lost");
	tell(a, "Make room on the engine's machine, or remove what you don't need.", buf_str(&b));
}

static void look_saves(struct app *a, struct warned *w, const struct session *s)
{
	if (!newly(w, NOT_SAVED, session_is_up(s) && s->watch.save_failed_at_s))
		return;
	AUTO_STR text = xasprintf("The work of %s can't be saved to its project: it is in its workspace alone", s->name);
	AUTO_STR hint = xasprintf("`berth save %s` says why.", s->name);
	tell(a, hint, text);
}

void warnings_look(struct app *a, const struct session *s)
{
	struct warned *w = warned_of(a, s->name);
	look_idle(a, w, s);
	look_memory(a, w, s);
	look_disk(a, w, s);
	look_saves(a, w, s);
}

void warnings_fini(struct app *a)
{
	for (size_t i = 0; i < a->warned.len; i++)
		free(a->warned.items[i].session);
	VEC_FINI(&a->warned);
}
