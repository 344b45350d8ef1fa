/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A new project from one of the program's templates: the folder is typed, the template chosen. */
#include "berth/path.h"
#include "berth/template.h"
#include "tui/picker.h"
#include "tui/tui_impl.h"

static void made(void *tui, const struct err *err)
{
	struct tui *t = tui;
	if (err)
		say_error(t, err);
	else
		say(t, MESSAGE_GOOD, "the project %s is there, with a first commit", t->new_folder);
}

static void template_chosen(struct tui *t, int value, void *data)
{
	struct templates *all = xcalloc(1, sizeof *all);
	const char *slash = strrchr(t->new_folder, '/');
	(void)data;
	templates_builtin(all);
	const struct app_new q = { .folder = t->new_folder, .name = slash ? slash + 1 : t->new_folder, .template = &all->items[value] };
	app_new_project(t->app, &q, made, t);
	templates_fini(all);
	free(all);
}

void do_new(struct tui *t, const char *folder)
{
	struct templates *all = xcalloc(1, sizeof *all);
	size_t n = strlen(folder);
	while (n > 1 && folder[n - 1] == '/')
		n--;
	free(t->new_folder);
	t->new_folder = xstrndup(folder, n);
	templates_builtin(all);
	struct picker *p = picker_open(t, "From which template?", false, template_chosen, NULL);
	for (size_t i = 0; i < all->n; i++)
		picker_add(p, (char[]){ all->items[i].name[0], '\0' }, all->items[i].name, all->items[i].title, NULL, (int)i);
	templates_fini(all);
	free(all);
}
