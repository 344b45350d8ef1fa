/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hosts are asked for projects that the filter does not find. Once a person has stopped typing, and one question at a time: what
 * they find joins the list, where the filter shows it. Without a network this is silent but for a word beside the filter.
 */
#include "tui/tui_impl.h"

enum {
	PAUSE_MS = 400,
	FEW = 10,            /* rows: with more of them nobody needs the host */
};

static void look(void *tui);

static const char *words_of(const struct tui *t)
{
	return buf_str(&t->lists[PANE_PROJECTS].filter);
}

static bool long_enough(const char *words)
{
	size_t letters = 0;
	for (const char *p = words; *p && letters < APP_SEARCH_LETTERS; p++)
		letters = *p == ' ' ? 0 : letters + ((*p & 0xc0) != 0x80);
	return letters >= APP_SEARCH_LETTERS;
}

/* What was asked for begins these words, and nothing of it is left with the host. */
static bool known_already(const struct tui *t, const char *words)
{
	const struct project_search *s = &t->search;
	if (!s->words)
		return false;
	return strcmp(s->words, words) == 0 || (s->whole && strncmp(s->words, words, strlen(s->words)) == 0);
}

static void again_later(struct tui *t)
{
	if (t->search.timer)
		loop_timer_again(t->search.timer, PAUSE_MS);
	else
		t->search.timer = loop_timer_start(t->loop, PAUSE_MS, 0, look, t);
}

static void heard_host(void *tui, const struct app_searched *h)
{
	struct tui *t = tui;
	struct project_search *s = &t->search;
	if (h->err) {
		bool quiet = h->err->code == ERR_NET || h->err->code == ERR_TIMEOUT;
		s->whole = false;
		if (quiet || s->trouble)
			return;
		s->trouble = xasprintf("%s could not be searched: %s", h->host, h->err->text);
		say(t, MESSAGE_WARN, "%s", s->trouble);
		return;
	}
	s->silent = false;
	s->whole &= !h->more;
	if (h->more && !s->host)
		s->host = xstrdup(h->host);
}

static void heard_all(void *tui, const struct err *err)
{
	struct tui *t = tui;
	(void)err;
	t->search.asking = 0;
	list_remap(t, &t->lists[PANE_PROJECTS]);
	tui_dirty(t);
	if (!known_already(t, words_of(t)))
		again_later(t);
}

static void look(void *tui)
{
	struct tui *t = tui;
	struct project_search *s = &t->search;
	const char *words = words_of(t);
	const struct app_search q = { .words = words, .few = FEW };
	if (s->asking || *words == '!' || !long_enough(words) || known_already(t, words) || !app_can_search(t->app) || list_len(&t->lists[PANE_PROJECTS]) >= FEW)
		return;
	str_replace(&s->words, words);
	str_replace(&s->host, NULL);
	str_replace(&s->trouble, NULL);
	s->whole = s->silent = true;
	s->asking = app_search(t->app, &q, heard_host, heard_all, t);
	tui_dirty(t);
}

void search_typed(struct tui *t)
{
	if (*words_of(t))
		again_later(t);
}

bool search_hit(struct tui *t, const struct row *r)
{
	return t->search.words && strcmp(t->search.words, words_of(t)) == 0 && app_search_hit(t->app, r->project->id);
}

void search_says(struct tui *t, bool brief, struct buf *b)
{
	const struct project_search *s = &t->search;
	const char *words = words_of(t);
	if (!app_can_search(t->app) || *words == '!')
		return;
	bool about_these = s->words && strcmp(s->words, words) == 0;
	if (s->asking)
		buf_add_str(b, brief ? "asking" : "Asking the host...");
	else if (brief)
		return;
	else if (!long_enough(words))
		buf_addf(b, "%d letters ask the host, too.", APP_SEARCH_LETTERS);
	else if (about_these && s->trouble)
		buf_addf(b, "%s.", s->trouble);
	else if (about_these)
		buf_add_str(b, s->silent ? "The host doesn't answer." : "The host has none either.");
}

void search_fini(struct tui *t)
{
	loop_timer_stop(t->search.timer);
	if (t->search.asking)
		app_forget(t->app, t->search.asking);
	free(t->search.words);
	free(t->search.host);
	free(t->search.trouble);
}
