/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_FORM_H
#define BERTH_SRC_TUI_FORM_H
/* Start with options: branch and commit, then a field for each row of session.h's table. */
#include "tui/tui_impl.h"

enum { FIELD_BRANCH, FIELD_COMMIT, FIELD_OPTIONS /* the first of them */, FIELDS = FIELD_OPTIONS + OPT_COUNT_, BUTTON_START = FIELDS, BUTTON_ATTACH, BUTTON_CANCEL, FORM_STOPS };
struct form {
	struct overlay o;
	struct tui *t;
	struct project_id project;
	char *branch;                  /* NULL: the commit alone */
	struct oid commit;
	struct session_options options /* what a start would take */, base /* without what was chosen here or before */;
	char *wrong;                   /* why it was opened instead of a start; NULL: it was asked for */
	char *warnings;                /* of the project's own wishes: shown, never in the way */
	struct line lines[OPT_COUNT_];
	struct err errors[OPT_COUNT_]; /* code 0: fine */
	bool touched[OPT_COUNT_];      /* by hand: what a commit wishes does not replace it */
	struct project_use use;
	int at, top;
	unsigned asking;
	bool loaded;
};
struct form *form_of(struct overlay *o);                /* NULL: it is something else; o may be NULL */
struct form *form_on_top(struct tui *t);                /* NULL: something else is */
void form_set(struct form *f, enum option_id id, const char *text);
void form_go_to(struct form *f, const char *branch, const struct oid *commit);
bool form_is_wrong(const struct form *f);                /* a field is */
char *form_command(const struct form *f);               /* the same start on a command line; owned */
/* form_draw.c */
int form_height(struct tui *t, struct overlay *o, int width);
void form_draw(struct tui *t, struct overlay *o, struct rect r);
bool form_is_autosave(const char *branch);              /* saved work, not a branch to work on */
/* form_pick.c: what Enter opens on a field; false: nothing, it moves on */
bool form_pick(struct form *f, int field);
#endif
