/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A new project from one of the program's templates: the folder is typed, the template chosen; and the host that it goes to, where one is configured. */
#include "berth/path.h"
#include "berth/template.h"
#include "tui/picker.h"
#include "tui/tui_impl.h"

enum { HERE = 1000 }; /* no host has that number */

static void said(void *tui, const char *text)
{
	say(tui, MESSAGE_GOOD, "%s", text);
}

static void made(void *tui, const struct err *err)
{
	struct tui *t = tui;
	if (err)
		say_error(t, err);
	else
		say(t, MESSAGE_GOOD, "the project %s is there, with a first commit", t->new.folder);
}

void new_fini(struct tui *t)
{
	free(t->new.folder);
	t->new.folder = NULL;
}

static void begin(struct tui *t, const char *host, const char *namespace)
{
	struct templates *all = xcalloc(1, sizeof *all);
	const char *slash = strrchr(t->new.folder, '/');
	templates_builtin(all);
	const struct app_new q = { .folder = t->new.folder, .name = slash ? slash + 1 : t->new.folder, .template = &all->items[t->new.template], .host = host,
		.namespace_path = namespace && *namespace ? namespace : NULL };
	app_new_project(t->app, &q, said, made, t);
	templates_fini(all);
	free(all);
}

static void namespace_typed(struct tui *t, const char *text, bool accepted)
{
	if (accepted)
		begin(t, app_host_at(t->app, (size_t)t->new.host), text);
}

static void host_chosen(struct tui *t, int value, void *data)
{
	(void)data;
	t->new.host = value;
	if (value == HERE)
		begin(t, NULL, NULL);
	else
		open_prompt(t, "in the group (empty: your own): ", "", NULL, namespace_typed);
}

static void template_chosen(struct tui *t, int value, void *data)
{
	const char *name;
	(void)data;
	t->new.template = value;
	if (!app_host_at(t->app, 0)) {
		begin(t, NULL, NULL);
		return;
	}
	struct picker *p = picker_open(t, "Where shall it be?", false, host_chosen, NULL);
	picker_add(p, "m", "this machine", "only in the folder", NULL, HERE);
	for (size_t i = 0; (name = app_host_at(t->app, i)); i++)
		picker_add(p, i < 9 ? (char[]){ (char)('1' + i), '\0' } : NULL, name, "there as well: made, pushed, and its first build run", NULL, (int)i);
}

void do_new(struct tui *t, const char *folder)
{
	struct templates *all = xcalloc(1, sizeof *all);
	size_t n = strlen(folder);
	while (n > 1 && folder[n - 1] == '/')
		n--;
	new_fini(t);
	t->new.folder = xstrndup(folder, n);
	templates_builtin(all);
	struct picker *p = picker_open(t, "From which template?", false, template_chosen, NULL);
	for (size_t i = 0; i < all->n; i++)
		picker_add(p, (char[]){ all->items[i].name[0], '\0' }, all->items[i].name, all->items[i].title, NULL, (int)i);
	templates_fini(all);
	free(all);
}
