/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dashboard on a real terminal over the played app: what the pty tests run, and what one looks at while drawing.
 * usage: screen-demo [WORLD [THEME]], WORLD: full empty no-engine huge hostile loading */
#include <locale.h>
#include <stdio.h>

#include "fake.h"

int main(int argc, char **argv)
{
	static const char *const worlds[] = { "full", "empty", "no-engine", "huge", "hostile", "loading" };
	enum fake_world world = WORLD_FULL;
	struct tui_options o = { .theme = argc > 2 ? argv[2] : NULL, .plain = argc > 3 };
	struct err err = { 0 };
	setlocale(LC_ALL, "");
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(worlds); i++)
		if (strcmp(argv[1], worlds[i]) == 0)
			world = (enum fake_world)i;
	struct loop *loop = loop_new();
	struct app *a = fake_app_new(loop, world, "");
	if (getenv("FAKE_LAUNCH"))
		fake_launch(a, "flights-main-launch", STEP_CLONE, NULL);
	int r = tui_run(a, &o, &err);
	if (r < 0)
		fprintf(stderr, "%s. %s\n", err.text, err.hint);
	fake_app_free(a);
	loop_free(loop);
	return r < 0 ? 1 : r;
}
